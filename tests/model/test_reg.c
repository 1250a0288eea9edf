/* SPDX-License-Identifier: MIT */
/*
 * test_reg.c - does the register file keep chapter 6 of IHI 0070: reset values, guards,
 * acknowledges, GBPA, the GERROR toggle, and what bypass does?
 */
#include "tests/model/fx.h"

/* An SMMU in reset, nothing booted. */
#define FX_RESET(name)                                    \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	power_on(&name)

static void power_on(struct fx *f)
{
	struct sv3_smmu_config config;

	fx_config(&config, 0);
	fx_power_on(f, &config);
}

/* [IHI0070 6.3] Control registers reset to 0; the ID registers tell the profile. */
TEST_C(reg, reg_reset)
{
	FX_RESET(f);

	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_CR0), 0);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_CR0ACK), 0);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 0);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERRORN), 0);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_IRQ_CTRL), 0);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_IRQ_CTRLACK), 0);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GBPA), 0x1000); /* SHCFG: use incoming */

	/* S1P, TTF = 2, COHACC, HTTU = 2, ASID16, MSI, CD2L, TTENDIAN = 2, STALL_MODEL = 1,
	 * ST_LEVEL = 1 */
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_IDR0), 1u << 1 | 2u << 2 | 1u << 4 | 2u << 6 | 1u << 12 |
							1u << 13 | 1u << 19 | 2u << 21 | 1u << 24 |
							1u << 27);
	/* RIL, BBML = 1, HAD */
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_IDR3), 1u << 10 | 1u << 11 | 1u << 2);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_IDR5) & 0xfff, 5u | 1u << 4 | 1u << 5 | 1u << 6);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_AIDR), 2);
}

/* [IHI0070 6.3.2] Streams, substreams, and queues as long as the architecture has them. */
TEST_C(reg, reg_reset_sizes)
{
	FX_RESET(f);
	uint64_t idr1 = fx_reg(&f, SV3_REG_IDR1);

	EXPECT_EQ_U64(idr1 & 0x3f, 16);       /* SIDSIZE */
	EXPECT_EQ_U64(idr1 >> 6 & 0x1f, 10);  /* SSIDSIZE */
	EXPECT_EQ_U64(idr1 >> 16 & 0x1f, 19); /* EVENTQS */
	EXPECT_EQ_U64(idr1 >> 21 & 0x1f, 19); /* CMDQS */
	EXPECT_EQ_U64(idr1 >> 26, 1);         /* ATTR_PERMS_OVR, no presets */
}

TEST_C(reg, reg_reset_read_only)
{
	static const uint32_t offsets[] = {
		SV3_REG_IDR0,  SV3_REG_IDR1,   SV3_REG_IDR2,        SV3_REG_IDR3,   SV3_REG_IDR4,
		SV3_REG_IDR5,  SV3_REG_IIDR,   SV3_REG_AIDR,        SV3_REG_CR0ACK, SV3_REG_STATUSR,
		SV3_REG_AGBPA, SV3_REG_GERROR, SV3_REG_IRQ_CTRLACK,
	};
	FX_RESET(f);

	for (unsigned int i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		uint64_t before = fx_reg(&f, offsets[i]);

		fx_set_reg(&f, offsets[i], ~before & UINT32_MAX);
		if (fx_reg(&f, offsets[i]) != before)
			FAIL_C("register %#x is writable", offsets[i]);
	}
}

TEST_C(reg, reg_reset_after_use)
{
	FX(f, FX_HTTU);

	fx_read(&f, FX_IOVA); /* faults: an event is pending */
	sv3_smmu_reset(f.smmu);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_CR0ACK), 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->transactions, 0);
	/* Off again: the address passes through. */
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_IOVA);
}

/* [IHI0070 6.2] Halves of 64-bit registers are accessible; misaligned and odd sizes are RAZ/WI
 * here. */
