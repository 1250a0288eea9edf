/* SPDX-License-Identifier: MIT */
/*
 * mark.c - a guest's CPU marks the pages of a DMA buffer: it adds 0 to one word of each, so that
 * the host's log of CPU writes sees them. [thread 000]
 */
#include "experiments_priv.h"

#define PAGE_START(address) ((address) & ~(SV3_PAGE_SIZE - 1))
#define WORD_START(address) ((address) & ~(uint64_t)(SV3__MARK_WORD - 1))

void sv3__mark(enum sv3__mark_variant variant, uint64_t start, uint64_t size,
	       void (*touch)(void *context, uint64_t address), void *context)
{
	const uint64_t first = PAGE_START(start), last = PAGE_START(start + size - 1);
	const uint64_t offset = variant == SV3__MARK_LAST_LINE ? SV3_PAGE_SIZE - SV3__MARK_WORD : 0;

	switch (variant) {
	case SV3__MARK_UP:
		touch(context, WORD_START(start));
		for (uint64_t page = first + SV3_PAGE_SIZE; page <= last; page += SV3_PAGE_SIZE)
			touch(context, page);
		return;
	case SV3__MARK_STRIDE:
		for (uint64_t at = start; at < start + size; at += SV3_PAGE_SIZE)
			touch(context, WORD_START(at));
		return;
	default:
		break;
	}
	for (uint64_t page = last; page != first; page -= SV3_PAGE_SIZE)
		touch(context, page + offset);
	if (variant == SV3__MARK_TWICE)
		touch(context, first);
	/* The word that holds the first byte: the one the driver reads next comes last. */
	touch(context, WORD_START(start));
}
