/* SPDX-License-Identifier: MIT */
/*
 * campaign.c - sv3-walker: random machines, tables and accesses; the model against the oracle.
 *
 * Usage: sv3-walker [--accesses N] [--configs N] [--seed S] [--tlb on|off] [--replay SEED/CASE]
 * The first difference is told whole, with the command that repeats it, and ends the run with exit
 * status 1. The last line is "N passed, N failed, N skipped".
 */
#include "campaign.h"
#include "owed.h"
#include "story.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM     "sv3-walker"
#define REASONS_MAX 80u

struct options {
	uint64_t accesses, configs, seed, first;
	bool tlb, no_tlb; /* run with, run without */
	bool keep_going, reasons;
};

struct campaign {
	struct options options;
	struct arena arena;
	struct machine machine;
	struct setup setup;
	struct owed owed;
	struct oracle_memory memory;
	uint64_t accesses, configs, failed, allowed, hits;
	uint64_t outcomes[SV3_OUTCOME_COUNT], events[256];
	uint32_t reason_count;
	struct {
		const char *why;
		uint64_t count;
	} reasons[REASONS_MAX];
	struct timespec start;
};

static const char help[] =
	"Usage: sv3-walker [OPTION...]\n"
	"Compares the model with a slow second translator on random machines, tables and accesses.\n"
	"\n"
	"  --accesses N       accesses in all, default 100000\n"
	"  --configs N        machines they are spread over, default one for 100 accesses\n"
	"  --seed S           of the campaign, default 1\n"
	"  --tlb on|off       caches on: software changes tables and invalidates; default: both\n"
	"  --replay SEED/CASE one machine again\n"
	"  --keep-going       do not end with the first difference: one line for each\n"
	"  --reasons          what the oracle answered, counted\n"
	"\n"
	"Exit status: 0 no difference, 1 a difference, 2 a mistake in the options.\n";

static bool read_memory(void *context, enum oracle_use use, uint64_t pa, void *data, uint32_t size)
{
	(void)use;
	return arena_read(context, pa, data, size);
}

static void one_difference(struct campaign *c, uint64_t number, uint32_t access,
			   const struct sv3_txn *txn, const struct oracle_answer *answer,
			   const struct observed *seen, const char *difference)
{
	c->failed++;
	if (c->options.keep_going) {
		printf("%" PRIu64 "/%" PRIu64 " access %u: %s: oracle %u event %02x (%s), model %u "
		       "event %02x\n",
		       c->options.seed, number, access, difference, answer->outcome, answer->event,
		       answer->why, seen->result.outcome, seen->result.event);
		return;
	}
	story_tell(&c->setup, txn, answer, seen, difference);
	owed_tell(&c->owed);
	printf("  again: sv3-walker --replay %" PRIu64 "/%" PRIu64 " --tlb %s --accesses %u\n",
	       c->options.seed, number, c->setup.tlb ? "on" : "off", access + 1);
}

/* What the oracle said: a reason that never occurs is one that is not tested. */
static void count_answer(struct campaign *c, const struct oracle_answer *answer)
{
	uint32_t i = 0;

	c->accesses++;
	c->outcomes[answer->outcome]++;
	c->events[answer->event]++;
	while (i < c->reason_count && strcmp(c->reasons[i].why, answer->why))
		i++;
	SV3_ASSERT(i < REASONS_MAX);
	if (i == c->reason_count)
		c->reasons[c->reason_count++].why = answer->why;
	c->reasons[i].count++;
}

/* Is  what the hardware could do that still holds some of what software changed? */
static bool is_excused(struct campaign *c, const struct sv3_txn *txn, struct observed *seen)
{
	struct oracle_memory memory = { owed_read, owed_writable, &c->owed };
	struct oracle_answer answer;

	for (uint32_t set = 1; set < owed_sets(&c->owed); set++) {
		owed_choose(&c->owed, set);
		oracle_translate(&c->setup.machine, &memory, txn, &answer);
		if (!owed_is_stale_write(&c->owed, &answer) &&
		    !story_difference(&c->arena, &answer, seen, &c->owed)) {
			c->allowed++;
			return true;
		}
	}
	return false;
}

