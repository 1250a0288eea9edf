/* SPDX-License-Identifier: MIT */
/*
 * frontends_priv.h - what the files of sim/frontends/ share and nobody else sees.
 *
 * Concepts:
 *   space   domains that map the same ranges (areas), and the queue that invalidates them.
 *   area    a mapping: a range of IOVAs, mapped in every domain of its space.
 *   bits    a bitmap of bytes, at any address: bit n % 8 of byte n / 8.
 * Everything returns 0 or more, or -SV3_Ex of frontend.h. Ranges are given by their last byte, so
 * that one may end with the address space.
 */
#ifndef SV3_FRONTENDS_PRIV_H
#define SV3_FRONTENDS_PRIV_H

#include <sv3/arch.h>
#include <sv3/frontend.h>
#include <sv3/vmsa.h>

/* --- errors (errors.c) --- */

/** sv3__kernel_error - what a kernel would say for -SV3_ERR_x; 0 for 0 and more. */
int sv3__kernel_error(int64_t result);

/* --- bits (bits.c) --- */

void sv3__bits_set(void *bits, uint64_t first, uint64_t count);
void sv3__bits_clear(void *bits, uint64_t first, uint64_t count);
bool sv3__bits_any(const void *bits, uint64_t first, uint64_t count);
bool sv3__bits_all(const void *bits, uint64_t first, uint64_t count);

static inline bool sv3__bits_test(const void *bits, uint64_t bit)
{
	return ((const uint8_t *)bits)[bit / 8] >> (bit % 8) & 1;
}

/** sv3__buffer_is_bad - nothing a kernel could copy to or from. */
static inline bool sv3__buffer_is_bad(const void *data, uint64_t size)
{
	return !data || size > UINTPTR_MAX - (uintptr_t)data;
}

/** The user's bitmap of a range: bit 0 is the page of @first. */
struct sv3__bitmap {
	void *bits;
	sv3_iova first, last; /* inclusive */
	uint32_t page_lg2;
};

/** The bits of a part of the range. */
struct sv3__pages {
	uint64_t first, count;
};

/** sv3__bitmap_pages - pages that [first, last] touches inside the range; count 0: none. */
struct sv3__pages sv3__bitmap_pages(const struct sv3__bitmap *bitmap, sv3_iova first,
				    sv3_iova last);

/* --- space (space.c, leaves.c, harvest.c) --- */

struct sv3__domain {
	struct sv3_pt pt; /* the caller's, through the bus of the front end */
	uint32_t asid;
	bool used;
	struct sv3_pt_gather gather; /* changed and not invalidated yet */
};

struct sv3__area {
	sv3_iova first, last; /* inclusive */
	sv3_pa pa;            /* meaningless if adopted */
	bool writable;
	bool adopted; /* somebody else mapped it */
};

struct sv3__resizing {
	struct sv3__domain *domain; /* NULL: none */
	struct sv3_pt_resize resize;
};

struct sv3__space {
	struct sv3_frontend_config config;
	struct sv3__domain domains[SV3_FRONTEND_DOMAINS_MAX];
	struct sv3__area *areas; /* by address, owned; shape [area_capacity] */
	uint64_t area_count, area_capacity;
	bool by_pages;                 /* blocks were split, and what is mapped goes in by pages */
	struct sv3__resizing resizing; /* begun, and stopped by an error */
};

void sv3__space_init(struct sv3__space *space, const struct sv3_frontend_config *config);
void sv3__space_fini(struct sv3__space *space);

/** sv3__space_granule_lg2 - of its tables; 12 as long as there is none. */
uint32_t sv3__space_granule_lg2(const struct sv3__space *space);

/** Whether an SMMU tracks dirty state for software that walks its tables. */
bool sv3__hw_tracks(const struct sv3_regport *regs);

/** sv3__space_attach - a domain, into which all areas are mapped. Returns: its index, or an
 *  error with nothing changed. */
