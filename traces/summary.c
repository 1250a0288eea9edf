/* SPDX-License-Identifier: MIT */
/*
 * summary.c - counts over a trace: ops, bytes, distinct pages and streams, the range of addresses.
 *
 * Distinct pages are counted in a hash set of bitmaps that grows; MSI writes go to no memory and
 * stay out of all that speaks of physical pages and bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "traces_priv.h"

/** 64 neighbouring pages of a stream (or of physical memory: stream 0). Bit n: page 64 * block + n.
 */
struct page_block {
	uint64_t block;
	uint64_t seen, written; /* no block of a set has @seen == 0 */
	uint32_t sid;
};

/** Open addressing, at most half full. */
struct page_set {
	struct page_block *blocks;
	uint64_t block_count;
	uint64_t count, written_count; /* of pages */
	unsigned int slots_lg2;
};

static struct page_block *page_set_slot(const struct page_set *set, uint32_t sid, uint64_t block)
{
	uint64_t mask = (UINT64_C(1) << set->slots_lg2) - 1;
	uint64_t mixed = (block ^ (uint64_t)sid << 40 ^ sid) * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t slot = (mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 32 & mask;

	while (set->blocks[slot].seen != 0 &&
	       (set->blocks[slot].block != block || set->blocks[slot].sid != sid))
		slot = (slot + 1) & mask;
	return &set->blocks[slot];
}

static bool page_set_grow(struct page_set *set)
{
	unsigned int slots_lg2 = set->blocks == NULL ? 10 : set->slots_lg2 + 1;
	struct page_set grown = { .slots_lg2 = slots_lg2 };

	/* Twice the most records a trace may hold: more can never be needed. */
	if (slots_lg2 > 31)
		return false;
	grown.blocks = calloc((size_t)1 << slots_lg2, sizeof(*grown.blocks));
	if (grown.blocks == NULL)
		return false;
	for (uint64_t i = 0; set->blocks != NULL && i < UINT64_C(1) << set->slots_lg2; i++) {
		const struct page_block *block = &set->blocks[i];

		if (block->seen != 0)
			*page_set_slot(&grown, block->sid, block->block) = *block;
	}
	free(set->blocks);
	set->blocks = grown.blocks;
	set->slots_lg2 = slots_lg2;
	return true;
}

static bool page_set_add(struct page_set *set, uint32_t sid, uint64_t page, bool written)
{
	const uint64_t bit = UINT64_C(1) << page % 64;
	struct page_block *block;

	if (set->blocks == NULL || set->block_count >= (UINT64_C(1) << set->slots_lg2) / 2) {
		if (!page_set_grow(set))
			return false;
	}
	block = page_set_slot(set, sid, page / 64);
	if (block->seen == 0) {
		*block = (struct page_block){ .block = page / 64, .sid = sid };
		set->block_count++;
	}
	set->count += (block->seen & bit) == 0;
	block->seen |= bit;
	if (written) {
		set->written_count += (block->written & bit) == 0;
		block->written |= bit;
	}
	return true;
}

static bool page_set_has(const struct page_set *set, uint32_t sid, uint64_t page)
{
	return set->blocks != NULL &&
	       (page_set_slot(set, sid, page / 64)->seen >> page % 64 & 1) != 0;
}

/** The sets a summary is counted in. */
struct counting {
	struct page_set pa_pages, iova_pages, streams;
};

static void range_extend(struct sv3_trace_summary *summary, const struct sv3_trace_rec *rec)
{
	if (rec->pa < summary->pa_lowest)
		summary->pa_lowest = rec->pa;
	if (rec->pa + rec->len - 1 > summary->pa_highest)
		summary->pa_highest = rec->pa + rec->len - 1;
}

static bool access_count(struct counting *counting, struct sv3_trace_summary *summary,
			 const struct sv3_trace_rec *rec)
{
	bool is_write = rec->op == SV3_TRACE_W;

	if (!page_set_add(&counting->iova_pages, rec->sid, rec->iova >> SV3_PAGE_LG2, is_write))
		return false;
	if (rec->aux == SV3_TRACE_AUX_MSI)
		return true;
	*(is_write ? &summary->write_bytes : &summary->read_bytes) += rec->len;
	range_extend(summary, rec);
	return page_set_add(&counting->pa_pages, 0, rec->pa >> SV3_PAGE_LG2, is_write);
}

/** Pages MSIs go to. Their MAP rows name no class, so they are told by the accesses. */
static bool msi_pages_find(const struct sv3_trace *trace, struct page_set *pages)
{
	for (uint64_t i = 0; i < trace->count; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];

		if (rec->aux == SV3_TRACE_AUX_MSI &&
		    !page_set_add(pages, 0, rec->pa >> SV3_PAGE_LG2, true))
			return false;
	}
	return true;
}

static bool map_is_msi(const struct page_set *msi_pages, const struct sv3_trace_rec *rec)
{
	return rec->len == SV3_PAGE_SIZE && page_set_has(msi_pages, 0, rec->pa >> SV3_PAGE_LG2);
}

static bool records_count(const struct sv3_trace *trace, const struct page_set *msi_pages,
			  struct counting *counting, struct sv3_trace_summary *summary)
{
	for (uint64_t i = 0; i < trace->count; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];

		summary->op_count[rec->op]++;
		if ((rec->has & SV3_TRACE_HAS_SID) &&
		    !page_set_add(&counting->streams, rec->sid, 0, false))
			return false;
		if (rec->op == SV3_TRACE_MAP && !map_is_msi(msi_pages, rec))
			range_extend(summary, rec);
		if ((rec->op == SV3_TRACE_R || rec->op == SV3_TRACE_W) &&
		    !access_count(counting, summary, rec))
			return false;
	}
	return true;
}

int sv3_trace_summarize(const struct sv3_trace *trace, struct sv3_trace_summary *summary)
{
	struct page_set msi_pages = { .blocks = NULL };
	struct counting counting = { .pa_pages = { .blocks = NULL } };
	bool complete;

	memset(summary, 0, sizeof(*summary));
	summary->pa_lowest = UINT64_MAX;
	complete = msi_pages_find(trace, &msi_pages) &&
		   records_count(trace, &msi_pages, &counting, summary);
	if (summary->pa_lowest == UINT64_MAX)
		summary->pa_lowest = 0;
	if (trace->count != 0)
		summary->duration_ns =
			trace->records[trace->count - 1].time_ns - trace->records[0].time_ns;
	summary->pa_pages = counting.pa_pages.count;
	summary->pa_pages_written = counting.pa_pages.written_count;
	summary->iova_pages = counting.iova_pages.count;
	summary->stream_count = counting.streams.count;
	free(msi_pages.blocks);
	free(counting.pa_pages.blocks);
	free(counting.iova_pages.blocks);
	free(counting.streams.blocks);
	return complete ? 0 : -SV3_ERR_NOMEM;
}
