/* SPDX-License-Identifier: MIT */
/*
 * timed_priv.h - what the files of the timed runner share and nobody else sees.
 *
 * Concepts:
 *   flight  an access and where it is: a state machine, moved by events, of which it has at most
 *           one.
 *   job     work of the hardware itself, likewise.
 *   node    a flight or a job in the event queue: flights first, then jobs.
 *   pool    slots that are taken and given back; who finds none waits, first come first served.
 *   pipe    passed one after the other: what is in it holds up who comes behind.
 */
#ifndef SV3_TIMED_PRIV_H
#define SV3_TIMED_PRIV_H

#include <sv3/prng.h>
#include <sv3/timed.h>

#define SV3__NO_NODE UINT32_MAX

/* --- wheel.c: the queue of events --- */

#define SV3__WHEEL_LG2  12u
#define SV3__WHEEL_SIZE (1u << SV3__WHEEL_LG2)

struct sv3__far_event {
	sv3_cycle at;
	uint64_t serial;
	uint32_t node;
};

/**
 * Events of the next SV3__WHEEL_SIZE cycles stand in lists, one a cycle, in the order in which they
 * were added; later ones in a heap. So an event costs the same however many there are.
 */
struct sv3__wheel {
	sv3_cycle now;     /* no event is earlier */
	sv3_cycle next_at; /* of the first; SV3_CYCLE_NEVER: there is none */
	uint64_t near_count;
	uint32_t *next;             /* of each node, in its list; shape [node_count] */
	struct sv3__far_event *far; /* a heap, shape [node_count] */
	uint32_t far_count;
	uint64_t serial;
	uint64_t groups;                     /* bit: some bit of @busy of that word */
	uint64_t busy[SV3__WHEEL_SIZE / 64]; /* bit: the list is not empty */
	uint32_t first[SV3__WHEEL_SIZE], last[SV3__WHEEL_SIZE];
};

int sv3__wheel_init(struct sv3__wheel *wheel, uint32_t node_count);
void sv3__wheel_fini(struct sv3__wheel *wheel);
/** @node: has no event yet; @at: not before wheel->now. */
void sv3__wheel_add(struct sv3__wheel *wheel, uint32_t node, sv3_cycle at);
/** The cycle of the next event, SV3_CYCLE_NEVER: none. */
static inline sv3_cycle sv3__wheel_next(const struct sv3__wheel *wheel)
{
	return wheel->next_at;
}
/** The next event, which must be at @at, is taken out; the clock is @at. SV3__NO_NODE: there is
 *  none at that cycle. */
uint32_t sv3__wheel_take(struct sv3__wheel *wheel, sv3_cycle at);

/* --- unit.c: pools and pipes --- */

/** Flights that wait, linked by flight.waits_next. */
struct sv3__line {
	uint32_t first, last; /* SV3__NO_NODE: empty */
};

struct sv3__pool {
	struct sv3_timed_unit_stats *stats; /* shared by the pools of all TBUs */
	uint64_t taken, capacity;
	sv3_cycle counted_to; /* stats->occupied has all before */
	struct sv3__line line;
	uint8_t unit, tbu;         /* enum sv3_timed_unit */
	struct sv3_timed *watched; /* whose observers hear of it; NULL: nobody does */
};

void sv3__pool_init(struct sv3__pool *pool, struct sv3_timed_unit_stats *stats, uint64_t capacity);
static inline bool sv3__pool_has(const struct sv3__pool *pool, uint64_t count)
{
	return pool->capacity - pool->taken >= count;
}
/** @count: at most what it has. */
void sv3__pool_take(struct sv3__pool *pool, uint64_t count, sv3_cycle now);
/** @since: when they were taken. */
void sv3__pool_give(struct sv3__pool *pool, uint64_t count, sv3_cycle since, sv3_cycle now);
/** Observers hear how much of a watched one is taken (observe.c). */
void sv3__tell_level(const struct sv3__pool *pool, sv3_cycle now);
/** stats->occupied up to @now. */
void sv3__pool_count(struct sv3__pool *pool, sv3_cycle now);

/** Work in fractions of a cycle: rates of links and memory are no whole numbers. */
#define SV3__FRACTION_LG2 SV3_TIMED_FRACTION_LG2

struct sv3__pipe {
	struct sv3_timed_unit_stats *stats;
	uint64_t free_at; /* fractions */
};

/** Something that takes @work fractions enters at @at. Returns: the cycle in which it begins. */
static inline sv3_cycle sv3__pipe_pass(struct sv3__pipe *pipe, sv3_cycle at, uint64_t work)
{
	const uint64_t from = at << SV3__FRACTION_LG2;
	const uint64_t begins = pipe->free_at > from ? pipe->free_at : from;

	pipe->stats->entered++;
	pipe->stats->occupied += work;
	if (begins > from) {
		pipe->stats->waited++;
		pipe->stats->wait_cycles += begins - from;
	}
	pipe->free_at = begins + work;
	return begins >> SV3__FRACTION_LG2;
}

