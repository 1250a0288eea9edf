/* SPDX-License-Identifier: MIT */
/*
 * world_ports.c - memory and registers as software in a world sees them.
 *
 * Memory costs costs.access a call, maintenance of a CPU cache too, and the device goes on
 * meanwhile. Registers answer at once, but a doorbell (CMDQ_PROD) takes costs.cmdq_delay to arrive.
 */
#include <sv3/arch.h>

#include "engine_priv.h"

/* --- memory --- */

static enum sv3_bus_status software_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	struct sv3_world *world = (struct sv3_world *)context;

	sv3_world_advance(world, world->config.costs.access);
	return sv3_bus_read(&world->cpu_bus, pa, data, size);
}

static enum sv3_bus_status software_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	struct sv3_world *world = (struct sv3_world *)context;

	sv3_world_advance(world, world->config.costs.access);
	return sv3_bus_write(&world->cpu_bus, pa, data, size);
}

static enum sv3_bus_status software_cas64(void *context, sv3_pa pa, uint64_t expect,
					  uint64_t desired, uint64_t *old)
{
	struct sv3_world *world = (struct sv3_world *)context;

	sv3_world_advance(world, world->config.costs.access);
	return sv3_bus_cas64(&world->cpu_bus, pa, expect, desired, old);
}

static enum sv3_bus_status software_fetch_or64(void *context, sv3_pa pa, uint64_t bits,
					       uint64_t *old)
{
	struct sv3_world *world = (struct sv3_world *)context;

	sv3_world_advance(world, world->config.costs.access);
	return world->cpu_bus.ops->fetch_or64(world->cpu_bus.context, pa, bits, old);
}

static void software_maintain(void *context, sv3_pa pa, uint64_t len, enum sv3_maintenance what)
{
	struct sv3_world *world = (struct sv3_world *)context;

	sv3_world_advance(world, world->config.costs.access);
	sv3_bus_maintain(&world->cpu_bus, pa, len, what);
}

struct sv3_bus sv3_world_software_bus(struct sv3_world *world)
{
	/* No window: who went through one would see no device between two of its accesses. */
	static const struct sv3_bus_ops coherent = {
		.read = software_read,
		.write = software_write,
		.cas64 = software_cas64,
		.fetch_or64 = software_fetch_or64,
	};
	static const struct sv3_bus_ops non_coherent = {
		.read = software_read,
		.write = software_write,
		.cas64 = software_cas64,
		.fetch_or64 = software_fetch_or64,
		.maintain = software_maintain,
	};

	if (!world->config.costs.access)
		return world->cpu_bus;
	return (struct sv3_bus){ .ops = world->cpu_cache ? &non_coherent : &coherent,
				 .context = world };
}

/* --- registers --- */

static void register_write(struct sv3_world *world, uint32_t offset, uint32_t size, uint64_t value)
{
	sv3_smmu_reg_write(world->smmu, offset, size, value);
	sv3__world_run_jobs(world);
}

void sv3__world_deliver_doorbell(struct sv3_world *world)
{
	const struct sv3__doorbell doorbell = world->doorbells[world->doorbell_head];

	world->doorbell_head = (world->doorbell_head + 1) % SV3__DOORBELLS_MAX;
	world->doorbell_count--;
	register_write(world, doorbell.offset, doorbell.size, doorbell.value);
}

/* How long software takes to write the commands that it rings for. Rows of a trace execute at their
 * recorded time. */
static sv3_ps command_time(struct sv3_world *world, uint64_t prod)
{
	const uint64_t count = prod - world->prod_rung;

	world->prod_rung = prod;
	if (!world->config.costs.command || !world->host || world->doorbell_at_once)
		return 0;
	return (count & ((UINT64_C(2) << sv3_host_cmdq(world->host)->log2size) - 1)) *
	       world->config.costs.command;
}

/* Rings arrive in the order in which they were made, whoever made them. */
static sv3_ps arrival(const struct sv3_world *world, sv3_ps after)
{
	const sv3_ps at = world->now + after + world->config.costs.cmdq_delay;
	const uint32_t last =
		(world->doorbell_head + world->doorbell_count - 1) % SV3__DOORBELLS_MAX;

	return world->doorbell_count && world->doorbells[last].at > at ? world->doorbells[last].at
								       : at;
}

static void doorbell_rings(struct sv3_world *world, uint32_t offset, uint32_t size, uint64_t value)
{
	const sv3_ps written = command_time(world, value);
	uint32_t at;

	if (world->doorbell_at_once || !world->config.costs.cmdq_delay) {
		world->doorbell_at_once = false;
		register_write(world, offset, size, value);
		return;
	}
	/* Only software that rings without a new command gets here; its oldest ring comes early. */
	if (world->doorbell_count == SV3__DOORBELLS_MAX)
		sv3__world_deliver_doorbell(world);
	at = (world->doorbell_head + world->doorbell_count) % SV3__DOORBELLS_MAX;
	world->doorbells[at] = (struct sv3__doorbell){
		.at = arrival(world, written),
		.value = value,
		.offset = offset,
		.size = size,
	};
	world->doorbell_count++;
	sv3__world_refresh(world);
	if (written)
		sv3_world_advance(world, written);
}

void sv3_world_flush_doorbells(struct sv3_world *world)
{
	while (world->doorbell_count)
		sv3__world_deliver_doorbell(world);
	world->doorbell_at_once = true;
	sv3__world_refresh(world);
}

/* Every change drained the hardware's jobs, so registers show all it has done by now. The access
 * may complete what the hardware acknowledges with a delay, and so make jobs ready. */
static uint64_t port_read(void *context, uint32_t offset, uint32_t size)
{
	struct sv3_world *world = (struct sv3_world *)context;
	const uint64_t value = sv3_smmu_reg_read(world->smmu, offset, size);

	if (world->monitor)
		sv3_monitor_reg_read(world->monitor->monitor, offset, size, value);
	/* In time what is ready begins, and who waits for it hears of its end. */
	if (world->timed.runner) {
		sv3__world_timed_kick(world);
		sv3__world_refresh(world);
	} else if (sv3_fast_drain(&world->fast)) {
		sv3__world_run_jobs(world);
		sv3__world_refresh(world);
	}
	return value;
}

static void port_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	struct sv3_world *world = (struct sv3_world *)context;

	if (world->monitor)
		sv3_monitor_reg_write(world->monitor->monitor, offset, size, value);
	if (offset == SV3_REG_CMDQ_PROD)
		doorbell_rings(world, offset, size, value);
	else
		register_write(world, offset, size, value);
	sv3__world_refresh(world);
}

static bool port_poll(void *context)
{
	struct sv3_world *world = (struct sv3_world *)context;

	if (world->next_due != SV3_PS_NEVER) {
		sv3__world_step(world);
		return true;
	}
	/* Nothing is due, and every change drained the jobs: only what went past this port is
	 * left. */
	if (world->timed.runner || !sv3_fast_drain(&world->fast))
		return false;
	sv3__world_run_jobs(world);
	sv3__world_refresh(world);
	return true;
}

struct sv3_regport sv3_world_regport(struct sv3_world *world)
{
	static const struct sv3_regport_ops ops = {
		.read = port_read,
		.write = port_write,
		.poll = port_poll,
	};

	return (struct sv3_regport){ .ops = &ops, .context = world };
}
