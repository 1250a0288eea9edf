/* SPDX-License-Identifier: MIT */
/*
 * thread_000_races.c - marking against the device and the host, in every order: when to mark, when
 * to switch marking on, and what a plain addition of 0 does to data that is being written.
 *
 * One page stands for all. A device's write is two beats; a page is lost if, after the stop's sync
 * and copy, its destination is not what memory holds. [policies 1, thread 000; 7, P13]
 */
#include <string.h>

#include "experiments_priv.h"

/* --- mark before or after completion --- */

#define BEATS 2u

enum { DEVICE, GUEST, HOST, ACTORS };

static bool device_beats(uint8_t *memory)
{
	if (*memory == BEATS)
		return false;
	(*memory)++;
	return true;
}

/* Two rounds of sync and copy, and those of the stop, when device and guest have ended. */
enum { ROUND_STEPS = 4, HOST_STEPS = 6 };

struct marking {
	bool marks_after; /* completion; else when the buffer is mapped */
	uint8_t memory, destination;
	uint8_t host_step;
	bool marked, log, pending;
};

static bool host_syncs_or_copies(struct marking *m)
{
	const bool others_ended = m->memory == BEATS && m->marked;

	if (m->host_step == HOST_STEPS || (m->host_step >= ROUND_STEPS && !others_ended))
		return false;
	if (m->host_step % 2 == 0) {
		m->pending |= m->log;
		m->log = false;
	} else if (m->pending) {
		m->destination = m->memory;
		m->pending = false;
	}
	m->host_step++;
	return true;
}

static bool marking_take(void *state, unsigned int choice)
{
	struct marking *m = (struct marking *)state;

	switch (choice) {
	case DEVICE:
		return device_beats(&m->memory);
	case GUEST:
		if (m->marked || (m->marks_after && m->memory < BEATS))
			return false;
		m->marked = m->log = true;
		return true;
	default:
		return host_syncs_or_copies(m);
	}
}

static bool marking_is_lost(const void *state)
{
	const struct marking *m = (const struct marking *)state;

	return m->destination != m->memory;
}

static bool marking_is_done(const void *state)
{
	return ((const struct marking *)state)->host_step == HOST_STEPS;
}

static int check_marking(struct sv3_experiment_report *report)
{
	static const struct sv3__model model = { sizeof(struct marking), ACTORS, marking_take,
						 marking_is_lost, marking_is_done };
	const struct marking after = { .marks_after = true }, before = { 0 };
	struct sv3__schedules result;
	int rc = sv3__schedules_run(&model, &after, &result);

	if (rc)
		return rc;
	sv3__check_schedules(report, "mark-after", "marked after completion: the write is lost",
			     SV3_EXPERIMENT_EQUAL, 0, &result);
	rc = sv3__schedules_run(&model, &before, &result);
	if (rc)
		return rc;
	sv3__check_schedules(report, "mark-before", "marked before completion: the write is lost",
			     SV3_EXPERIMENT_AT_LEAST, 1, &result);
	return 0;
}

/* --- marking is off until migration starts --- */

/* Two steps at the start, in one order or the other; then the sync and copy of the stop. */
enum { GATE_STOP = 2, GATE_STEPS };

struct gating {
	bool bulk_first; /* wrong: pages are copied while marking is still off */
	uint8_t memory, destination;
	uint8_t host_step;
	bool gate, handed_back, log;
};

static bool gating_host(struct gating *g)
{
	const bool switches = (g->host_step == 0) != g->bulk_first;

	/* Nothing is in flight any more when the guest stops. */
	if (g->host_step == GATE_STEPS || (g->host_step == GATE_STOP && !g->handed_back))
		return false;
	if (g->host_step < GATE_STOP && switches)
		g->gate = true;
	else if (g->host_step < GATE_STOP || g->log)
		g->destination = g->memory;
	g->host_step++;
	return true;
}

static bool gating_take(void *state, unsigned int choice)
{
	struct gating *g = (struct gating *)state;

	switch (choice) {
	case DEVICE:
		return device_beats(&g->memory);
	case GUEST:
		if (g->handed_back || g->memory < BEATS)
			return false;
		g->handed_back = true;
		g->log = g->gate;
		return true;
	default:
		return gating_host(g);
	}
}

static bool gating_is_lost(const void *state)
{
	const struct gating *g = (const struct gating *)state;

	return g->destination != g->memory;
}

