/* SPDX-License-Identifier: MIT */
/*
 * test_vfio_leaves.c - START makes pages of blocks, STOP blocks of pages: which leaves, at which
 * level of support, and what becomes of DMA and dirty state meanwhile. [smmuv3 7.5, 3.6]
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "set_bbml.h"

#define PAGES 512u /* of a block */
#define GET   SV3_VFIO_DIRTY_GET_BITMAP
#define PEEK  SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR
#define START SV3_VFIO_DIRTY_START
#define STOP  SV3_VFIO_DIRTY_STOP

/* Two blocks and a half: the mapping of most tests. */
#define SIZE       (2 * FE_BLOCK + FE_BLOCK / 2)
#define SIZE_PAGES (SIZE / FE_PAGE)

static sv3_iova page_iova(uint64_t page)
{
	return FE_IOVA + page * FE_PAGE;
}

static struct sv3_smmu_config with_bbml(uint32_t bbml)
{
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	set_bbml(&config, bbml);
	return config;
}

/* A container that maps by blocks where it can, with one mapping. */
static bool mapped(struct fe *fe, struct sv3_vfio **vfio)
{
	fe->config.leaf_max_lg2 = 21;
	return fe_vfio_open(fe, vfio) &&
	       ctest_bool(CTEST_AT("mapped", ""), true, fe_vfio_map(*vfio, 0, SIZE) == 0);
}

/* --- tables, by hand --- */

/* The leaf descriptor of stream 0 at @iova by level 0 to 3, 4 KiB pages, 48 bits; 0: none. */
static uint64_t descriptor_at(struct fe *fe, sv3_iova iova, unsigned int *level)
{
	uint64_t table = fe->pt[0].root;

	for (*level = 0; *level < 4; ++*level) {
		const uint64_t index = iova >> (39 - 9 * *level) & 511;
		uint8_t bytes[8] = { 0 };
		uint64_t word;

		if (sv3_bus_read(&fe->memory, table + 8 * index, bytes, 8) != SV3_BUS_OK)
			ctest_fail(__FILE__, __LINE__, "a table beside memory");
		word = sv3_le64(bytes);
		if (!(word & 1))
			return 0;
		if (*level == 3 || !(word & 2))
			return word;
		table = word & UINT64_C(0xfffffffff000);
	}
	return 0;
}

static bool is_block(struct fe *fe, uint64_t page)
{
	unsigned int level;

	return descriptor_at(fe, page_iova(page), &level) && level == 2;
}

static bool is_page(struct fe *fe, uint64_t page)
{
	unsigned int level;

	return descriptor_at(fe, page_iova(page), &level) && level == 3;
}

/* Bit 7 of a leaf: read-only, or clean. */
static bool is_dirty(struct fe *fe, uint64_t page)
{
	unsigned int level;

	return !(descriptor_at(fe, page_iova(page), &level) & UINT64_C(0x80));
}

/* All leaves of the mapping, page by page. */
static void copy_leaves(struct fe *fe, uint64_t leaves[SIZE_PAGES])
{
	for (uint64_t page = 0; page < SIZE_PAGES; page++) {
		unsigned int level;

		leaves[page] = descriptor_at(fe, page_iova(page), &level);
	}
}

/* --- which leaves --- */

TEST_C(vfio_leaves, start_splits_and_stop_merges_at_levels_1_and_2)
{
	for (uint32_t bbml = 1; bbml < 3; bbml++) {
		const struct sv3_smmu_config smmu = with_bbml(bbml);
		static uint64_t before[SIZE_PAGES], behind[SIZE_PAGES];
		struct sv3_vfio *vfio;

		FE_OF(fe, &smmu);
		ASSERT_TRUE(mapped(&fe, &vfio));
		copy_leaves(&fe, before);
		EXPECT_TRUE(is_block(&fe, 0) && is_block(&fe, PAGES) && is_page(&fe, 2 * PAGES));
		EXPECT_DONE(fe_vfio_switch(vfio, START));
		for (uint64_t page = 0; page < SIZE_PAGES; page++) {
			unsigned int level;
			const uint64_t leaf = descriptor_at(&fe, page_iova(page), &level);

			ASSERT_EQ_U64(level, 3);
			ASSERT_EQ_U64(leaf & UINT64_C(0xfffffffff000), FE_DATA + page * FE_PAGE);
			/* But for address and type, all is the block's; a page has no nT. */
			ASSERT_EQ_U64((leaf ^ before[page]) & ~UINT64_C(0xfffffffff002), 0);
		}
		EXPECT_DONE(fe_vfio_switch(vfio, STOP));
		copy_leaves(&fe, behind);
		EXPECT_EQ_MEM(behind, before, sizeof(before));
		sv3_vfio_destroy(vfio);
	}
}

