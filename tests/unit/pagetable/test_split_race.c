/* SPDX-License-Identifier: MIT */
/*
 * test_split_race.c - do split and merge lose anything if another master acts, or memory aborts, at
 * any of their accesses?
 *
 * The hardware is played by hand, and as unhelpful as it may be: until the invalidation that a
 * step owes is complete, it knows the leaf that was there before, table and all.
 */
#include "ctest.h"
#include "hand_walk.h"

#include <sv3/pagetable.h>

#define RAM_BASE  UINT64_C(0x40000000)
#define RAM_SIZE  UINT64_C(0x10000)
#define QUEUE     (RAM_BASE + RAM_SIZE - 0x1000)
#define FIRST     UINT64_C(0x600000)
#define LEN       UINT64_C(0x200000)
#define PAGE_LAST 511u
#define BLOCK_LG2 21u

#define AF (UINT64_C(1) << 10)
#define NT (UINT64_C(1) << 16)

enum kind { SPLIT, MERGE, KIND_COUNT };

struct fx {
	struct test_ram ram;
	struct sv3_bus bus;
	struct sv3_pt_pages pages;
	struct sv3_pt pt;
	struct sv3_pt_resize resize;
	enum kind kind;
	unsigned int bbml;
	/* The other master. */
	uint64_t acts_at; /* access, counted from 1 */
	uint64_t accesses;
	bool knows; /* it goes by @known as long as this is a leaf */
	struct hand_leaf known;
	uint32_t page;
	bool wrote;
};

static void fx_fini(struct fx *f)
{
	test_ram_fini(&f->ram);
}

/* A clean block that is to be split, or clean pages that are to be merged. */
static void fx_init(struct fx *f, enum kind kind, unsigned int bbml)
{
	const struct sv3_pt_config config = { .granule_lg2 = 12,
					      .input_size_lg2 = 39,
					      .dbm = true };

	*f = (struct fx){ .pages = { .next = RAM_BASE, .end = QUEUE }, .kind = kind, .bbml = bbml };
	test_ram_add(&f->ram, RAM_BASE, RAM_SIZE);
	f->ram.no_window = true;
	f->bus = test_ram_bus(&f->ram);
	EXPECT_OK(sv3_pt_init(&f->pt, &f->bus, &f->pages, &config));
	EXPECT_OK(sv3_pt_map(&f->pt, FIRST, FIRST, LEN, kind == SPLIT ? 21 : 12, SV3_PT_WRITE));
	if (kind == SPLIT)
		EXPECT_OK(sv3_pt_split_begin(&f->resize, &f->pt, FIRST, LEN, 12, bbml));
	else
		EXPECT_OK(sv3_pt_merge_begin(&f->resize, &f->pt, FIRST, LEN, 21, bbml));
}

#define FX(name, kind, bbml)                              \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	fx_init(&name, kind, bbml)

static struct hand_leaf leaf_of(const struct fx *f, uint32_t page)
{
	return hand_walk(&f->ram, f->pt.root, 12, 39, FIRST + ((uint64_t)page << 12));
}

static unsigned int size_lg2(enum kind kind)
{
	return kind == SPLIT ? 12 : BLOCK_LG2;
}

/* Is the leaf that was there before still one, as far as its descriptor says? */
static bool known_is_leaf(struct fx *f)
{
	f->known.pte = test_ram_peek(&f->ram, f->known.pte_pa);
	return f->knows && (f->known.pte & 3) == (f->known.span_lg2 == 12 ? 3 : 1);
}

/* A write: by what the hardware knows, or by a walk. */
static void act(void *context, enum test_ram_access access, sv3_pa pa)
{
	struct fx *f = (struct fx *)context;
	struct hand_leaf leaf;

	(void)access, (void)pa;
	if (++f->accesses != f->acts_at)
		return;
	leaf = known_is_leaf(f) ? f->known : leaf_of(f, f->page);
	f->wrote = hand_write(&f->ram, &leaf);
	if (!f->wrote && f->bbml != 0)
		ctest_fail(__FILE__, __LINE__, "access %u finds no leaf", (unsigned int)f->acts_at);
}

