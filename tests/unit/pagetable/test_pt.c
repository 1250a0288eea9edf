/* SPDX-License-Identifier: MIT */
/*
 * test_pt.c - do map, unmap, protect and lookup keep their docstrings?
 *
 * The random test compares with an array of pages, for all granules, with and without a window.
 */
#include "ctest.h"
#include "hand_walk.h"

#include <sv3/pagetable.h>
#include <sv3/prng.h>

#define RAM_BASE UINT64_C(0x40000000)

struct fx {
	struct test_ram ram;
	struct sv3_bus bus;
	struct sv3_pt_pages pages;
	struct sv3_pt pt;
};

static void fx_init(struct fx *f, struct sv3_pt_config config, uint64_t ram_size)
{
	*f = (struct fx){ .pages = { .next = RAM_BASE, .end = RAM_BASE + ram_size } };
	test_ram_add(&f->ram, RAM_BASE, ram_size);
	f->bus = test_ram_bus(&f->ram);
	memset(test_ram_at(&f->ram, RAM_BASE, ram_size), 0xa5, ram_size);
	EXPECT_OK(sv3_pt_init(&f->pt, &f->bus, &f->pages, &config));
}

static const struct sv3_pt_config config_4k = { .granule_lg2 = 12,
						.input_size_lg2 = 48,
						.dbm = true };

static uint64_t fx_pte(const struct fx *f, sv3_iova iova)
{
	const uint64_t offset = iova & ((UINT64_C(1) << f->pt.config.input_size_lg2) - 1);

	return hand_walk(&f->ram, f->pt.root, f->pt.config.granule_lg2, f->pt.config.input_size_lg2,
			 offset)
		.pte;
}

TEST_C(pt, init_refuses_other_geometries)
{
	const struct sv3_pt_config bad[] = {
		{ .granule_lg2 = 13, .input_size_lg2 = 48 },
		{ .granule_lg2 = 12, .input_size_lg2 = 49 },
		{ .granule_lg2 = 12, .input_size_lg2 = 24 },
	};
	struct fx f;
	struct sv3_pt pt;

	fx_init(&f, config_4k, 1 << 20);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ_INT(sv3_pt_init(&pt, &f.bus, &f.pages, &bad[i]), -SV3_ERR_INVAL);
	test_ram_fini(&f.ram);
}