TEST_C(reg, reg_access_size)
{
	FX_RESET(f);

	fx_set_reg64(&f, SV3_REG_STRTAB_BASE, UINT64_C(0x0000001234567840));
	EXPECT_EQ_U64(fx_reg64(&f, SV3_REG_STRTAB_BASE), UINT64_C(0x0000001234567840));
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_STRTAB_BASE), 0x34567840);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_STRTAB_BASE + 4), 0x12);
	fx_set_reg(&f, SV3_REG_STRTAB_BASE + 4, 0x56);
	EXPECT_EQ_U64(fx_reg64(&f, SV3_REG_STRTAB_BASE), UINT64_C(0x0000005634567840));
	fx_set_reg(&f, SV3_REG_STRTAB_BASE, 0x80);
	EXPECT_EQ_U64(fx_reg64(&f, SV3_REG_STRTAB_BASE), UINT64_C(0x0000005600000080));

	sv3_smmu_reg_write(f.smmu, SV3_REG_STRTAB_BASE + 2, 4, 0xffff);
	sv3_smmu_reg_write(f.smmu, SV3_REG_STRTAB_BASE, 2, 0xffff);
	sv3_smmu_reg_write(f.smmu, SV3_REG_STRTAB_BASE + 4, 8, UINT64_MAX);
	EXPECT_EQ_U64(fx_reg64(&f, SV3_REG_STRTAB_BASE), UINT64_C(0x0000005600000080));
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_IDR0 + 1, 4), 0);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_IDR0, 1), 0);
}

TEST_C(reg, reg_access_reserved)
{
	static const uint32_t offsets[] = { 0x4c,  0x48,   0x58,    0xc0,    0xc8,    0xd0,
					    0x100, 0x8000, 0x100c8, 0x1fffc, 0x20000, 0xfffffffc };
	FX_RESET(f);

	for (unsigned int i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		fx_set_reg(&f, offsets[i], UINT32_MAX);
		EXPECT_EQ_U64(fx_reg(&f, offsets[i]), 0);
	}
}

/* [IHI0070 6.3.9] While SMMUEN is set, the stream table's place cannot change. */
TEST_C(reg, reg_guard)
{
	static const struct {
		uint32_t offset, size;
		uint64_t value;
	} rows[] = {
		{ SV3_REG_STRTAB_BASE, 8, FX_SCRATCH },
		{ SV3_REG_STRTAB_BASE_CFG, 4, 5 },
		{ SV3_REG_CR1, 4, 0xd75 ^ 0xfc0 }, /* TABLE_*: SMMUEN */
		{ SV3_REG_CR1, 4, 0xd75 ^ 0x03f }, /* QUEUE_*: a queue enable */
		{ SV3_REG_CR2, 4, 0 },
		{ SV3_REG_CMDQ_BASE, 8, FX_SCRATCH | 4 },
		{ SV3_REG_CMDQ_CONS, 4, 3 },
		{ SV3_REG_EVENTQ_BASE, 8, FX_SCRATCH | 4 },
		{ SV3_REG_EVENTQ_PROD, 4, 3 },
	};
	FX(f, 0);

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t errors = sv3_smmu_stats(f.smmu)->software_errors;
		uint64_t before = sv3_smmu_reg_read(f.smmu, rows[i].offset, rows[i].size);

		sv3_smmu_reg_write(f.smmu, rows[i].offset, rows[i].size, rows[i].value);
		if (sv3_smmu_reg_read(f.smmu, rows[i].offset, rows[i].size) != before)
			FAIL_C("row %u: register %#x changed", i, rows[i].offset);
		if (sv3_smmu_stats(f.smmu)->software_errors != errors + 1)
			FAIL_C("row %u: register %#x was not counted", i, rows[i].offset);
	}
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
}

/* Each guard is its own: SMMUEN = 0 frees the stream table though the queues run. */
TEST_C(reg, reg_guard_is_per_enable)
{
	FX(f, 0);

	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	fx_set_reg64(&f, SV3_REG_STRTAB_BASE, FX_SCRATCH);
	EXPECT_EQ_U64(fx_reg64(&f, SV3_REG_STRTAB_BASE), FX_SCRATCH);
	fx_set_reg64(&f, SV3_REG_CMDQ_BASE, FX_SCRATCH);
	EXPECT_EQ_U64(fx_reg64(&f, SV3_REG_CMDQ_BASE), FX_CMDQ | f.cmdq_lg2);

	fx_set_reg(&f, SV3_REG_CR0, 0x4); /* CMDQEN = 0 too */
	fx_set_reg64(&f, SV3_REG_CMDQ_BASE, FX_SCRATCH);
	EXPECT_EQ_U64(fx_reg64(&f, SV3_REG_CMDQ_BASE), FX_SCRATCH);
	EXPECT_EQ_U64(fx_reg64(&f, SV3_REG_EVENTQ_BASE), FX_EVTQ | f.evtq_lg2);
}

