/* SPDX-License-Identifier: MIT */
/*
 * thread_002_placements.c - scenario 1 of thread 002 with each of its ten DMAs on either side of
 * the clear: all 1,024 placements, by a recurrence and by migrating each. How often the area is
 * sent under manual clear lies in 5 .. 10. [policies 10.2]
 */
#include "experiments_priv.h"

#define ROUNDS     10u
#define PLACEMENTS (1u << ROUNDS)

/* Sends of an area that is clean at first, by the recurrence. @mask: bit i: DMA i falls between
 * collection and clear. */
static unsigned int sends_by_recurrence(uint32_t mask)
{
	unsigned int sends = 0;
	bool dirty = false;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		const bool in_window = mask >> round & 1;

		sends += dirty;
		/* In the window of a round that reports the area it merges into its copy. */
		dirty = !(in_window && dirty);
	}
	return sends + dirty;
}

/** How many placements send the area so many times. */
struct distribution {
	uint64_t by_recurrence[ROUNDS + 1], by_migration[ROUNDS + 1];
	uint64_t disagreements; /* placements */
	uint64_t differing;     /* pages of images */
};

static int migrate_all(struct distribution *distribution)
{
	struct sv3_scenario scenario;
	int rc = sv3__thread_002_scenario("fixed-area-10", 1, &scenario);

	*distribution = (struct distribution){ 0 };
	for (uint32_t mask = 0; mask < PLACEMENTS && !rc; mask++) {
		const unsigned int sends = sends_by_recurrence(mask);
		struct sv3_compare_result result;

		scenario.mask = mask;
		rc = sv3__thread_002_migrate(&scenario, "hw-manual", SV3_BUG_NONE, &result);
		if (rc)
			return rc;
		distribution->by_recurrence[sends]++;
		if (result.pages_resent <= ROUNDS)
			distribution->by_migration[result.pages_resent]++;
		distribution->disagreements += result.pages_resent != sends;
		distribution->differing += result.pages_differing + result.pages_lost;
	}
	return rc;
}

static void add(struct sv3_experiment_report *report, const char *name, const char *question,
		const char *unit, uint64_t expected, uint64_t measured, uint64_t total)
{
	const struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = unit,
		.kind = SV3_EXPERIMENT_EQUAL,
		.expected = expected,
		.measured = measured,
		.total = total,
	};

	sv3_experiment_add(report, &row);
}

int sv3__thread_002_placements(struct sv3_experiment_report *report)
{
	static const struct {
		unsigned int sends;
		uint64_t expected; /* [policies 10.2], clean start */
		const char *recurrence, *migrated, *question;
	} rows[] = {
		{ 5, 32, "recurrence-5", "placements-5", "the area is sent 5 times" },
		{ 6, 320, "recurrence-6", "placements-6", "the area is sent 6 times" },
		{ 7, 440, "recurrence-7", "placements-7", "the area is sent 7 times" },
		{ 8, 196, "recurrence-8", "placements-8", "the area is sent 8 times" },
		{ 9, 34, "recurrence-9", "placements-9", "the area is sent 9 times" },
		{ 10, 2, "recurrence-10", "placements-10", "the area is sent 10 times" },
	};
	struct distribution found;
	const int rc = migrate_all(&found);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < SV3__COUNT(rows); i++)
		add(report, rows[i].recurrence, rows[i].question, "placements by recurrence",
		    rows[i].expected, found.by_recurrence[rows[i].sends], PLACEMENTS);
	for (unsigned int i = 0; i < SV3__COUNT(rows); i++)
		add(report, rows[i].migrated, rows[i].question, "placements migrated",
		    rows[i].expected, found.by_migration[rows[i].sends], PLACEMENTS);
	add(report, "placements-agree", "recurrence and migration differ", "placements", 0,
	    found.disagreements, PLACEMENTS);
	add(report, "placements-images", "pages that differ in the end", "pages", 0,
	    found.differing, 0);
	return 0;
}
