/* SPDX-License-Identifier: MIT */
/*
 * cache.c - the one cache of the SMMU: set-associative, least recently used first out.
 *
 * The TLB, the walk cache and the configuration cache differ only in keys and payloads. Order of
 * use is a rank per way, 0 for the most recent: bounded, so that equal histories give equal blocks.
 */
#include "smmu_priv.h"

static uint8_t *ranks_of_set(const struct sv3_smmu *smmu, const struct sv3__cache *cache,
			     uint32_t entry)
{
	uint8_t *ranks = sv3__at(smmu, cache->ranks_offset);

	return ranks + entry / cache->ways * cache->ways;
}

void sv3__cache_reset(struct sv3_smmu *smmu, struct sv3__cache *cache)
{
	uint8_t *ranks = sv3__at(smmu, cache->ranks_offset);

	memset(sv3__cache_keys(smmu, cache), 0, cache->entries * sizeof(struct sv3__key));
	memset(sv3__cache_payload(smmu, cache, 0), 0, (size_t)cache->entries * cache->payload_size);
	memset(cache->class_count, 0, sizeof(cache->class_count));
	for (uint32_t entry = 0; entry < cache->entries; entry++)
		ranks[entry] = (uint8_t)(entry % cache->ways);
}

void sv3__cache_touch(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t entry)
{
	uint8_t *ranks = ranks_of_set(smmu, cache, entry);
	uint32_t way = entry % cache->ways;
	uint8_t rank = ranks[way];

	for (uint32_t other = 0; other < cache->ways; other++)
		ranks[other] = (uint8_t)(ranks[other] + (ranks[other] < rank));
	ranks[way] = 0;
}

/* A free way if there is one, else the way used longest ago. */
static uint32_t victim(const struct sv3_smmu *smmu, const struct sv3__cache *cache, uint32_t set)
{
	uint32_t first = set * cache->ways;
	const struct sv3__key *keys = sv3__cache_keys(smmu, cache);
	const uint8_t *ranks = ranks_of_set(smmu, cache, first);
	uint32_t oldest = first;

	for (uint32_t way = 0; way < cache->ways; way++) {
		if (keys[first + way].tag == 0)
			return first + way;
		if (ranks[way] == cache->ways - 1)
			oldest = first + way;
	}
	return oldest;
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
	sv3__cache_touch(smmu, cache, entry);
	return entry;
}

void sv3__cache_drop(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t entry)
{
	struct sv3__key *key = &sv3__cache_keys(smmu, cache)[entry];

	cache->class_count[sv3__tag_class(key->tag)]--;
	memset(key, 0, sizeof(*key));
}
