/* SPDX-License-Identifier: MIT */
/*
 * world.h - a random world: everything a run needs, as a function of policy and seed.
 *
 * Concepts:
 *   driver   its trace in memory, the rows: mappings made, used, taken down, invalidated, reused.
 *   witness  counts outside the system: pages written after their last copy, and which of those a
 *            policy that does not claim to be lossless must lose, or a driver that forgets dirty
 *            state may.
 */
#ifndef SV3_TESTS_WORLDS_WORLD_H
#define SV3_TESTS_WORLDS_WORLD_H

#include <sv3/host.h>
#include <sv3/migration.h>
#include <sv3/prng.h>

#define WORLD_DEVICES_MAX 4u
#define WORLD_DRIVERS_MAX 3u
#define ROWS_RANGES_MAX   32u

/** Where a device writes that a policy by its nature does not watch. */
enum world_blind {
	WORLD_BLIND_NOWHERE,
	WORLD_BLIND_UNPINNED, /* guest pages that no MAP row covers */
	WORLD_BLIND_LATE,     /* what is mapped after the migration began */
};

/** Mapped before the first unmap. */
struct rows_range {
	uint32_t stream_id;
	sv3_iova iova;
	uint64_t len;
};

struct rows_config {
	sv3_pa guest_base;
	uint64_t guest_size;
	uint64_t unit;         /* bytes: the granule */
	uint32_t stream_first; /* its devices have up to ROWS_STREAMS_MAX streams from here on */
	bool stray;            /* some accesses go to pages no MAP row covers (by their pa only) */
	uint32_t turns;        /* buffers in all */
	uint32_t writes;       /* accesses to each turn, >= 1 */
};

struct rows {
	struct sv3_trace trace; /* records owned; 200 ns from one to the next */
	uint32_t fill_count;    /* the first unmap comes behind so many rows */
	uint32_t range_count;
	struct rows_range ranges[ROWS_RANGES_MAX]; /* live when so many rows have happened */
	struct sv3_dirty_log pinned;               /* pages a MAP row covers; words owned */
};

#define ROWS_PERIOD_NS   200u
#define ROWS_STREAMS_MAX 3u

/** rows_draw - what a driver does and its device. Returns: 0, -SV3_ERR_NOMEM. */
int rows_draw(struct sv3_prng *prng, const struct rows_config *config, struct rows *rows);
void rows_free(struct rows *rows);

struct world {
	struct sv3_compare_config compare;
	const struct sv3_policy_info *policy;
	enum world_blind blind;
	bool has_rows, has_cpu;
	uint32_t driver_count; /* one, where the policy is blind */
	struct rows drivers[WORLD_DRIVERS_MAX];
	struct sv3_trace traces[WORLD_DRIVERS_MAX]; /* theirs */
	uint32_t device_count;
	uint32_t stream_ids[WORLD_DEVICES_MAX]; /* if each device has its own */
	struct sv3_synthetic_config devices[WORLD_DEVICES_MAX], cpu;
};

/** world_draw - Returns: 0, -SV3_ERR_NOMEM. */
int world_draw(const struct sv3_policy_info *policy, uint64_t seed, struct world *world);
void world_free(struct world *world);

/** What came of a world. */
struct verdict {
	uint64_t writes; /* landed while the migration ran */
	uint64_t lost;   /* as was predicted */
	char why[512];   /* empty: all is as it should be; else one line */
};

/** world_run - run it, and ask oracle, images and witness. */
void world_run(struct world *world, struct verdict *verdict);

/* --- witness --- */

#define WITNESS_MAPPINGS_MAX (WORLD_DRIVERS_MAX * ROWS_RANGES_MAX)

struct witness_mapping {
	uint32_t domain_index;
	sv3_iova iova;
	sv3_pa pa;
	uint64_t len;
};

struct witness {
	const struct world *world;
	uint64_t page_count, writes;
	uint8_t *pages;       /* shape [page_count]: enum witness_page */
	uint64_t *unmapped;   /* shape [page_count]: last write translated before its last unmap */
	bool began;           /* the first copy was made */
	uint64_t last_serial; /* of the writes that were translated */
	uint32_t mapping_count;
	struct witness_mapping mappings[WITNESS_MAPPINGS_MAX]; /* that there are */
	struct sv3_world_observer world_observer;
	struct sv3_migration_observer copy_observer;
	struct sv3_host_hooks hooks;
};

/** witness_init - Returns: 0, -SV3_ERR_NOMEM. It must stay where it is. */
int witness_init(struct witness *witness, const struct world *world);
void witness_fini(struct witness *witness);
/** Written after its last copy, where the policy does not look. */
bool witness_predicts(const struct witness *witness, uint64_t page_index);
/** Written after its last copy and unmapped by a driver that forgets dirty state: it may be lost.
 */
bool witness_excuses(const struct witness *witness, uint64_t page_index);
/** witness_predicted - how many pages that are. */
uint64_t witness_predicted(const struct witness *witness);

#endif
