/* SPDX-License-Identifier: MIT */
/*
 * smmu_priv.h - what the files of smmu/ share: the state block, and the functions of registers,
 * queues and interrupts. Those of a transaction's way stand in xlat_priv.h.
 *
 * The block is flat: arrays stand behind the struct, found by byte offsets, so that a copy is a
 * snapshot.
 */
#ifndef SMMU_PRIV_H
#define SMMU_PRIV_H

#include <string.h>

#include <sv3/arch.h>
#include <sv3/smmu.h>
#include <sv3/vmsa.h>

#define SV3__BLOCK_MAGIC   UINT64_C(0x756d6d7333767300) /* "\0sv3smmu" */
#define SV3__BLOCK_VERSION 3u
#define SV3__NONE          UINT32_MAX

/* --- Registers --- */

/* An enable that, while set, makes registers read-only. */
enum sv3__guard {
	SV3__GUARD_NONE,
	SV3__GUARD_SMMUEN,
	SV3__GUARD_CMDQEN,
	SV3__GUARD_EVENTQEN,
	SV3__GUARD_GERROR_IRQEN,
	SV3__GUARD_EVENTQ_IRQEN,
	SV3__GUARD_PRIQEN,
	SV3__GUARD_PRIQ_IRQEN,
};

enum sv3__reg {
#define REG(name, bits, access, reset, writable, guard, source) SV3__REG_##name,
#include "regs.def"
#undef REG
	SV3__REG_COUNT
};

/* Why something is refused: result.rule. 0: nothing is. */
enum sv3__rule {
	SV3__RULE_NONE,
#define RULE(name, event, source, what, remedy) SV3__RULE_##name,
#include "rules.def"
#undef RULE
	SV3__RULE_COUNT
};

/* --- Caches: one kind of set-associative, least-recently-used cache; keys and payloads are its
 * user's. So are partitions, of equal size: what is filled into one never replaces an entry of
 * another. The TLB has one for each TBU, the walk cache one for each level of each stage. --- */

struct sv3__key {
	uint64_t tag;          /* 0: free */
	uint32_t context;      /* ASID[15:0], VMID[31:16] */
	uint32_t context_mask; /* bits of context that must agree; without ASID: a global entry */
};

#define SV3__SPAN_COUNT 64u

struct sv3__cache {
	uint32_t entries; /* of all partitions */
	uint32_t ways, ways_lg2;
	uint32_t set_mask; /* sets of one partition, less 1 */
	uint32_t latest;   /* the entry found last */
	/* bytes from the start of the block */
	uint32_t keys_offset, orders_offset, payload_offset, payload_size;
	bool has_pieces; /* of leaves: an entry may be reached from outside of its span */
	uint8_t reserved[3];
	/* Bit n: there are entries that span 2^n bytes; how many. Other spans are not probed. */
	uint64_t live_spans;
	uint32_t span_count[SV3__SPAN_COUNT];
};

/* Addresses are tagged by bits 55:0: bit 55 selects the table, above it there is only the ignored
 * byte. */
#define SV3__VA_MASK SV3_BITS(55, 0)

/* A tag: address in units of the entry's span, regime, ASET, log2 of the span, and a bit that no
 * free entry has. [IHI0070 3.17, 3.17.1, 5.4 ASET] A global entry answers only lookups of its own
 * ASET; commands take both. */
#define SV3__TAG_ADDRESS_SHIFT 10

/* What tags of one regime and ASET have in common. Never 0. */
static inline uint64_t sv3__tag_family(uint32_t regime, bool aset)
{
	return (uint64_t)regime << 8 | (uint64_t)aset << 7 | 1;
}

static inline uint64_t sv3__tag(uint64_t address, uint64_t family, uint32_t span_lg2)
{
	return ((address & SV3__VA_MASK) >> span_lg2) << SV3__TAG_ADDRESS_SHIFT |
	       (uint64_t)span_lg2 << 1 | family;
}

