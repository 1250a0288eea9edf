/* SPDX-License-Identifier: MIT */
/*
 * scenarios_cpus.c - two CPUs that call one driver. One that is not reentrant is called under a
 * lock, as whoever has such a driver would do.
 *
 * The lock is a doubleword of memory; the next one says that the second CPU has ended.
 */
#include "scenario.h"

static sv3_pa lock_pa(const struct sv3_explore *x)
{
	return sv3_explore_setup(x)->cds + 0x900;
}

static uint64_t read_word(struct sv3_explore *x, sv3_pa pa)
{
	uint8_t bytes[8] = { 0 };

	(void)sv3_bus_read(&sv3_explore_setup(x)->bus, pa, bytes, 8);
	return sv3_le64(bytes);
}

static void write_word(struct sv3_explore *x, sv3_pa pa, uint64_t word)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, word);
	(void)sv3_bus_write(&sv3_explore_setup(x)->bus, pa, bytes, 8);
}

static bool try_lock(struct sv3_explore *x)
{
	uint64_t old = 1;

	return read_word(x, lock_pa(x)) == 0 &&
	       sv3_bus_cas64(&sv3_explore_setup(x)->bus, lock_pa(x), 0, 1, &old) == SV3_BUS_OK &&
	       old == 0;
}

static void enter(struct sv3_explore *x)
{
	while (!sv3_explore_driver(x)->is_reentrant && !try_lock(x))
		sv3_explore_wait(x);
}

static void leave(struct sv3_explore *x)
{
	if (!sv3_explore_driver(x)->is_reentrant)
		write_word(x, lock_pa(x), 0);
}

static void collect_page(struct sv3_explore *x, uint32_t page)
{
	uint64_t dirty = 0;

	enter(x);
	SV3__CALL(x, collect, SV3_EXPLORE_IOVA + SV3__PAGES(page), SV3__PAGES(1), &dirty);
	leave(x);
	sv3_explore_reported(x, dirty << page);
	sv3_explore_copy_all(x, dirty << page);
}

static void collect_second(struct sv3_explore *x)
{
	collect_page(x, 1);
	write_word(x, lock_pa(x) + 8, 1);
}

static void collect_first(struct sv3_explore *x)
{
	collect_page(x, 0);
	while (read_word(x, lock_pa(x) + 8) == 0)
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
