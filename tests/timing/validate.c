/* SPDX-License-Identifier: MIT */
/*
 * validate.c - sv3-timing: measures the points of docs/TIMING.md and prints a table of them.
 *
 * Usage: sv3-timing [--point N] [--effort N] [--plots FOLDER] [--json]
 */
#include "campaign.h"
#include "points.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "sv3-timing"

static const char help[] =
	"Usage: sv3-timing [OPTION...]\n"
	"Measures what is claimed of the timed runner.\n"
	"\n"
	"  --point N       this point only, 1 to 10\n"
	"  --effort N      so many times the accesses of the suite, default 10\n"
	"  --plots FOLDER  data of plots go there\n"
	"  --json          one JSON document instead of the table\n"
	"\n"
	"Exit status: 0 all hold, 1 some do not, 2 a mistake in the options.\n";

struct options {
	uint64_t point, effort; /* @point: 0: all */
	const char *plots;
	bool json;
};

static void parse(struct options *o, char **argv)
{
	for (char **arg = argv + 1; *arg; arg++) {
		const char *option = *arg;

		if (!strcmp(option, "--help")) {
			fputs(help, stdout);
			exit(0);
		}
		if (!strcmp(option, "--json")) {
			o->json = true;
			continue;
		}
		arg++;
		if (!strcmp(option, "--point"))
			o->point = campaign_number(PROGRAM, option, *arg);
		else if (!strcmp(option, "--effort"))
			o->effort = campaign_number(PROGRAM, option, *arg);
		else if (!strcmp(option, "--plots") && *arg)
			o->plots = *arg;
		else
			campaign_refuse(PROGRAM, option, "unknown, or its value is");
		if (!*arg)
			break;
	}
	if (o->point > POINT_COUNT || !o->effort)
		campaign_refuse(PROGRAM, "--point and --effort", "a point there is, and at least 1");
}

/* --- a table, or JSON --- */

static const char *bound_of(const struct row *row)
{
	return row->kind == ROW_AT_MOST ? "<= " : row->kind == ROW_AT_LEAST ? ">= " : "";
}

static void print_row(const struct row *row)
{
	char expected[40];

	snprintf(expected, sizeof(expected), "%s%.6g", bound_of(row), row->expected);
	printf("%2u  %-66s %14s %14.6g %10.4g  %-20s %s\n", row->point, row->what, expected,
	       row->measured, row->tolerance, row->unit, row->holds ? "pass" : "FAIL");
}

static void print_rows(const struct ledger *ledger, unsigned int from)
{
	for (unsigned int i = from; i < ledger->count; i++)
		print_row(&ledger->rows[i]);
	fflush(stdout);
}

static void print_json(const struct ledger *ledger)
{
	static const char *const kinds[] = { "near", "at_most", "at_least" };

	printf("[");
	for (unsigned int i = 0; i < ledger->count; i++) {
		const struct row *row = &ledger->rows[i];

		printf("%s\n{\"point\": %u, \"what\": \"%s\", \"kind\": \"%s\", \"unit\": \"%s\", "
		       "\"expected\": %.9g, \"measured\": %.9g, \"tolerance\": %.9g, "
		       "\"pass\": %s}",
		       i ? "," : "", row->point, row->what, kinds[row->kind], row->unit,
		       row->expected, row->measured, row->tolerance, row->holds ? "true" : "false");
	}
	printf("\n]\n");
}

int main(int argc, char **argv)
{
	struct options options = { .effort = 10 };
	static struct ledger ledger;
	unsigned int failed = 0;

	(void)argc;
	parse(&options, argv);
	ledger.plots = options.plots;
	if (!options.json)
		printf("%2s  %-66s %14s %14s %10s  %-20s\n", "", "what", "expected", "measured",
		       "tolerance", "unit");
	for (unsigned int i = 0; i < POINT_COUNT; i++) {
		const unsigned int from = ledger.count;

		if (options.point && points[i].number != options.point)
			continue;
		points_measure(&ledger, &points[i], options.effort);
		if (!options.json)
			print_rows(&ledger, from);
	}
	if (options.json)
		print_json(&ledger);
	for (unsigned int i = 0; i < ledger.count; i++)
		failed += !ledger.rows[i].holds;
	if (!options.json)
		printf("%u passed, %u failed\n", ledger.count - failed, failed);
	return failed > 0;
}
