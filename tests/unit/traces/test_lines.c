/* SPDX-License-Identifier: MIT */
/*
 * test_lines.c - do the CSV, text and QEMU readers take what they should and say what is wrong?
 */
#include <stdio.h>
#include <string.h>

#include "ctest.h"
#include "trace_fx.h"

#define CSV_HEADER "time_ns,sid,op,iova,len,pa,aux\n"
#define CSV_GOOD   "7,0x8,W,0x1040,4,0x2040,data\n"

struct refusal {
	const char *input, *message; /* the message begins with this */
};

/** Every input is refused with its message, and leaves the trace empty. */
static void refusals_check(const struct refusal *refusals, size_t count)
{
	struct sv3_trace_error error;
	struct sv3_trace trace;

	for (size_t i = 0; i < count; i++) {
		const char *text = fx_read_text(refusals[i].input, &trace, &error);

		if (strncmp(text, refusals[i].message, strlen(refusals[i].message)) != 0)
			ctest_fail(__FILE__, __LINE__, "input %zu: expected '%s', got '%s'", i,
				   refusals[i].message, text);
		EXPECT_TRUE(trace.records == NULL && trace.count == 0);
		EXPECT_TRUE(strchr(text, '\n') == NULL);
	}
}

#define CHECK_REFUSALS(table) refusals_check(table, sizeof(table) / sizeof((table)[0]))

