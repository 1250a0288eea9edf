/* SPDX-License-Identifier: MIT */
/*
 * test_tlb.c - does CMD_TLBI remove what IHI 0070 4.4 says, and, as this model promises, nothing
 * else?
 *
 * The standard allows to remove more. This model does not, so that a driver that invalidates too
 * little is caught. Whether an entry is there: its descriptor is taken away behind the TLB's back,
 * then it is read.
 */
#include "tests/model/fx.h"

#define SID2      0x11u
#define VA_SHARED FX_IOVA            /* non-global, under ASID 1 and under ASID 2 */
#define VA_GLOBAL (FX_IOVA + 0x3000) /* global, of ASID 1's table */
#define VA_OTHER  (FX_IOVA + 0x5000) /* non-global, ASID 1 */

enum entry { ASID1 = 1, ASID2 = 2, GLOBAL = 4, OTHER = 8, ALL = 15 };

static uint64_t read_as(struct fx *f, uint32_t sid, sv3_iova iova)
{
	struct sv3_txn txn = fx_txn(iova, false);

	txn.stream_id = sid;
	return fx_go(f, &txn);
}

/* Which of the four entries answer. */
static unsigned int present(struct fx *f)
{
	return (read_as(f, FX_SID, VA_SHARED) == FX_DATA ? ASID1 : 0u) |
	       (read_as(f, SID2, VA_SHARED) == FX_DATA ? ASID2 : 0u) |
	       (read_as(f, FX_SID, VA_GLOBAL) == FX_DATA ? GLOBAL : 0u) |
	       (read_as(f, FX_SID, VA_OTHER) == FX_DATA ? OTHER : 0u);
}

/* Fill the TLB with the four, then take all descriptors away. Returns: what is present. */
static unsigned int fill(struct fx *f)
{
	sv3_pa ttb = f->ttb0, pte[4];
	unsigned int before;

	pte[0] = fx_map(f, VA_SHARED, 3, FX_LEAF);
	pte[1] = fx_map(f, VA_GLOBAL, 3, FX_LEAF & ~FX_NG);
	pte[2] = fx_map(f, VA_OTHER, 3, FX_LEAF);
	f->ttb0 = fx_alloc(f);
	fx_ste(f, SID2, FX_STE_S1 | (FX_CD + 64), 0);
	fx_cd(f, FX_CD + 64, fx_cd0(12, 16, 0) + FX_CD_ASID(1), f->ttb0, 0);
	pte[3] = fx_map(f, VA_SHARED, 3, FX_LEAF);
	f->ttb0 = ttb;
	before = present(f);
	for (unsigned int i = 0; i < 4; i++)
		fx_poke(f, pte[i], 0);
	return before & present(f);
}

/* [IHI0070 4.4] Which command removes which entries. */
TEST_C(tlb, tlbi_scope)
{
	static const struct {
		uint64_t word0, word1;
		unsigned int left;
	} rows[] = {
		{ FX_CMD_TLBI_NH_ALL, 0, 0 },
		{ FX_CMD_TLBI_NH_ALL | UINT64_C(5) << 32, 0, 0 }, /* no stage 2: VMID is nothing */
		{ FX_CMD_TLBI_NSNH_ALL, 0, 0 },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(1), 0, ASID2 | GLOBAL },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(2), 0, ASID1 | GLOBAL | OTHER },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(3), 0, ALL },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), VA_SHARED, ASID2 | GLOBAL | OTHER },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(2), VA_SHARED, ASID1 | GLOBAL | OTHER },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(3), VA_SHARED, ALL },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), VA_GLOBAL, ASID1 | ASID2 | OTHER },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(2), VA_GLOBAL, ASID1 | ASID2 | OTHER },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), VA_SHARED + 0x1000, ALL },
		{ FX_CMD_TLBI_NH_VAA, VA_SHARED, GLOBAL | OTHER },
		{ FX_CMD_TLBI_NH_VAA | FX_CMD_ASID(7), VA_SHARED, GLOBAL | OTHER },
		{ FX_CMD_TLBI_NH_VAA, VA_GLOBAL, ASID1 | ASID2 | OTHER },
		{ FX_CMD_TLBI_NH_VAA, VA_SHARED - 0x1000, ALL },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint64_t leaf = 0; leaf < 2; leaf++) {
			unsigned int left;
			FX(f, 0);

			if (fill(&f) != ALL)
				FAIL_C("row %u: the TLB does not hold four entries", i);
			fx_cmd(&f, rows[i].word0, rows[i].word1 | leaf);
			ASSERT_TRUE(fx_sync(&f));
			left = present(&f);
			if (left != rows[i].left)
				FAIL_C("row %u leaf %u: %#x is left, not %#x", i,
				       (unsigned int)leaf, left, rows[i].left);
		}
	}
}