/* Returns: whether the other master came to act. */
static bool race(enum kind kind, unsigned int bbml, bool knows, uint32_t page, uint64_t acts_at)
{
	FX(f, kind, bbml);
	struct hand_leaf leaf;
	int rc;

	f.acts_at = acts_at;
	f.page = page;
	f.ram.hook = act;
	f.ram.hook_context = &f;
	do {
		f.known = leaf_of(&f, page);
		f.knows = knows;
		rc = sv3_pt_resize_step(&f.resize);
	} while (rc > 0);
	if (rc < 0)
		ctest_fail(__FILE__, __LINE__, "a step fails: %d", rc);
	leaf = leaf_of(&f, page);
	if (leaf.span_lg2 != size_lg2(kind) ||
	    leaf.pa != FIRST + (kind == SPLIT ? page << 12 : 0) ||
	    hand_is_dirty(leaf.pte) != f.wrote)
		ctest_fail(__FILE__, __LINE__, "%s, bbml %u, page %u, access %u: %#llx",
			   kind == SPLIT ? "split" : "merge", bbml, page, (unsigned int)acts_at,
			   (unsigned long long)leaf.pte);
	return f.accesses >= acts_at;
}

/* At each access in turn. The hardware writes; it may know the old leaf from before the step. */
TEST_C(resize, no_write_is_lost_at_any_access)
{
	static const uint32_t pages[] = { 0, 1, 300, PAGE_LAST };

	for (unsigned int n = 0; n < 2 * 3 * 2 * 4; n++) {
		const enum kind kind = n % 2 ? MERGE : SPLIT;
		uint64_t access = 1;

		while (race(kind, n / 2 % 3, n / 6 % 2, pages[n / 12], access))
			access++;
		EXPECT_GE_U64(access, kind == SPLIT ? 10 : 1000);
	}
}

/* The same between the swap and the end of its invalidation, when no access of software is. */
TEST_C(resize, no_write_is_lost_between_two_steps)
{
	for (unsigned int n = 0; n < 2 * 3 * 4; n++) {
		const enum kind kind = n % 2 ? MERGE : SPLIT;
		const unsigned int bbml = n / 2 % 3;
		FX(f, kind, bbml);
		unsigned int writes = 0;

		for (unsigned int step = 0;; step++) {
			const struct hand_leaf before = leaf_of(&f, 77);
			const int rc = sv3_pt_resize_step(&f.resize);

			EXPECT_OK(rc);
			if (rc <= 0)
				break;
			f.known = before;
			f.knows = f.resize.owed.len > 0;
			f.page = 77;
			f.acts_at = f.accesses + 1;
			if (step == n / 6) {
				act(&f, TEST_RAM_READ, 0);
				writes += f.wrote;
			}
		}
		EXPECT_EQ_INT(hand_is_dirty(leaf_of(&f, 77).pte), writes > 0);
	}
}

/* --- aborts --- */

static void expect_done(struct fx *f, const struct fx *model)
{
	const struct hand_leaf leaf = leaf_of(f, 77), wanted = leaf_of(model, 77);

	EXPECT_EQ_U64(f->resize.changed, 1);
	EXPECT_EQ_U64(f->resize.table, 0);
	EXPECT_EQ_U64(leaf.pte, wanted.pte);
	EXPECT_EQ_MEM(test_ram_at(&f->ram, RAM_BASE, RAM_SIZE),
		      test_ram_at(&model->ram, RAM_BASE, RAM_SIZE), RAM_SIZE);
	EXPECT_EQ_MEM(&f->pages, &model->pages, sizeof(f->pages));
}

static void run(struct fx *f)
{
	int rc;

	while ((rc = sv3_pt_resize_step(&f->resize)) > 0)
		;
	EXPECT_OK(rc);
}

/* The step that fails may be done again, and leaves the same memory behind in the end. */
TEST_C(resize, goes_on_after_an_abort_at_any_access)
{
	for (unsigned int n = 0; n < 6; n++) {
		FX(model, n % 2 ? MERGE : SPLIT, n / 2);
		bool came_through = false;

		run(&model);
		for (uint64_t access = 1; !came_through; access++) {
			FX(f, n % 2 ? MERGE : SPLIT, n / 2);
			int rc;

			f.ram.fails_at = access;
			while ((rc = sv3_pt_resize_step(&f.resize)) > 0)
				;
			came_through = f.ram.fails_at != 0;
			EXPECT_EQ_INT(rc, came_through ? 0 : -SV3_ERR_BUS);
			EXPECT_EQ_U64(f.resize.owed.len, 0);
			run(&f);
			expect_done(&f, &model);
		}
	}
}

