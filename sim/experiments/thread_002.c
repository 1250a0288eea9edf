/* SPDX-License-Identifier: MIT */
/*
 * thread_002.c - manual clear of a dirty log that hardware writes: what is sent when bits are
 * cleared as they are read, and when they are cleared right before the copy. The thread's two
 * scenarios, migrated. All placements of the first are in thread_002_placements.c, what
 * invalidations cost in thread_002_sweep.c. [policies 1, thread 002]
 */
#include "experiments_priv.h"

enum { PAGES, ROUNDS };

static const struct sv3_experiment_parameter parameters[] = {
	[PAGES] = { "pages", "of the area a device writes", 16, 1, 512, false },
	[ROUNDS] = { "rounds", "of endless DMA and of the sweep", 10, 1, 64, false },
};

/* What one DMA of the area is, in the thread's words. */
static const char unit[] = "pages";

/** One policy in one scenario, and how many areas it sends. */
struct scenario_case {
	const char *name, *question, *policy;
	uint64_t areas;
};

int sv3__thread_002_scenario(const char *text, uint64_t area_pages, struct sv3_scenario *scenario)
{
	const char *why;
	const int rc = sv3_scenario_parse(text, scenario, &why);

	scenario->area_pages = area_pages;
	return rc;
}

int sv3__thread_002_migrate(const struct sv3_scenario *scenario, const char *policy,
			    enum sv3_bug bug, struct sv3_compare_result *result)
{
	struct sv3_compare_config config;
	int rc;

	sv3_compare_config_default(&config);
	config.scenario = scenario;
	config.contents = true;
	config.guest_size = 2 * scenario->area_pages * SV3_PAGE_SIZE;
	config.migration.bug = bug;
	config.migration.chunk_shift = 2;
	rc = sv3_compare_run(&config, policy, result);
	sv3_compare_result_free(result); /* of its lists, not of its counts */
	return rc;
}

static void add_equal(struct sv3_experiment_report *report, const struct scenario_case *asked,
		      uint64_t expected, uint64_t measured)
{
	const struct sv3_experiment_row row = {
		.name = asked->name,
		.question = asked->question,
		.unit = unit,
		.kind = SV3_EXPERIMENT_EQUAL,
		.expected = expected,
		.measured = measured,
	};

	sv3_experiment_add(report, &row);
}

/* The images are compared byte for byte, over all the runs of one scenario. */
static void add_images(struct sv3_experiment_report *report, const char *name, const char *question,
		       uint64_t differing)
{
	const struct scenario_case asked = { .name = name, .question = question };

	add_equal(report, &asked, 0, differing);
}

/* --- scenario 1: limited DMA on a fixed area --- */

static int check_limited(struct sv3_experiment_report *report, uint64_t pages)
{
	static const struct scenario_case cases[] = {
		{ "limited-auto", "10 DMAs, 4 between sync and clear: sent by hw-auto", "hw-auto",
		  10 },
		{ "limited-manual", "the same by hw-manual", "hw-manual", 6 },
		{ "limited-chunk", "the same by hw-manual-chunk", "hw-manual-chunk", 6 },
		{ "limited-page", "the same by hw-manual-page", "hw-manual-page", 6 },
		{ "limited-2021", "the same by hw-manual-2021", "hw-manual-2021", 6 },
	};
	static const struct scenario_case in_vain[SV3__COUNT(cases)] = {
		{ .name = "limited-auto-false", .question = "hw-auto: sent, though not written" },
		{ .name = "limited-manual-false", .question = "hw-manual: the same" },
		{ .name = "limited-chunk-false", .question = "hw-manual-chunk: the same" },
		{ .name = "limited-page-false", .question = "hw-manual-page: the same" },
		{ .name = "limited-2021-false", .question = "hw-manual-2021: the same" },
	};
	struct sv3_scenario scenario;
	uint64_t differing = 0;
	int rc = sv3__thread_002_scenario("fixed-area-10:mask=0x0aa", pages, &scenario);

	for (unsigned int i = 0; i < SV3__COUNT(cases) && !rc; i++) {
		struct sv3_compare_result result;

		rc = sv3__thread_002_migrate(&scenario, cases[i].policy, SV3_BUG_NONE, &result);
		add_equal(report, &cases[i], cases[i].areas * pages, result.pages_resent);
		add_equal(report, &in_vain[i], (cases[i].areas - 6) * pages,
			  result.pages_redundant);
		differing += result.pages_differing + result.pages_lost;
	}
	add_images(report, "limited-images", "all five: pages that differ in the end", differing);
	return rc;
}

