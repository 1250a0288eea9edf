/* SPDX-License-Identifier: MIT */
/*
 * test_prefetch.c - does CMD_PREFETCH_x fetch, and leave nothing else behind? [IHI0070 4.2]
 */
#include "tests/model/jobs.h"

#define PREFETCH_CONFIG UINT64_C(0x01)
#define PREFETCH_ADDR   UINT64_C(0x02)

static uint64_t tlb_misses(struct fx *f)
{
	return sv3_smmu_stats(f->smmu)->tlb_misses;
}

/* [IHI0070 4.2.2] The entry is there before the first access, which finds it. */
TEST_C(prefetch, addr_fills)
{
	JOBS_FULL(f, j, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN & ~FX_AF);
	uint64_t misses;

	jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(FX_SID), FX_IOVA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN); /* the access flag, and no more */
	misses = tlb_misses(&f);
	EXPECT_EQ_U64(jobs_read(&j, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(tlb_misses(&f), misses);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->transactions, 1);
}

/* Size counts addresses, Stride says how far apart: 4 KiB << Stride. */
TEST_C(prefetch, addr_size_and_stride)
{
	JOBS_FULL(f, j, 0);

	for (unsigned int i = 0; i < 64; i++)
		fx_map(&f, i * 0x1000, 3, FX_LEAF + i * 0x1000);
	jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(FX_SID), 0x2000 | 2u << 5 | 2);
	for (unsigned int i = 0; i < 64; i++) {
		bool meant = i == 2 || i == 6 || i == 10 || i == 14;

		EXPECT_EQ_U64(jobs_read(&j, i * 0x1000), FX_DATA + i * 0x1000);
		if (((f.result.flags & SV3_RESULT_TLB_HIT) != 0) != meant)
			FAIL_C("page %u %s", i, meant ? "is missing" : "is there");
	}
}

/* SMMUv3.0 has no Stride: it counts as 4 KiB. */
TEST_C(prefetch, addr_stride_of_the_first_version)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;
	struct jobs j;

	jobs_config(&config, 4);
	config.aidr = 0;
	j = jobs_start(&f, &config, 0);
	fx_map(&f, 0x1000, 3, FX_LEAF);
	jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(FX_SID), 2u << 5 | 1);
	EXPECT_EQ_U64(jobs_read(&j, 0x1000), FX_DATA);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
}

/* IMPDEF(I-083): a prefetch is bounded, by the TLB too; addresses do not wrap. */
TEST_C(prefetch, addr_is_bounded)
{
	JOBS_FULL(f, j, 0);
	uint64_t reads;

	jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(FX_SID), 31);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	reads = sv3_smmu_stats(f.smmu)->walk_reads;
	EXPECT_GT_U64(reads, 0);
	EXPECT_LE_U64(reads, 256);
	fx_map(&f, 0, 3, FX_LEAF);
	/* The last page of the address space and then nothing, not address 0. */
	jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(FX_SID), UINT64_C(0xfffffffffffff000) | 1);
	jobs_read(&j, 0);
	EXPECT_FALSE(f.result.flags & SV3_RESULT_TLB_HIT);
}

/* [IHI0070 4.2] No event, and no stall, whatever is wrong. */
TEST_C(prefetch, is_silent)
{
	JOBS_FULL(f, j, FX_HTTU);
	sv3_pa pte;

	jobs_stall_cd(&f, FX_HTTU);
	pte = fx_map(&f, FX_IOVA, 3, 0);
	jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(FX_SID), FX_IOVA);
	jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(FX_SID), UINT64_C(0x0100000000000000));
	jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(0x77), FX_IOVA); /* STE.V = 0 */
	jobs_cmd(&j, PREFETCH_CONFIG | FX_CMD_SID(0x77), 0);
	jobs_cmd(&j, PREFETCH_CONFIG | FX_CMD_SID(0x4000), 0);            /* no such stream */
	jobs_cmd(&j, PREFETCH_CONFIG | FX_CMD_SID(FX_SID) | 1u << 11, 0); /* no substreams */
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_INT(fx_event(&f), 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->faults, 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->stalls, 0);
	/* and a fault is not remembered */
	fx_poke(&f, pte, FX_LEAF);
	EXPECT_EQ_U64(jobs_read(&j, FX_IOVA), FX_DATA);
}

