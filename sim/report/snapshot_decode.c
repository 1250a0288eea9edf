/* SPDX-License-Identifier: MIT */
/*
 * snapshot_decode.c - a snapshot from the bytes of a file, which may be cut, damaged or forged.
 *
 * First the outside: magic, version, size, the checksum of each section and of the whole. Only then
 * are the sections unpacked, and what they say is checked once more, since checksums can be right
 * and the contents wrong all the same. What the block means is known to the hardware alone.
 */
#include "snapshot_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

/** More than any machine has: what lies beyond is damage. */
#define SECTION_BYTES_MAX (UINT64_C(1) << 40)
#define REGION_COUNT_MAX  1024u

/** A section as it stands in the file. */
struct section {
	const uint8_t *stored;
	uint64_t offset, stored_bytes, bytes; /* @offset: of its header */
};

/** One reading: the file, and where to say what is wrong with it. */
struct reading {
	const uint8_t *bytes;
	uint64_t size;
	const char *name;
	struct sv3_snapshot_error *error;
	struct section sections[SV3__SECTION_COUNT];
};

__attribute__((format(printf, 3, 4))) static int refuse(const struct reading *reading,
							uint64_t offset, const char *format, ...)
{
	va_list arguments;
	int length;

	if (reading->error == NULL)
		return -SV3_ERR_FORMAT;
	length = snprintf(reading->error->text, sizeof(reading->error->text),
			  "%.200s: offset %" PRIu64 ": ", reading->name, offset);
	va_start(arguments, format);
	(void)vsnprintf(reading->error->text + length,
			sizeof(reading->error->text) - (size_t)length, format, arguments);
	va_end(arguments);
	return -SV3_ERR_FORMAT;
}

static int out_of_memory(const struct reading *reading)
{
	if (reading->error != NULL)
		(void)snprintf(reading->error->text, sizeof(reading->error->text), "%.200s: %s",
			       reading->name, sv3_strerror(SV3_ERR_NOMEM));
	return -SV3_ERR_NOMEM;
}

static uint64_t number(const uint8_t *bytes, unsigned int size)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

/* --- the outside --- */

static int check_header(const struct reading *reading)
{
	uint64_t version, size;

	if (reading->size < 8 || memcmp(reading->bytes, SV3__SNAPSHOT_MAGIC, 8) != 0)
		return refuse(
			reading, 0,
			"no snapshot; sv3 replay --snapshot-at TIME --snapshot FILE makes one");
	if (reading->size < SV3__SNAPSHOT_HEADER_BYTES + SV3__SNAPSHOT_TRAILER_BYTES)
		return refuse(reading, reading->size, "cut within the header; copy the file again");
	version = number(reading->bytes + 8, 4);
	if (version != SV3__SNAPSHOT_VERSION)
		return refuse(reading, 8,
			      "snapshot of version %" PRIu64
			      ", this sv3 reads %u; take it again with this sv3",
			      version, SV3__SNAPSHOT_VERSION);
	if (number(reading->bytes + 12, 4) != SV3__SECTION_COUNT)
		return refuse(reading, 12, "%" PRIu64 " sections, not %u; copy the file again",
			      number(reading->bytes + 12, 4), SV3__SECTION_COUNT);
	size = number(reading->bytes + 16, 8);
	if (size != reading->size)
		return refuse(reading, reading->size,
			      "the file ends here, but has %" PRIu64
			      " bytes by its header; copy it again",
			      size);
	return 0;
}

