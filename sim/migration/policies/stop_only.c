/* SPDX-License-Identifier: MIT */
/*
 * stop_only.c - P15: no look before the stop; then everything written since tracking began.
 * Nothing is sent twice but what the stopped guest waits for. [policies 7]
 */
#include "../migration_priv.h"

static int collect(struct sv3__migration *m)
{
	int rc = sv3__scan(m, SV3_DIRTY_CLEAR);

	return rc ? rc : sv3__invalidate(m);
}

const struct sv3__policy sv3__policy_stop_only = {
	.info = {
		.name = "stop-only",
		.id = "P15",
		.steps = "after the stop: SC(all) I Y; C",
		.description = "no rounds: what was written during bulk is sent after the stop",
		.claims_lossless = true,
	},
	.tracks = true,
	.stop_only = true,
	.start = sv3__start_clean,
	.collect = collect,
};
