/* SPDX-License-Identifier: MIT */
/*
 * timing.c - the table of timing parameters by name, and its presets.
 *
 * A preset is the table's defaults and, by name, what it has otherwise.
 */
#include <string.h>

#include <sv3/timing.h>

#define PS_PER_US 1000000u /* so a clock of n MHz has 1,000,000 / n ps a cycle */

static const struct row {
	struct sv3_timing_info info;
	size_t offset;
} rows[] = {
#define TIMING(field, name, value, low, high, unit, about) \
	{ { name, unit, about, value, low, high }, offsetof(struct sv3_timing, field) },
#include <sv3/timing.def>
#undef TIMING
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* --- by name --- */

static uint32_t *value_of(struct sv3_timing *timing, const struct row *row)
{
	return (uint32_t *)(void *)((char *)timing + row->offset);
}

static const struct row *row_of(const char *name)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (!strcmp(rows[i].info.name, name))
			return &rows[i];
	return NULL;
}

bool sv3_timing_info(unsigned int index, struct sv3_timing_info *info)
{
	if (index >= ROW_COUNT)
		return false;
	*info = rows[index].info;
	return true;
}

int sv3_timing_set(struct sv3_timing *timing, const char *name, uint64_t value)
{
	const struct row *row = row_of(name);

	if (!row)
		return -SV3_ERR_NOENT;
	if (value < row->info.low || value > row->info.high)
		return -SV3_ERR_RANGE;
	*value_of(timing, row) = (uint32_t)value;
	return 0;
}

int sv3_timing_get(const struct sv3_timing *timing, const char *name, uint32_t *value)
{
	struct sv3_timing copy = *timing;
	const struct row *row = row_of(name);

	if (!row)
		return -SV3_ERR_NOENT;
	*value = *value_of(&copy, row);
	return 0;
}

int sv3_timing_check(const struct sv3_timing *timing, const char **why)
{
	struct sv3_timing copy = *timing;

	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct sv3_timing_info *info = &rows[i].info;
		const uint32_t value = *value_of(&copy, &rows[i]);
		const bool is_clock = rows[i].offset == offsetof(struct sv3_timing, clock_mhz);

		if (value >= info->low && value <= info->high &&
		    !(is_clock && PS_PER_US % value != 0))
			continue;
		if (why)
			*why = info->name;
		return -SV3_ERR_INVAL;
	}
	return 0;
}

/* --- presets --- */

struct setting {
	const char *name;
	uint32_t value;
};

/* What gem5's model has, as far as it has it: fixed latencies, and no hardware updates. */
static const struct setting gem5[] = {
	{ "tbu.port_bytes", 16 },
	{ "tbu.write_beats", 16 },
	{ "tbu.slots", 16 },
	{ "tcu.port_cycles", 1 },
	{ "mem.llc_permille", 0 },
	{ "mem.dram_ns", 49 },
	{ "mem.read_ns", 49 },
	{ "mem.write_ns", 49 },
	{ "pcie.out_ns", 0 },
	{ "pcie.back_ns", 0 },
	{ "pcie.request_bytes", 0 },
	{ "pcie.reply_bytes", 0 },
	{ "pcie.mbit_per_s", 4000000 },
	{ "pcie.rc_lines", 65536 },
	{ "pcie.ordered", 0 },
	{ "cmdq.fetch_bytes", 16 },
	{ NULL, 0 },
};

/* Sizes of Intel's Agilex 5, its MMU-600; latencies are the defaults. */
static const struct setting agilex5[] = {
	{ "tbu.slots", 256 },
	{ NULL, 0 },
};

/* Fitted to what pcie-bench measured on a Xeon E5-2630 v4: 64 bytes in 480 ns, 280 ns for a miss,
 * about five walks at once. Its unit is not an SMMU: only the figures are those of one. */
static const struct setting intel_bdw[] = {
	{ "pcie.out_ns", 180 },
	{ "pcie.back_ns", 180 },
	{ "pcie.mbit_per_s", 63000 },
	{ "pcie.mps_bytes", 256 },
	{ "device.tags", 30 },
	{ "device.write_ns", 21 },
	{ "mem.read_ns", 90 },
	{ "mem.llc_permille", 1000 },
	{ "mem.llc_ns", 245 },
	{ "tcu.walk_slots", 5 },
	{ "tbu.utlb_entries", 0 },
	{ "tbu.utlb_cycles", 0 },
	{ NULL, 0 },
};

