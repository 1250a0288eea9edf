/* SPDX-License-Identifier: MIT */
/*
 * host_driver.c - rows of a trace that a driver caused: MAP, UNMAP, TLBI, SYNC, and taking all
 * mappings down before a trace begins anew.
 *
 * A recorded time is the time of execution, so the doorbell of a row does not wait. A SYNC row says
 * that CMD_SYNC was consumed: the device does not go on before ours is.
 */
#include <stdio.h>
#include <string.h>

#include "engine_priv.h"

static const char *const op_names[SV3_TRACE_OP_COUNT] = {
#define X(name, text) [SV3_TRACE_##name] = (text),
	SV3_TRACE_OP_MAP(X)
#undef X
};

/* The first thing that went wrong is kept, and nothing more is replayed. */
void sv3__host_fail_row(struct sv3_host *host, const struct sv3_device_event *event, int error)
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

/* --- rows of mappings and invalidations --- */

static int row_map(struct sv3_host *host, uint32_t domain_index, const struct sv3_trace_rec *rec)
{
	const struct sv3__mapping mapping = {
		.domain_index = domain_index,
		.iova = rec->iova,
		.pa = rec->pa,
		.len = rec->len,
		/* Stage 1 cannot say write-only: "w" is mapped as read and write, as Linux does. */
		.write = rec->aux != SV3_TRACE_AUX_PERM_R,
	};

	return sv3__host_map(host, &mapping, true);
}

static int row_unmap(struct sv3_host *host, uint32_t domain_index,
		     const struct sv3_device_event *event)
{
	const struct sv3__range range = { domain_index, event->record->iova, event->record->len };

	return sv3__host_unmap_row(host, &range, event);
}

/* A bundle's source is a machine of its own: all is all that is its. */
static int push_all_of(struct sv3_host *host, uint8_t source)
{
	int rc = 0;

	if (!source)
		return sv3__host_push_all(host);
	for (uint32_t i = 0; i < host->domain_count && rc >= 0; i++) {
		if (host->domain_source[i] == source)
			rc = sv3__host_push_asid(host, i);
	}
	return rc;
}

static int push_recorded(struct sv3_host *host, uint32_t domain_index,
			 const struct sv3_device_event *event)
{
	const struct sv3_trace_rec *rec = event->record;
	const struct sv3__range range = { domain_index, rec->iova, rec->len };

	if (rec->op == SV3_TRACE_TLBI_ALL || !(rec->has & SV3_TRACE_HAS_SID))
		return push_all_of(host, event->source);
	if (rec->op == SV3_TRACE_TLBI_ASID)
		return sv3__host_push_asid(host, domain_index);
	return sv3__host_push_range(host, &range, rec->aux == SV3_TRACE_AUX_LEAF);
}

/* An invalidation whose stream was not recorded may have been anyone's: everything goes.
 * APPROX(T-009): rows execute at their recorded time. */
static int row_tlbi(struct sv3_host *host, uint32_t domain_index,
		    const struct sv3_device_event *event)
{
	const int rc = push_recorded(host, domain_index, event);

	if (rc < 0)
		return rc;
	sv3_world_flush_doorbells(host->world);
	sv3_cmdq_ring(&host->cmdq);
	return 0;
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
	const bool is_recorded = host->config.invalidation == SV3_INVALIDATION_RECORDED;

	if ((rec->has & SV3_TRACE_HAS_SID) && domain_index == host->domain_count)
		return -SV3_ERR_NOENT;
	if ((rec->has & SV3_TRACE_HAS_SID) && !domain_is_of(host, domain_index, event->source))
		return -SV3_ERR_INVAL;
	switch (rec->op) {
	case SV3_TRACE_MAP:
		return row_map(host, domain_index, rec);
	case SV3_TRACE_UNMAP:
		return row_unmap(host, domain_index, event);
	case SV3_TRACE_TLBI_VA:
	case SV3_TRACE_TLBI_ASID:
	case SV3_TRACE_TLBI_ALL:
		if (host->config.ignore_tlbi || !is_recorded)
			return 0;
		return row_tlbi(host, domain_index, event);
	case SV3_TRACE_SYNC:
		return is_recorded ? sv3__host_sync_row(host, event) : 0;
	default:
		return -SV3_ERR_INVAL;
	}
}

/* The queue counts the commands of whoever else pushes: those of the trace's driver are left
 * out. */
void sv3__host_restore_counts(struct sv3_host *host, const struct sv3_cmdq *before)
{
	host->cmdq.tlbi_count = before->tlbi_count;
	host->cmdq.sync_count = before->sync_count;
	memcpy(host->cmdq.tlbi_by_scope, before->tlbi_by_scope, sizeof(before->tlbi_by_scope));
	host->cmdq.atc_inv_count = before->atc_inv_count;
	host->cmdq.atc_inv_all_count = before->atc_inv_all_count;
	host->cmdq.atc_over_pages = before->atc_over_pages;
}

void sv3__host_run_row(struct sv3_host *host, const struct sv3_device_event *event)
{
	const struct sv3_cmdq before = host->cmdq;
	int rc;

	/* In the GUEST view the guest's driver is not our business. */
	if (host->config.view == SV3_VIEW_GUEST)
		return;
	rc = sv3__host_close_gap(host);
	if (rc >= 0)
		rc = run_row(host, event);
	sv3__host_restore_counts(host, &before);
	if (rc < 0)
		sv3__host_fail_row(host, event, rc);
}

static int take_all_down(struct sv3_host *host, const struct sv3_device_event *event)
{
	int rc = sv3__host_close_gap(host);

	for (uint32_t i = 0; i < host->domain_count && rc >= 0; i++) {
		const struct sv3_domain *domain = &host->domains[i];
		const struct sv3__range all = { i, domain->scan_base, domain->scan_size };

		if (host->domain_source[i] == event->source && domain->scan_size)
			rc = sv3__host_take_down(host, &all);
	}
	if (rc >= 0)
		rc = push_all_of(host, event->source);
	/* No row comes before the SYNC is consumed: what was put off is done with then. Of one
	 * source among others it is flushed once more in its time. */
	if (rc >= 0 && !event->source)
		rc = sv3__host_forget_deferred(host, host->deferred.count);
	return rc < 0 ? rc : sv3__host_sync_row(host, event);
}

void sv3__host_rewind(struct sv3_host *host, const struct sv3_device_event *event)
{
	const struct sv3_cmdq before = host->cmdq;
	int rc;

	if (host->config.view == SV3_VIEW_GUEST)
		return;
	rc = take_all_down(host, event);
	sv3__host_restore_counts(host, &before);
	if (rc < 0)
		sv3__host_fail_row(host, event, rc);
}
