/* SPDX-License-Identifier: MIT */
/*
 * sim.h - worlds: memory, the runner that answers the hardware's needs, a logical clock, host
 * software.
 *
 * Concepts:
 *   ram    sparse physical memory behind a bus: costs what is touched.
 *   cpu cache  what stands between software and memory where hardware does not snoop it.
 *   fast   the runner that answers every need at once from a bus.
 *   world  one SMMU, RAM, a device, CPUs and a logical clock. Software that runs on it calls
 *          sv3_world_run_until() with the time its own steps take; the device goes on meanwhile.
 *   host   the driver's part in a world: boots the SMMU, keeps domains, maps and unmaps.
 * One thread per world. Nothing here reads a wall clock.
 */
#ifndef SV3_SIM_H
#define SV3_SIM_H

#include <sv3/base.h>
#include <sv3/bus.h>
#include <sv3/device.h>
#include <sv3/monitor.h>
#include <sv3/pagetable.h>
#include <sv3/smmu.h>
#include <sv3/timed.h>
#include <sv3/timing.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- memory of the host --- */

/** sv3_zeroed_create - @size_bytes (> 0), all zero, aligned for any scalar; costs what is touched.
 * NULL: out of memory. */
SV3_API void *sv3_zeroed_create(uint64_t size_bytes);
/** sv3_zeroed_expect_all - most of @memory will be used, at random: larger pages of the host serve
 * it better, where there are such. @size_bytes: as it was created. */
SV3_API void sv3_zeroed_expect_all(void *memory, uint64_t size_bytes);
/** @memory: may be NULL; @size_bytes: as it was created. */
SV3_API void sv3_zeroed_destroy(void *memory, uint64_t size_bytes);

/* --- ram --- */

#define SV3_RAM_REGIONS_MAX 8u

struct sv3_ram_region {
	sv3_pa base;
	uint64_t size; /* bytes, > 0, both multiples of 4096 */
};

struct sv3_ram {
	uint32_t region_count;
	struct sv3_ram_region regions[SV3_RAM_REGIONS_MAX];
	uint8_t *host[SV3_RAM_REGIONS_MAX]; /* lazily backed host memory, zero at first */
};

/** sv3_ram_init - reserve memory; pages are backed when first touched. -SV3_ERR_NOMEM,
 * -SV3_ERR_INVAL. */
SV3_API SV3_MUST_CHECK int sv3_ram_init(struct sv3_ram *ram, const struct sv3_ram_region *regions,
					uint32_t region_count);
SV3_API void sv3_ram_fini(struct sv3_ram *ram);
/** The bus of a RAM. Accesses that are not wholly inside one region abort. Atomics are host
 * atomics. */
SV3_API struct sv3_bus sv3_ram_bus(struct sv3_ram *ram);

/* --- CPU cache --- */

#define SV3_CPU_CACHE_LINES_MAX (1u << 24)

struct sv3_cpu_cache_config {
	uint32_t line_count;    /* lines of 64 bytes; when all are in use they are evicted in turn.
				   0: as many as are touched, and none is ever evicted */
	bool ignore_clean;      /* seeded mistake: software that never cleans */
	bool ignore_invalidate; /* seeded mistake: software that never invalidates */
};

struct sv3_cpu_cache_stats {
	uint64_t loads, hits; /* lines */
	uint64_t write_backs; /* by maintenance and eviction */
	uint64_t evictions;
	uint64_t lines_overwritten; /* write-backs over what others had written meanwhile */
	sv3_pa first_overwritten;   /* the first such line */
};

struct sv3_cpu_cache;

