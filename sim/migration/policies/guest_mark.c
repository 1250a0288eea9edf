/* SPDX-License-Identifier: MIT */
/*
 * guest_mark.c - P13: nobody sees DMA; the guest's driver touches each page of a buffer when it
 * gets it back, and the log of CPU writes sees that. [policies 1, thread 000]
 *
 * A buffer here is what one access wrote, handed back when it has landed. Buffers that are still
 * out when the guest stops are marked then, unless nobody thinks of it (--bug no-mark-at-stop).
 * Marked before the data is there, a page may be copied without it (--bug log-before-data).
 */
#include <stdlib.h>

#include "../migration_priv.h"

struct state {
	struct sv3__notes notes;
	bool observes;
	int error;
};

/* The marks that were made by now. */
static void mark_due(struct sv3__migration *m, sv3_ps now)
{
	struct state *state = (struct state *)m->state;
	const struct sv3__note *note;

	while ((note = sv3__notes_next(&state->notes, now)))
		m->result->cpu_faults += sv3__cpu_log_write(&m->cpu, note->pa);
}

static void hand_back(struct sv3__migration *m, const struct sv3_write *write, sv3_ps at)
{
	struct state *state = (struct state *)m->state;
	const struct sv3_world_config *guest = sv3_world_config(m->world);

	if (write->by_cpu || write->pa - guest->guest_base >= guest->guest_size || state->error)
		return;
	state->error = sv3__notes_add(&state->notes, at, write->pa, write->len);
	m->result->marks++;
}

static void landed(void *context, const struct sv3_write *write)
{
	struct sv3__migration *m = (struct sv3__migration *)context;

	if (m->config->bug != SV3_BUG_LOG_BEFORE_DATA)
		hand_back(m, write, write->landed + m->config->log_delay);
}

static void translated(void *context, const struct sv3_write *write)
{
	struct sv3__migration *m = (struct sv3__migration *)context;

	if (m->config->bug == SV3_BUG_LOG_BEFORE_DATA)
		hand_back(m, write, write->translated);
}

static struct sv3_world_observer observer_of(struct sv3__migration *m)
{
	return (struct sv3_world_observer){ .write_translated = translated,
					    .write_landed = landed,
					    .context = m };
}

static int start(struct sv3__migration *m)
{
	const struct sv3_world_observer observer = observer_of(m);
	struct state *state = (struct state *)calloc(1, sizeof(*state));

	m->state = state;
	if (!state)
		return -SV3_ERR_NOMEM;
	state->error = sv3_world_observe(m->world, &observer);
	state->observes = !state->error;
	return state->error;
}

/* The log of CPU writes is read by the loop, behind this. */
static int collect(struct sv3__migration *m)
{
	mark_due(m, sv3_world_now(m->world));
	return ((const struct state *)m->state)->error;
}

/* The log of a chunk is cleared by the loop, behind this: older marks come first. */
static int before_chunk(struct sv3__migration *m, uint64_t chunk_first, uint64_t chunk_end)
{
	(void)chunk_first;
	(void)chunk_end;
	return collect(m);
}

static int quiesce(struct sv3__migration *m)
{
	if (m->config->bug != SV3_BUG_NO_MARK_AT_STOP)
		mark_due(m, SV3_PS_NEVER);
	return 0;
}

static void finish(struct sv3__migration *m)
{
	const struct sv3_world_observer observer = observer_of(m);
	struct state *state = (struct state *)m->state;

	if (!state)
		return;
	if (state->observes)
		sv3_world_unobserve(m->world, &observer);
	free(state->notes.ring);
	free(state);
}

const struct sv3__policy sv3__policy_guest_mark = {
	.info = {
		.name = "guest-mark",
		.id = "P13",
		.steps = "guest: completion, mark; log of CPU writes; C",
		.description = "the guest touches what devices wrote; the log of its CPUs does the rest",
		.claims_lossless = true,
	},
	.chunk_shift = SV3__CHUNK_CONFIGURED,
	.start = start,
	.collect = collect,
	.before_chunk = before_chunk,
	.quiesce = quiesce,
	.finish = finish,
};
