/* SPDX-License-Identifier: MIT */
/*
 * test_cd.c - which CDs are illegal and by which rule, and what does a legal one mean?
 * [IHI0070 5.4, 5.4.1, 5.4.2, 5.5]
 *
 * Each illegal value stands next to a legal one. The STE is nested unless a row says otherwise.
 */
#include "decode_fx.h"

static enum sv3__rule judge(struct decode *d)
{
	enum sv3__rule rule = sv3__ste_decode(&d->smmu, d->ste, &d->context);

	return rule == SV3__RULE_NONE ? sv3__cd_decode(&d->smmu, d->ste, d->cd, &d->context) : rule;
}

/* StreamWorld EL2, EL2-E2H: stage 1 alone, STRW = 0b10. */
#define EL2                     \
	{ STE0, 3, 1, 5 },      \
	{                       \
		STE1, 31, 30, 2 \
	}
#define EL2_E2H                                 \
	{ STE0, 3, 1, 5 }, { STE1, 31, 30, 2 }, \
	{                                       \
		CR2, 0, 0, 1                    \
	}
#define T0SZ(n)              \
	{                    \
		CD0, 5, 0, n \
	}
#define TG0(n)               \
	{                    \
		CD0, 7, 6, n \
	}
#define T1SZ(n)                \
	{                      \
		CD0, 21, 16, n \
	}
#define TG1(n)                 \
	{                      \
		CD0, 23, 22, n \
	}
#define EPD0                   \
	{                      \
		CD0, 14, 14, 1 \
	}
#define EPD1                   \
	{                      \
		CD0, 30, 30, 1 \
	}
#define OAS(n)                \
	{                     \
		IDR5, 2, 0, n \
	}
#define VAX(n)                  \
	{                       \
		IDR5, 11, 10, n \
	}
#define STT                   \
	{                     \
		IDR3, 9, 9, 1 \
	}

static const struct decode_row cd_rows[] = {
	{ "the row that the others depart from", "", { { END } } },
	{ "V = 0", "CD_INVALID", { { CD0, 31, 31, 0 } } },
	{ "V = 0 and all the rest wrong", "CD_INVALID", { { CD0, 63, 0, 0 } } },
	{ "AA64 = 0", "CD_AA64", { { CD0, 41, 41, 0 } } },
	{ "AA64 = 0 without any table", "CD_AA64", { { CD0, 41, 41, 0 }, EPD0, EPD1 } },

	/* ENDI */
	{ "ENDI = 1 where tables are mixed", "", { { CD0, 15, 15, 1 } } },
	{ "ENDI = 1 where tables are little",
	  "CD_ENDI",
	  { { CD0, 15, 15, 1 }, { IDR0, 22, 21, 2 } } },
	{ "ENDI = 0 where tables are little", "", { { IDR0, 22, 21, 2 } } },
	{ "ENDI = 0 where tables are big",
	  "CD_ENDI",
	  { { STE2, 52, 52, 1 }, { IDR0, 22, 21, 3 } } },
	{ "ENDI = 1 where tables are big",
	  "",
	  { { CD0, 15, 15, 1 }, { STE2, 52, 52, 1 }, { IDR0, 22, 21, 3 } } },
	{ "ENDI = 1 where tables are little, one table",
	  "CD_ENDI",
	  { { CD0, 15, 15, 1 }, { IDR0, 22, 21, 2 }, EPD1 } },
	{ "ENDI = 1 where tables are little, no table",
	  "",
	  { { CD0, 15, 15, 1 }, { IDR0, 22, 21, 2 }, EPD0, EPD1 } },
	{ "ENDI = 1 where tables are little, EL2: EPD is ignored",
	  "CD_ENDI",
	  { { CD0, 15, 15, 1 }, { IDR0, 22, 21, 2 }, EPD0, EPD1, EL2 } },

	/* S, A */
	{ "S = 1 where stalls are a choice", "", { { CD0, 44, 44, 1 } } },
	{ "S = 1 where stalls are absent", "CD_S", { { CD0, 44, 44, 1 }, { IDR0, 25, 24, 1 } } },
	{ "S = 0 where stalls are absent", "", { { IDR0, 25, 24, 1 } } },
	{ "S = 0 where stalls are forced", "CD_S", { { STE2, 57, 57, 1 }, { IDR0, 25, 24, 2 } } },
	{ "S = 1 where stalls are forced",
	  "",
	  { { CD0, 44, 44, 1 }, { STE2, 57, 57, 1 }, { IDR0, 25, 24, 2 } } },
	{ "S = 1 with S1STALLD", "CD_S1STALLD", { { CD0, 44, 44, 1 }, { STE1, 27, 27, 1 } } },
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
	{ "TG0 = 0 without 4K", "CD_TG", { { IDR5, 4, 4, 0 }, { STE2, 47, 46, 2 }, TG1(1) } },
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
	{ "bit 48 is not of TTB0 in SMMUv3.0", "", { { CD1, 48, 48, 1 }, { AIDR, 7, 0, 0 } } },
	{ "bits 63:52 are not of TTB0", "", { { CD1, 63, 52, 0xfff } } },
	{ "TTB1 = 2^48", "CD_TTB", { { CD2, 48, 48, 1 } } },
	{ "TTB1 = 2^48 with EPD1", "", { { CD2, 48, 48, 1 }, EPD1 } },
	{ "TTB1 = 2^48 of EL2", "", { { CD2, 48, 48, 1 }, EL2 } },
};

