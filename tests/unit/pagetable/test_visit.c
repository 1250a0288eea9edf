/* SPDX-License-Identifier: MIT */
/*
 * test_visit.c - does sv3_dirty_visit() show every leaf once, whole and in order, and clean those
 * that were chosen and no others, whatever happens in between?
 *
 * The twin reads the table by hand, page by page.
 */
#include "ctest.h"
#include "hand_walk.h"

#include <sv3/pagetable.h>
#include <sv3/prng.h>

#define RAM_BASE UINT64_C(0x40000000)
#define RAM_SIZE UINT64_C(0x40000)
#define PA_BASE  UINT64_C(0x80000000)
#define PAGE     UINT64_C(4096)
#define BLOCK    (512 * PAGE)
#define SPAN     (4 * BLOCK)
#define LEAVES   2048u

struct fx {
	struct test_ram ram;
	struct sv3_bus bus;
	struct sv3_pt_pages pages;
	struct sv3_pt pt;
	bool upper;
	/* What was shown, and which of them are to be cleaned: every @choose-th page. */
	struct sv3_pt_leaf shown[LEAVES];
	uint64_t shown_count, choose;
	struct sv3_pt_gather gather;
};

static void fx_init(struct fx *f, bool upper)
{
	const struct sv3_pt_config config = {
		.granule_lg2 = 12, .input_size_lg2 = 40, .dbm = true, .upper = upper
	};

	*f = (struct fx){ .pages = { .next = RAM_BASE, .end = RAM_BASE + RAM_SIZE },
			  .upper = upper,
			  .choose = 1 };
	test_ram_add(&f->ram, RAM_BASE, RAM_SIZE);
	f->bus = test_ram_bus(&f->ram);
	EXPECT_OK(sv3_pt_init(&f->pt, &f->bus, &f->pages, &config));
	sv3_pt_gather_init(&f->gather);
}

static void fx_fini(struct fx *f)
{
	test_ram_fini(&f->ram);
}

#define FX(name, upper)                                   \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	fx_init(&name, upper)

static sv3_iova fx_iova(const struct fx *f, uint64_t offset)
{
	return f->upper ? offset | ~((UINT64_C(1) << 40) - 1) : offset;
}

static struct hand_leaf fx_leaf(const struct fx *f, uint64_t offset)
{
	return hand_walk(&f->ram, f->pt.root, 12, 40, offset);
}

static bool is_chosen(const struct fx *f, sv3_iova iova)
{
	return iova / PAGE % f->choose == 0;
}

static bool judge(void *context, const struct sv3_pt_leaf *leaf)
{
	struct fx *f = (struct fx *)context;

	if (f->shown_count < LEAVES)
		f->shown[f->shown_count] = *leaf;
	f->shown_count++;
	return is_chosen(f, leaf->iova);
}

/* Holes, pages and blocks; read-only, clean and dirty. */
static void fx_fill(struct fx *f, struct sv3_prng *prng)
{
	for (uint64_t offset = 0; offset < SPAN;) {
		const bool whole = offset % BLOCK == 0 && sv3_prng_below(prng, 3) == 0;
		uint64_t len = whole ? BLOCK : (1 + sv3_prng_below(prng, 200)) * PAGE;
		static const uint32_t flags[] = { SV3_PT_READ, SV3_PT_WRITE,
						  SV3_PT_WRITE | SV3_PT_BORN_DIRTY };

		if (len > BLOCK - offset % BLOCK)
			len = BLOCK - offset % BLOCK;
		if (sv3_prng_below(prng, 4))
			EXPECT_OK(sv3_pt_map(&f->pt, fx_iova(f, offset), PA_BASE + offset, len, 21,
					     flags[sv3_prng_below(prng, 3)]));
		offset += len;
	}
}

/* Before: what a visit of [offset, offset + len) has to show and to clean. */
struct twin {
	uint64_t leaves, cleaned;
	struct hand_leaf leaf[LEAVES];
	uint64_t offset[LEAVES];
};

static void twin_read(const struct fx *f, struct twin *twin, uint64_t offset, uint64_t len)
{
	const uint64_t end = offset + len;

	twin->leaves = twin->cleaned = 0;
	while (offset < end) {
		const struct hand_leaf leaf = fx_leaf(f, offset);
		const uint64_t span = leaf.span_lg2 ? UINT64_C(1) << leaf.span_lg2 : PAGE;

		offset &= ~(span - 1);
		if (leaf.span_lg2 && twin->leaves < LEAVES) {
			twin->leaf[twin->leaves] = leaf;
			twin->offset[twin->leaves++] = offset;
			twin->cleaned +=
				hand_is_dirty(leaf.pte) && is_chosen(f, fx_iova(f, offset));
		}
		offset += span;
	}
}

