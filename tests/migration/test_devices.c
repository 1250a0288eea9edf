/* SPDX-License-Identifier: MIT */
/*
 * test_devices.c - what stands beside one device in a comparison: several traces, CPUs, time before
 * the migration, and who is slowed down.
 */
#include <string.h>

#include "ctest.h"
#include "fixture.h"
#include "rows.h"

#define PAGES    64u
#define ROWS     400u
#define STEP_NS  UINT64_C(500)
#define BULK_END (PAGES * FX_PAGE_TIME)

/* Random pages of [first, first + count), one access every STEP_NS, half of them reads. */
static struct sv3_trace random_trace(struct sv3_trace_rec records[ROWS], uint64_t seed,
				     uint32_t stream_id, uint64_t first, uint64_t count)
{
	struct fx_rows rows = { records, ROWS, 0 };
	struct sv3_prng prng;

	sv3_prng_seed(&prng, seed);
	for (uint64_t i = 0; i < ROWS; i++) {
		const uint64_t page = first + sv3_prng_below(&prng, count);

		fx_rows_access(&rows, i * STEP_NS,
			       sv3_prng_below(&prng, 2) ? SV3_TRACE_W : SV3_TRACE_R,
			       page * SV3_PAGE_SIZE, 64);
		records[i].sid = stream_id;
	}
	return fx_rows_trace(&rows);
}

static struct sv3_compare_config small_guest(const struct sv3_trace *traces, uint32_t count)
{
	struct sv3_compare_config config;

	sv3_compare_config_default(&config);
	config.traces = traces;
	config.trace_count = count;
	config.guest_size = PAGES * SV3_PAGE_SIZE;
	config.contents = true;
	config.costs = fx_no_costs;
	config.migration.link_bits_per_s = fx_link(FX_PAGE_TIME);
	config.migration.measure_bandwidth = false;
	config.migration.downtime = 0;
	config.migration.max_rounds = 8;
	config.migration.cpu_fault = 0;
	return config;
}

/* The numbers of a run in which nothing may be lost; its lists are released. */
static struct sv3_compare_result run(const struct sv3_compare_config *config, const char *policy)
{
	struct sv3_compare_result result;

	EXPECT_OK(sv3_compare_run(config, policy, &result));
	EXPECT_EQ_STR(result.error, "");
	EXPECT_EQ_U64(result.pages_lost, 0);
	EXPECT_EQ_U64(result.pages_differing, 0);
	EXPECT_EQ_U64(result.faults, 0);
	sv3_compare_result_free(&result);
	return result;
}

/* --- several traces --- */

/* Both begin at time 0, each at its own pace and again from its beginning, until the guest stops.
 */
TEST_C(devices, two_traces_are_two_devices_side_by_side)
{
	struct sv3_trace_rec records[2][ROWS];
	const struct sv3_trace traces[2] = { random_trace(records[0], 1, 8, 0, PAGES / 2),
					     random_trace(records[1], 2, 9, PAGES / 2, PAGES / 2) };
	const struct sv3_compare_config both = small_guest(traces, 2);
	const struct sv3_compare_config one = small_guest(&traces[0], 1);
	const struct sv3_compare_config other = small_guest(&traces[1], 1);
	static const char *const policies[] = { "hw-auto", "hw-manual-page", "dirty-ring" };

	for (unsigned int i = 0; i < 3; i++) {
		const struct sv3_compare_result result = run(&both, policies[i]);
		const sv3_ps ran = result.migration.total - result.migration.downtime;

		EXPECT_EQ_U64(result.records_used, 2 * (ran / (STEP_NS * SV3_PS_PER_NS) + 1));
		EXPECT_EQ_U64(result.trace_rewinds, 2 * (result.records_used / 2 / ROWS));
		EXPECT_GT_U64(result.pages_resent, run(&one, policies[i]).pages_resent);
		EXPECT_GT_U64(result.pages_resent, run(&other, policies[i]).pages_resent);
	}
}

TEST_C(devices, a_stream_of_two_traces_is_refused)
{
	struct sv3_trace_rec records[2][ROWS];
	const struct sv3_trace traces[2] = { random_trace(records[0], 1, 8, 0, PAGES),
					     random_trace(records[1], 2, 8, 0, PAGES) };
	const struct sv3_compare_config config = small_guest(traces, 2);
	struct sv3_compare_result result;

	EXPECT_EQ_INT(sv3_compare_run(&config, "hw-auto", &result), -SV3_ERR_EXIST);
	EXPECT_TRUE(strstr(result.error, "a stream of two traces") != NULL);
}

/* --- CPUs --- */

/* A CPU that writes what @trace recorded, and again. */
static struct sv3_device cpu_of(const struct sv3_trace *trace)
{
	const struct sv3_replay_config replay = {
		.trace = trace,
		.view = SV3_VIEW_GUEST,
		.time_scale_ppm = 1000000,
		.repeat = true,
	};
	struct sv3_device cpu = { 0 };

