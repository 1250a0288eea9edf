/* SPDX-License-Identifier: MIT */
/*
 * test_driver.c - the driver's rows of a trace: does the host follow MAP, UNMAP, TLBI and SYNC, and
 * keep its books right: reverse map, dirty state of what was unmapped, waiting for SYNC?
 */
#include "replay_fixture.h"

/* --- mappings --- */

TEST_C(driver, iova_view_follows_map_and_unmap_and_reuses_iovas)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(0), MSI_PAGE, 4096, W),
		T_MAP(0, VA(1), FX_PAGE(10), 8192, RW),
		T_DMA(W, 10, VA(1) + 8, FX_PAGE(10) + 8),
		T_DMA(R, 11, VA(2), FX_PAGE(11)),
		T_DMA(W, 12, VA(0) + 0x40, MSI_PAGE + 0x40),
		T_UNMAP(2000, VA(1), 8192),
		T_TLBI(2100, VA(1), 8192),
		T_SYNC(2200),
		T_MAP(3000, VA(1), FX_PAGE(30), 4096, R),
		T_DMA(R, 3001, VA(1), FX_PAGE(30)),
		T_UNMAP(3002, VA(1), 4096),
		T_ASID(3003),
		T_SYNC(3004),
		T_MAP(4000, VA(1), FX_PAGE(31), 4096, W),
		T_DMA(R, 4001, VA(1), FX_PAGE(31)),
		T_DMA(W, 4002, VA(1), FX_PAGE(31)),
	};
	REPLAY(r);
	const struct sv3_world_stats *stats;

	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, SV3_PS_NEVER);
	stats = sv3_world_stats(r.fx.world);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
	EXPECT_EQ_U64(stats->records, 6);
	EXPECT_EQ_U64(stats->faults, 0);
	EXPECT_EQ_U64(stats->pa_mismatches, 0);
	EXPECT_EQ_U64(stats->writes_landed, 2);
	EXPECT_EQ_U64(sv3_smmu_stats(sv3_world_smmu(r.fx.world))->sync, 2 + 2);
	EXPECT_EQ_U64(sv3_host_cmdq(r.fx.host)->sync_count, 0);
	EXPECT_EQ_U64(sv3_host_cmdq(r.fx.host)->tlbi_count, 0);
	EXPECT_EQ_U64(sv3_host_domain(r.fx.host, 0)->asid, 2);
	EXPECT_EQ_U64(sv3_host_domain(r.fx.host, 0)->scan_base, VA(0));
	EXPECT_EQ_U64(sv3_host_domain(r.fx.host, 0)->scan_size, 3 * 4096);
}

TEST_C(driver, a_read_only_mapping_does_not_let_a_write_through)
{
	static const struct sv3_trace_rec rows[] = { T_MAP(0, VA(1), FX_PAGE(3), 4096, R),
						     T_DMA(W, 1, VA(1), FX_PAGE(3)) };
	REPLAY(r);

	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, US);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 1);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->first_fault_event, SV3_EVENT_F_PERMISSION);
}

TEST_C(driver, each_stream_has_its_own_addresses)
{
	static const uint32_t streams[] = { SID, 16 };
	struct sv3_trace_rec rows[] = { T_MAP(0, VA(1), FX_PAGE(3), 4096, RW),
					T_MAP(0, VA(1), FX_PAGE(4), 4096, RW),
					T_DMA(W, 1, VA(1), FX_PAGE(3)),
					T_DMA(W, 2, VA(1), FX_PAGE(4)) };
	REPLAY(r);
	struct sv3_host_alias alias;

	rows[1].sid = rows[3].sid = 16;
	r.fx.host_config.stream_ids = streams;
	r.fx.host_config.stream_count = 2;
	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, 2 * US);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->pa_mismatches, 0);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
	EXPECT_EQ_U64(sv3_host_aliases(r.fx.host, FX_PAGE(4), &alias, 1), 1);
	EXPECT_EQ_U64(alias.domain_index, 1);
	EXPECT_EQ_U64(sv3_host_domain(r.fx.host, 1)->asid, 3);
}

TEST_C(driver, aliases_are_the_live_mappings_of_a_page)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 8192, RW),
		T_MAP(1, VA(5), FX_PAGE(11), 4096, R),
		T_MAP(2, VA(7), FX_PAGE(11), 4096, RW),
		T_UNMAP(3, VA(5), 4096),
		T_UNMAP(4, VA(1), 4096),
		T_MAP(5, VA(9), FX_PAGE(10), 4096, RW),
	};
	REPLAY(r);
	struct sv3_host_alias list[4];

	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, 2 * NS);
	EXPECT_EQ_U64(sv3_host_aliases(r.fx.host, FX_PAGE(10), list, 4), 1);
	EXPECT_EQ_U64(list[0].iova, VA(1));
	EXPECT_EQ_U64(sv3_host_aliases(r.fx.host, FX_PAGE(11), list, 4), 3);
	EXPECT_EQ_U64(list[0].iova + list[1].iova + list[2].iova, VA(2) + VA(5) + VA(7));
	/* Fewer are written than there are. */
	list[1].iova = 1;
	EXPECT_EQ_U64(sv3_host_aliases(r.fx.host, FX_PAGE(11), list, 1), 3);
	EXPECT_EQ_U64(list[1].iova, 1);
	sv3_world_run_until(r.fx.world, 5 * NS);
	EXPECT_EQ_U64(sv3_host_aliases(r.fx.host, FX_PAGE(11), list, 4), 2);
	EXPECT_EQ_U64(list[0].iova + list[1].iova, VA(2) + VA(7));
	EXPECT_EQ_U64(sv3_host_aliases(r.fx.host, FX_PAGE(10), list, 4), 1);
	EXPECT_EQ_U64(list[0].iova, VA(9));
	EXPECT_EQ_U64(sv3_host_aliases(r.fx.host, FX_PAGE(12), list, 4), 0);
}

