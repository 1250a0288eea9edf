/* SPDX-License-Identifier: MIT */
/*
 * test_attr.c - which memory type and shareability does an access leave with? [IHI0070 13]
 * [DDI0487 D8.6]
 *
 * Memory attributes are written as one byte: outer in bits 7:4, inner in 3:0, with 0 Write-Back,
 * 1 Write-Through, 2 Non-cacheable, 3 to 6 Device GRE, nGRE, nGnRE, nGnRnE.
 */
#include "decode_fx.h"

#define NON   0u
#define OUTER 2u
#define INNER 3u

static bool is(struct sv3__attributes got, unsigned int memory, unsigned int shareability)
{
	return got.memory == memory && got.shareability == shareability;
}

/* MemAttr[3:0]. [DDI0487 D8.6.5, Table D8-96] [IHI0070 5.2 MemAttr] 4, 8 and 12 are reserved. */
static const uint8_t mem_attr_table[16] = { 0x66, 0x55, 0x44, 0x33, 0x66, 0x22, 0x21, 0x20,
					    0x66, 0x12, 0x11, 0x10, 0x66, 0x02, 0x01, 0x00 };

TEST_C(attr, mem_attr)
{
	for (uint64_t mem_attr = 0; mem_attr < 16; mem_attr++)
		EXPECT_EQ_U64(sv3__attr_memory(mem_attr), mem_attr_table[mem_attr]);
}

/* [IHI0070 5.4 MAIR] Every byte of MAIR by its two halves. */
TEST_C(attr, mair)
{
	/* Attr[7:4] of Normal memory, and likewise Attr[3:0]; 0 of Attr[3:0] is reserved and
	 * Write-Through. */
	static const uint8_t normal[16] = { 1, 1, 1, 1, 2, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0 };
	static const uint8_t device[16] = { 6, 6, 6, 6, 5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 3, 3 };

	for (uint64_t byte = 0; byte < 256; byte++) {
		for (uint64_t index = 0; index < 8; index++) {
			struct sv3__context context = {
				.mair = byte << 8 * index | (UINT64_C(0x44) << 8 * (index ^ 1))
			};
			unsigned int want = byte < 16
						    ? device[byte] * 0x11u
						    : normal[byte >> 4] * 0x10u + normal[byte & 15];

			if (sv3__attr_stage1(&context, index << 2).memory != want)
				FAIL_C("MAIR byte %#x of AttrIndx %u: not %#x", (unsigned int)byte,
				       (unsigned int)index, want);
		}
	}
}

/* [DDI0487 D8.6.2] SH of a stage-1 leaf counts for what is cacheable; the rest is Outer. */
TEST_C(attr, stage1_shareability)
{
	static const uint8_t shares[4] = { NON, NON, OUTER, INNER };

	for (uint64_t sh = 0; sh < 4; sh++) {
		struct sv3__context context = { .mair = UINT64_C(0x4f0400441bff) };

		EXPECT_TRUE(is(sv3__attr_stage1(&context, 0 << 2 | sh << 8), 0x00, shares[sh]));
		EXPECT_TRUE(is(sv3__attr_stage1(&context, 1 << 2 | sh << 8), 0x11, shares[sh]));
		EXPECT_TRUE(is(sv3__attr_stage1(&context, 2 << 2 | sh << 8), 0x22, OUTER));
		EXPECT_TRUE(is(sv3__attr_stage1(&context, 3 << 2 | sh << 8), 0x66, OUTER));
		EXPECT_TRUE(is(sv3__attr_stage1(&context, 4 << 2 | sh << 8), 0x55, OUTER));
		EXPECT_TRUE(is(sv3__attr_stage1(&context, 5 << 2 | sh << 8), 0x20, shares[sh]));
	}
}

static struct sv3__attributes stage2(uint8_t memory, uint8_t shareability, uint64_t mem_attr,
				     uint64_t sh, bool fwb)
{
	struct sv3__context context = { .s2.fwb = fwb };

	return sv3__attr_stage2(&context, (struct sv3__attributes){ memory, shareability },
				mem_attr << 2 | sh << 8);
}

/* [DDI0487 D8.6.5, Tables D8-97 and D8-98] [IHI0070 13.1.5] Every pair: the stronger type, inner
 * and outer apart; a Device type takes both. */
