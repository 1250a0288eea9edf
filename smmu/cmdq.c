/* SPDX-License-Identifier: MIT */
/*
 * cmdq.c - the command queue as a job: one command a piece of work, in order, SYNC last to be
 * consumed.
 *
 * A command takes effect when it is executed, cmd.c; what rests on removed entries is marked, and
 * SYNC waits for it. Here stand the order, the needs of commands, errors and completion.
 */
#include "xlat_priv.h"

/* [IHI0070 4.7.3] Nothing rests on what earlier commands removed, and earlier faults are on
 * record. */
static bool sync_is_complete(const struct sv3_smmu *smmu)
{
	return smmu->marked_count == 0 && sv3__evtq_sync_is_complete(smmu);
}

/* Commands that stand in the queue; more than it holds if the indexes are inconsistent. */
static uint64_t used(const struct sv3_smmu *smmu, uint64_t wrap)
{
	return (smmu->regs[SV3__REG_CMDQ_PROD] - smmu->regs[SV3__REG_CMDQ_CONS]) & (2 * wrap - 1);
}

/* [IHI0070 3.5.1] IMPDEF(I-011): where indexes are inconsistent nothing is taken. */
static bool can_take(const struct sv3_smmu *smmu)
{
	uint64_t wrap = sv3__queue_wrap(smmu, SV3__REG_CMDQ_BASE);
	uint64_t count = used(smmu, wrap);

	return sv3__enabled(smmu, SV3_CR0_CMDQEN) &&
	       !sv3__gerror_active(smmu, SV3_GERROR_CMDQ_ERR) && count != 0 && count <= wrap;
}

bool sv3__cmdq_ready(const struct sv3_smmu *smmu)
{
	if (smmu->cmdq.busy)
		return false;
	if (smmu->cmdq.phase == SV3__CMDQ_SYNC_WAIT)
		return sync_is_complete(smmu);
	return can_take(smmu);
}

/* --- How a command ends --- */

static void finish(struct sv3_smmu *smmu, enum sv3__cmdq_phase phase, struct sv3_need *need)
{
	smmu->cmdq.phase = phase;
	smmu->cmdq.busy = false;
	/* A command that is over is no state. */
	if (phase == SV3__CMDQ_IDLE) {
		memset(smmu->cmdq.command, 0, sizeof(smmu->cmdq.command));
		smmu->cmdq.prefetch_next = smmu->cmdq.prefetch_left = 0;
	}
	need->kind = SV3_NEED_DONE;
	sv3__acknowledge(smmu);
}

/* [IHI0070 4.1.2] Who waits with WFE for room in a full queue hears of it. */
static void finish_or_wake(struct sv3_smmu *smmu, struct sv3_need *need)
{
	if (!smmu->cmdq.sev_due) {
		finish(smmu, SV3__CMDQ_IDLE, need);
		return;
	}
	smmu->cmdq.sev_due = false;
	smmu->cmdq.phase = SV3__CMDQ_SEV;
	need->kind = SV3_NEED_SEV;
}

/* CONS moves when the effects are there, never before. */
static void advance(struct sv3_smmu *smmu)
{
	uint64_t cons = smmu->regs[SV3__REG_CMDQ_CONS];
	uint64_t wrap = sv3__queue_wrap(smmu, SV3__REG_CMDQ_BASE);

	if ((smmu->config.idr0 & SV3_IDR0_SEV) && used(smmu, wrap) == wrap)
		smmu->cmdq.sev_due = true;
	smmu->regs[SV3__REG_CMDQ_CONS] =
		sv3__queue_next(cons & SV3_QUEUE_INDEX, wrap) | (cons & SV3_CMDQ_CONS_ERR);
	sv3__stats(smmu)->commands++;
}

static void consume(struct sv3_smmu *smmu, struct sv3_need *need)
{
	advance(smmu);
	finish_or_wake(smmu, need);
}

/* [IHI0070 7.1] CONS stays at the command, ERR says why, and only then does GERROR toggle. */
static void stop(struct sv3_smmu *smmu, uint64_t error, struct sv3_need *need)
{
	smmu->regs[SV3__REG_CMDQ_CONS] = (smmu->regs[SV3__REG_CMDQ_CONS] & ~SV3_CMDQ_CONS_ERR) |
					 SV3_PUT(SV3_CMDQ_CONS_ERR, error);
	sv3__gerror_raise(smmu, SV3_GERROR_CMDQ_ERR);
	finish(smmu, SV3__CMDQ_IDLE, need);
}

