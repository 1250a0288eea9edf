/* SPDX-License-Identifier: MIT */
/*
 * test_conflict.c - by choice TLB_CONFLICT: is software found out that changes the size of a leaf
 * without breaking it first, and nobody else? And what a hint of a device leaves in the queue.
 * [IHI0070 3.21.1, 7.3.17, 7.3.19]
 */
#include "tests/model/ats.h"

#define CONFLICT   SV3_CHOICE_TLB_CONFLICT
#define NT         (UINT64_C(1) << 16)
#define CONTIGUOUS (UINT64_C(1) << 52)
#define BLOCK_IOVA (FX_IOVA & ~UINT64_C(0x1fffff))
#define PAGE_IOVA  (BLOCK_IOVA + 0x3000)

#define F_TLB_CONFLICT 0x20u
#define E_PAGE_REQUEST 0x24u

/* Doubleword 1 of a record */
#define RNW (UINT64_C(1) << 35)
#define PNU (UINT64_C(1) << 33)
#define S2  (UINT64_C(1) << 39)

/* @flags as of fx_init(), and this IDR3.BBML. */
static void boot(struct fx *f, unsigned int flags, uint32_t choices, uint32_t bbml)
{
	struct sv3_smmu_config config;

	fx_config(&config, flags);
	config.choices = choices;
	if (bbml == 0)
		config.aidr = 1;
	config.idr3 = (config.idr3 & ~UINT32_C(0x1800)) | bbml << 11;
	if (flags & FX_FULL)
		config.idr0 |= UINT32_C(1) << 23; /* ATSRECERR */
	fx_power_on(f, &config);
	fx_boot(f, flags);
}

#define FX_CONFLICT(name, flags)                          \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	boot(&name, flags, CONFLICT, 1)

/* 512 pages that say what the block at @pte says, in its place. Nothing is invalidated. */
static void split(struct fx *f, sv3_pa pte)
{
	uint64_t block = fx_peek(f, pte);
	sv3_pa table = fx_alloc(f);

	for (unsigned int i = 0; i < 512; i++)
		fx_poke(f, table + 8 * i, (block + i * UINT64_C(0x1000)) | FX_PAGE);
	fx_poke(f, pte, table | FX_TABLE);
}

/* A clean block was read, then split; a write to PAGE_IOVA made an entry beside that of the
 * block. */
static void overlap(struct fx *f)
{
	sv3_pa pte = fx_map(f, BLOCK_IOVA, 2,
			    FX_DATA | FX_BLOCK | FX_AF | FX_NG | FX_DBM | FX_AP2 | FX_AP1);

	EXPECT_EQ_U64(fx_read(f, BLOCK_IOVA), FX_DATA);
	split(f, pte);
	EXPECT_EQ_U64(fx_write(f, PAGE_IOVA), FX_DATA + 0x3000);
	EXPECT_EQ_INT(fx_event(f), 0);
}

TEST_C(conflict, split_without_break)
{
	FX_CONFLICT(f, FX_HTTU);

	overlap(&f);
	EXPECT_EQ_U64(fx_read(&f, BLOCK_IOVA + 0x4000), FX_DATA + 0x4000); /* one entry only */
	EXPECT_EQ_U64(fx_read(&f, PAGE_IOVA + 0x45), FX_FAULT(F_TLB_CONFLICT));
	EXPECT_EQ_INT(f.result.flags & SV3_RESULT_STAGE2_FAULT, 0);
	EXPECT_EQ_INT(fx_event(&f), F_TLB_CONFLICT);
	EXPECT_EQ_U64(f.event[0], F_TLB_CONFLICT | (uint64_t)FX_SID << 32);
	EXPECT_EQ_U64(f.event[1], RNW | PNU); /* no CLASS */
	EXPECT_EQ_U64(f.event[2], PAGE_IOVA + 0x45);
	EXPECT_EQ_U64(f.event[3], 0);
	/* Both go by the address; then there is the page. */
	fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), PAGE_IOVA);
	ASSERT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(fx_read(&f, PAGE_IOVA), FX_DATA + 0x3000);
	EXPECT_EQ_U64(fx_read(&f, PAGE_IOVA), FX_DATA + 0x3000);
	EXPECT_EQ_INT(f.result.span_lg2, 12);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* Neither stalls nor is silent, whatever the CD says. [IHI0070 7.3.21] */
