/* SPDX-License-Identifier: MIT */
/*
 * timed.c - the timed runner: made, run, asked.
 */
#include <stdlib.h>
#include <string.h>

#include "timed_priv.h"

#define LINK_SPARE 16u /* accesses that a device may have ready to send */

/* --- running --- */

static void event_happens(struct sv3_timed *timed, uint32_t node)
{
	timed->stats.events++;
	if (node < timed->flight_count)
		sv3__flight_event(timed, node);
	else
		sv3__job_event(timed, node - timed->flight_count);
}

bool sv3_timed_run_next(struct sv3_timed *timed, sv3_cycle until)
{
	const sv3_cycle at = sv3__wheel_next(&timed->wheel);
	uint32_t node;

	if (at > until || at == SV3_CYCLE_NEVER)
		return false;
	while ((node = sv3__wheel_take(&timed->wheel, at)) != SV3__NO_NODE)
		event_happens(timed, node);
	return true;
}

void sv3_timed_run(struct sv3_timed *timed, sv3_cycle until)
{
	while (sv3_timed_run_next(timed, until))
		;
	/* "To the end of all events" is no time for a clock to show. */
	if (until != SV3_CYCLE_NEVER && until > timed->wheel.now)
		timed->wheel.now = until;
}

sv3_cycle sv3_timed_now(const struct sv3_timed *timed)
{
	return timed->wheel.now;
}

sv3_cycle sv3_timed_next(const struct sv3_timed *timed)
{
	return sv3__wheel_next(&timed->wheel);
}

uint64_t sv3_timed_in_flight(const struct sv3_timed *timed, uint64_t *stalled)
{
	if (stalled)
		*stalled = timed->stalled;
	return timed->in_flight;
}

uint64_t sv3_timed_moving(const struct sv3_timed *timed)
{
	return timed->moving;
}

uint32_t sv3_timed_capacity(const struct sv3_timed *timed)
{
	return timed->flight_count;
}

bool sv3_timed_is_older(const struct sv3_timed *timed, sv3_cycle cycle)
{
	for (uint32_t i = 0; i < timed->flight_count; i++) {
		const struct sv3__flight *flight = &timed->flights[i];

		if (flight->phase != SV3__FREE && flight->phase != SV3__BACK &&
		    flight->phase != SV3__STALLED && flight->end.issued < cycle)
			return true;
	}
	return false;
}

void sv3_timed_set_endpoint(struct sv3_timed *timed, const struct sv3_endpoint *endpoint)
{
	timed->endpoint = *endpoint;
}

/* --- registers --- */

static uint64_t port_read(void *context, uint32_t offset, uint32_t size)
{
	struct sv3_timed *timed = (struct sv3_timed *)context;
	const uint64_t value = sv3_smmu_reg_read(timed->smmu, offset, size);

	/* It may complete what is acknowledged after so many accesses. */
	sv3_timed_kick(timed);
	return value;
}

static void port_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	struct sv3_timed *timed = (struct sv3_timed *)context;

	sv3_smmu_reg_write(timed->smmu, offset, size, value);
	sv3_timed_kick(timed);
}

static bool port_poll(void *context)
{
	struct sv3_timed *timed = (struct sv3_timed *)context;

	return sv3_timed_run_next(timed, SV3_CYCLE_NEVER);
}

struct sv3_regport sv3_timed_regport(struct sv3_timed *timed)
{
	static const struct sv3_regport_ops ops = {
		.read = port_read,
		.write = port_write,
		.poll = port_poll,
	};

	return (struct sv3_regport){ .ops = &ops, .context = timed };
}

/* --- what it measures --- */

const char *sv3_timed_unit_text(enum sv3_timed_unit unit)
{
	static const char *const texts[SV3_TIMED_UNIT_COUNT] = {
#define X(name, text) [SV3_TIMED_##name] = (text),
		SV3_TIMED_UNIT_MAP(X)
#undef X
	};

	return (unsigned int)unit < SV3_TIMED_UNIT_COUNT ? texts[unit] : "?";
}

