/* SPDX-License-Identifier: MIT */
/*
 * kept.c - what Linux has: pages, which are those of the small machine that its setup leaves to
 * software, blocks, which come from an arena, and variables, which the build puts into two
 * sections of their own. All but pages is put back from here.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <sv3/arch.h>

#include "linux.h"

#define BITMAPS_BYTES (LINUX_PAGE_BYTES * SV3_EXPLORE_PROGRAMS_MAX)

struct sv3_explore *linux_explore;
struct sv3_regport linux_regs;
char *seam_window, *seam_registers;
unsigned long long seam_window_pa, seam_window_size;
struct linux_kept linux_kept;

/* --- what is kept --- */

/* Made by the linker of the sections' names. */
extern char __start_linux_data[], __stop_linux_data[];
extern char __start_linux_bss[], __stop_linux_bss[];

/* As when the exploration began; and variables as when the program did. */
static struct first {
	uint8_t *kept, *data, *bss, *window;
	size_t kept_bytes;
	uint32_t checks; /* how often the window was compared */
} first;
static uint8_t *pristine;

#define DATA_BYTES ((size_t)(__stop_linux_data - __start_linux_data))
#define BSS_BYTES  ((size_t)(__stop_linux_bss - __start_linux_bss))
/* Schedules whose memory is looked at. */
#define CHECKS_MAX 1000u

static uint8_t *copy(const void *from, size_t size)
{
	uint8_t *to = (uint8_t *)malloc(size + 1);

	SV3_ASSERT(to);
	return (uint8_t *)memcpy(to, from, size);
}

static void forget(void)
{
	free(first.kept);
	free(first.data);
	free(first.bss);
	free(first.window);
	first = (struct first){ 0 };
}

void linux_keep(void *state)
{
	(void)state;
	forget();
	linux_kept.is_explored = true;
	first.kept_bytes = offsetof(struct linux_kept, arena) + linux_kept.arena_used;
	first.kept = copy(&linux_kept, first.kept_bytes);
	first.data = copy(__start_linux_data, DATA_BYTES);
	first.bss = copy(__start_linux_bss, BSS_BYTES);
	first.window = copy(seam_window, seam_window_size - BITMAPS_BYTES);
}

void linux_restore(void *state)
{
	(void)state;
	memcpy(&linux_kept, first.kept, first.kept_bytes);
	memcpy(__start_linux_data, first.data, DATA_BYTES);
	memcpy(__start_linux_bss, first.bss, BSS_BYTES);
	/* The explorer put back what it knew of: a store that was not announced is seen here. */
	if (first.checks++ < CHECKS_MAX)
		SV3_ASSERT(!memcmp(seam_window, first.window, seam_window_size - BITMAPS_BYTES));
}

