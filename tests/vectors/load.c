/* SPDX-License-Identifier: MIT */
/*
 * load.c - reads a whole file and, if it begins like one, unpacks an .xz stream.
 */
#include "tests/vectors/load.h"

#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hostile file may unpack to anything: beyond this it is no vector file. */
#define TEXT_BYTES_MAX  (UINT32_C(256) << 20)
#define XZ_MEMORY_BYTES (UINT64_C(128) << 20)

struct buffer {
	char *bytes;
	size_t used, room;
};

/* Room for at least one more byte and the final zero. */
static bool grow(struct buffer *buffer)
{
	char *bytes;

	if (buffer->used + 1 < buffer->room)
		return true;
	if (buffer->room >= TEXT_BYTES_MAX)
		return false;
	buffer->room = buffer->room ? 2 * buffer->room : 65536;
	bytes = (char *)realloc(buffer->bytes, buffer->room);
	if (!bytes)
		return false;
	buffer->bytes = bytes;
	return true;
}

static const char *read_file(const char *path, struct buffer *buffer)
{
	FILE *file = fopen(path, "rb");
	const char *why = NULL;

	if (!file)
		return strerror(errno);
	while (!why) {
		size_t got;

		if (!grow(buffer)) {
			why = "too large";
			break;
		}
		got = fread(buffer->bytes + buffer->used, 1, buffer->room - buffer->used - 1, file);
		buffer->used += got;
		if (ferror(file))
			why = strerror(errno);
		if (!got)
			break;
	}
	fclose(file);
	return why;
}

static const char *unpack(const struct buffer *packed, struct buffer *text)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret rc = lzma_stream_decoder(&stream, XZ_MEMORY_BYTES, LZMA_CONCATENATED);

	stream.next_in = (const uint8_t *)packed->bytes;
	stream.avail_in = packed->used;
	while (rc == LZMA_OK) {
		if (!grow(text)) {
			lzma_end(&stream);
			return "too large";
		}
		stream.next_out = (uint8_t *)text->bytes + text->used;
		stream.avail_out = text->room - text->used - 1;
		rc = lzma_code(&stream, LZMA_FINISH);
		text->used = text->room - 1 - stream.avail_out;
	}
	lzma_end(&stream);
	return rc == LZMA_STREAM_END ? NULL : "damaged or truncated .xz data";
}

char *load_text(const char *path, const char **why)
{
	static const char magic[6] = { '\xfd', '7', 'z', 'X', 'Z', '\0' };
	struct buffer file = { 0 }, text = { 0 };

	*why = read_file(path, &file);
	if (!*why && file.used >= sizeof(magic) && !memcmp(file.bytes, magic, sizeof(magic))) {
		*why = unpack(&file, &text);
		free(file.bytes);
		file = text;
	}
	if (!*why && memchr(file.bytes, 0, file.used))
		*why = "not a text file";
	if (*why) {
		free(file.bytes);
		return NULL;
	}
	file.bytes[file.used] = 0;
	return file.bytes;
}
