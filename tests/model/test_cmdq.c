/* SPDX-License-Identifier: MIT */
/*
 * test_cmdq.c - does the command queue keep chapter 4 of IHI 0070: order, wrap, errors, and what
 * CMD_SYNC promises?
 */
#include "tests/model/fx.h"

#define SYNC_IRQ (FX_CMD_SYNC | 1u << 12)
#define SYNC_SEV (FX_CMD_SYNC | 2u << 12)

static uint64_t cons_index(struct fx *f)
{
	return fx_reg(f, SV3_REG_CMDQ_CONS) & 0xfffff;
}

static uint64_t cons_error(struct fx *f)
{
	return fx_reg(f, SV3_REG_CMDQ_CONS) >> 24 & 0x7f;
}

/* A queue of 2^@lg2 commands, empty, at index 0. */
static void resize(struct fx *f, unsigned int lg2)
{
	fx_set_reg(f, SV3_REG_CR0, 0x5);
	f->cmdq_lg2 = lg2;
	fx_set_reg64(f, SV3_REG_CMDQ_BASE, FX_CMDQ | lg2);
	fx_set_reg(f, SV3_REG_CMDQ_PROD, 0);
	fx_set_reg(f, SV3_REG_CMDQ_CONS, 0);
	fx_set_reg(f, SV3_REG_CR0, 0xd);
}

/* [IHI0070 3.5.1] Nine commands through four entries: the wrap bit tells empty from full. */
TEST_C(cmdq, cmdq_wrap)
{
	static const unsigned int parts[] = { 3, 4, 2 };
	FX(f, 0);
	unsigned int submitted = 0;

	resize(&f, 2);
	for (unsigned int p = 0; p < 3; p++) {
		/* Behind the queue's back, so that the whole part stands in it at once. */
		for (unsigned int i = 0; i < parts[p]; i++, submitted++) {
			fx_poke(&f, FX_CMDQ + submitted % 4 * 16, FX_CMD_TLBI_NH_ALL);
			fx_poke(&f, FX_CMDQ + submitted % 4 * 16 + 8, 0);
		}
		fx_set_reg(&f, SV3_REG_CMDQ_PROD, submitted % 8);
		EXPECT_EQ_U64(cons_index(&f), submitted % 8);
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlbi, submitted);
	}
	EXPECT_EQ_U64(cons_index(&f), 1);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->commands, 9);
}

/* Commands written while CMDQEN = 0 run when it is set. [IHI0070 6.3.9] */
TEST_C(cmdq, cmdq_wrap_enable_runs_what_is_there)
{
	FX(f, 0);
	uint64_t before = sv3_smmu_stats(f.smmu)->tlbi;

	fx_set_reg(&f, SV3_REG_CR0, 0x5);
	fx_cmd(&f, FX_CMD_TLBI_NH_ALL, 0);
	EXPECT_FALSE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlbi, before);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlbi, before + 1);
}

/* [IHI0070 3.5.1] The base is aligned to the size of the queue; lower address bits do not count. */
TEST_C(cmdq, cmdq_wrap_base_is_aligned_to_its_size)
{
	FX(f, 0);

	fx_set_reg(&f, SV3_REG_CR0, 0x5);
	fx_set_reg64(&f, SV3_REG_CMDQ_BASE, FX_CMDQ | 0x3e0 | 6); /* 1 KiB of commands */
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	fx_cmd(&f, SYNC_IRQ | UINT64_C(0x77) << 32, FX_MSI);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 0x77);
}

/* [IHI0070 7.1] An illegal command stops the queue at itself until it is repaired and
 * acknowledged. */
TEST_C(cmdq, cmdq_ill)
{
	FX(f, 0);
	uint64_t tlbi = sv3_smmu_stats(f.smmu)->tlbi;

	fx_poke(&f, FX_CMDQ + 0x00, FX_CMD_TLBI_NH_ALL);
	fx_poke(&f, FX_CMDQ + 0x10, 0xff);
	fx_poke(&f, FX_CMDQ + 0x20, SYNC_IRQ | UINT64_C(0x1234) << 32);
	fx_poke(&f, FX_CMDQ + 0x28, FX_MSI);
	fx_set_reg(&f, SV3_REG_CMDQ_PROD, 3);
	EXPECT_EQ_U64(cons_index(&f), 1);
	EXPECT_EQ_U64(cons_error(&f), 1);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 1);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlbi, tlbi + 1);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 0);

	/* More commands do not restart it. */
	fx_poke(&f, FX_CMDQ + 0x30, FX_CMD_TLBI_NH_ALL);
	fx_set_reg(&f, SV3_REG_CMDQ_PROD, 4);
	EXPECT_EQ_U64(cons_index(&f), 1);

	/* The repaired command is fetched again, without a write of PROD. */
	fx_poke(&f, FX_CMDQ + 0x10, FX_CMD_TLBI_NH_ALL);
	fx_set_reg(&f, SV3_REG_GERRORN, 1);
	EXPECT_EQ_U64(cons_index(&f), 4);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 0x1234);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlbi, tlbi + 3);
}

