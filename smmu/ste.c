/* SPDX-License-Identifier: MIT */
/*
 * ste.c - what a Stream table entry means, and which ones are illegal (C_BAD_STE). Pure functions.
 * Fields of a stage that is off are not looked at. [IHI0070 5.2, 5.2.2]
 */
#include "xlat_priv.h"

/* Bits of STE.Config; without the first it is an abort, and the others count for nothing. */
#define CONFIG_PASSES 4u
#define CONFIG_STAGE1 1u
#define CONFIG_STAGE2 2u

static uint64_t config_of(const uint64_t ste[8])
{
	return SV3_GET(SV3_STE0_CONFIG, ste[0]);
}

static bool has_stage1(const uint64_t ste[8])
{
	return (config_of(ste) & CONFIG_PASSES) && (config_of(ste) & CONFIG_STAGE1);
}

static bool has_stage2(const uint64_t ste[8])
{
	return (config_of(ste) & CONFIG_PASSES) && (config_of(ste) & CONFIG_STAGE2);
}

/* [IHI0070 5.2 S1CDMax] Without SubstreamIDs the field is ignored: there is one CD. */
uint64_t sv3__ste_cd_max(const struct sv3_smmu *smmu, const uint64_t ste[8])
{
	return SV3_GET(SV3_IDR1_SSIDSIZE, smmu->config.idr1) == 0
		       ? 0
		       : SV3_GET(SV3_STE0_S1CDMAX, ste[0]);
}

/* [IHI0070 5.2 STRW] Only stage 1 alone has a StreamWorld of its own choice. */
static bool strw_counts(const struct sv3_smmu *smmu, const uint64_t ste[8])
{
	return (smmu->config.idr0 & SV3_IDR0_HYP) && config_of(ste) == SV3_STE_CONFIG_S1;
}

static enum sv3__regime regime_of(const struct sv3_smmu *smmu, const uint64_t ste[8])
{
	if (!strw_counts(smmu, ste) || SV3_GET(SV3_STE1_STRW, ste[1]) != SV3_STE_STRW_EL2)
		return SV3__REGIME_EL1;
	return smmu->regs[SV3__REG_CR2] & SV3_CR2_E2H ? SV3__REGIME_EL2_E2H : SV3__REGIME_EL2;
}

/* --- What concerns neither stage alone --- */

/* Of a stream that translates. [IHI0070 5.2 EATS] 0b11 is reserved without DPT checks and behaves
 * as 0b00. */
static uint64_t eats_of(const struct sv3_smmu *smmu, const uint64_t ste[8])
{
	uint64_t eats = SV3_GET(SV3_STE1_EATS, ste[1]);

	if (!(smmu->config.idr0 & SV3_IDR0_ATS) || eats > SV3_STE_EATS_SPLIT)
		return SV3_STE_EATS_OFF;
	return eats;
}

static enum sv3__rule common_check(const struct sv3_smmu *smmu, const uint64_t ste[8])
{
	uint64_t eats = eats_of(smmu, ste);
	bool stalls = (ste[2] & SV3_STE2_S2S) != 0;

	if (has_stage1(ste) && !(smmu->config.idr0 & SV3_IDR0_S1P))
		return SV3__RULE_STE_NO_STAGE1;
	if (has_stage2(ste) && !(smmu->config.idr0 & SV3_IDR0_S2P))
		return SV3__RULE_STE_NO_STAGE2;
	if (eats == SV3_STE_EATS_SPLIT && (config_of(ste) != SV3_STE_CONFIG_NESTED || stalls ||
					   (smmu->config.idr0 & SV3_IDR0_NS1ATS)))
		return SV3__RULE_STE_EATS;
	/* IMPDEF(I-101): SMMUv3.0 may check S2S without stage 2 too; none does here. */
	if (eats == SV3_STE_EATS_FULL && has_stage2(ste) && stalls)
		return SV3__RULE_STE_EATS_S2S;
	if (strw_counts(smmu, ste) && (SV3_GET(SV3_STE1_STRW, ste[1]) & 1))
		return SV3__RULE_STE_STRW;
	return SV3__RULE_NONE;
}

/* [IHI0070 5.2 S2VMID] It tags everything of EL1, even where stage 1 translates alone. */
static enum sv3__rule vmid_check(const struct sv3_smmu *smmu, const uint64_t ste[8])
{
	bool counts = (smmu->config.idr0 & SV3_IDR0_S2P) && regime_of(smmu, ste) == SV3__REGIME_EL1;

