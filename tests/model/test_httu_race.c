/* SPDX-License-Identifier: MIT */
/*
 * test_httu_race.c - what happens when software changes a descriptor while the hardware uses it?
 *
 * The second actor is the test itself: it acts between any two needs of a transaction stepped by
 * hand. Rows T2 to T9 are those of docs/MODEL.md on stale TLB entries. [DDI0487 D8.5,
 * IHI0070 3.13, 3.21.1]
 */
#include "tests/model/fx.h"

static uint64_t updates(struct fx *f)
{
	return sv3_smmu_stats(f->smmu)->httu_updates;
}

/* Software's atomics. */
static uint64_t exchange(struct fx *f, sv3_pa pa, uint64_t value)
{
	uint64_t old = fx_peek(f, pa);

	fx_poke(f, pa, value);
	return old;
}

static void set_bits(struct fx *f, sv3_pa pa, uint64_t bits)
{
	fx_poke(f, pa, fx_peek(f, pa) | bits);
}

/* The centre of it all: unmapped between our read and our compare-and-swap. */
TEST_C(httu, unmapped_between_read_and_cas)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	EXPECT_EQ_U64(f.need.expect, FX_CLEAN);
	EXPECT_EQ_U64(f.need.desired, FX_DIRTY);
	fx_poke(&f, pte, 0);
	EXPECT_EQ_U64(fx_run(&f), FX_FAULT(FX_F_TRANSLATION));
	EXPECT_GE_U64(f.result.walk_restarts, 1);
	fx_land(&f);
	EXPECT_EQ_U64(fx_peek(&f, pte), 0);
	EXPECT_EQ_U64(updates(&f), 0);
}

/* Whatever it was changed to decides, read afresh from the first level. */
TEST_C(httu, changed_between_read_and_cas)
{
	static const struct {
		uint64_t leaf, code, after;
	} rows[] = {
		{ FX_DIRTY, FX_DATA, FX_DIRTY },
		{ FX_CLEAN + 0x3000, FX_DATA + 0x3000, FX_DIRTY + 0x3000 },
		{ FX_RO, FX_FAULT(FX_F_PERMISSION), FX_RO },
		{ FX_CLEAN & ~FX_AF, FX_DATA, FX_DIRTY },
		{ FX_CLEAN | FX_SW, FX_DATA, FX_DIRTY | FX_SW },
		{ FX_DATA | FX_BLOCK, FX_FAULT(FX_F_TRANSLATION), FX_DATA | FX_BLOCK },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_HTTU);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);

		fx_begin(&f, &txn);
		ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
		fx_poke(&f, pte, rows[i].leaf);
		EXPECT_EQ_U64(fx_run(&f), rows[i].code);
		fx_land(&f);
		EXPECT_EQ_U64(fx_peek(&f, pte), rows[i].after);
	}
}

/* A restart begins at the first level: a table replaced meanwhile is followed. */
TEST_C(httu, changed_table_between_read_and_cas)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN), level2 = fx_pte(&f, FX_IOVA, 2);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	sv3_pa other = fx_alloc(&f);

	fx_read(&f, FX_IOVA + 0x1000); /* fills the walk cache with the old table */
	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	fx_poke(&f, other + (pte & 0xfff), FX_CLEAN + 0x7000);
	fx_poke(&f, level2, other | FX_TABLE);
	fx_poke(&f, pte, 0);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA + 0x7000);
	fx_land(&f);
	EXPECT_EQ_U64(fx_peek(&f, pte), 0);
	EXPECT_EQ_U64(fx_peek(&f, other + (pte & 0xfff)), FX_DIRTY + 0x7000);
}

/* Software flips its own bits while the device writes: neither side loses an update. */
TEST_C(httu, httu_race_sw)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	struct sv3_prng prng;
	uint64_t software = 0, restarts = 0;

	sv3_prng_seed(&prng, 37);
	for (unsigned int i = 0; i < 5000; i++) {
		/* Cleaned, perhaps with AF cleared too, and invalidated. */
		fx_poke(&f, pte, FX_CLEAN | software);
		if (sv3_prng_below(&prng, 2))
			fx_poke(&f, pte, fx_peek(&f, pte) & ~FX_AF);
		fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
		fx_begin(&f, &txn);
		while (f.need.kind != SV3_NEED_DONE) {
			if (sv3_prng_below(&prng, 3) == 0) {
				uint64_t flip = sv3_prng_next(&prng) & FX_SW;

				software ^= flip;
				exchange(&f, pte, fx_peek(&f, pte) ^ flip);
			}
			fx_answer(&f);
		}
		ASSERT_EQ_U64(fx_run(&f), FX_DATA);
		restarts += f.result.walk_restarts;
		fx_land(&f);
		ASSERT_EQ_U64(fx_peek(&f, pte), FX_DIRTY | software);
	}
	EXPECT_GE_U64(restarts, 500); /* the race did happen */
}

