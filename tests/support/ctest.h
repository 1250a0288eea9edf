/* SPDX-License-Identifier: MIT */
/*
 * ctest.h - tests in C, run by GoogleTest.
 *
 * TEST_C(suite, name) { ... } defines a test; shim.cc finds and registers it.
 * EXPECT_x notes a failure and goes on; ASSERT_x also returns, so it stands in the test body only.
 * The macros only forward to the functions below, which compare, print and return whether it held.
 */
#ifndef SV3_CTEST_H
#define SV3_CTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One test; a static node that a constructor puts on the list. */
struct ctest_case {
	const char *suite, *name, *file;
	int line;
	void (*body)(void);
	struct ctest_case *next;
};
void ctest_add(struct ctest_case *test);

/** The place of a check in the source, and its two operands as they are written there. */
struct ctest_at {
	const char *file;
	int line;
	const char *left, *right;
};

enum ctest_op { CTEST_EQ, CTEST_NE, CTEST_LT, CTEST_LE, CTEST_GT, CTEST_GE };

/* Each returns whether the check held, and has reported it if not. */
bool ctest_bool(struct ctest_at at, bool expected, bool value);
bool ctest_u64(struct ctest_at at, enum ctest_op op, uint64_t left, uint64_t right);
bool ctest_int(struct ctest_at at, enum ctest_op op, int64_t left, int64_t right);
bool ctest_str(struct ctest_at at, const char *left, const char *right);
bool ctest_mem(struct ctest_at at, const void *left, const void *right, size_t size);
bool ctest_near(struct ctest_at at, double left, double right, double tolerance);
bool ctest_ok(struct ctest_at at, int64_t result);
void ctest_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void ctest_skip(const char *file, int line, const char *reason);

#ifdef __cplusplus
}
#else /* the macros have the names of GoogleTest's own, so they are for C only */

#define TEST_C(suite, name)                                                                  \
	static void ctest_body_##suite##_##name(void);                                       \
	__attribute__((constructor)) static void ctest_add_##suite##_##name(void)            \
	{                                                                                    \
		static struct ctest_case node = {                                            \
			#suite, #name, __FILE__, __LINE__, ctest_body_##suite##_##name, NULL \
		};                                                                           \
		ctest_add(&node);                                                            \
	}                                                                                    \
	static void ctest_body_##suite##_##name(void)

#define CTEST_AT(left, right) ((struct ctest_at){ __FILE__, __LINE__, left, right })
#define CTEST_EXPECT(held)    ((void)(held))
#define CTEST_ASSERT(held)      \
	do {                    \
		if (!(held))    \
			return; \
	} while (0)
#define CTEST_U64(op, l, r, left, right) \
	ctest_u64(CTEST_AT(l, r), CTEST_##op, (uint64_t)(left), (uint64_t)(right))

/* clang-format off */
#define EXPECT_TRUE(value)       CTEST_EXPECT(ctest_bool(CTEST_AT(#value, ""), true, (value)))
#define ASSERT_TRUE(value)       CTEST_ASSERT(ctest_bool(CTEST_AT(#value, ""), true, (value)))
#define EXPECT_FALSE(value)      CTEST_EXPECT(ctest_bool(CTEST_AT(#value, ""), false, (value)))
#define ASSERT_FALSE(value)      CTEST_ASSERT(ctest_bool(CTEST_AT(#value, ""), false, (value)))

#define EXPECT_EQ_U64(left, right) CTEST_EXPECT(CTEST_U64(EQ, #left, #right, left, right))
#define ASSERT_EQ_U64(left, right) CTEST_ASSERT(CTEST_U64(EQ, #left, #right, left, right))
#define EXPECT_NE_U64(left, right) CTEST_EXPECT(CTEST_U64(NE, #left, #right, left, right))
#define ASSERT_NE_U64(left, right) CTEST_ASSERT(CTEST_U64(NE, #left, #right, left, right))
#define EXPECT_LT_U64(left, right) CTEST_EXPECT(CTEST_U64(LT, #left, #right, left, right))
#define ASSERT_LT_U64(left, right) CTEST_ASSERT(CTEST_U64(LT, #left, #right, left, right))
#define EXPECT_LE_U64(left, right) CTEST_EXPECT(CTEST_U64(LE, #left, #right, left, right))
#define ASSERT_LE_U64(left, right) CTEST_ASSERT(CTEST_U64(LE, #left, #right, left, right))
#define EXPECT_GT_U64(left, right) CTEST_EXPECT(CTEST_U64(GT, #left, #right, left, right))
#define ASSERT_GT_U64(left, right) CTEST_ASSERT(CTEST_U64(GT, #left, #right, left, right))
#define EXPECT_GE_U64(left, right) CTEST_EXPECT(CTEST_U64(GE, #left, #right, left, right))
#define ASSERT_GE_U64(left, right) CTEST_ASSERT(CTEST_U64(GE, #left, #right, left, right))

#define EXPECT_EQ_INT(left, right) CTEST_EXPECT(ctest_int(CTEST_AT(#left, #right), CTEST_EQ, (left), (right)))
#define ASSERT_EQ_INT(left, right) CTEST_ASSERT(ctest_int(CTEST_AT(#left, #right), CTEST_EQ, (left), (right)))
#define EXPECT_EQ_STR(left, right) CTEST_EXPECT(ctest_str(CTEST_AT(#left, #right), (left), (right)))
#define ASSERT_EQ_STR(left, right) CTEST_ASSERT(ctest_str(CTEST_AT(#left, #right), (left), (right)))
#define EXPECT_EQ_MEM(left, right, size) CTEST_EXPECT(ctest_mem(CTEST_AT(#left, #right), (left), (right), (size)))
#define ASSERT_EQ_MEM(left, right, size) CTEST_ASSERT(ctest_mem(CTEST_AT(#left, #right), (left), (right), (size)))
#define EXPECT_NEAR_F64(left, right, tolerance) CTEST_EXPECT(ctest_near(CTEST_AT(#left, #right), (left), (right), (tolerance)))
#define ASSERT_NEAR_F64(left, right, tolerance) CTEST_ASSERT(ctest_near(CTEST_AT(#left, #right), (left), (right), (tolerance)))

/* An API result: 0 or more is fine, less is -SV3_ERR_x and printed as text. */
#define EXPECT_OK(result)        CTEST_EXPECT(ctest_ok(CTEST_AT(#result, ""), (result)))
#define ASSERT_OK(result)        CTEST_ASSERT(ctest_ok(CTEST_AT(#result, ""), (result)))

/* Both leave the test body. */
#define FAIL_C(...)              do { ctest_fail(__FILE__, __LINE__, __VA_ARGS__); return; } while (0)
#define SKIP_C(reason)           do { ctest_skip(__FILE__, __LINE__, (reason)); return; } while (0)
/* clang-format on */

#endif
#endif
