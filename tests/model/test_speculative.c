/* SPDX-License-Identifier: MIT */
/*
 * test_speculative.c - what is speculative leaves no record and makes nothing dirty; prefetches are
 * speculative reads. [IHI0070 3.14, 4.2] [DDI0487 R_LHQRX]
 */
#include "tests/model/fx.h"

static struct sv3_txn speculative(sv3_iova iova, bool write)
{
	struct sv3_txn txn = fx_txn(iova, write);

	txn.speculative = true;
	return txn;
}

static void prefetch_addr(struct fx *f, sv3_iova iova, uint64_t size)
{
	fx_cmd(f, 0x02 | FX_CMD_SID(FX_SID), iova | size);
	EXPECT_TRUE(fx_sync(f));
}

/* ---- accesses ---- */

/* A speculative read that succeeds sets AF, or by choice is refused and leaves it. */
TEST_C(speculative, access_flag)
{
	for (unsigned int choice = 0; choice < 2; choice++) {
		FX_CHOOSING(f, FX_HTTU, choice ? SV3_CHOICE_NO_SPECULATIVE_AF : 0);
		struct sv3_txn txn = speculative(FX_IOVA, false);
		sv3_pa pte;

		pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN & ~FX_AF);
		EXPECT_EQ_U64(fx_go(&f, &txn), choice ? FX_SILENT : FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, pte), choice ? FX_CLEAN & ~FX_AF : FX_CLEAN);
		EXPECT_EQ_INT(fx_event(&f), 0);
		/* An access that is not speculative sets it in any case. */
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN);
	}
}

/* A speculative write is aborted whatever state the page is in, the SMMU off and bypass too. */
TEST_C(speculative, writes_are_aborted)
{
	static const uint64_t leaves[] = { FX_CLEAN, FX_DIRTY, FX_LEAF, FX_RO, 0 };
	struct sv3_txn txn = speculative(FX_IOVA, true);
	FX(f, FX_HTTU);

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, leaves[i]);

		fx_tlbi_all(&f);
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
		fx_read(&f, FX_IOVA);
		while (fx_event(&f))
			;
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT); /* with a TLB entry */
		EXPECT_EQ_U64(fx_peek(&f, pte), leaves[i]);
		EXPECT_EQ_INT(fx_event(&f), 0);
	}
	fx_ste(&f, FX_SID, FX_STE_BYPASS, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* No fault of any kind is recorded, none stalls, none is RAZ. */
TEST_C(speculative, faults_are_silent)
{
	FX(f, FX_FULL | FX_NO_CACHES);
	struct sv3_txn txn = speculative(FX_IOVA, false);

	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) & ~FX_CD_A, f.ttb0, 0);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT); /* not mapped, and A = 0 */
	fx_map(&f, FX_IOVA, 3, FX_LEAF & ~FX_AF);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) | FX_CD_S, f.ttb0, 0);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	txn.privileged = false;
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	fx_map(&f, FX_IOVA, 1, FX_NOWHERE | FX_TABLE);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	fx_cd(&f, FX_CD, 0, f.ttb0, 0);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_NOWHERE, 0);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	txn.substream_valid = true;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	fx_ste(&f, FX_SID, 0, 0);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	txn.stream_id = 300;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_SILENT);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* Two stages: AF at both; the stage-2 leaf of the table is made dirty as that write needs it; the
 * output stays clean. */
TEST_C(speculative, nested)
{
	FX(f, FX_NESTED | FX_HTTU | FX_S2HTTU);
	struct sv3_txn txn = speculative(FX_IOVA, false);
	sv3_pa leaf = fx_map(&f, FX_IOVA, 3, (FX_CLEAN + FX_GUEST) & ~FX_AF);
	sv3_pa table = fx_guest_pte(&f, leaf);
	sv3_pa output = fx_s2_map(&f, FX_IPA(FX_DATA), 3, FX_S2_CLEAN & ~FX_AF);

	fx_poke(&f, table, (fx_peek(&f, table) & ~FX_S2_WRITE) | FX_DBM);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, leaf), FX_CLEAN + FX_GUEST);
	EXPECT_EQ_U64(fx_peek(&f, output), FX_S2_CLEAN);
	EXPECT_EQ_U64(fx_peek(&f, table) & FX_S2_WRITE, FX_S2_WRITE);
}

