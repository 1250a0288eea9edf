/* SPDX-License-Identifier: MIT */
/*
 * config_rows.c - the state that the rows depart from, and what they cover.
 */
#include "config_rows.h"

#include "ctest.h"

#include <sv3/smmu.h>

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

void config_state_init(struct config_state *state)
{
	uint64_t *words = state->words;

	memset(state, 0, sizeof(*state));
	/* S2P, S1P, TTF = 64, COHACC, HTTU = 2, ASID16, VMID16, CD2L, mixed endian, stalls a
	 * choice, two-level stream tables */
	words[IDR0] = BIT(0) | BIT(1) | 2u << 2 | BIT(4) | 2u << 6 | BIT(12) | BIT(18) | BIT(19) |
		      1u << 27;
	/* SIDSIZE = 16, SSIDSIZE = 10, CMDQS = EVENTQS = 8, ATTR_PERMS_OVR, ATTR_TYPES_OVR */
	words[IDR1] = 16u | 10u << 6 | 8u << 16 | 8u << 21 | BIT(26) | BIT(27);
	/* HAD, XNX, FWB, RIL, BBML = 1 */
	words[IDR3] = BIT(2) | BIT(4) | BIT(8) | BIT(10) | 1u << 11;
	/* OAS = 48, all granules, STALL_MAX = 16 */
	words[IDR5] = 5u | 7u << 4 | 16u << 16;
	words[AIDR] = 2;
	words[CR2] = BIT(1); /* RECINVSID */
	words[STRTAB] = 0x40100000;
	words[STRTAB_CFG] = 8;
	words[L1STD] = 0x40240000 | 9;
	words[L1CD] = 0x40260000 | 1;

	/* V, Config = 0b111; SHCFG: incoming */
	words[STE0] = BIT(0) | 7u << 1 | 0x40110000;
	words[STE1] = BIT(44);
	/* S2VMID = 5, S2T0SZ = 24, S2SL0 = 1, S2IR0 = S2OR0 = 1, S2TG = 0, S2PS = 48, S2AA64, S2R
	 */
	words[STE2] = 5 | UINT64_C(24) << 32 | BIT(38) | BIT(40) | BIT(42) | UINT64_C(5) << 48 |
		      BIT(51) | BIT(58);
	words[STE3] = 0x40200000;
	/* T0SZ = T1SZ = 16, TG0 and TG1 4K, V, IPS = 48, AA64, R, A, ASID = 7 */
	words[CD0] = 16 | 16u << 16 | 2u << 22 | BIT(31) | UINT64_C(5) << 32 | BIT(41) | BIT(45) |
		     BIT(46) | UINT64_C(7) << 48;
	words[CD1] = 0x41000000;
	words[CD2] = 0x43000000;
}

void config_state_set(struct config_state *state, enum config_word word, unsigned int high,
		      unsigned int low, uint64_t value)
{
	uint64_t mask = (UINT64_MAX >> (63 - high)) & (UINT64_MAX << low);

	state->words[word] = (state->words[word] & ~mask) | (value << low & mask);
}

void config_state_edit(struct config_state *state, const struct config_edit *edits)
{
	for (unsigned int i = 0; i < CONFIG_EDITS_MAX && edits[i].word != END; i++)
		config_state_set(state, edits[i].word, edits[i].high, edits[i].low, edits[i].value);
}

bool config_rows_own(const struct config_rows *rows, const char *rule)
{
	const char *excepted = strstr(rows->except, rule);

	if (*rule == '\0' || (excepted && excepted[strlen(rule)] == ' '))
		return false;
	for (unsigned int i = 0; i < 2; i++)
		if (rows->prefixes[i] &&
		    strncmp(rule, rows->prefixes[i], strlen(rows->prefixes[i])) == 0)
			return true;
	return false;
}

static bool is_expected(const struct config_rows *rows, const char *rule)
{
	for (size_t i = 0; i < rows->count; i++)
		if (strcmp(rows->rows[i].rule, rule) == 0)
			return true;
	return false;
}

void config_rows_cover(const struct config_rows *rows)
{
	struct sv3_rule_info info;
	unsigned int own = 0;

	for (unsigned int rule = 1; sv3_rule_info(rule, &info); rule++) {
		if (!config_rows_own(rows, info.name))
			continue;
		own++;
		if (!is_expected(rows, info.name))
			ctest_fail(__FILE__, __LINE__, "no row is refused by %s", info.name);
	}
	if (own == 0)
		ctest_fail(__FILE__, __LINE__, "no rule begins with %s", rows->prefixes[0]);
}
