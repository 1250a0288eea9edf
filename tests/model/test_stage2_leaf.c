/* SPDX-License-Identifier: MIT */
/*
 * test_stage2_leaf.c - what a leaf of stage 2 allows, which streams get there, and which attributes
 * come out?
 */
#include "tests/model/fx.h"

/* ---- permissions ---- */

struct s2_rights {
	unsigned int ap, xn; /* S2AP, XN[1:0] */
	bool dbm, hd, has_xnx;
};

/* [DDI0487 D8.4.2] [IHI0070 13.4] */
static bool s2_expected(const struct s2_rights *r, bool privileged, bool write, bool execute,
			bool atomic)
{
	bool reads = r->ap & 1, writes = (r->ap & 2) || (r->dbm && r->hd);

	if (atomic)
		return reads && writes;
	if (execute && !r->has_xnx)
		return !(r->xn & 2);
	if (execute)
		return r->xn == 0 || r->xn == (privileged ? 3u : 1u);
	return write ? writes : reads;
}

static void perm_matrix_s2(bool has_xnx, unsigned int flags)
{
	struct sv3_smmu_config config;
	__attribute__((cleanup(fx_fini))) struct fx f;

	fx_config(&config, FX_STAGE2 | flags);
	if (!has_xnx) {
		config.aidr = 0; /* SMMUv3.0 has neither XNX nor 52 bits */
		config.idr3 = 0;
		config.idr5 = (config.idr5 & ~UINT32_C(0xc07)) | 5;
	}
	fx_power_on(&f, &config);
	fx_boot(&f, FX_STAGE2 | flags);
	for (unsigned int i = 0; i < 64; i++) {
		struct s2_rights r = { i & 3, i >> 2 & 3, i & 16, i & 32, has_xnx };
		uint64_t leaf = FX_DATA | FX_S2_WB | FX_PAGE | FX_AF | (uint64_t)r.ap << 6 |
				FX_S2_XN(r.xn) | (r.dbm ? FX_DBM : 0);

		fx_ste_stage2(&f, FX_SID, fx_ste2(12, 25, 1, r.hd ? FX_S2HTTU : 0), f.s2.table);
		fx_cfgi_all(&f);
		/* Reads before writes, which may make it dirty; each twice, for the TLB. */
		for (unsigned int n = 0; n < 16; n++) {
			struct sv3_txn txn = fx_txn(0x5000, n >= 8);
			uint64_t want;

			fx_s2_map(&f, 0x5000, 3, leaf);
			fx_tlbi_all(&f);
			txn.privileged = n & 1;
			txn.instruction = n >= 4 && n < 8;
			txn.atomic = n >= 12;
			want = s2_expected(&r, txn.privileged, txn.write, txn.instruction,
					   txn.atomic)
				       ? FX_DATA
				       : FX_FAULT(FX_F_PERMISSION);
			if (fx_go(&f, &txn) != want || fx_go(&f, &txn) != want)
				FAIL_C("S2AP %u XN %u DBM %d HD %d, access %u: %#llx", r.ap, r.xn,
				       r.dbm, r.hd, n, (unsigned long long)fx_code(&f.result));
		}
	}
}

TEST_C(stage2, perm_matrix_s2)
{
	perm_matrix_s2(true, 0);
}

TEST_C(stage2, perm_matrix_s2_without_xnx)
{
	perm_matrix_s2(false, 0);
}

TEST_C(stage2, perm_matrix_s2_uncached)
{
	perm_matrix_s2(true, FX_NO_CACHES);
}

/* ---- streams that pass stage 1 by ---- */

/* [IHI0070 5.2 S1DSS] Without SubstreamID, S1DSS = 0b01 of a nested stream is stage 2 alone; with
 * one it is both. */
TEST_C(stage2, stage1_bypassed_by_s1dss)
{
	FX(f, FX_NESTED);
	struct sv3_txn txn = fx_txn(0x5000, false);

	fx_guest(&f, FX_DATA, 0x2000);
	fx_ste(&f, FX_SID, FX_STE_NESTED | FX_STE_S1CDMAX(1) | fx_guest(&f, FX_CD, 128),
	       FX_STE_S1DSS(1));
	fx_s2_map(&f, 0x5000, 3, FX_S2_DIRTY);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	EXPECT_EQ_U64(f.result.walk_reads, 3);
	/* The same address through both stages. */
	fx_map(&f, 0x5000, 3, FX_LEAF + FX_GUEST + 0x1000);
	txn.substream_valid = true;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA + 0x1000);
}

/* Addresses that pass stage 1 by are intermediate ones: the TLB takes them for no others, and knows
 * them again; so does the configuration cache. */
