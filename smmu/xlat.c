/* SPDX-License-Identifier: MIT */
/*
 * xlat.c - all control flow of a transaction, as one switch over its phase.
 *
 *	CONFIG -> (L1STD -> STE -> L1CD -> CD) -> TLB -> WALK -> PERM -> (HTTU) -> DONE
 *
 * A phase does bounded work: it asks one need, or goes on to the next phase. Every decision is a
 *pure function of another file; what stands here is order, retries and what a fault becomes.
 */
#include "smmu_priv.h"

static bool is_probe(const struct sv3__slot *slot)
{
	return slot->txn.kind == SV3_TXN_PROBE;
}

static const struct sv3__ttb *ttb_of(const struct sv3__slot *slot)
{
	/* [DDI0487 D8.2.4] Bit 55 selects the table. */
	return &slot->context.ttb[slot->txn.iova >> 55 & 1];
}

/* --- How a transaction ends --- */

static void end(struct sv3__slot *slot, enum sv3_outcome outcome)
{
	slot->result.outcome = (uint8_t)outcome;
	slot->phase = SV3__PHASE_DONE;
}

static void end_ok(struct sv3__slot *slot, sv3_pa pa, uint32_t span_lg2, uint8_t flags)
{
	slot->result.pa = pa;
	slot->result.span_lg2 = (uint8_t)span_lg2;
	slot->result.flags |= flags;
	end(slot, SV3_OUTCOME_OK);
}

static void end_fault(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3_outcome outcome,
		      bool record, struct sv3__fault fault)
{
	if (!is_probe(slot) && !slot->prefetch)
		sv3__stats(smmu)->faults++;
	/* [IHI0070 3.14] Speculative traffic never records. */
	if (record && !slot->txn.speculative) {
		slot->result.event = (uint8_t)fault.event;
		if (!is_probe(slot))
			sv3__event_raise(smmu, slot, &fault);
	}
	end(slot, outcome);
}

/* Configuration errors and fetch aborts: the device sees an abort.
 * [IHI0070 3.12, 7.3.3 to 7.3.11] */
static void end_bad_config(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3_event event)
{
	bool record =
		event != SV3_EVENT_C_BAD_STREAMID || (smmu->regs[SV3__REG_CR2] & SV3_CR2_RECINVSID);
	bool is_fetch = event == SV3_EVENT_F_STE_FETCH || event == SV3_EVENT_F_CD_FETCH;

	end_fault(smmu, slot, SV3_OUTCOME_ABORT, record,
		  (struct sv3__fault){ .event = event, .fetch_pa = is_fetch ? slot->fetch_pa : 0 });
}

/* Faults of stage 1 follow the CD: A terminates by abort or RAZ/WI, R records. [IHI0070 5.5] */
static void end_stage1_fault(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3_event event)
{
	/* [IHI0070 3.14] A speculative access that cannot be translated is aborted, whatever A
	 * says. */
	bool abort = slot->context.abort || slot->txn.speculative;

	if (slot->context.stall && !slot->txn.speculative && !is_probe(slot)) {
		sv3__stall_begin(
			smmu, slot,
			&(struct sv3__fault){ .event = event, .event_class = SV3_EVT_CLASS_IN });
		return;
	}
	end_fault(smmu, slot, abort ? SV3_OUTCOME_ABORT : SV3_OUTCOME_RAZ_WI, slot->context.record,
		  (struct sv3__fault){ .event = event, .event_class = SV3_EVT_CLASS_IN });
}

/* An abort on a descriptor: always terminated by abort and recorded.
 * [IHI0070 3.12, 7.3.12] */
static void end_walk_abort(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	end_fault(smmu, slot, SV3_OUTCOME_ABORT, true,
		  (struct sv3__fault){ .event = SV3_EVENT_F_WALK_EABT,
				       .event_class = SV3_EVT_CLASS_TT,
				       .fetch_pa = slot->descriptor_pa });
}

static void end_bypass(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	/* [IHI0070 3.4, 7.3.14] Bypass beyond the address size: terminated by abort, and
	 * recorded. */
	if (slot->txn.iova >> smmu->oas_lg2 != 0) {
		end_fault(smmu, slot, SV3_OUTCOME_ABORT, true,
			  (struct sv3__fault){ .event = SV3_EVENT_F_ADDR_SIZE,
					       .event_class = SV3_EVT_CLASS_IN });
		return;
	}
	end_ok(slot, slot->txn.iova, 64, SV3_RESULT_BYPASS);
}

