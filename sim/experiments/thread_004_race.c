/* SPDX-License-Identifier: MIT */
/*
 * thread_004_race.c - race 3 of thread 004: an entry looks clean and is write-protected, while a
 * device writes through an sv3 SMMU that sets dirty state by itself. In every order.
 *
 * A write-protected entry is clean for good: only a fault makes it dirty again, so what the
 * protection missed is lost. Dirty state found by an atomic protection is kept in a bit of
 * software's own. [policies 1, thread 004]
 */
#include <stdlib.h>
#include <string.h>

#include <sv3/vmsa.h>

#include "experiments_priv.h"

#define PAGE   0u
#define WRITES 2u
/* Ignored by hardware. */
#define SOFTWARE_DIRTY SV3_BIT(55)

enum { DEVICE, DRIVER, FINAL, ACTORS };

/* The driver's steps; WAIT goes on when the CMD_SYNC is consumed. */
enum step { LOOK, PROTECT_ATOMIC, PROTECT_PLAIN, TLBI, SYNC, WAIT, RECHECK, COPY };
#define STEPS_MAX 7u

struct race {
	struct sv3__machine machine;
	struct sv3__flight flight;
	uint8_t steps[STEPS_MAX], step_count; /* enum step, of this driver */
	uint8_t device_step, driver_step;
	uint64_t seen; /* the entry as LOOK found it */
	bool reported, faulted, final_done;
	uint64_t destination;
};

/* --- the entry --- */

static sv3_pa entry_at(struct race *race)
{
	struct sv3_pt_leaf leaf;

	sv3__machine_leaf(&race->machine, PAGE, &leaf);
	return leaf.descriptor_pa;
}

static uint64_t entry_of(struct race *race)
{
	struct sv3_pt_leaf leaf;

	sv3__machine_leaf(&race->machine, PAGE, &leaf);
	return leaf.descriptor;
}

