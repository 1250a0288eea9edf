/* SPDX-License-Identifier: MIT */
/*
 * test_cfg_substream.c - which CD serves a SubstreamID, and when is there none? [IHI0070 5.2
 * S1DSS, 5.3]
 *
 * The CDs of a test map one page to different places, so that the output tells which of them was
 * used.
 */
#include "tests/model/fx.h"

/* CDs 0, 5 and 70, told apart by where they map FX_IOVA. */
static uint64_t page_of_cd(uint32_t index)
{
	return FX_DATA + index * UINT64_C(0x1000);
}

static void make_cd(struct fx *f, sv3_pa pa, uint32_t index)
{
	f->ttb0 = fx_alloc(f);
	fx_cd(f, pa, fx_cd0(12, 16, 0) + FX_CD_ASID(index), f->ttb0, 0);
	fx_map(f, FX_IOVA, 3, page_of_cd(index) | FX_PAGE | FX_AF | FX_NG);
}

static uint64_t with_substream(struct fx *f, bool valid, uint32_t id)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	txn.substream_valid = valid;
	txn.substream_id = id;
	return fx_go(f, &txn);
}

/* [IHI0070 5.2 S1DSS, 7.3.7, 7.3.9] S1DSS x SubstreamID x table size and format. */
TEST_C(cfg, ssid_matrix)
{
	/* S1Fmt, S1CDMax: none, linear, 4 KiB leaves, 64 KiB leaves. */
	static const struct {
		uint32_t format, max;
	} tables[] = { { 0, 0 }, { 0, 7 }, { 1, 7 }, { 2, 7 }, { 3, 7 } };
	FX(f, 0);
	sv3_pa linear = FX_SCRATCH, leaf0 = FX_SCRATCH + 0x10000, leaf1 = FX_SCRATCH + 0x20000;
	sv3_pa l1_4k = FX_SCRATCH + 0x30000, l1_64k = FX_SCRATCH + 0x31000;

	make_cd(&f, linear, 0);
	make_cd(&f, linear + 5 * 64, 5);
	make_cd(&f, linear + 70 * 64, 70);
	/* The same in two levels: 64 CDs a leaf; 1024 CDs a leaf, which is the linear array
	 * again. */
	for (unsigned int i = 0; i < 64; i++)
		fx_poke(&f, leaf0 + i * 8, fx_peek(&f, linear + i * 8));
	for (unsigned int i = 0; i < 8; i++)
		fx_poke(&f, leaf1 + 6 * 64 + i * 8, fx_peek(&f, linear + 70 * 64 + i * 8));
	fx_poke(&f, l1_4k, leaf0 | 1);
	fx_poke(&f, l1_4k + 8, leaf1 | 1);
	fx_poke(&f, l1_64k, linear | 1);

	for (unsigned int t = 0; t < 5; t++) {
		for (uint64_t dss = 0; dss < 4; dss++) {
			bool many = tables[t].max != 0;
			sv3_pa base = tables[t].format == 1   ? l1_4k
				      : tables[t].format == 2 ? l1_64k
							      : linear;
			/* No SSID, SSID 0, 5, 70, too big. */
			uint64_t got[5], want[5];

			fx_ste(&f, FX_SID,
			       FX_STE_S1 | base | FX_STE_S1FMT(tables[t].format) |
				       FX_STE_S1CDMAX(tables[t].max),
			       dss);
			fx_cfgi_all(&f);
			got[0] = with_substream(&f, false, 5);
			got[1] = with_substream(&f, true, 0);
			got[2] = with_substream(&f, true, 5);
			got[3] = with_substream(&f, true, 70);
			got[4] = with_substream(&f, true, 128);
			want[0] = !many || dss == 2 ? page_of_cd(0)
				  : dss == 1        ? FX_IOVA
						    : FX_FAULT(FX_F_STREAM_DISABLED);
			want[1] = !many      ? FX_FAULT(FX_C_BAD_SUBSTREAMID)
				  : dss == 2 ? FX_FAULT(FX_F_STREAM_DISABLED)
					     : page_of_cd(0);
			want[2] = many ? page_of_cd(5) : FX_FAULT(FX_C_BAD_SUBSTREAMID);
			want[3] = many ? page_of_cd(70) : FX_FAULT(FX_C_BAD_SUBSTREAMID);
			want[4] = FX_FAULT(FX_C_BAD_SUBSTREAMID);
			for (unsigned int i = 0; i < 5; i++)
				if (got[i] != want[i])
					FAIL_C("table %u S1DSS %u column %u: %#llx, not %#llx", t,
					       (unsigned int)dss, i, (unsigned long long)got[i],
					       (unsigned long long)want[i]);
		}
	}
}

