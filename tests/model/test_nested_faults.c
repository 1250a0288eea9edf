/* SPDX-License-Identifier: MIT */
/*
 * test_nested_faults.c - two stages: does each fault say which stage found it, what that stage was
 * asked for, and at which intermediate address? [IHI0070 7.3]
 */
#include "tests/model/nested.h"

enum event_class { CLASS_CD = 0, CLASS_TT = 1, CLASS_IN = 2 };

/* The record of a fault of stage 2, and what the result says of it. */
static void expect_s2(struct fx *f, unsigned int event, enum event_class event_class, uint64_t ipa)
{
	ASSERT_EQ_INT(fx_event(f), event);
	EXPECT_EQ_U64(f->event[1] >> 39 & 1, 1);
	EXPECT_EQ_U64(f->event[1] >> 40 & 3, event_class);
	EXPECT_EQ_U64(f->event[2], FX_IOVA);
	EXPECT_EQ_U64(f->event[3], ipa & ~UINT64_C(0xfff));
	EXPECT_TRUE(f->result.flags & SV3_RESULT_STAGE2_FAULT);
	EXPECT_EQ_U64(f->result.event_class, event_class);
}

static void expect_s1(struct fx *f, unsigned int event, enum event_class event_class)
{
	ASSERT_EQ_INT(fx_event(f), event);
	EXPECT_EQ_U64(f->event[1] >> 39 & 1, 0);
	EXPECT_EQ_U64(f->event[1] >> 40 & 3, event_class);
	EXPECT_EQ_U64(f->event[2], FX_IOVA);
	EXPECT_FALSE(f->result.flags & SV3_RESULT_STAGE2_FAULT);
}

/* ---- faults of stage 2, by what it was asked for ---- */

/* Make stage 2 refuse a page in five ways. Returns: the event. */
static unsigned int break_page(struct fx *f, sv3_pa s2_pte, unsigned int how)
{
	uint64_t leaf = fx_peek(f, s2_pte);

	switch (how) {
	case 0:
		fx_poke(f, s2_pte, 0);
		return FX_F_TRANSLATION;
	case 1:
		fx_poke(f, s2_pte, leaf | UINT64_C(1) << 47);
		return FX_F_ADDR_SIZE;
	case 2:
		fx_poke(f, s2_pte, leaf & ~FX_AF);
		return FX_F_ACCESS;
	default:
		fx_poke(f, s2_pte, leaf & ~FX_S2_READ);
		return FX_F_PERMISSION;
	}
}

/* Stage-1 table pages, at each level of stage 1. [IHI0070 7.3.13 - 7.3.16] */
TEST_C(nested, fault_of_a_table)
{
	for (unsigned int i = 0; i < 16; i++) {
		unsigned int level = i / 4, event;
		FX(f, FX_NESTED);
		sv3_pa pte;

		fx_ste_stage2(&f, FX_SID,
			      (fx_ste2(12, 25, 1, 0) & ~FX_STE_S2PS(7)) | FX_STE_S2PS(2),
			      f.s2.table);
		nested_map(&f, S1_LEAF, FX_S2_RW);
		pte = fx_pte(&f, FX_IOVA, level);
		event = break_page(&f, fx_guest_pte(&f, pte), i % 4);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(event));
		expect_s2(&f, event, CLASS_TT, FX_IPA(pte));
		/* TTRnW: the descriptor was read. [IHI0070 7.3.16] */
		EXPECT_EQ_U64(f.event[1] >> 44 & 1, event == FX_F_PERMISSION);
		EXPECT_EQ_U64(f.event[1] >> 35 & 1, 0); /* RnW is that of the access */
	}
}

TEST_C(nested, fault_of_the_cd)
{
	for (unsigned int how = 0; how < 4; how++) {
		unsigned int event;
		FX(f, FX_NESTED);

		fx_ste_stage2(&f, FX_SID,
			      (fx_ste2(12, 25, 1, 0) & ~FX_STE_S2PS(7)) | FX_STE_S2PS(2),
			      f.s2.table);
		nested_map(&f, S1_LEAF, FX_S2_RW);
		event = break_page(&f, fx_guest_pte(&f, FX_CD), how);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(event));
		expect_s2(&f, event, CLASS_CD, FX_IPA(FX_CD));
	}
}

/* [IHI0070 7.3.10] The CD's page is mapped to where nothing answers: the record has the physical
 * address. */
TEST_C(nested, cd_fetch_abort)
{
	FX(f, FX_NESTED);

	nested_map(&f, S1_LEAF, FX_S2_RW);
	fx_poke(&f, fx_guest_pte(&f, FX_CD), FX_NOWHERE | FX_S2_RW);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_CD_FETCH));
	ASSERT_EQ_INT(fx_event(&f), FX_F_CD_FETCH);
	EXPECT_EQ_U64(f.event[3], FX_NOWHERE + (FX_CD & 0xfff));
}

