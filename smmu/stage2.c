/* SPDX-License-Identifier: MIT */
/*
 * stage2.c - the phases that translate an intermediate address, whatever it is for: a CD, a stage-1
 * descriptor to be read or written, or the output of stage 1.
 */
#include "xlat_priv.h"

/*
 * Stage 2 refuses the output of a stage-1 leaf whose access flag is not set yet.
 * IMPDEF(I-042): the flag is set all the same, as by hardware that updates while it walks, or by
 * choice not. [DDI0487 I_CVNQR]
 */
static bool af_is_set_first(const struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	if (slot->purpose != SV3__FOR_OUTPUT || sv3__is_ats_request(slot) ||
	    sv3__chooses(smmu, SV3_CHOICE_S1_AF_LAST) ||
	    !((slot->s1.descriptor ^ slot->s1.updated) & SV3_PTE_AF))
		return false;
	slot->s1.updated = slot->s1.descriptor | SV3_PTE_AF;
	return true;
}

void sv3__fault_stage2(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__rule rule)
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
		.read_refused =
			slot->purpose == SV3__FOR_OUTPUT && rule == SV3__RULE_S2_PERMISSION &&
			sv3__perm_lacks_read(slot->wanted, slot->s2.allowed | slot->s2.upgradable),
		.fetch_pa = slot->s2.descriptor_pa,
		.ipa = slot->ipa,
	};

	/* [DDI0487 R_LXCKP] Of two faults, that of the output and that of the update before it, the
	 * first is reported. */
	if (slot->fault_waits)
		fault = slot->fault;
	if (!slot->fault_waits && af_is_set_first(smmu, slot)) {
		slot->fault = fault;
		slot->fault_waits = true;
		sv3__begin_s1_update(slot);
		return;
	}
	sv3__end_fault(smmu, slot, fault);
}

void sv3__begin_stage2(struct sv3__slot *slot, enum sv3__purpose purpose, uint64_t ipa)
{
	sv3__rest_on_tables(slot);
	slot->purpose = (uint8_t)purpose;
	slot->ipa = ipa;
	slot->phase = SV3__PHASE_S2_TLB;
}

/* What must be allowed at stage 2 for its purpose. Tables and CDs are read as data. */
static uint8_t stage2_wanted(const struct sv3__slot *slot)
{
	switch ((enum sv3__purpose)slot->purpose) {
	case SV3__FOR_OUTPUT:
		return slot->wanted;
	case SV3__FOR_TABLE_WRITE:
		return 1u << SV3__ACCESS_WRITE_PRIV; /* IMPDEF(I-048) [IHI0070 3.13.5] */
	default:
		return 1u << SV3__ACCESS_READ_PRIV;
	}
}

/* [IHI0070 5.2 S2PTW] Structures of stage 1 in what stage 2 maps as Device memory. */
static bool is_table_in_device(const struct sv3__slot *slot, uint64_t descriptor)
{
	const struct sv3__attributes normal = { SV3_MEMORY_WB, SV3_SHARE_NON };

	return slot->purpose != SV3__FOR_OUTPUT && slot->context.s2.ptw &&
	       sv3__attr_is_device(sv3__attr_stage2(&slot->context, normal, descriptor).memory);
}

/* The intermediate address is translated: slot->s2.table is the output of its leaf. */
void sv3__stage2_done(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	sv3_pa pa = slot->s2.table | sv3__offset_in(slot->ipa, slot->s2.span_lg2);

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
		slot->phase = SV3__PHASE_S1_UPDATE;
		if (pa == slot->s1.descriptor_pa)
			break;
		/* Stage 2 moved the table since the descriptor was read: what stands there now
		 * decides. [DDI0487 I_YZSVV] */
		slot->from_first_level = true;
		slot->fault_waits = false;
		sv3__restart(smmu, slot, SV3__PHASE_TLB);
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
	uint64_t descriptor;
	uint32_t found;

	if (sv3__is_probe(slot))
		return false;
	found = sv3__tlb_lookup(smmu, scope, slot->ipa);
	if (found == SV3__NONE)
		return false;
	entry = sv3__cache_payload(smmu, &smmu->tlb, found);
	if (sv3__is_ats_request(slot) || (stage2_wanted(slot) & ~entry->allowed) != 0)
		return false;
	descriptor = SV3_PUT(SV3_PTE_S2_MEMATTR, entry->memory) |
		     SV3_PUT(SV3_PTE_SH, entry->shareability);
	if (is_table_in_device(slot, descriptor))
		return false;
	slot->s2 = (struct sv3__walk){
		.input = slot->ipa,
		.table = entry->pa,
		.span_lg2 = entry->span_lg2,
		.allowed = entry->allowed,
		.hit = true,
		.descriptor = descriptor,
	};
	return true;
}