void linux_init(const struct sv3_explore_setup *setup)
{
	if (!pristine)
		pristine = copy(__start_linux_data, DATA_BYTES);
	forget();
	memset(&linux_kept, 0, sizeof(linux_kept));
	memcpy(__start_linux_data, pristine, DATA_BYTES);
	memset(__start_linux_bss, 0, BSS_BYTES);
	linux_explore = setup->explore;
	linux_regs = setup->regs[0];
	seam_window_pa = setup->tables;
	seam_window_size = setup->tables_end - setup->tables;
	seam_window = (char *)sv3_explore_memory(setup->explore, setup->tables, seam_window_size);
	if (!seam_registers)
		seam_registers = (char *)mmap(NULL, SV3_REG_SPAN_BYTES, PROT_NONE,
					      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	SV3_ASSERT(seam_window && seam_registers != MAP_FAILED);
}

bool linux_is_explored(void)
{
	return linux_kept.is_explored;
}

/* --- pages --- */

bool linux_is_seen(const volatile void *where)
{
	return (uintptr_t)where - (uintptr_t)seam_window < seam_window_size - BITMAPS_BYTES;
}

/* One for each program: reading takes one. */
void *explored_bitmap(void)
{
	const uint32_t free_one = (uint32_t)__builtin_ctz(~linux_kept.bitmaps);

	SV3_ASSERT(free_one < SV3_EXPLORE_PROGRAMS_MAX);
	linux_kept.bitmaps |= 1u << free_one;
	return seam_window + seam_window_size - BITMAPS_BYTES + LINUX_PAGE_BYTES * free_one;
}

void explored_bitmap_back(void *page)
{
	const char *bitmaps = seam_window + seam_window_size - BITMAPS_BYTES;

	linux_kept.bitmaps &= ~(1u << ((char *)page - bitmaps) / LINUX_PAGE_BYTES);
}

void *seam_pages_alloc(unsigned int order)
{
	struct linux_free_pages *free_pages;
	const uint64_t size = (uint64_t)LINUX_PAGE_BYTES << order;
	uint64_t offset = (linux_kept.window_used + size - 1) & ~(size - 1);
	char *pages;

	if (order >= LINUX_ORDERS_MAX)
		return NULL;
	free_pages = &linux_kept.free_pages[order];
	if (free_pages->count)
		offset = free_pages->offsets[--free_pages->count];
	else if (offset + size > seam_window_size - BITMAPS_BYTES)
		return NULL;
	else
		linux_kept.window_used = offset + size;
	pages = seam_window + offset;
	linux_kept.page_count += 1ul << order;
	for (uint64_t at = 0; at < size; at += LINUX_PAGE_BYTES) {
		sv3_explore_writes(linux_explore, pages + at, LINUX_PAGE_BYTES);
		memset(pages + at, 0, LINUX_PAGE_BYTES);
	}
	return pages;
}

void seam_pages_free(void *pages, unsigned int order)
{
	struct linux_free_pages *free_pages = &linux_kept.free_pages[order];

	if (!pages)
		return;
	SV3_ASSERT(free_pages->count < LINUX_FREE_MAX);
	free_pages->offsets[free_pages->count++] = (uint32_t)((char *)pages - seam_window);
	linux_kept.page_count -= 1ul << order;
}

unsigned long seam_pages_used(void)
{
	return linux_kept.page_count;
}

/* --- blocks --- */

static struct linux_block *block_of(void *where)
{
	return (struct linux_block *)(void *)((char *)where - LINUX_LINE_BYTES);
}

void *seam_alloc(unsigned long size)
{
	const size_t lines = (size + LINUX_LINE_BYTES - 1) / LINUX_LINE_BYTES;
	struct linux_block *block =
		lines < LINUX_CLASSES_MAX ? linux_kept.free_blocks[lines] : NULL;

	if (block) {
		linux_kept.free_blocks[lines] = block->next;
	} else {
		block = (struct linux_block *)(void *)(linux_kept.arena + linux_kept.arena_used);
		linux_kept.arena_used += (lines + 1) * LINUX_LINE_BYTES;
		SV3_ASSERT(linux_kept.arena_used <= LINUX_ARENA_BYTES);
	}
	block->lines = lines;
	linux_kept.block_count++;
	return memset((char *)block + LINUX_LINE_BYTES, 0, lines * LINUX_LINE_BYTES);
}

void seam_free(void *where)
{
	struct linux_block *block = where ? block_of(where) : NULL;

	if (!block)
		return;
	linux_kept.block_count--;
	if (block->lines >= LINUX_CLASSES_MAX)
		return; /* until the schedule ends */
	block->next = linux_kept.free_blocks[block->lines];
	linux_kept.free_blocks[block->lines] = block;
}

void *seam_realloc(void *where, unsigned long size)
{
	const size_t old_size = where ? block_of(where)->lines * LINUX_LINE_BYTES : 0;
	void *grown = seam_alloc(size);

	if (where)
		memcpy(grown, where, old_size < size ? old_size : size);
	seam_free(where);
	return grown;
}

unsigned long seam_blocks_used(void)
{
	return linux_kept.block_count;
}
