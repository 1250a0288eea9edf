/* SPDX-License-Identifier: MIT */
/*
 * compare_chart.c - what `sv3 compare --plot` adds below the table.
 */
#include "compare.h"

#include "cli.h"

#include <sv3/report.h>

#include <stdlib.h>

/** What each collection after bulk reported, that after the stop included. */
static bool take_rounds(struct sv3_chart_row *row, const struct sv3_compare_result *result)
{
	const struct sv3_migration_result *migration = &result->migration;
	uint64_t *values = calloc((size_t)migration->row_count + 1, sizeof(*values));

	*row = (struct sv3_chart_row){ .name = result->policy, .values = values };
	for (uint32_t i = 0; values != NULL && i < migration->row_count; i++) {
		if (i > 0 || migration->rows[i].is_final)
			values[row->count++] = migration->rows[i].pages_reported;
	}
	return values != NULL;
}

static void take_left(struct sv3_chart_row *row, const struct sv3_compare_result *result,
		      uint64_t *value)
{
	const struct sv3_migration_result *migration = &result->migration;

	*value = migration->rows[migration->row_count - 1].pages_sent;
	*row = (struct sv3_chart_row){ .name = result->policy, .values = value, .count = 1 };
}

void compare_chart(const struct compare_run *run, FILE *file)
{
	const struct sv3_chart_style style = sv3_chart_style_of(file);
	struct sv3_chart_row rounds[COMPARE_POLICIES_MAX] = { { 0 } };
	struct sv3_chart_row left[COMPARE_POLICIES_MAX];
	uint64_t counts[COMPARE_POLICIES_MAX];
	bool is_whole = true;

	for (unsigned int i = 0; i < run->policy_count; i++) {
		is_whole &= take_rounds(&rounds[i], &run->results[i]);
		take_left(&left[i], &run->results[i], &counts[i]);
	}
	if (is_whole) {
		fputc('\n', file);
		sv3_chart_columns("pages each collection reported", "round", rounds,
				  run->policy_count, &style, file);
		fputc('\n', file);
		sv3_chart_bars("pages left over, sent while the guest stood still", left,
			       run->policy_count, &style, file);
	}
	for (unsigned int i = 0; i < run->policy_count; i++)
		free((uint64_t *)(uintptr_t)rounds[i].values);
}
