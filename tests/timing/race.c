/* SPDX-License-Identifier: MIT */
/*
 * race.c - see race.h.
 */
#include "race.h"
#include "machine.h"

#include <stdlib.h>

#define LEAVES_MAX 48u

/* How software tells the hardware what it has cleaned. */
enum scope { SCOPE_EACH, SCOPE_ALL, SCOPE_SYNC_EACH, SCOPE_COUNT };

struct leaf {
	sv3_pa at;     /* of its descriptor */
	bool is_due;   /* cleaned, and not copied yet */
	bool is_stale; /* written since its last copy */
};

struct race {
	struct machine m;
	struct sv3_prng prng;
	enum race_bug bug;
	enum scope scope;
	bool clears_while_scanning;
	uint32_t leaf_count, span_lg2, hot;
	struct leaf leaves[LEAVES_MAX];
	/* the longest times, in cycles: between accesses, and between steps of software */
	uint64_t gap_max, step_max;
	uint32_t write_percent;
	sv3_cycle due; /* of the next access */
	struct race_result *result;
};

static bool chance(struct race *race, uint64_t percent)
{
	return sv3_prng_below(&race->prng, 100) < percent;
}

static sv3_iova iova_of(const struct race *race, uint32_t leaf)
{
	return MACHINE_IOVA + ((sv3_iova)leaf << race->span_lg2);
}

/* --- the device --- */

static bool is_dirty(uint64_t descriptor)
{
	return descriptor & MACHINE_DBM && !(descriptor & MACHINE_AP2);
}

static void write_landed(void *context, const struct sv3_timed_end *end)
{
	struct race *race = (struct race *)context;
	struct leaf *leaf;

	if (!end->access.txn.write)
		return;
	leaf = &race->leaves[(end->access.txn.iova - MACHINE_IOVA) >> race->span_lg2];
	leaf->is_stale = true;
	race->result->landed++;
	race->result->lost += !leaf->is_due && !is_dirty(machine_peek(&race->m, leaf->at));
}

static void issue(struct race *race)
{
	const uint32_t leaves = chance(race, 70) ? race->hot : race->leaf_count;
	const uint32_t leaf = (uint32_t)sv3_prng_below(&race->prng, leaves);
	const uint64_t pages = UINT64_C(1) << (race->span_lg2 - SV3_PAGE_LG2);
	struct sv3_timed_access access = machine_access(
		iova_of(race, leaf) + sv3_prng_below(&race->prng, pages) * SV3_PAGE_SIZE,
		chance(race, race->write_percent), (uint32_t)machine_draw(&race->prng, 1, 256));

	access.txn.tbu_index = (uint8_t)sv3_prng_below(&race->prng, race->m.config.tbu_count);
	(void)!sv3_timed_issue(race->m.timed, &access); /* a busy machine: the next one, later */
}

/* Software is busy for a while; the device goes on. */
static void pass_time(struct race *race)
{
	struct sv3_timed *timed = race->m.timed;
	const sv3_cycle until =
		sv3_timed_now(timed) + 1 + sv3_prng_below(&race->prng, race->step_max);

	while (race->due <= until) {
		sv3_timed_run(timed, race->due);
		issue(race);
		race->due += 1 + sv3_prng_below(&race->prng, race->gap_max);
	}
	sv3_timed_run(timed, until);
}

/* --- software --- */

/* It reads the descriptor, then swaps; who came in between makes it try again at its next scan. */
static bool is_found_dirty(struct race *race, struct leaf *leaf, uint64_t *descriptor)
{
	pass_time(race);
	*descriptor = machine_peek(&race->m, leaf->at);
	return is_dirty(*descriptor);
}

static bool clear(struct race *race, struct leaf *leaf, uint64_t descriptor)
{
	uint64_t old;

	pass_time(race);
	if (sv3_bus_cas64(&race->m.bus, leaf->at, descriptor, descriptor | MACHINE_AP2, &old) ||
	    old != descriptor)
		return false;
	sv3_timed_cpu_wrote(race->m.timed, leaf->at);
	leaf->is_due = true;
	race->result->interleavings++;
	return true;
}

static void wait_for_commands(struct race *race)
{
	while (!machine_commands_done(&race->m))
		pass_time(race);
}

static void sync(struct race *race)
{
	machine_command(&race->m, MACHINE_SYNC, 0);
	if (race->bug != RACE_COPY_BEFORE_SYNC)
		wait_for_commands(race);
}

static void invalidate(struct race *race, uint32_t leaf)
{
	if (race->bug == RACE_NO_TLBI)
		return;
	pass_time(race);
	machine_command(&race->m, MACHINE_TLBI_NH_VA, iova_of(race, leaf) | 1);
	if (race->scope == SCOPE_SYNC_EACH)
		sync(race);
}

static void invalidate_cleaned(struct race *race, const bool *cleaned)
{
	if (race->scope == SCOPE_ALL && race->bug != RACE_NO_TLBI)
		machine_command(&race->m, MACHINE_TLBI_ALL, 0);
	for (uint32_t i = 0; i < race->leaf_count && race->scope != SCOPE_ALL; i++)
		if (cleaned[i])
			invalidate(race, i);
	sync(race);
}

static void copy(struct race *race, struct leaf *leaf)
{
	pass_time(race);
	race->result->over_reported += !leaf->is_stale;
	leaf->is_stale = leaf->is_due = false;
}