TEST_C(trace_csv, wrong_rows_are_refused_by_line_and_column)
{
	static const struct refusal refusals[] = {
		{ "time_ns,sid\n" CSV_GOOD, "file:1: expected the header line" },
		{ CSV_HEADER, "file: the trace has no records" },
		{ CSV_HEADER CSV_GOOD "8,0x8,W", "file:3: the last line has no newline" },
		{ CSV_HEADER CSV_GOOD "\n", "file:3: column time_ns: expected a decimal" },
		{ CSV_HEADER ",0x8,W,0x1040,4,0x2040,\n",
		  "file:2: column time_ns: expected a time" },
		{ CSV_HEADER "x,0x8,W,0x1040,4,0x2040,\n",
		  "file:2: column time_ns: expected a decimal" },
		{ CSV_HEADER "-1,0x8,W,0x1040,4,0x2040,\n",
		  "file:2: column time_ns: expected a decimal" },
		{ CSV_HEADER CSV_GOOD "6,0x8,W,0x1040,4,0x2040,\n",
		  "file:3: column time_ns: expected no time before that of the row above, found '6'" },
		{ CSV_HEADER "18446744073709552,0x8,W,0x1040,4,0x2040,\n",
		  "file:2: column time_ns: expected at most 18446744073709551 ns" },
		{ CSV_HEADER "18446744073709551616,0x8,W,0x1040,4,0x2040,\n",
		  "file:2: column time_ns: expected a decimal or 0x number of at most 64 bits" },
		{ CSV_HEADER "7,0x100000000,W,0x1040,4,0x2040,\n",
		  "file:2: column sid: expected at most 32 bits, found '0x100000000'" },
		{ CSV_HEADER "7,,W,0x1040,4,0x2040,\n", "file:2: column sid: expected a number" },
		{ CSV_HEADER "7,0x8,X,0x1040,4,0x2040,\n",
		  "file:2: column op: expected R, W, MAP, UNMAP, TLBI_VA, TLBI_ASID, TLBI_ALL or "
		  "SYNC, found 'X'" },
		{ CSV_HEADER "7,0x8,,0x1040,4,0x2040,\n", "file:2: column op: expected R, W" },
		{ CSV_HEADER "7,0x8,W\n", "file:2: column op: expected an op and a comma" },
		{ CSV_HEADER "7,0x8,W,,4,0x2040,\n", "file:2: column iova: expected a number" },
		{ CSV_HEADER "7,0x8,W,0x,4,0x2040,\n", "file:2: column iova: expected a decimal" },
		{ CSV_HEADER "7,0x8,W,0x10000000000000040,4,0x2040,\n",
		  "file:2: column iova: expected a decimal or 0x number of at most 64 bits" },
		{ CSV_HEADER "7,0x8,W,0x1040,,0x2040,\n", "file:2: column len: expected a number" },
		{ CSV_HEADER "7,0x8,W,0x1040,0,0x2040,\n",
		  "file:2: column len: expected 1 to 4096" },
		{ CSV_HEADER "7,0x8,W,0x1040,4033,0x2040,\n",
		  "file:2: column len: expected 1 to 4096 bytes that do not cross a 4 KiB page, "
		  "found '4033'" },
		{ CSV_HEADER "7,0x8,W,0x1040,4,,\n", "file:2: column pa: expected a number" },
		{ CSV_HEADER "7,0x8,W,0x1040,4,0x2044,\n", "file:2: column pa: expected the same" },
		{ CSV_HEADER "7,0x8,W,0x1040,4,0x10000000000040,\n",
		  "file:2: column pa: expected at most 52 bits" },
		{ CSV_HEADER "7,0x8,W,0x1040,4,0x2040,dat\n",
		  "file:2: column aux: expected sqe, cqe" },
		{ CSV_HEADER "7,0x8,W,0x1040,4,0x2040,rw\n",
		  "file:2: column aux: expected a class" },
		{ CSV_HEADER "7,0x8,W,0x1040,4,0x2040,data,\n",
		  "file:2: column aux: expected the end of the line (a row has 7 columns)" },
		{ CSV_HEADER "7,0x8,W,0x1040,4,0x2040\n",
		  "file:2: column pa: expected a number and a comma (a row has 7 columns)" },
		{ CSV_HEADER "7,0x8,MAP,0x1040,4096,0x2000,rw\n",
		  "file:2: column iova: expected a multiple of 4096" },
		{ CSV_HEADER "7,0x8,MAP,0x1000,0,0x2000,rw\n",
		  "file:2: column len: expected a mult" },
		{ CSV_HEADER "7,0x8,MAP,0x1000,4096,0x2000,data\n",
		  "file:2: column aux: expected a permission" },
		{ CSV_HEADER "7,0x8,MAP,0xfffffffffffff000,8192,0x2000,r\n",
		  "file:2: column len: expected an end within 64-bit addresses" },
		{ CSV_HEADER "7,0x8,MAP,0x1000,8192,0xffffffffff000,r\n",
		  "file:2: column len: expected an end within 52-bit pa" },
		{ CSV_HEADER "7,0x8,UNMAP,0x1000,4096,0x2000,\n",
		  "file:2: column pa: expected nothing" },
		{ CSV_HEADER "7,0x8,SYNC,,,,\n", "file:2: column sid: expected nothing" },
		{ CSV_HEADER "7,,SYNC,,,,leaf\n", "file:2: column aux: expected nothing" },
		{ CSV_HEADER "7,,TLBI_ALL,0x0,,,\n", "file:2: column iova: expected nothing" },
	};

	CHECK_REFUSALS(refusals);
}

TEST_C(trace_csv, every_truncation_is_refused_or_ends_at_a_row)
{
	static const char text[] = CSV_HEADER CSV_GOOD "8,,TLBI_ASID,,,,\n9,0x10,TLBI_VA,0x1000,"
						       "4096,,leaf\n";
	struct sv3_trace_error error;
	struct sv3_trace trace;

	for (size_t size = 0; size < sizeof(text); size++) {
		if (sv3_trace_read_memory(text, size, "file", &trace, &error) == 0) {
			EXPECT_TRUE(size == 0 || text[size - 1] == '\n');
			sv3_trace_free(&trace);
		}
	}
}

