/* SPDX-License-Identifier: MIT */
/*
 * decode_fx.c - the state of config_rows.h as the functions that decode see it.
 */
#include "decode_fx.h"

#include <string.h>

static void follow(struct decode *d)
{
	static const uint8_t sizes_lg2[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };
	const uint64_t *words = d->state.words;

	d->smmu.config.idr0 = (uint32_t)words[IDR0];
	d->smmu.config.idr1 = (uint32_t)words[IDR1];
	d->smmu.config.idr3 = (uint32_t)words[IDR3];
	d->smmu.config.idr5 = (uint32_t)words[IDR5];
	d->smmu.config.aidr = (uint32_t)words[AIDR];
	d->smmu.config.choices = (uint32_t)words[CHOICES];
	d->smmu.oas_lg2 = sizes_lg2[words[IDR5] & 7];
	d->smmu.regs[SV3__REG_CR2] = words[CR2];
	d->smmu.regs[SV3__REG_STRTAB_BASE] = words[STRTAB];
	d->smmu.regs[SV3__REG_STRTAB_BASE_CFG] = words[STRTAB_CFG];
	memcpy(d->ste, &words[STE0], 4 * sizeof(uint64_t));
	memcpy(d->cd, &words[CD0], 4 * sizeof(uint64_t));
	d->txn.stream_id = (uint32_t)words[SID];
	d->txn.substream_id = (uint32_t)words[SSID];
	d->txn.substream_valid = words[SSID] >> 32 & 1;
}

void decode_init(struct decode *d)
{
	memset(d, 0, sizeof(*d));
	config_state_init(&d->state);
	follow(d);
}

void decode_set(struct decode *d, enum config_word word, unsigned int high, unsigned int low,
		uint64_t value)
{
	config_state_set(&d->state, word, high, low, value);
	follow(d);
}

void decode_edit(struct decode *d, const struct config_edit *edits)
{
	config_state_edit(&d->state, edits);
	follow(d);
}

const char *decode_rule_name(enum sv3__rule rule)
{
	struct sv3_rule_info info;

	return sv3_rule_info(rule, &info) ? info.name : "";
}

void decode_rows(const struct config_rows *rows, enum sv3__rule (*judge)(struct decode *))
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct config_row *row = &rows->rows[i];
		struct decode d;
		const char *got;

		decode_init(&d);
		decode_edit(&d, row->edits);
		got = decode_rule_name(judge(&d));
		if (strcmp(got, row->rule) != 0)
			ctest_fail(__FILE__, __LINE__, "%s: \"%s\", not \"%s\"", row->what, got,
				   row->rule);
	}
}