TEST_C(conflict, always_aborts_and_is_recorded)
{
	for (unsigned int stalls = 0; stalls < 2; stalls++) {
		FX_CONFLICT(f, FX_FULL | FX_HTTU);
		uint64_t cd = fx_cd0(12, 16, FX_HTTU) & ~(FX_CD_R | FX_CD_A);

		fx_cd(&f, FX_CD, cd | (stalls ? FX_CD_S : 0), f.ttb0, 0);
		overlap(&f);
		EXPECT_EQ_U64(fx_write(&f, PAGE_IOVA), FX_FAULT(F_TLB_CONFLICT));
		EXPECT_EQ_INT(fx_event(&f), F_TLB_CONFLICT);
		EXPECT_EQ_U64(f.event[1], PNU);
	}
}

/* Looking does no harm; a Translation Request is aborted by the completer. [IHI0070 3.9.1.2] */
TEST_C(conflict, probes_and_requests)
{
	FX_CONFLICT(f, FX_FULL | FX_HTTU);
	struct sv3_txn txn = fx_txn(PAGE_IOVA, false);
	struct sv3_tlb_info info;

	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	fx_set_reg(&f, SV3_REG_CR2, 0xa); /* REC_CFG_ATS */
	fx_set_reg(&f, SV3_REG_CR0, 0x1d);
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, ATS_FULL);
	overlap(&f);
	txn.kind = SV3_TXN_PROBE;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA + 0x3000);
	ASSERT_TRUE(sv3_smmu_peek_tlb(f.smmu, &txn, &info));
	EXPECT_TRUE(info.conflicts);
	txn.iova += 0x1000;
	ASSERT_TRUE(sv3_smmu_peek_tlb(f.smmu, &txn, &info));
	EXPECT_FALSE(info.conflicts);
	EXPECT_EQ_INT(ats_request(&f, PAGE_IOVA, false), ATS_REFUSED(SV3_OUTCOME_ATS_CA));
	EXPECT_EQ_INT(fx_event(&f), F_TLB_CONFLICT);
}

TEST_C(conflict, stage_2_alone)
{
	FX_CONFLICT(f, FX_STAGE2 | FX_S2HTTU);
	const sv3_iova at = 0x80200000;
	sv3_pa pte =
		fx_s2_map(&f, at, 2, FX_DATA | FX_S2_WB | FX_BLOCK | FX_AF | FX_S2_READ | FX_DBM);

	EXPECT_EQ_U64(fx_read(&f, at), FX_DATA);
	split(&f, pte);
	EXPECT_EQ_U64(fx_write(&f, at + 0x3000), FX_DATA + 0x3000);
	EXPECT_EQ_U64(fx_read(&f, at + 0x3008), FX_FAULT(F_TLB_CONFLICT));
	EXPECT_TRUE(f.result.flags & SV3_RESULT_STAGE2_FAULT);
	EXPECT_EQ_INT(fx_event(&f), F_TLB_CONFLICT);
	EXPECT_EQ_U64(f.event[1], RNW | PNU | S2);
	EXPECT_EQ_U64(f.event[2], at + 0x3008);
	EXPECT_EQ_U64(f.event[3], at + 0x3000);
}

