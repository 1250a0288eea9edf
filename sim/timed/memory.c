/* SPDX-License-Identifier: MIT */
/*
 * memory.c - how long memory takes: the last level cache or DRAM, behind one rate for all lines.
 *
 * Which lines of structures and descriptors the cache has is drawn by the seed, or kept: then as
 * tags, by line. APPROX(T-051): data and descriptors do not displace each other. Lines that a CPU
 * has changed are remembered, a limited number of them, until the hardware's next atomic there.
 */
#include <stdlib.h>

#include "timed_priv.h"

#define LINE_LG2 6u

/* The line is the latest of its set from now on. Returns: whether it was there. */
static bool use_line(uint64_t *set, uint64_t line)
{
	uint64_t moved = line + 1;

	for (uint32_t way = 0; way < SV3__LLC_WAYS; way++) {
		const uint64_t here = set[way];

		set[way] = moved;
		if (here == line + 1)
			return true;
		moved = here;
	}
	return false;
}

static bool llc_has(struct sv3_timed *timed, sv3_pa pa)
{
	struct sv3__memory *memory = &timed->memory;
	const uint64_t line = pa >> LINE_LG2;
	bool has;

	if (memory->llc_sets)
		has = use_line(memory->llc_tags + line % memory->llc_sets * SV3__LLC_WAYS, line);
	else if (memory->llc_permille >= 1000)
		has = true;
	else
		has = memory->llc_permille &&
		      sv3_prng_below(&memory->prng, 1000) < memory->llc_permille;
	timed->stats.llc_hits += has;
	return has;
}

static sv3_cycle lines_begin(struct sv3__memory *memory, sv3_cycle at, uint64_t lines)
{
	return sv3__pipe_pass(&memory->pipe, at, lines * memory->line_work);
}

/* One line that is asked for @at or later: when its turn comes. */
static sv3_cycle line_begins(struct sv3_timed *timed, sv3_cycle at)
{
	const sv3_cycle now = timed->wheel.now;

	return at - now + lines_begin(&timed->memory, now, 1);
}

sv3_cycle sv3__memory_fetch(struct sv3_timed *timed, sv3_cycle at, sv3_pa pa)
{
	struct sv3__memory *memory = &timed->memory;
	const sv3_cycle latency = llc_has(timed, pa) ? memory->llc : memory->dram;

	timed->stats.memory_reads++;
	return line_begins(timed, at) + latency;
}

/* --- atomics --- */

static uint64_t *changed_line(struct sv3__memory *memory, uint64_t line)
{
	return &memory->changed[line & (SV3__CHANGED_LINES - 1)];
}

void sv3_timed_cpu_wrote(struct sv3_timed *timed, sv3_pa pa)
{
	const uint64_t line = pa >> LINE_LG2;

	*changed_line(&timed->memory, line) = line + 1;
}

static sv3_cycle atomic_latency(struct sv3_timed *timed, sv3_pa pa)
{
	struct sv3__memory *memory = &timed->memory;
	const uint64_t line = pa >> LINE_LG2;
	uint64_t *changed = changed_line(memory, line);
	const bool by_cpu = *changed == line + 1;
	const bool has = llc_has(timed, pa);

	if (by_cpu)
		*changed = 0;
	if (memory->near)
		return by_cpu || !has ? memory->near_fill + memory->near_hit : memory->near_hit;
	if (by_cpu)
		return memory->far_cpu;
	return has ? memory->far_llc : memory->far_dram;
}

sv3_cycle sv3__memory_atomic(struct sv3_timed *timed, sv3_cycle at, sv3_pa pa)
{
	const sv3_cycle latency = atomic_latency(timed, pa);

	timed->stats.atomics++;
	return line_begins(timed, at) + latency;
}

/* --- data --- */

sv3_cycle sv3__memory_data(struct sv3_timed *timed, uint32_t len, bool write)
{
	struct sv3__memory *memory = &timed->memory;
	const uint64_t lines = (len + (1u << LINE_LG2) - 1) >> LINE_LG2;
	const sv3_cycle begins = lines_begin(memory, timed->wheel.now, lines);
	const uint64_t rest = (lines - 1) * memory->line_work;

	/* The last line goes as soon as those before it have. */
	return begins + ((rest + (1u << SV3__FRACTION_LG2) - 1) >> SV3__FRACTION_LG2) +
	       (write ? memory->write : memory->read);
}

/* --- making --- */

int sv3__memory_init(struct sv3_timed *timed, const struct sv3_timed_config *config)
{
	const struct sv3_timing *t = &config->timing;
	struct sv3__memory *memory = &timed->memory;

	*memory = (struct sv3__memory){
		.pipe.stats = &timed->stats.units[SV3_TIMED_MEMORY],
		/* bytes a line, MHz by MB/s: fractions of a cycle */
		.line_work = (((uint64_t)t->clock_mhz << LINE_LG2) << SV3__FRACTION_LG2) /
			     t->mem_mbyte_per_s,
		.llc_sets = t->mem_llc_lines / SV3__LLC_WAYS,
		.llc_permille = t->mem_llc_permille,
		.llc = sv3_timing_cycles(t, t->mem_llc_ns),
		.dram = sv3_timing_cycles(t, t->mem_dram_ns),
		.read = sv3_timing_cycles(t, t->mem_read_ns),
		.write = sv3_timing_cycles(t, t->mem_write_ns),
		.msi = sv3_timing_cycles(t, t->sync_msi_ns),
		.far_llc = sv3_timing_cycles(t, t->httu_llc_ns),
		.far_dram = sv3_timing_cycles(t, t->httu_dram_ns),
		.far_cpu = sv3_timing_cycles(t, t->httu_cpu_ns),
		.near_fill = sv3_timing_cycles(t, t->httu_fill_ns),
		.near_hit = sv3_timing_cycles(t, t->httu_hit_ns),
		.near = t->httu_near,
	};
	sv3_prng_seed(&memory->prng, config->seed);
	memory->changed = (uint64_t *)calloc(SV3__CHANGED_LINES, sizeof(*memory->changed));
	memory->llc_tags = (uint64_t *)calloc((size_t)memory->llc_sets * SV3__LLC_WAYS + 1,
					      sizeof(*memory->llc_tags));
	return memory->changed && memory->llc_tags ? 0 : -SV3_ERR_NOMEM;
}

void sv3__memory_fini(struct sv3_timed *timed)
{
	free(timed->memory.changed);
	free(timed->memory.llc_tags);
}
