/* SPDX-License-Identifier: MIT */
/*
 * compare_run.c - the migrations of a comparison, as many at a time as asked for.
 *
 * Each policy has a world of its own and shares nothing but what is only read, the traces: results
 * do not depend on how many run at a time. What is shared here is which policy comes next and the
 * line on the terminal.
 */
#include "cli.h"
#include "compare.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

struct runner {
	struct compare_run *run;
	pthread_mutex_t lock; /* of what is below, up to @errors */
	struct cli_progress progress;
	uint64_t pages_sent[COMPARE_POLICIES_MAX];
	unsigned int next, ended;
	bool has_failed;
	/* Of one policy each: nobody else touches them while it runs. */
	int errors[COMPARE_POLICIES_MAX];
};

/** One policy of a runner: what its progress is told by. */
struct job {
	struct runner *runner;
	unsigned int policy;
};

/* --- progress --- */

/** Pages sent by all of them, each up to @most. */
static uint64_t pages_sent(const struct runner *runner, uint64_t most)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < runner->run->policy_count; i++)
		sum += runner->pages_sent[i] < most ? runner->pages_sent[i] : most;
	return sum;
}

/** While one is in its bulk round something is known of the end: all that bulk rounds send. */
static void show(struct runner *runner, const char *policy, uint32_t round)
{
	const struct compare_run *run = runner->run;
	const uint64_t guest_pages = run->config.guest_size / SV3_PAGE_SIZE;
	const uint64_t bulk = pages_sent(runner, guest_pages);
	const uint64_t bulk_total = guest_pages * run->policy_count;
	char label[96];

	snprintf(label, sizeof(label), "%u of %u policies done; %s, round %" PRIu32, runner->ended,
		 run->policy_count, policy, round);
	if (bulk < bulk_total)
		cli_progress_update(&runner->progress, label, bulk, bulk_total);
	else
		cli_progress_update(&runner->progress, label, pages_sent(runner, UINT64_MAX), 0);
}

static void show_progress(void *context, const char *policy, uint64_t pages, uint32_t round)
{
	const struct job *job = context;
	struct runner *runner = job->runner;

	pthread_mutex_lock(&runner->lock);
	runner->pages_sent[job->policy] = pages;
	show(runner, policy, round);
	pthread_mutex_unlock(&runner->lock);
}

/* --- running --- */

/** Each has CPUs and synthetic devices of its own: what they wrote before is no part of it. */
static int run_policy(struct job *job)
{
	struct compare_run *run = job->runner->run;
	struct sv3_compare_config config = run->config;
	struct sv3_device cpu, devices;
	int error = compare_make_cpu(run, &cpu);

	if (error < 0)
		return error;
	error = compare_make_synthetics(run, &devices);
	if (error < 0) {
		sv3_device_destroy(&cpu);
		return error;
	}
	config.cpu = cpu.ops != NULL ? &cpu : NULL;
	config.device = devices.ops != NULL ? &devices : NULL;
	config.write_map = run->write_maps != NULL ? &run->write_maps[job->policy] : NULL;
	config.progress = show_progress;
	config.progress_context = job;
	compare_watch(run, &config);
	error = sv3_compare_run(&config, run->policies[job->policy]->name,
				&run->results[job->policy]);
	sv3_device_destroy(&devices);
	sv3_device_destroy(&cpu);
	return error;
}

/** Returns: false: there is none left, or one failed and the others need not begin. */
static bool take_next(struct job *job)
{
	struct runner *runner = job->runner;
	bool taken;

	pthread_mutex_lock(&runner->lock);
	taken = runner->next < runner->run->policy_count && !runner->has_failed;
	if (taken)
		job->policy = runner->next++;
	pthread_mutex_unlock(&runner->lock);
	return taken;
}

static void *work(void *context)
{
	struct runner *runner = context;
	struct job job = { .runner = runner };

	while (take_next(&job)) {
		const int error = run_policy(&job);

		pthread_mutex_lock(&runner->lock);
		runner->errors[job.policy] = error;
		runner->has_failed |= error < 0;
		runner->ended++;
		pthread_mutex_unlock(&runner->lock);
	}
	return NULL;
}

/** Those that cannot be begun leave their work to the others. */
static void run_all(struct runner *runner, unsigned int jobs)
{
	pthread_t threads[COMPARE_POLICIES_MAX];
	unsigned int count = 0;

	while (count + 1 < jobs && pthread_create(&threads[count], NULL, work, runner) == 0)
		count++;
	work(runner);
	while (count > 0)
		pthread_join(threads[--count], NULL);
}

static int tell_failure(const struct runner *runner)
{
	const struct compare_run *run = runner->run;

	for (unsigned int i = 0; i < run->policy_count; i++) {
		const char *said = run->results[i].error;

		if (runner->errors[i] < 0)
			return cli_error("compare", "%s: %s", run->policies[i]->name,
					 said[0] != '\0' ? said : sv3_strerror(runner->errors[i]));
	}
	return CLI_OK;
}

int compare_run_policies(struct compare_run *run, unsigned int jobs)
{
	struct runner *runner = calloc(1, sizeof(*runner));
	int status;

	if (runner == NULL)
		return cli_error("compare", "%s", sv3_strerror(SV3_ERR_NOMEM));
	runner->run = run;
	pthread_mutex_init(&runner->lock, NULL);
	cli_progress_begin(&runner->progress, "pages");
	run_all(runner, jobs < run->policy_count ? jobs : run->policy_count);
	cli_progress_end(&runner->progress);
	pthread_mutex_destroy(&runner->lock);
	status = tell_failure(runner);
	free(runner);
	if (status == CLI_OK) /* a scenario brings its own guest, unless one was asked for */
		run->config.guest_size = run->results[0].guest_pages * SV3_PAGE_SIZE;
	return status;
}
