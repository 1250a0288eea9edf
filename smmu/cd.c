/* SPDX-License-Identifier: MIT */
/*
 * cd.c - what a Context descriptor means, and which ones are illegal (C_BAD_CD). Pure functions.
 */
#include "smmu_priv.h"

/* log2 of a granule by its encoding, 0 for a reserved one. TG0 and TG1 count differently.
 * [IHI0070 5.4] */
static uint8_t tg0_granule_lg2(uint64_t tg)
{
	static const uint8_t granule_lg2[4] = { 12, 16, 14, 0 };
	return granule_lg2[tg & 3];
}

static uint8_t tg1_granule_lg2(uint64_t tg)
{
	static const uint8_t granule_lg2[4] = { 0, 14, 12, 16 };
	return granule_lg2[tg & 3];
}

static bool granule_is_supported(const struct sv3_smmu *smmu, uint32_t granule_lg2)
{
	uint32_t idr5 = smmu->config.idr5;

	return (granule_lg2 == 12 && (idr5 & SV3_IDR5_GRAN4K)) ||
	       (granule_lg2 == 14 && (idr5 & SV3_IDR5_GRAN16K)) ||
	       (granule_lg2 == 16 && (idr5 & SV3_IDR5_GRAN64K));
}

/* [IHI0070 5.4 T0SZ] 16 to 39; with small tables (STT) to 48, for 64 KiB granules to 47. */
static bool size_is_legal(const struct sv3_smmu *smmu, uint64_t txsz, uint32_t granule_lg2)
{
	uint64_t largest = 39;

	if (smmu->config.idr3 & SV3_IDR3_STT)
		largest = granule_lg2 == 16 ? 47 : 48;
	return txsz >= 16 && txsz <= largest;
}

/* One of the two tables. A disabled one (EPD) is not checked. */
static bool ttb_decode(const struct sv3_smmu *smmu, struct sv3__ttb *ttb, uint64_t txsz,
		       uint64_t base, uint32_t output_size_lg2)
{
	uint32_t table_lg2;

	if (ttb->disabled)
		return true;
	if (!granule_is_supported(smmu, ttb->granule_lg2) ||
	    !size_is_legal(smmu, txsz, ttb->granule_lg2))
		return false;
	if (base >> output_size_lg2 != 0)
		return false;
	ttb->input_size_lg2 = (uint8_t)(64 - txsz);
	ttb->start_level = (uint8_t)sv3_vmsa_start_level(ttb->granule_lg2, ttb->input_size_lg2);
	/* [DDI0487 D8.2.5.2] The first table is aligned to its size; lower bits are taken as 0. */
	table_lg2 = ttb->input_size_lg2 - sv3_vmsa_span_lg2(ttb->granule_lg2, ttb->start_level) + 3;
	ttb->table = base & ~(SV3_BIT(table_lg2) - 1);
	return true;
}

/* Everything but the tables. */
static bool fields_are_legal(const struct sv3_smmu *smmu, const uint64_t cd[8])
{
	uint64_t httu = SV3_GET(SV3_IDR0_HTTU, smmu->config.idr0);

	if (!(cd[0] & SV3_CD0_V) || !(cd[0] & SV3_CD0_AA64))
		return false;
	/* [IHI0070 5.4 ENDI] big-endian tables are not supported; without any table it is
	 * ignored */
	if ((cd[0] & SV3_CD0_ENDI) && !(cd[0] & SV3_CD0_EPD0 && cd[0] & SV3_CD0_EPD1))
		return false;
	/* [IHI0070 5.5] STALL_MODEL = 0b01: S must be 0. TERM_MODEL = 1: A must be 1. */
	if ((cd[0] & SV3_CD0_S) &&
	    SV3_GET(SV3_IDR0_STALL_MODEL, smmu->config.idr0) == SV3_IDR0_STALL_NONE)
		return false;
	if (!(cd[0] & SV3_CD0_A) && (smmu->config.idr0 & SV3_IDR0_TERM_MODEL))
		return false;
	/* [IHI0070 5.4 HA, HD] Updates that the SMMU does not have must not be asked for. */
	if (httu == 0 && (cd[0] & (SV3_CD0_HA | SV3_CD0_HD)))
		return false;
	if (httu < SV3_IDR0_HTTU_DIRTY && (cd[0] & SV3_CD0_HD))
		return false;
	return (smmu->config.idr0 & SV3_IDR0_ASID16) || SV3_GET(SV3_CD0_ASID, cd[0]) <= 0xff;
}

bool sv3__cd_decode(const struct sv3_smmu *smmu, const uint64_t cd[8], struct sv3__context *context)
{
	bool has_had = (smmu->config.idr3 & SV3_IDR3_HAD) != 0;
	uint32_t ips_lg2 = sv3_vmsa_output_size_lg2((uint32_t)SV3_GET(SV3_CD0_IPS, cd[0]));

	if (!fields_are_legal(smmu, cd))
		return false;
	/* [IHI0070 5.4 IPS] capped to the implemented size */
	context->output_size_lg2 = (uint8_t)(ips_lg2 < smmu->oas_lg2 ? ips_lg2 : smmu->oas_lg2);
	context->tag_context = (uint32_t)SV3_GET(SV3_CD0_ASID, cd[0]);
	context->aset = (cd[0] & SV3_CD0_ASET) != 0;
	context->affd = (cd[0] & SV3_CD0_AFFD) != 0;
	context->wxn = (cd[0] & SV3_CD0_WXN) != 0;
	context->pan = (cd[0] & SV3_CD0_PAN) != 0;
	context->abort = (cd[0] & SV3_CD0_A) != 0;
	context->record = (cd[0] & SV3_CD0_R) != 0;
	context->stall = (cd[0] & SV3_CD0_S) != 0;
	context->ha = (cd[0] & SV3_CD0_HA) != 0;
	/* [IHI0070 5.4 HA] HD without HA is legal and does nothing. */
	context->hd = context->ha && (cd[0] & SV3_CD0_HD);

	context->ttb[0] = (struct sv3__ttb){
		.granule_lg2 = tg0_granule_lg2(SV3_GET(SV3_CD0_TG0, cd[0])),
		.disabled = (cd[0] & SV3_CD0_EPD0) != 0,
		.top_byte_ignored = (cd[0] & SV3_CD0_TBI0) != 0,
		.no_hierarchy = has_had && (cd[1] & SV3_CD1_HAD0),
	};
	context->ttb[1] = (struct sv3__ttb){
		.granule_lg2 = tg1_granule_lg2(SV3_GET(SV3_CD0_TG1, cd[0])),
		.disabled = (cd[0] & SV3_CD0_EPD1) != 0,
		.top_byte_ignored = (cd[0] & SV3_CD0_TBI1) != 0,
		.no_hierarchy = has_had && (cd[2] & SV3_CD2_HAD1),
	};
	return ttb_decode(smmu, &context->ttb[0], SV3_GET(SV3_CD0_T0SZ, cd[0]),
			  cd[1] & SV3_CD1_TTB0, context->output_size_lg2) &&
	       ttb_decode(smmu, &context->ttb[1], SV3_GET(SV3_CD0_T1SZ, cd[0]),
			  cd[2] & SV3_CD2_TTB1, context->output_size_lg2);
}