TEST_C(trace_csv, decimal_and_hex_and_dos_line_ends_are_the_same)
{
	struct sv3_trace_error error;
	struct sv3_trace a, b;

	EXPECT_EQ_STR(fx_read_text(CSV_HEADER CSV_GOOD, &a, &error), "");
	EXPECT_EQ_STR(
		fx_read_text("time_ns,sid,op,iova,len,pa,aux\r\n"
			     "0x7,8,W,4160,0x4,0X2040,data\r\n",
			     &b, &error),
		"file:2: column pa: expected a number and a comma (a row has 7 columns), found "
		"'0X2040'");
	EXPECT_EQ_STR(fx_read_text("time_ns,sid,op,iova,len,pa,aux\r\n"
				   "0x7,8,W,4160,0x4,0x2040,data\r\n",
				   &b, &error),
		      "");
	EXPECT_TRUE(fx_equal(&a, &b));
	sv3_trace_free(&a);
	sv3_trace_free(&b);
}

#define TEXT_HEADER "# sv3-trace 1\n"

TEST_C(trace_text, names_come_in_any_order_and_comments_anywhere)
{
	struct sv3_trace_error error;
	struct sv3_trace a, b;

	EXPECT_EQ_STR(fx_read_text(TEXT_HEADER "\n# a remark\n \t 7 W pa=0x2040  class=data "
					       "iova=0x1040 len=4 sid=8 # why\n#end\n",
				   &a, &error),
		      "");
	EXPECT_EQ_STR(fx_read_text(CSV_HEADER CSV_GOOD, &b, &error), "");
	EXPECT_TRUE(fx_equal(&a, &b));
	sv3_trace_free(&a);
	sv3_trace_free(&b);
}

TEST_C(trace_text, wrong_lines_are_refused_by_line_and_column)
{
	static const struct refusal refusals[] = {
		{ "# sv3-trace 2\n7 SYNC\n", "file:1: expected the header line '# sv3-trace 1'" },
		{ TEXT_HEADER, "file: the trace has no records" },
		{ TEXT_HEADER "7 SYNC", "file:2: the last line has no newline" },
		{ TEXT_HEADER "SYNC\n", "file:2: column time_ns: expected a time in ns" },
		{ TEXT_HEADER "7x SYNC\n", "file:2: column time_ns: expected a time in ns" },
		{ TEXT_HEADER "7\n", "file:2: column op: expected an op" },
		{ TEXT_HEADER "7 SYNCH\n", "file:2: column op: expected R, W" },
		{ TEXT_HEADER "\n7 SYNC\n6 SYNC\n", "file:4: column time_ns: expected no time" },
		{ TEXT_HEADER "7 W sid=8 iova=0x1040 len=4\n",
		  "file:2: column pa: expected a num" },
		{ TEXT_HEADER "7 W sid=8 sid=8\n", "file:2: column sid: expected each name" },
		{ TEXT_HEADER "7 W sid=\n", "file:2: column sid: expected a decimal" },
		{ TEXT_HEADER "7 W sid=8z\n", "file:2: column sid: expected a decimal" },
		{ TEXT_HEADER "7 W sid=0x100000000\n", "file:2: column sid: expected at most 32" },
		{ TEXT_HEADER "7 W perm=rw\n", "file:2: column aux: expected sid=" },
		{ TEXT_HEADER "7 W class=\n", "file:2: column aux: expected sqe" },
		{ TEXT_HEADER "7 W colour=red\n", "file:2: column aux: expected sid=" },
	};

	CHECK_REFUSALS(refusals);
}

#define QEMU_LINE "12@100.000005:smmuv3_translate_success smmuv3-iommu-memory-region-8-1 "
#define QEMU_GOOD QEMU_LINE "sid=0x8 iova=0xffffd040 translated=0x52131040 perm=0x3\n"