/* Software takes the page away at each instant of a cold write. */
TEST_C(httu, httu_race_unmap)
{
	unsigned int landed = 0, faulted = 0;

	for (unsigned int instant = 0; instant < 20; instant++) {
		FX(f, FX_HTTU);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		uint64_t taken = 0, code;
		bool synced;

		fx_begin(&f, &txn);
		for (unsigned int n = 0; f.need.kind != SV3_NEED_DONE; n++) {
			if (n == instant)
				taken = exchange(&f, pte, 0);
			fx_answer(&f);
		}
		if (taken == 0)
			taken = exchange(&f, pte, 0);
		fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
		synced = fx_sync(&f);
		code = fx_run(&f);
		if (code == FX_DATA) {
			landed++;
			EXPECT_EQ_U64(taken, FX_DIRTY); /* what landed is known */
			EXPECT_FALSE(synced);           /* and it has not landed behind the SYNC */
		} else {
			faulted++;
			EXPECT_EQ_U64(code, FX_FAULT(FX_F_TRANSLATION));
			EXPECT_EQ_U64(taken, FX_CLEAN);
		}
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
		EXPECT_EQ_U64(fx_peek(&f, pte), 0); /* never resurrected */
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	}
	EXPECT_GE_U64(landed, 1);
	EXPECT_GE_U64(faulted, 1);
}

/* The same with the TLBI and SYNC before the transaction goes on. */
TEST_C(httu, httu_race_unmap_and_sync)
{
	for (unsigned int instant = 0; instant < 20; instant++) {
		FX(f, FX_HTTU);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		uint64_t taken = 0, code;
		bool synced = false;

		fx_begin(&f, &txn);
		for (unsigned int n = 0; f.need.kind != SV3_NEED_DONE; n++) {
			if (n == instant) {
				taken = exchange(&f, pte, 0);
				fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
				synced = fx_sync(&f);
			}
			fx_answer(&f);
		}
		if (taken == 0)
			break; /* done before this instant */
		code = fx_run(&f);
		EXPECT_EQ_U64(code, FX_FAULT(FX_F_TRANSLATION));
		EXPECT_EQ_U64(taken, FX_CLEAN);
		(void)synced; /* may wait or not: nothing was translated */
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
		EXPECT_EQ_U64(fx_peek(&f, pte), 0);
	}
}

/* ---- a TLB entry that says clean, and memory that says otherwise ---- */

/* T2: software made it dirty. */
TEST_C(httu, stale_clean_dirtied)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_poke(&f, pte, FX_DIRTY);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(updates(&f), 0);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
}

/* T3: software took it away, and has not invalidated yet. */
TEST_C(httu, stale_clean_unmapped)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_poke(&f, pte, 0);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	EXPECT_EQ_U64(updates(&f), 0);
	EXPECT_EQ_U64(fx_peek(&f, pte), 0);
}

/* T4: another output address. [DDI0487 I_YZSVV] */
TEST_C(httu, stale_clean_moved)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_poke(&f, pte, FX_CLEAN + 0x9000);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA + 0x9000);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY + 0x9000);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA + 0x9000);
}

/* T5: DBM taken away. */
TEST_C(httu, stale_clean_no_dbm)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_poke(&f, pte, FX_RO);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_RO);
}

/* T8: a read of it is a hit, and looks at no memory. */
TEST_C(httu, stale_clean_read)
{
	FX(f, FX_HTTU);
	uint64_t reads;

	fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	reads = sv3_smmu_stats(f.smmu)->walk_reads;
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->walk_reads, reads);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
}

/* ---- a TLB entry that says dirty ---- */

/* T6: cleaned without TLBI, the next write is lost: this is what drivers have to flush for. */
TEST_C(httu, lost_dirty)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	ASSERT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	set_bits(&f, pte, FX_AP2);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_DIRTY_KNOWN);
	EXPECT_EQ_U64(updates(&f), 1);
}

