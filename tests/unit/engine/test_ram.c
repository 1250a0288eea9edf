/* SPDX-License-Identifier: MIT */
/*
 * test_ram.c - does sparse memory keep the bus contract of bus.h: whole accesses inside one region,
 * little-endian contents, atomics that tell what was there, windows where memory is plain?
 */
#include <string.h>

#include "ctest.h"
#include <sv3/sim.h>

#define BASE UINT64_C(0x40000000)
#define SIZE UINT64_C(0x10000)
#define HIGH (UINT64_C(1) << 46)

static void ram_fini(struct sv3_ram *ram)
{
	sv3_ram_fini(ram);
}

/* Two regions, the second far above the first and mostly never touched. */
#define RAM(name)                                               \
	__attribute__((cleanup(ram_fini))) struct sv3_ram name; \
	struct sv3_bus bus = two_regions(&name)

static struct sv3_bus two_regions(struct sv3_ram *ram)
{
	static const struct sv3_ram_region regions[] = {
		{ .base = BASE, .size = SIZE },
		{ .base = HIGH, .size = UINT64_C(1) << 34 },
	};

	if (sv3_ram_init(ram, regions, 2))
		ctest_fail(__FILE__, __LINE__, "no memory for the regions");
	return sv3_ram_bus(ram);
}

static uint64_t read64(const struct sv3_bus *bus, sv3_pa pa)
{
	uint8_t bytes[8] = { 0 };

	return sv3_bus_read(bus, pa, bytes, 8) == SV3_BUS_OK ? sv3_le64(bytes) : UINT64_MAX;
}

TEST_C(ram, untouched_memory_reads_as_zero)
{
	RAM(ram);
	uint8_t bytes[64], zero[64] = { 0 };

	memset(bytes, 0xff, sizeof(bytes));
	ASSERT_EQ_INT(sv3_bus_read(&bus, BASE + 0x40, bytes, 64), SV3_BUS_OK);
	EXPECT_EQ_MEM(bytes, zero, 64);
}

TEST_C(ram, every_size_and_alignment_reads_back)
{
	RAM(ram);
	static const uint32_t sizes[] = { 1, 2, 3, 4, 7, 8, 9, 16, 63, 64, 65, 4096 };
	uint8_t in[4096], out[4096];

	for (uint32_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 7 + 1);
	for (uint32_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (uint32_t shift = 0; shift < 9; shift++) {
			memset(out, 0, sizeof(out));
			ASSERT_EQ_INT(sv3_bus_write(&bus, BASE + 64 + shift, in, sizes[s]),
				      SV3_BUS_OK);
			ASSERT_EQ_INT(sv3_bus_read(&bus, BASE + 64 + shift, out, sizes[s]),
				      SV3_BUS_OK);
			ASSERT_EQ_MEM(in, out, sizes[s]);
		}
	}
}

TEST_C(ram, an_access_aborts_unless_wholly_inside_one_region)
{
	RAM(ram);
	uint8_t bytes[4096] = { 0 };
	uint64_t old;

	EXPECT_EQ_INT(sv3_bus_read(&bus, BASE - 1, bytes, 1), SV3_BUS_ABORT);
	EXPECT_EQ_INT(sv3_bus_read(&bus, BASE - 8, bytes, 8), SV3_BUS_ABORT);
	EXPECT_EQ_INT(sv3_bus_read(&bus, BASE + SIZE - 1, bytes, 1), SV3_BUS_OK);
	EXPECT_EQ_INT(sv3_bus_read(&bus, BASE + SIZE - 1, bytes, 2), SV3_BUS_ABORT);
	EXPECT_EQ_INT(sv3_bus_write(&bus, BASE + SIZE - 4, bytes, 8), SV3_BUS_ABORT);
	EXPECT_EQ_INT(sv3_bus_write(&bus, BASE + SIZE, bytes, 1), SV3_BUS_ABORT);
	EXPECT_EQ_INT(sv3_bus_read(&bus, UINT64_MAX, bytes, 4096), SV3_BUS_ABORT);
	EXPECT_EQ_INT(sv3_bus_cas64(&bus, BASE + SIZE, 0, 1, &old), SV3_BUS_ABORT);
	EXPECT_EQ_INT(bus.ops->fetch_or64(bus.context, 0, 1, &old), SV3_BUS_ABORT);
}

TEST_C(ram, an_aborted_write_changes_nothing)
{
	RAM(ram);
	uint8_t ones[8];

	memset(ones, 0xff, sizeof(ones));
	ASSERT_EQ_INT(sv3_bus_write(&bus, BASE + SIZE - 4, ones, 8), SV3_BUS_ABORT);
	EXPECT_EQ_U64(read64(&bus, BASE + SIZE - 8), 0);
}

TEST_C(ram, cas_swaps_only_what_it_expects_and_tells_what_was_there)
{
	RAM(ram);
	uint8_t bytes[8];
	uint64_t old = 99;

	sv3_put_le64(bytes, 0x1122334455667788);
	ASSERT_EQ_INT(sv3_bus_write(&bus, BASE, bytes, 8), SV3_BUS_OK);
	EXPECT_EQ_INT(sv3_bus_cas64(&bus, BASE, 5, 6, &old), SV3_BUS_OK);
	EXPECT_EQ_U64(old, 0x1122334455667788);
	EXPECT_EQ_U64(read64(&bus, BASE), 0x1122334455667788);
	EXPECT_EQ_INT(sv3_bus_cas64(&bus, BASE, 0x1122334455667788, 6, &old), SV3_BUS_OK);
	EXPECT_EQ_U64(old, 0x1122334455667788);
	EXPECT_EQ_U64(read64(&bus, BASE), 6);
}

