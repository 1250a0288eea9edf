/* SPDX-License-Identifier: MIT */
/*
 * sweep_run.c - points as processes, as many at a time as asked for.
 *
 * The signals that matter are blocked and waited for in one place, so that nothing can happen in
 * between: a child ended, or somebody wants us to stop. A point is kept only when its process has
 * ended well; until then its output is in a file without a name.
 */
#include "sweep.h"

#include "process.h"

#include <sv3/base.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 256u

struct job {
	pid_t child; /* 0: none */
	unsigned int point;
	struct cli_streams streams;
};

struct runner {
	struct sweep *sweep;
	struct job jobs[JOBS_MAX];
	unsigned int running, next, finished; /* points: running; to begin; ended by now */
	struct cli_progress progress;
	int status;
};

/* --- one job --- */

static void close_job(struct job *job)
{
	if (job->streams.out != NULL)
		fclose(job->streams.out);
	if (job->streams.err != NULL)
		fclose(job->streams.err);
	*job = (struct job){ 0 };
}

static struct job *free_job(struct runner *runner)
{
	struct job *job = runner->jobs;

	while (job->child != 0)
		job++;
	return job;
}

static bool start(struct runner *runner, unsigned int point)
{
	static char self[] = "/proc/self/exe";
	struct job *job = free_job(runner);
	char **words, **argv;
	int count;

	words = sweep_arguments(runner->sweep, point, true, &count);
	argv = words != NULL ? calloc((size_t)count + 2, sizeof(*argv)) : NULL;
	job->streams.out = tmpfile();
	job->streams.err = tmpfile();
	if (argv != NULL && job->streams.out != NULL && job->streams.err != NULL) {
		argv[0] = self;
		memcpy(argv + 1, words, (size_t)count * sizeof(*argv));
		job->child = cli_process_start(argv, &job->streams);
	}
	free(words);
	free(argv);
	if (job->child <= 0) {
		close_job(job);
		return false;
	}
	job->point = point;
	runner->running++;
	return true;
}

/** A point that came to nothing: its command, and what was said. */
static void tell_failure(struct runner *runner, const struct job *job, int wait_status)
{
	char *text = cli_file_text(job->streams.err);
	const char *said = text != NULL && *text != '\0' ? text : "it said nothing";

	cli_progress_end(&runner->progress);
	if (WIFSIGNALED(wait_status))
		cli_error("sweep", "failed: %s: %s", runner->sweep->points[job->point].command,
			  strsignal(WTERMSIG(wait_status)));
	else
		cli_error("sweep", "failed: %s: %.*s", runner->sweep->points[job->point].command,
			  (int)strcspn(said, "\n"), said);
	free(text);
}

static void end_job(struct runner *runner, struct job *job, int wait_status)
{
	struct sweep *sweep = runner->sweep;
	struct sweep_point *point = &sweep->points[job->point];

	point->status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : CLI_ERROR;
	if (point->status == CLI_OK || point->status == CLI_MISTRUST)
		point->csv = cli_file_text(job->streams.out);
	if (sweep->is_interrupted && point->csv == NULL) {
		/* It was told to go; that is no failure. */
	} else if (point->csv == NULL) {
		point->status = CLI_ERROR;
		sweep->failed++;
		tell_failure(runner, job, wait_status);
	} else if (sweep_store_save(sweep, job->point) != CLI_OK) {
		runner->status = CLI_ERROR;
	}
	close_job(job);
	runner->running--;
	runner->finished++;
}

/* --- all of them --- */

static void reap(struct runner *runner)
{
	int wait_status;
	pid_t child;

	while ((child = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		for (unsigned int i = 0; i < JOBS_MAX; i++) {
			if (runner->jobs[i].child == child) {
				end_job(runner, &runner->jobs[i], wait_status);
				break;
			}
		}
	}
}

static void stop(struct runner *runner)
{
	runner->sweep->is_interrupted = true;
	for (unsigned int i = 0; i < JOBS_MAX; i++) {
		if (runner->jobs[i].child > 0)
			kill(runner->jobs[i].child, SIGTERM);
	}
}

/** The next point that has no result yet; point_count: there is none. */
static unsigned int next_point(struct runner *runner)
{
	const struct sweep *sweep = runner->sweep;

	while (runner->next < sweep->point_count && sweep->points[runner->next].csv != NULL)
		runner->next++;
	return runner->next;
}

static void run_all(struct runner *runner, const sigset_t *signals)
{
	const struct timespec while_waiting = { 0, 200000000 };
	struct sweep *sweep = runner->sweep;
	const unsigned int to_run = sweep->point_count - sweep->kept;
	char label[64];

	for (;;) {
		int signal;

		while (!sweep->is_interrupted && runner->status == CLI_OK &&
		       runner->running < sweep->jobs && next_point(runner) < sweep->point_count) {
			if (!start(runner, runner->next++))
				runner->status = cli_error("sweep", "cannot start a process: %s",
							   strerror(errno));
		}
		if (runner->running == 0)
			return;
		snprintf(label, sizeof(label), "sweep, %u of %u done", runner->finished, to_run);
		cli_progress_update(&runner->progress, label, runner->finished, to_run);
		signal = sigtimedwait(signals, NULL, &while_waiting);
		if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP)
			stop(runner);
		reap(runner);
	}
}

int sweep_run(struct sweep *sweep)
{
	struct runner *runner = calloc(1, sizeof(*runner));
	sigset_t signals, before;
	int status;

	if (runner == NULL)
		return cli_error("sweep", "%s", sv3_strerror(SV3_ERR_NOMEM));
	runner->sweep = sweep;
	for (unsigned int i = 0; i < sweep->point_count; i++)
		sweep->kept += sweep_store_load(sweep, i);
	sweep->jobs = cli_jobs(sweep->jobs);
	sweep->jobs = sweep->jobs < JOBS_MAX ? sweep->jobs : JOBS_MAX;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	cli_progress_begin(&runner->progress, "points");
	run_all(runner, &signals);
	cli_progress_end(&runner->progress);
	sigprocmask(SIG_SETMASK, &before, NULL);
	status = runner->status;
	free(runner);
	return status;
}
