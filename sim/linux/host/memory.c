/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the memory a kernel has: pages of the physical window by order, blocks of the host.
 *
 * Freed pages are poisoned under AddressSanitizer, so that hardware that still walks them or
 * writes to them is found, like software.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <sv3/arch.h>

#include "host.h"

#ifdef SEAM_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(where, size)   ((void)(where), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(where, size) ((void)(where), (void)(size))
#endif

#define ORDERS 20u

struct pile {
	void **blocks;
	size_t count, room;
};

char *seam_window;
unsigned long long seam_window_pa = HOST_WINDOW_PA, seam_window_size = HOST_WINDOW_SIZE;
char *seam_registers;

static struct pile piles[ORDERS];
static uint64_t next_offset;
static unsigned long pages_used, blocks_used;

void host_memory_init(void)
{
	const struct sv3_ram_region region = { .base = HOST_WINDOW_PA, .size = HOST_WINDOW_SIZE };

	SV3_ASSERT(!sv3_ram_init(&host_machine.ram, &region, 1));
	host_machine.memory = sv3_ram_bus(&host_machine.ram);
	seam_window = (char *)host_machine.ram.host[0];
	seam_registers = (char *)mmap(NULL, SV3_REG_SPAN_BYTES, PROT_NONE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	SV3_ASSERT(seam_registers != MAP_FAILED);
}

void *seam_pages_alloc(unsigned int order)
{
	const uint64_t size = SV3_PAGE_SIZE << order;
	void *pages = NULL;

	host_lock();
	if (piles[order].count) {
		pages = piles[order].blocks[--piles[order].count];
	} else {
		const uint64_t offset = (next_offset + size - 1) & ~(size - 1);

		if (offset + size <= HOST_WINDOW_SIZE) {
			pages = seam_window + offset;
			next_offset = offset + size;
		}
	}
	if (pages)
		pages_used += 1ul << order;
	host_unlock();
	if (pages) {
		ASAN_UNPOISON_MEMORY_REGION(pages, size);
		memset(pages, 0, size);
		host_lock();
		host_stores_forget(pages, size);
		host_unlock();
	}
	return pages;
}

void seam_pages_free(void *pages, unsigned int order)
{
	struct pile *pile = &piles[order];

	if (!pages)
		return;
	host_lock();
	host_monitor_freed(pages, SV3_PAGE_SIZE << order);
	host_unlock();
	ASAN_POISON_MEMORY_REGION(pages, SV3_PAGE_SIZE << order);
	host_lock();
	if (pile->count == pile->room) {
		pile->room = pile->room * 2 + 64;
		pile->blocks = (void **)realloc(pile->blocks, pile->room * sizeof(void *));
		SV3_ASSERT(pile->blocks);
	}
	pile->blocks[pile->count++] = pages;
	pages_used -= 1ul << order;
	host_unlock();
}

unsigned long seam_pages_used(void)
{
	return pages_used;
}

void *seam_alloc(unsigned long size)
{
	void *block;

	/* As the kernel aligns large ones: to a line of the cache. */
	SV3_ASSERT(!posix_memalign(&block, 64, size ? size : 1));
	memset(block, 0, size);
	__atomic_fetch_add(&blocks_used, 1, __ATOMIC_RELAXED);
	return block;
}

void *seam_realloc(void *block, unsigned long size)
{
	void *grown = realloc(block, size);

	SV3_ASSERT(grown);
	if (!block)
		__atomic_fetch_add(&blocks_used, 1, __ATOMIC_RELAXED);
	return grown;
}

void seam_free(void *block)
{
	if (block)
		__atomic_fetch_sub(&blocks_used, 1, __ATOMIC_RELAXED);
	free(block);
}

unsigned long seam_blocks_used(void)
{
	return blocks_used;
}
