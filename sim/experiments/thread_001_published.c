/* SPDX-License-Identifier: MIT */
/*
 * thread_001_published.c - the throughputs that were posted in the thread, as they were posted, and
 * whether the differences between them are larger than the spread of equal runs.
 *
 * Posted by B. Herrenschmidt, May 2012: x220 laptop (Core i7), e1000 over tap, GbE, runs of 10 s,
 * Mbit/s. [policies 1, thread 001]
 */
#include <stdio.h>

#include "experiments_priv.h"

#define RUNS_MAX 4u

/* In hundredths of a Mbit/s. */
struct series {
	const char *name, *question;
	uint32_t runs[RUNS_MAX];
	uint32_t count;
};

enum { TCP_HOST, TCP_NONE, TCP_BARRIER, TCP_MAP, UDP_NONE, UDP_BARRIER, UDP_MAP };

static const struct series table[] = {
	[TCP_HOST] = { "tcp-host", "TCP_STREAM, host alone", { 93302, 90864, 92678, 91973 }, 4 },
	[TCP_NONE] = { "tcp-none",
		       "TCP_STREAM, guest, no barrier",
		       { 88031, 87673, 88073, 87863 },
		       4 },
	[TCP_BARRIER] = { "tcp-barrier",
			  "TCP_STREAM, guest, barrier",
			  { 86939, 86499, 88613, 87290 },
			  4 },
	[TCP_MAP] = { "tcp-map",
		      "TCP_STREAM, guest, barrier in map, too",
		      { 86745, 86851, 88894, 88819 },
		      4 },
	[UDP_NONE] = { "udp-none", "UDP_STREAM, guest, no barrier", { 27292, 28544, 26822 }, 3 },
	[UDP_BARRIER] = { "udp-barrier", "UDP_STREAM, guest, barrier", { 27906, 26575, 27678 }, 3 },
	[UDP_MAP] = { "udp-map",
		      "UDP_STREAM, guest, barrier in map, too",
		      { 28883, 29194, 27223 },
		      3 },
};

static const char source[] = "B. Herrenschmidt, May 2012";

/* Rounded half up. */
static uint64_t mean_of(const struct series *series)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < series->count; i++)
		sum += series->runs[i];
	return (2 * sum + series->count) / (2 * series->count);
}

/* The largest run less the smallest. */
static uint64_t spread_of(const struct series *series)
{
	uint32_t low = series->runs[0], high = series->runs[0];

	for (uint32_t i = 1; i < series->count; i++) {
		low = series->runs[i] < low ? series->runs[i] : low;
		high = series->runs[i] > high ? series->runs[i] : high;
	}
	return high - low;
}

static void add_series(struct sv3_experiment_report *report, const struct series *series)
{
	struct sv3_experiment_row row = {
		.name = series->name,
		.question = series->question,
		.unit = "Mbit/s",
		.kind = SV3_EXPERIMENT_PUBLISHED,
		.digits = 2,
		.measured = mean_of(series),
	};
	int at = snprintf(row.note, sizeof(row.note), "%s; runs", source);

	for (uint32_t i = 0; i < series->count; i++)
		at += snprintf(row.note + at, sizeof(row.note) - (size_t)at, " %u.%02u",
			       series->runs[i] / 100, series->runs[i] % 100);
	snprintf(row.note + at, sizeof(row.note) - (size_t)at, ", spread %llu.%02llu",
		 (unsigned long long)(spread_of(series) / 100),
		 (unsigned long long)(spread_of(series) % 100));
	sv3_experiment_add(report, &row);
}

/* The difference of two means beside the larger spread of the two. */
static void add_difference(struct sv3_experiment_report *report, const char *name,
			   const char *question, const struct series *without,
			   const struct series *with)
{
	const uint64_t a = mean_of(without), b = mean_of(with);
	const uint64_t spread =
		spread_of(without) > spread_of(with) ? spread_of(without) : spread_of(with);
	struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "Mbit/s",
		.kind = SV3_EXPERIMENT_PUBLISHED,
		.digits = 2,
		.measured = a > b ? a - b : b - a,
	};

	snprintf(row.note, sizeof(row.note), "%s; spread of equal runs %llu.%02llu: %s",
		 a > b ? "slower with it" : "faster with it", (unsigned long long)(spread / 100),
		 (unsigned long long)(spread % 100),
		 row.measured > spread ? "more than noise" : "within the noise");
	sv3_experiment_add(report, &row);
}

void sv3__thread_001_published(struct sv3_experiment_report *report)
{
	for (unsigned int i = 0; i < SV3__COUNT(table); i++)
		add_series(report, &table[i]);
	add_difference(report, "tcp-barrier-difference", "TCP_STREAM: no barrier against barrier",
		       &table[TCP_NONE], &table[TCP_BARRIER]);
	add_difference(report, "tcp-map-difference",
		       "TCP_STREAM: no barrier against barrier in map", &table[TCP_NONE],
		       &table[TCP_MAP]);
	add_difference(report, "udp-barrier-difference", "UDP_STREAM: no barrier against barrier",
		       &table[UDP_NONE], &table[UDP_BARRIER]);
	add_difference(report, "udp-map-difference",
		       "UDP_STREAM: no barrier against barrier in map", &table[UDP_NONE],
		       &table[UDP_MAP]);
}
