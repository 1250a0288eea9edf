/* SPDX-License-Identifier: MIT */
/*
 * cmd_explore.c - `sv3 explore`: every interleaving of a driver, devices and the SMMU in a small
 * machine.
 *
 * Everything is checked before anything runs, and nothing is printed before all has run.
 */
#include "explore.h"

#include <sv3/migration.h>

#include <stdlib.h>
#include <string.h>

enum { DRAWN_SCHEDULES = 100000, CHANGES_MAX = 16 };

const char *const explore_modes[] = { "reduced", "brute", "random", "pct", "merged", NULL };

bool explore_is_drawn(enum sv3_explore_mode mode)
{
	return mode == SV3_EXPLORE_RANDOM || mode == SV3_EXPLORE_PCT;
}

static const char about[] =
	"Runs a small machine again and again, each time in another order of the steps of its actors:\n"
	"a driver, devices, the queues of the SMMU. What no order may do is a rule; the first that\n"
	"breaks one is made short and told as a story. SCENARIO is a small machine and what happens\n"
	"in it; all: each of them, and the story of the first finding. --bug seeds a mistake that a\n"
	"driver may have. docs/VALIDATING-A-DRIVER.md shows how a driver of your own is explored.\n"
	"Exit status 2: a rule was broken.";

static const char *const examples[] = {
	"sv3 explore --list",
	"sv3 explore clear",
	"sv3 explore clear --bug no-tlbi",
	"sv3 explore clear --bug tlbi-first --go-on --json -",
	"sv3 explore all --mode pct --schedules 1000 --seed 7",
	NULL,
};

/* --- names --- */

const struct sv3_explore_driver *explore_find_driver(const char *name)
{
	const struct sv3_explore_driver *driver;

	for (unsigned int i = 0; (driver = explore_driver(i)) != NULL; i++)
		if (strcmp(driver->name, name) == 0)
			break;
	return driver;
}

enum { NAMES_MAX = 128 };

/** @word is none of @names. */
static int unknown(const char *what, const char *word, const char *const *names, const char *more)
{
	char remedy[128];

	snprintf(remedy, sizeof(remedy), "%s explore --list shows them all%s", explore_program,
		 more);
	return cli_unknown("explore", what, word, names, remedy);
}

static int unknown_scenario(const char *word)
{
	const char *names[NAMES_MAX + 2] = { "all" };
	const struct sv3_explore_scenario *scenario;
	unsigned int count = 0;

	while (count < NAMES_MAX && (scenario = sv3_explore_scenario(count)) != NULL)
		names[++count] = scenario->name;
	return unknown("scenario", word, names, "");
}

static int unknown_driver(const char *word)
{
	const char *names[NAMES_MAX + 1] = { NULL };
	const struct sv3_explore_driver *driver;

	for (unsigned int i = 0; i < NAMES_MAX && (driver = explore_driver(i)) != NULL; i++)
		names[i] = driver->name;
	return unknown("driver", word, names,
		       "; those of Linux are in build/sv3-linux (make linux-harness)");
}

static int unknown_mutant(const char *word)
{
	const char *names[NAMES_MAX + 1] = { NULL };
	const struct sv3_explore_mutant *mutant;
	const struct sv3_bug_info *info;

	for (unsigned int i = 0; i < NAMES_MAX && (mutant = sv3_explore_mutant(i)) != NULL; i++)
		names[i] = mutant->name;
	for (unsigned int i = 0; (info = sv3_bug_info(i)) != NULL; i++)
		if (strcmp(info->name, word) == 0)
			return cli_error("explore",
					 "--bug %s: seeded by another command: sv3 "
					 "compare --bug %s",
					 word, word);
	return unknown("bug", word, names, "");
}

/* --- replay --- */

static int agree(const char *path, const char *what, const char *in_file, const char *typed)
{
	if (typed == NULL || strcmp(typed, in_file) == 0)
		return CLI_OK;
	return cli_error("explore", "--replay: %s is of %s %s, not %s; leave it out", path, what,
			 in_file, typed);
}

/** The file says what else the command line might. */
static int check_replay(const struct cli_args *args, const struct explore_request *request,
			const struct explore_file *file)
{
	const char *scenario = args->operand_count > 0 ? args->operands[0] : NULL;

	if (agree(request->replay, "scenario", file->scenario->name, scenario) != CLI_OK ||
	    agree(request->replay, "driver", file->driver->name,
		  cli_is_given(args, "--driver") ? request->driver : NULL) != CLI_OK)
		return CLI_ERROR;
	return agree(request->replay, "bug", file->mutant != NULL ? file->mutant->name : "none",
		     request->bug);
}

