/* SPDX-License-Identifier: MIT */
/*
 * adopt.c - is what stands in memory a block? Everything that later code takes for granted is
 * checked: offsets, indexes, lists, enumerations, geometry of tables.
 *
 * What a register or an entry says is not judged here: any of it could have been.
 */
#include "xlat_priv.h"

/* --- Contexts --- */

static bool ttb_is_sound(const struct sv3__ttb *ttb)
{
	uint32_t span_lg2;

	if (ttb->granule_lg2 != 12 && ttb->granule_lg2 != 14 && ttb->granule_lg2 != 16)
		return false;
	if (ttb->start_level > SV3_LEVEL_LAST)
		return false;
	span_lg2 = sv3_vmsa_span_lg2(ttb->granule_lg2, ttb->start_level);
	return ttb->input_size_lg2 > span_lg2 && ttb->input_size_lg2 <= 52;
}

static bool context_is_sound(const struct sv3__context *context)
{
	if (context->kind > SV3__STREAM_TRANSLATE || context->regime > SV3__REGIME_STAGE2)
		return false;
	if (context->kind != SV3__STREAM_TRANSLATE)
		return true;
	for (uint32_t i = 0; i < 2; i++)
		if (!context->ttb[i].disabled && !ttb_is_sound(&context->ttb[i]))
			return false;
	return context->output_size_lg2 <= 52 &&
	       (!context->stage2 ||
		(ttb_is_sound(&context->s2.ttb) && context->s2.output_size_lg2 <= 52));
}

/* --- Caches --- */

static bool is_same_cache(const struct sv3__cache *a, const struct sv3__cache *b)
{
	return a->entries == b->entries && a->ways == b->ways && a->ways_lg2 == b->ways_lg2 &&
	       a->set_mask == b->set_mask && a->keys_offset == b->keys_offset &&
	       a->orders_offset == b->orders_offset && a->payload_offset == b->payload_offset &&
	       a->payload_size == b->payload_size;
}

/* Made of a leaf that some granule has. */
static bool leaf_is_sound(uint8_t leaf_class)
{
	uint32_t granule_lg2 = leaf_class >> 2;

	return granule_lg2 == 12 || granule_lg2 == 14 || granule_lg2 == 16;
}

static bool payload_is_sound(const struct sv3_smmu *smmu, const struct sv3__cache *cache,
			     uint32_t entry)
{
	const void *payload = sv3__cache_payload(smmu, cache, entry);
	uint64_t tag = sv3__cache_keys(smmu, cache)[entry].tag;

	if (cache == &smmu->config_cache)
		return context_is_sound((const struct sv3__context *)payload);
	if (cache != &smmu->tlb)
		return true;
	return ((const struct sv3__tlb_entry *)payload)->span_lg2 == sv3__tag_span_lg2(tag) &&
	       leaf_is_sound(((const struct sv3__tlb_entry *)payload)->leaf_class);
}

/* Counts of spans must be those of the keys: lookups rely on them. */
static bool cache_is_sound(const struct sv3_smmu *smmu, const struct sv3__cache *cache)
{
	const struct sv3__key *keys = sv3__cache_keys(smmu, cache);
	uint32_t count[SV3__SPAN_COUNT] = { 0 };
	uint64_t live = 0;

	for (uint32_t entry = 0; entry < cache->entries; entry++) {
		if (keys[entry].tag == 0)
			continue;
		if (!payload_is_sound(smmu, cache, entry))
			return false;
		count[sv3__tag_span_lg2(keys[entry].tag)]++;
		live |= SV3_BIT(sv3__tag_span_lg2(keys[entry].tag));
	}
	return live == cache->live_spans && memcmp(count, cache->span_count, sizeof(count)) == 0 &&
	       (cache->latest < cache->entries || cache->latest == 0);
}

/* --- Slots --- */

static bool walk_is_sound(const struct sv3__walk *walk)
{
	return walk->level <= SV3_LEVEL_LAST && walk->span_lg2 < 64;
}

static bool slot_is_sound(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	bool fetches = slot->phase >= SV3__PHASE_L1STD && slot->phase <= SV3__PHASE_CD;

	if (slot->phase > SV3__PHASE_DONE || slot->purpose > SV3__FOR_OUTPUT ||
	    slot->access_kind > SV3__ACCESS_EXEC_PRIV || slot->txn.kind >= SV3_TXN_KIND_COUNT ||
	    slot->resume > SV3__RESUME_RAZ_WI || slot->fetch_done_bytes > 64)
		return false;
	if (slot->phase_after_cd != 0 && slot->phase_after_cd != SV3__PHASE_L1CD &&
	    slot->phase_after_cd != SV3__PHASE_CD)
		return false;
	if (slot->stall_next != SV3__NONE && slot->stall_next >= smmu->config.slot_count)
		return false;
	/* Only who is stalled is woken, and asks for nothing meanwhile. */
	if (slot->phase == SV3__PHASE_STALLED ? slot->asked : slot->woken)
		return false;
	if (slot->translated && (!leaf_is_sound(slot->leaf_class) || slot->result.span_lg2 >= 64))
		return false;
	/* While structures are fetched the context is only half filled. */
	if (slot->phase >= SV3__PHASE_TLB && slot->phase < SV3__PHASE_STALLED &&
	    slot->purpose != SV3__FOR_CD && !context_is_sound(&slot->context))
		return false;
	if (slot->purpose == SV3__FOR_CD && slot->context.stage2 && !fetches &&
	    slot->phase < SV3__PHASE_STALLED && slot->phase > SV3__PHASE_CONFIG &&
	    !ttb_is_sound(&slot->context.s2.ttb))
		return false;
	return slot->fault.rule < SV3__RULE_COUNT && walk_is_sound(&slot->s1) &&
	       walk_is_sound(&slot->s2) && walk_is_sound(&slot->output2);
}

