/* SPDX-License-Identifier: MIT */
/*
 * test_round_trip.c - is what was written in a format read back the same, plain and compressed?
 */
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "ctest.h"
#include "trace_fx.h"
#include "traces/traces_priv.h"

static bool survives(const struct sv3_trace *trace, const char *format)
{
	struct sv3_trace_error error = { "" };
	struct sv3_trace back;
	size_t size;
	void *bytes;
	bool same;

	if (sv3_trace_write_memory(format, trace, &bytes, &size, &error) < 0 ||
	    sv3_trace_read_memory(bytes, size, "bytes", &back, &error) < 0) {
		ctest_fail(__FILE__, __LINE__, "%s: %s", format, error.text);
		return false;
	}
	if (strcmp(format, "csv") == 0) /* has no place for the remark */
		back.direction_is_bound = trace->direction_is_bound;
	same = fx_equal(trace, &back) && strcmp(back.format, format) == 0;
	sv3_trace_free(&back);
	free(bytes);
	return same;
}

TEST_C(trace_round_trip, random_records_survive_every_format)
{
	static const uint64_t counts[] = { 1, 2, 255, 256, 257, 3000, 65536, 70000 };

	for (uint64_t i = 0; i < 8; i++) {
		for (uint64_t seed = 0; seed < 4; seed++) {
			struct sv3_trace trace = fx_random(seed + i * 4, counts[i]);

			ASSERT_TRUE(trace.records != NULL);
			EXPECT_TRUE(survives(&trace, "csv"));
			EXPECT_TRUE(survives(&trace, "text"));
			EXPECT_TRUE(survives(&trace, "binary"));
			sv3_trace_free(&trace);
		}
	}
}

TEST_C(trace_round_trip, extreme_records_survive_every_format)
{
	struct sv3_trace_rec records[] = {
		{ 0, 0, 0, 4096, UINT32_MAX, SV3_TRACE_MAP, SV3_TRACE_AUX_NONE, 15, 0 },
		{ 0, ~UINT64_C(4095), SV3__TRACE_PA_LIMIT - 4096, 4096, 0, SV3_TRACE_MAP,
		  SV3_TRACE_AUX_PERM_R, 15, 0 },
		{ 0, UINT64_MAX, 4095, 1, 0, SV3_TRACE_W, SV3_TRACE_AUX_PKT, 15, 0 },
		{ 0, 0, 0, 4096, 0, SV3_TRACE_R, SV3_TRACE_AUX_NONE, 15, 0 },
		{ 1, 0, 0, UINT64_MAX - 4095, 0, SV3_TRACE_UNMAP, SV3_TRACE_AUX_NONE, 7, 0 },
		{ SV3__TRACE_TIME_MAX_NS, 0, 0, 0, 0, SV3_TRACE_SYNC, SV3_TRACE_AUX_NONE, 0, 0 },
	};
	struct sv3_trace trace = { .records = records, .count = 6 };

	EXPECT_TRUE(survives(&trace, "csv"));
	EXPECT_TRUE(survives(&trace, "text"));
	EXPECT_TRUE(survives(&trace, "binary"));
}

/** Reads the file, writes CSV, and compares with the bytes that were read. */
static bool csv_is_identical(const char *path)
{
	struct sv3_trace_error error = { "" };
	struct sv3__trace_source source = { .name = path };
	uint8_t *packed, *plain = NULL;
	size_t plain_size, size = 0;
	struct sv3_trace trace = { .records = NULL };
	void *bytes = NULL;
	bool same = false;

	packed = fx_load(path, &source.size);
	source.bytes = packed;
	if (packed != NULL &&
	    sv3__trace_expand(&source, SV3__TRACE_INPUT_MAX, &plain, &plain_size, &error) == 0 &&
	    sv3_trace_read(path, &trace, &error) == 0 &&
	    sv3_trace_write_memory("csv", &trace, &bytes, &size, &error) == 0) {
		if (plain == NULL)
			same = size == source.size && memcmp(bytes, packed, size) == 0;
		else
			same = size == plain_size && memcmp(bytes, plain, size) == 0;
	}
	sv3_trace_free(&trace);
	free(packed);
	free(plain);
	free(bytes);
	return same;
}