/* --- other software --- */

/* What is found instead of the leaf in hand is left alone. */
TEST_C(resize, does_not_overwrite_what_other_software_put_there)
{
	static const uint64_t others[] = { 0x3000001, FIRST | NT | 1 << 11 | 1, 0x3 };

	for (unsigned int n = 0; n < 6 * 3; n++) {
		const uint64_t other = others[n / 6];
		FX(f, n % 2 ? MERGE : SPLIT, n / 2 % 3);
		sv3_pa pte = leaf_of(&f, 0).pte_pa;

		if (f.kind == SPLIT && f.bbml == 2)
			continue; /* one step */
		ASSERT_EQ_INT(sv3_pt_resize_step(&f.resize), 1);
		pte = f.resize.descriptor_pa;
		test_ram_poke(&f.ram, pte, other);
		EXPECT_EQ_INT(sv3_pt_resize_step(&f.resize), -SV3_ERR_EXIST);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, pte), other);
		EXPECT_EQ_U64(f.pages.free_head, 0);
	}
}

/* Nor is a table taken back that another still changes. */
TEST_C(merge, finds_a_page_unmapped_meanwhile)
{
	for (unsigned int bbml = 0; bbml < 3; bbml++) {
		FX(f, MERGE, bbml);
		const sv3_pa child = leaf_of(&f, 5).pte_pa;

		ASSERT_EQ_INT(sv3_pt_resize_step(&f.resize), 1);
		test_ram_poke(&f.ram, child, 0);
		EXPECT_EQ_INT(sv3_pt_resize_step(&f.resize), -SV3_ERR_EXIST);
	}
}

/* At the swap itself: what was judged is judged again. */
static void take_block(void *context, enum test_ram_access access, sv3_pa pa)
{
	struct fx *f = (struct fx *)context;

	if (access == TEST_RAM_CAS)
		test_ram_poke(&f->ram, pa, 0);
}

TEST_C(resize, a_leaf_that_is_gone_at_the_swap)
{
	for (unsigned int n = 0; n < 6; n++) {
		FX(f, n % 2 ? MERGE : SPLIT, n / 2);

		f.ram.hook = take_block;
		f.ram.hook_context = &f;
		EXPECT_EQ_INT(sv3_pt_resize_step(&f.resize), 0);
		EXPECT_EQ_U64(leaf_of(&f, 0).span_lg2, 0);
		EXPECT_EQ_U64(f.resize.changed, 0);
		/* The table that was taken for it is back. */
		EXPECT_EQ_INT(f.pages.free_head != 0, f.kind == SPLIT);
	}
}

/* Scans may clean between two steps: all that is dirty is reported, and dirty is what was written
 * since. */
TEST_C(resize, scans_between_two_steps)
{
	for (unsigned int n = 0; n < 3 * 2; n++) {
		const bool later = n % 2;
		FX(f, SPLIT, n / 2);
		uint64_t words[8] = { 0 };
		struct sv3_dirty_log log = { words, 512, FIRST };
		struct hand_leaf leaf = leaf_of(&f, 0);

		EXPECT_TRUE(hand_write(&f.ram, &leaf));
		while (sv3_pt_resize_step(&f.resize) > 0) {
			struct sv3_pt_gather gather;

			sv3_pt_gather_init(&gather);
			EXPECT_OK(sv3_dirty_scan_all(&f.pt, 0, UINT64_C(1) << 39, SV3_DIRTY_CLEAR,
						     &log, &gather));
			leaf = leaf_of(&f, 3);
			if (later)
				hand_write(&f.ram, &leaf);
		}
		EXPECT_EQ_U64(sv3_dirty_log_count(&log), 512);
		EXPECT_EQ_INT(hand_is_dirty(leaf_of(&f, 3).pte), later);
		EXPECT_FALSE(hand_is_dirty(leaf_of(&f, 4).pte));
	}
}

/* --- with a command queue --- */