/*
 * A stalled transaction waits for software: by retry it meets the same fault again, then it is
 * terminated. [IHI0070 4.6.1] Returns: what is wrong, or NULL.
 */
static const char *end_stall(struct campaign *c, struct observed *seen)
{
	uint64_t record[4];
	bool raz_wi = setup_chance(&c->setup, 30);

	memcpy(record, seen->record, sizeof(record));
	if (c->owed.count == 0 && setup_chance(&c->setup, 30)) {
		if (!machine_resume(&c->machine, record, RESUME_RETRY, seen))
			return "CMD_RESUME was not consumed";
		if (seen->resumed || seen->record_count != 1 || seen->record[0] != record[0] ||
		    ((seen->record[1] ^ record[1]) & ~UINT64_C(0xffff)) ||
		    seen->record[2] != record[2] || seen->record[3] != record[3])
			return "a retry did not meet the same fault";
		memcpy(record, seen->record, sizeof(record));
	}
	if (!machine_resume(&c->machine, record, raz_wi ? RESUME_RAZ_WI : RESUME_ABORT, seen))
		return "CMD_RESUME was not consumed";
	raz_wi &= !(c->setup.machine.idr0 >> 26 & 1); /* TERM_MODEL */
	if (!seen->resumed || seen->record_count != 0 ||
	    seen->result.outcome != (raz_wi ? SV3_OUTCOME_RAZ_WI : SV3_OUTCOME_ABORT))
		return "end of a stalled transaction";
	return NULL;
}

static bool one_access(struct campaign *c, uint64_t number, uint32_t access)
{
	struct oracle_answer answer;
	struct observed seen;
	struct sv3_txn txn;
	const char *difference;
	bool consumed = true;

	if (c->setup.tlb)
		consumed = owed_software(&c->owed, &c->machine);
	else if (setup_chance(&c->setup, 12))
		setup_mutate(&c->setup);
	setup_access(&c->setup, &txn);
	oracle_translate(&c->setup.machine, &c->memory, &txn, &answer);
	machine_translate(&c->machine, &txn, &seen);
	count_answer(c, &answer);
	c->hits += (seen.result.flags & SV3_RESULT_TLB_HIT) != 0;
	difference = story_difference(&c->arena, &answer, &seen, NULL);
	if (!consumed)
		difference = "a command was not consumed";
	else if (difference && c->setup.tlb && is_excused(c, &txn, &seen))
		difference = NULL;
	if (!difference && seen.result.outcome == SV3_OUTCOME_STALLED)
		difference = end_stall(c, &seen);
	if (!difference)
		return true;
	one_difference(c, number, access, &txn, &answer, &seen, difference);
	return false;
}

static bool one_config(struct campaign *c, uint64_t number, uint32_t accesses, bool tlb)
{
	uint64_t seed = (c->options.seed << 40) ^ (number << 1) ^ tlb;

	setup_draw(&c->setup, &c->arena, seed, tlb);
	machine_power_on(&c->machine, &c->setup);
	c->owed = (struct owed){ .setup = &c->setup };
	c->configs++;
	for (uint32_t i = 0; i < accesses; i++)
		if (!one_access(c, number, i))
			return c->options.keep_going;
	return true;
}

/* --- progress --- */

static void progress(const struct campaign *c, uint64_t total)
{
	double passed = campaign_seconds(&c->start);
	double left = passed * (double)(total - c->accesses) / (double)c->accesses;

	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " accesses, %" PRIu64 " machines, %.0f s left ",
		c->accesses, total, c->configs, left);
	if (c->accesses >= total)
		fputc('\n', stderr);
}

static bool run(struct campaign *c, bool tlb, uint64_t accesses, uint64_t configs)
{
	bool shows = isatty(STDERR_FILENO);
	uint64_t done = 0;

	for (uint64_t i = 0; i < configs; i++) {
		uint64_t until = accesses * (i + 1) / configs;

		if (!one_config(c, c->options.first + i, (uint32_t)(until - done), tlb))
			return false;
		done = until;
		if (shows && i % 256 == 255)
			progress(c, c->options.accesses);
	}
	return true;
}

