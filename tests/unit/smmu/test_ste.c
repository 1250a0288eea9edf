/* SPDX-License-Identifier: MIT */
/*
 * test_ste.c - which STEs are illegal, and by which rule? [IHI0070 5.2, 5.2.2]
 *
 * Each illegal value stands next to a legal one.
 */
#include "decode_fx.h"

static enum sv3__rule judge(struct decode *d)
{
	return sv3__ste_decode(&d->smmu, d->ste, &d->context);
}

/* Config: bits 3:1 of word 0. */
#define CONFIG(n)             \
	{                     \
		STE0, 3, 1, n \
	}
/* Granule, size, first level of stage 2. */
#define S2TG(n)                 \
	{                       \
		STE2, 47, 46, n \
	}
#define S2T0SZ(n)               \
	{                       \
		STE2, 37, 32, n \
	}
#define S2SL0(n)                \
	{                       \
		STE2, 39, 38, n \
	}
#define OAS(n)                \
	{                     \
		IDR5, 2, 0, n \
	}
#define STT                   \
	{                     \
		IDR3, 9, 9, 1 \
	}

static const struct decode_row ste_rows[] = {
	{ "the row that the others depart from", "", { { END } } },
	{ "V = 0", "STE_INVALID", { { STE0, 0, 0, 0 } } },
	{ "V = 0 of Config = 0b000", "STE_INVALID", { { STE0, 0, 0, 0 }, CONFIG(0) } },
	{ "Config = 0b000", "", { CONFIG(0) } },
	{ "Config = 0b011 with nothing implemented", "", { CONFIG(3), { IDR0, 1, 0, 0 } } },
	{ "Config = 0b100 with nothing implemented", "", { CONFIG(4), { IDR0, 1, 0, 0 } } },
	{ "stage 1 without S1P", "STE_NO_STAGE1", { CONFIG(5), { IDR0, 1, 1, 0 } } },
	{ "both stages without S1P", "STE_NO_STAGE1", { { IDR0, 1, 1, 0 } } },
	{ "stage 2 without S1P", "", { CONFIG(6), { IDR0, 1, 1, 0 } } },
	{ "stage 2 without S2P", "STE_NO_STAGE2", { CONFIG(6), { IDR0, 0, 0, 0 } } },
	{ "both stages without S2P", "STE_NO_STAGE2", { { IDR0, 0, 0, 0 } } },
	{ "stage 1 without S2P", "", { CONFIG(5), { IDR0, 0, 0, 0 } } },

	/* EATS */
	{ "split-stage ATS of both stages", "", { { STE1, 29, 28, 2 } } },
	{ "split-stage ATS of stage 1", "STE_EATS", { { STE1, 29, 28, 2 }, CONFIG(5) } },
	{ "split-stage ATS of stage 2", "STE_EATS", { { STE1, 29, 28, 2 }, CONFIG(6) } },
	{ "split-stage ATS with S2S", "STE_EATS", { { STE1, 29, 28, 2 }, { STE2, 57, 57, 1 } } },
	{ "split-stage ATS with NS1ATS", "STE_EATS", { { STE1, 29, 28, 2 }, { IDR0, 11, 11, 1 } } },
	{ "split-stage ATS without ATS",
	  "",
	  { { STE1, 29, 28, 2 }, { IDR0, 11, 11, 1 }, { IDR0, 10, 10, 0 } } },
	{ "split-stage ATS of a bypass", "", { { STE1, 29, 28, 2 }, CONFIG(4) } },
	{ "split-stage ATS of an abort", "", { { STE1, 29, 28, 2 }, CONFIG(0) } },
	{ "full ATS of both stages", "", { { STE1, 29, 28, 1 } } },
	{ "full ATS with NS1ATS", "", { { STE1, 29, 28, 1 }, { IDR0, 11, 11, 1 } } },
	{ "full ATS of both stages with S2S",
	  "STE_EATS_S2S",
	  { { STE1, 29, 28, 1 }, { STE2, 57, 57, 1 } } },
	{ "full ATS of stage 2 with S2S",
	  "STE_EATS_S2S",
	  { { STE1, 29, 28, 1 }, { STE2, 57, 57, 1 }, CONFIG(6) } },
	{ "full ATS of stage 1 with S2S",
	  "",
	  { { STE1, 29, 28, 1 }, { STE2, 57, 57, 1 }, CONFIG(5) } },
	{ "full ATS with S2S without ATS",
	  "",
	  { { STE1, 29, 28, 1 }, { STE2, 57, 57, 1 }, { IDR0, 10, 10, 0 } } },
	{ "EATS = 0b11 without DPT checks", "", { { STE1, 29, 28, 3 }, { STE2, 57, 57, 1 } } },

	/* STRW */
	{ "STRW = 0b01 of stage 1", "STE_STRW", { { STE1, 31, 30, 1 }, CONFIG(5) } },
	{ "STRW = 0b11 of stage 1", "STE_STRW", { { STE1, 31, 30, 3 }, CONFIG(5) } },
	{ "STRW = 0b10 of stage 1", "", { { STE1, 31, 30, 2 }, CONFIG(5) } },
	{ "STRW = 0b01 without Hyp", "", { { STE1, 31, 30, 1 }, CONFIG(5), { IDR0, 9, 9, 0 } } },
	{ "STRW = 0b01 of both stages", "", { { STE1, 31, 30, 1 } } },
	{ "STRW = 0b11 of stage 2", "", { { STE1, 31, 30, 3 }, CONFIG(6) } },
	{ "STRW = 0b11 of a bypass", "", { { STE1, 31, 30, 3 }, CONFIG(4) } },

	/* stage 1 */
	{ "S1STALLD where stalls are a choice", "", { { STE1, 27, 27, 1 } } },
	{ "S1STALLD where stalls are absent",
	  "STE_S1STALLD",
	  { { STE1, 27, 27, 1 }, { IDR0, 25, 24, 1 } } },
	{ "S1STALLD where stalls are forced",
	  "STE_S1STALLD",
	  { { STE1, 27, 27, 1 }, { IDR0, 25, 24, 2 } } },
	{ "S1STALLD of stage 2 alone",
	  "",
	  { { STE1, 27, 27, 1 }, { IDR0, 25, 24, 1 }, CONFIG(6) } },
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
	{ "S2S = 1 where stalls are a choice", "", { { STE2, 57, 57, 1 } } },
	{ "S2S = 0 where stalls are absent", "", { { IDR0, 25, 24, 1 } } },
	{ "S2S = 1 where stalls are absent",
	  "STE_S2S",
	  { { STE2, 57, 57, 1 }, { IDR0, 25, 24, 1 } } },
	{ "S2S = 1 where stalls are forced", "", { { STE2, 57, 57, 1 }, { IDR0, 25, 24, 2 } } },
	{ "S2S = 0 where stalls are forced", "STE_S2S", { { IDR0, 25, 24, 2 } } },
	{ "S2S = 0 of stage 1 where stalls are forced", "", { { IDR0, 25, 24, 2 }, CONFIG(5) } },
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
	{ "bit 48 is not of S2TTB in SMMUv3.0", "", { { STE3, 48, 48, 1 }, { AIDR, 7, 0, 0 } } },
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
	  { { STE2, 15, 0, 0x100 }, { IDR0, 18, 18, 0 }, CONFIG(5), { STE1, 31, 30, 2 } } },
	{ "S2VMID = 0x100 of a bypass with 8 bits",
	  "",
	  { { STE2, 15, 0, 0x100 }, { IDR0, 18, 18, 0 }, CONFIG(4) } },
	{ "S2VMID = 0x100 of stage 1 without S2P",
	  "",
	  { { STE2, 15, 0, 0x100 }, { IDR0, 18, 18, 0 }, CONFIG(5), { IDR0, 0, 0, 0 } } },
};

