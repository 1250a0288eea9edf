/* SPDX-License-Identifier: MIT */
/*
 * test_world_stall.c - does a stalled access of a device keep its place in a world until software
 * resumes it, and end then as any other?
 */
#include "sim/engine/engine_priv.h"
#include "world_fixture.h"

#define START   (100 * US) /* device events are due from here on: set-up takes time */
#define DELAY   1000
#define MISSING FX_PAGE(3)

/* Stage 1 stalls, and one page is not mapped. */
static bool boot_with_stalls(struct fx *fx, uint32_t slot_count, uint32_t stall_max)
{
	struct sv3_bus bus;
	uint8_t bytes[8];

	fx->config.smmu.idr0 &= ~(uint32_t)SV3_IDR0_STALL_MODEL;
	fx->config.smmu.idr5 |= (uint32_t)SV3_PUT(SV3_IDR5_STALL_MAX, stall_max);
	fx->config.smmu.slot_count = slot_count;
	fx->config.costs.post_delay = DELAY;
	if (!fx_boot(fx))
		return false;
	bus = sv3_world_bus(fx->world);
	EXPECT_EQ_INT(sv3_bus_read(&bus, fx->host->cd_base, bytes, 8), SV3_BUS_OK);
	sv3_put_le64(bytes, sv3_le64(bytes) | SV3_CD0_S);
	EXPECT_EQ_INT(sv3_bus_write(&bus, fx->host->cd_base, bytes, 8), SV3_BUS_OK);
	EXPECT_EQ_INT(sv3_pt_unmap(&fx->host->domains[0].pt, MISSING, 4096, NULL, NULL), 4096);
	EXPECT_OK(sv3_cmdq_cfgi_all(&fx->host->cmdq));
	EXPECT_OK(sv3_cmdq_tlbi_all(&fx->host->cmdq));
	EXPECT_OK(sv3_cmdq_sync(&fx->host->cmdq));
	EXPECT_LT_U64(sv3_world_now(fx->world), START);
	return true;
}

static void page_in(struct fx *fx)
{
	EXPECT_OK(sv3_pt_map(&fx->host->domains[0].pt, MISSING, MISSING, 4096, 12,
			     sv3__host_map_flags(true)));
}

/* Doubleword 1 of event record @index. */
static uint64_t record(struct fx *fx, uint32_t index)
{
	const struct sv3_bus bus = sv3_world_bus(fx->world);
	uint8_t bytes[8] = { 0 };

	EXPECT_EQ_INT(sv3_bus_read(&bus, fx->host->eventq_base + index * 32 + 8, bytes, 8),
		      SV3_BUS_OK);
	return sv3_le64(bytes);
}

/* CMD_RESUME for the stall of event record @index, and SYNC. */
static void resume(struct fx *fx, uint32_t index, uint64_t action)
{
	const uint64_t stag = SV3_GET(SV3_EVT1_STAG, record(fx, index));
	struct sv3_cmdq_ticket ticket;

	EXPECT_NE_U64(record(fx, index) & SV3_EVT1_STALL, 0);
	EXPECT_OK(sv3_cmdq_push(&fx->host->cmdq, 0x44 | action | (uint64_t)SID << 32, stag));
	EXPECT_OK(sv3_cmdq_sync_begin(&fx->host->cmdq, &ticket));
}

TEST_C(world_stall, a_stalled_write_ends_and_lands_after_it_is_resumed)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, MISSING),
							  FX_ACCESS(READ, START + 10, FX_PAGE(4)) };
	FX(fx);
	const sv3_ps rung = 200 * US;

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(boot_with_stalls(&fx, 4, 2));
	sv3_world_run_until(fx.world, rung);
	/* The device went on; of the stalled access it has not heard. */
	ASSERT_EQ_U64(fx.completed_count, 1);
	EXPECT_EQ_U64(fx.completed[0].event.serial, 1);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->stalls, 1);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 0);
	EXPECT_EQ_U64(fx.translated_count, 0);
	page_in(&fx);
	resume(&fx, 0, SV3_CMD0_RESUME_AC);
	sv3_world_run_until(fx.world, rung + fx.config.costs.cmdq_delay);
	ASSERT_EQ_U64(fx.completed_count, 2);
	EXPECT_EQ_U64(fx.completed[1].event.serial, 0);
	EXPECT_TRUE(fx.completed[1].ok);
	EXPECT_EQ_U64(fx.completed[1].at, rung + fx.config.costs.cmdq_delay);
	EXPECT_EQ_U64(fx.landed_count, 0);
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(fx.landed_count, 1);
	EXPECT_EQ_U64(fx.landed[0].landed, rung + fx.config.costs.cmdq_delay + DELAY);
	EXPECT_EQ_U64(fx.landed[0].pa, MISSING);
	EXPECT_TRUE(fx.landed[0].flags & SV3_RESULT_WAS_STALLED);
	EXPECT_TRUE(fx.landed[0].flags & SV3_RESULT_DIRTY_SET);
}

