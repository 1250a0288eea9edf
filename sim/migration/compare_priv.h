/* SPDX-License-Identifier: MIT */
/*
 * compare_priv.h - one run of a comparison, as its building and its running share it.
 */
#ifndef SV3_COMPARE_PRIV_H
#define SV3_COMPARE_PRIV_H

#include "migration_priv.h"

struct sv3__run {
	const struct sv3_compare_config *config;
	struct sv3_compare_result *result;
	uint64_t guest_size;
	uint32_t needs; /* of the policy */
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_truth *truth;
	struct sv3_migration_observer truth_observer;
	struct sv3__image image;
	struct sv3__guest_facts facts;
	struct sv3__devices devices;
	struct sv3_dirty_log pinned;
	struct sv3_truth_counts before; /* the migration */
	/* As they stood when the last round ended. */
	struct sv3_truth_counts counts;
	uint64_t httu_updates, refill_walks;
	sv3_ps began;             /* the migration */
	struct sv3_histogram dma; /* of accesses in cycles, as it stood when the migration began */
};

/** Notes a text for a person and passes the error on. */
int sv3__run_failed(struct sv3__run *run, int error, const char *what);
/** The migration as the loop gets it, but for what the run itself brings. */
struct sv3_migration_config sv3__run_migration(const struct sv3__run *run);
/** Everything but the migration; @run: all zero but config, result and the policy in it. */
int sv3__run_build(struct sv3__run *run);
/** Harmless on what was not built. */
void sv3__run_take_apart(struct sv3__run *run);

#endif
