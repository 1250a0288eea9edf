/* SPDX-License-Identifier: MIT */
/*
 * xlat.c - all control flow of a transaction, as one switch over its phase.
 *
 *	CONFIG -> (L1STD -> STE -> L1CD -> CD) -> TLB -> S1_READ .. -> S1_LEAF -> OUTPUT -> DONE
 *
 * Where stage 2 is on, every intermediate address (of a CD, of a stage-1 descriptor to be read or
 * written, and the output of stage 1) takes the way S2_TLB -> S2_READ .. -> S2_LEAF (-> S2_UPDATE)
 * and comes back to what it was for. A phase does bounded work: it asks one need, or goes on to the
 * next phase. The phases stand in stream.c, stage1.c, stage2.c and output.c, how a transaction ends
 *in verdict.c; every decision is a pure function of another file.
 */
#include "xlat_priv.h"

void sv3__begin_walk(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3__walk *walk,
		     const struct sv3__tlb_scope *scope, const struct sv3__ttb *ttb, uint64_t input)
{
	*walk = (struct sv3__walk){ .input = input,
				    .table = ttb->table,
				    .level = ttb->start_level };
	/* After a change of memory under the walk everything is read again, from the first level
	 * on. */
	if (!slot->from_first_level && !sv3__is_probe(slot) &&
	    sv3__walk_cache_lookup(smmu, scope, ttb, walk))
		sv3__stats(smmu)->walk_cache_hits++;
}

void sv3__count_walk_read(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	slot->result.walk_reads++;
	sv3__stats(smmu)->walk_reads++;
	sv3__monitor(smmu, slot, SV3__PMCG_WALK_READ);
}

/* [IHI0070 3.14] What is speculative sets the access flag. DEVIATION(D-024): by choice it
 * does not, as DDI 0487 alone would allow (R_LHQRX), and is aborted. */
struct sv3__af_policy sv3__af_policy_of(const struct sv3_smmu *smmu, const struct sv3__slot *slot,
					bool ha, bool affd)
{
	bool refrains = slot->txn.speculative && sv3__chooses(smmu, SV3_CHOICE_NO_SPECULATIVE_AF);

	return (struct sv3__af_policy){
		.ha = ha && !refrains,
		.affd = affd && !ha,
		.on_permission_fault = sv3__chooses(smmu, SV3_CHOICE_AF_ON_PERMISSION),
	};
}

void sv3__restart(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__phase phase)
{
	slot->result.walk_restarts++;
	sv3__stats(smmu)->walk_restarts++;
	slot->phase = (uint8_t)phase;
}

/* An update that was out when the transaction is sent back: if it was made, that cannot be taken
 * back. */
static void count_update_in_flight(struct sv3_smmu *smmu, struct sv3__slot *slot,
				   const struct sv3_reply *reply)
{
	if (!reply || reply->status != SV3_BUS_OK)
		return;
	if (slot->phase == SV3__PHASE_S1_UPDATE &&
	    sv3__in_order(reply->old, slot->context.big_endian) == slot->s1.descriptor)
		sv3__count_update(smmu, slot, &slot->s1, false);
	if (slot->phase == SV3__PHASE_S2_UPDATE &&
	    sv3__in_order(reply->old, slot->context.s2.big_endian) == slot->s2.descriptor)
		sv3__count_update(smmu, slot, &slot->s2, slot->purpose != SV3__FOR_OUTPUT);
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
	sv3__restart(smmu, slot, SV3__PHASE_CONFIG);
}

static void phase_stalled(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3_need *need)
{
	enum sv3__resume how = (enum sv3__resume)slot->resume;

	if (how == SV3__RESUME_NOT_YET) {
		need->kind = SV3_NEED_WAIT;
		return;
	}
	sv3__stall_end(smmu, slot);
	/* [IHI0070 6.3.9.6] A retry that finds the SMMU about to be disabled must not bypass. */
	if (how == SV3__RESUME_RETRY && !sv3__enabled(smmu, SV3_CR0_SMMUEN))
		how = SV3__RESUME_ABORT;
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

	if (smmu->cmdq.phase == SV3__CMDQ_PREFETCH)
		return true;
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
		sv3__phase_config(smmu, slot);
		break;
	case SV3__PHASE_L1STD:
		sv3__phase_l1std(smmu, slot, reply, need);
		break;
	case SV3__PHASE_STE:
		sv3__phase_ste(smmu, slot, reply, need);
		break;
	case SV3__PHASE_L1CD:
		sv3__phase_l1cd(smmu, slot, reply, need);
		break;
	case SV3__PHASE_CD:
		sv3__phase_cd(smmu, slot, reply, need);
		break;
	case SV3__PHASE_TLB:
		sv3__phase_tlb(smmu, slot, need);
		break;
	case SV3__PHASE_S1_READ:
		sv3__phase_s1_read(smmu, slot, reply, need);
		break;
	case SV3__PHASE_S1_LEAF:
		sv3__phase_s1_leaf(smmu, slot);
		break;
	case SV3__PHASE_S1_UPDATE:
		sv3__phase_s1_update(smmu, slot, reply, need);
		break;
	case SV3__PHASE_S2_TLB:
		sv3__phase_s2_tlb(smmu, slot);
		break;
	case SV3__PHASE_S2_READ:
		sv3__phase_s2_read(smmu, slot, reply, need);
		break;
	case SV3__PHASE_S2_LEAF:
		sv3__phase_s2_leaf(smmu, slot);
		break;
	case SV3__PHASE_S2_UPDATE:
		sv3__phase_s2_update(smmu, slot, reply, need);
		break;
	case SV3__PHASE_OUTPUT:
		sv3__phase_output(smmu, slot);
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
	if (slot->marked && slot->phase != SV3__PHASE_DONE)
		restart_marked(smmu, slot, reply); /* to a phase that looks at no reply */
	do {
		go_on(smmu, slot, reply, need);
		reply = NULL; /* it was for the first phase of this step */
	} while (need->kind == SV3_NEED_NONE);
	/* [IHI0070 6.3.9.6] SMMUEN = 0 is acknowledged when the last one is done with tables. */
	if ((smmu->regs[SV3__REG_CR0] ^ smmu->regs[SV3__REG_CR0ACK]) & SV3_CR0_SMMUEN)
		sv3__acknowledge(smmu);
}
