/* SPDX-License-Identifier: MIT */
/*
 * timing_bottleneck.c - which unit holds the others up, from what each of them measured.
 *
 * A unit that is full fills those before it, since who holds their slots waits for its own. So of
 * the full ones, and those that are waited for most, the last on the way to memory is the one that
 * binds.
 */
#include "timing.h"

#include <string.h>

#define FULL_PPM  900000u
#define WAIT_PPM  50000u
#define USE_CHARS (3 * SV3_FORMAT_CHARS + 64)

/** On the way to memory, first to last, and what widens each. */
static const struct step {
	enum sv3_timed_unit unit;
	const char *remedy;
} steps[] = {
	{ SV3_TIMED_TAGS, "device.tags widens it" },
	{ SV3_TIMED_LINK, "pcie.out_ns shortens the way" },
	{ SV3_TIMED_WIRE, "pcie.mbit_per_s widens it, a smaller device.write_ns lets more in" },
	{ SV3_TIMED_WIRE_BACK, "pcie.mbit_per_s widens it" },
	{ SV3_TIMED_RC, "pcie.rc_lines widens it" },
	{ SV3_TIMED_TBU, "tbu.slots widens it" },
	{ SV3_TIMED_WRITE_BUFFER, "tbu.write_beats widens it" },
	{ SV3_TIMED_PORT_IN, "tbu.port_bytes widens it" },
	{ SV3_TIMED_PORT_OUT, "tbu.port_bytes widens it" },
	{ SV3_TIMED_DTI, "clock_mhz quickens it: one a cycle" },
	{ SV3_TIMED_DTI_BACK, "clock_mhz quickens it: one a cycle" },
	{ SV3_TIMED_TCU, "tcu.slots widens it" },
	{ SV3_TIMED_WALK, "tcu.walk_slots widens it" },
	{ SV3_TIMED_MEMORY, "mem.mbyte_per_s widens it" },
};

#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))

/* --- shares --- */

static unsigned int fraction_of(enum sv3_timed_unit unit)
{
	return sv3_timed_unit_is_pipe(unit) ? SV3_TIMED_FRACTION_LG2 : 0;
}

static uint64_t ppm(unsigned __int128 value, unsigned __int128 of)
{
	return of == 0 ? 0 : (uint64_t)(value * 1000000 / of);
}

uint64_t timing_use_ppm(const struct timing_run *run, enum sv3_timed_unit unit, uint64_t cycles)
{
	const struct sv3_timed_unit_stats *stats = &run->stats->units[unit];

	return ppm(stats->occupied, ((unsigned __int128)stats->capacity * cycles)
					    << fraction_of(unit));
}

uint64_t timing_milli(uint64_t count, uint64_t factor, uint64_t divisor)
{
	return divisor == 0 ? 0 : (uint64_t)((unsigned __int128)count * factor * 1000 / divisor);
}

static bool is_of_device(enum sv3_timed_unit unit)
{
	return unit == SV3_TIMED_TAGS || unit == SV3_TIMED_LINK;
}

/** What was waited for a unit, of all that accesses took; of a device that was refused, of the
 *  time. */
static uint64_t wait_ppm(const struct timing_run *run, enum sv3_timed_unit unit)
{
	const struct sv3_timed_stats *stats = run->stats;

	return ppm(stats->units[unit].wait_cycles >> fraction_of(unit),
		   is_of_device(unit) ? stats->busy_cycles : stats->read.sum + stats->write.sum);
}

/** By accesses, whose waits add up where a device waits once. */
static uint64_t most_waited_ppm(const struct timing_run *run)
{
	uint64_t most = 0;

	for (unsigned int i = 0; i < STEP_COUNT; i++) {
		const uint64_t waited = wait_ppm(run, steps[i].unit);

		if (!is_of_device(steps[i].unit) && waited > most)
			most = waited;
	}
	return most;
}

/** Full, or waited for as nothing else is: a write that needs most of a buffer finds half of it too
 *  little. */
