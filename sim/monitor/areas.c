/* SPDX-License-Identifier: MIT */
/*
 * areas.c - what memory means: which pages hold tables, STEs and CDs, and whether they still do.
 *
 * A page may hold several areas, such as the CDs of several streams, and a table may belong to
 * several contexts. Areas are never taken out: one that nothing leads to any more is passed over.
 */
#include "monitor_priv.h"

#define WIDE_PAGES 64u

void sv3__area_init(struct sv3_monitor *m)
{
	for (uint32_t i = 0; i <= m->page_mask; i++)
		m->page_heads[i] = SV3__NONE;
}

static uint32_t *head_of(const struct sv3_monitor *m, uint64_t page)
{
	return &m->page_heads[sv3__hash(page) & m->page_mask];
}

uint32_t sv3__page_chain(const struct sv3_monitor *m, sv3_pa pa)
{
	return *head_of(m, pa >> SV3_PAGE_LG2);
}

static bool is_like(const struct sv3__area *a, const struct sv3__area *b)
{
	return a->kind == b->kind && a->base == b->base && a->context == b->context &&
	       a->stream_id == b->stream_id;
}

static uint32_t find(const struct sv3_monitor *m, const struct sv3__area *area)
{
	for (uint32_t i = 0; i < m->wide_count; i++)
		if (is_like(&m->areas[m->wide[i]], area))
			return m->wide[i];
	for (uint32_t at = sv3__page_chain(m, area->base); at != SV3__NONE; at = m->pages[at].next)
		if (is_like(&m->areas[m->pages[at].area], area))
			return m->pages[at].area;
	return SV3__NONE;
}

/* Returns: false: no room. */
static bool enter(struct sv3_monitor *m, uint32_t index)
{
	const struct sv3__area *area = &m->areas[index];
	const uint64_t first = area->base >> SV3_PAGE_LG2;
	const uint64_t last = (area->end - 1) >> SV3_PAGE_LG2;

	if (last - first >= WIDE_PAGES) {
		if (m->wide_count == SV3__WIDE_MAX)
			return false;
		m->wide[m->wide_count++] = index;
		return true;
	}
	if (2 * m->config.area_count - m->page_count <= last - first)
		return false;
	for (uint64_t page = first; page <= last; page++) {
		uint32_t *head = head_of(m, page);

		m->pages[m->page_count] = (struct sv3__page){ page, index, *head };
		*head = m->page_count++;
	}
	return true;
}

uint32_t sv3__area_add(struct sv3_monitor *m, const struct sv3__area *area)
{
	uint32_t index = find(m, area);

	if (index != SV3__NONE) {
		/* The same memory, perhaps in another place of the tree. */
		m->areas[index] = *area;
		return index;
	}
	index = m->area_count;
	if (index < m->config.area_count) {
		m->areas[index] = *area;
		if (enter(m, index)) {
			m->area_count++;
			m->stats.tables += area->kind == SV3__AREA_TABLE;
			return index;
		}
	}
	m->stats.areas_lost++;
	return SV3__NONE;
}

bool sv3__area_is_live(const struct sv3_monitor *m, uint32_t index)
{
	const struct sv3__area *area = &m->areas[index];
	const struct sv3__context *context = &m->contexts[area->context];
	uint64_t descriptor;

	if (area->is_freed)
		return false;
	if (area->parent == SV3__NONE)
		return area->base == context->root;
	if (m->areas[area->parent].level >= area->level)
		return false;
	if (!sv3__read_word(m, area->parent_pa, &descriptor) ||
	    (~descriptor & (SV3_PTE_VALID | SV3_PTE_TABLE)) ||
	    (descriptor & sv3_vmsa_output_mask(context->granule_lg2)) != area->base)
		return false;
	return sv3__area_is_live(m, area->parent);
}

static void free_area(struct sv3_monitor *m, uint32_t index, sv3_pa pa, sv3_pa last,
		      sv3__area_visit visit)
{
	struct sv3__area *area = &m->areas[index];

	if (area->is_freed || area->base > last || area->end <= pa)
		return;
	visit(m, index);
	area->is_freed = true;
	sv3__walks_forget(m);
}

void sv3__areas_free(struct sv3_monitor *m, sv3_pa pa, uint64_t len, sv3__area_visit visit)
{
	const sv3_pa last = pa + len - 1;

	for (uint64_t page = pa >> SV3_PAGE_LG2; len && page <= last >> SV3_PAGE_LG2; page++)
		for (uint32_t at = *head_of(m, page); at != SV3__NONE; at = m->pages[at].next)
			if (m->pages[at].page == page)
				free_area(m, m->pages[at].area, pa, last, visit);
	for (uint32_t i = 0; len && i < m->wide_count; i++)
		free_area(m, m->wide[i], pa, last, visit);
}

bool sv3_monitor_area(const struct sv3_monitor *m, uint32_t index, sv3_pa *pa, uint64_t *len)
{
	if (index >= m->area_count)
		return false;
	*pa = m->areas[index].base;
	*len = m->areas[index].end - m->areas[index].base;
	return true;
}
