/* SPDX-License-Identifier: MIT */
/*
 * config_rows.h - every reason to refuse an STE, a CD, a StreamID or a SubstreamID, as rows: a
 * legal state, a few fields changed, and the rule of smmu/rules.def that refuses it.
 *
 * tests/unit/smmu judges them by the functions that decode, tests/model by a whole SMMU that finds
 * them in memory. Fields are written by their bit numbers in IHI 0070 G.b, never by the layouts of
 * arch.h.
 */
#ifndef SV3_CONFIG_ROWS_H
#define SV3_CONFIG_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a row may change. */
enum config_word {
	END, /* no more changes */
	IDR0,
	IDR1,
	IDR3,
	IDR5,
	AIDR,
	CHOICES,
	CR2,
	STRTAB_CFG, /* STRTAB_BASE_CFG */
	STRTAB,     /* STRTAB_BASE */
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
	CONFIG_WORD_COUNT
};

struct config_edit {
	enum config_word word;
	unsigned int high, low;
	uint64_t value;
};

#define CONFIG_EDIT(word, high, low, value) \
	{                                   \
		word, high, low, value      \
	}
#define CONFIG_EDITS_MAX 8u

struct config_row {
	const char *what;
	const char *rule; /* name of the rule that refuses it; "" where it is legal */
	struct config_edit edits[CONFIG_EDITS_MAX];
};

struct config_rows {
	const struct config_row *rows;
	size_t count;
	const char *prefixes[2]; /* of the rules that are these rows' own */
	const char *except;      /* rules of them that others produce, each with a space behind */
};

extern const struct config_rows config_rows_ste, config_rows_cd, config_rows_sid, config_rows_ssid;

/* All words as they stand, indexed by enum config_word. */
struct config_state {
	uint64_t words[CONFIG_WORD_COUNT];
};

/**
 * config_state_init - an SMMU with both stages, 48-bit addresses, all granules, no ATS, no EL2; a
 * legal nested STE: CD at 0x40110000, stage 2 with 4K, 40 bits, first level 1 at 0x40200000; a
 * legal CD: both halves 4K, 48 bits, at 0x41000000 and 0x43000000; a linear stream table of 256 at
 * 0x40100000; level-2 arrays at 0x40240000 (256 STEs) and 0x40260000.
 */
void config_state_init(struct config_state *state);
void config_state_set(struct config_state *state, enum config_word word, unsigned int high,
		      unsigned int low, uint64_t value);
void config_state_edit(struct config_state *state, const struct config_edit *edits);

/** config_rows_cover - fail for each rule of these prefixes that no row expects. */
void config_rows_cover(const struct config_rows *rows);
/** config_rows_own - whether a rule, by its name, is one that these rows are about. */
bool config_rows_own(const struct config_rows *rows, const char *rule);

#endif
