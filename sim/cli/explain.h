/* SPDX-License-Identifier: MIT */
/*
 * explain.h - what the files of `sv3 explain` share.
 *
 * Concepts:
 *   station  one thing the hardware read on the way of an access, as it stood in memory.
 *   row      a line of the explanation: what, where, its value, what that means.
 *   update   a descriptor that the access would make the hardware write.
 */
#ifndef SV3_EXPLAIN_H
#define SV3_EXPLAIN_H

#include <sv3/report.h>
#include <sv3/sim.h>
#include <sv3/smmu.h>
#include <sv3/snapshot.h>

#include "cli.h"

#define EXPLAIN_STATIONS_MAX 160u
#define EXPLAIN_ROWS_MAX     128u
#define EXPLAIN_LEAVES_MAX   8u
#define EXPLAIN_UPDATES_MAX  (EXPLAIN_LEAVES_MAX + 1)
#define EXPLAIN_TEXT_CHARS   320u
#define EXPLAIN_WHAT_CHARS   32u

struct explain_station {
	enum sv3_unit unit;
	sv3_pa pa;
	uint32_t size;
	bool aborted;
	uint8_t data[64];
};

struct explain_row {
	char what[EXPLAIN_WHAT_CHARS];
	uint64_t at; /* address, or offset of a register */
	uint64_t value;
	bool aborted; /* nothing answered there: no value */
	char text[EXPLAIN_TEXT_CHARS];
	enum sv3_tone tone;
};

struct explain_rows {
	struct explain_row rows[EXPLAIN_ROWS_MAX];
	unsigned int count;
};

/** What a leaf is, as far as dirty tracking is concerned. */
enum explain_state { EXPLAIN_READ_ONLY, EXPLAIN_WRITABLE, EXPLAIN_CLEAN, EXPLAIN_DIRTY };

/** What a stage-2 descriptor was read for. */
enum explain_purpose {
	EXPLAIN_FOR_CD,
	EXPLAIN_FOR_TABLE,
	EXPLAIN_FOR_OUTPUT,
	EXPLAIN_FOR_UPDATE, /* the leaf of stage 1 is to be written */
};

/** A descriptor decoded. */
struct explain_descriptor {
	enum explain_purpose purpose;
	bool is_stage2, is_leaf;
	bool was_used; /* of stage 2: what it leads to was accessed */
	unsigned int level, granule_lg2;
	sv3_pa pa; /* where it stands */
	uint64_t value;
	sv3_pa output;
	enum explain_state state; /* of a leaf */
};

struct explain_update {
	bool is_stage2;
	sv3_pa pa;
	uint64_t from, to;
	bool sets_af, makes_dirty;
};

/** One access, and all that there is to say of it. */
struct explanation {
	const char *path;               /* of the snapshot */
	const char *master, *smmu_node; /* nodes of a device tree; NULL: there is none */
	struct sv3_snapshot snapshot;
	struct sv3_smmu *smmu;
	struct sv3_ram ram;
	void *block;
	struct sv3_txn txn;
	struct sv3_result result;
	struct explain_station stations[EXPLAIN_STATIONS_MAX];
	unsigned int station_count;
	/* what was found on the way */
	uint64_t ste[8], cd[8];
	bool has_ste, has_cd, has_leaf;
	struct explain_descriptor leaf;                        /* of stage 1 */
	struct explain_descriptor leaves2[EXPLAIN_LEAVES_MAX]; /* of stage 2, in their order */
	unsigned int leaf2_count;
	/* what is told */
	struct explain_rows registers, way;
	struct explain_update updates[EXPLAIN_UPDATES_MAX];
	unsigned int update_count;
	bool has_tlb, is_stale, would_be_lost;
	struct sv3_tlb_info tlb;
	char tlb_text[EXPLAIN_TEXT_CHARS];
	char result_text[EXPLAIN_TEXT_CHARS];
	char permission_text[EXPLAIN_TEXT_CHARS]; /* empty: it never came to that */
};

/* --- explain_way.c --- */

/** explain_probe - let the hardware look, and keep what it read. CLI_OK or CLI_ERROR. */
int explain_probe(struct explanation *e);
/** explain_way - rows for the registers that matter and for each station; what was found. */
void explain_way(struct explanation *e);

/* --- explain_leaf.c --- */

/** explain_descriptor - decode @value; the text says what it is. */
void explain_descriptor(struct explain_descriptor *d, bool output_is_52, char *text);
/** explain_state_name - "writable-clean" */
const char *explain_state_name(enum explain_state state);

/* --- explain_verdict.c --- */

/** explain_verdict - result, updates, and the TLB against memory. */
void explain_verdict(struct explanation *e);

/* --- explain_print.c --- */

int explain_print(const struct explanation *e);
int explain_print_json(const struct explanation *e);

/* --- small words, by number --- */

const char *explain_outcome_name(unsigned int outcome);
const char *explain_shareability_name(unsigned int shareability);
/** explain_size - 2^@size_lg2 bytes, "4 KiB", into @text [CLI_VALUE_CHARS]. */
const char *explain_size(unsigned int size_lg2, char *text);
/** explain_memory - "Normal Write-Back" into @text [CLI_VALUE_CHARS * 2]. */
const char *explain_memory(uint8_t memory, char *text);

#endif
