/* SPDX-License-Identifier: MIT */
/*
 * base.h - what every part of sv3 shares: address and time types, error codes, bit fields,
 * assertions.
 *
 * Address kinds are distinct names (iova, ipa, pa), never "addr". Logical time is kept in
 * picoseconds. Errors of the API are negative numbers, -SV3_ERR_x; architectural faults are data,
 * never errors.
 */
#ifndef SV3_BASE_H
#define SV3_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV3_VERSION_STRING "0.1.0"

/** What is exported from the shared libraries; all else is hidden. */
#define SV3_API __attribute__((visibility("default")))
/** On every function that returns an API error. */
#define SV3_MUST_CHECK __attribute__((warn_unused_result))

typedef uint64_t sv3_pa;   /* physical address, bytes */
typedef uint64_t sv3_iova; /* address a device issues, bytes */
typedef uint64_t sv3_ps;   /* logical time or duration, picoseconds */

#define SV3_PS_PER_NS UINT64_C(1000)
#define SV3_PS_PER_US (UINT64_C(1000) * SV3_PS_PER_NS)
#define SV3_PS_PER_MS (UINT64_C(1000) * SV3_PS_PER_US)
#define SV3_PS_PER_S  (UINT64_C(1000) * SV3_PS_PER_MS)
/** A time that never comes. */
#define SV3_PS_NEVER UINT64_MAX

/** The unit of dirty logs and of transfers, whatever the translation granule. */
#define SV3_PAGE_LG2  12u
#define SV3_PAGE_SIZE UINT64_C(4096)

/*   name     text */
#define SV3_ERROR_MAP(X)                                         \
	X(MISS, "not cached: use the slow path")                 \
	X(BUSY, "all slots are taken: retry later")              \
	X(RANGE, "address or length out of range or misaligned") \
	X(BUS, "external abort on the bus")                      \
	X(NOMEM, "out of memory")                                \
	X(INVAL, "invalid argument or configuration")            \
	X(FORMAT, "malformed input")                             \
	X(IO, "input or output error")                           \
	X(EXIST, "already mapped")                               \
	X(NOENT, "nothing there")                                \
	X(UNSUP, "not supported by this profile")                \
	X(FULL, "queue or table is full")                        \
	X(TIMEOUT, "no progress")                                \
	X(END, "end of data")

enum sv3_error {
	SV3_OK = 0,
#define X(name, text) SV3_ERR_##name,
	SV3_ERROR_MAP(X)
#undef X
		SV3_ERROR_COUNT
};

/**
 * sv3_strerror - text for an error code
 * @error: SV3_ERR_x or -SV3_ERR_x
 * Returns: a static string, never NULL.
 */
SV3_API const char *sv3_strerror(int error);

/** sv3_version - version of the library, a static string. */
SV3_API const char *sv3_version(void);

/*
 * Architecture layouts are masks, never C bit-fields:
 *	#define SV3_STE_CONFIG SV3_BITS(3, 1)
 *	config = SV3_GET(SV3_STE_CONFIG, word);      word |= SV3_PUT(SV3_STE_CONFIG, 5);
 */
#define SV3_BIT(n)           (UINT64_C(1) << (n))
#define SV3_BITS(high, low)  ((UINT64_MAX >> (63 - (high))) & (UINT64_MAX << (low)))
#define SV3_LOWEST(mask)     ((mask) & (~(mask) + 1))
#define SV3_GET(mask, word)  (((uint64_t)(word) & (mask)) / SV3_LOWEST(mask))
#define SV3_PUT(mask, value) (((uint64_t)(value)*SV3_LOWEST(mask)) & (mask))

/**
 * sv3_assert_fail - a broken invariant: prints the expression and where it stands, then aborts
 * The program may replace it by a definition of its own (the library's is weak) to add cycle and
 * seed.
 */
SV3_API __attribute__((noreturn)) void sv3_assert_fail(const char *expression, const char *file,
						       int line);

/** A broken invariant, checked in release builds too. Never for what a guest or a file can
 *  cause. */
#define SV3_ASSERT(condition) \
	((condition) ? (void)0 : sv3_assert_fail(#condition, __FILE__, __LINE__))

#ifdef __cplusplus
}
#endif

#endif