/* Free slots are exactly those in the list, and the counts are right. */
static bool slots_are_sound(const struct sv3_smmu *smmu)
{
	uint32_t free_count = 0, listed_count = 0, marked_count = 0, woken_count = 0;

	for (uint32_t i = 0; i < smmu->config.slot_count; i++) {
		const struct sv3__slot *slot = sv3__slot(smmu, i);

		if (!slot_is_sound(smmu, slot))
			return false;
		free_count += slot->phase == SV3__PHASE_FREE;
		marked_count += slot->phase != SV3__PHASE_FREE && slot->marked;
		woken_count += slot->phase != SV3__PHASE_FREE && slot->woken;
	}
	for (uint32_t i = smmu->free_slot; i != SV3__NONE; i = sv3__slot(smmu, i)->next_free) {
		if (i >= smmu->config.slot_count || listed_count == free_count ||
		    sv3__slot(smmu, i)->phase != SV3__PHASE_FREE)
			return false;
		listed_count++;
	}
	return listed_count == free_count &&
	       smmu->active_count == smmu->config.slot_count - free_count &&
	       smmu->marked_count == marked_count && smmu->stalls.woken_count == woken_count &&
	       slot_is_sound(smmu, sv3__slot(smmu, smmu->config.slot_count));
}

/* The list of stall records that are due has an end, and its members are stalled. */
static bool stalls_are_sound(const struct sv3_smmu *smmu)
{
	uint32_t last = SV3__NONE, count = 0;

	for (uint32_t i = smmu->stalls.record_head; i != SV3__NONE;
	     i = sv3__slot(smmu, i)->stall_next) {
		if (i >= smmu->config.slot_count || count == smmu->config.slot_count ||
		    sv3__slot(smmu, i)->phase != SV3__PHASE_STALLED ||
		    !sv3__slot(smmu, i)->record_due)
			return false;
		last = i;
		count++;
	}
	return last == smmu->stalls.record_tail;
}

/* --- Jobs --- */

/* A job that is not busy has nothing out that a reply could come to, and one that writes has
 * something to write. */
static bool phases_are_sound(const struct sv3_smmu *smmu)
{
	const struct sv3__slot *prefetch = sv3__slot(smmu, smmu->config.slot_count);
	uint32_t phase = smmu->cmdq.phase;

	if (!smmu->cmdq.busy && phase != SV3__CMDQ_IDLE && phase != SV3__CMDQ_SYNC_WAIT)
		return false;
	if (phase == SV3__CMDQ_PREFETCH && prefetch->phase == SV3__PHASE_FREE)
		return false;
	if (smmu->evtq.phase != SV3__EVTQ_IDLE && !smmu->evtq.busy)
		return false;
	if (smmu->evtq.phase == SV3__EVTQ_WRITE && !smmu->evtq.stall_write && smmu->evtq.count == 0)
		return false;
	if (smmu->priq.phase != SV3__PRIQ_IDLE && !smmu->priq.busy)
		return false;
	return smmu->priq.phase != SV3__PRIQ_WRITE || smmu->priq.count > 0;
}

static bool jobs_are_sound(const struct sv3_smmu *smmu)
{
	return phases_are_sound(smmu) && smmu->cmdq.phase <= SV3__CMDQ_SEV &&
	       smmu->evtq.phase <= SV3__EVTQ_SIGNAL && smmu->evtq.head < smmu->evtq.capacity &&
	       smmu->evtq.count <= smmu->evtq.capacity && smmu->evtq.ahead <= smmu->evtq.count &&
	       smmu->active_count + smmu->evtq.count <= 2 * smmu->evtq.capacity &&
	       smmu->priq.head < SV3__PRI_RING && smmu->priq.count <= SV3__PRI_RING &&
	       smmu->priq.phase <= SV3__PRIQ_SIGNAL;
}

/* --- The block --- */

static bool has_layout_of(const struct sv3_smmu *smmu, const struct sv3_smmu *made)
{
	return smmu->size_bytes == made->size_bytes && smmu->oas_lg2 == made->oas_lg2 &&
	       smmu->slots_offset == made->slots_offset &&
	       smmu->stats_offset == made->stats_offset &&
	       smmu->evtq.capacity == made->evtq.capacity &&
	       smmu->evtq.records_offset == made->evtq.records_offset &&
	       is_same_cache(&smmu->tlb, &made->tlb) &&
	       is_same_cache(&smmu->walk_cache, &made->walk_cache) &&
	       is_same_cache(&smmu->config_cache, &made->config_cache);
}

int sv3_smmu_adopt(void *memory, size_t size, struct sv3_smmu **smmu)
{
	struct sv3_smmu *found = memory;
	struct sv3_smmu made;

	if (size < sizeof(*found) || ((uintptr_t)memory & 63) != 0)
		return -SV3_ERR_RANGE;
	if (found->magic != SV3__BLOCK_MAGIC || found->version != SV3__BLOCK_VERSION ||
	    sv3_smmu_config_check(&found->config, NULL) != 0)
		return -SV3_ERR_FORMAT;
	memset(&made, 0, sizeof(made));
	sv3__layout(&made, &found->config);
	if (size < made.size_bytes)
		return -SV3_ERR_RANGE;
	if (!has_layout_of(found, &made) || !cache_is_sound(found, &found->tlb) ||
	    !cache_is_sound(found, &found->walk_cache) ||
	    !cache_is_sound(found, &found->config_cache) || !slots_are_sound(found) ||
	    !stalls_are_sound(found) || !jobs_are_sound(found))
		return -SV3_ERR_FORMAT;
	*smmu = found;
	return 0;
}
