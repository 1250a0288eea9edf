/* SPDX-License-Identifier: MIT */
/*
 * split.c - changing the size of live leaves: a block becomes a table, a table becomes a block.
 *
 * Concepts:
 *   block    the larger leaf, before a split or after a merge; its descriptor is the one that is
 *            changed, by compare-and-swap on all of what was judged.
 *   child    a leaf of the next level, of the table that takes the block's place or gives it up.
 *   phase    what the next step does. Between two steps stands an invalidation, which is the
 *            caller's: nothing here waits.
 * The sequences are those of [IHI0070 3.21.1.1 to 3.21.1.3], by the level of support (BBML):
 *
 *             split                                   merge
 *   0   block -> 0, TLBI, 0 -> table            table -> 0, TLBI, 0 -> block
 *   1   nT, TLBI, block -> table, TLBI          table -> block with nT, TLBI, nT off, TLBI
 *   2   block -> table, TLBI                    table -> block, TLBI, late dirt
 *
 * Dirty state of a split: children are filled from the block's descriptor while no walk can reach
 * them, and the swap compares with that same descriptor. An update by the hardware before the swap
 * makes it fail; after it, the hardware's own compare-and-swap fails and walks again.
 *
 * Dirty state of a merge: the swap replaces the table's descriptor, which the hardware does not
 * write, so no comparison can catch an update of a child, be it between our read and the swap or
 * after it, by a walk that knows the old table. But once the invalidation is complete no walk does
 * [IHI0070 3.21.1]. So the old table is read again then, and all that is dirty in it is or-ed into
 * the block, at levels 1 and 2 by compare-and-swap; at level 0 no block stands there before that.
 * Only then the table is given back. To make a clean leaf dirty owes no invalidation.
 */
#include "pagetable_priv.h"

enum phase {
	PHASE_FIND = 0, /* nothing is in hand */
	PHASE_SPLIT,    /* the block is broken or has nT set: the table goes in */
	PHASE_MERGE,    /* the table is out: what became dirty in it goes to the block */
	PHASE_GIVE,     /* the same done: the table goes back to the pages */
};

static uint64_t table_size(const struct sv3_pt *pt)
{
	return UINT64_C(1) << pt->config.granule_lg2;
}

static uint32_t child_count(const struct sv3_pt *pt)
{
	return UINT32_C(1) << sv3_vmsa_level_bits(pt->config.granule_lg2);
}

static unsigned int span_lg2_at(const struct sv3_pt_resize *resize, unsigned int level)
{
	return sv3_vmsa_span_lg2(resize->pt->config.granule_lg2, level);
}

static uint64_t table_descriptor(sv3_pa table)
{
	return table | SV3_PTE_VALID | SV3_PTE_TABLE;
}

/* --- Descriptors --- */

/* The bits of a leaf that the hardware may set or clear. [IHI0070 3.13.2, 3.13.3] */
static uint64_t state_bits(uint64_t pte)
{
	if (!(pte & SV3_PTE_VALID))
		return 0;
	return SV3_PTE_AF | (pte & SV3_PTE_DBM ? SV3_PTE_AP2_RDONLY : 0);
}

/* @pte, accessed if either leaf is, dirty if either is. */
static uint64_t state_join(uint64_t pte, uint64_t other)
{
	return (pte | (other & SV3_PTE_AF)) & (other | ~SV3_PTE_AP2_RDONLY);
}

/* The first child of a block at @level. Copied is all but address, type and nT: so the dirty state,
 * with DBM. */
static uint64_t first_child(const struct sv3_pt *pt, unsigned int level, uint64_t block)
{
	const unsigned int span_lg2 = sv3_vmsa_span_lg2(pt->config.granule_lg2, level);

	return (block & ~(SV3_BITS(47, 12) | SV3_PTE_TABLE)) |
	       (block & sv3_vmsa_output_mask(span_lg2)) |
	       (level + 1 == SV3_LEVEL_LAST ? SV3_PTE_TABLE : 0);
}

/*
 * The block at @level that a table's leaves are as one: dirty if one of them is, accessed likewise.
 * Returns: 1, 0: they are not one, -SV3_ERR_BUS.
 */
