/* SPDX-License-Identifier: MIT */
/*
 * mark.c - which transactions in flight an invalidation concerns: CMD_SYNC waits for those that are
 * marked. [IHI0070 3.21.1, 4.7.3]
 *
 * A transaction that is still looked up begins anew at its next step and is unmarked there; one
 * that has its result is unmarked when its access has landed.
 */
#include "xlat_priv.h"

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

/* Nothing that an invalidation could remove: not looked at yet or again, stalled, a probe, or ended
 * without an access. */
static bool rests_on_nothing(const struct sv3__slot *slot)
{
	return slot->phase <= SV3__PHASE_CONFIG || slot->phase == SV3__PHASE_STALLED ||
	       slot->txn.kind == SV3_TXN_PROBE ||
	       (slot->phase == SV3__PHASE_DONE && slot->result.outcome != SV3_OUTCOME_OK);
}

/* Widely during a walk, which may end in a block that the range touches anywhere. */
static bool walk_is_concerned(const struct sv3__slot *slot, const struct sv3__tlbi *tlbi)
{
	struct sv3__tlb_scope scope = sv3__scope_of(&slot->context, &slot->txn);
	struct sv3__tlb_scope stage2 = sv3__stage2_scope_of(&slot->context, &slot->txn);

	if (!slot->rests_on_tables)
		return false;
	return sv3__tlbi_takes(tlbi, scope.regime, (scope.context ^ tlbi->context) & 0xffff0000u,
			       false) ||
	       (slot->context.stage2 &&
		sv3__tlbi_takes(tlbi, stage2.regime, stage2.context ^ tlbi->context, false));
}

/* Exactly when the leaf is known. What stage 2 alone is invalidated of does not concern a
 * transaction that both stages translated. [IHI0070 3.21.1] */
static bool access_is_concerned(const struct sv3__slot *slot, const struct sv3__tlbi *tlbi)
{
	struct sv3__tlb_scope scope = sv3__scope_of(&slot->context, &slot->txn);
	uint64_t span, first;

	if (!slot->translated)
		return false;
	span = SV3_BIT(sv3__reach_lg2(slot->leaf_class, slot->result.span_lg2));
	first = slot->txn.iova & SV3__VA_MASK & ~(span - 1);
	return first <= tlbi->last && first + (span - 1) >= tlbi->first &&
	       sv3__tlbi_takes(tlbi, scope.regime, scope.context ^ tlbi->context, slot->global) &&
	       sv3__tlbi_takes_leaf(tlbi, slot->leaf_class);
}

void sv3__mark_by_tlbi(struct sv3_smmu *smmu, const struct sv3__tlbi *tlbi)
{
	uint32_t left = smmu->active_count;

	for (uint32_t i = 0; left > 0; i++) {
		struct sv3__slot *slot = sv3__slot(smmu, i);

		if (slot->phase == SV3__PHASE_FREE)
			continue;
		left--;
		if (rests_on_nothing(slot))
			continue;
		if (slot->phase == SV3__PHASE_DONE ? access_is_concerned(slot, tlbi)
						   : walk_is_concerned(slot, tlbi))
			mark(smmu, slot);
	}
}

static bool is_of_stream(const struct sv3__slot *slot, const struct sv3__cfgi *cfgi)
{
	uint32_t substream_id = slot->txn.substream_valid ? slot->txn.substream_id : 0;

	return slot->txn.stream_id >= cfgi->stream_first &&
	       slot->txn.stream_id <= cfgi->stream_last &&
	       (cfgi->any_substream || substream_id == cfgi->substream_id);
}

void sv3__mark_by_cfgi(struct sv3_smmu *smmu, const struct sv3__cfgi *cfgi)
{
	uint32_t left = smmu->active_count;

	for (uint32_t i = 0; left > 0; i++) {
		struct sv3__slot *slot = sv3__slot(smmu, i);

		if (slot->phase == SV3__PHASE_FREE)
			continue;
		left--;
		if (!rests_on_nothing(slot) && is_of_stream(slot, cfgi))
			mark(smmu, slot);
	}
}