bool sv3_timed_unit_is_pipe(enum sv3_timed_unit unit)
{
	switch (unit) {
	case SV3_TIMED_WIRE:
	case SV3_TIMED_WIRE_BACK:
	case SV3_TIMED_PORT_IN:
	case SV3_TIMED_PORT_OUT:
	case SV3_TIMED_DTI:
	case SV3_TIMED_DTI_BACK:
	case SV3_TIMED_MEMORY:
		return true;
	default:
		return false;
	}
}

struct sv3__pool *sv3__pool_at(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__pool *const shared[] = { &timed->tags, &timed->link, &timed->rc,
					     &timed->tcu,  &timed->walk, &timed->cmdq };
	const uint32_t shared_count = sizeof(shared) / sizeof(shared[0]);
	struct sv3__tbu *tbu;

	if (index < shared_count)
		return shared[index];
	index -= shared_count;
	if (index / 2 >= timed->tbu_count)
		return NULL;
	tbu = &timed->tbus[index / 2];
	return index % 2 ? &tbu->buffer : &tbu->slots;
}

const struct sv3_timed_stats *sv3_timed_stats(struct sv3_timed *timed)
{
	const sv3_cycle now = timed->wheel.now;
	struct sv3__pool *pool;

	for (uint32_t i = 0; (pool = sv3__pool_at(timed, i)); i++)
		sv3__pool_count(pool, now);
	if (timed->in_flight)
		timed->stats.busy_cycles += now - timed->busy_since;
	timed->busy_since = now;
	return &timed->stats;
}

/* --- making --- */

/* So many accesses of 64 bytes fill the link. APPROX(T-054) */
static uint64_t link_capacity(const struct sv3_timed *timed)
{
	const uint64_t work = (64 + timed->timing.pcie_request_bytes) * timed->byte_work;

	return (timed->out << SV3__FRACTION_LG2) / (work ? work : 1) + LINK_SPARE;
}

static void init_pipe(struct sv3_timed *timed, struct sv3__pipe *pipe, enum sv3_timed_unit unit)
{
	pipe->stats = &timed->stats.units[unit];
	pipe->stats->capacity++;
}

static void init_pool(struct sv3_timed *timed, struct sv3__pool *pool, enum sv3_timed_unit unit,
		      uint64_t capacity)
{
	sv3__pool_init(pool, &timed->stats.units[unit], capacity);
	pool->unit = (uint8_t)unit;
}

/* No more than the block has for each TBU: whoever is in a TBU finds a slot. Else writes that wait
 * for an older one could hold all that it waits for. */
static uint64_t slots_of_tbu(const struct sv3_timed *timed)
{
	const uint32_t slots = timed->slot_count / timed->tbu_count;

	return timed->timing.tbu_slots < slots ? timed->timing.tbu_slots : slots;
}

static void init_tbu(struct sv3_timed *timed, uint32_t index)
{
	const struct sv3_timing *timing = &timed->timing;
	struct sv3__tbu *tbu = &timed->tbus[index];

	init_pool(timed, &tbu->slots, SV3_TIMED_TBU, slots_of_tbu(timed));
	init_pool(timed, &tbu->buffer, SV3_TIMED_WRITE_BUFFER, timing->tbu_write_beats);
	tbu->slots.tbu = tbu->buffer.tbu = (uint8_t)index;
	init_pipe(timed, &tbu->port_in, SV3_TIMED_PORT_IN);
	init_pipe(timed, &tbu->port_out, SV3_TIMED_PORT_OUT);
	init_pipe(timed, &tbu->dti, SV3_TIMED_DTI);
	init_pipe(timed, &tbu->dti_back, SV3_TIMED_DTI_BACK);
	tbu->enters = (struct sv3__line){ SV3__NO_NODE, SV3__NO_NODE };
	tbu->order_first = SV3__NO_NODE;
	tbu->utlb.capacity = timing->tbu_utlb_entries;
	tbu->utlb.keys = timed->utlb_keys + (size_t)index * timing->tbu_utlb_entries;
}

