/* SPDX-License-Identifier: MIT */
/*
 * experiment_print.c - experiments for people: checks in one table, figures in another.
 */
#include "cli.h"
#include "experiment.h"

#include <sv3/report.h>

#include <inttypes.h>
#include <string.h>

const char *experiment_number(uint64_t value, uint32_t digits, char *text)
{
	uint64_t divisor = 1;

	for (uint32_t i = 0; i < digits; i++)
		divisor *= 10;
	if (digits == 0)
		snprintf(text, EXPERIMENT_NUMBER_CHARS, "%" PRIu64, value);
	else
		snprintf(text, EXPERIMENT_NUMBER_CHARS, "%" PRIu64 ".%0*" PRIu64, value / divisor,
			 (int)digits, value % divisor);
	return text;
}

static int print_and_destroy(struct sv3_table *table)
{
	const int error = sv3_table_print(table, stdout, sv3_report_wants_color(stdout));

	sv3_table_destroy(table);
	return error < 0 ? cli_error("experiment", "%s", sv3_strerror(error)) : CLI_OK;
}

/* --- the list --- */

/** "cache=32768 ways=8", as they can be given. */
static void format_parameters(const struct sv3_experiment_info *info, const uint64_t *values,
			      char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < info->parameter_count && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s=%" PRIu64, i > 0 ? " " : "",
				       info->parameters[i].name, values[i]);
}

int experiment_print_list(void)
{
	static const struct sv3_table_column columns[] = {
		{ "experiment", "", SV3_ALIGN_LEFT },
		{ "title", "", SV3_ALIGN_LEFT },
		{ "description", "", SV3_ALIGN_LEFT },
		{ "parameters", "", SV3_ALIGN_LEFT },
	};
	const struct sv3_experiment_info *info;
	struct sv3_table *table;
	const int error = sv3_table_create(columns, sizeof(columns) / sizeof(columns[0]), &table);

	if (error < 0)
		return cli_error("experiment", "%s", sv3_strerror(error));
	for (unsigned int i = 0; (info = sv3_experiment_info(i)) != NULL; i++) {
		struct sv3_experiment_config config;
		char text[256];

		sv3_experiment_config_default(info, &config);
		format_parameters(info, config.values, text, sizeof(text));
		sv3_table_text(table, info->name, SV3_TONE_PLAIN);
		sv3_table_text(table, info->title, SV3_TONE_PLAIN);
		sv3_table_text(table, info->description, SV3_TONE_PLAIN);
		sv3_table_text(table, text, SV3_TONE_DIM);
	}
	return print_and_destroy(table);
}

/* --- one experiment --- */

static void add_expected(struct sv3_table *table, const struct sv3_experiment_row *row)
{
	char number[EXPERIMENT_NUMBER_CHARS], text[EXPERIMENT_NUMBER_CHARS + 4];
	const char *sign = row->kind == SV3_EXPERIMENT_AT_LEAST  ? ">= "
			   : row->kind == SV3_EXPERIMENT_AT_MOST ? "<= "
								 : "";

	snprintf(text, sizeof(text), "%s%s", sign,
		 experiment_number(row->expected, row->digits, number));
	sv3_table_text(table, text, SV3_TONE_PLAIN);
}

static void add_check(struct sv3_table *table, const struct sv3_experiment_row *row)
{
	const bool passed = sv3_experiment_passed(row);
	char text[EXPERIMENT_NUMBER_CHARS];

	sv3_table_text(table, passed ? "pass" : "FAIL", passed ? SV3_TONE_GOOD : SV3_TONE_BAD);
	sv3_table_text(table, row->name, SV3_TONE_PLAIN);
	sv3_table_text(table, row->question, SV3_TONE_PLAIN);
	add_expected(table, row);
	sv3_table_text(table, experiment_number(row->measured, row->digits, text), SV3_TONE_PLAIN);
	if (row->total > 0)
		sv3_table_text(table, experiment_number(row->total, row->digits, text),
			       SV3_TONE_DIM);
	else
		sv3_table_text(table, "", SV3_TONE_DIM);
	sv3_table_text(table, row->unit, SV3_TONE_PLAIN);
	sv3_table_text(table, row->note, SV3_TONE_DIM);
}

