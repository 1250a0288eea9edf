/* SPDX-License-Identifier: MIT */
/*
 * timed.h - the runner with time: answers the hardware's needs when the answer would be there.
 *
 *	device -> link -> root complex -> TBU (uTLB, TLB) -> TCU (configuration, walks) -> memory
 *
 * Concepts:
 *   access  of a device, from its issue to its end. In between it takes from units what they have.
 *   unit    whatever an access waits for or spends time in: a pool of slots, or a pipe.
 *   cycle   of the SMMU's clock. What happens at one cycle happens in the order of its causes.
 * The hardware is the same block as anywhere: the runner says when, never what. It owns no memory
 * but its own; nothing is allocated after sv3_timed_create().
 */
#ifndef SV3_TIMED_H
#define SV3_TIMED_H

#include <sv3/base.h>
#include <sv3/bus.h>
#include <sv3/device.h>
#include <sv3/smmu.h>
#include <sv3/timing.h>
#include <sv3/txn.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sv3_timed;

/** One access. It crosses no page of the translation granule. */
struct sv3_timed_access {
	struct sv3_txn txn; /* SV3_TXN_ACCESS; tbu_index below the SMMU's */
	uint32_t len;       /* bytes, 1 .. 4096 */
};

/** What became of an access; times that it never came to are SV3_CYCLE_NEVER. */
struct sv3_timed_end {
	struct sv3_timed_access access;
	uint32_t number; /* as sv3_timed_issue() returned it */
	struct sv3_result result;
	sv3_cycle issued;     /* it left the device */
	sv3_cycle arrived;    /* at the TBU, with all that it needs there */
	sv3_cycle translated; /* the TBU has its translation */
	sv3_cycle performed;  /* a write is visible in memory, a read was read */
};

/** Who hears of it; each may be NULL. None may call the runner, but for sv3_timed_issue() from
 *  room(). */
struct sv3_timed_ops {
	/** A translation is there, or a fault: nothing has moved yet. */
	void (*translated)(void *context, const struct sv3_timed_end *end);
	/** The bytes of a write are in memory, those of a read are taken from it. Not after a
	 *  fault. The SMMU is told after this. */
	void (*performed)(void *context, const struct sv3_timed_end *end);
	/** The device knows: a write as soon as it is performed or refused, a read when its data is
	 *  there. */
	void (*ended)(void *context, const struct sv3_timed_end *end);
	/** A device that was told -SV3_ERR_BUSY may try again. */
	void (*room)(void *context);
	/** The hardware did something that software may wait for: commands, events, interrupts. */
	void (*jobs)(void *context);
	/** A wire of the SMMU pulses. */
	void (*interrupt)(void *context, enum sv3_irq irq);
};

struct sv3_timed_config {
	struct sv3_smmu *smmu; /* borrowed */
	struct sv3_bus bus;    /* memory as the hardware sees it */
	struct sv3_timing timing;
	struct sv3_timed_ops ops;
	void *context;
	uint64_t seed; /* of mem.llc_permille */
};

/** sv3_timed_create - at cycle 0. A TBU has tbu.slots, but no more than its share of the SMMU's
 *  transactions in flight. -SV3_ERR_INVAL: timing, or an SMMU with fewer of them than TBUs;
 *  -SV3_ERR_NOMEM. */
SV3_API SV3_MUST_CHECK int sv3_timed_create(const struct sv3_timed_config *config,
					    struct sv3_timed **timed);
SV3_API void sv3_timed_destroy(struct sv3_timed *timed);

SV3_API sv3_cycle sv3_timed_now(const struct sv3_timed *timed);
/** The cycle of the next event, SV3_CYCLE_NEVER if there is none. */
SV3_API sv3_cycle sv3_timed_next(const struct sv3_timed *timed);
/** sv3_timed_run - all that happens up to and at @until; the clock ends there */
SV3_API void sv3_timed_run(struct sv3_timed *timed, sv3_cycle until);
/** sv3_timed_run_next - all that happens at the cycle of the next event, if there is one at or
 * before
 *  @until. Returns: whether there was. */
SV3_API bool sv3_timed_run_next(struct sv3_timed *timed, sv3_cycle until);

/**
 * sv3_timed_issue - a device makes an access now
 * Returns: its number, below sv3_timed_capacity(), its own until it has ended; -SV3_ERR_BUSY: the
 * link or the device has no room, ops.room() tells when.
 */
SV3_API SV3_MUST_CHECK int sv3_timed_issue(struct sv3_timed *timed,
					   const struct sv3_timed_access *access);
/** sv3_timed_capacity - accesses that may be in flight at once. */
SV3_API uint32_t sv3_timed_capacity(const struct sv3_timed *timed);
/** sv3_timed_in_flight - accesses issued and not ended; @stalled: of them, out, may be NULL: those
 *  that wait for CMD_RESUME. */
