/* SPDX-License-Identifier: MIT */
/*
 * test_ste.c - which STEs are illegal, and by which rule? [IHI0070 5.2, 5.2.2]
 */
#include "decode_fx.h"

static enum sv3__rule judge(struct decode *d)
{
	return sv3__ste_decode(&d->smmu, d->ste, &d->context);
}

TEST_C(ste, ste_illegal_each_by_its_rule)
{
	decode_rows(&config_rows_ste, judge);
}

TEST_C(ste, ste_illegal_covers_every_rule)
{
	config_rows_cover(&config_rows_ste);
}

/* [DDI0487 D8.2] First level and tables by granule: every size from every S2SL0, against a
 * table: level, T0SZ with one table, and down to which T0SZ tables are concatenated. */
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
		{ 1, 2, 20, 6, 6, 6 },  /* 44 bits: 4 entries, likewise */
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

/* [IHI0070 5.2 S2TTB] SMMUv3.0 has bits 47:4 of it. */
TEST_C(ste, s2ttb_of_smmuv3_0)
{
	struct decode d;

	decode_init(&d);
	decode_set(&d, AIDR, 7, 0, 0);
	decode_set(&d, STE2, 37, 32, 33); /* two entries: aligned to 16 bytes */
	decode_set(&d, STE3, 55, 0, 0xff800000000018);
	ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
	EXPECT_EQ_U64(d.context.s2.ttb.table, 0x800000000010);
}
