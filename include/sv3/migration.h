/* SPDX-License-Identifier: MIT */
/*
 * migration.h - live migration over hardware dirty tracking: policies, the pre-copy loop, the
 * oracle.
 *
 * Concepts:
 *   policy       when dirty state is scanned, cleared, invalidated and copied; a file and a row
 *                each.
 *   pre-copy     the loop: bulk, rounds, stop, final round. The same for every policy.
 *   truth        the oracle outside the system: it hears every landed write and every copy, and
 *                knows at the end which page's destination is stale, since when and why.
 *   compare      one world for each policy, all with the same trace or scenario, seed and costs.
 *
 * Everything here is software: it uses tables, queue,
 * registers and time, never the SMMU itself.
 */
#ifndef SV3_MIGRATION_H
#define SV3_MIGRATION_H

#include <sv3/base.h>
#include <sv3/host.h>
#include <sv3/pagetable.h>
#include <sv3/sim.h>
#include <sv3/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- policies --- */

/** What the world of a policy must have: sv3_compare_run() sees to it. */
enum sv3_policy_need {
	SV3_NEEDS_HD = 1u << 0,             /* CD.HD = 1 */
	SV3_NEEDS_SOFTWARE_DIRTY = 1u << 1, /* host: software_dirty */
	SV3_NEEDS_STALL = 1u << 2,          /* host: stall; IDR0.STALL_MODEL */
	SV3_NEEDS_CONTENTS = 1u << 3,       /* writes carry bytes */
};

/** One policy, for lists. Ids are those of docs/MIGRATION.md. */
struct sv3_policy_info {
	const char *name, *id, *steps, *description;
	bool claims_lossless; /* exit status 2 if it loses a page all the same */
	bool is_default;      /* part of a comparison when no list is given */
	uint32_t needs;       /* enum sv3_policy_need */
};

/** sv3_policy_info - row @index; NULL behind the last. */
SV3_API const struct sv3_policy_info *sv3_policy_info(unsigned int index);
/** sv3_policy_find - by name; NULL if there is none. */
SV3_API const struct sv3_policy_info *sv3_policy_find(const char *name);

/** Mistakes that can be seeded on purpose. */
enum sv3_bug {
	SV3_BUG_NONE,
	SV3_BUG_NO_TLBI,          /* B02: no invalidation after a clear */
	SV3_BUG_COPY_BEFORE_SYNC, /* B06: pages are copied before the CMD_SYNC is consumed */
	SV3_BUG_LOG_BEFORE_DATA,  /* B54: a software log's bit is set before the data is there */
	SV3_BUG_NO_MARK_AT_STOP,  /* guest-mark: buffers not yet handed back are forgotten */
	SV3_BUG_NO_ATC_INV,       /* B14: devices behind an ATC keep their grants after a clear */
};
struct sv3_bug_info {
	const char *name, *id, *description;
	enum sv3_bug bug;
};
SV3_API const struct sv3_bug_info *sv3_bug_info(unsigned int index);

/* --- pre-copy --- */

/**
 * One row of a migration: bulk (row 0), or a collection and what was sent for it.
 * Counts are of this round alone. What only others know is filled in by the observer; compare does.
 */
struct sv3_round {
	sv3_ps began;     /* of the collection; bulk: of the migration */
	sv3_ps collected; /* the collection returned */
	sv3_ps ended;     /* the last page of the round was sent */
	uint64_t pages_reported;
	uint64_t pages_false; /* reported, though nobody had written since it was sent last:
				 observer */
	uint64_t pages_sent, bytes_sent;
	uint64_t pages_redundant; /* sent, though nobody had written since it was sent last:
				     observer */
	uint64_t writes,
		pages_dirtied; /* landed; pages they made differ from their copy: observer */
	uint64_t httu_updates; /* observer */
	uint64_t refill_walks; /* observer */
	uint64_t scan_descriptors, leaves_cleared;
	uint64_t tlbi, sync, atc_inv;
	sv3_ps sync_time;      /* software waited for CMD_SYNCs, from the first command pushed */
	uint64_t bitmap_bytes; /* of dirty logs read and written back */
	uint64_t write_faults; /* writes that software let through */
	uint32_t throttle_percent;
	uint64_t threshold_pages; /* what the stop rule compared pages_reported with */
	bool is_final;            /* the one after the stop */
};

/** Where a scenario puts its DMA. */
enum sv3_place {
	SV3_PLACE_AFTER_COLLECT, /* the collection of @round returned; before the first clear of a
				    split policy */
	SV3_PLACE_AFTER_COPY,    /* the last page of @round was copied; round 0 is bulk */
};

