/* SPDX-License-Identifier: MIT */
/*
 * pci.h - PCI devices with ATS and PASID; no aliases, no ACS: each device is a group of its own.
 * Order is part of what is asked of the driver: enabling and disabling ATS is noted (seam.h).
 */
#ifndef SV3_LINUX_PCI_H
#define SV3_LINUX_PCI_H

struct pci_bus {
	struct pci_bus *parent;
	struct pci_dev *self;
	struct list_head devices;
};
struct pci_dev {
	struct device dev;
	struct pci_bus *bus;
	unsigned int devfn;
	bool ats_cap, ats_enabled, pasid_enabled, untrusted, is_virtfn, multifunction;
	unsigned int pasid_bits; /* 0: none */
	unsigned short vendor, device;
	int ats_stu;
	u8 hdr_type;
};
extern struct bus_type pci_bus_type;
#define dev_is_pci(d)                         ((d)->bus == &pci_bus_type)
#define to_pci_dev(d)                         container_of(d, struct pci_dev, dev)
#define pci_is_root_bus(bus)                  true
#define pci_dev_put(pdev)                     ((void)(pdev))
#define PCI_SLOT(devfn)                       ((devfn) >> 3)
#define PCI_ACS_SV                            1
#define PCI_ACS_RR                            4
#define PCI_ACS_CR                            8
#define PCI_ACS_UF                            16
#define pci_acs_enabled(pdev, flags)          true
#define pci_acs_path_enabled(from, to, flags) true
#define pci_devs_are_dma_aliases(a, b)        false
#define for_each_pci_dev(pdev)                for ((pdev) = NULL; (pdev);)
static inline int pci_for_each_dma_alias(struct pci_dev *pdev,
					 int (*each)(struct pci_dev *pdev, u16 alias, void *data),
					 void *data)
{
	return each(pdev, (u16)pdev->devfn, data);
}
#define PCI_VENDOR_ID_HUAWEI 0x19e5

#include <linux/pci-ats.h>

#endif
