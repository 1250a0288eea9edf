/* SPDX-License-Identifier: MIT */
/*
 * host_driver.c - rows of a trace that a driver caused: MAP, UNMAP, TLBI, SYNC, and taking all
 * mappings down before a trace begins anew.
 *
 * A recorded time is the time of execution, so the doorbell of a row does not wait. A SYNC row says
 * that CMD_SYNC was consumed: the device does not go on before ours is.
 */
#include <stdio.h>

#include <sv3/vmsa.h>

#include "engine_priv.h"

static const char *const op_names[SV3_TRACE_OP_COUNT] = {
#define X(name, text) [SV3_TRACE_##name] = (text),
	SV3_TRACE_OP_MAP(X)
#undef X
};

/* The first thing that went wrong is kept, and nothing more is replayed. */
static void fail(struct sv3_host *host, const struct sv3_device_event *event, int error)
{
	const struct sv3_trace_rec *rec = event->record;
	char source[24] = "";

	if (host->error[0])
		return;
	if (event->source)
		snprintf(source, sizeof(source), " of source %u", event->source - 1u);
	snprintf(host->error, sizeof(host->error),
		 "device event %llu%s at %llu ns: %s of stream 0x%x at iova 0x%llx, %llu bytes: %s",
		 (unsigned long long)(event->serial / (event->source ? SV3_BUNDLE_SOURCES_MAX : 1)),
		 source, (unsigned long long)(sv3_world_now(host->world) / SV3_PS_PER_NS),
		 rec ? op_names[rec->op] : "rewind", event->stream_id,
		 rec ? (unsigned long long)rec->iova : 0ull,
		 rec ? (unsigned long long)rec->len : 0ull, sv3_strerror(error));
	sv3_world_stop_device(host->world);
}

static uint32_t domain_of(const struct sv3_host *host, uint32_t stream_id)
{
	uint32_t index = 0;

	while (index < host->domain_count && host->domain_stream[index] != stream_id)
		index++;
	return index;
}

/* --- MAP and UNMAP --- */

/* Pages of guest RAM in a mapping are entered one by one; others (interrupts) have no reverse
 * map. */
static int enter_aliases(struct sv3_host *host, uint32_t domain_index, sv3_iova iova, sv3_pa pa,
			 uint64_t len)
{
	const sv3_pa base = host->world->config.guest_base;
	int rc = 0;

	for (uint64_t offset = 0; offset < len && !rc; offset += SV3_PAGE_SIZE)
		if (sv3__world_is_guest_ram(host->world, pa + offset))
			rc = sv3__aliases_add(&host->aliases, (pa + offset - base) / SV3_PAGE_SIZE,
					      domain_index, iova + offset);
	return rc;
}

/* The range to scan only ever grows: a page unmapped and mapped again may be anywhere in it. */
static void widen_scan(struct sv3_domain *domain, sv3_iova iova, uint64_t len)
{
	sv3_iova end = domain->scan_base + domain->scan_size;

	if (!domain->scan_size) {
		domain->scan_base = iova;
		domain->scan_size = len;
		return;
	}
	if (iova + len > end)
		end = iova + len;
	if (iova < domain->scan_base)
		domain->scan_base = iova;
	domain->scan_size = end - domain->scan_base;
}

static int row_map(struct sv3_host *host, uint32_t domain_index, const struct sv3_trace_rec *rec)
{
	struct sv3_domain *domain = &host->domains[domain_index];
	/* Stage 1 cannot say write-only: "w" is mapped as read and write, as Linux does. */
	const bool write = rec->aux != SV3_TRACE_AUX_PERM_R;
	const int rc = sv3_pt_map(&domain->pt, rec->iova, rec->pa, rec->len,
				  host->config.leaf_max_lg2, sv3__host_map_flags(write));

	if (rc < 0)
		return rc;
	widen_scan(domain, rec->iova, rec->len);
	return enter_aliases(host, domain_index, rec->iova, rec->pa, rec->len);
}

struct unmap_visit {
	struct sv3_host *host;
	uint32_t domain_index;
	int rc;
};

