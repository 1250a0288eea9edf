/* SPDX-License-Identifier: MIT */
/*
 * test_evtq.c - does the event queue keep chapter 7 of IHI 0070: what a record says, overflow,
 * interrupts, and what happens when records cannot be written?
 */
#include "tests/model/fx.h"

#define OVFLG (UINT64_C(1) << 31)

/* A queue of 2^@lg2 records, empty, at index 0. */
static void resize(struct fx *f, unsigned int lg2)
{
	fx_set_reg(f, SV3_REG_CR0, 0x9);
	f->evtq_lg2 = lg2;
	fx_set_reg64(f, SV3_REG_EVENTQ_BASE, FX_EVTQ | lg2);
	fx_set_reg(f, SV3_REG_EVENTQ_PROD, 0);
	fx_set_reg(f, SV3_REG_EVENTQ_CONS, 0);
	fx_set_reg(f, SV3_REG_CR0, 0xd);
}

/* An access to an unmapped page: one F_TRANSLATION record. */
static void fault(struct fx *f)
{
	fx_read(f, FX_IOVA);
	sv3_fast_drain(&f->fast);
}

/* [IHI0070 7.3.13] Every field of a record, and zero everywhere else. */
TEST_C(evtq, record_fields)
{
	FX(f, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA + 0x123, false);

	txn.instruction = true;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_TRANSLATION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f.event[0], 0x10 | (uint64_t)FX_SID << 32);
	/* PnU 33, InD 34, RnW 35, CLASS = IN 41:40 */
	EXPECT_EQ_U64(f.event[1], UINT64_C(7) << 33 | UINT64_C(2) << 40);
	EXPECT_EQ_U64(f.event[2], FX_IOVA + 0x123);
	EXPECT_EQ_U64(f.event[3], 0);

	/* A write is never an instruction. */
	txn.write = true;
	txn.privileged = false;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_TRANSLATION));
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f.event[1], UINT64_C(2) << 40);
}

TEST_C(evtq, record_is_one_per_transaction)
{
	FX(f, 0);

	fault(&f);
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_INT(fx_event(&f), 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->events_written, 1);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->faults, 1);
}

/* [IHI0070 7.4] A dropped record toggles OVFLG once; after the acknowledge it may toggle again. */
TEST_C(evtq, evtq_overflow)
{
	FX(f, 0);

	resize(&f, 1);
	fault(&f);
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 2); /* full: index 0, wrap 1 */
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 2 | OVFLG);
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 2 | OVFLG);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->events_dropped, 2);

	/* Room again, overflow not acknowledged: new records are written all the same. */
	fx_set_reg(&f, SV3_REG_EVENTQ_CONS, 1);
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 3 | OVFLG);

	/* All consumed and acknowledged. */
	fx_set_reg(&f, SV3_REG_EVENTQ_CONS, 3 | OVFLG);
	fault(&f);
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 1 | OVFLG);
	fault(&f); /* the second overflow toggles back */
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 1);
}

/* [IHI0070 7.4] With the queue off, records are lost and that is no overflow. */
TEST_C(evtq, evtq_overflow_not_when_disabled)
{
	FX(f, 0);

	fx_set_reg(&f, SV3_REG_CR0, 0x9);
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 0);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	EXPECT_EQ_INT(fx_event(&f), 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->events_dropped, 1);
}

/* [IHI0070 6.3.19] A record that cannot be written: EVENTQ_ABT_ERR, and no more records until the
 * ack. */
