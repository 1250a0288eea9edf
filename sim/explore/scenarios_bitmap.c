/* SPDX-License-Identifier: MIT */
/*
 * scenarios_bitmap.c - what a driver finds dirty goes through other numbers before a page is
 * copied or cleared: bytes of a user's bitmap, pages of a region, pages of a guest.
 */
#include "scenario.h"

/* --- bytes: the bitmap of forty pages begins in the middle of a doubleword --- */

static void map_forty(struct sv3_explore *x)
{
	sv3__map_pages(x, 40);
}

static uint64_t through_bytes(const struct sv3_explore *x, uint64_t dirty)
{
	enum { FIRST = 4, BYTES = 40 / 8 };
	uint8_t bytes[16] = { 0 };
	/* B40: no more than whole doublewords, counted from the one that it begins in. */
	const unsigned int end = sv3__mistaken(x, B40) ? (FIRST + BYTES) / 8 * 8 : FIRST + BYTES;
	uint64_t read = 0;

	for (unsigned int i = FIRST; i < end; i++)
		bytes[i] = (uint8_t)(dirty >> 8 * (i - FIRST));
	for (unsigned int i = 0; i < BYTES; i++)
		read |= (uint64_t)bytes[FIRST + i] << 8 * i;
	return read;
}

static void scan_into_bytes(struct sv3_explore *x)
{
	uint64_t dirty = 0;

	sv3_explore_stop_devices(x);
	SV3__CALL(x, scan, SV3_EXPLORE_IOVA, SV3__PAGES(40), &dirty);
	sv3_explore_copy_all(x, through_bytes(x, dirty));
}

/* --- windows: as much of a bitmap as is at hand at a time --- */

static void map_block(struct sv3_explore *x)
{
	SV3__CALL(x, map, SV3_EXPLORE_IOVA, SV3_EXPLORE_DATA, SV3__BLOCK_BYTES, 21);
}

static void collect_by_windows(struct sv3_explore *x)
{
	/* B41: a leaf reaches beyond a window: its other bits are dropped, and it is clean then. */
	const uint64_t window = sv3__mistaken(x, B41) ? 32 : 64;
	uint64_t dirty = 0, part;

	for (uint64_t page = 0; page < 64; page += window) {
		part = 0;
		SV3__CALL(x, collect, SV3_EXPLORE_IOVA + SV3__PAGES(page), SV3__PAGES(window),
			  &part);
		dirty |= part << page;
	}
	sv3_explore_copy_all(x, dirty);
	sv3__finish(x, SV3__BLOCK_BYTES);
}

/* --- a region of which pages from 2 GiB on are mapped --- */

#define REGION     SV3_EXPLORE_IOVA
#define HIGH_PAGE  (UINT64_C(1) << 19)
#define HIGH_IOVA  (REGION + SV3__PAGES(HIGH_PAGE))
#define HIGH_BYTES SV3__PAGES(2)

static void map_high(struct sv3_explore *x)
{
	SV3__CALL(x, map, HIGH_IOVA, SV3_EXPLORE_DATA, HIGH_BYTES, 12);
}

static sv3_iova iova_of(const struct sv3_explore *x, uint64_t page)
{
	if (sv3__mistaken(x, B42)) /* shifted as an int */
		return REGION + (uint64_t)(int32_t)(uint32_t)SV3__PAGES(page);
	if (sv3__mistaken(x, B43)) /* the page is counted from the region already */
		page += REGION / 4096;
	return REGION + SV3__PAGES(page);
}

static void clear_high(struct sv3_explore *x)
{
	uint64_t dirty = 0;

	sv3_explore_stop_devices(x);
	SV3__CALL(x, scan, HIGH_IOVA, HIGH_BYTES, &dirty);
	for (uint64_t page = 0; page < 2; page++)
		if (dirty >> page & 1)
			SV3__CALL(x, clear, iova_of(x, HIGH_PAGE + page), SV3__PAGES(1), 1);
	sv3_explore_copy_all(x, dirty);
	SV3__CALL(x, scan, HIGH_IOVA, HIGH_BYTES, &dirty);
	sv3_explore_expect(x, dirty == 0, SV3_EXPLORE_OVER,
			   "a page is dirty after its clear, and nobody wrote");
}

/* --- shifts: a user's bitmap begins some pages before the region --- */

#define PAGES_BEFORE 3u

/* What is known to be dirty is kept until it is cleared. Returns: the user's bitmap. */
static uint64_t get_shifted(struct sv3_explore *x, uint64_t *known)
{
	uint64_t dirty = 0;

	SV3__CALL(x, scan, SV3_EXPLORE_IOVA, SV3__PAGES(2), &dirty);
	*known |= dirty;
	if (sv3__mistaken(x, B44)) /* in place, and not shifted back */
		return *known <<= PAGES_BEFORE;
	return *known << PAGES_BEFORE;
}

