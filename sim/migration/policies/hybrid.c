/* SPDX-License-Identifier: MIT */
/*
 * hybrid.c - P12: hardware updates only where somebody writes. Leaves begin unarmed (read-only, DBM
 * = 0); the first write to a section of 64 pages stalls, software arms the section, and from then
 * on hardware tracks it. Collections scan the sections that were armed, nothing else.
 *
 * Cheap where few sections are written, over-scanning where writes are sparse. [policies 4, K9; 7]
 */
#include <stdlib.h>
#include <string.h>

#include <sv3/vmsa.h>

#include "../migration_priv.h"

#define SECTION_PAGES_LG2 6u

struct section {
	uint32_t domain_index;
	sv3_iova iova;
	uint64_t len; /* 64 pages, or one leaf if that is larger */
};

struct state {
	struct section *armed; /* in order; shape [capacity] */
	uint64_t count, capacity;
	bool hooked;
	int error;
};

/* Negative, 0 or positive as @a comes before, at or behind @b. */
static int compare(const struct section *a, const struct section *b)
{
	if (a->domain_index != b->domain_index)
		return a->domain_index < b->domain_index ? -1 : 1;
	return a->iova < b->iova ? -1 : a->iova > b->iova;
}

/* Once armed, a section is scanned for the rest of the migration. */
static int note_armed(struct state *state, const struct section *section)
{
	struct section *armed;
	uint64_t low = 0, high = state->count;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (compare(&state->armed[middle], section) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < state->count && !compare(&state->armed[low], section))
		return 0;
	armed = (struct section *)sv3__grown(state->armed, state->count + 1, &state->capacity,
					     sizeof(*armed));
	if (!armed)
		return -SV3_ERR_NOMEM;
	state->armed = armed;
	memmove(&state->armed[low + 1], &state->armed[low],
		(size_t)(state->count - low) * sizeof(*state->armed));
	state->armed[low] = *section;
	state->count++;
	return 0;
}

/* The section around @iova, made larger if a leaf is. */
static struct section section_of(const struct sv3_pt *pt, uint32_t domain_index, sv3_iova iova)
{
	uint32_t span_lg2 = pt->config.granule_lg2 + SECTION_PAGES_LG2;
	struct sv3_pt_leaf leaf;

	if (!sv3_pt_lookup(pt, iova, &leaf) && leaf.span_lg2 > span_lg2)
		span_lg2 = leaf.span_lg2;
	return (struct section){
		.domain_index = domain_index,
		.iova = iova & ~((UINT64_C(1) << span_lg2) - 1),
		.len = UINT64_C(1) << span_lg2,
	};
}

static int on_write(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova)
{
	struct sv3_pt pt = sv3__table(m, domain_index);
	const struct section section = section_of(&pt, domain_index, iova);
	const struct sv3_pt_gather gather = {
		.first = section.iova,
		.last = section.iova + section.len - 1,
		.leaf_count = 1,
		.leaf_span_lg2 = pt.config.granule_lg2,
		.leaf_span_max_lg2 = SECTION_PAGES_LG2 + pt.config.granule_lg2,
	};
	struct sv3_pt_leaf leaf;
	int rc = sv3_pt_lookup(&pt, iova, &leaf);

	/* What is neither armed nor to be armed is not writable at all. */
	if (!rc && !(leaf.descriptor & (SV3_PTE_UNARMED | SV3_PTE_DBM)))
		rc = -SV3_ERR_NOENT;
	if (!rc)
		rc = sv3_pt_arm(&pt, section.iova, section.len, true);
	if (rc >= 0)
		rc = note_armed((struct state *)m->state, &section);
	return rc < 0 ? rc : sv3__fault_invalidate(m, domain_index, &gather);
}

/* What hardware made dirty meanwhile stays armed, and is on the list at once. */
static int disarm(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova, uint64_t len)
{
	struct sv3_pt pt = sv3__table(m, domain_index);
	const sv3_iova end = iova + len;

	while (iova < end) {
		const struct section section = section_of(&pt, domain_index, iova);
		const sv3_iova behind = section.iova + section.len;
		const int rc = sv3_pt_arm(&pt, iova, (behind < end ? behind : end) - iova, false);

		if (rc < 0)
			return rc;
		if (rc > 0 && note_armed((struct state *)m->state, &section))
			return -SV3_ERR_NOMEM;
		iova = behind;
	}
	return 0;
}

/* New mappings are born armed, and nobody has written through them. */
static void mapped(void *context, uint32_t domain_index, sv3_iova iova, sv3_pa pa, uint64_t len,
		   bool write)
{
	struct sv3__migration *m = (struct sv3__migration *)context;
	struct state *state = (struct state *)m->state;

	(void)pa;
	if (write && !state->error)
		state->error = disarm(m, domain_index, iova, len);
}

static int start(struct sv3__migration *m)
{
	const struct sv3_host_hooks hooks = { .mapped = mapped, .context = m };
	struct state *state = (struct state *)calloc(1, sizeof(*state));
	int rc;

	m->state = state;
	if (!state)
		return -SV3_ERR_NOMEM;
	rc = sv3_host_add_hooks(m->host, &hooks);
	state->hooked = !rc;
	if (!rc)
		rc = sv3__start_watched(m, on_write);
	for (uint32_t i = 0; i < sv3_host_domain_count(m->host) && !rc; i++) {
		const struct sv3_domain *domain = sv3_host_domain(m->host, i);

		if (domain->scan_size)
			rc = disarm(m, i, domain->scan_base, domain->scan_size);
	}
	return rc ? rc : sv3__flush_all(m);
}

static int collect(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	/* The list may grow while time passes: what comes behind is scanned, too, what comes
	 * before was written after this collection began. */
	for (uint64_t i = 0; i < state->count && !state->error; i++) {
		const struct section section = state->armed[i];

		state->error = sv3__scan_range(m, section.domain_index, section.iova, section.len,
					       SV3_DIRTY_CLEAR);
	}
	return state->error ? state->error : sv3__invalidate(m);
}

static void finish(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	sv3__ignore_faults(m);
	if (!state)
		return;
	if (state->hooked)
		sv3_host_remove_hooks(m->host, m);
	free(state->armed);
	free(state);
}

const struct sv3__policy sv3__policy_hybrid = {
	.info = {
		.name = "hybrid",
		.id = "P12",
		.steps = "SC(armed sections) I Y; C; fault: arm 64 pages, I Y, resume",
		.description = "the first write to 64 pages stalls and arms them; only those are scanned",
		.claims_lossless = true,
		.needs = SV3_NEEDS_HD | SV3_NEEDS_STALL,
	},
	.tracks = true,
	.start = start,
	.collect = collect,
	.finish = finish,
};
