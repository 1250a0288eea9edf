/* SPDX-License-Identifier: MIT */
/*
 * test_ats.c - devices behind an ATC in a migration: is anything lost, is it counted right, and
 * what if a driver forgets CMD_ATC_INV? [policies 1; 8 B14]
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "driver_rows.h"
#include "fixture.h"
#include "set_bbml.h"

#include <sv3/arch.h>

#define GUEST_BYTES (UINT64_C(1) << 20)

static struct sv3_compare_config ats_config(void)
{
	struct sv3_compare_config config;

	sv3_compare_config_default(&config);
	config.ats = true;
	config.contents = true;
	config.guest_size = GUEST_BYTES;
	config.migration.downtime = 0;
	config.migration.max_rounds = 5;
	config.migration.chunk_shift = 3;
	/* Short rounds report few pages, so that one page too few shows. */
	config.migration.link_bits_per_s = UINT64_C(400000000000);
	return config;
}

/* Writes to 128 pages, many between any two steps of the migration. */
static struct sv3_synthetic_config dense(uint64_t seed)
{
	return (struct sv3_synthetic_config){
		.pattern = SV3_PATTERN_UNIFORM,
		.base = FX_BASE + 16 * SV3_PAGE_SIZE,
		.page_count = 128,
		.write_percent = 90,
		.len = 64,
		.period = 100 * SV3_PS_PER_NS,
		.jitter = true,
		.seed = seed,
	};
}

/* A run whose device is @traffic. The result is the caller's to free. */
static int run_device(struct sv3_compare_config *config, const struct sv3_synthetic_config *traffic,
		      const char *policy, struct sv3_compare_result *result)
{
	struct sv3_device device;
	int rc = sv3_synthetic_create(traffic, &device);

	*result = (struct sv3_compare_result){ 0 };
	if (rc)
		return rc;
	config->device = &device;
	rc = sv3_compare_run(config, policy, result);
	config->device = NULL;
	sv3_device_destroy(&device);
	return rc;
}

static void expect_nothing_lost(const struct sv3_compare_result *result)
{
	EXPECT_EQ_STR(result->error, "");
	EXPECT_EQ_U64(result->pages_lost, 0);
	EXPECT_EQ_U64(result->pages_differing, 0);
	EXPECT_EQ_U64(result->faults, 0);
	EXPECT_EQ_U64(result->pa_mismatches, 0);
}

/* --- nothing is lost --- */

TEST_C(ats, no_policy_that_claims_so_loses_a_page)
{
	static const uint32_t entries[] = { 1, 16, 64, 512 };
	const struct sv3_policy_info *policy;

	for (unsigned int i = 0; (policy = sv3_policy_info(i)); i++)
		for (uint64_t seed = 1; seed <= 8; seed++) {
			const struct sv3_synthetic_config traffic = dense(seed);
			struct sv3_compare_config config = ats_config();
			struct sv3_compare_result result;

			if (!policy->claims_lossless || sv3_policy_check_ats(policy, NULL))
				continue;
			config.atc_entries = entries[seed % 4];
			config.leaf_max_lg2 = seed % 3 ? 12 : 21;
			config.mixed_leaves = true;
			config.costs.access = seed % 2 * 100 * SV3_PS_PER_NS;
			config.costs.post_delay = seed % 5 * SV3_PS_PER_US;
			config.lead = seed % 2 * SV3_PS_PER_MS;
			config.migration.flush = (enum sv3_flush_scope)(
				SV3_FLUSH_RANGE + seed % (SV3_FLUSH_COUNT - SV3_FLUSH_RANGE));
			ASSERT_OK(run_device(&config, &traffic, policy->name, &result));
			expect_nothing_lost(&result);
			EXPECT_GT_U64(result.pages_resent, 0);
			/* Who cleaned a leaf took the grants of it back. */
			EXPECT_EQ_U64(result.migration.atc_inv > 0,
				      result.migration.leaves_cleared > 0);
			sv3_compare_result_free(&result);
		}
}