/* Of what the user names that which is known. Returns: what the user named. */
static uint64_t clear_shifted(struct sv3_explore *x, uint64_t *known, uint64_t bitmap)
{
	const uint64_t named = bitmap >> PAGES_BEFORE;

	SV3__CALL(x, clear, SV3_EXPLORE_IOVA, SV3__PAGES(2), named & *known);
	*known &= ~named;
	return named;
}

static void two_shifted_rounds(struct sv3_explore *x)
{
	uint64_t known = 0;

	sv3_explore_stop_devices(x);
	for (int round = 0; round < 2; round++) {
		const uint64_t bitmap = get_shifted(x, &known);
		const uint64_t dirty = clear_shifted(x, &known, bitmap);

		sv3_explore_reported(x, dirty);
		sv3_explore_copy_all(x, dirty);
	}
}

/* --- aliases: a device sees pages of a guest in another order, and one of them twice --- */

static const uint8_t guest_pages[] = { 1, 0, 1 };

#define ALIASES (sizeof(guest_pages) / sizeof(guest_pages[0]))

static void map_aliases(struct sv3_explore *x)
{
	for (unsigned int i = 0; i < ALIASES; i++)
		SV3__CALL(x, map, SV3_EXPLORE_IOVA + SV3__PAGES(i),
			  SV3_EXPLORE_DATA + SV3__PAGES(guest_pages[i]), SV3__PAGES(1), 12);
}

static uint64_t of_guest(const struct sv3_explore *x, uint64_t dirty_iovas)
{
	uint64_t dirty = 0, seen = 0;

	if (sv3__mistaken(x, B48))
		return dirty_iovas;
	for (unsigned int i = 0; i < ALIASES; i++) {
		const uint64_t page = UINT64_C(1) << guest_pages[i];

		/* B49: the first that maps a page speaks for it. */
		if (dirty_iovas >> i & 1 && !(sv3__mistaken(x, B49) && seen & page))
			dirty |= page;
		seen |= page;
	}
	return dirty;
}

static void copy_guest(struct sv3_explore *x, uint64_t dirty_iovas)
{
	const uint64_t dirty = of_guest(x, dirty_iovas);

	sv3_explore_reported(x, dirty);
	sv3_explore_copy_all(x, dirty);
}

static void collect_aliases(struct sv3_explore *x)
{
	uint64_t dirty = 0;

	SV3__CALL(x, collect, SV3_EXPLORE_IOVA, SV3__PAGES(ALIASES), &dirty);
	copy_guest(x, dirty);
	sv3_explore_stop_devices(x);
	SV3__CALL(x, scan, SV3_EXPLORE_IOVA, SV3__PAGES(ALIASES), &dirty);
	copy_guest(x, dirty);
}

#define COMMON .smmu_count = 1, .device_count = 1, .program_count = 1, .queue_lg2 = 3, .bbml = 2

const struct sv3_explore_scenario sv3__scenarios_bitmap[] = {
	{
		COMMON,
		.name = "bitmap-bytes",
		.about = "a user's bitmap begins in the middle of a doubleword",
		.devices = { { "device", 3, 0, 1, { { true, 39 } }, .reads = 0 } },
		.prepare = map_forty,
		.programs = { scan_into_bytes },
		.migrates = true,
	},
	{
		COMMON,
		.name = "bitmap-window",
		.about = "a dirty block is collected into a bitmap as large as may be",
		.devices = { { "device", 3, 0, 1, { { true, 40 } }, .writes = 2 } },
		.prepare = map_block,
		.programs = { collect_by_windows },
		.migrates = true,
	},
	{
		COMMON,
		.name = "bitmap-shift",
		.about = "a user's bitmap begins before what is mapped; two rounds",
		.devices = { { "device", 3, 0, 1, { { true, 0 } }, .writes = 2 } },
		.prepare = sv3__map_two,
		.programs = { two_shifted_rounds },
		.migrates = true,
		.is_exact = true,
	},
	{
		COMMON,
		.name = "high-region",
		.about = "pages 2 GiB behind the beginning of their region are cleared",
		.devices = { { "device",
			       3,
			       0,
			       1,
			       { { true, 1 } },
			       .writes = 1,
			       .iova = HIGH_IOVA } },
		.prepare = map_high,
		.programs = { clear_high },
		.input_size_lg2 = 32,
		.migrates = true,
	},
	{
		COMMON,
		.name = "aliases",
		.about = "a device sees pages in another order, and one of them twice",
		.devices = { { "device", 3, 0, 2, { { true, 2 }, { true, 2 } }, .reads = 1 } },
		.prepare = map_aliases,
		.programs = { collect_aliases },
		.migrates = true,
		.is_exact = true,
	},
	{ .name = NULL },
};
