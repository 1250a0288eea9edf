/* SPDX-License-Identifier: MIT */
/*
 * test_base.c - error texts, version, bit fields, assertions.
 */
#include "ctest.h"

#include <sv3/base.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TEST_C(base, strerror_takes_either_sign)
{
	EXPECT_EQ_STR(sv3_strerror(SV3_ERR_TIMEOUT), "no progress");
	EXPECT_EQ_STR(sv3_strerror(-SV3_ERR_TIMEOUT), "no progress");
}

TEST_C(base, strerror_has_a_text_for_every_number)
{
	for (int error = 0; error < SV3_ERROR_COUNT; error++)
		EXPECT_GT_U64(strlen(sv3_strerror(-error)), 0);
	EXPECT_EQ_STR(sv3_strerror(SV3_ERROR_COUNT), "unknown error");
	EXPECT_EQ_STR(sv3_strerror(-SV3_ERROR_COUNT), "unknown error");
	EXPECT_EQ_STR(sv3_strerror(INT32_MAX), "unknown error");
	EXPECT_EQ_STR(sv3_strerror(INT32_MIN), "unknown error");
}

TEST_C(base, version_is_that_of_the_header)
{
	EXPECT_EQ_STR(sv3_version(), SV3_VERSION_STRING);
}

TEST_C(base, bit_fields_reach_both_ends_of_a_word)
{
	EXPECT_EQ_U64(SV3_BITS(63, 0), UINT64_MAX);
	EXPECT_EQ_U64(SV3_BITS(0, 0), 1);
	EXPECT_EQ_U64(SV3_BITS(63, 63), UINT64_C(1) << 63);
	EXPECT_EQ_U64(SV3_BITS(51, 12), UINT64_C(0x000ffffffffff000));
}

TEST_C(base, get_undoes_put_and_put_keeps_to_its_field)
{
	const uint64_t mask = SV3_BITS(11, 4);

	EXPECT_EQ_U64(SV3_GET(mask, SV3_PUT(mask, 0xa5)), 0xa5);
	EXPECT_EQ_U64(SV3_PUT(mask, 0x1a5), 0xa50);
	EXPECT_EQ_U64(SV3_GET(mask, UINT64_MAX), 0xff);
}

/* Fails an assertion in a child; what it printed goes to text, how it ended is returned. */
static int wait_status_of_failed_assertion(char *text, size_t size)
{
	int ends[2];
	int status = 0;
	size_t used = 0;
	ssize_t got;
	pid_t child;

	if (pipe(ends) != 0)
		return -1;
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		sv3_assert_fail("pages < limit", "walk.c", 42);
	}
	close(ends[1]);
	while (used + 1 < size && (got = read(ends[0], text + used, size - used - 1)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	close(ends[0]);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return status;
}

TEST_C(base, a_failed_assertion_prints_where_it_stands_and_aborts)
{
	char text[4096];
	const int status = wait_status_of_failed_assertion(text, sizeof text);

	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ_INT(WTERMSIG(status), SIGABRT);
	EXPECT_TRUE(strstr(text, "walk.c:42: assertion failed: pages < limit") != NULL);
}
