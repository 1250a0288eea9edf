/* SPDX-License-Identifier: MIT */
/*
 * test_thread_002.c - the acceptance points of thread 002: what auto and manual clear send in both
 * scenarios, all placements of the first, and what the sweep of invalidations must obey.
 */
#include "fixture.h"

#include <stdio.h>

static const char *const manual[] = { "manual", "chunk", "page", "2021" };

static uint64_t value(const struct fx *fx, const char *format, const char *word)
{
	char name[64];

	snprintf(name, sizeof(name), format, word);
	return fx_row(fx, name)->measured;
}

/* S002-1 */
TEST_C(thread_002, auto_sends_ten_areas_and_manual_clear_six)
{
	static const uint64_t pages[] = { 1, 16, 100 };

	for (unsigned int i = 0; i < 3; i++) {
		FX(fx, "thread-002");

		ASSERT_OK(sv3_experiment_set(&fx.config, "pages", pages[i]));
		ASSERT_OK(sv3_experiment_set(&fx.config, "rounds", 1));
		ASSERT_OK(fx_run(&fx));
		EXPECT_EQ_U64(fx_row(&fx, "limited-auto")->measured, 10 * pages[i]);
		EXPECT_EQ_U64(fx_row(&fx, "limited-auto-false")->measured, 4 * pages[i]);
		for (unsigned int k = 0; k < 4; k++) {
			EXPECT_EQ_U64(value(&fx, "limited-%s", manual[k]), 6 * pages[i]);
			EXPECT_EQ_U64(value(&fx, "limited-%s-false", manual[k]), 0);
		}
		EXPECT_EQ_U64(fx_row(&fx, "limited-images")->measured, 0);
		EXPECT_EQ_U64(sv3_experiment_failures(&fx.report), 0);
	}
}

/* S002-1 over all placements: [policies 10.2] */
TEST_C(thread_002, placements_have_the_known_distribution)
{
	static const struct {
		const char *sends;
		uint64_t count;
	} cases[] = { { "5", 32 },  { "6", 320 }, { "7", 440 },
		      { "8", 196 }, { "9", 34 },  { "10", 2 } };
	FX(fx, "thread-002");

	ASSERT_OK(sv3_experiment_set(&fx.config, "rounds", 1));
	ASSERT_OK(fx_run(&fx));
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ_U64(value(&fx, "recurrence-%s", cases[i].sends), cases[i].count);
		EXPECT_EQ_U64(value(&fx, "placements-%s", cases[i].sends), cases[i].count);
	}
	fx_expect_none(&fx, "placements-agree", 1024);
	EXPECT_EQ_U64(fx_row(&fx, "placements-images")->measured, 0);
}

/* S002-2 */
TEST_C(thread_002, under_endless_dma_auto_and_manual_are_equal)
{
	static const uint64_t rounds[] = { 1, 3, 20 };

	for (unsigned int i = 0; i < 3; i++) {
		FX(fx, "thread-002");

		ASSERT_OK(sv3_experiment_set(&fx.config, "pages", 5));
		ASSERT_OK(sv3_experiment_set(&fx.config, "rounds", rounds[i]));
		ASSERT_OK(fx_run(&fx));
		EXPECT_EQ_U64(fx_row(&fx, "endless-auto")->measured, 5 * (rounds[i] + 1));
		for (unsigned int k = 0; k < 4; k++)
			EXPECT_EQ_U64(value(&fx, "endless-%s", manual[k]), 5 * (rounds[i] + 1));
		EXPECT_EQ_U64(fx_row(&fx, "endless-images")->measured, 0);
	}
}

TEST_C(thread_002, a_clear_without_invalidation_is_found)
{
	FX(fx, "thread-002");

	ASSERT_OK(fx_run(&fx));
	fx_expect_caught(&fx, "no-tlbi-auto", 16, 16);
	fx_expect_caught(&fx, "no-tlbi-manual", 16, 16);
}

/* S002-3: nothing is expected of a figure, but the figures of two points are of each other. */
TEST_C(thread_002, the_sweep_shows_what_a_flush_takes_with_it)
{
	static const char *const latencies[] = { "0", "100us", "1ms", "10ms" };
	FX(fx, "thread-002");

	ASSERT_OK(fx_run(&fx));
	EXPECT_EQ_U64(fx_row(&fx, "sweep-lost")->measured, 0);
	for (unsigned int i = 0; i < 4; i++) {
		const char *latency = latencies[i];

		/* A range spares the pages that are only read; a plain address is a command each.
		 */
		EXPECT_LT_U64(value(&fx, "refills-hw-auto-%s-range", latency),
			      value(&fx, "refills-hw-auto-%s-all", latency));
		EXPECT_GE_U64(value(&fx, "tlbi-hw-auto-%s-no-ril", latency),
			      5 * value(&fx, "tlbi-hw-auto-%s-range", latency));
		EXPECT_EQ_U64(value(&fx, "tlbi-hw-manual-page-%s-no-ril", latency),
			      value(&fx, "tlbi-hw-manual-page-%s-range", latency));
		/* The series of 2021 flushes before the scan and after the clear. */
		EXPECT_EQ_U64(value(&fx, "tlbi-hw-manual-2021-%s-all", latency),
			      2 * value(&fx, "tlbi-hw-manual-%s-all", latency));
	}
	/* One wait a page, or one a round. */
	EXPECT_GE_U64(fx_row(&fx, "time-hw-manual-page-10ms-all")->measured,
		      10 * fx_row(&fx, "time-hw-auto-10ms-all")->measured);
}

TEST_C(thread_002, what_needs_timed_hardware_has_no_number)
{
	FX(fx, "thread-002");

	ASSERT_OK(fx_run(&fx));
	EXPECT_EQ_INT(fx_row(&fx, "dma-slowdown")->kind, SV3_EXPERIMENT_OPEN);
	EXPECT_FALSE(sv3_experiment_is_check(fx_row(&fx, "dma-slowdown")));
}