TEST_C(stage2, stage1_bypassed_by_s1dss_and_the_caches)
{
	FX(f, FX_NESTED);
	struct sv3_txn txn = fx_txn(0x5000, false);
	uint64_t misses;

	fx_guest(&f, FX_DATA, 0x2000);
	fx_ste(&f, FX_SID, FX_STE_NESTED | FX_STE_S1CDMAX(1) | fx_guest(&f, FX_CD, 128),
	       FX_STE_S1DSS(1));
	fx_s2_map(&f, 0x5000, 3, FX_S2_DIRTY);
	/* A global page of stage 1 at the same address. */
	fx_map(&f, 0x5000, 3, (FX_LEAF & ~FX_NG) + FX_GUEST + 0x1000);
	fx_cd(&f, FX_CD + 64, fx_cd0(12, 16, 0), FX_IPA(f.ttb0), 0);
	txn.substream_valid = true;
	txn.substream_id = 1;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA + 0x1000);
	txn.substream_valid = false;
	txn.substream_id = 0;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	misses = sv3_smmu_stats(f.smmu)->config_misses;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, misses);
}

/* A SubstreamID where there is no stage 1. [IHI0070 7.3.9] */
TEST_C(stage2, substream_without_stage1)
{
	FX(f, FX_STAGE2);
	struct sv3_txn txn = fx_txn(0x5000, false);

	txn.substream_valid = true;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_C_BAD_SUBSTREAMID));
}

/* ---- attributes ---- */

/* What comes in and what the leaf says, combined: the stronger wins; the same from the TLB.
 * [IHI0070 13.1.5] [DDI0487 D8.6.5] */
TEST_C(stage2, attributes)
{
	const uint8_t wb = SV3_MEMORY(SV3_MEMORY_WB, SV3_MEMORY_WB);
	const uint8_t nc = SV3_MEMORY(SV3_MEMORY_NC, SV3_MEMORY_NC);
	const struct {
		uint64_t mem_attr, sh;
		uint8_t in, memory, shareability;
	} rows[] = {
		{ 0xf, 3, wb, wb, SV3_SHARE_INNER },
		{ 0xf, 2, wb, wb, SV3_SHARE_OUTER },
		{ 0xf, 0, wb, wb, SV3_SHARE_INNER }, /* what comes in is Inner Shareable */
		{ 0x5, 0, wb, nc, SV3_SHARE_OUTER },
		{ 0x7, 3, wb, SV3_MEMORY(SV3_MEMORY_NC, SV3_MEMORY_WB), SV3_SHARE_INNER },
		{ 0xe, 3, wb, SV3_MEMORY(SV3_MEMORY_WB, SV3_MEMORY_WT), SV3_SHARE_INNER },
		{ 0xf, 3, nc, nc, SV3_SHARE_OUTER },
		{ 0x1, 3, wb, SV3_MEMORY(SV3_MEMORY_DEVICE_NGNRE, SV3_MEMORY_DEVICE_NGNRE),
		  SV3_SHARE_OUTER },
		{ 0x0, 3, nc, SV3_MEMORY(SV3_MEMORY_DEVICE_NGNRNE, SV3_MEMORY_DEVICE_NGNRNE),
		  SV3_SHARE_OUTER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_STAGE2);
		struct sv3_txn txn = fx_txn(0x5000, false);

		fx_ste(&f, FX_SID, FX_STE_S2, UINT64_C(1) << 44); /* SHCFG: what comes in */
		txn.memory = rows[i].in;
		fx_s2_map(&f, 0x5000, 3,
			  FX_DATA | FX_PAGE | FX_AF | FX_S2_READ | rows[i].mem_attr << 2 |
				  rows[i].sh << 8);
		for (unsigned int round = 0; round < 2; round++) {
			EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
			EXPECT_EQ_U64(f.result.memory, rows[i].memory);
			EXPECT_EQ_U64(f.result.shareability, rows[i].shareability);
			EXPECT_EQ_U64(!!(f.result.flags & SV3_RESULT_TLB_HIT), round);
		}
	}
}

/* [DDI0487 D8.6.6] S2FWB: 6 forces Write-Back, 5 Non-cacheable, 7 takes what comes in. */
TEST_C(stage2, attributes_fwb)
{
	const uint8_t wb = SV3_MEMORY(SV3_MEMORY_WB, SV3_MEMORY_WB);
	const uint8_t nc = SV3_MEMORY(SV3_MEMORY_NC, SV3_MEMORY_NC);
	const uint8_t ngnre = SV3_MEMORY(SV3_MEMORY_DEVICE_NGNRE, SV3_MEMORY_DEVICE_NGNRE);
	const struct {
		uint64_t mem_attr;
		uint8_t in, memory;
	} rows[] = { { 6, nc, wb },    { 6, wb, wb },       { 5, wb, nc },
		     { 7, nc, nc },    { 7, wb, wb },       { 1, wb, ngnre },
		     { 6, ngnre, wb }, { 5, ngnre, ngnre }, { 14, nc, wb } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_STAGE2);
		struct sv3_txn txn = fx_txn(0x5000, false);

		fx_ste(&f, FX_SID, FX_STE_S2, FX_STE_S2FWB);
		txn.memory = rows[i].in;
		fx_s2_map(&f, 0x5000, 3,
			  FX_DATA | FX_PAGE | FX_AF | FX_S2_READ | rows[i].mem_attr << 2);
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
		EXPECT_EQ_U64(f.result.memory, rows[i].memory);
	}
}
