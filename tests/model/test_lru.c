/* SPDX-License-Identifier: MIT */
/*
 * test_lru.c - do TLBs and walk caches hit exactly when set-associative caches would that replace
 * what was used longest ago? Compared with a list of keys and when each was used, for caches of any
 * shape; and caches of one set with stack distances: an access hits a set of n ways if and only if
 * fewer than n other keys were used since the last use of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/model/fx.h"

#define TBUS_MAX 4u
#define SETS_MAX 8u
#define WAYS_MAX 8u
#define ACCESSES 5000u

/* --- A cache, as plainly as can be --- */

struct line {
	uint64_t key, used; /* used: 0: nothing here */
};

struct plain_cache {
	uint32_t sets, ways;
	struct line lines[SETS_MAX][WAYS_MAX];
};

static struct line *plain_find(struct plain_cache *cache, uint64_t key)
{
	struct line *set = cache->lines[key % cache->sets];

	for (uint32_t way = 0; way < cache->ways; way++)
		if (set[way].used != 0 && set[way].key == key)
			return &set[way];
	return NULL;
}

static bool plain_use(struct plain_cache *cache, uint64_t key, uint64_t now)
{
	struct line *line = plain_find(cache, key);

	if (line)
		line->used = now;
	return line != NULL;
}

static void plain_fill(struct plain_cache *cache, uint64_t key, uint64_t now)
{
	struct line *line = plain_find(cache, key);

	if (!line) {
		line = cache->lines[key % cache->sets];
		for (uint32_t way = 1; way < cache->ways; way++)
			if (cache->lines[key % cache->sets][way].used < line->used)
				line = &cache->lines[key % cache->sets][way];
	}
	*line = (struct line){ key, now };
}

static void plain_drop(struct plain_cache *cache, uint64_t key)
{
	struct line *line = plain_find(cache, key);

	if (line)
		line->used = 0;
}

/* --- An SMMU, and what is expected of it --- */

struct pair {
	struct fx f;
	struct sv3_prng prng;
	struct plain_cache tlb[TBUS_MAX];
	struct plain_cache walk[3]; /* by the level whose descriptors it keeps */
	bool stage2;
	uint32_t tbu_count, start_level;
	uint64_t now;
};

static uint32_t draw(struct pair *p, uint32_t below)
{
	return (uint32_t)sv3_prng_below(&p->prng, below);
}

static uint64_t key_at(sv3_iova iova, uint32_t level)
{
	return iova >> (39 - 9 * level);
}

/* An address of 288 pages: some of each table. Half of them are near the first. */
static sv3_iova draw_page(struct pair *p)
{
	bool near = draw(p, 2);
	uint64_t level0 = p->stage2 ? 0 : draw(p, near ? 1 : 4);
	uint64_t level1 = draw(p, near ? 2 : 3), level2 = draw(p, near ? 2 : 3);

	return level0 << 39 | level1 << 30 | level2 << 21 | (uint64_t)draw(p, near ? 4 : 8) << 12;
}

static void map_all(struct pair *p)
{
	for (uint64_t i = 0; i < 288; i++) {
		sv3_iova iova = i / 72 << 39 | i / 24 % 3 << 30 | i / 8 % 3 << 21 | i % 8 << 12;

		if (!p->stage2)
			fx_map(&p->f, iova, 3, FX_LEAF);
		else if (i < 72)
			fx_s2_map(&p->f, iova, 3, FX_S2_RO);
	}
}

/* @config: sizes of TLBs and walk caches. */
static void pair_init(struct pair *p, const struct sv3_smmu_config *config, bool stage2)
{
	memset(p, 0, sizeof(*p));
	p->stage2 = stage2;
	p->start_level = stage2 ? 1 : 0;
	p->tbu_count = config->tbu_count;
	for (uint32_t tbu = 0; tbu < p->tbu_count; tbu++) {
		p->tlb[tbu].ways = config->tlb_ways;
		p->tlb[tbu].sets = config->tlb_entries / config->tlb_ways;
	}
	for (uint32_t level = 0; level < 3; level++) {
		p->walk[level].ways = config->walk_cache_ways;
		p->walk[level].sets = config->walk_cache_entries / config->walk_cache_ways;
	}
	fx_power_on(&p->f, config);
	fx_boot(&p->f, stage2 ? FX_STAGE2 : 0);
	map_all(p);
}