static int check_section(struct reading *reading, enum sv3__section which, uint64_t *offset)
{
	const uint64_t end = reading->size - SV3__SNAPSHOT_TRAILER_BYTES;
	const uint8_t *header = reading->bytes + *offset;
	const char *tag = sv3__section_tag(which);
	const int tag_length = (int)strcspn(tag, " ");
	struct section *section = &reading->sections[which];

	if (end - *offset < SV3__SECTION_HEADER_BYTES)
		return refuse(reading, *offset, "no room for section %.*s; copy the file again",
			      tag_length, tag);
	if (memcmp(header, tag, SV3__SNAPSHOT_TAG_BYTES) != 0)
		return refuse(reading, *offset,
			      "section %.*s does not begin here; copy the file again", tag_length,
			      tag);
	*section = (struct section){
		.stored = header + SV3__SECTION_HEADER_BYTES,
		.offset = *offset,
		.stored_bytes = number(header + 16, 8),
		.bytes = number(header + 8, 8),
	};
	*offset += SV3__SECTION_HEADER_BYTES;
	if (section->stored_bytes > end - *offset || section->bytes > SECTION_BYTES_MAX)
		return refuse(reading, section->offset,
			      "section %.*s of %" PRIu64 " bytes cannot be; copy the file again",
			      tag_length, tag, section->stored_bytes);
	if (sv3__snapshot_checksum(section->stored, section->stored_bytes) !=
	    number(header + 24, 8))
		return refuse(reading, section->offset,
			      "section %.*s is damaged: its checksum differs; copy the file again",
			      tag_length, tag);
	*offset += section->stored_bytes;
	return 0;
}

static int check_outside(struct reading *reading)
{
	const uint64_t end = reading->size - SV3__SNAPSHOT_TRAILER_BYTES;
	uint64_t offset = SV3__SNAPSHOT_HEADER_BYTES;
	int rc = check_header(reading);

	for (unsigned int i = 0; rc == 0 && i < SV3__SECTION_COUNT; i++)
		rc = check_section(reading, (enum sv3__section)i, &offset);
	if (rc != 0)
		return rc;
	if (offset != end)
		return refuse(reading, offset,
			      "bytes behind the last section; copy the file again");
	if (sv3__snapshot_checksum(reading->bytes, end) != number(reading->bytes + end, 8))
		return refuse(reading, end, "the file's checksum differs; copy the file again");
	return 0;
}

/* --- the inside --- */

static int bad(const struct reading *reading, enum sv3__section which, const char *what)
{
	return refuse(reading, reading->sections[which].offset, "%s; take the snapshot again",
		      what);
}

/** The contents of a section, to be released, with a zero behind them. */
static int unpack(const struct reading *reading, enum sv3__section which, uint8_t **contents)
{
	const struct section *section = &reading->sections[which];
	size_t unpacked = SIZE_MAX;

	*contents = NULL;
	if (ZSTD_getFrameContentSize(section->stored, section->stored_bytes) == section->bytes) {
		*contents = malloc(section->bytes + 1);
		if (*contents == NULL)
			return out_of_memory(reading);
		unpacked = ZSTD_decompress(*contents, section->bytes, section->stored,
					   section->stored_bytes);
	}
	if (unpacked != section->bytes) {
		free(*contents);
		return bad(reading, which, "the section does not unpack to the bytes it names");
	}
	(*contents)[unpacked] = '\0';
	return 0;
}

static int decode_notes(const struct reading *reading, char *text, struct sv3_snapshot *snapshot)
{
	const char *end = text + reading->sections[SV3__SECTION_NOTES].bytes;

	while (text < end) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		char *equals = newline != NULL ? memchr(text, '=', (size_t)(newline - text)) : NULL;
		int rc;

		if (equals == NULL)
			return bad(reading, SV3__SECTION_NOTES, "a note is no line key=value");
		*equals = *newline = '\0';
		if (memchr(text, '\0', (size_t)(newline - text)) != equals ||
		    strlen(equals + 1) != (size_t)(newline - equals - 1))
			return bad(reading, SV3__SECTION_NOTES, "a note is no text");
		rc = sv3_snapshot_add_note(snapshot, text, equals + 1);
		if (rc == -SV3_ERR_NOMEM)
			return out_of_memory(reading);
		if (rc != 0)
			return bad(reading, SV3__SECTION_NOTES, "a note is no text");
		text = newline + 1;
	}
	return 0;
}

