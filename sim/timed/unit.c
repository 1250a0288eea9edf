/* SPDX-License-Identifier: MIT */
/*
 * unit.c - pools of slots, lines of those who wait, and what is measured of them.
 */
#include "timed_priv.h"

void sv3__pool_init(struct sv3__pool *pool, struct sv3_timed_unit_stats *stats, uint64_t capacity)
{
	*pool = (struct sv3__pool){
		.stats = stats,
		.capacity = capacity,
		.line = { SV3__NO_NODE, SV3__NO_NODE },
	};
	stats->capacity += capacity;
}

void sv3__pool_count(struct sv3__pool *pool, sv3_cycle now)
{
	pool->stats->occupied += pool->taken * (now - pool->counted_to);
	pool->counted_to = now;
}

void sv3__pool_take(struct sv3__pool *pool, uint64_t count, sv3_cycle now)
{
	SV3_ASSERT(sv3__pool_has(pool, count));
	sv3__pool_count(pool, now);
	pool->taken += count;
	pool->stats->entered += count;
	if (pool->taken > pool->stats->occupied_max)
		pool->stats->occupied_max = pool->taken;
	if (pool->watched)
		sv3__tell_level(pool, now);
}

void sv3__pool_give(struct sv3__pool *pool, uint64_t count, sv3_cycle since, sv3_cycle now)
{
	SV3_ASSERT(pool->taken >= count);
	sv3__pool_count(pool, now);
	pool->taken -= count;
	pool->stats->left += count;
	pool->stats->time_in += count * (now - since);
	if (pool->watched)
		sv3__tell_level(pool, now);
}

void sv3__line_add(struct sv3_timed *timed, struct sv3__line *line, uint32_t flight)
{
	timed->flights[flight].waits_next = SV3__NO_NODE;
	if (line->first == SV3__NO_NODE)
		line->first = flight;
	else
		timed->flights[line->last].waits_next = flight;
	line->last = flight;
}

uint32_t sv3__line_take(struct sv3_timed *timed, struct sv3__line *line)
{
	const uint32_t flight = line->first;

	if (flight != SV3__NO_NODE)
		line->first = timed->flights[flight].waits_next;
	return flight;
}
