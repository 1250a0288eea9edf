/* SPDX-License-Identifier: MIT */
/*
 * thread_004_faults.c - race 1 of thread 004: hardware updates are off, a write to a clean page
 * stalls, and software makes the page dirty and resumes. A round of scan and clear falls on every
 * step of that fault, its copy on the same step or any later one. In an sv3 world with the host's
 * fault handling. Without stalls the write is aborted instead. [policies 1, thread 004]
 */
#include <sv3/arch.h>
#include <sv3/device.h>

#include "small_world.h"

#define WRITES 2u
#define PERIOD SV3_PS_PER_MS /* from one write to the next: a fault is long over */

/* The steps of the first write. */
enum place {
	BEFORE_WRITE,
	STALLED,     /* nobody has read the record */
	IN_HANDLER,  /* read; the leaf is clean */
	SET,         /* the leaf is dirty, TLBs may know it read-only */
	INVALIDATED, /* TLBI pushed, CMD_RESUME not */
	IN_FLIGHT,   /* translated anew, not landed */
	LANDED,
	PLACES
};

struct migration {
	struct sv3__small_world small;
	struct sv3_device device;
	uint32_t clear_at, copy_at; /* enum place */
	bool invalidates;
	bool visited[PLACES];
	bool out_of_order;            /* a place came before the one in front of it */
	bool translated, landed;      /* the first write */
	uint32_t memory, destination; /* writes in the page; those that were copied */
	bool reported;
	int error;
};

/* --- the rounds --- */

static struct sv3_domain *domain_of(struct migration *m)
{
	return sv3_host_domain(m->small.host, 0);
}

static int flush(struct migration *m)
{
	struct sv3_cmdq *cmdq = sv3_host_cmdq(m->small.host);
	const int rc = m->invalidates ? sv3_cmdq_tlbi_asid(cmdq, domain_of(m)->asid) : 0;

	return rc < 0 ? rc : sv3_cmdq_sync(cmdq);
}

static int scan_and_clear(struct migration *m)
{
	uint64_t word = 0;
	struct sv3_dirty_log log = { &word, SV3__SMALL_GUEST_PAGES, SV3__SMALL_GUEST_BASE };
	const int64_t found =
		sv3_dirty_scan_all(&domain_of(m)->pt, SV3__SMALL_GUEST_BASE,
				   SV3__SMALL_GUEST_PAGES * SV3_PAGE_SIZE, 0, &log, NULL);
	int rc;

	if (found < 0)
		return (int)found;
	m->reported = found > 0;
	if (!m->reported)
		return 0;
	rc = sv3_dirty_clear(&domain_of(m)->pt, SV3__SMALL_GUEST_BASE, &log, NULL);
	return rc < 0 ? rc : flush(m);
}

static void copy(struct migration *m)
{
	if (m->reported)
		m->destination = m->memory;
}

static void visit(struct migration *m, enum place place)
{
	if (m->visited[place])
		return;
	m->visited[place] = true;
	if (place > 0 && !m->visited[place - 1])
		m->out_of_order = true;
	if (m->clear_at == (uint32_t)place && !m->error)
		m->error = scan_and_clear(m);
	if (m->copy_at == (uint32_t)place)
		copy(m);
}

/* --- who calls --- */

static enum sv3_fault_answer fault(void *context, const struct sv3_fault_record *record)
{
	struct migration *m = (struct migration *)context;
	int rc;

	visit(m, IN_HANDLER);
	rc = sv3_dirty_set(&domain_of(m)->pt, record->iova, NULL);
	visit(m, SET);
	if (rc >= 0)
		rc = sv3_cmdq_tlbi_asid(sv3_host_cmdq(m->small.host), domain_of(m)->asid);
	visit(m, INVALIDATED);
	if (rc < 0)
		m->error = rc;
	return rc < 0 ? SV3_FAULT_ABORT : SV3_FAULT_RETRY;
}

static void write_translated(void *context, const struct sv3_write *write)
{
	(void)write;
	((struct migration *)context)->translated = true;
}

static void write_landed(void *context, const struct sv3_write *write)
{
	struct migration *m = (struct migration *)context;

	(void)write;
	m->landed = true;
	m->memory++;
}

/* --- the world --- */

static int make_world(struct migration *m, bool stall)
{
	struct sv3_world_config world;
	struct sv3_host_config host;

	sv3__small_world_defaults(&world, &host);
	host.hd = false;
	host.software_dirty = true;
	host.stall = stall;
	if (stall) {
		world.smmu.idr0 &= ~(uint32_t)SV3_IDR0_STALL_MODEL;
		world.smmu.idr5 |= (uint32_t)SV3_PUT(SV3_IDR5_STALL_MAX, 4);
	}
	return sv3__small_world_open(&m->small, &world, &host);
}

