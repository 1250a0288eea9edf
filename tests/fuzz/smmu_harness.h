/* SPDX-License-Identifier: MIT */
/*
 * smmu_harness.h - an SMMU, a small memory, and a careful embedder that watches the contract.
 *
 * The embedder keeps the rules of <sv3/smmu.h> itself, whatever software and devices do, and
 * ends the program as soon as the SMMU breaks one: see smmu_harness.c for the list. It knows the
 * SMMU by its public functions alone.
 */
#ifndef SV3_TESTS_FUZZ_SMMU_HARNESS_H
#define SV3_TESTS_FUZZ_SMMU_HARNESS_H

#include <sv3/arch.h>
#include <sv3/smmu.h>

#define HARNESS_RAM      UINT64_C(0x40000000)
#define HARNESS_RAM_SIZE UINT64_C(0x40000)
#define HARNESS_SLOTS    8u  /* most transactions in flight */
#define HARNESS_JOBS     16u /* more than there are */
#define HARNESS_READS    96u /* descriptors of one transaction that are remembered */

enum hold { HOLD_FREE, HOLD_READY, HOLD_ASKED, HOLD_WAITING, HOLD_DONE };

/* A descriptor that a transaction has read, or written since: what it may compare with. */
struct seen {
	sv3_pa pa;
	uint64_t value;  /* as it was read, or written by an update */
	uint64_t before; /* as it was read: one leaf of stage 2 may map a table and the output */
	bool stage1, stage2;
};

struct hold_slot {
	enum hold hold;
	struct sv3_need need;
	struct sv3_txn txn;
	struct seen seen[HARNESS_READS];
	uint32_t seen_count;
	bool set_af, set_dirty;
};

/* Of a queue, as the registers say. */
struct queue_view {
	sv3_pa base;
	uint32_t prod, cons, entries;
};

struct harness {
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu;
	void *block;
	uint8_t ram[HARNESS_RAM_SIZE];
	struct hold_slot slots[HARNESS_SLOTS + HARNESS_JOBS];
	uint32_t held;       /* transactions begun and not finished */
	uint64_t command[2]; /* read last */
	bool no_updates;     /* HA and HD read as 0 from every structure */
	/* Software has written indexes or bases of its own: nothing is known of them any more. */
	bool cmdq_spoiled, eventq_spoiled, priq_spoiled;
	uint64_t fingerprint; /* of all needs and results so far */
	uint8_t fill;         /* what memory that nobody initialised holds */
};

void harness_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* @config was checked. Everything else starts from zero; memory of the block from @fill. */
void harness_init(struct harness *h, const struct sv3_smmu_config *config, uint8_t fill);
void harness_fini(struct harness *h);
void harness_reset(struct harness *h);
/* Take up a copy of the block, and go on with that. */
void harness_adopt(struct harness *h);
/* Offer a copy with @value laid over the doubleword at @offset. If it is taken up, it must work. */
void harness_adopt_spoiled(struct harness *h, uint32_t offset, uint64_t value);

uint64_t harness_reg(struct harness *h, uint32_t offset);
void harness_reg_write(struct harness *h, uint32_t offset, uint32_t size, uint64_t value);
/* Host bytes of 8 at @pa, or NULL. */
uint8_t *harness_at(struct harness *h, sv3_pa pa);

void harness_begin(struct harness *h, const struct sv3_txn *txn);
void harness_try(struct harness *h, const struct sv3_txn *txn);
/* Go on with slot @index, answering a need (@abort: by an abort). False: there is nothing to do. */
bool harness_step(struct harness *h, uint32_t index, bool abort);
bool harness_finish(struct harness *h, uint32_t index);
/* Begin a job, or go on with a resumed transaction. False: none is ready. */
bool harness_step_ready(struct harness *h);
/* Answer everything and finish everything until nothing moves any more. */
void harness_settle(struct harness *h);
/* The end: every slot is free again and can be begun. */
void harness_close(struct harness *h);

#endif
