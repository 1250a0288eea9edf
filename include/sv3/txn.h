/* SPDX-License-Identifier: MIT */
/*
 * txn.h - plain data that crosses the hardware's border: transactions, results, needs, replies.
 *
 * Concepts:
 *   transaction  what a device asks: an access to an IOVA under a StreamID, or an ATS request.
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
	SV3_TXN_ACCESS = 0, /* an ordinary access, ATS "Untranslated" */
	SV3_TXN_PROBE =
		1, /* looks only: sets no AF or dirty state, fills no cache, records no event */
	SV3_TXN_ATS_REQUEST = 2,    /* ATS Translation Request; @write: NW = 0 */
	SV3_TXN_ATS_TRANSLATED = 3, /* access to an address got by ATS: @iova is that address */
	SV3_TXN_KIND_COUNT
};

/*
 * Memory types by strength, one for the inner and one for the outer caches; of two the stronger
 * one counts. A device type is the same for both. [IHI0070 13.1.1]
 */
enum sv3_memory {
	SV3_MEMORY_WB = 0, /* Normal, Write-Back Cacheable */
	SV3_MEMORY_WT = 1,
	SV3_MEMORY_NC = 2,
	SV3_MEMORY_DEVICE_GRE = 3,
	SV3_MEMORY_DEVICE_NGRE = 4,
	SV3_MEMORY_DEVICE_NGNRE = 5,
	SV3_MEMORY_DEVICE_NGNRNE = 6,
};
/** One byte of memory attributes: outer in bits 7:4, inner in bits 3:0. */
#define SV3_MEMORY(outer, inner) ((uint8_t)((outer) << 4 | (inner)))
#define SV3_MEMORY_INNER(memory) ((memory)&15u)
#define SV3_MEMORY_OUTER(memory) ((unsigned int)(memory) >> 4)

/** Shareability, as Arm encodes it. */
enum sv3_shareability { SV3_SHARE_NON = 0, SV3_SHARE_OUTER = 2, SV3_SHARE_INNER = 3 };

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
	bool atomic;    /* reads and writes; @write must be set too */
	uint8_t memory; /* SV3_MEMORY(), 0: Write-Back; incoming shareability is Inner Shareable */
	uint8_t tbu_index; /* whose TLB is asked: 0 .. tbu_count - 1 of the configuration */
	uint8_t reserved[7];
};

enum sv3_outcome {
	SV3_OUTCOME_OK = 0,    /* go ahead at result.pa; ATS request: Success, see result.ats */
	SV3_OUTCOME_ABORT = 1, /* terminated: the device sees an abort */
	SV3_OUTCOME_RAZ_WI =
		2, /* terminated: reads return 0, writes are dropped, the device sees success */
	SV3_OUTCOME_ATS_UR = 3,  /* ATS request: Unsupported Request */
	SV3_OUTCOME_ATS_CA = 4,  /* ATS request: Completer Abort */
	SV3_OUTCOME_STALLED = 5, /* from a runner only: it waits for CMD_RESUME in its slot */
	SV3_OUTCOME_COUNT
};

/** Flags of a result. Of a probe the _SET ones say what an access would have done. */
enum sv3_result_flag {
	SV3_RESULT_BYPASS = 1u << 0,  /* not translated: SMMUEN = 0 or STE.Config = bypass */
	SV3_RESULT_TLB_HIT = 1u << 1, /* answered from the TLB, no table was read */
	SV3_RESULT_DIRTY_SET =
		1u << 2, /* this access made a leaf writable-dirty, even if it then faulted */
	SV3_RESULT_AF_SET = 1u << 3, /* this access set an access flag */
	SV3_RESULT_DIRTY_KNOWN =
		1u << 4, /* a write that needed no update: its leaf was seen writable */
	SV3_RESULT_STAGE2_FAULT = 1u << 5, /* it was stage 2 that refused */
	SV3_RESULT_TABLE_DIRTY_SET =
		1u << 6, /* a stage-2 leaf that maps a stage-1 table was made writable-dirty */
	SV3_RESULT_WAS_STALLED = 1u << 7, /* it waited for CMD_RESUME on its way */
};

