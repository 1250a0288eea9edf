/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - the kernel half's own names: what its files share, and what cases use of it.
 */
#ifndef SV3_LINUX_KERNEL_H
#define SV3_LINUX_KERNEL_H

/* Where the registers of the SMMU are said to be. */
#define KERNEL_SMMU_BASE 0x9050000ull
#define KERNEL_SMMU_SIZE 0x20000ull

/** kernel_boot - what a kernel does before drivers: pages, the core's initialisers. */
void kernel_boot(void);

/* --- interrupts --- */

/** irq_run - take what the hardware raised: handlers run; threads become ready. */
void irq_run(void);
/** irq_run_threads - run ready threads until none is. Returns: how many ran. */
unsigned int irq_run_threads(void);
/** Whether handlers run while another CPU waits with its own interrupts masked; true at first. */
extern bool irq_second_cpu;

/* Numbers of interrupts: an enum hw_irq behind one of these. */
#define IRQ_WIRED    32
#define IRQ_MESSAGES 64

/* --- PCI --- */

/** What the driver did to a device's ATS, by the number of commands submitted until then. */
struct pci_ats_note {
	unsigned long enabled_after, disabled_after;
	unsigned int enabled_count, disabled_count;
};
extern struct pci_ats_note pci_ats_note;

/** Who answers page faults of processes: pages in [0, end) are there. */
extern unsigned long process_end;
extern unsigned int process_faults;
extern void (*process_fault)(unsigned long address);

extern struct kunit_suite *const kernel_suite;
extern bool *const module_param_of_disable_msipolling, *const module_param_of_disable_bypass;
int kernel_module_init(void);
void kernel_module_exit(void);
int platform_probe(struct platform_device *pdev);
void platform_remove(struct platform_device *pdev);

#endif