TEST_C(vfio_leaves, below_level_1_and_where_they_are_to_be_kept_blocks_stay)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct sv3_smmu_config smmu = with_bbml(i ? 2 : 0);
		uint8_t bits[SIZE_PAGES / 8] = { 0 };
		struct sv3_vfio *vfio;

		FE_OF(fe, &smmu);
		fe.config.keep_blocks = i;
		ASSERT_TRUE(mapped(&fe, &vfio));
		EXPECT_DONE(fe_vfio_switch(vfio, START));
		EXPECT_TRUE(is_block(&fe, 0) && is_block(&fe, PAGES));
		EXPECT_DONE(fe_vfio_map(vfio, 3 * FE_BLOCK, FE_BLOCK));
		EXPECT_TRUE(is_block(&fe, 3 * PAGES));
		EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, SIZE, bits));
		EXPECT_TRUE(fe_touch(&fe, 0, page_iova(5)));
		EXPECT_DONE(fe_vfio_dirty(vfio, PEEK, 0, SIZE, bits));
		EXPECT_EQ_U64(fe_count(bits, SIZE_PAGES), PAGES);
		EXPECT_DONE(fe_vfio_switch(vfio, STOP));
		EXPECT_TRUE(is_page(&fe, 2 * PAGES));
		sv3_vfio_destroy(vfio);
	}
}

TEST_C(vfio_leaves, what_cannot_be_written_stays_a_block)
{
	const struct sv3_vfio_dma_map map = { .argsz = sizeof(map),
					      .flags = SV3_VFIO_MAP_READ,
					      .pa = FE_DATA + 4 * FE_BLOCK,
					      .iova = FE_IOVA + 4 * FE_BLOCK,
					      .size = FE_BLOCK };
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(mapped(&fe, &vfio));
	EXPECT_DONE(sv3_vfio_map(vfio, &map));
	EXPECT_DONE(fe_vfio_switch(vfio, START));
	EXPECT_TRUE(is_page(&fe, 0) && is_block(&fe, 4 * PAGES));
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_leaves, what_is_mapped_while_tracking_goes_in_by_pages)
{
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(mapped(&fe, &vfio));
	EXPECT_DONE(fe_vfio_switch(vfio, START));
	EXPECT_DONE(fe_vfio_map(vfio, 3 * FE_BLOCK, FE_BLOCK));
	EXPECT_TRUE(is_page(&fe, 3 * PAGES));
	EXPECT_DONE(sv3_vfio_attach(vfio, &fe.domain[1]));
	EXPECT_DONE(fe_vfio_switch(vfio, STOP));
	EXPECT_TRUE(is_block(&fe, 3 * PAGES));
	EXPECT_DONE(fe_vfio_map(vfio, 4 * FE_BLOCK, FE_BLOCK));
	EXPECT_TRUE(is_block(&fe, 4 * PAGES));
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_leaves, of_every_table_of_the_container)
{
	struct sv3_pt_leaf leaf;
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(mapped(&fe, &vfio));
	EXPECT_DONE(sv3_vfio_attach(vfio, &fe.domain[1]));
	for (unsigned int on = 2; on-- > 0;) {
		EXPECT_DONE(fe_vfio_switch(vfio, on ? START : STOP));
		for (uint32_t stream = 0; stream < FE_STREAMS; stream++) {
			EXPECT_OK(sv3_pt_lookup(&fe.pt[stream], page_iova(PAGES + 7), &leaf));
			EXPECT_EQ_U64(leaf.span_lg2, on ? 12 : 21);
		}
	}
	sv3_vfio_destroy(vfio);
}

