/* SPDX-License-Identifier: MIT */
/*
 * cmd_sweep.c - `sv3 sweep`: compare over a grid of its options, a process a point.
 */
#include "cli.h"
#include "page.h"
#include "sweep.h"

#include <string.h>

static const char about[] =
	"Runs sv3 compare for every combination of the values that -L gives its options:\n\n"
	"  sv3 sweep -L OPTION=VALUES... [OPTION]... -- compare ARGUMENT...\n\n"
	"VALUES are separated by commas: 0,100us,1ms. For numbers FROM..TO/STEP stands for a range by\n"
	"adding, FROM..TO*FACTOR for one by multiplying: max-rounds=1..9/2, inv-latency=1us..1ms*10.\n"
	"Flags take on and off. Results are kept in DIR/points, a file each, as soon as they are there:\n"
	"the same sweep, or a larger one, runs only what is missing; what another sv3 or another trace\n"
	"left there runs again. DIR/sweep.csv and DIR/sweep.json have all columns of compare.\n"
	"Exit status: 1 if a point failed, 2 if one ended so. docs/REPORTS.md says more.";

static const char *const examples[] = {
	"sv3 sweep -L inv-latency=0,1ms -L policy=hw-auto,hw-manual -- compare --scenario fixed-area-10",
	"sv3 sweep -L link=1G..4G*2 --columns policy,downtime_ns -- compare --scenario fixed-area-10",
	NULL,
};

/** Takes what stands before "--" into @sweep, the rest as the command. */
static bool parse(int argc, char **argv, struct sweep *sweep, int *status)
{
	struct cli_texts axes = { .count = 0 };
	const struct cli_option options[] = {
		{ "-L", "OPTION=VALUES", CLI_TEXTS, &axes, 0, 0, NULL,
		  "an option of compare and its values; the first one\nchanges slowest, and is the x "
		  "axis of plots" },
		{ "-j", NULL, CLI_INTEGER, &sweep->jobs, 1, 256, NULL,
		  "processes at a time; else one a processor" },
		{ "--out", "DIR", CLI_TEXT, &sweep->out, 0, 0, NULL, "where results are kept" },
		{ "--columns", "LIST", CLI_TEXT, &sweep->columns, 0, 0, NULL,
		  "columns of the table and the plots, as compare --csv\nnames them, or all" },
		{ "--report", "DIR", CLI_TEXT, &sweep->report, 0, 0, NULL,
		  "curves as a page, DIR/report.html; needs gnuplot" },
	};
	const struct cli_usage usage = {
		.command = "sweep",
		.operands = "",
		.about = about,
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
	};
	struct cli_args args;
	int own = 1;

	while (own < argc && strcmp(argv[own], "--") != 0)
		own++;
	if (!cli_parse(&usage, own, argv, &args)) {
		*status = args.status;
		return false;
	}
	sweep->words = argv + own + (own < argc);
	sweep->word_count = argc - own - (own < argc);
	*status = CLI_ERROR;
	if (sweep->word_count == 0 || strcmp(sweep->words[0], "compare") != 0) {
		cli_error("sweep",
			  "what to run is missing; write -- compare ARGUMENT... at the end");
		return false;
	}
	if (axes.count == 0) {
		cli_error("sweep", "no axis; give one such as -L link=1G,10G");
		return false;
	}
	for (unsigned int i = 0; i < axes.count; i++) {
		if (sweep_add_axis(sweep, axes.items[i]) != CLI_OK)
			return false;
	}
	return true;
}

/** What one has to know of the points before the table. */
static void print_notes(const struct sweep *sweep)
{
	printf("sweep     %u points, results in %s\n", sweep->point_count, sweep->out);
	if (sweep->kept > 0)
		printf("note      %u of them had been run before\n", sweep->kept);
	if (sweep->stale > 0)
		printf("note      %u were there from another sv3 or other input, and were run again\n",
		       sweep->stale);
	if (sweep->failed > 0)
		printf("note      %u failed\n", sweep->failed);
	printf("\n");
}

static int run(struct sweep *sweep, int argc, char *const argv[])
{
	int status = CLI_OK;

	if (sweep_run(sweep) != CLI_OK)
		return CLI_ERROR;
	if (sweep->is_interrupted)
		return cli_error("sweep",
				 "interrupted; what is finished is kept in %s, and the same "
				 "command goes on from there",
				 sweep->out);
	print_notes(sweep);
	if (sweep_tell(sweep, argc, argv) != CLI_OK)
		return CLI_ERROR;
	if (sweep->report != NULL)
		printf("\nreport    %s/report.html\n", sweep->report);
	for (unsigned int i = 0; i < sweep->point_count; i++) {
		if (sweep->points[i].status == CLI_MISTRUST)
			status = CLI_MISTRUST;
	}
	return sweep->failed > 0 ? CLI_ERROR : status;
}

int cmd_sweep(int argc, char **argv)
{
	struct sweep sweep = { .out = "sv3-sweep" };
	int status;

	if (!parse(argc, argv, &sweep, &status)) {
		sweep_free(&sweep);
		return status;
	}
	status = sweep_check_columns(&sweep);
	if (status == CLI_OK && sweep.report != NULL)
		status = page_check("sweep", sweep.report);
	if (status == CLI_OK)
		status = sweep_make_points(&sweep);
	if (status == CLI_OK)
		status = sweep_store_open(&sweep);
	if (status == CLI_OK)
		status = run(&sweep, argc, argv);
	sweep_free(&sweep);
	return status;
}
