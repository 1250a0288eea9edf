/* SPDX-License-Identifier: MIT */
/*
 * walk.c - visiting the leaves of a range in order, and looking one up.
 *
 * A walk enters a table once and reads each descriptor of it once. When a table is done it starts
 * again at the root: three reads for every 512 descriptors buy that no level has to be remembered.
 */
#include "pagetable_priv.h"

static void walk_enter(struct sv3__walk *walk, sv3_pa table, unsigned int level)
{
	const struct sv3_pt_config *config = &walk->pt->config;
	const unsigned int level_bits = sv3_vmsa_level_bits(config->granule_lg2);
	const unsigned int span_lg2 = sv3_vmsa_span_lg2(config->granule_lg2, level);
	const unsigned int input_bits = config->input_size_lg2 - span_lg2;

	/* [DDI0487 D8.2] The first table resolves only what the input size leaves over. */
	walk->entries = UINT32_C(1) << (input_bits < level_bits ? input_bits : level_bits);
	walk->table = sv3__table_open(&walk->pt->bus, table, 8 * (uint64_t)walk->entries);
	walk->level = level;
	walk->span_lg2 = span_lg2;
	walk->index = (uint32_t)(walk->offset >> span_lg2) & (walk->entries - 1);
}

void sv3__walk_begin(struct sv3__walk *walk, const struct sv3_pt *pt, uint64_t offset, uint64_t end)
{
	*walk = (struct sv3__walk){ .pt = pt, .offset = offset, .end = end };
}

int sv3__walk_next(struct sv3__walk *walk)
{
	const struct sv3_pt *pt = walk->pt;

	while (walk->offset < walk->end) {
		int rc;

		if (walk->index == walk->entries)
			walk_enter(walk, pt->root, sv3__pt_start_level(pt));
		if (walk->by_window && walk->level == SV3_LEVEL_LAST && walk->table.window)
			return 1;
		rc = sv3__table_read(&walk->table, walk->index, &walk->pte);
		if (rc < 0)
			return rc;
		switch (sv3__pte_kind(pt, walk->level, walk->pte)) {
		case SV3__PTE_LEAF:
			return 1;
		case SV3__PTE_TABLE:
			walk_enter(walk, walk->pte & sv3_vmsa_output_mask(pt->config.granule_lg2),
				   walk->level + 1);
			break;
		case SV3__PTE_INVALID:
			sv3__walk_skip(walk);
			break;
		}
	}
	return 0;
}

struct sv3_pt_leaf sv3__walk_leaf(const struct sv3__walk *walk)
{
	const uint64_t span_mask = (UINT64_C(1) << walk->span_lg2) - 1;

	return (struct sv3_pt_leaf){
		.iova = sv3__pt_iova(walk->pt, walk->offset & ~span_mask),
		.pa = walk->pte & sv3_vmsa_output_mask(walk->span_lg2),
		.descriptor_pa = walk->table.pa + 8 * (uint64_t)walk->index,
		.descriptor = walk->pte,
		.span_lg2 = walk->span_lg2,
		.level = walk->level,
	};
}

int sv3_pt_visit(const struct sv3_pt *pt, sv3_iova iova, uint64_t len, sv3_pt_leaf_visitor visit,
		 void *context)
{
	struct sv3__walk walk;
	uint64_t offset;
	int rc;

	if (!sv3__pt_offset(pt, iova, len, &offset))
		return -SV3_ERR_RANGE;
	sv3__walk_begin(&walk, pt, offset, offset + len);
	while ((rc = sv3__walk_next(&walk)) > 0) {
		const struct sv3_pt_leaf leaf = sv3__walk_leaf(&walk);

		visit(context, &leaf);
		sv3__walk_skip(&walk);
	}
	return rc;
}

int sv3_pt_lookup(const struct sv3_pt *pt, sv3_iova iova, struct sv3_pt_leaf *leaf)
{
	struct sv3__walk walk;
	uint64_t offset;
	int rc;

	if (!sv3__pt_offset(pt, iova, 1, &offset))
		return -SV3_ERR_NOENT;
	sv3__walk_begin(&walk, pt, offset, offset + 1);
	rc = sv3__walk_next(&walk);
	if (rc <= 0)
		return rc < 0 ? rc : -SV3_ERR_NOENT;
	*leaf = sv3__walk_leaf(&walk);
	return 0;
}
