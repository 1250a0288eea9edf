/* SPDX-License-Identifier: MIT */
/*
 * pasid.c - substreams: a domain of its own for a PASID, and the address space of a process shared
 * with a device that stalls on page faults (SVA), with the real iommu-sva.c and io-pgfault.c.
 */
#include "cases.h"

#define PASID 5u

static struct machine machine;
static struct master master;

/* A device on the platform bus with PASIDs, as a firmware node says. */
static struct fwnode_handle with_pasids = { .flag = "pasid-num-bits", .flag_value = 10 };

static enum hw_outcome dma_pasid(u32 pasid, unsigned long iova, u64 value)
{
	struct hw_dma dma = {
		.stream_id = MASTER_SID, .pasid = pasid, .iova = iova, .write = true, .value = value
	};

	return hw_dma(&dma);
}

static void start(const struct hw_config *config)
{
	machine_create(&machine, config);
	machine_probe(&machine);
	master_add(&machine, &master, "accelerator", MASTER_SID, &platform_bus_type);
}

static void begin(bool two_level)
{
	struct hw_config config;

	hw_config_default(&config);
	if (!two_level)
		config.idr0 &= ~IDR0_CD2L;
	start(&config);
}

static void end(void)
{
	master_remove(&master);
	machine_stop(&machine);
}

