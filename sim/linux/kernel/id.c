/* SPDX-License-Identifier: MIT */
/*
 * id.c - ida and xarray as plain arrays. Entries of an xarray are sorted by index, and looked for
 * one after the other.
 */
#include "kernel.h"

/* --- ida --- */

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	for (unsigned int id = min; id <= max; id++) {
		if (id >= ida->size) {
			unsigned int size = id * 2 + 64;

			ida->taken = seam_realloc(ida->taken, size);
			memset(ida->taken + ida->size, 0, size - ida->size);
			ida->size = size;
		}
		if (!ida->taken[id]) {
			ida->taken[id] = 1;
			ida->count++;
			return (int)id;
		}
	}
	return -ENOSPC;
}

void ida_free(struct ida *ida, unsigned int id)
{
	if (WARN_ON(id >= ida->size || !ida->taken[id]))
		return;
	ida->taken[id] = 0;
	if (--ida->count == 0)
		ida_destroy(ida);
}

void ida_destroy(struct ida *ida)
{
	seam_free(ida->taken);
	*ida = (struct ida){ 0 };
}

/* --- xarray --- */

/* The first slot whose index is not below @index; may be the one behind the last. */
static unsigned int slot_of(const struct xarray *xa, unsigned long index)
{
	unsigned int slot = 0;

	while (slot < xa->count && xa->slots[slot].index < index)
		slot++;
	return slot;
}

static struct xa_slot *find(const struct xarray *xa, unsigned long index)
{
	unsigned int slot = slot_of(xa, index);

	return slot < xa->count && xa->slots[slot].index == index ? &xa->slots[slot] : NULL;
}

static void put(struct xarray *xa, unsigned long index, void *entry)
{
	unsigned int slot = slot_of(xa, index);

	if (xa->count == xa->size) {
		xa->size = xa->size * 2 + 8;
		xa->slots = seam_realloc(xa->slots, xa->size * sizeof(xa->slots[0]));
	}
	memmove(&xa->slots[slot + 1], &xa->slots[slot], (xa->count - slot) * sizeof(xa->slots[0]));
	xa->slots[slot] = (struct xa_slot){ .index = index, .entry = entry };
	xa->count++;
}

int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp)
{
	for (u32 index = limit.min; index <= limit.max; index++) {
		if (find(xa, index))
			continue;
		put(xa, index, entry ? entry : XA_ZERO_ENTRY);
		*id = index;
		return 0;
	}
	return -EBUSY;
}

int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	if (find(xa, index))
		return -EBUSY;
	put(xa, index, entry ? entry : XA_ZERO_ENTRY);
	return 0;
}

int xa_reserve(struct xarray *xa, unsigned long index, gfp_t gfp)
{
	if (!find(xa, index))
		put(xa, index, XA_ZERO_ENTRY);
	return 0;
}

void xa_release(struct xarray *xa, unsigned long index)
{
	struct xa_slot *slot = find(xa, index);

	if (slot && slot->entry == XA_ZERO_ENTRY)
		xa_erase(xa, index);
}

static void *shown(void *entry)
{
	return entry == XA_ZERO_ENTRY ? NULL : entry;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	struct xa_slot *slot = find(xa, index);

	return slot ? shown(slot->entry) : NULL;
}

void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	struct xa_slot *slot = find(xa, index);
	void *old = slot ? shown(slot->entry) : NULL;

	if (!entry)
		return xa_erase(xa, index);
	if (slot)
		slot->entry = entry;
	else
		put(xa, index, entry);
	return old;
}

void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	void *seen = xa_load(xa, index);

	if (seen == old)
		xa_store(xa, index, entry, gfp);
	return seen;
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	struct xa_slot *slot = find(xa, index);
	void *old;

	if (!slot)
		return NULL;
	old = shown(slot->entry);
	memmove(slot, slot + 1, (size_t)((char *)&xa->slots[xa->count] - (char *)(slot + 1)));
	if (--xa->count == 0)
		xa_destroy(xa);
	return old;
}

void xa_destroy(struct xarray *xa)
{
	seam_free(xa->slots);
	xa->slots = NULL;
	xa->count = xa->size = 0;
}

void *xa_find_from(struct xarray *xa, unsigned long *index)
{
	for (unsigned int slot = slot_of(xa, *index); slot < xa->count; slot++) {
		if (!shown(xa->slots[slot].entry))
			continue;
		*index = xa->slots[slot].index;
		return xa->slots[slot].entry;
	}
	return NULL;
}
