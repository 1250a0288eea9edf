/* SPDX-License-Identifier: MIT */
/*
 * test_cfg.c - does configuration keep chapter 5 of IHI 0070: finding an STE and a CD, and what
 * CMD_CFGI promises? What makes them illegal: test_ste.c, test_cd.c.
 */
#include "tests/model/fx.h"

#define L2 (FX_SCRATCH + 0x10000) /* level-2 arrays of a test */

/* ---- stream table ---- */

/* One access of @sid: its PA, or the fault. A bypass STE passes the address. */
static uint64_t probe_sid(struct fx *f, uint32_t sid)
{
	struct sv3_txn txn = fx_txn(0x5000, false);

	txn.stream_id = sid;
	return fx_go(f, &txn);
}

/* Another stream table: SMMUEN has to be 0 meanwhile. */
static void set_strtab(struct fx *f, uint64_t base, uint64_t config)
{
	fx_set_reg(f, SV3_REG_CR0, 0xc);
	fx_set_reg64(f, SV3_REG_STRTAB_BASE, base);
	fx_set_reg(f, SV3_REG_STRTAB_BASE_CFG, config);
	fx_set_reg(f, SV3_REG_CR0, 0xd);
	fx_cfgi_all(f);
}

/* [IHI0070 5.2, 6.3.25] Linear: 2^LOG2SIZE entries. */
TEST_C(cfg, strtab_linear)
{
	FX(f, 0);

	set_strtab(&f, FX_STRTAB, 5);
	fx_ste(&f, 31, FX_STE_BYPASS, 0);
	fx_ste(&f, 32, FX_STE_BYPASS, 0);
	EXPECT_EQ_U64(probe_sid(&f, 31), 0x5000);
	EXPECT_EQ_U64(probe_sid(&f, 30), FX_FAULT(FX_C_BAD_STE)); /* V = 0 */
	EXPECT_EQ_INT(fx_event(&f), FX_C_BAD_STE);
	EXPECT_EQ_U64(f.event[0], FX_C_BAD_STE | UINT64_C(30) << 32);
	EXPECT_EQ_U64(f.event[1] | f.event[2] | f.event[3], 0);
	EXPECT_EQ_U64(probe_sid(&f, 32), FX_FAULT(FX_C_BAD_STREAMID));
	EXPECT_EQ_INT(fx_event(&f), FX_C_BAD_STREAMID);
	EXPECT_EQ_U64(f.event[0], FX_C_BAD_STREAMID | UINT64_C(32) << 32);
	EXPECT_EQ_U64(probe_sid(&f, UINT32_MAX), FX_FAULT(FX_C_BAD_STREAMID));
}