TEST_C(attr, stage2_combines_memory)
{
	for (unsigned int s1 = 0; s1 < 16; s1++) {
		for (unsigned int s2 = 0; s2 < 16; s2++) {
			unsigned int one = mem_attr_table[s1], two = mem_attr_table[s2];
			unsigned int outer = one >> 4 > two >> 4 ? one >> 4 : two >> 4;
			unsigned int inner = (one & 15) > (two & 15) ? one & 15 : two & 15;
			unsigned int want = outer << 4 | inner;

			if (stage2((uint8_t)one, INNER, s2, 3, false).memory != want)
				FAIL_C("%#x and %#x: not %#x", one, two, want);
		}
	}
	/* The examples of [IHI0070 13.1.5.1]. */
	EXPECT_EQ_U64(stage2(0x20, INNER, 1, 3, false).memory, 0x55);
	EXPECT_EQ_U64(stage2(0x55, OUTER, 0, 3, false).memory, 0x66);
	EXPECT_TRUE(is(stage2(0x20, INNER, 10, 2, false), 0x21, OUTER));
}

/* [DDI0487 D8.6.7, Table D8-103] */
TEST_C(attr, stage2_combines_shareability)
{
	static const struct {
		unsigned int one, two, want;
	} rows[] = {
		{ OUTER, NON, OUTER },   { OUTER, INNER, OUTER }, { OUTER, OUTER, OUTER },
		{ INNER, OUTER, OUTER }, { INNER, INNER, INNER }, { INNER, NON, INNER },
		{ NON, OUTER, OUTER },   { NON, INNER, INNER },   { NON, NON, NON },
		{ NON, 1, NON }, /* reserved */
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t one = (uint8_t)rows[i].one;

		EXPECT_TRUE(is(stage2(0x00, one, 15, rows[i].two, false), 0x00, rows[i].want));
		/* FWB changes nothing of that. */
		EXPECT_TRUE(is(stage2(0x00, one, 6, rows[i].two, true), 0x00, rows[i].want));
		/* What becomes Device or Non-cacheable is Outer Shareable. */
		EXPECT_TRUE(is(stage2(0x00, one, 5, rows[i].two, false), 0x22, OUTER));
		EXPECT_TRUE(is(stage2(0x00, one, 2, rows[i].two, false), 0x44, OUTER));
	}
}

/* [DDI0487 D8.6.6, Tables D8-100 and D8-101] With FWB stage 2 decides; MemAttr[3] is ignored. */
TEST_C(attr, stage2_with_fwb)
{
	static const uint8_t stage1[] = { 0x00, 0x11, 0x22, 0x20, 0x33, 0x55, 0x66 };

	for (uint64_t bit3 = 0; bit3 < 16; bit3 += 8) {
		for (unsigned int i = 0; i < sizeof(stage1); i++) {
			unsigned int device = stage1[i] > 0x22 && stage1[i] != 0x20;
			unsigned int nc = device ? stage1[i] : 0x22;

			EXPECT_EQ_U64(stage2(stage1[i], OUTER, bit3 | 5, 3, true).memory, nc);
			EXPECT_EQ_U64(stage2(stage1[i], OUTER, bit3 | 6, 3, true).memory, 0x00);
			EXPECT_EQ_U64(stage2(stage1[i], OUTER, bit3 | 7, 3, true).memory,
				      stage1[i]);
			/* reserved: the strongest */
			EXPECT_EQ_U64(stage2(stage1[i], OUTER, bit3 | 4, 3, true).memory, 0x66);
			/* Device types are combined. */
			EXPECT_EQ_U64(stage2(stage1[i], OUTER, bit3 | 1, 3, true).memory,
				      stage1[i] == 0x66 ? 0x66 : 0x55);
			EXPECT_EQ_U64(stage2(stage1[i], OUTER, bit3 | 0, 3, true).memory, 0x66);
		}
	}
	/* Device made Write-Back keeps the domain it had. */
	EXPECT_TRUE(is(stage2(0x66, OUTER, 6, 3, true), 0x00, OUTER));
}

/* --- What comes in --- */

static struct sv3__attributes input(uint64_t mtcfg, uint64_t mem_attr, uint64_t shcfg,
				    uint64_t types_ovr, const struct sv3_txn *txn)
{
	struct decode d;

	decode_init(&d);
	decode_set(&d, IDR1, 27, 27, types_ovr);
	decode_set(&d, STE1, 35, 32, mem_attr);
	decode_set(&d, STE1, 36, 36, mtcfg);
	decode_set(&d, STE1, 45, 44, shcfg);
	EXPECT_EQ_STR(decode_rule_name(sv3__ste_decode(&d.smmu, d.ste, &d.context)), "");
	return sv3__attr_input(&d.context, txn);
}

