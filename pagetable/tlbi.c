/* SPDX-License-Identifier: MIT */
/*
 * tlbi.c - invalidation commands: everything, an ASID, a range, what a gather owes.
 *
 * A range command covers (NUM + 1) * 2^SCALE granules, so a page count is sent as its non-zero
 * 5-bit groups, from the lowest set bit upward. [IHI0070 4.4.1.1]
 */
#include "pagetable_priv.h"

#define SCALE_MAX 31u
#define GROUP_MAX UINT64_C(31)

static int tlbi_push(struct sv3_cmdq *cmdq, enum sv3_tlbi_scope scope, uint64_t dw0, uint64_t dw1)
{
	const int rc = sv3_cmdq_push(cmdq, dw0, dw1);

	cmdq->tlbi_count += rc == 0;
	cmdq->tlbi_by_scope[scope] += rc == 0;
	return rc;
}

int sv3_cmdq_tlbi_all(struct sv3_cmdq *cmdq)
{
	return tlbi_push(cmdq, SV3_TLBI_ALL, SV3_PUT(SV3_CMD0_OPCODE, SV3_CMD_TLBI_NSNH_ALL), 0);
}

int sv3_cmdq_tlbi_asid(struct sv3_cmdq *cmdq, uint32_t asid)
{
	return tlbi_push(cmdq, SV3_TLBI_ASID,
			 SV3_PUT(SV3_CMD0_OPCODE, SV3_CMD_TLBI_NH_ASID) |
				 SV3_PUT(SV3_CMD0_TLBI_ASID, asid),
			 0);
}

/* One command from @iova on; without the fields of a range (TG = 0) for the entry that maps it. */
static int address_push(struct sv3_cmdq *cmdq, const struct sv3_tlbi_range *range, sv3_iova iova,
			uint64_t dw0, uint64_t dw1)
{
	return tlbi_push(cmdq, dw1 & SV3_CMD1_TLBI_TG ? SV3_TLBI_RANGE : SV3_TLBI_VA,
			 dw0 | SV3_PUT(SV3_CMD0_OPCODE, SV3_CMD_TLBI_NH_VA) |
				 SV3_PUT(SV3_CMD0_TLBI_ASID, range->asid),
			 dw1 | (iova & SV3_CMD1_TLBI_ADDR) |
				 (range->leaf ? SV3_CMD1_TLBI_LEAF : 0));
}

/* [IHI0070 4.4.1.1] The level hint is allowed only where the address is aligned to a leaf of that
 * level, and at level 1 of 16 KiB, which has no leaves, it means none. */
static uint64_t hint_at(const struct sv3_tlbi_range *range, sv3_iova iova)
{
	const unsigned int level = range->level_hint;
	uint64_t span;

	if (level == 0 || level > SV3_LEVEL_LAST || (level == 1 && range->granule_lg2 == 14))
		return 0;
	span = UINT64_C(1) << sv3_vmsa_span_lg2(range->granule_lg2, level);
	return iova & (span - 1) ? 0 : level;
}

static int range_push(struct sv3_cmdq *cmdq, const struct sv3_tlbi_range *range, sv3_iova iova,
		      uint64_t units, unsigned int scale)
{
	const uint64_t hint = hint_at(range, iova);

	/* One granule without a hint must be sent as a plain address: as a range it is illegal. */
	if (units == 1 && scale == 0 && hint == 0)
		return address_push(cmdq, range, iova, 0, 0);
	return address_push(cmdq, range, iova,
			    SV3_PUT(SV3_CMD0_TLBI_NUM, units - 1) |
				    SV3_PUT(SV3_CMD0_TLBI_SCALE, scale),
			    SV3_PUT(SV3_CMD1_TLBI_TTL, hint) |
				    SV3_PUT(SV3_CMD1_TLBI_TG, (range->granule_lg2 - 10) / 2));
}

static int ranges_push(struct sv3_cmdq *cmdq, const struct sv3_tlbi_range *range, sv3_iova iova,
		       uint64_t page_count)
{
	int pushed = 0;

	while (page_count > 0) {
		const unsigned int lowest = (unsigned int)__builtin_ctzll(page_count);
		const unsigned int scale = lowest < SCALE_MAX ? lowest : SCALE_MAX;
		uint64_t units = page_count >> scale;
		int rc;

		/* At the largest scale what is left may exceed a group: then as much as one command
		 * takes. */
		if (scale < SCALE_MAX)
			units &= GROUP_MAX;
		else if (units > GROUP_MAX + 1)
			units = GROUP_MAX + 1;
		rc = range_push(cmdq, range, iova, units, scale);
		if (rc < 0)
			return rc;
		iova += (units << scale) << range->granule_lg2;
		page_count -= units << scale;
		pushed++;
	}
	return pushed;
}

static int strides_push(struct sv3_cmdq *cmdq, const struct sv3_tlbi_range *range, sv3_iova iova,
			uint64_t stride_count)
{
	int pushed = 0;

	for (; stride_count > 0; stride_count--) {
		const int rc = address_push(cmdq, range, iova, 0, 0);

		if (rc < 0)
			return rc;
		iova += UINT64_C(1) << range->stride_lg2;
		pushed++;
	}
	return pushed;
}

int sv3_cmdq_tlbi_range(struct sv3_cmdq *cmdq, const struct sv3_tlbi_range *range)
{
	const uint32_t unit_lg2 = cmdq->has_ranges ? range->granule_lg2 : range->stride_lg2;
	const uint64_t unit_mask = (UINT64_C(1) << unit_lg2) - 1;
	const sv3_iova first = range->iova & ~unit_mask;
	uint64_t count;

	if (range->len == 0)
		return 0;
	/* Counted from the last byte: the end may be 2^64. */
	count = ((range->iova + (range->len - 1) - first) >> unit_lg2) + 1;
	return cmdq->has_ranges ? ranges_push(cmdq, range, first, count)
				: strides_push(cmdq, range, first, count);
}

/* The level whose leaves have this span. */
static uint32_t level_of_span(uint32_t granule_lg2, uint32_t span_lg2)
{
	return SV3_LEVEL_LAST - (span_lg2 - granule_lg2) / sv3_vmsa_level_bits(granule_lg2);
}

int sv3_cmdq_flush_gather(struct sv3_cmdq *cmdq, uint32_t asid, uint32_t granule_lg2,
			  const struct sv3_pt_gather *gather, enum sv3_flush_scope scope)
{
	struct sv3_tlbi_range range = { .asid = asid, .granule_lg2 = granule_lg2, .leaf = true };
	const bool has_ranges = cmdq->has_ranges;
	int rc;

	if (scope == SV3_FLUSH_NONE || gather->first > gather->last)
		return 0;
	if (scope == SV3_FLUSH_ALL) {
		rc = sv3_cmdq_tlbi_asid(cmdq, asid);
		return rc < 0 ? rc : 1;
	}
	range.iova = gather->first;
	range.len = gather->last - gather->first + 1;
	range.stride_lg2 = gather->leaf_span_lg2;
	if (gather->leaf_span_lg2 == gather->leaf_span_max_lg2)
		range.level_hint = level_of_span(granule_lg2, gather->leaf_span_lg2);
	if (scope != SV3_FLUSH_RANGE_NO_RIL)
		return sv3_cmdq_tlbi_range(cmdq, &range);
	cmdq->has_ranges = false;
	rc = sv3_cmdq_tlbi_range(cmdq, &range);
	cmdq->has_ranges = has_ranges;
	return rc;
}