/* --- Needs --- */

static void ask_read(struct sv3__slot *slot, enum sv3_unit unit, sv3_pa pa, uint32_t size,
		     struct sv3_need *need)
{
	slot->asked = true;
	need->kind = SV3_NEED_READ;
	need->unit = unit;
	need->pa = pa;
	need->size = size;
}

/*
 * Read a structure of @size bytes at slot->fetch_pa into slot->fetched, in pieces of
 * config_fetch_bytes: IMPDEF(I-029) [IHI0070 3.21.3]. Returns: true when it is there; false after
 * asking for the next piece, or after ending in @abort_event.
 */
static bool fetch(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3_unit unit, uint32_t size,
		  enum sv3_event abort_event, const struct sv3_reply *reply, struct sv3_need *need)
{
	uint32_t piece =
		size < smmu->config.config_fetch_bytes ? size : smmu->config.config_fetch_bytes;

	if (!reply) {
		slot->fetch_done_bytes = 0;
	} else if (reply->status != SV3_BUS_OK) {
		end_bad_config(smmu, slot, abort_event);
		return false;
	} else {
		memcpy(slot->fetched + slot->fetch_done_bytes, reply->data, piece);
		slot->fetch_done_bytes += piece;
		if (slot->fetch_done_bytes == size)
			return true;
	}
	ask_read(slot, unit, slot->fetch_pa + slot->fetch_done_bytes, piece, need);
	return false;
}

/* Go on where @located says, or end with its event. */
static void go_to(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3__located located,
		  enum sv3__phase level1, enum sv3__phase level2)
{
	slot->fetch_pa = located.pa;
	slot->phase = (uint8_t)(located.two_level ? level1 : level2);
	if (located.event != SV3_EVENT_NONE)
		end_bad_config(smmu, slot, located.event);
}

/* --- Phases: configuration --- */

static void dispatch(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	if (slot->config_only) {
		end(slot, SV3_OUTCOME_ABORT);
		return;
	}
	slot->access_kind = (uint8_t)sv3__access_kind(&slot->context, &slot->txn);
	switch (slot->context.kind) {
	case SV3__STREAM_ABORT:
		/* [IHI0070 5.2 Config] aborted without an event */
		end_fault(smmu, slot, SV3_OUTCOME_ABORT, false, (struct sv3__fault){ 0 });
		break;
	case SV3__STREAM_BYPASS:
		end_bypass(smmu, slot);
		break;
	default:
		slot->phase = SV3__PHASE_TLB;
	}
}

static void disabled(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	/* [IHI0070 6.3.9.6, 3.4] SMMUEN = 0: GBPA decides; an address too large aborts without an
	 * event. */
	if ((smmu->regs[SV3__REG_GBPA] & SV3_GBPA_ABORT) || slot->txn.iova >> smmu->oas_lg2 != 0)
		end_fault(smmu, slot, SV3_OUTCOME_ABORT, false, (struct sv3__fault){ 0 });
	else
		end_ok(slot, slot->txn.iova, 64, SV3_RESULT_BYPASS);
}

static void phase_config(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	const struct sv3__context *cached;

	/* [IHI0070 3.14] A speculative write is aborted, without a trace, enabled or not. */
	if (slot->txn.speculative && slot->txn.write) {
		end_fault(smmu, slot, SV3_OUTCOME_ABORT, false, (struct sv3__fault){ 0 });
		return;
	}
	/* IMPDEF(I-030): a transaction takes the SMMUEN of this moment. [IHI0070 6.3.9.6] */
	if (!sv3__enabled(smmu, SV3_CR0_SMMUEN)) {
		disabled(smmu, slot);
		return;
	}
	/* A probe looks at memory as it is: it asks no cache, and so changes no order of use. */
	cached = is_probe(slot) ? NULL : sv3__config_lookup(smmu, &slot->txn);
	if (cached) {
		slot->context = *cached;
		dispatch(smmu, slot);
		return;
	}
	sv3__stats(smmu)->config_misses++;
	go_to(smmu, slot, sv3__locate_ste(smmu, slot->txn.stream_id), SV3__PHASE_L1STD,
	      SV3__PHASE_STE);
}

