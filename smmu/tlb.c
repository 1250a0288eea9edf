/* SPDX-License-Identifier: MIT */
/*
 * tlb.c - what is remembered of translation tables: leaves (TLB) and next tables (walk cache).
 *
 * IMPDEF(I-107): each TBU has a TLB. IMPDEF(I-017): the walk cache, which they share, has a part
 * for each level of each stage, so that tables below do not drive out the few above; next tables
 * are kept per ASID, leaves may be global. [IHI0070 3.21.1, 16.2]
 *
 * An entry is keyed by regime, ASID and VMID, and by its address at its own span. With two stages
 * it stands for both, and the smaller leaf decides its span; what stage 2 alone translated (tables,
 * CDs, output addresses) has entries of its own. An entry remembers permissions as they stood under
 * the CD and STE (IMPDEF(I-016) [IHI0070 5.4.1, 5.2.1]), and which writes a dirty update would
 * allow. IMPDEF(I-014): removal is exact: an invalidation takes what it names and nothing else, so
 * that software that names too little is found out. [IHI0070 4.4]
 */
#include "xlat_priv.h"

/* The entry for @address that spans 2^span_lg2 bytes. */
static inline uint32_t find(const struct sv3_smmu *smmu, const struct sv3__cache *cache,
			    uint32_t partition, const struct sv3__tlb_scope *scope,
			    uint64_t address, uint32_t span_lg2)
{
	uint64_t tag = sv3__tag(address, scope->family, span_lg2);
	uint32_t set = sv3__cache_set(cache, partition, tag >> SV3__TAG_ADDRESS_SHIFT);

	return sv3__cache_find(smmu, cache, set, tag, scope->context);
}

/* IMPDEF(I-022): of overlapping entries the smallest answers, as with IDR3.BBML = 2, or by choice
 * they are a conflict. [IHI0070 3.21.1.2, 3.21.1.3] */
static inline uint32_t lookup(const struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope,
			      uint64_t address)
{
	const struct sv3__cache *tlb = &smmu->tlb;

	for (uint64_t spans = tlb->live_spans; spans != 0; spans &= spans - 1) {
		uint32_t entry = find(smmu, tlb, scope->tbu_index, scope, address,
				      (uint32_t)__builtin_ctzll(spans));

		if (entry != SV3__NONE)
			return entry;
	}
	return SV3__NONE;
}

uint32_t sv3__tlb_lookup(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope,
			 uint64_t address)
{
	uint32_t entry = lookup(smmu, scope, address);

	if (entry != SV3__NONE)
		sv3__cache_use(smmu, &smmu->tlb, entry);
	return entry;
}

/* A change of the Contiguous bit alone is no conflict: entries of one level never are.
 * [IHI0070 3.21.1.2] */
static bool leaves_conflict(const struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope,
			    uint64_t address)
{
	const struct sv3__cache *tlb = &smmu->tlb;
	uint8_t leaf_class = 0;

	for (uint64_t spans = tlb->live_spans; spans != 0; spans &= spans - 1) {
		uint32_t entry = find(smmu, tlb, scope->tbu_index, scope, address,
				      (uint32_t)__builtin_ctzll(spans));
		const struct sv3__tlb_entry *leaf;

		if (entry == SV3__NONE)
			continue;
		leaf = sv3__cache_payload(smmu, tlb, entry);
		if (leaf_class != 0 && leaf->leaf_class != leaf_class)
			return true;
		leaf_class = leaf->leaf_class;
	}
	return false;
}

bool sv3__tlb_conflicts(const struct sv3_smmu *smmu, const struct sv3__slot *slot,
			const struct sv3__tlb_scope *scope, uint64_t address)
{
	return sv3__chooses(smmu, SV3_CHOICE_TLB_CONFLICT) && !sv3__is_probe(slot) &&
	       leaves_conflict(smmu, scope, address);
}

