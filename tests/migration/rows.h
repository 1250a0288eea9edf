/* SPDX-License-Identifier: MIT */
/*
 * rows.h - DMA placed by hand: a trace of accesses at exact times of the world.
 */
#ifndef SV3_TESTS_MIGRATION_ROWS_H
#define SV3_TESTS_MIGRATION_ROWS_H

#include <sv3/trace.h>

/** Begins as { records, capacity, 0 }. */
struct fx_rows {
	struct sv3_trace_rec *records; /* caller-owned, shape [capacity] */
	uint64_t capacity, count;
};

/** fx_rows_access - one access of @len bytes, @offset bytes into the guest, cut at pages as every
 *  master cuts it; times never decrease. Returns: its pages. */
uint64_t fx_rows_access(struct fx_rows *rows, uint64_t time_ns, enum sv3_trace_op op,
			uint64_t offset, uint64_t len);
/** It lives as long as the records. */
struct sv3_trace fx_rows_trace(const struct fx_rows *rows);

#endif
