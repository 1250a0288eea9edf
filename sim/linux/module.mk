# SPDX-License-Identifier: MIT
#
# The Linux harness: what is taken from a kernel source, and what is built of it (rules: linux.mk).
# No kernel file is part of this project: prepare.sh extracts them into the build folder.
#
#   LINUX_COMPILED   kernel files compiled as they are
#   LINUX_QUOTED     headers that stand beside them
#   LINUX_HEADERS    kernel headers used as they are, below include/; A=B puts B in A's place
#   LINUX_EMPTY      kernel headers whose subject is in sim/linux/shim: the build puts empty files there
LINUX_VERSIONS := 6.12

LINUX_COMPILED := $(addprefix drivers/iommu/,io-pgtable.c io-pgtable-arm.c iommu.c iommu-sva.c io-pgfault.c $(addprefix iommufd/,iova_bitmap.c io_pagetable.c) \
	$(addprefix arm/arm-smmu-v3/arm-smmu-v3,.c -sva.c -test.c)) lib/rbtree.c lib/interval_tree.c

LINUX_QUOTED := $(addprefix drivers/iommu/,io-pgtable-arm.h iommu-pages.h iommu-priv.h dma-iommu.h $(addprefix iommufd/,double_span.h io_pagetable.h iommufd_private.h) \
	arm/arm-smmu-v3/arm-smmu-v3.h)

LINUX_HEADERS := $(addprefix linux/,$(addsuffix .h,kconfig const build_bug container_of errno err minmax \
	align math wordpart sizes poison list bits overflow log2 bitfield rbtree rbtree_types rbtree_augmented \
	iommu io-pgtable iova_bitmap iopoll pci-ats interval_tree interval_tree_generic iommufd kref)) \
	vdso/const.h vdso/bits.h uapi/linux/const.h uapi/linux/bits.h uapi/linux/errno.h uapi/linux/iommufd.h \
	asm-generic/errno-base.h=uapi/asm-generic/errno-base.h asm/errno.h=uapi/asm-generic/errno.h \
	kunit/visibility.h

LINUX_EMPTY := $(addprefix linux/,$(addsuffix .h,acpi acpi_iort amba/bus atomic bitops bug cc_platform cdx/cdx_bus \
	compiler crash_dump delay device dma-mapping export file fs fsl/mc fwnode gfp highmem host1x_context_bus idr init \
	interrupt io ioctl irqdomain kernel kthread ktime limits lockdep miscdevice mm mmu_context mmu_notifier mmzone module msi mutex of of_address \
	of_platform pci platform_device property rcupdate refcount rwsem scatterlist sched/mm slab spinlock stddef types uaccess vmstat workqueue xarray)) \
	asm/barrier.h asm/bitsperlong.h asm/byteorder.h asm/div64.h trace/events/iommu.h uapi/linux/kernel.h
