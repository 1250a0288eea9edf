/* SPDX-License-Identifier: MIT */
/*
 * test_masters.c - StreamIDs of devices, PCIe hosts and functions, against ones computed by hand.
 */
#include "ctest.h"
#include "platform_fx.h"

#define DEVICE(iommus)     FX_CELLS FX_SMMU FX_SMMU_2 "dev { iommus = <" iommus ">; };"
#define HOST(map)          HOST_WITH(map, "")
#define HOST_WITH(map, in) HOST_ALSO(map, "", in)
#define HOST_ALSO(map, more, in)                                                          \
	FX_CELLS FX_SMMU FX_SMMU_2 "pcie { device_type = \"pci\"; #address-cells = <3>; " \
				   "#size-cells = <2>; iommu-map = <" map ">; " more in " };"

/** UINT32_MAX: nothing translates it. */
static uint32_t stream_of(const struct sv3_platform *platform, uint32_t input)
{
	struct sv3_platform_streams streams;

	return sv3_platform_stream(platform, 0, input, &streams) < 0 ? UINT32_MAX
								     : streams.stream_id;
}

/* --- iommus --- */

TEST_C(platform_masters, a_device_has_a_stream_for_each_specifier)
{
	struct sv3_platform platform = fx_platform(DEVICE("1 0x10 2 0x20 1 0x12"));
	const struct sv3_platform_master *master;

	ASSERT_EQ_U64(platform.master_count, 1);
	master = &platform.masters[0];
	EXPECT_EQ_STR(master->node, "/dev");
	EXPECT_EQ_INT(master->kind, SV3_MASTER_DEVICE);
	ASSERT_EQ_U64(master->stream_count, 3);
	EXPECT_EQ_U64(master->streams[0].smmu, 0);
	EXPECT_EQ_U64(master->streams[0].stream_id, 0x10);
	EXPECT_EQ_U64(master->streams[1].smmu, 1);
	EXPECT_EQ_U64(master->streams[1].stream_id, 0x20);
	EXPECT_EQ_U64(master->streams[2].input, 2);
	EXPECT_EQ_U64(stream_of(&platform, 2), 0x12);
	EXPECT_EQ_U64(stream_of(&platform, 3), UINT32_MAX);
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, other_iommus_are_left_out_by_their_own_width)
{
	struct sv3_platform platform = fx_platform(
		FX_CELLS FX_SMMU "old { phandle = <5>; #iommu-cells = <2>; }; one { phandle = <6>; "
				 "#iommu-cells = <0>; }; dev { iommus = <5 1 1 6 1 0x7 5 9 9>; };");

	ASSERT_EQ_U64(platform.master_count, 1);
	ASSERT_EQ_U64(platform.masters[0].stream_count, 1);
	EXPECT_EQ_U64(platform.masters[0].streams[0].stream_id, 7);
	EXPECT_EQ_U64(platform.masters[0].streams[0].input, 2);
	EXPECT_EQ_U64(platform.note_count, 3);
	EXPECT_EQ_U64(stream_of(&platform, 0), UINT32_MAX);
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, the_same_stream_id_behind_two_smmus_is_two_streams)
{
	struct sv3_platform platform = fx_platform(
		FX_CELLS FX_SMMU FX_SMMU_2 "a { iommus = <1 0x10>; }; b { iommus = <2 0x10>; };");

	EXPECT_EQ_U64(sv3_platform_master_of(&platform, 0, 0x10), 0);
	EXPECT_EQ_U64(sv3_platform_master_of(&platform, 1, 0x10), 1);
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, a_device_that_cannot_be_is_refused)
{
	static const struct fx_row rows[] = {
		{ DEVICE("9 0x10"),
		  "/dev: iommus: no node has phandle 0x9; refer to one by its label" },
		{ DEVICE("1"), "/dev: iommus: ends within entry 0, which has 1 cells behind the "
			       "phandle" },
		{ DEVICE("1 2 1"), "/dev: iommus: ends within entry 1, which has 1 cells behind "
				   "the phandle" },
		{ FX_CELLS "dev { iommus; };", "/dev: iommus: empty; give <&smmu STREAM_ID>" },
		{ FX_CELLS "x { phandle = <3>; }; dev { iommus = <3 1>; };",
		  "/dev: iommus: what phandle 0x3 names has no #iommu-cells: no IOMMU" },
		{ FX_CELLS
		  "x { phandle = <3>; #iommu-cells = <5>; }; dev { iommus = <3 1 2 3 4 5>; };",
		  "/x: #iommu-cells: 0x5 is above 0x4, the most it can be" },
		{ FX_CELLS "i { compatible = \"arm,smmu-v3\"; reg = <0 0 0 1>; phandle = <4>; "
			   "#iommu-cells = <1>; iommus = <4 0>; };",
		  "/i: iommus: an SMMU is behind none; take the property out" },
		{ DEVICE("1 0x10 1 0x10"),
		  "/dev: iommus: StreamID 0x10 is twice in /dev; give each master its own" },
		{ FX_CELLS FX_SMMU "a { iommus = <1 5>; }; b { iommus = <1 4 1 5>; };",
		  "/b: iommus: StreamID 0x5 is that of /a; give each master its own" },
	};

	FX_EXPECT_ERRORS(rows);
}

