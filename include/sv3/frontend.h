/* SPDX-License-Identifier: MIT */
/*
 * frontend.h - the kernels' own interfaces for dirty tracking, over tables and queues of sv3.
 *
 * Concepts:
 *   front end  software with the calls, argument rules and errors of a kernel interface: VFIO type1
 *              (as the series of 2021 had it), iommufd, the dirty log of KVM for writes of CPUs.
 *   domain     a stage-1 table of the caller's and its ASID. A front end maps into it, reads and
 *              clears its dirty state, and invalidates through the caller's command queue.
 *   mapping    a range that the front end knows: it made it, or was told of it (adopt).
 *   bitmap     the user's: bit n % 8 of byte n / 8 is page n of the range. Any alignment.
 * A call returns 0 or more, or a negative number of enum sv3_kernel_error; never -SV3_ERR_x.
 * docs/FRONTENDS.md has the rules of each call, and what differs from the kernels' and why.
 */
#ifndef SV3_FRONTEND_H
#define SV3_FRONTEND_H

#include <sv3/base.h>
#include <sv3/bus.h>
#include <sv3/pagetable.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Errors --- */

/*   name       Linux's number */
#define SV3_KERNEL_ERROR_MAP(X) \
	X(ENOENT, 2)            \
	X(EIO, 5)               \
	X(E2BIG, 7)             \
	X(ENOMEM, 12)           \
	X(EFAULT, 14)           \
	X(EEXIST, 17)           \
	X(EINVAL, 22)           \
	X(ENOSPC, 28)           \
	X(EOVERFLOW, 75)        \
	X(EOPNOTSUPP, 95)       \
	X(ETIMEDOUT, 110)

/** What the calls of front ends return, negated: the numbers of Linux on every host. */
enum sv3_kernel_error {
#define X(name, number) SV3_##name = (number),
	SV3_KERNEL_ERROR_MAP(X)
#undef X
};

/**
 * sv3_kernel_error_name - "EINVAL" for an error of a front end
 * @error: SV3_Ex or -SV3_Ex
 * Returns: a static string, "?" for any other number.
 */
SV3_API const char *sv3_kernel_error_name(int error);

/* --- What all front ends over tables need --- */

struct sv3_frontend_config {
	struct sv3_bus bus;         /* how software reaches tables; in place of their own */
	struct sv3_cmdq *cmdq;      /* borrowed */
	enum sv3_flush_scope flush; /* after a clear: RANGE, ALL; NONE is the seeded bug B02 */
	uint32_t leaf_max_lg2;      /* largest leaf of a mapping; 0: pages of the granule */
	bool keep_blocks;           /* VFIO: START does not split them, STOP merges nothing */
};

/** A table that the front end works on; its pages and memory stay the caller's. Copied. */
struct sv3_frontend_domain {
	const struct sv3_pt *pt;
	uint32_t asid;
};

/** Domains of one container or address space at one time. */
#define SV3_FRONTEND_DOMAINS_MAX 64u

/* --- VFIO type1 --- */

struct sv3_vfio; /* a container */

enum { SV3_VFIO_DIRTY_LOG_MANUAL_CLEAR = 11 }; /* an extension */

enum sv3_vfio_map_flag { SV3_VFIO_MAP_READ = 1u << 0, SV3_VFIO_MAP_WRITE = 1u << 1 };

struct sv3_vfio_dma_map {
	uint32_t argsz, flags; /* bytes of this; enum sv3_vfio_map_flag */
	sv3_pa pa;             /* in place of the user's virtual address */
	sv3_iova iova;
	uint64_t size; /* bytes */
};

struct sv3_vfio_bitmap {
	uint64_t pgsize; /* bytes of the page a bit stands for: the smallest of the tables */
	uint64_t size;   /* bytes of @data, at least 8 for each 64 pages begun */
	void *data;
};

enum sv3_vfio_unmap_flag {
	SV3_VFIO_UNMAP_GET_DIRTY_BITMAP = 1u << 0,
	SV3_VFIO_UNMAP_ALL = 1u << 1,
};

struct sv3_vfio_dma_unmap {
	uint32_t argsz, flags; /* enum sv3_vfio_unmap_flag */
	sv3_iova iova;
	uint64_t size;                 /* bytes; out: unmapped */
	struct sv3_vfio_bitmap bitmap; /* with GET_DIRTY_BITMAP */
};

/** What sv3_vfio_dirty_pages() does: one a call. */
enum sv3_vfio_dirty_flag {
	SV3_VFIO_DIRTY_START = 1u << 0,
	SV3_VFIO_DIRTY_STOP = 1u << 1,
	SV3_VFIO_DIRTY_GET_BITMAP = 1u << 2, /* and clear, unless manual clear was turned on */
	SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR = 1u << 3,
	SV3_VFIO_DIRTY_CLEAR_BITMAP = 1u << 4,
};

