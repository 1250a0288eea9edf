/* SPDX-License-Identifier: MIT */
/*
 * fuzz_traces.c - no bytes make the trace readers crash, hang or lie.
 *
 * Whatever is read must be writable in every form and read back equal; a part cut out of it and its
 * summary must come without harm. Build with -DSV3__TRACE_INPUT_MAX=... to keep decompression
 * small.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sv3/trace.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool condition, const char *what, const struct sv3_trace_error *error)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz_traces: %s: %s\n", what, error->text);
	abort();
}

static void round_trip(const struct sv3_trace *trace, const char *format)
{
	struct sv3_trace_error error = { "" };
	struct sv3_trace back;
	size_t size;
	void *bytes;

	require(sv3_trace_write_memory(format, trace, &bytes, &size, &error) == 0,
		"what was read cannot be written", &error);
	require(sv3_trace_read_memory(bytes, size, format, &back, &error) == 0,
		"what was written cannot be read", &error);
	require(strcmp(back.format, format) == 0, "read as another format", &error);
	require(back.count == trace->count &&
			memcmp(back.records, trace->records,
			       (size_t)trace->count * sizeof(*trace->records)) == 0,
		"a record changed on the way", &error);
	require(strcmp(format, "csv") == 0 || back.direction_is_bound == trace->direction_is_bound,
		"a remark was lost", &error);
	sv3_trace_free(&back);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sv3_trace_error error = { "" };
	struct sv3_trace_summary summary;
	struct sv3_trace trace, part;

	if (sv3_trace_read_memory(bytes, size, "input", &trace, &error) < 0) {
		require(error.text[0] != '\0' && strchr(error.text, '\n') == NULL,
			"a refusal is not one line", &error);
		require(trace.records == NULL && trace.count == 0, "a refused trace is not empty",
			&error);
		return 0;
	}
	round_trip(&trace, "csv");
	round_trip(&trace, "text");
	round_trip(&trace, "binary");
	require(sv3_trace_summarize(&trace, &summary) == 0, "no summary", &error);
	require(sv3_trace_cut(&trace, trace.count / 2, trace.count, &part) == 0, "no cut", &error);
	round_trip(&part, "csv");
	sv3_trace_free(&part);
	sv3_trace_free(&trace);
	return 0;
}