int sv3_smmu_try(struct sv3_smmu *smmu, const struct sv3_txn *txn, struct sv3_result *result)
{
	const struct sv3__context *context;
	const struct sv3__ttb *ttb;
	const struct sv3__tlb_entry *entry;
	struct sv3_smmu_stats *stats = sv3__stats(smmu);
	struct sv3__tlb_scope scope;
	/* Each byte by itself: a caller has just written them one by one, and a load of several
	 * waits for all of them to reach the cache. */
	const unsigned int unusual =
		(unsigned int)(txn->kind ^ SV3_TXN_ACCESS) | txn->speculative | txn->atomic;
	uint32_t found;

	if (!smmu->fast_path || unusual != 0 || txn->tbu_index >= smmu->config.tbu_count)
		return -SV3_ERR_MISS;
	context = sv3__config_lookup(smmu, txn);
	/* Without stage 1 the output's attributes depend on the access: not here. */
	if (!context || context->fast_family == 0)
		return -SV3_ERR_MISS;
	ttb = &context->ttb[txn->iova >> 55 & 1];
	if (ttb->disabled || !sv3__input_in_range(ttb, txn->iova))
		return -SV3_ERR_MISS;
	scope = (struct sv3__tlb_scope){ .family = context->fast_family,
					 .context = context->tag_context,
					 .tbu_index = txn->tbu_index };
	found = lookup(smmu, &scope, txn->iova);
	if (found == SV3__NONE)
		return -SV3_ERR_MISS;
	sv3__cache_use(smmu, &smmu->tlb, found);
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
		.memory = entry->memory,
		.shareability = entry->shareability,
	};
	return 0;
}

static struct sv3__key key_of(const struct sv3__tlb_scope *scope, uint64_t address,
			      uint32_t span_lg2, bool is_global)
{
	return (struct sv3__key){
		.tag = sv3__tag(address, scope->family, span_lg2),
		.context = scope->context,
		.context_mask = is_global ? 0xffff0000u : 0xffffffffu,
	};
}

/* A new entry, or SV3__NONE if the cache is off. */
static uint32_t fill(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t partition,
		     struct sv3__key key)
{
	/* [IHI0070 3.21.1] While SMMUEN is 0 nothing is inserted, by transactions begun before
	 * either. */
	if (cache->entries == 0 || !sv3__enabled(smmu, SV3_CR0_SMMUEN))
		return SV3__NONE;
	return sv3__cache_fill(smmu, cache,
			       sv3__cache_set(cache, partition, key.tag >> SV3__TAG_ADDRESS_SHIFT),
			       &key);
}

void sv3__tlb_fill(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope, uint64_t address,
		   bool global, const struct sv3__tlb_entry *says)
{
	uint32_t entry = fill(smmu, &smmu->tlb, scope->tbu_index,
			      key_of(scope, address, says->span_lg2, global));

	if (entry == SV3__NONE)
		return;
	*(struct sv3__tlb_entry *)sv3__cache_payload(smmu, &smmu->tlb, entry) = *says;
	if (sv3__reach_lg2(says->leaf_class, says->span_lg2) > says->span_lg2)
		smmu->tlb.has_pieces = true;
}

/* Where the walk cache keeps what descriptors at @level point to. */
static uint32_t walk_partition(const struct sv3__tlb_scope *scope, uint32_t level)
{
	return (scope->regime == SV3__REGIME_STAGE2 ? SV3_LEVEL_LAST : 0) + level;
}

/* The deepest table known for the walk's input: it begins there. */
bool sv3__walk_cache_lookup(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope,
			    const struct sv3__ttb *ttb, struct sv3__walk *walk)
{
	struct sv3__cache *cache = &smmu->walk_cache;

	for (uint32_t level = SV3_LEVEL_LAST; level > ttb->start_level; level--) {
		uint32_t span_lg2 = sv3_vmsa_span_lg2(ttb->granule_lg2, level - 1);
		const struct sv3__walk_entry *found;
		uint32_t entry;

		if (!(cache->live_spans >> span_lg2 & 1))
			continue;
		entry = find(smmu, cache, walk_partition(scope, level - 1), scope, walk->input,
			     span_lg2);
		if (entry == SV3__NONE)
			continue;
		found = sv3__cache_payload(smmu, cache, entry);
		sv3__cache_use(smmu, cache, entry);
		walk->table = found->table;
		walk->limits = found->limits;
		walk->level = (uint8_t)level;
		return true;
	}
	return false;
}