static void write_entry(struct race *race, uint64_t entry)
{
	uint8_t bytes[8];
	enum sv3_bus_status status;

	sv3_put_le64(bytes, entry);
	status = sv3_bus_write(&race->machine.pt.bus, entry_at(race), bytes, 8);
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
static void protect_atomically(struct race *race)
{
	const uint64_t entry = entry_of(race);
	uint64_t old = 0;
	const enum sv3_bus_status status = sv3_bus_cas64(&race->machine.pt.bus, entry_at(race),
							 entry, protected_of(entry), &old);

	SV3_ASSERT(status == SV3_BUS_OK);
	SV3_ASSERT(old == entry);
}

/* --- the device, and the fault that lets it go on --- */

/* The handler's part: noted, dirty again, and no TLB holds the protection. */
static void handle_fault(struct race *race)
{
	race->faulted = true;
	write_entry(race, (entry_of(race) | SV3_PTE_DBM) & ~SV3_PTE_AP2_RDONLY);
	sv3__machine_tlbi(&race->machine);
}

static bool device_goes_on(struct race *race)
{
	if (race->device_step == 2 * WRITES)
		return false;
	if (race->device_step % 2) {
		sv3__machine_land(&race->machine, &race->flight, 1 + race->device_step / 2);
	} else if (!sv3__machine_translate(&race->machine, PAGE, &race->flight)) {
		bool translated;

		handle_fault(race);
		translated = sv3__machine_translate(&race->machine, PAGE, &race->flight);
		SV3_ASSERT(translated);
	}
	race->device_step++;
	return true;
}

/* --- the driver --- */

static bool driver_does(struct race *race, enum step step)
{
	switch (step) {
	case LOOK:
		race->seen = entry_of(race);
		race->reported = is_dirty(race->seen);
		return true;
	case PROTECT_ATOMIC:
		protect_atomically(race);
		return true;
	case PROTECT_PLAIN:
		write_entry(race, protected_of(race->seen));
		return true;
	case TLBI:
		sv3__machine_tlbi(&race->machine);
		return true;
	case SYNC:
		sv3__machine_sync(&race->machine);
		return true;
	case WAIT:
		return sv3__machine_synced(&race->machine);
	case RECHECK:
		race->reported = race->reported || is_dirty(entry_of(race));
		return true;
	default:
		if (race->reported)
			race->destination = sv3__machine_value(&race->machine, PAGE);
		return true;
	}
}

/* The device has stopped: what faulted is copied, what did not is clean. */
static bool driver_ends(struct race *race)
{
	if (race->final_done || race->device_step < 2 * WRITES ||
	    race->driver_step < race->step_count)
		return false;
	if (race->faulted)
		race->destination = sv3__machine_value(&race->machine, PAGE);
	race->final_done = true;
	return true;
}

static bool take(void *state, unsigned int choice)
{
	struct race *race = (struct race *)state;

	sv3__machine_bind(&race->machine);
	switch (choice) {
	case DEVICE:
		return device_goes_on(race);
	case DRIVER:
		if (race->driver_step == race->step_count ||
		    !driver_does(race, (enum step)race->steps[race->driver_step]))
			return false;
		race->driver_step++;
		return true;
	default:
		return driver_ends(race);
	}
}

static bool is_lost(const void *state)
{
	const struct race *race = (const struct race *)state;

	return race->destination != sv3__machine_value(&race->machine, PAGE);
}

static bool is_done(const void *state)
{
	return ((const struct race *)state)->final_done;
}

/* --- the six variants --- */

struct variant {
	const char *name, *question;
	uint8_t steps[STEPS_MAX], step_count;
	enum sv3_experiment_kind kind;
	uint64_t expected;
};

static int check_variant(struct sv3_experiment_report *report, struct race *race,
			 const struct variant *variant)
{
	static const struct sv3__model model = { sizeof(struct race), ACTORS, take, is_lost,
						 is_done };
	struct sv3__schedules result;
	int rc;

	memset(race, 0, sizeof(*race));
	rc = sv3__machine_init(&race->machine);
	if (rc)
		return rc;
	memcpy(race->steps, variant->steps, sizeof(race->steps));
	race->step_count = variant->step_count;
	rc = sv3__schedules_run(&model, race, &result);
	if (!rc)
		sv3__check_schedules(report, variant->name, variant->question, variant->kind,
				     variant->expected, &result);
	return rc;
}

int sv3__thread_004_race(struct sv3_experiment_report *report)
{
	static const struct variant variants[] = {
		{ "atomic-flush-recheck",
		  "protected atomically, flushed, looked at again: a write is lost",
		  { LOOK, PROTECT_ATOMIC, TLBI, SYNC, WAIT, RECHECK, COPY },
		  7,
		  SV3_EXPERIMENT_EQUAL,
		  0 },
		{ "atomic-flush",
		  "protected atomically, flushed: the same",
		  { LOOK, PROTECT_ATOMIC, TLBI, SYNC, WAIT, COPY },
		  6,
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "atomic-none",
		  "protected atomically: the same",
		  { LOOK, PROTECT_ATOMIC, COPY },
		  3,
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "plain-flush-recheck",
		  "protected by a plain store, flushed, looked at again: the same",
		  { LOOK, PROTECT_PLAIN, TLBI, SYNC, WAIT, RECHECK, COPY },
		  7,
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "plain-flush",
		  "protected by a plain store, flushed: the same",
		  { LOOK, PROTECT_PLAIN, TLBI, SYNC, WAIT, COPY },
		  6,
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "plain-none",
		  "protected by a plain store: the same",
		  { LOOK, PROTECT_PLAIN, COPY },
		  3,
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
	};
	struct race *race = (struct race *)aligned_alloc(64, sizeof(*race));
	int rc = race ? 0 : -SV3_ERR_NOMEM;

	for (unsigned int i = 0; i < SV3__COUNT(variants) && !rc; i++)
		rc = check_variant(report, race, &variants[i]);
	free(race);
	return rc;
}