/* [IHI0070 4] Which opcodes this profile does not have. */
TEST_C(cmdq, cmdq_ill_opcodes)
{
	static const uint64_t illegal[] = {
		0x00,
		0x07,
		0x08,
		0x14,
		0x18,
		0x1a,
		0x20,
		0x21,
		0x22,
		0x23,
		0x28,
		0x2a,
		0x31,
		0x40,
		0x41,
		0x44,
		0x45,
		0x47,
		0x50,
		0x51,
		0x52,
		0x53,
		0x58,
		0x5a,
		0x60,
		0x70,
		0x73,
		0x80,
		0x8f,
		0x90,
		0xff,
		0x01 | 1u << 10,
		0x03 | 1u << 10,
		0x04 | 1u << 10, /* SSec = 1 */
	};

	for (unsigned int i = 0; i < sizeof(illegal) / sizeof(illegal[0]); i++) {
		FX(f, 0);

		fx_cmd(&f, illegal[i], 0);
		if (cons_index(&f) != 0 || cons_error(&f) != 1 || fx_reg(&f, SV3_REG_GERROR) != 1)
			FAIL_C("command %#llx is not CERROR_ILL", (unsigned long long)illegal[i]);
	}
}

TEST_C(cmdq, cmdq_ill_not)
{
	static const uint64_t legal[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
					  0x10, 0x11, 0x12, 0x13, 0x30, 0x46 };

	for (unsigned int i = 0; i < sizeof(legal) / sizeof(legal[0]); i++) {
		FX(f, 0);

		fx_cmd(&f, legal[i], 0);
		if (!fx_cmdq_empty(&f) || cons_error(&f) || fx_reg(&f, SV3_REG_GERROR))
			FAIL_C("command %#llx was not taken", (unsigned long long)legal[i]);
	}
}

/* [IHI0070 4.1.4] A command that cannot be read. */
TEST_C(cmdq, cmdq_abt)
{
	FX(f, 0);

	fx_set_reg(&f, SV3_REG_CR0, 0x5);
	fx_set_reg64(&f, SV3_REG_CMDQ_BASE, FX_NOWHERE | 4);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	fx_set_reg(&f, SV3_REG_CMDQ_PROD, 1);
	EXPECT_EQ_U64(cons_index(&f), 0);
	EXPECT_EQ_U64(cons_error(&f), 2);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 1);
}

/* [IHI0070 4.7.3] CS: none, interrupt, event, reserved. */
TEST_C(cmdq, sync_signals)
{
	FX(f, 0);

	EXPECT_TRUE(fx_sync(&f)); /* CS = 0 */
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_CMD_SYNC], 0);

	/* CS = 1: 32 bits of MSIData at MSIAddress[55:2]. */
	fx_poke(&f, FX_MSI + 8, UINT64_C(0x1111111122222222));
	fx_cmd(&f, SYNC_IRQ | UINT64_C(0xcafef00d) << 32, FX_MSI + 8);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI + 8), UINT64_C(0x11111111cafef00d));

	/* Address 0: no MSI, and nothing goes wrong. */
	fx_cmd(&f, SYNC_IRQ, 0);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 0);

	/* CS = 2: completes; there is no SEV to send with IDR0.SEV = 0. */
	fx_cmd(&f, SYNC_SEV, 0);
	EXPECT_TRUE(fx_cmdq_empty(&f));

	fx_cmd(&f, FX_CMD_SYNC | 3u << 12, 0);
	EXPECT_FALSE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(cons_error(&f), 1);
}

