/* SPDX-License-Identifier: MIT */
/*
 * migration_priv.h - what the files of sim/migration share and nobody else sees.
 *
 * Concepts:
 *   migration  one run of the loop: its world, its policy, what is reported and pending.
 *   policy     a row: how to collect, and what to do before a chunk's first page is sent.
 *   reported   pages found since the last copy phase: what the next one sends.
 *   pending    reported pages whose leaf may still be cleared: neither cleared nor sent since.
 * Nothing here knows the SMMU: it is reached through tables, the command queue and time.
 */
#ifndef SV3_MIGRATION_PRIV_H
#define SV3_MIGRATION_PRIV_H

#include <sv3/host.h>
#include <sv3/migration.h>

struct sv3__policy;

/* --- grown.c --- */

/** sv3__grown - @array with room for @needed (> 0) elements, made larger if need be
 *  Returns: NULL: out of memory, and @array is as it was. */
void *sv3__grown(void *array, uint64_t needed, uint64_t *capacity, size_t element_size);

/* --- journal.c --- */

enum sv3__event_kind {
	SV3__EVENT_WRITE, /* landed at @at */
	SV3__EVENT_CLEAR, /* the dirty state of pages [page, page + page_count), all at @at */
	SV3__EVENT_COPY,  /* of page + n at @at + n * @step, n < page_count */
};

struct sv3__event {
	uint64_t page : 52;     /* the first, from the start of the guest */
	uint64_t kind : 4;      /* enum sv3__event_kind */
	uint64_t was_known : 1; /* a write that set no dirty state: SV3_RESULT_DIRTY_KNOWN */
	uint64_t by_cpu : 1;
	uint64_t by_old_grant : 1; /* a write by what a device was granted before the last clear */
	sv3_ps at;
	union {
		struct {
			sv3_ps translated;
			sv3_iova iova;
		} write;
		struct {
			uint64_t page_count;
			sv3_ps step;
		} range;
	};
};

struct sv3__journal {
	struct sv3__event *events; /* oldest first; shape [count] */
	uint64_t count, capacity;
	uint64_t last_copy; /* index of the copies that may go on; UINT64_MAX: none */
	uint64_t thinnings; /* how often it was thinned: what it held then, it may hold no more */
	bool memory_short;  /* something was not noted */
	const struct sv3_dirty_log *stale; /* pages that differ from their copy; borrowed */
};

/** @stale: borrowed; kept by the caller, up to date before what happened is noted. */
void sv3__journal_init(struct sv3__journal *journal, const struct sv3_dirty_log *stale);
void sv3__journal_fini(struct sv3__journal *journal);
void sv3__journal_note_write(struct sv3__journal *journal, uint64_t page,
			     const struct sv3_write *write, bool by_old_grant);
void sv3__journal_note_clear(struct sv3__journal *journal, uint64_t page, uint64_t page_count,
			     sv3_ps at);
void sv3__journal_note_copy(struct sv3__journal *journal, const struct sv3_copy *copy);

/* --- invalidations.c --- */

struct sv3__invalidation {
	sv3_ps pushed, consumed; /* SV3_PS_NEVER: nobody looks */
};

/** Begins as 0. */
struct sv3__invalidations {
	struct sv3__invalidation *each; /* by @pushed; shape [count], owned */
	uint64_t count, capacity;
	uint64_t thinnings; /* of the journal, that were heard of */
	bool memory_short;  /* one was not noted */
};

/** sv3__invalidations_note - @journal: holds all clears that will be asked for. */
void sv3__invalidations_note(struct sv3__invalidations *invalidations,
			     const struct sv3__journal *journal, sv3_ps pushed, sv3_ps consumed);
/** The first pushed at or after @at, when a clear of the journal was; NULL if there is none. */
const struct sv3__invalidation *sv3__invalidations_after(
	const struct sv3__invalidations *invalidations, sv3_ps at);
void sv3__invalidations_fini(struct sv3__invalidations *invalidations);

/* --- transfer.c --- */

struct sv3__transfer {
	enum sv3_transfer mode;
	struct sv3_bus bus; /* of the source */
	sv3_pa base;
	uint64_t page_count;
	uint64_t *hashes; /* HASH_SKIP: of what was sent last, 0: nothing; shape [page_count] */
	/* XOR: direct-mapped; page numbers and pages, shape [cache_slots]. */
	uint64_t *cached;
	uint8_t *cache;
	uint64_t cache_slots;
	uint8_t buffer[SV3_PAGE_SIZE], delta[SV3_PAGE_SIZE];
};

