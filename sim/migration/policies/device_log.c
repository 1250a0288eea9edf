/* SPDX-License-Identifier: MIT */
/*
 * device_log.c - P8: the device notes what it wrote, by IOVA, in the ranges it was told of when
 * tracking began; software asks for a range and the notes are cleared. Tables are never looked at.
 *
 * A page of the device's log may be larger than the guest's. What is mapped later, outside of those
 * ranges, nobody notes. Before a range is unmapped its notes are fetched. [policies 7, 13 h]
 */
#include <stdlib.h>
#include <string.h>

#include "../migration_priv.h"

struct extent {
	uint32_t domain_index;
	sv3_iova iova; /* aligned to the device's page */
	uint64_t len;
	uint64_t first_bit; /* in @noted */
};

struct state {
	struct extent *extents; /* in order of domain and IOVA; shape [count] */
	uint64_t count, capacity, bit_count;
	uint64_t *noted; /* the device's: one bit a page of its own */
	struct sv3_dirty_log fetched;
	bool hooked, observes;
	int error;
};

static uint64_t device_page(const struct sv3__migration *m)
{
	return UINT64_C(1) << m->config->device_page_lg2;
}

/* --- the device --- */

static struct extent *find(const struct state *state, uint32_t domain_index, sv3_iova iova)
{
	uint64_t low = 0, high = state->count;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;
		struct extent *extent = &state->extents[middle];