TEST_C(pt, leaf_bits_are_those_of_the_architecture)
{
	/* VALID | page | SH inner | AF | nG */
	const uint64_t base = 3 | UINT64_C(3) << 8 | UINT64_C(1) << 10 | UINT64_C(1) << 11;
	struct fx f;

	fx_init(&f, config_4k, 1 << 20);
	EXPECT_OK(sv3_pt_map(&f.pt, 0x1000, 0x80001000, 0x1000, 12, SV3_PT_READ));
	EXPECT_EQ_U64(fx_pte(&f, 0x1000), base | 0x80001000 | HAND_AP2);
	EXPECT_OK(sv3_pt_map(&f.pt, 0x2000, 0x80002000, 0x1000, 12, SV3_PT_WRITE));
	EXPECT_EQ_U64(fx_pte(&f, 0x2000), base | 0x80002000 | HAND_AP2 | HAND_DBM);
	EXPECT_OK(sv3_pt_map(&f.pt, 0x3000, 0x80003000, 0x1000, 12,
			     SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
	EXPECT_EQ_U64(fx_pte(&f, 0x3000), base | 0x80003000 | HAND_DBM);
	EXPECT_OK(sv3_pt_map(&f.pt, 0x200000, 0xc0200000, 0x200000, 21,
			     SV3_PT_READ | SV3_PT_UNPRIV | SV3_PT_GLOBAL | SV3_PT_NO_AF |
				     SV3_PT_NO_EXEC));
	EXPECT_EQ_U64(fx_pte(&f, 0x200000), 1 | UINT64_C(3) << 8 | 0xc0200000 | HAND_AP2 |
						    UINT64_C(1) << 6 | UINT64_C(3) << 53);
	test_ram_fini(&f.ram);
}

TEST_C(pt, without_dbm_a_writable_leaf_is_plainly_writable)
{
	struct fx f;

	fx_init(&f, (struct sv3_pt_config){ .granule_lg2 = 12, .input_size_lg2 = 39 }, 1 << 20);
	EXPECT_OK(sv3_pt_map(&f.pt, 0, 0, 0x1000, 12, SV3_PT_WRITE));
	EXPECT_EQ_U64(fx_pte(&f, 0) & (HAND_AP2 | HAND_DBM), 0);
	test_ram_fini(&f.ram);
}

TEST_C(pt, map_uses_the_largest_leaf_alignment_allows)
{
	static const struct {
		uint32_t granule_lg2;
		unsigned int leaf_max_lg2;
		uint64_t iova, pa;
		unsigned int span_lg2;
	} cases[] = {
		{ 12, 30, UINT64_C(1) << 30, UINT64_C(3) << 30, 30 },
		{ 12, 29, UINT64_C(1) << 30, UINT64_C(3) << 30, 21 },
		{ 12, 30, UINT64_C(1) << 30, (UINT64_C(3) << 30) + (1 << 21), 21 },
		{ 12, 30, (UINT64_C(1) << 30) + (1 << 21), UINT64_C(3) << 30, 21 },
		{ 12, 30, UINT64_C(1) << 30, (UINT64_C(3) << 30) + (1 << 12), 12 },
		{ 12, 12, UINT64_C(1) << 30, UINT64_C(3) << 30, 12 },
		{ 12, 0, UINT64_C(1) << 30, UINT64_C(3) << 30, 12 },
		{ 14, 48, UINT64_C(1) << 36, UINT64_C(1) << 36, 25 }, /* no blocks at level 1 */
		{ 14, 24, UINT64_C(1) << 36, UINT64_C(1) << 36, 14 },
		{ 16, 48, UINT64_C(1) << 42, UINT64_C(1) << 42, 29 },
	};

	for (unsigned int i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct sv3_pt_config config = { .granule_lg2 = cases[i].granule_lg2,
						      .input_size_lg2 = 48 };
		struct sv3_pt_leaf leaf;
		struct fx f;

		fx_init(&f, config, 64 << 20);
		EXPECT_OK(sv3_pt_map(&f.pt, cases[i].iova, cases[i].pa, UINT64_C(1) << 30,
				     cases[i].leaf_max_lg2, SV3_PT_WRITE));
		EXPECT_OK(sv3_pt_lookup(&f.pt, cases[i].iova, &leaf));
		EXPECT_EQ_U64(leaf.span_lg2, cases[i].span_lg2);
		EXPECT_EQ_U64(leaf.pa, cases[i].pa);
		EXPECT_OK(sv3_pt_lookup(&f.pt, cases[i].iova + (1 << 30) - 1, &leaf));
		EXPECT_EQ_U64(leaf.pa + ((UINT64_C(1) << leaf.span_lg2) - 1),
			      cases[i].pa + (1 << 30) - 1);
		test_ram_fini(&f.ram);
	}
}

TEST_C(pt, map_that_fails_changes_nothing)
{
	const uint64_t size = 1 << 20;
	struct fx f;
	struct sv3_pt_pages pages;
	uint8_t *copy = (uint8_t *)malloc(size);

	fx_init(&f, config_4k, size);
	EXPECT_OK(sv3_pt_map(&f.pt, 0x200000, 0, 0x200000, 21, SV3_PT_WRITE));
	EXPECT_OK(sv3_pt_map(&f.pt, 0x5ff000, 0, 0x1000, 12, SV3_PT_WRITE));
	pages = f.pages;
	memcpy(copy, test_ram_at(&f.ram, RAM_BASE, size), size);
	/* Pages where a block stands, a block above a page, more than there is memory for. */
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, 0, 0, 0x201000, 12, 0), -SV3_ERR_EXIST);
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, 0x400000, 0, 0x200000, 21, 0), -SV3_ERR_EXIST);
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, UINT64_C(1) << 40, 0, UINT64_C(1) << 30, 12, 0),
		      -SV3_ERR_NOMEM);
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, 0x1000, 0, 0x800, 12, 0), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, 0x1000, 0x800, 0x1000, 12, 0), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, 0x1000, 0, 0, 12, 0), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, UINT64_C(1) << 48, 0, 0x1000, 12, 0), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, 0x1000, (UINT64_C(1) << 48) - 0x1000, 0x2000, 12, 0),
		      -SV3_ERR_RANGE);
	EXPECT_EQ_MEM(copy, test_ram_at(&f.ram, RAM_BASE, size), size);
	EXPECT_EQ_MEM(&pages, &f.pages, sizeof pages);
	free(copy);
	test_ram_fini(&f.ram);
}

