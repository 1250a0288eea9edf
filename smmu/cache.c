/* SPDX-License-Identifier: MIT */
/*
 * cache.c - the one cache of the SMMU: set-associative, least recently used first out.
 *
 * The TLB, the walk cache and the configuration cache differ only in keys and payloads. What was
 * used in which order is kept without counters, so that equal histories give equal blocks.
 */
#include "xlat_priv.h"

static uint64_t *orders(const struct sv3_smmu *smmu, const struct sv3__cache *cache)
{
	return sv3__at(smmu, cache->orders_offset);
}

void sv3__cache_reset(struct sv3_smmu *smmu, struct sv3__cache *cache)
{
	memset(sv3__cache_keys(smmu, cache), 0, cache->entries * sizeof(struct sv3__key));
	memset(sv3__cache_payload(smmu, cache, 0), 0, (size_t)cache->entries * cache->payload_size);
	memset(cache->span_count, 0, sizeof(cache->span_count));
	cache->live_spans = 0;
	cache->has_pieces = false;
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

static void count_span(struct sv3__cache *cache, uint64_t tag)
{
	uint32_t span_lg2 = sv3__tag_span_lg2(tag);

	cache->span_count[span_lg2]++;
	cache->live_spans |= SV3_BIT(span_lg2);
}

static void uncount_span(struct sv3__cache *cache, uint64_t tag)
{
	uint32_t span_lg2 = sv3__tag_span_lg2(tag);

	cache->span_count[span_lg2]--;
	if (cache->span_count[span_lg2] == 0)
		cache->live_spans &= ~SV3_BIT(span_lg2);
}

void sv3__cache_drop(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t entry)
{
	struct sv3__key *key = &sv3__cache_keys(smmu, cache)[entry];

	uncount_span(cache, key->tag);
	memset(key, 0, sizeof(*key));
	memset(sv3__cache_payload(smmu, cache, entry), 0, cache->payload_size);
}

/* Of two keys with one tag: whether some lookup could find both. */
static bool keys_overlap(const struct sv3__key *a, const struct sv3__key *b)
{
	return ((a->context ^ b->context) & a->context_mask & b->context_mask) == 0;
}

uint32_t sv3__cache_fill(struct sv3_smmu *smmu, struct sv3__cache *cache, uint32_t set,
			 const struct sv3__key *key)
{
	uint32_t first = set << cache->ways_lg2;
	struct sv3__key *keys = sv3__cache_keys(smmu, cache);
	uint32_t entry;

	/* A leaf that became global, or stopped being so, replaces what it was. */
	for (uint32_t way = 0; way < cache->ways; way++)
		if (keys[first + way].tag == key->tag && keys_overlap(&keys[first + way], key))
			sv3__cache_drop(smmu, cache, first + way);
	entry = victim(smmu, cache, set);
	if (keys[entry].tag != 0)
		uncount_span(cache, keys[entry].tag);
	keys[entry] = *key;
	count_span(cache, key->tag);
	sv3__cache_use(smmu, cache, entry);
	cache->latest = entry;
	return entry;
}