/* A global entry serves every ASID. */
TEST_C(tlb, global_entries_are_shared)
{
	FX(f, 0);

	ASSERT_EQ_U64(fill(&f), ALL);
	EXPECT_EQ_U64(read_as(&f, SID2, VA_GLOBAL), FX_DATA);
}

/* An entry is not found by another address, half, or ASID. */
TEST_C(tlb, entries_do_not_alias)
{
	FX(f, 0);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	for (unsigned int bit = 12; bit < 64; bit++)
		if (fx_read(&f, FX_IOVA ^ UINT64_C(1) << bit) != FX_FAULT(FX_F_TRANSLATION))
			FAIL_C("bit %u of the address does not count", bit);
}

/* ---- ranges and hints ---- */

#define PAGES 24u

/* A fixture whose TLB holds pages 0 to 23 from FX_IOVA on, and no descriptor is left. */
static void fill_pages(struct fx *f)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		fx_map(f, FX_IOVA + i * 0x1000, 3, FX_LEAF);
		fx_read(f, FX_IOVA + i * 0x1000);
	}
	for (unsigned int i = 0; i < PAGES; i++)
		fx_map(f, FX_IOVA + i * 0x1000, 3, 0);
}

static uint32_t pages_present(struct fx *f)
{
	uint32_t set = 0;

	for (unsigned int i = 0; i < PAGES; i++)
		set |= (uint32_t)(fx_read(f, FX_IOVA + i * 0x1000) == FX_DATA) << i;
	return set;
}

static uint64_t range(uint64_t num, uint64_t scale)
{
	return num << 12 | scale << 20;
}

static uint64_t hints(uint64_t tg, uint64_t ttl)
{
	return tg << 10 | ttl << 8;
}

/* [IHI0070 4.4.1.1] (NUM + 1) x 2^SCALE granules from the address on; TTL and TG narrow it down. */
TEST_C(tlb, tlbi_range)
{
	const uint32_t all = (1u << PAGES) - 1;
	const struct {
		unsigned int page;
		uint64_t range, hints;
		uint32_t gone;
	} rows[] = {
		{ 5, 0, hints(0, 0), 1u << 5 },             /* single address */
		{ 5, range(9, 3), hints(0, 0), 1u << 5 },   /* TG = 0: NUM and SCALE are nothing */
		{ 5, range(0, 0), hints(1, 3), 1u << 5 },   /* one page, by level */
		{ 2, range(3, 0), hints(1, 0), 0xfu << 2 }, /* 4 pages */
		{ 2, range(3, 0), hints(1, 3), 0xfu << 2 },
		{ 4, range(0, 2), hints(1, 3), 0xfu << 4 }, /* 2^2 pages */
		{ 0, range(4, 2), hints(1, 3), 0xfffff },   /* 5 x 2^2 pages */
		{ 0, range(0, 10), hints(1, 0), all },
		{ 20, range(31, 0), hints(1, 0), 0xfu << 20 },
		{ 2, range(3, 0), hints(1, 2), 0 }, /* leaves of level 2 only: none */
		{ 2, range(3, 0), hints(3, 0), 0 }, /* leaves of 64K tables only: none */
		{ 4, range(1, 0), hints(2, 0), 0 }, /* of 16K tables */
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t left;
		FX(f, 0);

		fill_pages(&f);
		if (pages_present(&f) != all)
			FAIL_C("row %u: the TLB does not hold %u pages", i, PAGES);
		fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | rows[i].range,
		       (FX_IOVA + rows[i].page * 0x1000) | rows[i].hints | 1);
		ASSERT_TRUE(fx_sync(&f));
		left = pages_present(&f);
		if (left != (all & ~rows[i].gone))
			FAIL_C("row %u: %#x is left, not %#x", i, left, all & ~rows[i].gone);
	}
}

/* The last five-bit values do not overflow: a range that reaches over the end of the address
 * space. */
TEST_C(tlb, tlbi_range_huge)
{
	FX(f, 0);

	fill_pages(&f);
	fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | range(31, 31), hints(1, 0) | 1);
	ASSERT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(pages_present(&f), 0);
}

