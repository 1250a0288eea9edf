/* SPDX-License-Identifier: MIT */
/*
 * reg.c - the register file, built from regs.def: access rules, guards, and what a write sets
 * going. Updates and their acknowledge stand in update.c.
 *
 * A write never does work of its own: it changes enables and indexes, and jobs become ready.
 */
#include "smmu_priv.h"

/* What software may write in some configuration; implemented() takes away what this one has not. */
#define SV3__CR0_WRITABLE                                                                       \
	(SV3_CR0_SMMUEN | SV3_CR0_PRIQEN | SV3_CR0_EVENTQEN | SV3_CR0_CMDQEN | SV3_CR0_ATSCHK | \
	 SV3_CR0_VMW)
#define SV3__CR2_WRITABLE      (SV3_CR2_E2H | SV3_CR2_RECINVSID | SV3_CR2_PTM | SV3_CR2_REC_CFG_ATS)
#define SV3__IRQ_CTRL_WRITABLE (SV3_IRQ_CTRL_GERROR | SV3_IRQ_CTRL_PRIQ | SV3_IRQ_CTRL_EVENTQ)
/* MemAttr, MTCFG, ALLOCCFG, SHCFG, PRIVCFG, INSTCFG, ABORT; Update is never stored. IMPDEF(I-062):
 * without IDR1.ATTR_x_OVR the overrides are stored all the same, and have no effect. */
#define SV3__GBPA_WRITABLE        (SV3_BITS(4, 0) | SV3_BITS(13, 8) | SV3_BITS(20, 16))
#define SV3__STRTAB_BASE_WRITABLE (SV3_STRTAB_BASE_ADDR | SV3_BIT(62))
#define SV3__STRTAB_CFG_WRITABLE \
	(SV3_STRTAB_CFG_LOG2SIZE | SV3_STRTAB_CFG_SPLIT | SV3_STRTAB_CFG_FMT)
#define SV3__QUEUE_BASE_WRITABLE    (SV3_QUEUE_BASE_ADDR | SV3_QUEUE_BASE_LOG2SIZE | SV3_BIT(62))
#define SV3__CMDQ_CONS_WRITABLE     (SV3_QUEUE_INDEX | SV3_CMDQ_CONS_ERR)
#define SV3__EVENTQ_INDEX           (SV3_QUEUE_INDEX | SV3_EVENTQ_OVFLG)
#define SV3__PRIQ_IRQ_CFG2_WRITABLE (SV3_BITS(5, 0) | SV3_PRIQ_IRQ_CFG2_LO)
#define SV3__GERROR_MSI                                                \
	(SV3_GERROR_MSI_CMDQ_ABT_ERR | SV3_GERROR_MSI_EVENTQ_ABT_ERR | \
	 SV3_GERROR_MSI_PRIQ_ABT_ERR | SV3_GERROR_MSI_GERROR_ABT_ERR)
#define SV3__GERROR_PRIQ (SV3_GERROR_PRIQ_ABT_ERR | SV3_GERROR_MSI_PRIQ_ABT_ERR)
#define SV3__GERROR_KNOWN                                                                         \
	(SV3_GERROR_CMDQ_ERR | SV3_GERROR_EVENTQ_ABT_ERR | SV3_GERROR_SFM_ERR | SV3__GERROR_MSI | \
	 SV3__GERROR_PRIQ)
#define SV3__ID(offset) sv3__id_register(config->iidr, offset, 0xf0)

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

/* [IHI0070 6.3.170] */
uint32_t sv3__id_register(uint32_t iidr, uint32_t offset, uint32_t class)
{
	uint32_t part = iidr >> 20, designer = iidr & 0x7f;

	if (iidr == 0)
		return 0;
	switch (offset) {
	case 0xfd0:
		return iidr >> 8 & 0xf; /* JEP106 continuation code */
	case 0xfe0:
		return part & 0xff;
	case 0xfe4:
		return (designer & 0xf) << 4 | part >> 8;
	case 0xfe8:
		return (iidr >> 16 & 0xf) << 4 | 1u << 3 | designer >> 4;
	case 0xfec:
		return (iidr >> 12 & 0xf) << 4;
	case 0xff0:
		return 0x0d;
	case 0xff4:
		return class;
	case 0xff8:
		return 0x05;
	case 0xffc:
		return 0xb1;
	default:
		return 0;
	}
}

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