#define CD_ROWS (sizeof(cd_rows) / sizeof(cd_rows[0]))

TEST_C(cd, cd_illegal_each_by_its_rule)
{
	decode_rows(cd_rows, CD_ROWS, judge);
}

/* CD_FETCH is of a read that fails. */
TEST_C(cd, cd_illegal_covers_every_rule)
{
	decode_covers(cd_rows, CD_ROWS, "CD_", "CD_FETCH ");
}

/* A CD after the edits, which must be legal. */
static struct sv3__context decoded(const struct decode_edit edits[DECODE_EDITS_MAX])
{
	struct decode d;

	decode_init(&d);
	decode_edits(&d, edits);
	EXPECT_EQ_STR(decode_rule_name(judge(&d)), "");
	return d.context;
}

#define DECODED(...) decoded((const struct decode_edit[DECODE_EDITS_MAX]){ __VA_ARGS__ })

/* [DDI0487 D8.2] Granule, first level, alignment; 52-bit addresses down to 64 bytes. */
TEST_C(cd, tables_have_their_geometry)
{
	static const struct {
		uint64_t tg0, tg1, txsz, oas;
		unsigned int granule_lg2, level, align_lg2;
		bool is_52;
	} rows[] = {
		{ 0, 2, 16, 5, 12, 0, 12, false }, { 0, 2, 25, 5, 12, 1, 12, false },
		{ 0, 2, 39, 5, 12, 2, 7, false },  { 0, 2, 48, 5, 12, 3, 7, false },
		{ 2, 1, 16, 5, 14, 0, 4, false },  { 2, 1, 17, 5, 14, 1, 14, false },
		{ 1, 3, 16, 5, 16, 1, 9, false },  { 1, 3, 12, 6, 16, 1, 13, true },
		{ 1, 3, 21, 6, 16, 1, 6, true },   { 1, 3, 21, 5, 16, 1, 4, false },
		{ 2, 1, 16, 6, 14, 0, 6, false },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t base = UINT64_C(0x6543210fffff0);
		struct decode d;

		if (rows[i].oas == 5 || !rows[i].is_52)
			base &= (UINT64_C(1) << 48) - 1;
		decode_init(&d);
		decode_set(&d, IDR3, 9, 9, 1);
		decode_set(&d, IDR5, 2, 0, rows[i].oas);
		decode_set(&d, IDR5, 11, 10, 1);
		decode_set(&d, CD0, 34, 32, 7);
		decode_set(&d, CD0, 7, 6, rows[i].tg0);
		decode_set(&d, CD0, 23, 22, rows[i].tg1);
		decode_set(&d, CD0, 5, 0, rows[i].txsz);
		decode_set(&d, CD0, 21, 16, rows[i].txsz);
		decode_set(&d, CD1, 51, 4, base >> 4);
		decode_set(&d, CD2, 51, 4, base >> 4);
		ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
		for (unsigned int half = 0; half < 2; half++) {
			const struct sv3__ttb *ttb = &d.context.ttb[half];

			EXPECT_EQ_U64(ttb->granule_lg2, rows[i].granule_lg2);
			EXPECT_EQ_U64(ttb->start_level, rows[i].level);
			EXPECT_EQ_U64(ttb->input_size_lg2, 64 - rows[i].txsz);
			EXPECT_EQ_U64(ttb->output_is_52, rows[i].is_52);
			if (ttb->table != (base >> rows[i].align_lg2 << rows[i].align_lg2))
				FAIL_C("row %u: TTB%u at %#llx", i, half,
				       (unsigned long long)ttb->table);
		}
	}
}

