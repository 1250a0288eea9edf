/* SPDX-License-Identifier: MIT */
/*
 * explore_run.c - one scenario explored: the search, the finding made short, its story kept.
 */
#include "explore.h"

#include <inttypes.h>
#include <stdlib.h>

/** Whose progress is shown. */
struct watch {
	struct cli_progress progress;
	const char *scenario;
	uint64_t schedules_max;
};

static void watched(void *context, uint64_t schedules)
{
	struct watch *watch = context;

	cli_progress_update(&watch->progress, watch->scenario, schedules, watch->schedules_max);
}

int explore_create(const struct sv3_explore_config *config, struct sv3_explore **x)
{
	const char *scenario = config->scenario->name, *driver = config->driver->name;
	int error;

	if (config->mode == SV3_EXPLORE_MERGED && config->driver->keep != NULL)
		return cli_error(
			"explore",
			"--mode merged: states do not tell all that driver %s has; give --mode reduced",
			driver);
	error = sv3_explore_create(config, x);
	if (error == -SV3_ERR_NOENT)
		return cli_error("explore",
				 "%s: driver %s lacks a function that this scenario calls%s",
				 scenario, driver,
				 config->bug != NULL ? ", or cannot have this bug here" : "");
	if (error == -SV3_ERR_INVAL)
		return cli_error("explore", "%s: driver %s does not boot", scenario, driver);
	if (error < 0)
		return cli_error("explore", "%s: %s", scenario, sv3_strerror(error));
	return CLI_OK;
}

/* --- the story --- */

/** A story as it is told; @lost: there was no memory for a step. */
struct listener {
	struct explore_run *run;
	bool lost;
};

static void keep_step(void *context, const struct sv3_explore_step *step)
{
	struct listener *listener = context;
	struct explore_run *run = listener->run;
	struct sv3_explore_step *grown;

	if (listener->lost)
		return;
	grown = realloc(run->story, (run->story_count + 1) * sizeof(*grown));
	if (grown == NULL) {
		listener->lost = true;
		return;
	}
	run->story = grown;
	run->story[run->story_count++] = *step;
}

int explore_tell(struct sv3_explore *x, struct explore_run *run)
{
	struct listener listener = { .run = run };

	sv3_explore_tell(x, &run->report.schedule, keep_step, &listener, &run->report.finding);
	if (listener.lost)
		return cli_error("explore", "%s", sv3_strerror(SV3_ERR_NOMEM));
	return CLI_OK;
}

void explore_run_fini(struct explore_run *run)
{
	free(run->story);
	run->story = NULL;
	run->story_count = 0;
}

/* --- the search --- */

int explore_run(const struct sv3_explore_config *config, struct explore_run *run)
{
	struct watch watch = { .scenario = config->scenario->name,
			       .schedules_max = config->schedules_max };
	struct sv3_explore_config watched_config = *config;
	struct sv3_explore *x;
	int status = CLI_OK;

	watched_config.progress = watched;
	watched_config.context = &watch;
	run->scenario = config->scenario;
	if (explore_create(&watched_config, &x) != CLI_OK)
		return CLI_ERROR;
	cli_progress_begin(&watch.progress, "schedules");
	run->host_ns = cli_host_ns();
	sv3_explore_run(x, &run->report);
	run->host_ns = cli_host_ns() - run->host_ns;
	cli_progress_end(&watch.progress);
	if (run->report.findings > 0) {
		run->first_length = run->report.schedule.length;
		sv3_explore_shrink(x, &run->report);
		status = explore_tell(x, run);
	}
	sv3_explore_destroy(x);
	return status;
}
