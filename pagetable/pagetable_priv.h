/* SPDX-License-Identifier: MIT */
/*
 * pagetable_priv.h - what the files of pagetable/ share.
 *
 * Concepts:
 *   offset   an IOVA without its upper bits: 0 is the first byte the table can map.
 *   table    one table in memory: through a host window where memory is plain, else by bus
 * accesses. walk     visits the leaves of a range in order; it holds no table but the one it reads.
 * Where the hardware does not snoop the CPU (a bus with maintenance), nothing stays dirty behind a
 * function of memory.c or a table: all that is written is cleaned, so any line may be invalidated.
 * Nothing here knows the hardware: only memory and, for queues, a register port.
 */
#ifndef SV3_PAGETABLE_PRIV_H
#define SV3_PAGETABLE_PRIV_H

#include <sv3/arch.h>
#include <sv3/base.h>
#include <sv3/bus.h>
#include <sv3/pagetable.h>
#include <sv3/vmsa.h>

/** A little-endian doubleword in a window; the embedder may see the same bytes by another type. */
typedef uint64_t __attribute__((may_alias)) sv3__le64;

/** Between host order and memory order, in either direction. */
static inline uint64_t sv3__le64_swap(uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap64(value);
#else
	return value;
#endif
}

/* --- Plain memory (memory.c) --- */

/** sv3__memory_zero - zeroes for structures the hardware cannot see yet. */
int sv3__memory_zero(const struct sv3_bus *bus, sv3_pa pa, uint64_t len);

/** sv3__word_write - one doubleword, visible to all when it returns. */
int sv3__word_write(const struct sv3_bus *bus, sv3_pa pa, uint64_t word);

/** sv3__structure_write - an STE or CD: doublewords 1 to 7, then doubleword 0, which has V. */
int sv3__structure_write(const struct sv3_bus *bus, sv3_pa pa, const uint64_t words[8]);

/** sv3__pages_take - a table of @size bytes, not zeroed. Returns: 0, -SV3_ERR_NOMEM or _BUS. */
int sv3__pages_take(struct sv3_pt_pages *pages, const struct sv3_bus *bus, uint64_t size,
		    sv3_pa *table);
int sv3__pages_give(struct sv3_pt_pages *pages, const struct sv3_bus *bus, sv3_pa table);
/** Whether @count more tables can be taken: 1, 0 or -SV3_ERR_BUS. */
int sv3__pages_suffice(const struct sv3_pt_pages *pages, const struct sv3_bus *bus, uint64_t size,
		       uint64_t count);

/* --- Descriptors --- */

enum sv3__pte_kind { SV3__PTE_INVALID, SV3__PTE_TABLE, SV3__PTE_LEAF };

/**
 * sv3__pte_kind - what a descriptor is at its level
 * [DDI0487 D8.3] A block encoding where no block may stand, and bit 1 clear at level 3, are
 * reserved and translate nothing: invalid like a descriptor without bit 0.
 */
static inline enum sv3__pte_kind sv3__pte_kind(const struct sv3_pt *pt, unsigned int level,
					       uint64_t pte)
{
	if (!(pte & SV3_PTE_VALID))
		return SV3__PTE_INVALID;
	if (level == SV3_LEVEL_LAST)
		return pte & SV3_PTE_TABLE ? SV3__PTE_LEAF : SV3__PTE_INVALID;
	if (pte & SV3_PTE_TABLE)
		return SV3__PTE_TABLE;
	return sv3_vmsa_level_has_block(pt->config.granule_lg2, level, false) ? SV3__PTE_LEAF
									      : SV3__PTE_INVALID;
}

/* --- One table --- */

struct sv3__table {
	const struct sv3_bus *bus;
	sv3_pa pa;
	sv3__le64 *window; /* its descriptors, or NULL */
};

static inline struct sv3__table sv3__table_open(const struct sv3_bus *bus, sv3_pa pa, uint64_t size)
{
	return (struct sv3__table){ bus, pa, (sv3__le64 *)sv3_bus_window(bus, pa, size) };
}