/* Two-level CDs: the level-1 descriptor, and the CD behind it. */
TEST_C(nested, fault_of_a_two_level_cd)
{
	const sv3_pa level1 = FX_SCRATCH, level2 = FX_SCRATCH + 0x1000;
	FX(f, FX_NESTED);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	nested_map(&f, S1_LEAF, FX_S2_RW);
	txn.substream_valid = true;
	txn.substream_id = 3;
	fx_ste(&f, FX_SID, FX_STE_NESTED | FX_STE_S1FMT(1) | FX_STE_S1CDMAX(8) | FX_IPA(level1), 0);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_TRANSLATION));
	expect_s2(&f, FX_F_TRANSLATION, CLASS_CD, FX_IPA(level1));
	fx_guest(&f, level1, 64);
	fx_poke(&f, level1, FX_IPA(level2) | 1);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_TRANSLATION));
	expect_s2(&f, FX_F_TRANSLATION, CLASS_CD, FX_IPA(level2));
	fx_guest(&f, level2, 64);
	fx_cd(&f, level2 + 3 * 64, fx_cd0(12, 16, 0), FX_IPA(f.ttb0), 0);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
}

TEST_C(nested, fault_of_the_output)
{
	for (unsigned int how = 0; how < 4; how++) {
		unsigned int event;
		FX(f, FX_NESTED);

		fx_ste_stage2(&f, FX_SID,
			      (fx_ste2(12, 25, 1, 0) & ~FX_STE_S2PS(7)) | FX_STE_S2PS(2),
			      f.s2.table);
		nested_map(&f, S1_LEAF, FX_S2_RW);
		event = break_page(&f, fx_guest_pte(&f, FX_DATA), how);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(event));
		expect_s2(&f, event, CLASS_IN, FX_IPA(FX_DATA));
	}
}

/* [IHI0070 7.3.12] Aborts: of a stage-2 descriptor its own address, of a stage-1 descriptor where
 * it is in memory, as with one stage. */
TEST_C(nested, walk_eabt)
{
	FX(f, FX_NESTED | FX_NO_CACHES);
	sv3_pa pte;

	nested_map(&f, S1_LEAF, FX_S2_RW);
	pte = fx_pte(&f, FX_IOVA, 1);
	fx_poke(&f, fx_guest_pte(&f, pte), FX_NOWHERE | FX_S2_RW);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_WALK_EABT));
	expect_s1(&f, FX_F_WALK_EABT, CLASS_TT);
	EXPECT_EQ_U64(f.event[3], FX_NOWHERE + (pte & 0xfff));
	fx_s2_map(&f, FX_IPA(pte), 2, FX_NOWHERE | FX_TABLE);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_WALK_EABT));
	ASSERT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
	EXPECT_EQ_U64(f.event[1] >> 39 & 1, 1);
	EXPECT_EQ_U64(f.event[1] >> 40 & 3, CLASS_TT);
	EXPECT_EQ_U64(f.event[3] & ~UINT64_C(0xfff), FX_NOWHERE);
}

/* An intermediate address beyond the range of stage 2: of a table, of the CD, of the output. */
TEST_C(nested, range_of_stage_2)
{
	const uint64_t beyond = UINT64_C(1) << 39;
	FX(f, FX_NESTED);

	nested_map(&f, S1_LEAF, FX_S2_RW);
	fx_map(&f, FX_IOVA, 3, beyond | FX_PAGE | FX_AF | FX_NG);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	expect_s2(&f, FX_F_TRANSLATION, CLASS_IN, beyond);
	fx_map(&f, FX_IOVA, 2, beyond | FX_TABLE);
	fx_tlbi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	expect_s2(&f, FX_F_TRANSLATION, CLASS_TT, beyond | (FX_IOVA >> 12 & 511) * 8);
	fx_ste(&f, FX_SID, FX_STE_NESTED | beyond, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	expect_s2(&f, FX_F_TRANSLATION, CLASS_CD, beyond);
}

/* CD.IPS limits the intermediate address: that is a fault of stage 1. */
TEST_C(nested, addr_size_of_stage_1)
{
	FX(f, FX_NESTED);

	nested_map(&f, S1_LEAF, FX_S2_RW);
	fx_cd(&f, FX_CD, (fx_cd0(12, 16, 0) & ~FX_CD_IPS(7)) | FX_CD_IPS(2), FX_IPA(f.ttb0), 0);
	fx_map(&f, FX_IOVA, 3, UINT64_C(1) << 40 | FX_PAGE | FX_AF | FX_NG);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_ADDR_SIZE));
	expect_s1(&f, FX_F_ADDR_SIZE, CLASS_IN);
}

/* [IHI0070 7.3.22] Stage 1 speaks before stage 2 of its output; stage 2 of a table before what
 * stands in it. */
