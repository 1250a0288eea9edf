/* SPDX-License-Identifier: MIT */
/*
 * sweep_store.c - finished points, a file each, so that an interrupted sweep goes on where it was.
 *
 * A file is named by its command and says which sv3 made it of which input: the program and the
 * files it read, by their bytes. What does not match, or is not whole, is as good as absent.
 */
#include "sweep.h"

#include "compare.h"
#include "process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FORM       "sv3 sweep point 1\n"
#define LAST_LINE  "end\n"
#define HASH_BASIS UINT64_C(0xcbf29ce484222325)

/** FNV-1a of 64 bits: tells files apart that nobody made alike on purpose. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/** What cannot be read adds nothing: whoever needs it will say so. */
static uint64_t hash_file(uint64_t hash, const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t bytes[65536];
	size_t size;

	if (file == NULL)
		return hash;
	while ((size = fread(bytes, 1, sizeof(bytes), file)) > 0)
		hash = hash_bytes(hash, bytes, size);
	fclose(file);
	return hash;
}

/** A tree, and the traces that it names. */
static uint64_t hash_platform(uint64_t hash, const char *path)
{
	struct sv3_platform platform;
	struct sv3_platform_error error;

	hash = hash_file(hash, path);
	if (sv3_platform_load(path, &platform, &error) < 0)
		return hash;
	for (uint32_t i = 0; i < platform.device_count; i++) {
		if (platform.devices[i].trace != NULL)
			hash = hash_file(hash, platform.devices[i].trace);
	}
	sv3_platform_free(&platform);
	return hash;
}

/** The operands of the command are the files it reads, and what CPUs replay. */
static uint64_t hash_input(const struct sweep *sweep)
{
	struct sv3_compare_config config;
	struct compare_request request;
	struct cli_args args;
	uint64_t hash = HASH_BASIS;

	sv3_compare_config_default(&config);
	compare_request_default(&request, &config);
	if (!compare_parse(sweep->word_count, sweep->words, &request, &args))
		return hash;
	for (unsigned int i = 0; i < args.operand_count; i++)
		hash = hash_file(hash, args.operands[i]);
	if (request.platform != NULL)
		hash = hash_platform(hash, request.platform);
	return request.cpu_trace != NULL ? hash_file(hash, request.cpu_trace) : hash;
}

static int make_folder(const char *path)
{
	struct stat status;

	if (mkdir(path, 0777) == 0 || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
		return CLI_OK;
	return cli_error("sweep", "cannot make %s: %s", path, strerror(errno));
}

int sweep_store_open(struct sweep *sweep)
{
	char *folder;
	int status = make_folder(sweep->out);

	if (status != CLI_OK)
		return status;
	if (asprintf(&folder, "%s/points", sweep->out) < 0)
		return cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
	status = make_folder(folder);
	free(folder);
	if (status != CLI_OK)
		return status;
	if (asprintf(&sweep->identity, "sv3 %s build %016" PRIx64 " input %016" PRIx64 "\n",
		     sv3_version(), hash_file(HASH_BASIS, "/proc/self/exe"), hash_input(sweep)) < 0)
		return cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
	return CLI_OK;
}

static char *path_of(const struct sweep *sweep, unsigned int point)
{
	const char *command = sweep->points[point].command;
	char *path;

	if (asprintf(&path, "%s/points/%016" PRIx64 ".txt", sweep->out,
		     hash_bytes(HASH_BASIS, command, strlen(command))) < 0)
		return NULL;
	return path;
}

/* --- reading --- */

/** Steps over @line at *@text, if it is there. */
static bool skip(const char **text, const char *line)
{
	const size_t length = strlen(line);

	if (strncmp(*text, line, length) != 0)
		return false;
	*text += length;
	return true;
}

/** Takes what follows the status up to the last line. */
static bool take_result(struct sweep_point *point, const char *text)
{
	const char *end = text + strlen(text);

	if (!skip(&text, "status ") || (*text != '0' && *text != '2') || text[1] != '\n')
		return false;
	point->status = *text - '0';
	text += 2;
	if ((size_t)(end - text) < strlen(LAST_LINE) ||
	    strcmp(end - strlen(LAST_LINE), LAST_LINE) != 0)
		return false;
	point->csv = strndup(text, (size_t)(end - text) - strlen(LAST_LINE));
	return point->csv != NULL;
}

static bool take_file(struct sweep *sweep, struct sweep_point *point, const char *text)
{
	if (!skip(&text, FORM))
		return false;
	if (!skip(&text, sweep->identity)) {
		sweep->stale++;
		return false;
	}
	/* The name is a hash: the command itself decides. */
	return skip(&text, point->command) && skip(&text, "\n") && take_result(point, text);
}

bool sweep_store_load(struct sweep *sweep, unsigned int point)
{
	char *path = path_of(sweep, point), *text;
	FILE *file = path != NULL ? fopen(path, "r") : NULL;
	bool is_taken;

	free(path);
	if (file == NULL)
		return false;
	text = cli_file_text(file);
	fclose(file);
	is_taken = text != NULL && take_file(sweep, &sweep->points[point], text);
	free(text);
	return is_taken;
}

/* --- writing --- */

int sweep_store_save(const struct sweep *sweep, unsigned int point)
{
	const struct sweep_point *this = &sweep->points[point];
	char *path = path_of(sweep, point), *text = NULL;
	int status;

	if (path == NULL || asprintf(&text, FORM "%s%s\nstatus %d\n%s" LAST_LINE, sweep->identity,
				     this->command, this->status, this->csv) < 0)
		status = cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
	else
		status = cli_save("sweep", &(const struct cli_file){ path, text, 0 }, 1);
	free(path);
	free(text);
	return status;
}
