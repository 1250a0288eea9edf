/* SPDX-License-Identifier: MIT */
/*
 * test_resize_wrong.c - is software found out that changes the size of a leaf, but leaves out an
 * invalidation, makes it too small, or takes a level of support that the hardware does not have?
 *
 * Each wrong sequence stands beside the right one, which is clean under the same accesses.
 * [IHI0070 3.21.1.1 to 3.21.1.3]
 */
#include "tests/model/fx.h"

#include <sv3/pagetable.h>

#include <limits.h>

#define BLOCK_IOVA (FX_IOVA & ~UINT64_C(0x1fffff))
#define SPAN       UINT64_C(0x200000)
#define PAGE       UINT64_C(0x5000)
#define CLEAN      (FX_DATA | FX_AF | FX_NG | FX_DBM | FX_AP2)

#define F_TLB_CONFLICT 0x20u

/* What is done with an invalidation that is owed. */
enum owed { COMPLETE, NONE, LEAF_ONLY };

struct rig {
	struct fx f;
	struct sv3_pt_pages pool;
	struct sv3_pt pt;
	struct sv3_cmdq cmdq;
	sv3_pa descriptor;
	unsigned int bbml;      /* of the hardware */
	unsigned int writes_at; /* the first of its visits at which the device writes, too */
	unsigned int visits;
};

static void rig_fini(struct rig *r)
{
	fx_fini(&r->f);
}

/* A clean block; conflicts are told of where the level allows that. */
static void rig_init(struct rig *r, unsigned int bbml, unsigned int flags)
{
	struct sv3_smmu_config config;

	*r = (struct rig){ .bbml = bbml, .writes_at = UINT_MAX };
	fx_config(&config, flags);
	config.choices = bbml < 2 ? SV3_CHOICE_TLB_CONFLICT : 0;
	if (bbml == 0)
		config.aidr = 1;
	config.idr3 = (config.idr3 & ~UINT32_C(0x1800)) | bbml << 11;
	fx_power_on(&r->f, &config);
	fx_boot(&r->f, FX_HTTU);
	r->descriptor = fx_map(&r->f, BLOCK_IOVA, 2, CLEAN | FX_BLOCK);
	r->pool = (struct sv3_pt_pages){ .next = FX_SCRATCH, .end = FX_SCRATCH + 0x200000 };
	r->pt = (struct sv3_pt){ .bus = r->f.bus,
				 .pages = &r->pool,
				 .config = { .granule_lg2 = 12, .input_size_lg2 = 48, .dbm = true },
				 .root = r->f.ttb0 };
	EXPECT_OK(sv3_cmdq_init(&r->cmdq, &r->f.bus, &r->f.port, FX_CMDQ, 6));
}

#define RIG(name, bbml, flags)                              \
	__attribute__((cleanup(rig_fini))) struct rig name; \
	rig_init(&name, bbml, flags)

static void flush(struct rig *r, struct sv3_pt_resize *resize, enum owed owed)
{
	if (resize->owed.len == 0 || owed == NONE)
		return;
	resize->owed.asid = 1;
	resize->owed.leaf |= owed == LEAF_ONLY;
	EXPECT_OK(sv3_cmdq_tlbi_range(&r->cmdq, &resize->owed));
	EXPECT_OK(sv3_cmdq_sync(&r->cmdq));
}

/* What makes an entry of any leaf there is, if that is allowed: a page that may be known, one that
 * may have to be made dirty, one that is new. */
static void visit(struct rig *r)
{
	fx_read(&r->f, BLOCK_IOVA + PAGE);
	if (r->visits >= r->writes_at)
		fx_write(&r->f, BLOCK_IOVA + PAGE);
	fx_read(&r->f, BLOCK_IOVA + PAGE);
	fx_read(&r->f, BLOCK_IOVA + 0x100000 + UINT64_C(0x1000) * r->visits++);
	fx_read(&r->f, BLOCK_IOVA + PAGE);
}

