/* SPDX-License-Identifier: MIT */
/*
 * test_run_fast.c - does the untimed runner keep its docstrings: translate, hold, drain, register
 * port?
 *
 * The world is a small one: an SMMU that translates stream 0 by a 4 KiB-page table of one level-3
 * page, or that is off and passes addresses through.
 */
#include "ctest.h"

#include <stdlib.h>
#include <string.h>

#include <sv3/arch.h>
#include <sv3/sim.h>
#include <sv3/vmsa.h>

#define RAM    UINT64_C(0x40000000)
#define STRTAB (RAM + 0x1000)
#define CD     (RAM + 0x2000)
#define CMDQ   (RAM + 0x3000)
#define EVTQ   (RAM + 0x4000)
#define MSI    (RAM + 0x5000)
#define TABLES (RAM + 0x10000)
#define PAGE   UINT64_C(0x7000)

struct small {
	struct sv3_ram ram;
	struct sv3_bus bus;
	void *block;
	struct sv3_smmu *smmu;
	struct sv3_fast fast;
	struct sv3_regport port;
	uint32_t prod;
	uint64_t swap_count;
};

static void small_fini(struct small *s)
{
	sv3_ram_fini(&s->ram);
	free(s->block);
}

static void poke(struct small *s, sv3_pa pa, uint64_t value)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, value);
	if (sv3_bus_write(&s->bus, pa, bytes, 8))
		ctest_fail(__FILE__, __LINE__, "outside memory");
}

static uint64_t peek(struct small *s, sv3_pa pa)
{
	uint8_t bytes[8] = { 0 };

	if (sv3_bus_read(&s->bus, pa, bytes, 8))
		ctest_fail(__FILE__, __LINE__, "outside memory");
	return sv3_le64(bytes);
}

static void set_reg(struct small *s, uint32_t offset, uint64_t value)
{
	s->port.ops->write(s->port.context, offset, 4, value);
}

static void small_init(struct small *s, uint32_t slot_count)
{
	static const struct sv3_ram_region region = { .base = RAM, .size = 0x100000 };
	struct sv3_smmu_config config;
	size_t size;

	memset(s, 0, sizeof(*s));
	sv3_smmu_config_default(&config);
	config.slot_count = slot_count;
	size = (sv3_smmu_size(&config) + 63) & ~(size_t)63;
	s->block = aligned_alloc(64, size);
	if (!s->block || sv3_ram_init(&s->ram, &region, 1) ||
	    sv3_smmu_init(s->block, size, &config, &s->smmu))
		abort();
	s->bus = sv3_ram_bus(&s->ram);
	s->fast = (struct sv3_fast){ .smmu = s->smmu, .bus = s->bus };
	s->port = sv3_fast_regport(&s->fast);
}

#define SMALL(name, slots)                                      \
	__attribute__((cleanup(small_fini))) struct small name; \
	small_init(&name, slots)

/* Stream 0, stage 1, 4 KiB pages, 39-bit input; PAGE maps to itself, all else faults. */
static void small_boot(struct small *s)
{
	poke(s, STRTAB, SV3_STE0_V | SV3_PUT(SV3_STE0_CONFIG, SV3_STE_CONFIG_S1) | CD);
	poke(s, CD,
	     25 | SV3_CD0_EPD1 | SV3_CD0_V | SV3_PUT(SV3_CD0_IPS, 5) | SV3_CD0_AA64 | SV3_CD0_R |
		     SV3_CD0_A | SV3_CD0_HA | SV3_CD0_HD | SV3_PUT(SV3_CD0_ASID, 1));
	poke(s, CD + 8, TABLES);
	poke(s, TABLES, (TABLES + 0x1000) | 3);
	poke(s, TABLES + 0x1000, (TABLES + 0x2000) | 3);
	poke(s, TABLES + 0x2000 + PAGE / 4096 * 8,
	     PAGE | 3 | SV3_PTE_AF | SV3_PTE_NG | SV3_PTE_DBM | SV3_PTE_AP2_RDONLY);
	s->port.ops->write(s->port.context, SV3_REG_STRTAB_BASE, 8, STRTAB);
	set_reg(s, SV3_REG_STRTAB_BASE_CFG, 0);
	s->port.ops->write(s->port.context, SV3_REG_CMDQ_BASE, 8, CMDQ | 4);
	s->port.ops->write(s->port.context, SV3_REG_EVENTQ_BASE, 8, EVTQ | 4);
	set_reg(s, SV3_REG_CR0, SV3_CR0_CMDQEN | SV3_CR0_EVENTQEN | SV3_CR0_SMMUEN);
}