/* [IHI0070 6.3.12] RECINVSID = 0: out of range is a silent abort. */
TEST_C(cfg, strtab_linear_silent)
{
	FX(f, 0);

	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	fx_set_reg(&f, SV3_REG_CR2, 0);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	EXPECT_EQ_U64(probe_sid(&f, 256) >> 60, 0xf);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* LOG2SIZE beyond SIDSIZE = 16 does not make more streams. */
TEST_C(cfg, strtab_linear_capped_by_sidsize)
{
	FX(f, 0);

	set_strtab(&f, FX_RAM, 20);
	fx_poke(&f, FX_RAM + 0xffff * UINT64_C(64), FX_STE_BYPASS);
	fx_poke(&f, FX_RAM + 0x10000 * UINT64_C(64), FX_STE_BYPASS);
	EXPECT_EQ_U64(probe_sid(&f, 0xffff), 0x5000);
	EXPECT_EQ_U64(probe_sid(&f, 0x10000), FX_FAULT(FX_C_BAD_STREAMID));
}

/* [IHI0070 5.1, 6.3.25] Two levels: the table's corners for one SPLIT as written and as it acts. */
static void check_two_levels(unsigned int written, unsigned int split)
{
	FX(f, 0);
	uint32_t block = 1u << split;
	static const uint32_t good[] = { 0, 1 };
	sv3_pa full = L2, last = L2 + 0x20000, partial = L2 + 0x40000;

	set_strtab(&f, FX_STRTAB, 16 | written << 6 | 1u << 16);
	fx_poke(&f, FX_STRTAB + 0, 0);                   /* Span 0: invalid */
	fx_poke(&f, FX_STRTAB + 8, full | (split + 1));  /* 2^split STEs */
	fx_poke(&f, FX_STRTAB + 16, full | (split + 2)); /* more than a block */
	fx_poke(&f, FX_STRTAB + 24, partial | 3);        /* 4 STEs */
	fx_poke(&f, FX_STRTAB + 32, full | 12);          /* reserved */
	fx_poke(&f, FX_STRTAB + 8 * ((UINT64_C(1) << (16 - split)) - 1), last | (split + 1));
	fx_poke(&f, full, FX_STE_BYPASS);
	fx_poke(&f, full + (block - 1) * UINT64_C(64), FX_STE_BYPASS);
	fx_poke(&f, last + (block - 1) * UINT64_C(64), FX_STE_BYPASS);
	fx_poke(&f, partial + 3 * 64, FX_STE_BYPASS);
	fx_poke(&f, partial + 4 * 64, FX_STE_BYPASS);

	for (unsigned int i = 0; i < 2; i++)
		EXPECT_EQ_U64(probe_sid(&f, block + good[i] * (block - 1)), 0x5000);
	EXPECT_EQ_U64(probe_sid(&f, 0xffff), 0x5000);
	EXPECT_EQ_U64(probe_sid(&f, 3 * block + 3), 0x5000);
	EXPECT_EQ_INT(fx_event(&f), 0);
	EXPECT_EQ_U64(probe_sid(&f, 0), FX_FAULT(FX_C_BAD_STREAMID));
	EXPECT_EQ_U64(probe_sid(&f, 2 * block), FX_FAULT(FX_C_BAD_STREAMID));
	EXPECT_EQ_U64(probe_sid(&f, 3 * block + 4), FX_FAULT(FX_C_BAD_STREAMID));
	EXPECT_EQ_U64(probe_sid(&f, 4 * block), FX_FAULT(FX_C_BAD_STREAMID));
	EXPECT_EQ_INT(fx_event(&f), FX_C_BAD_STREAMID);
	EXPECT_EQ_U64(f.event[0] >> 32, 0);
}

TEST_C(cfg, strtab_2lvl)
{
	check_two_levels(6, 6);
	check_two_levels(8, 8);
	check_two_levels(10, 10);
}

TEST_C(cfg, strtab_2lvl_reserved_split_acts_as_6)
{
	check_two_levels(7, 6);
	check_two_levels(0, 6);
	check_two_levels(11, 6);
}

/* FMT 2 and 3 are reserved and behave as linear. */
TEST_C(cfg, strtab_reserved_format_is_linear)
{
	FX(f, 0);

	for (unsigned int format = 2; format < 4; format++) {
		set_strtab(&f, FX_STRTAB, 8 | 6u << 6 | format << 16);
		fx_ste(&f, 200, FX_STE_BYPASS, 0);
		EXPECT_EQ_U64(probe_sid(&f, 200), 0x5000);
	}
}

/* [IHI0070 7.3.4] An STE, or a level-1 descriptor, that cannot be read. */
TEST_C(cfg, ste_fetch_abort)
{
	FX(f, 0);

	set_strtab(&f, FX_NOWHERE, 8);
	EXPECT_EQ_U64(probe_sid(&f, 3), FX_FAULT(FX_F_STE_FETCH));
	ASSERT_EQ_INT(fx_event(&f), FX_F_STE_FETCH);
	EXPECT_EQ_U64(f.event[3], FX_NOWHERE + 3 * 64);
	EXPECT_EQ_U64(f.event[2], 0);

	set_strtab(&f, FX_NOWHERE, 16 | 6u << 6 | 1u << 16);
	EXPECT_EQ_U64(probe_sid(&f, 130), FX_FAULT(FX_F_STE_FETCH));
	ASSERT_EQ_INT(fx_event(&f), FX_F_STE_FETCH);
	EXPECT_EQ_U64(f.event[3], FX_NOWHERE + 2 * 8);

	set_strtab(&f, FX_STRTAB, 16 | 6u << 6 | 1u << 16);
	fx_poke(&f, FX_STRTAB + 16, FX_NOWHERE | 7);
	EXPECT_EQ_U64(probe_sid(&f, 130), FX_FAULT(FX_F_STE_FETCH));
	ASSERT_EQ_INT(fx_event(&f), FX_F_STE_FETCH);
	EXPECT_EQ_U64(f.event[3], FX_NOWHERE + 2 * 64);
}

/* ---- STE ---- */

/* One access with this STE, and the event it leaves (0: none). */
static uint64_t with_ste(struct fx *f, uint64_t word0, uint64_t word1)
{
	fx_ste(f, FX_SID, word0, word1);
	fx_cfgi_all(f);
	return fx_read(f, FX_IOVA);
}

/* [IHI0070 5.2] Config 0xx with V = 1: abort, no event. */
TEST_C(cfg, ste_illegal_not_config_abort)
{
	FX(f, 0);

	for (uint64_t config = 0; config < 4; config++) {
		uint64_t ste = FX_STE_V | FX_STE_CONFIG(config) | FX_CD | FX_STE_S1CDMAX(31);

		EXPECT_EQ_U64(with_ste(&f, ste, UINT64_MAX), FX_SILENT);
		EXPECT_EQ_INT(fx_event(&f), 0);
	}
}

/* Fields of a stage that is off are not looked at. */
TEST_C(cfg, ste_illegal_not_of_a_disabled_stage)
{
	FX(f, 0);
	uint64_t bypass = FX_STE_BYPASS | FX_STE_S1CDMAX(31) | FX_STE_S1FMT(1) | UINT64_C(1) << 55;

	EXPECT_EQ_U64(with_ste(&f, bypass, UINT64_C(1) << 27), FX_IOVA);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_poke(&f, FX_STRTAB + FX_SID * 64 + 16, UINT64_MAX); /* stage 2 */
	fx_poke(&f, FX_STRTAB + FX_SID * 64 + 24, UINT64_MAX);
	EXPECT_EQ_U64(with_ste(&f, FX_STE_S1 | FX_CD, 0), FX_DATA);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* [IHI0070 5.2] PRIVCFG and INSTCFG: 0 incoming, 2 and 3 force. The record shows the forced
 * value. */
TEST_C(cfg, ste_overrides)
{
	FX(f, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_map(&f, FX_IOVA, 3, FX_LEAF | FX_PXN | FX_UXN); /* AP[1] = 0: privileged only */
	txn.privileged = false;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_PERMISSION));
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, UINT64_C(3) << 48); /* privileged */
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	txn.instruction = true;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_PERMISSION));
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, UINT64_C(3) << 48 | UINT64_C(2) << 50); /* data */
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);

	while (fx_event(&f))
		;
	txn.privileged = true;
	txn.instruction = false;
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, UINT64_C(2) << 48 | UINT64_C(3) << 50);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_PERMISSION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_PERMISSION);
	EXPECT_EQ_U64(f.event[1] >> 33 & 1, 0); /* PnU: forced to unprivileged */
	EXPECT_EQ_U64(f.event[1] >> 34 & 1, 1); /* InD: forced to instruction */
}