static inline int sv3__table_read(const struct sv3__table *table, uint32_t index, uint64_t *pte)
{
	const sv3_pa pa = table->pa + 8 * (uint64_t)index;
	uint8_t bytes[8];

	if (table->window) {
		*pte = sv3__le64_swap(__atomic_load_n(&table->window[index], __ATOMIC_ACQUIRE));
		return 0;
	}
	/* The hardware may have written it since it was read last. */
	sv3_bus_maintain(table->bus, pa, 8, SV3_MAINTAIN_INVALIDATE);
	if (sv3_bus_read(table->bus, pa, bytes, 8) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	*pte = sv3_le64(bytes);
	return 0;
}

/** sv3__table_cas - Returns: 1 swapped, 0 @old differs from @expect, -SV3_ERR_BUS. */
static inline int sv3__table_cas(const struct sv3__table *table, uint32_t index, uint64_t expect,
				 uint64_t desired, uint64_t *old)
{
	const sv3_pa pa = table->pa + 8 * (uint64_t)index;

	if (table->window) {
		uint64_t seen = sv3__le64_swap(expect);
		const bool same = __atomic_compare_exchange_n(&table->window[index], &seen,
							      sv3__le64_swap(desired), false,
							      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);

		*old = sv3__le64_swap(seen);
		if (same)
			sv3_bus_wrote(table->bus, pa, expect, desired);
		return same;
	}
	/* A stale copy would compare equal, and going out put the hardware's update back. */
	sv3_bus_maintain(table->bus, pa, 8, SV3_MAINTAIN_INVALIDATE);
	if (sv3_bus_cas64(table->bus, pa, expect, desired, old) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	sv3_bus_maintain(table->bus, pa, 8, SV3_MAINTAIN_CLEAN);
	return *old == expect;
}

/* --- Geometry --- */

static inline uint64_t sv3__pt_offset_mask(const struct sv3_pt *pt)
{
	return (UINT64_C(1) << pt->config.input_size_lg2) - 1;
}

static inline sv3_iova sv3__pt_iova(const struct sv3_pt *pt, uint64_t offset)
{
	return pt->config.upper ? offset | ~sv3__pt_offset_mask(pt) : offset;
}

/** sv3__pt_offset - offset of @iova; false if the table cannot map all of [iova, iova + len). */
static inline bool sv3__pt_offset(const struct sv3_pt *pt, sv3_iova iova, uint64_t len,
				  uint64_t *offset)
{
	*offset = iova & sv3__pt_offset_mask(pt);
	return sv3__pt_iova(pt, *offset) == iova && len <= sv3__pt_offset_mask(pt) + 1 - *offset;
}

static inline unsigned int sv3__pt_start_level(const struct sv3_pt *pt)
{
	return sv3_vmsa_start_level(pt->config.granule_lg2, pt->config.input_size_lg2);
}

/* --- Walk (walk.c) --- */

struct sv3__walk {
	const struct sv3_pt *pt;
	uint64_t offset, end; /* still to visit */
	struct sv3__table table;
	uint32_t level, span_lg2;
	uint32_t index, entries; /* the descriptor under the walk; equal: start again at the root */
	uint64_t pte;
	bool by_window; /* stop at last-level tables in a window, before a descriptor is read */
};

void sv3__walk_begin(struct sv3__walk *walk, const struct sv3_pt *pt, uint64_t offset,
		     uint64_t end);

/** sv3__walk_next - go to the first leaf that ends behind the offset. Returns: 1, 0: none, < 0. */
int sv3__walk_next(struct sv3__walk *walk);

/** sv3__walk_skip - leave the descriptor under the walk behind. */
static inline void sv3__walk_skip(struct sv3__walk *walk)
{
	walk->offset = (walk->offset | ((UINT64_C(1) << walk->span_lg2) - 1)) + 1;
	walk->index++;
}

struct sv3_pt_leaf sv3__walk_leaf(const struct sv3__walk *walk);

/* --- Dirty log (dirty_log.c) --- */

/** sv3__dirty_log_clip - first and last page of [pa, pa + len) inside the log; false: none. */
bool sv3__dirty_log_clip(const struct sv3_dirty_log *log, sv3_pa pa, uint64_t len, uint64_t *first,
			 uint64_t *last);
/** sv3__dirty_log_has_all - whether every page of [pa, pa + len) inside the log is set. */
bool sv3__dirty_log_has_all(const struct sv3_dirty_log *log, sv3_pa pa, uint64_t len);

/* --- Leaves (pt.c) --- */

/** sv3__leaf_attributes - all bits of a leaf but address and type, for enum sv3_pt_flag. */
uint64_t sv3__leaf_attributes(const struct sv3_pt_config *config, uint32_t flags);

/** sv3__table_fill - @count descriptors into a table no walk can reach, each @step above the one
 *  before. Returns: 0, -SV3_ERR_BUS. */
int sv3__table_fill(const struct sv3__table *table, uint32_t index, uint64_t count, uint64_t pte,
		    uint64_t step);

#endif
