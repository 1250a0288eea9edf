/* SPDX-License-Identifier: MIT */
/*
 * output.c - messages, files that appear whole or not at all, and JSON numbers with all their
 * digits.
 */
#include "cli.h"

#include <cjson/cJSON.h>
#include <sv3/base.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- messages --- */

int cli_error(const char *command, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* File names and words may hold anything; a message is one line all the same. */
	for (char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	}
	fprintf(stderr, "sv3%s%s: %s\n", command != NULL ? " " : "", command != NULL ? command : "",
		text);
	return CLI_ERROR;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/** Insertions, deletions and replacements that make @a into @b; names are short. */
static size_t edit_distance(const char *a, const char *b)
{
	enum { NAME_MAX_CHARS = 63 };
	size_t row[NAME_MAX_CHARS + 1];
	const size_t width = strlen(b);

	if (width > NAME_MAX_CHARS)
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; *a != '\0'; a++, i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			const size_t above = row[j];

			row[j] = least(least(above, row[j - 1]) + 1, diagonal + (*a != b[j - 1]));
			diagonal = above;
		}
	}
	return row[width];
}

int cli_unknown(const char *command, const char *what, const char *word, const char *const *names,
		const char *remedy)
{
	const char *nearest = NULL;
	size_t best = strlen(word) / 3 + 2;

	for (; *names != NULL; names++) {
		const size_t distance = edit_distance(word, *names);

		if (distance < best) {
			best = distance;
			nearest = *names;
		}
	}
	if (nearest != NULL)
		return cli_error(command, "unknown %s '%s'; did you mean '%s'? (%s)", what, word,
				 nearest, remedy);
	return cli_error(command, "unknown %s '%s'; %s", what, word, remedy);
}

/* --- files --- */

bool cli_is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

/** Whether there is something at @path that a rename would replace by a file: a device, a pipe. */
static bool is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

/** The folder a path names a file in; released by the caller. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int cli_save_check(const char *command, const char *path)
{
	struct stat status;
	char *folder;
	int result = CLI_OK;

	if (cli_is_stdout(path))
		return CLI_OK;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return cli_error(command, "cannot write %s: %s", path, strerror(EISDIR));
	folder = folder_of(path);
	if (folder == NULL)
		return cli_error(command, "%s", sv3_strerror(SV3_ERR_NOMEM));
	if (stat(folder, &status) != 0)
		result = cli_error(command, "cannot write %s: %s", path, strerror(errno));
	else if (!S_ISDIR(status.st_mode))
		result = cli_error(command, "cannot write %s: %s", path, strerror(ENOTDIR));
	else if (access(is_special(path) ? path : folder, W_OK) != 0)
		result = cli_error(command, "cannot write %s: %s", path, strerror(errno));
	free(folder);
	return result;
}

static size_t size_of(const struct cli_file *file)
{
	return file->size != 0 ? file->size : strlen(file->text);
}

/** Writes all of @text and closes @file; 0 or an errno. */
static int write_and_close(FILE *file, const void *text, size_t size)
{
	int error = 0;

	errno = 0;
	if (fwrite(text, 1, size, file) != size || fflush(file) != 0)
		error = errno != 0 ? errno : EIO;
	if (fclose(file) != 0 && error == 0)
		error = errno;
	return error;
}

/** Where  is written before it is renamed; released by the caller. */
static char *part_of(const char *path)
{
	char *part;

	return asprintf(&part, "%s.%ld.part", path, (long)getpid()) < 0 ? NULL : part;
}

/** All that can fail short of the renaming: writes beside @path, or into a device. 0 or an
 *  errno. */
static int write_part(const struct cli_file *what, const char *part)
{
	FILE *file = part != NULL ? fopen(part, "wx") : fopen(what->path, "w");
	int error;

	if (file == NULL)
		return errno;
	error = write_and_close(file, what->text, size_of(what));
	if (error != 0 && part != NULL)
		unlink(part);
	return error;
}

