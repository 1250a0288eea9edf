/* SPDX-License-Identifier: MIT */
/*
 * test_in_flight.c - a transaction that is sent back in the middle of its way: nothing of its first
 * attempt decides the second. [IHI0070 3.21.1, 4.7.1, 6.3.9.6]
 */
#include "tests/model/jobs.h"
#include "tests/model/nested.h"

#define RETRY (UINT64_C(1) << 12) /* Ac of CMD_RESUME */

/* The record says that stage 2 does not map the page of the CD. */
static void expect_cd_unmapped(struct fx *f)
{
	ASSERT_EQ_INT(fx_event(f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f->event[1] >> 39 & 1, 1); /* S2 */
	EXPECT_EQ_U64(f->event[1] >> 40 & 3, 0); /* CLASS: CD */
	EXPECT_EQ_U64(f->event[3], FX_IPA(FX_CD));
}

/* Stage 2 refuses the output, and before that is told the access flag of stage 1 is set. While that
 * update is under way software unmaps the CD: this is what the access faults for, not the output.
 */
TEST_C(in_flight, a_refusal_is_forgotten_when_an_invalidation_sends_it_back)
{
	FX(f, ALL_HTTU);
	struct nested p = nested_map(&f, NO_AF(S1_CLEAN), S2_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_poke(&f, p.data, 0);
	fx_begin(&f, &txn);
	while (f.need.kind != SV3_NEED_DONE &&
	       !(f.need.kind == SV3_NEED_CAS64 && f.need.pa == p.leaf))
		fx_answer(&f);
	ASSERT_EQ_INT(f.need.kind, SV3_NEED_CAS64);
	fx_poke(&f, p.cd, 0);
	fx_cmd(&f, FX_CMD_TLBI_NSNH_ALL, 0);
	fx_cmd(&f, FX_CMD_CFGI_RANGE, 31);
	EXPECT_EQ_U64(fx_run(&f), FX_FAULT(FX_F_TRANSLATION));
	fx_land(&f);
	expect_cd_unmapped(&f);
}

/* The same where the refusal stalled: a retry knows nothing of it. [IHI0070 4.7.1] */
TEST_C(in_flight, a_refusal_is_forgotten_by_a_retry)
{
	FX(f, ALL_HTTU);
	struct jobs j = { .f = &f };
	struct nested p = nested_map(&f, NO_AF(S1_CLEAN), S2_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	uint32_t slot;

	fx_ste_stage2(&f, FX_SID, fx_ste2(12, 25, 1, FX_S2HTTU) | FX_STE_S2S, f.s2.table);
	fx_poke(&f, p.data, 0);
	slot = jobs_begin(&j, &txn);
	jobs_run(&j);
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f.event[1] >> 40 & 3, 2); /* CLASS: IN */
	fx_poke(&f, p.cd, 0);
	jobs_cmd(&j, FX_CMD_TLBI_NSNH_ALL, 0);
	jobs_cmd(&j, FX_CMD_CFGI_RANGE, 31);
	jobs_cmd(&j, 0x44 | RETRY | FX_CMD_SID(FX_SID), f.event[1] & 0xffff);
	EXPECT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
	expect_cd_unmapped(&f);
}

/* SMMUEN is cleared and the TLB invalidated while a leaf is made dirty: the access takes the way it
 * began on, and does not bypass with a leaf dirty for nothing. [IHI0070 6.3.9.6] */
TEST_C(in_flight, sent_back_while_smmuen_is_cleared_it_does_not_bypass)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	fx_cmd(&f, FX_CMD_TLBI_NSNH_ALL, 0);
	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_CR0ACK), 0xd);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_CR0ACK), 0xc);
	fx_land(&f);
}
