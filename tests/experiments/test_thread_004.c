/* SPDX-License-Identifier: MIT */
/*
 * test_thread_004.c - the acceptance points of thread 004: stalled writes survive a clear at every
 * step, terminated ones do not, race 3 has one right answer, and memory need not be RAM.
 */
#include "fixture.h"

TEST_C(thread_004, a_clear_at_any_step_of_a_stalled_write_loses_nothing)
{
	FX(fx, "thread-004");

	ASSERT_OK(fx_run(&fx));
	/* Seven steps; the copy on the same step or a later one. */
	fx_expect_none(&fx, "stall-clear", 28);
}

/* From the resume on the TLB knows the page dirty: a clear in flight, or behind the landing. */
TEST_C(thread_004, without_invalidation_the_second_write_is_lost)
{
	FX(fx, "thread-004");

	ASSERT_OK(fx_run(&fx));
	fx_expect_caught(&fx, "stall-no-tlbi", 3, 28);
}

TEST_C(thread_004, in_terminate_mode_the_dma_is_aborted_instead)
{
	FX(fx, "thread-004");

	ASSERT_OK(fx_run(&fx));
	EXPECT_EQ_U64(fx_row(&fx, "terminate-aborted")->measured, 1);
	EXPECT_EQ_U64(fx_row(&fx, "terminate-landed")->measured, 1);
	EXPECT_EQ_U64(fx_row(&fx, "terminate-landed")->total, 2);
}

TEST_C(thread_004, only_an_atomic_protection_flushed_and_looked_at_again_is_right)
{
	FX(fx, "thread-004");

	ASSERT_OK(fx_run(&fx));
	fx_expect_none(&fx, "atomic-flush-recheck", 270);
	fx_expect_caught(&fx, "atomic-flush", 10, 178);
	fx_expect_caught(&fx, "atomic-none", 20, 35);
	fx_expect_caught(&fx, "plain-flush-recheck", 10, 270);
	fx_expect_caught(&fx, "plain-flush", 10, 178);
	fx_expect_caught(&fx, "plain-none", 20, 35);
}

/* Every third of 64 pages is written, twice: 22 are missed the second time. */
TEST_C(thread_004, a_region_that_is_no_ram_is_tracked_by_iova)
{
	FX(fx, "thread-004");

	ASSERT_OK(fx_run(&fx));
	fx_expect_none(&fx, "bar-tracked", 64);
	fx_expect_caught(&fx, "bar-no-tlbi", 22, 64);
}