/* TG other than 0 and NUM, SCALE, TTL all 0. */
TEST_C(tlb, tlbi_range_ill)
{
	for (uint64_t tg = 0; tg < 4; tg++) {
		for (uint64_t op = FX_CMD_TLBI_NH_VA; op <= FX_CMD_TLBI_NH_VAA; op++) {
			FX(f, 0);

			fx_cmd(&f, op, hints(tg, 0) | FX_IOVA);
			EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), tg != 0);
			EXPECT_EQ_U64(fx_reg(&f, SV3_REG_CMDQ_CONS) >> 24, tg != 0);
		}
	}
	/* 16K blocks do not exist at level 1: TTL = 1 counts as 0. */
	FX(f, 0);
	fx_cmd(&f, FX_CMD_TLBI_NH_VA, hints(2, 1));
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 1);
}

/* Blocks: any address inside takes the whole entry, the level hint must be the block's. */
TEST_C(tlb, tlbi_range_block)
{
	const uint64_t block = FX_DATA | FX_BLOCK | FX_AF | FX_NG;
	const sv3_iova base = FX_IOVA & ~UINT64_C(0x1fffff);
	const struct {
		sv3_iova iova;
		uint64_t range, hints;
		bool gone;
	} rows[] = {
		{ base, 0, hints(0, 0), true },
		{ base + 0x1ff000, 0, hints(0, 0), true },
		{ base + 0x200000, 0, hints(0, 0), false },
		{ base, range(0, 0), hints(1, 2), true },
		{ base, range(0, 0), hints(1, 1), false },
		{ base + 0x5000, range(3, 0), hints(1, 0), true },
		{ base + 0x5000, range(3, 0), hints(1, 3), false },
		{ base - 0x4000, range(3, 0), hints(1, 0), false },
		{ base - 0x4000, range(4, 0), hints(1, 0), true },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, 0);
		sv3_pa pte = fx_map(&f, base, 2, block);

		ASSERT_EQ_U64(fx_read(&f, base), FX_DATA);
		fx_poke(&f, pte, 0);
		fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | rows[i].range,
		       rows[i].iova | rows[i].hints | 1);
		ASSERT_TRUE(fx_sync(&f));
		if ((fx_read(&f, base + 0x7000) != FX_DATA + 0x7000) != rows[i].gone)
			FAIL_C("row %u: the block is %s", i, rows[i].gone ? "there" : "gone");
	}
}

/* 16K and 64K leaves answer to their own TG. */
TEST_C(tlb, tlbi_range_granules)
{
	static const unsigned int granules[3] = { 12, 14, 16 };

	for (unsigned int g = 0; g < 3; g++) {
		for (uint64_t tg = 1; tg < 4; tg++) {
			const sv3_iova iova = UINT64_C(0x123456780000);
			FX(f, 0);
			sv3_pa pte;

			fx_use_table(&f, granules[g], 16, 0);
			pte = fx_map(&f, iova, 3, FX_LEAF);
			ASSERT_EQ_U64(fx_read(&f, iova), FX_DATA);
			fx_poke(&f, pte, 0);
			/* TG: 1 is 4K, 2 is 16K, 3 is 64K. */
			fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), iova | hints(tg, 3) | 1);
			ASSERT_TRUE(fx_sync(&f));
			EXPECT_EQ_U64(fx_read(&f, iova), granules[g] == 10 + 2 * tg
								 ? FX_FAULT(FX_F_TRANSLATION)
								 : FX_DATA);
		}
	}
}

/* [IHI0070 4.4.1] Leaf = 1 keeps cached tables, Leaf = 0 removes those above the address. */
TEST_C(tlb, tlbi_range_leaf)
{
	static const struct {
		uint64_t word0, word1;
		bool tables_gone;
	} rows[] = {
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1, false },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA, true },
		{ FX_CMD_TLBI_NH_VAA, FX_IOVA | 1, false },
		{ FX_CMD_TLBI_NH_VAA, FX_IOVA, true },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(2), FX_IOVA, false },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA + (UINT64_C(1) << 21), false },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | 3u << 12, FX_IOVA | 1u << 10, true },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(1), 0, true },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(2), 0, false },
		{ FX_CMD_TLBI_NH_ALL, 0, true },
		{ FX_CMD_TLBI_NSNH_ALL, 0, true },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_NO_TLB);
		sv3_pa other = fx_alloc(&f), pte = fx_map(&f, FX_IOVA, 3, FX_LEAF);
		uint64_t code;

		ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		/* Another level-3 table in place of the cached one. */
		fx_poke(&f, other + (pte & 0xfff), FX_LEAF + 0x1000);
		fx_map(&f, FX_IOVA, 2, other | FX_TABLE);
		ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		fx_cmd(&f, rows[i].word0, rows[i].word1);
		ASSERT_TRUE(fx_sync(&f));
		code = fx_read(&f, FX_IOVA);
		if (code != (rows[i].tables_gone ? FX_DATA + 0x1000 : FX_DATA))
			FAIL_C("row %u: %#llx", i, (unsigned long long)code);
	}
}

