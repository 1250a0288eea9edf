/* SPDX-License-Identifier: MIT */
/*
 * strtab.c - Stream tables, linear and of two levels, and the entries in them.
 *
 * The hardware may read any entry at any time, so an entry becomes valid by the last of its eight
 * writes, and a level-2 array is linked when it is complete.
 */
#include "pagetable_priv.h"

static uint64_t level1_count(const struct sv3_strtab *strtab)
{
	/* [IHI0070 6.3.25] A table no larger than one level-2 array still has one descriptor. */
	return strtab->log2size > strtab->split ? UINT64_C(1) << (strtab->log2size - strtab->split)
						: 1;
}

static uint64_t top_size(const struct sv3_strtab *strtab)
{
	return strtab->split == 0 ? (uint64_t)SV3_STE_SIZE_BYTES << strtab->log2size
				  : 8 * level1_count(strtab);
}

int sv3_strtab_init(struct sv3_strtab *strtab, const struct sv3_bus *bus, sv3_pa base, sv3_pa end,
		    uint32_t log2size, uint32_t split)
{
	uint64_t size, align;

	if (log2size > 32 || (split != 0 && split != 6 && split != 8 && split != 10))
		return -SV3_ERR_INVAL;
	*strtab = (struct sv3_strtab){
		.bus = *bus, .base = base, .log2size = log2size, .split = split, .end = end
	};
	size = top_size(strtab);
	align = size > 64 ? size : 64;
	if ((base & (align - 1)) != 0 || (base & ~SV3_STRTAB_BASE_ADDR) != 0)
		return -SV3_ERR_INVAL;
	if (base > end || end - base < size)
		return -SV3_ERR_NOMEM;
	strtab->next = base + size;
	return sv3__memory_zero(bus, base, size);
}

uint64_t sv3_strtab_base(const struct sv3_strtab *strtab)
{
	return strtab->base & SV3_STRTAB_BASE_ADDR;
}

uint32_t sv3_strtab_base_cfg(const struct sv3_strtab *strtab)
{
	const uint64_t format = strtab->split == 0 ? SV3_STRTAB_FMT_LINEAR : SV3_STRTAB_FMT_2LEVEL;

	return (uint32_t)(SV3_PUT(SV3_STRTAB_CFG_FMT, format) |
			  SV3_PUT(SV3_STRTAB_CFG_SPLIT, strtab->split) |
			  SV3_PUT(SV3_STRTAB_CFG_LOG2SIZE, strtab->log2size));
}

void sv3_ste_make_abort(uint64_t ste[8])
{
	for (unsigned int i = 0; i < 8; i++)
		ste[i] = 0;
	ste[0] = SV3_STE0_V | SV3_PUT(SV3_STE0_CONFIG, SV3_STE_CONFIG_ABORT);
}

void sv3_ste_make_bypass(uint64_t ste[8])
{
	sv3_ste_make_abort(ste);
	ste[0] = SV3_STE0_V | SV3_PUT(SV3_STE0_CONFIG, SV3_STE_CONFIG_BYPASS);
	ste[1] = SV3_PUT(SV3_STE1_SHCFG, 1); /* shareability as the device says */
}

void sv3_ste_make_s1(uint64_t ste[8], sv3_pa cd_table, uint32_t cd_max)
{
	sv3_ste_make_abort(ste);
	ste[0] = SV3_STE0_V | SV3_PUT(SV3_STE0_CONFIG, SV3_STE_CONFIG_S1) |
		 SV3_PUT(SV3_STE0_S1FMT, SV3_STE_S1FMT_LINEAR) |
		 (cd_table & SV3_STE0_S1CONTEXTPTR) | SV3_PUT(SV3_STE0_S1CDMAX, cd_max);
	/* [IHI0070 5.2] CDs are fetched Write-Back, shareable; CD 0 serves what has no
	 * SubstreamID. */
	ste[1] = SV3_PUT(SV3_STE1_S1DSS, SV3_STE_S1DSS_SSID0) | SV3_PUT(SV3_STE1_S1CIR, 1) |
		 SV3_PUT(SV3_STE1_S1COR, 1) | SV3_PUT(SV3_STE1_S1CSH, 3) |
		 SV3_PUT(SV3_STE1_SHCFG, 1);
}

/* A zeroed level-2 array, not linked yet. */
static int level2_take(struct sv3_strtab *strtab, sv3_pa *array)
{
	const uint64_t size = (uint64_t)SV3_STE_SIZE_BYTES << strtab->split;
	const sv3_pa start = (strtab->next + size - 1) & ~(size - 1); /* [IHI0070 5.1] aligned */
	int rc;

	if (start > strtab->end || strtab->end - start < size)
		return -SV3_ERR_NOMEM;
	rc = sv3__memory_zero(&strtab->bus, start, size);
	if (rc < 0)
		return rc;
	strtab->next = start + size;
	*array = start;
	return 0;
}

static int write_two_level(struct sv3_strtab *strtab, uint32_t stream_id, const uint64_t ste[8])
{
	const sv3_pa descriptor_pa = strtab->base + 8 * (uint64_t)(stream_id >> strtab->split);
	const uint64_t index = stream_id & ((UINT32_C(1) << strtab->split) - 1);
	uint8_t bytes[8];
	sv3_pa array;
	bool linked;
	int rc;

	if (sv3_bus_read(&strtab->bus, descriptor_pa, bytes, 8) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	linked = SV3_GET(SV3_L1STD_SPAN, sv3_le64(bytes)) != 0;
	array = sv3_le64(bytes) & SV3_L1STD_L2PTR;
	if (!linked) {
		rc = level2_take(strtab, &array);
		if (rc < 0)
			return rc;
	}
	rc = sv3__structure_write(&strtab->bus, array + index * SV3_STE_SIZE_BYTES, ste);
	if (rc < 0 || linked)
		return rc;
	/* [IHI0070 5.1] Span n: the array has 2^(n-1) entries. */
	return sv3__word_write(&strtab->bus, descriptor_pa,
			       array | SV3_PUT(SV3_L1STD_SPAN, strtab->split + 1));
}

int sv3_strtab_write(struct sv3_strtab *strtab, uint32_t stream_id, const uint64_t ste[8])
{
	if ((uint64_t)stream_id >> strtab->log2size != 0)
		return -SV3_ERR_RANGE;
	if (strtab->split != 0)
		return write_two_level(strtab, stream_id, ste);
	return sv3__structure_write(&strtab->bus,
				    strtab->base + (uint64_t)stream_id * SV3_STE_SIZE_BYTES, ste);
}