static void pasid_rows(void)
{
	struct device *dev = &master.pci.dev;
	struct iommu_domain *plain, *other;
	u64 *memory = memory_create(2);

	plain = master_attach(&master, false);
	other = iommu_paging_domain_alloc(dev);
	must(!IS_ERR(other), "a second domain is allocated");
	map(plain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	map(other, IOVA_BASE, memory + 512, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	seam_row("before: the PASID is refused", HW_ABORT, dma_pasid(PASID, IOVA_BASE, 1));
	irq_run_threads();
	seam_row("a domain for the PASID", 0,
		 (u64)iommu_attach_device_pasid(other, dev, PASID, NULL));
	seam_row("a write with the PASID", HW_OK, dma_pasid(PASID, IOVA_BASE, 2));
	seam_row("a write without", HW_OK, dma_write(MASTER_SID, IOVA_BASE, 1));
	seam_row("each in its own memory", 0x21, memory[0] | memory[512] << 4);
	iommu_detach_device_pasid(other, dev, PASID);
	seam_row("after: the PASID is refused", HW_ABORT, dma_pasid(PASID, IOVA_BASE, 3));
	irq_run_threads();
	seam_row("and the rest goes on", HW_OK, dma_write(MASTER_SID, IOVA_BASE, 1));
	unmap(plain, IOVA_BASE, PAGE_SIZE);
	unmap(other, IOVA_BASE, PAGE_SIZE);
	iommu_domain_free(other);
	master_detach(&master, plain);
	memory_destroy(memory, 2);
}

void case_pasid_two_level(void)
{
	master.pci.dev.fwnode = &with_pasids;
	begin(true);
	seam_row("CD tables of two levels", true,
		 (machine_driver(&machine)->features & ARM_SMMU_FEAT_2_LVL_CDTAB) != 0);
	pasid_rows();
	end();
}

void case_pasid_linear(void)
{
	master.pci.dev.fwnode = &with_pasids;
	begin(false);
	seam_row("CD tables of two levels", false,
		 (machine_driver(&machine)->features & ARM_SMMU_FEAT_2_LVL_CDTAB) != 0);
	pasid_rows();
	end();
}

/* CD tables have 1,024 CDs each: for this PASID there is none yet, and its level-1 descriptor
 * becomes valid while the SMMU may have kept it as invalid. */
void case_pasid_level1(void)
{
	static struct fwnode_handle with_more = { .flag = "pasid-num-bits", .flag_value = 12 };
	struct iommu_domain *plain, *other;
	struct hw_config config;
	unsigned long before;
	u64 *memory;

	master.pci.dev.fwnode = &with_more;
	hw_config_default(&config);
	config.idr1 = (config.idr1 & ~IDR1_SSIDSIZE) | FIELD_PREP(IDR1_SSIDSIZE, 12);
	start(&config);
	memory = memory_create(1);
	plain = master_attach(&master, false);
	other = iommu_paging_domain_alloc(master_device(&master));
	must(!IS_ERR(other), "a second domain is allocated");
	map(plain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	map(other, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	seam_row("a write without a PASID", HW_OK, dma_write(MASTER_SID, IOVA_BASE, 1));
	before = hw_command_count();
	seam_row("a domain for PASID 2000", 0,
		 (u64)iommu_attach_device_pasid(other, master_device(&master), 2000, NULL));
	seam_row("the first CMD_CFGI_CD has Leaf = 0", 0,
		 hw_command(before)->words[1] & CMDQ_CFGI_1_LEAF);
	seam_row("a write with it", HW_OK, dma_pasid(2000, IOVA_BASE, 2));
	iommu_detach_device_pasid(other, master_device(&master), 2000);
	unmap(plain, IOVA_BASE, PAGE_SIZE);
	unmap(other, IOVA_BASE, PAGE_SIZE);
	iommu_domain_free(other);
	master_detach(&master, plain);
	memory_destroy(memory, 1);
	end();
}

/* --- a process --- */

#define PROCESS_PAGE 0x400000ul

static u64 *tables[4], *process_leaf;
static u64 process_memory;

/* Four tables for one page of a process, by hand: the CPU's tables are nobody's here. */
static void *process_tables(void)
{
	for (unsigned int i = 0; i < 4; i++)
		tables[i] = memory_create(1);
	for (unsigned int i = 0; i < 3; i++)
		tables[i][PROCESS_PAGE >> (39 - 9 * i) & 511] = virt_to_phys(tables[i + 1]) | 3;
	process_leaf = &tables[3][PROCESS_PAGE >> 12 & 511];
	return tables[0];
}

static void fault_in(unsigned long address)
{
	/* AttrIndx 0, AP: user, read and write, SH inner, AF, nG, a page. */
	WRITE_ONCE(*process_leaf, process_memory | 0xf43);
}

static struct fwnode_handle sharing = { .flag = "pasid-num-bits",
					.flag_value = 10,
					.flag_too = "dma-can-stall" };

void case_sva(void)
{
	struct device *dev = &master.pci.dev;
	struct mm_struct mm = { 0 };
	struct iommu_sva *bond;
	unsigned long before;
	u64 *memory, pa;
	u32 pasid;

	dev->fwnode = &sharing;
	begin(true);
	memory = memory_create(1);
	process_memory = virt_to_phys(memory);
	process_fault = fault_in;
	process_end = PROCESS_PAGE + PAGE_SIZE;
	mm.pgd = process_tables();
	seam_row("page faults are enabled", 0,
		 (u64)iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_IOPF));
	seam_row("sharing is enabled", 0, (u64)iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA));
	bond = iommu_sva_bind_device(dev, &mm);
	seam_row("the process is bound", 0, IS_ERR(bond) ? (u64)PTR_ERR(bond) : 0);
	if (IS_ERR(bond))
		seam_end();
	pasid = iommu_sva_get_pasid(bond);
	before = hw_command_count();
	seam_row("a page that is not there: the access stalls", HW_STALLED,
		 dma_pasid(pasid, PROCESS_PAGE, 9));
	irq_run_threads();
	hw_step();
	seam_row("the process had a page fault", 1, process_faults);
	seam_row("CMD_RESUME", 1, hw_commands_of(CMDQ_OP_RESUME, before));
	seam_row("the access is retried", HW_OK, hw_resumed(&pa));
	seam_row("and goes to the page of the process", process_memory, pa & PAGE_MASK);
	seam_row("the next one does not stall", HW_OK, dma_pasid(pasid, PROCESS_PAGE + 8, 9));
	seam_row("outside of the process: it stalls", HW_STALLED,
		 dma_pasid(pasid, PROCESS_PAGE + SZ_2M, 9));
	irq_run_threads();
	hw_step();
	seam_row("and is aborted", HW_ABORT, hw_resumed(&pa));

	before = hw_command_count();
	*process_leaf = 0;
	mm.notifier->ops->arch_invalidate_secondary_tlbs(mm.notifier, &mm, PROCESS_PAGE,
							 PROCESS_PAGE + PAGE_SIZE);
	seam_row("the process unmaps: TLBI", true, hw_commands_of(CMDQ_OP_TLBI_NH_VA, before) > 0);
	process_end = 0;
	seam_row("the next access stalls again", HW_STALLED, dma_pasid(pasid, PROCESS_PAGE, 9));
	irq_run_threads();
	hw_step();
	seam_row("and is aborted", HW_ABORT, hw_resumed(&pa));
	iommu_sva_unbind_device(bond);
	seam_row("sharing ends", 0, (u64)iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_SVA));
	seam_row("page faults end", 0, (u64)iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_IOPF));
	seam_row("the PASID is refused", HW_ABORT, dma_pasid(pasid, PROCESS_PAGE, 9));
	irq_run_threads();
	mm_pasid_drop(&mm);
	memory_destroy(memory, 1);
	for (unsigned int i = 0; i < 4; i++)
		memory_destroy(tables[i], 1);
	end();
}