		if (extent->domain_index == domain_index && iova - extent->iova < extent->len)
			return extent;
		if (extent->domain_index < domain_index ||
		    (extent->domain_index == domain_index && extent->iova < iova))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void landed(void *context, const struct sv3_write *write)
{
	struct sv3__migration *m = (struct sv3__migration *)context;
	struct state *state = (struct state *)m->state;
	const struct extent *extent;
	uint64_t bit;

	if (write->by_cpu)
		return;
	extent = find(state, sv3_host_stream_domain(m->host, write->stream_id), write->iova);
	if (!extent)
		return;
	bit = extent->first_bit + ((write->iova - extent->iova) >> m->config->device_page_lg2);
	state->noted[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static struct sv3_world_observer observer_of(struct sv3__migration *m)
{
	return (struct sv3_world_observer){ .write_landed = landed, .context = m };
}

/* --- the ranges --- */

struct gathering {
	struct sv3__migration *m;
	uint32_t domain_index;
};

static void add_leaf(void *context, const struct sv3_pt_leaf *leaf)
{
	const struct gathering *gathering = (const struct gathering *)context;
	struct sv3__migration *m = gathering->m;
	struct state *state = (struct state *)m->state;
	const uint64_t mask = device_page(m) - 1;
	const sv3_iova first = leaf->iova & ~mask;
	const sv3_iova end = (leaf->iova + (UINT64_C(1) << leaf->span_lg2) + mask) & ~mask;
	struct extent *last = state->count ? &state->extents[state->count - 1] : NULL;
	struct extent *extents;

	if (last && last->domain_index == gathering->domain_index &&
	    first <= last->iova + last->len) {
		if (end > last->iova + last->len)
			last->len = end - last->iova;
		return;
	}
	extents = (struct extent *)sv3__grown(state->extents, state->count + 1, &state->capacity,
					      sizeof(*extents));
	if (!extents) {
		state->error = -SV3_ERR_NOMEM;
		return;
	}
	state->extents = extents;
	state->extents[state->count++] = (struct extent){ .domain_index = gathering->domain_index,
							  .iova = first,
							  .len = end - first };
}

static int tell_ranges(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	for (uint32_t i = 0; i < sv3_host_domain_count(m->host); i++) {
		const struct sv3_domain *domain = sv3_host_domain(m->host, i);
		struct gathering gathering = { m, i };
		int rc = 0;

		if (domain->scan_size)
			rc = sv3_pt_visit(&domain->pt, domain->scan_base, domain->scan_size,
					  add_leaf, &gathering);
		if (rc < 0 || state->error)
			return rc < 0 ? rc : state->error;
	}
	for (uint64_t i = 0; i < state->count; i++) {
		state->extents[i].first_bit = state->bit_count;
		state->bit_count += state->extents[i].len >> m->config->device_page_lg2;
	}
	state->noted = (uint64_t *)calloc((size_t)(state->bit_count / 64 + 1), sizeof(uint64_t));
	return state->noted ? 0 : -SV3_ERR_NOMEM;
}

/* --- reports --- */

static void report_leaf(void *context, const struct sv3_pt_leaf *leaf)
{
	struct sv3_dirty_log *log = (struct sv3_dirty_log *)context;

	sv3_dirty_log_set(log, leaf->pa, UINT64_C(1) << leaf->span_lg2);
}

/* The pages behind [iova, iova + len), or as much of them as is mapped; a block by its pages. */
static int report_pages(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova,
			uint64_t len, struct sv3_dirty_log *log)
{
	const struct sv3_pt *pt = &sv3_host_domain(m->host, domain_index)->pt;
	struct sv3_pt_leaf leaf;

	if (sv3_pt_lookup(pt, iova, &leaf) || UINT64_C(1) << leaf.span_lg2 < len)
		return sv3_pt_visit(pt, iova, len, report_leaf, log);
	sv3_dirty_log_set(log, leaf.pa + (iova - leaf.iova), len);
	return 0;
}

/* What the device noted in a range, and forgets. */
static int fetch(struct sv3__migration *m, const struct extent *extent, sv3_iova first,
		 sv3_iova end, struct sv3_dirty_log *log)
{
	struct state *state = (struct state *)m->state;
	const uint64_t page = device_page(m);

	for (sv3_iova iova = first; iova < end; iova += page) {
		const uint64_t bit =
			extent->first_bit + ((iova - extent->iova) >> m->config->device_page_lg2);
		uint64_t *word = &state->noted[bit / 64];
		int rc;

		if (!*word && bit % 64 == 0 && end - iova > 64 * page) {
			iova += 63 * page;
			continue;
		}
		if (!(*word >> (bit % 64) & 1))
			continue;
		*word &= ~(UINT64_C(1) << (bit % 64));
		rc = report_pages(m, extent->domain_index, iova, page, log);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Rule h: the notes of a range are fetched before nobody can tell any more what it meant. */
static void unmapping(void *context, uint32_t domain_index, sv3_iova iova, uint64_t len)
{
	struct sv3__migration *m = (struct sv3__migration *)context;
	struct state *state = (struct state *)m->state;
	const sv3_iova first = iova & ~(device_page(m) - 1);

	for (uint64_t i = 0; i < state->count && !state->error; i++) {
		const struct extent *extent = &state->extents[i];
		const sv3_iova from = first > extent->iova ? first : extent->iova;
		const sv3_iova behind = extent->iova + extent->len;
		const sv3_iova to = iova + len < behind ? iova + len : behind;

		if (extent->domain_index == domain_index && from < to)
			state->error = fetch(m, extent, from, to, &state->fetched);
	}
}

static int start(struct sv3__migration *m)
{
	const struct sv3_host_hooks hooks = { .unmapping = unmapping, .context = m };
	const struct sv3_world_observer observer = observer_of(m);
	struct state *state = (struct state *)calloc(1, sizeof(*state));
	int rc;

	m->state = state;
	if (!state || sv3__log_make(m, &state->fetched))
		return -SV3_ERR_NOMEM;
	rc = tell_ranges(m);
	if (rc)
		return rc;
	rc = sv3_host_add_hooks(m->host, &hooks);
	state->hooked = !rc;
	if (rc)
		return rc;
	rc = sv3_world_observe(m->world, &observer);
	state->observes = !rc;
	return rc;
}

/* APPROX(T-037): a report of a range takes as long as a TLBI and SYNC pair. */
static int collect(struct sv3__migration *m)
{
	struct state *state = (struct state *)m->state;

	for (uint64_t i = 0; i < state->count && !state->error; i++) {
		const struct extent extent = state->extents[i];

		sv3_world_advance(m->world, m->costs.inv_latency);
		state->error =
			fetch(m, &extent, extent.iova, extent.iova + extent.len, &m->reported);
	}
	sv3__log_take(&m->reported, &state->fetched);
	return state->error;
}

static void finish(struct sv3__migration *m)
{
	const struct sv3_world_observer observer = observer_of(m);
	struct state *state = (struct state *)m->state;

	if (!state)
		return;
	if (state->observes)
		sv3_world_unobserve(m->world, &observer);
	if (state->hooked)
		sv3_host_remove_hooks(m->host, m);
	free(state->extents);
	free(state->noted);
	free(state->fetched.words);
	free(state);
}

const struct sv3__policy sv3__policy_device_log = {
	.info = {
		.name = "device-log",
		.id = "P8",
		.steps = "report and clear by range; C",
		.description = "the device notes what it wrote in the ranges mapped when tracking began; "
			       "lossless only if nothing is mapped later",
		.claims_lossless = false,
	},
	.start = start,
	.collect = collect,
	.finish = finish,
};
