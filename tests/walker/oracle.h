/* SPDX-License-Identifier: MIT */
/*
 * oracle.h - a second opinion: translates one transaction in the slowest and plainest way.
 *
 * Written from the standard alone, with constants and arithmetic of its own: it shares nothing with
 * smmu/, vmsa.h or arch.h but the plain data of a transaction. It has no caches and no state. It
 * only reads memory: what the hardware would have written is part of its answer.
 */
#ifndef SV3_WALKER_ORACLE_H
#define SV3_WALKER_ORACLE_H

#include <sv3/base.h>
#include <sv3/smmu.h>
#include <sv3/txn.h>

/** What a read is for: a caching hardware may remember it for one use and not for another. */
enum oracle_use {
	USE_L1CD,
	USE_CD,
	USE_TABLE,
	USE_UPDATE = USE_TABLE + 4, /* of a stage-1 descriptor: by then the cache may have learnt */
	USE_OUTPUT,
	USE_COUNT
}; /* USE_TABLE + level of stage 1 */

/** What the oracle looks at: memory, as it stands before the transaction. */
struct oracle_memory {
	/** False: the read is aborted. */
	bool (*read)(void *context, enum oracle_use use, uint64_t pa, void *data, uint32_t size);
	/** False: a write to this doubleword would be aborted. */
	bool (*writable)(void *context, uint64_t pa);
	void *context;
};

/** Registers and choices that matter to a translation. */
struct oracle_machine {
	uint32_t idr0, idr1, idr3, idr5, aidr;
	uint32_t cr0, cr2, gbpa, strtab_base_cfg;
	uint64_t strtab_base;
	uint32_t choices; /* enum sv3_choice */
};

#define ORACLE_CHANGES_MAX 32u
#define ORACLE_STEPS_MAX   160u

/** One doubleword of memory that the hardware updated; values as they stand in memory, read
 *  little-endian. */
struct oracle_change {
	uint64_t pa, before, after;
};

/** One structure or descriptor that was read, for the story. */
struct oracle_step {
	const char *what;
	int level; /* of a descriptor, else -1 */
	uint64_t pa, value;
};

struct oracle_answer {
	uint8_t outcome;    /* enum sv3_outcome */
	uint8_t event;      /* number of the record that is due, 0: none */
	bool probe;         /* it only looked */
	bool recorded;      /* it reaches the queue */
	bool stalled;       /* Stall = 1 in the record; its STAG is not predicted */
	uint64_t record[4]; /* the record, STAG 0 */
	const char *why;    /* in a few words */
	uint8_t flags;      /* BYPASS, STAGE2_FAULT, AF_SET, DIRTY_SET, TABLE_DIRTY_SET */
	/* of a transaction that goes ahead */
	uint64_t pa;
	uint8_t span_lg2, memory, shareability;
	/* what the hardware wrote, in order */
	uint32_t change_count;
	struct oracle_change changes[ORACLE_CHANGES_MAX];
	uint32_t step_count;
	struct oracle_step steps[ORACLE_STEPS_MAX];
};

/** oracle_translate - what must come of @txn. */
void oracle_translate(const struct oracle_machine *machine, const struct oracle_memory *memory,
		      const struct sv3_txn *txn, struct oracle_answer *answer);

#endif
