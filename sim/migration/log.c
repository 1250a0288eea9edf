/* SPDX-License-Identifier: MIT */
/*
 * log.c - dirty logs as a migration handles them: by page numbers, and one into the other.
 */
#include <stdlib.h>

#include "migration_priv.h"

int sv3__log_create(struct sv3_dirty_log *log, sv3_pa base, uint64_t page_count)
{
	log->base = base;
	log->page_count = page_count;
	log->words =
		(uint64_t *)calloc((size_t)sv3_dirty_log_words(page_count), sizeof(*log->words));
	return log->words ? 0 : -SV3_ERR_NOMEM;
}

int sv3__log_make(const struct sv3__migration *m, struct sv3_dirty_log *log)
{
	const struct sv3_world_config *guest = sv3_world_config(m->world);

	return sv3__log_create(log, guest->guest_base, guest->guest_size / SV3_PAGE_SIZE);
}

void sv3__log_drop(struct sv3_dirty_log *log, uint64_t first, uint64_t end)
{
	end = end < log->page_count ? end : log->page_count;
	while (first < end) {
		uint64_t word;
		const uint64_t bits = sv3_dirty_log_part(&first, end, &word);

		log->words[word] &= ~bits;
	}
}

void sv3__log_merge(struct sv3_dirty_log *log, const struct sv3_dirty_log *other)
{
	const uint64_t words = sv3_dirty_log_words(log->page_count);

	for (uint64_t i = 0; i < words; i++)
		log->words[i] |= other->words[i];
}

void sv3__log_take(struct sv3_dirty_log *log, struct sv3_dirty_log *from)
{
	sv3__log_merge(log, from);
	sv3_dirty_log_clear_all(from);
}

uint64_t sv3__log_run_end(const struct sv3_dirty_log *log, uint64_t page, uint64_t end)
{
	end = end < log->page_count ? end : log->page_count;
	while (page < end) {
		/* From @page on, bits of pages that are not in the log; none behind the word. */
		const uint64_t absent = ~log->words[page / 64] >> (page % 64);

		if (absent) {
			page += (uint64_t)__builtin_ctzll(absent);
			break;
		}
		page += 64 - page % 64;
	}
	return page < end ? page : end;
}
