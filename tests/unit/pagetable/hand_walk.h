/* SPDX-License-Identifier: MIT */
/*
 * hand_walk.h - a table read by hand: an independent reading of the descriptor formats for tests.
 *
 * It uses neither vmsa.h nor pagetable/, so that builder and check cannot be wrong together.
 */
#ifndef SV3_HAND_WALK_H
#define SV3_HAND_WALK_H

#include "test_ram.h"

#define HAND_AP2 (UINT64_C(1) << 7)
#define HAND_DBM (UINT64_C(1) << 51)

struct hand_leaf {
	uint64_t pte;
	sv3_pa pte_pa;
	unsigned int span_lg2; /* 0: nothing is mapped */
	sv3_pa pa;
};

static inline struct hand_leaf hand_walk(const struct test_ram *ram, sv3_pa table,
					 unsigned int granule_lg2, unsigned int input_size_lg2,
					 uint64_t offset)
{
	const unsigned int bits = granule_lg2 - 3;
	struct hand_leaf leaf = { 0, 0, 0, 0 };
	int level = 3;

	while (granule_lg2 + (unsigned int)(4 - level) * bits < input_size_lg2)
		level--;
	for (; level <= 3; level++) {
		const unsigned int low = granule_lg2 + (unsigned int)(3 - level) * bits;
		const uint64_t index = (offset >> low) & ((UINT64_C(1) << bits) - 1);
		const bool block_level = level == 2 || (level == 1 && granule_lg2 == 12);

		leaf.pte_pa = table + 8 * index;
		leaf.pte = test_ram_peek(ram, leaf.pte_pa);
		if ((leaf.pte & 3) == (level == 3 ? 3 : 1) && (level == 3 || block_level)) {
			leaf.span_lg2 = low;
			leaf.pa = (leaf.pte & 0xffffffffffff) >> low << low;
			return leaf;
		}
		if ((leaf.pte & 3) != 3)
			break;
		table = (leaf.pte & 0xffffffffffff) >> granule_lg2 << granule_lg2;
	}
	return leaf;
}

static inline bool hand_is_dirty(uint64_t pte)
{
	return (pte & HAND_DBM) != 0 && (pte & HAND_AP2) == 0;
}

/** What the hardware does for a write. Returns whether the write was performed. */
static inline bool hand_write(const struct test_ram *ram, const struct hand_leaf *leaf)
{
	if (leaf->span_lg2 == 0)
		return false;
	if ((leaf->pte & HAND_AP2) == 0)
		return true;
	if ((leaf->pte & HAND_DBM) == 0)
		return false;
	test_ram_poke(ram, leaf->pte_pa, leaf->pte & ~HAND_AP2);
	return true;
}

#endif
