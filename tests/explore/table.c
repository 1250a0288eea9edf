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

	printf("%-4s %-20s %-13s %-12s %-12s %9" PRIu64 " %6" PRIu32 " %8.2f  %-18s  %s\n",
	       mutant->id, mutant->name, mutant->scenario, name_of(mutant->expected),
	       rc < 0 ? sv3_strerror(rc) : name_of(report.finding.rule), report.schedules,
	       report.schedule.length, (seconds() - begin) * 1e3,
	       rc < 0 ? "-" : duty_of(mutant, &report), holds ? "ok" : "DIFFERS");
	return holds;
}

int main(void)
{
	const struct sv3_explore_mutant *mutant;
	unsigned int count = 0, held = 0;

	printf("%-4s %-20s %-13s %-12s %-12s %9s %6s %8s  %s\n", "", "mistake", "scenario",
	       "expected", "found", "schedules", "steps", "ms", "the monitor says");
	for (; (mutant = sv3_explore_mutant(count)) != NULL; count++)
		held += print_row(mutant);
	printf("%u mistakes, %u as expected, %u not\n", count, held, count - held);
	return held == count ? 0 : 1;
}
