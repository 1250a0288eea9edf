/* SPDX-License-Identifier: MIT */
/*
 * test_worlds.c - a thousand random worlds: correct policies lose nothing, seeded bugs do.
 *
 * A world is a function of its seed: guest, granule, leaf sizes, caches, costs, traffic, policy.
 * Software bus accesses cost time in all of them, so DMA comes between any two of scan, clear and
 * copy. Contents are carried everywhere: the images are the second witness.
 */
#include <string.h>

#include "ctest.h"
#include "fixture.h"

#define WORLDS     1000u
#define PAGES_MIN  64u
#define ROUNDS_MIN 3u
#define WRITES_MIN 800u
#define TLB_HOLDS  64u /* entries from which on a stale one lives long enough */

/* --- a device that counts the writes that went through --- */

struct counter {
	struct sv3_device inner;
	uint64_t writes;
};

static bool counter_next(void *context, struct sv3_device_event *event)
{
	struct counter *counter = (struct counter *)context;

	return counter->inner.ops->next(counter->inner.context, event);
}

static void counter_completed(void *context, const struct sv3_device_event *event, bool ok,
			      sv3_ps at)
{
	(void)at;
	if (ok && event->kind == SV3_DEVICE_WRITE)
		((struct counter *)context)->writes++;
}

static const struct sv3_device_ops counter_ops = {
	.next = counter_next,
	.completed = counter_completed,
};

/* --- a world from a seed --- */

struct world {
	struct sv3_compare_config compare;
	struct sv3_synthetic_config traffic;
	const char *policy;
};

static uint64_t draw(struct sv3_prng *prng, uint64_t low, uint64_t high)
{
	return low + sv3_prng_below(prng, high - low + 1);
}

static void draw_guest(struct sv3_prng *prng, struct sv3_compare_config *config)
{
	static const struct {
		uint32_t granule_lg2, leaf_max_lg2;
		uint64_t pages_min, pages_max, pages_unit;
	} kinds[] = {
		{ 12, 12, PAGES_MIN, 256, 1 }, { 12, 21, 1024, 2048, 512 },
		{ 12, 21, 512, 1600, 1 },      { 14, 25, 256, 1024, 4 },
		{ 16, 16, 16 * 16, 2048, 16 },
	};
	const unsigned int kind = (unsigned int)sv3_prng_below(prng, 5);
	const uint64_t unit = kinds[kind].pages_unit;

	config->granule_lg2 = kinds[kind].granule_lg2;
	config->leaf_max_lg2 = kinds[kind].leaf_max_lg2;
	config->mixed_leaves = true;
	config->guest_size =
		draw(prng, kinds[kind].pages_min / unit, kinds[kind].pages_max / unit) * unit *
		SV3_PAGE_SIZE;
}

static void draw_hardware(struct sv3_prng *prng, struct sv3_smmu_config *smmu)
{
	static const uint32_t tlb_entries[] = { 0, 1, 4, 16, 64, 256, 1024, 4096 };
	const uint32_t entries = tlb_entries[sv3_prng_below(prng, 8)];

	smmu->tlb_entries = entries;
	smmu->tlb_ways = entries < 4 ? entries : 4;
	if (!sv3_prng_below(prng, 4))
		smmu->walk_cache_entries = smmu->walk_cache_ways = 0;
}

static void draw_costs(struct sv3_prng *prng, struct sv3_costs *costs)
{
	*costs = (struct sv3_costs){
		.scan = draw(prng, 0, 2000),
		.clear = draw(prng, 0, 10000),
		.cmdq_delay = draw(prng, 0, 8) * SV3_PS_PER_US,
		.inv_latency = draw(prng, 0, 12) * SV3_PS_PER_US,
		.clear_delay = draw(prng, 0, 30) * SV3_PS_PER_US,
		.post_delay = draw(prng, 0, 3) * SV3_PS_PER_US,
		.access = draw(prng, 50, 300) * SV3_PS_PER_NS,
	};
}

/* The least time a migration takes: bus accesses of scans, and bulk. */
static sv3_ps shortest_migration(const struct sv3_compare_config *config, uint64_t area_pages,
				 const char *policy)
{
	const uint64_t scans = config->migration.max_rounds + 2;
	const uint64_t leaves = config->guest_size >> config->granule_lg2;
	const sv3_ps page_copy = SV3_PAGE_SIZE * 8 * (SV3_PS_PER_S / 1000000) /
				 (config->migration.link_bits_per_s / 1000000);
	uint64_t clears = 0;

	if (!strcmp(policy, "hw-manual-page"))
		clears = area_pages / 32;
	return scans * (leaves / 8 * config->costs.access + clears * config->costs.inv_latency) +
	       config->guest_size / SV3_PAGE_SIZE * page_copy;
}

