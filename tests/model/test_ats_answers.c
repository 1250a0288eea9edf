/* SPDX-License-Identifier: MIT */
/*
 * test_ats_answers.c - how a Translation Request is answered that cannot be granted, what is
 * recorded of it, and what Translated traffic may do. [IHI0070 3.9.1.2, 3.9.1.3]
 */
#include "tests/model/ats.h"

/* ---- answers to what cannot be had ---- */

/* [IHI0070 3.9.1.2] Unsupported, aborted by the completer, or success without permissions; and what
 * is recorded, without and with CR2.REC_CFG_ATS. */
TEST_C(ats, responses)
{
	enum { UR = ATS_REFUSED(SV3_OUTCOME_ATS_UR), CA = ATS_REFUSED(SV3_OUTCOME_ATS_CA) };
	static const struct {
		const char *what;
		uint64_t ste0, ste1;
		uint32_t cr0, sid;
		uint64_t leaf;
		unsigned int answer, event, event_rec;
	} rows[] = {
		{ "SMMUEN = 0", FX_STE_S1 | FX_CD, ATS_FULL, 0x1c, FX_SID, FX_LEAF, UR,
		  FX_F_BAD_ATS_TREQ, FX_F_BAD_ATS_TREQ },
		{ "Config = 0", FX_STE_V, ATS_FULL, 0x1d, FX_SID, FX_LEAF, UR, 0, 0 },
		{ "bypass", FX_STE_BYPASS, ATS_FULL, 0x1d, FX_SID, FX_LEAF, UR, FX_F_BAD_ATS_TREQ,
		  FX_F_BAD_ATS_TREQ },
		{ "EATS = 0", FX_STE_S1 | FX_CD, 0, 0x1d, FX_SID, FX_LEAF, UR, FX_F_BAD_ATS_TREQ,
		  FX_F_BAD_ATS_TREQ },
		{ "EATS = 1, ATSCHK = 0", FX_STE_S1 | FX_CD, ATS_FULL, 0xd, FX_SID,
		  FX_LEAF | FX_AP1, ATS_RW, 0, 0 },
		{ "V = 0", FX_CD, ATS_FULL, 0x1d, FX_SID, FX_LEAF, CA, 0, FX_C_BAD_STE },
		{ "StreamID", FX_STE_S1 | FX_CD, ATS_FULL, 0x1d, 300, FX_LEAF, CA, 0,
		  FX_C_BAD_STREAMID },
		{ "CD fetch", FX_STE_S1 | FX_NOWHERE, ATS_FULL, 0x1d, FX_SID, FX_LEAF, CA, 0,
		  FX_F_CD_FETCH },
		{ "S1DSS", FX_STE_S1 | FX_STE_S1CDMAX(1) | FX_CD, ATS_FULL, 0x1d, FX_SID, FX_LEAF,
		  CA, 0, FX_F_STREAM_DISABLED },
		{ "not mapped", FX_STE_S1 | FX_CD, ATS_FULL, 0x1d, FX_SID, 0, 0, 0, 0 },
		{ "AF = 0", FX_STE_S1 | FX_CD, ATS_FULL, 0x1d, FX_SID, (FX_LEAF | FX_AP1) & ~FX_AF,
		  0, 0, 0 },
		{ "no permission", FX_STE_S1 | FX_CD, ATS_FULL, 0x1d, FX_SID, FX_LEAF, 0, 0, 0 },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		bool rec = i & 1;
		FX_ATS(f, 0, 0);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		unsigned int answer;

		fx_set_reg(&f, SV3_REG_CR0, 0xc);
		fx_set_reg(&f, SV3_REG_CR2, rec ? 0xa : 2);
		fx_set_reg(&f, SV3_REG_CR0, rows[i / 2].cr0);
		fx_ste(&f, FX_SID, rows[i / 2].ste0, rows[i / 2].ste1);
		fx_map(&f, FX_IOVA, 3, rows[i / 2].leaf);
		txn.kind = SV3_TXN_ATS_REQUEST;
		txn.stream_id = rows[i / 2].sid;
		txn.privileged = false;
		answer = ats_go(&f, &txn);
		if (answer != rows[i / 2].answer)
			FAIL_C("%s: %#x", rows[i / 2].what, answer);
		if (answer == 0)
			EXPECT_EQ_U64(f.result.span_lg2, 12); /* the smallest granule */
		if (fx_event(&f) != (rec ? rows[i / 2].event_rec : rows[i / 2].event))
			FAIL_C("%s, REC_CFG_ATS %d: wrong record", rows[i / 2].what, rec);
	}
}

