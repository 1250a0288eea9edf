/* SPDX-License-Identifier: MIT */
/*
 * smmu.h - the hardware: an SMMUv3 as a machine that asks (needs) and is answered (replies).
 *
 * Concepts:
 *   block    all state of one SMMU, one flat piece of caller-owned memory without pointers:
 *            a copy is a snapshot, a hash is a fingerprint.
 *   slot     one transaction in flight. Its numbers are 0 .. slot_count - 1.
 *   TBU      translation buffer unit: where transactions come in. Each has a TLB; all of them share
 *            the caches behind it.
 *   job      work of the hardware itself (commands, event records, interrupts); its slot numbers
 *            follow.
 *   try      a TLB hit, answered without slot or need.
 * The block holds no bus and no clock. An embedder with threads holds one lock around each call.
 */
#ifndef SV3_SMMU_H
#define SV3_SMMU_H

#include <sv3/base.h>
#include <sv3/txn.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sv3_smmu;

/**
 * Where the architecture leaves a choice. 0 is the default of each; a bit takes the other way.
 * docs/MODEL.md has a row for each.
 */
enum sv3_choice {
	SV3_CHOICE_GERRORN_IGNORES = 1u << 0,  /* toggling an inactive error does nothing */
	SV3_CHOICE_STRICT_COMMANDS = 1u << 1,  /* reserved bits of a command: CERROR_ILL */
	SV3_CHOICE_AF_ON_PERMISSION = 1u << 2, /* AF is set even if the access is then refused */
	SV3_CHOICE_S1_DIRTY_FIRST = 1u << 3,   /* stage 1 is made dirty before stage 2 of the output
						  is looked at, so even if that faults */
	SV3_CHOICE_S1_AF_LAST = 1u << 4,       /* no stage-1 AF when stage 2 of the output faults */
	SV3_CHOICE_NO_SPECULATIVE_AF = 1u << 5,
	SV3_CHOICE_S2_TABLE_DIRTY = 1u << 6,    /* reading a stage-1 table makes a writable-clean
						   stage-2 leaf dirty */
	SV3_CHOICE_CONTIGUOUS_GROUP = 1u << 7,  /* a contiguous group is one TLB entry */
	SV3_CHOICE_NC_UPDATE_ABORTS = 1u << 8,  /* HTTU of tables not Write-Back: F_WALK_EABT */
	SV3_CHOICE_NO_CACHED_FAULTS = 1u << 9,  /* a TLB entry never refuses: memory is asked */
	SV3_CHOICE_MERGE_EVENTS = 1u << 10,     /* where STE.MEV = 1 */
	SV3_CHOICE_MERGE_STALLS = 1u << 11,     /* one record for stalls of one page and kind */
	SV3_CHOICE_TRUNCATE_STRTAB = 1u << 12,  /* stream table pointers beyond OAS are truncated */
	SV3_CHOICE_QUEUE_ALIAS_RAZ = 1u << 13,  /* page-0 aliases of queue indexes are RAZ/WI */
	SV3_CHOICE_PREFETCH_IGNORED = 1u << 14, /* CMD_PREFETCH_x does nothing */
	SV3_CHOICE_TREQ_NOT_RECORDED = 1u << 15, /* no F_BAD_ATS_TREQ */
	SV3_CHOICE_TLB_CONFLICT = 1u << 16, /* leaves of two sizes for one address: F_TLB_CONFLICT;
					       not with IDR3.BBML = 2 */
	SV3_CHOICE_ALL = (1u << 17) - 1
};

/** What the hardware is. Entries of a cache: 0 switches it off; else a power of two, as are its
 * ways. */
