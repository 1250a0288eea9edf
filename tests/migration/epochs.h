/* SPDX-License-Identifier: MIT */
/*
 * epochs.h - what was written between two collections, counted by brute force.
 *
 * It hears landings and clears, and knows nothing of tables, hardware and policies. A page's first
 * write since its leaf was cleared is what hardware, faults, rings and buffers have to note.
 */
#ifndef SV3_TESTS_MIGRATION_EPOCHS_H
#define SV3_TESTS_MIGRATION_EPOCHS_H

#include <sv3/sim.h>

struct fx_epochs {
	sv3_pa base;
	uint64_t page_count;
	uint64_t leaf_pages;    /* pages that are cleared together */
	uint8_t *since_collect; /* shape [page_count]: written since the last collection */
	uint8_t *since_clear;   /* the leaf: since it was cleared */
	uint64_t written;       /* pages of since_collect */
	uint64_t first_writes;  /* since the last collection, to leaves not written since a clear */
};

struct fx_epochs_counts {
	uint64_t written, first_writes;
};

/** Returns: 0, -SV3_ERR_NOMEM. */
SV3_MUST_CHECK int fx_epochs_init(struct fx_epochs *epochs, sv3_pa base, uint64_t page_count,
				  uint64_t leaf_pages);
void fx_epochs_fini(struct fx_epochs *epochs);
/** Hears landings of the device; the CPU's are none of them. */
struct sv3_world_observer fx_epochs_observer(struct fx_epochs *epochs);
void fx_epochs_cleared(struct fx_epochs *epochs, sv3_pa pa, uint64_t len);
/** A collection: what there was since the last one. */
struct fx_epochs_counts fx_epochs_collect(struct fx_epochs *epochs);

#endif
