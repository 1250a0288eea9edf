/* SPDX-License-Identifier: MIT */
/*
 * test_tlb_stage2.c - which entries a TLBI takes where there are VMIDs and two stages: combined
 * entries, those of stage 2 alone, and those that stage 1 is walked with. [IHI0070 4.4, 3.21.1]
 *
 * As in test_tlb.c an entry is found by taking its descriptor away behind the TLB's back.
 */
#include "tests/model/nested.h"

#define SID_S2    0x11u /* stage 2 alone, VMID FX_VMID, the same stage-2 table */
#define SID_OTHER 0x12u /* stage 1 alone, VMID 4, ASID 1 */
#define VA_GLOBAL (FX_IOVA + 0x1000)
#define IPA_DATA  FX_IPA(FX_DATA)
#define VMID      FX_CMD_VMID(FX_VMID)
#define VMID4     FX_CMD_VMID(4)

enum entry { COMBINED = 1, GLOBAL = 2, STAGE2 = 4, OTHER = 8, ALL = 15 };

static uint64_t read_as(struct fx *f, uint32_t sid, sv3_iova iova)
{
	struct sv3_txn txn = fx_txn(iova, false);

	txn.stream_id = sid;
	return fx_go(f, &txn);
}

static unsigned int present(struct fx *f)
{
	return (read_as(f, FX_SID, FX_IOVA) == FX_DATA ? COMBINED : 0u) |
	       (read_as(f, FX_SID, VA_GLOBAL) == FX_DATA + 0x1000 ? GLOBAL : 0u) |
	       (read_as(f, SID_S2, IPA_DATA + 0x2000) == FX_DATA + 0x2000 ? STAGE2 : 0u) |
	       (read_as(f, SID_OTHER, FX_IOVA) == FX_DATA + 0x3000 ? OTHER : 0u);
}

/* Fill the TLB with the four, then take their leaves away, those of stage 1 and of stage 2. */
static unsigned int fill(struct fx *f)
{
	const sv3_pa cd = FX_CD + 64;
	sv3_pa ttb = f->ttb0, pte[3];
	unsigned int before;

	fx_guest(f, FX_DATA, 0x3000);
	fx_ste(f, SID_S2, FX_STE_S2, 0);
	fx_ste_stage2(f, SID_S2, fx_ste2(12, 25, 1, 0), f->s2.table);
	pte[0] = fx_map(f, FX_IOVA, 3, S1_LEAF);
	pte[1] = fx_map(f, VA_GLOBAL, 3, (S1_LEAF & ~FX_NG) + 0x1000);
	f->nested = false;
	f->ttb0 = fx_alloc(f);
	fx_ste(f, SID_OTHER, FX_STE_S1 | cd, 0);
	fx_ste_stage2(f, SID_OTHER, 4, 0);
	fx_cd(f, cd, fx_cd0(12, 16, 0), f->ttb0, 0);
	pte[2] = fx_map(f, FX_IOVA, 3, FX_LEAF + 0x3000);
	f->ttb0 = ttb;
	f->nested = true;
	before = present(f);
	for (unsigned int i = 0; i < 3; i++)
		fx_poke(f, pte[i], 0);
	fx_poke(f, fx_guest_pte(f, FX_DATA + 0x2000), 0);
	return before & present(f);
}

TEST_C(tlb_stage2, tlbi_scope)
{
	static const struct {
		uint64_t word0, word1;
		unsigned int gone;
	} rows[] = {
		{ FX_CMD_TLBI_NH_ALL | VMID, 0, COMBINED | GLOBAL },
		{ FX_CMD_TLBI_NH_ALL | VMID4, 0, OTHER },
		{ FX_CMD_TLBI_NH_ALL, 0, 0 },
		{ FX_CMD_TLBI_NH_ASID | VMID | FX_CMD_ASID(1), 0, COMBINED },
		{ FX_CMD_TLBI_NH_ASID | VMID4 | FX_CMD_ASID(1), 0, OTHER },
		{ FX_CMD_TLBI_NH_VA | VMID | FX_CMD_ASID(1), FX_IOVA, COMBINED },
		{ FX_CMD_TLBI_NH_VA | VMID | FX_CMD_ASID(2), VA_GLOBAL, GLOBAL },
		{ FX_CMD_TLBI_NH_VA | VMID4 | FX_CMD_ASID(1), FX_IOVA, OTHER },
		{ FX_CMD_TLBI_NH_VAA | VMID, FX_IOVA, COMBINED },
		{ FX_CMD_TLBI_NH_VAA | VMID, VA_GLOBAL, GLOBAL },
		{ FX_CMD_TLBI_NH_VAA | VMID4, FX_IOVA, OTHER },
		/* An intermediate address is no virtual one, nor the reverse. */
		{ FX_CMD_TLBI_NH_VAA | VMID, IPA_DATA + 0x2000, 0 },
		{ FX_CMD_TLBI_S2_IPA | VMID, IPA_DATA + 0x2000, STAGE2 },
		{ FX_CMD_TLBI_S2_IPA | VMID, IPA_DATA, 0 }, /* not what stands for both stages */
		{ FX_CMD_TLBI_S2_IPA | VMID, FX_IOVA, 0 },
		{ FX_CMD_TLBI_S2_IPA | VMID4, IPA_DATA + 0x2000, 0 },
		{ FX_CMD_TLBI_S12_ALL | VMID, 0, COMBINED | GLOBAL | STAGE2 },
		{ FX_CMD_TLBI_S12_ALL | VMID4, 0, OTHER },
		{ FX_CMD_TLBI_NSNH_ALL, 0, ALL },
		{ FX_CMD_TLBI_EL2_ALL, 0, 0 },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t leaf = i & 1;
		unsigned int left;
		FX(f, FX_NESTED);

		if (fill(&f) != ALL)
			FAIL_C("the TLB does not hold the four");
		fx_cmd(&f, rows[i / 2].word0, rows[i / 2].word1 | leaf);
		ASSERT_TRUE(fx_sync(&f));
		left = present(&f);
		if (left != (ALL & ~rows[i / 2].gone))
			FAIL_C("row %u leaf %u: %#x is left", (unsigned int)(i / 2),
			       (unsigned int)leaf, left);
	}
}

