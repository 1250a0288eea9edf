/* SPDX-License-Identifier: MIT */
/*
 * test_programs.c - programs among themselves: what they share, what they wait for, and which of
 * them fails first.
 */
#include "ctest.h"
#include "small.h"

#include <string.h>

/* What programs share is none of the machine's memory. */
static uint64_t shared[2];
static uint32_t ended;

static void forget(void *state)
{
	(void)state;
	memset(shared, 0, sizeof(shared));
	ended = 0;
}

/* --- in every order --- */

static void add_one(struct sv3_explore *x)
{
	uint64_t seen;

	sv3_explore_reads(x, shared, 8);
	seen = shared[0];
	sv3_explore_writes(x, shared, 8);
	shared[0] = seen + 1;
}

/* The last to end sees whether one was lost. */
static void add_and_look(struct sv3_explore *x)
{
	add_one(x);
	if (++ended == 2)
		sv3_explore_expect(x, shared[0] == 2, SV3_EXPLORE_DRIVER, "an addition was lost");
}

/* Two reads and two writes have 4! / (2! 2!) = 6 orders; in 4 of them both read before either
 * writes. */
TEST_C(explore_programs, that_share_a_word_meet_in_every_order)
{
	const struct sv3_explore_scenario scenario = { .program_count = 2,
						       .programs = { add_and_look, add_and_look },
						       .stays_apart = true };
	static struct sv3_explore_report report;

	small_run(scenario, SV3_EXPLORE_BRUTE, forget, &report);
	EXPECT_EQ_U64(report.schedules, 6);
	EXPECT_TRUE(report.is_complete);
	EXPECT_EQ_U64(report.findings, 4);
}

TEST_C(explore_programs, one_alone_is_not_left_at_what_is_its_own)
{
	const struct sv3_explore_scenario scenario = { .program_count = 1,
						       .programs = { add_one },
						       .stays_apart = true };
	static struct sv3_explore_report report;

	small_run(scenario, SV3_EXPLORE_BRUTE, forget, &report);
	EXPECT_EQ_U64(report.schedules, 1);
	EXPECT_EQ_U64(report.steps_max, 0);
}

/* --- waiting --- */

/* Reads two words at once, and waits for the second. */
static void wait_for_second(struct sv3_explore *x)
{
	for (;;) {
		sv3_explore_reads(x, shared, sizeof(shared));
		if (shared[1])
			return;
		sv3_explore_wait(x);
	}
}

static void write_second(struct sv3_explore *x)
{
	sv3_explore_writes(x, &shared[1], 8);
	shared[1] = 1;
}

TEST_C(explore_programs, a_wait_is_for_all_bytes_that_were_read)
{
	const struct sv3_explore_scenario scenario = {
		.program_count = 2,
		.programs = { wait_for_second, write_second },
		.stays_apart = true,
	};
	static struct sv3_explore_report report;

	small_run(scenario, SV3_EXPLORE_BRUTE, forget, &report);
	EXPECT_EQ_U64(report.findings, 0);
	/* The write comes before the first read, or behind it. */
	EXPECT_EQ_U64(report.schedules, 2);
}

static void wait_in_memory(struct sv3_explore *x)
{
	const uint8_t *where =
		(const uint8_t *)sv3_explore_memory(x, sv3_explore_setup(x)->tables, 16);

	for (;;) {
		sv3_explore_reads(x, where, 16);
		if (where[8])
			return;
		sv3_explore_wait(x);
	}
}

static void write_in_memory(struct sv3_explore *x)
{
	uint8_t *where = (uint8_t *)sv3_explore_memory(x, sv3_explore_setup(x)->tables, 16);

	sv3_explore_writes(x, where + 8, 1);
	where[8] = 1;
}

TEST_C(explore_programs, a_wait_is_for_all_bytes_that_were_read_in_memory)
{
	const struct sv3_explore_scenario scenario = {
		.program_count = 2,
		.programs = { wait_in_memory, write_in_memory },
		.stays_apart = true,
	};
	static struct sv3_explore_report report;

	small_run(scenario, SV3_EXPLORE_BRUTE, forget, &report);
	EXPECT_EQ_U64(report.findings, 0);
	EXPECT_EQ_U64(report.schedules, 2);
}

TEST_C(explore_programs, one_alone_that_waits_for_ever_is_a_finding)
{
	const struct sv3_explore_scenario scenario = { .program_count = 1,
						       .programs = { wait_for_second } };
	static struct sv3_explore_report report;

	small_run(scenario, SV3_EXPLORE_BRUTE, forget, &report);
	EXPECT_EQ_U64(report.findings, 1);
	EXPECT_EQ_INT(report.finding.rule, SV3_EXPLORE_HANG);
}

/* --- a write that fails --- */

static void write_word(struct sv3_explore *x, uint32_t page)
{
	const struct sv3_explore_setup *setup = sv3_explore_setup(x);
	const uint8_t word[8] = { 1 };

	if (sv3_bus_write(&setup->bus, setup->tables + 8 * page, word, 8) != SV3_BUS_OK)
		sv3_explore_reported(x, UINT64_C(1) << page);
}

static void write_first_word(struct sv3_explore *x)
{
	write_word(x, 0);
}

static void write_second_word(struct sv3_explore *x)
{
	write_word(x, 1);
}

TEST_C(explore_programs, either_may_be_the_one_whose_write_fails)
{
	const struct sv3_explore_scenario scenario = {
		.program_count = 2,
		.programs = { write_first_word, write_second_word },
		.stays_apart = true,
		.bus_fails = true,
	};
	static struct sv3_explore_report reduced, all;

	small_run(scenario, SV3_EXPLORE_REDUCED, forget, &reduced);
	small_run(scenario, SV3_EXPLORE_BRUTE, forget, &all);
	EXPECT_EQ_U64(all.outcomes, 2);
	EXPECT_EQ_U64(reduced.outcome_sum, all.outcome_sum);
}