/** What a page becomes on the wire; all but PLAIN need a world with contents. */
enum sv3_transfer {
	SV3_TRANSFER_PLAIN,
	SV3_TRANSFER_ZERO,      /* a page of zeros is its header */
	SV3_TRANSFER_XOR,       /* how it differs from the copy in a cache, if that is shorter */
	SV3_TRANSFER_HASH_SKIP, /* nothing but the header, if it has the hash of what was sent last
				 */
	SV3_TRANSFER_COUNT
};

enum sv3_wire_kind {
	SV3_WIRE_PAGE,
	SV3_WIRE_ZERO,
	SV3_WIRE_DELTA,
	SV3_WIRE_SAME,
};
/** What was sent for one page. */
struct sv3_wire {
	enum sv3_wire_kind kind;
	uint32_t bytes;      /* on the link */
	uint32_t length;     /* of @data */
	const uint8_t *data; /* PAGE, DELTA; good for the call it is passed to */
};

/** Pages that are read one behind the other, by nothing else interrupted. */
struct sv3_copy {
	uint64_t first_page, page_count;
	sv3_ps at, step; /* page first_page + n is read at @at + n * @step */
	bool bulk;
	const struct sv3_wire *wire; /* NULL: sent as they are; else of the one page */
};

/** Hears what the migration does; each may be NULL. Changes nothing. */
struct sv3_migration_observer {
	/** Pages are read, the first at this moment. */
	void (*pages_copied)(void *context, const struct sv3_copy *copy);
	/** The dirty state of a leaf of @len bytes was cleared. */
	void (*leaf_cleared)(void *context, sv3_pa pa, uint64_t len, sv3_ps at);
	/** TLBIs were pushed, at @pushed the CMD_SYNC behind them, seen consumed at @consumed;
	 *  NEVER: nobody looks (SV3_BUG_COPY_BEFORE_SYNC). Not called without TLBI. */
	void (*invalidated)(void *context, sv3_ps pushed, sv3_ps consumed);
	/** The same of CMD_ATC_INVs. Not called without one. */
	void (*atc_invalidated)(void *context, sv3_ps pushed, sv3_ps consumed);
	/** A collection returned @reported; @row may be completed. Not called for bulk. */
	void (*collected)(void *context, const struct sv3_dirty_log *reported,
			  struct sv3_round *row);
	/** A round is over; @row may be completed. */
	void (*round_ended)(void *context, struct sv3_round *row);
	void (*progress)(void *context, uint64_t pages_sent, uint32_t round, sv3_ps at);
	void *context;
};

/** When the guest stops. */
enum sv3_migration_mode {
	SV3_MODE_PRECOPY,   /* bulk, rounds, stop */
	SV3_MODE_NO_ROUNDS, /* bulk, stop: what was written meanwhile is sent after the stop */
	SV3_MODE_STOP_COPY, /* stop, bulk */
};

/** How the log of what CPUs write is read. */
enum sv3_cpu_log_mode {
	SV3_CPU_LOG_MANUAL, /* read; cleared by chunk of 2^chunk_shift pages right before the copy
			     */
	SV3_CPU_LOG_AUTO,   /* read and cleared at once */
};

/** What becomes of leaves larger than a page. [policies 7 P18] */
enum sv3_leaf_mode {
	SV3_LEAF_KEEP,        /* one dirty state for all pages of a block: all are sent again */
	SV3_LEAF_SPLIT_START, /* before tracking starts all blocks become pages */
	SV3_LEAF_SPLIT_DIRTY, /* a block becomes pages when it is cleaned for the first time */
	SV3_LEAF_MERGE_STOP,  /* SPLIT_START, and when the last page was sent they become the
				 blocks they were */
	SV3_LEAF_COUNT
};

/** Who is slowed down while more than a share of what was sent gets dirty, twice in a row. */
struct sv3_throttle_config {
	bool device, cpu;
	/* percent: of pages sent; of speed taken away: at first, more each time, at most (<= 99) */
	uint32_t trigger_percent, initial_percent, increment_percent, max_percent;
};

