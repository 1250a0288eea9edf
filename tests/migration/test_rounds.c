/* SPDX-License-Identifier: MIT */
/*
 * test_rounds.c - how many rounds, how many pages, and what is left for the stop, against the
 * closed forms. [policies 10.4] Where uniform writes stay: test_plateaus.c.
 */
#include <math.h>
#include <string.h>

#include "ctest.h"
#include "fixture.h"
#include "sample.h"

/* --- linear dirtying: V_k = N r^k --- */

/* A device that writes page after page, around the guest. */
static struct fx_world_config linear(const char *policy, uint64_t pages, double r,
				     uint64_t threshold)
{
	struct fx_world_config config = fx_back_to_back(policy, pages, r);

	config.device.pattern = SV3_PATTERN_SEQUENTIAL;
	config.migration.stop_rule_off = false;
	config.migration.downtime = threshold * FX_PAGE_TIME;
	return config;
}

/* n: rounds until no more than @threshold pages are left; it counts bulk. */
static double linear_rounds(double n_pages, double r, double threshold)
{
	return ceil(log(threshold / n_pages) / log(r));
}

static double linear_total(double n_pages, double r, double n)
{
	return n_pages * (1 - pow(r, n + 1)) / (1 - r);
}

static void check_linear(const char *policy, uint64_t pages, double r, uint64_t threshold)
{
	const double n = linear_rounds((double)pages, r, (double)threshold);
	const struct fx_world_config config = linear(policy, pages, r, threshold);
	struct fx_outcome outcome = fx_migrated(&config);

	EXPECT_TRUE(outcome.migration.converged);
	/* n does not count the one after the stop; each count is whole, and cut anew. */
	EXPECT_EQ_U64(outcome.migration.rounds, (uint64_t)n + 1);
	EXPECT_NEAR_F64((double)outcome.migration.pages_sent, linear_total((double)pages, r, n),
			2 * n + 2);
	EXPECT_NEAR_F64((double)outcome.migration.downtime / (double)FX_PAGE_TIME,
			(double)pages * pow(r, n), 2 / (1 - r));
	fx_outcome_free(&outcome);
}

TEST_C(rounds, linear_dirtying_converges_in_the_known_rounds)
{
	static const char *const policies[] = { "hw-auto", "hw-manual", "hw-manual-chunk" };

	for (unsigned int i = 0; i < 3; i++) {
		check_linear(policies[i], 65536, 0.5, 1000);
		check_linear(policies[i], 4096, 0.25, 20);
		check_linear(policies[i], 4096, 0.8, 300);
		/* By chunk the ring meets pages that wait: below. */
		if (i < 2)
			check_linear(policies[i], 16384, 0.9, 1000);
	}
	/* Printed: 11 rounds, 2096640 pages, the last 512. */
	EXPECT_NEAR_F64(linear_rounds(1048576, 0.5, 1000), 11, 1e-9);
	EXPECT_NEAR_F64(linear_total(1048576, 0.5, 11), 2096640, 0.5);
	check_linear("hw-auto", UINT64_C(1) << 20, 0.5, 1000);
}

/* --- the same, page by page by hand --- */

#define RING_PAGES 16384u
#define RING_CHUNK 16u /* pages */

/* Who is dirty when; the clock is in pages sent. */
struct ring {
	uint8_t dirty[RING_PAGES], reported[RING_PAGES];
	sv3_ps period;
	uint64_t sent, written;
	uint64_t merged; /* writes to pages that were dirty already */
};

/* The device goes on until now. */
static void ring_write(struct ring *ring)
{
	for (; ring->written * ring->period <= ring->sent * FX_PAGE_TIME; ring->written++) {
		uint8_t *page = &ring->dirty[ring->written % RING_PAGES];

		ring->merged += *page;
		*page = 1;
	}
}

static uint64_t ring_collect(struct ring *ring)
{
	uint64_t count = 0;

	for (uint32_t page = 0; page < RING_PAGES; page++)
		count += ring->reported[page] = ring->dirty[page];
	return count;
}

/* Pages are cleared with the first one of their chunk that is sent. */
static void ring_send(struct ring *ring)
{
	uint32_t entered = UINT32_MAX;

	for (uint32_t page = 0; page < RING_PAGES; page++) {
		const uint32_t chunk = page / RING_CHUNK, first = chunk * RING_CHUNK;

		if (!ring->reported[page])
			continue;
		ring_write(ring);
		for (uint32_t i = first; chunk != entered && i < first + RING_CHUNK; i++)
			ring->dirty[i] &= !ring->reported[i];
		entered = chunk;
		ring->sent++;
	}
	ring_write(ring);
}

/* V_(k+1) = r V_k takes it that no write meets a page that waits to be sent. A ring that comes
 * round meets some, whose copies are still to come: what they would have added is never sent. */
