/* SPDX-License-Identifier: MIT */
/*
 * test.h - the kernel's unit tests: a suite is a table of cases, each called with a struct kunit
 * that counts what was expected and what was not met.
 */
#ifndef SV3_LINUX_KUNIT_TEST_H
#define SV3_LINUX_KUNIT_TEST_H

struct kunit {
	unsigned int checks, failures;
	void *blocks[64];
	unsigned int block_count;
};
struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};
struct kunit_suite {
	const char *name;
	int (*suite_init)(struct kunit_suite *suite);
	struct kunit_case *test_cases;
};
#define KUNIT_CASE(function)                            \
	{                                               \
		.run_case = function, .name = #function \
	}

static inline void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	void *block = seam_alloc(size);

	if (test->block_count < ARRAY_SIZE(test->blocks))
		test->blocks[test->block_count++] = block;
	return block;
}

static inline bool kunit_check(struct kunit *test, bool holds, const char *what)
{
	test->checks++;
	if (!holds) {
		test->failures++;
		seam_log("not met: %s\n", what);
	}
	return holds;
}

#define KUNIT_EXPECT_FALSE(test, x) kunit_check(test, !(x), "not " #x)
#define KUNIT_EXPECT_EQ(test, a, b) kunit_check(test, (a) == (b), #a " == " #b)
#define KUNIT_EXPECT_MEMEQ(test, a, b, size) \
	kunit_check(test, memcmp(a, b, size) == 0, #a " as " #b)
#define KUNIT_ASSERT_NOT_NULL(test, p) kunit_check(test, (p) != NULL, #p)
/* The suite becomes known to the harness by this name. */
#define kunit_test_suites(suite) struct kunit_suite *const kernel_suite = (suite)

#endif