/* --- Commands that need the world --- */

static void ask_command(struct sv3_smmu *smmu, struct sv3_need *need)
{
	smmu->cmdq.phase = SV3__CMDQ_FETCH;
	need->kind = SV3_NEED_READ;
	need->unit = SV3_UNIT_CMDQ;
	need->size = SV3_CMD_SIZE_BYTES;
	need->pa = sv3__queue_entry_pa(smmu, SV3__REG_CMDQ_BASE,
				       smmu->regs[SV3__REG_CMDQ_CONS] & SV3_QUEUE_INDEX,
				       SV3_CMD_SIZE_BYTES);
}

/*
 * A prefetch is a transaction of the hardware's own, in the slot behind the last: speculative, so
 * it leaves nothing but cache entries and access flags. One address after the other; an address
 * that would not fit into 64 bits ends it. [IHI0070 4.2.2, 3.14]
 */
static void prefetch(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need)
{
	struct sv3__slot *slot = sv3__slot(smmu, smmu->config.slot_count);
	struct sv3__cmdq *cmdq = &smmu->cmdq;
	uint32_t stride_lg2 = sv3__cmd_prefetch_stride_lg2(smmu);

	while (cmdq->prefetch_left > 0) {
		if (slot->phase == SV3__PHASE_FREE) {
			struct sv3_txn txn = sv3__cmd_prefetch_txn(smmu);

			sv3__slot_begin(smmu, slot, &txn);
			slot->prefetch = true;
			slot->config_only = SV3_GET(SV3_CMD0_OPCODE, cmdq->command[0]) ==
					    SV3_CMD_PREFETCH_CONFIG;
		}
		sv3__xlat_step(smmu, slot, reply, need);
		if (need->kind != SV3_NEED_DONE)
			return;
		memset(slot, 0, sizeof(*slot)); /* free, and no trace of what was looked up */
		reply = NULL;
		cmdq->prefetch_left--;
		cmdq->prefetch_next += SV3_BIT(stride_lg2);
		if (cmdq->prefetch_next < SV3_BIT(stride_lg2))
			cmdq->prefetch_left = 0;
	}
	consume(smmu, need);
}

static void tell(struct sv3_smmu *smmu, enum sv3__cmdq_phase phase, enum sv3_need_kind kind,
		 struct sv3_ats_message message, struct sv3_need *need)
{
	smmu->cmdq.phase = phase;
	need->kind = kind;
	need->unit = SV3_UNIT_ATS;
	need->ats = message;
}

/* --- SYNC --- */

/* [IHI0070 3.18, 4.7.3] Who sees the signal must see the SYNC consumed: CONS moves before it goes
 * out, and no command is taken until it is answered. IDR0.SEV = 0: CS = SEV gives no signal. */
static void signal_sync(struct sv3_smmu *smmu, struct sv3_need *need)
{
	uint64_t signal = SV3_GET(SV3_CMD0_SYNC_CS, smmu->cmdq.command[0]);

	advance(smmu);
	if (signal == SV3_SYNC_CS_SEV && (smmu->config.idr0 & SV3_IDR0_SEV))
		smmu->cmdq.sev_due = true;
	if (signal != SV3_SYNC_CS_IRQ) {
		finish_or_wake(smmu, need);
		return;
	}
	smmu->cmdq.phase = SV3__CMDQ_SYNC_SIGNAL;
	sv3__interrupt_ask(smmu, SV3_IRQ_CMD_SYNC, smmu->cmdq.command[1] & SV3_CMD1_SYNC_MSIADDR,
			   (uint32_t)SV3_GET(SV3_CMD0_SYNC_MSIDATA, smmu->cmdq.command[0]), need);
}

static void wait_for_sync(struct sv3_smmu *smmu, struct sv3_need *need)
{
	if (sync_is_complete(smmu))
		signal_sync(smmu, need);
	else
		finish(smmu, SV3__CMDQ_SYNC_WAIT, need);
}

/* [IHI0070 3.9.1.4, 4.7.3] A SYNC behind an invalidation that timed out fails, once: the next one
 * is given when software has dealt with the endpoint, and completes all the rest. */
