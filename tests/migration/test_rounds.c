/* SPDX-License-Identifier: MIT */
/*
 * test_rounds.c - how many rounds, how many pages, and where it stays, against the closed forms.
 * [policies 10.4]
 *
 * Rounds follow each other at once; a page takes 1 us on the link, so r writes a page of the guest
 * and bulk copy come every 1 us / r.
 */
#include <math.h>

#include "ctest.h"
#include "fixture.h"
#include "sample.h"

#define PAGE_TIME SV3_PS_PER_US

static struct fx_world_config back_to_back(const char *policy, uint64_t pages, double r)
{
	struct fx_world_config config = fx_basic(policy, pages, 60);

	config.period = 0;
	config.migration.link_bits_per_s = fx_link(PAGE_TIME);
	config.device.period = (sv3_ps)((double)PAGE_TIME / r);
	return config;
}

/* --- linear dirtying: V_k = N r^k --- */

static void check_linear(const char *policy, uint64_t pages, double r, uint64_t threshold)
{
	const double n_pages = (double)pages;
	const double n = ceil(log((double)threshold / n_pages) / log(r));
	struct fx_world_config config = back_to_back(policy, pages, r);
	struct fx_outcome outcome;

	config.device.pattern = SV3_PATTERN_SEQUENTIAL;
	config.migration.stop_rule_off = false;
	config.migration.downtime = threshold * PAGE_TIME;
	outcome = fx_migrated(&config);
	EXPECT_TRUE(outcome.migration.converged);
	/* n counts bulk and not the one after the stop; each count is whole, and cut anew. */
	EXPECT_EQ_U64(outcome.migration.rounds, (uint64_t)n + 1);
	EXPECT_NEAR_F64((double)outcome.migration.pages_sent,
			n_pages * (1 - pow(r, n + 1)) / (1 - r), 2 * n + 2);
	EXPECT_NEAR_F64((double)outcome.migration.downtime / (double)PAGE_TIME, n_pages * pow(r, n),
			2 / (1 - r));
	fx_outcome_free(&outcome);
}

TEST_C(rounds, linear_dirtying_converges_in_the_known_rounds)
{
	static const char *const policies[] = { "hw-auto", "hw-manual", "hw-manual-chunk" };

	for (unsigned int i = 0; i < 3; i++) {
		check_linear(policies[i], 65536, 0.5, 1000);
		check_linear(policies[i], 4096, 0.25, 20);
		check_linear(policies[i], 4096, 0.8, 300);
		/* By chunk, the ring comes round to pages that still wait: fewer are sent. */
		if (i < 2)
			check_linear(policies[i], 16384, 0.9, 1000);
	}
	/* Printed: 11 rounds, 2096640 pages, the last 512. */
	EXPECT_NEAR_F64(1048576 * (1 - pow(0.5, 12)) / 0.5, 2096640, 0.5);
	check_linear("hw-auto", UINT64_C(1) << 20, 0.5, 1000);
}

/* --- uniform writes: where the reported share stays --- */

#define PLATEAU_PAGES 512u
#define SETTLED       20u
#define LAST          28u

static struct fx_sample plateau(const char *policy, double r, double sigma)
{
	struct fx_world_config config = back_to_back(policy, PLATEAU_PAGES, r);
	struct fx_sample sample = { 0 };

	config.poisson = true;
	config.pause = (sv3_ps)(sigma * PLATEAU_PAGES * (double)PAGE_TIME);
	config.migration.max_rounds = LAST;
	for (uint64_t seed = 1; seed <= FX_SEEDS; seed++) {
		uint64_t pages = 0;
		struct fx_outcome outcome;

		config.device.seed = seed;
		outcome = fx_migrated(&config);
		for (uint32_t k = SETTLED + 1; k <= LAST; k++)
			pages += outcome.round_pages[k];
		fx_sample_add(&sample, (double)pages / ((LAST - SETTLED) * PLATEAU_PAGES));
		fx_outcome_free(&outcome);
	}
	return sample;
}

/* The root of v = 1 - e^(-r (v + sigma)) that is not 0. */
static double plateau_auto(double r, double sigma)
{
	double v = 1;

	for (unsigned int i = 0; i < 1000; i++)
		v = 1 - exp(-r * (v + sigma));
	return v;
}

/* The root of v + (e^(-r sigma) - e^(-r (v + sigma))) / (r (1 - e^(-r (v + sigma)))) = 1. */
static double plateau_manual(double r, double sigma)
{
	double low = 1e-6, high = 1;

	for (unsigned int i = 0; i < 100; i++) {
		const double v = (low + high) / 2, left = exp(-r * (v + sigma));

		if (v + (exp(-r * sigma) - left) / (r * (1 - left)) < 1)
			low = v;
		else
			high = v;
	}
	return (low + high) / 2;
}

