/* SPDX-License-Identifier: MIT */
/*
 * cases.h - what cases share: a machine with one SMMU and its driver, masters behind it, domains as
 * a user of the kernel's core gets them.
 *
 * Everything goes through the real core (iommu.c), as VFIO and iommufd do: claim the group, which
 * blocks DMA, allocate a domain, attach. Fixtures that fail end the case with a failed row.
 */
#ifndef SV3_LINUX_CASES_H
#define SV3_LINUX_CASES_H

#include "../kernel/kernel.h"

#include <uapi/linux/iommufd.h>

#include "arm-smmu-v3.h"

#define MASTER_SID 0x21u
#define IOVA_BASE  0x10000000ul

struct machine {
	struct platform_device smmu;
	struct device_node node;
	struct resource registers;
	int probe_rc;
	unsigned long pages_before, blocks_before; /* handed out when the driver was loaded */
};
struct master {
	struct pci_dev pci; /* its device; a PCI device only if it is on that bus */
	struct pci_bus bus;
};

/** machine_create - hardware, a kernel, the driver loaded and its device not yet probed. */
void machine_create(struct machine *machine, const struct hw_config *config);
/** machine_probe - with a row: the driver's probe succeeds. */
void machine_probe(struct machine *machine);
/** machine_start - both, with the hardware of the profile "linux". */
void machine_start(struct machine *machine);
/** machine_stop - remove the driver; rows: nothing is left of it. */
void machine_stop(struct machine *machine);
struct arm_smmu_device *machine_driver(const struct machine *machine);

/** master_add - a device with one StreamID appears on a bus, and the core meets it. */
void master_add(struct machine *machine, struct master *master, const char *name, u32 stream_id,
		struct bus_type *bus);
void master_remove(struct master *master);
/** master_attach - claim its group and attach a domain; @dirty: allocated for dirty tracking. */
struct iommu_domain *master_attach(struct master *master, bool dirty);
/** master_detach - back to blocking, free the domain, release the group: the default domain. */
void master_detach(struct master *master, struct iommu_domain *domain);
static inline struct device *master_device(struct master *master)
{
	return &master->pci.dev;
}

/** Memory to map: pages of the window. */
void *memory_create(unsigned int pages);
void memory_destroy(void *memory, unsigned int pages);
/** map, unmap - through the core; a row if it fails. */
void map(struct iommu_domain *domain, unsigned long iova, void *memory, size_t size, int prot);
void unmap(struct iommu_domain *domain, unsigned long iova, size_t size);

enum hw_outcome dma_write(u32 stream_id, unsigned long iova, u64 value);
enum hw_outcome dma_read(u32 stream_id, unsigned long iova, u64 *value);
/** The event number that a write causes, 0: none. */
unsigned int dma_write_event(u32 stream_id, unsigned long iova);

/** must - a step of the fixture: no row if it holds, the end of the case if not. */
void must(bool holds, const char *what);

/**
 * path_of - walk the tables at @root to @iova, as hardware would
 * @path: out, shape [4]: where the descriptors stand, from level 0 on
 * Returns: how many.
 */
unsigned int path_of(u64 root, unsigned long iova, u64 *path[4]);
/** The tables of a domain of the driver, stage 1. */
u64 domain_root(struct iommu_domain *domain);
/** The driver's CD of a master for PASID @ssid, and its STE. */
u64 *cd_of(struct master *master, unsigned int ssid);
u64 *ste_of(struct machine *machine, u32 stream_id);

#define CASE(name, about) void case_##name(void);
#include "cases.def"
#undef CASE

#endif
