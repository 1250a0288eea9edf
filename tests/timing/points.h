/* SPDX-License-Identifier: MIT */
/*
 * points.h - what is claimed of the timed runner, each claim measured.
 *
 * Concepts:
 *   point   one of the ten claims of docs/TIMING.md, section 6; a function that measures it.
 *   row     something expected and what was measured of it.
 *   ledger  the rows of all points, in order.
 * The suite runs each point and fails with its rows; sv3-timing prints them.
 */
#ifndef SV3_TESTS_TIMING_POINTS_H
#define SV3_TESTS_TIMING_POINTS_H

#include <stdbool.h>
#include <stdint.h>

enum row_kind {
	ROW_NEAR,     /* measured is at most @tolerance away from expected */
	ROW_AT_MOST,  /* and may be @tolerance more */
	ROW_AT_LEAST, /* and may be @tolerance less */
};

struct row {
	unsigned int point;
	enum row_kind kind;
	char what[80];
	const char *unit;
	double expected, measured, tolerance;
	bool holds;
};

#define ROWS_MAX 256u

struct ledger {
	unsigned int point; /* whose rows come next */
	unsigned int count;
	struct row rows[ROWS_MAX];
	const char *plots; /* folder for data of plots; NULL: none are wanted */
};

/** ledger_note - one row more. Returns: whether it holds. */
bool ledger_note(struct ledger *ledger, const struct row *row);
/** ledger_exact - expected and measured are the same. */
bool ledger_exact(struct ledger *ledger, const char *what, const char *unit, double expected,
		  double measured);
/** ledger_within - at most @percent of expected away from it. */
bool ledger_within(struct ledger *ledger, const char *what, const char *unit, double expected,
		   double measured, double percent);
/** ledger_near - at most @tolerance away, in the unit of both. */
bool ledger_near(struct ledger *ledger, const char *what, const char *unit, double expected,
		 double measured, double tolerance);

struct point {
	unsigned int number;
	const char *what;
	/** @effort: 1 in the suite, more in the program: so many times the accesses. */
	void (*measure)(struct ledger *ledger, uint64_t effort);
};

#define POINT_COUNT 10u
extern const struct point points[POINT_COUNT];
void points_measure(struct ledger *ledger, const struct point *point, uint64_t effort);

void point_zero_load(struct ledger *ledger, uint64_t effort);
void point_bounds(struct ledger *ledger, uint64_t effort);
void point_little(struct ledger *ledger, uint64_t effort);
void point_queues(struct ledger *ledger, uint64_t effort);
void point_caches(struct ledger *ledger, uint64_t effort);
void point_data_sets(struct ledger *ledger, uint64_t effort);
void point_gem5(struct ledger *ledger, uint64_t effort);
void point_dirty(struct ledger *ledger, uint64_t effort);
void point_monotonic(struct ledger *ledger, uint64_t effort);
void point_same(struct ledger *ledger, uint64_t effort);

#endif
