/* SPDX-License-Identifier: MIT */
/*
 * words.c - what a doubleword of the small machine's memory says, for stories.
 */
#include <stdio.h>

#include <sv3/arch.h>
#include <sv3/vmsa.h>

#include "explore_priv.h"

static const char *rights(uint64_t leaf)
{
	if (sv3_pte_is_writable_clean(leaf))
		return "writable-clean";
	if (sv3_pte_is_writable_dirty(leaf))
		return "writable-dirty";
	return leaf & SV3_PTE_AP2_RDONLY ? "read-only" : "writable";
}

/* Tables stand below the pages: by the address it is known which of the two is meant. */
static void name_descriptor(uint64_t value, char *text, size_t size)
{
	const uint64_t output = value & SV3_BITS(47, 12);

	if (!(value & SV3_PTE_VALID))
		snprintf(text, size, " (invalid)");
	else if (value & SV3_PTE_TABLE && output < SV3_EXPLORE_DATA)
		snprintf(text, size, " (table)");
	else
		snprintf(text, size, " (%s %u, %s)",
			 value & SV3_PTE_TABLE ? "page" : "block at page",
			 (unsigned int)((output - SV3_EXPLORE_DATA) / 4096), rights(value));
}

static bool is_command(const struct sv3_explore *x, sv3_pa pa)
{
	for (uint32_t i = 0; i < x->setup.smmu_count; i++) {
		const sv3_pa offset = pa - x->setup.cmdqs[i];

		if (offset < 256)
			return offset % SV3_CMD_SIZE_BYTES == 0;
	}
	return false;
}

void sv3__name_word(const struct sv3_explore *x, sv3_pa pa, uint64_t value, char text[64])
{
	const int used = snprintf(text, 64, "0x%llx", (unsigned long long)value);
	char *rest = text + used;
	const size_t room = 64 - (size_t)used;

	if (pa - x->setup.tables < x->setup.tables_end - x->setup.tables) {
		name_descriptor(value, rest, room);
	} else if (is_command(x, pa)) {
		const char *name = sv3_command_name((uint32_t)SV3_GET(SV3_CMD0_OPCODE, value));

		snprintf(rest, room, " (CMD_%s)", name ? name : "ILLEGAL");
	}
}
