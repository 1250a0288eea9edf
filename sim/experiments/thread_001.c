/* SPDX-License-Identifier: MIT */
/*
 * thread_001.c - barriers in the DMA of emulated devices: litmus tests of a device model and a
 * processor on a memory that may reorder, and of a software dirty log on the same memory. What the
 * hardware's dirty bit asks for is in thread_001_hardware.c. [policies 1, thread 001]
 */
#include "experiments_priv.h"

/* Cells of the litmus tests. */
enum { FLAG, PAYLOAD, PAYLOAD_2 };
enum { DATA, LOG };

enum { DEVICE, CPU };

/* --- the device's way to memory --- */

/** Flags of an access. */
enum dma_flag {
	DMA_READ = 1u << 0,
	DMA_WRITE = 1u << 1,
	DMA_RELAXED = 1u << 2, /* no barrier */
};

/** A device's accesses, as a program or, with @program NULL, just counted. */
struct dma {
	struct sv3__program *program;
	uint64_t barriers;
};

static void emit(struct dma *dma, enum sv3__op_kind kind, unsigned int cell, unsigned int reg)
{
	dma->barriers += kind == SV3__BARRIER;
	if (dma->program)
		sv3__program_add(dma->program, kind, cell, 1, reg);
}

/* The one call: a full barrier in front of it unless it is relaxed. A read goes to the register of
 * its cell. */
static void dma_access(struct dma *dma, unsigned int cell, unsigned int flags)
{
	if (!(flags & DMA_RELAXED))
		emit(dma, SV3__BARRIER, 0, 0);
	if (flags & DMA_READ)
		emit(dma, SV3__LOAD, cell, cell);
	if (flags & DMA_WRITE)
		emit(dma, SV3__STORE, cell, 0);
}

/* Memory is mapped, accessed by plain loads and stores, and unmapped. */
static void dma_map(struct dma *dma, unsigned int flags)
{
	if (!(flags & DMA_RELAXED))
		emit(dma, SV3__BARRIER, 0, 0);
}

static void dma_mapped_store(struct dma *dma, unsigned int cell)
{
	emit(dma, SV3__STORE, cell, 0);
}

static void dma_unmap(struct dma *dma, unsigned int flags)
{
	if (!(flags & DMA_RELAXED))
		emit(dma, SV3__BARRIER, 0, 0);
}

/* --- message passing --- */

enum shape {
	BY_CALLS,         /* payload, then flag, each by a call */
	BY_MAP_THEN_CALL, /* payload in a mapping, flag by a call with its barrier */
	BY_CALL_THEN_MAP, /* payload by a call, flag in a mapping */
	IN_ONE_MAP,       /* both in one mapping */
};

struct passing_case {
	const char *name, *question;
	enum shape shape;
	unsigned int flags; /* of the device's calls, maps and unmaps */
	bool reader_orders; /* the processor has a barrier between flag and payload */
	enum sv3__order order;
	enum sv3_experiment_kind kind;
	uint64_t expected;
};

static void device_passes(struct dma *dma, enum shape shape, unsigned int flags)
{
	switch (shape) {
	case BY_CALLS:
		dma_access(dma, PAYLOAD, DMA_WRITE | flags);
		dma_access(dma, PAYLOAD_2, DMA_WRITE | DMA_RELAXED); /* of the same call */
		dma_access(dma, FLAG, DMA_WRITE | flags);
		break;
	case BY_MAP_THEN_CALL:
		dma_map(dma, flags);
		dma_mapped_store(dma, PAYLOAD);
		dma_mapped_store(dma, PAYLOAD_2);
		dma_unmap(dma, flags);
		dma_access(dma, FLAG, DMA_WRITE);
		break;
	case BY_CALL_THEN_MAP:
		dma_access(dma, PAYLOAD, DMA_WRITE);
		dma_access(dma, PAYLOAD_2, DMA_WRITE | DMA_RELAXED);
		dma_map(dma, flags);
		dma_mapped_store(dma, FLAG);
		dma_unmap(dma, flags);
		break;
	default:
		dma_map(dma, flags);
		dma_mapped_store(dma, PAYLOAD);
		dma_mapped_store(dma, PAYLOAD_2);
		dma_mapped_store(dma, FLAG);
		dma_unmap(dma, flags);
		break;
	}
}

