/* SPDX-License-Identifier: MIT */
/*
 * formula.c - see formula.h.
 *
 * Rates are kept to 2^-20 of a cycle for each byte or line, rounded down; what passes through ends
 * at the next whole cycle.
 */
#include "formula.h"

#define PARTS UINT64_C(1048576) /* of a cycle */

static uint64_t divided_up(uint64_t value, uint64_t by)
{
	return (value + by - 1) / by;
}

sv3_cycle formula_cycles(const struct sv3_timing *timing, uint64_t ns)
{
	return divided_up(ns * timing->clock_mhz, 1000);
}

/* --- the link --- */

static sv3_cycle wire_cycles(const struct sv3_timing *t, uint64_t bytes, uint64_t least_parts)
{
	const uint64_t a_byte = 8 * PARTS * t->clock_mhz / t->pcie_mbit_per_s;
	const uint64_t parts = bytes * a_byte;

	return divided_up(parts > least_parts ? parts : least_parts, PARTS);
}

static sv3_cycle request_cycles(const struct sv3_timing *t, const struct way *way)
{
	const uint64_t packets = divided_up(way->len, t->pcie_mps_bytes);

	if (!way->write)
		return wire_cycles(t, t->pcie_request_bytes, 0);
	return wire_cycles(t, way->len + packets * t->pcie_request_bytes,
			   t->device_write_ns * PARTS * t->clock_mhz / 1000);
}

static sv3_cycle reply_cycles(const struct sv3_timing *t, const struct way *way)
{
	const uint64_t packets = way->faults ? 1 : divided_up(way->len, t->pcie_mps_bytes);

	return wire_cycles(t, (way->faults ? 0 : way->len) + packets * t->pcie_reply_bytes, 0);
}

/* --- the TCU --- */

static sv3_cycle update_cycles(const struct sv3_timing *t, enum way_update update)
{
	uint64_t far_ns[] = { 0, t->httu_llc_ns, t->httu_dram_ns, t->httu_cpu_ns };

	if (update == WAY_NO_UPDATE)
		return 0;
	if (!t->httu_near)
		return t->tcu_step_cycles + formula_cycles(t, far_ns[update]);
	return t->tcu_step_cycles + formula_cycles(t, t->httu_hit_ns) +
	       (update == WAY_UPDATE_IN_LLC ? 0 : formula_cycles(t, t->httu_fill_ns));
}

/* Three tables can be known beforehand: those that levels 0, 1 and 2 point to; the deepest is
 * looked for first. */
static sv3_cycle walk_cache_cycles(const struct sv3_timing *t, uint32_t first_level)
{
	static const uint32_t looked_at[] = { 3, 3, 2, 1 };

	return t->tcu_walk_cache_cycles * (t->tcu_walk_cache_parallel ? 1 : looked_at[first_level]);
}

static sv3_cycle walk_cycles(const struct sv3_timing *t, const struct way *way)
{
	const uint32_t levels = way->last_level - way->first_level + 1;

	return walk_cache_cycles(t, way->first_level) + t->tcu_step_cycles +
	       levels * (uint64_t)(t->tcu_step_cycles + t->tcu_port_cycles) +
	       update_cycles(t, way->update);
}

static sv3_cycle read_cycles(const struct sv3_timing *t, uint32_t reads, uint32_t dram_reads)
{
	return dram_reads * formula_cycles(t, t->mem_dram_ns) +
	       (reads - dram_reads) * formula_cycles(t, t->mem_llc_ns);
}

/* --- the TBU, and memory --- */

static sv3_cycle beats(const struct sv3_timing *t, const struct way *way)
{
	return way->write ? divided_up(way->len, t->tbu_port_bytes) : 1;
}

static sv3_cycle data_cycles(const struct sv3_timing *t, const struct way *way)
{
	const uint64_t lines = divided_up(way->len, 64);
	const uint64_t a_line = 64 * PARTS * t->clock_mhz / t->mem_mbyte_per_s;

	return divided_up((lines - 1) * a_line, PARTS) +
	       formula_cycles(t, way->write ? t->mem_write_ns : t->mem_read_ns);
}

void formula_times(const struct sv3_timing *t, const struct way *way, struct way_times *times)
{
	sv3_cycle at = request_cycles(t, way) + formula_cycles(t, t->pcie_out_ns);

	*times = (struct way_times){ .arrived = at };
	at += beats(t, way) + t->tbu_utlb_cycles;
	if (way->by != WAY_UTLB)
		at += t->tbu_tlb_cycles;
	if (way->by == WAY_WALK) {
		const uint32_t levels = way->last_level - way->first_level + 1;
		const uint32_t of_structures = way->dram_reads ? way->structures : 0;

		times->in_walk = walk_cycles(t, way) +
				 read_cycles(t, levels, way->dram_reads - of_structures);
		times->in_tcu = t->tcu_config_cycles +
				read_cycles(t, way->structures, of_structures) + times->in_walk;
		at += 2 * t->dti_cycles + times->in_tcu;
	}
	times->translated = at;
	if (!way->faults) {
		times->out = at += beats(t, way);
		times->performed = at += data_cycles(t, way);
	}
	if (!way->write)
		at += reply_cycles(t, way) + formula_cycles(t, t->pcie_back_ns);
	times->ended = at;
}

/* The TBUs are told, look, and answer. */
sv3_cycle formula_sync(const struct sv3_timing *t, uint64_t sets)
{
	const sv3_cycle looks = !sets                    ? t->tlbi_address_cycles
				: t->tlbi_sets_per_cycle ? divided_up(sets, t->tlbi_sets_per_cycle)
							 : 1;
	const sv3_cycle answered = 2 * (sv3_cycle)t->dti_cycles + looks;

	return answered > t->cmdq_decode_cycles ? answered : t->cmdq_decode_cycles;
}
