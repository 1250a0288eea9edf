/* SPDX-License-Identifier: MIT */
/*
 * machine.c - an SMMU that can be copied with all that belongs to it: the block of the hardware has
 * no pointers, memory is an array beside it, and what software holds is bound anew after a copy. So
 * every schedule of device and driver can be tried from the same instant.
 */
#include <string.h>

#include <sv3/arch.h>
#include <sv3/smmu.h>
#include <sv3/vmsa.h>

#include "experiments_priv.h"

/* Where things stand. */
#define RAM_BASE        UINT64_C(0x40000000)
#define STRTAB_BASE     RAM_BASE
#define STRTAB_LOG2SIZE 2u
#define CD_BASE         (RAM_BASE + 0x400)
#define CMDQ_BASE       (RAM_BASE + 0x800)
#define CMDQ_LOG2SIZE   5u
#define TABLES_BASE     (RAM_BASE + 0x1000)
#define DATA_BASE       (RAM_BASE + 0x4000)
#define IOVA_BASE       UINT64_C(0x1000000)

#define STREAM_ID 1u
#define ASID      1u
/* Inner and outer write-back, inner shareable. [IHI0070 6.3.11] */
#define ATTR_WB_ISH 0x35u

/* --- memory --- */

static uint8_t *bytes_at(void *context, sv3_pa pa, uint32_t size)
{
	struct sv3__machine *machine = (struct sv3__machine *)context;
	const uint64_t offset = pa - RAM_BASE;

	if (pa < RAM_BASE || offset > sizeof(machine->ram) || size > sizeof(machine->ram) - offset)
		return NULL;
	return machine->ram + offset;
}

static enum sv3_bus_status ram_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	const uint8_t *bytes = bytes_at(context, pa, size);

	if (!bytes)
		return SV3_BUS_ABORT;
	memcpy(data, bytes, size);
	return SV3_BUS_OK;
}

static enum sv3_bus_status ram_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	uint8_t *bytes = bytes_at(context, pa, size);

	if (!bytes)
		return SV3_BUS_ABORT;
	memcpy(bytes, data, size);
	return SV3_BUS_OK;
}

static enum sv3_bus_status ram_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				     uint64_t *old)
{
	uint8_t *bytes = bytes_at(context, pa, 8);

	if (!bytes || pa % 8)
		return SV3_BUS_ABORT;
	*old = sv3_le64(bytes);
	if (*old == expect)
		sv3_put_le64(bytes, desired);
	return SV3_BUS_OK;
}

static struct sv3_bus bus_of(struct sv3__machine *machine)
{
	static const struct sv3_bus_ops ops = {
		.read = ram_read,
		.write = ram_write,
		.cas64 = ram_cas64,
	};

	return (struct sv3_bus){ .ops = &ops, .context = machine };
}

void sv3__machine_bind(struct sv3__machine *machine)
{
	const struct sv3_bus bus = bus_of(machine);
	const int rc = sv3_smmu_adopt(machine->block, sizeof(machine->block), &machine->smmu);

	SV3_ASSERT(rc == 0);
	machine->fast.smmu = machine->smmu;
	machine->fast.bus = bus;
	machine->pt.bus = bus;
	machine->pt.pages = &machine->pages;
	machine->cmdq.bus = bus;
	machine->cmdq.regs = sv3_fast_regport(&machine->fast);
}

/* --- boot --- */

/* A block that is copied for each choice should be small. */
static void smmu_config(struct sv3_smmu_config *config)
{
	sv3_smmu_config_default(config);
	config->slot_count = 4;
	config->tlb_entries = config->walk_cache_entries = config->config_cache_entries = 8;
	config->tlb_ways = config->walk_cache_ways = config->config_cache_ways = 4;
}

static int make_tables(struct sv3__machine *machine, const struct sv3_bus *bus)
{
	static const struct sv3_pt_config geometry = { .granule_lg2 = 12,
						       .input_size_lg2 = 25,
						       .dbm = true };
	struct sv3_cd_config cd = {
		.granule_lg2 = 12,
		.input_size_lg2 = 25,
		.output_size_lg2 = 48,
		.asid = ASID,
		.ha = true,
		.hd = true,
		.record = true,
		.abort = true,
	};
	uint64_t words[8];
	int rc;

	machine->pages = (struct sv3_pt_pages){ .next = TABLES_BASE, .end = DATA_BASE };
	rc = sv3_pt_init(&machine->pt, bus, &machine->pages, &geometry);
	if (!rc)
		rc = sv3_pt_map(&machine->pt, IOVA_BASE, DATA_BASE,
				SV3__MACHINE_PAGES * SV3_PAGE_SIZE, 12,
				SV3_PT_WRITE | SV3_PT_UNPRIV);
	if (rc)
		return rc;
	cd.ttb = machine->pt.root;
	rc = sv3_cd_make(words, &cd);
	return rc ? rc : sv3_cd_write(bus, CD_BASE, 0, words);
}

static int make_stream(const struct sv3_bus *bus, struct sv3_strtab *strtab)
{
	uint64_t ste[8];
	int rc = sv3_strtab_init(strtab, bus, STRTAB_BASE, CD_BASE, STRTAB_LOG2SIZE, 0);

	if (rc)
		return rc;
	sv3_ste_make_s1(ste, CD_BASE, 0);
	return sv3_strtab_write(strtab, STREAM_ID, ste);
}

