/* SPDX-License-Identifier: MIT */
/*
 * test_auto_manual.c - what a clear apart from the report saves, against the closed forms.
 * [policies 10.2]
 *
 * x writes a page and round, at random times; clear and copy stand u of a round behind the
 * collection. Shares are of pages and rounds, once how it began no longer shows.
 */
#include <math.h>
#include <string.h>

#include "ctest.h"
#include "fixture.h"
#include "rows.h"
#include "sample.h"

#define PAGES   256u
#define COUNTED 16u /* rounds that count */

/* Rounds until the first one's state is forgotten: each keeps e^-x(1-u) - e^-x of it. */
static uint32_t settled_after(double x, double u)
{
	const double kept = exp(-x * (1 - u)) - exp(-x);
	uint32_t rounds = 1;

	for (double left = kept; left > 1e-3 && rounds < 44; left *= kept)
		rounds++;
	return rounds;
}

static struct fx_world_config shifted(const char *policy, double x, double u)
{
	const sv3_ps offset = (sv3_ps)(u * (double)FX_PERIOD);
	struct fx_world_config config = fx_basic(policy, PAGES, settled_after(x, u) + COUNTED);

	config.poisson = true;
	config.device.period = (sv3_ps)((double)FX_PERIOD / (x * PAGES));
	if (!strcmp(policy, "hw-manual"))
		config.costs.clear_delay = offset;
	else
		config.copy_offset = offset;
	return config;
}

struct shares {
	double reported, not_dirty, redundant;
};

static struct shares shares_of(struct fx_world_config *config, uint64_t seed)
{
	const uint32_t last = config->migration.max_rounds;
	const double all = (double)(COUNTED * config->guest_pages);
	uint64_t reported = 0, not_dirty = 0, redundant = 0;
	struct fx_outcome outcome;

	config->device.seed = seed;
	outcome = fx_migrated(config);
	for (uint32_t round = last - COUNTED + 1; round <= last; round++) {
		reported += outcome.round_pages[round];
		not_dirty += outcome.collections[round].not_dirty;
		redundant += outcome.round_redundant[round];
	}
	fx_outcome_free(&outcome);
	return (struct shares){ (double)reported / all, (double)not_dirty / all,
				(double)redundant / all };
}

static double share_auto(double x)
{
	return 1 - exp(-x);
}

static double share_manual(double x, double u)
{
	const double q0 = 1 - exp(-x), q1 = 1 - exp(-x * (1 - u));

	return q0 / (1 - q1 + q0);
}

static const struct {
	double x, u, printed;
} ratios[] = { { 0.5, 0.5, 1.172 }, { 1, 0.5, 1.239 }, { 2, 0.5, 1.233 }, { 5, 0.5, 1.075 },
	       { 20, 0.5, 1.000 },  { 1, 0.9, 1.537 }, { 2, 0.99, 1.845 } };

TEST_C(auto_manual, shares_and_their_ratio_are_known)
{
	for (unsigned int i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
		const double x = ratios[i].x, u = ratios[i].u;
		struct fx_world_config automatic = shifted("hw-auto", x, u);
		struct fx_world_config manual = shifted("hw-manual", x, u);
		struct fx_pairs pairs = { 0 };

		for (uint64_t seed = 1; seed <= FX_SEEDS; seed++)
			fx_pairs_add(&pairs, shares_of(&automatic, seed).reported,
				     shares_of(&manual, seed).reported);
		EXPECT_NEAR_F64(1 - exp(-x) + exp(-x * (1 - u)), ratios[i].printed, 0.0005);
		EXPECT_NEAR_F64(fx_mean(&pairs.a), share_auto(x), fx_tolerance(&pairs.a) + 1e-6);
		EXPECT_NEAR_F64(fx_mean(&pairs.b), share_manual(x, u),
				fx_tolerance(&pairs.b) + 1e-6);
		EXPECT_NEAR_F64(fx_ratio(&pairs), share_auto(x) / share_manual(x, u),
				fx_ratio_tolerance(&pairs) + 1e-6);
	}
}

