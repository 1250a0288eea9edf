/* SPDX-License-Identifier: MIT */
/*
 * shrink.c - a schedule that breaks a rule, made shorter: stretches of one actor are left out, or
 * moved next to another stretch of the same, as long as the same rule is broken; what has fewer
 * changes of actor is better, then what has fewer steps.
 */
#include <string.h>

#include "explore_priv.h"

struct shrink {
	struct sv3_explore *x;
	enum sv3_explore_rule rule;
	struct sv3_explore_schedule best, tried;
	struct sv3_explore_finding finding;
};

static uint32_t changes(const struct sv3_explore_schedule *schedule)
{
	uint32_t count = 0;

	for (uint32_t i = 1; i < schedule->length; i++)
		count += schedule->actors[i] != schedule->actors[i - 1];
	return count;
}

static bool is_better(const struct sv3_explore_schedule *a, const struct sv3_explore_schedule *b)
{
	const uint32_t changes_a = changes(a), changes_b = changes(b);

	return changes_a != changes_b ? changes_a < changes_b : a->length < b->length;
}

/* Runs s->tried. Returns: whether it became the best. */
static bool try_it(struct shrink *s)
{
	struct sv3_explore_finding finding;

	sv3_explore_replay(s->x, &s->tried, &finding);
	if (finding.rule != s->rule || !is_better(&s->tried, &s->best))
		return false;
	s->best = s->tried;
	s->finding = finding;
	return true;
}

/* The end of the stretch that begins at @from. */
static uint32_t stretch_end(const struct sv3_explore_schedule *schedule, uint32_t from)
{
	uint32_t to = from + 1;

	while (to < schedule->length && schedule->actors[to] == schedule->actors[from])
		to++;
	return to;
}

static void leave_out(struct shrink *s, uint32_t from, uint32_t to)
{
	s->tried = s->best;
	memmove(&s->tried.actors[from], &s->tried.actors[to], s->best.length - to);
	s->tried.length -= to - from;
}

/* Steps [from, to) come at once behind the same actor's stretch before them, or before the one
 * behind them. */
static void move(struct shrink *s, uint32_t from, uint32_t to, uint32_t where)
{
	const uint32_t count = to - from;
	uint8_t kept[SV3_EXPLORE_STEPS_MAX];

	leave_out(s, from, to);
	if (where > from)
		where -= count;
	memset(kept, s->best.actors[from], count);
	memmove(&s->tried.actors[where + count], &s->tried.actors[where], s->tried.length - where);
	memcpy(&s->tried.actors[where], kept, count);
	s->tried.length += count;
}

static bool moves_back(struct shrink *s, uint32_t from, uint32_t to)
{
	for (uint32_t where = from; where > 0; where--) {
		if (s->best.actors[where - 1] != s->best.actors[from] || where == from)
			continue;
		move(s, from, to, where);
		return try_it(s);
	}
	return false;
}

static bool moves_on(struct shrink *s, uint32_t from, uint32_t to)
{
	for (uint32_t where = to; where < s->best.length; where++) {
		if (s->best.actors[where] != s->best.actors[from])
			continue;
		move(s, from, to, where);
		return try_it(s);
	}
	return false;
}

static bool improve(struct shrink *s)
{
	for (uint32_t from = 0; from < s->best.length; from = stretch_end(&s->best, from)) {
		const uint32_t to = stretch_end(&s->best, from);

		leave_out(s, from, to);
		if (try_it(s) || moves_back(s, from, to) || moves_on(s, from, to))
			return true;
		/* A part of it may do. */
		leave_out(s, from + (to - from + 1) / 2, to);
		if (try_it(s))
			return true;
		leave_out(s, to - 1, to);
		if (try_it(s))
			return true;
	}
	return false;
}

void sv3_explore_shrink(struct sv3_explore *x, struct sv3_explore_report *report)
{
	struct shrink s = { .x = x,
			    .rule = report->finding.rule,
			    .best = report->schedule,
			    .finding = report->finding };

	if (report->finding.rule == SV3_EXPLORE_OK)
		return;
	while (improve(&s))
		;
	report->schedule = s.best;
	report->finding = s.finding;
}
