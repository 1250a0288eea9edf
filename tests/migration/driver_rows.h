/* SPDX-License-Identifier: MIT */
/*
 * driver_rows.h - a driver's trace: buffers are mapped, written, unmapped, invalidated, over and
 * over.
 */
#ifndef SV3_TESTS_MIGRATION_DRIVER_ROWS_H
#define SV3_TESTS_MIGRATION_DRIVER_ROWS_H

#include <sv3/trace.h>

#include <stdbool.h>

#define FX_DRIVER_PAGES 200u /* guest pages in use, from FX_BASE on */

/**
 * fx_driver_trace - of stream 8; its records are the caller's to free
 * Each slot holds a buffer; the guest page behind it changes, and two slots may share one.
 * Strict: a slot has one IOVA, and each UNMAP is followed by TLBI and SYNC. Lazy: every buffer has
 * an IOVA of its own, and TLBI and SYNC come now and then, for many.
 */
struct sv3_trace fx_driver_trace(uint64_t seed, bool lazy);

#endif
