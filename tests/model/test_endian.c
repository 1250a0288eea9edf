/* SPDX-License-Identifier: MIT */
/*
 * test_endian.c - big-endian translation tables, of either stage: read and updated as such, while
 * structures and queues stay little-endian. [IHI0070 3.21, 5.2 S2ENDI, 5.4 ENDI]
 */
#include "tests/model/fx.h"

#define S1_CLEAN (FX_CLEAN + FX_GUEST)

static uint64_t swap(uint64_t value)
{
	uint64_t swapped = 0;

	for (unsigned int i = 0; i < 8; i++)
		swapped |= (value >> (8 * i) & 0xff) << (8 * (7 - i));
	return swapped;
}

/* Both stages in every mixture: walked right, and the update stands in memory as it must. */
TEST_C(endian, walks_and_updates)
{
	for (unsigned int i = 0; i < 8; i++) {
		bool s1_big = i & 1, s2_big = i & 2, caches = i & 4;
		FX(f, FX_NESTED | FX_HTTU | FX_S2HTTU | (s2_big ? FX_S2ENDI : 0u) |
			      (caches ? 0 : FX_NO_CACHES));
		sv3_pa leaf, output;

		f.big_endian = s1_big;
		fx_cd(&f, FX_CD, fx_cd0(12, 16, FX_HTTU) | (s1_big ? FX_CD_ENDI : 0),
		      FX_IPA(f.ttb0), 0);
		output = fx_s2_map(&f, FX_IPA(FX_DATA), 3, FX_S2_CLEAN & ~FX_AF);
		leaf = fx_map(&f, FX_IOVA, 3, S1_CLEAN & ~FX_AF);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 8), FX_DATA + 8);
		EXPECT_EQ_U64(fx_peek(&f, leaf), s1_big ? swap(S1_CLEAN) : S1_CLEAN);
		EXPECT_EQ_U64(fx_peek(&f, output), s2_big ? swap(FX_S2_CLEAN) : FX_S2_CLEAN);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA + 8), FX_DATA + 8);
		EXPECT_EQ_U64(fx_peek(&f, leaf),
			      s1_big ? swap(S1_CLEAN & ~FX_AP2) : S1_CLEAN & ~FX_AP2);
		EXPECT_EQ_U64(fx_peek(&f, output), s2_big ? swap(FX_S2_DIRTY) : FX_S2_DIRTY);
		EXPECT_EQ_U64(f.result.walk_restarts, 0);
	}
}

/* The compare-and-swap of a big-endian leaf that software changed is lost like any other. */
TEST_C(endian, a_lost_update_restarts)
{
	for (unsigned int stage2 = 0; stage2 < 2; stage2++) {
		FX(f, stage2 ? FX_STAGE2 | FX_S2HTTU | FX_S2ENDI : FX_FULL | FX_HTTU);
		uint64_t clean = stage2 ? FX_S2_CLEAN : FX_CLEAN;
		sv3_iova iova = stage2 ? 0x5000 : FX_IOVA;
		struct sv3_txn txn = fx_txn(iova, true);
		sv3_pa pte;

		if (!stage2) {
			f.big_endian = true;
			fx_cd(&f, FX_CD, fx_cd0(12, 16, FX_HTTU) | FX_CD_ENDI, f.ttb0, 0);
		}
		pte = stage2 ? fx_s2_map(&f, iova, 3, clean) : fx_map(&f, iova, 3, clean);
		fx_begin(&f, &txn);
		ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
		EXPECT_EQ_U64(f.need.expect, swap(clean));
		EXPECT_EQ_U64(f.need.desired, swap(clean ^ FX_AP2));
		fx_poke(&f, pte, swap(clean | FX_SW));
		EXPECT_EQ_U64(fx_run(&f), FX_DATA);
		EXPECT_EQ_INT(f.result.walk_restarts, 1);
		fx_land(&f);
		EXPECT_EQ_U64(fx_peek(&f, pte), swap((clean ^ FX_AP2) | FX_SW));
	}
}

/* ENDI is of both tables of a CD. */
TEST_C(endian, of_both_tables)
{
	FX(f, FX_FULL);
	const sv3_iova high = FX_IOVA | UINT64_C(0xffff) << 48;

	f.big_endian = true;
	fx_cd(&f, FX_CD,
	      (fx_cd0(12, 16, 0) & ~FX_CD_EPD1) | FX_CD_T1SZ(16) | FX_CD_TG1(2) | FX_CD_ENDI,
	      f.ttb0, f.ttb0);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_read(&f, high), FX_DATA);
}

/* [IHI0070 6.3.1 TTENDIAN] What the SMMU has not is illegal, of either stage. */
TEST_C(endian, ttendian)
{
	for (unsigned int i = 0; i < 12; i++) {
		static const uint32_t ttendian[3] = { 0, 2, 3 };
		uint32_t has = ttendian[i / 4];
		bool stage2 = i & 1, big = i & 2;
		bool legal = has == 0 || (has == 3) == big;
		struct sv3_smmu_config config;
		__attribute__((cleanup(fx_fini))) struct fx f;
		unsigned int flags = stage2 ? FX_STAGE2 | (big ? FX_S2ENDI : 0u) : FX_FULL;

		fx_config(&config, flags);
		config.idr0 = (config.idr0 & ~(UINT32_C(3) << 21)) | has << 21;
		fx_power_on(&f, &config);
		fx_boot(&f, flags);
		f.big_endian = !stage2 && big;
		fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) | (f.big_endian ? FX_CD_ENDI : 0), f.ttb0, 0);
		fx_map(&f, 0x5000, 3, FX_LEAF);
		if (stage2)
			fx_s2_map(&f, 0x5000, 3, FX_S2_RO);
		EXPECT_EQ_U64(fx_read(&f, 0x5000), legal    ? FX_DATA
						   : stage2 ? FX_FAULT(FX_C_BAD_STE)
							    : FX_FAULT(FX_C_BAD_CD));
	}
}