static void phase_l1std(struct sv3_smmu *smmu, struct sv3__slot *slot,
			const struct sv3_reply *reply, struct sv3_need *need)
{
	if (fetch(smmu, slot, SV3_UNIT_STE, 8, SV3_EVENT_F_STE_FETCH, reply, need))
		go_to(smmu, slot,
		      sv3__locate_ste_level2(smmu, slot->txn.stream_id, sv3_le64(slot->fetched)),
		      SV3__PHASE_STE, SV3__PHASE_STE);
}

static void ste_arrived(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	for (uint32_t i = 0; i < 8; i++)
		slot->ste[i] = sv3_le64(slot->fetched + 8 * i);
	if (!sv3__ste_decode(smmu, slot->ste, &slot->context)) {
		end_bad_config(smmu, slot, SV3_EVENT_C_BAD_STE);
		return;
	}
	if (slot->context.kind == SV3__STREAM_TRANSLATE) {
		if (sv3__ste_bypasses_stage1(smmu, slot->ste, &slot->txn)) {
			slot->context.kind = SV3__STREAM_BYPASS;
		} else {
			go_to(smmu, slot, sv3__locate_cd(smmu, slot->ste, &slot->txn),
			      SV3__PHASE_L1CD, SV3__PHASE_CD);
			return;
		}
	} else if (slot->context.kind == SV3__STREAM_BYPASS && slot->txn.substream_valid) {
		/* [IHI0070 7.3.9] a SubstreamID where stage 1 is not enabled */
		end_bad_config(smmu, slot, SV3_EVENT_C_BAD_SUBSTREAMID);
		return;
	}
	sv3__config_fill(smmu, slot);
	dispatch(smmu, slot);
}

static void phase_ste(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		      struct sv3_need *need)
{
	if (fetch(smmu, slot, SV3_UNIT_STE, SV3_STE_SIZE_BYTES, SV3_EVENT_F_STE_FETCH, reply, need))
		ste_arrived(smmu, slot);
}

static void phase_l1cd(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		       struct sv3_need *need)
{
	if (fetch(smmu, slot, SV3_UNIT_CD, 8, SV3_EVENT_F_CD_FETCH, reply, need))
		go_to(smmu, slot,
		      sv3__locate_cd_level2(smmu, slot->ste, &slot->txn, sv3_le64(slot->fetched)),
		      SV3__PHASE_CD, SV3__PHASE_CD);
}

static void phase_cd(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		     struct sv3_need *need)
{
	uint64_t cd[8];

	if (!fetch(smmu, slot, SV3_UNIT_CD, SV3_CD_SIZE_BYTES, SV3_EVENT_F_CD_FETCH, reply, need))
		return;
	for (uint32_t i = 0; i < 8; i++)
		cd[i] = sv3_le64(slot->fetched + 8 * i);
	if (!sv3__cd_decode(smmu, cd, &slot->context)) {
		end_bad_config(smmu, slot, SV3_EVENT_C_BAD_CD);
		return;
	}
	sv3__config_fill(smmu, slot);
	dispatch(smmu, slot);
}

/* --- Phases: translation --- */

/* Ask for the descriptor of the slot's address in its table. */
static void ask_descriptor(struct sv3__slot *slot, const struct sv3__ttb *ttb,
			   struct sv3_need *need)
{
	slot->descriptor_pa =
		sv3__walk_descriptor_pa(ttb, slot->table, slot->level, slot->txn.iova);
	ask_read(slot, (enum sv3_unit)(SV3_UNIT_S1_L0 + slot->level), slot->descriptor_pa, 8, need);
}

static void begin_walk(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3_need *need)
{
	const struct sv3__ttb *ttb = ttb_of(slot);

	slot->phase = SV3__PHASE_WALK;
	slot->table = ttb->table;
	slot->level = ttb->start_level;
	slot->limits = 0;
	/* After a change of memory under the walk everything is read again, from the first level
	 * on. */
	if (!slot->from_first_level && !is_probe(slot) &&
	    sv3__walk_cache_lookup(smmu, &slot->context, ttb, slot))
		sv3__stats(smmu)->walk_cache_hits++;
	ask_descriptor(slot, ttb, need);
}