/* --- dirty state of what was unmapped --- */

TEST_C(driver, dirty_state_outlives_its_mapping_and_settles_with_the_sync)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 3 * 4096, RW),
		T_DMA(W, 1, VA(2), FX_PAGE(11)),
		T_DMA(R, 2, VA(1), FX_PAGE(10)),
		T_UNMAP(3000, VA(1), 3 * 4096),
		T_TLBI(4000, VA(1), 3 * 4096),
		T_SYNC(5000),
	};
	REPLAY(r);
	uint64_t words[FX_WORDS];

	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, 2999 * NS);
	EXPECT_EQ_U64(collect(&r.fx, words, false), 0);
	sv3_world_run_until(r.fx.world, 3000 * NS);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 0);
	sv3_world_run_until(r.fx.world, 4999 * NS);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 0);
	sv3_world_run_until(r.fx.world, 5000 * NS);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 1);
	EXPECT_TRUE(has_page(words, 11));
	EXPECT_EQ_U64(collect(&r.fx, words, false), 0);
}

TEST_C(driver, what_is_not_settled_is_collected_when_asked_for_and_then_forgotten)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_DMA(W, 1, VA(1), FX_PAGE(10)),
		T_UNMAP(3000, VA(1), 4096),
		T_TLBI(4000, VA(1), 4096),
		T_SYNC(5000),
	};
	REPLAY(r);
	uint64_t words[FX_WORDS];

	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, 4000 * NS);
	EXPECT_EQ_U64(collect(&r.fx, words, false), 1);
	EXPECT_TRUE(has_page(words, 10));
	sv3_world_run_until(r.fx.world, 6000 * NS);
	EXPECT_EQ_U64(collect(&r.fx, words, false), 0);
}

TEST_C(driver, an_invalidation_settles_only_what_it_covers)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 2 * 4096, RW),
		T_DMA(W, 1, VA(1), FX_PAGE(10)),
		T_DMA(W, 2, VA(2), FX_PAGE(11)),
		/* An invalidation before the unmap settles nothing. */
		T_ASID(2000),
		T_UNMAP(3000, VA(1), 2 * 4096),
		T_TLBI(4000, VA(2), 4096),
		T_SYNC(5000),
		T_SYNC(6000),
		T_ASID(7000),
		T_SYNC(8000),
	};
	REPLAY(r);
	uint64_t words[FX_WORDS];

	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, 6500 * NS);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 1);
	EXPECT_TRUE(has_page(words, 11));
	sv3_world_run_until(r.fx.world, 9000 * NS);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 1);
	EXPECT_TRUE(has_page(words, 10));
}

TEST_C(driver, an_invalidation_of_an_unknown_stream_is_one_of_everything)
{
	struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_DMA(W, 1, VA(1), FX_PAGE(10)),
		T_UNMAP(3000, VA(1), 4096),
		T_ASID(4000),
		T_SYNC(5000),
	};
	REPLAY(r);
	uint64_t words[FX_WORDS];

	rows[3].has = 0;
	rows[3].sid = 0;
	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, 6000 * NS);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 1);
}

/* --- SYNC rows --- */

TEST_C(driver, after_a_sync_row_the_device_waits_until_it_is_consumed)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_MAP(0, VA(2), FX_PAGE(20), 4096, RW),
		T_DMA(W, 100, VA(1), FX_PAGE(10)),
		T_UNMAP(110, VA(1), 4096),
		T_TLBI(120, VA(1), 4096),
		T_SYNC(130),
		T_DMA(W, 140, VA(2), FX_PAGE(20)),
		T_DMA(W, 5000, VA(2), FX_PAGE(20)),
	};
	REPLAY(r);
	uint64_t words[FX_WORDS];

	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, 1099 * NS);
	EXPECT_EQ_U64(r.fx.translated_count, 1);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 0);
	sv3_world_run_until(r.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(r.fx.translated_count, 3);
	/* The first write lands at 1.1 us and lets the SYNC go; the row of 0.14 us follows at
	 * once. */
	EXPECT_EQ_U64(r.fx.translated[1].translated, 1100 * NS);
	EXPECT_EQ_U64(r.fx.translated[2].translated, 5000 * NS);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 1);
}

