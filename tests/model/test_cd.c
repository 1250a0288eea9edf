/* SPDX-License-Identifier: MIT */
/*
 * test_cd.c - what becomes of traffic that has no legal CD? [IHI0070 5.3, 5.4, 7.3.7, 7.3.9 to
 * 7.3.11]
 */
#include "tests/model/machine.h"

/* [IHI0070 5.4.2] Every illegal CD: abort, C_BAD_CD. Most of them are read through stage 2. */
TEST_C(cd, cd_illegal)
{
	machine_rows(&config_rows_cd);
	config_rows_cover(&config_rows_cd);
}

/* [IHI0070 5.2 S1DSS, 7.3.7, 7.3.9] SubstreamIDs, and none, that have no CD. */
TEST_C(cd, ssid_matrix)
{
	machine_rows(&config_rows_ssid);
	config_rows_cover(&config_rows_ssid);
}

/* [IHI0070 7.3.10] A read that fails: of the CD, and of its level-1 descriptor. */
TEST_C(cd, cd_fetch)
{
	/* Stage 1 alone; many CDs in two levels, S1DSS = 2. */
	static const struct config_edit edits[][CONFIG_EDITS_MAX] = {
		{ { STE0, 3, 1, 5 }, { STE0, 51, 6, FX_NOWHERE >> 6 } },
		{ { STE0, 5, 1, 1u << 3 | 5 },
		  { STE0, 51, 6, FX_NOWHERE >> 6 },
		  { STE0, 63, 59, 7 },
		  { STE1, 1, 0, 2 } },
		{ { STE0, 5, 1, 1u << 3 | 5 },
		  { L1CD, 51, 12, FX_NOWHERE >> 12 },
		  { STE0, 63, 59, 7 },
		  { STE1, 1, 0, 2 } },
	};

	for (unsigned int i = 0; i < 3; i++) {
		struct fx f;

		machine_power_on(&f, edits[i]);
		EXPECT_EQ_U64(machine_go(&f, edits[i]), FX_FAULT(FX_F_CD_FETCH));
		EXPECT_EQ_STR(machine_rule(&f), "CD_FETCH");
		ASSERT_EQ_INT(fx_event(&f), FX_F_CD_FETCH);
		EXPECT_EQ_U64(f.event[3], FX_NOWHERE);
		fx_fini(&f);
	}
}

/* A CD that stage 2 does not map is a fault of stage 2, and no error of the structure.
 * [IHI0070 7.3.22] */
TEST_C(cd, cd_of_a_nested_stream_is_an_intermediate_address)
{
	static const struct config_edit unmapped[CONFIG_EDITS_MAX] = { { STE0, 51, 6,
									 FX_NOWHERE >> 6 } };
	struct fx f;

	machine_power_on(&f, unmapped);
	EXPECT_EQ_U64(machine_go(&f, unmapped), FX_FAULT(FX_F_TRANSLATION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f.event[1] >> 39 & 1, 1); /* S2 */
	EXPECT_EQ_U64(f.event[1] >> 40 & 3, 0); /* CLASS = CD */
	EXPECT_EQ_U64(f.event[3], FX_NOWHERE);
	fx_fini(&f);
}
