/* SPDX-License-Identifier: MIT */
/*
 * axes.c - the same short life of a driver on hardware of other sizes: stream tables, queues,
 * address sizes, granules, stages.
 */
#include "cases.h"

static struct machine machine;
static struct master master;

static void begin(struct hw_config *config)
{
	machine_create(&machine, config);
	machine_probe(&machine);
}

/* Attach, map @size bytes, DMA, unmap, detach, remove. */
static void life(unsigned long size)
{
	struct iommu_domain *domain;
	u64 *memory;

	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
	domain = master_attach(&master, false);
	memory = memory_create((unsigned int)(size / PAGE_SIZE));
	map(domain, IOVA_BASE, memory, size, IOMMU_READ | IOMMU_WRITE);
	seam_row("a write is done", HW_OK, dma_write(MASTER_SID, IOVA_BASE + 0x800, 7));
	seam_row("and in memory", 7, memory[0x800 / 8]);
	unmap(domain, IOVA_BASE, size);
	seam_row("after the unmap it is aborted", HW_ABORT,
		 dma_write(MASTER_SID, IOVA_BASE + 0x800, 8));
	irq_run_threads();
	master_detach(&master, domain);
	memory_destroy(memory, (unsigned int)(size / PAGE_SIZE));
	master_remove(&master);
	machine_stop(&machine);
}

static void set(unsigned int *reg, unsigned int mask, unsigned int value)
{
	*reg = (*reg & ~mask) | value << __ffs(mask);
}

static bool has(u32 feature)
{
	return (machine_driver(&machine)->features & feature) != 0;
}

void case_strtab_linear(void)
{
	struct hw_config config;

	hw_config_default(&config);
	set(&config.idr0, IDR0_ST_LVL, 0);
	set(&config.idr1, IDR1_SIDSIZE, 6);
	begin(&config);
	seam_row("a stream table of two levels", false, has(ARM_SMMU_FEAT_2_LVL_STRTAB));
	life(PAGE_SIZE);
}

/* What fits into one second-level table gets a linear one all the same. */
void case_strtab_small(void)
{
	struct hw_config config;

	hw_config_default(&config);
	set(&config.idr1, IDR1_SIDSIZE, 8);
	begin(&config);
	seam_row("a stream table of two levels", false, has(ARM_SMMU_FEAT_2_LVL_STRTAB));
	life(PAGE_SIZE);
}

void case_strtab_32_bits(void)
{
	struct hw_config config;

	hw_config_default(&config);
	set(&config.idr1, IDR1_SIDSIZE, 32);
	begin(&config);
	seam_row("a stream table of two levels", true, has(ARM_SMMU_FEAT_2_LVL_STRTAB));
	life(PAGE_SIZE);
}

/* CMD_CFGI_STE since @from that name what leads to the STE, too. */
static unsigned int cfgi_level1(unsigned long from)
{
	unsigned int found = 0;

	for (; from < hw_command_count(); from++)
		found += FIELD_GET(CMDQ_0_OP, hw_command(from)->words[0]) == CMDQ_OP_CFGI_STE &&
			 !(hw_command(from)->words[1] & CMDQ_CFGI_1_LEAF);
	return found;
}

/* The first device of 256 StreamIDs: its level-1 descriptor becomes valid, and only its STE is
 * named by a command. The next one of the 256 finds it so. */
void case_strtab_level1(void)
{
	static struct master neighbour, stranger;
	struct hw_config config;
	unsigned long before;

	hw_config_default(&config);
	begin(&config);
	before = hw_command_count();
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
	master_add(&machine, &neighbour, "disk", MASTER_SID + 1, &platform_bus_type);
	master_add(&machine, &stranger, "gpu", MASTER_SID + 256, &platform_bus_type);
	seam_row("CMD_CFGI_STE, two each", 6, hw_commands_of(CMDQ_OP_CFGI_STE, before));
	seam_row("with Leaf = 0", 0, cfgi_level1(before));
	seam_row("CMD_CFGI_ALL", 0, hw_commands_of(CMDQ_OP_CFGI_ALL, before));
	hw_expect_findings("missing-cfgi", 2);
	hw_judge();
	hw_note_findings("missing-cfgi");
	master_remove(&stranger);
	master_remove(&neighbour);
	master_remove(&master);
	machine_stop(&machine);
}

