/* SPDX-License-Identifier: MIT */
/*
 * main.c - explore the skeleton in every scenario that it can run:
 *
 *   driver-example              finds nothing
 *   driver-example --broken     leaves out the TLBI, and tells what happens then
 * Exit status: 0 nothing found, 2 a rule was broken, 1 something else is wrong.
 */
#include "driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SCHEDULES_MAX = 100000 };

static void tell(void *context, const struct sv3_explore_step *step)
{
	(void)context;
	printf("%6" PRIu32 "  %-8s  %s\n", step->number, step->actor, step->text);
}

/* The finding made short, and how it came about. */
static void tell_story(struct sv3_explore *x, struct sv3_explore_report *report)
{
	struct sv3_explore_rule_info rule;

	sv3_explore_shrink(x, report);
	sv3_explore_tell(x, &report->schedule, tell, NULL, &report->finding);
	rule = sv3_explore_rule_info(report->finding.rule);
	printf("wrong   %s\nrule    %s %s: %s\n", report->finding.text, rule.name, rule.clause,
	       rule.text);
}

enum outcome { FOUND_NOTHING, FOUND, NOT_FOR_IT, FAILED };

static enum outcome explore(const struct sv3_explore_config *config)
{
	struct sv3_explore_report report;
	struct sv3_explore *x;
	const int error = sv3_explore_create(config, &x);

	if (error == -SV3_ERR_NOENT)
		return NOT_FOR_IT;
	if (error < 0) {
		fprintf(stderr, "driver-example: %s: %s\n", config->scenario->name,
			error == -SV3_ERR_INVAL ? "does not boot" : sv3_strerror(error));
		return FAILED;
	}
	sv3_explore_run(x, &report);
	printf("%-13s  %s%" PRIu64 " schedules, %s\n", config->scenario->name,
	       report.is_complete ? "all "
	       : report.findings  ? ""
				  : "first ",
	       report.schedules, report.findings ? "and a rule is broken:" : "nothing found");
	if (report.findings)
		tell_story(x, &report);
	sv3_explore_destroy(x);
	return report.findings ? FOUND : FOUND_NOTHING;
}

int main(int argc, char **argv)
{
	const bool is_broken = argc > 1 && strcmp(argv[1], "--broken") == 0;
	struct sv3_explore_config config = { .driver = &skeleton_driver,
					     .bug = is_broken ? DRIVER_NO_TLBI : NULL,
					     .schedules_max = SCHEDULES_MAX };
	unsigned int left_out = 0;

	if (argc > 1 && !is_broken) {
		fprintf(stderr, "usage: driver-example [--broken]\n");
		return 1;
	}
	for (unsigned int i = 0; (config.scenario = sv3_explore_scenario(i)) != NULL; i++) {
		const enum outcome outcome = explore(&config);

		if (outcome == FAILED)
			return 1;
		if (outcome == FOUND)
			return 2; /* the first story is enough */
		left_out += outcome == NOT_FOR_IT;
	}
	printf("%u more scenarios need functions that this driver does not have\n", left_out);
	return 0;
}
