/* SPDX-License-Identifier: MIT */
/*
 * test_tlb.c - does an invalidation take exactly what it names, whatever shape cache and entries
 * have, and does a lookup keep what it finds from being the next to go?
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "smmu/xlat_priv.h"

#define TBUS 3u

static const struct sv3__tlb_scope scope = { .family = SV3__REGIME_EL1 << 8 | 1, .context = 1 };
static const struct sv3__ttb ttb = { .granule_lg2 = 12, .input_size_lg2 = 48 };

/* Every part of a cache has @entries in sets of @ways; translation is on. */
static struct sv3_smmu *make(uint32_t entries, uint32_t ways)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu = NULL;
	void *memory;

	sv3_smmu_config_default(&config);
	config.slot_count = 1;
	config.tbu_count = TBUS;
	config.tlb_entries = config.walk_cache_entries = config.config_cache_entries = entries;
	config.tlb_ways = config.walk_cache_ways = config.config_cache_ways = ways;
	memory = aligned_alloc(64, sv3_smmu_size(&config));
	if (!memory || sv3_smmu_init(memory, sv3_smmu_size(&config), &config, &smmu) != 0)
		abort();
	sv3_smmu_reg_write(smmu, SV3_REG_CR0, 4, 1);
	return smmu;
}

/* A page, or (@level < 3, @span_lg2 of it) a block or a piece of one. */
static void fill(struct sv3_smmu *smmu, uint64_t address, uint32_t level, uint8_t span_lg2)
{
	sv3__tlb_fill(smmu, &scope, address, false,
		      &(struct sv3__tlb_entry){ .pa = address,
						.span_lg2 = span_lg2,
						.leaf_class = sv3__leaf_class(12, level) });
}

static void fill_walk(struct sv3_smmu *smmu, uint64_t input, uint8_t level)
{
	const struct sv3__walk walk = { .input = input, .level = level };

	sv3__walk_cache_fill(smmu, &scope, &ttb, &walk, 0x1000);
}

static bool has(struct sv3_smmu *smmu, uint64_t address)
{
	return sv3__tlb_lookup(smmu, &scope, address) != SV3__NONE;
}

static bool walk_begins_low(struct sv3_smmu *smmu, uint64_t input)
{
	struct sv3__walk walk = { .input = input };

	return sv3__walk_cache_lookup(smmu, &scope, &ttb, &walk);
}

TEST_C(tlb_unit, caches_that_are_off_stay_as_they_are)
{
	struct sv3_smmu *smmu = make(0, 1);
	struct sv3__slot slot = { .phase = SV3__PHASE_STE };
	uint8_t *before = malloc(smmu->size_bytes);

	ASSERT_TRUE(before != NULL);
	memcpy(before, smmu, smmu->size_bytes);
	fill(smmu, 0x1000, 3, 12);
	fill_walk(smmu, 0x1000, 0);
	sv3__config_fill(smmu, &slot);
	EXPECT_TRUE(sv3__config_search(smmu, sv3__config_tag(&slot.txn)) == NULL);
	EXPECT_TRUE(sv3__config_peek(smmu, &slot.txn) == NULL);
	EXPECT_TRUE(memcmp(before, smmu, smmu->size_bytes) == 0);
	free(before);
	free(smmu);
}

TEST_C(tlb_unit, cache_of_one_entry_keeps_one)
{
	struct sv3_smmu *smmu = make(1, 1);
	struct sv3__slot slot = { .phase = SV3__PHASE_STE };

	fill(smmu, 0x1000, 3, 12);
	EXPECT_TRUE(has(smmu, 0x1000));
	fill(smmu, 0x2000, 3, 12);
	EXPECT_TRUE(!has(smmu, 0x1000) && has(smmu, 0x2000));
	sv3__config_fill(smmu, &slot);
	EXPECT_TRUE(sv3__config_search(smmu, sv3__config_tag(&slot.txn)) != NULL);
	EXPECT_TRUE(sv3__config_peek(smmu, &slot.txn) != NULL);
	free(smmu);
}

