/* SPDX-License-Identifier: MIT */
/*
 * host_world.h - a small world whose SMMU stalls, a device that follows a script, and a log of how
 * its accesses ended. Public headers only.
 */
#ifndef SV3_TESTS_MODEL_HOST_WORLD_H
#define SV3_TESTS_MODEL_HOST_WORLD_H

#include <string.h>

#include "ctest.h"

#include <sv3/arch.h>
#include <sv3/host.h>

#define HW_BASE    UINT64_C(0x40000000)
#define HW_PAGES   64u
#define HW_PAGE(n) (HW_BASE + (n)*SV3_PAGE_SIZE)
#define HW_SID     8u
#define HW_SID2    300u
#define HW_LOG_MAX 256u
#define US         SV3_PS_PER_US

struct hw {
	struct sv3_world_config config;
	struct sv3_host_config host_config;
	struct sv3_world *world;
	struct sv3_host *host;
	const struct sv3_device_event *script;
	uint64_t script_count, script_at;
	struct {
		struct sv3_device_event event;
		bool ok;
		sv3_ps at;
	} ended[HW_LOG_MAX];
	uint64_t ended_count;
	struct sv3_write landed[HW_LOG_MAX];
	uint64_t landed_count;
};

static inline bool hw_next(void *context, struct sv3_device_event *event)
{
	struct hw *w = (struct hw *)context;

	if (w->script_at == w->script_count)
		return false;
	*event = w->script[w->script_at];
	event->serial = w->script_at++;
	return true;
}

static inline void hw_completed(void *context, const struct sv3_device_event *event, bool ok,
				sv3_ps at)
{
	struct hw *w = (struct hw *)context;
	const uint64_t i = w->ended_count++;

	if (i >= HW_LOG_MAX)
		return;
	w->ended[i].event = *event;
	w->ended[i].ok = ok;
	w->ended[i].at = at;
}

static inline void hw_destroy(void *context)
{
	(void)context;
}

static inline void hw_landed(void *context, const struct sv3_write *write)
{
	struct hw *w = (struct hw *)context;
	const uint64_t i = w->landed_count++;

	if (i < HW_LOG_MAX)
		w->landed[i] = *write;
}

/* Two streams, hardware updates off, leaves born clean; a test changes what it is about. */
static inline void hw_init(struct hw *w)
{
	static const uint32_t streams[] = { HW_SID, HW_SID2 };

	memset(w, 0, sizeof(*w));
	sv3_world_config_default(&w->config);
	w->config.smmu.idr0 &= ~(uint32_t)SV3_IDR0_STALL_MODEL;
	w->config.smmu.idr5 |= (uint32_t)SV3_PUT(SV3_IDR5_STALL_MAX, 8);
	w->config.smmu.slot_count = 16;
	w->config.guest_base = HW_BASE;
	w->config.guest_size = HW_PAGES * SV3_PAGE_SIZE;
	w->host_config = (struct sv3_host_config){
		.view = SV3_VIEW_GUEST,
		.granule_lg2 = 12,
		.leaf_max_lg2 = 12,
		.stream_ids = streams,
		.stream_count = 2,
		.stall = true,
		.software_dirty = true,
	};
}

static inline bool hw_boot(struct hw *w)
{
	static const struct sv3_device_ops ops = { .next = hw_next,
						   .completed = hw_completed,
						   .destroy = hw_destroy };
	const struct sv3_device device = { &ops, w };
	const struct sv3_world_observer observer = { .write_landed = hw_landed, .context = w };

	if (sv3_world_create(&w->config, &w->world) ||
	    sv3_host_create(w->world, &w->host_config, &w->host)) {
		ctest_fail(__FILE__, __LINE__, "the world did not come up");
		return false;
	}
	sv3_world_attach_host(w->world, w->host);
	EXPECT_OK(sv3_world_observe(w->world, &observer));
	sv3_world_attach_device(w->world, &device);
	return true;
}

static inline void hw_fini(struct hw *w)
{
	sv3_host_destroy(w->host);
	sv3_world_destroy(w->world);
}

#define HW(name)                                          \
	__attribute__((cleanup(hw_fini))) struct hw name; \
	hw_init(&name)

#define HW_SCRIPT(w, rows)                                          \
	do {                                                        \
		(w)->script = (rows);                               \
		(w)->script_count = sizeof(rows) / sizeof(*(rows)); \
	} while (0)

#define HW_ACCESS(access_kind, at, sid, address)                                            \
	{                                                                                   \
		.kind = SV3_DEVICE_##access_kind, .due = (at), .iova = (address), .len = 8, \
		.stream_id = (sid)                                                          \
	}

static inline struct sv3_pt *hw_pt(struct hw *w)
{
	return &sv3_host_domain(w->host, 0)->pt;
}

static inline uint32_t hw_reg(struct hw *w, uint32_t offset)
{
	const struct sv3_regport regs = sv3_world_regport(w->world);

	return (uint32_t)regs.ops->read(regs.context, offset, 4);
}

/* The leaf of a guest page, as it stands in memory. */
static inline uint64_t hw_leaf(struct hw *w, sv3_iova iova)
{
	struct sv3_pt_leaf leaf = { .descriptor = 0 };

	EXPECT_OK(sv3_pt_lookup(hw_pt(w), iova, &leaf));
	return leaf.descriptor;
}

#define HW_AP2 (UINT64_C(1) << 7)
#define HW_DBM (UINT64_C(1) << 51)

static inline bool hw_is_dirty(struct hw *w, sv3_iova iova)
{
	return (hw_leaf(w, iova) & (HW_DBM | HW_AP2)) == HW_DBM;
}

#endif
