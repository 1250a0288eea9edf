/* SPDX-License-Identifier: MIT */
/*
 * cache.c - the one cache of the SMMU: set-associative, least recently used first out.
 *
 * The TLB, the walk cache and the configuration cache differ only in keys and payloads. Order of
 * use is a rank per way, 0 for the most recent: bounded, so that equal histories give equal blocks.
 */
#include "smmu_priv.h"

/* Fills up a doubleword of ranks behind the last way: older than any, and never aged. */
#define NO_WAY UINT64_C(0x7f)

static uint64_t *ranks_of_set(const struct sv3_smmu *smmu, const struct sv3__cache *cache,
			      uint32_t set)
{
	return (uint64_t *)sv3__at(smmu, cache->ranks_offset) + set * cache->rank_words;
}

void sv3__cache_reset(struct sv3_smmu *smmu, struct sv3__cache *cache)
{
	memset(sv3__cache_keys(smmu, cache), 0, cache->entries * sizeof(struct sv3__key));
	memset(sv3__cache_payload(smmu, cache, 0), 0, (size_t)cache->entries * cache->payload_size);
	memset(cache->class_count, 0, sizeof(cache->class_count));
	cache->latest = 0;
	for (uint32_t set = 0; set < cache->entries >> cache->ways_lg2; set++) {
		uint64_t *ranks = ranks_of_set(smmu, cache, set);

		memset(ranks, 0, cache->rank_words * sizeof(*ranks));
		for (uint32_t way = 0; way < 8 * cache->rank_words; way++)
			ranks[way / 8] |= (way < cache->ways ? way : NO_WAY) << (way % 8 * 8);
	}
}

/* A free way if there is one, else the way used longest ago. */
static uint32_t victim(const struct sv3_smmu *smmu, const struct sv3__cache *cache, uint32_t set)
{
	uint32_t first = set << cache->ways_lg2;
	const struct sv3__key *keys = sv3__cache_keys(smmu, cache) + first;
	const uint64_t *ranks = ranks_of_set(smmu, cache, set);
	uint32_t oldest = 0;

	for (uint32_t way = 0; way < cache->ways; way++) {
		if (keys[way].tag == 0)
			return first + way;
		if ((ranks[way / 8] >> (way % 8 * 8) & 0xff) == cache->ways - 1)
			oldest = way;
	}
	return first + oldest;
}

uint32_t sv3__cache_fill(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t set,
			 const struct sv3__key *key)
{
	struct sv3__key *keys = sv3__cache_keys(smmu, cache);
	uint32_t entry = sv3__cache_find(smmu, cache, set, key->tag, key->context);

	if (entry == SV3__NONE)
		entry = victim(smmu, cache, set);
	if (keys[entry].tag != 0)
		cache->class_count[sv3__tag_class(keys[entry].tag)]--;
	keys[entry] = *key;
	cache->class_count[sv3__tag_class(key->tag)]++;
	sv3__cache_use(smmu, cache, entry);
	return entry;
}

void sv3__cache_drop(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t entry)
{
	struct sv3__key *key = &sv3__cache_keys(smmu, cache)[entry];

	cache->class_count[sv3__tag_class(key->tag)]--;
	memset(key, 0, sizeof(*key));
}
