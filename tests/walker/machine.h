/* SPDX-License-Identifier: MIT */
/*
 * machine.h - the model under test in an arena: power it on, translate, see what it did.
 */
#ifndef SV3_WALKER_MACHINE_H
#define SV3_WALKER_MACHINE_H

#include "generate.h"

#include <sv3/sim.h>

struct machine {
	struct arena *arena;
	struct sv3_fast fast;
	struct sv3_regport port;
	void *block;
	size_t block_size;
	uint32_t event_index; /* of the next record */
	uint32_t command_index;
	struct observed *resuming; /* who wants to know how a stall ends */
};

/** What a transaction did. */
struct observed {
	struct sv3_result result;
	uint32_t record_count;
	uint64_t record[4]; /* the first */
	bool resumed;       /* a stalled transaction ended;  is what came of it */
};

/** How software answers a stall: CMD_RESUME with Ac and Ab. */
enum resume { RESUME_RAZ_WI = 0, RESUME_RETRY = 1, RESUME_ABORT = 2 };

bool machine_init(struct machine *machine, struct arena *arena);
void machine_fini(struct machine *machine);
/** machine_power_on - a fresh SMMU of @setup, with its registers written. */
void machine_power_on(struct machine *machine, const struct setup *setup);
/** machine_translate - one transaction; the arena's journal has what it wrote. */
void machine_translate(struct machine *machine, const struct sv3_txn *txn, struct observed *seen);
/** machine_resume - answer the stall that  tells of. False: the command was not consumed. */
bool machine_resume(struct machine *machine, const uint64_t *record, enum resume how,
		    struct observed *seen);
/** machine_command - one command and CMD_SYNC; false: they were not consumed. */
bool machine_command(struct machine *machine, uint64_t word0, uint64_t word1);

#endif