TEST_C(trace_round_trip, csv_in_the_tree_is_written_back_byte_for_byte)
{
	EXPECT_TRUE(csv_is_identical("tests/data/traces/nic-rx-strict.csv"));
}

TEST_C(trace_round_trip, real_csv_is_written_back_byte_for_byte)
{
	static const char *const names[] = { "nvme-seq-strict.csv.xz", "nvme-rand-strict.csv.xz",
					     "nvme-rand-lazy.csv.xz", "nic-rx-strict.csv.xz",
					     "mixed-lazy.csv.xz" };
	char path[512];

	for (unsigned int i = 0; i < 5; i++) {
		if (fx_shared(names[i], path) == NULL)
			SKIP_C(FX_SKIP_SHARED);
		EXPECT_TRUE(csv_is_identical(path));
	}
}

TEST_C(trace_round_trip, real_traces_survive_text_and_binary)
{
	static const char *const names[] = { "traces/samples/mixed-lazy.s3t",
					     "traces/samples/nvme-rand-strict.s3t",
					     "tests/data/traces/qemu-nic-strict.log.xz" };
	struct sv3_trace_error error;
	struct sv3_trace trace;

	for (unsigned int i = 0; i < 3; i++) {
		ASSERT_OK(sv3_trace_read(names[i], &trace, &error));
		EXPECT_TRUE(survives(&trace, "text"));
		EXPECT_TRUE(survives(&trace, "binary"));
		sv3_trace_free(&trace);
	}
}

static const char small_csv[] = "time_ns,sid,op,iova,len,pa,aux\n"
				"0,0x8,MAP,0xfffff000,4096,0x8090000,w\n"
				"5,0x8,W,0xfffff040,4,0x8090040,msi\n"
				"9,,SYNC,,,,\n";

/** Whether compressed bytes are read, and refused as one line wherever they are cut. */
static void compressed_check(const uint8_t *bytes, size_t size, const char *kind)
{
	struct sv3_trace_error error;
	struct sv3_trace trace;
	char expected[128];

	ASSERT_OK(sv3_trace_read_memory(bytes, size, "file", &trace, &error));
	EXPECT_EQ_U64(trace.count, 3);
	EXPECT_EQ_STR(trace.format, "csv");
	sv3_trace_free(&trace);
	for (size_t cut = 6; cut < size; cut++) {
		ASSERT_EQ_INT(sv3_trace_read_memory(bytes, cut, "file", &trace, &error),
			      -SV3_ERR_FORMAT);
		(void)snprintf(expected, sizeof(expected),
			       ": %s stream is cut short or corrupt; fetch the file again", kind);
		EXPECT_TRUE(strncmp(error.text, "file: offset ", 13) == 0);
		EXPECT_TRUE(strstr(error.text, expected) != NULL);
	}
}

TEST_C(trace_input, xz_is_read_and_refused_when_cut)
{
	uint8_t bytes[1024];
	size_t size = 0;

	ASSERT_EQ_INT(
		(int)lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, (const uint8_t *)small_csv,
					     sizeof(small_csv) - 1, bytes, &size, sizeof(bytes)),
		LZMA_OK);
	compressed_check(bytes, size, "xz");
}

TEST_C(trace_input, zstd_is_read_and_refused_when_cut)
{
	uint8_t bytes[1024];
	size_t size = ZSTD_compress(bytes, sizeof(bytes), small_csv, sizeof(small_csv) - 1, 3);

	ASSERT_FALSE(ZSTD_isError(size));
	compressed_check(bytes, size, "zstd");
}