static int make_device(struct migration *m)
{
	const struct sv3_synthetic_config config = {
		.pattern = SV3_PATTERN_SEQUENTIAL,
		.base = SV3__SMALL_GUEST_BASE,
		.page_count = 1,
		.stream_id = SV3__SMALL_STREAM_ID,
		.write_percent = 100,
		.len = 64,
		.start = sv3_world_now(m->small.world) + PERIOD,
		.period = PERIOD,
		.limit = WRITES,
	};
	const struct sv3_world_observer observer = { .write_translated = write_translated,
						     .write_landed = write_landed,
						     .context = m };
	const struct sv3_fault_handler handler = { .fault = fault, .context = m };
	int rc = sv3_synthetic_create(&config, &m->device);

	if (rc)
		return rc;
	sv3_world_attach_device(m->small.world, &m->device);
	rc = sv3_world_observe(m->small.world, &observer);
	return rc ? rc : sv3_host_handle_faults(m->small.host, &handler);
}

static int open_world(struct migration *m, bool stall)
{
	const int rc = make_world(m, stall);

	return rc ? rc : make_device(m);
}

static void close_world(struct migration *m)
{
	sv3__small_world_close(&m->small);
	sv3_device_destroy(&m->device);
}

/* Event by event, so that software can look in between; not for ever, should a fault come again and
 * again. */
static void run_device(struct migration *m)
{
	const sv3_ps end = sv3_world_now(m->small.world) + (WRITES + 1) * PERIOD;
	sv3_ps next = sv3_world_next_event(m->small.world);

	visit(m, BEFORE_WRITE);
	for (; next <= end; next = sv3_world_next_event(m->small.world)) {
		sv3_world_run_until(m->small.world, next);
		if (sv3_world_stalled(m->small.world))
			visit(m, STALLED);
		if (m->translated && !m->landed)
			visit(m, IN_FLIGHT);
		if (m->landed)
			visit(m, LANDED);
	}
}

static int migrate(struct migration *m)
{
	int rc = open_world(m, true);

	if (!rc) {
		run_device(m);
		rc = m->error;
	}
	/* The device has stopped: what is dirty now is copied now. */
	if (!rc)
		rc = scan_and_clear(m);
	copy(m);
	if (!rc && (m->out_of_order || !m->visited[LANDED] || m->memory != WRITES))
		rc = -SV3_ERR_TIMEOUT;
	close_world(m);
	return rc;
}

/* --- rows --- */

static int check_stalls(struct sv3_experiment_report *report, const char *name,
			const char *question, bool invalidates)
{
	struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "migrations",
		.kind = invalidates ? SV3_EXPERIMENT_EQUAL : SV3_EXPERIMENT_AT_LEAST,
		.expected = invalidates ? 0 : 1,
	};

	for (uint32_t clear_at = 0; clear_at < PLACES; clear_at++) {
		for (uint32_t copy_at = clear_at; copy_at < PLACES; copy_at++) {
			struct migration m = {
				.clear_at = clear_at,
				.copy_at = copy_at,
				.invalidates = invalidates,
			};
			const int rc = migrate(&m);

			if (rc)
				return rc;
			row.measured += m.memory != m.destination;
			row.total++;
		}
	}
	sv3_experiment_add(report, &row);
	return 0;
}

static void add_equal(struct sv3_experiment_report *report, const char *name, const char *question,
		      uint64_t expected, uint64_t measured)
{
	const struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "writes",
		.kind = SV3_EXPERIMENT_EQUAL,
		.expected = expected,
		.measured = measured,
		.total = WRITES,
	};

	sv3_experiment_add(report, &row);
}

/* Nothing stalls: software hears of the writes when they are gone. */
static int check_terminate(struct sv3_experiment_report *report)
{
	struct migration m = { .clear_at = PLACES, .copy_at = PLACES, .invalidates = true };
	int rc = open_world(&m, false);

	if (!rc) {
		run_device(&m);
		rc = m.error;
	}
	if (!rc) {
		/* The first makes the page writable, too late for itself. */
		add_equal(report, "terminate-aborted", "terminate mode: writes aborted", 1,
			  sv3_world_stats(m.small.world)->faults);
		add_equal(report, "terminate-landed", "terminate mode: writes landed", WRITES - 1,
			  m.memory);
	}
	close_world(&m);
	return rc;
}

int sv3__thread_004_faults(struct sv3_experiment_report *report)
{
	int rc = check_stalls(report, "stall-clear",
			      "a clear at every step of a stalled write: the write is lost", true);

	if (!rc)
		rc = check_stalls(report, "stall-no-tlbi",
				  "the same without invalidation: a write is lost", false);
	return rc ? rc : check_terminate(report);
}
