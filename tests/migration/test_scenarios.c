/* SPDX-License-Identifier: MIT */
/*
 * test_scenarios.c - thread 002's two scenarios have exact counts for every policy.
 */
#include <string.h>

#include "ctest.h"
#include "fixture.h"

static const char *const manual_policies[] = { "hw-manual", "hw-manual-chunk", "hw-manual-page" };

/* The numbers of a run; its lists are released. */
static struct sv3_compare_result run(const struct sv3_scenario *scenario, const char *policy,
				     uint32_t chunk_shift)
{
	struct sv3_compare_config config = fx_scenario_config(scenario);
	struct sv3_compare_result result;

	config.migration.chunk_shift = chunk_shift;
	EXPECT_OK(sv3_compare_run(&config, policy, &result));
	EXPECT_EQ_STR(result.error, "");
	EXPECT_EQ_U64(result.pages_lost, 0);
	EXPECT_EQ_U64(result.pages_differing, 0);
	EXPECT_EQ_U64(result.faults, 0);
	EXPECT_EQ_U64(result.migration.rounds, 11);
	EXPECT_FALSE(result.migration.converged);
	sv3_compare_result_free(&result);
	return result;
}

TEST_C(scenario, fixed_area_10_auto_sends_10_areas_of_which_4_are_redundant)
{
	struct sv3_scenario scenario;
	struct sv3_compare_result result;
	const char *why;

	ASSERT_OK(sv3_scenario_parse("fixed-area-10", &scenario, &why));
	result = run(&scenario, "hw-auto", 18);
	EXPECT_EQ_U64(result.guest_pages, 256);
	EXPECT_EQ_U64(result.pages_resent, 10 * 16);
	EXPECT_EQ_U64(result.pages_redundant, 4 * 16);
	EXPECT_EQ_U64(result.migration.pages_sent, 256 + 160);
	EXPECT_EQ_U64(result.migration.bytes_sent, (256 + 160) * 4096);
	EXPECT_EQ_U64(result.records_used, 10 * 16);
	/* Tracking start and 11 collections, over 256 pages each. */
	EXPECT_EQ_U64(result.migration.scan_descriptors, 12 * 256);
	/* The area is dirtied anew after each of 10 clears, nothing at start; one SYNC more at the
	 * stop. */
	EXPECT_EQ_U64(result.httu_updates, 10 * 16);
	EXPECT_EQ_U64(result.migration.tlbi, 10);
	EXPECT_EQ_U64(result.migration.sync, 11);
}

TEST_C(scenario, fixed_area_10_manual_sends_6_areas_and_nothing_in_vain)
{
	static const uint32_t chunk_shifts[] = { 0, 2, 18, 40 };
	struct sv3_scenario scenario;
	const char *why;

	ASSERT_OK(sv3_scenario_parse("fixed-area-10:mask=0x0aa:pages=16", &scenario, &why));
	for (unsigned int i = 0; i < 3; i++) {
		for (unsigned int k = 0; k < 4; k++) {
			struct sv3_compare_result result =
				run(&scenario, manual_policies[i], chunk_shifts[k]);

			EXPECT_EQ_U64(result.pages_resent, 6 * 16);
			EXPECT_EQ_U64(result.pages_redundant, 0);
			EXPECT_EQ_U64(result.httu_updates, 6 * 16);
		}
	}
}

TEST_C(scenario, invalidations_are_one_a_round_a_chunk_or_a_page)
{
	struct sv3_scenario scenario = { .rounds = 10, .mask = 0x0aa, .area_pages = 16 };
	struct sv3_compare_result whole = run(&scenario, "hw-manual", 18);
	struct sv3_compare_result chunk = run(&scenario, "hw-manual-chunk", 2);
	struct sv3_compare_result page = run(&scenario, "hw-manual-page", 18);

	EXPECT_EQ_U64(whole.migration.tlbi, 6);
	EXPECT_EQ_U64(chunk.migration.tlbi, 6 * 4);
	EXPECT_EQ_U64(page.migration.tlbi, 6 * 16);
	EXPECT_EQ_U64(whole.migration.sync, 6 + 1);
	EXPECT_EQ_U64(chunk.migration.sync, 6 * 4 + 1);
	EXPECT_EQ_U64(page.migration.sync, 6 * 16 + 1);
}

TEST_C(scenario, fixed_area_10_without_tracking)
{
	struct sv3_scenario scenario = { .rounds = 10, .mask = 0x0aa, .area_pages = 16 };

	for (unsigned int i = 0; i < 2; i++) {
		struct sv3_compare_result result =
			run(&scenario, i ? "pinned-scope" : "all-dirty", 18);

		/* No MAP rows: all RAM is pinned. DMA 1 and 2, 3 and 4 ... meet in one copy. */
		EXPECT_EQ_U64(result.pages_resent, 11 * 256);
		EXPECT_EQ_U64(result.pages_redundant, 11 * 256 - 6 * 16);
		EXPECT_EQ_U64(result.migration.scan_descriptors, 0);
		EXPECT_EQ_U64(result.migration.tlbi, 0);
		EXPECT_EQ_U64(result.migration.sync, 1);
	}
}