/* Software that changes stage 2 under a nested stream sends S2_IPA, and NH_ALL for the combined
 * entries; either alone leaves the old output. [IHI0070 4.4.3.1] */
TEST_C(tlb_stage2, s2_ipa_leaves_combined_entries)
{
	for (unsigned int i = 0; i < 4; i++) {
		bool s2_ipa = i & 1, nh_all = i & 2;
		FX(f, FX_NESTED);
		sv3_pa other = FX_DATA + 0x5000;

		fx_guest(&f, FX_DATA, 0x1000);
		fx_map(&f, FX_IOVA, 3, S1_LEAF);
		ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		fx_s2_map(&f, IPA_DATA, 3, other | FX_S2_RW);
		if (s2_ipa)
			fx_cmd(&f, FX_CMD_TLBI_S2_IPA | VMID, IPA_DATA | 1);
		if (nh_all)
			fx_cmd(&f, FX_CMD_TLBI_NH_ALL | VMID, 0);
		ASSERT_TRUE(fx_sync(&f));
		/* NH_ALL alone: the stage-2 entry of the output answers the new walk. */
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), s2_ipa && nh_all ? other : FX_DATA);
	}
}

/* The stage-2 entry that a stage-1 table is read through. */
TEST_C(tlb_stage2, s2_ipa_of_a_stage_1_table)
{
	for (unsigned int i = 0; i < 3; i++) {
		FX(f, FX_NESTED);
		sv3_pa copy = fx_alloc(&f), pte;

		fx_guest(&f, FX_DATA, 0x2000);
		fx_map(&f, FX_IOVA, 3, S1_LEAF);
		pte = fx_map(&f, FX_IOVA + 0x1000, 3, S1_LEAF + 0x1000);
		ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		/* Its page is moved, and the next page's leaf there is another one. */
		fx_poke(&f, copy + (pte & 0xfff), S1_LEAF);
		fx_poke(&f, fx_guest_pte(&f, pte), copy | FX_S2_RW);
		if (i > 0)
			fx_cmd(&f, FX_CMD_TLBI_S2_IPA | (i == 1 ? VMID : VMID4),
			       (FX_IPA(pte) & ~UINT64_C(0xfff)) | 1);
		ASSERT_TRUE(fx_sync(&f));
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x1000), i == 1 ? FX_DATA : FX_DATA + 0x1000);
	}
}

/* Ranges of intermediate addresses, TG and TTL, for blocks of stage 2. [IHI0070 4.4.1.1] */
TEST_C(tlb_stage2, tlbi_range)
{
	const uint64_t ipa = UINT64_C(0x1200000000);
	const struct {
		uint64_t address, range, hints;
		bool gone;
	} rows[] = {
		{ ipa, 0, 0, true },
		{ ipa + 0x1ff000, 0, 0, true },
		{ ipa + 0x200000, 0, 0, false },
		{ ipa, 0, 1 << 10 | 2 << 8, true },
		{ ipa, 0, 1 << 10 | 3 << 8, false },
		{ ipa, 0, 2 << 10 | 2 << 8, false },
		{ ipa - 0x4000, 3 << 12, 1 << 10, false },
		{ ipa - 0x4000, 4 << 12, 1 << 10, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_STAGE2);
		sv3_pa pte =
			fx_s2_map(&f, ipa, 2, FX_DATA | FX_S2_WB | FX_BLOCK | FX_AF | FX_S2_READ);

		ASSERT_EQ_U64(fx_read(&f, ipa + 0x7000), FX_DATA + 0x7000);
		fx_poke(&f, pte, 0);
		fx_cmd(&f, FX_CMD_TLBI_S2_IPA | VMID | rows[i].range,
		       rows[i].address | rows[i].hints | 1);
		ASSERT_TRUE(fx_sync(&f));
		if ((fx_read(&f, ipa + 0x7000) != FX_DATA + 0x7000) != rows[i].gone)
			FAIL_C("row %u", (unsigned int)i);
	}
}