static bool need_is_possible(const struct sv3_snapshot_need *out, const uint8_t *flags)
{
	return (unsigned int)out->need.kind <= SV3_NEED_PRI_RESP &&
	       (unsigned int)out->need.unit < SV3_UNIT_COUNT &&
	       (unsigned int)out->need.irq < SV3_IRQ_COUNT &&
	       out->need.size <= sizeof(out->need.data) && flags[0] <= 1 && flags[1] <= 1;
}

static int decode_needs(const struct reading *reading, const uint8_t *at,
			struct sv3_snapshot *snapshot)
{
	uint64_t left = reading->sections[SV3__SECTION_NEEDS].bytes;

	if (left % SV3__SNAPSHOT_NEED_BYTES != 0)
		return bad(reading, SV3__SECTION_NEEDS, "half a need");
	for (; left > 0; left -= SV3__SNAPSHOT_NEED_BYTES, at += SV3__SNAPSHOT_NEED_BYTES) {
		const uint8_t *ats = at + 108;
		struct sv3_snapshot_need out = {
			.slot = (uint32_t)number(at, 4),
			.need = { .kind = (enum sv3_need_kind)number(at + 4, 4),
				  .unit = (enum sv3_unit)number(at + 8, 4),
				  .irq = (enum sv3_irq)number(at + 12, 4),
				  .size = (uint32_t)number(at + 16, 4),
				  .pa = number(at + 20, 8),
				  .expect = number(at + 28, 8),
				  .desired = number(at + 36, 8),
				  .ats = { .stream_id = (uint32_t)number(ats, 4),
					   .substream_id = (uint32_t)number(ats + 4, 4),
					   .substream_valid = ats[8] != 0,
					   .global = ats[9] != 0,
					   .response = ats[10],
					   .size_lg2 = ats[11],
					   .group = (uint16_t)number(ats + 12, 2),
					   .iova = number(ats + 14, 8) } },
		};

		memcpy(out.need.data, at + 44, sizeof(out.need.data));
		if (!need_is_possible(&out, ats + 8))
			return bad(reading, SV3__SECTION_NEEDS, "a need that cannot be");
		if (sv3_snapshot_add_need(snapshot, out.slot, &out.need) != 0)
			return out_of_memory(reading);
	}
	return 0;
}

static int decode_regions(const struct reading *reading, const uint8_t *at,
			  struct sv3_snapshot *snapshot)
{
	const uint64_t bytes = reading->sections[SV3__SECTION_MEMORY].bytes;
	const uint64_t count = bytes / 16;

	if (bytes % 16 != 0 || count == 0 || count > REGION_COUNT_MAX)
		return bad(reading, SV3__SECTION_MEMORY, "no list of regions of memory");
	snapshot->regions = calloc(count, sizeof(*snapshot->regions));
	if (snapshot->regions == NULL)
		return out_of_memory(reading);
	for (; snapshot->region_count < count; snapshot->region_count++, at += 16) {
		const uint64_t base = number(at, 8), size = number(at + 8, 8);

		if (size == 0 || (base | size) % SV3_PAGE_SIZE != 0 || base + (size - 1) < base)
			return bad(reading, SV3__SECTION_MEMORY,
				   "a region of memory that cannot be");
		snapshot->regions[snapshot->region_count] =
			(struct sv3_snapshot_region){ base, size };
	}
	return 0;
}

static bool is_backed(const struct sv3_snapshot *snapshot, sv3_pa page)
{
	for (uint32_t i = 0; i < snapshot->region_count; i++) {
		if (page - snapshot->regions[i].base < snapshot->regions[i].size)
			return true;
	}
	return false;
}

/** @contents becomes the snapshot's: the pages move to its beginning. */
static int decode_pages(const struct reading *reading, uint8_t *contents,
			struct sv3_snapshot *snapshot)
{
	const uint64_t bytes = reading->sections[SV3__SECTION_PAGES].bytes;
	const uint64_t count = bytes / (8 + SV3_PAGE_SIZE);

