/* SPDX-License-Identifier: MIT */
/*
 * test_perm.c - are accesses allowed exactly as DDI 0487 D8.4 and IHI 0070 13.4 say?
 *
 * The expectation is written from the tables of the standard, access by access; the hardware keeps
 * a set of access kinds per leaf. Each leaf is asked twice, so that the second answer comes from
 * the TLB.
 */
#include "tests/model/fx.h"

/* What one leaf and its context are made of. */
struct rights {
	unsigned int ap, aptable; /* AP[2:1], APTable[1:0] */
	bool dbm, pxn, uxn, pxntable, uxntable;
	bool had, pan, wxn, hd;
};

/* An atomic is a write here: what stage 1 lets be written may be read. */
static bool expected(const struct rights *r, bool privileged, bool write, bool execute)
{
	bool limits = !r->had;
	bool no_unprivileged = limits && (r->aptable & 1);
	bool no_write = limits && (r->aptable & 2);
	bool unprivileged = (r->ap & 1) && !no_unprivileged;
	/* Writable-clean is writable where the hardware may make it dirty. [IHI0070 3.13.3,
	 * R_TTLCV] */
	bool writable = (!(r->ap & 2) || (r->dbm && r->hd)) && !no_write;
	bool user_writes = unprivileged && writable;
	bool pxn = r->pxn || (limits && r->pxntable);
	bool uxn = r->uxn || (limits && r->uxntable);

	if (execute && privileged)
		return !pxn && !user_writes && !(r->wxn && writable);
	if (execute)
		return !uxn && !(r->wxn && user_writes);
	if (privileged && r->pan && unprivileged)
		return false;
	if (!privileged && !unprivileged)
		return false;
	return !write || writable;
}

static uint64_t go_as(struct fx *f, bool privileged, bool write, bool execute, bool atomic)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, write);

	txn.privileged = privileged;
	txn.instruction = execute;
	txn.atomic = atomic;
	return fx_go(f, &txn);
}

static uint64_t go(struct fx *f, bool privileged, bool write, bool execute)
{
	return go_as(f, privileged, write, execute, false);
}

/* All kinds of access to one leaf, reads first: a write may make it dirty. Returns: false if
 * told. */
static bool check_leaf(struct fx *f, const struct rights *r)
{
	uint64_t leaf = FX_DATA | FX_PAGE | FX_AF | FX_NG | (uint64_t)r->ap << 6;
	uint64_t table = fx_peek(f, fx_pte(f, FX_IOVA, 2)) & UINT64_C(0xfffffffff003);

	leaf |= (r->dbm ? FX_DBM : 0) | (r->pxn ? FX_PXN : 0) | (r->uxn ? FX_UXN : 0);
	table |= FX_APTABLE(r->aptable) | (r->pxntable ? FX_PXNTABLE : 0) |
		 (r->uxntable ? FX_UXNTABLE : 0);
	fx_map(f, FX_IOVA, 2, table);
	fx_map(f, FX_IOVA, 3, leaf);
	fx_cmd(f, FX_CMD_TLBI_NH_ALL, 0);
	for (unsigned int i = 0; i < 16; i++) {
		bool privileged = i & 1, write = i / 4 >= 2, execute = i / 4 == 1;
		uint64_t want = expected(r, privileged, write, execute) ? FX_DATA
									: FX_FAULT(FX_F_PERMISSION);
		uint64_t got = go_as(f, privileged, write, execute, i >= 12);

		if (got == want)
			continue;
		ctest_fail(__FILE__, __LINE__,
			   "AP %u DBM %d HD %d APTable %u HAD %d PAN %d WXN %d PXN %d UXN %d: "
			   "%s %s gave %#llx",
			   r->ap, r->dbm, r->hd, r->aptable, r->had, r->pan, r->wxn, r->pxn, r->uxn,
			   privileged ? "privileged" : "unprivileged",
			   i >= 12   ? "atomic"
			   : write   ? "write"
			   : execute ? "fetch"
				     : "read",
			   (unsigned long long)got);
		return false;
	}
	return true;
}