	if (counts && !(smmu->config.idr0 & SV3_IDR0_VMID16) &&
	    SV3_GET(SV3_STE2_S2VMID, ste[2]) > 0xff)
		return SV3__RULE_STE_S2VMID;
	return SV3__RULE_NONE;
}

/* --- Stage 1 --- */

static enum sv3__rule stage1_check(const struct sv3_smmu *smmu, const uint64_t ste[8])
{
	uint64_t cd_max = sv3__ste_cd_max(smmu, ste);
	uint64_t format = SV3_GET(SV3_STE0_S1FMT, ste[0]);
	bool two_level = format == SV3_STE_S1FMT_4K || format == SV3_STE_S1FMT_64K;

	/* [IHI0070 5.2 S1STALLD] Forbidding stalls is legal only where stalling is a choice. */
	if ((ste[1] & SV3_STE1_S1STALLD) && SV3_GET(SV3_IDR0_STALL_MODEL, smmu->config.idr0) != 0)
		return SV3__RULE_STE_S1STALLD;
	if (cd_max > SV3_GET(SV3_IDR1_SSIDSIZE, smmu->config.idr1))
		return SV3__RULE_STE_S1CDMAX;
	if (cd_max > 0 && two_level && !(smmu->config.idr0 & SV3_IDR0_CD2L))
		return SV3__RULE_STE_S1FMT;
	/* [IHI0070 3.4.3] A pointer beyond the address size is illegal, not an address size fault.
	 * IMPDEF(I-100): also where it is an intermediate address, and not left to stage 2. */
	if ((ste[0] & SV3_STE0_S1CONTEXTPTR) >> smmu->oas_lg2 != 0)
		return SV3__RULE_STE_S1CONTEXTPTR;
	return SV3__RULE_NONE;
}

/* --- Stage 2 --- */

/* [IHI0070 5.5] Stalls: a choice, absent, or forced. */
static bool s2s_is_legal(const struct sv3_smmu *smmu, bool stall)
{
	uint64_t model = SV3_GET(SV3_IDR0_STALL_MODEL, smmu->config.idr0);

	return stall ? model != SV3_IDR0_STALL_NONE : model != SV3_IDR0_STALL_FORCED;
}

static bool s2_httu_is_legal(const struct sv3_smmu *smmu, const uint64_t ste[8])
{
	uint64_t httu = SV3_GET(SV3_IDR0_HTTU, smmu->config.idr0);

	if (httu < SV3_IDR0_HTTU_AF && (ste[2] & SV3_STE2_S2HA))
		return false;
	return httu >= SV3_IDR0_HTTU_DIRTY || !(ste[2] & SV3_STE2_S2HD);
}

/* First level by S2SL0; SV3__NONE for a reserved value. Levels that only large addresses need
 * exist only where addresses are large. [DDI0487 D8.2.2, VTCR_EL2.SL0] */
static uint32_t s2_start_level(const struct sv3_smmu *smmu, uint32_t granule_lg2, uint64_t sl0)
{
	bool has_small_tables = (smmu->config.idr3 & SV3_IDR3_STT) != 0;
	uint32_t oas_lg2 = smmu->oas_lg2;

	if (sl0 == 3)
		return granule_lg2 == 12 && has_small_tables ? 3 : SV3__NONE;
	if (sl0 == 2 && oas_lg2 < (granule_lg2 == 14 ? 42 : 44))
		return SV3__NONE;
	return (granule_lg2 == 12 ? 2 : 3) - (uint32_t)sl0;
}

/* [IHI0070 5.2 S2T0SZ] As many bits as an address has; beyond 48 only with 64 KiB granules. */
static bool s2_size_is_legal(const struct sv3_smmu *smmu, uint64_t t0sz, uint32_t granule_lg2)
{
	uint32_t least = 64 - smmu->oas_lg2;

	if (granule_lg2 != 16)
		least = sv3__larger(least, 16);
	return t0sz >= least && t0sz <= sv3__txsz_max(smmu, granule_lg2);
}

/* Granule, size and first level. [DDI0487 D8.2] The first level resolves at least one bit; up to
 * 4 bits more than one table resolves select among concatenated tables. */
static enum sv3__rule s2_geometry(const struct sv3_smmu *smmu, const uint64_t ste[8],
				  struct sv3__ttb *ttb)
{
	uint64_t t0sz = SV3_GET(SV3_STE2_S2T0SZ, ste[2]);
	uint32_t level, resolved_lg2;

