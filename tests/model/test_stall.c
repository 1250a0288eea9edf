/* SPDX-License-Identifier: MIT */
/*
 * test_stall.c - does a faulting transaction wait, and does it go on as software says?
 * [IHI0070 3.12.2, 4.7, 6.3.9.6]
 */
#include "tests/model/stall.h"

TEST_C(stall, a_fault_waits_and_is_on_record)
{
	STALLING(f, j, 4, 0);
	uint32_t slot = begin(&j, FX_SID, FX_IOVA + 8, false);

	EXPECT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
	jobs_run(&j);
	EXPECT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
	expect_record(&f, FX_SID, FX_IOVA + 8, PRIV_READ);
	EXPECT_EQ_INT(fx_event(&f), 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->stalls, 1);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD) & OVFLG, 0);
}

/* [IHI0070 4.7.1] The transaction is looked up as though it had just arrived. */
TEST_C(stall, resume_retry_finds_the_page)
{
	STALLING(f, j, 4, FX_HTTU);
	uint32_t slot = begin(&j, FX_SID, FX_IOVA, true);
	sv3_pa pte;
	uint64_t stag;

	jobs_run(&j);
	stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_WRITE);
	pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	resume(&j, FX_SID, stag, RETRY);
	EXPECT_EQ_U64(jobs_code(&j, slot), FX_DATA);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_WAS_STALLED);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	jobs_land(&j, slot);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* A retry that faults again is a new fault: a record of its own. */
TEST_C(stall, resume_retry_faults_again)
{
	STALLING(f, j, 1, 0);
	uint32_t slot = begin(&j, FX_SID, FX_IOVA, false);

	for (unsigned int i = 0; i < 3; i++) {
		jobs_run(&j);
		ASSERT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
		resume(&j, FX_SID, expect_record(&f, FX_SID, FX_IOVA, PRIV_READ), RETRY);
	}
	EXPECT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
	expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->stalls, 4);
}

/* A retry follows the configuration of now: without CD.S it is terminated, and that is recorded. */
TEST_C(stall, resume_retry_follows_new_configuration)
{
	STALLING(f, j, 4, 0);
	uint32_t slot = begin(&j, FX_SID, FX_IOVA, false);
	uint64_t stag;

	jobs_run(&j);
	stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0), f.ttb0, 0);
	jobs_cmd(&j, FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID), 1);
	jobs_cmd(&j, FX_CMD_SYNC, 0);
	ASSERT_TRUE(fx_cmdq_empty(&f));
	resume(&j, FX_SID, stag, RETRY);
	EXPECT_EQ_U64(jobs_code(&j, slot), FX_FAULT(FX_F_TRANSLATION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f.event[1] & (STALL | 0xffff), 0);
}

/* [IHI0070 4.7.1] Ab = 1: an abort; Ab = 0: RAZ/WI, but with TERM_MODEL = 1 there is only abort. */
TEST_C(stall, resume_terminate)
{
	static const struct {
		uint64_t action, outcome;
		uint32_t term_model;
	} rows[] = {
		{ ABORT, UINT64_C(0xf), 0 },
		{ RAZ_WI, UINT64_C(0xe), 0 },
		{ ABORT, UINT64_C(0xf), 1 },
		{ RAZ_WI, UINT64_C(0xf), 1 },
	};

	for (unsigned int i = 0; i < 4; i++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_smmu_config config;
		struct jobs j;
		uint32_t slot;

		jobs_config(&config, 4);
		config.idr0 |= rows[i].term_model << 26;
		j = stall_start(&f, &config, 0);
		slot = begin(&j, FX_SID, FX_IOVA, false);
		jobs_run(&j);
		resume(&j, FX_SID, expect_record(&f, FX_SID, FX_IOVA, PRIV_READ), rows[i].action);
		ASSERT_NE_U64(jobs_code(&j, slot), JOBS_STALLED);
		EXPECT_EQ_U64(jobs_code(&j, slot) >> 60, rows[i].outcome);
		EXPECT_EQ_INT(fx_event(&f), 0); /* termination by command is not recorded again */
	}
}

