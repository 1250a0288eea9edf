/* SPDX-License-Identifier: MIT */
/*
 * test_stall_record.c - is every stall told of, once, and of nothing that is no longer true?
 * [IHI0070 3.12.2.1, 4.7.3, 7.2.1]
 */
#include "tests/model/stall.h"

static void shrink_event_queue(struct jobs *j, unsigned int lg2)
{
	jobs_reg(j, SV3_REG_CR0, 0x9);
	j->f->evtq_lg2 = lg2;
	sv3_smmu_reg_write(j->f->smmu, SV3_REG_EVENTQ_BASE, 8, FX_EVTQ | lg2);
	jobs_reg(j, SV3_REG_CR0, 0xd);
}

/* A terminated fault: a stream that does not exist. */
static void terminated(struct jobs *j)
{
	struct sv3_txn txn = { .stream_id = 0x4000 };

	jobs_land(j, jobs_begin(j, &txn));
}

/* [IHI0070 7.2.1, 7.4] A stall's record waits for room; it is no overflow. */
TEST_C(stall_record, evtq_stall_keep)
{
	STALLING(f, j, 4, 0);
	uint32_t slot;

	shrink_event_queue(&j, 1);
	terminated(&j);
	terminated(&j);
	slot = begin(&j, FX_SID, FX_IOVA, false);
	jobs_run(&j);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_EVENTQ_PROD, 4), 2);
	/* The record of another is dropped meanwhile: the stall's does not hold it up. */
	terminated(&j);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_EVENTQ_PROD, 4), 2 | OVFLG);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->events_dropped, 1);
	jobs_cmd(&j, FX_CMD_SYNC, 0);
	EXPECT_TRUE(fx_cmdq_empty(&f));

	jobs_reg(&j, SV3_REG_EVENTQ_CONS, 1);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_EVENTQ_PROD, 4), 3 | OVFLG);
	EXPECT_EQ_INT(fx_event(&f), FX_C_BAD_STREAMID);
	resume(&j, FX_SID, expect_record(&f, FX_SID, FX_IOVA, PRIV_READ), ABORT);
	EXPECT_EQ_U64(jobs_code(&j, slot) >> 60, 0xf);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

TEST_C(stall_record, records_come_oldest_first)
{
	STALLING(f, j, 7, 0);

	jobs_reg(&j, SV3_REG_CR0, 0x9);
	/* The second of three ends before it is told of; its slot is taken again. */
	begin(&j, FX_SID, FX_IOVA, false);
	begin(&j, SID2, FX_IOVA + 0x1000, false);
	begin(&j, FX_SID, FX_IOVA + 0x2000, false);
	jobs_cmd(&j, STALL_TERM | FX_CMD_SID(SID2), 0);
	jobs_land(&j, 1);
	EXPECT_EQ_U64(begin(&j, FX_SID, FX_IOVA + 0x3000, false), 1);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	expect_record(&f, FX_SID, FX_IOVA + 0x2000, PRIV_READ);
	expect_record(&f, FX_SID, FX_IOVA + 0x3000, PRIV_READ);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* The list of records due stays whole when its last one goes. */
TEST_C(stall_record, the_youngest_record_is_not_needed_any_more)
{
	STALLING(f, j, 7, 0);

	jobs_reg(&j, SV3_REG_CR0, 0x9);
	begin(&j, FX_SID, FX_IOVA, false);
	begin(&j, SID2, FX_IOVA, false);
	jobs_cmd(&j, STALL_TERM | FX_CMD_SID(SID2), 0);
	begin(&j, FX_SID, IOVA2, false);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	expect_record(&f, FX_SID, IOVA2, PRIV_READ);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* [IHI0070 6.3.9.4, 7.2.1] Neither EVENTQEN = 0 nor an error of the queue loses it. */
TEST_C(stall_record, record_waits_for_a_writable_queue)
{
	STALLING(f, j, 4, 0);

	sv3_smmu_reg_write(f.smmu, SV3_REG_CR0, 4, 0x9);
	sv3_smmu_reg_write(f.smmu, SV3_REG_EVENTQ_BASE, 8, FX_NOWHERE | 4);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	terminated(&j); /* EVENTQ_ABT_ERR */
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 1u << 2);
	begin(&j, FX_SID, FX_IOVA, false);
	jobs_run(&j);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CR0, 4, 0x9);
	sv3_smmu_reg_write(f.smmu, SV3_REG_EVENTQ_BASE, 8, FX_EVTQ | f.evtq_lg2);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	EXPECT_EQ_INT(fx_event(&f), 0);
	jobs_reg(&j, SV3_REG_GERRORN, 1u << 2);
	expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
}

