/* SPDX-License-Identifier: MIT */
/*
 * fixture.c - see fixture.h.
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "epochs.h"
#include "fixture.h"
#include "set_bbml.h"
#include "poisson.h"

#include <sv3/arch.h>

const struct sv3_costs fx_no_costs;

uint64_t fx_link(sv3_ps page_time)
{
	return SV3_PAGE_SIZE * 8 * SV3_PS_PER_S / page_time;
}

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
	struct sv3_migration_observer truth_observer, listener;
	struct fx_epochs epochs;
	uint32_t collections; /* so far */
	uint32_t round;
	uint64_t tlb_misses, redundant; /* at the last collection, at the end of the last round */
};

static void pages_copied(void *context, const struct sv3_copy *copy)
{
	struct fx_run *run = (struct fx_run *)context;
	const uint64_t words = sv3_dirty_log_words(run->config->guest_pages);
	uint64_t **bits = &run->outcome->round_bits[run->round];

	run->truth_observer.pages_copied(run->truth_observer.context, copy);
	if (run->listener.pages_copied)
		run->listener.pages_copied(run->listener.context, copy);
	run->outcome->round_pages[run->round] += copy->page_count;
	if (!*bits)
		*bits = (uint64_t *)calloc((size_t)words, sizeof(**bits));
	for (uint64_t i = 0; *bits && i < copy->page_count; i++) {
		const uint64_t page = copy->first_page + i;

		(*bits)[page / 64] |= UINT64_C(1) << (page % 64);
	}
}

static void leaf_cleared(void *context, sv3_pa pa, uint64_t len, sv3_ps at)
{
	struct fx_run *run = (struct fx_run *)context;

	run->truth_observer.leaf_cleared(run->truth_observer.context, pa, len, at);
	fx_epochs_cleared(&run->epochs, pa, len);
	if (run->listener.leaf_cleared)
		run->listener.leaf_cleared(run->listener.context, pa, len, at);
}

static void invalidated(void *context, sv3_ps pushed, sv3_ps consumed)
{
	struct fx_run *run = (struct fx_run *)context;

	run->truth_observer.invalidated(run->truth_observer.context, pushed, consumed);
}

static void atc_invalidated(void *context, sv3_ps pushed, sv3_ps consumed)
{
	struct fx_run *run = (struct fx_run *)context;

	run->truth_observer.atc_invalidated(run->truth_observer.context, pushed, consumed);
}

static void collected(void *context, const struct sv3_dirty_log *reported, struct sv3_round *row)
{
	struct fx_run *run = (struct fx_run *)context;
	const uint64_t misses = sv3_world_smmu_stats(run->world)->tlb_misses;
	const struct fx_epochs_counts counts = fx_epochs_collect(&run->epochs);

	run->outcome->collections[++run->collections] = (struct fx_collection){
		.not_dirty = sv3_truth_false(run->truth, reported),
		.written = counts.written,
		.first_writes = counts.first_writes,
		.tlb_misses = misses - run->tlb_misses,
	};
	run->tlb_misses = misses;
	if (run->listener.collected)
		run->listener.collected(run->listener.context, reported, row);
}

static void round_ended(void *context, struct sv3_round *row)
{
	struct fx_run *run = (struct fx_run *)context;
	const uint64_t redundant = sv3_truth_counts(run->truth).redundant;

	(void)row;
	run->outcome->round_redundant[run->round] = redundant - run->redundant;
	run->redundant = redundant;
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
		run->outcome->bulk_end = sv3_world_now(run->world);
	if (config->period)
		sv3_world_run_until(run->world,
				    run->outcome->bulk_end + (round + 1) * config->period);
	else
		sv3_world_advance(run->world, config->pause);
}

static int run_it(struct fx_run *run, struct sv3_host *host)
{
	const struct sv3_migration_observer observer = {
		.pages_copied = pages_copied,
		.leaf_cleared = leaf_cleared,
		.invalidated = invalidated,
		.atc_invalidated = atc_invalidated,
		.collected = collected,
		.round_ended = round_ended,
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
	if (run->config->look)
		run->config->look(run->config->look_context, run->world, host, false);
	rc = sv3_migrate(run->world, host, &migration, &run->outcome->migration);
	if (run->config->look)
		run->config->look(run->config->look_context, run->world, host, true);
	run->outcome->redundant = sv3_truth_counts(run->truth).redundant;
	run->outcome->lost = sv3_truth_lost_count(run->truth);
	run->outcome->world = *sv3_world_stats(run->world);
	run->outcome->httu_updates = sv3_world_smmu_stats(run->world)->httu_updates;
	run->outcome->refill_walks = sv3_world_smmu_stats(run->world)->tlb_refills;
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
		.mixed_leaves = config->mixed_leaves,
		.seed = config->device.seed,
		.stream_ids = &config->device.stream_id,
		.stream_count = 1,
		.hd = !(needs & SV3_NEEDS_SOFTWARE_DIRTY),
		.software_dirty = (needs & SV3_NEEDS_SOFTWARE_DIRTY) != 0,
		.stall = (needs & SV3_NEEDS_STALL) != 0,
	};
	const struct sv3_world_observer truth = sv3_truth_world_observer(run->truth);
	const struct sv3_world_observer epochs = fx_epochs_observer(&run->epochs);
	struct sv3_host *host;
	int rc = sv3_host_create(run->world, &host_config, &host);

	if (rc)
		return rc;
	sv3_world_attach_host(run->world, host);
	rc = sv3_world_observe(run->world, &truth);
	if (!rc)
		rc = sv3_world_observe(run->world, &epochs);
	sv3_world_attach_device(run->world, device);
	if (cpu->ops)
		sv3_world_attach_cpu(run->world, cpu);
	if (!rc)
		rc = run_it(run, host);
	sv3_host_destroy(host);
	return rc;
}

