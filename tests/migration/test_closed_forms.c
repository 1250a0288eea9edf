/* SPDX-License-Identifier: MIT */
/*
 * test_closed_forms.c - simulated counts against the closed forms of policies.md 10.
 *
 * Random traffic: the mean over seeds lies within 4 standard errors of the expectation [10.6].
 * Collections come at equal times (cadence) and nothing costs time but what a formula names.
 */
#include <math.h>

#include "ctest.h"
#include "fixture.h"

#define SEEDS 100u

struct sample {
	double sum, squares;
	unsigned int count;
};

static void sample_add(struct sample *sample, double value)
{
	sample->sum += value;
	sample->squares += value * value;
	sample->count++;
}

static double sample_mean(const struct sample *sample)
{
	return sample->sum / sample->count;
}

/* Four standard errors, from the sample's own variance. */
static double sample_tolerance(const struct sample *sample)
{
	const double n = sample->count, mean = sample_mean(sample);
	const double variance = (sample->squares - n * mean * mean) / (n - 1);

	return 4 * sqrt(variance / n);
}

/* --- 10.1 distinct pages --- */

/* Pages one collection reports after @writes writes; one leaf is 2^leaf_lg2 bytes. */
static struct sample distinct(enum sv3_pattern pattern, uint64_t pages, uint64_t writes,
			      uint32_t leaf_lg2)
{
	struct sample sample = { 0 };

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct fx_world_config config = fx_basic("hw-auto", pages, 1);
		struct fx_outcome outcome;

		config.leaf_max_lg2 = leaf_lg2;
		config.device.pattern = pattern;
		config.device.zipf_exponent = 1.0;
		config.device.start = SV3_PS_PER_NS;
		config.device.period = SV3_PS_PER_NS;
		config.device.limit = writes;
		config.device.seed = seed;
		EXPECT_OK(fx_migrate(&config, &outcome));
		EXPECT_EQ_U64(outcome.lost, 0);
		EXPECT_EQ_U64(outcome.world.writes_landed, writes);
		/* 10.5: one update for each leaf first written in an epoch. */
		EXPECT_EQ_U64(outcome.httu_updates << (leaf_lg2 - 12), outcome.round_pages[1]);
		sample_add(&sample, (double)outcome.round_pages[1]);
		fx_outcome_free(&outcome);
	}
	return sample;
}

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

TEST_C(closed_form, distinct_pages_of_uniform_writes)
{
	static const struct {
		uint64_t writes;
		double expected;
	} points[] = { { 256, 226.61 }, { 1024, 647.48 }, { 4096, 1005.28 } };

	for (unsigned int i = 0; i < 3; i++) {
		const double w = (double)points[i].writes;
		const struct sample sample =
			distinct(SV3_PATTERN_UNIFORM, 1024, points[i].writes, 12);

		EXPECT_NEAR_F64(uniform_mean(1024, w), points[i].expected, 0.01);
		EXPECT_NEAR_F64(sample_mean(&sample), points[i].expected,
				4 * sqrt(uniform_variance(1024, w) / SEEDS));
	}
}

TEST_C(closed_form, distinct_pages_of_zipf_writes)
{
	const struct sample few = distinct(SV3_PATTERN_ZIPF, 1024, 256, 12);
	const struct sample many = distinct(SV3_PATTERN_ZIPF, 1024, 4096, 12);

	EXPECT_NEAR_F64(sample_mean(&few), 130.55, sample_tolerance(&few));
	EXPECT_NEAR_F64(sample_mean(&many), 707.35, sample_tolerance(&many));
}

TEST_C(closed_form, distinct_pages_of_rings_and_fixed_areas)
{
	struct sample ring = distinct(SV3_PATTERN_SEQUENTIAL, 256, 100, 12);

	EXPECT_EQ_U64((uint64_t)ring.sum, SEEDS * 100);
	ring = distinct(SV3_PATTERN_SEQUENTIAL, 256, 1000, 12);
	EXPECT_EQ_U64((uint64_t)ring.sum, SEEDS * 256);
	ring = distinct(SV3_PATTERN_FIXED, 64, 64 * 3, 12);
	EXPECT_EQ_U64((uint64_t)ring.sum, SEEDS * 64);
}

/* --- 10.3 leaf size --- */

