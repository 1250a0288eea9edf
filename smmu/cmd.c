/* SPDX-License-Identifier: MIT */
/*
 * cmd.c - the commands: which are legal, and what each does. [IHI0070 4]
 *
 * What a command removes is gone when it returns; what rests on that is marked, for a SYNC to wait
 * for. Commands that need the world (prefetches, messages to endpoints, SYNC) are checked here and
 * carried out by the queue, cmdq.c.
 */
#include "xlat_priv.h"

typedef enum sv3__verdict (*handler)(struct sv3_smmu *smmu, const uint64_t command[2]);

#define CONTEXT_ASID 0xffffu
#define CONTEXT_VMID 0xffff0000u

#define REGIME(name) (1u << SV3__REGIME_##name)

/* --- Configuration --- */

/* IMPDEF(I-027): a StreamID or SubstreamID out of range is taken as it stands; nothing is cached
 * for it, so the command has no effect. [IHI0070 4.1.7] */
static uint32_t stream_of(const uint64_t command[2])
{
	return (uint32_t)SV3_GET(SV3_CMD0_SID, command[0]);
}

static enum sv3__verdict cfgi(struct sv3_smmu *smmu, struct sv3__cfgi cfgi)
{
	sv3__stats(smmu)->cfgi++;
	smmu->cmdq.invalidated = true;
	sv3__config_invalidate(smmu, &cfgi);
	return SV3__CMD_DONE;
}

static enum sv3__verdict cmd_cfgi_ste(struct sv3_smmu *smmu, const uint64_t command[2])
{
	uint32_t stream_id = stream_of(command);

	/* Every CD reached through the STE goes with it; Leaf makes no difference, because level-1
	 * descriptors are never cached. */
	return cfgi(smmu, (struct sv3__cfgi){ .stream_first = stream_id,
					      .stream_last = stream_id,
					      .any_substream = true });
}

static enum sv3__verdict cmd_cfgi_range(struct sv3_smmu *smmu, const uint64_t command[2])
{
	uint32_t range = (uint32_t)SV3_GET(SV3_CMD1_CFGI_RANGE, command[1]);
	uint32_t mask = (uint32_t)((UINT64_C(2) << range) - 1);
	uint32_t stream_id = stream_of(command);

	/* [IHI0070 4.3.2] An aligned block of 2^(Range + 1) streams; 31: all (CFGI_ALL). */
	return cfgi(smmu, (struct sv3__cfgi){ .stream_first = stream_id & ~mask,
					      .stream_last = stream_id | mask,
					      .any_substream = true });
}

static enum sv3__verdict cmd_cfgi_cd(struct sv3_smmu *smmu, const uint64_t command[2])
{
	uint32_t stream_id = stream_of(command);

	return cfgi(smmu, (struct sv3__cfgi){ stream_id, stream_id, false,
					      (uint32_t)SV3_GET(SV3_CMD0_SSID, command[0]) });
}

static enum sv3__verdict cmd_cfgi_cd_all(struct sv3_smmu *smmu, const uint64_t command[2])
{
	return cmd_cfgi_ste(smmu, command);
}

/* --- Prefetch --- */

/* A hint, and no more: IMPDEF(I-008) it is taken unless SV3_CHOICE_PREFETCH_IGNORED. [IHI0070 4.2]
 * Where translation is off there is nothing to fetch. */
static bool prefetches(const struct sv3_smmu *smmu)
{
	return sv3__enabled(smmu, SV3_CR0_SMMUEN) &&
	       !sv3__chooses(smmu, SV3_CHOICE_PREFETCH_IGNORED);
}

static enum sv3__verdict cmd_prefetch_config(struct sv3_smmu *smmu, const uint64_t command[2])
{
	(void)command;
	if (!prefetches(smmu))
		return SV3__CMD_DONE;
	smmu->cmdq.prefetch_left = 1; /* the address does not matter */
	return SV3__CMD_PREFETCH;
}

