/* SPDX-License-Identifier: MIT */
/*
 * test_places.c - where do STE and CD stand, and by which rule do they not? [IHI0070 3.4.3, 5.1,
 * 5.2 S1DSS, 5.3, 7.3.3, 7.3.9]
 */
#include "decode_fx.h"

/* The STE of the row's StreamID, through its level-1 descriptor. */
static struct sv3__located ste_of(struct decode *d)
{
	struct sv3__located located = sv3__locate_ste(&d->smmu, d->txn.stream_id);

	if (located.rule == SV3__RULE_NONE && located.two_level)
		located = sv3__locate_ste_level2(&d->smmu, d->txn.stream_id, d->l1std);
	return located;
}

static enum sv3__rule judge_ste(struct decode *d)
{
	return ste_of(d).rule;
}

static struct sv3__located cd_of(struct decode *d)
{
	struct sv3__located located = sv3__locate_cd(&d->smmu, d->ste, &d->txn);

	if (located.rule == SV3__RULE_NONE && located.two_level)
		located = sv3__locate_cd_level2(&d->smmu, d->ste, &d->txn, d->l1cd);
	return located;
}

static enum sv3__rule judge_cd(struct decode *d)
{
	return cd_of(d).rule;
}

/* FMT = 2-level, SPLIT = n, 2^16 entries. */
#define SPLIT(n)                                            \
	{                                                   \
		STRTAB_CFG, 17, 0, 1u << 16 | (n) << 6 | 16 \
	}
#define SPAN(n)                \
	{                      \
		L1STD, 4, 0, n \
	}
#define LOG2SIZE(n)                 \
	{                           \
		STRTAB_CFG, 5, 0, n \
	}
#define TRUNCATE                                           \
	{                                                  \
		CHOICES, 31, 0, SV3_CHOICE_TRUNCATE_STRTAB \
	}

static const struct decode_row sid_rows[] = {
	{ "StreamID 255 of 256", "", { { SID, 0, 0, 255 } } },
	{ "StreamID 256 of 256", "SID_RANGE", { { SID, 0, 0, 256 } } },
	{ "StreamID 0xffffffff of 256", "SID_RANGE", { { SID, 0, 0, 0xffffffff } } },
	{ "StreamID 0xffff with SIDSIZE = 16", "", { { SID, 0, 0, 0xffff }, LOG2SIZE(20) } },
	{ "StreamID 0x10000 with SIDSIZE = 16",
	  "SID_RANGE",
	  { { SID, 0, 0, 0x10000 }, LOG2SIZE(20) } },
	{ "StreamID 0xffffffff with SIDSIZE = 32",
	  "",
	  { { SID, 0, 0, 0xffffffff }, LOG2SIZE(63), { IDR1, 5, 0, 32 } } },
	{ "two levels, StreamID 0x10000", "SID_RANGE", { { SID, 0, 0, 0x10000 }, SPLIT(8u) } },
	{ "Span 0", "SID_L1STD", { SPLIT(8u), SPAN(0) } },
	{ "Span 1, index 0", "", { SPLIT(8u), SPAN(1), { SID, 0, 0, 0x700 } } },
	{ "Span 1, index 1", "SID_SPAN", { SPLIT(8u), SPAN(1), { SID, 0, 0, 0x701 } } },
	{ "Span 9, index 255", "", { SPLIT(8u), SPAN(9), { SID, 0, 0, 0x7ff } } },
	{ "Span 10, SPLIT 8", "SID_L1STD", { SPLIT(8u), SPAN(10) } },
	{ "Span 8, index 127", "", { SPLIT(8u), SPAN(8), { SID, 0, 0, 127 } } },
	{ "Span 8, index 128", "SID_SPAN", { SPLIT(8u), SPAN(8), { SID, 0, 0, 128 } } },
	{ "Span 11, SPLIT 10, index 1023", "", { SPLIT(10u), SPAN(11), { SID, 0, 0, 1023 } } },
	{ "Span 12", "SID_L1STD", { SPLIT(10u), SPAN(12) } },
	{ "Span 31", "SID_L1STD", { SPLIT(10u), SPAN(31) } },
	{ "SPLIT 7 is 6: Span 7", "", { SPLIT(7u), SPAN(7), { SID, 0, 0, 63 } } },
	{ "SPLIT 7 is 6: Span 8", "SID_L1STD", { SPLIT(7u), SPAN(8) } },
	{ "base at 2^47", "", { { STRTAB, 55, 6, UINT64_C(1) << 41 } } },
	{ "base at 2^48", "STRTAB_SIZE", { { STRTAB, 55, 6, UINT64_C(1) << 42 } } },
	{ "base at 2^48, truncated", "", { { STRTAB, 55, 6, UINT64_C(1) << 42 }, TRUNCATE } },
	{ "base at 2^55, two levels",
	  "STRTAB_SIZE",
	  { { STRTAB, 55, 6, UINT64_C(1) << 49 }, SPLIT(8u) } },
	{ "level 2 at 2^48", "STRTAB_SIZE", { SPLIT(8u), { L1STD, 48, 48, 1 } } },
	{ "level 2 at 2^48, truncated", "", { SPLIT(8u), { L1STD, 48, 48, 1 }, TRUNCATE } },
	{ "level 2 at 2^32 with 32 bits",
	  "STRTAB_SIZE",
	  { SPLIT(8u), { L1STD, 32, 32, 1 }, { IDR5, 2, 0, 0 } } },
	{ "the index leads beyond 32 bits",
	  "STRTAB_SIZE",
	  { LOG2SIZE(32), { IDR1, 5, 0, 32 }, { SID, 0, 0, 0x04000000 }, { IDR5, 2, 0, 0 } } },
	{ "the index leads to the end of 32 bits",
	  "",
	  { LOG2SIZE(32), { IDR1, 5, 0, 32 }, { SID, 0, 0, 0x03ffffff }, { IDR5, 2, 0, 0 } } },
};

