/* SPDX-License-Identifier: MIT */
/*
 * small.h - machines smaller than those of the registry: programs of a test's own, and hardware
 * that does nothing.
 */
#ifndef SV3_TESTS_EXPLORE_SMALL_H
#define SV3_TESTS_EXPLORE_SMALL_H

#include <sv3/explore.h>

/**
 * small_machine - all schedules that break a rule are counted
 * @scenario: programs and what is special; the rest is filled in. It outlives the machine
 * @forget: puts back what programs share besides memory; may be NULL
 * Returns: NULL: it was not made.
 */
struct sv3_explore *small_machine(struct sv3_explore_scenario *scenario, enum sv3_explore_mode mode,
				  void (*forget)(void *state));
/** small_run - make one, explore it. @report: out. */
void small_run(struct sv3_explore_scenario scenario, enum sv3_explore_mode mode,
	       void (*forget)(void *state), struct sv3_explore_report *report);

#endif
