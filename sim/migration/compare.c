/* SPDX-License-Identifier: MIT */
/*
 * compare.c - one policy in a world of its own: built, migrated, the oracle asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_priv.h"

#define GUEST_BASE_DEFAULT  UINT64_C(0x40000000)
#define LG2_PAGES_ONLY      12u
#define ATC_ENTRIES_DEFAULT 64u
#define TIMED_LEAD_DEFAULT  (2 * SV3_PS_PER_MS)

void sv3_compare_config_default(struct sv3_compare_config *config)
{
	struct sv3_world_config world;

	sv3_world_config_default(&world);
	*config = (struct sv3_compare_config){
		.view = SV3_VIEW_GUEST,
		.guest_base = GUEST_BASE_DEFAULT,
		.time_scale_ppm = 1000000,
		.costs = world.costs,
		.smmu = world.smmu,
		.granule_lg2 = SV3_PAGE_LG2,
		.leaf_max_lg2 = LG2_PAGES_ONLY,
		.atc_entries = ATC_ENTRIES_DEFAULT,
		.migration = {
			.link_bits_per_s = UINT64_C(25000000000),
			.downtime = 300 * SV3_PS_PER_MS,
			.measure_bandwidth = true,
			.max_rounds = 30,
			.chunk_shift = 18,
			.flush = SV3_FLUSH_RANGE,
			.cache_bytes = UINT64_C(64) << 20,
			.ring_entries = 4096,
			.pml_entries = 512,
			.device_page_lg2 = SV3_PAGE_LG2,
			.log_delay = 100 * SV3_PS_PER_NS,
			.diff_time = 400 * SV3_PS_PER_NS,
			.cpu_fault = SV3_PS_PER_US,
			.throttle = {
				.trigger_percent = 50,
				.initial_percent = 20,
				.increment_percent = 10,
				.max_percent = 99,
			},
		},
	};
}

/* --- observers --- */

static void run_pages_copied(void *context, const struct sv3_copy *copy)
{
	struct sv3__run *run = (struct sv3__run *)context;
	const struct sv3_migration_observer *next = run->config->migration.observer;

	run->truth_observer.pages_copied(run->truth_observer.context, copy);
	if (run->image.bytes)
		sv3__image_receive(&run->image, copy);
	if (sv3_world_monitor(run->world))
		sv3_monitor_copied(sv3_world_monitor(run->world),
				   run->config->guest_base + copy->first_page * SV3_PAGE_SIZE,
				   copy->page_count * SV3_PAGE_SIZE);
	if (next && next->pages_copied)
		next->pages_copied(next->context, copy);
}

static void run_leaf_cleared(void *context, sv3_pa pa, uint64_t len, sv3_ps at)
{
	struct sv3__run *run = (struct sv3__run *)context;

	run->truth_observer.leaf_cleared(run->truth_observer.context, pa, len, at);
}

static void run_invalidated(void *context, sv3_ps pushed, sv3_ps consumed)
{
	struct sv3__run *run = (struct sv3__run *)context;

	run->truth_observer.invalidated(run->truth_observer.context, pushed, consumed);
}

static void run_atc_invalidated(void *context, sv3_ps pushed, sv3_ps consumed)
{
	struct sv3__run *run = (struct sv3__run *)context;

	run->truth_observer.atc_invalidated(run->truth_observer.context, pushed, consumed);
}

static void run_collected(void *context, const struct sv3_dirty_log *reported,
			  struct sv3_round *row)
{
	const struct sv3__run *run = (const struct sv3__run *)context;

	row->pages_false = sv3_truth_false(run->truth, reported);
	run->truth_observer.collected(run->truth_observer.context, reported, row);
}

/* What happened in this round, by the difference of counters. */
static void run_round_ended(void *context, struct sv3_round *row)
{
	struct sv3__run *run = (struct sv3__run *)context;
	const struct sv3_truth_counts now = sv3_truth_counts(run->truth), then = run->counts;
	const struct sv3_smmu_stats *smmu = sv3_world_smmu_stats(run->world);

	row->writes = now.writes - then.writes;
	row->pages_dirtied = now.pages_dirtied - then.pages_dirtied;
	row->pages_redundant = now.redundant - then.redundant;
	row->httu_updates = smmu->httu_updates - run->httu_updates;
	row->refill_walks = smmu->tlb_refills - run->refill_walks;
	run->counts = now;
	run->httu_updates = smmu->httu_updates;
	run->refill_walks = smmu->tlb_refills;
	/* What was not sent is in the next row again. */
	if (row->pages_sent)
		run->result->pages_false += row->pages_false;
}

