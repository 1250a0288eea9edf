/* SPDX-License-Identifier: MIT */
/*
 * test_priq.c - are page requests written for software, and answered by the hardware where they
 * cannot be? [IHI0070 8]
 *
 * Registers: PRIQ_BASE 0xc0, PRIQ_IRQ_CFG0 0xd0, _CFG1 0xd8, _CFG2 0xdc, PRIQ_PROD 0x100c8,
 * PRIQ_CONS 0x100cc. CR0: SMMUEN 0, PRIQEN 1, EVENTQEN 2, CMDQEN 3.
 */
#include "tests/model/jobs.h"

#define PRIQ      (FX_SCRATCH + 0x10000)
#define PRIQ_LG2  2u
#define PRIQ_PROD 0x100c8u
#define PRIQ_CONS 0x100ccu
#define OVFLG     (1u << 31)
#define SSIDSIZE  (31u << 6)

static struct jobs start(struct fx *f, uint32_t idr1_clear, uint32_t idr3_set)
{
	struct sv3_smmu_config config;
	struct jobs jobs = { .f = f };

	sv3_smmu_config_default(&config);
	config.slot_count = JOBS_SLOTS;
	config.idr0 |= 1u << 10 | 1u << 16;                   /* ATS, PRI */
	config.idr1 = (config.idr1 | 8u << 11) & ~idr1_clear; /* PRIQS */
	config.idr3 |= idr3_set;
	fx_power_on(f, &config);
	fx_boot(f, 0);
	sv3_smmu_reg_write(f->smmu, 0xc0, 8, PRIQ | PRIQ_LG2);
	jobs_reg(&jobs, PRIQ_PROD, 0);
	jobs_reg(&jobs, PRIQ_CONS, 0);
	jobs_reg(&jobs, SV3_REG_CR0, 0xf);
	return jobs;
}

#define PAGES(f, j)                                    \
	__attribute__((cleanup(fx_fini))) struct fx f; \
	struct jobs j = start(&f, 0, 0)

static struct sv3_page_request request_of(uint16_t group, bool last)
{
	return (struct sv3_page_request){ .iova = FX_IOVA | 0x123,
					  .stream_id = FX_SID,
					  .group = group,
					  .read = true,
					  .last = last };
}

static void request(struct jobs *j, const struct sv3_page_request *request)
{
	EXPECT_OK(sv3_smmu_page_request(j->f->smmu, request));
	jobs_run(j);
}

static void request_group(struct jobs *j, uint16_t group, bool last)
{
	struct sv3_page_request r = request_of(group, last);

	request(j, &r);
}

static uint32_t prod(struct jobs *j)
{
	return (uint32_t)sv3_smmu_reg_read(j->f->smmu, PRIQ_PROD, 4);
}

/* One answer so far, to FX_SID. */
static void expect_one_answer(struct jobs *j, uint8_t response, uint16_t group, bool substream)
{
	const struct sv3_ats_message *message = &j->messages[0];

	EXPECT_EQ_U64(j->message_count, 1);
	EXPECT_EQ_INT(j->kinds[0], SV3_NEED_PRI_RESP);
	EXPECT_EQ_U64(message->stream_id, FX_SID);
	EXPECT_EQ_U64(message->response, response);
	EXPECT_EQ_U64(message->group, group);
	EXPECT_EQ_INT(message->substream_valid, substream);
	j->message_count = 0;
}