TEST_C(tlb_unit, nothing_is_filled_while_translation_is_off)
{
	struct sv3_smmu *smmu = make(4, 4);
	struct sv3__slot slot = { .phase = SV3__PHASE_STE };

	sv3_smmu_reg_write(smmu, SV3_REG_CR0, 4, 0);
	fill(smmu, 0x1000, 3, 12);
	fill_walk(smmu, 0x1000, 0);
	sv3__config_fill(smmu, &slot);
	EXPECT_FALSE(has(smmu, 0x1000) || walk_begins_low(smmu, 0x1000) ||
		     sv3__config_peek(smmu, &slot.txn) != NULL);
	free(smmu);
}

TEST_C(tlb_unit, what_was_looked_up_last_stays)
{
	const uint64_t step = UINT64_C(1) << 39;
	struct sv3_smmu *smmu = make(2, 2);
	struct sv3__slot slot = { .phase = SV3__PHASE_STE };
	struct sv3_txn streams[2] = { { .stream_id = 0 }, { .stream_id = 1 } };

	fill(smmu, 0x1000, 3, 12);
	fill(smmu, 0x2000, 3, 12);
	EXPECT_TRUE(has(smmu, 0x1000));
	fill(smmu, 0x3000, 3, 12);
	EXPECT_TRUE(has(smmu, 0x1000) && !has(smmu, 0x2000));
	fill_walk(smmu, 0, 0);
	fill_walk(smmu, step, 0);
	EXPECT_TRUE(walk_begins_low(smmu, 0));
	fill_walk(smmu, 2 * step, 0);
	EXPECT_TRUE(walk_begins_low(smmu, 0) && !walk_begins_low(smmu, step));
	for (uint32_t sid = 0; sid < 2; sid++) {
		slot.txn.stream_id = sid;
		sv3__config_fill(smmu, &slot);
	}
	EXPECT_TRUE(sv3__config_search(smmu, sv3__config_tag(&streams[0])) != NULL);
	slot.txn.stream_id = 2;
	sv3__config_fill(smmu, &slot);
	EXPECT_TRUE(sv3__config_peek(smmu, &streams[0]) != NULL);
	EXPECT_TRUE(sv3__config_peek(smmu, &streams[1]) == NULL);
	free(smmu);
}

/* Caches of one entry: what comes last stays, of each level of each stage. */
TEST_C(tlb_unit, levels_and_stages_disturb_no_other)
{
	const struct sv3__tlb_scope stages[2] = {
		scope, { .family = SV3__REGIME_STAGE2 << 8 | 1, .regime = SV3__REGIME_STAGE2 }
	};
	struct sv3_smmu *smmu = make(1, 1);

	for (uint8_t level = 0; level < 3; level++) {
		for (uint32_t stage = 0; stage < 2; stage++) {
			const struct sv3__walk walk = { .level = level };

			sv3__walk_cache_fill(smmu, &stages[stage], &ttb, &walk,
					     0x1000u * (1u + level) + 0x10000u * stage);
		}
	}
	for (uint8_t level = 3; level > 0; level--) {
		/* an address that shares with address 0 the tables above this level alone */
		uint64_t input = level == 3 ? 0 : UINT64_C(1) << (39 - 9 * level);

		for (uint32_t stage = 0; stage < 2; stage++) {
			struct sv3__walk walk = { .input = input };

			ASSERT_TRUE(sv3__walk_cache_lookup(smmu, &stages[stage], &ttb, &walk));
			EXPECT_EQ_U64(walk.level, level);
			EXPECT_EQ_U64(walk.table, 0x1000 * level + 0x10000 * stage);
		}
	}
	free(smmu);
}

TEST_C(tlb_unit, pieces_of_leaves_are_known_until_they_are_gone)
{
	const struct sv3__tlbi all = { .regimes = 15, .last = UINT64_MAX };
	struct sv3_smmu *smmu = make(8, 2);

	fill(smmu, 0x1000, 3, 12);
	fill(smmu, 0x200000, 2, 21);
	EXPECT_FALSE(smmu->tlb.has_pieces);
	fill(smmu, 0x401000, 2, 12);
	EXPECT_TRUE(smmu->tlb.has_pieces);
	sv3__tlb_invalidate(smmu, &(struct sv3__tlbi){ .regimes = 15, .last = 0x1000 });
	EXPECT_TRUE(smmu->tlb.has_pieces);
	sv3__tlb_invalidate(smmu, &all);
	EXPECT_FALSE(smmu->tlb.has_pieces);
	EXPECT_EQ_U64(smmu->tlb.live_spans, 0);
	free(smmu);
}

