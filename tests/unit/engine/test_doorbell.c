/* SPDX-License-Identifier: MIT */
/*
 * test_doorbell.c - when do commands arrive, and when is CMD_SYNC consumed? In what order does what
 * is due at one time happen, and what does a driver that polls see?
 */
#include "world_fixture.h"

static int sync_done(struct fx *fx, const struct sv3_cmdq_ticket *ticket)
{
	return sv3_cmdq_sync_done(sv3_host_cmdq(fx->host), ticket);
}

TEST_C(doorbell, a_doorbell_arrives_at_n_and_not_at_n_minus_1)
{
	FX(fx);
	struct sv3_cmdq_ticket ticket;

	fx.config.costs.cmdq_delay = 700;
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 50);
	ticket = fx_ring_tlbi_and_sync(&fx);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), 750);
	sv3_world_run_until(fx.world, 749);
	EXPECT_EQ_INT(sync_done(&fx, &ticket), 0);
	sv3_world_run_until(fx.world, 750);
	EXPECT_EQ_INT(sync_done(&fx, &ticket), 1);
}

TEST_C(doorbell, flushed_doorbells_arrive_at_once_and_so_does_the_next_but_only_that)
{
	FX(fx);
	struct sv3_cmdq_ticket first, second, third;

	ASSERT_TRUE(fx_boot(&fx));
	first = fx_ring_tlbi_and_sync(&fx);
	EXPECT_EQ_INT(sync_done(&fx, &first), 0);
	sv3_world_flush_doorbells(fx.world);
	EXPECT_EQ_INT(sync_done(&fx, &first), 1);
	second = fx_ring_tlbi_and_sync(&fx);
	EXPECT_EQ_INT(sync_done(&fx, &second), 1);
	third = fx_ring_tlbi_and_sync(&fx);
	EXPECT_EQ_INT(sync_done(&fx, &third), 0);
	EXPECT_EQ_U64(sv3_world_now(fx.world), 0);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), fx.config.costs.cmdq_delay);
}

TEST_C(doorbell, sync_waits_until_a_write_through_a_dropped_entry_has_landed)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 100, FX_PAGE(7)) };
	FX(fx);
	struct sv3_cmdq_ticket ticket;

	fx.config.costs.cmdq_delay = 0;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 200);
	ticket = fx_ring_tlbi_and_sync(&fx);
	sv3_world_run_until(fx.world, 100 + US - 1);
	EXPECT_EQ_INT(sync_done(&fx, &ticket), 0);
	sv3_world_run_until(fx.world, 100 + US);
	EXPECT_EQ_INT(sync_done(&fx, &ticket), 1);
}

TEST_C(doorbell, sync_does_not_wait_for_writes_translated_after_the_invalidation)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 100, FX_PAGE(7)),
							  FX_ACCESS(WRITE, 300, FX_PAGE(7)) };
	FX(fx);
	struct sv3_cmdq_ticket ticket;

	fx.config.costs.cmdq_delay = 0;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 200);
	ticket = fx_ring_tlbi_and_sync(&fx);
	sv3_world_run_until(fx.world, 100 + US);
	EXPECT_EQ_U64(fx.landed_count, 1);
	EXPECT_EQ_INT(sync_done(&fx, &ticket), 1);
}

TEST_C(doorbell, at_one_time_landings_come_first_then_doorbells_then_the_device)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 2000, FX_PAGE(0)),
							  FX_ACCESS(READ, 3000, FX_PAGE(1)) };
	FX(fx);
	uint32_t before;

	fx.config.costs.post_delay = 1000;
	fx.config.costs.cmdq_delay = 700;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 2300);
	before = fx_reg(&fx, SV3_REG_CMDQ_CONS);
	(void)fx_ring_tlbi_and_sync(&fx);
	sv3_world_run_until(fx.world, 3000);
	ASSERT_EQ_U64(fx.landed_count, 1);
	ASSERT_EQ_U64(fx.completed_count, 2);
	EXPECT_EQ_U64(fx.landed_cmdq_cons[0], before);
	EXPECT_EQ_U64(fx.completed[1].cmdq_cons, before + 2);
}

TEST_C(doorbell, polling_runs_one_event_at_a_time_and_ends_when_there_is_none)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 40, FX_PAGE(0)) };
	FX(fx);
	struct sv3_regport regs;

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	regs = sv3_world_regport(fx.world);
	EXPECT_TRUE(regs.ops->poll(regs.context));
	EXPECT_EQ_U64(sv3_world_now(fx.world), 40);
	EXPECT_EQ_U64(fx.landed_count, 0);
	EXPECT_TRUE(regs.ops->poll(regs.context));
	EXPECT_EQ_U64(sv3_world_now(fx.world), 40 + US);
	EXPECT_EQ_U64(fx.landed_count, 1);
	EXPECT_FALSE(regs.ops->poll(regs.context));
	EXPECT_EQ_U64(sv3_world_now(fx.world), 40 + US);
}

TEST_C(doorbell, a_polled_sync_takes_doorbell_and_landing_and_no_longer)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 2 * US, FX_PAGE(0)) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	/* Rung at 0.5 us, the doorbell arrives at 2.5 us; the write is in flight from 2 to 3 us. */
	sv3_world_run_until(fx.world, US / 2);
	ASSERT_OK(sv3_cmdq_tlbi_all(sv3_host_cmdq(fx.host)));
	ASSERT_OK(sv3_cmdq_sync(sv3_host_cmdq(fx.host)));
	EXPECT_EQ_U64(sv3_world_now(fx.world), 3 * US);
}
