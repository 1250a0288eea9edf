/* SPDX-License-Identifier: MIT */
/*
 * thread_000_stop.c - a guest that marks at hand-back is stopped with mappings in flight: their
 * pages were written and never marked. Drained, or marked at the stop, none is lost.
 *
 * Memory and destination are a version for each page; the device writes every page of a buffer.
 * [policies 1, thread 000; 10.1 for the pages a buffer touches]
 */
#include <stdio.h>
#include <stdlib.h>

#include <sv3/prng.h>

#include "experiments_priv.h"

#define HANDED_BACK 16u /* buffers that were completed and marked before the stop */
#define AREA_PAGES  4u  /* each buffer has an area of its own */
#define BUFFER_MAX  (3 * SV3_PAGE_SIZE)

/** What happens to the mappings in flight. */
enum at_stop {
	LEFT_OPEN,   /* nothing */
	DRAINED,     /* they complete, and are marked, before the last sync */
	MARKED_OPEN, /* they are marked as they are; the device has stopped */
	MARKED_LIVE, /* wrong: the same, but the device still writes after the last copy */
};

struct guest {
	struct sv3_prng prng;
	uint32_t buffer_count;
	uint64_t *starts, *sizes;            /* shape [buffer_count] */
	uint8_t *memory, *destination, *log; /* shape [buffer_count * AREA_PAGES] */
	bool marking;                        /* at each hand-back */
	uint64_t touches;
};

static int guest_init(struct guest *guest, uint32_t in_flight, uint64_t seed)
{
	const uint32_t count = HANDED_BACK + in_flight;

	*guest = (struct guest){ .buffer_count = count, .marking = true };
	guest->starts = (uint64_t *)calloc(2 * (size_t)count, sizeof(*guest->starts));
	guest->memory = (uint8_t *)calloc(3 * (size_t)count, AREA_PAGES);
	if (!guest->starts || !guest->memory)
		return -SV3_ERR_NOMEM;
	guest->sizes = guest->starts + count;
	guest->destination = guest->memory + (size_t)count * AREA_PAGES;
	guest->log = guest->destination + (size_t)count * AREA_PAGES;
	sv3_prng_seed(&guest->prng, seed);
	for (uint32_t i = 0; i < count; i++) {
		guest->starts[i] = i * AREA_PAGES * SV3_PAGE_SIZE +
				   sv3_prng_below(&guest->prng, SV3_PAGE_SIZE);
		guest->sizes[i] = 1 + sv3_prng_below(&guest->prng, BUFFER_MAX);
	}
	return 0;
}

static void guest_fini(struct guest *guest)
{
	free(guest->starts);
	free(guest->memory);
}

/* Pages of a buffer by the formula, not by marking. [policies 10.1] */
static uint64_t pages_of(const struct guest *guest, uint32_t buffer)
{
	return (guest->starts[buffer] % SV3_PAGE_SIZE + guest->sizes[buffer] + SV3_PAGE_SIZE - 1) /
	       SV3_PAGE_SIZE;
}

static void device_writes(struct guest *guest, uint32_t buffer)
{
	const uint64_t first = guest->starts[buffer] / SV3_PAGE_SIZE;

	for (uint64_t i = 0; i < pages_of(guest, buffer); i++)
		guest->memory[first + i]++;
}

static void log_touch(void *context, uint64_t address)
{
	struct guest *guest = (struct guest *)context;

	guest->log[address / SV3_PAGE_SIZE] = 1;
	guest->touches++;
}

static void mark(struct guest *guest, uint32_t buffer)
{
	sv3__mark(SV3__MARK_DOWN, guest->starts[buffer], guest->sizes[buffer], log_touch, guest);
}

/* The hand-back of a completed mapping to the CPU. */
static void hand_back(struct guest *guest, uint32_t buffer)
{
	if (guest->marking)
		mark(guest, buffer);
}

static void sync_and_copy(struct guest *guest)
{
	for (uint32_t i = 0; i < guest->buffer_count * AREA_PAGES; i++) {
		if (guest->log[i])
			guest->destination[i] = guest->memory[i];
		guest->log[i] = 0;
	}
}

/* Of the pages from the area of @first_buffer on. */
static uint64_t pages_lost(const struct guest *guest, uint32_t first_buffer)
{
	uint64_t count = 0;

	for (uint32_t i = first_buffer * AREA_PAGES; i < guest->buffer_count * AREA_PAGES; i++)
		count += guest->destination[i] != guest->memory[i];
	return count;
}

/** What a stop came to, in pages. */
struct stopped {
	uint64_t lost, lost_open; /* in all, and of mappings in flight */
	uint64_t open;            /* all pages of mappings in flight */
};