static inline uint32_t sv3__tag_span_lg2(uint64_t tag)
{
	return (uint32_t)(tag >> 1) & 63;
}

static inline uint32_t sv3__tag_regime(uint64_t tag)
{
	return (uint32_t)(tag >> 8) & 3;
}

static inline uint64_t sv3__tag_first(uint64_t tag)
{
	return (tag >> SV3__TAG_ADDRESS_SHIFT) << sv3__tag_span_lg2(tag);
}

/* Which leaves an entry was made of, for commands that name a granule (TG) and a level (TTL). */
static inline uint8_t sv3__leaf_class(uint32_t granule_lg2, uint32_t level)
{
	return (uint8_t)(granule_lg2 << 2 | level);
}

/* log2 bytes around an entry that a command must name any address of to take it: its leaf, of which
 * smaller leaves of stage 2 may have left it a piece. [IHI0070 4.4] */
static inline uint32_t sv3__reach_lg2(uint32_t leaf_class, uint32_t span_lg2)
{
	uint32_t leaf_lg2 = sv3_vmsa_span_lg2(leaf_class >> 2, leaf_class & 3);

	return leaf_lg2 > span_lg2 ? leaf_lg2 : span_lg2;
}

/* What a TLB entry says. Bit n of @allowed is access kind n, see sv3__access_kind(). */
struct sv3__tlb_entry {
	sv3_pa pa;        /* of the first byte */
	uint8_t allowed;  /* by all stages it stands for */
	uint8_t passable; /* by its first stage, dirty updates included: what is not is refused */
	uint8_t span_lg2; /* log2 bytes */
	uint8_t leaf_class;
	/* of the output; regime STAGE2: MemAttr and SH as they stand in the descriptor */
	uint8_t memory, shareability;
	uint8_t reserved[2];
};

struct sv3__walk_entry {
	sv3_pa table;
	uint8_t limits; /* accumulated limits of the tables above, sv3__limit */
	uint8_t granule_lg2;
	uint8_t reserved[6];
};

/* Hierarchical limits of table descriptors. */
enum sv3__limit {
	SV3__LIMIT_PXN = 1u << 0,
	SV3__LIMIT_UXN = 1u << 1,
	SV3__LIMIT_NO_UNPRIV = 1u << 2,
	SV3__LIMIT_NO_WRITE = 1u << 3,
};

/* --- Decoded configuration: what an STE and its CD mean for a transaction. --- */

enum sv3__stream_kind {
	SV3__STREAM_ABORT,
	SV3__STREAM_BYPASS,
	SV3__STREAM_TRANSLATE,
};

/* Translation regimes: part of every tag. Entries of two regimes never meet. [IHI0070 3.17] */
enum sv3__regime {
	SV3__REGIME_EL1,     /* ASID and VMID; stage 1, with stage 2 combined where there is one */
	SV3__REGIME_EL2,     /* neither */
	SV3__REGIME_EL2_E2H, /* ASID */
	SV3__REGIME_STAGE2,  /* VMID: intermediate addresses */
};

struct sv3__ttb {
	sv3_pa table;
	uint8_t granule_lg2, input_size_lg2, start_level;
	bool disabled;         /* EPD */
	bool top_byte_ignored; /* TBI */
	bool no_hierarchy;     /* HAD */
	bool output_is_52;     /* bits 51:48 of addresses stand in 15:12 */
	uint8_t walk_memory;   /* SV3_MEMORY() of the walk: IR, OR */
};

/* What stage 2 of a stream is. [IHI0070 5.2] */
struct sv3__stage2 {
	struct sv3__ttb ttb;
	uint8_t output_size_lg2;
	bool ha, hd; /* effective: HD only with HA */
	bool affd, ptw, fwb, big_endian;
	bool stall, record; /* S2S, S2R */
	uint16_t vmid;
	uint8_t reserved[6];
};

