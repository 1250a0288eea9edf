/* SPDX-License-Identifier: MIT */
/*
 * faults.c - from a refused access to the driver's report: event queue, interrupt, thread; a queue
 * that overflows; stalls, which the driver answers with CMD_RESUME.
 */
#include "cases.h"

static struct machine machine;
static struct master master;
static struct iommu_domain *domain;

static void begin(bool messages, unsigned int evtq_lg2)
{
	static int msi_domain;
	struct hw_config config;

	hw_config_default(&config);
	if (evtq_lg2)
		config.idr1 = (config.idr1 & ~IDR1_EVTQS) | FIELD_PREP(IDR1_EVTQS, evtq_lg2);
	machine_create(&machine, &config);
	if (messages)
		machine.smmu.dev.msi.domain = &msi_domain;
	machine_probe(&machine);
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
	domain = master_attach(&master, false);
}

static void end(void)
{
	master_detach(&master, domain);
	master_remove(&master);
	machine_stop(&machine);
}

static void report_rows(void)
{
	void *memory = memory_create(1);

	map(domain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ);
	seam_log_forget();
	seam_row("not mapped: the event", EVT_ID_TRANSLATION_FAULT,
		 dma_write_event(MASTER_SID, IOVA_BASE + PAGE_SIZE));
	seam_row("threads that ran", 1, irq_run_threads());
	seam_row("the driver names it", true, seam_logged("event 0x10 received"));
	seam_row("with its IOVA", true, seam_logged("0x0000000010001000"));
	seam_log_forget();
	seam_row("read-only: the event", EVT_ID_PERMISSION_FAULT,
		 dma_write_event(MASTER_SID, IOVA_BASE));
	seam_row("threads that ran", 1, irq_run_threads());
	seam_row("the driver names it", true, seam_logged("event 0x13 received"));
	unmap(domain, IOVA_BASE, PAGE_SIZE);
	memory_destroy(memory, 1);
}

void case_fault_wired(void)
{
	begin(false, 0);
	report_rows();
	seam_row("interrupts by message", 0, hw_irq_messages());
	end();
}

void case_fault_message(void)
{
	begin(true, 0);
	report_rows();
	seam_row("interrupts by message", 2, hw_irq_messages());
	end();
}

/* Sixteen records fit; the device does not wait for the thread. */
void case_fault_overflow(void)
{
	struct hw_counts counts;

	begin(false, 4);
	seam_log_forget();
	for (unsigned int page = 0; page < 40; page++)
		dma_write(MASTER_SID, IOVA_BASE + page * PAGE_SIZE, 1);
	irq_run_threads();
	hw_counts(&counts);
	seam_row("records written", 16, counts.events_written);
	seam_row("records lost", 24, counts.events_dropped);
	seam_row("the driver says so", true, seam_logged("EVTQ overflow detected"));
	seam_log_forget();
	dma_write(MASTER_SID, IOVA_BASE, 1);
	irq_run_threads();
	seam_row("and hears the next one", true, seam_logged("event 0x10 received"));
	end();
}

/* --- stalls --- */

static struct fwnode_handle stalling = { .flag = "dma-can-stall", .flag_value = 10 };

/* A stall that nobody handles: the driver aborts it. */
void case_stall_unhandled(void)
{
	unsigned long before;
	u64 pa;

	master.pci.dev.fwnode = &stalling;
	begin(false, 0);
	before = hw_command_count();
	seam_row("the access stalls", HW_STALLED, dma_write(MASTER_SID, IOVA_BASE, 1));
	irq_run_threads();
	hw_step();
	seam_row("CMD_RESUME", 1, hw_commands_of(CMDQ_OP_RESUME, before));
	seam_row("the access is aborted", HW_ABORT, hw_resumed(&pa));
	end();
}
