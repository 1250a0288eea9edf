/* SPDX-License-Identifier: MIT */
/*
 * driver.h - the driver that is explored by default: sv3's own page tables and command queue, used
 * as a kernel would use them. Where a mistake can be seeded (mutants.def) the code asks for it by
 * sv3__has().
 */
#ifndef SV3_EXPLORE_DRIVER_H
#define SV3_EXPLORE_DRIVER_H

#include <sv3/arch.h>
#include <sv3/explore.h>
#include <sv3/pagetable.h>
#include <sv3/vmsa.h>

#include "mutants.h"

enum {
	SV3__DRIVER_ASID = 5, /* and the next, for change() */
	SV3__DRIVER_INPUT_LG2 = 30,
	SV3__DRIVER_EVENTQ_LG2 = 4,
	SV3__DRIVER_LOG_WORDS = 8,
};

struct sv3__driver {
	struct sv3_explore_setup setup;
	enum sv3__mutant mutant;
	struct sv3_pt pt;
	struct sv3_pt_pages pages;
	struct sv3_cmdq cmdqs[SV3_EXPLORE_SMMUS_MAX];
	struct sv3_strtab strtabs[SV3_EXPLORE_SMMUS_MAX];
	struct sv3_bus_ops careless; /* the bus without maintenance */
	uint32_t asid;
	bool is_tracking;
};

#define sv3__has(driver, id) ((driver)->mutant == SV3__MUTANT_##id)

/* The first error of a row of calls is what the function returns. */
#define SV3__TRY(call)                      \
	do {                                \
		const int64_t rc_ = (call); \
		if (rc_ < 0)                \
			return (int)rc_;    \
	} while (0)

/* driver.c */
/** sv3__driver_write_reg - @size: 4 or 8 bytes. */
void sv3__driver_write_reg(const struct sv3__driver *d, uint32_t smmu, uint32_t offset,
			   uint32_t size, uint64_t value);

/* driver_queue.c */
int sv3__driver_sync(struct sv3__driver *d, uint32_t smmu);
/** TLBI and CMD_SYNC on each SMMU, then the ATCs behind them; nothing if @gather is empty. */
int sv3__driver_invalidate(struct sv3__driver *d, const struct sv3_pt_gather *gather);
int sv3__driver_invalidate_pages(struct sv3__driver *d, sv3_iova iova, uint64_t len);
int sv3__driver_invalidate_all(struct sv3__driver *d);
int sv3__driver_illegal(void *state);
int sv3__driver_event(void *state, uint32_t smmu);

/* driver_dirty.c */
int sv3__driver_scan(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty);
int sv3__driver_clear(void *state, sv3_iova iova, uint64_t len, uint64_t dirty);
int sv3__driver_collect(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty);

/* driver_table.c */
int sv3__driver_map(void *state, sv3_iova iova, sv3_pa pa, uint64_t len, uint32_t leaf_lg2);
int sv3__driver_unmap(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty);
int sv3__driver_split(void *state, sv3_iova iova, uint64_t len);
int sv3__driver_merge(void *state, sv3_iova iova, uint64_t len);

#endif
