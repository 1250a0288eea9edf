/* SPDX-License-Identifier: MIT */
/*
 * test_trackers.c - do the policies that note writes themselves note each of them, at the cost that
 * policies.md 10.5 gives them? And the log of CPU writes, and throttling.
 *
 * Collections come at equal times and nothing costs time unless a test says so.
 */
#include <stdlib.h>

#include "ctest.h"
#include "fixture.h"
#include "rows.h"

/* --- who notes writes reports what HTTU reports --- */

static void expect_same_rounds(const struct fx_outcome *a, const struct fx_outcome *b)
{
	for (uint32_t round = 0; round <= FX_ROUNDS + 1; round++)
		for (uint64_t word = 0; word < FX_PAGES / 64; word++) {
			const uint64_t *x = a->round_bits[round], *y = b->round_bits[round];

			if ((x ? x[word] : 0) != (y ? y[word] : 0))
				FAIL_C("round %u, pages from %llu on", round,
				       (unsigned long long)word * 64);
		}
}

TEST_C(trackers, exact_ones_report_what_hardware_does)
{
	static const char *const policies[] = { "write-protect", "dirty-ring", "pml",
						"hybrid",        "device-log", "software-log" };

	for (unsigned int i = 0; i < 6; i++)
		for (uint64_t seed = 1; seed <= 5; seed++) {
			struct fx_world_config config = fx_traffic("hw-auto", 40 * seed, seed);
			struct fx_outcome hardware = fx_migrated(&config), tracker;

			config.migration.policy = policies[i];
			tracker = fx_migrated(&config);
			expect_same_rounds(&hardware, &tracker);
			fx_outcome_free(&hardware);
			fx_outcome_free(&tracker);
		}
}

/* First writes to leaves since they were cleared, heard beside the policy. */
static uint64_t entries_of(const struct fx_outcome *outcome)
{
	uint64_t entries = 0;

	for (uint32_t round = 1; round <= FX_ROUNDS + 1; round++)
		entries += outcome->collections[round].first_writes;
	return entries;
}

/* P9: one fault for each first write of an epoch. [policies 10.5] */
TEST_C(trackers, write_protect_faults_once_a_page_and_epoch)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		const struct fx_world_config config = fx_traffic("write-protect", 50 * seed, seed);
		struct fx_outcome outcome = fx_migrated(&config);

		EXPECT_EQ_U64(outcome.migration.write_faults, fx_pages_resent(&outcome));
		EXPECT_EQ_U64(outcome.migration.write_faults, entries_of(&outcome));
		EXPECT_EQ_U64(outcome.httu_updates, 0);
		EXPECT_EQ_U64(outcome.migration.scan_descriptors, FX_PAGES); /* the start */
		fx_outcome_free(&outcome);
	}
}

/*
 * Drains are entries over size, epoch by epoch: rounded down those that were forced, rounded up
 * with the one of the collection. A buffer is drained when it becomes full, a ring when the next
 * write finds it full: so the last drain of a ring that is just full is the collection's.
 */
TEST_C(trackers, rings_and_buffers_drain_when_full)
{
	static const uint32_t sizes[] = { 1, 7, 16, 25 };

	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int ring = 0; ring < 2; ring++) {
			struct fx_world_config config =
				fx_traffic(ring ? "dirty-ring" : "pml", 150, 3);
			uint64_t forced = 0, just_full = 0;
			struct fx_outcome outcome;

			config.migration.ring_entries = config.migration.pml_entries = sizes[i];
			outcome = fx_migrated(&config);
			for (uint32_t round = 1; round <= FX_ROUNDS + 1; round++) {
				const uint64_t entries = outcome.collections[round].first_writes;

				forced += entries / sizes[i];
				just_full += entries && entries % sizes[i] == 0;
			}
			EXPECT_EQ_U64(outcome.migration.drains, forced - (ring ? just_full : 0));
			EXPECT_GT_U64(forced, FX_ROUNDS);
			fx_outcome_free(&outcome);
		}
}

