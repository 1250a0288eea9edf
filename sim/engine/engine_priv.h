/* SPDX-License-Identifier: MIT */
/*
 * engine_priv.h - what the files of the engine share and nobody else sees.
 *
 * Concepts:
 *   landing    a translated write on its way to memory; its slot is held until it arrives.
 *   doorbell   a write of CMDQ_PROD on its way to the hardware.
 *   call       software of the world that runs at a time.
 *   driver row a row of a trace that the host carries out; the device waits while it does.
 *   pace       how a source's own time goes: slower than the world's, or not at all for a while.
 */
#ifndef SV3_ENGINE_PRIV_H
#define SV3_ENGINE_PRIV_H

#include <sv3/host.h>
#include <sv3/sim.h>

/* --- world --- */

struct sv3__landing {
	struct sv3_write write;
	uint32_t slot;
};

struct sv3__doorbell {
	sv3_ps at;
	uint64_t value;
	uint32_t offset, size;
};

/* Software rings for new commands only, so no more rings are on their way than a queue has room
 * for. */
#define SV3__DOORBELLS_MAX 4096u

#define SV3__FULL_SPEED_PPM 1000000u

/** At @world the source had come to @own and @rest millionths, and goes on at @speed_ppm. Its own
 * time is never ahead of the world's. */
struct sv3__pace {
	sv3_ps world, own; /* @world may lie ahead: the source stands still until then */
	uint32_t rest;     /* below SV3__FULL_SPEED_PPM */
	uint32_t speed_ppm;
	bool altered; /* false: its time is the world's */
};

/** A source of accesses that the SMMU never sees. */
struct sv3__cpu {
	struct sv3_device device;
	struct sv3_device_event event; /* what it does next */
	struct sv3__pace pace;
	struct sv3_cpu_tracker tracker;
	bool has_event;
	bool stopped;
};

struct sv3__call {
	sv3_ps at;
	uint64_t serial; /* of all calls: the order at one time */
	void (*call)(void *context);
	void *context;
};

struct sv3__calls {
	struct sv3__call *heap; /* the first is due first; shape [capacity] */
	uint64_t count, capacity, serial;
	bool running; /* one of them: the others wait */
};

/** Those of the observers who want to hear of one kind of thing. */
struct sv3__listeners {
	uint32_t count;
	struct {
		void (*hear)(void *context, const struct sv3_write *write);
		void *context;
	} each[SV3_WORLD_OBSERVERS_MAX];
};

/** A world with a timed runner; all 0 without. */
struct sv3__world_timed {
	struct sv3_timed *runner;
	sv3_ps cycle_ps;
	/* By the number of an access in flight; shape [sv3_timed_capacity()]. */
	struct sv3_device_event *events;
	struct sv3_write *writes;
};

struct sv3_world {
	sv3_ps now;
	sv3_ps next_due; /* the earliest of all events; a call with nothing due compares it, no more
			  */

	sv3_ps device_due; /* of @event; never: there is none, or the device may not go on */
	sv3_ps cpu_due;    /* likewise */
	sv3_ps event_due; /* of @event, in the world's time; not later because something keeps it */
	struct sv3_device device;
	struct sv3_device_event event; /* what the device does next */
	bool has_event;
	bool device_special; /* any of the next five, as they were when the device was scheduled */
	bool device_stopped;
	bool device_blocked; /* a CMD_SYNC of the trace is not consumed yet */
	bool device_held;    /* by whoever runs the world */
	bool device_at_work; /* @event is a row that the host is carrying out */
	bool device_woken;   /* a bundle with sources that wait: something has happened */
	bool device_starved; /* no slot, and no landing that would free one: any change may help */

