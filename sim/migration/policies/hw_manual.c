/* SPDX-License-Identifier: MIT */
/*
 * hw_manual.c - P3: read; some time later one clear of all that was reported, then copy.
 * Writes between the read and the clear are merged into the copy that follows.
 */
#include "../migration_priv.h"

static int collect(struct sv3__migration *m)
{
	return sv3__scan(m, 0);
}

static int before_chunk(struct sv3__migration *m, uint64_t chunk_first, uint64_t chunk_end)
{
	int rc;

	/* The user space round trip between the two calls. */
	sv3_world_run_until(m->world, m->collected + m->costs.clear_delay);
	rc = sv3__clear_pending(m, chunk_first, chunk_end);
	return rc ? rc : sv3__invalidate(m);
}

const struct sv3__policy sv3__policy_hw_manual = {
	.info = {
		.name = "hw-manual",
		.id = "P3",
		.steps = "S; X(reported) I Y; C",
		.description = "read, then one clear of the reported pages before the first copy",
		.claims_lossless = true,
		.is_default = true,
	},
	.tracks = true,
	.start = sv3__start_clean,
	.chunk_shift = SV3__CHUNK_WHOLE,
	.collect = collect,
	.before_chunk = before_chunk,
};
