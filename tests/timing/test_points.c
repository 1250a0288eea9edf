/* SPDX-License-Identifier: MIT */
/*
 * test_points.c - each point of docs/TIMING.md holds, with little effort.
 */
#include "ctest.h"
#include "points.h"

#include <string.h>

static void expect_point(unsigned int number)
{
	static struct ledger ledger; /* too large for a stack */

	memset(&ledger, 0, sizeof(ledger));
	points_measure(&ledger, &points[number - 1], 1);
	EXPECT_GT_U64(ledger.count, 0);
	for (unsigned int i = 0; i < ledger.count; i++) {
		const struct row *row = &ledger.rows[i];

		if (!row->holds)
			ctest_fail(__FILE__, __LINE__,
				   "%s: %g %s expected, %g measured, %g allowed", row->what,
				   row->expected, row->unit, row->measured, row->tolerance);
	}
}

/* clang-format off */
TEST_C(timing, zero_load_is_what_the_formulas_say)         { expect_point(1); }
TEST_C(timing, no_unit_does_more_than_it_can)              { expect_point(2); }
TEST_C(timing, littles_law_holds_of_each_pool)             { expect_point(3); }
TEST_C(timing, waits_are_those_of_queueing_theory)         { expect_point(4); }
TEST_C(timing, caches_hit_as_brute_force_says)             { expect_point(5); }
TEST_C(timing, public_measurements_are_reproduced)         { expect_point(6); }
TEST_C(timing, latencies_of_gem5_are_exact)                { expect_point(7); }
TEST_C(timing, no_dirty_page_is_lost)                      { expect_point(8); }
TEST_C(timing, more_of_anything_is_never_slower)           { expect_point(9); }
TEST_C(timing, same_seed_same_bytes_and_fast_ends_alike)   { expect_point(10); }
/* clang-format on */
