/* SPDX-License-Identifier: MIT */
/*
 * test_software_dirty.c - dirty state that software sets, leaves that are armed section by section,
 * and looking at leaves: against descriptors read by hand, and with other masters in between.
 */
#include "ctest.h"
#include "hand_walk.h"

#include <sv3/pagetable.h>

#define RAM_BASE UINT64_C(0x40000000)
#define RAM_SIZE UINT64_C(0x80000)
#define PA_BASE  UINT64_C(0x80000000)
#define PAGES    8u
#define LEN      (PAGES * UINT64_C(0x1000))
#define BLOCK    (UINT64_C(1) << 21)

#define UNARMED (UINT64_C(1) << 55)

struct fx {
	struct test_ram ram;
	struct sv3_bus bus;
	struct sv3_pt_pages pages;
	struct sv3_pt pt;
	struct sv3_pt_gather gather;
	/* the strike: once, before access @strike_at */
	uint64_t accesses, strike_at, target;
	void (*strike)(struct fx *f, struct hand_leaf *leaf);
	bool struck;
};

static void fx_init(struct fx *f, bool dbm, uint32_t flags)
{
	const struct sv3_pt_config config = { .granule_lg2 = 12, .input_size_lg2 = 40, .dbm = dbm };

	*f = (struct fx){ .pages = { .next = RAM_BASE, .end = RAM_BASE + RAM_SIZE } };
	test_ram_add(&f->ram, RAM_BASE, RAM_SIZE);
	f->bus = test_ram_bus(&f->ram);
	sv3_pt_gather_init(&f->gather);
	EXPECT_OK(sv3_pt_init(&f->pt, &f->bus, &f->pages, &config));
	EXPECT_OK(sv3_pt_map(&f->pt, 0, PA_BASE, LEN, 12, flags));
}

static struct hand_leaf leaf_at(struct fx *f, uint64_t offset)
{
	return hand_walk(&f->ram, f->pt.root, 12, 40, offset);
}

static void hook(void *context, enum test_ram_access access, sv3_pa pa)
{
	struct fx *f = (struct fx *)context;
	struct hand_leaf leaf;

	(void)access, (void)pa;
	if (f->accesses++ != f->strike_at)
		return;
	leaf = leaf_at(f, f->target);
	f->strike(f, &leaf);
	f->struck = true;
}

static void watch(struct fx *f, void (*strike)(struct fx *f, struct hand_leaf *leaf),
		  uint64_t target, uint64_t strike_at)
{
	f->strike = strike;
	f->target = target;
	f->strike_at = strike_at;
	f->ram.no_window = true;
	f->ram.hook = hook;
	f->ram.hook_context = f;
}

static void strike_unmap(struct fx *f, struct hand_leaf *leaf)
{
	test_ram_poke(&f->ram, leaf->pte_pa, 0);
}

static void strike_write(struct fx *f, struct hand_leaf *leaf)
{
	hand_write(&f->ram, leaf);
}

static void strike_clear(struct fx *f, struct hand_leaf *leaf)
{
	test_ram_poke(&f->ram, leaf->pte_pa, leaf->pte | HAND_AP2);
}

/* --- sv3_dirty_set --- */

TEST_C(dirty_set, makes_a_clean_leaf_dirty_once_and_gathers_it)
{
	struct hand_leaf leaf;
	struct fx f;

	fx_init(&f, true, SV3_PT_WRITE);
	leaf = leaf_at(&f, 0x3000);
	EXPECT_EQ_INT(sv3_dirty_set(&f.pt, 0x3123, &f.gather), 12);
	EXPECT_EQ_U64(leaf_at(&f, 0x3000).pte, leaf.pte & ~HAND_AP2);
	EXPECT_EQ_INT(sv3_dirty_set(&f.pt, 0x3fff, &f.gather), 0);
	EXPECT_EQ_U64(f.gather.first, 0x3000);
	EXPECT_EQ_U64(f.gather.last, 0x3fff);
	EXPECT_EQ_U64(f.gather.leaf_count, 1);
	EXPECT_EQ_INT(sv3_dirty_set(&f.pt, 0x5000, NULL), 12);
	EXPECT_FALSE(hand_is_dirty(leaf_at(&f, 0x4000).pte));
	test_ram_fini(&f.ram);
}

