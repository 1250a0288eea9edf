/* SPDX-License-Identifier: MIT */
/*
 * test_counts.c - the explorer takes as many schedules as there are on paper, and a reduced
 * exploration comes to the same ends as all of them.
 *
 * With the SMMU off an access of a device is two steps, to begin and to land. A program of p
 * accesses beside devices of a and b accesses has (p + 2a + 2b)! / (p! (2a)! (2b)!) schedules.
 */
#include "ctest.h"
#include "hunt.h"

#include <string.h>

/* --- a driver that does nothing, for programs that use the bus themselves --- */

struct idle {
	struct sv3_explore_setup setup;
};

static int idle_attach(void *state, const struct sv3_explore_setup *setup)
{
	((struct idle *)state)->setup = *setup;
	return 0;
}

static const struct sv3_explore_driver idle_driver = {
	.name = "idle", .about = "", .state_bytes = sizeof(struct idle), .attach = idle_attach
};

static const struct sv3_explore_setup *setup_of(const struct sv3_explore *x)
{
	return &((const struct idle *)sv3_explore_state(x))->setup;
}

static void prepare_nothing(struct sv3_explore *x)
{
	(void)x;
}

static void write_words(struct sv3_explore *x, unsigned int count)
{
	const uint8_t bytes[8] = { 1 };

	for (unsigned int i = 0; i < count; i++)
		(void)sv3_bus_write(&setup_of(x)->bus, setup_of(x)->tables + 8 * i, bytes, 8);
}

static void write_five(struct sv3_explore *x)
{
	write_words(x, 5);
}

static void write_three(struct sv3_explore *x)
{
	write_words(x, 3);
}

/* Where others write. */
static void write_three_elsewhere(struct sv3_explore *x)
{
	const uint8_t bytes[8] = { 1 };

	for (unsigned int i = 0; i < 3; i++)
		(void)sv3_bus_write(&setup_of(x)->bus, setup_of(x)->cds + 8 * i, bytes, 8);
}

static void copy_twice(struct sv3_explore *x)
{
	sv3_explore_copy(x, 0);
	sv3_explore_copy(x, 0);
}

static void wait_for_nothing(struct sv3_explore *x)
{
	uint8_t bytes[8];

	(void)sv3_bus_read(&setup_of(x)->bus, setup_of(x)->tables, bytes, 8);
	sv3_explore_wait(x);
}

static void never_end(struct sv3_explore *x)
{
	for (;;)
		write_words(x, 1);
}

#define BASE                                                                                      \
	.name = "test", .about = "", .smmu_count = 1, .prepare = prepare_nothing, .queue_lg2 = 3, \
	.bbml = 2, .stays_apart = true

static const struct sv3_explore_scenario apart = {
	BASE,
	.program_count = 1,
	.device_count = 1,
	.devices = { { .name = "device",
		       .stream_id = 3,
		       .access_count = 3,
		       .accesses = { { true, 0 }, { true, 1 }, { true, 2 } } } },
	.programs = { write_five },
};

static const struct sv3_explore_scenario three_actors = {
	BASE,
	.device_count = 1,
	.devices = { { .name = "device",
		       .stream_id = 3,
		       .access_count = 1,
		       .accesses = { { true, 0 } } } },
	.program_count = 2,
	.programs = { write_three, write_three_elsewhere },
};

static const struct sv3_explore_scenario same_page = {
	BASE,
	.program_count = 1,
	.device_count = 1,
	.devices = { { .name = "device",
		       .stream_id = 3,
		       .access_count = 2,
		       .accesses = { { true, 0 }, { true, 0 } } } },
	.programs = { copy_twice },
};

static const struct sv3_explore_scenario stuck = { BASE, .program_count = 1,
						   .programs = { wait_for_nothing } };
static const struct sv3_explore_scenario endless = { BASE, .program_count = 1,
						     .programs = { never_end } };

static void explore(const struct sv3_explore_scenario *scenario, enum sv3_explore_mode mode,
		    const struct sv3_explore_driver *driver, struct sv3_explore_report *report)
{
	const struct sv3_explore_config config = {
		.scenario = scenario, .driver = driver, .mode = mode, .schedules_max = 3000000
	};
	struct sv3_explore *x;

	memset(report, 0, sizeof(*report));
	EXPECT_OK(sv3_explore_create(&config, &x));
	sv3_explore_run(x, report);
	sv3_explore_destroy(x);
}

static uint64_t binomial(uint64_t n, uint64_t k)
{
	uint64_t value = 1;

	for (uint64_t i = 1; i <= k; i++)
		value = value * (n - k + i) / i;
	return value;
}

static void expect_counts(const struct sv3_explore_scenario *scenario, uint64_t all,
			  uint64_t reduced)
{
	static struct sv3_explore_report brute, report;

	explore(scenario, SV3_EXPLORE_BRUTE, &idle_driver, &brute);
	explore(scenario, SV3_EXPLORE_REDUCED, &idle_driver, &report);
	EXPECT_TRUE(brute.is_complete);
	EXPECT_TRUE(report.is_complete);
	EXPECT_EQ_U64(brute.schedules, all);
	EXPECT_EQ_U64(brute.cut, 0);
	EXPECT_EQ_U64(report.schedules, reduced);
	EXPECT_EQ_U64(report.outcomes, brute.outcomes);
	EXPECT_EQ_U64(report.outcome_sum, brute.outcome_sum);
}

