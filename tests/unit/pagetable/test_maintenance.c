/* SPDX-License-Identifier: MIT */
/*
 * test_maintenance.c - behind a CPU cache that the hardware does not snoop, does software do the
 * maintenance it owes? What is lost when it does not, and what is lost even when it does?
 *
 * Software works through the cache; the hardware is played by hand on the memory behind it.
 */
#include "ctest.h"
#include "hand_walk.h"

#include <sv3/pagetable.h>
#include <sv3/prng.h>
#include <sv3/sim.h>

#define RAM_BASE UINT64_C(0x40000000)
#define RAM_SIZE UINT64_C(0x10000)
#define PA_BASE  UINT64_C(0x80000000)
#define PAGES    600u /* of the table: two level-3 tables */

struct side {
	struct test_ram ram;
	struct sv3_cpu_cache *cache; /* NULL: coherent */
	struct sv3_bus bus;
	struct sv3_pt_pages pages;
	struct sv3_pt pt;
	struct sv3_dirty_log log;
	uint64_t words[(PAGES + 63) / 64];
};

static void side_fini(struct side *s)
{
	sv3_cpu_cache_destroy(s->cache);
	test_ram_fini(&s->ram);
}

static void side_init(struct side *s, const struct sv3_cpu_cache_config *cache)
{
	static const struct sv3_pt_config config = { .granule_lg2 = 12,
						     .input_size_lg2 = 39,
						     .dbm = true };
	struct sv3_bus memory;

	memset(s, 0, sizeof(*s));
	s->ram.no_window = true;
	test_ram_add(&s->ram, RAM_BASE, RAM_SIZE);
	memory = test_ram_bus(&s->ram);
	s->bus = memory;
	if (cache) {
		EXPECT_OK(sv3_cpu_cache_create(&memory, cache, &s->cache));
		s->bus = sv3_cpu_cache_bus(s->cache);
	}
	s->pages = (struct sv3_pt_pages){ .next = RAM_BASE, .end = RAM_BASE + RAM_SIZE };
	s->log = (struct sv3_dirty_log){ s->words, PAGES, PA_BASE };
	EXPECT_OK(sv3_pt_init(&s->pt, &s->bus, &s->pages, &config));
}

#define SIDE(name, ...)                                       \
	__attribute__((cleanup(side_fini))) struct side name; \
	side_init(&name, &(struct sv3_cpu_cache_config){ __VA_ARGS__ })

static struct hand_leaf leaf_of(const struct side *s, uint64_t page)
{
	return hand_walk(&s->ram, s->pt.root, 12, 39, page << 12);
}

static bool hardware_writes(struct side *s, uint64_t page)
{
	const struct hand_leaf leaf = leaf_of(s, page);

	return hand_write(&s->ram, &leaf);
}

static int map_page(struct side *s, uint64_t page)
{
	return sv3_pt_map(&s->pt, page << 12, PA_BASE + (page << 12), 4096, 12, SV3_PT_WRITE);
}

static int64_t scan(struct side *s, uint32_t flags)
{
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	return sv3_dirty_scan_all(&s->pt, 0, (uint64_t)PAGES << 12, flags, &s->log, &gather);
}

static bool in_log(const struct side *s, uint64_t page)
{
	return sv3_dirty_log_test(&s->log, PA_BASE + (page << 12));
}

/* --- a twin with coherent memory --- */

/* One random step of software or hardware, on either side the same. Returns: what it gave. */
static int64_t step(struct side *s, uint32_t kind, uint64_t page, uint64_t count, uint32_t flags)
{
	const sv3_iova iova = page << 12;
	const uint64_t len = count << 12;
	uint64_t ste[8];

	switch (kind) {
	case 0:
		return sv3_pt_map(&s->pt, iova, PA_BASE + iova, len, 21, flags);
	case 1:
		return sv3_pt_unmap(&s->pt, iova, len, NULL, NULL);
	case 2:
		return sv3_pt_protect(&s->pt, iova, len, flags);
	case 3:
		return scan(s, 0);
	case 4:
		return scan(s, SV3_DIRTY_CLEAR);
	case 5:
		return sv3_dirty_clear(&s->pt, iova, NULL, NULL);
	case 6:
		sv3_ste_make_s1(ste, s->pt.root, 0);
		return sv3_cd_write(&s->bus, RAM_BASE + RAM_SIZE - 0x1000, (uint32_t)page % 64,
				    ste);
	default:
		return hardware_writes(s, page);
	}
}