TEST_C(trackers, a_ring_that_never_fills_is_never_drained)
{
	static const char *const policies[] = { "dirty-ring", "pml" };

	for (unsigned int i = 0; i < 2; i++) {
		const struct fx_world_config config = fx_traffic(policies[i], 150, 3);
		struct fx_outcome outcome = fx_migrated(&config);

		EXPECT_EQ_U64(outcome.migration.drains, 0);
		fx_outcome_free(&outcome);
	}
}

/* Fewer entries than writes that wait at a time: each drain lets some of them through. */
TEST_C(trackers, a_ring_of_one_entry_gets_every_write_through)
{
	struct fx_world_config config = fx_traffic("dirty-ring", 150, 3);
	struct fx_outcome large = fx_migrated(&config), small;

	config.migration.ring_entries = 1;
	small = fx_migrated(&config);
	EXPECT_EQ_U64(small.lost, 0);
	EXPECT_EQ_U64(small.migration.converged, large.migration.converged);
	EXPECT_GT_U64(small.migration.drains, large.round_pages[1]);
	fx_outcome_free(&large);
	fx_outcome_free(&small);
}

#define BURST_PAGES  20u
#define BURST        (2 * BURST_PAGES)
#define BURST_WRITES ((FX_ROUNDS + 1) * BURST)

/* In each round two writes to each page, all at once: one after the other, or when all had one. */
static struct sv3_trace bursts(struct sv3_trace_rec records[BURST_WRITES], bool in_pairs)
{
	struct fx_rows rows = { records, BURST_WRITES, 0 };

	for (uint64_t i = 0; i < BURST_WRITES; i++)
		fx_rows_access(&rows, (4 * (i / BURST) + 1) * FX_PERIOD / 4 / SV3_PS_PER_NS,
			       SV3_TRACE_W, (in_pairs ? i / 2 : i) % BURST_PAGES * SV3_PAGE_SIZE,
			       64);
	return fx_rows_trace(&rows);
}

/* Handlers and commands take their time, so writes that find the ring full wait together; they go
 * on in order, as far as there is room, with each drain. */
TEST_C(trackers, writes_that_wait_for_a_full_ring_all_get_through)
{
	static const uint32_t sizes[] = { 1, 3, 7, 19, 20 };

	for (unsigned int i = 0; i < 10; i++) {
		const uint32_t size = sizes[i / 2];
		struct sv3_trace_rec records[BURST_WRITES];
		const struct sv3_trace trace = bursts(records, i % 2);
		struct fx_world_config config = fx_basic("dirty-ring", 64, FX_ROUNDS);
		struct fx_outcome outcome;
		uint64_t drains = 0;

		config.trace = &trace;
		config.contents = true;
		config.migration.ring_entries = size;
		config.costs.fault_latency = 500 * SV3_PS_PER_NS;
		config.costs.cmdq_delay = 200 * SV3_PS_PER_NS;
		config.costs.inv_latency = 300 * SV3_PS_PER_NS;
		outcome = fx_migrated(&config);
		EXPECT_EQ_U64(outcome.world.writes_landed, BURST_WRITES);
		for (uint32_t round = 1; round <= FX_ROUNDS + 1; round++) {
			EXPECT_EQ_U64(outcome.round_pages[round], BURST_PAGES);
			drains += (outcome.collections[round].first_writes - 1) / size;
		}
		EXPECT_EQ_U64(outcome.migration.drains, drains);
		fx_outcome_free(&outcome);
	}
}

/* Until software has emptied it, a while after it became full: nothing overflows, and the device
 * makes its burst in pieces. */
TEST_C(trackers, a_full_buffer_keeps_its_device_waiting)
{
	struct sv3_trace_rec records[BURST_WRITES];
	const struct sv3_trace trace = bursts(records, false);
	struct fx_world_config config = fx_basic("pml", 64, FX_ROUNDS);
	struct fx_outcome outcome;

	config.trace = &trace;
	config.migration.pml_entries = 7;
	config.costs.fault_latency = 5 * SV3_PS_PER_US;
	outcome = fx_migrated(&config);
	for (uint32_t round = 1; round <= FX_ROUNDS + 1; round++)
		EXPECT_EQ_U64(outcome.collections[round].first_writes, BURST_PAGES);
	EXPECT_EQ_U64(outcome.migration.drains, (FX_ROUNDS + 1) * (BURST_PAGES / 7));
	EXPECT_EQ_U64(outcome.world.lag_max, BURST_PAGES / 7 * config.costs.fault_latency);
	fx_outcome_free(&outcome);
}

