/* SPDX-License-Identifier: MIT */
/*
 * stage1.c - the phases of the input address: the TLB, and the walk of stage 1 up to its leaf.
 *
 * With stage 1 off the input goes to stage 2 as it is.
 */
#include "xlat_priv.h"

static void fault_stage1(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__rule rule)
{
	sv3__end_fault(smmu, slot,
		       (struct sv3__fault){ .rule = rule, .event_class = SV3_EVT_CLASS_IN });
}

/* F_PERMISSION of stage 1, which allows @available. */
static struct sv3__fault permission_fault(const struct sv3__slot *slot, enum sv3__rule rule,
					  uint8_t available)
{
	return (struct sv3__fault){ .rule = rule,
				    .event_class = SV3_EVT_CLASS_IN,
				    .read_refused = sv3__perm_lacks_read(slot->wanted, available) };
}

void sv3__abort_stage1(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	/* [IHI0070 7.3.12] */
	sv3__end_fault(smmu, slot,
		       (struct sv3__fault){ .rule = SV3__RULE_S1_EABT,
					    .event_class = SV3_EVT_CLASS_TT,
					    .fetch_pa = slot->s1.descriptor_pa });
}

void sv3__begin_s1_update(struct sv3__slot *slot)
{
	slot->phase = SV3__PHASE_S1_UPDATE;
	if (slot->context.stage2)
		sv3__begin_stage2(slot, SV3__FOR_TABLE_WRITE, slot->descriptor_ipa);
}

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

static void end_by_entry(struct sv3_smmu *smmu, struct sv3__slot *slot, uint32_t found)
{
	const struct sv3__tlb_entry *entry = sv3__cache_payload(smmu, &smmu->tlb, found);
	const struct sv3__key *key = &sv3__cache_keys(smmu, &smmu->tlb)[found];

	sv3__stats(smmu)->tlb_hits++;
	slot->translated = true;
	slot->leaf_class = entry->leaf_class;
	slot->global = (key->context_mask & 0xffffu) == 0;
	sv3__ats_grant(slot, slot->wanted);
	sv3__end_ok(slot, entry->pa | sv3__offset_in(slot->txn.iova, entry->span_lg2),
		    entry->span_lg2, entry_attributes(slot, entry),
		    (uint8_t)(SV3_RESULT_TLB_HIT | (slot->txn.write ? SV3_RESULT_DIRTY_KNOWN : 0)));
}

/* The TLB answers, or refuses by what it remembers. Returns false if memory must be asked. */
static bool tlb_answers(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__tlb_scope scope = sv3__scope_of(&slot->context, &slot->txn);
	const struct sv3__tlb_entry *entry;
	uint32_t found;

	/* Split-stage requests want the output of stage 1, which no entry has. */
	if (sv3__is_probe(slot) || sv3__is_split_request(smmu, slot))
		return false;
	if (sv3__tlb_conflicts(smmu, slot, &scope, slot->txn.iova)) {
		sv3__end_fault(smmu, slot,
			       (struct sv3__fault){ .rule = slot->context.stage1
								    ? SV3__RULE_S1_CONFLICT
								    : SV3__RULE_S2_CONFLICT,
						    .stage2 = !slot->context.stage1,
						    .ipa = slot->txn.iova });
		return true;
	}
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
	if (!slot->context.stage1 || sv3__is_ats_request(slot) ||
	    (slot->wanted & ~entry->passable) == 0 ||
	    sv3__chooses(smmu, SV3_CHOICE_NO_CACHED_FAULTS))
		return false;
	sv3__stats(smmu)->tlb_hits++;
	sv3__end_fault(smmu, slot,
		       permission_fault(slot, SV3__RULE_S1_PERMISSION, entry->passable));
	return true;
}

void sv3__phase_tlb(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3_need *need)
{
	sv3__rest_on_tables(slot);
	if (sv3__is_ats_request(slot))
		slot->wanted = sv3__ats_wanted(slot, 0xff);
	if (!input_is_legal(smmu, slot, sv3__ttb_of(slot)) || tlb_answers(smmu, slot))
		return;
	if (!slot->missed && !sv3__is_probe(slot)) {
		const struct sv3__tlb_scope scope = sv3__scope_of(&slot->context, &slot->txn);

		slot->missed = true;
		sv3__stats(smmu)->tlb_misses++;
		sv3__refill_count(smmu, &scope, slot->txn.iova);
		sv3__monitor(smmu, slot, SV3__PMCG_TLB_MISS);
	}
	if (slot->context.stage1)
		sv3__begin_stage1_walk(smmu, slot, need);
	else
		sv3__begin_stage2(slot, SV3__FOR_OUTPUT, slot->txn.iova);
}

