/* SPDX-License-Identifier: MIT */
/*
 * replay_fixture.h - a world whose device replays a small trace in the IOVA view, and its books.
 */
#ifndef REPLAY_FIXTURE_H
#define REPLAY_FIXTURE_H

#include "world_fixture.h"

/* --- small traces --- */

#define HAS_VA (SV3_TRACE_HAS_SID | SV3_TRACE_HAS_IOVA | SV3_TRACE_HAS_LEN)

#define T_MAP(ns, va, to, bytes, perm)                                                      \
	{                                                                                   \
		.time_ns = (ns), .sid = SID, .op = SV3_TRACE_MAP, .iova = (va), .pa = (to), \
		.len = (bytes), .aux = SV3_TRACE_AUX_PERM_##perm, .has = SV3_TRACE_HAS_ALL  \
	}
#define T_DMA(direction, ns, va, to)                                                       \
	{                                                                                  \
		.time_ns = (ns), .sid = SID, .op = SV3_TRACE_##direction, .iova = (va),    \
		.pa = (to), .len = 16, .aux = SV3_TRACE_AUX_DATA, .has = SV3_TRACE_HAS_ALL \
	}
#define T_UNMAP(ns, va, bytes)                                                                    \
	{                                                                                         \
		.time_ns = (ns), .sid = SID, .op = SV3_TRACE_UNMAP, .iova = (va), .len = (bytes), \
		.has = HAS_VA                                                                     \
	}
#define T_TLBI(ns, va, bytes)                                                       \
	{                                                                           \
		.time_ns = (ns), .sid = SID, .op = SV3_TRACE_TLBI_VA, .iova = (va), \
		.len = (bytes), .aux = SV3_TRACE_AUX_LEAF, .has = HAS_VA            \
	}
#define T_ASID(ns)                                                                               \
	{                                                                                        \
		.time_ns = (ns), .sid = SID, .op = SV3_TRACE_TLBI_ASID, .has = SV3_TRACE_HAS_SID \
	}
#define T_SYNC(ns)                                    \
	{                                             \
		.time_ns = (ns), .op = SV3_TRACE_SYNC \
	}

#define VA(n) (UINT64_C(0xffff0000) + (n)*SV3_PAGE_SIZE)

struct replay_fx {
	struct fx fx;
	struct sv3_trace trace;
	struct sv3_device device;
};

static inline void replay_fini(struct replay_fx *r)
{
	fx_fini(&r->fx);
	sv3_device_destroy(&r->device);
}

static inline bool replay_boot(struct replay_fx *r, const struct sv3_trace_rec *records,
			       uint64_t count, bool repeat)
{
	struct sv3_replay_config config = { .view = SV3_VIEW_IOVA, .time_scale_ppm = 1000000 };

	/* The reader of a trace never writes to it, but a trace owns what it reads. */
	r->trace.records = (struct sv3_trace_rec *)(uintptr_t)records;
	r->trace.count = count;
	config.trace = &r->trace;
	config.repeat = repeat;
	r->fx.host_config.view = SV3_VIEW_IOVA;
	if (!fx_boot(&r->fx) || sv3_replay_create(&config, &r->device))
		return false;
	sv3_world_attach_device(r->fx.world, &r->device);
	return true;
}

#define REPLAY(name)                                                         \
	__attribute__((cleanup(replay_fini))) struct replay_fx name = { 0 }; \
	fx_init(&name.fx)
#define REPLAY_BOOT(r, rows, repeat) \
	ASSERT_TRUE(replay_boot(r, rows, sizeof(rows) / sizeof((rows)[0]), repeat))

/* Pages of guest RAM that were unmapped dirty. The books forget them. */
static inline uint64_t collect(struct fx *fx, uint64_t *words, bool settled_only)
{
	struct sv3_dirty_log log = { words, GUEST_SIZE / SV3_PAGE_SIZE, GUEST_BASE };

	memset(words, 0, FX_WORDS * 8);
	return sv3_host_collect_unmapped(fx->host, &log, settled_only);
}

#endif
