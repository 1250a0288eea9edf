/* SPDX-License-Identifier: MIT */
/*
 * words.c - where something stands in the small machine, and what a doubleword there says: for
 * stories.
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

/* Where setup() said that it is to be. */
static enum sv3_explore_place place_by_setup(const struct sv3_explore *x, sv3_pa pa,
					     char text[SV3_EXPLORE_PLACE_CHARS])
{
	const struct sv3_explore_setup *setup = &x->setup;
	const size_t size = SV3_EXPLORE_PLACE_CHARS;

	if (pa >= setup->tables) {
		snprintf(text, size, "table 0x%llx[%u]",
			 (unsigned long long)(pa & ~UINT64_C(0xfff)),
			 (unsigned int)(pa & 0xfff) / 8);
		return SV3_EXPLORE_TABLE;
	}
	if (pa >= setup->cds) {
		snprintf(text, size, "CD %u [%u]", (unsigned int)(pa - setup->cds) / 64,
			 (unsigned int)(pa % 64) / 8);
	} else if (pa >= setup->eventqs[0]) {
		snprintf(text, size, "event queue [%u]",
			 (unsigned int)(pa - setup->eventqs[0]) % 512 / 32);
	} else if (pa >= setup->cmdqs[0]) {
		snprintf(text, size, "command queue%s [%u]",
			 (pa - setup->cmdqs[0]) / 256 ? " of SMMU 2" : "",
			 (unsigned int)(pa - setup->cmdqs[0]) % 256 / 16);
		return SV3_EXPLORE_COMMANDS;
	} else {
		snprintf(text, size, "STE %u [%u]",
			 (unsigned int)(pa - setup->strtabs[0]) % 1024 / 64,
			 (unsigned int)(pa % 64) / 8);
	}
	return SV3_EXPLORE_ELSEWHERE;
}

static enum sv3_explore_place place_of(const struct sv3_explore *x, sv3_pa pa,
				       char text[SV3_EXPLORE_PLACE_CHARS])
{
	if (pa >= SV3_EXPLORE_DATA) {
		snprintf(text, SV3_EXPLORE_PLACE_CHARS, "page %u",
			 (unsigned int)((pa - SV3_EXPLORE_DATA) / 4096));
		return SV3_EXPLORE_ELSEWHERE;
	}
	return x->driver.place ? x->driver.place(x->state, pa, text) : place_by_setup(x, pa, text);
}

void sv3__name_place(const struct sv3_explore *x, sv3_pa pa, char text[SV3_EXPLORE_PLACE_CHARS])
{
	(void)place_of(x, pa, text);
}

void sv3__name_word(const struct sv3_explore *x, sv3_pa pa, uint64_t value, char text[64])
{
	const int used = snprintf(text, 64, "0x%llx", (unsigned long long)value);
	char *rest = text + used;
	const size_t room = 64 - (size_t)used;
	char place[SV3_EXPLORE_PLACE_CHARS];
	const char *name;

	switch (place_of(x, pa, place)) {
	case SV3_EXPLORE_TABLE:
		name_descriptor(value, rest, room);
		break;
	case SV3_EXPLORE_COMMANDS:
		if (pa % SV3_CMD_SIZE_BYTES)
			break;
		name = sv3_command_name((uint32_t)SV3_GET(SV3_CMD0_OPCODE, value));
		snprintf(rest, room, " (CMD_%s)", name ? name : "ILLEGAL");
		break;
	default:
		break;
	}
}