/* Descriptors that an access must read; 0: the TLB answers. */
static uint32_t expected_reads(struct pair *p, uint32_t tbu_index, sv3_iova iova)
{
	struct plain_cache *tlb = &p->tlb[tbu_index];
	uint32_t level = 3;

	p->now++;
	if (plain_use(tlb, key_at(iova, 3), p->now))
		return 0;
	while (level > p->start_level &&
	       !plain_use(&p->walk[level - 1], key_at(iova, level - 1), p->now))
		level--;
	for (uint32_t read = level; read < 3; read++)
		plain_fill(&p->walk[read], key_at(iova, read), p->now);
	plain_fill(tlb, key_at(iova, 3), p->now);
	return 4 - level;
}

/* By the runner or by a slot of its own. */
static void one_access(struct pair *p, uint32_t number)
{
	struct sv3_txn txn = fx_txn(draw_page(p), false);
	uint32_t reads;

	txn.tbu_index = (uint8_t)draw(p, p->tbu_count);
	if (draw(p, 2)) {
		EXPECT_EQ_U64(fx_go(&p->f, &txn), FX_DATA);
	} else {
		fx_begin(&p->f, &txn);
		EXPECT_EQ_U64(fx_run(&p->f), FX_DATA);
		fx_land(&p->f);
	}
	reads = expected_reads(p, txn.tbu_index, txn.iova);
	if (p->f.result.walk_reads != reads ||
	    ((p->f.result.flags & SV3_RESULT_TLB_HIT) != 0) != (reads == 0))
		FAIL_C("access %u, TBU %u, %#llx: %u descriptors read, not %u", number,
		       txn.tbu_index, (unsigned long long)txn.iova, p->f.result.walk_reads, reads);
}

/* One page, with the tables above it or without. */
static void one_invalidation(struct pair *p)
{
	sv3_iova iova = draw_page(p);
	bool leaf_only = draw(p, 2);

	fx_cmd(&p->f,
	       p->stage2 ? FX_CMD_TLBI_S2_IPA | FX_CMD_VMID(FX_VMID)
			 : FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1),
	       iova | leaf_only);
	EXPECT_TRUE(fx_sync(&p->f));
	for (uint32_t tbu = 0; tbu < p->tbu_count; tbu++)
		plain_drop(&p->tlb[tbu], key_at(iova, 3));
	for (uint32_t level = 0; level < 3 && !leaf_only; level++)
		plain_drop(&p->walk[level], key_at(iova, level));
}

static void expect_same(const struct sv3_smmu_config *config, bool stage2, uint64_t seed)
{
	struct pair *p = malloc(sizeof(*p));
	struct sv3_smmu *same;

	if (!p)
		abort();
	pair_init(p, config, stage2);
	sv3_prng_seed(&p->prng, seed);
	for (uint32_t i = 0; i < ACCESSES; i++) {
		if (draw(p, 30) == 0)
			one_invalidation(p);
		one_access(p, i);
	}
	EXPECT_OK(sv3_smmu_adopt(p->f.smmu, sv3_smmu_size(config), &same));
	fx_fini(&p->f);
	free(p);
}

static void expect_same_of_all_shapes(bool stage2)
{
	for (uint32_t shape = 0; shape < 16; shape++) {
		struct sv3_smmu_config config;

		fx_config(&config, stage2 ? FX_STAGE2 : 0);
		config.tbu_count = 1 + shape % TBUS_MAX;
		config.tlb_ways = 1u << (shape & 3);
		config.tlb_entries = config.tlb_ways << (shape >> 2 & 3);
		config.walk_cache_ways = 1u << (shape >> 2 & 3);
		config.walk_cache_entries = config.walk_cache_ways << ((shape + 1) & 3);
		expect_same(&config, stage2, shape);
	}
}

