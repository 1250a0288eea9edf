/* SPDX-License-Identifier: MIT */
/*
 * point_zero_load.c - single accesses into an idle machine, against the formulas; no cycle off.
 *
 * Each set of parameters is drawn. Its accesses go down every way there is: which way an access
 * takes is said here, beforehand, from what was accessed before.
 */
#include "formula.h"
#include "machine.h"
#include "points.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SETS      300u /* of parameters, times the effort */
#define PAGE      UINT64_C(0x1000)
#define MIB_2     UINT64_C(0x200000)
#define GIB       UINT64_C(0x40000000)
#define GIB_512   UINT64_C(0x8000000000)
#define UTLB_MAX  8u
#define HOT_PAGES 16u /* more than a micro TLB has */

struct probe {
	struct machine m;
	struct sv3_prng prng;
	bool in_llc; /* all descriptors are, or none */
	uint64_t accesses, off;
	char first_off[200];
};

/* --- one access --- */

static void compare(struct probe *p, const char *what, const char *which, uint64_t expected,
		    uint64_t measured)
{
	if (expected == measured)
		return;
	if (!p->off++)
		snprintf(p->first_off, sizeof(p->first_off),
			 "%s, %s: %" PRIu64 " expected, %" PRIu64 " measured", what, which,
			 expected, measured);
}

static void go(struct probe *p, const char *what, sv3_iova iova, const struct way *way)
{
	struct way_times times;
	const struct sv3_timed_end *end = &p->m.end;

	formula_times(&p->m.timing, way, &times);
	machine_go(&p->m, iova, way->write, way->len);
	p->accesses++;
	compare(p, what, "arrived", times.arrived, end->arrived - end->issued);
	compare(p, what, "translated", times.translated, end->translated - end->issued);
	if (way->faults)
		compare(p, what, "performed", SV3_CYCLE_NEVER, end->performed);
	else
		compare(p, what, "performed", times.performed, end->performed - end->issued);
	compare(p, what, "ended", times.ended, p->m.ended - end->issued);
	compare(p, what, "faulted", way->faults, end->result.outcome != SV3_OUTCOME_OK);
}

static uint32_t draw_len(struct probe *p)
{
	static const uint32_t edges[] = { 1, 64, 65, 256, 257, 512, 4096 };

	return sv3_prng_below(&p->prng, 2) ? edges[sv3_prng_below(&p->prng, 7)]
					   : (uint32_t)machine_draw(&p->prng, 1, 4096);
}

static struct way way_of(struct probe *p, enum way_by by, bool write)
{
	return (struct way){ .by = by, .write = write, .len = draw_len(p) };
}

/* A walk through the levels [first, last]. */
static struct way walk_of(struct probe *p, bool write, uint32_t first, uint32_t last)
{
	struct way way = way_of(p, WAY_WALK, write);

	way.first_level = first;
	way.last_level = last;
	way.dram_reads = p->in_llc ? 0 : last - first + 1;
	return way;
}

/* --- all ways --- */

static void read_and_write(struct probe *p, const char *what, sv3_iova iova, enum way_by by)
{
	for (int write = 0; write < 2; write++) {
		const struct way way = way_of(p, by, write);

		go(p, what, iova, &way);
		/* What the first one left in the micro TLB. */
		if (by == WAY_TLB && p->m.timing.tbu_utlb_entries)
			return;
	}
}

/* Each address is the first of its kind: what is known beforehand is what @first says. */
static void cold_ways(struct probe *p)
{
	static const struct {
		const char *what;
		sv3_iova offset;
		uint32_t first;
	} rows[] = {
		{ "walk cache hit, level 2", PAGE, 3 },
		{ "walk cache hit, level 1", MIB_2, 2 },
		{ "walk cache hit, level 0", GIB, 1 },
		{ "no walk cache hit", GIB_512, 0 },
	};
	struct way way = walk_of(p, false, 0, 3);

	way.structures = 2;
	way.dram_reads += p->in_llc ? 0 : 2;
	machine_map_pages(&p->m, MACHINE_IOVA, 1, MACHINE_RW);
	go(p, "STE, CD and four levels", MACHINE_IOVA, &way);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		machine_map_pages(&p->m, MACHINE_IOVA + rows[i].offset, 1, MACHINE_RW);
		way = walk_of(p, sv3_prng_below(&p->prng, 2), rows[i].first, 3);
		go(p, rows[i].what, MACHINE_IOVA + rows[i].offset, &way);
	}
	(void)machine_map(&p->m, MACHINE_IOVA + 2 * MIB_2, 2, MACHINE_DATA, MACHINE_RW);
	way = walk_of(p, false, 2, 2);
	go(p, "block of 2 MiB", MACHINE_IOVA + 2 * MIB_2 + 3 * PAGE, &way);
	(void)machine_map(&p->m, MACHINE_IOVA + 2 * GIB, 1, MACHINE_RAM, MACHINE_RW);
	way = walk_of(p, false, 1, 1);
	go(p, "block of 1 GiB", MACHINE_IOVA + 2 * GIB + 5 * MIB_2, &way);
}

