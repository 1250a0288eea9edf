/* SPDX-License-Identifier: MIT */
/*
 * explore.h - every interleaving of driver code, hardware and devices in a small machine.
 *
 * Concepts:
 *   actor     who takes steps: a program, a device, the queues of an SMMU.
 *   step      what no other actor can come between: one access to memory or a register, one answer
 *             to a need of the hardware, a write of a device that lands.
 *   program   what software does, on a stack of its own; it may be left before each access.
 *   driver    the software under test: functions that programs call.
 *   scenario  a small machine, its programs and devices, and what must hold.
 *   schedule  which actor takes each step. It repeats a run exactly.
 *   rule      what no schedule may break; a finding is a rule that one did break.
 * Software is sequentially consistent here (APPROX T-090): what a barrier would order is in order.
 */
#ifndef SV3_EXPLORE_H
#define SV3_EXPLORE_H

#include <sv3/bus.h>
#include <sv3/monitor.h>
#include <sv3/smmu.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sv3_explore;

#define SV3_EXPLORE_PAGES_MAX    64u
#define SV3_EXPLORE_DEVICES_MAX  3u
#define SV3_EXPLORE_PROGRAMS_MAX 2u
#define SV3_EXPLORE_SMMUS_MAX    2u
#define SV3_EXPLORE_ACCESSES_MAX 8u
#define SV3_EXPLORE_STEPS_MAX    4096u /* of a schedule */
#define SV3_EXPLORE_TEXT_CHARS   160u
#define SV3_EXPLORE_PLACE_CHARS  48u

/* --- rules --- */

/** What no schedule may break: rows of explore.def. */
enum sv3_explore_rule {
	SV3_EXPLORE_OK,
#define RULE(id, name, clause, text) SV3_EXPLORE_##id,
#include <sv3/explore.def>
#undef RULE
	SV3_EXPLORE_RULE_COUNT
};

struct sv3_explore_rule_info {
	const char *name, *clause, *text;
};
/** sv3_explore_rule_info - @rule: not OK. */
SV3_API struct sv3_explore_rule_info sv3_explore_rule_info(enum sv3_explore_rule rule);

/* --- the software under test --- */

/** What a driver finds when it comes up. Addresses are those of the small machine's memory. */
struct sv3_explore_setup {
	struct sv3_explore *explore; /* for software that accesses memory by itself */
	struct sv3_bus bus;
	struct sv3_regport regs[SV3_EXPLORE_SMMUS_MAX]; /* shape [smmu_count] */
	uint32_t smmu_count;
	uint32_t stream_ids[SV3_EXPLORE_DEVICES_MAX];   /* shape [device_count] */
	uint32_t stream_smmus[SV3_EXPLORE_DEVICES_MAX]; /* which SMMU each is behind */
	uint32_t device_count;
	sv3_pa strtabs[SV3_EXPLORE_SMMUS_MAX]; /* 1 KiB each, for 16 StreamIDs */
	sv3_pa cmdqs[SV3_EXPLORE_SMMUS_MAX];   /* 256 bytes each */
	sv3_pa eventqs[SV3_EXPLORE_SMMUS_MAX]; /* 512 bytes each */
	sv3_pa cds;                            /* 4 KiB */
	sv3_pa tables, tables_end;
	uint32_t queue_lg2;      /* commands of each CMDQ, log2: 2 .. 4 */
	uint32_t bbml;           /* how live tables may be changed, IDR3.BBML: 1 or 2 */
	uint32_t input_size_lg2; /* bits of IOVAs that are used: 30 or 32 */
	bool ats, stall;         /* devices are behind ATCs; faults of devices stall */
	bool starts_off; /* tracking is off until start(); what is mapped before is writable */
	bool is_global;  /* leaves are of all ASIDs */
	bool is_shared;  /* two programs call the driver, as two CPUs do */
	bool own_tables; /* each device has a translation table of its own, all alike */
	bool groups;     /* contiguous groups are one leaf to the SMMU; whole groups are mapped */
	bool own_bits;   /* leaves have bits set that are software's own */
	bool may_fail;   /* a write to memory may fail; the function says so */
	const char *bug; /* of the driver's own list; NULL: none */
};

/** What stands at an address: how a doubleword there is read aloud. */
enum sv3_explore_place {
	SV3_EXPLORE_ELSEWHERE,
	SV3_EXPLORE_TABLE,
	SV3_EXPLORE_COMMANDS,
};

