/* SPDX-License-Identifier: MIT */
/*
 * host.c - host software of a world: makes its structures, boots the SMMU, answers questions.
 *
 * Boot takes no logical time: it goes through the untimed register port, and the clock stays where
 * it is. From then on commands go through the world's port, where doorbells take their time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sv3/arch.h>
#include <sv3/vmsa.h>

#include "engine_priv.h"

#define CMDQ_LOG2SIZE       10u
#define EVENTQ_LOG2SIZE_MAX 10u
#define STRTAB_LOG2SIZE     16u
#define STRTAB_SPLIT        8u
/* Level 1, and level-2 arrays of 256 STEs each for all of it. */
#define STRTAB_BYTES ((UINT64_C(8) + 256 * SV3_STE_SIZE_BYTES) << (STRTAB_LOG2SIZE - STRTAB_SPLIT))
/* Tables and queues: inner and outer write-back, inner shareable. [IHI0070 6.3.11] */
#define ATTR_WB_ISH 0x35u

/* --- host memory --- */

static sv3_pa take(sv3_pa *next, uint64_t size, uint64_t align)
{
	const sv3_pa base = (*next + align - 1) & ~(align - 1);

	*next = base + size;
	return base;
}

/* [IHI0070 6.3.2] As large as the hardware can, within reason. */
static uint32_t eventq_log2size(const struct sv3_world *world)
{
	const uint32_t max = (uint32_t)SV3_GET(SV3_IDR1_EVENTQS, world->config.smmu.idr1);

	return max < EVENTQ_LOG2SIZE_MAX ? max : EVENTQ_LOG2SIZE_MAX;
}

/* Where everything stands. Table memory takes what is left, so it comes last. */
static void lay_out(struct sv3_host *host, sv3_pa *strtab_base)
{
	const uint64_t cmdq_bytes = (uint64_t)SV3_CMD_SIZE_BYTES << CMDQ_LOG2SIZE;
	const uint64_t eventq_bytes = (uint64_t)SV3_EVENT_SIZE_BYTES << host->eventq_log2size;
	const uint64_t granule = UINT64_C(1) << host->config.granule_lg2;
	const uint64_t guest_size = sv3_world_config(host->world)->guest_size;
	sv3_pa next = SV3_WORLD_HOST_BASE;

	host->cmdq_base = take(&next, cmdq_bytes, cmdq_bytes);
	host->eventq_base = take(&next, eventq_bytes, eventq_bytes);
	host->cd_base = take(&next, SV3_HOST_DOMAINS_MAX * SV3_CD_SIZE_BYTES, SV3_PAGE_SIZE);
	*strtab_base = take(&next, STRTAB_BYTES, SV3_PAGE_SIZE);
	host->pages.next = take(&next, 0, granule);
	host->pages.end = (SV3_WORLD_HOST_BASE + sv3__world_host_size(guest_size)) & ~(granule - 1);
}

/* --- boot --- */

static void reg_write(const struct sv3_regport *regs, uint32_t offset, uint64_t value)
{
	regs->ops->write(regs->context, offset, 4, value);
}

/* Set bits of CR0 and wait for them. [IHI0070 6.3.9] */
static int cr0_enable(const struct sv3_regport *regs, uint64_t bits)
{
	const uint64_t cr0 = regs->ops->read(regs->context, SV3_REG_CR0, 4) | bits;

	reg_write(regs, SV3_REG_CR0, cr0);
	while ((regs->ops->read(regs->context, SV3_REG_CR0ACK, 4) & bits) != bits)
		if (!regs->ops->poll(regs->context))
			return -SV3_ERR_TIMEOUT;
	return 0;
}

static int invalidate_everything(struct sv3_cmdq *cmdq)
{
	int rc = sv3_cmdq_cfgi_all(cmdq);

	if (rc >= 0)
		rc = sv3_cmdq_sync(cmdq);
	if (rc >= 0)
		rc = sv3_cmdq_tlbi_all(cmdq);
	return rc < 0 ? rc : sv3_cmdq_sync(cmdq);
}

static int enable_eventq(struct sv3_host *host, const struct sv3_regport *regs)
{
	regs->ops->write(regs->context, SV3_REG_EVENTQ_BASE, 8,
			 host->eventq_base |
				 SV3_PUT(SV3_QUEUE_BASE_LOG2SIZE, host->eventq_log2size));
	reg_write(regs, SV3_REG_EVENTQ_PROD, 0);
	reg_write(regs, SV3_REG_EVENTQ_CONS, 0);
	return cr0_enable(regs, SV3_CR0_EVENTQEN);
}

