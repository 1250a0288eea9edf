/* SPDX-License-Identifier: MIT */
/*
 * test_leaf.c - the leaf policy of a migration: what blocks cost, and what splitting them does.
 * [policies 7 P18, 10.3]
 */
#include <math.h>

#include "ctest.h"
#include "fixture.h"
#include "set_bbml.h"

#define SEEDS        100u
#define PAGES        4096u
#define INSTANT_LINK UINT64_C(100000000000000000) /* a page takes 0 ps */
#define PERIOD       (100 * SV3_PS_PER_US)

/* 16 writes between two collections, nothing takes time. */
static struct fx_world_config sparse(enum sv3_leaf_mode leaf, uint64_t seed)
{
	return (struct fx_world_config){
		.guest_pages = PAGES,
		.leaf_max_lg2 = 21,
		.period = PERIOD,
		.device = {
			.pattern = SV3_PATTERN_UNIFORM,
			.base = FX_BASE,
			.page_count = PAGES,
			.write_percent = 100,
			.len = 64,
			.start = SV3_PS_PER_NS,
			.period = PERIOD / 16,
			.seed = seed,
		},
		.migration = {
			.policy = "hw-auto",
			.link_bits_per_s = INSTANT_LINK,
			.max_rounds = 2,
			.stop_rule_off = true,
			.flush = SV3_FLUSH_RANGE,
			.leaf = leaf,
		},
	};
}

/* N (1 - (1 - 1/N)^w), and its variance. [policies 10.1] */
static double distinct_mean(double n, double w)
{
	return n * (1 - pow(1 - 1 / n, w));
}

static double distinct_variance(double n, double w)
{
	const double one = pow(1 - 1 / n, w), two = pow(1 - 2 / n, w);

	return n * (n - 1) * two + n * one - n * n * one * one;
}

/* The mean of what round @round sends. */
static double mean_of_round(enum sv3_leaf_mode leaf, uint32_t round)
{
	double sum = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		const struct fx_world_config config = sparse(leaf, seed);
		struct fx_outcome outcome;

		EXPECT_OK(fx_migrate(&config, &outcome));
		EXPECT_EQ_U64(outcome.lost, 0);
		EXPECT_EQ_U64(outcome.world.faults, 0);
		sum += (double)outcome.round_pages[round];
		fx_outcome_free(&outcome);
	}
	return sum / SEEDS;
}

TEST_C(leaf, blocks_that_are_kept_amplify_every_round)
{
	const double tolerance = 4 * 512 * sqrt(distinct_variance(8, 16) / SEEDS);

	EXPECT_NEAR_F64(mean_of_round(SV3_LEAF_KEEP, 1), 3612.4, tolerance);
	EXPECT_NEAR_F64(mean_of_round(SV3_LEAF_KEEP, 2), 3612.4, tolerance);
}

TEST_C(leaf, blocks_split_at_the_start_amplify_nothing)
{
	const double tolerance = 4 * sqrt(distinct_variance(PAGES, 16) / SEEDS);

	EXPECT_NEAR_F64(mean_of_round(SV3_LEAF_SPLIT_START, 1), distinct_mean(PAGES, 16),
			tolerance);
	EXPECT_NEAR_F64(mean_of_round(SV3_LEAF_SPLIT_START, 2), distinct_mean(PAGES, 16),
			tolerance);
}

/* Round 1 finds blocks; in round 2 amplify only those that round 1 did not find. */
TEST_C(leaf, blocks_split_at_first_dirt_amplify_once)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		const struct fx_world_config keep = sparse(SV3_LEAF_KEEP, seed);
		const struct fx_world_config dirty = sparse(SV3_LEAF_SPLIT_DIRTY, seed);
		const struct fx_world_config start = sparse(SV3_LEAF_SPLIT_START, seed);
		struct fx_outcome blocks, first, pages;
		uint64_t split;

		ASSERT_OK(fx_migrate(&keep, &blocks));
		ASSERT_OK(fx_migrate(&dirty, &first));
		ASSERT_OK(fx_migrate(&start, &pages));
		EXPECT_EQ_U64(first.round_pages[1], blocks.round_pages[1]);
		EXPECT_LE_U64(first.round_pages[2], blocks.round_pages[2]);
		EXPECT_GE_U64(first.round_pages[2], pages.round_pages[2]);
		split = first.round_pages[1] / 512;
		if (split == 8)
			EXPECT_EQ_U64(first.round_pages[2], pages.round_pages[2]);
		EXPECT_GE_U64(first.migration.leaves_split, split);
		EXPECT_EQ_U64(pages.migration.leaves_split, 8);
		EXPECT_EQ_U64(pages.migration.table_bytes, 8 * SV3_PAGE_SIZE);
		EXPECT_EQ_U64(blocks.migration.leaves_split, 0);
		fx_outcome_free(&blocks);
		fx_outcome_free(&first);
		fx_outcome_free(&pages);
	}
}

