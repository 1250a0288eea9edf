/* SPDX-License-Identifier: MIT */
/*
 * test_dirty.c - scan and clear against a brute-force twin, and against hardware that writes in
 * between.
 *
 * The twin reads every page by hand. It is asked before the scan, and says what the scan must
 * report.
 */
#include "ctest.h"
#include "hand_walk.h"

#include <sv3/pagetable.h>
#include <sv3/prng.h>

#define RAM_BASE UINT64_C(0x40000000)
#define PA_BASE  UINT64_C(0x80000000)

struct fx {
	struct test_ram ram;
	struct sv3_bus bus;
	struct sv3_pt_pages pages;
	struct sv3_pt pt;
	struct sv3_dirty_log log, twin_log;
	uint64_t page_count; /* of 4 KiB */
};

static void fx_init(struct fx *f, unsigned int granule_lg2, bool upper, uint64_t span)
{
	const struct sv3_pt_config config = {
		.granule_lg2 = granule_lg2, .input_size_lg2 = 40, .dbm = true, .upper = upper
	};
	const uint64_t ram_size = UINT64_C(24) << granule_lg2;

	*f = (struct fx){ .pages = { .next = RAM_BASE, .end = RAM_BASE + ram_size },
			  .page_count = span >> 12 };
	test_ram_add(&f->ram, RAM_BASE, ram_size);
	f->bus = test_ram_bus(&f->ram);
	EXPECT_OK(sv3_pt_init(&f->pt, &f->bus, &f->pages, &config));
	f->log = (struct sv3_dirty_log){ calloc(sv3_dirty_log_words(f->page_count), 8),
					 f->page_count, PA_BASE };
	f->twin_log = (struct sv3_dirty_log){ calloc(sv3_dirty_log_words(f->page_count), 8),
					      f->page_count, PA_BASE };
}

static void fx_fini(struct fx *f)
{
	free(f->log.words);
	free(f->twin_log.words);
	test_ram_fini(&f->ram);
}

static struct hand_leaf fx_leaf(const struct fx *f, uint64_t offset)
{
	return hand_walk(&f->ram, f->pt.root, f->pt.config.granule_lg2, 40, offset);
}

static sv3_iova fx_iova(const struct fx *f, uint64_t offset)
{
	return f->pt.config.upper ? offset | ~((UINT64_C(1) << 40) - 1) : offset;
}

/* What a scan of [offset, offset + len) must find. */
struct twin {
	uint64_t leaves, dirty, newly_set;
	struct sv3_pt_gather gather;
};

static struct twin twin_scan(struct fx *f, uint64_t offset, uint64_t len)
{
	struct twin t = { .gather = { .first = UINT64_MAX, .leaf_span_lg2 = 64 } };
	const uint64_t end = offset + len;

	while (offset < end) {
		const struct hand_leaf leaf = fx_leaf(f, offset);
		const uint64_t span = UINT64_C(1)
				      << (leaf.span_lg2 ? leaf.span_lg2 : f->pt.config.granule_lg2);
		const uint64_t first = offset & ~(span - 1);

		t.leaves += leaf.span_lg2 != 0;
		if (leaf.span_lg2 != 0 && hand_is_dirty(leaf.pte)) {
			t.dirty++;
			for (uint64_t i = 0; i < span; i += 4096) {
				t.newly_set +=
					leaf.pa + i >= f->log.base &&
					leaf.pa + i < f->log.base + 4096 * f->log.page_count &&
					!sv3_dirty_log_test(&f->twin_log, leaf.pa + i);
				sv3_dirty_log_set(&f->twin_log, leaf.pa + i, 1);
			}
			if (fx_iova(f, first) < t.gather.first)
				t.gather.first = fx_iova(f, first);
			t.gather.last = fx_iova(f, first) + span - 1;
			t.gather.leaf_count++;
			if (leaf.span_lg2 < t.gather.leaf_span_lg2)
				t.gather.leaf_span_lg2 = leaf.span_lg2;
			if (leaf.span_lg2 > t.gather.leaf_span_max_lg2)
				t.gather.leaf_span_max_lg2 = leaf.span_lg2;
		}
		offset = first + span;
	}
	return t;
}

