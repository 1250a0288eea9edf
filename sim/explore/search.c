/* SPDX-License-Identifier: MIT */
/*
 * search.c - all schedules, depth first. Each is run from the beginning: nothing of a machine has
 * to be kept but the choices that led to it.
 *
 * Two steps that do not touch (reach) may change places without a difference. So once a step was
 * tried at a place it sleeps in what is explored after it there, until a step that it touches is
 * taken; a schedule whose every step sleeps has been explored in another order. This leaves one
 * schedule of each order of the steps that touch. (Godefroid's sleep sets.)
 */
#include <string.h>

#include "state.h"

struct node {
	uint64_t key;                    /* MERGED: of the state */
	uint32_t ready, sleeping, tried; /* masks of actors */
	uint8_t chosen;
	struct sv3__xreach reach[SV3__XACTORS_MAX]; /* of those that are ready */
};

struct search {
	struct sv3_explore *x;
	struct sv3_explore_report *report;
	struct node *nodes;         /* shape [STEPS_MAX] */
	uint32_t depth;             /* nodes of the schedule in hand */
	uint64_t *ends;             /* outcomes seen; shape [ENDS_MAX] */
	struct sv3__states *states; /* MERGED */
};

#define ENDS_MAX 4096u

static bool touch(const struct sv3__xreach *a, const struct sv3__xreach *b)
{
	if ((a->translation & b->translation) || (a->queue & b->queue) ||
	    (a->devices & b->devices) || (a->may_fail && b->may_fail))
		return true;
	return (a->writes || b->writes) && a->size && b->size && a->pa < b->pa + b->size &&
	       b->pa < a->pa + a->size;
}

/* Of those that slept or were tried, whom @chosen does not touch. */
static uint32_t sleeping_after(const struct search *s, const struct node *node)
{
	const uint32_t chosen = node->chosen;
	uint32_t asleep = (node->sleeping | node->tried) & node->ready & ~(1u << chosen);
	uint32_t stays = 0;

	if (s->x->config.mode == SV3_EXPLORE_BRUTE)
		return 0;
	for (; asleep; asleep &= asleep - 1) {
		const uint32_t actor = (uint32_t)__builtin_ctz(asleep);

		if (!touch(&node->reach[actor], &node->reach[chosen]))
			stays |= 1u << actor;
	}
	return stays;
}

static void look(const struct search *s, struct node *node, uint32_t sleeping)
{
	node->ready = sv3__actors_ready(s->x);
	node->sleeping = sleeping;
	node->tried = 0;
	for (uint32_t left = node->ready; s->x->config.mode != SV3_EXPLORE_BRUTE && left;
	     left &= left - 1)
		sv3__actor_reach(s->x, (uint32_t)__builtin_ctz(left),
				 &node->reach[__builtin_ctz(left)]);
}

/* --- ends --- */

static void note_outcome(const struct search *s)
{
	const uint64_t outcome = sv3__outcome(s->x);
	uint64_t slot = outcome % ENDS_MAX;

	for (uint32_t i = 0; i < ENDS_MAX; i++, slot = (slot + 1) % ENDS_MAX) {
		if (s->ends[slot] == outcome)
			return;
		if (s->ends[slot])
			continue;
		s->ends[slot] = outcome;
		s->report->outcomes++;
		s->report->outcome_sum += outcome;
		return;
	}
}

static void note_finding(const struct search *s)
{
	struct sv3_explore_report *report = s->report;

	if (!sv3__is_broken(s->x))
		return;
	if (report->findings++)
		return;
	report->finding = s->x->finding;
	report->schedule.length = s->depth;
	for (uint32_t i = 0; i < s->depth; i++)
		report->schedule.actors[i] = s->nodes[i].chosen;
}

static void end_schedule(const struct search *s)
{
	struct sv3_explore_report *report = s->report;
	const struct sv3_explore_config *config = &s->x->config;

	sv3__end_check(s->x);
	report->schedules++;
	report->steps_max = s->depth > report->steps_max ? s->depth : report->steps_max;
	note_outcome(s);
	note_finding(s);
	if (config->progress && (report->schedules & 0xffff) == 0)
		config->progress(config->context, report->schedules);
}

