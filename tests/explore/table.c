/* SPDX-License-Identifier: MIT */
/*
 * table.c - sv3-mutants: what is found of each seeded mistake, how soon and how short.
 */
#include "hunt.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static const char *name_of(enum sv3_explore_rule rule)
{
	return rule == SV3_EXPLORE_OK ? "nothing" : sv3_explore_rule_info(rule).name;
}

static const char *duty_of(const struct sv3_explore_mutant *mutant,
			   const struct sv3_explore_report *report)
{
	const enum sv3_monitor_rule rule = hunt_duty(mutant, &report->schedule);

	return report->finding.rule && rule ? sv3_monitor_rule_info(rule)->name : "-";
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Returns: whether it is as expected. */
static bool print_row(const struct sv3_explore_mutant *mutant)
{
	static struct sv3_explore_report report; /* too large for a stack */
	const double begin = seconds();
	const int rc = hunt(mutant, &report);
	const bool holds = rc == 0 && report.finding.rule == mutant->expected;

	printf("%-4s %-20s %-13s %-11s  %-11s  %-8s  %9" PRIu64 " %5" PRIu32 " %8.2f  %-18s  %s\n",
	       mutant->id, mutant->name, mutant->scenario, name_of(mutant->expected),
	       rc < 0 ? sv3_strerror(rc) : name_of(report.finding.rule),
	       rc < 0 ? "-" : hunt_witness(&report), report.schedules, report.schedule.length,
	       (seconds() - begin) * 1e3, rc < 0 ? "-" : duty_of(mutant, &report),
	       holds ? "ok" : "DIFFERS");
	return holds;
}

/* The right driver in every scenario. Returns: whether nothing is found in any. */
static bool print_right(void)
{
	static struct sv3_explore_report report; /* too large for a stack */
	const struct sv3_explore_scenario *scenario;
	unsigned int count = 0, clean = 0;
	uint64_t schedules = 0;

	for (; (scenario = sv3_explore_scenario(count)) != NULL; count++) {
		const bool is_clean = hunt_nothing(scenario, &report) == 0 && report.is_complete &&
				      report.findings == 0;

		if (!is_clean)
			printf("the right driver in %s: %s\n", scenario->name, report.finding.text);
		schedules += report.schedules;
		clean += is_clean;
	}
	printf("the right driver: %u scenarios, all %" PRIu64 " schedules, nothing found in %u\n",
	       count, schedules, clean);
	return clean == count;
}

int main(void)
{
	const struct sv3_explore_mutant *mutant;
	unsigned int count = 0, held = 0;

	printf("%-4s %-20s %-13s %-11s  %-11s  %-8s  %9s %5s %8s  %s\n", "", "mistake", "scenario",
	       "expected", "found", "by", "schedules", "steps", "ms", "the monitor says");
	for (; (mutant = sv3_explore_mutant(count)) != NULL; count++)
		held += print_row(mutant);
	printf("%u mistakes, %u as expected, %u not; budget %u schedules each\n", count, held,
	       count - held, HUNT_SCHEDULES_MAX);
	return print_right() && held == count ? 0 : 1;
}
