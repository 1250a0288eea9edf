/* SPDX-License-Identifier: MIT */
/*
 * pay.c - what an invalidation covers, and what the end of a CMD_SYNC completes.
 *
 * Which command covers what is read off [IHI0070 4.4]: never more than it names.
 */
#include "monitor_priv.h"

/* --- what covers what --- */

static bool names_context(const struct sv3__context *context, const struct sv3__inval *inval)
{
	if (context->regime != inval->regime &&
	    !(inval->all_stages && context->regime == SV3__STAGE2))
		return false;
	if (!inval->any_vmid && context->regime != SV3__EL2 && context->vmid != inval->vmid)
		return false;
	return inval->any_asid || context->regime == SV3__STAGE2 || context->asid == inval->asid;
}

/* A TLBI by ASID leaves global entries, one by address takes them. [IHI0070 4.4.2] */
static bool is_left_as_global(const struct sv3__context *context, const struct sv3__owed *owed,
			      const struct sv3__inval *inval)
{
	return context->regime == SV3__EL1 && inval->any_address && !inval->any_asid &&
	       !owed->is_wide && !(owed->before & SV3_PTE_NG);
}

/* Part of a table's span after the other, from its beginning on. */
static bool covers_wide(const struct sv3__context *context, struct sv3__owed *owed,
			const struct sv3__inval *inval, uint64_t first, uint64_t last)
{
	const uint64_t end = owed->input + sv3__span_mask(owed->span_lg2);

	if (!inval->granule_lg2)
		last = first |
		       sv3__span_mask(owed->span_lg2 - sv3_vmsa_level_bits(context->granule_lg2));
	if (inval->leaf)
		return false;
	if (first <= owed->cover_next && last >= owed->cover_next)
		owed->cover_next = last + 1;
	return owed->cover_next - 1 >= end;
}

static bool covers(const struct sv3_monitor *m, struct sv3__owed *owed,
		   const struct sv3__inval *inval)
{
	const struct sv3__context *context = &m->contexts[owed->context];
	uint64_t first, last;

	if (!names_context(context, inval) || is_left_as_global(context, owed, inval))
		return false;
	if (inval->any_address)
		return true;
	first = sv3__normal(context, inval->first);
	last = sv3__normal(context, inval->last);
	if (last < owed->input || first > owed->input + sv3__span_mask(owed->span_lg2))
		return false;
	if (owed->is_wide)
		return covers_wide(context, owed, inval, first, last);
	if (inval->granule_lg2 && inval->granule_lg2 != context->granule_lg2)
		return false;
	return !inval->level || inval->level == owed->level;
}

/* --- TLBI --- */

static bool pay(struct sv3_monitor *m, uint32_t index, const struct sv3__inval *inval)
{
	struct sv3__owed *owed = &m->owed[index];

	if (owed->state != SV3__OWED || !covers(m, owed, inval))
		return false;
	owed->sent = inval->number;
	sv3__owed_move(m, index, SV3__SENT);
	return true;
}

static bool pay_all(struct sv3_monitor *m, const struct sv3__inval *inval)
{
	bool paid = false;

	for (uint32_t at = m->lists[SV3__OWED].first, next; at != SV3__NONE; at = next) {
		next = m->owed[at].next;
		paid |= pay(m, at, inval);
	}
	return paid;
}

/* By looking up each address; fewer than there are entries. */
static bool pay_context(struct sv3_monitor *m, uint32_t context, const struct sv3__inval *inval)
{
	const uint64_t first = sv3__normal(&m->contexts[context], inval->first);
	const uint64_t last = sv3__normal(&m->contexts[context], inval->last);
	bool paid = false;

	for (unsigned int span_lg2 = SV3_PAGE_LG2; span_lg2 < 48; span_lg2++) {
		if (!m->span_count[span_lg2])
			continue;
		for (uint64_t at = first >> span_lg2; at <= last >> span_lg2; at++) {
			const uint32_t index = sv3__owed_at(m, context, at << span_lg2, span_lg2);

			if (index != SV3__NONE)
				paid |= pay(m, index, inval);
		}
	}
	return paid;
}

