/* SPDX-License-Identifier: MIT */
/*
 * compare_data.c - results of `sv3 compare` for programs: JSON, and CSV with the same names.
 *
 * Which numbers there are is said once, by the rows of `fields`. Times are whole nanoseconds.
 */
#include "cli.h"
#include "compare.h"

#include <sv3/arch.h>

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum field_type {
	FIELD_TEXT,
	FIELD_BOOL,
	FIELD_U32,
	FIELD_U64,
	FIELD_PS,
	FIELD_TIMED, /* U64 or PS of timed runs: else null, or an empty cell */
	FIELD_TIMED_PS,
};

struct field {
	const char *key;
	enum field_type type;
	size_t offset; /* in struct sv3_compare_result */
};

#define FIELD(key, type, member)                                                 \
	{                                                                        \
		(key), FIELD_##type, offsetof(struct sv3_compare_result, member) \
	}

/* What only hardware with timing could say. */
static const struct field fields[] = {
	FIELD("policy", TEXT, policy),
	FIELD("converged", BOOL, migration.converged),
	FIELD("rounds", U32, migration.rounds),
	FIELD("pages_sent", U64, migration.pages_sent),
	FIELD("pages_resent", U64, pages_resent),
	FIELD("pages_redundant", U64, pages_redundant),
	FIELD("pages_false", U64, pages_false),
	FIELD("writes_merged", U64, writes_merged),
	FIELD("pages_lost", U64, pages_lost),
	FIELD("bytes_sent", U64, migration.bytes_sent),
	FIELD("total_ns", PS, migration.total),
	FIELD("downtime_ns", PS, migration.downtime),
	FIELD("scan_descriptors", U64, migration.scan_descriptors),
	FIELD("leaves_cleared", U64, migration.leaves_cleared),
	FIELD("bitmap_bytes", U64, migration.bitmap_bytes),
	FIELD("write_faults", U64, migration.write_faults),
	FIELD("drains", U64, migration.drains),
	FIELD("cpu_faults", U64, migration.cpu_faults),
	FIELD("marks", U64, migration.marks),
	FIELD("bytes_compared", U64, migration.bytes_compared),
	FIELD("leaves_split", U64, migration.leaves_split),
	FIELD("leaves_merged", U64, migration.leaves_merged),
	FIELD("table_bytes", U64, migration.table_bytes),
	FIELD("merge_time_ns", PS, migration.merge_time),
	FIELD("httu_updates", U64, httu_updates),
	FIELD("tlbi", U64, migration.tlbi),
	FIELD("tlbi_asid", U64, migration.tlbi_asid),
	FIELD("tlbi_range", U64, migration.tlbi_range),
	FIELD("tlbi_va", U64, migration.tlbi_va),
	FIELD("sync", U64, migration.sync),
	FIELD("atc_inv", U64, migration.atc_inv),
	FIELD("atc_inv_all", U64, migration.atc_inv_all),
	FIELD("atc_over_pages", U64, migration.atc_over_pages),
	FIELD("sync_time_ns", PS, migration.sync_time),
	FIELD("tlb_hits", U64, tlb_hits),
	FIELD("tlb_misses", U64, tlb_misses),
	FIELD("refill_walks", U64, refill_walks),
	FIELD("cpu_writes", U64, cpu_writes),
	FIELD("cpu_delay_ns", PS, cpu_delay),
	FIELD("records_used", U64, records_used),
	FIELD("trace_rewinds", U64, trace_rewinds),
	FIELD("max_lag_ns", PS, lag_max),
	FIELD("faults", U64, faults),
	FIELD("pa_mismatches", U64, pa_mismatches),
	FIELD("dma_slowdown_percent", TIMED, dma.slowdown_percent),
	FIELD("dma_latency_p50_ns", TIMED_PS, dma.p50),
	FIELD("dma_latency_p99_ns", TIMED_PS, dma.p99),
	FIELD("migration_cpu_time_ns", TIMED_PS, migration.cpu_time),
	FIELD("pages_differing", U64, pages_differing), /* last: only with --contents */
};

/** The last field has a meaning only when the worlds carried bytes. */
static unsigned int field_count(const struct compare_run *run)
{
	const unsigned int all = sizeof(fields) / sizeof(fields[0]);

	return run->config.contents ? all : all - 1;
}

const char *compare_key(unsigned int index)
{
	return index < sizeof(fields) / sizeof(fields[0]) ? fields[index].key : NULL;
}

