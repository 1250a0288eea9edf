/* SPDX-License-Identifier: MIT */
/*
 * hunt.h - one seeded mistake, looked for in the scenario that its row names.
 */
#ifndef SV3_TESTS_EXPLORE_HUNT_H
#define SV3_TESTS_EXPLORE_HUNT_H

#include <sv3/explore.h>

/** Of the corpus: 12 steps exhaustively, or so many schedules. */
#define HUNT_SCHEDULES_MAX 100000u

/* Under a sanitizer millions of schedules take many minutes. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HUNT_IS_SLOW true
#else
#define HUNT_IS_SLOW false
#endif

/** hunt - explore until it is found, or there is no more. Returns: 0, or what sv3_explore_create()
 *  said. */
int hunt(const struct sv3_explore_mutant *mutant, struct sv3_explore_report *report);
/** hunt_duty - the rule that a monitor says is broken in a schedule; NONE: it has nothing to say.
 */
enum sv3_monitor_rule hunt_duty(const struct sv3_explore_mutant *mutant,
				const struct sv3_explore_schedule *schedule);

#endif
