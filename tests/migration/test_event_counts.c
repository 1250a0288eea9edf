/* SPDX-License-Identifier: MIT */
/*
 * test_event_counts.c - what a migration makes hardware and software do, counted by brute force
 * from the writes that landed. [policies 10.5]
 */
#include "ctest.h"
#include "fixture.h"

/* One hardware update for each leaf first written since it was cleared. */
TEST_C(event_counts, hardware_updates_are_first_writes)
{
	static const char *const policies[] = { "hw-auto", "hw-manual", "hw-manual-chunk",
						"hw-manual-page", "hw-manual-2021" };

	for (unsigned int i = 0; i < 5; i++)
		for (uint64_t seed = 1; seed <= 10; seed++) {
			struct fx_world_config config = fx_traffic(policies[i], 90 * seed, seed);
			struct fx_outcome outcome;
			uint64_t first_writes = 0;

			config.costs.clear_delay = FX_PERIOD / 3;
			outcome = fx_migrated(&config);
			for (uint32_t round = 1; round <= FX_ROUNDS + 1; round++)
				first_writes += outcome.collections[round].first_writes;
			EXPECT_EQ_U64(outcome.httu_updates, first_writes);
			EXPECT_GT_U64(first_writes, 300);
			fx_outcome_free(&outcome);
		}
}