/* Steps that touch nothing in common have one order that counts. */
TEST_C(explore_counts, a_program_beside_a_device)
{
	expect_counts(&apart, binomial(5 + 6, 5), 1);
}

TEST_C(explore_counts, two_programs_beside_a_device)
{
	expect_counts(&three_actors, binomial(3 + 3 + 2, 3) * binomial(3 + 2, 3), 1);
}

/* Two copies among two landings; that an access begins is no concern of a copy. */
TEST_C(explore_counts, copies_among_landings)
{
	expect_counts(&same_page, binomial(2 + 4, 2), binomial(2 + 2, 2));
}

static void expect_same_ends(const char *name)
{
	static struct sv3_explore_report brute, reduced, merged;
	const struct sv3_explore_scenario *scenario = sv3_explore_find_scenario(name);

	explore(scenario, SV3_EXPLORE_BRUTE, sv3_explore_driver_sv3(), &brute);
	explore(scenario, SV3_EXPLORE_REDUCED, sv3_explore_driver_sv3(), &reduced);
	explore(scenario, SV3_EXPLORE_MERGED, sv3_explore_driver_sv3(), &merged);
	EXPECT_TRUE(brute.is_complete);
	EXPECT_TRUE(reduced.is_complete);
	EXPECT_TRUE(merged.is_complete);
	EXPECT_EQ_U64(reduced.outcomes, brute.outcomes);
	EXPECT_EQ_U64(reduced.outcome_sum, brute.outcome_sum);
	EXPECT_EQ_U64(merged.outcomes, brute.outcomes);
	EXPECT_EQ_U64(merged.outcome_sum, brute.outcome_sum);
	EXPECT_LT_U64(reduced.schedules, brute.schedules);
	EXPECT_LT_U64(merged.schedules, reduced.schedules);
}

TEST_C(explore_counts, clear_comes_to_the_same_ends)
{
	if (HUNT_IS_SLOW)
		SKIP_C("too many schedules for a sanitizer");
	expect_same_ends("clear");
}

TEST_C(explore_counts, clear_cold_comes_to_the_same_ends)
{
	expect_same_ends("clear-cold");
}

TEST_C(explore_counts, late_map_comes_to_the_same_ends)
{
	if (HUNT_IS_SLOW)
		SKIP_C("too many schedules for a sanitizer");
	expect_same_ends("late-map");
}

TEST_C(explore_counts, who_waits_for_nothing_is_found)
{
	static struct sv3_explore_report report;

	explore(&stuck, SV3_EXPLORE_REDUCED, &idle_driver, &report);
	EXPECT_EQ_INT(report.finding.rule, SV3_EXPLORE_HANG);
}

TEST_C(explore_counts, who_never_ends_is_found)
{
	static struct sv3_explore_report report;

	explore(&endless, SV3_EXPLORE_REDUCED, &idle_driver, &report);
	EXPECT_EQ_INT(report.finding.rule, SV3_EXPLORE_LIVELOCK);
	explore(&endless, SV3_EXPLORE_MERGED, &idle_driver, &report);
	EXPECT_EQ_INT(report.finding.rule, SV3_EXPLORE_LIVELOCK);
	EXPECT_LT_U64(report.steps_max, 10);
}

/* --- drawn schedules --- */

static void expect_drawn(enum sv3_explore_mode mode)
{
	static struct sv3_explore_report report, again;
	struct sv3_explore_config config = { .scenario = sv3_explore_find_scenario("clear"),
					     .driver = sv3_explore_driver_sv3(),
					     .bug = "no-tlbi",
					     .mode = mode,
					     .schedules_max = 10000,
					     .changes = 2,
					     .seed = 7 };
	struct sv3_explore *x;

	ASSERT_OK(sv3_explore_create(&config, &x));
	sv3_explore_run(x, &report);
	sv3_explore_run(x, &again);
	EXPECT_EQ_INT(report.finding.rule, SV3_EXPLORE_LOST);
	EXPECT_EQ_U64(report.schedules, again.schedules);
	EXPECT_EQ_MEM(report.schedule.actors, again.schedule.actors, report.schedule.length);
	sv3_explore_destroy(x);
}

TEST_C(explore_counts, random_schedules_find_and_repeat)
{
	expect_drawn(SV3_EXPLORE_RANDOM);
}

TEST_C(explore_counts, priorities_find_and_repeat)
{
	expect_drawn(SV3_EXPLORE_PCT);
}

/* Where brute force would take too long: what is reduced twice ends as what is reduced once. */
TEST_C(explore_counts, merging_states_loses_no_end)
{
	static const char *const names[] = {
		"two-devices", "two-smmus", "unmap",      "split",
		"queue-wrap",  "stall",     "incoherent", "shared-log"
	};
	static struct sv3_explore_report reduced, merged;

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		explore(sv3_explore_find_scenario(names[i]), SV3_EXPLORE_REDUCED,
			sv3_explore_driver_sv3(), &reduced);
		explore(sv3_explore_find_scenario(names[i]), SV3_EXPLORE_MERGED,
			sv3_explore_driver_sv3(), &merged);
		EXPECT_TRUE(reduced.is_complete && merged.is_complete);
		EXPECT_EQ_U64(merged.outcomes, reduced.outcomes);
		EXPECT_EQ_U64(merged.outcome_sum, reduced.outcome_sum);
		EXPECT_LE_U64(merged.schedules, reduced.schedules);
	}
}
