/* SPDX-License-Identifier: MIT */
/*
 * test_world.c - does everything in a world happen when it should, to the picosecond? Does a
 * write's slot stay held until it lands, and what does a device do that finds none?
 */
#include <stdlib.h>
#include <string.h>

#include "world_fixture.h"

/* What a write leaves at a byte, written down once more and byte by byte. */
static uint8_t expected_byte(uint64_t serial, sv3_pa pa)
{
	uint64_t z = serial * UINT64_C(0x9e3779b97f4a7c15) + pa / 8;

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (uint8_t)(z >> (8 * (pa % 8)));
}

/* --- clock --- */

TEST_C(world, the_clock_starts_at_0_and_goes_where_it_is_told)
{
	FX(fx);

	ASSERT_TRUE(fx_boot(&fx));
	EXPECT_EQ_U64(sv3_world_now(fx.world), 0);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), SV3_PS_NEVER);
	sv3_world_run_until(fx.world, 17);
	sv3_world_run_until(fx.world, 5);
	EXPECT_EQ_U64(sv3_world_now(fx.world), 17);
	sv3_world_advance(fx.world, 3);
	EXPECT_EQ_U64(sv3_world_now(fx.world), 20);
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(sv3_world_now(fx.world), 20);
}

TEST_C(world, an_access_happens_at_its_time_and_not_before)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 100, FX_PAGE(3)),
							  FX_ACCESS(READ, 100, FX_PAGE(4)),
							  FX_ACCESS(READ, 250, FX_PAGE(5)) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), 100);
	sv3_world_run_until(fx.world, 99);
	EXPECT_EQ_U64(fx.completed_count, 0);
	sv3_world_run_until(fx.world, 100);
	EXPECT_EQ_U64(fx.completed_count, 2);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), 250);
	sv3_world_run_until(fx.world, 1000);
	ASSERT_EQ_U64(fx.completed_count, 3);
	EXPECT_EQ_U64(fx.completed[2].at, 250);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->records, 3);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), SV3_PS_NEVER);
}

TEST_C(world, impossible_worlds_are_refused)
{
	FX(fx);
	struct sv3_world_config bad[5];
	struct sv3_world *world = NULL;

	for (int i = 0; i < 5; i++)
		bad[i] = fx.config;
	bad[0].guest_size = 0;
	bad[1].guest_base += 1;
	bad[2].guest_size += 8;
	bad[3].guest_size = SV3_WORLD_HOST_BASE;
	bad[4].smmu.slot_count = 0;
	for (int i = 0; i < 5; i++)
		EXPECT_EQ_INT(sv3_world_create(&bad[i], &world), -SV3_ERR_INVAL);
}

TEST_C(world, a_large_guest_costs_what_it_touches)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(
		WRITE, 1, GUEST_BASE + (UINT64_C(63) << 30)) };
	FX(fx);
	const char *flavour = getenv("SV3_FLAVOUR");

	if (flavour && strcmp(flavour, "valgrind") == 0)
		SKIP_C("valgrind cannot reserve 64 GiB of addresses");

	fx.config.guest_size = UINT64_C(64) << 30;
	fx.config.contents = true;
	fx.host_config.leaf_max_lg2 = 30;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, US + 1);
	EXPECT_EQ_U64(fx.landed_count, 1);
}

/* --- landing --- */

TEST_C(world, a_write_lands_post_delay_after_its_translation)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 500, FX_PAGE(1) + 16) };
	FX(fx);

	fx.config.costs.post_delay = 300;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 500);
	ASSERT_EQ_U64(fx.translated_count, 1);
	EXPECT_EQ_U64(fx.translated[0].serial, 1);
	EXPECT_EQ_U64(fx.translated[0].pa, FX_PAGE(1) + 16);
	EXPECT_EQ_U64(fx.translated[0].iova, FX_PAGE(1) + 16);
	EXPECT_EQ_U64(fx.translated[0].stream_id, SID);
	EXPECT_EQ_U64(fx.translated[0].translated, 500);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), 800);
	sv3_world_run_until(fx.world, 799);
	EXPECT_EQ_U64(fx.landed_count, 0);
	sv3_world_run_until(fx.world, 800);
	ASSERT_EQ_U64(fx.landed_count, 1);
	EXPECT_EQ_U64(fx.landed[0].landed, 800);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->writes_landed, 1);
}

