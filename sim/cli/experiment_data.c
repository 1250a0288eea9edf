/* SPDX-License-Identifier: MIT */
/*
 * experiment_data.c - experiments for programs: JSON and CSV with the same keys.
 */
#include "cli.h"
#include "experiment.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {
	[SV3_EXPERIMENT_EQUAL] = "equal",     [SV3_EXPERIMENT_AT_LEAST] = "at-least",
	[SV3_EXPERIMENT_AT_MOST] = "at-most", [SV3_EXPERIMENT_FIGURE] = "figure",
	[SV3_EXPERIMENT_HOST] = "host",       [SV3_EXPERIMENT_PUBLISHED] = "published",
	[SV3_EXPERIMENT_OPEN] = "open",
};

/* --- JSON --- */

static void add_number(cJSON *object, const char *key, uint64_t value, uint32_t digits)
{
	char text[EXPERIMENT_NUMBER_CHARS];

	cJSON_AddRawToObject(object, key, experiment_number(value, digits, text));
}

static cJSON *row_object(const struct sv3_experiment_row *row)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", row->name);
	cJSON_AddStringToObject(object, "question", row->question);
	cJSON_AddStringToObject(object, "kind", kinds[row->kind]);
	if (sv3_experiment_is_check(row))
		add_number(object, "expected", row->expected, row->digits);
	else
		cJSON_AddNullToObject(object, "expected");
	if (row->kind == SV3_EXPERIMENT_OPEN)
		cJSON_AddNullToObject(object, "measured");
	else
		add_number(object, "measured", row->measured, row->digits);
	if (row->total > 0)
		add_number(object, "total", row->total, row->digits);
	else
		cJSON_AddNullToObject(object, "total");
	cJSON_AddStringToObject(object, "unit", row->unit);
	if (sv3_experiment_is_check(row))
		cJSON_AddBoolToObject(object, "passed", sv3_experiment_passed(row));
	else
		cJSON_AddNullToObject(object, "passed");
	cJSON_AddStringToObject(object, "note", row->note);
	return object;
}

char *experiment_json(const struct sv3_experiment_config *config,
		      const struct sv3_experiment_report *report)
{
	const struct sv3_experiment_info *info = config->experiment;
	cJSON *top = cJSON_CreateObject();
	cJSON *parameters, *rows;

	cJSON_AddStringToObject(top, "experiment", info->name);
	cJSON_AddStringToObject(top, "title", info->title);
	parameters = cJSON_AddObjectToObject(top, "parameters");
	for (uint32_t i = 0; i < info->parameter_count; i++)
		cli_json_u64(parameters, info->parameters[i].name, config->values[i]);
	cli_json_u64(top, "failed", sv3_experiment_failures(report));
	rows = cJSON_AddArrayToObject(top, "rows");
	for (uint32_t i = 0; i < report->row_count; i++)
		cJSON_AddItemToArray(rows, row_object(&report->rows[i]));
	return cli_json_print(top);
}

static cJSON *parameter_object(const struct sv3_experiment_parameter *parameter)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", parameter->name);
	cJSON_AddStringToObject(object, "help", parameter->help);
	cli_json_u64(object, "default", parameter->value);
	cli_json_u64(object, "min", parameter->min);
	cli_json_u64(object, "max", parameter->max);
	cJSON_AddBoolToObject(object, "power_of_two", parameter->power_of_two);
	return object;
}

char *experiment_list_json(void)
{
	cJSON *top = cJSON_CreateObject();
	cJSON *rows = cJSON_AddArrayToObject(top, "experiments");
	const struct sv3_experiment_info *info;

	for (unsigned int i = 0; (info = sv3_experiment_info(i)) != NULL; i++) {
		cJSON *row = cJSON_CreateObject();
		cJSON *parameters;

		cJSON_AddStringToObject(row, "name", info->name);
		cJSON_AddStringToObject(row, "title", info->title);
		cJSON_AddStringToObject(row, "description", info->description);
		parameters = cJSON_AddArrayToObject(row, "parameters");
		for (uint32_t j = 0; j < info->parameter_count; j++)
			cJSON_AddItemToArray(parameters, parameter_object(&info->parameters[j]));
		cJSON_AddItemToArray(rows, row);
	}
	return cli_json_print(top);
}

/* --- CSV --- */

/** A text as one field; none of ours holds a quotation mark or a line's end. */
static void put_text(FILE *file, const char *text)
{
	const char *mark = strchr(text, ',') != NULL ? "\"" : "";

	fprintf(file, "%s%s%s", mark, text, mark);
}

static void put_row(FILE *file, const struct sv3_experiment_row *row)
{
	const bool is_check = sv3_experiment_is_check(row);
	char text[EXPERIMENT_NUMBER_CHARS];

	fprintf(file, "%s,", row->name);
	put_text(file, row->question);
	fprintf(file, ",%s,", kinds[row->kind]);
	if (is_check)
		fputs(experiment_number(row->expected, row->digits, text), file);
	fputc(',', file);
	if (row->kind != SV3_EXPERIMENT_OPEN)
		fputs(experiment_number(row->measured, row->digits, text), file);
	fputc(',', file);
	if (row->total > 0)
		fputs(experiment_number(row->total, row->digits, text), file);
	fprintf(file, ",%s,%s,", row->unit,
		!is_check                    ? ""
		: sv3_experiment_passed(row) ? "true"
					     : "false");
	put_text(file, row->note);
	fputc('\n', file);
}

char *experiment_csv(const struct sv3_experiment_report *report)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (file == NULL)
		return NULL;
	fputs("name,question,kind,expected,measured,total,unit,passed,note\n", file);
	for (uint32_t i = 0; i < report->row_count; i++)
		put_row(file, &report->rows[i]);
	if (ferror(file) != 0) {
		fclose(file);
		free(text);
		return NULL;
	}
	return fclose(file) == 0 ? text : NULL;
}