/* Where Fast and Safe (SOSP 2024) measured a receiver of 100 Gb/s behind a strict IOMMU: a read of
 * a descriptor takes 197 ns, and 65 ns of a page are not reads: 37 for each of its 1.75 misses on
 * average, in a unit that does one at a time. Buffers of the root complex and its TLB are theirs.
 */
static const struct setting fast_and_safe[] = {
	{ "pcie.mbit_per_s", 126000 },
	{ "device.tags", 64 },
	{ "tbu.write_beats", 200 },
	{ "tbu.utlb_entries", 0 },
	{ "tbu.utlb_cycles", 0 },
	{ "tcu.slots", 1 },
	{ "tcu.walk_slots", 1 },
	{ "tcu.config_cycles", 20 },
	{ "tcu.walk_cache_cycles", 15 },
	{ "tcu.walk_cache_parallel", 1 },
	{ "mem.llc_permille", 0 },
	{ "mem.dram_ns", 197 },
	{ NULL, 0 },
};

static const struct preset {
	const char *name, *about;
	const struct setting *settings; /* NULL: the defaults */
	/* of the SMMU; 0: as it is */
	uint32_t tlb_entries, tlb_ways, walk_cache_entries, config_cache_entries;
} presets[] = {
	{ "server", "an Arm server of today, PCIe Gen4 x16", NULL, 2048, 4, 256, 256 },
	{ "gem5", "the defaults of gem5's SMMUv3, without a bus in front", gem5, 2048, 4, 256, 64 },
	{ "agilex5-mmu600", "MMU-600 as in Intel's Agilex 5", agilex5, 2048, 4, 256, 256 },
	{ "intel-bdw", "fitted to pcie-bench on a Xeon E5-2630 v4", intel_bdw, 64, 8, 256, 64 },
	{ "fast-and-safe", "a strict receiver of 100 Gb/s, Cascade Lake", fast_and_safe, 64, 8, 64,
	  64 },
};

#define PRESET_COUNT (sizeof(presets) / sizeof(presets[0]))

static const struct preset *preset_of(const char *name)
{
	for (size_t i = 0; i < PRESET_COUNT; i++)
		if (!strcmp(presets[i].name, name))
			return &presets[i];
	return NULL;
}

void sv3_timing_default(struct sv3_timing *timing)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		*value_of(timing, &rows[i]) = rows[i].info.value;
}

int sv3_timing_preset(const char *name, struct sv3_timing *timing)
{
	const struct preset *preset = preset_of(name);

	if (!preset)
		return -SV3_ERR_NOENT;
	sv3_timing_default(timing);
	for (const struct setting *s = preset->settings; s && s->name; s++) {
		const int rc = sv3_timing_set(timing, s->name, s->value);

		SV3_ASSERT(!rc);
	}
	return 0;
}

int sv3_timing_preset_smmu(const char *name, struct sv3_smmu_config *smmu)
{
	const struct preset *preset = preset_of(name);

	if (!preset)
		return -SV3_ERR_NOENT;
	smmu->tlb_entries = preset->tlb_entries;
	smmu->tlb_ways = preset->tlb_ways;
	smmu->walk_cache_entries = preset->walk_cache_entries;
	smmu->walk_cache_ways = 4;
	smmu->config_cache_entries = preset->config_cache_entries;
	smmu->config_cache_ways = 4;
	return 0;
}

const char *sv3_timing_preset_name(unsigned int index, const char **about)
{
	if (index >= PRESET_COUNT)
		return NULL;
	if (about)
		*about = presets[index].about;
	return presets[index].name;
}

/* --- without a queue in sight --- */

sv3_cycle sv3_timing_cost(const struct sv3_timing *timing, const struct sv3_need *need)
{
	const sv3_cycle memory = sv3_timing_cycles(timing, timing->mem_llc_ns);

	switch (need->kind) {
	case SV3_NEED_READ:
		if (need->unit == SV3_UNIT_CMDQ)
			return memory + timing->cmdq_decode_cycles;
		return timing->tcu_step_cycles + timing->tcu_port_cycles + memory;
	case SV3_NEED_WRITE:
		return sv3_timing_cycles(timing, need->unit == SV3_UNIT_MSI ? timing->sync_msi_ns
									    : timing->mem_write_ns);
	case SV3_NEED_CAS64:
		return timing->tcu_step_cycles +
		       sv3_timing_cycles(timing, timing->httu_near ? timing->httu_hit_ns
								   : timing->httu_llc_ns);
	default:
		return 0;
	}
}