static void hits(struct probe *p)
{
	const sv3_iova hot = MACHINE_IOVA + 3 * MIB_2;
	const uint32_t entries = p->m.timing.tbu_utlb_entries;
	struct way way = walk_of(p, false, 2, 3);

	machine_map_pages(&p->m, hot, HOT_PAGES, MACHINE_RW);
	go(p, "first of the hot pages", hot, &way);
	read_and_write(p, "micro TLB", hot, entries ? WAY_UTLB : WAY_TLB);
	for (uint64_t i = 1; i < HOT_PAGES; i++) {
		way = walk_of(p, false, 3, 3);
		go(p, "hot page", hot + i * PAGE, &way);
	}
	read_and_write(p, "main TLB", hot, WAY_TLB);
	if (!entries)
		return;
	if (entries > 1)
		read_and_write(p, "micro TLB, the last that fits",
			       hot + (HOT_PAGES - entries + 1) * PAGE, WAY_UTLB);
	read_and_write(p, "main TLB, the last that does not fit",
		       hot + (HOT_PAGES - entries) * PAGE, WAY_TLB);
}

static enum way_update update_where(const struct probe *p)
{
	return p->in_llc ? WAY_UPDATE_IN_LLC : WAY_UPDATE_IN_DRAM;
}

static void updates(struct probe *p)
{
	const sv3_iova base = MACHINE_IOVA + 4 * MIB_2;
	struct way way;

	machine_map_pages(&p->m, base, 1, MACHINE_RW);
	way = walk_of(p, false, 2, 3);
	go(p, "first of the pages to be updated", base, &way);
	for (uint64_t i = 1; i < 8; i++)
		machine_map_pages(&p->m, base + i * PAGE, 1, MACHINE_CLEAN);

	way = walk_of(p, true, 3, 3);
	way.update = update_where(p);
	go(p, "first write of a clean page", base + PAGE, &way);
	way = way_of(p, p->m.timing.tbu_utlb_entries ? WAY_UTLB : WAY_TLB, true);
	go(p, "second write", base + PAGE, &way);

	way = walk_of(p, false, 3, 3);
	go(p, "read of a clean page", base + 2 * PAGE, &way);
	way = walk_of(p, true, 3, 3);
	way.update = update_where(p);
	go(p, "dirty upgrade", base + 2 * PAGE, &way);

	sv3_timed_cpu_wrote(p->m.timed,
			    machine_map(&p->m, base + 3 * PAGE, 3, MACHINE_DATA, MACHINE_CLEAN));
	way = walk_of(p, true, 3, 3);
	way.update = WAY_UPDATE_IN_CPU;
	go(p, "dirty upgrade of a line that a CPU changed", base + 3 * PAGE, &way);

	way = walk_of(p, true, 3, 3);
	way.update = update_where(p);
	go(p, "dirty upgrade in a line that a CPU had changed before", base + 4 * PAGE, &way);

	(void)machine_map(&p->m, base + 9 * PAGE, 3, MACHINE_DATA, MACHINE_RW & ~MACHINE_AF);
	way = walk_of(p, false, 3, 3);
	way.update = update_where(p);
	go(p, "access flag", base + 9 * PAGE, &way);
	(void)machine_map(&p->m, base + 10 * PAGE, 3, MACHINE_DATA, MACHINE_CLEAN & ~MACHINE_AF);
	way = walk_of(p, true, 3, 3);
	way.update = update_where(p);
	go(p, "access flag and dirty state at once", base + 10 * PAGE, &way);
}

static void faults(struct probe *p)
{
	const sv3_iova base = MACHINE_IOVA + 5 * MIB_2;
	struct way way;

	machine_map_pages(&p->m, base, 1, MACHINE_RW);
	way = walk_of(p, false, 2, 3);
	go(p, "first of the pages that fault", base, &way);
	for (int write = 0; write < 2; write++) {
		way = walk_of(p, write, 3, 3);
		way.faults = true;
		go(p, "translation fault", base + PAGE, &way);
	}
	machine_map_pages(&p->m, base + 2 * PAGE, 1, MACHINE_RO);
	way = walk_of(p, true, 3, 3);
	way.faults = true;
	go(p, "permission fault", base + 2 * PAGE, &way);
}

/* After an invalidation no cache has anything, the micro TLB neither. */
static void forgotten(struct probe *p)
{
	struct way way = walk_of(p, false, 0, 3);

	machine_forget(&p->m);
	way.structures = 2;
	way.dram_reads += p->in_llc ? 0 : 2;
	go(p, "after CFGI_ALL and TLBI", MACHINE_IOVA + 3 * MIB_2, &way);
}