/* So dense that a whole migration sees a few thousand accesses, many between two bus accesses. */
static void draw_traffic(struct sv3_prng *prng, const struct sv3_compare_config *config,
			 const char *policy, struct sv3_synthetic_config *traffic)
{
	const uint64_t pages = config->guest_size / SV3_PAGE_SIZE;

	*traffic = (struct sv3_synthetic_config){
		.pattern = sv3_prng_below(prng, 2) ? SV3_PATTERN_UNIFORM : SV3_PATTERN_ZIPF,
		.base = config->guest_base,
		.page_count = draw(prng, PAGES_MIN / 2, pages < 400 ? pages : 400),
		.write_percent = (uint32_t)draw(prng, 60, 100),
		.len = (uint32_t)draw(prng, 1, 64),
		.jitter = true,
		.zipf_exponent = 1.0,
		.seed = sv3_prng_next(prng),
	};
	traffic->period =
		shortest_migration(config, traffic->page_count, policy) / draw(prng, 1800, 2600) +
		1;
	traffic->base += draw(prng, 0, pages - traffic->page_count) * SV3_PAGE_SIZE;
}

static void world_from_seed(uint64_t seed, struct world *world)
{
	static const char *const policies[] = {
		"hw-auto",        "hw-manual",      "hw-manual-chunk",
		"hw-manual-page", "hw-manual-uapi", "hw-manual-2021",
		"hw-peek",        "initially-set",  "no-last-clear",
	};
	static const enum sv3_flush_scope flushes[] = {
		SV3_FLUSH_RANGE, SV3_FLUSH_ALL,  SV3_FLUSH_RANGE_NO_RIL,
		SV3_FLUSH_RUNS,  SV3_FLUSH_PAGE,
	};
	struct sv3_compare_config *config = &world->compare;
	struct sv3_prng prng;

	sv3_prng_seed(&prng, seed);
	sv3_compare_config_default(config);
	draw_guest(&prng, config);
	draw_hardware(&prng, &config->smmu);
	draw_costs(&prng, &config->costs);
	config->contents = true;
	config->seed = seed;
	config->migration.link_bits_per_s = draw(&prng, 10, 200) * UINT64_C(1000000000);
	config->migration.downtime = 0; /* never few enough, as long as the device writes */
	config->migration.max_rounds = (uint32_t)draw(&prng, ROUNDS_MIN, 5);
	config->migration.chunk_shift = (uint32_t)draw(&prng, 0, 9);
	config->migration.log_delay = draw(&prng, 0, 2) * SV3_PS_PER_US;
	config->migration.diff_time = draw(&prng, 0, 500) * SV3_PS_PER_NS;
	config->migration.cpu_log =
		sv3_prng_below(&prng, 2) ? SV3_CPU_LOG_AUTO : SV3_CPU_LOG_MANUAL;
	config->migration.ring_entries = (uint32_t)draw(&prng, 1, 64);
	config->migration.pml_entries = (uint32_t)draw(&prng, 1, 64);
	config->migration.flush = flushes[sv3_prng_below(&prng, 5)];
	world->policy = policies[sv3_prng_below(&prng, sizeof(policies) / sizeof(policies[0]))];
	draw_traffic(&prng, config, world->policy, &world->traffic);
}

/* --- running one --- */

static int run(struct world *world, struct sv3_compare_result *result, uint64_t *writes)
{
	struct counter counter = { .writes = 0 };
	const struct sv3_device device = { &counter_ops, &counter };
	int rc = sv3_synthetic_create(&world->traffic, &counter.inner);

	*result = (struct sv3_compare_result){ 0 };
	if (rc)
		return rc;
	world->compare.device = &device;
	rc = sv3_compare_run(&world->compare, world->policy, result);
	sv3_device_destroy(&counter.inner);
	*writes = counter.writes;
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

TEST_C(worlds, correct_policies_lose_nothing_in_1000_random_worlds)
{
	for (uint64_t seed = 1; seed <= WORLDS; seed++) {
		struct sv3_compare_result result;
		struct world world;
		uint64_t writes = 0;

		world_from_seed(seed, &world);
		if (run(&world, &result, &writes))
			FAIL_C("seed %llu: %s", (unsigned long long)seed, result.error);
		if (result.pages_lost || result.pages_differing)
			tell_loss(seed, &world, &result);
		ASSERT_EQ_U64(result.pages_lost, 0);
		ASSERT_EQ_U64(result.pages_differing, 0);
		ASSERT_EQ_U64(result.faults, 0);
		ASSERT_GE_U64(result.guest_pages, PAGES_MIN);
		ASSERT_GE_U64(result.migration.rounds, ROUNDS_MIN);
		if (writes < WRITES_MIN)
			FAIL_C("seed %llu: only %llu writes", (unsigned long long)seed,
			       (unsigned long long)writes);
		sv3_compare_result_free(&result);
	}
}

/* Runs all seeds with a bug. Returns: worlds that lost pages, each for the reason @why. */
static unsigned int count_losing(enum sv3_bug bug, enum sv3_loss why, bool without_delays)
{
	unsigned int losing = 0;

	for (uint64_t seed = 1; seed <= WORLDS; seed++) {
		struct sv3_compare_result result;
		struct world world;
		uint64_t writes;

		world_from_seed(seed, &world);
		world.compare.migration.bug = bug;
		if (world.compare.smmu.tlb_entries < TLB_HOLDS)
			world.compare.smmu.tlb_entries = TLB_HOLDS;
		world.compare.smmu.tlb_ways = 4;
		if (without_delays)
			world.compare.costs.cmdq_delay = world.compare.costs.post_delay = 0;
		EXPECT_OK(run(&world, &result, &writes));
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
