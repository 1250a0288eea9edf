/* SPDX-License-Identifier: MIT */
/*
 * test_journal.c - does the journal stay small, and is thinning unnoticed by what comes after it?
 *
 * What it must not forget is asked through the oracle: test_truth.c.
 */
#include "ctest.h"

#include "sim/migration/migration_priv.h"

#define PAGES 64u
#define PACE  7u /* of copies */

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
	sv3__journal_note_write(&fx->journal, page, &write, false);
}

static void copied_run(struct fx *fx, uint64_t page, uint64_t count, sv3_ps at)
{
	const struct sv3_copy copy = {
		.first_page = page,
		.page_count = count,
		.at = at,
		.step = PACE,
	};

	fx->words[0] &= ~((UINT64_MAX >> (64 - count)) << page);
	sv3__journal_note_copy(&fx->journal, &copy);
}

static void copied(struct fx *fx, uint64_t page, sv3_ps at)
{
	copied_run(fx, page, 1, at);
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
		copied(&fx, page, 100 + PACE * page);
		lands(&fx, 60, 101 + PACE * page);
	}
	EXPECT_EQ_U64(fx.journal.count, 49);
	EXPECT_EQ_U64(fx.journal.events[0].range.page_count, 48);
	EXPECT_EQ_U64(fx.journal.events[0].range.step, PACE);
	/* Told as runs they are the same. */
	copied_run(&fx, 0, 24, 1000);
	copied(&fx, 24, 1000 + PACE * 24);
	copied_run(&fx, 25, 23, 1000 + PACE * 25);
	EXPECT_EQ_U64(fx.journal.count, 50);
	EXPECT_EQ_U64(fx.journal.events[49].range.page_count, 48);
	/* One that comes late, and one that is not the next, begin others. */
	copied(&fx, 48, 1000 + PACE * 48 + 1);
	copied(&fx, 50, 1000 + PACE * 50);
	EXPECT_EQ_U64(fx.journal.count, 52);
	sv3__journal_fini(&fx.journal);
}

TEST_C(journal, thinning_amid_copies_ends_them)
{
	struct fx fx;

	fx_make(&fx);
	copied(&fx, 0, 100);
	copied(&fx, 1, 100 + PACE);
	for (uint64_t i = 0; i < 200; i++)
		lands(&fx, 60, 108 + i);
	/* In the place of those copies there may be anything now. */
	copied(&fx, 2, 100 + 2 * PACE); /* the pace would fit */
	ASSERT_TRUE(fx.journal.last_copy == fx.journal.count - 1);
	EXPECT_EQ_U64(fx.journal.events[fx.journal.last_copy].page, 2);
	EXPECT_EQ_U64(fx.journal.events[fx.journal.last_copy].range.page_count, 1);
	sv3__journal_fini(&fx.journal);
}