/* ---- CD ---- */

static uint64_t with_cd(struct fx *f, uint64_t word0, uint64_t word1, uint64_t word2)
{
	fx_cd(f, FX_CD, word0, word1, word2);
	fx_cfgi_all(f);
	fx_tlbi_all(f);
	return fx_read(f, FX_IOVA);
}

/* [IHI0070 7.3.10] A CD that cannot be read. */
TEST_C(cfg, cd_fetch_abort)
{
	FX(f, 0);

	EXPECT_EQ_U64(with_ste(&f, FX_STE_S1 | FX_NOWHERE, 0), FX_FAULT(FX_F_CD_FETCH));
	ASSERT_EQ_INT(fx_event(&f), FX_F_CD_FETCH);
	EXPECT_EQ_U64(f.event[3], FX_NOWHERE);
	/* Of a table, and a level-1 descriptor: FetchAddr is what was read. */
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	txn.substream_valid = true;
	txn.substream_id = 70;
	with_ste(&f, FX_STE_S1 | FX_NOWHERE | FX_STE_S1CDMAX(8), 2);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_CD_FETCH));
	while (fx_event(&f) && f.event[3] == FX_NOWHERE)
		;
	EXPECT_EQ_U64(f.event[3], FX_NOWHERE + 70 * 64);
	EXPECT_EQ_U64(f.event[0], FX_F_CD_FETCH | 1u << 11 | 70u << 12 | (uint64_t)FX_SID << 32);
}