struct sv3__context {
	struct sv3__ttb ttb[2];
	uint32_t tag_context; /* ASID | VMID << 16 */
	uint32_t fast_family; /* of tags sv3_smmu_try() may look for; 0: it must not. Cached only */
	uint8_t kind;         /* enum sv3__stream_kind */
	bool aset;            /* CD.ASET */
	uint8_t access_bits[8]; /* sv3__access_index() -> bit of @allowed */
	uint8_t output_size_lg2;
	uint8_t privcfg, instcfg; /* STE overrides */
	bool ha, hd;              /* effective: HD only with HA */
	bool affd, wxn, pan;
	bool abort;  /* CD.A */
	bool record; /* CD.R */
	bool stall;  /* CD.S */
	bool big_endian;
	bool stage1, stage2; /* what translates; neither: bypass or abort */
	uint8_t regime;      /* enum sv3__regime of the entries of its input address */
	uint8_t eats;        /* effective STE.EATS */
	bool mev;
	/* Overrides of the incoming attributes. [IHI0070 13.1.3] */
	bool memory_override;    /* MTCFG */
	uint8_t memory_forced;   /* SV3_MEMORY() with it */
	uint8_t share_cfg;       /* SHCFG: 1 takes what comes in, else enum sv3_shareability */
	bool abort_is_silent_ur; /* Config = 0b000: an ATS request is answered UR, no record */
	uint64_t mair;           /* CD.MAIR */
	struct sv3__stage2 s2;
};

/* --- Slots --- */

enum sv3__phase {
	SV3__PHASE_FREE,
	SV3__PHASE_CONFIG,
	SV3__PHASE_L1STD,
	SV3__PHASE_STE,
	SV3__PHASE_L1CD,
	SV3__PHASE_CD,
	SV3__PHASE_TLB,
	SV3__PHASE_S1_READ,   /* a descriptor of stage 1 */
	SV3__PHASE_S1_LEAF,   /* its permissions, and what must be updated */
	SV3__PHASE_S1_UPDATE, /* compare-and-swap */
	SV3__PHASE_S2_TLB,    /* stage 2 of slot->ipa, for slot->purpose */
	SV3__PHASE_S2_READ,
	SV3__PHASE_S2_LEAF,
	SV3__PHASE_S2_UPDATE,
	SV3__PHASE_OUTPUT, /* all stages agree: what is still to be updated? */
	SV3__PHASE_STALLED,
	SV3__PHASE_DONE,
};

/* What a fault is, beyond who made it; unused members 0. */
struct sv3__fault {
	enum sv3_event event;
	enum sv3__rule rule;
	uint32_t event_class; /* CLASS */
	bool stage2;          /* S2: found by stage 2, @ipa counts */
	bool table_read;      /* TTRnW, for CLASS = TT */
	bool read_refused;    /* F_PERMISSION of an atomic that lacks only the right to read */
	bool stall;           /* the record says Stall = 1, with the STAG */
	sv3_pa fetch_pa;      /* counts where the record has FetchAddr */
	uint64_t ipa;
};

/* How a stalled transaction goes on. */
enum sv3__resume {
	SV3__RESUME_NOT_YET,
	SV3__RESUME_RETRY,
	SV3__RESUME_ABORT,
	SV3__RESUME_RAZ_WI,
};

/* What stage 2 translates an intermediate address for. */
enum sv3__purpose {
	SV3__FOR_CD,
	SV3__FOR_TABLE_READ,
	SV3__FOR_TABLE_WRITE,
	SV3__FOR_OUTPUT,
};

/* A walk of one stage, as far as it got. */
struct sv3__walk {
	uint64_t input; /* address it translates */
	sv3_pa table;   /* at hand; of a leaf: its output */
	sv3_pa descriptor_pa;
	uint64_t descriptor, updated; /* as it was read; as it must stand */
	uint8_t level, limits;
	uint8_t allowed, upgradable;
	uint8_t span_lg2; /* of the leaf */
	bool hit;         /* the TLB answered: nothing was read, nothing is to be updated */
	uint8_t reserved[2];
};

