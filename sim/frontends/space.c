/* SPDX-License-Identifier: MIT */
/*
 * space.c - an address space: domains that map the same ranges, kept as a sorted list of areas.
 *
 * The list says what is mapped; tables are never searched for holes. All or nothing: what fails in
 * one domain is undone in those before.
 */
#include "frontends_priv.h"

#include <stdlib.h>
#include <string.h>

void sv3__space_init(struct sv3__space *space, const struct sv3_frontend_config *config)
{
	*space = (struct sv3__space){ .config = *config };
}

void sv3__space_fini(struct sv3__space *space)
{
	free(space->areas);
}

uint32_t sv3__space_granule_lg2(const struct sv3__space *space)
{
	for (uint32_t i = 0; i < SV3_FRONTEND_DOMAINS_MAX; i++)
		if (space->domains[i].used)
			return space->domains[i].pt.config.granule_lg2;
	return SV3_PAGE_LG2;
}

bool sv3__hw_tracks(const struct sv3_regport *regs)
{
	const uint64_t idr0 = regs->ops->read(regs->context, SV3_REG_IDR0, 4);

	return SV3_GET(SV3_IDR0_HTTU, idr0) == SV3_IDR0_HTTU_DIRTY && (idr0 & SV3_IDR0_COHACC);
}

/* --- areas --- */

