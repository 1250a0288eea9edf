/* SPDX-License-Identifier: MIT */
/*
 * host_map.c - mappings of the IOVA view made and taken down, whoever asks: reverse map, dirty
 * state of what is unmapped, those who hear of it.
 *
 * What becomes of dirty state at an unmap is a choice (enum sv3_unmap_mode) [policies 7, P21]. A
 * driver that reads it first and unmaps later is busy in between, its device is not: the next row
 * waits for the end of the gap, and accesses do not.
 */
#include <sv3/vmsa.h>

#include "engine_priv.h"

/* --- hooks --- */

int sv3_host_add_hooks(struct sv3_host *host, const struct sv3_host_hooks *hooks)
{
	if (host->hooks_count == SV3_HOST_HOOKS_MAX)
		return -SV3_ERR_FULL;
	host->hooks[host->hooks_count++] = *hooks;
	return 0;
}

void sv3_host_remove_hooks(struct sv3_host *host, const void *context)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < host->hooks_count; i++)
		if (host->hooks[i].context != context)
			host->hooks[kept++] = host->hooks[i];
	host->hooks_count = kept;
}

static void tell_unmapping(const struct sv3_host *host, uint32_t domain_index, sv3_iova iova,
			   uint64_t len)
{
	for (uint32_t i = 0; i < host->hooks_count; i++)
		if (host->hooks[i].unmapping)
			host->hooks[i].unmapping(host->hooks[i].context, domain_index, iova, len);
}

/* --- map --- */

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

int sv3__host_map(struct sv3_host *host, const struct sv3__mapping *mapping, bool is_row)
{
	const uint32_t index = mapping->domain_index;
	const struct sv3__range range = { index, mapping->iova, mapping->len };
	struct sv3_domain *domain = &host->domains[index];
	int rc = sv3__host_before_map(host, &range, is_row);

	if (rc >= 0)
		rc = sv3_pt_map(&domain->pt, mapping->iova, mapping->pa, mapping->len,
				host->config.leaf_max_lg2, sv3__host_map_flags(mapping->write));
	if (rc < 0)
		return rc;
	widen_scan(domain, mapping->iova, mapping->len);
	rc = enter_aliases(host, index, mapping->iova, mapping->pa, mapping->len);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < host->hooks_count; i++)
		if (host->hooks[i].mapped)
			host->hooks[i].mapped(host->hooks[i].context, index, mapping->iova,
					      mapping->pa, mapping->len, mapping->write);
	return 0;
}

/* --- unmap --- */

struct visit {
	struct sv3_host *host;
	uint32_t domain_index;
	bool keep; /* dirty state stays with us */
	int rc;
};

static bool is_in_ram(const struct sv3_host *host, const struct sv3_pt_leaf *leaf)
{
	const uint64_t span = UINT64_C(1) << leaf->span_lg2;

	for (uint64_t offset = 0; offset < span; offset += SV3_PAGE_SIZE)
		if (sv3__world_is_guest_ram(host->world, leaf->pa + offset))
			return true;
	return false;
}

static void keep_dirty(void *context, const struct sv3_pt_leaf *leaf)
{
	struct visit *visit = (struct visit *)context;
	const struct sv3__unmapped_leaf kept = {
		.iova = leaf->iova,
		.pa = leaf->pa,
		.domain_index = visit->domain_index,
		.span_lg2 = (uint8_t)leaf->span_lg2,
	};

	if (!(leaf->descriptor & SV3_PTE_AP2_RDONLY) && is_in_ram(visit->host, leaf) && !visit->rc)
		visit->rc = sv3__unmapped_add(&visit->host->unmapped, &kept);
}

/* A leaf as the exchange found it. */
static void leaf_unmapped(void *context, const struct sv3_pt_leaf *leaf)
{
	struct visit *visit = (struct visit *)context;
	struct sv3_host *host = visit->host;
	const sv3_pa base = host->world->config.guest_base;
	const uint64_t span = UINT64_C(1) << leaf->span_lg2;

	for (uint64_t offset = 0; offset < span; offset += SV3_PAGE_SIZE)
		if (sv3__world_is_guest_ram(host->world, leaf->pa + offset))
			sv3__aliases_remove(&host->aliases,
					    (leaf->pa + offset - base) / SV3_PAGE_SIZE,
					    visit->domain_index, leaf->iova + offset);
	if (visit->keep)
		keep_dirty(visit, leaf);
}