/* [IHI0070 5.5] A, R: what a fault of this CD's tables does. STALL_MODEL = 01, so S is 0. */
TEST_C(cfg, cd_abort_and_record)
{
	FX(f, 0);
	uint64_t word0 = fx_cd0(12, 16, 0);

	EXPECT_EQ_U64(with_cd(&f, word0, f.ttb0, 0), FX_FAULT(FX_F_TRANSLATION));
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(with_cd(&f, word0 & ~FX_CD_R, f.ttb0, 0) >> 60, 0xf);
	EXPECT_EQ_INT(fx_event(&f), 0);
	EXPECT_EQ_U64(with_cd(&f, word0 & ~FX_CD_A, f.ttb0, 0), FX_RAZ_WI(FX_F_TRANSLATION));
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(with_cd(&f, word0 & ~(FX_CD_A | FX_CD_R), f.ttb0, 0) >> 60, 0xe);
	EXPECT_EQ_INT(fx_event(&f), 0);
	/* An external abort is not one of the four faults: always an abort, always recorded. */
	EXPECT_EQ_U64(with_cd(&f, word0 & ~(FX_CD_A | FX_CD_R), FX_NOWHERE, 0),
		      FX_FAULT(FX_F_WALK_EABT));
	EXPECT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
}

/* ---- configuration caches ---- */

/* [IHI0070 4.3] New contents of a CD or an STE count after CFGI and SYNC, whichever CFGI reaches
 * them. */
TEST_C(cfg, cfg_cache)
{
	static const uint64_t commands[][2] = {
		{ FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 1 },
		{ FX_CMD_CFGI_RANGE | FX_CMD_SID(FX_SID), 0 },     /* 2 streams */
		{ FX_CMD_CFGI_RANGE | FX_CMD_SID(FX_SID + 7), 3 }, /* the 16 around it */
		{ FX_CMD_CFGI_RANGE, 31 },
		{ FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID), 1 },
		{ FX_CMD_CFGI_CD_ALL | FX_CMD_SID(FX_SID), 0 },
	};

	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		FX(f, 0);
		uint64_t before;

		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		/* A new table under a new ASID: nothing of it is in a TLB. */
		f.ttb0 = fx_alloc(&f);
		fx_map(&f, FX_IOVA, 3, FX_LEAF + 0x1000);
		fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) + FX_CD_ASID(1), f.ttb0, 0);
		before = fx_read(&f, FX_IOVA);
		EXPECT_TRUE(before == FX_DATA || before == FX_DATA + 0x1000);
		fx_cmd(&f, commands[i][0], commands[i][1]);
		ASSERT_TRUE(fx_sync(&f));
		if (fx_read(&f, FX_IOVA) != FX_DATA + 0x1000)
			FAIL_C("CFGI %u: the old CD is still in use", i);
	}
}

/* The STE itself. */
TEST_C(cfg, cfg_cache_ste)
{
	static const uint64_t commands[][2] = {
		{ FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 0 },
		{ FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 1 },
		{ FX_CMD_CFGI_RANGE | FX_CMD_SID(FX_SID), 4 },
		{ FX_CMD_CFGI_RANGE, 31 },
	};

	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		FX(f, 0);

		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		fx_ste(&f, FX_SID, FX_STE_BYPASS, 0);
		fx_cmd(&f, commands[i][0], commands[i][1]);
		ASSERT_TRUE(fx_sync(&f));
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_IOVA);
	}
}

