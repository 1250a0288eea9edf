/* SPDX-License-Identifier: MIT */
/*
 * journal.c - what happened to which page, in the order in which it happened.
 *
 * Only what may still explain a lost page is kept. When the journal is full it is read from its end
 * and thinned: of each page the newest copy; of a page that differs from its copy the newest write
 * and the newest clears since and before that write; of any other the newest clear. So it costs
 * what is written, cleared or copied since, and noting something goes to the end of an array,
 * wherever in the guest the page is.
 */
#include <stdlib.h>
#include <string.h>

#include "migration_priv.h"

#define CAPACITY_MIN        64u
#define PAGES_PER_EVENT_LG2 6u /* thinning looks at four bits a page: as much as at events */
#define PAGE_MASK           ((UINT64_C(1) << 52) - 1)
#define NO_EVENT            UINT64_MAX

/* What later events made of each page, as seen by who reads backwards. One bit a page each. */
struct marks {
	uint64_t *written; /* its newest write was met, and the page differs */
	uint64_t *cleared; /* its newest clear was met */
	uint64_t *cleared_before_write;
	uint64_t *copied; /* its newest copy was met */
};

void sv3__journal_init(struct sv3__journal *journal, const struct sv3_dirty_log *stale)
{
	*journal = (struct sv3__journal){ .stale = stale, .last_copy = NO_EVENT };
}

void sv3__journal_fini(struct sv3__journal *journal)
{
	free(journal->events);
	*journal = (struct sv3__journal){ 0 };
}

/* --- thinning --- */

static bool write_matters(const struct sv3__journal *journal, struct marks *marks,
			  const struct sv3__event *event)
{
	const uint64_t word = event->page / 64;
	const uint64_t bit = UINT64_C(1) << (event->page % 64);
	const bool matters = (journal->stale->words[word] & bit & ~marks->written[word]) != 0;

	if (matters)
		marks->written[word] |= bit;
	return matters;
}

static bool clear_matters(struct marks *marks, const struct sv3__event *event)
{
	const uint64_t end = event->page + event->range.page_count;
	bool matters = false;

	for (uint64_t page = event->page; page < end;) {
		uint64_t word;
		const uint64_t bits = sv3_dirty_log_part(&page, end, &word);
		const uint64_t before = bits & marks->written[word];
		const uint64_t since = bits & ~marks->written[word];

		matters |= (before & ~marks->cleared_before_write[word]) != 0 ||
			   (since & ~marks->cleared[word]) != 0;
		marks->cleared_before_write[word] |= before;
		marks->cleared[word] |= bits;
	}
	return matters;
}

static bool copy_matters(struct marks *marks, const struct sv3__event *event)
{
	const uint64_t end = event->page + event->range.page_count;
	bool matters = false;

	for (uint64_t page = event->page; page < end;) {
		uint64_t word;
		const uint64_t bits = sv3_dirty_log_part(&page, end, &word);

		matters |= (bits & ~marks->copied[word]) != 0;
		marks->copied[word] |= bits;
	}
	return matters;
}

static bool matters(const struct sv3__journal *journal, struct marks *marks,
		    const struct sv3__event *event)
{
	switch ((enum sv3__event_kind)event->kind) {
	case SV3__EVENT_WRITE:
		return write_matters(journal, marks, event);
	case SV3__EVENT_CLEAR:
		return clear_matters(marks, event);
	default:
		return copy_matters(marks, event);
	}
}

/* Returns: false: out of memory. */
static bool thin(struct sv3__journal *journal)
{
	const size_t words = (size_t)sv3_dirty_log_words(journal->stale->page_count);
	uint64_t *bits = (uint64_t *)calloc(4 * words, sizeof(*bits));
	uint64_t first = journal->count;
	struct marks marks;

	if (!bits)
		return false;
	marks = (struct marks){ bits, bits + words, bits + 2 * words, bits + 3 * words };
	for (uint64_t i = journal->count; i-- > 0;) {
		if (matters(journal, &marks, &journal->events[i]))
			journal->events[--first] = journal->events[i];
	}
	free(bits);
	journal->count -= first;
	journal->last_copy = NO_EVENT;
	journal->thinnings++;
	memmove(journal->events, journal->events + first,
		(size_t)journal->count * sizeof(*journal->events));
	return true;
}

/* --- noting --- */

static uint64_t first_capacity(uint64_t page_count)
{
	const uint64_t capacity = page_count >> PAGES_PER_EVENT_LG2;

	return capacity > CAPACITY_MIN ? capacity : CAPACITY_MIN;
}

/* Room for one more. Returns: false: out of memory. */
static bool make_room(struct sv3__journal *journal)
{
	uint64_t capacity;
	struct sv3__event *events;

	if (journal->count < journal->capacity)
		return true;
	if (!thin(journal))
		return false;
	if (journal->count < journal->capacity / 2)
		return true;
	capacity = journal->capacity ? 2 * journal->capacity
				     : first_capacity(journal->stale->page_count);
	events = (struct sv3__event *)realloc(journal->events, (size_t)capacity * sizeof(*events));
	if (!events)
		return false;
	journal->events = events;
	journal->capacity = capacity;
	return true;
}

/* What is missing once would make a false story of the rest: from then on nothing is noted. */
static void add(struct sv3__journal *journal, const struct sv3__event *event)
{
	if (journal->memory_short)
		return;
	journal->memory_short = !make_room(journal);
	if (!journal->memory_short)
		journal->events[journal->count++] = *event;
}

void sv3__journal_note_write(struct sv3__journal *journal, uint64_t page,
			     const struct sv3_write *write, bool by_old_grant)
{
	const struct sv3__event event = {
		.page = page & PAGE_MASK,
		.kind = SV3__EVENT_WRITE,
		.was_known = (write->flags & SV3_RESULT_DIRTY_KNOWN) != 0,
		.by_cpu = write->by_cpu,
		.by_old_grant = by_old_grant,
		.at = write->landed,
		.write = { write->translated, write->iova },
	};

	add(journal, &event);
}

void sv3__journal_note_clear(struct sv3__journal *journal, uint64_t page, uint64_t page_count,
			     sv3_ps at)
{
	const struct sv3__event event = {
		.page = page & PAGE_MASK,
		.kind = SV3__EVENT_CLEAR,
		.at = at,
		.range = { page_count, 0 },
	};

	add(journal, &event);
}

/* Copies at a steady pace are one event, whatever else happens in between: that a page was copied
 * before or after a write is told by the page's being stale. */
static bool goes_on(const struct sv3__event *run, const struct sv3_copy *copy)
{
	return copy->first_page == run->page + run->range.page_count &&
	       copy->at == run->at + run->range.page_count * run->range.step &&
	       (copy->page_count == 1 || copy->step == run->range.step);
}

void sv3__journal_note_copy(struct sv3__journal *journal, const struct sv3_copy *copy)
{
	struct sv3__event *run =
		journal->last_copy == NO_EVENT ? NULL : &journal->events[journal->last_copy];
	const struct sv3__event event = {
		.page = copy->first_page & PAGE_MASK,
		.kind = SV3__EVENT_COPY,
		.at = copy->at,
		.range = { copy->page_count, copy->step },
	};

	if (run && goes_on(run, copy)) {
		run->range.page_count += copy->page_count;
		return;
	}
	add(journal, &event);
	journal->last_copy = journal->memory_short ? NO_EVENT : journal->count - 1;
}