TEST_C(trace_qemu, translations_become_bounds)
{
	struct sv3_trace_error error;
	struct sv3_trace trace;

	ASSERT_TRUE(
		fx_read_text("qemu: a warning\n12@99.000001:smmuv3_cmdq_opcode <--- X\n" QEMU_GOOD
			     "13@101.000004:smmuv3_translate_success r sid=0x10 iova=0x1fff "
			     "translated=0x2fff perm=0x1\n",
			     &trace, &error)[0] == '\0');
	ASSERT_EQ_U64(trace.count, 2);
	EXPECT_TRUE(trace.direction_is_bound);
	EXPECT_EQ_STR(trace.format, "qemu-log");
	EXPECT_EQ_U64(trace.records[0].time_ns, 0);
	EXPECT_EQ_U64(trace.records[0].op, SV3_TRACE_W);
	EXPECT_EQ_U64(trace.records[0].sid, 8);
	EXPECT_EQ_U64(trace.records[0].iova, 0xffffd040);
	EXPECT_EQ_U64(trace.records[0].pa, 0x52131040);
	EXPECT_EQ_U64(trace.records[0].len, 4096 - 0x40);
	EXPECT_EQ_U64(trace.records[0].aux, SV3_TRACE_AUX_UNKNOWN);
	EXPECT_EQ_U64(trace.records[1].time_ns, 999999000);
	EXPECT_EQ_U64(trace.records[1].op, SV3_TRACE_R);
	EXPECT_EQ_U64(trace.records[1].len, 1);
	sv3_trace_free(&trace);
}

TEST_C(trace_qemu, clock_of_threads_is_held)
{
	struct sv3_trace_error error;
	struct sv3_trace trace;

	ASSERT_TRUE(fx_read_text(QEMU_GOOD "13@100.000003:smmuv3_translate_success r sid=0x10 "
					   "iova=0x1000 translated=0x2000 perm=0x1\n",
				 &trace, &error)[0] == '\0');
	EXPECT_EQ_U64(trace.count, 2);
	EXPECT_EQ_U64(trace.records[1].time_ns, 0);
	sv3_trace_free(&trace);
}

TEST_C(trace_qemu, what_is_no_log_is_refused)
{
	static const struct refusal refusals[] = {
		{ "12@99.000001:smmuv3_cmdq_opcode <--- X\n",
		  "file: no smmuv3_translate_success line: is this a QEMU trace log taken with -trace "
		  "smmuv3_translate_success?" },
		{ QEMU_GOOD "12@98.000001:smmuv3_translate_success r sid=0x8 iova=0x1000 "
			    "translated=0x2000 perm=0x1\n",
		  "file:2: the clock runs back by more than a second" },
		{ QEMU_LINE "sid=0x8 iova=0xffffd040 transl\n", "file:1: expected sid=" },
		{ QEMU_LINE "sid=0x8 iova=0xffffd040 translated=0x52131040 perm=0x0\n",
		  "file:1: expected sid=" },
		{ QEMU_LINE "sid=0x8 iova=0xffffd040 translated=0x52131041 perm=0x3\n",
		  "file:1: the same offset" },
		{ QEMU_GOOD QEMU_LINE "sid=0x8 iova=0xffffd0",
		  "file:2: the last line has no newline: the log is cut short" },
		{ "smmuv3_translate_success r sid=0x8 iova=0x1000 translated=0x2000 perm=0x1\n",
		  "file:1: expected PID@SEC.USEC: before the event; run QEMU with -msg timestamp=on" },
		{ "hello\nworld\n", "file: offset 0: no trace format known to sv3" },
		{ "", "file: the file is empty" },
	};

	CHECK_REFUSALS(refusals);
}

static void real_log_check(const char *path, uint64_t count)
{
	struct sv3_trace_error error;
	struct sv3_trace trace;

	ASSERT_OK(sv3_trace_read(path, &trace, &error));
	EXPECT_EQ_U64(trace.count, count);
	EXPECT_TRUE(trace.direction_is_bound);
	sv3_trace_free(&trace);
}

TEST_C(trace_qemu, excerpt_in_the_tree_has_one_record_for_each_line)
{
	/* xzcat ... | grep -c smmuv3_translate_success */
	real_log_check("tests/data/traces/qemu-nic-strict.log.xz", 139);
}

TEST_C(trace_qemu, real_logs_have_one_record_for_each_line)
{
	char path[512];

	if (fx_shared("qemu-raw-mixed-lazy.log.xz", path) == NULL)
		SKIP_C(FX_SKIP_SHARED);
	real_log_check(path, 144711);
	if (fx_shared("qemu-raw-nic-strict.log.xz", path) == NULL)
		SKIP_C(FX_SKIP_SHARED);
	real_log_check(path, 24165);
}
