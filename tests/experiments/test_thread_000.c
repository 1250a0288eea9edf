/* SPDX-License-Identifier: MIT */
/*
 * test_thread_000.c - the acceptance points of thread 000: which pages marking touches, what it
 * does to a cache, and when it loses or corrupts. Schedules are counted by hand beside each.
 */
#include "fixture.h"

/* Of what is not about the touched pages. */
#define FX_FEW_SIZES(fx)      \
	FX(fx, "thread-000"); \
	fx_make_short(&fx)

/* (i) Of all starts in a page and sizes up to 12 KiB. */
TEST_C(thread_000, every_covered_page_is_touched_once)
{
	FX(fx, "thread-000");

	ASSERT_OK(fx_run(&fx));
	fx_expect_none(&fx, "pages-exact", UINT64_C(4096) * 12288);
	EXPECT_GE_U64(fx_row(&fx, "pages-stride")->measured, 1);
	/* It touches two words of the first page of every buffer. */
	EXPECT_EQ_U64(fx_row(&fx, "pages-twice")->measured, fx_row(&fx, "pages-twice")->total);
}

/* Stepping by a page from the first byte misses the last page of a buffer that crosses one page
 * border more than it has whole pages. */
TEST_C(thread_000, a_stride_from_the_first_byte_misses_pages_by_the_formula)
{
	uint64_t missed = 0;
	FX(fx, "thread-000");

	for (uint64_t offset = 0; offset < 4096; offset++)
		for (uint64_t size = 1; size <= 12288; size += 61)
			missed += (offset + size + 4095) / 4096 != (size + 4095) / 4096;
	ASSERT_OK(fx_run(&fx));
	fx_expect_caught(&fx, "pages-stride", missed, 4096 * 202);
}

TEST_C(thread_000, a_32_kib_cache_of_8_ways_holds_8_page_starts)
{
	FX_FEW_SIZES(fx);

	ASSERT_OK(fx_run(&fx));
	EXPECT_EQ_U64(fx_row(&fx, "stride-eviction")->measured, 8);
	EXPECT_EQ_U64(fx_row(&fx, "order-down")->measured, 0);
	/* Page-aligned buffers of 9 to 16 pages. */
	EXPECT_EQ_U64(fx_row(&fx, "order-up")->measured, 8);
	EXPECT_EQ_U64(fx_row(&fx, "order-up")->total, 64 * 16);
}

TEST_C(thread_000, the_last_line_of_a_page_stops_a_next_line_prefetcher_only)
{
	FX_FEW_SIZES(fx);

	ASSERT_OK(fx_run(&fx));
	EXPECT_EQ_U64(fx_row(&fx, "next-line-first")->measured, 2 * 15);
	EXPECT_EQ_U64(fx_row(&fx, "next-line-last")->measured, 15);
	EXPECT_EQ_U64(fx_row(&fx, "adjacent-first")->measured, 2 * 15);
	EXPECT_EQ_U64(fx_row(&fx, "adjacent-last")->measured, 2 * 15);
}

TEST_C(thread_000, the_closed_forms_hold_for_other_caches)
{
	static const struct {
		uint64_t cache, ways, line, pages, held;
	} cases[] = {
		{ 32768, 4, 64, 16, 8 },   { 32768, 16, 64, 20, 16 }, { 4096, 1, 64, 3, 1 },
		{ 4096, 16, 128, 64, 16 }, { 262144, 8, 32, 64, 64 }, { 65536, 2, 128, 17, 16 },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FX_FEW_SIZES(fx);

		ASSERT_OK(sv3_experiment_set(&fx.config, "cache", cases[i].cache));
		ASSERT_OK(sv3_experiment_set(&fx.config, "ways", cases[i].ways));
		ASSERT_OK(sv3_experiment_set(&fx.config, "line", cases[i].line));
		ASSERT_OK(sv3_experiment_set(&fx.config, "pages", cases[i].pages));
		ASSERT_OK(fx_run(&fx));
		EXPECT_EQ_U64(sv3_experiment_failures(&fx.report), 0);
		EXPECT_EQ_U64(fx_row(&fx, "stride-eviction")->measured, cases[i].held);
	}
}

/* (ii) Two beats, the mark and four free steps of the host; the last two follow. */
TEST_C(thread_000, a_mark_after_completion_loses_nothing_and_one_before_it_does)
{
	FX_FEW_SIZES(fx);

	ASSERT_OK(fx_run(&fx));
	fx_expect_none(&fx, "mark-after", 35);         /* 7! / (3! 4!) */
	fx_expect_caught(&fx, "mark-before", 27, 105); /* the mark in any of three places */
}

TEST_C(thread_000, marking_is_switched_on_before_the_bulk_copy)
{
	FX_FEW_SIZES(fx);

	ASSERT_OK(fx_run(&fx));
	fx_expect_none(&fx, "gate-first", 10); /* 5! / (3! 2!) */
	fx_expect_caught(&fx, "gate-late", 2, 10);
	EXPECT_EQ_U64(fx_row(&fx, "cost-off")->measured, 0);
	EXPECT_GE_U64(fx_row(&fx, "cost-on")->measured, 16);
}

/* (iii) */
TEST_C(thread_000, a_stop_loses_exactly_the_pages_in_flight_unless_they_are_drained_or_marked)
{
	static const uint64_t counts[] = { 1, 4, 64 };

	for (unsigned int i = 0; i < 3; i++) {
		for (uint64_t seed = 0; seed < 5; seed++) {
			FX_FEW_SIZES(fx);

			ASSERT_OK(sv3_experiment_set(&fx.config, "in-flight", counts[i]));
			ASSERT_OK(sv3_experiment_set(&fx.config, "seed", seed));
			ASSERT_OK(sv3_experiment_set(&fx.config, "pages", 2));
			ASSERT_OK(fx_run(&fx));
			EXPECT_GE_U64(fx_row(&fx, "stop-open")->measured, counts[i]);
			EXPECT_LE_U64(fx_row(&fx, "stop-open")->measured, 4 * counts[i]);
			EXPECT_TRUE(sv3_experiment_passed(fx_row(&fx, "stop-open")));
			EXPECT_EQ_U64(fx_row(&fx, "stop-drained")->measured, 0);
			EXPECT_EQ_U64(fx_row(&fx, "stop-marked")->measured, 0);
			EXPECT_EQ_U64(fx_row(&fx, "stop-live")->measured,
				      fx_row(&fx, "stop-open")->measured);
			fx_expect_none(&fx, "stop-every-count", counts[i] + 1);
		}
	}
}

/* (iv) */
TEST_C(thread_000, a_plain_addition_of_0_corrupts_and_an_atomic_one_does_not)
{
	FX_FEW_SIZES(fx);

	ASSERT_OK(fx_run(&fx));
	/* Of load, store and two beats: a beat between the two, either or both. */
	fx_expect_caught(&fx, "add-plain", 3, 6);
	fx_expect_none(&fx, "add-atomic", 3);
	fx_expect_none(&fx, "add-plain-after", 1);
	fx_expect_caught(&fx, "add-plain-shared", 1, 3);
	fx_expect_none(&fx, "add-atomic-shared", 2);
}
