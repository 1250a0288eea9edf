/* SPDX-License-Identifier: MIT */
/*
 * test_split.c - do split and merge write the descriptors, and ask for the invalidations, that
 * their level of support wants?
 *
 * Descriptors are written by hand. [IHI0070 3.21.1.1 to 3.21.1.3]
 */
#include "ctest.h"
#include "hand_walk.h"

#include <sv3/pagetable.h>
#include <sv3/prng.h>

#define RAM_BASE   UINT64_C(0x40000000)
#define INPUT_SIZE (UINT64_C(1) << 41)

#define AF         (UINT64_C(1) << 10)
#define NT         (UINT64_C(1) << 16)
#define CONTIGUOUS (UINT64_C(1) << 52)
/* AttrIndx 5, AP[1], SH 2, nG, PXN, software bits 0xa; and what a block says of itself. */
#define ODD                                                                                \
	(UINT64_C(5) << 2 | UINT64_C(1) << 6 | UINT64_C(2) << 8 | AF | UINT64_C(1) << 11 | \
	 UINT64_C(1) << 53 | UINT64_C(0xa) << 55)
#define DIRTY (ODD | HAND_DBM)
#define CLEAN (DIRTY | HAND_AP2)

struct fx {
	struct test_ram ram;
	struct sv3_bus bus;
	struct sv3_pt_pages pages;
	struct sv3_pt pt;
	struct sv3_pt_resize resize;
	unsigned int granule_lg2;
};

static void fx_fini(struct fx *f)
{
	test_ram_fini(&f->ram);
}

static void fx_init(struct fx *f, unsigned int granule_lg2)
{
	const struct sv3_pt_config config = { .granule_lg2 = granule_lg2,
					      .input_size_lg2 = 41,
					      .dbm = true };
	const uint64_t ram_size = UINT64_C(24) << granule_lg2;

	*f = (struct fx){ .pages = { .next = RAM_BASE, .end = RAM_BASE + ram_size },
			  .granule_lg2 = granule_lg2 };
	test_ram_add(&f->ram, RAM_BASE, ram_size);
	f->bus = test_ram_bus(&f->ram);
	EXPECT_OK(sv3_pt_init(&f->pt, &f->bus, &f->pages, &config));
}

#define FX(name, granule_lg2)                             \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	fx_init(&name, granule_lg2)

static unsigned int block_lg2(unsigned int granule_lg2)
{
	return 2 * granule_lg2 - 3;
}

static struct hand_leaf leaf_at(const struct fx *f, uint64_t offset)
{
	return hand_walk(&f->ram, f->pt.root, f->granule_lg2, 41, offset);
}

/* A block of level 2 with these bits; its address is that of its output, which is not 0. */
static sv3_pa put_block(struct fx *f, uint64_t iova, uint64_t bits)
{
	struct hand_leaf leaf;

	EXPECT_OK(sv3_pt_map(&f->pt, iova, iova, UINT64_C(1) << block_lg2(f->granule_lg2), 48,
			     SV3_PT_WRITE));
	leaf = leaf_at(f, iova);
	EXPECT_EQ_U64(leaf.span_lg2, block_lg2(f->granule_lg2));
	test_ram_poke(&f->ram, leaf.pte_pa, iova | bits | 1);
	return leaf.pte_pa;
}

/* As many pages, clean, in a table. Returns: where the table's descriptor is. */
static sv3_pa put_table(struct fx *f, uint64_t iova, sv3_pa *table)
{
	const uint64_t count = UINT64_C(1) << (f->granule_lg2 - 3);
	sv3_pa parent;

	EXPECT_OK(sv3_pt_map(&f->pt, iova, iova, count << f->granule_lg2, 0, SV3_PT_WRITE));
	*table = leaf_at(f, iova).pte_pa;
	for (uint64_t i = 0; i < count; i++)
		test_ram_poke(&f->ram, *table + 8 * i, (iova + (i << f->granule_lg2)) | CLEAN | 3);
	for (parent = RAM_BASE; test_ram_peek(&f->ram, parent) != (*table | 3); parent += 8)
		;
	return parent;
}

