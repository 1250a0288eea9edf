/* SPDX-License-Identifier: MIT */
/*
 * hw_auto.c - P2: read and clear in one walk, as iommufd does.
 * Between a leaf's clear and its copy a write is reported a second time: the false dirt of this
 * policy.
 */
#include "../migration_priv.h"

static int collect(struct sv3__migration *m)
{
	int rc = sv3__scan(m, SV3_DIRTY_CLEAR);

	return rc ? rc : sv3__invalidate(m);
}

const struct sv3__policy sv3__policy_hw_auto = {
	.info = {
		.name = "hw-auto",
		.id = "P2",
		.steps = "SC(all) I Y; C",
		.description = "read and clear in one walk (iommufd), one invalidation a round",
		.claims_lossless = true,
		.is_default = true,
	},
	.tracks = true,
	.start = sv3__start_clean,
	.collect = collect,
};
