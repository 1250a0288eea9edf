/* SPDX-License-Identifier: MIT */
/*
 * explore.c - how many schedules a second the explorer takes, of what length.
 *
 * All of them without reduction, so that a schedule is a schedule; the best of several passes, as
 * in bench.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sv3/explore.h>

#define SCHEDULES 300000u
#define PASSES    3

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure(const char *name)
{
	static struct sv3_explore_report report; /* too large for a stack */
	const struct sv3_explore_config config = { .scenario = sv3_explore_find_scenario(name),
						   .driver = sv3_explore_driver_sv3(),
						   .mode = SV3_EXPLORE_BRUTE,
						   .schedules_max = SCHEDULES };
	struct sv3_explore *x;
	double best = 0;

	if (!config.scenario || sv3_explore_create(&config, &x) < 0) {
		fprintf(stderr, "bench: %s cannot be explored\n", name);
		exit(1);
	}
	for (int pass = 0; pass < PASSES; pass++) {
		const double begin = now_s();
		double rate;

		sv3_explore_run(x, &report);
		rate = (double)report.schedules / (now_s() - begin);
		best = rate > best ? rate : best;
	}
	printf("  %-20s %8.1f %14.0f %12.2f\n", name,
	       (double)report.steps / (double)report.schedules, best,
	       best * (double)report.steps / (double)report.schedules / 1e6);
	sv3_explore_destroy(x);
}

int main(void)
{
	static const char *const names[] = { "clear", "collect", "two-smmus", "software-log" };

	printf("explorer, all schedules    steps    schedules/s    M steps/s\n");
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		measure(names[i]);
	return 0;
}
