/* SPDX-License-Identifier: MIT */
/*
 * refill.c - which misses of the TLB an invalidation caused: the keys of entries that it removed.
 *
 * They stand behind the counters and are no state: nothing but a count comes of them. A set
 * remembers as many removed entries as it has ways, of more the ones removed last.
 */
#include "xlat_priv.h"

void sv3__refill_reset(struct sv3_smmu *smmu)
{
	struct sv3__removed *removed = sv3__removed(smmu);

	removed->spans = 0;
	memset(removed->keys, 0, smmu->tlb.entries * sizeof(removed->keys[0]));
}

void sv3__refill_remember(struct sv3_smmu *smmu, uint32_t entry)
{
	const struct sv3__key key = sv3__cache_keys(smmu, &smmu->tlb)[entry];
	const uint32_t first = entry & ~(smmu->tlb.ways - 1);
	struct sv3__removed *removed = sv3__removed(smmu);
	uint32_t at = entry;

	for (uint32_t way = 0; way < smmu->tlb.ways; way++) {
		if (removed->keys[first + way].tag == 0) {
			at = first + way;
			break;
		}
	}
	removed->keys[at] = key;
	removed->spans |= SV3_BIT(sv3__tag_span_lg2(key.tag));
}

/* Forgets the removed entry that would have answered. Returns false if there is none of this span.
 */
static bool take_back(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope, uint64_t address,
		      uint32_t span_lg2)
{
	const uint64_t tag = sv3__tag(address, scope->family, span_lg2);
	const uint32_t set =
		sv3__cache_set(&smmu->tlb, scope->tbu_index, tag >> SV3__TAG_ADDRESS_SHIFT);
	struct sv3__key *keys = sv3__removed(smmu)->keys + (set << smmu->tlb.ways_lg2);

	for (uint32_t way = 0; way < smmu->tlb.ways; way++) {
		struct sv3__key *key = &keys[way];

		if (key->tag == tag && ((key->context ^ scope->context) & key->context_mask) == 0) {
			memset(key, 0, sizeof(*key));
			return true;
		}
	}
	return false;
}

void sv3__refill_count(struct sv3_smmu *smmu, const struct sv3__tlb_scope *scope, uint64_t address)
{
	bool found = false;

	if (smmu->tlb.entries == 0)
		return;
	for (uint64_t spans = sv3__removed(smmu)->spans; spans != 0 && !found; spans &= spans - 1)
		found = take_back(smmu, scope, address, (uint32_t)__builtin_ctzll(spans));
	sv3__stats(smmu)->tlb_refills += found;
}
