/* SPDX-License-Identifier: MIT */
/*
 * stream.c - from StreamID to configuration: the phases that find, read and judge STE and CD, and
 * what they make of a transaction.
 */
#include "xlat_priv.h"

/*
 * Read a structure of @size bytes at slot->fetch_pa into slot->fetched, in pieces of
 * config_fetch_bytes: IMPDEF(I-029) [IHI0070 3.21.3]. Returns: true when it is there; false after
 * asking for the next piece, or after ending by @abort_rule.
 */
static bool fetch(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3_unit unit, uint32_t size,
		  enum sv3__rule abort_rule, const struct sv3_reply *reply, struct sv3_need *need)
{
	uint32_t piece = sv3__smaller(size, smmu->config.config_fetch_bytes);

	sv3__rest_on_fetches(slot);
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
	sv3__monitor(smmu, slot, SV3__PMCG_CONFIG_READ);
	sv3__ask_read(slot, unit, slot->fetch_pa + slot->fetch_done_bytes, piece, need);
	return false;
}

/* Translated traffic that holds an output address already. */
static void pass_translated(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	if (slot->txn.iova >> smmu->oas_lg2 != 0)
		/* IMPDEF(I-041): aborted without a record, not truncated. [IHI0070 3.9.1.1] */
		sv3__end_refused(smmu, slot, SV3__RULE_TRANSLATED_SIZE);
	else
		sv3__end_ok(slot, slot->txn.iova, 64, sv3__attr_input(&slot->context, &slot->txn),
			    SV3_RESULT_BYPASS);
}

/* Translated traffic that its STE allows: it holds an output address already, or one of stage 1. */
static void dispatch_translated(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	if (sv3__ats_mode(smmu, &slot->context) == SV3_STE_EATS_SPLIT) {
		sv3__context_to_stage2(&slot->context);
		slot->phase = SV3__PHASE_TLB;
	} else {
		pass_translated(smmu, slot);
	}
}

/* The configuration is known: what does it make of the transaction? */
static void dispatch(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	enum sv3__rule refused = sv3__ats_refused(smmu, slot);

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
		slot->phase = SV3__PHASE_DONE; /* nobody looks at the result */
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

/* IMPDEF(I-030): a transaction takes the SMMUEN of its first look and, sent back by an
 * invalidation, keeps it: it may have made a leaf dirty by then. [IHI0070 6.3.9.6] */
static bool takes_part(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	bool has_begun = slot->has_context || slot->has_fetched;

	return has_begun ? (smmu->regs[SV3__REG_CR0ACK] & SV3_CR0_SMMUEN) != 0
			 : sv3__enabled(smmu, SV3_CR0_SMMUEN);
}

void sv3__phase_config(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	const struct sv3__context *cached;
	struct sv3__located located;

	/* [IHI0070 3.14] A speculative write is aborted, without a trace, enabled or not. */
	if (slot->txn.speculative && slot->txn.write && slot->txn.kind <= SV3_TXN_PROBE) {
		sv3__end_refused(smmu, slot, SV3__RULE_SPECULATIVE_WRITE);
		return;
	}
	slot->fault_waits = false; /* what an earlier attempt found is forgotten */
	if (!takes_part(smmu, slot)) {
		sv3__end_global_bypass(smmu, slot);
		return;
	}
	if (passes_unchecked(smmu, slot)) {
		pass_translated(smmu, slot);
		return;
	}
	/* A probe looks at memory as it is: it asks no cache, and so changes no order of use. */
	cached = sv3__is_probe(slot) ? NULL : sv3__config_lookup(smmu, &slot->txn);
	if (cached) {
		slot->has_context = true;
		slot->context = *cached;
		dispatch(smmu, slot);
		return;
	}
	sv3__stats(smmu)->config_misses++;
	sv3__monitor(smmu, slot, SV3__PMCG_CONFIG_MISS);
	located = sv3__locate_ste(smmu, slot->txn.stream_id);
	slot->fetch_pa = located.pa;
	slot->phase = located.two_level ? SV3__PHASE_L1STD : SV3__PHASE_STE;
	if (located.rule != SV3__RULE_NONE)
		sv3__end_refused(smmu, slot, located.rule);
}

void sv3__phase_l1std(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		      struct sv3_need *need)
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
		sv3__begin_stage2(slot, SV3__FOR_CD, located.pa);
}

static void ste_arrived(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	enum sv3__rule rule;

	sv3__words_of_structure(slot->ste, slot->fetched);
	slot->has_context = true;
	rule = sv3__ste_decode(smmu, slot->ste, &slot->context);
	if (rule == SV3__RULE_NONE)
		rule = sv3__ats_refused(smmu, slot);
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
	} else if (slot->context.kind != SV3__STREAM_ABORT && slot->txn.substream_valid) {
		/* [IHI0070 7.3.9] a SubstreamID where stage 1 is not enabled */
		sv3__end_refused(smmu, slot, SV3__RULE_SSID_BYPASS);
		return;
	}
	sv3__config_fill(smmu, slot);
	dispatch(smmu, slot);
}

void sv3__phase_ste(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		    struct sv3_need *need)
{
	if (fetch(smmu, slot, SV3_UNIT_STE, SV3_STE_SIZE_BYTES, SV3__RULE_STE_FETCH, reply, need))
		ste_arrived(smmu, slot);
}

void sv3__phase_l1cd(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		     struct sv3_need *need)
{
	if (fetch(smmu, slot, SV3_UNIT_CD, 8, SV3__RULE_CD_FETCH, reply, need))
		go_to_cd(smmu, slot,
			 sv3__locate_cd_level2(smmu, slot->ste, &slot->txn,
					       sv3_le64(slot->fetched)));
}

void sv3__phase_cd(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		   struct sv3_need *need)
{
	enum sv3__rule rule;
	uint64_t cd[8];

	if (!fetch(smmu, slot, SV3_UNIT_CD, SV3_CD_SIZE_BYTES, SV3__RULE_CD_FETCH, reply, need))
		return;
	sv3__words_of_structure(cd, slot->fetched);
	rule = sv3__cd_decode(smmu, slot->ste, cd, &slot->context);
	if (rule != SV3__RULE_NONE) {
		sv3__end_refused(smmu, slot, rule);
		return;
	}
	sv3__config_fill(smmu, slot);
	dispatch(smmu, slot);
}
