/* SPDX-License-Identifier: MIT */
/*
 * progress.c - a line on stderr for people who wait: what, how far, how fast, how long still.
 *
 * Shown only on a terminal and only when two seconds have gone by. It reads the host's clock, which
 * is why nothing of it may reach a result.
 */
#include "cli.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S         UINT64_C(1000000000)
#define PATIENCE_NS      (2 * NS_PER_S)
#define BETWEEN_LINES_NS (NS_PER_S / 5)

uint64_t cli_host_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void cli_progress_begin(struct cli_progress *progress, const char *unit)
{
	*progress = (struct cli_progress){
		.is_terminal = isatty(STDERR_FILENO) != 0,
		.start_ns = cli_host_ns(),
		.unit = unit,
	};
}

/** 1234567 as 1.2M: for rates, where three digits are enough. */
static void format_rate(double rate, char *text, size_t size)
{
	static const char units[] = "\0kMGT";
	unsigned int unit = 0;

	while (rate >= 1000 && units[unit + 1] != '\0') {
		rate /= 1000;
		unit++;
	}
	snprintf(text, size, "%.3g%.1s", rate, &units[unit]);
}

void cli_progress_update(struct cli_progress *progress, const char *label, uint64_t count,
			 uint64_t total)
{
	const uint64_t now = progress->is_terminal ? cli_host_ns() : 0;
	double seconds, rate;
	char text[32];

	if (!progress->is_terminal || now - progress->start_ns < PATIENCE_NS ||
	    now - progress->last_ns < BETWEEN_LINES_NS)
		return;
	progress->last_ns = now;
	progress->is_shown = true;
	seconds = (double)(now - progress->start_ns) / (double)NS_PER_S;
	rate = (double)count / seconds;
	format_rate(rate, text, sizeof(text));
	fprintf(stderr, "\r\033[K%s: ", label);
	if (total != 0 && count <= total && rate > 0)
		fprintf(stderr, "%.0f %%, %s %s/s, %.0f s left",
			100.0 * (double)count / (double)total, text, progress->unit,
			(double)(total - count) / rate);
	else
		fprintf(stderr, "%" PRIu64 " %s, %s/s", count, progress->unit, text);
	fflush(stderr);
}

void cli_progress_end(struct cli_progress *progress)
{
	if (progress->is_shown)
		fprintf(stderr, "\r\033[K");
	progress->is_shown = false;
}
