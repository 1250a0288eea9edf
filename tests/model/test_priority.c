/* SPDX-License-Identifier: MIT */
/*
 * test_priority.c - of two mistakes at once, is the first of the list reported? [IHI0070 7.3.22]
 *
 * One test per pair of neighbours of the list.
 */
#include "tests/model/machine.h"

#include <string.h>

typedef struct config_edit edits[CONFIG_EDITS_MAX];

#define STAGE1_ALONE CONFIG_EDIT(STE0, 3, 1, 5)
#define STAGE2_ALONE CONFIG_EDIT(STE0, 3, 1, 6)
#define CD_NOWHERE   CONFIG_EDIT(STE0, 51, 6, FX_NOWHERE >> 6)

/* One access to a machine, and the rule that it must meet. */
static void expect(const char *what, const struct config_edit *state, const char *rule)
{
	struct fx f;

	machine_power_on(&f, state);
	machine_go(&f, state);
	if (strcmp(machine_rule(&f), rule) != 0)
		ctest_fail(__FILE__, __LINE__, "%s: \"%s\", not \"%s\"", what, machine_rule(&f),
			   rule);
	fx_fini(&f);
}

#define EXPECT_RULE(rule, ...) expect(#__VA_ARGS__, (edits){ __VA_ARGS__ }, rule)

/* ---- configuration ---- */

TEST_C(priority, streamid_before_ste_fetch)
{
	EXPECT_RULE("STE_FETCH", { STRTAB, 51, 6, FX_NOWHERE >> 6 });
	EXPECT_RULE("SID_RANGE", { STRTAB, 51, 6, FX_NOWHERE >> 6 }, { SID, 31, 0, 256 });
	EXPECT_RULE("STRTAB_SIZE", { STRTAB, 51, 51, 1 });
	EXPECT_RULE("SID_RANGE", { STRTAB, 51, 51, 1 }, { SID, 31, 0, 256 });
	/* Two levels: Span 1, which does not reach 1, and points nowhere. */
	EXPECT_RULE("SID_SPAN", { STRTAB_CFG, 17, 6, 1u << 10 | 8 },
		    { L1STD, 51, 0, FX_NOWHERE | 1 }, { SID, 31, 0, 1 });
}

/* A structure of which the first half is wrong, and the second cannot be read. */
static const char *torn(const struct config_edit *state, enum sv3_unit unit)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	struct sv3_smmu_config config;
	struct config_state words;
	static char rule[32];
	struct fx f;

	fx_config(&config, 0);
	config.config_fetch_bytes = 8;
	fx_power_on(&f, &config);
	fx_boot(&f, 0);
	config_state_init(&words);
	config_state_edit(&words, state);
	fx_poke(&f, FX_STRTAB + FX_SID * 64, words.words[STE0]);
	fx_poke(&f, FX_CD, words.words[CD0]);
	fx_begin(&f, &txn);
	if (!fx_until(&f, unit))
		ctest_fail(__FILE__, __LINE__, "it is never read");
	fx_answer(&f);
	f.reply = (struct sv3_reply){ .status = SV3_BUS_ABORT };
	sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
	fx_run(&f);
	strncpy(rule, machine_rule(&f), sizeof(rule) - 1);
	fx_fini(&f);
	return rule;
}

TEST_C(priority, ste_fetch_before_bad_ste)
{
	EXPECT_RULE("STE_INVALID", { STE0, 0, 0, 0 });
	EXPECT_EQ_STR(torn((edits){ { STE0, 0, 0, 0 } }, SV3_UNIT_STE), "STE_FETCH");
}

TEST_C(priority, bad_ste_before_bad_substreamid)
{
	EXPECT_RULE("SSID_OFF", { SSID, 32, 0, UINT64_C(1) << 32 | 5 });
	EXPECT_RULE("STE_INVALID", { SSID, 32, 0, UINT64_C(1) << 32 | 5 }, { STE0, 0, 0, 0 });
	EXPECT_RULE("STE_S1CDMAX", { SSID, 32, 0, UINT64_C(1) << 32 | 0xfffff },
		    { STE0, 63, 59, 11 });
	/* An abort by Config is none of the list, and comes first as well. */
	EXPECT_RULE("STE_ABORT", { SSID, 32, 0, UINT64_C(1) << 32 | 5 }, { STE0, 3, 1, 0 });
}

