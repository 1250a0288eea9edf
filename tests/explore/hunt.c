/* SPDX-License-Identifier: MIT */
/*
 * hunt.c - see hunt.h.
 */
#include "hunt.h"

int hunt(const struct sv3_explore_mutant *mutant, struct sv3_explore_report *report)
{
	const struct sv3_explore_scenario *scenario = sv3_explore_find_scenario(mutant->scenario);
	const struct sv3_explore_config config = { .scenario = scenario,
						   .driver = sv3_explore_driver_sv3(),
						   .bug = mutant->id,
						   .mode = SV3_EXPLORE_MERGED,
						   .schedules_max = HUNT_SCHEDULES_MAX };
	struct sv3_explore *x;
	int rc;

	if (!scenario)
		return -SV3_ERR_NOENT;
	rc = sv3_explore_create(&config, &x);
	if (rc < 0)
		return rc;
	sv3_explore_run(x, report);
	sv3_explore_shrink(x, report);
	sv3_explore_destroy(x);
	return 0;
}

enum sv3_monitor_rule hunt_duty(const struct sv3_explore_mutant *mutant,
				const struct sv3_explore_schedule *schedule)
{
	const struct sv3_explore_scenario *scenario = sv3_explore_find_scenario(mutant->scenario);
	const struct sv3_explore_config config = { .scenario = scenario,
						   .driver = sv3_explore_driver_sv3(),
						   .bug = mutant->id,
						   .is_watched = true };
	static struct sv3_explore_schedule taken; /* too large for a stack */
	const struct sv3_monitor_finding *finding = NULL;
	enum sv3_monitor_rule rule = SV3_MONITOR_NONE;
	struct sv3_explore_finding unused;
	struct sv3_explore *x;

	if (sv3_explore_create(&config, &x) < 0)
		return rule;
	taken = *schedule;
	sv3_explore_replay(x, &taken, &unused);
	for (uint32_t i = 0; !finding && i < scenario->smmu_count; i++)
		finding = sv3_monitor_finding(sv3_explore_monitor(x, i), 0);
	if (finding)
		rule = finding->rule;
	sv3_explore_destroy(x);
	return rule;
}