static void phase_tlb(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3_need *need)
{
	const struct sv3__ttb *ttb = ttb_of(slot);
	const struct sv3__tlb_entry *entry;
	const struct sv3__key *key;
	uint32_t found;

	/* [DDI0487 D8.2.4, I_ZFSYQ] A disabled table, or an address outside its range: no access is
	 * made at all. IMPDEF(I-021): nor is the TLB asked. [IHI0070 5.4.1.1] */
	if (ttb->disabled || !sv3__input_in_range(ttb, slot->txn.iova)) {
		end_stage1_fault(smmu, slot, SV3_EVENT_F_TRANSLATION);
		return;
	}
	found = is_probe(slot) || smmu->tlb.entries == 0
			? SV3__NONE
			: sv3__tlb_lookup(smmu, &slot->context, ttb, slot->txn.iova);
	if (found != SV3__NONE) {
		entry = sv3__cache_payload(smmu, &smmu->tlb, found);
		key = &sv3__cache_keys(smmu, &smmu->tlb)[found];
		if (entry->allowed >> slot->access_kind & 1) {
			sv3__stats(smmu)->tlb_hits++;
			slot->translated = true;
			slot->leaf_class = (uint8_t)sv3__tag_class(key->tag);
			slot->global = (key->context_mask & 0xffffu) == 0;
			end_ok(slot, entry->pa | (slot->txn.iova & (SV3_BIT(entry->span_lg2) - 1)),
			       entry->span_lg2,
			       (uint8_t)(SV3_RESULT_TLB_HIT |
					 (slot->txn.write ? SV3_RESULT_DIRTY_KNOWN : 0)));
			return;
		}
		/* IMPDEF(I-015): an entry that one access may use refuses another without a walk.
		 * [DDI0487 D8.2.1] */
		if (!(entry->upgradable >> slot->access_kind & 1)) {
			sv3__stats(smmu)->tlb_hits++;
			end_stage1_fault(smmu, slot, SV3_EVENT_F_PERMISSION);
			return;
		}
		/* [DDI0487 D8.5.2.1, R_SGJBL] Writable-clean: what the TLB says must be verified in
		 * memory. IMPDEF(I-020): by a walk, and the entry is filled anew. */
	}
	if (!is_probe(slot) && slot->result.walk_restarts == 0)
		sv3__stats(smmu)->tlb_misses++;
	begin_walk(smmu, slot, need);
}

static void phase_walk(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		       struct sv3_need *need)
{
	const struct sv3__ttb *ttb = ttb_of(slot);
	struct sv3__walked walked;

	slot->result.walk_reads++;
	sv3__stats(smmu)->walk_reads++;
	if (reply->status != SV3_BUS_OK) {
		end_walk_abort(smmu, slot);
		return;
	}
	slot->descriptor = sv3_le64(reply->data);
	walked = sv3__walk_level(ttb, slot->context.output_size_lg2, slot->level, slot->descriptor);
	switch (walked.step) {
	case SV3__STEP_TABLE:
		slot->limits |= walked.limits;
		if (!is_probe(slot))
			sv3__walk_cache_fill(smmu, slot, ttb, walked.pa, slot->limits);
		slot->table = walked.pa;
		slot->level++;
		ask_descriptor(slot, ttb, need);
		break;
	case SV3__STEP_LEAF:
		slot->table = walked.pa;
		slot->phase = SV3__PHASE_PERM;
		break;
	case SV3__STEP_TRANSLATION:
		end_stage1_fault(smmu, slot, SV3_EVENT_F_TRANSLATION);
		break;
	case SV3__STEP_ADDR_SIZE:
		end_stage1_fault(smmu, slot, SV3_EVENT_F_ADDR_SIZE);
		break;
	}
}

/* The leaf is in memory as slot->descriptor says, and allows the access. */
static void end_translated(struct sv3_smmu *smmu, struct sv3__slot *slot, bool was_dirtied)
{
	const struct sv3__ttb *ttb = ttb_of(slot);
	uint32_t span_lg2 = sv3_vmsa_span_lg2(ttb->granule_lg2, slot->level);
	bool dirty_known = slot->txn.write && !was_dirtied;

	slot->global = !(slot->descriptor & SV3_PTE_NG);
	slot->leaf_class = (uint8_t)sv3__class(ttb->granule_lg2, slot->level);
	slot->translated = true;
	end_ok(slot, slot->table | (slot->txn.iova & (SV3_BIT(span_lg2) - 1)), span_lg2,
	       dirty_known ? SV3_RESULT_DIRTY_KNOWN : 0);
	if (!is_probe(slot))
		sv3__tlb_fill(smmu, slot, ttb);
}