TEST_C(world, without_post_delay_a_write_lands_at_once)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 500, FX_PAGE(1)),
							  FX_ACCESS(WRITE, 500, FX_PAGE(1)) };
	FX(fx);

	fx.config.costs.post_delay = 0;
	fx.config.smmu.slot_count = 1;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 500);
	ASSERT_EQ_U64(fx.landed_count, 2);
	EXPECT_EQ_U64(fx.landed[0].landed, 500);
	EXPECT_EQ_U64(fx.landed[1].serial, 2);
	EXPECT_TRUE(fx.landed[0].flags & SV3_RESULT_DIRTY_SET);
	EXPECT_FALSE(fx.landed[1].flags & SV3_RESULT_DIRTY_SET);
	EXPECT_TRUE(fx.landed[1].flags & SV3_RESULT_TLB_HIT);
}

TEST_C(world, contents_arrive_when_the_write_lands_and_nowhere_else)
{
	static const struct sv3_device_event script[] = {
		{ .kind = SV3_DEVICE_WRITE,
		  .due = 0,
		  .iova = FX_PAGE(2) + 13,
		  .len = 30,
		  .stream_id = SID },
		{ .kind = SV3_DEVICE_WRITE,
		  .due = 1,
		  .iova = FX_PAGE(2) + 24,
		  .len = 3,
		  .stream_id = SID },
	};
	FX(fx);
	uint8_t page[SV3_PAGE_SIZE];
	struct sv3_bus bus;

	fx.config.contents = true;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	bus = sv3_world_bus(fx.world);
	sv3_world_run_until(fx.world, US - 1);
	ASSERT_EQ_INT(sv3_bus_read(&bus, FX_PAGE(2), page, sizeof(page)), SV3_BUS_OK);
	for (uint32_t i = 0; i < sizeof(page); i++)
		ASSERT_EQ_U64(page[i], 0);
	sv3_world_run_until(fx.world, US + 1);
	ASSERT_EQ_INT(sv3_bus_read(&bus, FX_PAGE(2), page, sizeof(page)), SV3_BUS_OK);
	for (uint32_t i = 0; i < sizeof(page); i++) {
		const uint64_t serial = i >= 24 && i < 27 ? 2 : 1;

		ASSERT_EQ_U64(page[i],
			      i >= 13 && i < 43 ? expected_byte(serial, FX_PAGE(2) + i) : 0);
	}
}

TEST_C(world, an_interrupt_is_translated_but_lands_nowhere)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 0, MSI_PAGE + 0x40) };
	FX(fx);

	fx.config.contents = true;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, US);
	EXPECT_EQ_U64(fx.translated_count, 1);
	EXPECT_EQ_U64(fx.landed_count, 0);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->writes_landed, 0);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 0);
}

TEST_C(world, drain_waits_for_writes_in_flight_and_stop_ends_the_device)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 10, FX_PAGE(0)),
							  FX_ACCESS(WRITE, 20, FX_PAGE(1)),
							  FX_ACCESS(WRITE, 30, FX_PAGE(2)) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 25);
	sv3_world_stop_device(fx.world);
	EXPECT_EQ_U64(fx.landed_count, 0);
	sv3_world_drain(fx.world);
	EXPECT_EQ_U64(fx.landed_count, 2);
	EXPECT_EQ_U64(sv3_world_now(fx.world), 20 + US);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), SV3_PS_NEVER);
	sv3_world_drain(fx.world);
	EXPECT_EQ_U64(sv3_world_now(fx.world), 20 + US);
}

/* --- slots --- */

TEST_C(world, a_device_without_a_slot_tries_again_when_a_write_lands)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 0, FX_PAGE(0)),
							  FX_ACCESS(WRITE, 0, FX_PAGE(1)),
							  FX_ACCESS(READ, 10, FX_PAGE(2)),
							  FX_ACCESS(WRITE, 5000, FX_PAGE(3)) };
	FX(fx);

	fx.config.costs.post_delay = 1000;
	fx.config.smmu.slot_count = 1;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 10000);
	ASSERT_EQ_U64(fx.completed_count, 4);
	EXPECT_EQ_U64(fx.completed[0].at, 0);
	EXPECT_EQ_U64(fx.completed[1].at, 1000);
	EXPECT_EQ_U64(fx.completed[2].at, 2000);
	EXPECT_EQ_U64(fx.completed[3].at, 5000);
	EXPECT_EQ_U64(fx.completed[2].event.due, 10);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->retries, 2);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->records, 4);
	EXPECT_EQ_U64(fx.landed[1].landed, 2000);
}

