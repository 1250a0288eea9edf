/* SPDX-License-Identifier: MIT */
/*
 * software_log.c - P20: the device is software (vhost): after the data it sets a bit in a log, and
 * a collection takes the bits. No scan, no clear, no invalidation.
 *
 * The order is everything: with the bit before the data (--bug log-before-data) a collection and a
 * copy may fall in between, and the data is lost. [policies 1, thread 001; 7]
 */
#include <stdlib.h>

#include "../migration_priv.h"

/* Nobody reads the log but collections, so bits are set when one comes: those that are due. */
struct state {
	struct sv3__notes notes;
	struct sv3_dirty_log log;
	bool observes;
	int error;
};

static void set_due(struct state *state, sv3_ps now)
{
	const struct sv3__note *note;

	while ((note = sv3__notes_next(&state->notes, now)))
		sv3_dirty_log_set(&state->log, note->pa, note->len);
}

static void note(struct sv3__migration *m, const struct sv3_write *write, sv3_ps at)
{
	struct state *state = (struct state *)m->state;

	if (write->by_cpu || state->error)
		return;
	set_due(state, sv3_world_now(m->world));
	state->error = sv3__notes_add(&state->notes, at, write->pa, write->len);
}

static void landed(void *context, const struct sv3_write *write)
{
	struct sv3__migration *m = (struct sv3__migration *)context;

	if (m->config->bug != SV3_BUG_LOG_BEFORE_DATA)
		note(m, write, write->landed + m->config->log_delay);
}

static void translated(void *context, const struct sv3_write *write)
{
	struct sv3__migration *m = (struct sv3__migration *)context;

	if (m->config->bug == SV3_BUG_LOG_BEFORE_DATA)
		note(m, write, write->translated);
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
	if (!state || sv3__log_make(m, &state->log))
		return -SV3_ERR_NOMEM;
	state->error = sv3_world_observe(m->world, &observer);
	state->observes = !state->error;
	return state->error;
}

static int collect(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	set_due(state, sv3_world_now(m->world));
	sv3__log_merge(&m->reported, &state->log);
	sv3_dirty_log_clear_all(&state->log);
	return state->error;
}

/* The device model ends what it began: the last bits are set. */
static int quiesce(struct sv3__migration *m)
{
	sv3_world_run_until(m->world, sv3__notes_last(&((struct state *)m->state)->notes));
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
	free(state->log.words);
	free(state);
}

const struct sv3__policy sv3__policy_software_log = {
	.info = {
		.name = "software-log",
		.id = "P20",
		.steps = "device: data, bit; swap 0; C",
		.description = "a device made of software sets bits of a log behind its data (vhost)",
		.claims_lossless = true,
	},
	.start = start,
	.collect = collect,
	.quiesce = quiesce,
	.finish = finish,
};
