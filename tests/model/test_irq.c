/* SPDX-License-Identifier: MIT */
/*
 * test_irq.c - is each global error raised, signalled and acknowledged as chapter 7 of IHI 0070
 * says, and does an interrupt leave when and where it should?
 */
#include "tests/model/fx.h"

#define GERROR   0x60u
#define GERRORN  0x64u
#define IRQ_CTRL 0x50u
#define IRQ_ACK  0x54u

/* --- How each error comes about --- */

static void bad_command(struct fx *f)
{
	fx_cmd(f, 0xff, 0);
	/* The queue goes on after the acknowledge. */
	fx_poke(f, FX_CMDQ + (fx_reg(f, SV3_REG_CMDQ_CONS) & 63) * 16, FX_CMD_SYNC);
}

static void event(struct fx *f)
{
	fx_read(f, FX_IOVA);
	sv3_fast_drain(&f->fast);
}

static void sync_msi(struct fx *f)
{
	fx_cmd(f, FX_CMD_SYNC | 1u << 12, FX_NOWHERE);
}

/* A queue that is nowhere. */
static void lose_events(struct fx *f)
{
	fx_set_reg(f, SV3_REG_CR0, 0x9);
	fx_set_reg64(f, SV3_REG_EVENTQ_BASE, FX_NOWHERE | 4);
	fx_set_reg(f, SV3_REG_CR0, 0xd);
}

static void lose_event_msis(struct fx *f)
{
	fx_set_reg64(f, SV3_REG_EVENTQ_IRQ_CFG0, FX_NOWHERE);
}

static void event_and_take_it(struct fx *f)
{
	event(f);
	EXPECT_EQ_INT(fx_event(f), FX_F_TRANSLATION);
}

static void page_request(struct fx *f)
{
	const struct sv3_page_request request = { .stream_id = FX_SID, .read = true };

	EXPECT_OK(sv3_smmu_page_request(f->smmu, &request));
	sv3_fast_drain(&f->fast);
}

static void lose_page_requests(struct fx *f)
{
	fx_set_reg(f, SV3_REG_CR0, 0xd);
	fx_set_reg64(f, SV3_REG_PRIQ_BASE, FX_NOWHERE | 4);
	fx_set_reg(f, SV3_REG_CR0, 0xf);
}

static void lose_page_request_msis(struct fx *f)
{
	fx_set_reg64(f, SV3_REG_PRIQ_IRQ_CFG0, FX_NOWHERE);
}

static void page_request_and_take_it(struct fx *f)
{
	page_request(f);
	fx_set_reg(f, SV3_REG_PRIQ_CONS, fx_reg(f, SV3_REG_PRIQ_PROD));
}

static const struct {
	const char *name;
	uint64_t bit;
	void (*prepare)(struct fx *);
	void (*provoke)(struct fx *);
} causes[] = {
	{ "CMDQ_ERR", 1u << 0, NULL, bad_command },
	{ "EVENTQ_ABT_ERR", 1u << 2, lose_events, event },
	{ "PRIQ_ABT_ERR", 1u << 3, lose_page_requests, page_request },
	{ "MSI_CMDQ_ABT_ERR", 1u << 4, NULL, sync_msi },
	{ "MSI_EVENTQ_ABT_ERR", 1u << 5, lose_event_msis, event_and_take_it },
	{ "MSI_PRIQ_ABT_ERR", 1u << 6, lose_page_request_msis, page_request_and_take_it },
};

#define CAUSE_COUNT (sizeof(causes) / sizeof(causes[0]))

/* With a PRI queue of 16 entries. */
static void prepare(struct fx *f, unsigned int cause)
{
	struct sv3_smmu_config config;

	fx_config(&config, 0);
	config.idr0 |= 1u << 10 | 1u << 16; /* ATS, PRI */
	config.idr1 |= 4u << 11;            /* PRIQS */
	fx_power_on(f, &config);
	fx_boot(f, 0);
	fx_set_reg64(f, SV3_REG_PRIQ_BASE, FX_SCRATCH | 4);
	fx_set_reg(f, SV3_REG_CR0, 0xf);
	if (causes[cause].prepare)
		causes[cause].prepare(f);
}

