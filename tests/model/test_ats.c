/* SPDX-License-Identifier: MIT */
/*
 * test_ats.c - what a Translation Request is granted, by one stage and by two, and which access
 * flags and dirty states it sets. [IHI0070 3.9.1, 3.13.7, 13.6, 13.7]
 */
#include "tests/model/ats.h"

/* ---- flags of one stage ---- */

/* NW x state of the page x {HA, HD}. [IHI0070 3.13.7.1, 3.13.7.2] */
TEST_C(ats, ats_httu)
{
	static const struct {
		unsigned int flags;
		uint64_t leaf, after;
		bool write;
		unsigned int grant;
	} rows[] = {
		{ FX_HTTU, FX_CLEAN, FX_DIRTY, true, ATS_RW },
		{ FX_HTTU, FX_CLEAN, FX_CLEAN, false, SV3_ATS_READ },
		{ FX_HTTU, FX_CLEAN & ~FX_AF, FX_DIRTY, true, ATS_RW },
		{ FX_HTTU, FX_CLEAN & ~FX_AF, FX_CLEAN, false, SV3_ATS_READ },
		{ FX_HTTU, FX_DIRTY, FX_DIRTY, true, ATS_RW },
		{ FX_HTTU, FX_RO, FX_RO, true, SV3_ATS_READ },
		{ FX_HTTU, FX_RO & ~FX_AF, FX_RO, true, SV3_ATS_READ },
		{ FX_HA, FX_CLEAN, FX_CLEAN, true, SV3_ATS_READ },
		{ FX_HA, FX_CLEAN & ~FX_AF, FX_CLEAN, true, SV3_ATS_READ },
		{ 0, FX_CLEAN, FX_CLEAN, true, SV3_ATS_READ },
		{ 0, FX_LEAF, FX_LEAF, true, ATS_RW },
		{ 0, FX_LEAF & ~FX_AF, FX_LEAF & ~FX_AF, true, 0 },
		{ FX_AFFD, FX_LEAF & ~FX_AF, FX_LEAF & ~FX_AF, true, ATS_RW },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		FX_ATS(f, rows[i / 2].flags | (i & 1 ? FX_NO_CACHES : 0), 0);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, rows[i / 2].leaf | FX_AP1);
		unsigned int grant = ats_request(&f, FX_IOVA, rows[i / 2].write);

		if (grant != rows[i / 2].grant || fx_peek(&f, pte) != (rows[i / 2].after | FX_AP1))
			FAIL_C("row %u: grant %#x, descriptor %#llx", (unsigned int)(i / 2), grant,
			       (unsigned long long)fx_peek(&f, pte));
		if (grant != 0) {
			EXPECT_EQ_U64(f.result.pa, FX_DATA);
			EXPECT_EQ_U64(f.result.span_lg2, 12);
		}
		EXPECT_EQ_INT(fx_event(&f), 0);
	}
}

/* The dirty state is in memory before the answer. */
TEST_C(ats, dirty_is_set_before_the_answer)
{
	FX_ATS(f, FX_HTTU, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN | FX_AP1);

	txn.kind = SV3_TXN_ATS_REQUEST;
	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	/* Software takes the page away meanwhile. */
	fx_poke(&f, pte, 0);
	fx_run(&f);
	EXPECT_EQ_INT(f.result.outcome, SV3_OUTCOME_OK);
	EXPECT_EQ_U64(f.result.ats, 0);
	fx_land(&f);
	EXPECT_EQ_U64(fx_peek(&f, pte), 0);
}

/* An endpoint that holds a grant writes without the SMMU: cleaned without ATC_INV, its next write
 * is lost; a request after that makes it dirty again. */
TEST_C(ats, lost_dirty_by_the_atc)
{
	FX_ATS(f, FX_HTTU, 0);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN | FX_AP1), cached;

	ASSERT_EQ_U64(ats_request(&f, FX_IOVA, true), ATS_RW);
	cached = f.result.pa;
	fx_poke(&f, pte, FX_CLEAN | FX_AP1);
	fx_tlbi_all(&f);
	EXPECT_EQ_U64(ats_translated(&f, cached + 8, true), FX_DATA + 8);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN | FX_AP1);
	EXPECT_EQ_U64(ats_request(&f, FX_IOVA, true), ATS_RW);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY | FX_AP1);
}