/* Dirty state as it is now, of leaves that stay. [policies 7, P21a] */
static int read_dirty(struct sv3_host *host, const struct sv3__range *range)
{
	struct visit visit = { host, range->domain_index, true, 0 };
	const int rc = sv3_pt_visit(&host->domains[range->domain_index].pt, range->iova, range->len,
				    keep_dirty, &visit);

	return rc < 0 ? rc : visit.rc;
}

static int take_out(struct sv3_host *host, const struct sv3__range *range)
{
	struct visit visit = { host, range->domain_index, host->config.unmap_mode == SV3_UNMAP_XCHG,
			       0 };
	const int64_t bytes = sv3_pt_unmap(&host->domains[range->domain_index].pt, range->iova,
					   range->len, leaf_unmapped, &visit);

	if (host->world->monitor)
		sv3__host_tell_unmapped(host, range);

	return bytes < 0 ? (int)bytes : visit.rc;
}

int sv3__host_take_down(struct sv3_host *host, const struct sv3__range *range)
{
	int rc = 0;

	tell_unmapping(host, range->domain_index, range->iova, range->len);
	if (host->config.unmap_mode == SV3_UNMAP_GET_THEN_UNMAP)
		rc = read_dirty(host, range);
	return rc < 0 ? rc : take_out(host, range);
}

/* --- the gap of a row --- */

static int end_gap(struct sv3_host *host)
{
	int rc;

	host->gap.is_open = false;
	rc = take_out(host, &host->gap.range);
	return rc < 0 ? rc : sv3__host_after_unmap(host, &host->gap.range, &host->gap.event);
}

static void gap_is_over(void *context)
{
	struct sv3_host *host = (struct sv3_host *)context;
	int rc;

	if (!host->gap.is_open)
		return;
	rc = end_gap(host);
	if (rc < 0)
		sv3__host_fail_row(host, &host->gap.event, rc);
}

int sv3__host_close_gap(struct sv3_host *host)
{
	if (!host->gap.is_open)
		return 0;
	if (sv3_world_now(host->world) < host->gap.end)
		sv3_world_run_until(host->world, host->gap.end);
	if (!host->gap.is_open)
		return 0;
	/* The row came while other software ran, which keeps ours waiting. */
	sv3_world_call_off(host->world, gap_is_over, host);
	return end_gap(host);
}

static int open_gap(struct sv3_host *host, const struct sv3__range *range,
		    const struct sv3_device_event *event)
{
	int rc;

	tell_unmapping(host, range->domain_index, range->iova, range->len);
	rc = read_dirty(host, range);
	if (rc < 0)
		return rc;
	host->gap = (struct sv3__gap){
		.is_open = true,
		.end = sv3_world_now(host->world) + host->world->config.costs.unmap_gap,
		.range = *range,
		.event = *event,
	};
	return sv3_world_call_at(host->world, host->gap.end, gap_is_over, host);
}

int sv3__host_unmap_row(struct sv3_host *host, const struct sv3__range *range,
			const struct sv3_device_event *event)
{
	int rc;

	if (host->config.unmap_mode == SV3_UNMAP_GET_THEN_UNMAP)
		return open_gap(host, range, event);
	rc = sv3__host_take_down(host, range);
	return rc < 0 ? rc : sv3__host_after_unmap(host, range, event);
}

void sv3__host_map_fini(struct sv3_host *host)
{
	sv3_world_call_off(host->world, gap_is_over, host);
}

/* --- other software --- */

static bool has_domain(const struct sv3_host *host, uint32_t domain_index)
{
	return host->config.view == SV3_VIEW_IOVA && domain_index < host->domain_count;
}

int sv3_host_map(struct sv3_host *host, uint32_t domain_index, sv3_iova iova, sv3_pa pa,
		 uint64_t len, bool write)
{
	const struct sv3__mapping mapping = { domain_index, iova, pa, len, write };

	return has_domain(host, domain_index) ? sv3__host_map(host, &mapping, false)
					      : -SV3_ERR_INVAL;
}

int sv3_host_unmap(struct sv3_host *host, uint32_t domain_index, sv3_iova iova, uint64_t len)
{
	const struct sv3__range range = { domain_index, iova, len };
	int rc = 0;

	if (!has_domain(host, domain_index))
		return -SV3_ERR_INVAL;
	tell_unmapping(host, domain_index, iova, len);
	if (host->config.unmap_mode == SV3_UNMAP_GET_THEN_UNMAP) {
		rc = read_dirty(host, &range);
		sv3_world_advance(host->world, host->world->config.costs.unmap_gap);
	}
	if (rc >= 0)
		rc = take_out(host, &range);
	return rc < 0 ? rc : sv3__host_after_unmap(host, &range, NULL);
}
