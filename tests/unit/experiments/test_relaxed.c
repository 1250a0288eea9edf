/* SPDX-License-Identifier: MIT */
/*
 * test_relaxed.c - does the reordering memory show what its order allows, and nothing else? The
 * litmus tests have their usual names.
 */
#include "ctest.h"
#include "sim/experiments/experiments_priv.h"

enum { X, Y };

#define STORE(cell, value)                     \
	{                                      \
		SV3__STORE, (cell), (value), 0 \
	}
#define LOAD(cell, reg)                     \
	{                                   \
		SV3__LOAD, (cell), 0, (reg) \
	}
#define SWAP(cell, value, reg)                    \
	{                                         \
		SV3__SWAP, (cell), (value), (reg) \
	}
#define BARRIER                       \
	{                             \
		SV3__BARRIER, 0, 0, 0 \
	}
#define END                        \
	{                          \
		UINT8_MAX, 0, 0, 0 \
	}

struct litmus {
	struct sv3__op threads[2][SV3__OPS_MAX];
};

static struct sv3__schedules run(const struct litmus *litmus, enum sv3__order order,
				 bool (*is_bad)(const void *state))
{
	struct sv3__relaxed memory = { .order = (uint8_t)order };
	struct sv3__schedules result;

	for (unsigned int t = 0; t < 2; t++)
		for (const struct sv3__op *op = litmus->threads[t]; op->kind != UINT8_MAX; op++)
			sv3__program_add(&memory.threads[t], (enum sv3__op_kind)op->kind, op->cell,
					 op->value, op->reg);
	EXPECT_OK(sv3__relaxed_run(&memory, is_bad, &result));
	EXPECT_EQ_U64(result.stuck, 0);
	EXPECT_GE_U64(result.total, 1);
	return result;
}

static bool is_seen(const struct litmus *litmus, enum sv3__order order,
		    bool (*is_bad)(const void *state))
{
	return run(litmus, order, is_bad).bad > 0;
}

static const uint8_t *seen_by(const void *state, unsigned int thread)
{
	return ((const struct sv3__relaxed *)state)->registers[thread];
}

/* MP: the second thread sees the second store, but not the first. */
static bool mp(const void *state)
{
	return seen_by(state, 1)[Y] == 1 && seen_by(state, 1)[X] == 0;
}

TEST_C(relaxed, message_passing_needs_both_barriers_but_on_tso_none)
{
	static const struct litmus plain = { { { STORE(X, 1), STORE(Y, 1), END },
					       { LOAD(Y, Y), LOAD(X, X), END } } };
	static const struct litmus writer = { { { STORE(X, 1), BARRIER, STORE(Y, 1), END },
						{ LOAD(Y, Y), LOAD(X, X), END } } };
	static const struct litmus reader = { { { STORE(X, 1), STORE(Y, 1), END },
						{ LOAD(Y, Y), BARRIER, LOAD(X, X), END } } };
	static const struct litmus both = { { { STORE(X, 1), BARRIER, STORE(Y, 1), END },
					      { LOAD(Y, Y), BARRIER, LOAD(X, X), END } } };

	EXPECT_TRUE(is_seen(&plain, SV3__ORDER_RELAXED, mp));
	EXPECT_TRUE(is_seen(&writer, SV3__ORDER_RELAXED, mp));
	EXPECT_TRUE(is_seen(&reader, SV3__ORDER_RELAXED, mp));
	EXPECT_FALSE(is_seen(&both, SV3__ORDER_RELAXED, mp));
	EXPECT_FALSE(is_seen(&plain, SV3__ORDER_TSO, mp));
}

/* SB: neither load sees the other's store. */
static bool sb(const void *state)
{
	return seen_by(state, 0)[Y] == 0 && seen_by(state, 1)[X] == 0;
}

