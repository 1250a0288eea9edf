/* SPDX-License-Identifier: MIT */
/*
 * test_httu_nested_race.c - two stages: what happens when software changes a descriptor that an
 * access uses, between any two of its needs, under its answers, and behind the TLB's back?
 * [IHI0070 3.13.5, 3.21.1] [DDI0487 D8.5]
 */
#include "tests/model/nested.h"

/* ---- software changes what is about to be updated ---- */

/* Every compare-and-swap of the longest access, lost to a flip of software's own bits: it is made
 * again, and neither side loses an update. */
TEST_C(httu_nested, cas_lost_at_every_place)
{
	for (unsigned int i = 0; i < 16; i++) {
		FX_CHOOSING(f, ALL_HTTU, i & 1 ? SV3_CHOICE_S1_DIRTY_FIRST : 0);
		unsigned int which = i / 2;
		struct nested p = nested_map(&f, NO_AF(S1_CLEAN), NO_AF(S2_CLEAN));
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
		EXPECT_EQ_U64(nested_state(&f, p.tables[3]), FX_AF | FX_S2_WRITE);
		EXPECT_EQ_U64(nested_state(&f, p.cd), FX_AF);
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
		struct nested p = nested_map(&f, NO_AF(S1_CLEAN), NO_AF(S2_CLEAN));
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
	struct nested p = nested_map(&f, S1_CLEAN, S2_CLEAN);
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
	struct nested p = nested_map(&f, S1_CLEAN, S2_CLEAN);
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
		struct nested p = nested_map(&f, S1_CLEAN, S2_CLEAN);
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
		struct nested p = nested_map(&f, S1_CLEAN, S2_CLEAN);

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
		struct nested p = nested_map(&f, S1_CLEAN, S2_CLEAN);
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
		struct nested p = nested_map(&f, S1_CLEAN, S2_CLEAN);
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
	struct nested p = nested_map(&f, S1_CLEAN, S2_CLEAN);
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
		struct nested p = nested_map(&f, S1_CLEAN, S2_CLEAN);
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
		struct nested p = nested_map(&f, stage2 ? S1_LEAF : S1_CLEAN, S2_CLEAN);

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
	struct nested p = nested_map(&f, S1_LEAF, S2_CLEAN);
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
	struct nested p = nested_map(&f, NO_AF(S1_CLEAN), S2_CLEAN);
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

/* ---- answers that are under way ---- */

/* The memory access of each step is made, and only its answer is late: software cleans, invalidates
 * and sends a SYNC meanwhile. The access ends dirty at both stages, and every change is counted. */
TEST_C(httu_nested, cleaned_before_an_answer_arrives)
{
	unsigned int swaps = 0;

	for (unsigned int instant = 0; instant < 60; instant++) {
		FX(f, ALL_HTTU);
		struct nested p = nested_map(&f, S1_CLEAN, S2_CLEAN);
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
