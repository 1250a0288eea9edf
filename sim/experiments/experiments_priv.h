/* SPDX-License-Identifier: MIT */
/*
 * experiments_priv.h - what the files of sim/experiments share and nobody else sees.
 *
 * Concepts:
 *   model      plain data and the choices that change it: a step of a thread, a store that becomes
 *              visible, an access of a device. It holds no pointer into itself.
 *   schedule   one way through a model, from its beginning until no choice is left.
 *   relaxed    two threads on a memory that may show their stores in another order.
 *   machine    an SMMU, memory, tables and a command queue in one piece that can be copied.
 *   L1         a cache that counts which lines marking brings in and drives out.
 * A broken variant is run beside the right one: a model that cannot show a mistake says nothing.
 */
#ifndef SV3_EXPERIMENTS_PRIV_H
#define SV3_EXPERIMENTS_PRIV_H

#include <sv3/experiment.h>
#include <sv3/migration.h>
#include <sv3/sim.h>

#define SV3__COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- registry.c --- */

struct sv3__experiment {
	struct sv3_experiment_info info;
	/** Adds the rows. 0, or what stopped it. */
	int (*run)(const struct sv3_experiment_config *config,
		   struct sv3_experiment_report *report);
};

extern const struct sv3__experiment sv3__thread_000;
extern const struct sv3__experiment sv3__thread_001;
extern const struct sv3__experiment sv3__thread_002;
extern const struct sv3__experiment sv3__thread_003;
extern const struct sv3__experiment sv3__thread_004;

/* --- schedules.c --- */

/** Choices on one schedule at most: more is a model that does not end. */
#define SV3__DEPTH_MAX 64u

struct sv3__model {
	size_t state_bytes;
	unsigned int choice_count;
	/** Take one choice. Returns: false: it cannot be taken now; what was changed is dropped. */
	bool (*take)(void *state, unsigned int choice);
	/** Whether a schedule that ended in @state shows what must not be. */
	bool (*is_bad)(const void *state);
	/** Whether all work is done at the end; else something waits that nothing can wake. NULL:
	 *  always. */
	bool (*is_done)(const void *state);
};

struct sv3__schedules {
	uint64_t total, bad, stuck; /* @stuck ones count as neither good nor bad */
};

/**
 * sv3__schedules_run - go every way through a model once, depth first
 * @initial: state before the first choice; each choice works on a copy, aligned to 64
 * Returns: 0 or -SV3_ERR_NOMEM.
 */
SV3_MUST_CHECK int sv3__schedules_run(const struct sv3__model *model, const void *initial,
				      struct sv3__schedules *result);

/** sv3__check_schedules - a row about how many schedules are bad. One that got stuck fails it. */
void sv3__check_schedules(struct sv3_experiment_report *report, const char *name,
			  const char *question, enum sv3_experiment_kind kind, uint64_t expected,
			  const struct sv3__schedules *result);

/* --- relaxed.c --- */

#define SV3__CELLS     4u
#define SV3__OPS_MAX   8u
#define SV3__REGISTERS 4u

enum sv3__op_kind {
	SV3__STORE,   /* cell = value */
	SV3__LOAD,    /* register = cell */
	SV3__SWAP,    /* register = cell, cell = value: atomic, and a full barrier */
	SV3__BARRIER, /* full: everything before it is visible before anything behind it happens */
};

struct sv3__op {
	uint8_t kind; /* enum sv3__op_kind */
	uint8_t cell, value, reg;
};

struct sv3__program {
	struct sv3__op ops[SV3__OPS_MAX];
	uint8_t count;
};

enum sv3__order {
	SV3__ORDER_RELAXED, /* accesses to different cells in any order */
	SV3__ORDER_TSO,     /* program order, but a store may be seen after a later load */
};

/** Two threads and their memory. Accesses of one thread to one cell stay in order. */
struct sv3__relaxed {
	struct sv3__program threads[2];
	uint8_t order;   /* enum sv3__order */
	uint8_t done[2]; /* bit i: op i of the thread has happened */
	uint8_t cells[SV3__CELLS];
	uint8_t registers[2][SV3__REGISTERS];
	struct {
		uint8_t cell[SV3__OPS_MAX], value[SV3__OPS_MAX];
		uint8_t count;
	} buffers[2]; /* stores that only their own thread sees */
};

void sv3__program_add(struct sv3__program *program, enum sv3__op_kind kind, unsigned int cell,
		      unsigned int value, unsigned int reg);
/** sv3__relaxed_run - every schedule; @is_bad gets a struct sv3__relaxed. 0 or -SV3_ERR_NOMEM. */
SV3_MUST_CHECK int sv3__relaxed_run(const struct sv3__relaxed *initial,
				    bool (*is_bad)(const void *state),
				    struct sv3__schedules *result);

/* --- machine.c --- */

#define SV3__MACHINE_PAGES       4u
#define SV3__MACHINE_BLOCK_BYTES 16384u
#define SV3__MACHINE_RAM_BYTES   32768u

/** One SMMU with hardware dirty state, one stream, pages that begin writable-clean. */
struct sv3__machine {
	_Alignas(64) uint8_t block[SV3__MACHINE_BLOCK_BYTES];
	uint8_t ram[SV3__MACHINE_RAM_BYTES];
	struct sv3_smmu *smmu;
	struct sv3_fast fast;
	struct sv3_pt_pages pages;
	struct sv3_pt pt;
	struct sv3_cmdq cmdq;
	struct sv3_cmdq_ticket ticket;
};

