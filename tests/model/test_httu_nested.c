/* SPDX-License-Identifier: MIT */
/*
 * test_httu_nested.c - one access, up to eight descriptors: which of both stages are updated, in
 * which order, and what happens when software changes any of them meanwhile?
 * [IHI0070 3.13.5] [DDI0487 D8.5]
 */
#include "tests/model/fx.h"

#define S1_LEAF  (FX_LEAF + FX_GUEST)
#define S1_CLEAN (FX_CLEAN + FX_GUEST)
#define S1_DIRTY (FX_DIRTY + FX_GUEST)
#define NO_AF(d) ((d) & ~FX_AF)
#define ALL_HTTU (FX_NESTED | FX_HTTU | FX_S2HTTU)

/* What one access may update. */
struct pages {
	sv3_pa leaf;      /* of stage 1 */
	sv3_pa cd;        /* stage-2 leaves: of the CD's page, */
	sv3_pa tables[4]; /* of the stage-1 tables by level, */
	sv3_pa data;      /* and of the output */
};

/* One page through both stages: its stage-1 leaf is @leaf; every stage-2 leaf @s2 with the address
 * it has. */
static struct pages map_all(struct fx *f, uint64_t leaf, uint64_t s2)
{
	const uint64_t address = UINT64_C(0xfffffffff000);
	struct pages p;

	fx_guest(f, FX_DATA, 0x1000);
	p.leaf = fx_map(f, FX_IOVA, 3, leaf);
	p.cd = fx_guest_pte(f, FX_CD);
	p.data = fx_guest_pte(f, FX_DATA);
	for (unsigned int level = 0; level < 4; level++)
		p.tables[level] = fx_guest_pte(f, fx_pte(f, FX_IOVA, level));
	fx_poke(f, p.cd, (fx_peek(f, p.cd) & address) | s2);
	fx_poke(f, p.data, (fx_peek(f, p.data) & address) | s2);
	for (unsigned int level = 0; level < 4; level++)
		fx_poke(f, p.tables[level], (fx_peek(f, p.tables[level]) & address) | s2);
	return p;
}

static const uint64_t s2_clean = FX_S2_LEAF | FX_DBM;

/* State bits of a stage-2 leaf. */
static uint64_t state(struct fx *f, sv3_pa pte)
{
	return fx_peek(f, pte) & (FX_AF | FX_S2_WRITE);
}

/* Run the transaction; the places it updates, in order. Returns: how many. */
static unsigned int updates_of(struct fx *f, const struct sv3_txn *txn, sv3_pa places[16])
{
	unsigned int count = 0;

	fx_begin(f, txn);
	for (unsigned int n = 0; f->need.kind != SV3_NEED_DONE && n < 200; n++) {
		if (f->need.kind == SV3_NEED_CAS64 && count < 16)
			places[count++] = f->need.pa;
		fx_answer(f);
	}
	fx_run(f);
	fx_land(f);
	return count;
}

static void expect_order(unsigned int count, const sv3_pa *places, unsigned int want,
			 const sv3_pa *wanted)
{
	EXPECT_EQ_INT(count, want);
	for (unsigned int i = 0; i < count && i < want; i++)
		if (places[i] != wanted[i])
			ctest_fail(__FILE__, __LINE__, "update %u is at %#llx, not %#llx", i,
				   (unsigned long long)places[i], (unsigned long long)wanted[i]);
}

/* ---- which, and in which order ---- */

/* A write with every flag to be set: AF of all that is read, on the way; the stage-2 leaf of the
 * leaf's table before the leaf, which is a write to that table; the output's last. */
TEST_C(httu_nested, nested_updates)
{
	FX(f, ALL_HTTU);
	struct pages p = map_all(&f, NO_AF(S1_CLEAN), NO_AF(s2_clean));
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	const sv3_pa wanted[] = { p.cd,        p.tables[0], p.tables[1], p.tables[2],
				  p.tables[3], p.tables[3], p.leaf,      p.data };
	sv3_pa places[16];

	expect_order(updates_of(&f, &txn, places), places, 8, wanted);
	EXPECT_EQ_U64(fx_code(&f.result), FX_DATA);
	EXPECT_EQ_U64(state(&f, p.cd), FX_AF); /* never dirty [IHI0070 3.13.3.1] */
	for (unsigned int level = 0; level < 3; level++)
		EXPECT_EQ_U64(state(&f, p.tables[level]), FX_AF);
	EXPECT_EQ_U64(state(&f, p.tables[3]), FX_AF | FX_S2_WRITE);
	EXPECT_EQ_U64(fx_peek(&f, p.leaf), S1_DIRTY);
	EXPECT_EQ_U64(fx_peek(&f, p.data), FX_S2_DIRTY);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_updates, 8);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_dirty, 3);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_table_dirty, 1);
	EXPECT_EQ_U64(f.result.flags & (SV3_RESULT_AF_SET | SV3_RESULT_DIRTY_SET |
					SV3_RESULT_TABLE_DIRTY_SET),
		      SV3_RESULT_AF_SET | SV3_RESULT_DIRTY_SET | SV3_RESULT_TABLE_DIRTY_SET);
	/* And nothing more for the next write. */
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_updates, 8);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_DIRTY_KNOWN);
}