#define SID_ROWS (sizeof(sid_rows) / sizeof(sid_rows[0]))

TEST_C(places, strtab_linear_2lvl_each_by_its_rule)
{
	decode_rows(sid_rows, SID_ROWS, judge_ste);
}

TEST_C(places, strtab_linear_2lvl_covers_every_rule)
{
	decode_covers(sid_rows, SID_ROWS, "SID_", "");
	decode_covers(sid_rows, SID_ROWS, "STRTAB_", "");
}

static sv3_pa ste_at(const struct decode_edit edits[DECODE_EDITS_MAX])
{
	struct decode d;

	decode_init(&d);
	decode_edits(&d, edits);
	EXPECT_EQ_STR(decode_rule_name(judge_ste(&d)), "");
	return ste_of(&d).pa;
}

#define STE_AT(...) ste_at((const struct decode_edit[DECODE_EDITS_MAX]){ __VA_ARGS__ })

/* [IHI0070 6.3.24, 5.1] Tables are aligned to their size: lower bits count as 0. */
TEST_C(places, ste_addresses)
{
	const uint64_t odd = UINT64_C(0x40123440) >> 6;

	EXPECT_EQ_U64(STE_AT({ SID, 0, 0, 3 }), 0x40100000 + 3 * 64);
	EXPECT_EQ_U64(STE_AT({ SID, 0, 0, 3 }, { STRTAB, 55, 6, odd }), 0x40120000 + 3 * 64);
	EXPECT_EQ_U64(STE_AT({ SID, 0, 0, 0x703 }, SPLIT(8u)), 0x44000000 + 3 * 64);
	EXPECT_EQ_U64(STE_AT({ SID, 0, 0, 0x703 }, SPLIT(8u), { L1STD, 13, 6, 0xff }),
		      0x44000000 + 3 * 64);
	EXPECT_EQ_U64(STE_AT({ SID, 0, 0, 0x703 }, SPLIT(8u), { L1STD, 14, 6, 0x1ff }),
		      0x44004000 + 3 * 64);
	EXPECT_EQ_U64(STE_AT({ STRTAB, 55, 6, (UINT64_C(3) << 47) >> 6 }, TRUNCATE), UINT64_C(1)
											     << 47);
	EXPECT_EQ_U64(STE_AT(SPLIT(8u), { L1STD, 48, 48, 1 }, TRUNCATE), 0x44000000);
}

/* --- CDs --- */

/* Stage 1 with 2^7 CDs, S1DSS = 2; and in two levels. */
#define MANY                    \
	{                       \
		STE0, 63, 59, 7 \
	}
#define DSS(n)                \
	{                     \
		STE1, 1, 0, n \
	}
#define FMT(n)                \
	{                     \
		STE0, 5, 4, n \
	}
#define CONFIG(n)             \
	{                     \
		STE0, 3, 1, n \
	}
#define WITH(id)                                     \
	{                                            \
		SSID, 0, 0, UINT64_C(1) << 32 | (id) \
	}

