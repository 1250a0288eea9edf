/* SPDX-License-Identifier: MIT */
/*
 * test_leaf_tables.c - what a migration that splits and merges leaves behind: the tables, read by
 * hand, leaf by leaf; and what it does without memory for tables. [policies 7 P18]
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "fixture.h"

#define PAGES 2048u /* of the guest: four blocks of 2 MiB */

#define PTE_VALID   UINT64_C(1)
#define PTE_TABLE   UINT64_C(2) /* or, at level 3, a page */
#define PTE_AP2     UINT64_C(0x80)
#define PTE_AF      UINT64_C(0x400)
#define PTE_ADDRESS UINT64_C(0x0000fffffffff000)

/* --- tables by hand: 4 KiB granule --- */

/** Descriptors as they stand in memory, without what the hardware may change in them. */
struct leaves {
	uint64_t page_count;
	uint64_t *descriptors; /* shape [page_count]: of the leaf of each page, owned */
	uint8_t *levels;       /* shape [page_count], owned */
};

static uint64_t word_at(const struct sv3_bus *bus, uint64_t pa)
{
	uint8_t bytes[8] = { 0 };

	if (sv3_bus_read(bus, pa, bytes, 8) != SV3_BUS_OK)
		ctest_fail(__FILE__, __LINE__, "a table beside memory");
	return sv3_le64(bytes);
}

static void walk(struct leaves *leaves, const struct sv3_bus *bus, const struct sv3_pt *pt,
		 uint64_t page)
{
	const uint64_t iova = FX_BASE + page * SV3_PAGE_SIZE;
	const uint32_t index_bits = pt->config.input_size_lg2 - 12;
	unsigned int level = 4 - (index_bits + 8) / 9;
	uint64_t table = pt->root, word;

	for (;; level++) {
		word = word_at(bus, table + 8 * (iova >> (39 - 9 * level) & 511));
		if (!(word & PTE_VALID) || level == 3 || !(word & PTE_TABLE))
			break;
		table = word & PTE_ADDRESS;
	}
	leaves->levels[page] = (uint8_t)level;
	leaves->descriptors[page] = word & ~(PTE_AP2 | PTE_AF);
}

static void leaves_read(struct leaves *leaves, struct sv3_world *world, struct sv3_host *host,
			uint64_t page_count)
{
	const struct sv3_bus bus = sv3_world_bus(world);

	leaves->page_count = page_count;
	leaves->descriptors = (uint64_t *)calloc((size_t)page_count, sizeof(uint64_t));
	leaves->levels = (uint8_t *)calloc((size_t)page_count, 1);
	if (!leaves->descriptors || !leaves->levels)
		abort();
	for (uint64_t page = 0; page < page_count; page++)
		walk(leaves, &bus, &sv3_host_domain(host, 0)->pt, page);
}

static void leaves_free(struct leaves *leaves)
{
	free(leaves->descriptors);
	free(leaves->levels);
}

static bool leaves_are_equal(const struct leaves *one, const struct leaves *other)
{
	return one->page_count == other->page_count &&
	       !memcmp(one->levels, other->levels, (size_t)one->page_count) &&
	       !memcmp(one->descriptors, other->descriptors, (size_t)one->page_count * 8);
}

static uint64_t pages_at_level(const struct leaves *leaves, unsigned int level)
{
	uint64_t count = 0;

	for (uint64_t page = 0; page < leaves->page_count; page++)
		count += leaves->levels[page] == level;
	return count;
}

/* --- a migration that is looked at --- */

struct look {
	uint64_t page_count;
	uint64_t tables; /* free for tables of split blocks; UINT64_MAX: as many as need be */
	struct leaves before, behind;
};

static void look_at(void *context, struct sv3_world *world, struct sv3_host *host, bool behind)
{
	struct look *look = (struct look *)context;
	struct sv3_pt_pages *pages = sv3_host_domain(host, 0)->pt.pages;

	leaves_read(behind ? &look->behind : &look->before, world, host, look->page_count);
	if (!behind && look->tables != UINT64_MAX)
		pages->end = pages->next + look->tables * SV3_PAGE_SIZE;
}

static void look_free(struct look *look)
{
	leaves_free(&look->before);
	leaves_free(&look->behind);
}

/* A device that writes between any two accesses of software. */
static struct fx_world_config blocks(enum sv3_leaf_mode leaf, uint32_t bbml, struct look *look)
{
	return (struct fx_world_config){
		.guest_pages = look->page_count,
		.leaf_max_lg2 = 21,
		.bbml = bbml,
		.has_bbml = true,
		.costs = { .access = 50 * SV3_PS_PER_NS, .inv_latency = SV3_PS_PER_US },
		.device = {
			.pattern = SV3_PATTERN_ZIPF,
			.base = FX_BASE,
			.page_count = look->page_count,
			.write_percent = 90,
			.len = 64,
			.period = 500 * SV3_PS_PER_NS,
			.jitter = true,
			.zipf_exponent = 1.0,
			.seed = 1 + bbml,
		},
		.migration = {
			.policy = "hw-manual",
			.link_bits_per_s = UINT64_C(100000000000),
			.max_rounds = 3,
			.chunk_shift = 6,
			.flush = SV3_FLUSH_RANGE,
			.leaf = leaf,
		},
		.look = look_at,
		.look_context = look,
	};
}

