/* SPDX-License-Identifier: MIT */
/*
 * test_atc.c - invalidation commands for ATCs: what do they name, and how much more than was asked
 * for? Commands are decoded by hand from memory. [IHI0070 4.5.1]
 */
#include "ctest.h"
#include "test_ram.h"

#include <sv3/pagetable.h>
#include <sv3/prng.h>

#define QUEUE_BASE UINT64_C(0x80000)
#define PAGE       UINT64_C(0x1000)
#define ALL        52u

struct fx {
	struct test_ram ram;
	struct sv3_cmdq cmdq; /* never rung: commands are read where they were written */
};

static void fx_init(struct fx *f)
{
	memset(f, 0, sizeof *f);
	test_ram_add(&f->ram, QUEUE_BASE, 1 << 16);
	f->cmdq = (struct sv3_cmdq){ .bus = test_ram_bus(&f->ram),
				     .base = QUEUE_BASE,
				     .log2size = 11 };
}

static uint64_t word(const struct fx *f, uint64_t command, uint64_t index)
{
	return test_ram_peek(&f->ram, QUEUE_BASE + 16 * command + 8 * index);
}

TEST_C(atc, a_range_goes_out_as_the_smallest_aligned_block_that_holds_it)
{
	static const struct {
		sv3_iova iova;
		uint64_t len, block, size, over;
	} rows[] = {
		{ 5 * PAGE, PAGE, 5 * PAGE, 0, 0 },
		{ 5 * PAGE + 100, 1, 5 * PAGE, 0, 0 },
		{ 4 * PAGE, 2 * PAGE, 4 * PAGE, 1, 0 },
		{ 5 * PAGE, 2 * PAGE, 4 * PAGE, 2, 2 },        /* 5 and 6, of 4 to 7 */
		{ 4 * PAGE + 4095, 2, 4 * PAGE, 1, 0 },        /* two bytes, two pages */
		{ 4 * PAGE, 3 * PAGE, 4 * PAGE, 2, 1 },        /* a count that is no power of two */
		{ 7 * PAGE, 2 * PAGE, 0, 4, 14 },              /* 7 and 8, of 0 to 15 */
		{ 0x1ff000, 2 * PAGE, 0, 10, 1022 },           /* across 2 MiB */
		{ 0x40200000, 0x200000, 0x40200000, 9, 0 },    /* a block of 2 MiB */
		{ 0x40000000, 0x40000000, 0x40000000, 18, 0 }, /* one of 1 GiB */
		{ 0, UINT64_C(1) << 63, 0, 51, 0 },
		{ (UINT64_C(1) << 63) - PAGE, 2 * PAGE, 0, ALL, 0 },
		{ 0, UINT64_MAX, 0, ALL, 0 },
	};
	struct fx f;

	fx_init(&f);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f.cmdq.atc_over_pages = 0;
		ASSERT_OK(sv3_cmdq_atc_inv(&f.cmdq, 0x12345678, rows[i].iova, rows[i].len));
		EXPECT_EQ_U64(word(&f, i, 0), 0x40 | UINT64_C(0x12345678) << 32);
		EXPECT_EQ_U64(word(&f, i, 1), rows[i].block | rows[i].size);
		EXPECT_EQ_U64(f.cmdq.atc_over_pages, rows[i].over);
		EXPECT_EQ_U64(f.cmdq.atc_inv_count, i + 1);
	}
	EXPECT_EQ_U64(f.cmdq.atc_inv_all_count, 2);
	test_ram_fini(&f.ram);
}