/* In the order of Linux's arm_smmu_device_reset(). */
static int boot(struct sv3_host *host)
{
	const struct sv3_regport untimed = sv3_fast_regport(&host->world->fast);
	const struct sv3_regport regs = sv3__world_monitor_port(host->world, &untimed);
	int rc;

	reg_write(&regs, SV3_REG_CR0, 0);
	reg_write(&regs, SV3_REG_CR1,
		  SV3_PUT(SV3_CR1_QUEUE_ATTR, ATTR_WB_ISH) |
			  SV3_PUT(SV3_CR1_TABLE_ATTR, ATTR_WB_ISH));
	reg_write(&regs, SV3_REG_CR2, SV3_CR2_RECINVSID);
	regs.ops->write(regs.context, SV3_REG_STRTAB_BASE, 8, sv3_strtab_base(&host->strtab));
	reg_write(&regs, SV3_REG_STRTAB_BASE_CFG, sv3_strtab_base_cfg(&host->strtab));
	rc = sv3_cmdq_init(&host->cmdq, &host->bus, &regs, host->cmdq_base, CMDQ_LOG2SIZE);
	if (rc < 0)
		return rc;
	rc = invalidate_everything(&host->cmdq);
	if (rc < 0)
		return rc;
	rc = enable_eventq(host, &regs);
	/* Translated accesses of streams without ATS are refused. [IHI0070 3.9.1.3] */
	if (rc >= 0 && host->config.ats)
		rc = cr0_enable(&regs, SV3_CR0_ATSCHK);
	if (rc < 0)
		return rc;
	rc = cr0_enable(&regs, SV3_CR0_SMMUEN);
	if (rc < 0)
		return rc;
	/* Counters begin with the work, and doorbells take their time from here on. */
	host->cmdq.tlbi_count = host->cmdq.sync_count = host->cmdq.cfgi_count = 0;
	memset(host->cmdq.tlbi_by_scope, 0, sizeof(host->cmdq.tlbi_by_scope));
	host->cmdq.regs = sv3_world_regport(host->world);
	return 0;
}

/* --- making --- */

/* [IHI0070 6.3.1] Whether faults can stall, and whether they can be terminated. */
static bool stall_model_is_legal(const struct sv3_world *world, bool stall)
{
	const uint64_t model = SV3_GET(SV3_IDR0_STALL_MODEL, world->config.smmu.idr0);

	return stall ? model != SV3_IDR0_STALL_NONE : model != SV3_IDR0_STALL_FORCED;
}

static bool config_is_legal(const struct sv3_world *world, const struct sv3_host_config *config)
{
	const uint32_t granule = config->granule_lg2;
	const unsigned int output_size = sv3_vmsa_output_size_lg2(
		(unsigned int)SV3_GET(SV3_IDR5_OAS, world->config.smmu.idr5));

	/* Host memory stands at 2^46 and must be reachable. */
	if (output_size < 48)
		return false;
	if ((granule != 12 && granule != 14 && granule != 16) || config->leaf_max_lg2 < granule)
		return false;
	if (!stall_model_is_legal(world, config->stall) || (config->hd && config->software_dirty))
		return false;
	if (config->ats && !(world->config.smmu.idr0 & SV3_IDR0_ATS))
		return false;
	if (!config->stream_count)
		return false;
	if (config->view == SV3_VIEW_IOVA && config->stream_count > SV3_HOST_DOMAINS_MAX)
		return false;
	for (uint32_t i = 0; i < config->stream_count; i++)
		if (config->stream_ids[i] >> STRTAB_LOG2SIZE)
			return false;
	return true;
}

static int make_books(struct sv3_host *host)
{
	const struct sv3_world_config *world = sv3_world_config(host->world);
	const uint64_t page_count = world->guest_size / SV3_PAGE_SIZE;
	int rc;

	/* In the GUEST view nothing is ever unmapped, and a page's address is its own. */
	if (host->config.view == SV3_VIEW_GUEST)
		return 0;
	rc = sv3__aliases_init(&host->aliases, page_count);
	return rc ? rc : sv3__unmapped_init(&host->unmapped, world->guest_base, page_count);
}

static int keep_streams(struct sv3_host *host, const struct sv3_host_config *config)
{
	const size_t size = config->stream_count * sizeof(*host->stream_ids);

	host->stream_ids = (uint32_t *)malloc(size);
	if (!host->stream_ids)
		return -SV3_ERR_NOMEM;
	memcpy(host->stream_ids, config->stream_ids, size);
	host->stream_count = config->stream_count;
	return 0;
}

static int make_host(struct sv3_host *host, const struct sv3_host_config *config)
{
	sv3_pa strtab_base;
	int rc = make_books(host);

	if (rc >= 0)
		rc = keep_streams(host, config);
	if (rc < 0)
		return rc;
	lay_out(host, &strtab_base);
	rc = sv3_strtab_init(&host->strtab, &host->bus, strtab_base, strtab_base + STRTAB_BYTES,
			     STRTAB_LOG2SIZE, STRTAB_SPLIT);
	if (rc < 0)
		return rc;
	rc = sv3__host_make_domains(host, config);
	return rc < 0 ? rc : boot(host);
}

