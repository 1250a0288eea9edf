/* SPDX-License-Identifier: MIT */
/*
 * pmcg.c - the performance monitors: one counter group, its registers and its interrupt.
 *
 * Counters have 64 bits and stand in page 1 with what a guest may touch (RELOC_CTRS); each has its
 * own StreamID filter, and all can be captured. IMPDEF(I-066): this shape. DEVIATION(D-023): event
 * 0, clock cycles, is mandatory and not there: the core has no clock. CEID0 says so.
 */
#include "smmu_priv.h"

/* Offsets in a page of 4 KiB. [IHI0070 10.5.1] */
#define EVCNTR      0x000u
#define EVTYPER     0x400u
#define SVR         0x600u
#define SMR         0xa00u
#define CNTENSET    0xc00u
#define CNTENCLR    0xc20u
#define INTENSET    0xc40u
#define INTENCLR    0xc60u
#define OVSCLR      0xc80u
#define OVSSET      0xcc0u
#define CAPR        0xd88u
#define CFGR        0xe00u
#define CR          0xe04u
#define IIDR        0xe08u
#define CEID0       0xe20u
#define IRQ_CTRL    0xe50u
#define IRQ_CTRLACK 0xe54u
#define IRQ_CFG0    0xe58u
#define IRQ_CFG1    0xe60u
#define IRQ_CFG2    0xe64u
#define IRQ_STATUS  0xe68u
#define AIDR        0xe70u
#define PMDEVARCH   0xfbcu
#define PMDEVTYPE   0xfccu
#define ID_REGS     0xfd0u

#define EVTYPER_OVFCAP   SV3_BIT(31)
#define EVTYPER_SID_SPAN SV3_BIT(29)
#define EVTYPER_EVENT    SV3_BITS(15, 0)
#define CFGR_CAPTURE     SV3_BIT(22)
#define CFGR_MSI         SV3_BIT(21)
#define CFGR_RELOC_CTRS  SV3_BIT(20)
#define CFGR_SIZE_64     (63u << 8)
#define CR_E             1u
#define IRQ_CTRL_IRQEN   1u
#define IRQ_STATUS_ABT   1u

/* --- Counting --- */

static uint64_t all_counters(const struct sv3_smmu *smmu)
{
	return SV3_BITS(smmu->config.pmcg_counters - 1, 0);
}

static void capture(struct sv3_smmu *smmu)
{
	memcpy(smmu->pmcg.captured, smmu->pmcg.counters, sizeof(smmu->pmcg.captured));
}

/* [IHI0070 10.4] With SPAN the ones at the low end, and the zero above them, stand for any value.
 */
static bool filter_takes(const struct sv3__pmcg *pmcg, uint32_t counter, uint32_t stream_id)
{
	uint64_t filter = pmcg->filters[counter];
	uint64_t ignored = pmcg->types[counter] & EVTYPER_SID_SPAN ? filter ^ (filter + 1) : 0;

	return ((filter ^ stream_id) & ~ignored) == 0;
}

static bool has_irqen(const struct sv3__pmcg *pmcg)
{
	return (pmcg->irq_ctrl & pmcg->irq_ctrlack & IRQ_CTRL_IRQEN) != 0;
}

/* [IHI0070 10.2.1] A counter went past its maximum; what it says is that of after. */
static void overflow(struct sv3_smmu *smmu, uint32_t counter)
{
	struct sv3__pmcg *pmcg = &smmu->pmcg;

	pmcg->overflowed |= SV3_BIT(counter);
	if (pmcg->types[counter] & EVTYPER_OVFCAP)
		capture(smmu);
	if ((pmcg->interrupts & SV3_BIT(counter)) && has_irqen(pmcg))
		pmcg->interrupt_due = true;
}

void sv3__pmcg_add(struct sv3_smmu *smmu, enum sv3__pmcg_event event, uint32_t stream_id)
{
	struct sv3__pmcg *pmcg = &smmu->pmcg;

	for (uint64_t left = pmcg->enabled; left != 0; left &= left - 1) {
		uint32_t counter = (uint32_t)__builtin_ctzll(left);

		if ((pmcg->types[counter] & EVTYPER_EVENT) == (uint32_t)event &&
		    filter_takes(pmcg, counter, stream_id) && ++pmcg->counters[counter] == 0)
			overflow(smmu, counter);
	}
}

static void counting_update(struct sv3_smmu *smmu)
{
	smmu->pmcg.counting = (smmu->pmcg.cr & CR_E) && smmu->pmcg.enabled != 0;
	sv3__fast_path_update(smmu);
}

/* --- The interrupt --- */

bool sv3__pmcg_ready(const struct sv3_smmu *smmu)
{
	return smmu->pmcg.interrupt_due && !smmu->pmcg.busy;
}

