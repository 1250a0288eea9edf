/* SPDX-License-Identifier: MIT */
/*
 * test_worlds.c - a thousand random worlds: seeded bugs lose pages in them, for the reason that is
 * theirs.
 *
 * A world is a function of its seed: guest, granule, leaf sizes, caches, costs, traffic, policy.
 * Software bus accesses cost time in all of them, so DMA comes between any two of scan, clear and
 * copy. Contents are carried everywhere: the images are the second witness.
 */
#include <string.h>

#include "ctest.h"
#include "fixture.h"
#include "tests/worlds/parts.h"

#define WORLDS          1000u
#define GUEST_PAGES_MAX 2048u
#define TLB_HOLDS       64u /* entries from which on a stale one lives long enough */

/* --- a world from a seed --- */

struct world {
	struct sv3_compare_config compare;
	struct sv3_synthetic_config traffic;
	const char *policy;
};

/* So dense that a whole migration sees a few thousand accesses, many between two bus accesses. */
static void draw_traffic(struct sv3_prng *prng, const struct sv3_compare_config *config,
			 const char *policy, struct sv3_synthetic_config *traffic)
{
	const uint64_t pages = config->guest_size / SV3_PAGE_SIZE;

	*traffic = (struct sv3_synthetic_config){
		.pattern = sv3_prng_below(prng, 2) ? SV3_PATTERN_UNIFORM : SV3_PATTERN_ZIPF,
		.base = config->guest_base,
		.page_count = parts_draw(prng, PARTS_PAGES_MIN / 2, pages < 400 ? pages : 400),
		.write_percent = (uint32_t)parts_draw(prng, 60, 100),
		.len = (uint32_t)parts_draw(prng, 1, 64),
		.jitter = true,
		.zipf_exponent = 1.0,
		.seed = sv3_prng_next(prng),
	};
	traffic->period =
		parts_shortest(config, traffic->page_count, policy) / parts_draw(prng, 1800, 2600) +
		1;
	traffic->base += parts_draw(prng, 0, pages - traffic->page_count) * SV3_PAGE_SIZE;
}

static void world_from_seed(uint64_t seed, struct world *world)
{
	static const char *const policies[] = {
		"hw-auto",        "hw-manual",      "hw-manual-chunk",
		"hw-manual-page", "hw-manual-uapi", "hw-manual-2021",
		"hw-peek",        "initially-set",  "no-last-clear",
	};
	struct sv3_compare_config *config = &world->compare;
	struct sv3_prng prng;

	sv3_prng_seed(&prng, seed);
	sv3_compare_config_default(config);
	parts_guest(&prng, config, GUEST_PAGES_MAX);
	parts_hardware(&prng, &config->smmu);
	parts_costs(&prng, &config->costs);
	config->contents = true;
	config->seed = seed;
	parts_migration(&prng, &config->migration);
	world->policy = policies[sv3_prng_below(&prng, sizeof(policies) / sizeof(policies[0]))];
	draw_traffic(&prng, config, world->policy, &world->traffic);
}

/* --- running one --- */

static int run(struct world *world, struct sv3_compare_result *result)
{
	struct sv3_device device;
	int rc = sv3_synthetic_create(&world->traffic, &device);

	*result = (struct sv3_compare_result){ 0 };
	if (rc)
		return rc;
	world->compare.device = &device;
	rc = sv3_compare_run(&world->compare, world->policy, result);
	sv3_device_destroy(&device);
	return rc;
}

static void tell_loss(uint64_t seed, const struct world *world,
		      const struct sv3_compare_result *result)
{
	const struct sv3_lost_page *lost = result->lost;

	ctest_fail(__FILE__, __LINE__,
		   "seed %llu, %s: %llu pages lost, %llu differ; first page %llu: translated %llu, "
		   "landed %llu, cleared %llu, copied %llu ps: %s",
		   (unsigned long long)seed, world->policy, (unsigned long long)result->pages_lost,
		   (unsigned long long)result->pages_differing,
		   lost ? (unsigned long long)lost->page_index : 0ull,
		   lost ? (unsigned long long)lost->translated : 0ull,
		   lost ? (unsigned long long)lost->written : 0ull,
		   lost ? (unsigned long long)lost->cleared : 0ull,
		   lost ? (unsigned long long)lost->copied : 0ull,
		   lost ? sv3_loss_text(lost->why) : "not lost");
}

/* Runs all seeds with a bug. Returns: worlds that lost pages, each for the reason @why. */
static unsigned int count_losing(enum sv3_bug bug, enum sv3_loss why, bool without_delays)
{
	unsigned int losing = 0;

	for (uint64_t seed = 1; seed <= WORLDS; seed++) {
		struct sv3_compare_result result;
		struct world world;

		world_from_seed(seed, &world);
		world.compare.migration.bug = bug;
		world.compare.ats = bug == SV3_BUG_NO_ATC_INV;
		if (world.compare.smmu.tlb_entries < TLB_HOLDS)
			world.compare.smmu.tlb_entries = TLB_HOLDS;
		world.compare.smmu.tlb_ways = 4;
		if (without_delays)
			world.compare.costs.cmdq_delay = world.compare.costs.post_delay = 0;
		EXPECT_OK(run(&world, &result));
		losing += result.pages_lost > 0;
		EXPECT_LE_U64(result.pages_differing, result.pages_lost);
		EXPECT_EQ_U64(result.lost_count, result.pages_lost);
		for (uint64_t i = 0; i < result.lost_count; i++)
			if (result.lost[i].why != why) {
				tell_loss(seed, &world, &result);
				break;
			}
		sv3_compare_result_free(&result);
	}
	return losing;
}

TEST_C(worlds, without_tlbi_at_least_half_of_them_lose_pages_to_stale_entries)
{
	EXPECT_GE_U64(count_losing(SV3_BUG_NO_TLBI, SV3_LOSS_STALE_TLB, false), WORLDS / 2);
}

TEST_C(worlds, copying_before_the_sync_loses_pages_in_some)
{
	EXPECT_GT_U64(count_losing(SV3_BUG_COPY_BEFORE_SYNC, SV3_LOSS_COPY_BEFORE_SYNC, false), 0);
}

TEST_C(worlds, copying_before_the_sync_is_harmless_without_delays)
{
	EXPECT_EQ_U64(count_losing(SV3_BUG_COPY_BEFORE_SYNC, SV3_LOSS_COPY_BEFORE_SYNC, true), 0);
}

TEST_C(worlds, without_atc_invalidation_at_least_half_of_them_lose_pages_to_old_grants)
{
	EXPECT_GE_U64(count_losing(SV3_BUG_NO_ATC_INV, SV3_LOSS_STALE_ATC, false), WORLDS / 2);
}
