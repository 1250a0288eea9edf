/* SPDX-License-Identifier: MIT */
/*
 * truth.c - the oracle: what landed where, what was copied when, and so what is stale at the end.
 *
 * It hears events in the order in which they happen and judges by that order, not by times: a write
 * that lands at the instant of a copy but before it is in the copy. Whether a page differs from its
 * copy is one bit; how that came about is looked up in the journal, for lost pages only.
 */
#include <stdlib.h>
#include <string.h>

#include "migration_priv.h"

struct sv3_truth {
	sv3_pa base;
	uint64_t page_count;
	struct sv3_dirty_log stale;   /* pages a write landed on since their last copy */
	struct sv3_dirty_log ever;    /* pages that a collection reported */
	struct sv3_dirty_log granted; /* made dirty by a grant since their last clear */
	struct sv3__journal journal;
	struct sv3__invalidations tlbis, atc_invs;
	struct sv3_truth_counts counts;
};

/* What the journal says of a lost page. */
struct history {
	uint64_t page;
	const struct sv3__event *write; /* the last; NULL: not met yet */
	bool cleared;                   /* ever */
	bool cleared_before;            /* the write; @write_clear is the last such clear */
	bool copied;
	sv3_ps write_clear, copy;
};

const char *sv3_loss_text(enum sv3_loss loss)
{
	static const char *const texts[SV3_LOSS_COUNT] = {
		[SV3_LOSS_STALE_TLB] = "stale TLB entry: not invalidated after the clear",
		[SV3_LOSS_STALE_ATC] =
			"stale ATC entry: the device wrote by what it was granted before the clear",
		[SV3_LOSS_COPY_BEFORE_SYNC] = "copied before the invalidation was complete",
		[SV3_LOSS_REPORTED_EARLY] = "reported before its data was there",
		[SV3_LOSS_NEVER_TRACKED] = "never tracked",
		[SV3_LOSS_CPU_LOG] = "written by a CPU: the log of CPU writes was not used",
		[SV3_LOSS_UNEXPLAINED] = "unexplained",
	};

	return (unsigned int)loss < SV3_LOSS_COUNT ? texts[loss] : "?";
}

/* --- what it hears --- */

static void write_landed(void *context, const struct sv3_write *write)
{
	struct sv3_truth *truth = (struct sv3_truth *)context;
	const bool by_old_grant =
		write->by_grant && !sv3_dirty_log_test(&truth->granted, write->pa);
	const uint64_t index = (write->pa - truth->base) >> SV3_PAGE_LG2;

	if (index >= truth->page_count)
		return;
	truth->counts.writes++;
	truth->counts.pages_dirtied += sv3_dirty_log_set(&truth->stale, write->pa, 1);
	sv3__journal_note_write(&truth->journal, index, write, by_old_grant);
}

static void pages_copied(void *context, const struct sv3_copy *copy)
{
	struct sv3_truth *truth = (struct sv3_truth *)context;
	const uint64_t differed =
		sv3_dirty_log_clear(&truth->stale, truth->base + copy->first_page * SV3_PAGE_SIZE,
				    copy->page_count * SV3_PAGE_SIZE);

	if (!copy->bulk)
		truth->counts.redundant += copy->page_count - differed;
	sv3__journal_note_copy(&truth->journal, copy);
}

static void leaf_cleared(void *context, sv3_pa pa, uint64_t len, sv3_ps at)
{
	struct sv3_truth *truth = (struct sv3_truth *)context;
	const sv3_pa top = truth->base + truth->page_count * SV3_PAGE_SIZE;
	const sv3_pa from = pa > truth->base ? pa : truth->base;
	const sv3_pa to = pa + len < top ? pa + len : top;
	const uint64_t first = (from - truth->base) >> SV3_PAGE_LG2;
	const uint64_t end = (to - truth->base + SV3_PAGE_SIZE - 1) >> SV3_PAGE_LG2;

	if (from >= to)
		return;
	sv3_dirty_log_clear(&truth->granted, pa, len);
	sv3__journal_note_clear(&truth->journal, first, end - first, at);
}

static void write_granted(void *context, const struct sv3_grant *grant)
{
	struct sv3_truth *truth = (struct sv3_truth *)context;

	if (grant->flags & SV3_RESULT_DIRTY_SET)
		sv3_dirty_log_set(&truth->granted, grant->pa, grant->last - grant->pa + 1);
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

	sv3__invalidations_note(&truth->tlbis, &truth->journal, pushed, consumed);
}

static void atc_invalidated(void *context, sv3_ps pushed, sv3_ps consumed)
{
	struct sv3_truth *truth = (struct sv3_truth *)context;

	sv3__invalidations_note(&truth->atc_invs, &truth->journal, pushed, consumed);
}

/* --- how a page was lost --- */