/* [IHI0070 10.5.2.19] IRQEN = 0 is acknowledged when the interrupt that is on its way is out. */
static void acknowledge(struct sv3__pmcg *pmcg)
{
	if (pmcg->busy)
		return;
	/* [IHI0070 10.5.2.24] enabling clears the mark of a failed MSI */
	if (pmcg->irq_ctrl & ~pmcg->irq_ctrlack)
		pmcg->irq_status = 0;
	pmcg->irq_ctrlack = pmcg->irq_ctrl;
	if (!has_irqen(pmcg))
		pmcg->interrupt_due = false;
}

void sv3__pmcg_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need)
{
	struct sv3__pmcg *pmcg = &smmu->pmcg;

	if (!reply && pmcg->interrupt_due) {
		pmcg->busy = true;
		pmcg->interrupt_due = false;
		sv3__interrupt_ask(smmu, SV3_IRQ_PMCG, pmcg->irq_cfg0, pmcg->irq_cfg1, need);
		return;
	}
	if (reply && reply->status != SV3_BUS_OK)
		pmcg->irq_status = IRQ_STATUS_ABT;
	pmcg->busy = false;
	need->kind = SV3_NEED_DONE;
	acknowledge(pmcg);
}

/* --- Registers --- */

/* Where an access lands: in a register of 64 or 32 bits, at its start or its upper half. */
struct place {
	uint32_t base; /* offset of the register, or of the first of its kind */
	uint32_t index;
	bool is_64, upper;
};

/* Counters, captures, overflow status and CAPR stand in page 1, all else in page 0. */
static bool is_relocated(uint32_t offset)
{
	return offset < EVTYPER || (offset >= SVR && offset < SMR) || offset == CAPR ||
	       (offset & ~7u) == OVSCLR || (offset & ~7u) == OVSSET;
}

/* Returns: false: reserved. */
static bool locate(const struct sv3_smmu *smmu, uint32_t offset, uint32_t size, struct place *place)
{
	static const uint16_t wide[] = { CNTENSET, CNTENCLR, INTENSET, INTENCLR,
					 OVSCLR,   OVSSET,   CEID0,    IRQ_CFG0 };
	static const struct {
		uint16_t base;
		uint16_t bytes;
	} arrays[] = { { EVCNTR, 8 }, { EVTYPER, 4 }, { SVR, 8 }, { SMR, 4 } };
	bool page1 = offset >= SV3_REG_PMCG_PAGE1;
	uint32_t count = smmu->config.pmcg_counters;

	offset -= page1 ? SV3_REG_PMCG_PAGE1 : SV3_REG_PMCG;
	if (page1 != is_relocated(offset))
		return false;
	*place = (struct place){ .base = offset };
	for (uint32_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		uint32_t bytes = arrays[i].bytes, from = offset - arrays[i].base;

		if (offset < arrays[i].base || from >= count * bytes)
			continue;
		place->base = arrays[i].base;
		place->index = from / bytes;
		place->is_64 = bytes == 8;
		place->upper = from % bytes != 0;
	}
	for (uint32_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if ((offset & ~7u) != wide[i])
			continue;
		place->base = wide[i];
		place->is_64 = true;
		place->upper = (offset & 4) != 0;
	}
	/* IMPDEF(I-009): 64 bits over two registers */
	return size == 4 || (place->is_64 && !place->upper);
}

static uint64_t register_value(const struct sv3_smmu *smmu, const struct place *place)
{
	const struct sv3__pmcg *pmcg = &smmu->pmcg;
	bool ats = smmu->config.idr0 & SV3_IDR0_ATS;

	switch (place->base) {
	case EVCNTR:
		return pmcg->counters[place->index];
	case EVTYPER:
		return pmcg->types[place->index];
	case SVR:
		return pmcg->captured[place->index];
	case SMR:
		return pmcg->filters[place->index];
	case CNTENSET:
	case CNTENCLR:
		return pmcg->enabled;
	case INTENSET:
	case INTENCLR:
		return pmcg->interrupts;
	case OVSSET:
	case OVSCLR:
		return pmcg->overflowed;
	case CFGR:
		return CFGR_CAPTURE | CFGR_RELOC_CTRS | CFGR_SIZE_64 |
		       (smmu->config.idr0 & SV3_IDR0_MSI ? CFGR_MSI : 0) |
		       (smmu->config.pmcg_counters - 1);
	case CR:
		return pmcg->cr;
	case IIDR:
		return smmu->config.iidr;
	case CEID0:
		return SV3_BITS(SV3__PMCG_CONFIG_READ, SV3__PMCG_TRANSACTION) |
		       (ats ? SV3_BIT(SV3__PMCG_ATS_REQUEST) | SV3_BIT(SV3__PMCG_ATS_TRANSLATED)
			    : 0);
	case IRQ_CTRL:
		return pmcg->irq_ctrl;
	case IRQ_CTRLACK:
		return pmcg->irq_ctrlack;
	case IRQ_CFG0:
		return pmcg->irq_cfg0;
	case IRQ_CFG1:
		return pmcg->irq_cfg1;
	case IRQ_CFG2:
		return pmcg->irq_cfg2;
	case IRQ_STATUS:
		/* [IHI0070 10.5.2.24] not before SMMUv3.1 */
		return smmu->config.aidr >= 1 ? pmcg->irq_status : 0;
	case AIDR:
		return smmu->config.aidr;
	case PMDEVARCH:
		return smmu->config.iidr != 0 ? 0x47702a56 : 0;
	case PMDEVTYPE:
		return smmu->config.iidr != 0 ? 0x56 : 0;
	default:
		return place->base >= ID_REGS
			       ? sv3__id_register(smmu->config.iidr, place->base, 0x90)
			       : 0;
	}
}