TEST_C(dirty_set, marks_a_block_as_a_whole)
{
	struct fx f;

	fx_init(&f, true, SV3_PT_WRITE);
	ASSERT_OK(sv3_pt_map(&f.pt, BLOCK, PA_BASE, BLOCK, 21, SV3_PT_WRITE));
	EXPECT_EQ_INT(sv3_dirty_set(&f.pt, BLOCK + 0x12345, &f.gather), 21);
	EXPECT_EQ_U64(f.gather.first, BLOCK);
	EXPECT_EQ_U64(f.gather.last, 2 * BLOCK - 1);
	test_ram_fini(&f.ram);
}

TEST_C(dirty_set, leaves_alone_what_is_not_tracked)
{
	static const struct {
		bool dbm;
		uint32_t flags;
	} rows[] = { { true, SV3_PT_READ }, { false, SV3_PT_WRITE } };

	for (int i = 0; i < 2; i++) {
		struct hand_leaf leaf;
		struct fx f;

		fx_init(&f, rows[i].dbm, rows[i].flags);
		leaf = leaf_at(&f, 0);
		EXPECT_EQ_INT(sv3_dirty_set(&f.pt, 0, &f.gather), -SV3_ERR_NOENT);
		EXPECT_EQ_U64(leaf_at(&f, 0).pte, leaf.pte);
		EXPECT_EQ_INT(sv3_dirty_set(&f.pt, LEN, &f.gather), -SV3_ERR_NOENT);
		EXPECT_EQ_INT(sv3_dirty_set(&f.pt, UINT64_C(1) << 40, &f.gather), -SV3_ERR_NOENT);
		EXPECT_EQ_U64(f.gather.leaf_count, 0);
		test_ram_fini(&f.ram);
	}
}

/* Taken out before any access: nothing is put back. Cleaned: it is dirty in the end all the same,
 * or the one who cleaned saw it dirty. */
TEST_C(dirty_set, swaps_what_it_judged)
{
	for (uint64_t at = 0;; at++) {
		struct fx f;
		int rc;

		fx_init(&f, true, SV3_PT_WRITE);
		watch(&f, strike_unmap, 0x2000, at);
		rc = sv3_dirty_set(&f.pt, 0x2000, &f.gather);
		f.ram.hook = NULL;
		EXPECT_TRUE(f.struck ? rc == -SV3_ERR_NOENT : rc == 12);
		EXPECT_EQ_U64(leaf_at(&f, 0x2000).span_lg2, f.struck ? 0 : 12);
		test_ram_fini(&f.ram);
		if (!f.struck) {
			EXPECT_LE_U64(5, at); /* four levels and the swap */
			break;
		}
	}
}

TEST_C(dirty_set, meets_hardware_that_writes_and_software_that_cleans)
{
	for (int cleans = 0; cleans < 2; cleans++) {
		bool struck = true;

		for (uint64_t at = 0; struck; at++) {
			struct fx f;
			int rc;

			fx_init(&f, true, SV3_PT_WRITE | (cleans ? SV3_PT_BORN_DIRTY : 0u));
			watch(&f, cleans ? strike_clear : strike_write, 0x2000, at);
			rc = sv3_dirty_set(&f.pt, 0x2000, &f.gather);
			f.ram.hook = NULL;
			struck = f.struck;
			EXPECT_TRUE(rc == 0 || rc == 12);
			EXPECT_EQ_U64(f.gather.leaf_count, rc != 0);
			EXPECT_TRUE(hand_is_dirty(leaf_at(&f, 0x2000).pte));
			test_ram_fini(&f.ram);
		}
	}
}