/* --- nothing is lost --- */

static struct sv3_synthetic_config dense_writes(uint64_t seed)
{
	return (struct sv3_synthetic_config){
		.pattern = SV3_PATTERN_ZIPF,
		.base = FX_BASE,
		.page_count = 2048,
		.write_percent = 90,
		.len = 64,
		.period = 500 * SV3_PS_PER_NS,
		.jitter = true,
		.zipf_exponent = 1.0,
		.seed = seed,
	};
}

static void migrate_blocks(const char *policy, enum sv3_leaf_mode leaf, uint32_t bbml,
			   struct sv3_compare_result *result)
{
	const struct sv3_synthetic_config traffic = dense_writes(bbml + 1);
	struct sv3_compare_config config;
	struct sv3_device device;

	sv3_compare_config_default(&config);
	EXPECT_OK(sv3_synthetic_create(&traffic, &device));
	config.device = &device;
	config.guest_size = 2048 * SV3_PAGE_SIZE;
	config.leaf_max_lg2 = 21;
	config.contents = true;
	config.migration.leaf = leaf;
	config.migration.max_rounds = 3;
	config.migration.downtime = 0;
	config.costs.access = 50 * SV3_PS_PER_NS;
	set_bbml(&config.smmu, bbml);
	if (sv3_compare_run(&config, policy, result))
		ctest_fail(__FILE__, __LINE__, "%s: %s", policy, result->error);
	sv3_device_destroy(&device);
}

TEST_C(leaf, no_policy_loses_a_page_at_any_level)
{
	const struct sv3_policy_info *policy;

	for (unsigned int i = 0; (policy = sv3_policy_info(i)); i++)
		for (uint32_t at = 0; at < 3 * SV3_LEAF_COUNT && policy->claims_lossless; at++) {
			struct sv3_compare_result result;

			migrate_blocks(policy->name, (enum sv3_leaf_mode)(at / 3), at % 3, &result);
			if (result.pages_lost || result.pages_differing)
				ctest_fail(__FILE__, __LINE__, "%s, mode %u, level %u: %llu lost",
					   policy->name, at / 3, at % 3,
					   (unsigned long long)result.pages_lost);
			if (at % 3 || policy->needs & SV3_NEEDS_STALL)
				EXPECT_EQ_U64(result.faults, 0);
			sv3_compare_result_free(&result);
		}
}

/* Below level 1 a block is invalid for a while: DMA that cannot stall is terminated, and what was
 * not written is no page lost. [IHI0070 3.21.1.1] */
TEST_C(leaf, broken_blocks_fault_dma_that_cannot_stall)
{
	struct sv3_compare_result terminated, stalled;

	migrate_blocks("hw-auto", SV3_LEAF_SPLIT_START, 0, &terminated);
	migrate_blocks("write-protect", SV3_LEAF_SPLIT_START, 0, &stalled);
	EXPECT_GT_U64(terminated.faults, 0);
	EXPECT_EQ_U64(terminated.pages_lost, 0);
	EXPECT_EQ_U64(stalled.faults, 0);
	sv3_compare_result_free(&terminated);
	sv3_compare_result_free(&stalled);
}

TEST_C(leaf, merging_brings_all_blocks_back)
{
	struct sv3_compare_result result;

	migrate_blocks("no-last-clear", SV3_LEAF_MERGE_STOP, 1, &result);
	EXPECT_EQ_U64(result.migration.leaves_split, 4);
	EXPECT_EQ_U64(result.migration.leaves_merged, 4);
	EXPECT_GT_U64(result.migration.merge_time, 0);
	sv3_compare_result_free(&result);
}
