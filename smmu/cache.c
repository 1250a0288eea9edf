/* SPDX-License-Identifier: MIT */
/*
 * cache.c - the one cache of the SMMU: set-associative, least recently used first out.
 *
 * The TLB, the walk cache and the configuration cache differ only in keys and payloads. What was
 * used in which order is kept without counters, so that equal histories give equal blocks.
 */
#include "smmu_priv.h"

static uint64_t *orders(const struct sv3_smmu *smmu, const struct sv3__cache *cache)
{
	return sv3__at(smmu, cache->orders_offset);
}

void sv3__cache_reset(struct sv3_smmu *smmu, struct sv3__cache *cache)
{
	memset(sv3__cache_keys(smmu, cache), 0, cache->entries * sizeof(struct sv3__key));
	memset(sv3__cache_payload(smmu, cache, 0), 0, (size_t)cache->entries * cache->payload_size);
	memset(cache->class_count, 0, sizeof(cache->class_count));
	cache->latest = 0;
	memset(orders(smmu, cache), 0, (cache->entries >> cache->ways_lg2) * sizeof(uint64_t));
}

/* A free way if there is one, else the way used longest ago. */
static uint32_t victim(const struct sv3_smmu *smmu, const struct sv3__cache *cache, uint32_t set)
{
	uint32_t first = set << cache->ways_lg2;
	const struct sv3__key *keys = sv3__cache_keys(smmu, cache) + first;
	uint64_t order = orders(smmu, cache)[set];
	uint32_t oldest = 0;

	for (uint32_t way = 0; way < cache->ways; way++) {
		if (keys[way].tag == 0)
			return first + way;
		/* bits of ways that do not exist were filled in with the row */
		if ((order >> (8 * way) & (SV3_BIT(cache->ways) - 1)) == 0)
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
	cache->latest = entry;
	return entry;
}

void sv3__cache_drop(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t entry)
{
	struct sv3__key *key = &sv3__cache_keys(smmu, cache)[entry];

	cache->class_count[sv3__tag_class(key->tag)]--;
	memset(key, 0, sizeof(*key));
	memset(sv3__cache_payload(smmu, cache, entry), 0, cache->payload_size);
}
