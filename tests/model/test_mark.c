/* SPDX-License-Identifier: MIT */
/*
 * test_mark.c - for which transactions in flight does a SYNC behind an invalidation wait, and which
 * let it pass? [IHI0070 3.21.1, 4.7.3]
 *
 * One that is concerned and not waited for is a page freed under a device; one that is waited for
 * without need is a SYNC held up by strangers.
 */
#include "tests/model/fx.h"

#define OTHER_SID 0x12u

/* How far a transaction is. */
enum state {
	UNSTEPPED,
	FETCHING_STE,
	WALKING,
	TRANSLATED,
	BYPASSING,
	REFUSED,
	PROBING,
	STATE_COUNT,
};

static const char *const state_names[STATE_COUNT] = { "unstepped",  "fetching its STE", "walking",
						      "translated", "bypassing",        "refused",
						      "a probe" };

/* Bring a transaction at @iova into @state; false if it could not be. */
static bool bring(struct fx *f, enum state state, sv3_iova iova)
{
	struct sv3_txn txn = fx_txn(iova, false);

	if (state == BYPASSING) {
		txn.stream_id = OTHER_SID;
		txn.iova = FX_DATA;
		fx_ste(f, OTHER_SID, FX_STE_BYPASS, 0);
	} else if (state == REFUSED) {
		txn.iova += 0x100000;
	} else if (state == PROBING) {
		txn.kind = SV3_TXN_PROBE;
	}
	if (state == UNSTEPPED) {
		f->need.kind = SV3_NEED_NONE;
		return sv3_smmu_begin(f->smmu, &txn, &f->slot) == 0;
	}
	fx_begin(f, &txn);
	if (state == FETCHING_STE)
		return f->need.unit == SV3_UNIT_STE;
	if (state == WALKING || state == PROBING)
		return fx_until(f, SV3_UNIT_S1_L3);
	return (fx_run(f) == FX_FAULT(FX_F_TRANSLATION)) == (state == REFUSED);
}

/* To its end, whatever that is. */
static void end(struct fx *f, enum state state)
{
	if (state == UNSTEPPED)
		sv3_smmu_step(f->smmu, f->slot, NULL, &f->need);
	fx_run(f);
	fx_land(f);
}

TEST_C(mark, sync_waits_for_what_the_invalidation_concerns)
{
	static const struct {
		enum state state;
		bool tlbi, cfgi; /* whether SYNC waits behind it */
	} rows[] = {
		/* Nothing was looked at yet. */
		{ UNSTEPPED, false, false },
		/* No table was. */
		{ FETCHING_STE, false, true },
		{ WALKING, true, true },
		{ TRANSLATED, true, true },
		{ BYPASSING, false, true },
		/* There will be no access. */
		{ REFUSED, false, false },
		{ PROBING, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned int is_cfgi = 0; is_cfgi < 2; is_cfgi++) {
			bool waits = is_cfgi ? rows[i].cfgi : rows[i].tlbi;
			FX(f, FX_NO_CACHES);

			fx_map(&f, FX_IOVA, 3, FX_LEAF);
			ASSERT_TRUE(bring(&f, rows[i].state, FX_IOVA));
			fx_cmd(&f, is_cfgi ? FX_CMD_CFGI_RANGE : FX_CMD_TLBI_NSNH_ALL,
			       is_cfgi ? 31 : 0);
			if (fx_sync(&f) == waits)
				FAIL_C("%s: the SYNC behind a %s %s", state_names[rows[i].state],
				       is_cfgi ? "CFGI" : "TLBI",
				       waits ? "does not wait" : "waits");
			end(&f, rows[i].state);
			EXPECT_TRUE(fx_cmdq_empty(&f));
			if (rows[i].state == FETCHING_STE || rows[i].state == WALKING)
				EXPECT_EQ_U64(f.result.walk_restarts, waits);
		}
	}
}

/* A walk: its addresses do not matter, because nobody knows how large its leaf will be; whose
 * tables it reads does. */