/* Leaf = 1 keeps the tables of stage 2 that are cached, Leaf = 0 takes those of the address. */
TEST_C(tlb_stage2, tlbi_leaf)
{
	for (unsigned int leaf = 0; leaf < 2; leaf++) {
		FX(f, FX_STAGE2 | FX_NO_TLB);
		sv3_pa other = fx_alloc(&f), pte = fx_s2_map(&f, 0x5000, 3, FX_S2_RO);

		ASSERT_EQ_U64(fx_read(&f, 0x5000), FX_DATA);
		fx_poke(&f, other + (pte & 0xfff), FX_S2_RO + 0x1000);
		fx_s2_map(&f, 0x5000, 2, other | FX_TABLE);
		ASSERT_EQ_U64(fx_read(&f, 0x5000), FX_DATA);
		fx_cmd(&f, FX_CMD_TLBI_S2_IPA | VMID, UINT64_C(0x5000) | leaf);
		ASSERT_TRUE(fx_sync(&f));
		EXPECT_EQ_U64(fx_read(&f, 0x5000), leaf ? FX_DATA : FX_DATA + 0x1000);
	}
}

/* A stage-1 block over pages of stage 2 is many entries. One TLBI of any address of the block takes
 * them all, as if it were one; its level is that of the stage-1 leaf. [IHI0070 4.4] */
TEST_C(tlb_stage2, block_over_pages)
{
	const struct {
		uint64_t word0, word1;
		bool first_gone, second_gone;
	} rows[] = {
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | VMID, FX_IOVA | 1, true, true },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | VMID, (FX_IOVA + 0x1000) | 1, true, true },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | VMID, (FX_IOVA + 0x200000) | 1, false,
		  false },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | VMID | 1 << 12,
		  FX_IOVA | 1 << 10 | 2 << 8 | 1, true, true },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | VMID | 1 << 12,
		  FX_IOVA | 1 << 10 | 3 << 8 | 1, false, false },
		{ FX_CMD_TLBI_NH_ALL | VMID, 0, true, true },
	};
	const sv3_iova base = FX_IOVA & ~UINT64_C(0x1fffff);
	const uint64_t inside = FX_IOVA - base;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_NESTED);
		sv3_pa pte;

		fx_guest(&f, FX_DATA + inside, 0x2000);
		pte = fx_map(&f, base, 2, IPA_DATA | FX_BLOCK | FX_AF | FX_NG);
		ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA + inside);
		ASSERT_EQ_U64(fx_read(&f, FX_IOVA + 0x1000), FX_DATA + inside + 0x1000);
		fx_poke(&f, pte, 0);
		fx_cmd(&f, rows[i].word0, rows[i].word1);
		ASSERT_TRUE(fx_sync(&f));
		if ((fx_read(&f, FX_IOVA) >> 60 != 0) != rows[i].first_gone ||
		    (fx_read(&f, FX_IOVA + 0x1000) >> 60 != 0) != rows[i].second_gone)
			FAIL_C("row %u", (unsigned int)i);
	}
}

/*
 * SYNC and an access in flight. [IHI0070 3.21.1] One of both stages is waited for after an
 * invalidation of stage 1 or of both, and need not be after one of stage 2 alone; one of stage 2
 * alone after that.
 */
