/* SPDX-License-Identifier: MIT */
/*
 * ste.c - what a Stream table entry means, and which ones are illegal (C_BAD_STE). Pure functions.
 */
#include "smmu_priv.h"

/* [IHI0070 5.2 S1CDMax] Without SubstreamIDs the field is ignored: there is one CD. */
uint64_t sv3__ste_cd_max(const struct sv3_smmu *smmu, const uint64_t ste[8])
{
	return SV3_GET(SV3_IDR1_SSIDSIZE, smmu->config.idr1) == 0
		       ? 0
		       : SV3_GET(SV3_STE0_S1CDMAX, ste[0]);
}

static bool stage1_is_legal(const struct sv3_smmu *smmu, const uint64_t ste[8])
{
	uint64_t cd_max = sv3__ste_cd_max(smmu, ste);
	uint64_t format = SV3_GET(SV3_STE0_S1FMT, ste[0]);
	bool two_level = format == SV3_STE_S1FMT_4K || format == SV3_STE_S1FMT_64K;

	/* [IHI0070 5.2 S1STALLD] Forbidding stalls is legal only where stalling is a choice. */
	if ((ste[1] & SV3_STE1_S1STALLD) && SV3_GET(SV3_IDR0_STALL_MODEL, smmu->config.idr0) != 0)
		return false;
	if (cd_max > SV3_GET(SV3_IDR1_SSIDSIZE, smmu->config.idr1))
		return false;
	if (cd_max > 0 && two_level && !(smmu->config.idr0 & SV3_IDR0_CD2L))
		return false;
	/* [IHI0070 3.4.3] A pointer beyond the address size is illegal, not an address size
	 * fault. */
	return (ste[0] & SV3_STE0_S1CONTEXTPTR) >> smmu->oas_lg2 == 0;
}

/* Every kind of access a transaction can ask for, with the overrides applied. */
static void access_bits_fill(struct sv3__context *context)
{
	for (uint32_t index = 0; index < 8; index++) {
		struct sv3_txn txn = { .write = index & 1,
				       .privileged = index >> 1 & 1,
				       .instruction = index >> 2 & 1 };

		context->access_bits[sv3__access_index(&txn)] =
			(uint8_t)(1u << sv3__access_kind(context, &txn));
	}
}

bool sv3__ste_decode(const struct sv3_smmu *smmu, const uint64_t ste[8],
		     struct sv3__context *context)
{
	uint64_t config = SV3_GET(SV3_STE0_CONFIG, ste[0]);

	memset(context, 0, sizeof(*context));
	/* [IHI0070 5.2 V] V = 0: illegal, whatever its other bits say. */
	if (!(ste[0] & SV3_STE0_V))
		return false;
	/* [IHI0070 6.3.2 ATTR_PERMS_OVR] The overrides exist only where the SMMU says so. */
	if (smmu->config.idr1 & SV3_IDR1_ATTR_PERMS_OVR) {
		context->privcfg = (uint8_t)SV3_GET(SV3_STE1_PRIVCFG, ste[1]);
		context->instcfg = (uint8_t)SV3_GET(SV3_STE1_INSTCFG, ste[1]);
	}
	access_bits_fill(context);
	context->mev = (ste[1] & SV3_STE1_MEV) != 0;
	context->output_size_lg2 = (uint8_t)smmu->oas_lg2;

	/* [IHI0070 5.2 Config] 0b0xx: abort, silently; fields of a disabled stage are not looked
	 * at. */
	if (config < SV3_STE_CONFIG_BYPASS) {
		context->kind = SV3__STREAM_ABORT;
		return true;
	}
	if (config == SV3_STE_CONFIG_BYPASS) {
		context->kind = SV3__STREAM_BYPASS;
		return true;
	}
	/* Stage 2 does not exist in this profile (IDR0.S2P = 0). */
	if (config != SV3_STE_CONFIG_S1)
		return false;
	context->kind = SV3__STREAM_TRANSLATE;
	return stage1_is_legal(smmu, ste);
}

bool sv3__ste_bypasses_stage1(const struct sv3_smmu *smmu, const uint64_t ste[8],
			      const struct sv3_txn *txn)
{
	return sv3__ste_cd_max(smmu, ste) > 0 && !txn->substream_valid &&
	       SV3_GET(SV3_STE1_S1DSS, ste[1]) == SV3_STE_S1DSS_BYPASS;
}
