/* SPDX-License-Identifier: MIT */
/*
 * actor.c - programs, devices and queues as one kind: who can go on, what is touched, one step; and
 * what must hold at the end.
 */
#include <stdio.h>

#include "explore_priv.h"

const char *sv3_explore_actor_name(const struct sv3_explore_scenario *scenario, uint32_t actor)
{
	static const char *const programs[SV3_EXPLORE_PROGRAMS_MAX] = { "driver", "driver 2" };
	static const char *const queues[SV3_EXPLORE_SMMUS_MAX] = { "SMMU", "SMMU 2" };
	const uint32_t first_queue = scenario->program_count + scenario->device_count;

	if (actor < scenario->program_count)
		return programs[actor];
	if (actor < first_queue)
		return scenario->devices[actor - scenario->program_count].name;
	return actor - first_queue < scenario->smmu_count ? queues[actor - first_queue] : NULL;
}

const char *sv3__actor_name(const struct sv3_explore *x, uint32_t actor)
{
	return sv3_explore_actor_name(x->scenario, actor);
}

static bool is_ready(const struct sv3_explore *x, uint32_t actor)
{
	if (actor < x->scenario->program_count)
		return sv3__program_is_ready(x, actor);
	if (actor < sv3__queue_actor(x, 0))
		return sv3__device_is_ready(x, actor - x->scenario->program_count);
	return sv3__queue_is_ready(x, actor - sv3__queue_actor(x, 0));
}

uint32_t sv3__actors_ready(const struct sv3_explore *x)
{
	uint32_t ready = 0;

	for (uint32_t actor = 0; actor < x->actor_count; actor++)
		ready |= (uint32_t)is_ready(x, actor) << actor;
	return ready;
}

/* Of a program or a device; queues are never. */
static bool is_over(const struct sv3_explore *x, uint32_t actor)
{
	if (actor < x->scenario->program_count)
		return x->moving.programs[actor].pending.op == SV3__XOP_NONE;
	return sv3__device_is_over(x, actor - x->scenario->program_count);
}

bool sv3__actors_over(const struct sv3_explore *x)
{
	for (uint32_t actor = 0; actor < sv3__queue_actor(x, 0); actor++)
		if (!is_over(x, actor))
			return false;
	return true;
}

void sv3__actor_reach(const struct sv3_explore *x, uint32_t actor, struct sv3__xreach *reach)
{
	if (actor < x->scenario->program_count)
		sv3__program_reach(x, actor, reach);
	else if (actor < sv3__queue_actor(x, 0))
		sv3__device_reach(x, actor - x->scenario->program_count, reach);
	else
		sv3__queue_reach(x, actor - sv3__queue_actor(x, 0), reach);
}

void sv3__actor_step(struct sv3_explore *x, uint32_t actor)
{
	sv3__watch_step(x);
	if (actor < x->scenario->program_count)
		sv3__program_step(x, actor);
	else if (actor < sv3__queue_actor(x, 0))
		sv3__device_step(x, actor - x->scenario->program_count);
	else
		sv3__queue_step(x, actor - sv3__queue_actor(x, 0));
}

/* --- the end --- */

static void check_pages(struct sv3_explore *x)
{
	const struct sv3__xmoving *m = &x->moving;

	for (uint32_t page = 0; page < SV3_EXPLORE_PAGES_MAX; page++) {
		if (x->scenario->migrates && m->written[page] != m->copied[page])
			sv3__breaks(x, SV3_EXPLORE_LOST, page,
				    "page %u was written %u times, and copied as it was after %u",
				    page, m->written[page], m->copied[page]);
		if (x->scenario->is_exact && m->reported >> page & 1 && m->written[page] == 0)
			sv3__breaks(x, SV3_EXPLORE_OVER, page, "page %u was reported, not written",
				    page);
		if (x->scenario->starts_clean && m->reported >> page & 1 &&
		    m->written[page] == x->first.written[page])
			sv3__breaks(x, SV3_EXPLORE_OVER, page,
				    "page %u was reported, not written since tracking began", page);
	}
}

void sv3__end_check(struct sv3_explore *x)
{
	if (!sv3__is_broken(x) && sv3__actors_over(x))
		check_pages(x);
	sv3__watch_end(x);
	if (sv3__is_broken(x) || sv3__actors_over(x))
		return;
	for (uint32_t actor = 0; actor < sv3__queue_actor(x, 0); actor++)
		if (!is_over(x, actor))
			sv3__breaks(x, SV3_EXPLORE_HANG, 0, "%s waits, and nobody can go on",
				    sv3__actor_name(x, actor));
}

/* Of what software and devices came to know. */
uint64_t sv3__outcome(const struct sv3_explore *x)
{
	const struct sv3__xmoving *m = &x->moving;
	uint64_t hash = 1;

	for (uint32_t page = 0; page < SV3_EXPLORE_PAGES_MAX; page++) {
		hash = sv3__mix(hash, m->written[page]);
		hash = sv3__mix(hash, m->copied[page]);
	}
	for (uint32_t i = 0; i < SV3_EXPLORE_DEVICES_MAX; i++)
		hash = sv3__mix(hash, m->refused[i]);
	hash = sv3__mix(hash, m->reported);
	hash = sv3__mix(hash, x->finding.rule);
	for (uint32_t at = 0; x->config.whole_ends && at < x->memory_end; at += 8)
		hash = sv3__mix(hash, sv3_le64(&x->memory[at]));
	return hash;
}
