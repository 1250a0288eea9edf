/* SPDX-License-Identifier: MIT */
/*
 * irq.c - interrupts of the one SMMU: from what the hardware raised to the driver's handlers.
 *
 * A handler runs at the next of its chances (seam_interrupts); a thread, which may sleep, when a
 * case lets threads run. With irq_second_cpu a handler runs even while the CPU at hand waits with
 * interrupts masked: another one takes it.
 */
#include "kernel.h"

struct line {
	irq_handler_t handler, thread;
	void *data;
	bool is_ready; /* its thread is */
};

static struct line lines[IRQ_MESSAGES + HW_IRQ_COUNT];
static bool is_handling;
bool irq_second_cpu = true;
__thread unsigned int irqs_masked;

static void release_line(void *data)
{
	*(struct line *)data = (struct line){ 0 };
}

int devm_request_threaded_irq(struct device *dev, unsigned int irq, irq_handler_t handler,
			      irq_handler_t thread, unsigned long flags, const char *name,
			      void *data)
{
	if (WARN_ON(irq >= ARRAY_SIZE(lines)))
		return -EINVAL;
	lines[irq] = (struct line){ .handler = handler, .thread = thread, .data = data };
	return devres_add_action(dev, release_line, &lines[irq]);
}

static void raise_line(unsigned int irq)
{
	struct line *line = &lines[irq];

	if (line->handler && line->handler((int)irq, line->data) != IRQ_WAKE_THREAD)
		return;
	line->is_ready = line->thread != NULL;
}

/* A message or a wire: a line is asked for under one of the two numbers. */
static void raise(enum hw_irq irq)
{
	raise_line(IRQ_WIRED + irq);
	raise_line(IRQ_MESSAGES + irq);
}

void irq_run(void)
{
	unsigned int raised;

	if (is_handling || (irqs_masked && !irq_second_cpu))
		return;
	is_handling = true;
	while ((raised = hw_irq_take()))
		for (unsigned int irq = 0; irq < HW_IRQ_COUNT; irq++)
			if (raised & 1u << irq)
				raise((enum hw_irq)irq);
	is_handling = false;
}

unsigned int irq_run_threads(void)
{
	unsigned int ran = 0;

	hw_step();
	irq_run();
	for (unsigned int irq = 0; irq < ARRAY_SIZE(lines); irq++) {
		struct line *line = &lines[irq];

		while (line->is_ready) {
			line->is_ready = false;
			line->thread((int)irq, line->data);
			ran++;
			irq_run();
		}
	}
	return ran;
}

int platform_get_irq_byname_optional(struct platform_device *pdev, const char *name)
{
	static const char *const names[] = { "eventq", "gerror", "cmdq-sync", "priq" };

	for (unsigned int i = 0; pdev->has_wires && i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (int)(IRQ_WIRED + i);
	return -ENXIO;
}

/* --- messages --- */

int platform_device_msi_init_and_alloc_irqs(struct device *dev, unsigned int count,
					    void (*write)(struct msi_desc *desc,
							  struct msi_msg *message))
{
	for (unsigned int i = 0; i < count; i++) {
		struct msi_desc desc = { .dev = dev, .msi_index = (u16)i };
		struct msi_msg message = {
			.address_lo = (u32)HW_DOORBELL,
			.data = (u32)msi_get_virq(dev, i) - IRQ_MESSAGES,
		};

		write(&desc, &message);
	}
	return 0;
}

void platform_device_msi_free_irqs_all(struct device *dev)
{
}

/* The driver numbers its messages: events, errors, page requests. */
int msi_get_virq(struct device *dev, unsigned int index)
{
	static const enum hw_irq irqs[] = { HW_IRQ_EVENTQ, HW_IRQ_GERROR, HW_IRQ_PRIQ };

	return index < ARRAY_SIZE(irqs) ? (int)(IRQ_MESSAGES + irqs[index]) : 0;
}