static enum sv3__verdict cmd_prefetch_addr(struct sv3_smmu *smmu, const uint64_t command[2])
{
	uint64_t count = SV3_BIT(SV3_GET(SV3_CMD1_PREFETCH_SIZE, command[1]));

	if (!prefetches(smmu))
		return SV3__CMD_DONE;
	if (count > smmu->config.tlb_entries)
		count = smmu->config.tlb_entries;
	if (count > SV3__PREFETCH_MAX)
		count = SV3__PREFETCH_MAX;
	smmu->cmdq.prefetch_next = command[1] & SV3_CMD1_PREFETCH_ADDR;
	smmu->cmdq.prefetch_left = (uint32_t)count;
	return SV3__CMD_PREFETCH;
}

uint32_t sv3__cmd_prefetch_stride_lg2(const struct sv3_smmu *smmu)
{
	/* [IHI0070 4.2.2] SMMUv3.0 has no Stride: 4 KiB. */
	if (smmu->config.aidr == 0)
		return 12;
	return 12 + (uint32_t)SV3_GET(SV3_CMD1_PREFETCH_STRIDE, smmu->cmdq.command[1]);
}

/* IMPDEF(I-084): as a privileged read of data. [IHI0070 4.2.2] A command does not say by which TBU
 * its stream comes in: IMPDEF(I-107) the TLB of the first is filled. */
struct sv3_txn sv3__cmd_prefetch_txn(const struct sv3_smmu *smmu)
{
	const uint64_t *command = smmu->cmdq.command;

	return (struct sv3_txn){
		.iova = smmu->cmdq.prefetch_next,
		.stream_id = stream_of(command),
		.substream_id = (uint32_t)SV3_GET(SV3_CMD0_SSID, command[0]),
		.substream_valid = (command[0] & SV3_CMD0_SSV) != 0,
		.privileged = true,
		.speculative = true,
	};
}

/* --- TLB --- */

static enum sv3__verdict tlbi(struct sv3_smmu *smmu, struct sv3__tlbi target)
{
	if (target.last == 0)
		target.last = SV3__VA_MASK;
	sv3__stats(smmu)->tlbi++;
	smmu->cmdq.invalidated = true;
	sv3__tlb_invalidate(smmu, &target);
	return SV3__CMD_DONE;
}

/* IMPDEF(I-028): what stands where a field is RES0 is not looked at: the VMID without stage 2, the
 * upper byte of an 8-bit ASID or VMID. [IHI0070 4.4, 4.4.2] */
static void match_asid(const struct sv3_smmu *smmu, const uint64_t command[2],
		       struct sv3__tlbi *target)
{
	uint32_t asid = (uint32_t)SV3_GET(SV3_CMD0_TLBI_ASID, command[0]);

	target->context |= smmu->config.idr0 & SV3_IDR0_ASID16 ? asid : asid & 0xff;
	target->context_mask |= CONTEXT_ASID;
}

/* [IHI0070 6.3.9 VMW] Low bits of the VMID that TLB invalidations do not compare. */
static uint32_t vmid_wildcard(const struct sv3_smmu *smmu)
{
	uint64_t vmw = SV3_GET(SV3_CR0_VMW, smmu->regs[SV3__REG_CR0ACK]);

	return vmw <= 4 ? (uint32_t)SV3_BIT(vmw) - 1 : 0;
}

static void match_vmid(const struct sv3_smmu *smmu, const uint64_t command[2],
		       struct sv3__tlbi *target)
{
	uint32_t vmid = (uint32_t)SV3_GET(SV3_CMD0_TLBI_VMID, command[0]);

	if (!(smmu->config.idr0 & SV3_IDR0_S2P))
		return;
	if (!(smmu->config.idr0 & SV3_IDR0_VMID16))
		vmid &= 0xff;
	target->context |= vmid << 16;
	target->context_mask |= CONTEXT_VMID & ~(vmid_wildcard(smmu) << 16);
}