static int print_checks(const struct sv3_experiment_report *report)
{
	static const struct sv3_table_column columns[] = {
		{ "", "", SV3_ALIGN_LEFT },          { "check", "", SV3_ALIGN_LEFT },
		{ "question", "", SV3_ALIGN_LEFT },  { "expected", "", SV3_ALIGN_RIGHT },
		{ "measured", "", SV3_ALIGN_RIGHT }, { "of", "", SV3_ALIGN_RIGHT },
		{ "unit", "", SV3_ALIGN_LEFT },      { "", "", SV3_ALIGN_LEFT },
	};
	struct sv3_table *table;
	const int error = sv3_table_create(columns, sizeof(columns) / sizeof(columns[0]), &table);

	if (error < 0)
		return cli_error("experiment", "%s", sv3_strerror(error));
	for (uint32_t i = 0; i < report->row_count; i++) {
		if (sv3_experiment_is_check(&report->rows[i]))
			add_check(table, &report->rows[i]);
	}
	return print_and_destroy(table);
}

static const char *origin_of(const struct sv3_experiment_row *row)
{
	switch (row->kind) {
	case SV3_EXPERIMENT_HOST:
		return "this host";
	case SV3_EXPERIMENT_PUBLISHED:
		return "published";
	case SV3_EXPERIMENT_OPEN:
		return "open";
	default:
		return "counted";
	}
}

static int print_figures(const struct sv3_experiment_report *report)
{
	static const struct sv3_table_column columns[] = {
		{ "", "", SV3_ALIGN_LEFT },     { "figure", "", SV3_ALIGN_LEFT },
		{ "", "", SV3_ALIGN_LEFT },     { "value", "", SV3_ALIGN_RIGHT },
		{ "unit", "", SV3_ALIGN_LEFT }, { "", "", SV3_ALIGN_LEFT },
	};
	struct sv3_table *table;
	const int error = sv3_table_create(columns, sizeof(columns) / sizeof(columns[0]), &table);

	if (error < 0)
		return cli_error("experiment", "%s", sv3_strerror(error));
	for (uint32_t i = 0; i < report->row_count; i++) {
		const struct sv3_experiment_row *row = &report->rows[i];
		char text[EXPERIMENT_NUMBER_CHARS];

		if (sv3_experiment_is_check(row))
			continue;
		sv3_table_text(table, origin_of(row), SV3_TONE_PLAIN);
		sv3_table_text(table, row->name, SV3_TONE_PLAIN);
		sv3_table_text(table, row->question, SV3_TONE_PLAIN);
		sv3_table_text(table,
			       row->kind == SV3_EXPERIMENT_OPEN
				       ? "-"
				       : experiment_number(row->measured, row->digits, text),
			       SV3_TONE_PLAIN);
		sv3_table_text(table, row->unit, SV3_TONE_PLAIN);
		sv3_table_text(table, row->note, SV3_TONE_DIM);
	}
	return print_and_destroy(table);
}

static uint32_t count_checks(const struct sv3_experiment_report *report)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < report->row_count; i++)
		count += sv3_experiment_is_check(&report->rows[i]);
	return count;
}

int experiment_print(const struct sv3_experiment_config *config,
		     const struct sv3_experiment_report *report)
{
	const struct sv3_experiment_info *info = config->experiment;
	const uint32_t checks = count_checks(report);
	char text[256];
	int status;

	format_parameters(info, config->values, text, sizeof(text));
	printf("%s, %s: %s\n%s%s\n", info->name, info->title, info->description, text,
	       text[0] != '\0' ? "\n" : "");
	status = print_checks(report);
	if (status == CLI_OK && checks < report->row_count) {
		printf("\n");
		status = print_figures(report);
	}
	printf("\n%" PRIu32 " checks, %" PRIu32 " failed\n", checks,
	       sv3_experiment_failures(report));
	return status;
}
