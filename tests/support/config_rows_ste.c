/* SPDX-License-Identifier: MIT */
/*
 * config_rows_ste.c - which STEs are illegal, and by which rule. [IHI0070 5.2, 5.2.2]
 *
 * Each illegal value stands next to a legal one.
 */
#include "config_rows.h"

#define CONFIG(n) CONFIG_EDIT(STE0, 3, 1, n)
#define EATS(n)   CONFIG_EDIT(STE1, 29, 28, n)
#define STRW(n)   CONFIG_EDIT(STE1, 31, 30, n)
#define S2S       CONFIG_EDIT(STE2, 57, 57, 1)
#define S2TG(n)   CONFIG_EDIT(STE2, 47, 46, n)
#define S2T0SZ(n) CONFIG_EDIT(STE2, 37, 32, n)
#define S2SL0(n)  CONFIG_EDIT(STE2, 39, 38, n)
#define OAS(n)    CONFIG_EDIT(IDR5, 2, 0, n)
#define STT       CONFIG_EDIT(IDR3, 9, 9, 1)
#define ATS       CONFIG_EDIT(IDR0, 10, 10, 1)
#define NS1ATS    CONFIG_EDIT(IDR0, 11, 11, 1)
#define HYP       CONFIG_EDIT(IDR0, 9, 9, 1)
/* SMMUv3.0, which has no XNX. */
#define V3_0 CONFIG_EDIT(AIDR, 7, 0, 0), CONFIG_EDIT(IDR3, 4, 4, 0)
/* IDR0.S1P = 0, and HAD with it; IDR0.S2P = 0, and XNX, FWB with it. */
#define NO_STAGE1 CONFIG_EDIT(IDR0, 1, 1, 0), CONFIG_EDIT(IDR3, 2, 2, 0)
#define NO_STAGE2 CONFIG_EDIT(IDR0, 0, 0, 0), CONFIG_EDIT(IDR3, 8, 4, 0)
/* IDR0.STALL_MODEL = 1, and STALL_MAX = 0; 2. */
#define STALLS_ABSENT CONFIG_EDIT(IDR0, 25, 24, 1), CONFIG_EDIT(IDR5, 31, 16, 0)
#define STALLS_FORCED CONFIG_EDIT(IDR0, 25, 24, 2)

