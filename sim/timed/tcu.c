/* SPDX-License-Identifier: MIT */
/*
 * tcu.c - misses: the configuration cache, walks, and what memory answers.
 *
 * A miss takes a slot of the TCU, looks up its configuration and, when the first descriptor is
 * asked for, takes a walk slot. Which need comes next is the block's to say; a walk whose first
 * descriptor is not that of the first level began in the walk cache.
 * APPROX(T-052): the block looked the caches up when the access was in the TBU.
 */
#include "timed_priv.h"

static void add_event(struct sv3_timed *timed, uint32_t index, enum sv3__phase phase, sv3_cycle at)
{
	timed->flights[index].phase = (uint8_t)phase;
	sv3__wheel_add(&timed->wheel, index, at);
}

/* --- what memory says --- */

void sv3__answer(struct sv3_timed *timed, const struct sv3_need *need, struct sv3_reply *reply)
{
	const struct sv3_bus *bus = &timed->bus;

	switch (need->kind) {
	case SV3_NEED_READ:
		reply->status = sv3_bus_read(bus, need->pa, reply->data, need->size);
		return;
	case SV3_NEED_WRITE:
		reply->status = sv3_bus_write(bus, need->pa, need->data, need->size);
		return;
	case SV3_NEED_CAS64:
		reply->status =
			sv3_bus_cas64(bus, need->pa, need->expect, need->desired, &reply->old);
		timed->stats.atomics_lost +=
			reply->status == SV3_BUS_OK && reply->old != need->expect;
		return;
	default:
		reply->status = SV3_BUS_OK;
	}
}

/* --- slots --- */

static void configure(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__flight *flight = &timed->flights[index];

	flight->in_tcu = true;
	flight->tcu_since = timed->wheel.now;
	sv3__pool_take(&timed->tcu, 1, timed->wheel.now);
	add_event(timed, index, SV3__CONFIGURES,
		  timed->wheel.now + timed->timing.tcu_config_cycles);
}

void sv3__tcu_enter(struct sv3_timed *timed, uint32_t index)
{
	if (sv3__pool_has(&timed->tcu, 1)) {
		configure(timed, index);
		return;
	}
	timed->stats.units[SV3_TIMED_TCU].waited++;
	timed->flights[index].phase = SV3__QUEUES;
	timed->flights[index].tcu_since = timed->wheel.now;
	sv3__line_add(timed, &timed->tcu.line, index);
}

static void ask(struct sv3_timed *timed, uint32_t index);

static void walk(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__flight *flight = &timed->flights[index];

	flight->walks = true;
	flight->walk_unit = SV3_UNIT_NONE;
	flight->walk_since = timed->wheel.now;
	timed->stats.walks++;
	sv3__pool_take(&timed->walk, 1, timed->wheel.now);
	ask(timed, index);
}

/* Slots are given back before others take them: so a slot is never idle while one waits. */
static void leave_tcu(struct sv3_timed *timed, struct sv3__flight *flight)
{
	const sv3_cycle now = timed->wheel.now;
	const bool walked = flight->walks;
	uint32_t next;

	SV3_ASSERT(flight->in_tcu);
	flight->in_tcu = flight->walks = false;
	sv3__pool_give(&timed->tcu, 1, flight->tcu_since, now);
	if (walked) {
		sv3__pool_give(&timed->walk, 1, flight->walk_since, now);
		sv3_histogram_add(&timed->stats.walk, now - flight->walk_since);
		next = sv3__line_take(timed, &timed->walk.line);
		if (next != SV3__NO_NODE) {
			timed->stats.units[SV3_TIMED_WALK].wait_cycles +=
				now - timed->flights[next].walk_since;
			walk(timed, next);
		}
	}
	next = sv3__line_take(timed, &timed->tcu.line);
	if (next == SV3__NO_NODE)
		return;
	timed->stats.units[SV3_TIMED_TCU].wait_cycles += now - timed->flights[next].tcu_since;
	configure(timed, next);
}

/* --- needs --- */

