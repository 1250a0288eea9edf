/* SPDX-License-Identifier: MIT */
/*
 * decode_fx.h - rows of the tests of STE, CD and their places: a legal state, a few fields changed,
 * and the rule that refuses it.
 *
 * Fields are written by their bit numbers in IHI 0070 G.b, never by the layouts of arch.h.
 */
#ifndef SV3_TESTS_UNIT_SMMU_DECODE_FX_H
#define SV3_TESTS_UNIT_SMMU_DECODE_FX_H

#include "ctest.h"

#include "smmu/smmu_priv.h"

/* What a row may change. */
enum decode_word {
	END, /* no more changes */
	IDR0,
	IDR1,
	IDR3,
	IDR5,
	AIDR,
	CR2,
	STRTAB_CFG,
	STRTAB, /* STRTAB_BASE */
	CHOICES,
	L1STD,
	L1CD,
	STE0,
	STE1,
	STE2,
	STE3,
	CD0,
	CD1,
	CD2,
	CD3,
	SID,
	SSID, /* bit 32: SSV */
};

struct decode_edit {
	enum decode_word word;
	unsigned int high, low;
	uint64_t value;
};

#define DECODE_EDITS_MAX 6u

struct decode_row {
	const char *what;
	const char *rule; /* name of the rule that refuses it; "" where it is legal */
	struct decode_edit edits[DECODE_EDITS_MAX];
};

/* One SMMU, one STE, one CD, as a row leaves them. */
struct decode {
	struct sv3_smmu smmu;
	uint64_t ste[8], cd[8], l1std, l1cd;
	struct sv3_txn txn;
	struct sv3__context context;
};

/** decode_init - an SMMU that has everything, 48-bit addresses; a legal nested STE: stage 2 with
 *  4K, 40 bits, first level 1; a legal CD: both halves 4K, 48 bits. */
void decode_init(struct decode *d);
void decode_set(struct decode *d, enum decode_word word, unsigned int high, unsigned int low,
		uint64_t value);
void decode_edits(struct decode *d, const struct decode_edit *edits);

/** decode_rule_name - name of a rule, "" for none. */
const char *decode_rule_name(enum sv3__rule rule);

/** decode_rows - judge every row, and fail by its name where another rule comes out. */
void decode_rows(const struct decode_row *rows, size_t count,
		 enum sv3__rule (*judge)(struct decode *));

/** decode_covers - fail for each rule of this prefix that no row expects; @except: names that
 *  others produce, with a space behind each. */
void decode_covers(const struct decode_row *rows, size_t count, const char *prefix,
		   const char *except);

#endif
