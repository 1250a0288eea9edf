/* SPDX-License-Identifier: MIT */
/*
 * test_endpoint.c - what is told to endpoints and processors: ATC_INV, PRI_RESP, and events for
 * those that wait with WFE? [IHI0070 4.1.2, 4.5, 4.7.3]
 */
#include "tests/model/jobs.h"

#define BIT(n)   (UINT64_C(1) << (n))
#define ATC_INV  UINT64_C(0x40)
#define PRI_RESP UINT64_C(0x41)

/* [IHI0070 4.5.1] What the endpoint is told: span aligned to its size, PASID, Global. */
TEST_C(endpoint, atc_inv)
{
	static const struct {
		uint64_t word0, word1;
		struct sv3_ats_message message;
	} rows[] = {
		{ 0,
		  UINT64_C(0xfedcba9876543000),
		  { .iova = UINT64_C(0xfedcba9876543000), .size_lg2 = 12 } },
		{ 0,
		  UINT64_C(0xfedcba9876543000) | 9,
		  { .iova = UINT64_C(0xfedcba9876400000), .size_lg2 = 21 } },
		{ 0,
		  UINT64_C(0xfedcba9876543000) | 51,
		  { .iova = UINT64_C(0x8000000000000000), .size_lg2 = 63 } },
		{ 0, UINT64_C(0xfedcba9876543000) | 52, { .iova = 0, .size_lg2 = 64 } },
		{ 0, UINT64_C(0xfedcba9876543000) | 63, { .iova = 0, .size_lg2 = 64 } },
		/* Global counts with a SubstreamID only */
		{ BIT(9) | UINT64_C(0x155) << 12, 0x1000, { .iova = 0x1000, .size_lg2 = 12 } },
		{ BIT(11) | UINT64_C(0x155) << 12,
		  0x1000,
		  { .iova = 0x1000,
		    .size_lg2 = 12,
		    .substream_valid = true,
		    .substream_id = 0x155 } },
		{ BIT(9) | BIT(11) | UINT64_C(0x155) << 12,
		  0x1000,
		  { .iova = 0x1000,
		    .size_lg2 = 12,
		    .substream_valid = true,
		    .substream_id = 0x155,
		    .global = true } },
	};
	JOBS_FULL(f, j, 0);

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sv3_ats_message *got = &j.messages[0], *want = &rows[i].message;

		j.message_count = 0;
		jobs_cmd(&j, ATC_INV | FX_CMD_SID(0x87654321) | rows[i].word0, rows[i].word1);
		ASSERT_EQ_U64(j.message_count, 1);
		EXPECT_EQ_INT(j.kinds[0], SV3_NEED_ATC_INV);
		EXPECT_EQ_U64(got->stream_id, 0x87654321);
		EXPECT_EQ_U64(got->iova, want->iova);
		EXPECT_EQ_U64(got->size_lg2, want->size_lg2);
		EXPECT_EQ_INT(got->substream_valid, want->substream_valid);
		EXPECT_EQ_U64(got->substream_id, want->substream_id);
		EXPECT_EQ_INT(got->global, want->global);
		EXPECT_TRUE(fx_cmdq_empty(&f));
	}
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->atc_invalidations, sizeof(rows) / sizeof(rows[0]));
}

/* [IHI0070 4.5.2] */
TEST_C(endpoint, pri_resp)
{
	static const uint8_t responses[] = { SV3_PRI_FAILURE, SV3_PRI_INVALID, SV3_PRI_SUCCESS };
	JOBS_FULL(f, j, 0);

	for (unsigned int i = 0; i < 3; i++) {
		j.message_count = 0;
		jobs_cmd(&j, PRI_RESP | FX_CMD_SID(0x4321) | BIT(11) | UINT64_C(0x3ff) << 12,
			 0x1a5 | (uint64_t)i << 12);
		ASSERT_EQ_U64(j.message_count, 1);
		EXPECT_EQ_INT(j.kinds[0], SV3_NEED_PRI_RESP);
		EXPECT_EQ_U64(j.messages[0].stream_id, 0x4321);
		EXPECT_EQ_U64(j.messages[0].group, 0x1a5);
		EXPECT_EQ_U64(j.messages[0].response, responses[i]);
		EXPECT_TRUE(j.messages[0].substream_valid);
		EXPECT_EQ_U64(j.messages[0].substream_id, 0x3ff);
	}
	jobs_cmd(&j, PRI_RESP | UINT64_C(0x3ff) << 12, 0);
	EXPECT_FALSE(j.messages[1].substream_valid);
	EXPECT_EQ_U64(j.messages[1].substream_id, 0);
}

