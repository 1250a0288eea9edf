/* SPDX-License-Identifier: MIT */
/*
 * test_policies.c - does each policy take the steps its row states, at the cost policies.md 7 and
 * 10.5 give it?
 *
 * Collections come at equal times (cadence) and nothing costs time, so the pages sent in a round
 * are the pages its collection reported, and commands can be counted from them by brute force.
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "fixture.h"
#include "rows.h"

/* --- flush scopes, counted from the pages of a round --- */

/* Range commands for so many pages: non-zero groups of 5 bits from the lowest set bit on. */
static uint64_t range_commands(uint64_t pages)
{
	uint64_t commands = 0;

	while (pages) {
		pages >>= __builtin_ctzll(pages);
		commands++;
		pages &= ~UINT64_C(31);
	}
	return commands;
}

struct runs {
	uint64_t pages, runs, chunks; /* chunks of 16 pages */
	uint64_t run_commands;        /* of ranges, one run at a time */
	uint64_t span;                /* pages from the first to the last */
};

static struct runs runs_of(const struct fx_outcome *outcome, uint32_t round)
{
	struct runs r = { 0 };
	uint64_t first = 0, run = 0, chunk = UINT64_MAX;

	for (uint64_t page = 0; page <= FX_PAGES; page++) {
		if (page == FX_PAGES || !fx_was_sent(outcome, round, page)) {
			r.runs += run > 0;
			r.run_commands += range_commands(run);
			run = 0;
			continue;
		}
		if (!r.pages++)
			first = page;
		r.chunks += page / 16 != chunk;
		chunk = page / 16;
		r.span = page - first + 1;
		run++;
	}
	return r;
}

static uint64_t commands_of(const struct runs *r, enum sv3_flush_scope flush)
{
	switch (flush) {
	case SV3_FLUSH_RANGE:
		return range_commands(r->span);
	case SV3_FLUSH_ALL:
		return r->pages > 0;
	case SV3_FLUSH_RANGE_NO_RIL:
		return r->span;
	case SV3_FLUSH_RUNS:
		return r->run_commands;
	default:
		return r->pages;
	}
}

/* P2, P3: one invalidation a round, with its CMD_SYNC, and the one of the stop. [policies 10.5] */
static void check_scope(const char *policy, enum sv3_flush_scope flush, uint64_t seed)
{
	struct fx_world_config config = fx_traffic(policy, 30 * seed, seed);
	uint64_t tlbi = 0, sync = 1;
	struct fx_outcome outcome;

	config.migration.flush = flush;
	outcome = fx_migrated(&config);
	for (uint32_t round = 1; round <= FX_ROUNDS + 1; round++) {
		const struct runs r = runs_of(&outcome, round);

		tlbi += commands_of(&r, flush);
		sync += r.pages > 0;
	}
	EXPECT_EQ_U64(outcome.migration.tlbi, tlbi);
	EXPECT_EQ_U64(outcome.migration.sync, sync);
	EXPECT_EQ_U64(outcome.migration.tlbi_asid, flush == SV3_FLUSH_ALL ? tlbi : 0);
	EXPECT_EQ_U64(outcome.migration.tlbi_va, flush == SV3_FLUSH_RANGE_NO_RIL ? tlbi : 0);
	EXPECT_EQ_U64(outcome.migration.tlbi_range,
		      tlbi - outcome.migration.tlbi_asid - outcome.migration.tlbi_va);
	fx_outcome_free(&outcome);
}

TEST_C(policy, auto_and_manual_invalidate_by_scope_what_they_cleared)
{
	for (unsigned int flush = SV3_FLUSH_RANGE; flush < SV3_FLUSH_COUNT; flush++)
		for (uint64_t seed = 1; seed <= 10; seed++) {
			check_scope("hw-auto", (enum sv3_flush_scope)flush, seed);
			check_scope("hw-manual", (enum sv3_flush_scope)flush, seed);
		}
}

