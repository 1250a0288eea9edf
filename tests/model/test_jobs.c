/* SPDX-License-Identifier: MIT */
/*
 * test_jobs.c - do the hardware's own jobs survive what software does between "ready" and the first
 * step?
 *
 * No memory is needed: a StreamID beyond the table faults without an access. Registers are numbers:
 * CR0 0x20, CR2 0x2c, CMDQ_BASE 0x90, CMDQ_PROD 0x98, EVENTQ_BASE 0xa0.
 */
#include <stdlib.h>

#include <sv3/smmu.h>

#include "ctest.h"

#define CR0_ALL       0xdu /* SMMUEN, EVENTQEN, CMDQEN */
#define CR0_NO_EVENTQ 0x9u

static struct sv3_smmu *boot(uint32_t cr0)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu = NULL;
	void *memory;

	sv3_smmu_config_default(&config);
	config.slot_count = 4;
	memory = aligned_alloc(64, sv3_smmu_size(&config));
	if (!memory || sv3_smmu_init(memory, sv3_smmu_size(&config), &config, &smmu) != 0)
		return NULL;
	sv3_smmu_reg_write(smmu, 0x2c, 4, 2); /* RECINVSID */
	sv3_smmu_reg_write(smmu, 0x90, 8, 0x10000 | 4);
	sv3_smmu_reg_write(smmu, 0xa0, 8, 0x20000 | 4);
	sv3_smmu_reg_write(smmu, 0x20, 4, cr0);
	return smmu;
}

/* A transaction of a stream that does not exist: C_BAD_STREAMID. Returns: its result's event. */
static uint8_t fault(struct sv3_smmu *smmu)
{
	struct sv3_txn txn = { .stream_id = 7 };
	struct sv3_result result = { 0 };
	struct sv3_need need;
	uint32_t slot;

	if (sv3_smmu_begin(smmu, &txn, &slot) != 0)
		return 0xff;
	sv3_smmu_step(smmu, slot, NULL, &need);
	if (need.kind != SV3_NEED_DONE)
		return 0xfe;
	sv3_smmu_result(smmu, slot, &result);
	sv3_smmu_finish(smmu, slot);
	return result.event;
}

TEST_C(jobs, event_queue_disabled_between_ready_and_step)
{
	struct sv3_smmu *smmu = boot(CR0_ALL);
	struct sv3_need need;
	uint32_t job;

	ASSERT_TRUE(smmu != NULL);
	EXPECT_EQ_U64(fault(smmu), 0x02);
	ASSERT_TRUE(sv3_smmu_next_ready(smmu, &job));
	sv3_smmu_reg_write(smmu, 0x20, 4, CR0_NO_EVENTQ); /* drops the record */
	sv3_smmu_step(smmu, job, NULL, &need);
	EXPECT_EQ_INT(need.kind, SV3_NEED_DONE);
	EXPECT_FALSE(sv3_smmu_next_ready(smmu, &job));
	EXPECT_EQ_U64(sv3_smmu_stats(smmu)->events_dropped, 1);
	for (int i = 0; i < 8; i++) /* there is room for records again, and for ever */
		EXPECT_EQ_U64(fault(smmu), 0x02);
	free(smmu);
}

/* [IHI0070 7.2.1] Nothing is kept for later while the queue is disabled. */
TEST_C(jobs, event_raised_while_disabled_is_lost)
{
	struct sv3_smmu *smmu = boot(CR0_NO_EVENTQ);
	uint32_t job;

	ASSERT_TRUE(smmu != NULL);
	EXPECT_EQ_U64(fault(smmu), 0x02);
	sv3_smmu_reg_write(smmu, 0x20, 4, CR0_ALL);
	EXPECT_FALSE(sv3_smmu_next_ready(smmu, &job));
	EXPECT_EQ_U64(sv3_smmu_stats(smmu)->events_dropped, 1);
	free(smmu);
}

TEST_C(jobs, command_taken_back_between_ready_and_step)
{
	struct sv3_smmu *smmu = boot(CR0_ALL);
	struct sv3_need need;
	uint32_t job;

	ASSERT_TRUE(smmu != NULL);
	sv3_smmu_reg_write(smmu, 0x98, 4, 1);
	ASSERT_TRUE(sv3_smmu_next_ready(smmu, &job));
	sv3_smmu_reg_write(smmu, 0x98, 4, 0);
	sv3_smmu_step(smmu, job, NULL, &need);
	EXPECT_EQ_INT(need.kind, SV3_NEED_DONE);
	EXPECT_FALSE(sv3_smmu_next_ready(smmu, &job));
	sv3_smmu_reg_write(smmu, 0x98, 4, 1); /* and it can be given again */
	ASSERT_TRUE(sv3_smmu_next_ready(smmu, &job));
	sv3_smmu_step(smmu, job, NULL, &need);
	EXPECT_EQ_INT(need.kind, SV3_NEED_READ);
	free(smmu);
}

