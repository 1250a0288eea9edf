/* SPDX-License-Identifier: MIT */
/*
 * explore_priv.h - what the files of the explorer share.
 *
 * Concepts:
 *   machine  SMMUs, a little memory, devices, programs; all that changes can be put back.
 *   pending  what an actor's next step will do: known before it is taken.
 *   reach    what a step reads and changes: two that do not touch may change places.
 *   alone    a program with no device and no other program left: it is not left any more.
 */
#ifndef SV3_EXPLORE_PRIV_H
#define SV3_EXPLORE_PRIV_H

#include <stdlib.h>

#include <sv3/explore.h>
#include <sv3/prng.h>

#include "coroutine.h"
#include "mix.h"
#include "mutants.h"
#include "watch.h"

#define SV3__XRAM_BASE  UINT64_C(0x10000)
#define SV3__XRAM_BYTES 0x20000u
#define SV3__XSLOTS     8u

/* Actors: programs, then devices, then one for the queues of each SMMU. */
#define SV3__XACTORS_MAX \
	(SV3_EXPLORE_PROGRAMS_MAX + SV3_EXPLORE_DEVICES_MAX + SV3_EXPLORE_SMMUS_MAX)

enum sv3__xop {
	SV3__XOP_NONE, /* the program is over */
	SV3__XOP_READ,
	SV3__XOP_WRITE,
	SV3__XOP_CAS,
	SV3__XOP_OR,
	SV3__XOP_MAINTAIN,
	SV3__XOP_REG_READ,
	SV3__XOP_REG_WRITE,
	SV3__XOP_POLL, /* waits until something that it read since the last one reads otherwise */
	SV3__XOP_COPY,
	SV3__XOP_REUSE,
	SV3__XOP_STOP, /* of devices */
};

/** A step of a program: what it is about to do. */
struct sv3__xpending {
	uint8_t op; /* enum sv3__xop */
	uint8_t smmu;
	uint32_t size;
	sv3_pa pa; /* or offset of a register, or a mask of pages */
	uint64_t value, expect;
};

/** What a step touches. */
struct sv3__xreach {
	sv3_pa pa;
	uint32_t size; /* 0: no memory */
	bool writes;
	uint8_t translation; /* mask of SMMUs: caches, slots, events */
	uint8_t queue;       /* mask of SMMUs: registers of queues */
	uint8_t devices;     /* mask */
	bool may_fail;       /* the first of these that is taken does fail */
};

#define SV3__XSEEN_MAX 4u

struct sv3__xprogram {
	struct sv3__xpending pending;
	/* What it read since it last waited: pa or register, and what that said. */
	struct sv3__xseen {
		sv3_pa pa;
		uint64_t value; /* sv3__sight() */
		uint32_t size;
		uint8_t smmu;
		bool is_register;
		bool is_own; /* pa is an address of the host */
	} seen[SV3__XSEEN_MAX];
	uint32_t seen_count;
};

enum sv3__xflight { SV3__XIDLE, SV3__XASKS, SV3__XDONE, SV3__XSTALLED };

struct sv3__xdevice {
	uint32_t next; /* access of its script */
	uint32_t slot;
	uint8_t flight; /* enum sv3__xflight */
	bool is_stopped;
	bool has_asked; /* behind an ATC: the slot is a request for a translation */
	uint64_t granted_read, granted_write; /* ATC, mask of pages */
	struct sv3_txn txn;
	struct sv3_need need;
	struct sv3_result result;
};

struct sv3__xqueue {
	bool has_job;
	uint32_t slot;
	struct sv3_need need;
};

/** All that changes, but for memory, the blocks and the driver's own state. */
struct sv3__xmoving {
	struct sv3__xprogram programs[SV3_EXPLORE_PROGRAMS_MAX];
	struct sv3__xdevice devices[SV3_EXPLORE_DEVICES_MAX];
	struct sv3__xqueue queues[SV3_EXPLORE_SMMUS_MAX];
	/* Truth: how often each page was written, as it was then at its copy, and who owns it. */
	uint32_t written[SV3_EXPLORE_PAGES_MAX], copied[SV3_EXPLORE_PAGES_MAX];
	uint64_t reused, reported; /* masks of pages */
	uint32_t refused[SV3_EXPLORE_DEVICES_MAX];
	bool has_failed; /* a write of a program */
};