/* P4: one range a chunk touched; P5: one command a page; each with its CMD_SYNC. [policies 10.5] */
TEST_C(policy, manual_invalidates_by_chunk_or_by_page)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct fx_world_config config = fx_traffic("hw-manual-chunk", 30 * seed, seed);
		struct fx_outcome chunked, single;
		uint64_t chunks = 0, pages = 0;

		config.migration.flush = SV3_FLUSH_ALL;
		chunked = fx_migrated(&config);
		config.migration.policy = "hw-manual-page";
		single = fx_migrated(&config);
		for (uint32_t round = 1; round <= FX_ROUNDS + 1; round++) {
			chunks += runs_of(&chunked, round).chunks;
			pages += runs_of(&single, round).pages;
		}
		EXPECT_EQ_U64(chunked.migration.tlbi, chunks);
		EXPECT_EQ_U64(chunked.migration.sync, chunks + 1);
		EXPECT_EQ_U64(single.migration.tlbi, pages);
		EXPECT_EQ_U64(single.migration.sync, pages + 1);
		fx_outcome_free(&chunked);
		fx_outcome_free(&single);
	}
}

/* P6: two flushes a round; as first posted one before the scan, one a run, one at the end. */
TEST_C(policy, the_series_of_2021_flushes_twice_or_by_runs)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct fx_world_config config = fx_traffic("hw-manual-2021", 30 * seed, seed);
		struct fx_outcome second = fx_migrated(&config), first;
		uint64_t tlbi = 0, tlbi_by_runs = 0;

		config.migration.flush = SV3_FLUSH_RUNS;
		first = fx_migrated(&config);
		for (uint32_t round = 1; round <= FX_ROUNDS + 1; round++) {
			const uint64_t runs = runs_of(&first, round).runs;

			tlbi += second.round_pages[round] ? 2 : 1;
			tlbi_by_runs += 1 + (runs ? runs + 1 : 0);
		}
		EXPECT_EQ_U64(second.migration.tlbi, tlbi);
		EXPECT_EQ_U64(second.migration.sync, tlbi + 1);
		EXPECT_EQ_U64(first.migration.tlbi, tlbi_by_runs);
		fx_outcome_free(&second);
		fx_outcome_free(&first);
	}
}

/* --- what is reported, when --- */

static void expect_same_pages(const struct fx_outcome *a, const struct fx_outcome *b)
{
	for (uint32_t round = 0; round <= FX_ROUNDS + 1; round++)
		for (uint64_t page = 0; page < FX_PAGES; page++)
			if (fx_was_sent(a, round, page) != fx_was_sent(b, round, page))
				FAIL_C("round %u, page %llu", round, (unsigned long long)page);
}

/* P4b is P5 when a chunk is a page. [policies 7] */
TEST_C(policy, uapi_by_single_pages_is_manual_by_page)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct fx_world_config config = fx_traffic("hw-manual-page", 20 * seed, seed);
		struct fx_outcome manual, uapi;

		config.migration.chunk_shift = 0;
		config.copy_offset = FX_PERIOD / 2;
		manual = fx_migrated(&config);
		config.migration.policy = "hw-manual-uapi";
		uapi = fx_migrated(&config);
		expect_same_pages(&manual, &uapi);
		EXPECT_EQ_U64(manual.redundant, uapi.redundant);
		EXPECT_EQ_U64(manual.migration.tlbi, uapi.migration.tlbi);
		fx_outcome_free(&manual);
		fx_outcome_free(&uapi);
	}
}

/* What was written between the read and the chunk's read-and-clear is sent in the same round. */
TEST_C(policy, uapi_sends_what_got_dirty_since_the_read)
{
	struct fx_world_config config = fx_traffic("hw-manual-uapi", 100, 3);
	struct fx_outcome whole, manual;
	uint64_t more = 0;

	config.copy_offset = FX_PERIOD / 2;
	config.migration.chunk_shift = 10;
	whole = fx_migrated(&config);
	config.migration.policy = "hw-manual";
	manual = fx_migrated(&config);
	for (uint64_t page = 0; page < FX_PAGES; page++)
		more += fx_was_sent(&whole, 1, page) && !fx_was_sent(&manual, 1, page);
	EXPECT_GT_U64(more, 10);
	/* They were cleared with the rest: none is reported without a write. */
	EXPECT_EQ_U64(whole.redundant, 0);
	fx_outcome_free(&whole);
	fx_outcome_free(&manual);
}