static void use_context(struct fx *f, const struct rights *r)
{
	uint64_t word0 = fx_cd0(12, 16, r->hd ? FX_HTTU : 0) | (r->pan ? FX_CD_PAN : 0) |
			 (r->wxn ? FX_CD_WXN : 0);

	fx_cd(f, FX_CD, word0, f->ttb0 | (r->had ? FX_CD_HAD : 0), 0);
	fx_cfgi_all(f);
}

/* AP x DBM x HD x APTable x HAD x PAN x WXN x PXN x UXN x privilege x read, write, fetch, atomic.
 * [DDI0487 R_YTXKB, R_VWLLR, R_TTLCV] */
static void perm_matrix(struct fx *f)
{
	struct rights r = { 0 };

	fx_map(f, FX_IOVA, 3, 0);
	for (unsigned int context = 0; context < 16; context++) {
		r.had = context & 1;
		r.pan = context & 2;
		r.wxn = context & 4;
		r.hd = context & 8;
		use_context(f, &r);
		for (unsigned int leaf = 0; leaf < 128; leaf++) {
			r.ap = leaf & 3;
			r.aptable = leaf >> 2 & 3;
			r.dbm = leaf & 16;
			r.pxn = leaf & 32;
			r.uxn = leaf & 64;
			if (!check_leaf(f, &r))
				return;
		}
	}
}

TEST_C(perm, perm_matrix)
{
	FX(f, 0);

	perm_matrix(&f);
}

TEST_C(perm, perm_matrix_uncached)
{
	FX(f, FX_NO_CACHES);

	perm_matrix(&f);
}

/* PXNTable and UXNTable, with and without HAD. */
TEST_C(perm, perm_matrix_xntable)
{
	struct rights r = { .ap = 0 };
	FX(f, 0);

	fx_map(&f, FX_IOVA, 3, 0);
	for (unsigned int i = 0; i < 64; i++) {
		r.ap = i & 3;
		r.pxntable = i & 4;
		r.uxntable = i & 8;
		r.pxn = i & 16;
		r.had = i & 32;
		use_context(&f, &r);
		if (!check_leaf(&f, &r))
			return;
	}
}

/* Limits add up over the levels; a table above cannot be undone by one below. [DDI0487 D8.4] */
TEST_C(perm, limits_accumulate)
{
	FX(f, FX_NO_CACHES);

	fx_map(&f, FX_IOVA, 3, FX_LEAF | FX_AP1);
	for (unsigned int level = 0; level < 3; level++) {
		sv3_pa pte = fx_pte(&f, FX_IOVA, level);
		uint64_t table = fx_peek(&f, pte);

		fx_poke(&f, pte, table | FX_APTABLE(2));
		EXPECT_EQ_U64(go(&f, true, true, false), FX_FAULT(FX_F_PERMISSION));
		EXPECT_EQ_U64(go(&f, false, false, false), FX_DATA);
		fx_poke(&f, pte, table | FX_APTABLE(1));
		EXPECT_EQ_U64(go(&f, true, true, false), FX_DATA);
		EXPECT_EQ_U64(go(&f, false, false, false), FX_FAULT(FX_F_PERMISSION));
		fx_poke(&f, pte, table);
	}
	/* One limit from level 0, the other from level 2. */
	fx_poke(&f, fx_pte(&f, FX_IOVA, 0), fx_peek(&f, fx_pte(&f, FX_IOVA, 0)) | FX_APTABLE(1));
	fx_poke(&f, fx_pte(&f, FX_IOVA, 2), fx_peek(&f, fx_pte(&f, FX_IOVA, 2)) | FX_APTABLE(2));
	EXPECT_EQ_U64(go(&f, true, false, false), FX_DATA);
	EXPECT_EQ_U64(go(&f, true, true, false), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(go(&f, false, false, false), FX_FAULT(FX_F_PERMISSION));
}

/* The walk cache remembers the limits of the tables it skips. */
TEST_C(perm, limits_survive_the_walk_cache)
{
	FX(f, FX_NO_TLB);
	sv3_pa pte;

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	pte = fx_pte(&f, FX_IOVA, 1);
	fx_poke(&f, pte, fx_peek(&f, pte) | FX_APTABLE(2));
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ_U64(go(&f, true, false, false), FX_DATA);
		EXPECT_EQ_U64(go(&f, true, true, false), FX_FAULT(FX_F_PERMISSION));
	}
	EXPECT_GE_U64(sv3_smmu_stats(f.smmu)->walk_cache_hits, 1);
}

