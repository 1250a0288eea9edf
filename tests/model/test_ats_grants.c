/* SPDX-License-Identifier: MIT */
/*
 * test_ats_grants.c - what stands in an answer of ATS beside the address: what an answer that
 * grants nothing says, when the TLB answers, and what cached configuration keeps from ATS.
 * [IHI0070 3.9.1, 13.6, 13.7]
 */
#include <string.h>

#include "tests/model/ats.h"
#include "tests/model/machine.h"

/* Success without permissions: no address, a span of the smallest granule, PRIV as it came, and why
 * for whoever asks the result. [IHI0070 3.9.1.2, 13.7.1] */
TEST_C(ats, an_answer_that_grants_nothing)
{
	static const struct {
		uint32_t granules; /* of IDR5 */
		unsigned int granule;
	} rows[] = {
		{ 7, 12 }, { 1, 12 }, { 2, 14 }, { 4, 16 }, { 6, 14 }, { 5, 12 },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_txn txn = fx_txn(FX_IOVA & UINT64_C(0xffffffff), false);
		struct sv3_smmu_config config;

		fx_config(&config, FX_FULL);
		config.idr5 = (config.idr5 & ~UINT32_C(0xc77)) | rows[i / 2].granules << 4 | 5;
		fx_power_on(&f, &config);
		fx_boot(&f, FX_FULL);
		fx_use_table(&f, rows[i / 2].granule, 25, 0);
		/* Only with a PASID is a request privileged. */
		fx_ste(&f, FX_SID, FX_STE_S1 | FX_STE_S1CDMAX(1) | FX_CD, ATS_FULL);
		fx_cd(&f, FX_CD + 64, fx_cd0(rows[i / 2].granule, 25, 0), f.ttb0, 0);
		txn.substream_valid = true;
		txn.substream_id = 1;
		txn.kind = SV3_TXN_ATS_REQUEST;
		txn.privileged = i & 1;
		EXPECT_EQ_U64(fx_go(&f, &txn), 0);
		EXPECT_EQ_INT(f.result.outcome, SV3_OUTCOME_OK);
		EXPECT_EQ_U64(f.result.ats, i & 1 ? SV3_ATS_PRIVILEGED : 0);
		EXPECT_EQ_U64(f.result.span_lg2, rows[i / 2].granule);
		EXPECT_EQ_U64(f.result.memory, 0);
		EXPECT_EQ_U64(f.result.shareability, 0);
		EXPECT_EQ_U64(f.result.flags, 0);
		EXPECT_EQ_U64(f.result.event_class, 2); /* IN */
		EXPECT_TRUE(strcmp(machine_rule(&f), "S1_INVALID") == 0);
	}
}