/* --- sv3_pt_arm --- */

TEST_C(arm, takes_write_permission_from_hardware_and_gives_it_back)
{
	struct hand_leaf leaf, unarmed;
	struct fx f;

	fx_init(&f, true, SV3_PT_WRITE);
	leaf = leaf_at(&f, 0x3000);
	ASSERT_OK(sv3_pt_arm(&f.pt, 0x2000, 0x3000, false));
	unarmed = leaf_at(&f, 0x3000);
	EXPECT_EQ_U64(unarmed.pte, (leaf.pte & ~HAND_DBM) | UNARMED | HAND_AP2);
	EXPECT_FALSE(hand_write(&f.ram, &unarmed));
	EXPECT_EQ_INT(sv3_dirty_set(&f.pt, 0x3000, NULL), -SV3_ERR_NOENT);
	EXPECT_EQ_U64(leaf_at(&f, 0x1000).pte & (HAND_DBM | UNARMED), HAND_DBM);
	EXPECT_EQ_U64(leaf_at(&f, 0x5000).pte & (HAND_DBM | UNARMED), HAND_DBM);
	/* Twice is once. */
	ASSERT_OK(sv3_pt_arm(&f.pt, 0x2000, 0x3000, false));
	EXPECT_EQ_U64(leaf_at(&f, 0x3000).pte, unarmed.pte);
	ASSERT_OK(sv3_pt_arm(&f.pt, 0, LEN, true));
	EXPECT_EQ_U64(leaf_at(&f, 0x3000).pte, leaf.pte);
	ASSERT_OK(sv3_pt_arm(&f.pt, 0, LEN, true));
	EXPECT_EQ_U64(leaf_at(&f, 0x3000).pte, leaf.pte);
	test_ram_fini(&f.ram);
}

TEST_C(arm, passes_over_what_is_dirty_read_only_or_not_there)
{
	struct hand_leaf leaf, read_only;
	struct fx f;

	fx_init(&f, true, SV3_PT_WRITE);
	ASSERT_OK(sv3_pt_map(&f.pt, LEN, PA_BASE, 0x1000, 12, SV3_PT_READ));
	leaf = leaf_at(&f, 0);
	read_only = leaf_at(&f, LEN);
	ASSERT_TRUE(hand_write(&f.ram, &leaf));
	leaf = leaf_at(&f, 0);
	EXPECT_EQ_INT(sv3_pt_arm(&f.pt, 0, BLOCK, false), 1);
	EXPECT_EQ_U64(leaf_at(&f, 0).pte, leaf.pte);
	EXPECT_EQ_U64(leaf_at(&f, LEN).pte, read_only.pte);
	EXPECT_EQ_INT(sv3_pt_arm(&f.pt, 0, BLOCK, true), 0);
	EXPECT_EQ_U64(leaf_at(&f, 0).pte, leaf.pte);
	EXPECT_EQ_U64(leaf_at(&f, LEN).pte, read_only.pte);
	test_ram_fini(&f.ram);
}

TEST_C(arm, refuses_a_part_of_a_leaf)
{
	struct hand_leaf leaf;
	struct fx f;

	fx_init(&f, true, SV3_PT_WRITE);
	ASSERT_OK(sv3_pt_map(&f.pt, BLOCK, PA_BASE, BLOCK, 21, SV3_PT_WRITE));
	leaf = leaf_at(&f, 0);
	EXPECT_EQ_INT(sv3_pt_arm(&f.pt, 0, BLOCK + 0x1000, false), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_pt_arm(&f.pt, 0x800, 0x1000, false), -SV3_ERR_RANGE);
	EXPECT_EQ_U64(leaf_at(&f, 0).pte, leaf.pte);
	EXPECT_OK(sv3_pt_arm(&f.pt, 0, 2 * BLOCK, false));
	EXPECT_EQ_U64(leaf_at(&f, BLOCK).pte & (HAND_DBM | UNARMED), UNARMED);
	test_ram_fini(&f.ram);
}

