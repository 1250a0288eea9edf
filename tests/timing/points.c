/* SPDX-License-Identifier: MIT */
/*
 * points.c - the list of points, and the ledger.
 */
#include "points.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const struct point points[POINT_COUNT] = {
	{ 1, "zero load: each way takes what its formula says", point_zero_load },
	{ 2, "bounds: no unit does more than it can, and at saturation all it can", point_bounds },
	{ 3, "Little's law, conservation, utilisation", point_little },
	{ 4, "queueing: mean waits of Poisson arrivals", point_queues },
	{ 5, "caches: hits by stack distance and by brute force", point_caches },
	{ 6, "data sets: pcie-bench, Fast and Safe", point_data_sets },
	{ 7, "gem5's latencies", point_gem5 },
	{ 8, "dirty state in time: no page is lost", point_dirty },
	{ 9, "more of anything never makes a chain slower", point_monotonic },
	{ 10, "same seed, same bytes; fast and timed end alike", point_same },
};

void points_measure(struct ledger *ledger, const struct point *point, uint64_t effort)
{
	ledger->point = point->number;
	point->measure(ledger, effort);
}

static bool row_holds(const struct row *row)
{
	const double excess = row->measured - row->expected;

	switch (row->kind) {
	case ROW_AT_MOST:
		return excess <= row->tolerance;
	case ROW_AT_LEAST:
		return -excess <= row->tolerance;
	default:
		return fabs(excess) <= row->tolerance;
	}
}

bool ledger_note(struct ledger *ledger, const struct row *row)
{
	struct row *noted = &ledger->rows[ledger->count++];

	if (ledger->count > ROWS_MAX)
		abort();
	*noted = *row;
	noted->point = ledger->point;
	noted->holds = row_holds(row);
	return noted->holds;
}

bool ledger_near(struct ledger *ledger, const char *what, const char *unit, double expected,
		 double measured, double tolerance)
{
	struct row row = {
		.unit = unit, .expected = expected, .measured = measured, .tolerance = tolerance
	};

	snprintf(row.what, sizeof(row.what), "%s", what);
	return ledger_note(ledger, &row);
}

bool ledger_within(struct ledger *ledger, const char *what, const char *unit, double expected,
		   double measured, double percent)
{
	return ledger_near(ledger, what, unit, expected, measured, fabs(expected) * percent / 100);
}

bool ledger_exact(struct ledger *ledger, const char *what, const char *unit, double expected,
		  double measured)
{
	return ledger_near(ledger, what, unit, expected, measured, 0);
}
