/* SPDX-License-Identifier: MIT */
/*
 * test_event_counts.c - what a migration makes hardware and software do: updates, walks, commands,
 * descriptors, bytes of bitmaps. Counted by brute force from the accesses, or by closed form.
 * [policies 10.5]
 *
 * Commands of other policies and scopes: test_policies.c. Faults, drains and marks of policies that
 * note writes themselves: test_trackers.c.
 */
#include <math.h>
#include <string.h>

#include "ctest.h"
#include "fixture.h"
#include "rows.h"
#include "sample.h"

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

/* Who only looks cleans nothing: one clear for each page reported, however long it takes to come.
 */
TEST_C(event_counts, each_reported_page_is_cleaned_once)
{
	static const char *const policies[] = { "hw-auto", "hw-manual", "hw-manual-chunk",
						"hw-manual-page", "hw-manual-2021" };

	for (unsigned int i = 0; i < 5; i++) {
		struct fx_world_config config = fx_traffic(policies[i], 900, 1);
		struct fx_outcome outcome;

		config.costs.clear_delay = config.copy_offset = FX_PERIOD / 2;
		outcome = fx_migrated(&config);
		for (uint32_t k = 1; k <= FX_ROUNDS + 1; k++)
			EXPECT_EQ_U64(outcome.migration.rows[k].leaves_cleared,
				      outcome.migration.rows[k].pages_reported);
		fx_outcome_free(&outcome);
	}
}

/* --- commands --- */

/* The 2021 series as first posted: one flush before the scan, one for each run of neighbours, one
 * at the end. Each page is written with chance f, so there are N f (1 - f) + f^2 runs. */
TEST_C(event_counts, flushes_by_runs_follow_the_density_of_writes)
{
	static const struct {
		double density, printed; /* 0: none */
	} points[] = { { 0.1, 368.7 }, { 0.5, 1024.3 }, { 0.02, 0 }, { 0.9, 0 } };

	for (unsigned int i = 0; i < 4; i++) {
		const double f = points[i].density, runs = 4096 * f * (1 - f) + f * f;
		struct fx_world_config config = fx_basic("hw-manual-2021", 4096, 1);
		struct fx_sample flushes = { 0 };

		config.poisson = true;
		config.device.period = (sv3_ps)((double)FX_PERIOD / (-4096 * log(1 - f)));
		config.migration.flush = SV3_FLUSH_RUNS;
		for (uint64_t seed = 1; seed <= FX_SEEDS; seed++) {
			struct fx_outcome outcome;

			config.device.seed = seed;
			outcome = fx_migrated(&config);
			fx_sample_add(&flushes, (double)outcome.migration.rows[1].tlbi);
			fx_outcome_free(&outcome);
		}
		if (points[i].printed > 0)
			EXPECT_NEAR_F64(runs, points[i].printed, 0.05);
		EXPECT_NEAR_F64(fx_mean(&flushes), 1 + runs + 1, fx_tolerance(&flushes));
	}
}

/* --- descriptors and bitmaps --- */

/* At the start, in each round, and after the stop; tables on the way are not counted. */
TEST_C(event_counts, a_scan_reads_every_leaf_once)
{
	static const char *const policies[] = { "hw-auto", "hw-manual", "hw-manual-chunk",
						"hw-manual-page", "hw-peek" };

	for (unsigned int i = 0; i < 5; i++)
		for (uint32_t leaf_lg2 = 12; leaf_lg2 <= 21; leaf_lg2 += 9) {
			struct fx_world_config config = fx_traffic(policies[i], 100, 1);
			const uint64_t leaves = FX_PAGES >> (leaf_lg2 - 12);
			struct fx_outcome outcome;

			config.leaf_max_lg2 = leaf_lg2;
			outcome = fx_migrated(&config);
			for (uint32_t row = 0; row < outcome.migration.row_count; row++)
				EXPECT_EQ_U64(outcome.migration.rows[row].scan_descriptors, leaves);
			EXPECT_EQ_U64(outcome.migration.row_count, FX_ROUNDS + 2);
			fx_outcome_free(&outcome);
		}
}

/* Chunks of @chunk_pages in which round @round sent a page. */
static uint64_t chunks_sent(const struct fx_outcome *outcome, uint32_t round, uint64_t chunk_pages)
{
	uint64_t chunks = 0, last = UINT64_MAX;

	for (uint64_t page = 0; page < FX_PAGES; page++) {
		if (!fx_was_sent(outcome, round, page) || page / chunk_pages == last)
			continue;
		last = page / chunk_pages;
		chunks++;
	}
	return chunks;
}

