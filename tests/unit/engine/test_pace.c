/* SPDX-License-Identifier: MIT */
/*
 * test_pace.c - the time of a source that is slowed down or stands still: is an event due exactly
 * when a clock that counts every picosecond says so, whatever happened before?
 */
#include <sv3/prng.h>

#include "sim/engine/engine_priv.h"
#include "world_fixture.h"

#define FULL SV3__FULL_SPEED_PPM

static struct sv3__pace begin(void)
{
	return (struct sv3__pace){ .speed_ppm = FULL };
}

TEST_C(pace, at_full_speed_the_two_times_are_one)
{
	const struct sv3__pace pace = begin();

	EXPECT_EQ_U64(sv3__pace_due(&pace, 0), 0);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 123456789), 123456789);
	EXPECT_EQ_U64(sv3__pace_due(&pace, SV3_PS_NEVER), SV3_PS_NEVER);
}

TEST_C(pace, half_the_speed_doubles_what_is_left_and_rounds_up)
{
	struct sv3__pace pace = begin();

	sv3__pace_set_speed(&pace, 1000, FULL / 2);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 1001), 1002);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 1500), 2000);
	sv3__pace_set_speed(&pace, 1101, FULL / 4);
	/* It had come to 1050.5. */
	EXPECT_EQ_U64(sv3__pace_due(&pace, 1051), 1103);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 1060), 1101 + 38);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 1050), 1101);
	sv3__pace_set_speed(&pace, 1102, FULL / 3);
	/* At 1050.75: a quarter is missing, and it does a third a picosecond. */
	EXPECT_EQ_U64(sv3__pace_due(&pace, 1051), 1103);
}

TEST_C(pace, what_it_has_come_to_counts_at_the_lowest_speeds_too)
{
	struct sv3__pace pace = begin();

	sv3__pace_set_speed(&pace, 0, FULL / 2);
	sv3__pace_set_speed(&pace, 1, 2);
	/* 1.5 and 0.5 picoseconds are missing. */
	EXPECT_EQ_U64(sv3__pace_due(&pace, 2), 1 + 750000);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 1), 1 + 250000);
}

TEST_C(pace, at_full_speed_again_distances_are_as_recorded)
{
	struct sv3__pace pace = begin();
	sv3_ps first;

	sv3__pace_set_speed(&pace, 10, 333333);
	sv3__pace_set_speed(&pace, 1017, FULL);
	first = sv3__pace_due(&pace, 5000);
	EXPECT_GT_U64(first, 5000);
	for (sv3_ps distance = 0; distance < 100; distance++)
		ASSERT_EQ_U64(sv3__pace_due(&pace, 5000 + distance), first + distance);
}

TEST_C(pace, never_stays_never_and_nothing_wraps)
{
	struct sv3__pace pace = begin();

	sv3__pace_set_speed(&pace, 1000, 1);
	EXPECT_EQ_U64(sv3__pace_due(&pace, SV3_PS_NEVER), SV3_PS_NEVER);
	EXPECT_EQ_U64(sv3__pace_due(&pace, SV3_PS_NEVER / FULL + 1001), SV3_PS_NEVER);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 1000 + SV3_PS_NEVER / FULL - 1),
		      1000 + (SV3_PS_NEVER / FULL - 1) * FULL);
	sv3__pace_set_speed(&pace, SV3_PS_NEVER - 5, FULL);
	EXPECT_EQ_U64(sv3__pace_due(&pace, SV3_PS_NEVER - 1), SV3_PS_NEVER);
	sv3__pace_stand_still(&pace, SV3_PS_NEVER - 4, SV3_PS_NEVER);
	EXPECT_EQ_U64(sv3__pace_due(&pace, SV3_PS_NEVER / 2), SV3_PS_NEVER);
}

TEST_C(pace, what_stands_still_goes_on_where_it_was)
{
	struct sv3__pace pace = begin();

	sv3__pace_set_speed(&pace, 100, FULL / 2);
	sv3__pace_stand_still(&pace, 200, 1000); /* at 150, until 1200 */
	EXPECT_EQ_U64(sv3__pace_due(&pace, 140), 1200);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 150), 1200);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 160), 1220);
	sv3__pace_set_speed(&pace, 300, FULL);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 160), 1210);
	sv3__pace_stand_still(&pace, 400, 50);
	EXPECT_EQ_U64(sv3__pace_due(&pace, 160), 1260);
}

/* --- the same, picosecond by picosecond --- */

struct twin {
	sv3_ps now, still_until;
	uint64_t millionths; /* where it has come to */
	uint32_t speed_ppm;
};

static void twin_tick(struct twin *twin)
{
	if (twin->now >= twin->still_until)
		twin->millionths += twin->speed_ppm;
	twin->now++;
}

