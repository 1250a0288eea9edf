/* SPDX-License-Identifier: MIT */
/*
 * test_thread_001.c - the acceptance points of thread 001: litmus tests with and without barriers,
 * logs in software and in hardware, and what the published table can tell.
 */
#include "fixture.h"

static uint64_t caught(const struct fx *fx, const char *name)
{
	const struct sv3_experiment_row *row = fx_row(fx, name);

	EXPECT_EQ_INT(row->kind, SV3_EXPERIMENT_AT_LEAST);
	EXPECT_LT_U64(row->measured, row->total);
	return row->measured;
}

static uint64_t never(const struct fx *fx, const char *name)
{
	const struct sv3_experiment_row *row = fx_row(fx, name);

	EXPECT_EQ_INT(row->kind, SV3_EXPERIMENT_EQUAL);
	EXPECT_EQ_U64(row->expected, 0);
	EXPECT_GE_U64(row->total, 1);
	return row->measured;
}

TEST_C(thread_001, a_relaxed_device_shows_a_new_flag_and_old_payload_and_a_barrier_never)
{
	FX(fx, "thread-001");

	ASSERT_OK(fx_run(&fx));
	EXPECT_GE_U64(caught(&fx, "pass-relaxed"), 1);
	EXPECT_EQ_U64(never(&fx, "pass-barrier"), 0);
	EXPECT_GE_U64(caught(&fx, "pass-reader"), 1);
	EXPECT_EQ_U64(never(&fx, "pass-tso"), 0);
}

TEST_C(thread_001, a_map_without_a_barrier_is_a_hole)
{
	FX(fx, "thread-001");

	ASSERT_OK(fx_run(&fx));
	EXPECT_EQ_U64(never(&fx, "map-then-call"), 0);
	EXPECT_GE_U64(caught(&fx, "call-then-map"), 1);
	EXPECT_EQ_U64(never(&fx, "call-then-map-barrier"), 0);
	EXPECT_GE_U64(caught(&fx, "one-map"), 1);
}

TEST_C(thread_001, reads_of_the_device_need_it_too_and_a_write_before_a_read_even_on_tso)
{
	FX(fx, "thread-001");

	ASSERT_OK(fx_run(&fx));
	EXPECT_GE_U64(caught(&fx, "read-relaxed"), 1);
	EXPECT_EQ_U64(never(&fx, "read-barrier"), 0);
	EXPECT_GE_U64(caught(&fx, "write-read-relaxed"), 1);
	EXPECT_EQ_U64(never(&fx, "write-read-barrier"), 0);
}

TEST_C(thread_001, a_software_log_bit_belongs_behind_the_data)
{
	FX(fx, "thread-001");

	ASSERT_OK(fx_run(&fx));
	/* Store, seen, barrier, store, seen; and swap and load anywhere: 7! / (5! 2!). The swap
	 * falls between the log's store and the data's, and so does the load. */
	fx_expect_caught(&fx, "log-before-data", 6, 21);
	fx_expect_none(&fx, "log-after-data", 21);
	EXPECT_GE_U64(caught(&fx, "log-after-relaxed"), 1);
}

TEST_C(thread_001, a_hardware_bit_is_safe_only_if_the_copy_waits_for_the_sync)
{
	static const char *const wrong[] = { "copy-after-scan", "copy-after-clear",
					     "copy-after-tlbi", "copy-before-wait",
					     "copy-no-tlbi" };
	FX(fx, "thread-001");

	ASSERT_OK(fx_run(&fx));
	EXPECT_EQ_U64(never(&fx, "copy-after-wait"), 0);
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		EXPECT_GE_U64(caught(&fx, wrong[i]), 1);
	/* Without the TLBI a CMD_SYNC waits for nothing: all 9! / (4! 5!) ways are open. */
	EXPECT_EQ_U64(fx_row(&fx, "copy-no-tlbi")->total, 126);
	/* The nearer the copy comes to the end of the CMD_SYNC, the fewer are lost. */
	EXPECT_GT_U64(caught(&fx, "copy-after-scan"), caught(&fx, "copy-after-clear"));
	EXPECT_GT_U64(caught(&fx, "copy-after-clear"), caught(&fx, "copy-after-tlbi"));
	EXPECT_GT_U64(caught(&fx, "copy-after-tlbi"), caught(&fx, "copy-before-wait"));
}

TEST_C(thread_001, barriers_a_page_are_counted)
{
	FX(fx, "thread-001");

	ASSERT_OK(fx_run(&fx));
	EXPECT_EQ_U64(fx_row(&fx, "cost-call")->measured, 2);
	EXPECT_EQ_U64(fx_row(&fx, "cost-lines")->measured, 65);
	EXPECT_EQ_U64(fx_row(&fx, "cost-map")->measured, 3);
}

/* The means are those that were computed when the thread was read; the differences all lie within
 * the spread of equal runs. */
TEST_C(thread_001, the_published_means_and_spreads_are_right)
{
	static const struct {
		const char *name, *spread;
		uint64_t mean;
	} rows[] = {
		{ "tcp-host", ", spread 24.38", 92204 },
		{ "tcp-none", ", spread 4.00", 87910 },
		{ "tcp-barrier", ", spread 21.14", 87335 },
		{ "tcp-map", ", spread 21.49", 87827 },
		{ "udp-none", ", spread 17.22", 27553 },
		{ "udp-barrier", ", spread 13.31", 27386 },
		{ "udp-map", ", spread 19.71", 28433 },
	};
	static const char *const differences[] = { "tcp-barrier-difference", "tcp-map-difference",
						   "udp-barrier-difference", "udp-map-difference" };
	FX(fx, "thread-001");

	ASSERT_OK(fx_run(&fx));
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sv3_experiment_row *row = fx_row(&fx, rows[i].name);

		EXPECT_EQ_INT(row->kind, SV3_EXPERIMENT_PUBLISHED);
		EXPECT_EQ_U64(row->digits, 2);
		EXPECT_EQ_U64(row->measured, rows[i].mean);
		EXPECT_TRUE(strstr(row->note, rows[i].spread) != NULL);
		EXPECT_TRUE(strstr(row->note, "Herrenschmidt") != NULL);
	}
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_TRUE(strstr(fx_row(&fx, differences[i])->note, "within the noise") != NULL);
	EXPECT_EQ_U64(fx_row(&fx, "tcp-barrier-difference")->measured, 575);
	EXPECT_EQ_U64(fx_row(&fx, "udp-map-difference")->measured, 880);
}

TEST_C(thread_001, nothing_of_the_library_comes_from_a_clock)
{
	FX(fx, "thread-001");

	ASSERT_OK(fx_run(&fx));
	for (uint32_t i = 0; i < fx.report.row_count; i++)
		EXPECT_TRUE(fx.report.rows[i].kind != SV3_EXPERIMENT_HOST);
}
