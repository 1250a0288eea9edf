/* SPDX-License-Identifier: MIT */
/*
 * test_mutants.c - each seeded mistake is found, as what it is, and nothing is found without.
 */
#include "ctest.h"
#include "hunt.h"

#include <string.h>

TEST_C(explore, every_seeded_mistake_is_found_as_what_it_is)
{
	static struct sv3_explore_report report;
	const struct sv3_explore_mutant *mutant;

	for (unsigned int i = 0; (mutant = sv3_explore_mutant(i)) != NULL; i++) {
		const int rc = hunt(mutant, &report);

		if (rc < 0 || report.finding.rule != mutant->expected)
			ctest_fail(__FILE__, __LINE__, "%s %s: %s, %s", mutant->id, mutant->name,
				   sv3_strerror(rc),
				   sv3_explore_rule_info(report.finding.rule).name);
	}
}

/* An equivalent mistake is shown to be one: all schedules were explored. */
TEST_C(explore, an_equivalent_mistake_is_explored_to_the_end)
{
	static struct sv3_explore_report report;
	const struct sv3_explore_mutant *mutant;
	unsigned int seen = 0;

	for (unsigned int i = 0; (mutant = sv3_explore_mutant(i)) != NULL; i++) {
		if (mutant->expected != SV3_EXPLORE_OK)
			continue;
		seen++;
		ASSERT_OK(hunt(mutant, &report));
		EXPECT_TRUE(report.is_complete);
	}
	EXPECT_GT_U64(seen, 0);
}

TEST_C(explore, the_right_driver_breaks_no_rule)
{
	static struct sv3_explore_report report;
	const struct sv3_explore_scenario *scenario;

	for (unsigned int i = 0; (scenario = sv3_explore_scenario(i)) != NULL; i++) {
		const struct sv3_explore_config config = { .scenario = scenario,
							   .driver = sv3_explore_driver_sv3(),
							   .mode = SV3_EXPLORE_MERGED,
							   .schedules_max = HUNT_SCHEDULES_MAX };
		struct sv3_explore *x;

		ASSERT_OK(sv3_explore_create(&config, &x));
		sv3_explore_run(x, &report);
		sv3_explore_destroy(x);
		if (report.findings)
			ctest_fail(__FILE__, __LINE__, "%s: %s", scenario->name,
				   report.finding.text);
		EXPECT_GT_U64(report.outcomes, 0);
		EXPECT_TRUE(report.is_complete);
	}
}

/* A shorter schedule must still lead to what was found. */
TEST_C(explore, a_story_ends_with_what_was_found)
{
	static struct sv3_explore_report report;
	const struct sv3_explore_config config = { .scenario = sv3_explore_find_scenario("clear"),
						   .driver = sv3_explore_driver_sv3(),
						   .bug = "no-tlbi" };
	struct sv3_explore_finding finding;
	struct sv3_explore *x;
	uint32_t length;

	ASSERT_OK(sv3_explore_create(&config, &x));
	sv3_explore_run(x, &report);
	ASSERT_EQ_INT(report.finding.rule, SV3_EXPLORE_LOST);
	length = report.schedule.length;
	sv3_explore_shrink(x, &report);
	EXPECT_LT_U64(report.schedule.length, length);
	sv3_explore_replay(x, &report.schedule, &finding);
	EXPECT_EQ_INT(finding.rule, SV3_EXPLORE_LOST);
	EXPECT_EQ_STR(finding.text, report.finding.text);
	sv3_explore_destroy(x);
}

TEST_C(explore, what_does_not_exist_is_refused)
{
	struct sv3_explore_config config = { .scenario = sv3_explore_find_scenario("clear"),
					     .driver = sv3_explore_driver_sv3(),
					     .bug = "no-such-mistake" };
	struct sv3_explore *x;

	EXPECT_EQ_INT(sv3_explore_create(&config, &x), -SV3_ERR_NOENT);
}