	ttb->granule_lg2 = sv3__granule_lg2(smmu, SV3_GET(SV3_STE2_S2TG, ste[2]));
	if (ttb->granule_lg2 == 0)
		return SV3__RULE_STE_S2TG;
	if (!s2_size_is_legal(smmu, t0sz, ttb->granule_lg2))
		return SV3__RULE_STE_S2T0SZ;
	level = s2_start_level(smmu, ttb->granule_lg2, SV3_GET(SV3_STE2_S2SL0, ste[2]));
	if (level == SV3__NONE)
		return SV3__RULE_STE_S2SL0;
	ttb->start_level = (uint8_t)level;
	ttb->input_size_lg2 = (uint8_t)(64 - t0sz);
	resolved_lg2 = sv3_vmsa_span_lg2(ttb->granule_lg2, level);
	if (ttb->input_size_lg2 <= resolved_lg2 ||
	    ttb->input_size_lg2 > resolved_lg2 + sv3_vmsa_level_bits(ttb->granule_lg2) + 4)
		return SV3__RULE_STE_S2SL0_T0SZ;
	return SV3__RULE_NONE;
}

static enum sv3__rule s2_table(const struct sv3_smmu *smmu, const uint64_t ste[8],
			       struct sv3__stage2 *s2)
{
	uint64_t base = sv3__ttb_base(smmu, ste[3]);

	s2->output_size_lg2 = sv3__output_size_lg2(smmu, SV3_GET(SV3_STE2_S2PS, ste[2]));
	if (base >> s2->output_size_lg2 != 0)
		return SV3__RULE_STE_S2TTB;
	if (base >> 48 != 0 && s2->ttb.granule_lg2 != 16)
		return SV3__RULE_STE_S2TTB_GRANULE;
	sv3__ttb_place(smmu, &s2->ttb, base, s2->output_size_lg2);
	/* Tables of stage 2 put no limits on what is below them. */
	s2->ttb.no_hierarchy = true;
	s2->ttb.walk_memory =
		sv3__walk_memory(SV3_GET(SV3_STE2_S2IR0, ste[2]), SV3_GET(SV3_STE2_S2OR0, ste[2]));
	return SV3__RULE_NONE;
}

static enum sv3__rule stage2_decode(const struct sv3_smmu *smmu, const uint64_t ste[8],
				    struct sv3__stage2 *s2)
{
	enum sv3__rule rule;

	/* VMSAv8-32 is not modelled: IDR0.TTF says so. */
	if (!(ste[2] & SV3_STE2_S2AA64))
		return SV3__RULE_STE_S2AA64;
	s2->stall = (ste[2] & SV3_STE2_S2S) != 0;
	if (!s2s_is_legal(smmu, s2->stall))
		return SV3__RULE_STE_S2S;
	if (!s2_httu_is_legal(smmu, ste))
		return SV3__RULE_STE_S2HTTU;
	rule = s2_geometry(smmu, ste, &s2->ttb);
	if (rule == SV3__RULE_NONE)
		rule = s2_table(smmu, ste, s2);
	if (rule != SV3__RULE_NONE)
		return rule;
	s2->big_endian = (ste[2] & SV3_STE2_S2ENDI) != 0;
	if (!sv3__endian_exists(smmu, s2->big_endian))
		return SV3__RULE_STE_S2ENDI;
	s2->record = (ste[2] & SV3_STE2_S2R) != 0;
	s2->ha = (ste[2] & SV3_STE2_S2HA) != 0;
	/* [IHI0070 5.2 S2HA] S2HD without S2HA is legal and does nothing. */
	s2->hd = s2->ha && (ste[2] & SV3_STE2_S2HD);
	s2->affd = (ste[2] & SV3_STE2_S2AFFD) != 0;
	s2->ptw = has_stage1(ste) && (ste[2] & SV3_STE2_S2PTW);
	s2->fwb = (smmu->config.idr3 & SV3_IDR3_FWB) && (ste[1] & SV3_STE1_S2FWB);
	return SV3__RULE_NONE;
}

/* --- The context --- */

/* Every kind of access a transaction can ask for, with the overrides applied. */
static void access_bits_fill(struct sv3__context *context)
{
	for (uint32_t index = 0; index < sizeof(context->access_bits); index++) {
		struct sv3_txn txn = { .write = index & 1,
				       .privileged = index >> 1 & 1,
				       .instruction = index >> 2 & 1 };

		context->access_bits[sv3__access_index(&txn)] =
			(uint8_t)(1u << sv3__access_kind(context, &txn));
	}
}

