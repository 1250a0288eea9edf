/* SPDX-License-Identifier: MIT */
/*
 * test_plateaus.c - uniform writes over all of the guest, rounds back to back: the share of the
 * guest that every round reports, and which limits are met. [policies 10.4]
 *
 * r is how often a page is written while all of the guest is sent once, sigma the time from one
 * round to the next in units of that time.
 */
#include <math.h>

#include "ctest.h"
#include "fixture.h"
#include "sample.h"

#define COUNTED 8u /* rounds, behind those it takes to settle */

struct point {
	bool manual;
	double r, sigma;
	double printed, digits; /* printed 0: none */
	uint32_t pages, settled;
};

static struct fx_sample shares(const struct point *at)
{
	const double n_pages = (double)at->pages;
	struct fx_world_config config =
		fx_back_to_back(at->manual ? "hw-manual-page" : "hw-auto", at->pages, at->r);
	struct fx_sample sample = { 0 };

	config.poisson = true;
	config.pause = (sv3_ps)(at->sigma * n_pages * (double)FX_PAGE_TIME);
	config.migration.max_rounds = at->settled + COUNTED;
	for (uint64_t seed = 1; seed <= FX_SEEDS; seed++) {
		uint64_t pages = 0;
		struct fx_outcome outcome;

		config.device.seed = seed;
		outcome = fx_migrated(&config);
		for (uint32_t k = at->settled + 1; k <= at->settled + COUNTED; k++)
			pages += outcome.round_pages[k];
		fx_sample_add(&sample, (double)pages / (COUNTED * n_pages));
		fx_outcome_free(&outcome);
	}
	return sample;
}

/* The root of v = 1 - e^(-r (v + sigma)) that is not 0. */
static double plateau_auto(double r, double sigma)
{
	double v = 1;

	for (unsigned int i = 0; i < 100000; i++)
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

/*
 * The formulas are of a guest without end. In one of N pages auto's next share is g(v) =
 * 1 - e^(-r (v + sigma)) only in the mean: given v each page is written or not by itself, so it
 * spreads by g (1 - g) / N, and what is left of all earlier rounds adds up to s^2 = that /
 * (1 - g'^2). As g is concave, the mean lies below the root, by - g'' s^2 / (2 (1 - g')).
 */
static double finite_guest(double v, double r, double n_pages)
{
	const double slope = r * (1 - v), bend = -r * slope;
	const double spread = v * (1 - v) / n_pages / (1 - slope * slope);

	return bend * spread / (2 * (1 - slope));
}

/* Manual's mean lies within a page of its root, at r = 1.1 within five (256 to 2048 pages, 100 to
 * 800 seeds): guests are so large that this is less than half of what four standard errors are. */
static const struct point plateaus[] = {
	{ false, 1.2, 0, .3137, 1e-4, 512, 20 },   { false, 2, 0, .7968, 1e-4, 512, 20 },
	{ false, 4, 0, .9802, 1e-4, 512, 20 },     { true, 1.5, 0, .333, 5e-4, 512, 20 },
	{ true, 2, 0, .5, 5e-4, 512, 20 },         { true, 3, 0, .667, 5e-4, 512, 20 },
	{ false, 0.9, .01, .0667, 1e-4, 512, 20 }, { false, 1.5, .01, .599, 5e-4, 512, 20 },
	{ false, 3, .01, .943, 5e-4, 512, 20 },    { true, 0.9, .01, .0576, 1e-4, 1024, 20 },
	{ true, 1.5, .01, .357, 5e-4, 512, 20 },   { true, 3, .01, .678, 5e-4, 512, 20 },
	{ false, 1.1, 0, 0, 0, 4096, 50 },         { true, 1.1, 0, 0, 0, 4096, 50 },
};

TEST_C(plateaus, uniform_writes_stay_at_the_known_share)
{
	for (unsigned int i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++) {
		const struct point *at = &plateaus[i];
		const struct fx_sample sample = shares(at);
		const double v = at->manual ? plateau_manual(at->r, at->sigma)
					    : plateau_auto(at->r, at->sigma);
		const double below = at->manual ? 0 : finite_guest(v, at->r, at->pages);

		if (at->printed > 0)
			EXPECT_NEAR_F64(v, at->printed, at->digits);
		EXPECT_NEAR_F64(fx_mean(&sample), v + below, fx_tolerance(&sample));
	}
}

/* Without a sync manual's root is 1 - 1/r; just above r = 1 it is r - 1, and auto's twice that. */
TEST_C(plateaus, just_above_one_manual_stays_at_half_of_auto)
{
	for (double r = 1.0625; r < 4; r += 0.0625)
		EXPECT_NEAR_F64(plateau_manual(r, 0), 1 - 1 / r, 1e-9);
	for (double above = 1. / 16; above > 1. / 2048; above /= 2) {
		EXPECT_NEAR_F64(plateau_auto(1 + above, 0) / (2 * above), 1, 2 * above);
		EXPECT_NEAR_F64(plateau_manual(1 + above, 0) / above, 1, 2 * above);
	}
}

#define LIMIT_PAGES 4096u

/* Up to r = 1 neither stays anywhere; a limit between the two plateaus is met by one alone. */
TEST_C(plateaus, limits_are_met_below_the_plateau_never_above)
{
	static const char *const policies[] = { "hw-auto", "hw-manual-page" };
	static const struct {
		double r, limit;
		bool met[2];
	} points[] = {
		{ 0.9, 0.05, { true, true } },  { 1, 0.05, { true, true } },
		{ 1.1, 0.13, { false, true } }, { 1.1, 0.05, { false, false } },
		{ 1.5, 0.45, { false, true } }, { 1.5, 0.25, { false, false } },
	};

	for (unsigned int i = 0; i < 2 * sizeof(points) / sizeof(points[0]); i++)
		for (uint64_t seed = 1; seed <= 10; seed++) {
			struct fx_world_config config =
				fx_back_to_back(policies[i % 2], LIMIT_PAGES, points[i / 2].r);
			struct fx_outcome outcome;

			config.poisson = true;
			config.device.seed = seed;
			config.migration.stop_rule_off = false;
			config.migration.downtime =
				(sv3_ps)(points[i / 2].limit * LIMIT_PAGES * (double)FX_PAGE_TIME);
			outcome = fx_migrated(&config);
			EXPECT_EQ_INT(outcome.migration.converged, points[i / 2].met[i % 2]);
			fx_outcome_free(&outcome);
		}
}
