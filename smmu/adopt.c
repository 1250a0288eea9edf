/* SPDX-License-Identifier: MIT */
/*
 * adopt.c - is what stands in memory a block? Everything that later code takes for granted is
 * checked: offsets, indexes, lists, enumerations, truth values, geometry of tables, and that what
 * waits for an answer is what says so.
 *
 * What a register or an entry says is not judged here: any of it could have been.
 */
#include "xlat_priv.h"

/* --- Truth values: a byte that is neither 0 nor 1 must not even be looked at as a bool. --- */

struct bools {
	const uint16_t *offsets;
	size_t count;
};

#define AT(type, member) ((uint16_t)offsetof(struct type, member))
#define BOOLS(list)      ((struct bools){ list, sizeof(list) / sizeof((list)[0]) })

static const uint16_t ttb_bools[] = {
	AT(sv3__ttb, disabled),
	AT(sv3__ttb, top_byte_ignored),
	AT(sv3__ttb, no_hierarchy),
	AT(sv3__ttb, output_is_52),
};

static const uint16_t context_bools[] = {
	AT(sv3__context, aset),
	AT(sv3__context, ha),
	AT(sv3__context, hd),
	AT(sv3__context, affd),
	AT(sv3__context, wxn),
	AT(sv3__context, pan),
	AT(sv3__context, abort),
	AT(sv3__context, record),
	AT(sv3__context, stall),
	AT(sv3__context, big_endian),
	AT(sv3__context, stage1),
	AT(sv3__context, stage2),
	AT(sv3__context, mev),
	AT(sv3__context, memory_override),
	AT(sv3__context, abort_is_silent_ur),
	AT(sv3__context, s2.ha),
	AT(sv3__context, s2.hd),
	AT(sv3__context, s2.affd),
	AT(sv3__context, s2.ptw),
	AT(sv3__context, s2.fwb),
	AT(sv3__context, s2.big_endian),
	AT(sv3__context, s2.stall),
	AT(sv3__context, s2.record),
};

static const uint16_t slot_bools[] = {
	AT(sv3__slot, txn.substream_valid),
	AT(sv3__slot, txn.write),
	AT(sv3__slot, txn.privileged),
	AT(sv3__slot, txn.instruction),
	AT(sv3__slot, txn.speculative),
	AT(sv3__slot, txn.atomic),
	AT(sv3__slot, fault.stage2),
	AT(sv3__slot, fault.table_read),
	AT(sv3__slot, fault.read_refused),
	AT(sv3__slot, fault.stall),
	AT(sv3__slot, translated),
	AT(sv3__slot, global),
	AT(sv3__slot, rests_on_tables),
	AT(sv3__slot, marked),
	AT(sv3__slot, from_first_level),
	AT(sv3__slot, missed),
	AT(sv3__slot, fault_waits),
	AT(sv3__slot, asked),
	AT(sv3__slot, prefetch),
	AT(sv3__slot, config_only),
	AT(sv3__slot, has_context),
	AT(sv3__slot, has_fetched),
	AT(sv3__slot, woken),
	AT(sv3__slot, has_stag),
	AT(sv3__slot, record_due),
	AT(sv3__slot, s1.hit),
	AT(sv3__slot, s2.hit),
	AT(sv3__slot, output2.hit),
};

static const uint16_t request_bools[] = {
	AT(sv3_page_request, substream_valid), AT(sv3_page_request, read),
	AT(sv3_page_request, write),           AT(sv3_page_request, execute),
	AT(sv3_page_request, privileged),      AT(sv3_page_request, last),
};

static const uint16_t block_bools[] = {
	AT(sv3_smmu, tlb.has_pieces),
	AT(sv3_smmu, walk_cache.has_pieces),
	AT(sv3_smmu, config_cache.has_pieces),
	AT(sv3_smmu, cmdq.busy),
	AT(sv3_smmu, cmdq.atc_timed_out),
	AT(sv3_smmu, cmdq.sev_due),
	AT(sv3_smmu, cmdq.invalidated),
	AT(sv3_smmu, evtq.busy),
	AT(sv3_smmu, evtq.interrupt_due),
	AT(sv3_smmu, evtq.stall_write),
	AT(sv3_smmu, evtq.stall_write_ahead),
	AT(sv3_smmu, gerror.interrupt_due),
	AT(sv3_smmu, gerror.busy),
	AT(sv3_smmu, priq.busy),
	AT(sv3_smmu, priq.interrupt_due),
	AT(sv3_smmu, pmcg.counting),
	AT(sv3_smmu, pmcg.interrupt_due),
	AT(sv3_smmu, pmcg.busy),
	AT(sv3_smmu, fast_path),
};