/* One step: its result, what it owes, and what it leaves behind. */
static void expect_step(struct fx *f, int rc, sv3_pa pte, uint64_t value, uint64_t stride_lg2,
			bool leaf)
{
	const struct sv3_tlbi_range *owed = &f->resize.owed;
	const uint64_t span = UINT64_C(1) << block_lg2(f->granule_lg2);

	EXPECT_EQ_INT(sv3_pt_resize_step(&f->resize), rc);
	if (value != 0 || rc != 0)
		EXPECT_EQ_U64(test_ram_peek(&f->ram, pte), value);
	EXPECT_EQ_U64(owed->len, stride_lg2 ? span : 0);
	if (stride_lg2 == 0)
		return;
	EXPECT_EQ_U64(owed->iova, 3 * span);
	EXPECT_EQ_U64(owed->granule_lg2, f->granule_lg2);
	EXPECT_EQ_U64(owed->stride_lg2, stride_lg2);
	EXPECT_EQ_U64(owed->level_hint, 0);
	EXPECT_EQ_INT(owed->leaf, leaf);
}

/* --- the sequences --- */

static void split_by(unsigned int granule_lg2, unsigned int bbml)
{
	FX(f, granule_lg2);
	const unsigned int span_lg2 = block_lg2(granule_lg2);
	const uint64_t iova = UINT64_C(3) << span_lg2;
	const sv3_pa pte = put_block(&f, iova, DIRTY);
	const sv3_pa table = f.pages.next;

	/* One byte in its middle names it. */
	EXPECT_OK(sv3_pt_split_begin(&f.resize, &f.pt, iova + (UINT64_C(1) << span_lg2) / 2 + 5, 1,
				     0, bbml));
	if (bbml == 0) {
		expect_step(&f, 1, pte, 0, span_lg2, false);
		expect_step(&f, 1, pte, table | 3, 0, false);
	} else if (bbml == 1) {
		expect_step(&f, 1, pte, iova | DIRTY | NT | 1, span_lg2, true);
		expect_step(&f, 1, pte, table | 3, span_lg2, false);
	} else {
		expect_step(&f, 1, pte, table | 3, span_lg2, false);
	}
	expect_step(&f, 0, pte, table | 3, 0, false);
	expect_step(&f, 0, pte, table | 3, 0, false); /* and that is all */
	EXPECT_EQ_U64(f.resize.changed, 1);
	EXPECT_EQ_U64(f.resize.skipped, 0);
	EXPECT_EQ_U64(f.pages.next, table + (UINT64_C(1) << granule_lg2));
	for (uint64_t i = 0; i < UINT64_C(1) << (granule_lg2 - 3); i++)
		if (test_ram_peek(&f.ram, table + 8 * i) !=
		    ((iova + (i << granule_lg2)) | DIRTY | 3))
			FAIL_C("granule %u, bbml %u, child %u", granule_lg2, bbml, (unsigned int)i);
}

TEST_C(split, sequences)
{
	for (unsigned int granule_lg2 = 12; granule_lg2 <= 16; granule_lg2 += 2)
		for (unsigned int bbml = 0; bbml < 3; bbml++)
			split_by(granule_lg2, bbml);
}

static void merge_by(unsigned int granule_lg2, unsigned int bbml)
{
	FX(f, granule_lg2);
	const uint64_t span = UINT64_C(1) << block_lg2(granule_lg2);
	const uint64_t iova = 3 * span, clean = iova | CLEAN | 1;
	sv3_pa table;
	const sv3_pa pte = put_table(&f, iova, &table);

	EXPECT_OK(sv3_pt_merge_begin(&f.resize, &f.pt, iova, span, 48, bbml));
	if (bbml == 0) {
		expect_step(&f, 1, pte, 0, granule_lg2, false);
		EXPECT_EQ_U64(f.pages.free_head, 0);
		expect_step(&f, 1, pte, clean, 0, false);
	} else if (bbml == 1) {
		expect_step(&f, 1, pte, clean | NT, granule_lg2, false);
		EXPECT_EQ_U64(f.pages.free_head, 0);
		expect_step(&f, 1, pte, clean, block_lg2(granule_lg2), true);
	} else {
		expect_step(&f, 1, pte, clean, granule_lg2, false);
		EXPECT_EQ_U64(f.pages.free_head, 0);
		expect_step(&f, 1, pte, clean, 0, false);
	}
	expect_step(&f, 0, pte, clean, 0, false);
	EXPECT_EQ_U64(f.pages.free_head, table);
	EXPECT_EQ_U64(f.resize.changed, 1);
	EXPECT_EQ_U64(f.resize.skipped, 0);
}