/* [IHI0070 4.4.2.8, 6.3.12.3] Which of the two EL2 regimes CR2.E2H makes the commands speak of. */
static uint32_t el2_regime(const struct sv3_smmu *smmu)
{
	return smmu->regs[SV3__REG_CR2] & SV3_CR2_E2H ? REGIME(EL2_E2H) : REGIME(EL2);
}

/* Which entries a by-address command names, by the fields that all of them have; addresses are
 * @address. [IHI0070 4.4.1.1] */
static enum sv3__verdict tlbi_by_address(struct sv3_smmu *smmu, const uint64_t command[2],
					 uint64_t address, struct sv3__tlbi target)
{
	uint64_t tg = SV3_GET(SV3_CMD1_TLBI_TG, command[1]);
	uint64_t ttl = SV3_GET(SV3_CMD1_TLBI_TTL, command[1]);
	uint64_t num = SV3_GET(SV3_CMD0_TLBI_NUM, command[0]);
	uint64_t scale = SV3_GET(SV3_CMD0_TLBI_SCALE, command[0]);
	uint64_t end;

	target.leaf_only = (command[1] & SV3_CMD1_TLBI_LEAF) != 0;
	target.first = command[1] & address & SV3__VA_MASK;
	/* TG = 0, or no range commands at all: one address, whatever was mapped there and how. */
	if (tg == 0 || !(smmu->config.idr3 & SV3_IDR3_RIL)) {
		target.last = target.first | 0xfff;
		return tlbi(smmu, target);
	}
	/* 16 KiB has no level-1 blocks without 52-bit descriptors: TTL = 1 counts as 0. */
	if (tg == 2 && ttl == 1)
		ttl = 0;
	if (num == 0 && scale == 0 && ttl == 0)
		return SV3__CMD_ILLEGAL;
	target.granule_lg2 = (uint32_t)(10 + 2 * tg);
	target.level = (uint32_t)ttl;
	/* The range is (NUM + 1) * 2^SCALE granules. It does not wrap, nor does it go from the half
	 * of one table into that of the other. IMPDEF(I-013): it begins where the command says,
	 * aligned for TTL or not. */
	end = target.first | SV3_BITS(54, 0);
	target.last = (num + 1) << scale > (end - target.first) >> target.granule_lg2
			      ? end
			      : target.first + ((num + 1) << (scale + target.granule_lg2)) - 1;
	return tlbi(smmu, target);
}

static enum sv3__verdict cmd_tlbi_nh_all(struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3__tlbi target = { .regimes = REGIME(EL1) };

	match_vmid(smmu, command, &target);
	return tlbi(smmu, target);
}

static enum sv3__verdict cmd_tlbi_nh_asid(struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3__tlbi target = { .regimes = REGIME(EL1), .spare_global = true };

	match_vmid(smmu, command, &target);
	match_asid(smmu, command, &target);
	return tlbi(smmu, target);
}

static enum sv3__verdict cmd_tlbi_nh_va(struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3__tlbi target = { .regimes = REGIME(EL1) };

	match_vmid(smmu, command, &target);
	match_asid(smmu, command, &target);
	return tlbi_by_address(smmu, command, SV3_CMD1_TLBI_ADDR, target);
}

static enum sv3__verdict cmd_tlbi_nh_vaa(struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3__tlbi target = { .regimes = REGIME(EL1) };

	match_vmid(smmu, command, &target);
	return tlbi_by_address(smmu, command, SV3_CMD1_TLBI_ADDR, target);
}

static enum sv3__verdict cmd_tlbi_el2_all(struct sv3_smmu *smmu, const uint64_t command[2])
{
	(void)command;
	return tlbi(smmu, (struct sv3__tlbi){ .regimes = REGIME(EL2) | REGIME(EL2_E2H) });
}

