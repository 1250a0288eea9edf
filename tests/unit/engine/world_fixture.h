/* SPDX-License-Identifier: MIT */
/*
 * world_fixture.h - a small world for tests: 16 MiB of guest, a device that follows a script, a log
 * of everything that happened.
 */
#ifndef WORLD_FIXTURE_H
#define WORLD_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include <sv3/arch.h>
#include <sv3/sim.h>

#define GUEST_BASE UINT64_C(0x40000000)
#define GUEST_SIZE (UINT64_C(16) << 20)
#define MSI_PAGE   UINT64_C(0x08090000)
#define SID        8u
#define NS         SV3_PS_PER_NS
#define US         SV3_PS_PER_US

#define FX_LOG_MAX 64u

struct fx {
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_world_config config;
	struct sv3_host_config host_config;
	/* the script */
	const struct sv3_device_event *events;
	uint64_t event_count, event_at;
	/* the log; entries behind the last are dropped, the counts go on */
	struct sv3_write translated[FX_LOG_MAX], landed[FX_LOG_MAX];
	uint64_t translated_count, landed_count;
	struct {
		struct sv3_device_event event;
		bool ok;
		sv3_ps at;
		uint32_t cmdq_cons; /* as it was then */
	} completed[FX_LOG_MAX];
	uint64_t completed_count;
	uint32_t landed_cmdq_cons[FX_LOG_MAX];
};

static inline uint32_t fx_reg(struct fx *fx, uint32_t offset)
{
	const struct sv3_regport regs = sv3_world_regport(fx->world);

	return (uint32_t)regs.ops->read(regs.context, offset, 4);
}

static inline bool fx_next(void *context, struct sv3_device_event *event)
{
	struct fx *fx = (struct fx *)context;

	if (fx->event_at == fx->event_count)
		return false;
	*event = fx->events[fx->event_at];
	event->serial = fx->event_at++;
	return true;
}

static inline void fx_completed(void *context, const struct sv3_device_event *event, bool ok,
				sv3_ps at)
{
	struct fx *fx = (struct fx *)context;
	const uint64_t i = fx->completed_count++;

	if (i >= FX_LOG_MAX)
		return;
	fx->completed[i].event = *event;
	fx->completed[i].ok = ok;
	fx->completed[i].at = at;
	fx->completed[i].cmdq_cons = fx_reg(fx, SV3_REG_CMDQ_CONS);
}

static inline void fx_device_destroy(void *context)
{
	(void)context;
}

static inline void fx_write_translated(void *context, const struct sv3_write *write)
{
	struct fx *fx = (struct fx *)context;
	const uint64_t i = fx->translated_count++;

	if (i < FX_LOG_MAX)
		fx->translated[i] = *write;
}

static inline void fx_write_landed(void *context, const struct sv3_write *write)
{
	struct fx *fx = (struct fx *)context;
	const uint64_t i = fx->landed_count++;

	if (i >= FX_LOG_MAX)
		return;
	fx->landed[i] = *write;
	fx->landed_cmdq_cons[i] = fx_reg(fx, SV3_REG_CMDQ_CONS);
}

/* Defaults; a test changes what it is about, then calls fx_boot(). */
static inline void fx_init(struct fx *fx)
{
	static const uint32_t stream = SID;
	static const sv3_pa msi = MSI_PAGE;

	memset(fx, 0, sizeof(*fx));
	sv3_smmu_config_default(&fx->config.smmu);
	sv3_costs_default(&fx->config.costs);
	fx->config.guest_base = GUEST_BASE;
	fx->config.guest_size = GUEST_SIZE;
	fx->host_config = (struct sv3_host_config){
		.view = SV3_VIEW_GUEST,
		.granule_lg2 = 12,
		.leaf_max_lg2 = 12,
		.stream_ids = &stream,
		.stream_count = 1,
		.msi_pages = &msi,
		.msi_page_count = 1,
		.hd = true,
	};
}

static inline bool fx_boot(struct fx *fx)
{
	static const struct sv3_device_ops device_ops = {
		.next = fx_next,
		.completed = fx_completed,
		.destroy = fx_device_destroy,
	};
	const struct sv3_device device = { &device_ops, fx };
	const struct sv3_world_observer observer = { .write_translated = fx_write_translated,
						     .write_landed = fx_write_landed,
						     .context = fx };

	if (sv3_world_create(&fx->config, &fx->world) ||
	    sv3_host_create(fx->world, &fx->host_config, &fx->host) ||
	    sv3_world_observe(fx->world, &observer)) {
		ctest_fail(__FILE__, __LINE__, "the world did not come up");
		return false;
	}
	sv3_world_attach_host(fx->world, fx->host);
	sv3_world_attach_device(fx->world, &device);
	return true;
}

static inline void fx_fini(struct fx *fx)
{
	sv3_host_destroy(fx->host);
	sv3_world_destroy(fx->world);
}

/* A fixture named fx, released at the end of the test. */
#define FX(name)                                          \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	fx_init(&name)

#define FX_SCRIPT(fx, script)                                           \
	do {                                                            \
		(fx)->events = (script);                                \
		(fx)->event_count = sizeof(script) / sizeof(*(script)); \
	} while (0)

#define FX_ACCESS(access_kind, at, address)                                                 \
	{                                                                                   \
		.kind = SV3_DEVICE_##access_kind, .due = (at), .iova = (address), .len = 8, \
		.stream_id = SID                                                            \
	}
#define FX_PAGE(n) (GUEST_BASE + (n)*SV3_PAGE_SIZE)

/* Push TLBI of everything and CMD_SYNC, and ring; the clock does not move. */
static inline struct sv3_cmdq_ticket fx_ring_tlbi_and_sync(struct fx *fx)
{
	struct sv3_cmdq_ticket ticket = { 0 };

	EXPECT_OK(sv3_cmdq_tlbi_all(sv3_host_cmdq(fx->host)));
	EXPECT_OK(sv3_cmdq_sync_begin(sv3_host_cmdq(fx->host), &ticket));
	return ticket;
}

/* Pages of the guest that a scan of the GUEST view's domain reports; leaves are left as they
 * are. */
static inline int64_t fx_dirty(struct fx *fx, uint64_t *words)
{
	const struct sv3_domain *domain = sv3_host_domain(fx->host, 0);
	struct sv3_dirty_log log = { words, GUEST_SIZE / SV3_PAGE_SIZE, GUEST_BASE };

	memset(words, 0, sv3_dirty_log_words(log.page_count) * 8);
	return sv3_dirty_scan_all(&domain->pt, domain->scan_base, domain->scan_size, 0, &log, NULL);
}
#define FX_WORDS (GUEST_SIZE / SV3_PAGE_SIZE / 64)

static inline bool has_page(const uint64_t *words, uint64_t page)
{
	return words[page / 64] >> (page % 64) & 1;
}

#endif
