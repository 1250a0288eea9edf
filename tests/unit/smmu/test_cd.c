/* SPDX-License-Identifier: MIT */
/*
 * test_cd.c - which CDs are illegal and by which rule, and what does a legal one mean?
 * [IHI0070 5.4, 5.4.1, 5.4.2, 5.5]
 */
#include "decode_fx.h"

static enum sv3__rule judge(struct decode *d)
{
	enum sv3__rule rule = sv3__ste_decode(&d->smmu, d->ste, &d->context);

	return rule == SV3__RULE_NONE ? sv3__cd_decode(&d->smmu, d->ste, d->cd, &d->context) : rule;
}

TEST_C(cd, cd_illegal_each_by_its_rule)
{
	decode_rows(&config_rows_cd, judge);
}

TEST_C(cd, cd_illegal_covers_every_rule)
{
	config_rows_cover(&config_rows_cd);
}

#define EPD0   CONFIG_EDIT(CD0, 14, 14, 1)
#define EPD1   CONFIG_EDIT(CD0, 30, 30, 1)
#define OAS(n) CONFIG_EDIT(IDR5, 2, 0, n)
/* StreamWorld EL2: IDR0.Hyp, stage 1 alone, STRW = 0b10; and CR2.E2H. */
#define EL2     CONFIG_EDIT(IDR0, 9, 9, 1), CONFIG_EDIT(STE0, 3, 1, 5), CONFIG_EDIT(STE1, 31, 30, 2)
#define EL2_E2H EL2, CONFIG_EDIT(CR2, 0, 0, 1)

/* A CD after the edits, which must be legal. */
static struct sv3__context decoded(const struct config_edit edits[CONFIG_EDITS_MAX])
{
	struct decode d;

	decode_init(&d);
	decode_edit(&d, edits);
	EXPECT_EQ_STR(decode_rule_name(judge(&d)), "");
	return d.context;
}

#define DECODED(...) decoded((const struct config_edit[CONFIG_EDITS_MAX]){ __VA_ARGS__ })

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
	struct sv3__context context = DECODED({ 0 });

	EXPECT_TRUE(context.abort && context.record);
	EXPECT_FALSE(context.stall || context.affd || context.wxn || context.pan || context.aset);
	EXPECT_FALSE(context.ha || context.hd || context.big_endian);
	EXPECT_EQ_U64(context.tag_context, 5u << 16 | 7u);
	EXPECT_EQ_U64(context.ttb[0].table, 0x41000000);
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