#define STE_ROWS (sizeof(ste_rows) / sizeof(ste_rows[0]))

TEST_C(ste, ste_illegal_each_by_its_rule)
{
	decode_rows(ste_rows, STE_ROWS, judge);
}

/* STE_FETCH is of a read that fails, STE_ABORT of a legal STE. */
TEST_C(ste, ste_illegal_covers_every_rule)
{
	decode_covers(ste_rows, STE_ROWS, "STE_", "STE_FETCH STE_ABORT ");
}

/* [DDI0487 D8.2] First level and tables by granule: every size from every S2SL0, against the table
 * of the digest: level, T0SZ with one table, and down to which T0SZ tables are concatenated. */
TEST_C(ste, s2_geometry_follows_the_table)
{
	static const struct {
		unsigned int tg, sl0, level, single_last, single_first, joined_first;
	} rows[] = {
		{ 0, 2, 0, 24, 16, 16 }, { 0, 1, 1, 33, 25, 21 }, { 0, 0, 2, 42, 34, 30 },
		{ 0, 3, 3, 48, 43, 39 }, { 2, 2, 1, 27, 17, 16 }, { 2, 1, 2, 38, 28, 24 },
		{ 2, 0, 3, 48, 39, 35 }, { 1, 2, 1, 21, 12, 12 }, { 1, 1, 2, 34, 22, 18 },
		{ 1, 0, 3, 47, 35, 31 },
	};
	static const unsigned int granules_lg2[3] = { 12, 16, 14 };

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned int t0sz = 0; t0sz < 64; t0sz++) {
			bool legal = t0sz >= rows[i].joined_first && t0sz <= rows[i].single_last;
			struct decode d;

			decode_init(&d);
			decode_set(&d, IDR5, 2, 0, 6); /* 52 bits */
			decode_set(&d, IDR3, 9, 9, 1); /* STT */
			decode_set(&d, STE2, 47, 46, rows[i].tg);
			decode_set(&d, STE2, 39, 38, rows[i].sl0);
			decode_set(&d, STE2, 37, 32, t0sz);
			if ((judge(&d) == SV3__RULE_NONE) != legal)
				FAIL_C("S2TG %u S2SL0 %u S2T0SZ %u: %s", rows[i].tg, rows[i].sl0,
				       t0sz, legal ? "refused" : "accepted");
			if (!legal)
				continue;
			EXPECT_EQ_U64(d.context.s2.ttb.granule_lg2, granules_lg2[rows[i].tg]);
			EXPECT_EQ_U64(d.context.s2.ttb.start_level, rows[i].level);
			EXPECT_EQ_U64(d.context.s2.ttb.input_size_lg2, 64 - t0sz);
		}
	}
}

