/* SPDX-License-Identifier: MIT */
/*
 * arena.h - memory for the campaign: 2^52 bytes that read as zero until written, cheap to empty.
 *
 * Pages can be made to abort, or to abort writes alone. While the journal is on, every doubleword
 * that the bus writes outside of the queues is noted with what stood there before.
 */
#ifndef SV3_WALKER_ARENA_H
#define SV3_WALKER_ARENA_H

#include <sv3/bus.h>

#define ARENA_SLOTS       8192u
#define ARENA_PAGES       4096u
#define ARENA_BAD_MAX     4u
#define ARENA_JOURNAL_MAX 64u
/** Below: queues, never journalled, and nothing else is placed there. */
#define ARENA_QUEUES_END UINT64_C(0x100000)

struct arena {
	struct {
		uint64_t key; /* page number + 1; 0: free */
		uint8_t *bytes;
	} slots[ARENA_SLOTS];
	uint8_t *pool;
	uint32_t page_count;
	uint32_t used[ARENA_PAGES]; /* slots, in order of use */
	unsigned int size_lg2;      /* bits of an address; beyond, nothing answers */
	uint32_t bad_count;
	struct {
		uint64_t page;
		bool writes_only;
	} bad[ARENA_BAD_MAX];
	bool journal_on;
	uint32_t journal_count;
	struct {
		uint64_t pa, before;
	} journal[ARENA_JOURNAL_MAX];
};

/** arena_init - false: no memory. */
bool arena_init(struct arena *arena);
void arena_fini(struct arena *arena);
/** arena_empty - all zero, nothing aborts. */
void arena_empty(struct arena *arena, unsigned int size_lg2);

uint64_t arena_peek(struct arena *arena, uint64_t pa);
void arena_poke(struct arena *arena, uint64_t pa, uint64_t value);
/** arena_break - the page of @pa aborts from now on. */
void arena_break(struct arena *arena, uint64_t pa, bool writes_only);

/** As the oracle reads. */
bool arena_read(void *context, uint64_t pa, void *data, uint32_t size);
bool arena_writable(void *context, uint64_t pa);
/** As the hardware reads and writes. */
struct sv3_bus arena_bus(struct arena *arena);

#endif