struct sv3_migration_config {
	const char *policy; /* a name of sv3_policy_info() */
	enum sv3_migration_mode mode;
	uint64_t link_bits_per_s; /* payload only, > 0 */
	sv3_ps downtime; /* the limit: threshold = floor(bandwidth / 8 * downtime / 4096) pages */
	bool measure_bandwidth;      /* of the last 100 ms, as VMMs do; else it is the link's */
	uint64_t device_state_bytes; /* sent last, guest stopped */
	enum sv3_transfer transfer;
	uint64_t cache_bytes;       /* XOR: of pages remembered, >= 4096 */
	uint32_t max_rounds;        /* collections after bulk before the stop, >= 1 */
	bool stop_rule_off;         /* scenarios: exactly max_rounds rounds, then the final one */
	uint32_t chunk_shift;       /* hw-manual-chunk: 2^chunk_shift pages, 0..40 */
	enum sv3_flush_scope flush; /* invalidation after a clear: RANGE or ALL */
	enum sv3_bug bug;
	uint32_t ring_entries; /* dirty-ring: > 0; a ring that is full is drained at once */
	uint32_t pml_entries;  /* pml: > 0; while its buffer is full the device waits */
	/* software-log, guest-mark: from a write's landing to its bit or mark APPROX(T-034) */
	sv3_ps log_delay;
	uint32_t device_page_lg2; /* device-log: of the pages it notes, 12 .. 40 */
	sv3_ps diff_time;         /* bounce-diff: to copy and compare a page APPROX(T-035) */
	enum sv3_leaf_mode leaf;  /* carried out as IDR3.BBML allows */
	enum sv3_cpu_log_mode cpu_log;
	sv3_ps cpu_fault; /* what the first write to a page costs a CPU APPROX(T-036) */
	struct sv3_throttle_config throttle;
	const struct sv3_dirty_log *pinned;            /* pinned-scope: a log of the whole guest */
	const struct sv3_migration_observer *observer; /* may be NULL; borrowed */
	void (*at_place)(void *context, enum sv3_place place, uint32_t round); /* may be NULL */
	void *at_place_context;
};

/** Why the rounds ended. */
enum sv3_migration_end {
	SV3_END_RULE_OFF, /* the stop rule is off: as many rounds as were asked for */
	SV3_END_CONVERGED,
	SV3_END_MAX_ROUNDS,
	SV3_END_NO_ROUNDS, /* by mode or policy */
};

/** What keeps a migration from converging. */
enum sv3_divergence {
	SV3_DIVERGENCE_NONE,  /* it converged, or was not asked to */
	SV3_DIVERGENCE_FALSE, /* most of what the last round reported was not dirty */
	SV3_DIVERGENCE_RATE,  /* pages get dirty about as fast as the link sends them, or faster */
	SV3_DIVERGENCE_ROUND, /* even the shortest round is long enough to dirty more than the limit
			       */
};

/** What a migration counted. Definitions: docs/MIGRATION.md. */
struct sv3_migration_result {
	enum sv3_migration_end end;
	bool converged;  /* SV3_END_CONVERGED */
	uint32_t rounds; /* collections after bulk, the one after the stop included */
	uint64_t pages_sent, bytes_sent;
	uint64_t scan_descriptors; /* valid leaves visited */
	uint64_t leaves_cleared;
	uint64_t tlbi, sync; /* commands of the migration; a range command is one */
	uint64_t tlbi_asid, tlbi_range, tlbi_va; /* tlbi by what the command names */
	uint64_t atc_inv;        /* commands of the migration, one for each stream */
	uint64_t atc_inv_all;    /* of these: of all addresses */
	uint64_t atc_over_pages; /* of 4 KiB, that the others named beyond what was owed */
	sv3_ps sync_time;        /* software waited for CMD_SYNCs, from the first command pushed */
	uint64_t bitmap_bytes;   /* of dirty logs read and written back */
	uint64_t write_faults;   /* writes that software let through */
	uint64_t drains;         /* of rings and buffers that were full */
	uint64_t cpu_faults;     /* first writes of CPUs to a page, marks included */
	uint64_t marks;          /* guest-mark: pages touched */
	uint64_t bytes_compared; /* bounce-diff */
	uint64_t leaves_split;   /* blocks that became tables; of a table of blocks each again */
	uint64_t leaves_merged;  /* tables that became blocks */
	uint64_t table_bytes;    /* of memory that tables of split blocks took */
	bool table_memory_short; /* a block stayed one for want of it, and those behind it, too */
	sv3_ps total, downtime;  /* start of tracking to last page; stop to last page */
	sv3_ps merge_time;       /* MERGE_STOP: behind the last page, in neither of the two */
	/* The thread that migrates worked, or spun on a register: scans, clears, commands, bitmaps,
	 * and the pages it put on the link. */
	sv3_ps cpu_time;
	/* shape [row_count], owned; released by sv3_migration_result_free() */
	struct sv3_round *rows;
	uint32_t row_count; /* rounds + 1 */
};

