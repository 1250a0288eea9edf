/* SPDX-License-Identifier: MIT */
/*
 * test_bits.c - bitmaps of front ends against brute force: one bit at a time, at any address.
 *
 * Each buffer stands between guard bytes, begins at any offset from a word, and ends with the last
 * byte that has a bit: what goes beyond shows.
 */
#include "ctest.h"

#include <stdlib.h>
#include <string.h>

#include <sv3/prng.h>

#include "sim/frontends/frontends_priv.h"

#define BITS  700u
#define BYTES ((BITS + 7) / 8)
#define GUARD 24u

static bool twin_test(const uint8_t *bits, uint64_t bit)
{
	return bits[bit / 8] & 1u << bit % 8;
}

static void twin_write(uint8_t *bits, uint64_t first, uint64_t count, bool value)
{
	for (uint64_t i = first; i < first + count; i++) {
		if (value)
			bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << i % 8);
		else
			bits[i / 8] = (uint8_t)(bits[i / 8] & ~(1u << i % 8));
	}
}

static uint64_t twin_count(const uint8_t *bits, uint64_t first, uint64_t count)
{
	uint64_t set = 0;

	for (uint64_t i = first; i < first + count; i++)
		set += twin_test(bits, i);
	return set;
}

struct pair {
	uint8_t bytes[GUARD + 8 + BYTES + GUARD], twin[GUARD + 8 + BYTES + GUARD];
	uint8_t *at, *twin_at;
};

static void pair_fill(struct pair *pair, struct sv3_prng *prng)
{
	const uint64_t offset = GUARD + sv3_prng_below(prng, 8); /* any alignment */
	const uint64_t kind = sv3_prng_below(prng, 3);

	for (size_t i = 0; i < sizeof(pair->bytes); i++)
		pair->bytes[i] = kind == 0 ? 0 : kind == 1 ? 0xff : (uint8_t)sv3_prng_next(prng);
	memcpy(pair->twin, pair->bytes, sizeof(pair->twin));
	pair->at = pair->bytes + offset;
	pair->twin_at = pair->twin + offset;
}

TEST_C(bits, set_and_clear_agree_with_one_bit_at_a_time)
{
	struct sv3_prng prng;
	struct pair pair;

	sv3_prng_seed(&prng, 1);
	for (unsigned int i = 0; i < 20000; i++) {
		const uint64_t first = sv3_prng_below(&prng, BITS);
		const uint64_t count = sv3_prng_below(&prng, sv3_prng_below(&prng, 2) ? 12 : BITS);
		const uint64_t fits = count < BITS - first ? count : BITS - first;
		const bool value = sv3_prng_below(&prng, 2);

		pair_fill(&pair, &prng);
		twin_write(pair.twin_at, first, fits, value);
		if (value)
			sv3__bits_set(pair.at, first, fits);
		else
			sv3__bits_clear(pair.at, first, fits);
		ASSERT_EQ_MEM(pair.bytes, pair.twin, sizeof(pair.bytes));
	}
}

TEST_C(bits, any_and_all_agree_with_one_bit_at_a_time)
{
	struct sv3_prng prng;
	struct pair pair;

	sv3_prng_seed(&prng, 2);
	for (unsigned int i = 0; i < 20000; i++) {
		const uint64_t first = sv3_prng_below(&prng, BITS);
		const uint64_t count = sv3_prng_below(&prng, BITS - first + 1);
		const uint64_t odd = sv3_prng_below(&prng, BITS);
		uint64_t set;

		pair_fill(&pair, &prng);
		/* All the same but for one bit, inside or just outside. */
		sv3__bits_set(pair.at, odd, 1);
		set = twin_count(pair.at, first, count);
		EXPECT_EQ_INT(sv3__bits_any(pair.at, first, count), set > 0);
		EXPECT_EQ_INT(sv3__bits_all(pair.at, first, count), set == count);
		EXPECT_EQ_INT(sv3__bits_test(pair.at, odd), twin_test(pair.at, odd));
		sv3__bits_clear(pair.at, odd, 1);
		set = twin_count(pair.at, first, count);
		EXPECT_EQ_INT(sv3__bits_any(pair.at, first, count), set > 0);
		EXPECT_EQ_INT(sv3__bits_all(pair.at, first, count), set == count);
		EXPECT_EQ_INT(sv3__bits_test(pair.at, odd), twin_test(pair.at, odd));
	}
}

TEST_C(bits, a_byte_of_which_no_bit_is_meant_is_not_touched)
{
	/* A heap block of exactly the bytes needed, for sanitizers to watch its end. */
	for (uint64_t bits = 0; bits <= 64; bits++) {
		uint8_t *block = (uint8_t *)calloc(1, (size_t)(bits + 7) / 8 + 1);
		uint8_t *end = block + (bits + 7) / 8;

		*end = 0x5a;
		sv3__bits_set(block, 0, bits);
		EXPECT_TRUE(sv3__bits_all(block, 0, bits));
		sv3__bits_set(block, bits, 0);
		EXPECT_EQ_U64(*end, 0x5a);
		free(block);
	}
}