static void run_progress(void *context, uint64_t pages_sent, uint32_t round, sv3_ps at)
{
	struct sv3__run *run = (struct sv3__run *)context;

	(void)at;
	if (run->config->progress)
		run->config->progress(run->config->progress_context, run->result->policy,
				      pages_sent, round);
}

/* --- running --- */

/* Accesses of devices so far, reads and writes. */
static void take_dma(const struct sv3__run *run, struct sv3_histogram *dma)
{
	const struct sv3_timed_stats *timed = sv3_world_timed_stats(run->world);

	*dma = timed->write;
	dma->count += timed->read.count;
	dma->sum += timed->read.sum;
	if (timed->read.most > dma->most)
		dma->most = timed->read.most;
	for (unsigned int i = 0; i < SV3_HISTOGRAM_BUCKETS; i++)
		dma->buckets[i] += timed->read.buckets[i];
}

/* Of @dma is left what came since @before. */
static void subtract_dma(struct sv3_histogram *dma, const struct sv3_histogram *before)
{
	dma->count -= before->count;
	dma->sum -= before->sum;
	for (unsigned int i = 0; i < SV3_HISTOGRAM_BUCKETS; i++)
		dma->buckets[i] -= before->buckets[i];
}

static sv3_ps mean_of(const struct sv3__run *run, const struct sv3_histogram *dma)
{
	const uint32_t clock_mhz = run->config->timing.clock_mhz;

	return dma->count ? dma->sum * (SV3_PS_PER_US / clock_mhz) / dma->count : 0;
}

/* By the last half of the lead is told how accesses do without a migration. */
static void run_timed_lead(struct sv3__run *run)
{
	const sv3_ps lead = run->config->lead ? run->config->lead : TIMED_LEAD_DEFAULT;
	struct sv3_histogram warm;

	if (!(run->needs & SV3_NEEDS_SOFTWARE_DIRTY))
		sv3_world_advance(run->world, lead / 2);
	take_dma(run, &warm);
	if (!(run->needs & SV3_NEEDS_SOFTWARE_DIRTY))
		sv3_world_advance(run->world, lead - lead / 2);
	take_dma(run, &run->dma);
	subtract_dma(&run->dma, &warm);
	run->result->dma.before_count = run->dma.count;
	run->result->dma.before_mean = mean_of(run, &run->dma);
	take_dma(run, &run->dma);
}

/* What happens before the migration is in no round and no map. */
static void run_lead(struct sv3__run *run)
{
	if (!run->config->is_timed && !run->config->lead)
		return;
	if (run->config->is_timed)
		run_timed_lead(run);
	else
		sv3_world_advance(run->world, run->config->lead);
	run->before = run->counts = sv3_truth_counts(run->truth);
	run->httu_updates = sv3_world_smmu_stats(run->world)->httu_updates;
	run->refill_walks = sv3_world_smmu_stats(run->world)->tlb_refills;
	run->began = sv3_world_now(run->world);
	if (run->config->write_map)
		sv3_write_map_reset(run->config->write_map);
}

static int migrate(struct sv3__run *run)
{
	const struct sv3_migration_observer observer = {
		.pages_copied = run_pages_copied,
		.leaf_cleared = run_leaf_cleared,
		.invalidated = run_invalidated,
		.atc_invalidated = run_atc_invalidated,
		.collected = run_collected,
		.round_ended = run_round_ended,
		.progress = run_progress,
		.context = run,
	};
	struct sv3_migration_config migration = sv3__run_migration(run);
	const char *host_error;
	int rc;

	migration.pinned = &run->pinned;
	migration.observer = &observer;
	migration.at_place = NULL;
	if (run->devices.script) {
		migration.at_place = sv3__script_at_place;
		migration.at_place_context = run->devices.script;
	}
	run_lead(run);
	rc = sv3_migrate(run->world, run->host, &migration, &run->result->migration);
	host_error = sv3_host_error(run->host);
	if (host_error) {
		snprintf(run->result->error, sizeof(run->result->error), "%s", host_error);
		return rc ? rc : -SV3_ERR_FORMAT;
	}
	return rc ? sv3__run_failed(run, rc, "migration") : 0;
}