/**
 * sv3_migration_config_check - whether there is such a migration, whatever the world
 * @why: out, may be NULL: what is wrong, one clause; NULL when nothing is
 * Returns: 0, -SV3_ERR_INVAL.
 */
SV3_API SV3_MUST_CHECK int sv3_migration_config_check(const struct sv3_migration_config *config,
						      const char **why);

/**
 * sv3_policy_check_ats - whether a policy can track devices behind an ATC
 * @why: out, may be NULL: why not, one clause; NULL when it can
 * Returns: 0, -SV3_ERR_INVAL.
 */
SV3_API SV3_MUST_CHECK int sv3_policy_check_ats(const struct sv3_policy_info *policy,
						const char **why);

/**
 * sv3_migrate - migrate the guest of a world that is booted and whose device runs
 * Returns: 0, -SV3_ERR_INVAL (sv3_migration_config_check(); a transfer that packs pages in a world
 *          without contents; pinned-scope without a log of the whole guest; a host with ATS and a
 *          policy that sv3_policy_check_ats() refuses), -SV3_ERR_NOMEM,
 *          -SV3_ERR_TIMEOUT (a CMD_SYNC never completes), -SV3_ERR_BUS.
 */
SV3_API SV3_MUST_CHECK int sv3_migrate(struct sv3_world *world, struct sv3_host *host,
				       const struct sv3_migration_config *config,
				       struct sv3_migration_result *result);
/** sv3_migration_divergence - judged by the rows, as an observer completed them. */
SV3_API enum sv3_divergence sv3_migration_divergence(const struct sv3_migration_result *result);
/** Releases the rows; harmless on a zeroed result. */
SV3_API void sv3_migration_result_free(struct sv3_migration_result *result);

/* --- truth --- */

/** Why a page was lost, as far as the oracle can tell from what it saw. */
enum sv3_loss {
	SV3_LOSS_STALE_TLB,        /* written through an entry cached before a clear that was never
				      invalidated */
	SV3_LOSS_STALE_ATC,        /* by a grant from before a clear that was never taken back */
	SV3_LOSS_COPY_BEFORE_SYNC, /* in flight through an old entry when copied; the SYNC came
				      later or never */
	SV3_LOSS_REPORTED_EARLY,   /* its only notice came before its data */
	SV3_LOSS_NEVER_TRACKED,    /* no clear since tracking began: the policy does not watch this
				      page */
	SV3_LOSS_CPU_LOG,          /* by a CPU, whose writes no leaf and no TLB knows of */
	SV3_LOSS_UNEXPLAINED,      /* dirty state was there to be seen and was not used */
	SV3_LOSS_COUNT
};
SV3_API const char *sv3_loss_text(enum sv3_loss loss);

struct sv3_lost_page {
	uint64_t page_index;
	sv3_iova iova; /* of the last write */
	sv3_ps translated, written, cleared,
		copied; /* of the last write, clear and copy; NEVER if none */
	enum sv3_loss why;
};

struct sv3_truth;
/** sv3_truth_create - an oracle for @page_count pages of 4 KiB from @base. What it keeps grows with
 *  what is written. Returns: 0, -SV3_ERR_NOMEM. */
SV3_API SV3_MUST_CHECK int sv3_truth_create(sv3_pa base, uint64_t page_count,
					    struct sv3_truth **truth);
SV3_API void sv3_truth_destroy(struct sv3_truth *truth);
SV3_API struct sv3_world_observer sv3_truth_world_observer(struct sv3_truth *truth);
SV3_API struct sv3_migration_observer sv3_truth_migration_observer(struct sv3_truth *truth);
/** What it counted so far; see MIGRATION.md. */
struct sv3_truth_counts {
	uint64_t writes;        /* landed in the guest */
	uint64_t pages_dirtied; /* writes that made a page differ from its copy */
	uint64_t redundant;     /* sends of a page that did not differ */
};
SV3_API struct sv3_truth_counts sv3_truth_counts(const struct sv3_truth *truth);
/** sv3_truth_false - pages of @log, a log of the same guest, that do not differ from their copy. */
SV3_API uint64_t sv3_truth_false(const struct sv3_truth *truth, const struct sv3_dirty_log *log);
/** sv3_truth_lost_count - number of lost pages: right even if memory was short. */
SV3_API uint64_t sv3_truth_lost_count(const struct sv3_truth *truth);
/** sv3_truth_lost - the first @count lost pages, no more than there are, ascending, into @lost.
 *  Returns: 0, or -SV3_ERR_NOMEM, now or when something was to be noted: then nobody knows why. */