/* Sends of one page under manual clear, clean start: policies.md 10.2. */
static unsigned int manual_sends(uint32_t mask)
{
	bool dirty = false;
	unsigned int sends = 0;

	for (unsigned int round = 0; round < 10; round++) {
		const bool in_window = mask >> round & 1;
		const bool reported = dirty;

		sends += reported;
		/* A write in the window of a round that reports the page merges into its copy. */
		dirty = !(in_window && reported);
	}
	return sends + dirty;
}

TEST_C(scenario, all_1024_placements_have_the_known_distribution)
{
	static const unsigned int expected[11] = {
		[5] = 32, [6] = 320, [7] = 440, [8] = 196, [9] = 34, [10] = 2
	};
	unsigned int counts[3][11] = { { 0 } };

	for (uint32_t mask = 0; mask < 1024; mask++) {
		struct sv3_scenario scenario = { .rounds = 10, .mask = mask, .area_pages = 2 };

		for (unsigned int i = 0; i < 3; i++) {
			struct sv3_compare_config config = fx_scenario_config(&scenario);
			struct sv3_compare_result result;

			config.guest_size = 16 * SV3_PAGE_SIZE;
			config.migration.chunk_shift = 0;
			ASSERT_OK(sv3_compare_run(&config, manual_policies[i], &result));
			ASSERT_EQ_U64(result.pages_lost, 0);
			ASSERT_EQ_U64(result.pages_differing, 0);
			ASSERT_EQ_U64(result.pages_redundant, 0);
			ASSERT_EQ_U64(result.pages_resent, 2 * manual_sends(mask));
			counts[i][result.pages_resent / 2]++;
			sv3_compare_result_free(&result);
		}
	}
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ_MEM(counts[i], expected, sizeof(expected));
}

TEST_C(scenario, auto_sends_10_areas_wherever_the_dma_falls)
{
	for (uint32_t mask = 0; mask < 1024; mask += 31) {
		struct sv3_scenario scenario = { .rounds = 10, .mask = mask, .area_pages = 4 };
		struct sv3_compare_result result = run(&scenario, "hw-auto", 18);

		EXPECT_EQ_U64(result.pages_resent, 10 * 4);
	}
}

TEST_C(scenario, endless_traffic_makes_auto_and_manual_equal)
{
	static const char *const policies[] = { "hw-auto", "hw-manual", "hw-manual-chunk",
						"hw-manual-page" };
	struct sv3_scenario scenario;
	const char *why;

	ASSERT_OK(sv3_scenario_parse("fixed-area-endless:pages=8", &scenario, &why));
	for (unsigned int i = 0; i < 4; i++) {
		struct sv3_compare_result result = run(&scenario, policies[i], 1);

		EXPECT_EQ_U64(result.pages_resent, 11 * 8);
		EXPECT_EQ_U64(result.pages_redundant, 0);
		EXPECT_EQ_U64(result.records_used, 21 * 8);
	}
}

TEST_C(scenario, bad_text_is_refused_with_a_reason)
{
	static const struct {
		const char *text;
		int rc;
	} cases[] = {
		{ "fixed-area", -SV3_ERR_NOENT },
		{ "fixed-area-100", -SV3_ERR_NOENT },
		{ "", -SV3_ERR_NOENT },
		{ "fixed-area-10:", -SV3_ERR_INVAL },
		{ "fixed-area-10:mask=", -SV3_ERR_INVAL },
		{ "fixed-area-10:mask=0x400", -SV3_ERR_INVAL },
		{ "fixed-area-10:mask=12f", -SV3_ERR_INVAL },
		{ "fixed-area-10:pages=0", -SV3_ERR_INVAL },
		{ "fixed-area-10:pages=99999999999999999999", -SV3_ERR_INVAL },
		{ "fixed-area-10:rounds=3", -SV3_ERR_INVAL },
		{ "fixed-area-endless:mask=1", -SV3_ERR_INVAL },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sv3_scenario scenario;
		const char *why = NULL;

		EXPECT_EQ_INT(sv3_scenario_parse(cases[i].text, &scenario, &why), cases[i].rc);
		EXPECT_TRUE(why && *why);
	}
}

TEST_C(scenario, parameters_are_read_in_any_order)
{
	struct sv3_scenario scenario;
	const char *why;

	ASSERT_OK(sv3_scenario_parse("fixed-area-10:pages=3:mask=0x3FF", &scenario, &why));
	EXPECT_EQ_U64(scenario.area_pages, 3);
	EXPECT_EQ_U64(scenario.mask, 0x3ff);
	EXPECT_FALSE(scenario.endless);
	ASSERT_OK(sv3_scenario_parse("fixed-area-10:mask=170", &scenario, &why));
	EXPECT_EQ_U64(scenario.mask, 0x0aa);
	EXPECT_EQ_U64(scenario.area_pages, 16);
}