int sv3__space_attach(struct sv3__space *space, const struct sv3_frontend_domain *domain);
/** sv3__space_detach - all areas are unmapped there. */
int sv3__space_detach(struct sv3__space *space, uint32_t index);

/** sv3__space_find - index of the first area that ends at or behind @iova, or area_count. */
uint64_t sv3__space_find(const struct sv3__space *space, sv3_iova iova);
/** Whether an area begins before @iova and ends at or behind it. */
bool sv3__space_cuts(const struct sv3__space *space, sv3_iova iova);
/** Whether areas cover all of [first, last]. */
bool sv3__space_covers(const struct sv3__space *space, sv3_iova first, sv3_iova last);

/** sv3__space_map - in every domain or in none. */
int sv3__space_map(struct sv3__space *space, const struct sv3__area *area);
/** sv3__space_adopt - [first, last] that is mapped in every domain, by whole leaves. */
int sv3__space_adopt(struct sv3__space *space, sv3_iova first, sv3_iova last);
/**
 * sv3__space_unmap - the areas of [first, last], all of them whole; invalidated when it returns
 * @bitmap: bits of pages that were dirty at the exchange are set; NULL: dirty state is dropped
 * @bytes:  out: unmapped
 */
int sv3__space_unmap(struct sv3__space *space, sv3_iova first, sv3_iova last,
		     const struct sv3__bitmap *bitmap, uint64_t *bytes);

/** sv3__space_flush - the TLBIs that the domains owe, by @scope, and a CMD_SYNC that is waited for;
 *  nothing if nothing is owed. What failed is owed still. */
int sv3__space_flush(struct sv3__space *space, enum sv3_flush_scope scope);
/** sv3__space_flush_all - every domain's ASID, and a CMD_SYNC that is waited for. */
int sv3__space_flush_all(struct sv3__space *space);

/** sv3__space_split - writable blocks of all areas become pages, as far as there is memory for
 * tables; nothing without IDR3.BBML. Until sv3__space_merge() areas are mapped by pages. After an
 * error it may be called again. */
int sv3__space_split(struct sv3__space *space);
/** sv3__space_merge - what can be blocks of config.leaf_max_lg2 becomes so. As sv3__space_split().
 */
int sv3__space_merge(struct sv3__space *space);
/** sv3__space_settle - go on with a split or merge that an error stopped; leaves must not be
 * changed before. */
int sv3__space_settle(struct sv3__space *space);

/** sv3__domain_read - set the bits of what is dirty in the bitmap's range, and with @clear clean
 *  the leaves that lie wholly inside. A flush is owed then. */
int sv3__domain_read(struct sv3__domain *domain, const struct sv3__bitmap *bitmap, sv3_iova first,
		     sv3_iova last, bool clear);
/** sv3__domain_clear - clean the dirty leaves of which every page is named. A flush is owed. */
int sv3__domain_clear(struct sv3__domain *domain, const struct sv3__bitmap *named, sv3_iova first,
		      sv3_iova last);
/** sv3__domain_discard - clean every dirty leaf. A flush is owed. */
int sv3__domain_discard(struct sv3__domain *domain, sv3_iova first, sv3_iova last);
/** sv3__domain_leaf_at - the leaf at @iova. Returns: 1, 0: none, or an error. */
int sv3__domain_leaf_at(const struct sv3__domain *domain, sv3_iova iova, struct sv3_pt_leaf *leaf);

/** The last byte of a leaf. */
static inline sv3_iova sv3__leaf_last(const struct sv3_pt_leaf *leaf)
{
	return leaf->iova + ((UINT64_C(1) << leaf->span_lg2) - 1);
}

/** Whether the device may have written there unseen or seen: writable-dirty, or writable and not
 *  tracked, which is never clean. */
static inline bool sv3__leaf_is_dirty(const struct sv3_pt_leaf *leaf)
{
	return !(leaf->descriptor & SV3_PTE_AP2_RDONLY);
}

#endif