struct sv3__slot {
	struct sv3_txn txn;
	/* From here on all is 0 when a transaction begins. */
	struct sv3_result result;
	struct sv3__fault fault; /* that waits: for an update, or for CMD_RESUME */
	uint8_t phase;           /* enum sv3__phase */
	uint8_t purpose;         /* enum sv3__purpose */
	uint8_t phase_after_cd;  /* where a CD fetch goes on once its address is translated */
	uint8_t access_kind;     /* sv3__access_kind() */
	uint8_t wanted;          /* kinds of access that must be allowed, a set */
	uint8_t leaf_class;      /* of the leaf the result rests on */
	bool translated;         /* the result rests on a leaf: a TLBI of it concerns this slot */
	bool global;             /* that leaf is global */
	bool rests_on_tables;    /* a walk began: a TLBI may concern this slot */
	bool marked;             /* an invalidation hit what it uses: CMD_SYNC waits for it */
	bool from_first_level;   /* a changed descriptor sent it back: no walk cache */
	bool missed;             /* its TLB miss is counted */
	bool fault_waits;        /* @fault is due when the update is done */
	bool asked;              /* a need is out */
	bool prefetch;           /* of a command: no result, no record */
	bool config_only;        /* a prefetch that ends with the CD */
	bool has_context;        /* @context is this transaction's */
	bool has_fetched;        /* so are @fetched and @ste */
	/* stalls, see stall.c; the STAG is the slot's number */
	uint8_t resume;      /* enum sv3__resume */
	bool woken;          /* named by next_ready until it is stepped */
	bool has_stag;       /* else it waits for one: STALL_MAX are taken */
	bool record_due;     /* its record is not written yet */
	uint32_t stall_next; /* list of records due, oldest first */
	uint32_t next_free;
	/* To here. Configuration: */
	uint32_t fetch_done_bytes;
	sv3_pa fetch_pa;
	struct sv3__context context;
	uint8_t fetched[64];
	uint64_t ste[8];
	/* walks, with rests_on_tables; all behind s1 with stage 2 only */
	struct sv3__walk s1, s2;
	struct sv3__walk output2; /* the walk of the output address, held back */
	uint64_t ipa;             /* that stage 2 translates */
	uint64_t descriptor_ipa;  /* where the stage-1 descriptor stands, with two stages */
};

/* --- Jobs --- */

enum sv3__job {
	SV3__JOB_CMDQ,
	SV3__JOB_EVTQ,
	SV3__JOB_GERROR,
	SV3__JOB_PRIQ,
	SV3__JOB_PMCG,
	SV3__JOB_COUNT
};

enum sv3__cmdq_phase {
	SV3__CMDQ_IDLE,
	SV3__CMDQ_FETCH,
	SV3__CMDQ_PREFETCH,
	SV3__CMDQ_ATC_INV,
	SV3__CMDQ_PRI_RESP,
	SV3__CMDQ_SYNC_WAIT,
	SV3__CMDQ_SYNC_SIGNAL,
	SV3__CMDQ_SEV,
};

struct sv3__cmdq {
	uint64_t command[2];
	sv3_iova prefetch_next;
	uint32_t prefetch_left; /* addresses */
	uint32_t phase;         /* enum sv3__cmdq_phase */
	bool busy;              /* being stepped: a need is out */
	bool atc_timed_out;     /* an ATC_INV since the last SYNC did */
	bool sev_due;           /* a full queue became non-full */
	bool invalidated;       /* something was, since the last SYNC */
	uint8_t reserved[4];
};

struct sv3__record {
	uint64_t words[4];
};

enum sv3__evtq_phase {
	SV3__EVTQ_IDLE,
	SV3__EVTQ_WRITE,
	SV3__EVTQ_SIGNAL,
};