/* When a copy of it has come to @due. */
static sv3_ps twin_due(struct twin twin, sv3_ps due)
{
	while (twin.millionths < due * FULL || twin.now < twin.still_until)
		twin_tick(&twin);
	return twin.now;
}

static uint32_t draw_speed(struct sv3_prng *prng)
{
	static const uint32_t speeds[] = { 999999, 500000, 333333, 250001, 20011, FULL };

	return speeds[sv3_prng_below(prng, 6)];
}

TEST_C(pace, due_is_what_a_clock_of_single_picoseconds_says)
{
	struct sv3_prng prng;
	uint64_t compared = 0;

	sv3_prng_seed(&prng, 7);
	for (int story = 0; story < 40; story++) {
		struct sv3__pace pace = begin();
		struct twin twin = { .speed_ppm = FULL };

		while (twin.now < 4000) {
			const uint64_t choice = sv3_prng_below(&prng, 40);

			if (choice == 0) {
				twin.speed_ppm = draw_speed(&prng);
				sv3__pace_set_speed(&pace, twin.now, twin.speed_ppm);
			} else if (choice == 1) {
				const sv3_ps from =
					twin.still_until > twin.now ? twin.still_until : twin.now;
				const sv3_ps duration = sv3_prng_below(&prng, 60);

				twin.still_until = from + duration;
				sv3__pace_stand_still(&pace, twin.now, duration);
			} else if (choice == 2) {
				const sv3_ps due =
					twin.millionths / FULL + 1 + sv3_prng_below(&prng, 40);

				ASSERT_EQ_U64(sv3__pace_due(&pace, due), twin_due(twin, due));
				compared++;
			}
			twin_tick(&twin);
		}
	}
	EXPECT_GT_U64(compared, 3000);
}

/* --- a device that is slowed down --- */

/* Speeds change at random while a device is under way: who acts when is what the twin says. */
TEST_C(pace, a_throttled_device_loses_repeats_and_reorders_nothing)
{
	static struct sv3_device_event script[50];
	struct twin twin = { .speed_ppm = FULL };
	uint64_t happened = 0;
	struct sv3_prng prng;
	FX(fx);

	sv3_prng_seed(&prng, 19);
	for (uint64_t i = 0, due = 40; i < 50; i++, due += sv3_prng_below(&prng, 60))
		script[i] = (struct sv3_device_event)FX_ACCESS(READ, due, FX_PAGE(i));
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	while (happened < 50) {
		while (happened < 50 && twin.millionths >= script[happened].due * FULL) {
			sv3_world_run_until(fx.world, twin.now);
			ASSERT_GT_U64(fx.completed_count, happened);
			EXPECT_EQ_U64(fx.completed[happened].event.serial, happened);
			EXPECT_EQ_U64(fx.completed[happened].at, twin.now);
			happened++;
		}
		if (sv3_prng_below(&prng, 30) == 0) {
			twin.speed_ppm = draw_speed(&prng);
			sv3_world_run_until(fx.world, twin.now);
			sv3_world_throttle_device(fx.world, twin.speed_ppm);
		}
		twin_tick(&twin);
	}
	EXPECT_EQ_U64(fx.completed_count, 50);
	EXPECT_GT_U64(twin.now, script[49].due);
	/* It was never behind its own time. */
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->lag_max, 0);
}

TEST_C(pace, what_is_due_and_put_off_stays_due_at_any_speed)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 0, FX_PAGE(0)),
							  FX_ACCESS(WRITE, 10, FX_PAGE(1)),
							  FX_ACCESS(READ, 20, FX_PAGE(1)),
							  FX_ACCESS(READ, 3020, FX_PAGE(1)) };
	FX(fx);

	fx.config.costs.post_delay = 1000;
	fx.config.smmu.slot_count = 1;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 500);
	sv3_world_throttle_device(fx.world, FULL / 10);
	sv3_world_run_until(fx.world, 30000);
	ASSERT_EQ_U64(fx.completed_count, 4);
	EXPECT_EQ_U64(fx.completed[1].at, 1000);
	EXPECT_EQ_U64(fx.completed[2].at, 1000);
	EXPECT_EQ_U64(fx.completed[3].at, 500 + (3020 - 500) * 10);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->retries, 1);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->lag_max, 990);
}

TEST_C(pace, without_a_device_or_behind_its_last_event_a_speed_changes_nothing)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 10, FX_PAGE(0)) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 5);
	sv3_world_throttle_device(fx.world, FULL / 5);
	sv3_world_run_until(fx.world, 1000);
	EXPECT_EQ_U64(fx.completed_count, 1);
	EXPECT_EQ_U64(fx.completed[0].at, 30);
	sv3_world_throttle_device(fx.world, FULL);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), SV3_PS_NEVER);
}
