/* SPDX-License-Identifier: MIT */
/*
 * core.c - what stands around the real core and the driver: boot, kobjects, the DMA layer that
 * nobody maps through, PCI, address spaces of processes.
 */
#include "kernel.h"

#include "dma-iommu.h"

struct page *kernel_pages;

int initcall_of_iommu_init(void);
int initcall_of_iommu_subsys_init(void);

void kernel_boot(void)
{
	kernel_pages = seam_alloc(seam_window_size / PAGE_SIZE * sizeof(struct page));
	seam_interrupts = irq_run;
	BUG_ON(initcall_of_iommu_init() || initcall_of_iommu_subsys_init());
}

/* --- kobjects --- */

int kobject_init_and_add(struct kobject *object, const struct kobj_type *type,
			 struct kobject *parent, const char *format, ...)
{
	object->type = type;
	object->parent = kobject_get(parent);
	object->refs = 1;
	return 0;
}

struct kobject *kobject_create_and_add(const char *name, struct kobject *parent)
{
	struct kobject *object = seam_alloc(sizeof(*object));

	kobject_init_and_add(object, NULL, parent, "%s", name);
	object->is_plain = true;
	return object;
}

struct kobject *kobject_get(struct kobject *object)
{
	if (object)
		object->refs++;
	return object;
}

void kobject_put(struct kobject *object)
{
	struct kobject *parent;

	if (!object || --object->refs)
		return;
	parent = object->parent;
	if (object->is_plain)
		seam_free(object);
	else if (object->type && object->type->release)
		object->type->release(object);
	kobject_put(parent);
}

int iommu_device_sysfs_add(struct iommu_device *iommu, struct device *parent,
			   const struct attribute_group **groups, const char *format, ...)
{
	return 0;
}

void iommu_device_sysfs_remove(struct iommu_device *iommu)
{
}

int iommu_device_link(struct iommu_device *iommu, struct device *link)
{
	return 0;
}

void iommu_device_unlink(struct iommu_device *iommu, struct device *link)
{
}

/* --- the DMA layer: default domains exist, but only cases map --- */

void iommu_setup_dma_ops(struct device *dev)
{
}

int iommu_get_dma_cookie(struct iommu_domain *domain)
{
	return 0;
}

void iommu_put_dma_cookie(struct iommu_domain *domain)
{
}

int iommu_dma_init_fq(struct iommu_domain *domain)
{
	return 0;
}

void iommu_dma_get_resv_regions(struct device *dev, struct list_head *list)
{
}

/* --- the platform driver --- */

static struct platform_driver *registered;

int platform_driver_register(struct platform_driver *driver)
{
	registered = driver;
	return 0;
}

void platform_driver_unregister(struct platform_driver *driver)
{
	registered = NULL;
}

int platform_probe(struct platform_device *pdev)
{
	int rc = registered ? registered->probe(pdev) : -ENODEV;

	if (rc)
		devres_release_all(&pdev->dev);
	else
		pdev->dev.driver = &registered->driver;
	return rc;
}

void platform_remove(struct platform_device *pdev)
{
	registered->remove_new(pdev);
	devres_release_all(&pdev->dev);
	pdev->dev.driver = NULL;
}

/* --- PCI --- */

struct pci_ats_note pci_ats_note;

bool pci_ats_supported(struct pci_dev *pdev)
{
	return pdev->ats_cap;
}

int pci_prepare_ats(struct pci_dev *pdev, int page_shift)
{
	return pdev->ats_cap ? 0 : -EINVAL;
}

int pci_enable_ats(struct pci_dev *pdev, int page_shift)
{
	pdev->ats_enabled = true;
	pci_ats_note.enabled_after = hw_command_count();
	pci_ats_note.enabled_count++;
	return 0;
}

void pci_disable_ats(struct pci_dev *pdev)
{
	pdev->ats_enabled = false;
	pci_ats_note.disabled_after = hw_command_count();
	pci_ats_note.disabled_count++;
}

int pci_enable_pasid(struct pci_dev *pdev, int features)
{
	pdev->pasid_enabled = true;
	return 0;
}

void pci_disable_pasid(struct pci_dev *pdev)
{
	pdev->pasid_enabled = false;
}

int pci_pasid_features(struct pci_dev *pdev)
{
	return pdev->pasid_bits ? 0 : -EINVAL;
}

int pci_max_pasids(struct pci_dev *pdev)
{
	return pdev->pasid_bits ? 1 << pdev->pasid_bits : -EINVAL;
}

/* --- processes --- */

unsigned long process_end;
unsigned int process_faults;
void (*process_fault)(unsigned long address);

struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long address)
{
	static struct vm_area_struct vma = { .vm_flags = VM_READ | VM_WRITE };

	return address < process_end ? &vma : NULL;
}

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags,
			   void *regs)
{
	process_faults++;
	if (process_fault)
		process_fault(address);
	return 0;
}

int mmu_notifier_register(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	notifier->mm = mm;
	mm->notifier = notifier;
	return 0;
}

void mmu_notifier_put(struct mmu_notifier *notifier)
{
	notifier->mm->notifier = NULL;
	notifier->ops->free_notifier(notifier);
}