/* Two mappings side by side are no block: the one may be unmapped without the other. */
TEST_C(vfio_leaves, stop_merges_within_mappings_only)
{
	struct sv3_vfio_dma_unmap unmap = { .argsz = sizeof(unmap),
					    .iova = FE_IOVA + FE_BLOCK / 2,
					    .size = FE_BLOCK / 2 };
	struct sv3_vfio *vfio;

	FE(fe);
	fe.config.leaf_max_lg2 = 21;
	ASSERT_TRUE(fe_vfio_open(&fe, &vfio));
	EXPECT_DONE(fe_vfio_map(vfio, 0, FE_BLOCK / 2));
	EXPECT_DONE(fe_vfio_map(vfio, FE_BLOCK / 2, FE_BLOCK / 2));
	EXPECT_DONE(fe_vfio_switch(vfio, START));
	EXPECT_DONE(fe_vfio_switch(vfio, STOP));
	EXPECT_TRUE(is_page(&fe, 0));
	EXPECT_DONE(sv3_vfio_unmap(vfio, &unmap));
	EXPECT_TRUE(fe_read(&fe, 0, page_iova(0)));
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_leaves, an_adopted_block_is_split_and_merged)
{
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_OK(sv3_pt_map(&fe.pt[0], FE_IOVA, FE_DATA, FE_BLOCK, 21,
			     SV3_PT_WRITE | SV3_PT_UNPRIV));
	fe.config.leaf_max_lg2 = 21;
	ASSERT_TRUE(fe_vfio_open(&fe, &vfio));
	EXPECT_DONE(sv3_vfio_adopt(vfio, FE_IOVA, FE_BLOCK));
	EXPECT_DONE(fe_vfio_switch(vfio, START));
	EXPECT_TRUE(is_page(&fe, 0));
	EXPECT_DONE(fe_vfio_switch(vfio, STOP));
	EXPECT_TRUE(is_block(&fe, 0));
	sv3_vfio_destroy(vfio);
}

/* --- dirty state --- */

TEST_C(vfio_leaves, a_page_of_a_split_block_is_reported_and_cleared_alone)
{
	uint8_t bits[SIZE_PAGES / 8] = { 0 };
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(mapped(&fe, &vfio));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(5))); /* the TLB knows the block as dirty */
	EXPECT_DONE(fe_vfio_switch(vfio, START));
	EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, SIZE, bits));
	EXPECT_EQ_U64(fe_count(bits, SIZE_PAGES), SIZE_PAGES);
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(5)) && fe_touch(&fe, 0, page_iova(700)));
	EXPECT_DONE(fe_vfio_dirty(vfio, PEEK, 0, SIZE, bits));
	EXPECT_EQ_U64(fe_count(bits, SIZE_PAGES), 2);
	EXPECT_TRUE(fe_bit(bits, 5) && fe_bit(bits, 700));
	/* A range that cuts what was a block is no error any more. */
	EXPECT_DONE(fe_vfio_dirty(vfio, SV3_VFIO_DIRTY_CLEAR_BITMAP, 0, 64 * FE_PAGE, bits));
	EXPECT_DONE(fe_vfio_dirty(vfio, PEEK, 0, SIZE, bits));
	EXPECT_EQ_U64(fe_count(bits, SIZE_PAGES), 1);
	/* Merged, the clean block is clean and the other dirty. */
	EXPECT_DONE(fe_vfio_switch(vfio, STOP));
	EXPECT_TRUE(is_block(&fe, 5) && !is_dirty(&fe, 5));
	EXPECT_TRUE(is_block(&fe, 700) && is_dirty(&fe, 700));
	sv3_vfio_destroy(vfio);
}

/* A write of the device at step @at of START or STOP. */
struct script {
	uint64_t steps, at;
	uint64_t page;
	bool held, done, refused;
};

static void write_at_step(struct fe *fe)
{
	struct script *script = (struct script *)fe->context;
	const sv3_iova iova = page_iova(script->page);

	if (script->steps++ != script->at)
		return;
	script->done = true;
	script->refused = !(script->held ? fe_hold(fe, 0, iova, 2) : fe_write(fe, 0, iova, 2));
}

/* Everything clean; the TLB knows the page as a part of a clean leaf, or not at all. */
static bool all_clean(struct fe *fe, struct sv3_vfio *vfio, uint32_t flag, uint64_t page)
{
	uint8_t bits[SIZE_PAGES / 8];
	const bool began =
		fe_vfio_switch(vfio, START) == 0 && fe_vfio_dirty(vfio, GET, 0, SIZE, bits) == 0;

	/* In front of a START it is a block again. */
	if (!ctest_bool(CTEST_AT("all of it is clean", ""), true,
			began && (flag == STOP || fe_vfio_switch(vfio, STOP) == 0)))
		return false;
	return page % 2 || fe_read(fe, 0, page_iova(page));
}

/* Returns: 1 if the write faulted, or left no dirty state behind. */
static unsigned int switch_under_dma(struct script *script, uint32_t bbml, uint32_t flag)
{
	const struct sv3_smmu_config smmu = with_bbml(bbml);
	struct sv3_vfio *vfio;
	unsigned int wrong;

	FE_OF(fe, &smmu);
	if (!mapped(&fe, &vfio) || !all_clean(&fe, vfio, flag, script->page))
		return 1;
	fe.context = script;
	fe.between = write_at_step;
	EXPECT_DONE(fe_vfio_switch(vfio, flag));
	fe.between = NULL;
	fe_land(&fe);
	wrong = script->done && (script->refused || !is_dirty(&fe, script->page) ||
				 fe_value(&fe, script->page * FE_PAGE) != 2);
	EXPECT_EQ_INT(is_block(&fe, script->page), flag == STOP);
	sv3_vfio_destroy(vfio);
	return wrong;
}

