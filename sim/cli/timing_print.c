/* SPDX-License-Identifier: MIT */
/*
 * timing_print.c - what hardware that takes time measured, for people and for programs.
 *
 * The hardware counts cycles; all that is printed is nanoseconds, in integers to their thousandths.
 */
#include "timing.h"

#include <cjson/cJSON.h>

#include <inttypes.h>

/** A latency under the name it has in JSON and the one for people. */
struct latency {
	const char *key, *label;
	const struct sv3_histogram *histogram;
};

#define LATENCIES 5u

static void collect(const struct sv3_timed_stats *stats, struct latency *latencies)
{
	const struct latency all[LATENCIES] = {
		{ "translation", "translation", &stats->translation },
		{ "walk", "walk", &stats->walk },
		{ "read", "read", &stats->read },
		{ "write", "write", &stats->write },
		{ "sync", "SYNC", &stats->sync },
	};

	for (unsigned int i = 0; i < LATENCIES; i++)
		latencies[i] = all[i];
}

static const struct {
	const char *key, *label;
	unsigned int permille;
} quantiles[] = {
	{ "p50", "p50", 500 },
	{ "p90", "p90", 900 },
	{ "p99", "p99", 990 },
	{ "p99_9", "p99.9", 999 },
};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

uint64_t timing_elapsed(const struct timing_run *run)
{
	return (uint64_t)((unsigned __int128)run->elapsed_ps * run->config->timing.clock_mhz /
			  SV3_PS_PER_US);
}

static uint32_t clock_of(const struct timing_run *run)
{
	return run->config->timing.clock_mhz;
}

/** Thousandths of a nanosecond of cycles; of a pipe, of its parts of cycles. */
static uint64_t milli_ns(const struct timing_run *run, uint64_t cycles)
{
	return cycles * (SV3_PS_PER_US / clock_of(run));
}

static uint64_t unit_milli_ns(const struct timing_run *run, enum sv3_timed_unit unit,
			      uint64_t cycles)
{
	const unsigned int fraction = sv3_timed_unit_is_pipe(unit) ? SV3_TIMED_FRACTION_LG2 : 0;

	return (uint64_t)(((unsigned __int128)cycles * (SV3_PS_PER_US / clock_of(run))) >>
			  fraction);
}

/** Thousandths of what is taken on average. */
static uint64_t mean_milli(const struct timing_run *run, enum sv3_timed_unit unit)
{
	return timing_milli(timing_use_ppm(run, unit, timing_elapsed(run)),
			    run->stats->units[unit].capacity, 1000000);
}

/* --- latencies --- */

static void add_ns(struct sv3_table *table, const struct timing_run *run, uint64_t cycles)
{
	sv3_table_quotient(table, milli_ns(run, cycles), 1000,
			   SV3_PS_PER_US / clock_of(run) % 1000 == 0 ? 0 : 3, SV3_TONE_PLAIN);
}

static int print_latencies(const char *command, const struct timing_run *run, FILE *file)
{
	static const struct sv3_table_column columns[] = {
		{ "latency", "", SV3_ALIGN_LEFT },  { "count", "", SV3_ALIGN_RIGHT },
		{ "least", "ns", SV3_ALIGN_RIGHT }, { "mean", "ns", SV3_ALIGN_RIGHT },
		{ "p50", "ns", SV3_ALIGN_RIGHT },   { "p90", "ns", SV3_ALIGN_RIGHT },
		{ "p99", "ns", SV3_ALIGN_RIGHT },   { "p99.9", "ns", SV3_ALIGN_RIGHT },
		{ "most", "ns", SV3_ALIGN_RIGHT },
	};
	struct latency latencies[LATENCIES];
	struct sv3_table *table;
	int error = sv3_table_create(columns, sizeof(columns) / sizeof(columns[0]), &table);

	if (error < 0)
		return cli_error(command, "%s", sv3_strerror(error));
	collect(run->stats, latencies);
	for (unsigned int i = 0; i < LATENCIES; i++) {
		const struct sv3_histogram *histogram = latencies[i].histogram;

		sv3_table_text(table, latencies[i].label, SV3_TONE_PLAIN);
		sv3_table_count(table, histogram->count, SV3_TONE_PLAIN);
		add_ns(table, run, histogram->least);
		sv3_table_quotient(table, milli_ns(run, histogram->sum), 1000 * histogram->count, 1,
				   SV3_TONE_PLAIN);
		for (unsigned int j = 0; j < QUANTILES; j++)
			add_ns(table, run,
			       sv3_histogram_permille(histogram, quantiles[j].permille));
		add_ns(table, run, histogram->most);
	}
	error = sv3_table_print(table, file, sv3_report_wants_color(file));
	sv3_table_destroy(table);
	return error < 0 ? cli_error(command, "%s", sv3_strerror(error)) : CLI_OK;
}

