/* SPDX-License-Identifier: MIT */
/*
 * test_contiguous.c - leaves that belong together: contiguous groups, taken as one TLB entry or
 * not, and blocks that are split and merged while a device uses them.
 * [DDI0487 D8.5, D8.7.1] [IHI0070 3.21.1]
 */
#include "tests/model/fx.h"

#define CONTIGUOUS (UINT64_C(1) << 52)
#define NT         (UINT64_C(1) << 16)

/* ---- contiguous groups ---- */

static const struct group {
	unsigned int granule, level, members;
} groups[] = {
	{ 12, 3, 16 }, { 12, 2, 16 }, { 12, 1, 16 }, { 14, 3, 128 },
	{ 14, 2, 32 }, { 16, 3, 32 }, { 16, 2, 32 },
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/* An SMMU that takes a group for one entry, or not, with the group @g at *iova, all members @bits;
 * outputs are the addresses themselves. Returns: the span of a leaf. */
static uint64_t boot_group(struct fx *f, const struct group *g, bool as_one, bool stage2,
			   uint64_t bits, sv3_iova *iova)
{
	unsigned int flags = stage2 ? FX_STAGE2 : FX_FULL;
	uint64_t span = UINT64_C(1) << fx_shift(g->granule, g->level);
	struct sv3_smmu_config config;

	fx_config(&config, flags);
	config.choices = as_one ? SV3_CHOICE_CONTIGUOUS_GROUP : 0;
	fx_power_on(f, &config);
	fx_boot(f, flags);
	if (stage2) /* one first table: 39, 47, 42 bits */
		fx_use_stage2(f, g->granule,
			      g->granule == 12   ? 25
			      : g->granule == 14 ? 17
						 : 22,
			      g->granule == 14 ? 2 : 1, FX_S2HTTU);
	else
		fx_use_table(f, g->granule, 16, FX_HTTU);
	*iova = span * g->members * 3;
	bits |= CONTIGUOUS | FX_AF | FX_DBM | (g->level == 3 ? FX_PAGE : FX_BLOCK) |
		(stage2 ? FX_S2_WB | FX_S2_READ : FX_NG);
	for (unsigned int i = 0; i < g->members; i++) {
		sv3_iova at = *iova + i * span;

		if (stage2)
			fx_s2_map(f, at, g->level, at | bits);
		else
			fx_map(f, at, g->level, at | bits);
	}
	return span;
}

static sv3_pa pte_of(struct fx *f, const struct group *g, bool stage2, sv3_iova at)
{
	return stage2 ? fx_s2_pte(f, at, g->level) : fx_pte(f, at, g->level);
}

/* Bit 7, as it says dirty at this stage. */
static bool is_dirty(struct fx *f, const struct group *g, bool stage2, sv3_iova at)
{
	return !!(fx_peek(f, pte_of(f, g, stage2, at)) & FX_AP2) == stage2;
}

static unsigned int dirty_members(struct fx *f, const struct group *g, bool stage2, sv3_iova iova,
				  uint64_t span)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < g->members; i++)
		count += is_dirty(f, g, stage2, iova + i * span);
	return count;
}

/* Every write finds its own address; then at least one member is dirty; the one that was written
 * first is. As one entry no more need be. [DDI0487 R_XDPXQ, R_GPHKF, I_NFFSV] */
