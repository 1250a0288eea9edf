/* SPDX-License-Identifier: MIT */
/*
 * test_replay.c - what a replaying device issues, in which view, and when.
 */
#include "ctest.h"

#include <sv3/device.h>

#define ROW(row_op, ns, row_iova, row_pa, row_aux)                                                 \
	{                                                                                          \
		.time_ns = (ns), .iova = (row_iova), .pa = (row_pa), .len = 64, .sid = 8,          \
		.op = SV3_TRACE_##row_op, .aux = SV3_TRACE_AUX_##row_aux, .has = SV3_TRACE_HAS_ALL \
	}

static struct sv3_trace_rec rows[] = {
	ROW(MAP, 0, 0x1000, 0x40001000, PERM_RW), ROW(R, 100, 0x1010, 0x40001010, SQE),
	ROW(W, 250, 0x1020, 0x40001020, CQE),     ROW(W, 250, 0x9040, 0x08090040, MSI),
	{ .time_ns = 301, .op = SV3_TRACE_SYNC },
};
static const struct sv3_trace trace = { .records = rows, .count = 5 };

static struct sv3_device make(enum sv3_trace_view view, uint64_t scale_ppm, bool repeat,
			      sv3_ps start)
{
	const struct sv3_replay_config config = {
		.trace = &trace,
		.view = view,
		.time_scale_ppm = scale_ppm,
		.repeat = repeat,
		.start = start,
	};
	struct sv3_device device;

	EXPECT_OK(sv3_replay_create(&config, &device));
	return device;
}

static bool next(const struct sv3_device *device, struct sv3_device_event *event)
{
	return device->ops->next(device->context, event);
}

TEST_C(replay, iova_view_hands_out_every_row_in_order)
{
	static const uint8_t kinds[] = { SV3_DEVICE_DRIVER, SV3_DEVICE_READ, SV3_DEVICE_WRITE,
					 SV3_DEVICE_WRITE, SV3_DEVICE_DRIVER };
	struct sv3_device device = make(SV3_VIEW_IOVA, 1000000, false, 0);
	struct sv3_device_event event;

	for (uint64_t i = 0; i < 5; i++) {
		ASSERT_TRUE(next(&device, &event));
		EXPECT_EQ_U64(event.kind, kinds[i]);
		EXPECT_EQ_U64(event.serial, i);
		EXPECT_EQ_U64(event.due, rows[i].time_ns * 1000);
		EXPECT_TRUE(event.record == &rows[i]);
	}
	EXPECT_FALSE(next(&device, &event));
	EXPECT_FALSE(next(&device, &event));
	sv3_device_destroy(&device);
}

TEST_C(replay, iova_view_issues_the_iova_and_knows_the_pa)
{
	struct sv3_device device = make(SV3_VIEW_IOVA, 1000000, false, 0);
	struct sv3_device_event event;

	ASSERT_TRUE(next(&device, &event));
	ASSERT_TRUE(next(&device, &event));
	EXPECT_EQ_U64(event.iova, 0x1010);
	EXPECT_EQ_U64(event.pa_expected, 0x40001010);
	EXPECT_TRUE(event.pa_known);
	EXPECT_EQ_U64(event.len, 64);
	EXPECT_EQ_U64(event.stream_id, 8);
	EXPECT_FALSE(event.is_msi);
	sv3_device_destroy(&device);
}

TEST_C(replay, guest_view_issues_the_pa_and_skips_the_driver)
{
	struct sv3_device device = make(SV3_VIEW_GUEST, 1000000, false, 0);
	struct sv3_device_event event;

	for (uint64_t i = 1; i < 4; i++) {
		ASSERT_TRUE(next(&device, &event));
		EXPECT_EQ_U64(event.iova, rows[i].pa);
		EXPECT_EQ_U64(event.pa_expected, rows[i].pa);
		EXPECT_EQ_U64(event.serial, i - 1);
		EXPECT_TRUE(event.is_msi == (i == 3));
	}
	EXPECT_FALSE(next(&device, &event));
	sv3_device_destroy(&device);
}

TEST_C(replay, times_are_scaled_and_start_where_they_should)
{
	struct sv3_device device = make(SV3_VIEW_IOVA, 100000, false, 7);
	struct sv3_device_event event;

	ASSERT_TRUE(next(&device, &event));
	EXPECT_EQ_U64(event.due, 7);
	ASSERT_TRUE(next(&device, &event));
	EXPECT_EQ_U64(event.due, 7 + 10000);
	ASSERT_TRUE(next(&device, &event));
	EXPECT_EQ_U64(event.due, 7 + 25000);
	sv3_device_destroy(&device);
}

