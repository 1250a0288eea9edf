/* SPDX-License-Identifier: MIT */
/*
 * tlb.c - what is remembered of translation tables: leaves (TLB) and next tables (walk cache).
 *
 * An entry is keyed by ASID and VMID, by its address at its own span, and by granule and level. It
 * remembers permissions as they stood under the CD (IMPDEF(I-016) [IHI0070 5.4.1]), and which
 * writes a dirty update would allow. IMPDEF(I-014): removal is exact: an invalidation takes what it
 * names and nothing else, so that software that names too little is found out. [IHI0070 4.4]
 * IMPDEF(I-017): next tables are kept per ASID, leaves may be global. [IHI0070 3.21.1, 16.2]
 */
#include "smmu_priv.h"

static uint32_t set_of(const struct sv3__cache *cache, uint64_t tag)
{
	return (uint32_t)(tag >> SV3__TAG_VA_SHIFT) & cache->set_mask;
}

/* IMPDEF(I-022): nT is not looked at, and of overlapping entries the smallest answers: there is no
 * F_TLB_CONFLICT. [IHI0070 3.21.1.2] */
uint32_t sv3__tlb_lookup(struct sv3_smmu *smmu, const struct sv3__context *context,
			 const struct sv3__ttb *ttb, sv3_iova iova)
{
	struct sv3__cache *tlb = &smmu->tlb;

	for (uint32_t level = SV3_LEVEL_LAST; level >= 1; level--) {
		uint32_t size_class = sv3__class(ttb->granule_lg2, level);
		uint64_t tag;
		uint32_t entry;

		if (tlb->class_count[size_class] == 0)
			continue;
		tag = sv3__va_tag(iova, context->aset, size_class);
		entry = sv3__cache_find(smmu, tlb, set_of(tlb, tag), tag, context->tag_context);
		if (entry != SV3__NONE) {
			sv3__cache_use(smmu, tlb, entry);
			return entry;
		}
	}
	return SV3__NONE;
}

int sv3_smmu_try(struct sv3_smmu *smmu, const struct sv3_txn *txn, struct sv3_result *result)
{
	const struct sv3__context *context;
	const struct sv3__ttb *ttb;
	const struct sv3__tlb_entry *entry;
	struct sv3_smmu_stats *stats = sv3__stats(smmu);
	uint32_t found;

	if (!sv3__enabled(smmu, SV3_CR0_SMMUEN) || txn->kind != SV3_TXN_ACCESS ||
	    txn->speculative || smmu->tlb.entries == 0)
		return -SV3_ERR_MISS;
	context = sv3__config_lookup(smmu, txn);
	if (!context || context->kind != SV3__STREAM_TRANSLATE)
		return -SV3_ERR_MISS;
	ttb = &context->ttb[txn->iova >> 55 & 1];
	if (ttb->disabled || !sv3__input_in_range(ttb, txn->iova))
		return -SV3_ERR_MISS;
	found = sv3__tlb_lookup(smmu, context, ttb, txn->iova);
	if (found == SV3__NONE)
		return -SV3_ERR_MISS;
	entry = sv3__cache_payload(smmu, &smmu->tlb, found);
	if (!(entry->allowed & context->access_bits[sv3__access_index(txn)]))
		return -SV3_ERR_MISS;

	stats->transactions++;
	stats->tlb_hits++;
	*result = (struct sv3_result){
		.pa = entry->pa | (txn->iova & (SV3_BIT(entry->span_lg2) - 1)),
		.outcome = SV3_OUTCOME_OK,
		.flags = (uint8_t)(SV3_RESULT_TLB_HIT | (txn->write ? SV3_RESULT_DIRTY_KNOWN : 0)),
		.span_lg2 = entry->span_lg2,
	};
	return 0;
}

/* A new entry for the slot's address at the level it stands at: its payload, or NULL if the cache
 * is off. */
static void *fill(struct sv3_smmu *smmu, struct sv3__cache *cache, const struct sv3__slot *slot,
		  const struct sv3__ttb *ttb, bool is_global)
{
	uint32_t size_class;
	struct sv3__key key;

	/* [IHI0070 3.21.1] While SMMUEN is 0 nothing is inserted, by transactions begun before
	 * either. */
	if (cache->entries == 0 || !sv3__enabled(smmu, SV3_CR0_SMMUEN))
		return NULL;
	size_class = sv3__class(ttb->granule_lg2, slot->level);
	key.tag = sv3__va_tag(slot->txn.iova, slot->context.aset, size_class);
	key.context = slot->context.tag_context;
	key.context_mask = is_global ? 0xffff0000u : 0xffffffffu;
	return sv3__cache_payload(smmu, cache,
				  sv3__cache_fill(smmu, cache, set_of(cache, key.tag), &key));
}

void sv3__tlb_fill(struct sv3_smmu *smmu, const struct sv3__slot *slot, const struct sv3__ttb *ttb)
{
	struct sv3__tlb_entry *entry = fill(smmu, &smmu->tlb, slot, ttb, slot->global);

	if (!entry)
		return;
	entry->pa = slot->table;
	entry->allowed = slot->allowed;
	entry->upgradable = slot->upgradable;
	entry->span_lg2 = (uint8_t)sv3_vmsa_span_lg2(ttb->granule_lg2, slot->level);
}