/* A SYNC behind a fault signals only when the record stands in memory and PROD has moved. */
TEST_C(cmdq, sync_signals_after_effects)
{
	FX(f, 0);
	uint32_t job;
	bool signalled = false;

	fx_read(&f, FX_IOVA); /* its record is not written yet: nothing has drained jobs */
	fx_poke(&f, FX_CMDQ, SYNC_IRQ | UINT64_C(1) << 32);
	fx_poke(&f, FX_CMDQ + 8, FX_MSI);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CMDQ_PROD, 4, 1);
	while (sv3_smmu_next_ready(f.smmu, &job)) {
		f.slot = job;
		sv3_smmu_step(f.smmu, job, NULL, &f.need);
		while (f.need.kind != SV3_NEED_DONE) {
			if (f.need.kind == SV3_NEED_WRITE && f.need.pa == FX_MSI) {
				signalled = true;
				EXPECT_EQ_U64(fx_peek(&f, FX_EVTQ) & 0xff, FX_F_TRANSLATION);
				EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_EVENTQ_PROD, 4), 1);
			}
			fx_answer(&f);
		}
	}
	EXPECT_TRUE(signalled);
	EXPECT_TRUE(fx_cmdq_empty(&f));
}

/* [IHI0070 3.21.1, 4.7.3] SYNC waits for a write whose translation a TLBI took away. */
TEST_C(cmdq, sync_barrier)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_begin(&f, &txn);
	ASSERT_EQ_U64(fx_run(&f), FX_DATA);
	fx_poke(&f, pte, 0);
	fx_cmd(&f, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA | 1);
	EXPECT_TRUE(fx_cmdq_empty(&f)); /* the TLBI itself does not wait */
	fx_cmd(&f, SYNC_IRQ | UINT64_C(1) << 32, FX_MSI);
	EXPECT_EQ_U64(cons_index(&f), 1);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 0);
	/* A command behind the SYNC does not overtake it. */
	fx_cmd(&f, FX_CMD_SYNC, 0);
	EXPECT_EQ_U64(cons_index(&f), 1);
	fx_land(&f);
	EXPECT_EQ_U64(cons_index(&f), 3);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 1);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
}

/* The same with every TLBI that targets the page, and with a write that hit the TLB. */
TEST_C(cmdq, sync_barrier_every_tlbi)
{
	static const uint64_t commands[][2] = {
		{ FX_CMD_TLBI_NH_ALL, 0 },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(1), 0 },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA },
		{ FX_CMD_TLBI_NH_VAA, FX_IOVA | 1 },
		{ FX_CMD_TLBI_NSNH_ALL, 0 },
		/* A range of eight pages that ends with it: TG = 4K, NUM = 7. */
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | 7u << 12, (FX_IOVA - 0x7000) | 1u << 10 },
	};
	FX(f, FX_HTTU);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_map(&f, FX_IOVA, 3, FX_DIRTY);
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		fx_read(&f, FX_IOVA); /* fills the TLB */
		fx_begin(&f, &txn);
		ASSERT_EQ_U64(fx_run(&f), FX_DATA);
		fx_cmd(&f, commands[i][0], commands[i][1]);
		if (fx_sync(&f))
			FAIL_C("TLBI %u: SYNC did not wait", i);
		fx_land(&f);
		ASSERT_TRUE(fx_cmdq_empty(&f));
	}
}

/* Two held writes: SYNC waits for the last of them. */
TEST_C(cmdq, sync_barrier_waits_for_all)
{
	FX(f, FX_HTTU);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	uint32_t first;

	fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	fx_begin(&f, &txn);
	ASSERT_EQ_U64(fx_run(&f), FX_DATA);
	first = f.slot;
	fx_begin(&f, &txn);
	ASSERT_EQ_U64(fx_run(&f), FX_DATA);
	fx_cmd(&f, FX_CMD_TLBI_NH_ALL, 0);
	EXPECT_FALSE(fx_sync(&f));
	fx_land(&f);
	EXPECT_FALSE(fx_cmdq_empty(&f));
	sv3_smmu_finish(f.smmu, first);
	EXPECT_TRUE(fx_cmdq_empty(&f));
}

/* CMDQEN 1 to 0: no further command is fetched, CONS stays valid, and it can go on. [IHI0070
 * 6.3.9] */
TEST_C(cmdq, cmdqen_off_stops_fetching)
{
	FX(f, 0);

	ASSERT_TRUE(fx_sync(&f));
	fx_set_reg(&f, SV3_REG_CR0, 0x5);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_CR0ACK), 0x5);
	fx_cmd(&f, FX_CMD_TLBI_NH_ALL, 0);
	EXPECT_EQ_U64(cons_index(&f), 1);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	EXPECT_EQ_U64(cons_index(&f), 2);
}