static const struct decode_row ssid_rows[] = {
	{ "no SubstreamID, one CD", "", { { END } } },
	{ "no SubstreamID, one CD, S1DSS = 0 is ignored", "", { DSS(0) } },
	{ "a SubstreamID, one CD", "SSID_OFF", { WITH(0) } },
	{ "a SubstreamID without SubstreamIDs", "SSID_OFF", { WITH(0), MANY, { IDR1, 10, 6, 0 } } },
	{ "no SubstreamID without SubstreamIDs", "", { MANY, { IDR1, 10, 6, 0 } } },
	{ "no SubstreamID, S1DSS = 0", "DSS_TERMINATE", { MANY } },
	{ "no SubstreamID, S1DSS = 3", "DSS_TERMINATE", { MANY, DSS(3) } },
	{ "no SubstreamID, S1DSS = 2", "", { MANY, DSS(2) } },
	{ "SubstreamID 0, S1DSS = 0", "", { WITH(0), MANY } },
	{ "SubstreamID 0, S1DSS = 1", "", { WITH(0), MANY, DSS(1) } },
	{ "SubstreamID 0, S1DSS = 2", "DSS_SSID0", { WITH(0), MANY, DSS(2) } },
	{ "SubstreamID 1, S1DSS = 2", "", { WITH(1), MANY, DSS(2) } },
	{ "SubstreamID 0, S1DSS = 3", "", { WITH(0), MANY, DSS(3) } },
	{ "SubstreamID 127 of 128", "", { WITH(127), MANY } },
	{ "SubstreamID 128 of 128", "SSID_RANGE", { WITH(128), MANY } },
	{ "SubstreamID 0xffffffff", "SSID_RANGE", { WITH(0xffffffff), MANY } },
	{ "a SubstreamID of a bypass", "SSID_BYPASS", { WITH(1), MANY, CONFIG(4) } },
	{ "a SubstreamID of stage 2 alone", "SSID_BYPASS", { WITH(1), MANY, CONFIG(6) } },
	{ "a valid level-1 descriptor", "", { WITH(1), MANY, FMT(1) } },
	{ "an invalid level-1 descriptor",
	  "SSID_L1CD",
	  { WITH(1), MANY, FMT(1), { L1CD, 0, 0, 0 } } },
	{ "an invalid level-1 descriptor, 64K",
	  "SSID_L1CD",
	  { WITH(1), MANY, FMT(2), { L1CD, 0, 0, 0 } } },
	{ "an invalid level-1 descriptor of a linear table",
	  "",
	  { WITH(1), MANY, { L1CD, 0, 0, 0 } } },
	{ "level 2 at 2^47", "", { WITH(1), MANY, FMT(1), { L1CD, 47, 47, 1 } } },
	{ "level 2 at 2^48", "SSID_L2PTR", { WITH(1), MANY, FMT(1), { L1CD, 48, 48, 1 } } },
	{ "level 2 at 2^55", "SSID_L2PTR", { WITH(1), MANY, FMT(1), { L1CD, 55, 55, 1 } } },
	{ "bits 63:56 are not of L2Ptr", "", { WITH(1), MANY, FMT(1), { L1CD, 63, 56, 0xff } } },
};

#define SSID_ROWS (sizeof(ssid_rows) / sizeof(ssid_rows[0]))

TEST_C(places, ssid_matrix_each_by_its_rule)
{
	decode_rows(ssid_rows, SSID_ROWS, judge_cd);
}

TEST_C(places, ssid_matrix_covers_every_rule)
{
	decode_covers(ssid_rows, SSID_ROWS, "SSID_", "");
	decode_covers(ssid_rows, SSID_ROWS, "DSS_", "");
}

static sv3_pa cd_at(const struct decode_edit edits[DECODE_EDITS_MAX])
{
	struct decode d;

	decode_init(&d);
	decode_edits(&d, edits);
	EXPECT_EQ_STR(decode_rule_name(judge_cd(&d)), "");
	return cd_of(&d).pa;
}

#define CD_AT(...) cd_at((const struct decode_edit[DECODE_EDITS_MAX]){ __VA_ARGS__ })

/* [IHI0070 5.2 S1Fmt, 5.3] Tables are aligned to their size: lower bits count as 0. */
TEST_C(places, cd_addresses)
{
	struct decode d;

	EXPECT_EQ_U64(CD_AT({ END }), 0x40110000);
	EXPECT_EQ_U64(CD_AT({ STE0, 11, 6, 5 }), 0x40110140);
	EXPECT_EQ_U64(CD_AT(WITH(5), MANY), 0x40110000 + 5 * 64);
	EXPECT_EQ_U64(CD_AT(WITH(5), MANY, { STE0, 13, 6, 0xff }), 0x40112000 + 5 * 64);
	EXPECT_EQ_U64(CD_AT(MANY, DSS(2)), 0x40110000);
	/* L2Ptr counts in 4 KiB, with leaves of 64 KiB in those. */
	EXPECT_EQ_U64(CD_AT(WITH(69), MANY, FMT(1), { L1CD, 15, 12, 3 }), 0x45003000 + 5 * 64);
	EXPECT_EQ_U64(CD_AT(WITH(69), MANY, FMT(2), { L1CD, 15, 12, 3 }), 0x45000000 + 69 * 64);
	EXPECT_EQ_U64(CD_AT(WITH(69), MANY, FMT(3)), 0x40110000 + 69 * 64);
	/* The level-1 descriptor itself: two of them, but 64 bytes. */
	decode_init(&d);
	decode_edits(&d, (const struct decode_edit[DECODE_EDITS_MAX]){
				 WITH(69), MANY, FMT(1), { STE0, 7, 6, 3 } });
	EXPECT_EQ_U64(sv3__locate_cd(&d.smmu, d.ste, &d.txn).pa, 0x401100c8);
	EXPECT_TRUE(sv3__locate_cd(&d.smmu, d.ste, &d.txn).two_level);
}