TEST_C(pt, nomem_is_exact)
{
	/* Root, levels 1 and 2, and three leaf tables; one less is refused. */
	for (uint64_t tables = 5; tables <= 6; tables++) {
		struct fx f;

		fx_init(&f, config_4k, tables * 4096);
		EXPECT_EQ_INT(sv3_pt_map(&f.pt, 0x1ff000, 0, 0x202000, 12, 0),
			      tables == 6 ? 0 : -SV3_ERR_NOMEM);
		test_ram_fini(&f.ram);
	}
}

TEST_C(pt, fini_gives_back_every_table)
{
	struct fx f;

	fx_init(&f, config_4k, 6 * 4096);
	for (int round = 0; round < 3; round++) {
		EXPECT_OK(sv3_pt_map(&f.pt, 0x1ff000, 0, 0x202000, 12, 0));
		EXPECT_OK(sv3_pt_fini(&f.pt));
		EXPECT_OK(sv3_pt_init(&f.pt, &f.bus, &f.pages, &config_4k));
	}
	test_ram_fini(&f.ram);
}

TEST_C(pt, upper_tables_take_upper_addresses_only)
{
	const struct sv3_pt_config config = { .granule_lg2 = 12,
					      .input_size_lg2 = 39,
					      .upper = true };
	const sv3_iova last = UINT64_MAX - 0xfff;
	struct sv3_pt_leaf leaf;
	struct fx f;

	fx_init(&f, config, 1 << 20);
	EXPECT_OK(sv3_pt_map(&f.pt, last, 0x5000, 0x1000, 12, 0));
	EXPECT_OK(sv3_pt_lookup(&f.pt, UINT64_MAX, &leaf));
	EXPECT_EQ_U64(leaf.iova, last);
	EXPECT_EQ_U64(leaf.pa, 0x5000);
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, 0x1000, 0, 0x1000, 12, 0), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_pt_lookup(&f.pt, last & 0xffffffff, &leaf), -SV3_ERR_NOENT);
	EXPECT_EQ_INT((int)sv3_pt_unmap(&f.pt, last, 0x1000, NULL, NULL), 0x1000);
	test_ram_fini(&f.ram);
}

TEST_C(pt, reserved_descriptors_map_nothing)
{
	struct sv3_pt_leaf leaf;
	struct hand_leaf hand;
	struct fx f;

	fx_init(&f, config_4k, 1 << 20);
	EXPECT_OK(sv3_pt_map(&f.pt, 0x1000, 0, 0x1000, 12, 0));
	hand = hand_walk(&f.ram, f.pt.root, 12, 48, 0x1000);
	test_ram_poke(&f.ram, hand.pte_pa, hand.pte & ~UINT64_C(2)); /* 01 at level 3 */
	EXPECT_EQ_INT(sv3_pt_lookup(&f.pt, 0x1000, &leaf), -SV3_ERR_NOENT);
	test_ram_poke(&f.ram, f.pt.root + 8, 1); /* a block at level 0 */
	EXPECT_EQ_INT(sv3_pt_lookup(&f.pt, UINT64_C(1) << 39, &leaf), -SV3_ERR_NOENT);
	EXPECT_OK(sv3_pt_map(&f.pt, 0x1000, 0, 0x1000, 12, 0)); /* and are free to be mapped */
	EXPECT_OK(sv3_pt_lookup(&f.pt, 0x1000, &leaf));
	test_ram_fini(&f.ram);
}