/* [IHI0070 8] Every field, and 0 everywhere else. */
TEST_C(priq, record_fields)
{
	PAGES(f, j);
	struct sv3_page_request r = { .iova = UINT64_C(0xfedcba9876543abc),
				      .stream_id = 0x87654321,
				      .substream_id = 0xabcde,
				      .group = 0x1a5,
				      .substream_valid = true,
				      .write = true,
				      .execute = true };

	request(&j, &r);
	EXPECT_EQ_U64(prod(&j), 1);
	/* StreamID 31:0, SubstreamID 51:32, Priv 58, X 59, R 60, W 61, Last 62, SSV 63 */
	EXPECT_EQ_U64(fx_peek(&f, PRIQ), 0x87654321 | UINT64_C(0xabcde) << 32 | UINT64_C(1) << 59 |
						 UINT64_C(1) << 61 | UINT64_C(1) << 63);
	EXPECT_EQ_U64(fx_peek(&f, PRIQ + 8), UINT64_C(0xfedcba98765431a5));
	r = (struct sv3_page_request){
		.substream_valid = true, .read = true, .privileged = true, .last = true
	};
	request(&j, &r);
	EXPECT_EQ_U64(prod(&j), 2);
	EXPECT_EQ_U64(fx_peek(&f, PRIQ + 16), UINT64_C(1) << 58 | UINT64_C(1) << 60 |
						      UINT64_C(1) << 62 | UINT64_C(1) << 63);
	EXPECT_EQ_U64(fx_peek(&f, PRIQ + 24), 0);
	EXPECT_EQ_U64(j.message_count, 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->page_requests, 2);
}

/* [IHI0070 8] Without a SubstreamID, execute and privileged say nothing; so it is where the SMMU
 * has none. */
TEST_C(priq, record_without_substream)
{
	for (unsigned int i = 0; i < 2; i++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct jobs j = start(&f, i == 0 ? 0 : SSIDSIZE, 0);
		struct sv3_page_request r = request_of(1, false);

		r.execute = r.privileged = true;
		r.substream_id = 0x55;
		r.substream_valid = i == 1;
		request(&j, &r);
		EXPECT_EQ_U64(fx_peek(&f, PRIQ), FX_SID | UINT64_C(1) << 60);
		EXPECT_EQ_U64(fx_peek(&f, PRIQ + 8), FX_IOVA | 1);
	}
}

TEST_C(priq, wrap)
{
	PAGES(f, j);

	for (uint16_t i = 0; i < 10; i++) {
		request_group(&j, i, true);
		EXPECT_EQ_U64(prod(&j), (i + 1u) % 8);
		EXPECT_EQ_U64(fx_peek(&f, PRIQ + i % 4u * 16 + 8) & 0x1ff, i);
		jobs_reg(&j, PRIQ_CONS, (i + 1u) % 8);
	}
	EXPECT_EQ_U64(j.message_count, 0);
}

/* [IHI0070 8.1] Full: the request is lost. A Last one is answered with success; nothing is written
 * before the acknowledge, even if there is room. */
TEST_C(priq, overflow)
{
	PAGES(f, j);

	for (uint16_t i = 0; i < 4; i++)
		request_group(&j, i, true);
	EXPECT_EQ_U64(prod(&j), 4);
	request_group(&j, 4, false);
	EXPECT_EQ_U64(prod(&j), 4 | OVFLG);
	EXPECT_EQ_U64(j.message_count, 0);
	request_group(&j, 5, true);
	EXPECT_EQ_U64(prod(&j), 4 | OVFLG);
	expect_one_answer(&j, SV3_PRI_SUCCESS, 5, false);

	jobs_reg(&j, PRIQ_CONS, 4);
	request_group(&j, 6, true);
	EXPECT_EQ_U64(prod(&j), 4 | OVFLG);
	expect_one_answer(&j, SV3_PRI_SUCCESS, 6, false);

	jobs_reg(&j, PRIQ_CONS, 4 | OVFLG);
	for (uint16_t i = 0; i < 4; i++)
		request_group(&j, i, true);
	EXPECT_EQ_U64(prod(&j), 0 | OVFLG);
	EXPECT_EQ_U64(j.message_count, 0);
	request_group(&j, 7, true); /* the second overflow toggles back */
	EXPECT_EQ_U64(prod(&j), 0);
	expect_one_answer(&j, SV3_PRI_SUCCESS, 7, false);
}