/**
 * sv3_cpu_cache_create - a write-back cache in front of @memory, which hardware does not snoop
 * Software works through sv3_cpu_cache_bus() and owes maintenance (sv3_bus_maintain()); what it
 * does not clean, others do not see, and what it does not invalidate, it does not see itself.
 * Returns: 0, -SV3_ERR_INVAL, -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_cpu_cache_create(const struct sv3_bus *memory,
						const struct sv3_cpu_cache_config *config,
						struct sv3_cpu_cache **cache);
/** What is dirty is lost. */
SV3_API void sv3_cpu_cache_destroy(struct sv3_cpu_cache *cache);
/** Memory as the CPU sees it; no window. */
SV3_API struct sv3_bus sv3_cpu_cache_bus(struct sv3_cpu_cache *cache);
SV3_API const struct sv3_cpu_cache_stats *sv3_cpu_cache_stats(const struct sv3_cpu_cache *cache);

/* --- fast runner --- */

/** Swaps of one transaction that find a changed descriptor before the runner answers with an abort:
 * memory that answers differently each time must not hang it APPROX(T-020). */
#define SV3_FAST_RETRIES_MAX 1000u

/** A stalled transaction is DONE. Returns: true: its slot is kept, and finished by who keeps it. */
typedef bool (*sv3_fast_resumed)(void *context, uint32_t slot, const struct sv3_result *result);

/** A wire of the SMMU pulses. */
typedef void (*sv3_fast_interrupt)(void *context, enum sv3_irq irq);

/** Answers needs at once. Caller-owned; @smmu and @bus are borrowed. All else may begin as 0. */
struct sv3_fast {
	struct sv3_smmu *smmu;
	struct sv3_bus bus;
	struct sv3_endpoint endpoint; /* hears what the SMMU tells; ops may be NULL */
	uint64_t irq_count[SV3_IRQ_COUNT];
	uint64_t sev_count;
	sv3_fast_resumed resumed; /* by sv3_fast_set_resumed() */
	void *resumed_context;
	sv3_fast_interrupt interrupt; /* by sv3_fast_set_interrupt() */
	void *interrupt_context;
	uint32_t atc_slot; /* the job behind an invalidation that is not completed, if @atc_waits */
	bool atc_waits;
	bool draining; /* drains do not nest */
};

/**
 * sv3_translate - one access from begin to finish, TLB-hit path first. Jobs are drained when BUSY
 * A transaction that stalls keeps its slot: the outcome is SV3_OUTCOME_STALLED, and nothing more is
 * heard of it but through sv3_fast_set_resumed().
 * Returns: 0 with @result; -SV3_ERR_BUSY: every slot is held or stalled, @result is an abort.
 */
SV3_API int sv3_translate(struct sv3_fast *fast, const struct sv3_txn *txn,
			  struct sv3_result *result);

/**
 * sv3_translate_hold - the same, but the slot stays held: its access is still in flight
 * Returns: 0 with @slot and @result, to be ended by sv3_smmu_finish(), unless the outcome is
 * SV3_OUTCOME_STALLED: @slot is not the caller's before sv3_fast_set_resumed() hands it out;
 * -SV3_ERR_BUSY: no slot.
 */
SV3_API SV3_MUST_CHECK int sv3_translate_hold(struct sv3_fast *fast, const struct sv3_txn *txn,
					      uint32_t *slot, struct sv3_result *result);

/**
 * sv3_fast_set_resumed - who hears how stalled transactions end; NULL: they are just finished
 * Called while the runner drains: a drain from within runs nothing.
 */
SV3_API void sv3_fast_set_resumed(struct sv3_fast *fast, sv3_fast_resumed resumed, void *context);

/** sv3_fast_set_interrupt - who hears interrupts that are no MSIs; NULL: they are only counted.
 *  Called while the runner drains. */
SV3_API void sv3_fast_set_interrupt(struct sv3_fast *fast, sv3_fast_interrupt interrupt,
				    void *context);

/** sv3_fast_drain - run the hardware's own jobs, and transactions that were resumed, until none is
 *  ready. Returns: true if any ran. */
SV3_API bool sv3_fast_drain(struct sv3_fast *fast);

/** The register port of an untimed embedder: drains jobs after each access. */
SV3_API struct sv3_regport sv3_fast_regport(struct sv3_fast *fast);
/** The door of a device that makes its transactions itself: an access is over when translated. */
SV3_API struct sv3_device_port sv3_fast_device_port(struct sv3_fast *fast);

