/* SPDX-License-Identifier: MIT */
/*
 * vfio.c - VFIO type1 with hardware dirty tracking and manual clear, as the series of 2021 had it.
 *
 * A container maps the same in all its tables. One of them that cannot track makes everything count
 * as dirty, as type1 does without any tracking. Reading only: invalidate first, so that what was
 * translated is in memory, then look [policies 1, thread 002]. Clearing: clear, TLBI, CMD_SYNC,
 * return.
 */
#include "frontends_priv.h"

#include <stdlib.h>

/* Pages of the largest bitmap: an index fits into an int of 32 bits. [policies 9] */
#define BITMAP_PAGES_MAX ((UINT64_C(1) << 31) - 1)
/* A clear begins at a multiple of so many pages of its mapping. */
#define CLEAR_ALIGN_PAGES UINT64_C(64)

struct sv3_vfio {
	struct sv3__space space;
	bool tracking, manual_clear;
};

/* --- container --- */

int sv3_vfio_create(const struct sv3_frontend_config *config, struct sv3_vfio **vfio)
{
	*vfio = (struct sv3_vfio *)calloc(1, sizeof(**vfio));
	if (!*vfio)
		return -SV3_ENOMEM;
	sv3__space_init(&(*vfio)->space, config);
	return 0;
}

void sv3_vfio_destroy(struct sv3_vfio *vfio)
{
	if (!vfio)
		return;
	sv3__space_fini(&vfio->space);
	free(vfio);
}

int sv3_vfio_attach(struct sv3_vfio *vfio, const struct sv3_frontend_domain *domain)
{
	const int rc = sv3__space_attach(&vfio->space, domain);

	return rc < 0 ? rc : 0;
}

/* Do all tables track? A container without any has nothing that does. */
static bool tracks(const struct sv3_vfio *vfio)
{
	const struct sv3__space *space = &vfio->space;
	bool any = false;

	for (uint32_t i = 0; i < SV3_FRONTEND_DOMAINS_MAX; i++) {
		if (space->domains[i].used && !space->domains[i].pt.config.dbm)
			return false;
		any |= space->domains[i].used;
	}
	return any && sv3__hw_tracks(&space->config.cmdq->regs);
}

int sv3_vfio_check_extension(struct sv3_vfio *vfio, uint32_t extension)
{
	if (extension != SV3_VFIO_DIRTY_LOG_MANUAL_CLEAR || !tracks(vfio))
		return 0;
	vfio->manual_clear = true; /* asking for it turns it on */
	return 1;
}

/* --- arguments --- */

static uint64_t page_size(const struct sv3_vfio *vfio)
{
	return UINT64_C(1) << sv3__space_granule_lg2(&vfio->space);
}

static bool is_aligned(const struct sv3_vfio *vfio, uint64_t value)
{
	return (value & (page_size(vfio) - 1)) == 0;
}

/* A bitmap of one bit for each smallest page. Larger pages would test the first of them only
 * [policies 8 B47]: there are none. */
static int check_bitmap(const struct sv3_vfio *vfio, const struct sv3_vfio_bitmap *bitmap,
			uint64_t size)
{
	const uint64_t pages = size >> sv3__space_granule_lg2(&vfio->space);
	const uint64_t bytes = (pages + 63) / 64 * 8;

	if (bitmap->pgsize != page_size(vfio))
		return -SV3_EINVAL;
	if (pages == 0 || pages > BITMAP_PAGES_MAX || bitmap->size < bytes ||
	    bitmap->size > (BITMAP_PAGES_MAX + 63) / 64 * 8)
		return -SV3_EINVAL;
	return 0;
}

/* Mappings may be read or unmapped in any number, but none in part. */
static bool cuts_mapping(const struct sv3_vfio *vfio, sv3_iova first, sv3_iova last)
{
	return sv3__space_cuts(&vfio->space, first) ||
	       (last != UINT64_MAX && sv3__space_cuts(&vfio->space, last + 1));
}

