/* SPDX-License-Identifier: MIT */
/*
 * main.c - the command sv3: finds the subcommand, and at the end sees that all output got out.
 */
#include "cli.h"

#include <sv3/base.h>

#include <errno.h>
#include <string.h>

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct command commands[] = {
	{ "compare", cmd_compare, "migrate a guest once per policy and compare what it cost" },
	{ "sweep", cmd_sweep, "run compare over a grid of its options" },
	{ "replay", cmd_replay, "translate every access of a trace and check the addresses" },
	{ "explain", cmd_explain, "tell the whole way of one access through a saved machine" },
	{ "experiment", cmd_experiment,
	  "ask the questions of a mailing-list thread of small models" },
	{ "explore", cmd_explore, "run every interleaving of a driver, devices and the SMMU" },
	{ "platform", cmd_platform, "show what a device tree holds, print one to begin with" },
	{ "trace", cmd_trace, "look at traces, convert, cut and generate them" },
	{ "policy", cmd_policy, "list the migration policies" },
	{ "scenario", cmd_scenario, "list the scenarios that compare can play" },
	{ "bug", cmd_bug, "list the bugs that compare can seed" },
	{ "regs", cmd_regs, "print the register map" },
	{ "timing", cmd_timing, "list what takes how long in hardware that takes time" },
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void print_help(void)
{
	printf("usage: sv3 COMMAND [ARGUMENT]...\n\n"
	       "Simulates an Arm SMMUv3 with hardware dirty-bit management, replays DMA traces on it\n"
	       "and compares policies of live migration.\n\n"
	       "commands:\n");
	for (unsigned int i = 0; i < COMMAND_COUNT; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	printf("\nsv3 COMMAND --help says more; sv3 --version prints the version.\n"
	       "Exit status: 0 fine; 1 usage or input error; 2 a page was lost or wrongly translated, an\n"
	       "experiment did not answer as expected, or a schedule broke a rule.\n"
	       "\nexamples:\n"
	       "  sv3 compare traces/samples/nvme-rand-strict.s3t\n"
	       "  sv3 replay traces/samples/mixed-lazy.s3t\n"
	       "  sv3 policy list\n");
}

static int run(int argc, char **argv)
{
	const char *names[COMMAND_COUNT + 1];

	if (argc < 2)
		return cli_error(NULL, "no command; sv3 --help lists them");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_help();
		return CLI_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("sv3 %s\n", sv3_version());
		return CLI_OK;
	}
	for (unsigned int i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argc - 1, argv + 1);
		names[i] = commands[i].name;
	}
	names[COMMAND_COUNT] = NULL;
	return cli_unknown(NULL, argv[1][0] == '-' ? "option" : "command", argv[1], names,
			   "sv3 --help lists them");
}

int main(int argc, char **argv)
{
	const int status = run(argc, argv);

	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout) != 0)
		return cli_error(NULL, "cannot write standard output: %s",
				 strerror(errno != 0 ? errno : EIO));
	return status;
}