/* [IHI0070 3.12] Only the four translation-related faults stall, and no speculative access. */
TEST_C(stall_record, what_does_not_stall)
{
	STALLING(f, j, 4, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	txn.speculative = true;
	EXPECT_EQ_U64(jobs_code(&j, jobs_begin(&j, &txn)), FX_SILENT);
	txn.speculative = false;
	txn.kind = SV3_TXN_PROBE;
	EXPECT_NE_U64(jobs_code(&j, jobs_begin(&j, &txn)), JOBS_STALLED);
	fx_map(&f, FX_IOVA, 0, FX_NOWHERE | FX_TABLE);
	EXPECT_EQ_U64(jobs_code(&j, begin(&j, FX_SID, FX_IOVA, false)), FX_FAULT(FX_F_WALK_EABT));
	jobs_run(&j);
	EXPECT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* --- SYNC --- */

/* [IHI0070 4.7.3] A stall on record is not the business of a SYNC, invalidated or not. */
TEST_C(stall_record, sync_does_not_wait_for_a_stall)
{
	STALLING(f, j, 4, 0);
	uint32_t slot = begin(&j, FX_SID, FX_IOVA, false);
	uint64_t stag;

	jobs_run(&j);
	stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	jobs_cmd(&j, FX_CMD_TLBI_NH_ALL, 0);
	jobs_cmd(&j, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 0);
	jobs_cmd(&j, FX_CMD_SYNC, 0);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
	EXPECT_EQ_INT(fx_event(&f), 0);
	resume(&j, FX_SID, stag, ABORT);
	EXPECT_EQ_U64(jobs_code(&j, slot) >> 60, 0xf);
}

/* [IHI0070 4.7.3] A fault of translations that were invalidated is not told of after the SYNC: the
 * transaction is tried again. */
TEST_C(stall_record, sync_retries_a_stall_that_is_not_on_record)
{
	STALLING(f, j, 4, 0);
	uint32_t hit, not_hit;

	jobs_reg(&j, SV3_REG_CR0, 0x9);
	hit = begin(&j, FX_SID, FX_IOVA, false);
	fx_ste(&f, SID2, FX_STE_S1 | (FX_CD + 64), 0);
	fx_cd(&f, FX_CD + 64, (fx_cd0(12, 16, 0) | FX_CD_S) + FX_CD_ASID(1), f.ttb0, 0);
	not_hit = begin(&j, SID2, IOVA2, false);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	jobs_cmd(&j, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 0);
	EXPECT_EQ_U64(jobs_code(&j, hit), JOBS_STALLED);
	jobs_cmd(&j, FX_CMD_SYNC, 0);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(jobs_code(&j, hit), FX_DATA);
	EXPECT_EQ_U64(jobs_code(&j, not_hit), JOBS_STALLED);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	expect_record(&f, SID2, IOVA2, PRIV_READ);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* A record of a stall that is being written is older than the SYNC. */
TEST_C(stall_record, sync_waits_for_a_record_under_way)
{
	STALLING(f, j, 4, 0);
	struct sv3_need need;
	struct sv3_reply reply = { .status = SV3_BUS_OK };
	uint32_t job;

	begin(&j, FX_SID, FX_IOVA, false);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &need);
	ASSERT_EQ_INT(need.unit, SV3_UNIT_EVTQ);
	jobs_cmd(&j, FX_CMD_SYNC, 0);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CMDQ_CONS, 4), 0);
	ASSERT_EQ_INT(sv3_bus_write(&f.bus, need.pa, need.data, need.size), SV3_BUS_OK);
	sv3_smmu_step(f.smmu, job, &reply, &need);
	jobs_run(&j);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CMDQ_CONS, 4), 1);
	expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
}

/* --- Duplicates --- */

/* [IHI0070 3.12.2.1] With the choice, one record for the same page and kind of access; whoever it
 * stood for is tried again when it is answered. */
TEST_C(stall_record, merged_stalls)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;
	struct jobs j;
	uint32_t first, same, other_page, writes;
	uint64_t stag;

	jobs_config(&config, 7);
	config.choices = SV3_CHOICE_MERGE_STALLS;
	j = stall_start(&f, &config, 0);
	first = begin(&j, FX_SID, FX_IOVA, false);
	same = begin(&j, FX_SID, FX_IOVA + 8, false);
	other_page = begin(&j, FX_SID, IOVA2, false);
	writes = begin(&j, FX_SID, FX_IOVA, true);
	begin(&j, SID2, FX_IOVA, false);
	jobs_run(&j);
	stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	expect_record(&f, FX_SID, IOVA2, PRIV_READ);
	expect_record(&f, FX_SID, FX_IOVA, PRIV_WRITE);
	expect_record(&f, SID2, FX_IOVA, PRIV_READ);
	EXPECT_EQ_INT(fx_event(&f), 0);
	/* Terminated: the other one faults for itself and is told of. */
	resume(&j, FX_SID, stag, ABORT);
	EXPECT_EQ_U64(jobs_code(&j, first) >> 60, 0xf);
	EXPECT_EQ_U64(jobs_code(&j, same), JOBS_STALLED);
	stag = expect_record(&f, FX_SID, FX_IOVA + 8, PRIV_READ);
	EXPECT_EQ_INT(fx_event(&f), 0);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	resume(&j, FX_SID, stag, RETRY);
	EXPECT_EQ_U64(jobs_code(&j, same), FX_DATA + 8);
	EXPECT_EQ_U64(jobs_code(&j, other_page), JOBS_STALLED);
	EXPECT_EQ_U64(jobs_code(&j, writes), JOBS_STALLED);
}

/* [IHI0070 3.12.2.1] Substreams, privilege and instructions are told apart. */
TEST_C(stall_record, merged_stalls_not)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;
	struct jobs j;
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	jobs_config(&config, 7);
	config.choices = SV3_CHOICE_MERGE_STALLS;
	j = stall_start(&f, &config, 0);
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD | FX_STE_S1CDMAX(2), 2); /* S1DSS: CD 0 */
	for (uint32_t i = 1; i < 3; i++)
		fx_cd(&f, FX_CD + 64 * i, fx_cd0(12, 16, 0) | FX_CD_S, f.ttb0, 0);
	jobs_begin(&j, &txn);
	txn.substream_valid = true;
	txn.substream_id = 1;
	jobs_begin(&j, &txn);
	txn.substream_id = 2;
	jobs_begin(&j, &txn);
	txn.privileged = false;
	jobs_begin(&j, &txn);
	txn.instruction = true;
	jobs_begin(&j, &txn);
	jobs_run(&j);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 5);
	jobs_begin(&j, &txn); /* the same once more */
	jobs_run(&j);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 5);
}
