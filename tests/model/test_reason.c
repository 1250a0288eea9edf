/* SPDX-License-Identifier: MIT */
/*
 * test_reason.c - does the result of a refused access name the rule that refused it? Software
 * repairs what that says.
 */
#include <string.h>

#include "tests/model/machine.h"

#define S1_LEAF (FX_LEAF + FX_GUEST)

static void expect_rule(const struct fx *f, unsigned int row, const char *rule)
{
	if (strcmp(machine_rule(f), rule) != 0)
		ctest_fail(__FILE__, __LINE__, "row %u: \"%s\", not \"%s\"", row, machine_rule(f),
			   rule);
}

/* A write to a clean page is refused for want of CD.HD alone, and only then is told so. */
TEST_C(reason, clean_or_not_allowed_by_stage_1)
{
	static const struct {
		uint64_t leaf, table;
		unsigned int flags;
		bool privileged, write;
		const char *rule;
	} rows[] = {
		{ FX_CLEAN, 0, FX_HA, true, true, "S1_CLEAN" },
		{ FX_CLEAN, 0, 0, true, true, "S1_CLEAN" },
		{ FX_RO, 0, FX_HA, true, true, "S1_PERMISSION" },
		{ FX_CLEAN, FX_APTABLE(2), FX_HA, true, true, "S1_PERMISSION" },
		{ FX_CLEAN, FX_APTABLE(2), FX_HTTU, true, true, "S1_PERMISSION" },
		{ FX_CLEAN, 0, FX_HTTU, false, true, "S1_PERMISSION" },
		{ FX_CLEAN, 0, FX_HA, false, false, "S1_PERMISSION" },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, rows[i].flags);
		struct sv3_txn txn = fx_txn(FX_IOVA, rows[i].write);

		txn.privileged = rows[i].privileged;
		fx_map(&f, FX_IOVA, 3, rows[i].leaf);
		fx_map(&f, FX_IOVA, 2, fx_peek(&f, fx_pte(&f, FX_IOVA, 2)) | rows[i].table);
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_PERMISSION));
		expect_rule(&f, i, rows[i].rule);
	}
}

/* Likewise stage 2, of an output and of a table. */
TEST_C(reason, clean_or_not_allowed_by_stage_2)
{
	static const struct {
		uint64_t leaf;
		unsigned int flags;
		bool write, instruction;
		const char *rule;
	} rows[] = {
		{ FX_S2_CLEAN, FX_S2HA, true, false, "S2_CLEAN" },
		{ FX_S2_CLEAN, 0, true, false, "S2_CLEAN" },
		{ FX_S2_RO, FX_S2HA, true, false, "S2_PERMISSION" },
		{ FX_S2_RO, FX_S2HTTU, true, false, "S2_PERMISSION" },
		{ FX_S2_CLEAN & ~FX_S2_READ, FX_S2HA, false, false, "S2_PERMISSION" },
		{ FX_S2_DIRTY & ~FX_S2_READ, FX_S2HA, false, false, "S2_PERMISSION" },
		{ FX_S2_CLEAN | FX_S2_XN(2), FX_S2HA, false, true, "S2_PERMISSION" },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_NESTED | FX_HTTU | rows[i].flags);
		struct sv3_txn txn = fx_txn(FX_IOVA, rows[i].write);

		txn.instruction = rows[i].instruction;
		fx_map(&f, FX_IOVA, 3, S1_LEAF);
		fx_s2_map(&f, FX_IPA(FX_DATA), 3, rows[i].leaf);
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_PERMISSION));
		expect_rule(&f, i, rows[i].rule);
	}
}