/* P12: only sections that were written are scanned, each from its first write on. */
TEST_C(trackers, hybrid_scans_armed_sections_only)
{
	struct fx_world_config config = fx_traffic("hybrid", 20, 1);
	struct fx_outcome outcome;

	/* Two sections of the sixteen are written. */
	config.device.base = FX_BASE + 128 * SV3_PAGE_SIZE;
	config.device.page_count = 128;
	outcome = fx_migrated(&config);
	EXPECT_EQ_U64(outcome.migration.write_faults, 2);
	EXPECT_EQ_U64(outcome.migration.scan_descriptors, FX_PAGES + (FX_ROUNDS + 1) * 128);
	EXPECT_GT_U64(outcome.httu_updates, 0);
	fx_outcome_free(&outcome);
}

/* P13: the sum of pages per buffer, without merging: a page written twice is touched twice.
 * [policies 10.5] */
TEST_C(trackers, guest_mark_touches_every_page_of_every_buffer)
{
	struct sv3_trace_rec records[400 * 4];

	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct fx_rows rows = { records, 400 * 4, 0 };
		struct fx_world_config config = fx_basic("guest-mark", 64, FX_ROUNDS);
		struct fx_outcome outcome;
		struct sv3_trace trace;
		struct sv3_prng prng;
		uint64_t pages = 0;

		sv3_prng_seed(&prng, seed);
		for (uint64_t i = 0; i < 400; i++)
			pages += fx_rows_access(&rows, 1 + i * 1000, SV3_TRACE_W,
						sv3_prng_below(&prng, 6 * SV3_PAGE_SIZE),
						1 + sv3_prng_below(&prng, 3 * SV3_PAGE_SIZE));
		trace = fx_rows_trace(&rows);
		config.trace = &trace;
		config.migration.log_delay = FX_PERIOD / 10; /* many are out at a time */
		outcome = fx_migrated(&config);
		EXPECT_EQ_U64(outcome.migration.marks, pages);
		EXPECT_GT_U64(pages, 2 * 400);
		EXPECT_LT_U64(outcome.migration.cpu_faults, pages);
		fx_outcome_free(&outcome);
	}
}

TEST_C(trackers, buffers_out_at_the_stop_are_lost_unless_marked)
{
	struct fx_world_config config = fx_traffic("guest-mark", 100, 1);
	struct fx_outcome outcome;

	config.migration.log_delay = FX_PERIOD / 2;
	config.migration.bug = SV3_BUG_NO_MARK_AT_STOP;
	ASSERT_OK(fx_migrate(&config, &outcome));
	/* About half a period's writes were not marked; some of their pages were by others. */
	EXPECT_GT_U64(outcome.lost, 10);
	EXPECT_LE_U64(outcome.lost, 100);
	fx_outcome_free(&outcome);
	config.migration.bug = SV3_BUG_NONE;
	outcome = fx_migrated(&config);
	fx_outcome_free(&outcome);
}

/* Thread 001: the bit before the data, with a collection in between. */
TEST_C(trackers, a_log_set_before_its_data_loses)
{
	static const char *const policies[] = { "software-log", "guest-mark" };

	for (unsigned int i = 0; i < 2; i++) {
		struct fx_world_config config = fx_traffic(policies[i], 200, 2);
		struct fx_outcome outcome;

		config.costs.post_delay = FX_PERIOD / 4;
		outcome = fx_migrated(&config);
		fx_outcome_free(&outcome);
		config.migration.bug = SV3_BUG_LOG_BEFORE_DATA;
		ASSERT_OK(fx_migrate(&config, &outcome));
		EXPECT_GT_U64(outcome.lost, 0);
		fx_outcome_free(&outcome);
	}
}

