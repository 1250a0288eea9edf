/* SPDX-License-Identifier: MIT */
/*
 * world.c - the logical clock: what is due happens in order of time, landings before doorbells
 * before calls of software before the CPU before the device.
 *
 * There are five sources of events and each has one next event, so "the next of all" is a minimum
 * of five that is kept in next_due. Software takes time by calling sv3_world_run_until().
 */
#include <stdlib.h>
#include <string.h>

#include <sv3/arch.h>

#include "engine_priv.h"

#define HOST_MEMORY_FIXED (UINT64_C(64) << 20)
#define SMMU_ALIGN        64u

void sv3_costs_default(struct sv3_costs *costs)
{
	*costs = (struct sv3_costs){
		.scan = SV3_PS_PER_NS,             /* APPROX(T-001) */
		.clear = 5 * SV3_PS_PER_NS,        /* APPROX(T-002) */
		.cmdq_delay = 2 * SV3_PS_PER_US,   /* APPROX(T-003) */
		.inv_latency = 10 * SV3_PS_PER_US, /* APPROX(T-004) */
		.clear_delay = SV3_PS_PER_MS,      /* APPROX(T-005) */
		.post_delay = SV3_PS_PER_US,       /* APPROX(T-006) */
		.access = 0,                       /* APPROX(T-007) */
		/* APPROX(T-030), APPROX(T-031) */
		.fault_latency = 10 * SV3_PS_PER_US,
		.unmap_gap = SV3_PS_PER_US,
	};
}

/* A scan reads lines of 8 descriptors, and one table for 512 of them. APPROX(T-056) */
static sv3_ps scan_time(const struct sv3_timing *timing)
{
	return timing->scan_descriptor_ps + timing->scan_line_ns * SV3_PS_PER_NS / 8 +
	       timing->scan_table_ns * SV3_PS_PER_NS / 512;
}

static sv3_ps contended(const struct sv3_timing *timing, uint32_t ns)
{
	return (sv3_ps)ns * timing->sw_contention_permille;
}

void sv3_costs_timed(const struct sv3_timing *timing, struct sv3_costs *costs)
{
	costs->scan = scan_time(timing);
	costs->clear = (timing->clear_ns + timing->scan_dirty_ns) * SV3_PS_PER_NS;
	costs->cmdq_delay = contended(timing, timing->sw_doorbell_ns);
	costs->inv_latency = 0; /* the hardware says how long it takes */
	costs->post_delay = (timing->pcie_out_ns + timing->mem_write_ns) * SV3_PS_PER_NS;
	costs->command = contended(timing, timing->sw_command_ns);
	costs->poll = contended(timing, timing->sw_poll_ns);
	costs->call = timing->ioctl_ns * SV3_PS_PER_NS;
	costs->bitmap_kib = 1024 * SV3_PS_PER_US / timing->bitmap_mbyte_per_s;
	costs->page_copy = SV3_PAGE_SIZE * SV3_PS_PER_US / timing->copy_mbyte_per_s;
}

void sv3_world_config_default(struct sv3_world_config *config)
{
	*config = (struct sv3_world_config){ 0 };
	sv3_smmu_config_default(&config->smmu);
	sv3_costs_default(&config->costs);
}

/* --- the clock --- */

void sv3__world_step(struct sv3_world *world)
{
	if (world->now < world->next_due)
		world->now = world->next_due;
	if (world->timed.runner && sv3__world_timed_next(world) <= world->now)
		sv3__world_timed_step(world, world->now);
	else if (world->landing_count &&
		 world->landings[world->landing_head].write.landed <= world->now)
		sv3__world_land(world);
	else if (world->doorbell_count && world->doorbells[world->doorbell_head].at <= world->now)
		sv3__world_deliver_doorbell(world);
	else if (sv3__world_call_is_due(world, world->now))
		sv3__world_run_call(world);
	else if (world->cpu_due <= world->now)
		sv3__world_cpu_acts(world);
	else
		sv3__world_device_acts(world);
	sv3__world_refresh(world);
}

