/* SPDX-License-Identifier: MIT */
/*
 * table.c - tables for people: cells are kept as text, and widths are found when it is printed.
 */
#include <sv3/report.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cell {
	char *text;
	enum sv3_tone tone;
};

struct sv3_table {
	const struct sv3_table_column *columns;
	uint32_t column_count;
	struct cell *cells; /* shape [cell_count / column_count][column_count] */
	size_t cell_count, cell_capacity;
	bool lost_cell;
};

int sv3_table_create(const struct sv3_table_column *columns, uint32_t column_count,
		     struct sv3_table **table)
{
	*table = NULL;
	if (column_count == 0)
		return -SV3_ERR_INVAL;
	*table = calloc(1, sizeof(**table));
	if (*table == NULL)
		return -SV3_ERR_NOMEM;
	(*table)->columns = columns;
	(*table)->column_count = column_count;
	return 0;
}

void sv3_table_destroy(struct sv3_table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->cell_count; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table);
}

static bool make_room(struct sv3_table *table)
{
	const size_t capacity = table->cell_capacity == 0 ? 64 : 2 * table->cell_capacity;
	struct cell *cells;

	if (table->cell_count < table->cell_capacity)
		return true;
	cells = realloc(table->cells, capacity * sizeof(*cells));
	if (cells == NULL)
		return false;
	table->cells = cells;
	table->cell_capacity = capacity;
	return true;
}

void sv3_table_text(struct sv3_table *table, const char *text, enum sv3_tone tone)
{
	char *copy = make_room(table) ? strdup(text) : NULL;

	if (copy == NULL) {
		table->lost_cell = true;
		return;
	}
	table->cells[table->cell_count++] = (struct cell){ .text = copy, .tone = tone };
}

void sv3_table_count(struct sv3_table *table, uint64_t value, enum sv3_tone tone)
{
	char text[SV3_FORMAT_CHARS];

	sv3_table_text(table, sv3_format_count(value, text), tone);
}

void sv3_table_quotient(struct sv3_table *table, uint64_t value, uint64_t divisor,
			unsigned int digits, enum sv3_tone tone)
{
	char text[SV3_FORMAT_CHARS];

	sv3_table_text(table, sv3_format_quotient(value, divisor, digits, text), tone);
}

/* --- printing --- */

static int width_of(const struct sv3_table *table, uint32_t column)
{
	size_t width = strlen(table->columns[column].head);

	if (strlen(table->columns[column].unit) > width)
		width = strlen(table->columns[column].unit);
	for (size_t i = column; i < table->cell_count; i += table->column_count) {
		if (strlen(table->cells[i].text) > width)
			width = strlen(table->cells[i].text);
	}
	return (int)width;
}

static const char *code_of(enum sv3_tone tone)
{
	static const char *const codes[] = {
		[SV3_TONE_PLAIN] = "",
		[SV3_TONE_GOOD] = "\033[32m",
		[SV3_TONE_BAD] = "\033[1;31m",
		[SV3_TONE_DIM] = "\033[2m",
	};

	return codes[tone];
}

/** How a line is printed: the widths, and what colours there are. */
struct line {
	const struct sv3_table *table;
	const int *widths;
	FILE *file;
	bool color;
	int blanks; /* owed before the next text, so that no line ends with any */
};

static void print_cell(struct line *line, uint32_t column, const char *text, const char *code)
{
	const int pad = line->widths[column] - (int)strlen(text);
	const bool left = line->table->columns[column].align == SV3_ALIGN_LEFT;
	const char *on = line->color ? code : "";

	line->blanks += (column > 0 ? 2 : 0) + (left ? 0 : pad);
	if (*text != '\0') {
		fprintf(line->file, "%*s%s%s%s", line->blanks, "", on, text,
			*on != '\0' ? "\033[0m" : "");
		line->blanks = 0;
	}
	line->blanks += left ? pad : 0;
}

static void end_line(struct line *line)
{
	fputc('\n', line->file);
	line->blanks = 0;
}

static void print_head(struct line *line)
{
	const struct sv3_table *table = line->table;
	bool has_units = false;

	for (uint32_t i = 0; i < table->column_count; i++) {
		print_cell(line, i, table->columns[i].head, "\033[1m");
		has_units |= table->columns[i].unit[0] != '\0';
	}
	end_line(line);
	if (!has_units)
		return;
	for (uint32_t i = 0; i < table->column_count; i++)
		print_cell(line, i, table->columns[i].unit, code_of(SV3_TONE_DIM));
	end_line(line);
}

int sv3_table_print(const struct sv3_table *table, FILE *file, bool color)
{
	struct line line = { .table = table, .file = file, .color = color };
	int *widths;

	if (table->lost_cell)
		return -SV3_ERR_NOMEM;
	if (table->cell_count % table->column_count != 0)
		return -SV3_ERR_INVAL;
	widths = calloc(table->column_count, sizeof(*widths));
	if (widths == NULL)
		return -SV3_ERR_NOMEM;
	for (uint32_t i = 0; i < table->column_count; i++)
		widths[i] = width_of(table, i);
	line.widths = widths;
	print_head(&line);
	for (size_t i = 0; i < table->cell_count; i++) {
		const uint32_t column = (uint32_t)(i % table->column_count);

		print_cell(&line, column, table->cells[i].text, code_of(table->cells[i].tone));
		if (column + 1 == table->column_count)
			end_line(&line);
	}
	free(widths);
	return 0;
}

bool sv3_report_wants_color(FILE *file)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (no_color != NULL && no_color[0] != '\0')
		return false;
	return terminal != NULL && strcmp(terminal, "dumb") != 0 && isatty(fileno(file)) != 0;
}

/* --- HTML --- */

static const char *class_of(const struct sv3_table *table, uint32_t column)
{
	return table->columns[column].align == SV3_ALIGN_LEFT ? "word" : "number";
}

int sv3_table_print_html(const struct sv3_table *table, FILE *file)
{
	if (table->lost_cell)
		return -SV3_ERR_NOMEM;
	if (table->cell_count % table->column_count != 0)
		return -SV3_ERR_INVAL;
	fputs("<div class=\"wide\"><table>\n<thead><tr>", file);
	for (uint32_t i = 0; i < table->column_count; i++) {
		fprintf(file, "<th scope=\"col\" class=\"%s\">", class_of(table, i));
		sv3_html_text(file, table->columns[i].head);
		fputs("<small>", file);
		sv3_html_text(file, table->columns[i].unit);
		fputs("</small></th>", file);
	}
	fputs("</tr></thead>\n<tbody>\n", file);
	for (size_t i = 0; i < table->cell_count; i++) {
		const uint32_t column = (uint32_t)(i % table->column_count);
		const bool is_bad = table->cells[i].tone == SV3_TONE_BAD;

		fprintf(file, "%s<td class=\"%s%s\">", column == 0 ? "<tr>" : "",
			class_of(table, column), is_bad ? " bad" : "");
		sv3_html_text(file, table->cells[i].text);
		fputs(column + 1 == table->column_count ? "</td></tr>\n" : "</td>", file);
	}
	fputs("</tbody></table></div>\n", file);
	return 0;
}