/**
 * sv3_sim_poll - software spins on something: let the simulated hardware go on
 * @port: of a fast runner: what is ready runs; of a world: its next event happens
 * For drivers that spin on memory rather than on a register, which lets the hardware go on by
 * itself: for example until the MSI of a CMD_SYNC has arrived.
 * Returns: false: nothing can ever change any more unless software does something else.
 */
SV3_API bool sv3_sim_poll(const struct sv3_regport *port);

/* --- world --- */

/** Logical costs. Each is an approximation with a row in docs/MODEL.md. */
struct sv3_costs {
	sv3_ps scan;        /* per descriptor a scan visits APPROX(T-001) */
	sv3_ps clear;       /* per leaf cleared APPROX(T-002) */
	sv3_ps cmdq_delay;  /* from the write of CMDQ_PROD to execution APPROX(T-003) */
	sv3_ps inv_latency; /* a TLBI + SYNC pair as software sees it, command delay included
			       APPROX(T-004) */
	sv3_ps clear_delay; /* from the end of a scan to the clear, split policies that clear at
			       once APPROX(T-005) */
	sv3_ps post_delay;  /* from translation to the write landing APPROX(T-006) */
	sv3_ps access;      /* per software bus access; not 0: DMA comes between any two of them
			       APPROX(T-007) */
	/* From the interrupt of the event queue to the software that reads it APPROX(T-030); from
	 * reading dirty state to the unmap, SV3_UNMAP_GET_THEN_UNMAP APPROX(T-031). */
	sv3_ps fault_latency, unmap_gap;
	/* What only software in time pays, 0 by default: to write a command into the queue;
	 * between two looks at a register; for a call of the user; for a KiB of a bitmap on its way
	 * to the user, or back; for a page that a CPU puts on the link. APPROX(T-056) */
	sv3_ps command, poll, call, bitmap_kib, page_copy;
};

SV3_API void sv3_costs_default(struct sv3_costs *costs);
/** sv3_costs_timed - software by a table of timing; what that says nothing of stays as it is. */
SV3_API void sv3_costs_timed(const struct sv3_timing *timing, struct sv3_costs *costs);

/** A write that was translated and landed, or is about to; or a write of the CPU. */
struct sv3_write {
	uint64_t serial; /* of the world's writes, the CPU's too, from 1 */
	sv3_ps translated, landed;
	sv3_iova iova;
	sv3_pa pa;
	uint32_t len;
	uint32_t stream_id;
	uint8_t flags; /* enum sv3_result_flag of its translation */
	bool by_cpu;   /* not translated: @iova is @pa, it landed at once */
	bool by_grant; /* translated by the device, from its ATC: @flags say nothing of the leaf */
};

/** A device behind an ATC was granted write access, and may use it until CMD_ATC_INV: an ATS
 * Translation Completion. [IHI0070 3.9.1] */
struct sv3_grant {
	sv3_ps at;
	sv3_iova iova;   /* of the first byte of the leaf */
	sv3_pa pa, last; /* of its first and its last byte */
	uint32_t stream_id;
	uint8_t flags; /* enum sv3_result_flag: whether the request set dirty state */
};

/** Hears what happens in a world; each may be NULL. Changes nothing, and runs nothing. */
struct sv3_world_observer {
	void (*write_translated)(void *context, const struct sv3_write *write);
	void (*write_landed)(void *context, const struct sv3_write *write); /* guest RAM only */
	void *context;
	void (*write_granted)(void *context, const struct sv3_grant *grant);
};

#define SV3_WORLD_OBSERVERS_MAX 8u

/** Who follows the writes of the CPU, as a hypervisor does by write protection. */
struct sv3_cpu_tracker {
	/**
	 * @len bytes at @pa, within one page of guest RAM, are about to be written.
	 * Takes no time and runs nothing. Returns: for how long the writer was held up, 0: it was
	 * not; this write is in memory at once all the same.
	 */
	sv3_ps (*write)(void *context, sv3_pa pa, uint32_t len);
	void *context;
};

