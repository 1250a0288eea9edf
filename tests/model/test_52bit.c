/* SPDX-License-Identifier: MIT */
/*
 * test_52bit.c - addresses of 52 bits with granules of 64 KiB: where bits 51:48 stand in
 * descriptors, blocks of 4 TiB, larger ranges, and what stays at 48 bits. [DDI0487 D8.2, D8.3]
 *
 * Memory ends long before 2^48, so an output is looked at in the result, and a table up there ends
 * in an abort whose record says where it was looked for.
 */
#include "tests/model/fx.h"

#define IOVA  UINT64_C(0x000a123456780000)
#define FAR   UINT64_C(0x0005123456780000) /* bits 51:48 are 5 */
#define PAGE  UINT64_C(0x10000)
#define IPS52 (FX_CD_IPS(6))

/* [51:48] of an address stand in [15:12] of its descriptor. */
static uint64_t field(uint64_t address)
{
	return (address & UINT64_C(0x0000ffffffff0000)) | (address >> 48 & 15) << 12;
}

static void use_cd(struct fx *f, unsigned int granule, unsigned int t0sz, uint64_t ips,
		   unsigned int flags)
{
	fx_use_table(f, granule, t0sz, flags);
	fx_cd(f, FX_CD, (fx_cd0(granule, t0sz, flags) & ~FX_CD_IPS(7)) | ips,
	      f->nested ? FX_IPA(f->ttb0) : f->ttb0, 0);
}

/* Input addresses of 49 to 52 bits: the index of level 1 grows. */
TEST_C(addr52, walk_matrix_s1)
{
	for (unsigned int t0sz = 12; t0sz <= 16; t0sz++) {
		uint64_t size = UINT64_C(1) << (64 - t0sz);
		const sv3_iova iovas[3] = { 0, size - PAGE, IOVA & (size - PAGE) };
		FX(f, FX_FULL | FX_NO_CACHES);

		use_cd(&f, 16, t0sz, IPS52, 0);
		for (unsigned int i = 0; i < 3; i++) {
			fx_map(&f, iovas[i], 3, FX_LEAF + i * PAGE);
			EXPECT_EQ_U64(fx_read(&f, iovas[i] + 8), FX_DATA + i * PAGE + 8);
			EXPECT_EQ_U64(f.result.walk_reads, 3);
		}
		EXPECT_EQ_U64(fx_read(&f, size), FX_FAULT(FX_F_TRANSLATION));
	}
}

/* The upper table too. */
TEST_C(addr52, ttb1)
{
	const sv3_iova high = IOVA | UINT64_C(0xfff) << 52;
	FX(f, FX_FULL);

	use_cd(&f, 16, 12, IPS52, 0);
	fx_map(&f, IOVA, 3, FX_LEAF);
	fx_cd(&f, FX_CD,
	      (fx_cd0(16, 12, 0) & ~(FX_CD_IPS(7) | FX_CD_EPD1)) | IPS52 | FX_CD_T1SZ(12) |
		      FX_CD_TG1(3),
	      f.ttb0, f.ttb0);
	EXPECT_EQ_U64(fx_read(&f, high), FX_DATA);
	EXPECT_EQ_U64(fx_read(&f, IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_read(&f, high & ~(UINT64_C(1) << 52)), FX_FAULT(FX_F_TRANSLATION));
}

/* Outputs of pages and blocks, also in the TLB; 4 TiB at level 1. */
TEST_C(addr52, outputs)
{
	static const unsigned int shifts[4] = { 0, 42, 29, 16 };

	for (unsigned int level = 1; level <= 3; level++) {
		uint64_t span = UINT64_C(1) << shifts[level];
		uint64_t output = FAR & ~(span - 1), offset = IOVA & (span - 1);
		uint64_t leaf = field(output) | FX_AF | FX_NG | FX_DBM | FX_AP2 |
				(level == 3 ? FX_PAGE : FX_BLOCK);
		FX(f, FX_FULL);
		sv3_pa pte;

		use_cd(&f, 16, 12, IPS52, FX_HTTU);
		pte = fx_map(&f, IOVA, level, leaf);
		for (unsigned int round = 0; round < 2; round++) {
			EXPECT_EQ_U64(fx_read(&f, IOVA + 8), output + offset + 8);
			EXPECT_EQ_U64(f.result.span_lg2, shifts[level]);
		}
		EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
		/* An update leaves the address alone. */
		EXPECT_EQ_U64(fx_write(&f, IOVA + 8), output + offset + 8);
		EXPECT_EQ_U64(fx_peek(&f, pte), leaf & ~FX_AP2);
	}
}

/* A next table, and a first one, above 2^48: the descriptor is looked for there. */
TEST_C(addr52, tables)
{
	FX(f, FX_FULL);

	use_cd(&f, 16, 12, IPS52, 0);
	fx_map(&f, IOVA, 1, field(FAR) | FX_TABLE);
	EXPECT_EQ_U64(fx_read(&f, IOVA), FX_FAULT(FX_F_WALK_EABT));
	ASSERT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
	EXPECT_EQ_U64(f.event[3], FAR + 8 * (IOVA >> 29 & 0x1fff));
	fx_cd(&f, FX_CD, (fx_cd0(16, 12, 0) & ~FX_CD_IPS(7)) | IPS52, FAR, 0);
	fx_cfgi_all(&f);
	fx_tlbi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, IOVA), FX_FAULT(FX_F_WALK_EABT));
	ASSERT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
	EXPECT_EQ_U64(f.event[3], (FAR & ~UINT64_C(0x1fff)) + 8 * (IOVA >> 42));
}

