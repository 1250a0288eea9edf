/* SPDX-License-Identifier: MIT */
/*
 * driver_rows.c - see driver_rows.h.
 */
#include "driver_rows.h"
#include "fixture.h"

#include <stdlib.h>

#define SLOTS    24u  /* live buffers */
#define TURNS    600u /* buffers in all */
#define WRITES   6u   /* to each */
#define ROWS_MAX (TURNS * (WRITES + 4u))

struct builder {
	struct sv3_trace_rec *rows;
	uint64_t count, time_ns;
};

static void add(struct builder *b, enum sv3_trace_op op, enum sv3_trace_aux aux, sv3_iova iova,
		sv3_pa pa, uint64_t len)
{
	b->time_ns += 200;
	b->rows[b->count++] = (struct sv3_trace_rec){
		.time_ns = b->time_ns,
		.iova = iova,
		.pa = pa,
		.len = len,
		.sid = 8,
		.op = (uint8_t)op,
		.aux = (uint8_t)aux,
		.has = op == SV3_TRACE_SYNC ? 0
		       : op == SV3_TRACE_W || op == SV3_TRACE_R || op == SV3_TRACE_MAP
			       ? SV3_TRACE_HAS_ALL
			       : SV3_TRACE_HAS_ALL & ~SV3_TRACE_HAS_PA,
	};
}

struct sv3_trace fx_driver_trace(uint64_t seed, bool lazy)
{
	struct builder b = { .rows = (struct sv3_trace_rec *)calloc(ROWS_MAX, sizeof(*b.rows)) };
	struct {
		sv3_iova iova;
		sv3_pa pa;
	} slots[SLOTS] = { { 0, 0 } };
	struct sv3_prng prng;

	sv3_prng_seed(&prng, seed);
	for (unsigned int turn = 0; turn < TURNS; turn++) {
		const unsigned int i = (unsigned int)sv3_prng_below(&prng, SLOTS);

		if (slots[i].pa)
			add(&b, SV3_TRACE_UNMAP, SV3_TRACE_AUX_NONE, slots[i].iova, 0,
			    SV3_PAGE_SIZE);
		if (lazy && turn % 16 == 15)
			add(&b, SV3_TRACE_TLBI_ASID, SV3_TRACE_AUX_NONE, 0, 0, 0);
		if (!lazy && slots[i].pa)
			add(&b, SV3_TRACE_TLBI_VA, SV3_TRACE_AUX_LEAF, slots[i].iova, 0,
			    SV3_PAGE_SIZE);
		if (lazy ? turn % 16 == 15 : slots[i].pa != 0)
			add(&b, SV3_TRACE_SYNC, SV3_TRACE_AUX_NONE, 0, 0, 0);
		slots[i].iova = UINT64_C(0xf0000000) + (lazy ? turn : i) * SV3_PAGE_SIZE;
		slots[i].pa = FX_BASE + sv3_prng_below(&prng, FX_DRIVER_PAGES) * SV3_PAGE_SIZE;
		add(&b, SV3_TRACE_MAP, SV3_TRACE_AUX_PERM_RW, slots[i].iova, slots[i].pa,
		    SV3_PAGE_SIZE);
		for (unsigned int k = 0; k < WRITES; k++) {
			const unsigned int other = (unsigned int)sv3_prng_below(&prng, SLOTS);

			if (slots[other].pa)
				add(&b, SV3_TRACE_W, SV3_TRACE_AUX_DATA, slots[other].iova,
				    slots[other].pa, 64);
		}
	}
	return (struct sv3_trace){ .records = b.rows, .count = b.count };
}