/* Steps as at level @bbml; the device goes on all the time. */
static void resize_as(struct rig *r, bool merge, unsigned int bbml, enum owed owed)
{
	struct sv3_pt_resize resize;

	EXPECT_OK((merge ? sv3_pt_merge_begin : sv3_pt_split_begin)(&resize, &r->pt, BLOCK_IOVA,
								    SPAN, merge ? 21 : 12, bbml));
	while (sv3_pt_resize_step(&resize) > 0) {
		visit(r);
		flush(r, &resize, owed);
		visit(r);
	}
}

/* Returns: whether one of these accesses met two leaves. */
static bool meets_conflict(struct rig *r)
{
	bool met = false;

	visit(r);
	for (unsigned int event = fx_event(&r->f); event != 0; event = fx_event(&r->f))
		met |= event == F_TLB_CONFLICT;
	return met;
}

/* Without TLBI, or without break or nT, leaves of two sizes meet. A walk cache would keep a table
 * that was taken out in use: see below. */
TEST_C(resize_wrong, conflicts)
{
	static const struct {
		bool merge;
		unsigned int hardware, software;
		enum owed owed;
		bool conflict;
	} rows[] = {
		{ false, 1, 1, COMPLETE, false }, { false, 1, 1, NONE, true },
		{ false, 1, 2, NONE, true },      { false, 0, 0, COMPLETE, false },
		{ false, 0, 0, NONE, true },      { false, 0, 2, NONE, true },
		{ true, 1, 1, COMPLETE, false },  { true, 1, 1, NONE, true },
		{ true, 1, 2, NONE, true },       { true, 0, 0, COMPLETE, false },
		{ true, 0, 0, NONE, true },       { true, 0, 2, NONE, true },
		{ false, 2, 2, COMPLETE, false }, { false, 2, 2, NONE, false },
		{ true, 2, 2, COMPLETE, false },  { true, 2, 2, NONE, false },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool met = false;

		for (unsigned int writes_at = 0; writes_at < 6; writes_at++) {
			RIG(r, rows[i].hardware, FX_NO_WALK_CACHE);

			if (rows[i].merge)
				resize_as(&r, false, rows[i].hardware, COMPLETE);
			/* One page is in the TLB, or the block is. */
			EXPECT_EQ_U64(fx_read(&r.f, BLOCK_IOVA + PAGE), FX_DATA + PAGE);
			r.writes_at = r.visits + writes_at;
			resize_as(&r, rows[i].merge, rows[i].software, rows[i].owed);
			met |= meets_conflict(&r);
		}
		if (met != rows[i].conflict)
			FAIL_C("row %u", i);
	}
}

/* A write to @page. Returns: whether the descriptor that maps it tells of it. */
static bool write_is_told(struct rig *r, uint64_t page)
{
	const uint64_t pte = fx_peek(&r->f, r->descriptor);
	sv3_pa leaf_pa = r->descriptor;

	EXPECT_EQ_U64(fx_write(&r->f, BLOCK_IOVA + page), FX_DATA + page);
	if ((pte & 3) == FX_TABLE)
		leaf_pa = (pte & UINT64_C(0xfffffffff000)) + page / 4096 * 8;
	return !(fx_peek(&r->f, leaf_pa) & FX_AP2);
}

/* After a merge the walk cache knows the table that was taken out: what becomes dirty there after
 * the second look is lost. */
TEST_C(resize_wrong, merge_with_a_leaf_only_invalidation)
{
	for (unsigned int n = 0; n < 9; n++) {
		const enum owed owed = n / 3;
		RIG(r, n % 3, 0);

		resize_as(&r, false, n % 3, COMPLETE);
		EXPECT_EQ_U64(fx_read(&r.f, BLOCK_IOVA + PAGE), FX_DATA + PAGE);
		resize_as(&r, true, n % 3, owed);
		if (owed == NONE && r.bbml != 2)
			continue; /* page and block meet */
		EXPECT_EQ_INT(write_is_told(&r, 7 * PAGE), owed == COMPLETE);
	}
}

