/* SPDX-License-Identifier: MIT */
/*
 * test_truth.c - the oracle, told events by hand.
 */
#include <stdlib.h>
#include <sys/resource.h>

#include "ctest.h"

#include <sv3/migration.h>
#include <sv3/prng.h>

#define BASE  UINT64_C(0x40000000)
#define PAGES 64u

struct fx {
	struct sv3_truth *truth;
	struct sv3_world_observer world;
	struct sv3_migration_observer migration;
};

static struct fx fx_make(void)
{
	struct fx fx = { .truth = NULL };

	EXPECT_OK(sv3_truth_create(BASE, PAGES, &fx.truth));
	fx.world = sv3_truth_world_observer(fx.truth);
	fx.migration = sv3_truth_migration_observer(fx.truth);
	return fx;
}

static void copy_pages(struct fx *fx, uint64_t first, uint64_t count, sv3_ps at, sv3_ps step,
		       bool is_bulk)
{
	const struct sv3_copy copied = {
		.first_page = first,
		.page_count = count,
		.at = at,
		.step = step,
		.bulk = is_bulk,
	};

	fx->migration.pages_copied(fx->migration.context, &copied);
}

static void bulk(struct fx *fx, sv3_ps start, sv3_ps step)
{
	copy_pages(fx, 0, PAGES, start, step, true);
}

static void copy(struct fx *fx, uint64_t page, sv3_ps at)
{
	copy_pages(fx, page, 1, at, 0, false);
}

static void lands(struct fx *fx, uint64_t page, sv3_ps translated, sv3_ps landed, uint8_t flags)
{
	const struct sv3_write write = {
		.translated = translated,
		.landed = landed,
		.iova = 0x1000 * page,
		.pa = BASE + page * SV3_PAGE_SIZE + 8,
		.len = 8,
		.flags = flags,
	};

	fx->world.write_landed(fx->world.context, &write);
}

static void clear(struct fx *fx, uint64_t page, uint64_t count, sv3_ps at)
{
	fx->migration.leaf_cleared(fx->migration.context, BASE + page * SV3_PAGE_SIZE,
				   count * SV3_PAGE_SIZE, at);
}

static void invalidate(struct fx *fx, sv3_ps pushed, sv3_ps consumed)
{
	fx->migration.invalidated(fx->migration.context, pushed, consumed);
}

static void atc_invalidate(struct fx *fx, sv3_ps pushed, sv3_ps consumed)
{
	fx->migration.atc_invalidated(fx->migration.context, pushed, consumed);
}

/* A device may write to some pages from now on without asking. */
static void grant(struct fx *fx, uint64_t page, uint64_t count, uint8_t flags)
{
	const struct sv3_grant grant = {
		.pa = BASE + page * SV3_PAGE_SIZE,
		.last = BASE + (page + count) * SV3_PAGE_SIZE - 1,
		.flags = flags,
	};

	fx->world.write_granted(fx->world.context, &grant);
}

static void lands_by_grant(struct fx *fx, uint64_t page, sv3_ps at)
{
	const struct sv3_write write = {
		.translated = at,
		.landed = at,
		.pa = BASE + page * SV3_PAGE_SIZE,
		.len = 8,
		.flags = SV3_RESULT_BYPASS,
		.by_grant = true,
	};

	fx->world.write_landed(fx->world.context, &write);
}

/* The one lost page. */
static struct sv3_lost_page only(const struct fx *fx)
{
	struct sv3_lost_page lost = { 0 };

	EXPECT_EQ_U64(sv3_truth_lost_count(fx->truth), 1);
	EXPECT_OK(sv3_truth_lost(fx->truth, &lost, 1));
	return lost;
}