SV3_API SV3_MUST_CHECK int sv3_truth_lost(const struct sv3_truth *truth, struct sv3_lost_page *lost,
					  uint64_t count);

/* --- where and when was written --- */

#define SV3_WRITE_MAP_PAGES 64u
#define SV3_WRITE_MAP_TIMES 96u

/**
 * Landed writes by page range and time, in a fixed block. Bins begin small (a page, a microsecond)
 * and merge in pairs when a write falls outside, so that a run of any length on a guest of any size
 * fits and the written part of it fills at least half of each axis, if it is that long.
 */
struct sv3_write_map {
	uint64_t first_bin; /* bin 0 begins at page first_bin << page_lg2 of the guest */
	uint32_t page_lg2;  /* a bin has 2^page_lg2 pages */
	uint32_t time_lg2;  /* and lasts 2^time_lg2 microseconds, from time 0 on; compare's map
			     begins with the migration */
	uint64_t writes[SV3_WRITE_MAP_TIMES][SV3_WRITE_MAP_PAGES];
};

/** sv3_write_map_reset - nothing was written yet. A map of zeros is just that, too. */
SV3_API void sv3_write_map_reset(struct sv3_write_map *map);
/** sv3_write_map_add - a write landed on page @page of the guest, at @at. */
SV3_API void sv3_write_map_add(struct sv3_write_map *map, uint64_t page, sv3_ps at);

/* --- compare --- */

/** A scenario by name, with its parameters, e.g. "fixed-area-10:mask=0x0aa:pages=16". */
struct sv3_scenario {
	bool endless;    /* fixed-area-endless */
	uint32_t rounds; /* 10 */
	uint32_t mask;   /* bit i - 1: DMA i falls between collection and clear */
	uint64_t area_pages;
};
struct sv3_scenario_info {
	const char *name, *parameters, *description;
};
SV3_API const struct sv3_scenario_info *sv3_scenario_info(unsigned int index);
/** sv3_scenario_parse - -SV3_ERR_NOENT (no such name), -SV3_ERR_INVAL (bad parameter; *@why says
 * which). */
SV3_API SV3_MUST_CHECK int sv3_scenario_parse(const char *text, struct sv3_scenario *scenario,
					      const char **why);

struct sv3_compare_config {
	/* Each trace is a device, its first record at time 0; no stream in two of them. Shape
	 * [trace_count], 0 .. SV3_BUNDLE_SOURCES_MAX; borrowed. */
	const struct sv3_trace *traces;
	uint32_t trace_count;
	const struct sv3_scenario *scenario; /* or a scenario */
	const struct sv3_device *device;     /* or a device of the caller's */
	enum sv3_trace_view view;
	const uint32_t
		*stream_ids;   /* of the device of the caller's; borrowed, shape [stream_count] */
	uint32_t stream_count; /* 0: it has stream 0 */
	/* Accesses of the guest's CPUs beside the devices', a device as sv3_world_attach_cpu()
	 * takes it; borrowed, may be NULL. The migration tracks what it writes. */
	const struct sv3_device *cpu;
	sv3_ps lead; /* the guest runs for so long before the migration begins; 0 for policies that
			need SV3_NEEDS_SOFTWARE_DIRTY */
	/* Hears the world beside the oracle; borrowed, may be NULL. */
	const struct sv3_world_observer *observer;
	const struct sv3_host_hooks *hooks; /* hear of mappings, likewise */
	sv3_pa guest_base;
	uint64_t guest_size; /* bytes; 0: as trace or scenario need it */
	uint64_t time_scale_ppm;
	struct sv3_costs costs;
	struct sv3_smmu_config smmu;
	/* Devices are behind an ATC: traces, a scenario, and the caller's device, unless that makes
	 * its accesses itself: then it is as it is. */
	bool ats;
	uint32_t atc_entries; /* of each: 1 .. SV3_ATC_ENTRIES_MAX */
	/* Hardware takes time by @timing, as in struct sv3_world_config, and timing.link_permille
	 * of the link carry pages. @costs are the caller's all the same: sv3_costs_timed(). Without
	 * a lead there is one of 2 ms, unless the policy can have none. */
	bool is_timed, closed_loop;
	struct sv3_timing timing;

