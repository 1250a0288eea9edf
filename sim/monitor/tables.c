/* SPDX-License-Identifier: MIT */
/*
 * tables.c - stores to descriptors: what each makes of the one before, and what it owes.
 *
 * Going from invalid to valid owes nothing: what is invalid is never cached [IHI0070 3.21.1]. Nor
 * does what allows more than before: at worst a fault is repeated. Hardware's own updates are no
 * stores. 52-bit output addresses are cut to 48.
 */
#include "monitor_priv.h"

enum kind { INVALID, LEAF, TABLE };

static enum kind kind_of(unsigned int level, uint64_t descriptor)
{
	if (!(descriptor & SV3_PTE_VALID))
		return INVALID;
	if (level == SV3_LEVEL_LAST)
		return descriptor & SV3_PTE_TABLE ? LEAF : INVALID;
	return descriptor & SV3_PTE_TABLE ? TABLE : LEAF;
}

/* --- where tables are --- */

static uint32_t root_of(struct sv3_monitor *m, uint32_t index)
{
	const struct sv3__context *context = &m->contexts[index];
	const unsigned int span_lg2 = sv3_vmsa_span_lg2(context->granule_lg2, context->first_level);
	const struct sv3__area area = {
		.kind = SV3__AREA_TABLE,
		.base = context->root,
		.end = context->root + (UINT64_C(8) << (context->input_lg2 - span_lg2)),
		.context = index,
		.parent = SV3__NONE,
		.input = sv3__normal(context, 0),
		.level = context->first_level,
	};

	return sv3__area_add(m, &area);
}

/* The table that the descriptor at @pa of @parent leads to. */
static uint32_t child_of(struct sv3_monitor *m, uint32_t parent, sv3_pa pa, uint64_t descriptor)
{
	const struct sv3__area *above = &m->areas[parent];
	const unsigned int granule_lg2 = m->contexts[above->context].granule_lg2;
	const sv3_pa base = descriptor & sv3_vmsa_output_mask(granule_lg2);
	const struct sv3__area area = {
		.kind = SV3__AREA_TABLE,
		.base = base,
		.end = base + (UINT64_C(1) << granule_lg2),
		.context = above->context,
		.parent = parent,
		.parent_pa = pa,
		.input = above->input +
			 ((pa - above->base) / 8 << sv3_vmsa_span_lg2(granule_lg2, above->level)),
		.level = (uint8_t)(above->level + 1),
	};

	return sv3__area_add(m, &area);
}

/* Walks of one last-level table's reach go the same way, until a table is changed. */
static bool was_seen(struct sv3_monitor *m, uint32_t context, uint64_t input)
{
	const unsigned int granule_lg2 = m->contexts[context].granule_lg2;
	const uint64_t reach = input >> (granule_lg2 + sv3_vmsa_level_bits(granule_lg2));
	const uint64_t key = (reach << 10 | context) + 1;
	uint64_t *seen = &m->seen[sv3__hash(key) % SV3__SEEN];
	const bool is_old = *seen == key;

	*seen = key;
	return is_old;
}

void sv3__walks_forget(struct sv3_monitor *m)
{
	for (uint32_t i = 0; i < SV3__SEEN; i++)
		m->seen[i] = 0;
}

void sv3__walk_learn(struct sv3_monitor *m, uint32_t index, sv3_iova iova)
{
	const struct sv3__context *context = &m->contexts[index];
	const uint64_t input = sv3__normal(context, iova);
	uint32_t area;

	if (!m->config.stores_are_hidden && was_seen(m, index, input))
		return;
	area = root_of(m, index);
	while (area != SV3__NONE) {
		const struct sv3__area *table = &m->areas[area];
		const unsigned int span_lg2 = sv3_vmsa_span_lg2(context->granule_lg2, table->level);
		const sv3_pa pa = table->base + 8 * ((input - table->input) >> span_lg2);
		uint64_t descriptor;

		if (pa >= table->end || !sv3__read_word(m, pa, &descriptor))
			return;
		if (kind_of(table->level, descriptor) != INVALID && m->config.stores_are_hidden)
			sv3__audit_note(m, area, pa, descriptor);
		if (kind_of(table->level, descriptor) != TABLE)
			return;
		area = child_of(m, area, pa, descriptor);
	}
}

