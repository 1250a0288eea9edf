/* SPDX-License-Identifier: MIT */
/*
 * compare_report.c - results of `sv3 compare` as a page: what --report writes.
 *
 * Every plot is drawn from rows that are written beside the page, too. Times on it count from the
 * start of tracking.
 */
#include "compare_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- numbers --- */

sv3_ps compare_began(const struct sv3_compare_result *result)
{
	return result->migration.row_count > 0 ? result->migration.rows[0].began : 0;
}

uint64_t compare_rate(uint64_t count, const struct sv3_round *row)
{
	const sv3_ps duration = row->ended - row->began;

	return duration > 0 ? (uint64_t)((unsigned __int128)count * SV3_PS_PER_S / duration) : 0;
}

const char *compare_kind_of(const struct sv3_migration_result *migration, uint32_t row)
{
	if (migration->rows[row].is_final)
		return row == 0 ? "stop-copy" : "final";
	return row == 0 ? "bulk" : "round";
}

/* --- the data --- */

/** The dataset of @keys, filled by @fill, as NAME.csv and NAME.json. */
static void add_data(struct page *page, const struct compare_run *run, const char *name,
		     const char *const *keys, uint32_t key_count,
		     void (*fill)(struct sv3_dataset *dataset, const struct compare_run *run,
				  unsigned int policy))
{
	struct sv3_dataset *dataset;
	const int error = sv3_dataset_create(keys, key_count, &dataset);

	page_failed(page, error);
	if (error < 0)
		return;
	for (unsigned int i = 0; i < run->policy_count; i++)
		fill(dataset, run, i);
	page_dataset(page, name, dataset);
	sv3_dataset_destroy(dataset);
}

static void add_ns(struct sv3_dataset *dataset, const struct sv3_compare_result *result, sv3_ps at)
{
	sv3_dataset_u64(dataset, (at - compare_began(result)) / SV3_PS_PER_NS);
}

static const char *const round_keys[] = {
	"policy",       "round",         "kind",           "began_ns",
	"collected_ns", "ended_ns",      "pages_reported", "pages_sent",
	"writes",       "pages_dirtied", "writes_per_s",   "pages_dirtied_per_s",
	"tlbi",         "sync",          "atc_inv",        "sync_time_ns",
};

static void fill_rounds(struct sv3_dataset *dataset, const struct compare_run *run,
			unsigned int policy)
{
	const struct sv3_compare_result *result = &run->results[policy];

	for (uint32_t i = 0; i < result->migration.row_count; i++) {
		const struct sv3_round *row = &result->migration.rows[i];
		const bool has_rate = row->ended > row->began;

		sv3_dataset_text(dataset, result->policy);
		sv3_dataset_u64(dataset, i);
		sv3_dataset_text(dataset, compare_kind_of(&result->migration, i));
		add_ns(dataset, result, row->began);
		add_ns(dataset, result, row->collected);
		add_ns(dataset, result, row->ended);
		sv3_dataset_u64(dataset, row->pages_reported);
		sv3_dataset_u64(dataset, row->pages_sent);
		sv3_dataset_u64(dataset, row->writes);
		sv3_dataset_u64(dataset, row->pages_dirtied);
		sv3_dataset_quotient(dataset, compare_rate(row->writes, row), has_rate, 0);
		sv3_dataset_quotient(dataset, compare_rate(row->pages_dirtied, row), has_rate, 0);
		sv3_dataset_u64(dataset, row->tlbi);
		sv3_dataset_u64(dataset, row->sync);
		sv3_dataset_u64(dataset, row->atc_inv);
		sv3_dataset_u64(dataset, row->sync_time / SV3_PS_PER_NS);
	}
}

static const char *const remaining_keys[] = { "policy", "time_ns", "pages_remaining" };

static void fill_remaining(struct sv3_dataset *dataset, const struct compare_run *run,
			   unsigned int policy)
{
	const struct sv3_compare_result *result = &run->results[policy];

	for (uint32_t i = 0; i <= result->migration.row_count; i++) {
		const struct compare_point point = compare_remaining(result, i);

		sv3_dataset_text(dataset, result->policy);
		sv3_dataset_u64(dataset, point.time / SV3_PS_PER_NS);
		sv3_dataset_u64(dataset, point.pages);
	}
}

static const char *const invalidation_keys[] = { "policy", "tlbi", "sync", "atc_inv",
						 "sync_time_ns" };

