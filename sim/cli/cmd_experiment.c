/* SPDX-License-Identifier: MIT */
/*
 * cmd_experiment.c - `sv3 experiment`: the questions of one mailing-list thread, asked of models.
 *
 * Everything is checked before anything runs, and nothing is printed before all has run.
 */
#include "cli.h"
#include "experiment.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 16u
#define WORD_MAX  64u

static const char about[] =
	"Asks the questions of one mailing-list thread of small models that are run here: what is\n"
	"expected, what came out, and whether that is the same. Wrong variants run beside right ones:\n"
	"a model that cannot show a mistake says nothing. PARAMETER=VALUE changes a number of the\n"
	"experiment; the list names them all. docs/EXPERIMENTS.md says what each model leaves out.\n"
	"Exit status 2: some answer is not the expected one.";

static const char *const examples[] = {
	"sv3 experiment list",
	"sv3 experiment thread-000 ways=4 in-flight=8",
	"sv3 experiment thread-001 --measure",
	"sv3 experiment thread-003 --json -",
	NULL,
};

struct request {
	const char *json;
	bool csv, measure;
};

static int unknown_experiment(const char *word)
{
	const char *names[NAMES_MAX + 2] = { "list" };
	const struct sv3_experiment_info *info;
	unsigned int count = 0;

	while (count < NAMES_MAX && (info = sv3_experiment_info(count)) != NULL)
		names[++count] = info->name;
	return cli_unknown("experiment", "experiment", word, names,
			   "sv3 experiment list shows them all");
}

static int unknown_parameter(const struct sv3_experiment_info *info, const char *name)
{
	const char *names[SV3_EXPERIMENT_PARAMETERS_MAX + 1] = { NULL };
	char remedy[WORD_MAX];

	for (uint32_t i = 0; i < info->parameter_count; i++)
		names[i] = info->parameters[i].name;
	if (info->parameter_count == 0)
		return cli_error("experiment", "%s has no parameters", info->name);
	snprintf(remedy, sizeof(remedy), "sv3 experiment list shows those of %s", info->name);
	return cli_unknown("experiment", "parameter", name, names, remedy);
}

static int refuse_value(const struct sv3_experiment_info *info, const char *name, const char *text)
{
	for (uint32_t i = 0; i < info->parameter_count; i++) {
		const struct sv3_experiment_parameter *parameter = &info->parameters[i];

		if (strcmp(parameter->name, name) == 0)
			return cli_error("experiment",
					 "%s: '%s' is not a %s from %" PRIu64 " to %" PRIu64, name,
					 text, parameter->power_of_two ? "power of two" : "number",
					 parameter->min, parameter->max);
	}
	return unknown_parameter(info, name);
}

/** One PARAMETER=VALUE. */
static int set_parameter(struct sv3_experiment_config *config, const char *word)
{
	const char *equals = strchr(word, '=');
	char name[WORD_MAX];
	uint64_t value;

	if (equals == NULL)
		return cli_error("experiment", "'%s' is not PARAMETER=VALUE", word);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
	if (!cli_value_parse(CLI_SIZE, equals + 1, &value))
		return refuse_value(config->experiment, name, equals + 1);
	switch (sv3_experiment_set(config, name, value)) {
	case 0:
		return CLI_OK;
	case -SV3_ERR_NOENT:
		return unknown_parameter(config->experiment, name);
	default:
		return refuse_value(config->experiment, name, equals + 1);
	}
}

/** A text for programs; released here. */
static int save(const char *path, char *text)
{
	int status;

	if (text == NULL)
		return cli_error("experiment", "%s", sv3_strerror(SV3_ERR_NOMEM));
	status = cli_save("experiment", &(const struct cli_file){ path, text, 0 }, 1);
	free(text);
	return status;
}

static int list(const struct cli_args *args, const struct request *request)
{
	if (args->operand_count > 1)
		return cli_error("experiment", "'%s' is one argument too many; list takes none",
				 args->operands[1]);
	if (request->csv || request->measure)
		return cli_error("experiment", "list takes no option but --json");
	return request->json != NULL ? save(request->json, experiment_list_json())
				     : experiment_print_list();
}

static int report_rows(const struct sv3_experiment_config *config,
		       const struct sv3_experiment_report *report, const struct request *request)
{
	int status = CLI_OK;

	if (request->json != NULL)
		status = save(request->json, experiment_json(config, report));
	if (status == CLI_OK && request->csv)
		status = save("-", experiment_csv(report));
	else if (status == CLI_OK && (request->json == NULL || !cli_is_stdout(request->json)))
		status = experiment_print(config, report);
	if (status == CLI_OK && sv3_experiment_failures(report) > 0)
		status = CLI_MISTRUST;
	return status;
}

static int run(const struct sv3_experiment_config *config, const struct request *request)
{
	struct sv3_experiment_report report;
	int error = sv3_experiment_run(config, &report);
	int status;

	if (error >= 0 && request->measure)
		experiment_measure(&report);
	if (error >= 0 && report.row_lost)
		error = -SV3_ERR_NOMEM;
	if (error < 0)
		status = cli_error("experiment", "%s: %s", config->experiment->name,
				   sv3_strerror(error));
	else
		status = report_rows(config, &report, request);
	sv3_experiment_report_fini(&report);
	return status;
}

static int run_one(const struct cli_args *args, const struct request *request)
{
	const struct sv3_experiment_info *info = sv3_experiment_find(args->operands[0]);
	struct sv3_experiment_config config;

	if (info == NULL)
		return unknown_experiment(args->operands[0]);
	if (request->measure && strcmp(info->name, "thread-001") != 0)
		return cli_error("experiment", "--measure: %s has nothing to measure on the host",
				 info->name);
	sv3_experiment_config_default(info, &config);
	for (unsigned int i = 1; i < args->operand_count; i++) {
		if (set_parameter(&config, args->operands[i]) != CLI_OK)
			return CLI_ERROR;
	}
	return run(&config, request);
}

int cmd_experiment(int argc, char **argv)
{
	struct request request = { 0 };
	const struct cli_option options[] = {
		{ .name = "--json",
		  .meta = "FILE",
		  .kind = CLI_TEXT,
		  .target = &request.json,
		  .help = "results as JSON; '-': to standard output, no table" },
		{ .name = "--csv",
		  .kind = CLI_FLAG,
		  .target = &request.csv,
		  .help = "results as CSV to standard output, no table" },
		{ .name = "--measure",
		  .kind = CLI_FLAG,
		  .target = &request.measure,
		  .help = "thread-001: also measure barriers on this host, by its\n"
			  "clock: figures that differ from run to run" },
	};
	const struct cli_usage usage = {
		.command = "experiment",
		.operands = "list|NAME [PARAMETER=VALUE]...",
		.about = about,
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_max = SV3_EXPERIMENT_PARAMETERS_MAX + 1,
	};
	struct cli_args args;

	if (!cli_parse(&usage, argc, argv, &args))
		return args.status;
	if (args.operand_count == 0)
		return cli_error("experiment", "write sv3 experiment list or a name");
	if (request.csv && request.json != NULL && cli_is_stdout(request.json))
		return cli_error("experiment", "--json and --csv cannot both go to '-'");
	if (request.json != NULL && cli_save_check("experiment", request.json) != CLI_OK)
		return CLI_ERROR;
	return strcmp(args.operands[0], "list") == 0 ? list(&args, &request)
						     : run_one(&args, &request);
}
