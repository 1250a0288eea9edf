/* SPDX-License-Identifier: MIT */
/*
 * threads.c - four CPUs on one domain, each map, DMA, unmap and DMA again: the driver's lockless
 * command queue and tables under real threads, and under ThreadSanitizer.
 *
 * Interrupts wait until all are done: their handlers belong to one CPU here.
 */
#include "cases.h"

#define THREADS 4u
#define ROUNDS  500u

static struct machine machine;
static struct master master;
static struct iommu_domain *domain;
static u64 *memory;
static unsigned int refused, stale;

static void body(unsigned int index)
{
	unsigned long iova = IOVA_BASE + index * SZ_2M;
	u64 *page = memory + index * 512;

	for (u64 round = 1; round <= ROUNDS; round++) {
		if (iommu_map(domain, iova, virt_to_phys(page), PAGE_SIZE, IOMMU_READ | IOMMU_WRITE,
			      GFP_KERNEL) ||
		    dma_write(MASTER_SID, iova, round) != HW_OK)
			__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
		if (iommu_unmap(domain, iova, PAGE_SIZE) != PAGE_SIZE ||
		    dma_write(MASTER_SID, iova, ~round) == HW_OK)
			__atomic_fetch_add(&stale, 1, __ATOMIC_RELAXED);
	}
}

static void run(bool polled)
{
	void (*interrupts)(void);
	struct hw_config config;

	hw_config_default(&config);
	machine_create(&machine, &config);
	*module_param_of_disable_msipolling = polled;
	machine_probe(&machine);
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
	domain = master_attach(&master, false);
	memory = memory_create(THREADS);
	interrupts = seam_interrupts;
	seam_interrupts = NULL;
	seam_run_threads(THREADS, body);
	seam_interrupts = interrupts;
	irq_run_threads();
	seam_row("accesses refused while mapped", 0, refused);
	seam_row("accesses done while not mapped", 0, stale);
	seam_row("waits that timed out", false, seam_logged("CMD_SYNC timeout"));
	master_detach(&master, domain);
	memory_destroy(memory, THREADS);
	master_remove(&master);
	machine_stop(&machine);
}

void case_threads(void)
{
	run(false);
}

void case_threads_polled(void)
{
	run(true);
}