static const char *field_text(const struct sv3_compare_result *result, const struct field *field)
{
	const char *at = (const char *)result + field->offset;
	const char *text;

	memcpy(&text, at, sizeof(text));
	return text;
}

static bool field_bool(const struct sv3_compare_result *result, const struct field *field)
{
	return *((const char *)result + field->offset) != 0;
}

static bool is_unmeasured(const struct compare_run *run, const struct field *field)
{
	return !run->config.is_timed &&
	       (field->type == FIELD_TIMED || field->type == FIELD_TIMED_PS);
}

static uint64_t field_number(const struct sv3_compare_result *result, const struct field *field)
{
	const char *at = (const char *)result + field->offset;
	uint64_t wide;
	uint32_t narrow;

	if (field->type == FIELD_U32) {
		memcpy(&narrow, at, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, at, sizeof(wide));
	return field->type == FIELD_PS || field->type == FIELD_TIMED_PS ? wide / SV3_PS_PER_NS
									: wide;
}

/* --- JSON --- */

static void add_lost(cJSON *object, const struct compare_run *run,
		     const struct sv3_compare_result *r)
{
	cJSON *list = cJSON_AddArrayToObject(object, "lost");

	for (uint64_t i = 0; i < r->lost_count && i < COMPARE_LOST_LISTED; i++) {
		const struct sv3_lost_page *lost = &r->lost[i];
		cJSON *page = cJSON_CreateObject();

		cli_json_u64(page, "page", lost->page_index);
		cli_json_u64(page, "pa", run->config.guest_base + lost->page_index * SV3_PAGE_SIZE);
		cli_json_u64(page, "iova", lost->iova);
		cli_json_ns(page, "written_ns", lost->written);
		cli_json_ns(page, "cleared_ns", lost->cleared);
		cli_json_ns(page, "copied_ns", lost->copied);
		cJSON_AddStringToObject(page, "why", sv3_loss_text(lost->why));
		cJSON_AddItemToArray(list, page);
	}
}

/** One object a round, bulk first. */
static void add_rounds(cJSON *object, const struct sv3_migration_result *migration)
{
	cJSON *list = cJSON_AddArrayToObject(object, "round_rows");

	for (uint32_t i = 0; i < migration->row_count; i++) {
		const struct sv3_round *row = &migration->rows[i];
		cJSON *round = cJSON_CreateObject();

		cJSON_AddStringToObject(round, "kind",
					i == 0          ? "bulk"
					: row->is_final ? "final"
							: "round");
		cli_json_ns(round, "began_ns", row->began);
		cli_json_ns(round, "collected_ns", row->collected);
		cli_json_ns(round, "ended_ns", row->ended);
		cli_json_u64(round, "pages_reported", row->pages_reported);
		cli_json_u64(round, "pages_false", row->pages_false);
		cli_json_u64(round, "threshold_pages", row->threshold_pages);
		cli_json_u64(round, "pages_sent", row->pages_sent);
		cli_json_u64(round, "bytes_sent", row->bytes_sent);
		cli_json_u64(round, "pages_redundant", row->pages_redundant);
		cli_json_u64(round, "writes", row->writes);
		cli_json_u64(round, "pages_dirtied", row->pages_dirtied);
		cli_json_u64(round, "httu_updates", row->httu_updates);
		cli_json_u64(round, "scan_descriptors", row->scan_descriptors);
		cli_json_u64(round, "leaves_cleared", row->leaves_cleared);
		cli_json_u64(round, "tlbi", row->tlbi);
		cli_json_u64(round, "sync", row->sync);
		cli_json_u64(round, "atc_inv", row->atc_inv);
		cli_json_ns(round, "sync_time_ns", row->sync_time);
		cli_json_u64(round, "refill_walks", row->refill_walks);
		cli_json_u64(round, "bitmap_bytes", row->bitmap_bytes);
		cli_json_u64(round, "write_faults", row->write_faults);
		cli_json_u64(round, "throttle_percent", row->throttle_percent);
		cJSON_AddItemToArray(list, round);
	}
}

static const char *divergence_name(enum sv3_divergence why)
{
	static const char *const names[] = { NULL, "false-dirt", "rate", "round" };

	return names[why];
}

static void add_text(cJSON *object, const char *key, const char *text)
{
	if (text != NULL)
		cJSON_AddStringToObject(object, key, text);
	else
		cJSON_AddNullToObject(object, key);
}

static cJSON *policy_object(const struct compare_run *run, unsigned int index)
{
	const struct sv3_compare_result *result = &run->results[index];
	cJSON *object = cJSON_CreateObject();

	for (unsigned int i = 0; i < field_count(run); i++) {
		const struct field *field = &fields[i];

		if (is_unmeasured(run, field))
			cJSON_AddNullToObject(object, field->key);
		else if (field->type == FIELD_TEXT)
			cJSON_AddStringToObject(object, field->key, field_text(result, field));
		else if (field->type == FIELD_BOOL)
			cJSON_AddBoolToObject(object, field->key, field_bool(result, field));
		else
			cli_json_u64(object, field->key, field_number(result, field));
	}
	cJSON_AddBoolToObject(object, "claims_lossless", run->policies[index]->claims_lossless);
	add_text(object, "does_not_converge_because",
		 divergence_name(sv3_migration_divergence(&result->migration)));
	add_rounds(object, &result->migration);
	if (result->pages_lost > 0)
		add_lost(object, run, result);
	if (run->config.monitored)
		cJSON_AddItemToObject(
			object, "monitor",
			monitor_json(&result->monitor, result->findings, result->finding_count));
	return object;
}

/** Picoseconds as exact nanoseconds, 0.5 included. */
static void add_cost(cJSON *object, const char *key, sv3_ps cost)
{
	cli_json_decimal(object, key, cost, 3);
}

static void add_parameters(cJSON *top, const struct sv3_compare_config *config)
{
	const struct sv3_migration_config *migration = &config->migration;

	cJSON_AddStringToObject(top, "view", config->view == SV3_VIEW_GUEST ? "guest" : "iova");
	cli_json_u64(top, "guest_base", config->guest_base);
	cli_json_u64(top, "guest_mem", config->guest_size);
	cli_json_u64(top, "link_bits_per_s", migration->link_bits_per_s);
	/* A scenario has rounds of its own and no stop rule. */
	if (config->scenario)
		cJSON_AddNullToObject(top, "downtime_limit_ns");
	else
		add_cost(top, "downtime_limit_ns", migration->downtime);
	cli_json_u64(top, "max_rounds",
		     config->scenario ? config->scenario->rounds : migration->max_rounds);
	cli_json_u64(top, "chunk_shift", migration->chunk_shift);
	cJSON_AddStringToObject(top, "mode", compare_modes[migration->mode]);
	cJSON_AddStringToObject(top, "bandwidth",
				migration->measure_bandwidth ? "measured" : "link");
	cJSON_AddStringToObject(top, "transfer", compare_transfers[migration->transfer]);
	cJSON_AddStringToObject(top, "unmap", compare_unmaps[config->unmap_mode]);
	cJSON_AddStringToObject(top, "invalidation", compare_invalidations[config->invalidation]);
	cJSON_AddStringToObject(top, "leaf", compare_leaves[migration->leaf]);
	cli_json_u64(top, "leaf_size", UINT64_C(1) << config->leaf_max_lg2);
	cli_json_u64(top, "bbml", SV3_GET(SV3_IDR3_BBML, config->smmu.idr3));
	cJSON_AddBoolToObject(top, "throttle_device", migration->throttle.device);
	cJSON_AddBoolToObject(top, "throttle_cpu", migration->throttle.cpu);
	cli_json_u64(top, "throttle_trigger", migration->throttle.trigger_percent);
	cli_json_u64(top, "throttle_initial", migration->throttle.initial_percent);
	cli_json_u64(top, "throttle_increment", migration->throttle.increment_percent);
	cli_json_u64(top, "throttle_max", migration->throttle.max_percent);
	cli_json_u64(top, "device_state_bytes", migration->device_state_bytes);
	cJSON_AddStringToObject(top, "flush", compare_flushes[migration->flush - SV3_FLUSH_RANGE]);
	cli_json_decimal(top, "time_scale", config->time_scale_ppm, 6);
	add_cost(top, "lead_ns", config->lead);
	add_cost(top, "scan_time_ns", config->costs.scan);
	add_cost(top, "clear_time_ns", config->costs.clear);
	add_cost(top, "cmdq_delay_ns", config->costs.cmdq_delay);
	add_cost(top, "inv_latency_ns", config->costs.inv_latency);
	add_cost(top, "clear_delay_ns", config->costs.clear_delay);
	add_cost(top, "post_delay_ns", config->costs.post_delay);
	add_cost(top, "fault_latency_ns", config->costs.fault_latency);
	cli_json_u64(top, "tlb_entries", config->smmu.tlb_entries);
	cJSON_AddBoolToObject(top, "ats", config->ats);
	cli_json_u64(top, "atc_entries", config->atc_entries);
	cJSON_AddBoolToObject(top, "contents", config->contents);
}

/** Each trace is a device. */
static void add_traces(cJSON *top, const struct compare_run *run)
{
	cJSON *list = cJSON_AddArrayToObject(top, "traces");

	for (unsigned int i = 0; i < run->config.trace_count; i++) {
		const struct sv3_trace_summary *summary = &run->summaries[i];
		cJSON *trace = cJSON_CreateObject();

		cJSON_AddStringToObject(trace, "path", run->trace_paths[i]);
		cli_json_u64(trace, "records",
			     summary->op_count[SV3_TRACE_R] + summary->op_count[SV3_TRACE_W]);
		cli_json_u64(trace, "pages_touched", summary->pa_pages_written);
		cli_json_u64(trace, "stream_offset", i * run->stream_offset);
		cJSON_AddBoolToObject(trace, "direction_is_bound",
				      run->traces[i].direction_is_bound);
		cJSON_AddItemToArray(list, trace);
	}
}

/** Only where there are some: what has none is as it was before there could be. */
static void add_synthetics(cJSON *top, const struct compare_run *run)
{
	cJSON *list;

	if (run->synthetic_count == 0)
		return;
	list = cJSON_AddArrayToObject(top, "devices");
	for (uint32_t i = 0; i < run->synthetic_count; i++) {
		cJSON *device = cJSON_CreateObject();

		cJSON_AddStringToObject(device, "node", run->platform.tree.devices[i].node);
		cli_json_u64(device, "stream_id", run->synthetics[i].stream_id);
		cli_json_u64(device, "pages", run->synthetics[i].page_count);
		cJSON_AddItemToArray(list, device);
	}
}

/** What CPUs write beside them. */
static void add_cpus(cJSON *top, const struct compare_cpus *cpus)
{
	cJSON *list = cJSON_AddArrayToObject(top, "cpu_writers");

	for (unsigned int i = 0; i < cpus->texts.count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(cpus->texts.items[i]));
	add_text(top, "cpu_trace", cpus->trace_path);
}

char *compare_json_text(const struct compare_run *run)
{
	cJSON *top = cJSON_CreateObject();
	cJSON *policies;

	add_text(top, "scenario", run->scenario_text);
	if (run->scenario_text == NULL && run->synthetic_count == 0)
		cli_json_u64(top, "records", run->records);
	else
		cJSON_AddNullToObject(top, "records");
	cli_json_u64(top, "pages_touched", run->pages_touched);
	cli_json_u64(top, "guest_pages", run->config.guest_size / SV3_PAGE_SIZE);
	cli_json_u64(top, "seed", run->config.seed);
	cJSON_AddStringToObject(top, "version", sv3_version());
	add_text(top, "bug", run->bug_name);
	add_parameters(top, &run->config);
	if (run->config.is_timed)
		cJSON_AddItemToObject(top, "timed",
				      timing_json_request(run->timed, &run->config.timing));
	add_traces(top, run);
	add_synthetics(top, run);
	add_cpus(top, &run->cpus);
	policies = cJSON_AddArrayToObject(top, "policies");
	for (unsigned int i = 0; i < run->policy_count; i++)
		cJSON_AddItemToArray(policies, policy_object(run, i));
	return cli_json_print(top);
}

/* --- CSV --- */

char *compare_csv_text(const struct compare_run *run)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (file == NULL)
		return NULL;
	for (unsigned int i = 0; i < field_count(run); i++)
		fprintf(file, "%s%s", i > 0 ? "," : "", fields[i].key);
	for (unsigned int p = 0; p < run->policy_count; p++) {
		const struct sv3_compare_result *result = &run->results[p];

		for (unsigned int i = 0; i < field_count(run); i++) {
			const struct field *field = &fields[i];

			fputs(i > 0 ? "," : "\n", file);
			if (is_unmeasured(run, field))
				continue;
			if (field->type == FIELD_TEXT)
				fputs(field_text(result, field), file);
			else if (field->type == FIELD_BOOL)
				fputs(field_bool(result, field) ? "true" : "false", file);
			else
				fprintf(file, "%" PRIu64, field_number(result, field));
		}
	}
	fputc('\n', file);
	if (ferror(file) != 0) {
		fclose(file);
		free(text);
		return NULL;
	}
	return fclose(file) == 0 ? text : NULL;
}
