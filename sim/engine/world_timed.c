/* SPDX-License-Identifier: MIT */
/*
 * world_timed.c - a world whose hardware takes time: its device's accesses go through the timed
 * runner.
 *
 * The clock of the world stays in picoseconds. The runner's cycles are multiples of cycle_ps, and
 * what the runner does happens at such a multiple; software and the device's own time may lie in
 * between. An access of a device that makes its accesses itself (an ATC) is translated at once, as
 * in a world without time. APPROX(T-055)
 */
#include <stdlib.h>

#include "engine_priv.h"

#define PS_PER_US 1000000u

static sv3_ps ps_of(const struct sv3_world *world, sv3_cycle cycle)
{
	return cycle == SV3_CYCLE_NEVER ? SV3_PS_NEVER : cycle * world->timed.cycle_ps;
}

sv3_ps sv3__world_timed_next(const struct sv3_world *world)
{
	return ps_of(world, sv3_timed_next(world->timed.runner));
}

/* What the runner does from now on is not before now. */
static void bring_up(struct sv3_world *world)
{
	sv3_timed_run(world->timed.runner, world->now / world->timed.cycle_ps);
}

/* A device that was let go on, with nothing else to do in the world: it need not be asked for.
 * Others than plain accesses are left to the world. */
static bool is_devices_turn(const struct sv3_world *world)
{
	const struct sv3_device_ops *ops = world->device.ops;

	return world->device_due <= world->now && world->event.kind <= SV3_DEVICE_WRITE &&
	       !ops->again && !ops->access && sv3__world_next_but_device(world) > world->now;
}

void sv3__world_timed_step(struct sv3_world *world, sv3_ps until)
{
	struct sv3_timed *runner = world->timed.runner;

	for (;;) {
		const sv3_ps next = sv3__world_timed_next(world);

		if (next > until || next == SV3_PS_NEVER)
			return;
		if (next > world->now)
			world->now = next;
		(void)sv3_timed_run_next(runner, sv3_timed_next(runner));
		while (is_devices_turn(world))
			sv3__world_device_acts(world);
		/* The device, or software, may have something to do earlier than it had. */
		if (world->device_due < until)
			until = world->device_due;
		if (sv3__world_call_is_due(world, until))
			return;
	}
}

void sv3__world_timed_kick(struct sv3_world *world)
{
	bring_up(world);
	sv3_timed_kick(world->timed.runner);
}

/* --- the device's accesses --- */

int sv3__world_timed_issue(struct sv3_world *world, const struct sv3_timed_access *access)
{
	int number;

	bring_up(world);
	number = sv3_timed_issue(world->timed.runner, access);
	if (number >= 0)
		world->timed.events[number] = world->event;
	return number;
}

bool sv3__world_timed_has_older(const struct sv3_world *world, sv3_ps than)
{
	return sv3_timed_is_older(world->timed.runner, than / world->timed.cycle_ps + 1);
}

uint64_t sv3__world_timed_stalled(const struct sv3_world *world)
{
	uint64_t stalled;

	(void)sv3_timed_in_flight(world->timed.runner, &stalled);
	return stalled;
}

static bool is_write(const struct sv3_timed_end *end)
{
	return end->access.txn.write;
}

static void translated(void *context, const struct sv3_timed_end *end)
{
	struct sv3_world *world = (struct sv3_world *)context;
	const struct sv3_device_event *event = &world->timed.events[end->number];

	sv3__world_tell_translated(world, &end->access.txn, &end->result);
	if (end->result.outcome != SV3_OUTCOME_OK)
		return;
	sv3__world_check_output(world, event, end->result.pa);
	if (!is_write(end))
		return;
	world->timed.writes[end->number] = (struct sv3_write){
		.serial = ++world->write_count,
		.translated = world->now,
		.landed = SV3_PS_NEVER,
		.iova = event->iova,
		.pa = end->result.pa,
		.len = event->len,
		.stream_id = event->stream_id,
		.flags = end->result.flags,
	};
	sv3__tell(&world->translated, &world->timed.writes[end->number]);
}

static void performed(void *context, const struct sv3_timed_end *end)
{
	struct sv3_world *world = (struct sv3_world *)context;

	if (!is_write(end))
		return;
	world->timed.writes[end->number].landed = world->now;
	sv3__world_write_lands(world, &world->timed.writes[end->number]);
}

static void ended(void *context, const struct sv3_timed_end *end)
{
	struct sv3_world *world = (struct sv3_world *)context;

	sv3__world_access_ends(world, &world->timed.events[end->number],
			       end->result.outcome == SV3_OUTCOME_OK, end->result.event);
	/* A row of the driver may wait for the last of them. */
	if (!sv3_timed_moving(world->timed.runner))
		sv3__world_device_wakes(world);
}

static void room(void *context)
{
	sv3__world_device_wakes((struct sv3_world *)context);
}

static void jobs(void *context)
{
	struct sv3_world *world = (struct sv3_world *)context;

	if (world->host)
		sv3__host_drain_events(world->host);
	sv3__world_look_around(world);
}

static void interrupt(void *context, enum sv3_irq irq)
{
	struct sv3_world *world = (struct sv3_world *)context;

	world->fast.irq_count[irq]++;
	if (world->fast.interrupt)
		world->fast.interrupt(world->fast.interrupt_context, irq);
}

/* --- making --- */

int sv3__world_timed_create(struct sv3_world *world)
{
	struct sv3_timed_config config = {
		.smmu = world->smmu,
		.bus = world->bus,
		.ops = { translated, performed, ended, room, jobs, interrupt },
		.context = world,
		.seed = world->config.seed,
	};
	uint32_t capacity;
	int rc;

	if (!world->config.is_timed)
		return 0;
	config.timing = world->config.timing;
	rc = sv3_timed_create(&config, &world->timed.runner);
	if (rc)
		return rc;
	world->timed.cycle_ps = PS_PER_US / world->config.timing.clock_mhz;
	capacity = sv3_timed_capacity(world->timed.runner);
	world->timed.events =
		(struct sv3_device_event *)calloc(capacity, sizeof(*world->timed.events));
	world->timed.writes = (struct sv3_write *)calloc(capacity, sizeof(*world->timed.writes));
	return world->timed.events && world->timed.writes ? 0 : -SV3_ERR_NOMEM;
}

void sv3__world_timed_destroy(struct sv3_world *world)
{
	sv3_timed_destroy(world->timed.runner);
	free(world->timed.events);
	free(world->timed.writes);
}

const struct sv3_timed_stats *sv3_world_timed_stats(const struct sv3_world *world)
{
	return world->timed.runner ? sv3_timed_stats(world->timed.runner) : NULL;
}

int sv3_world_timed_observe(struct sv3_world *world, const struct sv3_timed_observer *observer)
{
	if (!world->timed.runner)
		return -SV3_ERR_INVAL;
	bring_up(world);
	return sv3_timed_observe(world->timed.runner, observer);
}

void sv3_world_phase(struct sv3_world *world, const char *name, bool begins)
{
	if (!world->timed.runner)
		return;
	bring_up(world);
	sv3_timed_phase(world->timed.runner, name, begins);
}