/* A read: AF everywhere, and the table of the leaf is written for that; the output stays clean. */
TEST_C(httu_nested, nested_updates_of_a_read)
{
	FX(f, ALL_HTTU);
	struct pages p = map_all(&f, NO_AF(S1_CLEAN), NO_AF(s2_clean));
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	const sv3_pa wanted[] = { p.cd,        p.tables[0], p.tables[1], p.tables[2],
				  p.tables[3], p.tables[3], p.leaf,      p.data };
	sv3_pa places[16];

	expect_order(updates_of(&f, &txn, places), places, 8, wanted);
	EXPECT_EQ_U64(state(&f, p.tables[3]), FX_AF | FX_S2_WRITE);
	EXPECT_EQ_U64(fx_peek(&f, p.leaf), S1_CLEAN);
	EXPECT_EQ_U64(fx_peek(&f, p.data), FX_S2_CLEAN);
}

/* Without an update of stage 1 its tables stay clean: {stage-1 leaf, access} x what is updated. */
TEST_C(httu_nested, nested_updates_only_what_is_due)
{
	static const struct {
		uint64_t leaf, leaf_after;
		bool write, s2_htu, s1_htu;
		bool table_dirty, data_dirty, faults;
	} rows[] = {
		{ S1_CLEAN, S1_CLEAN, false, true, true, false, false, false },
		{ S1_CLEAN, S1_DIRTY, true, true, true, true, true, false },
		{ S1_DIRTY, S1_DIRTY, true, true, true, false, true, false },
		{ S1_LEAF, S1_LEAF, true, true, true, false, true, false },
		{ S1_LEAF, S1_LEAF, true, true, false, false, true, false },
		{ S1_CLEAN, S1_CLEAN, true, true, false, false, false, true },
		{ S1_LEAF | FX_AP2, S1_LEAF | FX_AP2, true, true, true, false, false, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_NESTED | (rows[i].s1_htu ? FX_HTTU : 0u) | FX_S2HTTU);
		struct pages p = map_all(&f, rows[i].leaf, s2_clean);
		struct sv3_txn txn = fx_txn(FX_IOVA, rows[i].write);

		EXPECT_EQ_U64(fx_go(&f, &txn),
			      rows[i].faults ? FX_FAULT(FX_F_PERMISSION) : FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, p.leaf), rows[i].leaf_after);
		EXPECT_EQ_U64(!!(fx_peek(&f, p.tables[3]) & FX_S2_WRITE), rows[i].table_dirty);
		EXPECT_EQ_U64(!!(fx_peek(&f, p.data) & FX_S2_WRITE), rows[i].data_dirty);
		EXPECT_EQ_U64(!!(fx_peek(&f, p.cd) & FX_S2_WRITE), 0);
	}
}

/* By choice reading a table makes its stage-2 leaf dirty; never the CD's. [IHI0070 3.13.4] */
TEST_C(httu_nested, s2_table_dirty_by_choice)
{
	for (unsigned int choice = 0; choice < 2; choice++) {
		FX_CHOOSING(f, FX_NESTED | FX_S2HTTU, choice ? SV3_CHOICE_S2_TABLE_DIRTY : 0);
		struct pages p;

		p = map_all(&f, S1_LEAF, s2_clean);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		for (unsigned int level = 0; level < 4; level++)
			EXPECT_EQ_U64(!!(fx_peek(&f, p.tables[level]) & FX_S2_WRITE), choice);
		EXPECT_EQ_U64(fx_peek(&f, p.cd) & FX_S2_WRITE, 0);
		EXPECT_EQ_U64(fx_peek(&f, p.data) & FX_S2_WRITE, 0);
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_table_dirty, choice ? 4 : 0);
	}
}

/* ---- what stage 2 refuses ---- */

/* The table of the leaf cannot be written: on a read too, when AF is to be set. [IHI0070 3.13.5,
 * 7.3.16] */
