/* SPDX-License-Identifier: MIT */
/*
 * observe.c - who watches the runner hears of spans and levels; nothing here changes what happens.
 */
#include "timed_priv.h"

const char *sv3_timed_span_text(enum sv3_timed_span_kind kind)
{
	static const char *const texts[SV3_TIMED_SPAN_COUNT] = {
#define X(name, text) [SV3_TIMED_SPAN_##name] = (text),
		SV3_TIMED_SPAN_MAP(X)
#undef X
	};

	return (unsigned int)kind < SV3_TIMED_SPAN_COUNT ? texts[kind] : "?";
}

static void tell(struct sv3_timed *timed, const struct sv3_timed_span *span, bool begins)
{
	for (uint32_t i = 0; i < timed->observer_count; i++) {
		const struct sv3_timed_observer *observer = &timed->observers[i];
		void (*hear)(void *context, const struct sv3_timed_span *span) =
			begins ? observer->begins : observer->ends;

		if (hear)
			hear(observer->context, span);
	}
}

void sv3__tell_flight(struct sv3_timed *timed, enum sv3_timed_span_kind kind,
		      const struct sv3__flight *flight, bool begins)
{
	const struct sv3_timed_span span = {
		.kind = kind,
		.number = flight->end.number,
		.at = timed->wheel.now,
		.end = &flight->end,
		.found = (enum sv3_timed_found)flight->found,
		.unit = flight->need.unit,
		.pa = flight->need.pa,
	};

	tell(timed, &span, begins);
}

void sv3__tell_command(struct sv3_timed *timed, bool begins)
{
	const struct sv3_timed_span span = {
		.kind = SV3_TIMED_SPAN_COMMAND,
		.at = timed->wheel.now,
		.opcode = timed->opcode,
	};

	tell(timed, &span, begins);
}

void sv3__tell_level(const struct sv3__pool *pool, sv3_cycle now)
{
	const struct sv3_timed *timed = pool->watched;
	const struct sv3_timed_level level = {
		.unit = (enum sv3_timed_unit)pool->unit,
		.tbu = pool->tbu,
		.at = now,
		.taken = pool->taken,
		.capacity = pool->capacity,
	};

	for (uint32_t i = 0; i < timed->observer_count; i++)
		if (timed->observers[i].level)
			timed->observers[i].level(timed->observers[i].context, &level);
}

int sv3_timed_observe(struct sv3_timed *timed, const struct sv3_timed_observer *observer)
{
	struct sv3__pool *pool;

	if (timed->observer_count == SV3_TIMED_OBSERVERS_MAX)
		return -SV3_ERR_NOMEM;
	timed->observers[timed->observer_count++] = *observer;
	for (uint32_t i = 0; (pool = sv3__pool_at(timed, i)); i++) {
		pool->watched = timed;
		sv3__tell_level(pool, timed->wheel.now);
	}
	return 0;
}

void sv3_timed_phase(struct sv3_timed *timed, const char *name, bool begins)
{
	for (uint32_t i = 0; i < timed->observer_count; i++)
		if (timed->observers[i].phase)
			timed->observers[i].phase(timed->observers[i].context, name, begins,
						  timed->wheel.now);
}
