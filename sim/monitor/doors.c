/* SPDX-License-Identifier: MIT */
/*
 * doors.c - the bus and the register port that software uses while it is looked at.
 *
 * All goes on to what stands behind; of a store the doublewords it touches are read before.
 */
#include "monitor_priv.h"

#include <string.h>

/* --- the door of memory --- */

static enum sv3_bus_status door_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	const struct sv3_monitor_bus *door = (const struct sv3_monitor_bus *)context;

	return sv3_bus_read(&door->bus, pa, data, size);
}

/* Doublewords [pa, pa + size) touches, as software sees them. */
static bool read_around(const struct sv3_bus *bus, sv3_pa pa, uint32_t size, uint8_t *bytes)
{
	const sv3_pa first = pa & ~UINT64_C(7);
	const uint32_t whole = (uint32_t)(((pa + size + 7) & ~UINT64_C(7)) - first);

	return sv3_bus_read(bus, first, bytes, whole) == SV3_BUS_OK;
}

#define PIECE 512u /* bytes of a store that are compared at a time */

static enum sv3_bus_status write_piece(const struct sv3_monitor_bus *door, sv3_pa pa,
				       const uint8_t *data, uint32_t size)
{
	const sv3_pa first = pa & ~UINT64_C(7);
	const uint32_t count = (uint32_t)((pa + size + 7 - first) / 8);
	uint8_t before[PIECE + 16], now[PIECE + 16];
	const bool is_known = read_around(&door->bus, pa, size, before);
	const enum sv3_bus_status status = sv3_bus_write(&door->bus, pa, data, size);

	if (status != SV3_BUS_OK || !is_known)
		return status;
	memcpy(now, before, 8 * (size_t)count);
	memcpy(now + (pa - first), data, size);
	for (uint32_t i = 0; i < count; i++)
		sv3_monitor_store(door->monitor, first + 8 * i, sv3_le64(before + 8 * (size_t)i),
				  sv3_le64(now + 8 * (size_t)i));
	return status;
}

static enum sv3_bus_status door_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	const struct sv3_monitor_bus *door = (const struct sv3_monitor_bus *)context;
	const uint8_t *bytes = (const uint8_t *)data;
	enum sv3_bus_status status = SV3_BUS_OK;

	while (size && status == SV3_BUS_OK) {
		const uint32_t piece = size < PIECE ? size : PIECE;

		status = write_piece(door, pa, bytes, piece);
		pa += piece;
		bytes += piece;
		size -= piece;
	}
	return status;
}

static uint64_t in_host_order(uint64_t raw)
{
	return sv3_le64(&raw);
}

static enum sv3_bus_status door_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				      uint64_t *old)
{
	const struct sv3_monitor_bus *door = (const struct sv3_monitor_bus *)context;
	const enum sv3_bus_status status = sv3_bus_cas64(&door->bus, pa, expect, desired, old);

	if (status == SV3_BUS_OK && *old == expect)
		sv3_monitor_store(door->monitor, pa, in_host_order(expect), in_host_order(desired));
	return status;
}

static enum sv3_bus_status door_fetch_or64(void *context, sv3_pa pa, uint64_t bits, uint64_t *old)
{
	const struct sv3_monitor_bus *door = (const struct sv3_monitor_bus *)context;
	const enum sv3_bus_status status =
		door->bus.ops->fetch_or64(door->bus.context, pa, bits, old);

	if (status == SV3_BUS_OK)
		sv3_monitor_store(door->monitor, pa, in_host_order(*old),
				  in_host_order(*old | bits));
	return status;
}

static void *door_window(void *context, sv3_pa pa, uint64_t len)
{
	const struct sv3_monitor_bus *door = (const struct sv3_monitor_bus *)context;

	return sv3_bus_window(&door->bus, pa, len);
}

static void door_maintain(void *context, sv3_pa pa, uint64_t len, enum sv3_maintenance what)
{
	const struct sv3_monitor_bus *door = (const struct sv3_monitor_bus *)context;

	sv3_bus_maintain(&door->bus, pa, len, what);
}

static void door_wrote(void *context, sv3_pa pa, uint64_t before, uint64_t now)
{
	sv3_monitor_store(((const struct sv3_monitor_bus *)context)->monitor, pa, before, now);
}

/* Optional operations are there if the bus behind has them: software asks by looking. */
struct sv3_bus sv3_monitor_bus(struct sv3_monitor_bus *door)
{
#define OPS(or_, maintain_)                                                                       \
	{                                                                                         \
		.read = door_read, .write = door_write, .cas64 = door_cas64, .fetch_or64 = (or_), \
		.window = door_window, .maintain = (maintain_), .wrote = door_wrote,              \
	}
	static const struct sv3_bus_ops ops[2][2] = {
		{ OPS(NULL, NULL), OPS(NULL, door_maintain) },
		{ OPS(door_fetch_or64, NULL), OPS(door_fetch_or64, door_maintain) },
	};
#undef OPS

	return (struct sv3_bus){
		.ops = &ops[door->bus.ops->fetch_or64 != NULL][door->bus.ops->maintain != NULL],
		.context = door
	};
}

/* --- the door of registers --- */

static uint64_t door_reg_read(void *context, uint32_t offset, uint32_t size)
{
	const struct sv3_monitor_port *door = (const struct sv3_monitor_port *)context;
	const uint64_t value = door->port.ops->read(door->port.context, offset, size);

	sv3_monitor_reg_read(door->monitor, offset, size, value);
	return value;
}

static void door_reg_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	const struct sv3_monitor_port *door = (const struct sv3_monitor_port *)context;

	sv3_monitor_reg_write(door->monitor, offset, size, value);
	door->port.ops->write(door->port.context, offset, size, value);
}

static bool door_poll(void *context)
{
	const struct sv3_monitor_port *door = (const struct sv3_monitor_port *)context;

	return door->port.ops->poll(door->port.context);
}

struct sv3_regport sv3_monitor_port(struct sv3_monitor_port *door)
{
	static const struct sv3_regport_ops ops = {
		.read = door_reg_read,
		.write = door_reg_write,
		.poll = door_poll,
	};

	return (struct sv3_regport){ .ops = &ops, .context = door };
}
