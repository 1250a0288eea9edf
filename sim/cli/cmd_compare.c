/* SPDX-License-Identifier: MIT */
/*
 * cmd_compare.c - `sv3 compare`: one migration per policy, all of the same guest, trace and costs.
 *
 * Everything is checked before the first world is made, and nothing is printed before the last one
 * is done: an error leaves no part of a result behind.
 */
#include "cli.h"
#include "compare.h"
#include "page.h"

#include <sv3/arch.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Half of what 64 bits of picoseconds hold: 106 days. */
#define LOGICAL_MAX (UINT64_MAX / 2)

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
	uint64_t rounds = (uint64_t)migration->max_rounds + 2, round = 0, total = 0;
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

static int open_scenario(struct compare_run *run, const struct compare_request *request)
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
	run->config.guest_size = guest.size;
	run->pages_touched = run->scenario.area_pages;
	return check_duration(run);
}

static int open_trace(struct compare_run *run, const struct compare_request *request,
		      const char *path)
{
	struct cli_guest guest = { request->guest_base, request->guest_mem };
	int error;

	if (cli_trace_read("compare", path, &run->trace) != CLI_OK)
		return CLI_ERROR;
	if (cli_view_check("compare", path, &run->trace, request->view == SV3_VIEW_IOVA) !=
		    CLI_OK ||
	    cli_guest_check("compare", path, &run->trace, &guest) != CLI_OK)
		return CLI_ERROR;
	error = sv3_trace_summarize(&run->trace, &run->summary);
	if (error < 0)
		return cli_error("compare", "%s: %s", path, sv3_strerror(error));
	run->trace_path = path;
	run->config.trace = &run->trace;
	run->config.guest_size = guest.size;
	run->records = run->summary.op_count[SV3_TRACE_R] + run->summary.op_count[SV3_TRACE_W];
	run->pages_touched = run->summary.pa_pages_written;
	return check_duration(run);
}

/** The guest's world, from a trace or from a scenario. */
static int open_input(struct compare_run *run, const struct compare_request *request,
		      const struct cli_args *args)
{
	if (request->scenario != NULL && args->operand_count == 1)
		return cli_error("compare", "give a TRACE or --scenario NAME, not both");
	if (request->scenario != NULL)
		return open_scenario(run, request);
	if (args->operand_count == 0)
		return cli_error("compare", "TRACE is missing; sv3 compare --help");
	return open_trace(run, request, args->operands[0]);
}

static int check_outputs(const struct compare_request *request)
{
	if (request->json != NULL && request->csv != NULL &&
	    strcmp(request->json, request->csv) == 0)
		return cli_error("compare", "--json and --csv cannot both go to '%s'",
				 request->json);
	if (request->json != NULL && cli_save_check("compare", request->json) != CLI_OK)
		return CLI_ERROR;
	if (request->csv != NULL && cli_save_check("compare", request->csv) != CLI_OK)
		return CLI_ERROR;
	if (request->report != NULL && page_check("compare", request->report) != CLI_OK)
		return CLI_ERROR;
	return CLI_OK;
}

/* --- running --- */

struct watch {
	struct cli_progress progress;
	const struct compare_run *run;
	unsigned int index;
};

static void show_progress(void *context, const char *policy, uint64_t pages_sent, uint32_t round)
{
	struct watch *watch = context;
	const uint64_t guest_pages = watch->run->config.guest_size / SV3_PAGE_SIZE;
	char label[96];

	if (round == 0)
		snprintf(label, sizeof(label), "%s (%u of %u), bulk", policy, watch->index + 1,
			 watch->run->policy_count);
	else
		snprintf(label, sizeof(label), "%s (%u of %u), round %" PRIu32, policy,
			 watch->index + 1, watch->run->policy_count, round);
	cli_progress_update(&watch->progress, label, pages_sent, round == 0 ? guest_pages : 0);
}

static bool make_write_maps(struct compare_run *run)
{
	run->write_maps = calloc(run->policy_count, sizeof(*run->write_maps));
	return run->write_maps != NULL;
}

