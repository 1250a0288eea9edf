/* SPDX-License-Identifier: MIT */
/*
 * xlat_priv.h - the way of a transaction: caches, structures, walks, permissions, updates, its
 * phases and its end.
 *
 * Control flow stands in the phases (stream.c, stage1.c, stage2.c, output.c; xlat.c switches
 * between them); every decision is a pure function of its own file.
 */
#ifndef XLAT_PRIV_H
#define XLAT_PRIV_H

#include "smmu_priv.h"

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

/* The set of @partition that @unit, an address in units of the entry's span, belongs to. */
static inline uint32_t sv3__cache_set(const struct sv3__cache *cache, uint32_t partition,
				      uint64_t unit)
{
	return partition * (cache->set_mask + 1) + ((uint32_t)unit & cache->set_mask);
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

/* Tables are pointed to from every level but the last, of both stages. */
#define SV3__WALK_PARTITIONS (2 * SV3_LEVEL_LAST)

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

/* Which entries answer a lookup. */
struct sv3__tlb_scope {
	uint64_t family; /* sv3__tag_family() */
	uint32_t context, regime;
	uint32_t tbu_index; /* in whose TLB; the walk cache is that of all */
};

uint32_t sv3__tlb_lookup(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope,
			 uint64_t address);
/* Whether more than one entry answers, and this @slot is told so: SV3_CHOICE_TLB_CONFLICT. */
bool sv3__tlb_conflicts(const struct sv3_smmu *smmu, const struct sv3__slot *slot,
			const struct sv3__tlb_scope *scope, uint64_t address);
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

static inline struct sv3__tlb_scope sv3__scope_of(const struct sv3__context *context,
						  const struct sv3_txn *txn)
{
	return (struct sv3__tlb_scope){ sv3__tag_family(context->regime, context->aset),
					context->tag_context, context->regime, txn->tbu_index };
}

static inline struct sv3__tlb_scope sv3__stage2_scope_of(const struct sv3__context *context,
							 const struct sv3_txn *txn)
{
	return (struct sv3__tlb_scope){ sv3__tag_family(SV3__REGIME_STAGE2, false),
					(uint32_t)context->s2.vmid << 16, SV3__REGIME_STAGE2,
					txn->tbu_index };
}

/* --- refill.c --- */

void sv3__refill_reset(struct sv3_smmu *smmu);
/* An invalidation is about to take this entry of the TLB. */
void sv3__refill_remember(struct sv3_smmu *smmu, uint32_t entry);
/* The TLB had nothing for @address: count it, if an invalidation is why, and forget it. */
void sv3__refill_count(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope, uint64_t address);

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
/* Whether the leaf of @walk must not be cached. */
bool sv3__walk_leaf_is_fleeting(const struct sv3_smmu *smmu, const struct sv3__walk *walk);
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
/* Whether a transaction is past its look at SMMUEN, and neither done nor stalled. */
bool sv3__xlat_in_flight(const struct sv3_smmu *smmu);

/* --- mark.c --- */

/* Mark what an invalidation hit; unmark when it no longer matters. */
void sv3__mark_by_tlbi(struct sv3_smmu *smmu, const struct sv3__tlbi *tlbi);
void sv3__mark_by_cfgi(struct sv3_smmu *smmu, const struct sv3__cfgi *cfgi);
void sv3__unmark(struct sv3_smmu *smmu, struct sv3__slot *slot);
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

/* From here on its walks are those of this transaction: that of stage 1 is written whole when it
 * begins. */
static inline void sv3__rest_on_tables(struct sv3__slot *slot)
{
	if (!slot->rests_on_tables && slot->context.stage2)
		memset(&slot->s1, 0, sizeof(*slot) - offsetof(struct sv3__slot, s1));
	slot->rests_on_tables = true;
}

/* Walk from the first level, or from the deepest table the walk cache knows. */
void sv3__begin_walk(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3__walk *walk,
		     const struct sv3__tlb_scope *scope, const struct sv3__ttb *ttb,
		     uint64_t input);
void sv3__count_walk_read(struct sv3_smmu *smmu, struct sv3__slot *slot);
struct sv3__af_policy sv3__af_policy_of(const struct sv3_smmu *smmu, const struct sv3__slot *slot,
					bool ha, bool affd);
/* Memory changed under a transaction, or an invalidation hit it: on in @phase. */
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

/* --- stream.c: from StreamID to configuration --- */

void sv3__phase_config(struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__phase_l1std(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		      struct sv3_need *need);
void sv3__phase_ste(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		    struct sv3_need *need);
void sv3__phase_l1cd(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		     struct sv3_need *need);
void sv3__phase_cd(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_reply *reply,
		   struct sv3_need *need);

/* --- stage1.c: the input address --- */

/* F_WALK_EABT of the descriptor at hand. */
void sv3__abort_stage1(struct sv3_smmu *smmu, struct sv3__slot *slot);
/* The stage-1 leaf is to be written: at once, or when stage 2 allows it. */
void sv3__begin_s1_update(struct sv3__slot *slot);
void sv3__phase_tlb(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3_need *need);
void sv3__begin_stage1_walk(struct sv3_smmu *smmu, struct sv3__slot *slot, struct sv3_need *need);
void sv3__phase_s1_read(struct sv3_smmu *smmu, struct sv3__slot *slot,
			const struct sv3_reply *reply, struct sv3_need *need);
/* What the leaf of stage 1 means for what is wanted; sets its update. */
enum sv3__httu sv3__stage1_decide(const struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__phase_s1_leaf(struct sv3_smmu *smmu, struct sv3__slot *slot);

/* --- stage2.c: intermediate addresses --- */

/* The record says what the address was for. */
void sv3__fault_stage2(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__rule rule);
/* Translate @ipa, then go on with what it is for. */
void sv3__begin_stage2(struct sv3__slot *slot, enum sv3__purpose purpose, uint64_t ipa);
/* slot->s2 has its leaf: back to what it was for. */
void sv3__stage2_done(struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__phase_s2_tlb(struct sv3_smmu *smmu, struct sv3__slot *slot);
void sv3__phase_s2_read(struct sv3_smmu *smmu, struct sv3__slot *slot,
			const struct sv3_reply *reply, struct sv3_need *need);
/* A TLB entry of stage 2 alone. */
void sv3__stage2_fill(struct sv3_smmu *smmu, const struct sv3__slot *slot,
		      const struct sv3__walk *walk);
void sv3__phase_s2_leaf(struct sv3_smmu *smmu, struct sv3__slot *slot);

/* --- output.c: updates and result --- */

/* @of_table: the leaf of stage 2 maps a table or CD, not the output. */
void sv3__count_update(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3__walk *walk,
		       bool of_table);
void sv3__phase_s1_update(struct sv3_smmu *smmu, struct sv3__slot *slot,
			  const struct sv3_reply *reply, struct sv3_need *need);
void sv3__phase_s2_update(struct sv3_smmu *smmu, struct sv3__slot *slot,
			  const struct sv3_reply *reply, struct sv3_need *need);
void sv3__phase_output(struct sv3_smmu *smmu, struct sv3__slot *slot);

#endif