TEST_C(merge, sequences)
{
	for (unsigned int granule_lg2 = 12; granule_lg2 <= 16; granule_lg2 += 2)
		for (unsigned int bbml = 0; bbml < 3; bbml++)
			merge_by(granule_lg2, bbml);
}

/* --- split --- */

static void run(struct fx *f)
{
	for (unsigned int i = 0; sv3_pt_resize_step(&f->resize) != 0; i++)
		if (i == 100000)
			FAIL_C("no end");
}

/* A clean block has clean children, a dirty one dirty ones; what is not tracked stays so. */
TEST_C(split, children_have_the_state_of_the_block)
{
	static const uint64_t states[] = { DIRTY, CLEAN, ODD, ODD | HAND_AP2, CLEAN & ~AF };

	for (unsigned int n = 0; n < 15; n++) {
		FX(f, 12);
		const uint64_t bits = states[n % 5];

		put_block(&f, 0x600000, bits);
		EXPECT_OK(sv3_pt_split_begin(&f.resize, &f.pt, 0x600000, 0x200000, 12, n / 5));
		run(&f);
		EXPECT_EQ_U64(leaf_at(&f, 0x600000).pte, 0x600000 | bits | 3);
		EXPECT_EQ_U64(leaf_at(&f, 0x7ff000).pte, 0x7ff000 | bits | 3);
	}
}

/* An nT that somebody left behind goes; pages have none. */
TEST_C(split, of_a_block_with_nt)
{
	for (unsigned int bbml = 0; bbml < 3; bbml++) {
		FX(f, 12);

		put_block(&f, 0x600000, CLEAN | NT);
		EXPECT_OK(sv3_pt_split_begin(&f.resize, &f.pt, 0x600000, 1, 12, bbml));
		run(&f);
		EXPECT_EQ_U64(leaf_at(&f, 0x600000).pte, 0x600000 | CLEAN | 3);
		EXPECT_EQ_U64(leaf_at(&f, 0x610000).pte, 0x610000 | CLEAN | 3);
	}
}

/* 1 GiB: to the next level, or down to pages, of which only those in the range. */
TEST_C(split, stops_at_the_size_that_was_asked_for)
{
	static const struct {
		uint64_t iova, len;
		unsigned int leaf_lg2, first_lg2, second_lg2, last_lg2;
		uint64_t changed;
	} rows[] = {
		{ 0x40000000, 0x40000000, 30, 30, 30, 30, 0 },
		{ 0x40000000, 0x40000000, 29, 21, 21, 21, 1 },
		{ 0x40000000, 0x40000000, 21, 21, 21, 21, 1 },
		{ 0x40000000, 0x1000, 20, 12, 21, 21, 2 },
		{ 0x40000000, 0x201000, 12, 12, 12, 21, 3 },
		{ 0x7fffffff, 1, 12, 21, 21, 12, 2 },
		{ 0, 0x40000000, 12, 30, 30, 30, 0 },
		{ 0x80000000, 0x40000000, 12, 30, 30, 30, 0 },
	};

	for (unsigned int n = 0; n < 3 * sizeof(rows) / sizeof(rows[0]); n++) {
		FX(f, 12);
		const unsigned int i = n / 3;

		EXPECT_OK(sv3_pt_map(&f.pt, 0x40000000, 0x40000000, 0x40000000, 30, SV3_PT_WRITE));
		EXPECT_OK(sv3_pt_split_begin(&f.resize, &f.pt, rows[i].iova, rows[i].len,
					     rows[i].leaf_lg2, n % 3));
		run(&f);
		EXPECT_EQ_U64(f.resize.changed, rows[i].changed);
		EXPECT_EQ_U64(leaf_at(&f, 0x40000000).span_lg2, rows[i].first_lg2);
		EXPECT_EQ_U64(leaf_at(&f, 0x40200000).span_lg2, rows[i].second_lg2);
		EXPECT_EQ_U64(leaf_at(&f, 0x7fffffff).span_lg2, rows[i].last_lg2);
		EXPECT_EQ_U64(leaf_at(&f, 0x40200000).pa,
			      0x40200000 & -(UINT64_C(1) << rows[i].second_lg2));
	}
}