struct sv3_smmu_config {
	uint32_t idr0, idr1, idr3, idr5, iidr,
		aidr;                   /* ID registers, checked by sv3_smmu_config_check() */
	uint32_t slot_count;            /* transactions in flight, 1 .. 4096 */
	uint32_t tlb_entries, tlb_ways; /* of the TLB of each TBU */
	uint32_t walk_cache_entries, walk_cache_ways; /* for each level of each stage */
	uint32_t config_cache_entries, config_cache_ways;
	uint32_t config_fetch_bytes; /* STE and CD are read in pieces of 64, or 8 to find torn ones
				      */
	uint32_t choices;            /* enum sv3_choice */
	uint32_t ack_delay; /* CR0, IRQ_CTRL, GBPA: an update is done this many register accesses
			       later; 0: at once */
	uint32_t pmcg_counters; /* of the performance monitor group, 0 (no group) .. 64 */
	uint32_t tbu_count;     /* 1 .. 16 */
};

/** Counters since reset. Not part of the hash. */
struct sv3_smmu_stats {
	uint64_t transactions;    /* begun, or answered by try */
	uint64_t tlb_hits;        /* transactions answered from the TLB */
	uint64_t tlb_misses;      /* transactions that began a walk for want of a usable entry */
	uint64_t tlb_refills;     /* of tlb_misses: an invalidation had removed the entry. A set
				     remembers as many removed entries as it has ways */
	uint64_t walk_reads;      /* descriptors read */
	uint64_t walk_cache_hits; /* walks that began below the first level */
	uint64_t walk_restarts;   /* walks sent back by a changed descriptor or an invalidation */
	uint64_t config_misses;   /* STE fetches */
	uint64_t httu_updates;    /* descriptors written by the hardware */
	uint64_t httu_dirty;      /* of them, made writable-dirty */
	uint64_t httu_af;         /* of them, access flag set */
	uint64_t faults;          /* transactions that ended in an abort or RAZ/WI */
	uint64_t events_written, events_dropped;
	uint64_t commands, tlbi, cfgi, sync;
	uint64_t software_errors; /* accesses the architecture calls CONSTRAINED UNPREDICTABLE */
	uint64_t stalls;          /* times a transaction waited for CMD_RESUME */
	uint64_t ats_requests, ats_translated;
	uint64_t atc_invalidations, page_requests;
	uint64_t httu_table_dirty; /* of httu_dirty: stage-2 leaves that map a stage-1 table */
};

/** sv3_smmu_config_default - the profile "default": stage 1 alone, HTTU = 2, SMMUv3.2. */
SV3_API void sv3_smmu_config_default(struct sv3_smmu_config *config);

/**
 * sv3_smmu_profile - a configuration by name: default, full, linux, minimal, mmu-600, mmu-700
 * Returns: 0, -SV3_ERR_NOENT.
 */
SV3_API SV3_MUST_CHECK int sv3_smmu_profile(const char *name, struct sv3_smmu_config *config);
/** sv3_smmu_profile_name - name of profile @index, and what it is; NULL behind the last. */
SV3_API const char *sv3_smmu_profile_name(unsigned int index, const char **about);

/**
 * sv3_smmu_config_check - refuse a configuration no SMMU could have
 * @why: out, may be NULL: the reason, a static string
 * Returns: 0 or -SV3_ERR_INVAL.
 */
SV3_API SV3_MUST_CHECK int sv3_smmu_config_check(const struct sv3_smmu_config *config,
						 const char **why);

/** sv3_smmu_size - bytes of the block for a checked configuration. */
SV3_API size_t sv3_smmu_size(const struct sv3_smmu_config *config);

/**
 * sv3_smmu_init - make a block, in reset state
 * @memory: caller-owned, at least sv3_smmu_size() bytes, aligned to 64; zeroed here
 * @smmu:   out: the block, at @memory
 * Returns: 0, -SV3_ERR_INVAL (configuration), -SV3_ERR_RANGE (memory too small or misaligned).
 */
SV3_API SV3_MUST_CHECK int sv3_smmu_init(void *memory, size_t size,
					 const struct sv3_smmu_config *config,
					 struct sv3_smmu **smmu);

/**
 * sv3_smmu_adopt - take up a copy of a block that stands in @memory, say from a snapshot
 * Everything that later code relies on is checked: offsets, indexes, lists, enumerations.
 * Returns: 0 with @smmu; -SV3_ERR_FORMAT: no sound block of this version; -SV3_ERR_RANGE: size or
 * alignment.
 */
