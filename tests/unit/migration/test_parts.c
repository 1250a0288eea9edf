/* SPDX-License-Identifier: MIT */
/*
 * test_parts.c - arithmetic, bitmaps, rows, and what a trace says about its guest.
 */
#include <string.h>

#include "ctest.h"
#include "sim/migration/migration_priv.h"

#include <sv3/prng.h>

#define BASE UINT64_C(0x40000000)
#define GIB  (UINT64_C(1) << 30)

TEST_C(migration_parts, transfer_time_is_rounded_down)
{
	EXPECT_EQ_U64(sv3__transfer_time(SV3_PAGE_SIZE, UINT64_C(25000000000)), 1310720);
	EXPECT_EQ_U64(sv3__transfer_time(SV3_PAGE_SIZE, 3), UINT64_C(10922666666666666));
	EXPECT_EQ_U64(sv3__transfer_time(SV3_PAGE_SIZE, 1), UINT64_C(32768000000000000));
	EXPECT_EQ_U64(sv3__transfer_time(SV3_PAGE_SIZE, UINT64_C(32768000000000000)), 1);
	EXPECT_EQ_U64(sv3__transfer_time(SV3_PAGE_SIZE, UINT64_C(32768000000000001)), 0);
}

TEST_C(migration_parts, threshold_is_rounded_down_once)
{
	/* 25 Gbit/s for 300 ms: 937,500,000 bytes, 228,881.8 pages. */
	EXPECT_EQ_U64(sv3__threshold_pages(UINT64_C(25000000000), 300 * SV3_PS_PER_MS), 228881);
	EXPECT_EQ_U64(sv3__threshold_pages(32768, SV3_PS_PER_S), 1);
	EXPECT_EQ_U64(sv3__threshold_pages(32767, SV3_PS_PER_S), 0);
	EXPECT_EQ_U64(sv3__threshold_pages(UINT64_C(25000000000), 0), 0);
	EXPECT_EQ_U64(sv3__threshold_pages(UINT64_MAX, UINT64_MAX), UINT64_MAX);
}

TEST_C(migration_parts, log_drop_agrees_with_bit_by_bit)
{
	uint64_t words[4], expected[4];
	struct sv3_dirty_log log = { .words = words, .page_count = 230, .base = BASE };
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 1);
	for (unsigned int i = 0; i < 2000; i++) {
		const uint64_t first = sv3_prng_below(&prng, 240);
		const uint64_t end = sv3_prng_below(&prng, 300);

		sv3_dirty_log_set_all(&log);
		memcpy(expected, words, sizeof(words));
		for (uint64_t page = first; page < end && page < 230; page++)
			expected[page / 64] &= ~(UINT64_C(1) << (page % 64));
		sv3__log_drop(&log, first, end);
		ASSERT_EQ_MEM(words, expected, sizeof(words));
	}
}

TEST_C(migration_parts, policies_are_rows_with_names_and_ids)
{
	static const struct {
		const char *id, *name;
	} rows[] = {
		{ "P0", "all-dirty" },
		{ "P1", "pinned-scope" },
		{ "P2", "hw-auto" },
		{ "P3", "hw-manual" },
		{ "P4", "hw-manual-chunk" },
		{ "P4b", "hw-manual-uapi" },
		{ "P5", "hw-manual-page" },
		{ "P6", "hw-manual-2021" },
		{ "P7", "hw-peek" },
		{ "P8", "device-log" },
		{ "P9", "write-protect" },
		{ "P10", "dirty-ring" },
		{ "P11", "pml" },
		{ "P12", "hybrid" },
		{ "P13", "guest-mark" },
		{ "P14", "bounce-diff" },
		{ "P15", "stop-only" },
		{ "P16", "initially-set" },
		{ "P17", "no-last-clear" },
		{ "P20", "software-log" },
	};
	const unsigned int count = sizeof(rows) / sizeof(rows[0]);

	for (unsigned int i = 0; i < count; i++) {
		const struct sv3_policy_info *info = sv3_policy_info(i);

		ASSERT_TRUE(info != NULL);
		EXPECT_EQ_STR(info->name, rows[i].name);
		EXPECT_EQ_STR(info->id, rows[i].id);
		EXPECT_TRUE(info->claims_lossless == (i != 1 && i != 9));
		EXPECT_TRUE(info->steps && info->description);
		EXPECT_TRUE(sv3_policy_find(rows[i].name) == info);
	}
	EXPECT_TRUE(sv3_policy_info(count) == NULL);
	EXPECT_TRUE(sv3_policy_find("hw") == NULL);
	EXPECT_EQ_STR(sv3_bug_info(1)->name, "no-tlbi");
	EXPECT_EQ_STR(sv3_bug_info(2)->id, "B06");
	EXPECT_EQ_STR(sv3_bug_info(3)->id, "B14");
	EXPECT_EQ_STR(sv3_bug_info(4)->id, "B54");
	EXPECT_TRUE(sv3_bug_info(6) == NULL);
}