/* [IHI0070 8.1] The answer to a request with a PASID carries it where IDR3.PPS = 1. */
TEST_C(priq, overflow_pasid)
{
	for (unsigned int pps = 0; pps < 2; pps++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct jobs j = start(&f, 0, pps << 5);
		struct sv3_page_request r = request_of(9, true);

		for (unsigned int i = 0; i < 4; i++)
			request_group(&j, 0, false);
		r.substream_valid = true;
		r.substream_id = 0x77;
		request(&j, &r);
		EXPECT_EQ_U64(j.messages[0].substream_id, pps ? 0x77 : 0);
		expect_one_answer(&j, SV3_PRI_SUCCESS, 9, pps);
	}
}

/* [IHI0070 8, 8.1] A Stop PASID marker (SSV, Last, neither read nor write) is never answered. */
TEST_C(priq, stop_markers_are_not_answered)
{
	PAGES(f, j);
	struct sv3_page_request stop = { .stream_id = FX_SID,
					 .substream_valid = true,
					 .last = true };

	request(&j, &stop);
	EXPECT_EQ_U64(prod(&j), 1); /* written like any other */
	for (unsigned int i = 0; i < 3; i++)
		request_group(&j, 0, false);
	request(&j, &stop);
	EXPECT_EQ_U64(prod(&j), 4 | OVFLG);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	request(&j, &stop);
	EXPECT_EQ_U64(j.message_count, 0);
	stop.substream_valid = false; /* no PASID: a request after all */
	request(&j, &stop);
	expect_one_answer(&j, SV3_PRI_FAILURE, 0, false);
}

/* [IHI0070 8.2, 6.3.9.5] Not enabled, by itself or by SMMUEN: every request fails, no PASID. */
TEST_C(priq, disabled)
{
	static const uint32_t cr0[] = { 0xd, 0xe };

	for (unsigned int i = 0; i < 2; i++) {
		PAGES(f, j);
		struct sv3_page_request r = request_of(3, false);

		r.substream_valid = true;
		r.substream_id = 0x77;
		jobs_reg(&j, SV3_REG_CR0, cr0[i]);
		request(&j, &r);
		expect_one_answer(&j, SV3_PRI_FAILURE, 3, false);
		EXPECT_EQ_U64(prod(&j), 0);
		EXPECT_EQ_U64(fx_peek(&f, PRIQ), 0);
		jobs_reg(&j, SV3_REG_CR0, 0xf);
		request(&j, &r);
		EXPECT_EQ_U64(prod(&j), 1);
		EXPECT_EQ_U64(j.message_count, 0);
	}
}

/* [IHI0070 8.2] IMPDEF(I-087): an abort is synchronous. The request fails, as do all until the
 * error is acknowledged. */
TEST_C(priq, abort)
{
	PAGES(f, j);

	jobs_reg(&j, SV3_REG_CR0, 0xd);
	sv3_smmu_reg_write(f.smmu, 0xc0, 8, FX_NOWHERE | PRIQ_LG2);
	jobs_reg(&j, SV3_REG_CR0, 0xf);
	request_group(&j, 1, false);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_GERROR, 4), 1u << 3);
	expect_one_answer(&j, SV3_PRI_FAILURE, 1, false);
	EXPECT_EQ_U64(prod(&j), 0);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	sv3_smmu_reg_write(f.smmu, 0xc0, 8, PRIQ | PRIQ_LG2);
	jobs_reg(&j, SV3_REG_CR0, 0xf);
	request_group(&j, 2, true);
	expect_one_answer(&j, SV3_PRI_FAILURE, 2, false);
	jobs_reg(&j, SV3_REG_GERRORN, 1u << 3);
	request_group(&j, 3, true);
	EXPECT_EQ_U64(prod(&j), 1);
	EXPECT_EQ_U64(j.message_count, 0);
}