/* The flag is new and some of the payload old. */
static bool payload_is_old(const void *state)
{
	const uint8_t *seen = ((const struct sv3__relaxed *)state)->registers[CPU];

	return seen[FLAG] && !(seen[PAYLOAD] && seen[PAYLOAD_2]);
}

static int check_passing(struct sv3_experiment_report *report, const struct passing_case *passing)
{
	struct sv3__relaxed memory = { .order = (uint8_t)passing->order };
	struct dma dma = { .program = &memory.threads[DEVICE] };
	struct sv3__program *cpu = &memory.threads[CPU];
	struct sv3__schedules result;
	int rc;

	device_passes(&dma, passing->shape, passing->flags);
	sv3__program_add(cpu, SV3__LOAD, FLAG, 0, FLAG);
	if (passing->reader_orders)
		sv3__program_add(cpu, SV3__BARRIER, 0, 0, 0);
	sv3__program_add(cpu, SV3__LOAD, PAYLOAD, 0, PAYLOAD);
	sv3__program_add(cpu, SV3__LOAD, PAYLOAD_2, 0, PAYLOAD_2);
	rc = sv3__relaxed_run(&memory, payload_is_old, &result);
	if (!rc)
		sv3__check_schedules(report, passing->name, passing->question, passing->kind,
				     passing->expected, &result);
	return rc;
}

static int check_all_passing(struct sv3_experiment_report *report)
{
	static const struct passing_case cases[] = {
		{ "pass-relaxed", "relaxed calls: flag new, payload old", BY_CALLS, DMA_RELAXED,
		  true, SV3__ORDER_RELAXED, SV3_EXPERIMENT_AT_LEAST, 1 },
		{ "pass-barrier", "a barrier in front of each call: flag new, payload old",
		  BY_CALLS, 0, true, SV3__ORDER_RELAXED, SV3_EXPERIMENT_EQUAL, 0 },
		{ "pass-reader", "the same, but the reader has none: flag new, payload old",
		  BY_CALLS, 0, false, SV3__ORDER_RELAXED, SV3_EXPERIMENT_AT_LEAST, 1 },
		{ "pass-tso", "relaxed calls on a host that keeps stores in order (TSO): the same",
		  BY_CALLS, DMA_RELAXED, false, SV3__ORDER_TSO, SV3_EXPERIMENT_EQUAL, 0 },
		{ "map-then-call",
		  "payload in a mapping without barriers, flag by a call: the same",
		  BY_MAP_THEN_CALL, DMA_RELAXED, true, SV3__ORDER_RELAXED, SV3_EXPERIMENT_EQUAL,
		  0 },
		{ "call-then-map",
		  "payload by a call, flag in a mapping without barriers: the same",
		  BY_CALL_THEN_MAP, DMA_RELAXED, true, SV3__ORDER_RELAXED, SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "call-then-map-barrier", "the same with a barrier in map and unmap",
		  BY_CALL_THEN_MAP, 0, true, SV3__ORDER_RELAXED, SV3_EXPERIMENT_EQUAL, 0 },
		{ "one-map", "both in one mapping, barriers only in map and unmap: the same",
		  IN_ONE_MAP, 0, true, SV3__ORDER_RELAXED, SV3_EXPERIMENT_AT_LEAST, 1 },
	};
	int rc = 0;

	for (unsigned int i = 0; i < SV3__COUNT(cases) && !rc; i++)
		rc = check_passing(report, &cases[i]);
	return rc;
}

/* --- the device reads --- */