/* N / 8 to read; a split clear brings the bits of its chunks back, a whole byte at least. */
TEST_C(event_counts, a_bitmap_is_a_bit_a_page_each_way)
{
	static const struct {
		const char *policy;
		uint64_t chunk_pages; /* 0: nothing is brought back */
	} points[] = { { "hw-auto", 0 },
		       { "hw-manual", FX_PAGES },
		       { "hw-manual-chunk", 16 },
		       { "hw-manual-page", 1 } };

	for (unsigned int i = 0; i < 4; i++) {
		const uint64_t chunk_pages = points[i].chunk_pages;
		const struct fx_world_config config = fx_traffic(points[i].policy, 100, 1);
		struct fx_outcome outcome = fx_migrated(&config);

		for (uint32_t k = 1; k <= FX_ROUNDS + 1; k++) {
			uint64_t bytes = FX_PAGES / 8;

			if (chunk_pages)
				bytes += chunks_sent(&outcome, k, chunk_pages) *
					 ((chunk_pages + 7) / 8);
			EXPECT_EQ_U64(outcome.migration.rows[k].bitmap_bytes, bytes);
		}
		fx_outcome_free(&outcome);
	}
}

/* --- walks --- */

#define TOUCHED_PAGES 256u /* the TLB has room for more */
#define TOUCHES       300u /* in a round, half of them reads */

struct walks {
	uint64_t in_round[FX_ROUNDS + 2]; /* before collection k */
	uint64_t refills;
};

/* What the TLB holds, page by page, and which pages are dirty. */
struct touched {
	bool held[TOUCHED_PAGES], was_held[TOUCHED_PAGES], dirty[TOUCHED_PAGES];
};

static void collect_touched(struct touched *now, bool flush_all)
{
	for (uint32_t page = 0; page < TOUCHED_PAGES; page++) {
		if (flush_all || now->dirty[page])
			now->held[page] = false;
		now->dirty[page] = false;
	}
}

/* Random accesses into @rows; returns the walks they should take if each collection forgets all, or
 * what it cleared. */
static struct walks make_touches(struct fx_rows *rows, uint64_t seed, bool flush_all)
{
	const uint64_t period_ns = FX_PERIOD / SV3_PS_PER_NS;
	struct touched now = { 0 };
	struct walks walks = { 0 };
	struct sv3_prng prng;

	sv3_prng_seed(&prng, seed);
	for (uint32_t k = 1; k <= FX_ROUNDS + 1; k++) {
		for (uint64_t i = 0; i < TOUCHES; i++) {
			const uint64_t page = sv3_prng_below(&prng, TOUCHED_PAGES);
			const bool write = sv3_prng_below(&prng, 2);

			fx_rows_access(rows, (k - 1) * period_ns + 1 + i,
				       write ? SV3_TRACE_W : SV3_TRACE_R, page * SV3_PAGE_SIZE, 64);
			/* A first write through an entry that a read filled walks, too: its leaf
			 * becomes dirty. */
			walks.in_round[k] += !now.held[page] || (write && !now.dirty[page]);
			walks.refills += !now.held[page] && now.was_held[page];
			now.held[page] = now.was_held[page] = true;
			now.dirty[page] |= write;
		}
		collect_touched(&now, flush_all);
	}
	return walks;
}

/* After a flush of all each page touched again costs a walk, reads too; by exact ranges only those
 * that were cleared. */
TEST_C(event_counts, extra_walks_are_pages_touched_again)
{
	static struct sv3_trace_rec records[(FX_ROUNDS + 1) * TOUCHES];

	for (unsigned int flush_all = 0; flush_all < 2; flush_all++)
		for (uint64_t seed = 1; seed <= 10; seed++) {
			struct fx_rows rows = { records, (FX_ROUNDS + 1) * TOUCHES, 0 };
			const struct walks walks = make_touches(&rows, seed, flush_all);
			struct fx_world_config config =
				fx_basic("hw-auto", TOUCHED_PAGES, FX_ROUNDS);
			const struct sv3_trace trace = fx_rows_trace(&rows);
			struct fx_outcome outcome;

			config.trace = &trace;
			config.migration.flush = flush_all ? SV3_FLUSH_ALL : SV3_FLUSH_PAGE;
			outcome = fx_migrated(&config);
			for (uint32_t k = 1; k <= FX_ROUNDS + 1; k++)
				EXPECT_EQ_U64(outcome.collections[k].tlb_misses, walks.in_round[k]);
			EXPECT_EQ_U64(outcome.refill_walks, walks.refills);
			EXPECT_GT_U64(walks.refills, TOUCHES);
			fx_outcome_free(&outcome);
		}
}
