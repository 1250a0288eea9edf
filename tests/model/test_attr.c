/* SPDX-License-Identifier: MIT */
/*
 * test_attr.c - which memory type and shareability does a result carry? [IHI0070 13.5]
 *
 * The tables of single values are judged in tests/unit/smmu/test_attr.c; here: which of them count
 * for which configuration. Memory is one byte: outer in bits 7:4, inner in 3:0, with 0 Write-Back,
 * 1 Write-Through, 2 Non-cacheable, 3 to 6 Device GRE, nGRE, nGnRE, nGnRnE.
 */
#include "tests/model/machine.h"

#define NON   0u
#define OUTER 2u
#define INNER 3u

/* STE fields: Config, MTCFG = 1 with MemAttr, SHCFG, S2FWB. */
#define CONFIG(n)    CONFIG_EDIT(STE0, 3, 1, n)
#define MEMORY(attr) CONFIG_EDIT(STE1, 36, 32, 16 | (attr))
#define SHCFG(share) CONFIG_EDIT(STE1, 45, 44, share)
#define FWB          CONFIG_EDIT(STE1, 25, 25, 1)
/* MAIR: 0 Write-Back, 1 Write-Through, 2 Non-cacheable, 3 Device-nGnRE. */
#define MAIR CONFIG_EDIT(CD3, 63, 0, 0x0444bbff)

/* What stage 2 maps to FX_DATA. */
#define IPA UINT64_C(0xc2000000)

struct attr_row {
	const char *what;
	struct config_edit edits[CONFIG_EDITS_MAX]; /* the first is Config */
	uint8_t incoming;
	uint8_t index, share1;    /* AttrIndx and SH of the stage-1 leaf */
	uint8_t mem_attr, share2; /* of the stage-2 leaf */
	uint8_t memory, shareability;
};

static const struct attr_row attr_rows[] = {
	/* Stage 1 alone: the leaf, whatever comes in. */
	{ "Write-Back", { CONFIG(5), MAIR }, 0, 0, 3, 0, 0, 0x00, INNER },
	{ "Write-Through", { CONFIG(5), MAIR }, 0x66, 1, 0, 0, 0, 0x11, NON },
	{ "Device", { CONFIG(5), MAIR }, 0, 3, 0, 0, 0, 0x55, OUTER },
	{ "overrides", { CONFIG(5), MAIR, MEMORY(0), SHCFG(0) }, 0, 0, 3, 0, 0, 0x00, INNER },
	/* Stage 2 alone: what comes in, with overrides, combined with the leaf. */
	{ "both Write-Back", { CONFIG(6) }, 0, 0, 0, 15, 3, 0x00, INNER },
	{ "incoming Write-Through", { CONFIG(6) }, 0x11, 0, 0, 15, 3, 0x11, INNER },
	{ "leaf Device", { CONFIG(6) }, 0x11, 0, 0, 2, 3, 0x44, OUTER },
	{ "override Device", { CONFIG(6), MEMORY(1) }, 0, 0, 0, 15, 3, 0x55, OUTER },
	{ "SHCFG and leaf", { CONFIG(6), SHCFG(0) }, 0, 0, 0, 15, 0, 0x00, NON },
	{ "SHCFG is stronger", { CONFIG(6), SHCFG(2) }, 0, 0, 0, 15, 0, 0x00, OUTER },
	{ "FWB", { CONFIG(6), FWB }, 0x66, 0, 0, 6, 3, 0x00, OUTER },
	/* Both: the leaves combined. */
	{ "nested Write-Back", { CONFIG(7), MAIR }, 0x66, 0, 3, 15, 0, 0x00, INNER },
	{ "stage 1 weaker", { CONFIG(7), MAIR }, 0, 0, 3, 10, 2, 0x11, OUTER },
	{ "stage 1 stronger", { CONFIG(7), MAIR }, 0, 2, 3, 10, 0, 0x22, OUTER },
	{ "stage 1 Device", { CONFIG(7), MAIR }, 0, 3, 3, 15, 3, 0x55, OUTER },
	{ "stage 2 Device", { CONFIG(7), MAIR }, 0, 0, 3, 0, 3, 0x66, OUTER },
	{ "FWB Write-Back", { CONFIG(7), MAIR, FWB }, 0, 2, 3, 6, 3, 0x00, OUTER },
	{ "FWB Non-cacheable", { CONFIG(7), MAIR, FWB }, 0, 0, 3, 5, 3, 0x22, OUTER },
	{ "FWB as stage 1", { CONFIG(7), MAIR, FWB }, 0, 1, 0, 7, 3, 0x11, INNER },
	/* Bypass: what comes in, with overrides. */
	{ "bypass", { CONFIG(4) }, 0x20, 0, 0, 0, 0, 0x20, INNER },
	{ "bypass, SHCFG", { CONFIG(4), SHCFG(0) }, 0x20, 0, 0, 0, 0, 0x20, NON },
	{ "bypass, MemAttr", { CONFIG(4), MEMORY(9) }, 0, 0, 0, 0, 0, 0x12, INNER },
	{ "bypass, incoming Device", { CONFIG(4), SHCFG(0) }, 0x33, 0, 0, 0, 0, 0x33, OUTER },
};

