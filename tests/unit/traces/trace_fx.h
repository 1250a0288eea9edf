/* SPDX-License-Identifier: MIT */
/*
 * trace_fx.h - what the tests of traces share: random traces that keep all rules, real ones, bytes.
 */
#ifndef SV3_TRACE_FX_H
#define SV3_TRACE_FX_H

#include <sv3/prng.h>
#include <sv3/trace.h>

#define FX_SKIP_SHARED "no real traces: set SV3_SHARED, or put them into ../shared"

/** A valid trace of @count records with all ops, absent columns, many streams and odd numbers. */
struct sv3_trace fx_random(uint64_t seed, uint64_t count);

/** Path of a file among the real traces, or NULL when it is not there. @path has room for 512. */
const char *fx_shared(const char *name, char *path);

/** Whole file; malloc()ed, NULL when it cannot be read. */
uint8_t *fx_load(const char *path, size_t *size);

/** Same count, records and remark. */
bool fx_equal(const struct sv3_trace *a, const struct sv3_trace *b);

/** Text -> trace; the error's text, or "" when it was read. The answer is static in @error. */
const char *fx_read_text(const char *text, struct sv3_trace *trace, struct sv3_trace_error *error);

#endif