void sv3__phase_s2_tlb(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	const struct sv3__ttb *ttb = &slot->context.s2.ttb;
	struct sv3__tlb_scope scope = sv3__stage2_scope_of(&slot->context, &slot->txn);

	if (slot->ipa >> ttb->input_size_lg2 != 0) {
		sv3__fault_stage2(smmu, slot, SV3__RULE_S2_RANGE);
		return;
	}
	if (sv3__tlb_conflicts(smmu, slot, &scope, slot->ipa)) {
		sv3__fault_stage2(smmu, slot, SV3__RULE_S2_CONFLICT);
		return;
	}
	if (stage2_hits(smmu, slot, &scope)) {
		sv3__stage2_done(smmu, slot);
		return;
	}
	sv3__begin_walk(smmu, slot, &slot->s2, &scope, ttb, slot->ipa);
	go_to_s2_descriptor(slot);
}

void sv3__phase_s2_read(struct sv3_smmu *smmu, struct sv3__slot *slot,
			const struct sv3_reply *reply, struct sv3_need *need)
{
	const struct sv3__stage2 *s2 = &slot->context.s2;
	struct sv3__tlb_scope scope = sv3__stage2_scope_of(&slot->context, &slot->txn);
	struct sv3__walked walked;

	if (!reply) {
		sv3__ask_read(slot, (enum sv3_unit)(SV3_UNIT_S2_L0 + slot->s2.level),
			      slot->s2.descriptor_pa, 8, need);
		return;
	}
	sv3__count_walk_read(smmu, slot);
	if (reply->status != SV3_BUS_OK) {
		sv3__fault_stage2(smmu, slot, SV3__RULE_S2_EABT);
		return;
	}
	slot->s2.descriptor = sv3__in_order(sv3_le64(reply->data), s2->big_endian);
	walked =
		sv3__walk_level(&s2->ttb, s2->output_size_lg2, slot->s2.level, slot->s2.descriptor);
	switch (walked.step) {
	case SV3__STEP_TABLE:
		if (!sv3__is_probe(slot))
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
		sv3__fault_stage2(smmu, slot, SV3__RULE_S2_INVALID);
		break;
	case SV3__STEP_ADDR_SIZE:
		sv3__fault_stage2(smmu, slot, SV3__RULE_S2_ADDR_SIZE);
		break;
	}
}

void sv3__stage2_fill(struct sv3_smmu *smmu, const struct sv3__slot *slot,
		      const struct sv3__walk *walk)
{
	const struct sv3__ttb *ttb = &slot->context.s2.ttb;
	struct sv3__tlb_scope scope = sv3__stage2_scope_of(&slot->context, &slot->txn);
	uint8_t span_lg2 = sv3__walk_leaf_span_lg2(smmu, ttb, walk->level, walk->descriptor);

	if (sv3__is_probe(slot) || walk->hit || sv3__walk_leaf_is_fleeting(smmu, walk))
		return;
	sv3__tlb_fill(smmu, &scope, walk->input, false,
		      &(struct sv3__tlb_entry){
			      .pa = walk->table - sv3__offset_in(walk->table, span_lg2),
			      .allowed = walk->allowed,
			      .passable = walk->allowed | walk->upgradable,
			      .span_lg2 = span_lg2,
			      .leaf_class = sv3__leaf_class(ttb->granule_lg2, walk->level),
			      .memory = (uint8_t)SV3_GET(SV3_PTE_S2_MEMATTR, walk->descriptor),
			      .shareability = (uint8_t)SV3_GET(SV3_PTE_SH, walk->descriptor),
		      });
}

