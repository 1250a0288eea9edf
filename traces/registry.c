/* SPDX-License-Identifier: MIT */
/*
 * registry.c - the table of formats, and reading and writing through it.
 *
 * A new format is a reader, a writer or both, and one row here. Rows are asked in their order which
 * of them knows the bytes, after decompression; names of files do not matter for reading.
 */
#include <stdlib.h>
#include <string.h>

#include "traces_priv.h"

/*	  name        ends in  what it is                                   reads writes */
static const struct sv3__trace_format formats[] = {
	{ { "binary", ".s3t", "compact columns with checksums", true, true },
	  sv3__trace_binary_detect,
	  sv3__trace_binary_read,
	  sv3__trace_binary_write },
	{ { "text", ".trc", "one record a line, for people", true, true },
	  sv3__trace_text_detect,
	  sv3__trace_text_read,
	  sv3__trace_text_write },
	{ { "csv", ".csv", "time_ns,sid,op,iova,len,pa,aux", true, true },
	  sv3__trace_csv_detect,
	  sv3__trace_csv_read,
	  sv3__trace_csv_write },
	{ { "qemu-log", ".log", "QEMU trace log with smmuv3_translate_success", true, false },
	  sv3__trace_qemu_detect,
	  sv3__trace_qemu_read,
	  NULL },
};

enum { FORMAT_COUNT = sizeof(formats) / sizeof(formats[0]) };

const struct sv3_trace_format_info *sv3_trace_format(unsigned int index)
{
	return index < FORMAT_COUNT ? &formats[index].info : NULL;
}

/** Reads decompressed bytes into an empty trace, which is left empty on failure. */
static int source_read(const struct sv3__trace_source *source, struct sv3_trace *trace,
		       struct sv3_trace_error *error)
{
	int status = 0;
	unsigned int i;

	if (source->size == 0)
		return sv3__trace_fail(error, SV3_ERR_FORMAT, "%s: the file is empty",
				       source->name);
	for (i = 0; i < FORMAT_COUNT && !formats[i].detect(source); i++)
		;
	if (i == FORMAT_COUNT)
		return sv3__trace_fail(error, SV3_ERR_FORMAT,
				       "%s: offset 0: no trace format known to sv3 (binary, text, "
				       "csv, qemu-log; each plain, .xz or .zst)",
				       source->name);
	status = formats[i].read(source, trace, error);
	if (status == 0 && trace->count == 0)
		status = sv3__trace_fail(error, SV3_ERR_FORMAT, "%s: the trace has no records",
					 source->name);
	if (status < 0)
		sv3_trace_free(trace);
	else
		trace->format = formats[i].info.name;
	return status;
}

int sv3_trace_read_memory(const void *bytes, size_t size, const char *name, struct sv3_trace *trace,
			  struct sv3_trace_error *error)
{
	struct sv3__trace_source source = { bytes, size, name };
	uint8_t *expanded;
	size_t expanded_size;
	int status;

	memset(trace, 0, sizeof(*trace));
	status = sv3__trace_expand(&source, SV3__TRACE_INPUT_MAX, &expanded, &expanded_size, error);
	if (status < 0)
		return status;
	if (expanded != NULL) {
		source.bytes = expanded;
		source.size = expanded_size;
	}
	status = source_read(&source, trace, error);
	free(expanded);
	return status;
}

int sv3_trace_read(const char *path, struct sv3_trace *trace, struct sv3_trace_error *error)
{
	struct sv3__trace_source source = { .name = strcmp(path, "-") == 0 ? "standard input"
									   : path };
	uint8_t *bytes, *expanded;
	size_t expanded_size;
	int status;

	memset(trace, 0, sizeof(*trace));
	status = sv3__trace_load(path, &bytes, &source.size, error);
	if (status < 0)
		return status;
	source.bytes = bytes;
	status = sv3__trace_expand(&source, SV3__TRACE_INPUT_MAX, &expanded, &expanded_size, error);
	if (status == 0) {
		if (expanded != NULL) {
			free(bytes); /* the compressed bytes have served */
			bytes = expanded;
			source.bytes = expanded;
			source.size = expanded_size;
		}
		status = source_read(&source, trace, error);
	}
	free(bytes);
	return status;
}

static const struct sv3__trace_format *format_by_name(const char *name)
{
	for (unsigned int i = 0; i < FORMAT_COUNT; i++) {
		if (strcmp(formats[i].info.name, name) == 0 && formats[i].info.can_write)
			return &formats[i];
	}
	return NULL;
}

static const struct sv3__trace_format *format_by_path(const char *path)
{
	size_t size = strlen(path), ending;

	for (unsigned int i = 0; i < FORMAT_COUNT; i++) {
		ending = strlen(formats[i].info.extension);
		if (formats[i].info.can_write && size > ending &&
		    strcmp(path + size - ending, formats[i].info.extension) == 0)
			return &formats[i];
	}
	return NULL;
}

/** What can be written can be read again: the same rules hold on both ways. */
static int trace_check(const char *name, const struct sv3_trace *trace,
		       struct sv3_trace_error *error)
{
	struct sv3__trace_fault fault;
	uint64_t previous_ns = 0;

	if (trace->count == 0)
		return sv3__trace_fail(error, SV3_ERR_INVAL, "%s: the trace has no records", name);
	for (uint64_t i = 0; i < trace->count; i++) {
		if (!sv3__trace_rec_check(&trace->records[i], previous_ns, &fault))
			return sv3__trace_fail(
				error, SV3_ERR_INVAL, "%s: record %llu: column %s: expected %s",
				name, (unsigned long long)i, sv3__trace_column_name(fault.column),
				fault.expected);
		previous_ns = trace->records[i].time_ns;
	}
	return 0;
}

static int format_unknown(const char *name, struct sv3_trace_error *error)
{
	return sv3__trace_fail(error, SV3_ERR_INVAL,
			       "%s: no format to write; expected text (.trc), binary (.s3t) or csv "
			       "(.csv)",
			       name);
}

int sv3_trace_write(const char *path, const char *format, const struct sv3_trace *trace,
		    struct sv3_trace_error *error)
{
	const struct sv3__trace_format *row =
		format != NULL ? format_by_name(format) : format_by_path(path);
	int status;

	if (row == NULL)
		return format_unknown(format != NULL ? format : path, error);
	status = trace_check(path, trace, error);
	return status < 0 ? status : sv3__trace_output(path, row, trace, error);
}

int sv3_trace_write_memory(const char *format, const struct sv3_trace *trace, void **bytes,
			   size_t *size, struct sv3_trace_error *error)
{
	const struct sv3__trace_format *row = format_by_name(format);
	struct sv3__trace_sink sink = { .file = NULL };
	int status;

	*bytes = NULL;
	*size = 0;
	if (row == NULL)
		return format_unknown(format, error);
	status = trace_check(format, trace, error);
	if (status < 0)
		return status;
	row->write(&sink, trace);
	if (sink.failed != SV3_OK) {
		free(sink.bytes);
		return sv3__trace_fail(error, sink.failed, "%s: out of memory", format);
	}
	*bytes = sink.bytes;
	*size = sink.used;
	return 0;
}
