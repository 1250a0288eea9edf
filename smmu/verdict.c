/* SPDX-License-Identifier: MIT */
/*
 * verdict.c - how a transaction ends: with an address, an abort, RAZ/WI, an answer of ATS, or
 * parked in a stall; and whether that is recorded. [IHI0070 3.12, 3.9.1, 5.5]
 *
 * Why it ends so was found by others and comes as a row of rules.def.
 */
#include "xlat_priv.h"

static bool leaves_no_trace(const struct sv3__slot *slot)
{
	return slot->txn.kind == SV3_TXN_PROBE || slot->prefetch;
}

static void end(struct sv3__slot *slot, enum sv3_outcome outcome)
{
	slot->result.outcome = (uint8_t)outcome;
	slot->phase = SV3__PHASE_DONE;
}

void sv3__end_ok(struct sv3__slot *slot, sv3_pa pa, uint32_t span_lg2,
		 struct sv3__attributes attributes, uint8_t flags)
{
	slot->result.pa = pa;
	slot->result.span_lg2 = (uint8_t)span_lg2;
	slot->result.memory = attributes.memory;
	slot->result.shareability = attributes.shareability;
	slot->result.flags |= flags;
	end(slot, SV3_OUTCOME_OK);
}

/* Why, for whoever asks the result. */
static void tell_reason(struct sv3__slot *slot, const struct sv3__fault *fault)
{
	slot->result.rule = (uint16_t)fault->rule;
	slot->result.event_class = (uint8_t)fault->event_class;
	if (fault->stage2)
		slot->result.flags |= SV3_RESULT_STAGE2_FAULT;
}

/* Terminated. A record is made if one is due, and never of speculative traffic. [IHI0070 3.14] */
static void terminate(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3_outcome outcome,
		      bool record, const struct sv3__fault *fault)
{
	tell_reason(slot, fault);
	if (!leaves_no_trace(slot))
		sv3__stats(smmu)->faults++;
	if (record && fault->event != SV3_EVENT_NONE && !slot->txn.speculative) {
		slot->result.event = (uint8_t)fault->event;
		if (!leaves_no_trace(slot))
			sv3__event_raise(smmu, slot, fault);
	}
	end(slot, outcome);
}

/* --- Before translation --- */

static bool records_ats_config(const struct sv3_smmu *smmu)
{
	return (smmu->regs[SV3__REG_CR2] & SV3_CR2_REC_CFG_ATS) != 0;
}

/* [IHI0070 7.3.3] An unknown StreamID is recorded by choice of software. */
static bool records_stream(const struct sv3_smmu *smmu, enum sv3_event event)
{
	return event != SV3_EVENT_C_BAD_STREAMID ||
	       (smmu->regs[SV3__REG_CR2] & SV3_CR2_RECINVSID) != 0;
}

/* [IHI0070 3.9.1.2] A request that ATS is not there for is unsupported; one that meets an error in
 * the configuration is aborted by the completer. */
static void refuse_ats_request(struct sv3_smmu *smmu, struct sv3__slot *slot,
			       const struct sv3__fault *fault)
{
	bool record;

	if (fault->event == SV3_EVENT_F_BAD_ATS_TREQ || fault->rule == SV3__RULE_TREQ_ABORT) {
		/* IMPDEF(I-040): F_BAD_ATS_TREQ is recorded, or by choice not. [IHI0070 7.3.6] */
		record = !sv3__chooses(smmu, SV3_CHOICE_TREQ_NOT_RECORDED);
		terminate(smmu, slot, SV3_OUTCOME_ATS_UR, record, fault);
		return;
	}
	record = records_ats_config(smmu) && records_stream(smmu, fault->event);
	terminate(smmu, slot, SV3_OUTCOME_ATS_CA, record, fault);
}

void sv3__end_refused(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__rule rule)
{
	struct sv3__fault fault = { .rule = rule, .event = sv3__rule_event(rule) };
	bool record = records_stream(smmu, fault.event);

	if (fault.event == SV3_EVENT_F_STE_FETCH || fault.event == SV3_EVENT_F_CD_FETCH)
		fault.fetch_pa = slot->fetch_pa;
	if (slot->txn.kind == SV3_TXN_ATS_REQUEST) {
		refuse_ats_request(smmu, slot, &fault);
		return;
	}
	/* [IHI0070 3.9.1.3] Errors of the configuration that Translated traffic meets. */
	if (slot->txn.kind == SV3_TXN_ATS_TRANSLATED && fault.event != SV3_EVENT_F_TRANSL_FORBIDDEN)
		record = records_ats_config(smmu);
	terminate(smmu, slot, SV3_OUTCOME_ABORT, record, &fault);
}