TEST_C(world, two_slots_hold_two_writes_and_a_tlb_hit_needs_none)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 0, FX_PAGE(0)),
							  FX_ACCESS(WRITE, 1, FX_PAGE(1)),
							  FX_ACCESS(WRITE, 2, FX_PAGE(2)),
							  FX_ACCESS(READ, 3, FX_PAGE(0)),
							  FX_ACCESS(WRITE, 4, FX_PAGE(3)) };
	FX(fx);

	fx.config.costs.post_delay = 1000;
	fx.config.smmu.slot_count = 2;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 10000);
	ASSERT_EQ_U64(fx.completed_count, 5);
	EXPECT_EQ_U64(fx.completed[3].at, 3);
	EXPECT_EQ_U64(fx.completed[4].at, 1001);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->retries, 1);
}

/* --- faults and mismatches --- */

TEST_C(world, faults_are_counted_and_the_first_is_kept)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 10, 0x1000),
							  FX_ACCESS(WRITE, 20, 0x2000),
							  FX_ACCESS(WRITE, 30, FX_PAGE(0)) };
	FX(fx);
	const struct sv3_world_stats *stats;

	fx.config.smmu.slot_count = 1;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, US);
	stats = sv3_world_stats(fx.world);
	EXPECT_EQ_U64(stats->faults, 2);
	EXPECT_EQ_U64(stats->first_fault.iova, 0x1000);
	EXPECT_EQ_U64(stats->first_fault_event, SV3_EVENT_F_TRANSLATION);
	ASSERT_EQ_U64(fx.completed_count, 3);
	EXPECT_FALSE(fx.completed[0].ok);
	EXPECT_FALSE(fx.completed[1].ok);
	EXPECT_TRUE(fx.completed[2].ok);
	/* What faulted holds no slot: with one slot, the next write was not put off. */
	EXPECT_EQ_U64(fx.completed[2].at, 30);
	EXPECT_EQ_U64(fx.translated_count, 1);
	EXPECT_EQ_U64(sv3_smmu_stats(sv3_world_smmu(fx.world))->events_written, 2);
}

TEST_C(world, the_event_queue_never_overflows)
{
	static struct sv3_device_event script[5000];
	FX(fx);

	for (uint64_t i = 0; i < 5000; i++)
		script[i] = (struct sv3_device_event)FX_ACCESS(READ, i, 0x1000 * i);
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 5000);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 5000);
	EXPECT_EQ_U64(sv3_smmu_stats(sv3_world_smmu(fx.world))->events_written, 5000);
	EXPECT_EQ_U64(sv3_smmu_stats(sv3_world_smmu(fx.world))->events_dropped, 0);
}

TEST_C(world, an_output_address_that_was_not_recorded_is_counted)
{
	static const struct sv3_device_event script[] = {
		{ .iova = FX_PAGE(0),
		  .pa_expected = FX_PAGE(0),
		  .pa_known = true,
		  .len = 4,
		  .stream_id = SID },
		{ .iova = FX_PAGE(1),
		  .pa_expected = FX_PAGE(9),
		  .pa_known = true,
		  .len = 4,
		  .stream_id = SID },
		{ .iova = FX_PAGE(3),
		  .pa_expected = FX_PAGE(9),
		  .pa_known = true,
		  .len = 4,
		  .stream_id = SID },
		{ .iova = FX_PAGE(2),
		  .pa_expected = FX_PAGE(9),
		  .pa_known = false,
		  .len = 4,
		  .stream_id = SID },
	};
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 0);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->pa_mismatches, 2);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->first_mismatch.iova, FX_PAGE(1));
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->first_mismatch_pa, FX_PAGE(1));
}

/* Without a table of CDs a substream is an error: so it has arrived. */
TEST_C(world, an_access_carries_its_substream)
{
	static const struct sv3_device_event script[] = {
		{ .iova = FX_PAGE(0),
		  .len = 4,
		  .stream_id = SID,
		  .substream_valid = true,
		  .substream_id = 5 },
	};
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	sv3_world_run_until(fx.world, 0);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 1);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->first_fault_event, SV3_EVENT_C_BAD_SUBSTREAMID);
}

/* --- software --- */

