/* SPDX-License-Identifier: MIT */
/*
 * host.h - what host software of a world does besides the rows of a trace: it handles faults, and
 * changes mappings on its own account; and who hears of mappings.
 *
 * Concepts:
 *   fault record  an event record as software reads it from the event queue.
 *   handler       answers the faults of a batch: everything that was in the queue when it began.
 *   hooks         hear of mappings made and about to be taken down, by whomever.
 */
#ifndef SV3_HOST_H
#define SV3_HOST_H

#include <sv3/sim.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- faults --- */

/** An event record. What it does not tell of is 0: see its row in events.def. */
struct sv3_fault_record {
	uint64_t words[4];    /* as it stands in memory */
	uint8_t event;        /* enum sv3_event */
	uint8_t event_class;  /* SV3_EVT_CLASS_x: what was accessed when it was found */
	bool substream_valid; /* also of C_BAD_SUBSTREAMID, which has no SSV */
	bool stalled;         /* the transaction waits for CMD_RESUME with @stag */
	bool write, privileged, instruction;
	bool stage2;    /* found by stage 2, with @ipa */
	bool is_access; /* the fields of an access are there: from @event_class to @iova */
	uint32_t stream_id, substream_id, stag;
	sv3_iova iova;
	sv3_pa ipa; /* of the page */
};

#define SV3_EVENT_RECORD_BYTES 32u

/** sv3_fault_decode - a record of the event queue, little-endian. [IHI0070 7.3] */
SV3_API void sv3_fault_decode(const uint8_t bytes[SV3_EVENT_RECORD_BYTES],
			      struct sv3_fault_record *record);

/** What becomes of a stalled transaction; of no meaning for one that was terminated. */
enum sv3_fault_answer {
	SV3_FAULT_RETRY,
	SV3_FAULT_ABORT,
	SV3_FAULT_KEEP, /* it stays stalled until sv3_host_resume() */
};

struct sv3_fault_handler {
	/** One record. It may use the bus, push commands and let time pass. */
	enum sv3_fault_answer (*fault)(void *context, const struct sv3_fault_record *record);
	/** Optional: all records of the batch were answered; what is pushed here, and was by
	 * fault(), stands in the queue before the resumes. */
	void (*batch)(void *context);
	void *context;
};

/** What the handling of faults did. */
struct sv3_fault_stats {
	uint64_t batches, records;
	uint64_t retried, aborted, kept; /* stalled transactions, by answer */
	uint64_t overflows;              /* times records were lost because the queue was full */
	uint64_t queue_aborts;           /* times a record could not be written: GERROR */
};

/**
 * sv3_host_handle_faults - software reads the event queue from now on, woken by its interrupt
 * @handler: copied; NULL: nobody reads it any more, records only make room in time
 * A batch begins costs.fault_latency after the interrupt. It reads the records there are through
 * the software bus, asks the handler about each, writes EVENTQ_CONS, pushes a CMD_RESUME for each
 * stall that is not kept, behind whatever the handler pushed, and rings once. An overflow is
 * acknowledged and counted: stalls lose nothing by it [IHI0070 7.2.1]. A record that could not be
 * written is lost with its STAG: the error is acknowledged, and all that is stalled is aborted.
 * Returns: 0, -SV3_ERR_NOMEM, -SV3_ERR_TIMEOUT (IRQ_CTRL is not acknowledged).
 */
SV3_API SV3_MUST_CHECK int sv3_host_handle_faults(struct sv3_host *host,
						  const struct sv3_fault_handler *handler);
SV3_API const struct sv3_fault_stats *sv3_host_fault_stats(const struct sv3_host *host);

/**
 * sv3_host_resume - end a stall that was kept: push CMD_RESUME and ring
 * @retry: translate it anew; else it is aborted
 * Returns: as sv3_cmdq_push().
 */
SV3_API SV3_MUST_CHECK int sv3_host_resume(struct sv3_host *host, uint32_t stream_id, uint32_t stag,
					   bool retry);

/* --- devices behind an ATC --- */

/** sv3_host_has_ats - sv3_host_config.ats. */
SV3_API bool sv3_host_has_ats(const struct sv3_host *host);
/**
 * sv3_host_atc_inv - push CMD_ATC_INV for each stream of a domain; nothing without ATS
 * For software that pushes TLBIs itself. As sv3_cmdq_atc_inv(): the CMD_SYNC behind the TLBI is
 * complete, and another one comes behind this.
 * @len: bytes; 0: all of the domain
 * Returns: commands pushed, or as sv3_cmdq_push().
 */
SV3_API SV3_MUST_CHECK int sv3_host_atc_inv(struct sv3_host *host, uint32_t domain_index,
					    sv3_iova iova, uint64_t len);

/* --- mappings --- */

/**
 * sv3_host_map - map [iova, iova + len) of a domain of the IOVA view to [pa, pa + len)
 * For software that changes mappings without a row of a trace. Pages of guest RAM enter the reverse
 * map; the scan range of the domain grows.
 * Returns: 0, -SV3_ERR_INVAL (GUEST view, no such domain), or as sv3_pt_map().
 */
SV3_API SV3_MUST_CHECK int sv3_host_map(struct sv3_host *host, uint32_t domain_index, sv3_iova iova,
					sv3_pa pa, uint64_t len, bool write);
/**
 * sv3_host_unmap - take mappings down, in the host's unmap mode
 * Invalidated and synced when it returns, time passing meanwhile; where invalidations are deferred
 * it is collected with the others.
 * Returns: 0, -SV3_ERR_INVAL (GUEST view, no such domain), or as sv3_pt_unmap(), sv3_cmdq_sync().
 */
SV3_API SV3_MUST_CHECK int sv3_host_unmap(struct sv3_host *host, uint32_t domain_index,
					  sv3_iova iova, uint64_t len);

/** Hears of mappings of the IOVA view; each may be NULL. They may use the bus and push commands. */
struct sv3_host_hooks {
	/** It is mapped, and no access was translated through it yet. */
	void (*mapped)(void *context, uint32_t domain_index, sv3_iova iova, sv3_pa pa, uint64_t len,
		       bool write);
	/** It is about to be taken down; parts of it may be holes. */
	void (*unmapping)(void *context, uint32_t domain_index, sv3_iova iova, uint64_t len);
	void *context;
};
#define SV3_HOST_HOOKS_MAX 4u

/** sv3_host_add_hooks - called in order of addition. Returns: 0, -SV3_ERR_FULL. */
SV3_API SV3_MUST_CHECK int sv3_host_add_hooks(struct sv3_host *host,
					      const struct sv3_host_hooks *hooks);
/** sv3_host_remove_hooks - those with this context hear nothing any more; not from within one. */
SV3_API void sv3_host_remove_hooks(struct sv3_host *host, const void *context);

#ifdef __cplusplus
}
#endif

#endif