/* At every access of the switch that changes a table or waits, and every 37th that fills or reads
 * one: these are many and alike. */
TEST_C(vfio_leaves, a_write_in_the_middle_of_start_or_stop_neither_faults_nor_is_lost)
{
	static const uint32_t flags[] = { START, STOP };
	unsigned int wrong = 0, places = 0;

	for (unsigned int i = 0; i < 16; i++) {
		struct script script = { .done = true };

		for (uint64_t at = 0; script.done; at += 37) {
			script = (struct script){ .at = at + i,
						  .page = i & 4 ? 3 : PAGES + 4,
						  .held = i & 8 };
			wrong += switch_under_dma(&script, 1 + (i & 1), flags[i >> 1 & 1]);
			places += script.done;
		}
	}
	EXPECT_EQ_U64(wrong, 0);
	EXPECT_GE_U64(places, 500);
}

/* --- START and STOP out of turn --- */

TEST_C(vfio_leaves, a_second_start_or_stop_changes_nothing)
{
	uint64_t accesses;
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(mapped(&fe, &vfio));
	EXPECT_DONE(fe_vfio_switch(vfio, STOP));
	EXPECT_TRUE(is_block(&fe, 0));
	EXPECT_DONE(fe_vfio_switch(vfio, START));
	accesses = fe.accesses;
	EXPECT_DONE(fe_vfio_switch(vfio, START));
	EXPECT_EQ_U64(fe.accesses, accesses);
	EXPECT_TRUE(is_page(&fe, 0));
	EXPECT_DONE(fe_vfio_switch(vfio, STOP));
	accesses = fe.accesses;
	EXPECT_DONE(fe_vfio_switch(vfio, STOP));
	EXPECT_EQ_U64(fe.accesses, accesses);
	EXPECT_TRUE(is_block(&fe, 0));
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_leaves, a_mapping_goes_between_start_and_stop_whole_or_not_at_all)
{
	static uint8_t bits[SIZE_PAGES / 8];
	struct sv3_vfio_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = SV3_VFIO_UNMAP_GET_DIRTY_BITMAP,
		.iova = FE_IOVA,
		.size = FE_BLOCK,
		.bitmap = { .pgsize = FE_PAGE, .size = sizeof(bits), .data = bits },
	};
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(mapped(&fe, &vfio));
	EXPECT_DONE(fe_vfio_switch(vfio, START));
	EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, SIZE, bits));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(9)));
	unmap.size = 64 * FE_PAGE;
	EXPECT_ERRNO(sv3_vfio_unmap(vfio, &unmap), EINVAL);
	unmap.size = FE_BLOCK;
	EXPECT_ERRNO(sv3_vfio_unmap(vfio, &unmap), EINVAL);
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(9)));
	unmap.size = SIZE;
	EXPECT_DONE(sv3_vfio_unmap(vfio, &unmap));
	EXPECT_EQ_U64(fe_count(bits, SIZE_PAGES), 1);
	EXPECT_TRUE(fe_bit(bits, 9));
	EXPECT_FALSE(fe_touch(&fe, 0, page_iova(9)));
	EXPECT_DONE(fe_vfio_switch(vfio, STOP));
	EXPECT_DONE(fe_vfio_map(vfio, 0, FE_BLOCK));
	/* Tables left empty stay: what is mapped there is pages until it is merged. */
	EXPECT_TRUE(is_page(&fe, 0));
	EXPECT_DONE(fe_vfio_switch(vfio, START));
	EXPECT_DONE(fe_vfio_switch(vfio, STOP));
	EXPECT_TRUE(is_block(&fe, 0));
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_leaves, memory_of_tables_comes_back)
{
	struct sv3_vfio_dma_unmap all = { .argsz = sizeof(all), .flags = SV3_VFIO_UNMAP_ALL };
	struct sv3_vfio *vfio;
	sv3_pa next = 0;

	FE(fe);
	ASSERT_TRUE(mapped(&fe, &vfio));
	for (unsigned int i = 0; i < 20; i++) {
		EXPECT_DONE(fe_vfio_switch(vfio, START));
		if (i == 0)
			next = fe.pages.next;
		if (i % 4 == 3) {
			all.size = 0;
			EXPECT_DONE(sv3_vfio_unmap(vfio, &all));
		}
		EXPECT_DONE(fe_vfio_switch(vfio, STOP));
		if (i % 4 == 3)
			EXPECT_DONE(fe_vfio_map(vfio, 0, SIZE));
	}
	EXPECT_EQ_U64(fe.pages.next, next);
	sv3_vfio_destroy(vfio);
}