int sv3__transfer_init(struct sv3__transfer *transfer, enum sv3_transfer mode, uint64_t cache_bytes,
		       const struct sv3_bus *bus, sv3_pa base, uint64_t page_count);
void sv3__transfer_fini(struct sv3__transfer *transfer);
/** What is sent for a page as it is now; it counts as sent. Modes other than PLAIN. */
void sv3__transfer_pack(struct sv3__transfer *transfer, uint64_t page, bool bulk,
			struct sv3_wire *wire);
/** Whether the 4096 bytes at @page are zero. */
bool sv3__page_is_zero(const uint8_t *page);
/** @delta: out, shape [4096]. Returns: its length; 4096: it would not be shorter than the page. */
uint32_t sv3__delta_encode(const uint8_t *old, const uint8_t *now, uint8_t *delta);
/** @page: the old one, made the new one. Returns: false for what no encoder wrote. */
bool sv3__delta_apply(uint8_t *page, const uint8_t *delta, uint32_t length);

/* --- cpu_log.c --- */

struct sv3__cpu_log {
	struct sv3_dirty_log logged;     /* written; not protected until it is cleared */
	struct sv3_dirty_log handed_out; /* MANUAL: of these, reported and not yet cleared */
};

struct sv3__migration;
int sv3__cpu_log_init(struct sv3__migration *m);
void sv3__cpu_log_fini(struct sv3__migration *m);
/** Returns: whether it faulted: the first write since the page was cleared. */
bool sv3__cpu_log_write(struct sv3__cpu_log *cpu, sv3_pa pa);
/** Or what is logged into m->reported. */
void sv3__cpu_log_get(struct sv3__migration *m);
/** The pages of [first, end) that were handed out, and no others. */
void sv3__cpu_log_clear(struct sv3__migration *m, uint64_t first, uint64_t end);

/* --- notes.c --- */

struct sv3__note {
	sv3_ps at; /* when it is carried out */
	sv3_pa pa;
	uint32_t len;
};

typedef void (*sv3__note_step)(struct sv3__migration *m, const struct sv3__note *note);

/** Of each write of the device to guest RAM, in order of time; begins as 0. */
struct sv3__notes {
	struct sv3__migration *m;
	sv3__note_step step;
	struct sv3__note *ring; /* shape [capacity], a power of two */
	uint64_t head, count, capacity;
	uint64_t added; /* in all */
	bool observes;
	int error; /* a write went by that is not noted */
};

/** sv3__notes_begin - note each write from now on, to be carried out by @step. */
int sv3__notes_begin(struct sv3__notes *notes, struct sv3__migration *m, sv3__note_step step);
void sv3__notes_end(struct sv3__notes *notes);
/** sv3__notes_carry_out - those that are due by @now. Returns: 0, or what went wrong so far. */
int sv3__notes_carry_out(struct sv3__notes *notes, sv3_ps now);
/** When the last one is due, 0 if there is none. */
sv3_ps sv3__notes_last(const struct sv3__notes *notes);

/* --- log.c --- */

/** A log of @page_count pages from @base, all clear; its words are the caller's. -SV3_ERR_NOMEM. */
int sv3__log_create(struct sv3_dirty_log *log, sv3_pa base, uint64_t page_count);
/** The same of the guest's pages. */
int sv3__log_make(const struct sv3__migration *m, struct sv3_dirty_log *log);
/** Take pages [first, end) out of a log. */
void sv3__log_drop(struct sv3_dirty_log *log, uint64_t first, uint64_t end);
/** The first page from @page on that is not in the log, at most @end. */
uint64_t sv3__log_run_end(const struct sv3_dirty_log *log, uint64_t page, uint64_t end);
/** Or a log of the same geometry into another. */
void sv3__log_merge(struct sv3_dirty_log *log, const struct sv3_dirty_log *other);
/** The same, and what was taken is clear. */
void sv3__log_take(struct sv3_dirty_log *log, struct sv3_dirty_log *from);

/* --- faults.c --- */

/** A stalled access that waits, and what became of it when it was tried again. */
struct sv3__waiter {
	uint32_t stream_id, stag;
	uint32_t domain_index;
	sv3_iova iova;
	int answer;
};