TEST_C(priority, bad_substreamid_before_stream_disabled)
{
	EXPECT_RULE("DSS_SSID0", { SSID, 32, 0, UINT64_C(1) << 32 }, { STE1, 1, 0, 2 },
		    { STE0, 63, 59, 4 });
	EXPECT_RULE("SSID_OFF", { SSID, 32, 0, UINT64_C(1) << 32 }, { STE1, 1, 0, 2 });
}

/* IMPDEF(I-105): what the STE alone says comes before what is read by it. */
TEST_C(priority, stream_disabled_before_level1_cd)
{
	EXPECT_RULE("SSID_L1CD", { SSID, 32, 0, UINT64_C(1) << 32 }, { STE0, 63, 59, 4 },
		    { STE0, 5, 4, 1 }, { L1CD, 0, 0, 0 });
	EXPECT_RULE("DSS_SSID0", { SSID, 32, 0, UINT64_C(1) << 32 }, { STE0, 63, 59, 4 },
		    { STE0, 5, 4, 1 }, { L1CD, 0, 0, 0 }, { STE1, 1, 0, 2 });
}

TEST_C(priority, stream_disabled_before_stage2_of_the_cd)
{
	EXPECT_RULE("S2_INVALID", CD_NOWHERE);
	EXPECT_RULE("DSS_TERMINATE", CD_NOWHERE, { STE0, 63, 59, 4 });
}

TEST_C(priority, stage2_of_the_cd_before_cd_fetch)
{
	/* Stage 2 maps the CD to where nothing answers, once with AF = 0. */
	for (unsigned int accessed = 0; accessed < 2; accessed++) {
		MACHINE(f, CD_NOWHERE);

		fx_poke(&f, MACHINE_S2_TABLE + 2 * 8,
			FX_NOWHERE | MACHINE_S2_BLOCK | (accessed ? FX_AF : 0));
		machine_go(&f, (edits){ CD_NOWHERE });
		EXPECT_EQ_STR(machine_rule(&f), accessed ? "CD_FETCH" : "S2_ACCESS");
	}
}

TEST_C(priority, cd_fetch_before_bad_cd)
{
	EXPECT_RULE("CD_INVALID", { CD0, 31, 31, 0 });
	EXPECT_EQ_STR(torn((edits){ { CD0, 31, 31, 0 }, STAGE1_ALONE }, SV3_UNIT_CD), "CD_FETCH");
}

TEST_C(priority, bad_cd_before_translation)
{
	/* FX_IOVA has 45 bits, this T0SZ 32. */
	EXPECT_RULE("S1_RANGE", { CD0, 5, 0, 32 });
	EXPECT_RULE("CD_AA64", { CD0, 5, 0, 32 }, { CD0, 41, 41, 0 });
}

/* ---- stage 1 ---- */

TEST_C(priority, s1_range_before_the_first_descriptor)
{
	EXPECT_RULE("S1_EABT", STAGE1_ALONE, { CD1, 51, 4, FX_NOWHERE >> 4 });
	EXPECT_RULE("S1_RANGE", STAGE1_ALONE, { CD1, 51, 4, FX_NOWHERE >> 4 }, { CD0, 5, 0, 32 });
	EXPECT_RULE("S1_EPD", STAGE1_ALONE, { CD1, 51, 4, FX_NOWHERE >> 4 }, { CD0, 14, 14, 1 });
	/* Nested: before stage 2 of the table. */
	EXPECT_RULE("S2_INVALID", { CD1, 51, 4, FX_NOWHERE >> 4 });
	EXPECT_RULE("S1_RANGE", { CD1, 51, 4, FX_NOWHERE >> 4 }, { CD0, 5, 0, 32 });
	EXPECT_RULE("S1_EPD", { CD1, 51, 4, FX_NOWHERE >> 4 }, { CD0, 14, 14, 1 });
}

/* One stage 1 with this descriptor at @level of FX_IOVA: what refuses an access? */
static void expect_stage1(unsigned int level, uint64_t descriptor, bool write, const char *rule)
{
	FX(f, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, write);

	fx_map(&f, FX_IOVA, level, descriptor);
	fx_go(&f, &txn);
	if (strcmp(machine_rule(&f), rule) != 0)
		ctest_fail(__FILE__, __LINE__, "level %u, %#llx: \"%s\", not \"%s\"", level,
			   (unsigned long long)descriptor, machine_rule(&f), rule);
}

