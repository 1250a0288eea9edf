/* SPDX-License-Identifier: MIT */
/*
 * traces_priv.h - what the files of traces/ share: sources, sinks, the format table, record rules.
 *
 * Concepts:
 *   source  the bytes of one trace, decompressed, wholly in memory.
 *   sink    where a writer puts bytes: memory, or a file that appears whole or not at all.
 *   fault   which column of a record breaks which rule; the reader adds file and line.
 */
#ifndef SV3_TRACES_PRIV_H
#define SV3_TRACES_PRIV_H

#include <stdio.h>
#include <sv3/trace.h>

/** What a file may decompress to; more is taken for a decompression bomb. Fuzzers lower it. */
#ifndef SV3__TRACE_INPUT_MAX
#define SV3__TRACE_INPUT_MAX (UINT64_C(8) << 30)
#endif

/** Records one trace may hold; with 40 bytes each, about 10 GiB. */
#define SV3__TRACE_RECORD_MAX (UINT64_C(1) << 28)

/** An architectural physical address has at most 52 bits. */
#define SV3__TRACE_PA_LIMIT (UINT64_C(1) << 52)

/** Times must fit logical time, which is kept in picoseconds. */
#define SV3__TRACE_TIME_MAX_NS (UINT64_MAX / SV3_PS_PER_NS)

/* ---- record.c: errors, records, the rules every record keeps ---- */

enum sv3__trace_column {
	SV3__TRACE_COLUMN_TIME,
	SV3__TRACE_COLUMN_SID,
	SV3__TRACE_COLUMN_OP,
	SV3__TRACE_COLUMN_IOVA,
	SV3__TRACE_COLUMN_LEN,
	SV3__TRACE_COLUMN_PA,
	SV3__TRACE_COLUMN_AUX,
	SV3__TRACE_COLUMN_COUNT
};

/** What is wrong with a record. @expected is NULL when nothing is. */
struct sv3__trace_fault {
	enum sv3__trace_column column;
	const char *expected;
};

const char *sv3__trace_column_name(enum sv3__trace_column column);

/** The rules of docs/TRACES.md for one record that follows one at @previous_ns. True when kept. */
bool sv3__trace_rec_check(const struct sv3_trace_rec *rec, uint64_t previous_ns,
			  struct sv3__trace_fault *fault);

/** Writes the line of an error; @error may be NULL. Returns -@code. */
__attribute__((format(printf, 3, 4))) int sv3__trace_fail(struct sv3_trace_error *error,
							  enum sv3_error code, const char *format,
							  ...);

/** A trace that grows; @capacity counts records. */
struct sv3__trace_builder {
	struct sv3_trace *trace;
	uint64_t capacity;
};

/** Room for one more record at its end; NULL when memory or SV3__TRACE_RECORD_MAX is used up. */
struct sv3_trace_rec *sv3__trace_builder_room(struct sv3__trace_builder *builder);

/** Gives back what was reserved too much. */
void sv3__trace_builder_trim(struct sv3__trace_builder *builder);

/** Allocates all records at once. Returns 0 or -SV3_ERR_NOMEM. */
int sv3__trace_reserve(struct sv3_trace *trace, uint64_t count);

/* ---- input.c: the bytes of a file ---- */

struct sv3__trace_source {
	const uint8_t *bytes;
	size_t size;
	const char *name; /* in messages */
};

/** Whole file or standard input; *@bytes is malloc()ed. */
int sv3__trace_load(const char *path, uint8_t **bytes, size_t *size, struct sv3_trace_error *error);

/**
 * Decompresses an xz or zstd source to at most @limit bytes. *@bytes is malloc()ed, or NULL when
 * the source is not compressed.
 */
int sv3__trace_expand(const struct sv3__trace_source *source, uint64_t limit, uint8_t **bytes,
		      size_t *size, struct sv3_trace_error *error);

/* ---- output.c: sinks ---- */

struct sv3__trace_sink {
	FILE *file; /* NULL: memory */
	uint8_t *bytes;
	size_t used, capacity;
	enum sv3_error failed; /* the first failure; later calls do nothing */
};