/* [IHI0070 4.7.1] A STAG that is not of that stream, or of nobody, does nothing. */
TEST_C(stall, resume_of_nobody_does_nothing)
{
	STALLING(f, j, 4, 0);
	uint32_t slot = begin(&j, FX_SID, FX_IOVA, false);
	uint64_t stag;

	jobs_run(&j);
	stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	resume(&j, SID2, stag, ABORT);
	resume(&j, FX_SID, stag ^ 1, ABORT);
	resume(&j, FX_SID, 0xffff, ABORT);
	EXPECT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 0);
	resume(&j, FX_SID, stag, ABORT);
	EXPECT_EQ_U64(jobs_code(&j, slot) >> 60, 0xf);
	/* The transaction is over, though its slot is held. */
	resume(&j, FX_SID, stag, RETRY);
	EXPECT_EQ_U64(jobs_code(&j, slot) >> 60, 0xf);
}

/* IMPDEF(I-081): software cannot know the STAG before the record is written. */
TEST_C(stall, resume_before_the_record_does_nothing)
{
	STALLING(f, j, 4, 0);
	uint32_t slot;

	jobs_reg(&j, SV3_REG_CR0, 0x9); /* EVENTQEN = 0 */
	slot = begin(&j, FX_SID, FX_IOVA, false);
	for (uint32_t stag = 0; stag < JOBS_SLOTS; stag++)
		resume(&j, FX_SID, stag, ABORT);
	EXPECT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	resume(&j, FX_SID, expect_record(&f, FX_SID, FX_IOVA, PRIV_READ), ABORT);
	EXPECT_EQ_U64(jobs_code(&j, slot) >> 60, 0xf);
}

/* IMPDEF(I-081): of two commands for one stall the first decides. */
TEST_C(stall, the_first_resume_decides)
{
	STALLING(f, j, 4, 0);
	uint32_t slot = begin(&j, FX_SID, FX_IOVA, false);
	uint64_t stag;

	jobs_run(&j);
	stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_poke(&f, FX_CMDQ + 0x00, 0x44 | ABORT | FX_CMD_SID(FX_SID));
	fx_poke(&f, FX_CMDQ + 0x08, stag);
	fx_poke(&f, FX_CMDQ + 0x10, 0x44 | RETRY | FX_CMD_SID(FX_SID));
	fx_poke(&f, FX_CMDQ + 0x18, stag);
	jobs_reg(&j, SV3_REG_CMDQ_PROD, 2);
	EXPECT_EQ_U64(jobs_code(&j, slot) >> 60, 0xf);
}

/* [IHI0070 4.7.2] All of a stream, on record or not, and no other's. */
TEST_C(stall, stall_term)
{
	STALLING(f, j, 2, 0);
	uint32_t mine[3], other;

	mine[0] = begin(&j, FX_SID, FX_IOVA, false);
	jobs_run(&j);
	other = begin(&j, SID2, FX_IOVA, false);
	mine[1] = begin(&j, FX_SID, IOVA2, false); /* waits for a STAG */
	jobs_run(&j);
	jobs_reg(&j, SV3_REG_CR0, 0x9);
	expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	expect_record(&f, SID2, FX_IOVA, PRIV_READ);
	jobs_cmd(&j, STALL_TERM | FX_CMD_SID(FX_SID), 0);
	EXPECT_EQ_U64(jobs_code(&j, mine[0]) >> 60, 0xf);
	EXPECT_EQ_U64(jobs_code(&j, mine[1]) >> 60, 0xf);
	EXPECT_EQ_U64(jobs_code(&j, other), JOBS_STALLED);
	/* One whose record is due: it is never written. */
	mine[2] = begin(&j, FX_SID, FX_IOVA, false);
	EXPECT_EQ_U64(jobs_code(&j, mine[2]), JOBS_STALLED);
	jobs_cmd(&j, STALL_TERM | FX_CMD_SID(FX_SID), 0);
	EXPECT_EQ_U64(jobs_code(&j, mine[2]) >> 60, 0xf);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	EXPECT_EQ_INT(fx_event(&f), 0);
	/* Nothing stalled: nothing happens. */
	jobs_cmd(&j, STALL_TERM | FX_CMD_SID(FX_SID), 0);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(jobs_code(&j, other), JOBS_STALLED);
}

/* [IHI0070 6.3.9.6] No stall outlives SMMUEN = 0, nor does a record that was not written; STAGs are
 * free again. */
