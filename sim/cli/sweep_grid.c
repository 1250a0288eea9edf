/* SPDX-License-Identifier: MIT */
/*
 * sweep_grid.c - axes and the points between them.
 *
 * A list is what one would type after the option, with commas: 0,100us,1ms. For numbers a range
 * stands for the values from FROM to TO: FROM..TO/STEP by adding, FROM..TO*FACTOR by multiplying.
 * Everything is checked by compare's own rows before the first point runs.
 */
#include "sweep.h"

#include "compare.h"
#include "process.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- values of an axis --- */

static int add_value(struct sweep_axis *axis, const char *text)
{
	char **values = realloc(axis->values, (axis->count + 1) * sizeof(*values));

	if (values == NULL || (axis->values = values, values[axis->count] = strdup(text)) == NULL)
		return cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
	axis->count++;
	if (axis->count > SWEEP_POINTS_MAX)
		return cli_error("sweep", "%s: more than %u values", axis->name, SWEEP_POINTS_MAX);
	return CLI_OK;
}

static int refuse_range(const struct sweep_axis *axis, const char *text)
{
	return cli_error("sweep",
			 "%s: '%s' is not a range; write FROM..TO/STEP or FROM..TO*FACTOR, such as "
			 "0..30/5 or 1us..1ms*10",
			 axis->name, text);
}

/** FROM..TO and, behind @sign, how it goes on. */
static int add_range(struct sweep_axis *axis, const char *text)
{
	char from[CLI_VALUE_CHARS], to[CLI_VALUE_CHARS], by[CLI_VALUE_CHARS], sign;
	char formatted[CLI_VALUE_CHARS];
	uint64_t first, last, step;
	int length = 0, status = CLI_OK;

	if (sscanf(text, "%31[^.]..%31[^/*]%c%31s%n", from, to, &sign, by, &length) != 4 ||
	    text[length] != '\0' || !cli_value_parse(axis->kind, from, &first) ||
	    !cli_value_parse(axis->kind, to, &last) || last < first ||
	    !cli_value_parse(sign == '/' ? axis->kind : CLI_INTEGER, by, &step) ||
	    (sign == '/' ? step == 0 : step < 2 || first == 0))
		return refuse_range(axis, text);
	for (uint64_t value = first; status == CLI_OK && value <= last;) {
		status = add_value(axis, cli_value_format(axis->kind, value, formatted));
		if (sign == '/' ? __builtin_add_overflow(value, step, &value)
				: __builtin_mul_overflow(value, step, &value))
			break;
	}
	return status;
}

static int add_item(struct sweep_axis *axis, const char *item)
{
	if (*item == '\0')
		return cli_error("sweep", "%s: a value is empty", axis->name);
	if (axis->kind == CLI_FLAG && strcmp(item, "on") != 0 && strcmp(item, "off") != 0)
		return cli_error("sweep", "%s: '%s' is neither on nor off", axis->name, item);
	if (axis->kind >= CLI_INTEGER && strstr(item, "..") != NULL)
		return add_range(axis, item);
	return add_value(axis, item);
}

static int add_list(struct sweep_axis *axis, const char *list)
{
	char *copy = strdup(list), *rest = copy, *item;
	int status = CLI_OK;

	if (copy == NULL)
		return cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
	while (status == CLI_OK && (item = strsep(&rest, ",")) != NULL)
		status = add_item(axis, item);
	free(copy);
	return status;
}

/* --- axes --- */

/** What a sweep does itself, once for all points. */
static bool is_output(const char *option)
{
	static const char *const outputs[] = { "--json", "--csv", "--plot", "--report" };

	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		if (strcmp(option, outputs[i]) == 0)
			return true;
	}
	return false;
}

/** Whether the command says @option itself. */
static bool is_in_command(const struct sweep *sweep, const char *option)
{
	const size_t length = strlen(option);

	for (int i = 1; i < sweep->word_count && strcmp(sweep->words[i], "--") != 0; i++) {
		const char *word = sweep->words[i];

		if (strncmp(word, option, length) == 0 &&
		    (word[length] == '\0' || word[length] == '='))
			return true;
	}
	return false;
}

static int check_axis(const struct sweep *sweep, const struct sweep_axis *axis)
{
	enum cli_kind kind;

	if (!compare_option_kind(axis->option, &kind) || is_output(axis->option))
		return cli_error("sweep", "no axis '%s'; sv3 compare --help lists the options",
				 axis->name);
	if (is_in_command(sweep, axis->option))
		return cli_error("sweep", "%s is an axis and in the command, too", axis->option);
	for (unsigned int i = 0; i < sweep->axis_count; i++) {
		if (strcmp(sweep->axes[i].name, axis->name) == 0)
			return cli_error("sweep", "-L %s is given twice", axis->name);
	}
	return CLI_OK;
}