/** In order of arrival; begins as 0. */
struct sv3__waiters {
	struct sv3__waiter *each; /* shape [capacity], owned */
	uint64_t count, capacity;
};

/** sv3__keep_waiting - the access of @record stays stalled, as one of @waiters; without memory it
 * does not. */
enum sv3_fault_answer sv3__keep_waiting(struct sv3__waiters *waiters, uint32_t domain_index,
					const struct sv3_fault_record *record);

/* --- leaf.c --- */

/** A leaf larger than a page, or what was one. */
struct sv3__block {
	uint32_t domain_index, span_lg2;
	sv3_iova iova;
};

struct sv3__leaf_state {
	uint32_t bbml;                    /* IDR3.BBML; read when it is needed */
	const struct sv3__block *in_hand; /* being split or merged; NULL: none */
	struct sv3__block *blocks;        /* of the beginning; shape [block_count], owned */
	uint64_t block_count, block_capacity;
	struct sv3__waiters kept; /* until @in_hand is whole again */
};

/* --- invalidate.c --- */

/** Part of a domain, whose TLBI was pushed. */
struct sv3__atc_range {
	uint32_t domain_index;
	sv3_iova iova;
	uint64_t len; /* 0: all of it */
};

/** What devices behind an ATC may still hold of such; begins as 0. */
struct sv3__atc_owed {
	struct sv3__atc_range *each; /* shape [capacity], owned */
	uint64_t count, capacity;
	uint64_t all; /* bit i: all of domain i, whatever the ranges are */
};

/* --- the migration --- */

struct sv3__migration;
#define SV3__FAULT_WAIT 2
/** Lets the write to @iova through. Returns: 1: something changed in the table, 0: it would have
 *  got through, SV3__FAULT_WAIT: not before sv3__retry_waiting(), < 0: never. */
typedef int (*sv3__fault_step)(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova);

struct sv3__migration {
	struct sv3_world *world;
	struct sv3_host *host;
	const struct sv3_migration_config *config;
	const struct sv3__policy *policy;
	const struct sv3_migration_observer *observer; /* never NULL; its functions may be */
	struct sv3_migration_result *result;
	struct sv3_costs costs;
	struct sv3_bus
		bus; /* scans and clears go through it: DMA comes between if accesses cost time */
	struct sv3_bus free_bus; /* looks at tables at no cost, for observers */
	struct sv3_dirty_log reported, pending;
	struct sv3_pt_gather
		gathers[SV3_HOST_DOMAINS_MAX]; /* cleared, no TLBI pushed yet, by domain */
	bool owes_sync;                        /* cleared, and no CMD_SYNC since */
	struct sv3__atc_owed atc_owed;         /* pushed, and no CMD_ATC_INV since */
	struct sv3__transfer transfer;
	sv3_ps page_time;     /* of a plain page on the link */
	sv3_ps collected;     /* when the last collection ended */
	uint32_t chunk_shift; /* the policy's chunk: 2^chunk_shift pages */
	bool tracking;        /* it has started: what gets dirty is reported */
	bool stopped;         /* the device is: this is the final round */
	sv3_ps stopped_at;
	/* The copy phase keeps its own clock and hands it to the world when something is due. */
	sv3_ps copy_clock, quiet_until;
	/* What the link achieved in the last full window; the window that runs. */
	uint64_t bandwidth, window_bytes;
	sv3_ps window_began;
	/* The row of the round that runs, and what was counted when it began. */
	struct sv3_round *row;
	struct sv3_migration_result at_row;
	uint32_t row_capacity;
	void *state; /* the policy's own, made by its start, released by its finish */
	sv3__fault_step fault_step; /* may be NULL */
	bool watches_faults;
	bool in_handler; /* of faults: writes wait for it */
	struct sv3__leaf_state leaf;
	struct sv3__cpu_log cpu;
	uint32_t throttle_percent, throttle_strikes;
	struct sv3__waiters waiting;
	bool fault_owes_sync; /* TLBIs were pushed for the faults of this batch */
};

/** sv3__policy.chunk_shift: the configuration says it. */
#define SV3__CHUNK_CONFIGURED UINT32_MAX
/** sv3__policy.chunk_shift: all pages are one chunk. */
#define SV3__CHUNK_WHOLE 63u

