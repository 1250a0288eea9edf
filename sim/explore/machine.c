/* SPDX-License-Identifier: MIT */
/*
 * machine.c - the small machine: built once, put back before each schedule.
 *
 * Memory is put back word by word from a record of what was written, the blocks of the SMMUs as a
 * whole if they were touched.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sv3/arch.h>

#include "explore_priv.h"

/* Where setup says that structures stand. */
enum place {
	STRTAB = 0x10000, /* 1 KiB for each SMMU */
	CMDQ = 0x11000,   /* 256 bytes for each */
	EVENTQ = 0x12000, /* 512 bytes for each */
	CDS = 0x13000,
	TABLES = 0x14000,
	TABLES_END = 0x30000,
};

/* --- memory --- */

static bool is_memory(sv3_pa pa, uint32_t size)
{
	return pa - SV3__XRAM_BASE < SV3__XRAM_BYTES &&
	       size <= SV3__XRAM_BYTES - (pa - SV3__XRAM_BASE);
}

uint64_t sv3__memory_word(const struct sv3_explore *x, sv3_pa pa)
{
	return sv3_le64(&x->memory[(pa - SV3__XRAM_BASE) & ~UINT64_C(7)]);
}

enum sv3_bus_status sv3__memory_read(const uint8_t *side, sv3_pa pa, void *data, uint32_t size)
{
	if (!is_memory(pa, size))
		return SV3_BUS_ABORT;
	memcpy(data, &side[pa - SV3__XRAM_BASE], size);
	return SV3_BUS_OK;
}

/* For the keys of states. Words come and go by themselves: the order of writes does not matter. */
static void hash_memory(struct sv3_explore *x, const uint8_t *side, uint32_t first, uint32_t size)
{
	if (!x->keeps_undo || x->config.mode != SV3_EXPLORE_MERGED)
		return;
	for (uint32_t at = first & ~7u; at < first + size; at += 8)
		x->memory_hash ^= sv3__mix(at | (side != x->memory), sv3_le64(&side[at]));
}

static void keep(struct sv3_explore *x, const uint8_t *side, uint32_t offset)
{
	struct sv3__xundo *undo = &x->undo[x->undo_count];

	SV3_ASSERT(x->undo_count < SV3__XUNDO_MAX);
	x->undo_count++;
	memcpy(&undo->old, &side[offset], 8);
	undo->offset = offset | (side == x->cpu && x->cpu != x->memory);
}

void sv3__memory_opens(struct sv3_explore *x, const uint8_t *side, sv3_pa pa, uint32_t size)
{
	const uint32_t first = (uint32_t)(pa - SV3__XRAM_BASE);

	for (uint32_t at = first & ~7u; x->keeps_undo && at < first + size; at += 8)
		keep(x, side, at);
	hash_memory(x, side, first, size);
}

void sv3__memory_closes(struct sv3_explore *x, const uint8_t *side, sv3_pa pa, uint32_t size)
{
	const uint32_t first = (uint32_t)(pa - SV3__XRAM_BASE);

	hash_memory(x, side, first, size);
	if (first + size > x->memory_end)
		x->memory_end = first + size;
}

enum sv3_bus_status sv3__memory_write(struct sv3_explore *x, uint8_t *side, sv3_pa pa,
				      const void *data, uint32_t size)
{
	if (!is_memory(pa, size))
		return SV3_BUS_ABORT;
	sv3__memory_opens(x, side, pa, size);
	memcpy(&side[pa - SV3__XRAM_BASE], data, size);
	sv3__memory_closes(x, side, pa, size);
	return SV3_BUS_OK;
}

static void undo_all(struct sv3_explore *x)
{
	while (x->undo_count) {
		const struct sv3__xundo *undo = &x->undo[--x->undo_count];
		uint8_t *side = undo->offset & 1 ? x->cpu : x->memory;

		memcpy(&side[undo->offset & ~1u], &undo->old, 8);
	}
}

/* --- findings --- */

void sv3__breaks(struct sv3_explore *x, enum sv3_explore_rule rule, uint32_t page,
		 const char *format, ...)
{
	va_list arguments;

	if (sv3__is_broken(x))
		return;
	x->finding.rule = rule;
	x->finding.page = page;
	va_start(arguments, format);
	(void)vsnprintf(x->finding.text, sizeof(x->finding.text), format, arguments);
	va_end(arguments);
}

struct sv3_explore_rule_info sv3_explore_rule_info(enum sv3_explore_rule rule)
{
	static const struct sv3_explore_rule_info rows[SV3_EXPLORE_RULE_COUNT] = {
#define RULE(id, name, clause, text) [SV3_EXPLORE_##id] = { name, clause, text },
#include <sv3/explore.def>
#undef RULE
	};

	return rows[(unsigned int)rule < SV3_EXPLORE_RULE_COUNT ? rule : 0];
}

/* --- again and again --- */

