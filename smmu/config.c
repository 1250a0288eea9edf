/* SPDX-License-Identifier: MIT */
/*
 * config.c - which SMMUs there can be: the ID registers checked against one another, and the
 * profiles that have a name.
 *
 * One static sentence per refusal, which begins with the register or option. Knows no block.
 */
#include "smmu_priv.h"

#define SLOT_COUNT_MAX    4096u
#define CACHE_ENTRIES_MAX 65536u
#define CACHE_WAYS_MAX    8u
#define TBU_COUNT_MAX     16u
#define ACK_DELAY_MAX     1000u

/* --- The check --- */

static bool has(uint32_t reg, uint64_t field)
{
	return (reg & field) != 0;
}

static const char *idr0_is_impossible(uint32_t idr0)
{
	bool s1p = has(idr0, SV3_IDR0_S1P), s2p = has(idr0, SV3_IDR0_S2P);
	bool ats = has(idr0, SV3_IDR0_ATS);

	if (!s1p && !s2p)
		return "IDR0.S1P, S2P: no stage at all";
	if (SV3_GET(SV3_IDR0_TTF, idr0) != SV3_IDR0_TTF_AARCH64)
		return "IDR0.TTF: only VMSAv8-64 (2) is modelled";
	if (has(idr0, SV3_IDR0_BTM))
		return "IDR0.BTM: nothing broadcasts TLB maintenance here";
	if (SV3_GET(SV3_IDR0_HTTU, idr0) > SV3_IDR0_HTTU_DIRTY)
		return "IDR0.HTTU: 0, 1 and 2 are modelled";
	if (has(idr0, SV3_IDR0_HYP) && !(s1p && s2p))
		return "IDR0.Hyp needs S1P and S2P [IHI0070 6.3.1]";
	if (has(idr0, SV3_IDR0_NS1ATS) && !(ats && s1p && s2p))
		return "IDR0.NS1ATS needs ATS, S1P and S2P [IHI0070 6.3.1]";
	if (has(idr0, SV3_IDR0_PRI) && !ats)
		return "IDR0.PRI needs ATS [IHI0070 6.3.1]";
	if (has(idr0, SV3_IDR0_ATSRECERR) && !ats)
		return "IDR0.ATSRECERR needs ATS [IHI0070 6.3.1]";
	if (has(idr0, SV3_IDR0_VMW) && !s2p)
		return "IDR0.VMW needs S2P [IHI0070 6.3.1]";
	if (has(idr0, SV3_IDR0_ATOS | SV3_IDR0_VATOS))
		return "IDR0.ATOS, VATOS: address translation operations are not modelled";
	if (SV3_GET(SV3_IDR0_TTENDIAN, idr0) == 1)
		return "IDR0.TTENDIAN: 1 is reserved; 0 is mixed, 2 little-, 3 big-endian";
	if (SV3_GET(SV3_IDR0_STALL_MODEL, idr0) == 3)
		return "IDR0.STALL_MODEL: 3 is reserved";
	if (SV3_GET(SV3_IDR0_STALL_MODEL, idr0) == SV3_IDR0_STALL_FORCED && ats)
		return "IDR0.STALL_MODEL: 2 (forced) is not for PCIe, so not with ATS [IHI0070 6.3.1]";
	if (SV3_GET(SV3_IDR0_ST_LEVEL, idr0) > 1)
		return "IDR0.ST_LEVEL: 0 or 1";
	if (has(idr0, SV3_IDR0_RME))
		return "IDR0.RME_IMPL: Realms are not modelled";
	if (has(idr0, SV3_BIT(29) | SV3_BIT(31)))
		return "IDR0: bits 29 and 31 are reserved";
	return NULL;
}