/* A table that stood here once, and stands elsewhere now: the walk cache leads there, unless the
 * split's invalidation takes it. [policies B13] */
TEST_C(resize_wrong, split_with_a_leaf_only_invalidation)
{
	for (unsigned int n = 0; n < 9; n++) {
		const enum owed owed = n / 3;
		const unsigned int bbml = n % 3;
		RIG(r, bbml, 0);

		resize_as(&r, false, bbml, COMPLETE);
		EXPECT_EQ_U64(fx_read(&r.f, BLOCK_IOVA + PAGE), FX_DATA + PAGE);
		resize_as(&r, true, bbml, LEAF_ONLY);
		/* The table that was given back maps other addresses. */
		EXPECT_OK(sv3_pt_map(&r.pt, BLOCK_IOVA + SPAN, FX_DATA + SPAN, 0x1000, 12,
				     SV3_PT_WRITE));
		resize_as(&r, false, bbml, owed);
		EXPECT_EQ_U64(fx_write(&r.f, BLOCK_IOVA + 7 * PAGE),
			      owed == COMPLETE ? FX_DATA + 7 * PAGE : FX_FAULT(FX_F_TRANSLATION));
		if (owed == COMPLETE)
			EXPECT_TRUE(write_is_told(&r, 7 * PAGE));
	}
}

/* Scan, clear and invalidate between a swap and the end of what it owes. By its level hint the
 * invalidation names pages only: the entry of the block stays, and writes through it are silent. */
TEST_C(resize_wrong, clear_before_the_invalidation)
{
	for (unsigned int early = 0; early < 2; early++) {
		RIG(r, 2, 0);
		struct sv3_pt_resize resize;
		struct sv3_pt_gather gather;
		uint64_t words[8] = { 0 };
		struct sv3_dirty_log log = { words, 512, FX_DATA };

		EXPECT_EQ_U64(fx_write(&r.f, BLOCK_IOVA), FX_DATA);
		EXPECT_OK(sv3_pt_split_begin(&resize, &r.pt, BLOCK_IOVA, SPAN, 12, 2));
		EXPECT_EQ_INT(sv3_pt_resize_step(&resize), 1);
		flush(&r, &resize, early ? NONE : COMPLETE);
		sv3_pt_gather_init(&gather);
		EXPECT_EQ_INT(
			sv3_dirty_scan_all(&r.pt, BLOCK_IOVA, SPAN, SV3_DIRTY_CLEAR, &log, &gather),
			512);
		EXPECT_OK(sv3_cmdq_flush_gather(&r.cmdq, 1, 12, &gather, SV3_FLUSH_RANGE));
		EXPECT_OK(sv3_cmdq_sync(&r.cmdq));
		EXPECT_EQ_INT(write_is_told(&r, PAGE), !early);
	}
}

/* nT is set, but not invalidated: the hardware may have kept the block, and meets it with a page.
 * Were the first invalidation needless, this would be clean. */
TEST_C(resize_wrong, nt_without_its_invalidation)
{
	for (unsigned int flushed = 0; flushed < 2; flushed++) {
		RIG(r, 1, 0);
		struct sv3_pt_resize resize;

		EXPECT_EQ_U64(fx_read(&r.f, BLOCK_IOVA), FX_DATA);
		EXPECT_OK(sv3_pt_split_begin(&resize, &r.pt, BLOCK_IOVA, SPAN, 12, 1));
		EXPECT_EQ_INT(sv3_pt_resize_step(&resize), 1);
		flush(&r, &resize, flushed ? COMPLETE : NONE);
		EXPECT_EQ_INT(sv3_pt_resize_step(&resize), 1);
		r.writes_at = 0;
		EXPECT_EQ_INT(meets_conflict(&r), !flushed);
	}
}