void sv3__machine_restart(struct sv3_explore *x)
{
	undo_all(x);
	x->memory_hash = 0;
	for (uint32_t i = 0; i < x->scenario->smmu_count; i++) {
		if (x->touched[i])
			memcpy(x->smmus[i], x->first_blocks[i], x->block_bytes);
		x->touched[i] = false;
	}
	memcpy(x->state, x->first_state, x->driver.state_bytes);
	x->direct.size = 0;
	if (x->driver.restore)
		x->driver.restore(x->state);
	x->moving = x->first;
	x->finding.rule = SV3_EXPLORE_OK;
	sv3__watch_restart(x);
	for (uint32_t i = 0; i < x->scenario->program_count; i++)
		x->moving.programs[i].pending.op = SV3__XOP_POLL; /* they are there */
	for (uint32_t i = 0; i < x->scenario->program_count; i++)
		sv3__program_begin(x, i);
}

/* --- building --- */

static void configure(const struct sv3_explore *x, struct sv3_smmu_config *config)
{
	const struct sv3_explore_scenario *scenario = x->scenario;

	if (sv3_smmu_profile(scenario->ats || scenario->stall ? "full" : "default", config) < 0)
		SV3_ASSERT(false && "there are these profiles");
	config->slot_count = SV3__XSLOTS;
	config->tlb_entries = config->tlb_ways = 8;
	config->walk_cache_entries = config->walk_cache_ways = 2;
	config->config_cache_entries = config->config_cache_ways = 4;
	config->config_fetch_bytes = 8; /* STE and CD may be torn [IHI0070 3.21.3] */
	config->pmcg_counters = 0;
	config->idr3 = (uint32_t)((config->idr3 & ~SV3_IDR3_BBML) |
				  SV3_PUT(SV3_IDR3_BBML, scenario->bbml));
	if (scenario->groups)
		config->choices |= SV3_CHOICE_CONTIGUOUS_GROUP;
	if (scenario->incoherent)
		config->idr0 &= (uint32_t)~SV3_IDR0_COHACC;
	if (SV3_GET(SV3_IDR5_STALL_MAX, config->idr5))
		config->idr5 = (uint32_t)((config->idr5 & ~SV3_IDR5_STALL_MAX) |
					  SV3_PUT(SV3_IDR5_STALL_MAX, SV3__XSLOTS - 1));
	if (x->driver.configure)
		x->driver.configure(config);
}

static int make_smmus(struct sv3_explore *x)
{
	struct sv3_smmu_config config;

	configure(x, &config);
	x->block_bytes = (sv3_smmu_size(&config) + 63) & ~(size_t)63;
	for (uint32_t i = 0; i < x->scenario->smmu_count; i++) {
		void *block = aligned_alloc(64, x->block_bytes);

		x->first_blocks[i] = (uint8_t *)malloc(x->block_bytes);
		if (!block || !x->first_blocks[i]) {
			free(block);
			return -SV3_ERR_NOMEM;
		}
		if (sv3_smmu_init(block, x->block_bytes, &config, &x->smmus[i]) < 0) {
			free(block);
			return -SV3_ERR_INVAL;
		}
	}
	return 0;
}

/* Aligned as its pages are, for software that goes by the addresses of the host. */
static uint8_t *make_side(void)
{
	uint8_t *side = (uint8_t *)aligned_alloc(4096, SV3__XRAM_BYTES);

	if (side)
		memset(side, 0, SV3__XRAM_BYTES);
	return side;
}

static int make_memory(struct sv3_explore *x)
{
	x->memory = make_side();
	x->cpu = x->scenario->incoherent ? make_side() : x->memory;
	x->undo = (struct sv3__xundo *)calloc(SV3__XUNDO_MAX, sizeof(*x->undo));
	x->state = (uint8_t *)calloc(1, x->driver.state_bytes + 1);
	x->first_state = (uint8_t *)calloc(1, x->driver.state_bytes + 1);
	return x->memory && x->cpu && x->undo && x->state && x->first_state ? 0 : -SV3_ERR_NOMEM;
}

/* Those of programs and of hardware are none of the driver's. */
static const char *bug_of_driver(struct sv3_explore *x)
{
	const enum sv3__mutant mutant = sv3__mutant_find(x->config.bug);

	if (mutant == SV3__MUTANT_NONE ||
	    sv3_explore_mutant(mutant - 1)->maker == SV3_EXPLORE_BY_DRIVER)
		return x->config.bug;
	x->mutant = mutant;
	return NULL;
}