/* Entries without ASID, those of EL2 without E2H, are not meant. */
static enum sv3__verdict cmd_tlbi_el2_asid(struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3__tlbi target = { .regimes = REGIME(EL2_E2H), .spare_global = true };

	match_asid(smmu, command, &target);
	return tlbi(smmu, target);
}

static enum sv3__verdict cmd_tlbi_el2_va(struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3__tlbi target = { .regimes = el2_regime(smmu) };

	if (target.regimes == REGIME(EL2_E2H))
		match_asid(smmu, command, &target);
	return tlbi_by_address(smmu, command, SV3_CMD1_TLBI_ADDR, target);
}

static enum sv3__verdict cmd_tlbi_el2_vaa(struct sv3_smmu *smmu, const uint64_t command[2])
{
	return tlbi_by_address(smmu, command, SV3_CMD1_TLBI_ADDR,
			       (struct sv3__tlbi){ .regimes = el2_regime(smmu) });
}

static enum sv3__verdict cmd_tlbi_s12_vmall(struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3__tlbi target = { .regimes = REGIME(EL1) | REGIME(STAGE2) };

	match_vmid(smmu, command, &target);
	return tlbi(smmu, target);
}

static enum sv3__verdict cmd_tlbi_s2_ipa(struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3__tlbi target = { .regimes = REGIME(STAGE2) };

	match_vmid(smmu, command, &target);
	/* [IHI0070 4.1.6] An IPA ends at bit 55. */
	return tlbi_by_address(smmu, command, SV3_CMD1_TLBI_ADDR & SV3_BITS(55, 0), target);
}

static enum sv3__verdict cmd_tlbi_nsnh_all(struct sv3_smmu *smmu, const uint64_t command[2])
{
	(void)command;
	return tlbi(smmu, (struct sv3__tlbi){ .regimes = REGIME(EL1) | REGIME(STAGE2) });
}

/* --- Endpoints --- */

/* [IHI0070 4.5, 6.3.9.6] With SMMUEN = 0 nothing is sent. */
static enum sv3__verdict cmd_atc_inv(struct sv3_smmu *smmu, const uint64_t command[2])
{
	(void)command;
	return sv3__enabled(smmu, SV3_CR0_SMMUEN) ? SV3__CMD_ATC_INV : SV3__CMD_DONE;
}

static enum sv3__verdict cmd_pri_resp(struct sv3_smmu *smmu, const uint64_t command[2])
{
	if (SV3_GET(SV3_CMD1_PRI_RESP, command[1]) == 3)
		return SV3__CMD_ILLEGAL;
	return sv3__enabled(smmu, SV3_CR0_SMMUEN) ? SV3__CMD_PRI_RESP : SV3__CMD_DONE;
}

/* [IHI0070 4.5.1] IMPDEF(I-085): without SubstreamIDs SSV = 1 counts as 0. */
static struct sv3_ats_message message_to(const struct sv3_smmu *smmu, const uint64_t command[2])
{
	bool substream_valid =
		(command[0] & SV3_CMD0_SSV) && SV3_GET(SV3_IDR1_SSIDSIZE, smmu->config.idr1) != 0;

	return (struct sv3_ats_message){
		.stream_id = stream_of(command),
		.substream_id = substream_valid ? (uint32_t)SV3_GET(SV3_CMD0_SSID, command[0]) : 0,
		.substream_valid = substream_valid,
	};
}

struct sv3_ats_message sv3__cmd_atc_inv(const struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3_ats_message message = message_to(smmu, command);
	uint64_t size = SV3_GET(SV3_CMD1_ATC_SIZE, command[1]);

	/* IMPDEF(I-086): more than 52 counts as 52: the whole address space. [IHI0070 4.5.1] */
	message.size_lg2 = (uint8_t)(size < 52 ? 12 + size : 64);
	message.iova = size < 52 ? command[1] & ~(SV3_BIT(message.size_lg2) - 1) : 0;
	message.global = message.substream_valid && (command[0] & SV3_CMD0_ATC_GLOBAL);
	return message;
}

