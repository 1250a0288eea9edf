/* SPDX-License-Identifier: MIT */
/*
 * explore.h - what the parts of `sv3 explore` share.
 *
 * Concepts:
 *   request  what the command line asks for, names looked up.
 *   run      a scenario explored, or a schedule replayed; with the story of its first finding.
 *   file     a schedule as a text: machine, who goes how often, the rule that is broken.
 */
#ifndef SV3_CLI_EXPLORE_H
#define SV3_CLI_EXPLORE_H

#include "cli.h"

#include <sv3/explore.h>

#define EXPLORE_SCENARIOS_MAX 64u

struct explore_request {
	struct sv3_explore_config config; /* its scenario: NULL for all */
	const char *driver, *bug;         /* names; @bug may be NULL */
	const char *json, *save, *replay; /* files; NULL: none */
	bool measures;
};

struct explore_run {
	const struct sv3_explore_scenario *scenario;
	struct sv3_explore_report report; /* shrunk */
	uint32_t first_length;            /* steps of the first finding, not yet shrunk */
	struct sv3_explore_step *story;   /* shape [story_count], owned; NULL: nothing was found */
	uint32_t story_count;
	uint64_t host_ns;
};

/** explore_modes - their names, as in enum sv3_explore_mode; ends with NULL. */
extern const char *const explore_modes[];
/** explore_is_drawn - whether schedules of a mode are a sample. */
bool explore_is_drawn(enum sv3_explore_mode mode);

/* --- looking up; NULL: none --- */

const struct sv3_explore_driver *explore_find_driver(const char *name);
/* --- explore_drivers.c --- */

/** The program, as its command lines begin; and the driver that is meant if none is named. */
extern const char explore_program[];
#define EXPLORE_DRIVER "sv3"
/** explore_driver - row @index of those that are built in; NULL behind the last. */
const struct sv3_explore_driver *explore_driver(unsigned int index);

/* --- explore_list.c --- */

/** explore_list - what there is, as tables or, if @json is not NULL, as JSON into that file. */
int explore_list(const char *json);

/* --- explore_run.c --- */

/** explore_create - the machine of @config; says what is wrong. CLI_OK or CLI_ERROR. */
int explore_create(const struct sv3_explore_config *config, struct sv3_explore **x);
/** explore_run - explore one scenario, @config's. CLI_OK or CLI_ERROR. */
int explore_run(const struct sv3_explore_config *config, struct explore_run *run);
/** explore_tell - the story of run->report.schedule; updates the finding. CLI_OK or CLI_ERROR. */
int explore_tell(struct sv3_explore *x, struct explore_run *run);
void explore_run_fini(struct explore_run *run);

/* --- explore_file.c --- */

/** explore_schedule_text - "driver 12, device 2"; owned by the caller; NULL: out of memory. */
char *explore_schedule_text(const struct sv3_explore_scenario *scenario,
			    const struct sv3_explore_schedule *schedule);
/** explore_save - write the schedule of @run. CLI_OK or CLI_ERROR. */
int explore_save(const struct explore_request *request, const struct explore_run *run);

/** A file of a schedule; names are looked up. */
struct explore_file {
	const struct sv3_explore_scenario *scenario;
	const struct sv3_explore_driver *driver;
	const struct sv3_explore_mutant *mutant; /* NULL: none */
	enum sv3_explore_rule rule;              /* OK: none was broken */
	struct sv3_explore_schedule schedule;
};
/** explore_load - read it; says what is wrong, and where. CLI_OK or CLI_ERROR. */
int explore_load(const char *path, struct explore_file *file);

/* --- explore_print.c --- */

/** explore_print - what was explored, and the story of the first finding. CLI_OK or CLI_ERROR. */
int explore_print(const struct explore_request *request, const struct explore_run *runs,
		  unsigned int count);
/** explore_print_replay - the story of a file. CLI_OK or CLI_ERROR. */
int explore_print_replay(const struct explore_request *request, const struct explore_file *file,
			 const struct explore_run *run);
/** explore_json - the same for programs. CLI_OK or CLI_ERROR. */
int explore_json(const struct explore_request *request, const struct explore_run *runs,
		 unsigned int count);

#endif
