/* SPDX-License-Identifier: MIT */
/*
 * world.c - a world from policy and seed.
 *
 * Contents are carried everywhere, so the images are a second witness. What the guest does is so
 * dense that accesses fall between any two steps of the migration.
 */
#include "world.h"
#include "parts.h"
#include "set_bbml.h"

#include <string.h>

#define PAGES_MAX    1024u
#define LINES        600u /* accesses of a whole migration, about */
#define STREAM_FIRST 8u   /* of drivers */

static bool chance(struct sv3_prng *prng, uint64_t percent)
{
	return sv3_prng_below(prng, 100) < percent;
}

/* --- the migration --- */

static void draw_modes(struct sv3_prng *prng, const struct sv3_policy_info *policy,
		       struct sv3_migration_config *migration)
{
	const uint64_t mode = sv3_prng_below(prng, 8);

	migration->mode = mode == 0   ? SV3_MODE_STOP_COPY
			  : mode == 1 ? SV3_MODE_NO_ROUNDS
				      : SV3_MODE_PRECOPY;
	migration->stop_rule_off = chance(prng, 15);
	migration->measure_bandwidth = chance(prng, 50);
	if (chance(prng, 25)) /* it may converge */
		migration->downtime = parts_draw(prng, 1, 40) * SV3_PS_PER_US;
	migration->device_state_bytes = chance(prng, 20) ? parts_draw(prng, 1, 65536) : 0;
	migration->cpu_fault = parts_draw(prng, 0, 3) * SV3_PS_PER_US;
	migration->device_page_lg2 = (uint32_t)parts_draw(prng, SV3_PAGE_LG2, 15);
	migration->cache_bytes = parts_draw(prng, 1, 64) * SV3_PAGE_SIZE;
	migration->transfer = (enum sv3_transfer)sv3_prng_below(prng, SV3_TRANSFER_COUNT);
	/* What reads pages before they are sent cannot pack them. */
	if (!strcmp(policy->name, "bounce-diff"))
		migration->transfer = SV3_TRANSFER_PLAIN;
	migration->throttle.device = chance(prng, 20);
	migration->throttle.cpu = chance(prng, 20);
}

/* --- devices and CPUs --- */

static void draw_source(struct sv3_prng *prng, const struct world *world, sv3_ps period,
			struct sv3_synthetic_config *source)
{
	const uint64_t pages = world->compare.guest_size / SV3_PAGE_SIZE;

	*source = (struct sv3_synthetic_config){
		.pattern = (enum sv3_pattern)parts_draw(prng, SV3_PATTERN_SEQUENTIAL,
							SV3_PATTERN_ZIPF),
		.page_count = parts_draw(prng, 1, pages < 400 ? pages : 400),
		.write_percent = (uint32_t)parts_draw(prng, 60, 100),
		.len = (uint32_t)parts_draw(prng, 1, 64),
		.period = period,
		.jitter = true,
		.zipf_exponent = 1.0,
		.seed = sv3_prng_next(prng),
	};
	source->base = world->compare.guest_base +
		       parts_draw(prng, 0, pages - source->page_count) * SV3_PAGE_SIZE;
}

static sv3_ps draw_period(struct sv3_prng *prng, const struct world *world)
{
	return parts_shortest(&world->compare, PAGES_MAX / 4, world->policy->name) /
		       parts_draw(prng, LINES / 2, LINES) +
	       1;
}

static void draw_devices(struct sv3_prng *prng, struct world *world)
{
	const sv3_ps period = draw_period(prng, world);

	world->device_count =
		chance(prng, 50) ? 1 : (uint32_t)parts_draw(prng, 2, WORLD_DEVICES_MAX);
	for (uint32_t i = 0; i < world->device_count; i++)
		draw_source(prng, world, period * world->device_count, &world->devices[i]);
	world->compare.lead = chance(prng, 50) ? parts_draw(prng, 1, 100) * period : 0;
}

/* --- a driver --- */

