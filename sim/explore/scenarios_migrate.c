/* SPDX-License-Identifier: MIT */
/*
 * scenarios_migrate.c - dirty tracking while devices write, as a migration does it; and the list of
 * all scenarios.
 *
 * Most end like a migration: the devices stop, what is dirty then is copied, and every page must
 * stand at the destination as it was written last.
 */
#include <string.h>

#include "scenario.h"

const struct sv3_explore_scenario *sv3_explore_scenario(unsigned int index)
{
	static const struct sv3_explore_scenario *const lists[] = {
		sv3__scenarios_migrate,  sv3__scenarios_tracking, sv3__scenarios_table,
		sv3__scenarios_hardware, sv3__scenarios_log,      sv3__scenarios_bitmap,
		sv3__scenarios_cpus
	};

	for (unsigned int list = 0; list < sizeof(lists) / sizeof(lists[0]); list++)
		for (unsigned int i = 0; lists[list][i].name; i++)
			if (index-- == 0)
				return &lists[list][i];
	return NULL;
}

const struct sv3_explore_scenario *sv3_explore_find_scenario(const char *name)
{
	const struct sv3_explore_scenario *scenario;

	for (unsigned int i = 0; (scenario = sv3_explore_scenario(i)) != NULL; i++)
		if (strcmp(scenario->name, name) == 0)
			return scenario;
	return NULL;
}

/* --- rounds --- */

void sv3__map_pages(struct sv3_explore *x, uint32_t count)
{
	SV3__CALL(x, map, SV3_EXPLORE_IOVA, SV3_EXPLORE_DATA, SV3__PAGES(count), 12);
}

void sv3__map_two(struct sv3_explore *x)
{
	sv3__map_pages(x, 2);
}

/* What a driver says, on its way to who copies. */
static uint64_t passed_on(const struct sv3_explore *x, uint64_t dirty)
{
	if (sv3__mistaken(x, B45))
		return 0; /* the bitmap is zeroed behind the report */
	if (sv3__mistaken(x, B47))
		return (dirty & UINT64_C(0x5555555555555555)) *
		       3; /* of two pages the first counts */
	return dirty;
}

void sv3__finish(struct sv3_explore *x, uint64_t len)
{
	uint64_t dirty = 0;

	if (sv3__mistaken(x, B50))
		len = SV3__PAGES(1); /* what was there at the start */
	if (sv3__mistaken(x, B55))
		SV3__CALL(x, scan, SV3_EXPLORE_IOVA, len, &dirty);
	if (sv3__mistaken(x, B56))
		sv3_explore_stop_device(x, 0);
	else
		sv3_explore_stop_devices(x);
	if (!sv3__mistaken(x, B55) && !sv3__mistaken(x, B64))
		SV3__CALL(x, scan, SV3_EXPLORE_IOVA, len, &dirty);
	dirty = passed_on(x, dirty);
	sv3_explore_reported(x, dirty);
	sv3_explore_copy_all(x, dirty);
}

void sv3__round_by_hand(struct sv3_explore *x, uint64_t len)
{
	uint64_t dirty = 0;

	SV3__CALL(x, scan, SV3_EXPLORE_IOVA, len, &dirty);
	sv3_explore_reported(x, dirty);
	if (sv3__mistaken(x, B18))
		sv3_explore_copy_all(x, dirty);
	SV3__CALL(x, clear, SV3_EXPLORE_IOVA, len, dirty);
	if (!sv3__mistaken(x, B18))
		sv3_explore_copy_all(x, dirty);
}

void sv3__round_at_once(struct sv3_explore *x, uint64_t len)
{
	uint64_t dirty = 0, more = 0;

	if (sv3__mistaken(x, B50))
		len = SV3__PAGES(1); /* what was there at the start */
	if (sv3__mistaken(x, B65))
		SV3__CALL(x, scan, SV3_EXPLORE_IOVA, len, &dirty);
	SV3__CALL(x, collect, SV3_EXPLORE_IOVA, len, sv3__mistaken(x, B65) ? &more : &dirty);
	dirty = passed_on(x, dirty);
	sv3_explore_reported(x, dirty);
	sv3_explore_copy_all(x, dirty);
}