TEST_C(stall, smmuen_off)
{
	STALLING(f, j, 2, 0);
	uint32_t slots[3];

	slots[0] = begin(&j, FX_SID, FX_IOVA, false);
	jobs_run(&j);
	jobs_reg(&j, SV3_REG_CR0, 0x9); /* EVENTQEN = 0 */
	slots[1] = begin(&j, FX_SID, IOVA2, false);
	slots[2] = begin(&j, SID2, IOVA2, false);
	expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	jobs_reg(&j, SV3_REG_CR0, 0x8);
	for (unsigned int i = 0; i < 3; i++) {
		ASSERT_EQ_U64(jobs_code(&j, slots[i]) >> 60, 0xf);
		jobs_land(&j, slots[i]);
	}
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	EXPECT_EQ_INT(fx_event(&f), 0);
	for (unsigned int i = 0; i < 2; i++) {
		begin(&j, FX_SID, FX_IOVA, false);
		jobs_run(&j);
		expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	}
}

/* A transaction that is to be tried again when SMMUEN goes away is aborted, not let through. */
TEST_C(stall, smmuen_off_before_the_retry)
{
	STALLING(f, j, 2, 0);
	uint32_t slot = begin(&j, FX_SID, FX_IOVA, false), ready;
	struct sv3_need need;
	struct sv3_reply reply = { .status = SV3_BUS_OK };
	uint64_t stag;

	jobs_run(&j);
	stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	fx_poke(&f, FX_CMDQ, 0x44 | RETRY | FX_CMD_SID(FX_SID));
	fx_poke(&f, FX_CMDQ + 8, stag);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CMDQ_PROD, 4, 1);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &ready));
	sv3_smmu_step(f.smmu, ready, NULL, &need);
	ASSERT_EQ_INT(need.unit, SV3_UNIT_CMDQ);
	ASSERT_EQ_INT(sv3_bus_read(&f.bus, need.pa, reply.data, need.size), SV3_BUS_OK);
	sv3_smmu_step(f.smmu, ready, &reply, &need);
	ASSERT_EQ_INT(need.kind, SV3_NEED_DONE);
	jobs_reg(&j, SV3_REG_CR0, 0xc);
	EXPECT_EQ_U64(jobs_code(&j, slot) >> 60, 0xf);
}

/* IMPDEF(I-080): beyond STALL_MAX transactions wait without a record, and are tried again when a
 * STAG becomes free. */
TEST_C(stall, beyond_stall_max_a_fault_waits_for_a_stag)
{
	STALLING(f, j, 1, 0);
	uint32_t first = begin(&j, FX_SID, FX_IOVA, false);
	uint32_t second = begin(&j, FX_SID, IOVA2, false);
	uint32_t third = begin(&j, SID2, IOVA2, true);
	uint64_t stag;

	jobs_run(&j);
	stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);
	EXPECT_EQ_INT(fx_event(&f), 0);
	EXPECT_EQ_U64(jobs_code(&j, second), JOBS_STALLED);
	resume(&j, FX_SID, second, ABORT); /* its slot, but it has no STAG */
	EXPECT_EQ_U64(jobs_code(&j, second), JOBS_STALLED);
	resume(&j, FX_SID, stag, ABORT);
	EXPECT_EQ_U64(jobs_code(&j, first) >> 60, 0xf);
	stag = expect_record(&f, FX_SID, IOVA2, PRIV_READ);
	EXPECT_EQ_INT(fx_event(&f), 0);
	EXPECT_EQ_U64(jobs_code(&j, third), JOBS_STALLED);
	/* The page is mapped while the third waits: it needs no record at all. */
	fx_map(&f, IOVA2, 3, FX_LEAF);
	resume(&j, FX_SID, stag, RETRY);
	EXPECT_EQ_U64(jobs_code(&j, second), FX_DATA);
	EXPECT_EQ_U64(jobs_code(&j, third), FX_DATA);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* Whichever slot waits is tried again, also one in front of the stall that ends. */