static int replay(const struct cli_args *args, struct explore_request *request)
{
	static const char *const others[] = { "--mode",  "--schedules", "--seed",   "--changes",
					      "--go-on", "--save",      "--measure" };
	struct explore_run run = { 0 };
	struct explore_file file;
	struct sv3_explore *x;
	int status;

	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (cli_is_given(args, others[i]))
			return cli_error("explore", "%s: --replay runs one schedule; leave it out",
					 others[i]);
	if (explore_load(request->replay, &file) != CLI_OK ||
	    check_replay(args, request, &file) != CLI_OK)
		return CLI_ERROR;
	request->driver = file.driver->name;
	request->bug = file.mutant != NULL ? file.mutant->name : NULL;
	request->config.scenario = run.scenario = file.scenario;
	request->config.driver = file.driver;
	request->config.bug = request->bug;
	request->config.is_watched |= file.rule == SV3_EXPLORE_OWED;
	run.report.schedule = file.schedule;
	if (explore_create(&request->config, &x) != CLI_OK)
		return CLI_ERROR;
	status = explore_tell(x, &run);
	sv3_explore_destroy(x);
	if (status == CLI_OK && request->json != NULL)
		status = explore_json(request, &run, 1);
	if (status == CLI_OK && (request->json == NULL || !cli_is_stdout(request->json)))
		status = explore_print_replay(request, &file, &run);
	explore_run_fini(&run);
	return status == CLI_OK && run.report.finding.rule != SV3_EXPLORE_OK ? CLI_MISTRUST
									     : status;
}

/* --- explore --- */

/** Whether the driver has all that a scenario calls. */
static bool fits(const struct sv3_explore_config *config)
{
	struct sv3_explore *x;
	const int error = sv3_explore_create(config, &x);

	if (error == 0)
		sv3_explore_destroy(x);
	return error != -SV3_ERR_NOENT;
}

static int run_all(const struct explore_request *request, struct explore_run *runs,
		   unsigned int *count)
{
	struct sv3_explore_config config = request->config;

	if (config.scenario != NULL)
		return explore_run(&config, &runs[(*count)++]);
	for (unsigned int i = 0; (config.scenario = sv3_explore_scenario(i)) != NULL; i++) {
		if (fits(&config) && *count < EXPLORE_SCENARIOS_MAX &&
		    explore_run(&config, &runs[(*count)++]) != CLI_OK)
			return CLI_ERROR;
	}
	return CLI_OK;
}

/** Files first, so that nothing is printed if they cannot be written. */
static int report(const struct explore_request *request, const struct explore_run *runs,
		  unsigned int count)
{
	const struct explore_run *found = NULL;
	int status = CLI_OK;

	for (unsigned int i = 0; i < count && found == NULL; i++)
		if (runs[i].report.findings > 0)
			found = &runs[i];
	if (found != NULL && request->save != NULL)
		status = explore_save(request, found);
	if (status == CLI_OK && request->json != NULL)
		status = explore_json(request, runs, count);
	if (status == CLI_OK && (request->json == NULL || !cli_is_stdout(request->json)))
		status = explore_print(request, runs, count);
	return status == CLI_OK && found != NULL ? CLI_MISTRUST : status;
}

static int explore(const struct explore_request *request)
{
	struct explore_run *runs = calloc(EXPLORE_SCENARIOS_MAX, sizeof(*runs));
	unsigned int count = 0;
	int status;

	if (runs == NULL)
		return cli_error("explore", "%s", sv3_strerror(SV3_ERR_NOMEM));
	status = run_all(request, runs, &count);
	if (status == CLI_OK)
		status = report(request, runs, count);
	for (unsigned int i = 0; i < count; i++)
		explore_run_fini(&runs[i]);
	free(runs);
	return status;
}

/* --- the command line --- */

/** What only drawn schedules have. */
static int check_mode(const struct cli_args *args, struct sv3_explore_config *config)
{
	const bool is_drawn = explore_is_drawn(config->mode);

	if (!is_drawn && cli_is_given(args, "--seed"))
		return cli_error("explore",
				 "--seed: --mode %s draws nothing; give --mode random or "
				 "--mode pct",
				 explore_modes[config->mode]);
	if (config->mode != SV3_EXPLORE_PCT && cli_is_given(args, "--changes"))
		return cli_error("explore",
				 "--changes: --mode %s has no priorities; give --mode pct",
				 explore_modes[config->mode]);
	if (config->mode == SV3_EXPLORE_MERGED && config->is_watched)
		return cli_error("explore", "--monitor: what it knows is no part of the states of "
					    "--mode merged; give --mode reduced");
	if (is_drawn && config->schedules_max == 0)
		config->schedules_max = DRAWN_SCHEDULES;
	return CLI_OK;
}

/** The words of a request; then it may run. */
static int look_up(const struct cli_args *args, struct explore_request *request)
{
	struct sv3_explore_config *config = &request->config;
	const char *word = args->operand_count > 0 ? args->operands[0] : NULL;
	const struct sv3_explore_mutant *mutant = sv3_explore_find_mutant(request->bug);

	config->driver = explore_find_driver(request->driver);
	if (config->driver == NULL)
		return unknown_driver(request->driver);
	if (request->bug != NULL) {
		if (mutant == NULL)
			return unknown_mutant(request->bug);
		request->bug = config->bug = mutant->name;
	}
	if (request->replay != NULL)
		return CLI_OK;
	if (word == NULL)
		return cli_error("explore", "SCENARIO is missing; %s explore --list shows them all",
				 explore_program);
	if (strcmp(word, "all") != 0) {
		config->scenario = sv3_explore_find_scenario(word);
		if (config->scenario == NULL)
			return unknown_scenario(word);
	}
	return check_mode(args, config);
}