/* An entry of [0x1000, 0x1fff] against the byte beside it and its own last and first one. */
TEST_C(tlb_unit, range_takes_what_it_touches)
{
	static const struct {
		uint64_t first, last;
		bool stays;
	} rows[] = {
		{ 0, 0xfff, true },        { 0, 0x1000, false },
		{ 0x1fff, 0x1fff, false }, { 0x1fff, UINT64_MAX, false },
		{ 0x2000, 0x9000, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sv3_smmu *smmu = make(64, 1);

		fill(smmu, 0x1000, 3, 12);
		sv3__tlb_invalidate(smmu, &(struct sv3__tlbi){ .regimes = 15,
							       .first = rows[i].first,
							       .last = rows[i].last });
		if (has(smmu, 0x1000) != rows[i].stays)
			ctest_fail(__FILE__, __LINE__, "row %zu", i);
		free(smmu);
	}
}

/* A free entry has the tag 0, which reads as stream 0. */
TEST_C(tlb_unit, configuration_of_a_range_of_streams_is_forgotten)
{
	const struct sv3__cfgi cfgi = { .stream_last = 5, .any_substream = true };
	struct sv3_smmu *smmu = make(8, 2), *same;
	struct sv3__slot slot = { .phase = SV3__PHASE_STE };

	for (uint32_t sid = 5; sid < 7; sid++) {
		slot.txn.stream_id = sid;
		sv3__config_fill(smmu, &slot);
	}
	sv3__config_invalidate(smmu, &cfgi);
	EXPECT_TRUE(sv3__config_peek(smmu, &slot.txn) != NULL);
	slot.txn.stream_id = 5;
	EXPECT_TRUE(sv3__config_peek(smmu, &slot.txn) == NULL);
	EXPECT_OK(sv3_smmu_adopt(smmu, smmu->size_bytes, &same));
	free(smmu);
}

/* --- Any entries, any command --- */

static uint32_t draw(uint64_t *random, uint32_t below)
{
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*random >> 33) % below;
}

static void fill_anything(struct sv3_smmu *smmu, uint64_t *random, bool pieces)
{
	static const uint8_t spans[4] = { 39, 30, 21, 12 };
	uint32_t level = draw(random, 3), span_level = 1 + level;
	uint32_t regime = draw(random, 4);
	struct sv3__tlb_scope any = {
		.family = sv3__tag_family(regime, draw(random, 2)),
		.context = draw(random, 2) << 16 | draw(random, 2),
		.regime = regime,
		.tbu_index = draw(random, TBUS),
	};
	struct sv3__walk walk = { .input = (uint64_t)draw(random, 64) << 12 |
					   (uint64_t)draw(random, 4) << 21 |
					   (uint64_t)draw(random, 4) << 30,
				  .level = (uint8_t)level };

	if (pieces && span_level < 3)
		span_level += draw(random, 4 - span_level);
	sv3__tlb_fill(smmu, &any, walk.input, draw(random, 4) == 0,
		      &(struct sv3__tlb_entry){ .span_lg2 = spans[span_level],
						.leaf_class = sv3__leaf_class(12, level + 1) });
	sv3__walk_cache_fill(smmu, &any, &ttb, &walk, 0);
}

static struct sv3__tlbi any_command(uint64_t *random)
{
	struct sv3__tlbi tlbi = {
		.regimes = 1 + draw(random, 15),
		.context = draw(random, 2) << 16 | draw(random, 2),
		.context_mask =
			(draw(random, 2) ? 0xffffu : 0) | (draw(random, 2) ? 0xffff0000u : 0),
		.spare_global = draw(random, 2),
		.leaf_only = draw(random, 2),
		.granule_lg2 = draw(random, 3) ? 0 : 12 + 2 * draw(random, 2),
		.level = draw(random, 3) ? 0 : 1 + draw(random, 3),
		.first = (uint64_t)draw(random, 64) << 12 | (uint64_t)draw(random, 4) << 21 |
			 (uint64_t)draw(random, 4) << 30,
	};

