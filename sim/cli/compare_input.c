/* SPDX-License-Identifier: MIT */
/*
 * compare_input.c - the guest of `sv3 compare`: from traces, a device each, or from a scenario.
 *
 * Everything is checked before the first world is made: what its records lack, where its RAM ends,
 * who shares a StreamID, and whether the clock lasts.
 */
#include "cli.h"
#include "compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Half of what 64 bits of picoseconds hold: 106 days. */
#define LOGICAL_MAX   (UINT64_MAX / 2)
#define STREAM_ID_MAX UINT64_C(0xffff) /* of the Stream table of a world */

/* --- time --- */

/** *@sum += @count * @each; false when that is more than the clock holds. */
static bool add_time(uint64_t *sum, uint64_t count, uint64_t each)
{
	uint64_t product;

	return !__builtin_mul_overflow(count, each, &product) &&
	       !__builtin_add_overflow(*sum, product, sum) && *sum <= LOGICAL_MAX;
}

/** A migration that scans, clears, invalidates and sends every page in every round must end while
 * the clock still counts. */
static int check_duration(const struct compare_run *run)
{
	const struct sv3_migration_config *migration = &run->config.migration;
	const struct sv3_costs *costs = &run->config.costs;
	const uint64_t transfer = SV3_PAGE_SIZE * 8 * SV3_PS_PER_S / migration->link_bits_per_s;
	const uint64_t pages = run->config.guest_size / SV3_PAGE_SIZE;
	uint64_t rounds = (uint64_t)migration->max_rounds + 2, round = 0, total = run->config.lead;
	char link[CLI_VALUE_CHARS];

	if (run->config.scenario)
		rounds = (uint64_t)run->scenario.rounds + 2;
	if (add_time(&round, pages, transfer + 1) && add_time(&round, pages, costs->scan) &&
	    add_time(&round, pages, costs->clear) && add_time(&round, pages, costs->inv_latency) &&
	    add_time(&round, pages, costs->cmdq_delay) && add_time(&round, 1, costs->clear_delay) &&
	    add_time(&round, pages, costs->post_delay) && add_time(&total, rounds, round))
		return CLI_OK;
	return cli_error(
		"compare",
		"this guest could take longer than 106 days at %s bit/s and these costs, the most "
		"the clock holds; give a faster --link, smaller costs, less --guest-mem or fewer "
		"--max-rounds",
		cli_value_format(CLI_RATE, migration->link_bits_per_s, link));
}

/* --- scenarios --- */

static int open_scenario(struct compare_run *run, struct compare_request *request,
			 const struct cli_args *args)
{
	struct cli_guest guest = { request->guest_base, request->guest_mem };
	const char *why = NULL;
	int error;

	if (request->view == SV3_VIEW_IOVA)
		return cli_error("compare", "--view iova needs a TRACE with MAP rows");
	error = sv3_scenario_parse(request->scenario, &run->scenario, &why);
	if (error == -SV3_ERR_NOENT)
		return cli_error("compare",
				 "unknown scenario '%s'; sv3 scenario list shows them all",
				 request->scenario);
	if (error < 0)
		return cli_error("compare", "--scenario: '%s': %s", request->scenario,
				 why != NULL ? why : sv3_strerror(error));
	if (cli_platform_guest("compare", &run->platform, args, NULL, NULL, &guest) != CLI_OK)
		return CLI_ERROR;
	/* As with a trace: a power of two of GiB that holds all that is written. */
	if (guest.size == 0)
		for (guest.size = UINT64_C(1) << 30;
		     guest.size / SV3_PAGE_SIZE < run->scenario.area_pages;)
			guest.size *= 2;
	if (guest.size / SV3_PAGE_SIZE < run->scenario.area_pages)
		return cli_error("compare",
				 "--guest-mem: the scenario writes %" PRIu64
				 " pages of 4 KiB; give more memory or fewer pages=",
				 run->scenario.area_pages);
	if (cli_guest_align_check("compare", &guest) != CLI_OK)
		return CLI_ERROR;
	run->scenario_text = request->scenario;
	run->config.scenario = &run->scenario;
	run->config.guest_base = guest.base;
	run->config.guest_size = guest.size;
	run->pages_touched = run->scenario.area_pages;
	return compare_choose_hardware(run, request, args, NULL, 0);
}

