/* SPDX-License-Identifier: MIT */
/*
 * compare_cpu.c - what the guest's CPUs write while it is migrated: --cpu-writes and --cpu-trace.
 *
 * A writer is PATTERN[:NAME=VALUE]...; the patterns are those of the synthetic devices. An access
 * is by guest address and past the SMMU.
 */
#include "cli.h"
#include "compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RATE_MAX       UINT64_C(1000000000) /* accesses a second: one a nanosecond */
#define PAGES_MAX      (UINT64_C(1) << 34)  /* what fits below 64 TiB */
#define PAGES_ZIPF_MAX (UINT64_C(1) << 24)
#define THETA_MAX      4000000 /* 4, in millionths */
#define PERCENT        10000   /* millionths */

static const char *const patterns[] = { "fixed", "sequential", "uniform", "zipf", NULL };

/** The parameters of a writer as they are typed, in the order of @parameters. */
enum parameter {
	PARAMETER_RATE,
	PARAMETER_PAGES,
	PARAMETER_FIRST,
	PARAMETER_WRITES,
	PARAMETER_THETA,
	PARAMETER_LEN,
	PARAMETER_COUNT
};

static const struct {
	const char *name;
	enum cli_kind kind;
	uint64_t min, max, fallback;
	const char *what; /* what it must be */
} parameters[PARAMETER_COUNT] = {
	[PARAMETER_RATE] = { "rate", CLI_RATE, 1, RATE_MAX, 100000,
			     "accesses a second from 1 to 1G, such as 200k/s" },
	[PARAMETER_PAGES] = { "pages", CLI_INTEGER, 1, PAGES_MAX, 4096,
			      "a number of 4 KiB pages from 1 to 17179869184" },
	[PARAMETER_FIRST] = { "first", CLI_INTEGER, 0, PAGES_MAX, 0,
			      "the number of a page of the guest, from 0" },
	[PARAMETER_WRITES] = { "writes", CLI_SCALE, 0, 1000000, 1000000,
			       "a part from 0 to 1, in steps of 0.01" },
	[PARAMETER_THETA] = { "theta", CLI_SCALE, 1, THETA_MAX, 1000000,
			      "an exponent above 0, at most 4" },
	[PARAMETER_LEN] = { "len", CLI_INTEGER, 1, SV3_PAGE_SIZE, 64,
			    "a number of bytes from 1 to 4096" },
};

/* --- text --- */

/** PARAMETER_COUNT: there is none of that name, and that was told. */
static enum parameter find_parameter(const char *name)
{
	const char *names[PARAMETER_COUNT + 1] = { NULL };

	for (unsigned int i = 0; i < PARAMETER_COUNT; i++) {
		names[i] = parameters[i].name;
		if (strcmp(names[i], name) == 0)
			return (enum parameter)i;
	}
	cli_unknown("compare", "parameter of --cpu-writes", name, names,
		    "rate, pages, first, writes, theta, len");
	return PARAMETER_COUNT;
}

/** "rate=200k/s" into @values. */
static int take_parameter(char *text, uint64_t values[PARAMETER_COUNT])
{
	char *value = strchr(text, '=');
	enum parameter at;

	if (value == NULL)
		return cli_error("compare", "--cpu-writes: '%s' is not NAME=VALUE", text);
	*value++ = '\0';
	at = find_parameter(text);
	if (at == PARAMETER_COUNT)
		return CLI_ERROR;
	if (at == PARAMETER_RATE && strlen(value) > 2 &&
	    strcmp(value + strlen(value) - 2, "/s") == 0)
		value[strlen(value) - 2] = '\0';
	if (!cli_value_parse(parameters[at].kind, value, &values[at]) ||
	    values[at] < parameters[at].min || values[at] > parameters[at].max ||
	    (at == PARAMETER_WRITES && values[at] % PERCENT != 0))
		return cli_error("compare", "--cpu-writes: %s: '%s' is not %s", text, value,
				 parameters[at].what);
	return CLI_OK;
}

static int find_pattern(const char *name, enum sv3_pattern *pattern)
{
	for (unsigned int i = 0; patterns[i] != NULL; i++) {
		if (strcmp(patterns[i], name) == 0) {
			*pattern = (enum sv3_pattern)i;
			return CLI_OK;
		}
	}
	return cli_unknown("compare", "pattern of --cpu-writes", name, patterns,
			   "fixed, sequential, uniform, zipf");
}

/** A writer of values that are each legal. The base is a page number until the guest is known. */
static int make_writer(const uint64_t values[PARAMETER_COUNT], enum sv3_pattern pattern,
		       struct sv3_synthetic_config *writer)
{
	const uint64_t rate = values[PARAMETER_RATE], pages = values[PARAMETER_PAGES];
	/* The fixed pattern writes all its pages at once, the others one page at a time. */
	const uint64_t burst = pattern == SV3_PATTERN_FIXED ? pages : 1;
	const unsigned __int128 period = (unsigned __int128)burst * SV3_PS_PER_S / rate;

