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
};

static void set_bits(struct sv3__migration *m, const struct sv3__note *note)
{
	sv3_dirty_log_set(&((struct state *)m->state)->log, note->pa, note->len);
}

static int start(struct sv3__migration *m)
{
	struct state *state = (struct state *)calloc(1, sizeof(*state));

	m->state = state;
	if (!state || sv3__log_make(m, &state->log))
		return -SV3_ERR_NOMEM;
	return sv3__notes_begin(&state->notes, m, set_bits);
}

static int collect(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;
	const int rc = sv3__notes_carry_out(&state->notes, sv3_world_now(m->world));

	sv3__log_take(&m->reported, &state->log);
	return rc;
}

/* The device model ends what it began: the last bits are set. */
static int quiesce(struct sv3__migration *m)
{
	sv3_world_run_until(m->world, sv3__notes_last(&((struct state *)m->state)->notes));
	return 0;
}

static void finish(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	if (!state)
		return;
	sv3__notes_end(&state->notes);
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