/* --- when it fails --- */

/* Memory for one table: the second block stays, and is reported as one. */
TEST_C(vfio_leaves, without_memory_for_tables_blocks_stay_and_tracking_is_coarser)
{
	uint8_t bits[SIZE_PAGES / 8] = { 0 };
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(mapped(&fe, &vfio));
	fe.pages.end = fe.pages.next + FE_PAGE;
	EXPECT_DONE(fe_vfio_switch(vfio, START));
	EXPECT_TRUE(is_page(&fe, 0) && is_block(&fe, PAGES));
	EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, SIZE, bits));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(3)) && fe_touch(&fe, 0, page_iova(PAGES + 3)));
	EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, SIZE, bits));
	EXPECT_TRUE(fe_bit(bits, 3) && fe_bit(bits, PAGES + 3));
	EXPECT_EQ_U64(fe_count(bits, SIZE_PAGES), 1 + PAGES);
	EXPECT_DONE(fe_vfio_switch(vfio, STOP));
	EXPECT_TRUE(is_block(&fe, 0) && is_block(&fe, PAGES));
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_leaves, a_start_that_times_out_leaves_tracking_off_and_may_be_repeated)
{
	for (uint32_t bbml = 1; bbml < 3; bbml++) {
		const struct sv3_smmu_config smmu = with_bbml(bbml);
		uint8_t bits[SIZE_PAGES / 8] = { 0 };
		struct sv3_vfio *vfio;

		FE_OF(fe, &smmu);
		ASSERT_TRUE(mapped(&fe, &vfio));
		EXPECT_TRUE(fe_hold(&fe, 0, page_iova(3), 1));
		fe.stuck = true;
		EXPECT_ERRNO(fe_vfio_switch(vfio, START), ETIMEDOUT);
		EXPECT_ERRNO(fe_vfio_dirty(vfio, GET, 0, SIZE, bits), EINVAL);
		EXPECT_ERRNO(fe_vfio_switch(vfio, START), ETIMEDOUT);
		fe_land(&fe);
		EXPECT_DONE(fe_vfio_switch(vfio, START));
		EXPECT_TRUE(is_page(&fe, 0) && is_page(&fe, PAGES));
		EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, SIZE, bits));
		EXPECT_EQ_U64(fe_count(bits, SIZE_PAGES), SIZE_PAGES);
		sv3_vfio_destroy(vfio);
	}
}

/* The merge is half done: it is gone on with by the next STOP, or before leaves go. */
TEST_C(vfio_leaves, a_stop_that_times_out_stops_tracking_and_may_be_repeated)
{
	for (unsigned int i = 0; i < 4; i++) {
		const struct sv3_smmu_config smmu = with_bbml(1 + i % 2);
		struct sv3_vfio_dma_unmap all = { .argsz = sizeof(all),
						  .flags = SV3_VFIO_UNMAP_ALL };
		uint8_t bits[SIZE_PAGES / 8] = { 0 };
		struct sv3_vfio *vfio;

		FE_OF(fe, &smmu);
		ASSERT_TRUE(mapped(&fe, &vfio));
		EXPECT_DONE(fe_vfio_switch(vfio, START));
		EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, SIZE, bits));
		EXPECT_TRUE(fe_hold(&fe, 0, page_iova(3), 1));
		fe.stuck = true;
		EXPECT_ERRNO(fe_vfio_switch(vfio, STOP), ETIMEDOUT);
		EXPECT_ERRNO(fe_vfio_dirty(vfio, GET, 0, SIZE, bits), EINVAL);
		EXPECT_ERRNO(sv3_vfio_unmap(vfio, &all), ETIMEDOUT);
		EXPECT_TRUE(fe_read(&fe, 0, page_iova(3)));
		fe_land(&fe);
		if (i < 2) {
			EXPECT_DONE(fe_vfio_switch(vfio, STOP));
			EXPECT_TRUE(is_block(&fe, 0) && is_block(&fe, PAGES));
			EXPECT_TRUE(is_dirty(&fe, 0) && !is_dirty(&fe, PAGES));
		} else {
			EXPECT_DONE(sv3_vfio_unmap(vfio, &all));
			EXPECT_EQ_U64(all.size, SIZE);
			EXPECT_FALSE(fe_read(&fe, 0, page_iova(3)));
		}
		sv3_vfio_destroy(vfio);
	}
}
