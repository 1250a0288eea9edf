/* SPDX-License-Identifier: MIT */
/*
 * test_compare.c - whole runs: traces in both views, repeats, pinned scope, counts, refusals.
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "driver_rows.h"
#include "fixture.h"

#define MIB (UINT64_C(1) << 20)

static const char *const hw_policies[] = { "hw-auto", "hw-manual", "hw-manual-chunk",
					   "hw-manual-page" };

static struct sv3_compare_config trace_config(const struct sv3_trace *trace,
					      enum sv3_trace_view view)
{
	struct sv3_compare_config config;

	sv3_compare_config_default(&config);
	config.traces = trace;
	config.trace_count = 1;
	config.view = view;
	config.guest_size = MIB;
	config.time_scale_ppm = 250000; /* it ends, and begins anew, while the migration runs */
	config.contents = true;
	config.migration.downtime = 0;
	config.migration.max_rounds = 6;
	config.migration.chunk_shift = 3;
	return config;
}

TEST_C(compare, a_drivers_trace_loses_nothing_in_either_view)
{
	uint64_t rewinds = 0;

	for (uint64_t seed = 1; seed <= 120; seed++) {
		struct sv3_trace trace = fx_driver_trace(seed, seed % 5 > 1);
		const char *policy = hw_policies[seed % 4];

		for (unsigned int view = 0; view < 2; view++) {
			struct sv3_compare_config config =
				trace_config(&trace, view ? SV3_VIEW_IOVA : SV3_VIEW_GUEST);
			struct sv3_compare_result result;

			config.costs.access = seed % 3 * 100 * SV3_PS_PER_NS;
			config.costs.post_delay = (seed % 2 ? 1 : 20) * SV3_PS_PER_US;
			config.costs.inv_latency = seed % 7 * SV3_PS_PER_US;
			/* Short rounds report few pages, so that one page too few shows. */
			config.migration.link_bits_per_s = UINT64_C(400000000000);
			config.costs.clear_delay = SV3_PS_PER_US;
			ASSERT_OK(sv3_compare_run(&config, policy, &result));
			ASSERT_EQ_STR(result.error, "");
			ASSERT_EQ_U64(result.pages_lost, 0);
			ASSERT_EQ_U64(result.pages_differing, 0);
			ASSERT_EQ_U64(result.pa_mismatches, 0);
			ASSERT_EQ_U64(result.faults, 0);
			ASSERT_GT_U64(result.pages_resent, 0);
			rewinds += result.trace_rewinds;
			sv3_compare_result_free(&result);
		}
		free(trace.records);
	}
	EXPECT_GT_U64(rewinds, 0);
}

TEST_C(compare, pinned_scope_sends_what_was_mapped_and_loses_what_was_not)
{
	struct sv3_trace trace = fx_driver_trace(5, false);
	struct sv3_compare_config config = trace_config(&trace, SV3_VIEW_GUEST);
	struct sv3_compare_result result;
	uint64_t words[4] = { 0 };
	struct sv3_dirty_log mapped = { .words = words, .page_count = 256, .base = FX_BASE };

	for (uint64_t i = 0; i < trace.count; i++)
		if (trace.records[i].op == SV3_TRACE_MAP)
			sv3_dirty_log_set(&mapped, trace.records[i].pa, trace.records[i].len);
	ASSERT_OK(sv3_compare_run(&config, "pinned-scope", &result));
	EXPECT_EQ_U64(result.pages_lost, 0);
	EXPECT_EQ_U64(result.migration.rounds, 7);
	/* The last of 6 rounds is not sent by itself: the stop sends the union. */
	EXPECT_EQ_U64(result.pages_resent, 6 * sv3_dirty_log_count(&mapped));
	sv3_compare_result_free(&result);
	/* One write elsewhere. */
	trace.records[trace.count - 1].pa = FX_BASE + 250 * SV3_PAGE_SIZE;
	trace.records[trace.count - 1].op = SV3_TRACE_W;
	ASSERT_OK(sv3_compare_run(&config, "pinned-scope", &result));
	EXPECT_EQ_U64(result.pages_lost, 1);
	EXPECT_EQ_U64(result.pages_differing, 1);
	EXPECT_EQ_U64(result.lost[0].page_index, 250);
	EXPECT_EQ_INT(result.lost[0].why, SV3_LOSS_NEVER_TRACKED);
	EXPECT_EQ_U64(result.lost[0].cleared, SV3_PS_NEVER);
	sv3_compare_result_free(&result);
	free(trace.records);
}

/* --- counts of the loop --- */