TEST_C(split, takes_all_blocks_of_a_range)
{
	FX(f, 12);

	/* Pages, a hole, a block, one of a contiguous group, a block outside. */
	EXPECT_OK(sv3_pt_map(&f.pt, 0x1ff000, 0x1ff000, 0x401000, 12, SV3_PT_WRITE));
	put_block(&f, 0xa00000, DIRTY);
	put_block(&f, 0xc00000, DIRTY | CONTIGUOUS);
	put_block(&f, 0xe00000, DIRTY);
	EXPECT_OK(sv3_pt_split_begin(&f.resize, &f.pt, 0, 0xe00000, 12, 2));
	run(&f);
	EXPECT_EQ_U64(f.resize.changed, 1);
	EXPECT_EQ_U64(f.resize.skipped, 1);
	EXPECT_EQ_U64(leaf_at(&f, 0xa00000).span_lg2, 12);
	EXPECT_EQ_U64(leaf_at(&f, 0xc00000).pte, 0xc00000 | DIRTY | CONTIGUOUS | 1);
	EXPECT_EQ_U64(leaf_at(&f, 0xe00000).span_lg2, 21);
}

TEST_C(split, needs_memory_before_anything_is_touched)
{
	for (unsigned int bbml = 0; bbml < 3; bbml++) {
		FX(f, 12);
		const sv3_pa pte = put_block(&f, 0x600000, DIRTY), end = f.pages.end;

		f.pages.end = f.pages.next;
		EXPECT_OK(sv3_pt_split_begin(&f.resize, &f.pt, 0x600000, 1, 12, bbml));
		EXPECT_EQ_INT(sv3_pt_resize_step(&f.resize), -SV3_ERR_NOMEM);
		EXPECT_EQ_U64(f.resize.owed.len, 0);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, pte), 0x600000 | DIRTY | 1);
		f.pages.end = end;
		run(&f);
		EXPECT_EQ_U64(leaf_at(&f, 0x600000).span_lg2, 12);
	}
}

