/* SPDX-License-Identifier: MIT */
/*
 * compare_timing.c - `sv3 compare --timed`: hardware that takes time, and software that pays by the
 * same table.
 *
 * What is typed wins over the preset, --set and the tree of --platform; so do costs of software
 * such as --scan-time.
 */
#include "compare.h"
#include "timing.h"

#include <sv3/report.h>

#include <inttypes.h>

/* --- what was asked for --- */

static void pay_by_table(struct compare_run *run, struct compare_request *request,
			 const struct cli_args *args)
{
	struct sv3_costs *costs = &run->config.costs;
	const struct {
		const char *option;
		uint64_t *typed;
		const sv3_ps *cost;
	} rows[] = {
		{ "--scan-time", &request->scan, &costs->scan },
		{ "--clear-time", &request->clear, &costs->clear },
		{ "--cmdq-delay", &request->cmdq_delay, &costs->cmdq_delay },
		{ "--inv-latency", &request->inv_latency, &costs->inv_latency },
		{ "--post-delay", &request->post_delay, &costs->post_delay },
	};

	sv3_costs_timed(&run->config.timing, costs);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!cli_is_given(args, rows[i].option))
			*rows[i].typed = *rows[i].cost;
}

int compare_configure_time(struct compare_run *run, struct compare_request *request,
			   const struct cli_args *args)
{
	struct sv3_compare_config *config = &run->config;

	if (timing_apply("compare", &request->timed, &run->platform, args, &config->timing,
			 &config->smmu) != CLI_OK)
		return CLI_ERROR;
	run->timed = &request->timed;
	run->watch = &request->watch;
	config->is_timed = request->timed.is_timed;
	config->closed_loop = request->timed.closed_loop;
	if (!config->is_timed)
		return CLI_OK;
	pay_by_table(run, request, args);
	if (watch_check("compare", run->watch) != CLI_OK)
		return CLI_ERROR;
	if (!cli_is_given(args, "--tlb-entries"))
		request->tlb_entries = config->smmu.tlb_entries;
	return CLI_OK;
}

void compare_print_time(const struct compare_run *run, FILE *file)
{
	if (!run->config.is_timed)
		return;
	fprintf(file, " --timed --preset %s", run->timed->preset);
	for (unsigned int i = 0; i < run->timed->sets.count; i++)
		fprintf(file, " --set %s", run->timed->sets.items[i]);
	if (run->config.closed_loop)
		fprintf(file, " --closed-loop");
}

/* --- files that show it --- */

static int watch_world(void *context, struct sv3_world *world)
{
	struct compare_run *run = context;

	return watch_begin("compare", run->watch, world) == CLI_OK ? 0 : -SV3_ERR_IO;
}

static void stop_watching(void *context, struct sv3_world *world, bool ok)
{
	struct compare_run *run = context;

	/* What went wrong is said, and there is no file. */
	if (watch_end("compare", run->watch, world, ok) != CLI_OK)
		run->is_unwatched = true;
}

int compare_check_watch(const struct compare_run *run)
{
	if (run->watch->timeline_path == NULL && run->watch->vcd_path == NULL)
		return CLI_OK;
	if (run->policy_count != 1)
		return cli_error("compare",
				 "--timeline and --vcd show one migration; give --policy NAME");
	return CLI_OK;
}

void compare_watch(struct compare_run *run, struct sv3_compare_config *config)
{
	if (run->watch->timeline_path == NULL && run->watch->vcd_path == NULL)
		return;
	config->world_begins = watch_world;
	config->world_ends = stop_watching;
	config->world_context = run;
}

/* --- what came out --- */

static const struct sv3_table_column columns[] = {
	{ "policy", "", SV3_ALIGN_LEFT },         { "accesses", "", SV3_ALIGN_RIGHT },
	{ "before", "mean ns", SV3_ALIGN_RIGHT }, { "during", "mean ns", SV3_ALIGN_RIGHT },
	{ "slower", "%", SV3_ALIGN_RIGHT },       { "p50", "ns", SV3_ALIGN_RIGHT },
	{ "p99", "ns", SV3_ALIGN_RIGHT },         { "SYNC waits", "us", SV3_ALIGN_RIGHT },
	{ "CPU", "ms", SV3_ALIGN_RIGHT },
};

static void add_row(struct sv3_table *table, const struct sv3_compare_result *result)
{
	const struct sv3_dma_time *dma = &result->dma;
	const struct sv3_migration_result *migration = &result->migration;

	sv3_table_text(table, result->policy, SV3_TONE_PLAIN);
	sv3_table_count(table, dma->count, SV3_TONE_PLAIN);
	if (dma->before_count > 0)
		sv3_table_quotient(table, dma->before_mean, SV3_PS_PER_NS, 1, SV3_TONE_PLAIN);
	else
		sv3_table_text(table, "-", SV3_TONE_PLAIN);
	sv3_table_quotient(table, dma->mean, SV3_PS_PER_NS, 1, SV3_TONE_PLAIN);
	if (dma->before_count > 0)
		sv3_table_count(table, dma->slowdown_percent, SV3_TONE_PLAIN);
	else
		sv3_table_text(table, "-", SV3_TONE_PLAIN);
	sv3_table_quotient(table, dma->p50, SV3_PS_PER_NS, 0, SV3_TONE_PLAIN);
	sv3_table_quotient(table, dma->p99, SV3_PS_PER_NS, 0, SV3_TONE_PLAIN);
	sv3_table_quotient(table, migration->sync_time, SV3_PS_PER_US, 3, SV3_TONE_PLAIN);
	sv3_table_quotient(table, migration->cpu_time, SV3_PS_PER_MS, 3, SV3_TONE_PLAIN);
}

struct sv3_table *compare_time_table(const struct compare_run *run)
{
	struct sv3_table *table;

	if (sv3_table_create(columns, sizeof(columns) / sizeof(columns[0]), &table) < 0)
		return NULL;
	for (unsigned int i = 0; i < run->policy_count; i++)
		add_row(table, &run->results[i]);
	return table;
}
