/* SPDX-License-Identifier: MIT */
/*
 * test_units.c - pools, pipes, the micro TLB and histograms, each against a plain model of it.
 */
#include "ctest.h"
#include "sim/timed/timed_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- pools --- */

TEST_C(units, pool_counts_slots_by_cycles)
{
	struct sv3_timed_unit_stats stats = { 0 };
	struct sv3__pool pool;

	sv3__pool_init(&pool, &stats, 4);
	sv3__pool_take(&pool, 3, 10);
	EXPECT_TRUE(sv3__pool_has(&pool, 1));
	EXPECT_FALSE(sv3__pool_has(&pool, 2));
	sv3__pool_take(&pool, 1, 20);
	sv3__pool_give(&pool, 3, 10, 30);
	sv3__pool_give(&pool, 1, 20, 50);
	EXPECT_EQ_U64(stats.capacity, 4);
	EXPECT_EQ_U64(stats.entered, 4);
	EXPECT_EQ_U64(stats.left, 4);
	EXPECT_EQ_U64(stats.occupied_max, 4);
	EXPECT_EQ_U64(stats.occupied, 3 * 20 + 1 * 30);
	EXPECT_EQ_U64(stats.time_in, 3 * 20 + 1 * 30);
}

/* --- pipes --- */

/* A pipe is one server: who comes begins when all before it are through. */
TEST_C(units, pipe_passes_one_after_the_other)
{
	struct sv3_timed_unit_stats stats = { 0 };
	struct sv3__pipe pipe = { .stats = &stats };
	struct sv3_prng prng;
	uint64_t at = 0, free_at = 0, waits = 0, busy = 0;

	sv3_prng_seed(&prng, 1);
	for (unsigned int i = 0; i < 10000; i++) {
		const uint64_t work = sv3_prng_below(&prng, 10u << SV3__FRACTION_LG2);
		const uint64_t from = (at += sv3_prng_below(&prng, 12)) << SV3__FRACTION_LG2;
		const uint64_t begins = free_at > from ? free_at : from;

		ASSERT_EQ_U64(sv3__pipe_pass(&pipe, at, work), begins >> SV3__FRACTION_LG2);
		free_at = begins + work;
		waits += begins - from;
		busy += work;
		ASSERT_EQ_U64(sv3__pipe_end(&pipe),
			      (uint64_t)ceil((double)free_at / (1u << SV3__FRACTION_LG2)));
	}
	EXPECT_EQ_U64(stats.wait_cycles, waits);
	EXPECT_EQ_U64(stats.occupied, busy);
	EXPECT_EQ_U64(stats.entered, 10000);
}

/* --- the micro TLB --- */

TEST_C(units, micro_tlb_tells_streams_spans_and_pages_apart)
{
	struct sv3__utlb_key keys[8];
	struct sv3__utlb utlb = { .keys = keys, .capacity = 8 };
	const struct sv3_txn a = { .iova = 0x40000000, .stream_id = 1 };
	struct sv3_txn b = a;

	EXPECT_FALSE(sv3__utlb_use(&utlb, sv3__utlb_key(&a, 12)));
	EXPECT_TRUE(sv3__utlb_use(&utlb, sv3__utlb_key(&a, 12)));
	EXPECT_FALSE(sv3__utlb_use(&utlb, sv3__utlb_key(&a, 21)));
	b.iova += 0xfff;
	EXPECT_TRUE(sv3__utlb_use(&utlb, sv3__utlb_key(&b, 12)));
	b.iova += 1;
	EXPECT_FALSE(sv3__utlb_use(&utlb, sv3__utlb_key(&b, 12)));
	b = a;
	b.stream_id = 2;
	EXPECT_FALSE(sv3__utlb_use(&utlb, sv3__utlb_key(&b, 12)));
	b = a;
	b.substream_valid = true;
	EXPECT_FALSE(sv3__utlb_use(&utlb, sv3__utlb_key(&b, 12)));
}

/* --- histograms --- */

TEST_C(units, histogram_buckets_are_narrow_and_without_gaps)
{
	for (unsigned int i = 0; i < 900; i++) {
		const uint64_t low = sv3_histogram_bucket(i), next = sv3_histogram_bucket(i + 1);

		ASSERT_LT_U64(low, next);
		if (low < 32)
			ASSERT_EQ_U64(next - low, 1);
		else
			ASSERT_LE_U64((next - low) * 16, low);
	}
}

TEST_C(units, histogram_counts_a_value_in_its_bucket)
{
	static struct sv3_histogram histogram;
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 1);
	for (unsigned int i = 0; i < 10000; i++) {
		const uint64_t value = sv3_prng_next(&prng) >> sv3_prng_below(&prng, 63) >> 1;
		unsigned int bucket = 0;

		memset(&histogram, 0, sizeof(histogram));
		sv3_histogram_add(&histogram, value);
		while (!histogram.buckets[bucket])
			bucket++;
		ASSERT_LE_U64(sv3_histogram_bucket(bucket), value);
		ASSERT_GT_U64(sv3_histogram_bucket(bucket + 1), value);
	}
}

static int by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

TEST_C(units, quantiles_are_those_of_the_sorted_values_within_a_bucket)
{
	enum { VALUES = 3001 };
	static struct sv3_histogram histogram;
	static uint64_t values[VALUES];
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 2);
	memset(&histogram, 0, sizeof(histogram));
	for (unsigned int i = 0; i < VALUES; i++) {
		values[i] = sv3_prng_below(&prng, 1u << sv3_prng_below(&prng, 20));
		sv3_histogram_add(&histogram, values[i]);
	}
	qsort(values, VALUES, sizeof(values[0]), by_value);
	for (unsigned int permille = 1; permille <= 1000; permille++) {
		/* the least value that so many are not above */
		const uint64_t exact = values[(VALUES * permille + 999) / 1000 - 1];
		const uint64_t said = sv3_histogram_permille(&histogram, permille);

		ASSERT_GE_U64(said, exact);
		ASSERT_LE_U64(said, exact + exact / 16);
	}
	EXPECT_EQ_U64(histogram.least, values[0]);
	EXPECT_EQ_U64(histogram.most, values[VALUES - 1]);
}