TEST_C(httu_nested, nested_tt_ro)
{
	for (unsigned int i = 0; i < 8; i++) {
		bool write = i & 1, clean = i & 2, cached = i & 4;
		/* Read-only, or clean where the hardware may not make it dirty. */
		FX(f, FX_NESTED | FX_HTTU | FX_S2HA | (cached ? 0 : FX_NO_CACHES));
		struct pages p =
			map_all(&f, write ? S1_CLEAN : NO_AF(S1_CLEAN), FX_S2_LEAF | FX_S2_WRITE);
		uint64_t leaf = fx_peek(&f, p.leaf);
		sv3_pa pte = fx_pte(&f, FX_IOVA, 3);
		struct sv3_txn txn = fx_txn(FX_IOVA, write);

		fx_poke(&f, p.tables[3],
			(fx_peek(&f, p.tables[3]) & ~FX_S2_WRITE) | (clean ? FX_DBM : 0));
		for (unsigned int round = 0; round < 2; round++) {
			EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_PERMISSION));
			ASSERT_EQ_INT(fx_event(&f), FX_F_PERMISSION);
			EXPECT_EQ_U64(f.event[1] >> 39 & 1, 1); /* S2 */
			EXPECT_EQ_U64(f.event[1] >> 40 & 3, 1); /* CLASS = TT */
			EXPECT_EQ_U64(f.event[1] >> 44 & 1, 0); /* TTRnW: a write */
			EXPECT_EQ_U64(f.event[1] >> 35 & 1, !write);
			EXPECT_EQ_U64(f.event[2], FX_IOVA);
			EXPECT_EQ_U64(f.event[3], FX_IPA(pte) & ~UINT64_C(0xfff));
			EXPECT_EQ_U64(f.result.event_class, 1);
		}
		EXPECT_EQ_U64(fx_peek(&f, p.leaf), leaf);
		/* An access that needs no update of stage 1 goes through. */
		fx_poke(&f, p.leaf, S1_DIRTY);
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	}
}

/* Stage 2 refuses the output of a leaf that is to be updated: by default AF is set and the leaf
 * stays clean; each choice the other way. [DDI0487 R_DYCFD, I_CVNQR] */
TEST_C(httu_nested, nested_s2_fault)
{
	static const struct {
		uint32_t choices;
		bool af, dirty;
	} rows[] = {
		{ 0, true, false },
		{ SV3_CHOICE_S1_AF_LAST, false, false },
		{ SV3_CHOICE_S1_DIRTY_FIRST, true, true },
		{ SV3_CHOICE_S1_DIRTY_FIRST | SV3_CHOICE_S1_AF_LAST, true, true },
	};

	for (unsigned int i = 0; i < 8; i++) {
		bool unmapped = i & 1;
		FX_CHOOSING(f, ALL_HTTU, rows[i / 2].choices);
		struct pages p;

		p = map_all(&f, NO_AF(S1_CLEAN), s2_clean);
		fx_poke(&f, p.data, unmapped ? 0 : FX_S2_RO);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA),
			      FX_FAULT(unmapped ? FX_F_TRANSLATION : FX_F_PERMISSION));
		EXPECT_EQ_INT(fx_event(&f), unmapped ? FX_F_TRANSLATION : FX_F_PERMISSION);
		EXPECT_EQ_U64(f.event[1] >> 39 & 1, 1);
		EXPECT_EQ_U64(f.event[1] >> 40 & 3, 2); /* CLASS = IN */
		EXPECT_EQ_U64(f.event[3], FX_IPA(FX_DATA));
		EXPECT_EQ_U64(fx_peek(&f, p.leaf), rows[i / 2].dirty ? S1_DIRTY
						   : rows[i / 2].af  ? S1_CLEAN
								     : NO_AF(S1_CLEAN));
		EXPECT_EQ_U64(!!(fx_peek(&f, p.tables[3]) & FX_S2_WRITE), rows[i / 2].af);
		EXPECT_EQ_U64(fx_peek(&f, p.data), unmapped ? 0 : FX_S2_RO);
	}
}

/* Both the output and the update of the leaf are refused: one record, of the output.
 * [DDI0487 R_LXCKP] */
TEST_C(httu_nested, nested_s2_fault_twice)
{
	FX(f, FX_NESTED | FX_HTTU);
	struct pages p = map_all(&f, NO_AF(S1_CLEAN), FX_S2_LEAF);

	fx_poke(&f, p.data, 0);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f.event[1] >> 40 & 3, 2);
	EXPECT_EQ_INT(fx_event(&f), 0);
	EXPECT_EQ_U64(fx_peek(&f, p.leaf), NO_AF(S1_CLEAN));
}

/* Stage 1 refuses: nothing of stage 2 behind it is touched. */
TEST_C(httu_nested, a_refusal_of_stage_1_leaves_the_output_alone)
{
	FX(f, ALL_HTTU);
	struct pages p = map_all(&f, S1_LEAF | FX_AP2, s2_clean);

	fx_poke(&f, p.data, NO_AF(FX_S2_CLEAN));
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(fx_peek(&f, p.data), NO_AF(FX_S2_CLEAN));
	EXPECT_EQ_U64(fx_peek(&f, p.tables[3]) & FX_S2_WRITE, 0);
}