/* P7: a look changes nothing: each round sends all that was sent before, and more. */
TEST_C(policy, peek_reports_everything_since_the_start)
{
	const struct fx_world_config config = fx_traffic("hw-peek", 100, 1);
	struct fx_outcome outcome = fx_migrated(&config);
	uint64_t written = 0;

	for (uint32_t round = 2; round <= FX_ROUNDS + 1; round++)
		for (uint64_t page = 0; page < FX_PAGES; page++)
			EXPECT_TRUE(fx_was_sent(&outcome, round, page) ||
				    !fx_was_sent(&outcome, round - 1, page));
	for (uint64_t page = 0; page < FX_PAGES; page++)
		written += fx_was_sent(&outcome, FX_ROUNDS + 1, page);
	/* One update a page for the whole run, and one invalidation, after the stop. */
	EXPECT_EQ_U64(outcome.httu_updates, written);
	EXPECT_EQ_U64(outcome.migration.sync, 2);
	fx_outcome_free(&outcome);
}

/* P15: N, and each page written since tracking began once. [policies 10.4] */
TEST_C(policy, stop_only_sends_the_written_set_once)
{
	struct fx_world_config config = fx_traffic("stop-only", 400, 7);
	struct fx_outcome outcome;

	config.device.start = FX_PERIOD / 2;
	config.device.limit = 400;
	outcome = fx_migrated(&config);
	EXPECT_EQ_U64(outcome.migration.rounds, 1);
	EXPECT_EQ_U64(outcome.migration.pages_sent, FX_PAGES + outcome.httu_updates);
	EXPECT_EQ_U64(outcome.round_pages[1], outcome.httu_updates);
	EXPECT_GT_U64(outcome.httu_updates, 100);
	EXPECT_TRUE(outcome.migration.end == SV3_END_NO_ROUNDS);
	fx_outcome_free(&outcome);
}

/* P16: what was written before its chunk was cleared is in the bulk copy and not sent again. */
TEST_C(policy, initially_set_does_not_resend_what_bulk_has)
{
	struct fx_world_config config = fx_traffic("initially-set", 100, 1);
	struct fx_outcome set, clean;

	/* Bulk takes the time of 1000 pages; all writes come in its first half. */
	config.migration.link_bits_per_s = UINT64_C(32768) * 1000000;
	config.device.period = FX_PERIOD;
	config.device.jitter = false;
	config.device.limit = 5;
	config.period = 0;
	set = fx_migrated(&config);
	config.migration.policy = "hw-manual-chunk";
	clean = fx_migrated(&config);
	/* The pages not yet sent when they were written: bulk has them, and one policy knows. */
	EXPECT_GT_U64(clean.migration.pages_sent, set.migration.pages_sent);
	EXPECT_GT_U64(clean.redundant, 0);
	EXPECT_EQ_U64(set.redundant, 0);
	/* Its start neither scans nor clears. */
	EXPECT_EQ_U64(set.migration.rows[0].scan_descriptors, 0);
	EXPECT_EQ_U64(clean.migration.rows[0].scan_descriptors, FX_PAGES);
	fx_outcome_free(&set);
	fx_outcome_free(&clean);
}

/* Rule d of policies.md 13: one clear covers the chunk, so what is written to a page of it that is
 * not sent yet counts again, though its copy has it. */
TEST_C(policy, rule_d_a_write_between_a_chunks_clear_and_its_copy_is_reported_again)
{
	const uint64_t round_ns = FX_PERIOD / SV3_PS_PER_NS;

	for (uint64_t page = 15; page <= 16; page++) {
		/* Round 1 sends page 0 and, a microsecond later, page 15 or 16. */
		struct sv3_trace_rec records[3];
		struct fx_rows rows = { records, 3, 0 };
		struct fx_world_config config = fx_basic("hw-manual-chunk", 64, 3);
		struct fx_outcome outcome;
		struct sv3_trace trace;

		fx_rows_access(&rows, 64000 + 1, SV3_TRACE_W, 0, 64);
		fx_rows_access(&rows, 64000 + 2, SV3_TRACE_W, page * SV3_PAGE_SIZE, 64);
		fx_rows_access(&rows, 64000 + round_ns + 500, SV3_TRACE_W, page * SV3_PAGE_SIZE,
			       64);
		trace = fx_rows_trace(&rows);
		config.trace = &trace;
		config.migration.link_bits_per_s = fx_link(FX_PAGE_TIME);
		outcome = fx_migrated(&config);
		EXPECT_EQ_U64(outcome.round_pages[1], 2);
		EXPECT_EQ_U64(outcome.round_pages[2], page == 15);
		EXPECT_EQ_U64(outcome.redundant, page == 15);
		fx_outcome_free(&outcome);
	}
}