struct sv3_ats_message sv3__cmd_pri_resp(const struct sv3_smmu *smmu, const uint64_t command[2])
{
	struct sv3_ats_message message = message_to(smmu, command);

	message.group = (uint16_t)SV3_GET(SV3_CMD1_PRI_GROUP, command[1]);
	message.response = (uint8_t)SV3_GET(SV3_CMD1_PRI_RESP, command[1]);
	return message;
}

/* --- Stalls --- */

/* [IHI0070 4.7.1] Ac = 1 tries again; else Ab = 1 aborts. TERM_MODEL = 1: abort is all there is. */
static enum sv3__verdict cmd_resume(struct sv3_smmu *smmu, const uint64_t command[2])
{
	enum sv3__resume how = SV3__RESUME_RAZ_WI;

	if (command[0] & SV3_CMD0_RESUME_AC)
		how = SV3__RESUME_RETRY;
	else if ((command[0] & SV3_CMD0_RESUME_AB) || (smmu->config.idr0 & SV3_IDR0_TERM_MODEL))
		how = SV3__RESUME_ABORT;
	sv3__stall_resume(smmu, stream_of(command),
			  (uint32_t)SV3_GET(SV3_CMD1_RESUME_STAG, command[1]), how);
	return SV3__CMD_DONE;
}

static enum sv3__verdict cmd_stall_term(struct sv3_smmu *smmu, const uint64_t command[2])
{
	sv3__stall_terminate(smmu, stream_of(command));
	return SV3__CMD_DONE;
}

/* --- SYNC --- */

static enum sv3__verdict cmd_sync(struct sv3_smmu *smmu, const uint64_t command[2])
{
	(void)smmu;
	return SV3_GET(SV3_CMD0_SYNC_CS, command[0]) > SV3_SYNC_CS_SEV ? SV3__CMD_ILLEGAL
								       : SV3__CMD_SYNC;
}

/* --- The table --- */

enum needs {
	NEEDS_NOTHING,
	NEEDS_STAGE1,
	NEEDS_STAGE2,
	NEEDS_EL2,
	NEEDS_ATS,
	NEEDS_PRI,
	NEEDS_STALLS,
};

static bool has(const struct sv3_smmu *smmu, enum needs needs)
{
	uint32_t idr0 = smmu->config.idr0;

	switch (needs) {
	case NEEDS_STAGE1:
		return (idr0 & SV3_IDR0_S1P) != 0;
	case NEEDS_STAGE2:
		return (idr0 & SV3_IDR0_S2P) != 0;
	case NEEDS_EL2:
		return (idr0 & SV3_IDR0_HYP) != 0;
	case NEEDS_ATS:
		return (idr0 & SV3_IDR0_ATS) != 0;
	case NEEDS_PRI:
		return (idr0 & SV3_IDR0_PRI) != 0;
	case NEEDS_STALLS:
		return SV3_GET(SV3_IDR0_STALL_MODEL, idr0) != SV3_IDR0_STALL_NONE;
	case NEEDS_NOTHING:
		break;
	}
	return true;
}

