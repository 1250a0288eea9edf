/* SPDX-License-Identifier: MIT */
/*
 * test_journal.c - does the journal stay small, and is thinning unnoticed by what comes after it?
 *
 * What it must not forget is asked through the oracle: test_truth.c.
 */
#include "ctest.h"

#include "sim/migration/migration_priv.h"

#define PAGES 64u

struct fx {
	struct sv3__journal journal;
	struct sv3_dirty_log stale;
	uint64_t words[PAGES / 64];
};

static void fx_make(struct fx *fx)
{
	fx->words[0] = 0;
	fx->stale = (struct sv3_dirty_log){ .words = fx->words, .page_count = PAGES };
	sv3__journal_init(&fx->journal, &fx->stale);
}

static void lands(struct fx *fx, uint64_t page, sv3_ps at)
{
	const struct sv3_write write = { .translated = at - 1, .landed = at };

	fx->words[0] |= UINT64_C(1) << page;
	sv3__journal_note_write(&fx->journal, page, &write);
}

static void copied(struct fx *fx, uint64_t page, sv3_ps at)
{
	fx->words[0] &= ~(UINT64_C(1) << page);
	sv3__journal_note_copy(&fx->journal, page, at);
}

TEST_C(journal, costs_what_may_still_matter_however_much_happens)
{
	struct fx fx;

	fx_make(&fx);
	for (sv3_ps at = 1; at < 100000; at++) {
		const uint64_t page = at * 7 % PAGES;

		lands(&fx, page, 10 * at);
		sv3__journal_note_clear(&fx.journal, 0, PAGES, 10 * at + 1);
		if (at % 3 == 0)
			copied(&fx, page, 10 * at + 2);
	}
	/* A page needs a write, two clears and a copy; thinning waits until half of it is waste. */
	EXPECT_TRUE(fx.journal.capacity <= 2 * 4 * PAGES);
	sv3__journal_fini(&fx.journal);
}

TEST_C(journal, copies_at_a_steady_pace_are_one_event)
{
	struct fx fx;

	fx_make(&fx);
	for (uint64_t page = 0; page < 48; page++) {
		copied(&fx, page, 100 + 7 * page);
		lands(&fx, 60, 101 + 7 * page);
	}
	EXPECT_EQ_U64(fx.journal.count, 49);
	EXPECT_EQ_U64(fx.journal.events[0].range.page_count, 48);
	EXPECT_EQ_U64(fx.journal.events[0].range.step, 7);
	/* One that comes late, and one that is not the next, begin others. */
	copied(&fx, 48, 100 + 7 * 48 + 1);
	copied(&fx, 50, 100 + 7 * 50);
	EXPECT_EQ_U64(fx.journal.count, 51);
	sv3__journal_fini(&fx.journal);
}

TEST_C(journal, thinning_amid_copies_ends_them)
{
	struct fx fx;

	fx_make(&fx);
	copied(&fx, 0, 100);
	copied(&fx, 1, 107);
	for (uint64_t i = 0; i < 200; i++)
		lands(&fx, 60, 108 + i);
	/* In the place of those copies there may be anything now. */
	copied(&fx, 2, 114); /* the pace would fit */
	ASSERT_TRUE(fx.journal.last_copy == fx.journal.count - 1);
	EXPECT_EQ_U64(fx.journal.events[fx.journal.last_copy].page, 2);
	EXPECT_EQ_U64(fx.journal.events[fx.journal.last_copy].range.page_count, 1);
	sv3__journal_fini(&fx.journal);
}
