/* SPDX-License-Identifier: MIT */
/*
 * invalidations.c - which invalidation came first behind a clear.
 *
 * Nobody asks but for clears that the journal holds. So whenever the journal was thinned, what is
 * the first behind none of them is forgotten.
 */
#include <stdlib.h>

#include "migration_priv.h"

void sv3__invalidations_fini(struct sv3__invalidations *invalidations)
{
	free(invalidations->each);
	*invalidations = (struct sv3__invalidations){ 0 };
}

/* The index of the first pushed at or after @at; @count: none. */
static uint64_t index_after(const struct sv3__invalidations *invalidations, sv3_ps at)
{
	uint64_t low = 0, high = invalidations->count;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (invalidations->each[middle].pushed < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct sv3__invalidation *sv3__invalidations_after(
	const struct sv3__invalidations *invalidations, sv3_ps at)
{
	const uint64_t index = index_after(invalidations, at);

	return index < invalidations->count ? &invalidations->each[index] : NULL;
}

/* Returns: false: out of memory. */
static bool thin(struct sv3__invalidations *invalidations, const struct sv3__journal *journal)
{
	bool *is_asked_for = (bool *)calloc((size_t)invalidations->count + 1, sizeof(bool));
	uint64_t kept = 0;

	if (!is_asked_for)
		return false;
	for (uint64_t i = 0; i < journal->count; i++)
		if (journal->events[i].kind == SV3__EVENT_CLEAR)
			is_asked_for[index_after(invalidations, journal->events[i].at)] = true;
	for (uint64_t i = 0; i < invalidations->count; i++)
		if (is_asked_for[i])
			invalidations->each[kept++] = invalidations->each[i];
	invalidations->count = kept;
	free(is_asked_for);
	return true;
}

static bool make_room(struct sv3__invalidations *invalidations, const struct sv3__journal *journal)
{
	struct sv3__invalidation *each;

	if (invalidations->thinnings != journal->thinnings && !thin(invalidations, journal))
		return false;
	invalidations->thinnings = journal->thinnings;
	each = (struct sv3__invalidation *)sv3__grown(invalidations->each, invalidations->count + 1,
						      &invalidations->capacity,
						      sizeof(*invalidations->each));
	if (each)
		invalidations->each = each;
	return each != NULL;
}

void sv3__invalidations_note(struct sv3__invalidations *invalidations,
			     const struct sv3__journal *journal, sv3_ps pushed, sv3_ps consumed)
{
	uint64_t at;

	invalidations->memory_short |= !make_room(invalidations, journal);
	if (invalidations->memory_short)
		return;
	/* One may begin and end while software waits for another. */
	for (at = invalidations->count; at && invalidations->each[at - 1].pushed > pushed; at--)
		invalidations->each[at] = invalidations->each[at - 1];
	invalidations->each[at] = (struct sv3__invalidation){ pushed, consumed };
	invalidations->count++;
}
