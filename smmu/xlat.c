/* SPDX-License-Identifier: MIT */
/*
 * xlat.c - all control flow of a transaction, as one switch over its phase.
 *
 *	CONFIG -> (L1STD -> STE -> L1CD -> CD) -> TLB -> S1_READ .. -> S1_LEAF -> OUTPUT -> DONE
 *
 * Where stage 2 is on, every intermediate address (of a CD, of a stage-1 descriptor to be read or
 * written, and the output of stage 1) takes the way S2_TLB -> S2_READ .. -> S2_LEAF (-> S2_UPDATE)
 * and comes back to what it was for. A phase does bounded work: it asks one need, or goes on to the
 * next phase. Every decision is a pure function of another file, and how a transaction ends stands
 *in verdict.c; what stands here is order and retries.
 *
 * Order of updates with two stages: the output address is looked up in stage 2 first, its update is
 * held back; then the stage-1 leaf is updated, which may make the stage-2 leaf of its table dirty;
 *then the held update is made. So no stage is dirty on account of an access that another stage
 *refuses. [IHI0070 3.13.5] [DDI0487 R_DYCFD, I_CVNQR]
 */
#include "smmu_priv.h"

static bool is_probe(const struct sv3__slot *slot)
{
	return slot->txn.kind == SV3_TXN_PROBE;
}

static bool is_ats_request(const struct sv3__slot *slot)
{
	return slot->txn.kind == SV3_TXN_ATS_REQUEST;
}

static const struct sv3__ttb *ttb_of(const struct sv3__slot *slot)
{
	/* [DDI0487 D8.2.4] Bit 55 selects the table. */
	return &slot->context.ttb[slot->txn.iova >> 55 & 1];
}

