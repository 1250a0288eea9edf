/* SPDX-License-Identifier: MIT */
/*
 * test_world.c - the node of sv3: settings, timing and devices.
 */
#include "ctest.h"
#include "platform_fx.h"

#define MACHINE                                                                                       \
	FX_CELLS FX_SMMU FX_SMMU_2                                                                    \
		"dev: dev { iommus = <1 0x10000>, <2 0x20>; }; far { iommus = <2 0x30>; }; none { };" \
		"pcie: pcie { device_type = \"pci\"; #address-cells = <3>; #size-cells = <2>; "       \
		"iommu-map = <0 1 0x100 0x1000>; nic: nic { reg = <0x000800 0 0 0 0>; }; };"
#define WORLD(body)     MACHINE "sv3 { compatible = \"sv3,world\"; " body " };"
#define REPLAY(body)    WORLD("d { compatible = \"sv3,replay\"; " body " };")
#define SYNTHETIC(body) WORLD("d { compatible = \"sv3,synthetic\"; " body " };")

/* --- settings and timing --- */

TEST_C(platform_world, settings_are_names_and_texts)
{
	struct sv3_platform platform =
		fx_platform(WORLD("link = \"25G\"; max-rounds = <30>; lead = <1 0>; ats; status = "
				  "\"okay\"; phandle = <99>;"));

	ASSERT_EQ_U64(platform.setting_count, 4);
	EXPECT_EQ_STR(platform.settings[0].node, "/sv3");
	EXPECT_EQ_STR(platform.settings[0].name, "link");
	EXPECT_EQ_STR(platform.settings[0].value, "25G");
	EXPECT_EQ_STR(platform.settings[1].value, "30");
	EXPECT_EQ_STR(platform.settings[2].value, "4294967296");
	EXPECT_EQ_STR(platform.settings[3].name, "ats");
	EXPECT_EQ_STR(platform.settings[3].value, "");
	sv3_platform_free(&platform);
}

TEST_C(platform_world, timing_is_a_preset_and_what_is_otherwise)
{
	struct sv3_platform platform = fx_platform(WORLD(
		"timing { preset = \"gem5\"; tbu-utlb-entries = <7>; tcu.walk_slots = <3>; };"));
	struct sv3_timing expected;

	ASSERT_OK(sv3_timing_preset("gem5", &expected));
	expected.tbu_utlb_entries = 7;
	expected.tcu_walk_slots = 3;
	EXPECT_EQ_STR(platform.timing_preset, "gem5");
	ASSERT_EQ_U64(platform.timing_count, 2);
	EXPECT_EQ_STR(platform.timings[0].node, "/sv3/timing");
	EXPECT_EQ_STR(platform.timings[0].name, "tbu.utlb_entries");
	EXPECT_EQ_U64(platform.timings[0].value, 7);
	EXPECT_EQ_MEM(&platform.timing, &expected, sizeof(expected));
	sv3_platform_free(&platform);
}

TEST_C(platform_world, without_timing_it_is_the_default)
{
	struct sv3_platform platform = fx_platform(WORLD(""));
	struct sv3_timing expected;

	sv3_timing_default(&expected);
	EXPECT_TRUE(platform.timing_preset == NULL);
	EXPECT_EQ_MEM(&platform.timing, &expected, sizeof(expected));
	sv3_platform_free(&platform);
}