void case_queues_small(void)
{
	struct hw_config config;

	hw_config_default(&config);
	set(&config.idr1, IDR1_CMDQS, 7);
	set(&config.idr1, IDR1_EVTQS, 1);
	begin(&config);
	seam_row("128 commands", true, seam_logged("allocated 128 entries for cmdq"));
	seam_row("2 events", true, seam_logged("allocated 2 entries for evtq"));
	life(PAGE_SIZE);
}

/* Beyond what one allocation of the kernel holds the driver takes less. */
void case_queues_large(void)
{
	struct hw_config config;

	hw_config_default(&config);
	set(&config.idr1, IDR1_CMDQS, 19);
	set(&config.idr1, IDR1_EVTQS, 19);
	begin(&config);
	seam_row("2^18 commands", true, seam_logged("allocated 262144 entries for cmdq"));
	seam_row("2^17 events", true, seam_logged("allocated 131072 entries for evtq"));
	life(PAGE_SIZE);
}

void case_queues_too_small(void)
{
	struct hw_config config;

	hw_config_default(&config);
	set(&config.idr1, IDR1_CMDQS, 6);
	machine_create(&machine, &config);
	seam_row("a queue of one batch is refused", (u64)-ENXIO,
		 (u64)platform_probe(&machine.smmu));
	seam_row("with a reason", true, seam_logged("command queue size <="));
	seam_row("and nothing is left", 0, seam_pages_used() - machine.pages_before);
}

static void oas(unsigned int field, unsigned int bits)
{
	struct hw_config config;

	hw_config_default(&config);
	set(&config.idr5, IDR5_OAS, field);
	begin(&config);
	seam_row("bits of output addresses", bits, machine_driver(&machine)->oas);
	life(PAGE_SIZE);
}

void case_oas_32(void)
{
	oas(0, 32);
}

void case_oas_44(void)
{
	oas(4, 44);
}

static void granule(unsigned int field, unsigned long size)
{
	struct hw_config config;

	hw_config_default(&config);
	config.idr5 &= ~(IDR5_GRAN4K | IDR5_GRAN16K | IDR5_GRAN64K);
	config.idr5 |= field;
	begin(&config);
	seam_row("bytes of the smallest page", size,
		 1ul << __ffs(machine_driver(&machine)->pgsize_bitmap));
	life(size);
}

void case_granule_4k(void)
{
	granule(IDR5_GRAN4K, SZ_4K);
}

void case_granule_16k(void)
{
	granule(IDR5_GRAN16K, SZ_16K);
}

void case_granule_64k(void)
{
	granule(IDR5_GRAN64K, SZ_64K);
}

void case_stage2(void)
{
	struct hw_config config;

	hw_config_default(&config);
	config.idr0 &= ~IDR0_S1P;
	config.idr3 &= ~BIT(2); /* HAD is of stage 1 */
	begin(&config);
	seam_row("stage 1", false, has(ARM_SMMU_FEAT_TRANS_S1));
	life(PAGE_SIZE);
}

/* No CMD_SYNC by message, no interrupts by message, because nothing is snooped. */
void case_not_coherent(void)
{
	struct hw_config config;

	hw_config_default(&config);
	config.idr0 &= ~IDR0_COHACC;
	begin(&config);
	seam_row("CMD_SYNC by message", false,
		 (machine_driver(&machine)->options & ARM_SMMU_OPT_MSIPOLL) != 0);
	life(PAGE_SIZE);
}