struct sv3_world_config {
	struct sv3_smmu_config smmu;
	struct sv3_costs costs;
	sv3_pa guest_base;   /* RAM of the guest, 4 KiB aligned */
	uint64_t guest_size; /* bytes */
	bool contents;       /* writes carry bytes: they depend on the serial and the page */
	bool non_coherent;   /* IDR0.COHACC = 0, and a CPU cache between software and memory */
	struct sv3_cpu_cache_config cpu_cache; /* with @non_coherent */
	/* Hardware takes time: the device's accesses go through the timed runner by @timing, and
	 * costs.post_delay is for devices that make their accesses themselves alone. */
	bool is_timed;
	struct sv3_timing timing;
	/* The device goes on as fast as it is let, whatever the times of its events. */
	bool closed_loop;
	uint64_t seed; /* of what @timing draws */
	/* What software owes is watched: sv3_world_monitor(). Changes nothing. Positions are times.
	 */
	bool monitored;
};

/** What a run of a world counted. */
struct sv3_world_stats {
	uint64_t records;       /* reads and writes the device issued */
	uint64_t writes_landed; /* of the device, in guest RAM */
	uint64_t faults;        /* accesses that ended in an abort or RAZ/WI */
	uint64_t pa_mismatches; /* accesses whose output address was not the recorded one */
	uint64_t retries;       /* times an access was put off: no slot was free */
	uint64_t stalls;        /* times an access stalled: its end comes after CMD_RESUME */
	sv3_ps lag_max;         /* how far behind its own time the device got: slots, SYNC rows,
				   holds */
	uint64_t cpu_writes, cpu_reads;
	sv3_ps cpu_delay; /* what the tracker of its writes cost the CPU, in all */
	/* the first fault and the first mismatch, for the message */
	struct sv3_device_event first_fault, first_mismatch;
	uint8_t first_fault_event;
	sv3_pa first_mismatch_pa;
};

struct sv3_world;
struct sv3_host;

/** sv3_world_config_default - the default SMMU and costs; no guest yet, that is the caller's to
 * say. */
SV3_API void sv3_world_config_default(struct sv3_world_config *config);

/** sv3_world_create - RAM, SMMU in reset, clock at 0. -SV3_ERR_INVAL, -SV3_ERR_NOMEM. */
SV3_API SV3_MUST_CHECK int sv3_world_create(const struct sv3_world_config *config,
					    struct sv3_world **world);
SV3_API void sv3_world_destroy(struct sv3_world *world);

/** Memory of the host for tables and queues, above everything a guest may have: 2^46. */
#define SV3_WORLD_HOST_BASE (UINT64_C(1) << 46)

/** sv3_world_attach_device - the world's device (one; not owned). Before the first run. */
SV3_API void sv3_world_attach_device(struct sv3_world *world, const struct sv3_device *device);
/** sv3_world_observe - one observer more; all hear the same, in the order in which they came.
 * -SV3_ERR_NOMEM: there are SV3_WORLD_OBSERVERS_MAX. */
SV3_API SV3_MUST_CHECK int sv3_world_observe(struct sv3_world *world,
					     const struct sv3_world_observer *observer);
/** sv3_world_unobserve - the observer with this context, which must be there, hears nothing any
 * more; not from within one. */
SV3_API void sv3_world_unobserve(struct sv3_world *world,
				 const struct sv3_world_observer *observer);
/** sv3_world_attach_host - who gets DRIVER and REWIND events. */
SV3_API void sv3_world_attach_host(struct sv3_world *world, struct sv3_host *host);

SV3_API sv3_ps sv3_world_now(const struct sv3_world *world);
/** The time of the next hardware, software or device event, SV3_PS_NEVER if there is none. */
SV3_API sv3_ps sv3_world_next_event(const struct sv3_world *world);
/**
 * sv3_world_run_until - everything due at or before @at happens; the clock ends at @at, or later
 * where software had to wait (a driver's row for room in the command queue, a call for whatever it
 * waits for); it never goes back
 * @at: SV3_PS_NEVER: to the end of all events, where the clock then stays
 * Order at one time: landings, doorbells, calls of software, CPU, device.
 */
