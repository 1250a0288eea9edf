/* SPDX-License-Identifier: MIT */
/*
 * test_synthetic.c - order, times and distributions of the synthetic devices.
 *
 * Distributions are held against closed forms: the mean over many seeds lies within four standard
 * errors of the expectation, the variance being computed and not measured.
 */
#include "ctest.h"

#include <sv3/device.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BASE  UINT64_C(0x40000000)
#define PAGES 1024u
#define SEEDS 200u

static struct sv3_synthetic_config config_of(enum sv3_pattern pattern)
{
	return (struct sv3_synthetic_config){
		.pattern = pattern,
		.base = BASE,
		.page_count = PAGES,
		.stream_id = 16,
		.write_percent = 100,
		.len = 64,
		.period = 1000,
		.zipf_exponent = 1.0,
		.seed = 1,
	};
}

static bool next(const struct sv3_device *device, struct sv3_device_event *event)
{
	return device->ops->next(device->context, event);
}

static uint64_t page_of(const struct sv3_device_event *event)
{
	return (event->iova - BASE) / SV3_PAGE_SIZE;
}

TEST_C(synthetic, same_seed_same_events_other_seed_others)
{
	for (int pattern = SV3_PATTERN_FIXED; pattern <= SV3_PATTERN_ZIPF; pattern++) {
		struct sv3_synthetic_config config = config_of((enum sv3_pattern)pattern);
		struct sv3_device a, b, c;
		struct sv3_device_event event_a, event_b, event_c;
		uint64_t different = 0;

		config.jitter = true;
		config.write_percent = 50;
		ASSERT_OK(sv3_synthetic_create(&config, &a));
		ASSERT_OK(sv3_synthetic_create(&config, &b));
		config.seed = 2;
		ASSERT_OK(sv3_synthetic_create(&config, &c));
		for (int i = 0; i < 5000; i++) {
			ASSERT_TRUE(next(&a, &event_a) && next(&b, &event_b) && next(&c, &event_c));
			ASSERT_EQ_U64(event_a.iova, event_b.iova);
			ASSERT_EQ_U64(event_a.due, event_b.due);
			ASSERT_EQ_U64(event_a.kind, event_b.kind);
			different += event_a.kind != event_c.kind || event_a.iova != event_c.iova;
		}
		EXPECT_GT_U64(different, 1000);
		sv3_device_destroy(&a);
		sv3_device_destroy(&b);
		sv3_device_destroy(&c);
	}
}

TEST_C(synthetic, fixed_touches_all_pages_at_one_instant_each_period)
{
	struct sv3_synthetic_config config = config_of(SV3_PATTERN_FIXED);
	struct sv3_device device;
	struct sv3_device_event event;

	config.page_count = 3;
	config.start = 50;
	config.limit = 7;
	ASSERT_OK(sv3_synthetic_create(&config, &device));
	for (uint64_t i = 0; i < 7; i++) {
		ASSERT_TRUE(next(&device, &event));
		EXPECT_EQ_U64(page_of(&event), i % 3);
		EXPECT_EQ_U64(event.due, 50 + i / 3 * 1000);
		EXPECT_EQ_U64(event.serial, i);
		EXPECT_EQ_U64(event.kind, SV3_DEVICE_WRITE);
		EXPECT_EQ_U64(event.len, 64);
		EXPECT_EQ_U64(event.stream_id, 16);
	}
	EXPECT_FALSE(next(&device, &event));
	sv3_device_destroy(&device);
}

TEST_C(synthetic, sequential_goes_page_by_page_and_wraps)
{
	struct sv3_synthetic_config config = config_of(SV3_PATTERN_SEQUENTIAL);
	struct sv3_device device;
	struct sv3_device_event event;

	config.page_count = 5;
	ASSERT_OK(sv3_synthetic_create(&config, &device));
	for (uint64_t i = 0; i < 23; i++) {
		ASSERT_TRUE(next(&device, &event));
		EXPECT_EQ_U64(page_of(&event), i % 5);
		EXPECT_EQ_U64(event.due, i * 1000);
	}
	sv3_device_destroy(&device);
}

