/* SPDX-License-Identifier: MIT */
/*
 * test_restart.c - a transaction that is sent back: by an invalidation, or by CMD_RESUME. Does it
 * begin anew in everything but what cannot be taken back? [IHI0070 3.21.1, 4.6.1]
 */
#include <string.h>

#include "tests/model/stall.h"

#define S1_LEAF (FX_LEAF + FX_GUEST)
#define SETS    (SV3_RESULT_AF_SET | SV3_RESULT_DIRTY_SET | SV3_RESULT_TABLE_DIRTY_SET)

/* An update that is out when an invalidation comes has been made: it is counted, once, as what it
 * is. */
TEST_C(restart, an_update_that_was_made_is_counted)
{
	static const struct {
		uint64_t s1, s2;  /* leaf of stage 1, of stage 2 */
		bool clean_table; /* the stage-2 leaf of the stage-1 leaf's table */
		bool write;
		unsigned int out; /* the invalidation comes during this update */
		unsigned int flags, updates;
	} rows[] = {
		{ FX_CLEAN + FX_GUEST, FX_S2_DIRTY, false, true, 0, SV3_RESULT_DIRTY_SET, 1 },
		{ S1_LEAF & ~FX_AF, FX_S2_DIRTY, false, false, 0, SV3_RESULT_AF_SET, 1 },
		{ S1_LEAF, FX_S2_CLEAN, false, true, 0, SV3_RESULT_DIRTY_SET, 1 },
		{ S1_LEAF & ~FX_AF, FX_S2_DIRTY, true, false, 0,
		  SV3_RESULT_AF_SET | SV3_RESULT_TABLE_DIRTY_SET, 2 },
		{ S1_LEAF & ~FX_AF, FX_S2_DIRTY, true, false, 1,
		  SV3_RESULT_AF_SET | SV3_RESULT_TABLE_DIRTY_SET, 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_NESTED | FX_HTTU | FX_S2HTTU);
		struct sv3_txn txn = fx_txn(FX_IOVA, rows[i].write);
		sv3_pa leaf = fx_map(&f, FX_IOVA, 3, rows[i].s1), table = fx_guest_pte(&f, leaf);

		fx_s2_map(&f, FX_IPA(FX_DATA), 3, rows[i].s2);
		if (rows[i].clean_table)
			fx_poke(&f, table, (fx_peek(&f, table) & ~FX_S2_WRITE) | FX_DBM);
		fx_begin(&f, &txn);
		ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
		if (rows[i].out == 1) {
			fx_answer(&f);
			ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
		}
		fx_cmd(&f, FX_CMD_TLBI_NSNH_ALL, 0);
		EXPECT_FALSE(fx_sync(&f));
		EXPECT_EQ_U64(fx_run(&f), FX_DATA);
		EXPECT_EQ_U64(f.result.walk_restarts, 1);
		if ((f.result.flags & SETS) != rows[i].flags ||
		    sv3_smmu_stats(f.smmu)->httu_updates != rows[i].updates)
			FAIL_C("row %u: flags %#x, %llu updates", (unsigned int)i,
			       f.result.flags & SETS,
			       (unsigned long long)sv3_smmu_stats(f.smmu)->httu_updates);
		fx_land(&f);
		EXPECT_TRUE(fx_cmdq_empty(&f));
	}
}

/* One that was aborted was not made, whatever the answer holds; nor one that found other contents.
 */
TEST_C(restart, an_update_that_was_not_made_is_not_counted)
{
	for (unsigned int aborted = 0; aborted < 2; aborted++) {
		FX(f, FX_HTTU);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);

		fx_begin(&f, &txn);
		ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
		fx_cmd(&f, FX_CMD_TLBI_NH_ALL, 0);
		f.reply = (struct sv3_reply){ .status = aborted ? SV3_BUS_ABORT : SV3_BUS_OK,
					      .old = aborted ? f.need.expect : FX_RO };
		sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
		EXPECT_EQ_U64(fx_run(&f), FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_updates, 1);
		EXPECT_EQ_INT(fx_event(&f), 0);
		fx_land(&f);
	}
}

