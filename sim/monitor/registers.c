/* SPDX-License-Identifier: MIT */
/*
 * registers.c - registers as software writes them: guarded fields, and what the monitor must know.
 *
 * A field is guarded while the enable or its acknowledge is set. [IHI0070 6.2] What a register
 * holds is asked of the embedder; where it cannot be, what software wrote last counts, and an
 * enable that was cleared stays in force until software has read so.
 */
#include "monitor_priv.h"

#define QUEUES_ON (SV3_CR0_CMDQEN | SV3_CR0_EVENTQEN | SV3_CR0_PRIQEN)

static const struct guard {
	uint32_t offset, bytes;
	uint64_t fields;
	uint64_t cr0, irq_ctrl; /* by any of these */
} guards[] = {
	{ SV3_REG_CR1, 4, SV3_CR1_TABLE_ATTR, SV3_CR0_SMMUEN, 0 },
	{ SV3_REG_CR1, 4, SV3_CR1_QUEUE_ATTR, QUEUES_ON, 0 },
	{ SV3_REG_CR2, 4, UINT32_MAX, SV3_CR0_SMMUEN, 0 },
	{ SV3_REG_STRTAB_BASE, 8, SV3_STRTAB_BASE_ADDR, SV3_CR0_SMMUEN, 0 },
	{ SV3_REG_STRTAB_BASE_CFG, 4, UINT32_MAX, SV3_CR0_SMMUEN, 0 },
	{ SV3_REG_CMDQ_BASE, 8, UINT64_MAX, SV3_CR0_CMDQEN, 0 },
	{ SV3_REG_CMDQ_CONS, 4, SV3_QUEUE_INDEX, SV3_CR0_CMDQEN, 0 },
	{ SV3_REG_EVENTQ_BASE, 8, UINT64_MAX, SV3_CR0_EVENTQEN, 0 },
	{ SV3_REG_EVENTQ_PROD, 4, SV3_QUEUE_INDEX, SV3_CR0_EVENTQEN, 0 },
	{ SV3_REG_EVENTQ_PROD_P0, 4, SV3_QUEUE_INDEX, SV3_CR0_EVENTQEN, 0 },
	{ SV3_REG_PRIQ_BASE, 8, UINT64_MAX, SV3_CR0_PRIQEN, 0 },
	{ SV3_REG_PRIQ_PROD, 4, SV3_QUEUE_INDEX, SV3_CR0_PRIQEN, 0 },
	{ SV3_REG_PRIQ_PROD_P0, 4, SV3_QUEUE_INDEX, SV3_CR0_PRIQEN, 0 },
	{ SV3_REG_GERROR_IRQ_CFG0, 8, UINT64_MAX, 0, SV3_IRQ_CTRL_GERROR },
	{ SV3_REG_GERROR_IRQ_CFG1, 4, UINT32_MAX, 0, SV3_IRQ_CTRL_GERROR },
	{ SV3_REG_GERROR_IRQ_CFG2, 4, UINT32_MAX, 0, SV3_IRQ_CTRL_GERROR },
	{ SV3_REG_EVENTQ_IRQ_CFG0, 8, UINT64_MAX, 0, SV3_IRQ_CTRL_EVENTQ },
	{ SV3_REG_EVENTQ_IRQ_CFG1, 4, UINT32_MAX, 0, SV3_IRQ_CTRL_EVENTQ },
	{ SV3_REG_EVENTQ_IRQ_CFG2, 4, UINT32_MAX, 0, SV3_IRQ_CTRL_EVENTQ },
	{ SV3_REG_PRIQ_IRQ_CFG0, 8, UINT64_MAX, 0, SV3_IRQ_CTRL_PRIQ },
	{ SV3_REG_PRIQ_IRQ_CFG1, 4, UINT32_MAX, 0, SV3_IRQ_CTRL_PRIQ },
	{ SV3_REG_PRIQ_IRQ_CFG2, 4, UINT32_MAX, 0, SV3_IRQ_CTRL_PRIQ },
};

static uint64_t peek(const struct sv3_monitor *m, uint32_t offset, uint32_t size, uint64_t known)
{
	return m->config.peek ? m->config.peek(m->config.context, offset, size) : known;
}

static bool is_guarded(const struct sv3_monitor *m, const struct guard *guard)
{
	const uint64_t cr0ack = peek(m, SV3_REG_CR0ACK, 4, m->cr0ack);
	const uint64_t irqack = peek(m, SV3_REG_IRQ_CTRLACK, 4, m->irq_ctrlack);

	return ((m->cr0 | cr0ack) & guard->cr0) || ((m->irq_ctrl | irqack) & guard->irq_ctrl);
}

/* What it holds, where nobody can be asked; what the monitor does not keep counts as changed. */
static uint64_t known_value(const struct sv3_monitor *m, uint32_t offset, uint64_t written)
{
	switch (offset) {
	case SV3_REG_CR1:
		return m->cr1;
	case SV3_REG_CR2:
		return m->cr2;
	case SV3_REG_STRTAB_BASE:
		return m->strtab_base;
	case SV3_REG_STRTAB_BASE_CFG:
		return m->strtab_cfg;
	case SV3_REG_CMDQ_BASE:
		return m->cmdq_base;
	default:
		return ~written;
	}
}

static void find(struct sv3_monitor *m, const struct guard *guard, uint64_t before, uint64_t now)
{
	const uint64_t position = sv3__position(m);

	sv3__find(m, &(const struct sv3_monitor_finding){ .rule = SV3_MONITOR_GUARDED,
							  .stream_id = UINT32_MAX,
							  .first = guard->offset,
							  .last = guard->offset,
							  .input = guard->offset,
							  .changed = position,
							  .found = position,
							  .before = before,
							  .now = now });
}

void sv3__register_check(struct sv3_monitor *m, uint32_t offset, uint32_t size, uint64_t value)
{
	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		const struct guard *guard = &guards[i];
		const uint32_t shift = 8 * (offset - guard->offset);
		const uint64_t mask = size == 8 ? UINT64_MAX : UINT32_MAX;
		uint64_t before, now;

		if (offset < guard->offset || offset >= guard->offset + guard->bytes ||
		    !is_guarded(m, guard))
			continue;
		before = peek(m, guard->offset, guard->bytes,
			      known_value(m, guard->offset, value << shift));
		now = (before & ~(mask << shift)) | (value & mask) << shift;
		if ((before ^ now) & guard->fields) {
			find(m, guard, before, now);
			return;
		}
	}
}
