/* SPDX-License-Identifier: MIT */
/*
 * test_ste.c - which STEs are illegal and by which rule, and what does a legal one mean?
 * [IHI0070 5.2, 5.2.2]
 *
 * Each illegal value stands next to a legal one.
 */
#include "decode_fx.h"

#include <string.h>

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

/* [IHI0070 5.2] Every other field of stage 2 gets where it belongs. */
TEST_C(ste, s2_fields)
{
	static const struct {
		const char *what;
		struct decode_edit edits[DECODE_EDITS_MAX];
		size_t offset;
		uint8_t before, after;
	} rows[] = {
#define S2(member) offsetof(struct sv3__context, s2.member)
		{ "S2S", { { STE2, 57, 57, 1 } }, S2(stall), 0, 1 },
		{ "S2R", { { STE2, 58, 58, 0 } }, S2(record), 1, 0 },
		{ "S2AFFD", { { STE2, 53, 53, 1 } }, S2(affd), 0, 1 },
		{ "S2PTW", { { STE2, 54, 54, 1 } }, S2(ptw), 0, 1 },
		{ "S2PTW of stage 2 alone", { { STE2, 54, 54, 1 }, CONFIG(6) }, S2(ptw), 0, 0 },
		{ "S2ENDI", { { STE2, 52, 52, 1 } }, S2(big_endian), 0, 1 },
		{ "S2FWB", { { STE1, 25, 25, 1 } }, S2(fwb), 0, 1 },
		{ "S2FWB without FWB", { { STE1, 25, 25, 1 }, { IDR3, 8, 8, 0 } }, S2(fwb), 0, 0 },
		{ "S2HA", { { STE2, 56, 56, 1 } }, S2(ha), 0, 1 },
		{ "S2HA alone: no dirty state", { { STE2, 56, 56, 1 } }, S2(hd), 0, 0 },
		{ "S2HA and S2HD", { { STE2, 56, 55, 3 } }, S2(hd), 0, 1 },
		{ "S2HD alone: no dirty state", { { STE2, 55, 55, 1 } }, S2(hd), 0, 0 },
		{ "S2HD alone: no access flag", { { STE2, 55, 55, 1 } }, S2(ha), 0, 0 },
		{ "S2PS", { { STE2, 50, 48, 1 } }, S2(output_size_lg2), 48, 36 },
		{ "S2PS = 7, capped", { { STE2, 50, 48, 7 } }, S2(output_size_lg2), 48, 48 },
		{ "S2PS = 7", { { STE2, 50, 48, 7 }, OAS(6) }, S2(output_size_lg2), 48, 52 },
		{ "52-bit descriptors: 64K", { S2TG(1), OAS(6) }, S2(ttb.output_is_52), 0, 1 },
		{ "52-bit descriptors: 4K", { OAS(6) }, S2(ttb.output_is_52), 0, 0 },
		{ "52-bit descriptors: 48 bits", { S2TG(1) }, S2(ttb.output_is_52), 0, 0 },
		{ "S2IR0 = 0: inner Non-cacheable",
		  { { STE2, 41, 40, 0 } },
		  S2(ttb.walk_memory),
		  0x00,
		  0x02 },
		{ "S2OR0 = 2: outer Write-Through",
		  { { STE2, 43, 42, 2 } },
		  S2(ttb.walk_memory),
		  0x00,
		  0x10 },
		{ "S2IR0 = 3: inner Write-Back",
		  { { STE2, 41, 40, 3 } },
		  S2(ttb.walk_memory),
		  0x00,
		  0x00 },
#undef S2
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decode d;
		uint8_t before, after;

		decode_init(&d);
		ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
		before = ((uint8_t *)&d.context)[rows[i].offset];
		decode_edits(&d, rows[i].edits);
		ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
		after = ((uint8_t *)&d.context)[rows[i].offset];
		if (before != rows[i].before || after != rows[i].after)
			FAIL_C("%s: from %#x to %#x", rows[i].what, before, after);
	}
}