static int children_join(const struct sv3_pt *pt, unsigned int level, sv3_pa table_pa,
			 uint64_t *block)
{
	const struct sv3__table table = sv3__table_open(&pt->bus, table_pa, table_size(pt));
	const unsigned int span_lg2 = sv3_vmsa_span_lg2(pt->config.granule_lg2, level);
	const uint64_t step = UINT64_C(1) << sv3_vmsa_span_lg2(pt->config.granule_lg2, level + 1);
	const uint64_t nt = level + 1 < SV3_LEVEL_LAST ? SV3_PTE_NT : 0; /* a page has none */
	uint64_t first = 0;

	for (uint32_t i = 0; i < child_count(pt); i++) {
		uint64_t pte;
		const int rc = sv3__table_read(&table, i, &pte);

		if (rc < 0)
			return rc;
		pte &= ~nt;
		if (i == 0)
			first = *block = pte;
		if ((pte ^ (first + i * step)) & ~state_bits(first))
			return 0;
		*block = state_join(*block, pte);
	}
	/* A Contiguous bit speaks of a group, which is not looked at here. */
	if (sv3__pte_kind(pt, level + 1, first) != SV3__PTE_LEAF || (first & SV3_PTE_CONTIGUOUS) ||
	    (first & SV3_BITS(47, 12) & ((UINT64_C(1) << span_lg2) - 1)))
		return 0;
	*block &= ~SV3_PTE_TABLE;
	return 1;
}

/* --- What both have in common --- */

/* A descriptor in its table. */
struct place {
	struct sv3__table table;
	uint32_t index, level;
	uint64_t pte;
};

/* The descriptor at resize->level on the way to @offset, or the one the way ends at before. */
static int place_find(const struct sv3_pt_resize *resize, uint64_t offset, struct place *place)
{
	const struct sv3_pt *pt = resize->pt;
	sv3_pa table_pa = pt->root;

	for (place->level = sv3__pt_start_level(pt);; place->level++) {
		const unsigned int span_lg2 = span_lg2_at(resize, place->level);
		int rc;

		place->table = sv3__table_open(&pt->bus, table_pa, table_size(pt));
		place->index = (uint32_t)(offset >> span_lg2) & (child_count(pt) - 1);
		rc = sv3__table_read(&place->table, place->index, &place->pte);
		if (rc < 0 || place->level == resize->level ||
		    sv3__pte_kind(pt, place->level, place->pte) != SV3__PTE_TABLE)
			return rc;
		table_pa = place->pte & sv3_vmsa_output_mask(pt->config.granule_lg2);
	}
}

/*
 * The descriptor in hand as it stands, which the hardware may have made accessed or dirty.
 * Returns: 0, -SV3_ERR_EXIST: other software changed it, -SV3_ERR_BUS.
 */
static int place_again(const struct sv3_pt_resize *resize, struct place *place)
{
	const uint64_t left = resize->descriptor;
	int rc;

	place->table = sv3__table_open(&resize->pt->bus, resize->descriptor_pa, 8);
	place->index = 0;
	place->level = resize->level;
	rc = sv3__table_read(&place->table, place->index, &place->pte);
	if (rc == 0 && ((place->pte ^ left) & ~state_bits(left)))
		return -SV3_ERR_EXIST;
	return rc;
}

/* Swaps the descriptor at @place. Returns: 1, 0: it changed, look again, -SV3_ERR_BUS. */
static int place_swap(struct sv3_pt_resize *resize, const struct place *place, uint64_t desired)
{
	uint64_t old;
	const int rc = sv3__table_cas(&place->table, place->index, place->pte, desired, &old);

	if (rc <= 0)
		return rc;
	resize->descriptor_pa = place->table.pa + 8 * (uint64_t)place->index;
	resize->descriptor = desired;
	return 1;
}

/* The block's span has to be invalidated before the next step. */
static void owe(struct sv3_pt_resize *resize, unsigned int stride_lg2, bool leaf)
{
	const uint64_t span = UINT64_C(1) << span_lg2_at(resize, resize->level);

	resize->owed = (struct sv3_tlbi_range){
		.iova = sv3__pt_iova(resize->pt, resize->next & ~(span - 1)),
		.len = span,
		.granule_lg2 = resize->pt->config.granule_lg2,
		.stride_lg2 = stride_lg2,
		.leaf = leaf,
	};
}

/* Between table and block. Not leaf-only: the walk cache may know the table that stands here no
 * more, or, at a split, one that stood here once. [policies B13] */
static void owe_swap(struct sv3_pt_resize *resize)
{
	owe(resize, span_lg2_at(resize, resize->level + (resize->merges ? 1 : 0)), false);
}

/* nT was set or cleared: the block alone. [IHI0070 3.21.1.2] */
static void owe_block(struct sv3_pt_resize *resize)
{
	owe(resize, span_lg2_at(resize, resize->level), true);
}

static int table_give(struct sv3_pt_resize *resize)
{
	int rc = 0;

	if (resize->table != 0)
		rc = sv3__pages_give(resize->pt->pages, &resize->pt->bus, resize->table);
	if (rc == 0)
		resize->table = 0;
	return rc;
}

/* --- Split --- */