/* The processor writes payload and flag in order; the device reads the flag, then the payload. */
static bool device_saw_old(const void *state)
{
	const uint8_t *seen = ((const struct sv3__relaxed *)state)->registers[DEVICE];

	return seen[FLAG] && !seen[PAYLOAD];
}

/* Each writes its own cell and looks at the other's: both see nothing. */
static bool both_saw_nothing(const void *state)
{
	const struct sv3__relaxed *memory = (const struct sv3__relaxed *)state;

	return !memory->registers[DEVICE][PAYLOAD] && !memory->registers[CPU][FLAG];
}

static int check_read(struct sv3_experiment_report *report, const char *name, const char *question,
		      unsigned int flags)
{
	struct sv3__relaxed memory = { .order = SV3__ORDER_RELAXED };
	struct dma dma = { .program = &memory.threads[DEVICE] };
	struct sv3__program *cpu = &memory.threads[CPU];
	struct sv3__schedules result;
	int rc;

	dma_access(&dma, FLAG, DMA_READ | flags);
	dma_access(&dma, PAYLOAD, DMA_READ | flags);
	sv3__program_add(cpu, SV3__STORE, PAYLOAD, 1, 0);
	sv3__program_add(cpu, SV3__BARRIER, 0, 0, 0);
	sv3__program_add(cpu, SV3__STORE, FLAG, 1, 0);
	rc = sv3__relaxed_run(&memory, device_saw_old, &result);
	if (!rc)
		sv3__check_schedules(report, name, question,
				     flags ? SV3_EXPERIMENT_AT_LEAST : SV3_EXPERIMENT_EQUAL,
				     flags ? 1 : 0, &result);
	return rc;
}

static int check_write_read(struct sv3_experiment_report *report, const char *name,
			    const char *question, unsigned int flags)
{
	struct sv3__relaxed memory = { .order = SV3__ORDER_TSO };
	struct dma dma = { .program = &memory.threads[DEVICE] };
	struct sv3__program *cpu = &memory.threads[CPU];
	struct sv3__schedules result;
	int rc;

	dma_access(&dma, FLAG, DMA_WRITE | flags);
	dma_access(&dma, PAYLOAD, DMA_READ | flags);
	sv3__program_add(cpu, SV3__STORE, PAYLOAD, 1, 0);
	sv3__program_add(cpu, SV3__BARRIER, 0, 0, 0);
	sv3__program_add(cpu, SV3__LOAD, FLAG, 0, FLAG);
	rc = sv3__relaxed_run(&memory, both_saw_nothing, &result);
	if (!rc)
		sv3__check_schedules(report, name, question,
				     flags ? SV3_EXPERIMENT_AT_LEAST : SV3_EXPERIMENT_EQUAL,
				     flags ? 1 : 0, &result);
	return rc;
}

static int check_reads(struct sv3_experiment_report *report)
{
	int rc = check_read(report, "read-relaxed",
			    "the device reads flag and payload, relaxed: flag new, payload old",
			    DMA_RELAXED);

	if (!rc)
		rc = check_read(report, "read-barrier", "the same with a barrier in front of each",
				0);
	if (!rc)
		rc = check_write_read(
			report, "write-read-relaxed",
			"the device writes, then reads, relaxed, on TSO: neither sees the other",
			DMA_RELAXED);
	return rc ? rc
		  : check_write_read(report, "write-read-barrier",
				     "the same with a barrier in front of each", 0);
}

/* --- a software dirty log --- */

struct log_case {
	const char *name, *question;
	bool log_first, barrier;
	enum sv3_experiment_kind kind;
	uint64_t expected;
};

/* The bulk copy took the old data. The sync swaps the log out; if it was set, the copy takes what
 * memory shows then. A bit that is still set at the end is found by the next sync. */
static bool write_is_lost(const void *state)
{
	const struct sv3__relaxed *memory = (const struct sv3__relaxed *)state;
	const uint8_t *seen = memory->registers[CPU];
	const bool copied_new = seen[LOG] && seen[DATA];

	return !copied_new && !memory->cells[LOG];
}

