/* SPDX-License-Identifier: MIT */
/*
 * test_log.c - the dirty log against an array of booleans.
 */
#include "ctest.h"

#include <sv3/pagetable.h>
#include <sv3/prng.h>

#include <string.h>

#define PAGES_MAX 400
#define BASE      UINT64_C(0x100000)

struct twin {
	uint64_t words[PAGES_MAX / 64 + 2]; /* the last one is a guard */
	struct sv3_dirty_log log;
	bool pages[PAGES_MAX];
};

static void twin_init(struct twin *t, uint64_t page_count)
{
	memset(t, 0, sizeof *t);
	t->log = (struct sv3_dirty_log){ t->words, page_count, BASE };
}

/* Pages become @set. Returns: how many were not. */
static uint64_t twin_write(struct twin *t, sv3_pa pa, uint64_t len, bool set)
{
	uint64_t changed = 0;

	for (uint64_t i = 0; i < t->log.page_count; i++) {
		const sv3_pa page = BASE + 4096 * i;

		if (pa < page + 4096 && pa + len > page) {
			changed += t->pages[i] != set;
			t->pages[i] = set;
		}
	}
	return changed;
}

/* Differences in every way to read the log. */
static uint64_t twin_differences(const struct twin *t)
{
	uint64_t differences = 0, count = 0, next = t->log.page_count;

	for (uint64_t i = t->log.page_count; i-- > 0;) {
		count += t->pages[i];
		next = t->pages[i] ? i : next;
		differences += sv3_dirty_log_test(&t->log, BASE + 4096 * i + i) != t->pages[i];
		differences += sv3_dirty_log_next(&t->log, i) != next;
	}
	differences += sv3_dirty_log_count(&t->log) != count;
	differences += t->words[sv3_dirty_log_words(t->log.page_count)] != 0;
	return differences;
}

TEST_C(dirty_log, agrees_with_an_array_for_every_size)
{
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 1);
	for (uint64_t page_count = 0; page_count <= PAGES_MAX; page_count += 1 + page_count / 20) {
		struct twin t;

		twin_init(&t, page_count);
		for (int i = 0; i < 40; i++) {
			const sv3_pa pa = BASE - 0x20000 + sv3_prng_below(&prng, 440 * 4096);
			const uint64_t len = sv3_prng_below(
				&prng, UINT64_C(1) << (1 + sv3_prng_below(&prng, 20)));

			ASSERT_EQ_U64(sv3_dirty_log_set(&t.log, pa, len),
				      len > 0 ? twin_write(&t, pa, len, true) : 0);
			ASSERT_EQ_U64(twin_differences(&t), 0);
		}
	}
}

TEST_C(dirty_log, clearing_agrees_with_an_array_for_every_size)
{
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 2);
	for (uint64_t page_count = 0; page_count <= PAGES_MAX; page_count += 1 + page_count / 20) {
		struct twin t;

		twin_init(&t, page_count);
		for (int i = 0; i < 40; i++) {
			const sv3_pa pa = BASE - 0x20000 + sv3_prng_below(&prng, 440 * 4096);
			const uint64_t len = sv3_prng_below(
				&prng, UINT64_C(1) << (1 + sv3_prng_below(&prng, 20)));

			sv3_dirty_log_set(&t.log, BASE, page_count * 4096);
			if (page_count > 0)
				twin_write(&t, BASE, page_count * 4096, true);
			ASSERT_EQ_U64(sv3_dirty_log_clear(&t.log, pa, len),
				      len > 0 ? twin_write(&t, pa, len, false) : 0);
			ASSERT_EQ_U64(twin_differences(&t), 0);
			EXPECT_EQ_U64(sv3_dirty_log_clear(&t.log, pa, len), 0);
		}
	}
}

TEST_C(dirty_log, outside_is_ignored)
{
	struct twin t;

	twin_init(&t, 100);
	EXPECT_EQ_U64(sv3_dirty_log_set(&t.log, BASE - 4096, 4096), 0);
	EXPECT_EQ_U64(sv3_dirty_log_set(&t.log, BASE + 100 * 4096, 4096), 0);
	EXPECT_EQ_U64(sv3_dirty_log_set(&t.log, 0, 1), 0);
	EXPECT_EQ_U64(sv3_dirty_log_set(&t.log, UINT64_MAX - 4095, 4096), 0);
	EXPECT_FALSE(sv3_dirty_log_test(&t.log, BASE - 1));
	EXPECT_FALSE(sv3_dirty_log_test(&t.log, BASE + 100 * 4096));
	EXPECT_EQ_U64(twin_differences(&t), 0);
	EXPECT_EQ_U64(sv3_dirty_log_set(&t.log, 0, UINT64_C(1) << 40), 100);
}

TEST_C(dirty_log, set_all_keeps_the_tail_clear)
{
	for (uint64_t page_count = 0; page_count < 200; page_count++) {
		struct twin t;

		twin_init(&t, page_count);
		sv3_dirty_log_set_all(&t.log);
		memset(t.pages, true, sizeof t.pages);
		ASSERT_EQ_U64(twin_differences(&t), 0);
		EXPECT_EQ_U64(sv3_dirty_log_next(&t.log, page_count), page_count);
		EXPECT_EQ_U64(sv3_dirty_log_next(&t.log, UINT64_MAX), page_count);
		sv3_dirty_log_clear_all(&t.log);
		memset(t.pages, false, sizeof t.pages);
		ASSERT_EQ_U64(twin_differences(&t), 0);
	}
}