	tlbi.last =
		tlbi.first + ((uint64_t)(1 + draw(random, 40)) << (12 + 9 * draw(random, 3))) - 1;
	return tlbi;
}

static bool is_named(const struct sv3__key *key, const struct sv3__tlbi *tlbi, uint32_t reach_lg2)
{
	uint64_t first = sv3__tag_first(key->tag) >> reach_lg2 << reach_lg2;
	uint64_t last = first + (SV3_BIT(reach_lg2) - 1);
	bool global = key->context_mask == 0xffff0000u;
	uint32_t mask = global ? tlbi->context_mask & 0xffff0000u : tlbi->context_mask;

	return last >= tlbi->first && first <= tlbi->last &&
	       (tlbi->regimes & 1u << sv3__tag_regime(key->tag)) &&
	       (key->context & mask) == (tlbi->context & mask) && !(global && tlbi->spare_global);
}

/* Of each entry of @cache: whether it must be gone after @tlbi. */
static void expected_of(const struct sv3_smmu *smmu, const struct sv3__cache *cache,
			const struct sv3__tlbi *tlbi, bool *stays)
{
	const struct sv3__key *keys = sv3__cache_keys(smmu, cache);

	for (uint32_t i = 0; i < cache->entries; i++) {
		const struct sv3__tlb_entry *leaf = sv3__cache_payload(smmu, cache, i);
		bool of_granule = tlbi->granule_lg2 == 0 || tlbi->granule_lg2 == 12;
		uint32_t span_lg2 = sv3__tag_span_lg2(keys[i].tag);

		stays[i] = keys[i].tag != 0;
		if (!stays[i] || !of_granule)
			continue;
		if (cache == &smmu->walk_cache)
			stays[i] = tlbi->leaf_only || !is_named(&keys[i], tlbi, span_lg2);
		else
			stays[i] =
				(tlbi->level != 0 && (leaf->leaf_class & 3) != tlbi->level) ||
				!is_named(&keys[i], tlbi, 12 + 9 * (3 - (leaf->leaf_class & 3u)));
	}
}

static void expect_exact(uint32_t entries, uint32_t ways, bool pieces)
{
	static bool leaves[TBUS * 256], tables[6 * 256];
	struct sv3_smmu *smmu = make(entries, ways);
	uint64_t random = entries + ways;

	for (uint32_t round = 0; round < 300; round++) {
		const struct sv3__key *keys;
		struct sv3__tlbi tlbi = any_command(&random);

		for (uint32_t i = 0; i < smmu->tlb.entries / 4; i++)
			fill_anything(smmu, &random, pieces);
		expected_of(smmu, &smmu->tlb, &tlbi, leaves);
		expected_of(smmu, &smmu->walk_cache, &tlbi, tables);
		sv3__tlb_invalidate(smmu, &tlbi);
		ASSERT_OK(sv3_smmu_adopt(smmu, smmu->size_bytes, &smmu)); /* counts agree */
		keys = sv3__cache_keys(smmu, &smmu->tlb);
		for (uint32_t i = 0; i < smmu->tlb.entries; i++)
			if ((keys[i].tag != 0) != leaves[i])
				FAIL_C("round %u: leaf %u %s", round, i,
				       leaves[i] ? "is gone" : "is still there");
		keys = sv3__cache_keys(smmu, &smmu->walk_cache);
		for (uint32_t i = 0; i < smmu->walk_cache.entries; i++)
			if ((keys[i].tag != 0) != tables[i])
				FAIL_C("round %u: table %u %s", round, i,
				       tables[i] ? "is gone" : "is still there");
	}
	free(smmu);
}

TEST_C(tlb_unit, command_takes_what_it_names_and_nothing_else)
{
	expect_exact(256, 4, false);
	expect_exact(64, 1, false);
	expect_exact(8, 8, false);
}

TEST_C(tlb_unit, command_takes_all_pieces_of_a_leaf)
{
	expect_exact(256, 4, true);
	expect_exact(16, 2, true);
}
