/* SPDX-License-Identifier: MIT */
/*
 * test_write_map.c - the map loses no write and puts each where a slow twin puts it.
 */
#include "ctest.h"

#include <sv3/migration.h>
#include <sv3/prng.h>

#include <stdlib.h>

#define PAGES SV3_WRITE_MAP_PAGES
#define TIMES SV3_WRITE_MAP_TIMES

struct write {
	uint64_t page;
	sv3_ps at;
};

/** Counts every write again, with the bins as they are in the end. */
static void expect_twin(const struct sv3_write_map *map, const struct write *writes, unsigned int n)
{
	struct sv3_write_map *twin = calloc(1, sizeof(*twin));

	*twin = (struct sv3_write_map){ map->first_bin, map->page_lg2, map->time_lg2, { { 0 } } };
	for (unsigned int i = 0; i < n; i++) {
		const uint64_t time = (writes[i].at / SV3_PS_PER_US) >> map->time_lg2;
		const uint64_t bin = (writes[i].page >> map->page_lg2) - map->first_bin;

		if (time < TIMES && bin < PAGES)
			twin->writes[time][bin]++;
	}
	EXPECT_EQ_MEM(map->writes, twin->writes, sizeof(map->writes));
	free(twin);
}

static uint64_t total(const struct sv3_write_map *map)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < TIMES * PAGES; i++)
		sum += map->writes[i / PAGES][i % PAGES];
	return sum;
}

TEST_C(write_map, random_writes_are_where_the_twin_has_them)
{
	enum { WRITES = 500 };
	struct sv3_write_map *map = calloc(1, sizeof(*map));
	struct write writes[WRITES];

	for (uint64_t seed = 0; seed < 50; seed++) {
		struct sv3_prng prng;
		sv3_ps now = 0;

		sv3_prng_seed(&prng, seed);
		sv3_write_map_reset(map);
		for (unsigned int i = 0; i < WRITES; i++) {
			const uint64_t span = UINT64_C(1) << (seed % 30);

			now += sv3_prng_below(&prng, SV3_PS_PER_US << (seed % 20));
			writes[i] = (struct write){ 1000000 + sv3_prng_below(&prng, span), now };
			sv3_write_map_add(map, writes[i].page, writes[i].at);
		}
		EXPECT_EQ_U64(total(map), WRITES);
		expect_twin(map, writes, WRITES);
	}
	free(map);
}

TEST_C(write_map, a_few_pages_have_a_bin_each_wherever_they_lie)
{
	struct sv3_write_map *map = calloc(1, sizeof(*map));

	for (uint64_t page = 0; page < PAGES; page++)
		sv3_write_map_add(map, 1000063 - page, 0);
	EXPECT_EQ_U64(map->page_lg2, 0);
	EXPECT_EQ_U64(map->first_bin, 1000000);
	EXPECT_EQ_U64(map->writes[0][63], 1);
	sv3_write_map_add(map, 1000064, 0);
	EXPECT_EQ_U64(map->page_lg2, 1);
	EXPECT_EQ_U64(map->writes[0][32], 1);
	EXPECT_EQ_U64(map->writes[0][0], 2);
	free(map);
}

TEST_C(write_map, time_doubles_only_when_it_runs_over)
{
	struct sv3_write_map *map = calloc(1, sizeof(*map));

	sv3_write_map_add(map, 0, TIMES * SV3_PS_PER_US - 1);
	EXPECT_EQ_U64(map->time_lg2, 0);
	EXPECT_EQ_U64(map->writes[TIMES - 1][0], 1);
	sv3_write_map_add(map, 0, TIMES * SV3_PS_PER_US);
	EXPECT_EQ_U64(map->time_lg2, 1);
	EXPECT_EQ_U64(map->writes[TIMES / 2 - 1][0], 1);
	EXPECT_EQ_U64(map->writes[TIMES / 2][0], 1);
	sv3_write_map_add(map, 0, SV3_PS_NEVER - 1);
	EXPECT_EQ_U64(total(map), 3);
	free(map);
}