struct port {
	struct fx *f;
	struct sv3_cmdq cmdq;
	uint32_t cr0, cons;
	bool stuck, has_ranges;
};

static uint64_t port_read(void *context, uint32_t offset, uint32_t size)
{
	struct port *p = (struct port *)context;

	(void)size;
	switch (offset) {
	case 0x04:
		return 10 << 21;
	case 0x0c:
		return p->has_ranges ? 1 << 10 : 0;
	case 0x20:
	case 0x24:
		return p->cr0;
	case 0x9c:
		return p->stuck ? p->cons : p->cmdq.prod;
	default:
		return 0;
	}
}

static void port_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	struct port *p = (struct port *)context;

	(void)size;
	if (offset == 0x20)
		p->cr0 = (uint32_t)value;
	if (offset == 0x98 && !p->stuck)
		p->cons = (uint32_t)value;
}

static bool port_poll(void *context)
{
	(void)context;
	return false;
}

static void port_init(struct port *p, struct fx *f, bool has_ranges)
{
	static const struct sv3_regport_ops ops = { port_read, port_write, port_poll };
	const struct sv3_regport regs = { &ops, p };

	*p = (struct port){ .f = f, .has_ranges = has_ranges };
	EXPECT_OK(sv3_cmdq_init(&p->cmdq, &f->bus, &regs, QUEUE, 7));
}

/* How many commands, and what the first says. [IHI0070 4.4.1] */
TEST_C(resize, run_sends_what_each_step_owes)
{
	static const struct {
		enum kind kind;
		unsigned int bbml, tlbi[2], sync; /* without and with range commands */
		unsigned int leaf;
	} rows[] = {
		{ SPLIT, 0, { 1, 1 }, 1, 0 },   { SPLIT, 1, { 2, 2 }, 2, 1 },
		{ SPLIT, 2, { 1, 1 }, 1, 0 },   { MERGE, 0, { 512, 1 }, 1, 0 },
		{ MERGE, 1, { 513, 2 }, 2, 0 }, { MERGE, 2, { 512, 1 }, 1, 0 },
	};

	for (unsigned int n = 0; n < 12; n++) {
		FX(f, rows[n / 2].kind, rows[n / 2].bbml);
		struct port p;

		port_init(&p, &f, n % 2);
		EXPECT_OK(sv3_pt_resize_run(&f.resize, &p.cmdq, 0x1234));
		EXPECT_EQ_U64(p.cmdq.tlbi_count, rows[n / 2].tlbi[n % 2]);
		EXPECT_EQ_U64(p.cmdq.sync_count, rows[n / 2].sync);
		EXPECT_EQ_U64(leaf_of(&f, 0).span_lg2, size_lg2(f.kind));
		if (n % 2 == 0 && rows[n / 2].kind == MERGE)
			continue; /* the ring was overwritten */
		EXPECT_EQ_U64(test_ram_peek(&f.ram, QUEUE) >> 48, 0x1234);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, QUEUE) & 0xff, 0x12);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, QUEUE + 8) & 1, rows[n / 2].leaf);
		EXPECT_EQ_U64(test_ram_peek(&f.ram, QUEUE + 8) & ~UINT64_C(0xfff), FIRST);
	}
}

/* What was owed when the queue failed is sent again, before anything else is done. */
TEST_C(resize, run_forgets_nothing_that_is_owed)
{
	for (unsigned int n = 0; n < 6; n++) {
		FX(f, n % 2 ? MERGE : SPLIT, n / 2);
		struct port p;

		port_init(&p, &f, true);
		p.stuck = true;
		for (unsigned int i = 0; i < 3; i++) {
			EXPECT_EQ_INT(sv3_pt_resize_run(&f.resize, &p.cmdq, 1), -SV3_ERR_TIMEOUT);
			EXPECT_EQ_U64(p.cmdq.tlbi_count, i + 1);
			EXPECT_EQ_U64(f.resize.owed.len, LEN);
			EXPECT_EQ_U64(f.pages.free_head, 0);
		}
		p.stuck = false;
		EXPECT_OK(sv3_pt_resize_run(&f.resize, &p.cmdq, 1));
		EXPECT_EQ_U64(leaf_of(&f, 0).span_lg2, size_lg2(f.kind));
	}
}
