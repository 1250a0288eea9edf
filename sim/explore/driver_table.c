/* SPDX-License-Identifier: MIT */
/*
 * driver_table.c - maps, unmaps, splits and merges, and how they are done wrongly.
 */
#include "driver.h"

int sv3__driver_map(void *state, sv3_iova iova, sv3_pa pa, uint64_t len, uint32_t leaf_lg2)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	uint32_t flags = SV3_PT_READ | SV3_PT_WRITE | SV3_PT_UNPRIV;
	struct sv3_pt pt = d->pt;

	if (d->setup.is_global)
		flags |= SV3_PT_GLOBAL;
	if (!d->is_tracking)
		flags |= SV3_PT_BORN_DIRTY;
	/* B28: what is mapped late is not tracked. The first map is that of the preparation. */
	if (sv3__has(d, B28) && iova > SV3_EXPLORE_IOVA)
		pt.config.dbm = false;
	return sv3_pt_map(&pt, iova, pa, len, leaf_lg2, flags);
}

struct unmapped {
	sv3_iova iova;
	uint64_t dirty;
	struct sv3_pt_gather gather;
};

static void see_unmapped(void *context, const struct sv3_pt_leaf *leaf)
{
	struct unmapped *unmapped = (struct unmapped *)context;
	const uint64_t page = (leaf->iova - unmapped->iova) / 4096;

	sv3_pt_gather_add(&unmapped->gather, leaf->iova, leaf->span_lg2);
	if (sv3_pte_is_writable_dirty(leaf->descriptor))
		unmapped->dirty |= leaf->span_lg2 > 12 ? UINT64_MAX : UINT64_C(1) << (page & 63);
}

int sv3__driver_unmap(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	struct unmapped unmapped = { .iova = iova };

	sv3_pt_gather_init(&unmapped.gather);
	SV3__TRY(sv3_pt_unmap(&d->pt, iova, len, see_unmapped, &unmapped));
	SV3__TRY(sv3__driver_invalidate(d, &unmapped.gather));
	*dirty = sv3__has(d, B31) ? 0 : unmapped.dirty;
	return 0;
}

/* --- leaf sizes --- */

/* Writes with the device going on: what it meets meanwhile is nothing. */
static int break_before_make(struct sv3__driver *d, sv3_iova iova)
{
	uint64_t dirty = 0;

	SV3__TRY(sv3__driver_unmap(d, iova, UINT64_C(0x200000), &dirty));
	return sv3_pt_map(&d->pt, iova, SV3_EXPLORE_DATA, 8 * UINT64_C(4096), 12,
			  SV3_PT_READ | SV3_PT_WRITE | SV3_PT_UNPRIV |
				  (dirty ? SV3_PT_BORN_DIRTY : 0));
}

static int resize(struct sv3__driver *d, struct sv3_pt_resize *steps)
{
	int rc;

	while ((rc = sv3_pt_resize_step(steps)) == 1) {
		steps->owed.asid = d->asid;
		for (uint32_t i = 0; steps->owed.len && i < d->setup.smmu_count; i++) {
			if (sv3__has(d, B13))
				steps->owed.leaf = true;
			SV3__TRY(sv3_cmdq_tlbi_range(&d->cmdqs[i], &steps->owed));
			SV3__TRY(sv3__driver_sync(d, i));
		}
	}
	return rc;
}

/* B33, B34, B35: a table made of the block as it was read, put in its place by a plain write. */
static int split_plainly(struct sv3__driver *d, sv3_iova iova)
{
	const sv3_pa table = (d->pages.next + 4095) & ~UINT64_C(4095);
	struct sv3_pt_leaf block;
	uint8_t bytes[8];

	SV3__TRY(sv3_pt_lookup(&d->pt, iova, &block));
	d->pages.next = table + 4096;
	if (sv3__has(d, B34))
		block.descriptor |= SV3_PTE_AP2_RDONLY;
	if (sv3__has(d, B35))
		block.descriptor &= ~SV3_PTE_AP2_RDONLY;
	for (uint64_t i = 0; i < 512; i++) {
		/* Bit 1: a page, as level 3 has it. */
		sv3_put_le64(bytes, (block.descriptor | 2) + 4096 * i);
		if (sv3_bus_write(&d->setup.bus, table + 8 * i, bytes, 8) != SV3_BUS_OK)
			return -SV3_ERR_BUS;
	}
	sv3_put_le64(bytes, table | 3);
	if (sv3_bus_write(&d->setup.bus, block.descriptor_pa, bytes, 8) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	return sv3__driver_invalidate_pages(d, iova, UINT64_C(0x200000));
}

int sv3__driver_split(void *state, sv3_iova iova, uint64_t len)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	struct sv3_pt_resize steps;

	if (sv3__has(d, B36))
		return break_before_make(d, iova);
	if (sv3__has(d, B33) || sv3__has(d, B34) || sv3__has(d, B35))
		return split_plainly(d, iova);
	SV3__TRY(sv3_pt_split_begin(&steps, &d->pt, iova, len, 12, d->setup.bbml));
	return resize(d, &steps);
}

/* B37: all pages but the first are as the first. */
static int merge_of_first(struct sv3__driver *d, sv3_iova iova)
{
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	for (uint64_t page = 1; page < 8; page++)
		SV3__TRY(sv3_dirty_clear(&d->pt, iova + 4096 * page, NULL, &gather));
	return sv3__driver_invalidate(d, &gather);
}

int sv3__driver_merge(void *state, sv3_iova iova, uint64_t len)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	struct sv3_pt_resize steps;

	if (sv3__has(d, B37))
		SV3__TRY(merge_of_first(d, iova));
	SV3__TRY(sv3_pt_merge_begin(&steps, &d->pt, iova, len, 21, d->setup.bbml));
	return resize(d, &steps);
}