static bool binds(const struct timing_run *run, enum sv3_timed_unit unit, uint64_t most_waited)
{
	const uint64_t waited = wait_ppm(run, unit);

	return timing_use_ppm(run, unit, run->stats->busy_cycles) >= FULL_PPM ||
	       (waited >= WAIT_PPM && waited >= most_waited / 2);
}

static const struct step *last_that_binds(const struct timing_run *run)
{
	const uint64_t most_waited = most_waited_ppm(run);
	const struct step *last = NULL;

	for (unsigned int i = 0; i < STEP_COUNT; i++) {
		if (binds(run, steps[i].unit, most_waited))
			last = &steps[i];
	}
	return last;
}

/* --- words --- */

static uint64_t mean_milli_ns(const struct timing_run *run, uint64_t cycles, uint64_t count)
{
	return count == 0 ? 0 : timing_milli(cycles, 1000, count) / run->config->timing.clock_mhz;
}

/** "15.92 of 16 taken while anything is in flight, 251.0 ns each" */
static void say_use(const struct timing_run *run, enum sv3_timed_unit unit, char *text)
{
	const struct sv3_timed_unit_stats *stats = &run->stats->units[unit];
	const uint64_t use = timing_use_ppm(run, unit, run->stats->busy_cycles);
	char taken[SV3_FORMAT_CHARS], capacity[SV3_FORMAT_CHARS], time[SV3_FORMAT_CHARS];

	if (sv3_timed_unit_is_pipe(unit)) {
		snprintf(text, USE_CHARS, "busy %s %% of the time",
			 sv3_format_quotient(use, 10000, 1, taken));
		return;
	}
	snprintf(text, USE_CHARS, "%s of %s taken, each for %s ns",
		 sv3_format_quotient(timing_milli(stats->occupied, 1, run->stats->busy_cycles),
				     1000, 1, taken),
		 sv3_format_count(stats->capacity, capacity),
		 sv3_format_quotient(mean_milli_ns(run, stats->time_in, stats->left), 1000, 1,
				     time));
}

/** An access holds what it has at the TBU until its data has moved: most often it waits for its
 *  translation. */
static void say_why(const struct timing_run *run, enum sv3_timed_unit unit, char *text)
{
	const struct sv3_histogram *translation = &run->stats->translation;
	const uint64_t held = run->stats->units[unit].time_in;
	char time[SV3_FORMAT_CHARS];
	const bool is_of_tbu = unit == SV3_TIMED_RC || unit == SV3_TIMED_TBU ||
			       unit == SV3_TIMED_WRITE_BUFFER || unit == SV3_TIMED_TAGS;

	text[0] = '\0';
	if (!is_of_tbu || held == 0)
		return;
	snprintf(text, USE_CHARS, " (%s ns of it for the translation)",
		 sv3_format_quotient(mean_milli_ns(run, translation->sum, translation->count), 1000,
				     1, time));
}

static void say_wait(const struct timing_run *run, enum sv3_timed_unit unit, char *text)
{
	const uint64_t waited = wait_ppm(run, unit);
	char share[SV3_FORMAT_CHARS];

	text[0] = '\0';
	if (waited >= WAIT_PPM)
		snprintf(text, USE_CHARS, ", and %s %% of the time goes by waiting for it",
			 sv3_format_quotient(waited, 10000, 1, share));
}

enum sv3_timed_unit timing_bottleneck(const struct timing_run *run, char *text)
{
	const struct step *step = last_that_binds(run);
	char use[USE_CHARS], why[USE_CHARS], wait[USE_CHARS];

	if (step == NULL) {
		snprintf(text, TIMING_TEXT_CHARS,
			 "none: the device offers less than the machine can take");
		return SV3_TIMED_UNIT_COUNT;
	}
	say_use(run, step->unit, use);
	say_why(run, step->unit, why);
	say_wait(run, step->unit, wait);
	snprintf(text, TIMING_TEXT_CHARS, "%s: %s%s%s; %s", sv3_timed_unit_text(step->unit), use,
		 why, wait, step->remedy);
	return step->unit;
}