	if (pattern == SV3_PATTERN_ZIPF && pages > PAGES_ZIPF_MAX)
		return cli_error("compare",
				 "--cpu-writes: pages: zipf knows at most %" PRIu64 " pages",
				 PAGES_ZIPF_MAX);
	if (period > SV3_PS_NEVER / 4)
		return cli_error("compare",
				 "--cpu-writes: rate: %" PRIu64 " pages at %" PRIu64
				 " a second take longer than the clock holds; give a higher rate",
				 pages, rate);
	*writer = (struct sv3_synthetic_config){
		.pattern = pattern,
		.base = values[PARAMETER_FIRST],
		.page_count = pages,
		.write_percent = (uint32_t)(values[PARAMETER_WRITES] / PERCENT),
		.len = (uint32_t)values[PARAMETER_LEN],
		.period = (sv3_ps)period,
		.zipf_exponent = (double)values[PARAMETER_THETA] / 1000000,
	};
	return CLI_OK;
}

static int parse_writer(const char *text, struct sv3_synthetic_config *writer)
{
	uint64_t values[PARAMETER_COUNT];
	char *copy = strdup(text), *rest = copy, *word;
	enum sv3_pattern pattern = SV3_PATTERN_FIXED;
	int status;

	if (copy == NULL)
		return cli_error("compare", "%s", sv3_strerror(SV3_ERR_NOMEM));
	for (unsigned int i = 0; i < PARAMETER_COUNT; i++)
		values[i] = parameters[i].fallback;
	status = find_pattern(strsep(&rest, ":"), &pattern);
	while (status == CLI_OK && (word = strsep(&rest, ":")) != NULL)
		status = take_parameter(word, values);
	if (status == CLI_OK)
		status = make_writer(values, pattern, writer);
	free(copy);
	return status;
}

int compare_configure_cpus(struct compare_run *run, const struct compare_request *request)
{
	struct compare_cpus *cpus = &run->cpus;

	cpus->texts = request->cpu_writes;
	cpus->trace_path = request->cpu_trace;
	for (unsigned int i = 0; i < cpus->texts.count; i++) {
		if (parse_writer(cpus->texts.items[i], &cpus->writers[i]) != CLI_OK)
			return CLI_ERROR;
		/* Two alike do not write the same pages at the same times. */
		cpus->writers[i].seed = request->seed + i;
	}
	return CLI_OK;
}

/* --- the guest they are in --- */

static int place_writer(const struct compare_run *run, const char *text,
			struct sv3_synthetic_config *writer)
{
	const uint64_t guest_pages = run->config.guest_size / SV3_PAGE_SIZE;

	if (writer->base > guest_pages || writer->page_count > guest_pages - writer->base)
		return cli_error("compare",
				 "--cpu-writes: '%s' ends at page %" PRIu64
				 ", the guest at page %" PRIu64
				 "; give fewer pages=, a lower first= or more --guest-mem",
				 text, writer->base + writer->page_count, guest_pages);
	writer->base = run->config.guest_base + writer->base * SV3_PAGE_SIZE;
	return CLI_OK;
}

static int open_cpu_trace(struct compare_run *run)
{
	struct cli_guest guest = { run->config.guest_base, run->config.guest_size };
	const char *path = run->cpus.trace_path;

	if (cli_trace_read("compare", path, &run->cpus.trace) != CLI_OK ||
	    cli_view_check("compare", path, &run->cpus.trace, false) != CLI_OK)
		return CLI_ERROR;
	return cli_guest_check("compare", path, &run->cpus.trace, &guest);
}

int compare_open_cpus(struct compare_run *run)
{
	struct compare_cpus *cpus = &run->cpus;

	for (unsigned int i = 0; i < cpus->texts.count; i++)
		if (place_writer(run, cpus->texts.items[i], &cpus->writers[i]) != CLI_OK)
			return CLI_ERROR;
	return cpus->trace_path != NULL ? open_cpu_trace(run) : CLI_OK;
}

/* --- devices --- */

static int make_sources(const struct compare_run *run, struct sv3_device *sources,
			unsigned int *count)
{
	const struct compare_cpus *cpus = &run->cpus;
	const struct sv3_replay_config replay = {
		.trace = &cpus->trace,
		.view = SV3_VIEW_GUEST,
		.time_scale_ppm = run->config.time_scale_ppm,
		.repeat = true,
	};
	int error = 0;

	for (unsigned int i = 0; i < cpus->texts.count && error == 0; i++) {
		error = sv3_synthetic_create(&cpus->writers[i], &sources[*count]);
		*count += error == 0;
	}
	if (error == 0 && cpus->trace_path != NULL) {
		error = sv3_replay_create(&replay, &sources[*count]);
		*count += error == 0;
	}
	return error;
}

int compare_make_cpu(const struct compare_run *run, struct sv3_device *cpu)
{
	struct sv3_device sources[CLI_TEXTS_MAX + 1];
	unsigned int count = 0;
	int error = make_sources(run, sources, &count);

	*cpu = (struct sv3_device){ 0 };
	if (error == 0)
		error = sv3_bundle_join(sources, count, cpu);
	for (unsigned int i = 0; i < count && error < 0; i++)
		sv3_device_destroy(&sources[i]);
	return error;
}