/* Memory is the same after every step: nothing is missing, nothing is overwritten. */
static void run_twins(uint32_t line_count, uint64_t seed)
{
	static const uint32_t weights[] = { 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7 };
	SIDE(cached, .line_count = line_count);
	__attribute__((cleanup(side_fini))) struct side plain;
	struct sv3_prng prng;
	uint64_t hardware_count = 0;

	side_init(&plain, NULL);
	sv3_prng_seed(&prng, seed);
	for (uint32_t i = 0; i < 2000; i++) {
		const uint32_t kind =
			weights[sv3_prng_below(&prng, sizeof(weights) / sizeof(weights[0]))];
		const uint64_t page = sv3_prng_below(&prng, PAGES - 40);
		const uint64_t count = 1 + sv3_prng_below(&prng, 40);
		const uint32_t flags = SV3_PT_READ | (uint32_t)sv3_prng_below(&prng, 16);
		const int64_t there = step(&plain, kind, page, count, flags);

		ASSERT_EQ_INT(step(&cached, kind, page, count, flags), there);
		ASSERT_EQ_MEM(test_ram_at(&cached.ram, RAM_BASE, RAM_SIZE),
			      test_ram_at(&plain.ram, RAM_BASE, RAM_SIZE), RAM_SIZE);
		ASSERT_EQ_MEM(cached.words, plain.words, sizeof(plain.words));
		hardware_count += kind == 7 && there;
	}
	EXPECT_GT_U64(hardware_count, 100);
	EXPECT_EQ_U64(sv3_cpu_cache_stats(cached.cache)->lines_overwritten, 0);
}

TEST_C(maintenance, behind_a_cache_tables_and_dirty_state_are_those_of_coherent_memory)
{
	for (uint64_t seed = 1; seed <= 2; seed++) {
		run_twins(0, seed);
		run_twins(1, seed);
		run_twins(16, seed);
	}
}

TEST_C(maintenance, the_zeroes_of_a_new_table_are_in_memory)
{
	SIDE(s, 0);
	const struct sv3_pt_config config = s.pt.config;
	struct sv3_pt other;

	test_ram_poke(&s.ram, s.pages.next, 0xbad);
	test_ram_poke(&s.ram, s.pages.next + 4088, 0xbad);
	ASSERT_OK(sv3_pt_init(&other, &s.bus, &s.pages, &config));
	EXPECT_EQ_U64(test_ram_peek(&s.ram, other.root), 0);
	EXPECT_EQ_U64(test_ram_peek(&s.ram, other.root + 4088), 0);
}

/* --- stream tables and commands --- */

TEST_C(maintenance, a_stream_table_entry_is_in_memory_when_it_is_written)
{
	SIDE(s, 0);
	struct sv3_strtab strtab;
	const sv3_pa base = RAM_BASE + 0x8000;
	uint64_t ste[8];

	sv3_ste_make_bypass(ste);
	ASSERT_OK(sv3_strtab_init(&strtab, &s.bus, base, base + 0x4000, 8, 6));
	ASSERT_OK(sv3_strtab_write(&strtab, 70, ste));
	/* Level 1: the second descriptor points to an array, whose entry 6 is valid. */
	ASSERT_NE_U64(test_ram_peek(&s.ram, base + 8), 0);
	EXPECT_EQ_U64(
		test_ram_peek(&s.ram, (test_ram_peek(&s.ram, base + 8) & 0xffffffffffc0) + 6 * 64) &
			0xf,
		9);
}

static uint64_t no_queue_read(void *context, uint32_t offset, uint32_t size)
{
	(void)size;
	return offset == 0x24 ? *(uint64_t *)context : 0xffffffff;
}

static void no_queue_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	(void)size;
	if (offset == 0x20)
		*(uint64_t *)context = value;
}

static bool no_queue_poll(void *context)
{
	(void)context;
	return false;
}

TEST_C(maintenance, a_command_is_in_memory_when_it_is_pushed)
{
	static const struct sv3_regport_ops ops = { no_queue_read, no_queue_write, no_queue_poll };
	SIDE(s, 0);
	uint64_t cr0 = 0;
	const struct sv3_regport port = { &ops, &cr0 };
	struct sv3_cmdq cmdq;
	const sv3_pa base = RAM_BASE + 0x8000;

	ASSERT_OK(sv3_cmdq_init(&cmdq, &s.bus, &port, base, 4));
	ASSERT_OK(sv3_cmdq_tlbi_all(&cmdq));
	ASSERT_OK(sv3_cmdq_push(&cmdq, 0x1122334455667788, 0x99));
	EXPECT_EQ_U64(test_ram_peek(&s.ram, base) & 0xff, 0x30);
	EXPECT_EQ_U64(test_ram_peek(&s.ram, base + 16), 0x1122334455667788);
	EXPECT_EQ_U64(test_ram_peek(&s.ram, base + 24), 0x99);
}

/* --- without it --- */

TEST_C(maintenance, without_cleaning_a_mapping_never_reaches_the_hardware)
{
	SIDE(s, .ignore_clean = true, .ignore_invalidate = true);

	ASSERT_OK(map_page(&s, 3));
	EXPECT_EQ_U64(leaf_of(&s, 3).span_lg2, 0);
	EXPECT_FALSE(hardware_writes(&s, 3));
}

TEST_C(maintenance, without_invalidation_a_scan_does_not_see_what_the_hardware_wrote)
{
	SIDE(s, .ignore_invalidate = true);

	ASSERT_OK(map_page(&s, 3));
	EXPECT_EQ_INT(scan(&s, 0), 0);
	ASSERT_TRUE(hardware_writes(&s, 3));
	EXPECT_TRUE(hand_is_dirty(leaf_of(&s, 3).pte));
	EXPECT_EQ_INT(scan(&s, 0), 0);
	EXPECT_FALSE(in_log(&s, 3));
}