/* A random table over the span: holes, pages, blocks, read-only, tracked and reserved leaves. */
static void fx_fill(struct fx *f, struct sv3_prng *prng, uint64_t hole_chance)
{
	const unsigned int granule_lg2 = f->pt.config.granule_lg2;
	const uint64_t block = UINT64_C(1) << (2 * granule_lg2 - 3);
	const uint64_t end = f->page_count << 12;

	for (uint64_t offset = 0; offset < end;) {
		const bool whole = offset % block == 0 && sv3_prng_below(prng, 3) == 0;
		uint64_t len = whole ? block
				     : (1 + sv3_prng_below(prng, 1 << sv3_prng_below(prng, 9)))
					       << granule_lg2;
		const uint32_t flags = sv3_prng_below(prng, 8) == 0 ? SV3_PT_READ : SV3_PT_WRITE;

		if (len > block - offset % block)
			len = block - offset % block;
		if (sv3_prng_below(prng, 100) >= hole_chance)
			EXPECT_OK(sv3_pt_map(&f->pt, fx_iova(f, offset), PA_BASE + offset, len, 48,
					     flags));
		offset += len;
	}
	for (uint64_t offset = 0; offset < end; offset += UINT64_C(1) << granule_lg2) {
		const struct hand_leaf leaf = fx_leaf(f, offset);

		/* Bit 1 clear at level 3 is no leaf, however dirty it looks. */
		if (leaf.span_lg2 == granule_lg2 && sv3_prng_below(prng, 100) < hole_chance / 10)
			test_ram_poke(&f->ram, leaf.pte_pa,
				      (leaf.pte & ~(HAND_AP2 | 2)) | HAND_DBM);
	}
}

/* The hardware writes to one of @chance of the leaves. */
static void fx_dirty(struct fx *f, struct sv3_prng *prng, uint64_t chance)
{
	const uint64_t end = f->page_count << 12;

	for (uint64_t offset = 0; offset < end; offset += UINT64_C(1) << f->pt.config.granule_lg2) {
		const struct hand_leaf leaf = fx_leaf(f, offset);

		if (sv3_prng_below(prng, chance) == 0)
			hand_write(&f->ram, &leaf);
	}
}

static void check_one_scan(struct fx *f, struct sv3_prng *prng, uint64_t leaf_budget,
			   uint64_t dirty_budget)
{
	const uint64_t span = f->page_count << 12;
	const uint64_t offset = sv3_prng_below(prng, 2) ? 0 : sv3_prng_below(prng, span);
	const uint64_t len = offset == 0 ? span : 1 + sv3_prng_below(prng, span - offset);
	const uint32_t flags = sv3_prng_below(prng, 3) ? SV3_DIRTY_CLEAR : 0;
	const struct twin t = twin_scan(f, offset, len);
	struct sv3_dirty_scan scan;
	struct sv3_pt_gather gather;
	uint64_t runs = 0;
	int rc;

	sv3_pt_gather_init(&gather);
	sv3_dirty_scan_begin(&scan, &f->pt, fx_iova(f, offset), len, flags);
	do {
		const struct sv3_dirty_scan before = scan;
		uint64_t visited, dirty;

		rc = sv3_dirty_scan_run(&scan, leaf_budget, dirty_budget, &f->log, &gather);
		visited = scan.leaves_visited - before.leaves_visited;
		dirty = scan.leaves_dirty - before.leaves_dirty;
		/* A run stops at a budget, never before and never behind it. */
		ASSERT_TRUE(visited <= leaf_budget && dirty <= dirty_budget);
		if (rc == 0)
			ASSERT_TRUE(visited == leaf_budget || dirty == dirty_budget);
		ASSERT_LT_U64(runs++, 1000000);
	} while (rc == 0);
	EXPECT_EQ_INT(rc, 1);
	EXPECT_EQ_U64(scan.leaves_visited, t.leaves);
	EXPECT_EQ_U64(scan.leaves_dirty, t.dirty);
	EXPECT_EQ_U64(scan.pages_reported, t.newly_set);
	EXPECT_EQ_MEM(f->log.words, f->twin_log.words, 8 * sv3_dirty_log_words(f->log.page_count));
	if (flags & SV3_DIRTY_CLEAR) {
		EXPECT_EQ_U64(gather.first, t.gather.first);
		EXPECT_EQ_U64(gather.last, t.gather.last);
		EXPECT_EQ_U64(gather.leaf_count, t.gather.leaf_count);
		EXPECT_EQ_U64(gather.leaf_span_lg2, t.gather.leaf_span_lg2);
		EXPECT_EQ_U64(gather.leaf_span_max_lg2, t.gather.leaf_span_max_lg2);
	}
	/* What was cleared is clean, what was not is as before. */
	EXPECT_EQ_U64(twin_scan(f, offset, len).dirty, flags & SV3_DIRTY_CLEAR ? 0 : t.dirty);
}

