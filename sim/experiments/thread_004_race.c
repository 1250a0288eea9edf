/* SPDX-License-Identifier: MIT */
/*
 * thread_004_race.c - race 3 of thread 004: an entry looks clean and is write-protected, while a
 * device writes through an sv3 SMMU that sets dirty state by itself. In every order.
 *
 * A write-protected entry is clean for good: only a fault makes it dirty again, so what the
 * protection missed is lost. Dirty state found by an atomic protection is kept in a bit of
 * software's own. [policies 1, thread 004]
 */
#include <sv3/vmsa.h>

#include "race.h"

/* Ignored by hardware. */
#define SOFTWARE_DIRTY SV3_BIT(55)

/* The driver's steps. */
enum {
	LOOK = SV3__RACE_OWN,
	PROTECT_ATOMIC,
	PROTECT_PLAIN,
	RECHECK,
	TLBI = SV3__RACE_TLBI,
	SYNC = SV3__RACE_SYNC,
	WAIT = SV3__RACE_WAIT,
	COPY = SV3__RACE_COPY,
};

/* --- the entry --- */

static struct sv3_pt_leaf leaf_of(struct sv3__race *race)
{
	struct sv3_pt_leaf leaf;

	sv3__machine_leaf(&race->machine, SV3__RACE_PAGE, &leaf);
	return leaf;
}

static uint64_t entry_of(struct sv3__race *race)
{
	return leaf_of(race).descriptor;
}

static void write_entry(struct sv3__race *race, uint64_t entry)
{
	uint8_t bytes[8];
	enum sv3_bus_status status;

	sv3_put_le64(bytes, entry);
	status = sv3_bus_write(&race->machine.pt.bus, leaf_of(race).descriptor_pa, bytes, 8);
	SV3_ASSERT(status == SV3_BUS_OK);
}

static bool is_dirty(uint64_t entry)
{
	return sv3_pte_is_writable_dirty(entry) || (entry & SOFTWARE_DIRTY);
}

static uint64_t protected_of(uint64_t entry)
{
	const uint64_t kept = is_dirty(entry) ? SOFTWARE_DIRTY : 0;

	return (entry & ~SV3_PTE_DBM) | SV3_PTE_AP2_RDONLY | kept;
}

/* One step of the model, so what is exchanged is what is there. */
static void protect_atomically(struct sv3__race *race)
{
	const struct sv3_pt_leaf leaf = leaf_of(race);
	uint64_t old = 0;
	const enum sv3_bus_status status =
		sv3_bus_cas64(&race->machine.pt.bus, leaf.descriptor_pa, leaf.descriptor,
			      protected_of(leaf.descriptor), &old);

	SV3_ASSERT(status == SV3_BUS_OK);
	SV3_ASSERT(old == leaf.descriptor);
}

/* --- the rules --- */

static void driver_does(struct sv3__race *race, unsigned int step)
{
	switch (step) {
	case LOOK:
		race->seen = entry_of(race);
		race->reported = is_dirty(race->seen);
		break;
	case PROTECT_ATOMIC:
		protect_atomically(race);
		break;
	case PROTECT_PLAIN:
		write_entry(race, protected_of(race->seen));
		break;
	default:
		race->reported = race->reported || is_dirty(entry_of(race));
		break;
	}
}

/* The handler's part: noted, dirty again, and no TLB holds the protection. */
static void handle_fault(struct sv3__race *race)
{
	race->faulted = true;
	write_entry(race, (entry_of(race) | SV3_PTE_DBM) & ~SV3_PTE_AP2_RDONLY);
	sv3__machine_tlbi(&race->machine);
}

/* What did not fault is clean. */
static bool has_faulted(struct sv3__race *race)
{
	return race->faulted;
}

/* --- the six variants --- */

int sv3__thread_004_race(struct sv3_experiment_report *report)
{
	static const struct sv3__race_rules rules = {
		.step = driver_does,
		.refused = handle_fault,
		.is_owed = has_faulted,
	};
	static const struct sv3__race_driver drivers[] = {
		{ "atomic-flush-recheck",
		  "protected atomically, flushed, looked at again: a write is lost",
		  { LOOK, PROTECT_ATOMIC, TLBI, SYNC, WAIT, RECHECK, COPY },
		  false },
		{ "atomic-flush",
		  "protected atomically, flushed: the same",
		  { LOOK, PROTECT_ATOMIC, TLBI, SYNC, WAIT, COPY },
		  true },
		{ "atomic-none",
		  "protected atomically: the same",
		  { LOOK, PROTECT_ATOMIC, COPY },
		  true },
		{ "plain-flush-recheck",
		  "protected by a plain store, flushed, looked at again: the same",
		  { LOOK, PROTECT_PLAIN, TLBI, SYNC, WAIT, RECHECK, COPY },
		  true },
		{ "plain-flush",
		  "protected by a plain store, flushed: the same",
		  { LOOK, PROTECT_PLAIN, TLBI, SYNC, WAIT, COPY },
		  true },
		{ "plain-none",
		  "protected by a plain store: the same",
		  { LOOK, PROTECT_PLAIN, COPY },
		  true },
	};

	return sv3__race_check(report, &rules, drivers, SV3__COUNT(drivers));
}