TEST_C(lru, hits_of_stage_1_are_those_of_the_plain_caches)
{
	expect_same_of_all_shapes(false);
}

TEST_C(lru, hits_of_stage_2_are_those_of_the_plain_caches)
{
	expect_same_of_all_shapes(true);
}

/* --- Stack distances --- */

struct stack {
	uint64_t keys[288];
	uint32_t count;
};

/* Other keys used since the last use of @key, which is on top now; all of them and more if it was
 * never used. */
static uint32_t distance(struct stack *stack, uint64_t key)
{
	uint32_t at = 0, found;

	while (at < stack->count && stack->keys[at] != key)
		at++;
	found = at < stack->count ? at : UINT32_MAX;
	if (at == stack->count)
		stack->count++;
	memmove(stack->keys + 1, stack->keys, at * sizeof(stack->keys[0]));
	stack->keys[0] = key;
	return found;
}

static void expect_hits_of_distances(uint32_t ways)
{
	static struct stack stacks[2];
	struct sv3_smmu_config config;
	struct pair *p = malloc(sizeof(*p));
	uint64_t hits = 0;

	if (!p)
		abort();
	memset(stacks, 0, sizeof(stacks));
	fx_config(&config, 0);
	config.tbu_count = 2;
	config.tlb_entries = config.tlb_ways = ways;
	pair_init(p, &config, false);
	sv3_prng_seed(&p->prng, ways);
	for (uint32_t i = 0; i < 4 * ACCESSES; i++) {
		struct sv3_txn txn = fx_txn(draw_page(p), false);

		txn.tbu_index = (uint8_t)draw(p, 2);
		fx_go(&p->f, &txn);
		hits += distance(&stacks[txn.tbu_index], key_at(txn.iova, 3)) < ways;
	}
	EXPECT_EQ_U64(sv3_smmu_stats(p->f.smmu)->tlb_hits, hits);
	EXPECT_GE_U64(hits, 100);
	fx_fini(&p->f);
	free(p);
}

TEST_C(lru, hits_of_one_set_are_those_of_stack_distances)
{
	for (uint32_t ways = 1; ways <= WAYS_MAX; ways *= 2)
		expect_hits_of_distances(ways);
}

/* A level is asked when those below it have nothing: its distances are those of these accesses. */
static void expect_levels_of_distances(uint32_t ways)
{
	static struct stack stacks[3];
	struct sv3_smmu_config config;
	struct pair *p = malloc(sizeof(*p));
	uint64_t expected[5] = { 0 }, seen[5] = { 0 }; /* accesses by descriptors read */

	if (!p)
		abort();
	memset(stacks, 0, sizeof(stacks));
	fx_config(&config, 0);
	config.walk_cache_entries = config.walk_cache_ways = ways;
	config.tlb_entries = 0;
	pair_init(p, &config, false);
	sv3_prng_seed(&p->prng, ways);
	for (uint32_t i = 0; i < 4 * ACCESSES; i++) {
		sv3_iova iova = draw_page(p);
		uint32_t level = 3;

		EXPECT_EQ_U64(fx_read(&p->f, iova), FX_DATA);
		seen[p->f.result.walk_reads]++;
		while (level > 0 && distance(&stacks[level - 1], key_at(iova, level - 1)) >= ways)
			level--;
		expected[4 - level]++;
	}
	for (uint32_t reads = 0; reads < 5; reads++)
		EXPECT_EQ_U64(seen[reads], expected[reads]);
	fx_fini(&p->f);
	free(p);
}

TEST_C(lru, levels_that_walks_begin_at_are_those_of_stack_distances)
{
	for (uint32_t ways = 1; ways <= WAYS_MAX; ways *= 2)
		expect_levels_of_distances(ways);
}