struct sv3__evtq {
	uint32_t head, count, capacity; /* ring of records not settled */
	uint32_t ahead;                 /* of them, those that a SYNC waits for */
	uint32_t records_offset;
	uint32_t phase; /* enum sv3__evtq_phase */
	bool busy;
	bool interrupt_due;
	bool stall_write;       /* the record being written is that of a stall, not of the ring */
	bool stall_write_ahead; /* and a SYNC waits for it */
};

struct sv3__gerror {
	bool interrupt_due, busy;
	uint8_t reserved[6];
};

/* Stalled transactions. */
struct sv3__stalls {
	uint32_t count;                    /* that have a STAG */
	uint32_t woken_count;              /* slots that next_ready has to name */
	uint32_t record_head, record_tail; /* slots whose record is due; SV3__NONE */
};

#define SV3__PRI_RING 64u /* page requests taken and not yet written */

enum sv3__priq_phase {
	SV3__PRIQ_IDLE,
	SV3__PRIQ_WRITE,
	SV3__PRIQ_RESPOND,
	SV3__PRIQ_SIGNAL,
};

struct sv3__priq {
	struct sv3_page_request ring[SV3__PRI_RING];
	uint32_t head, count;
	uint32_t phase; /* enum sv3__priq_phase */
	bool busy, interrupt_due;
	uint8_t reserved[2];
};

#define SV3__PMCG_COUNTERS_MAX 64u

struct sv3__pmcg {
	bool counting; /* enabled, and at least one counter too: the fast path keeps out */
	bool interrupt_due, busy;
	uint8_t reserved[5];
	/* registers: see pmcg.c */
	uint64_t counters[SV3__PMCG_COUNTERS_MAX], captured[SV3__PMCG_COUNTERS_MAX];
	uint32_t types[SV3__PMCG_COUNTERS_MAX], filters[SV3__PMCG_COUNTERS_MAX];
	uint64_t enabled, interrupts, overflowed;
	uint64_t irq_cfg0;
	uint32_t irq_cfg1, irq_cfg2, irq_ctrl, irq_ctrlack, irq_status, cr;
};

/* Registers whose change is not acknowledged yet. */
struct sv3__updates {
	/* register accesses until CR0ACK and IRQ_CTRLACK may follow, that of the write included; 0:
	 * none waits */
	uint32_t left;
	uint32_t gbpa_left; /* likewise for GBPA.Update */
	uint32_t gbpa_next; /* GBPA once it is done */
	uint32_t reserved;
};

/* --- The block --- */

struct sv3_smmu {
	uint64_t magic;
	uint32_t version, size_bytes;
	struct sv3_smmu_config config;
	uint64_t regs[SV3__REG_COUNT];
	struct sv3__cache tlb, walk_cache, config_cache;
	struct sv3__cmdq cmdq;
	struct sv3__evtq evtq;
	struct sv3__gerror gerror;
	struct sv3__stalls stalls;
	struct sv3__priq priq;
	struct sv3__pmcg pmcg;
	struct sv3__updates updates;
	bool fast_path; /* sv3_smmu_try() may answer: see sv3__fast_path_update() */
	uint8_t reserved[7];
	uint32_t slots_offset, stats_offset;
	uint32_t free_slot;    /* head of the list of free slots */
	uint32_t active_count; /* slots in use */
	uint32_t marked_count; /* of them, marked */
	uint32_t oas_lg2;
};

static inline void *sv3__at(const struct sv3_smmu *smmu, uint32_t offset)
{
	return (uint8_t *)(uintptr_t)smmu + offset;
}

static inline struct sv3__slot *sv3__slot(const struct sv3_smmu *smmu, uint32_t index)
{
	return (struct sv3__slot *)sv3__at(smmu, smmu->slots_offset) + index;
}

