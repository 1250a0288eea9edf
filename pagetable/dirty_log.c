/* SPDX-License-Identifier: MIT */
/*
 * dirty_log.c - the bitmap of dirty pages: set, clear, test, count, next.
 *
 * Bits behind page_count in the last word are never set, so that words can be counted and searched
 * whole.
 */
#include "pagetable_priv.h"

#include <string.h>

/* Plain arithmetic: the compiler's population count is a library call on the smallest x86-64. */
static uint64_t word_count(uint64_t word)
{
	word -= (word >> 1) & UINT64_C(0x5555555555555555);
	word = (word & UINT64_C(0x3333333333333333)) + ((word >> 2) & UINT64_C(0x3333333333333333));
	word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (word * UINT64_C(0x0101010101010101)) >> 56;
}

bool sv3__dirty_log_clip(const struct sv3_dirty_log *log, sv3_pa pa, uint64_t len, uint64_t *first,
			 uint64_t *last)
{
	const sv3_pa end = pa + (len - 1); /* last byte */
	uint64_t last_page;

	if (len == 0 || log->page_count == 0 || end < log->base)
		return false;
	*first = pa <= log->base ? 0 : (pa - log->base) >> SV3_PAGE_LG2;
	last_page = (end - log->base) >> SV3_PAGE_LG2;
	*last = last_page < log->page_count ? last_page : log->page_count - 1;
	return *first <= *last;
}

uint64_t sv3_dirty_log_set(struct sv3_dirty_log *log, sv3_pa pa, uint64_t len)
{
	uint64_t page, last, newly_set = 0;

	if (!sv3__dirty_log_clip(log, pa, len, &page, &last))
		return 0;
	while (page <= last) {
		uint64_t word;
		const uint64_t bits = sv3_dirty_log_part(&page, last + 1, &word);

		newly_set += word_count(bits & ~log->words[word]);
		log->words[word] |= bits;
	}
	return newly_set;
}

uint64_t sv3_dirty_log_clear(struct sv3_dirty_log *log, sv3_pa pa, uint64_t len)
{
	uint64_t page, last, newly_clear = 0;

	if (!sv3__dirty_log_clip(log, pa, len, &page, &last))
		return 0;
	while (page <= last) {
		uint64_t word;
		const uint64_t bits = sv3_dirty_log_part(&page, last + 1, &word);

		newly_clear += word_count(bits & log->words[word]);
		log->words[word] &= ~bits;
	}
	return newly_clear;
}

bool sv3__dirty_log_has_all(const struct sv3_dirty_log *log, sv3_pa pa, uint64_t len)
{
	uint64_t page, last;

	if (!sv3__dirty_log_clip(log, pa, len, &page, &last))
		return true;
	while (page <= last) {
		uint64_t word;
		const uint64_t bits = sv3_dirty_log_part(&page, last + 1, &word);

		if (bits & ~log->words[word])
			return false;
	}
	return true;
}

bool sv3_dirty_log_test(const struct sv3_dirty_log *log, sv3_pa pa)
{
	uint64_t first, last;

	return sv3__dirty_log_clip(log, pa, 1, &first, &last) &&
	       (log->words[first / 64] >> (first % 64) & 1) != 0;
}

uint64_t sv3_dirty_log_count(const struct sv3_dirty_log *log)
{
	const uint64_t words = sv3_dirty_log_words(log->page_count);
	uint64_t count = 0;

	for (uint64_t i = 0; i < words; i++)
		count += word_count(log->words[i]);
	return count;
}

void sv3_dirty_log_clear_all(struct sv3_dirty_log *log)
{
	memset(log->words, 0, (size_t)sv3_dirty_log_words(log->page_count) * sizeof *log->words);
}

void sv3_dirty_log_set_all(struct sv3_dirty_log *log)
{
	const uint64_t words = sv3_dirty_log_words(log->page_count);

	memset(log->words, 0xff, (size_t)words * sizeof *log->words);
	if (log->page_count % 64 != 0)
		log->words[words - 1] = SV3_BITS(log->page_count % 64 - 1, 0);
}

uint64_t sv3_dirty_log_next(const struct sv3_dirty_log *log, uint64_t from)
{
	const uint64_t words = sv3_dirty_log_words(log->page_count);
	uint64_t i = from / 64;
	uint64_t word;

	if (from >= log->page_count)
		return log->page_count;
	word = log->words[i] & (UINT64_MAX << (from % 64));
	while (word == 0) {
		if (++i == words)
			return log->page_count;
		word = log->words[i];
	}
	return i * 64 + (unsigned int)__builtin_ctzll(word);
}