/* [IHI0070 7.3.16] What a permission record says. */
TEST_C(perm, record)
{
	FX(f, 0);

	fx_map(&f, FX_IOVA, 3, FX_RO);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA + 0xff8), FX_FAULT(FX_F_PERMISSION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_PERMISSION);
	EXPECT_EQ_U64(f.event[0], FX_F_PERMISSION | (uint64_t)FX_SID << 32);
	EXPECT_EQ_U64(f.event[1], UINT64_C(1) << 33 | UINT64_C(2) << 40); /* PnU, CLASS = IN */
	EXPECT_EQ_U64(f.event[2], FX_IOVA + 0xff8);
	EXPECT_EQ_U64(f.event[3], 0);
}

/* [DDI0487 D8.2.1] A permission fault may be remembered: without TLBI what was read-only stays so.
 * By choice memory is asked instead, and a TLBI is not owed. */
TEST_C(perm, faults_are_cached_or_not)
{
	for (unsigned int choice = 0; choice < 2; choice++) {
		FX_CHOOSING(f, 0, choice ? SV3_CHOICE_NO_CACHED_FAULTS : 0);

		fx_map(&f, FX_IOVA, 3, FX_RO);
		EXPECT_EQ_U64(go(&f, true, false, false), FX_DATA);
		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		EXPECT_EQ_U64(go(&f, true, true, false),
			      choice ? FX_DATA : FX_FAULT(FX_F_PERMISSION));
		fx_tlbi_all(&f);
		EXPECT_EQ_U64(go(&f, true, true, false), FX_DATA);
		/* The record is that of a walk. */
		fx_map(&f, FX_IOVA, 3, FX_RO);
		fx_tlbi_all(&f);
		while (fx_event(&f))
			;
		EXPECT_EQ_U64(go(&f, true, false, false), FX_DATA);
		EXPECT_EQ_U64(go(&f, true, true, false), FX_FAULT(FX_F_PERMISSION));
		ASSERT_EQ_INT(fx_event(&f), FX_F_PERMISSION);
		EXPECT_EQ_U64(f.event[1], UINT64_C(1) << 33 | UINT64_C(2) << 40);
	}
}

/* [IHI0070 13.1.2] A write is of data, whatever comes in with it: execute-never is not asked, and
 * the record says so. */
TEST_C(perm, a_write_is_of_data)
{
	FX(f, 0);

	fx_map(&f, FX_IOVA, 3, FX_LEAF | FX_PXN | FX_UXN);
	EXPECT_EQ_U64(go(&f, true, true, true), FX_DATA);
	EXPECT_EQ_U64(go(&f, true, false, true), FX_FAULT(FX_F_PERMISSION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_PERMISSION);
	EXPECT_EQ_U64(f.event[1] >> 34 & 1, 1); /* InD of a fetch */
	fx_map(&f, FX_IOVA, 3, FX_RO);
	fx_tlbi_all(&f);
	EXPECT_EQ_U64(go(&f, true, true, true), FX_FAULT(FX_F_PERMISSION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_PERMISSION);
	EXPECT_EQ_U64(f.event[1] >> 34 & 1, 0);
}
