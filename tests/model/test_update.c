/* SPDX-License-Identifier: MIT */
/*
 * test_update.c - does a change of CR0, IRQ_CTRL and GBPA take effect when IHI 0070 says it does:
 * after a delay, after what is in flight, and never by half?
 */
#include "tests/model/fx.h"

#include <stdlib.h>

#define CR0    0x20u
#define CR0ACK 0x24u
#define GBPA   0x44u

/* An SMMU in reset whose updates take @delay register accesses. */
#define FX_DELAY(name, delay, profile)                    \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	power_on(&name, delay, profile)

static void power_on(struct fx *f, uint32_t delay, const char *profile)
{
	struct sv3_smmu_config config;

	if (sv3_smmu_profile(profile, &config))
		abort();
	config.ack_delay = delay;
	fx_power_on(f, &config);
}

static uint64_t errors(const struct fx *f)
{
	return sv3_smmu_stats(f->smmu)->software_errors;
}

/* Poll CR0ACK, as a driver does. Returns: false: it never comes to say @value. */
static bool acknowledged(struct fx *f, uint64_t value)
{
	for (unsigned int i = 0; i < 100; i++)
		if (fx_reg(f, CR0ACK) == value)
			return true;
	return false;
}

/* [IHI0070 6.3.9] What is written reads back at once; N accesses later it is acknowledged. */
TEST_C(update, cr0_ack_after_the_delay)
{
	for (uint32_t delay = 0; delay < 5; delay++) {
		FX_DELAY(f, delay, "default");

		fx_set_reg(&f, CR0, 0xc);
		for (uint32_t i = 0; i < delay; i++)
			EXPECT_EQ_U64(fx_reg(&f, i % 2 ? CR0ACK : CR0), i % 2 ? 0 : 0xc);
		EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xc);
		EXPECT_EQ_U64(fx_reg(&f, CR0), 0xc);
	}
}

/* Any access counts: of another register, a write, and one that is illegal. */
TEST_C(update, cr0_ack_counts_every_access)
{
	FX_DELAY(f, 3, "default");

	fx_set_reg(&f, CR0, 0x8);
	fx_reg(&f, 0x0);
	fx_set_reg(&f, 0x98, 0);
	sv3_smmu_reg_read(f.smmu, 0x21, 4);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0x8);
}

/* A driver that does not wait for the acknowledge: its device goes untranslated. */
TEST_C(update, enable_has_no_effect_before_its_ack)
{
	FX_DELAY(f, 4, "default");

	fx_boot(&f, 0);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_IOVA);
		EXPECT_TRUE(f.result.flags & SV3_RESULT_BYPASS);
		EXPECT_EQ_U64(fx_reg(&f, CR0ACK) & 1, 0);
	}
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
}

/* Commands are not taken before CMDQEN is acknowledged, and not lost either. */
TEST_C(update, commands_wait_for_the_ack_of_cmdqen)
{
	FX_DELAY(f, 6, "default");

	f.cmdq_lg2 = 4;
	fx_set_reg64(&f, 0x90, FX_CMDQ | 4);
	fx_poke(&f, FX_CMDQ, FX_CMD_SYNC);
	fx_set_reg(&f, CR0, 0x8);
	fx_set_reg(&f, 0x98, 1);
	EXPECT_EQ_U64(fx_reg(&f, 0x9c), 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->sync, 0);
	ASSERT_TRUE(acknowledged(&f, 0x8));
	EXPECT_EQ_U64(fx_reg(&f, 0x9c), 1);
}

/* Other work that ends meanwhile does not bring the acknowledge forward. */
TEST_C(update, ack_is_not_brought_forward)
{
	FX_DELAY(f, 4, "default");

	fx_set_reg64(&f, 0x90, FX_CMDQ | 4);
	fx_poke(&f, FX_CMDQ, FX_CMD_SYNC);
	fx_set_reg(&f, CR0, 0x8);
	ASSERT_TRUE(acknowledged(&f, 0x8));
	fx_set_reg(&f, CR0, 0xc);
	fx_set_reg(&f, 0x98, 1); /* a command runs */
	EXPECT_EQ_U64(fx_reg(&f, 0x9c), 1);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0x8);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0x8);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xc);
}

/* Guards hold from the write of an enable until its clear is acknowledged. */
TEST_C(update, guards_hold_until_the_ack)
{
	FX_DELAY(f, 2, "default");

	fx_set_reg(&f, CR0, 0x1);
	fx_set_reg(&f, 0x88, 5); /* STRTAB_BASE_CFG: written, not acknowledged */
	EXPECT_EQ_U64(errors(&f), 1);
	ASSERT_TRUE(acknowledged(&f, 1));
	fx_set_reg(&f, CR0, 0);
	fx_set_reg(&f, 0x88, 5);
	EXPECT_EQ_U64(errors(&f), 2);
	ASSERT_TRUE(acknowledged(&f, 0));
	fx_set_reg(&f, 0x88, 5);
	EXPECT_EQ_U64(fx_reg(&f, 0x88), 5);
	EXPECT_EQ_U64(errors(&f), 2);
}