TEST_C(compare, an_idle_guest_is_sent_once)
{
	const struct sv3_synthetic_config idle = {
		.base = FX_BASE,
		.page_count = 1,
		.write_percent = 0,
		.len = 8,
		.period = SV3_PS_PER_S,
	};

	for (unsigned int i = 0; i < 4; i++) {
		struct sv3_compare_config config;
		struct sv3_compare_result result;
		struct sv3_device device;

		sv3_compare_config_default(&config);
		ASSERT_OK(sv3_synthetic_create(&idle, &device));
		config.device = &device;
		config.guest_size = MIB;
		ASSERT_OK(sv3_compare_run(&config, hw_policies[i], &result));
		EXPECT_TRUE(result.migration.converged);
		EXPECT_EQ_U64(result.migration.rounds, 2);
		EXPECT_EQ_U64(result.migration.pages_sent, 256);
		EXPECT_EQ_U64(result.migration.tlbi, 0);
		EXPECT_EQ_U64(result.migration.sync, 1);
		EXPECT_EQ_U64(result.migration.scan_descriptors, 3 * 256);
		/* Three scans of 256 ns, 256 pages of 1310720 ps, one SYNC of 10 us. */
		EXPECT_EQ_U64(result.migration.total, 3 * 256 * SV3_PS_PER_NS +
							      256 * UINT64_C(1310720) +
							      10 * SV3_PS_PER_US);
		EXPECT_EQ_U64(result.migration.downtime, 256 * SV3_PS_PER_NS + 10 * SV3_PS_PER_US);
		sv3_compare_result_free(&result);
		sv3_device_destroy(&device);
	}
}

TEST_C(compare, the_same_run_twice_gives_the_same_numbers)
{
	struct sv3_trace trace = fx_driver_trace(9, false);
	const struct sv3_compare_config config = trace_config(&trace, SV3_VIEW_IOVA);
	struct sv3_compare_result a, b;

	for (unsigned int i = 0; i < 4; i++) {
		ASSERT_OK(sv3_compare_run(&config, hw_policies[i], &a));
		ASSERT_OK(sv3_compare_run(&config, hw_policies[i], &b));
		EXPECT_EQ_U64(a.pages_lost, 0);
		ASSERT_EQ_INT(a.migration.row_count, b.migration.row_count);
		EXPECT_EQ_MEM(a.migration.rows, b.migration.rows,
			      a.migration.row_count * sizeof(*a.migration.rows));
		sv3_compare_result_free(&a);
		sv3_compare_result_free(&b);
		a.migration.row_count = b.migration.row_count = 0;
		EXPECT_EQ_MEM(&a, &b, sizeof(a));
	}
	free(trace.records);
}

TEST_C(compare, writes_in_flight_at_the_stop_are_waited_for)
{
	struct sv3_trace trace = fx_driver_trace(3, false);
	struct sv3_compare_config config = trace_config(&trace, SV3_VIEW_GUEST);
	struct sv3_compare_result result;

	config.costs.post_delay = 2 * SV3_PS_PER_MS;
	ASSERT_OK(sv3_compare_run(&config, "all-dirty", &result));
	EXPECT_EQ_U64(result.pages_lost, 0);
	EXPECT_GE_U64(result.migration.downtime, SV3_PS_PER_MS);
	sv3_compare_result_free(&result);
	free(trace.records);
}

/* --- what is refused --- */

static int refused(const struct sv3_compare_config *config, const char *policy)
{
	struct sv3_compare_result result;
	const int rc = sv3_compare_run(config, policy, &result);

	EXPECT_TRUE(rc < 0);
	EXPECT_TRUE(result.error[0] != '\0');
	EXPECT_TRUE(strchr(result.error, '\n') == NULL);
	sv3_compare_result_free(&result);
	return rc;
}

TEST_C(compare, bad_configurations_are_refused_with_a_line)
{
	const struct sv3_scenario scenario = { .rounds = 10, .area_pages = 16 };
	struct sv3_trace trace = fx_driver_trace(1, false);
	struct sv3_compare_config config = trace_config(&trace, SV3_VIEW_GUEST);

	EXPECT_EQ_INT(refused(&config, "hw-magic"), -SV3_ERR_INVAL);
	config.migration.link_bits_per_s = 0;
	EXPECT_EQ_INT(refused(&config, "hw-auto"), -SV3_ERR_INVAL);
	config = trace_config(&trace, SV3_VIEW_GUEST);
	config.migration.max_rounds = 0;
	EXPECT_EQ_INT(refused(&config, "hw-auto"), -SV3_ERR_INVAL);
	config = trace_config(&trace, SV3_VIEW_GUEST);
	config.migration.flush = SV3_FLUSH_NONE;
	EXPECT_EQ_INT(refused(&config, "hw-auto"), -SV3_ERR_INVAL);
	config = trace_config(&trace, SV3_VIEW_GUEST);
	config.guest_size = 64 * SV3_PAGE_SIZE;
	EXPECT_EQ_INT(refused(&config, "hw-auto"), -SV3_ERR_RANGE);
	config.guest_size = 1000;
	EXPECT_TRUE(refused(&config, "hw-auto") < 0);
	config = trace_config(&trace, SV3_VIEW_GUEST);
	config.scenario = &scenario;
	EXPECT_EQ_INT(refused(&config, "hw-auto"), -SV3_ERR_INVAL);
	config = fx_scenario_config(&scenario);
	config.guest_size = 8 * SV3_PAGE_SIZE;
	EXPECT_EQ_INT(refused(&config, "hw-auto"), -SV3_ERR_RANGE);
	config.scenario = NULL;
	EXPECT_EQ_INT(refused(&config, "hw-auto"), -SV3_ERR_INVAL);
	free(trace.records);
}