TEST_C(nested, priority)
{
	FX(f, FX_NESTED | FX_NO_CACHES);
	sv3_pa data_pte, pte;

	nested_map(&f, S1_LEAF, FX_S2_RW);
	data_pte = fx_guest_pte(&f, FX_DATA);
	fx_poke(&f, data_pte, 0);
	pte = fx_map(&f, FX_IOVA, 3, S1_LEAF & ~FX_AF);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_ACCESS));
	expect_s1(&f, FX_F_ACCESS, CLASS_IN);
	fx_poke(&f, pte, S1_LEAF | FX_AP2);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
	expect_s1(&f, FX_F_PERMISSION, CLASS_IN);
	fx_poke(&f, pte, S1_LEAF);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	expect_s2(&f, FX_F_TRANSLATION, CLASS_IN, FX_IPA(FX_DATA));
	/* An invalid descriptor in a page that stage 2 refuses. */
	fx_poke(&f, pte, 0);
	fx_poke(&f, fx_guest_pte(&f, pte), fx_peek(&f, fx_guest_pte(&f, pte)) & ~FX_AF);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_ACCESS));
	expect_s2(&f, FX_F_ACCESS, CLASS_TT, FX_IPA(pte));
	/* The range of stage 1 before all of stage 2 but the CD's. */
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA | UINT64_C(1) << 50), FX_FAULT(FX_F_TRANSLATION));
	EXPECT_FALSE(f.result.flags & SV3_RESULT_STAGE2_FAULT);
}

/* CD.R and A are stage 1's, STE.S2R stage 2's: for its faults on behalf of stage 1 too. */
TEST_C(nested, each_stage_has_its_own_record_bit)
{
	FX(f, FX_NESTED | FX_NO_CACHES);
	sv3_pa pte;

	nested_map(&f, S1_LEAF, FX_S2_RW);
	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) & ~(FX_CD_R | FX_CD_A), FX_IPA(f.ttb0), 0);
	fx_poke(&f, fx_guest_pte(&f, FX_DATA), 0);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION)); /* S2: abort, record */
	expect_s2(&f, FX_F_TRANSLATION, CLASS_IN, FX_IPA(FX_DATA));
	pte = fx_map(&f, FX_IOVA, 3, 0);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_RAZ_WI(0)); /* stage 1: RAZ, silent */
	fx_ste_stage2(&f, FX_SID, fx_ste2(12, 25, 1, 0) & ~FX_STE_S2R, f.s2.table);
	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0), FX_IPA(f.ttb0), 0);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	expect_s1(&f, FX_F_TRANSLATION, CLASS_IN);
	fx_poke(&f, fx_guest_pte(&f, pte), 0);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_SILENT);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* ---- S2PTW, S2AFFD ---- */

/* [IHI0070 5.2 S2PTW] Structures of stage 1 in what stage 2 maps as Device memory. */
TEST_C(nested, s2ptw)
{
	for (unsigned int i = 0; i < 12; i++) {
		bool ptw = i & 1, cached = i & 2;
		unsigned int where = i / 4; /* CD, a table, the output */
		FX(f, FX_NESTED | (cached ? 0 : FX_NO_CACHES));
		sv3_pa at, page;
		uint64_t leaf;

		nested_map(&f, S1_LEAF, FX_S2_RW);
		at = where == 0 ? FX_CD : where == 1 ? fx_pte(&f, FX_IOVA, 2) : FX_DATA;
		page = fx_guest_pte(&f, at);
		leaf = fx_peek(&f, page) & ~FX_S2_WB;
		fx_ste_stage2(&f, FX_SID, fx_ste2(12, 25, 1, 0) | (ptw ? FX_STE_S2PTW : 0),
			      f.s2.table);
		fx_poke(&f, page, leaf | UINT64_C(1) << 2); /* Device-nGnRE */
		for (unsigned int round = 0; round < 2; round++) {
			if (!ptw || where == 2) {
				EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
				continue;
			}
			EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
			expect_s2(&f, FX_F_PERMISSION, where == 0 ? CLASS_CD : CLASS_TT,
				  FX_IPA(at));
			EXPECT_EQ_U64(f.event[1] >> 44 & 1, where == 1);
		}
	}
}

/* [IHI0070 5.2 S2AFFD] Also for what stage 1 is made of. */
TEST_C(nested, s2affd)
{
	for (unsigned int affd = 0; affd < 2; affd++) {
		FX(f, FX_NESTED | (affd ? FX_S2AFFD : 0u));
		sv3_pa pages[3];

		nested_map(&f, S1_LEAF, FX_S2_RW);
		pages[0] = fx_guest_pte(&f, FX_CD);
		pages[1] = fx_guest_pte(&f, fx_pte(&f, FX_IOVA, 3));
		pages[2] = fx_guest_pte(&f, FX_DATA);
		for (unsigned int i = 0; i < 3; i++)
			fx_poke(&f, pages[i], fx_peek(&f, pages[i]) & ~FX_AF);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), affd ? FX_DATA : FX_FAULT(FX_F_ACCESS));
		for (unsigned int i = 0; i < 3; i++)
			EXPECT_EQ_U64(fx_peek(&f, pages[i]) & FX_AF, 0);
	}
}