/** At least @size free bytes, to be counted into @used by the caller; NULL after a failure. */
uint8_t *sv3__trace_sink_room(struct sv3__trace_sink *sink, size_t size);
void sv3__trace_sink_put(struct sv3__trace_sink *sink, const void *bytes, size_t size);

struct sv3__trace_format;
int sv3__trace_output(const char *path, const struct sv3__trace_format *format,
		      const struct sv3_trace *trace, struct sv3_trace_error *error);

/* ---- registry.c: the formats ---- */

struct sv3__trace_format {
	struct sv3_trace_format_info info;
	bool (*detect)(const struct sv3__trace_source *source);
	/** Appends to an empty trace; what is left on failure is freed by the caller. */
	int (*read)(const struct sv3__trace_source *source, struct sv3_trace *trace,
		    struct sv3_trace_error *error);
	/** Every record has been checked before; failures stay in the sink. */
	void (*write)(struct sv3__trace_sink *sink, const struct sv3_trace *trace);
};

#define SV3__TRACE_FORMAT_DECLARE(name)                                                       \
	bool sv3__trace_##name##_detect(const struct sv3__trace_source *source);              \
	int sv3__trace_##name##_read(const struct sv3__trace_source *source,                  \
				     struct sv3_trace *trace, struct sv3_trace_error *error); \
	void sv3__trace_##name##_write(struct sv3__trace_sink *sink, const struct sv3_trace *trace)

SV3__TRACE_FORMAT_DECLARE(csv);
SV3__TRACE_FORMAT_DECLARE(text);
SV3__TRACE_FORMAT_DECLARE(binary);
bool sv3__trace_qemu_detect(const struct sv3__trace_source *source);
int sv3__trace_qemu_read(const struct sv3__trace_source *source, struct sv3_trace *trace,
			 struct sv3_trace_error *error);

/* ---- scan.c: numbers and names in lines of text ---- */

/**
 * Number at *@at, decimal or 0x hex; *@at moves behind it. The bytes must end in something that is
 * no digit (a newline will do), so that no bound is looked at. False: no digits, or more than 64
 * bits.
 */
bool sv3__trace_scan_number(const uint8_t **at, uint64_t *value);

/** Index of the op or aux of that text, or -1. */
int sv3__trace_scan_op(const uint8_t *text, size_t size);
int sv3__trace_scan_aux(const uint8_t *text, size_t size);

/** Number of the line @at lies in, counted from 1. */
uint64_t sv3__trace_line_number(const struct sv3__trace_source *source, const uint8_t *at);

/** -SV3_ERR_FORMAT with "name:line: column x: expected y, found z", z being the word at @at. */
int sv3__trace_scan_fail(const struct sv3__trace_source *source, const uint8_t *at,
			 const struct sv3__trace_fault *fault, struct sv3_trace_error *error);

/** Texts of a number, without a 0 byte; the end of what was written. At most 20 bytes. */
uint8_t *sv3__trace_put_decimal(uint8_t *at, uint64_t value);
uint8_t *sv3__trace_put_hex(uint8_t *at, uint64_t value);
uint8_t *sv3__trace_put_text(uint8_t *at, const char *text);

/* ---- columns.c: the columns of one block of the binary form ---- */

/** Records of a block at most, and bytes its columns take at most. */
#define SV3__TRACE_BLOCK_RECORDS 65536u
size_t sv3__trace_columns_bound(uint32_t count);

struct sv3__trace_codec;
struct sv3__trace_codec *sv3__trace_codec_create(void);
void sv3__trace_codec_destroy(struct sv3__trace_codec *codec);

/** Writes as many of @count records as fit one block; returns how many, *@size is the bytes. */
uint32_t sv3__trace_columns_encode(struct sv3__trace_codec *codec, const struct sv3_trace_rec *recs,
				   uint32_t count, uint8_t *bytes, size_t *size);

/** False when the bytes are not the columns of exactly @count records. Records are not checked. */
bool sv3__trace_columns_decode(struct sv3__trace_codec *codec, const uint8_t *bytes, size_t size,
			       struct sv3_trace_rec *recs, uint32_t count);

#endif