/* Each trace is behind an ATC of its own, and begins anew while the migration runs. */
TEST_C(ats, drivers_traces_lose_nothing_in_either_view)
{
	static const char *const policies[] = { "hw-auto", "hw-manual-chunk", "pml" };
	uint64_t rewinds = 0;

	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct sv3_trace traces[] = { fx_driver_trace(seed, seed % 2),
					      fx_driver_trace(seed + 100, seed % 3) };
		struct sv3_compare_config config = ats_config();
		struct sv3_compare_result result;

		for (uint64_t i = 0; i < traces[1].count; i++)
			traces[1].records[i].sid += 8;
		config.traces = traces;
		config.trace_count = 1 + seed % 2;
		config.view = seed % 4 < 2 ? SV3_VIEW_IOVA : SV3_VIEW_GUEST;
		config.time_scale_ppm = 250000;
		config.costs.post_delay = (seed % 2 ? 1 : 20) * SV3_PS_PER_US;
		config.atc_entries = 8;
		ASSERT_OK(sv3_compare_run(&config, policies[seed % 3], &result));
		expect_nothing_lost(&result);
		EXPECT_GT_U64(result.migration.atc_inv, 0);
		rewinds += result.trace_rewinds;
		sv3_compare_result_free(&result);
		free(traces[0].records);
		free(traces[1].records);
	}
	EXPECT_GT_U64(rewinds, 0);
}

/* An ATC that holds a block writes to all its pages, also while they are split off it. */
TEST_C(ats, blocks_that_are_split_and_merged_lose_nothing)
{
	static const enum sv3_leaf_mode modes[] = { SV3_LEAF_SPLIT_START, SV3_LEAF_SPLIT_DIRTY,
						    SV3_LEAF_MERGE_STOP };
	static const char *const policies[] = { "hw-auto", "hw-manual-page", "pml" };

	for (unsigned int i = 0; i < 27; i++) {
		const struct sv3_synthetic_config traffic = dense(i);
		struct sv3_compare_config config = ats_config();
		struct sv3_compare_result result;
		const struct sv3_migration_result *migration = &result.migration;

		config.guest_size = 4 * GUEST_BYTES;
		config.leaf_max_lg2 = 21;
		set_bbml(&config.smmu, i / 9);
		config.migration.leaf = modes[i / 3 % 3];
		config.lead = SV3_PS_PER_MS;
		ASSERT_OK(run_device(&config, &traffic, policies[i % 3], &result));
		EXPECT_EQ_U64(result.pages_lost, 0);
		EXPECT_EQ_U64(result.pages_differing, 0);
		EXPECT_GT_U64(migration->leaves_split, 0);
		/* With a merge, too, every command is of some scope. */
		EXPECT_EQ_U64(migration->tlbi,
			      migration->tlbi_asid + migration->tlbi_range + migration->tlbi_va);
		/* Every TLBI of a clear or a step has its four commands; the one more is of the
		 * stop. */
		if (i % 3 < 2)
			EXPECT_EQ_U64(migration->sync, 2 * migration->atc_inv + 1);
		/* A block that is broken is no translation. */
		if (i / 9)
			EXPECT_EQ_U64(result.faults, 0);
		sv3_compare_result_free(&result);
	}
}

/* --- counts, by hand --- */

/* 10 DMAs to all of an area; the mask lets 4 of them be reported twice by auto. */
static struct sv3_compare_result run_scenario(const char *policy, uint64_t area_pages,
					      enum sv3_flush_scope flush)
{
	const struct sv3_scenario scenario = { .rounds = 10,
					       .mask = 0x0aa,
					       .area_pages = area_pages };
	struct sv3_compare_config config = fx_scenario_config(&scenario);
	struct sv3_compare_result result;

	config.ats = true;
	config.migration.flush = flush;
	EXPECT_OK(sv3_compare_run(&config, policy, &result));
	expect_nothing_lost(&result);
	return result;
}