/* --- streams of several traces --- */

/** Moves the StreamIDs of a trace out of the way of those before it. */
static int shift_streams(struct compare_run *run, unsigned int index, uint64_t offset)
{
	struct sv3_trace *trace = &run->traces[index];
	const uint64_t distance = index * offset;

	for (uint64_t i = 0; i < trace->count && distance != 0; i++) {
		struct sv3_trace_rec *rec = &trace->records[i];

		if (rec->sid + distance > STREAM_ID_MAX)
			return cli_error("compare",
					 "--stream-offset: StreamID 0x%" PRIx32
					 " of %s would be 0x%" PRIx64
					 ", above 0xffff, the last the Stream table has; give a "
					 "smaller one",
					 rec->sid, run->trace_paths[index], rec->sid + distance);
		rec->sid += (uint32_t)distance;
	}
	return CLI_OK;
}

/** The smallest power of two above all StreamIDs: an offset that always parts them. */
static uint64_t parting_offset(const struct cli_masters *masters, unsigned int count)
{
	uint64_t offset = 1;

	for (unsigned int i = 0; i < count; i++)
		for (uint32_t k = 0; k < masters[i].stream_count; k++)
			while (offset <= masters[i].stream_ids[k])
				offset *= 2;
	return offset;
}

/** Refuses a StreamID that a trace before @index has, too. */
static int check_clash(const struct compare_run *run, const struct cli_masters *masters,
		       unsigned int index)
{
	for (uint32_t k = 0; k < masters[index].stream_count; k++) {
		const uint32_t stream_id = masters[index].stream_ids[k];

		for (unsigned int i = 0; i < index; i++)
			for (uint32_t j = 0; j < masters[i].stream_count; j++)
				if (masters[i].stream_ids[j] == stream_id)
					return cli_error(
						"compare",
						"%s and %s both have StreamID 0x%" PRIx32
						": a device of each needs its own; give "
						"--stream-offset 0x%" PRIx64,
						run->trace_paths[i], run->trace_paths[index],
						stream_id,
						parting_offset(masters, run->config.trace_count));
	}
	return CLI_OK;
}

/** Whose they are, and which SMMU they are behind. */
static int check_streams(struct compare_run *run, struct compare_request *request,
			 const struct cli_args *args)
{
	struct cli_stream_set all[COMPARE_TRACES_MAX] = { 0 };
	struct cli_masters masters[COMPARE_TRACES_MAX] = { 0 };
	const unsigned int count = run->config.trace_count;
	uint64_t streams = 0;
	int status = CLI_OK;

	for (unsigned int i = 0; i < count && status == CLI_OK; i++) {
		status = cli_masters_find("compare", &run->traces[i], &masters[i]);
		all[i] = (struct cli_stream_set){ run->trace_paths[i], masters[i].stream_ids,
						  masters[i].stream_count };
		streams += masters[i].stream_count;
	}
	for (unsigned int i = 1; i < count && status == CLI_OK; i++)
		status = check_clash(run, masters, i);
	if (status == CLI_OK && run->config.view == SV3_VIEW_IOVA && streams > SV3_HOST_DOMAINS_MAX)
		status = cli_error("compare",
				   "%" PRIu64 " StreamIDs are more than the %u that --view iova "
				   "has domains for; give --view guest",
				   streams, SV3_HOST_DOMAINS_MAX);
	if (status == CLI_OK)
		status = compare_choose_hardware(run, request, args, all, count);
	for (unsigned int i = 0; i < count; i++)
		cli_masters_free(&masters[i]);
	return status;
}

/* --- traces --- */