/* Many events of the hardware follow each other with nothing of the world's in between. */
static void world_goes_on(struct sv3_world *world, sv3_ps at)
{
	sv3_ps others;

	if (!world->timed.runner) {
		sv3__world_step(world);
		return;
	}
	others = sv3__world_next_but_timed(world);
	if (sv3__world_timed_next(world) > others) {
		sv3__world_step(world);
		return;
	}
	sv3__world_timed_step(world, others < at ? others : at);
	sv3__world_refresh(world);
}

void sv3_world_run_until(struct sv3_world *world, sv3_ps at)
{
	while (world->next_due <= at && world->next_due != SV3_PS_NEVER)
		world_goes_on(world, at);
	/* "To the end of all events" is no time for a clock to show. */
	if (world->now < at && at != SV3_PS_NEVER)
		world->now = at;
}

void sv3_world_advance(struct sv3_world *world, sv3_ps duration)
{
	sv3_world_run_until(world, world->now + duration);
}

sv3_ps sv3_world_now(const struct sv3_world *world)
{
	return world->now;
}

sv3_ps sv3_world_next_event(const struct sv3_world *world)
{
	return world->next_due;
}

void sv3_world_drain(struct sv3_world *world)
{
	const sv3_ps now = world->now;
	uint32_t last;

	while (world->timed.runner && sv3__world_timed_has_older(world, now) &&
	       world->next_due != SV3_PS_NEVER)
		sv3__world_step(world);
	if (!world->landing_count)
		return;
	last = (world->landing_head + world->landing_count - 1) % world->landing_capacity;
	sv3_world_run_until(world, world->landings[last].write.landed);
}

void sv3__world_run_jobs(struct sv3_world *world)
{
	if (world->timed.runner)
		sv3__world_timed_kick(world);
	else
		sv3_fast_drain(&world->fast);
	sv3__world_look_around(world);
}

void sv3__world_device_wakes(struct sv3_world *world)
{
	if (!world->device_starved)
		return;
	world->device_starved = false;
	world->device_woken = world->device.ops->again != NULL;
	sv3__world_schedule_device(world);
}

void sv3__world_look_around(struct sv3_world *world)
{
	if (world->device_blocked)
		sv3__host_look_at_sync(world->host);
	if (world->flushing_host)
		sv3__host_look_at_flush(world->flushing_host);
	sv3__world_device_wakes(world);
}

/* --- the device's place in time --- */

void sv3__world_schedule_device(struct sv3_world *world)
{
	const bool kept = world->device_stopped || world->device_blocked || world->device_held ||
			  world->device_at_work;

	world->device_special = kept || world->device_woken;
	if (kept)
		world->device_due = SV3_PS_NEVER;
	else if (world->device_woken || world->event_due < world->now)
		world->device_due = world->now;
	else
		world->device_due = world->event_due;
}

void sv3__world_block_device(struct sv3_world *world, bool blocked)
{
	world->device_blocked = blocked;
	sv3__world_schedule_device(world);
	sv3__world_refresh(world);
}

void sv3_world_attach_device(struct sv3_world *world, const struct sv3_device *device)
{
	world->device = *device;
	world->fast.endpoint = (struct sv3_endpoint){ device->ops->endpoint, device->context };
	if (world->timed.runner)
		sv3_timed_set_endpoint(world->timed.runner, &world->fast.endpoint);
	sv3__world_fetch_event(world);
	sv3__world_refresh(world);
}

void sv3_world_stop_device(struct sv3_world *world)
{
	world->device_stopped = true;
	sv3__world_schedule_device(world);
	sv3__world_refresh(world);
}

void sv3_world_hold_device(struct sv3_world *world, bool held)
{
	/* What is put off keeps its time, unless something changes. */
	if (world->device_held == held)
		return;
	world->device_held = held;
	sv3__world_schedule_device(world);
	sv3__world_refresh(world);
}

