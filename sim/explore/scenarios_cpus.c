/* SPDX-License-Identifier: MIT */
/*
 * scenarios_cpus.c - two CPUs that call one driver (setup.is_shared).
 *
 * A doubleword of memory says that the second CPU has ended.
 */
#include "scenario.h"

static sv3_pa flag_pa(const struct sv3_explore *x)
{
	return sv3_explore_setup(x)->cds + 0x900;
}

static void collect_page(struct sv3_explore *x, uint32_t page)
{
	uint64_t dirty = 0;

	SV3__CALL(x, collect, SV3_EXPLORE_IOVA + SV3__PAGES(page), SV3__PAGES(1), &dirty);
	sv3_explore_reported(x, dirty << page);
	sv3_explore_copy_all(x, dirty << page);
}

static void collect_second(struct sv3_explore *x)
{
	collect_page(x, 1);
	sv3__shared_write(x, flag_pa(x), 1);
}

static void collect_first(struct sv3_explore *x)
{
	collect_page(x, 0);
	while (sv3__shared_read(x, flag_pa(x)) == 0)
		sv3_explore_wait(x);
	sv3__finish(x, SV3__PAGES(2));
}

const struct sv3_explore_scenario sv3__scenarios_cpus[] = {
	{
		.name = "two-cpus",
		.about = "two CPUs collect a page each while a device writes one of them",
		.smmu_count = 1,
		.program_count = 2,
		.device_count = 1,
		.queue_lg2 = 3,
		.bbml = 2,
		.devices = { { "device", 3, 0, 1, { { true, 1 } }, .writes = 3 } },
		.prepare = sv3__map_two,
		.programs = { collect_first, collect_second },
		.migrates = true,
		.is_exact = true,
	},
	{ .name = NULL },
};
