/* SPDX-License-Identifier: MIT */
/*
 * hw_peek.c - P7: rounds only look; one read and clear after the stop.
 *
 * Looking changes nothing and owes nothing, so each round sends all that was written since the
 * start: good for an estimate, dear as a migration. [policies 7]
 */
#include "../migration_priv.h"

static int collect(struct sv3__migration *m)
{
	int rc;

	if (!m->stopped)
		return sv3__scan(m, 0);
	rc = sv3__scan(m, SV3_DIRTY_CLEAR);
	return rc ? rc : sv3__invalidate(m);
}

const struct sv3__policy sv3__policy_hw_peek = {
	.info = {
		.name = "hw-peek",
		.id = "P7",
		.steps = "S; C; after the stop SC(all) I Y; C",
		.description = "read without clearing; everything written since the start each round",
		.claims_lossless = true,
	},
	.tracks = true,
	.start = sv3__start_clean,
	.collect = collect,
};