int sv3_host_create(struct sv3_world *world, const struct sv3_host_config *config,
		    struct sv3_host **out)
{
	struct sv3_host *host;
	int rc;

	*out = NULL;
	if (!config_is_legal(world, config))
		return -SV3_ERR_INVAL;
	host = (struct sv3_host *)calloc(1, sizeof(*host));
	if (!host)
		return -SV3_ERR_NOMEM;
	host->world = world;
	host->bus = world->cpu_bus;
	host->eventq_log2size = eventq_log2size(world);
	host->config = *config;
	host->config.stream_ids = NULL;
	host->config.msi_pages = NULL;
	rc = make_host(host, config);
	if (rc < 0) {
		sv3_host_destroy(host);
		return rc;
	}
	*out = host;
	return 0;
}

void sv3_host_destroy(struct sv3_host *host)
{
	if (!host)
		return;
	if (host->world->host == host) {
		host->world->host = NULL;
		host->world->device_blocked = false;
	}
	sv3__host_faults_fini(host);
	sv3__host_map_fini(host);
	sv3__host_inval_fini(host);
	sv3__host_atc_fini(host);
	sv3__aliases_fini(&host->aliases);
	sv3__unmapped_fini(&host->unmapped);
	free(host->stream_ids);
	free(host);
}

/* --- running --- */

void sv3__host_drain_events(struct sv3_host *host)
{
	const struct sv3_regport regs = sv3_world_regport(host->world);
	const uint32_t prod = (uint32_t)regs.ops->read(regs.context, SV3_REG_EVENTQ_PROD, 4);
	const uint32_t mask = (2u << host->eventq_log2size) - 1;

	/* The world's counters know all about faults; the records only have to make room in
	 * time. */
	if (host->faults.handler.fault ||
	    ((prod - host->event_cons) & mask) < ((1u << host->eventq_log2size) + 1) / 2)
		return;
	host->event_cons = prod;
	reg_write(&regs, SV3_REG_EVENTQ_CONS, prod);
}

void sv3__host_fail(struct sv3_host *host, const char *what, int error)
{
	if (!host->error[0])
		snprintf(host->error, sizeof(host->error), "at %llu ns: %s: %s",
			 (unsigned long long)(sv3_world_now(host->world) / SV3_PS_PER_NS), what,
			 sv3_strerror(error));
	sv3_world_stop_device(host->world);
}

/* --- looking --- */

bool sv3_host_is_identity(const struct sv3_host *host)
{
	return host->config.view == SV3_VIEW_GUEST;
}

uint32_t sv3_host_domain_count(const struct sv3_host *host)
{
	return host->domain_count;
}

uint32_t sv3_host_stream_domain(const struct sv3_host *host, uint32_t stream_id)
{
	uint32_t index = 0;

	if (host->config.view == SV3_VIEW_GUEST)
		return 0;
	while (index < host->domain_count && host->domain_stream[index] != stream_id)
		index++;
	return index;
}

struct sv3_domain *sv3_host_domain(struct sv3_host *host, uint32_t index)
{
	return index < host->domain_count ? &host->domains[index] : NULL;
}

struct sv3_cmdq *sv3_host_cmdq(struct sv3_host *host)
{
	return &host->cmdq;
}

uint64_t sv3_host_collect_unmapped(struct sv3_host *host, struct sv3_dirty_log *log,
				   bool settled_only)
{
	return sv3__unmapped_collect(&host->unmapped, log, settled_only);
}

void sv3_host_forget_unmapped(struct sv3_host *host, sv3_pa page)
{
	if (host->config.view == SV3_VIEW_IOVA)
		sv3__unmapped_forget(&host->unmapped, page);
}

uint32_t sv3_host_aliases(const struct sv3_host *host, sv3_pa page, struct sv3_host_alias *aliases,
			  uint32_t max)
{
	const sv3_pa base = page & ~(SV3_PAGE_SIZE - 1);

	if (!sv3__world_is_guest_ram(host->world, base))
		return 0;
	if (host->config.view == SV3_VIEW_IOVA)
		return sv3__aliases_list(&host->aliases,
					 (base - host->world->config.guest_base) / SV3_PAGE_SIZE,
					 aliases, max);
	if (max)
		aliases[0] = (struct sv3_host_alias){ .domain_index = 0, .iova = base };
	return 1;
}

const char *sv3_host_error(const struct sv3_host *host)
{
	return host->error[0] ? host->error : NULL;
}
