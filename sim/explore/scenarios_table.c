/* SPDX-License-Identifier: MIT */
/*
 * scenarios_table.c - tables that change under devices: unmap, split, merge, blocks.
 */
#include "scenario.h"

static void map_block(struct sv3_explore *x)
{
	SV3__CALL(x, map, SV3_EXPLORE_IOVA, SV3_EXPLORE_DATA, SV3__BLOCK_BYTES, 21);
}

static void map_block_in_pages(struct sv3_explore *x)
{
	map_block(x);
	SV3__CALL(x, split, SV3_EXPLORE_IOVA, SV3__BLOCK_BYTES);
}

/* A block that ends where the pages begin; what it maps is nobody's. */
static void map_behind_block(struct sv3_explore *x)
{
	SV3__CALL(x, map, SV3_EXPLORE_IOVA - SV3__BLOCK_BYTES, SV3_EXPLORE_DATA + SV3__BLOCK_BYTES,
		  SV3__BLOCK_BYTES, 21);
	sv3__map_pages(x, 2);
}

static void unmap(struct sv3_explore *x)
{
	uint64_t dirty = 0, thrown = 0;

	if (sv3__mistaken(x, B32))
		SV3__CALL(x, scan, SV3_EXPLORE_IOVA, SV3__PAGES(2), &dirty);
	SV3__CALL(x, unmap, SV3_EXPLORE_IOVA, SV3__PAGES(2),
		  sv3__mistaken(x, B32) ? &thrown : &dirty);
	sv3_explore_copy_all(x, dirty);
	sv3_explore_reuse(x, 3);
}

static void unmap_and_reuse(struct sv3_explore *x)
{
	uint64_t dirty = 0;

	SV3__CALL(x, unmap, SV3_EXPLORE_IOVA, SV3__PAGES(2), &dirty);
	sv3_explore_reuse(x, 3);
}

static void map_one(struct sv3_explore *x)
{
	sv3__map_pages(x, 1);
}

/* In a doubleword behind the CDs: the clear is over. */
static sv3_pa flag_pa(const struct sv3_explore *x)
{
	return sv3_explore_setup(x)->cds + 0x800;
}

static void clear_one(struct sv3_explore *x)
{
	const uint8_t flag[8] = { 1 };

	SV3__CALL(x, clear, SV3_EXPLORE_IOVA, SV3__PAGES(1), 1);
	(void)sv3_bus_write(&sv3_explore_setup(x)->bus, flag_pa(x), flag, 8);
}

/* What is unmapped may be mapped anew. */
static void unmap_one(struct sv3_explore *x)
{
	uint64_t dirty = 0;
	uint8_t flag[8] = { 0 };

	SV3__CALL(x, unmap, SV3_EXPLORE_IOVA, SV3__PAGES(1), &dirty);
	while (sv3_bus_read(&sv3_explore_setup(x)->bus, flag_pa(x), flag, 8) == SV3_BUS_OK &&
	       sv3_le64(flag) == 0)
		sv3_explore_wait(x);
	SV3__CALL(x, map, SV3_EXPLORE_IOVA, SV3_EXPLORE_DATA + SV3__PAGES(1), SV3__PAGES(1), 12);
}

static void split(struct sv3_explore *x)
{
	SV3__CALL(x, split, SV3_EXPLORE_IOVA, SV3__BLOCK_BYTES);
	sv3__finish(x, SV3__PAGES(8));
}

static void split_unwritten(struct sv3_explore *x)
{
	uint64_t dirty = 0;

	SV3__CALL(x, split, SV3_EXPLORE_IOVA, SV3__BLOCK_BYTES);
	SV3__CALL(x, scan, SV3_EXPLORE_IOVA, SV3__PAGES(8), &dirty);
	sv3_explore_reported(x, dirty);
}

static void merge(struct sv3_explore *x)
{
	SV3__CALL(x, merge, SV3_EXPLORE_IOVA, SV3__BLOCK_BYTES);
	sv3__finish(x, SV3__BLOCK_BYTES);
}

static void collect_block(struct sv3_explore *x)
{
	sv3__round_at_once(x, SV3__BLOCK_BYTES);
	sv3__finish(x, SV3__BLOCK_BYTES);
}

static void scan_from_block(struct sv3_explore *x)
{
	uint64_t dirty = 0;

	sv3_explore_stop_devices(x);
	/* Bits of the log are pages from the first of them on, so this asks for the pages alone. */
	SV3__CALL(x, scan, SV3_EXPLORE_IOVA - SV3__PAGES(1), SV3__PAGES(3), &dirty);
	sv3_explore_copy_all(x, sv3__mistaken(x, B03) ? dirty : dirty >> 1);
}

