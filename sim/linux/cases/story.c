/* SPDX-License-Identifier: MIT */
/*
 * story.c - the whole life of a driver: probe, attach, map, DMA, faults, dirty state, unmap,
 * detach, remove. Once with CMD_SYNC completing by message, once polled.
 */
#include "cases.h"

#define PAGES 16u

static void dma_rows(struct iommu_domain *domain, u64 *memory)
{
	u64 value;

	map(domain, IOVA_BASE, memory, PAGES * PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	seam_row("a write is done", HW_OK, dma_write(MASTER_SID, IOVA_BASE + 0x1008, 42));
	seam_row("and in memory", 42, memory[0x1008 / 8]);
	seam_row("a read is done", HW_OK, dma_read(MASTER_SID, IOVA_BASE + 0x1008, &value));
	seam_row("and sees it", 42, value);
	seam_row("the core translates it alike", virt_to_phys(memory) + 0x1008,
		 iommu_iova_to_phys(domain, IOVA_BASE + 0x1008));
}

static void fault_rows(void)
{
	unsigned long missing = IOVA_BASE + PAGES * PAGE_SIZE;

	seam_log_forget();
	seam_row("beyond the mapping a write is aborted", HW_ABORT,
		 dma_write(MASTER_SID, missing, 1));
	seam_row("its interrupt wakes one thread", 1, irq_run_threads());
	seam_row("which reports F_TRANSLATION", true, seam_logged("0x0000002100000010"));
}

static void life(bool polled)
{
	struct machine machine;
	struct master master = { 0 };
	struct iommu_domain *domain;
	struct hw_config config;
	void *memory;

	hw_config_default(&config);
	machine_create(&machine, &config);
	*module_param_of_disable_msipolling = polled;
	machine_probe(&machine);
	seam_row("CMD_SYNC by message", !polled,
		 (machine_driver(&machine)->options & ARM_SMMU_OPT_MSIPOLL) != 0);
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
	seam_row("before a claim the default domain refuses what is not mapped", HW_ABORT,
		 dma_write(MASTER_SID, IOVA_BASE, 1));
	irq_run_threads();
	domain = master_attach(&master, false);
	memory = memory_create(PAGES);
	dma_rows(domain, memory);
	fault_rows();
	unmap(domain, IOVA_BASE, PAGES * PAGE_SIZE);
	seam_row("after the unmap a write is aborted", HW_ABORT,
		 dma_write(MASTER_SID, IOVA_BASE + 0x1008, 43));
	irq_run_threads();
	master_detach(&master, domain);
	master_remove(&master);
	memory_destroy(memory, PAGES);
	machine_stop(&machine);
}

void case_story_msi(void)
{
	life(false);
}

void case_story_polled(void)
{
	life(true);
}
