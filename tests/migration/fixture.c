/* SPDX-License-Identifier: MIT */
/*
 * fixture.c - see fixture.h.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#include <sv3/arch.h>

const struct sv3_costs fx_no_costs;

struct sv3_compare_config fx_scenario_config(const struct sv3_scenario *scenario)
{
	struct sv3_compare_config config;

	sv3_compare_config_default(&config);
	config.scenario = scenario;
	config.contents = true;
	return config;
}

/* --- one migration --- */

struct fx_run {
	const struct fx_world_config *config;
	struct fx_outcome *outcome;
	struct sv3_world *world;
	struct sv3_truth *truth;
	struct sv3_migration_observer truth_observer;
	uint32_t round;
	sv3_ps bulk_end;
};

static void page_copied(void *context, uint64_t page, sv3_ps at, bool bulk,
			const struct sv3_wire *wire)
{
	struct fx_run *run = (struct fx_run *)context;
	const uint64_t words = sv3_dirty_log_words(run->config->guest_pages);
	uint64_t **bits = &run->outcome->round_bits[run->round];

	run->truth_observer.page_copied(run->truth_observer.context, page, at, bulk, wire);
	run->outcome->round_pages[run->round]++;
	if (!*bits)
		*bits = (uint64_t *)calloc((size_t)words, sizeof(**bits));
	if (*bits)
		(*bits)[page / 64] |= UINT64_C(1) << (page % 64);
}

static void leaf_cleared(void *context, sv3_pa pa, uint64_t len, sv3_ps at)
{
	struct fx_run *run = (struct fx_run *)context;

	run->truth_observer.leaf_cleared(run->truth_observer.context, pa, len, at);
}

static void invalidated(void *context, sv3_ps pushed, sv3_ps consumed)
{
	struct fx_run *run = (struct fx_run *)context;

	run->truth_observer.invalidated(run->truth_observer.context, pushed, consumed);
}

static void at_place(void *context, enum sv3_place place, uint32_t round)
{
	struct fx_run *run = (struct fx_run *)context;
	const struct fx_world_config *config = run->config;

	if (place == SV3_PLACE_AFTER_COLLECT) {
		run->round = round;
		if (config->copy_offset)
			sv3_world_advance(run->world, config->copy_offset);
		return;
	}
	if (round == 0)
		run->bulk_end = sv3_world_now(run->world);
	if (config->period)
		sv3_world_run_until(run->world, run->bulk_end + (round + 1) * config->period);
}

static int run_it(struct fx_run *run, struct sv3_host *host)
{
	const struct sv3_migration_observer observer = {
		.page_copied = page_copied,
		.leaf_cleared = leaf_cleared,
		.invalidated = invalidated,
		.context = run,
	};
	struct sv3_migration_config migration = run->config->migration;
	int rc;

	run->truth_observer = sv3_truth_migration_observer(run->truth);
	migration.observer = &observer;
	/* Parameters that have no zero. */
	if (!migration.ring_entries)
		migration.ring_entries = 4096;
	if (!migration.device_page_lg2)
		migration.device_page_lg2 = 12;
	if (!migration.pml_entries)
		migration.pml_entries = 512;
	migration.at_place = at_place;
	migration.at_place_context = run;
	rc = sv3_migrate(run->world, host, &migration, &run->outcome->migration);
	run->outcome->redundant = sv3_truth_counts(run->truth).redundant;
	run->outcome->lost = sv3_truth_lost(run->truth, NULL, 0);
	run->outcome->world = *sv3_world_stats(run->world);
	run->outcome->httu_updates = sv3_smmu_stats(sv3_world_smmu(run->world))->httu_updates;
	return rc;
}

static int with_host(struct fx_run *run, const struct sv3_device *device,
		     const struct sv3_device *cpu)
{
	const struct fx_world_config *config = run->config;
	const uint32_t needs = sv3_policy_find(config->migration.policy)->needs;
	const struct sv3_host_config host_config = {
		.view = SV3_VIEW_GUEST,
		.granule_lg2 = 12,
		.leaf_max_lg2 = config->leaf_max_lg2 ? config->leaf_max_lg2 : 12,
		.stream_ids = &config->device.stream_id,
		.stream_count = 1,
		.hd = !(needs & SV3_NEEDS_SOFTWARE_DIRTY),
		.software_dirty = (needs & SV3_NEEDS_SOFTWARE_DIRTY) != 0,
		.stall = (needs & SV3_NEEDS_STALL) != 0,
	};
	const struct sv3_world_observer observer = sv3_truth_world_observer(run->truth);
	struct sv3_host *host;
	int rc = sv3_host_create(run->world, &host_config, &host);

	if (rc)
		return rc;
	sv3_world_attach_host(run->world, host);
	rc = sv3_world_observe(run->world, &observer);
	sv3_world_attach_device(run->world, device);
	if (cpu->ops)
		sv3_world_attach_cpu(run->world, cpu);
	if (!rc)
		rc = run_it(run, host);
	sv3_host_destroy(host);
	return rc;
}

void fx_set_bbml(struct sv3_smmu_config *smmu, uint32_t bbml)
{
	smmu->idr3 &= ~(uint32_t)SV3_IDR3_BBML;
	smmu->idr3 |= (uint32_t)SV3_PUT(SV3_IDR3_BBML, bbml);
	/* [IHI0070 6.3.4] SMMUv3.2 has level 1 or 2. */
	if (!bbml && smmu->aidr > 1)
		smmu->aidr = 1;
}

int fx_migrate(const struct fx_world_config *config, struct fx_outcome *outcome)
{
	struct fx_run run = { .config = config, .outcome = outcome };
	struct sv3_world_config world = {
		.costs = config->costs,
		.guest_base = FX_BASE,
		.guest_size = config->guest_pages * SV3_PAGE_SIZE,
		.contents = config->contents,
	};
	struct sv3_device device, cpu = { 0 };
	int rc;

	memset(outcome, 0, sizeof(*outcome));
	sv3_smmu_config_default(&world.smmu);
	if (sv3_policy_find(config->migration.policy)->needs & SV3_NEEDS_STALL) {
		world.smmu.idr0 &= ~(uint32_t)SV3_IDR0_STALL_MODEL;
		world.smmu.idr5 |= (uint32_t)SV3_PUT(SV3_IDR5_STALL_MAX, 64);
	}
	if (config->has_bbml)
		fx_set_bbml(&world.smmu, config->bbml);
	rc = sv3_synthetic_create(&config->device, &device);
	if (rc)
		return rc;
	if (config->cpu.period && sv3_synthetic_create(&config->cpu, &cpu))
		return -SV3_ERR_INVAL;
	rc = sv3_truth_create(FX_BASE, config->guest_pages, &run.truth);
	if (!rc)
		rc = sv3_world_create(&world, &run.world);
	if (!rc)
		rc = with_host(&run, &device, &cpu);
	sv3_world_destroy(run.world);
	sv3_truth_destroy(run.truth);
	sv3_device_destroy(&device);
	sv3_device_destroy(&cpu);
	return rc;
}

void fx_outcome_free(struct fx_outcome *outcome)
{
	for (uint32_t i = 0; i < FX_ROUNDS_MAX; i++) {
		free(outcome->round_bits[i]);
		outcome->round_bits[i] = NULL;
	}
	sv3_migration_result_free(&outcome->migration);
}
