/* SPDX-License-Identifier: MIT */
/*
 * txn.h - plain data that crosses the hardware's border: transactions, results, needs, replies.
 *
 * Concepts:
 *   transaction  what a device asks: an access to an IOVA under a StreamID.
 *   result       what came of it: a physical address, or an architectural fault. A fault is data.
 *   need         what the hardware asks of the world next, for one slot.
 *   reply        the world's answer to that need.
 */
#ifndef SV3_TXN_H
#define SV3_TXN_H

#include <sv3/base.h>
#include <sv3/bus.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sv3_txn_kind {
	SV3_TXN_ACCESS = 0, /* an ordinary access */
	SV3_TXN_PROBE =
		1, /* looks only: sets no AF or dirty state, fills no cache, records no event */
};

/** One access. It must not cross a page of the translation granule: split it before. */
struct sv3_txn {
	sv3_iova iova;
	uint32_t stream_id;
	uint32_t substream_id; /* 20 bits, meaningful with @substream_valid */
	uint8_t kind;          /* enum sv3_txn_kind */
	bool substream_valid;  /* SSV */
	bool write;            /* RnW = 0 */
	bool privileged;       /* PnU = 1 */
	bool instruction;      /* InD = 1; ignored on a write */
	bool speculative;
	uint8_t reserved[2];
};

enum sv3_outcome {
	SV3_OUTCOME_OK = 0,    /* go ahead at result.pa */
	SV3_OUTCOME_ABORT = 1, /* terminated: the device sees an abort */
	SV3_OUTCOME_RAZ_WI =
		2, /* terminated: reads return 0, writes are dropped, the device sees success */
};

/** Flags of a result. */
enum sv3_result_flag {
	SV3_RESULT_BYPASS = 1u << 0,  /* not translated: SMMUEN = 0 or STE.Config = bypass */
	SV3_RESULT_TLB_HIT = 1u << 1, /* answered from the TLB, no table was read */
	SV3_RESULT_DIRTY_SET =
		1u << 2, /* this access made a leaf writable-dirty, even if it then faulted */
	SV3_RESULT_AF_SET = 1u << 3, /* this access set an access flag */
	SV3_RESULT_DIRTY_KNOWN =
		1u << 4, /* a write that needed no update: its leaf was seen writable */
};

struct sv3_result {
	sv3_pa pa;
	uint8_t outcome;     /* enum sv3_outcome */
	uint8_t event;       /* event number of [IHI0070 7.3], 0 if none was due */
	uint8_t flags;       /* enum sv3_result_flag */
	uint8_t span_lg2;    /* log2 bytes of the leaf that translated it; 64 when not translated */
	uint16_t walk_reads; /* descriptors read for it */
	uint16_t walk_restarts; /* times a changed descriptor or an invalidation sent it back to the
				   start */
};

/** What a need is for: the unit that the timing table prices. The core never knows how long. */
enum sv3_unit {
	SV3_UNIT_NONE,
	SV3_UNIT_STE,
	SV3_UNIT_CD,
	SV3_UNIT_S1_L0,
	SV3_UNIT_S1_L1,
	SV3_UNIT_S1_L2,
	SV3_UNIT_S1_L3,
	SV3_UNIT_HTTU,
	SV3_UNIT_CMDQ,
	SV3_UNIT_EVTQ,
	SV3_UNIT_MSI,
	SV3_UNIT_COUNT
};

enum sv3_need_kind {
	SV3_NEED_NONE,  /* none yet: never handed out */
	SV3_NEED_READ,  /* read @size bytes at @pa; reply: status, data */
	SV3_NEED_WRITE, /* write @data; reply: status */
	SV3_NEED_CAS64, /* compare @expect and swap in @desired at @pa; reply: status, old */
	SV3_NEED_DONE,  /* a transaction: read the result; a job: this piece of work is finished */
	SV3_NEED_IRQ,   /* pulse wired interrupt @irq; reply: anything */
};

enum sv3_irq { SV3_IRQ_EVENTQ, SV3_IRQ_GERROR, SV3_IRQ_CMD_SYNC, SV3_IRQ_COUNT };

struct sv3_need {
	enum sv3_need_kind kind;
	enum sv3_unit unit;
	enum sv3_irq irq;
	uint32_t size; /* bytes, <= 64 */
	sv3_pa pa;
	uint64_t expect, desired; /* host byte order */
	uint8_t data[64];         /* as it stands in memory: 64 bytes are one STE or CD */
};

struct sv3_reply {
	enum sv3_bus_status status;
	uint64_t old;     /* CAS64: what was in memory */
	uint8_t data[64]; /* READ: as it stands in memory */
};

#ifdef __cplusplus
}
#endif

#endif