/* PRIQEN is acknowledged as 0 when the entry being written is visible. [IHI0070 6.3.9.5] */
TEST_C(priq, disabled_while_writing)
{
	PAGES(f, j);
	struct sv3_page_request r = request_of(1, true);
	struct sv3_need need;
	struct sv3_reply reply = { .status = SV3_BUS_OK };
	uint32_t job;

	EXPECT_OK(sv3_smmu_page_request(f.smmu, &r));
	EXPECT_OK(sv3_smmu_page_request(f.smmu, &r));
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &need);
	ASSERT_EQ_INT(need.unit, SV3_UNIT_PRIQ);
	EXPECT_EQ_U64(need.size, 16);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CR0, 4, 0xd);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CR0ACK, 4), 0xf);
	EXPECT_EQ_U64(prod(&j), 0);
	sv3_smmu_step(f.smmu, job, &reply, &need);
	EXPECT_EQ_INT(need.kind, SV3_NEED_DONE);
	EXPECT_EQ_U64(prod(&j), 1);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CR0ACK, 4), 0xd);
	jobs_run(&j); /* the other one comes too late */
	expect_one_answer(&j, SV3_PRI_FAILURE, 1, false);
}

/* What is not the write of an entry holds PRIQEN up no more than what is not an interrupt holds its
 * enable up. [IHI0070 6.3.9.5, 6.3.16] */
TEST_C(priq, what_holds_no_acknowledge_up)
{
	PAGES(f, j);
	struct sv3_page_request r = request_of(1, true);
	struct sv3_need need;
	struct sv3_reply reply = { .status = SV3_BUS_OK };
	uint32_t job;

	jobs_reg(&j, SV3_REG_IRQ_CTRL, 2);
	EXPECT_OK(sv3_smmu_page_request(f.smmu, &r));
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &need);
	ASSERT_EQ_INT(need.kind, SV3_NEED_WRITE);
	sv3_smmu_reg_write(f.smmu, SV3_REG_IRQ_CTRL, 4, 0);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_IRQ_CTRLACK, 4), 0);
	sv3_smmu_reg_write(f.smmu, SV3_REG_IRQ_CTRL, 4, 2);
	sv3_smmu_step(f.smmu, job, &reply, &need);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &need);
	ASSERT_EQ_INT(need.kind, SV3_NEED_IRQ);
	sv3_smmu_reg_write(f.smmu, SV3_REG_IRQ_CTRL, 4, 0);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_IRQ_CTRLACK, 4), 2);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CR0, 4, 0xd);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CR0ACK, 4), 0xd);
	sv3_smmu_step(f.smmu, job, &reply, &need);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_IRQ_CTRLACK, 4), 0);
}

/* The interrupt is disabled between being ready and being stepped: nothing is signalled. */
TEST_C(priq, irq_taken_back)
{
	PAGES(f, j);
	struct sv3_page_request r = request_of(1, true);
	struct sv3_need need;
	struct sv3_reply reply = { .status = SV3_BUS_OK };
	uint32_t job;

	jobs_reg(&j, SV3_REG_IRQ_CTRL, 2);
	EXPECT_OK(sv3_smmu_page_request(f.smmu, &r));
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &need);
	sv3_smmu_step(f.smmu, job, &reply, &need);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_reg_write(f.smmu, SV3_REG_IRQ_CTRL, 4, 0);
	need.kind = SV3_NEED_WRITE;
	sv3_smmu_step(f.smmu, job, NULL, &need);
	EXPECT_EQ_INT(need.kind, SV3_NEED_DONE);
	EXPECT_FALSE(sv3_smmu_next_ready(f.smmu, &job));
}

/* [IHI0070 6.3.36 LO] As the queue becomes non-empty, or for each Last, also a lost one. */
TEST_C(priq, irq)
{
	PAGES(f, j);
	unsigned int *count = &j.irq_count[SV3_IRQ_PRIQ];

	request_group(&j, 0, true);
	EXPECT_EQ_U64(*count, 0); /* not enabled */
	jobs_reg(&j, PRIQ_CONS, 1);
	jobs_reg(&j, SV3_REG_IRQ_CTRL, 2);
	request_group(&j, 0, false);
	EXPECT_EQ_U64(*count, 1);
	request_group(&j, 0, true);
	EXPECT_EQ_U64(*count, 1);

	jobs_reg(&j, SV3_REG_IRQ_CTRL, 0);
	jobs_reg(&j, 0xdc, 1u << 31);
	jobs_reg(&j, SV3_REG_IRQ_CTRL, 2);
	jobs_reg(&j, PRIQ_CONS, 3);
	request_group(&j, 0, false);
	EXPECT_EQ_U64(*count, 1);
	request_group(&j, 0, true);
	EXPECT_EQ_U64(*count, 2);
	request_group(&j, 0, true);
	EXPECT_EQ_U64(*count, 3);
	request_group(&j, 0, false);
	EXPECT_EQ_U64(prod(&j), 7);
	request_group(&j, 0, false); /* overflow */
	EXPECT_EQ_U64(*count, 3);
	request_group(&j, 0, true);
	EXPECT_EQ_U64(*count, 4);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	request_group(&j, 0, true); /* lost for another reason */
	EXPECT_EQ_U64(*count, 4);
}

