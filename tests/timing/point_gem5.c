/* SPDX-License-Identifier: MIT */
/*
 * point_gem5.c - the preset "gem5" has the latencies that follow from gem5's own defaults.
 *
 * They are of 64 bytes, from arrival at the TBU until the request of a read, or the last beat of a
 * write, has left it: what memory then takes is taken off. A read of a descriptor is one latency of
 * memory.
 */
#include "machine.h"
#include "points.h"

#define PAGE UINT64_C(0x1000)
#define GIB  UINT64_C(0x40000000)
#define LEN  64u

/* Cycles in the TBU and beyond, without the data's own way through memory. */
static uint64_t cycles_of(struct machine *m, sv3_iova iova, bool write)
{
	const uint64_t memory = write ? m->timing.mem_write_ns : m->timing.mem_read_ns;

	machine_go(m, iova, write, LEN);
	return m->end.performed - m->end.arrived - memory;
}

static uint64_t reads(struct machine *m)
{
	return sv3_timed_stats(m->timed)->memory_reads;
}

void point_gem5(struct ledger *ledger, uint64_t effort)
{
	struct machine m;
	uint64_t memory, cycles, before;

	(void)effort;
	machine_preset(&m, "gem5");
	memory = m.timing.mem_dram_ns;
	machine_open(&m, 1);
	machine_map_pages(&m, MACHINE_IOVA, 64, MACHINE_RW);
	machine_map_pages(&m, MACHINE_IOVA + GIB * 512, 1, MACHINE_RW);
	(void)cycles_of(&m, MACHINE_IOVA, false);
	ledger_exact(ledger, "read of 64 bytes, micro TLB hit", "cycles", 3,
		     (double)cycles_of(&m, MACHINE_IOVA, false));
	ledger_exact(ledger, "write of 64 bytes, micro TLB hit", "cycles", 9,
		     (double)cycles_of(&m, MACHINE_IOVA, true));

	before = reads(&m);
	cycles = cycles_of(&m, MACHINE_IOVA + PAGE, false);
	ledger_exact(ledger, "read, configuration and level-2 walk cache hit: descriptors read",
		     "reads", 1, (double)(reads(&m) - before));
	ledger_exact(ledger, "the same, cycles besides them", "cycles", 32,
		     (double)(cycles - memory));

	for (uint64_t i = 2; i < 40; i++) /* more than the micro TLB has */
		(void)cycles_of(&m, MACHINE_IOVA + i * PAGE, false);
	ledger_exact(ledger, "read of 64 bytes, main TLB hit", "cycles", 6,
		     (double)cycles_of(&m, MACHINE_IOVA, false));

	/* Two look-ups of the walk cache more than above, and three steps: 2 x 4 + 3 x (1 + 1). */
	before = reads(&m);
	cycles = cycles_of(&m, MACHINE_IOVA + GIB * 512, false);
	ledger_exact(ledger, "read, configuration known, full walk: descriptors read", "reads", 4,
		     (double)(reads(&m) - before));
	ledger_exact(ledger, "the same, cycles besides them", "cycles", 46,
		     (double)(cycles - 4 * memory));
	machine_close(&m);
}
