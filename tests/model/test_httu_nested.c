/* SPDX-License-Identifier: MIT */
/*
 * test_httu_nested.c - one access, up to eight descriptors: which of both stages are updated, in
 * which order, and when must they not be? [IHI0070 3.13.5] [DDI0487 D8.5]
 */
#include "tests/model/nested.h"

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
	struct nested p = nested_map(&f, NO_AF(S1_CLEAN), NO_AF(S2_CLEAN));
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	const sv3_pa wanted[] = { p.cd,        p.tables[0], p.tables[1], p.tables[2],
				  p.tables[3], p.tables[3], p.leaf,      p.data };
	sv3_pa places[16];

	expect_order(updates_of(&f, &txn, places), places, 8, wanted);
	EXPECT_EQ_U64(fx_code(&f.result), FX_DATA);
	EXPECT_EQ_U64(nested_state(&f, p.cd), FX_AF); /* never dirty [IHI0070 3.13.3.1] */
	for (unsigned int level = 0; level < 3; level++)
		EXPECT_EQ_U64(nested_state(&f, p.tables[level]), FX_AF);
	EXPECT_EQ_U64(nested_state(&f, p.tables[3]), FX_AF | FX_S2_WRITE);
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
	struct nested p = nested_map(&f, NO_AF(S1_CLEAN), NO_AF(S2_CLEAN));
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	const sv3_pa wanted[] = { p.cd,        p.tables[0], p.tables[1], p.tables[2],
				  p.tables[3], p.tables[3], p.leaf,      p.data };
	sv3_pa places[16];

	expect_order(updates_of(&f, &txn, places), places, 8, wanted);
	EXPECT_EQ_U64(nested_state(&f, p.tables[3]), FX_AF | FX_S2_WRITE);
	EXPECT_EQ_U64(fx_peek(&f, p.leaf), S1_CLEAN);
	EXPECT_EQ_U64(fx_peek(&f, p.data), FX_S2_CLEAN);
}

/* Both levels of a CD table are read through stage 2: AF, and never the dirty state, by choice
 * neither. [IHI0070 3.13.2, 3.13.3.1] */
TEST_C(httu_nested, nested_updates_of_a_two_level_cd)
{
	for (unsigned int choice = 0; choice < 2; choice++) {
		FX_CHOOSING(f, ALL_HTTU, choice ? SV3_CHOICE_S2_TABLE_DIRTY : 0);
		const sv3_pa level1 = FX_SCRATCH, level2 = FX_SCRATCH + 0x1000;
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		sv3_pa pages[2];

		nested_map(&f, S1_CLEAN, S2_CLEAN);
		fx_ste(&f, FX_SID,
		       FX_STE_NESTED | FX_STE_S1FMT(1) | FX_STE_S1CDMAX(8) | FX_IPA(level1), 0);
		pages[0] = fx_s2_map(&f, FX_IPA(level1), 3, level1 | NO_AF(S2_CLEAN));
		pages[1] = fx_s2_map(&f, FX_IPA(level2), 3, level2 | NO_AF(S2_CLEAN));
		fx_poke(&f, level1, FX_IPA(level2) | 1);
		fx_cd(&f, level2 + 3 * 64, fx_cd0(12, 16, FX_HTTU), FX_IPA(f.ttb0), 0);
		txn.substream_valid = true;
		txn.substream_id = 3;
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
		EXPECT_EQ_U64(nested_state(&f, pages[0]), FX_AF);
		EXPECT_EQ_U64(nested_state(&f, pages[1]), FX_AF);
	}
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
		struct nested p = nested_map(&f, rows[i].leaf, S2_CLEAN);
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
		struct nested p;

		p = nested_map(&f, S1_LEAF, S2_CLEAN);
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
		struct nested p = nested_map(&f, write ? S1_CLEAN : NO_AF(S1_CLEAN),
					     FX_S2_LEAF | FX_S2_WRITE);
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
		struct nested p;

		p = nested_map(&f, NO_AF(S1_CLEAN), S2_CLEAN);
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
	struct nested p = nested_map(&f, NO_AF(S1_CLEAN), FX_S2_LEAF);

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
	struct nested p = nested_map(&f, S1_LEAF | FX_AP2, S2_CLEAN);

	fx_poke(&f, p.data, NO_AF(FX_S2_CLEAN));
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(fx_peek(&f, p.data), NO_AF(FX_S2_CLEAN));
	EXPECT_EQ_U64(fx_peek(&f, p.tables[3]) & FX_S2_WRITE, 0);
}

/* ---- probes ---- */

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
		struct nested p = nested_map(&f, leaves[sv3_prng_below(&prng, 6)], pages[0]);
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
		struct nested p;

		fx_cd(&f, FX_CD, fx_cd0(12, 16, FX_HTTU) | (s1_nc ? 0 : walk_wb), FX_IPA(f.ttb0),
		      0);
		fx_ste_stage2(&f, FX_SID, fx_ste2(12, 25, 1, FX_S2HTTU) & ~(s2_nc ? s2_walk_wb : 0),
			      f.s2.table);
		p = nested_map(&f, S1_CLEAN, FX_S2_LEAF | FX_S2_WRITE);
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