static struct rows_config draw_rows_config(struct sv3_prng *prng, const struct world *world)
{
	const struct sv3_compare_config *config = &world->compare;

	return (struct rows_config){
		.guest_base = config->guest_base,
		.guest_size = config->guest_size,
		.unit = UINT64_C(1) << config->granule_lg2,
		.stream_first = STREAM_FIRST + world->driver_count * ROWS_STREAMS_MAX,
		.stray = world->blind == WORLD_BLIND_UNPINNED,
		.turns = (uint32_t)parts_draw(prng, 10, 80),
		.writes = (uint32_t)parts_draw(prng, 1, 8),
	};
}

static int add_driver(struct sv3_prng *prng, const struct rows_config *rows, struct world *world)
{
	const uint32_t index = world->driver_count;
	const int rc = rows_draw(prng, rows, &world->drivers[index]);

	if (rc)
		return rc;
	world->traces[index] = world->drivers[index].trace;
	world->driver_count++;
	world->compare.traces = world->traces;
	world->compare.trace_count = world->driver_count;
	return 0;
}

static int draw_rows(struct sv3_prng *prng, struct world *world)
{
	struct sv3_compare_config *config = &world->compare;
	const struct rows_config rows = draw_rows_config(prng, world);
	const sv3_ps period = draw_period(prng, world);
	const int rc = add_driver(prng, &rows, world);
	uint32_t fill_count;

	if (rc)
		return rc;
	fill_count = world->drivers[0].fill_count;
	/* The pa column is meant where a device strays from what was mapped. */
	config->view = rows.stray ? SV3_VIEW_GUEST : SV3_VIEW_IOVA;
	config->time_scale_ppm = period * 1000000 / (ROWS_PERIOD_NS * SV3_PS_PER_NS) + 1;
	config->lead = chance(prng, 70) ? parts_draw(prng, 0, 2 * fill_count) * period : 0;
	if (world->blind != WORLD_BLIND_LATE)
		return 0;
	/*
	 * Late is what was mapped by later rows: the migration begins behind the accesses to the
	 * first buffers, and no access is in flight when its buffer is taken down, for what lands
	 * later has notes that nobody can tell the meaning of.
	 */
	config->lead = (fill_count - 1) * period;
	config->costs.post_delay = 0;
	return 0;
}

/* --- leaves, and drivers that unmap --- */

/* What becomes of blocks, how live leaves may be changed, and how large they are. */
static void draw_leaves(struct sv3_prng *prng, struct world *world)
{
	struct sv3_compare_config *config = &world->compare;

	/* Where drains of a ring leave software little time, a split takes a second of writes: ten
	 * of ours. */
	if (chance(prng, strcmp(world->policy->name, "dirty-ring") ? 80 : 10))
		config->migration.leaf = (enum sv3_leaf_mode)parts_draw(prng, SV3_LEAF_SPLIT_START,
									SV3_LEAF_COUNT - 1);
	/* To look for blocks takes time, and tracking begins late: it would be late for other maps.
	 */
	if (world->blind == WORLD_BLIND_LATE)
		config->migration.leaf = SV3_LEAF_KEEP;
	/* Level 0 oftener: blocks are broken then, and what meets them waits. */
	set_bbml(&config->smmu, chance(prng, 50) ? 0 : (uint32_t)parts_draw(prng, 1, 2));
	/* Of several sizes, or all as large as they can be. */
	config->mixed_leaves = chance(prng, 50);
}

/* What becomes of dirty state where rows unmap, and what invalidates. Nothing is forgotten where
 * the policy is blind: what it loses is predicted exactly. */
static void draw_unmaps(struct sv3_prng *prng, struct world *world)
{
	static const enum sv3_unmap_mode modes[] = { SV3_UNMAP_XCHG, SV3_UNMAP_XCHG,
						     SV3_UNMAP_GET_THEN_UNMAP, SV3_UNMAP_PLAIN };
	const enum sv3_unmap_mode mode = modes[sv3_prng_below(prng, 4)];

	if (!world->blind)
		world->compare.unmap_mode = mode;
	world->compare.invalidation = (enum sv3_invalidation)parts_draw(
		prng, SV3_INVALIDATION_RECORDED, SV3_INVALIDATION_DEFERRED);
}