struct sv3__policy {
	struct sv3_policy_info info;
	bool tracks;      /* by dirty state of leaves: what is unmapped dirty is asked for, too */
	bool stop_only;   /* one collection, after the stop */
	bool reads_early; /* pages are read by the collection, not when they are sent */
	uint32_t chunk_shift; /* meaningful with a step by chunks */
	/** Before bulk; NULL: nothing. Time passes. */
	int (*start)(struct sv3__migration *m);
	/** As before_chunk, in bulk: every page is pending. */
	int (*before_bulk_chunk)(struct sv3__migration *m, uint64_t chunk_first,
				 uint64_t chunk_end);
	/** Or the pages to send into m->reported. Time passes. */
	int (*collect)(struct sv3__migration *m);
	/** The first reported page of a chunk is about to be sent; NULL: nothing to do then.
	 *  The chunk is [chunk_first, chunk_end), in pages. */
	int (*before_chunk)(struct sv3__migration *m, uint64_t chunk_first, uint64_t chunk_end);
	/** The device stopped, and all it wrote has landed; NULL: nothing. Time may pass. */
	int (*quiesce)(struct sv3__migration *m);
	/** The migration is over, or failed: m->state may be NULL. NULL: nothing. */
	void (*finish)(struct sv3__migration *m);
};

extern const struct sv3__policy sv3__policy_all_dirty;
extern const struct sv3__policy sv3__policy_pinned_scope;
extern const struct sv3__policy sv3__policy_hw_auto;
extern const struct sv3__policy sv3__policy_hw_manual;
extern const struct sv3__policy sv3__policy_hw_manual_chunk;
extern const struct sv3__policy sv3__policy_hw_manual_page;
extern const struct sv3__policy sv3__policy_hw_manual_uapi;
extern const struct sv3__policy sv3__policy_hw_manual_2021;
extern const struct sv3__policy sv3__policy_hw_peek;
extern const struct sv3__policy sv3__policy_write_protect;
extern const struct sv3__policy sv3__policy_dirty_ring;
extern const struct sv3__policy sv3__policy_pml;
extern const struct sv3__policy sv3__policy_device_log;
extern const struct sv3__policy sv3__policy_hybrid;
extern const struct sv3__policy sv3__policy_guest_mark;
extern const struct sv3__policy sv3__policy_bounce_diff;
extern const struct sv3__policy sv3__policy_stop_only;
extern const struct sv3__policy sv3__policy_initially_set;
extern const struct sv3__policy sv3__policy_no_last_clear;
extern const struct sv3__policy sv3__policy_software_log;

/** Row @index, NULL behind the last; the row of a name, NULL if there is none. */
const struct sv3__policy *sv3__policy_row(unsigned int index);
const struct sv3__policy *sv3__policy_find(const char *name);

/* --- harvest.c: the steps policies are made of --- */

/**
 * sv3__scan - every leaf of every domain, each read at its own time; dirty ones go into m->reported
 * @flags: SV3_DIRTY_CLEAR: cleaned in the same walk, and gathered for sv3__invalidate()
 */
int sv3__scan(struct sv3__migration *m, uint32_t flags);
/** sv3__scan_range - the same for a part of one domain. */
int sv3__scan_range(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova, uint64_t len,
		    uint32_t flags);
/** sv3__scan_chunk - the same for the leaves of guest pages [first, end), wherever they are mapped
 */
int sv3__scan_chunk(struct sv3__migration *m, uint64_t first, uint64_t end, uint32_t flags);
/** sv3__start_clean - SC of everything, I, Y; what it finds is forgotten: bulk sends all. */
int sv3__start_clean(struct sv3__migration *m);
/** sv3__clear_pending - clean the leaves of pending pages of [first, end); they are gathered. */
int sv3__clear_pending(struct sv3__migration *m, uint64_t first, uint64_t end);
/** sv3__table - the table of a domain, through the bus of software. */
struct sv3_pt sv3__table(const struct sv3__migration *m, uint32_t domain_index);
/** sv3__clear_reported - clean the leaves of all pages reported; they are gathered. */
int sv3__clear_reported(struct sv3__migration *m);
/** One leaf of a domain. */
struct sv3__leaf {
	uint32_t domain_index;
	sv3_iova iova;
};
/**
 * sv3__drain_leaves - leaves somebody noted as dirty: report them, clean them, TLBI and SYNC
 * It uses nothing of @m that a step under way might use, for calls of software may drain, too; but
 * with ATS, where none does (sv3_policy_check_ats()).
 * @log: out; the pages of the leaves that are mapped; others were reported when they were unmapped
 */