/* A record that is being written: its fault is older than the SYNC, which must not overtake it. */
TEST_C(cmdq, sync_waits_for_a_record_under_way)
{
	FX(f, 0);
	struct sv3_need record;
	uint32_t job;

	fx_read(&f, FX_IOVA);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &record);
	ASSERT_EQ_INT(record.unit, SV3_UNIT_EVTQ);
	/* Its write is out and not answered while the command queue runs. */
	fx_cmd(&f, SYNC_IRQ | UINT64_C(1) << 32, FX_MSI);
	EXPECT_FALSE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 0);
	ASSERT_EQ_INT(sv3_bus_write(&f.bus, record.pa, record.data, record.size), SV3_BUS_OK);
	f.reply.status = SV3_BUS_OK;
	sv3_smmu_step(f.smmu, job, &f.reply, &record);
	EXPECT_EQ_INT(record.kind, SV3_NEED_DONE);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 1);
}

/* CMDQEN cleared while a command is being read: acknowledged only when that is settled.
 * [IHI0070 6.3.9] */
TEST_C(cmdq, cmdqen_off_waits_for_the_command_taken)
{
	FX(f, 0);
	uint64_t settled;
	uint32_t job;

	fx_poke(&f, FX_CMDQ, FX_CMD_TLBI_NH_ALL);
	fx_poke(&f, FX_CMDQ + 16, FX_CMD_TLBI_NH_ALL);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CMDQ_PROD, 4, 2);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	f.slot = job;
	sv3_smmu_step(f.smmu, job, NULL, &f.need);
	ASSERT_EQ_INT(f.need.unit, SV3_UNIT_CMDQ);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CR0, 4, 0x5);
	fx_answer(&f);
	ASSERT_EQ_INT(f.need.kind, SV3_NEED_DONE);
	/* Taken or not taken, but then for good. */
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_CR0ACK), 0x5);
	settled = cons_index(&f);
	EXPECT_TRUE(settled <= 1);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlbi, settled);
	EXPECT_FALSE(sv3_fast_drain(&f.fast));
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	EXPECT_EQ_U64(cons_index(&f), 2);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlbi, 2);
}

/* [IHI0070 3.5.1] More commands than the queue holds: IMPDEF(I-011) none is taken, until PROD makes
 * sense again. */
TEST_C(cmdq, inconsistent_indexes)
{
	FX(f, 0);

	resize(&f, 2);
	for (unsigned int i = 0; i < 4; i++)
		fx_poke(&f, FX_CMDQ + i * 16, FX_CMD_TLBI_NH_ALL);
	for (unsigned int prod = 5; prod < 8; prod++) {
		fx_set_reg(&f, SV3_REG_CMDQ_PROD, prod);
		EXPECT_EQ_U64(cons_index(&f), 0);
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->commands, 0);
	}
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 0);
	fx_set_reg(&f, SV3_REG_CMDQ_PROD, 4); /* full */
	EXPECT_EQ_U64(cons_index(&f), 4);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->commands, 4);
}

/* [IHI0070 3.13.4, 4.7.3] What the device has written before a SYNC is seen as dirty after it. */
TEST_C(cmdq, sync_visibility)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN & ~FX_AF);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	/* Not done yet: a SYNC owes nothing, and does not wait. */
	EXPECT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN & ~FX_AF);
	ASSERT_EQ_U64(fx_run(&f), FX_DATA);
	fx_land(&f);
	EXPECT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
}

/* [IHI0070 4.7.3] Signals of two SYNCs come in their order: that of the second when that of the
 * first is there, or was aborted and told of. */
TEST_C(cmdq, sync_signals_in_order)
{
	FX(f, 0);

	fx_poke(&f, FX_CMDQ + 0x00, SYNC_IRQ | UINT64_C(1) << 32);
	fx_poke(&f, FX_CMDQ + 0x08, FX_NOWHERE);
	fx_poke(&f, FX_CMDQ + 0x10, SYNC_IRQ | UINT64_C(2) << 32);
	fx_poke(&f, FX_CMDQ + 0x18, FX_MSI);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CMDQ_PROD, 4, 2);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &f.slot));
	sv3_smmu_step(f.smmu, f.slot, NULL, &f.need);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_MSI));
	EXPECT_EQ_U64(f.need.pa, FX_NOWHERE);
	/* The first is consumed and not answered: the second has to wait. */
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_CMDQ_CONS, 4), 1);
	EXPECT_FALSE(sv3_fast_drain(&f.fast));
	fx_answer(&f);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_GERROR, 4), 1u << 4);
	EXPECT_TRUE(sv3_fast_drain(&f.fast));
	EXPECT_EQ_U64(cons_index(&f), 2);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 2);
}
