/* SPDX-License-Identifier: MIT */
/*
 * load.c - see load.h.
 */
#include "load.h"

#include <math.h>
#include <stdlib.h>

#define HIT_PAGES  8u
#define WALK_PAGES 512u /* one table of leaves; more than the TLB of load_config() has */

struct load {
	struct machine *m;
	const struct load_kind *kind;
	struct sv3_prng prng;
	uint64_t issued;
	double due; /* of the next Poisson arrival */
};

/* --- bounds --- */

static double lines_of(const struct sv3_timing *t, const struct way *way)
{
	const double lines = ceil(way->len / 64.0);

	return fmin(lines, t->pcie_rc_lines);
}

static double beats_of(const struct sv3_timing *t, const struct way *way)
{
	return way->write ? ceil((double)way->len / t->tbu_port_bytes) : 1;
}

static double wire_cycles(const struct sv3_timing *t, double bytes)
{
	return bytes * 8 * t->clock_mhz / t->pcie_mbit_per_s;
}

static double framed(const struct sv3_timing *t, const struct way *way, uint32_t framing)
{
	return way->len + ceil((double)way->len / t->pcie_mps_bytes) * framing;
}

static double request_cycles(const struct sv3_timing *t, const struct way *way)
{
	if (!way->write)
		return wire_cycles(t, t->pcie_request_bytes);
	return fmax(wire_cycles(t, framed(t, way, t->pcie_request_bytes)),
		    t->device_write_ns * (double)t->clock_mhz / 1000);
}

static double memory_cycles(const struct sv3_timing *t, const struct way *way)
{
	double lines = ceil(way->len / 64.0);

	if (way->by == WAY_WALK)
		lines += way->last_level - way->first_level + 1 + (way->update != WAY_NO_UPDATE);
	return lines * 64 * t->clock_mhz / t->mem_mbyte_per_s;
}

double load_bound(const struct sv3_timing *t, const struct load_kind *kind,
		  enum sv3_timed_unit unit)
{
	const struct way *way = &kind->way;
	const double walks = way->by == WAY_WALK ? 1 : 0, reads = way->write ? 0 : 1;
	struct way_times times;
	double residence;

	formula_times(t, way, &times);
	residence = (double)(times.performed - times.arrived);
	switch (unit) {
	case SV3_TIMED_TAGS:
		return t->device_tags / (reads * (double)times.ended);
	case SV3_TIMED_WIRE:
		return 1 / request_cycles(t, way);
	case SV3_TIMED_WIRE_BACK:
		return 1 / (reads * wire_cycles(t, framed(t, way, t->pcie_reply_bytes)));
	case SV3_TIMED_RC:
		return t->pcie_rc_lines / (lines_of(t, way) * residence);
	case SV3_TIMED_TBU:
		return t->tbu_slots / residence;
	case SV3_TIMED_WRITE_BUFFER:
		return t->tbu_write_beats /
		       ((1 - reads) * fmin(beats_of(t, way), t->tbu_write_beats) * residence);
	case SV3_TIMED_PORT_IN:
	case SV3_TIMED_PORT_OUT:
		return 1 / beats_of(t, way);
	case SV3_TIMED_DTI:
	case SV3_TIMED_DTI_BACK:
		return 1 / walks;
	case SV3_TIMED_TCU:
		return t->tcu_slots / (double)times.in_tcu;
	case SV3_TIMED_WALK:
		return t->tcu_walk_slots / (double)times.in_walk;
	case SV3_TIMED_MEMORY:
		return 1 / memory_cycles(t, way);
	default: /* the link is as large as it must be; no commands */
		return INFINITY;
	}
}

bool load_is_pool(enum sv3_timed_unit unit)
{
	return unit == SV3_TIMED_TAGS || unit == SV3_TIMED_LINK || unit == SV3_TIMED_RC ||
	       unit == SV3_TIMED_TBU || unit == SV3_TIMED_WRITE_BUFFER || unit == SV3_TIMED_TCU ||
	       unit == SV3_TIMED_WALK;
}

/* --- accesses --- */

static sv3_iova iova_of(const struct load *load)
{
	const struct way *way = &load->kind->way;
	uint64_t page = load->issued;

	if (way->update == WAY_NO_UPDATE)
		page %= way->by == WAY_WALK ? WALK_PAGES : HIT_PAGES;
	return MACHINE_IOVA + page * SV3_PAGE_SIZE;
}