/* --- Which register an access meets --- */

/* Offsets in page 0 of the queue indexes that stand in page 1. */
static bool is_alias(uint32_t offset)
{
	return offset == SV3_REG_EVENTQ_PROD_P0 || offset == SV3_REG_EVENTQ_CONS_P0 ||
	       offset == SV3_REG_PRIQ_PROD_P0 || offset == SV3_REG_PRIQ_CONS_P0;
}

/* The register at @offset, or the upper half of a 64-bit one (@upper). SV3__REG_COUNT: nothing
 * there. */
static enum sv3__reg find(const struct sv3_smmu *smmu, uint32_t offset, uint32_t size, bool *upper)
{
	*upper = false;
	/* [IHI0070 6.2] The indexes of page 1 may show in page 0 too. IMPDEF(I-003): they do. */
	if (is_alias(offset) && !sv3__chooses(smmu, SV3_CHOICE_QUEUE_ALIAS_RAZ))
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

/* Whether an access that met no register is CONSTRAINED UNPREDICTABLE, and not just RES0.
 * [IHI0070 6.2] */
static bool is_software_error(const struct sv3_smmu *smmu, uint32_t offset, uint32_t size)
{
	bool upper;

	if (!access_is_possible(offset, size) || is_alias(offset) || offset >> 16 == 1)
		return true;
	/* No 32-bit register stands at the upper half of nothing. */
	return size == 8 && find(smmu, offset, 4, &upper) != SV3__REG_COUNT;
}

static bool is_pmcg(const struct sv3_smmu *smmu, uint32_t offset, uint32_t size)
{
	return access_is_possible(offset, size) && offset >= SV3_REG_PMCG &&
	       smmu->config.pmcg_counters != 0;
}

/* --- What a configuration has of a register --- */

/* Index and wrap bit of a queue as large as it is now. */
static uint64_t index_bits(const struct sv3_smmu *smmu, enum sv3__reg base)
{
	return 2 * sv3__queue_wrap(smmu, base) - 1;
}

/* Bits of @reg that exist as it stands. The others are RES0, or RAZ: an index has no bits above its
 * wrap bit. [IHI0070 6.3.27, 6.3.28, 6.3.95 to 6.3.98] */
static uint64_t implemented(const struct sv3_smmu *smmu, enum sv3__reg reg)
{
	uint32_t idr0 = smmu->config.idr0;
	uint64_t msi = idr0 & SV3_IDR0_MSI ? UINT64_MAX : 0;
	uint64_t pri = idr0 & SV3_IDR0_PRI ? UINT64_MAX : 0;

	switch (reg) {
	case SV3__REG_CR0:
		return ~((pri ? 0 : SV3_CR0_PRIQEN) | (idr0 & SV3_IDR0_ATS ? 0 : SV3_CR0_ATSCHK) |
			 (idr0 & SV3_IDR0_VMW ? 0 : SV3_CR0_VMW));
	case SV3__REG_CR2:
		/* [IHI0070 6.3.12] nothing is broadcast, so there is no PTM */
		return ~(SV3_CR2_PTM | (idr0 & SV3_IDR0_HYP ? 0 : SV3_CR2_E2H) |
			 (idr0 & SV3_IDR0_ATSRECERR ? 0 : SV3_CR2_REC_CFG_ATS));
	case SV3__REG_IRQ_CTRL:
		return ~(pri ? 0 : SV3_IRQ_CTRL_PRIQ);
	case SV3__REG_GERRORN:
		return ~((msi ? 0 : SV3__GERROR_MSI) | (pri ? 0 : SV3__GERROR_PRIQ));
	case SV3__REG_GERROR_IRQ_CFG0:
	case SV3__REG_GERROR_IRQ_CFG1:
	case SV3__REG_GERROR_IRQ_CFG2:
	case SV3__REG_EVENTQ_IRQ_CFG0:
	case SV3__REG_EVENTQ_IRQ_CFG1:
	case SV3__REG_EVENTQ_IRQ_CFG2:
		/* [IHI0070 6.3.21, 6.3.30] without MSIs there is nothing to configure */
		return msi;
	case SV3__REG_PRIQ_IRQ_CFG0:
	case SV3__REG_PRIQ_IRQ_CFG1:
		return msi & pri;
	case SV3__REG_PRIQ_IRQ_CFG2:
		/* IMPDEF(I-063): LO does not depend on MSIs [IHI0070 6.3.1 MSI], though 6.3.36 says
		 * that the register does */
		return pri & (msi | SV3_PRIQ_IRQ_CFG2_LO);
	case SV3__REG_CMDQ_PROD:
		return index_bits(smmu, SV3__REG_CMDQ_BASE);
	case SV3__REG_CMDQ_CONS:
		return index_bits(smmu, SV3__REG_CMDQ_BASE) | SV3_CMDQ_CONS_ERR;
	case SV3__REG_EVENTQ_PROD:
	case SV3__REG_EVENTQ_CONS:
		return index_bits(smmu, SV3__REG_EVENTQ_BASE) | SV3_EVENTQ_OVFLG;
	case SV3__REG_PRIQ_BASE:
		return pri;
	case SV3__REG_PRIQ_PROD:
	case SV3__REG_PRIQ_CONS:
		return pri & (index_bits(smmu, SV3__REG_PRIQ_BASE) | SV3_EVENTQ_OVFLG);
	default:
		return UINT64_MAX;
	}
}

/* --- What may be written now --- */

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
	case SV3__GUARD_PRIQEN:
		/* [IHI0070 6.3.9.5] the bit itself, whatever SMMUEN is */
		return cr0_is_on(smmu, SV3_CR0_PRIQEN);
	case SV3__GUARD_GERROR_IRQEN:
		return irq_is_on(smmu, SV3_IRQ_CTRL_GERROR);
	case SV3__GUARD_EVENTQ_IRQEN:
		return irq_is_on(smmu, SV3_IRQ_CTRL_EVENTQ);
	case SV3__GUARD_PRIQ_IRQEN:
		return irq_is_on(smmu, SV3_IRQ_CTRL_PRIQ);
	case SV3__GUARD_NONE:
		break;
	}
	return false;
}