/* The cache is a cache: without CFGI one fetch serves; CFGI of another stream takes nothing
 * away. */
TEST_C(cfg, cfg_cache_saves_fetches)
{
	FX(f, 0);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_map(&f, FX_IOVA + 0x1000, 3, FX_LEAF);
	fx_read(&f, FX_IOVA);
	fx_read(&f, FX_IOVA + 0x1000);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, 1);
	fx_cmd(&f, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID + 1), 0);
	fx_cmd(&f, FX_CMD_CFGI_RANGE | FX_CMD_SID(FX_SID ^ 2), 0);
	fx_cmd(&f, FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID) | 3u << 12 | 1u << 11, 1);
	ASSERT_TRUE(fx_sync(&f));
	fx_read(&f, FX_IOVA);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, 1);
	fx_cmd(&f, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 0);
	ASSERT_TRUE(fx_sync(&f));
	fx_read(&f, FX_IOVA);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, 2);
}

/* A probe leaves nothing behind: the access after it fetches for itself. */
TEST_C(cfg, cfg_cache_is_not_filled_by_a_probe)
{
	FX(f, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	uint64_t before;

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	txn.kind = SV3_TXN_PROBE;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	before = sv3_smmu_stats(f.smmu)->config_misses;
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, before + 1);
}

/* Switched off, every transaction fetches, and new contents count at once. */
TEST_C(cfg, cfg_cache_off)
{
	FX(f, FX_NO_CONFIG_CACHE);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_ste(&f, FX_SID, FX_STE_BYPASS, 0);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_IOVA);
}

/* Bad structures are not kept: repairing one needs no CFGI here. */
TEST_C(cfg, cfg_cache_keeps_no_bad_structure)
{
	FX(f, 0);
	uint64_t word0 = fx_peek(&f, FX_CD);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_poke(&f, FX_CD, word0 & ~FX_CD_V);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_C_BAD_CD));
	fx_poke(&f, FX_CD, word0);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
}

/* Structures fetched in pieces of 8 bytes say the same, in more reads. */
TEST_C(cfg, fetch_in_pieces)
{
	struct sv3_smmu_config config;
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	unsigned int ste_reads = 0, cd_reads = 0;

	fx_config(&config, 0);
	config.config_fetch_bytes = 8;
	fx_power_on(&f, &config);
	fx_boot(&f, 0);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_begin(&f, &txn);
	while (f.need.unit == SV3_UNIT_STE || f.need.unit == SV3_UNIT_CD) {
		ASSERT_EQ_U64(f.need.size, 8);
		ste_reads += f.need.unit == SV3_UNIT_STE;
		cd_reads += f.need.unit == SV3_UNIT_CD;
		fx_answer(&f);
	}
	EXPECT_EQ_U64(ste_reads, 8);
	EXPECT_EQ_U64(cd_reads, 8);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	fx_land(&f);
}

/* A CFGI in the middle of a fetch: after SYNC the old contents are not used by anyone.
 * [IHI0070 4.7.3] */
TEST_C(cfg, cfgi_during_fetch)
{
	FX(f, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	struct sv3_need need;
	bool synced;
	uint64_t code;

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_STE));
	/* The fetch has read the old STE when software changes it. */
	need = f.need;
	ASSERT_EQ_INT(sv3_bus_read(&f.bus, need.pa, f.reply.data, need.size), SV3_BUS_OK);
	f.reply.status = SV3_BUS_OK;
	fx_ste(&f, FX_SID, FX_STE_V, 0); /* abort */
	fx_cmd(&f, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 1);
	synced = fx_sync(&f);
	sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
	code = fx_run(&f);
	EXPECT_TRUE(code == FX_SILENT || (!synced && code == FX_DATA));
	fx_land(&f);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_SILENT);
}