TEST_C(evtq, evtq_abort)
{
	FX(f, 0);

	fx_set_reg(&f, SV3_REG_CR0, 0x9);
	fx_set_reg64(&f, SV3_REG_EVENTQ_BASE, FX_NOWHERE | 4);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 1u << 2);
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 1u << 2);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD) & OVFLG, 0);
	EXPECT_TRUE(fx_sync(&f)); /* lost records do not block the command queue */

	fx_set_reg(&f, SV3_REG_CR0, 0x9);
	fx_set_reg64(&f, SV3_REG_EVENTQ_BASE, FX_EVTQ | f.evtq_lg2);
	fx_set_reg(&f, SV3_REG_EVENTQ_PROD, 0);
	fx_set_reg(&f, SV3_REG_EVENTQ_CONS, 0);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	fault(&f);
	EXPECT_EQ_INT(fx_event(&f), 0); /* still not acknowledged */
	fx_set_reg(&f, SV3_REG_GERRORN, 1u << 2);
	fault(&f);
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
}

/* [IHI0070 3.18] One interrupt each time the queue goes from empty to not empty. */
TEST_C(evtq, evtq_irq)
{
	FX(f, 0);

	fx_set_reg(&f, SV3_REG_IRQ_CTRL, 1u << 2);
	fault(&f);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_EVENTQ], 1);
	fault(&f);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_EVENTQ], 1);
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	fault(&f); /* two left: not empty in between */
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_EVENTQ], 1);
	while (fx_event(&f))
		;
	fault(&f);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_EVENTQ], 2);
}

TEST_C(evtq, evtq_irq_only_when_enabled)
{
	FX(f, 0);

	fault(&f);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_EVENTQ], 0);
}

/* With an address the interrupt is a 32-bit MSI, after the record and PROD. */
TEST_C(evtq, evtq_irq_msi)
{
	FX(f, 0);
	uint32_t job;
	bool written = false;

	fx_set_reg64(&f, SV3_REG_EVENTQ_IRQ_CFG0, FX_MSI + 4);
	fx_set_reg(&f, SV3_REG_EVENTQ_IRQ_CFG1, 0xabcd1234);
	fx_set_reg(&f, SV3_REG_IRQ_CTRL, 1u << 2);
	fx_read(&f, FX_IOVA);
	while (sv3_smmu_next_ready(f.smmu, &job)) {
		f.slot = job;
		sv3_smmu_step(f.smmu, job, NULL, &f.need);
		while (f.need.kind != SV3_NEED_DONE) {
			if (f.need.unit == SV3_UNIT_MSI) {
				written = true;
				EXPECT_EQ_U64(f.need.pa, FX_MSI + 4);
				EXPECT_EQ_U64(f.need.size, 4);
				EXPECT_EQ_U64(fx_peek(&f, FX_EVTQ) & 0xff, FX_F_TRANSLATION);
				EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_EVENTQ_PROD, 4), 1);
			}
			fx_answer(&f);
		}
	}
	EXPECT_TRUE(written);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), UINT64_C(0xabcd1234) << 32);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_EVENTQ], 0);
}

/* An MSI that aborts raises MSI_EVENTQ_ABT_ERR; that of GERROR itself raises no further
 * interrupt. */
TEST_C(evtq, evtq_irq_msi_abort)
{
	FX(f, 0);

	fx_set_reg64(&f, SV3_REG_EVENTQ_IRQ_CFG0, FX_NOWHERE);
	fx_set_reg64(&f, SV3_REG_GERROR_IRQ_CFG0, FX_NOWHERE);
	fx_set_reg(&f, SV3_REG_IRQ_CTRL, 1u << 2 | 1);
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 1u << 5 | 1u << 7);
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_FALSE(sv3_fast_drain(&f.fast));
}

/* An aborted MSI of GERROR is an error that interrupts no more: one write, and that is all. */
TEST_C(evtq, gerror_irq_msi_abort)
{
	FX(f, 0);
	unsigned int writes = 0;
	uint32_t job;

	fx_set_reg64(&f, SV3_REG_GERROR_IRQ_CFG0, FX_NOWHERE);
	fx_set_reg(&f, SV3_REG_IRQ_CTRL, 1);
	fx_poke(&f, FX_CMDQ, 0xff);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CMDQ_PROD, 4, 1);
	while (sv3_smmu_next_ready(f.smmu, &job)) {
		ASSERT_LT_U64(writes, 5);
		f.slot = job;
		sv3_smmu_step(f.smmu, job, NULL, &f.need);
		while (f.need.kind == SV3_NEED_READ || f.need.kind == SV3_NEED_WRITE) {
			writes += f.need.unit == SV3_UNIT_MSI;
			fx_answer(&f);
		}
	}
	EXPECT_EQ_U64(writes, 1);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 1 | 1u << 7);
}