TEST_C(mark, sync_does_not_wait_for_walks_of_others)
{
	static const struct {
		bool nested;
		uint64_t word0, word1;
		bool waits;
	} rows[] = {
		{ false, FX_CMD_TLBI_NH_ALL, 0, true },
		{ false, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), 0, true },
		{ false, FX_CMD_TLBI_NH_ALL | FX_CMD_VMID(1), 0, false },
		{ false, FX_CMD_TLBI_S2_IPA, FX_DATA, false },
		{ false, FX_CMD_TLBI_EL2_ALL, 0, false },
		{ true, FX_CMD_TLBI_NH_ALL | FX_CMD_VMID(FX_VMID), 0, true },
		{ true, FX_CMD_TLBI_NH_ALL, 0, false },
		{ true, FX_CMD_TLBI_S2_IPA | FX_CMD_VMID(FX_VMID), 0, true },
		{ true, FX_CMD_TLBI_S2_IPA, 0, false },
		{ true, FX_CMD_TLBI_EL2_ALL, 0, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, rows[i].nested ? FX_NESTED : FX_FULL);

		fx_map(&f, FX_IOVA, 3, rows[i].nested ? FX_IPA(FX_LEAF) : FX_LEAF);
		if (rows[i].nested)
			fx_guest(&f, FX_DATA, 0x1000);
		ASSERT_TRUE(bring(&f, WALKING, FX_IOVA));
		fx_cmd(&f, rows[i].word0, rows[i].word1);
		if (fx_sync(&f) == rows[i].waits)
			FAIL_C("row %u: the SYNC %s", (unsigned int)i,
			       rows[i].waits ? "does not wait" : "waits");
		EXPECT_EQ_U64(fx_run(&f), FX_DATA);
		EXPECT_EQ_U64(f.result.walk_restarts, rows[i].waits);
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
	}
}

/* An access: exactly the leaf that it rests on, of which any byte may be the one accessed. */
TEST_C(mark, sync_waits_for_accesses_to_the_leaf_alone)
{
	static const sv3_iova offsets[] = { 0, 1, 0xfff };
	static const struct {
		uint64_t word0, word1;
		bool waits;
	} rows[] = {
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA, true },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA - 0x1000, false },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA + 0x1000, false },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(2), FX_IOVA, false },
		{ FX_CMD_TLBI_NH_VAA, FX_IOVA, true },
		{ FX_CMD_TLBI_NH_VAA, FX_IOVA + 0x1000, false },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(2), 0, false },
		/* Ranges of eight pages of 4 KiB: behind it, before it, up to it, from it on. */
		{ FX_CMD_TLBI_NH_VAA | 7u << 12, (FX_IOVA + 0x1000) | 1u << 10, false },
		{ FX_CMD_TLBI_NH_VAA | 7u << 12, (FX_IOVA - 0x8000) | 1u << 10, false },
		{ FX_CMD_TLBI_NH_VAA | 7u << 12, (FX_IOVA - 0x7000) | 1u << 10, true },
		{ FX_CMD_TLBI_NH_VAA | 7u << 12, FX_IOVA | 1u << 10, true },
	};

	for (size_t i = 0; i < 3 * sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, 0);

		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		ASSERT_TRUE(bring(&f, TRANSLATED, FX_IOVA + offsets[i % 3]));
		fx_cmd(&f, rows[i / 3].word0, rows[i / 3].word1);
		if (fx_sync(&f) == rows[i / 3].waits)
			FAIL_C("row %u: the SYNC %s", (unsigned int)(i / 3),
			       rows[i / 3].waits ? "does not wait" : "waits");
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
	}
}

