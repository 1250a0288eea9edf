/* SPDX-License-Identifier: MIT */
/*
 * cmdq.c - the command queue as a job: one command a piece of work, SYNC last to be consumed.
 *
 * A command takes effect when it is executed; what rests on removed entries is marked, and SYNC
 * waits for it.
 */
#include "smmu_priv.h"

enum verdict {
	CMD_DONE,
	CMD_ILLEGAL,
	CMD_SYNC_BEGUN,
};

typedef enum verdict (*handler)(struct sv3_smmu *smmu, const uint64_t command[2]);

/* --- Configuration --- */

/* IMPDEF(I-027): a StreamID or SubstreamID out of range is taken as it stands; nothing is cached
 * for it, so the command has no effect. [IHI0070 4.1.7] */
static uint32_t stream_of(const uint64_t command[2])
{
	return (uint32_t)SV3_GET(SV3_CMD0_SID, command[0]);
}

/* [IHI0070 4.2] A prefetch is a hint. IMPDEF(I-008): this SMMU takes none. */
static enum verdict cmd_prefetch(struct sv3_smmu *smmu, const uint64_t command[2])
{
	(void)smmu;
	return command[0] & SV3_CMD0_SSEC ? CMD_ILLEGAL : CMD_DONE;
}

static enum verdict cfgi(struct sv3_smmu *smmu, const uint64_t command[2], struct sv3__cfgi cfgi)
{
	/* [IHI0070 4.1.6] SSec = 1 is illegal on the Non-secure queue. */
	if (command[0] & SV3_CMD0_SSEC)
		return CMD_ILLEGAL;
	sv3__stats(smmu)->cfgi++;
	sv3__config_invalidate(smmu, &cfgi);
	return CMD_DONE;
}

static enum verdict cmd_cfgi_ste(struct sv3_smmu *smmu, const uint64_t command[2])
{
	uint32_t stream_id = stream_of(command);

	/* Every CD reached through the STE goes with it; level-1 descriptors are never cached. */
	return cfgi(smmu, command, (struct sv3__cfgi){ stream_id, stream_id, true, 0 });
}

static enum verdict cmd_cfgi_range(struct sv3_smmu *smmu, const uint64_t command[2])
{
	uint32_t range = (uint32_t)SV3_GET(SV3_CMD1_CFGI_RANGE, command[1]);
	uint32_t mask = range >= 31 ? UINT32_MAX : (UINT32_C(2) << range) - 1;
	uint32_t stream_id = stream_of(command);

	/* [IHI0070 4.3.2] An aligned block of 2^(Range + 1) streams; 31: all (CFGI_ALL). */
	return cfgi(smmu, command,
		    (struct sv3__cfgi){ stream_id & ~mask, stream_id | mask, true, 0 });
}

static enum verdict cmd_cfgi_cd(struct sv3_smmu *smmu, const uint64_t command[2])
{
	uint32_t stream_id = stream_of(command);

	return cfgi(smmu, command,
		    (struct sv3__cfgi){ stream_id, stream_id, false,
					(uint32_t)SV3_GET(SV3_CMD0_SSID, command[0]) });
}

static enum verdict cmd_cfgi_cd_all(struct sv3_smmu *smmu, const uint64_t command[2])
{
	return cmd_cfgi_ste(smmu, command);
}

/* --- TLB --- */

static enum verdict tlbi(struct sv3_smmu *smmu, const struct sv3__tlbi *target)
{
	struct sv3__tlbi copy = *target, *tlbi = &copy;

	copy.regimes = 1u << SV3__REGIME_EL1 | 1u << SV3__REGIME_STAGE2;
	sv3__stats(smmu)->tlbi++;
	sv3__tlb_invalidate(smmu, tlbi);
	return CMD_DONE;
}

/* NH_ALL and NSNH_ALL are the same where there is neither stage 2 nor EL2: all there is.
 * [IHI0070 4.4.2.1, 4.4.4.1] */
static enum verdict cmd_tlbi_all(struct sv3_smmu *smmu, const uint64_t command[2])
{
	(void)command;
	return tlbi(smmu, &(struct sv3__tlbi){ .last = SV3__VA_MASK });
}

/* IMPDEF(I-028): what stands where a field is RES0 is not looked at: the VMID without stage 2, the
 * upper byte of an 8-bit ASID. [IHI0070 4.4, 4.4.2] */
static uint32_t asid_of(const struct sv3_smmu *smmu, const uint64_t command[2])
{
	uint64_t asid = SV3_GET(SV3_CMD0_TLBI_ASID, command[0]);

	return (uint32_t)(smmu->config.idr0 & SV3_IDR0_ASID16 ? asid : asid & 0xff);
}

static enum verdict cmd_tlbi_asid(struct sv3_smmu *smmu, const uint64_t command[2])
{
	return tlbi(smmu, &(struct sv3__tlbi){ .context = asid_of(smmu, command),
					       .context_mask = 0xffffu,
					       .spare_global = true,
					       .last = SV3__VA_MASK });
}