/** sv3__machine_init - in @machine, aligned to 64: booted, mapped. 0 or what failed. */
SV3_MUST_CHECK int sv3__machine_init(struct sv3__machine *machine);
/** sv3__machine_bind - behind a copy: what pointed into the original points into the copy. */
void sv3__machine_bind(struct sv3__machine *machine);

/** A write of the device that is translated and has not landed. */
struct sv3__flight {
	uint32_t slot;
	sv3_pa pa;
	bool open;
};
/** sv3__machine_translate - the first half of a write to @page. False: no slot, or refused. */
bool sv3__machine_translate(struct sv3__machine *machine, unsigned int page,
			    struct sv3__flight *flight);
/** sv3__machine_land - the second half: @value is in memory, the slot is free. */
void sv3__machine_land(struct sv3__machine *machine, struct sv3__flight *flight, uint64_t value);
/** First doubleword of a page. */
uint64_t sv3__machine_value(const struct sv3__machine *machine, unsigned int page);

/* Software's steps. They assert that nothing is refused: nothing here is full or aborts. */
/** The leaf of a page, as it stands in memory. */
void sv3__machine_leaf(struct sv3__machine *machine, unsigned int page, struct sv3_pt_leaf *leaf);
bool sv3__machine_is_dirty(struct sv3__machine *machine, unsigned int page);
void sv3__machine_clear(struct sv3__machine *machine, unsigned int page);
void sv3__machine_tlbi(struct sv3__machine *machine);
void sv3__machine_sync(struct sv3__machine *machine);
/** Whether the last CMD_SYNC is consumed. */
bool sv3__machine_synced(struct sv3__machine *machine);

/* --- l1.c --- */

#define SV3__L1_LINES_MAX 8192u

enum sv3__prefetch {
	SV3__PREFETCH_NONE,
	SV3__PREFETCH_NEXT,     /* a miss also loads the next line, if it is in the same page */
	SV3__PREFETCH_ADJACENT, /* a miss also loads the other line of its aligned pair */
};

struct sv3__l1_config {
	uint32_t size_bytes, ways, line_bytes;
	enum sv3__prefetch prefetch;
};

/** A cache of lines with least-recently-used replacement; it holds no bytes. */
struct sv3__l1 {
	struct sv3__l1_config config;
	uint32_t set_count;
	uint64_t loads, evictions;
	uint64_t
		lines[SV3__L1_LINES_MAX]; /* line number + 1, 0: none; a set's newest comes first */
};

/** sv3__l1_reset - empty. @config: powers of two, at least one line a way. */
void sv3__l1_reset(struct sv3__l1 *l1, const struct sv3__l1_config *config);
void sv3__l1_touch(struct sv3__l1 *l1, uint64_t address);
bool sv3__l1_holds(const struct sv3__l1 *l1, uint64_t address);

/* --- mark.c --- */

/** The word an atomic addition works on. */
#define SV3__MARK_WORD 8u

enum sv3__mark_variant {
	SV3__MARK_DOWN,      /* as in the thread: last page to second, then the first byte's word */
	SV3__MARK_UP,        /* the same words in ascending order */
	SV3__MARK_STRIDE,    /* wrong: every 4096 bytes from the first byte on */
	SV3__MARK_TWICE,     /* wrong: page starts down to the first, then the first word again */
	SV3__MARK_LAST_LINE, /* the last word of each page but the first: the reviewer's remark */
};

/** Every word that marking [start, start + size) adds 0 to, in order. @size > 0. */
void sv3__mark(enum sv3__mark_variant variant, uint64_t start, uint64_t size,
	       void (*touch)(void *context, uint64_t address), void *context);

/* --- thread_002.c, for its other files --- */

/** sv3__thread_002_scenario - by text, over an area of @area_pages. As sv3_scenario_parse(). */
SV3_MUST_CHECK int sv3__thread_002_scenario(const char *text, uint64_t area_pages,
					    struct sv3_scenario *scenario);
/** sv3__thread_002_migrate - contents compared, chunks of 4 pages, a guest of twice the area.
 *  @result: counts only, nothing is owned. As sv3_compare_run(). */
SV3_MUST_CHECK int sv3__thread_002_migrate(const struct sv3_scenario *scenario, const char *policy,
					   enum sv3_bug bug, struct sv3_compare_result *result);

/* --- parts of experiments, each in the file of its name; they add rows --- */

SV3_MUST_CHECK int sv3__thread_000_races(struct sv3_experiment_report *report);
SV3_MUST_CHECK int sv3__thread_000_stop(struct sv3_experiment_report *report, uint32_t in_flight,
					uint64_t seed);
SV3_MUST_CHECK int sv3__thread_001_hardware(struct sv3_experiment_report *report);
void sv3__thread_001_published(struct sv3_experiment_report *report);
SV3_MUST_CHECK int sv3__thread_002_placements(struct sv3_experiment_report *report);
SV3_MUST_CHECK int sv3__thread_002_sweep(struct sv3_experiment_report *report, uint64_t pages,
					 uint32_t rounds);
SV3_MUST_CHECK int sv3__thread_003_notifier(struct sv3_experiment_report *report);
SV3_MUST_CHECK int sv3__thread_003_coherence(struct sv3_experiment_report *report);
SV3_MUST_CHECK int sv3__thread_003_log(struct sv3_experiment_report *report, uint32_t page_count,
				       uint32_t write_count, uint64_t seed);
SV3_MUST_CHECK int sv3__thread_004_faults(struct sv3_experiment_report *report);
SV3_MUST_CHECK int sv3__thread_004_race(struct sv3_experiment_report *report);
SV3_MUST_CHECK int sv3__thread_004_bar(struct sv3_experiment_report *report);

#endif