	uint32_t granule_lg2;  /* 12, 14 or 16; 0: 12 */
	uint32_t leaf_max_lg2; /* guest view; a driver maps by pages */
	bool mixed_leaves;
	bool contents;  /* carry bytes and compare both images at the end */
	bool monitored; /* a monitor watches what software owes: result.findings */
	bool ignore_tlbi;
	enum sv3_unmap_mode unmap_mode;     /* IOVA view */
	enum sv3_invalidation invalidation; /* IOVA view */
	uint64_t seed;
	struct sv3_migration_config migration; /* policy, pinned and at_place are filled in; of its
						  observer only pages_copied is called */
	/** The world of a run, made and not begun; below 0: the run fails. May be NULL. */
	int (*world_begins)(void *context, struct sv3_world *world);
	/** It is over, and the world still there; @ok: the run did not fail. May be NULL. */
	void (*world_ends)(void *context, struct sv3_world *world, bool ok);
	void *world_context;
	struct sv3_write_map *write_map; /* may be NULL; borrowed, reset and filled by the run */
	/** Progress for people: may be NULL; called now and then with the pages sent so far. */
	void (*progress)(void *context, const char *policy, uint64_t pages_sent, uint32_t round);
	void *progress_context;
};

/** How long accesses of devices took, from their issue to their end for the device. */
struct sv3_dma_time {
	uint64_t before_count, count; /* accesses that ended in the lead's last half; in the
					 migration */
	sv3_ps before_mean, mean;
	sv3_ps p50, p99;              /* in the migration, within 1/16 */
	uint64_t slowdown_percent;    /* of the mean; 0: not slower, or nothing to compare with */
	struct sv3_histogram latency; /* in the migration, in cycles of @clock_mhz */
	uint32_t clock_mhz;
};

struct sv3_compare_result {
	const char *policy;
	struct sv3_migration_result migration;
	uint64_t guest_pages;
	uint64_t pages_resent, pages_redundant, pages_lost;
	uint64_t pages_false;     /* reported, though they did not differ from their copy */
	uint64_t writes_merged;   /* landed on a page that differed from its copy already */
	uint64_t pages_differing; /* contents: pages whose images differ; must equal pages_lost or
				     be below */
	uint64_t httu_updates, tlb_hits, tlb_misses; /* of the whole run */
	uint64_t refill_walks;   /* of tlb_misses: struct sv3_smmu_stats, tlb_refills */
	uint64_t cpu_writes;     /* of the guest's CPUs */
	sv3_ps cpu_delay;        /* how long their faults held them up, in all */
	uint64_t records_used;   /* records the device issued */
	uint64_t trace_rewinds;  /* times a trace began anew, of all */
	sv3_ps lag_max;          /* the device fell behind its own times by at most so much */
	struct sv3_dma_time dma; /* timed runs */
	uint64_t faults, pa_mismatches;
	struct sv3_lost_page
		*lost; /* shape [lost_count], owned; released by sv3_compare_result_free() */
	uint64_t lost_count;
	/* Of a monitored run, positions are times; shape [finding_count], owned likewise. */
	struct sv3_monitor_finding *findings;
	uint32_t finding_count;
	struct sv3_monitor_stats monitor;
	char error[256]; /* when the run failed: one line */
};

/** sv3_compare_config_default - parameters as `sv3 compare --help` states them. */
SV3_API void sv3_compare_config_default(struct sv3_compare_config *config);

/**
 * sv3_compare_run - one policy in a world of its own
 * Returns: 0 (lost pages are a result, not an error), or an API error with result->error set.
 */
SV3_API SV3_MUST_CHECK int sv3_compare_run(const struct sv3_compare_config *config,
					   const char *policy, struct sv3_compare_result *result);
SV3_API void sv3_compare_result_free(struct sv3_compare_result *result);

/** sv3_guest_size_default - next power of two GiB above the highest RAM address of a trace. */
SV3_API uint64_t sv3_guest_size_default(const struct sv3_trace *trace, sv3_pa guest_base);

/**
 * sv3_trace_check_guest - every R, W and MAP row of @trace lies in RAM, class msi apart
 * @record: out on failure: index of the first row that does not
 * Returns: 0, -SV3_ERR_RANGE, or -SV3_ERR_EXIST: RAM covers the page of an interrupt, which is
 * never RAM.
 */
SV3_API SV3_MUST_CHECK int sv3_trace_check_guest(const struct sv3_trace *trace, sv3_pa guest_base,
						 uint64_t guest_size, uint64_t *record);

#ifdef __cplusplus
}
#endif

#endif