static const char *idr1_is_impossible(uint32_t idr1, uint32_t idr0)
{
	if (SV3_GET(SV3_IDR1_SIDSIZE, idr1) > 32)
		return "IDR1.SIDSIZE: at most 32 bits";
	if (SV3_GET(SV3_IDR1_SSIDSIZE, idr1) > 20)
		return "IDR1.SSIDSIZE: at most 20 bits";
	if (SV3_GET(SV3_IDR1_SIDSIZE, idr1) >= 7 && SV3_GET(SV3_IDR0_ST_LEVEL, idr0) == 0)
		return "IDR1.SIDSIZE of 7 and more needs two-level stream tables [IHI0070 6.3.2]";
	if (SV3_GET(SV3_IDR1_CMDQS, idr1) > 19)
		return "IDR1.CMDQS: at most 19, so 2^19 commands";
	if (SV3_GET(SV3_IDR1_EVENTQS, idr1) > 19)
		return "IDR1.EVENTQS: at most 19, so 2^19 events";
	/* [IHI0070 6.3.2] Without PRI the field says nothing. */
	if (SV3_GET(SV3_IDR1_PRIQS, idr1) > 19 && has(idr0, SV3_IDR0_PRI))
		return "IDR1.PRIQS: at most 19, so 2^19 page requests";
	if (has(idr1, SV3_IDR1_PRESET))
		return "IDR1.REL, QUEUES_PRESET, TABLES_PRESET: preset structures are not modelled";
	if (has(idr1, SV3_IDR1_ECMDQ))
		return "IDR1.ECMDQ: enhanced command queues are not modelled";
	return NULL;
}

static const char *idr3_is_impossible(uint32_t idr3, uint32_t idr0, uint32_t idr1)
{
	/* IMPDEF(I-060): PBHA may be claimed: the bits go to an interconnect that takes none. */
	const uint64_t known = SV3_IDR3_HAD | SV3_IDR3_PBHA | SV3_IDR3_XNX | SV3_IDR3_PPS |
			       SV3_IDR3_FWB | SV3_IDR3_STT | SV3_IDR3_RIL | SV3_IDR3_BBML;

	if (has(idr3, ~known))
		return "IDR3: of its fields HAD, PBHA, XNX, PPS, FWB, STT, RIL and BBML are modelled";
	if (has(idr3, SV3_IDR3_HAD) && !has(idr0, SV3_IDR0_S1P))
		return "IDR3.HAD needs IDR0.S1P [IHI0070 6.3.4]";
	if (has(idr3, SV3_IDR3_PBHA) && !has(idr3, SV3_IDR3_HAD))
		return "IDR3.PBHA needs HAD [IHI0070 6.3.4]";
	if (has(idr3, SV3_IDR3_XNX) && !has(idr0, SV3_IDR0_S2P))
		return "IDR3.XNX needs IDR0.S2P [IHI0070 6.3.4]";
	if (has(idr3, SV3_IDR3_PPS) &&
	    (!has(idr0, SV3_IDR0_PRI) || SV3_GET(SV3_IDR1_SSIDSIZE, idr1) == 0))
		return "IDR3.PPS needs IDR0.PRI and IDR1.SSIDSIZE [IHI0070 6.3.4]";
	if (has(idr3, SV3_IDR3_FWB) && !has(idr0, SV3_IDR0_S2P))
		return "IDR3.FWB: there is no stage 2 to control (IDR0.S2P)";
	if (SV3_GET(SV3_IDR3_BBML, idr3) == 3)
		return "IDR3.BBML: 3 is reserved";
	return NULL;
}

static const char *idr5_is_impossible(uint32_t idr5, uint32_t idr0, uint32_t slot_count)
{
	const uint64_t known = SV3_IDR5_OAS | SV3_IDR5_GRAN4K | SV3_IDR5_GRAN16K |
			       SV3_IDR5_GRAN64K | SV3_IDR5_VAX | SV3_IDR5_STALL_MAX;
	uint64_t stall_max = SV3_GET(SV3_IDR5_STALL_MAX, idr5);

	if (has(idr5, ~known))
		return "IDR5: neither DS nor D128 is modelled, and the other bits are reserved";
	if (!has(idr5, SV3_IDR5_GRAN4K | SV3_IDR5_GRAN16K | SV3_IDR5_GRAN64K))
		return "IDR5.GRAN4K, GRAN16K, GRAN64K: no granule at all";
	if (SV3_GET(SV3_IDR5_OAS, idr5) > 6)
		return "IDR5.OAS: 56 bits need D128, which is not modelled";
	if (SV3_GET(SV3_IDR5_OAS, idr5) == 6 && !has(idr5, SV3_IDR5_GRAN64K))
		return "IDR5.OAS of 52 bits needs GRAN64K, as DS is not modelled [IHI0070 6.3.6]";
	if (SV3_GET(SV3_IDR5_VAX, idr5) > 1)
		return "IDR5.VAX: 0 (48 bits) and 1 (52 bits) are modelled";
	if (SV3_GET(SV3_IDR5_VAX, idr5) == 1 && !has(idr5, SV3_IDR5_GRAN64K))
		return "IDR5.VAX of 52 bits needs GRAN64K, as DS is not modelled [IHI0070 6.3.6]";
	if (SV3_GET(SV3_IDR0_STALL_MODEL, idr0) == SV3_IDR0_STALL_NONE)
		return stall_max == 0 ? NULL
				      : "IDR5.STALL_MAX is 0 where nothing stalls [IHI0070 6.3.6]";
	/* One slot is left for a transaction that lets software resume the stalled ones. */
	if (stall_max == 0 || stall_max >= slot_count)
		return "IDR5.STALL_MAX: 1 to slot_count - 1 where IDR0.STALL_MODEL has stalls";
	return NULL;
}