/* The first of @histories, ascending by page, at or after @page; @count: none. */
static uint64_t first_at(const struct history *histories, uint64_t count, uint64_t page)
{
	uint64_t low = 0, high = count;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (histories[middle].page < page)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* An event before all that were taken in so far. */
static void take_in(struct history *history, const struct sv3__event *event)
{
	switch ((enum sv3__event_kind)event->kind) {
	case SV3__EVENT_WRITE:
		if (!history->write)
			history->write = event;
		return;
	case SV3__EVENT_CLEAR:
		history->cleared = true;
		if (history->write && !history->cleared_before) {
			history->cleared_before = true;
			history->write_clear = event->at;
		}
		return;
	case SV3__EVENT_COPY:
		if (!history->copied) {
			history->copied = true;
			history->copy =
				event->at + (history->page - event->page) * event->range.step;
		}
	}
}

static void read_journal(const struct sv3_truth *truth, struct history *histories, uint64_t count)
{
	for (uint64_t i = truth->journal.count; i-- > 0;) {
		const struct sv3__event *event = &truth->journal.events[i];
		const uint64_t pages =
			event->kind == SV3__EVENT_WRITE ? 1 : event->range.page_count;
		uint64_t at = first_at(histories, count, event->page);

		for (; at < count && histories[at].page < event->page + pages; at++)
			take_in(&histories[at], event);
	}
}

/*
 * A write that set no dirty state went through knowledge older than the clear: an entry of the TLB,
 * or, translated before the clear, one it had already used; or what a device had been granted. Then
 * the invalidation after the clear tells whether it was never sent or not waited for.
 */
static enum sv3_loss why_lost(const struct sv3_truth *truth, const struct history *history)
{
	const struct sv3__event *write = history->write;
	const struct sv3__invalidation *tlbi, *atc_inv;

	if (write->by_cpu)
		return SV3_LOSS_CPU_LOG;
	if (!history->cleared)
		return sv3_dirty_log_test(&truth->ever, truth->base + history->page * SV3_PAGE_SIZE)
			       ? SV3_LOSS_REPORTED_EARLY
			       : SV3_LOSS_NEVER_TRACKED;
	if (!history->cleared_before)
		return SV3_LOSS_UNEXPLAINED;
	if (!write->was_known && !write->by_old_grant &&
	    write->write.translated > history->write_clear)
		return SV3_LOSS_UNEXPLAINED;
	tlbi = sv3__invalidations_after(&truth->tlbis, history->write_clear);
	if (!tlbi || tlbi->pushed > write->at)
		return SV3_LOSS_STALE_TLB;
	atc_inv = write->by_old_grant
			  ? sv3__invalidations_after(&truth->atc_invs, history->write_clear)
			  : tlbi;
	if (!atc_inv || atc_inv->pushed > write->at)
		return SV3_LOSS_STALE_ATC;
	/* Never, if nobody looks, is later than any copy. */
	if (tlbi->consumed > history->copy || atc_inv->consumed > history->copy)
		return SV3_LOSS_COPY_BEFORE_SYNC;
	return SV3_LOSS_UNEXPLAINED;
}

static struct sv3_lost_page describe(const struct sv3_truth *truth, const struct history *history)
{
	return (struct sv3_lost_page){
		.page_index = history->page,
		.iova = history->write->write.iova,
		.translated = history->write->write.translated,
		.written = history->write->at,
		.cleared = history->cleared_before ? history->write_clear : SV3_PS_NEVER,
		.copied = history->copied ? history->copy : SV3_PS_NEVER,
		.why = why_lost(truth, history),
	};
}

/* --- what it says --- */

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

uint64_t sv3_truth_lost_count(const struct sv3_truth *truth)
{
	return sv3_dirty_log_count(&truth->stale);
}

int sv3_truth_lost(const struct sv3_truth *truth, struct sv3_lost_page *lost, uint64_t count)
{
	struct history *histories;
	uint64_t page = 0;

	SV3_ASSERT(count <= sv3_truth_lost_count(truth));
	if (truth->journal.memory_short || truth->tlbis.memory_short ||
	    truth->atc_invs.memory_short)
		return -SV3_ERR_NOMEM;
	histories = (struct history *)calloc((size_t)count + 1, sizeof(*histories));
	if (!histories)
		return -SV3_ERR_NOMEM;
	for (uint64_t i = 0; i < count; i++) {
		histories[i].page = sv3_dirty_log_next(&truth->stale, page);
		page = histories[i].page + 1;
	}
	read_journal(truth, histories, count);
	for (uint64_t i = 0; i < count; i++)
		lost[i] = describe(truth, &histories[i]);
	free(histories);
	return 0;
}

/* --- making --- */

int sv3_truth_create(sv3_pa base, uint64_t page_count, struct sv3_truth **out)
{
	struct sv3_truth *truth = (struct sv3_truth *)calloc(1, sizeof(*truth));

	*out = NULL;
	if (!truth)
		return -SV3_ERR_NOMEM;
	truth->base = base;
	truth->page_count = page_count;
	if (sv3__log_create(&truth->stale, base, page_count) ||
	    sv3__log_create(&truth->ever, base, page_count) ||
	    sv3__log_create(&truth->granted, base, page_count)) {
		sv3_truth_destroy(truth);
		return -SV3_ERR_NOMEM;
	}
	sv3__journal_init(&truth->journal, &truth->stale);
	*out = truth;
	return 0;
}

void sv3_truth_destroy(struct sv3_truth *truth)
{
	if (!truth)
		return;
	sv3__journal_fini(&truth->journal);
	free(truth->stale.words);
	free(truth->ever.words);
	free(truth->granted.words);
	sv3__invalidations_fini(&truth->tlbis);
	sv3__invalidations_fini(&truth->atc_invs);
	free(truth);
}

struct sv3_world_observer sv3_truth_world_observer(struct sv3_truth *truth)
{
	return (struct sv3_world_observer){ .write_landed = write_landed,
					    .write_granted = write_granted,
					    .context = truth };
}

struct sv3_migration_observer sv3_truth_migration_observer(struct sv3_truth *truth)
{
	return (struct sv3_migration_observer){
		.pages_copied = pages_copied,
		.leaf_cleared = leaf_cleared,
		.invalidated = invalidated,
		.atc_invalidated = atc_invalidated,
		.collected = collected,
		.context = truth,
	};
}