/* [IHI0070 6.3.9] A second change of a field before its acknowledge is ignored, and counted; other
 * fields are independent, and the same value again is no change. */
TEST_C(update, second_change_is_ignored)
{
	FX_DELAY(f, 8, "full");

	fx_set_reg(&f, CR0, 0x8 | 1u << 6); /* CMDQEN, VMW = 1 */
	fx_set_reg(&f, CR0, 0x8 | 1u << 6);
	fx_set_reg(&f, CR0, 0xc | 1u << 6); /* and EVENTQEN */
	EXPECT_EQ_U64(errors(&f), 0);
	fx_set_reg(&f, CR0, 0x4 | 1u << 6); /* CMDQEN again */
	EXPECT_EQ_U64(errors(&f), 1);
	fx_set_reg(&f, CR0, 0xc | 3u << 6); /* VMW: its other bits are the same field */
	EXPECT_EQ_U64(errors(&f), 2);
	EXPECT_EQ_U64(fx_reg(&f, CR0), 0xc | 1u << 6);
	ASSERT_TRUE(acknowledged(&f, 0xc | 1u << 6));
	EXPECT_EQ_U64(errors(&f), 2);
	fx_set_reg(&f, CR0, 0x4 | 2u << 6);
	EXPECT_EQ_U64(fx_reg(&f, CR0), 0x4 | 2u << 6);
	EXPECT_EQ_U64(errors(&f), 2);
}

TEST_C(update, irq_ctrl_ack_after_the_delay)
{
	FX_DELAY(f, 2, "full");

	fx_set_reg(&f, 0x50, 7);
	EXPECT_EQ_U64(fx_reg(&f, 0x54), 0);
	fx_set_reg(&f, 0x50, 3); /* ignored */
	EXPECT_EQ_U64(fx_reg(&f, 0x54), 7);
	EXPECT_EQ_U64(errors(&f), 1);
	EXPECT_EQ_U64(fx_reg(&f, 0x50), 7);
}

/* [IHI0070 6.3.14.1] The new value shows with Update = 1 and does nothing yet; writes meanwhile are
 * ignored; then it takes effect whole. */
TEST_C(update, gbpa_update_after_the_delay)
{
	const uint64_t update = UINT64_C(1) << 31, abort_bit = UINT64_C(1) << 20;
	FX_DELAY(f, 3, "default");

	fx_set_reg(&f, GBPA, update | abort_bit | 0x2000);
	EXPECT_EQ_U64(fx_reg(&f, GBPA), update | abort_bit | 0x2000);
	EXPECT_EQ_U64(fx_read(&f, 0x5000), 0x5000);
	fx_set_reg(&f, GBPA, update | 0x3000);
	EXPECT_EQ_U64(errors(&f), 1);
	EXPECT_EQ_U64(fx_reg(&f, GBPA), update | abort_bit | 0x2000);
	EXPECT_EQ_U64(fx_read(&f, 0x5000), FX_SILENT);
	EXPECT_EQ_U64(fx_reg(&f, GBPA), abort_bit | 0x2000);

	fx_set_reg(&f, GBPA, 0x1000); /* without Update */
	EXPECT_EQ_U64(fx_reg(&f, GBPA), abort_bit | 0x2000);
	EXPECT_EQ_U64(errors(&f), 2);
}

/* --- What is in flight --- */

/* [IHI0070 6.3.9.6] SMMUEN = 0 is acknowledged when the walks before it are over: they translate,
 * and what comes later does not. */
TEST_C(update, smmuen_off_waits_for_walks)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	fx_set_reg(&f, CR0, 0xc);
	EXPECT_EQ_U64(fx_reg(&f, CR0), 0xc);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xd);
	EXPECT_EQ_U64(fx_read(&f, 0x5000), 0x5000); /* new */
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xd);
	fx_set_reg64(&f, 0x80, FX_SCRATCH); /* still guarded */
	EXPECT_EQ_U64(fx_reg64(&f, 0x80), FX_STRTAB);

	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xc); /* done with tables; its access may still be out */
	fx_land(&f);
}

/* Likewise while configuration is fetched, and where the transaction ends in a fault. */
TEST_C(update, smmuen_off_waits_for_fetches)
{
	FX(f, FX_NO_CONFIG_CACHE);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_begin(&f, &txn);
	ASSERT_EQ_INT(f.need.unit, SV3_UNIT_STE);
	fx_set_reg(&f, CR0, 0xc);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xd);
	EXPECT_EQ_U64(fx_run(&f), FX_FAULT(FX_F_TRANSLATION));
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xc);
	fx_land(&f);
}