TEST_C(compare, a_driver_row_that_cannot_be_is_an_error)
{
	struct sv3_trace trace = fx_driver_trace(2, false);
	struct sv3_compare_config config = trace_config(&trace, SV3_VIEW_IOVA);

	/* The same IOVA mapped twice. */
	trace.records[1] = trace.records[0];
	trace.records[1].pa += SV3_PAGE_SIZE;
	refused(&config, "hw-auto");
	free(trace.records);
}

TEST_C(compare, a_page_is_read_at_the_instant_its_transfer_starts)
{
	/* A page takes 1 us, so bulk reads page i at i us. Page 100 is written at that instant,
	 * which counts as before; page 101 one ns behind it. Both are reported, one had been sent
	 * already. */
	struct sv3_trace_rec rows[] = {
		{ .time_ns = 0,
		  .op = SV3_TRACE_R,
		  .pa = FX_BASE,
		  .len = 64,
		  .has = SV3_TRACE_HAS_ALL },
		{ .time_ns = 100000,
		  .op = SV3_TRACE_W,
		  .pa = FX_BASE + 100 * SV3_PAGE_SIZE,
		  .len = 64,
		  .has = SV3_TRACE_HAS_ALL },
		{ .time_ns = 101001,
		  .op = SV3_TRACE_W,
		  .pa = FX_BASE + 101 * SV3_PAGE_SIZE,
		  .len = 64,
		  .has = SV3_TRACE_HAS_ALL },
	};
	const struct sv3_trace trace = { .records = rows, .count = 3 };

	for (unsigned int i = 0; i < 4; i++) {
		struct sv3_compare_config config = trace_config(&trace, SV3_VIEW_GUEST);
		struct sv3_compare_result result;

		config.costs = fx_no_costs;
		config.time_scale_ppm = 1000000;
		config.migration.link_bits_per_s = UINT64_C(32768000000);
		config.migration.downtime = SV3_PS_PER_MS;
		config.guest_size = 110 * SV3_PAGE_SIZE;
		ASSERT_OK(sv3_compare_run(&config, hw_policies[i], &result));
		EXPECT_TRUE(result.migration.converged);
		EXPECT_EQ_U64(result.pages_resent, 2);
		EXPECT_EQ_U64(result.pages_redundant, 1);
		EXPECT_EQ_U64(result.pages_lost, 0);
		sv3_compare_result_free(&result);
	}
}

TEST_C(compare, a_round_of_exactly_the_limit_is_the_last)
{
	for (unsigned int over = 0; over < 2; over++) {
		const struct sv3_synthetic_config area = {
			.pattern = SV3_PATTERN_FIXED,
			.base = FX_BASE,
			.page_count = 10 + over,
			.write_percent = 100,
			.len = 8,
			.start = 500 * SV3_PS_PER_US,
			.period = SV3_PS_PER_S,
			.limit = 10 + over,
		};
		struct sv3_compare_config config;
		struct sv3_compare_result result;
		struct sv3_device device;

		sv3_compare_config_default(&config);
		ASSERT_OK(sv3_synthetic_create(&area, &device));
		config.device = &device;
		config.costs = fx_no_costs;
		config.guest_size = 4 * MIB;
		config.migration.link_bits_per_s = UINT64_C(32768000000);
		config.migration.downtime =
			10 * SV3_PS_PER_US + 999999; /* 10 pages, rounded down */
		ASSERT_OK(sv3_compare_run(&config, "hw-manual", &result));
		EXPECT_TRUE(result.migration.converged);
		EXPECT_EQ_U64(result.migration.rounds, over ? 3 : 2);
		EXPECT_EQ_U64(result.pages_resent, 10 + over);
		sv3_compare_result_free(&result);
		sv3_device_destroy(&device);
	}
}

