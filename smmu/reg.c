/* SPDX-License-Identifier: MIT */
/*
 * reg.c - the register file, built from regs.def: access rules, guards, and what a write sets
 * going.
 *
 * A write never does work of its own: it changes enables and indexes, and jobs become ready.
 */
#include "smmu_priv.h"

/* What software may change in this profile: no PRI queue, no ATS, no EL2. */
#define SV3__CR0_WRITABLE (SV3_CR0_SMMUEN | SV3_CR0_EVENTQEN | SV3_CR0_CMDQEN)
/* [IHI0070 6.3.12] PTM is RES0 without broadcast maintenance. */
#define SV3__CR2_WRITABLE      SV3_CR2_RECINVSID
#define SV3__IRQ_CTRL_WRITABLE (SV3_IRQ_CTRL_GERROR | SV3_IRQ_CTRL_EVENTQ)
/* MemAttr, MTCFG, ALLOCCFG, SHCFG, PRIVCFG, INSTCFG, ABORT; Update is never stored. */
#define SV3__GBPA_WRITABLE        (SV3_BITS(4, 0) | SV3_BITS(13, 8) | SV3_BITS(20, 16))
#define SV3__STRTAB_BASE_WRITABLE (SV3_STRTAB_BASE_ADDR | SV3_BIT(62))
#define SV3__STRTAB_CFG_WRITABLE \
	(SV3_STRTAB_CFG_LOG2SIZE | SV3_STRTAB_CFG_SPLIT | SV3_STRTAB_CFG_FMT)
#define SV3__QUEUE_BASE_WRITABLE (SV3_QUEUE_BASE_ADDR | SV3_QUEUE_BASE_LOG2SIZE | SV3_BIT(62))
#define SV3__CMDQ_CONS_WRITABLE  (SV3_QUEUE_INDEX | SV3_CMDQ_CONS_ERR)
#define SV3__EVENTQ_INDEX        (SV3_QUEUE_INDEX | SV3_EVENTQ_OVFLG)
#define SV3__GERROR_IMPLEMENTED                                                          \
	(SV3_GERROR_CMDQ_ERR | SV3_GERROR_EVENTQ_ABT_ERR | SV3_GERROR_MSI_CMDQ_ABT_ERR | \
	 SV3_GERROR_MSI_EVENTQ_ABT_ERR | SV3_GERROR_MSI_GERROR_ABT_ERR)

struct row {
	uint32_t offset, bits;
	uint64_t writable;
	enum sv3__guard guard;
};

