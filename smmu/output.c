/* SPDX-License-Identifier: MIT */
/*
 * output.c - the phases behind the walks: hardware updates by compare-and-swap, and what a
 * translated transaction gets.
 *
 * Order of updates with two stages: the output address is looked up in stage 2 first, its update is
 * held back; then the stage-1 leaf is updated, which may make the stage-2 leaf of its table dirty;
 * then the held update is made. So no stage is dirty on account of an access that another stage
 * refuses. [IHI0070 3.13.5] [DDI0487 R_DYCFD, I_CVNQR]
 */
#include "xlat_priv.h"

/* What an update did or, of a probe, would have done. */
static void note_update(struct sv3__slot *slot, uint64_t changed, bool of_table)
{
	if (changed & SV3_PTE_AF)
		slot->result.flags |= SV3_RESULT_AF_SET;
	if (changed & SV3_PTE_AP2_RDONLY)
		slot->result.flags |= of_table ? SV3_RESULT_TABLE_DIRTY_SET : SV3_RESULT_DIRTY_SET;
}

void sv3__count_update(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3__walk *walk,
		       bool of_table)
{
	struct sv3_smmu_stats *stats = sv3__stats(smmu);
	uint64_t changed = walk->descriptor ^ walk->updated;

	note_update(slot, changed, of_table);
	if (sv3__is_probe(slot))
		return;
	stats->httu_updates++;
	stats->httu_af += (changed & SV3_PTE_AF) != 0;
	if (changed & SV3_PTE_AP2_RDONLY) {
		stats->httu_dirty++;
		stats->httu_table_dirty += of_table;
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

/* Compare and swap a leaf to what it must be. A probe only goes on as if it had. */
static enum update update(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3__walk *walk,
			  const struct sv3__ttb *ttb, bool big_endian,
			  const struct sv3_reply *reply, struct sv3_need *need)
{
	if (sv3__is_probe(slot))
		return UPDATE_MADE;
	if (!reply && update_is_impossible(smmu, ttb))
		return UPDATE_ABORTED;
	if (!reply) {
		slot->asked = true;
		sv3__monitor(smmu, slot, SV3__PMCG_WALK_READ);
		need->kind = SV3_NEED_CAS64;
		need->unit = SV3_UNIT_HTTU;
		need->pa = walk->descriptor_pa;
		need->size = 8;
		need->expect = sv3__in_order(walk->descriptor, big_endian);
		need->desired = sv3__in_order(walk->updated, big_endian);
		return UPDATE_ASKED;
	}
	if (reply->status != SV3_BUS_OK)
		return UPDATE_ABORTED;
	return sv3__in_order(reply->old, big_endian) == walk->descriptor ? UPDATE_MADE
									 : UPDATE_CHANGED;
}

/* The leaf stands in memory as it must be. What its update was for is allowed now: the same as
 * asking for its permissions again. */
static void settle(struct sv3__walk *walk)
{
	if ((walk->descriptor ^ walk->updated) & SV3_PTE_AP2_RDONLY)
		walk->allowed |= walk->upgradable;
	walk->descriptor = walk->updated;
}

void sv3__phase_s1_update(struct sv3_smmu *smmu, struct sv3__slot *slot,
			  const struct sv3_reply *reply, struct sv3_need *need)
{
	switch (update(smmu, slot, &slot->s1, sv3__ttb_of(slot), slot->context.big_endian, reply,
		       need)) {
	case UPDATE_ASKED:
		return;
	case UPDATE_ABORTED:
		sv3__abort_stage1(smmu, slot);
		return;
	case UPDATE_CHANGED:
		/* [DDI0487 D8.5.2.1, I_YZSVV] Memory changed: what it says now decides, from the
		 * first level on. */
		slot->from_first_level = true;
		slot->fault_waits = false;
		sv3__restart(smmu, slot, SV3__PHASE_S1_READ);
		sv3__begin_stage1_walk(smmu, slot, need);
		return;
	case UPDATE_MADE:
		break;
	}
	sv3__count_update(smmu, slot, &slot->s1, false);
	settle(&slot->s1);
	if (slot->fault_waits) {
		sv3__end_fault(smmu, slot, slot->fault);
		return;
	}
	slot->phase = SV3__PHASE_OUTPUT;
	/* By choice stage 1 came first: stage 2 of the output is still to be asked. */
	if (slot->context.stage2 && slot->output2.span_lg2 == 0)
		sv3__begin_stage2(slot, SV3__FOR_OUTPUT,
				  slot->s1.table |
					  sv3__offset_in(slot->txn.iova, slot->s1.span_lg2));
}

void sv3__phase_s2_update(struct sv3_smmu *smmu, struct sv3__slot *slot,
			  const struct sv3_reply *reply, struct sv3_need *need)
{
	bool of_table = slot->purpose != SV3__FOR_OUTPUT;

	switch (update(smmu, slot, &slot->s2, &slot->context.s2.ttb, slot->context.s2.big_endian,
		       reply, need)) {
	case UPDATE_ASKED:
		return;
	case UPDATE_ABORTED:
		sv3__fault_stage2(smmu, slot, SV3__RULE_S2_EABT);
		return;
	case UPDATE_CHANGED:
		slot->from_first_level = true;
		sv3__restart(smmu, slot, SV3__PHASE_S2_TLB);
		return;
	case UPDATE_MADE:
		break;
	}
	sv3__count_update(smmu, slot, &slot->s2, of_table);
	settle(&slot->s2);
	if (of_table)
		sv3__stage2_fill(smmu, slot, &slot->s2);
	sv3__stage2_done(smmu, slot);
}

/* Output of the access, from what the stages said: address, span, attributes; and the TLB entry. */
static void end_translated(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	const struct sv3__context *context = &slot->context;
	const struct sv3__ttb *ttb = sv3__ttb_of(slot);
	struct sv3__tlb_scope scope = sv3__scope_of(context, &slot->txn);
	const struct sv3__walk *s1 = &slot->s1, *s2 = &slot->output2;
	struct sv3__attributes attributes;
	uint8_t allowed = s1->allowed, span_lg2 = UINT8_MAX;
	sv3_pa pa = slot->txn.iova;

	if (context->stage1) {
		pa = s1->table | sv3__offset_in(slot->txn.iova, s1->span_lg2);
		span_lg2 = sv3__walk_leaf_span_lg2(smmu, ttb, s1->level, s1->descriptor);
		attributes = sv3__attr_stage1(context, s1->descriptor);
	} else {
		attributes = sv3__attr_input(context, &slot->txn);
	}
	if (context->stage2) {
		uint8_t s2_span_lg2 = s2->hit ? s2->span_lg2
					      : sv3__walk_leaf_span_lg2(smmu, &context->s2.ttb,
									s2->level, s2->descriptor);

		pa = s2->table | sv3__offset_in(slot->ipa, s2->span_lg2);
		span_lg2 = (uint8_t)sv3__smaller(s2_span_lg2, span_lg2);
		allowed &= s2->allowed;
		attributes = sv3__attr_stage2(context, attributes, s2->descriptor);
	}
	slot->translated = true;
	slot->global = context->stage1 && !(s1->descriptor & SV3_PTE_NG);
	slot->leaf_class =
		sv3__leaf_class(ttb->granule_lg2, context->stage1 ? s1->level : s2->level);
	sv3__ats_grant(slot, slot->wanted);
	if (sv3__is_split_request(smmu, slot)) {
		/* [IHI0070 13.6.3] The answer is an intermediate address. */
		sv3__end_ok(slot, slot->ipa, span_lg2, attributes, 0);
		return;
	}
	sv3__end_ok(slot, pa, span_lg2, attributes, 0);
	if (sv3__is_probe(slot))
		return;
	if (context->stage2)
		sv3__stage2_fill(smmu, slot, s2);
	if (!context->stage1 || sv3__walk_leaf_is_fleeting(smmu, s1) ||
	    (context->stage2 && sv3__walk_leaf_is_fleeting(smmu, s2)))
		return;
	sv3__tlb_fill(smmu, &scope, slot->txn.iova, slot->global,
		      &(struct sv3__tlb_entry){
			      .pa = pa - sv3__offset_in(pa, span_lg2),
			      .allowed = allowed,
			      .passable = s1->allowed | s1->upgradable,
			      .span_lg2 = span_lg2,
			      .leaf_class = slot->leaf_class,
			      .memory = attributes.memory,
			      .shareability = attributes.shareability,
		      });
}

/* All stages agree. Stage 1 is updated first, then what was held back of stage 2. */
void sv3__phase_output(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	bool s1_is_due = slot->context.stage1 && slot->s1.updated != slot->s1.descriptor;
	/* [IHI0070 3.13.7.1] IMPDEF(I-046): split-stage ATS leaves the update of the output to the
	 * access. */
	bool s2_is_due = slot->context.stage2 && !sv3__is_split_request(smmu, slot) &&
			 !slot->output2.hit && slot->output2.updated != slot->output2.descriptor;

	if (s1_is_due) {
		/* What stage 2 withheld from an ATS request needs no update. */
		if (sv3__is_ats_request(slot) &&
		    sv3__stage1_decide(smmu, slot) == SV3__HTTU_NOTHING)
			return;
		sv3__begin_s1_update(slot);
		return;
	} else if (s2_is_due) {
		slot->s2 = slot->output2;
		slot->purpose = SV3__FOR_OUTPUT;
		slot->ipa = slot->s2.input;
		slot->phase = SV3__PHASE_S2_UPDATE;
		return;
	}
	if ((slot->wanted & SV3__WRITES) && !(slot->result.flags & SV3_RESULT_DIRTY_SET))
		slot->result.flags |= SV3_RESULT_DIRTY_KNOWN;
	if (slot->context.stage2)
		slot->ipa = slot->output2.input;
	end_translated(smmu, slot);
}