int sweep_add_axis(struct sweep *sweep, const char *text)
{
	struct sweep_axis *axis = &sweep->axes[sweep->axis_count];
	const char *name = strncmp(text, "--", 2) == 0 ? text + 2 : text;
	const char *equals = strchr(name, '=');
	char *option;

	if (sweep->axis_count == SWEEP_AXES_MAX)
		return cli_error("sweep", "-L: more than %u axes", SWEEP_AXES_MAX);
	if (equals == NULL || equals == name)
		return cli_error("sweep", "-L: '%s' is not OPTION=LIST, such as link=1G,10G", text);
	if (asprintf(&option, "--%.*s", (int)(equals - name), name) < 0)
		return cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
	*axis = (struct sweep_axis){ .option = option, .name = option + 2 };
	if (check_axis(sweep, axis) != CLI_OK) {
		free(option);
		return CLI_ERROR;
	}
	(void)compare_option_kind(option, &axis->kind);
	sweep->axis_count++;
	return add_list(axis, equals + 1);
}

/* --- points --- */

unsigned int sweep_index(const struct sweep *sweep, unsigned int point, unsigned int axis)
{
	for (unsigned int i = sweep->axis_count - 1; i > axis; i--)
		point /= sweep->axes[i].count;
	return point % sweep->axes[axis].count;
}

const char *sweep_value(const struct sweep *sweep, unsigned int point, unsigned int axis)
{
	return sweep->axes[axis].values[sweep_index(sweep, point, axis)];
}

char **sweep_arguments(const struct sweep *sweep, unsigned int point, bool csv, int *count)
{
	const size_t most = (size_t)sweep->word_count + 2 * SWEEP_AXES_MAX + 5;
	char **words = calloc(most, sizeof(*words));
	int n = 0;

	if (words == NULL)
		return NULL;
	/* Options come first: the command may end its own with "--". */
	words[n++] = sweep->words[0];
	for (unsigned int i = 0; i < sweep->axis_count; i++) {
		const struct sweep_axis *axis = &sweep->axes[i];
		char *value = axis->values[sweep_index(sweep, point, i)];

		if (axis->kind == CLI_FLAG && strcmp(value, "off") == 0)
			continue;
		words[n++] = (char *)(uintptr_t)axis->option;
		if (axis->kind != CLI_FLAG)
			words[n++] = value;
	}
	if (csv) {
		words[n++] = (char *)(uintptr_t) "--csv";
		words[n++] = (char *)(uintptr_t) "-";
		words[n++] = (char *)(uintptr_t) "-j"; /* points run side by side */
		words[n++] = (char *)(uintptr_t) "1";
	}
	for (int i = 1; i < sweep->word_count; i++)
		words[n++] = sweep->words[i];
	*count = n;
	return words;
}

/** Parses it as compare will; what compare refuses, it says. */
static int check_point(int count, char **words)
{
	struct compare_run *run = calloc(1, sizeof(*run));
	struct compare_request request;
	struct cli_args args;
	int status = CLI_OK;

	if (run == NULL)
		return cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
	sv3_compare_config_default(&run->config);
	compare_request_default(&request, &run->config);
	if (!compare_parse(count, words, &request, &args))
		status = CLI_ERROR;
	else if (request.json != NULL || request.csv != NULL || request.report != NULL ||
		 request.plot)
		status = cli_error("sweep", "the command says where results go; a sweep does that "
					    "itself, see --out and --report");
	else if (request.jobs != 0)
		status = cli_error("sweep",
				   "the command has -j; points run side by side, give -j to sweep");
	else
		status = compare_configure(run, &request);
	free(run);
	return status;
}

int sweep_make_points(struct sweep *sweep)
{
	uint64_t total = 1;
	int status = CLI_OK;

	for (unsigned int i = 0; i < sweep->axis_count; i++)
		total = total > SWEEP_POINTS_MAX ? total : total * sweep->axes[i].count;
	if (total > SWEEP_POINTS_MAX)
		return cli_error("sweep", "the grid has more than %u points", SWEEP_POINTS_MAX);
	sweep->points = calloc((size_t)total, sizeof(*sweep->points));
	if (sweep->points == NULL)
		return cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
	sweep->point_count = (unsigned int)total;
	for (unsigned int i = 0; i < total && status == CLI_OK; i++) {
		int count;
		char **words = sweep_arguments(sweep, i, false, &count);

		if (words != NULL)
			sweep->points[i].command = cli_command_line(count, words);
		if (words == NULL || sweep->points[i].command == NULL)
			status = cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
		else
			status = check_point(count, words);
		free(words);
	}
	return status;
}

void sweep_free(struct sweep *sweep)
{
	for (unsigned int i = 0; i < sweep->axis_count; i++) {
		struct sweep_axis *axis = &sweep->axes[i];

		for (unsigned int j = 0; j < axis->count; j++)
			free(axis->values[j]);
		free(axis->values);
		free((char *)(uintptr_t)axis->option);
	}
	for (unsigned int i = 0; i < sweep->point_count; i++) {
		free(sweep->points[i].command);
		free(sweep->points[i].csv);
	}
	free(sweep->points);
	free(sweep->identity);
}