static void command(struct small *s, uint64_t word0, uint64_t word1)
{
	poke(s, CMDQ + s->prod * 16, word0);
	poke(s, CMDQ + s->prod * 16 + 8, word1);
	set_reg(s, SV3_REG_CMDQ_PROD, ++s->prod);
}

static uint64_t cons(struct small *s)
{
	return s->port.ops->read(s->port.context, SV3_REG_CMDQ_CONS, 4);
}

TEST_C(run_fast, translate_runs_a_walk_and_then_hits)
{
	SMALL(s, 2);
	const struct sv3_txn txn = { .iova = PAGE + 8, .write = true, .privileged = true };
	struct sv3_result result;

	small_boot(&s);
	for (unsigned int i = 0; i < 3; i++) {
		sv3_translate(&s.fast, &txn, &result);
		EXPECT_EQ_INT(result.outcome, SV3_OUTCOME_OK);
		EXPECT_EQ_U64(result.pa, PAGE + 8);
		EXPECT_EQ_U64(!!(result.flags & SV3_RESULT_TLB_HIT), i != 0);
	}
}

/* The slot is free again each time: more translations than slots. */
TEST_C(run_fast, translate_frees_its_slot)
{
	SMALL(s, 1);
	struct sv3_txn txn = { .privileged = true };
	struct sv3_result result;

	small_boot(&s);
	for (uint64_t i = 0; i < 50; i++) {
		txn.iova = (i % 9) * 4096;
		sv3_translate(&s.fast, &txn, &result);
		EXPECT_EQ_INT(result.outcome,
			      txn.iova == PAGE ? SV3_OUTCOME_OK : SV3_OUTCOME_ABORT);
	}
}

/* Faults that nobody drains fill up what the hardware keeps of them: the runner writes them out. */
TEST_C(run_fast, translate_drains_when_busy)
{
	SMALL(s, 1);
	const struct sv3_txn txn = { .iova = 0, .privileged = true };
	struct sv3_result result;
	struct sv3_smmu_stats stats;

	small_boot(&s);
	for (unsigned int i = 0; i < 12; i++)
		sv3_translate(&s.fast, &txn, &result);
	sv3_fast_drain(&s.fast);
	stats = *sv3_smmu_stats(s.smmu);
	EXPECT_EQ_U64(stats.faults, 12);
	EXPECT_EQ_U64(stats.events_written, 12);
	EXPECT_EQ_U64(stats.events_dropped, 0);
}

TEST_C(run_fast, hold_keeps_sync_waiting)
{
	SMALL(s, 2);
	const struct sv3_txn txn = { .iova = PAGE, .write = true, .privileged = true };
	struct sv3_result result;
	uint32_t slot;

	small_boot(&s);
	ASSERT_OK(sv3_translate_hold(&s.fast, &txn, &slot, &result));
	EXPECT_EQ_INT(result.outcome, SV3_OUTCOME_OK);
	command(&s, 0x10, 0); /* TLBI_NH_ALL */
	command(&s, 0x46, 0); /* SYNC */
	EXPECT_EQ_U64(cons(&s), 1);
	EXPECT_FALSE(s.port.ops->poll(s.port.context)); /* nothing can move it but the holder */
	sv3_smmu_finish(s.smmu, slot);
	EXPECT_TRUE(s.port.ops->poll(s.port.context));
	EXPECT_EQ_U64(cons(&s), 2);
	EXPECT_FALSE(s.port.ops->poll(s.port.context));
}

/* All slots held: no slot, and that is said instead of waiting. A TLB hit needs none. */
TEST_C(run_fast, hold_says_busy)
{
	SMALL(s, 2);
	const struct sv3_txn txn = { .iova = PAGE, .privileged = true };
	struct sv3_result result;
	uint32_t slots[3];

	small_boot(&s);
	ASSERT_OK(sv3_translate_hold(&s.fast, &txn, &slots[0], &result));
	ASSERT_OK(sv3_translate_hold(&s.fast, &txn, &slots[1], &result));
	EXPECT_NE_U64(slots[0], slots[1]);
	EXPECT_EQ_INT(sv3_translate_hold(&s.fast, &txn, &slots[2], &result), -SV3_ERR_BUSY);
	sv3_translate(&s.fast, &txn, &result);
	EXPECT_EQ_INT(result.outcome, SV3_OUTCOME_OK);
	sv3_smmu_finish(s.smmu, slots[0]);
	EXPECT_OK(sv3_translate_hold(&s.fast, &txn, &slots[2], &result));
	sv3_smmu_finish(s.smmu, slots[1]);
	sv3_smmu_finish(s.smmu, slots[2]);
}