static struct sv3__bitmap bitmap_of(const struct sv3_vfio *vfio,
				    const struct sv3_vfio_bitmap *bitmap, sv3_iova iova,
				    uint64_t size)
{
	return (struct sv3__bitmap){
		.bits = bitmap->data,
		.first = iova,
		.last = iova + (size - 1),
		.page_lg2 = sv3__space_granule_lg2(&vfio->space),
	};
}

/* --- map and unmap --- */

int sv3_vfio_map(struct sv3_vfio *vfio, const struct sv3_vfio_dma_map *map)
{
	const uint32_t flags = SV3_VFIO_MAP_READ | SV3_VFIO_MAP_WRITE;
	struct sv3__area area;

	if (map->argsz < sizeof(*map) || (map->flags & ~flags) || !(map->flags & flags))
		return -SV3_EINVAL;
	if (!map->size || !is_aligned(vfio, map->iova | map->pa | map->size))
		return -SV3_EINVAL;
	if (map->size - 1 > UINT64_MAX - map->iova)
		return -SV3_EINVAL;
	area = (struct sv3__area){
		.first = map->iova,
		.last = map->iova + (map->size - 1),
		.pa = map->pa,
		.writable = (map->flags & SV3_VFIO_MAP_WRITE) != 0,
	};
	return sv3__space_map(&vfio->space, &area);
}

int sv3_vfio_adopt(struct sv3_vfio *vfio, sv3_iova iova, uint64_t size)
{
	if (!size || !is_aligned(vfio, iova | size) || size - 1 > UINT64_MAX - iova)
		return -SV3_EINVAL;
	return sv3__space_adopt(&vfio->space, iova, iova + (size - 1));
}

static int check_unmap(const struct sv3_vfio *vfio, const struct sv3_vfio_dma_unmap *unmap)
{
	const uint32_t flags = SV3_VFIO_UNMAP_GET_DIRTY_BITMAP | SV3_VFIO_UNMAP_ALL;

	/* The bitmap of everything would have no first page. */
	if (unmap->argsz < sizeof(*unmap) || (unmap->flags & ~flags) || unmap->flags == flags)
		return -SV3_EINVAL;
	if (unmap->flags & SV3_VFIO_UNMAP_ALL)
		return unmap->iova || unmap->size ? -SV3_EINVAL : 0;
	if (!unmap->size || !is_aligned(vfio, unmap->iova | unmap->size) ||
	    unmap->size - 1 > UINT64_MAX - unmap->iova)
		return -SV3_EINVAL;
	if (cuts_mapping(vfio, unmap->iova, unmap->iova + (unmap->size - 1)))
		return -SV3_EINVAL;
	if (!(unmap->flags & SV3_VFIO_UNMAP_GET_DIRTY_BITMAP))
		return 0;
	if (!vfio->tracking || check_bitmap(vfio, &unmap->bitmap, unmap->size))
		return -SV3_EINVAL;
	return sv3__buffer_is_bad(unmap->bitmap.data, unmap->bitmap.size) ? -SV3_EFAULT : 0;
}

/* The bits of all mapped pages of the range, all the same. */
static void write_mapped(const struct sv3_vfio *vfio, const struct sv3__bitmap *bitmap, bool value)
{
	const struct sv3__space *space = &vfio->space;

	for (uint64_t i = sv3__space_find(space, bitmap->first);
	     i < space->area_count && space->areas[i].first <= bitmap->last; i++) {
		const struct sv3__pages pages =
			sv3__bitmap_pages(bitmap, space->areas[i].first, space->areas[i].last);

		if (value)
			sv3__bits_set(bitmap->bits, pages.first, pages.count);
		else
			sv3__bits_clear(bitmap->bits, pages.first, pages.count);
	}
}