TEST_C(platform_world, a_world_that_cannot_be_is_refused)
{
	static const struct fx_row rows[] = {
		{ WORLD("") "b { compatible = \"sv3,world\"; };",
		  "/b: compatible: a second sv3,world; a platform has one" },
		{ WORLD("link = <1 2 3>;"),
		  "/sv3: link: 3 cells are no number; give one cell, or two" },
		{ WORLD("link = \"a\", \"b\";"), "/sv3: link: not one string; give \"TEXT\"" },
		{ WORLD("timing { a = \"text\"; };"),
		  "/sv3/timing: a: 5 bytes are no whole 32-bit cells; write <...>" },
		{ WORLD("timing { preset = \"fast\"; };"),
		  "/sv3/timing: preset: there is no 'fast'; sv3 timing --help lists them" },
		{ WORLD("timing { tbu-utlb-entrie = <1>; };"),
		  "/sv3/timing: tbu-utlb-entrie: there is no such parameter; sv3 timing lists "
		  "them" },
		{ WORLD("timing { tbuxutlb_entries = <1>; };"),
		  "/sv3/timing: tbuxutlb_entries: there is no such parameter; sv3 timing lists "
		  "them" },
		{ WORLD("timing { tcu-slots = <0x1 0x2>; };"),
		  "/sv3/timing: tcu-slots: 4294967298 is not from 1 to 4096 slots" },
		{ WORLD("timing { preset = <1>; };"),
		  "/sv3/timing: preset: not one string; give \"TEXT\"" },
		{ WORLD("d { };"), "/sv3/d: compatible: neither \"sv3,replay\" nor "
				   "\"sv3,synthetic\", and the node is not named timing" },
	};

	FX_EXPECT_ERRORS(rows);
}

/* --- devices --- */

TEST_C(platform_world, a_replay_keeps_its_streams_unless_told)
{
	struct sv3_platform platform = fx_platform(REPLAY("trace = \"/a/b.s3t\";"));

	ASSERT_EQ_U64(platform.device_count, 1);
	EXPECT_EQ_STR(platform.devices[0].node, "/sv3/d");
	EXPECT_EQ_INT(platform.devices[0].kind, SV3_PLATFORM_REPLAY);
	EXPECT_EQ_STR(platform.devices[0].trace, "/a/b.s3t");
	EXPECT_EQ_U64(platform.devices[0].master, SV3_PLATFORM_NONE);
	EXPECT_FALSE(platform.devices[0].has_stream);
	sv3_platform_free(&platform);
}

TEST_C(platform_world, traces_are_beside_the_tree)
{
	struct sv3_platform platform = fx_platform(REPLAY("trace = \"sub/b.s3t\";"));

	ASSERT_EQ_U64(platform.device_count, 1);
	EXPECT_EQ_STR(platform.devices[0].trace, "/tmp/sub/b.s3t");
	sv3_platform_free(&platform);
}

TEST_C(platform_world, a_requester_id_is_mapped)
{
	struct sv3_platform platform =
		fx_platform(REPLAY("trace = \"t\"; master = &pcie; rid = <0x10>;"));

	ASSERT_EQ_U64(platform.device_count, 1);
	EXPECT_EQ_STR(platform.masters[platform.devices[0].master].node, "/pcie");
	EXPECT_TRUE(platform.devices[0].has_stream);
	EXPECT_EQ_U64(platform.devices[0].smmu, 0);
	EXPECT_EQ_U64(platform.devices[0].stream_id, 0x110);
	sv3_platform_free(&platform);
}

TEST_C(platform_world, a_stream_id_finds_its_smmu)
{
	struct sv3_platform platform =
		fx_platform(REPLAY("trace = \"t\"; master = \"/dev\"; stream-id = <0x20>;"));

	ASSERT_EQ_U64(platform.device_count, 1);
	EXPECT_EQ_U64(platform.devices[0].smmu, 1);
	EXPECT_EQ_U64(platform.devices[0].stream_id, 0x20);
	sv3_platform_free(&platform);
}

TEST_C(platform_world, a_stream_id_needs_no_master_where_one_smmu_has_it)
{
	struct sv3_platform platform =
		fx_platform(SYNTHETIC("pattern = \"zipf\"; stream-id = <0x30>;"));

	ASSERT_EQ_U64(platform.device_count, 1);
	EXPECT_EQ_U64(platform.devices[0].master, SV3_PLATFORM_NONE);
	EXPECT_EQ_U64(platform.devices[0].smmu, 1);
	sv3_platform_free(&platform);
}