TEST_C(contiguous, contig_dirty)
{
	for (unsigned int n = 0; n < 4 * GROUPS; n++) {
		const struct group *g = &groups[n / 4];
		bool as_one = n & 1, stage2 = n & 2;
		__attribute__((cleanup(fx_fini))) struct fx f;
		sv3_iova iova;
		uint64_t span = boot_group(&f, g, as_one, stage2, stage2 ? 0 : FX_AP2, &iova);
		unsigned int first = g->members / 2, count;

		EXPECT_EQ_U64(fx_write(&f, iova + first * span + 8), iova + first * span + 8);
		EXPECT_EQ_U64(f.result.span_lg2,
			      (unsigned int)__builtin_ctzll(as_one ? span * g->members : span));
		EXPECT_TRUE(is_dirty(&f, g, stage2, iova + first * span));
		EXPECT_EQ_INT(dirty_members(&f, g, stage2, iova, span), 1);
		for (unsigned int i = 0; i < g->members; i += 3)
			EXPECT_EQ_U64(fx_write(&f, iova + i * span + 8), iova + i * span + 8);
		count = dirty_members(&f, g, stage2, iova, span);
		if (as_one)
			EXPECT_EQ_INT(count, 1);
		else
			EXPECT_EQ_INT(count, (g->members + 2) / 3 + (first % 3 != 0));

		/* Cleaned as a whole and invalidated by any member's address, it is armed again. */
		for (unsigned int i = 0; i < g->members; i++) {
			sv3_pa pte = pte_of(&f, g, stage2, iova + i * span);

			fx_poke(&f, pte,
				stage2 ? fx_peek(&f, pte) & ~FX_S2_WRITE
				       : fx_peek(&f, pte) | FX_AP2);
		}
		if (as_one)
			fx_cmd(&f,
			       stage2 ? FX_CMD_TLBI_S2_IPA | FX_CMD_VMID(FX_VMID)
				      : FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1),
			       (iova + (g->members - 1) * span) | 1);
		else
			fx_cmd(&f, FX_CMD_TLBI_NSNH_ALL, 0);
		ASSERT_TRUE(fx_sync(&f));
		EXPECT_EQ_U64(fx_write(&f, iova), iova);
		EXPECT_EQ_INT(dirty_members(&f, g, stage2, iova, span), 1);
	}
}

/* An access flag of another member stands for all when the group is one entry. [DDI0487 R_JKCXG] */
TEST_C(contiguous, access_flag)
{
	for (unsigned int as_one = 0; as_one < 2; as_one++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		sv3_iova iova;
		uint64_t span = boot_group(&f, &groups[0], as_one, false, FX_AP2, &iova);
		sv3_pa second = fx_pte(&f, iova + span, 3);

		fx_poke(&f, second, fx_peek(&f, second) & ~FX_AF);
		EXPECT_EQ_U64(fx_read(&f, iova), iova);
		EXPECT_EQ_U64(fx_read(&f, iova + span), iova + span);
		EXPECT_EQ_U64(!!(fx_peek(&f, second) & FX_AF), !as_one);
	}
}

/* A clean entry of the group is verified in memory by a write to any member. */
TEST_C(contiguous, stale_clean)
{
	for (unsigned int as_one = 0; as_one < 2; as_one++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		sv3_iova iova;
		uint64_t span = boot_group(&f, &groups[0], as_one, false, FX_AP2, &iova);
		sv3_pa third = fx_pte(&f, iova + 2 * span, 3);

		EXPECT_EQ_U64(fx_read(&f, iova), iova);
		fx_poke(&f, third, 0);
		EXPECT_EQ_U64(fx_write(&f, iova + 2 * span), FX_FAULT(FX_F_TRANSLATION));
		/* Only the one that is not there has bit 7 clear. */
		EXPECT_EQ_INT(dirty_members(&f, &groups[0], false, iova, span), 1);
		EXPECT_EQ_U64(fx_peek(&f, third), 0);
	}
}

/* The bit is a hint: where its group would be larger than the address space, each leaf is for
 * itself. */
TEST_C(contiguous, group_larger_than_the_range)
{
	FX_CHOOSING(f, FX_FULL, SV3_CHOICE_CONTIGUOUS_GROUP);

	fx_use_table(&f, 16, 31, 0); /* 33 bits; a group of level 2 is 34 */
	fx_map(&f, UINT64_C(1) << 29, 2, UINT64_C(1) << 40 | CONTIGUOUS | FX_BLOCK | FX_AF | FX_NG);
	EXPECT_EQ_U64(fx_read(&f, UINT64_C(1) << 29), UINT64_C(1) << 40);
	EXPECT_EQ_U64(f.result.span_lg2, 29);
}

