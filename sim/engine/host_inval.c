/* SPDX-License-Identifier: MIT */
/*
 * host_inval.c - invalidations of the IOVA view: commands of rows, and what follows an unmap where
 * the rows of the trace do not say it (enum sv3_invalidation).
 *
 * Commands of rows execute at the time of their row, without the doorbell's delay APPROX(T-009). A
 * flush of unmaps that were put off is software of its own: its doorbell takes its time, and
 * neither device nor software waits for it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine_priv.h"

#define FLUSH_DELAY  (10 * SV3_PS_PER_MS)
#define FLUSH_UNMAPS 256u

/* --- TLBI --- */

static int owe_atc_all(struct sv3_host *host, uint32_t domain_index)
{
	const struct sv3__range all = { .domain_index = domain_index };

	return sv3__host_owe_atc(host, &all);
}

int sv3__host_push_all(struct sv3_host *host)
{
	int rc = sv3_cmdq_tlbi_all(&host->cmdq);

	if (rc < 0)
		return rc;
	sv3__unmapped_invalidate(&host->unmapped, SV3__ALL_DOMAINS, 0, 0);
	for (uint32_t i = 0; i < host->domain_count && rc >= 0; i++)
		rc = owe_atc_all(host, i);
	return rc;
}

int sv3__host_push_asid(struct sv3_host *host, uint32_t domain_index)
{
	const int rc = sv3_cmdq_tlbi_asid(&host->cmdq, host->domains[domain_index].asid);

	if (rc < 0)
		return rc;
	sv3__unmapped_invalidate(&host->unmapped, domain_index, 0, UINT64_MAX);
	return owe_atc_all(host, domain_index);
}

int sv3__host_push_range(struct sv3_host *host, const struct sv3__range *range, bool leaf)
{
	const struct sv3_tlbi_range tlbi = {
		.iova = range->iova,
		.len = range->len,
		.asid = host->domains[range->domain_index].asid,
		.granule_lg2 = host->config.granule_lg2,
		.stride_lg2 = host->config.granule_lg2,
		.leaf = leaf,
	};
	const int rc = sv3_cmdq_tlbi_range(&host->cmdq, &tlbi);

	if (rc < 0)
		return rc;
	sv3__unmapped_invalidate(&host->unmapped, range->domain_index, range->iova, range->len);
	return sv3__host_owe_atc(host, range);
}

/* --- the SYNC that the device waits for --- */

/* A SYNC was consumed. What is invalidated may rest on a later one: then that one settles it. */
static void settle(struct sv3_host *host)
{
	if (!host->world->device_blocked && !host->deferred.flushing && !host->waiting &&
	    !host->atc_owed.count)
		sv3__unmapped_settle(&host->unmapped);
}

/* Not consumed yet: the device waits for it. */
static int look_at_sync(struct sv3_host *host)
{
	const int done = sv3_cmdq_sync_done(&host->cmdq, &host->sync_ticket);

	if (done < 0)
		return done;
	if (host->world->device_blocked != !done)
		sv3__world_block_device(host->world, !done);
	if (done)
		settle(host);
	return 0;
}

int sv3__host_sync_row(struct sv3_host *host, const struct sv3_device_event *event)
{
	int rc;

	host->sync_event = *event;
	rc = sv3__host_pay_atc(host);
	if (rc < 0)
		return rc;
	sv3_world_flush_doorbells(host->world);
	rc = sv3_cmdq_sync_begin(&host->cmdq, &host->sync_ticket);
	return rc < 0 ? rc : look_at_sync(host);
}

void sv3__host_look_at_sync(struct sv3_host *host)
{
	const int rc = look_at_sync(host);

	if (rc < 0)
		sv3__host_fail_row(host, &host->sync_event, rc);
}

/* --- the SYNC that software waits for --- */

static int sync_and_settle(struct sv3_host *host)
{
	int rc;

	host->waiting++;
	rc = sv3__host_pay_atc(host);
	if (rc >= 0)
		rc = sv3_cmdq_sync(&host->cmdq);
	host->waiting--;
	if (rc >= 0)
		settle(host);
	return rc;
}

/* --- unmaps put off --- */

static bool domain_has_deferred(const struct sv3_host *host, uint32_t domain_index)
{
	for (uint64_t i = 0; i < host->deferred.count; i++)
		if (host->deferred.ranges[i].domain_index == domain_index)
			return true;
	return false;
}

/* One TLBI for each address space that lost a mapping. */
static int push_deferred(struct sv3_host *host)
{
	int rc = 0;

	for (uint32_t i = 0; i < host->domain_count && rc >= 0; i++)
		if (domain_has_deferred(host, i))
			rc = sv3__host_push_asid(host, i);
	return rc;
}

static void flush_is_due(void *context);

static int flush_at(struct sv3_host *host, sv3_ps at)
{
	sv3_world_call_off(host->world, flush_is_due, host);
	return sv3_world_call_at(host->world, at, flush_is_due, host);
}

int sv3__host_forget_deferred(struct sv3_host *host, uint64_t count)
{
	struct sv3__deferred *deferred = &host->deferred;

	if (deferred->count > count)
		memmove(deferred->ranges, deferred->ranges + count,
			(size_t)(deferred->count - count) * sizeof(*deferred->ranges));
	deferred->count -= count;
	deferred->forgotten += count;
	deferred->flushing -= count < deferred->flushing ? count : deferred->flushing;
	if (deferred->flushing)
		return 0;
	host->world->flushing_host = NULL;
	if (!deferred->is_due_again)
		return 0;
	deferred->is_due_again = false;
	return flush_at(host, sv3_world_now(host->world));
}

