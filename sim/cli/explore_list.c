/* SPDX-License-Identifier: MIT */
/*
 * explore_list.c - `sv3 explore --list`: scenarios, drivers, rules and bugs, as tables or as JSON.
 *
 * Each is a title, columns and a function that gives the cells of a row.
 */
#include "explore.h"

#include <cjson/cJSON.h>
#include <sv3/report.h>

#include <string.h>

enum { COLUMNS_MAX = 5 };

/** The cells of row @index; false behind the last. */
typedef bool row_fn(unsigned int index, const char **cells);

struct list {
	const char *title, *key;
	const char *columns[COLUMNS_MAX + 1]; /* ends with NULL */
	row_fn *row;
};

static bool scenario_row(unsigned int index, const char **cells)
{
	const struct sv3_explore_scenario *scenario = sv3_explore_scenario(index);

	if (scenario == NULL)
		return false;
	cells[0] = scenario->name;
	cells[1] = scenario->about;
	return true;
}

static bool driver_row(unsigned int index, const char **cells)
{
	const struct sv3_explore_driver *driver = explore_driver(index);

	if (driver == NULL)
		return false;
	cells[0] = driver->name;
	cells[1] = driver->about;
	return true;
}

static bool rule_row(unsigned int index, const char **cells)
{
	struct sv3_explore_rule_info info;

	if (index + 1 >= SV3_EXPLORE_RULE_COUNT)
		return false;
	info = sv3_explore_rule_info((enum sv3_explore_rule)(index + 1));
	cells[0] = info.name;
	cells[1] = info.clause;
	cells[2] = info.text;
	return true;
}

static bool bug_row(unsigned int index, const char **cells)
{
	const struct sv3_explore_mutant *mutant = sv3_explore_mutant(index);

	if (mutant == NULL)
		return false;
	cells[0] = mutant->name;
	cells[1] = mutant->id;
	cells[2] = mutant->expected == SV3_EXPLORE_OK
			   ? "nothing"
			   : sv3_explore_rule_info(mutant->expected).name;
	cells[3] = mutant->scenario;
	cells[4] = mutant->text;
	return true;
}

static const struct list lists[] = {
	{ "scenarios", "scenarios", { "scenario", "about", NULL }, scenario_row },
	{ "drivers, for --driver", "drivers", { "driver", "about", NULL }, driver_row },
	{ "rules", "rules", { "rule", "clause", "text", NULL }, rule_row },
	{ "bugs, for --bug",
	  "bugs",
	  { "bug", "id", "breaks", "scenario", "about", NULL },
	  bug_row },
};

enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

static int print_table(const struct list *list)
{
	struct sv3_table_column columns[COLUMNS_MAX];
	const char *cells[COLUMNS_MAX];
	struct sv3_table *table;
	unsigned int count = 0;
	int error;

	for (; list->columns[count] != NULL; count++)
		columns[count] =
			(struct sv3_table_column){ list->columns[count], "", SV3_ALIGN_LEFT };
	error = sv3_table_create(columns, count, &table);
	if (error < 0)
		return cli_error("explore", "%s", sv3_strerror(error));
	for (unsigned int i = 0; list->row(i, cells); i++) {
		for (unsigned int j = 0; j < count; j++)
			sv3_table_text(table, cells[j], SV3_TONE_PLAIN);
	}
	printf("%s\n\n", list->title);
	error = sv3_table_print(table, stdout, sv3_report_wants_color(stdout));
	sv3_table_destroy(table);
	return error < 0 ? cli_error("explore", "%s", sv3_strerror(error)) : CLI_OK;
}

static void add_json(cJSON *top, const struct list *list)
{
	cJSON *rows = cJSON_AddArrayToObject(top, list->key);
	const char *cells[COLUMNS_MAX];

	for (unsigned int i = 0; list->row(i, cells); i++) {
		cJSON *row = cJSON_CreateObject();

		for (unsigned int j = 0; list->columns[j] != NULL; j++)
			cJSON_AddStringToObject(row, j == 0 ? "name" : list->columns[j], cells[j]);
		cJSON_AddItemToArray(rows, row);
	}
}

int explore_list(const char *json)
{
	if (json != NULL) {
		cJSON *top = cJSON_CreateObject();

		for (unsigned int i = 0; i < LISTS; i++)
			add_json(top, &lists[i]);
		return cli_json_save("explore", json, top);
	}
	for (unsigned int i = 0; i < LISTS; i++) {
		if (i > 0)
			putchar('\n');
		if (print_table(&lists[i]) != CLI_OK)
			return CLI_ERROR;
	}
	return CLI_OK;
}
