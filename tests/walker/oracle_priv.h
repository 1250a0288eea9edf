/* SPDX-License-Identifier: MIT */
/*
 * oracle_priv.h - what the files of the oracle share: the transaction under way, the two stages as
 * the STE and the CD describe them, and the fault that ended it.
 */
#ifndef SV3_WALKER_ORACLE_PRIV_H
#define SV3_WALKER_ORACLE_PRIV_H

#include "oracle.h"

/* Events. [IHI0070 7.3] */
enum {
	EV_NONE = 0,
	EV_BAD_STREAMID = 0x02,
	EV_STE_FETCH = 0x03,
	EV_BAD_STE = 0x04,
	EV_STREAM_DISABLED = 0x06,
	EV_BAD_SUBSTREAMID = 0x08,
	EV_CD_FETCH = 0x09,
	EV_BAD_CD = 0x0a,
	EV_WALK_EABT = 0x0b,
	EV_TRANSLATION = 0x10,
	EV_ADDR_SIZE = 0x11,
	EV_ACCESS = 0x12,
	EV_PERMISSION = 0x13,
};

/** CLASS of a fault. [IHI0070 7.3] */
enum class { CLASS_CD = 0, CLASS_TT = 1, CLASS_IN = 2 };

/** Why a transaction ended, enough to write its record. */
struct fault {
	uint8_t event;
	bool silent;    /* nothing is recorded, whatever the event */
	bool stage2;    /* S2 */
	bool bypass;    /* F_ADDR_SIZE of a bypassed stage 1: A, R and S do not apply */
	bool read_only; /* RnW = 1 although the transaction writes: [IHI0070 13.1.1] */
	enum class class;
	bool tt_read; /* TTRnW */
	uint64_t ipa, fetch;
	const char *why;
};

/** What is asked of a stage: after the overrides of the STE, or of a walk itself. */
struct access {
	bool read, write, instruction, privileged;
	enum class class;
};

/** Memory type and shareability. */
struct attributes {
	uint8_t memory; /* SV3_MEMORY() */
	uint8_t share;
};

/** One table: what a walk of it needs. */
struct table {
	bool stage2;
	unsigned int granule_lg2, input_lg2, output_lg2;
	int start_level;
	uint64_t base;
	bool big_endian;
	bool ha, hd, affd;
	bool uncached; /* walk attributes are not Write-Back, inside and outside */
};

/** What a walk found. */
struct leaf {
	uint64_t address; /* of the descriptor, an IPA where stage 1 is translated by stage 2 */
	uint64_t pa;      /* of the descriptor */
	uint64_t value;   /* in logical order */
	uint64_t output;  /* address of the byte asked for */
	unsigned int span_lg2;
	int level;
	bool no_unprivileged, no_write, uxn_table, pxn_table; /* by table descriptors above it */
};

/** The regime of stage 1. [IHI0070 5.2 STRW] */
enum world { WORLD_EL1, WORLD_EL2, WORLD_EL2_E2H };

/** A transaction under way. */
struct oracle {
	const struct oracle_machine *machine;
	const struct oracle_memory *memory;
	const struct sv3_txn *txn;
	struct oracle_answer *answer;
	uint64_t ste[8], cd[8];
	bool stage1, stage2; /* translate */
	enum world world;
	struct access access; /* of the transaction */
	struct attributes in; /* after the overrides */
	struct attributes out;
	struct table s2;
	enum oracle_use use; /* of what is read */
	struct fault fault;
};

static inline uint64_t bits(uint64_t word, unsigned int high, unsigned int low)
{
	return (word >> low) &
	       (high - low == 63 ? UINT64_MAX : (UINT64_C(1) << (high - low + 1)) - 1);
}

static inline bool bit(uint64_t word, unsigned int n)
{
	return (word >> n) & 1;
}

/** False if @address needs more than @lg2 bits. */
static inline bool fits(uint64_t address, unsigned int lg2)
{
	return lg2 >= 64 || address >> lg2 == 0;
}

static inline uint64_t aligned(uint64_t address, unsigned int lg2)
{
	return address >> lg2 << lg2;
}

/** oracle_fault - note why the transaction ends; returns false, for "return oracle_fault(...)". */
bool oracle_fault(struct oracle *o, uint8_t event, const char *why);
/** oracle_read - memory as the updates made so far leave it. False: aborted. */
bool oracle_read(struct oracle *o, const char *what, int level, uint64_t pa, uint64_t *words,
		 unsigned int count);
/** oracle_oas - bits of a physical address. */
unsigned int oracle_oas(const struct oracle *o);
/** oracle_size - bits of an address that IPS, S2PS or OAS stands for. [IHI0070 5.4 IPS] */
unsigned int oracle_size(const struct oracle *o, unsigned int field);
/** oracle_ttb - TTBx or S2TTB of : bits 51:4, in SMMUv3.0 bits 47:4. [IHI0070 5.4 TTB0] */
uint64_t oracle_ttb(const struct oracle *o, uint64_t word);
/** oracle_granule_exists - by IDR5. */
bool oracle_granule_exists(const struct oracle *o, unsigned int granule_lg2);

/* oracle_config.c: each returns false after a fault. */
bool oracle_find_ste(struct oracle *o);
bool oracle_check_ste(struct oracle *o);
bool oracle_find_cd(struct oracle *o, uint32_t index);
/** oracle_check_cd - [IHI0070 5.4.2] */
bool oracle_check_cd(struct oracle *o);

/* oracle_walk.c */
/** oracle_stage2_read - the PA of a structure or table at @ipa. */
bool oracle_stage2_read(struct oracle *o, uint64_t ipa, enum class class, uint64_t *pa);
/** oracle_translate_stages - the transaction itself, through the stages that are on. */
bool oracle_translate_stages(struct oracle *o);

/* oracle_attr.c */
struct attributes oracle_consistent(struct attributes attributes);
/** oracle_override - MTCFG, MemAttr, SHCFG of the STE or of GBPA. */
struct attributes oracle_override(const struct oracle *o, bool mtcfg, unsigned int memattr,
				  unsigned int shcfg);
struct attributes oracle_stage1_attributes(uint64_t mair, uint64_t descriptor);
struct attributes oracle_stage2_attributes(struct attributes in, uint64_t descriptor, bool fwb);
bool oracle_stage2_is_device(uint64_t descriptor, bool fwb);

#endif