static int create_devices(const struct fx_world_config *config, struct sv3_device *device,
			  struct sv3_device *cpu)
{
	const struct sv3_replay_config replay = {
		.trace = config->trace,
		.view = SV3_VIEW_GUEST,
		.time_scale_ppm = 1000000,
		.start = config->trace ? config->trace->records[0].time_ns * SV3_PS_PER_NS : 0,
	};
	int rc;

	if (config->trace)
		rc = sv3_replay_create(&replay, device);
	else if (config->poisson)
		rc = fx_poisson_create(&config->device, device);
	else
		rc = sv3_synthetic_create(&config->device, device);
	if (!rc && config->cpu.period)
		rc = sv3_synthetic_create(&config->cpu, cpu);
	return rc;
}

static int with_world(struct fx_run *run, const struct sv3_device *device,
		      const struct sv3_device *cpu)
{
	const struct fx_world_config *config = run->config;
	struct sv3_world_config world = {
		.costs = config->costs,
		.guest_base = FX_BASE,
		.guest_size = config->guest_pages * SV3_PAGE_SIZE,
		.contents = config->contents,
	};
	int rc;

	sv3_smmu_config_default(&world.smmu);
	if (sv3_policy_find(config->migration.policy)->needs & SV3_NEEDS_STALL) {
		world.smmu.idr0 &= ~(uint32_t)SV3_IDR0_STALL_MODEL;
		world.smmu.idr5 |= (uint32_t)SV3_PUT(SV3_IDR5_STALL_MAX, 64);
	}
	if (config->has_bbml)
		set_bbml(&world.smmu, config->bbml);
	rc = sv3_world_create(&world, &run->world);
	if (!rc)
		rc = with_host(run, device, cpu);
	sv3_world_destroy(run->world);
	return rc;
}

int fx_migrate(const struct fx_world_config *config, struct fx_outcome *outcome)
{
	const uint64_t leaf_pages =
		config->leaf_max_lg2 ? UINT64_C(1) << (config->leaf_max_lg2 - 12) : 1;
	struct fx_run run = { .config = config, .outcome = outcome };
	struct sv3_device device = { 0 }, cpu = { 0 };
	int rc;

	memset(outcome, 0, sizeof(*outcome));
	if (config->migration.max_rounds > FX_ROUNDS_MAX - 2)
		return -SV3_ERR_INVAL;
	if (config->listener)
		run.listener = *config->listener;
	rc = fx_epochs_init(&run.epochs, FX_BASE, config->guest_pages, leaf_pages);
	if (!rc)
		rc = sv3_truth_create(FX_BASE, config->guest_pages, &run.truth);
	if (!rc)
		rc = create_devices(config, &device, &cpu);
	if (!rc)
		rc = with_world(&run, &device, &cpu);
	fx_epochs_fini(&run.epochs);
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

/* --- traffic most tests take --- */

struct fx_world_config fx_basic(const char *policy, uint64_t pages, uint32_t rounds)
{
	return (struct fx_world_config){
		.guest_pages = pages,
		.period = FX_PERIOD,
		.device = {
			.base = FX_BASE,
			.page_count = pages,
			.write_percent = 100,
			.len = 64,
		},
		.migration = {
			.policy = policy,
			.link_bits_per_s = FX_INSTANT_LINK,
			.max_rounds = rounds,
			.stop_rule_off = true,
			.chunk_shift = 4,
			.flush = SV3_FLUSH_RANGE,
		},
	};
}

struct fx_world_config fx_back_to_back(const char *policy, uint64_t pages, double r)
{
	struct fx_world_config config = fx_basic(policy, pages, 60);

	config.period = 0;
	config.migration.link_bits_per_s = fx_link(FX_PAGE_TIME);
	config.device.period = (sv3_ps)((double)FX_PAGE_TIME / r);
	return config;
}

struct sv3_synthetic_config fx_writes(uint64_t per_round, uint64_t seed)
{
	return (struct sv3_synthetic_config){
		.pattern = SV3_PATTERN_UNIFORM,
		.base = FX_BASE,
		.page_count = FX_PAGES,
		.write_percent = 100,
		.len = 64,
		.start = SV3_PS_PER_NS,
		.period = FX_PERIOD / per_round,
		.jitter = true,
		.seed = seed,
	};
}

struct fx_world_config fx_traffic(const char *policy, uint64_t per_round, uint64_t seed)
{
	struct fx_world_config config = fx_basic(policy, FX_PAGES, FX_ROUNDS);

	config.device = fx_writes(per_round, seed);
	config.contents = true;
	return config;
}

struct fx_outcome fx_migrated(const struct fx_world_config *config)
{
	struct fx_outcome outcome;

	EXPECT_OK(fx_migrate(config, &outcome));
	EXPECT_EQ_U64(outcome.lost, 0);
	EXPECT_EQ_U64(outcome.world.faults, 0);
	return outcome;
}

bool fx_was_sent(const struct fx_outcome *outcome, uint32_t round, uint64_t page)
{
	const uint64_t *bits = outcome->round_bits[round];

	return bits && (bits[page / 64] >> (page % 64) & 1);
}

uint64_t fx_pages_resent(const struct fx_outcome *outcome)
{
	uint64_t pages = 0;

	for (uint32_t round = 1; round < FX_ROUNDS_MAX; round++)
		pages += outcome->round_pages[round];
	return pages;
}