/* --- units --- */

static void add_unit(struct sv3_table *table, const struct timing_run *run,
		     enum sv3_timed_unit unit)
{
	const struct sv3_timed_unit_stats *stats = &run->stats->units[unit];
	const bool is_pipe = sv3_timed_unit_is_pipe(unit);

	sv3_table_text(table, sv3_timed_unit_text(unit), SV3_TONE_PLAIN);
	sv3_table_count(table, stats->capacity, SV3_TONE_PLAIN);
	sv3_table_count(table, stats->entered, SV3_TONE_PLAIN);
	sv3_table_quotient(table, timing_use_ppm(run, unit, timing_elapsed(run)), 10000, 2,
			   SV3_TONE_PLAIN);
	sv3_table_quotient(table, timing_use_ppm(run, unit, run->stats->busy_cycles), 10000, 2,
			   SV3_TONE_PLAIN);
	sv3_table_quotient(table, mean_milli(run, unit), 1000, 3, SV3_TONE_PLAIN);
	if (is_pipe)
		sv3_table_text(table, "-", SV3_TONE_DIM);
	else
		sv3_table_count(table, stats->occupied_max, SV3_TONE_PLAIN);
	sv3_table_count(table, stats->waited, SV3_TONE_PLAIN);
	sv3_table_quotient(table, unit_milli_ns(run, unit, stats->wait_cycles),
			   1000 * stats->waited, 1, SV3_TONE_PLAIN);
}

static int print_units(const char *command, const struct timing_run *run, FILE *file)
{
	static const struct sv3_table_column columns[] = {
		{ "unit", "", SV3_ALIGN_LEFT },         { "capacity", "", SV3_ALIGN_RIGHT },
		{ "entered", "", SV3_ALIGN_RIGHT },     { "used", "%", SV3_ALIGN_RIGHT },
		{ "when busy", "%", SV3_ALIGN_RIGHT },  { "mean taken", "", SV3_ALIGN_RIGHT },
		{ "most", "", SV3_ALIGN_RIGHT },        { "waits", "", SV3_ALIGN_RIGHT },
		{ "mean wait", "ns", SV3_ALIGN_RIGHT },
	};
	struct sv3_table *table;
	int error = sv3_table_create(columns, sizeof(columns) / sizeof(columns[0]), &table);

	if (error < 0)
		return cli_error(command, "%s", sv3_strerror(error));
	for (unsigned int i = 0; i < SV3_TIMED_UNIT_COUNT; i++)
		add_unit(table, run, (enum sv3_timed_unit)i);
	error = sv3_table_print(table, file, sv3_report_wants_color(file));
	sv3_table_destroy(table);
	return error < 0 ? cli_error(command, "%s", sv3_strerror(error)) : CLI_OK;
}

/* --- rates --- */

/** Of the time, or of the part of it in which an access was in flight. */
struct rates {
	uint64_t accesses_per_s, read_milli_gbit, write_milli_gbit;
};

static struct rates rates_of(const struct timing_run *run, uint64_t ps)
{
	const struct sv3_timed_stats *stats = run->stats;

	return (struct rates){
		.accesses_per_s = timing_milli(stats->done, SV3_PS_PER_S / 1000, ps),
		.read_milli_gbit = timing_milli(stats->bytes_read, 8000, ps),
		.write_milli_gbit = timing_milli(stats->bytes_written, 8000, ps),
	};
}