/* C_BAD_STREAMID needs RECINVSID too; F_WALK_EABT is the completer's. */
TEST_C(ats, responses_records)
{
	FX_ATS(f, 0, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	txn.kind = SV3_TXN_ATS_REQUEST;
	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	fx_set_reg(&f, SV3_REG_CR2, 8); /* REC_CFG_ATS alone */
	fx_set_reg(&f, SV3_REG_CR0, 0x1d);
	txn.stream_id = 300;
	fx_go(&f, &txn);
	EXPECT_EQ_INT(f.result.outcome, SV3_OUTCOME_ATS_CA);
	EXPECT_EQ_INT(fx_event(&f), 0);
	txn.stream_id = FX_SID;
	fx_map(&f, FX_IOVA, 1, FX_NOWHERE | FX_TABLE);
	fx_go(&f, &txn);
	EXPECT_EQ_INT(f.result.outcome, SV3_OUTCOME_ATS_CA);
	EXPECT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
}

/* By choice an unsupported request is not recorded. */
TEST_C(ats, responses_not_recorded)
{
	FX_ATS(f, 0, SV3_CHOICE_TREQ_NOT_RECORDED);

	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, 0);
	EXPECT_EQ_U64(ats_request(&f, FX_IOVA, true), ATS_REFUSED(SV3_OUTCOME_ATS_UR));
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* Faults of stage 2 while stage 1 is fetched: success without permissions. */
TEST_C(ats, nested_faults_of_the_walk)
{
	FX_ATS(f, FX_NESTED, 0);
	sv3_pa pte;

	fx_guest(&f, FX_DATA, 0x1000);
	pte = fx_map(&f, FX_IOVA, 3, S1_LEAF | FX_AP1);
	EXPECT_EQ_U64(ats_request(&f, FX_IOVA, true), ATS_RW);
	fx_poke(&f, fx_guest_pte(&f, pte), 0);
	fx_tlbi_all(&f);
	EXPECT_EQ_U64(ats_request(&f, FX_IOVA, true), 0);
	fx_poke(&f, fx_guest_pte(&f, FX_CD), 0);
	fx_tlbi_all(&f);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(ats_request(&f, FX_IOVA, true), 0);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* Requests never stall. */
TEST_C(ats, requests_do_not_stall)
{
	FX_ATS(f, 0, 0);

	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) | FX_CD_S, f.ttb0, 0);
	EXPECT_EQ_U64(ats_request(&f, FX_IOVA, true), 0);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* ---- Translated traffic ---- */

/* [IHI0070 3.9.1.3, 7.3.8] */
TEST_C(ats, translated)
{
	static const struct {
		const char *what;
		uint64_t ste0, ste1;
		uint32_t cr0;
		uint64_t code;
		unsigned int event_rec; /* with REC_CFG_ATS */
	} rows[] = {
		{ "full ATS", FX_STE_S1 | FX_CD, ATS_FULL, 0x1d, FX_DATA, 0 },
		{ "EATS = 0", FX_STE_S1 | FX_CD, 0, 0x1d, FX_FAULT(FX_F_TRANSL_FORBIDDEN),
		  FX_F_TRANSL_FORBIDDEN },
		{ "bypass", FX_STE_BYPASS, ATS_FULL, 0x1d, FX_FAULT(FX_F_TRANSL_FORBIDDEN),
		  FX_F_TRANSL_FORBIDDEN },
		{ "Config = 0", FX_STE_V, ATS_FULL, 0x1d, FX_SILENT, 0 },
		{ "V = 0", 0, ATS_FULL, 0x1d, FX_SILENT, FX_C_BAD_STE },
		{ "no CD is looked at", FX_STE_S1 | FX_NOWHERE, ATS_FULL, 0x1d, FX_DATA, 0 },
		{ "ATSCHK = 0", 0, 0, 0xd, FX_DATA, 0 },
		{ "SMMUEN = 0", FX_STE_S1 | FX_CD, ATS_FULL, 0x1c, FX_FAULT(FX_F_TRANSL_FORBIDDEN),
		  FX_F_TRANSL_FORBIDDEN },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		bool rec = i & 1;
		FX_ATS(f, 0, 0);
		uint64_t code;

		fx_set_reg(&f, SV3_REG_CR0, 0xc);
		fx_set_reg(&f, SV3_REG_CR2, rec ? 0xa : 2);
		fx_set_reg(&f, SV3_REG_CR0, rows[i / 2].cr0);
		fx_ste(&f, FX_SID, rows[i / 2].ste0, rows[i / 2].ste1);
		code = ats_translated(&f, FX_DATA, true);
		if (code != (rec && rows[i / 2].event_rec ? FX_FAULT(rows[i / 2].event_rec)
							  : rows[i / 2].code))
			FAIL_C("%s, REC_CFG_ATS %d: %#llx", rows[i / 2].what, rec,
			       (unsigned long long)code);
	}
}

/* An address beyond the physical ones is aborted, silently. [IHI0070 3.9.1.1] */
TEST_C(ats, translated_address_size)
{
	FX_ATS(f, 0, 0);

	EXPECT_EQ_U64(ats_translated(&f, (UINT64_C(1) << 52) - 8, true), (UINT64_C(1) << 52) - 8);
	EXPECT_EQ_U64(ats_translated(&f, UINT64_C(1) << 52, true), FX_SILENT);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	EXPECT_EQ_U64(ats_translated(&f, UINT64_C(1) << 52, true), FX_SILENT);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* A request beyond the address size where stage 1 is passed by: success, and nothing granted.
 * [IHI0070 13.6.5] */
TEST_C(ats, request_address_size)
{
	for (unsigned int nested = 0; nested < 2; nested++) {
		FX_ATS(f, nested ? FX_NESTED : 0, 0);
		uint64_t cd = nested ? FX_IPA(FX_CD) : FX_CD;

		fx_ste(&f, FX_SID, (nested ? FX_STE_NESTED : FX_STE_S1) | FX_STE_S1CDMAX(1) | cd,
		       FX_STE_S1DSS(1) | ATS_FULL);
		EXPECT_EQ_U64(ats_request(&f, UINT64_C(1) << 52, true), 0);
		EXPECT_EQ_INT(fx_event(&f), 0);
	}
}