static void set_up(struct sv3_explore *x)
{
	const struct sv3_explore_scenario *scenario = x->scenario;
	struct sv3_explore_setup *setup = &x->setup;

	*setup = (struct sv3_explore_setup){
		.explore = x,
		.bus = sv3__program_bus(x),
		.smmu_count = scenario->smmu_count,
		.device_count = scenario->device_count,
		.cds = CDS,
		.tables = TABLES,
		.tables_end = TABLES_END,
		.queue_lg2 = scenario->queue_lg2,
		.bbml = scenario->bbml,
		.input_size_lg2 = scenario->input_size_lg2 ? scenario->input_size_lg2 : 30,
		.ats = scenario->ats,
		.stall = scenario->stall,
		.starts_off = scenario->starts_off,
		.is_global = scenario->is_global,
		.is_shared = scenario->program_count > 1,
		.own_tables = scenario->own_tables,
		.groups = scenario->groups,
		.own_bits = scenario->own_bits,
		.may_fail = scenario->bus_fails,
		.bug = bug_of_driver(x),
	};
	for (uint32_t i = 0; i < scenario->smmu_count; i++) {
		setup->regs[i] = sv3__program_regs(x, i);
		setup->strtabs[i] = STRTAB + 1024 * i;
		setup->cmdqs[i] = CMDQ + 256 * i;
		setup->eventqs[i] = EVENTQ + 512 * i;
	}
	for (uint32_t i = 0; i < scenario->device_count; i++) {
		setup->stream_ids[i] = scenario->devices[i].stream_id;
		setup->stream_smmus[i] = scenario->devices[i].smmu;
	}
}

/* The devices that know their pages already. */
static void warm_up(struct sv3_explore *x)
{
	for (uint32_t i = 0; i < x->scenario->device_count; i++) {
		const struct sv3_explore_device *device = &x->scenario->devices[i];

		for (uint32_t page = 0; page < SV3_EXPLORE_PAGES_MAX; page++) {
			if (device->reads >> page & 1)
				sv3__warm(x, i, page, false);
			if (device->writes >> page & 1)
				sv3__warm(x, i, page, true);
		}
	}
}

static int boot(struct sv3_explore *x)
{
	int rc;

	x->running = SV3_EXPLORE_PROGRAMS_MAX;
	set_up(x);
	rc = sv3__watch_init(x);
	if (rc < 0)
		return rc;
	rc = x->driver.attach(x->state, &x->setup);
	if (rc < 0)
		return rc == -SV3_ERR_NOENT ? rc : -SV3_ERR_INVAL;
	x->scenario->prepare(x);
	sv3__direct_settle(x);
	warm_up(x);
	if (x->lacks)
		return -SV3_ERR_NOENT;
	return sv3__is_broken(x) ? -SV3_ERR_INVAL : 0;
}

static void remember(struct sv3_explore *x)
{
	for (uint32_t i = 0; i < x->scenario->smmu_count; i++)
		memcpy(x->first_blocks[i], x->smmus[i], x->block_bytes);
	memcpy(x->first_state, x->state, x->driver.state_bytes);
	if (x->driver.keep)
		x->driver.keep(x->state);
	x->first = x->moving;
	sv3__watch_remember(x);
	x->keeps_undo = true;
}

/* One schedule tells which functions the programs call. */
static int try_out(struct sv3_explore *x)
{
	struct sv3_explore_schedule schedule = { 0 };
	struct sv3_explore_finding finding;

	remember(x);
	sv3_explore_replay(x, &schedule, &finding);
	return x->lacks ? -SV3_ERR_NOENT : 0;
}

int sv3_explore_create(const struct sv3_explore_config *config, struct sv3_explore **explore)
{
	struct sv3_explore *x = (struct sv3_explore *)calloc(1, sizeof(*x));
	int rc = -SV3_ERR_NOMEM;

	if (!x)
		return rc;
	x->config = *config;
	x->scenario = config->scenario;
	x->driver = *config->driver;
	sv3__driver_complete(&x->driver);
	x->actor_count =
		x->scenario->program_count + x->scenario->device_count + x->scenario->smmu_count;
	rc = config->mode == SV3_EXPLORE_MERGED && x->driver.keep ? -SV3_ERR_INVAL : make_memory(x);
	if (rc == 0)
		rc = make_smmus(x);
	if (rc == 0)
		rc = sv3__program_init(x);
	if (rc == 0)
		rc = boot(x);
	if (rc == 0)
		rc = try_out(x);
	if (rc < 0) {
		sv3_explore_destroy(x);
		return rc;
	}
	*explore = x;
	return 0;
}

void sv3_explore_destroy(struct sv3_explore *x)
{
	if (!x)
		return;
	for (uint32_t i = 0; i < SV3_EXPLORE_SMMUS_MAX; i++) {
		free(x->smmus[i]);
		free(x->first_blocks[i]);
	}
	for (uint32_t i = 0; i < SV3_EXPLORE_PROGRAMS_MAX; i++)
		sv3__coroutine_fini(&x->stacks[i]);
	sv3__watch_fini(x);
	if (x->cpu != x->memory)
		free(x->cpu);
	free(x->memory);
	free(x->undo);
	free(x->state);
	free(x->first_state);
	free(x);
}

const struct sv3_explore_driver *sv3_explore_driver(const struct sv3_explore *x)
{
	return &x->driver;
}

void *sv3_explore_state(const struct sv3_explore *x)
{
	return x->state;
}

const struct sv3_explore_setup *sv3_explore_setup(const struct sv3_explore *x)
{
	return &x->setup;
}
