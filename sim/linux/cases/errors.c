/* SPDX-License-Identifier: MIT */
/*
 * errors.c - hardware that does not answer, and hardware that says no: a CMD_SYNC that never
 * completes, a command that turns out illegal.
 */
#include "cases.h"

static struct machine machine;
static struct master master;
static struct iommu_domain *domain;
static void *memory;

static void begin(bool lazy)
{
	struct hw_config config;

	hw_config_default(&config);
	config.lazy = lazy;
	machine_create(&machine, &config);
	machine_probe(&machine);
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
	domain = master_attach(&master, false);
	memory = memory_create(1);
	map(domain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
}

static void end(void)
{
	master_detach(&master, domain);
	master_remove(&master);
	memory_destroy(memory, 1);
	machine_stop(&machine);
}

/* The hardware stands still for one unmap. */
void case_sync_timeout(void)
{
	u64 start;

	begin(true);
	seam_log_forget();
	start = seam_now_ns();
	hw_freeze(true);
	unmap(domain, IOVA_BASE, PAGE_SIZE);
	hw_freeze(false);
	seam_row("the driver gives up after a second", true,
		 seam_now_ns() - start >= NSEC_PER_MSEC * 1000);
	seam_row("and says so", true, seam_logged("CMD_SYNC timeout at"));
	hw_step();
	seam_row("later the invalidation is done", HW_ABORT, dma_write(MASTER_SID, IOVA_BASE, 1));
	irq_run_threads();
	end();
}

static void illegal_command(bool second_cpu)
{
	begin(true);
	irq_second_cpu = second_cpu;
	seam_log_forget();
	hw_spoil_command(0xff);
	unmap(domain, IOVA_BASE, PAGE_SIZE);
	seam_row("GERROR is reported", true, seam_logged("unexpected global error reported"));
	seam_row("with its reason", true, seam_logged("Illegal command"));
	seam_row("the unmap's wait timed out", !second_cpu, seam_logged("CMD_SYNC timeout at"));
	seam_log_forget();
	map(domain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	unmap(domain, IOVA_BASE, PAGE_SIZE);
	seam_row("the next unmap is as any", false, seam_logged("CMD_SYNC timeout at"));
	end();
}

/* The driver replaces the command by a CMD_SYNC, and the queue goes on. */
void case_illegal_command(void)
{
	illegal_command(true);
}

/* With one CPU the handler runs only when the waiter has given up: it waits with interrupts off. */
void case_illegal_command_one_cpu(void)
{
	illegal_command(false);
}