/** The first cycle in which all that has entered is through. */
static inline sv3_cycle sv3__pipe_end(const struct sv3__pipe *pipe)
{
	return (pipe->free_at + (1u << SV3__FRACTION_LG2) - 1) >> SV3__FRACTION_LG2;
}

/* --- utlb.c --- */

struct sv3__utlb_key {
	uint64_t page, context;
};

/** Tags alone: whether a translation that the main TLB has is in the micro TLB, too. Fully
 *  associative, the one used longest ago goes first. */
struct sv3__utlb {
	struct sv3__utlb_key *keys; /* the latest first; shape [capacity], borrowed */
	uint32_t count, capacity;
};

struct sv3__utlb_key sv3__utlb_key(const struct sv3_txn *txn, unsigned int span_lg2);
/** It is in it from now on. Returns: whether it was. */
bool sv3__utlb_use(struct sv3__utlb *utlb, struct sv3__utlb_key key);

/* --- memory.c --- */

#define SV3__LLC_WAYS 8u

struct sv3__memory {
	struct sv3__pipe pipe;
	uint64_t line_work; /* fractions a line */
	uint64_t *llc_tags; /* line number + 1, the latest of a set first; shape [llc_sets][8] */
	uint64_t *
		changed; /* line number + 1: lines that a CPU changed; shape [SV3__CHANGED_LINES] */
	uint32_t llc_sets; /* 0: drawn */
	uint32_t llc_permille;
	struct sv3_prng prng;
	sv3_cycle llc, dram, read, write, msi, far_llc, far_dram, far_cpu, near_fill, near_hit;
	bool near;
};

struct sv3_timed;
int sv3__memory_init(struct sv3_timed *timed, const struct sv3_timed_config *config);
void sv3__memory_fini(struct sv3_timed *timed);
/** When a structure, descriptor or command that is asked for @at is there. Memory counts it from
 *  now on: what is asked for in between is not behind it. */
sv3_cycle sv3__memory_fetch(struct sv3_timed *timed, sv3_cycle at, sv3_pa pa);
/** When the hardware's atomic that is sent @at is answered. */
sv3_cycle sv3__memory_atomic(struct sv3_timed *timed, sv3_cycle at, sv3_pa pa);
/** When @len bytes that a device asks for at this cycle are read or visible. */
sv3_cycle sv3__memory_data(struct sv3_timed *timed, uint32_t len, bool write);

/* --- flights --- */

enum sv3__phase {
	SV3__FREE,
	SV3__ARRIVES,    /* on the link */
	SV3__ENTERS,     /* before the TBU: no room, or behind one that has none */
	SV3__LOOKS_UP,   /* in the TBU */
	SV3__MERGED,     /* waits for another's miss */
	SV3__STARVED,    /* the block has no slot */
	SV3__MISSED,     /* on its way to the TCU */
	SV3__QUEUES,     /* no TCU slot, or no walk slot */
	SV3__CONFIGURES, /* the configuration cache is looked up */
	SV3__ASKED,      /* memory will answer */
	SV3__RETURNS,    /* on its way to the TBU, or the TLB is looked up */
	SV3__ORDERED,    /* translated; an earlier write is not in memory yet */
	SV3__LEAVES,     /* through the port of its TBU, to memory */
	SV3__MOVES,      /* data is on its way */
	SV3__BACK,       /* on its way to the device */
	SV3__STALLED,
};

struct sv3__flight {
	struct sv3_timed_end end;
	uint8_t phase; /* enum sv3__phase */
	uint8_t tbu;
	bool has_slot;      /* of the block: end.access.txn has begun */
	bool in_tcu, walks; /* has these slots */
	bool leads;         /* others may wait for its miss */
	bool in_order;      /* in the line of writes of its TBU */
	bool is_ready;      /* translated, in that line */
	bool has_waited;    /* before the TBU */
	uint8_t waits_for;  /* there: enum sv3_timed_unit */
	uint8_t found;      /* enum sv3_timed_found */
	uint8_t walk_unit;  /* of the walk's last read: enum sv3_unit */
	uint32_t slot;
	uint32_t lines, beats;
	uint32_t waits_next;     /* in the line it waits in */
	uint32_t order_next;     /* in the line of writes */
	uint32_t merge_next;     /* of the leaders of one bucket */
	struct sv3__line merged; /* who waits for it */
	sv3_cycle waits_since, tcu_since, walk_since;
	struct sv3_need need; /* last: nothing clears it */
};

/** What stands in front of a port. */
struct sv3__tbu {
	struct sv3__pool slots, buffer;
	struct sv3__pipe port_in, port_out, dti, dti_back;
	struct sv3__line enters;          /* in order of arrival */
	uint32_t order_first, order_last; /* writes, in order of arrival */
	struct sv3__utlb utlb;
};

