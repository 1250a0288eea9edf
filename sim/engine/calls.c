/* SPDX-License-Identifier: MIT */
/*
 * calls.c - software of a world that runs at a time: a heap ordered by time, then by order of the
 * request.
 *
 * Software runs one at a time: while a call runs, others that become due wait, as if interrupts
 * were off. A call may interrupt what asked the world to go on, which is software too.
 */
#include <stdlib.h>

#include "engine_priv.h"

#define CALLS_FIRST 16u

static bool is_before(const struct sv3__call *a, const struct sv3__call *b)
{
	return a->at != b->at ? a->at < b->at : a->serial < b->serial;
}

static void swap(struct sv3__call *a, struct sv3__call *b)
{
	const struct sv3__call kept = *a;

	*a = *b;
	*b = kept;
}

static void rise(struct sv3__calls *calls, uint64_t index)
{
	while (index > 0) {
		const uint64_t parent = (index - 1) / 2;

		if (!is_before(&calls->heap[index], &calls->heap[parent]))
			return;
		swap(&calls->heap[index], &calls->heap[parent]);
		index = parent;
	}
}

static void sink(struct sv3__calls *calls, uint64_t index)
{
	for (;;) {
		const uint64_t left = 2 * index + 1, right = left + 1;
		uint64_t first = index;

		if (left < calls->count && is_before(&calls->heap[left], &calls->heap[first]))
			first = left;
		if (right < calls->count && is_before(&calls->heap[right], &calls->heap[first]))
			first = right;
		if (first == index)
			return;
		swap(&calls->heap[index], &calls->heap[first]);
		index = first;
	}
}

static int make_room(struct sv3__calls *calls)
{
	const uint64_t capacity = calls->capacity ? 2 * calls->capacity : CALLS_FIRST;
	struct sv3__call *heap;

	if (calls->count < calls->capacity)
		return 0;
	heap = (struct sv3__call *)realloc(calls->heap, capacity * sizeof(*heap));
	if (!heap)
		return -SV3_ERR_NOMEM;
	calls->heap = heap;
	calls->capacity = capacity;
	return 0;
}

int sv3_world_call_at(struct sv3_world *world, sv3_ps at, void (*call)(void *context),
		      void *context)
{
	struct sv3__calls *calls = &world->calls;
	int rc;

	if (at == SV3_PS_NEVER)
		return -SV3_ERR_INVAL;
	rc = make_room(calls);
	if (rc)
		return rc;
	calls->heap[calls->count] = (struct sv3__call){
		.at = at,
		.serial = calls->serial++,
		.call = call,
		.context = context,
	};
	rise(calls, calls->count++);
	sv3__world_refresh(world);
	return 0;
}

void sv3_world_call_off(struct sv3_world *world, void (*call)(void *context), void *context)
{
	struct sv3__calls *calls = &world->calls;
	uint64_t kept = 0;

	for (uint64_t i = 0; i < calls->count; i++) {
		const struct sv3__call *pending = &calls->heap[i];

		if (pending->call != call || pending->context != context)
			calls->heap[kept++] = *pending;
	}
	calls->count = kept;
	for (uint64_t i = kept / 2; i > 0; i--)
		sink(calls, i - 1);
	sv3__world_refresh(world);
}

void sv3__world_run_call(struct sv3_world *world)
{
	struct sv3__calls *calls = &world->calls;
	const struct sv3__call first = calls->heap[0];

	calls->heap[0] = calls->heap[--calls->count];
	sink(calls, 0);
	calls->running = true;
	/* What it does may make the world go on: that must not see this call as due any more. */
	sv3__world_refresh(world);
	first.call(first.context);
	calls->running = false;
}
