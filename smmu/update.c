/* SPDX-License-Identifier: MIT */
/*
 * update.c - when a change of CR0, IRQ_CTRL or GBPA is done: what holds an acknowledge up, the
 * delay of the configuration, and what ends with an enable.
 */
#include "xlat_priv.h"

/* What is in flight under each enable of CR0, so that its clear cannot be acknowledged yet.
 * [IHI0070 6.3.9.3 to 6.3.9.6] A command taken is consumed whole, a record written is committed,
 * and SMMUEN takes the effective PRIQEN with it. */
static uint64_t held_of_cr0(const struct sv3_smmu *smmu)
{
	uint64_t held = 0;

	if (smmu->cmdq.busy)
		held |= SV3_CR0_CMDQEN;
	if (sv3__evtq_is_writing(smmu))
		held |= SV3_CR0_EVENTQEN;
	if (sv3__priq_is_writing(smmu))
		held |= SV3_CR0_PRIQEN | SV3_CR0_SMMUEN;
	/* A scan of the slots: only where somebody waits for it. */
	if ((smmu->regs[SV3__REG_CR0ACK] & ~smmu->regs[SV3__REG_CR0] & SV3_CR0_SMMUEN) &&
	    sv3__xlat_in_flight(smmu))
		held |= SV3_CR0_SMMUEN;
	return held;
}

/* [IHI0070 6.3.16, 3.18.1] An interrupt on its way is out first. */
static uint64_t held_of_irq_ctrl(const struct sv3_smmu *smmu)
{
	uint64_t held = 0;

	if (sv3__evtq_is_signalling(smmu))
		held |= SV3_IRQ_CTRL_EVENTQ;
	if (sv3__priq_is_signalling(smmu))
		held |= SV3_IRQ_CTRL_PRIQ;
	if (smmu->gerror.busy)
		held |= SV3_IRQ_CTRL_GERROR;
	return held;
}

/* @ack follows @enable but for what is held. Returns: the bits that were acknowledged as clear. */
static uint64_t follow(struct sv3_smmu *smmu, enum sv3__reg enable, enum sv3__reg ack,
		       uint64_t held)
{
	uint64_t before = smmu->regs[ack];

	smmu->regs[ack] = smmu->regs[enable] | (held & before);
	return before & ~smmu->regs[ack];
}

/*
 * IMPDEF(I-002): an update is acknowledged at once, or config.ack_delay register accesses later;
 * what is in flight under an enable holds its clear up. IMPDEF(I-065): until then a set enable has
 * no effect yet, and a cleared one starts nothing new. [IHI0070 6.3.9]
 */
void sv3__acknowledge(struct sv3_smmu *smmu)
{
	uint64_t dropped, irq_dropped;

	if (smmu->updates.left != 0)
		return;
	dropped = follow(smmu, SV3__REG_CR0, SV3__REG_CR0ACK, held_of_cr0(smmu));
	irq_dropped = follow(smmu, SV3__REG_IRQ_CTRL, SV3__REG_IRQ_CTRLACK, held_of_irq_ctrl(smmu));
	sv3__fast_path_update(smmu);

	if (dropped & SV3_CR0_SMMUEN)
		sv3__stall_abort_all(smmu);
	/* [IHI0070 6.3.9.5] PRIQEN: page requests that wait are refused when the job comes to them,
	 * as those that arrive later. */
	if (dropped & SV3_CR0_CMDQEN)
		sv3__cmdq_disabled(smmu);
	if (dropped & SV3_CR0_EVENTQEN)
		sv3__evtq_disabled(smmu);
	/* [IHI0070 3.18.1] After the acknowledge no interrupt of that source goes out. */
	if (irq_dropped & SV3_IRQ_CTRL_EVENTQ)
		smmu->evtq.interrupt_due = false;
	if (irq_dropped & SV3_IRQ_CTRL_PRIQ)
		smmu->priq.interrupt_due = false;
	if (irq_dropped & SV3_IRQ_CTRL_GERROR)
		smmu->gerror.interrupt_due = false;
}

void sv3__updates_count_down(struct sv3_smmu *smmu)
{
	if (smmu->updates.left != 0 && --smmu->updates.left == 0)
		sv3__acknowledge(smmu);
	if (smmu->updates.gbpa_left != 0 && --smmu->updates.gbpa_left == 0)
		smmu->regs[SV3__REG_GBPA] = smmu->updates.gbpa_next;
}