/* [IHI0070 4.4.1.1] Which addresses a by-address command names. False: the combination is
 * illegal. */
static bool decode_range(const struct sv3_smmu *smmu, const uint64_t command[2],
			 struct sv3__tlbi *tlbi)
{
	uint64_t tg = SV3_GET(SV3_CMD1_TLBI_TG, command[1]);
	uint64_t ttl = SV3_GET(SV3_CMD1_TLBI_TTL, command[1]);
	uint64_t num = SV3_GET(SV3_CMD0_TLBI_NUM, command[0]);
	uint64_t scale = SV3_GET(SV3_CMD0_TLBI_SCALE, command[0]);

	tlbi->leaf_only = (command[1] & SV3_CMD1_TLBI_LEAF) != 0;
	tlbi->first = tlbi->last = command[1] & SV3_CMD1_TLBI_ADDR & SV3__VA_MASK;
	/* TG = 0, or no range commands at all: one address, whatever was mapped there and how. */
	if (tg == 0 || !(smmu->config.idr3 & SV3_IDR3_RIL)) {
		tlbi->last |= 0xfff;
		return true;
	}
	/* 16 KiB has no level-1 blocks below 52 bits: TTL = 1 counts as 0. */
	if (tg == 2 && ttl == 1)
		ttl = 0;
	if (num == 0 && scale == 0 && ttl == 0)
		return false;
	tlbi->granule_lg2 = (uint32_t)(10 + 2 * tg);
	tlbi->level = (uint32_t)ttl;
	/* The range is (NUM + 1) * 2^SCALE granules, cut off at the end of the address space.
	 * IMPDEF(I-013): it begins where the command says, aligned for TTL or not. */
	if ((num + 1) << scale > (SV3__VA_MASK - tlbi->first) >> tlbi->granule_lg2)
		tlbi->last = SV3__VA_MASK;
	else
		tlbi->last = tlbi->first + ((num + 1) << (scale + tlbi->granule_lg2)) - 1;
	return true;
}

static enum verdict cmd_tlbi_va(struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3__tlbi target = { .context = asid_of(smmu, command), .context_mask = 0xffffu };

	return decode_range(smmu, command, &target) ? tlbi(smmu, &target) : CMD_ILLEGAL;
}

static enum verdict cmd_tlbi_vaa(struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3__tlbi target = { 0 };

	return decode_range(smmu, command, &target) ? tlbi(smmu, &target) : CMD_ILLEGAL;
}

/* --- SYNC --- */

static enum verdict cmd_sync(struct sv3_smmu *smmu, const uint64_t command[2])
{
	if (SV3_GET(SV3_CMD0_SYNC_CS, command[0]) > SV3_SYNC_CS_SEV)
		return CMD_ILLEGAL;
	smmu->cmdq.events_before = smmu->evtq.raised;
	sv3__stats(smmu)->sync++;
	return CMD_SYNC_BEGUN;
}

/* [IHI0070 4.7.3] Nothing rests on what earlier commands removed, and earlier faults are on
 * record. */
static bool sync_is_complete(const struct sv3_smmu *smmu)
{
	return smmu->marked_count == 0 && smmu->evtq.settled >= smmu->cmdq.events_before;
}

/* --- The job --- */

static const struct {
	uint8_t opcode;
	handler handler;
} commands[] = {
#define CMD(name, opcode, handler, source) { opcode, handler },
#include "cmds.def"
#undef CMD
};

/* [IHI0070 4.1.3, 7.1] An opcode without a row is illegal. IMPDEF(I-012): so are the IMPLEMENTATION
 * DEFINED ones, and fields that are reserved are not looked at [IHI0070 4.1.5]. */
static enum verdict execute(struct sv3_smmu *smmu, const uint64_t command[2])
{
	uint64_t opcode = SV3_GET(SV3_CMD0_OPCODE, command[0]);

	for (uint32_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].opcode == opcode)
			return commands[i].handler(smmu, command);
	return CMD_ILLEGAL;
}

/* [IHI0070 3.5.1] More commands than the queue holds: the indexes are inconsistent.
 * IMPDEF(I-011): nothing is taken. */
static bool has_commands(const struct sv3_smmu *smmu)
{
	uint64_t wrap = sv3__queue_wrap(smmu, SV3__REG_CMDQ_BASE);
	uint64_t used =
		(smmu->regs[SV3__REG_CMDQ_PROD] - smmu->regs[SV3__REG_CMDQ_CONS]) & (2 * wrap - 1);

	return used != 0 && used <= wrap;
}

static bool can_take(const struct sv3_smmu *smmu)
{
	return sv3__enabled(smmu, SV3_CR0_CMDQEN) &&
	       !sv3__gerror_active(smmu, SV3_GERROR_CMDQ_ERR) && has_commands(smmu);
}

bool sv3__cmdq_ready(const struct sv3_smmu *smmu)
{
	if (smmu->cmdq.busy)
		return false;
	if (smmu->cmdq.phase == SV3__CMDQ_SYNC_WAIT)
		return sync_is_complete(smmu);
	return can_take(smmu);
}

