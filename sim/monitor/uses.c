/* SPDX-License-Identifier: MIT */
/*
 * uses.c - what devices do with entries, and what software relies on while they are owed.
 *
 * A copy that comes too early is no finding yet: a later one, after the invalidation, makes it
 * good. So what policies report again and send again is never held against them.
 */
#include "monitor_priv.h"

/* --- devices --- */

static bool is_followed(const struct sv3_monitor *m, const struct sv3_result *result)
{
	return sv3__is_enabled(m) && result->outcome == SV3_OUTCOME_OK &&
	       !(result->flags & SV3_RESULT_BYPASS);
}

/* An entry that memory no longer holds was used. */
static void used(struct sv3_monitor *m, struct sv3__owed *owed, const struct sv3_txn *txn,
		 const struct sv3_result *result)
{
	const uint64_t mask = sv3__span_mask(owed->span_lg2);

	if (owed->state >= SV3__INVALIDATED)
		return;
	if (owed->given_up)
		sv3__find_owed(m, SV3_MONITOR_USE_AFTER_UNMAP, owed, txn->iova, sv3__position(m));
	else if (owed->mapped_anew && (result->pa & ~mask) == owed->output &&
		 (owed->now & sv3_vmsa_output_mask(owed->span_lg2)) != owed->output)
		sv3__find_owed(m, SV3_MONITOR_DMA_STALE, owed, txn->iova, sv3__position(m));
}

static void look_up(struct sv3_monitor *m, uint32_t context, const struct sv3_txn *txn,
		    const struct sv3_result *result)
{
	uint32_t owed;

	sv3__catch_up(m);
	if (!sv3__owes(m))
		return;
	owed = sv3__owed_of(m, context, txn->iova);
	if (owed != SV3__NONE)
		used(m, &m->owed[owed], txn, result);
}

void sv3_monitor_translated(struct sv3_monitor *m, const struct sv3_txn *txn,
			    const struct sv3_result *result)
{
	uint32_t context;

	m->stats.translations++;
	if (!is_followed(m, result) || txn->kind == SV3_TXN_PROBE ||
	    txn->kind == SV3_TXN_ATS_TRANSLATED)
		return;
	/* A hit tells nothing new, and is stale only if something is owed. */
	if ((result->flags & SV3_RESULT_TLB_HIT) && !sv3__owes(m))
		return;
	context = sv3__context_of(m, txn);
	if (context == SV3__NONE)
		return;
	if (sv3__owes(m))
		look_up(m, context, txn, result);
	if (!(result->flags & SV3_RESULT_TLB_HIT))
		sv3__walk_learn(m, context, txn->iova);
}

/* Hardware made it dirty again in memory: what is written goes into the next report. */
static bool is_dirty_again(const struct sv3_monitor *m, const struct sv3__owed *owed)
{
	uint64_t descriptor;

	if (owed->change != SV3_CHANGE_CLEANED || !sv3__read_word(m, owed->pa, &descriptor))
		return false;
	if (m->contexts[owed->context].regime == SV3__STAGE2)
		return descriptor & SV3_PTE_S2AP_WRITE;
	return !(descriptor & SV3_PTE_AP2_RDONLY);
}

void sv3_monitor_landed(struct sv3_monitor *m, uint32_t stream_id, sv3_iova iova, sv3_pa pa)
{
	const struct sv3_txn txn = { .stream_id = stream_id, .iova = iova };
	struct sv3__owed *owed;
	uint32_t context, index;

	if (!sv3__owes(m) || !sv3__is_enabled(m))
		return;
	sv3__catch_up(m);
	context = sv3__context_of(m, &txn);
	index = context != SV3__NONE ? sv3__owed_of(m, context, iova) : SV3__NONE;
	if (index == SV3__NONE)
		return;
	owed = &m->owed[index];
	if (pa < owed->copied_first || pa > owed->copied_last || is_dirty_again(m, owed))
		return;
	if (!owed->writes++) {
		owed->written_at = sv3__position(m);
		owed->written = pa;
		owed->written_iova = iova;
	}
}

/* --- invalidations that came too early --- */

/* A TLBI by address that nothing was owed for, and that would have covered the entry; NULL: none.
 * One of everything may have been for anything. */
