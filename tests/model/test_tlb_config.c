/* SPDX-License-Identifier: MIT */
/*
 * test_tlb_config.c - which fields of a CD a TLB entry remembers: changed with CFGI alone they act
 * on new walks, and on old entries only after a TLBI. [IHI0070 5.4.1, 5.2.1, 3.17.1]
 */
#include "tests/model/fx.h"

#define SID2 0x11u
#define CD2  (FX_CD + 64)

static uint64_t go(struct fx *f, bool privileged, bool write, bool execute)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, write);

	txn.privileged = privileged;
	txn.instruction = execute;
	return fx_go(f, &txn);
}

/* An access under one CD, then under another with CFGI, then with TLBI too. */
struct change {
	const char *what;
	uint64_t leaf, before, after, cd1_after; /* bits of CD words 0 and 1 */
	bool privileged, write, execute;
	bool allowed_before, allowed_after;
};

/* What decides permissions is remembered. */
TEST_C(tlb_config, permissions_are_remembered)
{
	static const struct change rows[] = {
		{ "WXN set", FX_LEAF, 0, FX_CD_WXN, 0, true, false, true, true, false },
		{ "PAN set", FX_LEAF | FX_AP1, 0, FX_CD_PAN, 0, true, false, false, true, false },
		{ "PAN cleared", FX_LEAF | FX_AP1, FX_CD_PAN, 0, 0, true, false, false, false,
		  true },
		{ "HA and HD set", FX_CLEAN, 0, FX_CD_HA | FX_CD_HD, 0, true, true, false, false,
		  true },
		{ "HA and HD cleared", FX_DIRTY, FX_CD_HA | FX_CD_HD, 0, 0, true, true, false, true,
		  true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct change *row = &rows[i];
		FX(f, 0);
		uint64_t before, cached, flushed;

		fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) | row->before, f.ttb0, 0);
		fx_map(&f, FX_IOVA, 3, row->leaf);
		/* An entry that some access may use. */
		go(&f, true, false, false);
		go(&f, false, false, false);
		before = go(&f, row->privileged, row->write, row->execute);
		fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) | row->after, f.ttb0 | row->cd1_after, 0);
		fx_cfgi_all(&f);
		cached = go(&f, row->privileged, row->write, row->execute);
		fx_tlbi_all(&f);
		flushed = go(&f, row->privileged, row->write, row->execute);
		if (before != (row->allowed_before ? FX_DATA : FX_FAULT(FX_F_PERMISSION)) ||
		    cached != before ||
		    flushed != (row->allowed_after ? FX_DATA : FX_FAULT(FX_F_PERMISSION)))
			FAIL_C("%s: %#llx, %#llx, %#llx", row->what, (unsigned long long)before,
			       (unsigned long long)cached, (unsigned long long)flushed);
	}
}

/* A clean entry made with HD on, and HD off now: the write asks memory, and is refused. */
TEST_C(tlb_config, dirty_state_follows_the_cd_of_the_walk)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0), f.ttb0, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN);
}

/* How a fault ends, and which addresses there are, is never remembered. */
TEST_C(tlb_config, abort_record_and_ranges_are_not_remembered)
{
	FX(f, 0);

	fx_map(&f, FX_IOVA, 3, FX_RO);
	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_INT(fx_event(&f), FX_F_PERMISSION);
	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) & ~FX_CD_R, f.ttb0, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_SILENT);
	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) & ~(FX_CD_R | FX_CD_A), f.ttb0, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_RAZ_WI(0));
	fx_cd(&f, FX_CD, fx_cd0(12, 25, 0), f.ttb0, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) | FX_CD_EPD0, f.ttb0, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
}

/* Where the table stands: the entry answers, the walk cache too, until a TLBI. */
TEST_C(tlb_config, ttb_needs_a_tlbi)
{
	FX(f, 0);
	sv3_pa old = f.ttb0;

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	f.ttb0 = fx_alloc(&f);
	fx_map(&f, FX_IOVA, 3, FX_LEAF + 0x1000);
	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0), f.ttb0, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_tlbi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA + 0x1000);
	EXPECT_NE_U64(old, f.ttb0);
}

/* The permissions a stream claims by its STE act at once. [IHI0070 5.2 PRIVCFG] */
TEST_C(tlb_config, ste_overrides_are_not_remembered)
{
	FX(f, 0);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	ASSERT_EQ_U64(go(&f, true, false, false), FX_DATA);
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, UINT64_C(2) << 48); /* unprivileged */
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(go(&f, true, false, false), FX_FAULT(FX_F_PERMISSION));
}

static uint64_t read_as(struct fx *f, uint32_t sid)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	txn.stream_id = sid;
	return fx_go(f, &txn);
}

/* [IHI0070 3.17.1] A global entry answers CDs of its own ASET only; commands take both. */
TEST_C(tlb_config, aset)
{
	for (unsigned int i = 0; i < 8; i++) {
		bool aset1 = i & 1, aset2 = i & 2, is_global = i & 4;
		FX(f, 0);
		sv3_pa pte;

		fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) | (aset1 ? FX_CD_ASET : 0), f.ttb0, 0);
		fx_cd(&f, CD2,
		      (fx_cd0(12, 16, 0) + (is_global ? FX_CD_ASID(1) : 0)) |
			      (aset2 ? FX_CD_ASET : 0),
		      f.ttb0, 0);
		fx_ste(&f, SID2, FX_STE_S1 | CD2, 0);
		pte = fx_map(&f, FX_IOVA, 3, is_global ? FX_LEAF & ~FX_NG : FX_LEAF);
		ASSERT_EQ_U64(read_as(&f, FX_SID), FX_DATA);
		fx_poke(&f, pte, 0);
		/* What is not global may answer or not: the same ASID is the same space. */
		if (is_global)
			EXPECT_EQ_U64(read_as(&f, SID2),
				      aset1 == aset2 ? FX_DATA : FX_FAULT(FX_F_TRANSLATION));
		fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
		ASSERT_TRUE(fx_sync(&f));
		EXPECT_EQ_U64(read_as(&f, FX_SID), FX_FAULT(FX_F_TRANSLATION));
	}
}
