/* SPDX-License-Identifier: MIT */
/*
 * iommufd.c - one address space of iommufd: page tables with dirty tracking, map, unmap, and the
 * bitmap of what is dirty, as it was merged.
 *
 * Read and clear is one walk; then TLBI, CMD_SYNC, and only then the call returns, so that whoever
 * copies a reported page has all that was written before. [IHI0070 3.13.4] NO_CLEAR changes
 * nothing and invalidates nothing.
 */
#include "frontends_priv.h"

#include <stdlib.h>

struct hwpt {
	bool can_track; /* made with DIRTY_TRACKING */
	bool tracking;
};

struct sv3_iommufd {
	struct sv3__space space;
	struct hwpt hwpts[SV3_FRONTEND_DOMAINS_MAX]; /* by index of their domain */
};

/* --- objects --- */

int sv3_iommufd_create(const struct sv3_frontend_config *config, struct sv3_iommufd **iommufd)
{
	*iommufd = (struct sv3_iommufd *)calloc(1, sizeof(**iommufd));
	if (!*iommufd)
		return -SV3_ENOMEM;
	sv3__space_init(&(*iommufd)->space, config);
	return 0;
}

void sv3_iommufd_destroy(struct sv3_iommufd *iommufd)
{
	if (!iommufd)
		return;
	sv3__space_fini(&iommufd->space);
	free(iommufd);
}

uint64_t sv3_iommufd_hw_info(const struct sv3_regport *device)
{
	return sv3__hw_tracks(device) ? SV3_IOMMUFD_CAP_DIRTY_TRACKING : 0;
}

/* Index of a page table, or -SV3_ENOENT. An id is the index and one. */
static int index_of(const struct sv3_iommufd *iommufd, uint32_t hwpt_id)
{
	const uint32_t index = hwpt_id - 1;

	if (index >= SV3_FRONTEND_DOMAINS_MAX || !iommufd->space.domains[index].used)
		return -SV3_ENOENT;
	return (int)index;
}

int sv3_iommufd_hwpt_alloc(struct sv3_iommufd *iommufd, uint32_t flags,
			   const struct sv3_frontend_domain *domain,
			   const struct sv3_regport *device, uint32_t *hwpt_id)
{
	const bool track = (flags & SV3_IOMMUFD_HWPT_DIRTY_TRACKING) != 0;
	int rc;

	/* A parent of nested tables would be of stage 2, and those are not tracked. [policies 2] */
	if (flags & ~(uint32_t)SV3_IOMMUFD_HWPT_DIRTY_TRACKING)
		return -SV3_EOPNOTSUPP;
	if (!device)
		device = &iommufd->space.config.cmdq->regs;
	if (track && (!sv3__hw_tracks(device) || !domain->pt->config.dbm))
		return -SV3_EOPNOTSUPP;
	rc = sv3__space_attach(&iommufd->space, domain);
	if (rc < 0)
		return rc;
	iommufd->hwpts[rc] = (struct hwpt){ .can_track = track };
	*hwpt_id = (uint32_t)rc + 1;
	return 0;
}

int sv3_iommufd_hwpt_free(struct sv3_iommufd *iommufd, uint32_t hwpt_id)
{
	const int index = index_of(iommufd, hwpt_id);

	return index < 0 ? index : sv3__space_detach(&iommufd->space, (uint32_t)index);
}

int sv3_iommufd_attach(struct sv3_iommufd *iommufd, uint32_t hwpt_id,
		       const struct sv3_regport *device)
{
	const int index = index_of(iommufd, hwpt_id);

	if (index < 0)
		return index;
	return iommufd->hwpts[index].can_track && !sv3__hw_tracks(device) ? -SV3_EINVAL : 0;
}

/* --- map and unmap --- */

/* Whether @value is a multiple of the pages of the tables. */
static bool is_aligned(const struct sv3_iommufd *iommufd, uint64_t value)
{
	return (value & ((UINT64_C(1) << sv3__space_granule_lg2(&iommufd->space)) - 1)) == 0;
}

int sv3_iommufd_map(struct sv3_iommufd *iommufd, uint32_t flags, sv3_iova iova, sv3_pa pa,
		    uint64_t length)
{
	const uint32_t permissions = SV3_IOMMUFD_MAP_WRITEABLE | SV3_IOMMUFD_MAP_READABLE;
	struct sv3__area area;

	/* Without a fixed IOVA the kernel would choose one; there is nobody to choose here. */
	if ((flags & ~(permissions | SV3_IOMMUFD_MAP_FIXED_IOVA)) ||
	    !(flags & SV3_IOMMUFD_MAP_FIXED_IOVA))
		return -SV3_EOPNOTSUPP;
	if (!(flags & permissions) || !length || !is_aligned(iommufd, length | iova | pa))
		return -SV3_EINVAL;
	if (length - 1 > UINT64_MAX - iova)
		return -SV3_EOVERFLOW;
	area = (struct sv3__area){
		.first = iova,
		.last = iova + (length - 1),
		.pa = pa,
		.writable = (flags & SV3_IOMMUFD_MAP_WRITEABLE) != 0,
	};
	return sv3__space_map(&iommufd->space, &area);
}

int sv3_iommufd_adopt(struct sv3_iommufd *iommufd, sv3_iova iova, uint64_t length)
{
	if (!length || !is_aligned(iommufd, iova | length))
		return -SV3_EINVAL;
	if (length - 1 > UINT64_MAX - iova)
		return -SV3_EOVERFLOW;
	return sv3__space_adopt(&iommufd->space, iova, iova + (length - 1));
}

