/* SPDX-License-Identifier: MIT */
/*
 * ats.c - devices that cache translations: when the driver lets them (EATS before the device is
 * told), what it takes back (TLBI, then ATC_INV), and what it answers to page requests.
 */
#include "cases.h"

static struct machine machine;
static struct master master;

static void begin(bool pri)
{
	struct hw_config config;

	hw_config_default(&config);
	config.idr0 |= IDR0_ATS | (pri ? IDR0_PRI : 0);
	if (pri)
		config.idr1 |= FIELD_PREP(IDR1_PRIQS, 6);
	machine_create(&machine, &config);
	machine_probe(&machine);
	master.pci.ats_cap = true;
	master_add(&machine, &master, "nvme", MASTER_SID, &pci_bus_type);
}

static void end(void)
{
	master_remove(&master);
	machine_stop(&machine);
}

/* The index of the first command of @opcode from @from on; hw_command_count(): none. */
static unsigned long first_of(unsigned int opcode, unsigned long from)
{
	while (from < hw_command_count() &&
	       FIELD_GET(CMDQ_0_OP, hw_command(from)->words[0]) != opcode)
		from++;
	return from;
}

void case_ats_order(void)
{
	struct iommu_domain *domain;
	unsigned long before, tlbi, sync, atc;
	void *memory;

	begin(false);
	memory = memory_create(1);
	before = hw_command_count();
	domain = master_attach(&master, false);
	seam_row("ATS is enabled in the device", true, master.pci.ats_enabled);
	seam_row("STE.EATS", STRTAB_STE_1_EATS_TRANS,
		 FIELD_GET(STRTAB_STE_1_EATS, ste_of(&machine, MASTER_SID)[1]));
	seam_row("the STE was there and synced before the device was told", true,
		 first_of(CMDQ_OP_CMD_SYNC, first_of(CMDQ_OP_CFGI_STE, before)) <
			 pci_ats_note.enabled_after);
	map(domain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	seam_row("the device gets and uses a translation", HW_OK,
		 hw_ats_write(MASTER_SID, IOVA_BASE));
	before = hw_command_count();
	unmap(domain, IOVA_BASE, PAGE_SIZE);
	tlbi = first_of(CMDQ_OP_TLBI_NH_VA, before);
	sync = first_of(CMDQ_OP_CMD_SYNC, tlbi);
	atc = first_of(CMDQ_OP_ATC_INV, before);
	seam_row("unmap: TLBI, SYNC, ATC_INV in this order", true, tlbi < sync && sync < atc);
	seam_row("and a SYNC behind", true, first_of(CMDQ_OP_CMD_SYNC, atc) < hw_command_count());
	seam_row("the device has no translation any more", HW_ABORT,
		 hw_ats_write(MASTER_SID, IOVA_BASE));
	irq_run_threads();
	master_detach(&master, domain);
	memory_destroy(memory, 1);
	end();
	seam_row("ATS was disabled", 0, master.pci.ats_enabled);
	seam_note("%u times enabled, %u disabled", pci_ats_note.enabled_count,
		  pci_ats_note.disabled_count);
}

/* Without a handler of page requests the driver says no. */
void case_page_request(void)
{
	struct iommu_domain *domain;
	unsigned long before;
	int answer;

	begin(true);
	domain = master_attach(&master, false);
	seam_log_forget();
	before = hw_command_count();
	seam_row("a page request is taken", true,
		 hw_page_request(MASTER_SID, HW_NO_PASID, IOVA_BASE, 7));
	irq_run_threads();
	seam_row("the driver reports it", true, seam_logged("unexpected PRI request received"));
	seam_row("CMD_PRI_RESP", 1, hw_commands_of(CMDQ_OP_PRI_RESP, before));
	hw_step();
	seam_row("the device is answered", 1, hw_page_answers(&answer));
	seam_row("by the response of a denial", 0, (u64)answer);
	master_detach(&master, domain);
	end();
}