/* An MSI, after entry and PROD; MSI_PRIQ_ABT_ERR if it aborts. */
TEST_C(priq, irq_msi)
{
	PAGES(f, j);

	sv3_smmu_reg_write(f.smmu, 0xd0, 8, FX_MSI);
	jobs_reg(&j, 0xd8, 0x4711);
	jobs_reg(&j, SV3_REG_IRQ_CTRL, 2);
	request_group(&j, 0, true);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 0x4711);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_GERROR, 4), 0);
	EXPECT_EQ_U64(j.irq_count[SV3_IRQ_PRIQ], 0);
	jobs_reg(&j, SV3_REG_IRQ_CTRL, 0);
	sv3_smmu_reg_write(f.smmu, 0xd0, 8, FX_NOWHERE);
	jobs_reg(&j, SV3_REG_IRQ_CTRL, 2);
	jobs_reg(&j, PRIQ_CONS, 1);
	request_group(&j, 0, true);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_GERROR, 4), 1u << 6);
	EXPECT_EQ_U64(prod(&j), 2);
}

/* Requests that are written or lost leave nothing behind but the indexes. */
TEST_C(priq, a_round_leaves_no_trace)
{
	PAGES(f, j);
	uint64_t before = sv3_smmu_hash(f.smmu);

	for (unsigned int i = 0; i < 8; i++) {
		request_group(&j, (uint16_t)(i + 1), true);
		jobs_reg(&j, PRIQ_CONS, (i + 1) % 8);
	}
	EXPECT_EQ_U64(prod(&j), 0);
	EXPECT_EQ_U64(sv3_smmu_hash(f.smmu), before);
}

/* Requests that nobody drains are refused before they are lost. */
TEST_C(priq, busy)
{
	PAGES(f, j);
	struct sv3_page_request r = request_of(0, false);
	unsigned int taken = 0;

	while (taken < 1000 && sv3_smmu_page_request(f.smmu, &r) == 0)
		taken++;
	EXPECT_EQ_INT(sv3_smmu_page_request(f.smmu, &r), -SV3_ERR_BUSY);
	EXPECT_LT_U64(taken, 1000);
	EXPECT_GT_U64(taken, 4);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->page_requests, taken);
	jobs_run(&j);
	EXPECT_OK(sv3_smmu_page_request(f.smmu, &r));
}

/* [IHI0070 6.3.36] Of three requests that nobody takes the first interrupts, and no other. */
TEST_C(priq, irq_as_the_queue_becomes_non_empty_only)
{
	PAGES(f, j);

	jobs_reg(&j, SV3_REG_IRQ_CTRL, 2);
	for (uint16_t group = 0; group < 4; group++) {
		request_group(&j, group, true);
		EXPECT_EQ_U64(j.irq_count[SV3_IRQ_PRIQ], 1);
	}
}

TEST_C(priq, queue_of_one_entry_is_full_with_one)
{
	PAGES(f, j);

	jobs_reg(&j, SV3_REG_CR0, 0xd);
	sv3_smmu_reg_write(f.smmu, 0xc0, 8, PRIQ);
	jobs_reg(&j, SV3_REG_CR0, 0xf);
	request_group(&j, 1, true);
	EXPECT_EQ_U64(prod(&j), 1);
	request_group(&j, 2, true);
	EXPECT_EQ_U64(prod(&j), 1 | OVFLG);
	expect_one_answer(&j, 2, 2, false);
}
