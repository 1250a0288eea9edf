/* SPDX-License-Identifier: MIT */
/*
 * dtc.c - the device tree compiler, another program: source in, blob out.
 *
 * What it writes goes to files without a name, so that nothing is left behind however it ends. Its
 * warnings are its own affair; of its errors the first is passed on.
 */
#include "platform_priv.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Some of its checks never end on sources made for that. */
#define SECONDS_MAX 5u

static int fail(struct sv3_platform_error *error, int code, const char *path, const char *what,
		const char *more)
{
	snprintf(error->text, sizeof(error->text), "%.200s: %s%.240s", path, what, more);
	return -code;
}

/** The first line of its words, without "Error: ". */
static const char *first_error(char *words)
{
	char *text = strncmp(words, "Error: ", 7) == 0 ? words + 7 : words;

	text[strcspn(text, "\n")] = '\0';
	for (char *at = text; *at != '\0'; at++)
		*at = *at == '\t' ? ' ' : *at;
	return *text != '\0' ? text : "it did not say why";
}

static int start(const char *path, FILE *out, FILE *err, pid_t *child)
{
	char *const argv[] = {
		(char *)"dtc", (char *)"-q", (char *)"-I", (char *)"dts", (char *)"-O",
		(char *)"dtb", (char *)"-o", (char *)"-",  (char *)"--",  (char *)(uintptr_t)path,
		NULL
	};
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawn_file_actions_adddup2(&actions, fileno(out), 1);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, fileno(err), 2);
	if (error == 0)
		error = posix_spawnp(child, argv[0], &actions, NULL, argv, environ);
	if (error == 0)
		(void)prlimit(*child, RLIMIT_CPU,
			      &(const struct rlimit){ SECONDS_MAX, SECONDS_MAX }, NULL);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/** All of a file, with a 0 behind it; NULL: out of memory. */
static char *text_of(FILE *file, size_t *size)
{
	char *text;
	long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;

	if (end < 0 || end > (long)SV3__BLOB_MAX)
		return NULL;
	rewind(file);
	text = (char *)malloc((size_t)end + 1);
	if (text == NULL)
		return NULL;
	*size = fread(text, 1, (size_t)end, file);
	text[*size] = '\0';
	return text;
}

/** Its status; that of failure if it cannot be known. */
static int wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return 1 << 8;
	}
	return status;
}

static int run(const char *path, FILE *out, FILE *err, struct sv3_platform_error *error,
	       void **blob, size_t *size)
{
	pid_t child;
	char *words;
	int code = start(path, out, err, &child);

	if (code == ENOENT)
		return fail(error, SV3_ERR_IO, path,
			    "the source of a device tree needs the program dtc, and there is none; "
			    "on Debian: apt-get install device-tree-compiler",
			    "");
	if (code != 0)
		return fail(error, SV3_ERR_IO, path, "dtc: ", strerror(code));
	code = wait_for(child);
	if (WIFSIGNALED(code))
		return fail(error, SV3_ERR_FORMAT, path,
			    "dtc: ended by a signal: ", strsignal(WTERMSIG(code)));
	if (code == 0) {
		*blob = text_of(out, size);
		return *blob != NULL ? 0
				     : fail(error, SV3_ERR_NOMEM, path,
					    "dtc: ", sv3_strerror(SV3_ERR_NOMEM));
	}
	words = text_of(err, size);
	code = fail(error, SV3_ERR_FORMAT, path, "dtc: ", words != NULL ? first_error(words) : "?");
	free(words);
	return code;
}

int sv3__dtc(const char *path, struct sv3_platform_error *error, void **blob, size_t *size)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int rc;

	if (out == NULL || err == NULL)
		rc = fail(error, SV3_ERR_IO, path, "no temporary file: ", strerror(errno));
	else
		rc = run(path, out, err, error, blob, size);
	if (out != NULL)
		fclose(out);
	if (err != NULL)
		fclose(err);
	return rc;
}