/* The first table has 64 bytes at least: of TTB0 bits 5:4 do not count. [IHI0070 5.4 TTB0] */
TEST_C(addr52, first_table_alignment)
{
	FX(f, FX_FULL);
	sv3_pa table = FX_SCRATCH + 0x1000;

	/* 64K, T0SZ 21: level 1 resolves one bit, 16 bytes. */
	fx_poke(&f, table + 8, UINT64_C(1) << 42 | FX_BLOCK | FX_AF);
	fx_cd(&f, FX_CD, (fx_cd0(16, 21, 0) & ~FX_CD_IPS(7)) | IPS52, table | 0x30, 0);
	EXPECT_EQ_U64(fx_read(&f, (UINT64_C(1) << 42) + 8), (UINT64_C(1) << 42) + 8);
}

/* CD.IPS below 52 bits: the bits stand in the descriptor all the same, and fault.
 * [IHI0070 5.4 IPS] */
TEST_C(addr52, ips_of_48_bits)
{
	FX(f, FX_FULL | FX_NO_CACHES);

	use_cd(&f, 16, 12, FX_CD_IPS(5), 0);
	fx_map(&f, IOVA, 3, field(FAR) | FX_PAGE | FX_AF);
	EXPECT_EQ_U64(fx_read(&f, IOVA), FX_FAULT(FX_F_ADDR_SIZE));
	fx_map(&f, IOVA, 3, FX_LEAF);
	EXPECT_EQ_U64(fx_read(&f, IOVA), FX_DATA);
	fx_map(&f, IOVA, 2, field(FAR) | FX_TABLE);
	EXPECT_EQ_U64(fx_read(&f, IOVA), FX_FAULT(FX_F_ADDR_SIZE));
	fx_cd(&f, FX_CD, (fx_cd0(16, 12, 0) & ~FX_CD_IPS(7)) | FX_CD_IPS(5), FAR, 0);
	EXPECT_EQ_U64(fx_read(&f, IOVA), FX_FAULT(FX_C_BAD_CD));
}

/* Granules of 4 and 16 KiB stay at 48 bits, in and out; bits 15:12 are address there. */
TEST_C(addr52, small_granules_have_48_bits)
{
	FX(f, FX_FULL | FX_NO_CACHES);

	use_cd(&f, 12, 16, IPS52, 0);
	fx_map(&f, FX_IOVA, 3, FX_LEAF + 0xf000);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA + 0xf000);
	fx_cd(&f, FX_CD, (fx_cd0(12, 16, 0) & ~FX_CD_IPS(7)) | IPS52, FAR, 0);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_C_BAD_CD));
	for (unsigned int granule = 12; granule <= 14; granule += 2) {
		fx_cd(&f, FX_CD, (fx_cd0(granule, 15, 0) & ~FX_CD_IPS(7)) | IPS52, f.ttb0, 0);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_C_BAD_CD));
	}
}