/* Fields whose last change is not acknowledged. IMPDEF(I-064): a second change of such a field is
 * ignored, and the update completes with the first. [IHI0070 6.3.9] */
static uint64_t pending_fields(const struct sv3_smmu *smmu, enum sv3__reg enable, enum sv3__reg ack)
{
	uint64_t pending = smmu->regs[enable] ^ smmu->regs[ack];

	if (enable == SV3__REG_CR0 && (pending & SV3_CR0_VMW))
		pending |= SV3_CR0_VMW;
	return pending;
}

/* Bits of @reg that software must not change now. IMPDEF(I-001): a write to them is ignored. */
static uint64_t guarded_now(const struct sv3_smmu *smmu, enum sv3__reg reg)
{
	uint64_t guarded = is_guarded(smmu, rows[reg].guard) ? UINT64_MAX : 0;

	switch (reg) {
	case SV3__REG_CR0:
		return pending_fields(smmu, SV3__REG_CR0, SV3__REG_CR0ACK);
	case SV3__REG_IRQ_CTRL:
		return pending_fields(smmu, SV3__REG_IRQ_CTRL, SV3__REG_IRQ_CTRLACK);
	case SV3__REG_CR1:
		/* [IHI0070 6.3.11] TABLE_* is guarded by SMMUEN, QUEUE_* by every queue's enable.
		 */
		if (cr0_is_on(smmu, SV3_CR0_SMMUEN))
			guarded |= SV3_CR1_TABLE_ATTR;
		if (cr0_is_on(smmu, SV3_CR0_CMDQEN | SV3_CR0_EVENTQEN | SV3_CR0_PRIQEN))
			guarded |= SV3_CR1_QUEUE_ATTR;
		return guarded;
	case SV3__REG_GERRORN:
		/* [IHI0070 6.3.20] Whether toggling the bit of an inactive error makes it active is
		 * open. IMPDEF(I-004): the bit is stored as written, so it does; by choice nothing
		 * happens. */
		return sv3__chooses(smmu, SV3_CHOICE_GERRORN_IGNORES)
			       ? ~(smmu->regs[SV3__REG_GERROR] ^ smmu->regs[SV3__REG_GERRORN])
			       : 0;
	default:
		return guarded;
	}
}

