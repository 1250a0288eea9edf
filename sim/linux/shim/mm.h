/* SPDX-License-Identifier: MIT */
/*
 * mm.h - address spaces of processes, as far as sharing one with a device asks for them.
 * Nothing changes an address space behind the driver's back: its notifiers are called by cases.
 */
#ifndef SV3_LINUX_MM_H
#define SV3_LINUX_MM_H

struct mmu_notifier;
struct mm_struct {
	void *pgd;
	u64 context;
	struct rw_semaphore mmap_lock;
	struct list_head iommu_mm_list;
	struct iommu_mm_data *iommu_mm;
	struct mmu_notifier *notifier;
};
struct vm_area_struct {
	unsigned long vm_flags;
};
#define VM_READ  1ul
#define VM_WRITE 2ul
#define VM_EXEC  4ul
typedef unsigned int vm_fault_t;
#define VM_FAULT_ERROR              1u
#define FAULT_FLAG_REMOTE           1u
#define FAULT_FLAG_WRITE            2u
#define FAULT_FLAG_INSTRUCTION      4u
#define FAULT_FLAG_USER             8u
#define arch_pgtable_dma_compat(mm) true
/* The one page fault handler of processes here: the harness sets it. */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long address);
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags,
			   void *regs);
struct mmu_notifier_ops {
	void (*arch_invalidate_secondary_tlbs)(struct mmu_notifier *notifier, struct mm_struct *mm,
					       unsigned long start, unsigned long end);
	void (*release)(struct mmu_notifier *notifier, struct mm_struct *mm);
	void (*free_notifier)(struct mmu_notifier *notifier);
};
struct mmu_notifier {
	const struct mmu_notifier_ops *ops;
	struct mm_struct *mm;
};
int mmu_notifier_register(struct mmu_notifier *notifier, struct mm_struct *mm);
void mmu_notifier_put(struct mmu_notifier *notifier);
#define mmu_notifier_synchronize() ((void)0)
#define mmget_not_zero(mm)         true
#define mmput(mm)                  ((void)(mm))
#define mmgrab(mm)                 ((void)(mm))
#define mmdrop(mm)                 ((void)(mm))
#define mmap_read_lock(mm)         down_read(&(mm)->mmap_lock)
#define mmap_read_unlock(mm)       up_read(&(mm)->mmap_lock)

/* The CPU side: 48-bit addresses, 4 KiB pages, an ASID that is pinned at once. */
#define read_sysreg(name)                                0xffull
#define ID_AA64MMFR0_EL1_PARANGE_SHIFT                   0
#define SYS_ID_AA64MMFR0_EL1                             0
#define read_sanitised_ftr_reg(reg)                      5ull
#define cpuid_feature_extract_unsigned_field(reg, shift) ((unsigned int)((reg) >> (shift)&15))
#define cpus_have_cap(cap)                               false
#define id_aa64mmfr0_parange_to_phys_shift(range)        48
#define ID_AA64MMFR0_EL1_ASIDBITS_SHIFT                  4
#define arm64_kernel_unmapped_at_el0()                   false
#define num_possible_cpus()                              1
#define ARM64_HAS_VIRT_HOST_EXTN                         0

#endif
