/* SPDX-License-Identifier: MIT */
/*
 * owed.c - changed descriptors until their invalidation is complete.
 *
 * An entry is found by its input address and by its old output address. Those of a state are on a
 * list, so that the end of a CMD_SYNC costs what it ends.
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
