/* SPDX-License-Identifier: MIT */
/*
 * schedules.c - every way through a model, once each: at each point all choices are tried in turn,
 * each on a copy of the state. Nothing is drawn, nothing is left out.
 */
#include <stdlib.h>
#include <string.h>

#include "experiments_priv.h"

#define ALIGN 64u

struct search {
	const struct sv3__model *model;
	struct sv3__schedules *result;
	uint8_t *states; /* shape [SV3__DEPTH_MAX + 1][stride] */
	size_t stride;
};

static void *state_at(const struct search *search, unsigned int depth)
{
	return search->states + depth * search->stride;
}

static void end_schedule(const struct search *search, const void *state)
{
	search->result->total++;
	if (search->model->is_done && !search->model->is_done(state))
		search->result->stuck++;
	else if (search->model->is_bad(state))
		search->result->bad++;
}

static void go_on(const struct search *search, unsigned int depth)
{
	const struct sv3__model *model = search->model;
	bool any = false;

	SV3_ASSERT(depth < SV3__DEPTH_MAX);
	for (unsigned int choice = 0; choice < model->choice_count; choice++) {
		memcpy(state_at(search, depth + 1), state_at(search, depth), model->state_bytes);
		if (!model->take(state_at(search, depth + 1), choice))
			continue;
		any = true;
		go_on(search, depth + 1);
	}
	if (!any)
		end_schedule(search, state_at(search, depth));
}

int sv3__schedules_run(const struct sv3__model *model, const void *initial,
		       struct sv3__schedules *result)
{
	struct search search = { .model = model, .result = result };

	*result = (struct sv3__schedules){ 0 };
	search.stride = (model->state_bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	search.states = (uint8_t *)aligned_alloc(ALIGN, (SV3__DEPTH_MAX + 1) * search.stride);
	if (!search.states)
		return -SV3_ERR_NOMEM;
	memcpy(search.states, initial, model->state_bytes);
	go_on(&search, 0);
	free(search.states);
	return 0;
}

void sv3__check_schedules(struct sv3_experiment_report *report, const char *name,
			  const char *question, enum sv3_experiment_kind kind, uint64_t expected,
			  const struct sv3__schedules *result)
{
	struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "schedules",
		.kind = kind,
		.expected = expected,
		.measured = result->bad,
		.total = result->total,
	};

	if (result->stuck) {
		/* Neither answer would be one. */
		row.question = "schedules in which something waits for ever";
		row.kind = SV3_EXPERIMENT_EQUAL;
		row.expected = 0;
		row.measured = result->stuck;
	}
	sv3_experiment_add(report, &row);
}