TEST_C(truth, a_page_is_lost_if_a_write_landed_after_its_last_copy)
{
	struct fx fx = fx_make();
	struct sv3_lost_page lost[2];

	lands(&fx, 3, 1, 2, 0); /* before bulk gets there */
	bulk(&fx, 100, 10);
	EXPECT_EQ_U64(sv3_truth_lost_count(fx.truth), 0);
	lands(&fx, 3, 1000, 1001, 0);
	lands(&fx, 60, 1000, 1002, 0);
	lands(&fx, 7, 1000, 1003, 0);
	EXPECT_EQ_U64(sv3_truth_lost_count(fx.truth), 3);
	EXPECT_OK(sv3_truth_lost(fx.truth, lost, 2));
	EXPECT_EQ_U64(lost[0].page_index, 3);
	EXPECT_EQ_U64(lost[1].page_index, 7);
	copy(&fx, 3, 2000);
	copy(&fx, 7, 2001);
	EXPECT_EQ_U64(sv3_truth_lost_count(fx.truth), 1);
	EXPECT_OK(sv3_truth_lost(fx.truth, lost, 1));
	EXPECT_EQ_U64(lost[0].page_index, 60);
	EXPECT_EQ_U64(lost[0].iova, 60 * 0x1000);
	EXPECT_EQ_U64(lost[0].written, 1002);
	EXPECT_EQ_U64(lost[0].copied, 100 + 600);
	EXPECT_EQ_U64(lost[0].cleared, SV3_PS_NEVER);
	sv3_truth_destroy(fx.truth);
}

TEST_C(truth, order_of_events_decides_at_one_instant)
{
	struct fx fx = fx_make();

	bulk(&fx, 0, 0);
	lands(&fx, 1, 50, 50, 0);
	copy(&fx, 1, 50);
	copy(&fx, 2, 50);
	lands(&fx, 2, 50, 50, 0);
	EXPECT_EQ_U64(only(&fx).page_index, 2);
	sv3_truth_destroy(fx.truth);
}

TEST_C(truth, bulk_copies_are_told_apart_page_by_page)
{
	struct fx fx = fx_make();

	/* A write to each page in the middle of bulk, which is uneven: page 32 starts late. */
	for (uint64_t i = 0; i < PAGES; i++) {
		copy_pages(&fx, i, 1, 10 * i + (i < 32 ? 0 : 500), 10, true);
		if (i == 40)
			for (uint64_t page = 0; page < PAGES; page++)
				lands(&fx, page, 899, 905, 0);
	}
	for (uint64_t i = 0; i < PAGES; i++) {
		struct sv3_lost_page lost[PAGES];

		ASSERT_EQ_U64(sv3_truth_lost_count(fx.truth), 41);
		ASSERT_OK(sv3_truth_lost(fx.truth, lost, 41));
		if (i <= 40) {
			EXPECT_EQ_U64(lost[i].page_index, i);
			EXPECT_EQ_U64(lost[i].copied, 10 * i + (i < 32 ? 0 : 500));
		}
	}
	sv3_truth_destroy(fx.truth);
}

TEST_C(truth, a_send_is_redundant_if_nothing_landed_since_the_one_before)
{
	struct fx fx = fx_make();

	lands(&fx, 5, 1, 2, 0);
	bulk(&fx, 100, 10);
	EXPECT_EQ_U64(sv3_truth_counts(fx.truth).redundant, 0);
	copy(&fx, 5, 5000); /* bulk had it */
	EXPECT_EQ_U64(sv3_truth_counts(fx.truth).redundant, 1);
	lands(&fx, 5, 5001, 5002, 0);
	copy(&fx, 5, 6000);
	EXPECT_EQ_U64(sv3_truth_counts(fx.truth).redundant, 1);
	copy(&fx, 5, 7000);
	EXPECT_EQ_U64(sv3_truth_counts(fx.truth).redundant, 2);
	sv3_truth_destroy(fx.truth);
}

TEST_C(truth, without_any_clear_a_page_was_never_tracked)
{
	struct fx fx = fx_make();

	bulk(&fx, 0, 1);
	lands(&fx, 5, 100, 101, SV3_RESULT_DIRTY_KNOWN);
	EXPECT_EQ_INT(only(&fx).why, SV3_LOSS_NEVER_TRACKED);
	sv3_truth_destroy(fx.truth);
}

TEST_C(truth, without_an_invalidation_a_known_dirty_write_is_a_stale_entry)
{
	struct fx fx = fx_make();

	invalidate(&fx, 5, 6);
	bulk(&fx, 10, 1);
	clear(&fx, 0, 16, 200);
	copy(&fx, 5, 300);
	lands(&fx, 5, 400, 401, SV3_RESULT_DIRTY_KNOWN);
	EXPECT_EQ_INT(only(&fx).why, SV3_LOSS_STALE_TLB);
	EXPECT_EQ_U64(only(&fx).cleared, 200);
	/* One that comes after the write explains nothing. */
	invalidate(&fx, 500, 501);
	EXPECT_EQ_INT(only(&fx).why, SV3_LOSS_STALE_TLB);
	sv3_truth_destroy(fx.truth);
}

