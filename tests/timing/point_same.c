/* SPDX-License-Identifier: MIT */
/*
 * point_same.c - a run is a function of its seed; and where order is the same, time changes
 * nothing: the fast runner and the timed one end in the same memory (so tables, dirty state and
 * event queue, too), with the same answer to each access, and the same block.
 */
#include "machine.h"
#include "points.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCESSES UINT64_C(5000)
#define PAGES    64u
#define SEEDS    8u

/* --- the same seed --- */

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
	const uint8_t *bytes = (const uint8_t *)data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

struct watch {
	struct machine *m;
	uint64_t hash;
};

static void note_end(void *context, const struct sv3_timed_end *end)
{
	struct watch *watch = (struct watch *)context;
	const uint64_t times[] = { end->issued,    end->arrived,   end->translated,
				   end->performed, end->result.pa, sv3_timed_now(watch->m->timed) };

	watch->hash = mix(watch->hash, times, sizeof(times));
}

/* Accesses crowd each other, drawn descriptors are in the LLC or not, software invalidates. */
static uint64_t crowded_run(uint64_t seed, uint64_t accesses)
{
	struct machine m;
	struct watch watch = { .m = &m, .hash = seed };
	struct sv3_prng prng;

	machine_config(&m);
	m.config.tlb_entries = 32;
	machine_open(&m, seed);
	machine_map_pages(&m, MACHINE_IOVA, PAGES, MACHINE_CLEAN);
	sv3_prng_seed(&prng, seed);
	m.on_end = note_end;
	m.context = &watch;
	for (uint64_t i = 0; i < accesses; i++) {
		const sv3_iova page =
			MACHINE_IOVA + sv3_prng_below(&prng, PAGES + 4) * SV3_PAGE_SIZE;
		const struct sv3_timed_access access = machine_access(
			page, sv3_prng_below(&prng, 2), (uint32_t)machine_draw(&prng, 1, 512));

		(void)!sv3_timed_issue(m.timed, &access);
		if (!sv3_prng_below(&prng, 50) && machine_commands_done(&m)) {
			machine_command(&m, MACHINE_TLBI_NH_VA, page);
			machine_command(&m, MACHINE_SYNC, 0);
		}
		sv3_timed_run(m.timed, sv3_timed_now(m.timed) + sv3_prng_below(&prng, 40));
	}
	machine_rest(&m);
	watch.hash = mix(watch.hash, sv3_timed_stats(m.timed), sizeof(struct sv3_timed_stats));
	watch.hash ^= sv3_smmu_hash(m.smmu);
	machine_close(&m);
	return watch.hash;
}

/* --- the same order --- */

/* Software changes a page: mapped clean, read-only, without access flag, or taken down. */
static void change_page(struct machine *m, struct sv3_prng *prng, sv3_iova page)
{
	static const uint64_t bits[] = { MACHINE_RW, MACHINE_RO, MACHINE_CLEAN,
					 MACHINE_CLEAN & ~MACHINE_AF };
	const uint64_t kind = sv3_prng_below(prng, 6);

	if (kind < 4)
		machine_map_pages(m, page, 1, bits[kind]);
	else
		machine_poke(m, machine_leaf(m, page), 0);
	if (sv3_prng_below(prng, 8)) { /* seldom forgotten, in both */
		machine_command(m, MACHINE_TLBI_NH_VA, page);
		machine_command(m, MACHINE_SYNC, 0);
	}
	machine_rest(m);
}

/* Returns: a hash of the answers. */
static uint64_t ordered_run(struct machine *m, bool is_fast, uint64_t seed, uint64_t accesses)
{
	struct sv3_prng prng;
	uint64_t hash = 0;

	machine_config(m);
	m->is_fast = is_fast;
	m->config.tlb_entries = 32;
	machine_open(m, seed);
	machine_map_pages(m, MACHINE_IOVA, PAGES, MACHINE_CLEAN);
	sv3_prng_seed(&prng, seed);
	for (uint64_t i = 0; i < accesses; i++) {
		const sv3_iova page = MACHINE_IOVA + sv3_prng_below(&prng, PAGES) * SV3_PAGE_SIZE;

		if (!sv3_prng_below(&prng, 10))
			change_page(m, &prng, page);
		machine_go(m, page + 8 * sv3_prng_below(&prng, 400), sv3_prng_below(&prng, 2), 64);
		hash = mix(hash, &m->end.result, sizeof(m->end.result));
	}
	return hash;
}

struct differences {
	uint64_t answers, memory, blocks, events;
};

static void compare(struct machine *timed, struct machine *fast, struct differences *d)
{
	const void *a = sv3_bus_window(&timed->bus, MACHINE_RAM, MACHINE_RAM_SIZE);
	const void *b = sv3_bus_window(&fast->bus, MACHINE_RAM, MACHINE_RAM_SIZE);

	if (!a || !b)
		abort();
	d->memory += memcmp(a, b, MACHINE_RAM_SIZE) != 0;
	d->blocks += sv3_smmu_hash(timed->smmu) != sv3_smmu_hash(fast->smmu);
	d->events += sv3_smmu_stats(timed->smmu)->events_written !=
		     sv3_smmu_stats(fast->smmu)->events_written;
	d->events += !sv3_smmu_stats(fast->smmu)->events_written; /* none would show nothing */
}

void point_same(struct ledger *ledger, uint64_t effort)
{
	struct differences d = { .answers = 0 };
	uint64_t apart = 0, alike = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		const uint64_t first = crowded_run(seed, ACCESSES * effort);
		struct machine timed, fast;

		apart += first != crowded_run(seed, ACCESSES * effort);
		alike += first == crowded_run(seed + 1, ACCESSES * effort);
		d.answers += ordered_run(&timed, false, seed, ACCESSES * effort) !=
			     ordered_run(&fast, true, seed, ACCESSES * effort);
		compare(&timed, &fast, &d);
		machine_close(&timed);
		machine_close(&fast);
	}
	ledger_exact(ledger, "runs that differ from one of the same seed", "runs", 0,
		     (double)apart);
	ledger_exact(ledger, "runs that are as one of another seed", "runs", 0, (double)alike);
	ledger_exact(ledger, "fast and timed: answers differ", "traces", 0, (double)d.answers);
	ledger_exact(ledger, "fast and timed: memory differs", "traces", 0, (double)d.memory);
	ledger_exact(ledger, "fast and timed: events differ", "traces", 0, (double)d.events);
	ledger_exact(ledger, "fast and timed: blocks differ", "traces", 0, (double)d.blocks);
}