static const struct {
	bool manual;
	double r, sigma, printed, digits;
} plateaus[] = {
	{ false, 1.2, 0, .3137, 1e-4 },   { false, 2, 0, .7968, 1e-4 },
	{ false, 4, 0, .9802, 1e-4 },     { true, 1.5, 0, .333, 5e-4 },
	{ true, 2, 0, .5, 5e-4 },         { true, 3, 0, .667, 5e-4 },
	{ false, 0.9, .01, .0667, 1e-4 }, { false, 1.5, .01, .599, 5e-4 },
	{ false, 3, .01, .943, 5e-4 },    { true, 0.9, .01, .0576, 1e-4 },
	{ true, 1.5, .01, .357, 5e-4 },   { true, 3, .01, .678, 5e-4 },
};

/*
 * The formulas are of the mean of a guest without end; one of N pages stays a few pages below, as
 * a round that happens to be short makes the next one short, too.
 */
TEST_C(rounds, uniform_writes_stay_at_the_known_share)
{
	for (unsigned int i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++) {
		const double r = plateaus[i].r, sigma = plateaus[i].sigma;
		const double v =
			plateaus[i].manual ? plateau_manual(r, sigma) : plateau_auto(r, sigma);
		const struct fx_sample sample =
			plateau(plateaus[i].manual ? "hw-manual-page" : "hw-auto", r, sigma);

		EXPECT_NEAR_F64(v, plateaus[i].printed, plateaus[i].digits);
		EXPECT_NEAR_F64(fx_mean(&sample), v, fx_tolerance(&sample) + 4.0 / 1024);
	}
}

/* Up to r = 1 neither stays anywhere; a limit between the two plateaus is met by one alone. */
TEST_C(rounds, limits_are_met_below_the_plateau_never_above)
{
	static const char *const policies[] = { "hw-auto", "hw-manual-page" };
	static const struct {
		double r, limit;
		bool met[2];
	} points[] = { { 0.9, 0.05, { true, true } },
		       { 1.5, 0.45, { false, true } },
		       { 1.5, 0.25, { false, false } } };

	for (unsigned int i = 0; i < 6; i++)
		for (uint64_t seed = 1; seed <= 10; seed++) {
			struct fx_world_config config =
				back_to_back(policies[i % 2], 1024, points[i / 2].r);
			struct fx_outcome outcome;

			config.poisson = true;
			config.device.seed = seed;
			config.migration.stop_rule_off = false;
			config.migration.downtime =
				(sv3_ps)(points[i / 2].limit * 1024 * (double)PAGE_TIME);
			outcome = fx_migrated(&config);
			EXPECT_EQ_INT(outcome.migration.converged, points[i / 2].met[i % 2]);
			fx_outcome_free(&outcome);
		}
}

/* --- without a tracker, and with one that is read once --- */

TEST_C(rounds, all_dirty_and_pinned_send_their_pages_every_round)
{
	uint64_t words[1024 / 64] = { UINT64_C(0xff00ff), 0, 0, 1 };
	const struct sv3_dirty_log pinned = { .words = words, .base = FX_BASE, .page_count = 1024 };

	for (uint32_t max = 1; max <= 9; max += 4)
		for (unsigned int i = 0; i < 2; i++) {
			struct fx_world_config config =
				fx_basic(i ? "pinned-scope" : "all-dirty", 1024, max);
			struct fx_outcome outcome;

			config.device.period = SV3_PS_PER_S; /* one write, long ago */
			config.migration.pinned = &pinned;
			outcome = fx_migrated(&config);
			EXPECT_EQ_U64(outcome.migration.rounds, max + 1);
			EXPECT_EQ_U64(outcome.migration.pages_sent,
				      1024 + (i ? 17u : 1024u) * (max + 1));
			fx_outcome_free(&outcome);
		}
}

/* N (1 - e^-r) pages after the stop, or, cleared at the bulk copy, those written behind it. */
TEST_C(rounds, tracked_at_the_stop_alone_sends_what_was_written)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct fx_world_config config =
			back_to_back(i ? "initially-set" : "stop-only", 512, 0.7);
		struct fx_sample sample = { 0 };
		double mean = 0;

		config.poisson = true;
		config.migration.mode = SV3_MODE_NO_ROUNDS;
		config.migration.chunk_shift = 0;
		for (uint64_t page = 0; page < 512; page++)
			mean += 1 - exp(-0.7 * (i ? (double)(512 - page) / 512 : 1));
		for (uint64_t seed = 1; seed <= FX_SEEDS; seed++) {
			struct fx_outcome outcome;

			config.device.seed = seed;
			outcome = fx_migrated(&config);
			fx_sample_add(&sample, (double)outcome.round_pages[1]);
			EXPECT_EQ_U64(outcome.migration.pages_sent, 512 + outcome.round_pages[1]);
			fx_outcome_free(&outcome);
		}
		EXPECT_NEAR_F64(fx_mean(&sample), mean, fx_tolerance(&sample));
	}
}