static int children_fill(const struct sv3_pt_resize *resize, uint64_t block)
{
	const struct sv3_pt *pt = resize->pt;
	const struct sv3__table table = sv3__table_open(&pt->bus, resize->table, table_size(pt));

	return sv3__table_fill(&table, 0, child_count(pt), first_child(pt, resize->level, block),
			       UINT64_C(1) << span_lg2_at(resize, resize->level + 1));
}

/* The next block that is too large. Returns: 1, 0: none, -SV3_ERR_BUS. */
static int split_find(struct sv3_pt_resize *resize, struct place *place)
{
	struct sv3__walk walk;
	int rc;

	sv3__walk_begin(&walk, resize->pt, resize->next, resize->end);
	while ((rc = sv3__walk_next(&walk)) > 0) {
		const bool large = walk.level < SV3_LEVEL_LAST && walk.span_lg2 > resize->leaf_lg2;

		resize->next = walk.offset;
		if (large && !(walk.pte & SV3_PTE_CONTIGUOUS)) {
			resize->level = walk.level;
			*place = (struct place){ walk.table, walk.index, walk.level, walk.pte };
			return 1;
		}
		/* One member alone would break the rules of its group. [DDI0487 D8.7.1] */
		resize->skipped += large;
		sv3__walk_skip(&walk);
		resize->next = walk.offset;
	}
	return rc;
}

static void split_done(struct sv3_pt_resize *resize)
{
	const unsigned int child_lg2 = span_lg2_at(resize, resize->level + 1);

	resize->table = 0; /* it is linked */
	resize->changed++;
	resize->phase = PHASE_FIND;
	/* Children that are too large are found next. */
	if (child_lg2 <= resize->leaf_lg2 || resize->level + 1 == SV3_LEVEL_LAST)
		resize->next =
			(resize->next | ((UINT64_C(1) << span_lg2_at(resize, resize->level)) - 1)) +
			1;
}

/* Memory comes first, so that a block that was broken is not left so for want of a table. */
static int split_swap(struct sv3_pt_resize *resize, const struct place *place)
{
	struct sv3_pt *pt = resize->pt;
	int rc = 0;

	if (resize->table == 0)
		rc = sv3__pages_take(pt->pages, &pt->bus, table_size(pt), &resize->table);
	if (rc < 0)
		return rc;
	if (resize->bbml == 1)
		return place_swap(resize, place, place->pte | SV3_PTE_NT);
	rc = children_fill(resize, place->pte);
	if (rc < 0)
		return rc;
	return place_swap(resize, place, resize->bbml == 0 ? 0 : table_descriptor(resize->table));
}

static int split_step(struct sv3_pt_resize *resize)
{
	struct place place;
	int rc;

	do {
		rc = split_find(resize, &place);
		if (rc == 0)
			return table_give(resize); /* taken for a block that is gone */
		if (rc > 0)
			rc = split_swap(resize, &place);
		if (rc < 0)
			return rc;
	} while (rc == 0);
	if (resize->bbml == 1)
		owe_block(resize);
	else
		owe_swap(resize);
	if (resize->bbml == 2)
		split_done(resize);
	else
		resize->phase = PHASE_SPLIT;
	return 1;
}

/* The table, filled at level 0 as the block was when it was broken, takes the block's place. */
static int split_finish(struct sv3_pt_resize *resize)
{
	struct place place;
	int rc;

	do {
		rc = place_again(resize, &place);
		if (rc == 0 && resize->bbml == 1)
			rc = children_fill(resize, place.pte);
		if (rc == 0)
			rc = place_swap(resize, &place, table_descriptor(resize->table));
		if (rc < 0)
			return rc;
	} while (rc == 0);
	if (resize->bbml == 1)
		owe_swap(resize); /* after a break nothing is cached of what was invalid */
	split_done(resize);
	return 1;
}

/* --- Merge --- */

static bool merge_has_level(const struct sv3_pt_resize *resize)
{
	const struct sv3_pt *pt = resize->pt;

	return resize->level >= sv3__pt_start_level(pt) &&
	       sv3_vmsa_level_has_block(pt->config.granule_lg2, resize->level, false) &&
	       span_lg2_at(resize, resize->level) <= resize->leaf_lg2;
}

/* The next table that can be a block, from the last level up: large blocks are made of smaller
 * ones. Returns: 1, 0: none, -SV3_ERR_BUS. */
