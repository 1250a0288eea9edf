/* SPDX-License-Identifier: MIT */
/*
 * change.c - changing live leaves: unmap, protect, arm.
 *
 * The hardware may update the access flag and the dirty state of a leaf between our read of it and
 * our change, so every change is a compare-and-swap, tried again on the value that was found
 * instead.
 */
#include "pagetable_priv.h"

/* Does a leaf begin before @offset and end behind it? Returns: 1, 0, -SV3_ERR_BUS. */
static int leaf_is_cut(const struct sv3_pt *pt, uint64_t offset)
{
	struct sv3__walk walk;
	int rc;

	if (offset > sv3__pt_offset_mask(pt))
		return 0;
	sv3__walk_begin(&walk, pt, offset, offset + 1);
	rc = sv3__walk_next(&walk);
	return rc <= 0 ? rc : (offset & ((UINT64_C(1) << walk.span_lg2) - 1)) != 0;
}

/* Offset of a range that cuts no leaf. Returns: 0, -SV3_ERR_RANGE, -SV3_ERR_BUS. */
static int range_of_leaves(const struct sv3_pt *pt, sv3_iova iova, uint64_t len, uint64_t *offset)
{
	const uint64_t granule_mask = (UINT64_C(1) << pt->config.granule_lg2) - 1;
	int rc;

	if (len == 0 || ((iova | len) & granule_mask) != 0 ||
	    !sv3__pt_offset(pt, iova, len, offset))
		return -SV3_ERR_RANGE;
	rc = leaf_is_cut(pt, *offset);
	if (rc == 0)
		rc = leaf_is_cut(pt, *offset + len);
	return rc > 0 ? -SV3_ERR_RANGE : rc;
}

int64_t sv3_pt_unmap(struct sv3_pt *pt, sv3_iova iova, uint64_t len, sv3_pt_leaf_visitor visit,
		     void *context)
{
	struct sv3__walk walk;
	uint64_t offset;
	int64_t unmapped_bytes = 0;
	int rc = range_of_leaves(pt, iova, len, &offset);

	if (rc < 0)
		return rc;
	sv3__walk_begin(&walk, pt, offset, offset + len);
	while ((rc = sv3__walk_next(&walk)) > 0) {
		uint64_t old;

		/* A plain store would drop dirty state set since the read. [DDI0487 D8.5.3] */
		rc = sv3__table_cas(&walk.table, walk.index, walk.pte, 0, &old);
		if (rc < 0)
			return rc;
		if (rc == 0)
			continue; /* the descriptor changed: look at it again */
		unmapped_bytes += INT64_C(1) << walk.span_lg2;
		if (visit) {
			const struct sv3_pt_leaf leaf = sv3__walk_leaf(&walk);

			visit(context, &leaf);
		}
		sv3__walk_skip(&walk);
	}
	return rc < 0 ? rc : unmapped_bytes;
}

/* The same leaf with other permissions. */
static uint64_t pte_protected(const struct sv3_pt_config *config, uint64_t pte, uint32_t flags)
{
	const uint64_t mask = SV3_PTE_AP1_UNPRIV | SV3_PTE_AP2_RDONLY | SV3_PTE_DBM | SV3_PTE_AF |
			      SV3_PTE_NG | SV3_PTE_PXN | SV3_PTE_UXN | SV3_PTE_UNARMED;
	uint64_t bits = sv3__leaf_attributes(config, flags) & mask;
	const bool was_writable = (pte & SV3_PTE_DBM) || !(pte & SV3_PTE_AP2_RDONLY);

	/* What stays writable keeps its dirty state; if it was not tracked, it may be dirty. */
	if (was_writable && (bits & SV3_PTE_DBM))
		bits = (bits & ~SV3_PTE_AP2_RDONLY) | (pte & SV3_PTE_AP2_RDONLY);
	return (pte & ~mask) | bits;
}

/* Are all bytes of the range mapped? Returns: 0, -SV3_ERR_NOENT, -SV3_ERR_BUS. */
static int range_is_mapped(const struct sv3_pt *pt, uint64_t offset, uint64_t end)
{
	struct sv3__walk walk;
	int rc;

	sv3__walk_begin(&walk, pt, offset, end);
	while ((rc = sv3__walk_next(&walk)) > 0 && walk.offset == offset) {
		sv3__walk_skip(&walk);
		offset = walk.offset;
	}
	return rc < 0 ? rc : offset == end ? 0 : -SV3_ERR_NOENT;
}

int sv3_pt_protect(struct sv3_pt *pt, sv3_iova iova, uint64_t len, uint32_t flags)
{
	struct sv3__walk walk;
	uint64_t offset;
	int rc = range_of_leaves(pt, iova, len, &offset);

	if (rc == 0)
		rc = range_is_mapped(pt, offset, offset + len);
	if (rc < 0)
		return rc;
	sv3__walk_begin(&walk, pt, offset, offset + len);
	while ((rc = sv3__walk_next(&walk)) > 0) {
		uint64_t old;

		rc = sv3__table_cas(&walk.table, walk.index, walk.pte,
				    pte_protected(&pt->config, walk.pte, flags), &old);
		if (rc < 0)
			return rc;
		if (rc > 0)
			sv3__walk_skip(&walk);
	}
	return rc;
}

/* --- Arming --- */

#define TRACKING (SV3_PTE_DBM | SV3_PTE_AP2_RDONLY | SV3_PTE_UNARMED)
#define CLEAN    (SV3_PTE_DBM | SV3_PTE_AP2_RDONLY)
#define UNARMED  (SV3_PTE_UNARMED | SV3_PTE_AP2_RDONLY)

static uint64_t pte_armed(uint64_t pte, bool on)
{
	if (on && (pte & TRACKING) == UNARMED)
		return (pte & ~TRACKING) | CLEAN;
	if (!on && (pte & TRACKING) == CLEAN)
		return (pte & ~TRACKING) | UNARMED;
	return pte;
}

int sv3_pt_arm(struct sv3_pt *pt, sv3_iova iova, uint64_t len, bool on)
{
	struct sv3__walk walk;
	uint64_t offset;
	bool stays_armed = false;
	int rc = range_of_leaves(pt, iova, len, &offset);

	if (rc < 0)
		return rc;
	sv3__walk_begin(&walk, pt, offset, offset + len);
	while ((rc = sv3__walk_next(&walk)) > 0) {
		const uint64_t pte = pte_armed(walk.pte, on);
		uint64_t old;

		if (pte != walk.pte) {
			rc = sv3__table_cas(&walk.table, walk.index, walk.pte, pte, &old);
			if (rc < 0)
				return rc;
			if (rc == 0)
				continue; /* the hardware made it dirty: look at it again */
		}
		stays_armed |= !on && sv3_pte_is_writable_dirty(pte);
		sv3__walk_skip(&walk);
	}
	return rc < 0 ? rc : stays_armed;
}