static void check_scans(unsigned int granule_lg2, bool upper, bool no_window, uint64_t rounds)
{
	static const uint64_t budgets[] = { 1,  2,  3,  7,   8,   9,   31,
					    32, 33, 64, 100, 511, 512, UINT64_MAX };
	static const uint64_t chances[] = { 1, 2, 7, 50, 1000, 1000000 };
	static const uint64_t hole_chances[] = { 0, 10, 50, 90, 100 };
	const uint64_t block = UINT64_C(1) << (2 * granule_lg2 - 3);
	struct sv3_prng prng;

	sv3_prng_seed(&prng, granule_lg2);
	for (uint64_t round = 0; round < rounds; round++) {
		struct fx f;

		fx_init(&f, granule_lg2, upper, 4 * block);
		fx_fill(&f, &prng, hole_chances[round % 5]);
		f.ram.no_window = no_window;
		/* A part of the span is outside the log, at either end. */
		f.log.base = f.twin_log.base = PA_BASE + 4096 * (round % 3) * 70;
		f.log.page_count = f.twin_log.page_count = f.page_count - round % 4 * 100;
		for (int i = 0; i < 6; i++) {
			fx_dirty(&f, &prng, chances[sv3_prng_below(&prng, 6)]);
			check_one_scan(&f, &prng, budgets[sv3_prng_below(&prng, 14)],
				       budgets[sv3_prng_below(&prng, 14)]);
		}
		fx_fini(&f);
	}
}

TEST_C(dirty, scan_agrees_with_reading_every_page_in_a_window)
{
	check_scans(12, false, false, 60);
	check_scans(12, true, false, 10);
	check_scans(14, false, false, 10);
	check_scans(16, false, false, 5);
}

TEST_C(dirty, scan_agrees_with_reading_every_page_over_the_bus)
{
	check_scans(12, false, true, 30);
	check_scans(14, true, true, 5);
	check_scans(16, false, true, 3);
}

TEST_C(dirty, scan_reads_each_descriptor_once_over_the_bus)
{
	struct sv3_prng prng;
	struct sv3_pt_gather gather;
	struct fx f;

	sv3_prng_seed(&prng, 1);
	fx_init(&f, 12, false, 1 << 21);
	EXPECT_OK(sv3_pt_map(&f.pt, 0, PA_BASE, 1 << 21, 12, SV3_PT_WRITE));
	fx_dirty(&f, &prng, 10);
	f.ram.no_window = true;
	f.ram.reads = f.ram.swaps = 0;
	sv3_pt_gather_init(&gather);
	EXPECT_OK((int)sv3_dirty_scan_all(&f.pt, 0, 1 << 21, SV3_DIRTY_CLEAR, &f.log, &gather));
	EXPECT_EQ_U64(f.ram.reads, 512 + 3); /* levels 0 to 2 on the way */
	EXPECT_EQ_U64(f.ram.swaps, gather.leaf_count);
	EXPECT_EQ_U64(f.ram.writes, 0);
	fx_fini(&f);
}