/* --- one schedule --- */

static void repeat(const struct search *s)
{
	sv3__machine_restart(s->x);
	for (uint32_t i = 0; i < s->depth; i++)
		sv3__actor_step(s->x, s->nodes[i].chosen);
	s->report->steps += s->depth;
}

/* Where a state was met before, who was explored from it sleeps. What comes back to a state of its
 * own schedule goes round for ever. */
static void merge(const struct search *s, struct node *node)
{
	if (!s->states || !node->ready)
		return;
	node->key = sv3__state_key(s->x);
	node->sleeping |= node->ready & ~sv3__states_meet(s->states, node->key, node->sleeping);
	for (uint32_t i = 0; i < s->depth; i++)
		if (s->nodes[i].key == node->key)
			sv3__breaks(s->x, SV3_EXPLORE_LIVELOCK, 0,
				    "steps %u to %u may be repeated for ever", i + 1, s->depth);
}

/* Goes on from where the machine stands, the first that may go first. */
static void go_on(struct search *s)
{
	uint32_t sleeping = 0;

	if (s->depth)
		sleeping = sleeping_after(s, &s->nodes[s->depth - 1]);
	while (s->depth < SV3_EXPLORE_STEPS_MAX && !sv3__is_broken(s->x)) {
		struct node *node = &s->nodes[s->depth];
		uint32_t candidates;

		look(s, node, sleeping);
		merge(s, node);
		if (!node->ready || sv3__is_broken(s->x))
			break;
		candidates = node->ready & ~node->sleeping;
		if (!candidates) {
			s->report->cut++;
			return;
		}
		node->chosen = (uint8_t)__builtin_ctz(candidates);
		sleeping = sleeping_after(s, node);
		s->depth++;
		sv3__actor_step(s->x, node->chosen);
		s->report->steps++;
	}
	if (s->depth == SV3_EXPLORE_STEPS_MAX)
		sv3__breaks(s->x, SV3_EXPLORE_LIVELOCK, 0, "no end after %u steps", s->depth);
	end_schedule(s);
}

/* The next place at which something else may be tried. False: there is none. */
static bool step_back(struct search *s)
{
	const bool is_reduced = s->x->config.mode != SV3_EXPLORE_BRUTE;

	while (s->depth) {
		struct node *node = &s->nodes[s->depth - 1];
		uint32_t left;

		node->tried |= 1u << node->chosen;
		left = node->ready & ~node->tried & ~(is_reduced ? node->sleeping : 0);
		if (left) {
			node->chosen = (uint8_t)__builtin_ctz(left);
			return true;
		}
		s->depth--;
	}
	return false;
}

static bool is_enough(const struct search *s)
{
	const struct sv3_explore_config *config = &s->x->config;

	return (config->schedules_max && s->report->schedules >= config->schedules_max) ||
	       (s->report->findings && !config->goes_on);
}

void sv3__search(struct sv3_explore *x, struct sv3_explore_report *report)
{
	struct search s = { .x = x, .report = report };

	s.nodes = (struct node *)calloc(SV3_EXPLORE_STEPS_MAX, sizeof(*s.nodes));
	s.ends = (uint64_t *)calloc(ENDS_MAX, sizeof(*s.ends));
	if (x->config.mode == SV3_EXPLORE_MERGED)
		s.states = sv3__states_create();
	if (s.nodes && s.ends && (s.states || x->config.mode != SV3_EXPLORE_MERGED)) {
		do {
			repeat(&s);
			go_on(&s);
		} while (!is_enough(&s) && (report->is_complete = !step_back(&s)) == false);
	}
	free(s.nodes);
	free(s.ends);
	sv3__states_destroy(s.states);
}

void sv3_explore_run(struct sv3_explore *x, struct sv3_explore_report *report)
{
	memset(report, 0, sizeof(*report));
	if (x->config.mode == SV3_EXPLORE_RANDOM || x->config.mode == SV3_EXPLORE_PCT)
		sv3__sample(x, report);
	else
		sv3__search(x, report);
}
