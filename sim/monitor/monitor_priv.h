/* SPDX-License-Identifier: MIT */
/*
 * monitor_priv.h - what the files of the monitor share and nobody else sees.
 *
 * Concepts:
 *   context  a translation regime with its tags: what a TLBI names, and where walks begin.
 *   stream   a StreamID, with its SubstreamID, and the contexts its structures lead to.
 *   area     memory that has a meaning: a translation table, an array of STEs or CDs.
 *   owed     a descriptor that was changed, and how far its invalidation has come.
 *   line     a structure that was changed, likewise.
 *   command  has a number: how many were submitted before it.
 * All pools are taken at the beginning; an index of NONE is no member.
 */
#ifndef SV3_MONITOR_PRIV_H
#define SV3_MONITOR_PRIV_H

#include <sv3/arch.h>
#include <sv3/monitor.h>
#include <sv3/vmsa.h>

#define SV3__NONE         UINT32_MAX
#define SV3__NEVER        UINT64_MAX
#define SV3__CONTEXTS_MAX 1024u
#define SV3__STREAMS_MAX  4096u
#define SV3__LINES_MAX    1024u
#define SV3__ATC_MAX      32u   /* streams behind an ATC, of one context */
#define SV3__SYNCS_MAX    1024u /* CMD_SYNCs submitted and not consumed */
#define SV3__RECENT_MAX   64u   /* invalidations that nothing was owed for */
#define SV3__SEEN         4096u
#define SV3__WIDE_MAX     64u
#define SV3__SPANS        64u

/* --- contexts and streams --- */

enum sv3__regime { SV3__EL1, SV3__EL2, SV3__STAGE2 };

struct sv3__context {
	enum sv3__regime regime;
	uint32_t vmid, asid;
	sv3_pa root;
	uint8_t granule_lg2, input_lg2, first_level;
	bool upper;      /* TTB1: input addresses have all ones on top */
	uint32_t stream; /* the first that used it */
	/* StreamIDs behind an ATC; shape [atc_count] */
	uint32_t atc_streams[SV3__ATC_MAX];
	uint32_t atc_count;
};

struct sv3__stream {
	uint32_t stream_id, substream_id;
	bool substream_valid;
	bool known;            /* what follows is as memory says */
	uint32_t lower, upper; /* contexts, NONE: none */
	uint32_t next;
};

/* --- areas --- */

enum sv3__area_kind {
	SV3__AREA_TABLE,
	SV3__AREA_L1STD,
	SV3__AREA_STE,
	SV3__AREA_L1CD,
	SV3__AREA_CD
};

struct sv3__area {
	enum sv3__area_kind kind;
	sv3_pa base, end;
	uint32_t context;   /* TABLE */
	uint32_t stream_id; /* STE: of the first; CD, L1CD: whose */
	uint32_t parent;    /* TABLE: area of the descriptor that leads here, NONE: a root */
	sv3_pa parent_pa;   /* that descriptor */
	uint64_t input;     /* TABLE: of its first entry */
	uint8_t level;
	bool is_freed; /* the memory was given away: it means nothing until it is met again */
};

/* An area on one of its pages. */
struct sv3__page {
	uint64_t page;
	uint32_t area, next;
};

/* --- what is owed --- */

enum sv3__state {
	SV3__OWED,        /* no TLBI yet */
	SV3__SENT,        /* submitted */
	SV3__INVALIDATED, /* complete; devices behind an ATC may hold it */
	SV3__ATC_SENT,    /* submitted for all of them */
	SV3__LATE,        /* complete, but a copy had come before */
	SV3__STATES
};

struct sv3__owed {
	sv3_pa pa; /* of the descriptor */
	uint64_t before, now;
	uint64_t input, output;
	uint64_t tick, since;    /* order of stores and commands; position */
	uint64_t sent, atc_sent; /* numbers of the last commands it needed */
	uint64_t cover_next;     /* addresses below are covered, of a table */
	uint64_t copied_at, written_at, writes;
	sv3_pa copied_first, copied_last; /* none: first > last */
	sv3_pa written;
	sv3_iova written_iova;
	uint32_t atc_left; /* a bit each of context.atc_streams */
	uint32_t context;
	uint32_t next_input, next_output; /* chains */
	uint32_t previous, next;          /* of the same state */
	uint8_t span_lg2, level, state, change;
	bool is_wide;     /* a table was there: its whole span must go, not leaf-only */
	bool given_up;    /* its owner unmapped it */
	bool mapped_anew; /* before it was invalidated */
	bool tlbi_before; /* the TLBI that was meant for it had come before */
	bool atc_early;   /* so had CMD_ATC_INV, before the end of the TLBI */
};

struct sv3__list {
	uint32_t first;
	uint64_t count;
};

/* An invalidation as a command names it. */
struct sv3__inval {
	uint64_t number, tick;
	enum sv3__regime regime;
	bool any_vmid, any_asid, any_address, all_stages; /* stage 2 of the VMID goes, too */
	bool leaf;
	uint32_t vmid, asid;
	uint64_t first, last;
	uint8_t level, granule_lg2; /* 0: any */
};