/* --- guests of traces --- */

static struct sv3_trace_rec row(enum sv3_trace_op op, enum sv3_trace_aux aux, sv3_pa pa,
				uint64_t len)
{
	return (struct sv3_trace_rec){
		.pa = pa,
		.iova = pa,
		.len = len,
		.sid = 8,
		.op = (uint8_t)op,
		.aux = (uint8_t)aux,
		.has = SV3_TRACE_HAS_ALL,
	};
}

#define ROWS 5u

static struct sv3_trace rows_trace(struct sv3_trace_rec rows[ROWS])
{
	rows[0] = row(SV3_TRACE_MAP, SV3_TRACE_AUX_PERM_RW, 0x8090000, 4096);
	rows[1] = row(SV3_TRACE_MAP, SV3_TRACE_AUX_PERM_RW, BASE + GIB, 8192);
	rows[2] = row(SV3_TRACE_W, SV3_TRACE_AUX_DATA, BASE + GIB + 4096, 512);
	rows[3] = row(SV3_TRACE_W, SV3_TRACE_AUX_MSI, 0x8090040, 4);
	rows[4] = row(SV3_TRACE_R, SV3_TRACE_AUX_DATA, BASE, 64);
	return (struct sv3_trace){ .records = rows, .count = ROWS };
}

TEST_C(migration_parts, guest_size_is_a_power_of_two_gib_that_holds_the_trace)
{
	struct sv3_trace_rec rows[ROWS];
	struct sv3_trace trace = rows_trace(rows);

	EXPECT_EQ_U64(sv3_guest_size_default(&trace, BASE), 2 * GIB);
	rows[1].pa = BASE + GIB - 8192;
	rows[2].pa = BASE + GIB - 512;
	EXPECT_EQ_U64(sv3_guest_size_default(&trace, BASE), GIB);
	rows[2].pa = BASE + GIB - 511;
	EXPECT_EQ_U64(sv3_guest_size_default(&trace, BASE), 2 * GIB);
	rows[3].pa = BASE + 40 * GIB; /* interrupts are not RAM */
	EXPECT_EQ_U64(sv3_guest_size_default(&trace, BASE), 2 * GIB);
}

TEST_C(migration_parts, rows_outside_the_guest_are_found)
{
	struct sv3_trace_rec rows[ROWS];
	struct sv3_trace trace = rows_trace(rows);
	uint64_t record = 99;

	EXPECT_OK(sv3_trace_check_guest(&trace, BASE, 2 * GIB, &record));
	EXPECT_EQ_INT(sv3_trace_check_guest(&trace, BASE, GIB, &record), -SV3_ERR_RANGE);
	EXPECT_EQ_U64(record, 1);
	EXPECT_EQ_INT(sv3_trace_check_guest(&trace, BASE, GIB + 4096, &record), -SV3_ERR_RANGE);
	EXPECT_EQ_U64(record, 1);
	EXPECT_OK(sv3_trace_check_guest(&trace, BASE, GIB + 8192, &record));
	rows[4].pa = BASE - 1;
	EXPECT_EQ_INT(sv3_trace_check_guest(&trace, BASE, 2 * GIB, &record), -SV3_ERR_RANGE);
	EXPECT_EQ_U64(record, 4);
	rows[4] = row(SV3_TRACE_R, SV3_TRACE_AUX_DATA, BASE, 64);
	rows[3].aux = SV3_TRACE_AUX_DATA; /* no interrupt then, and the first MAP row is RAM */
	EXPECT_EQ_INT(sv3_trace_check_guest(&trace, BASE, 2 * GIB, &record), -SV3_ERR_RANGE);
	EXPECT_EQ_U64(record, 0);
}