/* The deepest table known for the slot's address: its walk begins there. */
bool sv3__walk_cache_lookup(struct sv3_smmu *smmu, const struct sv3__context *context,
			    const struct sv3__ttb *ttb, struct sv3__slot *slot)
{
	struct sv3__cache *cache = &smmu->walk_cache;

	if (cache->entries == 0)
		return false;
	for (int level = (int)SV3_LEVEL_LAST - 1; level >= ttb->start_level; level--) {
		uint32_t size_class = sv3__class(ttb->granule_lg2, (uint32_t)level);
		uint64_t tag = sv3__va_tag(slot->txn.iova, context->aset, size_class);
		uint32_t entry;

		if (cache->class_count[size_class] == 0)
			continue;
		entry = sv3__cache_find(smmu, cache, set_of(cache, tag), tag, context->tag_context);
		if (entry != SV3__NONE) {
			const struct sv3__walk_entry *found =
				sv3__cache_payload(smmu, cache, entry);

			sv3__cache_use(smmu, cache, entry);
			slot->table = found->table;
			slot->limits = found->limits;
			slot->level = (uint8_t)(level + 1);
			return true;
		}
	}
	return false;
}

void sv3__walk_cache_fill(struct sv3_smmu *smmu, const struct sv3__slot *slot,
			  const struct sv3__ttb *ttb, sv3_pa table, uint8_t limits)
{
	struct sv3__walk_entry *entry = fill(smmu, &smmu->walk_cache, slot, ttb, false);

	if (!entry)
		return;
	entry->table = table;
	entry->limits = limits;
}

/* Whether an invalidation takes an entry of size class @class whose context differs from its own by
 * @apart. Addresses are compared by the caller. */
bool sv3__tlbi_takes(const struct sv3__tlbi *tlbi, uint32_t apart, bool is_global,
		     uint32_t size_class, bool is_leaf)
{
	uint32_t mask = is_global ? tlbi->context_mask & 0xffff0000u : tlbi->context_mask;

	if (tlbi->regimes != 0 && !(tlbi->regimes & 1u << SV3__REGIME_EL1))
		return false;
	if ((apart & mask) != 0 || (is_global && tlbi->spare_global))
		return false;
	/* [IHI0070 4.4.1.1] TG: only entries made with that granule; TTL: only leaves of that
	 * level. */
	if (tlbi->granule_lg2 != 0 && sv3__class_granule_lg2(size_class) != tlbi->granule_lg2)
		return false;
	return !is_leaf || tlbi->level == 0 || (size_class & 3) == tlbi->level;
}

static void drop_if_targeted(struct sv3_smmu *smmu, struct sv3__cache *cache,
			     const struct sv3__tlbi *tlbi, uint32_t entry)
{
	const struct sv3__key *key = &sv3__cache_keys(smmu, cache)[entry];
	uint32_t size_class = sv3__tag_class(key->tag);
	uint64_t first = (key->tag >> SV3__TAG_VA_SHIFT) << sv3__class_span_lg2(size_class);
	uint64_t last = first + (SV3_BIT(sv3__class_span_lg2(size_class)) - 1);

	if (key->tag != 0 && first <= tlbi->last && last >= tlbi->first &&
	    sv3__tlbi_takes(tlbi, key->context ^ tlbi->context, (key->context_mask & 0xffffu) == 0,
			    size_class, cache == &smmu->tlb))
		sv3__cache_drop(smmu, cache, entry);
}

/* A short range names few sets: only they are looked at. Returns false if all entries must be. */
static bool invalidate_by_set(struct sv3_smmu *smmu, struct sv3__cache *cache,
			      const struct sv3__tlbi *tlbi, uint32_t size_class)
{
	uint32_t span_lg2 = sv3__class_span_lg2(size_class);
	uint64_t unit_first = tlbi->first >> span_lg2;
	uint64_t unit_count = (tlbi->last >> span_lg2) - unit_first + 1;

	if (unit_count > cache->set_mask)
		return false;
	for (uint64_t i = 0; i < unit_count; i++) {
		uint32_t set = (uint32_t)(unit_first + i) & cache->set_mask;

		for (uint32_t way = 0; way < cache->ways; way++)
			drop_if_targeted(smmu, cache, tlbi, (set << cache->ways_lg2) + way);
	}
	return true;
}

static void invalidate(struct sv3_smmu *smmu, struct sv3__cache *cache,
		       const struct sv3__tlbi *tlbi)
{
	bool all = false;

	for (uint32_t size_class = 0; size_class < SV3__CLASS_COUNT && !all; size_class++)
		if (cache->class_count[size_class] != 0)
			all = !invalidate_by_set(smmu, cache, tlbi, size_class);
	for (uint32_t entry = 0; all && entry < cache->entries; entry++)
		drop_if_targeted(smmu, cache, tlbi, entry);
}

void sv3__tlb_invalidate(struct sv3_smmu *smmu, const struct sv3__tlbi *tlbi)
{
	invalidate(smmu, &smmu->tlb, tlbi);
	if (!tlbi->leaf_only)
		invalidate(smmu, &smmu->walk_cache, tlbi);
	sv3__mark_by_tlbi(smmu, tlbi);
}
