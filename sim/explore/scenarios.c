/* SPDX-License-Identifier: MIT */
/*
 * scenarios.c - the small machines and what happens in them.
 *
 * Most end like a migration: the devices stop, what is dirty then is copied, and every page must
 * stand at the destination as it was written last.
 */
#include "explore_priv.h"

#define IOVA         SV3_EXPLORE_IOVA
#define DATA         SV3_EXPLORE_DATA
#define PAGES(count) (UINT64_C(4096) * (count))
#define BLOCK_BYTES  UINT64_C(0x200000)

#define CALL(x, function, ...)                                                                  \
	sv3_explore_call(x, sv3_explore_driver(x)->function(sv3_explore_state(x), __VA_ARGS__), \
			 #function)

static void map_pages(struct sv3_explore *x, uint32_t count)
{
	CALL(x, map, IOVA, DATA, PAGES(count), 12);
}

static void map_two(struct sv3_explore *x)
{
	map_pages(x, 2);
}

static void map_four(struct sv3_explore *x)
{
	map_pages(x, 4);
}

static void map_block(struct sv3_explore *x)
{
	CALL(x, map, IOVA, DATA, BLOCK_BYTES, 21);
}

/* The last round of a migration. */
static void finish(struct sv3_explore *x, uint64_t len)
{
	uint64_t dirty = 0;

	sv3_explore_stop_devices(x);
	CALL(x, scan, IOVA, len, &dirty);
	sv3_explore_copy_all(x, dirty);
}

/* A round by two calls: what was reported is cleared, then copied. */
static void round_by_hand(struct sv3_explore *x, uint64_t len)
{
	uint64_t dirty = 0;

	CALL(x, scan, IOVA, len, &dirty);
	sv3_explore_reported(x, dirty);
	CALL(x, clear, IOVA, len, dirty);
	sv3_explore_copy_all(x, dirty);
}

static void round_at_once(struct sv3_explore *x, uint64_t len)
{
	uint64_t dirty = 0;

	CALL(x, collect, IOVA, len, &dirty);
	sv3_explore_reported(x, dirty);
	sv3_explore_copy_all(x, dirty);
}

static void clear_program(struct sv3_explore *x)
{
	round_by_hand(x, PAGES(2));
	finish(x, PAGES(2));
}

static void clear_four_program(struct sv3_explore *x)
{
	round_by_hand(x, PAGES(4));
	finish(x, PAGES(4));
}

static void collect_program(struct sv3_explore *x)
{
	round_at_once(x, PAGES(2));
	finish(x, PAGES(2));
}

static void clear_twice_program(struct sv3_explore *x)
{
	uint64_t dirty = 0;

	round_by_hand(x, PAGES(2));
	sv3_explore_stop_devices(x);
	round_by_hand(x, PAGES(2));
	CALL(x, scan, IOVA, PAGES(2), &dirty);
	sv3_explore_expect(x, dirty == 0, SV3_EXPLORE_OVER,
			   "a page is dirty after its clear, and nobody wrote");
}

static void unmap_program(struct sv3_explore *x)
{
	uint64_t dirty = 0;

	CALL(x, unmap, IOVA, PAGES(2), &dirty);
	sv3_explore_copy_all(x, dirty);
	sv3_explore_reuse(x, 3);
}

static void split_program(struct sv3_explore *x)
{
	CALL(x, split, IOVA, BLOCK_BYTES);
	finish(x, PAGES(8));
}

static void merge_program(struct sv3_explore *x)
{
	CALL(x, split, IOVA, BLOCK_BYTES);
	CALL(x, merge, IOVA, BLOCK_BYTES);
	finish(x, PAGES(8));
}

static void track_program(struct sv3_explore *x)
{
	CALL(x, start, IOVA, PAGES(2));
	for (uint32_t page = 0; page < 2; page++)
		sv3_explore_copy(x, page);
	round_at_once(x, PAGES(2));
	finish(x, PAGES(2));
}

#define WRITER(name_, page_)                                                      \
	{                                                                         \
		.name = (name_), .stream_id = 3, .access_count = 1, .accesses = { \
			{ true, (page_) }                                         \
		}                                                                 \
	}

static const struct sv3_explore_scenario scenarios[] = {
	{
		.name = "clear",
		.about =
			"two pages are scanned, cleared and copied while a device writes them again",
		.smmu_count = 1,
		.device_count = 1,
		.program_count = 1,
		.devices = { { .name = "device",
			       .stream_id = 3,
			       .access_count = 2,
			       .accesses = { { true, 1 }, { true, 0 } },
			       .dirty = true } },
		.prepare = map_two,
		.programs = { clear_program },
		.queue_lg2 = 3,
		.bbml = 2,
		.migrates = true,
		.is_exact = true,
	},
	{
		.name = "clear-cold",
		.about = "the same, of pages that were clean, and unknown to the TLB",
		.smmu_count = 1,
		.device_count = 1,
		.program_count = 1,
		.devices = { { .name = "device",
			       .stream_id = 3,
			       .access_count = 1,
			       .accesses = { { true, 0 } } } },
		.prepare = map_two,
		.programs = { clear_program },
		.queue_lg2 = 3,
		.bbml = 2,
		.migrates = true,
		.is_exact = true,
	},
	{
		.name = "collect",
		.about = "the same with a scan that clears as it goes",
		.smmu_count = 1,
		.device_count = 1,
		.program_count = 1,
		.devices = { { .name = "device",
			       .stream_id = 3,
			       .access_count = 2,
			       .accesses = { { true, 1 }, { true, 0 } },
			       .dirty = true } },
		.prepare = map_two,
		.programs = { collect_program },
		.queue_lg2 = 3,
		.bbml = 2,
		.migrates = true,
		.is_exact = true,
	},
};

const struct sv3_explore_scenario *sv3_explore_scenario(unsigned int index)
{
	return index < sizeof(scenarios) / sizeof(scenarios[0]) ? &scenarios[index] : NULL;
}