TEST_C(truth, an_invalidation_nobody_waited_for_is_copy_before_sync)
{
	struct fx fx = fx_make();

	bulk(&fx, 10, 1);
	clear(&fx, 5, 1, 200);
	invalidate(&fx, 200, SV3_PS_NEVER);
	copy(&fx, 5, 201);
	lands(&fx, 5, 202, 300, SV3_RESULT_DIRTY_KNOWN);
	EXPECT_EQ_INT(only(&fx).why, SV3_LOSS_COPY_BEFORE_SYNC);
	sv3_truth_destroy(fx.truth);
}

TEST_C(truth, a_write_in_flight_at_the_clear_needs_no_known_entry)
{
	struct fx fx = fx_make();

	bulk(&fx, 10, 1);
	clear(&fx, 5, 1, 200);
	invalidate(&fx, 200, 400);
	copy(&fx, 5, 201);
	lands(&fx, 5, 199, 300, SV3_RESULT_DIRTY_SET);
	EXPECT_EQ_INT(only(&fx).why, SV3_LOSS_COPY_BEFORE_SYNC);
	sv3_truth_destroy(fx.truth);
}

TEST_C(truth, what_set_dirty_state_and_was_not_sent_is_unexplained)
{
	struct fx fx = fx_make();

	bulk(&fx, 10, 1);
	clear(&fx, 5, 1, 200);
	invalidate(&fx, 200, 210);
	copy(&fx, 5, 220);
	lands(&fx, 5, 300, 301, SV3_RESULT_DIRTY_SET);
	EXPECT_EQ_INT(only(&fx).why, SV3_LOSS_UNEXPLAINED);
	/* A clear behind the write is not what the write went past. */
	clear(&fx, 5, 1, 400);
	EXPECT_EQ_INT(only(&fx).why, SV3_LOSS_UNEXPLAINED);
	EXPECT_EQ_U64(only(&fx).cleared, 200);
	sv3_truth_destroy(fx.truth);
}

/* A CPU's write passes no leaf: clears and invalidations explain nothing of it. */
TEST_C(truth, a_write_by_a_grant_from_before_the_clear_is_a_stale_atc_entry)
{
	static const struct {
		sv3_ps pushed, consumed; /* of CMD_ATC_INV; 0: none */
		enum sv3_loss why;
	} rows[] = {
		{ 0, 0, SV3_LOSS_STALE_ATC },
		{ 90, 95, SV3_LOSS_STALE_ATC },   /* of an earlier clear */
		{ 310, 315, SV3_LOSS_STALE_ATC }, /* too late */
		{ 120, 125, SV3_LOSS_UNEXPLAINED },
		{ 120, 205, SV3_LOSS_COPY_BEFORE_SYNC },
		{ 120, SV3_PS_NEVER, SV3_LOSS_COPY_BEFORE_SYNC },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fx fx = fx_make();

		/* Of a block, of which one page is cleaned and written again. */
		grant(&fx, 0, 16, SV3_RESULT_DIRTY_SET);
		if (rows[i].pushed && rows[i].pushed < 100)
			atc_invalidate(&fx, rows[i].pushed, rows[i].consumed);
		clear(&fx, 5, 1, 100);
		invalidate(&fx, 110, 115);
		if (rows[i].pushed >= 100)
			atc_invalidate(&fx, rows[i].pushed, rows[i].consumed);
		copy(&fx, 5, 200);
		lands_by_grant(&fx, 5, 300);
		EXPECT_EQ_INT(only(&fx).why, rows[i].why);
		sv3_truth_destroy(fx.truth);
	}
}

/* What was granted since set dirty state, for every page of the leaf; what only saw it dirty did
 * not, and the TLB that said so was stale. */
TEST_C(truth, a_grant_from_after_the_clear_was_there_to_be_seen)
{
	for (unsigned int sets_dirty = 0; sets_dirty < 2; sets_dirty++) {
		struct fx fx = fx_make();

		clear(&fx, 0, 16, 100);
		grant(&fx, 0, 16, sets_dirty ? SV3_RESULT_DIRTY_SET : SV3_RESULT_DIRTY_KNOWN);
		copy(&fx, 15, 200);
		lands_by_grant(&fx, 15, 300);
		EXPECT_EQ_INT(only(&fx).why,
			      sets_dirty ? SV3_LOSS_UNEXPLAINED : SV3_LOSS_STALE_TLB);
		sv3_truth_destroy(fx.truth);
	}
}

