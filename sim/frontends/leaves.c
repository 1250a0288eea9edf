/* SPDX-License-Identifier: MIT */
/*
 * leaves.c - blocks become pages while dirty state is tracked, and blocks again behind it, as the
 * series of 2021 had it [smmuv3 7.5]. DMA goes on meanwhile, so it needs IDR3.BBML >= 1: below that
 * a block would be invalid for a while, and blocks are kept.
 *
 * A block for whose table there is no memory stays one: tracking is coarser then, not wrong. Any
 * other failure may come between a change and its invalidation. Such a resize is kept, and gone on
 * with before anything else is done to these leaves.
 */
#include "frontends_priv.h"

static uint32_t bbml_of(const struct sv3__space *space)
{
	const struct sv3_regport *regs = &space->config.cmdq->regs;

	return (uint32_t)SV3_GET(SV3_IDR3_BBML, regs->ops->read(regs->context, SV3_REG_IDR3, 4));
}

static bool may_drop(const struct sv3_pt_resize *resize)
{
	return !resize->phase && !resize->table && !resize->owed.len;
}

int sv3__space_settle(struct sv3__space *space)
{
	struct sv3__resizing *resizing = &space->resizing;
	int rc;

	if (!resizing->domain)
		return 0;
	rc = sv3_pt_resize_run(&resizing->resize, space->config.cmdq, resizing->domain->asid);
	if (rc == 0 || may_drop(&resizing->resize))
		resizing->domain = NULL;
	return rc == -SV3_ERR_NOMEM ? 0 : sv3__kernel_error(rc);
}

static int area_resize(struct sv3__space *space, struct sv3__domain *domain,
		       const struct sv3__area *area, bool merges)
{
	const uint64_t size = area->last - area->first + 1;
	struct sv3_pt_resize *resize = &space->resizing.resize;
	const uint32_t bbml = bbml_of(space);
	const int rc = merges ? sv3_pt_merge_begin(resize, &domain->pt, area->first, size,
						   space->config.leaf_max_lg2, bbml)
			      : sv3_pt_split_begin(resize, &domain->pt, area->first, size,
						   domain->pt.config.granule_lg2, bbml);

	if (rc < 0)
		return sv3__kernel_error(rc);
	space->resizing.domain = domain;
	return sv3__space_settle(space);
}

/* What cannot be written has no dirty state; of what was adopted we do not know. */
static int resize_all(struct sv3__space *space, bool merges)
{
	int rc = sv3__space_settle(space);

	for (uint64_t i = 0; i < space->area_count && rc == 0; i++) {
		const struct sv3__area *area = &space->areas[i];

		if (!area->writable && !area->adopted)
			continue;
		for (uint32_t d = 0; d < SV3_FRONTEND_DOMAINS_MAX && rc == 0; d++)
			if (space->domains[d].used)
				rc = area_resize(space, &space->domains[d], area, merges);
	}
	return rc;
}

int sv3__space_split(struct sv3__space *space)
{
	if (space->config.keep_blocks || bbml_of(space) == 0)
		return 0;
	space->by_pages = true;
	return resize_all(space, false);
}

int sv3__space_merge(struct sv3__space *space)
{
	int rc;

	if (!space->by_pages)
		return 0;
	rc = resize_all(space, true);
	if (rc == 0)
		space->by_pages = false;
	return rc;
}
