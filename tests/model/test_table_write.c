/* SPDX-License-Identifier: MIT */
/*
 * test_table_write.c - a hardware update of stage 1 is a write through stage 2: what does that ask,
 * and where does it go, when software changes stage 2 between the read of a descriptor and its
 * update? [IHI0070 3.13.5, 5.2 S2PTW]
 */
#include "tests/model/fx.h"

#define S1_LEAF  (FX_LEAF + FX_GUEST)
#define S1_CLEAN (FX_CLEAN + FX_GUEST)
#define S1_DIRTY (FX_DIRTY + FX_GUEST)

/* A write to a clean page of both stages, as far as the read of its stage-1 leaf. */
static sv3_pa read_leaf(struct fx *f)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	sv3_pa leaf = fx_map(f, FX_IOVA, 3, S1_CLEAN);

	fx_guest(f, FX_DATA, 0x1000);
	fx_begin(f, &txn);
	if (!fx_until(f, SV3_UNIT_S1_L3))
		ctest_fail(__FILE__, __LINE__, "the leaf is not read");
	return leaf;
}

/* The descriptor has been read by then. */
TEST_C(table_write, needs_write_alone)
{
	static const uint64_t rights[] = { FX_S2_READ, FX_S2_WRITE, 0, FX_S2_READ | FX_S2_WRITE };

	for (unsigned int i = 0; i < 4; i++) {
		FX(f, FX_NESTED | FX_HTTU | FX_NO_CACHES);
		sv3_pa leaf = read_leaf(&f), page = fx_guest_pte(&f, leaf);
		bool allowed = (rights[i] & FX_S2_WRITE) != 0;

		fx_poke(&f, page, (fx_peek(&f, page) & ~(FX_S2_READ | FX_S2_WRITE)) | rights[i]);
		EXPECT_EQ_U64(fx_run(&f), allowed ? FX_DATA : FX_FAULT(FX_F_PERMISSION));
		EXPECT_EQ_U64(fx_peek(&f, leaf), allowed ? S1_DIRTY : S1_CLEAN);
		fx_land(&f);
		EXPECT_EQ_INT(fx_event(&f), allowed ? 0 : FX_F_PERMISSION);
		if (!allowed) {
			EXPECT_EQ_U64(f.event[1] >> 39 & 3, 1 | 1 << 1); /* S2, CLASS = TT */
			EXPECT_EQ_U64(f.event[3], FX_IPA(leaf) & ~UINT64_C(0xfff));
		}
	}
}

/* The table moved meanwhile: what is updated is the descriptor where it stands now. */
TEST_C(table_write, goes_to_where_the_table_is_now)
{
	FX(f, FX_NESTED | FX_HTTU | FX_NO_CACHES);
	sv3_pa leaf = read_leaf(&f), page = fx_guest_pte(&f, leaf);
	sv3_pa other = fx_alloc(&f) + (leaf & 0xfff);

	fx_poke(&f, other, S1_CLEAN);
	fx_poke(&f, page, (other & ~UINT64_C(0xfff)) | FX_S2_RW);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	EXPECT_EQ_U64(f.need.pa, other);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, other), S1_DIRTY);
	EXPECT_EQ_U64(fx_peek(&f, leaf), S1_CLEAN);
	fx_land(&f);
}

/* Then everything is read again, from the first level on, and no fault of before counts. */
TEST_C(table_write, of_a_table_that_moved_forgets_what_was_read)
{
	FX(f, FX_NESTED | FX_HTTU | FX_NO_TLB);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	sv3_pa leaf = fx_map(&f, FX_IOVA, 3, S1_LEAF & ~FX_AF), page = fx_guest_pte(&f, leaf);
	sv3_pa other = fx_alloc(&f) + (leaf & 0xfff);
	unsigned int first_level = 0;

	/* The page that the old leaf names is not there: F_TRANSLATION, once its flag is set. */
	fx_guest(&f, FX_DATA + 0x1000, 0x1000);
	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_S1_L3));
	fx_poke(&f, other, (S1_LEAF & ~FX_AF) + 0x1000);
	fx_answer(&f);
	fx_poke(&f, page, (other & ~UINT64_C(0xfff)) | FX_S2_RW);
	while (f.need.kind != SV3_NEED_DONE) {
		first_level += f.need.unit == SV3_UNIT_S1_L0;
		fx_answer(&f);
	}
	EXPECT_EQ_U64(fx_run(&f), FX_DATA + 0x1000);
	EXPECT_EQ_INT(first_level, 1);
	EXPECT_EQ_U64(fx_peek(&f, other), S1_LEAF + 0x1000);
	EXPECT_EQ_U64(fx_peek(&f, leaf), S1_LEAF & ~FX_AF);
	EXPECT_EQ_INT(fx_event(&f), 0);
	fx_land(&f);
}

/* Bits that a table descriptor leaves to software are no access flag: a fault of stage 2 below it
 * changes nothing. */
TEST_C(table_write, is_of_leaves_alone)
{
	for (unsigned int level = 0; level < 3; level++) {
		FX(f, FX_NESTED | FX_HTTU | FX_S2HTTU);
		sv3_pa next, pte;
		uint64_t table;

		fx_map(&f, FX_IOVA, 3, S1_LEAF);
		next = fx_pte(&f, FX_IOVA, level + 1);
		pte = fx_pte(&f, FX_IOVA, level);
		for (unsigned int bit = 0; bit < 2; bit++) {
			table = (fx_peek(&f, pte) & ~FX_AF) | (bit ? FX_AF : 0);
			fx_poke(&f, pte, table);
			fx_poke(&f, fx_guest_pte(&f, next), 0);
			EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
			EXPECT_EQ_U64(fx_peek(&f, pte), table);
			EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_updates, 0);
		}
	}
}

/* S2PTW: a page of Device memory that was accessed as such, and is known so to the TLB, is no place
 * for a table all the same. */
TEST_C(table_write, s2ptw_of_a_page_that_was_accessed)
{
	for (unsigned int ptw = 0; ptw < 2; ptw++) {
		FX(f, FX_NESTED);
		const sv3_iova other = FX_IOVA + 0x40000000;
		sv3_pa table, page;

		fx_guest(&f, FX_DATA, 0x1000);
		fx_map(&f, FX_IOVA, 3, S1_LEAF);
		table = fx_pte(&f, FX_IOVA, 3) & ~UINT64_C(0xfff);
		page = fx_guest_pte(&f, table);
		fx_poke(&f, page, (fx_peek(&f, page) & ~FX_S2_WB) | UINT64_C(1) << 2);
		/* The table as data, by way of another part of stage 1. */
		fx_map(&f, other, 3, FX_IPA(table) | FX_PAGE | FX_AF | FX_NG);
		fx_ste_stage2(&f, FX_SID, fx_ste2(12, 25, 1, 0) | (ptw ? FX_STE_S2PTW : 0),
			      f.s2.table);
		EXPECT_EQ_U64(fx_read(&f, other), table);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), ptw ? FX_FAULT(FX_F_PERMISSION) : FX_DATA);
	}
}