TEST_C(ats, each_tlbi_is_followed_by_sync_atc_inv_sync)
{
	static const struct {
		const char *policy;
		uint64_t area_pages;
		enum sv3_flush_scope flush;
		uint64_t pages_resent, invalidations; /* that clears owe, each with its CMD_SYNCs */
		uint64_t atc_inv, atc_inv_all, atc_over_pages;
	} rows[] = {
		/* 10 rounds that report 16 pages, in one block of 16. */
		{ "hw-auto", 16, SV3_FLUSH_RANGE, 160, 10, 10, 0, 0 },
		{ "hw-auto", 16, SV3_FLUSH_ALL, 160, 10, 10, 10, 0 },
		{ "hw-auto", 16, SV3_FLUSH_PAGE, 160, 10, 160, 0, 0 },
		/* The same block is named for 12 pages of it. */
		{ "hw-auto", 12, SV3_FLUSH_RANGE, 120, 10, 10, 0, 40 },
		/* 6 rounds, by page. */
		{ "hw-manual", 16, SV3_FLUSH_RANGE, 96, 6, 6, 0, 0 },
		{ "hw-manual-page", 16, SV3_FLUSH_RANGE, 96, 96, 96, 0, 0 },
		{ "pml", 16, SV3_FLUSH_RANGE, 160, 10, 160, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sv3_compare_result result =
			run_scenario(rows[i].policy, rows[i].area_pages, rows[i].flush);
		const struct sv3_migration_result *migration = &result.migration;
		uint64_t in_rows = 0;

		EXPECT_EQ_U64(result.pages_resent, rows[i].pages_resent);
		EXPECT_EQ_U64(migration->atc_inv, rows[i].atc_inv);
		EXPECT_EQ_U64(migration->atc_inv_all, rows[i].atc_inv_all);
		EXPECT_EQ_U64(migration->atc_over_pages, rows[i].atc_over_pages);
		/* And the one of the stop. */
		EXPECT_EQ_U64(migration->sync, 2 * rows[i].invalidations + 1);
		EXPECT_EQ_U64(migration->sync_time, migration->sync * 10 * SV3_PS_PER_US);
		for (uint32_t row = 0; row < migration->row_count; row++)
			in_rows += migration->rows[row].atc_inv;
		EXPECT_EQ_U64(in_rows, migration->atc_inv);
		sv3_compare_result_free(&result);
	}
}

/* Guest addresses are one domain: what a clear owes is owed to each stream. */
TEST_C(ats, each_stream_of_a_domain_is_told)
{
	struct sv3_trace_rec rows[] = {
		{ .time_ns = 0, .sid = 8, .pa = FX_BASE },
		{ .time_ns = 10000000, .sid = 8, .pa = FX_BASE },
		{ .time_ns = 20000000, .sid = 9, .pa = FX_BASE + 64 * SV3_PAGE_SIZE },
	};
	const struct sv3_trace trace = { .records = rows, .count = 3 };
	struct sv3_compare_config config = ats_config();
	struct sv3_compare_result result;

	for (unsigned int i = 0; i < 3; i++) {
		rows[i].op = SV3_TRACE_W;
		rows[i].len = 64;
		rows[i].has = SV3_TRACE_HAS_ALL;
	}
	config.traces = &trace;
	config.trace_count = 1;
	config.time_scale_ppm = 1000000;
	config.lead = SV3_PS_PER_MS;
	ASSERT_OK(sv3_compare_run(&config, "hw-auto", &result));
	expect_nothing_lost(&result);
	/* What was dirty at the start, and nobody wrote before the end: one clear. */
	EXPECT_EQ_U64(result.migration.tlbi, 1);
	EXPECT_EQ_U64(result.migration.sync, 3);
	EXPECT_EQ_U64(result.migration.atc_inv, 2);
	EXPECT_EQ_U64(result.migration.rows[0].atc_inv, 2);
	sv3_compare_result_free(&result);
}

/* Who notes what hardware does hears of the grants that made a leaf dirty, once each. */
TEST_C(ats, pml_reports_what_a_scan_finds)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct sv3_synthetic_config traffic = dense(seed);
		struct sv3_compare_config config = ats_config();
		struct sv3_compare_result scan, notes;

		/* Tracking has begun, and collections of both come at the same times. */
		traffic.start = SV3_PS_PER_US;
		config.costs = fx_no_costs;
		config.atc_entries = 1 + (uint32_t)seed * 20;
		ASSERT_OK(run_device(&config, &traffic, "hw-auto", &scan));
		ASSERT_OK(run_device(&config, &traffic, "pml", &notes));
		expect_nothing_lost(&notes);
		ASSERT_EQ_INT(notes.migration.row_count, scan.migration.row_count);
		for (uint32_t row = 1; row < scan.migration.row_count; row++)
			EXPECT_EQ_U64(notes.migration.rows[row].pages_reported,
				      scan.migration.rows[row].pages_reported);
		EXPECT_GT_U64(scan.pages_resent, 100);
		sv3_compare_result_free(&scan);
		sv3_compare_result_free(&notes);
	}
}