TEST_C(truth, a_write_of_a_cpu_is_no_matter_of_leaves)
{
	struct fx fx = fx_make();
	const struct sv3_write write = {
		.translated = 250,
		.landed = 250,
		.pa = BASE + 5 * SV3_PAGE_SIZE,
		.len = 8,
		.by_cpu = true,
	};

	bulk(&fx, 10, 1);
	fx.world.write_landed(fx.world.context, &write);
	EXPECT_EQ_INT(only(&fx).why, SV3_LOSS_CPU_LOG);
	clear(&fx, 5, 1, 200);
	copy(&fx, 5, 220);
	fx.world.write_landed(fx.world.context, &write);
	EXPECT_EQ_INT(only(&fx).why, SV3_LOSS_CPU_LOG);
	/* The last write decides. */
	lands(&fx, 5, 300, 301, SV3_RESULT_DIRTY_KNOWN);
	EXPECT_EQ_INT(only(&fx).why, SV3_LOSS_STALE_TLB);
	sv3_truth_destroy(fx.truth);
}

TEST_C(truth, addresses_outside_the_guest_are_ignored)
{
	struct fx fx = fx_make();

	bulk(&fx, 10, 1);
	lands(&fx, PAGES, 100, 101, 0);
	lands(&fx, UINT64_MAX - 7, 100, 101, 0); /* below */
	fx.migration.leaf_cleared(fx.migration.context, BASE - (1 << 20), 1 << 21, 5);
	EXPECT_EQ_U64(sv3_truth_lost_count(fx.truth), 0);
	sv3_truth_destroy(fx.truth);
}

/* --- no memory --- */

/* A limit of 0 on what the process may have. Returns: whether it holds: not under tools that bring
 * memory of their own. */
static bool make_memory_short(struct rlimit *before)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	(void)before;
	return false;
#else
	struct rlimit none;
	void *more;

	EXPECT_OK(getrlimit(RLIMIT_AS, before));
	none = *before;
	none.rlim_cur = 0;
	EXPECT_OK(setrlimit(RLIMIT_AS, &none));
	more = malloc((size_t)1 << 24);
	if (more)
		EXPECT_OK(setrlimit(RLIMIT_AS, before));
	free(more);
	return !more;
#endif
}

TEST_C(truth, without_memory_what_is_lost_is_known_and_why_is_not)
{
	const uint64_t page_count = UINT64_C(1)
				    << 24; /* the journal does not fit in what is there */
	struct fx fx = { .truth = NULL };
	struct sv3_lost_page lost;
	struct rlimit before;

	EXPECT_OK(sv3_truth_create(BASE, page_count, &fx.truth));
	fx.world = sv3_truth_world_observer(fx.truth);
	if (!make_memory_short(&before)) {
		sv3_truth_destroy(fx.truth);
		SKIP_C("memory cannot be made short under this tool");
	}
	lands(&fx, 3, 1, 2, 0);
	EXPECT_OK(setrlimit(RLIMIT_AS, &before));
	lands(&fx, 5, 3, 4, 0);
	EXPECT_EQ_U64(sv3_truth_lost_count(fx.truth), 2);
	EXPECT_EQ_INT(sv3_truth_lost(fx.truth, &lost, 1), -SV3_ERR_NOMEM);
	sv3_truth_destroy(fx.truth);
}

/* --- a long history --- */

/* The same, kept page by page. */
struct known {
	struct sv3_lost_page lost; /* the last write and what came before it */
	sv3_ps cleared;
	sv3_ps consumed; /* of the first invalidation since; 0: none */
	bool differs;
};

static void clear_and_know(struct fx *fx, struct known *known, uint64_t first, uint64_t count,
			   sv3_ps at)
{
	clear(fx, first, count, at);
	for (uint64_t i = first; i < first + count; i++) {
		known[i].cleared = at;
		known[i].consumed = 0;
		if (known[i].lost.why == SV3_LOSS_NEVER_TRACKED)
			known[i].lost.why = SV3_LOSS_UNEXPLAINED;
	}
}

static void invalidate_and_know(struct fx *fx, struct known *known, sv3_ps at, sv3_ps consumed)
{
	invalidate(fx, at, consumed);
	for (uint64_t i = 0; i < PAGES; i++)
		if (known[i].cleared != SV3_PS_NEVER && !known[i].consumed)
			known[i].consumed = consumed;
}