/* The record of a fault, then the signal of the SYNC behind it: never the other way round. */
TEST_C(run_fast, drain_writes_records_before_a_sync_signals)
{
	SMALL(s, 2);
	const struct sv3_txn txn = { .iova = 0, .privileged = true };
	struct sv3_result result;

	small_boot(&s);
	sv3_translate(&s.fast, &txn, &result);
	EXPECT_EQ_U64(peek(&s, EVTQ), 0);
	command(&s, 0x46 | 1u << 12 | UINT64_C(0x55) << 32, MSI);
	EXPECT_EQ_U64(cons(&s), 1);
	EXPECT_EQ_U64(peek(&s, EVTQ) & 0xff, 0x10);
	EXPECT_EQ_U64(peek(&s, MSI), 0x55);
	EXPECT_FALSE(sv3_fast_drain(&s.fast));
}

/* A read of a register shows what the jobs have done by then. */
TEST_C(run_fast, port_read_drains_first)
{
	SMALL(s, 2);
	const struct sv3_txn txn = { .iova = 0, .privileged = true };
	struct sv3_result result;

	small_boot(&s);
	sv3_translate(&s.fast, &txn, &result);
	EXPECT_EQ_U64(s.port.ops->read(s.port.context, SV3_REG_EVENTQ_PROD, 4), 1);
}

/* Interrupts and events are counted by source. */
TEST_C(run_fast, interrupts_are_counted)
{
	SMALL(s, 2);
	const struct sv3_txn txn = { .iova = 0, .privileged = true };
	struct sv3_result result;

	small_boot(&s);
	set_reg(&s, SV3_REG_IRQ_CTRL, SV3_IRQ_CTRL_EVENTQ | SV3_IRQ_CTRL_GERROR);
	sv3_translate(&s.fast, &txn, &result);
	sv3_fast_drain(&s.fast);
	EXPECT_EQ_U64(s.fast.irq_count[SV3_IRQ_EVENTQ], 1);
	EXPECT_EQ_U64(s.fast.irq_count[SV3_IRQ_GERROR], 0);
	command(&s, 0xff, 0);
	EXPECT_EQ_U64(s.fast.irq_count[SV3_IRQ_GERROR], 1);
	EXPECT_EQ_U64(s.fast.irq_count[SV3_IRQ_EVENTQ], 1);
}

/* --- software that spins --- */

/* The MSI of a SYNC that waits for a held access: once that is over, only a poll brings it. */
TEST_C(run_fast, poll_brings_what_a_driver_spins_on_in_memory)
{
	SMALL(s, 2);
	const struct sv3_txn txn = { .iova = PAGE, .write = true, .privileged = true };
	struct sv3_result result;
	uint32_t slot;

	small_boot(&s);
	ASSERT_OK(sv3_translate_hold(&s.fast, &txn, &slot, &result));
	command(&s, 0x10, 0);
	command(&s, 0x46 | 1u << 12 | UINT64_C(0x55) << 32, MSI);
	EXPECT_FALSE(sv3_sim_poll(&s.port));
	EXPECT_EQ_U64(peek(&s, MSI), 0);
	sv3_smmu_finish(s.smmu, slot);
	while (peek(&s, MSI) != 0x55)
		ASSERT_TRUE(sv3_sim_poll(&s.port));
	EXPECT_FALSE(sv3_sim_poll(&s.port));
}

/* --- memory that never holds still --- */

static enum sv3_bus_status cas_of_another(void *context, sv3_pa pa, uint64_t expect,
					  uint64_t desired, uint64_t *old)
{
	struct small *s = (struct small *)context;

	(void)expect;
	(void)desired;
	s->swap_count++;
	*old = peek(s, pa) ^ SV3_PTE_AF;
	return SV3_BUS_OK;
}

static enum sv3_bus_status read_below(void *context, sv3_pa pa, void *data, uint32_t size)
{
	return sv3_bus_read(&((struct small *)context)->bus, pa, data, size);
}

static enum sv3_bus_status write_below(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	return sv3_bus_write(&((struct small *)context)->bus, pa, data, size);
}

TEST_C(run_fast, a_descriptor_that_changes_under_every_update_ends_as_a_walk_abort)
{
	static const struct sv3_bus_ops ops = {
		.read = read_below,
		.write = write_below,
		.cas64 = cas_of_another,
	};
	SMALL(s, 2);
	const struct sv3_txn txn = { .iova = PAGE, .write = true, .privileged = true };
	struct sv3_result result;

	small_boot(&s);
	s.fast.bus = (struct sv3_bus){ &ops, &s };
	EXPECT_OK(sv3_translate(&s.fast, &txn, &result));
	EXPECT_EQ_INT(result.outcome, SV3_OUTCOME_ABORT);
	EXPECT_EQ_U64(result.event, SV3_EVENT_F_WALK_EABT);
	EXPECT_EQ_U64(s.swap_count, SV3_FAST_RETRIES_MAX + 1);
}
