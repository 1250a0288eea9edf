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
