/* SPDX-License-Identifier: MIT */
/*
 * owed.h - what software changed without having invalidated it yet, and what that excuses.
 *
 * An item is a descriptor or a structure with what stood there before. Until an invalidation covers
 * it the hardware may use either; a transaction is right if the oracle agrees with it on memory in
 * which some of the items hold their old values. An update by the hardware is no excuse: it must
 * have looked at memory. [DDI0487 R_SGJBL]
 */
#ifndef SV3_WALKER_OWED_H
#define SV3_WALKER_OWED_H

#include "machine.h"

#define OWED_MAX 3u

/** Commands. [IHI0070 4.3, 4.4] */
enum owed_op {
	CMD_CFGI_STE = 0x03,
	CMD_CFGI_ALL = 0x04,
	CMD_CFGI_CD = 0x05,
	CMD_CFGI_CD_ALL = 0x06,
	CMD_NH_ALL = 0x10,
	CMD_NH_ASID = 0x11,
	CMD_NH_VA = 0x12,
	CMD_NH_VAA = 0x13,
	CMD_EL2_ALL = 0x20,
	CMD_EL2_ASID = 0x21,
	CMD_EL2_VA = 0x22,
	CMD_EL2_VAA = 0x23,
	CMD_S12_VMALL = 0x28,
	CMD_S2_IPA = 0x2a,
	CMD_NSNH_ALL = 0x30,
};

/** One invalidation, before it becomes a command. */
struct owed_invalidation {
	unsigned int op;
	const struct gen_stream *stream;
	const struct gen_context *context;
	uint64_t address;
	bool leaf;
	unsigned int granule_lg2; /* of a range; 0: one address. [IHI0070 4.4.1.1] */
	unsigned int num, scale, ttl;
};

enum owed_kind { OWED_STAGE1, OWED_STAGE2, OWED_CD, OWED_STE };

struct owed_item {
	enum owed_kind kind;
	uint64_t pa;
	unsigned int word_count; /* 1, or 8 of a structure */
	uint64_t old[8];
	const struct gen_stream *stream;
	const struct gen_context *context;
	/* of a descriptor */
	uint64_t input;
	unsigned int low, granule_lg2;
	int level;
	bool global;  /* or may lead to something global */
	bool wide;    /* more than the leaf: commands by address do not do */
	bool s2_gone; /* stage 2 was invalidated by address, what combines both stages was not */
	bool leads_to_cd; /* a CD that is cached was read through it */
	bool tlb_gone, config_gone;
	uint32_t old_for; /* uses, a bit each, for which the oracle reads the old value */
};

/** What software did last, for the story. */
struct owed_act {
	bool is_command;
	uint64_t words[3]; /* a command; or address, before, after */
	uint64_t at;       /* number of transactions before it */
};

#define OWED_ACTS 24u

struct owed {
	struct setup *setup;
	uint64_t transactions, act_count;
	struct owed_act acts[OWED_ACTS];
	uint32_t count;
	struct owed_item items[OWED_MAX];
};

static inline bool owed_s1p(const struct owed *owed)
{
	return owed->setup->config.idr0 >> 1 & 1;
}

static inline bool owed_s2p(const struct owed *owed)
{
	return owed->setup->config.idr0 & 1;
}

static inline bool owed_hyp(const struct owed *owed)
{
	return owed->setup->config.idr0 >> 9 & 1;
}

static inline bool owed_is_nested(const struct owed_item *item)
{
	return item->kind == OWED_STAGE2 && item->stream->nested;
}

/** owed_invalidated - @inv is done, SYNC too: forget what it covers. */
void owed_invalidated(struct owed *owed, const struct owed_invalidation *inv);
/** owed_software - software changes something, or invalidates something, at random.
 *  False: a command was not consumed. */
bool owed_software(struct owed *owed, struct machine *machine);
/** owed_tell - print what software did last, and what it owes. */
void owed_tell(const struct owed *owed);
/** owed_sets - number of ways in which items may be old or new. What stage 2 says may be old for
 * one use and new for another: each is cached by itself. */
uint32_t owed_sets(const struct owed *owed);
/** owed_choose - way @set of them; 0: all are new. */
void owed_choose(struct owed *owed, uint32_t set);
/** owed_read - memory before the transaction that the arena's journal is of, with the old values
 *  that owed_choose() chose. @context: struct owed. */
bool owed_read(void *context, enum oracle_use use, uint64_t pa, void *data, uint32_t size);
bool owed_writable(void *context, uint64_t pa);
/** owed_is_stale_write - the oracle, believing an old value, would have updated it. */
bool owed_is_stale_write(const struct owed *owed, const struct oracle_answer *answer);
/** owed_is_table_update - the hardware set the access flag or dirty state of an owed stage-2 leaf,
 * @before it was: for a table that it then found elsewhere. [IHI0070 3.13.4] */
bool owed_is_table_update(const struct owed *owed, uint64_t pa, uint64_t before);

#endif
