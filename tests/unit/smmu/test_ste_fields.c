/* SPDX-License-Identifier: MIT */
/*
 * test_ste_fields.c - what does a legal STE mean? [IHI0070 5.2]
 */
#include "decode_fx.h"

#include <string.h>

static enum sv3__rule judge(struct decode *d)
{
	return sv3__ste_decode(&d->smmu, d->ste, &d->context);
}

/* [IHI0070 5.2] Every other field of stage 2 gets where it belongs. */
TEST_C(ste, s2_fields)
{
	static const struct {
		const char *what;
		struct config_edit edits[CONFIG_EDITS_MAX];
		size_t offset;
		uint8_t before, after;
	} rows[] = {
#define S2(member) offsetof(struct sv3__context, s2.member)
		{ "S2S", { { STE2, 57, 57, 1 } }, S2(stall), 0, 1 },
		{ "S2R", { { STE2, 58, 58, 0 } }, S2(record), 1, 0 },
		{ "S2AFFD", { { STE2, 53, 53, 1 } }, S2(affd), 0, 1 },
		{ "S2PTW", { { STE2, 54, 54, 1 } }, S2(ptw), 0, 1 },
		{ "S2PTW of stage 2 alone",
		  { { STE2, 54, 54, 1 }, { STE0, 3, 1, 6 } },
		  S2(ptw),
		  0,
		  0 },
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
		{ "S2PS = 7",
		  { { STE2, 50, 48, 7 }, { IDR5, 2, 0, 6 } },
		  S2(output_size_lg2),
		  48,
		  52 },
		{ "52-bit descriptors: 64K",
		  { { STE2, 47, 46, 1 }, { IDR5, 2, 0, 6 } },
		  S2(ttb.output_is_52),
		  0,
		  1 },
		{ "52-bit descriptors: 4K", { { IDR5, 2, 0, 6 } }, S2(ttb.output_is_52), 0, 0 },
		{ "52-bit descriptors: 48 bits",
		  { { STE2, 47, 46, 1 } },
		  S2(ttb.output_is_52),
		  0,
		  0 },
		{ "tables set no limits", { { 0 } }, S2(ttb.no_hierarchy), 1, 1 },
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
		decode_edit(&d, rows[i].edits);
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
		EXPECT_EQ_U64(d.context.ttb[0].table, 0x40200000);
		EXPECT_EQ_U64(d.context.ttb[0].input_size_lg2, 40);
		EXPECT_FALSE(d.context.ttb[0].disabled);
		EXPECT_FALSE(d.context.ttb[0].top_byte_ignored);
		EXPECT_TRUE(d.context.ttb[1].disabled);
	}
	/* Config = 0b110 comes like that. */
	decode_set(&d, STE0, 3, 1, 6);
	ASSERT_EQ_STR(decode_rule_name(judge(&d)), "");
	EXPECT_EQ_U64(d.context.ttb[0].table, 0x40200000);
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
	/* Write, privileged, instruction in bits 0, 1, 2 of the index; a write is data. */
	static const uint8_t plain[8] = { SV3__ACCESS_READ_UNPRIV, SV3__ACCESS_WRITE_UNPRIV,
					  SV3__ACCESS_READ_PRIV,   SV3__ACCESS_WRITE_PRIV,
					  SV3__ACCESS_EXEC_UNPRIV, SV3__ACCESS_WRITE_UNPRIV,
					  SV3__ACCESS_EXEC_PRIV,   SV3__ACCESS_WRITE_PRIV };
	struct decode d;

	decode_init(&d);
	judge(&d);
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ_INT(d.context.access_bits[i], 1 << plain[i]);
	decode_set(&d, STE1, 49, 48, 3); /* privileged */
	decode_set(&d, STE1, 51, 50, 2); /* data */
	judge(&d);
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ_INT(d.context.access_bits[i],
			      1 << (i & 1 ? SV3__ACCESS_WRITE_PRIV : SV3__ACCESS_READ_PRIV));
	decode_set(&d, IDR1, 26, 26, 0);
	judge(&d);
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ_INT(d.context.access_bits[i], 1 << plain[i]);
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
