/* SPDX-License-Identifier: MIT */
/*
 * story.c - a schedule again, each step in words.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "explore_priv.h"

void sv3__say(struct sv3_explore *x, const char *format, ...)
{
	static const char alone[] = "; goes on alone, to its end";
	va_list arguments;
	size_t used = 0;

	if (!x->telling)
		return;
	/* A step that has something to say already: the rest of a program that is alone. */
	while (used < sizeof(x->telling->text) && x->telling->text[used])
		used++;
	if (used && used + 3 < sizeof(x->telling->text)) {
		if (x->is_alone) {
			if (!strstr(x->telling->text, alone))
				(void)snprintf(x->telling->text + used,
					       sizeof(x->telling->text) - used, "%s", alone);
			return;
		}
		used += (size_t)snprintf(x->telling->text + used, sizeof(x->telling->text) - used,
					 "; ");
	}
	va_start(arguments, format);
	(void)vsnprintf(x->telling->text + used, sizeof(x->telling->text) - used, format,
			arguments);
	va_end(arguments);
}

/* The actors of a schedule that can go on at their turn, then whoever can, the same as long as it
 * can. */
static bool choose(const struct sv3_explore *x, const struct sv3_explore_schedule *schedule,
		   uint32_t *at, uint32_t *actor)
{
	const uint32_t ready = sv3__actors_ready(x);

	while (*at < schedule->length) {
		*actor = schedule->actors[(*at)++];
		if (*actor < x->actor_count && ready >> *actor & 1)
			return true;
	}
	if (!ready)
		return false;
	if (!(ready >> *actor & 1))
		*actor = (uint32_t)__builtin_ctz(ready);
	return true;
}

static void replay(struct sv3_explore *x, const struct sv3_explore_schedule *schedule,
		   struct sv3_explore_schedule *taken)
{
	uint32_t at = 0, actor = 0, length = 0;

	sv3__machine_restart(x);
	while (!sv3__is_broken(x) && choose(x, schedule, &at, &actor)) {
		struct sv3_explore_step step = { .number = length + 1,
						 .actor = sv3__actor_name(x, actor) };

		if (length == SV3_EXPLORE_STEPS_MAX) {
			sv3__breaks(x, SV3_EXPLORE_LIVELOCK, 0, "no end after %u steps", length);
			break;
		}
		if (x->teller)
			x->telling = &step;
		sv3__actor_step(x, actor);
		x->telling = NULL;
		if (x->teller)
			x->teller(x->teller_context, &step);
		taken->actors[length++] = (uint8_t)actor;
	}
	taken->length = length;
	sv3__end_check(x);
}

void sv3_explore_replay(struct sv3_explore *x, struct sv3_explore_schedule *schedule,
			struct sv3_explore_finding *finding)
{
	struct sv3_explore_schedule taken;

	replay(x, schedule, &taken);
	*schedule = taken;
	*finding = x->finding;
}

void sv3_explore_tell(struct sv3_explore *x, const struct sv3_explore_schedule *schedule,
		      sv3_explore_teller teller, void *context, struct sv3_explore_finding *finding)
{
	struct sv3_explore_schedule taken;

	x->teller = teller;
	x->teller_context = context;
	replay(x, schedule, &taken);
	x->teller = NULL;
	*finding = x->finding;
}
