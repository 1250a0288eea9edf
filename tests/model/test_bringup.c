/* SPDX-License-Identifier: MIT */
/*
 * test_bringup.c - the SMMU as a driver meets it: probed, reset and enabled in the order that Linux
 * uses, its dirty state read after a SYNC, and switched off under traffic.
 */
#include "tests/model/jobs.h"

/* ---- bring-up ---- */

#define STRTAB_L2  FX_SCRATCH
#define POLLS_MAX  100u
#define MSI_DATA   UINT64_C(0x5555)
#define SYNC_MSI   (FX_CMD_SYNC | UINT64_C(1) << 12 | MSI_DATA << 32) /* CS = IRQ, with MSIData */
#define SYNC_PLAIN FX_CMD_SYNC

/* Write a register and wait until its acknowledge says the same. */
static bool set_and_wait(struct fx *f, uint32_t reg, uint32_t ack, uint64_t value)
{
	fx_set_reg(f, reg, value);
	for (unsigned int i = 0; i < POLLS_MAX; i++)
		if (fx_reg(f, ack) == value)
			return true;
	ctest_fail(__FILE__, __LINE__, "register %#x is never acknowledged", reg);
	return false;
}

/* What the driver looks at before it takes a device. */
static bool probe_is_fine(struct fx *f)
{
	uint64_t idr0 = fx_reg(f, SV3_REG_IDR0), idr1 = fx_reg(f, SV3_REG_IDR1);

	return (idr0 & 3) != 0 &&        /* a stage */
	       (idr0 >> 2 & 2) != 0 &&   /* TTF: VMSAv8-64 */
	       (idr0 >> 21 & 3) != 1 &&  /* TTENDIAN */
	       (idr0 >> 24 & 3) != 3 &&  /* STALL_MODEL */
	       (idr1 >> 28 & 7) == 0 &&  /* nothing preset */
	       (idr1 >> 21 & 31) >= 7 && /* CMDQS: more than 64 entries */
	       (fx_reg(f, SV3_REG_IDR5) & 0x70) != 0;
}

static void driver_sync(struct fx *f)
{
	bool has_msi = fx_reg(f, SV3_REG_IDR0) >> 13 & 1;

	fx_poke(f, FX_MSI, 0);
	fx_cmd(f, has_msi ? SYNC_MSI : SYNC_PLAIN, has_msi ? FX_MSI : 0);
	EXPECT_TRUE(fx_cmdq_empty(f));
	EXPECT_EQ_U64(fx_peek(f, FX_MSI), has_msi ? MSI_DATA : 0);
}

/* The reset of the device, from GBPA to SMMUEN; two-level stream table where there is one. */
static void driver_reset(struct fx *f)
{
	uint64_t idr0 = fx_reg(f, SV3_REG_IDR0), cr0 = 0;
	bool two_level = idr0 >> 27 & 1, has_hyp = idr0 >> 9 & 1, has_ats = idr0 >> 10 & 1;
	bool has_pri = idr0 >> 16 & 1, has_msi = idr0 >> 13 & 1;

	fx_set_reg(f, SV3_REG_GBPA, UINT64_C(1) << 31 | 1 << 20); /* Update, ABORT */
	for (unsigned int i = 0; i < POLLS_MAX && fx_reg(f, SV3_REG_GBPA) >> 31; i++)
		;
	EXPECT_EQ_U64(fx_reg(f, SV3_REG_GBPA) >> 31, 0);
	set_and_wait(f, SV3_REG_CR0, SV3_REG_CR0ACK, 0);
	fx_set_reg(f, SV3_REG_CR1, 0xd75);
	fx_set_reg(f, SV3_REG_CR2, 6); /* PTM, RECINVSID */
	fx_set_reg64(f, SV3_REG_STRTAB_BASE, FX_STRTAB | UINT64_C(1) << 62);
	/* SIDSIZE of 16 is enough for a test; SPLIT is 8. */
	fx_set_reg(f, SV3_REG_STRTAB_BASE_CFG, two_level ? 1 << 16 | 8 << 6 | 16 : 6);
	fx_set_reg64(f, SV3_REG_CMDQ_BASE, FX_CMDQ | f->cmdq_lg2 | UINT64_C(1) << 62);
	fx_set_reg(f, SV3_REG_CMDQ_PROD, 0);
	fx_set_reg(f, SV3_REG_CMDQ_CONS, 0);
	set_and_wait(f, SV3_REG_CR0, SV3_REG_CR0ACK, cr0 |= 8);
	fx_cmd(f, FX_CMD_CFGI_RANGE, 31);
	driver_sync(f);
	if (has_hyp)
		fx_cmd(f, FX_CMD_TLBI_EL2_ALL, 0);
	fx_cmd(f, FX_CMD_TLBI_NSNH_ALL, 0);
	driver_sync(f);
	fx_set_reg64(f, SV3_REG_EVENTQ_BASE, FX_EVTQ | f->evtq_lg2 | UINT64_C(1) << 62);
	fx_set_reg(f, SV3_REG_EVENTQ_PROD, 0);
	fx_set_reg(f, SV3_REG_EVENTQ_CONS, 0);
	set_and_wait(f, SV3_REG_CR0, SV3_REG_CR0ACK, cr0 |= 4);
	if (has_pri) {
		fx_set_reg64(f, SV3_REG_PRIQ_BASE, (FX_SCRATCH + 0x10000) | 4 | UINT64_C(1) << 62);
		fx_set_reg(f, SV3_REG_PRIQ_PROD, 0);
		fx_set_reg(f, SV3_REG_PRIQ_CONS, 0);
		set_and_wait(f, SV3_REG_CR0, SV3_REG_CR0ACK, cr0 |= 2);
	}
	if (has_ats)
		set_and_wait(f, SV3_REG_CR0, SV3_REG_CR0ACK, cr0 |= 0x10);
	set_and_wait(f, SV3_REG_IRQ_CTRL, SV3_REG_IRQ_CTRLACK, 0);
	if (has_msi) {
		fx_set_reg64(f, SV3_REG_EVENTQ_IRQ_CFG0, FX_MSI + 8);
		fx_set_reg(f, SV3_REG_EVENTQ_IRQ_CFG1, 0x77);
		fx_set_reg64(f, SV3_REG_GERROR_IRQ_CFG0, 0);
	}
	set_and_wait(f, SV3_REG_IRQ_CTRL, SV3_REG_IRQ_CTRLACK, has_pri ? 7 : 5);
	set_and_wait(f, SV3_REG_CR0, SV3_REG_CR0ACK, cr0 | 1);
}