/* VAX = 0: T0SZ below 16 is illegal, with a large output size too. [IHI0070 6.3.6 VAX] */
TEST_C(addr52, vax_0)
{
	struct sv3_smmu_config config;
	__attribute__((cleanup(fx_fini))) struct fx f;

	fx_config(&config, FX_FULL);
	config.idr5 &= ~UINT32_C(0xc00);
	fx_power_on(&f, &config);
	fx_boot(&f, FX_FULL);
	use_cd(&f, 16, 15, IPS52, 0);
	EXPECT_EQ_U64(fx_read(&f, 0), FX_FAULT(FX_C_BAD_CD));
	use_cd(&f, 16, 16, IPS52, 0);
	fx_map(&f, 0, 3, field(FAR) | FX_PAGE | FX_AF);
	EXPECT_EQ_U64(fx_read(&f, 8), FAR + 8);
}

/* OAS of 48 bits: bits 15:12 are not address, and there is no 4 TiB block. [DDI0487 D8.3] */
TEST_C(addr52, oas_of_48_bits)
{
	FX(f, FX_NO_CACHES); /* the profile "default" */

	fx_use_table(&f, 16, 16, 0);
	fx_map(&f, FX_IOVA, 3, (FX_DATA & ~UINT64_C(0xffff)) | 0x5000 | FX_PAGE | FX_AF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA & ~UINT64_C(0xffff)), FX_DATA & ~UINT64_C(0xffff));
	fx_map(&f, UINT64_C(1) << 42, 1, UINT64_C(1) << 42 | FX_BLOCK | FX_AF);
	EXPECT_EQ_U64(fx_read(&f, UINT64_C(1) << 42), FX_FAULT(FX_F_TRANSLATION));
}

/* Stage 2: S2PS of 52 bits, an input of 52 bits, and the record's intermediate address. */
TEST_C(addr52, stage_2)
{
	FX(f, FX_STAGE2);
	uint64_t word2;

	fx_use_stage2(&f, 16, 12, 2, FX_S2HTTU);
	word2 = (fx_ste2(16, 12, 2, FX_S2HTTU) & ~FX_STE_S2PS(7)) | FX_STE_S2PS(6);
	fx_ste_stage2(&f, FX_SID, word2, f.s2.table);
	fx_s2_map(&f, IOVA, 3, field(FAR) | FX_S2_LEAF | FX_DBM);
	EXPECT_EQ_U64(fx_read(&f, IOVA + 8), FAR + 8);
	EXPECT_EQ_U64(fx_write(&f, IOVA + 8), FAR + 8);
	EXPECT_EQ_U64(fx_peek(&f, fx_s2_pte(&f, IOVA, 3)),
		      field(FAR) | FX_S2_LEAF | FX_DBM | FX_S2_WRITE);
	EXPECT_EQ_U64(fx_read(&f, IOVA + PAGE), FX_FAULT(FX_F_TRANSLATION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f.event[3], IOVA + PAGE);
	/* S2PS of 48 bits. */
	fx_ste_stage2(&f, FX_SID, fx_ste2(16, 12, 2, 0), f.s2.table);
	fx_cfgi_all(&f);
	fx_tlbi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, IOVA), FX_FAULT(FX_F_ADDR_SIZE));
}

/* Nested: an intermediate address of 52 bits out of stage 1, into stage 2. */
TEST_C(addr52, nested)
{
	FX(f, FX_NESTED);
	uint64_t word2;

	fx_use_stage2(&f, 16, 12, 2, 0);
	word2 = (fx_ste2(16, 12, 2, 0) & ~FX_STE_S2PS(7)) | FX_STE_S2PS(6);
	fx_ste_stage2(&f, FX_SID, word2, f.s2.table);
	fx_guest(&f, FX_CD, 64);
	use_cd(&f, 16, 12, IPS52, 0);
	fx_map(&f, IOVA, 3, field(IOVA) | FX_PAGE | FX_AF | FX_NG);
	fx_s2_map(&f, IOVA, 3, field(FAR) | FX_S2_RW);
	EXPECT_EQ_U64(fx_write(&f, IOVA + 0x1234), FAR + 0x1234);
}
