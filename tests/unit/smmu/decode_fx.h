/* SPDX-License-Identifier: MIT */
/*
 * decode_fx.h - the state of config_rows.h as the functions that decode see it.
 */
#ifndef SV3_TESTS_UNIT_SMMU_DECODE_FX_H
#define SV3_TESTS_UNIT_SMMU_DECODE_FX_H

#include "config_rows.h"
#include "ctest.h"

#include "smmu/xlat_priv.h"

struct decode {
	struct config_state state;
	struct sv3_smmu smmu;
	uint64_t ste[8], cd[8];
	struct sv3_txn txn;
	struct sv3__context context;
};

void decode_init(struct decode *d);
/** decode_set, decode_edit - change fields of the state, and all that follows from it. */
void decode_set(struct decode *d, enum config_word word, unsigned int high, unsigned int low,
		uint64_t value);
void decode_edit(struct decode *d, const struct config_edit *edits);

/** decode_rule_name - name of a rule, "" for none. */
const char *decode_rule_name(enum sv3__rule rule);
/** decode_rows - judge every row, and fail by its name where another rule comes out. */
void decode_rows(const struct config_rows *rows, enum sv3__rule (*judge)(struct decode *));

#endif