	/* Both delays are constant, so these queues are in order of time. */
	struct sv3__landing *landings; /* ring; shape [landing_capacity], one per slot */
	uint32_t landing_capacity, landing_head, landing_count;
	/* Events behind slots: of accesses that stalled, and of writes in flight whose device wants
	 * to hear of their landing. Shape [landing_capacity]. */
	struct sv3_device_event *slot_events;
	struct sv3__doorbell *doorbells; /* ring; shape [SV3__DOORBELLS_MAX] */
	uint32_t doorbell_head, doorbell_count;
	bool doorbell_at_once; /* the next one does not wait */
	uint64_t prod_rung;    /* CMDQ_PROD as software wrote it last */
	struct sv3__calls calls;

	struct sv3__world_timed timed;
	struct sv3_fast fast;
	struct sv3_smmu *smmu;
	void *smmu_memory;
	struct sv3_bus bus;                 /* of @ram */
	struct sv3_bus cpu_bus;             /* as software sees memory, at no cost */
	struct sv3__world_monitor *monitor; /* monitored worlds */
	struct sv3_cpu_cache *cpu_cache;    /* non-coherent worlds */
	struct sv3_ram ram;
	struct sv3_host *host;
	struct sv3_host *flushing_host; /* whose flush of unmaps is on its way; NULL: none */
	struct sv3__listeners translated, landed; /* of writes */
	/* Those of the observers who hear of grants; shape [granted_count]. */
	struct sv3_world_observer granted[SV3_WORLD_OBSERVERS_MAX];
	uint32_t observer_count, granted_count;
	struct sv3__pace device_pace;
	struct sv3__cpu cpu;
	struct sv3_world_config config;
	struct sv3_world_stats stats;
	uint64_t write_count;
	uint64_t stalled; /* accesses that wait for CMD_RESUME */
};

static inline bool sv3__world_is_guest_ram(const struct sv3_world *world, sv3_pa pa)
{
	return pa - world->config.guest_base < world->config.guest_size;
}

/** As sv3__pace_due(), where it is not the world's time. */
__attribute__((cold)) sv3_ps sv3__pace_due_slow(const struct sv3__pace *pace, sv3_ps due);
void sv3__pace_set_speed(struct sv3__pace *pace, sv3_ps now, uint32_t speed_ppm);
/** For @duration from now on, or from when it would have gone on, the source does not. */
void sv3__pace_stand_still(struct sv3__pace *pace, sv3_ps now, sv3_ps duration);

/** When what is due at @due in the source's time is due in the world's. */
static inline sv3_ps sv3__pace_due(const struct sv3__pace *pace, sv3_ps due)
{
	return pace->altered ? sv3__pace_due_slow(pace, due) : due;
}

static inline bool sv3__world_call_is_due(const struct sv3_world *world, sv3_ps at)
{
	return world->calls.count && !world->calls.running && world->calls.heap[0].at <= at;
}

/** A monitored world: what looks on, and the doors it looks through. */
struct sv3__world_monitor {
	struct sv3_monitor *monitor;
	struct sv3_monitor_bus bus;
	struct sv3_monitor_port boot; /* of the untimed register port */
};

/* The monitor's part (world_monitor.c); nothing in worlds without one. */
int sv3__world_monitor_create(struct sv3_world *world);
void sv3__world_monitor_destroy(struct sv3_world *world);
/** A register port of software that is not the world's own. */
struct sv3_regport sv3__world_monitor_port(struct sv3_world *world, const struct sv3_regport *port);

static inline void sv3__world_tell_translated(const struct sv3_world *world,
					      const struct sv3_txn *txn,
					      const struct sv3_result *result)
{
	if (world->monitor)
		sv3_monitor_translated(world->monitor->monitor, txn, result);
}

static inline void sv3__world_tell_landed(const struct sv3_world *world,
					  const struct sv3_write *write)
{
	if (world->monitor)
		sv3_monitor_landed(world->monitor->monitor, write->stream_id, write->iova,
				   write->pa);
}