TEST_C(resize, ranges_and_levels_that_are_none)
{
	FX(f, 12);

	EXPECT_EQ_INT(sv3_pt_split_begin(&f.resize, &f.pt, 0, 0, 12, 2), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(
		sv3_pt_merge_begin(&f.resize, &f.pt, INPUT_SIZE / 2, INPUT_SIZE / 2 + 1, 12, 2),
		-SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_pt_merge_begin(&f.resize, &f.pt, INPUT_SIZE, 1, 12, 2), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_pt_split_begin(&f.resize, &f.pt, 0, 1, 12, 3), -SV3_ERR_INVAL);
	EXPECT_OK(sv3_pt_merge_begin(&f.resize, &f.pt, INPUT_SIZE / 2, INPUT_SIZE / 2, 12, 2));
	EXPECT_EQ_INT(sv3_pt_resize_step(&f.resize), 0);
}

/* Tables of one level have no blocks. */
TEST_C(resize, of_a_table_that_is_one_level)
{
	const struct sv3_pt_config config = { .granule_lg2 = 16, .input_size_lg2 = 29 };
	FX(f, 16);
	struct sv3_pt pt;

	ASSERT_OK(sv3_pt_init(&pt, &f.bus, &f.pages, &config));
	ASSERT_OK(sv3_pt_map(&pt, 0, 0, UINT64_C(1) << 29, 48, SV3_PT_WRITE));
	EXPECT_OK(sv3_pt_merge_begin(&f.resize, &pt, 0, UINT64_C(1) << 29, 48, 2));
	EXPECT_EQ_INT(sv3_pt_resize_step(&f.resize), 0);
	EXPECT_OK(sv3_pt_split_begin(&f.resize, &pt, 0, UINT64_C(1) << 29, 0, 2));
	EXPECT_EQ_INT(sv3_pt_resize_step(&f.resize), 0);
	EXPECT_EQ_U64(f.resize.changed + f.resize.skipped, 0);
}

/* Addresses of TTB1 are invalidated as such, up to the last. */
TEST_C(resize, of_upper_addresses)
{
	const struct sv3_pt_config config = { .granule_lg2 = 12,
					      .input_size_lg2 = 39,
					      .upper = true };
	const sv3_iova iova = UINT64_MAX - 0x1fffff;
	FX(f, 12);
	struct sv3_pt pt;

	ASSERT_OK(sv3_pt_init(&pt, &f.bus, &f.pages, &config));
	ASSERT_OK(sv3_pt_map(&pt, iova, 0, 0x200000, 48, SV3_PT_WRITE));
	EXPECT_OK(sv3_pt_split_begin(&f.resize, &pt, iova, 0x200000, 0, 2));
	EXPECT_EQ_INT(sv3_pt_resize_step(&f.resize), 1);
	EXPECT_EQ_U64(f.resize.owed.iova, iova);
	EXPECT_OK(sv3_pt_merge_begin(&f.resize, &pt, iova, 0x200000, 48, 2));
	EXPECT_EQ_INT(sv3_pt_resize_step(&f.resize), 1);
	EXPECT_EQ_U64(f.resize.owed.iova, iova);
}

/* --- merge --- */

/* 512 clean pages, one of them otherwise. Returns: the block, or what stands in its place. */
static uint64_t merge_with(uint32_t index, uint64_t flip, unsigned int bbml)
{
	FX(f, 12);
	sv3_pa table;
	const sv3_pa pte = put_table(&f, 0x600000, &table), child = table + 8 * index;
	uint64_t value;

	test_ram_poke(&f.ram, child, test_ram_peek(&f.ram, child) ^ flip);
	EXPECT_OK(sv3_pt_merge_begin(&f.resize, &f.pt, 0x600000, 0x200000, 21, bbml));
	run(&f);
	value = test_ram_peek(&f.ram, pte);
	EXPECT_EQ_U64(f.resize.skipped, value == (table | 3));
	EXPECT_EQ_U64(f.resize.changed, value != (table | 3));
	return value;
}

TEST_C(merge, the_dirt_of_any_page_is_that_of_the_block)
{
	for (unsigned int bbml = 0; bbml < 3; bbml++)
		for (uint32_t i = 0; i < 512; i++)
			EXPECT_EQ_U64(merge_with(i, HAND_AP2, bbml), 0x600000 | DIRTY | 1);
}

TEST_C(merge, the_access_of_any_page_is_that_of_the_block)
{
	for (uint32_t i = 0; i < 512; i++) {
		FX(f, 12);
		sv3_pa table;
		const sv3_pa pte = put_table(&f, 0x600000, &table);

		for (uint32_t j = 0; j < 512; j++)
			test_ram_poke(&f.ram, table + 8 * j,
				      test_ram_peek(&f.ram, table + 8 * j) & ~(i == j ? 0 : AF));
		EXPECT_OK(sv3_pt_merge_begin(&f.resize, &f.pt, 0x600000, 0x200000, 21, i % 3));
		run(&f);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, pte), 0x600000 | CLEAN | 1);
	}
}

/* Any other bit of any page keeps it from being part of a block. */
TEST_C(merge, pages_that_differ_stay_pages)
{
	static const uint32_t indices[] = { 0, 1, 255, 510, 511 };

	for (unsigned int n = 0; n < 5 * 64; n++) {
		const unsigned int bit = n / 5;
		const uint64_t value = merge_with(indices[n % 5], UINT64_C(1) << bit, n % 3);

		if ((value & 3) == 3 ? bit == 7 || bit == 10 : bit != 7 && bit != 10)
			FAIL_C("bit %u of page %u", bit, indices[n % 5]);
	}
}

