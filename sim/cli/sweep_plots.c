/* SPDX-License-Identifier: MIT */
/*
 * sweep_plots.c - the curves of a sweep: the first axis along the bottom, a line for each value of
 * the second; of further axes, for each of their combinations.
 */
#include "sweep_rows.h"

#include "compare.h"
#include "page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX  40u /* more than that nobody tells apart */
#define NAME_CHARS 96

struct lines {
	char names[LINES_MAX][NAME_CHARS];
	unsigned int count;
	bool is_cut;
};

/** What tells the line of @row from others: the axes behind the first, and the policy. */
static void name_of(const struct sweep *sweep, const struct sweep_row *row, char *name)
{
	size_t length = 0;

	name[0] = '\0';
	for (unsigned int i = 1; i < sweep->axis_count && length < NAME_CHARS; i++) {
		const struct sweep_axis *axis = &sweep->axes[i];
		const bool is_text = axis->kind == CLI_TEXT;

		length += (size_t)snprintf(name + length, NAME_CHARS - length, "%s%s%s%s",
					   length > 0 ? ", " : "", is_text ? "" : axis->name,
					   is_text ? "" : " ", sweep_axis_cell(sweep, row, i));
	}
	for (unsigned int i = 0; i < sweep->axis_count; i++) {
		if (strcmp(sweep->axes[i].name, "policy") == 0)
			return;
	}
	if (length < NAME_CHARS)
		snprintf(name + length, NAME_CHARS - length, "%s%s", length > 0 ? ", " : "",
			 row->cells[0] != NULL ? row->cells[0] : "");
}

static void find_lines(struct lines *lines, const struct sweep *sweep,
		       const struct sweep_rows *rows)
{
	*lines = (struct lines){ .count = 0 };
	for (unsigned int i = 0; i < rows->row_count; i++) {
		char name[NAME_CHARS];
		unsigned int j = 0;

		if (rows->rows[i].cells[0] == NULL)
			continue;
		name_of(sweep, &rows->rows[i], name);
		while (j < lines->count && strcmp(lines->names[j], name) != 0)
			j++;
		if (j == LINES_MAX)
			lines->is_cut = true;
		else if (j == lines->count)
			strcpy(lines->names[lines->count++], name);
	}
}

/* --- one plot --- */

/** A column of numbers: its range, and as what it is plotted. */
struct quantity {
	unsigned int key;
	uint64_t least, least_above_0, most;
	bool is_time, is_number;
	struct plot_unit unit; /* of times; else 1 */
};

static struct quantity quantity_of(const struct sweep_rows *rows, unsigned int key)
{
	const char *name = compare_key(key);
	struct quantity quantity = { .key = key, .least = UINT64_MAX, .unit = { "", 1 } };

	for (unsigned int i = 0; i < rows->row_count; i++) {
		const char *cell = rows->rows[i].cells[key];
		uint64_t value;
		char *end;

		if (cell == NULL)
			continue;
		value = strtoull(cell, &end, 10);
		quantity.is_number = end != cell && *end == '\0';
		if (!quantity.is_number)
			return quantity;
		quantity.least = value < quantity.least ? value : quantity.least;
		if (value > 0 && (value < quantity.least_above_0 || quantity.least_above_0 == 0))
			quantity.least_above_0 = value;
		quantity.most = value > quantity.most ? value : quantity.most;
	}
	quantity.is_time = strlen(name) > 3 && strcmp(name + strlen(name) - 3, "_ns") == 0;
	if (quantity.is_time) {
		/* On an axis of powers of ten the least must not vanish below the unit. */
		quantity.unit = plot_unit_of(quantity.least_above_0 * SV3_PS_PER_NS);
		quantity.unit.ps /= SV3_PS_PER_NS;
	}
	return quantity;
}