/* What a slot or a record held before is not part of the fingerprint. */
TEST_C(jobs, reset_gives_the_fingerprint_of_a_new_machine)
{
	struct sv3_smmu *smmu = boot(CR0_ALL);
	uint64_t fresh;

	ASSERT_TRUE(smmu != NULL);
	sv3_smmu_reset(smmu);
	fresh = sv3_smmu_hash(smmu);
	sv3_smmu_reg_write(smmu, 0x2c, 4, 2);
	sv3_smmu_reg_write(smmu, 0x20, 4, CR0_ALL);
	EXPECT_EQ_U64(fault(smmu), 0x02);
	EXPECT_NE_U64(sv3_smmu_hash(smmu), fresh);
	sv3_smmu_reset(smmu);
	EXPECT_EQ_U64(sv3_smmu_hash(smmu), fresh);
	free(smmu);
}

/* Answer every job as memory would that holds commands @command and takes every write. */
static void run_all(struct sv3_smmu *smmu, uint8_t command)
{
	struct sv3_reply reply;
	struct sv3_need need;
	uint32_t job;

	while (sv3_smmu_next_ready(smmu, &job)) {
		sv3_smmu_step(smmu, job, NULL, &need);
		while (need.kind != SV3_NEED_DONE) {
			reply = (struct sv3_reply){ .status = SV3_BUS_OK, .data = { command } };
			sv3_smmu_step(smmu, job, &reply, &need);
		}
	}
}

/* Queues that went round once stand where they began, and nothing tells what went through them. */
TEST_C(jobs, a_round_of_the_queues_leaves_no_trace)
{
	struct sv3_smmu *smmu = boot(CR0_NO_EVENTQ & ~8u);
	uint64_t before;

	ASSERT_TRUE(smmu != NULL);
	sv3_smmu_reg_write(smmu, 0x90, 8, 0x10000); /* one command */
	sv3_smmu_reg_write(smmu, 0xa0, 8, 0x20000); /* one record */
	sv3_smmu_reg_write(smmu, 0x20, 4, CR0_ALL);
	EXPECT_EQ_U64(fault(smmu), 0x02);
	run_all(smmu, 0);
	sv3_smmu_reg_write(smmu, 0x100ac, 4, 1);
	EXPECT_EQ_U64(fault(smmu), 0x02);
	run_all(smmu, 0);
	sv3_smmu_reg_write(smmu, 0x100ac, 4, 0);
	before = sv3_smmu_hash(smmu);

	EXPECT_EQ_U64(fault(smmu), 0x02); /* a record, consumed */
	run_all(smmu, 0);
	EXPECT_NE_U64(sv3_smmu_hash(smmu), before);
	sv3_smmu_reg_write(smmu, 0x100ac, 4, 1);
	sv3_smmu_reg_write(smmu, 0x98, 4, 1); /* a SYNC, consumed */
	run_all(smmu, 0x46);
	EXPECT_NE_U64(sv3_smmu_hash(smmu), before);
	sv3_smmu_reg_write(smmu, 0x98, 4, 0); /* an invalidation of everything */
	run_all(smmu, 0x30);
	sv3_smmu_reg_write(smmu, 0x98, 4, 1);
	run_all(smmu, 0x46);
	sv3_smmu_reg_write(smmu, 0x98, 4, 0);
	run_all(smmu, 0x46);
	EXPECT_EQ_U64(fault(smmu), 0x02);
	run_all(smmu, 0);
	sv3_smmu_reg_write(smmu, 0x100ac, 4, 0);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0x9c, 4), 0);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0x100a8, 4), 0);
	EXPECT_EQ_U64(sv3_smmu_hash(smmu), before);
	free(smmu);
}

/* A SYNC that was waiting when the queue was disabled has not been taken. */
TEST_C(jobs, a_sync_given_up_leaves_no_trace)
{
	uint64_t hashes[2];

	for (unsigned int taken = 0; taken < 2; taken++) {
		struct sv3_smmu *smmu = boot(CR0_ALL);
		struct sv3_reply reply = { .status = SV3_BUS_OK, .data = { 0x46 } };
		struct sv3_need need;
		uint32_t job;

		ASSERT_TRUE(smmu != NULL);
		EXPECT_EQ_U64(fault(smmu), 0x02);
		EXPECT_EQ_U64(fault(smmu), 0x02);
		ASSERT_TRUE(sv3_smmu_next_ready(smmu, &job));
		sv3_smmu_step(smmu, job, NULL, &need); /* the first record is being written */
		ASSERT_EQ_INT(need.unit, SV3_UNIT_EVTQ);
		sv3_smmu_reg_write(smmu, 0x98, 4, 1);
		if (taken) {
			ASSERT_TRUE(sv3_smmu_next_ready(smmu, &job));
			sv3_smmu_step(smmu, job, NULL, &need);
			ASSERT_EQ_INT(need.unit, SV3_UNIT_CMDQ);
			sv3_smmu_step(smmu, job, &reply, &need);
			ASSERT_EQ_INT(need.kind, SV3_NEED_DONE); /* it waits */
			EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0x9c, 4), 0);
		}
		sv3_smmu_reg_write(smmu, 0x20, 4, 0x5);
		hashes[taken] = sv3_smmu_hash(smmu);
		free(smmu);
	}
	EXPECT_EQ_U64(hashes[0], hashes[1]);
}