struct sv3__xundo {
	uint32_t offset; /* of a doubleword of the memory */
	uint64_t old;
};

#define SV3__XUNDO_MAX 16384u

/** A write that was announced and that nobody has looked at yet. */
struct sv3__xdirect {
	uint8_t *where;
	uint32_t size; /* 0: none */
	uint8_t before[4096];
};

struct sv3_explore {
	const struct sv3_explore_scenario *scenario;
	struct sv3_explore_driver driver; /* complete */
	bool lacks;                       /* a program called what it does not have */
	enum sv3__mutant mutant;          /* that programs or hardware make */
	struct sv3_explore_config config;
	struct sv3_explore_setup setup;
	uint32_t actor_count;

	struct sv3__coroutine stacks[SV3_EXPLORE_PROGRAMS_MAX];
	struct sv3__xprogram_self {
		struct sv3_explore *x;
		uint32_t index;
	} selves[SV3_EXPLORE_PROGRAMS_MAX];
	uint32_t running; /* program; PROGRAMS_MAX: preparation, which is not explored */
	bool is_alone;    /* the one that runs */

	struct sv3_smmu *smmus[SV3_EXPLORE_SMMUS_MAX];
	size_t block_bytes;
	uint8_t *first_blocks[SV3_EXPLORE_SMMUS_MAX]; /* as they are when a schedule begins */
	bool touched[SV3_EXPLORE_SMMUS_MAX];
	uint8_t *state, *first_state; /* the driver's */
	struct sv3__xmoving moving, first;

	uint8_t *memory; /* shape [SV3__XRAM_BYTES] */
	uint8_t *cpu;    /* as software sees it; the same where hardware is coherent */
	bool keeps_undo;
	uint32_t memory_end;  /* behind the highest byte ever written */
	uint64_t memory_hash; /* MERGED: of what differs from the beginning */
	uint32_t undo_count;
	struct sv3__xundo *undo;
	struct sv3__xdirect direct;

	struct sv3__watch watches[SV3_EXPLORE_SMMUS_MAX];
	uint32_t step_number; /* of the schedule */

	struct sv3_explore_finding finding; /* of this schedule */
	struct sv3_explore_step *telling;   /* NULL: nobody listens */
	sv3_explore_teller teller;
	void *teller_context;
	struct sv3_prng prng;
};

/** sv3__mistaken - whether programs or hardware make a mistake. */
#define sv3__mistaken(x, id) ((x)->mutant == SV3__MUTANT_##id)

/* --- machine.c --- */

/** sv3__machine_restart - all as it is when a schedule begins. */
void sv3__machine_restart(struct sv3_explore *x);
uint64_t sv3__memory_word(const struct sv3_explore *x, sv3_pa pa);
enum sv3_bus_status sv3__memory_read(const uint8_t *side, sv3_pa pa, void *data, uint32_t size);
enum sv3_bus_status sv3__memory_write(struct sv3_explore *x, uint8_t *side, sv3_pa pa,
				      const void *data, uint32_t size);
/** sv3__memory_opens, sv3__memory_closes - around a change of memory that someone else makes;
 * inside. */