static inline struct sv3_smmu_stats *sv3__stats(const struct sv3_smmu *smmu)
{
	return (struct sv3_smmu_stats *)sv3__at(smmu, smmu->stats_offset);
}

/* Keys of entries that invalidations took out of the TLB, behind the counters. */
struct sv3__removed {
	uint64_t spans;         /* bit n: a key that spans 2^n bytes was put here since reset */
	struct sv3__key keys[]; /* by set and way, as the TLB's; tag 0: none */
};

static inline uint32_t sv3__removed_offset(uint32_t stats_offset)
{
	return stats_offset + (((uint32_t)sizeof(struct sv3_smmu_stats) + 63) & ~63u);
}

static inline struct sv3__removed *sv3__removed(const struct sv3_smmu *smmu)
{
	return (struct sv3__removed *)sv3__at(smmu, sv3__removed_offset(smmu->stats_offset));
}

/* Enabled, and not about to be disabled: new work may begin. */
static inline bool sv3__enabled(const struct sv3_smmu *smmu, uint64_t cr0_bit)
{
	return (smmu->regs[SV3__REG_CR0ACK] & smmu->regs[SV3__REG_CR0] & cr0_bit) != 0;
}

/* Whether a choice of the architecture is taken the other way. */
static inline bool sv3__chooses(const struct sv3_smmu *smmu, enum sv3_choice choice)
{
	return (smmu->config.choices & choice) != 0;
}

static inline bool sv3__fast_path_is_open(const struct sv3_smmu *smmu)
{
	return sv3__enabled(smmu, SV3_CR0_SMMUEN) && smmu->tlb.entries != 0 &&
	       !smmu->pmcg.counting && !sv3__chooses(smmu, SV3_CHOICE_TLB_CONFLICT);
}

/* To be called when CR0, CR0ACK or the monitors change. */
static inline void sv3__fast_path_update(struct sv3_smmu *smmu)
{
	smmu->fast_path = sv3__fast_path_is_open(smmu);
}

/* --- update.c --- */

/* CR0ACK and IRQ_CTRLACK follow what is written as soon as nothing in flight speaks against it: to
 * be called whenever something in flight ends. */
void sv3__acknowledge(struct sv3_smmu *smmu);
/* An access of software is over: what it waits for comes nearer. */
void sv3__updates_count_down(struct sv3_smmu *smmu);

/* --- reg.c --- */

/* PIDRn and CIDRn at @offset of a 4 KiB page, in Arm's layout; @class: CIDR1. */
uint32_t sv3__id_register(uint32_t iidr, uint32_t offset, uint32_t class);

/* --- smmu.c --- */

/* Where everything stands in a block of this configuration. */
void sv3__layout(struct sv3_smmu *smmu, const struct sv3_smmu_config *config);
/* A slot as sv3_smmu_begin() leaves it. The one behind the last is the command queue's, for
 * prefetches. */
void sv3__slot_begin(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_txn *txn);
enum sv3_event sv3__rule_event(enum sv3__rule rule);
static inline uint32_t sv3__slot_index(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	return (uint32_t)(slot - sv3__slot(smmu, 0));
}

/* --- evtq.c --- */

/* A record of a transaction that is terminated. Never fails: begin kept room for it. */
void sv3__event_raise(struct sv3_smmu *smmu, const struct sv3__slot *slot,
		      const struct sv3__fault *fault);
bool sv3__evtq_ready(const struct sv3_smmu *smmu);
void sv3__evtq_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need);
void sv3__evtq_disabled(struct sv3_smmu *smmu);
/* A write of the queue is out: EVENTQEN cannot be acknowledged as 0 yet; likewise its interrupt. */
bool sv3__evtq_is_writing(const struct sv3_smmu *smmu);
bool sv3__evtq_is_signalling(const struct sv3_smmu *smmu);
/* A SYNC begins: what it has to wait for, and whether that is settled. */
void sv3__evtq_sync_begin(struct sv3_smmu *smmu);
bool sv3__evtq_sync_is_complete(const struct sv3_smmu *smmu);

