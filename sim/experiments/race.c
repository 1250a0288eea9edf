/* SPDX-License-Identifier: MIT */
/*
 * race.c - the actors of a race: the device, the driver, and the end, when both are through.
 */
#include <stdlib.h>
#include <string.h>

#include "race.h"

#define WRITES 2u

enum { DEVICE, DRIVER, FINAL, ACTORS };

/* --- the device: a write is translated in its even steps and lands in its odd ones --- */

static void translate(struct sv3__race *race)
{
	bool translated = sv3__machine_translate(&race->machine, SV3__RACE_PAGE, &race->flight);

	if (!translated && race->rules->refused) {
		race->rules->refused(race);
		translated = sv3__machine_translate(&race->machine, SV3__RACE_PAGE, &race->flight);
	}
	SV3_ASSERT(translated);
}

static void land(struct sv3__race *race)
{
	sv3__machine_land(&race->machine, &race->flight, ++race->written);
}

void sv3__race_write(struct sv3__race *race)
{
	translate(race);
	land(race);
}

static bool device_goes_on(struct sv3__race *race)
{
	if (race->device_step == 2 * WRITES)
		return false;
	if (race->device_step % 2 == 0)
		translate(race);
	else
		land(race);
	race->device_step++;
	return true;
}

/* --- the driver --- */

static void copy(struct sv3__race *race)
{
	race->destination = sv3__machine_value(&race->machine, SV3__RACE_PAGE);
}

static bool driver_goes_on(struct sv3__race *race)
{
	const unsigned int step = race->steps[race->driver_step];

	switch (step) {
	case SV3__RACE_END:
		return false;
	case SV3__RACE_TLBI:
		sv3__machine_tlbi(&race->machine);
		break;
	case SV3__RACE_SYNC:
		sv3__machine_sync(&race->machine);
		break;
	case SV3__RACE_WAIT:
		if (!sv3__machine_synced(&race->machine))
			return false;
		break;
	case SV3__RACE_COPY:
		if (race->reported)
			copy(race);
		break;
	default:
		race->rules->step(race, step);
		break;
	}
	race->driver_step++;
	return true;
}

static bool end(struct sv3__race *race)
{
	if (race->ended || race->device_step < 2 * WRITES ||
	    race->steps[race->driver_step] != SV3__RACE_END)
		return false;
	if (race->rules->is_owed(race))
		copy(race);
	race->ended = true;
	return true;
}

/* --- every order --- */

static bool take(void *state, unsigned int choice)
{
	struct sv3__race *race = (struct sv3__race *)state;

	sv3__machine_bind(&race->machine);
	switch (choice) {
	case DEVICE:
		return device_goes_on(race);
	case DRIVER:
		return driver_goes_on(race);
	default:
		return end(race);
	}
}

static bool is_lost(const void *state)
{
	const struct sv3__race *race = (const struct sv3__race *)state;

	return race->destination != sv3__machine_value(&race->machine, SV3__RACE_PAGE);
}

static bool has_ended(const void *state)
{
	return ((const struct sv3__race *)state)->ended;
}

static int check(struct sv3_experiment_report *report, struct sv3__race *race,
		 const struct sv3__race_rules *rules, const struct sv3__race_driver *driver)
{
	static const struct sv3__model model = { sizeof(*race), ACTORS, take, is_lost, has_ended };
	struct sv3__schedules result;
	int rc;

	memset(race, 0, sizeof(*race));
	rc = sv3__machine_init(&race->machine);
	if (rc)
		return rc;
	race->rules = rules;
	memcpy(race->steps, driver->steps, sizeof(race->steps));
	if (rules->prepare)
		rules->prepare(race);
	rc = sv3__schedules_run(&model, race, &result);
	if (!rc)
		sv3__check_schedules(report, driver->name, driver->question,
				     driver->loses ? SV3_EXPERIMENT_AT_LEAST : SV3_EXPERIMENT_EQUAL,
				     driver->loses ? 1 : 0, &result);
	return rc;
}

int sv3__race_check(struct sv3_experiment_report *report, const struct sv3__race_rules *rules,
		    const struct sv3__race_driver *drivers, unsigned int driver_count)
{
	struct sv3__race *race = (struct sv3__race *)aligned_alloc(64, sizeof(*race));
	int rc = race ? 0 : -SV3_ERR_NOMEM;

	for (unsigned int i = 0; i < driver_count && !rc; i++)
		rc = check(report, race, rules, &drivers[i]);
	free(race);
	return rc;
}