/* The same of stage 1 that gives no permission, or stage 2: nothing is updated for it. */
TEST_C(ats, an_answer_that_grants_nothing_by_either_stage)
{
	static const struct {
		uint64_t s1, s2;
		const char *rule;
	} rows[] = {
		{ S1_CLEAN & ~FX_AF, FX_S2_CLEAN, "S1_PERMISSION" },
		{ (S1_CLEAN & ~FX_AF) | FX_AP1, FX_S2_CLEAN & ~(FX_S2_READ | FX_AF),
		  "S2_PERMISSION" },
		{ (S1_CLEAN & ~FX_AF) | FX_AP1, 0, "S2_INVALID" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX_ATS(f, FX_NESTED | FX_HTTU | FX_S2HTTU, 0);
		sv3_pa leaf = fx_map(&f, FX_IOVA, 3, rows[i].s1), table = fx_guest_pte(&f, leaf);
		sv3_pa output = fx_s2_map(&f, FX_IPA(FX_DATA), 3, rows[i].s2);
		uint64_t before = fx_peek(&f, table);

		EXPECT_EQ_U64(ats_request(&f, FX_IOVA, false), 0);
		EXPECT_EQ_U64(f.result.pa, 0);
		EXPECT_EQ_U64(f.result.flags, i ? SV3_RESULT_STAGE2_FAULT : 0);
		EXPECT_TRUE(strcmp(machine_rule(&f), rows[i].rule) == 0);
		EXPECT_EQ_U64(fx_peek(&f, leaf), rows[i].s1);
		EXPECT_EQ_U64(fx_peek(&f, table), before);
		EXPECT_EQ_U64(fx_peek(&f, output), rows[i].s2);
	}
}

/* What a request does not ask for does not keep the TLB from answering it. */
TEST_C(ats, a_request_is_answered_by_the_tlb)
{
	static const struct {
		bool execute;
		unsigned int instcfg;
		uint64_t leaf;
		unsigned int grant;
		bool hit;
	} rows[] = {
		{ false, 0, FX_LEAF | FX_AP1 | FX_UXN, SV3_ATS_READ, true },
		{ true, 0, FX_LEAF | FX_AP1, SV3_ATS_READ | SV3_ATS_EXECUTE, true },
		{ true, 2, FX_LEAF | FX_AP1 | FX_UXN, SV3_ATS_READ | SV3_ATS_EXECUTE, true },
		/* What it asks for and is not there is looked up in memory. */
		{ true, 0, FX_LEAF | FX_AP1 | FX_UXN, SV3_ATS_READ, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX_ATS(f, 0, 0);
		struct sv3_txn txn = fx_txn(FX_IOVA, false);

		fx_map(&f, FX_IOVA, 3, rows[i].leaf);
		/* Only with a PASID is a request one of instructions. */
		fx_ste(&f, FX_SID, FX_STE_S1 | FX_STE_S1CDMAX(1) | FX_CD,
		       ATS_FULL | (uint64_t)rows[i].instcfg << 50);
		fx_cd(&f, FX_CD + 64, fx_cd0(12, 16, 0), f.ttb0, 0);
		txn.substream_valid = true;
		txn.substream_id = 1;
		txn.kind = SV3_TXN_ATS_REQUEST;
		txn.privileged = false;
		txn.instruction = rows[i].execute;
		for (unsigned int round = 0; round < 2; round++) {
			EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
			EXPECT_EQ_U64(f.result.ats, rows[i].grant);
		}
		EXPECT_EQ_U64(!!(f.result.flags & SV3_RESULT_TLB_HIT), rows[i].hit);
	}
}

/* No other transaction has a grant. */
TEST_C(ats, an_access_is_granted_nothing)
{
	FX_ATS(f, FX_HTTU, 0);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	for (unsigned int round = 0; round < 2; round++) {
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(f.result.ats, 0);
	}
	EXPECT_EQ_U64(ats_translated(&f, FX_DATA, true), FX_DATA);
	EXPECT_EQ_U64(f.result.ats, 0);
}

/* [IHI0070 6.3.9.1, 5.2 EATS] Split-stage ATS where Translated traffic is not checked is off; full
 * ATS is not. */
TEST_C(ats, split_stage_without_atschk)
{
	for (unsigned int i = 0; i < 4; i++) {
		bool split = i & 1, checked = i & 2;
		FX_ATS(f, FX_NESTED, 0);

		fx_ste(&f, FX_SID, FX_STE_NESTED | FX_IPA(FX_CD), split ? ATS_SPLIT : ATS_FULL);
		fx_map(&f, FX_IOVA, 3, S1_LEAF | FX_AP1);
		fx_guest(&f, FX_DATA, 0x1000);
		if (!checked)
			fx_set_reg(&f, SV3_REG_CR0, 0xd);
		EXPECT_EQ_U64(ats_request(&f, FX_IOVA, true),
			      split && !checked ? ATS_REFUSED(SV3_OUTCOME_ATS_UR) : ATS_RW);
	}
}

/* What the STE keeps from ATS it keeps also when it is cached, of an ordinary access before. */
TEST_C(ats, refused_by_a_cached_ste)
{
	FX_ATS(f, 0, 0);

	fx_map(&f, FX_IOVA, 3, FX_LEAF | FX_AP1);
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, 0); /* EATS = 0 */
	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(ats_request(&f, FX_IOVA, false), ATS_REFUSED(SV3_OUTCOME_ATS_UR));
	EXPECT_EQ_INT(fx_event(&f), FX_F_BAD_ATS_TREQ);
	EXPECT_EQ_U64(ats_translated(&f, FX_DATA, false), FX_FAULT(FX_F_TRANSL_FORBIDDEN));
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSL_FORBIDDEN);
}

/* Translated traffic goes where it says, checked or not; nothing ends its span. */
TEST_C(ats, translated_goes_where_it_says)
{
	for (unsigned int checked = 0; checked < 2; checked++) {
		FX_ATS(f, 0, 0);

		if (!checked)
			fx_set_reg(&f, SV3_REG_CR0, 0xd);
		EXPECT_EQ_U64(ats_translated(&f, FX_DATA + 5, true), FX_DATA + 5);
		EXPECT_EQ_U64(f.result.span_lg2, 64);
		EXPECT_EQ_U64(f.result.flags, SV3_RESULT_BYPASS);
	}
}
