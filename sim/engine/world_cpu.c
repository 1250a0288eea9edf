/* SPDX-License-Identifier: MIT */
/*
 * world_cpu.c - the guest's CPUs: a second source of accesses, by guest physical address and past
 * the SMMU.
 *
 * A write is in memory at once. Who tracks such writes is asked before, and may say that the writer
 * was held up (a fault); its later accesses come later by so much. APPROX(T-022)
 */
#include "engine_priv.h"

/* When the CPU acts next, from its event and its pace. */
static void schedule(struct sv3_world *world)
{
	const struct sv3__cpu *cpu = &world->cpu;
	sv3_ps due = SV3_PS_NEVER;

	if (cpu->has_event && !cpu->stopped)
		due = sv3__pace_due(&cpu->pace, cpu->event.due);
	world->cpu_due = due < world->now ? world->now : due;
	sv3__world_refresh(world);
}

static void fetch_event(struct sv3_world *world)
{
	struct sv3__cpu *cpu = &world->cpu;

	cpu->has_event = cpu->device.ops->next(cpu->device.context, &cpu->event);
	schedule(world);
}

static void cpu_writes(struct sv3_world *world, const struct sv3_device_event *event)
{
	struct sv3__cpu *cpu = &world->cpu;
	const struct sv3_cpu_tracker *tracker = &cpu->tracker;
	const struct sv3_write write = {
		.serial = ++world->write_count,
		.translated = world->now,
		.landed = world->now,
		.iova = event->iova,
		.pa = event->iova,
		.len = event->len,
		.stream_id = event->stream_id,
		.by_cpu = true,
	};

	world->stats.cpu_writes++;
	if (!sv3__world_is_guest_ram(world, write.pa))
		return;
	if (tracker->write) {
		const sv3_ps delay = tracker->write(tracker->context, write.pa, write.len);

		world->stats.cpu_delay += delay;
		if (delay)
			sv3__pace_stand_still(&cpu->pace, world->now, delay);
	}
	sv3__world_bytes_land(world, &write);
}

/* Of a bundle: a source may have been stopped. */
static bool still_acts(struct sv3_world *world)
{
	struct sv3__cpu *cpu = &world->cpu;

	cpu->has_event = cpu->device.ops->again(cpu->device.context, false, &cpu->event);
	schedule(world);
	return world->cpu_due <= world->now;
}

void sv3__world_cpu_acts(struct sv3_world *world)
{
	struct sv3__cpu *cpu = &world->cpu;
	struct sv3_device_event event;

	if (cpu->device.ops->again && !still_acts(world))
		return;
	event = cpu->event;
	/* It is over from here on, whatever is called on the way. */
	cpu->has_event = false;
	schedule(world);
	if (event.kind == SV3_DEVICE_WRITE)
		cpu_writes(world, &event);
	else if (event.kind == SV3_DEVICE_READ)
		world->stats.cpu_reads++;
	if (cpu->device.ops->completed)
		cpu->device.ops->completed(cpu->device.context, &event, true, world->now);
	fetch_event(world);
}

void sv3_world_attach_cpu(struct sv3_world *world, const struct sv3_device *device)
{
	world->cpu.device = *device;
	fetch_event(world);
}

void sv3_world_set_cpu_tracker(struct sv3_world *world, const struct sv3_cpu_tracker *tracker)
{
	world->cpu.tracker = tracker ? *tracker : (struct sv3_cpu_tracker){ 0 };
}

void sv3_world_stop_cpu(struct sv3_world *world)
{
	world->cpu.stopped = true;
	schedule(world);
}

void sv3_world_throttle_cpu(struct sv3_world *world, uint32_t speed_ppm)
{
	sv3__pace_set_speed(&world->cpu.pace, world->now, speed_ppm);
	schedule(world);
}