/* [IHI0070 5.4] Where each field goes; both halves apart. */
TEST_C(cd, fields)
{
	struct sv3__context context = DECODED({ END });

	EXPECT_TRUE(context.abort && context.record);
	EXPECT_FALSE(context.stall || context.affd || context.wxn || context.pan || context.aset);
	EXPECT_FALSE(context.ha || context.hd || context.big_endian);
	EXPECT_EQ_U64(context.tag_context, 5u << 16 | 7u);
	EXPECT_EQ_U64(context.ttb[0].table, 0x42000000);
	EXPECT_EQ_U64(context.ttb[1].table, 0x43000000);
	EXPECT_EQ_U64(context.output_size_lg2, 48);
	EXPECT_EQ_U64(context.ttb[0].walk_memory, 0x22); /* IR and OR 0: Non-cacheable */

	EXPECT_FALSE(DECODED({ CD0, 46, 46, 0 }).abort);
	EXPECT_FALSE(DECODED({ CD0, 45, 45, 0 }).record);
	EXPECT_TRUE(DECODED({ CD0, 44, 44, 1 }).stall);
	EXPECT_TRUE(DECODED({ CD0, 35, 35, 1 }).affd);
	EXPECT_TRUE(DECODED({ CD0, 36, 36, 1 }).wxn);
	EXPECT_TRUE(DECODED({ CD0, 40, 40, 1 }).pan);
	EXPECT_TRUE(DECODED({ CD0, 47, 47, 1 }).aset);
	EXPECT_TRUE(DECODED({ CD0, 15, 15, 1 }).big_endian);
	EXPECT_EQ_U64(DECODED({ CD0, 34, 32, 2 }).output_size_lg2, 40);
	EXPECT_EQ_U64(DECODED({ CD0, 34, 32, 7 }).output_size_lg2, 48);
	EXPECT_EQ_U64(DECODED({ CD0, 34, 32, 7 }, OAS(6)).output_size_lg2, 52);
	EXPECT_EQ_U64(DECODED({ CD3, 63, 0, 0x0123456789abcdef }).mair, 0x0123456789abcdef);
	EXPECT_TRUE(DECODED({ CD0, 38, 38, 1 }).ttb[0].top_byte_ignored);
	EXPECT_FALSE(DECODED({ CD0, 38, 38, 1 }).ttb[1].top_byte_ignored);
	EXPECT_TRUE(DECODED({ CD0, 39, 39, 1 }).ttb[1].top_byte_ignored);
	EXPECT_TRUE(DECODED(EPD0).ttb[0].disabled);
	EXPECT_FALSE(DECODED(EPD0).ttb[1].disabled);
	EXPECT_TRUE(DECODED(EPD1).ttb[1].disabled);
	EXPECT_TRUE(DECODED({ CD1, 1, 1, 1 }).ttb[0].no_hierarchy);
	EXPECT_FALSE(DECODED({ CD1, 1, 1, 1 }).ttb[1].no_hierarchy);
	EXPECT_TRUE(DECODED({ CD2, 1, 1, 1 }).ttb[1].no_hierarchy);
	EXPECT_FALSE(DECODED({ CD2, 1, 1, 1 }, { IDR3, 2, 2, 0 }).ttb[1].no_hierarchy);
	EXPECT_EQ_U64(DECODED({ CD0, 9, 8, 1 }).ttb[0].walk_memory, 0x20);
	EXPECT_EQ_U64(DECODED({ CD0, 11, 10, 2 }).ttb[0].walk_memory, 0x12);
	EXPECT_EQ_U64(DECODED({ CD0, 25, 24, 3 }).ttb[1].walk_memory, 0x20);
	EXPECT_EQ_U64(DECODED({ CD0, 27, 26, 1 }).ttb[1].walk_memory, 0x02);
}

/* [IHI0070 5.4 HA] {HD, HA} = 0b10 does nothing. */
TEST_C(cd, dirty_state_needs_the_access_flag)
{
	EXPECT_TRUE(DECODED({ CD0, 43, 42, 3 }).hd);
	EXPECT_TRUE(DECODED({ CD0, 43, 42, 2 }).ha);
	EXPECT_FALSE(DECODED({ CD0, 43, 42, 2 }).hd);
	EXPECT_FALSE(DECODED({ CD0, 43, 42, 1 }).hd);
	EXPECT_FALSE(DECODED({ CD0, 43, 42, 1 }).ha);
}

/* [IHI0070 5.4.1] EL2 has one table, no ASIDs, nothing unprivileged; with E2H it is like EL1. */
TEST_C(cd, el2_is_smaller)
{
	struct sv3__context el2 = DECODED({ CD0, 47, 47, 1 }, { CD0, 40, 40, 1 }, EPD0, EL2);
	struct sv3__context e2h = DECODED({ CD0, 47, 47, 1 }, { CD0, 40, 40, 1 }, EL2_E2H);

	EXPECT_FALSE(el2.ttb[0].disabled);
	EXPECT_TRUE(el2.ttb[1].disabled);
	EXPECT_EQ_U64(el2.tag_context, 0);
	EXPECT_FALSE(el2.aset || el2.pan);

	EXPECT_FALSE(e2h.ttb[0].disabled || e2h.ttb[1].disabled);
	EXPECT_EQ_U64(e2h.tag_context, 7);
	EXPECT_TRUE(e2h.aset && e2h.pan);
}
