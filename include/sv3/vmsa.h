/* SPDX-License-Identifier: MIT */
/*
 * vmsa.h - VMSAv8-64 geometry and descriptor bits: one definition for the walker and for the
 * builder. Source: [DDI0487 M.a.a D8.2 (geometry), D8.3 (descriptor formats), D8.5 (hardware
 * updates)]. Tests of the walker do not use this file: they encode descriptors by hand.
 */
#ifndef SV3_VMSA_H
#define SV3_VMSA_H

#include <sv3/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Descriptor type: valid, and (at levels 0 to 2) table rather than block. At level 3 both bits mean
 * page. */
#define SV3_PTE_VALID SV3_BIT(0)
#define SV3_PTE_TABLE SV3_BIT(1)

/* Stage-1 leaf. */
#define SV3_PTE_ATTRINDX   SV3_BITS(4, 2)
#define SV3_PTE_NS         SV3_BIT(5)
#define SV3_PTE_AP1_UNPRIV SV3_BIT(6) /* AP[1]: unprivileged accesses allowed */
#define SV3_PTE_AP2_RDONLY SV3_BIT(7) /* AP[2]: read-only; with DBM set: writable-clean */
#define SV3_PTE_SH         SV3_BITS(9, 8)
#define SV3_PTE_AF         SV3_BIT(10)
#define SV3_PTE_NG         SV3_BIT(11)
#define SV3_PTE_NT         SV3_BIT(16)
#define SV3_PTE_DBM        SV3_BIT(51)
#define SV3_PTE_CONTIGUOUS SV3_BIT(52)
#define SV3_PTE_PXN        SV3_BIT(53)
#define SV3_PTE_UXN        SV3_BIT(54)
#define SV3_PTE_SOFTWARE   SV3_BITS(58, 55)
#define SV3_PTE_UNARMED    SV3_BIT(55) /* software: writable once armed, see sv3_pt_arm() */

/* Table descriptor: limits on everything below it. */
#define SV3_PTE_PXNTABLE          SV3_BIT(59)
#define SV3_PTE_UXNTABLE          SV3_BIT(60)
#define SV3_PTE_APTABLE_NO_UNPRIV SV3_BIT(61)
#define SV3_PTE_APTABLE_NO_WRITE  SV3_BIT(62)
#define SV3_PTE_NSTABLE           SV3_BIT(63)

/* Stage-2 leaf, where it differs. [DDI0487 D8.3.1.2] */
#define SV3_PTE_S2_MEMATTR SV3_BITS(5, 2)
#define SV3_PTE_S2AP_READ  SV3_BIT(6) /* S2AP[0] */
#define SV3_PTE_S2AP_WRITE SV3_BIT(7) /* S2AP[1]; with DBM set and 0: writable-clean */
#define SV3_PTE_S2_XN      SV3_BITS(54, 53)

/** Levels 0..3; level 3 holds pages. */
#define SV3_LEVEL_LAST 3u

/** Bits of the input address one level resolves: 9, 11 or 13 for granules of 4, 16, 64 KiB. */
static inline unsigned int sv3_vmsa_level_bits(unsigned int granule_lg2)
{
	return granule_lg2 - 3;
}

/** log2 of the bytes one descriptor at @level spans. */
static inline unsigned int sv3_vmsa_span_lg2(unsigned int granule_lg2, unsigned int level)
{
	return granule_lg2 + (SV3_LEVEL_LAST - level) * sv3_vmsa_level_bits(granule_lg2);
}

/** First level of a stage-1 walk for an input range of @input_size_lg2 bits (64 - TxSZ).
 * [DDI0487 D8.2] */
static inline unsigned int sv3_vmsa_start_level(unsigned int granule_lg2,
						unsigned int input_size_lg2)
{
	return SV3_LEVEL_LAST -
	       (input_size_lg2 - 1 - granule_lg2) / sv3_vmsa_level_bits(granule_lg2);
}

/** Whether a block may stand at @level: 4K at 1 and 2, 16K at 2, 64K at 2 and, with 52-bit output
 * addresses, at 1. [DDI0487 D8.3] */
static inline bool sv3_vmsa_level_has_block(unsigned int granule_lg2, unsigned int level,
					    bool output_is_52)
{
	return level == 2 ||
	       (level == 1 && (granule_lg2 == 12 || (granule_lg2 == 16 && output_is_52)));
}

/** Output-address field of a leaf at @level or, with the granule's own size, of a table descriptor;
 *  48-bit addresses. */
static inline uint64_t sv3_vmsa_output_mask(unsigned int span_lg2)
{
	return SV3_BITS(47, 0) & ~((UINT64_C(1) << span_lg2) - 1);
}

/**
 * sv3_vmsa_output - address in a leaf or table descriptor
 * @span_lg2:     log2 of the bytes a leaf spans; of a table descriptor: the granule
 * @output_is_52: 64 KiB granule with 52-bit addresses: bits 51:48 stand in 15:12
 */
static inline uint64_t sv3_vmsa_output(uint64_t descriptor, unsigned int span_lg2,
				       bool output_is_52)
{
	uint64_t output = descriptor & sv3_vmsa_output_mask(span_lg2);

	if (output_is_52)
		output |= (descriptor & SV3_BITS(15, 12)) << 36;
	return output;
}

/** log2 of the leaves of a contiguous group at @level, 0 where there are none. [DDI0487 D8.7.1] */
static inline unsigned int sv3_vmsa_contiguous_lg2(unsigned int granule_lg2, unsigned int level)
{
	switch (granule_lg2) {
	case 12:
		return level >= 1 ? 4 : 0;
	case 14:
		return level == 3 ? 7 : level == 2 ? 5 : 0;
	default:
		return level >= 2 ? 5 : 0;
	}
}

/** Bytes of the encoded output size (CD.IPS, IDR5.OAS): 32, 36, 40, 42, 44, 48, 52 bits; above:
 *  52. */
static inline unsigned int sv3_vmsa_output_size_lg2(unsigned int encoded)
{
	static const uint8_t bits[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };
	return bits[encoded & 7];
}

/*
 * Dirty state of a stage-1 leaf. [IHI0070 3.13.3.1] [DDI0487 D8.5.2.1]
 *	read-only       DBM = 0, AP[2] = 1
 *	writable-clean  DBM = 1, AP[2] = 1
 *	writable-dirty  DBM = 1, AP[2] = 0
 * With DBM = 0 and AP[2] = 0 a leaf is writable and not tracked.
 */
static inline bool sv3_pte_is_writable_clean(uint64_t pte)
{
	return (pte & (SV3_PTE_DBM | SV3_PTE_AP2_RDONLY)) == (SV3_PTE_DBM | SV3_PTE_AP2_RDONLY);
}

static inline bool sv3_pte_is_writable_dirty(uint64_t pte)
{
	return (pte & (SV3_PTE_DBM | SV3_PTE_AP2_RDONLY)) == SV3_PTE_DBM;
}

#ifdef __cplusplus
}
#endif

#endif