/* The timed runner's part (world_timed.c); only in worlds that have one. */
int sv3__world_timed_create(struct sv3_world *world);
void sv3__world_timed_destroy(struct sv3_world *world);
/** The time of the runner's next event, SV3_PS_NEVER if there is none. */
sv3_ps sv3__world_timed_next(const struct sv3_world *world);
/** What the runner does until @until, and no longer than nothing else has to be done first. */
void sv3__world_timed_step(struct sv3_world *world, sv3_ps until);
/** The hardware begins what is ready. */
void sv3__world_timed_kick(struct sv3_world *world);
/** The access of the device's event begins. Returns: below 0: no room. */
int sv3__world_timed_issue(struct sv3_world *world, const struct sv3_timed_access *access);
/** Whether an access issued at or before @than is still on its way to memory. */
bool sv3__world_timed_has_older(const struct sv3_world *world, sv3_ps than);
uint64_t sv3__world_timed_stalled(const struct sv3_world *world);

static inline void sv3__tell(const struct sv3__listeners *listeners, const struct sv3_write *write)
{
	for (uint32_t i = 0; i < listeners->count; i++)
		listeners->each[i].hear(listeners->each[i].context, write);
}

/** The earliest of all events but the device's and the timed runner's. */
static inline sv3_ps sv3__world_next_but_device(const struct sv3_world *world)
{
	sv3_ps next = world->cpu_due;

	if (world->landing_count && world->landings[world->landing_head].write.landed < next)
		next = world->landings[world->landing_head].write.landed;
	if (world->doorbell_count && world->doorbells[world->doorbell_head].at < next)
		next = world->doorbells[world->doorbell_head].at;
	if (next && sv3__world_call_is_due(world, next - 1))
		next = world->calls.heap[0].at;
	return next;
}

/** The earliest of all events but the timed runner's. */
static inline sv3_ps sv3__world_next_but_timed(const struct sv3_world *world)
{
	const sv3_ps next = sv3__world_next_but_device(world);

	return world->device_due < next ? world->device_due : next;
}

/** Recompute next_due: after anything was queued, taken or put off. */
static inline void sv3__world_refresh(struct sv3_world *world)
{
	sv3_ps next = sv3__world_next_but_timed(world);

	if (world->timed.runner) {
		const sv3_ps timed = sv3__world_timed_next(world);

		next = timed < next ? timed : next;
	}
	world->next_due = next;
}

/** When the device acts next, from its event and from what keeps it. */
void sv3__world_schedule_device(struct sv3_world *world);

/** The device has another event: @has_event and @event are new. */
static inline void sv3__world_time_event(struct sv3_world *world)
{
	world->event_due = SV3_PS_NEVER;
	if (world->has_event)
		world->event_due = world->config.closed_loop
					   ? world->now
					   : sv3__pace_due(&world->device_pace, world->event.due);
	if (world->device_special)
		sv3__world_schedule_device(world);
	else
		world->device_due = world->event_due < world->now ? world->now : world->event_due;
}

/** The first event of the device is asked for, or the one after the last. */
static inline void sv3__world_fetch_event(struct sv3_world *world)
{
	world->has_event = world->device.ops->next(world->device.context, &world->event);
	sv3__world_time_event(world);
}

/** The clock goes to the next event, which happens. One must be due some time. */
void sv3__world_step(struct sv3_world *world);
/** The first call runs. */
void sv3__world_run_call(struct sv3_world *world);
/** Let the hardware's jobs run; what waits for the hardware is looked after. */
void sv3__world_run_jobs(struct sv3_world *world);
/** The hardware went on: what waits for it is looked after. */
void sv3__world_look_around(struct sv3_world *world);
/** A device that found no room may find some now. */
void sv3__world_device_wakes(struct sv3_world *world);
/** Whether an access came out where it was recorded. */
void sv3__world_check_output(struct sv3_world *world, const struct sv3_device_event *event,
			     sv3_pa pa);
