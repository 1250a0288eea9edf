/* SPDX-License-Identifier: MIT */
/*
 * test_slot_past.c - is what a slot held before part of the state while the next transaction is in
 * it? Two machines that will behave alike have one fingerprint.
 */
#include "tests/model/fx.h"

#define STEPS_MAX 64u

/* Streams that reach the same page by other structures and tables: FX_SID, and two behind it. */
static void second_stream(struct fx *f)
{
	sv3_pa table = f->ttb0;

	fx_map(f, FX_IOVA, 3, FX_LEAF);
	fx_ste(f, FX_SID + 1, FX_STE_S1 | (FX_CD + 64), FX_STE_S1DSS(2));
	fx_ste(f, FX_SID + 2, FX_STE_S1 | FX_CD, 0);
	f->ttb0 = fx_alloc(f);
	fx_cd(f, FX_CD + 64, fx_cd0(12, 16, 0) ^ FX_CD_ASID(3), f->ttb0, 0);
	fx_map(f, FX_IOVA, 3, FX_LEAF + 0x5000);
	f->ttb0 = table;
}

/* The fingerprints at each need of a transaction of @sid, and at its end. */
static unsigned int trail(struct fx *f, uint32_t sid, uint64_t hashes[STEPS_MAX])
{
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	unsigned int count = 0;

	txn.stream_id = sid;
	fx_begin(f, &txn);
	while (f->need.kind != SV3_NEED_DONE && count < STEPS_MAX - 1) {
		hashes[count++] = sv3_smmu_hash(f->smmu);
		fx_answer(f);
	}
	hashes[count++] = sv3_smmu_hash(f->smmu);
	fx_land(f);
	return count;
}

TEST_C(slot_past, is_no_state)
{
	uint64_t hashes[2][STEPS_MAX], unused[STEPS_MAX];
	unsigned int counts[2];

	for (unsigned int m = 0; m < 2; m++) {
		FX(f, FX_NO_CACHES);

		second_stream(&f);
		trail(&f, FX_SID + m, unused);
		counts[m] = trail(&f, FX_SID + 2, hashes[m]);
	}
	ASSERT_EQ_INT(counts[0], counts[1]);
	for (unsigned int i = 0; i < counts[0]; i++)
		if (hashes[0][i] != hashes[1][i])
			FAIL_C("need %u: the fingerprint tells who was in the slot before", i);
}

/* Nor is it for one that never looks at a structure. */
TEST_C(slot_past, is_no_state_of_unchecked_traffic)
{
	uint64_t hashes[2], unused[STEPS_MAX];

	for (unsigned int m = 0; m < 2; m++) {
		FX(f, FX_FULL | FX_NO_CACHES);
		struct sv3_txn txn = fx_txn(FX_DATA, false);

		second_stream(&f);
		trail(&f, FX_SID + m, unused);
		txn.kind = SV3_TXN_ATS_TRANSLATED;
		fx_begin(&f, &txn);
		EXPECT_EQ_U64(fx_run(&f), FX_DATA);
		hashes[m] = sv3_smmu_hash(f.smmu);
		fx_land(&f);
	}
	EXPECT_EQ_U64(hashes[0], hashes[1]);
}

/* What it holds of this transaction is: one that has read another STE so far will end otherwise. */
TEST_C(slot_past, is_state_of_the_transaction_in_it)
{
	uint64_t hashes[2];

	for (unsigned int m = 0; m < 2; m++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_txn txn = fx_txn(FX_DATA, false);
		struct sv3_smmu_config config;

		fx_config(&config, FX_NO_CACHES);
		config.config_fetch_bytes = 8;
		fx_power_on(&f, &config);
		fx_boot(&f, 0);
		fx_ste(&f, FX_SID, m ? FX_STE_BYPASS : FX_STE_V, 0);
		fx_begin(&f, &txn);
		ASSERT_EQ_INT(f.need.unit, SV3_UNIT_STE);
		fx_answer(&f);
		ASSERT_EQ_INT(f.need.unit, SV3_UNIT_STE);
		hashes[m] = sv3_smmu_hash(f.smmu);
		EXPECT_EQ_U64(fx_run(&f), m ? FX_DATA : FX_SILENT);
		fx_land(&f);
	}
	EXPECT_NE_U64(hashes[0], hashes[1]);
}
