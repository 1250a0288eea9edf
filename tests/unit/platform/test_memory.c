/* SPDX-License-Identifier: MIT */
/*
 * test_memory.c - RAM by reg, cells of every width, and buses that move addresses.
 */
#include "ctest.h"
#include "platform_fx.h"

#define MEMORY(reg) "memory@0 { device_type = \"memory\"; reg = <" reg ">; }; "

TEST_C(platform_memory, two_cells_each)
{
	struct sv3_platform platform = fx_platform(FX_CELLS MEMORY("1 0x40000000 2 0x1000"));

	ASSERT_EQ_U64(platform.memory_count, 1);
	EXPECT_EQ_STR(platform.memory[0].node, "/memory@0");
	EXPECT_EQ_U64(platform.memory[0].base, UINT64_C(0x140000000));
	EXPECT_EQ_U64(platform.memory[0].size, UINT64_C(0x200001000));
	EXPECT_FALSE(platform.memory[0].grows);
	sv3_platform_free(&platform);
}

TEST_C(platform_memory, one_cell_each)
{
	struct sv3_platform platform = fx_platform(
		"#address-cells = <1>; #size-cells = <1>; " MEMORY("0x80000000 0x10000"));

	ASSERT_EQ_U64(platform.memory_count, 1);
	EXPECT_EQ_U64(platform.memory[0].base, 0x80000000);
	EXPECT_EQ_U64(platform.memory[0].size, 0x10000);
	sv3_platform_free(&platform);
}

TEST_C(platform_memory, without_cells_two_and_one)
{
	struct sv3_platform platform = fx_platform(MEMORY("1 0 0x10000"));

	ASSERT_EQ_U64(platform.memory_count, 1);
	EXPECT_EQ_U64(platform.memory[0].base, UINT64_C(0x100000000));
	EXPECT_EQ_U64(platform.memory[0].size, 0x10000);
	sv3_platform_free(&platform);
}

TEST_C(platform_memory, pieces_are_sorted_and_what_touches_is_one)
{
	struct sv3_platform platform = fx_platform(
		FX_CELLS MEMORY("0 0x8000 0 0x1000 0 0x1000 0 0x1000 0 0x2000 0 0x3000"));

	ASSERT_EQ_U64(platform.memory_count, 2);
	EXPECT_EQ_U64(platform.memory[0].base, 0x1000);
	EXPECT_EQ_U64(platform.memory[0].size, 0x4000);
	EXPECT_EQ_U64(platform.memory[1].base, 0x8000);
	EXPECT_EQ_U64(platform.memory[1].size, 0x1000);
	sv3_platform_free(&platform);
}

TEST_C(platform_memory, the_last_page_of_64_bits_is_memory)
{
	struct sv3_platform platform =
		fx_platform(FX_CELLS MEMORY("0xffffffff 0xfffff000 0 0x1000"));

	ASSERT_EQ_U64(platform.memory_count, 1);
	EXPECT_EQ_U64(platform.memory[0].base, UINT64_C(0xfffffffffffff000));
	sv3_platform_free(&platform);
}

TEST_C(platform_memory, ranges_of_every_bus_above_move_it)
{
	/* 0x100 below b, 0x10100 below a, 0x4_0001_0100 below the root: on whole pages. */
	struct sv3_platform platform = fx_platform(
		FX_CELLS "a { #address-cells = <1>; #size-cells = <1>; ranges = <0x10000 4 0x10000 "
			 "0x10000>; b { #address-cells = <1>; #size-cells = <1>; ranges = <0 "
			 "0x11000 0x1000 0x2000 0x10000 0x1000>; memory@0 { device_type = "
			 "\"memory\"; reg = <0x2000 0x1000>; }; }; };");

	ASSERT_EQ_U64(platform.memory_count, 1);
	EXPECT_EQ_U64(platform.memory[0].base, UINT64_C(0x400010000));
	EXPECT_EQ_STR(platform.memory[0].node, "/a/b/memory@0");
	sv3_platform_free(&platform);
}

TEST_C(platform_memory, an_entry_of_no_bytes_is_passed_over_and_noted)
{
	struct sv3_platform platform = fx_platform(FX_CELLS MEMORY("0 0 0 0"));

	EXPECT_EQ_U64(platform.memory_count, 0);
	ASSERT_EQ_U64(platform.note_count, 1);
	EXPECT_EQ_STR(platform.notes[0].property, "reg");
	sv3_platform_free(&platform);
}

