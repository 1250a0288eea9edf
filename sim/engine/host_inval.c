/* SPDX-License-Identifier: MIT */
/*
 * host_inval.c - invalidations of the IOVA view: commands of rows, and what follows an unmap where
 * the rows of the trace do not say it (enum sv3_invalidation).
 *
 * Commands of rows execute at the time of their row, without the doorbell's delay APPROX(T-009). A
 * flush of unmaps that were put off is software of its own: its doorbell takes its time, and no
 * device waits for it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine_priv.h"

#define FLUSH_DELAY  (10 * SV3_PS_PER_MS)
#define FLUSH_UNMAPS 256u

/* --- TLBI --- */

int sv3__host_push_all(struct sv3_host *host)
{
	const int rc = sv3_cmdq_tlbi_all(&host->cmdq);

	if (rc < 0)
		return rc;
	sv3__unmapped_invalidate(&host->unmapped, SV3__ALL_DOMAINS, 0, 0);
	return 0;
}

int sv3__host_push_asid(struct sv3_host *host, uint32_t domain_index)
{
	const int rc = sv3_cmdq_tlbi_asid(&host->cmdq, host->domains[domain_index].asid);

	if (rc < 0)
		return rc;
	sv3__unmapped_invalidate(&host->unmapped, domain_index, 0, UINT64_MAX);
	return 0;
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
	return 0;
}

/* --- the SYNC that the device waits for --- */

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

int sv3__host_sync_row(struct sv3_host *host, const struct sv3_device_event *event)
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
		sv3__host_fail_row(host, &host->sync_event, rc);
}

/* --- the SYNC that software waits for --- */

/* All that was invalidated before is settled, unless a SYNC of a row is on its way: that one comes
 * behind, and settles all. */
static int sync_and_settle(struct sv3_host *host)
{
	const int rc = sv3_cmdq_sync(&host->cmdq);

	if (rc < 0)
		return rc;
	if (!host->world->device_blocked)
		sv3__unmapped_settle(&host->unmapped);
	return 0;
}

/* --- unmaps put off --- */

static bool domain_has_deferred(const struct sv3_host *host, uint32_t domain_index, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (host->deferred.ranges[i].domain_index == domain_index)
			return true;
	return false;
}

/*
 * One TLBI for each address space, one SYNC for all. While it is waited for, rows may unmap more,
 * and a row that cannot wait may flush everything: then its SYNC came behind ours.
 */
static int flush(struct sv3_host *host)
{
	struct sv3__deferred *deferred = &host->deferred;
	const uint64_t flushes = deferred->flushes, count = deferred->count;
	int rc = 0;

	deferred->flushing = count;
	for (uint32_t i = 0; i < host->domain_count && rc >= 0; i++)
		if (domain_has_deferred(host, i, count))
			rc = sv3__host_push_asid(host, i);
	if (rc >= 0)
		rc = sync_and_settle(host);
	if (rc < 0 || deferred->flushes != flushes)
		return rc;
	sv3__host_forget_deferred(host, count);
	return 0;
}

void sv3__host_forget_deferred(struct sv3_host *host, uint64_t count)
{
	struct sv3__deferred *deferred = &host->deferred;

	if (deferred->count > count)
		memmove(deferred->ranges, deferred->ranges + count,
			(size_t)(deferred->count - count) * sizeof(*deferred->ranges));
	deferred->count -= count;
	deferred->flushing = 0;
	deferred->flushes++;
}

static void flush_is_due(void *context)
{
	struct sv3_host *host = (struct sv3_host *)context;
	const struct sv3_cmdq before = host->cmdq;
	const int rc = host->deferred.count > host->deferred.flushing ? flush(host) : 0;

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
	if (waiting > 1 && waiting != max)
		return 0;
	sv3_world_call_off(host->world, flush_is_due, host);
	return sv3_world_call_at(host->world, waiting == max ? now : now + delay, flush_is_due,
				 host);
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
	uint64_t i = 0;

	while (i < host->deferred.count && !overlaps(&host->deferred.ranges[i], range))
		i++;
	if (i == host->deferred.count)
		return 0;
	sv3_world_call_off(host->world, flush_is_due, host);
	if (is_row)
		sv3_world_flush_doorbells(host->world);
	return flush(host);
}

void sv3__host_inval_fini(struct sv3_host *host)
{
	sv3_world_call_off(host->world, flush_is_due, host);
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
