/* SPDX-License-Identifier: MIT */
/*
 * monitor.c - making a monitor, and the doors it looks through.
 */
#include "monitor_priv.h"

#include <stdlib.h>
#include <string.h>

#define AREAS    65536u
#define OWED     262144u
#define FINDINGS 256u

/* --- making --- */

static uint32_t or_default(uint32_t count, uint32_t usual)
{
	return count ? count : usual;
}

static uint32_t power_of_two(uint32_t least)
{
	uint32_t size = 64;

	while (size < least && size < UINT32_C(1) << 31)
		size *= 2;
	return size;
}

static int make_pools(struct sv3_monitor *m)
{
	const struct sv3_monitor_config *c = &m->config;

	m->page_mask = power_of_two(c->area_count) - 1;
	m->owed_mask = power_of_two(c->owed_count) - 1;
	m->areas = (struct sv3__area *)calloc(c->area_count, sizeof(*m->areas));
	m->pages = (struct sv3__page *)calloc(2 * (size_t)c->area_count, sizeof(*m->pages));
	m->page_heads = (uint32_t *)calloc((size_t)m->page_mask + 1, sizeof(*m->page_heads));
	m->owed = (struct sv3__owed *)calloc(c->owed_count, sizeof(*m->owed));
	m->by_input = (uint32_t *)calloc((size_t)m->owed_mask + 1, sizeof(*m->by_input));
	m->by_output = (uint32_t *)calloc((size_t)m->owed_mask + 1, sizeof(*m->by_output));
	m->findings = (struct sv3_monitor_finding *)calloc(c->finding_count, sizeof(*m->findings));
	if (!m->areas || !m->pages || !m->page_heads || !m->owed || !m->by_input || !m->by_output ||
	    !m->findings)
		return -SV3_ERR_NOMEM;
	if (!c->stores_are_hidden)
		return 0;
	m->leaves = (struct sv3__leaf *)calloc(c->owed_count, sizeof(*m->leaves));
	m->leaf_heads = (uint32_t *)calloc((size_t)m->owed_mask + 1, sizeof(*m->leaf_heads));
	return m->leaves && m->leaf_heads ? 0 : -SV3_ERR_NOMEM;
}

int sv3_monitor_create(const struct sv3_monitor_config *config, struct sv3_monitor **out)
{
	struct sv3_monitor *m;

	*out = NULL;
	if (!config->memory.ops || !config->memory.ops->read)
		return -SV3_ERR_INVAL;
	m = (struct sv3_monitor *)calloc(1, sizeof(*m));
	if (!m)
		return -SV3_ERR_NOMEM;
	m->config = *config;
	m->config.area_count = or_default(config->area_count, AREAS);
	m->config.owed_count = or_default(config->owed_count, OWED);
	m->config.finding_count = or_default(config->finding_count, FINDINGS);
	m->has_vmids = config->idr0 & SV3_IDR0_S2P;
	m->bbml = (unsigned int)SV3_GET(SV3_IDR3_BBML, config->idr3);
	if (make_pools(m)) {
		sv3_monitor_destroy(m);
		return -SV3_ERR_NOMEM;
	}
	sv3__area_init(m);
	sv3__owed_init(m);
	for (uint32_t i = 0; i < SV3__STREAMS_MAX; i++)
		m->stream_heads[i] = SV3__NONE;
	for (uint32_t i = 0; m->leaf_heads && i <= m->owed_mask; i++)
		m->leaf_heads[i] = SV3__NONE;
	*out = m;
	return 0;
}

void sv3_monitor_destroy(struct sv3_monitor *m)
{
	if (!m)
		return;
	free(m->areas);
	free(m->pages);
	free(m->page_heads);
	free(m->owed);
	free(m->by_input);
	free(m->by_output);
	free(m->leaves);
	free(m->leaf_heads);
	free(m->findings);
	free(m);
}

void sv3_monitor_set_position(struct sv3_monitor *monitor, uint64_t position)
{
	monitor->position = position;
}

