/* SPDX-License-Identifier: MIT */
/*
 * world_monitor.c - a world that is monitored: the monitor hears of software's stores, registers
 * and unmaps, and of the device's accesses. The migration tells it of copies.
 *
 * It reads memory and registers at no cost, and its positions are the world's time.
 */
#include <stdlib.h>

#include "engine_priv.h"

static uint64_t peek(void *context, uint32_t offset, uint32_t size)
{
	return sv3_smmu_reg_peek(((const struct sv3_world *)context)->smmu, offset, size);
}

static uint64_t position(void *context)
{
	return ((const struct sv3_world *)context)->now;
}

int sv3__world_monitor_create(struct sv3_world *world)
{
	const struct sv3_monitor_config config = {
		.memory = world->bus,
		.idr0 = world->config.smmu.idr0,
		.idr3 = world->config.smmu.idr3,
		.peek = peek,
		.position = position,
		.context = world,
		.sync_is_read = true,
	};
	int rc;

	if (!world->config.monitored)
		return 0;
	world->monitor = (struct sv3__world_monitor *)calloc(1, sizeof(*world->monitor));
	if (!world->monitor)
		return -SV3_ERR_NOMEM;
	rc = sv3_monitor_create(&config, &world->monitor->monitor);
	if (rc)
		return rc;
	world->monitor->bus = (struct sv3_monitor_bus){ world->monitor->monitor, world->cpu_bus };
	world->cpu_bus = sv3_monitor_bus(&world->monitor->bus);
	return 0;
}

void sv3__world_monitor_destroy(struct sv3_world *world)
{
	if (!world->monitor)
		return;
	sv3_monitor_destroy(world->monitor->monitor);
	free(world->monitor);
}

struct sv3_regport sv3__world_monitor_port(struct sv3_world *world, const struct sv3_regport *port)
{
	if (!world->monitor)
		return *port;
	world->monitor->boot = (struct sv3_monitor_port){ world->monitor->monitor, *port };
	return sv3_monitor_port(&world->monitor->boot);
}

struct sv3_monitor *sv3_world_monitor(struct sv3_world *world)
{
	return world->monitor ? world->monitor->monitor : NULL;
}

/* Rows of a trace are merged from the clocks of those who wrote them: that of an UNMAP may stand a
 * little behind the TLBI row of its own. APPROX(T-059): that counts. */
void sv3__host_tell_unmapped(struct sv3_host *host, const struct sv3__range *range)
{
	struct sv3_monitor *monitor = host->world->monitor->monitor;
	const uint32_t stream_id = host->domain_stream[range->domain_index];

	if (host->config.invalidation == SV3_INVALIDATION_RECORDED)
		sv3_monitor_forgive(monitor, stream_id, range->iova, range->len);
	sv3_monitor_unmapped(monitor, stream_id, range->iova, range->len);
}
