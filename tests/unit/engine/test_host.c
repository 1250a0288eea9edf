/* SPDX-License-Identifier: MIT */
/*
 * test_host.c - does host software boot the SMMU, refuse what makes no sense, and map guest RAM for
 * the GUEST view, with leaves of every size?
 */
#include "world_fixture.h"

#include <sv3/vmsa.h>

/* --- boot --- */

TEST_C(host, boot_enables_the_smmu_and_takes_no_time)
{
	const uint32_t enabled = SV3_CR0_SMMUEN | SV3_CR0_EVENTQEN | SV3_CR0_CMDQEN;
	FX(fx);

	ASSERT_TRUE(fx_boot(&fx));
	EXPECT_EQ_U64(sv3_world_now(fx.world), 0);
	EXPECT_EQ_U64(fx_reg(&fx, SV3_REG_CR0ACK) & enabled, enabled);
	EXPECT_EQ_U64(fx_reg(&fx, SV3_REG_CMDQ_PROD), fx_reg(&fx, SV3_REG_CMDQ_CONS));
	EXPECT_EQ_U64(fx_reg(&fx, SV3_REG_GERROR), fx_reg(&fx, SV3_REG_GERRORN));
	EXPECT_TRUE(sv3_host_error(fx.host) == NULL);
}

TEST_C(host, senseless_configurations_are_refused)
{
	static const uint32_t far_stream = 65536, twice[] = { 8, 8 };
	static uint32_t many[SV3_HOST_DOMAINS_MAX + 1];
	FX(fx);
	struct sv3_host_config bad[6];
	struct sv3_world *world;
	struct sv3_host *host;

	for (int i = 0; i < 6; i++)
		bad[i] = fx.host_config;
	bad[0].stream_ids = &far_stream;
	bad[1].stream_count = 0;
	bad[2].view = SV3_VIEW_IOVA;
	bad[2].stream_ids = twice;
	bad[2].stream_count = 2;
	for (uint32_t i = 0; i <= SV3_HOST_DOMAINS_MAX; i++)
		many[i] = i;
	bad[3].view = SV3_VIEW_IOVA;
	bad[3].stream_ids = many;
	bad[3].stream_count = SV3_HOST_DOMAINS_MAX + 1;
	bad[4].granule_lg2 = 13;
	bad[5].leaf_max_lg2 = 11;
	for (int i = 0; i < 6; i++) {
		ASSERT_OK(sv3_world_create(&fx.config, &world));
		EXPECT_EQ_INT(sv3_host_create(world, &bad[i], &host), -SV3_ERR_INVAL);
		sv3_world_destroy(world);
	}
}

/* --- GUEST view --- */

TEST_C(host, guest_ram_is_mapped_to_itself_and_born_clean)
{
	const uint64_t page_count = GUEST_SIZE / SV3_PAGE_SIZE;
	FX(fx);
	struct sv3_pt_leaf leaf;
	uint64_t words[FX_WORDS];

	ASSERT_TRUE(fx_boot(&fx));
	ASSERT_EQ_U64(sv3_host_domain_count(fx.host), 1);
	EXPECT_TRUE(sv3_host_domain(fx.host, 1) == NULL);
	for (uint64_t page = 0; page < page_count; page++) {
		ASSERT_OK(sv3_pt_lookup(&sv3_host_domain(fx.host, 0)->pt, FX_PAGE(page), &leaf));
		ASSERT_EQ_U64(leaf.pa, FX_PAGE(page));
	}
	EXPECT_EQ_INT(sv3_pt_lookup(&sv3_host_domain(fx.host, 0)->pt, FX_PAGE(page_count), &leaf),
		      -SV3_ERR_NOENT);
	EXPECT_EQ_INT(fx_dirty(&fx, words), 0);
}

TEST_C(host, a_scan_reports_exactly_what_the_device_wrote)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 0, FX_PAGE(70)),
							  FX_ACCESS(READ, 1, FX_PAGE(71)),
							  FX_ACCESS(WRITE, 2, FX_PAGE(4095)),
							  FX_ACCESS(WRITE, 3, FX_PAGE(70)),
							  FX_ACCESS(WRITE, 4, MSI_PAGE) };
	FX(fx);
	uint64_t words[FX_WORDS];

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 2 * US);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 0);
	EXPECT_EQ_INT(fx_dirty(&fx, words), 2);
	EXPECT_TRUE(has_page(words, 70));
	EXPECT_TRUE(has_page(words, 4095));
}

TEST_C(host, without_hardware_updates_everything_is_born_dirty_and_stays_so)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 0, FX_PAGE(70)) };
	FX(fx);
	struct sv3_pt_leaf leaf;

	fx.host_config.hd = false;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 2 * US);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 0);
	EXPECT_EQ_U64(sv3_smmu_stats(sv3_world_smmu(fx.world))->httu_updates, 0);
	ASSERT_OK(sv3_pt_lookup(&sv3_host_domain(fx.host, 0)->pt, FX_PAGE(3), &leaf));
	EXPECT_EQ_U64(leaf.descriptor & (SV3_PTE_AP2_RDONLY | SV3_PTE_DBM), 0);
}