const struct sv3_monitor_stats *sv3_monitor_stats(const struct sv3_monitor *monitor)
{
	return &monitor->stats;
}

/* --- stores --- */

static void store_area(struct sv3_monitor *m, uint32_t index, sv3_pa pa, uint64_t before,
		       uint64_t now)
{
	const struct sv3__area *area = &m->areas[index];

	if (pa < area->base || pa >= area->end)
		return;
	if (area->kind == SV3__AREA_TABLE)
		sv3__table_store(m, index, pa, before, now);
	else
		sv3__structure_store(m, index, pa, before, now);
}

void sv3_monitor_store(struct sv3_monitor *m, sv3_pa pa, uint64_t before, uint64_t now)
{
	m->stats.stores++;
	m->tick++;
	if (before == now)
		return;
	sv3__commands_store(m, pa, before, now);
	/* Nothing is read or cached while SMMUEN = 0. [IHI0070 3.21.1, 3.21.3] */
	if (!sv3__is_enabled(m))
		return;
	for (uint32_t at = sv3__page_chain(m, pa); at != SV3__NONE; at = m->pages[at].next)
		if (m->pages[at].page == pa >> SV3_PAGE_LG2)
			store_area(m, m->pages[at].area, pa, before, now);
	for (uint32_t i = 0; i < m->wide_count; i++)
		store_area(m, m->wide[i], pa, before, now);
}

/* --- registers --- */

/* Half of a 64-bit register, or all of it. */
static void put(uint64_t *value, uint32_t offset, uint32_t size, uint64_t written)
{
	if (size == 8)
		*value = written;
	else if (offset % 8)
		*value = (*value & UINT32_MAX) | written << 32;
	else
		*value = (*value & ~(uint64_t)UINT32_MAX) | (written & UINT32_MAX);
}

static void write_cr0(struct sv3_monitor *m, uint32_t value)
{
	const bool enables = value & ~m->cr0 & SV3_CR0_SMMUEN;

	m->cr0 = value;
	m->cr0ack |= value;
	if (enables)
		sv3__strtab_learn(m);
}

void sv3_monitor_reg_write(struct sv3_monitor *m, uint32_t offset, uint32_t size, uint64_t value)
{
	m->tick++;
	if (offset == SV3_REG_CMDQ_PROD) {
		sv3__commands_submit(m, (uint32_t)value);
		return;
	}
	sv3__register_check(m, offset, size, value);
	switch (offset) {
	case SV3_REG_CR0:
		write_cr0(m, (uint32_t)value);
		return;
	case SV3_REG_CR1:
		m->cr1 = (uint32_t)value;
		return;
	case SV3_REG_CR2:
		m->cr2 = (uint32_t)value;
		return;
	case SV3_REG_IRQ_CTRL:
		m->irq_ctrl = (uint32_t)value;
		m->irq_ctrlack |= m->irq_ctrl;
		return;
	case SV3_REG_STRTAB_BASE:
	case SV3_REG_STRTAB_BASE + 4:
		put(&m->strtab_base, offset, size, value);
		return;
	case SV3_REG_STRTAB_BASE_CFG:
		m->strtab_cfg = (uint32_t)value;
		return;
	case SV3_REG_CMDQ_BASE:
	case SV3_REG_CMDQ_BASE + 4:
		put(&m->cmdq_base, offset, size, value);
		return;
	default:
		return;
	}
}

void sv3_monitor_reg_read(struct sv3_monitor *m, uint32_t offset, uint32_t size, uint64_t value)
{
	(void)size;
	if (offset == SV3_REG_CMDQ_CONS)
		sv3__commands_seen(m, (uint32_t)value);
	else if (offset == SV3_REG_CR0ACK)
		m->cr0ack = (uint32_t)value;
	else if (offset == SV3_REG_IRQ_CTRLACK)
		m->irq_ctrlack = (uint32_t)value;
}

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