struct sv3_vfio_dirty_pages {
	uint32_t argsz, flags; /* START and STOP need no more than these two */
	sv3_iova iova;
	uint64_t size; /* bytes */
	struct sv3_vfio_bitmap bitmap;
};

/** sv3_vfio_create - an empty container. -SV3_ENOMEM. */
SV3_API SV3_MUST_CHECK int sv3_vfio_create(const struct sv3_frontend_config *config,
					   struct sv3_vfio **vfio);
/** What is mapped stays in the caller's tables. NULL is allowed. */
SV3_API void sv3_vfio_destroy(struct sv3_vfio *vfio);

/**
 * sv3_vfio_attach - one more table; what the container maps is mapped in it, too
 * Returns: 0; -SV3_EINVAL (another granule than the first), -SV3_ENOSPC (too many), -SV3_EEXIST
 * (something stands there), -SV3_ENOENT (an adopted range is not mapped there), -SV3_ENOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_vfio_attach(struct sv3_vfio *vfio,
					   const struct sv3_frontend_domain *domain);

/** sv3_vfio_check_extension - 1 if all tables track by hardware (and manual clear is on from now
 *  on), else 0. */
SV3_API int sv3_vfio_check_extension(struct sv3_vfio *vfio, uint32_t extension);

/** sv3_vfio_map - in every table; writable leaves are born dirty. -SV3_EINVAL (arguments),
 *  -SV3_EEXIST (part of it is mapped), -SV3_ENOMEM. */
SV3_API SV3_MUST_CHECK int sv3_vfio_map(struct sv3_vfio *vfio, const struct sv3_vfio_dma_map *map);
/**
 * sv3_vfio_adopt - a range that somebody else mapped in every table is a mapping from now on
 * Returns: 0; -SV3_ENOENT (a hole in some table), -SV3_EINVAL (it cuts a leaf), -SV3_EEXIST.
 */
SV3_API SV3_MUST_CHECK int sv3_vfio_adopt(struct sv3_vfio *vfio, sv3_iova iova, uint64_t size);

/**
 * sv3_vfio_unmap - whole mappings, by exchange; TLBI and SYNC before it returns
 * With GET_DIRTY_BITMAP the bits of their dirty pages are set: none is lost, not even that of a
 * write that was translated before.
 * Returns: 0 with @unmap->size, which may be 0; -SV3_EINVAL (arguments, a mapping is cut, tracking
 * is off), -SV3_EFAULT (no bitmap), -SV3_ETIMEDOUT (SYNC never consumed).
 */
SV3_API SV3_MUST_CHECK int sv3_vfio_unmap(struct sv3_vfio *vfio, struct sv3_vfio_dma_unmap *unmap);

/**
 * sv3_vfio_dirty_pages - start, stop, read, read and clear, clear; docs/FRONTENDS.md has the rules
 * START makes pages of writable blocks, and STOP blocks of pages, where IDR3.BBML >= 1 lets live
 * tables be changed so; without memory for tables a block stays one. DMA goes on meanwhile, and no
 * dirty state is lost. If START fails, tracking stays off; if STOP fails, it is off all the same,
 * and another STOP goes on. Reading writes the bits of all pages that are mapped in the range and
 * leaves others as they are. Clearing cleans a leaf only if all its bits are set, and returns when
 * the invalidation is complete. [IHI0070 3.13.4]
 * Returns: 0; -SV3_EINVAL, -SV3_EFAULT, -SV3_ETIMEDOUT, -SV3_EIO.
 */
SV3_API SV3_MUST_CHECK int sv3_vfio_dirty_pages(struct sv3_vfio *vfio,
						const struct sv3_vfio_dirty_pages *args);

/* --- iommufd --- */

struct sv3_iommufd; /* one address space (IOAS) and its page tables (HWPT) */

/** Bits of IOMMU_GET_HW_INFO. */
#define SV3_IOMMUFD_CAP_DIRTY_TRACKING SV3_BIT(0)

enum sv3_iommufd_map_flag {
	SV3_IOMMUFD_MAP_FIXED_IOVA = 1u << 0, /* must be given */
	SV3_IOMMUFD_MAP_WRITEABLE = 1u << 1,
	SV3_IOMMUFD_MAP_READABLE = 1u << 2,
};

enum sv3_iommufd_hwpt_flag {
	SV3_IOMMUFD_HWPT_NEST_PARENT = 1u << 0, /* not here: -SV3_EOPNOTSUPP */
	SV3_IOMMUFD_HWPT_DIRTY_TRACKING = 1u << 1,
};