static struct sv3__inval *early_tlbi(struct sv3_monitor *m, const struct sv3__owed *owed)
{
	const struct sv3__context *context = &m->contexts[owed->context];
	const uint32_t count =
		m->recent_count < SV3__RECENT_MAX ? m->recent_count : SV3__RECENT_MAX;

	for (uint32_t i = 0; i < count; i++) {
		struct sv3__inval *inval = &m->recent[i];
		const bool same = inval->regime == context->regime &&
				  (inval->any_vmid || inval->vmid == context->vmid) &&
				  (inval->any_asid || inval->asid == context->asid);

		if (same && !inval->any_address && inval->tick < owed->tick &&
		    inval->first <= owed->input + sv3__span_mask(owed->span_lg2) &&
		    inval->last >= owed->input)
			return inval;
	}
	return NULL;
}

/* --- copies --- */

static void copied_again(struct sv3_monitor *m, uint32_t index, sv3_pa first, sv3_pa last)
{
	struct sv3__owed *owed = &m->owed[index];

	if (first <= owed->copied_first && last >= owed->copied_first)
		owed->copied_first = last + 1;
	else if (last >= owed->copied_last && first <= owed->copied_last)
		owed->copied_last = first - 1;
	if (owed->copied_first > owed->copied_last)
		sv3__owed_remove(m, index);
}

static void copied(struct sv3_monitor *m, uint32_t index, sv3_pa first, sv3_pa last)
{
	struct sv3__owed *owed = &m->owed[index];

	if (owed->state == SV3__LATE) {
		copied_again(m, index, first, last);
		return;
	}
	if (owed->change != SV3_CHANGE_CLEANED)
		return;
	if (owed->copied_first > owed->copied_last) {
		owed->copied_at = sv3__position(m);
		owed->tlbi_before = owed->state == SV3__OWED && early_tlbi(m, owed);
		owed->copied_first = first;
		owed->copied_last = last;
		return;
	}
	if (first < owed->copied_first)
		owed->copied_first = first;
	if (last > owed->copied_last)
		owed->copied_last = last;
}

void sv3_monitor_copied(struct sv3_monitor *m, sv3_pa pa, uint64_t len)
{
	m->stats.copies++;
	sv3__audit(m);
	if (!m->stats.owed && !m->lists[SV3__LATE].count)
		return;
	sv3__catch_up(m);
	sv3__owed_by_output(m, pa, len, copied);
}

/* --- owners --- */

static void freed(struct sv3_monitor *m, uint32_t index, sv3_pa first, sv3_pa last)
{
	const struct sv3__owed *owed = &m->owed[index];

	(void)last;
	if (owed->change == SV3_CHANGE_UNMAPPED && owed->state != SV3__LATE)
		sv3__find_owed(m, SV3_MONITOR_FREED_EARLY, owed,
			       owed->input + (first - owed->output), sv3__position(m));
}

static unsigned int span_above(const struct sv3_monitor *m, const struct sv3__area *area)
{
	return sv3_vmsa_span_lg2(m->contexts[area->context].granule_lg2, area->level - 1u);
}

/* Where the table stands that an entry led to. */
static sv3_pa table_of(const struct sv3_monitor *m, const struct sv3__owed *owed)
{
	return owed->before & sv3_vmsa_output_mask(m->contexts[owed->context].granule_lg2);
}

/* A table that was taken out, and that a walk may still go through. */
static void freed_area(struct sv3_monitor *m, uint32_t index)
{
	const struct sv3__area *area = &m->areas[index];
	const struct sv3__owed *owed;
	uint32_t at;

	if (area->kind != SV3__AREA_TABLE || area->parent == SV3__NONE)
		return;
	at = sv3__owed_at(m, area->context, area->input, span_above(m, area));
	owed = at != SV3__NONE ? &m->owed[at] : NULL;
	if (owed && owed->is_wide && table_of(m, owed) == area->base)
		sv3__find_owed(m, SV3_MONITOR_FREED_EARLY, owed, owed->input, sv3__position(m));
}

void sv3_monitor_freed(struct sv3_monitor *m, sv3_pa pa, uint64_t len)
{
	sv3__audit(m);
	sv3__catch_up(m);
	sv3__owed_by_output(m, pa, len, freed);
	sv3__areas_free(m, pa, len, freed_area);
}