TEST_C(relaxed, store_buffering_is_seen_even_on_tso_and_not_with_barriers)
{
	static const struct litmus plain = { { { STORE(X, 1), LOAD(Y, Y), END },
					       { STORE(Y, 1), LOAD(X, X), END } } };
	static const struct litmus one = { { { STORE(X, 1), BARRIER, LOAD(Y, Y), END },
					     { STORE(Y, 1), LOAD(X, X), END } } };
	static const struct litmus both = { { { STORE(X, 1), BARRIER, LOAD(Y, Y), END },
					      { STORE(Y, 1), BARRIER, LOAD(X, X), END } } };

	EXPECT_TRUE(is_seen(&plain, SV3__ORDER_TSO, sb));
	EXPECT_TRUE(is_seen(&plain, SV3__ORDER_RELAXED, sb));
	EXPECT_TRUE(is_seen(&one, SV3__ORDER_TSO, sb));
	EXPECT_FALSE(is_seen(&both, SV3__ORDER_TSO, sb));
	EXPECT_FALSE(is_seen(&both, SV3__ORDER_RELAXED, sb));
}

/* LB: each load sees the other thread's later store. */
static bool lb(const void *state)
{
	return seen_by(state, 0)[X] == 1 && seen_by(state, 1)[Y] == 1;
}

TEST_C(relaxed, load_buffering_is_seen_on_a_relaxed_memory_alone)
{
	static const struct litmus plain = { { { LOAD(X, X), STORE(Y, 1), END },
					       { LOAD(Y, Y), STORE(X, 1), END } } };

	EXPECT_TRUE(is_seen(&plain, SV3__ORDER_RELAXED, lb));
	EXPECT_FALSE(is_seen(&plain, SV3__ORDER_TSO, lb));
}

/* CoRR: two loads of one cell go back in time. */
static bool corr(const void *state)
{
	return seen_by(state, 1)[0] == 1 && seen_by(state, 1)[1] == 0;
}

static bool last_store_is_overwritten(const void *state)
{
	return ((const struct sv3__relaxed *)state)->cells[X] != 2;
}

TEST_C(relaxed, accesses_of_one_thread_to_one_cell_stay_in_order)
{
	static const struct litmus loads = { { { STORE(X, 1), END },
					       { LOAD(X, 0), LOAD(X, 1), END } } };
	static const struct litmus stores = { { { STORE(X, 1), STORE(X, 2), END }, { END } } };

	EXPECT_FALSE(is_seen(&loads, SV3__ORDER_RELAXED, corr));
	EXPECT_FALSE(is_seen(&stores, SV3__ORDER_RELAXED, last_store_is_overwritten));
}

static bool own_store_is_missed(const void *state)
{
	return seen_by(state, 0)[X] != 1;
}

TEST_C(relaxed, a_thread_sees_its_own_store_at_once)
{
	static const struct litmus litmus = { { { STORE(X, 1), LOAD(X, X), END }, { END } } };

	EXPECT_FALSE(is_seen(&litmus, SV3__ORDER_RELAXED, own_store_is_missed));
	EXPECT_FALSE(is_seen(&litmus, SV3__ORDER_TSO, own_store_is_missed));
}

static bool both_got_it(const void *state)
{
	return seen_by(state, 0)[0] == seen_by(state, 1)[0];
}

TEST_C(relaxed, of_two_swaps_one_finds_what_the_other_left)
{
	static const struct litmus litmus = { { { SWAP(X, 1, 0), END }, { SWAP(X, 1, 0), END } } };
	const struct sv3__schedules result = run(&litmus, SV3__ORDER_RELAXED, both_got_it);

	EXPECT_EQ_U64(result.total, 2);
	EXPECT_EQ_U64(result.bad, 0);
}

TEST_C(relaxed, a_swap_is_a_full_barrier)
{
	static const struct litmus litmus = { { { STORE(X, 1), SWAP(2, 1, 2), STORE(Y, 1), END },
						{ LOAD(Y, Y), SWAP(3, 1, 3), LOAD(X, X), END } } };

	EXPECT_FALSE(is_seen(&litmus, SV3__ORDER_RELAXED, mp));
}