/* A transaction that has not looked at SMMUEN yet does not hold it up: it takes the new value. */
TEST_C(update, smmuen_off_does_not_wait_for_the_unbegun)
{
	FX(f, 0);
	struct sv3_txn txn = fx_txn(0x5000, false);
	uint32_t slot;

	ASSERT_TRUE(sv3_smmu_begin(f.smmu, &txn, &slot) == 0);
	fx_set_reg(&f, CR0, 0xc);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xc);
	f.slot = slot;
	sv3_smmu_step(f.smmu, slot, NULL, &f.need);
	EXPECT_EQ_U64(fx_run(&f), 0x5000);
	fx_land(&f);
}

/* The delay and the walk both: the later of them decides. */
TEST_C(update, smmuen_off_waits_for_delay_and_walk)
{
	FX_DELAY(f, 2, "default");
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_boot(&f, 0);
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	ASSERT_TRUE(acknowledged(&f, 0xd));
	fx_begin(&f, &txn);
	fx_set_reg(&f, CR0, 0xc);
	for (unsigned int i = 0; i < 5; i++)
		EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xd);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xc);
	fx_land(&f);

	fx_set_reg(&f, CR0, 0xd);
	ASSERT_TRUE(acknowledged(&f, 0xd));
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_begin(&f, &txn); /* a TLB hit: done at once */
	fx_set_reg(&f, CR0, 0xc);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xd);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xd);
	EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0xc);
	fx_run(&f);
	fx_land(&f);
}

/* [IHI0070 6.3.9.5, 6.3.9.6] SMMUEN = 0 takes the effective PRIQEN with it: a page request on its
 * way into memory is there first, and CR0ACK.PRIQEN follows PRIQEN alone. */
TEST_C(update, smmuen_off_waits_for_a_page_request)
{
	FX_DELAY(f, 0, "full");
	const struct sv3_page_request request = { .stream_id = FX_SID, .read = true };
	struct sv3_reply reply = { .status = SV3_BUS_OK };
	struct sv3_need need;
	uint32_t job;

	fx_set_reg64(&f, SV3_REG_PRIQ_BASE, FX_SCRATCH | 4);
	fx_set_reg(&f, CR0, 0x3);
	EXPECT_OK(sv3_smmu_page_request(f.smmu, &request));
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &need);
	ASSERT_EQ_INT(need.unit, SV3_UNIT_PRIQ);
	sv3_smmu_reg_write(f.smmu, CR0, 4, 0x2);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, CR0ACK, 4), 0x3);
	sv3_smmu_step(f.smmu, job, &reply, &need);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, CR0ACK, 4), 0x2);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_PRIQ_PROD, 4), 1);
	sv3_smmu_reg_write(f.smmu, SV3_REG_PRIQ_PROD, 4, 0); /* guarded by PRIQEN all the same */
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, SV3_REG_PRIQ_PROD, 4), 1);
}

/* An update under way is gone with a reset. */
TEST_C(update, reset_ends_updates)
{
	FX_DELAY(f, 9, "default");

	fx_set_reg(&f, CR0, 0xd);
	fx_set_reg(&f, GBPA, 0x80100000);
	sv3_smmu_reset(f.smmu);
	for (unsigned int i = 0; i < 20; i++)
		EXPECT_EQ_U64(fx_reg(&f, CR0ACK), 0);
	EXPECT_EQ_U64(fx_reg(&f, GBPA), 0x1000);
}

/* What answers TLB hits at once is shut with the write, not with the acknowledge. */
TEST_C(update, cleared_enable_shuts_the_fast_path_before_its_ack)
{
	FX_DELAY(f, 4, "default");
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	fx_boot(&f, 0);
	fx_map(&f, FX_IOVA, 3, FX_LEAF | FX_AP1);
	ASSERT_TRUE(acknowledged(&f, fx_reg(&f, CR0)));
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	ASSERT_OK(sv3_smmu_try(f.smmu, &txn, &f.result));
	EXPECT_EQ_U64(f.result.pa, FX_DATA);
	EXPECT_EQ_INT(f.result.flags, SV3_RESULT_TLB_HIT | SV3_RESULT_DIRTY_KNOWN);
	txn.write = false;
	ASSERT_OK(sv3_smmu_try(f.smmu, &txn, &f.result));
	EXPECT_EQ_INT(f.result.flags, SV3_RESULT_TLB_HIT);
	fx_set_reg(&f, CR0, 0xc);
	EXPECT_NE_U64(fx_reg(&f, CR0ACK), 0xc);
	EXPECT_EQ_INT(sv3_smmu_try(f.smmu, &txn, &f.result), -SV3_ERR_MISS);
}
