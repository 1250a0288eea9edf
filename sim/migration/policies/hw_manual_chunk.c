/* SPDX-License-Identifier: MIT */
/*
 * hw_manual_chunk.c - P4 and P5: read; clear a chunk when its first page is about to be sent.
 * P5 is P4 with a chunk of one page: least false dirt, most invalidations. [policies.md 7]
 */
#include "../migration_priv.h"

static int collect(struct sv3__migration *m)
{
	return sv3__scan(m, 0);
}

static int before_chunk(struct sv3__migration *m, uint64_t chunk_first, uint64_t chunk_end)
{
	int rc = sv3__clear_pending(m, chunk_first, chunk_end);

	return rc ? rc : sv3__invalidate(m);
}

const struct sv3__policy sv3__policy_hw_manual_chunk = {
	.info = {
		.name = "hw-manual-chunk",
		.id = "P4",
		.steps = "S; per chunk: X(reported) I Y; C",
		.description = "read, then one clear per chunk of 2^chunk-shift pages",
		.claims_lossless = true,
		.is_default = true,
	},
	.tracks = true,
	.start = sv3__start_clean,
	.chunk_shift = SV3__CHUNK_CONFIGURED,
	.collect = collect,
	.before_chunk = before_chunk,
};

const struct sv3__policy sv3__policy_hw_manual_page = {
	.info = {
		.name = "hw-manual-page",
		.id = "P5",
		.steps = "S; per page: X(reported) I Y; C",
		.description = "read, then one clear per page right before it is sent",
		.claims_lossless = true,
		.is_default = true,
	},
	.tracks = true,
	.start = sv3__start_clean,
	.chunk_shift = 0,
	.collect = collect,
	.before_chunk = before_chunk,
};