static void check_visit(struct fx *f, struct twin *twin, uint64_t offset, uint64_t len)
{
	twin_read(f, twin, offset, len);
	f->shown_count = 0;
	sv3_pt_gather_init(&f->gather);
	ASSERT_OK(sv3_dirty_visit(&f->pt, fx_iova(f, offset), len, judge, f, &f->gather));
	ASSERT_EQ_U64(f->shown_count, twin->leaves);
	EXPECT_EQ_U64(f->gather.leaf_count, twin->cleaned);
	for (uint64_t i = 0; i < twin->leaves; i++) {
		const struct hand_leaf *before = &twin->leaf[i];
		const bool cleans =
			hand_is_dirty(before->pte) && is_chosen(f, fx_iova(f, twin->offset[i]));

		EXPECT_EQ_U64(f->shown[i].iova, fx_iova(f, twin->offset[i]));
		EXPECT_EQ_U64(f->shown[i].pa, before->pa);
		EXPECT_EQ_U64(f->shown[i].span_lg2, before->span_lg2);
		EXPECT_EQ_U64(f->shown[i].descriptor, before->pte);
		EXPECT_EQ_U64(fx_leaf(f, twin->offset[i]).pte,
			      cleans ? before->pte | HAND_AP2 : before->pte);
		if (cleans) {
			EXPECT_LE_U64(f->gather.first, f->shown[i].iova);
			EXPECT_GE_U64(f->gather.last,
				      f->shown[i].iova + ((UINT64_C(1) << before->span_lg2) - 1));
		}
	}
}

TEST_C(visit, shows_and_cleans_what_reading_every_page_says)
{
	static struct twin twin;
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 1);
	for (unsigned int round = 0; round < 60; round++) {
		FX(f, round % 3 == 0);
		fx_fill(&f, &prng);
		f.ram.no_window = round % 2 == 0;
		for (unsigned int i = 0; i < 4; i++) {
			const uint64_t offset = sv3_prng_below(&prng, SPAN);

			f.choose = 1 + sv3_prng_below(&prng, 3);
			check_visit(&f, &twin, offset, 1 + sv3_prng_below(&prng, SPAN - offset));
		}
	}
}

TEST_C(visit, clips_to_the_input_range)
{
	FX(f, false);
	EXPECT_OK(sv3_pt_map(&f.pt, 0, PA_BASE, PAGE, 12, SV3_PT_WRITE));
	EXPECT_OK(sv3_dirty_visit(&f.pt, 0, UINT64_MAX, judge, &f, &f.gather));
	EXPECT_EQ_U64(f.shown_count, 1);
	EXPECT_OK(sv3_dirty_visit(&f.pt, UINT64_C(1) << 40, PAGE, judge, &f, &f.gather));
	EXPECT_OK(sv3_dirty_visit(&f.pt, 0, 0, judge, &f, &f.gather));
	EXPECT_EQ_U64(f.shown_count, 1);
}

/* Another unmaps the page, or maps another in its place, before it is cleaned. */
static void changes_before_the_swap(void *context, enum test_ram_access access, sv3_pa pa)
{
	struct fx *f = (struct fx *)context;

	(void)pa;
	if (access == TEST_RAM_CAS) {
		const struct hand_leaf leaf = fx_leaf(f, 0);

		test_ram_poke(&f->ram, leaf.pte_pa, f->choose == 1 ? 0 : leaf.pte + PAGE);
		f->ram.hook = NULL;
	}
}

TEST_C(visit, looks_again_at_a_leaf_that_changed)
{
	for (uint64_t taken = 0; taken < 2; taken++) {
		FX(f, false);
		EXPECT_OK(
			sv3_pt_map(&f.pt, 0, PA_BASE, PAGE, 12, SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
		f.ram.no_window = true;
		f.choose = taken ? 1 : 2;
		f.ram.hook = changes_before_the_swap;
		f.ram.hook_context = &f;
		EXPECT_OK(sv3_dirty_visit(&f.pt, 0, PAGE, judge, &f, &f.gather));
		/* Taken out: not touched any more. Moved: shown again, and cleaned. */
		EXPECT_EQ_U64(f.shown_count, taken ? 1 : 2);
		EXPECT_EQ_U64(f.gather.leaf_count, taken ? 0 : 1);
		EXPECT_EQ_U64(fx_leaf(&f, 0).span_lg2, taken ? 0 : 12);
		if (!taken)
			EXPECT_EQ_U64(f.shown[1].pa, PA_BASE + PAGE);
	}
}
