/* SPDX-License-Identifier: MIT */
/*
 * main.c - linux-harness [--list] [--monitor] [CASE...]: each case in a process of its own, because
 * a driver keeps state from its first probe on.
 *
 * A case prints rows "ok CASE/ROW: expected E, seen S"; the messages of its kernel follow a row
 * that failed. A WARN of the kernel or a crash is a failure of the case, too.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

#define SECONDS_MAX 120u

const char *host_case_name = "linux-harness";
unsigned int host_failures;

static void report(bool holds, const char *name, const char *expected, const char *seen)
{
	printf("%s %s/%s: expected %s, seen %s\n", holds ? "ok" : "FAIL", host_case_name, name,
	       expected, seen);
	if (!holds) {
		host_failures++;
		host_log_print();
	}
}

/* Small numbers are counts, large ones addresses or words. */
static void print_number(char text[24], unsigned long long number)
{
	if ((long long)number < 0 && (long long)number > -4096)
		snprintf(text, 24, "%lld", (long long)number);
	else
		snprintf(text, 24, number < 100000 ? "%llu" : "0x%llx", number);
}

void seam_row(const char *name, unsigned long long expected, unsigned long long seen)
{
	char e[24], s[24];

	print_number(e, expected);
	print_number(s, seen);
	report(expected == seen, name, e, s);
}

void seam_row_text(const char *name, const char *expected, const char *seen)
{
	report(strcmp(expected, seen) == 0, name, expected, seen);
}

void seam_end(void)
{
	exit(HOST_EXIT_FAILED);
}

void seam_note(const char *format, ...)
{
	va_list arguments;

	printf("  %s: ", host_case_name);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static void run_here(const struct seam_case *c)
{
	host_case_name = c->name;
	alarm(SECONDS_MAX);
	c->run();
	host_monitor_rows();
	seam_row("warnings of the kernel", 0, seam_warnings());
	exit(host_failures ? HOST_EXIT_FAILED : 0);
}

/* Returns: whether the case was good. */
static bool run_apart(const struct seam_case *c)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		run_here(c);
	SV3_ASSERT(pid > 0 && waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status))
		printf("FAIL %s: ended by signal %d\n", c->name, WTERMSIG(status));
	else if (WEXITSTATUS(status) && WEXITSTATUS(status) != HOST_EXIT_FAILED)
		printf("FAIL %s: exit status %d\n", c->name, WEXITSTATUS(status));
	return status == 0;
}

static bool is_wanted(const struct seam_case *c, int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], c->name) == 0)
			return true;
	return count == 0;
}

int main(int argc, char **argv)
{
	unsigned int ran = 0;
	bool good = true;

	/* What a case printed before it crashed is worth reading. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (const struct seam_case *c = seam_cases; c->name; c++)
			printf("%-28s %s\n", c->name, c->about);
		return 0;
	}
	argc--;
	argv++;
	host_is_monitored = argc && strcmp(argv[0], "--monitor") == 0;
	argc -= host_is_monitored;
	argv += host_is_monitored;
	for (const struct seam_case *c = seam_cases; c->name; c++) {
		if (!is_wanted(c, argc, argv))
			continue;
		ran++;
		good &= run_apart(c);
	}
	if (!ran) {
		fprintf(stderr, "linux-harness: %s: no such case; --list names them\n", argv[0]);
		return 1;
	}
	return !good;
}
