/* SPDX-License-Identifier: MIT */
/*
 * test_mark.c - which words does marking touch, and in which order?
 */
#include "ctest.h"
#include "sim/experiments/experiments_priv.h"

struct touches {
	uint64_t words[8];
	unsigned int count;
};

static void touch(void *context, uint64_t address)
{
	struct touches *touches = (struct touches *)context;

	if (touches->count < 8)
		touches->words[touches->count] = address;
	touches->count++;
}

static struct touches mark(enum sv3__mark_variant variant, uint64_t start, uint64_t size)
{
	struct touches touches = { .count = 0 };

	sv3__mark(variant, start, size, touch, &touches);
	return touches;
}

TEST_C(mark, goes_from_the_last_page_down_and_ends_with_the_first_bytes_word)
{
	static const uint64_t expected[] = { 0x4000, 0x3000, 0x2000, 0x1ff8 };
	const struct touches touches = mark(SV3__MARK_DOWN, 0x1ffd, 0x2004);

	ASSERT_EQ_U64(touches.count, 4);
	EXPECT_EQ_MEM(touches.words, expected, sizeof(expected));
}

TEST_C(mark, one_page_is_one_word)
{
	EXPECT_EQ_U64(mark(SV3__MARK_DOWN, 0x1000, 0x1000).count, 1);
	EXPECT_EQ_U64(mark(SV3__MARK_DOWN, 0x1fff, 1).count, 1);
	EXPECT_EQ_U64(mark(SV3__MARK_DOWN, 0x1fff, 1).words[0], 0x1ff8);
	EXPECT_EQ_U64(mark(SV3__MARK_DOWN, 0x1fff, 2).count, 2);
}

TEST_C(mark, upwards_touches_the_same_words)
{
	const struct touches up = mark(SV3__MARK_UP, 0x1234, 0x3000);
	const struct touches down = mark(SV3__MARK_DOWN, 0x1234, 0x3000);

	ASSERT_EQ_U64(up.count, 4);
	ASSERT_EQ_U64(down.count, 4);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ_U64(up.words[i], down.words[3 - i]);
}

TEST_C(mark, the_variant_of_the_last_line_keeps_the_first_bytes_word)
{
	const struct touches touches = mark(SV3__MARK_LAST_LINE, 0x1000, 0x2000);

	ASSERT_EQ_U64(touches.count, 2);
	EXPECT_EQ_U64(touches.words[0], 0x2ff8);
	EXPECT_EQ_U64(touches.words[1], 0x1000);
}

TEST_C(mark, wrong_variants_are_wrong)
{
	EXPECT_EQ_U64(mark(SV3__MARK_STRIDE, 0x1ffd, 0x10).count, 1);
	EXPECT_EQ_U64(mark(SV3__MARK_TWICE, 0x1000, 0x10).count, 2);
}
