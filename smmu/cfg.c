/* SPDX-License-Identifier: MIT */
/*
 * cfg.c - configuration structures: where they stand, and the cache of what they mean.
 *
 * IMPDEF(I-026): the cache holds one decoded context per (StreamID, SubstreamID), STE and CD
 * together. IMPDEF(I-006): structures that were found illegal are not cached, nor are level-1
 * descriptors; those that could not be read must not be. [IHI0070 3.21.3, 16.2.1]
 */
#include "xlat_priv.h"

static uint32_t set_of(const struct sv3__cache *cache, uint64_t tag)
{
	return (uint32_t)(tag ^ (tag >> 3) ^ (tag >> 32)) & cache->set_mask;
}

struct sv3__context *sv3__config_search(struct sv3_smmu *smmu, uint64_t tag)
{
	struct sv3__cache *cache = &smmu->config_cache;
	uint32_t entry;

	if (cache->entries == 0)
		return NULL;
	entry = sv3__cache_find(smmu, cache, set_of(cache, tag), tag, 0);
	if (entry == SV3__NONE)
		return NULL;
	sv3__cache_use(smmu, cache, entry);
	cache->latest = entry;
	return sv3__cache_payload(smmu, cache, entry);
}

const struct sv3__context *sv3__config_peek(const struct sv3_smmu *smmu, const struct sv3_txn *txn)
{
	const struct sv3__cache *cache = &smmu->config_cache;
	uint64_t tag = sv3__config_tag(txn);
	uint32_t entry;

	if (cache->entries == 0)
		return NULL;
	entry = sv3__cache_find(smmu, cache, set_of(cache, tag), tag, 0);
	return entry == SV3__NONE ? NULL : sv3__cache_payload(smmu, cache, entry);
}

void sv3__config_fill(struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	struct sv3__cache *cache = &smmu->config_cache;
	struct sv3__key key = { .tag = sv3__config_tag(&slot->txn) };
	struct sv3__context *context;
	uint32_t entry;

	/* [IHI0070 3.21.3] While SMMUEN is 0 nothing is inserted. */
	if (cache->entries == 0 || slot->txn.kind == SV3_TXN_PROBE ||
	    !sv3__enabled(smmu, SV3_CR0_SMMUEN))
		return;
	entry = sv3__cache_fill(smmu, cache, set_of(cache, key.tag), &key);
	context = sv3__cache_payload(smmu, cache, entry);
	*context = slot->context;
	if (context->kind == SV3__STREAM_TRANSLATE && context->stage1)
		context->fast_family = (uint32_t)sv3__tag_family(context->regime, context->aset);
}

void sv3__config_invalidate(struct sv3_smmu *smmu, const struct sv3__cfgi *cfgi)
{
	struct sv3__cache *cache = &smmu->config_cache;
	const struct sv3__key *keys = sv3__cache_keys(smmu, cache);

	for (uint32_t entry = 0; entry < cache->entries; entry++) {
		uint32_t stream_id = (uint32_t)keys[entry].tag;
		uint32_t substream_id = (uint32_t)(keys[entry].tag >> 32) & 0xfffff;

		/* Traffic without SubstreamID uses CD 0: its tag has SubstreamID 0. */
		if (keys[entry].tag != 0 && stream_id >= cfgi->stream_first &&
		    stream_id <= cfgi->stream_last &&
		    (cfgi->any_substream || substream_id == cfgi->substream_id))
			sv3__cache_drop(smmu, cache, entry);
	}
	sv3__mark_by_cfgi(smmu, cfgi);
}

/* [IHI0070 3.4.3] A structure beyond the address size is not read. */
static struct sv3__located found_at(const struct sv3_smmu *smmu, sv3_pa pa, bool two_level,
				    enum sv3__rule beyond)
{
	return (struct sv3__located){
		.pa = pa,
		.two_level = two_level,
		.rule = pa >> smmu->oas_lg2 != 0 ? beyond : SV3__RULE_NONE,
	};
}

