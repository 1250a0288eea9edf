/* SPDX-License-Identifier: MIT */
/*
 * owed.c - changed descriptors until their invalidation is complete, and what covers them.
 *
 * An entry is found by its input address and by its old output address. Those of a state are on a
 * list, so that the end of a CMD_SYNC costs what it ends. Which command covers what is read off
 * [IHI0070 4.4]: never more than it names.
 */
#include "monitor_priv.h"

/* --- places --- */

void sv3__owed_init(struct sv3_monitor *m)
{
	for (uint32_t i = 0; i <= m->owed_mask; i++)
		m->by_input[i] = m->by_output[i] = SV3__NONE;
	for (uint32_t i = 0; i < SV3__STATES; i++)
		m->lists[i].first = SV3__NONE;
	m->owed_free = SV3__NONE;
}

static uint32_t *input_head(const struct sv3_monitor *m, uint32_t context, uint64_t input,
			    unsigned int span_lg2)
{
	const uint64_t key =
		(input >> span_lg2) ^ ((uint64_t)context << 48 | (uint64_t)span_lg2 << 58);

	return &m->by_input[sv3__hash(key) & m->owed_mask];
}

static uint32_t *output_head(const struct sv3_monitor *m, sv3_pa pa, unsigned int span_lg2)
{
	const uint64_t key = (pa >> span_lg2) ^ ((uint64_t)span_lg2 << 58);

	return &m->by_output[sv3__hash(key) & m->owed_mask];
}

static void enter_input(struct sv3_monitor *m, uint32_t index)
{
	struct sv3__owed *owed = &m->owed[index];
	uint32_t *head = input_head(m, owed->context, owed->input, owed->span_lg2);

	owed->next_input = *head;
	*head = index;
}

static void leave_input(struct sv3_monitor *m, uint32_t index)
{
	const struct sv3__owed *owed = &m->owed[index];
	uint32_t *at = input_head(m, owed->context, owed->input, owed->span_lg2);

	while (*at != index)
		at = &m->owed[*at].next_input;
	*at = owed->next_input;
}

static void enter_output(struct sv3_monitor *m, uint32_t index)
{
	struct sv3__owed *owed = &m->owed[index];
	uint32_t *head = output_head(m, owed->output, owed->span_lg2);

	owed->next_output = *head;
	*head = index;
}

static void leave_output(struct sv3_monitor *m, uint32_t index)
{
	const struct sv3__owed *owed = &m->owed[index];
	uint32_t *at = output_head(m, owed->output, owed->span_lg2);

	while (*at != index)
		at = &m->owed[*at].next_output;
	*at = owed->next_output;
}

static void enter_list(struct sv3_monitor *m, uint32_t index, enum sv3__state state)
{
	struct sv3__list *list = &m->lists[state];
	struct sv3__owed *owed = &m->owed[index];

	owed->state = (uint8_t)state;
	owed->previous = SV3__NONE;
	owed->next = list->first;
	if (list->first != SV3__NONE)
		m->owed[list->first].previous = index;
	list->first = index;
	list->count++;
}

static void leave_list(struct sv3_monitor *m, uint32_t index)
{
	const struct sv3__owed *owed = &m->owed[index];
	struct sv3__list *list = &m->lists[owed->state];

	if (owed->next != SV3__NONE)
		m->owed[owed->next].previous = owed->previous;
	if (owed->previous != SV3__NONE)
		m->owed[owed->previous].next = owed->next;
	else
		list->first = owed->next;
	list->count--;
}

/* --- entries --- */

uint32_t sv3__owed_at(const struct sv3_monitor *m, uint32_t context, uint64_t input,
		      unsigned int span_lg2)
{
	uint32_t at;

	if (!m->span_count[span_lg2])
		return SV3__NONE;
	at = *input_head(m, context, input, span_lg2);
	while (at != SV3__NONE &&
	       (m->owed[at].context != context || m->owed[at].span_lg2 != span_lg2 ||
		(m->owed[at].input ^ input) >> span_lg2))
		at = m->owed[at].next_input;
	return at;
}

uint32_t sv3__owed_of(const struct sv3_monitor *m, uint32_t context, uint64_t input)
{
	for (unsigned int span_lg2 = SV3_PAGE_LG2; span_lg2 < 48; span_lg2++) {
		const uint32_t at = sv3__owed_at(m, context, input, span_lg2);

		if (at != SV3__NONE)
			return at;
	}
	return SV3__NONE;
}

static uint32_t take(struct sv3_monitor *m)
{
	const uint32_t index = m->owed_free;

	if (index != SV3__NONE) {
		m->owed_free = m->owed[index].next;
		return index;
	}
	if (m->owed_used == m->config.owed_count) {
		m->stats.changes_lost++;
		return SV3__NONE;
	}
	return m->owed_used++;
}

