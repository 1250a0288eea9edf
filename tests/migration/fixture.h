/* SPDX-License-Identifier: MIT */
/*
 * fixture.h - small migrations for tests: a world with a device, and what each round sent.
 *
 * Concepts:
 *   cadence  a hook that lets round k begin at an exact time, so that two policies collect at
 *            the same instants; else the time one takes shifts its next collection.
 *   rounds   the pages sent in each round, one bitmap a round.
 */
#ifndef SV3_TESTS_MIGRATION_FIXTURE_H
#define SV3_TESTS_MIGRATION_FIXTURE_H

#include <sv3/device.h>
#include <sv3/migration.h>
#include <sv3/prng.h>
#include <sv3/sim.h>

#define FX_BASE       UINT64_C(0x40000000)
#define FX_ROUNDS_MAX 64u

/** A compare configuration for scenarios of small areas. */
struct sv3_compare_config fx_scenario_config(const struct sv3_scenario *scenario);

/** One world, host and device, migrated by hand. */
struct fx_world_config {
	uint64_t guest_pages;
	struct sv3_costs costs;
	uint32_t leaf_max_lg2; /* 0: pages */
	uint32_t bbml;         /* IDR3.BBML, if @has_bbml */
	bool has_bbml;
	struct sv3_synthetic_config device;
	struct sv3_synthetic_config cpu;       /* writers beside the device; period 0: none */
	struct sv3_migration_config migration; /* policy and so on; hooks are the fixture's */
	sv3_ps period;                         /* of collections; 0: as they come */
	sv3_ps copy_offset; /* from a collection's return to the first copy, by waiting; 0: none */
	bool contents;
};

struct fx_outcome {
	struct sv3_migration_result migration;
	uint64_t redundant, lost;
	uint64_t round_pages[FX_ROUNDS_MAX]; /* sent in round k; 0 is bulk */
	uint64_t *round_bits[FX_ROUNDS_MAX]; /* owned; words of a log; NULL beyond the last round */
	uint64_t httu_updates;
	struct sv3_world_stats world;
};

/** An SMMU with IDR3.BBML = @bbml, else the same. */
void fx_set_bbml(struct sv3_smmu_config *smmu, uint32_t bbml);

/** Returns 0 or what failed first. */
int fx_migrate(const struct fx_world_config *config, struct fx_outcome *outcome);
void fx_outcome_free(struct fx_outcome *outcome);

/** Costs of which none takes time. */
extern const struct sv3_costs fx_no_costs;

#endif
