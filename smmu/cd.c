/* SPDX-License-Identifier: MIT */
/*
 * cd.c - what a Context descriptor means, and which ones are illegal (C_BAD_CD). Pure functions.
 * It depends on the STE that led to it: StreamWorld and S1STALLD. [IHI0070 5.4, 5.4.1, 5.4.2]
 */
#include "xlat_priv.h"

/* TG1 counts differently from TG0: 1 is 16 KiB, 2 is 4 KiB, 3 is 64 KiB. [IHI0070 5.4] */
static uint64_t tg1_as_tg0(uint64_t tg1)
{
	static const uint8_t tg0[4] = { 3, 2, 0, 1 };

	return tg0[tg1 & 3];
}

/* The fields of one of the two tables. */
struct table_fields {
	uint64_t tg; /* as TG0 counts */
	uint64_t txsz, base;
};

/* [IHI0070 5.4 T0SZ] 52-bit addresses without CD.DS: only with 64 KiB granules. */
static bool size_is_legal(const struct sv3_smmu *smmu, uint64_t txsz, uint32_t granule_lg2)
{
	bool large = granule_lg2 == 16 && SV3_GET(SV3_IDR5_VAX, smmu->config.idr5) != 0;

	return txsz >= (large ? 12 : 16) && txsz <= sv3__txsz_max(smmu, granule_lg2);
}

/* A disabled table (EPD) is not checked. */
static enum sv3__rule ttb_decode(const struct sv3_smmu *smmu, struct sv3__ttb *ttb,
				 const struct table_fields *fields, uint32_t output_size_lg2)
{
	if (ttb->disabled)
		return SV3__RULE_NONE;
	ttb->granule_lg2 = sv3__granule_lg2(smmu, fields->tg);
	if (ttb->granule_lg2 == 0)
		return SV3__RULE_CD_TG;
	if (!size_is_legal(smmu, fields->txsz, ttb->granule_lg2))
		return SV3__RULE_CD_TXSZ;
	if (fields->base >> output_size_lg2 != 0)
		return SV3__RULE_CD_TTB;
	if (fields->base >> 48 != 0 && ttb->granule_lg2 != 16)
		return SV3__RULE_CD_TTB_GRANULE;
	ttb->input_size_lg2 = (uint8_t)(64 - fields->txsz);
	ttb->start_level = (uint8_t)sv3_vmsa_start_level(ttb->granule_lg2, ttb->input_size_lg2);
	sv3__ttb_place(smmu, ttb, fields->base, output_size_lg2);
	return SV3__RULE_NONE;
}

/* [IHI0070 5.5] Stalls: a choice, absent, or forced; and the STE may forbid them. */
static enum sv3__rule stall_check(const struct sv3_smmu *smmu, const uint64_t ste[8], bool stall)
{
	uint64_t model = SV3_GET(SV3_IDR0_STALL_MODEL, smmu->config.idr0);

	if (stall ? model == SV3_IDR0_STALL_NONE : model == SV3_IDR0_STALL_FORCED)
		return SV3__RULE_CD_S;
	return stall && (ste[1] & SV3_STE1_S1STALLD) ? SV3__RULE_CD_S1STALLD : SV3__RULE_NONE;
}

/* [IHI0070 5.4 HA, HD] Updates that the SMMU does not have must not be asked for. */
static bool httu_is_legal(const struct sv3_smmu *smmu, const uint64_t cd[8])
{
	uint64_t httu = SV3_GET(SV3_IDR0_HTTU, smmu->config.idr0);

	if (httu < SV3_IDR0_HTTU_AF && (cd[0] & SV3_CD0_HA))
		return false;
	return httu >= SV3_IDR0_HTTU_DIRTY || !(cd[0] & SV3_CD0_HD);
}

/* Everything but the tables; @context knows the regime, and which tables are disabled. */
static enum sv3__rule fields_check(const struct sv3_smmu *smmu, const uint64_t ste[8],
				   const uint64_t cd[8], const struct sv3__context *context)
{
	bool has_asid = context->regime != SV3__REGIME_EL2;
	enum sv3__rule rule;

	/* VMSAv8-32 is not modelled: IDR0.TTF says so. */
	if (!(cd[0] & SV3_CD0_AA64))
		return SV3__RULE_CD_AA64;
	/* [IHI0070 5.4 ENDI] Without any table it is ignored. */
	if (!(context->ttb[0].disabled && context->ttb[1].disabled) &&
	    !sv3__endian_exists(smmu, (cd[0] & SV3_CD0_ENDI) != 0))
		return SV3__RULE_CD_ENDI;
	rule = stall_check(smmu, ste, (cd[0] & SV3_CD0_S) != 0);
	if (rule != SV3__RULE_NONE)
		return rule;
	if (!(cd[0] & SV3_CD0_A) && (smmu->config.idr0 & SV3_IDR0_TERM_MODEL))
		return SV3__RULE_CD_A;
	if (!httu_is_legal(smmu, cd))
		return SV3__RULE_CD_HTTU;
	if (has_asid && !(smmu->config.idr0 & SV3_IDR0_ASID16) &&
	    SV3_GET(SV3_CD0_ASID, cd[0]) > 0xff)
		return SV3__RULE_CD_ASID;
	return SV3__RULE_NONE;
}