/* IMPDEF(I-007): stream tables beyond the address size: F_STE_FETCH, or truncation by choice. */
static struct sv3__located ste_found_at(const struct sv3_smmu *smmu, sv3_pa pa, bool two_level)
{
	if (sv3__chooses(smmu, SV3_CHOICE_TRUNCATE_STRTAB))
		pa &= SV3_BIT(smmu->oas_lg2) - 1;
	return found_at(smmu, pa, two_level, SV3__RULE_STRTAB_SIZE);
}

static struct sv3__located not_found(enum sv3__rule rule)
{
	return (struct sv3__located){ .rule = rule };
}

/* Tables are aligned to their size; one that is larger than the address space begins at 0. */
static sv3_pa align_down(sv3_pa base, uint64_t size_lg2)
{
	return size_lg2 < 64 ? base & ~(SV3_BIT(size_lg2) - 1) : 0;
}

/* [IHI0070 6.3.25] Values of SPLIT other than 6, 8 and 10 behave as 6. */
static uint32_t split_of(const struct sv3_smmu *smmu)
{
	uint64_t split = SV3_GET(SV3_STRTAB_CFG_SPLIT, smmu->regs[SV3__REG_STRTAB_BASE_CFG]);

	return split == 8 || split == 10 ? (uint32_t)split : 6;
}

struct sv3__located sv3__locate_ste(const struct sv3_smmu *smmu, uint32_t stream_id)
{
	uint64_t cfg = smmu->regs[SV3__REG_STRTAB_BASE_CFG];
	sv3_pa base = smmu->regs[SV3__REG_STRTAB_BASE] & SV3_STRTAB_BASE_ADDR;
	uint64_t log2size = SV3_GET(SV3_STRTAB_CFG_LOG2SIZE, cfg);
	uint64_t stream_lg2 = SV3_GET(SV3_IDR1_SIDSIZE, smmu->config.idr1);
	uint32_t split = split_of(smmu);
	uint64_t level1_lg2;

	if (stream_lg2 > log2size)
		stream_lg2 = log2size;
	if ((uint64_t)stream_id >> stream_lg2 != 0)
		return not_found(SV3__RULE_SID_RANGE);
	/* [IHI0070 6.3.24, 6.3.25] Bases are aligned to the table's size, and have no bits below 64
	 * bytes anyway; reserved formats behave as linear. */
	if (SV3_GET(SV3_STRTAB_CFG_FMT, cfg) != SV3_STRTAB_FMT_2LEVEL ||
	    SV3_GET(SV3_IDR0_ST_LEVEL, smmu->config.idr0) == 0)
		return ste_found_at(smmu,
				    align_down(base, log2size + 6) +
					    (uint64_t)stream_id * SV3_STE_SIZE_BYTES,
				    false);
	level1_lg2 = log2size > split ? log2size - split + 3 : 3;
	return ste_found_at(smmu, align_down(base, level1_lg2) + (uint64_t)(stream_id >> split) * 8,
			    true);
}

struct sv3__located sv3__locate_ste_level2(const struct sv3_smmu *smmu, uint32_t stream_id,
					   uint64_t l1std)
{
	uint32_t split = split_of(smmu);
	uint64_t span = SV3_GET(SV3_L1STD_SPAN, l1std);
	uint64_t index = stream_id & (SV3_BIT(split) - 1);

	/* [IHI0070 5.1] Span 0 and spans beyond the split, as are the reserved ones from 12 on, are
	 * invalid. */
	if (span == 0 || span > split + 1)
		return not_found(SV3__RULE_SID_L1STD);
	if (index >= SV3_BIT(span - 1))
		return not_found(SV3__RULE_SID_SPAN);
	return ste_found_at(smmu,
			    (l1std & SV3_L1STD_L2PTR & ~(SV3_BIT(span - 1 + 6) - 1)) +
				    index * SV3_STE_SIZE_BYTES,
			    false);
}

/* log2 of the CDs in a level-2 table, 0 for a linear one. [IHI0070 5.2 S1Fmt]
 * IMPDEF(I-031): bits of S1ContextPtr below the size of its table are taken as 0. */