#define FX_CAUSE(name, cause)                             \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	prepare(&name, cause)

static uint64_t active(struct fx *f)
{
	return fx_reg(f, GERROR) ^ fx_reg(f, GERRORN);
}

/* [IHI0070 7.5] An error toggles its bit alone, once until it is acknowledged, and interrupts each
 * time that it becomes active. */
TEST_C(irq, every_gerror_toggles_and_interrupts)
{
	for (unsigned int i = 0; i < CAUSE_COUNT; i++) {
		FX_CAUSE(f, i);

		fx_set_reg(&f, IRQ_CTRL, 7);
		for (unsigned int round = 0; round < 3; round++) {
			uint64_t expected = round % 2 ? 0 : causes[i].bit;

			causes[i].provoke(&f);
			if (fx_reg(&f, GERROR) != expected || active(&f) != causes[i].bit)
				FAIL_C("%s, round %u: GERROR is %#llx", causes[i].name, round,
				       (unsigned long long)fx_reg(&f, GERROR));
			if (f.fast.irq_count[SV3_IRQ_GERROR] != round + 1)
				FAIL_C("%s, round %u: %llu interrupts", causes[i].name, round,
				       (unsigned long long)f.fast.irq_count[SV3_IRQ_GERROR]);
			fx_set_reg(&f, GERRORN, expected);
			EXPECT_EQ_U64(active(&f), 0);
		}
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->software_errors, 0);
	}
}

/* [IHI0070 6.3.16] An error from before the enable does not interrupt after it. */
TEST_C(irq, gerror_before_the_enable_does_not_interrupt)
{
	for (unsigned int i = 0; i < CAUSE_COUNT; i++) {
		FX_CAUSE(f, i);

		fx_set_reg(&f, IRQ_CTRL, 6); /* the queues' alone */
		causes[i].provoke(&f);
		EXPECT_EQ_U64(active(&f), causes[i].bit);
		fx_set_reg(&f, IRQ_CTRL, 7);
		sv3_fast_drain(&f.fast);
		if (f.fast.irq_count[SV3_IRQ_GERROR] != 0)
			FAIL_C("%s interrupts late", causes[i].name);
	}
}

/* Errors are independent: acknowledging one leaves the other active, and one that is active does
 * not keep another from interrupting. */
TEST_C(irq, gerrors_are_independent)
{
	FX(f, 0);

	lose_events(&f);
	fx_set_reg(&f, IRQ_CTRL, 1);
	sync_msi(&f);
	event(&f);
	EXPECT_EQ_U64(active(&f), 1u << 4 | 1u << 2);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_GERROR], 2);
	fx_set_reg(&f, GERRORN, 1u << 4);
	EXPECT_EQ_U64(active(&f), 1u << 2);
	fx_set_reg(&f, GERRORN, 1u << 4 | 1u << 2);
	EXPECT_EQ_U64(active(&f), 0);
}

/* [IHI0070 7.5.1] A GERROR MSI that aborts is an error that does not interrupt. */
TEST_C(irq, failed_gerror_msi_does_not_interrupt)
{
	FX(f, 0);

	fx_set_reg64(&f, SV3_REG_GERROR_IRQ_CFG0, FX_NOWHERE);
	fx_set_reg(&f, IRQ_CTRL, 1);
	sync_msi(&f);
	EXPECT_EQ_U64(active(&f), 1u << 7 | 1u << 4);
	EXPECT_FALSE(sv3_fast_drain(&f.fast));
	fx_set_reg(&f, GERRORN, 1u << 7 | 1u << 4);
	sync_msi(&f);
	EXPECT_EQ_U64(fx_reg(&f, GERROR), 0);
	EXPECT_EQ_U64(active(&f), 1u << 7 | 1u << 4);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_GERROR], 0);
}