static void give_up(struct sv3_monitor *m, uint32_t index)
{
	m->owed[index].given_up = true;
}

/* Every entry of a range that was unmapped and not invalidated since. */
static void visit_unmapped(struct sv3_monitor *m, uint32_t stream_id, sv3_iova iova, uint64_t len,
			   void (*visit)(struct sv3_monitor *m, uint32_t owed))
{
	const struct sv3_txn txn = { .stream_id = stream_id, .iova = iova };
	uint32_t context;

	sv3__audit(m);
	if (!sv3__owes(m))
		return;
	context = sv3__context_of(m, &txn);
	if (context == SV3__NONE)
		return;
	for (uint64_t offset = 0; offset < len;) {
		const uint32_t at = sv3__owed_of(m, context, iova + offset);
		const struct sv3__owed *owed = at != SV3__NONE ? &m->owed[at] : NULL;

		offset += owed ? sv3__span_mask(owed->span_lg2) + 1 : SV3_PAGE_SIZE;
		if (owed && owed->state == SV3__OWED && owed->change == SV3_CHANGE_UNMAPPED &&
		    !(owed->now & SV3_PTE_VALID))
			visit(m, at);
	}
}

void sv3_monitor_unmapped(struct sv3_monitor *m, uint32_t stream_id, sv3_iova iova, uint64_t len)
{
	visit_unmapped(m, stream_id, iova, len, give_up);
}

/* Of everything in its range; not for the next unmap. */
static void forgive(struct sv3_monitor *m, uint32_t index)
{
	struct sv3__inval *tlbi = early_tlbi(m, &m->owed[index]);

	if (!tlbi)
		return;
	if (tlbi->last <= m->owed[index].input + sv3__span_mask(m->owed[index].span_lg2))
		tlbi->tick = SV3__NEVER;
	sv3__owed_remove(m, index);
}

void sv3_monitor_forgive(struct sv3_monitor *m, uint32_t stream_id, sv3_iova iova, uint64_t len)
{
	visit_unmapped(m, stream_id, iova, len, forgive);
}

/* --- the end --- */

static enum sv3_monitor_rule rule_of(const struct sv3__owed *owed)
{
	switch (owed->state) {
	case SV3__OWED:
		return owed->tlbi_before ? SV3_MONITOR_TLBI_BEFORE : SV3_MONITOR_MISSING_TLBI;
	case SV3__INVALIDATED:
		return owed->atc_early ? SV3_MONITOR_ATC_INV_EARLY : SV3_MONITOR_MISSING_ATC_INV;
	default:
		return SV3_MONITOR_COPY_BEFORE_SYNC;
	}
}

/* What was cleaned is relied on by a copy; other changes are when the run is over. An unmap is by
 * what comes next: another mapping, or other use of its memory. */
static void judge(struct sv3_monitor *m, struct sv3__owed *owed)
{
	const bool was_copied = owed->copied_first <= owed->copied_last;

	if (was_copied) {
		const uint64_t input = owed->input + (owed->copied_first - owed->output);

		sv3__find_owed(m, rule_of(owed), owed, input, owed->copied_at);
		if (owed->writes)
			sv3__find_owed(m, SV3_MONITOR_DMA_STALE, owed, owed->written_iova,
				       owed->written_at);
		owed->copied_first = 1;
		owed->copied_last = owed->writes = 0;
		return;
	}
	if (owed->state != SV3__OWED || owed->change == SV3_CHANGE_CLEANED ||
	    owed->change == SV3_CHANGE_UNMAPPED)
		return;
	sv3__find_owed(m, early_tlbi(m, owed) ? SV3_MONITOR_TLBI_BEFORE : SV3_MONITOR_MISSING_TLBI,
		       owed, owed->input, sv3__position(m));
}

void sv3_monitor_finish(struct sv3_monitor *m)
{
	sv3__audit(m);
	sv3__catch_up(m);
	for (uint32_t state = 0; state < SV3__STATES; state++)
		for (uint32_t at = m->lists[state].first; at != SV3__NONE; at = m->owed[at].next)
			judge(m, &m->owed[at]);
	sv3__structure_finish(m);
	sv3__sort_findings(m);
}