/* A leaf as the exchange found it: its reverse map goes, its dirty state stays with us. */
static void leaf_unmapped(void *context, const struct sv3_pt_leaf *leaf)
{
	struct unmap_visit *visit = (struct unmap_visit *)context;
	struct sv3_host *host = visit->host;
	const sv3_pa base = host->world->config.guest_base;
	const uint64_t span = UINT64_C(1) << leaf->span_lg2;
	const bool dirty = !(leaf->descriptor & SV3_PTE_AP2_RDONLY);
	const struct sv3__unmapped_leaf kept = {
		.iova = leaf->iova,
		.pa = leaf->pa,
		.domain_index = visit->domain_index,
		.span_lg2 = (uint8_t)leaf->span_lg2,
	};
	bool in_ram = false;

	for (uint64_t offset = 0; offset < span; offset += SV3_PAGE_SIZE) {
		if (!sv3__world_is_guest_ram(host->world, leaf->pa + offset))
			continue;
		in_ram = true;
		sv3__aliases_remove(&host->aliases, (leaf->pa + offset - base) / SV3_PAGE_SIZE,
				    visit->domain_index, leaf->iova + offset);
	}
	if (dirty && in_ram && !visit->rc)
		visit->rc = sv3__unmapped_add(&host->unmapped, &kept);
}

static int unmap(struct sv3_host *host, uint32_t domain_index, sv3_iova iova, uint64_t len)
{
	struct unmap_visit visit = { host, domain_index, 0 };
	const int64_t bytes =
		sv3_pt_unmap(&host->domains[domain_index].pt, iova, len, leaf_unmapped, &visit);

	return bytes < 0 ? (int)bytes : visit.rc;
}

/* --- TLBI and SYNC --- */

static int push_all(struct sv3_host *host)
{
	const int rc = sv3_cmdq_tlbi_all(&host->cmdq);

	if (rc < 0)
		return rc;
	sv3__unmapped_invalidate(&host->unmapped, SV3__ALL_DOMAINS, 0, 0);
	return 0;
}

static int push_asid(struct sv3_host *host, uint32_t domain_index)
{
	const int rc = sv3_cmdq_tlbi_asid(&host->cmdq, host->domains[domain_index].asid);

	if (rc < 0)
		return rc;
	sv3__unmapped_invalidate(&host->unmapped, domain_index, 0, UINT64_MAX);
	return 0;
}

/* A bundle's source is a machine of its own: all is all that is its. */
static int push_all_of(struct sv3_host *host, uint8_t source)
{
	int rc = 0;

	if (!source)
		return push_all(host);
	for (uint32_t i = 0; i < host->domain_count && rc >= 0; i++) {
		if (host->domain_source[i] == source)
			rc = push_asid(host, i);
	}
	return rc;
}

static int push_range(struct sv3_host *host, uint32_t domain_index, const struct sv3_trace_rec *rec)
{
	const struct sv3_tlbi_range range = {
		.iova = rec->iova,
		.len = rec->len,
		.asid = host->domains[domain_index].asid,
		.granule_lg2 = host->config.granule_lg2,
		.stride_lg2 = host->config.granule_lg2,
		.leaf = rec->aux == SV3_TRACE_AUX_LEAF,
	};
	const int rc = sv3_cmdq_tlbi_range(&host->cmdq, &range);

	if (rc < 0)
		return rc;
	sv3__unmapped_invalidate(&host->unmapped, domain_index, rec->iova, rec->len);
	return 0;
}

/* An invalidation whose stream was not recorded may have been anyone's: everything goes.
 * APPROX(T-009): rows execute at their recorded time. */
static int row_tlbi(struct sv3_host *host, uint32_t domain_index,
		    const struct sv3_device_event *event)
{
	const struct sv3_trace_rec *rec = event->record;
	int rc;

	if (rec->op == SV3_TRACE_TLBI_ALL || !(rec->has & SV3_TRACE_HAS_SID))
		rc = push_all_of(host, event->source);
	else if (rec->op == SV3_TRACE_TLBI_ASID)
		rc = push_asid(host, domain_index);
	else
		rc = push_range(host, domain_index, rec);
	if (rc < 0)
		return rc;
	sv3_world_flush_doorbells(host->world);
	sv3_cmdq_ring(&host->cmdq);
	return 0;
}

