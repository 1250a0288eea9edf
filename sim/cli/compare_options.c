/* SPDX-License-Identifier: MIT */
/*
 * compare_options.c - what the command line of `sv3 compare` makes of a run; its rows are in
 * compare_rows.c.
 */
#include "cli.h"
#include "compare.h"

#include <sv3/arch.h>
#include <sv3/explore.h>

#include <stdlib.h>
#include <string.h>

void compare_request_default(struct compare_request *request,
			     const struct sv3_compare_config *config)
{
	*request = (struct compare_request){
		.view = SV3_VIEW_GUEST,
		.flush = (unsigned int)config->migration.flush - SV3_FLUSH_RANGE,
		.chunk_shift = config->migration.chunk_shift,
		.link = config->migration.link_bits_per_s,
		.downtime = config->migration.downtime,
		.max_rounds = config->migration.max_rounds,
		.mode = config->migration.mode,
		.transfer = config->migration.transfer,
		.bandwidth = config->migration.measure_bandwidth,
		.device_state = config->migration.device_state_bytes,
		.cache = config->migration.cache_bytes,
		.unmap = config->unmap_mode,
		.invalidation = config->invalidation,
		.cpu_log = config->migration.cpu_log,
		.throttle_trigger = config->migration.throttle.trigger_percent,
		.throttle_initial = config->migration.throttle.initial_percent,
		.throttle_increment = config->migration.throttle.increment_percent,
		.throttle_max = config->migration.throttle.max_percent,
		.ring_entries = config->migration.ring_entries,
		.pml_entries = config->migration.pml_entries,
		.device_page = UINT64_C(1) << config->migration.device_page_lg2,
		.log_delay = config->migration.log_delay,
		.diff_time = config->migration.diff_time,
		.cpu_fault = config->migration.cpu_fault,
		.unmap_gap = config->costs.unmap_gap,
		.guest_base = config->guest_base,
		.time_scale = config->time_scale_ppm,
		.lead = config->lead,
		.scan = config->costs.scan,
		.clear = config->costs.clear,
		.cmdq_delay = config->costs.cmdq_delay,
		.inv_latency = config->costs.inv_latency,
		.clear_delay = config->costs.clear_delay,
		.post_delay = config->costs.post_delay,
		.fault_latency = config->costs.fault_latency,
		.tlb_entries = config->smmu.tlb_entries,
		.atc_entries = config->atc_entries,
		.seed = config->seed,
		.leaf = config->migration.leaf,
		.leaf_size = (config->leaf_max_lg2 - 12) / 9,
		.bbml = SV3_GET(SV3_IDR3_BBML, config->smmu.idr3),
	};
	timing_defaults(&request->timed);
	watch_defaults(&request->watch);
}

/* --- from the request to the configuration --- */

static int add_policy(struct compare_run *run, const struct sv3_policy_info *info)
{
	for (unsigned int i = 0; i < run->policy_count; i++) {
		if (run->policies[i] == info)
			return cli_error("compare", "--policy: '%s' is named twice", info->name);
	}
	if (run->policy_count == COMPARE_POLICIES_MAX)
		return cli_error("compare", "--policy: more than %u policies",
				 COMPARE_POLICIES_MAX);
	run->policies[run->policy_count++] = info;
	return CLI_OK;
}

static int add_policy_by_name(struct compare_run *run, const char *name)
{
	const struct sv3_policy_info *info = sv3_policy_find(name);
	const char *names[COMPARE_POLICIES_MAX + 1];
	unsigned int count = 0;

	if (info != NULL)
		return add_policy(run, info);
	for (; count < COMPARE_POLICIES_MAX && (info = sv3_policy_info(count)) != NULL; count++)
		names[count] = info->name;
	names[count] = NULL;
	return cli_unknown("compare", "policy", name, names, "sv3 policy list shows them all");
}

