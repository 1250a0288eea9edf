/* SPDX-License-Identifier: MIT */
/*
 * input.c - the bytes of a trace: whole files and standard input, xz and zstd undone by content.
 *
 * Files are read, not mapped: a file that shrinks under a mapping kills the process. What comes out
 * of a decompressor is bounded, and a stream that ends early or is damaged is never taken for
 * whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "traces_priv.h"

/** Bytes that grow as they come, up to a limit. */
struct growing {
	uint8_t *bytes;
	size_t used, capacity;
	uint64_t limit;
};

enum { CHUNK_SIZE = 1 << 16 };

/** Room for more. A step beyond the limit is allowed, so that "more than the limit" can be seen. */
static bool growing_extend(struct growing *out)
{
	size_t capacity = out->capacity * 2 + CHUNK_SIZE;
	uint8_t *bytes;

	if (capacity > out->limit + 1)
		capacity = (size_t)(out->limit + 1);
	bytes = realloc(out->bytes, capacity);
	if (bytes == NULL)
		return false;
	out->bytes = bytes;
	out->capacity = capacity;
	return true;
}

static int load_fail(const char *name, const char *what, struct sv3_trace_error *error)
{
	return sv3__trace_fail(error, SV3_ERR_IO, "%s: %s: %s", name, what, strerror(errno));
}

static int load_descriptor(int descriptor, const char *name, struct growing *out,
			   struct sv3_trace_error *error)
{
	ssize_t got;

	for (;;) {
		if (out->used > out->limit)
			return sv3__trace_fail(error, SV3_ERR_IO,
					       "%s: more than %llu bytes; cut it into parts", name,
					       (unsigned long long)out->limit);
		if (out->used == out->capacity && !growing_extend(out))
			return sv3__trace_fail(error, SV3_ERR_NOMEM,
					       "%s: out of memory after %zu bytes", name,
					       out->used);
		got = read(descriptor, out->bytes + out->used, out->capacity - out->used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return load_fail(name, "cannot read", error);
		if (got == 0)
			return 0;
		out->used += (size_t)got;
	}
}

int sv3__trace_load(const char *path, uint8_t **bytes, size_t *size, struct sv3_trace_error *error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	int descriptor = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct growing out = { .limit = SV3__TRACE_INPUT_MAX };
	struct stat status;
	int result;

	if (descriptor < 0)
		return load_fail(name, "cannot open", error);
	/* One byte more than the file has, so that its end is seen without growing again. */
	if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
	    (uint64_t)status.st_size <= out.limit) {
		out.capacity = (size_t)status.st_size + 1;
		out.bytes = malloc(out.capacity);
		if (out.bytes == NULL)
			out.capacity = 0;
	}
	result = load_descriptor(descriptor, name, &out, error);
	if (!is_stdin)
		(void)close(descriptor);
	if (result < 0) {
		free(out.bytes);
		return result;
	}
	*bytes = out.bytes;
	*size = out.used;
	return 0;
}

static int expand_corrupt(const struct sv3__trace_source *source, const char *kind, uint64_t offset,
			  struct sv3_trace_error *error)
{
	return sv3__trace_fail(error, SV3_ERR_FORMAT,
			       "%s: offset %llu: %s stream is cut short or corrupt; fetch the file "
			       "again",
			       source->name, (unsigned long long)offset, kind);
}

static int expand_refuse(const struct sv3__trace_source *source, const struct growing *out,
			 const char *kind, struct sv3_trace_error *error)
{
	if (out->used > out->limit)
		return sv3__trace_fail(error, SV3_ERR_FORMAT,
				       "%s: %s stream holds more than %llu bytes; cut the trace "
				       "into parts",
				       source->name, kind, (unsigned long long)out->limit);
	return sv3__trace_fail(error, SV3_ERR_NOMEM, "%s: out of memory after %zu bytes of %s",
			       source->name, out->used, kind);
}