void sv3__walk_cache_fill(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope,
			  const struct sv3__ttb *ttb, const struct sv3__walk *walk, sv3_pa table)
{
	uint32_t span_lg2 = sv3_vmsa_span_lg2(ttb->granule_lg2, walk->level);
	uint32_t entry = fill(smmu, &smmu->walk_cache, walk_partition(scope, walk->level),
			      key_of(scope, walk->input, span_lg2, false));
	struct sv3__walk_entry *filled;

	if (entry == SV3__NONE)
		return;
	filled = sv3__cache_payload(smmu, &smmu->walk_cache, entry);
	filled->table = table;
	filled->limits = walk->limits;
	filled->granule_lg2 = ttb->granule_lg2;
}

bool sv3__tlbi_takes(const struct sv3__tlbi *tlbi, uint32_t regime, uint32_t apart, bool is_global)
{
	uint32_t mask = is_global ? tlbi->context_mask & 0xffff0000u : tlbi->context_mask;

	return (tlbi->regimes >> regime & 1) && (apart & mask) == 0 &&
	       !(is_global && tlbi->spare_global);
}

/* [IHI0070 4.4.1.1] TG: only entries made with that granule; TTL: only leaves of that level. */
bool sv3__tlbi_takes_leaf(const struct sv3__tlbi *tlbi, uint32_t leaf_class)
{
	return (tlbi->granule_lg2 == 0 || leaf_class >> 2 == tlbi->granule_lg2) &&
	       (tlbi->level == 0 || (leaf_class & 3) == tlbi->level);
}

/* What only the payload knows of an entry: which leaf or table it was made of. */
static bool is_made_of(const struct sv3_smmu *smmu, const struct sv3__cache *cache, uint32_t entry,
		       const struct sv3__tlbi *tlbi)
{
	const void *payload = sv3__cache_payload(smmu, cache, entry);

	if (cache == &smmu->tlb)
		return sv3__tlbi_takes_leaf(tlbi,
					    ((const struct sv3__tlb_entry *)payload)->leaf_class);
	return tlbi->granule_lg2 == 0 ||
	       ((const struct sv3__walk_entry *)payload)->granule_lg2 == tlbi->granule_lg2;
}

static uint32_t reach_lg2_of(const struct sv3_smmu *smmu, const struct sv3__cache *cache,
			     uint32_t entry)
{
	uint64_t tag = sv3__cache_keys(smmu, cache)[entry].tag;
	const struct sv3__tlb_entry *payload;

	if (cache != &smmu->tlb)
		return sv3__tag_span_lg2(tag);
	payload = sv3__cache_payload(smmu, cache, entry);
	return sv3__reach_lg2(payload->leaf_class, payload->span_lg2);
}

static void drop_if_targeted(struct sv3_smmu *smmu, struct sv3__cache *cache,
			     const struct sv3__tlbi *tlbi, uint32_t entry)
{
	const struct sv3__key *key = &sv3__cache_keys(smmu, cache)[entry];
	uint64_t reach, first, last;

	if (key->tag == 0)
		return;
	reach = SV3_BIT(reach_lg2_of(smmu, cache, entry)) - 1;
	first = sv3__tag_first(key->tag) & ~reach;
	last = first | reach;
	if (first <= tlbi->last && last >= tlbi->first &&
	    sv3__tlbi_takes(tlbi, sv3__tag_regime(key->tag), key->context ^ tlbi->context,
			    (key->context_mask & 0xffffu) == 0) &&
	    is_made_of(smmu, cache, entry, tlbi)) {
		if (cache == &smmu->tlb)
			sv3__refill_remember(smmu, entry);
		sv3__cache_drop(smmu, cache, entry);
	}
}

