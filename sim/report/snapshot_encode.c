/* SPDX-License-Identifier: MIT */
/*
 * snapshot_encode.c - a snapshot as the bytes of a file.
 */
#include "snapshot_priv.h"

#include <stdlib.h>
#include <zstd.h>

#define COMPRESSION_LEVEL 3

/** Bytes that grow. Lack of memory is remembered, so that filling them needs no checks. */
struct buffer {
	uint8_t *bytes;
	size_t size, capacity;
	bool lost;
};

static uint8_t *room(struct buffer *buffer, size_t size)
{
	size_t capacity = 2 * buffer->capacity + 4096;
	uint8_t *grown;

	if (buffer->lost)
		return NULL;
	if (size > buffer->capacity - buffer->size) {
		if (capacity < buffer->size + size)
			capacity = buffer->size + size;
		grown = realloc(buffer->bytes, capacity);
		if (grown == NULL) {
			buffer->lost = true;
			return NULL;
		}
		buffer->bytes = grown;
		buffer->capacity = capacity;
	}
	return buffer->bytes + buffer->size;
}

static void put(struct buffer *buffer, const void *bytes, size_t size)
{
	uint8_t *at = room(buffer, size);

	if (at == NULL || size == 0)
		return;
	memcpy(at, bytes, size);
	buffer->size += size;
}

static void store_number(uint8_t *at, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void put_number(struct buffer *buffer, uint64_t value, unsigned int bytes)
{
	uint8_t little[8];

	store_number(little, value, bytes);
	put(buffer, little, bytes);
}

/* --- what the sections hold --- */

static void put_notes(struct buffer *buffer, const struct sv3_snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->note_count; i++) {
		const struct sv3_snapshot_note *note = &snapshot->notes[i];

		put(buffer, note->key, strlen(note->key));
		put(buffer, "=", 1);
		put(buffer, note->value, strlen(note->value));
		put(buffer, "\n", 1);
	}
}

/* Field by field: what a compiler leaves between members never gets into a file. */
static void put_need(struct buffer *buffer, const struct sv3_snapshot_need *out)
{
	const struct sv3_need *need = &out->need;
	const struct sv3_ats_message *ats = &need->ats;

	put_number(buffer, out->slot, 4);
	put_number(buffer, (uint64_t)need->kind, 4);
	put_number(buffer, (uint64_t)need->unit, 4);
	put_number(buffer, (uint64_t)need->irq, 4);
	put_number(buffer, need->size, 4);
	put_number(buffer, need->pa, 8);
	put_number(buffer, need->expect, 8);
	put_number(buffer, need->desired, 8);
	put(buffer, need->data, sizeof(need->data));
	put_number(buffer, ats->stream_id, 4);
	put_number(buffer, ats->substream_id, 4);
	put_number(buffer, ats->substream_valid, 1);
	put_number(buffer, ats->global, 1);
	put_number(buffer, ats->response, 1);
	put_number(buffer, ats->size_lg2, 1);
	put_number(buffer, ats->group, 2);
	put_number(buffer, ats->iova, 8);
}

static void put_contents(struct buffer *buffer, const struct sv3_snapshot *snapshot,
			 enum sv3__section section)
{
	switch (section) {
	case SV3__SECTION_NOTES:
		put_notes(buffer, snapshot);
		break;
	case SV3__SECTION_TIME:
		put_number(buffer, snapshot->time, 8);
		break;
	case SV3__SECTION_SMMU:
		put(buffer, snapshot->block, snapshot->block_size);
		break;
	case SV3__SECTION_NEEDS:
		for (uint32_t i = 0; i < snapshot->need_count; i++)
			put_need(buffer, &snapshot->needs[i]);
		break;
	case SV3__SECTION_MEMORY:
		for (uint32_t i = 0; i < snapshot->region_count; i++) {
			put_number(buffer, snapshot->regions[i].base, 8);
			put_number(buffer, snapshot->regions[i].size, 8);
		}
		break;
	default:
		for (uint64_t i = 0; i < snapshot->page_count; i++)
			put_number(buffer, snapshot->pages[i], 8);
		put(buffer, snapshot->page_bytes, snapshot->page_count * SV3_PAGE_SIZE);
	}
}

/* --- the file --- */

static void put_section(struct buffer *file, const struct sv3_snapshot *snapshot,
			enum sv3__section section)
{
	struct buffer contents = { .bytes = NULL };
	size_t bound, stored;

	put_contents(&contents, snapshot, section);
	put(file, sv3__section_tag(section), SV3__SNAPSHOT_TAG_BYTES);
	put_number(file, contents.size, 8);
	bound = ZSTD_compressBound(contents.size);
	if (!contents.lost && room(file, 16 + bound) != NULL) {
		uint8_t *frame = file->bytes + file->size + 16;

		stored = ZSTD_compress(frame, bound, contents.bytes, contents.size,
				       COMPRESSION_LEVEL);
		if (ZSTD_isError(stored)) {
			file->lost = true;
		} else {
			put_number(file, stored, 8);
			put_number(file, sv3__snapshot_checksum(frame, stored), 8);
			file->size += stored;
		}
	}
	file->lost |= contents.lost;
	free(contents.bytes);
}

int sv3_snapshot_encode(const struct sv3_snapshot *snapshot, uint8_t **bytes, size_t *size)
{
	struct buffer file = { .bytes = NULL };

	put(&file, SV3__SNAPSHOT_MAGIC, 8);
	put_number(&file, SV3__SNAPSHOT_VERSION, 4);
	put_number(&file, SV3__SECTION_COUNT, 4);
	put_number(&file, 0, 8); /* known at the end */
	for (unsigned int i = 0; i < SV3__SECTION_COUNT; i++)
		put_section(&file, snapshot, (enum sv3__section)i);
	if (!file.lost) {
		store_number(file.bytes + 16, file.size + SV3__SNAPSHOT_TRAILER_BYTES, 8);
		put_number(&file, sv3__snapshot_checksum(file.bytes, file.size), 8);
	}
	if (file.lost) {
		free(file.bytes);
		return -SV3_ERR_NOMEM;
	}
	*bytes = file.bytes;
	*size = file.size;
	return 0;
}
