/* SPDX-License-Identifier: MIT */
/*
 * sweep_report.c - what came out of a sweep: the table, sweep.csv and sweep.json, and the page.
 */
#include "sweep_rows.h"

#include "compare.h"
#include "page.h"

#include <stdlib.h>
#include <string.h>

/* --- columns --- */

static const char columns_default[] =
	"policy,converged,rounds,pages_sent,pages_resent,pages_redundant,pages_lost,total_ns,"
	"downtime_ns,tlbi,sync,sync_time_ns";

static bool is_in_list(const char *list, const char *word)
{
	const size_t length = strlen(word);

	for (const char *p = list; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, word, length) == 0 && (p[length] == ',' || p[length] == '\0'))
			return true;
	}
	return false;
}

bool sweep_is_chosen(const struct sweep *sweep, const char *key)
{
	const char *list = sweep->columns != NULL ? sweep->columns : columns_default;

	return strcmp(list, "all") == 0 || is_in_list(list, key);
}

int sweep_check_columns(const struct sweep *sweep)
{
	const char *names[SWEEP_KEYS_MAX + 1] = { NULL };
	char *copy, *rest, *word;
	int status = CLI_OK;

	if (sweep->columns == NULL || strcmp(sweep->columns, "all") == 0)
		return CLI_OK;
	for (unsigned int i = 0; i < SWEEP_KEYS_MAX && compare_key(i) != NULL; i++)
		names[i] = compare_key(i);
	rest = copy = strdup(sweep->columns);
	while (status == CLI_OK && (word = strsep(&rest, ",")) != NULL) {
		unsigned int i = 0;

		while (names[i] != NULL && strcmp(names[i], word) != 0)
			i++;
		if (names[i] == NULL)
			status = cli_unknown("sweep", "column", word, names,
					     "the columns are those of sv3 compare --csv -");
	}
	free(copy);
	return status;
}

/* --- the table --- */

/** Whether a column counts nanoseconds, which people read as milliseconds. */
static bool is_time(const char *key)
{
	const size_t length = strlen(key);

	return length > 3 && strcmp(key + length - 3, "_ns") == 0;
}

static void add_cell(struct sv3_table *table, const char *key, const char *cell)
{
	char *end;
	uint64_t value;

	if (cell == NULL) {
		sv3_table_text(table, "-", SV3_TONE_PLAIN);
		return;
	}
	value = strtoull(cell, &end, 10);
	if (end == cell || *end != '\0')
		sv3_table_text(table, cell, SV3_TONE_PLAIN);
	else if (is_time(key))
		sv3_table_quotient(table, value, 1000000, 3, SV3_TONE_PLAIN);
	else
		sv3_table_count(table, value,
				strcmp(key, "pages_lost") == 0 && value > 0 ? SV3_TONE_BAD
									    : SV3_TONE_PLAIN);
}

/** The columns of the table: the axes, then what was chosen. */
struct view {
	struct sv3_table_column columns[SWEEP_AXES_MAX + SWEEP_KEYS_MAX];
	char heads[SWEEP_KEYS_MAX][64];
	unsigned int keys[SWEEP_KEYS_MAX]; /* of the columns behind the axes */
	unsigned int key_count;
};

static void make_view(struct view *view, const struct sweep *sweep, const struct sweep_rows *rows)
{
	for (unsigned int i = 0; i < sweep->axis_count; i++)
		view->columns[i] =
			(struct sv3_table_column){ sweep->axes[i].name, "", SV3_ALIGN_LEFT };
	view->key_count = 0;
	for (unsigned int i = 0; i < SWEEP_KEYS_MAX && compare_key(i) != NULL; i++) {
		const char *key = compare_key(i);
		const unsigned int at = view->key_count;
		const bool is_word = strcmp(key, "policy") == 0 || strcmp(key, "converged") == 0;

		if (!rows->is_used[i] || !sweep_is_chosen(sweep, key) ||
		    sweep_key_is_axis(sweep, i))
			continue;
		snprintf(view->heads[at], sizeof(view->heads[at]), "%.*s",
			 (int)(strlen(key) - (is_time(key) ? 3 : 0)), key);
		view->columns[sweep->axis_count + at] = (struct sv3_table_column){
			.head = view->heads[at],
			.unit = is_time(key) ? "ms" : "",
			.align = is_word ? SV3_ALIGN_LEFT : SV3_ALIGN_RIGHT,
		};
		view->keys[view->key_count++] = i;
	}
}

/** As text to stdout, or into a page. */
static int print_table(const struct sweep *sweep, const struct sweep_rows *rows, FILE *page)
{
	struct view *view = calloc(1, sizeof(*view));
	struct sv3_table *table = NULL;
	int error = -SV3_ERR_NOMEM;

	if (view != NULL) {
		make_view(view, sweep, rows);
		error = sv3_table_create(view->columns, sweep->axis_count + view->key_count,
					 &table);
	}
	for (unsigned int i = 0; error >= 0 && i < rows->row_count; i++) {
		for (unsigned int j = 0; j < sweep->axis_count; j++)
			sv3_table_text(table, sweep_axis_cell(sweep, &rows->rows[i], j),
				       SV3_TONE_PLAIN);
		for (unsigned int j = 0; j < view->key_count; j++)
			add_cell(table, compare_key(view->keys[j]),
				 rows->rows[i].cells[view->keys[j]]);
	}
	if (error >= 0)
		error = page != NULL
				? sv3_table_print_html(table, page)
				: sv3_table_print(table, stdout, sv3_report_wants_color(stdout));
	sv3_table_destroy(table);
	free(view);
	return error;
}

