/* SPDX-License-Identifier: MIT */
/*
 * notes.c - what software will do about each write, a fixed while later: set a bit, touch a page.
 *
 * Nobody sees the difference before somebody looks, so notes are carried out when somebody does:
 * those that are due by then. That keeps a write at the price of a ring entry.
 */
#include <stdlib.h>

#include "migration_priv.h"

#define NOTES_FIRST 1024u

static int grow(struct sv3__notes *notes)
{
	const uint64_t capacity = notes->capacity ? 2 * notes->capacity : NOTES_FIRST;
	struct sv3__note *ring = (struct sv3__note *)calloc((size_t)capacity, sizeof(*ring));

	if (!ring)
		return -SV3_ERR_NOMEM;
	for (uint64_t i = 0; i < notes->count; i++)
		ring[i] = notes->ring[(notes->head + i) & (notes->capacity - 1)];
	free(notes->ring);
	notes->ring = ring;
	notes->head = 0;
	notes->capacity = capacity;
	return 0;
}

int sv3__notes_add(struct sv3__notes *notes, sv3_ps at, sv3_pa pa, uint32_t len)
{
	if (notes->count == notes->capacity) {
		const int rc = grow(notes);

		if (rc)
			return rc;
	}
	notes->ring[(notes->head + notes->count++) & (notes->capacity - 1)] =
		(struct sv3__note){ at, pa, len };
	return 0;
}

const struct sv3__note *sv3__notes_next(struct sv3__notes *notes, sv3_ps now)
{
	const struct sv3__note *note;

	if (!notes->count)
		return NULL;
	note = &notes->ring[notes->head & (notes->capacity - 1)];
	if (note->at > now)
		return NULL;
	notes->head++;
	notes->count--;
	return note;
}

sv3_ps sv3__notes_last(const struct sv3__notes *notes)
{
	return notes->count
		       ? notes->ring[(notes->head + notes->count - 1) & (notes->capacity - 1)].at
		       : 0;
}
