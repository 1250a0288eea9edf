/* SPDX-License-Identifier: MIT */
/*
 * audit.c - where stores are hidden: descriptors that walks used, compared with memory when
 * software submits commands, copies or frees. A change is dated when it is found, and one that was
 * taken back before is not seen.
 */
#include "monitor_priv.h"

static uint32_t *head_of(const struct sv3_monitor *m, sv3_pa pa)
{
	return &m->leaf_heads[sv3__hash(pa >> 3) & m->owed_mask];
}

void sv3__audit_note(struct sv3_monitor *m, uint32_t area, sv3_pa pa, uint64_t value)
{
	uint32_t *head = head_of(m, pa);
	uint32_t at = *head;

	while (at != SV3__NONE && (m->leaves[at].pa != pa || m->leaves[at].area != area))
		at = m->leaves[at].next;
	if (at != SV3__NONE) {
		const uint64_t before = m->leaves[at].value;

		/* The walk may be the first to meet a change of software's, or of its own. */
		m->leaves[at].value = value;
		if (before != value)
			sv3__table_store(m, area, pa, before, value);
		return;
	}
	if (m->leaf_count == m->config.owed_count) {
		m->stats.areas_lost++;
		return;
	}
	m->leaves[m->leaf_count] = (struct sv3__leaf){ pa, value, area, *head };
	*head = m->leaf_count++;
}

void sv3__audit(struct sv3_monitor *m)
{
	if (!m->config.stores_are_hidden)
		return;
	for (uint32_t i = 0; i < m->leaf_count; i++) {
		struct sv3__leaf *leaf = &m->leaves[i];
		const uint64_t before = leaf->value;

		if (!sv3__read_word(m, leaf->pa, &leaf->value) || leaf->value == before)
			continue;
		m->tick++;
		sv3__table_store(m, leaf->area, leaf->pa, before, leaf->value);
	}
}