static bool are_bools(const void *object, struct bools list)
{
	const uint8_t *bytes = object;

	for (size_t i = 0; i < list.count; i++)
		if (bytes[list.offsets[i]] > 1)
			return false;
	return true;
}

static bool context_bools_are_sound(const struct sv3__context *context)
{
	return are_bools(context, BOOLS(context_bools)) &&
	       are_bools(&context->ttb[0], BOOLS(ttb_bools)) &&
	       are_bools(&context->ttb[1], BOOLS(ttb_bools)) &&
	       are_bools(&context->s2.ttb, BOOLS(ttb_bools));
}

static bool block_bools_are_sound(const struct sv3_smmu *smmu)
{
	for (uint32_t i = 0; i < SV3__PRI_RING; i++)
		if (!are_bools(&smmu->priq.ring[i], BOOLS(request_bools)))
			return false;
	return are_bools(smmu, BOOLS(block_bools));
}

/* --- Contexts --- */

static bool granule_is_sound(uint32_t granule_lg2)
{
	return granule_lg2 == 12 || granule_lg2 == 14 || granule_lg2 == 16;
}

static bool ttb_is_sound(const struct sv3__ttb *ttb)
{
	uint32_t span_lg2;

	if (!granule_is_sound(ttb->granule_lg2) || ttb->start_level > SV3_LEVEL_LAST)
		return false;
	span_lg2 = sv3_vmsa_span_lg2(ttb->granule_lg2, ttb->start_level);
	return ttb->input_size_lg2 > span_lg2 && ttb->input_size_lg2 <= 52;
}

static bool stage2_is_sound(const struct sv3__context *context)
{
	return !context->stage2 ||
	       (ttb_is_sound(&context->s2.ttb) && context->s2.output_size_lg2 <= 52);
}

/* As an STE alone leaves it: the CD may still be to come. */
static bool begun_context_is_sound(const struct sv3__context *context)
{
	return context_bools_are_sound(context) && context->kind <= SV3__STREAM_TRANSLATE &&
	       context->regime <= SV3__REGIME_STAGE2;
}

static bool context_is_sound(const struct sv3__context *context)
{
	if (!begun_context_is_sound(context))
		return false;
	if (context->kind != SV3__STREAM_TRANSLATE)
		return true;
	for (uint32_t i = 0; i < 2; i++)
		if (!context->ttb[i].disabled && !ttb_is_sound(&context->ttb[i]))
			return false;
	return context->output_size_lg2 <= 52 && stage2_is_sound(context);
}

/* --- Caches --- */

static bool is_same_cache(const struct sv3__cache *a, const struct sv3__cache *b)
{
	return a->entries == b->entries && a->ways == b->ways && a->ways_lg2 == b->ways_lg2 &&
	       a->set_mask == b->set_mask && a->keys_offset == b->keys_offset &&
	       a->orders_offset == b->orders_offset && a->payload_offset == b->payload_offset &&
	       a->payload_size == b->payload_size;
}