static int check_files(const struct explore_request *request)
{
	if (request->save != NULL && cli_is_stdout(request->save))
		return cli_error("explore", "--save: a schedule does not go to '-'; name a file");
	if (request->save != NULL && cli_save_check("explore", request->save) != CLI_OK)
		return CLI_ERROR;
	if (request->json != NULL && cli_save_check("explore", request->json) != CLI_OK)
		return CLI_ERROR;
	if (request->save != NULL && request->json != NULL &&
	    strcmp(request->save, request->json) == 0)
		return cli_error("explore", "--save and --json cannot both be %s", request->save);
	return CLI_OK;
}

static int list(const struct cli_args *args, const struct explore_request *request)
{
	if (args->operand_count > 0)
		return cli_error("explore", "'%s' is one argument too many; --list takes none",
				 args->operands[0]);
	if (args->given_count > (request->json != NULL ? 2 : 1))
		return cli_error("explore", "--list takes no option but --json");
	return explore_list(request->json);
}

int cmd_explore(int argc, char **argv)
{
	struct explore_request request = { .driver = EXPLORE_DRIVER };
	struct sv3_explore_config *config = &request.config;
	unsigned int mode = SV3_EXPLORE_REDUCED;
	uint64_t changes = 3;
	bool lists = false;
	const struct cli_option options[] = {
		{ .name = "--list",
		  .kind = CLI_FLAG,
		  .target = &lists,
		  .help = "scenarios, drivers, rules and bugs" },
		{ .name = "--driver",
		  .meta = "NAME",
		  .kind = CLI_TEXT,
		  .target = &request.driver,
		  .help = "the software under test" },
		{ .name = "--bug",
		  .meta = "NAME|Bnn",
		  .kind = CLI_TEXT,
		  .target = &request.bug,
		  .help = "a mistake that is seeded into it" },
		{ .name = "--mode",
		  .kind = CLI_CHOICE,
		  .target = &mode,
		  .choices = explore_modes,
		  .help = "reduced: all schedules, of those that differ in the order\n"
			  "of steps that do not touch only one; merged: and what\n"
			  "follows a state once; brute: all; random: each step drawn;\n"
			  "pct: priorities drawn" },
		{ .name = "--schedules",
		  .kind = CLI_INTEGER,
		  .target = &config->schedules_max,
		  .min = 1,
		  .help = "no more than these, a scenario; random and pct: as many\n"
			  "[all; random, pct: 100000]" },
		{ .name = "--seed",
		  .kind = CLI_INTEGER,
		  .target = &config->seed,
		  .help = "random and pct: what is drawn" },
		{ .name = "--changes",
		  .kind = CLI_INTEGER,
		  .target = &changes,
		  .max = CHANGES_MAX,
		  .help = "pct: steps at which a priority changes" },
		{ .name = "--go-on",
		  .kind = CLI_FLAG,
		  .target = &config->goes_on,
		  .help = "count all schedules that break a rule" },
		{ .name = "--monitor",
		  .kind = CLI_FLAG,
		  .target = &config->is_watched,
		  .help = "also hold what software does against what it owes the\n"
			  "SMMU (docs/MONITOR.md)" },
		{ .name = "--measure",
		  .kind = CLI_FLAG,
		  .target = &request.measures,
		  .help = "also time and schedules a second, by the host's clock" },
		{ .name = "--save",
		  .meta = "FILE",
		  .kind = CLI_TEXT,
		  .target = &request.save,
		  .help = "write the schedule of the first finding" },
		{ .name = "--replay",
		  .meta = "FILE",
		  .kind = CLI_TEXT,
		  .target = &request.replay,
		  .help = "tell the story of such a file again" },
		{ .name = "--json",
		  .meta = "FILE",
		  .kind = CLI_TEXT,
		  .target = &request.json,
		  .help = "results as JSON; '-': to standard output, no table" },
	};
	const struct cli_usage usage = {
		.command = "explore",
		.operands = "SCENARIO|all",
		.about = about,
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_max = 1,
	};
	struct cli_args args;

	if (!cli_parse(&usage, argc, argv, &args))
		return args.status;
	config->mode = (enum sv3_explore_mode)mode;
	config->changes = (uint32_t)changes;
	if (check_files(&request) != CLI_OK)
		return CLI_ERROR;
	if (lists)
		return list(&args, &request);
	if (look_up(&args, &request) != CLI_OK)
		return CLI_ERROR;
	return request.replay != NULL ? replay(&args, &request) : explore(&request);
}