/* --- what is lost by mistake --- */

static void expect_reason(const struct sv3_compare_result *result, enum sv3_loss why)
{
	EXPECT_EQ_U64(result->lost_count, result->pages_lost);
	for (uint64_t i = 0; i < result->lost_count; i++)
		if (result->lost[i].why != why) {
			FAIL_C("page %llu: %s", (unsigned long long)result->lost[i].page_index,
			       sv3_loss_text(result->lost[i].why));
		}
}

/* 32 pages are written in turn, before the migration and all through it, by what was granted before
 * the clear at its start: no collection finds one dirty, and each is written behind its only copy.
 */
TEST_C(ats, without_atc_invalidation_all_that_was_granted_before_is_lost)
{
	static const char *const policies[] = { "hw-auto",         "hw-manual",
						"hw-manual-chunk", "hw-manual-page",
						"hw-manual-uapi",  "hw-manual-2021",
						"hw-peek",         "stop-only",
						"no-last-clear",   "pml" };

	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		for (unsigned int bug = 0; bug < 2; bug++) {
			const struct sv3_synthetic_config ring = {
				.pattern = SV3_PATTERN_SEQUENTIAL,
				.base = FX_BASE + 7 * SV3_PAGE_SIZE,
				.page_count = 32,
				.write_percent = 100,
				.len = 64,
				.period = SV3_PS_PER_US,
			};
			struct sv3_compare_config config = ats_config();
			struct sv3_compare_result result;

			config.atc_entries = 32;
			config.lead = SV3_PS_PER_MS;
			config.migration.link_bits_per_s = UINT64_C(8000000000);
			config.migration.bug = bug ? SV3_BUG_NO_ATC_INV : SV3_BUG_NONE;
			ASSERT_OK(run_device(&config, &ring, policies[i], &result));
			EXPECT_EQ_U64(result.pages_lost, bug ? 32 : 0);
			EXPECT_EQ_U64(result.pages_differing, bug ? 32 : 0);
			EXPECT_EQ_U64(result.migration.atc_inv > 0, !bug);
			expect_reason(&result, SV3_LOSS_STALE_ATC);
			sv3_compare_result_free(&result);
		}
}

/* A pass over four blocks, one of them granted before the migration began: the others are split as
 * they get dirty. */
static struct sv3_synthetic_config pass_over_blocks(void)
{
	struct sv3_synthetic_config traffic = dense(1);

	traffic.pattern = SV3_PATTERN_SEQUENTIAL;
	traffic.page_count = 1500;
	return traffic;
}

/* Those of a split are sent all the same, and are not taken for those that a clear owes. */
TEST_C(ats, what_a_split_invalidates_hides_no_reason)
{
	static const enum sv3_leaf_mode modes[] = { SV3_LEAF_SPLIT_START, SV3_LEAF_SPLIT_DIRTY };
	static const char *const policies[] = { "hw-auto", "hw-manual-page", "pml" };
	static const struct {
		enum sv3_bug bug;
		enum sv3_loss why;
	} bugs[] = { { SV3_BUG_NO_ATC_INV, SV3_LOSS_STALE_ATC },
		     { SV3_BUG_NO_TLBI, SV3_LOSS_STALE_TLB } };

	for (unsigned int i = 0; i < 2 * 2 * 3 * 3; i++) {
		const struct sv3_synthetic_config traffic = pass_over_blocks();
		struct sv3_compare_config config = ats_config();
		struct sv3_compare_result result;

		config.guest_size = 8 * GUEST_BYTES;
		config.leaf_max_lg2 = 21;
		config.atc_entries = 2048;
		config.lead = 50 * SV3_PS_PER_US;
		set_bbml(&config.smmu, i / 12);
		config.migration.leaf = modes[i / 6 % 2];
		config.migration.bug = bugs[i / 3 % 2].bug;
		ASSERT_OK(run_device(&config, &traffic, policies[i % 3], &result));
		EXPECT_GT_U64(result.migration.leaves_split, 0);
		EXPECT_GT_U64(result.migration.atc_inv, 0);
		EXPECT_GT_U64(result.pages_lost, 0);
		expect_reason(&result, bugs[i / 3 % 2].why);
		sv3_compare_result_free(&result);
	}
}