TEST_C(stall, whoever_waits_for_a_stag_is_woken)
{
	STALLING(f, j, 1, 0);
	uint32_t first = begin(&j, FX_SID, FX_IOVA, false);
	uint32_t second = begin(&j, FX_SID, IOVA2, false), third;

	jobs_run(&j);
	resume(&j, FX_SID, expect_record(&f, FX_SID, FX_IOVA, PRIV_READ), ABORT);
	jobs_land(&j, first);
	third = begin(&j, SID2, FX_IOVA, false);
	ASSERT_EQ_U64(third, first); /* its slot, before that of the second */
	resume(&j, FX_SID, expect_record(&f, FX_SID, IOVA2, PRIV_READ), ABORT);
	EXPECT_EQ_U64(jobs_code(&j, second) >> 60, 0xf);
	resume(&j, SID2, expect_record(&f, SID2, FX_IOVA, PRIV_READ), ABORT);
	EXPECT_EQ_U64(jobs_code(&j, third) >> 60, 0xf);
}

/* A STAG is of one transaction as long as that is stalled. */
TEST_C(stall, stags_are_unique)
{
	STALLING(f, j, JOBS_SLOTS - 1, 0);
	uint64_t seen = 0;

	for (unsigned int i = 0; i < JOBS_SLOTS - 1; i++)
		begin(&j, FX_SID, FX_IOVA, false);
	jobs_run(&j);
	for (unsigned int i = 0; i < JOBS_SLOTS - 1; i++) {
		uint64_t stag = expect_record(&f, FX_SID, FX_IOVA, PRIV_READ);

		ASSERT_LT_U64(stag, 64);
		EXPECT_EQ_U64(seen >> stag & 1, 0);
		seen |= UINT64_C(1) << stag;
	}
}

/* [IHI0070 5.5, 3.12] CD.A, R and S against the four faults: who aborts, reads 0 or waits, and what
 * is recorded. */
TEST_C(stall, ars_matrix)
{
	static const struct {
		uint64_t leaf;
		unsigned int event;
	} faults[] = {
		{ 0, FX_F_TRANSLATION },
		{ FX_LEAF | UINT64_C(1) << 40, FX_F_ADDR_SIZE }, /* IPS below is 40 bits */
		{ FX_LEAF & ~FX_AF, FX_F_ACCESS },
		{ FX_RO, FX_F_PERMISSION },
	};

	for (unsigned int i = 0; i < 4 * 8; i++) {
		STALLING(f, j, 4, 0);
		bool a = i & 1, r = i >> 1 & 1, s = i >> 2 & 1;
		uint64_t cd = fx_cd0(12, 16, 0) & ~(FX_CD_A | FX_CD_R | FX_CD_S | FX_CD_IPS(7));
		unsigned int event = faults[i / 8].event, recorded;
		uint64_t code;
		uint32_t slot;

		cd |= FX_CD_IPS(2) | (a ? FX_CD_A : 0) | (r ? FX_CD_R : 0) | (s ? FX_CD_S : 0);
		fx_cd(&f, FX_CD, cd, f.ttb0, 0);
		fx_map(&f, FX_IOVA, 3, faults[i / 8].leaf);
		slot = begin(&j, FX_SID, FX_IOVA, true);
		code = jobs_code(&j, slot);
		jobs_run(&j);
		recorded = fx_event(&f);
		if (s) {
			if (code != JOBS_STALLED || recorded != event || !(f.event[1] & STALL))
				FAIL_C("event %#x, A %d R %d: no stall on record", event, a, r);
			continue;
		}
		if (code >> 60 != (a ? 0xfu : 0xeu) || recorded != (r ? event : 0) ||
		    (f.event[1] & STALL))
			FAIL_C("event %#x, A %d R %d: %#llx, recorded %#x", event, a, r,
			       (unsigned long long)code, recorded);
	}
}

/* Stalled transactions keep their slots and nothing else: others run past them. */
TEST_C(stall, others_pass)
{
	STALLING(f, j, JOBS_SLOTS - 1, 0);

	for (unsigned int i = 0; i < JOBS_SLOTS - 1; i++)
		begin(&j, FX_SID, FX_IOVA, false);
	jobs_run(&j);
	fx_map(&f, IOVA2, 3, FX_LEAF);
	EXPECT_EQ_U64(jobs_code(&j, begin(&j, FX_SID, IOVA2, false)), FX_DATA);
}
