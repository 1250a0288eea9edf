/* SPDX-License-Identifier: MIT */
/*
 * compare_build.c - the world of one policy: checked, built, taken apart.
 *
 * All policies get the same hardware, tables, device, seed and costs: the policy differs.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sv3/arch.h>

#include "compare_priv.h"

#define SCENARIO_GUEST_BYTES (UINT64_C(1) << 20)
#define STALLS_MAX           64u

/* --- what went wrong --- */

int sv3__run_failed(struct sv3__run *run, int error, const char *what)
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

static int outside_guest(struct sv3__run *run, uint32_t trace, uint64_t record)
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

/* --- building --- */

static int check_guest(struct sv3__run *run)
{
	const struct sv3_compare_config *config = run->config;

	for (uint32_t i = 0; i < config->trace_count; i++) {
		uint64_t record;
		const int rc = sv3_trace_check_guest(&config->traces[i], config->guest_base,
						     run->guest_size, &record);

		if (rc == -SV3_ERR_RANGE)
			return outside_guest(run, i, record);
		if (rc)
			return sv3__run_failed(run, rc, "trace");
	}
	if (config->scenario && config->scenario->area_pages > run->guest_size / SV3_PAGE_SIZE)
		return sv3__run_failed(run, -SV3_ERR_RANGE,
				       "the scenario's area is larger than the guest");
	return 0;
}

static void choose_guest_size(struct sv3__run *run)
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
static struct sv3_smmu_config hardware_of(const struct sv3__run *run)
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

static int make_world(struct sv3__run *run)
{
	const struct sv3_compare_config *config = run->config;
	const struct sv3_world_config world = {
		.smmu = hardware_of(run),
		.costs = config->costs,
		.guest_base = config->guest_base,
		.guest_size = run->guest_size,
		.contents = config->contents || (run->needs & SV3_NEEDS_CONTENTS),
		.is_timed = config->is_timed,
		.timing = config->timing,
		.closed_loop = config->closed_loop,
		.seed = config->seed,
		.monitored = config->monitored,
	};
	int rc = sv3_world_create(&world, &run->world);

	return rc ? sv3__run_failed(run, rc, "guest memory, size or hardware configuration") : 0;
}

static int make_host(struct sv3__run *run)
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
		return sv3__run_failed(run, rc, "host tables");
	sv3_world_attach_host(run->world, run->host);
	if (config->hooks)
		rc = sv3_host_add_hooks(run->host, config->hooks);
	return rc ? sv3__run_failed(run, rc, "hooks") : 0;
}

static int make_devices(struct sv3__run *run)
{
	const struct sv3_compare_config *config = run->config;
	const int rc = sv3__devices_init(&run->devices, config);

	if (rc)
		return sv3__run_failed(
			run, rc,
			config->trace_count
				? "traces: time scale, their number, an access without address, "
				  "or their ATCs"
				: "device, or its ATC");
	sv3__devices_attach(&run->devices, run->world);
	if (config->cpu)
		sv3_world_attach_cpu(run->world, config->cpu);
	return 0;
}

static void map_write(void *context, const struct sv3_write *write)
{
	const struct sv3__run *run = (const struct sv3__run *)context;
	const uint64_t page = (write->pa - run->config->guest_base) / SV3_PAGE_SIZE;

	sv3_write_map_add(run->config->write_map, page, write->landed - run->began);
}

static int make_oracle(struct sv3__run *run)
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
		return sv3__run_failed(run, rc, "oracle");
	run->truth_observer = sv3_truth_migration_observer(run->truth);
	observer = sv3_truth_world_observer(run->truth);
	rc = sv3_world_observe(run->world, &observer);
	if (!rc && run->config->write_map) {
		sv3_write_map_reset(run->config->write_map);
		rc = sv3_world_observe(run->world, &map);
	}
	if (!rc && run->config->observer)
		rc = sv3_world_observe(run->world, run->config->observer);
	return rc ? sv3__run_failed(run, rc, "oracle") : 0;
}

static int make_pinned(struct sv3__run *run)
{
	if (sv3__log_create(&run->pinned, run->config->guest_base, run->guest_size / SV3_PAGE_SIZE))
		return sv3__run_failed(run, -SV3_ERR_NOMEM, "pinned pages");
	sv3__guest_pinned(run->config->traces, run->config->trace_count, &run->pinned);
	return 0;
}

struct sv3_migration_config sv3__run_migration(const struct sv3__run *run)
{
	struct sv3_migration_config migration = run->config->migration;

	migration.policy = run->result->policy;
	if (run->config->is_timed)
		migration.link_bits_per_s =
			migration.link_bits_per_s / 1000 * run->config->timing.link_permille;
	if (run->config->scenario) {
		migration.stop_rule_off = true;
		migration.max_rounds = run->config->scenario->rounds;
	}
	return migration;
}

static int check_config(struct sv3__run *run)
{
	const struct sv3_compare_config *config = run->config;
	const struct sv3_migration_config migration = sv3__run_migration(run);
	const char *why;
	uint32_t needs;

	if (!!config->trace_count + !!config->scenario + !!config->device != 1)
		return sv3__run_failed(run, -SV3_ERR_INVAL, "one of traces, scenario and device");
	if (sv3_migration_config_check(&migration, &why))
		return sv3__run_failed(run, -SV3_ERR_INVAL, why);
	if (config->ats && sv3_policy_check_ats(sv3_policy_find(migration.policy), &why))
		return sv3__run_failed(run, -SV3_ERR_INVAL, why);
	if (config->ats && (!config->atc_entries || config->atc_entries > SV3_ATC_ENTRIES_MAX))
		return sv3__run_failed(run, -SV3_ERR_INVAL, "an ATC has 1 to 4096 entries");
	needs = sv3_policy_find(migration.policy)->needs;
	if (config->lead && (needs & SV3_NEEDS_SOFTWARE_DIRTY))
		return sv3__run_failed(
			run, -SV3_ERR_INVAL,
			"before the migration nobody answers the faults that software dirty "
			"state lives on, so there can be no lead");
	if (migration.transfer && !config->contents && !(needs & SV3_NEEDS_CONTENTS))
		return sv3__run_failed(run, -SV3_ERR_INVAL,
				       "a transfer that packs pages needs contents");
	return 0;
}

int sv3__run_build(struct sv3__run *run)
{
	const struct sv3_compare_config *config = run->config;
	int rc;

	rc = check_config(run);
	if (rc)
		return rc;
	run->needs = sv3_policy_find(run->result->policy)->needs;
	rc = sv3__guest_facts_init(&run->facts, config->traces, config->trace_count);
	if (rc)
		return sv3__run_failed(run, rc,
				       rc == -SV3_ERR_EXIST ? "a stream of two traces" : "traces");
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

/* --- taking apart --- */

void sv3__run_take_apart(struct sv3__run *run)
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