/* Software changes one leaf of a line; its stale copy of the others goes out with it. */
TEST_C(maintenance, without_invalidation_a_change_takes_the_neighbours_dirty_state_away)
{
	SIDE(s, .ignore_invalidate = true);

	ASSERT_OK(map_page(&s, 2));
	ASSERT_OK(map_page(&s, 3));
	ASSERT_TRUE(hardware_writes(&s, 3));
	ASSERT_OK(sv3_pt_protect(&s.pt, 2 << 12, 4096, SV3_PT_READ));
	EXPECT_FALSE(hand_is_dirty(leaf_of(&s, 3).pte));
	EXPECT_EQ_U64(sv3_cpu_cache_stats(s.cache)->lines_overwritten, 1);
	EXPECT_EQ_U64(sv3_cpu_cache_stats(s.cache)->first_overwritten,
		      leaf_of(&s, 3).pte_pa & ~UINT64_C(63));
}

TEST_C(maintenance, with_it_the_same_change_takes_nothing_away)
{
	SIDE(s, 0);

	ASSERT_OK(map_page(&s, 2));
	ASSERT_OK(map_page(&s, 3));
	ASSERT_TRUE(hardware_writes(&s, 3));
	ASSERT_OK(sv3_pt_protect(&s.pt, 2 << 12, 4096, SV3_PT_READ));
	EXPECT_TRUE(hand_is_dirty(leaf_of(&s, 3).pte));
	EXPECT_EQ_INT(scan(&s, 0), 1);
	EXPECT_TRUE(in_log(&s, 3));
}

/* --- hardware between a read of software and its swap --- */

struct between {
	struct side *side;
	uint64_t page;
	bool done;
};

static enum sv3_bus_status between_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	return sv3_bus_read(&((struct between *)context)->side->bus, pa, data, size);
}

static enum sv3_bus_status between_cas64(void *context, sv3_pa pa, uint64_t expect,
					 uint64_t desired, uint64_t *old)
{
	struct between *b = (struct between *)context;

	if (!b->done)
		b->done = hardware_writes(b->side, b->page);
	return sv3_bus_cas64(&b->side->bus, pa, expect, desired, old);
}

static void between_maintain(void *context, sv3_pa pa, uint64_t len, enum sv3_maintenance what)
{
	sv3_bus_maintain(&((struct between *)context)->side->bus, pa, len, what);
}

static void keep_descriptor(void *context, const struct sv3_pt_leaf *leaf)
{
	*(uint64_t *)context = leaf->descriptor;
}

TEST_C(maintenance, an_unmap_takes_the_dirty_state_along_that_was_set_since_its_read)
{
	static const struct sv3_bus_ops ops = { .read = between_read,
						.cas64 = between_cas64,
						.maintain = between_maintain };
	SIDE(s, 0);
	struct between between = { &s, 3, false };
	uint64_t descriptor = 0;

	ASSERT_OK(map_page(&s, 3));
	s.pt.bus = (struct sv3_bus){ &ops, &between };
	EXPECT_EQ_INT(sv3_pt_unmap(&s.pt, 3 << 12, 4096, keep_descriptor, &descriptor), 4096);
	EXPECT_TRUE(between.done);
	EXPECT_TRUE(hand_is_dirty(descriptor));
	EXPECT_EQ_U64(leaf_of(&s, 3).span_lg2, 0);
}

/* --- even with it --- */

struct race {
	struct side *side;
	uint64_t page;
	bool done;
};

/* Page @page gets dirty right after software has loaded a line of leaves. */
static void write_after_load(void *context, enum test_ram_access access, sv3_pa pa)
{
	struct race *race = (struct race *)context;
	const struct hand_leaf leaf = leaf_of(race->side, race->page);

	if (race->done || access != TEST_RAM_WRITE || pa != (leaf.pte_pa & ~UINT64_C(63)))
		return;
	race->done = hand_write(&race->side->ram, &leaf);
}

/*
 * A line is loaded, changed and cleaned: what the hardware writes into it in between is gone, and
 * no maintenance can help. So hardware updates need coherent memory. [IHI0070 3.15]
 */
TEST_C(maintenance, an_update_between_load_and_clean_is_lost_with_all_maintenance_done)
{
	SIDE(s, 0);
	struct race race = { &s, 3, false };

	ASSERT_OK(map_page(&s, 2));
	ASSERT_OK(map_page(&s, 3));
	s.ram.hook = write_after_load;
	s.ram.hook_context = &race;
	ASSERT_OK(sv3_pt_protect(&s.pt, 2 << 12, 4096, SV3_PT_READ));
	ASSERT_TRUE(race.done);
	EXPECT_FALSE(hand_is_dirty(leaf_of(&s, 3).pte));
	EXPECT_EQ_INT(scan(&s, 0), 0);
}