/* ---- prefetches ---- */

/* PREFETCH_ADDR of a clean page, one without AF, and one that is not there: AF may be set, nothing
 * becomes dirty, nothing is recorded, and the next access is a hit. */
TEST_C(speculative, prefetch_addr)
{
	FX(f, FX_HTTU);
	sv3_pa clean = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	sv3_pa no_af = fx_map(&f, FX_IOVA + 0x1000, 3, (FX_CLEAN + 0x1000) & ~FX_AF);

	prefetch_addr(&f, FX_IOVA, 2); /* 4 pages, two of them not mapped */
	EXPECT_EQ_U64(fx_peek(&f, clean), FX_CLEAN);
	EXPECT_EQ_U64(fx_peek(&f, no_af), FX_CLEAN + 0x1000);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_dirty, 0);
	EXPECT_EQ_INT(fx_event(&f), 0);
	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA + i * 0x1000), FX_DATA + i * 0x1000);
		EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
	}
	/* What was not there is not remembered as such. */
	fx_map(&f, FX_IOVA + 0x2000, 3, FX_LEAF + 0x2000);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x2000), FX_DATA + 0x2000);
	/* A write makes what was prefetched dirty. */
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, clean), FX_DIRTY);
}

/* A prefetch is speculative in this too: by choice it does not set AF. */
TEST_C(speculative, prefetch_addr_access_flag)
{
	for (unsigned int choice = 0; choice < 2; choice++) {
		FX_CHOOSING(f, FX_HTTU, choice ? SV3_CHOICE_NO_SPECULATIVE_AF : 0);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN & ~FX_AF);

		prefetch_addr(&f, FX_IOVA, 0);
		EXPECT_EQ_U64(fx_peek(&f, pte), choice ? FX_CLEAN & ~FX_AF : FX_CLEAN);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	}
}

/* By choice prefetches do nothing at all; with SMMUEN = 0 they have to. [IHI0070 6.3.9.6] */
TEST_C(speculative, prefetch_ignored)
{
	for (unsigned int choice = 0; choice < 2; choice++) {
		FX_CHOOSING(f, FX_HTTU, choice ? SV3_CHOICE_PREFETCH_IGNORED : 0);
		sv3_pa no_af;

		no_af = fx_map(&f, FX_IOVA, 3, FX_CLEAN & ~FX_AF);
		if (!choice)
			fx_set_reg(&f, SV3_REG_CR0, 0xc);
		prefetch_addr(&f, FX_IOVA, 0);
		EXPECT_EQ_U64(fx_peek(&f, no_af), FX_CLEAN & ~FX_AF);
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->walk_reads, 0);
	}
}

/* Two stages: a prefetch leaves stage-2 leaves of tables clean, also where reads may not. */
TEST_C(speculative, prefetch_nested)
{
	FX_CHOOSING(f, FX_NESTED | FX_HTTU | FX_S2HTTU, SV3_CHOICE_S2_TABLE_DIRTY);
	sv3_pa leaf, table, output;

	leaf = fx_map(&f, FX_IOVA, 3, FX_CLEAN + FX_GUEST);
	table = fx_guest_pte(&f, leaf);
	fx_poke(&f, table, (fx_peek(&f, table) & ~FX_S2_WRITE) | FX_DBM);
	output = fx_s2_map(&f, FX_IPA(FX_DATA), 3, FX_S2_CLEAN);
	prefetch_addr(&f, FX_IOVA, 0);
	EXPECT_EQ_U64(fx_peek(&f, table) & FX_S2_WRITE, 0);
	EXPECT_EQ_U64(fx_peek(&f, leaf), FX_CLEAN + FX_GUEST);
	EXPECT_EQ_U64(fx_peek(&f, output), FX_S2_CLEAN);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
}

/* PREFETCH_CONFIG: the structures are cached, and no table is looked at. */
TEST_C(speculative, prefetch_config)
{
	FX(f, 0);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_cmd(&f, 0x01 | FX_CMD_SID(FX_SID), 0);
	ASSERT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->walk_reads, 0);
	fx_cd(&f, FX_CD, 0, 0, 0);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
}