/* The same writes are lost without TLBI, by what is wrong first. */
TEST_C(ats, without_tlbi_the_reason_is_the_tlb)
{
	const struct sv3_synthetic_config traffic = dense(1);
	struct sv3_compare_config config = ats_config();
	struct sv3_compare_result result;

	config.migration.bug = SV3_BUG_NO_TLBI;
	ASSERT_OK(run_device(&config, &traffic, "hw-auto", &result));
	EXPECT_GT_U64(result.pages_lost, 0);
	EXPECT_EQ_U64(result.migration.atc_inv, 0);
	expect_reason(&result, SV3_LOSS_STALE_TLB);
	sv3_compare_result_free(&result);
}

/* Grants may be used until the CMD_SYNC behind CMD_ATC_INV is complete. */
TEST_C(ats, copying_before_the_sync_loses_and_says_so)
{
	uint64_t lost = 0;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		const struct sv3_synthetic_config traffic = dense(seed);
		struct sv3_compare_config config = ats_config();
		struct sv3_compare_result result;

		config.costs.post_delay = 5 * SV3_PS_PER_US;
		config.migration.bug = SV3_BUG_COPY_BEFORE_SYNC;
		ASSERT_OK(run_device(&config, &traffic, "hw-auto", &result));
		EXPECT_GT_U64(result.migration.atc_inv, 0);
		expect_reason(&result, SV3_LOSS_COPY_BEFORE_SYNC);
		lost += result.pages_lost;
		sv3_compare_result_free(&result);
	}
	EXPECT_GT_U64(lost, 0);
}

/* --- what is refused --- */

TEST_C(ats, who_lives_on_stalls_is_refused_with_a_line)
{
	const struct sv3_synthetic_config traffic = dense(1);
	const struct sv3_policy_info *policy;
	unsigned int refused = 0;

	for (unsigned int i = 0; (policy = sv3_policy_info(i)); i++) {
		struct sv3_compare_config config = ats_config();
		struct sv3_compare_result result;
		const char *why;

		if (!sv3_policy_check_ats(policy, &why)) {
			EXPECT_TRUE(why == NULL);
			continue;
		}
		refused++;
		EXPECT_TRUE(policy->needs & SV3_NEEDS_STALL);
		EXPECT_EQ_INT(run_device(&config, &traffic, policy->name, &result), -SV3_ERR_INVAL);
		EXPECT_TRUE(strstr(result.error, why) != NULL);
		EXPECT_TRUE(strchr(result.error, '\n') == NULL);
		sv3_compare_result_free(&result);
	}
	EXPECT_EQ_U64(refused, 3);
}

TEST_C(ats, an_atc_of_no_entries_or_too_many_is_refused_with_a_line)
{
	static const uint32_t entries[] = { 0, SV3_ATC_ENTRIES_MAX + 1 };
	const struct sv3_synthetic_config traffic = dense(1);

	for (unsigned int i = 0; i < 2; i++) {
		struct sv3_compare_config config = ats_config();
		struct sv3_compare_result result;

		config.atc_entries = entries[i];
		EXPECT_EQ_INT(run_device(&config, &traffic, "hw-auto", &result), -SV3_ERR_INVAL);
		EXPECT_TRUE(strstr(result.error, "an ATC has 1 to 4096 entries") != NULL);
		sv3_compare_result_free(&result);
	}
}
