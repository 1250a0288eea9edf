/* SPDX-License-Identifier: MIT */
/*
 * hunt.c - see hunt.h.
 */
#include "hunt.h"

#include <string.h>

const struct sv3_explore_scenario *hunt_scenario(const char *name)
{
	const struct sv3_explore_scenario *scenario;

	for (unsigned int i = 0; (scenario = sv3_explore_scenario(i)) != NULL; i++)
		if (strcmp(scenario->name, name) == 0)
			return scenario;
	return NULL;
}

int hunt(const struct sv3_explore_mutant *mutant, struct sv3_explore_report *report)
{
	const struct sv3_explore_config config = { .scenario = hunt_scenario(mutant->scenario),
						   .driver = sv3_explore_driver_sv3(),
						   .bug = mutant->id,
						   .mode = SV3_EXPLORE_MERGED,
						   .schedules_max = HUNT_SCHEDULES_MAX };
	struct sv3_explore *x;
	int rc;

	if (!config.scenario)
		return -SV3_ERR_NOENT;
	rc = sv3_explore_create(&config, &x);
	if (rc < 0)
		return rc;
	sv3_explore_run(x, report);
	sv3_explore_shrink(x, report);
	sv3_explore_destroy(x);
	return 0;
}