/* What is beyond IPS: with 48 bits of it, only a CD with less. */
static void expect_small_ips(unsigned int level, uint64_t descriptor, const char *rule)
{
	FX(f, 0);

	fx_map(&f, FX_IOVA, level, descriptor);
	fx_poke(&f, FX_CD, fx_peek(&f, FX_CD) & ~(UINT64_C(7) << 32)); /* IPS = 32 bits */
	fx_read(&f, FX_IOVA);
	if (strcmp(machine_rule(&f), rule) != 0)
		ctest_fail(__FILE__, __LINE__, "level %u, %#llx: \"%s\", not \"%s\"", level,
			   (unsigned long long)descriptor, machine_rule(&f), rule);
}

#define BEYOND_IPS (UINT64_C(1) << 40)

TEST_C(priority, s1_translation_before_address_size)
{
	expect_small_ips(0, BEYOND_IPS | FX_TABLE, "S1_ADDR_SIZE");
	expect_small_ips(0, BEYOND_IPS | FX_BLOCK, "S1_INVALID"); /* no blocks at level 0 */
	expect_small_ips(3, BEYOND_IPS | FX_BLOCK, "S1_INVALID"); /* reserved at level 3 */
}

TEST_C(priority, s1_address_size_before_the_next_descriptor)
{
	expect_stage1(0, FX_NOWHERE | FX_TABLE, false, "S1_EABT");
	expect_small_ips(0, BEYOND_IPS | FX_TABLE, "S1_ADDR_SIZE"); /* nothing answers there */
}

TEST_C(priority, s1_walk_abort_before_what_is_read)
{
	FX(f, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_S1_L0));
	f.reply = (struct sv3_reply){ .status = SV3_BUS_ABORT }; /* all 0: invalid as well */
	sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
	fx_run(&f);
	EXPECT_EQ_STR(machine_rule(&f), "S1_EABT");
}

TEST_C(priority, s1_address_size_before_access)
{
	expect_small_ips(3, BEYOND_IPS | FX_PAGE | FX_AF, "S1_ADDR_SIZE");
	expect_small_ips(3, BEYOND_IPS | FX_PAGE, "S1_ADDR_SIZE"); /* AF = 0 */
}

TEST_C(priority, s1_access_before_permission)
{
	expect_stage1(3, FX_RO, true, "S1_PERMISSION");
	expect_stage1(3, FX_RO & ~FX_AF, true, "S1_ACCESS");
}

/* ---- stage 2 alone: FX_IOVA is an intermediate address ---- */

/* The stage-2 descriptor of IPA 0x40000000, at level 1; S2PS 36 bits. */
static void expect_stage2(uint64_t descriptor, bool write, const char *rule)
{
	MACHINE(f, STAGE2_ALONE, { STE2, 50, 48, 1 });
	struct sv3_txn txn = fx_txn(0x40000000, write);

	txn.stream_id = 0;
	fx_poke(&f, MACHINE_S2_TABLE + 8, descriptor);
	fx_go(&f, &txn);
	if (strcmp(machine_rule(&f), rule) != 0)
		ctest_fail(__FILE__, __LINE__, "%#llx: \"%s\", not \"%s\"",
			   (unsigned long long)descriptor, machine_rule(&f), rule);
}

/* [IHI0070 3.4] Beyond the intermediate address size it is a fault of stage 1. */
TEST_C(priority, s1_bypass_size_before_s2_range)
{
	static const struct {
		sv3_iova iova;
		const char *rule;
	} rows[] = { { UINT64_C(1) << 47, "S2_RANGE" }, { UINT64_C(1) << 48, "BYPASS_SIZE" } };

	for (unsigned int i = 0; i < 2; i++) {
		MACHINE(f, STAGE2_ALONE);
		struct sv3_txn txn = fx_txn(rows[i].iova, false);

		txn.stream_id = 0;
		fx_go(&f, &txn);
		EXPECT_EQ_STR(machine_rule(&f), rows[i].rule);
	}
}

