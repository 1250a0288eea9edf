/* SPDX-License-Identifier: MIT */
/*
 * wheel.c - the queue of events, by cycle and then in the order in which they were added.
 *
 * What is far when it is added was added before anything near at the same cycle, so of one cycle
 * the far ones come first, by their serial, then the list.
 */
#include <stdlib.h>
#include <string.h>

#include "timed_priv.h"

#define MASK (SV3__WHEEL_SIZE - 1)

int sv3__wheel_init(struct sv3__wheel *wheel, uint32_t node_count)
{
	memset(wheel->first, 0xff, sizeof(wheel->first));
	wheel->next_at = SV3_CYCLE_NEVER;
	wheel->next = (uint32_t *)calloc(node_count, sizeof(*wheel->next));
	wheel->far = (struct sv3__far_event *)calloc(node_count, sizeof(*wheel->far));
	return wheel->next && wheel->far ? 0 : -SV3_ERR_NOMEM;
}

void sv3__wheel_fini(struct sv3__wheel *wheel)
{
	free(wheel->next);
	free(wheel->far);
}

/* --- far: a heap --- */

static bool is_before(const struct sv3__far_event *a, const struct sv3__far_event *b)
{
	return a->at != b->at ? a->at < b->at : a->serial < b->serial;
}

static void far_add(struct sv3__wheel *wheel, const struct sv3__far_event *event)
{
	uint32_t at = wheel->far_count++;

	for (; at && is_before(event, &wheel->far[(at - 1) / 2]); at = (at - 1) / 2)
		wheel->far[at] = wheel->far[(at - 1) / 2];
	wheel->far[at] = *event;
}

static uint32_t far_take(struct sv3__wheel *wheel)
{
	const uint32_t node = wheel->far[0].node;
	const struct sv3__far_event last = wheel->far[--wheel->far_count];
	uint32_t at = 0;

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= wheel->far_count)
			break;
		if (child + 1 < wheel->far_count &&
		    is_before(&wheel->far[child + 1], &wheel->far[child]))
			child++;
		if (!is_before(&wheel->far[child], &last))
			break;
		wheel->far[at] = wheel->far[child];
		at = child;
	}
	wheel->far[at] = last;
	return node;
}

/* --- near: lists --- */

static void near_add(struct sv3__wheel *wheel, uint32_t node, uint32_t list)
{
	wheel->next[node] = SV3__NO_NODE;
	if (wheel->first[list] == SV3__NO_NODE) {
		wheel->first[list] = node;
		wheel->busy[list / 64] |= SV3_BIT(list % 64);
		wheel->groups |= SV3_BIT(list / 64);
	} else {
		wheel->next[wheel->last[list]] = node;
	}
	wheel->last[list] = node;
	wheel->near_count++;
}

static uint32_t near_take(struct sv3__wheel *wheel, uint32_t list)
{
	const uint32_t node = wheel->first[list];

	wheel->first[list] = wheel->next[node];
	wheel->near_count--;
	if (wheel->first[list] == SV3__NO_NODE) {
		wheel->busy[list / 64] &= ~SV3_BIT(list % 64);
		if (!wheel->busy[list / 64])
			wheel->groups &= ~SV3_BIT(list / 64);
	}
	return node;
}

/* Bits of @mask from @from on, else all: whoever comes first going round. */
static uint32_t first_round(uint64_t mask, uint32_t from)
{
	const uint64_t ahead = mask & (UINT64_MAX << from);

	return (uint32_t)__builtin_ctzll(ahead ? ahead : mask);
}

/* The lists stand in a ring that begins at the present. */
static sv3_cycle near_next(const struct sv3__wheel *wheel)
{
	const uint32_t now = (uint32_t)wheel->now & MASK;
	const uint64_t here = wheel->busy[now / 64] & (UINT64_MAX << (now % 64));
	uint32_t group, list;

	if (here) {
		list = now / 64 * 64 + (uint32_t)__builtin_ctzll(here);
	} else {
		/* The present group comes last: of it what is behind the present is left. */
		group = first_round(wheel->groups, (now / 64 + 1) % 64);
		list = group * 64 + (uint32_t)__builtin_ctzll(wheel->busy[group]);
	}
	return wheel->now + ((list - now) & MASK);
}

/* --- both --- */

void sv3__wheel_add(struct sv3__wheel *wheel, uint32_t node, sv3_cycle at)
{
	SV3_ASSERT(at >= wheel->now);
	if (at - wheel->now < SV3__WHEEL_SIZE)
		near_add(wheel, node, (uint32_t)at & MASK);
	else
		far_add(wheel, &(struct sv3__far_event){ at, wheel->serial++, node });
	if (at < wheel->next_at)
		wheel->next_at = at;
}

static sv3_cycle find_next(const struct sv3__wheel *wheel)
{
	const sv3_cycle far = wheel->far_count ? wheel->far[0].at : SV3_CYCLE_NEVER;
	const sv3_cycle near = wheel->near_count ? near_next(wheel) : SV3_CYCLE_NEVER;

	return far < near ? far : near;
}

uint32_t sv3__wheel_take(struct sv3__wheel *wheel, sv3_cycle at)
{
	const uint32_t list = (uint32_t)at & MASK;
	uint32_t node = SV3__NO_NODE;

	wheel->now = at;
	if (wheel->far_count && wheel->far[0].at == at)
		node = far_take(wheel);
	else if (wheel->first[list] != SV3__NO_NODE)
		node = near_take(wheel, list);
	if (wheel->first[list] == SV3__NO_NODE)
		wheel->next_at = find_next(wheel);
	return node;
}