/* P17: the same rounds as P4, and no invalidation after the stop. */
TEST_C(policy, no_last_clear_owes_nothing_after_the_stop)
{
	struct fx_world_config config = fx_traffic("hw-manual-chunk", 200, 5);
	struct fx_outcome with = fx_migrated(&config), without;
	const struct sv3_round *last;

	config.migration.policy = "no-last-clear";
	without = fx_migrated(&config);
	expect_same_pages(&with, &without);
	last = &without.migration.rows[FX_ROUNDS + 1];
	EXPECT_TRUE(last->is_final);
	EXPECT_GT_U64(last->pages_sent, 0);
	EXPECT_EQ_U64(last->tlbi, 0);
	EXPECT_EQ_U64(last->leaves_cleared, 0);
	EXPECT_EQ_U64(without.migration.tlbi + with.migration.rows[FX_ROUNDS + 1].tlbi,
		      with.migration.tlbi);
	fx_outcome_free(&with);
	fx_outcome_free(&without);
}

/* --- modes --- */

TEST_C(policy, stop_copy_sends_every_page_once_to_a_stopped_guest)
{
	struct fx_world_config config = fx_traffic("hw-auto", 100, 1);
	struct fx_outcome outcome;

	config.migration.mode = SV3_MODE_STOP_COPY;
	config.migration.link_bits_per_s = UINT64_C(32768) * 1000000; /* a page takes 1 us */
	config.migration.device_state_bytes = 10 * SV3_PAGE_SIZE;
	outcome = fx_migrated(&config);
	EXPECT_EQ_U64(outcome.migration.pages_sent, FX_PAGES);
	EXPECT_EQ_U64(outcome.migration.bytes_sent, (FX_PAGES + 10) * SV3_PAGE_SIZE);
	EXPECT_EQ_U64(outcome.migration.rounds, 0);
	EXPECT_EQ_U64(outcome.migration.downtime, (FX_PAGES + 10) * SV3_PS_PER_US);
	EXPECT_EQ_U64(outcome.migration.downtime, outcome.migration.total);
	fx_outcome_free(&outcome);
}

/* Rule g of policies.md 13: without tracking before the stop, the stop carries everything. */
TEST_C(policy, rule_g_without_rounds_the_stop_carries_all)
{
	struct fx_world_config config = fx_traffic("all-dirty", 100, 1);
	struct fx_outcome outcome;

	config.migration.mode = SV3_MODE_NO_ROUNDS;
	outcome = fx_migrated(&config);
	EXPECT_EQ_U64(outcome.migration.pages_sent, 2 * FX_PAGES);
	EXPECT_EQ_U64(outcome.migration.rounds, 1);
	fx_outcome_free(&outcome);
}

/* Rows add up to the result. */
TEST_C(policy, rounds_add_up)
{
	static const char *const policies[] = { "hw-auto", "hw-manual-page", "hw-manual-uapi",
						"initially-set", "all-dirty" };

	for (unsigned int i = 0; i < 5; i++) {
		const struct fx_world_config config = fx_traffic(policies[i], 150, 11);
		struct fx_outcome outcome = fx_migrated(&config);
		const struct sv3_migration_result *result = &outcome.migration;
		uint64_t sent = 0, bytes = 0, tlbi = 0, scanned = 0, cleared = 0, bitmap = 0;

		ASSERT_EQ_U64(result->row_count, FX_ROUNDS + 2);
		for (uint32_t k = 0; k < result->row_count; k++) {
			const struct sv3_round *row = &result->rows[k];

			EXPECT_EQ_U64(row->pages_sent, outcome.round_pages[k]);
			EXPECT_LE_U64(row->began, row->collected);
			EXPECT_LE_U64(row->collected, row->ended);
			EXPECT_TRUE(row->is_final == (k == FX_ROUNDS + 1));
			sent += row->pages_sent;
			bytes += row->bytes_sent;
			tlbi += row->tlbi;
			scanned += row->scan_descriptors;
			cleared += row->leaves_cleared;
			bitmap += row->bitmap_bytes;
		}
		EXPECT_EQ_U64(sent, result->pages_sent);
		EXPECT_EQ_U64(bytes, result->bytes_sent);
		EXPECT_EQ_U64(tlbi, result->tlbi);
		EXPECT_EQ_U64(scanned, result->scan_descriptors);
		EXPECT_EQ_U64(cleared, result->leaves_cleared);
		EXPECT_EQ_U64(bitmap, result->bitmap_bytes);
		fx_outcome_free(&outcome);
	}
}