/* ---- software changes what is about to be updated ---- */

/* Every compare-and-swap of the longest access, lost to a flip of software's own bits: it is made
 * again, and neither side loses an update. */
TEST_C(httu_nested, cas_lost_at_every_place)
{
	for (unsigned int i = 0; i < 16; i++) {
		FX_CHOOSING(f, ALL_HTTU, i & 1 ? SV3_CHOICE_S1_DIRTY_FIRST : 0);
		unsigned int which = i / 2;
		struct pages p = map_all(&f, NO_AF(S1_CLEAN), NO_AF(s2_clean));
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		sv3_pa place = 0;
		unsigned int count = 0;

		fx_begin(&f, &txn);
		for (unsigned int n = 0; f.need.kind != SV3_NEED_DONE; n++) {
			ASSERT_LT_U64(n, 200);
			if (f.need.kind == SV3_NEED_CAS64 && count++ == which) {
				place = f.need.pa;
				fx_poke(&f, place, fx_peek(&f, place) ^ FX_SW);
			}
			fx_answer(&f);
		}
		EXPECT_EQ_U64(fx_run(&f), FX_DATA);
		EXPECT_EQ_INT(f.result.walk_restarts, 1);
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_updates, 8);
		fx_land(&f);
		EXPECT_EQ_U64(fx_peek(&f, place) & FX_SW, FX_SW);
		EXPECT_EQ_U64(fx_peek(&f, p.leaf) & ~FX_SW, S1_DIRTY);
		EXPECT_EQ_U64(fx_peek(&f, p.data) & ~FX_SW, FX_S2_DIRTY);
		EXPECT_EQ_U64(state(&f, p.tables[3]), FX_AF | FX_S2_WRITE);
		EXPECT_EQ_U64(state(&f, p.cd), FX_AF);
	}
}

/* The same places, taken away instead: the fault says what was asked for, and nothing comes back.
 */
TEST_C(httu_nested, unmapped_before_every_cas)
{
	static const unsigned int event_class[8] = { 0, 1, 1, 1, 1, 1, 2, 2 };

	for (unsigned int i = 0; i < 16; i++) {
		FX_CHOOSING(f, ALL_HTTU, i & 1 ? SV3_CHOICE_S1_DIRTY_FIRST : 0);
		unsigned int which = i / 2;
		struct pages p = map_all(&f, NO_AF(S1_CLEAN), NO_AF(s2_clean));
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		sv3_pa place = 0;
		unsigned int count = 0;

		fx_begin(&f, &txn);
		for (unsigned int n = 0; f.need.kind != SV3_NEED_DONE; n++) {
			ASSERT_LT_U64(n, 200);
			if (f.need.kind == SV3_NEED_CAS64 && count++ == which) {
				place = f.need.pa;
				fx_poke(&f, place, 0);
			}
			fx_answer(&f);
		}
		EXPECT_EQ_U64(fx_run(&f), FX_FAULT(FX_F_TRANSLATION));
		EXPECT_EQ_INT(f.result.event_class, event_class[which]);
		EXPECT_EQ_U64(!!(f.result.flags & SV3_RESULT_STAGE2_FAULT), place != p.leaf);
		fx_land(&f);
		EXPECT_EQ_U64(fx_peek(&f, place), 0);
		if (which < 7)
			EXPECT_EQ_U64(fx_peek(&f, p.data), NO_AF(FX_S2_CLEAN));
	}
}

/* The stage-1 leaf moves to another output while it is to be updated: stage 2 of the new output is
 * asked, and the old one stays clean. [DDI0487 I_YZSVV] */
TEST_C(httu_nested, output_moves_before_the_cas)
{
	FX(f, ALL_HTTU);
	struct pages p = map_all(&f, S1_CLEAN, s2_clean);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	sv3_pa other;

	other = fx_s2_map(&f, FX_IPA(FX_DATA + 0x5000), 3, FX_S2_CLEAN + 0x5000);
	fx_begin(&f, &txn);
	for (unsigned int n = 0; n < 200 && f.need.pa != p.leaf; n++)
		fx_answer(&f); /* the read of the leaf */
	fx_answer(&f);
	for (unsigned int n = 0; n < 200 && f.need.pa != p.leaf; n++)
		fx_answer(&f);
	ASSERT_EQ_INT(f.need.kind, SV3_NEED_CAS64);
	fx_poke(&f, p.leaf, S1_CLEAN + 0x5000);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA + 0x5000);
	fx_land(&f);
	EXPECT_EQ_U64(fx_peek(&f, p.leaf), S1_DIRTY + 0x5000);
	EXPECT_EQ_U64(fx_peek(&f, other), FX_S2_DIRTY + 0x5000);
	EXPECT_EQ_U64(fx_peek(&f, p.data), FX_S2_CLEAN);
}