/* Fields of a command besides the opcode; the digit is the doubleword. */
#define STREAM0     (SV3_CMD0_SSEC | SV3_CMD0_SID)
#define SUBSTREAM0  (STREAM0 | SV3_CMD0_SSV | SV3_CMD0_SSID)
#define VMID0       SV3_CMD0_TLBI_VMID
#define ASID0       SV3_CMD0_TLBI_ASID
#define RANGE0      (SV3_CMD0_TLBI_NUM | SV3_CMD0_TLBI_SCALE)
#define ATC0        (SV3_CMD0_SID | SV3_CMD0_SSV | SV3_CMD0_SSID | SV3_CMD0_ATC_GLOBAL)
#define PRI0        (SV3_CMD0_SID | SV3_CMD0_SSV | SV3_CMD0_SSID)
#define ACTION0     (SV3_CMD0_RESUME_AC | SV3_CMD0_RESUME_AB)
#define SYNC0       (SV3_CMD0_SYNC_CS | SV3_CMD0_SYNC_MSH | SV3_CMD0_SYNC_MSIATTR | SV3_CMD0_SYNC_MSIDATA)
#define LEAF1       SV3_CMD1_CFGI_LEAF
#define CFGI_RANGE1 SV3_CMD1_CFGI_RANGE
#define PREFETCH1   (SV3_CMD1_PREFETCH_SIZE | SV3_CMD1_PREFETCH_STRIDE | SV3_CMD1_PREFETCH_ADDR)
#define RANGE1      (SV3_CMD1_TLBI_LEAF | SV3_CMD1_TLBI_TTL | SV3_CMD1_TLBI_TG | SV3_CMD1_TLBI_ADDR)
#define IPA_RANGE1  (RANGE1 & ~SV3_BITS(63, 56))
#define ATC1        (SV3_CMD1_ATC_SIZE | SV3_CMD1_ATC_ADDR)
#define PRI1        (SV3_CMD1_PRI_GROUP | SV3_CMD1_PRI_RESP)
#define STAG1       SV3_CMD1_RESUME_STAG
#define SYNC1       SV3_CMD1_SYNC_MSIADDR

static const struct row {
	uint8_t opcode;
	enum needs needs;
	uint64_t fields[2];
	handler handler;
} rows[] = {
#define CMD(name, needs, fields0, fields1, handler, source) \
	{ SV3_CMD_##name, needs, { SV3_CMD0_OPCODE | (fields0), fields1 }, handler },
#include "cmds.def"
#undef CMD
};

/* [IHI0070 4.1.5] IMPDEF(I-012): reserved bits are looked at with SV3_CHOICE_STRICT_COMMANDS only.
 * Fields of range invalidation are reserved where there is none, and but for TG with TG = 0. */
static bool reserved_bits_are_legal(const struct sv3_smmu *smmu, const struct row *row,
				    const uint64_t command[2])
{
	uint64_t fields[2] = { row->fields[0], row->fields[1] };
	bool is_by_address = row->fields[1] == RANGE1 || row->fields[1] == IPA_RANGE1;

	if (!sv3__chooses(smmu, SV3_CHOICE_STRICT_COMMANDS))
		return true;
	if (is_by_address && !(smmu->config.idr3 & SV3_IDR3_RIL)) {
		fields[0] &= ~RANGE0;
		fields[1] &= ~(SV3_CMD1_TLBI_TTL | SV3_CMD1_TLBI_TG);
	} else if (is_by_address && SV3_GET(SV3_CMD1_TLBI_TG, command[1]) == 0) {
		fields[0] &= ~RANGE0;
		fields[1] &= ~SV3_CMD1_TLBI_TTL;
	}
	return (command[0] & ~fields[0]) == 0 && (command[1] & ~fields[1]) == 0;
}

/* [IHI0070 4.1.3, 7.1] An opcode without a row is illegal; so are the IMPLEMENTATION DEFINED ones:
 * IMPDEF(I-012). [IHI0070 4.1.6] SSec = 1 is illegal on the Non-secure queue. An error comes before
 * the question whether the command is ignored. */
enum sv3__verdict sv3__cmd_execute(struct sv3_smmu *smmu, const uint64_t command[2])
{
	uint64_t opcode = SV3_GET(SV3_CMD0_OPCODE, command[0]);

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].opcode != opcode)
			continue;
		if (!has(smmu, rows[i].needs) ||
		    (command[0] & rows[i].fields[0] & SV3_CMD0_SSEC) != 0 ||
		    !reserved_bits_are_legal(smmu, &rows[i], command))
			return SV3__CMD_ILLEGAL;
		return rows[i].handler(smmu, command);
	}
	return SV3__CMD_ILLEGAL;
}
