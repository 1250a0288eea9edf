/* SPDX-License-Identifier: MIT */
/*
 * machine.c - an SMMU with the structures of config_rows.h in memory.
 */
#include "tests/model/machine.h"

#include <stdlib.h>
#include <string.h>

/* Where config_state_init() has put the CD. */
#define CD_TABLE UINT64_C(0x40110000)

static void power_on(struct fx *f, const struct config_state *state)
{
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	config.idr0 = (uint32_t)state->words[IDR0];
	config.idr1 = (uint32_t)state->words[IDR1];
	config.idr3 = (uint32_t)state->words[IDR3];
	config.idr5 = (uint32_t)state->words[IDR5];
	config.aidr = (uint32_t)state->words[AIDR];
	config.choices = (uint32_t)state->words[CHOICES];
	fx_power_on(f, &config);
	fx_boot(f, 0);
}

static void write_structures(struct fx *f, const struct config_state *state)
{
	const uint64_t *words = state->words;
	bool two_level_streams = words[STRTAB_CFG] >> 16 & 1;
	uint64_t format = words[STE0] >> 4 & 3;
	bool two_level_cds = words[STE0] >> 59 != 0 && (format == 1 || format == 2);

	for (unsigned int i = 0; i < 4; i++) {
		fx_poke(f, FX_STRTAB + i * 8, words[STE0 + i]);
		fx_poke(f, CD_TABLE + i * 8, words[CD0 + i]);
	}
	/* Level-1 descriptors, for every StreamID the same. */
	for (unsigned int i = 0; two_level_streams && i < 1024; i++)
		fx_poke(f, FX_STRTAB + i * 8, words[L1STD]);
	for (unsigned int i = 0; two_level_cds && i < 2; i++)
		fx_poke(f, CD_TABLE + i * 8, words[L1CD]);
	fx_poke(f, MACHINE_S2_TABLE + 8, UINT64_C(0x40000000) | MACHINE_S2_BLOCK | FX_AF);
}

void machine_power_on(struct fx *f, const struct config_edit *edits)
{
	struct config_state state;

	config_state_init(&state);
	config_state_edit(&state, edits);
	power_on(f, &state);
	fx_set_reg(f, SV3_REG_CR0, 0xc); /* SMMUEN = 0: its registers may be written */
	fx_set_reg(f, SV3_REG_CR2, state.words[CR2]);
	fx_set_reg64(f, SV3_REG_STRTAB_BASE, state.words[STRTAB]);
	fx_set_reg(f, SV3_REG_STRTAB_BASE_CFG, state.words[STRTAB_CFG]);
	write_structures(f, &state);
	fx_set_reg(f, SV3_REG_CR0, 0xd);
}

uint64_t machine_go(struct fx *f, const struct config_edit *edits)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	struct config_state state;

	config_state_init(&state);
	config_state_edit(&state, edits);
	txn.stream_id = (uint32_t)state.words[SID];
	txn.substream_id = (uint32_t)state.words[SSID];
	txn.substream_valid = state.words[SSID] >> 32 & 1;
	return fx_go(f, &txn);
}

const char *machine_rule(const struct fx *f)
{
	struct sv3_rule_info info;

	return sv3_rule_info(f->result.rule, &info) ? info.name : "";
}

static void judge(const struct config_rows *rows, const struct config_row *row)
{
	struct sv3_rule_info info = { 0 };
	struct fx f;
	uint64_t code;
	const char *rule;

	machine_power_on(&f, row->edits);
	code = machine_go(&f, row->edits);
	rule = machine_rule(&f);
	sv3_rule_info(f.result.rule, &info);
	if (*row->rule == '\0') {
		if (config_rows_own(rows, rule))
			ctest_fail(__FILE__, __LINE__, "%s: refused by %s", row->what, rule);
	} else if (strcmp(rule, row->rule) != 0) {
		ctest_fail(__FILE__, __LINE__, "%s: \"%s\", not \"%s\"", row->what, rule,
			   row->rule);
	} else if (code != FX_FAULT(info.event) || fx_event(&f) != info.event) {
		ctest_fail(__FILE__, __LINE__, "%s: %#llx, event %u, not an abort with event %u",
			   row->what, (unsigned long long)code, (unsigned int)(f.event[0] & 0xff),
			   info.event);
	}
	fx_fini(&f);
}

void machine_rows(const struct config_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		judge(rows, &rows->rows[i]);
}