static void summary(const struct campaign *c)
{
	printf("%" PRIu64 " accesses on %" PRIu64 " machines in %.1f s\n", c->accesses, c->configs,
	       campaign_seconds(&c->start));
	printf("outcomes: OK %" PRIu64 ", abort %" PRIu64 ", RAZ/WI %" PRIu64 ", stalled %" PRIu64
	       "\n",
	       c->outcomes[SV3_OUTCOME_OK], c->outcomes[SV3_OUTCOME_ABORT],
	       c->outcomes[SV3_OUTCOME_RAZ_WI], c->outcomes[SV3_OUTCOME_STALLED]);
	printf("with caches: %" PRIu64 " hits, %" PRIu64
	       " excused by an invalidation that is owed\n",
	       c->hits, c->allowed);
	printf("events:");
	for (unsigned int i = 1; i < 256; i++)
		if (c->events[i])
			printf(" %s %" PRIu64, sv3_event_name(i), c->events[i]);
	printf("\n");
	for (uint32_t i = 0; c->options.reasons && i < c->reason_count; i++)
		printf("%10" PRIu64 "  %s\n", c->reasons[i].count, c->reasons[i].why);
	printf("%" PRIu64 " passed, %" PRIu64 " failed, 0 skipped\n", c->accesses - c->failed,
	       c->failed);
}

/* --- options --- */

static void replay_option(struct options *o, char *text)
{
	char *slash = text ? strchr(text, '/') : NULL;

	if (!slash)
		campaign_refuse(PROGRAM, "--replay", "needs SEED/CASE");
	*slash = 0;
	o->seed = campaign_number(PROGRAM, "--replay", text);
	o->first = campaign_number(PROGRAM, "--replay", slash + 1);
	o->configs = 1;
	if (!o->accesses)
		o->accesses = 100;
}

static void parse(struct options *o, char **argv)
{
	for (char **arg = argv + 1; *arg; arg++) {
		const char *option = *arg;

		if (!strcmp(option, "--help")) {
			fputs(help, stdout);
			exit(0);
		} else if (!strcmp(option, "--keep-going")) {
			o->keep_going = true;
			continue;
		} else if (!strcmp(option, "--reasons")) {
			o->reasons = true;
			continue;
		}
		arg++;
		if (!strcmp(option, "--accesses"))
			o->accesses = campaign_number(PROGRAM, option, *arg);
		else if (!strcmp(option, "--configs"))
			o->configs = campaign_number(PROGRAM, option, *arg);
		else if (!strcmp(option, "--seed"))
			o->seed = campaign_number(PROGRAM, option, *arg);
		else if (!strcmp(option, "--replay"))
			replay_option(o, *arg);
		else if (!strcmp(option, "--tlb") && *arg && !strcmp(*arg, "on"))
			o->no_tlb = false;
		else if (!strcmp(option, "--tlb") && *arg && !strcmp(*arg, "off"))
			o->tlb = false;
		else
			campaign_refuse(PROGRAM, option, "unknown, or its value is");
		if (!*arg)
			break;
	}
	if (!o->accesses)
		o->accesses = 100000;
	if (!o->configs)
		o->configs = (o->accesses + 99) / 100;
}

int main(int argc, char **argv)
{
	static struct campaign c = { .options = { .seed = 1, .tlb = true, .no_tlb = true } };
	unsigned int ways;
	bool good = true;

	(void)argc;
	parse(&c.options, argv);
	clock_gettime(CLOCK_MONOTONIC, &c.start);
	if (!arena_init(&c.arena) || !machine_init(&c.machine, &c.arena)) {
		fprintf(stderr, "sv3-walker: out of memory\n");
		return 2;
	}
	c.memory = (struct oracle_memory){ read_memory, arena_writable, &c.arena };
	ways = (unsigned int)c.options.tlb + c.options.no_tlb;
	if (c.options.no_tlb)
		good = run(&c, false, c.options.accesses / ways,
			   (c.options.configs + ways - 1) / ways);
	if (good && c.options.tlb)
		good = run(&c, true, c.options.accesses / ways,
			   (c.options.configs + ways - 1) / ways);
	summary(&c);
	machine_fini(&c.machine);
	arena_fini(&c.arena);
	return c.failed != 0;
}
