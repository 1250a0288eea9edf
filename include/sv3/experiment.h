/* SPDX-License-Identifier: MIT */
/*
 * experiment.h - questions of mailing-list threads, each answered by a small model that is run.
 *
 * Concepts:
 *   experiment  the questions of one thread: a name, a function, a row of a registry.
 *   parameter   a number an experiment can be told; a row with default and range.
 *   row         one question: what is expected of a number, and the number that came out.
 *   figure      a row of which nothing is expected: counted, measured on the host, or published;
 *               or open, and then without a number.
 *   report      the rows of one run, in order.
 * All but what a program adds from its host's clock is a function of the parameters.
 */
#ifndef SV3_EXPERIMENT_H
#define SV3_EXPERIMENT_H

#include <sv3/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- what there is --- */

#define SV3_EXPERIMENT_PARAMETERS_MAX 8u

struct sv3_experiment_parameter {
	const char *name, *help;
	uint64_t value; /* the default */
	uint64_t min, max;
	bool power_of_two;
};

struct sv3_experiment_info {
	const char *name, *title, *description;
	const struct sv3_experiment_parameter *parameters; /* shape [parameter_count] */
	uint32_t parameter_count;
};

/** sv3_experiment_info - row @index; NULL behind the last. */
SV3_API const struct sv3_experiment_info *sv3_experiment_info(unsigned int index);
/** sv3_experiment_find - by name; NULL if there is none. */
SV3_API const struct sv3_experiment_info *sv3_experiment_find(const char *name);

/** What is to be run. */
struct sv3_experiment_config {
	const struct sv3_experiment_info *experiment;   /* a row of the registry */
	uint64_t values[SV3_EXPERIMENT_PARAMETERS_MAX]; /* in the order of its parameters */
};

/** sv3_experiment_config_default - every parameter at its default. */
SV3_API void sv3_experiment_config_default(const struct sv3_experiment_info *experiment,
					   struct sv3_experiment_config *config);
/** sv3_experiment_set - one parameter by name. 0, -SV3_ERR_NOENT (no such parameter),
 *  -SV3_ERR_RANGE (nothing is changed then). */
SV3_API SV3_MUST_CHECK int sv3_experiment_set(struct sv3_experiment_config *config,
					      const char *name, uint64_t value);

/* --- what comes out --- */

enum sv3_experiment_kind {
	/* Checks: what is expected of the number. */
	SV3_EXPERIMENT_EQUAL,
	SV3_EXPERIMENT_AT_LEAST,
	SV3_EXPERIMENT_AT_MOST,
	/* Figures: nothing is. */
	SV3_EXPERIMENT_FIGURE,    /* counted here */
	SV3_EXPERIMENT_HOST,      /* measured by the clock of the host: another one each time */
	SV3_EXPERIMENT_PUBLISHED, /* by whom the note says */
	SV3_EXPERIMENT_OPEN,      /* no number yet: the note says what it needs */
};

#define SV3_EXPERIMENT_NOTE_CHARS 128u

struct sv3_experiment_row {
	const char *name;     /* short and stable, unique in its report; a static string */
	const char *question; /* one line; a static string */
	const char *unit;     /* "lost schedules", "Mbit/s"; a static string */
	enum sv3_experiment_kind kind;
	uint32_t digits;             /* @expected and @measured count 10^-digits of the unit */
	uint64_t expected, measured; /* @expected: of checks only */
	uint64_t total;              /* of how many: @measured of @total schedules; 0: of nothing */
	char note[SV3_EXPERIMENT_NOTE_CHARS]; /* may be "" */
};

/** Filled by sv3_experiment_run(), released by sv3_experiment_report_fini(). */
struct sv3_experiment_report {
	struct sv3_experiment_row *rows; /* shape [row_count], owned */
	uint32_t row_count, row_room;
	bool row_lost; /* out of memory when one was added */
};

/** sv3_experiment_is_check - whether something is expected of a row. */
SV3_API bool sv3_experiment_is_check(const struct sv3_experiment_row *row);
/** sv3_experiment_passed - whether a row is what was expected; of figures: true. */
SV3_API bool sv3_experiment_passed(const struct sv3_experiment_row *row);
/** sv3_experiment_failures - rows that did not pass. */
SV3_API uint32_t sv3_experiment_failures(const struct sv3_experiment_report *report);

/**
 * sv3_experiment_run - ask all questions of one experiment
 * @report: out; to be released whatever is returned
 * A question whose answer is not the expected one is a row, not an error.
 * Returns: 0, -SV3_ERR_NOMEM, -SV3_ERR_INVAL (a value that sv3_experiment_set() refuses), or what
 *          stopped a model.
 */
SV3_API SV3_MUST_CHECK int sv3_experiment_run(const struct sv3_experiment_config *config,
					      struct sv3_experiment_report *report);
/** sv3_experiment_add - one row more, copied. Lack of memory is remembered in row_lost. */
SV3_API void sv3_experiment_add(struct sv3_experiment_report *report,
				const struct sv3_experiment_row *row);
SV3_API void sv3_experiment_report_fini(struct sv3_experiment_report *report);

#ifdef __cplusplus
}
#endif

#endif