/* --- stall.c --- */

/* Park a transaction: its record is written when the queue has room, and it goes on after
 * CMD_RESUME. Sets its phase to STALLED. [IHI0070 3.12.2] */
void sv3__stall_begin(struct sv3_smmu *smmu, struct sv3__slot *slot,
		      const struct sv3__fault *fault);
/* CMD_RESUME: nothing happens unless @stag is stalled and belongs to @stream_id. */
void sv3__stall_resume(struct sv3_smmu *smmu, uint32_t stream_id, uint32_t stag,
		       enum sv3__resume how);
/* CMD_STALL_TERM. */
void sv3__stall_terminate(struct sv3_smmu *smmu, uint32_t stream_id);
/* SMMUEN = 0: all of them abort. */
void sv3__stall_abort_all(struct sv3_smmu *smmu);
/* A woken slot was stepped: it is named no more, and its STAG is free. */
void sv3__stall_end(struct sv3_smmu *smmu, struct sv3__slot *slot);
/* The slot that next_ready should name, SV3__NONE if there is none. */
uint32_t sv3__stall_woken(const struct sv3_smmu *smmu);
/* A SYNC behind invalidations: stalls whose record is not written are tried again. */
void sv3__stall_sync(struct sv3_smmu *smmu);
/* The oldest stall whose record is due, NULL if there is none; taken: its record is on its way. */
struct sv3__slot *sv3__stall_record_due(const struct sv3_smmu *smmu);
void sv3__stall_record_taken(struct sv3_smmu *smmu);

/* --- priq.c --- */

bool sv3__priq_ready(const struct sv3_smmu *smmu);
void sv3__priq_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need);
bool sv3__priq_is_writing(const struct sv3_smmu *smmu);
bool sv3__priq_is_signalling(const struct sv3_smmu *smmu);

/* --- pmcg.c --- */

/* Architected events. [IHI0070 10.4] */
enum sv3__pmcg_event {
	SV3__PMCG_CYCLE = 0,
	SV3__PMCG_TRANSACTION = 1,
	SV3__PMCG_TLB_MISS = 2,
	SV3__PMCG_CONFIG_MISS = 3,
	SV3__PMCG_WALK_READ = 4,
	SV3__PMCG_CONFIG_READ = 5,
	SV3__PMCG_ATS_REQUEST = 6,
	SV3__PMCG_ATS_TRANSLATED = 7,
};

void sv3__pmcg_add(struct sv3_smmu *smmu, enum sv3__pmcg_event event, uint32_t stream_id);
static inline void sv3__pmcg_count(struct sv3_smmu *smmu, enum sv3__pmcg_event event,
				   uint32_t stream_id)
{
	if (smmu->pmcg.counting)
		sv3__pmcg_add(smmu, event, stream_id);
}
uint64_t sv3__pmcg_read(const struct sv3_smmu *smmu, uint32_t offset, uint32_t size);
/* @offset: that of sv3_smmu_reg_write() */
void sv3__pmcg_write(struct sv3_smmu *smmu, uint32_t offset, uint32_t size, uint64_t value);
bool sv3__pmcg_ready(const struct sv3_smmu *smmu);
void sv3__pmcg_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need);

/* --- cmd.c --- */

enum sv3__verdict {
	SV3__CMD_DONE,
	SV3__CMD_ILLEGAL,
	SV3__CMD_PREFETCH, /* cmdq.prefetch_left addresses from prefetch_next on */
	SV3__CMD_ATC_INV,
	SV3__CMD_PRI_RESP,
	SV3__CMD_SYNC,
};

/* A prefetch ends after this many addresses, and after as many as the TLB holds. IMPDEF(I-083)
 * [IHI0070 4.2.2] */
#define SV3__PREFETCH_MAX 256u