static void fill_invalidation(struct sv3_dataset *dataset, const struct compare_run *run,
			      unsigned int policy)
{
	const struct sv3_migration_result *migration = &run->results[policy].migration;

	sv3_dataset_text(dataset, run->results[policy].policy);
	sv3_dataset_u64(dataset, migration->tlbi);
	sv3_dataset_u64(dataset, migration->sync);
	sv3_dataset_u64(dataset, migration->atc_inv);
	sv3_dataset_u64(dataset, migration->sync_time / SV3_PS_PER_NS);
}

static const char *const write_keys[] = { "policy",     "from_ns",   "to_ns",
					  "first_page", "last_page", "writes" };

/** Parts in which nothing was written are left out. */
static void fill_writes(struct sv3_dataset *dataset, const struct compare_run *run,
			unsigned int policy)
{
	const struct sv3_write_map *map = &run->write_maps[policy];
	const uint64_t duration_us = UINT64_C(1) << map->time_lg2;

	for (uint64_t i = 0; i < SV3_WRITE_MAP_TIMES; i++) {
		for (uint64_t j = 0; j < SV3_WRITE_MAP_PAGES; j++) {
			if (map->writes[i][j] == 0)
				continue;
			sv3_dataset_text(dataset, run->results[policy].policy);
			sv3_dataset_u64(dataset, 1000 * i * duration_us);
			sv3_dataset_u64(dataset, 1000 * (i + 1) * duration_us);
			sv3_dataset_u64(dataset, (map->first_bin + j) << map->page_lg2);
			sv3_dataset_u64(dataset, ((map->first_bin + j + 1) << map->page_lg2) - 1);
			sv3_dataset_u64(dataset, map->writes[i][j]);
		}
	}
}

#define ADD_DATA(page, run, name, keys, fill) \
	add_data(page, run, name, keys, sizeof(keys) / sizeof((keys)[0]), fill)

static void add_files(struct page *page, const struct compare_run *run)
{
	page_file(page, "results.csv", compare_csv_text(run));
	page_file(page, "results.json", compare_json_text(run));
	ADD_DATA(page, run, "rounds", round_keys, fill_rounds);
	ADD_DATA(page, run, "remaining", remaining_keys, fill_remaining);
	ADD_DATA(page, run, "invalidation", invalidation_keys, fill_invalidation);
	ADD_DATA(page, run, "writes", write_keys, fill_writes);
}

/* --- the page --- */

struct compare_point compare_remaining(const struct sv3_compare_result *result, uint32_t index)
{
	const struct sv3_migration_result *migration = &result->migration;
	struct compare_point point = { .time = migration->total };

	if (index < migration->row_count) {
		point.time = migration->rows[index].collected - compare_began(result);
		point.pages = migration->rows[index].pages_reported;
	}
	return point;
}

/** "Live migration: nvme-rand-strict.s3t and 1 more" */
static void title_of(const struct compare_run *run, char *title, size_t size)
{
	const char *name = run->scenario_text != NULL ? run->scenario_text
			   : run->synthetic_count > 0 ? run->platform.path
						      : run->trace_paths[0];
	const char *slash = run->scenario_text != NULL ? NULL : strrchr(name, '/');
	const uint32_t traces = run->config.trace_count;
	char more[32] = "";

	if (traces > 1)
		snprintf(more, sizeof(more), " and %" PRIu32 " more", traces - 1);
	snprintf(title, size, "Live migration: %s%s", slash != NULL ? slash + 1 : name, more);
}

int compare_report(const struct compare_run *run, const char *folder, int argc, char *const argv[])
{
	const struct compare_sink sink = { NULL, true };
	struct compare_sink to = sink;
	struct page page;
	char title[256];

	title_of(run, title, sizeof(title));
	if (!page_begin(&page, "compare", folder, title))
		return CLI_ERROR;
	to.file = page.html;
	fprintf(page.html,
		"<p class=\"lead\">The same guest and the same DMA, migrated once for each of %u "
		"polic%s in the simulator sv3. Times are logical: they are the trace's and those of "
		"the costs given, not those of a machine.</p>\n<h2>Run</h2>\n",
		run->policy_count, run->policy_count == 1 ? "y" : "ies");
	page_command(&page, argc, argv);
	if (compare_print(run, &to) != CLI_OK)
		page.status = CLI_ERROR;
	compare_plots(&page, run);
	add_files(&page, run);
	return page_end(&page);
}
