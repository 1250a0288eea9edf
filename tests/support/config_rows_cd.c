/* SPDX-License-Identifier: MIT */
/*
 * config_rows_cd.c - which CDs are illegal, and by which rule. [IHI0070 5.4, 5.4.2, 5.5]
 *
 * Each illegal value stands next to a legal one. The STE is nested unless a row says otherwise.
 */
#include "config_rows.h"

#define STAGE1_ALONE CONFIG_EDIT(STE0, 3, 1, 5)
/* StreamWorld EL2, EL2-E2H: IDR0.Hyp, STRW = 0b10. */
#define EL2     CONFIG_EDIT(IDR0, 9, 9, 1), STAGE1_ALONE, CONFIG_EDIT(STE1, 31, 30, 2)
#define EL2_E2H EL2, CONFIG_EDIT(CR2, 0, 0, 1)
#define T0SZ(n) CONFIG_EDIT(CD0, 5, 0, n)
#define TG0(n)  CONFIG_EDIT(CD0, 7, 6, n)
#define T1SZ(n) CONFIG_EDIT(CD0, 21, 16, n)
#define TG1(n)  CONFIG_EDIT(CD0, 23, 22, n)
#define EPD0    CONFIG_EDIT(CD0, 14, 14, 1)
#define EPD1    CONFIG_EDIT(CD0, 30, 30, 1)
#define ENDI    CONFIG_EDIT(CD0, 15, 15, 1)
#define STALL   CONFIG_EDIT(CD0, 44, 44, 1)
#define OAS(n)  CONFIG_EDIT(IDR5, 2, 0, n)
#define VAX(n)  CONFIG_EDIT(IDR5, 11, 10, n)
/* SMMUv3.0, which has no XNX. */
#define V3_0 CONFIG_EDIT(AIDR, 7, 0, 0), CONFIG_EDIT(IDR3, 4, 4, 0)
#define STT  CONFIG_EDIT(IDR3, 9, 9, 1)
/* IDR0.STALL_MODEL = 1, and STALL_MAX = 0; 2, and S2S with it. */
#define STALLS_ABSENT CONFIG_EDIT(IDR0, 25, 24, 1), CONFIG_EDIT(IDR5, 31, 16, 0)
#define STALLS_FORCED CONFIG_EDIT(IDR0, 25, 24, 2), CONFIG_EDIT(STE2, 57, 57, 1)
/* IDR0.TTENDIAN */
#define LITTLE CONFIG_EDIT(IDR0, 22, 21, 2)
#define BIG    CONFIG_EDIT(IDR0, 22, 21, 3), STAGE1_ALONE

