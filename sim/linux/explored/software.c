/* SPDX-License-Identifier: MIT */
/*
 * software.c - Linux as software under test: see explored.h. Everything goes the way of iommufd:
 * the kernel's io_pagetable.c maps, unmaps, sets tracking, reads and clears.
 */
#include "io_pagetable.h"

#include "../cases/cases.h"
#include "../shim/explored.h"

static struct machine machine;
static struct master masters[EXPLORED_DEVICES_MAX];
static struct iommu_domain *domain, *replaced; /* a device has one, and had the other */
static struct io_pagetable iopt;
static struct iommufd_ctx ictx;

/* The first brings the domain, the others join it. */
static int attach_all(unsigned int count)
{
	domain = master_attach(&masters[0], true);
	for (unsigned int i = 1; i < count; i++) {
		struct iommu_group *group = master_device(&masters[i])->iommu_group;
		int rc = iommu_group_claim_dma_owner(group, &masters[i]);

		if (!rc)
			rc = iommu_attach_group(domain, group);
		if (rc)
			return rc;
	}
	return 0;
}

int explored_attach(const struct explored_setup *setup)
{
	static const char *const names[EXPLORED_DEVICES_MAX] = { "device", "device2", "device3" };
	const struct hw_config config = { .idr0 = IDR0_COHACC };
	int rc;

	machine_create(&machine, &config);
	*module_param_of_disable_msipolling = setup->polled;
	machine_probe(&machine);
	/* Interrupts are nobody's here. */
	seam_interrupts = NULL;
	for (unsigned int i = 0; i < setup->device_count; i++)
		master_add(&machine, &masters[i], names[i], setup->stream_ids[i],
			   &platform_bus_type);
	rc = attach_all(setup->device_count);
	if (rc)
		return rc;
	iopt_init_table(&iopt);
	return iopt_table_add_domain(&iopt, domain);
}

int explored_map(unsigned long iova, unsigned long long pa, unsigned long len)
{
	return iopt_map_user_pages(&ictx, &iopt, &iova, phys_to_virt(pa), len,
				   IOMMU_READ | IOMMU_WRITE, 0);
}

/* Whose tables map the same; tracking is set for it, too, while nobody uses it. */
int explored_change(unsigned int index)
{
	struct device *dev = master_device(&masters[index]);
	struct iommu_domain *next = dev->iommu->iommu_dev->ops->domain_alloc_user(
		dev, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, NULL, NULL);
	int rc;

	if (IS_ERR_OR_NULL(next))
		return -ENOMEM;
	next->owner = domain->owner;
	rc = iopt_table_add_domain(&iopt, next);
	if (!rc)
		rc = iopt_set_dirty_tracking(&iopt, next, true);
	if (!rc)
		rc = iommu_group_replace_domain(dev->iommu_group, next);
	replaced = domain;
	domain = next;
	return rc;
}

int explored_unmap(unsigned long iova, unsigned long len)
{
	unsigned long unmapped;

	return iopt_unmap_iova(&iopt, iova, len, &unmapped);
}

static int read_domain(struct iommu_domain *domain, unsigned long iova, unsigned long len,
		       bool clear, unsigned long long *dirty)
{
	u64 *bitmap = explored_bitmap();
	struct iommu_hwpt_get_dirty_bitmap request = {
		.iova = iova,
		.length = len,
		.page_size = PAGE_SIZE,
		.data = (unsigned long)bitmap,
	};
	int rc;

	memset(bitmap, 0, PAGE_SIZE);
	rc = iopt_read_and_clear_dirty_data(
		&iopt, domain, clear ? 0 : IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR, &request);
	*dirty |= bitmap[0];
	explored_bitmap_back(bitmap);
	return rc;
}

int explored_read(unsigned long iova, unsigned long len, bool clear, unsigned long long *dirty)
{
	int rc = read_domain(domain, iova, len, clear, dirty);

	return rc || !replaced ? rc : read_domain(replaced, iova, len, clear, dirty);
}

int explored_track(bool on)
{
	return iopt_set_dirty_tracking(&iopt, domain, on);
}

void explored_flush(void)
{
	iommu_flush_iotlb_all(domain);
}