/* --- programs --- */

static void by_hand(struct sv3_explore *x)
{
	sv3__round_by_hand(x, SV3__PAGES(2));
	sv3__finish(x, SV3__PAGES(2));
}

static void at_once(struct sv3_explore *x)
{
	sv3__round_at_once(x, SV3__PAGES(2));
	sv3__finish(x, SV3__PAGES(2));
}

/* A clear that failed may have cleaned leaves and not invalidated them. */
static void clear_or_flush(struct sv3_explore *x)
{
	const struct sv3_explore_driver *driver = sv3_explore_driver(x);
	uint64_t dirty = 0;

	SV3__CALL(x, scan, SV3_EXPLORE_IOVA, SV3__PAGES(2), &dirty);
	sv3_explore_reported(x, dirty);
	if (driver->clear(sv3_explore_state(x), SV3_EXPLORE_IOVA, SV3__PAGES(2), dirty) < 0 &&
	    !sv3__mistaken(x, B58))
		sv3_explore_call(x, driver->flush(sv3_explore_state(x)), "flush");
	sv3_explore_copy_all(x, dirty);
	sv3__finish(x, SV3__PAGES(2));
}

void sv3__twice(struct sv3_explore *x, uint64_t len)
{
	uint64_t dirty = 0;

	sv3_explore_stop_devices(x);
	sv3__round_by_hand(x, len);
	SV3__CALL(x, scan, SV3_EXPLORE_IOVA, len, &dirty);
	sv3_explore_expect(x, dirty == 0, SV3_EXPLORE_OVER,
			   "a page is dirty after its clear, and nobody wrote");
}

static void twice(struct sv3_explore *x)
{
	sv3__twice(x, SV3__PAGES(2));
}

/* The clear goes by chunks of two pages. */
static void by_chunks(struct sv3_explore *x)
{
	const uint64_t end = sv3__mistaken(x, B57) ? 2 : 3;
	uint64_t dirty = 0;

	sv3_explore_stop_devices(x);
	SV3__CALL(x, scan, SV3_EXPLORE_IOVA, SV3__PAGES(3), &dirty);
	for (uint64_t page = 0; page < end; page += 2)
		SV3__CALL(x, clear, SV3_EXPLORE_IOVA + SV3__PAGES(page),
			  SV3__PAGES(page + 2 < 3 ? 2 : 3 - page), dirty >> page & 3);
	sv3_explore_copy_all(x, dirty);
	SV3__CALL(x, scan, SV3_EXPLORE_IOVA, SV3__PAGES(3), &dirty);
	sv3_explore_expect(x, dirty == 0, SV3_EXPLORE_OVER,
			   "a page is dirty after its clear, and nobody wrote");
}

static void map_three(struct sv3_explore *x)
{
	sv3__map_pages(x, 3);
}

static void with_hole(struct sv3_explore *x)
{
	SV3__CALL(x, map, SV3_EXPLORE_IOVA, SV3_EXPLORE_DATA, SV3__PAGES(1), 12);
	SV3__CALL(x, map, SV3_EXPLORE_IOVA + SV3__PAGES(2), SV3_EXPLORE_DATA + SV3__PAGES(2),
		  SV3__PAGES(1), 12);
}

static void scan_three(struct sv3_explore *x)
{
	sv3__finish(x, SV3__PAGES(3));
}

static void map_many(struct sv3_explore *x)
{
	sv3__map_pages(x, 40);
}

static void collect_many(struct sv3_explore *x)
{
	sv3__round_at_once(x, SV3__PAGES(40));
	sv3__finish(x, SV3__PAGES(40));
}

static void map_one(struct sv3_explore *x)
{
	sv3__map_pages(x, 1);
}

static void late_map(struct sv3_explore *x)
{
	SV3__CALL(x, map, SV3_EXPLORE_IOVA + SV3__PAGES(1), SV3_EXPLORE_DATA + SV3__PAGES(1),
		  SV3__PAGES(1), 12);
	at_once(x);
}

/* --- rows --- */

#define COMMON .smmu_count = 1, .program_count = 1, .queue_lg2 = 3, .bbml = 2

