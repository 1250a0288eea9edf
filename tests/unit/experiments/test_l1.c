/* SPDX-License-Identifier: MIT */
/*
 * test_l1.c - does the cache model hold the lines used last, and prefetch what it says?
 */
#include "ctest.h"
#include "sim/experiments/experiments_priv.h"

#include <sv3/prng.h>

static const struct sv3__l1_config small = { .size_bytes = 4096, .ways = 4, .line_bytes = 64 };

/* Brute force: a line is there if fewer than @ways other lines of its set were used since. */
static bool twin_holds(const uint64_t *used, uint32_t count, uint64_t line)
{
	const uint64_t sets = 4096 / 4 / 64;
	uint64_t others[4];
	uint32_t other_count = 0;

	for (uint32_t i = count; i > 0; i--) {
		uint32_t j = 0;

		if (used[i - 1] == line)
			return true;
		if (used[i - 1] % sets != line % sets)
			continue;
		while (j < other_count && others[j] != used[i - 1])
			j++;
		if (j == other_count)
			others[other_count++] = used[i - 1];
		if (other_count == 4)
			return false;
	}
	return false;
}

TEST_C(l1, agrees_with_a_brute_force_twin)
{
	static uint64_t used[2000];
	struct sv3__l1 l1;
	struct sv3_prng prng;
	uint64_t loads = 0;

	sv3_prng_seed(&prng, 1);
	sv3__l1_reset(&l1, &small);
	for (uint32_t i = 0; i < 2000; i++) {
		const uint64_t line = sv3_prng_below(&prng, 128);
		const bool held = twin_holds(used, i, line);

		ASSERT_EQ_INT(sv3__l1_holds(&l1, line * 64 + 5), held);
		sv3__l1_touch(&l1, line * 64 + sv3_prng_below(&prng, 64));
		loads += !held;
		used[i] = line;
		ASSERT_EQ_U64(l1.loads, loads);
		ASSERT_TRUE(sv3__l1_holds(&l1, line * 64));
	}
	EXPECT_EQ_U64(l1.evictions, loads - 64);
}

TEST_C(l1, the_next_line_is_loaded_but_not_across_a_page)
{
	struct sv3__l1_config config = small;
	struct sv3__l1 l1;

	config.prefetch = SV3__PREFETCH_NEXT;
	sv3__l1_reset(&l1, &config);
	sv3__l1_touch(&l1, 0x1000);
	EXPECT_TRUE(sv3__l1_holds(&l1, 0x1040));
	EXPECT_EQ_U64(l1.loads, 2);
	sv3__l1_touch(&l1, 0x2fc0);
	EXPECT_FALSE(sv3__l1_holds(&l1, 0x3000));
	EXPECT_EQ_U64(l1.loads, 3);
	/* A hit fetches nothing. */
	sv3__l1_touch(&l1, 0x1040);
	EXPECT_EQ_U64(l1.loads, 3);
}

TEST_C(l1, the_other_line_of_a_pair_is_loaded_whichever_comes_first)
{
	struct sv3__l1_config config = small;
	struct sv3__l1 l1;

	config.prefetch = SV3__PREFETCH_ADJACENT;
	sv3__l1_reset(&l1, &config);
	sv3__l1_touch(&l1, 0x1000);
	sv3__l1_touch(&l1, 0x2fc0);
	EXPECT_TRUE(sv3__l1_holds(&l1, 0x1040));
	EXPECT_TRUE(sv3__l1_holds(&l1, 0x2f80));
	EXPECT_EQ_U64(l1.loads, 4);
}

TEST_C(l1, a_reset_empties_it)
{
	struct sv3__l1 l1;

	sv3__l1_reset(&l1, &small);
	sv3__l1_touch(&l1, 0);
	sv3__l1_reset(&l1, &small);
	EXPECT_FALSE(sv3__l1_holds(&l1, 0));
	EXPECT_EQ_U64(l1.loads, 0);
}