/* One SYNC for all, which nobody waits for. */
static int flush(struct sv3_host *host)
{
	struct sv3__deferred *deferred = &host->deferred;
	int rc;

	deferred->flushing = deferred->count;
	rc = push_deferred(host);
	if (rc >= 0)
		rc = sv3__host_pay_atc(host);
	if (rc >= 0)
		rc = sv3_cmdq_sync_begin(&host->cmdq, &deferred->ticket);
	/* While there was no room in the queue, a row may have flushed all by itself. */
	if (rc < 0 || !deferred->flushing)
		return rc;
	host->world->flushing_host = host;
	sv3__host_look_at_flush(host);
	return 0;
}

void sv3__host_look_at_flush(struct sv3_host *host)
{
	int rc = sv3_cmdq_sync_done(&host->cmdq, &host->deferred.ticket);

	if (rc > 0) {
		rc = sv3__host_forget_deferred(host, host->deferred.flushing);
		settle(host);
	}
	if (rc < 0)
		sv3__host_fail(host, "invalidation after unmaps", rc);
}

static void flush_is_due(void *context)
{
	struct sv3_host *host = (struct sv3_host *)context;
	const struct sv3_cmdq before = host->cmdq;
	int rc;

	/* One after the other: whose SYNC it is would not be known otherwise. */
	host->deferred.is_due_again = host->deferred.flushing > 0;
	if (host->deferred.flushing || !host->deferred.count)
		return;
	rc = flush(host);
	sv3__host_restore_counts(host, &before);
	if (rc < 0)
		sv3__host_fail(host, "invalidation after unmaps", rc);
}

static int make_room(struct sv3__deferred *deferred)
{
	const uint64_t capacity = deferred->capacity ? 2 * deferred->capacity : FLUSH_UNMAPS;
	struct sv3__range *ranges;

	if (deferred->count < deferred->capacity)
		return 0;
	ranges = (struct sv3__range *)realloc(deferred->ranges, capacity * sizeof(*ranges));
	if (!ranges)
		return -SV3_ERR_NOMEM;
	deferred->ranges = ranges;
	deferred->capacity = capacity;
	return 0;
}

/* The first one starts the clock; when there are enough it is due at once. */
static int defer(struct sv3_host *host, const struct sv3__range *range)
{
	struct sv3__deferred *deferred = &host->deferred;
	const uint32_t max = host->config.flush_unmaps ? host->config.flush_unmaps : FLUSH_UNMAPS;
	const sv3_ps delay = host->config.flush_delay ? host->config.flush_delay : FLUSH_DELAY;
	const sv3_ps now = sv3_world_now(host->world);
	const uint64_t waiting = deferred->count - deferred->flushing + 1;
	int rc = make_room(deferred);

	if (rc < 0)
		return rc;
	deferred->ranges[deferred->count++] = *range;
	if (waiting == max)
		return flush_at(host, now);
	return waiting == 1 ? flush_at(host, now + delay) : 0;
}

static bool overlaps(const struct sv3__range *a, const struct sv3__range *b)
{
	return a->domain_index == b->domain_index &&
	       (a->iova - b->iova < b->len || b->iova - a->iova < a->len);
}

/* An allocator does not give an IOVA out again before its flush; a trace of another driver may:
 * then the flush comes first, and is waited for. APPROX(T-032) */
int sv3__host_before_map(struct sv3_host *host, const struct sv3__range *range, bool is_row)
{
	struct sv3__deferred *deferred = &host->deferred;
	const uint64_t end = deferred->forgotten + deferred->count;
	uint64_t i = 0;
	int rc;

	while (i < deferred->count && !overlaps(&deferred->ranges[i], range))
		i++;
	if (i == deferred->count)
		return 0;
	rc = push_deferred(host);
	if (rc < 0)
		return rc;
	if (is_row)
		sv3_world_flush_doorbells(host->world);
	rc = sync_and_settle(host);
	/* Meanwhile others may have been put off, which stay, or a flush have ended. */
	if (rc < 0 || deferred->forgotten >= end)
		return rc;
	return sv3__host_forget_deferred(host, end - deferred->forgotten);
}

void sv3__host_inval_fini(struct sv3_host *host)
{
	sv3_world_call_off(host->world, flush_is_due, host);
	if (host->world->flushing_host == host)
		host->world->flushing_host = NULL;
	free(host->deferred.ranges);
}

/* --- after an unmap --- */

int sv3__host_after_unmap(struct sv3_host *host, const struct sv3__range *range,
			  const struct sv3_device_event *event)
{
	int rc;

	if (host->config.invalidation == SV3_INVALIDATION_DEFERRED)
		return defer(host, range);
	/* Rows of the trace will do it; but not for software that has none. */
	if (event && host->config.invalidation == SV3_INVALIDATION_RECORDED)
		return 0;
	rc = sv3__host_push_range(host, range, true);
	if (rc < 0)
		return rc;
	return event ? sv3__host_sync_row(host, event) : sync_and_settle(host);
}