static void one_round(struct race *race)
{
	bool cleaned[LEAVES_MAX] = { false };
	uint64_t seen[LEAVES_MAX] = { 0 };

	if (race->bug == RACE_TLBI_BEFORE_CLEAR) {
		machine_command(&race->m, MACHINE_TLBI_ALL, 0);
		sync(race);
	}
	for (uint32_t i = 0; i < race->leaf_count; i++) {
		struct leaf *leaf = &race->leaves[i];

		if (!is_found_dirty(race, leaf, &seen[i]))
			seen[i] = 0;
		else if (race->clears_while_scanning)
			cleaned[i] = clear(race, leaf, seen[i]);
	}
	for (uint32_t i = 0; i < race->leaf_count && !race->clears_while_scanning; i++)
		if (seen[i])
			cleaned[i] = clear(race, &race->leaves[i], seen[i]);
	if (race->bug != RACE_TLBI_BEFORE_CLEAR)
		invalidate_cleaned(race, cleaned);
	for (uint32_t i = 0; i < race->leaf_count; i++)
		if (cleaned[i])
			copy(race, &race->leaves[i]);
	wait_for_commands(race); /* the queue of the test has no room for more */
}

/* --- a world --- */

static void draw_timing(struct race *race)
{
	static const struct {
		const char *name;
		uint32_t low, high;
	} ranges[] = {
		{ "pcie.out_ns", 0, 300 },
		{ "pcie.mbit_per_s", 5000, 400000 },
		{ "pcie.rc_lines", 4, 128 },
		{ "pcie.ordered", 0, 1 },
		{ "device.tags", 1, 64 },
		{ "tbu.port_bytes", 8, 64 },
		{ "tbu.write_beats", 8, 64 },
		{ "tbu.slots", 1, 64 },
		{ "tbu.utlb_entries", 0, 8 },
		{ "tbu.utlb_cycles", 0, 4 },
		{ "tbu.tlb_cycles", 0, 8 },
		{ "tbu.merge", 0, 1 },
		{ "dti.cycles", 0, 60 },
		{ "tcu.slots", 1, 32 },
		{ "tcu.walk_slots", 1, 8 },
		{ "tcu.config_cycles", 0, 8 },
		{ "tcu.walk_cache_cycles", 0, 8 },
		{ "tcu.step_cycles", 0, 4 },
		{ "mem.llc_permille", 0, 1000 },
		{ "mem.llc_ns", 0, 80 },
		{ "mem.dram_ns", 0, 300 },
		{ "mem.write_ns", 0, 400 },
		{ "mem.mbyte_per_s", 2000, 100000 },
		{ "httu.near", 0, 1 },
		{ "httu.llc_ns", 0, 200 },
		{ "httu.dram_ns", 0, 300 },
		{ "httu.cpu_ns", 0, 300 },
		{ "httu.fill_ns", 0, 200 },
		{ "cmdq.decode_cycles", 0, 20 },
		{ "tlbi.address_cycles", 0, 100 },
		{ "tlbi.sets_per_cycle", 0, 64 },
	};

	for (unsigned int i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (sv3_timing_set(&race->m.timing, ranges[i].name,
				   machine_draw(&race->prng, ranges[i].low, ranges[i].high)))
			abort();
}

static void draw_hardware(struct race *race)
{
	static const uint32_t entries[] = { 0, 4, 16, 64 };
	struct sv3_smmu_config *config = &race->m.config;

	config->tlb_entries = entries[sv3_prng_below(&race->prng, 4)];
	config->walk_cache_entries = chance(race, 80) ? 16 : 0;
	config->slot_count = (uint32_t)machine_draw(&race->prng, 4, 64);
	config->tbu_count = (uint32_t)machine_draw(&race->prng, 1, 3);
}

static void draw_software(struct race *race)
{
	const bool blocks = chance(race, 20);

	race->span_lg2 = blocks ? 21 : 12;
	race->leaf_count = (uint32_t)machine_draw(&race->prng, 1, blocks ? 8 : LEAVES_MAX);
	race->hot = 1 + race->leaf_count / 4;
	race->gap_max = machine_draw(&race->prng, 10, 400);
	race->step_max = machine_draw(&race->prng, 1, 300);
	race->write_percent = (uint32_t)machine_draw(&race->prng, 30, 100);
	race->clears_while_scanning = chance(race, 50);
	race->scope = (enum scope)sv3_prng_below(&race->prng, SCOPE_COUNT);
}

static void open_race(struct race *race, uint64_t seed)
{
	sv3_prng_seed(&race->prng, seed);
	machine_config(&race->m);
	draw_timing(race);
	draw_hardware(race);
	draw_software(race);
	machine_open(&race->m, seed);
	for (uint32_t i = 0; i < race->leaf_count; i++)
		race->leaves[i].at =
			machine_map(&race->m, iova_of(race, i), race->span_lg2 == 12 ? 3 : 2,
				    MACHINE_DATA + ((sv3_pa)i << race->span_lg2), MACHINE_CLEAN);
	race->m.on_performed = write_landed;
	race->m.context = race;
}

void race_run(uint64_t seed, enum race_bug bug, uint64_t interleavings, struct race_result *result)
{
	struct race race = { .bug = bug, .result = result };
	const uint64_t until = result->interleavings + interleavings;
	const struct sv3_timed_stats *stats;

	open_race(&race, seed);
	/* With a mistake it may be that nothing is ever seen dirty again. */
	for (uint64_t i = 0; i < interleavings && result->interleavings < until; i++)
		one_round(&race);
	stats = sv3_timed_stats(race.m.timed);
	if (stats->faulted)
		abort();
	result->updates += stats->atomics;
	result->updates_lost += stats->atomics_lost;
	machine_close(&race.m);
}