/* Its slot is held from then on: an invalidation has to wait for it. */
TEST_C(world_stall, a_sync_waits_for_the_landing_of_a_resumed_write)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, MISSING) };
	FX(fx);
	struct sv3_cmdq_ticket ticket;
	sv3_ps resumed;

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(boot_with_stalls(&fx, 4, 2));
	sv3_world_run_until(fx.world, 200 * US);
	page_in(&fx);
	resume(&fx, 0, SV3_CMD0_RESUME_AC);
	resumed = sv3_world_now(fx.world) + fx.config.costs.cmdq_delay;
	sv3_world_run_until(fx.world, resumed - 500);
	sv3_world_flush_doorbells(fx.world);
	ASSERT_EQ_U64(fx.completed_count, 1);
	ASSERT_OK(sv3_cmdq_tlbi_all(&fx.host->cmdq));
	ASSERT_OK(sv3_cmdq_sync_begin(&fx.host->cmdq, &ticket));
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&fx.host->cmdq, &ticket), 0);
	sv3_world_run_until(fx.world, resumed - 500 + DELAY - 1);
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&fx.host->cmdq, &ticket), 0);
	sv3_world_run_until(fx.world, resumed - 500 + DELAY);
	EXPECT_EQ_U64(fx.landed_count, 1);
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&fx.host->cmdq, &ticket), 1);
}

TEST_C(world_stall, a_stalled_access_that_software_aborts_is_a_fault)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, MISSING) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(boot_with_stalls(&fx, 4, 2));
	sv3_world_run_until(fx.world, 200 * US);
	resume(&fx, 0, SV3_CMD0_RESUME_AB);
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(fx.completed_count, 1);
	EXPECT_FALSE(fx.completed[0].ok);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 1);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->first_fault.iova, MISSING);
	EXPECT_EQ_U64(fx.translated_count, 0);
}

TEST_C(world_stall, a_retry_that_finds_nothing_stalls_again)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, START, MISSING) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(boot_with_stalls(&fx, 4, 2));
	sv3_world_run_until(fx.world, 200 * US);
	resume(&fx, 0, SV3_CMD0_RESUME_AC);
	sv3_world_run_until(fx.world, 300 * US);
	EXPECT_EQ_U64(fx.completed_count, 0);
	page_in(&fx);
	resume(&fx, 1, SV3_CMD0_RESUME_AC);
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(fx.completed_count, 1);
	EXPECT_TRUE(fx.completed[0].ok);
}

/* Two slots, both stalled: the third access waits for the first resume, and for nothing else. */
TEST_C(world_stall, a_device_whose_slots_are_all_stalled_waits_for_a_resume)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, START, MISSING),
							  FX_ACCESS(READ, START + 1, MISSING + 8),
							  FX_ACCESS(WRITE, START + 2, FX_PAGE(5)) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(boot_with_stalls(&fx, 2, 1));
	sv3_world_run_until(fx.world, 200 * US);
	EXPECT_EQ_U64(fx.completed_count, 0);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->stalls, 2);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), SV3_PS_NEVER);
	page_in(&fx);
	resume(&fx, 0, SV3_CMD0_RESUME_AC);
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(fx.completed_count, 3);
	EXPECT_EQ_U64(fx.landed_count, 1);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 0);
}

/* A run with many stalls, resumed one by one, is a function of its script. */
TEST_C(world_stall, every_stalled_access_ends_exactly_once)
{
	static struct sv3_device_event script[40];
	FX(fx);
	uint32_t seen = 0;

	for (uint32_t i = 0; i < 40; i++)
		script[i] = (struct sv3_device_event)FX_ACCESS(WRITE, START + i,
							       i % 3 ? MISSING : FX_PAGE(6));
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(boot_with_stalls(&fx, 8, 3));
	for (uint32_t round = 0; round < 100 && fx.completed_count < 40; round++) {
		const uint32_t prod = fx_reg(&fx, SV3_REG_EVENTQ_PROD);

		if (round == 3)
			page_in(&fx);
		for (; seen != prod; seen++)
			resume(&fx, seen, SV3_CMD0_RESUME_AC);
		sv3_world_advance(fx.world, 50 * US);
	}
	ASSERT_EQ_U64(fx.completed_count, 40);
	EXPECT_EQ_U64(fx.landed_count, 40);
	for (uint32_t i = 0; i < 40; i++) {
		uint32_t count = 0;

		for (uint32_t j = 0; j < 40; j++)
			count += fx.completed[j].event.serial == i && fx.completed[j].ok;
		EXPECT_EQ_U64(count, 1);
	}
}
