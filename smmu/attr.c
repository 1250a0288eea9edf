/* SPDX-License-Identifier: MIT */
/*
 * attr.c - memory type and shareability of an access: what comes in, the overrides of STE and GBPA,
 * stage 1, stage 2. Pure functions. [IHI0070 13] [DDI0487 D8.6]
 *
 * Allocation hints are not modelled.
 */
#include "xlat_priv.h"

static uint8_t both(uint32_t type)
{
	return SV3_MEMORY(type, type);
}

/* Of two memory types the stronger one, which has the larger number, inner and outer apart; a
 * Device type is the same for both. [IHI0070 13.1.5] [DDI0487 D8.6.5] */
static uint8_t combine_memory(uint8_t one, uint8_t other)
{
	uint32_t inner = sv3__larger(SV3_MEMORY_INNER(one), SV3_MEMORY_INNER(other));
	uint32_t outer = sv3__larger(SV3_MEMORY_OUTER(one), SV3_MEMORY_OUTER(other));
	uint32_t strongest = sv3__larger(inner, outer);

	if (strongest < SV3_MEMORY_DEVICE_GRE)
		return SV3_MEMORY(outer, inner);
	return both(strongest < SV3_MEMORY_DEVICE_NGNRNE ? strongest : SV3_MEMORY_DEVICE_NGNRNE);
}

/* Outer is stronger than Inner, Inner than Non-shareable. [IHI0070 13.1.5] */
static uint8_t combine_shareability(uint8_t one, uint8_t other)
{
	if (one == SV3_SHARE_OUTER || other == SV3_SHARE_OUTER)
		return SV3_SHARE_OUTER;
	return one == SV3_SHARE_INNER || other == SV3_SHARE_INNER ? SV3_SHARE_INNER : SV3_SHARE_NON;
}

/* A field SH. IMPDEF(I-102): the reserved value 0b01 is Non-shareable. [DDI0487 D8.6.2, D8.6.7] */
static uint8_t shareability_of(uint64_t field)
{
	return field == SV3_SHARE_OUTER || field == SV3_SHARE_INNER ? (uint8_t)field
								    : SV3_SHARE_NON;
}

/* [IHI0070 13.1.7] Any Device and Normal Non-cacheable are Outer Shareable, whatever was asked. */
static struct sv3__attributes consistent(uint8_t memory, uint8_t shareability)
{
	bool has_domain = !sv3__attr_is_device(memory) && memory != both(SV3_MEMORY_NC);

	return (struct sv3__attributes){ memory, has_domain ? shareability : SV3_SHARE_OUTER };
}

/* MemAttr[3:0] of an STE, of GBPA, and of a stage-2 leaf without FWB: outer in [3:2], inner in
 * [1:0]. IMPDEF(I-103): the reserved encodings are Device-nGnRnE, as the STE has it.
 * [IHI0070 5.2 MemAttr] [DDI0487 D8.6.5] */
uint8_t sv3__attr_memory(uint64_t mem_attr)
{
	static const uint8_t devices[4] = { SV3_MEMORY_DEVICE_NGNRNE, SV3_MEMORY_DEVICE_NGNRE,
					    SV3_MEMORY_DEVICE_NGRE, SV3_MEMORY_DEVICE_GRE };
	static const uint8_t normals[4] = { SV3_MEMORY_DEVICE_NGNRNE, SV3_MEMORY_NC, SV3_MEMORY_WT,
					    SV3_MEMORY_WB };
	uint64_t outer = mem_attr >> 2 & 3, inner = mem_attr & 3;

	if (outer == 0)
		return both(devices[inner]);
	if (inner == 0)
		return both(SV3_MEMORY_DEVICE_NGNRNE);
	return SV3_MEMORY(normals[outer], normals[inner]);
}

/* What comes in, with overrides as STE and GBPA have them alike. [IHI0070 13.1.4] */
static struct sv3__attributes replace(uint8_t incoming, bool override, uint8_t forced,
				      uint64_t share_cfg)
{
	/* An embedder may hand in anything: only real types go further. */
	uint8_t memory = override ? forced : combine_memory(incoming, both(SV3_MEMORY_WB));
	uint8_t shareability =
		share_cfg == SV3__SHARE_INCOMING ? SV3_SHARE_INNER : shareability_of(share_cfg);

	return consistent(memory, shareability);
}

