/* SPDX-License-Identifier: MIT */
/* autoconf.h - the kernel configuration the harness stands for: arm64, 4 KiB pages, device tree. */
#define CONFIG_64BIT                          1
#define CONFIG_SMP                            1
#define CONFIG_IOMMU_SUPPORT                  1
#define CONFIG_IOMMU_API                      1
#define CONFIG_IOMMU_IO_PGTABLE               1
#define CONFIG_IOMMU_IO_PGTABLE_LPAE          1
#define CONFIG_IOMMU_IO_PGTABLE_LPAE_SELFTEST 1
#define CONFIG_IOMMUFD_DRIVER                 1
#define CONFIG_IOMMU_IOPF                     1
#define CONFIG_IOMMU_DMA                      1
#define CONFIG_IOMMU_DEFAULT_DMA_STRICT       1
#define CONFIG_OF                             1
#define CONFIG_ACPI                           1
#define CONFIG_PCI                            1
#define CONFIG_PCI_ATS                        1
#define CONFIG_PCI_PRI                        1
#define CONFIG_PCI_PASID                      1
#define CONFIG_ARM_SMMU_V3                    1
#define CONFIG_ARM_SMMU_V3_SVA                1
#define CONFIG_KUNIT                          1
#define CONFIG_INTERVAL_TREE_SPAN_ITER        1
#define CONFIG_IOMMU_SVA                      1
#define CONFIG_IOMMU_MM_DATA                  1