/*
 * What each version of the architecture demands. DEVIATION(D-020): IDR0.Hyp is demanded of SMMUv3.2
 * with both stages [IHI0070 6.3.1] and not insisted on: virtual SMMUs that drivers meet every
 * day do without.
 */
static const char *version_is_impossible(const struct sv3_smmu_config *c)
{
	bool s1p = has(c->idr0, SV3_IDR0_S1P), s2p = has(c->idr0, SV3_IDR0_S2P);

	if (c->aidr > 2)
		return "AIDR: 0 to 2, so at most SMMUv3.2";
	if (c->aidr == 0 && has(c->idr3, SV3_IDR3_XNX | SV3_IDR3_PBHA))
		return "IDR3.XNX, PBHA: SMMUv3.0 has neither [IHI0070 6.3.4]";
	if (c->aidr == 0 &&
	    (SV3_GET(SV3_IDR5_OAS, c->idr5) == 6 || SV3_GET(SV3_IDR5_VAX, c->idr5) != 0))
		return "IDR5.OAS, VAX: SMMUv3.0 has no 52-bit addresses [IHI0070 6.3.6]";
	if (c->aidr >= 1 && s1p && !has(c->idr3, SV3_IDR3_HAD))
		return "IDR3.HAD: SMMUv3.1 has it wherever there is stage 1 [IHI0070 6.3.4]";
	if (c->aidr >= 1 && s2p && !has(c->idr3, SV3_IDR3_XNX))
		return "IDR3.XNX: SMMUv3.1 has it wherever there is stage 2 [IHI0070 6.3.4]";
	if (c->aidr >= 2 && !has(c->idr3, SV3_IDR3_RIL))
		return "IDR3.RIL: SMMUv3.2 has it [IHI0070 6.3.4]";
	if (c->aidr >= 2 && SV3_GET(SV3_IDR3_BBML, c->idr3) == 0)
		return "IDR3.BBML: SMMUv3.2 has level 1 or 2 [IHI0070 6.3.4]";
	/* DEVIATION(D-003): the architecture asks for it without stage 2 too, where it is of no
	 * use. */
	if (c->aidr >= 2 && s2p && !has(c->idr3, SV3_IDR3_FWB))
		return "IDR3.FWB: SMMUv3.2 has it wherever there is stage 2 [IHI0070 6.3.4]";
	return NULL;
}

