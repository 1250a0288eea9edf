/* SPDX-License-Identifier: MIT */
/*
 * test_schedules.c - does the search go every way through a model, once each?
 */
#include "ctest.h"
#include "sim/experiments/experiments_priv.h"

#define THREADS 3u

/* Threads that count; thread 0 may wait until another has counted so far. */
struct counting {
	uint8_t counts[THREADS], ends[THREADS];
	uint8_t waits_for; /* of thread 1, before thread 0 begins */
};

static bool take(void *state, unsigned int choice)
{
	struct counting *c = (struct counting *)state;

	/* What a refused choice leaves behind is to be dropped. */
	if (c->counts[choice]++ == c->ends[choice])
		return false;
	return choice != 0 || c->counts[1] >= c->waits_for;
}

static bool first_is_last(const void *state)
{
	return ((const struct counting *)state)->counts[0] == 1;
}

static bool is_done(const void *state)
{
	const struct counting *c = (const struct counting *)state;

	return c->counts[0] == c->ends[0];
}

static struct sv3__schedules run(struct counting initial)
{
	static const struct sv3__model model = { sizeof(struct counting), THREADS, take,
						 first_is_last, is_done };
	struct sv3__schedules result;

	EXPECT_OK(sv3__schedules_run(&model, &initial, &result));
	return result;
}

TEST_C(schedules, threads_without_common_ground_have_the_multinomial_number)
{
	EXPECT_EQ_U64(run((struct counting){ .ends = { 2, 2, 0 } }).total, 6);
	EXPECT_EQ_U64(run((struct counting){ .ends = { 4, 5, 0 } }).total, 126);
	EXPECT_EQ_U64(run((struct counting){ .ends = { 2, 3, 3 } }).total, 560);
	EXPECT_EQ_U64(run((struct counting){ .ends = { 7, 0, 0 } }).total, 1);
}

TEST_C(schedules, a_model_without_choices_has_one_schedule)
{
	EXPECT_EQ_U64(run((struct counting){ .ends = { 0 } }).total, 1);
}

TEST_C(schedules, bad_ends_are_counted_among_all)
{
	struct sv3__schedules result = run((struct counting){ .ends = { 1, 3, 0 } });

	EXPECT_EQ_U64(result.total, 4);
	EXPECT_EQ_U64(result.bad, 4);
	result = run((struct counting){ .ends = { 2, 3, 0 } });
	EXPECT_EQ_U64(result.total, 10);
	EXPECT_EQ_U64(result.bad, 0);
}

TEST_C(schedules, a_step_that_must_wait_is_taken_only_afterwards)
{
	/* 1 1 1, then three more of thread 0. */
	EXPECT_EQ_U64(run((struct counting){ .ends = { 3, 3, 0 }, .waits_for = 3 }).total, 1);
	EXPECT_EQ_U64(run((struct counting){ .ends = { 1, 3, 0 }, .waits_for = 2 }).total, 2);
}

TEST_C(schedules, what_waits_for_ever_is_stuck_and_neither_good_nor_bad)
{
	const struct sv3__schedules result =
		run((struct counting){ .ends = { 1, 3, 0 }, .waits_for = 4 });

	EXPECT_EQ_U64(result.total, 1);
	EXPECT_EQ_U64(result.stuck, 1);
	EXPECT_EQ_U64(result.bad, 0);
}

TEST_C(schedules, a_row_of_stuck_schedules_fails_whatever_was_expected)
{
	static const enum sv3_experiment_kind kinds[] = { SV3_EXPERIMENT_EQUAL,
							  SV3_EXPERIMENT_AT_LEAST };
	const struct sv3__schedules stuck = { .total = 5, .bad = 0, .stuck = 1 };
	const struct sv3__schedules good = { .total = 5, .bad = 0 };

	for (unsigned int i = 0; i < 2; i++) {
		struct sv3_experiment_report report = { 0 };

		sv3__check_schedules(&report, "a", "b", kinds[i], 0, &stuck);
		sv3__check_schedules(&report, "a", "b", kinds[i], 0, &good);
		ASSERT_EQ_U64(report.row_count, 2);
		EXPECT_FALSE(sv3_experiment_passed(&report.rows[0]));
		EXPECT_TRUE(sv3_experiment_passed(&report.rows[1]));
		sv3_experiment_report_fini(&report);
	}
}