/* A leaf that the hardware writes while it is disarmed stays armed and is told of: no write has
 * lost its dirty state. */
TEST_C(arm, loses_no_write_of_the_hardware)
{
	bool struck = true;

	for (uint64_t at = 0; struck; at++) {
		struct hand_leaf leaf;
		struct fx f;
		bool wrote;
		int rc;

		fx_init(&f, true, SV3_PT_WRITE);
		watch(&f, strike_write, 0x6000, at);
		rc = sv3_pt_arm(&f.pt, 0, LEN, false);
		f.ram.hook = NULL;
		struck = f.struck;
		leaf = leaf_at(&f, 0x6000);
		wrote = hand_is_dirty(leaf.pte);
		EXPECT_EQ_INT(rc, wrote);
		EXPECT_EQ_U64(leaf.pte & UNARMED, wrote ? 0 : UNARMED);
		EXPECT_TRUE(wrote || !struck || at > PAGES);
		test_ram_fini(&f.ram);
	}
}

TEST_C(arm, is_no_way_to_write_what_was_made_read_only)
{
	struct fx f;

	fx_init(&f, true, SV3_PT_WRITE);
	ASSERT_OK(sv3_pt_arm(&f.pt, 0, LEN, false));
	ASSERT_OK(sv3_pt_protect(&f.pt, 0, 0x1000, SV3_PT_READ));
	ASSERT_OK(sv3_pt_protect(&f.pt, 0x1000, 0x1000, SV3_PT_WRITE));
	ASSERT_OK(sv3_pt_arm(&f.pt, 0, LEN, true));
	EXPECT_EQ_U64(leaf_at(&f, 0).pte & (HAND_DBM | HAND_AP2 | UNARMED), HAND_AP2);
	EXPECT_EQ_U64(leaf_at(&f, 0x1000).pte & (HAND_DBM | HAND_AP2 | UNARMED),
		      HAND_DBM | HAND_AP2);
	test_ram_fini(&f.ram);
}

/* --- sv3_pt_visit --- */

struct visits {
	struct sv3_pt_leaf leaves[2 * PAGES];
	unsigned int count;
};

static void note(void *context, const struct sv3_pt_leaf *leaf)
{
	struct visits *visits = (struct visits *)context;

	if (visits->count < 2 * PAGES)
		visits->leaves[visits->count] = *leaf;
	visits->count++;
}

TEST_C(visit, sees_whole_leaves_in_order_and_passes_over_holes)
{
	struct visits visits = { .count = 0 };
	struct fx f;

	fx_init(&f, true, SV3_PT_WRITE);
	ASSERT_OK(sv3_pt_map(&f.pt, BLOCK, PA_BASE, BLOCK, 21, SV3_PT_READ));
	ASSERT_OK(sv3_pt_visit(&f.pt, 0x5800, BLOCK, note, &visits));
	ASSERT_EQ_U64(visits.count, 4);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ_U64(visits.leaves[i].iova, (5 + i) * UINT64_C(0x1000));
		EXPECT_EQ_U64(visits.leaves[i].pa, PA_BASE + (5 + i) * UINT64_C(0x1000));
		EXPECT_EQ_U64(visits.leaves[i].descriptor, leaf_at(&f, (5 + i) * 0x1000).pte);
	}
	EXPECT_EQ_U64(visits.leaves[3].iova, BLOCK);
	EXPECT_EQ_U64(visits.leaves[3].span_lg2, 21);
	EXPECT_EQ_INT(sv3_pt_visit(&f.pt, UINT64_C(1) << 40, 1, note, &visits), -SV3_ERR_RANGE);
	EXPECT_EQ_U64(visits.count, 4);
	test_ram_fini(&f.ram);
}
