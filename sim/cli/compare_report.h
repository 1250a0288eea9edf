/* SPDX-License-Identifier: MIT */
/*
 * compare_report.h - what the page of `sv3 compare --report` and its plots share.
 */
#ifndef SV3_CLI_COMPARE_REPORT_H
#define SV3_CLI_COMPARE_REPORT_H

#include "compare.h"
#include "page.h"

/** When tracking started, on the clock of the world: all times of a report count from then. */
sv3_ps compare_began(const struct sv3_compare_result *result);
/** @count in a second, of what happened in a round; 0 if it took no time. */
uint64_t compare_rate(uint64_t count, const struct sv3_round *row);
/** "bulk", "round", "final"; "stop-copy" for a bulk after the stop. */
const char *compare_kind_of(const struct sv3_migration_result *migration, uint32_t row);

/** How many pages were known to be still to send, and when. */
struct compare_point {
	sv3_ps time; /* from the start of tracking */
	uint64_t pages;
};
/** compare_remaining - as a collection said it, one a row; at row_count: the end, nothing. */
struct compare_point compare_remaining(const struct sv3_compare_result *result, uint32_t index);

/** compare_heat - when which pages are written under policy number @policy. */
void compare_heat(struct page *page, const struct compare_run *run, unsigned int policy);
/** compare_plots - all plots, each below a heading. */
void compare_plots(struct page *page, const struct compare_run *run);

#endif