/* SYNC waits for an answer under way that rests on what was invalidated. [IHI0070 3.21.1] */
TEST_C(ats, sync_barrier)
{
	FX_ATS(f, FX_HTTU, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_map(&f, FX_IOVA, 3, FX_CLEAN | FX_AP1);
	txn.kind = SV3_TXN_ATS_REQUEST;
	fx_begin(&f, &txn);
	fx_run(&f);
	fx_cmd(&f, FX_CMD_TLBI_NSNH_ALL, 0);
	EXPECT_FALSE(fx_sync(&f));
	fx_land(&f);
	EXPECT_TRUE(fx_cmdq_empty(&f));
}

/* ---- permissions ---- */

struct asks {
	bool pasid, privileged, execute, write;
	unsigned int privcfg, instcfg; /* 0 use incoming; 2, 3 force */
};

/* The pseudocode of [IHI0070 13.7.1], for a stage-1 leaf with HTTU on; for NW = 1 this model never
 * grants W. */
static unsigned int expected(const struct asks *a, uint64_t leaf)
{
	bool exe = a->pasid && a->execute;
	bool priv = a->privcfg ? a->privcfg == 3 : a->pasid && a->privileged;
	bool user = leaf & FX_AP1, writable = !(leaf & FX_AP2) || (leaf & FX_DBM);
	bool ttd_r = priv || user, ttd_w = writable && (priv || user);
	bool ttd_x = priv ? !(leaf & FX_PXN) && !(user && writable) : !(leaf & FX_UXN);
	bool r = a->instcfg == 3 ? ttd_x : ttd_r;
	bool x = exe && (a->instcfg == 3 ? ttd_x : a->instcfg == 2 ? ttd_r : ttd_r && ttd_x);

	return (r ? SV3_ATS_READ : 0u) | (a->write && ttd_w ? SV3_ATS_WRITE : 0u) |
	       (x ? SV3_ATS_EXECUTE : 0u);
}

TEST_C(ats, perm_matrix)
{
	static const uint8_t cfg[3] = { 0, 2, 3 };
	FX_ATS(f, FX_HTTU, 0);

	fx_map(&f, FX_IOVA, 3, 0);
	fx_cd(&f, FX_CD + 64, fx_cd0(12, 16, FX_HTTU), f.ttb0, 0);
	for (unsigned int c = 0; c < 9; c++) {
		struct asks a = { .privcfg = cfg[c % 3], .instcfg = cfg[c / 3] };

		fx_ste(&f, FX_SID, FX_STE_S1 | FX_STE_S1CDMAX(1) | FX_CD,
		       ATS_FULL | FX_STE_S1DSS(2) | (uint64_t)a.privcfg << 48 |
			       (uint64_t)a.instcfg << 50);
		fx_cfgi_all(&f);
		for (unsigned int i = 0; i < 512; i++) {
			uint64_t leaf = FX_LEAF | (i & 1 ? FX_AP1 : 0) | (i & 2 ? FX_AP2 : 0) |
					(i & 4 ? FX_DBM : 0) | (i & 8 ? FX_UXN : 0) |
					(i & 16 ? FX_PXN : 0);
			struct sv3_txn txn = fx_txn(FX_IOVA, i & 32);
			unsigned int want, got;
			bool dirtied;

			a.write = i & 32;
			a.pasid = i & 64;
			txn.kind = SV3_TXN_ATS_REQUEST;
			txn.substream_valid = a.pasid;
			txn.substream_id = 1;
			txn.privileged = a.privileged = i & 128;
			txn.instruction = a.execute = i & 256;
			fx_map(&f, FX_IOVA, 3, leaf);
			fx_cmd(&f, FX_CMD_TLBI_NSNH_ALL, 0);
			fx_go(&f, &txn);
			want = expected(&a, leaf);
			got = f.result.ats & ~(unsigned int)SV3_ATS_PRIVILEGED;
			if (f.result.outcome != SV3_OUTCOME_OK || got != want)
				FAIL_C("PRIVCFG %u INSTCFG %u, row %u: %#x, not %#x", a.privcfg,
				       a.instcfg, i, got, want);
			if (want != 0)
				EXPECT_EQ_U64(!!(f.result.ats & SV3_ATS_PRIVILEGED),
					      a.pasid && a.privileged);
			/* Made dirty if and only if W is granted for it. */
			dirtied = (leaf & FX_DBM) && (leaf & FX_AP2) && (want & SV3_ATS_WRITE);
			if (fx_peek(&f, fx_pte(&f, FX_IOVA, 3)) !=
			    (dirtied ? leaf & ~FX_AP2 : leaf))
				FAIL_C("PRIVCFG %u INSTCFG %u, row %u: wrong descriptor", a.privcfg,
				       a.instcfg, i);
		}
	}
}

/* [IHI0070 3.14] A speculative request with NW = 0 makes nothing dirty: W only where it is. */
TEST_C(ats, speculative_write_request)
{
	for (unsigned int i = 0; i < 4; i++) {
		bool s1_dirty = i & 1, s2_dirty = i & 2;
		FX_ATS(f, FX_NESTED | FX_HTTU | FX_S2HTTU, 0);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		sv3_pa leaf, output;

		leaf = fx_map(&f, FX_IOVA, 3, (s1_dirty ? S1_DIRTY : S1_CLEAN) | FX_AP1);
		output = fx_s2_map(&f, FX_IPA(FX_DATA), 3, s2_dirty ? FX_S2_DIRTY : FX_S2_CLEAN);
		txn.kind = SV3_TXN_ATS_REQUEST;
		txn.speculative = true;
		fx_go(&f, &txn);
		EXPECT_EQ_U64(f.result.ats, s1_dirty && s2_dirty ? ATS_RW : SV3_ATS_READ);
		EXPECT_EQ_U64(fx_peek(&f, leaf), (s1_dirty ? S1_DIRTY : S1_CLEAN) | FX_AP1);
		EXPECT_EQ_U64(fx_peek(&f, output), s2_dirty ? FX_S2_DIRTY : FX_S2_CLEAN);
	}
}

/* ---- two stages ---- */

/* Where one stage gives no write, the other is not made dirty for it. [IHI0070 3.13.7.1] */
TEST_C(ats, nested_httu)
{
	static const struct {
		uint64_t s1, s2, s1_after, s2_after;
		bool write;
		unsigned int grant;
	} rows[] = {
		{ S1_CLEAN, FX_S2_CLEAN, S1_DIRTY, FX_S2_DIRTY, true, ATS_RW },
		{ S1_CLEAN, FX_S2_CLEAN, S1_CLEAN, FX_S2_CLEAN, false, SV3_ATS_READ },
		{ S1_LEAF | FX_AP2, FX_S2_CLEAN, S1_LEAF | FX_AP2, FX_S2_CLEAN, true,
		  SV3_ATS_READ },
		{ S1_CLEAN, FX_S2_RO, S1_CLEAN, FX_S2_RO, true, SV3_ATS_READ },
		{ S1_CLEAN, FX_S2_DIRTY, S1_DIRTY, FX_S2_DIRTY, true, ATS_RW },
		{ S1_DIRTY, FX_S2_CLEAN, S1_DIRTY, FX_S2_DIRTY, true, ATS_RW },
		{ S1_CLEAN & ~FX_AF, FX_S2_CLEAN & ~FX_AF, S1_CLEAN, FX_S2_CLEAN, false,
		  SV3_ATS_READ },
		{ S1_CLEAN & ~FX_AF, FX_S2_CLEAN & ~FX_AF, S1_DIRTY, FX_S2_DIRTY, true, ATS_RW },
		{ S1_CLEAN, FX_S2_CLEAN & ~FX_S2_READ, S1_DIRTY, FX_S2_DIRTY & ~FX_S2_READ, true,
		  SV3_ATS_WRITE },
		{ S1_CLEAN, FX_S2_CLEAN & ~FX_S2_READ, S1_CLEAN, FX_S2_CLEAN & ~FX_S2_READ, false,
		  0 },
		{ S1_LEAF, 0, S1_LEAF, 0, true, 0 },
		{ S1_CLEAN & ~FX_AF, 0, S1_CLEAN & ~FX_AF, 0, true, 0 },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		FX_ATS(f, FX_NESTED | FX_HTTU | FX_S2HTTU | (i & 1 ? FX_NO_CACHES : 0), 0);
		sv3_pa leaf = fx_map(&f, FX_IOVA, 3, rows[i / 2].s1 | FX_AP1);
		sv3_pa output = fx_s2_map(&f, FX_IPA(FX_DATA), 3, rows[i / 2].s2);
		unsigned int grant = ats_request(&f, FX_IOVA, rows[i / 2].write);

		if (grant != rows[i / 2].grant ||
		    fx_peek(&f, leaf) != (rows[i / 2].s1_after | FX_AP1) ||
		    fx_peek(&f, output) != rows[i / 2].s2_after)
			FAIL_C("row %u: grant %#x, stage 1 %#llx, stage 2 %#llx",
			       (unsigned int)(i / 2), grant, (unsigned long long)fx_peek(&f, leaf),
			       (unsigned long long)fx_peek(&f, output));
		EXPECT_EQ_U64(f.result.pa, grant ? FX_DATA : 0);
		EXPECT_EQ_U64(!!(f.result.flags & SV3_RESULT_STAGE2_FAULT), !grant);
		EXPECT_EQ_INT(fx_event(&f), 0);
	}
}

/* Split-stage: the answer is an intermediate address with the permissions of both stages; stage 1
 * and its tables are updated, the output is left to the access. [IHI0070 13.6.3] */
TEST_C(ats, split_stage_httu)
{
	static const struct {
		uint64_t s1, s2, s1_after;
		bool write;
		unsigned int grant;
	} rows[] = {
		{ S1_CLEAN, FX_S2_CLEAN, S1_DIRTY, true, ATS_RW },
		{ S1_CLEAN, FX_S2_CLEAN, S1_CLEAN, false, SV3_ATS_READ },
		{ S1_LEAF | FX_AP2, FX_S2_CLEAN, S1_LEAF | FX_AP2, true, SV3_ATS_READ },
		{ S1_CLEAN, FX_S2_RO, S1_CLEAN, true, SV3_ATS_READ },
		{ S1_CLEAN, 0, S1_CLEAN, true, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX_ATS(f, FX_NESTED | FX_HTTU | FX_S2HTTU, 0);
		sv3_pa leaf = fx_map(&f, FX_IOVA, 3, rows[i].s1 | FX_AP1), table, output;
		uint64_t ipa;

		fx_ste(&f, FX_SID, FX_STE_NESTED | FX_IPA(FX_CD), ATS_SPLIT);
		table = fx_guest_pte(&f, leaf);
		fx_poke(&f, table, (fx_peek(&f, table) & ~FX_S2_WRITE) | FX_DBM);
		output = fx_s2_map(&f, FX_IPA(FX_DATA), 3, rows[i].s2);
		EXPECT_EQ_U64(ats_request(&f, FX_IOVA + 0x123, rows[i].write), rows[i].grant);
		EXPECT_EQ_U64(fx_peek(&f, leaf), rows[i].s1_after | FX_AP1);
		EXPECT_EQ_U64(!!(fx_peek(&f, table) & FX_S2_WRITE), rows[i].s1_after != rows[i].s1);
		EXPECT_EQ_U64(fx_peek(&f, output), rows[i].s2);
		if (rows[i].grant == 0)
			continue;
		ipa = f.result.pa;
		EXPECT_EQ_U64(ipa & ~UINT64_C(0xfff), FX_IPA(FX_DATA));
		/* The access itself: stage 2, its dirty state and its faults. */
		EXPECT_EQ_U64(ats_translated(&f, FX_IPA(FX_DATA) + 8, false), FX_DATA + 8);
		EXPECT_EQ_U64(fx_peek(&f, output), rows[i].s2);
		if (rows[i].s2 == FX_S2_RO) {
			EXPECT_EQ_U64(ats_translated(&f, FX_IPA(FX_DATA) + 8, true),
				      FX_FAULT(FX_F_PERMISSION));
			ASSERT_EQ_INT(fx_event(&f), FX_F_PERMISSION);
			EXPECT_EQ_U64(f.event[1] >> 39 & 1, 1);
			EXPECT_EQ_U64(f.event[3], FX_IPA(FX_DATA));
		} else {
			EXPECT_EQ_U64(ats_translated(&f, FX_IPA(FX_DATA) + 8, true), FX_DATA + 8);
			EXPECT_EQ_U64(fx_peek(&f, output), FX_S2_DIRTY);
		}
	}
}

/* What is granted ends where either leaf ends, also when the answer is an intermediate address:
 * another page of stage 2 may give other permissions. [IHI0070 13.6.3] */
TEST_C(ats, split_stage_span)
{
	for (unsigned int split = 0; split < 2; split++) {
		FX_ATS(f, FX_NESTED, 0);
		const sv3_iova base = FX_IOVA & ~UINT64_C(0x1fffff);

		fx_ste(&f, FX_SID, FX_STE_NESTED | FX_IPA(FX_CD), split ? ATS_SPLIT : ATS_FULL);
		fx_map(&f, base, 2, FX_IPA(FX_DATA) | FX_BLOCK | FX_AF | FX_NG | FX_AP1);
		fx_guest(&f, FX_DATA, 0x1000);
		EXPECT_EQ_U64(ats_request(&f, base, true), ATS_RW);
		EXPECT_EQ_U64(f.result.span_lg2, 12);
		EXPECT_EQ_U64(ats_request(&f, base + 0x1000, true), 0);
	}
}

/* Stage 1 is passed by: full ATS with stage 1 alone is granted all, at the same address; with stage
 * 2, what that gives. [IHI0070 13.6.4, 13.6.5] */
TEST_C(ats, stage1_bypassed_by_s1dss)
{
	for (unsigned int i = 0; i < 3; i++) {
		bool nested = i > 0, split = i == 2;
		FX_ATS(f, (nested ? FX_NESTED : 0) | FX_S2HTTU, 0);
		uint64_t cd = nested ? FX_IPA(FX_CD) : FX_CD;

		fx_ste(&f, FX_SID, (nested ? FX_STE_NESTED : FX_STE_S1) | FX_STE_S1CDMAX(1) | cd,
		       FX_STE_S1DSS(1) | (split ? ATS_SPLIT : ATS_FULL));
		if (nested)
			fx_s2_map(&f, FX_IPA(FX_DATA), 3, FX_S2_CLEAN);
		EXPECT_EQ_U64(ats_request(&f, FX_IPA(FX_DATA) + 0x10, true), ATS_RW);
		EXPECT_EQ_U64(f.result.pa & ~UINT64_C(0xfff),
			      nested && !split ? FX_DATA : FX_IPA(FX_DATA));
		if (nested)
			EXPECT_EQ_U64(ats_request(&f, FX_IPA(FX_DATA) + 0x1000, true), 0);
	}
}

/* What is granted where nothing translates ends with the physical addresses. [IHI0070 13.6.4] */
TEST_C(ats, stage1_bypassed_span)
{
	FX_ATS(f, 0, 0);

	fx_ste(&f, FX_SID, FX_STE_S1 | FX_STE_S1CDMAX(1) | FX_CD, FX_STE_S1DSS(1) | ATS_FULL);
	EXPECT_EQ_U64(ats_request(&f, FX_IOVA, true), ATS_RW);
	EXPECT_EQ_U64(f.result.pa, FX_IOVA);
	EXPECT_EQ_INT(f.result.span_lg2, 52);
	EXPECT_EQ_U64(ats_request(&f, UINT64_C(1) << 52, true), 0);
}

/* A request to write what is read-only: no leaf was seen writable. */
TEST_C(ats, read_only_is_not_known_dirty)
{
	FX_ATS(f, FX_HTTU, 0);

	fx_map(&f, FX_IOVA, 3, FX_RO | FX_AP1);
	EXPECT_EQ_U64(ats_request(&f, FX_IOVA, true), SV3_ATS_READ);
	EXPECT_FALSE(f.result.flags & SV3_RESULT_DIRTY_KNOWN);
	fx_map(&f, FX_IOVA + 0x1000, 3, (FX_DIRTY | FX_AP1) + 0x1000);
	EXPECT_EQ_U64(ats_request(&f, FX_IOVA + 0x1000, true), ATS_RW);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_DIRTY_KNOWN);
}
