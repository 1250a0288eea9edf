/* SPDX-License-Identifier: MIT */
/*
 * point_monotonic.c - of a chain of accesses, each issued when the one before has ended, none comes
 * later with a larger TLB, more slots, a higher rate or a lower latency.
 *
 * A chain, for of accesses at once that is not true of any machine with queues.
 */
#include "machine.h"
#include "points.h"

#include <inttypes.h>
#include <stdio.h>

#define ACCESSES UINT64_C(300)
#define PAGES    200u
#define CHAINS   5u

/* The same accesses whatever the machine is. */
static sv3_cycle chain(struct machine *m, uint64_t seed, uint64_t accesses)
{
	struct sv3_prng prng;
	sv3_cycle total = 0;

	machine_open(m, seed);
	machine_map_pages(m, MACHINE_IOVA, PAGES, MACHINE_CLEAN);
	sv3_prng_seed(&prng, seed);
	for (uint64_t i = 0; i < accesses; i++) {
		const uint64_t pages = sv3_prng_below(&prng, 2) ? PAGES : PAGES / 10;
		const sv3_iova page = MACHINE_IOVA + sv3_prng_below(&prng, pages) * SV3_PAGE_SIZE;

		machine_go(m, page, sv3_prng_below(&prng, 2),
			   (uint32_t)machine_draw(&prng, 1, 2048));
		total += m->ended - m->end.issued;
	}
	machine_close(m);
	return total;
}

struct tally {
	uint64_t pairs, slower;
	char first[64];
};

static void compare(struct tally *tally, const char *what, sv3_cycle worse, sv3_cycle better)
{
	tally->pairs++;
	if (better > worse && !tally->slower++)
		snprintf(tally->first, sizeof(tally->first), "%s", what);
}

static void larger_tlbs(struct tally *tally, uint64_t seed, uint64_t accesses)
{
	sv3_cycle before = SV3_CYCLE_NEVER;

	for (uint32_t entries = 8; entries <= 1024; entries *= 2) {
		struct machine m;
		sv3_cycle total;

		machine_config(&m);
		m.config.tlb_entries = entries;
		m.config.tlb_ways = 8;
		total = chain(&m, seed, accesses);
		compare(tally, "tlb_entries", before, total);
		before = total;
	}
}

/* @rises: more of it is better. From what is worst to what is best, in five steps. */
static void better_values(struct tally *tally, const char *name, uint32_t low, uint32_t high,
			  bool rises, uint64_t seed, uint64_t accesses)
{
	sv3_cycle before = SV3_CYCLE_NEVER;

	for (uint32_t step = 0; step < 5; step++) {
		const uint32_t part = (high - low) * step / 4;
		struct machine m;
		sv3_cycle total;

		machine_config(&m);
		if (sv3_timing_set(&m.timing, name, rises ? low + part : high - part))
			compare(tally, name, 0, 1);
		total = chain(&m, seed, accesses);
		compare(tally, name, before, total);
		before = total;
	}
}

void point_monotonic(struct ledger *ledger, uint64_t effort)
{
	static const struct {
		const char *name;
		uint32_t low, high;
		bool rises;
	} rows[] = {
		{ "tbu.utlb_entries", 1, 64, true },
		{ "tbu.slots", 1, 128, true },
		{ "tcu.slots", 1, 64, true },
		{ "tcu.walk_slots", 1, 16, true },
		{ "pcie.rc_lines", 1, 100, true },
		{ "device.tags", 1, 64, true },
		{ "tbu.write_beats", 1, 128, true },
		{ "tbu.port_bytes", 1, 128, true },
		{ "pcie.mbit_per_s", 1000, 500000, true },
		{ "mem.mbyte_per_s", 1000, 200000, true },
		{ "mem.llc_permille", 0, 1000, true },
		{ "mem.llc_lines", 8, 4096, true },
		{ "pcie.out_ns", 0, 500, false },
		{ "pcie.back_ns", 0, 500, false },
		{ "pcie.request_bytes", 0, 64, false },
		{ "pcie.reply_bytes", 0, 64, false },
		{ "device.write_ns", 0, 100, false },
		{ "tbu.utlb_cycles", 0, 9, false },
		{ "tbu.tlb_cycles", 0, 9, false },
		{ "dti.cycles", 0, 60, false },
		{ "tcu.config_cycles", 0, 9, false },
		{ "tcu.walk_cache_cycles", 0, 9, false },
		{ "tcu.step_cycles", 0, 9, false },
		{ "tcu.port_cycles", 0, 9, false },
		{ "mem.llc_ns", 0, 90, false },
		{ "mem.dram_ns", 35, 300, false },
		{ "mem.read_ns", 0, 300, false },
		{ "mem.write_ns", 0, 300, false },
		{ "httu.llc_ns", 0, 300, false },
		{ "httu.dram_ns", 60, 300, false },
	};
	struct tally tally = { .pairs = 0 };
	char what[80];

	for (uint64_t seed = 1; seed <= CHAINS; seed++) {
		larger_tlbs(&tally, seed, ACCESSES * effort);
		for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			better_values(&tally, rows[i].name, rows[i].low, rows[i].high,
				      rows[i].rises, seed, ACCESSES * effort);
	}
	snprintf(what, sizeof(what), "chains slower on the better machine, of %" PRIu64 " pairs",
		 tally.pairs);
	if (!ledger_exact(ledger, what, "chains", 0, (double)tally.slower))
		printf("first: %s\n", tally.first);
}
