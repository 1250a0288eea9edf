/* SPDX-License-Identifier: MIT */
/*
 * features.c - what the driver makes of IDR0.HTTU and coherence; the CD and the descriptors of a
 * domain with dirty tracking.
 */
#include "cases.h"

#define PTE_DBM      BIT_ULL(51)
#define PTE_READONLY BIT_ULL(7)

static struct machine machine;
static struct master master;

static void begin(unsigned int httu, bool coherent)
{
	struct hw_config config;

	hw_config_default(&config);
	config.idr0 = (config.idr0 & ~(IDR0_HTTU | IDR0_COHACC)) | FIELD_PREP(IDR0_HTTU, httu) |
		      (coherent ? IDR0_COHACC : 0);
	machine_create(&machine, &config);
	machine_probe(&machine);
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
}

static void end(void)
{
	master_remove(&master);
	machine_stop(&machine);
}

static void httu_rows(unsigned int httu, bool coherent, bool ha, bool hd, bool capable)
{
	u32 features;

	begin(httu, coherent);
	features = machine_driver(&machine)->features;
	seam_row("ARM_SMMU_FEAT_HA", ha, (features & ARM_SMMU_FEAT_HA) != 0);
	seam_row("ARM_SMMU_FEAT_HD", hd, (features & ARM_SMMU_FEAT_HD) != 0);
	seam_row("IOMMU_CAP_DIRTY_TRACKING", capable,
		 device_iommu_capable(master_device(&master), IOMMU_CAP_DIRTY_TRACKING));
	end();
}

void case_httu_0(void)
{
	httu_rows(0, true, false, false, false);
}

void case_httu_1(void)
{
	httu_rows(1, true, true, false, false);
}

void case_httu_2(void)
{
	httu_rows(2, true, true, true, true);
}

void case_httu_2_not_coherent(void)
{
	httu_rows(2, false, true, true, false);
}

/* --- what a domain is made of --- */

static u64 *leaf_of(struct iommu_domain *domain, unsigned long iova)
{
	u64 *path[4];

	return path[path_of(domain_root(domain), iova, path) - 1];
}

static void cd_rows(bool dirty)
{
	u64 cd = cd_of(&master, IOMMU_NO_PASID)[0];

	seam_row("CD.HA", dirty, (cd & CTXDESC_CD_0_TCR_HA) != 0);
	seam_row("CD.HD", dirty, (cd & CTXDESC_CD_0_TCR_HD) != 0);
}

void case_dirty_domain(void)
{
	void *memory;
	struct iommu_domain *domain;
	u64 born, *leaf;

	begin(2, true);
	memory = memory_create(2);
	domain = master_attach(&master, true);
	cd_rows(true);
	map(domain, IOVA_BASE, memory, PAGE_SIZE, IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE);
	map(domain, IOVA_BASE + PAGE_SIZE, (char *)memory + PAGE_SIZE, PAGE_SIZE, IOMMU_READ);
	leaf = leaf_of(domain, IOVA_BASE);
	born = *leaf;
	seam_row("a writable leaf but for its address", 0x0008000000000f47,
		 born & ~GENMASK_ULL(47, 12));
	seam_row("it is born dirty: DBM", true, (born & PTE_DBM) != 0);
	seam_row("it is born dirty: AP[2]", 0, born & PTE_READONLY);
	seam_row("set_dirty_tracking of the driver", 0,
		 (u64)domain->dirty_ops->set_dirty_tracking(domain, true));
	seam_row("changes no leaf", born, *leaf);
	seam_row("a read-only leaf has no DBM", 0,
		 *leaf_of(domain, IOVA_BASE + PAGE_SIZE) & PTE_DBM);
	seam_row("a write to it: F_PERMISSION", EVT_ID_PERMISSION_FAULT,
		 dma_write_event(MASTER_SID, IOVA_BASE + PAGE_SIZE));
	irq_run_threads();
	unmap(domain, IOVA_BASE, 2 * PAGE_SIZE);
	master_detach(&master, domain);
	memory_destroy(memory, 2);
	end();
}

/* The driver leaves it to its caller to ask for the capability first. */
void case_dirty_domain_without_hd(void)
{
	struct iommu_domain *domain;

	begin(0, true);
	domain = master_attach(&master, true);
	seam_row_text("a dirty tracking domain where there is no HTTU", "given",
		      IS_ERR(domain) ? "refused" : "given");
	cd_rows(true);
	master_detach(&master, domain);
	end();
}

void case_dirty_domain_stage2(void)
{
	struct iommu_domain *domain;
	struct hw_config config;
	struct device *dev = &master.pci.dev;

	hw_config_default(&config);
	config.idr0 &= ~IDR0_S1P;
	config.idr3 &= ~BIT(2); /* HAD is of stage 1 */
	machine_create(&machine, &config);
	machine_probe(&machine);
	master_add(&machine, &master, "nic", MASTER_SID, &platform_bus_type);
	domain = dev->iommu->iommu_dev->ops->domain_alloc_user(dev, IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
							       NULL, NULL);
	seam_row("a dirty tracking domain of stage 2", (u64)-EOPNOTSUPP, (u64)PTR_ERR(domain));
	end();
}

/* --- ACPI: firmware says, and IDR0 is only compared --- */

static void acpi_rows(unsigned int httu, unsigned int firmware, bool warns)
{
	static struct acpi_iort_node node;
	static struct acpi_iort_node *platform_data = &node;
	struct hw_config config;
	u32 features;

	hw_config_default(&config);
	config.idr0 = (config.idr0 & ~IDR0_HTTU) | FIELD_PREP(IDR0_HTTU, httu);
	node.node_data[0].flags = FIELD_PREP(ACPI_IORT_SMMU_V3_HTTU_OVERRIDE, firmware) |
				  ACPI_IORT_SMMU_V3_COHACC_OVERRIDE;
	machine_create(&machine, &config);
	machine.smmu.dev.of_node = NULL;
	machine.smmu.dev.platform_data = &platform_data;
	machine_probe(&machine);
	features = machine_driver(&machine)->features;
	seam_row("ARM_SMMU_FEAT_HD", firmware == 2, (features & ARM_SMMU_FEAT_HD) != 0);
	seam_row("a warning about IDR0.HTTU", warns, seam_logged("overridden by FW configuration"));
	machine_stop(&machine);
}

void case_httu_acpi_same(void)
{
	acpi_rows(2, 2, false);
}

void case_httu_acpi_less(void)
{
	acpi_rows(2, 0, true);
}

void case_httu_acpi_more(void)
{
	acpi_rows(0, 2, true);
}