static int stop_guest(uint32_t in_flight, uint64_t seed, enum at_stop what, struct stopped *stopped)
{
	struct guest guest;
	int rc = guest_init(&guest, in_flight, seed);

	*stopped = (struct stopped){ 0 };
	for (uint32_t i = 0; i < guest.buffer_count && !rc; i++) {
		const bool open = i >= HANDED_BACK;

		device_writes(&guest, i);
		if (open && what == DRAINED)
			device_writes(&guest, i); /* what was still to come */
		if (!open || what == DRAINED)
			hand_back(&guest, i);
		else if (what != LEFT_OPEN)
			mark(&guest, i);
		stopped->open += open ? pages_of(&guest, i) : 0;
	}
	if (!rc) {
		sync_and_copy(&guest);
		for (uint32_t i = HANDED_BACK; i < guest.buffer_count && what == MARKED_LIVE; i++)
			device_writes(&guest, i);
		stopped->lost = pages_lost(&guest, 0);
		stopped->lost_open = pages_lost(&guest, HANDED_BACK);
	}
	guest_fini(&guest);
	return rc;
}

/* What a stop does, and whether the pages in flight are lost by it. */
struct stop_case {
	const char *name, *question;
	enum at_stop what;
	bool loses;
};

static int check_case(struct sv3_experiment_report *report, const struct stop_case *stop,
		      uint32_t in_flight, uint64_t seed)
{
	struct sv3_experiment_row row = {
		.name = stop->name,
		.question = stop->question,
		.unit = "pages",
		.kind = SV3_EXPERIMENT_EQUAL,
	};
	struct stopped stopped;
	const int rc = stop_guest(in_flight, seed, stop->what, &stopped);

	if (rc)
		return rc;
	row.measured = stopped.lost;
	row.expected = stop->loses ? stopped.open : 0;
	snprintf(row.note, sizeof(row.note), "%u mappings in flight with %llu pages", in_flight,
		 (unsigned long long)stopped.open);
	sv3_experiment_add(report, &row);
	return 0;
}

/* The same exactly for 0, 1, ... mappings in flight. */
static int check_every_count(struct sv3_experiment_report *report, uint32_t in_flight,
			     uint64_t seed)
{
	struct sv3_experiment_row row = {
		.name = "stop-every-count",
		.question = "counts of mappings in flight of which other pages are lost",
		.unit = "counts",
		.kind = SV3_EXPERIMENT_EQUAL,
	};

	for (uint32_t count = 0; count <= in_flight; count++) {
		struct stopped stopped;
		const int rc = stop_guest(count, seed + count, LEFT_OPEN, &stopped);

		if (rc)
			return rc;
		row.measured += stopped.lost != stopped.open || stopped.lost_open != stopped.open;
		row.total++;
	}
	sv3_experiment_add(report, &row);
	return 0;
}

/* Words touched for buffers that are handed back while nothing migrates. */
static int check_cost(struct sv3_experiment_report *report, const char *name, const char *question,
		      bool marking, uint64_t seed)
{
	struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "words",
		.kind = marking ? SV3_EXPERIMENT_FIGURE : SV3_EXPERIMENT_EQUAL,
	};
	struct guest guest;
	const int rc = guest_init(&guest, 0, seed);

	guest.marking = marking;
	for (uint32_t i = 0; i < guest.buffer_count && !rc; i++) {
		device_writes(&guest, i);
		hand_back(&guest, i);
	}
	row.measured = guest.touches;
	guest_fini(&guest);
	if (rc)
		return rc;
	snprintf(row.note, sizeof(row.note), "%u buffers", HANDED_BACK);
	sv3_experiment_add(report, &row);
	return 0;
}

int sv3__thread_000_stop(struct sv3_experiment_report *report, uint32_t in_flight, uint64_t seed)
{
	static const struct stop_case cases[] = {
		{ "stop-open", "stopped with mappings in flight: pages lost", LEFT_OPEN, true },
		{ "stop-drained", "drained before the last sync: pages lost", DRAINED, false },
		{ "stop-marked", "open mappings marked at the stop: pages lost", MARKED_OPEN,
		  false },
		{ "stop-live", "marked, but the device writes on after the copy: pages lost",
		  MARKED_LIVE, true },
	};
	int rc = 0;

	for (unsigned int i = 0; i < SV3__COUNT(cases) && !rc; i++)
		rc = check_case(report, &cases[i], in_flight, seed);
	if (!rc)
		rc = check_every_count(report, in_flight, seed);
	if (!rc)
		rc = check_cost(report, "cost-off",
				"nothing migrates, marking off until then: words touched", false,
				seed);
	return rc ? rc
		  : check_cost(report, "cost-on", "nothing migrates, marking always on", true,
			       seed);
}