/* Check a command and do what it does at once; the rest is for the queue. */
enum sv3__verdict sv3__cmd_execute(struct sv3_smmu *smmu, const uint64_t command[2]);
/* What a prefetch looks up next. */
struct sv3_txn sv3__cmd_prefetch_txn(const struct sv3_smmu *smmu);
/* Bytes from one address of a prefetch to the next, log2. */
uint32_t sv3__cmd_prefetch_stride_lg2(const struct sv3_smmu *smmu);
/* What ATC_INV and PRI_RESP tell the endpoint. */
struct sv3_ats_message sv3__cmd_atc_inv(const struct sv3_smmu *smmu, const uint64_t command[2]);
struct sv3_ats_message sv3__cmd_pri_resp(const struct sv3_smmu *smmu, const uint64_t command[2]);

/* --- cmdq.c --- */

bool sv3__cmdq_ready(const struct sv3_smmu *smmu);
void sv3__cmdq_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need);
void sv3__cmdq_disabled(struct sv3_smmu *smmu);

/* --- irq.c --- */

void sv3__gerror_raise(struct sv3_smmu *smmu, uint64_t bit);
static inline bool sv3__irq_enabled(const struct sv3_smmu *smmu, uint64_t bit)
{
	return (smmu->regs[SV3__REG_IRQ_CTRLACK] & smmu->regs[SV3__REG_IRQ_CTRL] & bit) != 0;
}
static inline bool sv3__gerror_active(const struct sv3_smmu *smmu, uint64_t bit)
{
	return ((smmu->regs[SV3__REG_GERROR] ^ smmu->regs[SV3__REG_GERRORN]) & bit) != 0;
}
bool sv3__gerror_ready(const struct sv3_smmu *smmu);
void sv3__gerror_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need);
/* Ask for interrupt @irq: an MSI where @address is not 0 and the SMMU has MSIs, else the wire. */
void sv3__interrupt_ask(const struct sv3_smmu *smmu, enum sv3_irq irq, uint64_t address,
			uint32_t data, struct sv3_need *need);

/* --- queues --- */

/* Entries of a queue. [IHI0070 6.3.26, 6.3.29] LOG2SIZE beyond the implemented size counts as that
 * size. */
static inline uint64_t sv3__queue_wrap(const struct sv3_smmu *smmu, enum sv3__reg base)
{
	uint64_t size_lg2 = SV3_GET(SV3_QUEUE_BASE_LOG2SIZE, smmu->regs[base]);
	uint64_t size_lg2_max =
		base == SV3__REG_CMDQ_BASE   ? SV3_GET(SV3_IDR1_CMDQS, smmu->config.idr1)
		: base == SV3__REG_PRIQ_BASE ? SV3_GET(SV3_IDR1_PRIQS, smmu->config.idr1)
					     : SV3_GET(SV3_IDR1_EVENTQS, smmu->config.idr1);

	return SV3_BIT(size_lg2 < size_lg2_max ? size_lg2 : size_lg2_max);
}

/* The index behind @index, with its wrap bit. */
static inline uint64_t sv3__queue_next(uint64_t index, uint64_t wrap)
{
	return (index + 1) & (2 * wrap - 1);
}

static inline sv3_pa sv3__queue_entry_pa(const struct sv3_smmu *smmu, enum sv3__reg base,
					 uint64_t index, uint32_t entry_bytes)
{
	uint64_t wrap = sv3__queue_wrap(smmu, base);
	uint64_t align = wrap * entry_bytes > 32 ? wrap * entry_bytes : 32;

	/* [IHI0070 3.5.1, 6.3.26] The base is aligned to the queue's size; low bits are taken as
	 * 0. */
	return (smmu->regs[base] & SV3_QUEUE_BASE_ADDR & ~(align - 1) &
		(SV3_BIT(smmu->oas_lg2) - 1)) +
	       (index & (wrap - 1)) * entry_bytes;
}

#endif
