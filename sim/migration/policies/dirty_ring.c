/* SPDX-License-Identifier: MIT */
/*
 * dirty_ring.c - P10: as P9, but the handler notes leaves in a ring of bounded size, and software
 * harvests them in order. The cost follows what is written, not the size of the guest.
 *
 * A write that finds the ring full waits until it was drained: entries are reset (cleaned,
 * invalidated, synced) before their pages are read. The drain lets the writes of the ring's own
 * entries go first: cleaned before they landed, their leaves would stop them again, and a ring with
 * fewer entries than writes that wait would turn for ever. [policies 7]
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
	bool is_drain_due;
	int error; /* of a drain */
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

static void drain(void *context)
{
	struct sv3__migration *m = (struct sv3__migration *)context;
	struct state *state = (struct state *)m->state;
	int rc;

	state->is_drain_due = false;
	m->result->drains++;
	m->in_handler = true;
	rc = harvest(m, state->spilled, &state->log);
	if (!rc)
		rc = sv3__retry_waiting(m);
	m->in_handler = false;
	if (rc && !state->error)
		state->error = rc;
}

/* When the CMD_RESUMEs that this batch is about to push were carried out. */
static int drain_soon(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;
	const sv3_ps at = sv3_world_now(m->world) + m->costs.cmdq_delay + SV3_PS_PER_NS;
	int rc;

	if (state->is_drain_due)
		return 0;
	rc = sv3_world_call_at(m->world, at, drain, m);
	state->is_drain_due = !rc;
	return rc;
}

static int on_write(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova)
{
	struct state *state = (struct state *)m->state;
	int rc;

	if (state->count == m->config->ring_entries) {
		rc = drain_soon(m);
		return rc ? rc : SV3__FAULT_WAIT;
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

	if (state->error)
		return state->error;
	sv3__log_take(&m->reported, &state->log);
	return harvest(m, state->taken, &m->reported);
}

static void finish(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	sv3_world_call_off(m->world, drain, m);
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