int sv3_iommufd_unmap(struct sv3_iommufd *iommufd, sv3_iova iova, uint64_t *length)
{
	struct sv3__space *space = &iommufd->space;
	const bool all = iova == 0 && *length == UINT64_MAX;
	const sv3_iova last = all ? UINT64_MAX : iova + (*length - 1);
	uint64_t bytes = 0;
	int rc;

	if (*length == 0)
		return -SV3_EINVAL;
	if (last < iova)
		return -SV3_EOVERFLOW;
	if (sv3__space_cuts(space, iova) ||
	    (last != UINT64_MAX && sv3__space_cuts(space, last + 1)))
		return -SV3_ENOENT;
	rc = sv3__space_unmap(space, iova, last, NULL, &bytes);
	*length = bytes;
	return rc == 0 && bytes == 0 && !all ? -SV3_ENOENT : rc;
}

/* --- dirty tracking --- */

/* A structure may be longer than ours if the user is newer; what we do not know must be 0. */
static int check_size(const void *args, uint32_t size, size_t known)
{
	const uint8_t *bytes = (const uint8_t *)args;

	if (size < known)
		return -SV3_EINVAL;
	for (size_t i = known; i < size; i++)
		if (bytes[i])
			return -SV3_E2BIG;
	return 0;
}

/* Index of a page table that can track. */
static int tracked_index_of(const struct sv3_iommufd *iommufd, uint32_t hwpt_id)
{
	const int index = index_of(iommufd, hwpt_id);

	return index >= 0 && !iommufd->hwpts[index].can_track ? -SV3_EOPNOTSUPP : index;
}

/* All that was dirty before does not count. [policies 8 B29, B30] */
static int start_clean(struct sv3__space *space, struct sv3__domain *domain)
{
	int rc = 0, flushed;

	for (uint64_t i = 0; i < space->area_count && rc == 0; i++)
		rc = sv3__domain_discard(domain, space->areas[i].first, space->areas[i].last);
	flushed = sv3__space_flush(space, space->config.flush);
	return rc < 0 ? rc : flushed;
}

int sv3_iommufd_set_dirty_tracking(struct sv3_iommufd *iommufd,
				   const struct sv3_iommufd_set_dirty_tracking *args)
{
	const bool enable = (args->flags & SV3_IOMMUFD_DIRTY_ENABLE) != 0;
	int rc = check_size(args, args->size, sizeof(*args));
	int index;

	if (rc < 0)
		return rc;
	if ((args->flags & ~(uint32_t)SV3_IOMMUFD_DIRTY_ENABLE) || args->reserved)
		return -SV3_EOPNOTSUPP;
	index = tracked_index_of(iommufd, args->hwpt_id);
	if (index < 0)
		return index;
	if (enable)
		rc = start_clean(&iommufd->space, &iommufd->space.domains[index]);
	if (rc == 0)
		iommufd->hwpts[index].tracking = enable;
	return rc;
}

static int check_range(const struct sv3_iommufd *iommufd,
		       const struct sv3_iommufd_get_dirty_bitmap *args)
{
	const uint64_t page_size = args->page_size;

	if (args->length == 0)
		return -SV3_EINVAL;
	if (args->length - 1 > UINT64_MAX - args->iova)
		return -SV3_EOVERFLOW;
	if (!is_aligned(iommufd, args->iova | args->length))
		return -SV3_EINVAL;
	if (page_size == 0 || (page_size & (page_size - 1)) ||
	    ((args->iova | args->length) & (page_size - 1)))
		return -SV3_EINVAL;
	return sv3__space_covers(&iommufd->space, args->iova, args->iova + (args->length - 1))
		       ? 0
		       : -SV3_EINVAL;
}

static int read_bitmap(struct sv3_iommufd *iommufd, uint32_t index,
		       const struct sv3_iommufd_get_dirty_bitmap *args)
{
	struct sv3__space *space = &iommufd->space;
	const struct sv3__bitmap bitmap = {
		.bits = args->data,
		.first = args->iova,
		.last = args->iova + (args->length - 1),
		.page_lg2 = (uint32_t)__builtin_ctzll(args->page_size),
	};
	const bool clear = !(args->flags & SV3_IOMMUFD_DIRTY_NO_CLEAR);
	const uint64_t pages = args->length >> bitmap.page_lg2;
	int rc, flushed;

	if (sv3__buffer_is_bad(args->data, (pages + 7) / 8))
		return -SV3_EFAULT;
	rc = sv3__domain_read(&space->domains[index], &bitmap, bitmap.first, bitmap.last, clear);
	/* Also after an error: what was cleared is told already. */
	flushed = sv3__space_flush(space, space->config.flush);
	return rc < 0 ? rc : flushed;
}

int sv3_iommufd_get_dirty_bitmap(struct sv3_iommufd *iommufd,
				 const struct sv3_iommufd_get_dirty_bitmap *args)
{
	int rc = check_size(args, args->size, sizeof(*args));
	int index;

	if (rc < 0)
		return rc;
	if ((args->flags & ~(uint32_t)SV3_IOMMUFD_DIRTY_NO_CLEAR) || args->reserved)
		return -SV3_EOPNOTSUPP;
	index = tracked_index_of(iommufd, args->hwpt_id);
	if (index < 0)
		return index;
	rc = check_range(iommufd, args);
	if (rc == 0 && !iommufd->hwpts[index].tracking)
		rc = -SV3_EINVAL;
	return rc < 0 ? rc : read_bitmap(iommufd, (uint32_t)index, args);
}