static const struct config_row rows[] = {
	{ "the row that the others depart from", "", { { 0 } } },
	{ "V = 0", "STE_INVALID", { { STE0, 0, 0, 0 } } },
	{ "V = 0 of Config = 0b000", "STE_INVALID", { { STE0, 0, 0, 0 }, CONFIG(0) } },
	{ "Config = 0b000", "", { CONFIG(0) } },
	{ "Config = 0b011 without S1P", "", { CONFIG(3), NO_STAGE1 } },
	{ "Config = 0b100 without S1P", "", { CONFIG(4), NO_STAGE1 } },
	{ "stage 1 without S1P", "STE_NO_STAGE1", { CONFIG(5), NO_STAGE1 } },
	{ "both stages without S1P", "STE_NO_STAGE1", { NO_STAGE1 } },
	{ "stage 2 without S1P", "", { CONFIG(6), NO_STAGE1 } },
	{ "stage 2 without S2P", "STE_NO_STAGE2", { CONFIG(6), NO_STAGE2 } },
	{ "both stages without S2P", "STE_NO_STAGE2", { NO_STAGE2 } },
	{ "stage 1 without S2P", "", { CONFIG(5), NO_STAGE2 } },

	/* EATS */
	{ "split-stage ATS of both stages", "", { ATS, EATS(2) } },
	{ "split-stage ATS of stage 1", "STE_EATS", { ATS, EATS(2), CONFIG(5) } },
	{ "split-stage ATS of stage 2", "STE_EATS", { ATS, EATS(2), CONFIG(6) } },
	{ "split-stage ATS with S2S", "STE_EATS", { ATS, EATS(2), S2S } },
	{ "split-stage ATS with NS1ATS", "STE_EATS", { ATS, EATS(2), NS1ATS } },
	{ "split-stage ATS with S2S without ATS", "", { EATS(2), S2S } },
	{ "split-stage ATS of a bypass", "", { ATS, EATS(2), CONFIG(4) } },
	{ "split-stage ATS of an abort", "", { ATS, EATS(2), CONFIG(0) } },
	{ "full ATS of both stages", "", { ATS, EATS(1) } },
	{ "full ATS with NS1ATS", "", { ATS, EATS(1), NS1ATS } },
	{ "full ATS of both stages with S2S", "STE_EATS_S2S", { ATS, EATS(1), S2S } },
	{ "full ATS of stage 2 with S2S", "STE_EATS_S2S", { ATS, EATS(1), S2S, CONFIG(6) } },
	{ "full ATS of stage 1 with S2S", "", { ATS, EATS(1), S2S, CONFIG(5) } },
	/* IMPDEF(I-101): SMMUv3.0 may refuse that, too. */
	{ "full ATS of stage 1 with S2S in SMMUv3.0", "", { ATS, EATS(1), S2S, CONFIG(5), V3_0 } },
	{ "full ATS with S2S without ATS", "", { EATS(1), S2S } },
	{ "EATS = 0b11 without DPT checks", "", { ATS, EATS(3), S2S } },

	/* STRW */
	{ "STRW = 0b01 of stage 1", "STE_STRW", { HYP, STRW(1), CONFIG(5) } },
	{ "STRW = 0b11 of stage 1", "STE_STRW", { HYP, STRW(3), CONFIG(5) } },
	{ "STRW = 0b10 of stage 1", "", { HYP, STRW(2), CONFIG(5) } },
	{ "STRW = 0b01 without Hyp", "", { STRW(1), CONFIG(5) } },
	{ "STRW = 0b01 of both stages", "", { HYP, STRW(1) } },
	{ "STRW = 0b11 of stage 2", "", { HYP, STRW(3), CONFIG(6) } },
	{ "STRW = 0b11 of a bypass", "", { HYP, STRW(3), CONFIG(4) } },

	/* stage 1 */
	{ "S1STALLD where stalls are a choice", "", { { STE1, 27, 27, 1 } } },
	{ "S1STALLD where stalls are absent",
	  "STE_S1STALLD",
	  { { STE1, 27, 27, 1 }, STALLS_ABSENT } },
	{ "S1STALLD where stalls are forced",
	  "STE_S1STALLD",
	  { { STE1, 27, 27, 1 }, STALLS_FORCED } },
	{ "S1STALLD of stage 2 alone", "", { { STE1, 27, 27, 1 }, STALLS_ABSENT, CONFIG(6) } },
	{ "S1CDMax = SSIDSIZE", "", { { STE0, 63, 59, 10 } } },
	{ "S1CDMax = SSIDSIZE + 1", "STE_S1CDMAX", { { STE0, 63, 59, 11 } } },
	{ "S1CDMax = 31 without SubstreamIDs", "", { { STE0, 63, 59, 31 }, { IDR1, 10, 6, 0 } } },
	{ "S1CDMax = 31 of stage 2 alone", "", { { STE0, 63, 59, 31 }, CONFIG(6) } },
	{ "S1Fmt = 1 with CD2L", "", { { STE0, 5, 4, 1 }, { STE0, 63, 59, 1 } } },
	{ "S1Fmt = 1 without CD2L",
	  "STE_S1FMT",
	  { { STE0, 5, 4, 1 }, { STE0, 63, 59, 1 }, { IDR0, 19, 19, 0 } } },
	{ "S1Fmt = 2 without CD2L",
	  "STE_S1FMT",
	  { { STE0, 5, 4, 2 }, { STE0, 63, 59, 1 }, { IDR0, 19, 19, 0 } } },
	{ "S1Fmt = 3 without CD2L",
	  "",
	  { { STE0, 5, 4, 3 }, { STE0, 63, 59, 1 }, { IDR0, 19, 19, 0 } } },
	{ "S1Fmt = 1 without CD2L, one CD", "", { { STE0, 5, 4, 1 }, { IDR0, 19, 19, 0 } } },
	{ "S1ContextPtr at the end of 2^48", "", { { STE0, 55, 6, 0xffffffffffff >> 6 } } },
	{ "S1ContextPtr = 2^48 with stage 2", "STE_S1CONTEXTPTR", { { STE0, 48, 48, 1 } } },
	{ "S1ContextPtr = 2^55 of stage 1",
	  "STE_S1CONTEXTPTR",
	  { { STE0, 55, 55, 1 }, CONFIG(5) } },
	{ "S1ContextPtr = 2^32 with 32 bits",
	  "STE_S1CONTEXTPTR",
	  { { STE0, 32, 32, 1 }, CONFIG(5), OAS(0) } },
	{ "S1ContextPtr = 2^48 of stage 2 alone", "", { { STE0, 48, 48, 1 }, CONFIG(6) } },
	{ "bits 58:56 are not of S1ContextPtr", "", { { STE0, 58, 56, 7 } } },

	/* stage 2: format, stalls, updates */
	{ "S2AA64 = 0", "STE_S2AA64", { { STE2, 51, 51, 0 } } },
	{ "S2AA64 = 0 of stage 1", "", { { STE2, 51, 51, 0 }, CONFIG(5) } },
	{ "S2S = 1 where stalls are a choice", "", { S2S } },
	{ "S2S = 0 where stalls are absent", "", { STALLS_ABSENT } },
	{ "S2S = 1 where stalls are absent", "STE_S2S", { S2S, STALLS_ABSENT } },
	{ "S2S = 1 where stalls are forced", "", { S2S, STALLS_FORCED } },
	{ "S2S = 0 where stalls are forced", "STE_S2S", { STALLS_FORCED } },
	{ "S2S = 0 of stage 1 where stalls are forced", "", { STALLS_FORCED, CONFIG(5) } },
	{ "S2HA and S2HD with HTTU = 2", "", { { STE2, 56, 55, 3 } } },
	{ "S2HD alone with HTTU = 2", "", { { STE2, 56, 55, 1 } } },
	{ "S2HA with HTTU = 1", "", { { STE2, 56, 55, 2 }, { IDR0, 7, 6, 1 } } },
	{ "S2HA and S2HD with HTTU = 1", "STE_S2HTTU", { { STE2, 56, 55, 3 }, { IDR0, 7, 6, 1 } } },
	{ "S2HD with HTTU = 1", "STE_S2HTTU", { { STE2, 56, 55, 1 }, { IDR0, 7, 6, 1 } } },
	{ "S2HA with HTTU = 0", "STE_S2HTTU", { { STE2, 56, 55, 2 }, { IDR0, 7, 6, 0 } } },
	{ "S2HD with HTTU = 0", "STE_S2HTTU", { { STE2, 56, 55, 1 }, { IDR0, 7, 6, 0 } } },
	{ "neither with HTTU = 0", "", { { IDR0, 7, 6, 0 } } },
	{ "S2HA of stage 1 with HTTU = 0",
	  "",
	  { { STE2, 56, 55, 2 }, { IDR0, 7, 6, 0 }, CONFIG(5) } },

	/* stage 2: geometry; the whole of it is s2_geometry_follows_the_table */
	{ "S2TG = 3", "STE_S2TG", { S2TG(3) } },
	{ "S2TG = 0 without 4K", "STE_S2TG", { { IDR5, 4, 4, 0 } } },
	{ "S2TG = 1 without 64K", "STE_S2TG", { S2TG(1), { IDR5, 6, 6, 0 } } },
	{ "S2TG = 2 without 16K", "STE_S2TG", { S2TG(2), { IDR5, 5, 5, 0 } } },
	{ "S2TG = 2 and 40 bits from level 2", "", { S2TG(2) } },
	{ "S2TG = 1 and 40 bits from level 2", "", { S2TG(1) } },
	{ "S2TG = 3 of stage 1", "", { S2TG(3), CONFIG(5) } },
	{ "4K, 48 bits", "", { S2T0SZ(16), S2SL0(2) } },
	{ "4K, 49 bits", "STE_S2T0SZ", { S2T0SZ(15), S2SL0(2) } },
	{ "4K, 49 bits where addresses have 52", "STE_S2T0SZ", { S2T0SZ(15), S2SL0(2), OAS(6) } },
	/* IMPDEF(I-104): SMMUv3.0 may take the nearest legal size. */
	{ "4K, 49 bits in SMMUv3.0", "STE_S2T0SZ", { S2T0SZ(15), S2SL0(2), V3_0 } },
	{ "64K, 49 bits where addresses have 48", "STE_S2T0SZ", { S2TG(1), S2T0SZ(15), S2SL0(2) } },
	{ "64K, 52 bits where addresses have 52", "", { S2TG(1), S2T0SZ(12), S2SL0(2), OAS(6) } },
	{ "64K, 53 bits where addresses have 52",
	  "STE_S2T0SZ",
	  { S2TG(1), S2T0SZ(11), S2SL0(2), OAS(6) } },
	{ "40 bits where addresses have 40", "", { OAS(2) } },
	{ "41 bits where addresses have 40", "STE_S2T0SZ", { S2T0SZ(23), OAS(2) } },
	{ "25 bits", "", { S2T0SZ(39), S2SL0(0) } },
	{ "24 bits", "STE_S2T0SZ", { S2T0SZ(40), S2SL0(3) } },
	{ "24 bits with small tables", "", { S2T0SZ(40), S2SL0(3), STT } },
	{ "16 bits with small tables", "", { S2T0SZ(48), S2SL0(3), STT } },
	{ "15 bits with small tables", "STE_S2T0SZ", { S2T0SZ(49), S2SL0(3), STT } },
	{ "64K, 17 bits with small tables", "", { S2TG(1), S2T0SZ(47), S2SL0(0), STT } },
	{ "64K, 16 bits with small tables", "STE_S2T0SZ", { S2TG(1), S2T0SZ(48), S2SL0(0), STT } },
	{ "S2T0SZ = 63 of stage 1", "", { S2T0SZ(63), CONFIG(5) } },
	/* [DDI0487 VTCR_EL2.SL0] */
	{ "4K from level 3 without small tables", "STE_S2SL0", { S2T0SZ(39), S2SL0(3) } },
	{ "4K from level 3 with small tables", "", { S2T0SZ(39), S2SL0(3), STT } },
	{ "16K, S2SL0 = 3", "STE_S2SL0", { S2TG(2), S2T0SZ(16), S2SL0(3) } },
	{ "64K, S2SL0 = 3", "STE_S2SL0", { S2TG(1), S2T0SZ(16), S2SL0(3) } },
	{ "4K from level 0 where addresses have 42",
	  "STE_S2SL0",
	  { S2T0SZ(24), S2SL0(2), OAS(3) } },
	{ "4K from level 0 where addresses have 44", "", { S2T0SZ(24), S2SL0(2), OAS(4) } },
	{ "16K from level 1 where addresses have 40",
	  "STE_S2SL0",
	  { S2TG(2), S2T0SZ(24), S2SL0(2), OAS(2) } },
	{ "16K from level 1 where addresses have 42",
	  "",
	  { S2TG(2), S2T0SZ(24), S2SL0(2), OAS(3) } },
	{ "64K from level 1 where addresses have 44",
	  "",
	  { S2TG(1), S2T0SZ(21), S2SL0(2), OAS(4) } },
	{ "64K from level 1 where addresses have 42",
	  "STE_S2SL0",
	  { S2TG(1), S2T0SZ(22), S2SL0(2), OAS(3) } },
	{ "16 tables", "", { S2T0SZ(21) } },
	{ "32 tables", "STE_S2SL0_T0SZ", { S2T0SZ(20) } },
	{ "one bit of level 1", "", { S2T0SZ(33) } },
	{ "no bit of level 1", "STE_S2SL0_T0SZ", { S2T0SZ(34) } },
	{ "S2SL0 = 3 of stage 1", "", { S2SL0(3), CONFIG(5) } },

	/* stage 2: table, endianness, VMID */
	{ "S2TTB at the end of 2^48", "", { { STE3, 47, 4, 0xfffffffffff } } },
	{ "S2TTB = 2^48 where addresses have 48", "STE_S2TTB", { { STE3, 48, 48, 1 } } },
	{ "S2TTB = 2^36, S2PS 36 bits", "STE_S2TTB", { { STE3, 36, 36, 1 }, { STE2, 50, 48, 1 } } },
	{ "S2TTB = 2^35, S2PS 36 bits", "", { { STE3, 35, 35, 1 }, { STE2, 50, 48, 1 } } },
	{ "S2TTB = 2^40, S2PS capped to 40 bits", "STE_S2TTB", { { STE3, 40, 40, 1 }, OAS(2) } },
	{ "S2TTB = 2^48 with 4K where addresses have 52",
	  "STE_S2TTB_GRANULE",
	  { { STE3, 48, 48, 1 }, { STE2, 50, 48, 6 }, OAS(6) } },
	{ "S2TTB = 2^48 with 64K where addresses have 52",
	  "",
	  { { STE3, 48, 48, 1 }, { STE2, 50, 48, 6 }, S2TG(1), OAS(6) } },
	{ "S2TTB = 2^48, S2PS 48 bits, where addresses have 52",
	  "STE_S2TTB",
	  { { STE3, 48, 48, 1 }, S2TG(1), OAS(6) } },
	{ "bit 48 is not of S2TTB in SMMUv3.0", "", { { STE3, 48, 48, 1 }, V3_0 } },
	{ "bits 63:52 are not of S2TTB", "", { { STE3, 63, 52, 0xfff } } },
	{ "S2TTB = 2^48 of stage 1", "", { { STE3, 48, 48, 1 }, CONFIG(5) } },
	{ "S2ENDI = 1 where tables are mixed", "", { { STE2, 52, 52, 1 } } },
	{ "S2ENDI = 1 where tables are little",
	  "STE_S2ENDI",
	  { { STE2, 52, 52, 1 }, { IDR0, 22, 21, 2 } } },
	{ "S2ENDI = 0 where tables are little", "", { { IDR0, 22, 21, 2 } } },
	{ "S2ENDI = 1 where tables are big", "", { { STE2, 52, 52, 1 }, { IDR0, 22, 21, 3 } } },
	{ "S2ENDI = 0 where tables are big", "STE_S2ENDI", { { IDR0, 22, 21, 3 } } },
	{ "S2ENDI = 0 of stage 1 where tables are big", "", { { IDR0, 22, 21, 3 }, CONFIG(5) } },
	{ "S2VMID = 0x100 with 16 bits", "", { { STE2, 15, 0, 0x100 } } },
	{ "S2VMID = 0xff with 8 bits", "", { { STE2, 15, 0, 0xff }, { IDR0, 18, 18, 0 } } },
	{ "S2VMID = 0x100 with 8 bits",
	  "STE_S2VMID",
	  { { STE2, 15, 0, 0x100 }, { IDR0, 18, 18, 0 } } },
	{ "S2VMID = 0x100 of stage 1 with 8 bits",
	  "STE_S2VMID",
	  { { STE2, 15, 0, 0x100 }, { IDR0, 18, 18, 0 }, CONFIG(5) } },
	{ "S2VMID = 0x100 of EL2 with 8 bits",
	  "",
	  { { STE2, 15, 0, 0x100 }, { IDR0, 18, 18, 0 }, CONFIG(5), HYP, STRW(2) } },
	{ "S2VMID = 0x100 of a bypass with 8 bits",
	  "",
	  { { STE2, 15, 0, 0x100 }, { IDR0, 18, 18, 0 }, CONFIG(4) } },
	{ "S2VMID = 0x100 of stage 1 without S2P",
	  "",
	  { { STE2, 15, 0, 0x100 }, { IDR0, 18, 18, 0 }, CONFIG(5), NO_STAGE2 } },
};

/* STE_FETCH is of a read that fails, STE_ABORT of a legal STE. */
const struct config_rows config_rows_ste = {
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.prefixes = { "STE_" },
	.except = "STE_FETCH STE_ABORT ",
};