TEST_C(closed_form, blocks_amplify_sparse_writes)
{
	/* N = 4096 pages, leaves of 512, 16 writes: 3612.4 pages, 226 times as many. */
	const struct sample blocks = distinct(SV3_PATTERN_UNIFORM, 4096, 16, 21);
	const struct sample pages = distinct(SV3_PATTERN_UNIFORM, 4096, 16, 12);
	const double sd = 512 * sqrt(uniform_variance(8, 16));

	EXPECT_NEAR_F64(512 * uniform_mean(8, 16), 3612.4, 0.1);
	EXPECT_NEAR_F64(sample_mean(&blocks), 3612.4, 4 * sd / sqrt(SEEDS));
	EXPECT_NEAR_F64(sample_mean(&blocks) / sample_mean(&pages), 226, 8);
}

TEST_C(closed_form, blocks_do_not_amplify_dense_writes)
{
	const struct sample blocks = distinct(SV3_PATTERN_UNIFORM, 4096, 32768, 21);
	const struct sample pages = distinct(SV3_PATTERN_UNIFORM, 4096, 32768, 12);

	EXPECT_EQ_U64((uint64_t)blocks.sum, SEEDS * 4096);
	EXPECT_NEAR_F64(sample_mean(&blocks) / sample_mean(&pages), 1, 0.001);
}

/* --- 10.2 auto versus manual --- */

#define RATIO_PAGES  1024u
#define RATIO_SETTLE 12u /* rounds until the state no longer shows how it began */
#define RATIO_ROUNDS 28u

/* Traffic of @x writes a page and round; clear and copy stand @u rounds behind the collection. */
static struct fx_world_config ratio_config(const char *policy, double x, double u, uint64_t seed,
					   uint32_t rounds)
{
	struct fx_world_config config = fx_basic(policy, RATIO_PAGES, rounds);
	const sv3_ps offset = (sv3_ps)(u * (double)FX_PERIOD);

	config.device.pattern = SV3_PATTERN_UNIFORM;
	config.device.period = (sv3_ps)((double)FX_PERIOD / (x * RATIO_PAGES));
	config.device.jitter = true;
	config.device.seed = seed;
	if (policy[3] == 'a')
		config.copy_offset = offset;
	else
		config.costs.clear_delay = offset;
	return config;
}

/* Share of pages reported a round, once settled; redundant sends likewise if asked for. */
static struct sample reported_share(const char *policy, double x, double u)
{
	struct sample sample = { 0 };

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		const struct fx_world_config config =
			ratio_config(policy, x, u, seed, RATIO_ROUNDS);
		struct fx_outcome outcome;
		uint64_t pages = 0;

		EXPECT_OK(fx_migrate(&config, &outcome));
		EXPECT_EQ_U64(outcome.lost, 0);
		for (uint32_t k = RATIO_SETTLE + 1; k <= RATIO_ROUNDS; k++)
			pages += outcome.round_pages[k];
		sample_add(&sample,
			   (double)pages / ((RATIO_ROUNDS - RATIO_SETTLE) * (double)RATIO_PAGES));
		fx_outcome_free(&outcome);
	}
	return sample;
}

static void check_ratio(double x, double u, double expected)
{
	const struct sample automatic = reported_share("hw-auto", x, u);
	const struct sample manual = reported_share("hw-manual", x, u);
	const double f_auto = 1 - exp(-x);
	const double f_manual = f_auto / (exp(-x * (1 - u)) + 1 - exp(-x));

	EXPECT_NEAR_F64(f_auto / f_manual, expected, 0.0006);
	EXPECT_NEAR_F64(sample_mean(&automatic), f_auto, sample_tolerance(&automatic));
	EXPECT_NEAR_F64(sample_mean(&manual), f_manual, sample_tolerance(&manual));
	EXPECT_NEAR_F64(sample_mean(&automatic) / sample_mean(&manual), expected, 0.005);
}

TEST_C(closed_form, auto_and_manual_differ_by_the_known_ratio)
{
	check_ratio(0.5, 0.5, 1.172);
	check_ratio(1, 0.5, 1.239);
	check_ratio(1, 0.9, 1.537);
}

/* Redundant sends from round RATIO_SETTLE on: two runs that differ in length only. */
static double redundant_share(double x, double u, uint64_t seed)
{
	uint64_t redundant[2];

	for (unsigned int i = 0; i < 2; i++) {
		const struct fx_world_config config =
			ratio_config("hw-auto", x, u, seed, i ? RATIO_ROUNDS : RATIO_SETTLE);
		struct fx_outcome outcome;

		EXPECT_OK(fx_migrate(&config, &outcome));
		redundant[i] = outcome.redundant;
		fx_outcome_free(&outcome);
	}
	return (double)(redundant[1] - redundant[0]) /
	       ((RATIO_ROUNDS - RATIO_SETTLE) * (double)RATIO_PAGES);
}

TEST_C(closed_form, redundant_sends_of_auto)
{
	struct sample sample = { 0 };

	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		sample_add(&sample, redundant_share(2, 0.5, seed));
	EXPECT_NEAR_F64(sample_mean(&sample), 0.0740, sample_tolerance(&sample) + 0.00005);
}