	EXPECT_OK(sv3_replay_create(&replay, &cpu));
	return cpu;
}

/* What a CPU writes is sent, by its log: one fault a page and epoch, the device's bits untouched.
 */
TEST_C(devices, what_cpus_write_beside_a_device_is_sent_too)
{
	struct sv3_trace_rec records[2][ROWS];
	const struct sv3_trace traces[2] = { random_trace(records[0], 1, 8, 0, 8),
					     random_trace(records[1], 2, 0, 32, 24) };
	struct sv3_compare_config config = small_guest(traces, 1);
	const struct sv3_compare_result alone = run(&config, "hw-auto");

	EXPECT_EQ_U64(alone.cpu_writes, 0);
	for (unsigned int mode = 0; mode < 2; mode++) {
		struct sv3_compare_result result;
		struct sv3_device cpu = cpu_of(&traces[1]);

		config.cpu = &cpu;
		config.migration.cpu_log = (enum sv3_cpu_log_mode)mode;
		result = run(&config, "hw-auto");
		EXPECT_GT_U64(result.cpu_writes, 100);
		EXPECT_GT_U64(result.migration.cpu_faults, 24);
		/* All that was sent again beyond a round's eight pages of the device are theirs. */
		EXPECT_GT_U64(result.pages_resent, 8 * result.migration.rounds);
		sv3_device_destroy(&cpu);
	}
}

TEST_C(devices, a_fault_holds_its_cpu_up)
{
	struct sv3_trace_rec records[2][ROWS];
	const struct sv3_trace traces[2] = { random_trace(records[0], 1, 8, 0, 8),
					     random_trace(records[1], 2, 0, 32, 24) };
	struct sv3_compare_config config = small_guest(traces, 1);
	struct sv3_compare_result result;
	struct sv3_device cpu = cpu_of(&traces[1]);

	config.cpu = &cpu;
	config.migration.cpu_fault = 3 * SV3_PS_PER_US;
	result = run(&config, "hw-auto");
	EXPECT_GT_U64(result.migration.cpu_faults, 0);
	EXPECT_EQ_U64(result.cpu_delay, result.migration.cpu_faults * config.migration.cpu_fault);
	sv3_device_destroy(&cpu);
}

/* --- before the migration --- */

/* It fills the TLB and makes leaves dirty, and is in no row; what it wrote goes with bulk. */
TEST_C(devices, a_lead_is_in_no_round_and_no_map)
{
	struct sv3_trace_rec records[ROWS];
	const struct sv3_trace trace = random_trace(records, 1, 8, 0, PAGES);
	static struct sv3_write_map map;
	struct sv3_compare_config config = small_guest(&trace, 1);
	struct sv3_compare_result result;
	uint64_t writes = 0, updates = 0, mapped = 0, merged = 0;
	struct sv3_trace_summary summary;

	ASSERT_OK(sv3_trace_summarize(&trace, &summary));
	config.lead = ROWS * STEP_NS * SV3_PS_PER_NS;
	config.write_map = &map;
	ASSERT_OK(sv3_compare_run(&config, "hw-auto", &result));
	EXPECT_EQ_U64(result.pages_lost, 0);
	EXPECT_EQ_U64(result.migration.rows[0].began, config.lead);
	for (uint32_t i = 0; i < result.migration.row_count; i++) {
		writes += result.migration.rows[i].writes;
		merged += result.migration.rows[i].writes - result.migration.rows[i].pages_dirtied;
		updates += result.migration.rows[i].httu_updates;
	}
	for (unsigned int i = 0; i < SV3_WRITE_MAP_TIMES * SV3_WRITE_MAP_PAGES; i++)
		mapped += map.writes[i / SV3_WRITE_MAP_PAGES][i % SV3_WRITE_MAP_PAGES];
	EXPECT_EQ_U64(mapped, writes);
	EXPECT_EQ_U64(result.writes_merged, merged);
	EXPECT_GT_U64(writes, 0);
	/* Updates of pages that were written before are in no row, and the start cleans them. */
	EXPECT_EQ_U64(result.httu_updates - updates, summary.pa_pages_written);
	EXPECT_EQ_U64(result.migration.rows[0].leaves_cleared, summary.pa_pages_written);
	sv3_compare_result_free(&result);
}

TEST_C(devices, a_lead_before_software_dirty_state_is_refused)
{
	struct sv3_trace_rec records[ROWS];
	const struct sv3_trace trace = random_trace(records, 1, 8, 0, PAGES);
	struct sv3_compare_config config = small_guest(&trace, 1);
	const struct sv3_policy_info *info;

	config.lead = SV3_PS_PER_US;
	for (unsigned int i = 0; (info = sv3_policy_info(i)) != NULL; i++) {
		struct sv3_compare_result result;
		const int rc = sv3_compare_run(&config, info->name, &result);

		EXPECT_EQ_INT(rc, info->needs & SV3_NEEDS_SOFTWARE_DIRTY ? -SV3_ERR_INVAL : 0);
		EXPECT_TRUE((result.error[0] != '\0') == (rc != 0));
		sv3_compare_result_free(&result);
	}
}

