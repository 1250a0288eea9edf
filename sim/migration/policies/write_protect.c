/* SPDX-License-Identifier: MIT */
/*
 * write_protect.c - P9: software does what HTTU would. Clean leaves are read-only, the first write
 * stalls, and the handler notes the page, makes the leaf writable and resumes.
 *
 * Exact, at the price of one fault a page and epoch. The descriptors look as they would under HTTU
 * (DBM is the software's own bit while HD = 0), so cleaning is the same step. [policies 1, thread
 * 004]
 */
#include <stdlib.h>

#include "../migration_priv.h"

struct state {
	struct sv3_dirty_log log; /* pages that faulted since the last collection */
};

static int on_write(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova)
{
	struct state *state = (struct state *)m->state;

	return sv3__fault_set_dirty(m, domain_index, iova, &state->log);
}

static int start(struct sv3__migration *m)
{
	struct state *state = (struct state *)calloc(1, sizeof(*state));

	m->state = state;
	if (!state || sv3__log_make(m, &state->log))
		return -SV3_ERR_NOMEM;
	return sv3__start_watched(m, on_write);
}

static int collect(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;
	int rc;

	sv3__log_take(&m->reported, &state->log);
	rc = sv3__clear_reported(m);
	return rc ? rc : sv3__invalidate(m);
}

static void finish(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	sv3__ignore_faults(m);
	if (state)
		free(state->log.words);
	free(state);
}

const struct sv3__policy sv3__policy_write_protect = {
	.info = {
		.name = "write-protect",
		.id = "P9",
		.steps = "X(faulted) I Y; C; fault: mark, writable, I Y, resume",
		.description = "clean pages are read-only; writes stall until software has noted them",
		.claims_lossless = true,
		.needs = SV3_NEEDS_SOFTWARE_DIRTY | SV3_NEEDS_STALL,
	},
	.tracks = true,
	.start = start,
	.collect = collect,
	.finish = finish,
};
