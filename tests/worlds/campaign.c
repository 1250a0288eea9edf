/* SPDX-License-Identifier: MIT */
/*
 * campaign.c - sv3-worlds: random worlds for each policy; is a page lost that should not be?
 *
 * Usage: sv3-worlds [--worlds N] [--policy NAME] [--seed FIRST] [--jobs N]
 * A line for each policy: "ok NAME: ..." or "FAIL NAME: ...", with the first world that failed and
 * the command that repeats it. Workers are processes: each takes every so many-th seed.
 */
#include "campaign.h"
#include "world.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM  "sv3-worlds"
#define JOBS_MAX 256u
/* Fewer writes a world than this, on average, and little is tested. */
#define WRITES_MIN 100u
/* Worlds that show what a policy is tested by; that show also what happens in few of them. */
#define WORLDS_FEW  100u
#define WORLDS_MANY 1000u

struct options {
	uint64_t worlds, seed, jobs;
	const char *policy; /* NULL: all */
};

/* What a worker did; shared with its parent. */
struct tally {
	uint64_t done, failed, writes, lost, losing;
	uint64_t current;    /* the seed it is at, while it runs */
	uint64_t first_seed; /* of the first world that failed */
	char first_why[512];
};

struct campaign {
	struct options options;
	struct tally *tallies; /* shape [options.jobs], shared memory */
	struct timespec start;
	uint64_t total, before; /* worlds of all policies; of those that are through */
	bool failed;
};

static const char help[] =
	"Usage: sv3-worlds [OPTION...]\n"
	"Migrates random worlds by each policy and looks for lost pages.\n"
	"\n"
	"  --worlds N     worlds for each policy, default 1000\n"
	"  --policy NAME  this policy only\n"
	"  --seed FIRST   seed of the first world, default 1\n"
	"  --jobs N       processes, default one for each processor\n"
	"\n"
	"Exit status: 0 nothing was lost that should not be, 1 something was, 2 a mistake in the "
	"options.\n";

/* --- a worker --- */

static void one_world(const struct sv3_policy_info *policy, uint64_t seed, struct tally *tally)
{
	struct verdict verdict = { 0 };
	struct world world;

	tally->current = seed;
	if (world_draw(policy, seed, &world))
		snprintf(verdict.why, sizeof(verdict.why), "out of memory");
	else
		world_run(&world, &verdict);
	world_free(&world);
	tally->writes += verdict.writes;
	tally->lost += verdict.lost;
	tally->losing += verdict.lost > 0;
	if (verdict.why[0] && !tally->failed++) {
		tally->first_seed = seed;
		memcpy(tally->first_why, verdict.why, sizeof(tally->first_why));
	}
	tally->done++;
}

static __attribute__((noreturn)) void work(struct campaign *c, const struct sv3_policy_info *policy,
					   uint64_t index)
{
	for (uint64_t i = index; i < c->options.worlds; i += c->options.jobs)
		one_world(policy, c->options.seed + i, &c->tallies[index]);
	_exit(0);
}

/* --- progress --- */

static void progress(const struct campaign *c, const char *policy)
{
	const double passed = campaign_seconds(&c->start);
	uint64_t done = c->before;
	double rate;

	for (uint64_t i = 0; i < c->options.jobs; i++)
		done += c->tallies[i].done;
	rate = (double)done / passed;
	fprintf(stderr,
		"\r\033[K%s: %" PRIu64 " of %" PRIu64 " worlds, %.0f a second, %.0f s left ",
		policy, done, c->total, rate, rate > 0 ? (double)(c->total - done) / rate : 0.0);
}

/* --- one policy --- */