static void init_units(struct sv3_timed *timed)
{
	const struct sv3_timing *timing = &timed->timing;

	timed->out = sv3_timing_cycles(timing, timing->pcie_out_ns);
	timed->back = sv3_timing_cycles(timing, timing->pcie_back_ns);
	/* 8 bits a byte, MHz by Mbit/s: fractions of a cycle */
	timed->byte_work =
		(((uint64_t)timing->clock_mhz * 8) << SV3__FRACTION_LG2) / timing->pcie_mbit_per_s;
	timed->write_work =
		((uint64_t)timing->device_write_ns * timing->clock_mhz << SV3__FRACTION_LG2) / 1000;
	init_pool(timed, &timed->tags, SV3_TIMED_TAGS, timing->device_tags);
	init_pool(timed, &timed->link, SV3_TIMED_LINK, link_capacity(timed));
	init_pool(timed, &timed->rc, SV3_TIMED_RC, timing->pcie_rc_lines);
	init_pool(timed, &timed->tcu, SV3_TIMED_TCU, timing->tcu_slots);
	init_pool(timed, &timed->walk, SV3_TIMED_WALK, timing->tcu_walk_slots);
	init_pipe(timed, &timed->wire, SV3_TIMED_WIRE);
	init_pipe(timed, &timed->wire_back, SV3_TIMED_WIRE_BACK);
	init_pool(timed, &timed->cmdq, SV3_TIMED_CMDQ, 1);
	timed->stats.units[SV3_TIMED_MEMORY].capacity = 1;
	timed->starved = (struct sv3__line){ SV3__NO_NODE, SV3__NO_NODE };
	memset(timed->leaders, 0xff, sizeof(timed->leaders));
	for (uint32_t i = 0; i < timed->tbu_count; i++)
		init_tbu(timed, i);
}

static int allocate(struct sv3_timed *timed, const struct sv3_timed_config *config)
{
	const struct sv3_timing *timing = &config->timing;
	int rc;

	timed->utlb_keys = (struct sv3__utlb_key *)calloc(
		(size_t)timed->tbu_count * timing->tbu_utlb_entries + 1, sizeof(*timed->utlb_keys));
	if (!timed->utlb_keys)
		return -SV3_ERR_NOMEM;
	init_units(timed);
	/* In the block, on the link, and on the way back to the device. */
	timed->flight_count =
		timed->slot_count + (uint32_t)timed->link.capacity + timing->device_tags;
	timed->flights = (struct sv3__flight *)calloc(timed->flight_count, sizeof(*timed->flights));
	timed->flight_of = (uint32_t *)calloc(timed->slot_count, sizeof(*timed->flight_of));
	if (!timed->flights || !timed->flight_of)
		return -SV3_ERR_NOMEM;
	for (uint32_t i = 0; i < timed->flight_count; i++)
		timed->flights[i].waits_next = i + 1 < timed->flight_count ? i + 1 : SV3__NO_NODE;
	rc = sv3__wheel_init(&timed->wheel, timed->flight_count + SV3__JOBS_MAX);
	return rc ? rc : sv3__memory_init(timed, config);
}

int sv3_timed_create(const struct sv3_timed_config *config, struct sv3_timed **out)
{
	struct sv3_timed *timed;
	int rc;

	*out = NULL;
	if (sv3_timing_check(&config->timing, NULL) ||
	    sv3_smmu_config(config->smmu)->slot_count < sv3_smmu_config(config->smmu)->tbu_count)
		return -SV3_ERR_INVAL;
	timed = (struct sv3_timed *)calloc(1, sizeof(*timed));
	if (!timed)
		return -SV3_ERR_NOMEM;
	timed->smmu = config->smmu;
	timed->bus = config->bus;
	timed->timing = config->timing;
	timed->ops = config->ops;
	timed->context = config->context;
	timed->slot_count = sv3_smmu_config(config->smmu)->slot_count;
	timed->tbu_count = sv3_smmu_config(config->smmu)->tbu_count;
	timed->commands_seen = sv3_smmu_stats(config->smmu)->commands;
	rc = allocate(timed, config);
	if (rc) {
		sv3_timed_destroy(timed);
		return rc;
	}
	*out = timed;
	return 0;
}

void sv3_timed_destroy(struct sv3_timed *timed)
{
	if (!timed)
		return;
	sv3__wheel_fini(&timed->wheel);
	sv3__memory_fini(timed);
	free(timed->flights);
	free(timed->flight_of);
	free(timed->utlb_keys);
	free(timed);
}
