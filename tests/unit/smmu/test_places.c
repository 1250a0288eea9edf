/* SPDX-License-Identifier: MIT */
/*
 * test_places.c - where do STE and CD stand, and by which rule do they not? [IHI0070 3.4.3, 5.1,
 * 5.2 S1DSS, 5.3, 7.3.3, 7.3.9]
 */
#include "decode_fx.h"

/* FMT = 2-level, 2^16 entries. */
#define SPLIT(n) CONFIG_EDIT(STRTAB_CFG, 17, 0, 1u << 16 | (n) << 6 | 16)
#define TRUNCATE CONFIG_EDIT(CHOICES, 31, 0, SV3_CHOICE_TRUNCATE_STRTAB)
/* 2^7 CDs, and their format. */
#define MANY    CONFIG_EDIT(STE0, 63, 59, 7)
#define FMT(n)  CONFIG_EDIT(STE0, 5, 4, n)
#define DSS(n)  CONFIG_EDIT(STE1, 1, 0, n)
#define WITH(n) CONFIG_EDIT(SSID, 32, 0, UINT64_C(1) << 32 | (n))

/* The STE of the row's StreamID, through its level-1 descriptor. */
static struct sv3__located ste_of(struct decode *d)
{
	struct sv3__located located = sv3__locate_ste(&d->smmu, d->txn.stream_id);

	if (located.rule == SV3__RULE_NONE && located.two_level)
		located = sv3__locate_ste_level2(&d->smmu, d->txn.stream_id, d->state.words[L1STD]);
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
		located = sv3__locate_cd_level2(&d->smmu, d->ste, &d->txn, d->state.words[L1CD]);
	return located;
}

static enum sv3__rule judge_cd(struct decode *d)
{
	return cd_of(d).rule;
}

TEST_C(places, strtab_linear_2lvl_each_by_its_rule)
{
	decode_rows(&config_rows_sid, judge_ste);
}

TEST_C(places, strtab_linear_2lvl_covers_every_rule)
{
	config_rows_cover(&config_rows_sid);
}

static sv3_pa ste_at(const struct config_edit edits[CONFIG_EDITS_MAX])
{
	struct decode d;

	decode_init(&d);
	decode_edit(&d, edits);
	EXPECT_EQ_STR(decode_rule_name(judge_ste(&d)), "");
	return ste_of(&d).pa;
}

#define STE_AT(...) ste_at((const struct config_edit[CONFIG_EDITS_MAX]){ __VA_ARGS__ })

/* [IHI0070 6.3.24, 5.1] Tables are aligned to their size: lower bits count as 0. */
TEST_C(places, ste_addresses)
{
	const uint64_t odd = UINT64_C(0x40123440) >> 6;

	EXPECT_EQ_U64(STE_AT({ SID, 31, 0, 3 }), 0x40100000 + 3 * 64);
	EXPECT_EQ_U64(STE_AT({ SID, 31, 0, 3 }, { STRTAB, 55, 6, odd }), 0x40120000 + 3 * 64);
	/* 2^16 entries: 4 MiB */
	EXPECT_EQ_U64(STE_AT({ SID, 31, 0, 3 }, { STRTAB, 55, 6, 0x40400000 >> 6 },
			     { STRTAB_CFG, 5, 0, 16 }),
		      0x40400000 + 3 * 64);
	EXPECT_EQ_U64(STE_AT({ SID, 31, 0, 0x703 }, SPLIT(8u)), 0x40240000 + 3 * 64);
	EXPECT_EQ_U64(STE_AT({ SID, 31, 0, 0x703 }, SPLIT(8u), { L1STD, 13, 6, 0xff }),
		      0x40240000 + 3 * 64);
	EXPECT_EQ_U64(STE_AT({ SID, 31, 0, 0x703 }, SPLIT(8u), { L1STD, 14, 6, 0x1ff }),
		      0x40244000 + 3 * 64);
	EXPECT_EQ_U64(STE_AT({ STRTAB, 55, 6, (UINT64_C(3) << 47) >> 6 }, TRUNCATE), UINT64_C(1)
											     << 47);
	EXPECT_EQ_U64(STE_AT(SPLIT(8u), { L1STD, 48, 48, 1 }, TRUNCATE), 0x40240000);
	/* A table larger than any address begins at 0. */
	EXPECT_EQ_U64(STE_AT({ SID, 31, 0, 1 }, { STRTAB_CFG, 5, 0, 57 }), 64);
	EXPECT_EQ_U64(STE_AT({ SID, 31, 0, 1 }, { STRTAB_CFG, 5, 0, 58 }), 64);
	EXPECT_EQ_U64(STE_AT({ SID, 31, 0, 1 }, { STRTAB_CFG, 5, 0, 63 }), 64);
}