/* At times told page by page, at times as a run. */
static void copy_and_know(struct fx *fx, struct known *known, uint64_t first, uint64_t count,
			  sv3_ps at)
{
	const uint64_t at_once = at / 1000 % 2 ? 1 : count;

	for (uint64_t i = 0; i < count; i++) {
		if (i % at_once == 0)
			copy_pages(fx, first + i, at_once, at + 3 * i, 3, false);
		known[first + i].lost.copied = at + 3 * i;
		known[first + i].differs = false;
	}
}

static enum sv3_loss known_reason(const struct known *known)
{
	if (known->cleared == SV3_PS_NEVER)
		return SV3_LOSS_NEVER_TRACKED;
	if (!known->consumed)
		return SV3_LOSS_STALE_TLB;
	return known->consumed > known->lost.copied ? SV3_LOSS_COPY_BEFORE_SYNC
						    : SV3_LOSS_UNEXPLAINED;
}

static void land_and_know(struct fx *fx, struct known *known, uint64_t page, sv3_ps at)
{
	lands(fx, page, at - 2, at, SV3_RESULT_DIRTY_KNOWN);
	known[page].lost.translated = at - 2;
	known[page].lost.written = at;
	known[page].lost.cleared = known[page].cleared;
	known[page].lost.why = known_reason(&known[page]);
	known[page].differs = true;
}

static void compare_with_known(const struct fx *fx, const struct known *known)
{
	struct sv3_lost_page lost[PAGES];
	const uint64_t count = sv3_truth_lost_count(fx->truth);
	uint64_t next = 0;

	ASSERT_OK(sv3_truth_lost(fx->truth, lost, count));
	for (uint64_t i = 0; i < PAGES; i++) {
		if (!known[i].differs)
			continue;
		ASSERT_TRUE(next < count);
		EXPECT_EQ_U64(lost[next].page_index, i);
		EXPECT_EQ_U64(lost[next].iova, 0x1000 * i);
		EXPECT_EQ_U64(lost[next].translated, known[i].lost.translated);
		EXPECT_EQ_U64(lost[next].written, known[i].lost.written);
		EXPECT_EQ_U64(lost[next].cleared, known[i].lost.cleared);
		EXPECT_EQ_U64(lost[next].copied, known[i].lost.copied);
		EXPECT_EQ_INT(lost[next].why, known[i].lost.why);
		next++;
	}
	EXPECT_EQ_U64(next, count);
}

/* Is nothing forgotten that a lost page still needs, however much happened since? */
TEST_C(truth, a_page_lost_long_ago_is_still_explained)
{
	struct fx fx = fx_make();
	struct known known[PAGES];
	struct sv3_prng prng;

	for (uint64_t i = 0; i < PAGES; i++)
		known[i] = (struct known){ .cleared = SV3_PS_NEVER };
	copy_and_know(&fx, known, 0, PAGES, 0);
	sv3_prng_seed(&prng, 3);
	for (sv3_ps at = 1000; at < 2000000; at += 1000) {
		/* The upper half is left alone more and more, its pages lost or not. */
		const bool low = sv3_prng_below(&prng, at) > 20000;
		const uint64_t first = sv3_prng_below(&prng, low ? PAGES / 2 : PAGES);
		const uint64_t count = 1 + sv3_prng_below(&prng, (low ? PAGES / 2 : PAGES) - first);

		switch (sv3_prng_below(&prng, 9)) {
		case 0:
			clear_and_know(&fx, known, first, count, at);
			break;
		case 1:
			copy_and_know(&fx, known, first, count, at);
			break;
		case 2:
			invalidate_and_know(&fx, known, at,
					    sv3_prng_below(&prng, 2) ? at + 500 : at + 50000);
			break;
		default:
			land_and_know(&fx, known, first, at);
		}
		compare_with_known(&fx, known);
	}
	sv3_truth_destroy(fx.truth);
}

TEST_C(truth, every_reason_has_a_text)
{
	for (unsigned int i = 0; i < SV3_LOSS_COUNT; i++)
		EXPECT_TRUE(sv3_loss_text((enum sv3_loss)i)[1] != '\0');
	EXPECT_EQ_STR(sv3_loss_text(SV3_LOSS_COUNT), "?");
}
