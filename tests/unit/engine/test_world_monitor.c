/* SPDX-License-Identifier: MIT */
/*
 * test_world_monitor.c - a monitored world tells its monitor of software and devices by itself, and
 * is otherwise as it would be.
 */
#include "world_fixture.h"

static const struct sv3_device_event script[] = {
	FX_ACCESS(WRITE, 1 * US, FX_PAGE(3)),
	FX_ACCESS(WRITE, 20 * US, FX_PAGE(3)), /* through the entry of the first */
};

/* Cleans the page by itself: no TLBI comes with it. */
static void clean_page(struct fx *fx, uint64_t page)
{
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	EXPECT_EQ_INT(
		sv3_dirty_clear(&sv3_host_domain(fx->host, 0)->pt, FX_PAGE(page), NULL, &gather),
		12);
}

static const struct sv3_monitor_finding *run(struct fx *fx, bool invalidates)
{
	struct sv3_monitor *monitor;

	FX_SCRIPT(fx, script);
	if (!fx_boot(fx))
		return NULL;
	monitor = sv3_world_monitor(fx->world);
	sv3_world_run_until(fx->world, 10 * US);
	clean_page(fx, 3);
	if (invalidates) {
		EXPECT_OK(sv3_cmdq_tlbi_all(sv3_host_cmdq(fx->host)));
		EXPECT_OK(sv3_cmdq_sync(sv3_host_cmdq(fx->host)));
	}
	sv3_monitor_copied(monitor, FX_PAGE(3), SV3_PAGE_SIZE);
	sv3_world_run_until(fx->world, SV3_PS_NEVER);
	sv3_monitor_finish(monitor);
	return sv3_monitor_finding(monitor, 0);
}

TEST_C(world_monitor, a_world_has_one_only_if_asked_for)
{
	FX(fx);

	ASSERT_TRUE(fx_boot(&fx));
	EXPECT_TRUE(sv3_world_monitor(fx.world) == NULL);
}

TEST_C(world_monitor, clean_without_tlbi_is_found_at_its_times)
{
	FX(fx);
	const struct sv3_monitor_finding *finding;

	fx.config.monitored = true;
	finding = run(&fx, false);
	ASSERT_TRUE(finding != NULL);
	EXPECT_EQ_INT(finding->rule, SV3_MONITOR_MISSING_TLBI);
	EXPECT_EQ_U64(finding->changed, 10 * US);
	EXPECT_EQ_U64(finding->found, 10 * US);
	EXPECT_EQ_U64(finding->stream_id, SID);
	EXPECT_EQ_U64(finding->input, FX_PAGE(3));
	finding = sv3_monitor_finding(sv3_world_monitor(fx.world), 1);
	ASSERT_TRUE(finding != NULL);
	EXPECT_EQ_INT(finding->rule, SV3_MONITOR_DMA_STALE);
	EXPECT_EQ_U64(finding->found, 20 * US + fx.config.costs.post_delay);
}

TEST_C(world_monitor, clean_tlbi_sync_copy_is_silent)
{
	FX(fx);

	fx.config.monitored = true;
	EXPECT_TRUE(run(&fx, true) == NULL);
	EXPECT_EQ_U64(sv3_monitor_stats(sv3_world_monitor(fx.world))->changes, 1);
}

TEST_C(world_monitor, with_a_price_on_accesses_it_sees_the_same)
{
	FX(fx);
	const struct sv3_monitor_finding *finding;

	fx.config.monitored = true;
	fx.config.costs.access = 5 * NS;
	finding = run(&fx, false);
	ASSERT_TRUE(finding != NULL);
	EXPECT_EQ_INT(finding->rule, SV3_MONITOR_MISSING_TLBI);
}

TEST_C(world_monitor, in_time_it_sees_the_same)
{
	FX(fx);
	const struct sv3_monitor_finding *finding;

	fx.config.monitored = fx.config.is_timed = true;
	sv3_timing_default(&fx.config.timing);
	finding = run(&fx, false);
	ASSERT_TRUE(finding != NULL);
	EXPECT_EQ_INT(finding->rule, SV3_MONITOR_MISSING_TLBI);
}
