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
	bool mixed_leaves;     /* of all sizes up to it */
	uint32_t bbml;         /* IDR3.BBML, if @has_bbml */
	bool has_bbml;
	struct sv3_synthetic_config device;
	bool poisson; /* the device is one of fx_poisson_create() */
	const struct sv3_trace
		*trace; /* or replays this by guest addresses, its times the world's */
	struct sv3_synthetic_config cpu;       /* writers beside the device; period 0: none */
	struct sv3_migration_config migration; /* policy and so on; hooks are the fixture's */
	sv3_ps period;                         /* of collections; 0: as they come */
	sv3_ps copy_offset; /* from a collection's return to the first copy, by waiting; 0: none */
	sv3_ps pause;       /* from a round's last copy to the next collection, without a period */
	bool contents;
	/* Hears the migration beside the oracle; borrowed, may be NULL. */
	const struct sv3_migration_observer *listener;
	/* Is shown world and host before the migration and behind it; may be NULL. */
	void (*look)(void *context, struct sv3_world *world, struct sv3_host *host, bool behind);
	void *look_context;
};

/** What collection k found; counts are those since collection k - 1, or the start. */
struct fx_collection {
	uint64_t not_dirty;    /* pages reported that did not differ from their copy */
	uint64_t written;      /* distinct pages the device wrote */
	uint64_t first_writes; /* by the device, to leaves not written since they were cleared */
	uint64_t tlb_misses;
};

struct fx_outcome {
	struct sv3_migration_result migration;
	uint64_t redundant, lost;
	uint64_t round_pages[FX_ROUNDS_MAX]; /* sent in round k; 0 is bulk */
	uint64_t *round_bits[FX_ROUNDS_MAX]; /* owned; words of a log; NULL beyond the last round */
	uint64_t
		round_redundant[FX_ROUNDS_MAX]; /* of round_pages: did not differ from their copy */
	struct fx_collection collections[FX_ROUNDS_MAX];
	sv3_ps bulk_end;
	uint64_t httu_updates;
	uint64_t refill_walks;
	struct sv3_world_stats world;
};

/** Returns 0 or what failed first. */
int fx_migrate(const struct fx_world_config *config, struct fx_outcome *outcome);
void fx_outcome_free(struct fx_outcome *outcome);

/** A link that takes this long for a page. */
uint64_t fx_link(sv3_ps page_time);

/** Costs of which none takes time. */
extern const struct sv3_costs fx_no_costs;

/* --- traffic most tests take --- */

#define FX_PERIOD       (100 * SV3_PS_PER_US)
#define FX_INSTANT_LINK UINT64_C(100000000000000000) /* a page takes 0 ps */
#define FX_PAGES        1024u
#define FX_ROUNDS       6u
#define FX_PAGE_TIME    SV3_PS_PER_US /* on the link of fx_back_to_back() */

/** A guest whose device may write all of it, collections every FX_PERIOD, nothing costs time. The
 *  device has no pace yet. */
struct fx_world_config fx_basic(const char *policy, uint64_t pages, uint32_t rounds);
/** The same with rounds that follow each other at once, a page in FX_PAGE_TIME, and @r writes in
 * the time of a page. */
struct fx_world_config fx_back_to_back(const char *policy, uint64_t pages, double r);
/** Uniform writes over FX_PAGES pages, about @per_round of them between two collections. */
struct sv3_synthetic_config fx_writes(uint64_t per_round, uint64_t seed);
/** Both, of FX_PAGES pages and FX_ROUNDS rounds, with contents. */
struct fx_world_config fx_traffic(const char *policy, uint64_t per_round, uint64_t seed);

/** As fx_migrate(), where nothing may be lost and no access may fault. */
struct fx_outcome fx_migrated(const struct fx_world_config *config);

bool fx_was_sent(const struct fx_outcome *outcome, uint32_t round, uint64_t page);
/** Pages sent after bulk. */
uint64_t fx_pages_resent(const struct fx_outcome *outcome);

#endif