static void ask_s1_descriptor(struct sv3__slot *slot, struct sv3_need *need)
{
	sv3__ask_read(slot, (enum sv3_unit)(SV3_UNIT_S1_L0 + slot->s1.level),
		      slot->s1.descriptor_pa, 8, need);
}

/* Where the next descriptor of stage 1 stands; with stage 2 that is an intermediate address. */
static void go_to_s1_descriptor(struct sv3__slot *slot, struct sv3_need *need)
{
	sv3_pa at = sv3__walk_descriptor_pa(sv3__ttb_of(slot), slot->s1.table, slot->s1.level,
					    slot->s1.input);

	slot->s1.descriptor_pa = at;
	slot->phase = SV3__PHASE_S1_READ;
	if (!slot->context.stage2) {
		ask_s1_descriptor(slot, need);
		return;
	}
	slot->descriptor_ipa = at;
	sv3__begin_stage2(slot, SV3__FOR_TABLE_READ, at);
}

void sv3__begin_stage1_walk(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3_need *need)
{
	struct sv3__tlb_scope scope = sv3__scope_of(&slot->context, &slot->txn);

	sv3__begin_walk(smmu, slot, &slot->s1, &scope, sv3__ttb_of(slot), slot->txn.iova);
	go_to_s1_descriptor(slot, need);
}

void sv3__phase_s1_read(struct sv3_smmu *smmu, struct sv3__slot *slot,
			const struct sv3_reply *reply, struct sv3_need *need)
{
	const struct sv3__ttb *ttb = sv3__ttb_of(slot);
	struct sv3__tlb_scope scope;
	struct sv3__walked walked;

	if (!reply) {
		ask_s1_descriptor(slot, need);
		return;
	}
	sv3__count_walk_read(smmu, slot);
	if (reply->status != SV3_BUS_OK) {
		sv3__abort_stage1(smmu, slot);
		return;
	}
	slot->s1.descriptor = sv3__in_order(sv3_le64(reply->data), slot->context.big_endian);
	walked = sv3__walk_level(ttb, slot->context.output_size_lg2, slot->s1.level,
				 slot->s1.descriptor);
	switch (walked.step) {
	case SV3__STEP_TABLE:
		slot->s1.limits |= walked.limits;
		if (!sv3__is_probe(slot) && smmu->walk_cache.entries != 0) {
			scope = sv3__scope_of(&slot->context, &slot->txn);
			sv3__walk_cache_fill(smmu, &scope, ttb, &slot->s1, walked.pa);
		}
		slot->s1.table = walked.pa;
		slot->s1.level++;
		go_to_s1_descriptor(slot, need);
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

enum sv3__httu sv3__stage1_decide(const struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__af_policy policy =
		sv3__af_policy_of(smmu, slot, slot->context.ha, slot->context.affd);

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
	slot->fault = permission_fault(slot, rule, slot->s1.allowed | slot->s1.upgradable);
	if (slot->s1.updated == slot->s1.descriptor) {
		sv3__end_fault(smmu, slot, slot->fault);
		return;
	}
	slot->fault_waits = true;
	sv3__begin_s1_update(slot);
}

void sv3__phase_s1_leaf(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__permissions permissions =
		sv3__perm_stage1(&slot->context, slot->s1.limits, slot->s1.descriptor);

	slot->s1.allowed = permissions.allowed;
	slot->s1.upgradable = permissions.upgradable;
	if (sv3__is_ats_request(slot)) {
		slot->wanted = sv3__ats_wanted(slot, sv3__ats_available(slot, &slot->s1));
		/* Without any permission the output is not looked at. [IHI0070 3.9.1.2] */
		if (!sv3__ats_gives_access(slot, slot->wanted)) {
			fault_stage1(smmu, slot, SV3__RULE_S1_PERMISSION);
			return;
		}
	}
	switch (sv3__stage1_decide(smmu, slot)) {
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
	/* IMPDEF(I-044): stage 1 is made dirty after stage 2 has agreed, or by choice before: the
	 * phase of the output begins with that. [DDI0487 R_DYCFD] */
	if (sv3__chooses(smmu, SV3_CHOICE_S1_DIRTY_FIRST) && !sv3__is_ats_request(slot) &&
	    slot->s1.updated != slot->s1.descriptor)
		return;
	sv3__begin_stage2(slot, SV3__FOR_OUTPUT,
			  slot->s1.table | sv3__offset_in(slot->txn.iova, slot->s1.span_lg2));
}