uint32_t sv3__owed_add(struct sv3_monitor *m, const struct sv3__owed *like)
{
	const uint32_t index = take(m);
	struct sv3__owed *owed;

	if (index == SV3__NONE)
		return index;
	owed = &m->owed[index];
	*owed = *like;
	owed->atc_left = (uint32_t)sv3__span_mask(m->contexts[like->context].atc_count);
	enter_input(m, index);
	enter_output(m, index);
	enter_list(m, index, SV3__OWED);
	m->span_count[owed->span_lg2]++;
	m->stats.owed++;
	if (m->stats.owed > m->stats.owed_most)
		m->stats.owed_most = m->stats.owed;
	return index;
}

void sv3__owed_again(struct sv3_monitor *m, uint32_t index, const struct sv3__owed *like)
{
	struct sv3__owed *owed = &m->owed[index];

	leave_output(m, index);
	owed->before = like->before;
	owed->now = like->now;
	owed->output = like->output;
	owed->change = like->change;
	owed->tick = like->tick;
	owed->sent = SV3__NEVER;
	owed->cover_next = owed->input;
	owed->is_wide |= like->is_wide;
	owed->given_up = owed->atc_early = false;
	owed->atc_left = (uint32_t)sv3__span_mask(m->contexts[owed->context].atc_count);
	enter_output(m, index);
	sv3__owed_move(m, index, SV3__OWED);
}

void sv3__owed_move(struct sv3_monitor *m, uint32_t index, enum sv3__state state)
{
	leave_list(m, index);
	if (state == SV3__LATE) {
		leave_input(m, index);
		m->stats.owed--;
	}
	enter_list(m, index, state);
}

void sv3__owed_remove(struct sv3_monitor *m, uint32_t index)
{
	struct sv3__owed *owed = &m->owed[index];

	leave_list(m, index);
	if (owed->state != SV3__LATE) {
		leave_input(m, index);
		m->stats.owed--;
	}
	leave_output(m, index);
	m->span_count[owed->span_lg2]--;
	owed->next = m->owed_free;
	m->owed_free = index;
}

/* --- by output --- */

static void visit_if(struct sv3_monitor *m, uint32_t index, sv3_pa pa, sv3_pa last,
		     sv3__owed_visit visit)
{
	const struct sv3__owed *owed = &m->owed[index];
	const sv3_pa first = owed->output, end = owed->output + sv3__span_mask(owed->span_lg2);

	if (owed->is_wide || first > last || end < pa)
		return;
	visit(m, index, first > pa ? first : pa, end < last ? end : last);
}

static void visit_chain(struct sv3_monitor *m, sv3_pa pa, sv3_pa last, unsigned int span_lg2,
			sv3__owed_visit visit)
{
	for (uint32_t at = *output_head(m, pa, span_lg2), next; at != SV3__NONE; at = next) {
		next = m->owed[at].next_output;
		if (m->owed[at].span_lg2 == span_lg2 && !((m->owed[at].output ^ pa) >> span_lg2))
			visit_if(m, at, pa, last, visit);
	}
}

static void visit_all(struct sv3_monitor *m, sv3_pa pa, sv3_pa last, sv3__owed_visit visit)
{
	for (uint32_t state = 0; state < SV3__STATES; state++)
		for (uint32_t at = m->lists[state].first, next; at != SV3__NONE; at = next) {
			next = m->owed[at].next;
			visit_if(m, at, pa, last, visit);
		}
}

void sv3__owed_by_output(struct sv3_monitor *m, sv3_pa pa, uint64_t len, sv3__owed_visit visit)
{
	const uint64_t entries = m->stats.owed + m->lists[SV3__LATE].count;
	const sv3_pa last = pa + len - 1;

	if (!entries || !len)
		return;
	if (len >> SV3_PAGE_LG2 > entries) {
		visit_all(m, pa, last, visit);
		return;
	}
	for (unsigned int span_lg2 = SV3_PAGE_LG2; span_lg2 < 48; span_lg2++) {
		const uint64_t span = UINT64_C(1) << span_lg2;

		if (!m->span_count[span_lg2])
			continue;
		for (sv3_pa at = pa & ~(span - 1); at <= last; at += span)
			visit_chain(m, at > pa ? at : pa, last, span_lg2, visit);
	}
}

/* --- what covers what --- */

static uint64_t normal(const struct sv3__context *context, uint64_t input)
{
	const uint64_t mask = sv3__span_mask(context->input_lg2);

	return context->upper ? input | ~mask : input & mask;
}

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
	first = normal(context, inval->first);
	last = normal(context, inval->last);
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
	const uint64_t first = normal(&m->contexts[context], inval->first);
	const uint64_t last = normal(&m->contexts[context], inval->last);
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

	if (!bit || (!inval->any_address && (normal(context, inval->first) > owed->input ||
					     normal(context, inval->last) < end)))
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
