/* SPDX-License-Identifier: MIT */
/*
 * point_caches.c - hits are counted as two plain models say, one access after the other.
 *
 *   stack     LRU of any size at once: an access hits if so few others came since the last of its
 *             page (Mattson). The micro TLB.
 *   twin      sets of ways, each with the time of its last use; looked through wholly. The main
 *             TLB, with pages of 4 KiB and blocks of 2 MiB, and pages that are invalidated.
 * Every access is looked up in the main TLB too: the micro TLB only answers sooner.
 */
#include "machine.h"
#include "points.h"

#include <stdio.h>
#include <string.h>

#define PAGES      96u
#define BLOCKS     8u
#define BLOCK_BASE (MACHINE_IOVA + UINT64_C(0x40000000))
#define BLOCK_SIZE UINT64_C(0x200000)
#define ACCESSES   UINT64_C(4000)

/* Half of all accesses go to an eighth of the pages. */
static uint64_t draw_page(struct sv3_prng *prng)
{
	return sv3_prng_below(prng, sv3_prng_below(prng, 2) ? PAGES : PAGES / 8);
}

/* --- the micro TLB --- */

struct stack {
	uint64_t pages[PAGES]; /* the latest first */
	uint32_t count;
};

/* Returns: how many other pages came since; UINT32_MAX: it never came. */
static uint32_t stack_use(struct stack *stack, uint64_t page)
{
	uint32_t depth = 0;
	bool found;

	while (depth < stack->count && stack->pages[depth] != page)
		depth++;
	found = depth < stack->count;
	memmove(stack->pages + 1, stack->pages, depth * sizeof(stack->pages[0]));
	stack->pages[0] = page;
	stack->count += !found;
	return found ? depth : UINT32_MAX;
}

static void micro_tlb(struct ledger *ledger, uint32_t entries, uint64_t accesses)
{
	struct stack stack = { .count = 0 };
	struct sv3_prng prng;
	struct machine m;
	uint64_t hits = 0;
	char what[80];

	machine_config(&m);
	m.timing.tbu_utlb_entries = entries;
	machine_open(&m, 1);
	machine_map_pages(&m, MACHINE_IOVA, PAGES, MACHINE_RW);
	sv3_prng_seed(&prng, entries);
	for (uint64_t i = 0; i < accesses; i++) {
		const uint64_t page = draw_page(&prng);

		hits += stack_use(&stack, page) < entries;
		machine_go(&m, MACHINE_IOVA + page * SV3_PAGE_SIZE, sv3_prng_below(&prng, 2), 64);
	}
	snprintf(what, sizeof(what), "micro TLB of %u entries, by stack distance", entries);
	ledger_exact(ledger, what, "hits", (double)hits,
		     (double)sv3_timed_stats(m.timed)->utlb_hits);
	machine_close(&m);
}

/* --- the main TLB --- */

#define TWIN_MAX 64u

struct twin {
	uint32_t entries, ways;
	uint64_t clock;
	struct {
		sv3_iova iova; /* of the first byte */
		unsigned int span_lg2;
		uint64_t used; /* 0: empty */
	} all[TWIN_MAX];
};

/* Returns: whether it hit; else the entry used longest ago, or an empty one, has it now. */
static bool twin_use(struct twin *twin, sv3_iova iova, unsigned int span_lg2)
{
	const uint32_t sets = twin->entries / twin->ways;
	const uint32_t set = (uint32_t)(iova >> span_lg2) % sets;
	uint32_t victim = set * twin->ways;

	twin->clock++;
	for (uint32_t i = set * twin->ways; i < (set + 1) * twin->ways; i++) {
		if (twin->all[i].used && twin->all[i].span_lg2 == span_lg2 &&
		    twin->all[i].iova == iova >> span_lg2 << span_lg2) {
			twin->all[i].used = twin->clock;
			return true;
		}
		if (twin->all[i].used < twin->all[victim].used)
			victim = i;
	}
	twin->all[victim].iova = iova >> span_lg2 << span_lg2;
	twin->all[victim].span_lg2 = span_lg2;
	twin->all[victim].used = twin->clock;
	return false;
}

static void twin_forget(struct twin *twin, sv3_iova iova)
{
	for (uint32_t i = 0; i < twin->entries; i++)
		if (twin->all[i].iova == iova && twin->all[i].span_lg2 == 12)
			twin->all[i].used = 0;
}

static void invalidate(struct machine *m, struct twin *twin, sv3_iova iova)
{
	machine_command(m, MACHINE_TLBI_NH_VA, iova);
	machine_command(m, MACHINE_SYNC, 0);
	machine_rest(m);
	twin_forget(twin, iova);
}

static void main_tlb(struct ledger *ledger, uint32_t entries, uint32_t ways, uint64_t accesses)
{
	struct twin twin = { .entries = entries, .ways = ways };
	struct sv3_prng prng;
	struct machine m;
	uint64_t hits = 0;
	char what[80];

	machine_config(&m);
	m.config.tlb_entries = entries;
	m.config.tlb_ways = ways;
	m.timing.tbu_utlb_entries = 0;
	machine_open(&m, 1);
	machine_map_pages(&m, MACHINE_IOVA, PAGES, MACHINE_RW);
	for (uint64_t i = 0; i < BLOCKS; i++)
		(void)machine_map(&m, BLOCK_BASE + i * BLOCK_SIZE, 2, MACHINE_DATA, MACHINE_RW);
	sv3_prng_seed(&prng, entries + ways);
	for (uint64_t i = 0; i < accesses; i++) {
		const bool block = !sv3_prng_below(&prng, 4);
		const sv3_iova page = MACHINE_IOVA + draw_page(&prng) * SV3_PAGE_SIZE;
		const sv3_iova iova =
			block ? BLOCK_BASE + sv3_prng_below(&prng, BLOCKS * BLOCK_SIZE / 64) * 64
			      : page;

		if (!sv3_prng_below(&prng, 16))
			invalidate(&m, &twin, page);
		hits += twin_use(&twin, iova, block ? 21 : 12);
		machine_go(&m, iova, false, 64);
	}
	snprintf(what, sizeof(what), "main TLB of %u entries, %u ways, by brute force", entries,
		 ways);
	ledger_exact(ledger, what, "hits", (double)hits,
		     (double)sv3_timed_stats(m.timed)->tlb_hits);
	machine_close(&m);
}

void point_caches(struct ledger *ledger, uint64_t effort)
{
	static const uint32_t micro[] = { 1, 2, 7, 32, 64 };
	static const struct {
		uint32_t entries, ways;
	} shapes[] = { { 8, 1 }, { 16, 2 }, { 32, 4 }, { 64, 8 }, { 8, 8 } };

	for (unsigned int i = 0; i < sizeof(micro) / sizeof(micro[0]); i++)
		micro_tlb(ledger, micro[i], ACCESSES * effort);
	for (unsigned int i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		main_tlb(ledger, shapes[i].entries, shapes[i].ways, ACCESSES * effort);
}
