/* SPDX-License-Identifier: MIT */
/*
 * irq.h - interrupts: a handler, and for some a thread behind it; message-signalled ones.
 *
 * Handlers run where the harness lets them (irq.c): at the end of register accesses and while
 * someone waits, as if another CPU took them. Threads run when a case lets them.
 */
#ifndef SV3_LINUX_IRQ_H
#define SV3_LINUX_IRQ_H

typedef enum { IRQ_NONE = 0, IRQ_HANDLED = 1, IRQ_WAKE_THREAD = 2 } irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *data);
#define IRQF_ONESHOT 0x2000

int devm_request_threaded_irq(struct device *dev, unsigned int irq, irq_handler_t handler,
			      irq_handler_t thread, unsigned long flags, const char *name,
			      void *data);
#define devm_request_irq(dev, irq, handler, flags, name, data) \
	devm_request_threaded_irq(dev, irq, handler, NULL, flags, name, data)

struct msi_msg {
	u32 address_lo, address_hi, data;
};
struct msi_desc {
	struct device *dev;
	u16 msi_index;
	int irq;
	u64 iommu_msi_iova;
	u8 iommu_msi_shift;
};
#define msi_desc_to_dev(desc) ((desc)->dev)
int platform_device_msi_init_and_alloc_irqs(struct device *dev, unsigned int count,
					    void (*write)(struct msi_desc *desc,
							  struct msi_msg *message));
void platform_device_msi_free_irqs_all(struct device *dev);
int msi_get_virq(struct device *dev, unsigned int index);
#define msi_device_has_isolated_msi(dev) true

#endif
