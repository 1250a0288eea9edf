/* SPDX-License-Identifier: MIT */
/*
 * test_peek.c - does a look into the TLB say what the next access would find there, and change
 * nothing?
 */
#include "tests/model/fx.h"

#include <string.h>

static bool peek(struct fx *f, const struct sv3_txn *txn, struct sv3_tlb_info *info)
{
	const uint64_t before = sv3_smmu_hash(f->smmu);
	const bool found = sv3_smmu_peek_tlb(f->smmu, txn, info);

	EXPECT_EQ_U64(sv3_smmu_hash(f->smmu), before);
	return found;
}

TEST_C(peek, page_is_told_with_place_and_owner)
{
	struct sv3_txn txn = fx_txn(FX_IOVA + 0x123, false);
	struct sv3_tlb_info info;
	FX(f, 0);

	fx_map(&f, FX_IOVA, 3, FX_LEAF | FX_AP1);
	EXPECT_FALSE(peek(&f, &txn, &info)); /* not even its stream is known */
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	ASSERT_TRUE(peek(&f, &txn, &info));
	EXPECT_EQ_U64(info.iova, FX_IOVA);
	EXPECT_EQ_U64(info.pa, FX_DATA);
	EXPECT_EQ_INT(info.span_lg2, 12);
	EXPECT_EQ_INT(info.asid, 1);
	EXPECT_EQ_INT(info.vmid, 0);
	EXPECT_FALSE(info.global);
	EXPECT_EQ_INT(info.memory, f.result.memory);
	EXPECT_EQ_INT(info.shareability, f.result.shareability);
	txn = fx_txn(FX_IOVA + 0x1000, false);
	EXPECT_FALSE(peek(&f, &txn, &info));
}

TEST_C(peek, global_block_is_told_as_such)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	struct sv3_tlb_info info;
	FX(f, 0);

	fx_map(&f, FX_IOVA, 2, ((FX_LEAF | FX_AP1) & ~FX_NG & ~UINT64_C(2)));
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA | (FX_IOVA & 0x1fffff));
	ASSERT_TRUE(peek(&f, &txn, &info));
	EXPECT_EQ_U64(info.iova, FX_IOVA & ~UINT64_C(0x1fffff));
	EXPECT_EQ_U64(info.pa, FX_DATA);
	EXPECT_EQ_INT(info.span_lg2, 21);
	EXPECT_TRUE(info.global);
}

TEST_C(peek, entry_of_both_stages_has_a_vmid)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	struct sv3_tlb_info info;
	FX(f, FX_NESTED);

	fx_map(&f, FX_IOVA, 3, FX_IPA(FX_DATA) | FX_PAGE | FX_AF | FX_NG | FX_AP1);
	fx_s2_map(&f, FX_IPA(FX_DATA), 3, FX_S2_RW | FX_DATA);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	ASSERT_TRUE(peek(&f, &txn, &info));
	EXPECT_EQ_INT(info.asid, 1);
	EXPECT_EQ_INT(info.vmid, FX_VMID);
}

/* [DDI0487 D8.4] What AP, UXN and PXN give to each privilege: r, w, x, for reading what is there.
 */
TEST_C(peek, permissions_are_those_of_the_privilege_that_asks)
{
	static const struct {
		uint64_t leaf;
		const char *unprivileged, *privileged;
	} rows[] = {
		{ FX_AP1, "rwx", "rw-" }, /* writable without privilege: not for privileged code */
		{ FX_AP1 | FX_UXN | FX_PXN, "rw-", "rw-" },
		{ FX_UXN, "---", "rwx" },
		{ FX_PXN, "--x", "rw-" },
		{ FX_AP1 | FX_AP2 | FX_UXN, "r--", "r-x" },
		{ FX_AP1 | FX_AP2 | FX_PXN, "r-x", "r--" },
		{ FX_AP2 | FX_PXN | FX_UXN, "---", "r--" },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		const bool privileged = i % 2;
		const char *expected =
			privileged ? rows[i / 2].privileged : rows[i / 2].unprivileged;
		struct sv3_txn txn = fx_txn(FX_IOVA, false), filler;
		struct sv3_tlb_info info;
		FX(f, 0);

		fx_map(&f, FX_IOVA, 3, FX_LEAF | rows[i / 2].leaf);
		filler = txn;
		filler.privileged = true;
		filler.instruction = strchr(rows[i / 2].privileged, 'r') == NULL;
		EXPECT_EQ_U64(fx_go(&f, &filler), FX_DATA);
		txn.privileged = privileged;
		ASSERT_TRUE(peek(&f, &txn, &info));
		EXPECT_EQ_INT(info.read, expected[0] == 'r');
		EXPECT_EQ_INT(info.write, expected[1] == 'w');
		EXPECT_EQ_INT(info.execute, expected[2] == 'x');
		EXPECT_EQ_INT(info.allows, expected[0] == 'r');
		txn.write = true;
		ASSERT_TRUE(peek(&f, &txn, &info));
		EXPECT_EQ_INT(info.allows, expected[1] == 'w');
		txn.write = false;
		txn.instruction = true;
		ASSERT_TRUE(peek(&f, &txn, &info));
		EXPECT_EQ_INT(info.allows, expected[2] == 'x');
	}
}

TEST_C(peek, nothing_is_found_where_nothing_is_translated_or_kept)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	struct sv3_tlb_info info;
	FX(bypass, 0);
	FX(off, FX_NO_TLB);
	FX(no_config, FX_NO_CONFIG_CACHE);

	fx_ste(&bypass, FX_SID, FX_STE_BYPASS, 0);
	fx_cfgi_all(&bypass);
	EXPECT_EQ_U64(fx_read(&bypass, FX_DATA), FX_DATA);
	txn.iova = FX_DATA;
	EXPECT_FALSE(peek(&bypass, &txn, &info));
	txn.iova = FX_IOVA;
	fx_map(&off, FX_IOVA, 3, FX_LEAF | FX_AP1);
	EXPECT_EQ_U64(fx_read(&off, FX_IOVA), FX_DATA);
	EXPECT_FALSE(peek(&off, &txn, &info));
	fx_map(&no_config, FX_IOVA, 3, FX_LEAF | FX_AP1);
	EXPECT_EQ_U64(fx_read(&no_config, FX_IOVA), FX_DATA);
	EXPECT_FALSE(peek(&no_config, &txn, &info));
}
