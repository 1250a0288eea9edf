/* SPDX-License-Identifier: MIT */
/*
 * smmu_priv.h - what the files of smmu/ share: the state block and the functions between files.
 *
 * The block is flat: arrays stand behind the struct, found by byte offsets, so that a copy is a
 * snapshot. Control flow of a transaction stands in xlat.c alone; every decision is a pure function
 * of its own file.
 */
#ifndef SMMU_PRIV_H
#define SMMU_PRIV_H

#include <string.h>

#include <sv3/arch.h>
#include <sv3/smmu.h>
#include <sv3/vmsa.h>

#define SV3__BLOCK_MAGIC   UINT64_C(0x756d6d7333767300) /* "\0sv3smmu" */
#define SV3__BLOCK_VERSION 1u
#define SV3__NONE          UINT32_MAX

static inline uint32_t sv3__smaller(uint32_t one, uint32_t other)
{
	return one < other ? one : other;
}

static inline uint32_t sv3__larger(uint32_t one, uint32_t other)
{
	return one > other ? one : other;
}

/* Where @address is among the 2^@span_lg2 bytes of its leaf. */
static inline uint64_t sv3__offset_in(uint64_t address, uint32_t span_lg2)
{
	return address & (SV3_BIT(span_lg2) - 1);
}

/* An STE or a CD as it stands in memory. */
static inline void sv3__words_of_structure(uint64_t words[8], const uint8_t bytes[64])
{
	for (uint32_t i = 0; i < 8; i++)
		words[i] = sv3_le64(bytes + 8 * i);
}

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
 * user's. --- */

struct sv3__key {
	uint64_t tag;          /* 0: free */
	uint32_t context;      /* ASID[15:0], VMID[31:16] */
	uint32_t context_mask; /* bits of context that must agree; without ASID: a global entry */
};

#define SV3__SPAN_COUNT 64u