void sv3_world_throttle_device(struct sv3_world *world, uint32_t speed_ppm)
{
	sv3__pace_set_speed(&world->device_pace, world->now, speed_ppm);
	/* What is due by now is due at any speed, whatever keeps it. */
	if (!world->has_event || world->event_due <= world->now)
		return;
	world->event_due = sv3__pace_due(&world->device_pace, world->event.due);
	sv3__world_schedule_device(world);
	sv3__world_refresh(world);
}

/* --- making and looking --- */

uint64_t sv3__world_host_size(uint64_t guest_size)
{
	const uint64_t tables = guest_size / 128 + SV3_PAGE_SIZE - 1;

	return tables / SV3_PAGE_SIZE * SV3_PAGE_SIZE + HOST_MEMORY_FIXED;
}

static bool config_is_legal(const struct sv3_world_config *config)
{
	const sv3_pa base = config->guest_base;
	const uint64_t size = config->guest_size;

	if (sv3_smmu_config_check(&config->smmu, NULL))
		return false;
	if (!size || (base | size) % SV3_PAGE_SIZE)
		return false;
	return base < SV3_WORLD_HOST_BASE && size <= SV3_WORLD_HOST_BASE - base;
}

static int make_smmu(struct sv3_world *world)
{
	const size_t size = sv3_smmu_size(&world->config.smmu);
	const size_t rounded = (size + SMMU_ALIGN - 1) / SMMU_ALIGN * SMMU_ALIGN;

	world->smmu_memory = aligned_alloc(SMMU_ALIGN, rounded);
	if (!world->smmu_memory)
		return -SV3_ERR_NOMEM;
	return sv3_smmu_init(world->smmu_memory, rounded, &world->config.smmu, &world->smmu);
}

/* Software and hardware see one memory, unless the world is not coherent. */
static int make_cpu_cache(struct sv3_world *world)
{
	int rc;

	if (!world->config.non_coherent)
		return 0;
	rc = sv3_cpu_cache_create(&world->bus, &world->config.cpu_cache, &world->cpu_cache);
	if (!rc)
		world->cpu_bus = sv3_cpu_cache_bus(world->cpu_cache);
	return rc;
}

static int make_parts(struct sv3_world *world)
{
	/* Walks read host memory far oftener than anything reads guest RAM: it is found first. */
	const struct sv3_ram_region regions[] = {
		{ SV3_WORLD_HOST_BASE, sv3__world_host_size(world->config.guest_size) },
		{ world->config.guest_base, world->config.guest_size },
	};
	int rc = sv3_ram_init(&world->ram, regions, 2);

	if (rc)
		return rc;
	/* Tables of a large guest are read at random, one leaf for each access. */
	sv3_zeroed_expect_all(world->ram.host[0], world->ram.regions[0].size);
	world->bus = world->cpu_bus = sv3_ram_bus(&world->ram);
	rc = make_cpu_cache(world);
	if (rc)
		return rc;
	rc = make_smmu(world);
	if (!rc)
		rc = sv3__world_monitor_create(world);
	if (rc)
		return rc;
	world->fast = (struct sv3_fast){ .smmu = world->smmu, .bus = world->bus };
	sv3_fast_set_resumed(&world->fast, sv3__world_resumed, world);
	world->landing_capacity = world->config.smmu.slot_count;
	world->landings =
		(struct sv3__landing *)calloc(world->landing_capacity, sizeof(*world->landings));
	world->doorbells =
		(struct sv3__doorbell *)calloc(SV3__DOORBELLS_MAX, sizeof(*world->doorbells));
	world->slot_events = (struct sv3_device_event *)calloc(world->landing_capacity,
							       sizeof(*world->slot_events));
	if (!world->landings || !world->doorbells || !world->slot_events)
		return -SV3_ERR_NOMEM;
	return sv3__world_timed_create(world);
}