TEST_C(tlb_stage2, sync_barrier)
{
	const struct {
		bool nested;
		uint64_t word0, word1;
		bool waits;
	} rows[] = {
		{ true, FX_CMD_TLBI_NH_ALL | VMID, 0, true },
		{ true, FX_CMD_TLBI_NH_ALL | VMID4, 0, false },
		{ true, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | VMID, FX_IOVA | 1, true },
		{ true, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | VMID, (FX_IOVA + 0x1000) | 1, false },
		{ true, FX_CMD_TLBI_S12_ALL | VMID, 0, true },
		{ true, FX_CMD_TLBI_NSNH_ALL, 0, true },
		{ true, FX_CMD_TLBI_S2_IPA | VMID, IPA_DATA | 1, false },
		{ true, FX_CMD_TLBI_EL2_ALL, 0, false },
		{ false, FX_CMD_TLBI_S2_IPA | VMID, IPA_DATA | 1, true },
		{ false, FX_CMD_TLBI_S2_IPA | VMID, (IPA_DATA + 0x1000) | 1, false },
		{ false, FX_CMD_TLBI_S2_IPA | VMID4, IPA_DATA | 1, false },
		{ false, FX_CMD_TLBI_S12_ALL | VMID, 0, true },
		{ false, FX_CMD_TLBI_NSNH_ALL, 0, true },
		{ false, FX_CMD_TLBI_NH_ALL | VMID, 0, false },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		bool nested = rows[i / 2].nested, hit = i & 1;
		FX(f, nested ? FX_NESTED : FX_STAGE2);
		struct sv3_txn txn = fx_txn(nested ? FX_IOVA : IPA_DATA, true);

		fx_guest(&f, FX_DATA, 0x1000);
		if (nested)
			fx_map(&f, FX_IOVA, 3, S1_LEAF);
		if (hit)
			ASSERT_EQ_U64(fx_write(&f, txn.iova), FX_DATA);
		fx_begin(&f, &txn);
		ASSERT_EQ_U64(fx_run(&f), FX_DATA);
		fx_cmd(&f, rows[i / 2].word0, rows[i / 2].word1);
		if (fx_sync(&f) == rows[i / 2].waits)
			FAIL_C("row %u: the SYNC %s", (unsigned int)(i / 2),
			       rows[i / 2].waits ? "does not wait" : "waits");
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
	}
}

/* An access through one page of a block is in flight; the TLBI names another page of the block, as
 * who knows of stage 1 alone may: the SYNC waits. Not for the next block. */
TEST_C(tlb_stage2, sync_barrier_block_over_pages)
{
	const sv3_iova base = FX_IOVA & ~UINT64_C(0x1fffff);
	static const struct {
		uint64_t offset;
		bool waits;
	} rows[] = { { 0, true }, { 0x5000, true }, { 0x1ff000, true }, { 0x200000, false } };

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_NESTED);
		struct sv3_txn txn = fx_txn(base + 0x5008, true);

		fx_guest(&f, FX_DATA + 0x5000, 0x1000);
		fx_map(&f, base, 2, IPA_DATA | FX_BLOCK | FX_AF | FX_NG);
		if (i & 1)
			ASSERT_EQ_U64(fx_write(&f, txn.iova), FX_DATA + 0x5008);
		fx_begin(&f, &txn);
		ASSERT_EQ_U64(fx_run(&f), FX_DATA + 0x5008);
		fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | VMID,
		       (base + rows[i / 2].offset) | 1);
		if (fx_sync(&f) == rows[i / 2].waits)
			FAIL_C("row %u: the SYNC %s", (unsigned int)(i / 2),
			       rows[i / 2].waits ? "does not wait" : "waits");
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
	}
}

/* With more pages than entries, of either stage, translations and dirty state stay right. */
TEST_C(tlb_stage2, small_caches_replace)
{
	struct sv3_smmu_config config;
	__attribute__((cleanup(fx_fini))) struct fx f;
	bool written[64] = { false };
	struct sv3_prng prng;

	fx_config(&config, FX_NESTED);
	config.tlb_entries = config.walk_cache_entries = 8;
	config.tlb_ways = config.walk_cache_ways = 2;
	fx_power_on(&f, &config);
	fx_boot(&f, FX_NESTED | FX_HTTU | FX_S2HTTU);
	for (unsigned int i = 0; i < 64; i++) {
		fx_map(&f, FX_IOVA + i * UINT64_C(0x40001000), 3, FX_CLEAN + FX_GUEST + i * 0x1000);
		fx_s2_map(&f, FX_IPA(FX_DATA) + i * 0x1000, 3, FX_S2_CLEAN + i * 0x1000);
	}
	sv3_prng_seed(&prng, 50);
	for (unsigned int n = 0; n < 2000; n++) {
		uint64_t i = sv3_prng_below(&prng, 64);
		sv3_iova iova = FX_IOVA + i * UINT64_C(0x40001000);
		struct sv3_txn txn = fx_txn(iova, sv3_prng_below(&prng, 8) == 0);

		ASSERT_EQ_U64(fx_go(&f, &txn), FX_DATA + i * 0x1000);
		written[i] |= txn.write;
		ASSERT_EQ_U64(!(fx_peek(&f, fx_pte(&f, iova, 3)) & FX_AP2), written[i]);
		ASSERT_EQ_U64(!!(fx_peek(&f, fx_guest_pte(&f, FX_DATA + i * 0x1000)) & FX_S2_WRITE),
			      written[i]);
	}
	EXPECT_GE_U64(sv3_smmu_stats(f.smmu)->tlb_hits, 20);
	EXPECT_GE_U64(sv3_smmu_stats(f.smmu)->tlb_misses, 1000);
}
