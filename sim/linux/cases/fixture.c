/* SPDX-License-Identifier: MIT */
/* fixture.c - the machine, its masters and domains: see cases.h. */
#include "cases.h"

void must(bool holds, const char *what)
{
	if (holds)
		return;
	seam_row_text(what, "done", "failed");
	seam_end();
}

/* --- the machine --- */

void machine_create(struct machine *machine, const struct hw_config *config)
{
	*machine = (struct machine){
		.registers = DEFINE_RES_MEM(KERNEL_SMMU_BASE, KERNEL_SMMU_SIZE),
		.smmu = { .name = "smmu", .has_wires = true },
	};
	machine->smmu.resource = &machine->registers;
	machine->smmu.dev.name = "smmu";
	machine->smmu.dev.of_node = &machine->node;
	machine->smmu.dev.fwnode = &machine->node.fwnode;
	machine->node.fwnode = (struct fwnode_handle){
		.dev = &machine->smmu.dev,
		.cells = 1,
		.is_coherent = (config->idr0 & IDR0_COHACC) != 0,
	};
	hw_create(config);
	kernel_boot();
	must(kernel_module_init() == 0, "the driver registers");
	machine->pages_before = seam_pages_used();
	machine->blocks_before = seam_blocks_used();
}

void machine_probe(struct machine *machine)
{
	machine->probe_rc = platform_probe(&machine->smmu);
	seam_row("probe", 0, (u64)machine->probe_rc);
}

void machine_stop(struct machine *machine)
{
	platform_remove(&machine->smmu);
	seam_row("SMMU disabled after remove (CR0)", 0, hw_reg_read(ARM_SMMU_CR0, 4));
	seam_row("pages left after remove", 0, seam_pages_used() - machine->pages_before);
	seam_row("blocks left after remove", 0, seam_blocks_used() - machine->blocks_before);
	kernel_module_exit();
}

struct arm_smmu_device *machine_driver(const struct machine *machine)
{
	return machine->smmu.dev.driver_data;
}

/* --- masters --- */

void master_add(struct machine *machine, struct master *master, const char *name, u32 stream_id,
		struct bus_type *bus)
{
	struct device *dev = &master->pci.dev;

	dev->name = name;
	dev->bus = bus;
	master->pci.bus = &master->bus;
	mutex_lock(&iommu_probe_device_lock);
	must(iommu_fwspec_init(dev, &machine->node.fwnode) == 0, "the master knows its SMMU");
	must(iommu_fwspec_add_ids(dev, &stream_id, 1) == 0, "the master has a StreamID");
	if (master->pci.ats_cap)
		dev_iommu_fwspec_get(dev)->flags |= IOMMU_FWSPEC_PCI_RC_ATS;
	mutex_unlock(&iommu_probe_device_lock);
	device_add_to_bus(dev, bus);
	must(dev->iommu_group != NULL, "the master has a group");
	/* The level-1 descriptor of its StreamID became valid, and what the driver sends behind the
	 * STE is for the STE alone (Leaf = 1): see docs/LINUX.md. */
	if (machine_driver(machine)->features & ARM_SMMU_FEAT_2_LVL_STRTAB)
		hw_expect_findings("missing-cfgi", 1);
}

void master_remove(struct master *master)
{
	device_remove_from_bus(&master->pci.dev);
}

struct iommu_domain *master_attach(struct master *master, bool dirty)
{
	struct device *dev = &master->pci.dev;
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;
	struct iommu_domain *domain;

	must(iommu_group_claim_dma_owner(dev->iommu_group, master) == 0, "the group is claimed");
	domain = dirty ? ops->domain_alloc_user(dev, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, NULL, NULL)
		       : iommu_paging_domain_alloc(dev);
	must(!IS_ERR_OR_NULL(domain), "a domain is allocated");
	domain->owner = ops;
	must(iommu_attach_group(domain, dev->iommu_group) == 0, "the domain is attached");
	return domain;
}

void master_detach(struct master *master, struct iommu_domain *domain)
{
	struct iommu_group *group = master->pci.dev.iommu_group;

	iommu_detach_group(domain, group);
	iommu_domain_free(domain);
	iommu_group_release_dma_owner(group);
}

/* --- mappings --- */

void *memory_create(unsigned int pages)
{
	void *memory = seam_pages_alloc((unsigned int)get_order(pages * PAGE_SIZE));

	must(memory != NULL, "memory to map");
	return memory;
}

void memory_destroy(void *memory, unsigned int pages)
{
	seam_pages_free(memory, (unsigned int)get_order(pages * PAGE_SIZE));
}

void map(struct iommu_domain *domain, unsigned long iova, void *memory, size_t size, int prot)
{
	must(iommu_map(domain, iova, virt_to_phys(memory), size, prot, GFP_KERNEL) == 0,
	     "memory is mapped");
}

void unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	must(iommu_unmap(domain, iova, size) == size, "memory is unmapped");
}

/* --- a look at the driver's structures --- */

unsigned int path_of(u64 root, unsigned long iova, u64 *path[4])
{
	u64 table = root & GENMASK_ULL(47, 12);

	for (unsigned int level = 0; level < 4; level++) {
		path[level] = (u64 *)phys_to_virt(table) + (iova >> (39 - 9 * level) & 511);
		if ((*path[level] & 3) != 3)
			return level + 1;
		table = *path[level] & GENMASK_ULL(47, 12);
	}
	return 4;
}

u64 domain_root(struct iommu_domain *domain)
{
	struct arm_smmu_domain *own = container_of(domain, struct arm_smmu_domain, domain);

	return io_pgtable_ops_to_pgtable(own->pgtbl_ops)->cfg.arm_lpae_s1_cfg.ttbr;
}

u64 *ste_of(struct machine *machine, u32 stream_id)
{
	struct arm_smmu_strtab_cfg *strtab = &machine_driver(machine)->strtab_cfg;

	if (machine_driver(machine)->features & ARM_SMMU_FEAT_2_LVL_STRTAB)
		return (u64 *)strtab->l2.l2ptrs[arm_smmu_strtab_l1_idx(stream_id)]
			->stes[arm_smmu_strtab_l2_idx(stream_id)]
			.data;
	return (u64 *)strtab->linear.table[stream_id].data;
}

u64 *cd_of(struct master *master, unsigned int ssid)
{
	struct arm_smmu_master *own = dev_iommu_priv_get(&master->pci.dev);

	return (u64 *)arm_smmu_get_cd_ptr(own, ssid)->data;
}