/* --- iommu-map --- */

TEST_C(platform_masters, a_map_adds_the_distance_from_its_base)
{
	struct sv3_platform platform = fx_platform(HOST("0x100 1 0x2000 0x80  0x8000 2 0 0x100"));
	struct sv3_platform_streams streams;

	EXPECT_EQ_U64(stream_of(&platform, 0xff), UINT32_MAX);
	EXPECT_EQ_U64(stream_of(&platform, 0x100), 0x2000);
	EXPECT_EQ_U64(stream_of(&platform, 0x17f), 0x207f);
	EXPECT_EQ_U64(stream_of(&platform, 0x180), UINT32_MAX);
	EXPECT_EQ_U64(stream_of(&platform, 0x8000), 0);
	EXPECT_EQ_U64(stream_of(&platform, 0x80ff), 0xff);
	EXPECT_EQ_U64(stream_of(&platform, 0x8100), UINT32_MAX);
	ASSERT_OK(sv3_platform_stream(&platform, 0, 0x8012, &streams));
	EXPECT_EQ_U64(streams.smmu, 1);
	EXPECT_EQ_U64(streams.input, 0x8012);
	EXPECT_EQ_U64(streams.count, 1);
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, entries_may_stand_in_any_order)
{
	struct sv3_platform platform = fx_platform(HOST("0x200 1 0x20 0x10  0x100 1 0x10 0x10"));

	EXPECT_EQ_U64(stream_of(&platform, 0x105), 0x15);
	EXPECT_EQ_U64(stream_of(&platform, 0x205), 0x25);
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, the_mask_comes_before_the_map)
{
	struct sv3_platform platform =
		fx_platform(HOST_ALSO("0x100 1 0x40 0x100", "iommu-map-mask = <0xff8>; ", ""));

	/* 0xf10b & 0xff8 = 0x108 */
	EXPECT_EQ_U64(stream_of(&platform, 0xf10b), 0x48);
	EXPECT_EQ_U64(stream_of(&platform, 0x108), 0x48);
	EXPECT_TRUE(sv3_platform_has_stream(&platform, 0, 0, 0x48));
	EXPECT_FALSE(sv3_platform_has_stream(&platform, 0, 0, 0x4b));
	EXPECT_EQ_U64(sv3_platform_master_of(&platform, 0, 0x4b), SV3_PLATFORM_NONE);
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, all_of_a_buss_functions_fit)
{
	struct sv3_platform platform = fx_platform(HOST("0 1 0xffff0000 0x10000"));

	EXPECT_EQ_U64(stream_of(&platform, 0xffff), 0xffffffff);
	EXPECT_TRUE(sv3_platform_has_stream(&platform, 0, 0, 0xffffffff));
	EXPECT_FALSE(sv3_platform_has_stream(&platform, 0, 0, 0));
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, other_iommus_of_a_map_are_left_out)
{
	struct sv3_platform platform =
		fx_platform(FX_CELLS FX_SMMU
			    "old { phandle = <5>; }; pcie { iommu-map = <0 5 0 8 8 1 8 8>; };");

	EXPECT_EQ_U64(stream_of(&platform, 7), UINT32_MAX);
	EXPECT_EQ_U64(stream_of(&platform, 8), 8);
	EXPECT_EQ_U64(platform.note_count, 1);
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, a_map_that_cannot_be_is_refused)
{
	static const struct fx_row rows[] = {
		{ HOST("0 1 0"), "/pcie: iommu-map: 3 cells are no whole entries of 4: requester "
				 "ID, SMMU, StreamID, length" },
		{ HOST(""), "/pcie: iommu-map: 0 cells are no whole entries of 4: requester ID, "
			    "SMMU, StreamID, length" },
		{ HOST("0 9 0 1"),
		  "/pcie: iommu-map: no node has phandle 0x9; refer to one by its label" },
		{ HOST("0 1 0 0"), "/pcie: iommu-map: entry 0 has length 0" },
		{ HOST("0 1 0 1  1 1 1 0x10000"),
		  "/pcie: iommu-map: entry 1 ends at 0x10000; the last requester ID is 0xffff" },
		{ HOST("0 1 0xffffffff 2"), "/pcie: iommu-map: entry 0 ends beyond 32 bits" },
		{ FX_CELLS FX_SMMU "mc { iommu-map = <0xffffffff 1 0 2>; };",
		  "/mc: iommu-map: entry 0 ends beyond 32 bits" },
		{ HOST("0 1 0 0x10  0xf 1 0x100 1"),
		  "/pcie: iommu-map: requester ID 0xf is in two entries; map each once" },
		{ HOST("0 1 0 0x10  0x100 1 0xf 1"),
		  "/pcie: iommu-map: StreamID 0xf is twice in /pcie; give each master its own" },
		{ HOST_ALSO("0x11 1 0 1", "iommu-map-mask = <0xfff0>; ", ""),
		  "/pcie: iommu-map: entry 0 begins at 0x11, which iommu-map-mask 0xfff0 lets "
		  "nobody reach" },
		{ HOST("0 1 0 0x10") " d { iommus = <1 3>; };",
		  "/d: iommus: StreamID 0x3 is that of /pcie; give each master its own" },
	};

	FX_EXPECT_ERRORS(rows);
}

