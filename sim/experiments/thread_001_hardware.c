/* SPDX-License-Identifier: MIT */
/*
 * thread_001_hardware.c - the hardware sets the dirty bit before the data is there: when may the
 * page be copied? A device's writes and a driver's scan, clear, TLBI, CMD_SYNC and copy on a real
 * sv3 SMMU, in every order.
 *
 * A write is two steps: it is translated, which sets the bit or finds the page known dirty in the
 * TLB, and it lands. Between the two it is in flight. [IHI0070 3.21.1], [policies 1, thread 001]
 */
#include <stdlib.h>
#include <string.h>

#include "experiments_priv.h"

#define PAGE   0u
#define WRITES 2u

enum { DEVICE, DRIVER, FINAL, ACTORS };

/* The driver's steps; WAIT goes on when the CMD_SYNC is consumed. */
enum step { SCAN, CLEAR, TLBI, SYNC, WAIT, COPY, STEPS_MAX };

struct race {
	struct sv3__machine machine;
	struct sv3__flight flight;
	uint8_t steps[STEPS_MAX], step_count; /* enum step, of this driver */
	uint8_t device_step, driver_step;
	bool reported, final_done;
	uint64_t destination;
};

static bool device_goes_on(struct race *race)
{
	if (race->device_step == 2 * WRITES)
		return false;
	if (race->device_step % 2 == 0) {
		const bool translated = sv3__machine_translate(&race->machine, PAGE, &race->flight);

		SV3_ASSERT(translated);
	} else {
		/* The first write, before all this, had the value 1. */
		sv3__machine_land(&race->machine, &race->flight, 2 + race->device_step / 2);
	}
	race->device_step++;
	return true;
}

static bool driver_does(struct race *race, enum step step)
{
	switch (step) {
	case SCAN:
		race->reported = sv3__machine_is_dirty(&race->machine, PAGE);
		return true;
	case CLEAR:
		if (race->reported)
			sv3__machine_clear(&race->machine, PAGE);
		return true;
	case TLBI:
		sv3__machine_tlbi(&race->machine);
		return true;
	case SYNC:
		sv3__machine_sync(&race->machine);
		return true;
	case WAIT:
		return sv3__machine_synced(&race->machine);
	default:
		if (race->reported)
			race->destination = sv3__machine_value(&race->machine, PAGE);
		return true;
	}
}

/* The device has stopped and nothing is in flight: a last scan and copy. */
static bool driver_ends(struct race *race)
{
	if (race->final_done || race->device_step < 2 * WRITES ||
	    race->driver_step < race->step_count)
		return false;
	if (sv3__machine_is_dirty(&race->machine, PAGE))
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

/* A page written once: dirty in its descriptor, and known dirty in the TLB. */
static int race_init(struct race *race)
{
	int rc = sv3__machine_init(&race->machine);

	if (rc)
		return rc;
	if (!sv3__machine_translate(&race->machine, PAGE, &race->flight))
		return -SV3_ERR_BUSY;
	sv3__machine_land(&race->machine, &race->flight, 1);
	return 0;
}

/* A driver, and whether it may lose a write. */
struct driver {
	const char *name, *question;
	uint8_t steps[STEPS_MAX], step_count;
	enum sv3_experiment_kind kind;
	uint64_t expected;
};

static int check_driver(struct sv3_experiment_report *report, struct race *race,
			const struct driver *driver)
{
	static const struct sv3__model model = { sizeof(struct race), ACTORS, take, is_lost,
						 is_done };
	struct sv3__schedules result;
	int rc;

	memset(race, 0, sizeof(*race));
	rc = race_init(race);
	if (rc)
		return rc;
	for (unsigned int i = 0; i < driver->step_count; i++)
		race->steps[i] = driver->steps[i];
	race->step_count = driver->step_count;
	rc = sv3__schedules_run(&model, race, &result);
	if (!rc)
		sv3__check_schedules(report, driver->name, driver->question, driver->kind,
				     driver->expected, &result);
	return rc;
}

int sv3__thread_001_hardware(struct sv3_experiment_report *report)
{
	static const struct driver drivers[] = {
		{ "copy-after-scan",
		  "hardware bit, copy before the clear: a write is lost",
		  { SCAN, COPY, CLEAR, TLBI, SYNC, WAIT },
		  6,
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "copy-after-clear",
		  "copy before the TLBI: a write is lost",
		  { SCAN, CLEAR, COPY, TLBI, SYNC, WAIT },
		  6,
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "copy-after-tlbi",
		  "copy after the TLBI, before the CMD_SYNC: a write is lost",
		  { SCAN, CLEAR, TLBI, COPY, SYNC, WAIT },
		  6,
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "copy-before-wait",
		  "copy without waiting for the CMD_SYNC: a write is lost",
		  { SCAN, CLEAR, TLBI, SYNC, COPY, WAIT },
		  6,
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "copy-after-wait",
		  "copy when the CMD_SYNC is consumed: a write is lost",
		  { SCAN, CLEAR, TLBI, SYNC, WAIT, COPY },
		  6,
		  SV3_EXPERIMENT_EQUAL,
		  0 },
		{ "copy-no-tlbi",
		  "the same without the TLBI: a write is lost",
		  { SCAN, CLEAR, SYNC, WAIT, COPY },
		  5,
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
	};
	struct race *race = (struct race *)aligned_alloc(64, sizeof(*race));
	int rc = race ? 0 : -SV3_ERR_NOMEM;

	for (unsigned int i = 0; i < SV3__COUNT(drivers) && !rc; i++)
		rc = check_driver(report, race, &drivers[i]);
	free(race);
	return rc;
}