/* One that is all of it is an entry. */
TEST_C(contiguous, group_as_large_as_the_range)
{
	struct sv3_smmu_config config;
	__attribute__((cleanup(fx_fini))) struct fx f;

	fx_config(&config, FX_FULL);
	config.choices = SV3_CHOICE_CONTIGUOUS_GROUP;
	fx_power_on(&f, &config);
	fx_boot(&f, FX_FULL);
	fx_use_table(&f, 12, 48, 0); /* 16 bits: sixteen pages */
	fx_map(&f, 0x3000, 3, (FX_LEAF + 0x3000) | CONTIGUOUS);
	EXPECT_EQ_U64(fx_read(&f, 0x3000), FX_DATA + 0x3000);
	EXPECT_EQ_U64(f.result.span_lg2, 16);
}

/* ---- blocks split and merged under traffic ---- */

#define BLOCK_IOVA (FX_IOVA & ~UINT64_C(0x1fffff))
#define PAGES      512u

/* The children of a block, as software makes them before it installs the table: all attributes and
 * the dirty state are inherited. */
static void fill_children(struct fx *f, sv3_pa table, uint64_t block)
{
	for (unsigned int i = 0; i < PAGES; i++)
		fx_poke(f, table + 8 * i, ((block & ~NT) + i * UINT64_C(0x1000)) | FX_PAGE);
}

static void flush(struct fx *f)
{
	fx_cmd(f, FX_CMD_TLBI_NH_ALL, 0);
	fx_sync(f); /* it waits for what is in flight: software goes on meanwhile */
}

/* Replace the block at @pte by @table. Level 1 sets nT first and invalidates. */
static void split(struct fx *f, sv3_pa pte, sv3_pa table, unsigned int bbml)
{
	if (bbml == 1) {
		fx_poke(f, pte, fx_peek(f, pte) | NT);
		flush(f);
	}
	fill_children(f, table, fx_peek(f, pte));
	fx_poke(f, pte, table | FX_TABLE);
	flush(f);
}

/* And back: dirty if any child is. */
static void merge(struct fx *f, sv3_pa pte, sv3_pa table, unsigned int bbml)
{
	uint64_t block = (fx_peek(f, table) & ~UINT64_C(2)) | FX_AP2;

	for (unsigned int i = 0; i < PAGES; i++)
		if (!(fx_peek(f, table + 8 * i) & FX_AP2))
			block &= ~FX_AP2;
	fx_poke(f, pte, block | (bbml == 1 ? NT : 0));
	flush(f);
	if (bbml == 1) {
		/* An update may have come since: only nT is taken away. */
		fx_poke(f, pte, fx_peek(f, pte) & ~NT);
		flush(f);
	}
}

/* One write stepped by hand, split or merged under it at @instant. Returns: whether it was still
 * under way then. */
static bool write_while(struct fx *f, sv3_iova iova, unsigned int instant, sv3_pa pte, sv3_pa table,
			unsigned int bbml, bool do_merge)
{
	struct sv3_txn txn = fx_txn(iova, true);
	unsigned int n = 0;

	fx_begin(f, &txn);
	for (; f->need.kind != SV3_NEED_DONE && n < instant; n++)
		fx_answer(f);
	if (do_merge)
		merge(f, pte, table, bbml);
	else
		split(f, pte, table, bbml);
	EXPECT_EQ_U64(fx_run(f), FX_DATA + (iova - BLOCK_IOVA));
	fx_land(f);
	return n == instant;
}

static bool block_is_dirty(struct fx *f, sv3_pa pte, sv3_pa table, sv3_iova iova)
{
	uint64_t entry = fx_peek(f, pte);

	if ((entry & 3) == FX_TABLE)
		entry = fx_peek(f, table + 8 * ((iova >> 12) & 511));
	return !(entry & FX_AP2);
}

/* At every instant of a write, cold or with a clean or dirty entry: no fault, the right address,
 * and what was written is known to be dirty; then a merge the same way. */
