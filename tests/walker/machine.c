/* SPDX-License-Identifier: MIT */
/*
 * machine.c - registers and queues of the model under test. See machine.h.
 */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

/* Registers. [IHI0070 6.2] */
enum {
	REG_CR0 = 0x20,
	REG_CR2 = 0x2c,
	REG_GBPA = 0x44,
	REG_STRTAB_BASE = 0x80,
	REG_STRTAB_BASE_CFG = 0x88,
	REG_CMDQ_BASE = 0x90,
	REG_CMDQ_PROD = 0x98,
	REG_CMDQ_CONS = 0x9c,
	REG_EVENTQ_BASE = 0xa0,
	REG_EVENTQ_PROD = 0x100a8,
	REG_EVENTQ_CONS = 0x100ac,
};

#define CMDQ_BASE  UINT64_C(0x10000)
#define EVTQ_BASE  UINT64_C(0x20000)
#define QUEUE_LG2  4u
#define QUEUE_MASK ((1u << QUEUE_LG2) - 1)
#define WRAP_MASK  ((2u << QUEUE_LG2) - 1)

bool machine_init(struct machine *machine, struct arena *arena)
{
	memset(machine, 0, sizeof(*machine));
	machine->arena = arena;
	machine->block_size = 1 << 20;
	machine->block = aligned_alloc(64, machine->block_size);
	return machine->block != NULL;
}

void machine_fini(struct machine *machine)
{
	free(machine->block);
}

static void write_reg(struct machine *machine, uint32_t offset, uint32_t size, uint64_t value)
{
	machine->port.ops->write(machine->port.context, offset, size, value);
}

static bool resumed(void *context, uint32_t slot, const struct sv3_result *result)
{
	struct machine *machine = (struct machine *)context;

	(void)slot;
	if (machine->resuming) {
		machine->resuming->resumed = true;
		machine->resuming->result = *result;
	}
	return false;
}

void machine_power_on(struct machine *machine, const struct setup *setup)
{
	const struct oracle_machine *m = &setup->machine;
	int rc = sv3_smmu_init(machine->block, machine->block_size, &setup->config,
			       &machine->fast.smmu);

	SV3_ASSERT(rc == 0);
	machine->fast.bus = arena_bus(machine->arena);
	sv3_fast_set_resumed(&machine->fast, resumed, machine);
	machine->port = sv3_fast_regport(&machine->fast);
	machine->event_index = machine->command_index = 0;
	write_reg(machine, REG_CR2, 4, m->cr2);
	write_reg(machine, REG_GBPA, 4, m->gbpa | UINT64_C(1) << 31);
	write_reg(machine, REG_STRTAB_BASE, 8, m->strtab_base);
	write_reg(machine, REG_STRTAB_BASE_CFG, 4, m->strtab_base_cfg);
	write_reg(machine, REG_CMDQ_BASE, 8, CMDQ_BASE | QUEUE_LG2);
	write_reg(machine, REG_EVENTQ_BASE, 8, EVTQ_BASE | QUEUE_LG2);
	write_reg(machine, REG_CR0, 4, 0xc);
	write_reg(machine, REG_CR0, 4, 0xc | m->cr0);
}

/* Records that were written since; the queue is empty again. */
static void take_records(struct machine *machine, struct observed *seen)
{
	uint32_t prod =
		(uint32_t)sv3_smmu_reg_read(machine->fast.smmu, REG_EVENTQ_PROD, 4) & WRAP_MASK;

	seen->record_count = (prod - machine->event_index) & WRAP_MASK;
	if (!seen->record_count)
		return;
	for (unsigned int i = 0; i < 4; i++)
		seen->record[i] = arena_peek(
			machine->arena,
			EVTQ_BASE + (uint64_t)(machine->event_index & QUEUE_MASK) * 32 + 8 * i);
	machine->event_index = prod;
	write_reg(machine, REG_EVENTQ_CONS, 4, prod);
}

void machine_translate(struct machine *machine, const struct sv3_txn *txn, struct observed *seen)
{
	int rc;

	memset(seen, 0, sizeof(*seen));
	machine->arena->journal_count = 0;
	machine->arena->journal_on = true;
	rc = sv3_translate(&machine->fast, txn, &seen->result);
	SV3_ASSERT(rc == 0);
	sv3_fast_drain(&machine->fast);
	machine->arena->journal_on = false;
	take_records(machine, seen);
}

static void put_command(struct machine *machine, uint64_t word0, uint64_t word1)
{
	uint64_t pa = CMDQ_BASE + (uint64_t)(machine->command_index & QUEUE_MASK) * 16;

	arena_poke(machine->arena, pa, word0);
	arena_poke(machine->arena, pa + 8, word1);
	machine->command_index = (machine->command_index + 1) & WRAP_MASK;
}

bool machine_command(struct machine *machine, uint64_t word0, uint64_t word1)
{
	put_command(machine, word0, word1);
	put_command(machine, 0x46, 0); /* CMD_SYNC */
	write_reg(machine, REG_CMDQ_PROD, 4, machine->command_index);
	return (sv3_smmu_reg_read(machine->fast.smmu, REG_CMDQ_CONS, 4) & 0x7f0fffff) ==
	       machine->command_index;
}

bool machine_resume(struct machine *machine, const uint64_t *record, enum resume how,
		    struct observed *seen)
{
	uint64_t sid = record[0] >> 32, stag = record[1] & 0xffff;
	bool consumed;

	memset(seen, 0, sizeof(*seen));
	machine->arena->journal_count = 0;
	machine->arena->journal_on = true;
	machine->resuming = seen;
	consumed = machine_command(machine, 0x44 | (uint64_t)how << 12 | sid << 32, stag);
	machine->resuming = NULL;
	machine->arena->journal_on = false;
	take_records(machine, seen);
	return consumed;
}
