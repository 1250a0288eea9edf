/* SPDX-License-Identifier: MIT */
/*
 * test_smmu.c - nodes of arm,smmu-v3: the standard binding and sv3's own properties.
 */
#include "ctest.h"
#include "platform_fx.h"

#include <string.h>

/** An SMMU with more properties. */
#define SMMU(more)                                                                         \
	FX_CELLS "iommu@0 { compatible = \"arm,smmu-v3\"; reg = <0 0x9050000 0 0x20000>; " \
		 "#iommu-cells = <1>; dma-coherent; " more " };"
#define GIC                                                                               \
	"gic: gic { #interrupt-cells = <3>; phandle = <7>; }; its: its { phandle = <8>; " \
	"#msi-cells = <1>; }; "

TEST_C(platform_smmu, without_words_of_ours_it_is_the_default)
{
	struct sv3_platform platform = fx_platform(SMMU(""));
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	ASSERT_EQ_U64(platform.smmu_count, 1);
	EXPECT_EQ_STR(platform.smmus[0].node, "/iommu@0");
	EXPECT_EQ_U64(platform.smmus[0].base, 0x9050000);
	EXPECT_EQ_U64(platform.smmus[0].size, 0x20000);
	EXPECT_EQ_STR(platform.smmus[0].profile, "default");
	EXPECT_TRUE(platform.smmus[0].dma_coherent);
	EXPECT_TRUE(platform.smmus[0].msi_parent == NULL);
	EXPECT_EQ_MEM(&platform.smmus[0].config, &config, sizeof(config));
	EXPECT_EQ_U64(platform.note_count, 0);
	sv3_platform_free(&platform);
}

TEST_C(platform_smmu, a_profile_is_the_profile)
{
	struct sv3_platform platform = fx_platform(SMMU("sv3,profile = \"mmu-700\";"));
	struct sv3_smmu_config config;

	ASSERT_OK(sv3_smmu_profile("mmu-700", &config));
	ASSERT_EQ_U64(platform.smmu_count, 1);
	EXPECT_EQ_MEM(&platform.smmus[0].config, &config, sizeof(config));
	sv3_platform_free(&platform);
}

TEST_C(platform_smmu, each_property_goes_to_its_field)
{
	struct sv3_platform platform = fx_platform(SMMU(
		"sv3,profile = \"full\"; sv3,idr0 = <0x084c309b>; sv3,idr1 = <0x014a0290>; "
		"sv3,idr3 = <0x1514>; sv3,idr5 = <0x00100075>; sv3,iidr = <0x43b>; "
		"sv3,aidr = <2>; sv3,slots = <17>; sv3,tlb-entries = <128>; sv3,tlb-ways = <8>; "
		"sv3,walk-cache-entries = <64>; sv3,walk-cache-ways = <2>; "
		"sv3,config-cache-entries = <32>; sv3,config-cache-ways = <1>; "
		"sv3,config-fetch-bytes = <8>; sv3,choices = <5>; sv3,ack-delay = <3>; "
		"sv3,pmcg-counters = <6>;"));
	const struct sv3_smmu_config *config;

	ASSERT_EQ_U64(platform.smmu_count, 1);
	config = &platform.smmus[0].config;
	EXPECT_EQ_U64(config->idr0, 0x084c309b);
	EXPECT_EQ_U64(config->idr1, 0x014a0290);
	EXPECT_EQ_U64(config->idr3, 0x1514);
	EXPECT_EQ_U64(config->idr5, 0x00100075);
	EXPECT_EQ_U64(config->iidr, 0x43b);
	EXPECT_EQ_U64(config->aidr, 2);
	EXPECT_EQ_U64(config->slot_count, 17);
	EXPECT_EQ_U64(config->tlb_entries, 128);
	EXPECT_EQ_U64(config->tlb_ways, 8);
	EXPECT_EQ_U64(config->walk_cache_entries, 64);
	EXPECT_EQ_U64(config->walk_cache_ways, 2);
	EXPECT_EQ_U64(config->config_cache_entries, 32);
	EXPECT_EQ_U64(config->config_cache_ways, 1);
	EXPECT_EQ_U64(config->config_fetch_bytes, 8);
	EXPECT_EQ_U64(config->choices, 5);
	EXPECT_EQ_U64(config->ack_delay, 3);
	EXPECT_EQ_U64(config->pmcg_counters, 6);
	sv3_platform_free(&platform);
}

TEST_C(platform_smmu, a_small_cache_has_as_many_ways_as_fit)
{
	struct sv3_platform platform =
		fx_platform(SMMU("sv3,tlb-entries = <2>; sv3,walk-cache-entries = <0>;"));

	ASSERT_EQ_U64(platform.smmu_count, 1);
	EXPECT_EQ_U64(platform.smmus[0].config.tlb_ways, 2);
	EXPECT_EQ_U64(platform.smmus[0].config.walk_cache_entries, 0);
	sv3_platform_free(&platform);
}

TEST_C(platform_smmu, interrupts_are_as_wide_as_their_controller_says)
{
	struct sv3_platform platform = fx_platform(
		SMMU("interrupt-parent = <7>; interrupts = <0 74 1>, <0 75 4>; interrupt-names "
		     "= \"eventq\", \"gerror\"; msi-parent = <8 0x10000>;") GIC);
	const struct sv3_platform_smmu *smmu;

	ASSERT_EQ_U64(platform.smmu_count, 1);
	smmu = &platform.smmus[0];
	ASSERT_EQ_U64(smmu->interrupt_count, 2);
	EXPECT_EQ_STR(smmu->interrupts[0].name, "eventq");
	EXPECT_EQ_STR(smmu->interrupts[1].name, "gerror");
	EXPECT_EQ_U64(smmu->interrupts[1].cell_count, 3);
	EXPECT_EQ_U64(smmu->interrupts[1].cells[1], 75);
	EXPECT_EQ_U64(smmu->interrupts[1].cells[2], 4);
	EXPECT_EQ_STR(smmu->msi_parent, "/its");
	sv3_platform_free(&platform);
}