static void split_live(unsigned int bbml, uint32_t choices)
{
	bool under_way = true;

	for (unsigned int n = 0; under_way; n++) {
		under_way = false;
		for (unsigned int warm = 0; warm < 3; warm++) {
			const sv3_iova a = BLOCK_IOVA + 0x5008, b = BLOCK_IOVA + 0x1fe000;
			const uint64_t clean = FX_DATA | FX_BLOCK | FX_AF | FX_NG | FX_DBM | FX_AP2;
			struct sv3_smmu_config config;
			__attribute__((cleanup(fx_fini))) struct fx f;
			sv3_pa pte, table;

			fx_config(&config, 0);
			config.idr3 = (config.idr3 & ~UINT32_C(0x1800)) | bbml << 11;
			config.choices = choices;
			fx_power_on(&f, &config);
			fx_boot(&f, FX_HTTU);
			pte = fx_map(&f, BLOCK_IOVA, 2, clean);
			table = fx_alloc(&f);
			if (warm == 1)
				fx_read(&f, b);
			if (warm == 2)
				fx_write(&f, b);
			under_way |= write_while(&f, a, n, pte, table, bbml, false);
			EXPECT_TRUE(fx_cmdq_empty(&f));
			EXPECT_TRUE(block_is_dirty(&f, pte, table, a));
			EXPECT_EQ_U64(fx_write(&f, b), FX_DATA + (b - BLOCK_IOVA));
			EXPECT_TRUE(block_is_dirty(&f, pte, table, b));
			/* All clean again, invalidated; merged under the next write. */
			fill_children(&f, table, clean);
			flush(&f);
			under_way |= write_while(&f, b, n, pte, table, bbml, true);
			EXPECT_TRUE(fx_cmdq_empty(&f));
			EXPECT_TRUE(block_is_dirty(&f, pte, table, b));
			EXPECT_EQ_U64(fx_read(&f, a), FX_DATA + (a - BLOCK_IOVA));
			EXPECT_EQ_U64(f.result.span_lg2, 21);
			EXPECT_EQ_INT(fx_event(&f), 0);
		}
	}
}

TEST_C(contiguous, split_live_bbml_1)
{
	split_live(1, 0);
}

TEST_C(contiguous, split_live_bbml_2)
{
	split_live(2, 0);
}

/* Who goes by way of nT meets no conflict. */
TEST_C(contiguous, split_live_bbml_1_conflicts)
{
	split_live(1, SV3_CHOICE_TLB_CONFLICT);
}

/* Entries of the block and of a page at once: one answers, with a right address, and no conflict is
 * reported; a TLBI takes both. [IHI0070 3.21.1.3] */
TEST_C(contiguous, overlapping_entries)
{
	FX(f, FX_HTTU);
	const uint64_t clean = FX_DATA | FX_BLOCK | FX_AF | FX_NG | FX_DBM | FX_AP2;
	sv3_pa pte = fx_map(&f, BLOCK_IOVA, 2, clean), table = fx_alloc(&f);

	EXPECT_EQ_U64(fx_read(&f, BLOCK_IOVA), FX_DATA);
	fill_children(&f, table, clean);
	fx_poke(&f, pte, table | FX_TABLE);
	/* A write does not trust the block's clean entry: a page entry is made beside it. */
	EXPECT_EQ_U64(fx_write(&f, BLOCK_IOVA + 0x3000), FX_DATA + 0x3000);
	EXPECT_FALSE(fx_peek(&f, table + 8 * 3) & FX_AP2);
	EXPECT_EQ_U64(fx_read(&f, BLOCK_IOVA + 0x3000), FX_DATA + 0x3000);
	EXPECT_EQ_U64(fx_read(&f, BLOCK_IOVA + 0x4000), FX_DATA + 0x4000);
	EXPECT_EQ_U64(f.result.span_lg2, 21); /* the old entry, not yet invalidated */
	fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), BLOCK_IOVA + 0x3000);
	ASSERT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(fx_read(&f, BLOCK_IOVA + 0x4000), FX_DATA + 0x4000);
	EXPECT_EQ_U64(f.result.span_lg2, 12);
	EXPECT_EQ_INT(fx_event(&f), 0);
}