TEST_C(synthetic, jittered_distances_are_uniform_between_0_and_2_periods)
{
	const uint64_t count = 40000;
	struct sv3_synthetic_config config = config_of(SV3_PATTERN_SEQUENTIAL);
	struct sv3_device device;
	struct sv3_device_event event;
	sv3_ps last = 0, longest = 0, shortest = SV3_PS_NEVER;

	config.jitter = true;
	ASSERT_OK(sv3_synthetic_create(&config, &device));
	ASSERT_TRUE(next(&device, &event));
	for (uint64_t i = 0; i < count; i++) {
		ASSERT_TRUE(next(&device, &event));
		ASSERT_GE_U64(event.due, last);
		longest = event.due - last > longest ? event.due - last : longest;
		shortest = event.due - last < shortest ? event.due - last : shortest;
		last = event.due;
	}
	EXPECT_LE_U64(longest, 2000);
	EXPECT_GT_U64(longest, 1990);
	EXPECT_LT_U64(shortest, 10);
	/* Standard deviation of one distance: 2000 / sqrt(12). */
	EXPECT_NEAR_F64((double)last / (double)count, 1000.0,
			4 * 2000 / sqrt(12) / sqrt((double)count));
	sv3_device_destroy(&device);
}

TEST_C(synthetic, so_many_percent_of_accesses_are_writes)
{
	const uint64_t count = 100000;
	struct sv3_synthetic_config config = config_of(SV3_PATTERN_UNIFORM);
	struct sv3_device device;
	struct sv3_device_event event;

	for (uint32_t percent = 0; percent <= 100; percent += 25) {
		const double p = percent / 100.0;
		uint64_t writes = 0;

		config.write_percent = percent;
		ASSERT_OK(sv3_synthetic_create(&config, &device));
		for (uint64_t i = 0; i < count && next(&device, &event); i++)
			writes += event.kind == SV3_DEVICE_WRITE;
		EXPECT_NEAR_F64((double)writes, p * (double)count,
				4 * sqrt(p * (1 - p) * (double)count));
		sv3_device_destroy(&device);
	}
}

/* Mean and variance of the number of distinct pages after w draws by weights p. [policies 10.1] */
static void distinct_closed_form(const double *p, uint32_t w, double *mean, double *variance)
{
	*mean = 0;
	*variance = 0;
	for (uint32_t i = 0; i < PAGES; i++) {
		const double missed_i = pow(1 - p[i], w);

		*mean += 1 - missed_i;
		*variance += missed_i * (1 - missed_i);
		for (uint32_t j = 0; j < i; j++)
			*variance += 2 * (pow(1 - p[i] - p[j], w) - missed_i * pow(1 - p[j], w));
	}
}

static double mean_distinct(const struct sv3_synthetic_config *base, uint32_t w)
{
	uint64_t distinct = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct sv3_synthetic_config config = *base;
		struct sv3_device device;
		struct sv3_device_event event;
		uint8_t seen[PAGES] = { 0 };

		config.seed = seed;
		EXPECT_OK(sv3_synthetic_create(&config, &device));
		for (uint32_t i = 0; i < w && next(&device, &event); i++) {
			distinct += !seen[page_of(&event)];
			seen[page_of(&event)] = 1;
		}
		sv3_device_destroy(&device);
	}
	return (double)distinct / SEEDS;
}

TEST_C(synthetic, uniform_touches_as_many_distinct_pages_as_the_closed_form_says)
{
	const struct sv3_synthetic_config config = config_of(SV3_PATTERN_UNIFORM);
	const uint32_t w = 1024;
	double p[PAGES], mean, variance;

	for (uint32_t i = 0; i < PAGES; i++)
		p[i] = 1.0 / PAGES;
	distinct_closed_form(p, w, &mean, &variance);
	EXPECT_NEAR_F64(mean, 647.48, 0.01);
	EXPECT_NEAR_F64(mean_distinct(&config, w), mean, 4 * sqrt(variance / SEEDS));
}

TEST_C(synthetic, zipf_touches_as_many_distinct_pages_as_the_closed_form_says)
{
	static const uint32_t draws[] = { 256, 4096 };
	static const double known[] = { 130.55, 707.35 };
	const struct sv3_synthetic_config config = config_of(SV3_PATTERN_ZIPF);
	double p[PAGES], sum = 0;

	for (uint32_t i = 0; i < PAGES; i++)
		sum += p[i] = 1.0 / (i + 1);
	for (uint32_t i = 0; i < PAGES; i++)
		p[i] /= sum;
	for (int k = 0; k < 2; k++) {
		double mean, variance;

		distinct_closed_form(p, draws[k], &mean, &variance);
		EXPECT_NEAR_F64(mean, known[k], 0.01);
		EXPECT_NEAR_F64(mean_distinct(&config, draws[k]), mean, 4 * sqrt(variance / SEEDS));
	}
}