/* Auto reports what was only written between its clear and its copy, and may send it in vain. */
static void check_false(double x, double u, double printed, double printed_redundant)
{
	const double reports = share_auto(x) * (1 - exp(-x * u)) * exp(-x * (1 - u));
	struct fx_world_config config = shifted("hw-auto", x, u);
	struct fx_sample not_dirty = { 0 }, redundant = { 0 };

	for (uint64_t seed = 1; seed <= FX_SEEDS; seed++) {
		const struct shares shares = shares_of(&config, seed);

		fx_sample_add(&not_dirty, shares.not_dirty);
		fx_sample_add(&redundant, shares.redundant);
	}
	EXPECT_NEAR_F64(reports, printed, 0.0005);
	EXPECT_NEAR_F64(reports * exp(-x * u), printed_redundant, 0.00005);
	EXPECT_NEAR_F64(fx_mean(&not_dirty), reports, fx_tolerance(&not_dirty));
	EXPECT_NEAR_F64(fx_mean(&redundant), reports * exp(-x * u), fx_tolerance(&redundant));
}

TEST_C(auto_manual, false_reports_and_redundant_sends_of_auto_are_known)
{
	check_false(2, 0.5, 0.2011, 0.0740);
	check_false(1, 0.9, 0.339, 0.1380);
}

TEST_C(auto_manual, clear_and_copy_at_one_instant_report_nothing_in_vain)
{
	struct fx_world_config config = shifted("hw-manual-page", 2, 0.5);

	for (uint64_t seed = 1; seed <= 10; seed++) {
		const struct shares shares = shares_of(&config, seed);

		EXPECT_TRUE(shares.reported > 0.5);
		EXPECT_TRUE(shares.not_dirty <= 0);
		EXPECT_TRUE(shares.redundant <= 0);
	}
}

/* --- each page has its own phase in the copy: one phase a world, spread evenly over [0, c) --- */

static void check_phases(double x, double c, double printed)
{
	const double mean = 1 - log(1 - exp(-x) + exp(-x * (1 - c))) / (x * c);
	struct fx_sample sample = { 0 };

	for (uint64_t seed = 1; seed <= FX_SEEDS; seed++) {
		const double u = c * ((double)seed - 0.5) / FX_SEEDS;
		struct fx_world_config config = shifted("hw-manual-page", x, u);

		fx_sample_add(&sample, shares_of(&config, seed).reported);
	}
	EXPECT_NEAR_F64(mean, printed, 0.000005);
	EXPECT_NEAR_F64(fx_mean(&sample), mean, fx_tolerance(&sample));
}

TEST_C(auto_manual, fixed_phases_have_the_known_share)
{
	check_phases(1, 1, 0.51012);
	check_phases(2, 0.5, 0.79092);
	check_phases(5, 1, 0.86205);
}

/* --- in ascending order among those reported: a page's phase changes from round to round --- */

#define ORDERED_PAGES 512u /* so many that the copy takes c of a round within a few percent */

/* K / (K + (e^(-x (1 - c)) - e^-x) / (x c)), K = 1 - e^-x */
static double share_ascending(double x, double c)
{
	const double k = 1 - exp(-x);

	return k / (k + (exp(-x * (1 - c)) - exp(-x)) / (x * c));
}

static void check_ascending(double x, double c)
{
	const double share = share_ascending(x, c), n_pages = ORDERED_PAGES;
	struct fx_world_config config =
		fx_basic("hw-manual-page", ORDERED_PAGES, settled_after(x, c) + COUNTED);
	struct fx_sample sample = { 0 };

	config.poisson = true;
	config.device.period = (sv3_ps)((double)FX_PERIOD / (x * n_pages));
	config.migration.link_bits_per_s =
		fx_link((sv3_ps)(c * (double)FX_PERIOD / (share * n_pages)));
	for (uint64_t seed = 1; seed <= FX_SEEDS; seed++)
		fx_sample_add(&sample, shares_of(&config, seed).reported);
	EXPECT_NEAR_F64(fx_mean(&sample), share, fx_tolerance(&sample));
}

TEST_C(auto_manual, pages_copied_in_ascending_order_have_the_known_share)
{
	/* Printed. At c = 1 rounds are back to back: test_plateaus.c, r = 2. */
	EXPECT_NEAR_F64(share_ascending(1, 1), .500, 0.0005);
	check_ascending(1, 0.5);
	check_ascending(2, 0.5);
	check_ascending(1, 0.9);
	check_ascending(4, 0.8);
}

/* --- thread 002, scenario 1: DMA i falls between collection and clear, or behind the copy --- */

#define DMAS 10u