TEST_C(ram, fetch_or_sets_bits_and_tells_what_was_there)
{
	RAM(ram);
	uint64_t old = 99;

	EXPECT_EQ_INT(bus.ops->fetch_or64(bus.context, BASE + 8, 0x80, &old), SV3_BUS_OK);
	EXPECT_EQ_U64(old, 0);
	EXPECT_EQ_INT(bus.ops->fetch_or64(bus.context, BASE + 8, 0x400, &old), SV3_BUS_OK);
	EXPECT_EQ_U64(old, 0x80);
	EXPECT_EQ_U64(read64(&bus, BASE + 8), 0x480);
}

TEST_C(ram, misaligned_atomics_abort)
{
	RAM(ram);
	uint64_t old;

	for (uint64_t shift = 1; shift < 8; shift++) {
		EXPECT_EQ_INT(sv3_bus_cas64(&bus, BASE + shift, 0, 1, &old), SV3_BUS_ABORT);
		EXPECT_EQ_INT(bus.ops->fetch_or64(bus.context, BASE + shift, 1, &old),
			      SV3_BUS_ABORT);
	}
	EXPECT_EQ_U64(read64(&bus, BASE), 0);
}

TEST_C(ram, a_window_is_the_memory_itself_and_ends_with_its_region)
{
	RAM(ram);
	uint8_t *window = (uint8_t *)sv3_bus_window(&bus, BASE + 0x1000, 0x1000);

	ASSERT_TRUE(window != NULL);
	sv3_put_le64(window + 8, 0xabcd);
	EXPECT_EQ_U64(read64(&bus, BASE + 0x1008), 0xabcd);
	EXPECT_TRUE(sv3_bus_window(&bus, BASE, SIZE) != NULL);
	EXPECT_TRUE(sv3_bus_window(&bus, BASE, SIZE + 1) == NULL);
	EXPECT_TRUE(sv3_bus_window(&bus, BASE + 8, UINT64_MAX) == NULL);
	EXPECT_TRUE(sv3_bus_window(&bus, 0, 8) == NULL);
}

TEST_C(ram, a_large_region_costs_only_what_is_touched)
{
	RAM(ram);
	uint8_t bytes[8];
	sv3_pa last = HIGH + (UINT64_C(1) << 34) - 8;

	sv3_put_le64(bytes, 42);
	ASSERT_EQ_INT(sv3_bus_write(&bus, last, bytes, 8), SV3_BUS_OK);
	EXPECT_EQ_U64(read64(&bus, last), 42);
	EXPECT_EQ_U64(read64(&bus, HIGH), 0);
}

/* Small and large: from the C library, which has had this block before, and from the kernel. */
TEST_C(ram, memory_that_was_used_before_is_zero)
{
	static const uint64_t sizes[] = { 64, 0x10000, UINT64_C(1) << 20, UINT64_C(1) << 24 };

	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int turn = 0; turn < 2; turn++) {
			const uint64_t size = sizes[i];
			uint8_t *memory = (uint8_t *)sv3_zeroed_create(size);

			ASSERT_TRUE(memory != NULL);
			for (uint64_t at = 0; at < size; at += 8)
				EXPECT_EQ_U64(sv3_le64(memory + at), 0);
			memset(memory, 0xff, (size_t)size);
			sv3_zeroed_destroy(memory, size);
		}
	}
	sv3_zeroed_destroy(NULL, 64);
	sv3_zeroed_destroy(NULL, UINT64_C(1) << 24);
}

TEST_C(ram, illegal_regions_are_refused)
{
	struct sv3_ram ram;
	struct sv3_ram_region regions[SV3_RAM_REGIONS_MAX + 1];

	for (uint32_t i = 0; i <= SV3_RAM_REGIONS_MAX; i++)
		regions[i] = (struct sv3_ram_region){ .base = i * SIZE, .size = SIZE };
	EXPECT_EQ_INT(sv3_ram_init(&ram, regions, 0), -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_ram_init(&ram, regions, SV3_RAM_REGIONS_MAX + 1), -SV3_ERR_INVAL);
	ASSERT_OK(sv3_ram_init(&ram, regions, SV3_RAM_REGIONS_MAX));
	sv3_ram_fini(&ram);

	regions[1].base = SIZE - 0x1000; /* overlaps the first */
	EXPECT_EQ_INT(sv3_ram_init(&ram, regions, 2), -SV3_ERR_INVAL);
	regions[0].size = 0;
	EXPECT_EQ_INT(sv3_ram_init(&ram, regions, 1), -SV3_ERR_INVAL);
	regions[0].size = 0x1800;
	EXPECT_EQ_INT(sv3_ram_init(&ram, regions, 1), -SV3_ERR_INVAL);
	regions[0] = (struct sv3_ram_region){ .base = 0x800, .size = 0x1000 };
	EXPECT_EQ_INT(sv3_ram_init(&ram, regions, 1), -SV3_ERR_INVAL);
	regions[0] = (struct sv3_ram_region){ .base = UINT64_MAX - 0xfff, .size = 0x2000 };
	EXPECT_EQ_INT(sv3_ram_init(&ram, regions, 1), -SV3_ERR_INVAL);
}
