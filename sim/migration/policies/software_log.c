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

struct note {
	sv3_ps at; /* when its bit is set */
	sv3_pa pa;
	uint32_t len;
};

/* Nobody reads the log but collections, so bits are set when one comes: those that are due. */
struct state {
	struct note *notes; /* in order of @at; ring, shape [capacity], a power of two */
	uint64_t head, count, capacity;
	struct sv3_dirty_log log;
	int error;
};

static void set_due(struct state *state, sv3_ps now)
{
	while (state->count && state->notes[state->head & (state->capacity - 1)].at <= now) {
		const struct note *note = &state->notes[state->head & (state->capacity - 1)];

		sv3_dirty_log_set(&state->log, note->pa, note->len);
		state->head++;
		state->count--;
	}
}

static int grow(struct state *state)
{
	const uint64_t capacity = state->capacity ? 2 * state->capacity : 1024;
	struct note *notes = (struct note *)calloc((size_t)capacity, sizeof(*notes));

	if (!notes)
		return -SV3_ERR_NOMEM;
	for (uint64_t i = 0; i < state->count; i++)
		notes[i] = state->notes[(state->head + i) & (state->capacity - 1)];
	free(state->notes);
	state->notes = notes;
	state->head = 0;
	state->capacity = capacity;
	return 0;
}

static void note(struct sv3__migration *m, const struct sv3_write *write, sv3_ps at)
{
	struct state *state = (struct state *)m->state;

	if (write->by_cpu || state->error)
		return;
	set_due(state, sv3_world_now(m->world));
	if (state->count == state->capacity)
		state->error = grow(state);
	if (!state->error)
		state->notes[(state->head + state->count++) & (state->capacity - 1)] =
			(struct note){ at, write->pa, write->len };
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

static int start(struct sv3__migration *m)
{
	const struct sv3_world_observer observer = { .write_translated = translated,
						     .write_landed = landed,
						     .context = m };
	struct state *state = (struct state *)calloc(1, sizeof(*state));

	m->state = state;
	if (!state || sv3__log_make(m, &state->log))
		return -SV3_ERR_NOMEM;
	return sv3_world_observe(m->world, &observer);
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
	const struct state *state = (const struct state *)m->state;

	if (state->count)
		sv3_world_run_until(
			m->world,
			state->notes[(state->head + state->count - 1) & (state->capacity - 1)].at);
	return 0;
}

static void finish(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	sv3_world_unobserve(m->world, m);
	if (!state)
		return;
	free(state->notes);
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