int sv3__drain_leaves(struct sv3__migration *m, const struct sv3__leaf *leaves, uint64_t count,
		      struct sv3_dirty_log *log);

/* --- faults.c --- */

/** sv3__watch_faults - writes that fault are let through by @step, which may log them; NULL: none
 *  is, but those that met a broken block. Start only. */
int sv3__watch_faults(struct sv3__migration *m, sv3__fault_step step);
/** sv3__start_watched - sv3__watch_faults() and sv3__start_clean(). */
int sv3__start_watched(struct sv3__migration *m, sv3__fault_step step);
void sv3__ignore_faults(struct sv3__migration *m);
/** sv3__retry_waiting - the step again for writes it let wait, in order, until one has to. */
int sv3__retry_waiting(struct sv3__migration *m);
/** sv3__fault_set_dirty - a step: the leaf becomes writable-dirty, and its pages go into @log. */
int sv3__fault_set_dirty(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova,
			 struct sv3_dirty_log *log);
/** The TLBI for a leaf that a step changed; the SYNC comes with the batch. */
int sv3__fault_invalidate(struct sv3__migration *m, uint32_t domain_index,
			  const struct sv3_pt_gather *gather);

/* --- leaf.c: blocks become pages, and blocks again --- */

/** sv3__leaf_start - before tracking starts: all blocks are split, if the mode says so. Time
 * passes.
 */
int sv3__leaf_start(struct sv3__migration *m);
/** sv3__leaf_end - the last page was sent: blocks are what they were, if the mode says so. */
int sv3__leaf_end(struct sv3__migration *m);
void sv3__leaf_fini(struct sv3__migration *m);
/**
 * sv3__leaf_cleaned - @piece alone was cleaned: if it is a block, it may be split
 * Returns: 1: it was, time has passed, and what was written meanwhile may be dirt of all its parts;
 *          0: not, or an error.
 */
int sv3__leaf_cleaned(struct sv3__migration *m, uint32_t domain_index,
		      const struct sv3_pt_gather *piece);
/** sv3__leaf_answers - of a record whose access met a block that was broken. False: of another. */
bool sv3__leaf_answers(struct sv3__migration *m, uint32_t domain_index,
		       const struct sv3_fault_record *record, enum sv3_fault_answer *answer);

/* --- invalidate.c --- */

/** sv3__owe - leaves of a domain were cleared: their TLBI is owed. */
int sv3__owe(struct sv3__migration *m, uint32_t domain_index, const struct sv3_pt_gather *piece);
/** sv3__push_tlbi - the TLBI that a gather owes, at once. */
int sv3__push_tlbi(struct sv3__migration *m, uint32_t domain_index,
		   const struct sv3_pt_gather *gather);
/** sv3__complete - CMD_SYNC behind TLBIs that were pushed @pushed, waited for, and the same for
 *  devices behind an ATC. */
int sv3__complete(struct sv3__migration *m, sv3_ps pushed);
/** sv3__flush_all - the TLB entries of every domain, whatever is owed, and a CMD_SYNC. */
int sv3__flush_all(struct sv3__migration *m);
/** sv3__invalidate - the TLBI that the gathered clears owe, and a CMD_SYNC; nothing if none is
 * owed. */
int sv3__invalidate(struct sv3__migration *m);
/** sv3__invalidate_range - a TLBI that no clear owes, by the ASID of its domain, and a CMD_SYNC,
 *  waited for, and the same for devices behind an ATC: seeded bugs and the scope of clears leave it
 *  as it is. */
int sv3__invalidate_range(struct sv3__migration *m, uint32_t domain_index,
			  const struct sv3_tlbi_range *range);
/** sv3__sync - one CMD_SYNC, waited for. */
int sv3__sync(struct sv3__migration *m);
/** sv3__spend - the thread that migrates works for so long; the world goes on. */
void sv3__spend(struct sv3__migration *m, sv3_ps duration);
/** sv3__bitmap_goes - a call takes the bits of so many pages to the user, or back. */
void sv3__bitmap_goes(struct sv3__migration *m, uint64_t page_count);

/* --- throttle.c --- */

/** A collection returned: more speed is taken away if what it reported calls for it. */
void sv3__throttle_update(struct sv3__migration *m, uint64_t pages_sent_before);