/** A device's write is in memory. */
void sv3__world_write_lands(struct sv3_world *world, const struct sv3_write *write);
/** The device hears how its access ended. */
void sv3__world_access_ends(struct sv3_world *world, const struct sv3_device_event *event, bool ok,
			    uint8_t event_number);
/** Keep the device from acting, or let it go on. */
void sv3__world_block_device(struct sv3_world *world, bool blocked);
/** The device's next event happens. */
void sv3__world_device_acts(struct sv3_world *world);
/** A stalled access is DONE: sv3_fast_resumed of the world. */
bool sv3__world_resumed(void *context, uint32_t slot, const struct sv3_result *result);
/** The bytes of a write to guest RAM are in memory from now on; who observes hears of it. */
void sv3__world_bytes_land(struct sv3_world *world, const struct sv3_write *write);
/** The CPU's next event happens. */
void sv3__world_cpu_acts(struct sv3_world *world);
/** The oldest write in flight arrives. */
void sv3__world_land(struct sv3_world *world);
/** The oldest doorbell arrives. */
void sv3__world_deliver_doorbell(struct sv3_world *world);

/** Bytes of host memory: tables for guest pages four times over, and queues. */
uint64_t sv3__world_host_size(uint64_t guest_size);

/** What write @serial leaves in memory at [pa, pa + len). */
void sv3__contents_fill(uint64_t serial, sv3_pa pa, uint8_t *bytes, uint32_t len);

/* --- reverse map: guest page -> live mappings --- */

struct sv3__alias_node {
	sv3_iova iova;
	uint32_t domain_index;
	uint32_t next; /* index + 1 of the next node, 0: none */
};

struct sv3__aliases {
	uint32_t *heads; /* index + 1 of the first node, 0: none; shape [page_count] */
	struct sv3__alias_node *nodes;
	uint64_t page_count;
	uint32_t capacity, used; /* nodes */
	uint32_t free_head;      /* index + 1 of the first free node */
};

int sv3__aliases_init(struct sv3__aliases *aliases, uint64_t page_count);
void sv3__aliases_fini(struct sv3__aliases *aliases);
int sv3__aliases_add(struct sv3__aliases *aliases, uint64_t page, uint32_t domain_index,
		     sv3_iova iova);
/** Harmless if there is no such mapping. */
void sv3__aliases_remove(struct sv3__aliases *aliases, uint64_t page, uint32_t domain_index,
			 sv3_iova iova);
uint32_t sv3__aliases_list(const struct sv3__aliases *aliases, uint64_t page,
			   struct sv3_host_alias *list, uint32_t max);

/* --- pages whose mapping was taken down dirty --- */

struct sv3__unmapped_leaf {
	sv3_iova iova;
	sv3_pa pa;
	uint32_t domain_index;
	uint8_t span_lg2;
	bool invalidated; /* its TLBI was pushed; the next CMD_SYNC consumed settles it */
};

struct sv3__unmapped {
	struct sv3__unmapped_leaf *leaves; /* not settled: the device may still write there */
	uint64_t leaf_count, leaf_capacity, invalidated_count;
	struct sv3_dirty_log settled;
	uint64_t settled_count; /* bits set in @settled */
};

#define SV3__ALL_DOMAINS UINT32_MAX

int sv3__unmapped_init(struct sv3__unmapped *unmapped, sv3_pa base, uint64_t page_count);
void sv3__unmapped_fini(struct sv3__unmapped *unmapped);
int sv3__unmapped_add(struct sv3__unmapped *unmapped, const struct sv3__unmapped_leaf *leaf);
/** A TLBI over [iova, iova + len) of a domain, or of SV3__ALL_DOMAINS, was pushed. */
void sv3__unmapped_invalidate(struct sv3__unmapped *unmapped, uint32_t domain_index, sv3_iova iova,
			      uint64_t len);