static bool is_power_of_two(uint32_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static bool cache_is_possible(uint32_t entries, uint32_t ways)
{
	return entries == 0 || (is_power_of_two(entries) && entries <= CACHE_ENTRIES_MAX &&
				is_power_of_two(ways) && ways <= CACHE_WAYS_MAX && ways <= entries);
}

static const char *size_is_impossible(const struct sv3_smmu_config *c)
{
	if (has(c->iidr, SV3_BIT(7)))
		return "IIDR: bit 7 is 0 in every JEP106 code [IHI0070 6.3.7]";
	if (c->slot_count < 1 || c->slot_count > SLOT_COUNT_MAX)
		return "slot_count: 1 to 4096";
	if (!cache_is_possible(c->tlb_entries, c->tlb_ways) ||
	    !cache_is_possible(c->walk_cache_entries, c->walk_cache_ways) ||
	    !cache_is_possible(c->config_cache_entries, c->config_cache_ways))
		return "caches: 0 entries, or a power of two up to 65536 with a power of two of ways up to 8";
	if (c->tbu_count < 1 || c->tbu_count > TBU_COUNT_MAX)
		return "tbu_count: 1 to 16";
	if (c->config_fetch_bytes != 64 && c->config_fetch_bytes != 8)
		return "config_fetch_bytes: 64 or 8";
	if (has(c->choices, ~(uint64_t)SV3_CHOICE_ALL))
		return "choices: a bit that is no choice";
	if ((c->choices & SV3_CHOICE_TLB_CONFLICT) && SV3_GET(SV3_IDR3_BBML, c->idr3) == 2)
		return "choices: with IDR3.BBML = 2 there is no F_TLB_CONFLICT [IHI0070 3.21.1.3]";
	if (c->ack_delay > ACK_DELAY_MAX)
		return "ack_delay: at most 1000 register accesses";
	if (c->pmcg_counters > SV3__PMCG_COUNTERS_MAX)
		return "pmcg_counters: at most 64";
	return NULL;
}

/*
 * The first thing that no SMMU could be, or NULL. DEVIATION(D-021): COHACC = 0 goes with HTTU,
 * though hardware without coherent access has to report HTTU = 0 [IHI0070 3.15, 6.3.1]: so software
 * that forgets cache maintenance can be tried with dirty tracking too.
 */
static const char *impossible(const struct sv3_smmu_config *c)
{
	const char *why = size_is_impossible(c);

	if (!why)
		why = idr0_is_impossible(c->idr0);
	if (!why)
		why = idr1_is_impossible(c->idr1, c->idr0);
	if (!why)
		why = idr3_is_impossible(c->idr3, c->idr0, c->idr1);
	if (!why)
		why = idr5_is_impossible(c->idr5, c->idr0, c->slot_count);
	return why ? why : version_is_impossible(c);
}

int sv3_smmu_config_check(const struct sv3_smmu_config *config, const char **why)
{
	const char *reason = impossible(config);

	if (why)
		*why = reason;
	return reason ? -SV3_ERR_INVAL : 0;
}

/* --- Profiles --- */

struct profile {
	const char *name, *about;
	uint32_t idr0, idr1, idr3, idr5, iidr, aidr;
	uint32_t pmcg_counters;
	uint32_t walk_cache_entries, config_cache_entries;
};

#define STAGE_1_SMALL        (SV3_IDR0_S1P | SV3_PUT(SV3_IDR0_TTF, SV3_IDR0_TTF_AARCH64) | SV3_IDR0_COHACC)
#define LITTLE_ENDIAN_TABLES SV3_PUT(SV3_IDR0_TTENDIAN, SV3_IDR0_TTENDIAN_LE)
#define NO_STALLS            SV3_PUT(SV3_IDR0_STALL_MODEL, SV3_IDR0_STALL_NONE)
#define TWO_LEVEL_STRTAB     SV3_PUT(SV3_IDR0_ST_LEVEL, 1)
#define DIRTY_STATE          SV3_PUT(SV3_IDR0_HTTU, SV3_IDR0_HTTU_DIRTY)
#define ALL_GRANULES         (SV3_IDR5_GRAN4K | SV3_IDR5_GRAN16K | SV3_IDR5_GRAN64K)
#define OWN_CACHES           .walk_cache_entries = 1024, .config_cache_entries = 64
#define MMU_600_CACHES       .walk_cache_entries = 256, .config_cache_entries = 256

/* clang-format off */
static const struct profile profiles[] = {
	{
		.name = "default",
		.about = "SMMUv3.2 with stage 1 alone and dirty state, as most studies of dirty tracking need it",
		.idr0 = (uint32_t)(STAGE_1_SMALL | DIRTY_STATE | SV3_IDR0_ASID16 | SV3_IDR0_MSI |
				   SV3_IDR0_CD2L | LITTLE_ENDIAN_TABLES | NO_STALLS | TWO_LEVEL_STRTAB),
		.idr1 = (uint32_t)(SV3_PUT(SV3_IDR1_SIDSIZE, 16) | SV3_PUT(SV3_IDR1_SSIDSIZE, 10) |
				   SV3_PUT(SV3_IDR1_EVENTQS, 19) | SV3_PUT(SV3_IDR1_CMDQS, 19) |
				   SV3_IDR1_ATTR_PERMS_OVR),
		.idr3 = (uint32_t)(SV3_IDR3_HAD | SV3_IDR3_RIL | SV3_PUT(SV3_IDR3_BBML, 1)),
		.idr5 = (uint32_t)(SV3_PUT(SV3_IDR5_OAS, 5) | ALL_GRANULES),
		.aidr = 2,
		OWN_CACHES,
	},
	{
		.name = "full",
		.about = "SMMUv3.2 with everything that is modelled: both stages, EL2, stalls, ATS, PRI, 52 bits, monitors",
		.idr0 = (uint32_t)(STAGE_1_SMALL | SV3_IDR0_S2P | DIRTY_STATE | SV3_IDR0_HYP | SV3_IDR0_ATS |
				   SV3_IDR0_ASID16 | SV3_IDR0_MSI | SV3_IDR0_SEV | SV3_IDR0_PRI |
				   SV3_IDR0_VMW | SV3_IDR0_VMID16 | SV3_IDR0_CD2L | TWO_LEVEL_STRTAB),
		.idr1 = (uint32_t)(SV3_PUT(SV3_IDR1_SIDSIZE, 32) | SV3_PUT(SV3_IDR1_SSIDSIZE, 20) |
				   SV3_PUT(SV3_IDR1_PRIQS, 19) | SV3_PUT(SV3_IDR1_EVENTQS, 19) |
				   SV3_PUT(SV3_IDR1_CMDQS, 19) | SV3_IDR1_ATTR_PERMS_OVR |
				   SV3_IDR1_ATTR_TYPES_OVR),
		.idr3 = (uint32_t)(SV3_IDR3_HAD | SV3_IDR3_XNX | SV3_IDR3_PPS | SV3_IDR3_FWB | SV3_IDR3_STT |
				   SV3_IDR3_RIL | SV3_PUT(SV3_IDR3_BBML, 2)),
		.idr5 = (uint32_t)(SV3_PUT(SV3_IDR5_OAS, 6) | ALL_GRANULES | SV3_PUT(SV3_IDR5_VAX, 1) |
				   SV3_PUT(SV3_IDR5_STALL_MAX, 64)),
		.aidr = 2,
		.pmcg_counters = 8,
		OWN_CACHES,
	},
	{
		/* S1P, S2P, TTF = 2, COHACC, HTTU = 2, ASID16, MSI, VMID16, CD2L, little-endian, stalls,
		 * two-level; StreamIDs of 16 and SubstreamIDs of 10 bits, queues of 2^10. No Hyp: D-020.
		 * HAD, XNX and FWB are there because SMMUv3.2 demands them and the driver does not mind. */
		.name = "linux",
		.about = "SMMUv3.2 as Linux 6.12 likes it for virtual machines: both stages, stalls, no PCIe services",
		.idr0 = 0x084c309b,
		.idr1 = 0x014a0290,
		.idr3 = (uint32_t)(SV3_IDR3_HAD | SV3_IDR3_XNX | SV3_IDR3_FWB | SV3_IDR3_RIL |
				   SV3_PUT(SV3_IDR3_BBML, 2)),
		.idr5 = 0x00100075,
		.aidr = 2,
		.pmcg_counters = 8,
		OWN_CACHES,
	},
	{
		.name = "minimal",
		.about = "SMMUv3.0 with as little as possible: stage 1, 4 KiB pages, 64 streams, wires, no hardware updates",
		.idr0 = (uint32_t)(STAGE_1_SMALL | LITTLE_ENDIAN_TABLES | NO_STALLS | SV3_IDR0_TERM_MODEL),
		.idr1 = (uint32_t)(SV3_PUT(SV3_IDR1_SIDSIZE, 6) | SV3_PUT(SV3_IDR1_EVENTQS, 7) |
				   SV3_PUT(SV3_IDR1_CMDQS, 7)),
		.idr5 = (uint32_t)(SV3_PUT(SV3_IDR5_OAS, 5) | SV3_IDR5_GRAN4K),
		OWN_CACHES,
	},
	{
		/*
		 * Arm MMU-600 r2p2 as the register map of Intel's Agilex 5 shows it (SMMU TCU: IDR0 0x080f7e3f,
		 * IDR1 0x0e739d18, IDR3 0x3c, IDR5 0x00400075, IIDR 0x4832243b, AIDR 1), which agrees with table
		 * 2-18 of Arm's manual 100310. DEVIATION(D-022): TTF = 3 and BTM = 1 there; here TTF = 2, BTM = 0.
		 * Known too, from the table of its TCU: 256 entries in the walk cache of each level of each stage
		 * (TCUCFG_WCSxLy_DEPTH; of level 3 too, which sv3 has not: I-017) and in the configuration cache
		 * (TCUCFG_CC_DEPTH). Not known: ways, TLBs of its TBUs, monitors: those are sv3's own.
		 */
		.name = "mmu-600",
		.about = "the ID registers of an Arm MMU-600 (SMMUv3.1, no hardware updates of tables)",
		.idr0 = 0x080f7e1b,
		.idr1 = 0x0e739d18,
		.idr3 = 0x0000003c,
		.idr5 = 0x00400075,
		.iidr = 0x4832243b,
		.aidr = 1,
		.pmcg_counters = 8,
		MMU_600_CACHES,
	},
	{
		/*
		 * Arm MMU-700 (manual 101542). Known: it is an SMMUv3.2; ProductID 0x487, Implementer 0x43b (Linux,
		 * arm-smmu-v3.c); StreamIDs of 32 bits (its maintainers on linux-iommu, October 2024). The rest,
		 * caches too, is that of the MMU-600 with what SMMUv3.2 demands. Assumed, not known: r1p1, HTTU = 2 (a tie-off of
		 * the product), BBML = 1, OAS of 48 bits, STALL_MAX, no STT. D-022 holds here too.
		 */
		.name = "mmu-700",
		.about = "an Arm MMU-700 as far as public sources tell (SMMUv3.2), with dirty state",
		.idr0 = 0x080f7e1b | (uint32_t)DIRTY_STATE,
		.idr1 = 0x0e739d20,
		.idr3 = 0x0000003c | (uint32_t)(SV3_IDR3_FWB | SV3_IDR3_RIL | SV3_PUT(SV3_IDR3_BBML, 1)),
		.idr5 = 0x00400075,
		.iidr = 0x4871143b,
		.aidr = 2,
		.pmcg_counters = 8,
		MMU_600_CACHES,
	},
};
/* clang-format on */

#define PROFILE_COUNT (sizeof(profiles) / sizeof(profiles[0]))

static void use_profile(const struct profile *profile, struct sv3_smmu_config *config)
{
	*config = (struct sv3_smmu_config){
		.idr0 = profile->idr0,
		.idr1 = profile->idr1,
		.idr3 = profile->idr3,
		.idr5 = profile->idr5,
		.iidr = profile->iidr,
		.aidr = profile->aidr,
		.slot_count = 256,
		.tlb_entries = 2048,
		.tlb_ways = 4,
		.walk_cache_entries = profile->walk_cache_entries,
		.walk_cache_ways = 4,
		.config_cache_entries = profile->config_cache_entries,
		.config_cache_ways = 4,
		.config_fetch_bytes = 64,
		.pmcg_counters = profile->pmcg_counters,
		.tbu_count = 1,
	};
}

void sv3_smmu_config_default(struct sv3_smmu_config *config)
{
	use_profile(&profiles[0], config);
}

static bool is_same(const char *a, const char *b)
{
	for (; *a != 0 && *a == *b; a++)
		b++;
	return *a == *b;
}

int sv3_smmu_profile(const char *name, struct sv3_smmu_config *config)
{
	for (uint32_t i = 0; i < PROFILE_COUNT; i++) {
		if (is_same(name, profiles[i].name)) {
			use_profile(&profiles[i], config);
			return 0;
		}
	}
	return -SV3_ERR_NOENT;
}

const char *sv3_smmu_profile_name(unsigned int index, const char **about)
{
	if (index >= PROFILE_COUNT)
		return NULL;
	if (about)
		*about = profiles[index].about;
	return profiles[index].name;
}