static const struct row rows[SV3__REG_COUNT] = {
#define REG(name, bits, access, reset, writable, guard, source) \
	[SV3__REG_##name] = { SV3_REG_##name, bits, writable, guard },
#include "regs.def"
#undef REG
};

bool sv3_reg_info(const struct sv3_smmu_config *config, unsigned int index,
		  struct sv3_reg_info *info)
{
	switch (index) {
#define REG(name, bits_, access_, reset_, writable, guard, source_)               \
	case SV3__REG_##name:                                                     \
		*info = (struct sv3_reg_info){ #name,          access_, source_,  \
					       SV3_REG_##name, bits_,   reset_ }; \
		return true;
#include "regs.def"
#undef REG
	default:
		return false;
	}
}

/* The register at @offset, or the upper half of a 64-bit one (@upper). SV3__REG_COUNT: nothing
 * there. */
static enum sv3__reg find(uint32_t offset, uint32_t size, bool *upper)
{
	/* [IHI0070 6.2] EVENTQ_PROD and _CONS may show in page 0 too. IMPDEF(I-003): they do. */
	if (offset == SV3_REG_EVENTQ_PROD_P0 || offset == SV3_REG_EVENTQ_CONS_P0)
		offset += SV3_REG_EVENTQ_PROD - SV3_REG_EVENTQ_PROD_P0;
	for (uint32_t reg = 0; reg < SV3__REG_COUNT; reg++) {
		*upper = rows[reg].bits == 64 && offset == rows[reg].offset + 4;
		if (size == 8 && (rows[reg].bits != 64 || *upper))
			continue;
		if (*upper || offset == rows[reg].offset)
			return (enum sv3__reg)reg;
	}
	return SV3__REG_COUNT;
}

/* IMPDEF(I-009): other sizes, unaligned accesses and 64 bits over two registers are RAZ/WI, as is
 * what is reserved in page 1. [IHI0070 6.2] */
static bool access_is_possible(uint32_t offset, uint32_t size)
{
	return (size == 4 || size == 8) && offset % size == 0 && offset < SV3_REG_SPAN_BYTES;
}

uint64_t sv3_smmu_reg_read(struct sv3_smmu *smmu, uint32_t offset, uint32_t size)
{
	bool upper;
	enum sv3__reg reg;

	if (!access_is_possible(offset, size) ||
	    (reg = find(offset, size, &upper)) == SV3__REG_COUNT) {
		sv3__stats(smmu)->software_errors++;
		return 0;
	}
	if (size == 8)
		return smmu->regs[reg];
	return (smmu->regs[reg] >> (upper ? 32 : 0)) & UINT32_MAX;
}

/* [IHI0070 6.3.9] Guarded while the enable is set or not yet acknowledged as clear. */
static bool is_on(const struct sv3_smmu *smmu, enum sv3__reg enable, enum sv3__reg ack,
		  uint64_t bits)
{
	return ((smmu->regs[enable] | smmu->regs[ack]) & bits) != 0;
}

static bool cr0_is_on(const struct sv3_smmu *smmu, uint64_t bits)
{
	return is_on(smmu, SV3__REG_CR0, SV3__REG_CR0ACK, bits);
}

static bool irq_is_on(const struct sv3_smmu *smmu, uint64_t bits)
{
	return is_on(smmu, SV3__REG_IRQ_CTRL, SV3__REG_IRQ_CTRLACK, bits);
}

static bool is_guarded(const struct sv3_smmu *smmu, enum sv3__guard guard)
{
	switch (guard) {
	case SV3__GUARD_SMMUEN:
		return cr0_is_on(smmu, SV3_CR0_SMMUEN);
	case SV3__GUARD_CMDQEN:
		return cr0_is_on(smmu, SV3_CR0_CMDQEN);
	case SV3__GUARD_EVENTQEN:
		return cr0_is_on(smmu, SV3_CR0_EVENTQEN);
	case SV3__GUARD_GERROR_IRQEN:
		return irq_is_on(smmu, SV3_IRQ_CTRL_GERROR);
	case SV3__GUARD_EVENTQ_IRQEN:
		return irq_is_on(smmu, SV3_IRQ_CTRL_EVENTQ);
	default:
		return false;
	}
}

/* Bits of @reg that this configuration has and software may ever write. The others are RES0 or
 * read-only. */
static uint64_t implemented(const struct sv3_smmu *smmu, enum sv3__reg reg)
{
	uint64_t command_index = SV3_BITS(SV3_GET(SV3_IDR1_CMDQS, smmu->config.idr1), 0);
	uint64_t event_index = SV3_BITS(SV3_GET(SV3_IDR1_EVENTQS, smmu->config.idr1), 0);

	switch (reg) {
	case SV3__REG_GERROR_IRQ_CFG0:
	case SV3__REG_GERROR_IRQ_CFG1:
	case SV3__REG_GERROR_IRQ_CFG2:
	case SV3__REG_EVENTQ_IRQ_CFG0:
	case SV3__REG_EVENTQ_IRQ_CFG1:
	case SV3__REG_EVENTQ_IRQ_CFG2:
		/* [IHI0070 6.3.21, 6.3.30] without MSIs there is nothing to configure */
		return smmu->config.idr0 & SV3_IDR0_MSI ? rows[reg].writable : 0;
	case SV3__REG_CMDQ_PROD:
		return command_index;
	case SV3__REG_CMDQ_CONS:
		return command_index | SV3_CMDQ_CONS_ERR;
	case SV3__REG_EVENTQ_PROD:
	case SV3__REG_EVENTQ_CONS:
		return event_index | SV3_EVENTQ_OVFLG;
	default:
		return rows[reg].writable;
	}
}

/* Bits of @reg that software must not change now. IMPDEF(I-001): a write to them is ignored. */
static uint64_t guarded_now(const struct sv3_smmu *smmu, enum sv3__reg reg)
{
	uint64_t guarded = is_guarded(smmu, rows[reg].guard) ? UINT64_MAX : 0;

	/* [IHI0070 6.3.11] CR1: TABLE_* is guarded by SMMUEN, QUEUE_* by every queue's enable. */
	if (reg == SV3__REG_CR1 && cr0_is_on(smmu, SV3_CR0_SMMUEN))
		guarded |= SV3_CR1_TABLE_ATTR;
	if (reg == SV3__REG_CR1 && cr0_is_on(smmu, SV3_CR0_CMDQEN | SV3_CR0_EVENTQEN))
		guarded |= SV3_CR1_QUEUE_ATTR;
	return guarded;
}

/*
 * [IHI0070 6.3.9.3, 6.3.9.4, 6.3.16] An enable that was cleared is acknowledged when what was in
 * flight under it is there: a command taken is consumed whole, a record written is committed, an
 * interrupt is out. IMPDEF(I-002): all else is acknowledged at once;
 * DEVIATION(D-004): SMMUEN too, even while a walk is out.
 */
void sv3__acknowledge(struct sv3_smmu *smmu)
{
	uint64_t cr0 = smmu->regs[SV3__REG_CR0], irq_ctrl = smmu->regs[SV3__REG_IRQ_CTRL];
	uint64_t held = 0, irq_held = 0, dropped, irq_dropped;

	if (smmu->cmdq.busy)
		held |= SV3_CR0_CMDQEN;
	if (sv3__evtq_is_writing(smmu))
		held |= SV3_CR0_EVENTQEN;
	if (sv3__evtq_is_signalling(smmu))
		irq_held |= SV3_IRQ_CTRL_EVENTQ;
	if (smmu->gerror.busy)
		irq_held |= SV3_IRQ_CTRL_GERROR;

	held &= smmu->regs[SV3__REG_CR0ACK];
	irq_held &= smmu->regs[SV3__REG_IRQ_CTRLACK];
	dropped = smmu->regs[SV3__REG_CR0ACK] & ~(cr0 | held);
	irq_dropped = smmu->regs[SV3__REG_IRQ_CTRLACK] & ~(irq_ctrl | irq_held);
	smmu->regs[SV3__REG_CR0ACK] = cr0 | held;
	smmu->regs[SV3__REG_IRQ_CTRLACK] = irq_ctrl | irq_held;

	if (dropped & SV3_CR0_CMDQEN)
		sv3__cmdq_disabled(smmu);
	if (dropped & SV3_CR0_EVENTQEN)
		sv3__evtq_disabled(smmu);
	/* [IHI0070 3.18.1] After the acknowledge no interrupt of that source goes out. */
	if (irq_dropped & SV3_IRQ_CTRL_EVENTQ)
		smmu->evtq.interrupt_due = false;
	if (irq_dropped & SV3_IRQ_CTRL_GERROR)
		smmu->gerror.interrupt_due = false;
	sv3__fast_path_update(smmu);
}

/* [IHI0070 6.3.14.1] The new value takes effect with Update = 1 only; Update is done when it reads
 * 0: at once. */
static void gbpa_written(struct sv3_smmu *smmu, uint64_t before, uint64_t value)
{
	if (!(value & SV3_GBPA_UPDATE))
		smmu->regs[SV3__REG_GBPA] = before;
}

/* [IHI0070 6.3.20] Toggling the bit of an inactive error is CONSTRAINED UNPREDICTABLE.
 * IMPDEF(I-004): stored as written, so the error reads as active; nothing is signalled. */
static void gerrorn_written(struct sv3_smmu *smmu, uint64_t before)
{
	uint64_t toggled = before ^ smmu->regs[SV3__REG_GERRORN];
	uint64_t was_active = before ^ smmu->regs[SV3__REG_GERROR];

	if (toggled & ~was_active)
		sv3__stats(smmu)->software_errors++;
}

void sv3_smmu_reg_write(struct sv3_smmu *smmu, uint32_t offset, uint32_t size, uint64_t value)
{
	bool upper;
	enum sv3__reg reg;
	uint64_t before, mask;

	if (!access_is_possible(offset, size) ||
	    (reg = find(offset, size, &upper)) == SV3__REG_COUNT) {
		sv3__stats(smmu)->software_errors++;
		return;
	}
	mask = size == 8 ? UINT64_MAX : upper ? ~(uint64_t)UINT32_MAX : UINT32_MAX;
	mask &= implemented(smmu, reg);
	if (upper)
		value <<= 32;
	before = smmu->regs[reg];
	if ((before ^ value) & mask & guarded_now(smmu, reg))
		sv3__stats(smmu)->software_errors++;
	mask &= ~guarded_now(smmu, reg);
	smmu->regs[reg] = (before & ~mask) | (value & mask);

	switch (reg) {
	case SV3__REG_CR0:
	case SV3__REG_IRQ_CTRL:
		sv3__acknowledge(smmu);
		break;
	case SV3__REG_GBPA:
		gbpa_written(smmu, before, value);
		break;
	case SV3__REG_GERRORN:
		gerrorn_written(smmu, before);
		break;
	default:
		break;
	}
}
