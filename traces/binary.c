/* SPDX-License-Identifier: MIT */
/*
 * binary.c - the compact binary form, .s3t: header, blocks, index, trailer (docs/TRACES.md).
 *
 * Every byte of the file is under a checksum, and all sizes and offsets are cross-checked before
 * anything is allocated: a file that was cut short or has one wrong bit anywhere is refused.
 * A block holds up to 65536 records as columns (columns.c) in one zstd frame.
 */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "traces_priv.h"

enum {
	HEADER_BYTES = 40,
	BLOCK_HEAD_BYTES = 32,
	INDEX_ENTRY_BYTES = 32,
	TRAILER_BYTES = 40,
	BINARY_VERSION = 1,
	FLAG_DIRECTION_IS_BOUND = 1,
	ZSTD_LEVEL = 12,
};

/* Like PNG's: a byte that is no text, and line ends that careless copying would change. */
static const uint8_t binary_magic[8] = { 0x89, 'S', '3', 'T', '\r', '\n', 0x1a, '\n' };
static const uint8_t end_magic[8] = { 'S', '3', 'T', ' ', 'e', 'n', 'd', '\n' };

static void put_le(uint8_t *at, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get_le(const uint8_t *at, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

#define FNV_START UINT64_C(0xcbf29ce484222325)

/** FNV-1a: each step is a bijection of the state, so no change of a single byte is missed. */
static uint64_t checksum(uint64_t state, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		state = (state ^ bytes[i]) * UINT64_C(0x100000001b3);
	return state;
}

/* ---- writing ---- */

/** What the writer holds while it goes through the blocks. */
struct writer {
	struct sv3__trace_sink *sink;
	struct sv3__trace_codec *codec;
	ZSTD_CCtx *zstd;
	uint8_t *columns; /* one block, before compression */
	uint8_t *index;   /* entries so far */
	size_t index_used, index_capacity;
	uint64_t offset; /* in the file */
};

static void header_write(struct writer *writer, const struct sv3_trace *trace)
{
	uint8_t header[HEADER_BYTES];

	memcpy(header, binary_magic, 8);
	put_le(header + 8, BINARY_VERSION, 2);
	put_le(header + 10, HEADER_BYTES, 2);
	put_le(header + 12, trace->direction_is_bound ? FLAG_DIRECTION_IS_BOUND : 0, 4);
	put_le(header + 16, trace->count, 8);
	put_le(header + 24, SV3__TRACE_BLOCK_RECORDS, 4);
	put_le(header + 28, 0, 4);
	put_le(header + 32, checksum(FNV_START, header, 32), 8);
	sv3__trace_sink_put(writer->sink, header, sizeof(header));
	writer->offset = HEADER_BYTES;
}

static bool index_append(struct writer *writer, uint64_t first_ns, uint32_t count, uint32_t bytes,
			 uint64_t block_checksum)
{
	uint8_t *entry;
	size_t capacity;

	if (writer->index_used + INDEX_ENTRY_BYTES > writer->index_capacity) {
		capacity = writer->index_capacity * 2 + 64 * INDEX_ENTRY_BYTES;
		entry = realloc(writer->index, capacity);
		if (entry == NULL)
			return false;
		writer->index = entry;
		writer->index_capacity = capacity;
	}
	entry = writer->index + writer->index_used;
	put_le(entry, writer->offset, 8);
	put_le(entry + 8, first_ns, 8);
	put_le(entry + 16, count, 4);
	put_le(entry + 20, bytes, 4);
	put_le(entry + 24, block_checksum, 8);
	writer->index_used += INDEX_ENTRY_BYTES;
	return true;
}

/** Writes one block; returns how many records it took, 0 on failure. */
static uint32_t block_write(struct writer *writer, const struct sv3_trace_rec *recs, uint32_t count)
{
	uint64_t block_checksum;
	size_t raw_size, bound, size;
	uint32_t taken =
		sv3__trace_columns_encode(writer->codec, recs, count, writer->columns, &raw_size);
	uint8_t *head;

	bound = ZSTD_compressBound(raw_size);
	head = sv3__trace_sink_room(writer->sink, BLOCK_HEAD_BYTES + bound);
	if (head == NULL)
		return 0;
	size = ZSTD_compress2(writer->zstd, head + BLOCK_HEAD_BYTES, bound, writer->columns,
			      raw_size);
	if (ZSTD_isError(size))
		return 0;
	put_le(head, taken, 4);
	put_le(head + 4, raw_size, 4);
	put_le(head + 8, size, 4);
	put_le(head + 12, 0, 4);
	put_le(head + 16, recs[0].time_ns, 8);
	block_checksum = checksum(FNV_START, head, 24);
	block_checksum = checksum(block_checksum, head + BLOCK_HEAD_BYTES, size);
	put_le(head + 24, block_checksum, 8);
	if (!index_append(writer, recs[0].time_ns, taken, (uint32_t)(BLOCK_HEAD_BYTES + size),
			  block_checksum))
		return 0;
	writer->sink->used += BLOCK_HEAD_BYTES + size;
	writer->offset += BLOCK_HEAD_BYTES + size;
	return taken;
}

static void trailer_write(struct writer *writer, uint64_t count)
{
	uint8_t trailer[TRAILER_BYTES];
	uint64_t sum;

	put_le(trailer, writer->offset, 8);
	put_le(trailer + 8, writer->index_used / INDEX_ENTRY_BYTES, 8);
	put_le(trailer + 16, count, 8);
	sum = checksum(FNV_START, writer->index, writer->index_used);
	put_le(trailer + 24, checksum(sum, trailer, 24), 8);
	memcpy(trailer + 32, end_magic, 8);
	sv3__trace_sink_put(writer->sink, writer->index, writer->index_used);
	sv3__trace_sink_put(writer->sink, trailer, sizeof(trailer));
}

static void sink_fail(struct sv3__trace_sink *sink, enum sv3_error error)
{
	if (sink->failed == SV3_OK)
		sink->failed = error;
}

static bool writer_init(struct writer *writer, struct sv3__trace_sink *sink)
{
	memset(writer, 0, sizeof(*writer));
	writer->sink = sink;
	writer->codec = sv3__trace_codec_create();
	writer->zstd = ZSTD_createCCtx();
	writer->columns = malloc(sv3__trace_columns_bound(SV3__TRACE_BLOCK_RECORDS));
	return writer->codec != NULL && writer->zstd != NULL && writer->columns != NULL &&
	       !ZSTD_isError(
		       ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
	       !ZSTD_isError(ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_checksumFlag, 1));
}

void sv3__trace_binary_write(struct sv3__trace_sink *sink, const struct sv3_trace *trace)
{
	struct writer writer;
	uint64_t done = 0;
	uint32_t count, taken = 1;

	if (writer_init(&writer, sink)) {
		header_write(&writer, trace);
		while (done < trace->count && taken != 0) {
			count = trace->count - done < SV3__TRACE_BLOCK_RECORDS
					? (uint32_t)(trace->count - done)
					: SV3__TRACE_BLOCK_RECORDS;
			taken = block_write(&writer, trace->records + done, count);
			done += taken;
		}
		if (done == trace->count)
			trailer_write(&writer, done);
	}
	if (done != trace->count)
		sink_fail(sink, SV3_ERR_NOMEM);
	free(writer.index);
	free(writer.columns);
	ZSTD_freeCCtx(writer.zstd);
	sv3__trace_codec_destroy(writer.codec);
}

/* ---- reading ---- */

bool sv3__trace_binary_detect(const struct sv3__trace_source *source)
{
	/* The first bytes do: what is shorter or damaged behind them is told by the reader. */
	return source->size >= 4 && memcmp(source->bytes, binary_magic, 4) == 0;
}

static int binary_fail(const struct sv3__trace_source *source, uint64_t offset, const char *what,
		       struct sv3_trace_error *error)
{
	return sv3__trace_fail(error, SV3_ERR_FORMAT, "%s: offset %llu: %s; fetch the file again",
			       source->name, (unsigned long long)offset, what);
}

/** What header and trailer say of the file. */
struct contents {
	uint64_t record_count, block_count, index_offset;
	bool direction_is_bound;
};

static int header_read(const struct sv3__trace_source *source, struct contents *contents,
		       struct sv3_trace_error *error)
{
	const uint8_t *header = source->bytes;
	uint64_t flags;

	if (source->size < HEADER_BYTES + TRAILER_BYTES)
		return binary_fail(source, source->size, "binary trace is cut short", error);
	if (memcmp(header, binary_magic, 8) != 0 ||
	    get_le(header + 32, 8) != checksum(FNV_START, header, 32))
		return binary_fail(source, 0, "header of the binary trace is corrupt", error);
	flags = get_le(header + 12, 4);
	if (get_le(header + 8, 2) != BINARY_VERSION || get_le(header + 10, 2) != HEADER_BYTES ||
	    (flags & ~(uint64_t)FLAG_DIRECTION_IS_BOUND) != 0 ||
	    get_le(header + 24, 4) != SV3__TRACE_BLOCK_RECORDS || get_le(header + 28, 4) != 0)
		return sv3__trace_fail(error, SV3_ERR_FORMAT,
				       "%s: offset 8: binary trace of version %llu, flags 0x%llx; "
				       "this sv3 reads version 1: use a newer one",
				       source->name, (unsigned long long)get_le(header + 8, 2),
				       (unsigned long long)flags);
	contents->record_count = get_le(header + 16, 8);
	contents->direction_is_bound = (flags & FLAG_DIRECTION_IS_BOUND) != 0;
	return 0;
}

static int trailer_read(const struct sv3__trace_source *source, struct contents *contents,
			struct sv3_trace_error *error)
{
	uint64_t offset = source->size - TRAILER_BYTES, room, sum;
	const uint8_t *trailer = source->bytes + offset;

	if (memcmp(trailer + 32, end_magic, 8) != 0)
		return binary_fail(source, source->size,
				   "binary trace has no end mark: it is cut short or corrupt",
				   error);
	contents->index_offset = get_le(trailer, 8);
	contents->block_count = get_le(trailer + 8, 8);
	room = (offset - HEADER_BYTES) / INDEX_ENTRY_BYTES;
	if (contents->block_count == 0 || contents->block_count > room ||
	    contents->index_offset != offset - contents->block_count * INDEX_ENTRY_BYTES)
		return binary_fail(source, offset, "trailer of the binary trace is corrupt", error);
	sum = checksum(FNV_START, source->bytes + contents->index_offset,
		       (size_t)(offset - contents->index_offset));
	if (get_le(trailer + 24, 8) != checksum(sum, trailer, 24) ||
	    get_le(trailer + 16, 8) != contents->record_count)
		return binary_fail(source, contents->index_offset,
				   "index of the binary trace is corrupt", error);
	return 0;
}

/** Whether a block is whole, and what its entry in the index says of it. */
static bool block_check(const struct sv3__trace_source *source, const uint8_t *entry)
{
	const uint8_t *head = source->bytes + get_le(entry, 8);
	uint64_t count = get_le(entry + 16, 4);
	size_t size = (size_t)get_le(entry + 20, 4) - BLOCK_HEAD_BYTES;
	uint64_t sum = checksum(checksum(FNV_START, head, 24), head + BLOCK_HEAD_BYTES, size);

	return get_le(head + 24, 8) == sum && get_le(entry + 24, 8) == sum &&
	       get_le(head, 4) == count && get_le(head + 8, 4) == size &&
	       get_le(head + 12, 4) == 0 && get_le(head + 16, 8) == get_le(entry + 8, 8) &&
	       get_le(head + 4, 4) <= sv3__trace_columns_bound((uint32_t)count);
}

/** Blocks lie without gaps between header and index, and hold the number of records promised.
 * Checksums are looked at here too, before anything is allocated. */
static int index_check(const struct sv3__trace_source *source, const struct contents *contents,
		       struct sv3_trace_error *error)
{
	const uint8_t *entry = source->bytes + contents->index_offset;
	uint64_t offset = HEADER_BYTES, records = 0, count, size;

	for (uint64_t i = 0; i < contents->block_count; i++, entry += INDEX_ENTRY_BYTES) {
		count = get_le(entry + 16, 4);
		size = get_le(entry + 20, 4);
		if (get_le(entry, 8) != offset || size <= BLOCK_HEAD_BYTES ||
		    size > contents->index_offset - offset || count == 0 ||
		    count > SV3__TRACE_BLOCK_RECORDS)
			return binary_fail(source, (uint64_t)(entry - source->bytes),
					   "index of the binary trace is corrupt", error);
		if (!block_check(source, entry))
			return binary_fail(source, offset, "block of the binary trace is corrupt",
					   error);
		offset += size;
		records += count;
	}
	if (offset != contents->index_offset || records != contents->record_count)
		return binary_fail(source, contents->index_offset,
				   "index of the binary trace does not cover it", error);
	return 0;
}

/** What the reader holds while it goes through the blocks. */
struct reader {
	struct sv3__trace_codec *codec;
	ZSTD_DCtx *zstd;
	uint8_t *columns;
	uint64_t previous_ns;
};

static int records_check(struct reader *reader, const struct sv3__trace_source *source,
			 uint64_t offset, const struct sv3_trace_rec *recs, uint32_t count,
			 struct sv3_trace_error *error)
{
	struct sv3__trace_fault fault;

	for (uint32_t i = 0; i < count; i++) {
		if (!sv3__trace_rec_check(&recs[i], reader->previous_ns, &fault))
			return sv3__trace_fail(error, SV3_ERR_FORMAT,
					       "%s: offset %llu: record %u of the block: column "
					       "%s: expected %s",
					       source->name, (unsigned long long)offset, i,
					       sv3__trace_column_name(fault.column),
					       fault.expected);
		reader->previous_ns = recs[i].time_ns;
	}
	return 0;
}

static int block_read(struct reader *reader, const struct sv3__trace_source *source,
		      const uint8_t *entry, struct sv3_trace_rec *recs,
		      struct sv3_trace_error *error)
{
	uint64_t offset = get_le(entry, 8);
	const uint8_t *head = source->bytes + offset;
	uint32_t count = (uint32_t)get_le(entry + 16, 4);
	size_t size = (size_t)get_le(entry + 20, 4) - BLOCK_HEAD_BYTES;
	size_t raw_size = (size_t)get_le(head + 4, 4), got;

	got = ZSTD_decompressDCtx(reader->zstd, reader->columns, raw_size, head + BLOCK_HEAD_BYTES,
				  size);
	if (ZSTD_isError(got) || got != raw_size ||
	    !sv3__trace_columns_decode(reader->codec, reader->columns, raw_size, recs, count) ||
	    recs[0].time_ns != get_le(entry + 8, 8))
		return binary_fail(source, offset, "block of the binary trace is corrupt", error);
	return records_check(reader, source, offset, recs, count, error);
}

static int blocks_read(const struct sv3__trace_source *source, const struct contents *contents,
		       struct sv3_trace *trace, struct sv3_trace_error *error)
{
	struct reader reader = {
		.codec = sv3__trace_codec_create(),
		.zstd = ZSTD_createDCtx(),
		.columns = malloc(sv3__trace_columns_bound(SV3__TRACE_BLOCK_RECORDS)),
	};
	const uint8_t *entry = source->bytes + contents->index_offset;
	int status = 0;

	if (reader.codec == NULL || reader.zstd == NULL || reader.columns == NULL ||
	    sv3__trace_reserve(trace, contents->record_count) < 0)
		status = sv3__trace_fail(error, SV3_ERR_NOMEM, "%s: out of memory for %llu records",
					 source->name, (unsigned long long)contents->record_count);
	for (uint64_t i = 0; i < contents->block_count && status == 0; i++) {
		status = block_read(&reader, source, entry, trace->records + trace->count, error);
		trace->count += get_le(entry + 16, 4);
		entry += INDEX_ENTRY_BYTES;
	}
	free(reader.columns);
	ZSTD_freeDCtx(reader.zstd);
	sv3__trace_codec_destroy(reader.codec);
	return status;
}

int sv3__trace_binary_read(const struct sv3__trace_source *source, struct sv3_trace *trace,
			   struct sv3_trace_error *error)
{
	struct contents contents = { .record_count = 0 };
	int status = header_read(source, &contents, error);

	if (status == 0)
		status = trailer_read(source, &contents, error);
	if (status == 0)
		status = index_check(source, &contents, error);
	if (status == 0) {
		trace->direction_is_bound = contents.direction_is_bound;
		status = blocks_read(source, &contents, trace, error);
	}
	return status;
}