static void begin_sync(struct sv3_smmu *smmu, struct sv3_need *need)
{
	if (smmu->cmdq.atc_timed_out) {
		smmu->cmdq.atc_timed_out = false;
		stop(smmu, SV3_CERROR_ATC_INV_SYNC, need);
		return;
	}
	sv3__stats(smmu)->sync++;
	if (smmu->cmdq.invalidated)
		sv3__stall_sync(smmu);
	smmu->cmdq.invalidated = false;
	sv3__evtq_sync_begin(smmu);
	wait_for_sync(smmu, need);
}

/* --- The job --- */

static void command_arrived(struct sv3_smmu *smmu, const struct sv3_reply *reply,
			    struct sv3_need *need)
{
	uint64_t *command = smmu->cmdq.command;

	if (reply->status != SV3_BUS_OK) {
		stop(smmu, SV3_CERROR_ABT, need);
		return;
	}
	command[0] = sv3_le64(reply->data);
	command[1] = sv3_le64(reply->data + 8);
	switch (sv3__cmd_execute(smmu, command)) {
	case SV3__CMD_DONE:
		consume(smmu, need);
		break;
	case SV3__CMD_ILLEGAL:
		stop(smmu, SV3_CERROR_ILL, need);
		break;
	case SV3__CMD_PREFETCH:
		smmu->cmdq.phase = SV3__CMDQ_PREFETCH;
		prefetch(smmu, NULL, need);
		break;
	case SV3__CMD_ATC_INV:
		sv3__stats(smmu)->atc_invalidations++;
		tell(smmu, SV3__CMDQ_ATC_INV, SV3_NEED_ATC_INV, sv3__cmd_atc_inv(smmu, command),
		     need);
		break;
	case SV3__CMD_PRI_RESP:
		tell(smmu, SV3__CMDQ_PRI_RESP, SV3_NEED_PRI_RESP, sv3__cmd_pri_resp(smmu, command),
		     need);
		break;
	case SV3__CMD_SYNC:
		begin_sync(smmu, need);
		break;
	}
}

void sv3__cmdq_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need)
{
	enum sv3__cmdq_phase phase = (enum sv3__cmdq_phase)smmu->cmdq.phase;

	smmu->cmdq.busy = true;
	SV3_ASSERT((reply == NULL) == (phase == SV3__CMDQ_IDLE || phase == SV3__CMDQ_SYNC_WAIT));
	switch (phase) {
	case SV3__CMDQ_IDLE:
		/* What made the job ready may have been taken back before this step. */
		if (can_take(smmu))
			ask_command(smmu, need);
		else
			finish(smmu, SV3__CMDQ_IDLE, need);
		break;
	case SV3__CMDQ_FETCH:
		command_arrived(smmu, reply, need);
		break;
	case SV3__CMDQ_PREFETCH:
		prefetch(smmu, reply, need);
		break;
	case SV3__CMDQ_ATC_INV:
		if (reply->status != SV3_BUS_OK)
			smmu->cmdq.atc_timed_out = true;
		consume(smmu, need);
		break;
	case SV3__CMDQ_PRI_RESP:
		consume(smmu, need);
		break;
	case SV3__CMDQ_SYNC_WAIT:
		wait_for_sync(smmu, need);
		break;
	case SV3__CMDQ_SYNC_SIGNAL:
		if (reply->status != SV3_BUS_OK)
			sv3__gerror_raise(smmu, SV3_GERROR_MSI_CMDQ_ABT_ERR);
		finish_or_wake(smmu, need);
		break;
	case SV3__CMDQ_SEV:
		finish(smmu, SV3__CMDQ_IDLE, need);
		break;
	}
}

/* [IHI0070 6.3.9.3] CMDQEN 1 to 0: no command is taken any more; a SYNC that waits is fetched again
 * later. */
void sv3__cmdq_disabled(struct sv3_smmu *smmu)
{
	SV3_ASSERT(!smmu->cmdq.busy);
	smmu->cmdq.phase = SV3__CMDQ_IDLE;
	memset(smmu->cmdq.command, 0, sizeof(smmu->cmdq.command));
	smmu->evtq.ahead = 0;
	smmu->evtq.stall_write_ahead = false;
}