/* Without DBM, AP[2] is a permission and no dirty state. */
TEST_C(merge, of_pages_that_are_not_tracked)
{
	for (unsigned int n = 0; n < 4; n++) {
		FX(f, 12);
		sv3_pa table;
		const sv3_pa pte = put_table(&f, 0x600000, &table);
		const uint64_t bits = ODD | (n & 1 ? HAND_AP2 : 0);

		for (uint64_t i = 0; i < 512; i++)
			test_ram_poke(&f.ram, table + 8 * i, (0x600000 + i * 4096) | bits | 3);
		if (n & 2)
			test_ram_poke(&f.ram, table, 0x600000 | (bits ^ HAND_AP2) | 3);
		EXPECT_OK(sv3_pt_merge_begin(&f.resize, &f.pt, 0x600000, 0x200000, 21, 2));
		run(&f);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, pte), n & 2 ? table | 3 : 0x600000 | bits | 1);
	}
}

/* All pages have one of these; none is merged. */
TEST_C(merge, what_no_block_can_say)
{
	static const struct {
		uint64_t bits, offset, link;
	} rows[] = {
		{ CLEAN | CONTIGUOUS, 0, 0 },    { CLEAN, 0x1000, 0 },
		{ CLEAN, 0x100000, 0 },          { CLEAN, 0, UINT64_C(1) << 59 },
		{ CLEAN, 0, UINT64_C(1) << 61 }, { CLEAN, 0, UINT64_C(1) << 63 },
	};

	for (unsigned int n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		FX(f, 12);
		sv3_pa table;
		const sv3_pa pte = put_table(&f, 0x600000, &table);

		for (uint64_t i = 0; i < 512; i++)
			test_ram_poke(&f.ram, table + 8 * i,
				      (0x600000 + rows[n].offset + i * 4096) | rows[n].bits | 3);
		test_ram_poke(&f.ram, pte, table | 3 | rows[n].link);
		EXPECT_OK(sv3_pt_merge_begin(&f.resize, &f.pt, 0, INPUT_SIZE, 48, 2));
		run(&f);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, pte), table | 3 | rows[n].link);
		EXPECT_EQ_U64(f.resize.changed, 0);
		EXPECT_EQ_U64(f.pages.free_head, 0);
	}
}

TEST_C(merge, takes_tables_that_lie_in_the_range_as_a_whole)
{
	static const struct {
		uint64_t iova, len, changed;
	} rows[] = {
		{ 0x600000, 0x200000, 1 }, { 0x600001, 0x3fffff, 1 }, { 0x600000, 0x3fffff, 1 },
		{ 0x600001, 0x3ffffe, 0 }, { 0x400000, 0x600000, 2 }, { 0, INPUT_SIZE, 2 },
	};

	for (unsigned int n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		FX(f, 12);
		sv3_pa table;

		put_table(&f, 0x600000, &table);
		put_table(&f, 0x800000, &table);
		EXPECT_OK(sv3_pt_merge_begin(&f.resize, &f.pt, rows[n].iova, rows[n].len, 21, 1));
		run(&f);
		EXPECT_EQ_U64(f.resize.changed, rows[n].changed);
	}
}

