/* SPDX-License-Identifier: MIT */
/*
 * compare.c - one policy in a world of its own: build, migrate, ask the oracle, take apart.
 *
 * All policies get the same hardware, tables, device, seed and costs: the policy differs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sv3/arch.h>

#include "migration_priv.h"

#define GUEST_BASE_DEFAULT   UINT64_C(0x40000000)
#define SCENARIO_GUEST_BYTES (UINT64_C(1) << 20)
#define LG2_PAGES_ONLY       12u
#define STALLS_MAX           64u
#define ATC_ENTRIES_DEFAULT  64u

struct run {
	const struct sv3_compare_config *config;
	struct sv3_compare_result *result;
	uint64_t guest_size;
	uint32_t needs; /* of the policy */
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_truth *truth;
	struct sv3_migration_observer truth_observer;
	struct sv3__image image;
	struct sv3__guest_facts facts;
	struct sv3__devices devices;
	struct sv3_dirty_log pinned;
	/* As they stood when the last round ended. */
	struct sv3_truth_counts counts;
	uint64_t httu_updates, refill_walks;
	sv3_ps began; /* the migration */
};

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

/* --- what went wrong --- */

/* Notes a text for a person and passes the error on. */
static int failed(struct run *run, int error, const char *what)
{
	if (!run->result->error[0])
		snprintf(run->result->error, sizeof(run->result->error), "%s: %s", what,
			 sv3_strerror(error));
	return error;
}

static const char *op_name(unsigned int op)
{
	static const char *const names[SV3_TRACE_OP_COUNT] = {
#define X(name, text) [SV3_TRACE_##name] = (text),
		SV3_TRACE_OP_MAP(X)
#undef X
	};

	return op < SV3_TRACE_OP_COUNT ? names[op] : "?";
}

static int outside_guest(struct run *run, uint32_t trace, uint64_t record)
{
	const struct sv3_trace_rec *rec = &run->config->traces[trace].records[record];

	snprintf(run->result->error, sizeof(run->result->error),
		 "record %llu of trace %u (%s of %llu bytes at pa 0x%llx) lies outside guest RAM, "
		 "0x%llx to 0x%llx: set guest base and guest size",
		 (unsigned long long)record, trace, op_name(rec->op), (unsigned long long)rec->len,
		 (unsigned long long)rec->pa, (unsigned long long)run->config->guest_base,
		 (unsigned long long)(run->config->guest_base + run->guest_size - 1));
	return -SV3_ERR_RANGE;
}

/* --- observers --- */

static void run_pages_copied(void *context, const struct sv3_copy *copy)
{
	struct run *run = (struct run *)context;
	const struct sv3_migration_observer *next = run->config->migration.observer;

	run->truth_observer.pages_copied(run->truth_observer.context, copy);
	if (run->image.bytes)
		sv3__image_receive(&run->image, copy);
	if (next && next->pages_copied)
		next->pages_copied(next->context, copy);
}

static void run_leaf_cleared(void *context, sv3_pa pa, uint64_t len, sv3_ps at)
{
	struct run *run = (struct run *)context;

	run->truth_observer.leaf_cleared(run->truth_observer.context, pa, len, at);
}

static void run_invalidated(void *context, sv3_ps pushed, sv3_ps consumed)
{
	struct run *run = (struct run *)context;

	run->truth_observer.invalidated(run->truth_observer.context, pushed, consumed);
}

static void run_atc_invalidated(void *context, sv3_ps pushed, sv3_ps consumed)
{
	struct run *run = (struct run *)context;

	run->truth_observer.atc_invalidated(run->truth_observer.context, pushed, consumed);
}

static void run_collected(void *context, const struct sv3_dirty_log *reported,
			  struct sv3_round *row)
{
	const struct run *run = (const struct run *)context;

	row->pages_false = sv3_truth_false(run->truth, reported);
	run->truth_observer.collected(run->truth_observer.context, reported, row);
}

static void map_write(void *context, const struct sv3_write *write)
{
	const struct run *run = (const struct run *)context;
	const uint64_t page = (write->pa - run->config->guest_base) / SV3_PAGE_SIZE;

	sv3_write_map_add(run->config->write_map, page, write->landed - run->began);
}