/* --- structures --- */

struct sv3__line {
	sv3_pa pa;
	enum sv3__area_kind kind;
	uint32_t stream_id, stream_count;
	uint64_t first_word[8], diff[8], used[8];
	uint64_t since, sent; /* NEVER: no CMD_CFGI */
	uint64_t before, now; /* of the first store */
	bool is_torn, reported;
};

/* A stage-1 leaf that was used, where stores are hidden. */
struct sv3__leaf {
	sv3_pa pa;
	uint64_t value;
	uint32_t area, next;
};

/* --- all --- */

struct sv3_monitor {
	struct sv3_monitor_config config;
	uint64_t position, tick;
	bool has_vmids;
	unsigned int bbml;

	/* Registers as software wrote them. */
	uint32_t cr0, cr0ack, irq_ctrl, irq_ctrlack, cr1, cr2;
	uint64_t strtab_base, cmdq_base;
	uint32_t strtab_cfg;

	/* The command queue: numbers of commands submitted and consumed. */
	uint64_t submitted, consumed, cons_seen;
	uint64_t syncs[SV3__SYNCS_MAX]; /* ring of numbers */
	uint32_t sync_head, sync_count;
	uint64_t last_sync, synced; /* number behind the last one submitted; behind the last done */
	struct sv3__inval recent[SV3__RECENT_MAX];
	uint32_t recent_count;

	struct sv3__context contexts[SV3__CONTEXTS_MAX];
	uint32_t context_count;
	struct sv3__stream streams[SV3__STREAMS_MAX];
	uint32_t stream_count, stream_heads[SV3__STREAMS_MAX];
	uint64_t seen[SV3__SEEN];

	struct sv3__area *areas; /* shape [area_count of the configuration] */
	uint32_t area_count;
	struct sv3__page *pages; /* shape [twice that] */
	uint32_t page_count, page_mask;
	uint32_t *page_heads; /* shape [page_mask + 1] */
	uint32_t wide[SV3__WIDE_MAX], wide_count;

	struct sv3__owed *owed; /* shape [owed_count of the configuration] */
	uint32_t owed_used, owed_free, owed_mask;
	uint32_t *by_input, *by_output; /* shape [owed_mask + 1] */
	struct sv3__list lists[SV3__STATES];
	uint32_t span_count[SV3__SPANS]; /* owed entries by log2 of their span */

	struct sv3__line lines[SV3__LINES_MAX];
	uint32_t line_count;
	struct sv3__leaf *leaves; /* where stores are hidden; shape [owed_count] */
	uint32_t leaf_count, *leaf_heads;

	struct sv3_monitor_finding *findings; /* shape [finding_count of the configuration] */
	uint32_t finding_count;
	struct sv3_monitor_stats stats;
};

static inline uint32_t sv3__hash(uint64_t key)
{
	key *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(key >> 32) ^ (uint32_t)(key >> 17);
}

static inline uint64_t sv3__span_mask(unsigned int span_lg2)
{
	return span_lg2 >= 64 ? UINT64_MAX : (UINT64_C(1) << span_lg2) - 1;
}

/** An input address as tables of the context count it: without what is above its size. */
static inline uint64_t sv3__normal(const struct sv3__context *context, uint64_t input)
{
	const uint64_t mask = sv3__span_mask(context->input_lg2);

	return context->upper ? input | ~mask : input & mask;
}

static inline bool sv3__is_enabled(const struct sv3_monitor *m)
{
	return m->cr0 & SV3_CR0_SMMUEN;
}

/** Anything changed and not known to be complete. */
static inline bool sv3__owes(const struct sv3_monitor *m)
{
	return m->lists[SV3__OWED].count | m->lists[SV3__SENT].count |
	       m->lists[SV3__INVALIDATED].count | m->lists[SV3__ATC_SENT].count;
}

static inline uint64_t sv3__position(struct sv3_monitor *m)
{
	return m->config.position ? m->config.position(m->config.context) : m->position;
}

/** A doubleword of memory; false: nothing there. */
bool sv3__read_word(const struct sv3_monitor *m, sv3_pa pa, uint64_t *word);
bool sv3__read_words(const struct sv3_monitor *m, sv3_pa pa, uint64_t *words, uint32_t count);

/* --- areas.c --- */

void sv3__area_init(struct sv3_monitor *m);
/** The area that is like @area; NONE: there was no room. */
uint32_t sv3__area_add(struct sv3_monitor *m, const struct sv3__area *area);
uint32_t sv3__page_chain(const struct sv3_monitor *m, sv3_pa pa);
/** Whether the descriptors that lead to a table still do. */
bool sv3__area_is_live(const struct sv3_monitor *m, uint32_t area);
/** Memory is given away: calls @visit for each area in it, which means nothing from then on. */
typedef void (*sv3__area_visit)(struct sv3_monitor *m, uint32_t area);
void sv3__areas_free(struct sv3_monitor *m, sv3_pa pa, uint64_t len, sv3__area_visit visit);