/* IMPDEF(I-085): where there are no SubstreamIDs, SSV counts as 0. */
TEST_C(endpoint, messages_without_substreams)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;
	struct jobs j;

	jobs_full_config(&config);
	config.idr1 &= ~(31u << 6);
	j = jobs_start(&f, &config, 0);
	jobs_cmd(&j, ATC_INV | BIT(9) | BIT(11) | BIT(12), 0);
	jobs_cmd(&j, PRI_RESP | BIT(11) | BIT(12), 0);
	ASSERT_EQ_U64(j.message_count, 2);
	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_FALSE(j.messages[i].substream_valid);
		EXPECT_EQ_U64(j.messages[i].substream_id, 0);
		EXPECT_FALSE(j.messages[i].global);
	}
}

/* [IHI0070 6.3.9.6] With SMMUEN = 0 endpoints hear nothing. */
TEST_C(endpoint, messages_are_ignored_while_disabled)
{
	JOBS_FULL(f, j, 0);

	jobs_reg(&j, SV3_REG_CR0, 0xc);
	jobs_cmd(&j, ATC_INV, 52);
	jobs_cmd(&j, PRI_RESP, 0);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(j.message_count, 0);
}

/* [IHI0070 3.9.1.4, 4.7.3, 7.1] A SYNC behind an invalidation that timed out is not consumed:
 * CERROR_ATC_INV_SYNC, no signal. After the acknowledge it is tried again and completes. */
TEST_C(endpoint, atc_inv_timeout)
{
	JOBS_FULL(f, j, 0);
	uint64_t sync = FX_CMD_SYNC | 1u << 12 | UINT64_C(5) << 32;

	j.atc_status = SV3_BUS_ABORT;
	jobs_cmd(&j, ATC_INV | FX_CMD_SID(1), 52);
	j.atc_status = SV3_BUS_OK;
	jobs_cmd(&j, ATC_INV | FX_CMD_SID(2), 52); /* this one completes: no matter */
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_GERROR, 4), 0);
	jobs_cmd(&j, sync, FX_MSI);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CMDQ_CONS, 4), 2 | 3u << 24);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_GERROR, 4), 1);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 0);
	jobs_reg(&j, SV3_REG_GERRORN, 1);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 5);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_GERROR, 4), 1); /* no second error */
}

/* --- SEV --- */

/* [IHI0070 4.7.3] CS = SEV gives an event where IDR0.SEV = 1. */
TEST_C(endpoint, sync_sev)
{
	JOBS_FULL(f, j, 0);

	jobs_cmd(&j, FX_CMD_SYNC | 2u << 12, 0);
	EXPECT_EQ_U64(j.sev_count, 1);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	jobs_cmd(&j, FX_CMD_SYNC | 1u << 12, 0);
	jobs_cmd(&j, FX_CMD_SYNC, 0);
	EXPECT_EQ_U64(j.sev_count, 1);
	EXPECT_EQ_U64(j.irq_count[SV3_IRQ_CMD_SYNC], 1);
}

/* [IHI0070 4.1.2] And as a full queue becomes non-full, once. */
TEST_C(endpoint, sev_as_the_queue_becomes_non_full)
{
	for (unsigned int count = 3; count <= 4; count++) {
		JOBS_FULL(f, j, 0);

		jobs_reg(&j, SV3_REG_CR0, 0x5);
		sv3_smmu_reg_write(f.smmu, SV3_REG_CMDQ_BASE, 8, FX_CMDQ | 2);
		jobs_reg(&j, SV3_REG_CR0, 0xd);
		for (unsigned int i = 0; i < count; i++)
			fx_poke(&f, FX_CMDQ + 16 * i, FX_CMD_TLBI_NH_ALL);
		jobs_reg(&j, SV3_REG_CMDQ_PROD, count);
		EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CMDQ_CONS, 4), count);
		EXPECT_EQ_U64(j.sev_count, count == 4);
	}
}
