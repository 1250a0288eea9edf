/* SPDX-License-Identifier: MIT */
/*
 * test_world_hold.c - a device that is held, and several who observe: does nothing begin and all
 * that has begun go on, and does every observer hear everything, in order?
 */
#include "world_fixture.h"

/* --- holding --- */

TEST_C(world_hold, a_held_device_begins_nothing_and_its_writes_land)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 10, FX_PAGE(1)),
							  FX_ACCESS(READ, 20, FX_PAGE(2)),
							  FX_ACCESS(READ, 30, FX_PAGE(3)),
							  FX_ACCESS(READ, 3 * US, FX_PAGE(3)) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 10);
	sv3_world_hold_device(fx.world, true);
	sv3_world_run_until(fx.world, 2 * US);
	EXPECT_EQ_U64(fx.completed_count, 1);
	EXPECT_EQ_U64(fx.landed_count, 1);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), SV3_PS_NEVER);
	sv3_world_hold_device(fx.world, false);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), 2 * US);
	sv3_world_run_until(fx.world, 4 * US);
	ASSERT_EQ_U64(fx.completed_count, 4);
	/* What was due meanwhile comes at once, in order; then all is as recorded. */
	EXPECT_EQ_U64(fx.completed[1].at, 2 * US);
	EXPECT_EQ_U64(fx.completed[1].event.serial, 1);
	EXPECT_EQ_U64(fx.completed[2].at, 2 * US);
	EXPECT_EQ_U64(fx.completed[3].at, 3 * US);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->lag_max, 2 * US - 20);
}

TEST_C(world_hold, holds_do_not_add_up)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 10, FX_PAGE(1)) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_hold_device(fx.world, true);
	sv3_world_hold_device(fx.world, true);
	sv3_world_hold_device(fx.world, false);
	sv3_world_run_until(fx.world, 10);
	EXPECT_EQ_U64(fx.completed_count, 1);
}

TEST_C(world_hold, to_let_go_of_what_is_not_held_changes_nothing)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 10, FX_PAGE(1)),
							  FX_ACCESS(WRITE, 20, FX_PAGE(1)) };
	FX(fx);

	fx.config.smmu.slot_count = 1;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 30);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->retries, 1);
	sv3_world_hold_device(fx.world, false);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), 10 + US);
}

TEST_C(world_hold, a_held_device_can_be_slowed_down)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 100, FX_PAGE(1)),
							  FX_ACCESS(READ, 300, FX_PAGE(1)) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_hold_device(fx.world, true);
	sv3_world_throttle_device(fx.world, 500000);
	sv3_world_run_until(fx.world, 250);
	EXPECT_EQ_U64(fx.completed_count, 0);
	sv3_world_hold_device(fx.world, false);
	sv3_world_run_until(fx.world, 1000);
	ASSERT_EQ_U64(fx.completed_count, 2);
	EXPECT_EQ_U64(fx.completed[0].at, 250);
	EXPECT_EQ_U64(fx.completed[1].at, 600);
}

/* When a device that waits behind a SYNC row for a write in flight (until 1 us) goes on, if it is
 * also held for a while. */
static sv3_ps goes_on(sv3_ps hold, sv3_ps release)
{
	static const struct sv3_trace_rec map = {
		.sid = SID,
		.op = SV3_TRACE_MAP,
		.iova = FX_PAGE(1),
		.pa = FX_PAGE(1),
		.len = 4096,
		.aux = SV3_TRACE_AUX_PERM_RW,
		.has = SV3_TRACE_HAS_ALL,
	};
	static const struct sv3_trace_rec tlbi = { .op = SV3_TRACE_TLBI_ALL };
	static const struct sv3_trace_rec sync = { .op = SV3_TRACE_SYNC };
	static const struct sv3_device_event script[] = {
		{ .kind = SV3_DEVICE_DRIVER, .due = 0, .record = &map },
		FX_ACCESS(WRITE, 0, FX_PAGE(1)),
		{ .kind = SV3_DEVICE_DRIVER, .due = 10, .record = &tlbi },
		{ .kind = SV3_DEVICE_DRIVER, .due = 10, .record = &sync },
		FX_ACCESS(READ, 20, FX_PAGE(1)),
	};
	FX(fx);

	fx.host_config.view = SV3_VIEW_IOVA;
	FX_SCRIPT(&fx, script);
	if (!fx_boot(&fx))
		return 0;
	sv3_world_run_until(fx.world, hold);
	sv3_world_hold_device(fx.world, true);
	sv3_world_run_until(fx.world, release);
	EXPECT_EQ_U64(fx.completed_count, 1);
	sv3_world_hold_device(fx.world, false);
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(fx.completed_count, 2);
	return fx.completed[1].at;
}

TEST_C(world_hold, a_hold_and_a_sync_row_each_keep_the_device_by_itself)
{
	EXPECT_EQ_U64(goes_on(100, 500), US);
	EXPECT_EQ_U64(goes_on(100, 2 * US), 2 * US);
	/* The SYNC row itself waits for the hold to end. */
	EXPECT_EQ_U64(goes_on(5, 500), US);
	EXPECT_EQ_U64(goes_on(5, 3 * US), 3 * US);
}

/* --- observers --- */

struct notes {
	char text[2 * SV3_WORLD_OBSERVERS_MAX + 1];
	uint32_t count;
};

struct listener {
	struct notes *notes;
	char name;
};

static void listener_hears(void *context, const struct sv3_write *write)
{
	const struct listener *listener = (const struct listener *)context;
	struct notes *notes = listener->notes;

	if (write->serial == 1 && notes->count < sizeof(notes->text) - 1)
		notes->text[notes->count++] = listener->name;
}

TEST_C(world_hold, all_observers_hear_all_in_the_order_in_which_they_came)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 10, FX_PAGE(1)) };
	struct notes translated = { 0 }, landed = { 0 };
	struct listener first = { &translated, 't' }, second = { &landed, 'a' },
			third = { &landed, 'b' };
	const struct sv3_world_observer observers[] = {
		{ listener_hears, NULL, &first, NULL },
		{ NULL, listener_hears, &second, NULL },
		{ NULL, listener_hears, &third, NULL },
	};
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	for (int i = 0; i < 3; i++)
		ASSERT_OK(sv3_world_observe(fx.world, &observers[i]));
	sv3_world_run_until(fx.world, 10);
	EXPECT_EQ_STR(translated.text, "t");
	EXPECT_EQ_STR(landed.text, "");
	sv3_world_run_until(fx.world, 2 * US);
	EXPECT_EQ_STR(landed.text, "ab");
	EXPECT_EQ_STR(translated.text, "t");
	EXPECT_EQ_U64(fx.landed_count, 1);
}

TEST_C(world_hold, there_is_room_for_eight_observers)
{
	const struct sv3_world_observer nobody = { 0 };
	FX(fx);

	ASSERT_TRUE(fx_boot(&fx)); /* the fixture is the first */
	for (uint32_t i = 1; i < SV3_WORLD_OBSERVERS_MAX; i++)
		EXPECT_OK(sv3_world_observe(fx.world, &nobody));
	EXPECT_EQ_INT(sv3_world_observe(fx.world, &nobody), -SV3_ERR_NOMEM);
}