void sv3__end_global_bypass(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	enum sv3__rule rule = SV3__RULE_NONE;

	/* [IHI0070 6.3.9.6, 3.4] SMMUEN = 0: GBPA decides; an address too large aborts without an
	 * event. ATS has no place then. [IHI0070 3.9.1.2, 3.9.1.3] */
	if (slot->txn.kind == SV3_TXN_ATS_REQUEST)
		rule = SV3__RULE_ATS_DISABLED;
	else if (slot->txn.kind == SV3_TXN_ATS_TRANSLATED)
		rule = SV3__RULE_TRANSLATED_DISABLED;
	else if (smmu->regs[SV3__REG_GBPA] & SV3_GBPA_ABORT)
		rule = SV3__RULE_GBPA_ABORT;
	else if (slot->txn.iova >> smmu->oas_lg2 != 0)
		rule = SV3__RULE_GBPA_SIZE;
	if (rule != SV3__RULE_NONE)
		sv3__end_refused(smmu, slot, rule);
	else
		sv3__end_ok(slot, slot->txn.iova, 64, sv3__attr_global_bypass(smmu, &slot->txn),
			    SV3_RESULT_BYPASS);
}

void sv3__end_bypass(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	uint32_t span_lg2 = 64;

	/* [IHI0070 3.4, 7.3.14] Bypass beyond the address size: terminated by abort, and
	 * recorded. */
	if (slot->txn.iova >> smmu->oas_lg2 != 0) {
		sv3__end_fault(smmu, slot,
			       (struct sv3__fault){ .rule = SV3__RULE_BYPASS_SIZE,
						    .event_class = SV3_EVT_CLASS_IN });
		return;
	}
	/* [IHI0070 3.9.1.2, 13.6.4] ATS and stage 1 passed by: all is granted, at the same address,
	 * as far as there are addresses. */
	if (slot->txn.kind == SV3_TXN_ATS_REQUEST) {
		slot->result.ats = SV3_ATS_READ | SV3_ATS_WRITE;
		span_lg2 = smmu->oas_lg2;
	}
	sv3__end_ok(slot, slot->txn.iova, span_lg2, sv3__attr_input(&slot->context, &slot->txn),
		    SV3_RESULT_BYPASS);
}

/* --- Faults of translation --- */

/* log2 bytes of the smallest granule: what an ATS answer that grants nothing stands for.
 * [IHI0070 3.9.1.2] */
static uint32_t smallest_granule_lg2(const struct sv3_smmu *smmu)
{
	uint32_t idr5 = smmu->config.idr5;

	return idr5 & SV3_IDR5_GRAN4K ? 12 : idr5 & SV3_IDR5_GRAN16K ? 14 : 16;
}

/* What a stage itself refuses, not an abort or a conflict in its way, nor an address that bypasses:
 * only that may stall, and is left to what the CD or STE says of faults. [IHI0070 3.12.2] */
static bool is_of_a_stage(const struct sv3__fault *fault)
{
	return fault->event >= SV3_EVENT_F_TRANSLATION && fault->event <= SV3_EVENT_F_PERMISSION &&
	       fault->rule != SV3__RULE_BYPASS_SIZE;
}

static bool may_stall(const struct sv3__slot *slot, const struct sv3__fault *fault)
{
	bool stalls = fault->stage2 ? slot->context.s2.stall : slot->context.stall;

	return stalls && is_of_a_stage(fault) && slot->txn.kind == SV3_TXN_ACCESS &&
	       !slot->txn.speculative && !slot->prefetch;
}

/* [IHI0070 3.9.1.2] A page that cannot be had is answered with success and without permissions. */
static void answer_nothing(struct sv3_smmu *smmu, struct sv3__slot *slot,
			   const struct sv3__fault *fault)
{
	tell_reason(slot, fault);
	sv3__ats_grant(slot, 0);
	sv3__end_ok(slot, 0, smallest_granule_lg2(smmu), (struct sv3__attributes){ 0 }, 0);
}

void sv3__end_fault(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3__fault fault)
{
	bool abort = true, record = true;

	fault.event = sv3__rule_event(fault.rule);
	if (slot->txn.kind == SV3_TXN_ATS_REQUEST) {
		if (fault.event == SV3_EVENT_F_WALK_EABT || fault.event == SV3_EVENT_F_TLB_CONFLICT)
			refuse_ats_request(smmu, slot, &fault);
		else
			answer_nothing(smmu, slot, &fault);
		return;
	}
	if (may_stall(slot, &fault)) {
		sv3__stall_begin(smmu, slot, &fault);
		return;
	}
	/* [IHI0070 3.12, 7.3.12, 7.3.21] The rest is always terminated by abort and recorded. Else
	 * the stage decides: CD.A and R [IHI0070 5.5], STE.S2R [IHI0070 5.2]. */
	if (is_of_a_stage(&fault)) {
		record = fault.stage2 ? slot->context.s2.record : slot->context.record;
		/* [IHI0070 3.14] A speculative access that cannot be translated is aborted,
		 * whatever A says. */
		abort = fault.stage2 || slot->context.abort || slot->txn.speculative;
	}
	terminate(smmu, slot, abort ? SV3_OUTCOME_ABORT : SV3_OUTCOME_RAZ_WI, record, &fault);
}

void sv3__end_stalled(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3_outcome outcome)
{
	sv3__stats(smmu)->faults++;
	slot->result.event = (uint8_t)slot->fault.event;
	slot->result.rule = SV3__RULE_STALL_ABORTED;
	end(slot, outcome);
}