static bool issue(struct load *load)
{
	const struct way *way = &load->kind->way;
	const struct sv3_timed_access access = machine_access(iova_of(load), way->write, way->len);

	if (sv3_timed_issue(load->m->timed, &access) < 0)
		return false;
	load->issued++;
	return true;
}

static void issue_all(void *context)
{
	struct load *load = (struct load *)context;

	while (load->issued < load->kind->count && issue(load))
		;
}

static void run_closed(struct load *load)
{
	load->m->on_room = issue_all;
	load->m->context = load;
	issue_all(load);
	sv3_timed_run(load->m->timed, SV3_CYCLE_NEVER);
	load->m->on_room = NULL;
}

/* Exponential gaps; who finds no room is lost to the test, so there must be room. */
static void run_poisson(struct load *load)
{
	const double begin = (double)sv3_timed_now(load->m->timed);

	while (load->issued < load->kind->count) {
		load->due -= load->kind->mean_gap * log1p(-sv3_prng_unit(&load->prng));
		sv3_timed_run(load->m->timed, (sv3_cycle)(begin + load->due));
		if (!issue(load))
			abort();
	}
	sv3_timed_run(load->m->timed, SV3_CYCLE_NEVER);
}

/* --- a run --- */

static void prepare(struct machine *m, const struct load_kind *kind)
{
	const bool updates = kind->way.update != WAY_NO_UPDATE;

	machine_map_pages(m, MACHINE_IOVA, updates ? kind->count : WALK_PAGES,
			  updates ? MACHINE_CLEAN : MACHINE_RW);
	/* Structures and tables are known from here on. */
	if (updates)
		for (uint64_t i = 0; i < kind->count; i += WALK_PAGES)
			machine_go(m, MACHINE_IOVA + i * SV3_PAGE_SIZE, false, 1);
	else if (kind->way.by == WAY_WALK)
		machine_go(m, MACHINE_IOVA + (WALK_PAGES - 1) * SV3_PAGE_SIZE, false, 1);
	else
		for (uint64_t i = 0; i < HIT_PAGES; i++)
			machine_go(m, MACHINE_IOVA + i * SV3_PAGE_SIZE, true, 1);
}

static void judge(const struct machine *m, const struct load_kind *kind, sv3_cycle cycles,
		  struct load_result *result)
{
	result->cycles = cycles;
	result->per_cycle = (double)kind->count / (double)cycles;
	result->bound = INFINITY;
	result->excess = -1;
	for (int unit = 0; unit < SV3_TIMED_UNIT_COUNT; unit++) {
		const double bound = load_bound(&m->timing, kind, (enum sv3_timed_unit)unit);

		result->excess = fmax(result->excess, result->per_cycle / bound - 1);
		if (bound >= result->bound)
			continue;
		result->bound = bound;
		result->binds = (enum sv3_timed_unit)unit;
	}
}

void load_config(struct machine *m)
{
	machine_config(m);
	m->config.slot_count = 4096;
	m->config.tlb_entries = 64;
	m->config.tlb_ways = 8;
	m->timing.pcie_mbit_per_s = 4000000;
	m->timing.pcie_mps_bytes = 4096;
	m->timing.pcie_rc_lines = 65536;
	m->timing.device_tags = 4096;
	m->timing.tbu_port_bytes = 4096;
	m->timing.tbu_write_beats = 65536;
	m->timing.tbu_slots = WALK_PAGES / 2; /* no two accesses to a page at once */
	m->timing.tcu_slots = 4096;
	m->timing.tcu_walk_slots = 4096;
	m->timing.mem_mbyte_per_s = 4000000;
	m->timing.mem_llc_permille = 1000;
}

void load_run(struct machine *m, const struct load_kind *kind, struct load_result *result)
{
	struct load load = { .m = m, .kind = kind };
	sv3_cycle begin;

	sv3_prng_seed(&load.prng, ~kind->count);
	machine_open(m, kind->count);
	prepare(m, kind);
	begin = sv3_timed_now(m->timed);
	if (kind->mean_gap > 0)
		run_poisson(&load);
	else
		run_closed(&load);
	judge(m, kind, m->ended - begin, result);
	result->stats = sv3_timed_stats(m->timed);
}