/* EVENTQ_PROD and CONS are seen in page 0 as well. */
TEST_C(evtq, page_0_aliases)
{
	FX(f, 0);

	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD_P0), 1);
	fx_set_reg(&f, SV3_REG_EVENTQ_CONS_P0, 1);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_CONS), 1);
}

/* Many faulting transactions at once, none drained in between: each record arrives, in order. */
TEST_C(evtq, records_of_many_slots_arrive_in_order)
{
	FX(f, 0);
	unsigned int count = 12;

	for (unsigned int i = 0; i < count; i++)
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA + i * 0x1000), FX_FAULT(FX_F_TRANSLATION));
	for (unsigned int i = 0; i < count; i++) {
		ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
		EXPECT_EQ_U64(f.event[2], FX_IOVA + i * 0x1000);
	}
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* [IHI0070 3.5.1] More records than the queue holds: IMPDEF(I-011) it counts as full. */
TEST_C(evtq, inconsistent_indexes_are_full)
{
	FX(f, 0);

	resize(&f, 1);
	fx_set_reg(&f, SV3_REG_EVENTQ_CONS, 1); /* three behind PROD = 0 */
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 0 | OVFLG);
	EXPECT_EQ_U64(fx_peek(&f, FX_EVTQ), 0);
	fx_set_reg(&f, SV3_REG_EVENTQ_CONS, 0 | OVFLG);
	fault(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 1 | OVFLG);
}

/* [IHI0070 6.3.9.4, 6.3.16] EVENTQEN is acknowledged as 0 when the record being written is there;
 * the interrupt's enable when the interrupt is; and neither waits for the other. */
TEST_C(evtq, acknowledges_wait_for_what_is_out)
{
	FX(f, 0);
	struct sv3_smmu *smmu = f.smmu;

	fx_set_reg(&f, SV3_REG_IRQ_CTRL, 1u << 2);
	fx_read(&f, FX_IOVA);
	fx_read(&f, FX_IOVA + 0x1000);
	ASSERT_TRUE(sv3_smmu_next_ready(smmu, &f.slot));
	sv3_smmu_step(smmu, f.slot, NULL, &f.need);
	ASSERT_EQ_INT(f.need.unit, SV3_UNIT_EVTQ);
	sv3_smmu_reg_write(smmu, SV3_REG_IRQ_CTRL, 4, 0);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, SV3_REG_IRQ_CTRLACK, 4), 0);
	sv3_smmu_reg_write(smmu, SV3_REG_IRQ_CTRL, 4, 1u << 2);
	sv3_smmu_reg_write(smmu, SV3_REG_CR0, 4, 0x9);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, SV3_REG_CR0ACK, 4), 0xd);
	fx_answer(&f);
	EXPECT_EQ_INT(f.need.kind, SV3_NEED_DONE);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, SV3_REG_CR0ACK, 4), 0x9);
	EXPECT_EQ_U64(sv3_smmu_stats(smmu)->events_dropped, 1); /* the other record */
	ASSERT_TRUE(sv3_smmu_next_ready(smmu, &f.slot));
	sv3_smmu_step(smmu, f.slot, NULL, &f.need);
	ASSERT_EQ_INT(f.need.kind, SV3_NEED_IRQ);
	sv3_smmu_reg_write(smmu, SV3_REG_IRQ_CTRL, 4, 0);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, SV3_REG_IRQ_CTRLACK, 4), 1u << 2);
	fx_answer(&f);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, SV3_REG_IRQ_CTRLACK, 4), 0);
}
