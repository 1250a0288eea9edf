/* SPDX-License-Identifier: MIT */
/*
 * test_cache.c - does a cache keep what was used last, and know what it holds? Compared with a list
 * that remembers when each entry was used.
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "smmu/xlat_priv.h"

#define SETS   4u
#define WAYS   8u /* at most */
#define GLOBAL 0xffff0000u

struct remembered {
	struct sv3__key key;
	uint64_t used;
};

struct caches {
	struct sv3_smmu *smmu;
	struct sv3__cache *cache;
	struct remembered entries[SETS * WAYS];
	uint32_t ways, latest;
	uint64_t now, random;
};

static void caches_init(struct caches *c, uint32_t ways)
{
	struct sv3_smmu_config config;

	memset(c, 0, sizeof(*c));
	c->ways = ways;
	c->random = ways;
	sv3_smmu_config_default(&config);
	config.slot_count = 1;
	config.tlb_entries = SETS * ways;
	config.tlb_ways = ways;
	c->smmu = aligned_alloc(64, sv3_smmu_size(&config));
	if (!c->smmu || sv3_smmu_init(c->smmu, sv3_smmu_size(&config), &config, &c->smmu) != 0)
		abort();
	c->cache = &c->smmu->tlb;
}

static uint32_t draw(struct caches *c, uint32_t below)
{
	c->random = c->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(c->random >> 33) % below;
}

static void expect_same(struct caches *c)
{
	const struct sv3__key *keys = sv3__cache_keys(c->smmu, c->cache);
	uint32_t count[SV3__SPAN_COUNT] = { 0 };
	uint64_t live = 0;

	for (uint32_t i = 0; i < SETS * c->ways; i++) {
		const struct sv3__key *key = &c->entries[i].key;

		EXPECT_EQ_MEM(&keys[i], key, sizeof(*key));
		if (key->tag == 0)
			continue;
		count[sv3__tag_span_lg2(key->tag)]++;
		live |= SV3_BIT(sv3__tag_span_lg2(key->tag));
	}
	EXPECT_EQ_MEM(c->cache->span_count, count, sizeof(count));
	EXPECT_EQ_U64(c->cache->live_spans, live);
	EXPECT_EQ_U64(c->cache->latest, c->latest);
}

static void use(struct caches *c, uint32_t entry)
{
	c->entries[entry].used = ++c->now;
}

static bool overlap(const struct sv3__key *a, const struct sv3__key *b)
{
	return a->tag == b->tag &&
	       ((a->context ^ b->context) & a->context_mask & b->context_mask) == 0;
}

/* Where @key belongs: a free way, or the one used longest ago. */
static uint32_t place(struct caches *c, uint32_t set, const struct sv3__key *key)
{
	struct remembered *ways = &c->entries[set * c->ways];
	uint32_t oldest = 0;

	for (uint32_t way = 0; way < c->ways; way++)
		if (ways[way].key.tag != 0 && overlap(&ways[way].key, key))
			memset(&ways[way], 0, sizeof(ways[way]));
	for (uint32_t way = 0; way < c->ways; way++) {
		if (ways[way].key.tag == 0)
			return set * c->ways + way;
		if (ways[way].used < ways[oldest].used)
			oldest = way;
	}
	return set * c->ways + oldest;
}

static void fill_one(struct caches *c)
{
	static const uint32_t spans[] = { 0, 12, 21, 63 };
	struct sv3__key key = {
		.tag = sv3__tag(0, sv3__tag_family(0, false), spans[draw(c, 4)]) |
		       (uint64_t)(1 + draw(c, 6)) << SV3__TAG_ADDRESS_SHIFT,
		.context = draw(c, 2) << 16 | draw(c, 2),
		.context_mask = draw(c, 4) == 0 ? GLOBAL : UINT32_MAX,
	};
	uint32_t set = draw(c, SETS), expected = place(c, set, &key);

	EXPECT_EQ_U64(sv3__cache_fill(c->smmu, c->cache, set, &key), expected);
	c->entries[expected].key = key;
	c->latest = expected;
	use(c, expected);
}

static void use_or_drop_one(struct caches *c, bool drop)
{
	uint32_t entry = draw(c, SETS * c->ways);

	if (c->entries[entry].key.tag == 0)
		return;
	if (drop) {
		sv3__cache_drop(c->smmu, c->cache, entry);
		memset(&c->entries[entry], 0, sizeof(c->entries[entry]));
	} else {
		sv3__cache_use(c->smmu, c->cache, entry);
		use(c, entry);
	}
}

static void expect_least_recently_used(uint32_t ways)
{
	struct caches c;

	caches_init(&c, ways);
	for (uint32_t i = 0; i < 1500; i++) {
		uint32_t what = draw(&c, 8);

		if (what < 4)
			fill_one(&c);
		else
			use_or_drop_one(&c, what == 7);
		expect_same(&c);
	}
	free(c.smmu);
}

TEST_C(cache, one_way_holds_what_came_last)
{
	expect_least_recently_used(1);
}

TEST_C(cache, of_two_ways_the_one_used_longest_ago_goes)
{
	expect_least_recently_used(2);
}

TEST_C(cache, of_four_ways_the_one_used_longest_ago_goes)
{
	expect_least_recently_used(4);
}

TEST_C(cache, of_eight_ways_the_one_used_longest_ago_goes)
{
	expect_least_recently_used(8);
}

static bool is_zero(const void *memory, size_t size)
{
	const uint8_t *bytes = memory;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

TEST_C(cache, dropped_entry_leaves_nothing)
{
	struct sv3__key key = { .tag = sv3__tag(0x1000, sv3__tag_family(0, false), 12),
				.context_mask = UINT32_MAX };
	struct caches c;
	uint32_t entry;

	caches_init(&c, 4);
	entry = sv3__cache_fill(c.smmu, c.cache, 2, &key);
	memset(sv3__cache_payload(c.smmu, c.cache, entry), 0xff, c.cache->payload_size);
	sv3__cache_drop(c.smmu, c.cache, entry);
	EXPECT_TRUE(is_zero(&sv3__cache_keys(c.smmu, c.cache)[entry], sizeof(key)));
	EXPECT_TRUE(is_zero(sv3__cache_payload(c.smmu, c.cache, entry), c.cache->payload_size));
	free(c.smmu);
}

TEST_C(cache, reset_leaves_nothing)
{
	struct caches c;

	caches_init(&c, 4);
	for (uint32_t i = 0; i < 50; i++)
		fill_one(&c);
	memset(sv3__cache_payload(c.smmu, c.cache, 0), 0xff,
	       c.cache->entries * c.cache->payload_size);
	c.cache->has_pieces = true;
	sv3__cache_reset(c.smmu, c.cache);
	memset(c.entries, 0, sizeof(c.entries));
	c.latest = 0;
	expect_same(&c);
	EXPECT_FALSE(c.cache->has_pieces);
	EXPECT_TRUE(is_zero(sv3__cache_payload(c.smmu, c.cache, 0),
			    c.cache->entries * c.cache->payload_size));
	EXPECT_TRUE(is_zero(sv3__at(c.smmu, c.cache->orders_offset), SETS * sizeof(uint64_t)));
	free(c.smmu);
}
