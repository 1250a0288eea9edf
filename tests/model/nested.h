/* SPDX-License-Identifier: MIT */
/*
 * nested.h - one page through both stages, with everything that an access to it may update.
 */
#ifndef SV3_TESTS_MODEL_NESTED_H
#define SV3_TESTS_MODEL_NESTED_H

#include "tests/model/fx.h"

/* Stage-1 leaves whose output is FX_IPA(FX_DATA). */
#define S1_LEAF  (FX_LEAF + FX_GUEST)
#define S1_CLEAN (FX_CLEAN + FX_GUEST)
#define S1_DIRTY (FX_DIRTY + FX_GUEST)
#define NO_AF(d) ((d) & ~FX_AF)
#define ALL_HTTU (FX_NESTED | FX_HTTU | FX_S2HTTU)
/* A stage-2 leaf, without its address. */
#define S2_CLEAN (FX_S2_LEAF | FX_DBM)

/** Where the descriptors stand. */
struct nested {
	sv3_pa leaf;      /* of stage 1 */
	sv3_pa cd;        /* stage-2 leaves: of the CD's page, */
	sv3_pa tables[4]; /* of the stage-1 tables by level, */
	sv3_pa data;      /* and of the output */
};

/** nested_map - map FX_IOVA by this stage-1 leaf; every stage-2 leaf is @s2 with its address. */
struct nested nested_map(struct fx *f, uint64_t leaf, uint64_t s2);

/** nested_state - AF and S2AP[1] of a stage-2 leaf. */
static inline uint64_t nested_state(struct fx *f, sv3_pa pte)
{
	return fx_peek(f, pte) & (FX_AF | FX_S2_WRITE);
}

#endif