/* What the performance monitors see; a probe they do not. */
static void monitor(struct sv3_smmu *smmu, const struct sv3__slot *slot, enum sv3__pmcg_event event)
{
	if (!is_probe(slot))
		sv3__pmcg_count(smmu, event, slot->txn.stream_id);
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
 * asking for the next piece, or after ending by @abort_rule.
 */
static bool fetch(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3_unit unit, uint32_t size,
		  enum sv3__rule abort_rule, const struct sv3_reply *reply, struct sv3_need *need)
{
	uint32_t piece =
		size < smmu->config.config_fetch_bytes ? size : smmu->config.config_fetch_bytes;

	if (!reply) {
		slot->fetch_done_bytes = 0;
	} else if (reply->status != SV3_BUS_OK) {
		sv3__end_refused(smmu, slot, abort_rule);
		return false;
	} else {
		memcpy(slot->fetched + slot->fetch_done_bytes, reply->data, piece);
		slot->fetch_done_bytes += piece;
		if (slot->fetch_done_bytes == size)
			return true;
	}
	monitor(smmu, slot, SV3__PMCG_CONFIG_READ);
	ask_read(slot, unit, slot->fetch_pa + slot->fetch_done_bytes, piece, need);
	return false;
}

/* A descriptor as it stands in memory, and back. [IHI0070 5.4 ENDI, 5.2 S2ENDI] */
static uint64_t in_order(uint64_t descriptor, bool big_endian)
{
	return big_endian ? __builtin_bswap64(descriptor) : descriptor;
}

/* --- Phases: configuration --- */

/* [IHI0070 6.3.9.1, 3.9.1] Modes of ATS that need its traffic checked count as off without that. */
static uint32_t effective_eats(const struct sv3_smmu *smmu, const struct sv3__context *context)
{
	bool checks = (smmu->regs[SV3__REG_CR0ACK] & SV3_CR0_ATSCHK) != 0;

	return context->eats == SV3_STE_EATS_SPLIT && !checks ? SV3_STE_EATS_OFF : context->eats;
}

/* An ATS request to be answered with the output of stage 1. */
static bool is_split_request(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	return is_ats_request(slot) && effective_eats(smmu, &slot->context) == SV3_STE_EATS_SPLIT;
}

/* Whether the STE keeps ATS from this transaction. [IHI0070 3.9.1.2, 3.9.1.3] */
static enum sv3__rule ats_refused(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	const struct sv3__context *context = &slot->context;

	if (slot->txn.kind < SV3_TXN_ATS_REQUEST)
		return SV3__RULE_NONE;
	if (context->kind == SV3__STREAM_ABORT)
		return is_ats_request(slot) ? SV3__RULE_TREQ_ABORT : SV3__RULE_STE_ABORT;
	if (effective_eats(smmu, context) == SV3_STE_EATS_OFF)
		return is_ats_request(slot) ? SV3__RULE_EATS_OFF : SV3__RULE_TRANSLATED_FORBIDDEN;
	return SV3__RULE_NONE;
}

/* Translated traffic that its STE allows: it holds an output address already, or one of stage 1. */
static void dispatch_translated(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	if (effective_eats(smmu, &slot->context) == SV3_STE_EATS_SPLIT) {
		sv3__context_to_stage2(&slot->context);
		slot->phase = SV3__PHASE_TLB;
	} else if (slot->txn.iova >> smmu->oas_lg2 != 0) {
		/* IMPDEF(I-041): aborted without a record, not truncated. [IHI0070 3.9.1.1] */
		sv3__end_refused(smmu, slot, SV3__RULE_TRANSLATED_SIZE);
	} else {
		sv3__end_ok(slot, slot->txn.iova, 64, sv3__attr_input(&slot->context, &slot->txn),
			    SV3_RESULT_BYPASS);
	}
}

/* The configuration is known: what does it make of the transaction? */
static void dispatch(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	enum sv3__rule refused = ats_refused(smmu, slot);

	slot->access_kind = (uint8_t)sv3__access_kind(&slot->context, &slot->txn);
	slot->wanted = (uint8_t)(1u << slot->access_kind);
	/* A read-modify-write needs both permissions, of every stage. [IHI0070 13.4] */
	if (slot->txn.atomic)
		slot->wanted |= (uint8_t)(slot->wanted >> 2);
	if (refused != SV3__RULE_NONE)
		sv3__end_refused(smmu, slot, refused);
	else if (slot->context.kind == SV3__STREAM_ABORT)
		sv3__end_refused(smmu, slot, SV3__RULE_STE_ABORT);
	else if (slot->config_only)
		sv3__end_ok(slot, 0, 64, (struct sv3__attributes){ 0 }, 0);
	else if (slot->txn.kind == SV3_TXN_ATS_TRANSLATED)
		dispatch_translated(smmu, slot);
	else if (slot->context.kind == SV3__STREAM_BYPASS)
		sv3__end_bypass(smmu, slot);
	else
		slot->phase = SV3__PHASE_TLB;
}

/* [IHI0070 3.9.1.3] Translated traffic that is not checked: no structure is looked at. */
static bool passes_unchecked(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	return slot->txn.kind == SV3_TXN_ATS_TRANSLATED &&
	       !(smmu->regs[SV3__REG_CR0ACK] & SV3_CR0_ATSCHK);
}

static void phase_config(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	const struct sv3__context *cached;
	struct sv3__located located;

	/* [IHI0070 3.14] A speculative write is aborted, without a trace, enabled or not. */
	if (slot->txn.speculative && slot->txn.write && slot->txn.kind == SV3_TXN_ACCESS) {
		sv3__end_refused(smmu, slot, SV3__RULE_SPECULATIVE_WRITE);
		return;
	}
	/* IMPDEF(I-030): a transaction takes the SMMUEN of this moment. [IHI0070 6.3.9.6] */
	if (!sv3__enabled(smmu, SV3_CR0_SMMUEN)) {
		sv3__end_global_bypass(smmu, slot);
		return;
	}
	if (passes_unchecked(smmu, slot)) {
		memset(&slot->context, 0, sizeof(slot->context));
		slot->context.share_cfg = 1;
		slot->context.eats = SV3_STE_EATS_FULL;
		dispatch_translated(smmu, slot);
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
	monitor(smmu, slot, SV3__PMCG_CONFIG_MISS);
	located = sv3__locate_ste(smmu, slot->txn.stream_id);
	slot->fetch_pa = located.pa;
	slot->phase = located.two_level ? SV3__PHASE_L1STD : SV3__PHASE_STE;
	if (located.rule != SV3__RULE_NONE)
		sv3__end_refused(smmu, slot, located.rule);
}

static void phase_l1std(struct sv3_smmu *smmu, struct sv3__slot *slot,
			const struct sv3_reply *reply, struct sv3_need *need)
{
	struct sv3__located located;

	if (!fetch(smmu, slot, SV3_UNIT_STE, 8, SV3__RULE_STE_FETCH, reply, need))
		return;
	located = sv3__locate_ste_level2(smmu, slot->txn.stream_id, sv3_le64(slot->fetched));
	slot->fetch_pa = located.pa;
	slot->phase = SV3__PHASE_STE;
	if (located.rule != SV3__RULE_NONE)
		sv3__end_refused(smmu, slot, located.rule);
}

static void begin_stage2(struct sv3__slot *slot, enum sv3__purpose purpose, uint64_t ipa)
{
	slot->purpose = (uint8_t)purpose;
	slot->ipa = ipa;
	slot->phase = SV3__PHASE_S2_TLB;
	slot->rests_on_tables = true;
}

/* Go on to a CD or its level-1 descriptor; with stage 2 its address is an intermediate one. */
static void go_to_cd(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3__located located)
{
	if (located.rule != SV3__RULE_NONE) {
		sv3__end_refused(smmu, slot, located.rule);
		return;
	}
	slot->fetch_pa = located.pa;
	slot->phase_after_cd = located.two_level ? SV3__PHASE_L1CD : SV3__PHASE_CD;
	slot->phase = slot->phase_after_cd;
	if (slot->context.stage2)
		begin_stage2(slot, SV3__FOR_CD, located.pa);
}

static void ste_arrived(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	enum sv3__rule rule;

	for (uint32_t i = 0; i < 8; i++)
		slot->ste[i] = sv3_le64(slot->fetched + 8 * i);
	rule = sv3__ste_decode(smmu, slot->ste, &slot->context);
	if (rule == SV3__RULE_NONE)
		rule = ats_refused(smmu, slot);
	if (rule != SV3__RULE_NONE) {
		sv3__end_refused(smmu, slot, rule);
		return;
	}
	/* Translated traffic needs no CD; without one, nothing whole is there to be cached. */
	if (slot->txn.kind == SV3_TXN_ATS_TRANSLATED) {
		dispatch(smmu, slot);
		return;
	}
	if (slot->context.stage1) {
		if (!sv3__ste_bypasses_stage1(smmu, slot->ste, &slot->txn)) {
			go_to_cd(smmu, slot, sv3__locate_cd(smmu, slot->ste, &slot->txn));
			return;
		}
		if (slot->context.stage2)
			sv3__context_to_stage2(&slot->context);
		else
			slot->context.kind = SV3__STREAM_BYPASS;
		slot->context.stage1 = false;
	} else if (slot->context.kind != SV3__STREAM_ABORT && slot->txn.substream_valid) {
		/* [IHI0070 7.3.9] a SubstreamID where stage 1 is not enabled */
		sv3__end_refused(smmu, slot, SV3__RULE_SSID_BYPASS);
		return;
	}
	sv3__config_fill(smmu, slot);
	dispatch(smmu, slot);
}

static void phase_ste(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		      struct sv3_need *need)
{
	if (fetch(smmu, slot, SV3_UNIT_STE, SV3_STE_SIZE_BYTES, SV3__RULE_STE_FETCH, reply, need))
		ste_arrived(smmu, slot);
}

static void phase_l1cd(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		       struct sv3_need *need)
{
	if (fetch(smmu, slot, SV3_UNIT_CD, 8, SV3__RULE_CD_FETCH, reply, need))
		go_to_cd(smmu, slot,
			 sv3__locate_cd_level2(smmu, slot->ste, &slot->txn,
					       sv3_le64(slot->fetched)));
}

static void phase_cd(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		     struct sv3_need *need)
{
	enum sv3__rule rule;
	uint64_t cd[8];

	if (!fetch(smmu, slot, SV3_UNIT_CD, SV3_CD_SIZE_BYTES, SV3__RULE_CD_FETCH, reply, need))
		return;
	for (uint32_t i = 0; i < 8; i++)
		cd[i] = sv3_le64(slot->fetched + 8 * i);
	rule = sv3__cd_decode(smmu, slot->ste, cd, &slot->context);
	if (rule != SV3__RULE_NONE) {
		sv3__end_refused(smmu, slot, rule);
		return;
	}
	sv3__config_fill(smmu, slot);
	dispatch(smmu, slot);
}

/* --- Faults --- */

static void fault_stage1(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__rule rule)
{
	sv3__end_fault(smmu, slot,
		       (struct sv3__fault){ .rule = rule, .event_class = SV3_EVT_CLASS_IN });
}

static void abort_stage1(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	/* [IHI0070 7.3.12] */
	sv3__end_fault(smmu, slot,
		       (struct sv3__fault){ .rule = SV3__RULE_S1_EABT,
					    .event_class = SV3_EVT_CLASS_TT,
					    .fetch_pa = slot->s1.descriptor_pa });
}

static void begin_s1_update(struct sv3__slot *slot)
{
	slot->phase = SV3__PHASE_S1_UPDATE;
	if (slot->context.stage2)
		begin_stage2(slot, SV3__FOR_TABLE_WRITE, slot->descriptor_ipa);
}

/*
 * Stage 2 refuses the output of a stage-1 leaf whose access flag is not set yet.
 * IMPDEF(I-042): the flag is set all the same, as by hardware that updates while it walks, or by
 * choice not. [DDI0487 I_CVNQR]
 */
static bool af_is_set_first(const struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	if (slot->purpose != SV3__FOR_OUTPUT || !slot->context.stage1 || is_probe(slot) ||
	    is_ats_request(slot) || sv3__chooses(smmu, SV3_CHOICE_S1_AF_LAST) ||
	    !((slot->s1.descriptor ^ slot->s1.updated) & SV3_PTE_AF))
		return false;
	slot->s1.updated = slot->s1.descriptor | SV3_PTE_AF;
	return true;
}

static void fault_stage2(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__rule rule)
{
	static const uint8_t class_of[] = {
		[SV3__FOR_CD] = SV3_EVT_CLASS_CD,
		[SV3__FOR_TABLE_READ] = SV3_EVT_CLASS_TT,
		[SV3__FOR_TABLE_WRITE] = SV3_EVT_CLASS_TT,
		[SV3__FOR_OUTPUT] = SV3_EVT_CLASS_IN,
	};
	struct sv3__fault fault = {
		.rule = rule,
		.event_class = class_of[slot->purpose],
		.stage2 = true,
		.table_read = slot->purpose == SV3__FOR_TABLE_READ,
		.fetch_pa = rule == SV3__RULE_S2_EABT ? slot->s2.descriptor_pa : 0,
		.ipa = slot->ipa,
	};

	/* [DDI0487 R_LXCKP] Of two faults, that of the output and that of the update before it, the
	 * first is reported. */
	if (slot->fault_waits)
		fault = slot->fault;
	if (!slot->fault_waits && af_is_set_first(smmu, slot)) {
		slot->fault = fault;
		slot->fault_waits = true;
		begin_s1_update(slot);
		return;
	}
	sv3__end_fault(smmu, slot, fault);
}

/* --- Phases: the TLB --- */

static void begin_stage1_walk(struct sv3_smmu *smmu, struct sv3__slot *slot);

static bool input_is_legal(struct sv3_smmu *smmu, struct sv3__slot *slot,
			   const struct sv3__ttb *ttb)
{
	if (!slot->context.stage1) {
		/* [IHI0070 3.4, 7.3.14] Stage 1 is passed by: an address beyond its size never
		 * reaches stage 2. */
		if (slot->txn.iova >> smmu->oas_lg2 != 0) {
			fault_stage1(smmu, slot, SV3__RULE_BYPASS_SIZE);
			return false;
		}
		return true; /* its range is checked as that of any intermediate address */
	}
	/* [DDI0487 D8.2.4, I_ZFSYQ] A disabled table, or an address outside its range: no access is
	 * made at all. IMPDEF(I-021): nor is the TLB asked. [IHI0070 5.4.1.1] */
	if (ttb->disabled || !sv3__input_in_range(ttb, slot->txn.iova)) {
		fault_stage1(smmu, slot, ttb->disabled ? SV3__RULE_S1_EPD : SV3__RULE_S1_RANGE);
		return false;
	}
	return true;
}

/* What an ATS request is granted of what it asks for. [IHI0070 3.9.1.2, 13.7.1] */
static uint8_t ats_wanted(const struct sv3__slot *slot, uint8_t available)
{
	uint8_t privilege = slot->access_kind & 1 ? 0x2a : 0x15;
	uint8_t wanted = SV3__READS | (slot->txn.write ? SV3__WRITES : 0) |
			 (slot->txn.instruction ? SV3__EXECS : 0);

	return wanted & privilege & available;
}

static struct sv3__attributes entry_attributes(const struct sv3__slot *slot,
					       const struct sv3__tlb_entry *entry)
{
	uint64_t descriptor = SV3_PUT(SV3_PTE_S2_MEMATTR, entry->memory) |
			      SV3_PUT(SV3_PTE_SH, entry->shareability);

	if (slot->context.stage1)
		return (struct sv3__attributes){ entry->memory, entry->shareability };
	return sv3__attr_stage2(&slot->context, sv3__attr_input(&slot->context, &slot->txn),
				descriptor);
}

static void grant(struct sv3__slot *slot, uint8_t granted)
{
	if (!is_ats_request(slot))
		return;
	/* Nothing is granted that cannot be read. [IHI0070 13.7.1] */
	slot->result.ats = (uint8_t)((granted & SV3__READS ? SV3_ATS_READ : 0) |
				     (granted & SV3__WRITES ? SV3_ATS_WRITE : 0) |
				     (granted & SV3__EXECS ? SV3_ATS_EXECUTE : 0));
	if (slot->txn.privileged && slot->txn.substream_valid && slot->result.ats != 0)
		slot->result.ats |= SV3_ATS_PRIVILEGED;
}

static void end_by_entry(struct sv3_smmu *smmu, struct sv3__slot *slot, uint32_t found)
{
	const struct sv3__tlb_entry *entry = sv3__cache_payload(smmu, &smmu->tlb, found);
	const struct sv3__key *key = &sv3__cache_keys(smmu, &smmu->tlb)[found];

	sv3__stats(smmu)->tlb_hits++;
	slot->translated = true;
	slot->leaf_class = entry->leaf_class;
	slot->global = (key->context_mask & 0xffffu) == 0;
	grant(slot, slot->wanted);
	sv3__end_ok(slot, entry->pa | (slot->txn.iova & (SV3_BIT(entry->span_lg2) - 1)),
		    entry->span_lg2, entry_attributes(slot, entry),
		    (uint8_t)(SV3_RESULT_TLB_HIT | (slot->txn.write ? SV3_RESULT_DIRTY_KNOWN : 0)));
}

/* The TLB answers, or refuses by what it remembers. Returns false if memory must be asked. */
static bool tlb_answers(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__tlb_scope scope = sv3__scope_of(&slot->context);
	const struct sv3__tlb_entry *entry;
	uint32_t found;

	/* Split-stage requests want the output of stage 1, which no entry has. */
	if (is_probe(slot) || is_split_request(smmu, slot) || smmu->tlb.entries == 0)
		return false;
	found = sv3__tlb_lookup(smmu, &scope, slot->txn.iova);
	if (found == SV3__NONE)
		return false;
	entry = sv3__cache_payload(smmu, &smmu->tlb, found);
	if ((slot->wanted & ~entry->allowed) == 0) {
		end_by_entry(smmu, slot, found);
		return true;
	}
	/* [DDI0487 D8.5.2.1, R_SGJBL] Writable-clean: what the TLB says must be verified in memory.
	 * IMPDEF(I-020): by a walk, and the entry is filled anew. So is a refusal of stage 2, whose
	 * record needs the intermediate address.
	 * IMPDEF(I-015): an entry that one access may use refuses another without a walk, or by
	 * choice never does. [DDI0487 D8.2.1] */
	if (!slot->context.stage1 || is_ats_request(slot) ||
	    (slot->wanted & ~entry->passable) == 0 ||
	    sv3__chooses(smmu, SV3_CHOICE_NO_CACHED_FAULTS))
		return false;
	sv3__stats(smmu)->tlb_hits++;
	fault_stage1(smmu, slot, SV3__RULE_S1_PERMISSION);
	return true;
}

static void phase_tlb(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	slot->rests_on_tables = true;
	slot->fault_waits = false;
	if (is_ats_request(slot))
		slot->wanted = ats_wanted(slot, 0xff);
	if (!input_is_legal(smmu, slot, ttb_of(slot)) || tlb_answers(smmu, slot))
		return;
	if (!slot->missed && !is_probe(slot)) {
		slot->missed = true;
		sv3__stats(smmu)->tlb_misses++;
		monitor(smmu, slot, SV3__PMCG_TLB_MISS);
	}
	if (slot->context.stage1)
		begin_stage1_walk(smmu, slot);
	else
		begin_stage2(slot, SV3__FOR_OUTPUT, slot->txn.iova);
}

/* --- Phases: stage 1 --- */

/* Where the next descriptor of stage 1 stands; with stage 2 that is an intermediate address. */
static void go_to_s1_descriptor(struct sv3__slot *slot)
{
	sv3_pa at = sv3__walk_descriptor_pa(ttb_of(slot), slot->s1.table, slot->s1.level,
					    slot->s1.input);

	slot->s1.descriptor_pa = at;
	slot->phase = SV3__PHASE_S1_READ;
	if (slot->context.stage2) {
		slot->descriptor_ipa = at;
		begin_stage2(slot, SV3__FOR_TABLE_READ, at);
	}
}

static void begin_walk(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3__walk *walk,
		       const struct sv3__tlb_scope *scope, const struct sv3__ttb *ttb,
		       uint64_t input)
{
	*walk = (struct sv3__walk){ .input = input,
				    .table = ttb->table,
				    .level = ttb->start_level };
	/* After a change of memory under the walk everything is read again, from the first level
	 * on. */
	if (!slot->from_first_level && !is_probe(slot) && smmu->walk_cache.entries != 0 &&
	    sv3__walk_cache_lookup(smmu, scope, ttb, walk))
		sv3__stats(smmu)->walk_cache_hits++;
}

static void begin_stage1_walk(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__tlb_scope scope = sv3__scope_of(&slot->context);

	begin_walk(smmu, slot, &slot->s1, &scope, ttb_of(slot), slot->txn.iova);
	slot->output2 = (struct sv3__walk){ .hit = true }; /* nothing is held back yet */
	go_to_s1_descriptor(slot);
}

static void count_walk_read(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	slot->result.walk_reads++;
	sv3__stats(smmu)->walk_reads++;
	monitor(smmu, slot, SV3__PMCG_WALK_READ);
}

static void phase_s1_read(struct sv3_smmu *smmu, struct sv3__slot *slot,
			  const struct sv3_reply *reply, struct sv3_need *need)
{
	const struct sv3__ttb *ttb = ttb_of(slot);
	struct sv3__tlb_scope scope = sv3__scope_of(&slot->context);
	struct sv3__walked walked;

	if (!reply) {
		ask_read(slot, (enum sv3_unit)(SV3_UNIT_S1_L0 + slot->s1.level),
			 slot->s1.descriptor_pa, 8, need);
		return;
	}
	count_walk_read(smmu, slot);
	if (reply->status != SV3_BUS_OK) {
		abort_stage1(smmu, slot);
		return;
	}
	slot->s1.descriptor = in_order(sv3_le64(reply->data), slot->context.big_endian);
	walked = sv3__walk_level(ttb, slot->context.output_size_lg2, slot->s1.level,
				 slot->s1.descriptor);
	switch (walked.step) {
	case SV3__STEP_TABLE:
		slot->s1.limits |= walked.limits;
		if (!is_probe(slot))
			sv3__walk_cache_fill(smmu, &scope, ttb, &slot->s1, walked.pa);
		slot->s1.table = walked.pa;
		slot->s1.level++;
		go_to_s1_descriptor(slot);
		break;
	case SV3__STEP_LEAF:
		slot->s1.table = walked.pa;
		slot->s1.span_lg2 = (uint8_t)sv3_vmsa_span_lg2(ttb->granule_lg2, slot->s1.level);
		slot->phase = SV3__PHASE_S1_LEAF;
		break;
	case SV3__STEP_INVALID:
		fault_stage1(smmu, slot, SV3__RULE_S1_INVALID);
		break;
	case SV3__STEP_ADDR_SIZE:
		fault_stage1(smmu, slot, SV3__RULE_S1_ADDR_SIZE);
		break;
	}
}

/* [IHI0070 3.14] IMPDEF(I-043): what is speculative sets the access flag, or by choice does not. */
static struct sv3__af_policy af_policy(const struct sv3_smmu *smmu, const struct sv3__slot *slot,
				       bool ha, bool affd)
{
	bool refrains = slot->txn.speculative && sv3__chooses(smmu, SV3_CHOICE_NO_SPECULATIVE_AF);

	return (struct sv3__af_policy){
		.ha = ha && !refrains,
		.affd = affd && !ha,
		.on_permission_fault = sv3__chooses(smmu, SV3_CHOICE_AF_ON_PERMISSION),
	};
}

static enum sv3__httu stage1_decide(const struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__af_policy policy = af_policy(smmu, slot, slot->context.ha, slot->context.affd);

	return sv3__httu_next(policy, slot->s1.descriptor, slot->wanted,
			      (struct sv3__permissions){ slot->s1.allowed, slot->s1.upgradable },
			      &slot->s1.updated);
}

/* A write that only the missing CD.HD keeps from being allowed. */
static enum sv3__rule stage1_refusal(const struct sv3__slot *slot)
{
	bool clean = !slot->context.hd && sv3_pte_is_writable_clean(slot->s1.descriptor) &&
		     !(slot->s1.limits & SV3__LIMIT_NO_WRITE) && slot->txn.write;

	return clean ? SV3__RULE_S1_CLEAN : SV3__RULE_S1_PERMISSION;
}

/* Stage 1 refuses; by choice the access flag is set before that is told. */
static void refuse_by_stage1(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__rule rule)
{
	if (slot->s1.updated == slot->s1.descriptor || is_probe(slot)) {
		fault_stage1(smmu, slot, rule);
		return;
	}
	slot->fault = (struct sv3__fault){ .rule = rule, .event_class = SV3_EVT_CLASS_IN };
	slot->fault_waits = true;
	begin_s1_update(slot);
}

static void phase_s1_leaf(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__permissions permissions =
		sv3__perm_stage1(&slot->context, slot->s1.limits, slot->s1.descriptor);

	slot->s1.allowed = permissions.allowed;
	slot->s1.upgradable = permissions.upgradable;
	if (is_ats_request(slot)) {
		slot->wanted = ats_wanted(slot, permissions.allowed | permissions.upgradable);
		/* Without any permission the output is not looked at. [IHI0070 3.9.1.2] */
		if (!(slot->wanted & SV3__READS) && !(slot->wanted & SV3__WRITES)) {
			fault_stage1(smmu, slot, SV3__RULE_S1_PERMISSION);
			return;
		}
	}
	switch (stage1_decide(smmu, slot)) {
	case SV3__HTTU_ACCESS:
		fault_stage1(smmu, slot, SV3__RULE_S1_ACCESS);
		return;
	case SV3__HTTU_PERMISSION:
		refuse_by_stage1(smmu, slot, stage1_refusal(slot));
		return;
	default:
		break;
	}
	slot->phase = SV3__PHASE_OUTPUT;
	if (!slot->context.stage2)
		return;
	/* IMPDEF(I-044): stage 1 is made dirty after stage 2 has agreed, or by choice before.
	 * [DDI0487 R_DYCFD] */
	if (sv3__chooses(smmu, SV3_CHOICE_S1_DIRTY_FIRST) && !is_probe(slot) &&
	    !is_ats_request(slot) && slot->s1.updated != slot->s1.descriptor)
		begin_s1_update(slot);
	else
		begin_stage2(slot, SV3__FOR_OUTPUT,
			     slot->s1.table | (slot->txn.iova & (SV3_BIT(slot->s1.span_lg2) - 1)));
}

/* --- Phases: stage 2 --- */

/* What must be allowed at stage 2 for its purpose. Tables and CDs are read as data. */
static uint8_t stage2_wanted(const struct sv3__slot *slot)
{
	switch ((enum sv3__purpose)slot->purpose) {
	case SV3__FOR_OUTPUT:
		return slot->wanted;
	case SV3__FOR_TABLE_WRITE:
		return 1u << SV3__ACCESS_READ_PRIV | 1u << SV3__ACCESS_WRITE_PRIV;
	default:
		return 1u << SV3__ACCESS_READ_PRIV;
	}
}

/* The intermediate address is translated: slot->s2.table is the output of its leaf. */
static void stage2_done(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	sv3_pa pa = slot->s2.table | (slot->ipa & (SV3_BIT(slot->s2.span_lg2) - 1));
	struct sv3__attributes attributes = sv3__attr_stage2(
		&slot->context, (struct sv3__attributes){ 0 }, slot->s2.descriptor);

	/* [IHI0070 5.2 S2PTW] Structures of stage 1 in Device memory. */
	if (slot->purpose != SV3__FOR_OUTPUT && slot->context.s2.ptw &&
	    sv3__attr_is_device(attributes.memory)) {
		fault_stage2(smmu, slot, SV3__RULE_S2_PTW);
		return;
	}
	switch ((enum sv3__purpose)slot->purpose) {
	case SV3__FOR_CD:
		slot->fetch_pa = pa;
		slot->phase = slot->phase_after_cd;
		break;
	case SV3__FOR_TABLE_READ:
		slot->s1.descriptor_pa = pa;
		slot->phase = SV3__PHASE_S1_READ;
		break;
	case SV3__FOR_TABLE_WRITE:
		slot->s1.descriptor_pa = pa;
		slot->phase = SV3__PHASE_S1_UPDATE;
		break;
	case SV3__FOR_OUTPUT:
		slot->output2 = slot->s2;
		slot->phase = SV3__PHASE_OUTPUT;
		break;
	}
}

static void go_to_s2_descriptor(struct sv3__slot *slot)
{
	slot->s2.descriptor_pa = sv3__walk_descriptor_pa(&slot->context.s2.ttb, slot->s2.table,
							 slot->s2.level, slot->s2.input);
	slot->phase = SV3__PHASE_S2_READ;
}

static bool stage2_hits(struct sv3_smmu *smmu, struct sv3__slot *slot,
			const struct sv3__tlb_scope *scope)
{
	const struct sv3__tlb_entry *entry;
	uint32_t found;

	/* What stage 2 alone translates was looked up as the input already. */
	if (is_probe(slot) || smmu->tlb.entries == 0 ||
	    (slot->purpose == SV3__FOR_OUTPUT && !slot->context.stage1))
		return false;
	found = sv3__tlb_lookup(smmu, scope, slot->ipa);
	if (found == SV3__NONE)
		return false;
	entry = sv3__cache_payload(smmu, &smmu->tlb, found);
	if (is_ats_request(slot) || (stage2_wanted(slot) & ~entry->allowed) != 0)
		return false;
	slot->s2 = (struct sv3__walk){
		.input = slot->ipa,
		.table = entry->pa,
		.span_lg2 = entry->span_lg2,
		.allowed = entry->allowed,
		.level = entry->leaf_class & 3,
		.hit = true,
		.descriptor = SV3_PUT(SV3_PTE_S2_MEMATTR, entry->memory) |
			      SV3_PUT(SV3_PTE_SH, entry->shareability),
	};
	return true;
}

static void phase_s2_tlb(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	const struct sv3__ttb *ttb = &slot->context.s2.ttb;
	struct sv3__tlb_scope scope = sv3__stage2_scope_of(&slot->context);

	if (slot->ipa >> ttb->input_size_lg2 != 0) {
		slot->s2.updated = slot->s2.descriptor = 0;
		fault_stage2(smmu, slot, SV3__RULE_S2_RANGE);
		return;
	}
	if (stage2_hits(smmu, slot, &scope)) {
		stage2_done(smmu, slot);
		return;
	}
	begin_walk(smmu, slot, &slot->s2, &scope, ttb, slot->ipa);
	go_to_s2_descriptor(slot);
}

static void phase_s2_read(struct sv3_smmu *smmu, struct sv3__slot *slot,
			  const struct sv3_reply *reply, struct sv3_need *need)
{
	const struct sv3__stage2 *s2 = &slot->context.s2;
	struct sv3__tlb_scope scope = sv3__stage2_scope_of(&slot->context);
	struct sv3__walked walked;

	if (!reply) {
		ask_read(slot, (enum sv3_unit)(SV3_UNIT_S2_L0 + slot->s2.level),
			 slot->s2.descriptor_pa, 8, need);
		return;
	}
	count_walk_read(smmu, slot);
	if (reply->status != SV3_BUS_OK) {
		fault_stage2(smmu, slot, SV3__RULE_S2_EABT);
		return;
	}
	slot->s2.descriptor = in_order(sv3_le64(reply->data), s2->big_endian);
	walked =
		sv3__walk_level(&s2->ttb, s2->output_size_lg2, slot->s2.level, slot->s2.descriptor);
	switch (walked.step) {
	case SV3__STEP_TABLE:
		if (!is_probe(slot))
			sv3__walk_cache_fill(smmu, &scope, &s2->ttb, &slot->s2, walked.pa);
		slot->s2.table = walked.pa;
		slot->s2.level++;
		go_to_s2_descriptor(slot);
		break;
	case SV3__STEP_LEAF:
		slot->s2.table = walked.pa;
		slot->s2.span_lg2 = (uint8_t)sv3_vmsa_span_lg2(s2->ttb.granule_lg2, slot->s2.level);
		slot->phase = SV3__PHASE_S2_LEAF;
		break;
	case SV3__STEP_INVALID:
		fault_stage2(smmu, slot, SV3__RULE_S2_INVALID);
		break;
	case SV3__STEP_ADDR_SIZE:
		fault_stage2(smmu, slot, SV3__RULE_S2_ADDR_SIZE);
		break;
	}
}

static void stage2_fill(struct sv3_smmu *smmu, const struct sv3__slot *slot,
			const struct sv3__walk *walk)
{
	const struct sv3__ttb *ttb = &slot->context.s2.ttb;
	struct sv3__tlb_scope scope = sv3__stage2_scope_of(&slot->context);
	uint8_t span_lg2 = sv3__walk_leaf_span_lg2(smmu, ttb, walk->level, walk->descriptor);
	struct sv3__tlb_entry *entry;

	if (is_probe(slot) || walk->hit)
		return;
	entry = sv3__tlb_fill(smmu, &scope, walk->input, span_lg2, false);
	if (!entry)
		return;
	*entry = (struct sv3__tlb_entry){
		.pa = walk->table & ~(SV3_BIT(span_lg2) - 1),
		.allowed = walk->allowed,
		.passable = walk->allowed | walk->upgradable,
		.span_lg2 = span_lg2,
		.leaf_class = sv3__leaf_class(ttb->granule_lg2, walk->level),
		.memory = (uint8_t)SV3_GET(SV3_PTE_S2_MEMATTR, walk->descriptor),
		.shareability = (uint8_t)SV3_GET(SV3_PTE_SH, walk->descriptor),
	};
}

static enum sv3__rule stage2_refusal(const struct sv3__slot *slot, uint8_t wanted)
{
	bool clean = !slot->context.s2.hd && (slot->s2.descriptor & SV3_PTE_DBM) &&
		     !(slot->s2.descriptor & SV3_PTE_S2AP_WRITE) && (wanted & SV3__WRITES);

	return clean ? SV3__RULE_S2_CLEAN : SV3__RULE_S2_PERMISSION;
}

/* What stage 2 must allow now that its leaf is known. */
static uint8_t stage2_wanted_of_leaf(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	uint8_t available = slot->s2.allowed | slot->s2.upgradable;
	uint8_t wanted = stage2_wanted(slot);

	/* IMPDEF(I-045): reading a stage-1 table leaves its stage-2 leaf clean, or by choice makes
	 * it dirty. [IHI0070 3.13.4] */
	if (slot->purpose == SV3__FOR_TABLE_READ && sv3__chooses(smmu, SV3_CHOICE_S2_TABLE_DIRTY) &&
	    !slot->prefetch && (slot->s2.upgradable & 1u << SV3__ACCESS_WRITE_PRIV))
		wanted |= 1u << SV3__ACCESS_WRITE_PRIV;
	if (is_ats_request(slot) && slot->purpose == SV3__FOR_OUTPUT) {
		/* [IHI0070 3.13.7.1] What stage 2 does not give is not granted, and stage 1 is not
		 * made dirty for it. */
		slot->wanted &= available;
		wanted = slot->wanted;
	}
	return wanted;
}

static void phase_s2_leaf(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	const struct sv3__stage2 *s2 = &slot->context.s2;
	struct sv3__permissions permissions =
		sv3__perm_stage2(s2, (smmu->config.idr3 & SV3_IDR3_XNX) != 0, slot->s2.descriptor);
	enum sv3__httu next;
	uint8_t wanted;

	slot->s2.allowed = permissions.allowed;
	slot->s2.upgradable = permissions.upgradable;
	wanted = stage2_wanted_of_leaf(smmu, slot);
	next = sv3__httu_next(af_policy(smmu, slot, s2->ha, s2->affd), slot->s2.descriptor, wanted,
			      permissions, &slot->s2.updated);
	if (next == SV3__HTTU_ACCESS) {
		fault_stage2(smmu, slot, SV3__RULE_S2_ACCESS);
		return;
	}
	if (is_ats_request(slot) && slot->purpose == SV3__FOR_OUTPUT &&
	    !(wanted & (SV3__READS | SV3__WRITES)))
		next = SV3__HTTU_PERMISSION;
	if (next == SV3__HTTU_PERMISSION) {
		/* IMPDEF(I-005), for stage 2 without the choice. */
		slot->s2.updated = slot->s2.descriptor;
		fault_stage2(smmu, slot, stage2_refusal(slot, wanted));
		return;
	}
	/* What an access itself needs is held back until stage 1 is updated; with stage 2 alone
	 * there is nothing to wait for. [IHI0070 3.13.7.1] Split-stage ATS leaves it to the access.
	 */
	if (slot->purpose == SV3__FOR_OUTPUT || next == SV3__HTTU_NOTHING || is_probe(slot)) {
		if (slot->purpose != SV3__FOR_OUTPUT)
			stage2_fill(smmu, slot, &slot->s2);
		stage2_done(smmu, slot);
	} else {
		slot->phase = SV3__PHASE_S2_UPDATE;
	}
}

/* --- Phases: updates --- */

static void restart(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__phase phase)
{
	slot->result.walk_restarts++;
	sv3__stats(smmu)->walk_restarts++;
	slot->phase = (uint8_t)phase;
}

static void count_update(struct sv3_smmu *smmu, struct sv3__slot *slot,
			 const struct sv3__walk *walk, bool of_table)
{
	struct sv3_smmu_stats *stats = sv3__stats(smmu);
	uint64_t changed = walk->descriptor ^ walk->updated;

	stats->httu_updates++;
	if (changed & SV3_PTE_AF) {
		stats->httu_af++;
		slot->result.flags |= SV3_RESULT_AF_SET;
	}
	if (changed & SV3_PTE_AP2_RDONLY) {
		stats->httu_dirty++;
		stats->httu_table_dirty += of_table;
		slot->result.flags |= of_table ? SV3_RESULT_TABLE_DIRTY_SET : SV3_RESULT_DIRTY_SET;
	}
}

/* [IHI0070 3.15] IMPDEF(I-019): the update is atomic whatever memory type the walk has, or by
 * choice it aborts where that is not Write-Back. [IHI0070 5.4 IR0] [DDI0487 D8.5.4] */
static bool update_is_impossible(const struct sv3_smmu *smmu, const struct sv3__ttb *ttb)
{
	return sv3__chooses(smmu, SV3_CHOICE_NC_UPDATE_ABORTS) &&
	       ttb->walk_memory != SV3_MEMORY(SV3_MEMORY_WB, SV3_MEMORY_WB);
}

enum update { UPDATE_ASKED, UPDATE_ABORTED, UPDATE_CHANGED, UPDATE_MADE };

/* Compare and swap a leaf to what it must be. */
static enum update update(const struct sv3_smmu *smmu, struct sv3__slot *slot,
			  struct sv3__walk *walk, const struct sv3__ttb *ttb, bool big_endian,
			  const struct sv3_reply *reply, struct sv3_need *need)
{
	if (!reply && update_is_impossible(smmu, ttb))
		return UPDATE_ABORTED;
	if (!reply) {
		slot->asked = true;
		need->kind = SV3_NEED_CAS64;
		need->unit = SV3_UNIT_HTTU;
		need->pa = walk->descriptor_pa;
		need->size = 8;
		need->expect = in_order(walk->descriptor, big_endian);
		need->desired = in_order(walk->updated, big_endian);
		return UPDATE_ASKED;
	}
	if (reply->status != SV3_BUS_OK)
		return UPDATE_ABORTED;
	return in_order(reply->old, big_endian) == walk->descriptor ? UPDATE_MADE : UPDATE_CHANGED;
}

/* The leaf stands in memory as it must be. What its update was for is allowed now: the same as
 * asking for its permissions again. */
static void settle(struct sv3__walk *walk)
{
	if ((walk->descriptor ^ walk->updated) & SV3_PTE_AP2_RDONLY) {
		walk->allowed |= walk->upgradable;
		walk->upgradable = 0;
	}
	walk->descriptor = walk->updated;
}

static void phase_s1_update(struct sv3_smmu *smmu, struct sv3__slot *slot,
			    const struct sv3_reply *reply, struct sv3_need *need)
{
	switch (update(smmu, slot, &slot->s1, ttb_of(slot), slot->context.big_endian, reply,
		       need)) {
	case UPDATE_ASKED:
		return;
	case UPDATE_ABORTED:
		abort_stage1(smmu, slot);
		return;
	case UPDATE_CHANGED:
		/* [DDI0487 D8.5.2.1, I_YZSVV] Memory changed: what it says now decides, from the
		 * first level on. */
		slot->from_first_level = true;
		slot->fault_waits = false;
		restart(smmu, slot, SV3__PHASE_S1_READ);
		begin_stage1_walk(smmu, slot);
		return;
	case UPDATE_MADE:
		break;
	}
	count_update(smmu, slot, &slot->s1, false);
	settle(&slot->s1);
	if (slot->fault_waits) {
		sv3__end_fault(smmu, slot, slot->fault);
		return;
	}
	slot->phase = SV3__PHASE_OUTPUT;
	/* By choice stage 1 came first: stage 2 of the output is still to be asked. */
	if (slot->context.stage2 && slot->output2.span_lg2 == 0)
		begin_stage2(slot, SV3__FOR_OUTPUT,
			     slot->s1.table | (slot->txn.iova & (SV3_BIT(slot->s1.span_lg2) - 1)));
}

static void phase_s2_update(struct sv3_smmu *smmu, struct sv3__slot *slot,
			    const struct sv3_reply *reply, struct sv3_need *need)
{
	bool of_table = slot->purpose != SV3__FOR_OUTPUT;

	switch (update(smmu, slot, &slot->s2, &slot->context.s2.ttb, slot->context.s2.big_endian,
		       reply, need)) {
	case UPDATE_ASKED:
		return;
	case UPDATE_ABORTED:
		fault_stage2(smmu, slot, SV3__RULE_S2_EABT);
		return;
	case UPDATE_CHANGED:
		slot->from_first_level = true;
		restart(smmu, slot, SV3__PHASE_S2_TLB);
		return;
	case UPDATE_MADE:
		break;
	}
	count_update(smmu, slot, &slot->s2, of_table);
	settle(&slot->s2);
	if (of_table)
		stage2_fill(smmu, slot, &slot->s2);
	stage2_done(smmu, slot);
}

/* --- The end --- */

/* Output of the access, from what the stages said: address, span, attributes; and the TLB entry. */
static void end_translated(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	const struct sv3__context *context = &slot->context;
	const struct sv3__ttb *ttb = ttb_of(slot);
	struct sv3__tlb_scope scope = sv3__scope_of(context);
	const struct sv3__walk *s1 = &slot->s1, *s2 = &slot->output2;
	struct sv3__attributes attributes = sv3__attr_input(context, &slot->txn);
	uint8_t allowed = 0xff, passable = 0xff, span_lg2 = 64;
	sv3_pa pa = slot->txn.iova;
	struct sv3__tlb_entry *entry;

	if (context->stage1) {
		pa = s1->table | (slot->txn.iova & (SV3_BIT(s1->span_lg2) - 1));
		span_lg2 = sv3__walk_leaf_span_lg2(smmu, ttb, s1->level, s1->descriptor);
		allowed = s1->allowed;
		passable = s1->allowed | s1->upgradable;
		attributes = sv3__attr_stage1(context, s1->descriptor);
	}
	if (context->stage2) {
		uint8_t s2_span_lg2 = s2->hit ? s2->span_lg2
					      : sv3__walk_leaf_span_lg2(smmu, &context->s2.ttb,
									s2->level, s2->descriptor);

		pa = s2->table | (slot->ipa & (SV3_BIT(s2->span_lg2) - 1));
		span_lg2 = s2_span_lg2 < span_lg2 ? s2_span_lg2 : span_lg2;
		allowed &= s2->allowed;
		attributes = sv3__attr_stage2(context, attributes, s2->descriptor);
	}
	slot->translated = true;
	slot->global = context->stage1 && !(s1->descriptor & SV3_PTE_NG);
	slot->leaf_class =
		sv3__leaf_class(ttb->granule_lg2, context->stage1 ? s1->level : s2->level);
	grant(slot, slot->wanted);
	if (is_split_request(smmu, slot)) {
		/* [IHI0070 13.6.3] The answer is an intermediate address. */
		sv3__end_ok(slot, slot->ipa, s1->span_lg2, attributes, 0);
		return;
	}
	sv3__end_ok(slot, pa, span_lg2, attributes, 0);
	if (is_probe(slot))
		return;
	stage2_fill(smmu, slot, s2);
	if (!context->stage1)
		return;
	entry = sv3__tlb_fill(smmu, &scope, slot->txn.iova, span_lg2, slot->global);
	if (entry)
		*entry = (struct sv3__tlb_entry){
			.pa = pa & ~(SV3_BIT(span_lg2) - 1),
			.allowed = allowed,
			.passable = passable,
			.span_lg2 = span_lg2,
			.leaf_class = slot->leaf_class,
			.memory = attributes.memory,
			.shareability = attributes.shareability,
		};
}

/* Flags of what a probe would have done. */
static void would_update(struct sv3__slot *slot, const struct sv3__walk *walk)
{
	uint64_t changed = walk->descriptor ^ walk->updated;

	if (changed & SV3_PTE_AF)
		slot->result.flags |= SV3_RESULT_AF_SET;
	if (changed & SV3_PTE_AP2_RDONLY)
		slot->result.flags |= SV3_RESULT_DIRTY_SET;
}

/* All stages agree. Stage 1 is updated first, then what was held back of stage 2. */
static void phase_output(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	bool s1_is_due = slot->context.stage1 && slot->s1.updated != slot->s1.descriptor;
	/* [IHI0070 3.13.7.1] IMPDEF(I-046): split-stage ATS leaves the update of the output to the
	 * access. */
	bool s2_is_due = slot->context.stage2 && !is_split_request(smmu, slot) &&
			 !slot->output2.hit && slot->output2.updated != slot->output2.descriptor;

	if (is_probe(slot)) {
		if (s1_is_due)
			would_update(slot, &slot->s1);
		if (s2_is_due)
			would_update(slot, &slot->output2);
	} else if (s1_is_due) {
		/* What stage 2 withheld from an ATS request needs no update. */
		if (is_ats_request(slot) && stage1_decide(smmu, slot) == SV3__HTTU_NOTHING)
			return;
		begin_s1_update(slot);
		return;
	} else if (s2_is_due) {
		slot->s2 = slot->output2;
		slot->purpose = SV3__FOR_OUTPUT;
		slot->ipa = slot->s2.input;
		slot->phase = SV3__PHASE_S2_UPDATE;
		return;
	}
	if (slot->txn.write && !(slot->result.flags & SV3_RESULT_DIRTY_SET))
		slot->result.flags |= SV3_RESULT_DIRTY_KNOWN;
	if (slot->context.stage2)
		slot->ipa = slot->output2.input;
	end_translated(smmu, slot);
}

/* --- The machine --- */

/* An update that was out when the transaction is sent back: if it was made, that cannot be taken
 * back. */
static void count_update_in_flight(struct sv3_smmu *smmu, struct sv3__slot *slot,
				   const struct sv3_reply *reply)
{
	if (!reply || reply->status != SV3_BUS_OK)
		return;
	if (slot->phase == SV3__PHASE_S1_UPDATE &&
	    in_order(reply->old, slot->context.big_endian) == slot->s1.descriptor)
		count_update(smmu, slot, &slot->s1, false);
	if (slot->phase == SV3__PHASE_S2_UPDATE &&
	    in_order(reply->old, slot->context.s2.big_endian) == slot->s2.descriptor)
		count_update(smmu, slot, &slot->s2, slot->purpose != SV3__FOR_OUTPUT);
}

/*
 * An invalidation hit a transaction before its end. Its access in flight has just been answered, so
 * that no access rests on what was removed any more: SYNC need not wait, and all is looked up anew.
 * [IHI0070 3.21.1]
 */
static void restart_marked(struct sv3_smmu *smmu, struct sv3__slot *slot,
			   const struct sv3_reply *reply)
{
	count_update_in_flight(smmu, slot, reply);
	sv3__unmark(smmu, slot);
	slot->rests_on_tables = false;
	restart(smmu, slot, SV3__PHASE_CONFIG);
}

static void phase_stalled(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3_need *need)
{
	enum sv3__resume how = (enum sv3__resume)slot->resume;

	if (how == SV3__RESUME_NOT_YET) {
		need->kind = SV3_NEED_WAIT;
		return;
	}
	sv3__stall_end(smmu, slot);
	if (how == SV3__RESUME_RETRY) {
		/* [IHI0070 4.6.1] As if it had just arrived. */
		slot->rests_on_tables = slot->from_first_level = slot->missed = false;
		slot->phase = SV3__PHASE_CONFIG;
		return;
	}
	sv3__end_stalled(smmu, slot,
			 how == SV3__RESUME_ABORT ? SV3_OUTCOME_ABORT : SV3_OUTCOME_RAZ_WI);
}

bool sv3__xlat_in_flight(const struct sv3_smmu *smmu)
{
	uint32_t left = smmu->active_count;

	for (uint32_t i = 0; left > 0; i++) {
		const struct sv3__slot *slot = sv3__slot(smmu, i);

		if (slot->phase == SV3__PHASE_FREE)
			continue;
		left--;
		if (slot->phase > SV3__PHASE_CONFIG && slot->phase < SV3__PHASE_STALLED)
			return true;
	}
	return false;
}

/* One phase of a transaction. */
static void go_on(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		  struct sv3_need *need)
{
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
		phase_tlb(smmu, slot);
		break;
	case SV3__PHASE_S1_READ:
		phase_s1_read(smmu, slot, reply, need);
		break;
	case SV3__PHASE_S1_LEAF:
		phase_s1_leaf(smmu, slot);
		break;
	case SV3__PHASE_S1_UPDATE:
		phase_s1_update(smmu, slot, reply, need);
		break;
	case SV3__PHASE_S2_TLB:
		phase_s2_tlb(smmu, slot);
		break;
	case SV3__PHASE_S2_READ:
		phase_s2_read(smmu, slot, reply, need);
		break;
	case SV3__PHASE_S2_LEAF:
		phase_s2_leaf(smmu, slot);
		break;
	case SV3__PHASE_S2_UPDATE:
		phase_s2_update(smmu, slot, reply, need);
		break;
	case SV3__PHASE_OUTPUT:
		phase_output(smmu, slot);
		break;
	case SV3__PHASE_STALLED:
		phase_stalled(smmu, slot, need);
		break;
	case SV3__PHASE_FREE:
	case SV3__PHASE_DONE:
		need->kind = SV3_NEED_DONE;
		break;
	}
}

void sv3__xlat_step(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		    struct sv3_need *need)
{
	SV3_ASSERT(slot->phase != SV3__PHASE_FREE);
	SV3_ASSERT(slot->asked == (reply != NULL));
	slot->asked = false;
	need->kind = SV3_NEED_NONE;
	if (slot->marked && slot->phase != SV3__PHASE_DONE) {
		restart_marked(smmu, slot, reply);
		reply = NULL;
	}
	do {
		go_on(smmu, slot, reply, need);
		reply = NULL; /* it was for the first phase of this step */
	} while (need->kind == SV3_NEED_NONE);
	/* [IHI0070 6.3.9.6] SMMUEN = 0 is acknowledged when the last one is done with tables. */
	if ((smmu->regs[SV3__REG_CR0] ^ smmu->regs[SV3__REG_CR0ACK]) & SV3_CR0_SMMUEN)
		sv3__acknowledge(smmu);
}
