/* SPDX-License-Identifier: MIT */
/*
 * test_ste.c - what becomes of traffic whose stream has no legal STE? [IHI0070 5.2, 7.3.3 to 7.3.5]
 */
#include "tests/model/machine.h"

#include <string.h>

/* [IHI0070 5.2.2] Every illegal STE: abort, C_BAD_STE with nothing but the stream in it. */
TEST_C(ste, ste_illegal)
{
	machine_rows(&config_rows_ste);
	config_rows_cover(&config_rows_ste);
}

TEST_C(ste, ste_illegal_record)
{
	MACHINE(f, { STE1, 31, 30, 1 }, { STE0, 3, 1, 5 }, { IDR0, 9, 9, 1 });
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	txn.stream_id = 0;
	txn.substream_valid = true;
	txn.substream_id = 9;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_C_BAD_STE));
	ASSERT_EQ_INT(fx_event(&f), FX_C_BAD_STE);
	EXPECT_EQ_U64(f.event[0], FX_C_BAD_STE | 1u << 11 | 9u << 12);
	EXPECT_EQ_U64(f.event[1] | f.event[2] | f.event[3], 0);
}

/* [IHI0070 5.2 Config] An abort without a record has a rule all the same. */
TEST_C(ste, config_abort)
{
	for (uint64_t config = 0; config < 4; config++) {
		MACHINE(f, { STE0, 3, 1, config });

		EXPECT_EQ_U64(machine_go(&f, (struct config_edit[CONFIG_EDITS_MAX]){ { 0 } }),
			      FX_SILENT);
		EXPECT_EQ_STR(machine_rule(&f), "STE_ABORT");
		EXPECT_EQ_INT(fx_event(&f), 0);
	}
}

/* [IHI0070 5.1, 7.3.3] StreamIDs that reach no STE. */
TEST_C(ste, strtab_linear_2lvl)
{
	machine_rows(&config_rows_sid);
	config_rows_cover(&config_rows_sid);
}

/* [IHI0070 6.3.12 RECINVSID] */
TEST_C(ste, strtab_linear_2lvl_recorded_by_choice)
{
	static const struct config_edit edits[CONFIG_EDITS_MAX] = { { SID, 31, 0, 256 },
								    { CR2, 1, 1, 0 } };
	struct fx f;

	machine_power_on(&f, edits);
	EXPECT_EQ_U64(machine_go(&f, edits), FX_SILENT);
	EXPECT_EQ_STR(machine_rule(&f), "SID_RANGE");
	EXPECT_EQ_INT(fx_event(&f), 0);
	fx_fini(&f);
}

/* [IHI0070 3.4.3] IMPDEF(I-007): a stream table beyond the address size is not read, or read where
 * the rest of its address leads. */
TEST_C(ste, strtab_beyond_the_address_size)
{
	static const struct config_edit edits[][CONFIG_EDITS_MAX] = {
		{ { STRTAB, 48, 48, 1 } },
		{ { STRTAB, 48, 48, 1 }, { CHOICES, 31, 0, SV3_CHOICE_TRUNCATE_STRTAB } },
	};

	for (unsigned int truncates = 0; truncates < 2; truncates++) {
		struct fx f;

		machine_power_on(&f, edits[truncates]);
		fx_poke(&f, FX_STRTAB, FX_STE_BYPASS);
		EXPECT_EQ_U64(machine_go(&f, edits[truncates]),
			      truncates ? FX_IOVA : FX_FAULT(FX_F_STE_FETCH));
		EXPECT_EQ_STR(machine_rule(&f), truncates ? "" : "STRTAB_SIZE");
		fx_fini(&f);
	}
}