/* [IHI0070 5.2 Config] Which stages translate, and what becomes of the others. */
TEST_C(ste, config_selects_the_stages)
{
	static const struct {
		uint8_t kind;
		bool stage1, stage2, silent;
		uint8_t regime;
	} rows[8] = {
		{ SV3__STREAM_ABORT, false, false, true, 0 },
		{ SV3__STREAM_ABORT, false, false, true, 0 },
		{ SV3__STREAM_ABORT, false, false, true, 0 },
		{ SV3__STREAM_ABORT, false, false, true, 0 },
		{ SV3__STREAM_BYPASS, false, false, false, 0 },
		{ SV3__STREAM_TRANSLATE, true, false, false, SV3__REGIME_EL1 },
		{ SV3__STREAM_TRANSLATE, false, true, false, SV3__REGIME_STAGE2 },
		{ SV3__STREAM_TRANSLATE, true, true, false, SV3__REGIME_EL1 },
	};

	for (unsigned int config = 0; config < 8; config++) {
		struct decode d;

		decode_init(&d);
		decode_set(&d, STE0, 3, 1, config);
		ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
		EXPECT_EQ_INT(d.context.kind, rows[config].kind);
		EXPECT_EQ_INT(d.context.stage1, rows[config].stage1);
		EXPECT_EQ_INT(d.context.stage2, rows[config].stage2);
		EXPECT_EQ_INT(d.context.abort_is_silent_ur, rows[config].silent);
		EXPECT_EQ_INT(d.context.regime, rows[config].regime);
		EXPECT_EQ_INT(d.context.output_size_lg2, 48);
	}
}

/* [IHI0070 5.2 STRW, S2VMID, 3.17] StreamWorld, and the tags that come with it. */
TEST_C(ste, strw_selects_the_regime)
{
	static const struct {
		uint64_t config, strw, e2h, hyp, s2p;
		enum sv3__regime regime;
		uint32_t tag;
	} rows[] = {
		{ 5, 0, 0, 1, 1, SV3__REGIME_EL1, 5u << 16 },
		{ 5, 0, 1, 1, 1, SV3__REGIME_EL1, 5u << 16 },
		{ 5, 2, 0, 1, 1, SV3__REGIME_EL2, 0 },
		{ 5, 2, 1, 1, 1, SV3__REGIME_EL2_E2H, 0 },
		{ 5, 2, 1, 0, 1, SV3__REGIME_EL1, 5u << 16 }, /* no Hyp: STRW is ignored */
		{ 7, 2, 1, 1, 1, SV3__REGIME_EL1, 5u << 16 }, /* stage 2: STRW is ignored */
		{ 6, 2, 1, 1, 1, SV3__REGIME_STAGE2, 5u << 16 },
		{ 5, 0, 0, 1, 0, SV3__REGIME_EL1, 0 }, /* no stage 2: no VMIDs */
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decode d;

		decode_init(&d);
		decode_set(&d, IDR0, 0, 0, rows[i].s2p);
		decode_set(&d, IDR0, 9, 9, rows[i].hyp);
		decode_set(&d, CR2, 0, 0, rows[i].e2h);
		decode_set(&d, STE0, 3, 1, rows[i].config);
		decode_set(&d, STE1, 31, 30, rows[i].strw);
		ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
		EXPECT_EQ_INT(d.context.regime, rows[i].regime);
		EXPECT_EQ_U64(d.context.tag_context, rows[i].tag);
	}
}

/* Stage 2 alone is walked like the lower half of a stage 1: from a nested STE, too. */
TEST_C(ste, context_to_stage2)
{
	struct decode d;

	decode_init(&d);
	ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
	ASSERT_EQ_STR(decode_rule_name(sv3__cd_decode(&d.smmu, d.ste, d.cd, &d.context)), "");
	d.context.aset = true;
	for (unsigned int twice = 0; twice < 2; twice++) {
		sv3__context_to_stage2(&d.context);
		EXPECT_FALSE(d.context.stage1);
		EXPECT_TRUE(d.context.stage2);
		EXPECT_EQ_INT(d.context.regime, SV3__REGIME_STAGE2);
		EXPECT_EQ_U64(d.context.tag_context, 5u << 16);
		EXPECT_FALSE(d.context.aset);
		EXPECT_EQ_U64(d.context.ttb[0].table, 0x41000000);
		EXPECT_EQ_U64(d.context.ttb[0].input_size_lg2, 40);
		EXPECT_FALSE(d.context.ttb[0].disabled);
		EXPECT_FALSE(d.context.ttb[0].top_byte_ignored);
		EXPECT_TRUE(d.context.ttb[1].disabled);
	}
	/* Config = 0b110 comes like that. */
	decode_set(&d, STE0, 3, 1, 6);
	ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
	EXPECT_EQ_U64(d.context.ttb[0].table, 0x41000000);
	EXPECT_TRUE(d.context.ttb[1].disabled);
}

