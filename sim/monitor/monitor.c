/* SPDX-License-Identifier: MIT */
/*
 * monitor.c - making a monitor, and what it is told of stores and registers.
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

static bool is_as_large(const struct sv3_monitor_config *a, const struct sv3_monitor_config *b)
{
	return a->area_count == b->area_count && a->owed_count == b->owed_count &&
	       a->finding_count == b->finding_count && a->stores_are_hidden == b->stores_are_hidden;
}

/* What belongs to one monitor, whatever state it is in. */
struct own {
	struct sv3_monitor_config config;
	struct sv3__area *areas;
	struct sv3__page *pages;
	struct sv3__owed *owed;
	struct sv3__leaf *leaves;
	struct sv3_monitor_finding *findings;
	uint32_t *page_heads, *by_input, *by_output, *leaf_heads;
};

static struct own own_of(const struct sv3_monitor *m)
{
	return (struct own){ m->config,   m->areas,      m->pages,    m->owed,      m->leaves,
			     m->findings, m->page_heads, m->by_input, m->by_output, m->leaf_heads };
}

static void give_back(struct sv3_monitor *m, const struct own *own)
{
	m->config = own->config;
	m->areas = own->areas;
	m->pages = own->pages;
	m->owed = own->owed;
	m->leaves = own->leaves;
	m->findings = own->findings;
	m->page_heads = own->page_heads;
	m->by_input = own->by_input;
	m->by_output = own->by_output;
	m->leaf_heads = own->leaf_heads;
}

int sv3_monitor_copy(struct sv3_monitor *to, const struct sv3_monitor *from)
{
	const struct own own = own_of(to);
	const size_t page_heads = (size_t)from->page_mask + 1, heads = (size_t)from->owed_mask + 1;

	if (!is_as_large(&to->config, &from->config))
		return -SV3_ERR_INVAL;
	memcpy(to, from, sizeof(*to));
	give_back(to, &own);
	memcpy(to->areas, from->areas, from->area_count * sizeof(*to->areas));
	memcpy(to->pages, from->pages, from->page_count * sizeof(*to->pages));
	memcpy(to->page_heads, from->page_heads, page_heads * sizeof(*to->page_heads));
	memcpy(to->owed, from->owed, from->owed_used * sizeof(*to->owed));
	memcpy(to->by_input, from->by_input, heads * sizeof(*to->by_input));
	memcpy(to->by_output, from->by_output, heads * sizeof(*to->by_output));
	memcpy(to->findings, from->findings, from->finding_count * sizeof(*to->findings));
	if (!from->leaves)
		return 0;
	memcpy(to->leaves, from->leaves, from->leaf_count * sizeof(*to->leaves));
	memcpy(to->leaf_heads, from->leaf_heads, heads * sizeof(*to->leaf_heads));
	return 0;
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

	if (area->is_freed || pa < area->base || pa >= area->end)
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
