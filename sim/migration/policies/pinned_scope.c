/* SPDX-License-Identifier: MIT */
/*
 * pinned_scope.c - P1: the pages pinned for DMA are sent in every round.
 * Perpetual dirt is the pinned set; what a device writes elsewhere is lost. [policies.md 2]
 */
#include "../migration_priv.h"

static int collect(struct sv3__migration *m)
{
	sv3__log_merge(&m->reported, m->config->pinned);
	return 0;
}

const struct sv3__policy sv3__policy_pinned_scope = {
	.info = {
		.name = "pinned-scope",
		.id = "P1",
		.steps = "C(pinned)",
		.description = "every page ever mapped is sent every round; "
			       "lossless only if the device writes nowhere else",
		.claims_lossless = false,
		.is_default = true,
	},
	.collect = collect,
};