/* One that CMD_RESUME terminates says so. */
TEST_C(restart, an_aborted_stall_has_its_reason)
{
	STALLING(f, j, 4, 0);
	struct sv3_rule_info info = { 0 };
	uint32_t slot;

	slot = begin(&j, FX_SID, FX_IOVA, false);
	jobs_run(&j);
	ASSERT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
	resume(&j, FX_SID, expect_record(&f, FX_SID, FX_IOVA, PRIV_READ), ABORT);
	ASSERT_EQ_U64(jobs_code(&j, slot), FX_FAULT(FX_F_TRANSLATION));
	sv3_smmu_result(f.smmu, slot, &f.result);
	ASSERT_TRUE(sv3_rule_info(f.result.rule, &info));
	EXPECT_TRUE(strcmp(info.name, "STALL_ABORTED") == 0);
	jobs_land(&j, slot);
}

/* [IHI0070 6.3.9.6] A retry while SMMUEN = 0 waits for a walk to be acknowledged: it is aborted,
 * and bypasses nothing. */
TEST_C(restart, a_retry_while_the_smmu_goes_off)
{
	STALLING(f, j, 4, 0);
	struct sv3_txn walk = fx_txn(IOVA2, false);
	uint32_t slot;
	uint64_t stag;

	fx_map(&f, IOVA2, 3, FX_LEAF);
	slot = begin(&j, FX_SID, FX_IOVA, false);
	jobs_run(&j);
	stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	fx_begin(&f, &walk);
	ASSERT_EQ_INT(f.need.kind, SV3_NEED_READ);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CR0, 4, 0xc);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CR0ACK, 4), 0xd);
	resume(&j, FX_SID, stag, RETRY);
	EXPECT_EQ_U64(jobs_code(&j, slot) >> 60, 0xf);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CR0ACK, 4), 0xc);
	fx_land(&f);
	jobs_land(&j, slot);
}

/* Sent back to its configuration it rests on no table any more: the next TLBI does not concern it,
 * and no access rests on what the walk before had found. */
TEST_C(restart, it_rests_on_no_table)
{
	FX(f, FX_NO_CACHES);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_S1_L3));
	fx_cmd(&f, FX_CMD_TLBI_NH_ALL, 0);
	EXPECT_FALSE(fx_sync(&f));
	fx_answer(&f);
	ASSERT_EQ_INT(f.need.unit, SV3_UNIT_STE);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	fx_cmd(&f, FX_CMD_TLBI_NH_ALL, 0);
	EXPECT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(f.result.walk_restarts, 1);
	fx_land(&f);
}

/* [IHI0070 6.3.9.6] It began while SMMUEN was 1 and keeps to that, though its configuration came
 * from the cache. */
TEST_C(restart, it_does_not_bypass_while_the_smmu_goes_off)
{
	FX(f, FX_NO_TLB | FX_NO_WALK_CACHE);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_begin(&f, &txn);
	ASSERT_EQ_INT(f.need.unit, SV3_UNIT_S1_L0);
	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	fx_cmd(&f, FX_CMD_TLBI_NH_ALL, 0);
	fx_answer(&f);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(f.result.walk_restarts, 1);
	fx_land(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_CR0ACK), 0xc);
}

/* The same of one that stalled and is tried again. */
TEST_C(restart, a_retry_rests_on_no_table)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;
	struct jobs j;
	uint32_t slot;
	uint64_t stag;

	jobs_config(&config, 4);
	config.config_cache_entries = 0;
	j = stall_start(&f, &config, 0);
	slot = begin(&j, FX_SID, FX_IOVA, false);
	jobs_run(&j);
	ASSERT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
	stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	/* Nothing runs it meanwhile but this test. */
	fx_poke(&f, FX_CMDQ, 0x44 | RETRY | FX_CMD_SID(FX_SID));
	fx_poke(&f, FX_CMDQ + 8, stag);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CMDQ_PROD, 4, 1);
	for (uint32_t job; sv3_smmu_next_ready(f.smmu, &job);) {
		f.slot = job;
		sv3_smmu_step(f.smmu, job, NULL, &f.need);
		if (job == slot)
			break;
		while (f.need.kind != SV3_NEED_DONE)
			fx_answer(&f);
	}
	ASSERT_EQ_INT(f.slot, slot);
	ASSERT_EQ_INT(f.need.unit, SV3_UNIT_STE);
	fx_cmd(&f, FX_CMD_TLBI_NH_ALL, 0);
	EXPECT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(f.result.walk_restarts, 0);
	fx_land(&f);
}