/* --- refills in rows --- */

/* Rows and total count the same walks, and flushing all costs more of them than flushing pages. */
TEST_C(devices, refill_walks_of_all_rows_are_those_of_the_run)
{
	struct sv3_trace_rec records[ROWS];
	const struct sv3_trace trace = random_trace(records, 3, 8, 0, PAGES);
	struct sv3_compare_config config = small_guest(&trace, 1);
	uint64_t refills[2];

	for (unsigned int all = 0; all < 2; all++) {
		struct sv3_compare_result result;
		uint64_t in_rows = 0;

		config.migration.flush = all ? SV3_FLUSH_ALL : SV3_FLUSH_PAGE;
		ASSERT_OK(sv3_compare_run(&config, "hw-auto", &result));
		for (uint32_t i = 0; i < result.migration.row_count; i++)
			in_rows += result.migration.rows[i].refill_walks;
		EXPECT_EQ_U64(in_rows, result.refill_walks);
		refills[all] = result.refill_walks;
		sv3_compare_result_free(&result);
	}
	EXPECT_GT_U64(refills[0], 0);
	EXPECT_GT_U64(refills[1], refills[0]);
}

/* --- throttling --- */

/* A device or a CPU that writes @area pages of PAGES over and over: bulk sends all, rounds these.
 */
static struct fx_world_config writes_of(uint64_t area, bool by_cpu)
{
	struct fx_world_config config = fx_basic("hw-auto", PAGES, 8);
	struct sv3_synthetic_config writer = config.device;

	config.period = 20 * BULK_END;
	writer.pattern = SV3_PATTERN_FIXED;
	writer.page_count = area;
	writer.start = SV3_PS_PER_NS;
	writer.period = BULK_END / 20;
	if (by_cpu) {
		config.cpu = writer;
		config.device.limit = 1;
		config.device.period = SV3_PS_PER_NS;
	} else {
		config.device = writer;
	}
	config.migration.throttle = (struct sv3_throttle_config){
		.device = !by_cpu,
		.cpu = by_cpu,
		.trigger_percent = 50,
		.initial_percent = 30,
		.increment_percent = 25,
		.max_percent = 70,
	};
	return config;
}

static void check_throttle(const struct fx_world_config *config, const uint32_t percent[8])
{
	struct fx_outcome outcome = fx_migrated(config);

	for (uint32_t round = 1; round <= 8; round++)
		EXPECT_EQ_U64(outcome.migration.rows[round].throttle_percent, percent[round - 1]);
	fx_outcome_free(&outcome);
}

/* Two rounds above the trigger in a row: first the initial share, then more each time, to the most.
 */
TEST_C(devices, throttling_follows_its_four_parameters)
{
	static const uint32_t from_the_first[8] = { 0, 30, 30, 55, 55, 70, 70, 70 };
	static const uint32_t from_the_second[8] = { 0, 0, 30, 30, 55, 55, 70, 70 };
	static const uint32_t never[8] = { 0 };

	for (unsigned int by_cpu = 0; by_cpu < 2; by_cpu++) {
		/* Half of bulk is not above 50 percent of it, and every later round is. */
		struct fx_world_config config = writes_of(PAGES / 2, by_cpu);

		check_throttle(&config, from_the_second);
		config.migration.throttle.trigger_percent = 49;
		check_throttle(&config, from_the_first);
		config.migration.throttle.trigger_percent = 100;
		check_throttle(&config, never);
	}
}

/* Only who is named is slowed down: at 70 percent less, fewer than a third of the writes are left.
 */
TEST_C(devices, throttling_slows_down_whom_it_names)
{
	for (unsigned int by_cpu = 0; by_cpu < 2; by_cpu++) {
		struct fx_world_config config = writes_of(PAGES, by_cpu);
		struct sv3_throttle_config *throttle = &config.migration.throttle;
		uint64_t writes[3]; /* nobody, the other one, the writer */

		throttle->trigger_percent = 50;
		throttle->initial_percent = 70;
		for (unsigned int i = 0; i < 3; i++) {
			struct fx_outcome outcome;

			throttle->device = i == (by_cpu ? 1 : 2);
			throttle->cpu = i == (by_cpu ? 2 : 1);
			outcome = fx_migrated(&config);
			writes[i] = by_cpu ? outcome.world.cpu_writes : outcome.world.writes_landed;
			fx_outcome_free(&outcome);
		}
		EXPECT_EQ_U64(writes[1], writes[0]);
		/* From round 2 of 8 on, so 2 of 9 periods go at full speed. */
		EXPECT_NEAR_F64((double)writes[2] / (double)writes[0], (2 + 7 * 0.3) / 9, 0.01);
	}
}