/** A CMD_SYNC behind those TLBIs was consumed. */
void sv3__unmapped_settle(struct sv3__unmapped *unmapped);
uint64_t sv3__unmapped_collect(struct sv3__unmapped *unmapped, struct sv3_dirty_log *log,
			       bool settled_only);
/* A page is about to be copied: what was settled of it is in the copy. */
void sv3__unmapped_forget(struct sv3__unmapped *unmapped, sv3_pa page);

/* --- host --- */

/* A fault that the handler was asked about; KEEP: nothing is to be resumed. */
struct sv3__answered {
	uint32_t stream_id, stag;
	enum sv3_fault_answer answer;
};

struct sv3__faults {
	struct sv3_fault_handler handler; /* fault NULL: nobody handles them */
	struct sv3__answered *answered;   /* of one batch; shape [1 << eventq_log2size] */
	bool is_due;                      /* a batch was asked for and has not begun */
	struct sv3_fault_stats stats;
};

/* Part of a domain, and what it is mapped to. */
struct sv3__range {
	uint32_t domain_index;
	sv3_iova iova;
	uint64_t len;
};

struct sv3__mapping {
	uint32_t domain_index;
	sv3_iova iova;
	sv3_pa pa;
	uint64_t len;
	bool write;
};

/* An UNMAP row whose dirty state was read and whose leaves are still there. */
struct sv3__gap {
	bool is_open;
	sv3_ps end;
	struct sv3__range range;
	struct sv3_device_event event;
};

struct sv3__ranges {
	struct sv3__range *each; /* shape [capacity] */
	uint64_t count, capacity;
};

/* Unmaps whose invalidation was put off. */
struct sv3__deferred {
	struct sv3__range *ranges; /* shape [capacity] */
	uint64_t count, capacity;
	uint64_t forgotten; /* ranges that were taken out, all in all */
	uint64_t flushing;  /* of the first so many the SYNC @ticket is on its way */
	bool is_due_again;  /* another flush was due meanwhile */
	struct sv3_cmdq_ticket ticket;
};

struct sv3_host {
	struct sv3_world *world;
	struct sv3_host_config config; /* its arrays belong to the caller and are not kept */
	struct sv3_bus bus;
	struct sv3_cmdq cmdq;
	struct sv3_strtab strtab;
	struct sv3_pt_pages pages;
	sv3_pa cmdq_base, eventq_base, cd_base;
	uint32_t eventq_log2size;
	uint32_t event_cons; /* as in EVENTQ_CONS */
	struct sv3__faults faults;
	uint32_t *stream_ids; /* shape [stream_count] */
	uint32_t stream_count;
	struct sv3_domain domains[SV3_HOST_DOMAINS_MAX];
	uint32_t domain_stream[SV3_HOST_DOMAINS_MAX]; /* IOVA view: whose domain it is */
	uint8_t domain_source[SV3_HOST_DOMAINS_MAX];  /* and of which event.source the rows are */
	uint32_t domain_count;
	struct sv3__aliases aliases;   /* IOVA view */
	struct sv3__unmapped unmapped; /* IOVA view */
	/* The CMD_SYNC that blocks the device, and the row it came from. */
	struct sv3_cmdq_ticket sync_ticket;
	struct sv3_device_event sync_event;
	struct sv3__gap gap;
	struct sv3__deferred deferred;
	struct sv3__ranges atc_owed; /* TLBIs were pushed; len 0: all of the domain */
	uint32_t waiting;            /* SYNCs that software waits for */
	struct sv3_host_hooks hooks[SV3_HOST_HOOKS_MAX];
	uint32_t hooks_count;
	char error[256]; /* empty: nothing went wrong */
};

/** Table, CD, mappings and scan range of every domain; the stream table entries that lead there. */
int sv3__host_make_domains(struct sv3_host *host, const struct sv3_host_config *config);
/** Permissions of a mapping as this host makes them. */
uint32_t sv3__host_map_flags(bool write);