TEST_C(priority, s2_range_before_the_first_descriptor)
{
	/* FX_IOVA has 45 bits, this stage 2 has 40; or 46 of 16 concatenated tables, 64K. */
	EXPECT_RULE("S2_RANGE", STAGE2_ALONE, { STE3, 51, 4, FX_NOWHERE >> 4 });
	EXPECT_RULE("S2_EABT", STAGE2_ALONE, { STE3, 51, 4, FX_NOWHERE >> 4 }, { STE2, 47, 46, 1 },
		    { STE2, 37, 32, 18 });
}

TEST_C(priority, s2_translation_before_address_size)
{
	expect_stage2(BEYOND_IPS | FX_TABLE, false, "S2_ADDR_SIZE");
	expect_stage2(BEYOND_IPS, false, "S2_INVALID");
}

TEST_C(priority, s2_address_size_before_the_next_descriptor)
{
	expect_stage2(FX_NOWHERE | FX_TABLE, false, "S2_EABT");
	expect_stage2(BEYOND_IPS | FX_TABLE, false, "S2_ADDR_SIZE");
}

TEST_C(priority, s2_address_size_before_access)
{
	expect_stage2(BEYOND_IPS | MACHINE_S2_BLOCK, false, "S2_ADDR_SIZE");
	expect_stage2(MACHINE_S2_BLOCK, false, "S2_ACCESS");
}

TEST_C(priority, s2_access_before_permission)
{
	const uint64_t no_write = UINT64_C(1) << 7;

	expect_stage2((MACHINE_S2_BLOCK & ~no_write) | FX_AF, true, "S2_PERMISSION");
	expect_stage2(MACHINE_S2_BLOCK & ~no_write, true, "S2_ACCESS");
}

/* ---- nested ---- */

/* Stage 1 with this leaf of FX_IOVA, on the stage 2 of machine_power_on(): a write. */
static void expect_nested(uint64_t leaf, const char *rule)
{
	MACHINE(f, { 0 });
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	txn.stream_id = 0;
	fx_map(&f, FX_IOVA, 3, leaf);
	fx_go(&f, &txn);
	if (strcmp(machine_rule(&f), rule) != 0)
		ctest_fail(__FILE__, __LINE__, "%#llx: \"%s\", not \"%s\"",
			   (unsigned long long)leaf, machine_rule(&f), rule);
}

/* What stage 2 says of a stage-1 table comes before what is in it. */
TEST_C(priority, stage2_of_a_table_before_its_descriptors)
{
	const uint64_t no_read = UINT64_C(1) << 6;

	for (unsigned int readable = 0; readable < 2; readable++) {
		MACHINE(f, { 0 });
		struct sv3_txn txn = fx_txn(FX_IOVA, false);

		/* The level-1 table stands at 0xc3000000, which stage 2 maps to RAM; it is empty.
		 */
		txn.stream_id = 0;
		fx_map(&f, FX_IOVA, 0, UINT64_C(0xc3000000) | FX_TABLE);
		fx_poke(&f, MACHINE_S2_TABLE + 3 * 8,
			((UINT64_C(0x40000000) | MACHINE_S2_BLOCK | FX_AF) & ~no_read) |
				(readable ? no_read : 0));
		fx_go(&f, &txn);
		EXPECT_EQ_STR(machine_rule(&f), readable ? "S1_INVALID" : "S2_PERMISSION");
	}
}

/* FX_NOWHERE is not mapped by stage 2. */
TEST_C(priority, stage1_leaf_before_stage2_of_its_output)
{
	const uint64_t leaf = FX_NOWHERE | FX_PAGE | FX_NG;

	expect_nested(leaf | FX_AF, "S2_INVALID");
	expect_nested(leaf | FX_AF | FX_AP2, "S1_PERMISSION");
	expect_nested(leaf, "S1_ACCESS");
	expect_nested(leaf | FX_AP2, "S1_ACCESS");
	/* Of stage 2 itself: beyond S2T0SZ, before its tables. */
	expect_nested(BEYOND_IPS | FX_PAGE | FX_NG | FX_AF, "S2_RANGE");
	expect_nested(BEYOND_IPS | FX_PAGE | FX_NG, "S1_ACCESS");
}
