/* SPDX-License-Identifier: MIT */
/*
 * test_binary.c - is a binary trace with any damage refused, and the layout the documented one?
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "trace_fx.h"
#include "traces/traces_priv.h"

/** A small binary trace of one block; freed by the caller. */
static uint8_t *small_binary(uint64_t count, size_t *size)
{
	struct sv3_trace trace = fx_random(42, count);
	struct sv3_trace_error error;
	void *bytes = NULL;

	if (sv3_trace_write_memory("binary", &trace, &bytes, size, &error) < 0)
		ctest_fail(__FILE__, __LINE__, "%s", error.text);
	sv3_trace_free(&trace);
	return bytes;
}

/** Whether the bytes are refused in one line that begins "file: offset" (or names no format). */
static bool is_refused(const uint8_t *bytes, size_t size)
{
	struct sv3_trace_error error = { "" };
	struct sv3_trace trace;

	if (sv3_trace_read_memory(bytes, size, "file", &trace, &error) == 0) {
		sv3_trace_free(&trace);
		return false;
	}
	return trace.count == 0 && trace.records == NULL && strchr(error.text, '\n') == NULL &&
	       (size == 0 || strncmp(error.text, "file: offset ", 13) == 0);
}

TEST_C(trace_binary, every_truncation_is_refused)
{
	size_t size;
	uint8_t *bytes = small_binary(40, &size);

	ASSERT_TRUE(bytes != NULL);
	ASSERT_FALSE(is_refused(bytes, size));
	for (size_t cut = 0; cut < size; cut++) {
		/* A copy of its own size, so that a read beyond its end is seen. */
		uint8_t *part = malloc(cut + 1);

		ASSERT_TRUE(part != NULL);
		memcpy(part, bytes, cut);
		part = realloc(part, cut != 0 ? cut : 1);
		if (!is_refused(part, cut))
			ctest_fail(__FILE__, __LINE__, "read when cut to %zu bytes", cut);
		free(part);
	}
	free(bytes);
}

TEST_C(trace_binary, every_flipped_bit_is_refused)
{
	size_t size;
	uint8_t *bytes = small_binary(40, &size);

	ASSERT_TRUE(bytes != NULL);
	for (size_t bit = 0; bit < size * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!is_refused(bytes, size))
			ctest_fail(__FILE__, __LINE__, "read with bit %zu of byte %zu flipped",
				   bit % 8, bit / 8);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	ASSERT_FALSE(is_refused(bytes, size));
	free(bytes);
}

TEST_C(trace_binary, every_lost_or_added_byte_is_refused)
{
	size_t size;
	uint8_t *bytes = small_binary(20, &size), *other;

	ASSERT_TRUE(bytes != NULL);
	other = malloc(size + 1);
	ASSERT_TRUE(other != NULL);
	for (size_t at = 0; at <= size; at++) {
		memcpy(other, bytes, at);
		other[at] = 0x5a;
		memcpy(other + at + 1, bytes + at, size - at);
		if (!is_refused(other, size + 1))
			ctest_fail(__FILE__, __LINE__, "read with a byte added at %zu", at);
		if (at == size)
			break;
		memcpy(other + at, bytes + at + 1, size - at - 1);
		if (!is_refused(other, size - 1))
			ctest_fail(__FILE__, __LINE__, "read without the byte at %zu", at);
	}
	free(other);
	free(bytes);
}

TEST_C(trace_binary, header_is_as_documented)
{
	/* clang-format off */
	static const uint8_t expected[32] = {
		0x89, 'S', '3', 'T', '\r', '\n', 0x1a, '\n', /* magic */
		1, 0, 40, 0,              /* version, header bytes */
		0, 0, 0, 0,               /* flags */
		0x2c, 1, 0, 0, 0, 0, 0, 0, /* 300 records */
		0, 0, 1, 0, 0, 0, 0, 0,    /* records of a block, reserved */
	};
	/* clang-format on */
	size_t size;
	uint8_t *bytes = small_binary(300, &size);

	ASSERT_TRUE(bytes != NULL);
	EXPECT_EQ_MEM(bytes, expected, sizeof(expected));
	EXPECT_EQ_MEM(bytes + size - 8, "S3T end\n", 8);
	free(bytes);
}

/** Damage to the columns of a block never reads or writes out of bounds; sanitizers watch. */
TEST_C(trace_binary, damaged_columns_do_no_harm)
{
	enum { COUNT = 300 };
	struct sv3_trace trace = fx_random(5, COUNT);
	struct sv3__trace_codec *codec = sv3__trace_codec_create();
	uint8_t *bytes = malloc(sv3__trace_columns_bound(COUNT)), *damaged;
	struct sv3_trace_rec *records = malloc(COUNT * sizeof(*records));
	struct sv3_prng prng;
	uint32_t taken;
	size_t size;

	ASSERT_TRUE(codec != NULL && bytes != NULL && records != NULL);
	taken = sv3__trace_columns_encode(codec, trace.records, COUNT, bytes, &size);
	ASSERT_TRUE(sv3__trace_columns_decode(codec, bytes, size, records, taken));
	EXPECT_EQ_MEM(records, trace.records, taken * sizeof(*records));
	sv3_prng_seed(&prng, 1);
	for (unsigned int i = 0; i < 20000; i++) {
		size_t cut = sv3_prng_below(&prng, 4) == 0 ? sv3_prng_below(&prng, size) + 1 : size;

		damaged = malloc(cut);
		ASSERT_TRUE(damaged != NULL);
		memcpy(damaged, bytes, cut);
		for (uint64_t k = sv3_prng_below(&prng, 4) + 1; k > 0; k--)
			damaged[sv3_prng_below(&prng, cut)] = (uint8_t)sv3_prng_next(&prng);
		if (sv3__trace_columns_decode(codec, damaged, cut, records, taken))
			EXPECT_TRUE(cut == size);
		free(damaged);
	}
	sv3__trace_codec_destroy(codec);
	sv3_trace_free(&trace);
	free(records);
	free(bytes);
}

TEST_C(trace_binary, version_of_the_future_is_named)
{
	struct sv3_trace_error error;
	struct sv3_trace trace;
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	size_t size;
	uint8_t *bytes = small_binary(10, &size);

	ASSERT_TRUE(bytes != NULL);
	bytes[8] = 2;
	for (unsigned int i = 0; i < 32; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
	for (unsigned int i = 0; i < 8; i++)
		bytes[32 + i] = (uint8_t)(sum >> 8 * i);
	EXPECT_EQ_INT(sv3_trace_read_memory(bytes, size, "file", &trace, &error), -SV3_ERR_FORMAT);
	EXPECT_TRUE(strstr(error.text, "version 2") != NULL);
	free(bytes);
}
