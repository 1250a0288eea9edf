/* SPDX-License-Identifier: MIT */
/*
 * test_errors.c - is an abort of memory reported, whichever access of an operation meets it?
 *
 * Each operation is done again and again on a new machine without windows: the first time its first
 * access fails, then its second, until it comes through.
 */
#include "ctest.h"
#include "test_ram.h"

#include <sv3/pagetable.h>

#define RAM_BASE      UINT64_C(0x40000000)
#define RAM_SIZE      UINT64_C(0x40000)
#define PA_BASE       UINT64_C(0x80000000)
#define QUEUE         (RAM_BASE + RAM_SIZE - 0x1000)
#define STRTAB        (RAM_BASE + 0x20000)
#define STRTAB_L2_END QUEUE

#define FIRST \
	(UINT64_C(1) << 21) /* the mapping: the last page of one table, the first of the next */
#define LEN UINT64_C(0x2000)

struct fx {
	struct test_ram ram;
	struct sv3_bus bus;
	struct sv3_pt_pages pages;
	struct sv3_pt pt;
	struct sv3_dirty_log log;
	uint64_t words[16];
	struct sv3_strtab strtab;
	struct sv3_cmdq cmdq;
	uint32_t cr0;
};

static const struct sv3_pt_config config = { .granule_lg2 = 12, .input_size_lg2 = 39, .dbm = true };

/* --- a command queue that takes everything at once --- */

static uint64_t port_read(void *context, uint32_t offset, uint32_t size)
{
	const struct fx *f = (const struct fx *)context;

	(void)size;
	switch (offset) {
	case 0x04:
		return 10 << 21;
	case 0x0c:
		return 1 << 10;
	case 0x20:
	case 0x24:
		return f->cr0;
	case 0x9c:
		return f->cmdq.prod;
	default:
		return 0;
	}
}

static void port_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	struct fx *f = (struct fx *)context;

	(void)size;
	if (offset == 0x20)
		f->cr0 = (uint32_t)value;
}

static bool port_poll(void *context)
{
	(void)context;
	return false;
}