const struct sv3_explore_scenario sv3__scenarios_migrate[] = {
	{
		COMMON,
		.name = "clear",
		.about = "two dirty pages are read, cleared and copied while a device writes them",
		.device_count = 1,
		.devices = { { "device", 3, 0, 2, { { true, 1 }, { true, 0 } }, .writes = 3 } },
		.prepare = sv3__map_two,
		.programs = { by_hand },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "clear-cold",
		.about = "the same with a page that is clean at first, and that no TLB knows",
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .reads = 0 } },
		.prepare = sv3__map_two,
		.programs = { by_hand },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "collect",
		.about = "two dirty pages are read and cleared in one walk, and copied",
		.device_count = 1,
		.devices = { { "device", 3, 0, 2, { { true, 1 }, { true, 0 } }, .writes = 3 } },
		.prepare = sv3__map_two,
		.programs = { at_once },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "collect-cold",
		.about = "the same with a page that is clean at first, and that no TLB knows",
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .reads = 0 } },
		.prepare = sv3__map_two,
		.programs = { at_once },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "clear-twice",
		.about = "what was cleared is not dirty again unless it is written",
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .writes = 3 } },
		.prepare = sv3__map_two,
		.programs = { twice },
		.is_exact = true,
	},
	{
		COMMON,
		.name = "clear-chunks",
		.about = "three pages are cleared by chunks of two",
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 2 } }, .reads = 0 } },
		.prepare = map_three,
		.programs = { by_chunks },
		.is_exact = true,
	},
	{
		COMMON,
		.name = "clear-fails",
		.about = "a clear fails between leaves and their invalidation",
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .writes = 1 } },
		.prepare = sv3__map_two,
		.programs = { clear_or_flush },
		.bus_fails = true,
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "reads",
		.about = "no hardware updates (HA = HD = 0): a device reads what is cleared",
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { false, 0 } }, .reads = 0 } },
		.prepare = sv3__map_two,
		.programs = { by_hand },
		.starts_off = true,
	},
	{
		COMMON,
		.name = "two-devices",
		.about = "two devices write the pages of one table",
		.device_count = 2,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .writes = 1 },
			     { "device 2", 4, 0, 1, { { true, 1 } }, .writes = 2 } },
		.prepare = sv3__map_two,
		.programs = { at_once },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "two-tables",
		.about = "two devices have a table each; both wrote, one writes on",
		.device_count = 2,
		.devices = { { "device", 3, 0, 0, { { true, 0 } }, .writes = 1 },
			     { "device 2", 4, 0, 1, { { true, 1 } }, .writes = 2 } },
		.prepare = sv3__map_two,
		.programs = { at_once },
		.own_tables = true,
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "hole",
		.about = "a range with a hole is read; the page behind it was written",
		.device_count = 1,
		.devices = { { "device", 3, 0, 2, { { true, 0 }, { true, 2 } }, .reads = 0 } },
		.prepare = with_hole,
		.programs = { scan_three },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "many-pages",
		.about = "forty pages: a range that takes two commands",
		.device_count = 1,
		.devices = { { "device",
			       3,
			       0,
			       1,
			       { { true, 39 } },
			       .writes = UINT64_C(1) << 39 | 1 } },
		.prepare = map_many,
		.programs = { collect_many },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "own-bits",
		.about = "leaves with a bit set that is software's own [58:55]",
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .writes = 2 } },
		.prepare = sv3__map_two,
		.programs = { at_once },
		.own_bits = true,
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "global",
		.about = "leaves of all ASIDs (nG = 0)",
		.device_count = 1,
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .writes = 3 } },
		.prepare = sv3__map_two,
		.programs = { at_once },
		.is_global = true,
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "late-map",
		.about = "a page is mapped while tracking is on, and written",
		.device_count = 1,
		.devices = { { "device", 3, 0, 2, { { true, 1 }, { true, 1 } }, .reads = 1 } },
		.prepare = map_one,
		.programs = { late_map },
		.migrates = true,
		.is_exact = true,
		.may_fault = true,
	},
	{ .name = NULL },
};
