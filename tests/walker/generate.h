/* SPDX-License-Identifier: MIT */
/*
 * generate.h - a random machine with random structures and tables, mostly sound, sometimes not.
 *
 * A feature appears in the draw as soon as sv3_smmu_config_check() accepts it. Everything is a
 * function of the seed of the case.
 */
#ifndef SV3_WALKER_GENERATE_H
#define SV3_WALKER_GENERATE_H

#include "arena.h"
#include "oracle.h"

#include <sv3/prng.h>

#define SETUP_STREAMS   3u
#define SETUP_CONTEXTS  2u /* of a stream */
#define SETUP_ADDRESSES 8u /* of a context or a stream */
#define SETUP_SLOTS_MAX 256u

/** A table as it was meant, whatever the words of the STE or CD became. */
struct gen_table {
	bool exists, stage2, big_endian;
	unsigned int granule_lg2, input_lg2, limit_lg2; /* limit: of the addresses in it */
	int start_level;
	uint64_t base;
	const struct gen_stream *stream;   /* whose it is */
	const struct gen_context *context; /* stage 1: whose it is */
};

struct gen_context {
	bool exists;
	uint32_t substream_id, asid;
	uint64_t pa; /* of the CD */
	uint64_t ipa,
		l1_ipa; /* of the CD and its level-1 descriptor, where stage 2 translates them */
	struct gen_table tables[2];
	uint32_t address_count;
	uint64_t addresses[SETUP_ADDRESSES];
};

struct gen_stream {
	uint32_t stream_id;
	unsigned int config; /* STE.Config as meant */
	unsigned int s1cdmax, s1dss;
	enum gen_world { GEN_EL1, GEN_EL2, GEN_EL2_E2H } world;
	uint32_t vmid;
	uint64_t pa; /* of the STE */
	bool nested;
	struct gen_table s2;
	struct gen_context contexts[SETUP_CONTEXTS];
	uint32_t address_count; /* of stage 2 alone, or of bypass */
	uint64_t addresses[SETUP_ADDRESSES];
};

/** A valid descriptor that was drawn, to be changed later. */
struct gen_slot {
	const struct gen_table *table;
	uint64_t pa, input; /* an input address that leads to it */
	int level;
	unsigned int low; /* log2 bytes that it covers */
};

struct setup {
	struct sv3_prng prng;
	struct arena *arena;
	struct sv3_smmu_config config;
	struct oracle_machine machine;
	bool tlb;
	unsigned int oas_lg2;
	struct gen_stream streams[SETUP_STREAMS];
	uint32_t slot_count;
	struct gen_slot slots[SETUP_SLOTS_MAX];
};

/** setup_draw - empties @arena and fills it. @tlb: caches on, and rules that make hits defined. */
void setup_draw(struct setup *setup, struct arena *arena, uint64_t seed, bool tlb);
/** setup_read_slot, setup_write_slot - a descriptor in logical order. */
uint64_t setup_read_slot(struct setup *setup, const struct gen_slot *slot);
void setup_write_slot(struct setup *setup, const struct gen_slot *slot, uint64_t value);
/** setup_mutate - software changes a descriptor; NULL: there is none. */
const struct gen_slot *setup_mutate(struct setup *setup);
/** setup_access - a transaction, mostly to where something is mapped. */
void setup_access(struct setup *setup, struct sv3_txn *txn);

/** A number below @limit, and true in @percent of 100 draws. */
uint64_t setup_below(struct setup *setup, uint64_t limit);
bool setup_chance(struct setup *setup, unsigned int percent);

#endif
