/* SPDX-License-Identifier: MIT */
/*
 * race.h - software that tracks dirty pages against DMA, on a machine with random times.
 *
 * Concepts:
 *   interleaving  one leaf made clean, invalidated, synced and copied, while the device goes on.
 *   lost          a write that lands when its leaf is clean and no copy of it is due: nobody would
 *                 ever hear of it. Looked for at every landing, so no later write can hide it.
 * Software reads and swaps one descriptor at a time and copies one page at a time, each after a
 * random time; a world is a function of its seed.
 */
#ifndef SV3_TESTS_TIMING_RACE_H
#define SV3_TESTS_TIMING_RACE_H

#include <stdint.h>

#define RACE_A_WORLD 1000u /* interleavings, in a campaign */

/** Mistakes of software that must lose pages. */
enum race_bug {
	RACE_NO_BUG,
	RACE_NO_TLBI,
	RACE_COPY_BEFORE_SYNC,
	RACE_TLBI_BEFORE_CLEAR,
	RACE_BUG_COUNT
};

struct race_result {
	uint64_t interleavings;
	uint64_t landed, lost;          /* writes */
	uint64_t over_reported;         /* copies of leaves that nobody had written since */
	uint64_t updates, updates_lost; /* swaps of the hardware; that found another value */
};

/** race_run - a world of about @interleavings; what came of it is added to @result. */
void race_run(uint64_t seed, enum race_bug bug, uint64_t interleavings, struct race_result *result);

#endif