/* Whether the update that is due makes the leaf writable-dirty, and does not set its access flag
 * alone. */
static bool is_dirtying(const struct sv3__slot *slot)
{
	return ((slot->descriptor ^ slot->updated) & SV3_PTE_AP2_RDONLY) != 0;
}

static void phase_perm(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__permissions permissions =
		sv3__perm_check(&slot->context, slot->limits, slot->descriptor);

	slot->allowed = permissions.allowed;
	slot->upgradable = permissions.upgradable;
	switch (sv3__httu_next(&slot->context, slot->descriptor, slot->access_kind, permissions,
			       &slot->updated)) {
	case SV3__HTTU_NOTHING:
		end_translated(smmu, slot, false);
		break;
	case SV3__HTTU_UPDATE:
		if (is_probe(slot))
			end_translated(smmu, slot, is_dirtying(slot));
		else
			slot->phase = SV3__PHASE_HTTU;
		break;
	case SV3__HTTU_ACCESS:
		end_stage1_fault(smmu, slot, SV3_EVENT_F_ACCESS);
		break;
	case SV3__HTTU_PERMISSION:
		end_stage1_fault(smmu, slot, SV3_EVENT_F_PERMISSION);
		break;
	}
}

static void count_update(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3_smmu_stats *stats = sv3__stats(smmu);
	uint64_t changed = slot->descriptor ^ slot->updated;

	stats->httu_updates++;
	if (changed & SV3_PTE_AF) {
		stats->httu_af++;
		slot->result.flags |= SV3_RESULT_AF_SET;
	}
	if (changed & SV3_PTE_AP2_RDONLY) {
		stats->httu_dirty++;
		slot->result.flags |= SV3_RESULT_DIRTY_SET;
	}
}

static void restart(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__phase phase)
{
	slot->result.walk_restarts++;
	sv3__stats(smmu)->walk_restarts++;
	slot->phase = (uint8_t)phase;
}

static void phase_httu(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		       struct sv3_need *need)
{
	const bool dirties = is_dirtying(slot);

	if (!reply) {
		slot->asked = true;
		need->kind = SV3_NEED_CAS64;
		need->unit = SV3_UNIT_HTTU;
		need->pa = slot->descriptor_pa;
		need->size = 8;
		need->expect = slot->descriptor;
		need->desired = slot->updated;
		return;
	}
	if (reply->status != SV3_BUS_OK) {
		end_walk_abort(smmu, slot);
		return;
	}
	if (reply->old != slot->descriptor) {
		/* [DDI0487 D8.5.2.1, I_YZSVV] Memory changed: what it says now decides, from the
		 * first level on. */
		slot->from_first_level = true;
		restart(smmu, slot, SV3__PHASE_WALK);
		begin_walk(smmu, slot, need);
		return;
	}
	count_update(smmu, slot);
	if (!(slot->updated & SV3_PTE_AP2_RDONLY)) {
		/* What the update was for is allowed now: the same as asking sv3__perm_check()
		 * again. */
		slot->allowed |= slot->upgradable;
		slot->upgradable = 0;
	}
	slot->descriptor = slot->updated;
	end_translated(smmu, slot, dirties);
}

/* --- The machine --- */

/* Stalled: it waits until software or the hardware has decided how it goes on. */
static void phase_stalled(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3_need *need)
{
	if (!slot->woken) {
		need->kind = SV3_NEED_WAIT;
		return;
	}
	sv3__stall_end(smmu, slot);
	sv3__unmark(smmu, slot);
	if (slot->resume == SV3__RESUME_RETRY)
		slot->phase = SV3__PHASE_CONFIG;
	else
		end_fault(smmu, slot,
			  slot->resume == SV3__RESUME_ABORT ? SV3_OUTCOME_ABORT
							    : SV3_OUTCOME_RAZ_WI,
			  false, (struct sv3__fault){ 0 });
}

/*
 * An invalidation hit a transaction before its end. Its access in flight has just been answered, so
 * that no access rests on what was removed any more: SYNC need not wait, and all is looked up anew.
 * [IHI0070 3.21.1]
 */