/* --- MSIs --- */

/* [IHI0070 6.3.21] The address without its lowest bits, 32 bits of data, low byte first, nothing
 * beside; above OAS the address is cut. */
TEST_C(irq, gerror_msi_writes_its_data)
{
	FX(f, 0);

	fx_poke(&f, FX_MSI + 0x18, UINT64_MAX);
	fx_set_reg64(&f, SV3_REG_GERROR_IRQ_CFG0,
		     UINT64_C(0x00ff000000000000) | (FX_MSI + 0x18 + 3));
	fx_set_reg(&f, SV3_REG_GERROR_IRQ_CFG1, 0x04030201);
	fx_set_reg(&f, IRQ_CTRL, 1);
	fx_cmd(&f, 0xff, 0);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI + 0x18), UINT64_C(0xffffffff04030201));
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_GERROR], 0);
}

/* [IHI0070 6.3.1 MSI] Without MSIs there are wires alone. */
TEST_C(irq, no_msi_no_configuration)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;

	fx_config(&config, 0);
	config.idr0 &= ~(1u << 13);
	fx_power_on(&f, &config);
	fx_boot(&f, 0);
	fx_set_reg64(&f, SV3_REG_GERROR_IRQ_CFG0, FX_MSI);
	fx_set_reg(&f, IRQ_CTRL, 5);
	fx_cmd(&f, 0xff, 0);
	event(&f);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_GERROR], 1);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_EVENTQ], 1);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI), 0);
}

/* [IHI0070 3.18.1, 6.3.16] GERROR_IRQEN = 0 is acknowledged when the MSI that is out has arrived;
 * and one that was due and not out stays away. */
TEST_C(irq, gerror_irqen_off_waits_for_the_msi)
{
	FX(f, 0);
	struct sv3_reply reply = { .status = SV3_BUS_OK };
	struct sv3_need need;
	uint32_t job;

	fx_set_reg64(&f, SV3_REG_GERROR_IRQ_CFG0, FX_MSI);
	fx_set_reg(&f, IRQ_CTRL, 1);
	fx_poke(&f, FX_CMDQ, 0xff);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CMDQ_PROD, 4, 1);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &need);
	reply.data[0] = 0xff; /* the command */
	sv3_smmu_step(f.smmu, job, &reply, &need);
	ASSERT_EQ_INT(need.kind, SV3_NEED_DONE);

	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &need);
	ASSERT_EQ_INT(need.kind, SV3_NEED_WRITE);
	ASSERT_EQ_INT(need.unit, SV3_UNIT_MSI);
	sv3_smmu_reg_write(f.smmu, IRQ_CTRL, 4, 0);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, IRQ_ACK, 4), 1);
	sv3_smmu_step(f.smmu, job, &reply, &need);
	ASSERT_EQ_INT(need.kind, SV3_NEED_DONE);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, IRQ_ACK, 4), 0);
}

TEST_C(irq, gerror_interrupt_due_is_dropped_by_the_disable)
{
	FX(f, 0);
	struct sv3_reply reply = { .status = SV3_BUS_OK, .data = { 0xff } };
	struct sv3_need need;
	uint32_t job;

	fx_set_reg(&f, IRQ_CTRL, 1);
	sv3_smmu_reg_write(f.smmu, SV3_REG_CMDQ_PROD, 4, 1);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &need);
	sv3_smmu_step(f.smmu, job, &reply, &need);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_reg_write(f.smmu, IRQ_CTRL, 4, 0);
	sv3_smmu_step(f.smmu, job, NULL, &need);
	EXPECT_EQ_INT(need.kind, SV3_NEED_DONE);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, IRQ_ACK, 4), 0);
	EXPECT_FALSE(sv3_smmu_next_ready(f.smmu, &job));
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_GERROR], 0);
}