/**
 * Software under test: functions over what attach() was given. They run as programs, so they may be
 * left at each access; each keeps what it knows in @state, plain data without pointers into itself
 * but those that attach() made. Those that are NULL leave out the scenarios that need them.
 * Each returns 0, or a negative number, which is a finding (rule "driver").
 */
struct sv3_explore_driver {
	const char *name, *about;
	size_t state_bytes;
	/** Boot: structures, queues, SMMUEN, an empty table. Nothing else runs yet. */
	int (*attach)(void *state, const struct sv3_explore_setup *setup);
	/** Map [iova, iova + len) to pa for all devices, writable; clean, where tracking is on.
	 * @leaf_lg2: largest leaf, 12 or 21. */
	int (*map)(void *state, sv3_iova iova, sv3_pa pa, uint64_t len, uint32_t leaf_lg2);
	/** Take it out; when it returns no device reaches the memory any more. @dirty: pages that
	 * were dirty, bit n: n pages from @iova on; up to 64. */
	int (*unmap)(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty);
	/** Dirty pages of a range, as unmap() has them; nothing changes. */
	int (*scan)(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty);
	/** Make the pages @dirty clean; when it returns, the next write to each is seen. */
	int (*clear)(void *state, sv3_iova iova, uint64_t len, uint64_t dirty);
	/** scan() and clear() in one walk, the invalidation included. */
	int (*collect)(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty);
	/** Tracking on and off: from start() on writes are seen; what was written before is not. */
	int (*start)(void *state, sv3_iova iova, uint64_t len);
	int (*stop)(void *state, sv3_iova iova, uint64_t len);
	/** Leaves become pages, or one block. */
	int (*split)(void *state, sv3_iova iova, uint64_t len);
	int (*merge)(void *state, sv3_iova iova, uint64_t len);
	/** Invalidate everything, with CMD_SYNC. */
	int (*flush)(void *state);
	/** The device gets another CD, with another ASID and the same table, while it goes on. */
	int (*change)(void *state, uint32_t device);
	/** A command that no SMMU knows got into the queue; commands behind it must be executed. */
	int (*illegal)(void *state);
	/** Handle one record of the event queue of an SMMU, if there is one: 1, else 0. A fault
	 * that stalls is repaired and resumed. */
	int (*event)(void *state, uint32_t smmu);
	/* The rest is for software that is more than functions over @state; all may be NULL. */
	/** Which SMMU it needs: @config is that of the small machine, to be changed. */
	void (*configure)(struct sv3_smmu_config *config);
	/** What it has besides @state and memory: remembered once, put back before each schedule.
	 * Not with MERGED. */
	void (*keep)(void *state);
	void (*restore)(void *state);
	/** Where structures stand, if not where setup said. @text: out. */
	enum sv3_explore_place (*place)(void *state, sv3_pa pa, char text[SV3_EXPLORE_PLACE_CHARS]);
};

/** The driver that stands on sv3's own page tables; its bugs are seeded by setup.bug. */
SV3_API const struct sv3_explore_driver *sv3_explore_driver_sv3(void);

/* --- scenarios --- */

struct sv3_explore_access {
	bool write;
	uint8_t page;
};

struct sv3_explore_device {
	const char *name;
	uint32_t stream_id; /* < 16 */
	uint32_t smmu;
	uint32_t access_count;
	struct sv3_explore_access accesses[SV3_EXPLORE_ACCESSES_MAX];
	uint64_t reads, writes; /* pages, before the exploration begins: mask; so they are known */
	sv3_iova iova;          /* where it sees page 0; 0: SV3_EXPLORE_IOVA */
};

struct sv3_explore_scenario {
	const char *name, *about;
	uint32_t smmu_count, device_count, program_count;
	struct sv3_explore_device devices[SV3_EXPLORE_DEVICES_MAX];
	/** Maps what is there when the exploration begins. Not explored. */
	void (*prepare)(struct sv3_explore *x);
	/** What software does, one function per program. */
	void (*programs[SV3_EXPLORE_PROGRAMS_MAX])(struct sv3_explore *x);
	/** Programs that stay in step with hardware even when they are alone with it. */
	bool stays_apart;
	uint32_t queue_lg2;
	uint32_t bbml;
	uint32_t input_size_lg2; /* of IOVAs; 0: 30 */
	bool ats, stall, incoherent, starts_off, is_global;
	bool own_tables, groups, own_bits;
	bool bus_fails;    /* the first write of a program to memory, in each schedule */
	bool migrates;     /* at the end every page is copied as it was written last */
	bool is_exact;     /* what is reported was written: leaves are pages */
	bool starts_clean; /* nor may be reported what was written before the exploration alone */
	bool may_fault;    /* accesses may be refused: it is what the scenario is about */
};

