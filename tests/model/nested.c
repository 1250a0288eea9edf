/* SPDX-License-Identifier: MIT */
/*
 * nested.c - builds what nested.h describes.
 */
#include "tests/model/nested.h"

static void set_attributes(struct fx *f, sv3_pa pte, uint64_t attributes)
{
	fx_poke(f, pte, (fx_peek(f, pte) & UINT64_C(0xfffffffff000)) | attributes);
}

struct nested nested_map(struct fx *f, uint64_t leaf, uint64_t s2)
{
	struct nested n;

	fx_guest(f, FX_DATA, 0x1000);
	n.leaf = fx_map(f, FX_IOVA, 3, leaf);
	n.cd = fx_guest_pte(f, FX_CD);
	n.data = fx_guest_pte(f, FX_DATA);
	set_attributes(f, n.cd, s2);
	set_attributes(f, n.data, s2);
	for (unsigned int level = 0; level < 4; level++) {
		n.tables[level] = fx_guest_pte(f, fx_pte(f, FX_IOVA, level));
		set_attributes(f, n.tables[level], s2);
	}
	return n;
}