SV3_API SV3_MUST_CHECK int sv3_smmu_adopt(void *memory, size_t size, struct sv3_smmu **smmu);
/** sv3_smmu_config - what it was made of; valid as long as the block. */
SV3_API const struct sv3_smmu_config *sv3_smmu_config(const struct sv3_smmu *smmu);

/** sv3_smmu_reset - back to the state after init: registers, caches, slots, counters. */
SV3_API void sv3_smmu_reset(struct sv3_smmu *smmu);

/**
 * sv3_smmu_try - answer a TLB hit at once
 * Legal only if the embedder performs the access before any other step or register write.
 * Returns: 0 with @result filled; -SV3_ERR_MISS: use sv3_smmu_begin().
 */
SV3_API int sv3_smmu_try(struct sv3_smmu *smmu, const struct sv3_txn *txn,
			 struct sv3_result *result);

/**
 * sv3_smmu_begin - put a transaction into a slot
 * A tbu_index of no TBU is the embedder's mistake and asserted, here and in sv3_smmu_peek_tlb().
 * Returns: 0 with @slot; -SV3_ERR_BUSY: no slot, or no room to record its event; drain and retry.
 */
SV3_API SV3_MUST_CHECK int sv3_smmu_begin(struct sv3_smmu *smmu, const struct sv3_txn *txn,
					  uint32_t *slot);

/**
 * sv3_smmu_step - go on by one bounded piece of work
 * @slot:  from sv3_smmu_begin() or sv3_smmu_next_ready()
 * @reply: the answer to the slot's last need; NULL on its first step
 * @need:  out: what it asks next. After SV3_NEED_DONE do not step again; after SV3_NEED_WAIT not
 *         before sv3_smmu_next_ready() names the slot, and then with a NULL reply
 */
SV3_API void sv3_smmu_step(struct sv3_smmu *smmu, uint32_t slot, const struct sv3_reply *reply,
			   struct sv3_need *need);

/** sv3_smmu_result - what came of a transaction that is DONE and not finished. */
SV3_API void sv3_smmu_result(const struct sv3_smmu *smmu, uint32_t slot, struct sv3_result *result);

/**
 * sv3_smmu_finish - the access itself is globally visible, or was terminated: the slot is free
 * Until then CMD_SYNC waits for it if an invalidation removed what it was translated with.
 * [IHI0070 3.21.1]
 */
SV3_API void sv3_smmu_finish(struct sv3_smmu *smmu, uint32_t slot);

/**
 * sv3_smmu_next_ready - the next job, or resumed transaction, with something to do
 * Returns: true with @slot, to be stepped with a NULL reply until DONE (a transaction: or WAIT).
 */
SV3_API bool sv3_smmu_next_ready(struct sv3_smmu *smmu, uint32_t *slot);

/**
 * sv3_smmu_page_hint - a device says which pages it will need [IHI0070 7.3.19]
 * E_PAGE_REQUEST is recorded, or lost as any record may be; nothing is answered.
 * Returns: 0; -SV3_ERR_RANGE: @span_pages is 0; -SV3_ERR_BUSY: no room, drain and retry.
 */
SV3_API SV3_MUST_CHECK int sv3_smmu_page_hint(struct sv3_smmu *smmu,
					      const struct sv3_page_hint *hint);

/**
 * sv3_smmu_page_request - a page request message arrives from an endpoint [IHI0070 8]
 * Returns: 0: taken, into the queue or lost there as the architecture says; answers come as
 * SV3_NEED_PRI_RESP. -SV3_ERR_BUSY: no room, drain and retry.
 */
SV3_API SV3_MUST_CHECK int sv3_smmu_page_request(struct sv3_smmu *smmu,
						 const struct sv3_page_request *request);

