/* SPDX-License-Identifier: MIT */
/*
 * test_ctest.c - the harness itself, in the passing direction; tests/golden/harness.sh sees it
 * fail.
 */
#include "ctest.h"

#include <sv3/base.h>

TEST_C(ctest, comparisons_of_unsigned_values_hold)
{
	EXPECT_EQ_U64(UINT64_MAX, ~UINT64_C(0));
	ASSERT_EQ_U64(SV3_BIT(63), UINT64_C(0x8000000000000000));
	EXPECT_NE_U64(0, 1);
	ASSERT_NE_U64(UINT64_C(1) << 32, 0);
	EXPECT_LT_U64(1, UINT64_MAX);
	ASSERT_LT_U64(0, 1);
	EXPECT_LE_U64(1, 1);
	ASSERT_LE_U64(0, 1);
	EXPECT_GT_U64(UINT64_MAX, 1);
	ASSERT_GT_U64(1, 0);
	EXPECT_GE_U64(1, 1);
	ASSERT_GE_U64(1, 0);
}

TEST_C(ctest, comparisons_of_other_kinds_hold)
{
	const unsigned char bytes[] = { 1, 2, 3 };
	const unsigned char twin[] = { 1, 2, 4 };

	EXPECT_TRUE(1 + 1 == 2);
	ASSERT_TRUE(true);
	EXPECT_FALSE(1 + 1 == 3);
	ASSERT_FALSE(false);
	EXPECT_EQ_INT(-1, -1);
	ASSERT_EQ_INT(INT64_MIN, INT64_MIN);
	EXPECT_EQ_STR("abc", "abc");
	ASSERT_EQ_STR(NULL, NULL);
	EXPECT_EQ_MEM(bytes, twin, 2);
	ASSERT_EQ_MEM(bytes, twin, 0);
	EXPECT_NEAR_F64(1.0, 1.1, 0.2);
	ASSERT_NEAR_F64(1.0, 1.0, 0.0);
	EXPECT_OK(0);
	ASSERT_OK(7);
}

static int evaluations;

static int count_evaluation(void)
{
	return ++evaluations;
}

TEST_C(ctest, an_operand_is_evaluated_once)
{
	evaluations = 0;
	EXPECT_EQ_INT(count_evaluation(), 1);
	ASSERT_TRUE(count_evaluation() == 2);
	EXPECT_EQ_U64(count_evaluation(), 3);
}