/* Pages become 2 MiB, these 1 GiB, if so much is asked for. */
TEST_C(merge, large_blocks_are_made_of_small_ones)
{
	for (unsigned int n = 0; n < 9; n++) {
		static const unsigned int leaf_lg2[] = { 48, 30, 29 };
		const unsigned int bbml = n / 3;
		FX(f, 12);
		struct hand_leaf page;

		EXPECT_OK(sv3_pt_map(&f.pt, 0x40000000, 0x40000000, 0x40000000, 30, SV3_PT_WRITE));
		EXPECT_OK(sv3_pt_split_begin(&f.resize, &f.pt, 0x40600000, 0x400000, 12, bbml));
		run(&f);
		EXPECT_EQ_U64(f.resize.changed, 3);
		page = leaf_at(&f, 0x40777000);
		EXPECT_TRUE(hand_write(&f.ram, &page));
		EXPECT_OK(sv3_pt_merge_begin(&f.resize, &f.pt, 0x40000000, 0x40000000,
					     leaf_lg2[n % 3], bbml));
		run(&f);
		EXPECT_EQ_U64(f.resize.changed, n % 3 == 2 ? 2 : 3);
		EXPECT_EQ_U64(leaf_at(&f, 0x40777000).span_lg2, n % 3 == 2 ? 21 : 30);
		EXPECT_TRUE(hand_is_dirty(leaf_at(&f, 0x40777000).pte));
		EXPECT_TRUE(hand_is_dirty(leaf_at(&f, 0x40000000).pte) == (n % 3 != 2));
		EXPECT_EQ_U64(leaf_at(&f, 0x40000000).pa, 0x40000000);
	}
}

/* --- there and back --- */

/* Random sizes over random mappings: every address keeps its output, permissions and dirt. */
static void wander(unsigned int granule_lg2, uint64_t seed)
{
	FX(f, granule_lg2);
	const uint64_t span = UINT64_C(1) << block_lg2(granule_lg2), granule = UINT64_C(1)
									       << granule_lg2;
	struct {
		bool mapped, dirty;
	} page[16] = { 0 }; /* four of each block */
	struct sv3_prng prng;

	sv3_prng_seed(&prng, seed);
	for (uint64_t i = 0; i < 16; i++) {
		page[i].mapped = i / 4 != 2 || i % 4 != 1;
		if (i % 4 == 0 && i / 4 != 2)
			EXPECT_OK(sv3_pt_map(&f.pt, i / 4 * span, i / 4 * span, span, 48,
					     SV3_PT_WRITE));
		else if (i % 4 != 1 && i / 4 == 2)
			EXPECT_OK(sv3_pt_map(&f.pt, 2 * span + i % 4 * granule,
					     2 * span + i % 4 * granule, granule, 48,
					     SV3_PT_WRITE));
	}
	for (unsigned int n = 0; n < 60; n++) {
		const uint64_t i = sv3_prng_below(&prng, 16);
		const uint64_t at = i / 4 * span + i % 4 * granule;
		const unsigned int bbml = (unsigned int)sv3_prng_below(&prng, 3);
		const struct hand_leaf leaf = leaf_at(&f, at);

		EXPECT_EQ_INT(leaf.span_lg2 != 0, page[i].mapped);
		switch (sv3_prng_below(&prng, 3)) {
		case 0:
			page[i].dirty |= hand_write(&f.ram, &leaf);
			break;
		case 1:
			EXPECT_OK(sv3_pt_split_begin(&f.resize, &f.pt, at, 2 * span, 0, bbml));
			run(&f);
			break;
		default:
			EXPECT_OK(sv3_pt_merge_begin(&f.resize, &f.pt, 0, 4 * span, 48, bbml));
			run(&f);
			EXPECT_EQ_U64(leaf_at(&f, at).span_lg2, i / 4 != 2 ? block_lg2(granule_lg2)
								: page[i].mapped ? granule_lg2
										 : 0);
		}
		for (uint64_t j = 0; j < 16; j++) {
			const uint64_t iova = j / 4 * span + j % 4 * granule;
			const struct hand_leaf now = leaf_at(&f, iova);

			if (!page[j].mapped)
				continue;
			if (now.pa + iova % (UINT64_C(1) << now.span_lg2) != iova ||
			    !(now.pte & HAND_DBM) || (page[j].dirty && !hand_is_dirty(now.pte)))
				FAIL_C("seed %u, step %u, page %u", (unsigned int)seed, n,
				       (unsigned int)j);
		}
	}
}

TEST_C(resize, there_and_back)
{
	for (uint64_t seed = 0; seed < 20; seed++)
		wander(12 + 2 * (unsigned int)(seed % 3), seed);
}
