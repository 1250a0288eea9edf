/* SPDX-License-Identifier: MIT */
/*
 * scenarios_tracking.c - tracking is turned on and off under devices.
 */
#include "scenario.h"

/* On, off and on again: what was reported the first time is old. */
static void restart(struct sv3_explore *x)
{
	uint64_t dirty = 0, cached = 0;

	SV3__CALL(x, start, SV3_EXPLORE_IOVA, SV3__PAGES(2));
	sv3_explore_stop_devices(x);
	SV3__CALL(x, collect, SV3_EXPLORE_IOVA, SV3__PAGES(2), &cached);
	SV3__CALL(x, stop, SV3_EXPLORE_IOVA, SV3__PAGES(2));
	SV3__CALL(x, start, SV3_EXPLORE_IOVA, SV3__PAGES(2));
	SV3__CALL(x, collect, SV3_EXPLORE_IOVA, SV3__PAGES(2), &dirty);
	if (sv3__mistaken(x, B62))
		dirty |= cached;
	sv3_explore_expect(x, dirty == 0, SV3_EXPLORE_OVER,
			   "a page is reported that nobody wrote since tracking began");
}

static void tracking(struct sv3_explore *x)
{
	SV3__CALL(x, start, SV3_EXPLORE_IOVA, SV3__PAGES(2));
	sv3_explore_copy_all(x, 3);
	sv3__finish(x, SV3__PAGES(2));
}

static void stopping(struct sv3_explore *x)
{
	SV3__CALL(x, stop, SV3_EXPLORE_IOVA, SV3__PAGES(2));
}

#define COMMON .smmu_count = 1, .program_count = 1, .queue_lg2 = 3, .bbml = 2

const struct sv3_explore_scenario sv3__scenarios_tracking[] = {
	{
		COMMON,
		.name = "restart",
		.about = "tracking starts, ends and starts again",
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .reads = 1 } },
		.prepare = sv3__map_two,
		.programs = { restart },
		.starts_off = true,
	},
	{
		COMMON,
		.name = "tracking",
		.about = "tracking starts for two devices while one writes what was writable",
		.device_count = 2,
		.devices = { { "device", 3, 0, 0, { { true, 0 } }, .writes = 2 },
			     { "device 2", 4, 0, 1, { { true, 0 } }, .reads = 1 } },
		.prepare = sv3__map_two,
		.programs = { tracking },
		.starts_off = true,
		.migrates = true,
		.starts_clean = true,
	},
	{
		COMMON,
		.name = "stop",
		.about = "tracking ends while a device writes pages that are clean",
		.device_count = 1,
		.devices = { { "device", 3, 0, 2, { { true, 0 }, { true, 1 } }, .reads = 1 } },
		.prepare = sv3__map_two,
		.programs = { stopping },
	},
	{ .name = NULL },
};
