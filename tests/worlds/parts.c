/* SPDX-License-Identifier: MIT */
/*
 * parts.c - see parts.h.
 */
#include "parts.h"

#include <string.h>

#define ROUNDS_MIN 3u
#define ROUNDS_MAX 5u

uint64_t parts_draw(struct sv3_prng *prng, uint64_t low, uint64_t high)
{
	return low + sv3_prng_below(prng, high - low + 1);
}

void parts_guest(struct sv3_prng *prng, struct sv3_compare_config *config, uint64_t pages_max)
{
	static const struct {
		uint32_t granule_lg2, leaf_max_lg2;
		uint64_t pages_min, pages_max, pages_unit;
	} kinds[] = {
		{ 12, 12, PARTS_PAGES_MIN, 256, 1 },
		{ 12, 21, 1024, 2048, 512 },
		{ 12, 21, 512, 1600, 1 },
		{ 14, 25, 256, 1024, 4 },
		{ 16, 16, 16 * 16, 2048, 16 },
	};
	const unsigned int kind = (unsigned int)sv3_prng_below(prng, 5);
	const uint64_t unit = kinds[kind].pages_unit;
	const uint64_t most = kinds[kind].pages_max < pages_max ? kinds[kind].pages_max : pages_max;

	config->granule_lg2 = kinds[kind].granule_lg2;
	config->leaf_max_lg2 = kinds[kind].leaf_max_lg2;
	config->mixed_leaves = true;
	config->guest_size =
		parts_draw(prng, kinds[kind].pages_min / unit, most / unit) * unit * SV3_PAGE_SIZE;
}

void parts_hardware(struct sv3_prng *prng, struct sv3_smmu_config *smmu)
{
	static const uint32_t tlb_entries[] = { 0, 1, 4, 16, 64, 256, 1024, 4096 };
	const uint32_t entries = tlb_entries[sv3_prng_below(prng, 8)];

	smmu->tlb_entries = entries;
	smmu->tlb_ways = entries < 4 ? entries : 4;
	if (!sv3_prng_below(prng, 4))
		smmu->walk_cache_entries = smmu->walk_cache_ways = 0;
}

void parts_costs(struct sv3_prng *prng, struct sv3_costs *costs)
{
	*costs = (struct sv3_costs){
		.scan = parts_draw(prng, 0, 2000),
		.clear = parts_draw(prng, 0, 10000),
		.cmdq_delay = parts_draw(prng, 0, 8) * SV3_PS_PER_US,
		.inv_latency = parts_draw(prng, 0, 12) * SV3_PS_PER_US,
		.clear_delay = parts_draw(prng, 0, 30) * SV3_PS_PER_US,
		.post_delay = parts_draw(prng, 0, 3) * SV3_PS_PER_US,
		.access = parts_draw(prng, 50, 300) * SV3_PS_PER_NS,
	};
}

void parts_migration(struct sv3_prng *prng, struct sv3_migration_config *migration)
{
	static const enum sv3_flush_scope flushes[] = {
		SV3_FLUSH_RANGE, SV3_FLUSH_ALL,  SV3_FLUSH_RANGE_NO_RIL,
		SV3_FLUSH_RUNS,  SV3_FLUSH_PAGE,
	};

	migration->link_bits_per_s = parts_draw(prng, 10, 200) * UINT64_C(1000000000);
	migration->downtime = 0; /* never few enough, as long as the device writes */
	migration->max_rounds = (uint32_t)parts_draw(prng, ROUNDS_MIN, ROUNDS_MAX);
	migration->chunk_shift = (uint32_t)parts_draw(prng, 0, 9);
	migration->log_delay = parts_draw(prng, 0, 2) * SV3_PS_PER_US;
	migration->diff_time = parts_draw(prng, 0, 500) * SV3_PS_PER_NS;
	migration->cpu_log = sv3_prng_below(prng, 2) ? SV3_CPU_LOG_AUTO : SV3_CPU_LOG_MANUAL;
	migration->ring_entries = (uint32_t)parts_draw(prng, 1, 64);
	migration->pml_entries = (uint32_t)parts_draw(prng, 1, 64);
	migration->flush = flushes[sv3_prng_below(prng, 5)];
}

sv3_ps parts_shortest(const struct sv3_compare_config *config, uint64_t area_pages,
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