TEST_C(platform_world, a_synthetic_device_takes_the_first_stream_of_its_master)
{
	struct sv3_platform platform =
		fx_platform(SYNTHETIC("pattern = \"uniform\"; master = &dev;"));
	const struct sv3_synthetic_config *synthetic;

	ASSERT_EQ_U64(platform.device_count, 1);
	synthetic = &platform.devices[0].synthetic;
	EXPECT_EQ_U64(synthetic->stream_id, 0x10000);
	EXPECT_EQ_INT(synthetic->pattern, SV3_PATTERN_UNIFORM);
	EXPECT_EQ_U64(synthetic->base, 0);
	EXPECT_EQ_U64(synthetic->page_count, 4096);
	EXPECT_EQ_U64(synthetic->write_percent, 100);
	EXPECT_EQ_U64(synthetic->len, 64);
	EXPECT_EQ_U64(synthetic->period, 10 * SV3_PS_PER_US);
	EXPECT_EQ_U64(synthetic->limit, 0);
	sv3_platform_free(&platform);
}

TEST_C(platform_world, a_function_is_a_master)
{
	struct sv3_platform platform =
		fx_platform(SYNTHETIC("pattern = \"fixed\"; master = &nic;"));

	ASSERT_EQ_U64(platform.device_count, 1);
	EXPECT_EQ_U64(platform.devices[0].stream_id, 0x108);
	sv3_platform_free(&platform);
}

TEST_C(platform_world, each_property_of_a_synthetic_device_goes_to_its_field)
{
	struct sv3_platform platform = fx_platform(SYNTHETIC(
		"master = &dev; pattern = \"fixed\"; pages = <8>; first-page = <3>; rate-hz = <16000>; "
		"write-percent = <70>; access-bytes = <4096>; zipf-exponent-permille = <1200>; start-ns "
		"= <5>; jitter; limit = <1 0>; seed = <9>;"));
	const struct sv3_synthetic_config *synthetic;

	ASSERT_EQ_U64(platform.device_count, 1);
	synthetic = &platform.devices[0].synthetic;
	EXPECT_EQ_INT(synthetic->pattern, SV3_PATTERN_FIXED);
	EXPECT_EQ_U64(synthetic->page_count, 8);
	EXPECT_EQ_U64(synthetic->base, 0x3000);
	/* eight pages a burst, 2,000 bursts a second */
	EXPECT_EQ_U64(synthetic->period, 500 * SV3_PS_PER_US);
	EXPECT_EQ_U64(synthetic->write_percent, 70);
	EXPECT_EQ_U64(synthetic->len, 4096);
	EXPECT_NEAR_F64(synthetic->zipf_exponent, 1.2, 1e-9);
	EXPECT_EQ_U64(synthetic->start, 5 * SV3_PS_PER_NS);
	EXPECT_TRUE(synthetic->jitter);
	EXPECT_EQ_U64(synthetic->limit, UINT64_C(1) << 32);
	EXPECT_EQ_U64(synthetic->seed, 9);
	sv3_platform_free(&platform);
}