static int merge_find(struct sv3_pt_resize *resize, struct place *place, uint64_t *block)
{
	const struct sv3_pt *pt = resize->pt;

	while (merge_has_level(resize)) {
		const uint64_t span = UINT64_C(1) << span_lg2_at(resize, resize->level);
		bool is_table;
		int rc;

		resize->next = (resize->next + span - 1) & ~(span - 1);
		if (resize->next >= resize->end || resize->end - resize->next < span) {
			resize->next = resize->first;
			resize->level--;
			continue;
		}
		rc = place_find(resize, resize->next, place);
		is_table = rc == 0 && place->level == resize->level &&
			   sv3__pte_kind(pt, place->level, place->pte) == SV3__PTE_TABLE;
		/* A block cannot say what a table's descriptor forbids. [DDI0487 D8.3.1] */
		if (is_table && (place->pte & SV3_BITS(63, 59)) == 0)
			rc = children_join(
				pt, resize->level,
				place->pte & sv3_vmsa_output_mask(pt->config.granule_lg2), block);
		if (rc != 0)
			return rc;
		resize->skipped += is_table;
		resize->next |= (UINT64_C(1) << span_lg2_at(resize, place->level)) - 1;
		resize->next++;
	}
	return 0;
}

static int merge_step(struct sv3_pt_resize *resize)
{
	struct place place;
	uint64_t block;
	int rc;

	do {
		rc = merge_find(resize, &place, &block);
		if (rc <= 0)
			return rc;
		rc = place_swap(resize, &place,
				resize->bbml == 0   ? 0
				: resize->bbml == 1 ? block | SV3_PTE_NT
						    : block);
		if (rc < 0)
			return rc;
	} while (rc == 0);
	resize->table = place.pte & sv3_vmsa_output_mask(resize->pt->config.granule_lg2);
	owe_swap(resize);
	resize->phase = PHASE_MERGE;
	return 1;
}

/* What the old table says now is final: no walk knows it any more. */
static int merge_finish(struct sv3_pt_resize *resize)
{
	struct place place;
	uint64_t block;
	int rc = children_join(resize->pt, resize->level, resize->table, &block);

	if (rc <= 0)
		return rc < 0 ? rc : -SV3_ERR_EXIST;
	do {
		rc = place_again(resize, &place);
		if (rc < 0)
			return rc;
		/* A scan may have cleaned the block: then this reports it once more. */
		if (place.pte & SV3_PTE_VALID)
			block = state_join(place.pte, block) & ~SV3_PTE_NT;
		rc = block == place.pte ? 1 : place_swap(resize, &place, block);
		if (rc < 0)
			return rc;
	} while (rc == 0);
	if (resize->bbml == 1)
		owe_block(resize);
	resize->changed++;
	resize->phase = PHASE_GIVE;
	return 1;
}

/* --- The operation --- */

static int resize_begin(struct sv3_pt_resize *resize, struct sv3_pt *pt, sv3_iova iova,
			uint64_t len, unsigned int leaf_lg2, unsigned int bbml)
{
	*resize = (struct sv3_pt_resize){
		.pt = pt, .leaf_lg2 = leaf_lg2, .bbml = bbml, .level = SV3_LEVEL_LAST - 1
	};
	if (bbml > 2)
		return -SV3_ERR_INVAL;
	if (len == 0 || !sv3__pt_offset(pt, iova, len, &resize->first))
		return -SV3_ERR_RANGE;
	resize->next = resize->first;
	resize->end = resize->first + len;
	return 0;
}

int sv3_pt_split_begin(struct sv3_pt_resize *resize, struct sv3_pt *pt, sv3_iova iova, uint64_t len,
		       unsigned int leaf_lg2, unsigned int bbml)
{
	return resize_begin(resize, pt, iova, len, leaf_lg2, bbml);
}

int sv3_pt_merge_begin(struct sv3_pt_resize *resize, struct sv3_pt *pt, sv3_iova iova, uint64_t len,
		       unsigned int leaf_lg2, unsigned int bbml)
{
	const int rc = resize_begin(resize, pt, iova, len, leaf_lg2, bbml);

	resize->merges = true;
	return rc;
}

int sv3_pt_resize_step(struct sv3_pt_resize *resize)
{
	int rc;

	resize->owed.len = 0; /* the caller says so by this call */
	switch ((enum phase)resize->phase) {
	case PHASE_SPLIT:
		return split_finish(resize);
	case PHASE_MERGE:
		return merge_finish(resize);
	case PHASE_GIVE:
		rc = table_give(resize);
		if (rc < 0)
			return rc;
		resize->phase = PHASE_FIND;
		break;
	case PHASE_FIND:
		break;
	}
	return resize->merges ? merge_step(resize) : split_step(resize);
}

int sv3_pt_resize_run(struct sv3_pt_resize *resize, struct sv3_cmdq *cmdq, uint32_t asid)
{
	int rc;

	do {
		/* Left behind by a step of the caller's, or by a run that failed here. */
		if (resize->owed.len > 0) {
			resize->owed.asid = asid;
			rc = sv3_cmdq_tlbi_range(cmdq, &resize->owed);
			if (rc >= 0)
				rc = sv3_cmdq_sync(cmdq);
			if (rc < 0)
				return rc;
		}
		rc = sv3_pt_resize_step(resize);
	} while (rc > 0);
	return rc;
}
