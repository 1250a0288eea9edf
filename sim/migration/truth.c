/* SPDX-License-Identifier: MIT */
/*
 * truth.c - the oracle: what landed where, what was copied when, and so what is stale at the end.
 *
 * It hears events in the order in which they happen and judges by that order, not by times: a write
 * that lands at the instant of a copy but before it is in the copy. Times are kept for the report.
 * The bulk round reads every page once at a steady pace, so its copies are kept as a few straight
 * lines instead of a record a page: a guest costs what is written, cleared or sent again.
 */
#include <stdlib.h>
#include <string.h>

#include "migration_priv.h"

enum page_flag {
	PAGE_WRITTEN = 1u << 0,     /* @translated, @landed, @iova and @write_flags are set */
	PAGE_CLEARED = 1u << 1,     /* @cleared is set */
	PAGE_COPIED = 1u << 2,      /* @copied is set */
	PAGE_BULK_SEEN = 1u << 3,   /* its bulk copy is in this record */
	PAGE_WRITE_CLEAR = 1u << 4, /* @write_clear is set */
	PAGE_BY_CPU = 1u << 5,      /* the last landed write was a CPU's */
};

/* What is known of one page: 56 bytes, all zero as long as nothing is. */
struct page {
	sv3_ps translated, landed; /* the last landed write */
	sv3_iova iova;
	sv3_ps write_clear; /* the last clear before it landed */
	sv3_ps cleared, copied;
	uint8_t write_flags; /* enum sv3_result_flag */
	uint8_t flags;       /* enum page_flag */
};

/* Bulk copies of pages [first, first of the next line): @at + (page - first) * @step. */
struct line {
	uint64_t first;
	sv3_ps at, step;
};

struct invalidation {
	sv3_ps pushed, consumed;
};

struct sv3_truth {
	sv3_pa base;
	uint64_t page_count;
	struct page *pages;                 /* lazily backed; shape [page_count] */
	struct sv3_dirty_log stale;         /* pages a write landed on since their last copy */
	struct sv3_dirty_log ever;          /* pages that a collection reported */
	uint64_t bulk_next;                 /* pages below were copied by bulk */
	struct line *lines;                 /* shape [line_count] */
	struct invalidation *invalidations; /* by @pushed; shape [invalidation_count] */
	uint64_t line_count, line_capacity;
	uint64_t invalidation_count, invalidation_capacity;
	struct sv3_truth_counts counts;
};

const char *sv3_loss_text(enum sv3_loss loss)
{
	static const char *const texts[SV3_LOSS_COUNT] = {
		[SV3_LOSS_STALE_TLB] = "stale TLB entry: not invalidated after the clear",
		[SV3_LOSS_COPY_BEFORE_SYNC] = "copied before the invalidation was complete",
		[SV3_LOSS_REPORTED_EARLY] = "reported before its data was there",
		[SV3_LOSS_NEVER_TRACKED] = "never tracked",
		[SV3_LOSS_CPU_LOG] = "written by a CPU: the log of CPU writes was not used",
		[SV3_LOSS_UNEXPLAINED] = "unexplained",
	};

	return (unsigned int)loss < SV3_LOSS_COUNT ? texts[loss] : "?";
}

/* --- growing arrays --- */

/* Room for one more element. Without memory the oracle cannot speak the truth: it stops the
 * program. */
static void *grown(void *array, uint64_t count, uint64_t *capacity, size_t element_size)
{
	if (count < *capacity)
		return array;
	*capacity = *capacity ? 2 * *capacity : 64;
	array = realloc(array, (size_t)*capacity * element_size);
	SV3_ASSERT(array);
	return array;
}

/* --- bulk copies --- */

static sv3_ps line_at(const struct line *line, uint64_t page)
{
	return line->at + (page - line->first) * line->step;
}

/* The next page of the bulk round was copied. */
static void bulk_copied(struct sv3_truth *truth, sv3_ps at)
{
	const uint64_t page = truth->bulk_next++;
	struct line *last = truth->line_count ? &truth->lines[truth->line_count - 1] : NULL;

	if (last && page == last->first + 1) {
		last->step = at - last->at;
		return;
	}
	if (last && line_at(last, page) == at)
		return;
	truth->lines = (struct line *)grown(truth->lines, truth->line_count, &truth->line_capacity,
					    sizeof(*truth->lines));
	truth->lines[truth->line_count++] = (struct line){ .first = page, .at = at };
}

static sv3_ps bulk_copy_time(const struct sv3_truth *truth, uint64_t page)
{
	uint64_t low = 0, high = truth->line_count;

	while (high - low > 1) {
		const uint64_t middle = low + (high - low) / 2;

		if (truth->lines[middle].first <= page)
			low = middle;
		else
			high = middle;
	}
	return line_at(&truth->lines[low], page);
}