/* --- copy.c --- */

/** A page is read now, to be sent later: policies that read early. */
void sv3__page_read(struct sv3__migration *m, uint64_t page);

/** Every page, ascending. */
int sv3__send_bulk(struct sv3__migration *m);
/** What is reported, ascending; it is forgotten as it is sent. */
int sv3__send_reported(struct sv3__migration *m);
void sv3__send_device_state(struct sv3__migration *m);
void sv3__bandwidth_begin(struct sv3__migration *m);
void sv3__report_progress(struct sv3__migration *m);
/** Time on the link: floor(bytes * 8 bits / link), in picoseconds APPROX(T-012): payload only. */
sv3_ps sv3__transfer_time(uint64_t bytes, uint64_t link_bits_per_s);
/** floor(link / 8 * downtime / 4096). */
uint64_t sv3__threshold_pages(uint64_t link_bits_per_s, sv3_ps downtime);

/* --- image.c: the destination's memory, when writes carry bytes --- */

struct sv3__image {
	struct sv3_bus bus; /* of the source */
	sv3_pa base;
	uint64_t page_count;
	uint8_t *bytes; /* lazily backed; shape [page_count * 4096] */
	uint64_t *held; /* bits of pages that were ever not zero; shape [(page_count + 63) / 64] */
};

int sv3__image_init(struct sv3__image *image, const struct sv3_bus *bus, sv3_pa base,
		    uint64_t page_count);
void sv3__image_fini(struct sv3__image *image);
/** What is not packed is received as the source holds it now. */
void sv3__image_receive(struct sv3__image *image, const struct sv3_copy *copy);
/** Pages whose bytes at source and destination differ. */
uint64_t sv3__image_differing(const struct sv3__image *image);

/* --- guest.c: what traces say about the guest they ran in --- */

/** What a host needs to know of traces. Arrays are owned; released by sv3__guest_facts_fini(). */
struct sv3__guest_facts {
	uint32_t *stream_ids;
	uint32_t stream_count;
	sv3_pa *msi_pages;
	uint32_t msi_page_count;
};

/** @traces: shape [trace_count]. -SV3_ERR_EXIST: two of them name one stream; -SV3_ERR_NOMEM. */
int sv3__guest_facts_init(struct sv3__guest_facts *facts, const struct sv3_trace *traces,
			  uint32_t trace_count);
void sv3__guest_facts_fini(struct sv3__guest_facts *facts);
/** Pages that any MAP row covers; all pages if a trace has no MAP rows, or there is no trace. */
void sv3__guest_pinned(const struct sv3_trace *traces, uint32_t trace_count,
		       struct sv3_dirty_log *log);

/* --- devices.c: the device of a run --- */

struct sv3__script;

/** It must stay where it is. */
struct sv3__devices {
	struct sv3_device device;   /* as the world gets it */
	struct sv3_device *replays; /* of traces; shape [count]; they belong to @device */
	struct sv3_device *sources; /* the same, or the ATCs in front of them; shape [count] */
	uint32_t count;
	struct sv3__script *script; /* of a scenario, owned; else NULL */
	struct sv3_device_ops lent; /* of another's device, but that nothing is released */
};

/** @devices begins as 0. Returns: 0, -SV3_ERR_INVAL (time scale, an access without the address of
 * the view, too many traces), -SV3_ERR_NOMEM; to be released in any case. */
int sv3__devices_init(struct sv3__devices *devices, const struct sv3_compare_config *config);
void sv3__devices_attach(const struct sv3__devices *devices, struct sv3_world *world);
void sv3__devices_fini(struct sv3__devices *devices);
/** How often traces began anew, all together. */
uint64_t sv3__devices_rewinds(const struct sv3__devices *devices);

/* --- scenario.c --- */

/** A device that writes when the loop gets to the scenario's places; NULL: out of memory. */
struct sv3__script *sv3__script_create(const struct sv3_scenario *scenario, sv3_iova base);
void sv3__script_destroy(struct sv3__script *script);
/** It lives as long as the script. */
struct sv3_device sv3__script_device(struct sv3__script *script);
/** @device: the same, or who is in front of it. */
void sv3__script_attach(struct sv3__script *script, struct sv3_world *world,
			const struct sv3_device *device);
/** sv3_migration_config.at_place; the context is the script. */
void sv3__script_at_place(void *script, enum sv3_place place, uint32_t round);

#endif
