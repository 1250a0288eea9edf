/* SPDX-License-Identifier: MIT */
/*
 * sweep_rows.h - results of a sweep, taken apart: what table, files and plots are made of.
 */
#ifndef SV3_CLI_SWEEP_ROWS_H
#define SV3_CLI_SWEEP_ROWS_H

#include "sweep.h"

#define SWEEP_KEYS_MAX 128u /* columns that compare may print */

struct sweep_row {
	unsigned int point;
	const char *cells[SWEEP_KEYS_MAX]; /* by compare_key(); NULL: empty, no such column, or
					      failed */
};

struct sweep_rows {
	struct sweep_row *rows; /* shape [row_count], owned */
	unsigned int row_count;
	bool is_used[SWEEP_KEYS_MAX]; /* some row has it */
	char **texts;                 /* where the cells lie; owned */
	unsigned int text_count;
};

/** sweep_rows_make - 0 or -SV3_ERR_NOMEM; to be freed in either case. */
int sweep_rows_make(const struct sweep *sweep, struct sweep_rows *rows);
void sweep_rows_free(struct sweep_rows *rows);

/** The column of results that has the name of an axis, -1: none. An axis is shown by it: where a
 *  value stands for several, as policy=all does, it says which. */
int sweep_axis_key(const struct sweep_axis *axis);
bool sweep_key_is_axis(const struct sweep *sweep, unsigned int key);
const char *sweep_axis_cell(const struct sweep *sweep, const struct sweep_row *row,
			    unsigned int axis);

/** sweep_is_chosen - whether --columns, or what stands for it, names @key. */
bool sweep_is_chosen(const struct sweep *sweep, const char *key);
/** sweep_plots - a curve for each column of numbers that was chosen. */
struct page;
void sweep_plots(struct page *page, const struct sweep *sweep, const struct sweep_rows *rows);

#endif