static struct sv3__attributes as_it_comes(const struct sv3_txn *txn)
{
	return replace(txn->memory, false, SV3_MEMORY_WB, SV3__SHARE_INCOMING);
}

struct sv3__attributes sv3__attr_input(const struct sv3__context *context,
				       const struct sv3_txn *txn)
{
	/* [IHI0070 13.1.4] Translated traffic is not subject to these overrides. IMPDEF(I-106): ATS
	 * requests and untranslated traffic of PCIe devices are. */
	if (txn->kind == SV3_TXN_ATS_TRANSLATED)
		return as_it_comes(txn);
	return replace(txn->memory, context->memory_override, context->memory_forced,
		       context->share_cfg);
}

struct sv3__attributes sv3__attr_global_bypass(const struct sv3_smmu *smmu,
					       const struct sv3_txn *txn)
{
	uint64_t gbpa = smmu->regs[SV3__REG_GBPA];

	if (!(smmu->config.idr1 & SV3_IDR1_ATTR_TYPES_OVR))
		return as_it_comes(txn);
	return replace(txn->memory, (gbpa & SV3_GBPA_MTCFG) != 0,
		       sv3__attr_memory(SV3_GET(SV3_GBPA_MEMATTR, gbpa)),
		       SV3_GET(SV3_GBPA_SHCFG, gbpa));
}

/* --- Stage 1 --- */

/* Four bits of a MAIR byte of Normal memory; Transient and allocation hints are left out. 0 is
 * reserved there and Write-Through. [IHI0070 5.4 MAIR] */
static uint8_t mair_normal(uint32_t nibble)
{
	if (nibble == 4)
		return SV3_MEMORY_NC;
	return nibble & 4 ? SV3_MEMORY_WB : SV3_MEMORY_WT;
}

static uint8_t mair_memory(uint32_t attr)
{
	/* [IHI0070 5.4 MAIR] The low two bits of a Device type are reserved and ignored. */
	static const uint8_t devices[4] = { SV3_MEMORY_DEVICE_NGNRNE, SV3_MEMORY_DEVICE_NGNRE,
					    SV3_MEMORY_DEVICE_NGRE, SV3_MEMORY_DEVICE_GRE };

	if (attr >> 4 == 0)
		return both(devices[attr >> 2]);
	return SV3_MEMORY(mair_normal(attr >> 4), mair_normal(attr & 15));
}

struct sv3__attributes sv3__attr_stage1(const struct sv3__context *context, uint64_t descriptor)
{
	uint64_t index = SV3_GET(SV3_PTE_ATTRINDX, descriptor);
	uint8_t memory = mair_memory((uint32_t)(context->mair >> 8 * index) & 0xff);

	return consistent(memory, shareability_of(SV3_GET(SV3_PTE_SH, descriptor)));
}

/* --- Stage 2 --- */

/* [DDI0487 D8.6.6] With FWB stage 2 decides: MemAttr[2] = 0 is a Device type, to be combined; else
 * [1:0] says Non-cacheable for what is Normal, Write-Back for all, or what stage 1 says.
 * MemAttr[3] is ignored. */
static uint8_t fwb_memory(uint8_t stage1, uint64_t mem_attr)
{
	if (!(mem_attr & 4))
		return combine_memory(stage1, sv3__attr_memory(mem_attr & 3));
	switch (mem_attr & 3) {
	case 1:
		return sv3__attr_is_device(stage1) ? stage1 : both(SV3_MEMORY_NC);
	case 2:
		return both(SV3_MEMORY_WB);
	case 3:
		return stage1;
	default:
		return both(SV3_MEMORY_DEVICE_NGNRNE); /* IMPDEF(I-103) */
	}
}

struct sv3__attributes sv3__attr_stage2(const struct sv3__context *context,
					struct sv3__attributes input, uint64_t descriptor)
{
	uint64_t mem_attr = SV3_GET(SV3_PTE_S2_MEMATTR, descriptor);
	uint8_t shareability = shareability_of(SV3_GET(SV3_PTE_SH, descriptor));
	uint8_t memory = context->s2.fwb ? fwb_memory(input.memory, mem_attr)
					 : combine_memory(input.memory, sv3__attr_memory(mem_attr));

	return consistent(memory, combine_shareability(input.shareability, shareability));
}
