/* SPDX-License-Identifier: MIT */
/*
 * test_wrote.c - whoever writes through a window tells of it: a twin of memory, made of what was
 * told alone, stays like memory.
 */
#include "ctest.h"
#include "test_ram.h"

#include <sv3/pagetable.h>

#define BASE UINT64_C(0x100000)
#define SIZE UINT64_C(0x20000)

struct twin {
	struct test_ram ram, told; /* @told: by wrote() and write() */
	uint64_t wrong;            /* times @before was not what the twin held */
	uint64_t count;
};

static enum sv3_bus_status twin_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	return test_ram_read(&((struct twin *)context)->ram, pa, data, size);
}

static enum sv3_bus_status twin_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	struct twin *twin = (struct twin *)context;

	(void)test_ram_write(&twin->told, pa, data, size);
	return test_ram_write(&twin->ram, pa, data, size);
}

static enum sv3_bus_status twin_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				      uint64_t *old)
{
	struct twin *twin = (struct twin *)context;
	uint64_t unused;

	(void)test_ram_cas64(&twin->told, pa, expect, desired, &unused);
	return test_ram_cas64(&twin->ram, pa, expect, desired, old);
}

static void *twin_window(void *context, sv3_pa pa, uint64_t len)
{
	return test_ram_at(&((struct twin *)context)->ram, pa, len);
}

static void twin_wrote(void *context, sv3_pa pa, uint64_t before, uint64_t now)
{
	struct twin *twin = (struct twin *)context;

	twin->count++;
	twin->wrong += test_ram_peek(&twin->told, pa) != before;
	test_ram_poke(&twin->told, pa, now);
}

static bool is_alike(const struct twin *twin)
{
	return !memcmp(twin->ram.regions[0].bytes, twin->told.regions[0].bytes, SIZE);
}

TEST_C(pagetable_wrote, a_twin_of_what_was_told_is_like_memory)
{
	static const struct sv3_bus_ops ops = { .read = twin_read,
						.write = twin_write,
						.cas64 = twin_cas64,
						.window = twin_window,
						.wrote = twin_wrote };
	const struct sv3_pt_config config = { 12, 39, true, false };
	struct sv3_pt_pages pages = { .next = BASE, .end = BASE + SIZE };
	uint64_t words[1] = { 0 };
	struct sv3_dirty_log log = { words, 16, 0 };
	struct twin twin = { .count = 0 };
	const struct sv3_bus bus = { &ops, &twin };
	struct sv3_pt_gather gather;
	struct sv3_pt pt;

	test_ram_add(&twin.ram, BASE, SIZE);
	test_ram_add(&twin.told, BASE, SIZE);
	ASSERT_OK(sv3_pt_init(&pt, &bus, &pages, &config));
	ASSERT_OK(sv3_pt_map(&pt, 0, 0, 16 << 12, 12, SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
	EXPECT_TRUE(is_alike(&twin));
	sv3_pt_gather_init(&gather);
	EXPECT_EQ_INT(sv3_dirty_scan_all(&pt, 0, 16 << 12, SV3_DIRTY_CLEAR, &log, &gather), 16);
	EXPECT_TRUE(is_alike(&twin));
	ASSERT_OK(sv3_dirty_set(&pt, 0x3000, NULL));
	EXPECT_TRUE(sv3_dirty_clear(&pt, 0x3000, NULL, &gather) > 0);
	ASSERT_OK(sv3_pt_protect(&pt, 0x1000, 0x1000, SV3_PT_READ));
	ASSERT_OK(sv3_pt_unmap(&pt, 0x8000, 0x4000, NULL, NULL));
	EXPECT_TRUE(is_alike(&twin));
	EXPECT_EQ_U64(twin.wrong, 0);
	EXPECT_TRUE(twin.count > 0);
	test_ram_fini(&twin.ram);
	test_ram_fini(&twin.told);
}