enum sv3_iommufd_dirty_flag {
	SV3_IOMMUFD_DIRTY_ENABLE = 1u << 0,   /* of set_dirty_tracking; 0: off */
	SV3_IOMMUFD_DIRTY_NO_CLEAR = 1u << 0, /* of get_dirty_bitmap */
};

struct sv3_iommufd_set_dirty_tracking {
	uint32_t size; /* bytes of this */
	uint32_t flags;
	uint32_t hwpt_id;
	uint32_t reserved; /* 0 */
};

struct sv3_iommufd_get_dirty_bitmap {
	uint32_t size; /* bytes of this */
	uint32_t hwpt_id;
	uint32_t flags;
	uint32_t reserved; /* 0 */
	sv3_iova iova;
	uint64_t length;    /* bytes */
	uint64_t page_size; /* bytes a bit stands for: a power of two */
	void *data;         /* shape [(length / page_size + 7) / 8] bytes; bits are only ever set */
};

/** sv3_iommufd_create - an empty address space. -SV3_ENOMEM. */
SV3_API SV3_MUST_CHECK int sv3_iommufd_create(const struct sv3_frontend_config *config,
					      struct sv3_iommufd **iommufd);
/** What is mapped stays in the caller's tables. NULL is allowed. */
SV3_API void sv3_iommufd_destroy(struct sv3_iommufd *iommufd);

/** sv3_iommufd_hw_info - capabilities of the SMMU behind @device: dirty tracking where it updates
 *  dirty state (IDR0.HTTU) and walks coherently (COHACC). */
SV3_API uint64_t sv3_iommufd_hw_info(const struct sv3_regport *device);

/**
 * sv3_iommufd_hwpt_alloc - make a table of the caller's one of the address space
 * @device: registers of the SMMU of the device it is for; NULL: that of the queue
 * @flags:  enum sv3_iommufd_hwpt_flag
 * Returns: 0 with @hwpt_id; -SV3_EOPNOTSUPP (flags, or dirty tracking that @device or the table
 * cannot do), and as sv3_vfio_attach().
 */
SV3_API SV3_MUST_CHECK int sv3_iommufd_hwpt_alloc(struct sv3_iommufd *iommufd, uint32_t flags,
						  const struct sv3_frontend_domain *domain,
						  const struct sv3_regport *device,
						  uint32_t *hwpt_id);
/** sv3_iommufd_hwpt_free - what is mapped there is unmapped. -SV3_ENOENT, -SV3_ETIMEDOUT. */
SV3_API SV3_MUST_CHECK int sv3_iommufd_hwpt_free(struct sv3_iommufd *iommufd, uint32_t hwpt_id);
/** sv3_iommufd_attach - may @device use this table? The stream's STE and CD are the caller's.
 *  -SV3_EINVAL: it tracks and the device's SMMU cannot; -SV3_ENOENT. */
SV3_API SV3_MUST_CHECK int sv3_iommufd_attach(struct sv3_iommufd *iommufd, uint32_t hwpt_id,
					      const struct sv3_regport *device);

/** sv3_iommufd_map - in every table; writable leaves are born dirty. -SV3_EOPNOTSUPP (flags),
 *  -SV3_EINVAL, -SV3_EOVERFLOW, -SV3_EEXIST, -SV3_ENOMEM. */
SV3_API SV3_MUST_CHECK int sv3_iommufd_map(struct sv3_iommufd *iommufd, uint32_t flags,
					   sv3_iova iova, sv3_pa pa, uint64_t length);
/** sv3_iommufd_adopt - as sv3_vfio_adopt(). */
SV3_API SV3_MUST_CHECK int sv3_iommufd_adopt(struct sv3_iommufd *iommufd, sv3_iova iova,
					     uint64_t length);
/**
 * sv3_iommufd_unmap - whole mappings; TLBI and SYNC before it returns. Dirty state is dropped: read
 * it before, by NO_CLEAR, with the device quiet
 * @length: bytes; iova 0 and UINT64_MAX: everything; out: unmapped
 * Returns: 0; -SV3_EINVAL (0 bytes), -SV3_EOVERFLOW, -SV3_ENOENT (nothing there, or a mapping is
 * cut), -SV3_ETIMEDOUT.
 */
SV3_API SV3_MUST_CHECK int sv3_iommufd_unmap(struct sv3_iommufd *iommufd, sv3_iova iova,
					     uint64_t *length);

/** sv3_iommufd_set_dirty_tracking - on: all that is dirty now is cleaned and invalidated first, so
 *  that tracking starts clean. -SV3_EOPNOTSUPP, -SV3_ENOENT, -SV3_EINVAL and -SV3_E2BIG (size). */