static void drop_in_set(struct sv3_smmu *smmu, struct sv3__cache *cache,
			const struct sv3__tlbi *tlbi, uint32_t set)
{
	for (uint32_t way = 0; way < cache->ways; way++)
		drop_if_targeted(smmu, cache, tlbi, (set << cache->ways_lg2) + way);
}

/* A short range names few sets of each partition: only they are looked at. Returns false if all
 * entries must be. */
static bool invalidate_by_set(struct sv3_smmu *smmu, struct sv3__cache *cache,
			      const struct sv3__tlbi *tlbi, uint32_t span_lg2)
{
	uint64_t unit_first = tlbi->first >> span_lg2;
	uint64_t unit_count = (tlbi->last >> span_lg2) - unit_first + 1;
	uint32_t set_count = cache->entries >> cache->ways_lg2;

	if (unit_count > cache->set_mask)
		return false;
	for (uint64_t i = 0; i < unit_count; i++)
		for (uint32_t set = sv3__cache_set(cache, 0, unit_first + i); set < set_count;
		     set += cache->set_mask + 1)
			drop_in_set(smmu, cache, tlbi, set);
	return true;
}

static void invalidate(struct sv3_smmu *smmu, struct sv3__cache *cache,
		       const struct sv3__tlbi *tlbi)
{
	bool all = cache->has_pieces;

	for (uint64_t spans = cache->live_spans; spans != 0 && !all; spans &= spans - 1)
		all = !invalidate_by_set(smmu, cache, tlbi, (uint32_t)__builtin_ctzll(spans));
	for (uint32_t entry = 0; all && entry < cache->entries; entry++)
		drop_if_targeted(smmu, cache, tlbi, entry);
	if (cache->live_spans == 0)
		cache->has_pieces = false;
}

void sv3__tlb_invalidate(struct sv3_smmu *smmu, const struct sv3__tlbi *tlbi)
{
	invalidate(smmu, &smmu->tlb, tlbi);
	if (!tlbi->leaf_only)
		invalidate(smmu, &smmu->walk_cache, tlbi);
	sv3__mark_by_tlbi(smmu, tlbi);
}

bool sv3_smmu_peek_tlb(const struct sv3_smmu *smmu, const struct sv3_txn *txn,
		       struct sv3_tlb_info *info)
{
	const struct sv3__context *context = sv3__config_peek(smmu, txn);
	const struct sv3__tlb_entry *entry;
	const struct sv3__key *key;
	struct sv3__tlb_scope scope;
	uint32_t found, kind;
	bool privileged;

	SV3_ASSERT(txn->tbu_index < smmu->config.tbu_count);
	if (!context || context->kind != SV3__STREAM_TRANSLATE)
		return false;
	scope = sv3__scope_of(context, txn);
	found = lookup(smmu, &scope, txn->iova);
	if (found == SV3__NONE)
		return false;
	entry = sv3__cache_payload(smmu, &smmu->tlb, found);
	key = &sv3__cache_keys(smmu, &smmu->tlb)[found];
	kind = sv3__access_kind(context, txn);
	privileged = kind & 1;
	*info = (struct sv3_tlb_info){
		.iova = sv3__tag_first(key->tag),
		.pa = entry->pa,
		.span_lg2 = entry->span_lg2,
		.memory = entry->memory,
		.shareability = entry->shareability,
		.global = (key->context_mask & 0xffffu) == 0,
		.allows = entry->allowed >> kind & 1,
		.read = entry->allowed >> (SV3__ACCESS_READ_UNPRIV + privileged) & 1,
		.write = entry->allowed >> (SV3__ACCESS_WRITE_UNPRIV + privileged) & 1,
		.execute = entry->allowed >> (SV3__ACCESS_EXEC_UNPRIV + privileged) & 1,
		.conflicts = leaves_conflict(smmu, &scope, txn->iova),
		.asid = (uint16_t)key->context,
		.vmid = (uint16_t)(key->context >> 16),
	};
	return true;
}
