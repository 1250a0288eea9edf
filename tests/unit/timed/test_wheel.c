/* SPDX-License-Identifier: MIT */
/*
 * test_wheel.c - the queue of events gives them back by cycle, and of one cycle in the order in
 * which they were added.
 */
#include "ctest.h"
#include "sim/timed/timed_priv.h"

#include <stdlib.h>

#define NODES 200u

struct twin {
	sv3_cycle at[NODES]; /* SV3_CYCLE_NEVER: no event */
	uint64_t serial[NODES];
	uint64_t added;
};

/* The brute-force answer to what comes next. */
static uint32_t next_of(const struct twin *twin)
{
	uint32_t best = SV3__NO_NODE;

	for (uint32_t i = 0; i < NODES; i++) {
		if (twin->at[i] == SV3_CYCLE_NEVER)
			continue;
		if (best == SV3__NO_NODE || twin->at[i] < twin->at[best] ||
		    (twin->at[i] == twin->at[best] && twin->serial[i] < twin->serial[best]))
			best = i;
	}
	return best;
}

/* Near, at once, at the edge of what is near, and far. */
static sv3_cycle draw_distance(struct sv3_prng *prng)
{
	switch (sv3_prng_below(prng, 4)) {
	case 0:
		return sv3_prng_below(prng, 3);
	case 1:
		return sv3_prng_below(prng, SV3__WHEEL_SIZE);
	case 2:
		return SV3__WHEEL_SIZE - 2 + sv3_prng_below(prng, 4);
	default:
		return sv3_prng_below(prng, 5 * SV3__WHEEL_SIZE);
	}
}

static void add(struct sv3__wheel *wheel, struct twin *twin, uint32_t node, sv3_cycle at)
{
	sv3__wheel_add(wheel, node, at);
	twin->at[node] = at;
	twin->serial[node] = twin->added++;
}

TEST_C(wheel, events_come_by_cycle_and_then_as_they_were_added)
{
	struct sv3__wheel *wheel = (struct sv3__wheel *)calloc(1, sizeof(*wheel));
	struct twin twin = { .added = 0 };
	struct sv3_prng prng;

	ASSERT_TRUE(wheel != NULL);
	ASSERT_OK(sv3__wheel_init(wheel, NODES));
	sv3_prng_seed(&prng, 1);
	EXPECT_EQ_U64(sv3__wheel_next(wheel), SV3_CYCLE_NEVER);
	for (uint32_t i = 0; i < NODES; i++)
		add(wheel, &twin, i, draw_distance(&prng));
	for (unsigned int i = 0; i < 200000; i++) {
		const uint32_t expected = next_of(&twin);
		const sv3_cycle at = sv3__wheel_next(wheel);

		ASSERT_EQ_U64(at, twin.at[expected]);
		ASSERT_EQ_U64(sv3__wheel_take(wheel, at), expected);
		ASSERT_EQ_U64(wheel->now, at);
		add(wheel, &twin, expected, at + draw_distance(&prng));
	}
	sv3__wheel_fini(wheel);
	free(wheel);
}

TEST_C(wheel, nothing_is_taken_from_a_cycle_without_events)
{
	struct sv3__wheel *wheel = (struct sv3__wheel *)calloc(1, sizeof(*wheel));

	ASSERT_TRUE(wheel != NULL);
	ASSERT_OK(sv3__wheel_init(wheel, 2));
	sv3__wheel_add(wheel, 1, 7);
	EXPECT_EQ_U64(sv3__wheel_take(wheel, 6), SV3__NO_NODE);
	EXPECT_EQ_U64(sv3__wheel_take(wheel, 7), 1);
	EXPECT_EQ_U64(sv3__wheel_take(wheel, 7), SV3__NO_NODE);
	EXPECT_EQ_U64(sv3__wheel_next(wheel), SV3_CYCLE_NEVER);
	sv3__wheel_fini(wheel);
	free(wheel);
}
