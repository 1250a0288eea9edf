/* SPDX-License-Identifier: MIT */
/*
 * test_distinct_pages.c - how many pages a collection reports, by what was written and by how large
 * the units are in which it is noted. [policies 10.1, 10.3]
 *
 * One collection after so many writes; formulas stand here as they stand there, printed values
 * beside them.
 */
#include <math.h>

#include "ctest.h"
#include "fixture.h"
#include "rows.h"
#include "sample.h"

/* --- uniform writes --- */

/* N (1 - (1 - 1/N)^w) */
static double uniform_mean(double n, double w)
{
	return n * (1 - pow(1 - 1 / n, w));
}

static double uniform_variance(double n, double w)
{
	const double one = pow(1 - 1 / n, w), two = pow(1 - 2 / n, w);

	return n * (n - 1) * two + n * one - n * n * one * one;
}

/* A device that makes @writes writes and is done before the collection. */
static struct fx_world_config some_writes(const char *policy, enum sv3_pattern pattern,
					  uint64_t pages, uint64_t writes)
{
	struct fx_world_config config = fx_basic(policy, pages, 1);

	config.device.pattern = pattern;
	config.device.zipf_exponent = 1.0;
	config.device.start = SV3_PS_PER_NS;
	config.device.period = SV3_PS_PER_NS;
	config.device.limit = writes;
	return config;
}

/* Pages the first collection reports. */
static struct fx_sample reported(struct fx_world_config *config, unsigned int seeds)
{
	struct fx_sample sample = { 0 };

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct fx_outcome outcome;

		config->device.seed = seed;
		outcome = fx_migrated(config);
		EXPECT_EQ_U64(outcome.world.writes_landed, config->device.limit);
		fx_sample_add(&sample, (double)outcome.round_pages[1]);
		fx_outcome_free(&outcome);
	}
	return sample;
}

/* A variance estimated from n values lies within 4 sqrt(2 / (n - 1)) of the true one. */
static void check_moments(const struct fx_sample *sample, double mean, double variance)
{
	const double n = sample->count;

	EXPECT_NEAR_F64(fx_mean(sample), mean, 4 * sqrt(variance / n));
	EXPECT_NEAR_F64(fx_variance(sample) / variance, 1, 4 * sqrt(2 / (n - 1)));
}

TEST_C(distinct_pages, uniform_writes_have_the_known_mean)
{
	static const struct {
		uint64_t pages, writes;
		double printed; /* 0: none */
	} points[] = {
		{ 1024, 256, 226.61 }, { 1024, 1024, 647.48 }, { 1024, 4096, 1005.28 },
		{ 256, 16, 0 },        { 512, 700, 0 },        { 4096, 1000, 0 },
	};

	for (unsigned int i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		const double n = (double)points[i].pages, w = (double)points[i].writes;
		struct fx_world_config config = some_writes("hw-auto", SV3_PATTERN_UNIFORM,
							    points[i].pages, points[i].writes);
		const struct fx_sample sample = reported(&config, FX_SEEDS);

		if (points[i].printed > 0)
			EXPECT_NEAR_F64(uniform_mean(n, w), points[i].printed, 0.005);
		EXPECT_NEAR_F64(fx_mean(&sample), uniform_mean(n, w),
				4 * sqrt(uniform_variance(n, w) / FX_SEEDS));
	}
}

TEST_C(distinct_pages, uniform_writes_have_the_known_variance)
{
	static const uint64_t writes[] = { 64, 256, 1024 };

	for (unsigned int i = 0; i < 3; i++) {
		const double w = (double)writes[i];
		struct fx_world_config config =
			some_writes("hw-auto", SV3_PATTERN_UNIFORM, 256, writes[i]);
		const struct fx_sample sample = reported(&config, 1000);

		check_moments(&sample, uniform_mean(256, w), uniform_variance(256, w));
	}
}

/* Three writes to four pages, all 64 ways: mean and variance to the last digit. */
TEST_C(distinct_pages, all_placements_have_exactly_the_known_moments)
{
	struct fx_world_config config = fx_basic("hw-auto", 4, 1);
	struct fx_sample sample = { 0 };

	for (uint64_t placement = 0; placement < 64; placement++) {
		struct sv3_trace_rec records[3];
		struct fx_rows rows = { records, 3, 0 };
		struct fx_outcome outcome;
		struct sv3_trace trace;

		for (unsigned int i = 0; i < 3; i++)
			fx_rows_access(&rows, 1 + i, SV3_TRACE_W,
				       (placement >> 2 * i & 3) * SV3_PAGE_SIZE, 64);
		trace = fx_rows_trace(&rows);
		config.trace = &trace;
		outcome = fx_migrated(&config);
		fx_sample_add(&sample, (double)outcome.round_pages[1]);
		fx_outcome_free(&outcome);
	}
	EXPECT_NEAR_F64(fx_mean(&sample), uniform_mean(4, 3), 1e-9);
	EXPECT_NEAR_F64(fx_variance(&sample) * 63 / 64, uniform_variance(4, 3), 1e-9);
}

/* --- other weights, rings, areas --- */

