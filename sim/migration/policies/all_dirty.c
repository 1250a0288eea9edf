/* SPDX-License-Identifier: MIT */
/*
 * all_dirty.c - P0: nobody tracks; every page is sent in every round.
 * What a type1 container without pinned scope does. [policies.md 2]
 */
#include "../migration_priv.h"

static int collect(struct sv3__migration *m)
{
	sv3_dirty_log_set_all(&m->reported);
	return 0;
}

const struct sv3__policy sv3__policy_all_dirty = {
	.info = {
		.name = "all-dirty",
		.id = "P0",
		.steps = "C(all)",
		.description = "every page is sent every round; nothing is tracked",
		.claims_lossless = true,
		.is_default = true,
	},
	.collect = collect,
};