/* --- Reads and writes --- */

static uint64_t read_register(const struct sv3_smmu *smmu, enum sv3__reg reg)
{
	/* [IHI0070 6.3.14.1] The new value shows before it takes effect, with Update. */
	if (reg == SV3__REG_GBPA && smmu->updates.gbpa_left != 0)
		return smmu->updates.gbpa_next | SV3_GBPA_UPDATE;
	return smmu->regs[reg] & implemented(smmu, reg);
}

uint64_t sv3_smmu_reg_peek(const struct sv3_smmu *smmu, uint32_t offset, uint32_t size)
{
	bool upper;
	enum sv3__reg reg;
	uint64_t value;

	if (is_pmcg(smmu, offset, size))
		return sv3__pmcg_read(smmu, offset, size);
	if (!access_is_possible(offset, size))
		return 0;
	reg = find(smmu, offset, size, &upper);
	if (reg == SV3__REG_COUNT)
		return 0;
	value = read_register(smmu, reg);
	return size == 8 ? value : value >> (upper ? 32 : 0) & UINT32_MAX;
}

uint64_t sv3_smmu_reg_read(struct sv3_smmu *smmu, uint32_t offset, uint32_t size)
{
	const uint64_t value = sv3_smmu_reg_peek(smmu, offset, size);
	bool upper;

	if (!is_pmcg(smmu, offset, size) && (!access_is_possible(offset, size) ||
					     find(smmu, offset, size, &upper) == SV3__REG_COUNT))
		sv3__stats(smmu)->software_errors += is_software_error(smmu, offset, size);
	sv3__updates_count_down(smmu);
	return value;
}

/* What follows from a register's new value. */
static void written(struct sv3_smmu *smmu, enum sv3__reg reg, uint64_t before, uint64_t value)
{
	uint64_t now = smmu->regs[reg];

	switch (reg) {
	case SV3__REG_CR0:
	case SV3__REG_IRQ_CTRL:
		if (now != before) /* the last change counts for those before it too */
			smmu->updates.left = smmu->config.ack_delay + 1;
		sv3__fast_path_update(smmu);
		break;
	case SV3__REG_GBPA:
		/* [IHI0070 6.3.14.1] A new value counts when its update is done; a write without
		 * Update, or while another update is under way, is ignored. */
		smmu->regs[reg] = before;
		if (!(value & SV3_GBPA_UPDATE) || smmu->updates.gbpa_left != 0) {
			sv3__stats(smmu)->software_errors++;
		} else {
			smmu->updates.gbpa_next = (uint32_t)now;
			smmu->updates.gbpa_left = smmu->config.ack_delay + 1;
		}
		break;
	case SV3__REG_GERRORN:
		if ((now ^ before) & ~(before ^ smmu->regs[SV3__REG_GERROR]))
			sv3__stats(smmu)->software_errors++;
		break;
	default:
		break;
	}
}

static void write_register(struct sv3_smmu *smmu, enum sv3__reg reg, uint64_t mask, uint64_t value)
{
	uint64_t before = smmu->regs[reg], guarded = guarded_now(smmu, reg);

	mask &= rows[reg].writable & implemented(smmu, reg);
	if ((before ^ value) & mask & guarded)
		sv3__stats(smmu)->software_errors++;
	mask &= ~guarded;
	smmu->regs[reg] = (before & ~mask) | (value & mask);
	written(smmu, reg, before, value);
}

void sv3_smmu_reg_write(struct sv3_smmu *smmu, uint32_t offset, uint32_t size, uint64_t value)
{
	bool upper;
	enum sv3__reg reg;

	if (is_pmcg(smmu, offset, size))
		sv3__pmcg_write(smmu, offset, size, value);
	else if (!access_is_possible(offset, size) ||
		 (reg = find(smmu, offset, size, &upper)) == SV3__REG_COUNT)
		sv3__stats(smmu)->software_errors += is_software_error(smmu, offset, size);
	else if (size == 8)
		write_register(smmu, reg, UINT64_MAX, value);
	else if (upper)
		write_register(smmu, reg, ~(uint64_t)UINT32_MAX, value << 32);
	else
		write_register(smmu, reg, UINT32_MAX, value & UINT32_MAX);
	sv3__updates_count_down(smmu);
}