static int expand_xz(const struct sv3__trace_source *source, struct growing *out,
		     struct sv3_trace_error *error)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret state = lzma_stream_decoder(&stream, UINT64_C(1) << 30, LZMA_CONCATENATED);
	int result = 0;

	if (state != LZMA_OK)
		return sv3__trace_fail(error, SV3_ERR_NOMEM, "%s: out of memory for xz",
				       source->name);
	stream.next_in = source->bytes;
	stream.avail_in = source->size;
	while (state == LZMA_OK) {
		if (out->used > out->limit ||
		    (out->used == out->capacity && !growing_extend(out))) {
			result = expand_refuse(source, out, "xz", error);
			break;
		}
		stream.next_out = out->bytes + out->used;
		stream.avail_out = out->capacity - out->used;
		state = lzma_code(&stream, LZMA_FINISH);
		out->used = out->capacity - stream.avail_out;
	}
	if (result == 0 && state == LZMA_MEM_ERROR)
		result = expand_refuse(source, out, "xz", error);
	else if (result == 0 && state == LZMA_MEMLIMIT_ERROR)
		result = sv3__trace_fail(error, SV3_ERR_FORMAT,
					 "%s: xz stream needs more than 1 GiB to decompress; "
					 "compress it with xz -9 or less",
					 source->name);
	else if (result == 0 && state != LZMA_STREAM_END)
		result = expand_corrupt(source, "xz", stream.total_in, error);
	lzma_end(&stream);
	return result;
}

static int expand_zstd(const struct sv3__trace_source *source, struct growing *out,
		       struct sv3_trace_error *error)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_inBuffer in = { source->bytes, source->size, 0 };
	ZSTD_outBuffer to = { NULL, 0, 0 };
	size_t more = 1, before;
	int result = 0;

	if (context == NULL)
		return sv3__trace_fail(error, SV3_ERR_NOMEM, "%s: out of memory for zstd",
				       source->name);
	/* @more is 0 at the end of a frame; another one may follow. */
	while (in.pos < in.size || more != 0) {
		if (out->used > out->limit ||
		    (out->used == out->capacity && !growing_extend(out))) {
			result = expand_refuse(source, out, "zstd", error);
			break;
		}
		to = (ZSTD_outBuffer){ out->bytes, out->capacity, out->used };
		before = in.pos;
		more = ZSTD_decompressStream(context, &to, &in);
		if (ZSTD_getErrorCode(more) == ZSTD_error_frameParameter_windowTooLarge) {
			result = sv3__trace_fail(error, SV3_ERR_FORMAT,
						 "%s: zstd stream needs a window of more than "
						 "128 MiB; compress it without --long",
						 source->name);
			break;
		}
		if (ZSTD_isError(more) || (in.pos == before && to.pos == out->used)) {
			result = expand_corrupt(source, "zstd", in.pos, error);
			break;
		}
		out->used = to.pos;
	}
	ZSTD_freeDCtx(context);
	return result;
}

int sv3__trace_expand(const struct sv3__trace_source *source, uint64_t limit, uint8_t **bytes,
		      size_t *size, struct sv3_trace_error *error)
{
	static const uint8_t xz_magic[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	static const uint8_t zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
	struct growing out = { .limit = limit };
	const char *kind = "xz";
	int result;

	*bytes = NULL;
	*size = 0;
	if (source->size >= sizeof(xz_magic) &&
	    memcmp(source->bytes, xz_magic, sizeof(xz_magic)) == 0) {
		result = expand_xz(source, &out, error);
	} else if (source->size >= sizeof(zstd_magic) &&
		   memcmp(source->bytes, zstd_magic, sizeof(zstd_magic)) == 0) {
		kind = "zstd";
		result = expand_zstd(source, &out, error);
	} else {
		return 0;
	}
	if (result == 0 && out.used > limit)
		result = expand_refuse(source, &out, kind, error);
	if (result < 0) {
		free(out.bytes);
		return result;
	}
	*bytes = out.bytes;
	*size = out.used;
	return 0;
}
