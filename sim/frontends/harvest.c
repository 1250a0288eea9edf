/* SPDX-License-Identifier: MIT */
/*
 * harvest.c - dirty state of one domain: read, read and clear, clear by bitmap.
 *
 * One walk each. A leaf is one bit in memory but many in a bitmap, so it is cleaned only where all
 * its pages are told, or were: else the part nobody was told of would be forgotten.
 */
#include "frontends_priv.h"

struct reading {
	const struct sv3__bitmap *bitmap;
	bool clear;
};

/* The bits are set before the leaf is cleaned; if it changes in between it is judged again. */
static bool judge_read(void *context, const struct sv3_pt_leaf *leaf)
{
	const struct reading *reading = (const struct reading *)context;
	const struct sv3__bitmap *bitmap = reading->bitmap;
	const sv3_iova last = sv3__leaf_last(leaf);
	struct sv3__pages pages;

	if (!sv3__leaf_is_dirty(leaf))
		return false;
	pages = sv3__bitmap_pages(bitmap, leaf->iova, last);
	sv3__bits_set(bitmap->bits, pages.first, pages.count);
	return reading->clear && leaf->iova >= bitmap->first && last <= bitmap->last;
}

static bool judge_clear(void *context, const struct sv3_pt_leaf *leaf)
{
	const struct sv3__bitmap *named = (const struct sv3__bitmap *)context;
	const sv3_iova last = sv3__leaf_last(leaf);
	struct sv3__pages pages;

	if (leaf->iova < named->first || last > named->last)
		return false;
	pages = sv3__bitmap_pages(named, leaf->iova, last);
	return sv3__bits_all(named->bits, pages.first, pages.count);
}

static bool judge_discard(void *context, const struct sv3_pt_leaf *leaf)
{
	(void)context;
	(void)leaf;
	return true;
}

static int visit(struct sv3__domain *domain, sv3_iova first, sv3_iova last, sv3_dirty_judge judge,
		 void *context)
{
	return sv3__kernel_error(sv3_dirty_visit(&domain->pt, first, last - first + 1, judge,
						 context, &domain->gather));
}

int sv3__domain_read(struct sv3__domain *domain, const struct sv3__bitmap *bitmap, sv3_iova first,
		     sv3_iova last, bool clear)
{
	struct reading reading = { bitmap, clear };

	return visit(domain, first, last, judge_read, &reading);
}

int sv3__domain_clear(struct sv3__domain *domain, const struct sv3__bitmap *named, sv3_iova first,
		      sv3_iova last)
{
	struct sv3__bitmap bitmap = *named;

	return visit(domain, first, last, judge_clear, &bitmap);
}

int sv3__domain_discard(struct sv3__domain *domain, sv3_iova first, sv3_iova last)
{
	return visit(domain, first, last, judge_discard, NULL);
}

int sv3__domain_leaf_at(const struct sv3__domain *domain, sv3_iova iova, struct sv3_pt_leaf *leaf)
{
	const int rc = sv3_pt_lookup(&domain->pt, iova, leaf);

	if (rc == -SV3_ERR_NOENT)
		return 0;
	return rc < 0 ? sv3__kernel_error(rc) : 1;
}

/* --- Invalidation --- */

static int push_tlbis(struct sv3__space *space, enum sv3_flush_scope scope, bool *any)
{
	for (uint32_t i = 0; i < SV3_FRONTEND_DOMAINS_MAX; i++) {
		const struct sv3__domain *domain = &space->domains[i];
		int rc;

		if (!domain->used || !domain->gather.leaf_count)
			continue;
		*any = true;
		rc = sv3_cmdq_flush_gather(space->config.cmdq, domain->asid,
					   domain->pt.config.granule_lg2, &domain->gather, scope);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* [IHI0070 3.13.4] Complete is an invalidation with the CMD_SYNC behind it: what was translated
 * before is then in memory, too. */
int sv3__space_flush(struct sv3__space *space, enum sv3_flush_scope scope)
{
	bool any = false;
	int rc = push_tlbis(space, scope, &any);

	if (rc == 0 && any)
		rc = sv3_cmdq_sync(space->config.cmdq);
	if (rc < 0)
		return sv3__kernel_error(rc);
	for (uint32_t i = 0; i < SV3_FRONTEND_DOMAINS_MAX; i++)
		if (space->domains[i].used)
			sv3_pt_gather_init(&space->domains[i].gather);
	return 0;
}

int sv3__space_flush_all(struct sv3__space *space)
{
	int rc = 0;

	for (uint32_t i = 0; i < SV3_FRONTEND_DOMAINS_MAX && rc == 0; i++)
		if (space->domains[i].used)
			rc = sv3_cmdq_tlbi_asid(space->config.cmdq, space->domains[i].asid);
	if (rc == 0)
		rc = sv3_cmdq_sync(space->config.cmdq);
	return sv3__kernel_error(rc);
}