static uint32_t cd_split_of(const uint64_t ste[8])
{
	switch (SV3_GET(SV3_STE0_S1FMT, ste[0])) {
	case SV3_STE_S1FMT_4K:
		return 6;
	case SV3_STE_S1FMT_64K:
		return 10;
	default:
		return 0;
	}
}

/* Why an STE has no CD for a SubstreamID, or for none. [IHI0070 5.2 S1DSS, 7.3.7, 7.3.9]
 * IMPDEF(I-105): F_STREAM_DISABLED follows from the STE alone, so that it comes before what a
 * level-1 CD descriptor says. [IHI0070 7.3.22] */
static enum sv3__rule substream_check(const struct sv3_smmu *smmu, const uint64_t ste[8],
				      const struct sv3_txn *txn)
{
	uint64_t cd_max = sv3__ste_cd_max(smmu, ste);
	uint64_t dss = SV3_GET(SV3_STE1_S1DSS, ste[1]);

	if (!txn->substream_valid)
		return cd_max > 0 && dss != SV3_STE_S1DSS_SSID0 ? SV3__RULE_DSS_TERMINATE
								: SV3__RULE_NONE;
	if (!(SV3_GET(SV3_STE0_CONFIG, ste[0]) & 1))
		return SV3__RULE_SSID_BYPASS;
	if (cd_max == 0)
		return SV3__RULE_SSID_OFF;
	if (txn->substream_id >> cd_max != 0)
		return SV3__RULE_SSID_RANGE;
	/* Substream 0 is taken away by S1DSS = 0b10. */
	return txn->substream_id == 0 && dss == SV3_STE_S1DSS_SSID0 ? SV3__RULE_DSS_SSID0
								    : SV3__RULE_NONE;
}

struct sv3__located sv3__locate_cd(const struct sv3_smmu *smmu, const uint64_t ste[8],
				   const struct sv3_txn *txn)
{
	sv3_pa base = ste[0] & SV3_STE0_S1CONTEXTPTR;
	uint64_t cd_max = sv3__ste_cd_max(smmu, ste);
	uint32_t split = cd_split_of(ste);
	uint32_t index = txn->substream_valid ? txn->substream_id : 0;
	enum sv3__rule rule = substream_check(smmu, ste, txn);
	uint64_t level1_lg2;

	if (rule != SV3__RULE_NONE)
		return not_found(rule);
	/* That these stand within the address size was checked with the STE: tables are aligned. */
	if (cd_max == 0)
		return found_at(smmu, base, false, SV3__RULE_STE_S1CONTEXTPTR);
	if (split == 0)
		return found_at(smmu,
				align_down(base, cd_max + 6) + (uint64_t)index * SV3_CD_SIZE_BYTES,
				false, SV3__RULE_STE_S1CONTEXTPTR);
	level1_lg2 = cd_max > split ? cd_max - split + 3 : 3;
	return found_at(smmu, align_down(base, level1_lg2) + (uint64_t)(index >> split) * 8, true,
			SV3__RULE_STE_S1CONTEXTPTR);
}

struct sv3__located sv3__locate_cd_level2(const struct sv3_smmu *smmu, const uint64_t ste[8],
					  const struct sv3_txn *txn, uint64_t l1cd)
{
	uint32_t split = cd_split_of(ste);
	uint32_t index = txn->substream_valid ? txn->substream_id : 0;
	uint64_t mask = SV3_L1CD_L2PTR & ~(SV3_BIT(split + 6) - 1);

	if (!(l1cd & SV3_L1CD_V))
		return not_found(SV3__RULE_SSID_L1CD);
	/* [IHI0070 3.4.3] IMPDEF(I-100): also where it is an intermediate address. */
	if ((l1cd & SV3_L1CD_L2PTR) >> smmu->oas_lg2 != 0)
		return not_found(SV3__RULE_SSID_L2PTR);
	return found_at(smmu, (l1cd & mask) + (index & (SV3_BIT(split) - 1)) * SV3_CD_SIZE_BYTES,
			false, SV3__RULE_SSID_L2PTR);
}