/* Records of the SubstreamID itself. */
TEST_C(cfg, ssid_matrix_records)
{
	FX(f, 0);

	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD | FX_STE_S1CDMAX(2), 0);
	EXPECT_EQ_U64(with_substream(&f, true, 4), FX_FAULT(FX_C_BAD_SUBSTREAMID));
	ASSERT_EQ_INT(fx_event(&f), FX_C_BAD_SUBSTREAMID);
	EXPECT_EQ_U64(f.event[0] >> 11 & 1, 0); /* no SSV here: it is always valid */
	EXPECT_EQ_U64(f.event[0] >> 12 & 0xfffff, 4);
	EXPECT_EQ_U64(f.event[0] >> 32, FX_SID);
	EXPECT_EQ_U64(with_substream(&f, false, 0), FX_FAULT(FX_F_STREAM_DISABLED));
	ASSERT_EQ_INT(fx_event(&f), FX_F_STREAM_DISABLED);
	/* A translation fault carries SSV and SSID. */
	EXPECT_EQ_U64(with_substream(&f, true, 0), FX_FAULT(FX_F_TRANSLATION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f.event[0], FX_F_TRANSLATION | 1u << 11 | (uint64_t)FX_SID << 32);
}

/* An invalid level-1 descriptor; a SubstreamID where stage 1 is off. */
TEST_C(cfg, ssid_matrix_no_cd)
{
	FX(f, 0);

	fx_ste(&f, FX_SID, FX_STE_S1 | FX_SCRATCH | FX_STE_S1FMT(1) | FX_STE_S1CDMAX(8), 2);
	EXPECT_EQ_U64(with_substream(&f, true, 65), FX_FAULT(FX_C_BAD_SUBSTREAMID));
	fx_ste(&f, FX_SID, FX_STE_BYPASS, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(with_substream(&f, true, 0), FX_FAULT(FX_C_BAD_SUBSTREAMID));
	EXPECT_EQ_U64(with_substream(&f, false, 0), FX_IOVA);
	fx_ste(&f, FX_SID, FX_STE_V, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(with_substream(&f, true, 0), FX_SILENT);
}

/* [IHI0070 3.4] Bypass by S1DSS has the limit of the input size. */
TEST_C(cfg, ssid_matrix_bypass_oas)
{
	FX(f, 0);

	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD | FX_STE_S1CDMAX(2), 1);
	EXPECT_EQ_U64(fx_read(&f, UINT64_C(1) << 48), FX_FAULT(FX_F_ADDR_SIZE));
	ASSERT_EQ_INT(fx_event(&f), FX_F_ADDR_SIZE);
	EXPECT_EQ_U64(f.event[1] >> 40 & 3, 2);
	EXPECT_EQ_U64(f.event[1] >> 39 & 1, 0);
}

/* [IHI0070 4.3.4] CFGI_CD takes the CD of its SubstreamID, and leaves the others in the cache. */
TEST_C(cfg, cfg_cache_of_substreams)
{
	static const uint32_t ids[3] = { 0, 5, 70 };
	FX(f, 0);

	for (unsigned int i = 0; i < 3; i++)
		make_cd(&f, FX_SCRATCH + ids[i] * 64, ids[i]);
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_SCRATCH | FX_STE_S1CDMAX(7), 0);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ_U64(with_substream(&f, true, ids[i]), page_of_cd(ids[i]));
	ASSERT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, 3);
	for (unsigned int gone = 0; gone < 3; gone++) {
		uint64_t before = sv3_smmu_stats(f.smmu)->config_misses;

		fx_cmd(&f, FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID) | ids[gone] << 12 | 1u << 11, 1);
		ASSERT_TRUE(fx_sync(&f));
		for (unsigned int i = 0; i < 3; i++)
			EXPECT_EQ_U64(with_substream(&f, true, ids[i]), page_of_cd(ids[i]));
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, before + 1);
	}
}

/* The smallest cache there is: one entry, which the next stream takes, and CFGI too. */
TEST_C(cfg, cfg_cache_of_one)
{
	struct sv3_smmu_config config;
	__attribute__((cleanup(fx_fini))) struct fx f;

	fx_config(&config, 0);
	config.config_cache_entries = config.config_cache_ways = 1;
	fx_power_on(&f, &config);
	fx_boot(&f, 0);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_read(&f, FX_IOVA);
	fx_read(&f, FX_IOVA);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, 1);
	fx_ste(&f, FX_SID, FX_STE_BYPASS, 0);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_cmd(&f, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 1);
	ASSERT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_IOVA);
}