/* By trying: is there a smaller block, and does this one hold all of the range? */
TEST_C(atc, no_smaller_block_would_do)
{
	struct sv3_prng prng;
	struct fx f;

	fx_init(&f);
	sv3_prng_seed(&prng, 7);
	for (unsigned int i = 0; i < 2000; i++) {
		const sv3_iova first = sv3_prng_below(&prng, UINT64_C(1) << 40);
		const uint64_t len =
			1 + sv3_prng_below(&prng, UINT64_C(1) << sv3_prng_below(&prng, 36));
		const uint64_t over = f.cmdq.atc_over_pages;
		uint64_t size, block;

		ASSERT_OK(sv3_cmdq_atc_inv(&f.cmdq, 1, first, len));
		f.cmdq.cons = f.cmdq.prod;
		size = PAGE << (word(&f, i % 2048, 1) & 0x3f);
		block = word(&f, i % 2048, 1) & ~(PAGE - 1);
		EXPECT_EQ_U64(block % size, 0);
		EXPECT_LE_U64(block, first);
		EXPECT_LT_U64(first + (len - 1) - block, size);
		if (size > PAGE)
			EXPECT_NE_U64(first / (size / 2), (first + (len - 1)) / (size / 2));
		EXPECT_EQ_U64(f.cmdq.atc_over_pages - over,
			      size / PAGE - ((first + (len - 1)) / PAGE - first / PAGE + 1));
	}
	test_ram_fini(&f.ram);
}

TEST_C(atc, everything_has_no_address_and_is_counted_by_itself)
{
	struct fx f;

	fx_init(&f);
	EXPECT_OK(sv3_cmdq_atc_inv_all(&f.cmdq, 8));
	EXPECT_EQ_U64(word(&f, 0, 0), 0x40 | UINT64_C(8) << 32);
	EXPECT_EQ_U64(word(&f, 0, 1), ALL);
	EXPECT_EQ_U64(f.cmdq.atc_inv_count, 1);
	EXPECT_EQ_U64(f.cmdq.atc_inv_all_count, 1);
	EXPECT_EQ_U64(f.cmdq.atc_over_pages, 0);
	test_ram_fini(&f.ram);
}

TEST_C(atc, an_empty_range_is_no_command)
{
	struct fx f;

	fx_init(&f);
	EXPECT_OK(sv3_cmdq_atc_inv(&f.cmdq, 8, PAGE, 0));
	EXPECT_EQ_U64(f.cmdq.prod, 0);
	EXPECT_EQ_U64(f.cmdq.atc_inv_count, 0);
	test_ram_fini(&f.ram);
}

TEST_C(atc, a_push_that_fails_is_not_counted)
{
	struct fx f;

	fx_init(&f);
	f.ram.no_window = true;
	f.ram.fails_at = 1;
	EXPECT_EQ_INT(sv3_cmdq_atc_inv(&f.cmdq, 8, 7 * PAGE, 2 * PAGE), -SV3_ERR_BUS);
	f.ram.fails_at = 1;
	EXPECT_EQ_INT(sv3_cmdq_atc_inv_all(&f.cmdq, 8), -SV3_ERR_BUS);
	EXPECT_EQ_U64(f.cmdq.atc_inv_count + f.cmdq.atc_inv_all_count + f.cmdq.atc_over_pages, 0);
	test_ram_fini(&f.ram);
}

/* A CMD_SYNC without a ticket, in its place in the queue and not rung. */
TEST_C(atc, a_barrier_is_a_sync_between_two_commands)
{
	struct fx f;

	fx_init(&f);
	EXPECT_OK(sv3_cmdq_tlbi_asid(&f.cmdq, 1));
	EXPECT_OK(sv3_cmdq_barrier(&f.cmdq));
	EXPECT_OK(sv3_cmdq_atc_inv_all(&f.cmdq, 8));
	EXPECT_EQ_U64(word(&f, 0, 0) & 0xff, 0x11);
	EXPECT_EQ_U64(word(&f, 1, 0), 0x46);
	EXPECT_EQ_U64(word(&f, 1, 1), 0);
	EXPECT_EQ_U64(word(&f, 2, 0) & 0xff, 0x40);
	EXPECT_EQ_U64(f.cmdq.sync_count, 1);
	test_ram_fini(&f.ram);
}