SV3_API uint64_t sv3_timed_in_flight(const struct sv3_timed *timed, uint64_t *stalled);
/** sv3_timed_moving - accesses that are neither performed, nor refused, nor stalled yet. */
SV3_API uint64_t sv3_timed_moving(const struct sv3_timed *timed);
/** sv3_timed_is_older - whether something issued before @cycle is neither performed nor stalled. */
SV3_API bool sv3_timed_is_older(const struct sv3_timed *timed, sv3_cycle cycle);
/** sv3_timed_set_endpoint - who hears CMD_ATC_INV from now on. */
SV3_API void sv3_timed_set_endpoint(struct sv3_timed *timed, const struct sv3_endpoint *endpoint);

/** sv3_timed_kick - something went past this runner (a register write, a transaction that another
 *  finished): what is ready now begins. */
SV3_API void sv3_timed_kick(struct sv3_timed *timed);
/** sv3_timed_cpu_wrote - a CPU has changed the line of @pa: a far atomic finds it there. */
SV3_API void sv3_timed_cpu_wrote(struct sv3_timed *timed, sv3_pa pa);
/** The register port of an embedder without a world: a write begins what it makes ready, a poll
 *  runs the next event. */
SV3_API struct sv3_regport sv3_timed_regport(struct sv3_timed *timed);

/* --- what it measures --- */

/* name       text */
#define SV3_TIMED_UNIT_MAP(X)               \
	X(TAGS, "device tags")              \
	X(LINK, "accesses on the link")     \
	X(WIRE, "link, towards memory")     \
	X(WIRE_BACK, "link, back")          \
	X(RC, "root complex buffers")       \
	X(TBU, "TBU slots")                 \
	X(WRITE_BUFFER, "TBU write buffer") \
	X(PORT_IN, "TBU port in")           \
	X(PORT_OUT, "TBU port out")         \
	X(DTI, "TBU to TCU")                \
	X(DTI_BACK, "TCU to TBU")           \
	X(TCU, "TCU slots")                 \
	X(WALK, "walk slots")               \
	X(MEMORY, "memory bandwidth")       \
	X(CMDQ, "command queue")

enum sv3_timed_unit {
#define X(name, text) SV3_TIMED_##name,
	SV3_TIMED_UNIT_MAP(X)
#undef X
		SV3_TIMED_UNIT_COUNT
};
SV3_API const char *sv3_timed_unit_text(enum sv3_timed_unit unit);
/** sv3_timed_unit_is_pipe - what enters goes through one after the other, and takes fractions of a
 *  cycle; else it is a pool of slots. */
SV3_API bool sv3_timed_unit_is_pipe(enum sv3_timed_unit unit);
/** Parts of a cycle in which a pipe's @occupied and @wait_cycles count. */
#define SV3_TIMED_FRACTION_LG2 20u

/** Of a cycle: what a pipe is counted in. */
#define SV3_TIMED_PIPE_PARTS (1u << 20)

/**
 * What a unit did. Of a pipe, @occupied and @wait_cycles are in parts of a cycle, for what a byte
 * or a line takes is seldom whole. Little's law is @occupied = @time_in of a pool where nothing was
 * in it at both ends of the time; the two are kept apart, one by the unit, the other by who was in
 * it.
 */
struct sv3_timed_unit_stats {
	uint64_t capacity;      /* slots, of all TBUs together */
	uint64_t entered, left; /* slots taken and given back */
	uint64_t occupied;      /* sum over cycles of slots taken */
	uint64_t time_in;       /* sum over those that left of the cycles they held a slot */
	uint64_t waited;        /* times an access found no slot, or one before it did not */
	uint64_t wait_cycles;   /* sum of their waits */
	uint64_t occupied_max;
};

#define SV3_HISTOGRAM_BUCKETS 1024u

/** How often each value came: exact below 32, then within 1/16 of the value. */
struct sv3_histogram {
	uint64_t count, sum, least, most;
	uint64_t buckets[SV3_HISTOGRAM_BUCKETS];
};

/** sv3_histogram_bucket - the least value that is counted in bucket @index. */
SV3_API uint64_t sv3_histogram_bucket(unsigned int index);
SV3_API void sv3_histogram_add(struct sv3_histogram *histogram, uint64_t value);
/** sv3_histogram_permille - a value that so many of 1,000 are not above, within the width of a
 *  bucket; 0 of an empty one. */
SV3_API uint64_t sv3_histogram_permille(const struct sv3_histogram *histogram,
					unsigned int permille);