/** What an ATS Translation Completion grants. [IHI0070 3.9.1.2] */
enum sv3_ats_grant {
	SV3_ATS_READ = 1u << 0,
	SV3_ATS_WRITE = 1u << 1,
	SV3_ATS_EXECUTE = 1u << 2,
	SV3_ATS_PRIVILEGED = 1u << 3,
	SV3_ATS_GLOBAL = 1u << 4,
	SV3_ATS_UNTRANSLATED_ONLY = 1u << 5, /* U: access it untranslated */
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
	uint8_t memory;         /* SV3_MEMORY() of the output */
	uint8_t shareability;   /* enum sv3_shareability of the output */
	uint8_t ats;            /* enum sv3_ats_grant of an ATS request */
	uint8_t event_class;    /* CLASS of the fault: SV3_EVT_CLASS_x */
	uint16_t rule;          /* why it faulted: a row of sv3_rule_info(), 0: it did not */
	uint16_t reserved;
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
	SV3_UNIT_S2_L0,
	SV3_UNIT_S2_L1,
	SV3_UNIT_S2_L2,
	SV3_UNIT_S2_L3,
	SV3_UNIT_HTTU,
	SV3_UNIT_CMDQ,
	SV3_UNIT_EVTQ,
	SV3_UNIT_PRIQ,
	SV3_UNIT_MSI,
	SV3_UNIT_ATS,
	SV3_UNIT_COUNT
};

enum sv3_need_kind {
	SV3_NEED_NONE,  /* none yet: never handed out */
	SV3_NEED_READ,  /* read @size bytes at @pa; reply: status, data */
	SV3_NEED_WRITE, /* write @data; reply: status */
	SV3_NEED_CAS64, /* compare @expect and swap in @desired at @pa; reply: status, old */
	SV3_NEED_DONE,  /* a transaction: read the result; a job: this piece of work is finished */
	SV3_NEED_IRQ,   /* pulse wired interrupt @irq; reply: anything */
	SV3_NEED_WAIT,  /* stalled: step again, without a reply, when next_ready names the slot */
	SV3_NEED_SEV,   /* an event for waiting processors; reply: anything */
	SV3_NEED_ATC_INV,  /* invalidate an ATC by @ats; reply when the endpoint has completed it;
			      status ABORT: it timed out */
	SV3_NEED_PRI_RESP, /* answer to a page request group, @ats; reply: anything */
};

enum sv3_irq {
	SV3_IRQ_EVENTQ,
	SV3_IRQ_GERROR,
	SV3_IRQ_CMD_SYNC,
	SV3_IRQ_PRIQ,
	SV3_IRQ_PMCG,
	SV3_IRQ_COUNT
};

/** Answers to a page request group. [IHI0070 4.5.2] */
enum sv3_pri_response { SV3_PRI_FAILURE = 0, SV3_PRI_INVALID = 1, SV3_PRI_SUCCESS = 2 };

/** What the SMMU tells an endpoint. */
struct sv3_ats_message {
	uint32_t stream_id;
	uint32_t substream_id;
	bool substream_valid;
	bool global;      /* ATC_INV: whatever the substream */
	uint8_t response; /* PRI_RESP: enum sv3_pri_response */
	uint8_t size_lg2; /* ATC_INV: log2 bytes, 12 .. 64 */
	uint16_t group;   /* PRI_RESP: PRGIndex, 9 bits */
	uint8_t reserved[2];
	sv3_iova iova; /* ATC_INV: first byte, aligned to the size */
};

/** What an endpoint asks of software: one page request message. [IHI0070 8] */
struct sv3_page_request {
	sv3_iova iova; /* bits 11:0 are not carried */
	uint32_t stream_id;
	uint32_t substream_id;
	uint16_t group; /* PRGIndex, 9 bits */
	bool substream_valid, read, write, execute, privileged, last;
};

/** What a device will access soon. [IHI0070 7.3.19] */
struct sv3_page_hint {
	sv3_iova iova; /* bits 11:0 are not carried */
	uint32_t stream_id;
	uint32_t substream_id;
	uint8_t span_pages; /* of 4 KiB, 1 .. 255 */
	bool substream_valid;
	bool privileged_read, privileged_write, privileged_execute;
	bool unprivileged_read, unprivileged_write, unprivileged_execute;
};

struct sv3_need {
	enum sv3_need_kind kind;
	enum sv3_unit unit;
	enum sv3_irq irq;
	uint32_t size; /* bytes, <= 64 */
	sv3_pa pa;
	uint64_t expect, desired; /* host byte order */
	uint8_t data[64];         /* as it stands in memory: 64 bytes are one STE or CD */
	struct sv3_ats_message ats;
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
