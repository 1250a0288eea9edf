/* SPDX-License-Identifier: MIT */
/*
 * irq.c - global errors and interrupts: the GERROR toggle protocol, and how an interrupt leaves the
 * SMMU.
 */
#include "smmu_priv.h"

void sv3__gerror_raise(struct sv3_smmu *smmu, uint64_t bit)
{
	/* [IHI0070 6.3.19, 7.5] An active error is not toggled again. */
	if (sv3__gerror_active(smmu, bit))
		return;
	smmu->regs[SV3__REG_GERROR] ^= bit;
	/* [IHI0070 7.5.1] Every error interrupts but the one that says that this interrupt's own
	 * MSI failed. */
	if (bit != SV3_GERROR_MSI_GERROR_ABT_ERR && sv3__irq_enabled(smmu, SV3_IRQ_CTRL_GERROR))
		smmu->gerror.interrupt_due = true;
}

void sv3__interrupt_ask(const struct sv3_smmu *smmu, enum sv3_irq irq, uint64_t address,
			uint32_t data, struct sv3_need *need)
{
	/* [IHI0070 3.18.2] Address 0: no MSI is sent. IMPDEF(I-025): then, and without MSIs, it is
	 * the wire that pulses. DEVIATION(D-002): and only then, for CMD_SYNC too. */
	if (!(smmu->config.idr0 & SV3_IDR0_MSI) || address == 0) {
		need->kind = SV3_NEED_IRQ;
		need->irq = irq;
		return;
	}
	need->kind = SV3_NEED_WRITE;
	need->unit = SV3_UNIT_MSI;
	need->pa = address & (SV3_BIT(smmu->oas_lg2) - 1); /* [IHI0070 3.4.3] */
	need->size = 4;
	for (uint32_t i = 0; i < 4; i++)
		need->data[i] = (uint8_t)(data >> (8 * i));
}

bool sv3__gerror_ready(const struct sv3_smmu *smmu)
{
	return smmu->gerror.interrupt_due && !smmu->gerror.busy;
}

void sv3__gerror_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need)
{
	if (!reply && !smmu->gerror.interrupt_due) {
		need->kind = SV3_NEED_DONE; /* disabled since it was ready */
		return;
	}
	if (!reply) {
		smmu->gerror.busy = true;
		smmu->gerror.interrupt_due = false;
		sv3__interrupt_ask(smmu, SV3_IRQ_GERROR, smmu->regs[SV3__REG_GERROR_IRQ_CFG0],
				   (uint32_t)smmu->regs[SV3__REG_GERROR_IRQ_CFG1], need);
		return;
	}
	if (reply->status != SV3_BUS_OK)
		sv3__gerror_raise(smmu, SV3_GERROR_MSI_GERROR_ABT_ERR);
	smmu->gerror.busy = false;
	need->kind = SV3_NEED_DONE;
	sv3__acknowledge(smmu);
}