struct sv3__cache {
	uint32_t entries, ways, ways_lg2, set_mask;
	uint32_t latest; /* the entry found last */
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

static inline uint64_t sv3__tag(uint64_t address, uint32_t regime, bool aset, uint32_t span_lg2)
{
	return ((address & SV3__VA_MASK) >> span_lg2) << SV3__TAG_ADDRESS_SHIFT |
	       (uint64_t)regime << 8 | (uint64_t)aset << 7 | (uint64_t)span_lg2 << 1 | 1;
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
	uint32_t tag_context;   /* ASID | VMID << 16 */
	uint8_t kind;           /* enum sv3__stream_kind */
	bool aset;              /* CD.ASET */
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
	/* walks, with rests_on_tables */
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

/* To be called when CR0, CR0ACK or the monitors change. */
static inline void sv3__fast_path_update(struct sv3_smmu *smmu)
{
	smmu->fast_path = sv3__enabled(smmu, SV3_CR0_SMMUEN) && smmu->tlb.entries != 0 &&
			  !smmu->pmcg.counting;
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

/* --- cache.c --- */

void sv3__cache_reset(struct sv3_smmu *smmu, struct sv3__cache *cache);
/* Index of the entry filled for a key; an entry with the same tag is replaced, else the oldest of
 * its set. */
uint32_t sv3__cache_fill(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t set,
			 const struct sv3__key *key);
void sv3__cache_drop(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t entry);

static inline struct sv3__key *sv3__cache_keys(const struct sv3_smmu *smmu,
					       const struct sv3__cache *cache)
{
	return (struct sv3__key *)sv3__at(smmu, cache->keys_offset);
}

static inline void *sv3__cache_payload(const struct sv3_smmu *smmu, const struct sv3__cache *cache,
				       uint32_t entry)
{
	return sv3__at(smmu, cache->payload_offset + entry * cache->payload_size);
}

/* Tags are compared without branches: which way hits is not predictable. Bit n of the result: way
 * n. */
static inline uint32_t sv3__four_ways_with_tag(const struct sv3__key *keys, uint64_t tag)
{
	return (uint32_t)(keys[0].tag == tag) | (uint32_t)(keys[1].tag == tag) << 1 |
	       (uint32_t)(keys[2].tag == tag) << 2 | (uint32_t)(keys[3].tag == tag) << 3;
}

static inline uint32_t sv3__ways_with_tag(const struct sv3__key *keys, uint32_t ways, uint64_t tag)
{
	uint32_t matches = 0;

	if (ways == 4)
		return sv3__four_ways_with_tag(keys, tag);
	for (uint32_t way = 0; way < ways; way++)
		matches |= (uint32_t)(keys[way].tag == tag) << way;
	return matches;
}

static inline uint32_t sv3__cache_find(const struct sv3_smmu *smmu, const struct sv3__cache *cache,
				       uint32_t set, uint64_t tag, uint32_t context)
{
	uint32_t first = set << cache->ways_lg2;
	const struct sv3__key *keys = sv3__cache_keys(smmu, cache) + first;
	uint32_t matches = sv3__ways_with_tag(keys, cache->ways, tag);

	/* Several contexts may have the same address: rarely more than one of them is here. */
	for (; matches != 0; matches &= matches - 1) {
		uint32_t way = (uint32_t)__builtin_ctz(matches);

		if (((keys[way].context ^ context) & keys[way].context_mask) == 0)
			return first + way;
	}
	return SV3__NONE;
}

/*
 * Order of use in a set is a matrix of 8 x 8 bits: bit b of byte a says that way a was used after
 * way b. To use a way is to fill its row and empty its column; the way used longest ago is the one
 * whose row is empty.
 */
#define SV3__COLUMN UINT64_C(0x0101010101010101)

static inline void sv3__cache_use(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t entry)
{
	uint64_t *order =
		(uint64_t *)sv3__at(smmu, cache->orders_offset) + (entry >> cache->ways_lg2);
	uint32_t way = entry & (cache->ways - 1);

	*order = (*order | UINT64_C(0xff) << (8 * way)) & ~(SV3__COLUMN << way);
}

/* --- tlb.c --- */

/* What an invalidation command targets. */
struct sv3__tlbi {
	uint32_t regimes;               /* bit n: enum sv3__regime n */
	uint32_t context, context_mask; /* bits of the context that must agree */
	bool spare_global;              /* global entries stay */
	bool leaf_only;                 /* walk-cache entries stay */
	uint64_t first, last;           /* bits 55:0 of the addresses, inclusive */
	uint32_t granule_lg2;           /* 0: any */
	uint32_t level;                 /* 0: any, else only leaves of that level */
};

/* Which entries answer: the context, regime and ASET a lookup is made for. */
struct sv3__tlb_scope {
	uint32_t context, regime;
	bool aset;
};

uint32_t sv3__tlb_lookup(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope,
			 uint64_t address);
/* A new entry for @address, unless nothing may be filled now. */
void sv3__tlb_fill(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope, uint64_t address,
		   bool global, const struct sv3__tlb_entry *says);
/* The deepest table known for the walk's input: table, level and limits of @walk begin there. */
bool sv3__walk_cache_lookup(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope,
			    const struct sv3__ttb *ttb, struct sv3__walk *walk);
/* @table is what the descriptor at the walk's level points to. */
void sv3__walk_cache_fill(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope,
			  const struct sv3__ttb *ttb, const struct sv3__walk *walk, sv3_pa table);
/* Whether an invalidation takes an entry of @regime whose context differs from its own by @apart.
 * Addresses are compared by the caller. */
bool sv3__tlbi_takes(const struct sv3__tlbi *tlbi, uint32_t regime, uint32_t apart, bool is_global);
/* TG and TTL. */
bool sv3__tlbi_takes_leaf(const struct sv3__tlbi *tlbi, uint32_t leaf_class);
void sv3__tlb_invalidate(struct sv3_smmu *smmu, const struct sv3__tlbi *tlbi);

static inline struct sv3__tlb_scope sv3__scope_of(const struct sv3__context *context)
{
	return (struct sv3__tlb_scope){ context->tag_context, context->regime, context->aset };
}

static inline struct sv3__tlb_scope sv3__stage2_scope_of(const struct sv3__context *context)
{
	return (struct sv3__tlb_scope){ (uint32_t)context->s2.vmid << 16, SV3__REGIME_STAGE2,
					false };
}

/* --- cfg.c --- */

struct sv3__cfgi {
	uint32_t stream_first, stream_last; /* inclusive */
	bool any_substream;
	uint32_t substream_id;
};

/* StreamID[31:0], SubstreamID[51:32], SSV, and a bit that no free entry has. */
static inline uint64_t sv3__config_tag(const struct sv3_txn *txn)
{
	uint64_t tag = SV3_BIT(63) | txn->stream_id;

	if (!txn->substream_valid)
		return tag;
	/* A SubstreamID of more than 20 bits is never legal: its tag is that of no entry. */
	if (txn->substream_id >> 20 != 0)
		return tag | SV3_BIT(62);
	return tag | SV3_BIT(52) | (uint64_t)txn->substream_id << 32;
}

struct sv3__context *sv3__config_search(struct sv3_smmu *smmu, uint64_t tag);

/* What a stream means, or NULL: not cached. One stream often comes many times in a row: its entry
 * is the most recent one already, and nothing has to be searched. */
static inline struct sv3__context *sv3__config_lookup(struct sv3_smmu *smmu,
						      const struct sv3_txn *txn)
{
	struct sv3__cache *cache = &smmu->config_cache;
	uint64_t tag = sv3__config_tag(txn);

	if (cache->entries != 0 && sv3__cache_keys(smmu, cache)[cache->latest].tag == tag)
		return sv3__cache_payload(smmu, cache, cache->latest);
	return sv3__config_search(smmu, tag);
}

void sv3__config_fill(struct sv3_smmu *smmu, const struct sv3__slot *slot);
void sv3__config_invalidate(struct sv3_smmu *smmu, const struct sv3__cfgi *cfgi);

/* Where a structure is found, or why not (SV3__RULE_NONE: found). */
struct sv3__located {
	sv3_pa pa; /* of a CD behind stage 2: an intermediate address */
	enum sv3__rule rule;
	bool two_level; /* @pa is that of a level-1 descriptor */
};

struct sv3__located sv3__locate_ste(const struct sv3_smmu *smmu, uint32_t stream_id);
struct sv3__located sv3__locate_ste_level2(const struct sv3_smmu *smmu, uint32_t stream_id,
					   uint64_t l1std);
struct sv3__located sv3__locate_cd(const struct sv3_smmu *smmu, const uint64_t ste[8],
				   const struct sv3_txn *txn);
struct sv3__located sv3__locate_cd_level2(const struct sv3_smmu *smmu, const uint64_t ste[8],
					  const struct sv3_txn *txn, uint64_t l1cd);

/* What a stream means by the cache, which is not changed; NULL: not cached. */
const struct sv3__context *sv3__config_peek(const struct sv3_smmu *smmu, const struct sv3_txn *txn);

/* --- ttb.c: what STE and CD say in the same way --- */

/* A granule as TG0 and S2TG encode it; 0: reserved, or IDR5 does not have it. */
uint8_t sv3__granule_lg2(const struct sv3_smmu *smmu, uint64_t encoded);
/* Largest legal T0SZ, T1SZ, S2T0SZ. */
uint32_t sv3__txsz_max(const struct sv3_smmu *smmu, uint32_t granule_lg2);
/* IPS and S2PS, capped to what is implemented. */
uint8_t sv3__output_size_lg2(const struct sv3_smmu *smmu, uint64_t encoded);
/* SV3_MEMORY() of walks by IR and OR. */
uint8_t sv3__walk_memory(uint64_t inner, uint64_t outer);
bool sv3__endian_exists(const struct sv3_smmu *smmu, bool big);
/* The address in S2TTB, TTB0 and TTB1, which stand in the same bits. */
uint64_t sv3__ttb_base(const struct sv3_smmu *smmu, uint64_t word);
/* Set address and format of a table whose granule, size and first level are known. */
void sv3__ttb_place(const struct sv3_smmu *smmu, struct sv3__ttb *ttb, uint64_t base,
		    uint32_t output_size_lg2);

/* --- ste.c, cd.c: SV3__RULE_NONE: legal --- */

enum sv3__rule sv3__ste_decode(const struct sv3_smmu *smmu, const uint64_t ste[8],
			       struct sv3__context *context);
/* Whether a transaction without SubstreamID skips stage 1 (S1DSS). */
bool sv3__ste_bypasses_stage1(const struct sv3_smmu *smmu, const uint64_t ste[8],
			      const struct sv3_txn *txn);
/* Stage 2 becomes the stage of the input address, alone: Config = 0b110 (sv3__ste_decode() has done
 * it), S1DSS = bypass of 0b111, Translated traffic with split-stage ATS. */
void sv3__context_to_stage2(struct sv3__context *context);
/* log2 of the CDs behind an STE; 0: one, and no SubstreamIDs. */
uint64_t sv3__ste_cd_max(const struct sv3_smmu *smmu, const uint64_t ste[8]);
/* After sv3__ste_decode() on the same context. */
enum sv3__rule sv3__cd_decode(const struct sv3_smmu *smmu, const uint64_t ste[8],
			      const uint64_t cd[8], struct sv3__context *context);
/* The input of the stream is that of stage 2: no stage 1, or one that is passed by. */
void sv3__context_to_stage2(struct sv3__context *context);

/* --- attr.c --- */

#define SV3__SHARE_INCOMING 1u /* SHCFG: what comes in */

struct sv3__attributes {
	uint8_t memory;       /* SV3_MEMORY() */
	uint8_t shareability; /* enum sv3_shareability */
};

static inline bool sv3__attr_is_device(uint8_t memory)
{
	return SV3_MEMORY_INNER(memory) >= SV3_MEMORY_DEVICE_GRE;
}

/* SV3_MEMORY() of MemAttr[3:0] as STE, GBPA and, without FWB, a stage-2 leaf encode it. */
uint8_t sv3__attr_memory(uint64_t mem_attr);
/* What comes in, after the overrides of the STE. */
struct sv3__attributes sv3__attr_input(const struct sv3__context *context,
				       const struct sv3_txn *txn);
/* SMMUEN = 0: by GBPA. */
struct sv3__attributes sv3__attr_global_bypass(const struct sv3_smmu *smmu,
					       const struct sv3_txn *txn);
/* What a stage-1 leaf says, by CD.MAIR. */
struct sv3__attributes sv3__attr_stage1(const struct sv3__context *context, uint64_t descriptor);
/* What a stage-2 leaf makes of the output of stage 1 or, without it, of the input. */
struct sv3__attributes sv3__attr_stage2(const struct sv3__context *context,
					struct sv3__attributes input, uint64_t descriptor);

/* --- walk.c --- */

enum sv3__step {
	SV3__STEP_TABLE,
	SV3__STEP_LEAF,
	SV3__STEP_INVALID,
	SV3__STEP_ADDR_SIZE,
};

struct sv3__walked {
	enum sv3__step step;
	sv3_pa pa;      /* next table, or first byte of the leaf */
	uint8_t limits; /* of a table descriptor of stage 1 */
};

struct sv3__walked sv3__walk_level(const struct sv3__ttb *ttb, uint32_t output_size_lg2,
				   uint32_t level, uint64_t descriptor);
sv3_pa sv3__walk_descriptor_pa(const struct sv3__ttb *ttb, sv3_pa table, uint32_t level,
			       uint64_t input);
/* log2 bytes of what a leaf's TLB entry spans. */
uint8_t sv3__walk_leaf_span_lg2(const struct sv3_smmu *smmu, const struct sv3__ttb *ttb,
				uint32_t level, uint64_t descriptor);

/* Whether @iova lies in the range of its table: all bits above the input size equal bit 55, the top
 * byte apart where it is ignored. [IHI0070 3.4.1] */
static inline bool sv3__input_in_range(const struct sv3__ttb *ttb, sv3_iova iova)
{
	int64_t canonical = ttb->top_byte_ignored ? (int64_t)(iova << 8) >> 8 : (int64_t)iova;

	return (uint64_t)(canonical >> ttb->input_size_lg2) == ((iova >> 55) & 1 ? UINT64_MAX : 0);
}

/* --- perm.c --- */

enum sv3__access_kind {
	SV3__ACCESS_READ_UNPRIV,
	SV3__ACCESS_READ_PRIV,
	SV3__ACCESS_WRITE_UNPRIV,
	SV3__ACCESS_WRITE_PRIV,
	SV3__ACCESS_EXEC_UNPRIV,
	SV3__ACCESS_EXEC_PRIV,
};

/* Sets of access kinds. */
#define SV3__READS  (1u << SV3__ACCESS_READ_UNPRIV | 1u << SV3__ACCESS_READ_PRIV)
#define SV3__WRITES (1u << SV3__ACCESS_WRITE_UNPRIV | 1u << SV3__ACCESS_WRITE_PRIV)
#define SV3__EXECS  (1u << SV3__ACCESS_EXEC_UNPRIV | 1u << SV3__ACCESS_EXEC_PRIV)

struct sv3__permissions {
	uint8_t allowed;    /* bit n: access kind n */
	uint8_t upgradable; /* writes allowed once the leaf is dirty, and the hardware may do that
			     */
};

struct sv3__permissions sv3__perm_stage1(const struct sv3__context *context, uint8_t limits,
					 uint64_t descriptor);
struct sv3__permissions sv3__perm_stage2(const struct sv3__stage2 *s2, bool has_xnx,
					 uint64_t descriptor);

/* Of an atomic, which wants to read and to write: only the right to read is missing.
 * [IHI0070 13.1.1] */
static inline bool sv3__perm_lacks_read(uint8_t wanted, uint8_t available)
{
	return (wanted & SV3__WRITES) != 0 && (wanted & SV3__WRITES & ~available) == 0;
}

/* What a transaction asks for, as it comes in: write, privileged, instruction. */
static inline uint32_t sv3__access_index(const struct sv3_txn *txn)
{
	return (uint32_t)txn->write | (uint32_t)txn->privileged << 1 |
	       (uint32_t)txn->instruction << 2;
}

/* Attributes after the overrides of the STE; a write is always data. [IHI0070 13.1.2, 5.2 PRIVCFG,
 * INSTCFG] */
static inline uint32_t sv3__access_kind(const struct sv3__context *context,
					const struct sv3_txn *txn)
{
	bool privileged = context->privcfg < 2 ? txn->privileged : context->privcfg == 3;
	bool instruction = context->instcfg < 2 ? txn->instruction : context->instcfg == 3;

	uint32_t kind = txn->write    ? SV3__ACCESS_WRITE_UNPRIV
			: instruction ? SV3__ACCESS_EXEC_UNPRIV
				      : SV3__ACCESS_READ_UNPRIV;

	return kind + privileged;
}

/* --- httu.c --- */

enum sv3__httu {
	SV3__HTTU_NOTHING,    /* the descriptor allows the access as it stands */
	SV3__HTTU_UPDATE,     /* compare-and-swap to @updated first */
	SV3__HTTU_ACCESS,     /* F_ACCESS */
	SV3__HTTU_PERMISSION, /* F_PERMISSION; @updated may still set the access flag */
};

/* How one stage treats access flags. */
struct sv3__af_policy {
	bool ha, affd;
	bool on_permission_fault; /* set it even then */
};

enum sv3__httu sv3__httu_next(struct sv3__af_policy policy, uint64_t descriptor, uint8_t wanted,
			      struct sv3__permissions permissions, uint64_t *updated);

/* --- verdict.c --- */

void sv3__end_ok(struct sv3__slot *slot, sv3_pa pa, uint32_t span_lg2,
		 struct sv3__attributes attributes, uint8_t flags);
/* A reason that stands before translation: configuration, ATS, bypass. The row says the event. */
void sv3__end_refused(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__rule rule);
/* A fault of translation: terminated or stalled, as the stage that found it says. */
void sv3__end_fault(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3__fault fault);
void sv3__end_bypass(struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__end_global_bypass(struct sv3_smmu *smmu, struct sv3__slot *slot);
/* CMD_RESUME and its like: the outcome of a stalled transaction. */
void sv3__end_stalled(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3_outcome outcome);

/* --- xlat.c --- */

void sv3__xlat_step(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		    struct sv3_need *need);
/* Whether a transaction is between its configuration and its end. */
bool sv3__xlat_in_flight(const struct sv3_smmu *smmu);

/* --- mark.c --- */

/* Mark what an invalidation hit; unmark when it no longer matters. */
void sv3__mark_by_tlbi(struct sv3_smmu *smmu, const struct sv3__tlbi *tlbi);
void sv3__mark_by_cfgi(struct sv3_smmu *smmu, const struct sv3__cfgi *cfgi);
void sv3__unmark(struct sv3_smmu *smmu, struct sv3__slot *slot);
/* A transaction is past its look at SMMUEN, and neither done nor stalled. */
bool sv3__xlat_in_flight(const struct sv3_smmu *smmu);

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
void sv3__priq_disabled(struct sv3_smmu *smmu);
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
uint64_t sv3__pmcg_read(struct sv3_smmu *smmu, uint32_t offset, uint32_t size);
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

/* --- xlat.c: what the phases share --- */

static inline bool sv3__is_probe(const struct sv3__slot *slot)
{
	return slot->txn.kind == SV3_TXN_PROBE;
}

static inline bool sv3__is_ats_request(const struct sv3__slot *slot)
{
	return slot->txn.kind == SV3_TXN_ATS_REQUEST;
}

static inline const struct sv3__ttb *sv3__ttb_of(const struct sv3__slot *slot)
{
	/* [DDI0487 D8.2.4] Bit 55 selects the table. */
	return &slot->context.ttb[slot->txn.iova >> 55 & 1];
}

/* What the performance monitors see; a probe they do not. */
static inline void sv3__monitor(struct sv3_smmu *smmu, const struct sv3__slot *slot,
				enum sv3__pmcg_event event)
{
	if (!sv3__is_probe(slot))
		sv3__pmcg_count(smmu, event, slot->txn.stream_id);
}

static inline void sv3__ask_read(struct sv3__slot *slot, enum sv3_unit unit, sv3_pa pa,
				 uint32_t size, struct sv3_need *need)
{
	slot->asked = true;
	need->kind = SV3_NEED_READ;
	need->unit = unit;
	need->pa = pa;
	need->size = size;
}

/* A descriptor as it stands in memory, and back. [IHI0070 5.4 ENDI, 5.2 S2ENDI] */
static inline uint64_t sv3__in_order(uint64_t descriptor, bool big_endian)
{
	return big_endian ? __builtin_bswap64(descriptor) : descriptor;
}

/* From here on what was fetched is of this transaction. */
static inline void sv3__rest_on_fetches(struct sv3__slot *slot)
{
	if (!slot->has_fetched) {
		memset(slot->fetched, 0, sizeof(slot->fetched));
		memset(slot->ste, 0, sizeof(slot->ste));
	}
	slot->has_fetched = true;
}

/* From here on its walks are those of this transaction. */
static inline void sv3__rest_on_tables(struct sv3__slot *slot)
{
	if (!slot->rests_on_tables)
		memset(&slot->s1, 0, sizeof(*slot) - offsetof(struct sv3__slot, s1));
	slot->rests_on_tables = true;
}

void sv3__begin_walk(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3__walk *walk,
		     const struct sv3__tlb_scope *scope, const struct sv3__ttb *ttb,
		     uint64_t input);
void sv3__count_walk_read(struct sv3_smmu *smmu, struct sv3__slot *slot);
struct sv3__af_policy sv3__af_policy_of(const struct sv3_smmu *smmu, const struct sv3__slot *slot,
					bool ha, bool affd);
void sv3__restart(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__phase phase);

/* --- ats.c --- */

/* Effective STE.EATS at this moment. */
uint32_t sv3__ats_mode(const struct sv3_smmu *smmu, const struct sv3__context *context);
/* An ATS request to be answered with the output of stage 1. */
bool sv3__is_split_request(const struct sv3_smmu *smmu, const struct sv3__slot *slot);
/* Whether the STE keeps ATS from this transaction. */
enum sv3__rule sv3__ats_refused(const struct sv3_smmu *smmu, const struct sv3__slot *slot);
/* What a request asks for, of the kinds of access that are @available. */
uint8_t sv3__ats_wanted(const struct sv3__slot *slot, uint8_t available);
/* What a leaf can give a request, made dirty if need be. */
uint8_t sv3__ats_available(const struct sv3__slot *slot, const struct sv3__walk *walk);
/* Whether a set of kinds of access gives the endpoint any. */
bool sv3__ats_gives_access(const struct sv3__slot *slot, uint8_t granted);
/* Write what is granted into the result. */
void sv3__ats_grant(struct sv3__slot *slot, uint8_t granted);

/* --- stream.c --- */

void sv3__phase_config(struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__phase_l1std(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		      struct sv3_need *need);
void sv3__phase_ste(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		    struct sv3_need *need);
void sv3__phase_l1cd(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		     struct sv3_need *need);
void sv3__phase_cd(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		   struct sv3_need *need);

/* --- stage1.c --- */

void sv3__abort_stage1(struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__begin_s1_update(struct sv3__slot *slot);
void sv3__phase_tlb(struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__begin_stage1_walk(struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__phase_s1_read(struct sv3_smmu *smmu, struct sv3__slot *slot,
			const struct sv3_reply *reply, struct sv3_need *need);
enum sv3__httu sv3__stage1_decide(const struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__phase_s1_leaf(struct sv3_smmu *smmu, struct sv3__slot *slot);

/* --- stage2.c --- */

void sv3__fault_stage2(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__rule rule);
void sv3__begin_stage2(struct sv3__slot *slot, enum sv3__purpose purpose, uint64_t ipa);
void sv3__stage2_done(struct sv3__slot *slot);
void sv3__phase_s2_tlb(struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__phase_s2_read(struct sv3_smmu *smmu, struct sv3__slot *slot,
			const struct sv3_reply *reply, struct sv3_need *need);
void sv3__stage2_fill(struct sv3_smmu *smmu, const struct sv3__slot *slot,
		      const struct sv3__walk *walk);
void sv3__phase_s2_leaf(struct sv3_smmu *smmu, struct sv3__slot *slot);

/* --- output.c --- */

void sv3__count_update(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3__walk *walk,
		       bool of_table);
void sv3__phase_s1_update(struct sv3_smmu *smmu, struct sv3__slot *slot,
			  const struct sv3_reply *reply, struct sv3_need *need);
void sv3__phase_s2_update(struct sv3_smmu *smmu, struct sv3__slot *slot,
			  const struct sv3_reply *reply, struct sv3_need *need);
void sv3__phase_output(struct sv3_smmu *smmu, struct sv3__slot *slot);

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