/* Leaves of the guest's table by span, counted from the first page on. */
static void count_spans(struct fx *fx, uint64_t size, uint64_t counts[64])
{
	struct sv3_pt_leaf leaf;

	memset(counts, 0, 64 * sizeof(counts[0]));
	for (sv3_iova iova = GUEST_BASE; iova < GUEST_BASE + size;
	     iova += UINT64_C(1) << leaf.span_lg2) {
		leaf.span_lg2 = 12;
		EXPECT_OK(sv3_pt_lookup(&sv3_host_domain(fx->host, 0)->pt, iova, &leaf));
		EXPECT_EQ_U64(leaf.iova, iova);
		EXPECT_EQ_U64(leaf.pa, iova);
		counts[leaf.span_lg2]++;
	}
}

TEST_C(host, mixed_leaves_cover_all_of_ram_with_every_size_by_the_seed)
{
	const uint64_t size = UINT64_C(8) << 30;
	uint64_t counts[3][64];

	for (uint64_t i = 0; i < 3; i++) {
		FX(fx);
		fx.config.guest_size = size + (UINT64_C(5) << 20) + SV3_PAGE_SIZE;
		fx.host_config.leaf_max_lg2 = 30;
		fx.host_config.mixed_leaves = true;
		fx.host_config.seed = i / 2;
		ASSERT_TRUE(fx_boot(&fx));
		count_spans(&fx, fx.config.guest_size, counts[i]);
		EXPECT_GT_U64(counts[i][12], 0);
		EXPECT_GT_U64(counts[i][21], 0);
		EXPECT_EQ_U64(counts[i][12] + (counts[i][21] << 9) + (counts[i][30] << 18),
			      fx.config.guest_size / SV3_PAGE_SIZE);
	}
	EXPECT_GT_U64(counts[0][30] + counts[2][30], 0);
	EXPECT_EQ_MEM(counts[0], counts[1], sizeof(counts[0]));
	EXPECT_NE_U64(counts[0][21], counts[2][21]);
}

TEST_C(host, mixed_leaves_know_the_sizes_of_other_granules)
{
	static const uint32_t granules[] = { 14, 16 }, blocks[] = { 25, 29 };

	for (int i = 0; i < 2; i++) {
		uint64_t counts[64];
		FX(fx);

		fx.config.guest_size = UINT64_C(4) << 30;
		fx.host_config.granule_lg2 = granules[i];
		fx.host_config.leaf_max_lg2 = 30;
		fx.host_config.mixed_leaves = true;
		fx.host_config.msi_page_count = 0;
		ASSERT_TRUE(fx_boot(&fx));
		count_spans(&fx, fx.config.guest_size, counts);
		EXPECT_GT_U64(counts[granules[i]], 0);
		EXPECT_GT_U64(counts[blocks[i]], 0);
	}
}

TEST_C(host, in_the_guest_view_a_page_is_its_own_only_alias)
{
	FX(fx);
	struct sv3_host_alias alias = { 9, 9 };

	ASSERT_TRUE(fx_boot(&fx));
	EXPECT_EQ_U64(sv3_host_aliases(fx.host, FX_PAGE(5) + 7, &alias, 1), 1);
	EXPECT_EQ_U64(alias.domain_index, 0);
	EXPECT_EQ_U64(alias.iova, FX_PAGE(5));
	EXPECT_EQ_U64(sv3_host_aliases(fx.host, MSI_PAGE, &alias, 1), 0);
}

TEST_C(host, all_streams_of_a_guest_share_one_table)
{
	static const uint32_t streams[] = { 8, 300, 65535 };
	static const struct sv3_device_event script[] = {
		{ .kind = SV3_DEVICE_WRITE, .iova = FX_PAGE(1), .len = 8, .stream_id = 8 },
		{ .kind = SV3_DEVICE_WRITE, .iova = FX_PAGE(2), .len = 8, .stream_id = 300 },
		{ .kind = SV3_DEVICE_WRITE, .iova = FX_PAGE(3), .len = 8, .stream_id = 65535 },
		{ .kind = SV3_DEVICE_WRITE, .iova = FX_PAGE(4), .len = 8, .stream_id = 9 },
	};
	FX(fx);
	uint64_t words[FX_WORDS];

	fx.host_config.stream_ids = streams;
	fx.host_config.stream_count = 3;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, US);
	EXPECT_EQ_INT(fx_dirty(&fx, words), 3);
	/* The stream that nobody attached has an invalid STE. */
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 1);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->first_fault.stream_id, 9);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->first_fault_event, SV3_EVENT_C_BAD_STE);
}
