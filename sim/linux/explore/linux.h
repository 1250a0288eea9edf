/* SPDX-License-Identifier: MIT */
/*
 * linux.h - what the files share that stand between the explorer and Linux.
 *
 * Concepts:
 *   kept     all that Linux has besides memory that hardware sees: its variables, its small blocks,
 *            the books of its allocators. Remembered once, put back before each schedule.
 *   window   memory that hardware sees, and Linux's pages: a part of the small machine's memory.
 *   late     the store that the driver linux-reordered makes too late.
 */
#ifndef SV3_LINUX_EXPLORE_LINUX_H
#define SV3_LINUX_EXPLORE_LINUX_H

#include <sv3/explore.h>

#include "../shim/explored.h"
#include "../shim/seam.h"

#define LINUX_PAGE_BYTES  4096u
#define LINUX_ARENA_BYTES (512u << 10)
#define LINUX_LINE_BYTES  64u
#define LINUX_ORDERS_MAX  6u
#define LINUX_FREE_MAX    32u
#define LINUX_CLASSES_MAX 64u

struct linux_store {
	volatile void *where;
	uint32_t size; /* 0: none */
	uint8_t bytes[8];
};

/* In front of each block, in a line of its own. */
struct linux_block {
	size_t lines;
	struct linux_block *next; /* of those that are free */
};

struct linux_free_pages {
	uint32_t count, offsets[LINUX_FREE_MAX];
};

struct linux_kept {
	bool is_explored;
	size_t arena_used;
	uint64_t window_used;
	struct linux_block *free_blocks[LINUX_CLASSES_MAX]; /* by lines */
	struct linux_free_pages free_pages[LINUX_ORDERS_MAX];
	uint32_t bitmaps;                      /* in use, a bit each */
	unsigned long page_count, block_count; /* handed out */
	unsigned long long now_ns;
	uint32_t vain_pauses;                    /* one after the other */
	unsigned long long strtab, cmdq, eventq; /* registers, as they were written */
	struct linux_store last, late;           /* last: with what stood there before */
	bool was_late;
	char complaint[SV3_EXPLORE_TEXT_CHARS];
	_Alignas(LINUX_LINE_BYTES) uint8_t arena[LINUX_ARENA_BYTES];
};
extern struct linux_kept linux_kept;

/** Who explores; one at a time. */
extern struct sv3_explore *linux_explore;
extern struct sv3_regport linux_regs;

/** linux_init - empty memory: @setup says which. */
void linux_init(const struct sv3_explore_setup *setup);
/** linux_is_seen - whether an address is of the window: its last pages are for bitmaps, which
 * hardware does not see. */
bool linux_is_seen(const volatile void *where);
void linux_keep(void *state);
void linux_restore(void *state);

/** linux_is_explored - booted, mapped, and all of it remembered. */
bool linux_is_explored(void);
/** linux_complaint - what was not as it should be; NULL: nothing. */
const char *linux_complaint(void);
enum sv3_explore_place linux_place(void *state, sv3_pa pa, char text[SV3_EXPLORE_PLACE_CHARS]);

/** linux_reorder - whether one store of a command is made behind the next write of a register. */
void linux_reorder(bool is_late);
/** linux_wrote - the window is about to be stored to: barriers ask what was last. */
void linux_wrote(volatile void *where, uint32_t size);

#endif
