/* SPDX-License-Identifier: MIT */
/*
 * test_pairs.c - what holds for every pair of runs with the same writes and equal times of
 * collection: what a manual policy reports is among what auto reports. Not for hw-manual-uapi,
 * which sends what its second read finds. [policies 10.6]
 */
#include "ctest.h"
#include "fixture.h"

#define TRACES 10000u
#define PAGES  64u

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
	struct fx_world_config config = fx_basic("hw-auto", PAGES, 4);

	config.period = 700 * SV3_PS_PER_US;
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

TEST_C(pairs, manual_reports_a_subset_of_auto_in_every_round)
{
	static const char *const policies[] = { "hw-manual", "hw-manual-page", "hw-manual-chunk",
						"hw-manual-chunk", "hw-manual-chunk" };
	static const uint32_t chunk_shifts[] = { 0, 0, 0, 2, 4 };
	uint64_t fewer = 0;

	for (uint64_t seed = 1; seed <= TRACES; seed++) {
		struct fx_outcome automatic, manual;
		struct fx_world_config config;
		struct sv3_prng prng;

		sv3_prng_seed(&prng, seed);
		config = paired_config(&prng, seed);
		ASSERT_OK(fx_migrate(&config, &automatic));
		for (unsigned int i = 0; i < 5; i++) {
			config.migration.policy = policies[i];
			config.migration.chunk_shift = chunk_shifts[i];
			ASSERT_OK(fx_migrate(&config, &manual));
			for (uint32_t k = 1; k <= manual.migration.rounds; k++)
				EXPECT_EQ_U64(not_in_auto(&manual, &automatic, k, PAGES), 0);
			EXPECT_EQ_U64(manual.lost, 0);
			EXPECT_LE_U64(manual.migration.pages_sent, automatic.migration.pages_sent);
			fewer += automatic.migration.pages_sent - manual.migration.pages_sent;
			fx_outcome_free(&manual);
		}
		fx_outcome_free(&automatic);
	}
	EXPECT_GT_U64(fewer, 0);
}