static bool is_descriptor(const struct sv3_need *need)
{
	return need->unit >= SV3_UNIT_S1_L0 && need->unit <= SV3_UNIT_S2_L3;
}

static uint32_t level_of(unsigned int unit)
{
	return (unit - SV3_UNIT_S1_L0) % 4;
}

static bool is_stage2(unsigned int unit)
{
	return unit >= SV3_UNIT_S2_L0;
}

/* The next level of the same walk, or another walk: of another stage, or anew. */
static bool goes_on(const struct sv3__flight *flight)
{
	const unsigned int last = flight->walk_unit, unit = (unsigned int)flight->need.unit;

	return last != SV3_UNIT_NONE && is_stage2(last) == is_stage2(unit) && unit == last + 1;
}

/* To find where a walk begins the cache is asked level by level, the last but one first, until
 * one has it or none is left. */
static sv3_cycle walk_cache_cycles(const struct sv3_timed *timed, unsigned int unit)
{
	const uint32_t level = level_of(unit);
	const uint32_t looked_at = level ? 4 - level : 3;

	return (timed->timing.tcu_walk_cache_parallel ? 1 : looked_at) *
	       timed->timing.tcu_walk_cache_cycles;
}

static void ask_descriptor(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__flight *flight = &timed->flights[index];
	sv3_cycle at = timed->wheel.now;

	if (!flight->walks) {
		if (!sv3__pool_has(&timed->walk, 1)) {
			timed->stats.units[SV3_TIMED_WALK].waited++;
			flight->walk_since = at;
			flight->phase = SV3__QUEUES;
			sv3__line_add(timed, &timed->walk.line, index);
			return;
		}
		walk(timed, index);
		return;
	}
	if (!goes_on(flight))
		at += walk_cache_cycles(timed, flight->need.unit) + timed->timing.tcu_step_cycles;
	flight->walk_unit = (uint8_t)flight->need.unit;
	at += timed->timing.tcu_step_cycles + timed->timing.tcu_port_cycles;
	add_event(timed, index, SV3__ASKED, sv3__memory_fetch(timed, at, flight->need.pa));
}

static void go_back(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__flight *flight = &timed->flights[index];
	struct sv3__tbu *tbu = &timed->tbus[flight->tbu];

	sv3_smmu_result(timed->smmu, flight->slot, &flight->end.result);
	leave_tcu(timed, flight);
	sv3__pipe_pass(&tbu->dti_back, timed->wheel.now, UINT64_C(1) << SV3__FRACTION_LG2);
	add_event(timed, index, SV3__RETURNS,
		  sv3__pipe_end(&tbu->dti_back) - 1 + timed->timing.dti_cycles);
}

/* The need of a flight in the TCU goes out. */
static void ask(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__flight *flight = &timed->flights[index];
	const sv3_cycle now = timed->wheel.now;

	switch (flight->need.kind) {
	case SV3_NEED_DONE:
		go_back(timed, index);
		return;
	case SV3_NEED_WAIT:
		leave_tcu(timed, flight);
		sv3__flight_stalls(timed, index);
		return;
	case SV3_NEED_CAS64:
		add_event(timed, index, SV3__ASKED,
			  sv3__memory_atomic(timed, now + timed->timing.tcu_step_cycles,
					     flight->need.pa));
		return;
	default:
		SV3_ASSERT(flight->need.kind == SV3_NEED_READ);
		if (is_descriptor(&flight->need))
			ask_descriptor(timed, index);
		else
			add_event(timed, index, SV3__ASKED,
				  sv3__memory_fetch(timed, now, flight->need.pa));
	}
}

void sv3__tcu_event(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__flight *flight = &timed->flights[index];
	struct sv3_reply reply;

	if (flight->phase == SV3__ASKED) {
		sv3__answer(timed, &flight->need, &reply);
		sv3_smmu_step(timed->smmu, flight->slot, &reply, &flight->need);
	}
	ask(timed, index);
	/* A fault, or an acknowledgement, is a job's. */
	sv3__jobs_begin(timed);
}