/* Software flips its bits in all three leaves that a write updates, at any need: no update of
 * either side is lost. */
TEST_C(httu_nested, httu_race_sw)
{
	FX(f, ALL_HTTU);
	struct pages p = map_all(&f, S1_CLEAN, s2_clean);
	const sv3_pa places[3] = { p.leaf, p.tables[3], p.data };
	const uint64_t table_clean = fx_peek(&f, p.tables[3]);
	uint64_t software[3] = { 0 }, restarts = 0;
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 37);
	for (unsigned int i = 0; i < 1000; i++) {
		unsigned int needs = 0;

		fx_poke(&f, p.leaf, S1_CLEAN | software[0]);
		fx_poke(&f, p.tables[3], table_clean | software[1]);
		fx_poke(&f, p.data, FX_S2_CLEAN | software[2]);
		fx_tlbi_all(&f);
		fx_begin(&f, &txn);
		while (f.need.kind != SV3_NEED_DONE) {
			unsigned int which = (unsigned int)sv3_prng_below(&prng, 12);

			ASSERT_LT_U64(needs++, 2000);
			if (which < 3) {
				uint64_t flip = sv3_prng_next(&prng) & FX_SW;

				software[which] ^= flip;
				fx_poke(&f, places[which], fx_peek(&f, places[which]) ^ flip);
			}
			fx_answer(&f);
		}
		ASSERT_EQ_U64(fx_run(&f), FX_DATA);
		restarts += f.result.walk_restarts;
		fx_land(&f);
		ASSERT_EQ_U64(fx_peek(&f, p.leaf), S1_DIRTY | software[0]);
		ASSERT_EQ_U64(fx_peek(&f, p.tables[3]), table_clean | FX_S2_WRITE | software[1]);
		ASSERT_EQ_U64(fx_peek(&f, p.data), FX_S2_DIRTY | software[2]);
	}
	EXPECT_GE_U64(restarts, 100); /* the race did happen */
}

/* Software takes one of the three away by exchange at each instant of a cold write, then TLBI and
 * SYNC: what landed is known to be dirty, nothing is resurrected, nothing lands behind the SYNC. */
TEST_C(httu_nested, httu_race_unmap)
{
	unsigned int landed = 0, faulted = 0;

	for (unsigned int i = 0; i < 3 * 40; i++) {
		unsigned int which = i / 40, instant = i % 40;
		FX(f, ALL_HTTU);
		struct pages p = map_all(&f, S1_CLEAN, s2_clean);
		sv3_pa place = which == 0 ? p.leaf : which == 1 ? p.data : p.tables[3];
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		uint64_t taken = 0, clean = fx_peek(&f, place), code;
		bool synced;

		fx_begin(&f, &txn);
		for (unsigned int n = 0; f.need.kind != SV3_NEED_DONE; n++) {
			if (n == instant) {
				taken = fx_peek(&f, place);
				fx_poke(&f, place, 0);
			}
			fx_answer(&f);
		}
		if (taken == 0) {
			taken = fx_peek(&f, place);
			fx_poke(&f, place, 0);
		}
		fx_cmd(&f, FX_CMD_TLBI_NSNH_ALL, 0);
		synced = fx_sync(&f);
		code = fx_run(&f);
		if (code == FX_DATA) {
			landed++;
			EXPECT_NE_U64(taken, clean);
			EXPECT_FALSE(synced);
		} else {
			faulted++;
			EXPECT_EQ_U64(code, FX_FAULT(FX_F_TRANSLATION));
			/* Of a table page only: made dirty for an update that never came. */
			if (which < 2)
				EXPECT_EQ_U64(taken, clean);
		}
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
		EXPECT_EQ_U64(fx_peek(&f, place), 0);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	}
	EXPECT_GE_U64(landed, 10);
	EXPECT_GE_U64(faulted, 10);
}

/* ---- stale entries of two stages ---- */

/* A combined entry that says dirty: cleaned at either stage without TLBI the write is lost there,
 * with TLBI it is not. */
TEST_C(httu_nested, lost_dirty)
{
	for (unsigned int flush = 0; flush < 2; flush++) {
		FX(f, ALL_HTTU);
		struct pages p = map_all(&f, S1_CLEAN, s2_clean);

		ASSERT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
		fx_poke(&f, p.leaf, S1_CLEAN);
		fx_poke(&f, p.data, FX_S2_CLEAN);
		if (flush)
			fx_tlbi_all(&f);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, p.leaf), flush ? S1_DIRTY : S1_CLEAN);
		EXPECT_EQ_U64(fx_peek(&f, p.data), flush ? FX_S2_DIRTY : FX_S2_CLEAN);
	}
}