/* [IHI0070 6.3.24] The level-1 table: 2^(LOG2SIZE - SPLIT) descriptors of 8 bytes, at least 64. */
TEST_C(places, level1_addresses)
{
	static const struct {
		uint64_t split, log2size, pa;
	} rows[] = {
		{ 6, 16, 0x4012a000 + 0x70 * 8 }, /* 8 KiB */
		{ 8, 16, 0x4012b800 + 0x1c * 8 }, /* 2 KiB */
		{ 10, 16, 0x4012be00 + 7 * 8 },   /* 512 bytes */
		{ 10, 14, 0x4012bf80 + 7 * 8 },   { 10, 13, 0x4012bfc0 + 7 * 8 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decode d;

		decode_init(&d);
		decode_set(&d, STRTAB, 55, 6, 0x4012bfc0 >> 6);
		decode_set(&d, STRTAB_CFG, 17, 0, 1u << 16 | rows[i].split << 6 | rows[i].log2size);
		EXPECT_EQ_U64(sv3__locate_ste(&d.smmu, 0x1c03).pa, rows[i].pa);
		EXPECT_TRUE(sv3__locate_ste(&d.smmu, 0x1c03).two_level);
		/* Without two-level tables the format is linear. */
		decode_set(&d, IDR0, 28, 27, 0);
		EXPECT_FALSE(sv3__locate_ste(&d.smmu, 0x1c03).two_level);
	}
}

/* --- CDs --- */

TEST_C(places, ssid_matrix_each_by_its_rule)
{
	decode_rows(&config_rows_ssid, judge_cd);
}

TEST_C(places, ssid_matrix_covers_every_rule)
{
	config_rows_cover(&config_rows_ssid);
}

static sv3_pa cd_at(const struct config_edit edits[CONFIG_EDITS_MAX])
{
	struct decode d;

	decode_init(&d);
	decode_edit(&d, edits);
	EXPECT_EQ_STR(decode_rule_name(judge_cd(&d)), "");
	return cd_of(&d).pa;
}

#define CD_AT(...) cd_at((const struct config_edit[CONFIG_EDITS_MAX]){ __VA_ARGS__ })

/* [IHI0070 5.2 S1Fmt, 5.3] Tables are aligned to their size: lower bits count as 0. */
TEST_C(places, cd_addresses)
{
	struct decode d;

	EXPECT_EQ_U64(CD_AT({ 0 }), 0x40110000);
	EXPECT_EQ_U64(CD_AT({ STE0, 11, 6, 5 }), 0x40110140);
	EXPECT_EQ_U64(CD_AT(WITH(5), MANY), 0x40110000 + 5 * 64);
	EXPECT_EQ_U64(CD_AT(WITH(5), MANY, { STE0, 13, 6, 0xff }), 0x40112000 + 5 * 64);
	EXPECT_EQ_U64(CD_AT(MANY, DSS(2)), 0x40110000);
	/* L2Ptr counts in 4 KiB, with leaves of 64 KiB in those. */
	EXPECT_EQ_U64(CD_AT(WITH(69), MANY, FMT(1), { L1CD, 15, 12, 0xb }), 0x4026b000 + 5 * 64);
	EXPECT_EQ_U64(CD_AT(WITH(69), MANY, FMT(2), { L1CD, 15, 12, 0xb }), 0x40260000 + 69 * 64);
	EXPECT_EQ_U64(CD_AT(WITH(69), MANY, FMT(3)), 0x40110000 + 69 * 64);
	EXPECT_EQ_U64(CD_AT(WITH(600), FMT(2), { STE0, 63, 59, 10 }), 0x40260000 + 600 * 64);
	/* The level-1 descriptor itself: two of them, but 64 bytes. */
	decode_init(&d);
	decode_edit(&d, (const struct config_edit[CONFIG_EDITS_MAX]){
				WITH(69), MANY, FMT(1), { STE0, 7, 6, 3 } });
	EXPECT_EQ_U64(sv3__locate_cd(&d.smmu, d.ste, &d.txn).pa, 0x401100c8);
	EXPECT_TRUE(sv3__locate_cd(&d.smmu, d.ste, &d.txn).two_level);
	/* 2^10 CDs in leaves of 64: 16 level-1 descriptors, 128 bytes. */
	decode_set(&d, STE0, 63, 59, 10);
	EXPECT_EQ_U64(sv3__locate_cd(&d.smmu, d.ste, &d.txn).pa, 0x40110088);
	decode_set(&d, STE0, 5, 4, 2);
	EXPECT_EQ_U64(sv3__locate_cd(&d.smmu, d.ste, &d.txn).pa, 0x401100c0);
	/* Leaves of 1024: that of SubstreamID 1030 is the second. */
	decode_set(&d, IDR1, 10, 6, 20);
	decode_set(&d, STE0, 63, 59, 12);
	decode_set(&d, SSID, 31, 0, 1030);
	EXPECT_EQ_U64(sv3__locate_cd(&d.smmu, d.ste, &d.txn).pa, 0x401100c8);
	decode_set(&d, STE0, 63, 59, 10);
	/* Leaves of 1024: of SubstreamID 600, too, it is the first. */
	decode_set(&d, SSID, 31, 0, 600);
	EXPECT_EQ_U64(sv3__locate_cd(&d.smmu, d.ste, &d.txn).pa, 0x401100c0);
}