/* [IHI0070 6.3.2] Overrides exist only where the SMMU says so, for permissions and types apart. */
static void overrides_fill(const struct sv3_smmu *smmu, const uint64_t ste[8],
			   struct sv3__context *context)
{
	context->share_cfg = SV3__SHARE_INCOMING;
	if (smmu->config.idr1 & SV3_IDR1_ATTR_PERMS_OVR) {
		context->privcfg = (uint8_t)SV3_GET(SV3_STE1_PRIVCFG, ste[1]);
		context->instcfg = (uint8_t)SV3_GET(SV3_STE1_INSTCFG, ste[1]);
	}
	if (smmu->config.idr1 & SV3_IDR1_ATTR_TYPES_OVR) {
		context->memory_override = (ste[1] & SV3_STE1_MTCFG) != 0;
		context->memory_forced = sv3__attr_memory(SV3_GET(SV3_STE1_MEMATTR, ste[1]));
		context->share_cfg = (uint8_t)SV3_GET(SV3_STE1_SHCFG, ste[1]);
	}
	access_bits_fill(context);
}

void sv3__context_to_stage2(struct sv3__context *context)
{
	context->stage1 = false;
	context->ttb[0] = context->s2.ttb;
	context->ttb[1] = (struct sv3__ttb){ .disabled = true };
	context->regime = SV3__REGIME_STAGE2;
	context->tag_context = (uint32_t)context->s2.vmid << 16;
	context->aset = false;
}

/* What translates, and as whom. The stages were checked. */
static void stages_fill(const struct sv3_smmu *smmu, const uint64_t ste[8],
			struct sv3__context *context)
{
	context->kind = SV3__STREAM_TRANSLATE;
	context->stage1 = has_stage1(ste);
	context->stage2 = has_stage2(ste);
	context->regime = (uint8_t)regime_of(smmu, ste);
	context->eats = (uint8_t)eats_of(smmu, ste);
	if ((smmu->config.idr0 & SV3_IDR0_S2P) && context->regime == SV3__REGIME_EL1)
		context->s2.vmid = (uint16_t)SV3_GET(SV3_STE2_S2VMID, ste[2]);
	context->tag_context = (uint32_t)context->s2.vmid << 16;
	if (!context->stage1)
		sv3__context_to_stage2(context);
}

enum sv3__rule sv3__ste_decode(const struct sv3_smmu *smmu, const uint64_t ste[8],
			       struct sv3__context *context)
{
	uint64_t config = config_of(ste);
	enum sv3__rule rule;

	memset(context, 0, sizeof(*context));
	/* [IHI0070 5.2 V] V = 0: illegal, whatever its other bits say. */
	if (!(ste[0] & SV3_STE0_V))
		return SV3__RULE_STE_INVALID;
	overrides_fill(smmu, ste, context);
	context->output_size_lg2 = (uint8_t)smmu->oas_lg2;
	context->mev = (ste[1] & SV3_STE1_MEV) != 0;
	/* [IHI0070 5.2 Config] 0b0xx: abort, silently. */
	if (config < SV3_STE_CONFIG_BYPASS) {
		context->kind = SV3__STREAM_ABORT;
		context->abort_is_silent_ur = true;
		return SV3__RULE_NONE;
	}
	if (config == SV3_STE_CONFIG_BYPASS) {
		context->kind = SV3__STREAM_BYPASS;
		return SV3__RULE_NONE;
	}
	rule = common_check(smmu, ste);
	if (rule == SV3__RULE_NONE && has_stage1(ste))
		rule = stage1_check(smmu, ste);
	if (rule == SV3__RULE_NONE && has_stage2(ste))
		rule = stage2_decode(smmu, ste, &context->s2);
	if (rule == SV3__RULE_NONE)
		rule = vmid_check(smmu, ste);
	if (rule == SV3__RULE_NONE)
		stages_fill(smmu, ste, context);
	return rule;
}

bool sv3__ste_bypasses_stage1(const struct sv3_smmu *smmu, const uint64_t ste[8],
			      const struct sv3_txn *txn)
{
	if (txn->substream_valid)
		return false;
	return !has_stage1(ste) || (sv3__ste_cd_max(smmu, ste) > 0 &&
				    SV3_GET(SV3_STE1_S1DSS, ste[1]) == SV3_STE_S1DSS_BYPASS);
}