TEST_C(platform_world, a_device_that_cannot_be_is_refused)
{
	static const struct fx_row rows[] = {
		{ REPLAY(""), "/sv3/d: trace: absent; name the file of a trace" },
		{ REPLAY("trace = \"t\"; pages = <1>;"),
		  "/sv3/d: pages: there is no such property here; docs/PLATFORM.md lists them" },
		{ REPLAY("trace = \"t\"; master = <1>;"),
		  "/sv3/d: master: not one string; give \"TEXT\"" },
		{ REPLAY("trace = \"t\"; master = \"dev\";"),
		  "/sv3/d: master: 'dev' is no path; write &label, without <>, or \"/path\"" },
		{ REPLAY("trace = \"t\"; master = \"/absent\";"),
		  "/sv3/d: master: there is no node /absent" },
		{ REPLAY("trace = \"t\"; master = \"/none\";"),
		  "/sv3/d: master: /none has no StreamID: no iommus, no iommu-map, and it is no "
		  "PCI function below one" },
		{ REPLAY("trace = \"t\"; rid = <1>;"),
		  "/sv3/d: rid: requester IDs are those of a PCIe host; let master name one" },
		{ REPLAY("trace = \"t\"; master = &dev; rid = <1>;"),
		  "/sv3/d: rid: requester IDs are those of a PCIe host; let master name one" },
		{ REPLAY("trace = \"t\"; master = &pcie; rid = <0x1000>;"),
		  "/sv3/d: rid: 0x1000 is in no entry of the map of /pcie" },
		{ REPLAY("trace = \"t\"; master = &pcie; rid = <1>; stream-id = <1>;"),
		  "/sv3/d: rid: beside stream-id; give one of them" },
		{ REPLAY("trace = \"t\"; master = &dev; stream-id = <0x30>;"),
		  "/sv3/d: stream-id: 0x30 is that of no stream of its master" },
		{ REPLAY("trace = \"t\"; stream-id = <0x99999>;"),
		  "/sv3/d: stream-id: 0x99999 is that of no master" },
		{ FX_CELLS FX_SMMU FX_SMMU_2
		  "a { iommus = <1 5>; }; b { iommus = <2 5>; }; sv3 { "
		  "compatible = \"sv3,world\"; d { compatible = "
		  "\"sv3,replay\"; trace = \"t\"; stream-id = <5>; }; };",
		  "/sv3/d: stream-id: 0x5 is there behind 2 SMMUs; let master say which" },
		{ SYNTHETIC("master = &dev;"),
		  "/sv3/d: pattern: not one of \"fixed\", \"sequential\", \"uniform\", \"zipf\"" },
		{ SYNTHETIC("master = &dev; pattern = \"random\";"),
		  "/sv3/d: pattern: not one of \"fixed\", \"sequential\", \"uniform\", \"zipf\"" },
		{ SYNTHETIC("pattern = \"zipf\";"),
		  "/sv3/d: master: absent; name one, or give stream-id" },
		{ SYNTHETIC("pattern = \"zipf\"; master = &pcie;"),
		  "/sv3/d: rid: absent; a PCIe host has many functions: give one's requester ID" },
		{ SYNTHETIC("master = &dev; pattern = \"zipf\"; pages = <0x1000001>;"),
		  "/sv3/d: pages: 0x1000001 is above 0x1000000, the most it can be" },
		{ SYNTHETIC("master = &dev; pattern = \"fixed\"; pages = <0>;"),
		  "/sv3/d: pages: 0; give more than that" },
		{ SYNTHETIC("master = &dev; pattern = \"zipf\"; rate-hz = <0>;"),
		  "/sv3/d: rate-hz: 0; give more than that" },
		{ SYNTHETIC("master = &dev; pattern = \"zipf\"; rate-hz = <1000000001>;"),
		  "/sv3/d: rate-hz: 0x3b9aca01 is above 0x3b9aca00, the most it can be" },
		{ SYNTHETIC("master = &dev; pattern = \"fixed\"; pages = <4 0>; rate-hz = <1>;"),
		  "/sv3/d: rate-hz: so many pages at 1 a second take longer than the clock holds" },
		{ SYNTHETIC("master = &dev; pattern = \"zipf\"; write-percent = <101>;"),
		  "/sv3/d: write-percent: 0x65 is above 0x64, the most it can be" },
		{ SYNTHETIC("master = &dev; pattern = \"zipf\"; access-bytes = <4097>;"),
		  "/sv3/d: access-bytes: 0x1001 is above 0x1000, the most it can be" },
		{ SYNTHETIC("master = &dev; pattern = \"zipf\"; access-bytes = <0>;"),
		  "/sv3/d: access-bytes: 0; give more than that" },
		{ SYNTHETIC("master = &dev; pattern = \"zipf\"; zipf-exponent-permille = <0>;"),
		  "/sv3/d: zipf-exponent-permille: 0; give more than that" },
	};

	FX_EXPECT_ERRORS(rows);
}
