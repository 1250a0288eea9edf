/* SPDX-License-Identifier: MIT */
/*
 * point_dirty.c - hardware with time keeps what dirty tracking rests on: a write that lands is
 * known of, by its leaf or because a copy is still due.
 *
 * `make worlds-timed` is the same for ten million interleavings.
 */
#include "points.h"
#include "race.h"

#include <inttypes.h>
#include <stdio.h>

#define WORLDS 60u
#define BUGGY  20u /* worlds for each seeded mistake */

void point_dirty(struct ledger *ledger, uint64_t effort)
{
	static const char *const bugs[RACE_BUG_COUNT] = {
		[RACE_NO_TLBI] = "seeded: no TLBI",
		[RACE_COPY_BEFORE_SYNC] = "seeded: copies before CMD_SYNC is consumed",
		[RACE_TLBI_BEFORE_CLEAR] = "seeded: TLBI and CMD_SYNC before the clear",
	};
	struct race_result result = { .interleavings = 0 };
	char what[80];

	for (uint64_t seed = 1; seed <= WORLDS * effort; seed++)
		race_run(seed, RACE_NO_BUG, RACE_A_WORLD, &result);
	snprintf(what, sizeof(what), "writes lost in %" PRIu64 " interleavings",
		 result.interleavings);
	ledger_exact(ledger, what, "writes", 0, (double)result.lost);
	ledger_note(ledger, &(struct row){ .kind = ROW_AT_LEAST,
					   .what = "writes that landed in them",
					   .unit = "writes",
					   .expected = (double)result.interleavings,
					   .measured = (double)result.landed });
	ledger_note(ledger, &(struct row){ .kind = ROW_AT_LEAST,
					   .what = "swaps of the hardware that software had foiled",
					   .unit = "swaps",
					   .expected = 1,
					   .measured = (double)result.updates_lost });
	ledger_note(ledger, &(struct row){ .kind = ROW_AT_MOST,
					   .what = "copies of leaves that nobody had written since",
					   .unit = "% of copies",
					   .expected = 100,
					   .measured = 100 * (double)result.over_reported /
						       (double)result.interleavings });
	for (int bug = RACE_NO_TLBI; bug < RACE_BUG_COUNT; bug++) {
		struct race_result buggy = { .interleavings = 0 };

		for (uint64_t seed = 1; seed <= BUGGY; seed++)
			race_run(seed, (enum race_bug)bug, RACE_A_WORLD / 2, &buggy);
		snprintf(what, sizeof(what), "%s: writes lost", bugs[bug]);
		ledger_note(ledger, &(struct row){ .kind = ROW_AT_LEAST,
						   .unit = "writes",
						   .expected = 1,
						   .measured = (double)buggy.lost });
		snprintf(ledger->rows[ledger->count - 1].what, sizeof(what), "%s", what);
	}
}