static void judge(const struct attr_row *row)
{
	bool stage1 = row->edits[0].value & 1, stage2 = row->edits[0].value & 2;
	struct sv3_txn txn = fx_txn(stage1 ? FX_IOVA : IPA, false);
	struct fx f;

	machine_power_on(&f, row->edits);
	txn.stream_id = 0;
	txn.memory = row->incoming;
	fx_map(&f, FX_IOVA, 3,
	       (stage2 ? IPA : FX_DATA) | FX_PAGE | FX_AF | FX_NG | (uint64_t)row->index << 2 |
		       (uint64_t)row->share1 << 8);
	fx_poke(&f, MACHINE_S2_TABLE + 3 * 8,
		UINT64_C(0x40000000) | FX_BLOCK | FX_AF | 3u << 6 | (uint64_t)row->mem_attr << 2 |
			(uint64_t)row->share2 << 8);
	/* The second time it is a TLB hit, which must say the same. */
	for (unsigned int time = 0; time < 2; time++) {
		uint64_t pa = fx_go(&f, &txn);

		if (pa != (stage1 || stage2 ? FX_DATA : IPA) || f.result.memory != row->memory ||
		    f.result.shareability != row->shareability)
			ctest_fail(__FILE__, __LINE__, "%s, time %u: %#llx memory %#x share %u",
				   row->what, time, (unsigned long long)pa, f.result.memory,
				   f.result.shareability);
	}
	fx_fini(&f);
}

TEST_C(attr, attributes_by_configuration)
{
	for (size_t i = 0; i < sizeof(attr_rows) / sizeof(attr_rows[0]); i++)
		judge(&attr_rows[i]);
}

/* What came in is no part of a TLB entry: where it counts, it is that of each access.
 * [IHI0070 13.4] */
TEST_C(attr, incoming_attributes_are_not_cached)
{
	MACHINE(f, CONFIG(6));
	struct sv3_txn txn = fx_txn(IPA, false);

	txn.stream_id = 0;
	fx_poke(&f, MACHINE_S2_TABLE + 3 * 8, UINT64_C(0x40000000) | MACHINE_S2_BLOCK | FX_AF);
	for (unsigned int i = 0; i < 2; i++) {
		static const uint8_t incoming[2] = { 0x00, 0x55 };

		txn.memory = incoming[i];
		fx_go(&f, &txn);
		EXPECT_EQ_U64(f.result.memory, incoming[i]);
		EXPECT_EQ_U64(f.result.shareability, incoming[i] ? OUTER : INNER);
	}
}

/* [IHI0070 13.2] SMMUEN = 0: GBPA, where IDR1.ATTR_TYPES_OVR has it. */
TEST_C(attr, global_bypass)
{
	MACHINE(f, { 0 });
	struct sv3_txn txn = fx_txn(FX_DATA, false);

	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	fx_set_reg(&f, SV3_REG_GBPA, UINT64_C(1) << 31 | 2u << 12 | 1u << 4 | 10);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	EXPECT_EQ_U64(f.result.memory, 0x11);
	EXPECT_EQ_U64(f.result.shareability, OUTER);
	fx_set_reg(&f, SV3_REG_GBPA, UINT64_C(1) << 31 | 1u << 12);
	txn.memory = 0x21;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	EXPECT_EQ_U64(f.result.memory, 0x21);
	EXPECT_EQ_U64(f.result.shareability, INNER);
}