/* --- what a change is --- */

/* Address, memory type and shareability: what needs break-before-make. [IHI0070 3.21.1.1] */
static uint64_t identity_bits(const struct sv3__context *context, unsigned int span_lg2)
{
	const uint64_t output = sv3_vmsa_output_mask(span_lg2);

	if (context->regime == SV3__STAGE2)
		return output | SV3_PTE_S2_MEMATTR | SV3_PTE_SH;
	return output | SV3_PTE_ATTRINDX | SV3_PTE_SH;
}

static bool becomes_global(const struct sv3__context *context, uint64_t before, uint64_t now)
{
	return context->regime != SV3__STAGE2 && (before & SV3_PTE_NG) && !(now & SV3_PTE_NG);
}

/* What is writable-clean is written through only after memory was asked. [DDI0487 D8.5.2] */
static bool stage1_restricts(uint64_t before, uint64_t now)
{
	const uint64_t set = now & ~before, gone = before & ~now;
	const bool wrote = !(before & SV3_PTE_AP2_RDONLY);
	const bool writes = !(now & SV3_PTE_AP2_RDONLY) || (now & SV3_PTE_DBM);

	return (wrote && !writes) || (set & (SV3_PTE_PXN | SV3_PTE_UXN)) ||
	       (gone & SV3_PTE_AP1_UNPRIV);
}

static bool stage2_restricts(uint64_t before, uint64_t now)
{
	const bool wrote = before & SV3_PTE_S2AP_WRITE;
	const bool writes = now & (SV3_PTE_S2AP_WRITE | SV3_PTE_DBM);

	return (wrote && !writes) || (before & ~now & SV3_PTE_S2AP_READ);
}

/* From writable to writable-clean. */
static bool cleans(const struct sv3__context *context, uint64_t before, uint64_t now)
{
	if (!(now & SV3_PTE_DBM))
		return false;
	if (context->regime == SV3__STAGE2)
		return before & ~now & SV3_PTE_S2AP_WRITE;
	return now & ~before & SV3_PTE_AP2_RDONLY;
}

/* Between two leaves of one size. */
static enum sv3_monitor_change leaf_change(const struct sv3__context *context,
					   const struct sv3__owed *entry)
{
	const uint64_t before = entry->before, now = entry->now;

	if (((before ^ now) & identity_bits(context, entry->span_lg2)) ||
	    becomes_global(context, before, now))
		return SV3_CHANGE_REPLACED;
	if (cleans(context, before, now))
		return SV3_CHANGE_CLEANED;
	if (context->regime == SV3__STAGE2 ? stage2_restricts(before, now)
					   : stage1_restricts(before, now))
		return SV3_CHANGE_RESTRICTED;
	if (entry->level != SV3_LEVEL_LAST && ((before ^ now) & SV3_PTE_NT))
		return SV3_CHANGE_RESIZED;
	return SV3_CHANGE_NONE;
}

static enum sv3_monitor_change change_of(const struct sv3__context *context,
					 const struct sv3__owed *entry)
{
	const enum kind before = kind_of(entry->level, entry->before);
	const enum kind now = kind_of(entry->level, entry->now);

	if (before == INVALID)
		return SV3_CHANGE_NONE;
	if (now == INVALID)
		return before == TABLE ? SV3_CHANGE_UNLINKED : SV3_CHANGE_UNMAPPED;
	if (before != now)
		return SV3_CHANGE_RESIZED;
	if (before == LEAF)
		return leaf_change(context, entry);
	return (entry->before ^ entry->now) & sv3_vmsa_output_mask(context->granule_lg2)
		       ? SV3_CHANGE_REPLACED
		       : SV3_CHANGE_NONE;
}

/* --- break before make --- */

