/* SPDX-License-Identifier: MIT */
/*
 * hw_commands.c - the driver's commands as they stood in the queue when it rang: what rows about
 * order and coverage are made of. Only the counting is ours; the hardware reads them by itself.
 */
#include <stdlib.h>

#include <sv3/arch.h>

#include "host.h"

static struct hw_command *commands;
static unsigned long count, room;
static uint32_t last_prod;
static uint8_t spoil; /* 0: nothing */

static void keep(sv3_pa pa)
{
	uint8_t bytes[16];

	if (count == room) {
		room = room * 2 + 256;
		commands = (struct hw_command *)realloc(commands, room * sizeof(commands[0]));
		SV3_ASSERT(commands);
	}
	if (sv3_bus_read(&host_machine.memory, pa, bytes, sizeof(bytes)) != SV3_BUS_OK)
		return;
	commands[count].words[0] = sv3_le64(bytes);
	commands[count++].words[1] = sv3_le64(bytes + 8);
}

void host_commands_submitted(uint32_t prod)
{
	const uint64_t base = sv3_smmu_reg_peek(host_machine.smmu, SV3_REG_CMDQ_BASE, 8);
	const uint32_t entries = UINT32_C(1) << (base & 31);
	const bool is_enabled = sv3_smmu_reg_peek(host_machine.smmu, SV3_REG_CR0, 4) >> 3 & 1;

	if (is_enabled && spoil) {
		const sv3_pa pa =
			(base & SV3_BITS(51, 5)) + (last_prod & (entries - 1)) * UINT64_C(16);

		host_stores_written(pa, &spoil, 1);
		sv3_bus_write(&host_machine.memory, pa, &spoil, 1);
		spoil = 0;
	}
	/* While the queue is off, the write sets where it begins. */
	for (; is_enabled && last_prod != prod; last_prod = (last_prod + 1) & (2 * entries - 1))
		keep((base & SV3_BITS(51, 5)) + (last_prod & (entries - 1)) * UINT64_C(16));
	last_prod = prod;
}

void hw_spoil_command(unsigned int opcode)
{
	spoil = (uint8_t)opcode;
}

unsigned long hw_command_count(void)
{
	return count;
}

const struct hw_command *hw_command(unsigned long index)
{
	return &commands[index];
}

unsigned long hw_commands_of(unsigned int opcode, unsigned long from)
{
	unsigned long found = 0;

	for (unsigned long i = from; i < count; i++)
		found += SV3_GET(SV3_CMD0_OPCODE, commands[i].words[0]) == opcode;
	return found;
}