/* --- scenario 2: endless DMA on a fixed area --- */

static int check_endless(struct sv3_experiment_report *report, uint64_t pages, uint32_t rounds)
{
	static const struct scenario_case cases[] = {
		{ "endless-auto", "written all the time, sent each round: by hw-auto", "hw-auto",
		  1 },
		{ "endless-manual", "the same by hw-manual", "hw-manual", 1 },
		{ "endless-chunk", "the same by hw-manual-chunk", "hw-manual-chunk", 1 },
		{ "endless-page", "the same by hw-manual-page", "hw-manual-page", 1 },
		{ "endless-2021", "the same by hw-manual-2021", "hw-manual-2021", 1 },
	};
	struct sv3_scenario scenario;
	uint64_t differing = 0;
	int rc = sv3__thread_002_scenario("fixed-area-endless", pages, &scenario);

	scenario.rounds = rounds;
	for (unsigned int i = 0; i < SV3__COUNT(cases) && !rc; i++) {
		struct sv3_compare_result result;

		rc = sv3__thread_002_migrate(&scenario, cases[i].policy, SV3_BUG_NONE, &result);
		/* One collection more, behind the stop. */
		add_equal(report, &cases[i], (rounds + UINT64_C(1)) * pages, result.pages_resent);
		differing += result.pages_differing + result.pages_lost;
	}
	add_images(report, "endless-images", "all five: pages that differ in the end", differing);
	return rc;
}

/* --- and wrong --- */

/* B02: cleared, but the TLB still knows the pages dirty. */
static int check_no_tlbi(struct sv3_experiment_report *report, uint64_t pages)
{
	static const struct scenario_case cases[] = {
		{ "no-tlbi-auto", "hw-auto without invalidation: pages lost", "hw-auto", 0 },
		{ "no-tlbi-manual", "hw-manual without invalidation: pages lost", "hw-manual", 0 },
	};
	struct sv3_scenario scenario;
	int rc = sv3__thread_002_scenario("fixed-area-endless", pages, &scenario);

	for (unsigned int i = 0; i < SV3__COUNT(cases) && !rc; i++) {
		struct sv3_experiment_row row = {
			.name = cases[i].name,
			.question = cases[i].question,
			.unit = unit,
			.kind = SV3_EXPERIMENT_AT_LEAST,
			.expected = 1,
			.total = pages,
		};
		struct sv3_compare_result result;

		rc = sv3__thread_002_migrate(&scenario, cases[i].policy, SV3_BUG_NO_TLBI, &result);
		row.measured = result.pages_lost;
		sv3_experiment_add(report, &row);
	}
	return rc;
}

static int run(const struct sv3_experiment_config *config, struct sv3_experiment_report *report)
{
	const uint64_t pages = config->values[PAGES];
	const uint32_t rounds = (uint32_t)config->values[ROUNDS];
	int rc = check_limited(report, pages);

	if (!rc)
		rc = sv3__thread_002_placements(report);
	if (!rc)
		rc = check_endless(report, pages, rounds);
	if (!rc)
		rc = check_no_tlbi(report, pages);
	return rc ? rc : sv3__thread_002_sweep(report, pages, rounds);
}

const struct sv3__experiment sv3__thread_002 = {
	.info = {
		.name = "thread-002",
		.title = "manual-clear",
		.description = "hardware dirty bits cleared when they are read, or right before the copy",
		.parameters = parameters,
		.parameter_count = SV3__COUNT(parameters),
	},
	.run = run,
};