/* [IHI0070 4.2.1] STE and CD, and no translation. */
TEST_C(prefetch, config_fills)
{
	JOBS_FULL(f, j, 0);
	uint64_t misses;

	fx_map(&f, 0, 3, FX_LEAF);
	jobs_cmd(&j, PREFETCH_CONFIG | FX_CMD_SID(FX_SID), 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->walk_reads, 0);
	misses = sv3_smmu_stats(f.smmu)->config_misses;
	EXPECT_EQ_U64(jobs_read(&j, 0), FX_DATA);
	EXPECT_FALSE(f.result.flags & SV3_RESULT_TLB_HIT);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, misses);
}

/* [IHI0070 4.2, 6.3.9.6] Nothing with SMMUEN = 0; and IMPDEF(I-008) nothing as a choice. */
TEST_C(prefetch, not )
{
	for (unsigned int i = 0; i < 2; i++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_smmu_config config;
		struct jobs j;

		jobs_full_config(&config);
		config.choices = i == 0 ? 0 : SV3_CHOICE_PREFETCH_IGNORED;
		j = jobs_start(&f, &config, 0);
		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		jobs_reg(&j, SV3_REG_CR0, i == 0 ? 0xc : 0xd);
		jobs_cmd(&j, PREFETCH_CONFIG | FX_CMD_SID(FX_SID), 0);
		jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(FX_SID), FX_IOVA);
		EXPECT_TRUE(fx_cmdq_empty(&f));
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, 0);
		jobs_reg(&j, SV3_REG_CR0, 0xd);
		EXPECT_EQ_U64(jobs_read(&j, FX_IOVA), FX_DATA);
		EXPECT_FALSE(f.result.flags & SV3_RESULT_TLB_HIT);
	}
}

/* [IHI0070 6.3.9.6] SMMUEN = 0 is acknowledged when a prefetch is done with tables, and none goes
 * on. */
TEST_C(prefetch, in_flight)
{
	JOBS_FULL(f, j, 0);
	uint64_t before;

	fx_poke(&f, FX_CMDQ, PREFETCH_ADDR | FX_CMD_SID(FX_SID));
	fx_poke(&f, FX_CMDQ + 8, FX_IOVA | 4);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CMDQ_PROD, 4, 1);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &f.slot));
	sv3_smmu_step(f.smmu, f.slot, NULL, &f.need);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_S1_L0));
	sv3_smmu_reg_write(f.smmu, SV3_REG_CR0, 4, 0xc);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CR0ACK, 4), 0xd);
	EXPECT_FALSE(sv3_fast_drain(&f.fast));
	before = sv3_smmu_stats(f.smmu)->walk_reads;
	for (unsigned int i = 0; i < 10 && f.need.kind != SV3_NEED_DONE; i++)
		fx_answer(&f);
	ASSERT_EQ_INT(f.need.kind, SV3_NEED_DONE);
	EXPECT_LE_U64(sv3_smmu_stats(f.smmu)->walk_reads - before, 4);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CR0ACK, 4), 0xc);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	(void)j;
}

/* Size = 1: two addresses, whatever else the command says. */
TEST_C(prefetch, addr_size_of_two)
{
	JOBS_FULL(f, j, 0);
	uint64_t misses = tlb_misses(&f);

	for (unsigned int i = 0; i < 4; i++)
		fx_map(&f, i * 0x1000, 3, FX_LEAF + i * 0x1000);
	jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(FX_SID), 1);
	EXPECT_EQ_U64(tlb_misses(&f), misses + 2);
}

TEST_C(prefetch, config_is_fetched_once)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;
	struct jobs j;

	jobs_full_config(&config);
	config.config_cache_entries = 0;
	j = jobs_start(&f, &config, 0);
	jobs_cmd(&j, PREFETCH_CONFIG | FX_CMD_SID(FX_SID), 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, 1);
}

/* More addresses than the TLB holds would only push out what came before. */
TEST_C(prefetch, addr_is_bounded_by_the_tlb_and_by_256)
{
	static const uint32_t entries[] = { 8, 512 }, fetched[] = { 8, 256 };

	for (unsigned int i = 0; i < 2; i++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_smmu_config config;
		struct jobs j;

		jobs_full_config(&config);
		config.tlb_entries = entries[i];
		j = jobs_start(&f, &config, 0);
		for (uint64_t page = 0; page < 600; page++)
			fx_map(&f, page << 12, 3, FX_LEAF);
		jobs_cmd(&j, PREFETCH_ADDR | FX_CMD_SID(FX_SID), 10);
		EXPECT_EQ_U64(tlb_misses(&f), fetched[i]);
	}
}
