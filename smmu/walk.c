/* SPDX-License-Identifier: MIT */
/*
 * walk.c - one level of a walk, of either stage: where its descriptor stands and what it says. Pure
 * functions.
 */
#include "xlat_priv.h"

sv3_pa sv3__walk_descriptor_pa(const struct sv3__ttb *ttb, sv3_pa table, uint32_t level,
			       uint64_t input)
{
	uint32_t low = sv3_vmsa_span_lg2(ttb->granule_lg2, level);
	uint32_t high = low + sv3_vmsa_level_bits(ttb->granule_lg2);
	uint64_t index;

	/* [DDI0487 D8.2.5.1, D8.2.5.2] The first level resolves what is left of the input address:
	 * less than a whole table, or in stage 2 several tables, one behind the other. */
	if (level == ttb->start_level)
		high = ttb->input_size_lg2;
	index = sv3__offset_in(input, high) >> low;
	return table + index * 8;
}

struct sv3__walked sv3__walk_level(const struct sv3__ttb *ttb, uint32_t output_size_lg2,
				   uint32_t level, uint64_t descriptor)
{
	uint32_t span_lg2 = sv3_vmsa_span_lg2(ttb->granule_lg2, level);
	bool is_last = level == SV3_LEVEL_LAST;
	bool is_table = !is_last && (descriptor & SV3_PTE_TABLE);
	struct sv3__walked walked = { .step = SV3__STEP_INVALID };

	/* [DDI0487 D8.3] Bit 0 = 0: invalid, whatever the other bits say. */
	if (!(descriptor & SV3_PTE_VALID))
		return walked;
	/* A block where none may stand, and type 0b01 at level 3, are invalid too. */
	if (is_last ? !(descriptor & SV3_PTE_TABLE)
		    : !is_table &&
			      !sv3_vmsa_level_has_block(ttb->granule_lg2, level, ttb->output_is_52))
		return walked;

	walked.pa = sv3_vmsa_output(descriptor, is_table ? ttb->granule_lg2 : span_lg2,
				    ttb->output_is_52);
	/* [IHI0070 5.4 IPS] [DDI0487 I_HGDWP] An address beyond the effective output size faults at
	 * the level that holds it. */
	if (walked.pa >> output_size_lg2 != 0) {
		walked.step = SV3__STEP_ADDR_SIZE;
		return walked;
	}
	walked.step = is_table ? SV3__STEP_TABLE : SV3__STEP_LEAF;
	/* [DDI0487 D8.4.1.2, R_YTXKB] Hierarchical limits; HAD switches them off. [IHI0070 5.4] */
	if (is_table && !ttb->no_hierarchy)
		walked.limits =
			(uint8_t)((descriptor & SV3_PTE_PXNTABLE ? SV3__LIMIT_PXN : 0) |
				  (descriptor & SV3_PTE_UXNTABLE ? SV3__LIMIT_UXN : 0) |
				  (descriptor & SV3_PTE_APTABLE_NO_UNPRIV ? SV3__LIMIT_NO_UNPRIV
									  : 0) |
				  (descriptor & SV3_PTE_APTABLE_NO_WRITE ? SV3__LIMIT_NO_WRITE
									 : 0));
	return walked;
}

/* [IHI0070 3.21.1.2] IMPDEF(I-022): what nT = 1 says may come to an end soon makes no entry. */
bool sv3__walk_leaf_is_fleeting(const struct sv3_smmu *smmu, const struct sv3__walk *walk)
{
	return sv3__chooses(smmu, SV3_CHOICE_TLB_CONFLICT) &&
	       SV3_GET(SV3_IDR3_BBML, smmu->config.idr3) == 1 && walk->level < SV3_LEVEL_LAST &&
	       (walk->descriptor & SV3_PTE_NT) != 0;
}

/* IMPDEF(I-018): by default the Contiguous bit is a hint that is not taken: each leaf stands for
 * itself, in the TLB and in its dirty state. By choice the group is one entry; then one dirty
 * member is enough for all. [IHI0070 3.21.1.2] [DDI0487 R_GPHKF, R_JKCXG] */
uint8_t sv3__walk_leaf_span_lg2(const struct sv3_smmu *smmu, const struct sv3__ttb *ttb,
				uint32_t level, uint64_t descriptor)
{
	uint32_t span_lg2 = sv3_vmsa_span_lg2(ttb->granule_lg2, level);
	uint32_t group_lg2 = span_lg2 + sv3_vmsa_contiguous_lg2(ttb->granule_lg2, level);

	if (sv3__chooses(smmu, SV3_CHOICE_CONTIGUOUS_GROUP) && (descriptor & SV3_PTE_CONTIGUOUS) &&
	    group_lg2 <= ttb->input_size_lg2)
		return (uint8_t)group_lg2;
	return (uint8_t)span_lg2;
}
