/* SPDX-License-Identifier: MIT */
/*
 * pml.c - P11: hardware that, beside setting dirty state, notes where in a small buffer, as the
 * page modification log of a CPU does. No SMMU has it: it shows what one would gain. [policies 7]
 *
 * A full buffer interrupts: the device waits until software has emptied it, a while later. What is
 * emptied stays dirty until the next collection cleans it.
 */
#include <stdlib.h>
#include <string.h>

#include <sv3/txn.h>

#include "../migration_priv.h"

struct state {
	struct sv3__leaf *buffer; /* the hardware's; shape [pml_entries] */
	uint32_t count;
	/* Emptied since the last collection. */
	struct sv3__leaf *noted, *taken;
	uint64_t noted_count, noted_capacity, taken_capacity;
	bool is_draining; /* the interrupt is on its way */
	bool observes;
	int error;
};

static int drain(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;
	struct sv3__leaf *noted;

	if (!state->count)
		return 0;
	noted = (struct sv3__leaf *)sv3__grown(state->noted, state->noted_count + state->count,
					       &state->noted_capacity, sizeof(*noted));
	if (!noted)
		return -SV3_ERR_NOMEM;
	state->noted = noted;
	memcpy(noted + state->noted_count, state->buffer, state->count * sizeof(*noted));
	state->noted_count += state->count;
	state->count = 0;
	return 0;
}

/* The interrupt arrived. */
static void drain_full(void *context)
{
	struct sv3__migration *m = (struct sv3__migration *)context;
	struct state *state = (struct state *)m->state;
	const int rc = drain(m);

	state->is_draining = false;
	if (rc)
		state->error = rc;
	m->result->drains++;
	sv3_world_hold_device(m->world, false);
}

/* The hardware's part. Between the write that fills the buffer and the hold nothing is translated.
 */
static void note(struct sv3__migration *m, uint32_t stream_id, sv3_iova iova)
{
	struct state *state = (struct state *)m->state;
	int rc;

	state->buffer[state->count++] =
		(struct sv3__leaf){ sv3_host_stream_domain(m->host, stream_id), iova };
	if (state->count < m->config->pml_entries || state->is_draining)
		return;
	state->is_draining = true;
	sv3_world_hold_device(m->world, true);
	rc = sv3_world_call_at(m->world, sv3_world_now(m->world) + m->costs.fault_latency,
			       drain_full, m);
	if (rc)
		state->error = rc;
}

static void translated(void *context, const struct sv3_write *write)
{
	if (write->flags & SV3_RESULT_DIRTY_SET)
		note((struct sv3__migration *)context, write->stream_id, write->iova);
}

/* What a device was granted it writes without asking again. */
static void granted(void *context, const struct sv3_grant *grant)
{
	if (grant->flags & SV3_RESULT_DIRTY_SET)
		note((struct sv3__migration *)context, grant->stream_id, grant->iova);
}

static struct sv3_world_observer observer_of(struct sv3__migration *m)
{
	return (struct sv3_world_observer){ .write_translated = translated,
					    .write_granted = granted,
					    .context = m };
}

static int start(struct sv3__migration *m)
{
	const struct sv3_world_observer observer = observer_of(m);
	struct state *state = (struct state *)calloc(1, sizeof(*state));
	int rc;

	m->state = state;
	if (!state)
		return -SV3_ERR_NOMEM;
	/* Room for those that were stalled when it filled up. */
	state->buffer = (struct sv3__leaf *)calloc(
		(size_t)m->config->pml_entries + sv3_world_config(m->world)->smmu.slot_count,
		sizeof(*state->buffer));
	if (!state->buffer)
		return -SV3_ERR_NOMEM;
	rc = sv3_world_observe(m->world, &observer);
	state->observes = !rc;
	return rc ? rc : sv3__start_clean(m);
}

/* --- a note for each page --- */

static uint64_t hash_of(const struct sv3__leaf *note)
{
	return ((note->iova >> SV3_PAGE_LG2) ^ ((uint64_t)note->domain_index << 52)) *
	       UINT64_C(0x9e3779b97f4a7c15);
}

static bool is_same_page(const struct sv3__leaf *a, const struct sv3__leaf *b)
{
	return a->domain_index == b->domain_index &&
	       a->iova >> SV3_PAGE_LG2 == b->iova >> SV3_PAGE_LG2;
}

/* A page that is mapped anew is clean and is noted anew, as often as that happens: as software
 * with a bitmap, we look at it once. Else notes could come faster than they are looked at. */
static int drop_repeated(struct sv3__leaf *notes, uint64_t *count)
{
	uint64_t slots = 64, kept = 0;
	uint64_t *places; /* by hash; number of a note that is kept, plus 1; 0: free */

	while (slots < 2 * *count)
		slots *= 2;
	places = (uint64_t *)calloc((size_t)slots, sizeof(*places));
	if (!places)
		return -SV3_ERR_NOMEM;
	for (uint64_t i = 0; i < *count; i++) {
		uint64_t place = (hash_of(&notes[i]) >> 20) & (slots - 1);

		while (places[place] && !is_same_page(&notes[places[place] - 1], &notes[i]))
			place = (place + 1) & (slots - 1);
		if (places[place])
			continue;
		notes[kept++] = notes[i];
		places[place] = kept;
	}
	free(places);
	*count = kept;
	return 0;
}

static int collect(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;
	int rc = state->error ? state->error : drain(m);
	struct sv3__leaf *taken = state->noted;
	uint64_t count = state->noted_count;
	const uint64_t taken_capacity = state->noted_capacity;

	if (!rc)
		rc = drop_repeated(taken, &count);
	if (rc)
		return rc;
	/* The two lists change places: what is drained from now on is for the next collection. */
	state->noted = state->taken;
	state->noted_capacity = state->taken_capacity;
	state->noted_count = 0;
	state->taken = taken;
	state->taken_capacity = taken_capacity;
	return sv3__drain_leaves(m, taken, count, &m->reported);
}

static void finish(struct sv3__migration *m)
{
	const struct sv3_world_observer observer = observer_of(m);
	struct state *state = (struct state *)m->state;

	sv3_world_call_off(m->world, drain_full, m);
	if (!state)
		return;
	if (state->observes)
		sv3_world_unobserve(m->world, &observer);
	if (state->is_draining)
		sv3_world_hold_device(m->world, false);
	free(state->buffer);
	free(state->noted);
	free(state->taken);
	free(state);
}

const struct sv3__policy sv3__policy_pml = {
	.info = {
		.name = "pml",
		.id = "P11",
		.steps = "drain; X(entries) I Y; C; full: drained while the device waits",
		.description = "hardware notes each page it makes dirty in a small buffer; no scan",
		.claims_lossless = true,
		.needs = SV3_NEEDS_HD,
	},
	.tracks = true,
	.start = start,
	.collect = collect,
	.finish = finish,
};
