/* SPDX-License-Identifier: MIT */
/*
 * base.c - texts of errors, the version, and what happens when an invariant is broken.
 */
#include <sv3/base.h>

#include <stdio.h>
#include <stdlib.h>

/* clang-format off */
static const char *const error_texts[SV3_ERROR_COUNT] = {
	[SV3_OK] = "success",
#define X(name, text) [SV3_ERR_##name] = (text),
	SV3_ERROR_MAP(X)
#undef X
};
/* clang-format on */

const char *sv3_strerror(int error)
{
	const unsigned int code = error < 0 ? 0u - (unsigned int)error : (unsigned int)error;

	return code < SV3_ERROR_COUNT ? error_texts[code] : "unknown error";
}

const char *sv3_version(void)
{
	return SV3_VERSION_STRING;
}

/* Weak: a program that knows simulated time and seed replaces it by one that prints them too. */
__attribute__((weak)) void sv3_assert_fail(const char *expression, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
	abort();
}