int sv3_vfio_unmap(struct sv3_vfio *vfio, struct sv3_vfio_dma_unmap *unmap)
{
	const bool wants_bits = (unmap->flags & SV3_VFIO_UNMAP_GET_DIRTY_BITMAP) != 0;
	const bool all = (unmap->flags & SV3_VFIO_UNMAP_ALL) != 0;
	struct sv3__bitmap bitmap;
	int rc = check_unmap(vfio, unmap);

	if (rc == 0)
		rc = sv3__space_settle(&vfio->space);
	if (rc < 0)
		return rc;
	if (all)
		bitmap = (struct sv3__bitmap){ .last = UINT64_MAX };
	else
		bitmap = bitmap_of(vfio, &unmap->bitmap, unmap->iova, unmap->size);
	if (wants_bits)
		write_mapped(vfio, &bitmap, !tracks(vfio));
	unmap->size = 0;
	return sv3__space_unmap(&vfio->space, bitmap.first, bitmap.last,
				wants_bits ? &bitmap : NULL, &unmap->size);
}

/* --- dirty pages --- */

static int check_range(const struct sv3_vfio *vfio, const struct sv3_vfio_dirty_pages *args)
{
	if (args->argsz < sizeof(*args) || !vfio->tracking)
		return -SV3_EINVAL;
	if (args->size > UINT64_MAX - args->iova || check_bitmap(vfio, &args->bitmap, args->size) ||
	    !is_aligned(vfio, args->iova | args->size))
		return -SV3_EINVAL;
	return 0;
}

/* All mappings of the range, in every domain. */
static int read_areas(struct sv3_vfio *vfio, const struct sv3__bitmap *bitmap, bool clear)
{
	struct sv3__space *space = &vfio->space;
	int rc = 0;

	for (uint64_t i = sv3__space_find(space, bitmap->first);
	     i < space->area_count && space->areas[i].first <= bitmap->last; i++)
		for (uint32_t d = 0; d < SV3_FRONTEND_DOMAINS_MAX && rc == 0; d++)
			if (space->domains[d].used)
				rc = sv3__domain_read(&space->domains[d], bitmap,
						      space->areas[i].first, space->areas[i].last,
						      clear);
	return rc;
}

static int get_bitmap(struct sv3_vfio *vfio, const struct sv3_vfio_dirty_pages *args, bool clear)
{
	const bool tracked = tracks(vfio);
	struct sv3__bitmap bitmap;
	int rc = check_range(vfio, args), flushed;

	if (rc < 0)
		return rc;
	if (cuts_mapping(vfio, args->iova, args->iova + (args->size - 1)))
		return -SV3_EINVAL;
	if (sv3__buffer_is_bad(args->bitmap.data, args->bitmap.size))
		return -SV3_EFAULT;
	bitmap = bitmap_of(vfio, &args->bitmap, args->iova, args->size);
	write_mapped(vfio, &bitmap, !tracked);
	if (!tracked)
		return 0;
	if (!clear && vfio->space.config.flush != SV3_FLUSH_NONE)
		rc = sv3__space_flush_all(&vfio->space);
	if (rc == 0)
		rc = read_areas(vfio, &bitmap, clear);
	/* Also after an error: what was cleared is told already. */
	flushed = sv3__space_flush(&vfio->space, vfio->space.config.flush);
	return rc < 0 ? rc : flushed;
}

/* Is @iova, if a mapping goes on there, 64 pages or a multiple behind where that begins? */
static bool is_clear_border(const struct sv3_vfio *vfio, sv3_iova iova)
{
	const struct sv3__space *space = &vfio->space;
	const uint64_t i = sv3__space_find(space, iova);

	return !sv3__space_cuts(space, iova) ||
	       (iova - space->areas[i].first) % (CLEAR_ALIGN_PAGES * page_size(vfio)) == 0;
}

/* A dirty leaf that the range cuts, and of which a page is named: the whole of it cannot be
 * cleaned, and a part of it cannot be. Returns: 1, 0, or an error. */