/* [IHI0070 6.3.21] Interrupt configuration is guarded by its enable. */
TEST_C(reg, reg_guard_interrupts)
{
	FX_RESET(f);

	fx_set_reg64(&f, SV3_REG_EVENTQ_IRQ_CFG0, FX_MSI);
	fx_set_reg64(&f, SV3_REG_GERROR_IRQ_CFG0, FX_MSI + 8);
	fx_set_reg(&f, SV3_REG_IRQ_CTRL, 1); /* GERROR_IRQEN */
	fx_set_reg64(&f, SV3_REG_EVENTQ_IRQ_CFG0, 0);
	fx_set_reg64(&f, SV3_REG_GERROR_IRQ_CFG0, 0);
	EXPECT_EQ_U64(fx_reg64(&f, SV3_REG_EVENTQ_IRQ_CFG0), 0);
	EXPECT_EQ_U64(fx_reg64(&f, SV3_REG_GERROR_IRQ_CFG0), FX_MSI + 8);
}

/* [IHI0070 6.3.9] The acknowledge follows for what is there: SMMUEN, EVENTQEN, CMDQEN. */
TEST_C(reg, cr0_ack)
{
	FX_RESET(f);

	for (unsigned int bit = 0; bit < 32; bit++) {
		uint64_t expected = UINT64_C(1) << bit & 0xd;

		fx_set_reg(&f, SV3_REG_CR0, UINT64_C(1) << bit);
		if (fx_reg(&f, SV3_REG_CR0ACK) != expected)
			FAIL_C("CR0 bit %u: ACK is %#llx", bit,
			       (unsigned long long)fx_reg(&f, SV3_REG_CR0ACK));
		if ((fx_reg(&f, SV3_REG_CR0) & 0xd) != expected)
			FAIL_C("CR0 bit %u does not read back", bit);
		fx_set_reg(&f, SV3_REG_CR0, 0);
		ASSERT_EQ_U64(fx_reg(&f, SV3_REG_CR0ACK), 0);
	}
}

TEST_C(reg, cr0_ack_irq_ctrl)
{
	FX_RESET(f);

	/* GERROR_IRQEN and EVENTQ_IRQEN; PRIQ_IRQEN needs a PRI queue. */
	fx_set_reg(&f, SV3_REG_IRQ_CTRL, UINT32_MAX);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_IRQ_CTRLACK), 5);
	fx_set_reg(&f, SV3_REG_IRQ_CTRL, 0);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_IRQ_CTRLACK), 0);
}

/* [IHI0070 6.3.14] Only a write with Update = 1 counts, and Update clears itself. */
TEST_C(reg, gbpa_update)
{
	const uint64_t abort_bit = UINT64_C(1) << 20, update = UINT64_C(1) << 31;
	FX_RESET(f);

	fx_set_reg(&f, SV3_REG_GBPA, 0x1000 | abort_bit);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GBPA), 0x1000);
	EXPECT_EQ_U64(fx_read(&f, 0x5000), 0x5000);

	fx_set_reg(&f, SV3_REG_GBPA, 0x1000 | abort_bit | update);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GBPA), 0x1000 | abort_bit);
	EXPECT_EQ_U64(fx_read(&f, 0x5000), FX_SILENT);
	EXPECT_EQ_U64(fx_write(&f, 0x5000), FX_SILENT);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->events_written, 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->events_dropped, 0);

	fx_set_reg(&f, SV3_REG_GBPA, 0x1000 | update);
	EXPECT_EQ_U64(fx_read(&f, 0x5000), 0x5000);
}

/* [IHI0070 3.4] Bypass: below 2^OAS the address passes; above, an abort, with an event by STE
 * only. */
TEST_C(reg, bypass_oas)
{
	const sv3_iova last = (UINT64_C(1) << 48) - 1, over = UINT64_C(1) << 48;
	FX(f, 0);

	fx_set_reg(&f, SV3_REG_CR0, 0xc); /* SMMUEN = 0, queues on */
	EXPECT_EQ_U64(fx_read(&f, last), last);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_BYPASS);
	EXPECT_EQ_U64(fx_read(&f, over), FX_SILENT);
	EXPECT_EQ_INT(fx_event(&f), 0);

	fx_ste(&f, FX_SID, FX_STE_BYPASS, 0);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	EXPECT_EQ_U64(fx_read(&f, last), last);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_BYPASS);
	EXPECT_EQ_INT(fx_event(&f), 0);
	EXPECT_EQ_U64(fx_write(&f, over), FX_FAULT(FX_F_ADDR_SIZE));
	EXPECT_EQ_INT(fx_event(&f), FX_F_ADDR_SIZE);
	EXPECT_EQ_U64(f.event[1] >> 39 & 1, 0); /* S2 */
	EXPECT_EQ_U64(f.event[1] >> 40 & 3, 2); /* CLASS = IN */
	EXPECT_EQ_U64(f.event[1] >> 35 & 1, 0); /* RnW */
	EXPECT_EQ_U64(f.event[2], over);
}