enum sv3__job_phase {
	SV3__JOB_IDLE,
	SV3__JOB_ASKED,    /* memory, or an endpoint, will answer */
	SV3__JOB_EXECUTES, /* a command that was read */
	SV3__JOB_WAITS,    /* for an endpoint that answers later */
};

struct sv3__job {
	uint8_t phase;
	struct sv3_need need;
	struct sv3_reply reply;
};

#define SV3__JOBS_MAX      8u
#define SV3__TBUS_MAX      16u
#define SV3__MERGE_LG2     8u
#define SV3__CHANGED_LG2   12u
#define SV3__CHANGED_LINES (1u << SV3__CHANGED_LG2)

struct sv3_timed {
	struct sv3__wheel wheel;
	struct sv3_smmu *smmu;
	struct sv3_bus bus;
	struct sv3__flight *flights; /* shape [flight_count] */
	uint32_t *flight_of;         /* slot of the block -> flight; shape [slot_count] */
	uint32_t flight_count, slot_count, free_flight;
	uint64_t in_flight, moving, stalled; /* now */
	struct sv3__job jobs[SV3__JOBS_MAX];
	struct sv3__tbu tbus[SV3__TBUS_MAX];
	uint32_t tbu_count;
	struct sv3__pool tags, link, rc, tcu, walk, cmdq;
	struct sv3__pipe wire, wire_back;
	struct sv3__line starved;
	uint32_t leaders[1u << SV3__MERGE_LG2];
	struct sv3__memory memory;
	struct sv3__utlb_key *utlb_keys;
	/* the command queue */
	sv3_pa fetched;         /* line of commands that was read last, + 1 */
	sv3_cycle acknowledged; /* all TBUs have done what they were told */
	sv3_cycle swept;        /* the TBUs are through with the invalidation before */
	sv3_cycle sync_since;
	uint64_t commands_seen;
	unsigned int opcode; /* of the command that was read last */
	bool sync_waits;
	bool command_waits;       /* a command was read and is not consumed */
	bool job_ended;           /* who waits for the hardware is to be told */
	bool endpoint_waits;      /* a job does, for an endpoint that answers later */
	bool needs_room;          /* a device was told that it is busy */
	bool has_waited;          /* and has made no access since */
	enum sv3_timed_unit full; /* then: for want of room where */
	sv3_cycle full_since, busy_since, command_since;
	/* constants, in cycles and fractions */
	sv3_cycle out, back;
	uint64_t byte_work, write_work;
	struct sv3_timing timing;
	struct sv3_timed_ops ops;
	void *context;
	struct sv3_endpoint endpoint;
	struct sv3_timed_observer observers[SV3_TIMED_OBSERVERS_MAX];
	uint32_t observer_count;
	struct sv3_timed_stats stats;
};

void sv3__line_add(struct sv3_timed *timed, struct sv3__line *line, uint32_t flight);
/** SV3__NO_NODE: it is empty. */
uint32_t sv3__line_take(struct sv3_timed *timed, struct sv3__line *line);

/* timed.c: all pools, in turn; NULL behind the last */
struct sv3__pool *sv3__pool_at(struct sv3_timed *timed, uint32_t index);

/* observe.c */
void sv3__tell_flight(struct sv3_timed *timed, enum sv3_timed_span_kind kind,
		      const struct sv3__flight *flight, bool begins);
void sv3__tell_command(struct sv3_timed *timed, bool begins);

static inline void sv3__begins(struct sv3_timed *timed, enum sv3_timed_span_kind kind,
			       const struct sv3__flight *flight)
{
	if (timed->observer_count)
		sv3__tell_flight(timed, kind, flight, true);
}

static inline void sv3__ends(struct sv3_timed *timed, enum sv3_timed_span_kind kind,
			     const struct sv3__flight *flight)
{
	if (timed->observer_count)
		sv3__tell_flight(timed, kind, flight, false);
}

/* flight.c */
void sv3__flight_event(struct sv3_timed *timed, uint32_t index);
/** An access stalls: it waits for CMD_RESUME. */
void sv3__flight_stalls(struct sv3_timed *timed, uint32_t index);
/** A stalled access goes on. */
void sv3__flight_resumes(struct sv3_timed *timed, uint32_t slot);
/** The block may have a slot again. */
void sv3__flights_retry(struct sv3_timed *timed);

/* tcu.c */
/** A miss that has arrived, or an access that was resumed. */
void sv3__tcu_enter(struct sv3_timed *timed, uint32_t index);
void sv3__tcu_event(struct sv3_timed *timed, uint32_t index);
/** What memory says to @need now. */
void sv3__answer(struct sv3_timed *timed, const struct sv3_need *need, struct sv3_reply *reply);

/* job.c */
void sv3__jobs_begin(struct sv3_timed *timed);
void sv3__job_event(struct sv3_timed *timed, uint32_t index);

#endif
