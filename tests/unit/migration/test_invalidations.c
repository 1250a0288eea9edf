/* SPDX-License-Identifier: MIT */
/*
 * test_invalidations.c - is the first invalidation behind a clear found, and only what may be asked
 * for kept?
 */
#include "ctest.h"

#include <sv3/prng.h>

#include "sim/migration/migration_priv.h"

#define PAGES  64u
#define ROUNDS 20000u

struct fx {
	struct sv3__invalidations invalidations;
	struct sv3__journal journal;
	struct sv3_dirty_log stale;
	uint64_t words[PAGES / 64];
};

static struct fx fx;

static void fx_make(void)
{
	fx = (struct fx){ .stale = { .words = fx.words, .page_count = PAGES } };
	sv3__journal_init(&fx.journal, &fx.stale);
}

static void fx_fini(void)
{
	sv3__invalidations_fini(&fx.invalidations);
	sv3__journal_fini(&fx.journal);
}

static void invalidate(sv3_ps pushed)
{
	sv3__invalidations_note(&fx.invalidations, &fx.journal, pushed, pushed + 1);
}

static sv3_ps pushed_after(sv3_ps at)
{
	const struct sv3__invalidation *first = sv3__invalidations_after(&fx.invalidations, at);

	return first ? first->pushed : 0;
}

TEST_C(invalidations, the_first_behind_a_time_is_found_in_any_order_of_telling)
{
	fx_make();
	EXPECT_EQ_U64(pushed_after(0), 0);
	invalidate(10);
	invalidate(40); /* began and ended while software waited for the next */
	invalidate(20);
	invalidate(30);
	EXPECT_EQ_U64(pushed_after(0), 10);
	EXPECT_EQ_U64(pushed_after(10), 10);
	EXPECT_EQ_U64(pushed_after(11), 20);
	EXPECT_EQ_U64(pushed_after(21), 30);
	EXPECT_EQ_U64(pushed_after(31), 40);
	EXPECT_EQ_U64(pushed_after(41), 0);
	fx_fini();
}

/* Some pages are cleared long ago and never again. */
TEST_C(invalidations, cost_what_the_journal_asks_for_however_many_there_are)
{
	struct sv3_prng prng;
	uint64_t most = 0;

	fx_make();
	sv3_prng_seed(&prng, 5);
	sv3__journal_note_clear(&fx.journal, 0, PAGES, 0);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		const sv3_ps at = 2 * i;
		const uint64_t page = sv3_prng_below(&prng, 1 + sv3_prng_below(&prng, PAGES));

		if (i % 3 == 0)
			sv3__journal_note_clear(&fx.journal, page, 1, at);
		invalidate(at + 1);
		most = fx.invalidations.count > most ? fx.invalidations.count : most;
	}
	for (uint64_t i = 0; i < fx.journal.count; i++) {
		const sv3_ps cleared = fx.journal.events[i].at;

		EXPECT_EQ_U64(pushed_after(cleared), cleared + 1);
	}
	EXPECT_GT_U64(fx.journal.thinnings, 10);
	/* A page has a clear; what comes until the journal is full again is three times as much. */
	EXPECT_LE_U64(most, PAGES + 3 * fx.journal.capacity);
	EXPECT_LE_U64(fx.invalidations.capacity, 2 * (PAGES + 3 * fx.journal.capacity));
	fx_fini();
}
