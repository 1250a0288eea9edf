/* SPDX-License-Identifier: MIT */
/*
 * test_non_coherent.c - does a world whose hardware does not snoop the CPU work when its software
 * does the maintenance it owes, and fail when it does not?
 */
#include "world_fixture.h"

static void make_non_coherent(struct fx *fx)
{
	fx->config.non_coherent = true;
	/* [IHI0070 3.15] Without coherent access there are no hardware updates to rely on. */
	fx->config.smmu.idr0 &= ~(uint32_t)SV3_IDR0_HTTU;
	fx->host_config.hd = false;
}

TEST_C(non_coherent, the_hardware_says_so_and_the_device_finds_its_mappings)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 10, FX_PAGE(3)),
							  FX_ACCESS(READ, 20, FX_PAGE(4)) };
	FX(fx);

	make_non_coherent(&fx);
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	EXPECT_EQ_U64(fx_reg(&fx, SV3_REG_IDR0) & SV3_IDR0_COHACC, 0);
	ASSERT_TRUE(sv3_world_cpu_cache(fx.world) != NULL);
	sv3_world_run_until(fx.world, US + 10);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 0);
	EXPECT_EQ_U64(fx.landed_count, 1);
	EXPECT_EQ_U64(sv3_cpu_cache_stats(sv3_world_cpu_cache(fx.world))->lines_overwritten, 0);
}

TEST_C(non_coherent, a_coherent_world_has_no_cache_and_says_so)
{
	FX(fx);

	ASSERT_TRUE(fx_boot(&fx));
	EXPECT_NE_U64(fx_reg(&fx, SV3_REG_IDR0) & SV3_IDR0_COHACC, 0);
	EXPECT_TRUE(sv3_world_cpu_cache(fx.world) == NULL);
}

TEST_C(non_coherent, what_software_unmaps_and_syncs_is_gone_for_the_device)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 10, FX_PAGE(3)),
							  FX_ACCESS(READ, 30000000, FX_PAGE(3)) };
	FX(fx);
	struct sv3_domain *domain;

	make_non_coherent(&fx);
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	domain = sv3_host_domain(fx.host, 0);
	sv3_world_run_until(fx.world, 20);
	EXPECT_EQ_INT(sv3_pt_unmap(&domain->pt, FX_PAGE(3), 4096, NULL, NULL), 4096);
	ASSERT_OK(sv3_cmdq_tlbi_asid(sv3_host_cmdq(fx.host), domain->asid));
	ASSERT_OK(sv3_cmdq_sync(sv3_host_cmdq(fx.host)));
	sv3_world_run_until(fx.world, 30000000);
	ASSERT_EQ_U64(fx.completed_count, 2);
	EXPECT_TRUE(fx.completed[0].ok);
	EXPECT_FALSE(fx.completed[1].ok);
}

/* The hardware reads old zeroes where the first command should stand. */
TEST_C(non_coherent, software_that_does_not_clean_does_not_get_through_its_boot)
{
	FX(fx);

	make_non_coherent(&fx);
	fx.config.cpu_cache.ignore_clean = true;
	ASSERT_OK(sv3_world_create(&fx.config, &fx.world));
	EXPECT_TRUE(sv3_host_create(fx.world, &fx.host_config, &fx.host) < 0);
	EXPECT_TRUE(fx.host == NULL);
}

TEST_C(non_coherent, maintenance_takes_time_as_any_access_of_software_does)
{
	FX(fx);
	struct sv3_bus bus;
	uint64_t word = 5;

	make_non_coherent(&fx);
	fx.config.costs.access = 100;
	ASSERT_TRUE(fx_boot(&fx));
	bus = sv3_world_software_bus(fx.world);
	EXPECT_TRUE(sv3_bus_window(&bus, GUEST_BASE, 64) == NULL);
	ASSERT_EQ_INT(sv3_bus_write(&bus, GUEST_BASE, &word, 8), SV3_BUS_OK);
	sv3_bus_maintain(&bus, GUEST_BASE, 8, SV3_MAINTAIN_CLEAN);
	EXPECT_EQ_U64(sv3_world_now(fx.world), 200);
	word = 0;
	bus = sv3_world_bus(fx.world);
	ASSERT_EQ_INT(sv3_bus_read(&bus, GUEST_BASE, &word, 8), SV3_BUS_OK);
	EXPECT_EQ_U64(word, 5);
}

TEST_C(non_coherent, in_a_coherent_world_software_owes_no_maintenance)
{
	FX(fx);
	struct sv3_bus bus;

	fx.config.costs.access = 100;
	ASSERT_TRUE(fx_boot(&fx));
	bus = sv3_world_software_bus(fx.world);
	sv3_bus_maintain(&bus, GUEST_BASE, 8, SV3_MAINTAIN_BOTH);
	EXPECT_EQ_U64(sv3_world_now(fx.world), 0);
}

TEST_C(non_coherent, a_bounded_cache_serves_as_well)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 10, FX_PAGE(3)) };
	FX(fx);

	make_non_coherent(&fx);
	fx.config.cpu_cache.line_count = 4;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, US + 10);
	EXPECT_EQ_U64(fx.landed_count, 1);
}

/* --- with hardware updates: DEVIATION(D-021) lets a world have both --- */

/* Dirty pages that two scans report, a write before each. */
static void scan_twice(struct fx *fx, bool ignore_invalidate, uint64_t *first, uint64_t *second)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 10, FX_PAGE(3)),
							  FX_ACCESS(WRITE, 30, FX_PAGE(4)) };

	fx->config.non_coherent = true;
	fx->config.cpu_cache.ignore_invalidate = ignore_invalidate;
	FX_SCRIPT(fx, script);
	ASSERT_TRUE(fx_boot(fx));
	EXPECT_EQ_U64(fx_reg(fx, SV3_REG_IDR0) & SV3_IDR0_COHACC, 0);
	EXPECT_EQ_U64(SV3_GET(SV3_IDR0_HTTU, fx_reg(fx, SV3_REG_IDR0)), 2);
	sv3_world_run_until(fx->world, 20);
	EXPECT_LE_U64(0, fx_dirty(fx, first));
	sv3_world_run_until(fx->world, 40);
	EXPECT_LE_U64(0, fx_dirty(fx, second));
	EXPECT_EQ_U64(sv3_world_stats(fx->world)->faults, 0);
}

TEST_C(non_coherent, a_scan_that_invalidates_sees_every_update_of_the_hardware)
{
	uint64_t first[FX_WORDS], second[FX_WORDS];
	FX(fx);

	scan_twice(&fx, false, first, second);
	EXPECT_TRUE(has_page(first, 3));
	EXPECT_FALSE(has_page(first, 4));
	EXPECT_TRUE(has_page(second, 3));
	EXPECT_TRUE(has_page(second, 4));
}

TEST_C(non_coherent, a_scan_that_does_not_invalidate_misses_them)
{
	uint64_t first[FX_WORDS], second[FX_WORDS];
	FX(fx);

	scan_twice(&fx, true, first, second);
	/* Both stand in lines that software loaded when it made the table. */
	EXPECT_FALSE(has_page(first, 3));
	EXPECT_FALSE(has_page(second, 4));
}
