/* SPDX-License-Identifier: MIT */
/*
 * process.c - other programs: finding them, starting them, and their command lines for a shell.
 *
 * What a program reads and writes are files without a name, so that nothing is left behind however
 * either side ends.
 */
#include "process.h"

#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- finding --- */

bool cli_process_find(const char *program)
{
	const char *path = getenv("PATH");
	char *copy, *rest, *folder;
	bool is_found = false;

	rest = copy = strdup(path != NULL ? path : "/usr/bin:/bin");
	while (!is_found && (folder = strsep(&rest, ":")) != NULL) {
		char *file;

		if (asprintf(&file, "%s/%s", *folder != '\0' ? folder : ".", program) < 0)
			break;
		is_found = access(file, X_OK) == 0;
		free(file);
	}
	free(copy);
	return is_found;
}

/* --- running --- */

/** In the new process: its files, no signal blocked, and the program; never returns. */
static void become(char *const argv[], const struct cli_streams *streams)
{
	FILE *const files[] = { streams->in, streams->out, streams->err };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < 3; i++) {
		if (files[i] != NULL && dup2(fileno(files[i]), i) < 0)
			_exit(127);
	}
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

pid_t cli_process_start(char *const argv[], const struct cli_streams *streams)
{
	pid_t child;

	if (streams->in != NULL)
		rewind(streams->in);
	fflush(NULL);
	child = fork();
	if (child == 0)
		become(argv, streams);
	return child;
}

char *cli_file_text(FILE *file)
{
	char *text;
	long size;

	if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
		return NULL;
	rewind(file);
	text = malloc((size_t)size + 1);
	if (text == NULL)
		return NULL;
	text[fread(text, 1, (size_t)size, file)] = '\0';
	return text;
}

/* --- gnuplot --- */

int cli_gnuplot_check(const char *command)
{
	if (cli_process_find("gnuplot"))
		return CLI_OK;
	return cli_error(command, "--report needs gnuplot to draw its plots, and there is none; on "
				  "Debian: apt-get install gnuplot-nox");
}

/** Waits for @child; whether it ended with status 0. */
static bool ended_well(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/** The first words of what a program had to say. */
static void complain(const char *command, FILE *err)
{
	char *text = cli_file_text(err);

	cli_error(command, "gnuplot failed: %.400s", text != NULL && *text != '\0' ? text : "?");
	free(text);
}

char *cli_gnuplot(const char *command, const char *script)
{
	static char *const argv[] = { "gnuplot", "-d", "-", NULL };
	const struct cli_streams streams = { tmpfile(), tmpfile(), tmpfile() };
	char *svg = NULL;
	pid_t child;

	if (streams.in == NULL || streams.out == NULL || streams.err == NULL) {
		cli_error(command, "no temporary file: %s", strerror(errno));
	} else {
		fputs(script, streams.in);
		child = cli_process_start(argv, &streams);
		if (child < 0)
			cli_error(command, "gnuplot: %s", strerror(errno));
		else if (!ended_well(child))
			complain(command, streams.err);
		else if ((svg = cli_file_text(streams.out)) == NULL)
			cli_error(command, "gnuplot: out of memory");
	}
	for (size_t i = 0; i < 3; i++) {
		FILE *file = i == 0 ? streams.in : i == 1 ? streams.out : streams.err;

		if (file != NULL)
			fclose(file);
	}
	return svg;
}

/* --- command lines --- */

void cli_quote(FILE *file, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+=:,./@%";

	if (*word != '\0' && word[strspn(word, plain)] == '\0') {
		fputs(word, file);
		return;
	}
	fputc('\'', file);
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			fputs("'\\''", file);
		else
			fputc(*word, file);
	}
	fputc('\'', file);
}

char *cli_command_line(int argc, char *const argv[])
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (file == NULL)
		return NULL;
	fputs("sv3", file);
	for (int i = 0; i < argc; i++) {
		fputc(' ', file);
		cli_quote(file, argv[i]);
	}
	return fclose(file) == 0 ? text : NULL;
}

unsigned int cli_jobs(uint64_t asked)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (asked != 0)
		return (unsigned int)asked;
	return processors > 0 ? (unsigned int)processors : 1;
}
