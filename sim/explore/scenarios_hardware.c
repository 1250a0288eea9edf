/* SPDX-License-Identifier: MIT */
/*
 * scenarios_hardware.c - what is about the hardware's other parts: queues, structures, two SMMUs,
 * ATCs, stalls, memory that is not coherent.
 */
#include "scenario.h"

static void collect(struct sv3_explore *x)
{
	sv3__round_at_once(x, SV3__PAGES(2));
	sv3__finish(x, SV3__PAGES(2));
}

static void by_hand(struct sv3_explore *x)
{
	sv3__round_by_hand(x, SV3__PAGES(2));
	sv3__finish(x, SV3__PAGES(2));
}

static void three_rounds(struct sv3_explore *x)
{
	for (int round = 0; round < 3; round++)
		sv3__round_at_once(x, SV3__PAGES(2));
	sv3__finish(x, SV3__PAGES(2));
}

/* The descriptors of pages 0 and 8 stand in two lines (D-021). */
static void map_nine(struct sv3_explore *x)
{
	sv3__map_pages(x, 9);
}

static void collect_nine(struct sv3_explore *x)
{
	sv3__round_at_once(x, SV3__PAGES(9));
	sv3__finish(x, SV3__PAGES(9));
}

static void change(struct sv3_explore *x)
{
	SV3__CALL(x, change, 0);
	sv3__finish(x, SV3__PAGES(2));
}

static void illegal(struct sv3_explore *x)
{
	const struct sv3_explore_driver *driver = sv3_explore_driver(x);

	sv3_explore_call(x, driver->illegal(sv3_explore_state(x)), "illegal");
	sv3__finish(x, SV3__PAGES(2));
}

/* One stalled write is served. */
static void serve(struct sv3_explore *x)
{
	const struct sv3_explore_driver *driver = sv3_explore_driver(x);
	int rc;

	while ((rc = driver->event(sv3_explore_state(x), 0)) == 0)
		sv3_explore_wait(x);
	sv3_explore_call(x, rc, "event");
	sv3__finish(x, SV3__PAGES(2));
}

static void map_second(struct sv3_explore *x)
{
	SV3__CALL(x, map, SV3_EXPLORE_IOVA + SV3__PAGES(1), SV3_EXPLORE_DATA + SV3__PAGES(1),
		  SV3__PAGES(1), 12);
}

#define COMMON .program_count = 1, .queue_lg2 = 3, .bbml = 2

const struct sv3_explore_scenario sv3__scenarios_hardware[] = {
	{
		COMMON,
		.name = "two-smmus",
		.about = "devices behind two SMMUs that walk one table",
		.smmu_count = 2,
		.device_count = 2,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .writes = 1 },
			     { "device 2", 4, 1, 1, { { true, 1 } }, .writes = 2 } },
		.prepare = sv3__map_two,
		.programs = { collect },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "ats",
		.about = "a device that translates by itself what it was granted",
		.smmu_count = 1,
		.device_count = 1,
		.devices = { { "device", 3, 0, 2, { { true, 0 }, { true, 0 } }, .reads = 0 } },
		.prepare = sv3__map_two,
		.programs = { by_hand },
		.ats = true,
		.migrates = true,
	},
	{
		COMMON,
		.name = "ats-reader",
		.about = "such a device reads pages that are collected: none is dirty",
		.smmu_count = 1,
		.device_count = 1,
		.devices = { { "device", 3, 0, 2, { { false, 0 }, { false, 0 } }, .reads = 0 } },
		.prepare = sv3__map_two,
		.programs = { collect },
		.ats = true,
		.migrates = true,
		.is_exact = true,
	},
	{
		.program_count = 1,
		.bbml = 2,
		.queue_lg2 = 2,
		.name = "queue-wrap",
		.about = "three rounds through a queue of four commands",
		.smmu_count = 1,
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .writes = 3 } },
		.prepare = sv3__map_two,
		.programs = { three_rounds },
		.stays_apart = true,
		.migrates = true,
	},
	{
		COMMON,
		.name = "queue-error",
		.about = "a command that no SMMU knows",
		.smmu_count = 1,
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .writes = 1 } },
		.prepare = sv3__map_two,
		.programs = { illegal },
		.stays_apart = true,
		.migrates = true,
	},
	{
		COMMON,
		.name = "structures",
		.about = "a device gets another CD while it goes on",
		.smmu_count = 1,
		.device_count = 1,
		.devices = { { "device", 3, 0, 2, { { true, 0 }, { true, 1 } }, .writes = 1 } },
		.prepare = sv3__map_two,
		.programs = { change },
		.migrates = true,
	},
	{
		COMMON,
		.name = "incoherent",
		.about = "the SMMU does not see what is in the CPU's caches (COHACC = 0)",
		.smmu_count = 1,
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 8 } }, .writes = 1 } },
		.prepare = map_nine,
		.programs = { collect_nine },
		.incoherent = true,
		.migrates = true,
	},
	{
		COMMON,
		.name = "stall",
		.about = "a write to a page that is not there waits until it is",
		.smmu_count = 1,
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .reads = 2 } },
		.prepare = map_second,
		.programs = { serve },
		.stall = true,
		.migrates = true,
	},
	{ .name = NULL },
};