/* Replacement: with more pages than entries, translations stay right. */
TEST_C(tlb, small_tlb_replaces)
{
	struct sv3_smmu_config config;
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_prng prng;

	fx_config(&config, 0);
	config.tlb_entries = 8;
	config.tlb_ways = 2;
	config.walk_cache_entries = 4;
	config.walk_cache_ways = 2;
	fx_power_on(&f, &config);
	fx_boot(&f, FX_HTTU);
	sv3_prng_seed(&prng, 50);
	for (unsigned int i = 0; i < 64; i++)
		fx_map(&f, FX_IOVA + i * UINT64_C(0x40001000), 3, FX_LEAF + i * 0x1000);
	for (unsigned int n = 0; n < 2000; n++) {
		uint64_t i = sv3_prng_below(&prng, 64);

		ASSERT_EQ_U64(fx_read(&f, FX_IOVA + i * 0x40001000), FX_DATA + i * 0x1000);
	}
	EXPECT_GE_U64(sv3_smmu_stats(f.smmu)->tlb_hits, 50);
	EXPECT_GE_U64(sv3_smmu_stats(f.smmu)->tlb_misses, 1000);
}

/* ---- walks in flight ---- */

/* A TLBI in the middle of a walk: what the walk read before it must not be used or kept after the
 * SYNC. */
TEST_C(tlb, tlbi_during_walk)
{
	static const enum sv3_unit units[] = { SV3_UNIT_S1_L0, SV3_UNIT_S1_L1, SV3_UNIT_S1_L2,
					       SV3_UNIT_S1_L3 };
	static const uint64_t tlbi[][2] = {
		{ FX_CMD_TLBI_NH_ALL, 0 },
		{ FX_CMD_TLBI_NSNH_ALL, 0 },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(1), 0 },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA },
		{ FX_CMD_TLBI_NH_VAA, FX_IOVA },
	};

	for (unsigned int i = 0; i < 20; i++) {
		FX(f, 0);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF);
		struct sv3_txn txn = fx_txn(FX_IOVA, false);
		unsigned int level = i % 4;
		bool synced;
		uint64_t code;

		fx_begin(&f, &txn);
		ASSERT_TRUE(fx_until(&f, units[level]));
		/* The read has been answered from memory as it was, but the answer is still under
		 * way. */
		ASSERT_EQ_INT(sv3_bus_read(&f.bus, f.need.pa, f.reply.data, f.need.size),
			      SV3_BUS_OK);
		f.reply.status = SV3_BUS_OK;
		fx_poke(&f, fx_pte(&f, FX_IOVA, level), 0);
		if (level != 3)
			fx_poke(&f, pte, 0);
		fx_cmd(&f, tlbi[i / 4][0], tlbi[i / 4][1]);
		synced = fx_sync(&f);
		sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
		code = fx_run(&f);
		if (synced && code != FX_FAULT(FX_F_TRANSLATION))
			FAIL_C("TLBI %u, level %u: the old table is used after the SYNC", i / 4,
			       level);
		fx_land(&f);
		ASSERT_TRUE(fx_cmdq_empty(&f));
		if (fx_read(&f, FX_IOVA) != FX_FAULT(FX_F_TRANSLATION))
			FAIL_C("TLBI %u, level %u: the old table is used later", i / 4, level);
	}
}

/* A leaf-only TLBI of the page under walk, as drivers send it after cleaning. */
TEST_C(tlb, tlbi_during_walk_leaf)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_DIRTY);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	bool synced;

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_S1_L3));
	ASSERT_EQ_INT(sv3_bus_read(&f.bus, f.need.pa, f.reply.data, f.need.size), SV3_BUS_OK);
	f.reply.status = SV3_BUS_OK;
	fx_poke(&f, pte, FX_CLEAN);
	fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
	synced = fx_sync(&f);
	sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
	ASSERT_EQ_U64(fx_run(&f), FX_DATA);
	if (synced)
		EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	fx_land(&f);
	ASSERT_TRUE(fx_cmdq_empty(&f));
	/* No stale "dirty" entry is left: the next write is recorded. */
	fx_poke(&f, pte, FX_CLEAN);
	fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
	ASSERT_TRUE(fx_sync(&f));
	fx_write(&f, FX_IOVA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
}

/* [IHI0070 3.21.1] While SMMUEN = 0 nothing is inserted, not by a walk that began before either. */
TEST_C(tlb, smmuen_off_during_walk)
{
	FX(f, 0);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_S1_L3));
	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA); /* begun before: it is translated */
	fx_land(&f);
	fx_poke(&f, pte, 0);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
}