/** @list: comma-separated; NULL: the default ones; "all". */
static int choose_policies(struct compare_run *run, const char *list)
{
	const struct sv3_policy_info *info;
	int status = CLI_OK;
	char *copy, *rest, *name;

	if (list == NULL || strcmp(list, "all") == 0) {
		for (unsigned int i = 0; (info = sv3_policy_info(i)) != NULL; i++) {
			if ((list != NULL || info->is_default) && status == CLI_OK)
				status = add_policy(run, info);
		}
		return status;
	}
	rest = copy = strdup(list);
	if (copy == NULL)
		return cli_error("compare", "%s", sv3_strerror(SV3_ERR_NOMEM));
	while (status == CLI_OK && (name = strsep(&rest, ",")) != NULL)
		status = add_policy_by_name(run, name);
	free(copy);
	return status;
}

/** What a policy and the rest of the command line cannot be together. */
static int check_policies(const struct compare_run *run)
{
	struct sv3_migration_config migration = run->config.migration;
	const char *why;

	for (unsigned int i = 0; i < run->policy_count; i++) {
		migration.policy = run->policies[i]->name;
		if (sv3_migration_config_check(&migration, &why) < 0)
			return cli_error(
				"compare", "--policy %s: %s; %s", migration.policy, why,
				migration.transfer != SV3_TRANSFER_PLAIN
					? "give --transfer plain, or a --policy list without it"
					: "sv3 compare --help");
		if (run->config.ats && sv3_policy_check_ats(run->policies[i], &why) < 0)
			return cli_error(
				"compare",
				"--policy %s: %s; give a --policy list without it, or no --ats",
				migration.policy, why);
		if (run->config.lead > 0 && (run->policies[i]->needs & SV3_NEEDS_SOFTWARE_DIRTY))
			return cli_error(
				"compare",
				"--policy %s: nobody answers the faults it lives on before the "
				"migration; leave out --lead, or give a --policy list without it",
				migration.policy);
	}
	return CLI_OK;
}

/** A mistake that nothing could show. */
static int check_bug(const struct compare_run *run)
{
	if (run->config.migration.bug == SV3_BUG_NO_ATC_INV && !run->config.ats)
		return cli_error("compare", "--bug %s: no device is behind an ATC; give --ats",
				 run->bug_name);
	return CLI_OK;
}

/** The rest of the corpus is seeded into another driver, one that is explored. */
static int unknown_bug(const char *name, const char *const *names)
{
	const struct sv3_explore_mutant *mutant = sv3_explore_find_mutant(name);

	if (mutant == NULL)
		return cli_unknown("compare", "bug", name, names, "sv3 bug list shows them all");
	return cli_error("compare",
			 "--bug %s: %s is seeded by another command: sv3 explore %s --bug %s", name,
			 mutant->name, mutant->scenario, mutant->id);
}

static int choose_bug(struct compare_run *run, const char *name)
{
	const struct sv3_bug_info *info;
	const char *names[32];
	unsigned int count = 0;

	if (name == NULL)
		return CLI_OK;
	for (; count < 31 && (info = sv3_bug_info(count)) != NULL; count++) {
		names[count] = info->name;
		if (strcmp(info->name, name) == 0 || strcmp(info->id, name) == 0) {
			run->bug_name = info->name;
			run->config.migration.bug = info->bug;
			return check_bug(run);
		}
	}
	names[count] = NULL;
	return unknown_bug(name, names);
}