static void fx_init(struct fx *f)
{
	static const struct sv3_regport_ops ops = { port_read, port_write, port_poll };
	const struct sv3_regport regs = { &ops, f };

	memset(f, 0, sizeof(*f));
	f->ram.no_window = true;
	test_ram_add(&f->ram, RAM_BASE, RAM_SIZE);
	f->bus = test_ram_bus(&f->ram);
	f->pages = (struct sv3_pt_pages){ .next = RAM_BASE, .end = STRTAB };
	f->log = (struct sv3_dirty_log){ f->words, 16 * 64, PA_BASE };
	EXPECT_OK(sv3_pt_init(&f->pt, &f->bus, &f->pages, &config));
	EXPECT_OK(sv3_pt_map(&f->pt, FIRST - 0x1000, PA_BASE, LEN, 12,
			     SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
	EXPECT_OK(sv3_strtab_init(&f->strtab, &f->bus, STRTAB, STRTAB_L2_END, 12, 8));
	EXPECT_OK(sv3_cmdq_init(&f->cmdq, &f->bus, &regs, QUEUE, 4));
}

/* --- the operations --- */

static int64_t init(struct fx *f)
{
	struct sv3_pt pt;

	return sv3_pt_init(&pt, &f->bus, &f->pages, &config);
}

static int64_t init_with_returned_table(struct fx *f)
{
	const uint64_t left = f->ram.fails_at;
	int rc;

	f->ram.fails_at = 0;
	rc = sv3_pt_fini(&f->pt);
	f->ram.fails_at = left;
	return rc < 0 ? rc : init(f);
}

static int64_t fini(struct fx *f)
{
	return sv3_pt_fini(&f->pt);
}

static int64_t map(struct fx *f)
{
	return sv3_pt_map(&f->pt, 2 * FIRST - 0x1000, PA_BASE, LEN, 12, SV3_PT_WRITE);
}

/* Memory is short: how many tables have been given back is counted first. */
static int64_t map_with_returned_tables(struct fx *f)
{
	const uint64_t left = f->ram.fails_at;
	struct sv3_pt other;
	int rc;

	f->ram.fails_at = 0;
	rc = sv3_pt_init(&other, &f->bus, &f->pages, &config);
	if (rc == 0)
		rc = sv3_pt_map(&other, 0, PA_BASE, 0x1000, 12, SV3_PT_WRITE);
	if (rc == 0)
		rc = sv3_pt_fini(&other);
	f->pages.end = f->pages.next;
	f->ram.fails_at = left;
	return rc < 0 ? rc : map(f);
}

static int64_t unmap(struct fx *f)
{
	return sv3_pt_unmap(&f->pt, FIRST - 0x1000, LEN, NULL, NULL);
}

static int64_t protect(struct fx *f)
{
	return sv3_pt_protect(&f->pt, FIRST - 0x1000, LEN, SV3_PT_READ);
}

/* Clean leaves first, as a mapping is born without SV3_PT_BORN_DIRTY. */
static int arm(struct fx *f, bool on)
{
	const uint64_t left = f->ram.fails_at;
	int rc;

	f->ram.fails_at = 0;
	rc = sv3_pt_protect(&f->pt, FIRST - 0x1000, LEN, SV3_PT_READ);
	if (rc == 0)
		rc = sv3_pt_protect(&f->pt, FIRST - 0x1000, LEN, SV3_PT_WRITE);
	if (rc == 0 && on)
		rc = sv3_pt_arm(&f->pt, FIRST - 0x1000, LEN, false);
	f->ram.fails_at = left;
	return rc < 0 ? rc : sv3_pt_arm(&f->pt, FIRST - 0x1000, LEN, on);
}

static int64_t arm_on(struct fx *f)
{
	return arm(f, true);
}

static int64_t arm_off(struct fx *f)
{
	return arm(f, false);
}

static void look_away(void *context, const struct sv3_pt_leaf *leaf)
{
	(void)context, (void)leaf;
}

static int64_t visit(struct fx *f)
{
	return sv3_pt_visit(&f->pt, FIRST - 0x1000, LEN, look_away, NULL);
}

static int64_t lookup(struct fx *f)
{
	struct sv3_pt_leaf leaf;

	return sv3_pt_lookup(&f->pt, FIRST, &leaf);
}

static int64_t scan(struct fx *f)
{
	return sv3_dirty_scan_all(&f->pt, 0, UINT64_MAX, 0, &f->log, NULL);
}

static int64_t scan_and_clear(struct fx *f)
{
	return sv3_dirty_scan_all(&f->pt, 0, UINT64_MAX, SV3_DIRTY_CLEAR, &f->log, NULL);
}

static int64_t clear(struct fx *f)
{
	return sv3_dirty_clear(&f->pt, FIRST, NULL, NULL);
}

static bool clean_it(void *context, const struct sv3_pt_leaf *leaf)
{
	(void)context;
	return leaf->span_lg2 != 0;
}

static int64_t visit_and_clean(struct fx *f)
{
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	return sv3_dirty_visit(&f->pt, 0, UINT64_MAX, clean_it, NULL, &gather);
}

static int64_t set(struct fx *f)
{
	const uint64_t left = f->ram.fails_at;
	int rc;

	f->ram.fails_at = 0;
	rc = sv3_dirty_clear(&f->pt, FIRST, NULL, NULL);
	f->ram.fails_at = left;
	return rc < 0 ? rc : sv3_dirty_set(&f->pt, FIRST, NULL);
}

/* A block, or a table full of pages, becomes the other. */
static int64_t resize(struct fx *f, unsigned int from_lg2, unsigned int to_lg2, unsigned int bbml)
{
	const sv3_iova iova = 4 * FIRST;
	const uint64_t left = f->ram.fails_at;
	struct sv3_pt_resize resize;
	int rc;

	f->ram.fails_at = 0;
	rc = sv3_pt_map(&f->pt, iova, PA_BASE, FIRST, from_lg2, SV3_PT_WRITE);
	f->ram.fails_at = left;
	if (rc == 0 && from_lg2 > to_lg2)
		rc = sv3_pt_split_begin(&resize, &f->pt, iova, FIRST, to_lg2, bbml);
	else if (rc == 0)
		rc = sv3_pt_merge_begin(&resize, &f->pt, iova, FIRST, to_lg2, bbml);
	return rc < 0 ? rc : sv3_pt_resize_run(&resize, &f->cmdq, 1);
}

#define RESIZE(name, ...)                      \
	static int64_t name(struct fx *f)      \
	{                                      \
		return resize(f, __VA_ARGS__); \
	}
RESIZE(split_broken, 21, 12, 0)
RESIZE(split_by_nt, 21, 12, 1)
RESIZE(split_at_once, 21, 12, 2)
RESIZE(merge_broken, 12, 21, 0)
RESIZE(merge_by_nt, 12, 21, 1)
RESIZE(merge_at_once, 12, 21, 2)

static int64_t new_stream_table(struct fx *f)
{
	return sv3_strtab_init(&f->strtab, &f->bus, STRTAB, STRTAB_L2_END, 6, 0);
}

static int64_t first_stream(struct fx *f)
{
	static const uint64_t ste[8] = { 1 };

	return sv3_strtab_write(&f->strtab, 0x123, ste);
}

static int64_t substream(struct fx *f)
{
	static const uint64_t cd[8] = { 1 };

	return sv3_cd_write(&f->bus, STRTAB, 3, cd);
}

static int64_t flush(struct fx *f)
{
	const struct sv3_tlbi_range range = { .len = 33 << 12,
					      .granule_lg2 = 12,
					      .stride_lg2 = 12 };

	return sv3_cmdq_tlbi_range(&f->cmdq, &range);
}

static int64_t resume(struct fx *f)
{
	return sv3_cmdq_resume(&f->cmdq, 1, 2, true);
}

static int64_t stall_term(struct fx *f)
{
	return sv3_cmdq_stall_term(&f->cmdq, 1);
}

static int64_t sync(struct fx *f)
{
	return sv3_cmdq_sync(&f->cmdq);
}

TEST_C(errors, of_each_access_are_reported)
{
	static const struct {
		const char *name;
		int64_t (*operation)(struct fx *f);
	} rows[] = {
#define ROW(name) { #name, name }
		ROW(init),
		ROW(init_with_returned_table),
		ROW(fini),
		ROW(map),
		ROW(map_with_returned_tables),
		ROW(unmap),
		ROW(protect),
		ROW(arm_on),
		ROW(arm_off),
		ROW(visit),
		ROW(lookup),
		ROW(scan),
		ROW(scan_and_clear),
		ROW(clear),
		ROW(visit_and_clean),
		ROW(set),
		ROW(split_broken),
		ROW(split_by_nt),
		ROW(split_at_once),
		ROW(merge_broken),
		ROW(merge_by_nt),
		ROW(merge_at_once),
		ROW(new_stream_table),
		ROW(first_stream),
		ROW(substream),
		ROW(flush),
		ROW(resume),
		ROW(stall_term),
		ROW(sync),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t access = 1;
		bool came_through = false;

		for (; !came_through; access++) {
			struct fx f;
			int64_t rc;

			fx_init(&f);
			f.ram.fails_at = access;
			rc = rows[i].operation(&f);
			came_through = f.ram.fails_at != 0;
			if (came_through ? rc < 0 : rc != -SV3_ERR_BUS)
				FAIL_C("%s, access %llu: %lld", rows[i].name,
				       (unsigned long long)access, (long long)rc);
			test_ram_fini(&f.ram);
		}
		if (access <= 2)
			FAIL_C("%s does not access memory", rows[i].name);
	}
}

/* --- what no bus is asked for --- */

TEST_C(errors, memory_of_returned_tables_has_one_granule)
{
	const struct sv3_pt_config other = { .granule_lg2 = 14, .input_size_lg2 = 39 };
	struct sv3_pt pt;
	struct fx f;

	fx_init(&f);
	ASSERT_OK(sv3_pt_fini(&f.pt));
	EXPECT_EQ_INT(sv3_pt_init(&pt, &f.bus, &f.pages, &other), -SV3_ERR_INVAL);
	EXPECT_OK(sv3_pt_init(&pt, &f.bus, &f.pages, &config));
	test_ram_fini(&f.ram);
}

TEST_C(errors, no_memory_for_a_first_table)
{
	struct sv3_pt pt;
	struct fx f;

	fx_init(&f);
	f.pages.next = f.pages.end;
	EXPECT_EQ_INT(sv3_pt_init(&pt, &f.bus, &f.pages, &config), -SV3_ERR_NOMEM);
	test_ram_fini(&f.ram);
}

TEST_C(errors, ranges_that_are_none)
{
	struct fx f;

	fx_init(&f);
	EXPECT_EQ_INT(sv3_pt_unmap(&f.pt, FIRST, 0, NULL, NULL), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_pt_unmap(&f.pt, FIRST + 1, 0x1000, NULL, NULL), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_pt_protect(&f.pt, UINT64_C(1) << 39, 0x1000, 0), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_dirty_clear(&f.pt, UINT64_C(1) << 39, NULL, NULL), 0);
	test_ram_fini(&f.ram);
}

TEST_C(errors, a_leaf_outside_the_log_needs_no_report)
{
	struct fx f;

	fx_init(&f);
	f.log.base = 0;
	EXPECT_EQ_INT(sv3_dirty_clear(&f.pt, FIRST, &f.log, NULL), 12);
	test_ram_fini(&f.ram);
}