/* --- streams.c --- */

/** What was known of a stream, or of all (UINT32_MAX), is no more. */
void sv3__stream_forget(struct sv3_monitor *m, uint32_t stream_id);
/** What translates the address of a transaction, by the structures of its stream, which are read if
 *  they are not known; NONE: it is not translated, or not followed. */
uint32_t sv3__context_of(struct sv3_monitor *m, const struct sv3_txn *txn);
/** The Stream table as the registers give it: its areas, while it can be read. */
void sv3__strtab_learn(struct sv3_monitor *m);

/* --- tables.c --- */

/** A walk went this way: its tables are known from now on. */
void sv3__walk_learn(struct sv3_monitor *m, uint32_t context, sv3_iova iova);
/** Tables are to be looked at anew by the walks to come. */
void sv3__walks_forget(struct sv3_monitor *m);
/** A doubleword of a table was changed. */
void sv3__table_store(struct sv3_monitor *m, uint32_t area, sv3_pa pa, uint64_t before,
		      uint64_t now);

/* --- owed.c --- */

void sv3__owed_init(struct sv3_monitor *m);
/** The entry of a span that begins at @input, not LATE; NONE. */
uint32_t sv3__owed_at(const struct sv3_monitor *m, uint32_t context, uint64_t input,
		      unsigned int span_lg2);
/** The entry that an address lies in. */
uint32_t sv3__owed_of(const struct sv3_monitor *m, uint32_t context, uint64_t input);
/** A new entry, or NONE; @like has what is known of it. */
uint32_t sv3__owed_add(struct sv3_monitor *m, const struct sv3__owed *like);
/** One more change of an entry that owes: it needs another invalidation. */
void sv3__owed_again(struct sv3_monitor *m, uint32_t owed, const struct sv3__owed *like);
void sv3__owed_move(struct sv3_monitor *m, uint32_t owed, enum sv3__state state);
void sv3__owed_remove(struct sv3_monitor *m, uint32_t owed);
/** Calls @visit for every entry whose old output lies in part in the range. */
typedef void (*sv3__owed_visit)(struct sv3_monitor *m, uint32_t owed, sv3_pa first, sv3_pa last);
void sv3__owed_by_output(struct sv3_monitor *m, sv3_pa pa, uint64_t len, sv3__owed_visit visit);

/* --- pay.c --- */

/** An invalidation was submitted. */
void sv3__owed_invalidate(struct sv3_monitor *m, const struct sv3__inval *inval);
/** CMD_ATC_INV was, of a stream. */
void sv3__owed_atc_inv(struct sv3_monitor *m, uint32_t stream_id, const struct sv3__inval *inval);
/** All commands before number @synced are complete. */
void sv3__owed_complete(struct sv3_monitor *m, uint64_t synced);

/* --- commands.c --- */

/** CMDQ_PROD is written. */
void sv3__commands_submit(struct sv3_monitor *m, uint32_t prod);
/** Software saw CMDQ_CONS. */
void sv3__commands_seen(struct sv3_monitor *m, uint32_t cons);
/** What the hardware has consumed by now is taken in. */
void sv3__catch_up(struct sv3_monitor *m);
/** A store into the queue. */
void sv3__commands_store(struct sv3_monitor *m, sv3_pa pa, uint64_t before, uint64_t now);

/* --- structures.c --- */

void sv3__structure_store(struct sv3_monitor *m, uint32_t area, sv3_pa pa, uint64_t before,
			  uint64_t now);
/** CMD_CFGI_x: [first, last] StreamIDs; @substream_id: of a CD, UINT32_MAX: of all. @cds_only: the
 *  STE stays. @leaf: what leads there stays. */
struct sv3__cfgi {
	uint64_t number;
	uint32_t first, last, substream_id;
	bool cds_only, leaf;
};
void sv3__structure_invalidate(struct sv3_monitor *m, const struct sv3__cfgi *cfgi);
void sv3__structure_complete(struct sv3_monitor *m, uint64_t synced);
void sv3__structure_finish(struct sv3_monitor *m);

/* --- registers.c --- */

/** Whether a field is guarded now, and changed all the same. */
void sv3__register_check(struct sv3_monitor *m, uint32_t offset, uint32_t size, uint64_t value);

/* --- audit.c --- */

/** Where stores are hidden: a leaf was used. */
void sv3__audit_note(struct sv3_monitor *m, uint32_t area, sv3_pa pa, uint64_t value);
/** What was used is compared with memory. */
void sv3__audit(struct sv3_monitor *m);

/* --- findings.c --- */

void sv3__find(struct sv3_monitor *m, const struct sv3_monitor_finding *finding);
/** In the order of their first times. */
void sv3__sort_findings(struct sv3_monitor *m);
/** The same of an entry, at the address @input. */
void sv3__find_owed(struct sv3_monitor *m, enum sv3_monitor_rule rule, const struct sv3__owed *owed,
		    uint64_t input, uint64_t found);

#endif