/* The record of a page as it stands now. If bulk passed since it was last touched, bulk's copy was
 * later. */
static struct page page_now(const struct sv3_truth *truth, uint64_t index)
{
	struct page page = truth->pages[index];

	if (!(page.flags & PAGE_BULK_SEEN) && index < truth->bulk_next) {
		page.copied = bulk_copy_time(truth, index);
		page.flags |= PAGE_BULK_SEEN | PAGE_COPIED;
	}
	return page;
}

/* --- what differs --- */

static uint64_t bit_of(uint64_t index)
{
	return UINT64_C(1) << (index % 64);
}

/* Returns: whether it differed already. */
static bool stale_set(struct sv3_truth *truth, uint64_t index)
{
	uint64_t *word = &truth->stale.words[index / 64];
	const bool was = (*word & bit_of(index)) != 0;

	*word |= bit_of(index);
	return was;
}

static bool stale_clear(struct sv3_truth *truth, uint64_t index)
{
	uint64_t *word = &truth->stale.words[index / 64];
	const bool was = (*word & bit_of(index)) != 0;

	*word &= ~bit_of(index);
	return was;
}

/* --- what it hears --- */

static void write_landed(void *context, const struct sv3_write *write)
{
	struct sv3_truth *truth = (struct sv3_truth *)context;
	const uint64_t index = (write->pa - truth->base) >> SV3_PAGE_LG2;
	struct page page;

	if (index >= truth->page_count)
		return;
	page = page_now(truth, index);
	page.translated = write->translated;
	page.landed = write->landed;
	page.iova = write->iova;
	page.write_flags = write->flags;
	page.write_clear = page.cleared;
	page.flags &= (uint8_t)~PAGE_BY_CPU;
	page.flags |= write->by_cpu ? PAGE_WRITTEN | PAGE_BY_CPU : PAGE_WRITTEN;
	if (page.flags & PAGE_CLEARED)
		page.flags |= PAGE_WRITE_CLEAR;
	truth->pages[index] = page;
	truth->counts.writes++;
	truth->counts.pages_dirtied += !stale_set(truth, index);
}

static void page_copied(void *context, uint64_t index, sv3_ps at, bool bulk,
			const struct sv3_wire *wire)
{
	struct sv3_truth *truth = (struct sv3_truth *)context;
	const bool differed = stale_clear(truth, index);
	struct page page;

	(void)wire;

	if (bulk && index == truth->bulk_next) {
		bulk_copied(truth, at);
		return;
	}
	truth->counts.redundant += !bulk && !differed;
	page = page_now(truth, index);
	page.copied = at;
	page.flags |= PAGE_COPIED;
	truth->pages[index] = page;
}

static void leaf_cleared(void *context, sv3_pa pa, uint64_t len, sv3_ps at)
{
	struct sv3_truth *truth = (struct sv3_truth *)context;
	const sv3_pa end = pa + len;

	for (; pa < end; pa += SV3_PAGE_SIZE) {
		const uint64_t index = (pa - truth->base) >> SV3_PAGE_LG2;

		if (index >= truth->page_count)
			continue;
		truth->pages[index].cleared = at;
		truth->pages[index].flags |= PAGE_CLEARED;
	}
}

static void collected(void *context, const struct sv3_dirty_log *reported, struct sv3_round *row)
{
	struct sv3_truth *truth = (struct sv3_truth *)context;

	(void)row;
	sv3__log_merge(&truth->ever, reported);
}

static void invalidated(void *context, sv3_ps pushed, sv3_ps consumed)
{
	struct sv3_truth *truth = (struct sv3_truth *)context;

	truth->invalidations = (struct invalidation *)grown(
		truth->invalidations, truth->invalidation_count, &truth->invalidation_capacity,
		sizeof(*truth->invalidations));
	truth->invalidations[truth->invalidation_count++] =
		(struct invalidation){ pushed, consumed };
}

/* --- what it says --- */