/** sv3_explore_scenario - row @index of the registry; NULL behind the last. */
SV3_API const struct sv3_explore_scenario *sv3_explore_scenario(unsigned int index);
/** sv3_explore_find_scenario - by name; NULL: there is none. */
SV3_API const struct sv3_explore_scenario *sv3_explore_find_scenario(const char *name);

/** sv3_explore_actor_name - actor @actor: programs, then devices, then the queues of SMMUs; NULL
 * behind the last. */
SV3_API const char *sv3_explore_actor_name(const struct sv3_explore_scenario *scenario,
					   uint32_t actor);

/* --- what programs do besides calling the driver --- */

#define SV3_EXPLORE_IOVA UINT64_C(0x200000)
#define SV3_EXPLORE_DATA UINT64_C(0x40000000)

/** The driver under test, and its state. */
SV3_API const struct sv3_explore_driver *sv3_explore_driver(const struct sv3_explore *x);
SV3_API void *sv3_explore_state(const struct sv3_explore *x);
/** sv3_explore_call - what a driver function returned: negative is a finding. */
SV3_API void sv3_explore_call(struct sv3_explore *x, int rc, const char *what);
/** sv3_explore_copy - a page goes to the destination as it is now. */
SV3_API void sv3_explore_copy(struct sv3_explore *x, uint32_t page);
/** sv3_explore_copy_all - every page whose bit is set, in order. */
SV3_API void sv3_explore_copy_all(struct sv3_explore *x, uint64_t pages);
/** sv3_explore_reported - what a driver says is dirty, to be held against what was written. */
SV3_API void sv3_explore_reported(struct sv3_explore *x, uint64_t pages);
/** sv3_explore_reuse - the memory of pages belongs to others from now on. */
SV3_API void sv3_explore_reuse(struct sv3_explore *x, uint64_t pages);
/** sv3_explore_wait - go on when something that was read since the last wait reads otherwise. Where
 * nothing can change any more it is a finding, and the program does not go on. */
SV3_API void sv3_explore_wait(struct sv3_explore *x);
/** sv3_explore_write - software itself writes a page. */
SV3_API void sv3_explore_write(struct sv3_explore *x, uint32_t page);
/** sv3_explore_setup - what the driver found, for programs that use memory themselves. */
SV3_API const struct sv3_explore_setup *sv3_explore_setup(const struct sv3_explore *x);
/** sv3_explore_stop_devices - they begin nothing new; waits for what is in flight. */
SV3_API void sv3_explore_stop_devices(struct sv3_explore *x);
/** sv3_explore_stop_device - one of them. */
SV3_API void sv3_explore_stop_device(struct sv3_explore *x, uint32_t device);
/** sv3_explore_expect - a finding of @rule if @holds is false. */
SV3_API void sv3_explore_expect(struct sv3_explore *x, bool holds, enum sv3_explore_rule rule,
				const char *what);

/* --- software that accesses memory by itself --- */

/**
 * sv3_explore_memory - memory of the small machine as software sees it, coherent with hardware
 * Returns: where [pa, pa + size) stands as long as @x lives; NULL: outside.
 */
SV3_API void *sv3_explore_memory(struct sv3_explore *x, sv3_pa pa, uint64_t size);
/**
 * sv3_explore_reads, sv3_explore_writes - announce an access: a program may be left here, and makes
 * the access by itself, in one, when this returns; nothing else lies between.
 * What compilers call before each access under -fsanitize=thread can be made of these two.
 * @where: in the machine's memory, or anything else that programs share
 * @size: bytes; up to 4096 of a write
 */
SV3_API void sv3_explore_reads(struct sv3_explore *x, const volatile void *where, uint32_t size);
SV3_API void sv3_explore_writes(struct sv3_explore *x, volatile void *where, uint32_t size);

/** Who makes a mistake. */
enum sv3_explore_maker {
	SV3_EXPLORE_BY_DRIVER,  /* sv3's; other drivers have bugs of their own */
	SV3_EXPLORE_BY_PROGRAM, /* who calls a driver, whichever that is */
	SV3_EXPLORE_BY_HARDWARE /* which may: the architecture allows it */
};

/** A mistake that can be seeded: a row of mutants.def. */
struct sv3_explore_mutant {
	const char *id, *name;          /* "B02", "no-tlbi" */
	enum sv3_explore_rule expected; /* OK: none is broken after all */
	enum sv3_explore_maker maker;
	const char *scenario, *text; /* where it shows */
};
/** sv3_explore_mutant - row @index; NULL behind the last. */
SV3_API const struct sv3_explore_mutant *sv3_explore_mutant(unsigned int index);
/** sv3_explore_find_mutant - by name or id; NULL: there is none, or @word is NULL. */
SV3_API const struct sv3_explore_mutant *sv3_explore_find_mutant(const char *word);