static int ask_oracle(struct sv3__run *run)
{
	struct sv3_compare_result *result = run->result;
	const struct sv3_truth_counts counts = sv3_truth_counts(run->truth);

	result->pages_redundant = counts.redundant;
	result->writes_merged = (counts.writes - run->before.writes) -
				(counts.pages_dirtied - run->before.pages_dirtied);
	result->pages_lost = sv3_truth_lost_count(run->truth);
	if (run->image.bytes)
		result->pages_differing = sv3__image_differing(&run->image);
	if (!result->pages_lost)
		return 0;
	result->lost =
		(struct sv3_lost_page *)calloc((size_t)result->pages_lost, sizeof(*result->lost));
	if (!result->lost || sv3_truth_lost(run->truth, result->lost, result->pages_lost))
		return sv3__run_failed(run, -SV3_ERR_NOMEM, "history of lost pages");
	result->lost_count = result->pages_lost;
	return 0;
}

static int ask_monitor(struct sv3__run *run)
{
	struct sv3_monitor *monitor = sv3_world_monitor(run->world);
	struct sv3_compare_result *result = run->result;
	uint32_t count = 0;

	if (!monitor)
		return 0;
	sv3_monitor_finish(monitor);
	while (sv3_monitor_finding(monitor, count))
		count++;
	result->monitor = *sv3_monitor_stats(monitor);
	if (!count)
		return 0;
	result->findings = (struct sv3_monitor_finding *)calloc(count, sizeof(*result->findings));
	if (!result->findings)
		return sv3__run_failed(run, -SV3_ERR_NOMEM, "findings");
	for (uint32_t i = 0; i < count; i++)
		result->findings[i] = *sv3_monitor_finding(monitor, i);
	result->finding_count = count;
	return 0;
}

static void take_dma_times(struct sv3__run *run)
{
	const sv3_ps cycle_ps = SV3_PS_PER_US / run->config->timing.clock_mhz;
	struct sv3_dma_time *dma = &run->result->dma;

	dma->clock_mhz = run->config->timing.clock_mhz;
	take_dma(run, &dma->latency);
	subtract_dma(&dma->latency, &run->dma);
	dma->count = dma->latency.count;
	dma->mean = mean_of(run, &dma->latency);
	dma->p50 = sv3_histogram_permille(&dma->latency, 500) * cycle_ps;
	dma->p99 = sv3_histogram_permille(&dma->latency, 990) * cycle_ps;
	if (dma->before_count && dma->mean > dma->before_mean)
		dma->slowdown_percent = (dma->mean - dma->before_mean) * 100 / dma->before_mean;
}

static void take_counters(struct sv3__run *run)
{
	struct sv3_compare_result *result = run->result;
	const struct sv3_world_stats *world = sv3_world_stats(run->world);
	const struct sv3_smmu_stats *smmu = sv3_world_smmu_stats(run->world);

	result->guest_pages = run->guest_size / SV3_PAGE_SIZE;
	result->pages_resent = result->migration.pages_sent - result->guest_pages;
	result->httu_updates = smmu->httu_updates;
	result->tlb_hits = smmu->tlb_hits;
	result->tlb_misses = smmu->tlb_misses;
	result->refill_walks = smmu->tlb_refills;
	result->cpu_writes = world->cpu_writes;
	result->cpu_delay = world->cpu_delay;
	result->records_used = world->records;
	result->lag_max = world->lag_max;
	result->faults = world->faults;
	result->pa_mismatches = world->pa_mismatches;
	result->trace_rewinds = sv3__devices_rewinds(&run->devices);
	if (run->config->is_timed)
		take_dma_times(run);
}

static int run_world(struct sv3__run *run)
{
	const struct sv3_compare_config *config = run->config;
	int rc = 0;

	if (config->world_begins)
		rc = config->world_begins(config->world_context, run->world);
	if (rc)
		return sv3__run_failed(run, rc, "world");
	rc = migrate(run);
	if (!rc) {
		take_counters(run);
		rc = ask_oracle(run);
	}
	if (!rc) {
		rc = ask_monitor(run);
	}
	if (config->world_ends)
		config->world_ends(config->world_context, run->world, !rc);
	return rc;
}

int sv3_compare_run(const struct sv3_compare_config *config, const char *policy,
		    struct sv3_compare_result *result)
{
	struct sv3__run run = { .config = config, .result = result };
	int rc;

	memset(result, 0, sizeof(*result));
	result->policy = policy;
	rc = sv3__run_build(&run);
	if (!rc)
		rc = run_world(&run);
	sv3__run_take_apart(&run);
	return rc;
}

void sv3_compare_result_free(struct sv3_compare_result *result)
{
	sv3_migration_result_free(&result->migration);
	free(result->lost);
	free(result->findings);
	result->lost = NULL;
	result->findings = NULL;
	result->lost_count = 0;
	result->finding_count = 0;
}