/*
 * Whether a live descriptor may become this one. @owed: what the entry owes from before, NONE:
 * nothing. A change of size is right at level 2 of support; at level 1 while the block has nT = 1,
 * and that was invalidated. [IHI0070 3.21.1.1 to 3.21.1.3]
 */
static bool breaks_rule(const struct sv3_monitor *m, const struct sv3__owed *entry, uint32_t owed)
{
	const bool was_table = kind_of(entry->level, entry->before) == TABLE;

	if (entry->change == SV3_CHANGE_REPLACED)
		return !was_table;
	if (entry->change != SV3_CHANGE_RESIZED || m->bbml == 2)
		return false;
	if (m->bbml == 0)
		return kind_of(entry->level, entry->before) != kind_of(entry->level, entry->now);
	if (was_table)
		return !(entry->now & SV3_PTE_NT);
	if (kind_of(entry->level, entry->now) == TABLE)
		return !(entry->before & SV3_PTE_NT) || owed != SV3__NONE;
	return (entry->before & SV3_PTE_NT) && owed != SV3__NONE &&
	       m->owed[owed].change == SV3_CHANGE_RESIZED;
}

/* An invalid descriptor became valid: what stood there must be gone from caches, unless it is back.
 */
static void made_valid(struct sv3_monitor *m, const struct sv3__context *context,
		       const struct sv3__owed *entry, uint32_t index)
{
	struct sv3__owed *owed = &m->owed[index];
	const bool is_back =
		kind_of(entry->level, owed->before) == LEAF &&
		kind_of(entry->level, entry->now) == LEAF &&
		!((owed->before ^ entry->now) & identity_bits(context, entry->span_lg2));

	owed->now = entry->now;
	owed->given_up = false;
	if (is_back || owed->state >= SV3__INVALIDATED)
		return;
	owed->mapped_anew = true;
	sv3__find_owed(m, SV3_MONITOR_BBM, owed, owed->input, sv3__position(m));
}

/* --- stores --- */

static void note_change(struct sv3_monitor *m, struct sv3__owed *entry)
{
	const struct sv3__context *context = &m->contexts[entry->context];
	const uint32_t owed = sv3__owed_at(m, entry->context, entry->input, entry->span_lg2);

	entry->change = (uint8_t)change_of(context, entry);
	if (owed != SV3__NONE && kind_of(entry->level, entry->before) == INVALID)
		made_valid(m, context, entry, owed);
	if (entry->change == SV3_CHANGE_NONE)
		return;
	if (breaks_rule(m, entry, owed))
		sv3__find_owed(m, SV3_MONITOR_BBM, entry, entry->input, entry->since);
	entry->is_wide = kind_of(entry->level, entry->before) == TABLE;
	m->stats.changes++;
	if (owed != SV3__NONE)
		sv3__owed_again(m, owed, entry);
	else
		(void)sv3__owed_add(m, entry);
}

void sv3__table_store(struct sv3_monitor *m, uint32_t index, sv3_pa pa, uint64_t before,
		      uint64_t now)
{
	const struct sv3__area *area = &m->areas[index];
	const struct sv3__context *context = &m->contexts[area->context];
	const unsigned int span_lg2 = sv3_vmsa_span_lg2(context->granule_lg2, area->level);
	struct sv3__owed entry = {
		.pa = pa,
		.before = before,
		.now = now,
		.input = area->input + ((pa - area->base) / 8 << span_lg2),
		.output = before & sv3_vmsa_output_mask(span_lg2),
		.tick = m->tick,
		.since = sv3__position(m),
		.sent = SV3__NEVER,
		.copied_first = 1,
		.context = area->context,
		.span_lg2 = (uint8_t)span_lg2,
		.level = area->level,
	};

	entry.cover_next = entry.input;
	if (!sv3__area_is_live(m, index))
		return;
	note_change(m, &entry);
	if (kind_of(area->level, before) == TABLE || kind_of(area->level, now) == TABLE)
		sv3__walks_forget(m);
	if (kind_of(area->level, now) == TABLE)
		(void)child_of(m, index, pa, now);
}