/* What happened in this round, by the difference of counters. */
static void run_round_ended(void *context, struct sv3_round *row)
{
	struct run *run = (struct run *)context;
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
	struct run *run = (struct run *)context;

	(void)at;
	if (run->config->progress)
		run->config->progress(run->config->progress_context, run->result->policy,
				      pages_sent, round);
}

/* --- building --- */

static int check_guest(struct run *run)
{
	const struct sv3_compare_config *config = run->config;

	for (uint32_t i = 0; i < config->trace_count; i++) {
		uint64_t record;
		const int rc = sv3_trace_check_guest(&config->traces[i], config->guest_base,
						     run->guest_size, &record);

		if (rc == -SV3_ERR_RANGE)
			return outside_guest(run, i, record);
		if (rc)
			return failed(run, rc, "trace");
	}
	if (config->scenario && config->scenario->area_pages > run->guest_size / SV3_PAGE_SIZE)
		return failed(run, -SV3_ERR_RANGE, "the scenario's area is larger than the guest");
	return 0;
}

static void choose_guest_size(struct run *run)
{
	const struct sv3_compare_config *config = run->config;

	run->guest_size = config->guest_size;
	for (uint32_t i = 0; i < config->trace_count && !config->guest_size; i++) {
		const uint64_t size =
			sv3_guest_size_default(&config->traces[i], config->guest_base);

		run->guest_size = size > run->guest_size ? size : run->guest_size;
	}
	if (!run->guest_size && config->scenario) {
		run->guest_size = config->scenario->area_pages * SV3_PAGE_SIZE;
		if (run->guest_size < SCENARIO_GUEST_BYTES)
			run->guest_size = SCENARIO_GUEST_BYTES;
	}
}

/* The hardware of all policies, but for stalls where the policy lives on them, and ATS. */
static struct sv3_smmu_config hardware_of(const struct run *run)
{
	struct sv3_smmu_config smmu = run->config->smmu;

	if (run->config->ats)
		smmu.idr0 |= (uint32_t)SV3_IDR0_ATS;
	if (!(run->needs & SV3_NEEDS_STALL))
		return smmu;
	smmu.idr0 &= ~(uint32_t)SV3_IDR0_STALL_MODEL;
	if (!SV3_GET(SV3_IDR5_STALL_MAX, smmu.idr5))
		smmu.idr5 |= (uint32_t)SV3_PUT(SV3_IDR5_STALL_MAX, STALLS_MAX);
	return smmu;
}

static int make_world(struct run *run)
{
	const struct sv3_compare_config *config = run->config;
	const struct sv3_world_config world = {
		.smmu = hardware_of(run),
		.costs = config->costs,
		.guest_base = config->guest_base,
		.guest_size = run->guest_size,
		.contents = config->contents || (run->needs & SV3_NEEDS_CONTENTS),
	};
	int rc = sv3_world_create(&world, &run->world);

	return rc ? failed(run, rc, "guest memory, size or hardware configuration") : 0;
}

static int make_host(struct run *run)
{
	const struct sv3_compare_config *config = run->config;
	const uint32_t granule_lg2 = config->granule_lg2 ? config->granule_lg2 : SV3_PAGE_LG2;
	static const uint32_t stream_0;
	struct sv3_host_config host = {
		.view = config->trace_count ? config->view : SV3_VIEW_GUEST,
		.granule_lg2 = granule_lg2,
		.leaf_max_lg2 = granule_lg2,
		.stream_ids = &stream_0,
		.stream_count = 1,
		.hd = !(run->needs & SV3_NEEDS_SOFTWARE_DIRTY),
		.software_dirty = (run->needs & SV3_NEEDS_SOFTWARE_DIRTY) != 0,
		.stall = (run->needs & SV3_NEEDS_STALL) != 0,
		.ats = config->ats,
		.ignore_tlbi = config->ignore_tlbi,
		.unmap_mode = config->unmap_mode,
		.invalidation = config->invalidation,
		.mixed_leaves = config->mixed_leaves,
		.seed = config->seed,
	};
	int rc;

	/* A driver maps its buffers by pages; how a hypervisor maps a guest is a parameter. */
	if (host.view == SV3_VIEW_GUEST && config->leaf_max_lg2 > granule_lg2)
		host.leaf_max_lg2 = config->leaf_max_lg2;
	if (config->device && config->stream_count) {
		host.stream_ids = config->stream_ids;
		host.stream_count = config->stream_count;
	}
	if (run->facts.stream_count) {
		host.stream_ids = run->facts.stream_ids;
		host.stream_count = run->facts.stream_count;
		host.msi_pages = run->facts.msi_pages;
		host.msi_page_count = run->facts.msi_page_count;
	}
	rc = sv3_host_create(run->world, &host, &run->host);
	if (rc)
		return failed(run, rc, "host tables");
	sv3_world_attach_host(run->world, run->host);
	if (config->hooks)
		rc = sv3_host_add_hooks(run->host, config->hooks);
	return rc ? failed(run, rc, "hooks") : 0;
}

