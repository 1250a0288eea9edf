/* SPDX-License-Identifier: MIT */
/*
 * watch.h - a monitor of each SMMU beside an exploration.
 */
#ifndef SV3_EXPLORE_WATCH_H
#define SV3_EXPLORE_WATCH_H

#include <sv3/monitor.h>
#include <sv3/txn.h>

struct sv3_explore;

struct sv3__watch {
	struct sv3_monitor *monitor, *first; /* as when a schedule begins */
	struct sv3__watch_self {
		struct sv3_explore *x;
		uint32_t smmu;
	} self;
};

/** sv3__watch_init - before software comes up. Returns: 0, -SV3_ERR_NOMEM. */
int sv3__watch_init(struct sv3_explore *x);
void sv3__watch_fini(struct sv3_explore *x);
/** sv3__watch_remember, sv3__watch_restart - as all that changes. */
void sv3__watch_remember(struct sv3_explore *x);
void sv3__watch_restart(struct sv3_explore *x);
void sv3__watch_step(struct sv3_explore *x);
/** sv3__watch_written - hardware wrote to memory: into a queue of commands, that a CMD_SYNC is
 * over. */
void sv3__watch_written(struct sv3_explore *x, sv3_pa pa);
void sv3__watch_translated(struct sv3_explore *x, uint32_t smmu, const struct sv3_txn *txn,
			   const struct sv3_result *result);
void sv3__watch_landed(struct sv3_explore *x, uint32_t smmu, uint32_t stream_id, sv3_iova iova,
		       sv3_pa pa);
/** sv3__watch_stored - a doubleword that software has changed. */
void sv3__watch_stored(struct sv3_explore *x, sv3_pa pa, uint64_t before, uint64_t now);
void sv3__watch_reg_read(struct sv3_explore *x, uint32_t smmu, uint32_t offset, uint32_t size,
			 uint64_t value);
/** sv3__watch_reg_write - it is about to be written. */
void sv3__watch_reg_write(struct sv3_explore *x, uint32_t smmu, uint32_t offset, uint32_t size,
			  uint64_t value);
void sv3__watch_copied(struct sv3_explore *x, uint32_t page);
void sv3__watch_reused(struct sv3_explore *x, uint64_t pages);
/** sv3__watch_end - what is owed at the end is a finding. */
void sv3__watch_end(struct sv3_explore *x);

#endif