/* Where the STE of FX_SID stands, its level-1 descriptor made on the way. */
static sv3_pa driver_ste(struct fx *f)
{
	if (!(fx_reg(f, SV3_REG_IDR0) >> 27 & 1))
		return FX_STRTAB + FX_SID * 64;
	fx_poke(f, FX_STRTAB, STRTAB_L2 | 9); /* Span: 2^8 STEs */
	return STRTAB_L2 + FX_SID * 64;
}

/* Write an STE the way the driver does: all but word 0, CFGI, word 0, CFGI. */
static void driver_write_ste(struct fx *f, sv3_pa ste, uint64_t word0, uint64_t word1)
{
	fx_poke(f, ste + 8, word1);
	fx_cmd(f, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 1);
	driver_sync(f);
	fx_poke(f, ste, word0);
	fx_cmd(f, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 1);
	driver_sync(f);
}

/* Each profile with stage 1, acknowledged at once and late: no error, and streams do what their STE
 * says; a stage-1 domain has its dirty state kept where there is HTTU. */
TEST_C(bringup, linux_bringup)
{
	static const char *const profiles[] = { "default", "linux", "full", "mmu-600", "mmu-700" };
	const uint64_t leaf = FX_DIRTY | FX_AP1 | UINT64_C(1) << 2 | UINT64_C(3) << 8;

	for (unsigned int i = 0; i < 10; i++) {
		struct sv3_smmu_config config;
		__attribute__((cleanup(fx_fini))) struct fx f;
		unsigned int httu;
		sv3_pa ste, pte;

		ASSERT_OK(sv3_smmu_profile(profiles[i / 2], &config));
		config.ack_delay = i & 1 ? 5 : 0;
		fx_power_on(&f, &config);
		f.cmdq_lg2 = 6;
		f.evtq_lg2 = 4;
		ASSERT_TRUE(probe_is_fine(&f));
		httu = fx_reg(&f, SV3_REG_IDR0) >> 6 & 3;
		driver_reset(&f);
		EXPECT_EQ_U64(fx_reg(&f, SV3_REG_CR0ACK) & 0xd, 0xd);
		/* No level-1 descriptor yet; then abort, bypass, and a stage-1 domain. */
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_C_BAD_STREAMID));
		EXPECT_EQ_INT(fx_event(&f), FX_C_BAD_STREAMID);
		ste = driver_ste(&f);
		driver_write_ste(&f, ste, FX_STE_V, 0);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_SILENT);
		driver_write_ste(&f, ste, FX_STE_BYPASS, UINT64_C(1) << 44);
		EXPECT_EQ_U64(fx_read(&f, FX_DATA), FX_DATA);
		EXPECT_TRUE(f.result.flags & SV3_RESULT_BYPASS);
		/* HA and HD together where HTTU has both, ASET, Write-Back walks. */
		fx_use_table(&f, 12, 16, httu == 2 ? FX_HTTU : httu ? FX_HA : 0);
		fx_poke(&f, FX_CD, fx_peek(&f, FX_CD) | FX_CD_ASET | 0x3500);
		fx_poke(&f, FX_CD + 24, 0xff04);
		driver_write_ste(&f, ste, FX_STE_S1 | FX_CD, 0xd4);
		/* Writable pages begin dirty; tracking is armed by cleaning them. */
		pte = fx_map(&f, FX_IOVA, 3, leaf);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(f.result.memory, SV3_MEMORY(SV3_MEMORY_WB, SV3_MEMORY_WB));
		fx_poke(&f, pte, leaf | FX_AP2);
		fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
		driver_sync(&f);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA),
			      httu == 2 ? FX_DATA : FX_FAULT(FX_F_PERMISSION));
		EXPECT_EQ_U64(fx_peek(&f, pte), httu == 2 ? leaf : leaf | FX_AP2);
		EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 0);
		/* The event queue's interrupt, of the first record. */
		EXPECT_EQ_U64(fx_peek(&f, FX_MSI + 8) & 0xffffffff, 0x77);
	}
}