	snapshot->page_bytes = contents;
	if (bytes % (8 + SV3_PAGE_SIZE) != 0)
		return bad(reading, SV3__SECTION_PAGES, "half a page");
	snapshot->pages = calloc(count + 1, sizeof(*snapshot->pages));
	if (snapshot->pages == NULL)
		return out_of_memory(reading);
	for (uint64_t i = 0; i < count; i++) {
		const sv3_pa page = number(contents + 8 * i, 8);

		if (page % SV3_PAGE_SIZE != 0 || !is_backed(snapshot, page) ||
		    (i > 0 && page <= snapshot->pages[i - 1]))
			return bad(reading, SV3__SECTION_PAGES,
				   "a page outside of memory, or out of order");
		snapshot->pages[i] = page;
	}
	memmove(contents, contents + 8 * count, count * SV3_PAGE_SIZE);
	snapshot->page_count = count;
	return 0;
}

static int decode_section(const struct reading *reading, enum sv3__section which,
			  struct sv3_snapshot *snapshot)
{
	const uint64_t bytes = reading->sections[which].bytes;
	uint8_t *contents;
	int rc = unpack(reading, which, &contents);

	if (rc != 0)
		return rc;
	switch (which) {
	case SV3__SECTION_NOTES:
		rc = decode_notes(reading, (char *)contents, snapshot);
		break;
	case SV3__SECTION_TIME:
		if (bytes == 8)
			snapshot->time = number(contents, 8);
		else
			rc = bad(reading, which, "no time");
		break;
	case SV3__SECTION_SMMU:
		snapshot->block = contents;
		snapshot->block_size = bytes;
		snapshot->block_offset = reading->sections[which].offset;
		return bytes != 0 ? 0 : bad(reading, which, "no SMMU");
	case SV3__SECTION_NEEDS:
		rc = decode_needs(reading, contents, snapshot);
		break;
	case SV3__SECTION_MEMORY:
		rc = decode_regions(reading, contents, snapshot);
		break;
	default:
		return decode_pages(reading, contents, snapshot);
	}
	free(contents);
	return rc;
}

int sv3_snapshot_decode(const uint8_t *bytes, size_t size, const char *name,
			struct sv3_snapshot *snapshot, struct sv3_snapshot_error *error)
{
	struct reading reading = { .bytes = bytes, .size = size, .name = name, .error = error };
	int rc = check_outside(&reading);

	*snapshot = (struct sv3_snapshot){ 0 };
	for (unsigned int i = 0; rc == 0 && i < SV3__SECTION_COUNT; i++)
		rc = decode_section(&reading, (enum sv3__section)i, snapshot);
	if (rc != 0)
		sv3_snapshot_fini(snapshot);
	return rc;
}

/* --- files --- */

/** The whole of @file into *@bytes; 0, -SV3_ERR_IO or -SV3_ERR_NOMEM. */
static int read_all(FILE *file, uint8_t **bytes, size_t *size)
{
	size_t capacity = 0;

	*bytes = NULL;
	*size = 0;
	do {
		uint8_t *grown;

		if (*size == capacity) {
			capacity = 2 * capacity + 65536;
			grown = realloc(*bytes, capacity);
			if (grown == NULL)
				return -SV3_ERR_NOMEM;
			*bytes = grown;
		}
		*size += fread(*bytes + *size, 1, capacity - *size, file);
	} while (*size == capacity);
	return ferror(file) ? -SV3_ERR_IO : 0;
}

int sv3_snapshot_read(const char *path, struct sv3_snapshot *snapshot,
		      struct sv3_snapshot_error *error)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = -SV3_ERR_IO;
	FILE *file;

	*snapshot = (struct sv3_snapshot){ 0 };
	errno = 0;
	file = fopen(path, "rbe");
	if (file != NULL) {
		rc = read_all(file, &bytes, &size);
	}
	if (rc != 0 && error != NULL)
		(void)snprintf(error->text, sizeof(error->text), "%.200s: cannot read: %s", path,
			       rc == -SV3_ERR_NOMEM ? sv3_strerror(rc) : strerror(errno));
	if (file != NULL)
		(void)fclose(file);
	if (rc == 0)
		rc = sv3_snapshot_decode(bytes, size, path, snapshot, error);
	free(bytes);
	return rc;
}