/* --- 10.4 rounds --- */

TEST_C(closed_form, linear_dirtying_halves_each_round)
{
	static const char *const policies[] = { "hw-auto", "hw-manual", "hw-manual-chunk" };

	for (unsigned int i = 0; i < 3; i++) {
		struct fx_world_config config = fx_basic(policies[i], UINT64_C(1) << 16, 30);
		struct fx_outcome outcome;

		/* 4096 * 8 bits in 1 us a page; the device dirties a page in 2 us: r = 1/2. */
		config.period = 0;
		config.migration.link_bits_per_s = UINT64_C(32768000000);
		config.migration.stop_rule_off = false;
		config.migration.downtime = 1000 * SV3_PS_PER_US; /* 1000 pages */
		config.migration.chunk_shift = 4;
		config.device.pattern = SV3_PATTERN_SEQUENTIAL;
		config.device.period = 2 * SV3_PS_PER_US;
		ASSERT_OK(fx_migrate(&config, &outcome));
		EXPECT_EQ_U64(outcome.lost, 0);
		EXPECT_TRUE(outcome.migration.converged);
		/* V_k = N / 2^k; V_7 = 512 <= 1000 < V_6; and the one after the stop. */
		EXPECT_EQ_U64(outcome.migration.rounds, 7 + 1);
		EXPECT_NEAR_F64((double)outcome.migration.pages_sent, 2 * 65536 - 512, 16);
		EXPECT_NEAR_F64((double)outcome.migration.downtime / SV3_PS_PER_US, 512, 4);
		fx_outcome_free(&outcome);
	}
}

/* --- 10.6 what holds for every pair of runs --- */

/* Pages of round @k that @manual sends and @automatic does not. */
static uint64_t not_in_auto(const struct fx_outcome *manual, const struct fx_outcome *automatic,
			    uint32_t k, uint64_t pages)
{
	uint64_t count = 0;

	for (uint64_t i = 0; manual->round_bits[k] && i < sv3_dirty_log_words(pages); i++) {
		const uint64_t known = automatic->round_bits[k] ? automatic->round_bits[k][i] : 0;

		count += (manual->round_bits[k][i] & ~known) != 0;
	}
	return count;
}

static struct fx_world_config paired_config(struct sv3_prng *prng, uint64_t seed)
{
	struct fx_world_config config = fx_basic("hw-auto", 256, 10);

	config.period = 2 * SV3_PS_PER_MS;
	config.migration.link_bits_per_s = (10 + sv3_prng_below(prng, 90)) * 1000000000;
	config.costs.inv_latency = sv3_prng_below(prng, 2000) * SV3_PS_PER_NS;
	config.costs.clear_delay = sv3_prng_below(prng, 200) * SV3_PS_PER_US;
	config.leaf_max_lg2 = 12;
	config.device.pattern = sv3_prng_below(prng, 2) ? SV3_PATTERN_UNIFORM : SV3_PATTERN_ZIPF;
	config.device.zipf_exponent = 1.0;
	config.device.period = (1 + sv3_prng_below(prng, 30)) * SV3_PS_PER_US;
	config.device.jitter = true;
	config.device.seed = seed;
	return config;
}

TEST_C(closed_form, manual_reports_a_subset_of_auto_in_every_round)
{
	static const char *const policies[] = { "hw-manual", "hw-manual-page", "hw-manual-chunk",
						"hw-manual-chunk" };
	static const uint32_t chunk_shifts[] = { 0, 0, 2, 4 };
	uint64_t fewer = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct fx_outcome automatic, manual;
		struct fx_world_config config;
		struct sv3_prng prng;

		sv3_prng_seed(&prng, seed);
		config = paired_config(&prng, seed);
		ASSERT_OK(fx_migrate(&config, &automatic));
		for (unsigned int i = 0; i < 4; i++) {
			config.migration.policy = policies[i];
			config.migration.chunk_shift = chunk_shifts[i];
			ASSERT_OK(fx_migrate(&config, &manual));
			for (uint32_t k = 1; k <= manual.migration.rounds; k++)
				EXPECT_EQ_U64(not_in_auto(&manual, &automatic, k, 256), 0);
			EXPECT_EQ_U64(manual.lost, 0);
			EXPECT_LE_U64(manual.migration.pages_sent, automatic.migration.pages_sent);
			fewer += automatic.migration.pages_sent - manual.migration.pages_sent;
			fx_outcome_free(&manual);
		}
		fx_outcome_free(&automatic);
	}
	EXPECT_GT_U64(fewer, 0);
}