TEST_C(synthetic, zipf_ranks_have_the_weights_of_libm)
{
	/* The hottest page's share over many draws, for an exponent that is no whole number. */
	struct sv3_synthetic_config config = config_of(SV3_PATTERN_ZIPF);
	const uint64_t count = 200000;
	struct sv3_device device;
	struct sv3_device_event event;
	uint64_t hits[PAGES] = { 0 }, most = 0;
	double sum = 0, p;

	config.zipf_exponent = 1.3;
	for (uint32_t i = 0; i < PAGES; i++)
		sum += pow(i + 1, -1.3);
	p = 1 / sum;
	ASSERT_OK(sv3_synthetic_create(&config, &device));
	for (uint64_t i = 0; i < count && next(&device, &event); i++)
		hits[page_of(&event)]++;
	for (uint32_t i = 0; i < PAGES; i++)
		most = hits[i] > most ? hits[i] : most;
	EXPECT_NEAR_F64((double)most, p * (double)count, 4 * sqrt(p * (1 - p) * (double)count));
	sv3_device_destroy(&device);
}

TEST_C(synthetic, zipf_shuffles_its_ranks_by_the_seed)
{
	struct sv3_synthetic_config config = config_of(SV3_PATTERN_ZIPF);
	uint64_t hottest[2];

	config.zipf_exponent = 4;
	for (uint64_t seed = 0; seed < 2; seed++) {
		struct sv3_device device;
		struct sv3_device_event event;
		uint64_t hits[PAGES] = { 0 };

		config.seed = seed;
		ASSERT_OK(sv3_synthetic_create(&config, &device));
		hottest[seed] = 0;
		for (int i = 0; i < 1000 && next(&device, &event); i++)
			if (++hits[page_of(&event)] > hits[hottest[seed]])
				hottest[seed] = page_of(&event);
		sv3_device_destroy(&device);
	}
	EXPECT_NE_U64(hottest[0], hottest[1]);
}

TEST_C(synthetic, one_page_is_enough_for_every_pattern)
{
	for (int pattern = SV3_PATTERN_FIXED; pattern <= SV3_PATTERN_ZIPF; pattern++) {
		struct sv3_synthetic_config config = config_of((enum sv3_pattern)pattern);
		struct sv3_device device;
		struct sv3_device_event event;

		config.page_count = 1;
		ASSERT_OK(sv3_synthetic_create(&config, &device));
		for (uint64_t i = 0; i < 10; i++) {
			ASSERT_TRUE(next(&device, &event));
			EXPECT_EQ_U64(page_of(&event), 0);
			EXPECT_EQ_U64(event.due, i * 1000);
		}
		sv3_device_destroy(&device);
	}
}

TEST_C(synthetic, senseless_configurations_are_refused)
{
	const struct sv3_synthetic_config good = config_of(SV3_PATTERN_ZIPF);
	struct sv3_synthetic_config bad[11];
	struct sv3_device device;

	for (int i = 0; i < 11; i++)
		bad[i] = good;
	bad[0].page_count = 0;
	bad[1].len = 0;
	bad[2].len = 4097;
	bad[3].base += 1;
	bad[4].period = 0;
	bad[5].write_percent = 101;
	bad[6].zipf_exponent = 0;
	bad[7].zipf_exponent = (double)NAN;
	bad[8].base = UINT64_MAX & ~UINT64_C(0xfff);
	bad[9].pattern = (enum sv3_pattern)17;
	bad[10].page_count = UINT64_MAX;
	for (int i = 0; i < 11; i++)
		EXPECT_EQ_INT(sv3_synthetic_create(&bad[i], &device), -SV3_ERR_INVAL);
	sv3_device_destroy(&device);
}

TEST_C(devices, every_kind_has_a_name_and_a_description)
{
	unsigned int count = 0;

	while (sv3_device_info(count)) {
		EXPECT_GT_U64(strlen(sv3_device_info(count)->name), 0);
		EXPECT_GT_U64(strlen(sv3_device_info(count)->description), 0);
		count++;
	}
	EXPECT_EQ_U64(count, 7);
}

TEST_C(devices, destroying_a_zeroed_device_is_harmless)
{
	struct sv3_device device = { 0 };

	sv3_device_destroy(&device);
	sv3_device_destroy(&device);
	EXPECT_EQ_U64(sv3_replay_rewinds(&device), 0);
}