/* The same of the stage-2 entry that maps a stage-1 table. */
TEST_C(httu_nested, lost_dirty_of_a_table)
{
	for (unsigned int flush = 0; flush < 2; flush++) {
		FX(f, ALL_HTTU);
		struct pages p = map_all(&f, S1_CLEAN, s2_clean);
		uint64_t clean = fx_peek(&f, p.tables[3]);
		sv3_pa next;

		fx_guest(&f, FX_DATA + 0x1000, 0x1000);
		next = fx_map(&f, FX_IOVA + 0x1000, 3, S1_CLEAN + 0x1000);
		ASSERT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
		fx_poke(&f, p.tables[3], clean);
		if (flush)
			fx_tlbi_all(&f);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA + 0x1000), FX_DATA + 0x1000);
		EXPECT_EQ_U64(fx_peek(&f, next), S1_DIRTY + 0x1000);
		EXPECT_EQ_U64(fx_peek(&f, p.tables[3]), flush ? clean | FX_S2_WRITE : clean);
	}
}

/* Cached clean at both stages by a read, then one stage changes: the write sees memory. */
TEST_C(httu_nested, stale_clean)
{
	static const struct {
		bool of_stage2;
		uint64_t leaf, code, after;
	} rows[] = {
		{ false, S1_DIRTY, FX_DATA, S1_DIRTY },
		{ false, 0, FX_FAULT(FX_F_TRANSLATION), 0 },
		{ false, S1_LEAF | FX_AP2, FX_FAULT(FX_F_PERMISSION), S1_LEAF | FX_AP2 },
		{ true, FX_S2_DIRTY, FX_DATA, FX_S2_DIRTY },
		{ true, 0, FX_FAULT(FX_F_TRANSLATION), 0 },
		{ true, FX_S2_CLEAN + 0x9000, FX_DATA + 0x9000, FX_S2_DIRTY + 0x9000 },
		{ true, FX_S2_RO, FX_FAULT(FX_F_PERMISSION), FX_S2_RO },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, ALL_HTTU);
		struct pages p = map_all(&f, S1_CLEAN, s2_clean);
		sv3_pa place = rows[i].of_stage2 ? p.data : p.leaf;

		ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		fx_poke(&f, place, rows[i].leaf);
		if (fx_write(&f, FX_IOVA) != rows[i].code || fx_peek(&f, place) != rows[i].after)
			FAIL_C("row %u: %#llx, descriptor %#llx", (unsigned int)i,
			       (unsigned long long)fx_code(&f.result),
			       (unsigned long long)fx_peek(&f, place));
		EXPECT_EQ_U64(!!(f.result.flags & SV3_RESULT_STAGE2_FAULT),
			      rows[i].of_stage2 && rows[i].code >> 60);
	}
}

/* T9 with two stages: the SYNC waits for a write that both stages translated. */
TEST_C(httu_nested, clean_inflight)
{
	FX(f, ALL_HTTU);
	struct pages p = map_all(&f, S1_CLEAN, s2_clean);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_begin(&f, &txn);
	ASSERT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, p.data), FX_S2_DIRTY);
	fx_poke(&f, p.data, FX_S2_CLEAN);
	fx_cmd(&f, FX_CMD_TLBI_NSNH_ALL, 0);
	EXPECT_FALSE(fx_sync(&f));
	fx_poke(&f, FX_DATA, 0x600d);
	EXPECT_FALSE(fx_cmdq_empty(&f));
	fx_land(&f);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, p.data), FX_S2_DIRTY);
}

/* Cleaned at both stages and invalidated at every instant of a cold write: dirty again after the
 * SYNC, or the SYNC waits for it. */
TEST_C(httu_nested, clean_at_every_instant)
{
	for (unsigned int instant = 0; instant < 40; instant++) {
		FX(f, ALL_HTTU);
		struct pages p = map_all(&f, S1_CLEAN, s2_clean);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		bool synced = false;

		fx_begin(&f, &txn);
		for (unsigned int n = 0; f.need.kind != SV3_NEED_DONE; n++) {
			if (n == instant) {
				fx_poke(&f, p.leaf, fx_peek(&f, p.leaf) | FX_AP2);
				fx_poke(&f, p.data, fx_peek(&f, p.data) & ~FX_S2_WRITE);
				fx_cmd(&f, FX_CMD_TLBI_NSNH_ALL, 0);
				synced = fx_sync(&f);
			}
			fx_answer(&f);
		}
		ASSERT_EQ_U64(fx_run(&f), FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, p.leaf), S1_DIRTY);
		EXPECT_EQ_U64(fx_peek(&f, p.data), FX_S2_DIRTY);
		(void)synced;
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
	}
}

/* Cached by a read with stage 1 writable and stage 2 clean, or the reverse: the write is verified
 * in memory and makes the clean one dirty. */
