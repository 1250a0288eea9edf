/* SPDX-License-Identifier: MIT */
/*
 * initially_set.c - P16: no clear at the start; every page counts as reported, and the first clear
 * of a chunk comes right before bulk sends it. Writes before that are in the bulk copy: they are
 * never sent again, and the start costs nothing. Rounds are those of P4. [policies 7]
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

const struct sv3__policy sv3__policy_initially_set = {
	.info = {
		.name = "initially-set",
		.id = "P16",
		.steps = "bulk per chunk: X(chunk) I Y; C; then as P4",
		.description = "nothing cleared at the start; the first clear comes with the bulk copy",
		.claims_lossless = true,
	},
	.tracks = true,
	.chunk_shift = SV3__CHUNK_CONFIGURED,
	.before_bulk_chunk = before_chunk,
	.collect = collect,
	.before_chunk = before_chunk,
};