struct sv3_timed_stats {
	uint64_t issued, done, faulted, stalled;
	uint64_t bytes_written, bytes_read; /* performed */
	uint64_t utlb_hits, tlb_hits, misses;
	uint64_t merged;                 /* times an access waited for another's miss */
	uint64_t walks;                  /* times a walk slot was taken */
	uint64_t memory_reads, llc_hits; /* of descriptors and structures */
	uint64_t atomics;                /* of the hardware */
	uint64_t atomics_lost;           /* of them, found another value */
	uint64_t commands, syncs;
	uint64_t busy_cycles; /* with an access in flight */
	uint64_t events;      /* of the runner's own queue */
	struct sv3_timed_unit_stats units[SV3_TIMED_UNIT_COUNT];
	struct sv3_histogram translation; /* cycles from arrival at the TBU to the translation */
	struct sv3_histogram walk;        /* with a walk slot */
	struct sv3_histogram read, write; /* from issue to its end for the device */
	struct sv3_histogram sync;        /* from the fetch of a CMD_SYNC until it is consumed */
};

/** sv3_timed_stats - up to now. */
SV3_API const struct sv3_timed_stats *sv3_timed_stats(struct sv3_timed *timed);

/* --- watching it --- */

/* name, text; TRANSLATION and DATA lie within ACCESS, FETCH and UPDATE within WALK or MISS */
#define SV3_TIMED_SPAN_MAP(X)                                                               \
	X(ACCESS, "access")           /* from its issue to its end */                       \
	X(TRANSLATION, "translation") /* from its arrival at the TBU */                     \
	X(DATA, "data")               /* on its way between TBU and memory */               \
	X(MISS, "miss")               /* it has a slot of the TCU */                        \
	X(WALK, "walk")               /* it has a walk slot */                              \
	X(FETCH, "fetch")             /* of a structure or descriptor, until it is there */ \
	X(UPDATE, "update")           /* the atomic of HTTU, until it is answered */        \
	X(COMMAND, "command")         /* from when it was read until it is consumed */

enum sv3_timed_span_kind {
#define X(name, text) SV3_TIMED_SPAN_##name,
	SV3_TIMED_SPAN_MAP(X)
#undef X
		SV3_TIMED_SPAN_COUNT
};
SV3_API const char *sv3_timed_span_text(enum sv3_timed_span_kind kind);

/** Who had the translation of an access. */
enum sv3_timed_found {
	SV3_TIMED_FOUND_NOT, /* not known yet */
	SV3_TIMED_FOUND_UTLB,
	SV3_TIMED_FOUND_TLB,
	SV3_TIMED_FOUND_MISS,
};

/** Something that takes time. There is one of a kind and a number at a time. */
struct sv3_timed_span {
	enum sv3_timed_span_kind kind;
	uint32_t number;                 /* of the access; of a command 0 */
	sv3_cycle at;                    /* when it begins, or ends */
	const struct sv3_timed_end *end; /* of the access, as far as it is; of a command NULL */
	enum sv3_timed_found found;      /* at the end of TRANSLATION */
	enum sv3_unit unit;              /* FETCH: what is read */
	sv3_pa pa;                       /* FETCH, UPDATE */
	unsigned int opcode;             /* COMMAND [IHI0070 4.1.3] */
};

/** A pool has so many slots taken. */
struct sv3_timed_level {
	enum sv3_timed_unit unit;
	uint32_t tbu; /* whose pool it is; 0 where one is for all */
	sv3_cycle at;
	uint64_t taken, capacity;
};

/**
 * Who hears of everything when it happens, in order of time; each may be NULL. What is told is
 * valid during the call. None may call the runner.
 */
struct sv3_timed_observer {
	void (*begins)(void *context, const struct sv3_timed_span *span);
	void (*ends)(void *context, const struct sv3_timed_span *span);
	void (*level)(void *context, const struct sv3_timed_level *level);
	/** Of the software around it: sv3_timed_phase(). */
	void (*phase)(void *context, const char *name, bool begins, sv3_cycle at);
	void *context;
};

#define SV3_TIMED_OBSERVERS_MAX 4u

/** sv3_timed_observe - one observer more; it hears the levels of all pools at once. -SV3_ERR_NOMEM:
 *  there are SV3_TIMED_OBSERVERS_MAX. */
SV3_API SV3_MUST_CHECK int sv3_timed_observe(struct sv3_timed *timed,
					     const struct sv3_timed_observer *observer);
/**
 * sv3_timed_phase - software begins something that takes time, such as a scan, or ends what it
 * began last
 * Observers hear of it, nothing else. @name: a static string; the same at both ends.
 */
SV3_API void sv3_timed_phase(struct sv3_timed *timed, const char *name, bool begins);

#ifdef __cplusplus
}
#endif

#endif