static int check_log(struct sv3_experiment_report *report, const struct log_case *log)
{
	struct sv3__relaxed memory = { .order = SV3__ORDER_RELAXED };
	struct sv3__program *device = &memory.threads[DEVICE], *cpu = &memory.threads[CPU];
	struct sv3__schedules result;
	int rc;

	sv3__program_add(device, SV3__STORE, log->log_first ? LOG : DATA, 1, 0);
	if (log->barrier)
		sv3__program_add(device, SV3__BARRIER, 0, 0, 0);
	sv3__program_add(device, SV3__STORE, log->log_first ? DATA : LOG, 1, 0);
	sv3__program_add(cpu, SV3__SWAP, LOG, 0, LOG);
	sv3__program_add(cpu, SV3__LOAD, DATA, 0, DATA);
	rc = sv3__relaxed_run(&memory, write_is_lost, &result);
	if (!rc)
		sv3__check_schedules(report, log->name, log->question, log->kind, log->expected,
				     &result);
	return rc;
}

static int check_logs(struct sv3_experiment_report *report)
{
	static const struct log_case cases[] = {
		{ "log-before-data", "software log bit, barrier, data: the write is lost", true,
		  true, SV3_EXPERIMENT_AT_LEAST, 1 },
		{ "log-after-data", "data, barrier, software log bit: the write is lost", false,
		  true, SV3_EXPERIMENT_EQUAL, 0 },
		{ "log-after-relaxed", "data, then log bit without a barrier: the write is lost",
		  false, false, SV3_EXPERIMENT_AT_LEAST, 1 },
	};
	int rc = 0;

	for (unsigned int i = 0; i < SV3__COUNT(cases) && !rc; i++)
		rc = check_log(report, &cases[i]);
	return rc;
}

/* --- what it costs --- */

static void add_cost(struct sv3_experiment_report *report, const char *name, const char *question,
		     uint64_t barriers)
{
	const struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "barriers",
		.kind = SV3_EXPERIMENT_FIGURE,
		.measured = barriers,
		.note = "full barriers for a page of 4 KiB and its flag",
	};

	sv3_experiment_add(report, &row);
}

static void add_costs(struct sv3_experiment_report *report)
{
	struct dma whole = { 0 }, pieces = { 0 }, mapped = { 0 };

	dma_access(&whole, PAYLOAD, DMA_WRITE);
	dma_access(&whole, FLAG, DMA_WRITE);
	for (unsigned int i = 0; i < SV3_PAGE_SIZE / 64; i++)
		dma_access(&pieces, PAYLOAD, DMA_WRITE);
	dma_access(&pieces, FLAG, DMA_WRITE);
	dma_map(&mapped, 0);
	dma_mapped_store(&mapped, PAYLOAD);
	dma_unmap(&mapped, 0);
	dma_access(&mapped, FLAG, DMA_WRITE);
	add_cost(report, "cost-call", "one call a page", whole.barriers);
	add_cost(report, "cost-lines", "a call for each 64 bytes", pieces.barriers);
	add_cost(report, "cost-map", "one mapping a page, barriers in map and unmap",
		 mapped.barriers);
}

static int run(const struct sv3_experiment_config *config, struct sv3_experiment_report *report)
{
	int rc = check_all_passing(report);

	(void)config;
	if (!rc)
		rc = check_reads(report);
	if (!rc)
		rc = check_logs(report);
	if (!rc)
		rc = sv3__thread_001_hardware(report);
	if (rc)
		return rc;
	add_costs(report);
	sv3__thread_001_published(report);
	return 0;
}

const struct sv3__experiment sv3__thread_001 = {
	.info = {
		.name = "thread-001",
		.title = "barriers",
		.description = "in which order a device's stores and its dirty state must be seen",
	},
	.run = run,
};