TEST_C(migration_parts, facts_of_a_trace)
{
	struct sv3_trace_rec rows[ROWS];
	struct sv3_trace trace = rows_trace(rows);
	struct sv3__guest_facts facts;

	rows[4].sid = 16;
	ASSERT_OK(sv3__guest_facts_init(&facts, &trace, 1));
	EXPECT_EQ_U64(facts.stream_count, 2);
	EXPECT_EQ_U64(facts.stream_ids[0], 8);
	EXPECT_EQ_U64(facts.stream_ids[1], 16);
	EXPECT_EQ_U64(facts.msi_page_count, 1);
	EXPECT_EQ_U64(facts.msi_pages[0], 0x8090000);
	sv3__guest_facts_fini(&facts);
}

TEST_C(migration_parts, pinned_pages_are_those_ever_mapped)
{
	struct sv3_trace_rec rows[ROWS];
	struct sv3_trace trace = rows_trace(rows);
	uint64_t words[2];
	struct sv3_dirty_log log = { .words = words, .page_count = 100, .base = BASE };

	rows[1].pa = BASE + 3 * SV3_PAGE_SIZE;
	sv3__guest_pinned(&trace, 1, &log);
	EXPECT_EQ_U64(words[0], 3 << 3);
	EXPECT_EQ_U64(words[1], 0);
	trace.records = &rows[2];
	trace.count = ROWS - 2;
	sv3__guest_pinned(&trace, 1, &log);
	EXPECT_EQ_U64(sv3_dirty_log_count(&log), 100);
	sv3__guest_pinned(NULL, 0, &log);
	EXPECT_EQ_U64(sv3_dirty_log_count(&log), 100);
}

TEST_C(migration_parts, two_traces_may_not_name_one_stream)
{
	struct sv3_trace_rec rows[2] = {
		{ .op = SV3_TRACE_W, .sid = 8, .has = SV3_TRACE_HAS_SID },
		{ .op = SV3_TRACE_W, .sid = 8, .has = SV3_TRACE_HAS_SID },
	};
	const struct sv3_trace traces[2] = { { .records = &rows[0], .count = 1 },
					     { .records = &rows[1], .count = 1 } };
	struct sv3__guest_facts facts;

	EXPECT_EQ_INT(sv3__guest_facts_init(&facts, traces, 2), -SV3_ERR_EXIST);
	rows[1].sid = 9;
	ASSERT_OK(sv3__guest_facts_init(&facts, traces, 2));
	EXPECT_EQ_U64(facts.stream_count, 2);
	sv3__guest_facts_fini(&facts);
}

TEST_C(migration_parts, a_policy_that_reads_early_takes_plain_transfers_only)
{
	struct sv3_compare_config config;
	const char *why;

	sv3_compare_config_default(&config);
	config.migration.policy = "bounce-diff";
	EXPECT_OK(sv3_migration_config_check(&config.migration, &why));
	EXPECT_TRUE(why == NULL);
	config.migration.transfer = SV3_TRANSFER_XOR;
	EXPECT_EQ_INT(sv3_migration_config_check(&config.migration, &why), -SV3_ERR_INVAL);
	EXPECT_TRUE(why != NULL);
	config.migration.policy = "hw-auto";
	EXPECT_OK(sv3_migration_config_check(&config.migration, NULL));
}