TEST_C(compare, a_page_mapped_twice_is_cleared_twice)
{
	/* Written through both mappings, then no more for a second. */
	struct sv3_trace_rec rows[] = {
		{ .op = SV3_TRACE_MAP, .iova = 0x10000, .pa = FX_BASE, .len = 4096 },
		{ .op = SV3_TRACE_MAP, .iova = 0x20000, .pa = FX_BASE, .len = 4096 },
		{ .op = SV3_TRACE_W, .iova = 0x10000, .pa = FX_BASE, .len = 64 },
		{ .op = SV3_TRACE_W, .iova = 0x20040, .pa = FX_BASE + 64, .len = 64 },
		{ .op = SV3_TRACE_W,
		  .iova = 0x20040,
		  .pa = FX_BASE + 64,
		  .len = 64,
		  .time_ns = 1000000000 },
	};
	const struct sv3_trace trace = { .records = rows, .count = 5 };

	for (unsigned int i = 0; i < 5; i++) {
		rows[i].has = SV3_TRACE_HAS_ALL;
		rows[i].sid = 8;
		rows[i].aux =
			rows[i].op == SV3_TRACE_MAP ? SV3_TRACE_AUX_PERM_RW : SV3_TRACE_AUX_DATA;
	}
	for (unsigned int i = 2; i < 4; i++)
		rows[i].time_ns = 100000;
	for (unsigned int i = 0; i < 4; i++) {
		struct sv3_compare_config config = trace_config(&trace, SV3_VIEW_IOVA);
		struct sv3_compare_result result;

		config.time_scale_ppm = 1000000;
		ASSERT_OK(sv3_compare_run(&config, hw_policies[i], &result));
		EXPECT_TRUE(result.migration.converged);
		EXPECT_EQ_U64(result.migration.rounds, 3);
		EXPECT_EQ_U64(result.pages_resent, 1);
		EXPECT_EQ_U64(result.pages_lost, 0);
		sv3_compare_result_free(&result);
	}
}

TEST_C(compare, waiting_for_invalidations_takes_their_latency_round_by_round)
{
	const sv3_ps latency = 20 * SV3_PS_PER_US;
	struct sv3_trace trace = fx_driver_trace(3, false);

	for (unsigned int i = 0; i < 4; i++) {
		struct sv3_compare_config config = trace_config(&trace, SV3_VIEW_GUEST);
		struct sv3_compare_result result;
		sv3_ps in_rounds = 0, after_stop;

		config.costs.inv_latency = latency;
		ASSERT_OK(sv3_compare_run(&config, hw_policies[i], &result));
		EXPECT_EQ_U64(result.migration.sync_time, result.migration.sync * latency);
		for (uint32_t row = 0; row < result.migration.row_count; row++) {
			const struct sv3_round *round = &result.migration.rows[row];

			EXPECT_EQ_U64(round->sync_time, round->sync * latency);
			in_rounds += round->sync_time;
		}
		/* The CMD_SYNC of the stop lies between two rows. */
		after_stop = result.migration.sync_time - in_rounds;
		EXPECT_EQ_U64(after_stop, latency);
		sv3_compare_result_free(&result);
	}
	free(trace.records);
}

TEST_C(compare, the_write_map_has_every_write_and_changes_nothing)
{
	struct sv3_trace trace = fx_driver_trace(4, false);
	struct sv3_write_map *map = (struct sv3_write_map *)calloc(1, sizeof(*map));
	struct sv3_compare_config config = trace_config(&trace, SV3_VIEW_IOVA);
	struct sv3_compare_result with, without;
	uint64_t mapped = 0, landed = 0;

	ASSERT_OK(sv3_compare_run(&config, "hw-auto", &without));
	map->writes[5][5] = 1; /* of another run */
	config.write_map = map;
	ASSERT_OK(sv3_compare_run(&config, "hw-auto", &with));
	for (unsigned int i = 0; i < SV3_WRITE_MAP_TIMES * SV3_WRITE_MAP_PAGES; i++)
		mapped += map->writes[i / SV3_WRITE_MAP_PAGES][i % SV3_WRITE_MAP_PAGES];
	for (uint32_t row = 0; row < with.migration.row_count; row++)
		landed += with.migration.rows[row].writes;
	EXPECT_GT_U64(mapped, 0);
	EXPECT_EQ_U64(mapped, landed);
	EXPECT_LE_U64((map->first_bin + SV3_WRITE_MAP_PAGES) << map->page_lg2,
		      2 * FX_DRIVER_PAGES + 128);
	EXPECT_EQ_U64(with.migration.total, without.migration.total);
	EXPECT_EQ_U64(with.tlb_hits, without.tlb_hits);
	sv3_compare_result_free(&with);
	sv3_compare_result_free(&without);
	free(map);
	free(trace.records);
}