/* Mappings (host_map.c). @is_row: a row of the trace asks, and executes at its recorded time. */
int sv3__host_map(struct sv3_host *host, const struct sv3__mapping *mapping, bool is_row);
/** An UNMAP row, in the host's way: at once, or with a gap during which accesses go on. */
int sv3__host_unmap_row(struct sv3_host *host, const struct sv3__range *range,
			const struct sv3_device_event *event);
/** The driver goes on only when the unmap it began is done. */
int sv3__host_close_gap(struct sv3_host *host);
/** An unmap without gap and without invalidation. */
int sv3__host_take_down(struct sv3_host *host, const struct sv3__range *range);
void sv3__host_map_fini(struct sv3_host *host);

/* Invalidations (host_inval.c). */
int sv3__host_push_all(struct sv3_host *host);
int sv3__host_push_asid(struct sv3_host *host, uint32_t domain_index);
/** @leaf: walk-cache entries may stay. */
int sv3__host_push_range(struct sv3_host *host, const struct sv3__range *range, bool leaf);
/** CMD_SYNC at once; the device waits until it is consumed. */
int sv3__host_sync_row(struct sv3_host *host, const struct sv3_device_event *event);
/** What the host's way of invalidating does after an unmap; @event: its row, NULL: other software,
 * which waits for the end. */
int sv3__host_after_unmap(struct sv3_host *host, const struct sv3__range *range,
			  const struct sv3_device_event *event);
/** A range is about to be mapped: no TLB may hold what was there. */
int sv3__host_before_map(struct sv3_host *host, const struct sv3__range *range, bool is_row);
/** The first @count unmaps that were put off are invalidated. */
int sv3__host_forget_deferred(struct sv3_host *host, uint64_t count);
/** The hardware went on while a flush was on its way: is its CMD_SYNC consumed? */
void sv3__host_look_at_flush(struct sv3_host *host);
void sv3__host_inval_fini(struct sv3_host *host);

/* Devices behind an ATC (host_atc.c); nothing without. */
/** A TLBI over a range was pushed; len 0: over all of the domain. */
int sv3__host_owe_atc(struct sv3_host *host, const struct sv3__range *range);
/** Push what comes between those TLBIs and the CMD_SYNC that the caller pushes next. */
int sv3__host_pay_atc(struct sv3_host *host);
void sv3__host_atc_fini(struct sv3_host *host);

/** What goes wrong in a row stops the device and is kept for sv3_host_error(). */
void sv3__host_fail_row(struct sv3_host *host, const struct sv3_device_event *event, int error);
/** A monitored world hears of an unmap that was carried out, whose TLBI row may stand before it. */
void sv3__host_tell_unmapped(struct sv3_host *host, const struct sv3__range *range);
/** The queue counts the commands of whoever else pushes: those of the trace's driver are left
 * out. */
void sv3__host_restore_counts(struct sv3_host *host, const struct sv3_cmdq *before);

/** A DRIVER event. What goes wrong stops the device and is kept for sv3_host_error(). */
void sv3__host_run_row(struct sv3_host *host, const struct sv3_device_event *event);
/** A REWIND event: every live mapping of its source is taken down, invalidated and synced. */
void sv3__host_rewind(struct sv3_host *host, const struct sv3_device_event *event);
/** The hardware went on while the device was blocked: is the CMD_SYNC consumed? */
void sv3__host_look_at_sync(struct sv3_host *host);
/** Something that is no row of a trace went wrong: the device stops, and it is kept for
 * sv3_host_error(). */
void sv3__host_fail(struct sv3_host *host, const char *what, int error);
/** Nobody handles faults any more. */
void sv3__host_faults_fini(struct sv3_host *host);
/** An event was recorded. Where nobody handles faults the queue is emptied before it can
 * overflow. */
void sv3__host_drain_events(struct sv3_host *host);

#endif