SV3_API void sv3_world_run_until(struct sv3_world *world, sv3_ps at);
/**
 * sv3_world_call_at - software of the world that runs at a time
 * @at: in the past: as soon as the world goes on; calls for one time run in the order of requests
 * It runs from within whatever makes the world go on, as an interrupt does. It may use the bus and
 * registers, push commands, ask for further calls and let time pass: the world goes on meanwhile,
 * but other calls that become due wait until it has returned, and then run at the time it is.
 * Returns: 0, -SV3_ERR_INVAL (SV3_PS_NEVER), -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_world_call_at(struct sv3_world *world, sv3_ps at,
					     void (*call)(void *context), void *context);
/** sv3_world_call_off - forget all such calls that have not begun. */
SV3_API void sv3_world_call_off(struct sv3_world *world, void (*call)(void *context),
				void *context);
/** sv3_world_advance - run_until(now + @duration). */
SV3_API void sv3_world_advance(struct sv3_world *world, sv3_ps duration);
/** sv3_world_stop_device - no further device events; writes in flight still land. */
SV3_API void sv3_world_stop_device(struct sv3_world *world);
/** sv3_world_drain - run until every write now in flight has landed. The device goes on unless
 * stopped. What is stalled does not count. */
SV3_API void sv3_world_drain(struct sv3_world *world);
/** sv3_world_stalled - accesses of the device that wait for CMD_RESUME now. */
SV3_API uint64_t sv3_world_stalled(const struct sv3_world *world);
/**
 * sv3_world_hold_device - while @held the device issues nothing; what is in flight goes on
 * Besides the wait behind a SYNC row: it goes on when neither keeps it, and then at once with all
 * that was due meanwhile APPROX(T-024). Calls do not add up.
 */
SV3_API void sv3_world_hold_device(struct sv3_world *world, bool held);
/**
 * sv3_world_throttle_device - from now on the device's own time goes at a share of the world's
 * Its place in its own time is kept to the millionth of a picosecond, whatever speeds follow each
 * other; an event happens at the first picosecond of the world at which the device has come to it.
 * So at full speed distances are as recorded again, and nothing is lost or changes its order.
 * What is due already stays due. APPROX(T-023)
 * @speed_ppm: 1 .. 1,000,000, which is full speed and how a world begins
 */
SV3_API void sv3_world_throttle_device(struct sv3_world *world, uint32_t speed_ppm);

/**
 * sv3_world_attach_cpu - a second source of events: accesses of the guest's CPUs
 * @device: not owned. An event's iova is the guest physical address; writes are in memory at once,
 * past the SMMU and any CPU cache, reads are counted only, rows for a driver are passed over, and
 * no access of its own is asked for. It hears completed(), never landed(). Before the first run.
 * APPROX(T-022)
 */
SV3_API void sv3_world_attach_cpu(struct sv3_world *world, const struct sv3_device *device);
/** sv3_world_set_cpu_tracker - who is asked before a write of the CPU lands; NULL: nobody. */
SV3_API void sv3_world_set_cpu_tracker(struct sv3_world *world,
				       const struct sv3_cpu_tracker *tracker);
/** sv3_world_stop_cpu - no further events of the CPU. */
SV3_API void sv3_world_stop_cpu(struct sv3_world *world);
/** sv3_world_throttle_cpu - as sv3_world_throttle_device(). */
SV3_API void sv3_world_throttle_cpu(struct sv3_world *world, uint32_t speed_ppm);

/** Memory as hardware sees it, at no cost. */
SV3_API struct sv3_bus sv3_world_bus(struct sv3_world *world);
/** Memory as software sees it: costs.access a call, and DMA in between. No window then, nor in a
 * non-coherent world, where it is the CPU cache. */
