/* SPDX-License-Identifier: MIT */
/*
 * process.h - other programs: gnuplot for reports, and sv3 itself for sweeps.
 */
#ifndef SV3_CLI_PROCESS_H
#define SV3_CLI_PROCESS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/** What a program reads and writes; NULL: what this one does. */
struct cli_streams {
	FILE *in, *out, *err;
};

/** cli_process_find - whether a program of that name is in $PATH. */
bool cli_process_find(const char *program);
/** cli_process_start - argv[0] is looked for in $PATH unless it is a path. -1: errno says why. */
pid_t cli_process_start(char *const argv[], const struct cli_streams *streams);
/** cli_file_text - all of a file; the caller frees. NULL: it cannot be read, or no memory. */
char *cli_file_text(FILE *file);

/** cli_gnuplot_check - whether there is one; else says how to get it. CLI_OK or CLI_ERROR. */
int cli_gnuplot_check(const char *command);
/** cli_gnuplot - what a script writes; the caller frees. NULL: it failed, and was told. */
char *cli_gnuplot(const char *command, const char *script);

/** cli_quote - a word as a shell reads it back. */
void cli_quote(FILE *file, const char *word);
/** cli_command_line - "sv3" and the words, to be pasted into a shell; the caller frees. */
char *cli_command_line(int argc, char *const argv[]);

#endif
