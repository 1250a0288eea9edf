/* SPDX-License-Identifier: MIT */
/*
 * output.c - sinks of the writers: memory, standard output, files that appear whole or not at all.
 *
 * A file is written beside its place and renamed. What is no regular file (a device, a pipe) is
 * written in place: renaming over /dev/null would replace it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces_priv.h"

enum { FLUSH_SIZE = 1 << 18 };

static void sink_flush(struct sv3__trace_sink *sink)
{
	if (sink->used != 0 && sink->failed == SV3_OK &&
	    fwrite(sink->bytes, 1, sink->used, sink->file) != sink->used)
		sink->failed = SV3_ERR_IO;
	sink->used = 0;
}

uint8_t *sv3__trace_sink_room(struct sv3__trace_sink *sink, size_t size)
{
	size_t capacity;
	uint8_t *bytes;

	if (sink->failed != SV3_OK)
		return NULL;
	if (size <= sink->capacity - sink->used)
		return sink->bytes + sink->used;
	if (sink->file != NULL) {
		sink_flush(sink);
		if (sink->failed != SV3_OK)
			return NULL;
	}
	capacity = sink->file != NULL ? FLUSH_SIZE : sink->capacity * 2 + 4096;
	if (capacity < sink->used + size)
		capacity = sink->used + size;
	if (capacity > sink->capacity) {
		bytes = realloc(sink->bytes, capacity);
		if (bytes == NULL) {
			sink->failed = SV3_ERR_NOMEM;
			return NULL;
		}
		sink->bytes = bytes;
		sink->capacity = capacity;
	}
	return sink->bytes + sink->used;
}

void sv3__trace_sink_put(struct sv3__trace_sink *sink, const void *bytes, size_t size)
{
	uint8_t *at = sv3__trace_sink_room(sink, size);

	if (at == NULL)
		return;
	memcpy(at, bytes, size);
	sink->used += size;
}

static int output_fail(const char *path, const char *what, struct sv3_trace_error *error)
{
	return sv3__trace_fail(error, SV3_ERR_IO, "%s: %s: %s", path, what, strerror(errno));
}

/** Writes all and flushes; the file stays open. */
static int output_write(FILE *file, const char *path, const struct sv3__trace_format *format,
			const struct sv3_trace *trace, struct sv3_trace_error *error)
{
	struct sv3__trace_sink sink = { .file = file };

	format->write(&sink, trace);
	if (sink.failed == SV3_OK)
		sink_flush(&sink);
	free(sink.bytes);
	if (sink.failed == SV3_ERR_NOMEM)
		return sv3__trace_fail(error, SV3_ERR_NOMEM, "%s: out of memory", path);
	if (sink.failed != SV3_OK || fflush(file) != 0)
		return output_fail(path, "cannot write", error);
	return 0;
}

static int output_in_place(const char *path, const struct sv3__trace_format *format,
			   const struct sv3_trace *trace, struct sv3_trace_error *error)
{
	FILE *file = fopen(path, "wbe");
	int result;

	if (file == NULL)
		return output_fail(path, "cannot open", error);
	result = output_write(file, path, format, trace, error);
	if (fclose(file) != 0 && result == 0)
		result = output_fail(path, "cannot write", error);
	return result;
}

/** Opens a new file beside @path; *@temporary is malloc()ed. */
static FILE *temporary_open(const char *path, char **temporary)
{
	size_t size = strlen(path) + 32;
	FILE *file = NULL;
	int descriptor = -1;

	*temporary = malloc(size);
	if (*temporary == NULL)
		return NULL;
	for (unsigned int attempt = 0; attempt < 100 && descriptor < 0; attempt++) {
		(void)snprintf(*temporary, size, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
		/* Not mkstemp(): the file shall get the mode the umask grants. */
		descriptor = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (descriptor < 0 && errno != EEXIST)
			break;
	}
	if (descriptor >= 0)
		file = fdopen(descriptor, "wb");
	if (file == NULL) {
		if (descriptor >= 0) {
			(void)close(descriptor);
			(void)unlink(*temporary);
		}
		free(*temporary);
		*temporary = NULL;
	}
	return file;
}

static int output_renamed(const char *path, const struct sv3__trace_format *format,
			  const struct sv3_trace *trace, struct sv3_trace_error *error)
{
	char *temporary = NULL;
	FILE *file = temporary_open(path, &temporary);
	int result;

	if (file == NULL)
		return output_fail(path, "cannot create a file beside it", error);
	result = output_write(file, path, format, trace, error);
	if (fclose(file) != 0 && result == 0)
		result = output_fail(path, "cannot write", error);
	if (result == 0 && rename(temporary, path) != 0)
		result = output_fail(path, "cannot rename into place", error);
	if (result < 0)
		(void)unlink(temporary);
	free(temporary);
	return result;
}

int sv3__trace_output(const char *path, const struct sv3__trace_format *format,
		      const struct sv3_trace *trace, struct sv3_trace_error *error)
{
	struct stat status;
	char *target;
	int result;

	if (strcmp(path, "-") == 0)
		return output_write(stdout, "standard output", format, trace, error);
	if (stat(path, &status) != 0)
		return output_renamed(path, format, trace, error);
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return output_fail(path, "cannot write", error);
	}
	if (!S_ISREG(status.st_mode))
		return output_in_place(path, format, trace, error);
	/* A link stays a link: the file it leads to is replaced. */
	target = realpath(path, NULL);
	if (target == NULL)
		return output_fail(path, "cannot resolve", error);
	result = output_renamed(target, format, trace, error);
	free(target);
	return result;
}