/* [DDI0487 D8.2.5.2] Bits below the size of the first table, or of all that are concatenated, count
 * as 0; with 52-bit addresses below 64 bytes. */
TEST_C(ste, s2ttb_is_aligned_to_its_tables)
{
	static const struct {
		unsigned int tg, sl0, t0sz, oas, ps, align_lg2;
	} rows[] = {
		{ 0, 1, 25, 5, 5, 12 }, /* 4K from level 1, 39 bits: one whole table */
		{ 0, 1, 33, 5, 5, 4 },  /* 31 bits: two entries */
		{ 0, 1, 24, 5, 5, 13 }, /* 40 bits: 2 tables */
		{ 0, 1, 21, 5, 5, 16 }, /* 43 bits: 16 tables */
		{ 2, 2, 16, 5, 5, 15 }, /* 16K from level 1, 48 bits: 2 tables */
		{ 1, 1, 18, 5, 5, 20 }, /* 64K from level 2, 46 bits: 16 tables */
		{ 1, 2, 16, 5, 5, 9 },  /* 64K from level 1, 48 bits: 64 entries */
		{ 1, 2, 21, 6, 6, 6 },  /* 43 bits: 2 entries, but 64 bytes */
		{ 1, 2, 21, 6, 5, 4 },  /* S2PS 48 */
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t below = (UINT64_C(1) << rows[i].align_lg2) - 1;
		struct decode d;

		decode_init(&d);
		decode_set(&d, IDR5, 2, 0, rows[i].oas);
		decode_set(&d, STE2, 47, 46, rows[i].tg);
		decode_set(&d, STE2, 39, 38, rows[i].sl0);
		decode_set(&d, STE2, 37, 32, rows[i].t0sz);
		decode_set(&d, STE2, 50, 48, rows[i].ps);
		decode_set(&d, STE3, 51, 4, 0x123456fffff);
		ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
		if (d.context.s2.ttb.table != (UINT64_C(0x123456fffff0) & ~below))
			FAIL_C("row %u: table at %#llx", i,
			       (unsigned long long)d.context.s2.ttb.table);
	}
}
