/* SPDX-License-Identifier: MIT */
/*
 * load.h - many accesses of one kind through a machine, and the bounds of what it can do.
 *
 * Concepts:
 *   kind    what each access of a load is: by which way it goes, how long, read or write.
 *   bound   accesses a cycle that a unit can take at most, by parameters alone: its slots by the
 *           least time that one is held, or the time of each in a pipe.
 */
#ifndef SV3_TESTS_TIMING_LOAD_H
#define SV3_TESTS_TIMING_LOAD_H

#include "formula.h"
#include "machine.h"
#include "points.h"

#define LOAD_UPDATES_MAX                                                        \
	8192u /* accesses of a load of first writes: each has a page of its own \
	       */

struct load_kind {
	struct way way;  /* WAY_UTLB, or WAY_WALK through the last level alone */
	uint64_t count;  /* accesses */
	double mean_gap; /* cycles; between Poisson arrivals; 0: as fast as it is let */
};

struct load_result {
	sv3_cycle cycles;          /* from the first issue to the last end */
	double per_cycle;          /* accesses */
	double bound;              /* the least */
	enum sv3_timed_unit binds; /* whose it is */
	double excess;             /* of any unit's use over its bound, relative; > 0 must not be */
	const struct sv3_timed_stats *stats; /* of the machine, while it is there */
};

/** load_config - as machine_config(), but nothing is scarce: a test makes one thing so. */
void load_config(struct machine *m);
/** load_run - opens @m, warms up what the kind needs, and runs it to its end. The count seeds the
 *  arrivals and, another way, the machine: runs of different counts are independent. */
void load_run(struct machine *m, const struct load_kind *kind, struct load_result *result);
/** load_bound - of one unit, in accesses a cycle; INFINITY: the kind does not use it. */
double load_bound(const struct sv3_timing *timing, const struct load_kind *kind,
		  enum sv3_timed_unit unit);

/** load_pools - units with slots. */
bool load_is_pool(enum sv3_timed_unit unit);

#endif