/* Consumed: what was invalidated before it is settled. Not yet: the device waits for it. */
static int look_at_sync(struct sv3_host *host)
{
	const int done = sv3_cmdq_sync_done(&host->cmdq, &host->sync_ticket);

	if (done < 0)
		return done;
	if (done)
		sv3__unmapped_settle(&host->unmapped);
	if (host->world->device_blocked != !done)
		sv3__world_block_device(host->world, !done);
	return 0;
}

static int row_sync(struct sv3_host *host, const struct sv3_device_event *event)
{
	int rc;

	host->sync_event = *event;
	sv3_world_flush_doorbells(host->world);
	rc = sv3_cmdq_sync_begin(&host->cmdq, &host->sync_ticket);
	return rc < 0 ? rc : look_at_sync(host);
}

void sv3__host_look_at_sync(struct sv3_host *host)
{
	const int rc = look_at_sync(host);

	if (rc < 0)
		fail(host, &host->sync_event, rc);
}

/* --- rows --- */

/* A domain is of the source that first names its stream in a row. */
static bool domain_is_of(struct sv3_host *host, uint32_t domain_index, uint8_t source)
{
	uint8_t *owner = &host->domain_source[domain_index];

	if (!*owner)
		*owner = source;
	return *owner == source;
}

static int run_row(struct sv3_host *host, const struct sv3_device_event *event)
{
	const struct sv3_trace_rec *rec = event->record;
	const uint32_t domain_index = domain_of(host, rec->sid);

	if ((rec->has & SV3_TRACE_HAS_SID) && domain_index == host->domain_count)
		return -SV3_ERR_NOENT;
	if ((rec->has & SV3_TRACE_HAS_SID) && !domain_is_of(host, domain_index, event->source))
		return -SV3_ERR_INVAL;
	switch (rec->op) {
	case SV3_TRACE_MAP:
		return row_map(host, domain_index, rec);
	case SV3_TRACE_UNMAP:
		return unmap(host, domain_index, rec->iova, rec->len);
	case SV3_TRACE_TLBI_VA:
	case SV3_TRACE_TLBI_ASID:
	case SV3_TRACE_TLBI_ALL:
		return host->config.ignore_tlbi ? 0 : row_tlbi(host, domain_index, event);
	case SV3_TRACE_SYNC:
		return row_sync(host, event);
	default:
		return -SV3_ERR_INVAL;
	}
}

/* The queue counts the commands of whoever else pushes: those of the trace's driver are left
 * out. */
static void counts_restore(struct sv3_cmdq *cmdq, const struct sv3_cmdq *before)
{
	cmdq->tlbi_count = before->tlbi_count;
	cmdq->sync_count = before->sync_count;
}

void sv3__host_run_row(struct sv3_host *host, const struct sv3_device_event *event)
{
	const struct sv3_cmdq before = host->cmdq;
	int rc;

	/* In the GUEST view the guest's driver is not our business. */
	if (host->config.view == SV3_VIEW_GUEST)
		return;
	rc = run_row(host, event);
	counts_restore(&host->cmdq, &before);
	if (rc < 0)
		fail(host, event, rc);
}

static int take_all_down(struct sv3_host *host, const struct sv3_device_event *event)
{
	int rc = 0;

	for (uint32_t i = 0; i < host->domain_count && rc >= 0; i++) {
		const struct sv3_domain *domain = &host->domains[i];

		if (host->domain_source[i] == event->source && domain->scan_size)
			rc = unmap(host, i, domain->scan_base, domain->scan_size);
	}
	if (rc >= 0)
		rc = push_all_of(host, event->source);
	return rc < 0 ? rc : row_sync(host, event);
}

void sv3__host_rewind(struct sv3_host *host, const struct sv3_device_event *event)
{
	const struct sv3_cmdq before = host->cmdq;
	int rc;

	if (host->config.view == SV3_VIEW_GUEST)
		return;
	rc = take_all_down(host, event);
	counts_restore(&host->cmdq, &before);
	if (rc < 0)
		fail(host, event, rc);
}
