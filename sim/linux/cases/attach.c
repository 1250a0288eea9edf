/* SPDX-License-Identifier: MIT */
/*
 * attach.c - the order of stores and commands while a domain is attached, and whether hardware
 * that looks between any two stores ever sees a torn configuration.
 *
 * The hardware of these cases caches no configuration and reads it doubleword by doubleword, and
 * the device makes an access behind each store of the driver. What it may see is the old state or
 * the new one; anything else is an event.
 */
#include "iommu-priv.h"

#include "cases.h"

static struct machine machine;
static struct master master;
static struct {
	unsigned int looks, translated, aborted, events;
	unsigned int first_event;
	u64 *memory;
} watch;

static void look(const volatile void *where)
{
	struct hw_dma dma = { .stream_id = MASTER_SID, .pasid = HW_NO_PASID, .iova = IOVA_BASE };
	void (*self)(const volatile void *where) = seam_stored;

	seam_stored = NULL;
	watch.looks++;
	if (hw_dma(&dma) == HW_OK)
		watch.translated++;
	else if (dma.event == 0)
		watch.aborted++;
	else if (watch.events++ == 0)
		watch.first_event = dma.event;
	seam_stored = self;
}

static void begin(void)
{
	struct hw_config config;

	hw_config_default(&config);
	config.config_cache_entries = 0;
	config.config_fetch_bytes = 8;
	machine_create(&machine, &config);
	machine_probe(&machine);
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
}

static void end(void)
{
	master_remove(&master);
	machine_stop(&machine);
}

static struct iommu_domain *paging(u64 *memory)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(master_device(&master));

	must(!IS_ERR(domain), "a domain is allocated");
	map(domain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
	return domain;
}

static void attach_watched(struct iommu_domain *domain)
{
	void (*before)(const volatile void *where) = seam_stored;
	struct iommu_group *group = master.pci.dev.iommu_group;
	u64 *memory = watch.memory;

	memset(&watch, 0, sizeof(watch));
	watch.memory = memory;
	seam_stored = look;
	must(iommu_group_replace_domain(group, domain) == 0, "the domain is attached");
	seam_stored = before;
}

/* From blocking to stage 1: commands counted, and no look saw anything but abort or translation. */
void case_attach_order(void)
{
	struct iommu_domain *domain;
	unsigned long before;

	begin();
	watch.memory = memory_create(1);
	iommu_group_claim_dma_owner(master.pci.dev.iommu_group, &master);
	domain = paging(watch.memory);
	before = hw_command_count();
	attach_watched(domain);
	seam_row("CMD_CFGI_CD", 2, hw_commands_of(CMDQ_OP_CFGI_CD, before));
	seam_row("CMD_CFGI_STE", 2, hw_commands_of(CMDQ_OP_CFGI_STE, before));
	seam_row("CMD_SYNC", 4, hw_commands_of(CMDQ_OP_CMD_SYNC, before));
	seam_row("CMD_PREFETCH_CONFIG", 1, hw_commands_of(CMDQ_OP_PREFETCH_CFG, before));
	seam_row("hardware looked in between", true, watch.looks >= 4);
	seam_row("and saw the old state", true, watch.aborted > 0);
	seam_row("and the new one", true, watch.translated > 0);
	seam_row("and nothing else", 0, watch.events);
	seam_note("%u looks: %u aborted, %u translated", watch.looks, watch.aborted,
		  watch.translated);
	unmap(domain, IOVA_BASE, PAGE_SIZE);
	master_detach(&master, domain);
	memory_destroy(watch.memory, 1);
	end();
}

/* Between two domains while the device goes on: ASID and table stand in different doublewords, so V
 * is 0 in between (C_BAD_CD). The new ASID with the old table would leave the first domain's page
 * in the TLB under the second's name. */