/* Mixed: pages, blocks of 2 MiB, and here and there a table of pages that was never a block. */
TEST_C(leaf_tables, behind_a_merge_every_leaf_is_what_it_was)
{
	for (uint32_t at = 0; at < 6; at++) {
		struct look look = { .page_count = at < 3 ? PAGES : 4 * PAGES,
				     .tables = UINT64_MAX };
		struct fx_world_config config = blocks(SV3_LEAF_MERGE_STOP, at % 3, &look);
		struct fx_outcome outcome;

		config.mixed_leaves = at >= 3;
		ASSERT_OK(fx_migrate(&config, &outcome));
		EXPECT_EQ_U64(outcome.lost, 0);
		EXPECT_EQ_U64(outcome.migration.leaves_split,
			      pages_at_level(&look.before, 2) / 512);
		EXPECT_GE_U64(outcome.migration.leaves_split, 4);
		EXPECT_EQ_U64(outcome.migration.leaves_merged, outcome.migration.leaves_split);
		EXPECT_TRUE(leaves_are_equal(&look.before, &look.behind));
		fx_outcome_free(&outcome);
		look_free(&look);
	}
}

/* A block of 1 GiB: 512 blocks, then pages, and back in one piece. */
TEST_C(leaf_tables, a_block_of_blocks_comes_back_whole)
{
	struct look look = { .page_count = UINT64_C(1) << 18, .tables = UINT64_MAX };
	struct fx_world_config config = blocks(SV3_LEAF_MERGE_STOP, 2, &look);
	struct fx_outcome outcome;

	config.leaf_max_lg2 = 30;
	config.device.page_count = PAGES;
	config.device.period = 50 * SV3_PS_PER_US;
	ASSERT_OK(fx_migrate(&config, &outcome));
	EXPECT_EQ_U64(outcome.lost, 0);
	EXPECT_EQ_U64(pages_at_level(&look.before, 1), look.page_count);
	EXPECT_EQ_U64(outcome.migration.leaves_split, 1 + 512);
	EXPECT_EQ_U64(outcome.migration.leaves_merged, 512 + 1);
	EXPECT_TRUE(leaves_are_equal(&look.before, &look.behind));
	fx_outcome_free(&outcome);
	look_free(&look);
}

TEST_C(leaf_tables, without_a_merge_pages_stay_pages_and_map_what_they_mapped)
{
	for (uint32_t bbml = 0; bbml < 3; bbml++) {
		struct look look = { .page_count = PAGES, .tables = UINT64_MAX };
		const struct fx_world_config config = blocks(SV3_LEAF_SPLIT_START, bbml, &look);
		struct fx_outcome outcome;

		ASSERT_OK(fx_migrate(&config, &outcome));
		EXPECT_EQ_U64(pages_at_level(&look.behind, 3), PAGES);
		for (uint64_t page = 0; page < PAGES; page++) {
			const uint64_t bits = look.behind.descriptors[page];

			ASSERT_EQ_U64(bits & PTE_ADDRESS, FX_BASE + page * SV3_PAGE_SIZE);
			ASSERT_EQ_U64((bits ^ look.before.descriptors[page]) &
					      ~(PTE_ADDRESS | PTE_TABLE),
				      0);
		}
		fx_outcome_free(&outcome);
		look_free(&look);
	}
}

/* Of four blocks one, two or none finds a table: the others are tracked as blocks. */
TEST_C(leaf_tables, without_memory_for_tables_blocks_stay_and_nothing_is_lost)
{
	static const enum sv3_leaf_mode modes[] = { SV3_LEAF_SPLIT_START, SV3_LEAF_SPLIT_DIRTY,
						    SV3_LEAF_MERGE_STOP };

	for (uint32_t at = 0; at < 27; at++) {
		struct look look = { .page_count = PAGES, .tables = at % 3 };
		const enum sv3_leaf_mode mode = modes[at / 9];
		const struct fx_world_config config = blocks(mode, at / 3 % 3, &look);
		struct fx_outcome outcome;

		ASSERT_OK(fx_migrate(&config, &outcome));
		EXPECT_EQ_U64(outcome.lost, 0);
		EXPECT_TRUE(outcome.migration.table_memory_short);
		EXPECT_EQ_U64(outcome.migration.leaves_split, look.tables);
		EXPECT_EQ_U64(pages_at_level(&look.behind, 3),
			      mode == SV3_LEAF_MERGE_STOP ? 0 : 512 * look.tables);
		fx_outcome_free(&outcome);
		look_free(&look);
	}
}

TEST_C(leaf_tables, with_memory_enough_the_result_says_nothing_of_it)
{
	struct look look = { .page_count = PAGES, .tables = PAGES / 512 };
	const struct fx_world_config config = blocks(SV3_LEAF_SPLIT_START, 2, &look);
	struct fx_outcome outcome;

	ASSERT_OK(fx_migrate(&config, &outcome));
	EXPECT_FALSE(outcome.migration.table_memory_short);
	EXPECT_EQ_U64(outcome.migration.leaves_split, PAGES / 512);
	fx_outcome_free(&outcome);
	look_free(&look);
}