/* --- exploring --- */

enum sv3_explore_mode {
	SV3_EXPLORE_REDUCED, /* all schedules but those that differ in the order of independent
				steps */
	SV3_EXPLORE_BRUTE,   /* all of them */
	SV3_EXPLORE_RANDOM,  /* each step drawn */
	SV3_EXPLORE_PCT, /* priorities drawn, changed at a few steps drawn (bounded preemption) */
	SV3_EXPLORE_MERGED, /* as REDUCED, and what follows a state is explored once */
};

struct sv3_explore_config {
	const struct sv3_explore_scenario *scenario;
	const struct sv3_explore_driver *driver;
	const char *bug; /* NULL: none */
	enum sv3_explore_mode mode;
	uint64_t schedules_max; /* 0: no bound, REDUCED and BRUTE alone */
	uint64_t seed;
	uint32_t changes; /* PCT: steps at which a priority changes */
	bool goes_on;     /* count findings instead of ending at the first */
	bool whole_ends;  /* ends differ by what stands in memory, too */
	bool is_watched;  /* a monitor of each SMMU looks at what software owes; not with MERGED */
	/** Told now and then; may be NULL. */
	void (*progress)(void *context, uint64_t schedules);
	void *context;
};

struct sv3_explore_schedule {
	uint32_t length;
	uint8_t actors[SV3_EXPLORE_STEPS_MAX];
};

struct sv3_explore_finding {
	enum sv3_explore_rule rule; /* OK: nothing was found */
	uint32_t page;
	char text[SV3_EXPLORE_TEXT_CHARS];
};

struct sv3_explore_report {
	uint64_t schedules;   /* that came to an end */
	uint64_t cut;         /* left early: the same as one explored before */
	uint64_t steps;       /* taken in all, repeated ones included */
	uint64_t steps_max;   /* of the longest schedule */
	uint64_t outcomes;    /* different ends, up to 4096 */
	uint64_t outcome_sum; /* over their fingerprints: equal sets have equal sums */
	uint64_t findings;    /* schedules that broke a rule */
	bool is_complete;     /* all schedules were explored */
	struct sv3_explore_finding finding;   /* the first */
	struct sv3_explore_schedule schedule; /* that led to it */
};

/**
 * sv3_explore_create - build the machine, boot the driver
 * Returns: 0 with @x; -SV3_ERR_NOMEM; -SV3_ERR_NOENT: the driver lacks a function that the scenario
 * calls, or has no such bug; -SV3_ERR_INVAL: it does not boot, or has more than @state and
 * the mode is MERGED.
 */
SV3_API SV3_MUST_CHECK int sv3_explore_create(const struct sv3_explore_config *config,
					      struct sv3_explore **x);
SV3_API void sv3_explore_destroy(struct sv3_explore *x);
/** sv3_explore_monitor - what it has found in the last schedule; NULL: none watches. */
SV3_API const struct sv3_monitor *sv3_explore_monitor(const struct sv3_explore *x, uint32_t smmu);

/** sv3_explore_run - schedules, as the configuration says. @report: out. */
SV3_API void sv3_explore_run(struct sv3_explore *x, struct sv3_explore_report *report);
/** sv3_explore_replay - one schedule, then whoever can go on, to the end or the first finding.
 *  @schedule: in, out: as it was taken. */
SV3_API void sv3_explore_replay(struct sv3_explore *x, struct sv3_explore_schedule *schedule,
				struct sv3_explore_finding *finding);
/** sv3_explore_shrink - a schedule that leads to the same finding with fewer changes of actor and
 *  fewer steps. @report: in, out. */
SV3_API void sv3_explore_shrink(struct sv3_explore *x, struct sv3_explore_report *report);

/** One step of a story. */
struct sv3_explore_step {
	uint32_t number;   /* from 1 */
	const char *actor; /* its name */
	char text[SV3_EXPLORE_TEXT_CHARS];
};
typedef void (*sv3_explore_teller)(void *context, const struct sv3_explore_step *step);
/** sv3_explore_tell - replay, each step in words. */
SV3_API void sv3_explore_tell(struct sv3_explore *x, const struct sv3_explore_schedule *schedule,
			      sv3_explore_teller teller, void *context,
			      struct sv3_explore_finding *finding);

#ifdef __cplusplus
}
#endif

#endif