/* What the two tables are beside their geometry. [IHI0070 5.4.1] EL2 without E2H has one table,
 * TTB0, which cannot be disabled. */
static void ttb_fields_fill(const struct sv3_smmu *smmu, const uint64_t cd[8],
			    struct sv3__context *context)
{
	bool has_had = (smmu->config.idr3 & SV3_IDR3_HAD) != 0;
	bool is_el2 = context->regime == SV3__REGIME_EL2;

	context->ttb[0] = (struct sv3__ttb){
		.disabled = !is_el2 && (cd[0] & SV3_CD0_EPD0),
		.top_byte_ignored = (cd[0] & SV3_CD0_TBI0) != 0,
		.no_hierarchy = has_had && (cd[1] & SV3_CD1_HAD0),
		.walk_memory =
			sv3__walk_memory(SV3_GET(SV3_CD0_IR0, cd[0]), SV3_GET(SV3_CD0_OR0, cd[0])),
	};
	context->ttb[1] = (struct sv3__ttb){
		.disabled = is_el2 || (cd[0] & SV3_CD0_EPD1),
		.top_byte_ignored = (cd[0] & SV3_CD0_TBI1) != 0,
		.no_hierarchy = has_had && (cd[2] & SV3_CD2_HAD1),
		.walk_memory =
			sv3__walk_memory(SV3_GET(SV3_CD0_IR1, cd[0]), SV3_GET(SV3_CD0_OR1, cd[0])),
	};
}

static void context_fill(const struct sv3_smmu *smmu, const uint64_t cd[8],
			 struct sv3__context *context)
{
	/* [IHI0070 5.4 IPS] Capped to the implemented size; where stage 2 follows, that is the size
	 * of an intermediate address too. [IHI0070 3.4] */
	context->output_size_lg2 = sv3__output_size_lg2(smmu, SV3_GET(SV3_CD0_IPS, cd[0]));
	/* [IHI0070 5.4.1, 5.4 PAN] EL2 without E2H has neither ASIDs nor unprivileged accesses. */
	if (context->regime != SV3__REGIME_EL2) {
		context->tag_context |= (uint32_t)SV3_GET(SV3_CD0_ASID, cd[0]);
		context->aset = (cd[0] & SV3_CD0_ASET) != 0;
		context->pan = (cd[0] & SV3_CD0_PAN) != 0;
	}
	context->affd = (cd[0] & SV3_CD0_AFFD) != 0;
	context->wxn = (cd[0] & SV3_CD0_WXN) != 0;
	context->abort = (cd[0] & SV3_CD0_A) != 0;
	context->record = (cd[0] & SV3_CD0_R) != 0;
	context->stall = (cd[0] & SV3_CD0_S) != 0;
	context->big_endian = (cd[0] & SV3_CD0_ENDI) != 0;
	context->mair = cd[3];
	context->ha = (cd[0] & SV3_CD0_HA) != 0;
	/* [IHI0070 5.4 HA] HD without HA is legal and does nothing. */
	context->hd = context->ha && (cd[0] & SV3_CD0_HD);
}

enum sv3__rule sv3__cd_decode(const struct sv3_smmu *smmu, const uint64_t ste[8],
			      const uint64_t cd[8], struct sv3__context *context)
{
	const struct table_fields fields[2] = {
		{ SV3_GET(SV3_CD0_TG0, cd[0]), SV3_GET(SV3_CD0_T0SZ, cd[0]),
		  sv3__ttb_base(smmu, cd[1]) },
		{ tg1_as_tg0(SV3_GET(SV3_CD0_TG1, cd[0])), SV3_GET(SV3_CD0_T1SZ, cd[0]),
		  sv3__ttb_base(smmu, cd[2]) },
	};
	enum sv3__rule rule;

	if (!(cd[0] & SV3_CD0_V))
		return SV3__RULE_CD_INVALID;
	ttb_fields_fill(smmu, cd, context);
	rule = fields_check(smmu, ste, cd, context);
	if (rule != SV3__RULE_NONE)
		return rule;
	context_fill(smmu, cd, context);
	for (uint32_t i = 0; i < 2 && rule == SV3__RULE_NONE; i++)
		rule = ttb_decode(smmu, &context->ttb[i], &fields[i], context->output_size_lg2);
	return rule;
}
