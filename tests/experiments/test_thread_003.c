/* SPDX-License-Identifier: MIT */
/*
 * test_thread_003.c - the acceptance points of thread 003: one mark for each mapping and none once
 * cleaning began, maintenance where walks are not coherent, and what a bit of a log costs.
 */
#include "fixture.h"

/* (i) Two invalidations, each ending with the step that lets cleaning begin. */
TEST_C(thread_003, only_marking_under_the_lock_of_the_tear_down_is_right)
{
	FX(fx, "thread-003");

	ASSERT_OK(fx_run(&fx));
	/* Two threads of 4 steps: 8! / (4! 4!). Right only if one is behind the other's third. */
	fx_expect_caught(&fx, "teardown-naive", 60, 70);
	/* Two of 3 steps. Wrong if one has taken down and not marked when the other ends. */
	fx_expect_caught(&fx, "teardown-exchange", 2, 20);
	fx_expect_none(&fx, "teardown-locked", 12);
}

TEST_C(thread_003, marking_at_establishment_needs_the_retry)
{
	FX(fx, "thread-003");

	ASSERT_OK(fx_run(&fx));
	fx_expect_caught(&fx, "establish-naive", 388, 560); /* 8! / (3! 3! 2!) */
	EXPECT_EQ_U64(fx_row(&fx, "establish-retry")->measured, 0);
	EXPECT_GE_U64(fx_row(&fx, "establish-retry")->total, 20);
}

/* (ii) */
TEST_C(thread_003, without_maintenance_bits_are_lost_and_with_it_none)
{
	FX(fx, "thread-003");

	ASSERT_OK(fx_run(&fx));
	fx_expect_none(&fx, "maintained", 90);
	fx_expect_caught(&fx, "scan-unmaintained", 44, 90);
	fx_expect_caught(&fx, "clear-unmaintained", 10, 90);
	fx_expect_caught(&fx, "nothing-maintained", 45, 90);
}

TEST_C(thread_003, an_update_inside_the_clear_is_lost_whatever_is_maintained)
{
	FX(fx, "thread-003");

	ASSERT_OK(fx_run(&fx));
	EXPECT_GE_U64(fx_row(&fx, "clear-window")->measured, 1);
	EXPECT_LT_U64(fx_row(&fx, "clear-window")->measured, fx_row(&fx, "clear-window")->total);
}

TEST_C(thread_003, tracking_is_refused_where_walks_are_not_coherent)
{
	FX(fx, "thread-003");

	ASSERT_OK(fx_run(&fx));
	EXPECT_EQ_U64(fx_row(&fx, "offer-coherent")->measured, 1);
	EXPECT_EQ_U64(fx_row(&fx, "offer-non-coherent")->measured, 0);
}

/* (iii) Three a bit and one for each page of the bitmap; one a bit; one for each word that comes.
 */
TEST_C(thread_003, a_batched_log_costs_less_and_says_the_same)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		FX(fx, "thread-003");

		ASSERT_OK(sv3_experiment_set(&fx.config, "seed", seed));
		ASSERT_OK(fx_run(&fx));
		EXPECT_EQ_U64(fx_row(&fx, "log-direct")->measured, 1000);
		EXPECT_EQ_U64(fx_row(&fx, "log-direct-cheaper")->measured, 20000);
		/* 65536 bits are two pages of bitmap; what is expected is one less. */
		EXPECT_EQ_U64(fx_row(&fx, "log-direct-cheaper")->expected, 3 * 20000 + 2 - 1);
		EXPECT_EQ_U64(fx_row(&fx, "log-batched-cheaper")->expected, 20000 - 1);
		EXPECT_LT_U64(fx_row(&fx, "log-batched")->measured, 250);
		fx_expect_none(&fx, "log-same", 1024);
		EXPECT_EQ_U64(sv3_experiment_failures(&fx.report), 0);
	}
}

TEST_C(thread_003, small_and_large_logs_pass)
{
	static const struct {
		uint64_t pages, writes;
	} cases[] = { { 64, 64 }, { 65, 1000 }, { 1048576, 64 }, { 1048576, 1000000 } };

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FX(fx, "thread-003");

		ASSERT_OK(sv3_experiment_set(&fx.config, "pages", cases[i].pages));
		ASSERT_OK(sv3_experiment_set(&fx.config, "writes", cases[i].writes));
		ASSERT_OK(fx_run(&fx));
		EXPECT_EQ_U64(sv3_experiment_failures(&fx.report), 0);
	}
}
