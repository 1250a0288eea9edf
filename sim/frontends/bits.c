/* SPDX-License-Identifier: MIT */
/*
 * bits.c - bitmaps of the user's: bytes at any address, 64-bit indexes.
 *
 * By bytes, not words: the user's buffer need not be aligned to a word, and need not reach to the
 * end of one [policies 8 B40]. Indexes are never shifted as int [policies 8 B42].
 */
#include "frontends_priv.h"

#include <string.h>

/* A range of bits: the bytes wholly inside, and what it has of the bytes at its ends. */
struct run {
	uint64_t head; /* byte with the first bits; @head_mask 0: the range begins with a byte */
	uint8_t head_mask;
	uint64_t middle, middle_size; /* bytes */
	uint64_t tail;
	uint8_t tail_mask;
};

static struct run run_of(uint64_t first, uint64_t count)
{
	const uint64_t in_head = first % 8 == 0 ? 0 : 8 - first % 8;
	const uint64_t head_count = count < in_head ? count : in_head;
	const uint64_t rest = count - head_count;
	struct run run = { .head = first / 8 };

	run.head_mask = (uint8_t)(((1u << head_count) - 1) << first % 8);
	run.middle = (first + head_count) / 8;
	run.middle_size = rest / 8;
	run.tail = run.middle + run.middle_size;
	run.tail_mask = (uint8_t)((1u << rest % 8) - 1);
	return run;
}

void sv3__bits_set(void *bits, uint64_t first, uint64_t count)
{
	const struct run run = run_of(first, count);
	uint8_t *bytes = (uint8_t *)bits;

	/* No byte is touched of which no bit is meant: it may not be there. */
	if (run.head_mask)
		bytes[run.head] |= run.head_mask;
	memset(bytes + run.middle, 0xff, (size_t)run.middle_size);
	if (run.tail_mask)
		bytes[run.tail] |= run.tail_mask;
}

void sv3__bits_clear(void *bits, uint64_t first, uint64_t count)
{
	const struct run run = run_of(first, count);
	uint8_t *bytes = (uint8_t *)bits;

	if (run.head_mask)
		bytes[run.head] &= (uint8_t)~run.head_mask;
	memset(bytes + run.middle, 0, (size_t)run.middle_size);
	if (run.tail_mask)
		bytes[run.tail] &= (uint8_t)~run.tail_mask;
}

bool sv3__bits_any(const void *bits, uint64_t first, uint64_t count)
{
	const struct run run = run_of(first, count);
	const uint8_t *bytes = (const uint8_t *)bits;

	if (run.head_mask && (bytes[run.head] & run.head_mask))
		return true;
	for (uint64_t i = 0; i < run.middle_size; i++)
		if (bytes[run.middle + i])
			return true;
	return run.tail_mask && (bytes[run.tail] & run.tail_mask);
}

bool sv3__bits_all(const void *bits, uint64_t first, uint64_t count)
{
	const struct run run = run_of(first, count);
	const uint8_t *bytes = (const uint8_t *)bits;

	if (run.head_mask && (uint8_t)(~bytes[run.head] & run.head_mask))
		return false;
	for (uint64_t i = 0; i < run.middle_size; i++)
		if (bytes[run.middle + i] != 0xff)
			return false;
	return !(run.tail_mask && (uint8_t)(~bytes[run.tail] & run.tail_mask));
}

struct sv3__pages sv3__bitmap_pages(const struct sv3__bitmap *bitmap, sv3_iova first, sv3_iova last)
{
	struct sv3__pages pages = { 0, 0 };

	first = first > bitmap->first ? first : bitmap->first;
	last = last < bitmap->last ? last : bitmap->last;
	if (first > last)
		return pages;
	pages.first = (first - bitmap->first) >> bitmap->page_lg2;
	pages.count = ((last - bitmap->first) >> bitmap->page_lg2) - pages.first + 1;
	return pages;
}