/* ---- dirty state and SYNC ---- */

/* A device says that its writes are done; after a SYNC of then their dirty state is in memory,
 * without any TLBI. Before its end a write need not be on record. [IHI0070 3.13.4] */
TEST_C(bringup, sync_visibility)
{
	FX(f, FX_HTTU);
	struct fx other;
	struct sv3_txn txn = fx_txn(FX_IOVA + 0x1000, true);
	sv3_pa done = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	sv3_pa under_way = fx_map(&f, FX_IOVA + 0x1000, 3, FX_CLEAN + 0x1000);

	other = f;
	fx_begin(&other, &txn);
	ASSERT_TRUE(fx_until(&other, SV3_UNIT_HTTU)); /* its update is not out yet */
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	ASSERT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(fx_peek(&f, done), FX_DIRTY);
	EXPECT_EQ_U64(fx_peek(&f, under_way), FX_CLEAN + 0x1000);
	EXPECT_EQ_U64(fx_run(&other), FX_DATA + 0x1000);
	fx_land(&other);
	ASSERT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(fx_peek(&f, under_way), FX_DIRTY + 0x1000);
}

/* ---- switched off ---- */

/* [IHI0070 6.3.9.6] SMMUEN 1 to 0 with a stalled transaction, one that walks and one in flight: the
 * stalled one aborts, its STAG can be used again, the others end as they began, the acknowledge
 * waits for the walk; and what the caches hold outlasts it. */
TEST_C(bringup, smmuen_off)
{
	struct sv3_smmu_config config;
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct jobs j = { .f = &f };
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	uint32_t stalled, landed;
	sv3_pa cached;

	jobs_config(&config, 1);
	fx_power_on(&f, &config);
	fx_boot(&f, FX_HTTU);
	jobs_stall_cd(&f, FX_HTTU);
	cached = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	fx_map(&f, FX_IOVA + 0x1000, 3, FX_CLEAN + 0x1000);
	landed = jobs_begin(&j, &txn); /* translated, and in flight */
	ASSERT_EQ_U64(jobs_code(&j, landed), FX_DATA);
	txn.iova = FX_IOVA + 0x2000; /* not mapped */
	stalled = jobs_begin(&j, &txn);
	ASSERT_EQ_U64(jobs_code(&j, stalled), JOBS_STALLED);
	txn.iova = FX_IOVA + 0x1000;
	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));

	jobs_reg(&j, SV3_REG_CR0, 0xc);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CR0ACK, 4), 0xd);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA + 0x1000); /* begun before: it is translated */
	EXPECT_EQ_U64(fx_peek(&f, fx_pte(&f, FX_IOVA + 0x1000, 3)), FX_DIRTY + 0x1000);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CR0ACK, 4), 0xc);
	jobs_run(&j);
	EXPECT_EQ_U64(jobs_code(&j, stalled), FX_FAULT(FX_F_TRANSLATION));
	jobs_land(&j, stalled);
	fx_land(&f);
	jobs_land(&j, landed);
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSLATION); /* that of the stall */
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_IOVA);  /* bypass */

	/* On again: the entry of before answers until it is invalidated; the STAG is free. */
	fx_poke(&f, cached, 0);
	jobs_reg(&j, SV3_REG_CR0, 0xd);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_tlbi_all(&f);
	txn.iova = FX_IOVA;
	stalled = jobs_begin(&j, &txn);
	EXPECT_EQ_U64(jobs_code(&j, stalled), JOBS_STALLED);
	jobs_run(&j);
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
}