SV3_API SV3_MUST_CHECK int sv3_iommufd_set_dirty_tracking(
	struct sv3_iommufd *iommufd, const struct sv3_iommufd_set_dirty_tracking *args);
/**
 * sv3_iommufd_get_dirty_bitmap - read dirty state, and clear it unless NO_CLEAR
 * A leaf that reaches beyond the range is reported inside it, and stays dirty.
 * Returns: 0; -SV3_EINVAL (size, range, alignment, page size, a hole, tracking is off), -SV3_E2BIG,
 * -SV3_EOVERFLOW, -SV3_EOPNOTSUPP (flags, reserved, a table without tracking), -SV3_ENOENT,
 * -SV3_EFAULT (no bitmap), -SV3_ETIMEDOUT, -SV3_EIO.
 */
SV3_API SV3_MUST_CHECK int sv3_iommufd_get_dirty_bitmap(
	struct sv3_iommufd *iommufd, const struct sv3_iommufd_get_dirty_bitmap *args);

/* --- KVM: the log of what CPUs write --- */

struct sv3_kvm; /* the memory slots of one guest */

#define SV3_KVM_SLOTS_MAX 512u
/** Pages of a slot at most. */
#define SV3_KVM_SLOT_PAGES_MAX ((UINT64_C(1) << 31) - 1)

enum sv3_kvm_region_flag { SV3_KVM_LOG_DIRTY_PAGES = 1u << 0, SV3_KVM_READONLY = 1u << 1 };

struct sv3_kvm_region {
	uint32_t slot;
	uint32_t flags;
	uint64_t gpa, size; /* bytes; size 0: the slot goes */
};

/** Options of the capability "manual dirty log protect 2". */
enum sv3_kvm_manual_flag {
	SV3_KVM_MANUAL_PROTECT = 1u << 0,
	SV3_KVM_INITIALLY_SET = 1u << 1, /* only together with the other */
};

struct sv3_kvm_dirty_log {
	uint32_t slot;
	void *bitmap; /* shape [(pages + 63) / 64 * 8] bytes, wholly written */
};

struct sv3_kvm_clear_dirty_log {
	uint32_t slot;
	uint64_t first_page, num_pages;
	const void *bitmap; /* shape [(num_pages + 7) / 8] bytes; bit 0 is first_page */
};

/** sv3_kvm_create - a guest without memory. -SV3_ENOMEM. */
SV3_API SV3_MUST_CHECK int sv3_kvm_create(struct sv3_kvm **kvm);
SV3_API void sv3_kvm_destroy(struct sv3_kvm *kvm);

/** sv3_kvm_enable_manual_protect - for logs that begin later. -SV3_EINVAL: unknown options. */
SV3_API SV3_MUST_CHECK int sv3_kvm_enable_manual_protect(struct sv3_kvm *kvm, uint64_t options);

/**
 * sv3_kvm_set_region - make, move, log, stop logging or delete a slot
 * Returns: 0; -SV3_EINVAL (arguments, another size, deletion of nothing), -SV3_EEXIST (overlap),
 * -SV3_ENOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_kvm_set_region(struct sv3_kvm *kvm,
					      const struct sv3_kvm_region *region);

/**
 * sv3_kvm_write - a CPU is about to write at @gpa: mark the page and let the write go on
 * Returns: 1: the page was write-protected and faulted; 0: it did not, and its mark stands already
 * or nobody asked for one; -SV3_EFAULT: no memory the guest may write.
 */
SV3_API SV3_MUST_CHECK int sv3_kvm_write(struct sv3_kvm *kvm, uint64_t gpa);

/** sv3_kvm_get_dirty_log - the marks; without manual protect they are taken away and the pages
 *  write-protected again. -SV3_EINVAL (slot), -SV3_ENOENT (no log), -SV3_EFAULT. */
SV3_API SV3_MUST_CHECK int sv3_kvm_get_dirty_log(struct sv3_kvm *kvm,
						 const struct sv3_kvm_dirty_log *log);
/** sv3_kvm_clear_dirty_log - take the marks of set bits away and write-protect those that were
 *  marked. First page a multiple of 64, so the number of pages, or to the slot's end.
 *  -SV3_EINVAL (slot, range), -SV3_ENOENT (no log), -SV3_EFAULT. */
SV3_API SV3_MUST_CHECK int sv3_kvm_clear_dirty_log(struct sv3_kvm *kvm,
						   const struct sv3_kvm_clear_dirty_log *clear);

#ifdef __cplusplus
}
#endif

#endif