TEST_C(httu_nested, clean_at_one_stage_only)
{
	for (unsigned int stage2 = 0; stage2 < 2; stage2++) {
		FX(f, ALL_HTTU);
		struct pages p = map_all(&f, stage2 ? S1_LEAF : S1_CLEAN, s2_clean);

		if (!stage2)
			fx_poke(&f, p.data, FX_S2_DIRTY);
		ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
		EXPECT_FALSE(f.result.flags & SV3_RESULT_TLB_HIT);
		EXPECT_TRUE(f.result.flags & SV3_RESULT_DIRTY_SET);
		EXPECT_EQ_U64(fx_peek(&f, p.leaf), stage2 ? S1_LEAF : S1_DIRTY);
		EXPECT_EQ_U64(fx_peek(&f, p.data), FX_S2_DIRTY);
	}
}

/* A table of stage 2 is replaced while a leaf below it is to be updated: the walk begins anew at
 * the first level, not at what is cached of it. */
TEST_C(httu_nested, changed_table_of_stage_2_before_the_cas)
{
	FX(f, ALL_HTTU);
	struct pages p = map_all(&f, S1_LEAF, s2_clean);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	sv3_pa other = fx_alloc(&f), table = fx_s2_pte(&f, FX_IPA(FX_DATA), 2);

	fx_read(&f, FX_IOVA); /* fills the caches */
	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	ASSERT_EQ_U64(f.need.pa, p.data);
	fx_poke(&f, other + (p.data & 0xfff), FX_S2_CLEAN + 0x7000);
	fx_poke(&f, table, other | FX_TABLE);
	fx_poke(&f, p.data, 0);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA + 0x7000);
	fx_land(&f);
	EXPECT_EQ_U64(fx_peek(&f, p.data), 0);
	EXPECT_EQ_U64(fx_peek(&f, other + (p.data & 0xfff)), FX_S2_DIRTY + 0x7000);
}

/* AF is set though stage 2 refuses the output; the leaf changes before that: what it says
 * then decides, the first refusal is forgotten. */
TEST_C(httu_nested, refused_output_moves_before_the_cas)
{
	FX(f, ALL_HTTU);
	struct pages p = map_all(&f, NO_AF(S1_CLEAN), s2_clean);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	sv3_pa other = fx_s2_map(&f, FX_IPA(FX_DATA + 0x5000), 3, FX_S2_CLEAN + 0x5000);

	fx_poke(&f, p.data, 0);
	fx_begin(&f, &txn);
	for (unsigned int n = 0; n < 200; n++) {
		if (f.need.kind == SV3_NEED_CAS64 && f.need.pa == p.leaf)
			break;
		fx_answer(&f);
	}
	ASSERT_EQ_U64(f.need.desired, S1_CLEAN); /* AF alone */
	fx_poke(&f, p.leaf, S1_CLEAN + 0x5000);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA + 0x5000);
	fx_land(&f);
	EXPECT_EQ_U64(fx_peek(&f, p.leaf), S1_DIRTY + 0x5000);
	EXPECT_EQ_U64(fx_peek(&f, other), FX_S2_DIRTY + 0x5000);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* ---- answers that are under way, and probes ---- */

/* The memory access of each step is made, and only its answer is late: software cleans, invalidates
 * and sends a SYNC meanwhile. The access ends dirty at both stages, and every change is counted. */
TEST_C(httu_nested, cleaned_before_an_answer_arrives)
{
	unsigned int swaps = 0;

	for (unsigned int instant = 0; instant < 60; instant++) {
		FX(f, ALL_HTTU);
		struct pages p = map_all(&f, S1_CLEAN, s2_clean);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		uint64_t changes = 0;
		unsigned int n = 0;

		fx_begin(&f, &txn);
		for (; f.need.kind != SV3_NEED_DONE && n < instant; n++) {
			changes += f.need.kind == SV3_NEED_CAS64;
			fx_answer(&f);
		}
		if (f.need.kind == SV3_NEED_DONE) {
			fx_run(&f);
			fx_land(&f);
			break;
		}
		f.reply.status = SV3_BUS_OK;
		if (f.need.kind == SV3_NEED_CAS64) {
			sv3_bus_cas64(&f.bus, f.need.pa, f.need.expect, f.need.desired,
				      &f.reply.old);
			changes++;
			swaps++;
		} else {
			sv3_bus_read(&f.bus, f.need.pa, f.reply.data, f.need.size);
		}
		fx_poke(&f, p.leaf, S1_CLEAN);
		fx_poke(&f, p.data, FX_S2_CLEAN);
		fx_cmd(&f, FX_CMD_TLBI_NSNH_ALL, 0);
		fx_sync(&f);
		sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
		EXPECT_TRUE(fx_cmdq_empty(&f));
		while (f.need.kind != SV3_NEED_DONE) {
			changes += f.need.kind == SV3_NEED_CAS64;
			fx_answer(&f);
		}
		EXPECT_EQ_U64(fx_run(&f), FX_DATA);
		fx_land(&f);
		EXPECT_EQ_U64(fx_peek(&f, p.leaf), S1_DIRTY);
		EXPECT_EQ_U64(fx_peek(&f, p.data), FX_S2_DIRTY);
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_updates, changes);
	}
	EXPECT_EQ_INT(swaps, 3);
}

