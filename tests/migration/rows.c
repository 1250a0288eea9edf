/* SPDX-License-Identifier: MIT */
/*
 * rows.c - see rows.h.
 */
#include "fixture.h"
#include "rows.h"

uint64_t fx_rows_access(struct fx_rows *rows, uint64_t time_ns, enum sv3_trace_op op,
			uint64_t offset, uint64_t len)
{
	uint64_t pages = 0;

	while (len) {
		const uint64_t room = SV3_PAGE_SIZE - offset % SV3_PAGE_SIZE;
		const uint64_t piece = len < room ? len : room;

		SV3_ASSERT(rows->count < rows->capacity);
		rows->records[rows->count++] = (struct sv3_trace_rec){
			.time_ns = time_ns,
			.iova = FX_BASE + offset,
			.pa = FX_BASE + offset,
			.len = piece,
			.op = (uint8_t)op,
			.aux = SV3_TRACE_AUX_DATA,
			.has = SV3_TRACE_HAS_ALL,
		};
		offset += piece;
		len -= piece;
		pages++;
	}
	return pages;
}

struct sv3_trace fx_rows_trace(const struct fx_rows *rows)
{
	return (struct sv3_trace){ .records = rows->records, .count = rows->count };
}
