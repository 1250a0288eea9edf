/* SPDX-License-Identifier: MIT */
/*
 * write_map.c - how often which part of the guest was written when, in a block of fixed size.
 *
 * Taking in a write is two divisions and an increment. Only a write outside the block makes work:
 * bins merge in pairs, or move within the block. Nothing is allocated and no count is ever lost.
 */
#include <string.h>

#include "migration_priv.h"

#define PAGES SV3_WRITE_MAP_PAGES
#define TIMES SV3_WRITE_MAP_TIMES

void sv3_write_map_reset(struct sv3_write_map *map)
{
	memset(map, 0, sizeof(*map));
}

/* --- making room --- */

/* Twice as long, half as many. */
static void merge_times(struct sv3_write_map *map)
{
	for (unsigned int i = 0; i < TIMES; i++) {
		uint64_t moved[PAGES];

		memcpy(moved, map->writes[i], sizeof(moved));
		memset(map->writes[i], 0, sizeof(moved));
		for (unsigned int j = 0; j < PAGES; j++)
			map->writes[i / 2][j] += moved[j];
	}
	map->time_lg2++;
}

static bool bin_is_used(const struct sv3_write_map *map, unsigned int bin)
{
	for (unsigned int i = 0; i < TIMES; i++) {
		if (map->writes[i][bin])
			return true;
	}
	return false;
}

/* Bins 2^@wider times as wide, the block beginning with bin @first of those. */
static void place_bins(struct sv3_write_map *map, unsigned int wider, uint64_t first)
{
	for (unsigned int i = 0; i < TIMES; i++) {
		uint64_t moved[PAGES];

		memcpy(moved, map->writes[i], sizeof(moved));
		memset(map->writes[i], 0, sizeof(moved));
		for (unsigned int j = 0; j < PAGES; j++) {
			if (moved[j])
				map->writes[i][((map->first_bin + j) >> wider) - first] += moved[j];
		}
	}
	map->page_lg2 += wider;
	map->first_bin = first;
}

/* The block moves, and its bins widen as far as they must, so that it holds @page as well. */
static void take_in_page(struct sv3_write_map *map, uint64_t page)
{
	uint64_t low = page >> map->page_lg2, high = low;
	unsigned int wider = 0;

	for (unsigned int j = 0; j < PAGES; j++) {
		const uint64_t bin = map->first_bin + j;

		if (!bin_is_used(map, j))
			continue;
		low = bin < low ? bin : low;
		high = bin > high ? bin : high;
	}
	while ((high >> wider) - (low >> wider) >= PAGES)
		wider++;
	place_bins(map, wider, low >> wider);
}

void sv3_write_map_add(struct sv3_write_map *map, uint64_t page, sv3_ps at)
{
	const uint64_t microsecond = at / SV3_PS_PER_US;

	while (microsecond >> map->time_lg2 >= TIMES)
		merge_times(map);
	if ((page >> map->page_lg2) - map->first_bin >= PAGES)
		take_in_page(map, page);
	map->writes[microsecond >> map->time_lg2][(page >> map->page_lg2) - map->first_bin]++;
}
