/* SPDX-License-Identifier: MIT */
/*
 * cmd_policy.c - `sv3 policy list`, `sv3 scenario list`, `sv3 bug list`: what compare can be told.
 *
 * The three are the same: rows of texts, as a table or as JSON. A list is a title, columns and a
 * function that gives the cells of a row.
 */
#include "cli.h"

#include <cjson/cJSON.h>
#include <sv3/migration.h>
#include <sv3/report.h>

#include <string.h>

enum { COLUMNS_MAX = 6 };

/** The cells of row @index; false behind the last. */
typedef bool row_fn(unsigned int index, const char **cells);

struct list {
	const char *command, *plural, *about;
	struct sv3_table_column columns[COLUMNS_MAX];
	unsigned int column_count;
	row_fn *row;
};

static const char yes[] = "yes", no[] = "no";

static bool policy_row(unsigned int index, const char **cells)
{
	const struct sv3_policy_info *info = sv3_policy_info(index);

	if (info == NULL)
		return false;
	cells[0] = info->name;
	cells[1] = info->id;
	cells[2] = info->claims_lossless ? yes : no;
	cells[3] = info->is_default ? yes : no;
	cells[4] = info->steps;
	cells[5] = info->description;
	return true;
}

static bool scenario_row(unsigned int index, const char **cells)
{
	const struct sv3_scenario_info *info = sv3_scenario_info(index);

	if (info == NULL)
		return false;
	cells[0] = info->name;
	cells[1] = info->parameters;
	cells[2] = info->description;
	return true;
}

static bool bug_row(unsigned int index, const char **cells)
{
	const struct sv3_bug_info *info = sv3_bug_info(index);

	if (info == NULL)
		return false;
	cells[0] = info->name;
	cells[1] = info->id;
	cells[2] = info->description;
	return true;
}

static const struct list policy_list = {
	.command = "policy",
	.plural = "policies",
	.about =
		"Lists the migration policies of sv3 compare --policy.\n\n"
		"Steps: S scan, SC scan and clear at once, X(r) clear the reported pages of r,\n"
		"I invalidate (TLBI), Y wait for CMD_SYNC, C copy. \"lossless\": what the policy claims;\n"
		"sv3 compare ends with status 2 if it loses a page all the same.",
	.columns = { { "policy", "", SV3_ALIGN_LEFT },
		     { "id", "", SV3_ALIGN_LEFT },
		     { "lossless", "", SV3_ALIGN_LEFT },
		     { "default", "", SV3_ALIGN_LEFT },
		     { "steps", "", SV3_ALIGN_LEFT },
		     { "description", "", SV3_ALIGN_LEFT } },
	.column_count = 6,
	.row = policy_row,
};

static const struct list scenario_list = {
	.command = "scenario",
	.plural = "scenarios",
	.about = "Lists the scenarios of sv3 compare --scenario: DMA placed by the steps of the\n"
		 "migration itself in place of a trace. Parameters follow the name behind colons.",
	.columns = { { "scenario", "", SV3_ALIGN_LEFT },
		     { "parameters", "", SV3_ALIGN_LEFT },
		     { "description", "", SV3_ALIGN_LEFT } },
	.column_count = 3,
	.row = scenario_row,
};

static const struct list bug_list = {
	.command = "bug",
	.plural = "bugs",
	.about =
		"Lists the mistakes of sv3 compare --bug: what a broken driver would do. There are more in\n"
		"sv3 explore --list: those need a small machine to be found.",
	.columns = { { "bug", "", SV3_ALIGN_LEFT },
		     { "id", "", SV3_ALIGN_LEFT },
		     { "description", "", SV3_ALIGN_LEFT } },
	.column_count = 3,
	.row = bug_row,
};

static int print_table(const struct list *list)
{
	const char *cells[COLUMNS_MAX];
	struct sv3_table *table;
	int error = sv3_table_create(list->columns, list->column_count, &table);

	if (error < 0)
		return cli_error(list->command, "%s", sv3_strerror(error));
	for (unsigned int i = 0; list->row(i, cells); i++) {
		for (unsigned int j = 0; j < list->column_count; j++)
			sv3_table_text(table, cells[j], SV3_TONE_PLAIN);
	}
	error = sv3_table_print(table, stdout, sv3_report_wants_color(stdout));
	sv3_table_destroy(table);
	return error < 0 ? cli_error(list->command, "%s", sv3_strerror(error)) : CLI_OK;
}

static int print_json(const struct list *list)
{
	cJSON *top = cJSON_CreateObject();
	cJSON *rows = cJSON_AddArrayToObject(top, list->plural);
	const char *cells[COLUMNS_MAX];

	for (unsigned int i = 0; list->row(i, cells); i++) {
		cJSON *row = cJSON_CreateObject();

		for (unsigned int j = 0; j < list->column_count; j++) {
			const char *key = j == 0 ? "name" : list->columns[j].head;

			if (cells[j] == yes || cells[j] == no)
				cJSON_AddBoolToObject(row, key, cells[j] == yes);
			else
				cJSON_AddStringToObject(row, key, cells[j]);
		}
		cJSON_AddItemToArray(rows, row);
	}
	return cli_json_save(list->command, "-", top);
}

static int run_list(const struct list *list, int argc, char **argv)
{
	bool json = false;
	char plain[64], as_json[64];
	const char *const examples[] = { plain, as_json, NULL };
	const struct cli_option options[] = {
		{ .name = "--json", .kind = CLI_FLAG, .target = &json, .help = "as JSON" },
	};
	const struct cli_usage usage = {
		.command = list->command,
		.operands = "list",
		.about = list->about,
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_max = 1,
	};
	struct cli_args args;

	snprintf(plain, sizeof(plain), "sv3 %s list", list->command);
	snprintf(as_json, sizeof(as_json), "sv3 %s list --json", list->command);
	if (!cli_parse(&usage, argc, argv, &args))
		return args.status;
	if (args.operand_count != 1 || strcmp(args.operands[0], "list") != 0)
		return cli_error(list->command, "write sv3 %s list", list->command);
	return json ? print_json(list) : print_table(list);
}

int cmd_policy(int argc, char **argv)
{
	return run_list(&policy_list, argc, argv);
}

int cmd_scenario(int argc, char **argv)
{
	return run_list(&scenario_list, argc, argv);
}

int cmd_bug(int argc, char **argv)
{
	return run_list(&bug_list, argc, argv);
}