static int make_devices(struct run *run)
{
	const struct sv3_compare_config *config = run->config;
	const int rc = sv3__devices_init(&run->devices, config);

	if (rc)
		return failed(run, rc,
			      config->trace_count
				      ? "traces: time scale, their number, or an access "
					"without address"
				      : "device");
	sv3__devices_attach(&run->devices, run->world);
	if (config->cpu)
		sv3_world_attach_cpu(run->world, config->cpu);
	return 0;
}

static int make_oracle(struct run *run)
{
	const struct sv3_bus bus = sv3_world_bus(run->world);
	const sv3_pa base = run->config->guest_base;
	const uint64_t pages = run->guest_size / SV3_PAGE_SIZE;
	const struct sv3_world_observer map = { .write_landed = map_write, .context = run };
	struct sv3_world_observer observer;
	int rc = sv3_truth_create(base, pages, &run->truth);

	if (!rc && sv3_world_config(run->world)->contents)
		rc = sv3__image_init(&run->image, &bus, base, pages);
	if (rc)
		return failed(run, rc, "oracle");
	run->truth_observer = sv3_truth_migration_observer(run->truth);
	observer = sv3_truth_world_observer(run->truth);
	rc = sv3_world_observe(run->world, &observer);
	if (!rc && run->config->write_map) {
		sv3_write_map_reset(run->config->write_map);
		rc = sv3_world_observe(run->world, &map);
	}
	if (!rc && run->config->observer)
		rc = sv3_world_observe(run->world, run->config->observer);
	return rc ? failed(run, rc, "oracle") : 0;
}

static int make_pinned(struct run *run)
{
	run->pinned.base = run->config->guest_base;
	run->pinned.page_count = run->guest_size / SV3_PAGE_SIZE;
	run->pinned.words = (uint64_t *)calloc((size_t)sv3_dirty_log_words(run->pinned.page_count),
					       sizeof(*run->pinned.words));
	if (!run->pinned.words)
		return failed(run, -SV3_ERR_NOMEM, "pinned pages");
	sv3__guest_pinned(run->config->traces, run->config->trace_count, &run->pinned);
	return 0;
}

/* The migration as the loop gets it, but for what the run itself brings. */
static struct sv3_migration_config migration_of(const struct run *run)
{
	struct sv3_migration_config migration = run->config->migration;

	migration.policy = run->result->policy;
	if (run->config->scenario) {
		migration.stop_rule_off = true;
		migration.max_rounds = run->config->scenario->rounds;
	}
	return migration;
}

