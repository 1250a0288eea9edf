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
	if (run->policies[index]->claims_lossless && result->finding_count > 0)
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
	if (!data_only && run->config.is_timed)
		watch_print(run->watch, stdout);
	for (unsigned int i = 0; i < run->policy_count; i++) {
		if (compare_is_mistrusted(run, i))
			return CLI_MISTRUST;
	}
	return CLI_OK;
}

static int make_write_maps(struct compare_run *run, bool wants_maps)
{
	if (!wants_maps)
		return CLI_OK;
	run->write_maps = calloc(run->policy_count, sizeof(*run->write_maps));
	return run->write_maps != NULL ? CLI_OK
				       : cli_error("compare", "%s", sv3_strerror(SV3_ERR_NOMEM));
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
		status = compare_load_platform(&run, &request, &args);
	if (status == CLI_OK)
		status = compare_configure_time(&run, &request, &args);
	if (status == CLI_OK)
		status = compare_configure(&run, &request);
	if (status == CLI_OK)
		status = compare_check_watch(&run);
	if (status == CLI_OK)
		status = compare_open(&run, &request, &args);
	if (status == CLI_OK)
		status = make_write_maps(&run, request.report != NULL);
	if (status == CLI_OK)
		status = compare_run_policies(&run, cli_jobs(request.jobs));
	if (status == CLI_OK && run.is_unwatched)
		status = CLI_ERROR;
	if (status == CLI_OK)
		status = report(&run, &request, argc, argv);
	for (unsigned int i = 0; i < run.policy_count; i++)
		sv3_compare_result_free(&run.results[i]);
	free(run.write_maps);
	compare_close(&run);
	return status;
}
