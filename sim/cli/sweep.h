/* SPDX-License-Identifier: MIT */
/*
 * sweep.h - one sweep as its files share it.
 *
 * Concepts:
 *   axis   an option of compare and the values it takes in turn.
 *   point  one value of every axis: a command line, run by a process of its own.
 *   store  the folder in which the result of every finished point is kept, a file each.
 */
#ifndef SV3_CLI_SWEEP_H
#define SV3_CLI_SWEEP_H

#include "cli.h"

#define SWEEP_AXES_MAX   8u
#define SWEEP_POINTS_MAX 100000u

struct sweep_axis {
	const char *option; /* "--inv-latency" */
	const char *name;   /* "inv-latency" */
	enum cli_kind kind;
	char **values; /* shape [count], owned, as they are typed */
	unsigned int count;
};

struct sweep_point {
	char *command; /* as one types it; owned */
	char *csv;     /* what compare printed; owned; NULL: not run, or it failed */
	int status;    /* of compare: 0 or 2; 1: it failed */
};

struct sweep {
	/* what was asked for */
	const char *out, *report, *columns;
	uint64_t jobs;
	char **words; /* of the command, "compare" first; shape [word_count], borrowed */
	int word_count;
	struct sweep_axis axes[SWEEP_AXES_MAX];
	unsigned int axis_count;
	/* what becomes of it */
	char *identity; /* which sv3 on which input; owned */
	struct sweep_point *points;
	unsigned int point_count;
	unsigned int kept, stale, failed; /* finished before; by another sv3; not at all */
	bool is_interrupted;
};

/* --- sweep_grid.c --- */

/** sweep_add_axis - "inv-latency=0,100us" or "max-rounds=1..9/2". CLI_OK or CLI_ERROR. */
int sweep_add_axis(struct sweep *sweep, const char *text);
/** Which value of axis @axis point @point has; the first axis changes slowest. */
unsigned int sweep_index(const struct sweep *sweep, unsigned int point, unsigned int axis);
const char *sweep_value(const struct sweep *sweep, unsigned int point, unsigned int axis);
/**
 * sweep_arguments - the words of a point's command, "compare" first
 * @csv: with what makes compare print CSV
 * Returns: an array that ends with NULL, to be freed; the words are not. NULL: out of memory.
 */
char **sweep_arguments(const struct sweep *sweep, unsigned int point, bool csv, int *count);
/** sweep_make_points - all of them, each a command that compare accepts. CLI_OK or CLI_ERROR. */
int sweep_make_points(struct sweep *sweep);
void sweep_free(struct sweep *sweep);

/* --- sweep_store.c --- */

/** sweep_store_open - make the folders, find out who we are. CLI_OK or CLI_ERROR. */
int sweep_store_open(struct sweep *sweep);
/** sweep_store_load - take the result of a point, if it was finished by this sv3. */
bool sweep_store_load(struct sweep *sweep, unsigned int point);
/** sweep_store_save - keep it. CLI_OK or CLI_ERROR. */
int sweep_store_save(const struct sweep *sweep, unsigned int point);

/* --- sweep_run.c --- */

/** sweep_run - every point that is not in the store. CLI_OK or CLI_ERROR; failed points are told
 *  and counted only. */
int sweep_run(struct sweep *sweep);

/* --- sweep_report.c --- */

/** sweep_check_columns - refuse a list with a name that compare does not print. */
int sweep_check_columns(const struct sweep *sweep);
/** sweep_tell - sweep.csv, sweep.json, the page, the table. CLI_OK or CLI_ERROR. */
int sweep_tell(const struct sweep *sweep, int argc, char *const argv[]);

#endif