void case_attach_replace(void)
{
	void (*before)(const volatile void *where) = seam_stored;
	struct iommu_domain *first, *second;
	struct iommu_group *group;

	begin();
	group = master.pci.dev.iommu_group;
	watch.memory = memory_create(2);
	iommu_group_claim_dma_owner(group, &master);
	first = paging(watch.memory);
	second = paging(watch.memory + 512);
	must(iommu_attach_group(first, group) == 0, "the first domain is attached");
	seam_stored = look;
	must(iommu_group_replace_domain(group, second) == 0, "the second replaces it");
	seam_stored = before;
	seam_row("hardware looked in between", true, watch.looks > 0);
	seam_row_text("a look between two stage-1 configurations may see", "V = 0 (C_BAD_CD)",
		      watch.events == 0           ? "only the two"
		      : watch.first_event == 0x0a ? "V = 0 (C_BAD_CD)"
						  : "something else");
	seam_row("then a write is done", HW_OK, dma_write(MASTER_SID, IOVA_BASE, 5));
	seam_row("in the memory of the second domain", 5, watch.memory[512]);
	seam_row("and not of the first", 0, watch.memory[0]);
	irq_run_threads();
	unmap(first, IOVA_BASE, PAGE_SIZE);
	unmap(second, IOVA_BASE, PAGE_SIZE);
	iommu_domain_free(first);
	master_detach(&master, second);
	memory_destroy(watch.memory, 2);
	end();
}

/* Blocking, identity, stage 1 and back. */
void case_attach_kinds(void)
{
	struct device *dev = &master.pci.dev;
	struct iommu_domain *identity, *domain;
	struct iommu_group *group;

	begin();
	group = dev->iommu_group;
	watch.memory = memory_create(1);
	identity = dev->iommu->iommu_dev->ops->identity_domain;
	iommu_group_claim_dma_owner(group, &master);
	seam_row("blocked: a write is aborted", HW_ABORT,
		 dma_write(MASTER_SID, virt_to_phys(watch.memory), 1));
	seam_row("without an event", 0, dma_write_event(MASTER_SID, virt_to_phys(watch.memory)));
	attach_watched(identity);
	seam_row("identity: a write goes to its own address", HW_OK,
		 dma_write(MASTER_SID, virt_to_phys(watch.memory), 77));
	seam_row("and is in memory", 77, watch.memory[0]);
	seam_row("events on the way", 0, watch.events);
	domain = paging(watch.memory);
	must(iommu_group_replace_domain(group, domain) == 0, "a paging domain replaces it");
	seam_row("paging: a write is translated", HW_OK, dma_write(MASTER_SID, IOVA_BASE, 78));
	seam_row("and is in memory", 78, watch.memory[0]);
	unmap(domain, IOVA_BASE, PAGE_SIZE);
	master_detach(&master, domain);
	memory_destroy(watch.memory, 1);
	master_remove(&master);
	seam_row("the device is gone: its DMA is aborted", HW_ABORT,
		 dma_write(MASTER_SID, IOVA_BASE, 1));
	irq_run_threads();
	machine_stop(&machine);
}

/* Domains one after the other, freed with what is mapped in them: tables, CDs and data take turns
 * in the same pages. */
void case_attach_again(void)
{
	unsigned int refused = 0;
	u64 *memory[8];

	begin();
	for (unsigned int round = 0; round < ARRAY_SIZE(memory); round++) {
		struct iommu_domain *domain;

		memory[round] = memory_create(1);
		domain = master_attach(&master, false);
		map(domain, IOVA_BASE, memory[round], PAGE_SIZE, IOMMU_READ | IOMMU_WRITE);
		for (u64 value = 0xf45; value >> 40 < 4; value += 1ull << 40) {
			for (unsigned int word = 0; word < 512; word++)
				memory[round][word] = value;
			refused += dma_write(MASTER_SID, IOVA_BASE, value) != HW_OK;
		}
		master_detach(&master, domain);
	}
	for (unsigned int round = 0; round < ARRAY_SIZE(memory); round++)
		memory_destroy(memory[round], 1);
	seam_row("accesses refused", 0, refused);
	end();
}
