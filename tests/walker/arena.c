/* SPDX-License-Identifier: MIT */
/*
 * arena.c - a hash table of pages. See arena.h.
 */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_LG2  12u
#define PAGE_SIZE 4096u

bool arena_init(struct arena *arena)
{
	memset(arena, 0, sizeof(*arena));
	arena->pool = (uint8_t *)calloc(ARENA_PAGES, PAGE_SIZE);
	return arena->pool != NULL;
}

void arena_fini(struct arena *arena)
{
	free(arena->pool);
}

void arena_empty(struct arena *arena, unsigned int size_lg2)
{
	for (uint32_t i = 0; i < arena->page_count; i++) {
		memset(arena->slots[arena->used[i]].bytes, 0, PAGE_SIZE);
		arena->slots[arena->used[i]].key = 0;
	}
	arena->page_count = 0;
	arena->bad_count = 0;
	arena->journal_count = 0;
	arena->journal_on = false;
	arena->size_lg2 = size_lg2;
}

/* The page of @pa; NULL where nothing was written yet, unless @make. */
static uint8_t *find(struct arena *arena, uint64_t pa, bool make)
{
	uint64_t key = (pa >> PAGE_LG2) + 1;
	uint32_t slot = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 51);

	while (arena->slots[slot].key && arena->slots[slot].key != key)
		slot = (slot + 1) % ARENA_SLOTS;
	if (!arena->slots[slot].key) {
		if (!make)
			return NULL;
		SV3_ASSERT(arena->page_count < ARENA_PAGES);
		arena->slots[slot].key = key;
		arena->slots[slot].bytes = arena->pool + (size_t)arena->page_count * PAGE_SIZE;
		arena->used[arena->page_count++] = slot;
	}
	return arena->slots[slot].bytes;
}

static bool answers(const struct arena *arena, uint64_t pa, bool write)
{
	if (pa >> arena->size_lg2 != 0)
		return false;
	for (uint32_t i = 0; i < arena->bad_count; i++)
		if (arena->bad[i].page == pa >> PAGE_LG2 && (write || !arena->bad[i].writes_only))
			return false;
	return true;
}

bool arena_read(void *context, uint64_t pa, void *data, uint32_t size)
{
	struct arena *arena = (struct arena *)context;
	const uint8_t *page;

	SV3_ASSERT(pa % PAGE_SIZE + size <= PAGE_SIZE);
	if (!answers(arena, pa, false))
		return false;
	page = find(arena, pa, false);
	if (page)
		memcpy(data, page + pa % PAGE_SIZE, size);
	else
		memset(data, 0, size);
	return true;
}

bool arena_writable(void *context, uint64_t pa)
{
	return answers((struct arena *)context, pa, true);
}

uint64_t arena_peek(struct arena *arena, uint64_t pa)
{
	const uint8_t *page = find(arena, pa, false);

	return page ? sv3_le64(page + pa % PAGE_SIZE) : 0;
}

void arena_poke(struct arena *arena, uint64_t pa, uint64_t value)
{
	sv3_put_le64(find(arena, pa, true) + pa % PAGE_SIZE, value);
}

void arena_break(struct arena *arena, uint64_t pa, bool writes_only)
{
	if (arena->bad_count == ARENA_BAD_MAX)
		return;
	arena->bad[arena->bad_count].page = pa >> PAGE_LG2;
	arena->bad[arena->bad_count++].writes_only = writes_only;
}

static void note(struct arena *arena, uint64_t pa, uint64_t before)
{
	if (!arena->journal_on || pa < ARENA_QUEUES_END)
		return;
	SV3_ASSERT(arena->journal_count < ARENA_JOURNAL_MAX);
	arena->journal[arena->journal_count].pa = pa;
	arena->journal[arena->journal_count++].before = before;
}

static enum sv3_bus_status bus_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	return arena_read(context, pa, data, size) ? SV3_BUS_OK : SV3_BUS_ABORT;
}

static enum sv3_bus_status bus_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	struct arena *arena = (struct arena *)context;

	SV3_ASSERT(pa % PAGE_SIZE + size <= PAGE_SIZE);
	if (!answers(arena, pa, true))
		return SV3_BUS_ABORT;
	for (uint64_t word = pa & ~UINT64_C(7); word < pa + size; word += 8)
		note(arena, word, arena_peek(arena, word));
	memcpy(find(arena, pa, true) + pa % PAGE_SIZE, data, size);
	return SV3_BUS_OK;
}

static enum sv3_bus_status bus_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				     uint64_t *old)
{
	struct arena *arena = (struct arena *)context;

	SV3_ASSERT(pa % 8 == 0);
	if (!answers(arena, pa, true))
		return SV3_BUS_ABORT;
	*old = arena_peek(arena, pa);
	if (*old == expect && expect != desired) {
		note(arena, pa, *old);
		arena_poke(arena, pa, desired);
	}
	return SV3_BUS_OK;
}

struct sv3_bus arena_bus(struct arena *arena)
{
	static const struct sv3_bus_ops ops = {
		.read = bus_read,
		.write = bus_write,
		.cas64 = bus_cas64,
	};

	return (struct sv3_bus){ .ops = &ops, .context = arena };
}