TEST_C(trace_input, decompression_stops_at_the_limit)
{
	uint8_t *zeros = calloc(1, 1000000), packed[4096], *bytes;
	struct sv3_trace_error error = { "" };
	struct sv3__trace_source source = { packed, 0, "bomb" };
	size_t size;

	ASSERT_TRUE(zeros != NULL);
	source.size = ZSTD_compress(packed, sizeof(packed), zeros, 1000000, 3);
	EXPECT_EQ_INT(sv3__trace_expand(&source, 999999, &bytes, &size, &error), -SV3_ERR_FORMAT);
	EXPECT_EQ_STR(error.text,
		      "bomb: zstd stream holds more than 999999 bytes; cut the trace into parts");
	ASSERT_OK(sv3__trace_expand(&source, 1000000, &bytes, &size, &error));
	EXPECT_EQ_U64(size, 1000000);
	free(bytes);
	source.size = 0;
	ASSERT_EQ_INT((int)lzma_easy_buffer_encode(0, LZMA_CHECK_NONE, NULL, zeros, 1000000, packed,
						   &source.size, sizeof(packed)),
		      LZMA_OK);
	EXPECT_EQ_INT(sv3__trace_expand(&source, 999999, &bytes, &size, &error), -SV3_ERR_FORMAT);
	EXPECT_EQ_STR(error.text,
		      "bomb: xz stream holds more than 999999 bytes; cut the trace into parts");
	free(zeros);
}

TEST_C(trace_output, file_is_replaced_whole_or_stays_as_it_was)
{
	char folder[] = "/tmp/sv3-trace-XXXXXX", path[64];
	struct sv3_trace trace = fx_random(7, 100), back;
	struct sv3_trace_error error;

	ASSERT_TRUE(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/a.s3t", folder);
	ASSERT_OK(sv3_trace_write(path, NULL, &trace, &error));
	trace.records[50].op = SV3_TRACE_OP_COUNT;
	EXPECT_EQ_INT(sv3_trace_write(path, NULL, &trace, &error), -SV3_ERR_INVAL);
	EXPECT_TRUE(strstr(error.text, "record 50: column op") != NULL);
	ASSERT_OK(sv3_trace_read(path, &back, &error));
	EXPECT_EQ_U64(back.count, 100);
	sv3_trace_free(&back);
	trace.count = 50;
	ASSERT_OK(sv3_trace_write(path, "csv", &trace, &error));
	ASSERT_OK(sv3_trace_read(path, &back, &error));
	EXPECT_EQ_U64(back.count, 50);
	EXPECT_EQ_STR(back.format, "csv");
	sv3_trace_free(&back);
	ASSERT_EQ_INT(unlink(path), 0);
	/* Nothing else was left beside it. */
	EXPECT_EQ_INT(rmdir(folder), 0);
	sv3_trace_free(&trace);
}

TEST_C(trace_output, device_is_written_in_place_and_stays_a_device)
{
	struct sv3_trace trace = fx_random(8, 100);
	struct sv3_trace_error error;
	struct stat status;

	ASSERT_OK(sv3_trace_write("/dev/null", "csv", &trace, &error));
	ASSERT_EQ_INT(stat("/dev/null", &status), 0);
	EXPECT_TRUE(S_ISCHR(status.st_mode));
	if (stat("/dev/full", &status) == 0)
		EXPECT_EQ_INT(sv3_trace_write("/dev/full", "csv", &trace, &error), -SV3_ERR_IO);
	sv3_trace_free(&trace);
}

TEST_C(trace_output, unknown_format_and_empty_trace_are_refused)
{
	struct sv3_trace trace = fx_random(9, 2), empty = { .records = NULL };
	struct sv3_trace_error error;

	EXPECT_EQ_INT(sv3_trace_write("a.csv.xz", NULL, &trace, &error), -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_trace_write("a.csv", "qemu-log", &trace, &error), -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_trace_write("a.csv", NULL, &empty, &error), -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_trace_write("/nonexistent/a.csv", NULL, &trace, &error), -SV3_ERR_IO);
	EXPECT_EQ_INT(sv3_trace_read("/nonexistent/a.csv", &empty, &error), -SV3_ERR_IO);
	EXPECT_EQ_STR(error.text, "/nonexistent/a.csv: cannot open: No such file or directory");
	sv3_trace_free(&trace);
}