static void print_rates(const struct timing_run *run, FILE *file)
{
	const uint64_t busy_ps = milli_ns(run, run->stats->busy_cycles);
	const struct rates rates = rates_of(run, run->elapsed_ps), busy = rates_of(run, busy_ps);
	char text[SV3_FORMAT_CHARS], more[SV3_FORMAT_CHARS];

	fprintf(file, "%-20s %15s accesses/s %15s when busy\n", "throughput",
		sv3_format_count(rates.accesses_per_s, text),
		sv3_format_count(busy.accesses_per_s, more));
	fprintf(file, "%-20s %15s Gbit/s     %15s\n", "read",
		sv3_format_quotient(rates.read_milli_gbit, 1000, 3, text),
		sv3_format_quotient(busy.read_milli_gbit, 1000, 3, more));
	fprintf(file, "%-20s %15s Gbit/s     %15s\n", "written",
		sv3_format_quotient(rates.write_milli_gbit, 1000, 3, text),
		sv3_format_quotient(busy.write_milli_gbit, 1000, 3, more));
	fprintf(file, "%-20s %15s %% of the time, an access in flight\n", "busy",
		sv3_format_quotient(timing_milli(busy_ps, 100, run->elapsed_ps), 1000, 3, text));
	fprintf(file, "%-20s %15s an access\n", "events",
		sv3_format_quotient(run->stats->events, run->stats->issued, 2, text));
}

int timing_print(const char *command, const struct timing_run *run, FILE *file)
{
	char text[TIMING_TEXT_CHARS];

	fputc('\n', file);
	if (print_latencies(command, run, file) != CLI_OK)
		return CLI_ERROR;
	fputc('\n', file);
	if (print_units(command, run, file) != CLI_OK)
		return CLI_ERROR;
	fputc('\n', file);
	print_rates(run, file);
	(void)timing_bottleneck(run, text);
	fprintf(file, "bottleneck            %s\n", text);
	return CLI_OK;
}

void timing_chart(const struct timing_run *run, FILE *file)
{
	const struct sv3_chart_style style = sv3_chart_style_of(file);

	fputc('\n', file);
	sv3_histogram_chart("translations by latency", &run->stats->translation, clock_of(run),
			    &style, file);
}

/* --- JSON --- */

static cJSON *json_histogram(const struct timing_run *run, const struct sv3_histogram *histogram)
{
	cJSON *buckets = cJSON_CreateArray();

	for (unsigned int i = 0; i < SV3_HISTOGRAM_BUCKETS; i++) {
		cJSON *bucket;

		if (histogram->buckets[i] == 0)
			continue;
		bucket = cJSON_CreateObject();
		cli_json_decimal(bucket, "from_ns", milli_ns(run, sv3_histogram_bucket(i)), 3);
		cli_json_u64(bucket, "count", histogram->buckets[i]);
		cJSON_AddItemToArray(buckets, bucket);
	}
	return buckets;
}

static cJSON *json_latencies(const struct timing_run *run)
{
	cJSON *top = cJSON_CreateObject();
	struct latency latencies[LATENCIES];

	collect(run->stats, latencies);
	for (unsigned int i = 0; i < LATENCIES; i++) {
		const struct sv3_histogram *histogram = latencies[i].histogram;
		cJSON *row = cJSON_AddObjectToObject(top, latencies[i].key);

		cli_json_u64(row, "count", histogram->count);
		cli_json_decimal(row, "least", milli_ns(run, histogram->least), 3);
		cli_json_decimal(
			row, "mean",
			histogram->count > 0 ? milli_ns(run, histogram->sum) / histogram->count : 0,
			3);
		for (unsigned int j = 0; j < QUANTILES; j++)
			cli_json_decimal(row, quantiles[j].key,
					 milli_ns(run, sv3_histogram_permille(
							       histogram, quantiles[j].permille)),
					 3);
		cli_json_decimal(row, "most", milli_ns(run, histogram->most), 3);
		cJSON_AddItemToObject(row, "histogram", json_histogram(run, histogram));
	}
	return top;
}