uint64_t sv3__space_find(const struct sv3__space *space, sv3_iova iova)
{
	uint64_t low = 0, high = space->area_count;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (space->areas[middle].last < iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool sv3__space_cuts(const struct sv3__space *space, sv3_iova iova)
{
	const uint64_t i = sv3__space_find(space, iova);

	return i < space->area_count && space->areas[i].first < iova;
}

bool sv3__space_covers(const struct sv3__space *space, sv3_iova first, sv3_iova last)
{
	for (uint64_t i = sv3__space_find(space, first);
	     i < space->area_count && space->areas[i].first <= first; i++) {
		if (space->areas[i].last >= last)
			return true;
		first = space->areas[i].last + 1;
	}
	return false;
}

/* Room for one more, so that what is mapped can be entered. */
static int areas_reserve(struct sv3__space *space)
{
	const uint64_t capacity = space->area_capacity ? 2 * space->area_capacity : 16;
	struct sv3__area *areas;

	if (space->area_count < space->area_capacity)
		return 0;
	areas = (struct sv3__area *)realloc(space->areas, (size_t)capacity * sizeof(*areas));
	if (!areas)
		return -SV3_ENOMEM;
	space->areas = areas;
	space->area_capacity = capacity;
	return 0;
}

static void area_insert(struct sv3__space *space, const struct sv3__area *area)
{
	const uint64_t i = sv3__space_find(space, area->first);

	memmove(&space->areas[i + 1], &space->areas[i],
		(size_t)(space->area_count - i) * sizeof(*area));
	space->areas[i] = *area;
	space->area_count++;
}

static bool area_overlaps(const struct sv3__space *space, sv3_iova first, sv3_iova last)
{
	const uint64_t i = sv3__space_find(space, first);

	return i < space->area_count && space->areas[i].first <= last;
}

/* --- one area in one domain --- */

static int domain_map(const struct sv3__space *space, struct sv3__domain *domain,
		      const struct sv3__area *area)
{
	const uint32_t leaf_max_lg2 = space->by_pages ? 0 : space->config.leaf_max_lg2;
	/* Born dirty, as Linux maps: who wrote the memory before has not told us. */
	const uint32_t flags = SV3_PT_READ | SV3_PT_UNPRIV | SV3_PT_BORN_DIRTY |
			       (area->writable ? SV3_PT_WRITE : 0u);

	return sv3__kernel_error(
		sv3_pt_map(&domain->pt, area->first, area->pa, area->last - area->first + 1,
			   leaf_max_lg2 ? leaf_max_lg2 : domain->pt.config.granule_lg2, flags));
}

struct unmapping {
	struct sv3__domain *domain;
	const struct sv3__bitmap *bitmap; /* may be NULL */
};

/* A leaf as the exchange found it: its dirty state is ours now. [policies 7 P21b] */
static void leaf_unmapped(void *context, const struct sv3_pt_leaf *leaf)
{
	const struct unmapping *unmapping = (const struct unmapping *)context;
	const struct sv3__bitmap *bitmap = unmapping->bitmap;

	sv3_pt_gather_add(&unmapping->domain->gather, leaf->iova, leaf->span_lg2);
	if (bitmap && sv3__leaf_is_dirty(leaf)) {
		const struct sv3__pages pages =
			sv3__bitmap_pages(bitmap, leaf->iova, sv3__leaf_last(leaf));

		sv3__bits_set(bitmap->bits, pages.first, pages.count);
	}
}

static int domain_unmap(struct sv3__domain *domain, const struct sv3__area *area,
			const struct sv3__bitmap *bitmap)
{
	struct unmapping unmapping = { domain, bitmap };

	return sv3__kernel_error(sv3_pt_unmap(
		&domain->pt, area->first, area->last - area->first + 1, leaf_unmapped, &unmapping));
}

struct coverage {
	sv3_iova first, last;
	uint64_t bytes; /* from @first on, without a hole */
	bool cut;
};

static bool judge_coverage(void *context, const struct sv3_pt_leaf *leaf)
{
	struct coverage *coverage = (struct coverage *)context;

	if (leaf->iova < coverage->first || sv3__leaf_last(leaf) > coverage->last)
		coverage->cut = true;
	else if (leaf->iova == coverage->first + coverage->bytes)
		coverage->bytes += UINT64_C(1) << leaf->span_lg2;
	return false;
}

/* Do leaves map [first, last], all of it and nothing else? */
static int domain_check(struct sv3__domain *domain, sv3_iova first, sv3_iova last)
{
	struct coverage coverage = { first, last, 0, false };
	const int rc = sv3_dirty_visit(&domain->pt, first, last - first + 1, judge_coverage,
				       &coverage, &domain->gather);

	if (rc < 0)
		return sv3__kernel_error(rc);
	if (coverage.cut)
		return -SV3_EINVAL;
	return coverage.bytes == last - first + 1 ? 0 : -SV3_ENOENT;
}

/* --- domains --- */

/* What was mapped by a call that failed: DMA may have used it already. */
static void undo(struct sv3__space *space, struct sv3__domain *domain, const struct sv3__area *area)
{
	int rc = 0;

	if (!area->adopted)
		rc = domain_unmap(domain, area, NULL);
	if (rc == 0)
		rc = sv3__space_flush(space, SV3_FLUSH_RANGE);
	(void)rc; /* the first error is the one that is told */
}

static int domain_fill(struct sv3__space *space, struct sv3__domain *domain)
{
	int rc = 0;

	for (uint64_t i = 0; i < space->area_count; i++) {
		const struct sv3__area *area = &space->areas[i];

		rc = area->adopted ? domain_check(domain, area->first, area->last)
				   : domain_map(space, domain, area);
		if (rc == 0)
			continue;
		while (i-- > 0)
			undo(space, domain, &space->areas[i]);
		break;
	}
	return rc;
}

int sv3__space_attach(struct sv3__space *space, const struct sv3_frontend_domain *domain)
{
	const uint32_t granule_lg2 = domain->pt->config.granule_lg2;
	bool other_granule = false;
	uint32_t free_index = SV3_FRONTEND_DOMAINS_MAX;
	struct sv3__domain *entry;
	int rc;

	for (uint32_t i = SV3_FRONTEND_DOMAINS_MAX; i-- > 0;) {
		if (!space->domains[i].used)
			free_index = i;
		else if (space->domains[i].pt.config.granule_lg2 != granule_lg2)
			other_granule = true;
	}
	if (other_granule)
		return -SV3_EINVAL;
	if (free_index == SV3_FRONTEND_DOMAINS_MAX)
		return -SV3_ENOSPC;
	entry = &space->domains[free_index];
	*entry = (struct sv3__domain){ .pt = *domain->pt, .asid = domain->asid, .used = true };
	entry->pt.bus = space->config.bus;
	sv3_pt_gather_init(&entry->gather);
	rc = domain_fill(space, entry);
	if (rc < 0)
		entry->used = false;
	return rc < 0 ? rc : (int)free_index;
}

int sv3__space_detach(struct sv3__space *space, uint32_t index)
{
	struct sv3__domain *domain = &space->domains[index];
	int rc = 0;

	for (uint64_t i = 0; i < space->area_count && rc == 0; i++)
		if (!space->areas[i].adopted)
			rc = domain_unmap(domain, &space->areas[i], NULL);
	if (rc == 0)
		rc = sv3__space_flush(space, SV3_FLUSH_RANGE);
	if (rc == 0)
		domain->used = false;
	return rc;
}

/* --- map and unmap --- */

int sv3__space_map(struct sv3__space *space, const struct sv3__area *area)
{
	int rc;

	if (area_overlaps(space, area->first, area->last))
		return -SV3_EEXIST;
	rc = areas_reserve(space);
	for (uint32_t i = 0; i < SV3_FRONTEND_DOMAINS_MAX && rc == 0; i++) {
		if (!space->domains[i].used)
			continue;
		rc = domain_map(space, &space->domains[i], area);
		while (rc < 0 && i-- > 0)
			if (space->domains[i].used)
				undo(space, &space->domains[i], area);
		if (rc < 0)
			return rc;
	}
	if (rc == 0)
		area_insert(space, area);
	return rc;
}

int sv3__space_adopt(struct sv3__space *space, sv3_iova first, sv3_iova last)
{
	const struct sv3__area area = { .first = first, .last = last, .adopted = true };
	int rc;

	if (area_overlaps(space, first, last))
		return -SV3_EEXIST;
	rc = areas_reserve(space);
	for (uint32_t i = 0; i < SV3_FRONTEND_DOMAINS_MAX && rc == 0; i++)
		if (space->domains[i].used)
			rc = domain_check(&space->domains[i], first, last);
	if (rc == 0)
		area_insert(space, &area);
	return rc;
}

int sv3__space_unmap(struct sv3__space *space, sv3_iova first, sv3_iova last,
		     const struct sv3__bitmap *bitmap, uint64_t *bytes)
{
	const uint64_t begin = sv3__space_find(space, first);
	uint64_t end = begin;
	int rc = 0, flushed;

	for (; end < space->area_count && space->areas[end].first <= last; end++) {
		const struct sv3__area *area = &space->areas[end];

		for (uint32_t i = 0; i < SV3_FRONTEND_DOMAINS_MAX && rc == 0; i++)
			if (space->domains[i].used)
				rc = domain_unmap(&space->domains[i], area, bitmap);
		if (rc < 0)
			break;
		*bytes += area->last - area->first + 1;
	}
	if (end > begin)
		memmove(&space->areas[begin], &space->areas[end],
			(size_t)(space->area_count - end) * sizeof(*space->areas));
	space->area_count -= end - begin;
	/* Also after an error: the bits of what is gone stand in the bitmap already. */
	flushed = sv3__space_flush(space, SV3_FLUSH_RANGE);
	return rc < 0 ? rc : flushed;
}