static bool gating_is_done(const void *state)
{
	return ((const struct gating *)state)->host_step == GATE_STEPS;
}

static int check_gating(struct sv3_experiment_report *report)
{
	static const struct sv3__model model = { sizeof(struct gating), ACTORS, gating_take,
						 gating_is_lost, gating_is_done };
	const struct gating right = { 0 }, wrong = { .bulk_first = true };
	struct sv3__schedules result;
	int rc = sv3__schedules_run(&model, &right, &result);

	if (rc)
		return rc;
	sv3__check_schedules(report, "gate-first",
			     "marking switched on before the bulk copy: the write is lost",
			     SV3_EXPERIMENT_EQUAL, 0, &result);
	rc = sv3__schedules_run(&model, &wrong, &result);
	if (rc)
		return rc;
	sv3__check_schedules(report, "gate-late",
			     "marking switched on after the bulk copy: the write is lost",
			     SV3_EXPERIMENT_AT_LEAST, 1, &result);
	return 0;
}

/* --- plain and atomic additions of 0 --- */

/* One word, as two halves, 0 at first; the device makes them 1, one after the other. */
struct adding {
	bool atomic;
	bool waits; /* the CPU adds when the device has ended */
	uint8_t halves[2], loaded[2];
	uint8_t device_step, cpu_step;
};

static bool adding_take(void *state, unsigned int choice)
{
	struct adding *a = (struct adding *)state;

	if (choice == DEVICE) {
		if (a->device_step == 2)
			return false;
		a->halves[a->device_step++] = 1;
		return true;
	}
	if (a->cpu_step == 2 || (a->waits && a->device_step < 2))
		return false;
	if (a->atomic) {
		/* Read, add and write are one: nothing comes between, and nothing changes. */
		a->cpu_step = 2;
		return true;
	}
	if (a->cpu_step++ == 0)
		memcpy(a->loaded, a->halves, sizeof(a->loaded));
	else
		memcpy(a->halves, a->loaded, sizeof(a->halves));
	return true;
}

static bool adding_is_corrupt(const void *state)
{
	const struct adding *a = (const struct adding *)state;

	return a->halves[0] != 1 || a->halves[1] != 1;
}

static bool adding_is_done(const void *state)
{
	const struct adding *a = (const struct adding *)state;

	return a->device_step == 2 && a->cpu_step == 2;
}

/* How the addition meets the device, and whether plain and atomic ones may corrupt the word. */
struct adding_case {
	const char *name, *question;
	struct adding initial;
	enum sv3_experiment_kind kind;
	uint64_t expected;
};

static int check_adding(struct sv3_experiment_report *report)
{
	static const struct adding_case cases[] = {
		{ "add-plain",
		  "plain addition while the device writes the word: it is corrupted",
		  { 0 },
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "add-atomic",
		  "atomic addition while the device writes the word: it is corrupted",
		  { .atomic = true },
		  SV3_EXPERIMENT_EQUAL,
		  0 },
		{ "add-plain-after",
		  "plain addition after completion, a word of its own: corrupted",
		  { .waits = true },
		  SV3_EXPERIMENT_EQUAL,
		  0 },
		{ "add-plain-shared",
		  "the same in a word shared with a buffer in flight: it is corrupted",
		  /* half 0 is complete, half 1 its neighbour's */
		  { .halves = { 1, 0 }, .device_step = 1 },
		  SV3_EXPERIMENT_AT_LEAST,
		  1 },
		{ "add-atomic-shared",
		  "atomic addition in such a word: it is corrupted",
		  { .atomic = true, .halves = { 1, 0 }, .device_step = 1 },
		  SV3_EXPERIMENT_EQUAL,
		  0 },
	};
	static const struct sv3__model model = { sizeof(struct adding), 2, adding_take,
						 adding_is_corrupt, adding_is_done };
	struct sv3__schedules result;

	for (unsigned int i = 0; i < SV3__COUNT(cases); i++) {
		const int rc = sv3__schedules_run(&model, &cases[i].initial, &result);

		if (rc)
			return rc;
		sv3__check_schedules(report, cases[i].name, cases[i].question, cases[i].kind,
				     cases[i].expected, &result);
	}
	return 0;
}

int sv3__thread_000_races(struct sv3_experiment_report *report)
{
	int rc = check_marking(report);

	if (!rc)
		rc = check_gating(report);
	return rc ? rc : check_adding(report);
}