/* P14: bytes compared are all bytes, each collection; nothing that equals its copy is sent. */
TEST_C(trackers, bounce_diff_pays_for_everything_and_sends_what_differs)
{
	const struct fx_world_config config = fx_traffic("bounce-diff", 100, 1);
	struct fx_outcome outcome = fx_migrated(&config);

	EXPECT_EQ_U64(outcome.migration.bytes_compared, (FX_ROUNDS + 1) * FX_PAGES * SV3_PAGE_SIZE);
	EXPECT_EQ_U64(outcome.redundant, 0);
	EXPECT_EQ_U64(outcome.httu_updates > 0, 1);
	EXPECT_EQ_U64(outcome.migration.leaves_cleared, 0);
	fx_outcome_free(&outcome);
}

/* --- the log of CPU writes --- */

static struct fx_world_config cpu_traffic(enum sv3_cpu_log_mode mode, uint64_t seed)
{
	struct fx_world_config config = fx_traffic("hw-auto", 1, 1);

	config.device.limit = 1;
	config.cpu = fx_writes(200, seed);
	config.migration.cpu_log = mode;
	config.copy_offset = FX_PERIOD / 2;
	return config;
}

TEST_C(trackers, no_write_of_a_cpu_is_lost_either_way)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		for (unsigned int mode = 0; mode < 2; mode++) {
			const struct fx_world_config config =
				cpu_traffic((enum sv3_cpu_log_mode)mode, seed);
			struct fx_outcome outcome = fx_migrated(&config);

			EXPECT_GT_U64(outcome.world.cpu_writes, 1000);
			EXPECT_GT_U64(outcome.migration.cpu_faults, 0);
			fx_outcome_free(&outcome);
		}
}

/* Rules a, b of policies.md 13: what is cleared right before the copy, and no sooner, is sent once.
 */
TEST_C(trackers, rules_a_b_a_late_clear_sends_nothing_twice)
{
	const struct fx_world_config late = cpu_traffic(SV3_CPU_LOG_MANUAL, 7);
	const struct fx_world_config early = cpu_traffic(SV3_CPU_LOG_AUTO, 7);
	struct fx_outcome manual = fx_migrated(&late), automatic = fx_migrated(&early);

	EXPECT_EQ_U64(manual.redundant, 0);
	EXPECT_GT_U64(automatic.redundant, 30);
	EXPECT_LT_U64(manual.migration.pages_sent, automatic.migration.pages_sent);
	EXPECT_LT_U64(manual.migration.cpu_faults, automatic.migration.cpu_faults);
	fx_outcome_free(&manual);
	fx_outcome_free(&automatic);
}

/* Rule f: the CPU log cleared late and the DMA log cleared early, on the same pages. */
TEST_C(trackers, rule_f_both_logs_meet_in_one_migration)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct fx_world_config config = fx_traffic("hw-auto", 150, seed);
		struct fx_outcome outcome;

		config.cpu = fx_writes(150, seed + 100);
		config.copy_offset = FX_PERIOD / 3;
		config.costs.post_delay = SV3_PS_PER_US;
		outcome = fx_migrated(&config);
		fx_outcome_free(&outcome);
	}
}

/* --- throttling --- */

/* Twice the link's rate: never, until the device is slow enough. */
TEST_C(trackers, throttling_makes_a_migration_converge)
{
	struct fx_world_config config = fx_traffic("hw-auto", 1, 1);
	struct fx_outcome outcome;
	const struct sv3_round *last;

	config.period = 0;
	config.migration.link_bits_per_s = UINT64_C(32768) * 1000000; /* a page takes 1 us */
	config.migration.downtime = 20 * SV3_PS_PER_US;
	config.migration.max_rounds = 60;
	config.migration.stop_rule_off = false;
	config.device.period = SV3_PS_PER_US / 2;
	ASSERT_OK(fx_migrate(&config, &outcome));
	EXPECT_FALSE(outcome.migration.converged);
	fx_outcome_free(&outcome);
	config.migration.throttle = (struct sv3_throttle_config){
		.device = true,
		.trigger_percent = 50,
		.initial_percent = 20,
		.increment_percent = 10,
		.max_percent = 99,
	};
	ASSERT_OK(fx_migrate(&config, &outcome));
	EXPECT_TRUE(outcome.migration.converged);
	last = &outcome.migration.rows[outcome.migration.row_count - 2];
	EXPECT_GE_U64(last->throttle_percent, 50);
	EXPECT_EQ_U64(last->throttle_percent % 10, 0);
	fx_outcome_free(&outcome);
}
