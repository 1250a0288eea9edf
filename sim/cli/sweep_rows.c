/* SPDX-License-Identifier: MIT */
/*
 * sweep_rows.c - the results of all points as rows with the columns of compare's CSV.
 *
 * A point has a row for each policy it ran; one that failed has a single row without results.
 */
#include "sweep_rows.h"

#include "compare.h"

#include <stdlib.h>
#include <string.h>

static unsigned int key_index(const char *name)
{
	unsigned int i = 0;

	while (compare_key(i) != NULL && strcmp(compare_key(i), name) != 0)
		i++;
	return i;
}

/** An empty row for @point; NULL: out of memory. */
static struct sweep_row *add_row(struct sweep_rows *rows, unsigned int point)
{
	struct sweep_row *grown =
		realloc(rows->rows, ((size_t)rows->row_count + 1) * sizeof(*grown));

	if (grown == NULL)
		return NULL;
	rows->rows = grown;
	rows->rows[rows->row_count] = (struct sweep_row){ .point = point };
	return &rows->rows[rows->row_count++];
}

/** One line of CSV into the cells that its head names. Words are compare's own: none is quoted. */
static void take_cells(struct sweep_row *row, const unsigned int *columns, char *line)
{
	char *cell;

	for (unsigned int i = 0; (cell = strsep(&line, ",")) != NULL && i < SWEEP_KEYS_MAX; i++) {
		if (columns[i] < SWEEP_KEYS_MAX)
			row->cells[columns[i]] = *cell != '\0' ? cell : NULL;
	}
}

static bool take_csv(struct sweep_rows *rows, unsigned int point, char *text)
{
	unsigned int columns[SWEEP_KEYS_MAX] = { 0 };
	char *head = strsep(&text, "\n"), *name, *line;

	for (unsigned int i = 0; (name = strsep(&head, ",")) != NULL && i < SWEEP_KEYS_MAX; i++) {
		columns[i] = key_index(name);
		if (columns[i] < SWEEP_KEYS_MAX)
			rows->is_used[columns[i]] = true;
	}
	while ((line = strsep(&text, "\n")) != NULL) {
		struct sweep_row *row;

		if (*line == '\0')
			continue;
		row = add_row(rows, point);
		if (row == NULL)
			return false;
		take_cells(row, columns, line);
	}
	return true;
}

int sweep_rows_make(const struct sweep *sweep, struct sweep_rows *rows)
{
	*rows = (struct sweep_rows){ .texts = calloc(sweep->point_count, sizeof(char *)),
				     .text_count = sweep->point_count };
	if (rows->texts == NULL)
		return -SV3_ERR_NOMEM;
	for (unsigned int i = 0; i < sweep->point_count; i++) {
		const char *csv = sweep->points[i].csv;

		if (csv != NULL && (rows->texts[i] = strdup(csv)) == NULL)
			return -SV3_ERR_NOMEM;
		if (csv != NULL ? !take_csv(rows, i, rows->texts[i]) : add_row(rows, i) == NULL)
			return -SV3_ERR_NOMEM;
	}
	return 0;
}

void sweep_rows_free(struct sweep_rows *rows)
{
	for (unsigned int i = 0; rows->texts != NULL && i < rows->text_count; i++)
		free(rows->texts[i]);
	free(rows->texts);
	free(rows->rows);
}

int sweep_axis_key(const struct sweep_axis *axis)
{
	const unsigned int key = key_index(axis->name);

	return compare_key(key) != NULL ? (int)key : -1;
}

bool sweep_key_is_axis(const struct sweep *sweep, unsigned int key)
{
	for (unsigned int i = 0; i < sweep->axis_count; i++) {
		if (sweep_axis_key(&sweep->axes[i]) == (int)key)
			return true;
	}
	return false;
}

const char *sweep_axis_cell(const struct sweep *sweep, const struct sweep_row *row,
			    unsigned int axis)
{
	const int key = sweep_axis_key(&sweep->axes[axis]);
	const char *cell = key >= 0 ? row->cells[key] : NULL;

	return cell != NULL ? cell : sweep_value(sweep, row->point, axis);
}