void sv3__memory_opens(struct sv3_explore *x, const uint8_t *side, sv3_pa pa, uint32_t size);
void sv3__memory_closes(struct sv3_explore *x, const uint8_t *side, sv3_pa pa, uint32_t size);
void sv3__breaks(struct sv3_explore *x, enum sv3_explore_rule rule, uint32_t page,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
static inline bool sv3__is_broken(const struct sv3_explore *x)
{
	return x->finding.rule != SV3_EXPLORE_OK;
}

/* --- actors: who can go on, what the next step touches, the step --- */

static inline uint32_t sv3__device_actor(const struct sv3_explore *x, uint32_t device)
{
	return x->scenario->program_count + device;
}
static inline uint32_t sv3__queue_actor(const struct sv3_explore *x, uint32_t smmu)
{
	return x->scenario->program_count + x->scenario->device_count + smmu;
}
const char *sv3__actor_name(const struct sv3_explore *x, uint32_t actor);
uint32_t sv3__actors_ready(const struct sv3_explore *x);
bool sv3__actors_over(const struct sv3_explore *x);
void sv3__actor_reach(const struct sv3_explore *x, uint32_t actor, struct sv3__xreach *reach);
/** sv3__actor_step - @actor is ready. */
void sv3__actor_step(struct sv3_explore *x, uint32_t actor);
/** sv3__end_check - what must hold when nobody has anything left to do. */
void sv3__end_check(struct sv3_explore *x);
uint64_t sv3__outcome(const struct sv3_explore *x);

/* --- program.c --- */

/** sv3__is_explored - false: the preparation runs, not a program. */
static inline bool sv3__is_explored(const struct sv3_explore *x)
{
	return x->running < SV3_EXPLORE_PROGRAMS_MAX;
}
static inline struct sv3__xpending sv3__access(enum sv3__xop op, sv3_pa pa, uint32_t size)
{
	return (struct sv3__xpending){ .op = (uint8_t)op, .pa = pa, .size = size };
}
/** sv3__program_next - the step that is about to be taken; it comes back when it may be. */
void sv3__program_next(struct sv3_explore *x, struct sv3__xpending pending);
/** sv3__program_see - what waiting will be about. */
void sv3__program_see(struct sv3_explore *x, struct sv3__xseen seen);
/** sv3__sight - of bytes that were read: they themselves, or more than 8 as a fingerprint. */
uint64_t sv3__sight(const void *where, uint32_t size);
void sv3__program_begin(struct sv3_explore *x, uint32_t program);
void sv3__program_step(struct sv3_explore *x, uint32_t program);
bool sv3__program_is_ready(const struct sv3_explore *x, uint32_t program);
void sv3__program_reach(const struct sv3_explore *x, uint32_t program, struct sv3__xreach *reach);
/** sv3__program_poll - wait, or alone with the hardware: it does all it can. Returns: false: that
 * was nothing. */
bool sv3__program_poll(struct sv3_explore *x);
int sv3__program_init(struct sv3_explore *x);

/* --- access.c --- */

struct sv3_bus sv3__program_bus(struct sv3_explore *x);
struct sv3_regport sv3__program_regs(struct sv3_explore *x, uint32_t smmu);

/* --- direct.c --- */

/** sv3__direct_settle - a write that was announced has been made: told, and shown to monitors. */
void sv3__direct_settle(struct sv3_explore *x);

/* --- hardware.c --- */

void sv3__device_step(struct sv3_explore *x, uint32_t device);
bool sv3__device_is_ready(const struct sv3_explore *x, uint32_t device);
bool sv3__device_is_over(const struct sv3_explore *x, uint32_t device);
void sv3__device_reach(const struct sv3_explore *x, uint32_t device, struct sv3__xreach *reach);
void sv3__queue_step(struct sv3_explore *x, uint32_t smmu);
bool sv3__queue_is_ready(const struct sv3_explore *x, uint32_t smmu);
void sv3__queue_reach(const struct sv3_explore *x, uint32_t smmu, struct sv3__xreach *reach);
/** sv3__queues_pump - whoever has become ready is known. */
void sv3__queues_pump(struct sv3_explore *x);
/** sv3__queues_drain - all that they have to do is done at once. */
bool sv3__queues_drain(struct sv3_explore *x);
void sv3__smmu_touch(struct sv3_explore *x, uint32_t smmu);
/** sv3__warm - a device's page is accessed before the exploration begins. */
void sv3__warm(struct sv3_explore *x, uint32_t device, uint32_t page, bool write);

/* --- lacking.c --- */

/* What a function returns that is not there. */
#define SV3__XLACKS INT32_MIN
void sv3__driver_complete(struct sv3_explore_driver *driver);

/* --- words.c --- */

/** sv3__name_place - what stands at an address, in words. */
void sv3__name_place(const struct sv3_explore *x, sv3_pa pa, char text[SV3_EXPLORE_PLACE_CHARS]);
/** sv3__name_word - a doubleword that stands at @pa: its value, and what that says. */
void sv3__name_word(const struct sv3_explore *x, sv3_pa pa, uint64_t value, char text[64]);

/* --- story.c --- */

/** sv3__say - words for the step that is being taken, if anybody listens. */
void sv3__say(struct sv3_explore *x, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- search.c --- */

void sv3__search(struct sv3_explore *x, struct sv3_explore_report *report);
/* --- sample.c --- */
void sv3__sample(struct sv3_explore *x, struct sv3_explore_report *report);

#endif