/* [IHI0070 5.2 MTCFG, SHCFG, 13.1.4] */
TEST_C(attr, ste_overrides)
{
	struct sv3_txn plain = { 0 }, device = { .memory = 0x55 }, mixed = { .memory = 0x20 };

	EXPECT_TRUE(is(input(0, 0, 1, 1, &plain), 0x00, INNER));
	EXPECT_TRUE(is(input(0, 0, 0, 1, &plain), 0x00, NON));
	EXPECT_TRUE(is(input(0, 0, 2, 1, &plain), 0x00, OUTER));
	EXPECT_TRUE(is(input(0, 0, 3, 1, &plain), 0x00, INNER));
	EXPECT_TRUE(is(input(0, 0, 0, 1, &mixed), 0x20, NON));
	EXPECT_TRUE(is(input(0, 0, 0, 1, &device), 0x55, OUTER)); /* always */
	EXPECT_TRUE(is(input(1, 15, 0, 1, &device), 0x00, NON));
	EXPECT_TRUE(is(input(1, 1, 0, 1, &plain), 0x55, OUTER));
	EXPECT_TRUE(is(input(1, 5, 3, 1, &plain), 0x22, OUTER));
	EXPECT_TRUE(is(input(1, 9, 3, 1, &plain), 0x12, INNER));
	/* Without ATTR_TYPES_OVR there are no such fields. */
	EXPECT_TRUE(is(input(1, 1, 0, 0, &plain), 0x00, INNER));
}

/* [IHI0070 13.1.4, Table 13.5] Translated traffic is taken as it comes. */
TEST_C(attr, no_overrides_of_translated_traffic)
{
	struct sv3_txn txn = { .kind = SV3_TXN_ATS_TRANSLATED, .memory = 0x11 };

	EXPECT_TRUE(is(input(1, 1, 0, 1, &txn), 0x11, INNER));
	txn.kind = SV3_TXN_ATS_REQUEST;
	EXPECT_TRUE(is(input(1, 1, 0, 1, &txn), 0x55, OUTER));
}

/* An embedder may hand in any byte; a Device type goes for both caches. */
TEST_C(attr, incoming_types_are_made_real)
{
	for (unsigned int memory = 0; memory < 256; memory++) {
		struct sv3_txn txn = { .memory = (uint8_t)memory };
		struct sv3__attributes got = input(0, 0, 1, 1, &txn);
		unsigned int outer = got.memory >> 4, inner = got.memory & 15;

		EXPECT_TRUE(outer <= 6 && inner <= 6);
		EXPECT_TRUE(outer < 3 ? inner < 3 : inner == outer);
		if (outer >= 3)
			EXPECT_EQ_U64(got.shareability, OUTER);
	}
}

/* [IHI0070 6.3.14, 13.2] SMMUEN = 0: GBPA has the same fields elsewhere. */
TEST_C(attr, global_bypass)
{
	struct sv3_txn txn = { 0 };
	struct decode d;

	decode_init(&d);
	d.smmu.regs[SV3__REG_GBPA] = 1u << 12; /* SHCFG: incoming */
	EXPECT_TRUE(is(sv3__attr_global_bypass(&d.smmu, &txn), 0x00, INNER));
	d.smmu.regs[SV3__REG_GBPA] = 2u << 12;
	EXPECT_TRUE(is(sv3__attr_global_bypass(&d.smmu, &txn), 0x00, OUTER));
	d.smmu.regs[SV3__REG_GBPA] = 0u << 12 | 1u << 4 | 11;
	EXPECT_TRUE(is(sv3__attr_global_bypass(&d.smmu, &txn), 0x10, NON));
	d.smmu.regs[SV3__REG_GBPA] = 0u << 12 | 1u << 4 | 2;
	EXPECT_TRUE(is(sv3__attr_global_bypass(&d.smmu, &txn), 0x44, OUTER));
	decode_set(&d, IDR1, 27, 27, 0);
	txn.memory = 0x11;
	EXPECT_TRUE(is(sv3__attr_global_bypass(&d.smmu, &txn), 0x11, INNER));
}

TEST_C(attr, is_device)
{
	for (unsigned int type = 0; type < 7; type++)
		EXPECT_EQ_INT(sv3__attr_is_device((uint8_t)(type * 0x11)), type >= 3);
	EXPECT_FALSE(sv3__attr_is_device(0x20));
}