/* Parameters of single policies, and what a guest and its driver do beside the DMA. */
static int configure_trackers(struct compare_run *run, const struct compare_request *request)
{
	struct sv3_compare_config *config = &run->config;
	struct sv3_migration_config *migration = &config->migration;

	if (request->device_page & (request->device_page - 1))
		return cli_error("compare", "--device-log-page: a power of two from 4K to 1T");
	config->unmap_mode = (enum sv3_unmap_mode)request->unmap;
	config->invalidation = (enum sv3_invalidation)request->invalidation;
	config->costs.unmap_gap = request->unmap_gap;
	migration->throttle = (struct sv3_throttle_config){
		.device = (request->throttle & 1) != 0,
		.cpu = (request->throttle & 2) != 0,
		.trigger_percent = (uint32_t)request->throttle_trigger,
		.initial_percent = (uint32_t)request->throttle_initial,
		.increment_percent = (uint32_t)request->throttle_increment,
		.max_percent = (uint32_t)request->throttle_max,
	};
	migration->cpu_log = (enum sv3_cpu_log_mode)request->cpu_log;
	migration->ring_entries = (uint32_t)request->ring_entries;
	migration->pml_entries = (uint32_t)request->pml_entries;
	migration->device_page_lg2 = (uint32_t)__builtin_ctzll(request->device_page);
	migration->log_delay = request->log_delay;
	migration->diff_time = request->diff_time;
	migration->cpu_fault = request->cpu_fault;
	return CLI_OK;
}

int compare_configure_hardware(struct compare_run *run, const struct compare_request *request)
{
	struct sv3_compare_config *config = &run->config;

	config->smmu.idr3 &= ~(uint32_t)SV3_IDR3_BBML;
	config->smmu.idr3 |= (uint32_t)SV3_PUT(SV3_IDR3_BBML, request->bbml);
	/* [IHI0070 6.3.4] SMMUv3.2 has level 1 or 2. */
	if (request->bbml == 0 && config->smmu.aidr > 1)
		config->smmu.aidr = 1;
	if (config->is_timed)
		timing_make_room(&config->timing, &config->smmu);
	return cli_tlb_size("compare", &config->smmu, request->tlb_entries);
}

int compare_configure(struct compare_run *run, const struct compare_request *request)
{
	struct sv3_compare_config *config = &run->config;

	config->view = request->view == SV3_VIEW_IOVA ? SV3_VIEW_IOVA : SV3_VIEW_GUEST;
	config->guest_base = request->guest_base;
	config->time_scale_ppm = request->time_scale;
	config->lead = request->lead;
	config->costs.scan = request->scan;
	config->costs.clear = request->clear;
	config->costs.cmdq_delay = request->cmdq_delay;
	config->costs.inv_latency = request->inv_latency;
	config->costs.clear_delay = request->clear_delay;
	config->costs.post_delay = request->post_delay;
	config->costs.fault_latency = request->fault_latency;
	config->contents = request->contents || request->transfer != SV3_TRANSFER_PLAIN;
	config->ats = request->ats;
	config->monitored = request->monitor;
	config->atc_entries = (uint32_t)request->atc_entries;
	config->seed = request->seed;
	config->migration.link_bits_per_s = request->link;
	config->migration.downtime = request->downtime;
	config->migration.max_rounds = (uint32_t)request->max_rounds;
	config->migration.chunk_shift = (uint32_t)request->chunk_shift;
	config->migration.mode = (enum sv3_migration_mode)request->mode;
	config->migration.transfer = (enum sv3_transfer)request->transfer;
	config->migration.measure_bandwidth = request->bandwidth != 0;
	config->migration.device_state_bytes = request->device_state;
	config->migration.cache_bytes = request->cache;
	config->migration.flush = (enum sv3_flush_scope)(SV3_FLUSH_RANGE + request->flush);
	config->leaf_max_lg2 = 12 + 9 * request->leaf_size;
	config->migration.leaf = (enum sv3_leaf_mode)request->leaf;
	if (compare_configure_hardware(run, request) != CLI_OK ||
	    configure_trackers(run, request) != CLI_OK || choose_bug(run, request->bug) != CLI_OK ||
	    choose_policies(run, request->policies) != CLI_OK || check_policies(run) != CLI_OK)
		return CLI_ERROR;
	run->stream_offset = request->stream_offset;
	return compare_configure_cpus(run, request);
}