/* The first invalidation pushed at or after @at; NULL if there is none. */
static const struct invalidation *invalidation_after(const struct sv3_truth *truth, sv3_ps at)
{
	uint64_t low = 0, high = truth->invalidation_count;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (truth->invalidations[middle].pushed < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < truth->invalidation_count ? &truth->invalidations[low] : NULL;
}

/*
 * A write that set no dirty state went through knowledge older than the clear: an entry of the TLB,
 * or, translated before the clear, one it had already used. Then the invalidation after the clear
 * tells whether it was never sent or not waited for.
 */
static enum sv3_loss why_lost(const struct sv3_truth *truth, const struct page *page,
			      bool was_reported)
{
	const struct invalidation *invalidation;

	if (page->flags & PAGE_BY_CPU)
		return SV3_LOSS_CPU_LOG;
	if (!(page->flags & PAGE_CLEARED))
		return was_reported ? SV3_LOSS_REPORTED_EARLY : SV3_LOSS_NEVER_TRACKED;
	if (!(page->flags & PAGE_WRITE_CLEAR))
		return SV3_LOSS_UNEXPLAINED;
	if (!(page->write_flags & SV3_RESULT_DIRTY_KNOWN) && page->translated > page->write_clear)
		return SV3_LOSS_UNEXPLAINED;
	invalidation = invalidation_after(truth, page->write_clear);
	if (!invalidation || invalidation->pushed > page->landed)
		return SV3_LOSS_STALE_TLB;
	/* Never, if nobody looks, is later than any copy. */
	if (invalidation->consumed > page->copied)
		return SV3_LOSS_COPY_BEFORE_SYNC;
	return SV3_LOSS_UNEXPLAINED;
}

static struct sv3_lost_page describe(const struct sv3_truth *truth, uint64_t index,
				     const struct page *page)
{
	return (struct sv3_lost_page){
		.page_index = index,
		.iova = page->iova,
		.translated = page->translated,
		.written = page->landed,
		.cleared = page->flags & PAGE_WRITE_CLEAR ? page->write_clear : SV3_PS_NEVER,
		.copied = page->flags & PAGE_COPIED ? page->copied : SV3_PS_NEVER,
		.why = why_lost(
			truth, page,
			sv3_dirty_log_test(&truth->ever, truth->base + index * SV3_PAGE_SIZE)),
	};
}

struct sv3_truth_counts sv3_truth_counts(const struct sv3_truth *truth)
{
	return truth->counts;
}

uint64_t sv3_truth_false(const struct sv3_truth *truth, const struct sv3_dirty_log *log)
{
	const uint64_t words = sv3_dirty_log_words(log->page_count);
	uint64_t count = 0;

	SV3_ASSERT(log->page_count == truth->page_count);
	for (uint64_t i = 0; i < words; i++)
		count += (uint64_t)__builtin_popcountll(log->words[i] & ~truth->stale.words[i]);
	return count;
}

uint64_t sv3_truth_lost(const struct sv3_truth *truth, struct sv3_lost_page *lost, uint64_t max)
{
	uint64_t count = 0;

	for (uint64_t i = sv3_dirty_log_next(&truth->stale, 0); i < truth->page_count;
	     i = sv3_dirty_log_next(&truth->stale, i + 1)) {
		if (count < max) {
			const struct page page = page_now(truth, i);

			lost[count] = describe(truth, i, &page);
		}
		count++;
	}
	return count;
}

/* --- making --- */

static uint64_t pages_bytes(const struct sv3_truth *truth)
{
	return truth->page_count * sizeof(struct page);
}

static int log_make(const struct sv3_truth *truth, struct sv3_dirty_log *log)
{
	log->base = truth->base;
	log->page_count = truth->page_count;
	log->words = (uint64_t *)calloc((size_t)sv3_dirty_log_words(log->page_count),
					sizeof(*log->words));
	return log->words ? 0 : -SV3_ERR_NOMEM;
}

int sv3_truth_create(sv3_pa base, uint64_t page_count, struct sv3_truth **out)
{
	struct sv3_truth *truth = (struct sv3_truth *)calloc(1, sizeof(*truth));

	*out = NULL;
	if (!truth)
		return -SV3_ERR_NOMEM;
	truth->base = base;
	truth->page_count = page_count;
	truth->pages = (struct page *)sv3_zeroed_create(pages_bytes(truth));
	if (!truth->pages || log_make(truth, &truth->stale) || log_make(truth, &truth->ever)) {
		sv3_truth_destroy(truth);
		return -SV3_ERR_NOMEM;
	}
	*out = truth;
	return 0;
}

void sv3_truth_destroy(struct sv3_truth *truth)
{
	if (!truth)
		return;
	sv3_zeroed_destroy(truth->pages, pages_bytes(truth));
	free(truth->stale.words);
	free(truth->ever.words);
	free(truth->lines);
	free(truth->invalidations);
	free(truth);
}

struct sv3_world_observer sv3_truth_world_observer(struct sv3_truth *truth)
{
	return (struct sv3_world_observer){ .write_landed = write_landed, .context = truth };
}

struct sv3_migration_observer sv3_truth_migration_observer(struct sv3_truth *truth)
{
	return (struct sv3_migration_observer){
		.page_copied = page_copied,
		.leaf_cleared = leaf_cleared,
		.invalidated = invalidated,
		.collected = collected,
		.context = truth,
	};
}