static void put_values(FILE *script, const struct sweep *sweep, const struct sweep_rows *rows,
		       const struct quantity *quantity, const char *line)
{
	for (unsigned int i = 0; i < rows->row_count; i++) {
		const struct sweep_row *row = &rows->rows[i];
		char name[NAME_CHARS];
		uint64_t value;

		name_of(sweep, row, name);
		if (row->cells[quantity->key] == NULL || strcmp(name, line) != 0)
			continue;
		value = strtoull(row->cells[quantity->key], NULL, 10);
		fprintf(script, "%u %" PRIu64 ".%09" PRIu64 "\n", sweep_index(sweep, row->point, 0),
			value / quantity->unit.ps,
			value % quantity->unit.ps * (1000000000 / quantity->unit.ps));
	}
}

static void put_axes(struct plot *plot, const struct sweep *sweep, const struct quantity *quantity,
		     const char *label)
{
	const struct sweep_axis *axis = &sweep->axes[0];
	const unsigned int step = (axis->count - 1) / 12 + 1;
	const uint64_t most = quantity->most / quantity->unit.ps;

	fprintf(plot->script, "set xlabel '%s'\nset xrange [-0.25:%u.25]\nset xtics (", axis->name,
		axis->count - 1);
	for (unsigned int i = 0; i < axis->count; i += step) {
		fputs(i > 0 ? ", " : "", plot->script);
		plot_word(plot, axis->values[i]);
		fprintf(plot->script, " %u", i);
	}
	fprintf(plot->script, ")%s\nset ylabel '%s'\n", axis->count > 6 ? " rotate by -30" : "",
		label);
	/* Powers of ten apart: no straight axis would show the small ones. */
	if (quantity->most / 50 > quantity->least && most > 50)
		plot_log_axis(plot, "y", most);
	else
		fprintf(plot->script, "set yrange [0:*]\nset format y '%s'\n",
			most >= 10000 ? "%.1s%c" : "%.6g");
}

static void plot_column(struct page *page, const struct sweep *sweep, const struct sweep_rows *rows,
			const struct lines *lines, const struct quantity *quantity)
{
	const char *key = compare_key(quantity->key);
	const int length = (int)strlen(key) - (quantity->is_time ? 3 : 0);
	char label[96], title[64];
	struct plot plot;

	snprintf(title, sizeof(title), "%.*s", length, key);
	for (char *p = title; *p != '\0'; p++)
		*p = (char)(*p == '_' ? ' ' : *p);
	snprintf(label, sizeof(label), "%s%s%s", title, quantity->is_time ? ", " : "",
		 quantity->unit.name);
	plot_begin(page, &plot, PLOT_HEIGHT + 10 * (lines->count / 2));
	if (plot.script == NULL)
		return;
	put_axes(&plot, sweep, quantity, label);
	for (unsigned int i = 0; i < lines->count; i++) {
		fprintf(plot.script, "$l%u << EOD\n", i);
		put_values(plot.script, sweep, rows, quantity, lines->names[i]);
		fputs("EOD\n", plot.script);
	}
	for (unsigned int i = 0; i < lines->count; i++) {
		fprintf(plot.script, "%s$l%u using 1:2 with linespoints ", i == 0 ? "plot " : ", ",
			i);
		plot_line(&plot, lines->names[i]);
	}
	fputc('\n', plot.script);
	plot_end(page, &plot, title, "");
}

void sweep_plots(struct page *page, const struct sweep *sweep, const struct sweep_rows *rows)
{
	struct lines *lines = calloc(1, sizeof(*lines));

	if (lines == NULL) {
		page_failed(page, -SV3_ERR_NOMEM);
		return;
	}
	find_lines(lines, sweep, rows);
	if (lines->is_cut)
		fprintf(page->html, "<p>Only the first %u lines are drawn.</p>\n", LINES_MAX);
	for (unsigned int i = 0; i < SWEEP_KEYS_MAX && compare_key(i) != NULL; i++) {
		const struct quantity quantity = quantity_of(rows, i);

		if (rows->is_used[i] && quantity.is_number && lines->count > 0 &&
		    sweep_is_chosen(sweep, compare_key(i)))
			plot_column(page, sweep, rows, lines, &quantity);
	}
	free(lines);
}
