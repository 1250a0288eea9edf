/* SPDX-License-Identifier: MIT */
/*
 * no_last_clear.c - P17: as P4, but what is reported after the stop is sent without a clear: nobody
 * writes any more, and nobody reads the log again. Fewer invalidations in the downtime.
 * [policies 7]
 */
#include "../migration_priv.h"

static int collect(struct sv3__migration *m)
{
	return sv3__scan(m, 0);
}

static int before_chunk(struct sv3__migration *m, uint64_t chunk_first, uint64_t chunk_end)
{
	int rc;

	if (m->stopped)
		return 0;
	rc = sv3__clear_pending(m, chunk_first, chunk_end);
	return rc ? rc : sv3__invalidate(m);
}

const struct sv3__policy sv3__policy_no_last_clear = {
	.info = {
		.name = "no-last-clear",
		.id = "P17",
		.steps = "as P4; after the stop S; C",
		.description = "manual clear by chunk, without a clear after the stop",
		.claims_lossless = true,
	},
	.tracks = true,
	.chunk_shift = SV3__CHUNK_CONFIGURED,
	.start = sv3__start_clean,
	.collect = collect,
	.before_chunk = before_chunk,
};
