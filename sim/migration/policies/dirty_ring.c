/* SPDX-License-Identifier: MIT */
/*
 * dirty_ring.c - P10: as P9, but the handler notes leaves in a ring of bounded size, and software
 * harvests them in order. The cost follows what is written, not the size of the guest.
 *
 * A write that finds the ring full waits until it was drained: entries are reset (cleaned,
 * invalidated, synced) before their pages are read. [policies 7]
 */
#include <stdlib.h>
#include <string.h>

#include "../migration_priv.h"

struct state {
	struct sv3__leaf *ring;    /* shape [ring_entries] */
	struct sv3__leaf *taken;   /* what a collection works on */
	struct sv3__leaf *spilled; /* what a drain in the midst of it works on */
	uint32_t count;
	struct sv3_dirty_log log; /* drained since the last collection */
};

/* The entries are taken at once; what is noted while they are worked on is for the next harvest. */
static int harvest(struct sv3__migration *m, struct sv3__leaf *into, struct sv3_dirty_log *log)
{
	struct state *state = (struct state *)m->state;
	const uint32_t count = state->count;

	memcpy(into, state->ring, count * sizeof(*into));
	state->count = 0;
	return sv3__drain_leaves(m, into, count, log);
}

static int on_write(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova)
{
	struct state *state = (struct state *)m->state;
	int rc;

	if (state->count == m->config->ring_entries) {
		m->result->drains++;
		rc = harvest(m, state->spilled, &state->log);
		if (rc)
			return rc;
	}
	rc = sv3__fault_set_dirty(m, domain_index, iova, NULL);
	if (rc > 0)
		state->ring[state->count++] = (struct sv3__leaf){ domain_index, iova };
	return rc;
}

static int start(struct sv3__migration *m)
{
	struct state *state = (struct state *)calloc(1, sizeof(*state));
	const size_t entries = m->config->ring_entries;

	m->state = state;
	if (!state || sv3__log_make(m, &state->log))
		return -SV3_ERR_NOMEM;
	state->ring = (struct sv3__leaf *)calloc(entries, sizeof(*state->ring));
	state->taken = (struct sv3__leaf *)calloc(entries, sizeof(*state->taken));
	state->spilled = (struct sv3__leaf *)calloc(entries, sizeof(*state->spilled));
	if (!state->ring || !state->taken || !state->spilled)
		return -SV3_ERR_NOMEM;
	return sv3__start_watched(m, on_write);
}

static int collect(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	sv3__log_take(&m->reported, &state->log);
	return harvest(m, state->taken, &m->reported);
}

static void finish(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	sv3__ignore_faults(m);
	if (!state)
		return;
	free(state->ring);
	free(state->taken);
	free(state->spilled);
	free(state->log.words);
	free(state);
}

const struct sv3__policy sv3__policy_dirty_ring = {
	.info = {
		.name = "dirty-ring",
		.id = "P10",
		.steps = "harvest; X(entries) I Y; C; full: drained while the write waits",
		.description = "stalled writes are noted in a bounded ring; no bitmap, no scan",
		.claims_lossless = true,
		.needs = SV3_NEEDS_SOFTWARE_DIRTY | SV3_NEEDS_STALL,
	},
	.tracks = true,
	.start = start,
	.collect = collect,
	.finish = finish,
};