static cJSON *json_units(const struct timing_run *run)
{
	cJSON *units = cJSON_CreateArray();

	for (unsigned int i = 0; i < SV3_TIMED_UNIT_COUNT; i++) {
		const enum sv3_timed_unit unit = (enum sv3_timed_unit)i;
		const struct sv3_timed_unit_stats *stats = &run->stats->units[i];
		cJSON *row = cJSON_CreateObject();

		cJSON_AddStringToObject(row, "unit", sv3_timed_unit_text(unit));
		cli_json_u64(row, "capacity", stats->capacity);
		cli_json_u64(row, "entered", stats->entered);
		cli_json_decimal(row, "used_percent",
				 timing_use_ppm(run, unit, timing_elapsed(run)), 4);
		cli_json_decimal(row, "used_when_busy_percent",
				 timing_use_ppm(run, unit, run->stats->busy_cycles), 4);
		cli_json_decimal(row, "mean_taken", mean_milli(run, unit), 3);
		if (sv3_timed_unit_is_pipe(unit))
			cJSON_AddNullToObject(row, "most_taken");
		else
			cli_json_u64(row, "most_taken", stats->occupied_max);
		cli_json_u64(row, "waits", stats->waited);
		cli_json_decimal(row, "wait_ns", unit_milli_ns(run, unit, stats->wait_cycles), 3);
		cJSON_AddItemToArray(units, row);
	}
	return units;
}

static cJSON *json_parameters(const struct sv3_timing *timing)
{
	cJSON *top = cJSON_CreateObject();
	struct sv3_timing_info info;
	uint32_t value;

	for (unsigned int i = 0; sv3_timing_info(i, &info); i++) {
		if (sv3_timing_get(timing, info.name, &value) == 0)
			cli_json_u64(top, info.name, value);
	}
	return top;
}

struct cJSON *timing_json_request(const struct timing_request *request,
				  const struct sv3_timing *timing)
{
	cJSON *top = cJSON_CreateObject();

	cJSON_AddStringToObject(top, "preset", request->preset);
	cJSON_AddBoolToObject(top, "closed_loop", request->closed_loop);
	cJSON_AddItemToObject(top, "parameters", json_parameters(timing));
	return top;
}

static void add_counts(cJSON *top, const struct sv3_timed_stats *stats)
{
	cli_json_u64(top, "issued", stats->issued);
	cli_json_u64(top, "done", stats->done);
	cli_json_u64(top, "faulted", stats->faulted);
	cli_json_u64(top, "bytes_read", stats->bytes_read);
	cli_json_u64(top, "bytes_written", stats->bytes_written);
	cli_json_u64(top, "utlb_hits", stats->utlb_hits);
	cli_json_u64(top, "tlb_hits", stats->tlb_hits);
	cli_json_u64(top, "misses", stats->misses);
	cli_json_u64(top, "merged", stats->merged);
	cli_json_u64(top, "walks", stats->walks);
	cli_json_u64(top, "memory_reads", stats->memory_reads);
	cli_json_u64(top, "llc_hits", stats->llc_hits);
	cli_json_u64(top, "atomics", stats->atomics);
	cli_json_u64(top, "atomics_lost", stats->atomics_lost);
	cli_json_u64(top, "events", stats->events);
}

struct cJSON *timing_json(const struct timing_request *request, const struct timing_run *run)
{
	const struct rates rates = rates_of(run, run->elapsed_ps);
	char text[TIMING_TEXT_CHARS];
	enum sv3_timed_unit unit;
	cJSON *top = timing_json_request(request, &run->config->timing), *bottleneck;

	cli_json_u64(top, "seed", request->seed);
	add_counts(top, run->stats);
	cli_json_decimal(top, "busy_ns", milli_ns(run, run->stats->busy_cycles), 3);
	cli_json_u64(top, "accesses_per_s", rates.accesses_per_s);
	cli_json_decimal(top, "read_gbit_per_s", rates.read_milli_gbit, 3);
	cli_json_decimal(top, "write_gbit_per_s", rates.write_milli_gbit, 3);
	cJSON_AddItemToObject(top, "latency_ns", json_latencies(run));
	cJSON_AddItemToObject(top, "units", json_units(run));
	unit = timing_bottleneck(run, text);
	bottleneck = cJSON_AddObjectToObject(top, "bottleneck");
	if (unit == SV3_TIMED_UNIT_COUNT)
		cJSON_AddNullToObject(bottleneck, "unit");
	else
		cJSON_AddStringToObject(bottleneck, "unit", sv3_timed_unit_text(unit));
	cJSON_AddStringToObject(bottleneck, "text", text);
	return top;
}
