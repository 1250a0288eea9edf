/* SPDX-License-Identifier: MIT */
/*
 * notes.c - what software will do about each write, a fixed while later: set a bit, touch a page.
 *
 * Nobody sees the difference before somebody looks, so notes are carried out when somebody does:
 * those that are due by then. That keeps a write at the price of a ring entry. Made when the write
 * is translated instead, they come before the data (SV3_BUG_LOG_BEFORE_DATA).
 */
#include <stdlib.h>

#include "migration_priv.h"

#define NOTES_FIRST 1024u

static struct sv3__note *entry(const struct sv3__notes *notes, uint64_t index)
{
	return &notes->ring[(notes->head + index) & (notes->capacity - 1)];
}

static int grow(struct sv3__notes *notes)
{
	const uint64_t capacity = notes->capacity ? 2 * notes->capacity : NOTES_FIRST;
	struct sv3__note *ring = (struct sv3__note *)calloc((size_t)capacity, sizeof(*ring));

	if (!ring)
		return -SV3_ERR_NOMEM;
	for (uint64_t i = 0; i < notes->count; i++)
		ring[i] = *entry(notes, i);
	free(notes->ring);
	notes->ring = ring;
	notes->head = 0;
	notes->capacity = capacity;
	return 0;
}

static void add(struct sv3__notes *notes, const struct sv3_write *write, sv3_ps at)
{
	const struct sv3_world_config *guest = sv3_world_config(notes->m->world);

	if (write->by_cpu || write->pa - guest->guest_base >= guest->guest_size || notes->error)
		return;
	/* What is due makes room. */
	if (!sv3__notes_carry_out(notes, sv3_world_now(notes->m->world)) &&
	    notes->count == notes->capacity)
		notes->error = grow(notes);
	if (notes->error)
		return;
	*entry(notes, notes->count++) = (struct sv3__note){ at, write->pa, write->len };
	notes->added++;
}

static void translated(void *context, const struct sv3_write *write)
{
	struct sv3__notes *notes = (struct sv3__notes *)context;

	if (notes->m->config->bug == SV3_BUG_LOG_BEFORE_DATA)
		add(notes, write, write->translated);
}

static void landed(void *context, const struct sv3_write *write)
{
	struct sv3__notes *notes = (struct sv3__notes *)context;

	if (notes->m->config->bug != SV3_BUG_LOG_BEFORE_DATA)
		add(notes, write, write->landed + notes->m->config->log_delay);
}

static struct sv3_world_observer observer_of(struct sv3__notes *notes)
{
	return (struct sv3_world_observer){ .write_translated = translated,
					    .write_landed = landed,
					    .context = notes };
}

int sv3__notes_begin(struct sv3__notes *notes, struct sv3__migration *m, sv3__note_step step)
{
	const struct sv3_world_observer observer = observer_of(notes);

	notes->m = m;
	notes->step = step;
	notes->error = sv3_world_observe(m->world, &observer);
	notes->observes = !notes->error;
	return notes->error;
}

void sv3__notes_end(struct sv3__notes *notes)
{
	const struct sv3_world_observer observer = observer_of(notes);

	if (notes->observes)
		sv3_world_unobserve(notes->m->world, &observer);
	free(notes->ring);
}

int sv3__notes_carry_out(struct sv3__notes *notes, sv3_ps now)
{
	while (notes->count && entry(notes, 0)->at <= now) {
		notes->step(notes->m, entry(notes, 0));
		notes->head++;
		notes->count--;
	}
	return notes->error;
}

sv3_ps sv3__notes_last(const struct sv3__notes *notes)
{
	return notes->count ? entry(notes, notes->count - 1)->at : 0;
}