static void sync_behind(struct probe *p, const char *what, uint64_t tlbi, uint64_t sets)
{
	const struct sv3_histogram *sync = &sv3_timed_stats(p->m.timed)->sync;
	const uint64_t before = sync->sum;

	machine_command(&p->m, tlbi, 0);
	machine_command(&p->m, MACHINE_SYNC, 0);
	machine_rest(&p->m);
	p->accesses++;
	compare(p, what, "consumed", formula_sync(&p->m.timing, sets),
		sv3_timed_stats(p->m.timed)->sync.sum - before);
}

/* --- parameters --- */

/* A line of memory is through before the next is asked for: no less than 16 ns of each. */
static void draw_timing(struct probe *p)
{
	static const struct {
		const char *name;
		uint32_t low, high;
	} ranges[] = {
		{ "pcie.out_ns", 0, 500 },
		{ "pcie.back_ns", 0, 500 },
		{ "pcie.mbit_per_s", 1000, 500000 },
		{ "pcie.mps_bytes", 64, 512 },
		{ "pcie.request_bytes", 0, 32 },
		{ "pcie.reply_bytes", 0, 32 },
		{ "pcie.rc_lines", 1, 100 },
		{ "pcie.ordered", 0, 1 },
		{ "device.tags", 1, 64 },
		{ "device.write_ns", 0, 40 },
		{ "tbu.port_bytes", 1, 128 },
		{ "tbu.write_beats", 1, 64 },
		{ "tbu.slots", 1, 64 },
		{ "tbu.utlb_entries", 0, UTLB_MAX },
		{ "tbu.utlb_cycles", 0, 5 },
		{ "tbu.tlb_cycles", 0, 9 },
		{ "tbu.merge", 0, 1 },
		{ "dti.cycles", 0, 30 },
		{ "tcu.slots", 1, 64 },
		{ "tcu.walk_slots", 1, 16 },
		{ "tcu.config_cycles", 0, 9 },
		{ "tcu.walk_cache_cycles", 0, 9 },
		{ "tcu.walk_cache_parallel", 0, 1 },
		{ "tcu.step_cycles", 0, 5 },
		{ "tcu.port_cycles", 0, 5 },
		{ "mem.llc_ns", 16, 80 },
		{ "mem.dram_ns", 16, 300 },
		{ "mem.read_ns", 0, 300 },
		{ "mem.write_ns", 0, 300 },
		{ "mem.mbyte_per_s", 4000, 200000 },
		{ "httu.near", 0, 1 },
		{ "httu.llc_ns", 16, 200 },
		{ "httu.dram_ns", 16, 200 },
		{ "httu.cpu_ns", 16, 200 },
		{ "httu.fill_ns", 16, 200 },
		{ "httu.hit_ns", 16, 30 },
		{ "cmdq.decode_cycles", 0, 90 },
		{ "tlbi.address_cycles", 0, 90 },
		{ "tlbi.sets_per_cycle", 0, 64 },
	};
	static const uint32_t clocks[] = { 100, 250, 400, 500, 625, 800, 1000, 1250, 2000 };
	struct sv3_timing *timing = &p->m.timing;

	timing->clock_mhz = clocks[sv3_prng_below(&p->prng, 9)];
	for (unsigned int i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (sv3_timing_set(timing, ranges[i].name,
				   machine_draw(&p->prng, ranges[i].low, ranges[i].high)))
			compare(p, ranges[i].name, "name or range", 0, 1);
	p->in_llc = sv3_prng_below(&p->prng, 2);
	timing->mem_llc_permille = p->in_llc ? 1000 : 0;
}

static void one_set(struct probe *p)
{
	machine_config(&p->m);
	draw_timing(p);
	machine_open(&p->m, 1);
	sync_behind(p, "TLBI of an address and CMD_SYNC", MACHINE_TLBI_NH_VA, 0);
	sync_behind(p, "TLBI of all and CMD_SYNC", MACHINE_TLBI_ALL,
		    p->m.config.tlb_entries / p->m.config.tlb_ways);
	cold_ways(p);
	hits(p);
	updates(p);
	faults(p);
	forgotten(p);
	machine_close(&p->m);
}

void point_zero_load(struct ledger *ledger, uint64_t effort)
{
	struct probe p = { .accesses = 0 };
	char what[64];

	sv3_prng_seed(&p.prng, 1);
	for (uint64_t set = 0; set < SETS * effort; set++)
		one_set(&p);
	snprintf(what, sizeof(what), "times off by a cycle or more, of %" PRIu64, p.accesses);
	if (!ledger_exact(ledger, what, "times", 0, (double)p.off))
		printf("first: %s\n", p.first_off);
}
