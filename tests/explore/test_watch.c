/* SPDX-License-Identifier: MIT */
/*
 * test_watch.c - the monitor beside the explorer: it names what a mistaken driver owes, before any
 * page is lost, and says nothing of a right one in any schedule.
 */
#include "ctest.h"
#include "hunt.h"

#define SCHEDULES_MAX (HUNT_IS_SLOW ? 20u : 150u)

static void watch(const char *scenario, const char *bug, struct sv3_explore_report *report,
		  enum sv3_monitor_rule *rule)
{
	const struct sv3_explore_config config = { .scenario = sv3_explore_find_scenario(scenario),
						   .driver = sv3_explore_driver_sv3(),
						   .bug = bug,
						   .schedules_max = SCHEDULES_MAX,
						   .is_watched = true };
	const struct sv3_monitor_finding *finding = NULL;
	struct sv3_explore_finding unused;
	struct sv3_explore *x;

	*rule = SV3_MONITOR_NONE;
	ASSERT_OK(sv3_explore_create(&config, &x));
	sv3_explore_run(x, report);
	if (report->findings)
		sv3_explore_replay(x, &report->schedule, &unused);
	for (uint32_t i = 0; !finding && i < config.scenario->smmu_count; i++)
		finding = sv3_monitor_finding(sv3_explore_monitor(x, i), 0);
	if (finding)
		*rule = finding->rule;
	sv3_explore_destroy(x);
}

TEST_C(explore_watch, a_right_driver_owes_nothing_in_any_schedule)
{
	static struct sv3_explore_report report;
	const struct sv3_explore_scenario *scenario;
	enum sv3_monitor_rule rule;

	for (unsigned int i = 0; (scenario = sv3_explore_scenario(i)) != NULL; i++) {
		watch(scenario->name, NULL, &report, &rule);
		if (report.findings)
			ctest_fail(__FILE__, __LINE__, "%s: %s", scenario->name,
				   report.finding.text);
	}
}

/* What an oracle sees only when a page is lost. */
TEST_C(explore_watch, what_is_owed_is_named)
{
	static const struct {
		const char *bug;
		enum sv3_monitor_rule rule;
	} rows[] = {
		{ "B02", SV3_MONITOR_MISSING_TLBI },     { "B05", SV3_MONITOR_TLBI_BEFORE },
		{ "B06", SV3_MONITOR_COPY_BEFORE_SYNC }, { "B07", SV3_MONITOR_COPY_BEFORE_SYNC },
		{ "B08", SV3_MONITOR_MISSING_TLBI },     { "B09", SV3_MONITOR_MISSING_TLBI },
		{ "B10", SV3_MONITOR_MISSING_TLBI },     { "B11", SV3_MONITOR_MISSING_TLBI },
		{ "B12", SV3_MONITOR_MISSING_TLBI },     { "B14", SV3_MONITOR_MISSING_ATC_INV },
		{ "B15", SV3_MONITOR_MISSING_TLBI },     { "B26", SV3_MONITOR_MISSING_CFGI },
		{ "B30", SV3_MONITOR_MISSING_TLBI },     { "B33", SV3_MONITOR_MISSING_TLBI },
	};
	static struct sv3_explore_report report;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sv3_explore_mutant *mutant = sv3_explore_find_mutant(rows[i].bug);
		enum sv3_monitor_rule rule;

		ASSERT_TRUE(mutant != NULL);
		watch(mutant->scenario, mutant->id, &report, &rule);
		if (rule != rows[i].rule)
			ctest_fail(__FILE__, __LINE__, "%s: rule %d, not %d", rows[i].bug, rule,
				   rows[i].rule);
		EXPECT_GT_U64(report.findings, 0);
	}
}