/**
 * sv3_smmu_reg_read, sv3_smmu_reg_write - the register file
 * @offset: from page 0, the performance monitors from SV3_REG_PMCG on; @size: 4 or 8 bytes,
 * aligned. Anything else reads 0 and is ignored. [IHI0070 6.2]
 */
SV3_API uint64_t sv3_smmu_reg_read(struct sv3_smmu *smmu, uint32_t offset, uint32_t size);
SV3_API void sv3_smmu_reg_write(struct sv3_smmu *smmu, uint32_t offset, uint32_t size,
				uint64_t value);
/** sv3_smmu_reg_peek - what a read would return; changes nothing: for debuggers and displays. */
SV3_API uint64_t sv3_smmu_reg_peek(const struct sv3_smmu *smmu, uint32_t offset, uint32_t size);

/** sv3_smmu_stats - counters since reset; valid as long as the block. */
SV3_API const struct sv3_smmu_stats *sv3_smmu_stats(const struct sv3_smmu *smmu);

/** sv3_smmu_hash - fingerprint of the block without its counters (FNV-1a, 64 bits). */
SV3_API uint64_t sv3_smmu_hash(const struct sv3_smmu *smmu);

/** One register, for people: the same rows that the register file is built from. */
struct sv3_reg_info {
	const char *name, *access, *source; /* access: "RO", "RW" */
	uint32_t offset, bits;
	uint64_t reset;
};

/** sv3_reg_info - row @index of the register map; false behind the last. */
SV3_API bool sv3_reg_info(const struct sv3_smmu_config *config, unsigned int index,
			  struct sv3_reg_info *info);

/** A register of the architecture, or an array of them, whether a configuration has it or not. */
struct sv3_reg_known {
	const char *name;
	uint32_t offset, bits;
	/* @count > 1: an array; the name of register n ends with n */
	uint32_t count, stride_bytes;
};

/** sv3_reg_known - register @index of those that have fields; false behind the last. */
SV3_API bool sv3_reg_known(unsigned int index, struct sv3_reg_known *known);

/** A field of a register, for people. */
struct sv3_field_info {
	const char *name, *about; /* @about: what its values mean, may be "" */
	uint32_t high, low;       /* bits */
};

/** sv3_reg_field - field @index of the register at @offset, highest bits first; false behind the
 *  last. */
SV3_API bool sv3_reg_field(uint32_t offset, unsigned int index, struct sv3_field_info *info);

/** sv3_event_name - Arm's name of an event number; NULL if there is none. */
SV3_API const char *sv3_event_name(unsigned int number);
/** sv3_command_name - "TLBI_NH_VA" of 0x12; NULL: there is no such command. */
SV3_API const char *sv3_command_name(uint32_t opcode);

/** Why something was refused: result.rule is the number of a row of smmu/rules.def. */
struct sv3_rule_info {
	const char *name;   /* short and stable, e.g. "S1_INVALID" */
	const char *source; /* clause */
	const char *what;   /* what is wrong */
	const char *remedy; /* what software must change */
	uint32_t event;     /* event number, 0: none */
};

/** sv3_rule_info - row @rule, from 1; false behind the last. */
SV3_API bool sv3_rule_info(unsigned int rule, struct sv3_rule_info *info);

/** What the TLB says of an access. */
struct sv3_tlb_info {
	sv3_iova iova; /* first byte of the entry */
	sv3_pa pa;     /* of that byte */
	uint8_t span_lg2;
	uint8_t memory, shareability; /* as in a result */
	bool global;
	bool allows;               /* the access goes ahead without a walk */
	bool read, write, execute; /* what the entry allows at this privilege */
	bool conflicts;            /* a leaf of another size answers, too [IHI0070 3.21.1.1] */
	uint16_t asid, vmid;
};

/** sv3_smmu_peek_tlb - the entry @txn would hit, if its configuration is cached; changes
 *  nothing. */
SV3_API bool sv3_smmu_peek_tlb(const struct sv3_smmu *smmu, const struct sv3_txn *txn,
			       struct sv3_tlb_info *info);

#ifdef __cplusplus
}
#endif

#endif
