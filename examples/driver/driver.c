/* SPDX-License-Identifier: MIT */
/*
 * driver.c - a small driver for the SMMUv3: one table of 4 KiB pages, whose dirty state is kept by
 * hardware.
 *
 * It uses nothing of sv3 but names of bits (arch.h, vmsa.h) and the two accessors: the bus, which
 * is memory, and the register port. Put your own functions in their place; each access through an
 * accessor is a place where the explorer may let others go first.
 */
#include "driver.h"

#include <sv3/arch.h>
#include <sv3/vmsa.h>

#include <string.h>

enum { ASID = 5, PAGE_BYTES = 4096, BLOCK_BYTES = 2 << 20, QUEUE_INDEX = 0x1f };

struct state {
	struct sv3_explore_setup hw;
	sv3_pa root, next_table;
	uint32_t prod;    /* index and wrap bit */
	uint32_t pending; /* commands since the last CMD_SYNC */
	bool no_tlbi;
};

/* The first error ends a function. */
#define TRY(call)                       \
	do {                            \
		const int rc_ = (call); \
		if (rc_ < 0)            \
			return rc_;     \
	} while (0)

/* --- the accessors --- */

static uint64_t load(const struct state *s, sv3_pa pa)
{
	uint8_t bytes[8] = { 0 };

	(void)sv3_bus_read(&s->hw.bus, pa, bytes, sizeof(bytes));
	return sv3_le64(bytes);
}

static void store(const struct state *s, sv3_pa pa, uint64_t value)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, value);
	(void)sv3_bus_write(&s->hw.bus, pa, bytes, sizeof(bytes));
}

static uint64_t reg_read(const struct state *s, uint32_t offset, uint32_t size)
{
	return s->hw.regs[0].ops->read(s->hw.regs[0].context, offset, size);
}

static void reg_write(const struct state *s, uint32_t offset, uint32_t size, uint64_t value)
{
	s->hw.regs[0].ops->write(s->hw.regs[0].context, offset, size, value);
}

/* Waits until a register reads @value under @mask. A loop that spins must say so by poll(). */
static int reg_wait(const struct state *s, uint32_t offset, uint64_t mask, uint64_t value)
{
	while ((reg_read(s, offset, 4) & mask) != value)
		if (!s->hw.regs[0].ops->poll(s->hw.regs[0].context))
			return -SV3_ERR_TIMEOUT;
	return 0;
}

/* --- commands --- */

static void put_command(struct state *s, uint64_t word0, uint64_t word1)
{
	const uint32_t size = UINT32_C(1) << s->hw.queue_lg2;
	const sv3_pa pa = s->hw.cmdqs[0] + 16 * (s->prod & (size - 1));

	store(s, pa, word0);
	store(s, pa + 8, word1);
	s->prod = (s->prod + 1) & (2 * size - 1);
	s->pending++;
}

/* What was put before is done when this returns: all that is in flight by old entries, too. */
static int sync(struct state *s)
{
	put_command(s, SV3_CMD_SYNC, 0);
	s->pending = 0;
	reg_write(s, SV3_REG_CMDQ_PROD, 4, s->prod);
	return reg_wait(s, SV3_REG_CMDQ_CONS, QUEUE_INDEX, s->prod);
}

static int command(struct state *s, uint64_t word0, uint64_t word1)
{
	/* The last place of the queue is for a CMD_SYNC. */
	if (s->pending + 1 == UINT32_C(1) << s->hw.queue_lg2)
		TRY(sync(s));
	put_command(s, word0, word1);
	return 0;
}

static int invalidate_page(struct state *s, sv3_iova iova)
{
	if (s->no_tlbi)
		return 0;
	return command(s, SV3_CMD_TLBI_NH_VA | SV3_PUT(SV3_CMD0_TLBI_ASID, ASID),
		       iova | SV3_CMD1_TLBI_LEAF);
}

static int flush(void *state)
{
	struct state *s = (struct state *)state;

	TRY(command(s, SV3_CMD_CFGI_STE_RANGE, 31));
	TRY(command(s, SV3_CMD_TLBI_NSNH_ALL, 0));
	return sync(s);
}

/* --- the table: level 2 at the root, level 3 below --- */

/* Where the descriptor of a page stands; 0: there is no table. */
static sv3_pa leaf_at(const struct state *s, sv3_iova iova)
{
	const uint64_t entry = load(s, s->root + 8 * (iova / BLOCK_BYTES));

	if (!(entry & SV3_PTE_VALID))
		return 0;
	return (entry & SV3_BITS(47, 12)) + 8 * (iova / PAGE_BYTES % 512);
}

static int map(void *state, sv3_iova iova, sv3_pa pa, uint64_t len, uint32_t leaf_lg2)
{
	struct state *s = (struct state *)state;
	const uint64_t bits = SV3_PTE_VALID | SV3_PTE_TABLE | SV3_PTE_AP1_UNPRIV |
			      SV3_PTE_AP2_RDONLY | SV3_PTE_SH | SV3_PTE_AF | SV3_PTE_NG |
			      SV3_PTE_DBM;

	(void)leaf_lg2; /* always pages */
	for (uint64_t at = 0; at < len; at += PAGE_BYTES) {
		sv3_pa leaf = leaf_at(s, iova + at);

		if (!leaf) {
			if (s->next_table + PAGE_BYTES > s->hw.tables_end)
				return -SV3_ERR_NOMEM;
			store(s, s->root + 8 * ((iova + at) / BLOCK_BYTES),
			      s->next_table | SV3_PTE_VALID | SV3_PTE_TABLE);
			s->next_table += PAGE_BYTES;
			leaf = leaf_at(s, iova + at);
		}
		store(s, leaf, (pa + at) | bits);
	}
	return 0;
}