TEST_C(world, software_accesses_take_time_and_the_device_goes_on_between_them)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 150, FX_PAGE(0)),
							  FX_ACCESS(READ, 250, FX_PAGE(1)) };
	FX(fx);
	struct sv3_bus bus;
	uint64_t word = 5, old;

	fx.config.costs.access = 100;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	bus = sv3_world_software_bus(fx.world);
	EXPECT_TRUE(sv3_bus_window(&bus, GUEST_BASE, 64) == NULL);
	ASSERT_EQ_INT(sv3_bus_write(&bus, GUEST_BASE, &word, 8), SV3_BUS_OK);
	EXPECT_EQ_U64(fx.completed_count, 0);
	ASSERT_EQ_INT(sv3_bus_read(&bus, GUEST_BASE, &word, 8), SV3_BUS_OK);
	EXPECT_EQ_U64(fx.completed_count, 1);
	ASSERT_EQ_INT(sv3_bus_cas64(&bus, GUEST_BASE, 5, 8, &old), SV3_BUS_OK);
	EXPECT_EQ_U64(fx.completed_count, 2);
	EXPECT_EQ_U64(old, 5);
	ASSERT_EQ_INT(bus.ops->fetch_or64(bus.context, GUEST_BASE, 1, &old), SV3_BUS_OK);
	EXPECT_EQ_U64(old, 8);
	EXPECT_EQ_U64(sv3_world_now(fx.world), 400);
}

TEST_C(world, free_software_accesses_have_a_window)
{
	FX(fx);
	struct sv3_bus bus;

	ASSERT_TRUE(fx_boot(&fx));
	bus = sv3_world_software_bus(fx.world);
	EXPECT_TRUE(sv3_bus_window(&bus, GUEST_BASE, 64) != NULL);
}

/* --- determinism --- */

/* A fingerprint of a jittered zipf run with invalidations in between. */
static uint64_t run_fingerprint(uint64_t seed)
{
	struct sv3_synthetic_config synthetic = {
		.pattern = SV3_PATTERN_ZIPF,
		.base = GUEST_BASE,
		.page_count = 4096,
		.stream_id = SID,
		.write_percent = 70,
		.len = 256,
		.period = 50 * NS,
		.jitter = true,
		.zipf_exponent = 0.9,
		.seed = seed,
	};
	FX(fx);
	struct sv3_device device;
	uint64_t print;

	if (!fx_boot(&fx) || sv3_synthetic_create(&synthetic, &device))
		return 0;
	sv3_world_attach_device(fx.world, &device);
	for (int i = 0; i < 20; i++) {
		sv3_world_advance(fx.world, 10 * US);
		(void)fx_ring_tlbi_and_sync(&fx);
	}
	sv3_world_stop_device(fx.world);
	sv3_world_drain(fx.world);
	print = sv3_smmu_hash(sv3_world_smmu(fx.world)) ^ fx.landed_count ^
		fx.landed[FX_LOG_MAX - 1].pa ^ sv3_world_now(fx.world);
	EXPECT_GT_U64(fx.landed_count, 2000);
	EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 0);
	sv3_device_destroy(&device);
	return print;
}

TEST_C(world, a_run_is_a_function_of_its_seed)
{
	EXPECT_EQ_U64(run_fingerprint(3), run_fingerprint(3));
	EXPECT_NE_U64(run_fingerprint(3), run_fingerprint(4));
}

/* --- software that spins on memory --- */

TEST_C(world, poll_runs_event_by_event_until_nothing_can_change_any_more)
{
	FX(fx);
	struct sv3_regport port;
	struct sv3_cmdq_ticket ticket;
	const sv3_pa word = GUEST_BASE + 0x100;
	struct sv3_bus bus;
	uint32_t seen = 0, polls = 0;

	ASSERT_TRUE(fx_boot(&fx));
	port = sv3_world_regport(fx.world);
	bus = sv3_world_bus(fx.world);
	ASSERT_OK(sv3_cmdq_sync_begin_msi(sv3_host_cmdq(fx.host), &ticket, word, 0x77));
	while (seen != 0x77 && sv3_sim_poll(&port)) {
		polls++;
		ASSERT_EQ_INT(sv3_bus_read(&bus, word, &seen, 4), SV3_BUS_OK);
	}
	EXPECT_EQ_U64(seen, 0x77);
	EXPECT_EQ_U64(polls, 1);
	EXPECT_EQ_U64(sv3_world_now(fx.world), fx.config.costs.cmdq_delay);
	EXPECT_FALSE(sv3_sim_poll(&port));
}