static bool is_short(const struct sv3_monitor *m, const struct sv3__inval *inval)
{
	return !inval->any_address &&
	       (inval->last - inval->first) >> SV3_PAGE_LG2 < m->lists[SV3__OWED].count;
}

void sv3__owed_invalidate(struct sv3_monitor *m, const struct sv3__inval *inval)
{
	bool paid = false;

	if (is_short(m, inval)) {
		for (uint32_t i = 0; i < m->context_count; i++)
			if (names_context(&m->contexts[i], inval))
				paid |= pay_context(m, i, inval);
	} else {
		paid = pay_all(m, inval);
	}
	if (!paid)
		m->recent[m->recent_count++ % SV3__RECENT_MAX] = *inval;
}

/* --- CMD_ATC_INV --- */

static uint32_t bit_of(const struct sv3__context *context, uint32_t stream_id)
{
	for (uint32_t i = 0; i < context->atc_count; i++)
		if (context->atc_streams[i] == stream_id)
			return UINT32_C(1) << i;
	return 0;
}

/* It counts only behind a CMD_SYNC that is behind the TLBI. [IHI0070 3.9.1] */
static void pay_atc(struct sv3_monitor *m, uint32_t index, uint32_t stream_id,
		    const struct sv3__inval *inval)
{
	struct sv3__owed *owed = &m->owed[index];
	const struct sv3__context *context = &m->contexts[owed->context];
	const uint32_t bit = bit_of(context, stream_id) & owed->atc_left;
	const uint64_t end = owed->input + sv3__span_mask(owed->span_lg2);

	if (!bit || (!inval->any_address && (sv3__normal(context, inval->first) > owed->input ||
					     sv3__normal(context, inval->last) < end)))
		return;
	if (owed->state == SV3__OWED || (owed->state == SV3__SENT && owed->sent >= m->last_sync)) {
		owed->atc_early = true;
		return;
	}
	owed->atc_left &= ~bit;
	owed->atc_sent = inval->number;
	if (!owed->atc_left && owed->state == SV3__INVALIDATED)
		sv3__owed_move(m, index, SV3__ATC_SENT);
}

void sv3__owed_atc_inv(struct sv3_monitor *m, uint32_t stream_id, const struct sv3__inval *inval)
{
	for (uint32_t state = SV3__OWED; state <= SV3__INVALIDATED; state++)
		for (uint32_t at = m->lists[state].first, next; at != SV3__NONE; at = next) {
			next = m->owed[at].next;
			pay_atc(m, at, stream_id, inval);
		}
}

/* --- CMD_SYNC --- */

static void end(struct sv3_monitor *m, uint32_t index)
{
	if (m->owed[index].copied_first <= m->owed[index].copied_last)
		sv3__owed_move(m, index, SV3__LATE);
	else
		sv3__owed_remove(m, index);
}

void sv3__owed_complete(struct sv3_monitor *m, uint64_t synced)
{
	for (uint32_t at = m->lists[SV3__ATC_SENT].first, next; at != SV3__NONE; at = next) {
		next = m->owed[at].next;
		if (m->owed[at].atc_sent < synced)
			end(m, at);
	}
	for (uint32_t at = m->lists[SV3__SENT].first, next; at != SV3__NONE; at = next) {
		const struct sv3__owed *owed = &m->owed[at];
		const bool has_atc = m->contexts[owed->context].atc_count > 0;

		next = owed->next;
		if (owed->sent >= synced)
			continue;
		if (owed->atc_left)
			sv3__owed_move(m, at, SV3__INVALIDATED);
		else if (has_atc && owed->atc_sent >= synced)
			sv3__owed_move(m, at, SV3__ATC_SENT);
		else
			end(m, at);
	}
}