/* sum of 1 - (1 - p_i)^w with p_i as 1 / i^s */
static double zipf_mean(uint64_t pages, double exponent, double w)
{
	double all = 0, mean = 0;

	for (uint64_t i = 1; i <= pages; i++)
		all += pow((double)i, -exponent);
	for (uint64_t i = 1; i <= pages; i++)
		mean += 1 - pow(1 - pow((double)i, -exponent) / all, w);
	return mean;
}

TEST_C(distinct_pages, zipf_writes_have_the_known_mean)
{
	static const struct {
		uint64_t pages, writes;
		double exponent, printed; /* 0: none */
	} points[] = {
		{ 1024, 256, 1, 130.55 },
		{ 1024, 4096, 1, 707.35 },
		{ 256, 300, 0.8, 0 },
		{ 2048, 1000, 1.5, 0 },
	};

	for (unsigned int i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		const double mean =
			zipf_mean(points[i].pages, points[i].exponent, (double)points[i].writes);
		struct fx_world_config config =
			some_writes("hw-auto", SV3_PATTERN_ZIPF, points[i].pages, points[i].writes);
		struct fx_sample sample;

		config.device.zipf_exponent = points[i].exponent;
		sample = reported(&config, FX_SEEDS);
		if (points[i].printed > 0)
			EXPECT_NEAR_F64(mean, points[i].printed, 0.005);
		EXPECT_NEAR_F64(fx_mean(&sample), mean, fx_tolerance(&sample));
	}
}

#define RING_ROUNDS 8u

/* A ring of @ring pages, @per_round pages' worth of buffers a round, the first @offset bytes in. */
static void check_ring(uint64_t ring, uint64_t per_round, uint64_t offset, uint64_t expected)
{
	static struct sv3_trace_rec records[RING_ROUNDS * 256];
	struct fx_rows rows = { records, RING_ROUNDS * 256, 0 };
	struct fx_world_config config = fx_basic("hw-auto", 64, RING_ROUNDS - 1);
	const uint64_t period_ns = FX_PERIOD / SV3_PS_PER_NS, bytes = ring * SV3_PAGE_SIZE;
	uint64_t at = offset;
	struct fx_outcome outcome;
	struct sv3_trace trace;

	for (uint64_t i = 0; i < RING_ROUNDS * per_round; i++) {
		const uint64_t time_ns = i / per_round * period_ns + 1 + i % per_round;
		const uint64_t room = bytes - at < SV3_PAGE_SIZE ? bytes - at : SV3_PAGE_SIZE;

		fx_rows_access(&rows, time_ns, SV3_TRACE_W, at, room);
		if (room < SV3_PAGE_SIZE) /* around the end */
			fx_rows_access(&rows, time_ns, SV3_TRACE_W, 0, SV3_PAGE_SIZE - room);
		at = (at + SV3_PAGE_SIZE) % bytes;
	}
	trace = fx_rows_trace(&rows);
	config.trace = &trace;
	outcome = fx_migrated(&config);
	for (uint32_t round = 1; round <= RING_ROUNDS; round++)
		EXPECT_EQ_U64(outcome.round_pages[round], expected);
	fx_outcome_free(&outcome);
}

/* min(R, r), and one page more when buffers straddle pages. */
TEST_C(distinct_pages, a_ring_reports_its_step_or_all_of_it)
{
	for (uint64_t per_round = 1; per_round <= 40; per_round++) {
		const uint64_t straddling = per_round + 1;

		check_ring(24, per_round, 0, per_round < 24 ? per_round : 24);
		check_ring(24, per_round, 1000, straddling < 24 ? straddling : 24);
	}
}

TEST_C(distinct_pages, a_fixed_area_is_reported_if_it_was_written)
{
	for (uint64_t bursts = 0; bursts <= 3; bursts++) {
		struct fx_world_config config =
			some_writes("hw-auto", SV3_PATTERN_FIXED, 64, 48 * bursts);
		struct fx_outcome outcome;

		config.device.page_count = 48;
		if (!bursts) /* the first comes when all is over */
			config.device.start = SV3_PS_PER_S;
		outcome = fx_migrated(&config);
		EXPECT_EQ_U64(outcome.round_pages[1], bursts ? 48 : 0);
		fx_outcome_free(&outcome);
	}
}

/* --- one DMA --- */

static uint64_t pages_of(uint64_t offset, uint64_t len)
{
	return (offset % SV3_PAGE_SIZE + len + SV3_PAGE_SIZE - 1) / SV3_PAGE_SIZE;
}

#define DMA_OFFSETS 4096u /* each in a part of the guest of its own */
#define DMA_PAGES   4u    /* room for 12 KiB at any offset */