/* The output of stage 1 meets two entries of stage 2: another address than that of the access. */
TEST_C(conflict, stage_2_behind_stage_1)
{
	FX_CONFLICT(f, FX_NESTED | FX_S2HTTU);
	sv3_pa pte = fx_s2_map(&f, FX_IPA(FX_DATA), 2,
			       FX_DATA | FX_S2_WB | FX_BLOCK | FX_AF | FX_S2_READ | FX_DBM);

	for (unsigned int i = 0; i < 2; i++)
		fx_map(&f, FX_IOVA + 0x1000 * i, 3, S1_LEAF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	split(&f, pte);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x1010), FX_FAULT(F_TLB_CONFLICT));
	EXPECT_EQ_INT(fx_event(&f), F_TLB_CONFLICT);
	EXPECT_EQ_U64(f.event[1], RNW | PNU | S2);
	EXPECT_EQ_U64(f.event[2], FX_IOVA + 0x1010);
	EXPECT_EQ_U64(f.event[3], FX_IPA(FX_DATA));
}

/* A change of the Contiguous bit alone leaves entries of two spans, but no conflict.
 * [IHI0070 3.21.1.2] */
TEST_C(conflict, contiguous_bit)
{
	FX_CHOOSING(f, FX_HTTU, CONFLICT | SV3_CHOICE_CONTIGUOUS_GROUP);
	sv3_iova first = FX_IOVA & ~UINT64_C(0xffff);

	for (unsigned int i = 0; i < 16; i++)
		fx_map(&f, first + 0x1000 * i, 3, (FX_CLEAN + 0x1000 * i) | CONTIGUOUS);
	EXPECT_EQ_U64(fx_read(&f, first), FX_DATA);
	EXPECT_EQ_INT(f.result.span_lg2, 16);
	for (unsigned int i = 0; i < 16; i++)
		fx_map(&f, first + 0x1000 * i, 3, FX_CLEAN + 0x1000 * i);
	EXPECT_EQ_U64(fx_write(&f, first + 0x2000), FX_DATA + 0x2000);
	EXPECT_EQ_U64(fx_read(&f, first + 0x2000), FX_DATA + 0x2000);
	EXPECT_EQ_INT(f.result.span_lg2, 12);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* With level 1 a block with nT = 1 makes no entry, at either stage; with level 0 the bit is none,
 * and a page has none. [IHI0070 3.21.1.1] */
TEST_C(conflict, nt_makes_no_entry)
{
	for (unsigned int n = 0; n < 16; n++) {
		bool choice = n & 1, level_1 = n & 2, stage2 = n & 4, page = n & 8;
		__attribute__((cleanup(fx_fini))) struct fx f;
		uint64_t leaf = NT | FX_AF | (page ? FX_PAGE | FX_DATA : FX_BLOCK | FX_DATA);
		unsigned int level = page ? 3 : 2;
		const sv3_iova at = 0x80200000;

		boot(&f, stage2 ? FX_STAGE2 : FX_FULL, choice ? CONFLICT : 0, level_1);
		if (stage2)
			fx_s2_map(&f, at, level, leaf | FX_S2_WB | FX_S2_READ);
		else
			fx_map(&f, at, level, leaf | FX_NG);
		for (unsigned int i = 0; i < 2; i++)
			EXPECT_EQ_U64(fx_read(&f, at), FX_DATA + (page ? NT : 0));
		if (!!(f.result.flags & SV3_RESULT_TLB_HIT) == (choice && level_1 && !page))
			FAIL_C("choice %d, level 1 %d, stage 2 %d, page %d", choice, level_1,
			       stage2, page);
	}
}

/* What nT at either stage keeps from the TLB keeps the result of both from it. */
TEST_C(conflict, nt_of_either_stage)
{
	for (unsigned int n = 0; n < 4; n++) {
		FX_CONFLICT(f, FX_NESTED);

		fx_map(&f, BLOCK_IOVA, 2,
		       FX_IPA(FX_DATA) | FX_BLOCK | FX_AF | FX_NG | (n & 1 ? NT : 0));
		fx_s2_map(&f, FX_IPA(FX_DATA), 2,
			  FX_DATA | FX_S2_WB | FX_BLOCK | FX_AF | FX_S2_READ | (n & 2 ? NT : 0));
		for (unsigned int i = 0; i < 2; i++)
			EXPECT_EQ_U64(fx_read(&f, BLOCK_IOVA), FX_DATA);
		EXPECT_EQ_INT(!!(f.result.flags & SV3_RESULT_TLB_HIT), n == 0);
	}
}

/* Without the choice the smallest entry answers; level 2 has no such choice. */
TEST_C(conflict, not_by_default)
{
	for (uint32_t bbml = 0; bbml < 3; bbml++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		const char *why = NULL;

		boot(&f, FX_HTTU, 0, bbml);
		overlap(&f);
		EXPECT_EQ_U64(fx_read(&f, PAGE_IOVA), FX_DATA + 0x3000);
		EXPECT_EQ_INT(f.result.span_lg2, 12);
		f.config.choices = CONFLICT;
		EXPECT_EQ_INT(sv3_smmu_config_check(&f.config, &why),
			      bbml == 2 ? -SV3_ERR_INVAL : 0);
	}
}

/* --- hints --- */

static struct sv3_page_hint hint_of(unsigned int bit)
{
	return (struct sv3_page_hint){
		.iova = UINT64_C(0xfedcba9876543210),
		.stream_id = 0x12345678,
		.span_pages = 0xa5,
		.unprivileged_execute = bit == 33,
		.unprivileged_write = bit == 34,
		.unprivileged_read = bit == 35,
		.privileged_execute = bit == 37,
		.privileged_write = bit == 38,
		.privileged_read = bit == 39,
	};
}

TEST_C(hint, record)
{
	for (unsigned int bit = 32; bit < 41; bit++) {
		FX(f, 0);
		struct sv3_page_hint hint = hint_of(bit);
		uint64_t wanted = bit == 32 || bit == 36 || bit == 40 ? 0 : UINT64_C(1) << bit;

		hint.substream_valid = bit & 1;
		hint.substream_id = 0xabcde;
		EXPECT_OK(sv3_smmu_page_hint(f.smmu, &hint));
		sv3_fast_drain(&f.fast);
		EXPECT_EQ_INT(fx_event(&f), E_PAGE_REQUEST);
		EXPECT_EQ_U64(f.event[0],
			      UINT64_C(0x1234567800000024) | (bit & 1 ? UINT64_C(0xabcde800) : 0));
		EXPECT_EQ_U64(f.event[1], wanted | UINT64_C(0xa5) << 44);
		EXPECT_EQ_U64(f.event[2], UINT64_C(0xfedcba9876543000));
		EXPECT_EQ_U64(f.event[3], 0);
		EXPECT_EQ_INT(fx_event(&f), 0);
	}
}

/* Its place may be taken by no transaction's record, nor may it take one. */
TEST_C(hint, room)
{
	FX(f, 0);
	struct sv3_page_hint hint = hint_of(0);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	uint32_t slot;

	fx_begin(&f, &txn);
	for (uint32_t i = 1; i < f.config.slot_count; i++)
		EXPECT_OK(sv3_smmu_page_hint(f.smmu, &hint));
	EXPECT_EQ_INT(sv3_smmu_page_hint(f.smmu, &hint), -SV3_ERR_BUSY);
	EXPECT_EQ_INT(sv3_smmu_begin(f.smmu, &txn, &slot), -SV3_ERR_BUSY);
	EXPECT_EQ_U64(fx_run(&f), FX_FAULT(FX_F_TRANSLATION));
	fx_land(&f);
	sv3_fast_drain(&f.fast);
	EXPECT_OK(sv3_smmu_page_hint(f.smmu, &hint));
}

TEST_C(hint, nothing_to_say_and_nobody_to_hear)
{
	FX(f, 0);
	struct sv3_page_hint hint = hint_of(0);

	fx_set_reg(&f, SV3_REG_CR0, 0x9); /* EVENTQEN = 0 */
	EXPECT_OK(sv3_smmu_page_hint(f.smmu, &hint));
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->events_dropped, 1);
	hint.span_pages = 0;
	EXPECT_EQ_INT(sv3_smmu_page_hint(f.smmu, &hint), -SV3_ERR_RANGE);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	sv3_fast_drain(&f.fast);
	EXPECT_EQ_INT(fx_event(&f), 0);
}
