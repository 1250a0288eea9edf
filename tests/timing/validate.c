/* SPDX-License-Identifier: MIT */
/*
 * validate.c - sv3-timing: measures the points of docs/TIMING.md and prints a table of them.
 *
 * Usage: sv3-timing [--point N] [--effort N] [--plots FOLDER] [--json]
 *        sv3-timing --interleavings N [--seed FIRST]
 */
#include "campaign.h"
#include "points.h"
#include "race.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "sv3-timing"

static const char help[] =
	"Usage: sv3-timing [OPTION...]\n"
	"Measures what is claimed of the timed runner; or looks for lost writes in random worlds.\n"
	"\n"
	"  --point N       this point only, 1 to 10\n"
	"  --effort N      so many times the accesses of the suite, default 10\n"
	"  --plots FOLDER  data of plots go there\n"
	"  --json          one JSON document instead of the table\n"
	"  --interleavings N  no table: so many pages made clean and copied against DMA, a line\n"
	"  --seed FIRST    of the first of their worlds, default 1\n"
	"\n"
	"Exit status: 0 all hold, 1 some do not, 2 a mistake in the options.\n";

struct options {
	uint64_t point, effort; /* @point: 0: all */
	const char *plots;
	bool json;
	uint64_t interleavings, seed; /* @interleavings: 0: the table */
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
		else if (!strcmp(option, "--interleavings"))
			o->interleavings = campaign_number(PROGRAM, option, *arg);
		else if (!strcmp(option, "--seed"))
			o->seed = campaign_number(PROGRAM, option, *arg);
		else if (!strcmp(option, "--plots") && *arg)
			o->plots = *arg;
		else
			campaign_refuse(PROGRAM, option, "unknown, or its value is");
	}
	if (o->point > POINT_COUNT || !o->effort)
		campaign_refuse(PROGRAM, "--point and --effort",
				"a point there is, and at least 1");
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

/* --- random worlds --- */

/* Returns: whether nothing was lost. The first world that loses a write ends it. */
static bool race_all(const struct options *o)
{
	struct race_result sum = { 0 };
	uint64_t seed = o->seed;

	for (; sum.interleavings < o->interleavings && !sum.lost; seed++)
		race_run(seed, RACE_NO_BUG, RACE_A_WORLD, &sum);
	if (sum.lost) {
		printf("FAIL timed: %" PRIu64 " writes lost; again: make worlds-timed "
		       "INTERLEAVINGS=1 SEED=%" PRIu64 "\n",
		       sum.lost, seed - 1);
		return false;
	}
	printf("ok timed: %" PRIu64 " worlds, %" PRIu64 " interleavings, %" PRIu64
	       " writes, %" PRIu64 " of %" PRIu64 " updates foiled, no write lost\n",
	       seed - o->seed, sum.interleavings, sum.landed, sum.updates_lost, sum.updates);
	return true;
}

int main(int argc, char **argv)
{
	struct options options = { .effort = 10, .seed = 1 };
	static struct ledger ledger;
	unsigned int failed = 0;

	(void)argc;
	parse(&options, argv);
	if (options.interleavings)
		return !race_all(&options);
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
