/* SPDX-License-Identifier: MIT */
/*
 * ats.c - what the STE lets ATS do, and what a Translation Request asks for and is granted.
 * [IHI0070 3.9.1, 13.6, 13.7] How it is refused stands in verdict.c.
 */
#include "xlat_priv.h"

#define INSTCFG_DATA        2u
#define INSTCFG_INSTRUCTION 3u

/* [IHI0070 6.3.9.1, 3.9.1] Modes that need Translated traffic checked count as off without that. */
uint32_t sv3__ats_mode(const struct sv3_smmu *smmu, const struct sv3__context *context)
{
	bool checks = (smmu->regs[SV3__REG_CR0ACK] & SV3_CR0_ATSCHK) != 0;

	return context->eats == SV3_STE_EATS_SPLIT && !checks ? SV3_STE_EATS_OFF : context->eats;
}

bool sv3__is_split_request(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	return sv3__is_ats_request(slot) &&
	       sv3__ats_mode(smmu, &slot->context) == SV3_STE_EATS_SPLIT;
}

enum sv3__rule sv3__ats_refused(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	bool requests = sv3__is_ats_request(slot);

	if (slot->txn.kind < SV3_TXN_ATS_REQUEST)
		return SV3__RULE_NONE;
	if (slot->context.kind == SV3__STREAM_ABORT)
		return requests ? SV3__RULE_TREQ_ABORT : SV3__RULE_STE_ABORT;
	if (sv3__ats_mode(smmu, &slot->context) == SV3_STE_EATS_OFF)
		return requests ? SV3__RULE_EATS_OFF : SV3__RULE_TRANSLATED_FORBIDDEN;
	return SV3__RULE_NONE;
}

/* With INSTCFG = Instruction every read is a fetch: execute permission is what gives it.
 * [IHI0070 13.7.1] */
static uint32_t read_kinds(const struct sv3__slot *slot)
{
	return slot->context.instcfg == INSTCFG_INSTRUCTION ? SV3__EXECS : SV3__READS;
}

uint8_t sv3__ats_available(const struct sv3__slot *slot, const struct sv3__walk *walk)
{
	/* [IHI0070 3.14] A speculative request makes nothing dirty. */
	return slot->txn.speculative ? walk->allowed : walk->allowed | walk->upgradable;
}

uint8_t sv3__ats_wanted(const struct sv3__slot *slot, uint8_t available)
{
	uint32_t privilege =
		slot->access_kind & 1 ? 1u << SV3__ACCESS_READ_PRIV : 1u << SV3__ACCESS_READ_UNPRIV;
	uint32_t wanted = read_kinds(slot);

	/* IMPDEF(I-047): a request with NW = 1 is not granted write access. [IHI0070 13.7] */
	if (slot->txn.write)
		wanted |= SV3__WRITES;
	if (slot->txn.instruction && slot->context.instcfg < INSTCFG_DATA)
		wanted |= SV3__EXECS;
	/* Each kind of access has its two privileges side by side. */
	privilege |= privilege << 2 | privilege << 4;
	return (uint8_t)(wanted & privilege & available);
}

bool sv3__ats_gives_access(const struct sv3__slot *slot, uint8_t granted)
{
	return (granted & (read_kinds(slot) | SV3__WRITES)) != 0;
}

/* [IHI0070 13.7.1] */
void sv3__ats_grant(struct sv3__slot *slot, uint8_t granted)
{
	bool reads = (granted & read_kinds(slot)) != 0;
	bool writes = (granted & SV3__WRITES) != 0;
	bool execs = slot->txn.instruction && reads &&
		     (slot->context.instcfg >= INSTCFG_DATA || (granted & SV3__EXECS));

	if (!sv3__is_ats_request(slot))
		return;
	slot->result.ats =
		(uint8_t)(reads * SV3_ATS_READ | writes * SV3_ATS_WRITE | execs * SV3_ATS_EXECUTE |
			  slot->txn.privileged * SV3_ATS_PRIVILEGED);
}