/* An access that the TLB answered rests on its entry, and on that being global or not. */
TEST_C(mark, sync_knows_a_global_entry_that_was_hit)
{
	static const struct {
		bool global;
		uint64_t word0;
		bool waits;
	} rows[] = {
		{ true, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(2), true },
		{ true, FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(1), false },
		{ false, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(2), false },
		{ false, FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(1), true },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, 0);
		bool hit = i & 1;

		fx_map(&f, FX_IOVA, 3, rows[i / 2].global ? FX_LEAF & ~FX_NG : FX_LEAF);
		if (hit)
			fx_read(&f, FX_IOVA);
		ASSERT_TRUE(bring(&f, TRANSLATED, FX_IOVA));
		EXPECT_EQ_U64(!!(f.result.flags & SV3_RESULT_TLB_HIT), hit);
		fx_cmd(&f, rows[i / 2].word0, FX_IOVA);
		if (fx_sync(&f) == rows[i / 2].waits)
			FAIL_C("row %u: the SYNC %s", (unsigned int)(i / 2),
			       rows[i / 2].waits ? "does not wait" : "waits");
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
	}
}

/* Configuration: of the streams and the substream that the command names. */
TEST_C(mark, sync_waits_for_the_streams_of_a_cfgi)
{
	static const struct {
		bool has_substream;
		uint64_t word0, word1;
		bool waits;
	} rows[] = {
		{ false, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 0, true },
		{ false, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID - 1), 0, false },
		{ false, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID + 1), 0, false },
		{ false, FX_CMD_CFGI_RANGE | FX_CMD_SID(FX_SID + 1), 0, true },
		{ false, FX_CMD_CFGI_RANGE | FX_CMD_SID(FX_SID + 2), 0, false },
		{ false, FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID), 0, true },
		{ false, FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID) | 1u << 12, 0, false },
		{ false, FX_CMD_CFGI_CD_ALL | FX_CMD_SID(FX_SID) | 1u << 12, 0, true },
		{ true, FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID) | 1u << 12, 0, true },
		{ true, FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID + 1) | 1u << 12, 0, false },
		{ true, FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID) | 2u << 12, 0, false },
		{ true, FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID), 0, false },
		{ true, FX_CMD_CFGI_CD_ALL | FX_CMD_SID(FX_SID), 0, true },
		{ true, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 0, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_FULL);
		struct sv3_txn txn = fx_txn(FX_IOVA, false);

		/* Two CDs, of SubstreamIDs 0 and 1. */
		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD | FX_STE_S1CDMAX(1), FX_STE_S1DSS(2));
		for (unsigned int w = 0; w < 8; w++)
			fx_poke(&f, FX_CD + 64 + 8 * w, fx_peek(&f, FX_CD + 8 * w));
		if (!rows[i].has_substream)
			fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, 0);
		txn.substream_valid = rows[i].has_substream;
		txn.substream_id = rows[i].has_substream;
		fx_begin(&f, &txn);
		ASSERT_EQ_U64(fx_run(&f), FX_DATA);
		fx_cmd(&f, rows[i].word0, rows[i].word1);
		if (fx_sync(&f) == rows[i].waits)
			FAIL_C("row %u: the SYNC %s", (unsigned int)i,
			       rows[i].waits ? "does not wait" : "waits");
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
	}
}

/* Among many in flight only those that are concerned are waited for, wherever they stand. */
TEST_C(mark, sync_waits_for_the_last_one_concerned)
{
	FX(f, 0);
	uint32_t slots[4];

	for (unsigned int i = 0; i < 4; i++) {
		fx_map(&f, FX_IOVA + i % 2 * 0x1000, 3, FX_LEAF + i % 2 * 0x1000);
		ASSERT_TRUE(bring(&f, TRANSLATED, FX_IOVA + i % 2 * 0x1000));
		slots[i] = f.slot;
	}
	fx_cmd(&f, FX_CMD_TLBI_NH_VAA, FX_IOVA + 0x1000);
	EXPECT_FALSE(fx_sync(&f));
	f.slot = slots[0];
	fx_land(&f);
	EXPECT_FALSE(fx_cmdq_empty(&f));
	f.slot = slots[3];
	fx_land(&f);
	EXPECT_FALSE(fx_cmdq_empty(&f));
	f.slot = slots[1];
	fx_land(&f);
	EXPECT_TRUE(fx_cmdq_empty(&f)); /* though the third is in flight */
	f.slot = slots[2];
	fx_land(&f);
}