TEST_C(pt, bus_errors_are_reported)
{
	struct sv3_pt_leaf leaf;
	struct fx f;

	fx_init(&f, config_4k, 1 << 20);
	EXPECT_OK(sv3_pt_map(&f.pt, 0x1000, 0, 0x1000, 12, 0));
	test_ram_poke(&f.ram, f.pt.root, 0x10003); /* the next table lies nowhere */
	EXPECT_EQ_INT(sv3_pt_lookup(&f.pt, 0x1000, &leaf), -SV3_ERR_BUS);
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, 0x2000, 0, 0x1000, 12, 0), -SV3_ERR_BUS);
	EXPECT_EQ_INT((int)sv3_pt_unmap(&f.pt, 0x1000, 0x1000, NULL, NULL), -SV3_ERR_BUS);
	EXPECT_EQ_INT(sv3_pt_protect(&f.pt, 0x1000, 0x1000, 0), -SV3_ERR_BUS);
	test_ram_fini(&f.ram);
}

TEST_C(pt, protect_keeps_dirty_state_of_what_stays_writable)
{
	struct hand_leaf hand;
	struct fx f;

	fx_init(&f, config_4k, 1 << 20);
	EXPECT_OK(sv3_pt_map(&f.pt, 0, 0, 0x2000, 12, SV3_PT_WRITE));
	hand = hand_walk(&f.ram, f.pt.root, 12, 48, 0x1000);
	EXPECT_TRUE(hand_write(&f.ram, &hand));
	EXPECT_OK(sv3_pt_protect(&f.pt, 0, 0x2000, SV3_PT_WRITE | SV3_PT_UNPRIV));
	EXPECT_EQ_U64(fx_pte(&f, 0) & (HAND_DBM | HAND_AP2 | 0x40), HAND_DBM | HAND_AP2 | 0x40);
	EXPECT_EQ_U64(fx_pte(&f, 0x1000) & (HAND_DBM | HAND_AP2 | 0x40), HAND_DBM | 0x40);
	EXPECT_OK(sv3_pt_protect(&f.pt, 0, 0x2000, SV3_PT_READ));
	EXPECT_EQ_U64(fx_pte(&f, 0x1000) & (HAND_DBM | HAND_AP2), HAND_AP2);
	EXPECT_OK(sv3_pt_protect(&f.pt, 0, 0x1000, SV3_PT_WRITE));
	EXPECT_OK(sv3_pt_protect(&f.pt, 0x1000, 0x1000, SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
	EXPECT_EQ_U64(fx_pte(&f, 0) & (HAND_DBM | HAND_AP2), HAND_DBM | HAND_AP2);
	EXPECT_EQ_U64(fx_pte(&f, 0x1000) & (HAND_DBM | HAND_AP2), HAND_DBM);
	test_ram_fini(&f.ram);
}

/* --- Against an array --- */

struct model_page {
	bool mapped, writable;
	unsigned int span_lg2;
	sv3_pa pa;
};

struct model {
	struct fx f;
	struct sv3_prng prng;
	struct model_page *pages;
	uint64_t page_count, block_pages;
	sv3_iova base;
	unsigned int granule_lg2;
	uint64_t visited_bytes;
};

static uint64_t model_below(struct model *m, uint64_t limit)
{
	return sv3_prng_below(&m->prng, limit);
}

/* A range of pages; often aligned to blocks. */
static void model_range(struct model *m, uint64_t *first, uint64_t *count)
{
	*first = model_below(m, m->page_count);
	*count = 1 + model_below(m, m->page_count - *first);
	if (model_below(m, 2) == 0) {
		*first -= *first % m->block_pages;
		*count = m->block_pages * (1 + model_below(m, 2));
	} else if (model_below(m, 2) == 0) {
		*count = 1 + model_below(m, 9);
	}
	if (*first + *count > m->page_count)
		*count = m->page_count - *first;
}

/* Is page @index in the middle of a leaf? */
static bool model_cuts(const struct model *m, uint64_t index)
{
	const sv3_iova iova = m->base + (index << m->granule_lg2);

	return index < m->page_count && m->pages[index].mapped &&
	       (iova & ((UINT64_C(1) << m->pages[index].span_lg2) - 1)) != 0;
}

static void model_map(struct model *m, uint64_t first, uint64_t count)
{
	const uint64_t len = count << m->granule_lg2;
	const sv3_iova iova = m->base + (first << m->granule_lg2);
	const sv3_pa pa = (model_below(m, 64) << 32) + (first << m->granule_lg2) +
			  (model_below(m, 2) << m->granule_lg2);
	const unsigned int leaf_max_lg2 = model_below(m, 2) ? 48 : m->granule_lg2;
	const uint32_t flags = model_below(m, 2) ? SV3_PT_WRITE : SV3_PT_READ;
	int expected = 0;

	for (uint64_t i = first; i < first + count; i++)
		if (m->pages[i].mapped)
			expected = -SV3_ERR_EXIST;
	EXPECT_EQ_INT(sv3_pt_map(&m->f.pt, iova, pa, len, leaf_max_lg2, flags), expected);
	for (uint64_t i = first; expected == 0 && i < first + count; i++) {
		struct model_page *page = &m->pages[i];
		const uint64_t offset = (i - first) << m->granule_lg2;
		const struct hand_leaf hand =
			hand_walk(&m->f.ram, m->f.pt.root, m->granule_lg2,
				  m->f.pt.config.input_size_lg2, iova + offset);

		*page = (struct model_page){ true, flags == SV3_PT_WRITE, hand.span_lg2,
					     pa + offset };
		EXPECT_LE_U64(hand.span_lg2, leaf_max_lg2);
	}
}

static void model_visit(void *context, const struct sv3_pt_leaf *leaf)
{
	struct model *m = (struct model *)context;
	const uint64_t index = (leaf->iova - m->base) >> m->granule_lg2;

	EXPECT_EQ_U64(leaf->pa, m->pages[index].pa);
	EXPECT_EQ_U64(leaf->span_lg2, m->pages[index].span_lg2);
	EXPECT_TRUE((leaf->descriptor & 1) != 0);
	m->visited_bytes += UINT64_C(1) << leaf->span_lg2;
}

static void model_unmap(struct model *m, uint64_t first, uint64_t count)
{
	const sv3_iova iova = m->base + (first << m->granule_lg2);
	int64_t expected = 0;

	for (uint64_t i = first; i < first + count; i++)
		expected += m->pages[i].mapped ? INT64_C(1) << m->granule_lg2 : 0;
	if (model_cuts(m, first) || model_cuts(m, first + count))
		expected = -SV3_ERR_RANGE;
	m->visited_bytes = 0;
	EXPECT_EQ_INT(sv3_pt_unmap(&m->f.pt, iova, count << m->granule_lg2, model_visit, m),
		      expected);
	EXPECT_EQ_U64(m->visited_bytes, expected < 0 ? 0 : (uint64_t)expected);
	for (uint64_t i = first; expected >= 0 && i < first + count; i++)
		m->pages[i].mapped = false;
}

static void model_protect(struct model *m, uint64_t first, uint64_t count)
{
	const sv3_iova iova = m->base + (first << m->granule_lg2);
	const bool writable = model_below(m, 2) != 0;
	int expected = 0;

	for (uint64_t i = first; i < first + count; i++)
		if (!m->pages[i].mapped)
			expected = -SV3_ERR_NOENT;
	if (model_cuts(m, first) || model_cuts(m, first + count))
		expected = -SV3_ERR_RANGE;
	EXPECT_EQ_INT(sv3_pt_protect(&m->f.pt, iova, count << m->granule_lg2,
				     writable ? SV3_PT_WRITE : SV3_PT_READ),
		      expected);
	for (uint64_t i = first; expected == 0 && i < first + count; i++)
		m->pages[i].writable = writable;
}

/* Every page, by hand and by lookup. Returns the number of differences. */
static uint64_t model_differences(const struct model *m)
{
	uint64_t differences = 0;

	for (uint64_t i = 0; i < m->page_count; i++) {
		const struct model_page *page = &m->pages[i];
		const sv3_iova iova = m->base + (i << m->granule_lg2);
		const struct hand_leaf hand = hand_walk(&m->f.ram, m->f.pt.root, m->granule_lg2,
							m->f.pt.config.input_size_lg2, iova);
		struct sv3_pt_leaf leaf = { 0 };
		const int rc = sv3_pt_lookup(&m->f.pt, iova, &leaf);

		if (!page->mapped) {
			differences += hand.span_lg2 != 0 || rc != -SV3_ERR_NOENT;
			continue;
		}
		differences +=
			rc != 0 || hand.span_lg2 != page->span_lg2 ||
			hand.pa + (iova & ((UINT64_C(1) << hand.span_lg2) - 1)) != page->pa ||
			((hand.pte & HAND_DBM) != 0) != page->writable || leaf.pa != hand.pa ||
			leaf.descriptor != hand.pte || leaf.descriptor_pa != hand.pte_pa ||
			leaf.span_lg2 != hand.span_lg2;
	}
	return differences;
}

static void model_run(unsigned int granule_lg2, unsigned int input_size_lg2, bool no_window,
		      unsigned int steps)
{
	const struct sv3_pt_config config = { .granule_lg2 = granule_lg2,
					      .input_size_lg2 = input_size_lg2,
					      .dbm = true };
	struct model m = { .granule_lg2 = granule_lg2 };
	uint64_t differences = 0;

	m.block_pages = UINT64_C(1) << (granule_lg2 - 3);
	m.page_count = 3 * m.block_pages;
	m.base = (UINT64_C(1) << input_size_lg2) - (m.page_count << granule_lg2);
	m.pages = (struct model_page *)calloc(m.page_count, sizeof *m.pages);
	sv3_prng_seed(&m.prng, granule_lg2 + input_size_lg2);
	fx_init(&m.f, config, UINT64_C(16) << granule_lg2);
	m.f.ram.no_window = no_window;
	for (unsigned int i = 0; i < steps && differences == 0; i++) {
		uint64_t first, count;

		model_range(&m, &first, &count);
		switch (model_below(&m, 5)) {
		case 0:
		case 1:
			model_map(&m, first, count);
			break;
		case 2:
		case 3:
			model_unmap(&m, first, count);
			break;
		default:
			model_protect(&m, first, count);
			break;
		}
		differences = model_differences(&m);
	}
	EXPECT_EQ_U64(differences, 0);
	free(m.pages);
	test_ram_fini(&m.f.ram);
}

TEST_C(pt, agrees_with_an_array_of_pages)
{
	for (int no_window = 0; no_window <= 1; no_window++) {
		model_run(12, 48, no_window, 300);
		model_run(12, 25, no_window, 300);
		model_run(12, 32, no_window, 100);
		model_run(14, 47, no_window, 150);
		model_run(14, 48, no_window, 50);
		model_run(16, 48, no_window, 60);
		model_run(16, 42, no_window, 40);
	}
}

/* --- Against the hardware --- */

struct race {
	struct fx f;
	uint64_t accesses, strike_at;
	bool written;
	uint64_t seen_pte;
};

static void race_hook(void *context, enum test_ram_access access, sv3_pa pa)
{
	struct race *r = (struct race *)context;

	(void)access, (void)pa;
	if (r->accesses++ == r->strike_at) {
		const struct hand_leaf hand = hand_walk(&r->f.ram, r->f.pt.root, 12, 48, 0x1000);

		r->written = hand_write(&r->f.ram, &hand);
	}
}

static void race_visit(void *context, const struct sv3_pt_leaf *leaf)
{
	((struct race *)context)->seen_pte = leaf->descriptor;
}

TEST_C(pt, unmap_hands_out_dirty_state_set_at_any_moment)
{
	bool over = false;

	for (uint64_t strike_at = 0; !over; strike_at++) {
		struct race r = { .strike_at = strike_at };

		fx_init(&r.f, config_4k, 1 << 20);
		EXPECT_OK(sv3_pt_map(&r.f.pt, 0x1000, 0, 0x1000, 12, SV3_PT_WRITE));
		r.f.ram.no_window = true;
		r.f.ram.hook = race_hook;
		r.f.ram.hook_context = &r;
		EXPECT_EQ_INT(sv3_pt_unmap(&r.f.pt, 0x1000, 0x1000, race_visit, &r), 0x1000);
		EXPECT_TRUE(hand_is_dirty(r.seen_pte) == r.written);
		EXPECT_EQ_U64(fx_pte(&r.f, 0x1000), 0);
		over = r.accesses <= strike_at;
		EXPECT_LT_U64(strike_at, 100);
		test_ram_fini(&r.f.ram);
	}
}

TEST_C(pt, protect_loses_no_dirty_state_set_at_any_moment)
{
	bool over = false;

	for (uint64_t strike_at = 0; !over; strike_at++) {
		struct race r = { .strike_at = strike_at };

		fx_init(&r.f, config_4k, 1 << 20);
		EXPECT_OK(sv3_pt_map(&r.f.pt, 0x1000, 0, 0x1000, 12, SV3_PT_WRITE));
		r.f.ram.no_window = true;
		r.f.ram.hook = race_hook;
		r.f.ram.hook_context = &r;
		EXPECT_OK(sv3_pt_protect(&r.f.pt, 0x1000, 0x1000, SV3_PT_WRITE | SV3_PT_UNPRIV));
		EXPECT_TRUE(hand_is_dirty(fx_pte(&r.f, 0x1000)) == r.written);
		EXPECT_TRUE((fx_pte(&r.f, 0x1000) & 0x40) != 0);
		over = r.accesses <= strike_at;
		test_ram_fini(&r.f.ram);
	}
}

/* Another mapper puts its own leaf there just before our swap. */
static void rival_hook(void *context, enum test_ram_access access, sv3_pa pa)
{
	if (access == TEST_RAM_CAS)
		test_ram_poke((const struct test_ram *)context, pa, 0x9000 | 3);
}

TEST_C(pt, map_does_not_overwrite_what_another_mapped_meanwhile)
{
	struct fx f;

	fx_init(&f, config_4k, 1 << 20);
	EXPECT_OK(sv3_pt_map(&f.pt, 0x1000, 0, 0x1000, 12, 0));
	f.ram.no_window = true;
	f.ram.hook = rival_hook;
	f.ram.hook_context = &f.ram;
	EXPECT_EQ_INT(sv3_pt_map(&f.pt, 0x2000, 0, 0x1000, 12, 0), -SV3_ERR_EXIST);
	EXPECT_EQ_U64(fx_pte(&f, 0x2000), 0x9000 | 3);
	test_ram_fini(&f.ram);
}