/* More drivers, each with a device, streams and domains of its own. What a policy does not watch is
 * predicted for one alone. */
static int draw_more_drivers(struct sv3_prng *prng, struct world *world)
{
	const uint64_t count = sv3_prng_below(prng, 2) ? 1 : parts_draw(prng, 2, WORLD_DRIVERS_MAX);
	int rc = 0;

	while (world->has_rows && !world->blind && world->driver_count < count && !rc) {
		const struct rows_config rows = draw_rows_config(prng, world);

		rc = add_driver(prng, &rows, world);
	}
	if (world->driver_count)
		world->compare.time_scale_ppm *= world->driver_count;
	return rc;
}

/* A stream for each device; else all have stream 0. */
static void draw_streams(struct sv3_prng *prng, struct world *world)
{
	if (world->has_rows || sv3_prng_below(prng, 2))
		return;
	for (uint32_t i = 0; i < world->device_count; i++)
		world->stream_ids[i] = world->devices[i].stream_id =
			(uint32_t)parts_draw(prng, 0, 15) + 16 * i;
	world->compare.stream_ids = world->stream_ids;
	world->compare.stream_count = world->device_count;
}

/* --- all --- */

static void draw_kind(struct sv3_prng *prng, struct world *world)
{
	world->has_rows = chance(prng, 40);
	if (world->policy->claims_lossless || !world->has_rows)
		return;
	world->blind = !strcmp(world->policy->name, "pinned-scope") ? WORLD_BLIND_UNPINNED
								    : WORLD_BLIND_LATE;
}

int world_draw(const struct sv3_policy_info *policy, uint64_t seed, struct world *world)
{
	struct sv3_compare_config *config = &world->compare;
	struct sv3_prng prng;

	*world = (struct world){ .policy = policy };
	sv3_prng_seed(&prng, seed);
	sv3_compare_config_default(config);
	config->contents = true;
	config->seed = seed;
	parts_guest(&prng, config, PAGES_MAX);
	parts_hardware(&prng, &config->smmu);
	parts_costs(&prng, &config->costs);
	config->costs.fault_latency = parts_draw(&prng, 0, 4) * SV3_PS_PER_US;
	parts_migration(&prng, &config->migration);
	draw_modes(&prng, policy, &config->migration);
	draw_kind(&prng, world);
	world->has_cpu = chance(&prng, 50);
	if (world->has_cpu)
		draw_source(&prng, world, 3 * draw_period(&prng, world), &world->cpu);
	if (world->has_rows) {
		int rc = draw_rows(&prng, world);

		if (rc)
			return rc;
	} else {
		draw_devices(&prng, world);
	}
	/* A ring with fewer entries than writes wait at a time is drained many times: seldom. */
	if (!strcmp(policy->name, "dirty-ring") && sv3_prng_below(&prng, 64))
		config->migration.ring_entries =
			(uint32_t)(config->smmu.slot_count * parts_draw(&prng, 1, 3));
	/* Before it begins nobody would answer the faults it lives on. */
	if (policy->needs & SV3_NEEDS_SOFTWARE_DIRTY)
		config->lead = 0;
	/* What is drawn behind here leaves older worlds as they were. */
	config->ats = chance(&prng, 30) && !sv3_policy_check_ats(policy, NULL);
	config->atc_entries = (uint32_t)1 << sv3_prng_below(&prng, 10);
	draw_leaves(&prng, world);
	draw_unmaps(&prng, world);
	draw_streams(&prng, world);
	return draw_more_drivers(&prng, world);
}

void world_free(struct world *world)
{
	for (uint32_t i = 0; i < world->driver_count; i++)
		rows_free(&world->drivers[i]);
}