static int run_policies(struct compare_run *run, bool wants_maps)
{
	struct watch watch = { .run = run };
	struct sv3_compare_config config = run->config;
	int error = 0;

	config.progress = show_progress;
	config.progress_context = &watch;
	if (wants_maps && !make_write_maps(run))
		return cli_error("compare", "%s", sv3_strerror(SV3_ERR_NOMEM));
	for (unsigned int i = 0; i < run->policy_count && error >= 0; i++) {
		struct sv3_compare_result *result = &run->results[i];

		watch.index = i;
		config.write_map = wants_maps ? &run->write_maps[i] : NULL;
		cli_progress_begin(&watch.progress, "pages");
		error = sv3_compare_run(&config, run->policies[i]->name, result);
		cli_progress_end(&watch.progress);
		if (error < 0)
			return cli_error("compare", "%s: %s", run->policies[i]->name,
					 result->error[0] != '\0' ? result->error
								  : sv3_strerror(error));
	}
	/* A scenario brings its own guest, unless one was asked for. */
	run->config.guest_size = run->results[0].guest_pages * SV3_PAGE_SIZE;
	return CLI_OK;
}

bool compare_breaks_blocks(const struct compare_run *run)
{
	return run->config.migration.leaf != SV3_LEAF_KEEP &&
	       SV3_GET(SV3_IDR3_BBML, run->config.smmu.idr3) == 0;
}

bool compare_is_mistrusted(const struct compare_run *run, unsigned int index)
{
	const struct sv3_compare_result *result = &run->results[index];

	if (run->policies[index]->claims_lossless && result->pages_lost > 0)
		return true;
	if (run->config.contents && result->pages_differing > result->pages_lost)
		return true;
	return (result->faults > 0 && !compare_breaks_blocks(run)) || result->pa_mismatches > 0;
}

/** The results for programs; nothing is printed if a file cannot be written. */
static int save_results(const struct compare_run *run, const struct compare_request *request)
{
	char *json = request->json != NULL ? compare_json_text(run) : NULL;
	char *csv = request->csv != NULL ? compare_csv_text(run) : NULL;
	struct cli_file files[2];
	unsigned int count = 0;
	int status;

	if (json != NULL)
		files[count++] = (struct cli_file){ request->json, json, 0 };
	if (csv != NULL)
		files[count++] = (struct cli_file){ request->csv, csv, 0 };
	if ((request->json != NULL && json == NULL) || (request->csv != NULL && csv == NULL))
		status = cli_error("compare", "%s", sv3_strerror(SV3_ERR_NOMEM));
	else
		status = cli_save("compare", files, count);
	free(json);
	free(csv);
	return status;
}

static int report(const struct compare_run *run, const struct compare_request *request, int argc,
		  char *const argv[])
{
	const bool data_only = (request->json != NULL && cli_is_stdout(request->json)) ||
			       (request->csv != NULL && cli_is_stdout(request->csv));

	if (request->report != NULL && compare_report(run, request->report, argc, argv) != CLI_OK)
		return CLI_ERROR;
	if (save_results(run, request) != CLI_OK)
		return CLI_ERROR;
	if (!data_only &&
	    compare_print(run, &(const struct compare_sink){ stdout, false }) != CLI_OK)
		return CLI_ERROR;
	if (!data_only && request->plot)
		compare_chart(run, stdout);
	if (!data_only && request->report != NULL)
		printf("\nreport    %s/report.html\n", request->report);
	for (unsigned int i = 0; i < run->policy_count; i++) {
		if (compare_is_mistrusted(run, i))
			return CLI_MISTRUST;
	}
	return CLI_OK;
}

int cmd_compare(int argc, char **argv)
{
	struct compare_run run = { 0 };
	struct compare_request request;
	struct cli_args args;
	int status;

	sv3_compare_config_default(&run.config);
	compare_request_default(&request, &run.config);
	if (!compare_parse(argc, argv, &request, &args))
		return args.status;
	status = check_outputs(&request);
	if (status == CLI_OK)
		status = compare_configure(&run, &request);
	if (status == CLI_OK)
		status = open_input(&run, &request, &args);
	if (status == CLI_OK)
		status = run_policies(&run, request.report != NULL);
	if (status == CLI_OK)
		status = report(&run, &request, argc, argv);
	for (unsigned int i = 0; i < run.policy_count; i++)
		sv3_compare_result_free(&run.results[i]);
	free(run.write_maps);
	sv3_trace_free(&run.trace);
	return status;
}