SV3_API struct sv3_bus sv3_world_software_bus(struct sv3_world *world);
/** The CPU cache of a non-coherent world, else NULL. */
SV3_API struct sv3_cpu_cache *sv3_world_cpu_cache(struct sv3_world *world);
/** Registers as software sees them: CMDQ_PROD takes costs.cmdq_delay to arrive; poll runs the next
 * event. */
SV3_API struct sv3_regport sv3_world_regport(struct sv3_world *world);
/** The next doorbell arrives at once, and all before it (commands whose time was recorded). */
SV3_API void sv3_world_flush_doorbells(struct sv3_world *world);

/** The monitor of a monitored world, else NULL. Copies are the caller's to tell it. */
SV3_API struct sv3_monitor *sv3_world_monitor(struct sv3_world *world);
SV3_API struct sv3_smmu *sv3_world_smmu(struct sv3_world *world);
/** sv3_world_smmu_stats - the counters of its SMMU. */
SV3_API const struct sv3_smmu_stats *sv3_world_smmu_stats(const struct sv3_world *world);
/** sv3_world_timed_stats - what its timed runner measured, up to now; NULL without one. */
SV3_API const struct sv3_timed_stats *sv3_world_timed_stats(const struct sv3_world *world);
/** sv3_world_timed_observe - as sv3_timed_observe(); -SV3_ERR_INVAL without a timed runner. */
SV3_API SV3_MUST_CHECK int sv3_world_timed_observe(struct sv3_world *world,
						   const struct sv3_timed_observer *observer);
/** sv3_world_phase - as sv3_timed_phase(), now; nothing without a timed runner. */
SV3_API void sv3_world_phase(struct sv3_world *world, const char *name, bool begins);
SV3_API const struct sv3_world_stats *sv3_world_stats(const struct sv3_world *world);
SV3_API const struct sv3_world_config *sv3_world_config(const struct sv3_world *world);

/* --- host --- */

/** One translation context: a table, an ASID, and the streams that use it. */
struct sv3_domain {
	struct sv3_pt pt;
	uint32_t asid;
	sv3_iova scan_base; /* what a dirty scan covers */
	uint64_t scan_size;
};

#define SV3_HOST_DOMAINS_MAX 64u

/** What becomes of dirty state at an unmap. [policies 7, P21] */
enum sv3_unmap_mode {
	SV3_UNMAP_XCHG,           /* (b) kept as the exchange found it: none is lost */
	SV3_UNMAP_GET_THEN_UNMAP, /* (a) read, and costs.unmap_gap later the leaves are taken out
				     whatever they say then: writes in between are lost (B32) */
	SV3_UNMAP_PLAIN,          /* (c) dropped: what was not collected is lost (B31) */
};

/** What invalidates what was unmapped. */
enum sv3_invalidation {
	SV3_INVALIDATION_RECORDED, /* the rows of the trace */
	SV3_INVALIDATION_STRICT,   /* a TLBI of the range and a SYNC after each unmap; such rows of
				      the trace are ignored */
	SV3_INVALIDATION_DEFERRED, /* unmaps are collected, and flushed together by a TLBI of the
				      ASID and a SYNC; such rows of the trace are ignored */
};