/* [IHI0070 7.3.4] A read that fails: of the STE, and of its level-1 descriptor. */
TEST_C(ste, ste_fetch)
{
	static const struct config_edit edits[][CONFIG_EDITS_MAX] = {
		{ { STRTAB, 51, 6, FX_NOWHERE >> 6 } },
		{ { STRTAB, 51, 6, FX_NOWHERE >> 6 }, { STRTAB_CFG, 17, 6, 1u << 10 | 8 } },
		{ { L1STD, 51, 6, FX_NOWHERE >> 6 }, { STRTAB_CFG, 17, 6, 1u << 10 | 8 } },
	};

	for (unsigned int i = 0; i < 3; i++) {
		struct fx f;

		machine_power_on(&f, edits[i]);
		EXPECT_EQ_U64(machine_go(&f, edits[i]), FX_FAULT(FX_F_STE_FETCH));
		EXPECT_EQ_STR(machine_rule(&f), "STE_FETCH");
		ASSERT_EQ_INT(fx_event(&f), FX_F_STE_FETCH);
		EXPECT_EQ_U64(f.event[3], FX_NOWHERE);
		fx_fini(&f);
	}
}

/* One rule is one sentence: each row of rules.def has its texts, and its name is its own. */
TEST_C(ste, rules_have_names)
{
	struct sv3_rule_info info, other;

	for (unsigned int rule = 1; sv3_rule_info(rule, &info); rule++) {
		EXPECT_TRUE(*info.name && *info.source == '[' && *info.what && *info.remedy);
		EXPECT_TRUE(info.event == 0 || sv3_event_name(info.event) != NULL);
		for (unsigned int i = 1; i < rule && sv3_rule_info(i, &other); i++)
			EXPECT_TRUE(strcmp(info.name, other.name) != 0);
	}
	EXPECT_FALSE(sv3_rule_info(0, &info));
}

/* How many bytes each structure is read in: descriptors of 8 at once, an STE and a CD of 64 in the
 * pieces that the SMMU reads. [IHI0070 3.21.3] */
TEST_C(ste, sizes_of_the_reads)
{
	for (unsigned int small = 0; small < 2; small++) {
		static const unsigned int sizes[2][4] = { { 8, 64, 8, 64 }, { 8, 8, 8, 8 } };
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_txn txn = fx_txn(FX_IOVA, false);
		struct sv3_smmu_config config;
		unsigned int reads = 0, bytes[2] = { 0 };

		fx_config(&config, FX_FULL);
		config.config_fetch_bytes = small ? 8 : 64;
		fx_power_on(&f, &config);
		fx_boot(&f, FX_FULL);
		fx_set_reg(&f, SV3_REG_CR0, 0xc);
		fx_set_reg64(&f, SV3_REG_STRTAB_BASE, FX_SCRATCH);
		fx_set_reg(&f, SV3_REG_STRTAB_BASE_CFG, 1u << 16 | 6u << 6 | 8);
		fx_set_reg(&f, SV3_REG_CR0, 0xd);
		fx_poke(&f, FX_SCRATCH, FX_STRTAB | 7);
		fx_poke(&f, FX_SCRATCH + 0x1000, FX_CD | 1);
		fx_ste(&f, FX_SID,
		       FX_STE_S1 | FX_STE_S1FMT(1) | FX_STE_S1CDMAX(8) | (FX_SCRATCH + 0x1000), 0);
		fx_cd(&f, FX_CD + 64, fx_cd0(12, 16, 0), f.ttb0, 0);
		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		txn.substream_valid = true;
		txn.substream_id = 1;
		fx_begin(&f, &txn);
		while (f.need.unit == SV3_UNIT_STE || f.need.unit == SV3_UNIT_CD) {
			unsigned int is_cd = f.need.unit == SV3_UNIT_CD;

			EXPECT_EQ_U64(f.need.size, sizes[small][2 * is_cd + (bytes[is_cd] != 0)]);
			bytes[is_cd] += f.need.size;
			reads++;
			fx_answer(&f);
		}
		EXPECT_EQ_INT(bytes[0], 8 + 64);
		EXPECT_EQ_INT(bytes[1], 8 + 64);
		EXPECT_EQ_INT(reads, small ? 18 : 4);
		EXPECT_EQ_U64(fx_run(&f), FX_DATA);
		fx_land(&f);
	}
}
