/* SPDX-License-Identifier: MIT */
/*
 * monitor.c - findings of the monitor as commands tell them; positions are times of the world.
 */
#include "monitor.h"

#include "cli.h"

#include <sv3/report.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *ms(sv3_ps at, char text[SV3_FORMAT_CHARS])
{
	return sv3_format_quotient(at, SV3_PS_PER_MS, 6, text);
}

void monitor_text(const struct sv3_monitor_finding *finding, struct monitor_text *text)
{
	const struct sv3_monitor_rule_info *rule = sv3_monitor_rule_info(finding->rule);
	char count[SV3_FORMAT_CHARS], found[SV3_FORMAT_CHARS], changed[SV3_FORMAT_CHARS];

	snprintf(text->lines[0], MONITOR_LINE_CHARS, "%s: %s time%s, 0x%" PRIx64 " to 0x%" PRIx64,
		 rule->name, sv3_format_count(finding->count, count),
		 finding->count == 1 ? "" : "s", finding->first, finding->last);
	snprintf(text->lines[1], MONITOR_LINE_CHARS,
		 "first at %s ms, the change at %s ms, from 0x%" PRIx64 " to 0x%" PRIx64,
		 ms(finding->found, found), ms(finding->changed, changed), finding->before,
		 finding->now);
	sv3_monitor_describe(finding, text->lines[2], MONITOR_LINE_CHARS);
	snprintf(text->lines[3], MONITOR_LINE_CHARS, "remedy: %s %s", rule->remedy, rule->source);
}

void monitor_summary(const struct sv3_monitor_stats *stats, uint32_t finding_count, char *text)
{
	char changes[SV3_FORMAT_CHARS], commands[SV3_FORMAT_CHARS];
	const uint64_t lost = stats->areas_lost + stats->changes_lost + stats->findings_lost;
	const int written =
		snprintf(text, MONITOR_LINE_CHARS,
			 "%" PRIu32 " finding%s; %s changes that owed an invalidation, %s commands",
			 finding_count, finding_count == 1 ? "" : "s",
			 sv3_format_count(stats->changes, changes),
			 sv3_format_count(stats->commands, commands));

	if (lost > 0 && written > 0)
		snprintf(text + written, MONITOR_LINE_CHARS - (size_t)written,
			 "; not all was seen: memory of the monitor was short %" PRIu64 " times",
			 lost);
}

static cJSON *finding_json(const struct sv3_monitor_finding *finding)
{
	const struct sv3_monitor_rule_info *rule = sv3_monitor_rule_info(finding->rule);
	char text[MONITOR_LINE_CHARS];
	cJSON *object = cJSON_CreateObject();

	sv3_monitor_describe(finding, text, sizeof(text));
	cJSON_AddStringToObject(object, "rule", rule->name);
	cJSON_AddStringToObject(object, "source", rule->source);
	cJSON_AddStringToObject(object, "change", sv3_monitor_change_text(finding->change));
	if (finding->stream_id != UINT32_MAX)
		cli_json_u64(object, "stream_id", finding->stream_id);
	else
		cJSON_AddNullToObject(object, "stream_id");
	cli_json_u64(object, "asid", finding->asid);
	cli_json_u64(object, "level", finding->level);
	cli_json_u64(object, "count", finding->count);
	cli_json_u64(object, "first_address", finding->first);
	cli_json_u64(object, "last_address", finding->last);
	cli_json_u64(object, "address", finding->input);
	cli_json_u64(object, "pa", finding->pa);
	cli_json_u64(object, "before", finding->before);
	cli_json_u64(object, "now", finding->now);
	cli_json_ns(object, "changed_ns", finding->changed);
	cli_json_ns(object, "found_ns", finding->found);
	cJSON_AddStringToObject(object, "text", text);
	cJSON_AddStringToObject(object, "remedy", rule->remedy);
	return object;
}

cJSON *monitor_json(const struct sv3_monitor_stats *stats,
		    const struct sv3_monitor_finding *findings, uint32_t finding_count)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *list;

	cli_json_u64(object, "stores", stats->stores);
	cli_json_u64(object, "commands", stats->commands);
	cli_json_u64(object, "changes", stats->changes);
	cli_json_u64(object, "owed_at_end", stats->owed);
	cli_json_u64(object, "owed_most", stats->owed_most);
	cli_json_u64(object, "not_seen",
		     stats->areas_lost + stats->changes_lost + stats->findings_lost);
	list = cJSON_AddArrayToObject(object, "findings");
	for (uint32_t i = 0; i < finding_count; i++)
		cJSON_AddItemToArray(list, finding_json(&findings[i]));
	return object;
}