TEST_C(platform_memory, what_is_disabled_is_not_there)
{
	struct sv3_platform platform = fx_platform(
		FX_CELLS
		"bus { status = \"disabled\"; memory@0 { device_type = \"memory\"; reg = <1>; "
		"}; }; memory@1 { device_type = \"memory\"; status = \"fail\"; reg = <1>; };"
		"memory@2 { device_type = \"memory\"; status = \"okay\"; reg = <0 0x2000 0 "
		"0x1000>; }; memory@4 { device_type = \"memory\"; status = \"ok\"; reg = <0 "
		"0x4000 0 0x1000>; };");

	EXPECT_EQ_U64(platform.memory_count, 2);
	sv3_platform_free(&platform);
}

TEST_C(platform_memory, what_cannot_be_is_refused)
{
	static const struct fx_row rows[] = {
		{ FX_CELLS MEMORY("0 0x1000 0 0x1800"),
		  "/memory@0: reg: 0x1800 bytes at 0x1000 are no whole pages of 4096" },
		{ FX_CELLS MEMORY("0 0x800 0 0x1000"),
		  "/memory@0: reg: 0x1000 bytes at 0x800 are no whole pages of 4096" },
		{ FX_CELLS MEMORY("0 0x1000 0"),
		  "/memory@0: reg: 3 cells are no whole entries of 4 (#address-cells 2, "
		  "#size-cells 2)" },
		{ FX_CELLS "memory@0 { device_type = \"memory\"; };",
		  "/memory@0: reg: absent or empty; give base and size" },
		{ FX_CELLS "memory@0 { device_type = \"memory\"; reg = [01 02 03]; };",
		  "/memory@0: reg: 3 bytes are no whole 32-bit cells; write <...>" },
		{ FX_CELLS MEMORY("0xffffffff 0xfffff000 0 0x2000"),
		  "/memory@0: reg: entry 0 ends beyond 64 bits" },
		{ FX_CELLS MEMORY("0 0x1000 0 0x2000 0 0x2000 0 0x1000"),
		  "/memory@0: reg: memory from 0x2000 on overlaps that of /memory@0; give each "
		  "byte once" },
		{ FX_CELLS MEMORY("0 0x1000 0 0x2000") "memory@9 { device_type = \"memory\"; reg = "
						       "<0 0 0 0x1001000>; };",
		  "/memory@0: reg: memory from 0x1000 on overlaps that of /memory@9; give each "
		  "byte once" },
		{ "#address-cells = <3>; #size-cells = <2>; " MEMORY("0 0 0 0 0x1000"),
		  "/: #address-cells: 3: what is below it has no address of memory; give 1 or 2" },
		{ "#address-cells = <2>; #size-cells = <0>; " MEMORY("0 0"),
		  "/: #size-cells: 0: give 1 or 2" },
		{ "#address-cells = <0xffffffff>; #size-cells = <1>; " MEMORY("0 0"),
		  "/: #address-cells: 0xffffffff is above 0x4, the most it can be" },
		{ "#address-cells = <1 2>; #size-cells = <1>; " MEMORY("0 0"),
		  "/: #address-cells: 2 cells where one is expected; give <N>" },
		{ FX_CELLS
		  "memory@0 { device_type = \"memory\"; reg = <0 0 0 0x1000>; sv3,grow; };",
		  "/memory@0: sv3,grow: there is no such property here; docs/PLATFORM.md lists "
		  "them" },
	};

	FX_EXPECT_ERRORS(rows);
}

TEST_C(platform_memory, buses_that_lead_nowhere_are_refused)
{
#define BUS(ranges)                                                     \
	FX_CELLS "a { #address-cells = <1>; #size-cells = <1>; " ranges \
		 "memory@0 { device_type = \"memory\"; reg = <0x2000 0x2000>; }; };"
	static const struct fx_row rows[] = {
		{ BUS(""), "/a: ranges: absent: what is below it has no address of memory; give "
			   "\"ranges;\" if they are the same" },
		{ BUS("ranges = <0 0 0 0x3000>;"),
		  "/a: ranges: 0x2000 of 8192 bytes, which is below it, is in none" },
		{ BUS("ranges = <0x2001 0 0 0x30000>;"),
		  "/a: ranges: 0x2000 of 8192 bytes, which is below it, is in none" },
		{ BUS("ranges = <0 0 0>;"), "/a: ranges: 3 cells are no whole entries of 4" },
	};

	FX_EXPECT_ERRORS(rows);
}
