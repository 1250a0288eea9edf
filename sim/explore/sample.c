/* SPDX-License-Identifier: MIT */
/*
 * sample.c - schedules that are drawn, where there are too many to run all: each step anew, or by
 * priorities that change at a few places, which finds what needs few changes of actor. (PCT:
 * Burckhardt and others, 2010.)
 */
#include "explore_priv.h"

enum { CHANGES_MAX = 16 };

struct priorities {
	uint8_t rank[SV3__XACTORS_MAX]; /* the larger goes first */
	uint32_t changes[CHANGES_MAX];  /* numbers of steps */
	uint32_t change_count;
	uint8_t lowest;
};

static void draw_priorities(struct sv3_explore *x, struct priorities *p, uint64_t steps)
{
	p->change_count = x->config.changes < CHANGES_MAX ? x->config.changes : CHANGES_MAX;
	p->lowest = CHANGES_MAX;
	for (uint32_t i = 0; i < x->actor_count; i++)
		p->rank[i] = (uint8_t)(CHANGES_MAX + 1 + i);
	for (uint32_t i = x->actor_count; i > 1; i--) {
		const uint64_t k = sv3_prng_below(&x->prng, i);
		const uint8_t rank = p->rank[i - 1];

		p->rank[i - 1] = p->rank[k];
		p->rank[k] = rank;
	}
	for (uint32_t i = 0; i < p->change_count; i++)
		p->changes[i] = (uint32_t)sv3_prng_below(&x->prng, steps);
}

static uint32_t by_priority(struct priorities *p, uint32_t ready, uint32_t step)
{
	uint32_t best = (uint32_t)__builtin_ctz(ready);

	for (; ready; ready &= ready - 1)
		if (p->rank[__builtin_ctz(ready)] > p->rank[best])
			best = (uint32_t)__builtin_ctz(ready);
	for (uint32_t i = 0; i < p->change_count; i++)
		if (p->changes[i] == step)
			p->rank[best] = --p->lowest;
	return best;
}

static uint32_t by_chance(struct sv3_explore *x, uint32_t ready)
{
	uint64_t skip = sv3_prng_below(&x->prng, (uint64_t)__builtin_popcount(ready));

	while (skip--)
		ready &= ready - 1;
	return (uint32_t)__builtin_ctz(ready);
}

static void run_one(struct sv3_explore *x, struct sv3_explore_schedule *schedule, uint64_t steps)
{
	struct priorities p;
	uint32_t ready;

	schedule->length = 0;
	draw_priorities(x, &p, steps);
	sv3__machine_restart(x);
	while (!sv3__is_broken(x) && (ready = sv3__actors_ready(x)) != 0) {
		const uint32_t actor = x->config.mode == SV3_EXPLORE_PCT
					       ? by_priority(&p, ready, schedule->length)
					       : by_chance(x, ready);

		if (schedule->length == SV3_EXPLORE_STEPS_MAX) {
			sv3__breaks(x, SV3_EXPLORE_LIVELOCK, 0, "no end after %u steps",
				    schedule->length);
			break;
		}
		schedule->actors[schedule->length++] = (uint8_t)actor;
		sv3__actor_step(x, actor);
	}
	sv3__end_check(x);
}

void sv3__sample(struct sv3_explore *x, struct sv3_explore_report *report)
{
	struct sv3_explore_schedule schedule;
	const struct sv3_explore_config *config = &x->config;

	sv3_prng_seed(&x->prng, config->seed);
	report->steps_max = 1;
	for (uint64_t i = 0; i < config->schedules_max; i++) {
		run_one(x, &schedule, report->steps_max);
		report->schedules++;
		report->steps += schedule.length;
		if (schedule.length > report->steps_max)
			report->steps_max = schedule.length;
		if (sv3__is_broken(x) && report->findings++ == 0) {
			report->finding = x->finding;
			report->schedule = schedule;
		}
		if (report->findings && !config->goes_on)
			break;
		if (config->progress && (report->schedules & 0xffff) == 0)
			config->progress(config->context, report->schedules);
	}
}
