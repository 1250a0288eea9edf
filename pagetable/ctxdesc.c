/* SPDX-License-Identifier: MIT */
/*
 * ctxdesc.c - Context descriptors: what stage 1 of a stream looks like.
 *
 * One of the two tables is used, the other's walks are disabled.
 */
#include "pagetable_priv.h"

/* MAIR: attribute 0 is Normal memory, Write-Back, allocating. [DDI0487 D8.6] */
#define MAIR_WRITE_BACK UINT64_C(0xff)

static int output_size_encode(uint32_t output_size_lg2, uint64_t *encoded)
{
	for (*encoded = 0; *encoded <= 5; ++*encoded)
		if (sv3_vmsa_output_size_lg2((unsigned int)*encoded) == output_size_lg2)
			return 0;
	return -SV3_ERR_INVAL;
}

/* [IHI0070 5.4] TG0 and TG1 encode the granules differently. */
static int granule_encode(uint32_t granule_lg2, bool upper, uint64_t *encoded)
{
	switch (granule_lg2) {
	case 12:
		*encoded = upper ? 2 : 0;
		return 0;
	case 14:
		*encoded = upper ? 1 : 2;
		return 0;
	case 16:
		*encoded = upper ? 3 : 1;
		return 0;
	default:
		return -SV3_ERR_INVAL;
	}
}

/* The half of doubleword 0 that describes the table in use, and EPD of the other. */
static uint64_t table_fields(const struct sv3_cd_config *config, uint64_t granule)
{
	const uint64_t size = 64 - config->input_size_lg2;

	/* [DDI0487 D8.5.4] Only Write-Back, shareable walks are sure to update atomically. */
	if (config->upper)
		return SV3_PUT(SV3_CD0_T1SZ, size) | SV3_PUT(SV3_CD0_TG1, granule) |
		       SV3_PUT(SV3_CD0_IR1, 1) | SV3_PUT(SV3_CD0_OR1, 1) | SV3_PUT(SV3_CD0_SH1, 3) |
		       SV3_CD0_EPD0 | (config->top_byte_ignore ? SV3_CD0_TBI1 : 0);
	return SV3_PUT(SV3_CD0_T0SZ, size) | SV3_PUT(SV3_CD0_TG0, granule) |
	       SV3_PUT(SV3_CD0_IR0, 1) | SV3_PUT(SV3_CD0_OR0, 1) | SV3_PUT(SV3_CD0_SH0, 3) |
	       SV3_CD0_EPD1 | (config->top_byte_ignore ? SV3_CD0_TBI0 : 0);
}

int sv3_cd_make(uint64_t cd[8], const struct sv3_cd_config *config)
{
	uint64_t granule, output_size;

	if (granule_encode(config->granule_lg2, config->upper, &granule) < 0 ||
	    output_size_encode(config->output_size_lg2, &output_size) < 0)
		return -SV3_ERR_INVAL;
	if (config->input_size_lg2 < 25 || config->input_size_lg2 > 48 || config->asid > 0xffff ||
	    (config->ttb & ~SV3_CD1_TTB0) != 0)
		return -SV3_ERR_INVAL;
	for (unsigned int i = 0; i < 8; i++)
		cd[i] = 0;
	cd[0] = SV3_CD0_V | SV3_CD0_AA64 | SV3_CD0_ASET | table_fields(config, granule) |
		SV3_PUT(SV3_CD0_IPS, output_size) | SV3_PUT(SV3_CD0_ASID, config->asid) |
		(config->ha ? SV3_CD0_HA : 0) | (config->hd ? SV3_CD0_HD : 0) |
		(config->record ? SV3_CD0_R : 0) | (config->abort ? SV3_CD0_A : 0) |
		(config->stall ? SV3_CD0_S : 0);
	cd[config->upper ? 2 : 1] = config->ttb;
	cd[3] = MAIR_WRITE_BACK;
	return 0;
}

int sv3_cd_write(const struct sv3_bus *bus, sv3_pa cd_table, uint32_t index, const uint64_t cd[8])
{
	return sv3__structure_write(bus, cd_table + (uint64_t)index * SV3_CD_SIZE_BYTES, cd);
}