static int scan(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	const struct state *s = (const struct state *)state;

	*dirty = 0;
	for (uint64_t page = 0; page < len / PAGE_BYTES && page < 64; page++) {
		const sv3_pa leaf = leaf_at(s, iova + PAGE_BYTES * page);

		if (leaf && sv3_pte_is_writable_dirty(load(s, leaf)))
			*dirty |= UINT64_C(1) << page;
	}
	return 0;
}

static int clear_page(struct state *s, sv3_iova iova)
{
	const sv3_pa leaf = leaf_at(s, iova);
	uint64_t old, expect = leaf ? load(s, leaf) : 0;

	/* Hardware writes descriptors, too: only what is still as it was read may be replaced. */
	while (sv3_pte_is_writable_dirty(expect)) {
		if (sv3_bus_cas64(&s->hw.bus, leaf, expect, expect | SV3_PTE_AP2_RDONLY, &old) !=
		    SV3_BUS_OK)
			return -SV3_ERR_BUS;
		if (old == expect)
			return invalidate_page(s, iova);
		expect = old;
	}
	return 0;
}

static int clear(void *state, sv3_iova iova, uint64_t len, uint64_t dirty)
{
	struct state *s = (struct state *)state;

	for (uint64_t page = 0; page < len / PAGE_BYTES && page < 64; page++)
		if (dirty >> page & 1)
			TRY(clear_page(s, iova + PAGE_BYTES * page));
	return sync(s);
}

static int collect(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	TRY(scan(state, iova, len, dirty));
	return clear(state, iova, len, *dirty);
}

/* --- boot --- */

/* STE and CD of a device. [IHI0070 5.2, 5.4] */
static void make_stream(const struct state *s, uint32_t device)
{
	const sv3_pa cd = s->hw.cds + 64 * device;
	const sv3_pa ste = s->hw.strtabs[0] + 64 * s->hw.stream_ids[device];

	store(s, cd + 8, s->root);
	store(s, cd + 24, 0xff); /* MAIR: Normal, write-back */
	store(s, cd,
	      SV3_CD0_V | SV3_CD0_AA64 | SV3_CD0_ASET | SV3_CD0_HA | SV3_CD0_HD | SV3_CD0_R |
		      SV3_CD0_A | SV3_CD0_EPD1 | SV3_PUT(SV3_CD0_T0SZ, 34) |
		      SV3_PUT(SV3_CD0_IR0, 1) | SV3_PUT(SV3_CD0_OR0, 1) | SV3_PUT(SV3_CD0_SH0, 3) |
		      SV3_PUT(SV3_CD0_IPS, 5) | SV3_PUT(SV3_CD0_ASID, ASID));
	store(s, ste + 8,
	      SV3_PUT(SV3_STE1_S1DSS, SV3_STE_S1DSS_SSID0) | SV3_PUT(SV3_STE1_SHCFG, 1));
	store(s, ste, SV3_STE0_V | SV3_PUT(SV3_STE0_CONFIG, SV3_STE_CONFIG_S1) | cd);
}

static int attach(void *state, const struct sv3_explore_setup *setup)
{
	struct state *s = (struct state *)state;

	/* What a skeleton leaves out; scenarios that ask for it are not for this driver. */
	if (setup->smmu_count > 1 || setup->ats || setup->stall || setup->starts_off ||
	    setup->is_global || setup->input_size_lg2 > 30 || setup->groups || setup->own_bits ||
	    setup->may_fail || setup->is_shared || setup->bus.ops->maintain)
		return -SV3_ERR_NOENT;
	*s = (struct state){ .hw = *setup,
			     .root = setup->tables,
			     .next_table = setup->tables + PAGE_BYTES,
			     .no_tlbi = setup->bug && strcmp(setup->bug, DRIVER_NO_TLBI) == 0 };
	for (uint32_t i = 0; i < setup->device_count; i++)
		make_stream(s, i);
	reg_write(s, SV3_REG_STRTAB_BASE, 8, setup->strtabs[0]);
	reg_write(s, SV3_REG_STRTAB_BASE_CFG, 4, 4); /* linear, 16 STEs */
	reg_write(s, SV3_REG_CMDQ_BASE, 8, setup->cmdqs[0] | setup->queue_lg2);
	reg_write(s, SV3_REG_EVENTQ_BASE, 8, setup->eventqs[0] | 4);
	reg_write(s, SV3_REG_CR0, 4, SV3_CR0_CMDQEN | SV3_CR0_EVENTQEN);
	TRY(reg_wait(s, SV3_REG_CR0ACK, SV3_CR0_CMDQEN, SV3_CR0_CMDQEN));
	TRY(flush(s));
	reg_write(s, SV3_REG_CR0, 4, SV3_CR0_CMDQEN | SV3_CR0_EVENTQEN | SV3_CR0_SMMUEN);
	return reg_wait(s, SV3_REG_CR0ACK, SV3_CR0_SMMUEN, SV3_CR0_SMMUEN);
}

const struct sv3_explore_driver skeleton_driver = {
	.name = "skeleton",
	.about = "one table of 4 KiB pages",
	.state_bytes = sizeof(struct state),
	.attach = attach,
	.map = map,
	.scan = scan,
	.clear = clear,
	.collect = collect,
	.flush = flush,
};