/* --- functions --- */

TEST_C(platform_masters, a_function_has_the_stream_of_its_address)
{
	/* bus 1, device 2, function 3: 0x0113 */
	struct sv3_platform platform = fx_platform(
		HOST_WITH("0 1 0x1000 0x10000", "nic@2,3 { reg = <0x011300 0 0 0 0>; };"));
	const struct sv3_platform_master *nic;

	ASSERT_EQ_U64(platform.master_count, 2);
	nic = &platform.masters[1];
	EXPECT_EQ_INT(nic->kind, SV3_MASTER_ENDPOINT);
	EXPECT_EQ_U64(nic->requester_id, 0x113);
	EXPECT_EQ_U64(nic->host, 0);
	ASSERT_EQ_U64(nic->stream_count, 1);
	EXPECT_EQ_U64(nic->streams[0].stream_id, 0x1113);
	EXPECT_EQ_U64(sv3_platform_master_of(&platform, 0, 0x1113), 1);
	EXPECT_EQ_U64(sv3_platform_master_of(&platform, 0, 0x1114), 0);
	EXPECT_EQ_U64(sv3_platform_master_of(&platform, 1, 0x1113), SV3_PLATFORM_NONE);
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, functions_below_bridges_belong_to_the_host)
{
	struct sv3_platform platform = fx_platform(HOST_WITH(
		"0 1 0 0x10000",
		"bridge@1 { #address-cells = <3>; #size-cells = <2>; reg = <0x000800 0 0 0 "
		"0>; nvme@0 { reg = <0x020000 0 0 0 0>; }; }; intc { };"));

	ASSERT_EQ_U64(platform.master_count, 3);
	EXPECT_EQ_STR(platform.masters[2].node, "/pcie/bridge@1/nvme@0");
	EXPECT_EQ_U64(platform.masters[2].host, 0);
	EXPECT_EQ_U64(platform.masters[2].streams[0].stream_id, 0x200);
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, a_function_outside_the_map_has_no_stream)
{
	struct sv3_platform platform =
		fx_platform(HOST_WITH("0 1 0 0x100", "nic { reg = <0x010000 0 0 0 0>; };"));

	ASSERT_EQ_U64(platform.master_count, 2);
	EXPECT_EQ_U64(platform.masters[1].stream_count, 0);
	EXPECT_EQ_U64(platform.note_count, 1);
	sv3_platform_free(&platform);
}

TEST_C(platform_masters, a_function_that_cannot_be_is_refused)
{
	static const struct fx_row rows[] = {
		{ HOST_WITH("0 1 0 0x100", "nic { reg = <0x010000 0>; };"),
		  "/pcie/nic: reg: 2 cells hold no PCI address of 3" },
		{ FX_CELLS FX_SMMU
		  "pcie { #address-cells = <2>; iommu-map = <0 1 0 1>; nic { reg = "
		  "<0 0 0>; }; };",
		  "/pcie: #address-cells: 2; PCI has 3" },
	};

	FX_EXPECT_ERRORS(rows);
}

TEST_C(platform_masters, no_master_has_no_stream)
{
	const struct sv3_platform platform = { .path = "none" };
	struct sv3_platform_streams streams;

	EXPECT_EQ_INT(sv3_platform_stream(&platform, 0, 0, &streams), -SV3_ERR_NOENT);
	EXPECT_FALSE(sv3_platform_has_stream(&platform, 0, 0, 0));
}
