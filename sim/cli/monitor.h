/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - findings of the monitor as commands tell them.
 */
#ifndef SV3_CLI_MONITOR_H
#define SV3_CLI_MONITOR_H

#include <cjson/cJSON.h>
#include <sv3/monitor.h>

#define MONITOR_LINES      4u
#define MONITOR_LINE_CHARS 512u

/** A finding in lines for people: rule and count, where first, what, and what to do. */
struct monitor_text {
	char lines[MONITOR_LINES][MONITOR_LINE_CHARS];
};
void monitor_text(const struct sv3_monitor_finding *finding, struct monitor_text *text);

/** One line of what it saw and how much it found; @text: MONITOR_LINE_CHARS. */
void monitor_summary(const struct sv3_monitor_stats *stats, uint32_t finding_count, char *text);

/** The same for programs: an object, the caller's. */
cJSON *monitor_json(const struct sv3_monitor_stats *stats,
		    const struct sv3_monitor_finding *findings, uint32_t finding_count);

#endif