TEST_C(driver, a_sync_row_passes_behind_commands_of_others)
{
	/* The migration has commands on their way (doorbell at 2 us) when the driver's row
	 * comes. */
	static const struct sv3_trace_rec rows[] = { T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
						     T_ASID(1000), T_SYNC(1001),
						     T_DMA(R, 1002, VA(1), FX_PAGE(10)) };
	REPLAY(r);
	struct sv3_cmdq_ticket ticket;

	REPLAY_BOOT(&r, rows, false);
	ASSERT_OK(sv3_cmdq_tlbi_all(sv3_host_cmdq(r.fx.host)));
	ASSERT_OK(sv3_cmdq_sync_begin(sv3_host_cmdq(r.fx.host), &ticket));
	sv3_world_run_until(r.fx.world, 1002 * NS);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->records, 1);
	EXPECT_EQ_INT(sv3_cmdq_sync_done(sv3_host_cmdq(r.fx.host), &ticket), 1);
}

/* --- beginning anew --- */

TEST_C(driver, rewind_takes_every_mapping_down_and_keeps_its_dirty_state)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW), T_MAP(0, VA(0), MSI_PAGE, 4096, W),
		T_DMA(W, 1, VA(1), FX_PAGE(10)),        T_MAP(5000, VA(2), FX_PAGE(20), 4096, RW),
		T_DMA(W, 10000, VA(2), FX_PAGE(20)),
	};
	REPLAY(r);
	struct sv3_host_alias alias;
	uint64_t words[FX_WORDS];

	REPLAY_BOOT(&r, rows, true);
	/* The second pass begins 10 us and a mean distance of 2.5 us later. */
	sv3_world_run_until(r.fx.world, 12500 * NS);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
	EXPECT_EQ_U64(sv3_replay_rewinds(&r.device), 1);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 2);
	EXPECT_TRUE(has_page(words, 10));
	EXPECT_TRUE(has_page(words, 20));
	EXPECT_EQ_U64(sv3_host_aliases(r.fx.host, FX_PAGE(20), &alias, 1), 0);
	EXPECT_EQ_U64(sv3_host_aliases(r.fx.host, FX_PAGE(10), &alias, 1), 1);
	sv3_world_run_until(r.fx.world, 1000 * US);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
	EXPECT_EQ_U64(sv3_replay_rewinds(&r.device), 80);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->pa_mismatches, 0);
}

TEST_C(driver, rewind_waits_for_writes_in_flight_like_any_sync)
{
	static const struct sv3_trace_rec rows[] = { T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
						     T_DMA(W, 100, VA(1), FX_PAGE(10)) };
	REPLAY(r);

	REPLAY_BOOT(&r, rows, true);
	sv3_world_run_until(r.fx.world, 5 * US);
	/* Written at 0.1 us, rewound at 0.2 us, consumed when it landed at 1.1 us. */
	ASSERT_GE_U64(r.fx.translated_count, 2);
	EXPECT_EQ_U64(r.fx.translated[0].landed, 1100 * NS);
	EXPECT_EQ_U64(r.fx.translated[1].translated, 1100 * NS);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
}

/* --- mistakes --- */

TEST_C(driver, a_driver_that_forgets_to_invalidate_reaches_the_old_page)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_DMA(R, 1, VA(1), FX_PAGE(10)),
		T_UNMAP(10, VA(1), 4096),
		T_TLBI(11, VA(1), 4096),
		T_SYNC(12),
		T_MAP(20, VA(1), FX_PAGE(20), 4096, RW),
		T_DMA(R, 21, VA(1), FX_PAGE(20)),
	};

	for (int ignore = 0; ignore < 2; ignore++) {
		REPLAY(r);
		r.fx.host_config.ignore_tlbi = ignore;
		REPLAY_BOOT(&r, rows, false);
		sv3_world_run_until(r.fx.world, US);
		EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->records, 2);
		EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->pa_mismatches, ignore);
		if (ignore)
			EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->first_mismatch_pa, FX_PAGE(10));
	}
}

TEST_C(driver, a_row_that_cannot_be_carried_out_is_named_and_ends_the_replay)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_MAP(5, VA(1), FX_PAGE(11), 4096, RW),
		T_DMA(R, 6, VA(1), FX_PAGE(10)),
	};
	REPLAY(r);
	const char *error;

	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, US);
	error = sv3_host_error(r.fx.host);
	ASSERT_TRUE(error != NULL);
	EXPECT_TRUE(strstr(error, "event 1 at 5 ns: MAP of stream 0x8") != NULL);
	EXPECT_TRUE(strstr(error, "already mapped") != NULL);
	EXPECT_TRUE(strchr(error, '\n') == NULL);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->records, 0);
}

TEST_C(driver, a_row_of_a_stream_nobody_named_is_an_error)
{
	struct sv3_trace_rec rows[] = { T_MAP(0, VA(1), FX_PAGE(10), 4096, RW) };
	REPLAY(r);

	rows[0].sid = 99;
	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, US);
	ASSERT_TRUE(sv3_host_error(r.fx.host) != NULL);
	EXPECT_TRUE(strstr(sv3_host_error(r.fx.host), "stream 0x63") != NULL);
}