/* A probe says what an access would come to, with its flags, and changes nothing: leaves and stages
 * at random, the access made after it. */
TEST_C(httu_nested, probe)
{
	static const uint64_t leaves[] = { S1_CLEAN,         NO_AF(S1_CLEAN), S1_DIRTY,
					   S1_LEAF | FX_AP2, NO_AF(S1_LEAF),  0 };
	static const uint64_t pages[] = { FX_S2_LEAF | FX_S2_WRITE, FX_S2_LEAF | FX_DBM, FX_S2_LEAF,
					  NO_AF(FX_S2_LEAF | FX_DBM), 0 };
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 9);
	for (unsigned int i = 0; i < 500; i++) {
		const unsigned int httu[] = { 0, FX_HA | FX_S2HA, FX_HTTU, FX_S2HTTU, ALL_HTTU };
		FX(f, FX_NESTED | FX_NO_CACHES | httu[sv3_prng_below(&prng, 5)]);
		struct pages p = map_all(&f, leaves[sv3_prng_below(&prng, 6)], pages[0]);
		struct sv3_txn txn = fx_txn(FX_IOVA, sv3_prng_below(&prng, 2));
		const sv3_pa places[3] = { p.leaf, p.tables[3], p.data };
		struct sv3_result probed;
		uint64_t before[3], code;
		sv3_pa address;

		address = fx_peek(&f, p.tables[3]) & UINT64_C(0xfffffffff000);
		fx_poke(&f, p.tables[3], address | pages[sv3_prng_below(&prng, 4)]);
		fx_poke(&f, p.data, FX_DATA | pages[sv3_prng_below(&prng, 5)]);
		for (unsigned int n = 0; n < 3; n++)
			before[n] = fx_peek(&f, places[n]);
		txn.kind = SV3_TXN_PROBE;
		code = fx_go(&f, &txn);
		probed = f.result;
		for (unsigned int n = 0; n < 3; n++)
			if (fx_peek(&f, places[n]) != before[n])
				FAIL_C("case %u: the probe changes a descriptor", i);
		EXPECT_EQ_INT(fx_event(&f), 0);
		txn.kind = SV3_TXN_ACCESS;
		if (fx_go(&f, &txn) != code || f.result.flags != probed.flags ||
		    f.result.rule != probed.rule || f.result.span_lg2 != probed.span_lg2)
			FAIL_C("case %u: %#llx and flags %#x, the access %#llx and %#x", i,
			       (unsigned long long)code, probed.flags,
			       (unsigned long long)fx_code(&f.result), f.result.flags);
	}
}

/* ---- memory type of the walks ---- */

/* [IHI0070 3.15] By choice an update through a walk that is not Write-Back aborts: of each stage by
 * its own attributes. */
TEST_C(httu_nested, nc_update_aborts)
{
	for (unsigned int i = 0; i < 8; i++) {
		bool choice = i & 1, s1_nc = i & 2, s2_nc = i & 4;
		FX_CHOOSING(f, ALL_HTTU, choice ? SV3_CHOICE_NC_UPDATE_ABORTS : 0);
		uint64_t walk_wb = UINT64_C(5) << 8, s2_walk_wb = UINT64_C(5) << 40;
		struct pages p;

		fx_cd(&f, FX_CD, fx_cd0(12, 16, FX_HTTU) | (s1_nc ? 0 : walk_wb), FX_IPA(f.ttb0),
		      0);
		fx_ste_stage2(&f, FX_SID, fx_ste2(12, 25, 1, FX_S2HTTU) & ~(s2_nc ? s2_walk_wb : 0),
			      f.s2.table);
		p = map_all(&f, S1_CLEAN, FX_S2_LEAF | FX_S2_WRITE);
		fx_poke(&f, p.data, FX_S2_CLEAN);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA),
			      choice && (s1_nc || s2_nc) ? FX_FAULT(FX_F_WALK_EABT) : FX_DATA);
		if (!choice || (!s1_nc && !s2_nc))
			continue;
		ASSERT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
		/* Stage 1 comes first. */
		EXPECT_EQ_U64(f.event[1] >> 39 & 1, !s1_nc);
		EXPECT_EQ_U64(f.event[1] >> 40 & 3, s1_nc ? 1 : 2);
		EXPECT_EQ_U64(f.event[3], s1_nc ? p.leaf : p.data);
		EXPECT_EQ_U64(fx_peek(&f, p.data), FX_S2_CLEAN);
	}
}
