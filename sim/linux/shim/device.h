/* SPDX-License-Identifier: MIT */
/*
 * device.h - devices, buses, drivers; what is released with a device (devres); firmware nodes,
 * which are devices of their own here; DMA memory.
 */
#ifndef SV3_LINUX_DEVICE_H
#define SV3_LINUX_DEVICE_H

struct bus_type;
struct device_driver;
struct dev_iommu;
struct iommu_group;
struct iommu_ops;
struct dev_pagemap;
struct fwnode_operations;

struct fwnode_handle {
	struct device *dev;
	const char *name;
	u32 cells; /* of a node of an SMMU */
	bool is_coherent;
	const char *flag; /* a property it has; NULL: none */
	int flag_value;
	const char *flag_too; /* another */
};
struct device_node {
	struct fwnode_handle fwnode;
};
struct of_device_id {
	char compatible[64];
	const void *data;
};
struct of_phandle_args {
	struct device_node *np;
	int args_count;
	u32 args[16];
};

struct device_driver {
	const char *name;
	const struct bus_type *bus;
	const struct of_device_id *of_match_table;
	bool suppress_bind_attrs;
};
struct bus_type {
	const char *name;
	int (*dma_configure)(struct device *dev);
	struct list_head *devices;
	struct notifier_block *notifiers;
	const struct iommu_ops *iommu_ops;
};
struct class
{
	const char *name;
};

struct devres {
	struct devres *next;
	void (*release)(void *data);
	void *data;
};
struct device {
	struct device *parent;
	const char *name;
	const struct bus_type *bus;
	struct list_head on_bus;
	struct device_driver *driver;
	struct device_node *of_node;
	struct fwnode_handle *fwnode;
	struct dev_iommu *iommu;
	struct iommu_group *iommu_group;
	struct kobject kobj;
	struct mutex mutex;
	const struct class *class;
	const struct attribute_group **groups;
	void *driver_data, *platform_data;
	struct devres *resources;
	u64 dma_mask, coherent_dma_mask;
	const void *dma_ops;
	bool dma_iommu, dma_coherent;
	struct {
		void *domain;
	} msi;
};

#define dev_name(dev)           ((dev)->name)
#define dev_bus_name(dev)       ((dev)->bus ? (dev)->bus->name : "")
#define dev_fwnode(dev)         ((dev)->fwnode)
#define dev_to_node(dev)        NUMA_NO_NODE
#define set_dev_node(dev, node) ((void)(dev))
#define dev_get_drvdata(dev)    ((dev)->driver_data)
#define dev_set_drvdata(dev, p) ((dev)->driver_data = (p))
#define dev_get_platdata(dev)   ((dev)->platform_data)
#define device_lock(dev)        mutex_lock(&(dev)->mutex)

static inline struct device *get_device(struct device *dev)
{
	return dev;
}

static inline void put_device(struct device *dev)
{
}

#define fwnode_handle_get(handle) ((void)(handle))
#define fwnode_handle_put(handle) ((void)(handle))
#define of_dma_is_coherent(node)  ((node)->fwnode.is_coherent)
#define MODULE_DEVICE_TABLE(type, table)

bool fwnode_has(const struct fwnode_handle *handle, const char *property);
int fwnode_number(const struct fwnode_handle *handle, const char *property, u32 *value);
#define of_property_read_bool(node, property)          fwnode_has(&(node)->fwnode, property)
#define of_property_read_u32(node, property, value)    fwnode_number(&(node)->fwnode, property, value)
#define device_property_read_bool(dev, property)       fwnode_has((dev)->fwnode, property)
#define device_property_read_u32(dev, property, value) fwnode_number((dev)->fwnode, property, value)
struct device *driver_find_device_by_fwnode(struct device_driver *driver,
					    const struct fwnode_handle *handle);

/* --- devres: released in reverse order --- */

int devres_add_action(struct device *dev, void (*release)(void *data), void *data);
void devres_release_all(struct device *dev);
void *devm_kzalloc(struct device *dev, size_t size, gfp_t gfp);
#define devm_kcalloc(dev, count, size, gfp) devm_kzalloc(dev, (count) * (size), gfp)
#define devm_bitmap_zalloc(dev, bits, gfp) \
	((unsigned long *)devm_kzalloc(dev, BITS_TO_LONGS(bits) * 8, gfp))
int devm_add_action_or_reset(struct device *dev, void (*release)(void *data), void *data);

/* --- buses --- */

#define BUS_NOTIFY_ADD_DEVICE     1
#define BUS_NOTIFY_REMOVED_DEVICE 2
int bus_register_notifier(const struct bus_type *bus, struct notifier_block *block);
int bus_unregister_notifier(const struct bus_type *bus, struct notifier_block *block);
int bus_for_each_dev(const struct bus_type *bus, struct device *start, void *data,
		     int (*each)(struct device *dev, void *data));
int device_add_to_bus(struct device *dev, struct bus_type *bus);
void device_remove_from_bus(struct device *dev);

/* --- DMA memory: coherent, and addressed physically --- */

enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_NONE };
#define DMA_BIT_MASK(bits) (~0ull >> (64 - (bits)))
#define DMA_MAPPING_ERROR  ((dma_addr_t)-1)
static inline int dma_set_mask_and_coherent(struct device *dev, u64 mask)
{
	dev->dma_mask = mask;
	return 0;
}

void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *pa, gfp_t gfp);
void dma_free_coherent(struct device *dev, size_t size, void *virt, dma_addr_t pa);
void *dmam_alloc_coherent(struct device *dev, size_t size, dma_addr_t *pa, gfp_t gfp);
#define dma_map_single(dev, virt, size, direction)           ((void)(dev), virt_to_phys(virt))
#define dma_unmap_single(dev, pa, size, direction)           ((void)(dev), (void)(pa))
#define dma_sync_single_for_device(dev, pa, size, direction) ((void)(dev), (void)(pa))
#define dma_mapping_error(dev, pa)                           ((pa) == DMA_MAPPING_ERROR)

#endif