/* The order of Linux's arm_smmu_device_reset(), without the queues nobody looks at here. */
static int boot(struct sv3__machine *machine, const struct sv3_bus *bus,
		const struct sv3_strtab *strtab)
{
	const struct sv3_regport regs = sv3_fast_regport(&machine->fast);
	int rc;

	regs.ops->write(regs.context, SV3_REG_CR1, 4,
			SV3_PUT(SV3_CR1_QUEUE_ATTR, ATTR_WB_ISH) |
				SV3_PUT(SV3_CR1_TABLE_ATTR, ATTR_WB_ISH));
	regs.ops->write(regs.context, SV3_REG_STRTAB_BASE, 8, sv3_strtab_base(strtab));
	regs.ops->write(regs.context, SV3_REG_STRTAB_BASE_CFG, 4, sv3_strtab_base_cfg(strtab));
	rc = sv3_cmdq_init(&machine->cmdq, bus, &regs, CMDQ_BASE, CMDQ_LOG2SIZE);
	if (!rc)
		rc = sv3_cmdq_cfgi_all(&machine->cmdq);
	if (rc >= 0)
		rc = sv3_cmdq_tlbi_all(&machine->cmdq);
	if (rc >= 0)
		rc = sv3_cmdq_sync(&machine->cmdq);
	if (rc < 0)
		return rc;
	regs.ops->write(regs.context, SV3_REG_CR0, 4,
			regs.ops->read(regs.context, SV3_REG_CR0, 4) | SV3_CR0_SMMUEN);
	return 0;
}

int sv3__machine_init(struct sv3__machine *machine)
{
	const struct sv3_bus bus = bus_of(machine);
	struct sv3_smmu_config config;
	struct sv3_strtab strtab;
	int rc;

	memset(machine, 0, sizeof(*machine));
	smmu_config(&config);
	rc = sv3_smmu_init(machine->block, sizeof(machine->block), &config, &machine->smmu);
	if (!rc)
		rc = make_tables(machine, &bus);
	if (!rc)
		rc = make_stream(&bus, &strtab);
	if (rc)
		return rc;
	machine->fast = (struct sv3_fast){ .smmu = machine->smmu, .bus = bus };
	return boot(machine, &bus, &strtab);
}

/* --- the device --- */

bool sv3__machine_translate(struct sv3__machine *machine, unsigned int page,
			    struct sv3__flight *flight)
{
	const struct sv3_txn txn = {
		.iova = IOVA_BASE + page * SV3_PAGE_SIZE,
		.stream_id = STREAM_ID,
		.write = true,
	};
	struct sv3_result result;

	SV3_ASSERT(!flight->open);
	if (sv3_translate_hold(&machine->fast, &txn, &flight->slot, &result))
		return false;
	if (result.outcome != SV3_OUTCOME_OK) {
		sv3_smmu_finish(machine->smmu, flight->slot);
		return false;
	}
	flight->pa = result.pa;
	flight->open = true;
	return true;
}

void sv3__machine_land(struct sv3__machine *machine, struct sv3__flight *flight, uint64_t value)
{
	uint8_t *bytes = bytes_at(machine, flight->pa, 8);

	SV3_ASSERT(flight->open);
	SV3_ASSERT(bytes != NULL);
	sv3_put_le64(bytes, value);
	sv3_smmu_finish(machine->smmu, flight->slot);
	flight->open = false;
	/* A CMD_SYNC may have waited for it. */
	sv3_fast_drain(&machine->fast);
}

uint64_t sv3__machine_value(const struct sv3__machine *machine, unsigned int page)
{
	return sv3_le64(machine->ram + (DATA_BASE - RAM_BASE) + page * SV3_PAGE_SIZE);
}

/* --- the driver --- */

void sv3__machine_leaf(struct sv3__machine *machine, unsigned int page, struct sv3_pt_leaf *leaf)
{
	const int rc = sv3_pt_lookup(&machine->pt, IOVA_BASE + page * SV3_PAGE_SIZE, leaf);

	SV3_ASSERT(rc == 0);
}

bool sv3__machine_is_dirty(struct sv3__machine *machine, unsigned int page)
{
	struct sv3_pt_leaf leaf;

	sv3__machine_leaf(machine, page, &leaf);
	return sv3_pte_is_writable_dirty(leaf.descriptor);
}

void sv3__machine_clear(struct sv3__machine *machine, unsigned int page)
{
	const int rc = sv3_dirty_clear(&machine->pt, IOVA_BASE + page * SV3_PAGE_SIZE, NULL, NULL);

	SV3_ASSERT(rc >= 0);
}

void sv3__machine_tlbi(struct sv3__machine *machine)
{
	const int rc = sv3_cmdq_tlbi_asid(&machine->cmdq, ASID);

	SV3_ASSERT(rc >= 0);
	sv3_cmdq_ring(&machine->cmdq);
}

void sv3__machine_sync(struct sv3__machine *machine)
{
	const int rc = sv3_cmdq_sync_begin(&machine->cmdq, &machine->ticket);

	SV3_ASSERT(rc == 0);
}

bool sv3__machine_synced(struct sv3__machine *machine)
{
	return sv3_cmdq_sync_done(&machine->cmdq, &machine->ticket) == 1;
}