/* [policies 8 B42] An index shifted as an int of 32 bits goes wrong from 2 GiB and 4 GiB up. */
TEST_C(bits, indexes_have_64_bits)
{
	static const uint64_t spots[] = { UINT64_C(1) << 31, (UINT64_C(1) << 31) - 3,
					  (UINT64_C(1) << 32) - 1, (UINT64_C(1) << 32) + 5 };
	const size_t bytes = (UINT64_C(1) << 29) + 64; /* touched here and there only */
	uint8_t *bits = (uint8_t *)calloc(1, bytes);

	ASSERT_TRUE(bits);
	for (size_t i = 0; i < sizeof(spots) / sizeof(spots[0]); i++) {
		sv3__bits_set(bits, spots[i], 3);
		EXPECT_EQ_U64(twin_count(bits, spots[i] - 8, 24), 3);
		EXPECT_TRUE(sv3__bits_all(bits, spots[i], 3));
		sv3__bits_clear(bits, spots[i], 3);
		EXPECT_FALSE(sv3__bits_any(bits, spots[i] - 8, 24));
	}
	EXPECT_EQ_U64(twin_count(bits, 0, 64), 0);
	free(bits);
}

/* --- pages of a range --- */

/* The pages that bytes of both ranges lie in, one page of the bitmap after the other. */
static void check_pages(const struct sv3__bitmap *bitmap, sv3_iova first, sv3_iova last)
{
	const struct sv3__pages pages = sv3__bitmap_pages(bitmap, first, last);
	const uint64_t size = UINT64_C(1) << bitmap->page_lg2;
	const uint64_t count = (bitmap->last - bitmap->first) / size + 1;

	for (uint64_t i = 0; i < count; i++) {
		const sv3_iova page = bitmap->first + i * size;
		const sv3_iova page_last =
			page + (size - 1) < bitmap->last ? page + (size - 1) : bitmap->last;
		const bool touched = first <= page_last && last >= page;
		const bool meant = i >= pages.first && i < pages.first + pages.count;

		if (touched != meant)
			FAIL_C("bit %llu of [%llx, %llx]: [%llx, %llx]", (unsigned long long)i,
			       (unsigned long long)bitmap->first, (unsigned long long)bitmap->last,
			       (unsigned long long)first, (unsigned long long)last);
	}
	EXPECT_LE_U64(pages.first + pages.count, count);
}

TEST_C(bits, pages_of_a_leaf_agree_with_looking_at_each_page)
{
	/* Bases that are no multiple of 64 pages, at 2 GiB, at 4 GiB, and at the very end. */
	static const sv3_iova bases[] = { 0,
					  0x1000,
					  0x3f000,
					  0x41000,
					  UINT64_C(0x7ffff000),
					  UINT64_C(0x80000000),
					  UINT64_C(0xfffff000),
					  UINT64_C(0x123456789000),
					  UINT64_C(0xffffffffff000000) };
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 3);
	for (unsigned int i = 0; i < 20000; i++) {
		const sv3_iova base = bases[i % 9];
		struct sv3__bitmap bitmap = {
			.first = base,
			.last = base + (1 + sv3_prng_below(&prng, 300)) * 0x1000 - 1,
			.page_lg2 = 11 + (uint32_t)sv3_prng_below(&prng, 4),
		};
		/* A leaf around, before, behind or inside it. */
		const uint64_t span = UINT64_C(1) << (12 + sv3_prng_below(&prng, 10));
		const sv3_iova near = base + sv3_prng_below(&prng, 400) * 0x1000;
		const sv3_iova leaf = (near < base ? base : near) & ~(span - 1);

		check_pages(&bitmap, leaf, leaf + (span - 1));
	}
}

TEST_C(bits, a_buffer_that_cannot_be)
{
	uint8_t byte;

	EXPECT_TRUE(sv3__buffer_is_bad(NULL, 1));
	EXPECT_TRUE(sv3__buffer_is_bad(&byte, UINT64_MAX));
	EXPECT_FALSE(sv3__buffer_is_bad(&byte, 1));
}

TEST_C(bits, errors_have_the_names_and_numbers_of_linux)
{
	EXPECT_EQ_STR(sv3_kernel_error_name(-SV3_EINVAL), "EINVAL");
	EXPECT_EQ_STR(sv3_kernel_error_name(SV3_EOVERFLOW), "EOVERFLOW");
	EXPECT_EQ_STR(sv3_kernel_error_name(0), "?");
	EXPECT_EQ_STR(sv3_kernel_error_name(INT32_MIN), "?");
	EXPECT_EQ_INT(SV3_EINVAL, 22);
	EXPECT_EQ_INT(SV3_EOPNOTSUPP, 95);
	EXPECT_EQ_INT(sv3__kernel_error(3), 0);
	EXPECT_EQ_INT(sv3__kernel_error(-SV3_ERR_NOMEM), -SV3_ENOMEM);
	EXPECT_EQ_INT(sv3__kernel_error(-SV3_ERR_EXIST), -SV3_EEXIST);
	EXPECT_EQ_INT(sv3__kernel_error(-SV3_ERR_NOENT), -SV3_ENOENT);
	EXPECT_EQ_INT(sv3__kernel_error(-SV3_ERR_RANGE), -SV3_EINVAL);
	EXPECT_EQ_INT(sv3__kernel_error(-SV3_ERR_TIMEOUT), -SV3_ETIMEDOUT);
	EXPECT_EQ_INT(sv3__kernel_error(-SV3_ERR_BUS), -SV3_EIO);
	EXPECT_EQ_INT(sv3__kernel_error(-SV3_ERR_FORMAT), -SV3_EIO);
}