/** Guest RAM as asked for, or as large as any of the traces needs. */
static int check_guest(struct compare_run *run, const struct compare_request *request,
		       const struct cli_args *args)
{
	struct cli_guest guest = { request->guest_base, request->guest_mem };

	for (unsigned int i = 0; i < run->config.trace_count; i++) {
		struct cli_guest own = { guest.base, request->guest_mem };

		if (cli_platform_guest("compare", &run->platform, args, run->trace_paths[i],
				       &run->traces[i], &own) != CLI_OK)
			return CLI_ERROR;
		if (own.size == 0)
			own.size = sv3_guest_size_default(&run->traces[i], own.base);
		guest.base = i == 0 ? own.base : guest.base;
		guest.size = own.size > guest.size ? own.size : guest.size;
	}
	for (unsigned int i = 0; i < run->config.trace_count; i++)
		if (cli_guest_check("compare", run->trace_paths[i], &run->traces[i], &guest) !=
		    CLI_OK)
			return CLI_ERROR;
	run->config.guest_base = guest.base;
	run->config.guest_size = guest.size;
	return CLI_OK;
}

/** Distinct pages written, by whichever device. */
static int count_pages(struct compare_run *run)
{
	struct sv3_trace_summary summary = run->summaries[0];
	struct sv3_trace all = { .count = 0 };
	int error = 0;

	for (unsigned int i = 0; i < run->config.trace_count; i++)
		all.count += run->traces[i].count;
	if (run->config.trace_count > 1) {
		uint64_t at = 0;

		all.records = malloc((size_t)all.count * sizeof(*all.records));
		error = all.records != NULL ? 0 : -SV3_ERR_NOMEM;
		for (unsigned int i = 0; i < run->config.trace_count && error == 0; i++) {
			const struct sv3_trace *trace = &run->traces[i];

			memcpy(all.records + at, trace->records,
			       (size_t)trace->count * sizeof(*all.records));
			at += trace->count;
		}
		if (error == 0)
			error = sv3_trace_summarize(&all, &summary);
		free(all.records);
	}
	run->pages_touched = summary.pa_pages_written;
	return error < 0 ? cli_error("compare", "%s", sv3_strerror(error)) : CLI_OK;
}

static int read_trace(struct compare_run *run, const struct compare_request *request,
		      const char *path)
{
	const unsigned int index = run->config.trace_count;
	struct sv3_trace_summary *summary = &run->summaries[index];
	struct sv3_trace *trace = &run->traces[index];
	int error;

	if (cli_trace_read("compare", path, trace) != CLI_OK)
		return CLI_ERROR;
	run->trace_paths[index] = path;
	run->config.trace_count++;
	if (cli_platform_place("compare", &run->platform, index, path, trace) != CLI_OK)
		return CLI_ERROR;
	if (cli_view_check("compare", path, trace, request->view == SV3_VIEW_IOVA) != CLI_OK)
		return CLI_ERROR;
	error = sv3_trace_summarize(trace, summary);
	if (error < 0)
		return cli_error("compare", "%s: %s", path, sv3_strerror(error));
	run->records += summary->op_count[SV3_TRACE_R] + summary->op_count[SV3_TRACE_W];
	return shift_streams(run, index, request->stream_offset);
}

static int open_traces(struct compare_run *run, struct compare_request *request,
		       const struct cli_args *args)
{
	run->config.traces = run->traces;
	for (unsigned int i = 0; i < args->operand_count; i++)
		if (read_trace(run, request, args->operands[i]) != CLI_OK)
			return CLI_ERROR;
	if (check_guest(run, request, args) != CLI_OK ||
	    check_streams(run, request, args) != CLI_OK)
		return CLI_ERROR;
	return count_pages(run);
}

int compare_open(struct compare_run *run, struct compare_request *request,
		 const struct cli_args *args)
{
	int status;

	if (request->scenario != NULL && args->operand_count > 0)
		return cli_error("compare", "give a TRACE or --scenario NAME, not both");
	if (request->scenario == NULL && args->operand_count == 0 && run->synthetic_count == 0)
		return cli_error("compare", "TRACE is missing; sv3 compare --help");
	if (request->scenario != NULL)
		status = open_scenario(run, request, args);
	else
		status = run->synthetic_count > 0 ? compare_open_synthetics(run, request, args)
						  : open_traces(run, request, args);
	if (status == CLI_OK)
		status = compare_open_cpus(run);
	return status == CLI_OK ? check_duration(run) : status;
}

void compare_close(struct compare_run *run)
{
	for (unsigned int i = 0; i < run->config.trace_count; i++)
		sv3_trace_free(&run->traces[i]);
	sv3_trace_free(&run->cpus.trace);
	cli_platform_free(&run->platform);
}