static int names_part_of_leaf(const struct sv3__domain *domain, const struct sv3__bitmap *named,
			      sv3_iova iova)
{
	struct sv3_pt_leaf leaf;
	struct sv3__pages pages;
	int rc = sv3__domain_leaf_at(domain, iova, &leaf);

	if (rc <= 0)
		return rc;
	if (leaf.iova >= named->first && sv3__leaf_last(&leaf) <= named->last)
		return 0;
	pages = sv3__bitmap_pages(named, leaf.iova, sv3__leaf_last(&leaf));
	return sv3__leaf_is_dirty(&leaf) && sv3__bits_any(named->bits, pages.first, pages.count);
}

static int check_leaves(const struct sv3_vfio *vfio, const struct sv3__bitmap *named)
{
	const struct sv3__space *space = &vfio->space;
	int rc = 0;

	for (uint32_t i = 0; i < SV3_FRONTEND_DOMAINS_MAX && rc == 0; i++) {
		if (!space->domains[i].used)
			continue;
		rc = names_part_of_leaf(&space->domains[i], named, named->first);
		if (rc == 0)
			rc = names_part_of_leaf(&space->domains[i], named, named->last);
	}
	return rc > 0 ? -SV3_EINVAL : rc;
}

static int clear_areas(struct sv3_vfio *vfio, const struct sv3__bitmap *named)
{
	struct sv3__space *space = &vfio->space;
	int rc = 0;

	for (uint64_t i = sv3__space_find(space, named->first);
	     i < space->area_count && space->areas[i].first <= named->last; i++) {
		const struct sv3__area *area = &space->areas[i];
		const sv3_iova first = area->first > named->first ? area->first : named->first;
		const sv3_iova last = area->last < named->last ? area->last : named->last;

		for (uint32_t d = 0; d < SV3_FRONTEND_DOMAINS_MAX && rc == 0; d++)
			if (space->domains[d].used)
				rc = sv3__domain_clear(&space->domains[d], named, first, last);
	}
	return rc;
}

static int clear_bitmap(struct sv3_vfio *vfio, const struct sv3_vfio_dirty_pages *args)
{
	struct sv3__bitmap named;
	int rc = check_range(vfio, args), flushed;

	if (rc < 0)
		return rc;
	if (!tracks(vfio) || !is_clear_border(vfio, args->iova) ||
	    !is_clear_border(vfio, args->iova + args->size))
		return -SV3_EINVAL;
	if (sv3__buffer_is_bad(args->bitmap.data, args->bitmap.size))
		return -SV3_EFAULT;
	named = bitmap_of(vfio, &args->bitmap, args->iova, args->size);
	rc = check_leaves(vfio, &named);
	if (rc < 0)
		return rc;
	rc = clear_areas(vfio, &named);
	flushed = sv3__space_flush(&vfio->space, vfio->space.config.flush);
	return rc < 0 ? rc : flushed;
}

/* Nothing is cleared: mappings are born dirty, and who starts sends all anyway. */
static int start(struct sv3_vfio *vfio)
{
	int rc = 0;

	if (!vfio->tracking && tracks(vfio))
		rc = sv3__space_split(&vfio->space);
	vfio->tracking |= rc == 0;
	return rc;
}

int sv3_vfio_dirty_pages(struct sv3_vfio *vfio, const struct sv3_vfio_dirty_pages *args)
{
	if (args->argsz < offsetof(struct sv3_vfio_dirty_pages, iova))
		return -SV3_EINVAL;
	switch (args->flags) {
	case SV3_VFIO_DIRTY_START:
		return start(vfio);
	case SV3_VFIO_DIRTY_STOP:
		vfio->tracking = false;
		return sv3__space_merge(&vfio->space);
	case SV3_VFIO_DIRTY_GET_BITMAP:
		return get_bitmap(vfio, args, !vfio->manual_clear);
	case SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR:
		return get_bitmap(vfio, args, false);
	case SV3_VFIO_DIRTY_CLEAR_BITMAP:
		return clear_bitmap(vfio, args);
	default: /* none, several, or unknown */
		return -SV3_EINVAL;
	}
}