static int check_config(struct run *run)
{
	const struct sv3_compare_config *config = run->config;
	const struct sv3_migration_config migration = migration_of(run);
	const char *why;
	uint32_t needs;

	if (!!config->trace_count + !!config->scenario + !!config->device != 1)
		return failed(run, -SV3_ERR_INVAL, "one of traces, scenario and device");
	if (sv3_migration_config_check(&migration, &why))
		return failed(run, -SV3_ERR_INVAL, why);
	if (config->ats && sv3_policy_check_ats(sv3_policy_find(migration.policy), &why))
		return failed(run, -SV3_ERR_INVAL, why);
	if (config->ats && (!config->atc_entries || config->atc_entries > SV3_ATC_ENTRIES_MAX))
		return failed(run, -SV3_ERR_INVAL, "an ATC has 1 to 4096 entries");
	needs = sv3_policy_find(migration.policy)->needs;
	if (config->lead && (needs & SV3_NEEDS_SOFTWARE_DIRTY))
		return failed(run, -SV3_ERR_INVAL,
			      "before the migration nobody answers the faults that software dirty "
			      "state lives on, so there can be no lead");
	if (migration.transfer && !config->contents && !(needs & SV3_NEEDS_CONTENTS))
		return failed(run, -SV3_ERR_INVAL, "a transfer that packs pages needs contents");
	return 0;
}

static int build(struct run *run)
{
	const struct sv3_compare_config *config = run->config;
	int rc;

	rc = check_config(run);
	if (rc)
		return rc;
	run->needs = sv3_policy_find(run->result->policy)->needs;
	rc = sv3__guest_facts_init(&run->facts, config->traces, config->trace_count);
	if (rc)
		return failed(run, rc, rc == -SV3_ERR_EXIST ? "a stream of two traces" : "traces");
	choose_guest_size(run);
	rc = check_guest(run);
	if (!rc)
		rc = make_world(run);
	if (!rc)
		rc = make_host(run);
	if (!rc)
		rc = make_oracle(run);
	if (!rc)
		rc = make_pinned(run);
	return rc ? rc : make_devices(run);
}

/* --- running --- */

/* What happens before the migration is in no round and no map. */
static void run_lead(struct run *run)
{
	if (!run->config->lead)
		return;
	sv3_world_advance(run->world, run->config->lead);
	run->counts = sv3_truth_counts(run->truth);
	run->httu_updates = sv3_world_smmu_stats(run->world)->httu_updates;
	run->refill_walks = sv3_world_smmu_stats(run->world)->tlb_refills;
	run->began = sv3_world_now(run->world);
	if (run->config->write_map)
		sv3_write_map_reset(run->config->write_map);
}

static int migrate(struct run *run)
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
	struct sv3_migration_config migration = migration_of(run);
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
	return rc ? failed(run, rc, "migration") : 0;
}

static int ask_oracle(struct run *run)
{
	struct sv3_compare_result *result = run->result;
	const struct sv3_truth_counts counts = sv3_truth_counts(run->truth);

	result->pages_redundant = counts.redundant;
	result->writes_merged = counts.writes - counts.pages_dirtied;
	result->pages_lost = sv3_truth_lost(run->truth, NULL, 0);
	if (run->image.bytes)
		result->pages_differing = sv3__image_differing(&run->image);
	if (!result->pages_lost)
		return 0;
	result->lost =
		(struct sv3_lost_page *)calloc((size_t)result->pages_lost, sizeof(*result->lost));
	if (!result->lost)
		return failed(run, -SV3_ERR_NOMEM, "list of lost pages");
	result->lost_count = sv3_truth_lost(run->truth, result->lost, result->pages_lost);
	return 0;
}

static void take_counters(struct run *run)
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
}

static void take_apart(struct run *run)
{
	sv3__devices_fini(&run->devices);
	free(run->pinned.words);
	sv3__image_fini(&run->image);
	sv3_truth_destroy(run->truth);
	if (run->host)
		sv3_host_destroy(run->host);
	if (run->world)
		sv3_world_destroy(run->world);
	sv3__guest_facts_fini(&run->facts);
}

int sv3_compare_run(const struct sv3_compare_config *config, const char *policy,
		    struct sv3_compare_result *result)
{
	struct run run = { .config = config, .result = result };
	int rc;

	memset(result, 0, sizeof(*result));
	result->policy = policy;
	rc = build(&run);
	if (!rc)
		rc = migrate(&run);
	if (!rc) {
		take_counters(&run);
		rc = ask_oracle(&run);
	}
	take_apart(&run);
	return rc;
}

void sv3_compare_result_free(struct sv3_compare_result *result)
{
	sv3_migration_result_free(&result->migration);
	free(result->lost);
	result->lost = NULL;
	result->lost_count = 0;
}
