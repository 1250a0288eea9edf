/* SPDX-License-Identifier: MIT */
/*
 * ttb.c - what an STE and a CD say of a translation table in the same way: granule, size, address,
 * attributes of the walk. Pure functions; which of the two asks is not known here.
 */
#include "xlat_priv.h"

uint8_t sv3__granule_lg2(const struct sv3_smmu *smmu, uint64_t encoded)
{
	static const uint8_t granules_lg2[4] = { 12, 16, 14 }; /* 3 is reserved */
	uint8_t granule_lg2 = granules_lg2[encoded & 3];
	uint32_t idr5 = smmu->config.idr5;
	bool supported = (granule_lg2 == 12 && (idr5 & SV3_IDR5_GRAN4K)) ||
			 (granule_lg2 == 14 && (idr5 & SV3_IDR5_GRAN16K)) ||
			 (granule_lg2 == 16 && (idr5 & SV3_IDR5_GRAN64K));

	return supported ? granule_lg2 : 0;
}

/* IMPDEF(I-104): a size out of range is illegal in SMMUv3.0, too, and not taken as the nearest.
 * [IHI0070 5.2 S2T0SZ, 5.4 T0SZ] */
uint32_t sv3__txsz_max(const struct sv3_smmu *smmu, uint32_t granule_lg2)
{
	if (!(smmu->config.idr3 & SV3_IDR3_STT))
		return 39;
	return granule_lg2 == 16 ? 47 : 48;
}

uint8_t sv3__output_size_lg2(const struct sv3_smmu *smmu, uint64_t encoded)
{
	return (uint8_t)sv3__smaller(sv3_vmsa_output_size_lg2((uint32_t)encoded), smmu->oas_lg2);
}

uint8_t sv3__walk_memory(uint64_t inner, uint64_t outer)
{
	/* Write-Back with and without write allocation are one memory type here. */
	static const uint8_t types[4] = { SV3_MEMORY_NC, SV3_MEMORY_WB, SV3_MEMORY_WT,
					  SV3_MEMORY_WB };

	return SV3_MEMORY(types[outer & 3], types[inner & 3]);
}

bool sv3__endian_exists(const struct sv3_smmu *smmu, bool big)
{
	uint64_t endian = SV3_GET(SV3_IDR0_TTENDIAN, smmu->config.idr0);

	return big ? endian != SV3_IDR0_TTENDIAN_LE : endian != SV3_IDR0_TTENDIAN_BE;
}

/* [IHI0070 5.2 S2TTB, 5.4 TTB0] SMMUv3.0 has 48 bits of it. */
uint64_t sv3__ttb_base(const struct sv3_smmu *smmu, uint64_t word)
{
	return smmu->config.aidr == 0 ? sv3__offset_in(word & SV3_STE3_S2TTB, 48)
				      : word & SV3_STE3_S2TTB;
}

void sv3__ttb_place(const struct sv3_smmu *smmu, struct sv3__ttb *ttb, uint64_t base,
		    uint32_t output_size_lg2)
{
	uint32_t span_lg2 = sv3_vmsa_span_lg2(ttb->granule_lg2, ttb->start_level);
	uint32_t table_lg2 = ttb->input_size_lg2 - span_lg2 + 3;

	/* [IHI0070 5.2 S2TTB, 5.4 TTB0] With 52-bit addresses at least 64 bytes. */
	if (output_size_lg2 == 52)
		table_lg2 = sv3__larger(table_lg2, 6);
	/* [DDI0487 D8.2.5.2] The first table, or all that are concatenated there, are aligned to
	 * their size; lower bits are taken as 0. */
	ttb->table = base - sv3__offset_in(base, table_lg2);
	/* [DDI0487 D8.3] The format follows what is implemented, not what IPS or S2PS says. */
	ttb->output_is_52 = ttb->granule_lg2 == 16 && smmu->oas_lg2 == 52;
}