/* A worker that ends badly failed at the world it was at. */
static void note_crash(struct tally *tally, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (!tally->failed++) {
		tally->first_seed = tally->current;
		snprintf(tally->first_why, sizeof(tally->first_why), "ended by signal %d",
			 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
}

static struct tally sum(const struct campaign *c)
{
	struct tally sum = { 0 };

	for (uint64_t i = 0; i < c->options.jobs; i++) {
		const struct tally *tally = &c->tallies[i];

		sum.done += tally->done;
		sum.writes += tally->writes;
		sum.lost += tally->lost;
		sum.losing += tally->losing;
		if (tally->failed && (!sum.failed || tally->first_seed < sum.first_seed)) {
			sum.first_seed = tally->first_seed;
			memcpy(sum.first_why, tally->first_why, sizeof(sum.first_why));
		}
		sum.failed += tally->failed;
	}
	return sum;
}

/* Of a policy that claims to lose nothing: whether all it knows of a device's writes is dirty state
 * of leaves. The others log writes when they fault or are issued, compare bytes or send all. */
static bool lives_on_leaves(const struct sv3_policy_info *policy)
{
	static const char *const others[] = { "all-dirty", "write-protect", "guest-mark",
					      "bounce-diff", "software-log" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(policy->name, others[i]))
			return false;
	return true;
}

/* What so many worlds should have had and have not; NULL: nothing. */
static const char *what_is_missing(const struct campaign *c, const struct sv3_policy_info *policy,
				   const struct tally *all)
{
	if (c->options.worlds < WORLDS_FEW)
		return NULL;
	if (all->writes < WRITES_MIN * all->done)
		return "too few writes";
	if (!all->lost && !policy->claims_lossless)
		return "no page lost, though it must";
	if (!all->lost && lives_on_leaves(policy) && c->options.worlds >= WORLDS_MANY)
		return "no page lost by an unmap that forgets";
	return NULL;
}

static void report(struct campaign *c, const struct sv3_policy_info *policy)
{
	const struct tally all = sum(c);
	const char *missing = what_is_missing(c, policy, &all);

	c->failed |= all.failed || missing;
	if (all.failed) {
		printf("FAIL %s: %" PRIu64 " of %" PRIu64 " worlds; seed %" PRIu64 ": %s\n",
		       policy->name, all.failed, c->options.worlds, all.first_seed, all.first_why);
		printf("    again: make worlds WORLDS=1 POLICY=%s SEED=%" PRIu64 "\n", policy->name,
		       all.first_seed);
		return;
	}
	printf("%s %s: %" PRIu64 " worlds, %" PRIu64 " writes, ", missing ? "FAIL" : "ok",
	       policy->name, all.done, all.writes);
	if (missing)
		printf("%s\n", missing);
	else if (policy->claims_lossless && !all.lost)
		printf("no page lost\n");
	else
		printf("%" PRIu64 " pages lost in %" PRIu64 " worlds, %s\n", all.lost, all.losing,
		       policy->claims_lossless ? "by unmaps that forget" : "each as predicted");
}

static void run_policy(struct campaign *c, const struct sv3_policy_info *policy)
{
	const bool shows = isatty(STDERR_FILENO);
	const struct timespec pause = { .tv_nsec = 20000000 };
	pid_t workers[JOBS_MAX];
	uint64_t running = 0;

	memset(c->tallies, 0, c->options.jobs * sizeof(*c->tallies));
	fflush(stdout);
	for (uint64_t i = 0; i < c->options.jobs; i++, running++) {
		workers[i] = fork();
		if (!workers[i])
			work(c, policy, i);
		if (workers[i] < 0) {
			perror("sv3-worlds: fork");
			exit(2);
		}
	}
	while (running) {
		int status;
		const pid_t ended = waitpid(-1, &status, shows ? WNOHANG : 0);

		for (uint64_t i = 0; ended > 0 && i < c->options.jobs; i++)
			if (workers[i] == ended)
				note_crash(&c->tallies[i], status);
		running -= ended > 0;
		if (!ended) {
			progress(c, policy->name);
			nanosleep(&pause, NULL);
		}
	}
	if (shows)
		fputs("\r\033[K", stderr);
	c->before += c->options.worlds;
	report(c, policy);
}

/* --- options --- */

static void parse(struct options *o, char **argv)
{
	for (char **arg = argv + 1; *arg; arg++) {
		const char *option = *arg;

		if (!strcmp(option, "--help")) {
			fputs(help, stdout);
			exit(0);
		}
		arg++;
		if (!strcmp(option, "--worlds"))
			o->worlds = campaign_number(PROGRAM, option, *arg);
		else if (!strcmp(option, "--seed"))
			o->seed = campaign_number(PROGRAM, option, *arg);
		else if (!strcmp(option, "--jobs"))
			o->jobs = campaign_number(PROGRAM, option, *arg);
		else if (!strcmp(option, "--policy") && *arg && sv3_policy_find(*arg))
			o->policy = *arg;
		else
			campaign_refuse(PROGRAM, option, "unknown, or its value is");
	}
	if (!o->worlds || !o->jobs || o->jobs > JOBS_MAX)
		campaign_refuse(PROGRAM, "--worlds and --jobs", "at least 1, and at most 256 jobs");
}

static bool takes_part(const struct campaign *c, const struct sv3_policy_info *policy)
{
	return !c->options.policy || !strcmp(c->options.policy, policy->name);
}

int main(int argc, char **argv)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct campaign c = { .options = { .worlds = 1000, .seed = 1 } };
	const struct sv3_policy_info *policy;

	(void)argc;
	/* A worker keeps what it has: pages of a world before are cheaper than new ones. */
	mallopt(M_MMAP_THRESHOLD, 1 << 25);
	mallopt(M_TRIM_THRESHOLD, 1 << 28);
	c.options.jobs = processors < 1          ? 1
			 : processors > JOBS_MAX ? JOBS_MAX
						 : (uint64_t)processors;
	parse(&c.options, argv);
	clock_gettime(CLOCK_MONOTONIC, &c.start);
	c.tallies = (struct tally *)mmap(NULL, c.options.jobs * sizeof(*c.tallies),
					 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c.tallies == MAP_FAILED) {
		fprintf(stderr, "sv3-worlds: out of memory\n");
		return 2;
	}
	for (unsigned int i = 0; (policy = sv3_policy_info(i)); i++)
		c.total += takes_part(&c, policy) ? c.options.worlds : 0;
	for (unsigned int i = 0; (policy = sv3_policy_info(i)); i++)
		if (takes_part(&c, policy))
			run_policy(&c, policy);
	return c.failed;
}