static void finish(struct sv3_smmu *smmu, enum sv3__cmdq_phase phase, struct sv3_need *need)
{
	smmu->cmdq.phase = phase;
	smmu->cmdq.busy = false;
	need->kind = SV3_NEED_DONE;
	sv3__acknowledge(smmu);
}

/* CONS moves when the effects are there, never before. */
static void advance(struct sv3_smmu *smmu)
{
	uint64_t cons = smmu->regs[SV3__REG_CMDQ_CONS];
	uint64_t wrap = sv3__queue_wrap(smmu, SV3__REG_CMDQ_BASE);

	smmu->regs[SV3__REG_CMDQ_CONS] =
		sv3__queue_next(cons & SV3_QUEUE_INDEX, wrap) | (cons & SV3_CMDQ_CONS_ERR);
	sv3__stats(smmu)->commands++;
}

static void consume(struct sv3_smmu *smmu, struct sv3_need *need)
{
	advance(smmu);
	finish(smmu, SV3__CMDQ_IDLE, need);
}

/* [IHI0070 7.1] CONS stays at the command, ERR says why, and only then does GERROR toggle. */
static void stop(struct sv3_smmu *smmu, uint64_t error, struct sv3_need *need)
{
	smmu->regs[SV3__REG_CMDQ_CONS] = (smmu->regs[SV3__REG_CMDQ_CONS] & ~SV3_CMDQ_CONS_ERR) |
					 SV3_PUT(SV3_CMDQ_CONS_ERR, error);
	sv3__gerror_raise(smmu, SV3_GERROR_CMDQ_ERR);
	finish(smmu, SV3__CMDQ_IDLE, need);
}

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

/* [IHI0070 3.18, 4.7.3] Who sees the signal must see the SYNC consumed: CONS moves before it goes
 * out, and no command is taken until it is answered. IDR0.SEV = 0: CS = SEV gives no signal. */
static void signal_sync(struct sv3_smmu *smmu, struct sv3_need *need)
{
	if (SV3_GET(SV3_CMD0_SYNC_CS, smmu->cmdq.command[0]) != SV3_SYNC_CS_IRQ) {
		consume(smmu, need);
		return;
	}
	advance(smmu);
	smmu->cmdq.phase = SV3__CMDQ_SYNC_SIGNAL;
	sv3__interrupt_ask(smmu, SV3_IRQ_CMD_SYNC, smmu->cmdq.command[1] & SV3_CMD1_SYNC_MSIADDR,
			   (uint32_t)SV3_GET(SV3_CMD0_SYNC_MSIDATA, smmu->cmdq.command[0]), need);
}

static void command_arrived(struct sv3_smmu *smmu, const struct sv3_reply *reply,
			    struct sv3_need *need)
{
	if (reply->status != SV3_BUS_OK) {
		stop(smmu, SV3_CERROR_ABT, need);
		return;
	}
	smmu->cmdq.command[0] = sv3_le64(reply->data);
	smmu->cmdq.command[1] = sv3_le64(reply->data + 8);
	switch (execute(smmu, smmu->cmdq.command)) {
	case CMD_DONE:
		consume(smmu, need);
		break;
	case CMD_ILLEGAL:
		stop(smmu, SV3_CERROR_ILL, need);
		break;
	case CMD_SYNC_BEGUN:
		if (sync_is_complete(smmu))
			signal_sync(smmu, need);
		else
			finish(smmu, SV3__CMDQ_SYNC_WAIT, need);
		break;
	}
}

void sv3__cmdq_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need)
{
	need->kind = SV3_NEED_NONE;
	smmu->cmdq.busy = true;
	switch ((enum sv3__cmdq_phase)smmu->cmdq.phase) {
	case SV3__CMDQ_IDLE:
		/* What made the job ready may have been taken back before this step. */
		if (can_take(smmu))
			ask_command(smmu, need);
		else
			finish(smmu, SV3__CMDQ_IDLE, need);
		break;
	case SV3__CMDQ_FETCH:
		SV3_ASSERT(reply != NULL);
		command_arrived(smmu, reply, need);
		break;
	case SV3__CMDQ_SYNC_WAIT:
		if (sync_is_complete(smmu))
			signal_sync(smmu, need);
		else
			finish(smmu, SV3__CMDQ_SYNC_WAIT, need);
		break;
	case SV3__CMDQ_SYNC_SIGNAL:
		SV3_ASSERT(reply != NULL);
		if (reply->status != SV3_BUS_OK)
			sv3__gerror_raise(smmu, SV3_GERROR_MSI_CMDQ_ABT_ERR);
		finish(smmu, SV3__CMDQ_IDLE, need);
		break;
	}
}

/* [IHI0070 6.3.9.3] CMDQEN 1 to 0: no command is taken any more; a SYNC that waits is fetched again
 * later. */
void sv3__cmdq_disabled(struct sv3_smmu *smmu)
{
	if (smmu->cmdq.phase == SV3__CMDQ_SYNC_WAIT)
		smmu->cmdq.phase = SV3__CMDQ_IDLE;
}