struct sv3_host_config {
	enum sv3_trace_view view;
	uint32_t granule_lg2;  /* 12 */
	uint32_t leaf_max_lg2; /* largest leaf for guest RAM: 12, 21, 30 */
	/* GUEST: one domain, identity-maps guest RAM, all streams share it. IOVA: one domain a
	 * stream, empty. */
	const uint32_t *stream_ids; /* shape [stream_count] */
	uint32_t stream_count;
	const sv3_pa *msi_pages; /* extra identity-mapped pages outside RAM (GUEST view); shape
				    [msi_page_count] */
	uint32_t msi_page_count;
	bool hd;           /* CD.HA = HD = 1; else neither, and leaves are born dirty */
	bool ignore_tlbi;  /* drop the trace's TLBI rows: a seeded mistake for tests */
	bool mixed_leaves; /* GUEST: leaf sizes drawn by @seed between 12 and leaf_max_lg2 */
	uint64_t seed;
	/* CDs of the stall model: faults of translation wait for CMD_RESUME. -SV3_ERR_INVAL where
	 * IDR0.STALL_MODEL has no stalls; and without it, where it has nothing else. */
	bool stall;
	/* Without @hd: leaves are born clean all the same, so a first write faults (F_PERMISSION)
	 * and software does what hardware would: sv3_dirty_set(). */
	bool software_dirty;
	/* STE.EATS of every stream, CR0.ATSCHK: devices behind an ATC (sv3_ats_endpoint_create()).
	 * Behind each TLBI and its CMD_SYNC come CMD_ATC_INV for the streams of the domain, and
	 * another CMD_SYNC. -SV3_ERR_INVAL without IDR0.ATS. */
	bool ats;
	enum sv3_unmap_mode unmap_mode;     /* IOVA view */
	enum sv3_invalidation invalidation; /* IOVA view */
	sv3_ps flush_delay;    /* DEFERRED: from the first unmap to the flush; 0: 10 ms */
	uint32_t flush_unmaps; /* DEFERRED: or after so many; 0: 256 */
};

/** sv3_host_create - boot: queues, stream table, CDs, tables, CR0; returns with SMMUEN
 * acknowledged. */
SV3_API SV3_MUST_CHECK int sv3_host_create(struct sv3_world *world,
					   const struct sv3_host_config *config,
					   struct sv3_host **host);
/** sv3_host_destroy - before its world. */
SV3_API void sv3_host_destroy(struct sv3_host *host);

/** Whether IOVAs are guest addresses, all in domain 0 (GUEST view). */
SV3_API bool sv3_host_is_identity(const struct sv3_host *host);
SV3_API uint32_t sv3_host_domain_count(const struct sv3_host *host);
/** The index of the domain a stream belongs to; sv3_host_domain_count() if it has none. */
SV3_API uint32_t sv3_host_stream_domain(const struct sv3_host *host, uint32_t stream_id);
SV3_API struct sv3_domain *sv3_host_domain(struct sv3_host *host, uint32_t index);
/** sv3_host_cmdq - for whoever else has commands. Its counters leave out those of the trace's
 *  rows. */
SV3_API struct sv3_cmdq *sv3_host_cmdq(struct sv3_host *host);

/**
 * sv3_host_collect_unmapped - or into @log the pages whose mapping was taken down dirty, and forget
 * them
 * @settled_only: only those whose TLBI + SYNC has completed since the unmap (others may still be
 * written) Returns: bits newly set. [P21b: exchange, invalidate, sync, then the kept dirty bit
 * counts]
 */
SV3_API uint64_t sv3_host_collect_unmapped(struct sv3_host *host, struct sv3_dirty_log *log,
					   bool settled_only);

/**
 * sv3_host_forget_unmapped - forget settled dirty state of one page, as clearing a live leaf does
 * Only for a page that was reported and whose copy is still to come: no write can reach it any more
 * through the mapping that was taken down, so the copy has them all.
 */
SV3_API void sv3_host_forget_unmapped(struct sv3_host *host, sv3_pa page);

/** One live mapping of a guest page. */
struct sv3_host_alias {
	uint32_t domain_index;
	sv3_iova iova;
};
/**
 * sv3_host_aliases - where a guest page is mapped
 * @aliases: out, shape [max]; GUEST view: always one, the identity
 * Returns: number of live mappings (may exceed @max).
 */
SV3_API uint32_t sv3_host_aliases(const struct sv3_host *host, sv3_pa page,
				  struct sv3_host_alias *aliases, uint32_t max);

/** sv3_host_error - the first thing that went wrong in a DRIVER event, one line; NULL if nothing
 * did. */
SV3_API const char *sv3_host_error(const struct sv3_host *host);

#ifdef __cplusplus
}
#endif

#endif