TEST_C(platform_smmu, the_controller_may_be_named_above)
{
	struct sv3_platform platform =
		fx_platform("interrupt-parent = <7>; " SMMU("interrupts = <0 74 1>;") GIC);

	ASSERT_EQ_U64(platform.smmu_count, 1);
	ASSERT_EQ_U64(platform.smmus[0].interrupt_count, 1);
	EXPECT_TRUE(platform.smmus[0].interrupts[0].name == NULL);
	sv3_platform_free(&platform);
}

TEST_C(platform_smmu, properties_of_other_hardware_are_noted)
{
	struct sv3_platform platform = fx_platform(
		FX_CELLS
		"iommu@0 { compatible = \"hisilicon,hip07-smmu\", \"arm,smmu-v3\"; reg = <0 "
		"0 0 1>; #iommu-cells = <1>; hisilicon,broken-prefetch-cmd; "
		"cavium,cn9900-broken-page1-regspace; vendor,unknown = <1>; };");

	EXPECT_EQ_U64(platform.smmu_count, 1);
	ASSERT_EQ_U64(platform.note_count, 3);
	EXPECT_EQ_STR(platform.notes[0].property, "hisilicon,broken-prefetch-cmd");
	EXPECT_EQ_STR(platform.notes[1].property, "cavium,cn9900-broken-page1-regspace");
	EXPECT_EQ_STR(platform.notes[2].property, "dma-coherent");
	sv3_platform_free(&platform);
}

TEST_C(platform_smmu, disabled_ones_and_older_ones_are_none)
{
	struct sv3_platform platform = fx_platform(
		FX_CELLS
		"a { compatible = \"arm,smmu-v3\"; status = \"disabled\"; }; b { compatible = "
		"\"arm,smmu-v2\"; };" FX_SMMU_2);

	ASSERT_EQ_U64(platform.smmu_count, 1);
	EXPECT_EQ_STR(platform.smmus[0].node, "/iommu@9090000");
	sv3_platform_free(&platform);
}

TEST_C(platform_smmu, what_cannot_be_is_refused)
{
	static const struct fx_row rows[] = {
		{ FX_CELLS "i { compatible = \"arm,smmu-v3\"; reg = <0 0 0 1>; };",
		  "/i: #iommu-cells: 0; an SMMUv3 has 1, the StreamID: give <1>" },
		{ FX_CELLS "i { compatible = \"arm,smmu-v3\"; reg = <0 0 0 1>; #iommu-cells = <2>; "
			   "};",
		  "/i: #iommu-cells: 2; an SMMUv3 has 1, the StreamID: give <1>" },
		{ FX_CELLS "i { compatible = \"arm,smmu-v3\"; #iommu-cells = <1>; };",
		  "/i: reg: absent or empty; give base and size of its registers" },
		{ SMMU("sv3,profile = \"mmu-800\";"),
		  "/iommu@0: sv3,profile: there is no profile 'mmu-800'; sv3 regs --profiles lists "
		  "them" },
		{ SMMU("sv3,profile = <5>;"),
		  "/iommu@0: sv3,profile: not one string; give \"TEXT\"" },
		{ SMMU("sv3,profile = \"a\\x01b\";"),
		  "/iommu@0: sv3,profile: byte 1 is no character that can be printed" },
		{ SMMU("sv3,tlb-entires = <64>;"),
		  "/iommu@0: sv3,tlb-entires: there is no such property here; docs/PLATFORM.md "
		  "lists them" },
		{ SMMU("sv3,tlb-entries = <64 1>;"),
		  "/iommu@0: sv3,tlb-entries: 2 cells where one is expected; give <N>" },
		{ SMMU("sv3,tlb-entries = \"64\";"),
		  "/iommu@0: sv3,tlb-entries: 3 bytes are no whole 32-bit cells; write <...>" },
		{ SMMU("msi-parent = <9>;"),
		  "/iommu@0: msi-parent: no node has phandle 0x9; refer to one by its label" },
		{ SMMU("interrupts = <0 1 2>;"),
		  "/iommu@0: interrupts: there is no interrupt-parent here or above; give one" },
		{ SMMU("interrupts = <0 1 2>; interrupt-parent = <9>;"),
		  "/iommu@0: interrupt-parent: no node has phandle 0x9; refer to one by its label" },
		{ SMMU("interrupts = <0 1 2 3>; interrupt-parent = <7>;") GIC,
		  "/iommu@0: interrupts: 4 cells are not 1 to 8 interrupts of 3 "
		  "(#interrupt-cells)" },
		{ SMMU("interrupts = <0 1 2>; interrupt-parent = <8>;") GIC,
		  "/its: #interrupt-cells: absent or 0, and an SMMU has interrupts there" },
	};

	FX_EXPECT_ERRORS(rows);
}

TEST_C(platform_smmu, a_configuration_no_smmu_has_names_the_property)
{
	struct sv3_platform platform;
	const char *said;

	EXPECT_EQ_INT(fx_read(SMMU("sv3,tlb-entries = <4096>; sv3,walk-cache-entries = <3>;"),
			      &platform, &said),
		      -SV3_ERR_FORMAT);
	EXPECT_TRUE(strncmp(said, "/iommu@0: sv3,walk-cache-entries: no SMMU can be so: ", 52) ==
		    0);
}