/* [IHI0070 5.2 EATS] Its effective value. */
TEST_C(ste, eats_is_what_counts)
{
	static const struct {
		uint64_t config, eats, ats;
		uint8_t effective;
	} rows[] = {
		{ 7, 0, 1, 0 }, { 7, 1, 1, 1 }, { 7, 2, 1, 2 }, { 7, 3, 1, 0 }, { 5, 1, 1, 1 },
		{ 6, 1, 1, 1 }, { 4, 1, 1, 0 }, { 0, 1, 1, 0 }, { 7, 1, 0, 0 }, { 7, 2, 0, 0 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decode d;

		decode_init(&d);
		decode_set(&d, IDR0, 10, 10, rows[i].ats);
		decode_set(&d, STE0, 3, 1, rows[i].config);
		decode_set(&d, STE1, 29, 28, rows[i].eats);
		ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
		EXPECT_EQ_INT(d.context.eats, rows[i].effective);
	}
}

/* [IHI0070 5.2 S1DSS] Traffic without SubstreamID that skips stage 1. */
TEST_C(ste, s1dss_bypasses_stage1)
{
	for (uint64_t config = 4; config < 8; config++) {
		for (uint64_t dss = 0; dss < 4; dss++) {
			for (uint64_t max = 0; max < 2; max++) {
				bool want = !(config & 1) || (max == 1 && dss == 1);
				struct decode d;

				decode_init(&d);
				decode_set(&d, STE0, 3, 1, config);
				decode_set(&d, STE0, 63, 59, max);
				decode_set(&d, STE1, 1, 0, dss);
				EXPECT_EQ_INT(sv3__ste_bypasses_stage1(&d.smmu, d.ste, &d.txn),
					      want);
				d.txn.substream_valid = true;
				EXPECT_FALSE(sv3__ste_bypasses_stage1(&d.smmu, d.ste, &d.txn));
				/* Without SubstreamIDs there is one CD, and S1DSS is ignored. */
				d.txn.substream_valid = false;
				decode_set(&d, IDR1, 10, 6, 0);
				EXPECT_EQ_INT(sv3__ste_bypasses_stage1(&d.smmu, d.ste, &d.txn),
					      !(config & 1));
			}
		}
	}
}

/* [IHI0070 6.3.2] PRIVCFG and INSTCFG exist by ATTR_PERMS_OVR; what an access asks for is ready. */
TEST_C(ste, access_bits_have_the_overrides)
{
	struct sv3_txn txn = { .instruction = true };
	struct decode d;

	decode_init(&d);
	decode_set(&d, STE1, 49, 48, 3); /* privileged */
	decode_set(&d, STE1, 51, 50, 2); /* data */
	judge(&d);
	EXPECT_EQ_INT(d.context.access_bits[sv3__access_index(&txn)], 1 << SV3__ACCESS_READ_PRIV);
	decode_set(&d, IDR1, 26, 26, 0);
	judge(&d);
	EXPECT_EQ_INT(d.context.access_bits[sv3__access_index(&txn)], 1 << SV3__ACCESS_EXEC_UNPRIV);
}

/* Nothing of an earlier STE is left in a context. */
TEST_C(ste, decoding_begins_anew)
{
	struct decode d, other;

	decode_init(&d);
	decode_init(&other);
	memset(&other.context, 0xff, sizeof(other.context));
	judge(&d);
	judge(&other);
	EXPECT_EQ_MEM(&d.context, &other.context, sizeof(d.context));
	EXPECT_FALSE(d.context.mev);
	decode_set(&d, STE1, 19, 19, 1);
	judge(&d);
	EXPECT_TRUE(d.context.mev);
}