/* Sends caused by the ten DMAs, one page; bit i of @mask: DMA i + 1 falls before the clear. */
static uint64_t sends(const char *policy, uint32_t mask, bool first_reported)
{
	struct sv3_trace_rec records[DMAS + 1];
	struct fx_rows rows = { records, DMAS + 1, 0 };
	struct fx_world_config config = fx_basic(policy, 2, DMAS);
	const uint64_t period_ns = FX_PERIOD / SV3_PS_PER_NS;
	struct fx_outcome outcome;
	struct sv3_trace trace;
	uint64_t count;

	if (first_reported)
		fx_rows_access(&rows, period_ns / 2, SV3_TRACE_W, 0, 64);
	for (uint64_t i = 0; i < DMAS; i++)
		fx_rows_access(&rows, (i + 1) * period_ns + period_ns / 4 * (mask >> i & 1 ? 1 : 3),
			       SV3_TRACE_W, 0, 64);
	trace = fx_rows_trace(&rows);
	config.trace = &trace;
	if (!strcmp(policy, "hw-manual"))
		config.costs.clear_delay = FX_PERIOD / 2;
	else
		config.copy_offset = FX_PERIOD / 2;
	outcome = fx_migrated(&config);
	EXPECT_EQ_U64(outcome.round_pages[1], first_reported);
	count = fx_pages_resent(&outcome) - first_reported;
	fx_outcome_free(&outcome);
	return count;
}

/* Next reported = not in the window if reported now, else yes. */
static double recurrence(double p, bool first_reported)
{
	double reported = first_reported, sum = 0;

	for (unsigned int i = 0; i < DMAS; i++) {
		reported = reported * (1 - p) + (1 - reported);
		sum += reported;
	}
	return sum;
}

static const double chances[] = { 0.25, 0.5, 2.0 / 3, 0.75, 1 };
static const double printed_sends[2][5] = { { 8.160, 6.889, 6.236, 5.945, 5 },
					    { 7.960, 6.556, 5.843, 5.541, 5 } };

static double weight(uint32_t mask, double p)
{
	const int inside = __builtin_popcount(mask);

	return pow(p, inside) * pow(1 - p, (int)DMAS - inside);
}

static void check_placements(const char *policy, bool first_reported)
{
	static const unsigned int distribution[2][11] = {
		{ [5] = 32, [6] = 320, [7] = 440, [8] = 196, [9] = 34, [10] = 2 },
		{ [5] = 112, [6] = 400, [7] = 364, [8] = 128, [9] = 19, [10] = 1 },
	};
	unsigned int counts[11] = { 0 };
	double means[5] = { 0 };

	for (uint32_t mask = 0; mask < 1u << DMAS; mask++) {
		const uint64_t count = sends(policy, mask, first_reported);

		ASSERT_LE_U64(count, DMAS);
		counts[count]++;
		for (unsigned int i = 0; i < 5; i++)
			means[i] += weight(mask, chances[i]) * (double)count;
	}
	for (unsigned int n = 0; n <= DMAS; n++)
		EXPECT_EQ_U64(counts[n], distribution[first_reported][n]);
	for (unsigned int i = 0; i < 5; i++) {
		EXPECT_NEAR_F64(means[i], recurrence(chances[i], first_reported), 1e-9);
		EXPECT_NEAR_F64(means[i], printed_sends[first_reported][i], 0.0005);
	}
}

TEST_C(auto_manual, all_placements_weighted_by_chance_have_the_known_mean)
{
	for (unsigned int first = 0; first < 2; first++) {
		check_placements("hw-manual", first);
		check_placements("hw-manual-page", first);
	}
}

TEST_C(auto_manual, auto_sends_every_dma_wherever_it_falls)
{
	for (uint32_t mask = 0; mask < 1u << DMAS; mask += 7)
		for (unsigned int first = 0; first < 2; first++)
			EXPECT_EQ_U64(sends("hw-auto", mask, first), DMAS);
}

TEST_C(auto_manual, random_placements_have_the_known_mean)
{
	for (unsigned int i = 0; i < 5; i++)
		for (unsigned int first = 0; first < 2; first++) {
			struct fx_sample sample = { 0 };

			for (uint64_t seed = 1; seed <= 2 * FX_SEEDS; seed++) {
				struct sv3_prng prng;
				uint32_t mask = 0;

				sv3_prng_seed(&prng, seed);
				for (unsigned int k = 0; k < DMAS; k++)
					if (sv3_prng_unit(&prng) < chances[i])
						mask |= 1u << k;
				fx_sample_add(&sample, (double)sends("hw-manual", mask, first));
			}
			EXPECT_NEAR_F64(fx_mean(&sample), recurrence(chances[i], first),
					fx_tolerance(&sample) + 1e-9);
		}
}