int sv3_world_create(const struct sv3_world_config *config, struct sv3_world **out)
{
	struct sv3_world_config made = *config;
	struct sv3_world *world;
	int rc;

	*out = NULL;
	if (made.non_coherent)
		made.smmu.idr0 &= ~(uint32_t)SV3_IDR0_COHACC;
	if (!config_is_legal(&made))
		return -SV3_ERR_INVAL;
	world = (struct sv3_world *)calloc(1, sizeof(*world));
	if (!world)
		return -SV3_ERR_NOMEM;
	world->config = made;
	world->device_due = world->cpu_due = world->next_due = SV3_PS_NEVER;
	world->device_pace.speed_ppm = world->cpu.pace.speed_ppm = SV3__FULL_SPEED_PPM;
	rc = make_parts(world);
	if (rc) {
		sv3_world_destroy(world);
		return rc;
	}
	*out = world;
	return 0;
}

void sv3_world_destroy(struct sv3_world *world)
{
	if (!world)
		return;
	sv3__world_timed_destroy(world);
	sv3__world_monitor_destroy(world);
	free(world->calls.heap);
	free(world->doorbells);
	free(world->slot_events);
	free(world->landings);
	free(world->smmu_memory);
	sv3_cpu_cache_destroy(world->cpu_cache);
	sv3_ram_fini(&world->ram);
	free(world);
}

static void add_listener(struct sv3__listeners *listeners,
			 void (*hear)(void *context, const struct sv3_write *write), void *context)
{
	if (!hear)
		return;
	listeners->each[listeners->count].hear = hear;
	listeners->each[listeners->count].context = context;
	listeners->count++;
}

int sv3_world_observe(struct sv3_world *world, const struct sv3_world_observer *observer)
{
	if (world->observer_count == SV3_WORLD_OBSERVERS_MAX)
		return -SV3_ERR_NOMEM;
	world->observer_count++;
	add_listener(&world->translated, observer->write_translated, observer->context);
	add_listener(&world->landed, observer->write_landed, observer->context);
	if (observer->write_granted)
		world->granted[world->granted_count++] = *observer;
	return 0;
}

static void remove_listener(struct sv3__listeners *listeners, const void *context)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < listeners->count; i++)
		if (listeners->each[i].context != context)
			listeners->each[kept++] = listeners->each[i];
	listeners->count = kept;
}

void sv3_world_unobserve(struct sv3_world *world, const struct sv3_world_observer *observer)
{
	uint32_t kept = 0;

	remove_listener(&world->translated, observer->context);
	remove_listener(&world->landed, observer->context);
	for (uint32_t i = 0; i < world->granted_count; i++)
		if (world->granted[i].context != observer->context)
			world->granted[kept++] = world->granted[i];
	world->granted_count = kept;
	world->observer_count--;
}

void sv3_world_attach_host(struct sv3_world *world, struct sv3_host *host)
{
	world->host = host;
	world->prod_rung = sv3_host_cmdq(host)->prod;
}

uint64_t sv3_world_stalled(const struct sv3_world *world)
{
	return world->stalled + (world->timed.runner ? sv3__world_timed_stalled(world) : 0);
}

struct sv3_bus sv3_world_bus(struct sv3_world *world)
{
	return world->bus;
}

struct sv3_cpu_cache *sv3_world_cpu_cache(struct sv3_world *world)
{
	return world->cpu_cache;
}

struct sv3_smmu *sv3_world_smmu(struct sv3_world *world)
{
	return world->smmu;
}

const struct sv3_smmu_stats *sv3_world_smmu_stats(const struct sv3_world *world)
{
	return sv3_smmu_stats(world->smmu);
}

const struct sv3_world_stats *sv3_world_stats(const struct sv3_world *world)
{
	return &world->stats;
}

const struct sv3_world_config *sv3_world_config(const struct sv3_world *world)
{
	return &world->config;
}