static void map_group(struct sv3_explore *x)
{
	sv3__map_pages(x, 16);
}

static void clear_group(struct sv3_explore *x)
{
	sv3__round_by_hand(x, SV3__PAGES(16));
	sv3__finish(x, SV3__PAGES(16));
}

static void clear_group_twice(struct sv3_explore *x)
{
	sv3__twice(x, SV3__PAGES(16));
}

#define COMMON .smmu_count = 1, .device_count = 1, .program_count = 1, .queue_lg2 = 3, .bbml = 2

const struct sv3_explore_scenario sv3__scenarios_table[] = {
	{
		COMMON,
		.name = "unmap",
		.about = "pages are unmapped under a device, copied if dirty, and given to others",
		.devices = { { "device", 3, 0, 2, { { true, 0 }, { true, 1 } }, .writes = 1 } },
		.prepare = sv3__map_two,
		.programs = { unmap },
		.migrates = true,
		.may_fault = true,
	},
	{
		.smmu_count = 1,
		.program_count = 2,
		.queue_lg2 = 3,
		.bbml = 2,
		.name = "clear-unmap",
		.about = "a dirty page is cleared by one program while another unmaps it",
		.prepare = map_one,
		.programs = { clear_one, unmap_one },
		.starts_off = true,
	},
	{
		COMMON,
		.name = "unmap-reuse",
		.about =
			"pages are unmapped under a device and given to others, whatever was in them",
		.devices = { { "device", 3, 0, 2, { { true, 0 }, { false, 1 } }, .writes = 1 } },
		.prepare = sv3__map_two,
		.programs = { unmap_and_reuse },
		.may_fault = true,
	},
	{
		COMMON,
		.name = "block",
		.about = "a dirty block is collected while a device writes it",
		.devices = { { "device", 3, 0, 1, { { true, 1 } }, .writes = 2 } },
		.prepare = map_block,
		.programs = { collect_block },
		.migrates = true,
	},
	{
		COMMON,
		.name = "split",
		.about = "a block becomes pages while a device writes it",
		.devices = { { "device", 3, 0, 1, { { true, 1 } }, .reads = 1 } },
		.prepare = map_block,
		.programs = { split },
		.migrates = true,
	},
	{
		COMMON,
		.name = "split-dirty",
		.about = "a block that was written becomes pages",
		.devices = { { "device", 3, 0, 1, { { false, 1 } }, .writes = 2 } },
		.prepare = map_block,
		.programs = { split },
		.migrates = true,
	},
	{
		COMMON,
		.name = "split-clean",
		.about = "a block that nobody wrote becomes pages that nobody wrote",
		.devices = { { "device", 3, 0, 1, { { false, 1 } }, .reads = 1 } },
		.prepare = map_block,
		.programs = { split_unwritten },
		.is_exact = true,
	},
	{
		COMMON,
		.name = "merge",
		.about = "pages become a block while a device writes one of them",
		.devices = { { "device", 3, 0, 1, { { true, 1 } }, .reads = 4 } },
		.prepare = map_block_in_pages,
		.programs = { merge },
		.migrates = true,
	},
	{
		COMMON,
		.name = "merge-dirty",
		.about = "pages become a block; one of them was written",
		.devices = { { "device", 3, 0, 1, { { false, 1 } }, .writes = 4 } },
		.prepare = map_block_in_pages,
		.programs = { merge },
		.migrates = true,
	},
	{
		COMMON,
		.name = "from-block",
		.about = "a scan begins in the middle of a block, and goes on to pages behind it",
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .reads = 0 } },
		.prepare = map_behind_block,
		.programs = { scan_from_block },
		.migrates = true,
	},
	{
		COMMON,
		.name = "group",
		.about =
			"sixteen pages that are one leaf to the SMMU, cleared while a device writes",
		.devices = { { "device", 3, 0, 1, { { true, 9 } }, .writes = 1 << 5 } },
		.prepare = map_group,
		.programs = { clear_group },
		.groups = true,
		.migrates = true,
	},
	{
		COMMON,
		.name = "group-twice",
		.about = "such pages are not dirty again unless one is written",
		.devices = { { "device", 3, 0, 1, { { true, 9 } }, .reads = 1 } },
		.prepare = map_group,
		.programs = { clear_group_twice },
		.groups = true,
	},
	{ .name = NULL },
};