/* T7: with TLBI and SYNC it is recorded. */
TEST_C(httu, lost_dirty_not_with_tlbi)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	for (unsigned int round = 1; round <= 5; round++) {
		ASSERT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
		EXPECT_EQ_U64(updates(&f), round);
		set_bits(&f, pte, FX_AP2);
		fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
		ASSERT_TRUE(fx_sync(&f));
	}
}

/* Without a TLB there is nothing to be stale. */
TEST_C(httu, lost_dirty_not_without_tlb)
{
	FX(f, FX_HTTU | FX_NO_TLB);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	ASSERT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	set_bits(&f, pte, FX_AP2);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
}

/* A 2 MiB block that is cleaned without TLBI loses writes to all of it. */
TEST_C(httu, lost_dirty_block)
{
	FX(f, FX_HTTU);
	uint64_t clean = FX_DATA | FX_BLOCK | FX_AF | FX_NG | FX_DBM | FX_AP2;
	sv3_pa pte = fx_map(&f, FX_IOVA, 2, clean);

	ASSERT_EQ_U64(fx_write(&f, FX_IOVA) & ~UINT64_C(0x1fffff), FX_DATA);
	set_bits(&f, pte, FX_AP2);
	fx_write(&f, FX_IOVA + 0x1000);
	EXPECT_EQ_U64(fx_peek(&f, pte), clean);
	fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), (FX_IOVA + 0x2000) | 1);
	ASSERT_TRUE(fx_sync(&f));
	fx_write(&f, FX_IOVA);
	EXPECT_EQ_U64(fx_peek(&f, pte), clean & ~FX_AP2);
}

/* T9: a write translated but not landed; clean, TLBI, SYNC, copy: the SYNC waits, the copy has the
 * data. */
static void clean_inflight(bool hit)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	uint64_t copy;

	if (hit)
		ASSERT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	fx_begin(&f, &txn);
	ASSERT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(!!(f.result.flags & SV3_RESULT_TLB_HIT), hit);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	set_bits(&f, pte, FX_AP2);
	fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
	EXPECT_FALSE(fx_sync(&f));
	/* The data arrives, and only then may the SYNC complete. */
	fx_poke(&f, FX_DATA, 0x600d);
	EXPECT_FALSE(fx_cmdq_empty(&f));
	fx_land(&f);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	copy = fx_peek(&f, FX_DATA);
	EXPECT_EQ_U64(copy, 0x600d);
	/* The next write is recorded again. */
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
}

TEST_C(httu, clean_inflight)
{
	clean_inflight(false);
}

TEST_C(httu, clean_inflight_hit)
{
	clean_inflight(true);
}

/* Cleaned and invalidated at every instant of a cold write: it is dirty again, or SYNC waits for
 * it. */
TEST_C(httu, clean_at_every_instant)
{
	for (unsigned int instant = 0; instant < 20; instant++) {
		FX(f, FX_HTTU);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		bool synced = false, acted = false;
		uint64_t at_sync = 0;

		fx_begin(&f, &txn);
		for (unsigned int n = 0; f.need.kind != SV3_NEED_DONE; n++) {
			if (n == instant) {
				acted = true;
				set_bits(&f, pte, FX_AP2);
				fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
				synced = fx_sync(&f);
				at_sync = updates(&f);
			}
			fx_answer(&f);
		}
		ASSERT_EQ_U64(fx_run(&f), FX_DATA);
		/* If the SYNC is over, the copy may be made: the write must be recorded after
		 * it. */
		if (acted && synced) {
			EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
			EXPECT_EQ_U64(updates(&f), at_sync + 1);
		}
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
		/* And no entry that a later write would trust was left behind. */
		set_bits(&f, pte, FX_AP2);
		fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
		ASSERT_TRUE(fx_sync(&f));
		fx_write(&f, FX_IOVA);
		EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	}
}

/* Two writes race to make the same page dirty: one update is made, both go through. */
TEST_C(httu, two_writes_one_page)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	struct fx second;

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	second = f; /* same block and memory; its own slot and need */
	fx_begin(&second, &txn);
	EXPECT_EQ_U64(fx_run(&second), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(updates(&f), 1);
	fx_land(&second);
	fx_land(&f);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
}
