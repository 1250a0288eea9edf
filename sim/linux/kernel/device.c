/* SPDX-License-Identifier: MIT */
/*
 * device.c - what a device has while it lives: resources released in reverse order, DMA memory, a
 * place on a bus, properties of its firmware node.
 */
#include "kernel.h"

/* --- devres --- */

int devres_add_action(struct device *dev, void (*release)(void *data), void *data)
{
	struct devres *res = seam_alloc(sizeof(*res));

	*res = (struct devres){ .next = dev->resources, .release = release, .data = data };
	dev->resources = res;
	return 0;
}

int devm_add_action_or_reset(struct device *dev, void (*release)(void *data), void *data)
{
	return devres_add_action(dev, release, data);
}

void devres_release_all(struct device *dev)
{
	while (dev->resources) {
		struct devres *res = dev->resources;

		dev->resources = res->next;
		res->release(res->data);
		seam_free(res);
	}
}

void *devm_kzalloc(struct device *dev, size_t size, gfp_t gfp)
{
	void *block = seam_alloc(size);

	devres_add_action(dev, seam_free, block);
	return block;
}

/* --- DMA memory --- */

struct coherent {
	void *virt;
	size_t size;
};

void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *pa, gfp_t gfp)
{
	void *virt = get_order(size) > MAX_PAGE_ORDER ? NULL : seam_pages_alloc(get_order(size));

	if (virt)
		*pa = virt_to_phys(virt);
	return virt;
}

void dma_free_coherent(struct device *dev, size_t size, void *virt, dma_addr_t pa)
{
	seam_pages_free(virt, get_order(size));
}

static void release_coherent(void *data)
{
	struct coherent *coherent = data;

	dma_free_coherent(NULL, coherent->size, coherent->virt, 0);
	seam_free(coherent);
}

void *dmam_alloc_coherent(struct device *dev, size_t size, dma_addr_t *pa, gfp_t gfp)
{
	void *virt = dma_alloc_coherent(dev, size, pa, gfp);
	struct coherent *coherent;

	if (!virt)
		return NULL;
	coherent = seam_alloc(sizeof(*coherent));
	*coherent = (struct coherent){ .virt = virt, .size = size };
	devres_add_action(dev, release_coherent, coherent);
	return virt;
}

/* The window of registers is there anyway; the resource says which part of it. */
void *devm_ioremap_resource(struct device *dev, const struct resource *resource)
{
	return seam_registers + (resource->start - KERNEL_SMMU_BASE);
}

/* --- buses --- */

static LIST_HEAD(platform_devices);
static LIST_HEAD(pci_devices);
struct bus_type platform_bus_type = { .name = "platform", .devices = &platform_devices };
struct bus_type pci_bus_type = { .name = "pci", .devices = &pci_devices };

/* The buses' lists are the harness's own: the core sees them as constant. */
int bus_register_notifier(const struct bus_type *bus, struct notifier_block *block)
{
	struct bus_type *own = (struct bus_type *)bus;

	block->next = own->notifiers;
	own->notifiers = block;
	return 0;
}

static int notify(struct bus_type *bus, unsigned long action, struct device *dev)
{
	int rc = 0;

	for (struct notifier_block *block = bus->notifiers; block; block = block->next)
		rc = block->notifier_call(block, action, dev);
	return rc;
}

int bus_for_each_dev(const struct bus_type *bus, struct device *start, void *data,
		     int (*each)(struct device *dev, void *data))
{
	struct device *dev, *next;
	int rc = 0;

	if (!bus->devices)
		return 0;
	list_for_each_entry_safe(dev, next, bus->devices, on_bus)
	{
		rc = each(dev, data);
		if (rc)
			break;
	}
	return rc;
}

int device_add_to_bus(struct device *dev, struct bus_type *bus)
{
	dev->bus = bus;
	list_add_tail(&dev->on_bus, bus->devices);
	return notify(bus, BUS_NOTIFY_ADD_DEVICE, dev);
}

void device_remove_from_bus(struct device *dev)
{
	notify((struct bus_type *)dev->bus, BUS_NOTIFY_REMOVED_DEVICE, dev);
	list_del(&dev->on_bus);
}

/* --- firmware nodes --- */

bool fwnode_has(const struct fwnode_handle *handle, const char *property)
{
	if (!handle)
		return false;
	return (handle->flag && strcmp(handle->flag, property) == 0) ||
	       (handle->flag_too && strcmp(handle->flag_too, property) == 0);
}

int fwnode_number(const struct fwnode_handle *handle, const char *property, u32 *value)
{
	if (handle && strcmp(property, "#iommu-cells") == 0) {
		*value = handle->cells;
		return 0;
	}
	if (!fwnode_has(handle, property))
		return -EINVAL;
	*value = (u32)handle->flag_value;
	return 0;
}

/* The one driver has one device, if any. */
struct device *driver_find_device_by_fwnode(struct device_driver *driver,
					    const struct fwnode_handle *handle)
{
	return handle ? handle->dev : NULL;
}