int cli_save(const char *command, const struct cli_file *files, unsigned int count)
{
	char *parts[CLI_FILES_MAX] = { NULL };
	unsigned int written = 0;
	int error = 0;

	for (; written < count && error == 0; written++) {
		const struct cli_file *file = &files[written];

		if (cli_is_stdout(file->path))
			continue;
		/* What is no plain file cannot be replaced by one. */
		if (!is_special(file->path) && (parts[written] = part_of(file->path)) == NULL)
			error = ENOMEM;
		else
			error = write_part(file, parts[written]);
	}
	for (unsigned int i = 0; i < written; i++) {
		if (parts[i] != NULL && error == 0 && rename(parts[i], files[i].path) != 0)
			error = errno;
		if (parts[i] != NULL && error != 0)
			unlink(parts[i]);
		free(parts[i]);
	}
	if (error != 0)
		return cli_error(command, "cannot write %s: %s", files[written - 1].path,
				 strerror(error));
	for (unsigned int i = 0; i < count; i++) {
		if (cli_is_stdout(files[i].path))
			fwrite(files[i].text, 1, size_of(&files[i]),
			       stdout); /* main() looks at ferror() */
	}
	return CLI_OK;
}

int cli_stream_open(const char *command, const char *path, struct cli_stream *stream)
{
	*stream = (struct cli_stream){ .path = path };
	if (cli_save_check(command, path) != CLI_OK)
		return CLI_ERROR;
	/* What is no plain file cannot be replaced by one. */
	if (!is_special(path)) {
		stream->part = part_of(path);
		if (stream->part == NULL)
			return cli_error(command, "%s", sv3_strerror(SV3_ERR_NOMEM));
	}
	stream->file = stream->part != NULL ? fopen(stream->part, "wx") : fopen(path, "w");
	if (stream->file != NULL)
		return CLI_OK;
	free(stream->part);
	return cli_error(command, "cannot write %s: %s", path, strerror(errno));
}

int cli_stream_close(const char *command, struct cli_stream *stream, bool is_kept)
{
	int error = 0;

	if (stream->file == NULL)
		return CLI_OK;
	errno = 0;
	if (fflush(stream->file) != 0 || ferror(stream->file) != 0)
		error = errno != 0 ? errno : EIO;
	if (fclose(stream->file) != 0 && error == 0)
		error = errno;
	stream->file = NULL;
	if (stream->part != NULL && error == 0 && is_kept &&
	    rename(stream->part, stream->path) != 0)
		error = errno;
	if (stream->part != NULL && (error != 0 || !is_kept))
		unlink(stream->part);
	free(stream->part);
	if (error == 0 || !is_kept)
		return CLI_OK;
	return cli_error(command, "cannot write %s: %s", stream->path, strerror(error));
}

/* --- JSON --- */

void cli_json_u64(struct cJSON *object, const char *key, uint64_t value)
{
	char text[CLI_VALUE_CHARS];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	cJSON_AddRawToObject(object, key, text);
}

void cli_json_ns(struct cJSON *object, const char *key, uint64_t ps)
{
	if (ps == SV3_PS_NEVER)
		cJSON_AddNullToObject(object, key);
	else
		cli_json_u64(object, key, ps / SV3_PS_PER_NS);
}

void cli_json_decimal(struct cJSON *object, const char *key, uint64_t value, unsigned int digits)
{
	char text[2 * CLI_VALUE_CHARS];
	uint64_t divisor = 1;

	for (unsigned int i = 0; i < digits; i++)
		divisor *= 10;
	while (digits > 0 && value % 10 == 0) {
		value /= 10;
		divisor /= 10;
		digits--;
	}
	if (digits == 0)
		snprintf(text, sizeof(text), "%" PRIu64, value);
	else
		snprintf(text, sizeof(text), "%" PRIu64 ".%0*" PRIu64, value / divisor, (int)digits,
			 value % divisor);
	cJSON_AddRawToObject(object, key, text);
}

char *cli_json_print(struct cJSON *object)
{
	char *printed = cJSON_Print(object);
	char *text = NULL;

	cJSON_Delete(object);
	if (printed != NULL && asprintf(&text, "%s\n", printed) < 0)
		text = NULL;
	cJSON_free(printed);
	return text;
}

int cli_json_save(const char *command, const char *path, struct cJSON *object)
{
	char *text = cli_json_print(object);
	int status;

	if (text == NULL)
		return cli_error(command, "%s", sv3_strerror(SV3_ERR_NOMEM));
	status = cli_save(command, &(const struct cli_file){ path, text, 0 }, 1);
	free(text);
	return status;
}