static void restart_marked(struct sv3_smmu *smmu, struct sv3__slot *slot,
			   const struct sv3_reply *reply)
{
	if (slot->phase == SV3__PHASE_HTTU && reply && reply->status == SV3_BUS_OK &&
	    reply->old == slot->descriptor)
		count_update(smmu, slot); /* it was written: that cannot be taken back */
	sv3__unmark(smmu, slot);
	restart(smmu, slot, SV3__PHASE_CONFIG);
}

void sv3__xlat_step(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		    struct sv3_need *need)
{
	SV3_ASSERT(slot->phase != SV3__PHASE_FREE);
	SV3_ASSERT(slot->asked == (reply != NULL));
	slot->asked = false;
	need->kind = SV3_NEED_NONE;
	if (slot->marked && slot->phase != SV3__PHASE_DONE && slot->phase != SV3__PHASE_STALLED) {
		restart_marked(smmu, slot, reply);
		reply = NULL;
	}
	do {
		switch ((enum sv3__phase)slot->phase) {
		case SV3__PHASE_CONFIG:
			phase_config(smmu, slot);
			break;
		case SV3__PHASE_L1STD:
			phase_l1std(smmu, slot, reply, need);
			break;
		case SV3__PHASE_STE:
			phase_ste(smmu, slot, reply, need);
			break;
		case SV3__PHASE_L1CD:
			phase_l1cd(smmu, slot, reply, need);
			break;
		case SV3__PHASE_CD:
			phase_cd(smmu, slot, reply, need);
			break;
		case SV3__PHASE_TLB:
			phase_tlb(smmu, slot, need);
			break;
		case SV3__PHASE_WALK:
			phase_walk(smmu, slot, reply, need);
			break;
		case SV3__PHASE_PERM:
			phase_perm(smmu, slot);
			break;
		case SV3__PHASE_HTTU:
			phase_httu(smmu, slot, reply, need);
			break;
		case SV3__PHASE_STALLED:
			phase_stalled(smmu, slot, need);
			break;
		case SV3__PHASE_FREE:
		case SV3__PHASE_DONE:
			need->kind = SV3_NEED_DONE;
			break;
		}
		reply = NULL; /* it was for the first phase of this step */
	} while (need->kind == SV3_NEED_NONE);
}

/* --- Marks --- */

static void mark(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	if (!slot->marked)
		smmu->marked_count++;
	slot->marked = true;
}

void sv3__unmark(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	if (slot->marked)
		smmu->marked_count--;
	slot->marked = false;
}

/* Whether an invalidation concerns a transaction: widely during its walk, which may end in a block
 * that the range touches anywhere; exactly when its leaf is known. */
static bool is_concerned(const struct sv3__slot *slot, const struct sv3__tlbi *tlbi)
{
	uint32_t apart = slot->context.tag_context ^ tlbi->context;
	uint64_t span, first;

	if (slot->phase < SV3__PHASE_TLB)
		return false;
	if (slot->phase != SV3__PHASE_DONE)
		return (apart & tlbi->context_mask & 0xffff0000u) == 0;
	if (!slot->translated)
		return false;

	span = SV3_BIT(sv3__class_span_lg2(slot->leaf_class));
	first = slot->txn.iova & SV3__VA_MASK & ~(span - 1);
	return first <= tlbi->last && first + (span - 1) >= tlbi->first &&
	       sv3__tlbi_takes(tlbi, apart, slot->global, slot->leaf_class, true);
}

void sv3__mark_by_tlbi(struct sv3_smmu *smmu, const struct sv3__tlbi *tlbi)
{
	uint32_t left = smmu->active_count;

	for (uint32_t i = 0; left > 0; i++) {
		struct sv3__slot *slot = sv3__slot(smmu, i);

		if (slot->phase == SV3__PHASE_FREE)
			continue;
		left--;
		if (is_concerned(slot, tlbi))
			mark(smmu, slot);
	}
}

void sv3__mark_by_cfgi(struct sv3_smmu *smmu, const struct sv3__cfgi *cfgi)
{
	uint32_t left = smmu->active_count;

	for (uint32_t i = 0; left > 0; i++) {
		struct sv3__slot *slot = sv3__slot(smmu, i);

		if (slot->phase == SV3__PHASE_FREE)
			continue;
		left--;
		if (slot->txn.stream_id >= cfgi->stream_first &&
		    slot->txn.stream_id <= cfgi->stream_last)
			mark(smmu, slot);
	}
}