/* --- for programs --- */

/** Axes, all results, and the status of the point. Keys stay with the caller's array. */
static int make_dataset(const struct sweep *sweep, const struct sweep_rows *rows, const char **keys,
			struct sv3_dataset **dataset)
{
	unsigned int used[SWEEP_KEYS_MAX], used_count = 0, count = 0;
	int error;

	for (unsigned int i = 0; i < sweep->axis_count; i++)
		keys[count++] = sweep->axes[i].name;
	for (unsigned int i = 0; i < SWEEP_KEYS_MAX && compare_key(i) != NULL; i++) {
		if (rows->is_used[i] && !sweep_key_is_axis(sweep, i)) {
			used[used_count++] = i;
			keys[count++] = compare_key(i);
		}
	}
	keys[count++] = "status";
	error = sv3_dataset_create(keys, count, dataset);
	for (unsigned int i = 0; error >= 0 && i < rows->row_count; i++) {
		const struct sweep_row *row = &rows->rows[i];

		for (unsigned int j = 0; j < sweep->axis_count; j++)
			sv3_dataset_word(*dataset, sweep_axis_cell(sweep, row, j));
		for (unsigned int j = 0; j < used_count; j++) {
			if (row->cells[used[j]] != NULL)
				sv3_dataset_word(*dataset, row->cells[used[j]]);
			else
				sv3_dataset_text(*dataset, NULL);
		}
		sv3_dataset_u64(*dataset, (uint64_t)sweep->points[row->point].status);
	}
	return error;
}

static char *dataset_text(const struct sv3_dataset *dataset,
			  int (*write)(const struct sv3_dataset *dataset, FILE *file))
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	int error = file != NULL ? write(dataset, file) : -SV3_ERR_NOMEM;

	if (file != NULL && fclose(file) != 0)
		error = -SV3_ERR_NOMEM;
	if (error >= 0)
		return text;
	free(text);
	return NULL;
}

static int save_dataset(const struct sweep *sweep, const struct sv3_dataset *dataset)
{
	struct cli_file files[2] = { { .text = dataset_text(dataset, sv3_dataset_csv) },
				     { .text = dataset_text(dataset, sv3_dataset_json) } };
	char *csv = NULL, *json = NULL;
	int status;

	if (asprintf(&csv, "%s/sweep.csv", sweep->out) < 0)
		csv = NULL;
	if (asprintf(&json, "%s/sweep.json", sweep->out) < 0)
		json = NULL;
	files[0].path = csv;
	files[1].path = json;
	if (csv == NULL || json == NULL || files[0].text == NULL || files[1].text == NULL)
		status = cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
	else
		status = cli_save("sweep", files, 2);
	free((char *)(uintptr_t)files[0].text);
	free((char *)(uintptr_t)files[1].text);
	free(csv);
	free(json);
	return status;
}

/* --- the page --- */

static int save_page(const struct sweep *sweep, const struct sweep_rows *rows,
		     const struct sv3_dataset *dataset, int argc, char *const argv[])
{
	struct page page;

	if (!page_begin(&page, "sweep", sweep->report, "Sweep of live migrations"))
		return CLI_ERROR;
	fprintf(page.html,
		"<p class=\"lead\">%u migration%s in the simulator sv3, one for each point of the "
		"grid.</p>\n<h2>Run</h2>\n",
		sweep->point_count, sweep->point_count == 1 ? "" : "s");
	page_command(&page, argc, argv);
	if (sweep->failed > 0)
		fprintf(page.html, "<p class=\"bad\">%u of them failed and have no results.</p>\n",
			sweep->failed);
	fputs("<h2>Curves</h2>\n<p>The values of the first axis stand in the order given, at equal "
	      "distances.</p>\n<div class=\"plots\">\n",
	      page.html);
	sweep_plots(&page, sweep, rows);
	fputs("</div>\n<h2>Results</h2>\n", page.html);
	page_failed(&page, print_table(sweep, rows, page.html));
	page_dataset(&page, "sweep", dataset);
	return page_end(&page);
}

/* --- all of it --- */

static int tell(const struct sweep *sweep, const struct sweep_rows *rows, int argc,
		char *const argv[])
{
	const char *keys[SWEEP_AXES_MAX + SWEEP_KEYS_MAX + 1];
	struct sv3_dataset *dataset = NULL;
	int error = make_dataset(sweep, rows, keys, &dataset);
	int status = CLI_OK;

	if (error >= 0)
		status = save_dataset(sweep, dataset);
	if (error >= 0 && status == CLI_OK && sweep->report != NULL)
		status = save_page(sweep, rows, dataset, argc, argv);
	if (error >= 0 && status == CLI_OK)
		error = print_table(sweep, rows, NULL);
	sv3_dataset_destroy(dataset);
	return error < 0 ? cli_error("sweep", "%s", sv3_strerror(error)) : status;
}

int sweep_tell(const struct sweep *sweep, int argc, char *const argv[])
{
	struct sweep_rows rows;
	const int error = sweep_rows_make(sweep, &rows);
	int status;

	if (error < 0)
		status = cli_error("sweep", "%s", sv3_strerror(error));
	else
		status = tell(sweep, &rows, argc, argv);
	sweep_rows_free(&rows);
	return status;
}
