/* SPDX-License-Identifier: MIT */
/*
 * hw_manual_uapi.c - P4b: manual clear on an interface that can only read, or read and clear.
 *
 * What the second read of a chunk finds and the first did not is sent, too: thrown away it would
 * be lost (B65). [policies 7]
 */
#include "../migration_priv.h"

static int collect(struct sv3__migration *m)
{
	return sv3__scan(m, 0);
}

static int before_chunk(struct sv3__migration *m, uint64_t chunk_first, uint64_t chunk_end)
{
	int rc = sv3__scan_chunk(m, chunk_first, chunk_end, SV3_DIRTY_CLEAR);

	return rc ? rc : sv3__invalidate(m);
}

const struct sv3__policy sv3__policy_hw_manual_uapi = {
	.info = {
		.name = "hw-manual-uapi",
		.id = "P4b",
		.steps = "S; per chunk: SC(chunk) I Y, or new bits in; C",
		.description = "manual clear on iommufd as merged: read, then read and clear by chunk",
		.claims_lossless = true,
	},
	.tracks = true,
	.chunk_shift = SV3__CHUNK_CONFIGURED,
	.start = sv3__start_clean,
	.collect = collect,
	.before_chunk = before_chunk,
};