uint64_t sv3__pmcg_read(const struct sv3_smmu *smmu, uint32_t offset, uint32_t size)
{
	struct place place;
	uint64_t value;

	if (!locate(smmu, offset, size, &place))
		return 0;
	value = register_value(smmu, &place);
	return size == 8 ? value : value >> (place.upper ? 32 : 0) & UINT32_MAX;
}

/* The MSI's place may change only while IRQEN and its acknowledge are 0; without MSIs there is
 * none. [IHI0070 10.5.2.21] */
static bool msi_is_writable(struct sv3_smmu *smmu)
{
	if (!(smmu->config.idr0 & SV3_IDR0_MSI))
		return false;
	if (((smmu->pmcg.irq_ctrl | smmu->pmcg.irq_ctrlack) & IRQ_CTRL_IRQEN) == 0)
		return true;
	sv3__stats(smmu)->software_errors++;
	return false;
}

/* Registers of configuration; @value is all of the register as it would stand. */
static void write_config(struct sv3_smmu *smmu, uint32_t base, uint64_t value)
{
	struct sv3__pmcg *pmcg = &smmu->pmcg;

	switch (base) {
	case CAPR:
		if (value & 1)
			capture(smmu);
		break;
	case CR:
		pmcg->cr = value & CR_E;
		counting_update(smmu);
		break;
	case IRQ_CTRL:
		pmcg->irq_ctrl = value & IRQ_CTRL_IRQEN;
		acknowledge(pmcg);
		break;
	case IRQ_CFG0:
		if (msi_is_writable(smmu))
			pmcg->irq_cfg0 = value & SV3_IRQ_CFG0_ADDR;
		break;
	case IRQ_CFG1:
		if (msi_is_writable(smmu))
			pmcg->irq_cfg1 = (uint32_t)value;
		break;
	case IRQ_CFG2:
		if (msi_is_writable(smmu))
			pmcg->irq_cfg2 = value & SV3_BITS(5, 0);
		break;
	default:
		break; /* read-only, or reserved */
	}
}

/* @mask: the bits of the register that the access covers. */
static void write_place(struct sv3_smmu *smmu, const struct place *place, uint64_t mask,
			uint64_t value)
{
	struct sv3__pmcg *pmcg = &smmu->pmcg;
	uint64_t whole = (register_value(smmu, place) & ~mask) | value;
	uint64_t ones = value & all_counters(smmu);

	switch (place->base) {
	case EVCNTR:
		pmcg->counters[place->index] = whole;
		break;
	case EVTYPER:
		pmcg->types[place->index] =
			value & (EVTYPER_OVFCAP | EVTYPER_SID_SPAN | EVTYPER_EVENT);
		break;
	case SMR:
		/* IMPDEF(I-066): as many bits as a StreamID has */
		pmcg->filters[place->index] =
			(uint32_t)(value &
				   (SV3_BIT(SV3_GET(SV3_IDR1_SIDSIZE, smmu->config.idr1)) - 1));
		break;
	case CNTENSET:
		pmcg->enabled |= ones;
		counting_update(smmu);
		break;
	case CNTENCLR:
		pmcg->enabled &= ~ones;
		counting_update(smmu);
		break;
	case INTENSET:
		pmcg->interrupts |= ones;
		break;
	case INTENCLR:
		pmcg->interrupts &= ~ones;
		break;
	case OVSSET:
		/* IMPDEF(I-067): software that sets it causes neither interrupt nor capture
		 * [IHI0070 10.5.2.10] */
		pmcg->overflowed |= ones;
		break;
	case OVSCLR:
		pmcg->overflowed &= ~ones;
		break;
	default:
		write_config(smmu, place->base, whole);
	}
}

void sv3__pmcg_write(struct sv3_smmu *smmu, uint32_t offset, uint32_t size, uint64_t value)
{
	struct place place;

	if (!locate(smmu, offset, size, &place))
		return;
	if (size == 8)
		write_place(smmu, &place, UINT64_MAX, value);
	else if (place.upper)
		write_place(smmu, &place, ~(uint64_t)UINT32_MAX, value << 32);
	else
		write_place(smmu, &place, UINT32_MAX, value & UINT32_MAX);
}