/* One DMA of @len bytes at each of @count offsets, @step bytes apart. Returns: pages reported. */
static uint64_t pages_of_dmas(uint64_t len, uint64_t count, uint64_t step)
{
	static struct sv3_trace_rec records[DMA_OFFSETS * DMA_PAGES];
	struct fx_rows rows = { records, DMA_OFFSETS * DMA_PAGES, 0 };
	struct fx_world_config config = fx_basic("hw-auto", count * DMA_PAGES, 1);
	struct fx_outcome outcome;
	struct sv3_trace trace;
	uint64_t pages;

	for (uint64_t i = 0; i < count; i++)
		fx_rows_access(&rows, 1, SV3_TRACE_W, i * DMA_PAGES * SV3_PAGE_SIZE + i * step,
			       len);
	trace = fx_rows_trace(&rows);
	config.trace = &trace;
	outcome = fx_migrated(&config);
	pages = outcome.round_pages[1];
	for (uint64_t i = 0; i < count; i++) {
		uint64_t own = 0;

		for (uint64_t page = 0; page < DMA_PAGES; page++)
			own += fx_was_sent(&outcome, 1, i * DMA_PAGES + page);
		EXPECT_EQ_U64(own, pages_of(i * step, len));
	}
	fx_outcome_free(&outcome);
	return pages;
}

TEST_C(distinct_pages, a_dma_touches_the_pages_it_covers)
{
	static const uint64_t lens[] = { 1, 2, 64, 4095, 4096, 4097, 8192, 8193, 12288 };

	for (unsigned int i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		pages_of_dmas(lens[i], 256, 16);
	for (uint64_t len = 1; len <= 12288; len += 409)
		pages_of_dmas(len, 64, 61);
}

/* 1 + (L - 1) / 4096 over all offsets. */
TEST_C(distinct_pages, a_dma_at_any_offset_has_the_known_mean)
{
	static const uint64_t lens[] = { 1, 64, 1500, 4096, 9000 };

	for (unsigned int i = 0; i < 5; i++)
		EXPECT_EQ_U64(pages_of_dmas(lens[i], 4096, 1), 4096 + lens[i] - 1);
}

/* --- units larger than a page --- */

/* Reports in units of @unit pages: the distinct units, times their pages. */
static void check_units(struct fx_world_config *config, uint64_t unit, double printed)
{
	const double b = (double)unit, units = (double)config->guest_pages / b;
	const double w = (double)config->device.limit;
	const double mean = b * uniform_mean(units, w);
	const struct fx_sample sample = reported(config, 400);

	if (printed > 0)
		EXPECT_NEAR_F64(mean, printed, 0.05);
	check_moments(&sample, mean, b * b * uniform_variance(units, w));
}

TEST_C(distinct_pages, blocks_of_512_have_the_known_mean_and_variance)
{
	static const struct {
		uint64_t writes;
		double printed;
	} points[] = { { 16, 3612.4 }, { 4, 0 } };

	for (unsigned int i = 0; i < 2; i++) {
		struct fx_world_config config =
			some_writes("hw-auto", SV3_PATTERN_UNIFORM, 4096, points[i].writes);

		config.leaf_max_lg2 = 21;
		check_units(&config, 512, points[i].printed);
	}
}

/* A device's log has pages of any size; of 64 guest pages here, and of others. */
TEST_C(distinct_pages, units_of_64_have_the_known_mean_and_variance)
{
	static const struct {
		uint32_t unit_lg2;
		uint64_t writes;
		double printed;
	} points[] = { { 6, 64, 2601.0 }, { 6, 20, 0 }, { 4, 200, 0 }, { 1, 1000, 0 } };

	for (unsigned int i = 0; i < 4; i++) {
		struct fx_world_config config =
			some_writes("device-log", SV3_PATTERN_UNIFORM, 4096, points[i].writes);

		config.migration.device_page_lg2 = 12 + points[i].unit_lg2;
		check_units(&config, UINT64_C(1) << points[i].unit_lg2, points[i].printed);
	}
}

/* x226 and x41 where writes are few, 1 where there are many. */
TEST_C(distinct_pages, units_amplify_few_writes_and_not_many)
{
	EXPECT_NEAR_F64(512 * uniform_mean(8, 16) / uniform_mean(4096, 16), 226, 0.5);
	EXPECT_NEAR_F64(64 * uniform_mean(64, 64) / uniform_mean(4096, 64), 41, 0.5);
	for (unsigned int dense = 0; dense < 2; dense++) {
		struct fx_world_config config =
			some_writes("hw-auto", SV3_PATTERN_UNIFORM, 4096, dense ? 32768 : 16);
		struct fx_pairs pairs = { 0 };

		for (uint64_t seed = 1; seed <= FX_SEEDS; seed++) {
			struct fx_outcome blocks, pages;

			config.device.seed = seed;
			config.leaf_max_lg2 = 21;
			blocks = fx_migrated(&config);
			config.leaf_max_lg2 = 12;
			pages = fx_migrated(&config);
			fx_pairs_add(&pairs, (double)blocks.round_pages[1],
				     (double)pages.round_pages[1]);
			fx_outcome_free(&blocks);
			fx_outcome_free(&pages);
		}
		EXPECT_NEAR_F64(fx_ratio(&pairs),
				dense ? 4096 / uniform_mean(4096, 32768)
				      : 512 * uniform_mean(8, 16) / uniform_mean(4096, 16),
				fx_ratio_tolerance(&pairs));
	}
}