/* SMMUEN = 0 with stage-1 configuration in memory: nothing of it is looked at. */
TEST_C(reg, bypass_reads_no_structure)
{
	FX(f, FX_HTTU);

	fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_IOVA);
	EXPECT_EQ_U64(fx_peek(&f, fx_pte(&f, FX_IOVA, 3)), FX_CLEAN);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->walk_reads, 0);
}

/* [IHI0070 6.3.9] SMMUEN 1 to 0 does not invalidate: after re-enabling, old TLB entries still
 * count. */
TEST_C(reg, smmuen_off_keeps_caches)
{
	FX(f, 0);

	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_poke(&f, pte, 0);
	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_tlbi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
}

/* [IHI0070 7.5] An error toggles its bit; while it is active a second one does not. */
TEST_C(reg, gerror_toggle)
{
	const uint64_t msi_abort = UINT64_C(1) << 4;
	FX(f, 0);

	fx_set_reg(&f, SV3_REG_IRQ_CTRL, 1);
	for (unsigned int round = 0; round < 4; round++) {
		/* A SYNC whose MSI goes nowhere raises MSI_CMDQ_ABT_ERR and is consumed all the
		 * same. */
		uint64_t expected = round % 2 ? 0 : msi_abort;

		fx_cmd(&f, FX_CMD_SYNC | 1u << 12, FX_NOWHERE);
		ASSERT_TRUE(fx_cmdq_empty(&f));
		EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), expected);
		EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERRORN), msi_abort - expected);
		EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_GERROR], round + 1);
		/* The same again, unacknowledged. */
		fx_cmd(&f, FX_CMD_SYNC | 1u << 12, FX_NOWHERE);
		ASSERT_TRUE(fx_cmdq_empty(&f));
		EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), expected);
		EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_GERROR], round + 1);
		fx_set_reg(&f, SV3_REG_GERRORN, expected);
	}
}

/* Two command errors with an acknowledge between: 1, then 0. */
TEST_C(reg, gerror_toggle_cmdq)
{
	FX(f, 0);

	fx_cmd(&f, 0xff, 0);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 1);
	fx_poke(&f, FX_CMDQ, FX_CMD_SYNC);
	fx_set_reg(&f, SV3_REG_GERRORN, 1);
	ASSERT_TRUE(fx_cmdq_empty(&f));
	fx_cmd(&f, 0xff, 0);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 0);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERRORN), 1);
	EXPECT_FALSE(fx_cmdq_empty(&f));
}

/* Software toggling an inactive bit is stored as written, and counted. */
TEST_C(reg, gerror_toggle_by_software)
{
	FX(f, 0);
	uint64_t errors = sv3_smmu_stats(f.smmu)->software_errors;

	fx_set_reg(&f, SV3_REG_GERRORN, 1);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERRORN), 1);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->software_errors, errors + 1);
}

/* A copy of the block is a snapshot, and its hash says so. */
TEST_C(reg, block_copy_is_a_snapshot)
{
	FX(f, 0);
	uint64_t before = sv3_smmu_hash(f.smmu);

	EXPECT_EQ_U64(sv3_smmu_hash(f.smmu), before);
	fx_set_reg(&f, SV3_REG_IRQ_CTRL, 5);
	EXPECT_NE_U64(sv3_smmu_hash(f.smmu), before);
	fx_set_reg(&f, SV3_REG_IRQ_CTRL, 0);
	EXPECT_EQ_U64(sv3_smmu_hash(f.smmu), before);
}

TEST_C(reg, register_map_has_every_row_once)
{
	struct sv3_smmu_config config;
	struct sv3_reg_info info, other;
	unsigned int count = 0;

	fx_config(&config, 0);
	for (; sv3_reg_info(&config, count, &info); count++) {
		EXPECT_TRUE(info.bits == 32 || info.bits == 64);
		for (unsigned int i = 0; i < count; i++) {
			ASSERT_TRUE(sv3_reg_info(&config, i, &other));
			if (other.offset == info.offset)
				FAIL_C("%s and %s share an offset", info.name, other.name);
		}
	}
	EXPECT_GE_U64(count, 30);
}