TEST_C(rounds, by_chunk_a_ring_that_comes_round_meets_pages_that_wait)
{
	static struct ring ring;
	const struct fx_world_config config = linear("hw-manual-chunk", RING_PAGES, 0.9, 1000);
	struct fx_outcome outcome = fx_migrated(&config);
	const struct sv3_round *rows = outcome.migration.rows;
	uint64_t merged = 0;

	memset(&ring, 0, sizeof(ring));
	ring.period = config.device.period;
	ring.written = 1; /* the first write comes before tracking starts */
	ring.sent = RING_PAGES;
	ring_write(&ring);
	for (uint32_t k = 1; k + 1 < outcome.migration.row_count; k++) {
		const uint64_t reported = ring_collect(&ring);

		EXPECT_EQ_U64(rows[k].pages_reported, reported);
		/* Nothing else makes a round shorter than r times the one before. */
		EXPECT_NEAR_F64((double)(reported + ring.merged),
				0.9 * (double)rows[k - 1].pages_sent, 1);
		merged += ring.merged;
		ring.merged = 0;
		ring_send(&ring);
	}
	EXPECT_GT_U64(merged, 0);
	EXPECT_LT_U64(outcome.migration.rounds, (uint64_t)linear_rounds(RING_PAGES, 0.9, 1000) + 1);
	fx_outcome_free(&outcome);
}

/* --- what is left for the stop --- */

/* Under auto that is what was written since the last collection, and so in each round before. */
TEST_C(rounds, auto_reports_what_was_written_since_the_last_collection)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct fx_world_config config = fx_back_to_back("hw-auto", 512, 1.5);
		struct fx_outcome outcome;

		config.poisson = true;
		config.device.seed = seed;
		config.migration.max_rounds = FX_ROUNDS;
		config.pause = 100 * FX_PAGE_TIME;
		outcome = fx_migrated(&config);
		for (uint32_t k = 1; k <= FX_ROUNDS + 1; k++)
			EXPECT_EQ_U64(outcome.round_pages[k], outcome.collections[k].written);
		EXPECT_GT_U64(outcome.round_pages[FX_ROUNDS + 1], 50);
		fx_outcome_free(&outcome);
	}
}

/* V_n / B + final sync: the CMD_SYNC of the stop, the last scan, its clears and their TLBI. */
TEST_C(rounds, downtime_is_the_last_sync_and_its_pages)
{
	static const char *const policies[] = { "hw-auto", "hw-manual" };

	for (unsigned int i = 0; i < 2; i++) {
		struct fx_world_config config = fx_back_to_back(policies[i], 512, 1.5);
		const struct sv3_round *last;
		struct fx_outcome outcome;

		config.migration.max_rounds = FX_ROUNDS;
		config.costs.scan = SV3_PS_PER_NS;
		config.costs.clear = 5 * SV3_PS_PER_NS;
		config.costs.inv_latency = 10 * SV3_PS_PER_US;
		config.costs.clear_delay = i * 30 * SV3_PS_PER_US;
		outcome = fx_migrated(&config);
		last = &outcome.migration.rows[FX_ROUNDS + 1];
		EXPECT_GT_U64(last->pages_sent, 100);
		EXPECT_EQ_U64(outcome.migration.downtime,
			      last->pages_sent * FX_PAGE_TIME + 2 * config.costs.inv_latency +
				      512 * config.costs.scan + config.costs.clear_delay +
				      last->pages_sent * config.costs.clear);
		fx_outcome_free(&outcome);
	}
}

/* --- without a tracker, and with one that is read once --- */

TEST_C(rounds, all_dirty_and_pinned_send_their_pages_every_round)
{
	uint64_t words[1024 / 64] = { UINT64_C(0xff00ff), 0, 0, 1 };
	const struct sv3_dirty_log pinned = { .words = words, .base = FX_BASE, .page_count = 1024 };

	for (uint32_t max = 1; max <= 9; max += 4)
		for (unsigned int i = 0; i < 2; i++) {
			struct fx_world_config config =
				fx_basic(i ? "pinned-scope" : "all-dirty", 1024, max);
			struct fx_outcome outcome;

			config.device.period = SV3_PS_PER_S; /* one write, long ago */
			config.migration.pinned = &pinned;
			outcome = fx_migrated(&config);
			EXPECT_EQ_U64(outcome.migration.rounds, max + 1);
			EXPECT_EQ_U64(outcome.migration.pages_sent,
				      1024 + (i ? 17u : 1024u) * (max + 1));
			fx_outcome_free(&outcome);
		}
}

/* N (1 - e^-r) pages after the stop, or, cleared at the bulk copy, those written behind it. */
TEST_C(rounds, tracked_at_the_stop_alone_sends_what_was_written)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct fx_world_config config =
			fx_back_to_back(i ? "initially-set" : "stop-only", 512, 0.7);
		struct fx_sample sample = { 0 };
		double mean = 0;

		config.poisson = true;
		config.migration.mode = SV3_MODE_NO_ROUNDS;
		config.migration.chunk_shift = 0;
		for (uint64_t page = 0; page < 512; page++)
			mean += 1 - exp(-0.7 * (i ? (double)(512 - page) / 512 : 1));
		for (uint64_t seed = 1; seed <= FX_SEEDS; seed++) {
			struct fx_outcome outcome;

			config.device.seed = seed;
			outcome = fx_migrated(&config);
			fx_sample_add(&sample, (double)outcome.round_pages[1]);
			EXPECT_EQ_U64(outcome.migration.pages_sent, 512 + outcome.round_pages[1]);
			fx_outcome_free(&outcome);
		}
		EXPECT_NEAR_F64(fx_mean(&sample), mean, fx_tolerance(&sample));
	}
}
