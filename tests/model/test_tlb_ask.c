/* SPDX-License-Identifier: MIT */
/*
 * test_tlb_ask.c - who asks the caches of translations, and who must not? [IHI0070 3.21.1]
 */
#include "tests/model/fx.h"

#define S1_LEAF (FX_LEAF + FX_GUEST)

/* A probe tells what memory says now, and asks no cache that says otherwise. */
TEST_C(tlb_ask, a_probe_does_not)
{
	FX(f, 0);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF), table = fx_pte(&f, FX_IOVA, 2);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	txn.kind = SV3_TXN_PROBE;
	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_poke(&f, pte, FX_LEAF + 0x1000);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA + 0x1000);
	EXPECT_FALSE(f.result.flags & SV3_RESULT_TLB_HIT);
	fx_poke(&f, table, 0);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_TRANSLATION));
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
}

/* The same of both stages. */
TEST_C(tlb_ask, a_probe_of_two_stages_does_not)
{
	FX(f, FX_NESTED);
	sv3_pa output;
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	txn.kind = SV3_TXN_PROBE;
	fx_map(&f, FX_IOVA, 3, S1_LEAF);
	output = fx_s2_map(&f, FX_IPA(FX_DATA), 3, FX_S2_DIRTY);
	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_poke(&f, output, FX_S2_DIRTY + 0x1000);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA + 0x1000);
	fx_poke(&f, fx_s2_pte(&f, FX_IPA(FX_DATA), 2), 0);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_TRANSLATION));
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
}

/* Nor does it leave anything there for the next access. */
TEST_C(tlb_ask, a_probe_fills_none)
{
	for (unsigned int nested = 0; nested < 2; nested++) {
		FX(f, nested ? FX_NESTED : 0);
		struct sv3_txn txn = fx_txn(FX_IOVA, false);

		fx_map(&f, FX_IOVA, 3, nested ? S1_LEAF : FX_LEAF);
		if (nested)
			fx_guest(&f, FX_DATA, 0x1000);
		txn.kind = SV3_TXN_PROBE;
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
		EXPECT_EQ_U64(f.result.walk_reads, nested ? 4 + 6 * 3 : 4);
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->walk_cache_hits, 0);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		EXPECT_FALSE(f.result.flags & SV3_RESULT_TLB_HIT);
		if (!nested)
			EXPECT_EQ_U64(f.result.walk_reads, 4);
	}
}

/* A request of split-stage ATS wants the output of stage 1; no entry has it. [IHI0070 13.6.3] */
TEST_C(tlb_ask, a_split_stage_request_does_not)
{
	FX(f, FX_NESTED);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_set_reg(&f, SV3_REG_CR0, 0x1d); /* and ATSCHK */
	fx_ste(&f, FX_SID, FX_STE_NESTED | FX_IPA(FX_CD), FX_STE_EATS(2));
	fx_map(&f, FX_IOVA, 3, S1_LEAF | FX_AP1);
	fx_guest(&f, FX_DATA, 0x1000);
	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	txn.kind = SV3_TXN_ATS_REQUEST;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_IPA(FX_DATA));
	EXPECT_EQ_U64(f.result.flags, 0);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
}

/* Caches of one entry answer, too. */
TEST_C(tlb_ask, caches_of_one_entry_answer)
{
	struct sv3_smmu_config config;
	__attribute__((cleanup(fx_fini))) struct fx f;

	fx_config(&config, 0);
	config.tlb_entries = config.tlb_ways = 1;
	config.walk_cache_entries = config.walk_cache_ways = 1;
	fx_power_on(&f, &config);
	fx_boot(&f, 0);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_map(&f, FX_IOVA + 0x1000, 3, FX_LEAF + 0x1000);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x1000), FX_DATA + 0x1000);
	EXPECT_FALSE(f.result.flags & SV3_RESULT_TLB_HIT);
	EXPECT_EQ_U64(f.result.walk_reads, 1);
}

/* A transaction that begins anew missed the TLB once; one whose table changed reads from the first
 * level on, and asks no cache of tables. */
TEST_C(tlb_ask, a_miss_is_counted_once)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	fx_cmd(&f, FX_CMD_TLBI_NH_ALL, 0);
	fx_answer(&f);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	fx_land(&f);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlb_misses, 1);
	txn.kind = SV3_TXN_PROBE;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlb_misses, 1);
}