TEST_C(dirty, scan_of_part_of_a_block_reports_all_of_it)
{
	struct sv3_pt_gather gather;
	struct hand_leaf leaf;
	struct fx f;

	fx_init(&f, 12, false, 1 << 22);
	EXPECT_OK(sv3_pt_map(&f.pt, 0, PA_BASE, 1 << 22, 21, SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
	sv3_pt_gather_init(&gather);
	EXPECT_EQ_INT(sv3_dirty_scan_all(&f.pt, 0x5000, 1, SV3_DIRTY_CLEAR, &f.log, &gather), 512);
	EXPECT_TRUE(sv3_dirty_log_test(&f.log, PA_BASE));
	EXPECT_TRUE(sv3_dirty_log_test(&f.log, PA_BASE + 0x1ff000));
	EXPECT_FALSE(sv3_dirty_log_test(&f.log, PA_BASE + 0x200000));
	EXPECT_EQ_U64(gather.first, 0);
	EXPECT_EQ_U64(gather.last, 0x1fffff);
	leaf = fx_leaf(&f, 0x200000);
	EXPECT_TRUE(hand_is_dirty(leaf.pte));
	fx_fini(&f);
}

TEST_C(dirty, large_granules_set_one_bit_per_4k_page)
{
	for (unsigned int granule_lg2 = 14; granule_lg2 <= 16; granule_lg2 += 2) {
		struct fx f;

		fx_init(&f, granule_lg2, false, UINT64_C(4) << granule_lg2);
		EXPECT_OK(
			sv3_pt_map(&f.pt, 0, PA_BASE, UINT64_C(2) << granule_lg2, 0, SV3_PT_WRITE));
		EXPECT_OK(sv3_pt_map(
			&f.pt, UINT64_C(2) << granule_lg2, PA_BASE + (UINT64_C(2) << granule_lg2),
			UINT64_C(1) << granule_lg2, 0, SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
		EXPECT_EQ_INT(sv3_dirty_scan_all(&f.pt, 0, UINT64_C(1) << 40, 0, &f.log, NULL),
			      1 << (granule_lg2 - 12));
		EXPECT_EQ_U64(sv3_dirty_log_next(&f.log, 0), UINT64_C(2) << (granule_lg2 - 12));
		fx_fini(&f);
	}
}

TEST_C(dirty, scan_clips_to_the_input_range)
{
	struct sv3_dirty_scan scan;
	struct fx f;

	fx_init(&f, 12, true, 1 << 16);
	EXPECT_OK(sv3_pt_map(&f.pt, UINT64_MAX - 0xfff, PA_BASE, 0x1000, 12,
			     SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
	EXPECT_EQ_INT(sv3_dirty_scan_all(&f.pt, 0, UINT64_MAX, 0, &f.log, NULL), 1);
	sv3_dirty_log_clear_all(&f.log);
	EXPECT_EQ_INT(sv3_dirty_scan_all(&f.pt, UINT64_MAX, 1, 0, &f.log, NULL), 1);
	sv3_dirty_scan_begin(&scan, &f.pt, 0, 0x10000, 0);
	EXPECT_EQ_INT(sv3_dirty_scan_run(&scan, 1, 1, &f.log, NULL), 1);
	EXPECT_EQ_U64(scan.leaves_visited, 0);
	fx_fini(&f);
}

TEST_C(dirty, scan_reports_bus_errors)
{
	struct fx f;

	fx_init(&f, 12, false, 1 << 16);
	test_ram_poke(&f.ram, f.pt.root, 0x10003);
	EXPECT_EQ_INT(sv3_dirty_scan_all(&f.pt, 0, 1, 0, &f.log, NULL), -SV3_ERR_BUS);
	EXPECT_EQ_INT(sv3_dirty_clear(&f.pt, 0, NULL, NULL), -SV3_ERR_BUS);
	fx_fini(&f);
}

/* --- Clear by bitmap --- */

TEST_C(dirty, clear_leaves_a_block_alone_until_all_of_it_was_reported)
{
	struct sv3_pt_gather gather;
	struct hand_leaf leaf;
	struct fx f;

	fx_init(&f, 12, false, 1 << 21);
	EXPECT_OK(sv3_pt_map(&f.pt, 0, PA_BASE, 1 << 21, 21, SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
	sv3_pt_gather_init(&gather);
	sv3_dirty_log_set(&f.log, PA_BASE, (1 << 21) - 4096);
	EXPECT_EQ_INT(sv3_dirty_clear(&f.pt, 0x3000, &f.log, &gather), 0);
	leaf = fx_leaf(&f, 0);
	EXPECT_TRUE(hand_is_dirty(leaf.pte));
	EXPECT_EQ_U64(gather.leaf_count, 0);
	sv3_dirty_log_set(&f.log, PA_BASE + (1 << 21) - 1, 1);
	EXPECT_EQ_INT(sv3_dirty_clear(&f.pt, 0x3000, &f.log, &gather), 21);
	EXPECT_EQ_U64(fx_leaf(&f, 0).pte, leaf.pte | HAND_AP2);
	EXPECT_EQ_U64(gather.first, 0);
	EXPECT_EQ_U64(gather.last, (1 << 21) - 1);
	EXPECT_EQ_INT(sv3_dirty_clear(&f.pt, 0x3000, &f.log, &gather), 0); /* clean already */
	EXPECT_EQ_INT(sv3_dirty_clear(&f.pt, 1 << 21, NULL, &gather), 0);  /* nothing there */
	EXPECT_EQ_U64(gather.leaf_count, 1);
	/* A part outside the log does not count; without a log nothing is asked. */
	leaf = fx_leaf(&f, 0);
	hand_write(&f.ram, &leaf);
	f.log.page_count = 100;
	EXPECT_EQ_INT(sv3_dirty_clear(&f.pt, 0, &f.log, &gather), 21);
	leaf = fx_leaf(&f, 0);
	hand_write(&f.ram, &leaf);
	EXPECT_EQ_INT(sv3_dirty_clear(&f.pt, 0, NULL, NULL), 21);
	fx_fini(&f);
}

/* --- Hardware in between --- */

enum strike { STRIKE_WRITE, STRIKE_UNMAP, STRIKE_SOFTWARE_BITS, STRIKE_COUNT };

struct race {
	struct fx f;
	enum strike strike;
	uint64_t target; /* offset of the page that is struck */
	uint64_t accesses, strike_at;
	bool written;         /* the page's data changed */
	uint64_t taken_pte;   /* what an unmap took out */
	sv3_pa target_pte_pa; /* where */
};

static void race_hook(void *context, enum test_ram_access access, sv3_pa pa)
{
	struct race *r = (struct race *)context;
	struct hand_leaf leaf;

	(void)access, (void)pa;
	if (r->accesses++ != r->strike_at)
		return;
	leaf = fx_leaf(&r->f, r->target);
	r->target_pte_pa = leaf.pte_pa;
	switch (r->strike) {
	case STRIKE_UNMAP:
		r->taken_pte = leaf.pte;
		test_ram_poke(&r->f.ram, leaf.pte_pa, 0);
		break;
	case STRIKE_SOFTWARE_BITS:
		test_ram_poke(&r->f.ram, leaf.pte_pa, leaf.pte | UINT64_C(1) << 55);
		break;
	default:
		r->written |= hand_write(&r->f.ram, &leaf);
		break;
	}
}

/* One strike before access @strike_at. Returns whether there were as many accesses. */
static bool race_run(enum strike strike, bool born_dirty, bool by_bitmap, uint64_t target,
		     uint64_t strike_at)
{
	struct race r = {
		.strike = strike, .target = target, .strike_at = strike_at, .written = born_dirty
	};
	struct sv3_pt_gather gather;
	struct hand_leaf leaf;
	bool taken_by_us, known;

	fx_init(&r.f, 12, false, 0x8000);
	EXPECT_OK(sv3_pt_map(&r.f.pt, 0, PA_BASE, 0x8000, 12,
			     SV3_PT_WRITE | (born_dirty ? SV3_PT_BORN_DIRTY : 0u)));
	r.f.ram.no_window = true;
	r.f.ram.hook = race_hook;
	r.f.ram.hook_context = &r;
	sv3_pt_gather_init(&gather);
	if (by_bitmap)
		EXPECT_OK(sv3_dirty_clear(&r.f.pt, target, NULL, &gather));
	else
		EXPECT_OK((int)sv3_dirty_scan_all(&r.f.pt, 0, 0x8000, SV3_DIRTY_CLEAR, &r.f.log,
						  &gather));
	leaf = fx_leaf(&r.f, target);
	/* By bitmap the caller knows of the write because it was told before. */
	taken_by_us =
		by_bitmap ? gather.leaf_count == 1 : sv3_dirty_log_test(&r.f.log, PA_BASE + target);
	known = taken_by_us || hand_is_dirty(leaf.pte) || hand_is_dirty(r.taken_pte);
	EXPECT_TRUE(known || !r.written);
	if (strike == STRIKE_UNMAP && r.target_pte_pa != 0) {
		EXPECT_EQ_U64(test_ram_peek(&r.f.ram, r.target_pte_pa), 0);
		/* Dirty state is handed out once: by the unmap or by us. */
		EXPECT_TRUE(taken_by_us != hand_is_dirty(r.taken_pte) || !born_dirty);
	}
	if (strike == STRIKE_SOFTWARE_BITS) {
		/* A swap that met other bits was tried again: neither they nor the clear are
		 * lost. */
		EXPECT_TRUE(r.target_pte_pa == 0 || (leaf.pte >> 55 & 1) != 0);
		EXPECT_FALSE(hand_is_dirty(leaf.pte));
		EXPECT_TRUE(taken_by_us == born_dirty);
	}
	fx_fini(&r.f);
	return r.accesses > strike_at;
}

TEST_C(dirty, no_write_is_lost_between_any_two_accesses)
{
	for (int variant = 0; variant < 4 * STRIKE_COUNT; variant++) {
		const enum strike strike = (enum strike)(variant / 4);

		for (uint64_t target = 0; target < 0x8000; target += 0x1000) {
			uint64_t strike_at = 0;

			while (race_run(strike, variant & 1, variant & 2, target, strike_at))
				ASSERT_LT_U64(strike_at++, 1000);
			EXPECT_LE_U64(4, strike_at);
		}
	}
}