static bool payload_is_sound(const struct sv3_smmu *smmu, const struct sv3__cache *cache,
			     uint32_t entry)
{
	const void *payload = sv3__cache_payload(smmu, cache, entry);
	uint64_t tag = sv3__cache_keys(smmu, cache)[entry].tag;
	const struct sv3__tlb_entry *leaf = payload;

	if (cache == &smmu->config_cache)
		return context_is_sound((const struct sv3__context *)payload);
	return cache != &smmu->tlb || (leaf->span_lg2 == sv3__tag_span_lg2(tag) &&
				       granule_is_sound(leaf->leaf_class >> 2));
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

/* A need is out in these phases and no other; between steps a slot is in one of them, not begun,
 * stalled, done, or free. */
static bool phase_asks(uint32_t phase)
{
	switch (phase) {
	case SV3__PHASE_L1STD:
	case SV3__PHASE_STE:
	case SV3__PHASE_L1CD:
	case SV3__PHASE_CD:
	case SV3__PHASE_S1_READ:
	case SV3__PHASE_S1_UPDATE:
	case SV3__PHASE_S2_READ:
	case SV3__PHASE_S2_UPDATE:
		return true;
	default:
		return false;
	}
}

static bool phase_is_sound(const struct sv3__slot *slot)
{
	return slot->asked == phase_asks(slot->phase) &&
	       (slot->asked || slot->phase <= SV3__PHASE_CONFIG ||
		slot->phase == SV3__PHASE_STALLED || slot->phase == SV3__PHASE_DONE);
}

/* The next piece of a structure must fit behind those that have come. */
static bool fetch_is_sound(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	bool first_level = slot->phase == SV3__PHASE_L1STD || slot->phase == SV3__PHASE_L1CD;
	uint32_t bytes = first_level ? 8 : 64;
	uint32_t piece = smmu->config.config_fetch_bytes;

	if (slot->phase < SV3__PHASE_L1STD || slot->phase > SV3__PHASE_CD)
		return true;
	return slot->fetch_done_bytes < bytes && slot->fetch_done_bytes % piece == 0;
}

/* As much of it as the phase relies on. */
static bool slot_context_is_sound(const struct sv3__slot *slot)
{
	switch (slot->phase) {
	case SV3__PHASE_FREE:
	case SV3__PHASE_CONFIG:
	case SV3__PHASE_L1STD:
	case SV3__PHASE_STE:
	case SV3__PHASE_STALLED:
	case SV3__PHASE_DONE:
		return begun_context_is_sound(&slot->context);
	case SV3__PHASE_L1CD:
	case SV3__PHASE_CD:
		return begun_context_is_sound(&slot->context) && stage2_is_sound(&slot->context);
	case SV3__PHASE_S2_READ:
	case SV3__PHASE_S2_UPDATE:
		if (slot->purpose == SV3__FOR_CD)
			return begun_context_is_sound(&slot->context) && slot->context.stage2 &&
			       stage2_is_sound(&slot->context) &&
			       (slot->phase_after_cd == SV3__PHASE_L1CD ||
				slot->phase_after_cd == SV3__PHASE_CD);
		return slot->context.stage2 && context_is_sound(&slot->context);
	default:
		return context_is_sound(&slot->context);
	}
}

/* A stalled transaction is named when it was told how it goes on, and only then; its record is due
 * until then at the latest. */
static bool stall_is_sound(const struct sv3__slot *slot)
{
	if (slot->phase != SV3__PHASE_STALLED)
		return !slot->woken && !slot->has_stag && !slot->record_due;
	return slot->woken == (slot->resume != SV3__RESUME_NOT_YET) &&
	       (!slot->record_due || (slot->has_stag && !slot->woken));
}

static bool slot_is_sound(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	if (!are_bools(slot, BOOLS(slot_bools)) || slot->phase > SV3__PHASE_DONE ||
	    slot->purpose > SV3__FOR_OUTPUT || slot->access_kind > SV3__ACCESS_EXEC_PRIV ||
	    slot->txn.kind >= SV3_TXN_KIND_COUNT || slot->txn.tbu_index >= smmu->config.tbu_count ||
	    slot->resume > SV3__RESUME_RAZ_WI || slot->result.outcome >= SV3_OUTCOME_COUNT ||
	    slot->fault.rule >= SV3__RULE_COUNT)
		return false;
	/* What an invalidation names is compared with all bytes of the leaf. */
	if (slot->translated &&
	    (!granule_is_sound(slot->leaf_class >> 2) || slot->result.span_lg2 >= 64))
		return false;
	return phase_is_sound(slot) && fetch_is_sound(smmu, slot) && slot_context_is_sound(slot) &&
	       stall_is_sound(slot) && walk_is_sound(&slot->s1) && walk_is_sound(&slot->s2) &&
	       walk_is_sound(&slot->output2);
}

/* The slot of prefetches is in use while the command queue waits for it. */
static bool prefetch_is_sound(const struct sv3_smmu *smmu)
{
	const struct sv3__slot *slot = sv3__slot(smmu, smmu->config.slot_count);

	if (!slot_is_sound(smmu, slot) || slot->marked)
		return false;
	if (smmu->cmdq.phase != SV3__CMDQ_PREFETCH)
		return slot->phase == SV3__PHASE_FREE;
	return slot->asked && slot->prefetch && smmu->cmdq.prefetch_left > 0 &&
	       smmu->cmdq.prefetch_left <= SV3__PREFETCH_MAX;
}

/* Free slots are exactly those in the list, and the counts are right. */
static bool slots_are_sound(const struct sv3_smmu *smmu)
{
	uint32_t free_count = 0, listed_count = 0, marked_count = 0, woken_count = 0;
	uint32_t stag_count = 0, ended_count = 0;

	for (uint32_t i = 0; i < smmu->config.slot_count; i++) {
		const struct sv3__slot *slot = sv3__slot(smmu, i);

		if (!slot_is_sound(smmu, slot))
			return false;
		free_count += slot->phase == SV3__PHASE_FREE;
		ended_count += slot->phase == SV3__PHASE_DONE;
		marked_count += slot->phase != SV3__PHASE_FREE && slot->marked;
		woken_count += slot->woken;
		stag_count += slot->has_stag;
	}
	for (uint32_t i = smmu->free_slot; i != SV3__NONE; i = sv3__slot(smmu, i)->next_free) {
		if (i >= smmu->config.slot_count || listed_count == free_count ||
		    sv3__slot(smmu, i)->phase != SV3__PHASE_FREE)
			return false;
		listed_count++;
	}
	/* Whoever has not ended must still find room for its record. */
	return listed_count == free_count &&
	       smmu->active_count == smmu->config.slot_count - free_count &&
	       smmu->active_count - ended_count + smmu->evtq.count <= smmu->evtq.capacity &&
	       smmu->marked_count == marked_count && smmu->stalls.woken_count == woken_count &&
	       smmu->stalls.count == stag_count;
}

/* The list of stall records that are due has an end, and holds all of them. */
static bool stall_records_are_sound(const struct sv3_smmu *smmu)
{
	uint32_t last = SV3__NONE, listed_count = 0, due_count = 0;

	for (uint32_t i = 0; i < smmu->config.slot_count; i++)
		due_count += sv3__slot(smmu, i)->record_due;
	for (uint32_t i = smmu->stalls.record_head; i != SV3__NONE;
	     i = sv3__slot(smmu, i)->stall_next) {
		if (i >= smmu->config.slot_count || listed_count == due_count ||
		    !sv3__slot(smmu, i)->record_due)
			return false;
		last = i;
		listed_count++;
	}
	return listed_count == due_count && last == smmu->stalls.record_tail;
}

/* --- Jobs --- */

/* Busy is the job that waits for an answer. */
static bool cmdq_is_sound(const struct sv3__cmdq *cmdq)
{
	bool rests = cmdq->phase == SV3__CMDQ_IDLE || cmdq->phase == SV3__CMDQ_SYNC_WAIT;

	return cmdq->phase <= SV3__CMDQ_SEV && cmdq->busy == !rests;
}

/* What is being written is the oldest of the ring, or the record of a stall. */
static bool evtq_is_sound(const struct sv3__evtq *evtq)
{
	bool writes = evtq->phase == SV3__EVTQ_WRITE;

	return evtq->phase <= SV3__EVTQ_SIGNAL && evtq->busy == (evtq->phase != SV3__EVTQ_IDLE) &&
	       evtq->head < evtq->capacity && evtq->count <= evtq->capacity &&
	       evtq->ahead <= evtq->count && (!writes || evtq->stall_write || evtq->count > 0) &&
	       (writes || !evtq->stall_write) && (evtq->stall_write || !evtq->stall_write_ahead);
}

static bool priq_is_sound(const struct sv3__priq *priq)
{
	return priq->phase <= SV3__PRIQ_SIGNAL && priq->busy == (priq->phase != SV3__PRIQ_IDLE) &&
	       priq->head < SV3__PRI_RING && priq->count <= SV3__PRI_RING &&
	       (priq->phase != SV3__PRIQ_WRITE || priq->count > 0);
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

static bool block_is_sound(const struct sv3_smmu *smmu, const struct sv3_smmu *made)
{
	return has_layout_of(smmu, made) && block_bools_are_sound(smmu) &&
	       smmu->fast_path == sv3__fast_path_is_open(smmu) &&
	       cache_is_sound(smmu, &smmu->tlb) && cache_is_sound(smmu, &smmu->walk_cache) &&
	       cache_is_sound(smmu, &smmu->config_cache) && cmdq_is_sound(&smmu->cmdq) &&
	       evtq_is_sound(&smmu->evtq) && priq_is_sound(&smmu->priq) && slots_are_sound(smmu) &&
	       prefetch_is_sound(smmu) && stall_records_are_sound(smmu);
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
	sv3__layout(&made, &found->config);
	if (size < made.size_bytes)
		return -SV3_ERR_RANGE;
	if (!block_is_sound(found, &made))
		return -SV3_ERR_FORMAT;
	*smmu = found;
	return 0;
}
