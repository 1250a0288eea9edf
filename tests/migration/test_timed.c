/* SPDX-License-Identifier: MIT */
/*
 * test_timed.c - migrations on hardware that takes time: is any page lost, is a seeded mistake
 * found, and does software pay what the table of timing says?
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "driver_rows.h"
#include "fixture.h"

#include <sv3/prng.h>

#define MIB   (UINT64_C(1) << 20)
#define SEEDS 12u

static struct sv3_compare_config timed_config(const struct sv3_trace *trace,
					      enum sv3_trace_view view)
{
	struct sv3_compare_config config;

	sv3_compare_config_default(&config);
	config.traces = trace;
	config.trace_count = 1;
	config.view = view;
	config.guest_size = MIB;
	config.time_scale_ppm = 20000;
	config.contents = true;
	config.is_timed = true;
	sv3_timing_default(&config.timing);
	config.migration.downtime = 0;
	config.migration.max_rounds = 6;
	config.migration.chunk_shift = 3;
	config.migration.link_bits_per_s = UINT64_C(400000000000);
	return config;
}

/* A machine of the seed's: slow and fast memory, few and many slots, near and far atomics. */
static void draw_machine(struct sv3_compare_config *config, uint64_t seed)
{
	static const char *const presets[] = { "server", "gem5", "agilex5-mmu600", "intel-bdw" };
	struct sv3_prng prng;

	sv3_prng_seed(&prng, seed);
	ASSERT_OK(sv3_timing_preset(presets[seed % 4], &config->timing));
	config->timing.tcu_walk_slots = 1u + (uint32_t)sv3_prng_below(&prng, 8);
	config->timing.tcu_slots = 1u + (uint32_t)sv3_prng_below(&prng, 8);
	config->timing.tbu_slots = 1u + (uint32_t)sv3_prng_below(&prng, 16);
	config->timing.mem_dram_ns = (uint32_t)sv3_prng_below(&prng, 2000);
	config->timing.mem_write_ns = (uint32_t)sv3_prng_below(&prng, 5000);
	config->timing.httu_near = seed & 1;
	config->timing.pcie_ordered = seed >> 1 & 1;
	config->timing.tbu_merge = seed >> 2 & 1;
	config->smmu.tlb_entries = 4u << sv3_prng_below(&prng, 5);
	config->smmu.tlb_ways = 4;
	config->closed_loop = seed % 3 == 0;
	config->seed = seed;
	sv3_costs_timed(&config->timing, &config->costs);
	config->costs.clear_delay = SV3_PS_PER_US;
}

TEST_C(timed, no_policy_that_claims_so_loses_a_page)
{
	const struct sv3_policy_info *policy;

	for (unsigned int i = 0; (policy = sv3_policy_info(i)) != NULL; i++) {
		uint64_t accesses = 0, resent = 0;

		for (uint64_t seed = 1; policy->claims_lossless && seed <= SEEDS; seed++) {
			struct sv3_trace trace = fx_driver_trace(seed, seed % 5 > 1);
			struct sv3_compare_config config =
				timed_config(&trace, seed % 2 ? SV3_VIEW_IOVA : SV3_VIEW_GUEST);
			struct sv3_compare_result result;

			draw_machine(&config, seed);
			ASSERT_OK(sv3_compare_run(&config, policy->name, &result));
			ASSERT_EQ_STR(result.error, "");
			ASSERT_EQ_U64(result.pages_lost, 0);
			ASSERT_EQ_U64(result.pages_differing, 0);
			ASSERT_EQ_U64(result.pa_mismatches, 0);
			accesses += result.dma.count;
			resent += result.pages_resent;
			sv3_compare_result_free(&result);
			free(trace.records);
		}
		if (policy->claims_lossless)
			EXPECT_GT_U64(accesses, 0);
		if (policy->claims_lossless)
			EXPECT_GT_U64(resent, 0);
	}
}

/* A stalled write is let go on, ends and is forgotten while a write before it still walks. */
TEST_C(timed, a_write_that_stalled_leaves_the_order_of_writes)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct sv3_trace trace = fx_driver_trace(seed, true);
		struct sv3_compare_config config = timed_config(&trace, SV3_VIEW_GUEST);
		struct sv3_compare_result result;

		config.timing.mem_dram_ns = 100000;
		config.timing.mem_llc_permille = 800;
		config.smmu.tlb_entries = 4;
		config.smmu.tlb_ways = 4;
		config.seed = seed;
		sv3_costs_timed(&config.timing, &config.costs);
		config.costs.fault_latency = SV3_PS_PER_US;
		ASSERT_OK(sv3_compare_run(&config, "write-protect", &result));
		ASSERT_EQ_STR(result.error, "");
		ASSERT_EQ_U64(result.pages_lost, 0);
		ASSERT_EQ_U64(result.pages_differing, 0);
		ASSERT_GT_U64(result.migration.write_faults, 0);
		sv3_compare_result_free(&result);
		free(trace.records);
	}
}

/* Pages lost over all seeds by hw-auto with a mistake in it. */
static uint64_t lost_with(enum sv3_bug bug)
{
	uint64_t lost = 0;

	for (uint64_t seed = 1; seed <= 4 * SEEDS; seed++) {
		struct sv3_trace trace = fx_driver_trace(seed, true);
		struct sv3_compare_config config = timed_config(&trace, SV3_VIEW_GUEST);
		struct sv3_compare_result result;

		draw_machine(&config, seed);
		config.migration.bug = bug;
		EXPECT_OK(sv3_compare_run(&config, "hw-auto", &result));
		lost += result.pages_lost;
		sv3_compare_result_free(&result);
		free(trace.records);
	}
	return lost;
}

TEST_C(timed, a_mistake_loses_pages)
{
	EXPECT_GT_U64(lost_with(SV3_BUG_NO_TLBI), 0);
	EXPECT_GT_U64(lost_with(SV3_BUG_COPY_BEFORE_SYNC), 0);
	EXPECT_EQ_U64(lost_with(SV3_BUG_NONE), 0);
}

/* One write long before the migration, and then nothing: all time is software's. */
TEST_C(timed, software_pays_by_the_table)
{
	const struct sv3_synthetic_config once = { .base = FX_BASE,
						   .page_count = 1,
						   .len = 64,
						   .write_percent = 100,
						   .period = 1,
						   .limit = 1 };
	struct sv3_compare_config config = timed_config(NULL, SV3_VIEW_GUEST);
	const uint64_t pages = MIB / SV3_PAGE_SIZE;
	struct sv3_compare_result result;
	const struct sv3_round *round;
	struct sv3_device device;

	ASSERT_OK(sv3_synthetic_create(&once, &device));
	config.device = &device;
	config.trace_count = 0;
	sv3_costs_timed(&config.timing, &config.costs);
	config.migration.max_rounds = 1;
	ASSERT_OK(sv3_compare_run(&config, "hw-peek", &result));
	ASSERT_EQ_STR(result.error, "");
	round = &result.migration.rows[1];
	/* 256 descriptors at 0.2 ns, a line of 8 at 8 ns, a table of 512 at 100 ns, rounded down to
	 * ps a descriptor; one call, 32 bytes of a bitmap at 8 GB/s. */
	EXPECT_EQ_U64(round->pages_reported, 0);
	EXPECT_EQ_U64(round->collected - round->began,
		      pages * (200 + 8000 / 8 + 100000 / 512) + 1000000 + pages / 8 * 125);
	sv3_compare_result_free(&result);
	sv3_device_destroy(&device);
}