static const struct config_row rows[] = {
	{ "the row that the others depart from", "", { { 0 } } },
	{ "V = 0", "CD_INVALID", { { CD0, 31, 31, 0 } } },
	{ "V = 0 and all the rest wrong", "CD_INVALID", { { CD0, 63, 0, 0 } } },
	{ "AA64 = 0", "CD_AA64", { { CD0, 41, 41, 0 } } },
	{ "AA64 = 0 without any table", "CD_AA64", { { CD0, 41, 41, 0 }, EPD0, EPD1 } },

	/* ENDI */
	{ "ENDI = 1 where tables are mixed", "", { ENDI } },
	{ "ENDI = 1 where tables are little", "CD_ENDI", { ENDI, LITTLE } },
	{ "ENDI = 0 where tables are little", "", { LITTLE } },
	{ "ENDI = 0 where tables are big", "CD_ENDI", { BIG } },
	{ "ENDI = 1 where tables are big", "", { ENDI, BIG } },
	{ "ENDI = 1 where tables are little, one table", "CD_ENDI", { ENDI, LITTLE, EPD1 } },
	{ "ENDI = 1 where tables are little, the other table", "CD_ENDI", { ENDI, LITTLE, EPD0 } },
	{ "ENDI = 1 where tables are little, no table", "", { ENDI, LITTLE, EPD0, EPD1 } },
	{ "ENDI = 1 where tables are little, EL2: EPD is ignored",
	  "CD_ENDI",
	  { ENDI, LITTLE, EPD0, EPD1, EL2 } },

	/* S, A */
	{ "S = 1 where stalls are a choice", "", { STALL } },
	{ "S = 1 where stalls are absent", "CD_S", { STALL, STALLS_ABSENT } },
	{ "S = 0 where stalls are absent", "", { STALLS_ABSENT } },
	{ "S = 0 where stalls are forced", "CD_S", { STALLS_FORCED } },
	{ "S = 1 where stalls are forced", "", { STALL, STALLS_FORCED } },
	{ "S = 1 with S1STALLD", "CD_S1STALLD", { STALL, { STE1, 27, 27, 1 } } },
	{ "S = 0 with S1STALLD", "", { { STE1, 27, 27, 1 } } },
	{ "A = 0 with TERM_MODEL = 0", "", { { CD0, 46, 46, 0 } } },
	{ "A = 0 with TERM_MODEL = 1", "CD_A", { { CD0, 46, 46, 0 }, { IDR0, 26, 26, 1 } } },
	{ "A = 1 with TERM_MODEL = 1", "", { { IDR0, 26, 26, 1 } } },

	/* HA, HD: {HA, HD} are bits 43 and 42 */
	{ "HA and HD with HTTU = 2", "", { { CD0, 43, 42, 3 } } },
	{ "HD alone with HTTU = 2", "", { { CD0, 43, 42, 1 } } },
	{ "HA with HTTU = 1", "", { { CD0, 43, 42, 2 }, { IDR0, 7, 6, 1 } } },
	{ "HA and HD with HTTU = 1", "CD_HTTU", { { CD0, 43, 42, 3 }, { IDR0, 7, 6, 1 } } },
	{ "HD with HTTU = 1", "CD_HTTU", { { CD0, 43, 42, 1 }, { IDR0, 7, 6, 1 } } },
	{ "HA with HTTU = 0", "CD_HTTU", { { CD0, 43, 42, 2 }, { IDR0, 7, 6, 0 } } },
	{ "HD with HTTU = 0", "CD_HTTU", { { CD0, 43, 42, 1 }, { IDR0, 7, 6, 0 } } },
	{ "neither with HTTU = 0", "", { { IDR0, 7, 6, 0 } } },

	/* ASID */
	{ "ASID = 0x100 with 16 bits", "", { { CD0, 63, 48, 0x100 } } },
	{ "ASID = 0xff with 8 bits", "", { { CD0, 63, 48, 0xff }, { IDR0, 12, 12, 0 } } },
	{ "ASID = 0x100 with 8 bits", "CD_ASID", { { CD0, 63, 48, 0x100 }, { IDR0, 12, 12, 0 } } },
	{ "ASID = 0x100 with 8 bits, EL2-E2H",
	  "CD_ASID",
	  { { CD0, 63, 48, 0x100 }, { IDR0, 12, 12, 0 }, EL2_E2H } },
	{ "ASID = 0x100 with 8 bits, EL2",
	  "",
	  { { CD0, 63, 48, 0x100 }, { IDR0, 12, 12, 0 }, EL2 } },

	/* TG0, TG1 */
	{ "TG0 = 1", "", { TG0(1) } },
	{ "TG0 = 2", "", { TG0(2) } },
	{ "TG0 = 3", "CD_TG", { TG0(3) } },
	{ "TG0 = 3 with EPD0", "", { TG0(3), EPD0 } },
	{ "TG0 = 0 without 4K", "CD_TG", { { IDR5, 4, 4, 0 }, STAGE1_ALONE } },
	{ "TG0 = 2 without 16K", "CD_TG", { TG0(2), { IDR5, 5, 5, 0 } } },
	{ "TG0 = 1 without 64K", "CD_TG", { TG0(1), { IDR5, 6, 6, 0 } } },
	{ "TG1 = 0", "CD_TG", { TG1(0) } },
	{ "TG1 = 0 with EPD1", "", { TG1(0), EPD1 } },
	{ "TG1 = 0 with EPD1 of EL2", "", { TG1(0), EPD1, EL2 } },
	{ "TG1 = 0 of EL2: there is no TTB1", "", { TG1(0), EL2 } },
	{ "TG1 = 0 of EL2-E2H", "CD_TG", { TG1(0), EL2_E2H } },
	{ "TG1 = 1 without 16K", "CD_TG", { TG1(1), { IDR5, 5, 5, 0 } } },
	{ "TG1 = 3 without 16K", "", { TG1(3), { IDR5, 5, 5, 0 } } },
	{ "TG1 = 3 without 64K", "CD_TG", { TG1(3), { IDR5, 6, 6, 0 } } },
	{ "TG0 = 3 with EPD0 of EL2: EPD is ignored", "CD_TG", { TG0(3), EPD0, EL2 } },
	{ "TG0 = 3 with EPD0 of EL2-E2H", "", { TG0(3), EPD0, EL2_E2H } },

	/* T0SZ, T1SZ */
	{ "T0SZ = 15", "CD_TXSZ", { T0SZ(15) } },
	/* IMPDEF(I-104): SMMUv3.0 may take the nearest legal size. */
	{ "T0SZ = 15 in SMMUv3.0", "CD_TXSZ", { T0SZ(15), V3_0 } },
	{ "T0SZ = 39", "", { T0SZ(39) } },
	{ "T0SZ = 40", "CD_TXSZ", { T0SZ(40) } },
	{ "T0SZ = 40 with EPD0", "", { T0SZ(40), EPD0 } },
	{ "T0SZ = 40 with EPD1", "CD_TXSZ", { T0SZ(40), EPD1 } },
	{ "T0SZ = 48 with small tables", "", { T0SZ(48), STT } },
	{ "T0SZ = 49 with small tables", "CD_TXSZ", { T0SZ(49), STT } },
	{ "64K, T0SZ = 47 with small tables", "", { TG0(1), T0SZ(47), STT } },
	{ "64K, T0SZ = 48 with small tables", "CD_TXSZ", { TG0(1), T0SZ(48), STT } },
	{ "16K, T0SZ = 48 with small tables", "", { TG0(2), T0SZ(48), STT } },
	{ "64K, T0SZ = 15", "CD_TXSZ", { TG0(1), T0SZ(15) } },
	{ "64K, T0SZ = 12 with 52-bit addresses", "", { TG0(1), T0SZ(12), VAX(1) } },
	{ "64K, T0SZ = 11 with 52-bit addresses", "CD_TXSZ", { TG0(1), T0SZ(11), VAX(1) } },
	{ "4K, T0SZ = 15 with 52-bit addresses", "CD_TXSZ", { T0SZ(15), VAX(1) } },
	{ "16K, T0SZ = 15 with 52-bit addresses", "CD_TXSZ", { TG0(2), T0SZ(15), VAX(1) } },
	{ "T1SZ = 15", "CD_TXSZ", { T1SZ(15) } },
	{ "T1SZ = 39", "", { T1SZ(39) } },
	{ "T1SZ = 40", "CD_TXSZ", { T1SZ(40) } },
	{ "T1SZ = 40 with EPD1", "", { T1SZ(40), EPD1 } },
	{ "T1SZ = 40 of EL2", "", { T1SZ(40), EL2 } },
	{ "64K, T1SZ = 12 with 52-bit addresses", "", { TG1(3), T1SZ(12), VAX(1) } },
	{ "16K, T1SZ = 12 with 52-bit addresses", "CD_TXSZ", { TG1(1), T1SZ(12), VAX(1) } },

	/* TTB0, TTB1, IPS */
	{ "TTB0 at the end of 2^48", "", { { CD1, 47, 4, 0xfffffffffff } } },
	{ "TTB0 = 2^48", "CD_TTB", { { CD1, 48, 48, 1 } } },
	{ "TTB0 = 2^48 with EPD0", "", { { CD1, 48, 48, 1 }, EPD0 } },
	{ "TTB0 = 2^32, IPS 32 bits", "CD_TTB", { { CD1, 32, 32, 1 }, { CD0, 34, 32, 0 } } },
	{ "TTB0 = 2^31, IPS 32 bits", "", { { CD1, 31, 31, 1 }, { CD0, 34, 32, 0 } } },
	{ "TTB0 = 2^40, IPS 7 capped to 40 bits",
	  "CD_TTB",
	  { { CD1, 40, 40, 1 }, { CD0, 34, 32, 7 }, OAS(2) } },
	{ "TTB0 = 2^39, IPS 7 capped to 40 bits",
	  "",
	  { { CD1, 39, 39, 1 }, { CD0, 34, 32, 7 }, OAS(2) } },
	{ "TTB0 = 2^48 with 64K, IPS 52 bits",
	  "",
	  { { CD1, 48, 48, 1 }, { CD0, 34, 32, 6 }, TG0(1), OAS(6) } },
	{ "TTB0 = 2^48 with 64K, IPS 48 bits", "CD_TTB", { { CD1, 48, 48, 1 }, TG0(1), OAS(6) } },
	{ "TTB0 = 2^48 with 4K, IPS 52 bits",
	  "CD_TTB_GRANULE",
	  { { CD1, 48, 48, 1 }, { CD0, 34, 32, 6 }, OAS(6) } },
	{ "TTB1 = 2^48 with 4K, IPS 52 bits",
	  "CD_TTB_GRANULE",
	  { { CD2, 48, 48, 1 }, { CD0, 34, 32, 6 }, OAS(6) } },
	{ "bit 48 is not of TTB0 in SMMUv3.0", "", { { CD1, 48, 48, 1 }, V3_0 } },
	{ "bits 63:52 are not of TTB0", "", { { CD1, 63, 52, 0xfff } } },
	{ "TTB1 = 2^48", "CD_TTB", { { CD2, 48, 48, 1 } } },
	{ "TTB1 = 2^48 with EPD1", "", { { CD2, 48, 48, 1 }, EPD1 } },
	{ "TTB1 = 2^48 of EL2", "", { { CD2, 48, 48, 1 }, EL2 } },
};

/* CD_FETCH is of a read that fails. */
const struct config_rows config_rows_cd = {
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.prefixes = { "CD_" },
	.except = "CD_FETCH ",
};