static enum sv3__rule stage2_refusal(const struct sv3__slot *slot, uint8_t wanted)
{
	bool clean = !slot->context.s2.hd && (slot->s2.descriptor & SV3_PTE_DBM) &&
		     !(slot->s2.descriptor & SV3_PTE_S2AP_WRITE) && (wanted & SV3__WRITES);

	if (is_table_in_device(slot, slot->s2.descriptor))
		return SV3__RULE_S2_PTW;
	return clean ? SV3__RULE_S2_CLEAN : SV3__RULE_S2_PERMISSION;
}

/* What the leaf's permissions leave open: memory that no table may stand in, and ATS requests,
 * which are not refused unless nothing at all is left to them. */
static bool stage2_refuses(const struct sv3__slot *slot, uint8_t wanted)
{
	return is_table_in_device(slot, slot->s2.descriptor) ||
	       (sv3__is_ats_request(slot) && slot->purpose == SV3__FOR_OUTPUT &&
		!sv3__ats_gives_access(slot, wanted));
}

/* What stage 2 must allow now that its leaf is known. */
static uint8_t stage2_wanted_of_leaf(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	uint8_t wanted = stage2_wanted(slot);

	/* IMPDEF(I-045): reading a stage-1 table leaves its stage-2 leaf clean, or by choice makes
	 * it dirty. [IHI0070 3.13.4] */
	if (slot->purpose == SV3__FOR_TABLE_READ && sv3__chooses(smmu, SV3_CHOICE_S2_TABLE_DIRTY) &&
	    !slot->prefetch && (slot->s2.upgradable & 1u << SV3__ACCESS_WRITE_PRIV))
		wanted |= 1u << SV3__ACCESS_WRITE_PRIV;
	if (sv3__is_ats_request(slot) && slot->purpose == SV3__FOR_OUTPUT) {
		/* [IHI0070 3.13.7.1] What stage 2 does not give is not granted, and stage 1 is not
		 * made dirty for it. */
		slot->wanted &= sv3__ats_available(slot, &slot->s2);
		wanted = slot->wanted;
	}
	return wanted;
}

void sv3__phase_s2_leaf(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	const struct sv3__stage2 *s2 = &slot->context.s2;
	struct sv3__permissions permissions =
		sv3__perm_stage2(s2, (smmu->config.idr3 & SV3_IDR3_XNX) != 0, slot->s2.descriptor);
	enum sv3__httu next;
	uint8_t wanted;

	slot->s2.allowed = permissions.allowed;
	slot->s2.upgradable = permissions.upgradable;
	wanted = stage2_wanted_of_leaf(smmu, slot);
	next = sv3__httu_next(sv3__af_policy_of(smmu, slot, s2->ha, s2->affd), slot->s2.descriptor,
			      wanted, permissions, &slot->s2.updated);
	if (next == SV3__HTTU_ACCESS) {
		sv3__fault_stage2(smmu, slot, SV3__RULE_S2_ACCESS);
		return;
	}
	if (next == SV3__HTTU_PERMISSION || stage2_refuses(slot, wanted)) {
		/* IMPDEF(I-005), for stage 2 without the choice: no flag is set. */
		sv3__fault_stage2(smmu, slot, stage2_refusal(slot, wanted));
		return;
	}
	/* What an access itself needs is held back until stage 1 is updated; with stage 2 alone
	 * there is nothing to wait for. [IHI0070 3.13.7.1] Split-stage ATS leaves it to the access.
	 */
	if (slot->purpose == SV3__FOR_OUTPUT || next == SV3__HTTU_NOTHING) {
		if (slot->purpose != SV3__FOR_OUTPUT)
			sv3__stage2_fill(smmu, slot, &slot->s2);
		sv3__stage2_done(smmu, slot);
	} else {
		slot->phase = SV3__PHASE_S2_UPDATE;
	}
}