TEST_C(replay, scaling_does_not_overflow)
{
	/* Three years of a trace slowed down a million times end where time does. */
	struct sv3_trace_rec far[] = { rows[1], rows[1] };
	const struct sv3_trace far_trace = { .records = far, .count = 2 };
	struct sv3_replay_config config = { .trace = &far_trace, .time_scale_ppm = 3000000 };
	struct sv3_device device;
	struct sv3_device_event event;

	far[1].time_ns += UINT64_C(10000000000000);
	ASSERT_OK(sv3_replay_create(&config, &device));
	ASSERT_TRUE(next(&device, &event) && next(&device, &event));
	EXPECT_EQ_U64(event.due, UINT64_C(30000000000000000));
	sv3_device_destroy(&device);

	config.time_scale_ppm = UINT64_C(1000000000000);
	ASSERT_OK(sv3_replay_create(&config, &device));
	ASSERT_TRUE(next(&device, &event) && next(&device, &event));
	EXPECT_EQ_U64(event.due, SV3_PS_NEVER);
	sv3_device_destroy(&device);
}

TEST_C(replay, iova_view_rewinds_one_mean_distance_behind_the_last_record)
{
	/* 301 ns over 4 distances: 75250 ps. */
	const sv3_ps second = 301000 + 75250;
	struct sv3_device device = make(SV3_VIEW_IOVA, 1000000, true, 0);
	struct sv3_device_event event;

	for (int i = 0; i < 5; i++)
		ASSERT_TRUE(next(&device, &event));
	EXPECT_EQ_U64(sv3_replay_rewinds(&device), 0);
	ASSERT_TRUE(next(&device, &event));
	EXPECT_EQ_U64(event.kind, SV3_DEVICE_REWIND);
	EXPECT_EQ_U64(event.due, second);
	/* It waits for its time: whether the pass will be run is not known before the next is asked
	 * for. */
	EXPECT_EQ_U64(sv3_replay_rewinds(&device), 0);
	ASSERT_TRUE(next(&device, &event));
	EXPECT_EQ_U64(event.kind, SV3_DEVICE_DRIVER);
	EXPECT_EQ_U64(event.due, second);
	EXPECT_EQ_U64(event.serial, 6);
	EXPECT_EQ_U64(sv3_replay_rewinds(&device), 1);
	ASSERT_TRUE(next(&device, &event));
	EXPECT_EQ_U64(event.due, second + 100000);
	sv3_device_destroy(&device);
}

TEST_C(replay, guest_view_repeats_silently_and_for_ever)
{
	struct sv3_device device = make(SV3_VIEW_GUEST, 1000000, true, 0);
	struct sv3_device_event event;
	sv3_ps last = 0;

	for (uint64_t i = 0; i < 300; i++) {
		ASSERT_TRUE(next(&device, &event));
		ASSERT_TRUE(event.kind == SV3_DEVICE_READ || event.kind == SV3_DEVICE_WRITE);
		ASSERT_GE_U64(event.due, last);
		last = event.due;
	}
	EXPECT_EQ_U64(sv3_replay_rewinds(&device), 99);
	sv3_device_destroy(&device);
}

TEST_C(replay, a_trace_at_one_instant_takes_time_to_repeat)
{
	const struct sv3_trace one = { .records = &rows[1], .count = 1 };
	const struct sv3_replay_config config = {
		.trace = &one, .view = SV3_VIEW_GUEST, .time_scale_ppm = 1000000, .repeat = true
	};
	struct sv3_device device;
	struct sv3_device_event event;

	ASSERT_OK(sv3_replay_create(&config, &device));
	for (uint64_t i = 0; i < 10; i++) {
		ASSERT_TRUE(next(&device, &event));
		EXPECT_EQ_U64(event.due, i * SV3_PS_PER_NS);
	}
	sv3_device_destroy(&device);
}

TEST_C(replay, a_trace_without_accesses_is_over_at_once_in_the_guest_view)
{
	const struct sv3_trace driver_only = { .records = rows, .count = 1 };
	const struct sv3_replay_config config = { .trace = &driver_only,
						  .time_scale_ppm = 1000000,
						  .repeat = true };
	struct sv3_device device;
	struct sv3_device_event event;

	ASSERT_OK(sv3_replay_create(&config, &device));
	EXPECT_FALSE(next(&device, &event));
	sv3_device_destroy(&device);
}

TEST_C(replay, what_cannot_be_replayed_is_refused)
{
	struct sv3_trace_rec bare[] = { rows[1] };
	const struct sv3_trace no_pa = { .records = bare, .count = 1 };
	const struct sv3_trace empty = { .records = bare, .count = 0 };
	struct sv3_replay_config config = { .trace = &no_pa, .time_scale_ppm = 1000000 };
	struct sv3_device device;

	bare[0].has &= (uint8_t)~SV3_TRACE_HAS_PA;
	EXPECT_EQ_INT(sv3_replay_create(&config, &device), -SV3_ERR_INVAL);
	config.view = SV3_VIEW_IOVA;
	EXPECT_OK(sv3_replay_create(&config, &device));
	sv3_device_destroy(&device);
	config.time_scale_ppm = 0;
	EXPECT_EQ_INT(sv3_replay_create(&config, &device), -SV3_ERR_INVAL);
	config.time_scale_ppm = 1;
	config.trace = &empty;
	EXPECT_EQ_INT(sv3_replay_create(&config, &device), -SV3_ERR_INVAL);
	sv3_device_destroy(&device);
}
