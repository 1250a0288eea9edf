/* SPDX-License-Identifier: MIT */
/*
 * test_block.c - does the block have room for everything and nothing else, does a reset forget all
 * of it, and does its hash tell states apart and nothing that is no state?
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "smmu/xlat_priv.h"

#define SLOTS 3u

static void small_config(struct sv3_smmu_config *config)
{
	sv3_smmu_config_default(config);
	config->slot_count = SLOTS;
	config->tlb_entries = config->walk_cache_entries = config->config_cache_entries = 4;
	config->tlb_ways = config->walk_cache_ways = config->config_cache_ways = 4;
}

/* A block in reset, made in memory that was full of @fill. */
static struct sv3_smmu *make(uint8_t fill)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu = NULL;
	size_t size;
	void *memory;

	small_config(&config);
	size = sv3_smmu_size(&config);
	memory = aligned_alloc(64, size);
	if (!memory)
		abort();
	memset(memory, fill, size);
	if (sv3_smmu_init(memory, size, &config, &smmu) != 0)
		abort();
	return smmu;
}

static bool is_zero(const void *memory, size_t size)
{
	const uint8_t *bytes = memory;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* --- Layout --- */

/* The next thing begins at @offset, in the first cache line behind all before it. */
static void expect_next(uint32_t *end, uint32_t offset, size_t bytes)
{
	EXPECT_EQ_U64(offset, (*end + 63) / 64 * 64);
	*end = offset + (uint32_t)bytes;
}

/* @entries, @ways: of each of its partitions. */
static void expect_cache(uint32_t *end, const struct sv3__cache *cache, const uint32_t shape[2],
			 uint32_t partitions, size_t payload_size)
{
	uint32_t entries = shape[0], ways = shape[1];

	EXPECT_EQ_U64(cache->entries, entries * partitions);
	EXPECT_EQ_U64(cache->ways, ways);
	EXPECT_EQ_U64(SV3_BIT(cache->ways_lg2), ways);
	EXPECT_EQ_U64(cache->payload_size, payload_size);
	EXPECT_EQ_U64(cache->set_mask, entries == 0 ? 0 : entries / ways - 1);
	expect_next(end, cache->keys_offset, cache->entries * 16);
	expect_next(end, cache->orders_offset, cache->entries / ways * 8);
	expect_next(end, cache->payload_offset, cache->entries * payload_size);
}

TEST_C(block, everything_has_its_place_and_no_more)
{
	static const uint32_t shapes[][2] = { { 2, 2 }, { 64, 8 }, { 9, 1 }, { 1, 1 }, { 0, 1 } };
	struct sv3_smmu_config config;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct sv3_smmu smmu = { 0 };
		uint32_t end = (uint32_t)sizeof(smmu), entries = shapes[i][0], ways = shapes[i][1];

		small_config(&config);
		config.tlb_entries = config.walk_cache_entries = config.config_cache_entries =
			entries;
		config.tlb_ways = config.walk_cache_ways = config.config_cache_ways = ways;
		config.tbu_count = 1 + (uint32_t)i;
		sv3__layout(&smmu, &config);
		expect_cache(&end, &smmu.tlb, shapes[i], 1 + (uint32_t)i,
			     sizeof(struct sv3__tlb_entry));
		/* three levels of two stages */
		expect_cache(&end, &smmu.walk_cache, shapes[i], 6, sizeof(struct sv3__walk_entry));
		expect_cache(&end, &smmu.config_cache, shapes[i], 1, sizeof(struct sv3__context));
		EXPECT_EQ_U64(smmu.evtq.capacity, SLOTS);
		expect_next(&end, smmu.evtq.records_offset, SLOTS * 32);
		expect_next(&end, smmu.slots_offset, (SLOTS + 1) * sizeof(struct sv3__slot));
		expect_next(&end, smmu.stats_offset, sizeof(struct sv3_smmu_stats));
		/* What invalidations removed: a mask of spans, then keys. */
		expect_next(&end, sv3__removed_offset(smmu.stats_offset),
			    8 + smmu.tlb.entries * 16);
		expect_next(&end, smmu.size_bytes, 0);
	}
}

TEST_C(block, cache_that_is_off_takes_no_room)
{
	const uint32_t off[2] = { 0, 1 };
	struct sv3_smmu_config config;
	struct sv3_smmu smmu = { 0 };
	uint32_t end = (uint32_t)sizeof(smmu);

	small_config(&config);
	config.tlb_entries = 0;
	sv3__layout(&smmu, &config);
	expect_cache(&end, &smmu.tlb, off, 1, sizeof(struct sv3__tlb_entry));
	EXPECT_EQ_U64(smmu.walk_cache.keys_offset, (sizeof(smmu) + 63) / 64 * 64);
}

/* --- Reset --- */

TEST_C(block, what_stood_in_its_memory_does_not_matter)
{
	struct sv3_smmu *a = make(0), *b = make(0xff);

	EXPECT_EQ_MEM(a, b, a->size_bytes);
	EXPECT_TRUE(is_zero(sv3__at(a, a->evtq.records_offset), SLOTS * 32));
	EXPECT_TRUE(is_zero(sv3__slot(a, SLOTS), sizeof(struct sv3__slot)));
	free(a);
	free(b);
}

TEST_C(block, memory_too_small_or_not_aligned_is_out_of_range)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu = make(0);
	const size_t size = smmu->size_bytes;

	small_config(&config);
	EXPECT_EQ_INT(sv3_smmu_init(smmu, size - 1, &config, &smmu), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_smmu_init((uint8_t *)smmu + 32, size, &config, &smmu), -SV3_ERR_RANGE);
	EXPECT_OK(sv3_smmu_init(smmu, size, &config, &smmu));
	config.slot_count = 0;
	EXPECT_EQ_INT(sv3_smmu_init(smmu, size, &config, &smmu), -SV3_ERR_INVAL);
	free(smmu);
}

/* Everything that changes while a cache is in use. */
static void scribble_cache(struct sv3_smmu *smmu, struct sv3__cache *cache)
{
	memset(sv3__at(smmu, cache->keys_offset), 0xff, cache->entries * 16);
	memset(sv3__at(smmu, cache->orders_offset), 0xff, cache->entries / cache->ways * 8);
	memset(sv3__at(smmu, cache->payload_offset), 0xff, cache->entries * cache->payload_size);
	cache->live_spans = cache->latest = 3;
	cache->has_pieces = true;
	memset(cache->span_count, 0xff, sizeof(cache->span_count));
}

TEST_C(block, reset_forgets_everything)
{
	struct sv3_smmu *fresh = make(0), *used = make(0);

	memset(used->regs, 0xff, sizeof(used->regs));
	scribble_cache(used, &used->tlb);
	scribble_cache(used, &used->walk_cache);
	scribble_cache(used, &used->config_cache);
	memset(&used->cmdq, 1, sizeof(used->cmdq));
	used->evtq.head = used->evtq.count = used->evtq.ahead = used->evtq.phase = 1;
	used->evtq.busy = used->evtq.interrupt_due = true;
	used->evtq.stall_write = used->evtq.stall_write_ahead = true;
	memset(&used->gerror, 1, sizeof(used->gerror));
	memset(&used->stalls, 1, sizeof(used->stalls));
	memset(&used->priq, 1, sizeof(used->priq));
	memset(&used->pmcg, 1, sizeof(used->pmcg));
	memset(&used->updates, 1, sizeof(used->updates));
	memset(sv3__slot(used, 0), 1, (SLOTS + 1) * sizeof(struct sv3__slot));
	memset(sv3__stats(used), 1, sizeof(struct sv3_smmu_stats));
	used->fast_path = true;
	used->free_slot = used->active_count = used->marked_count = 2;
	sv3_smmu_reset(used);
	EXPECT_EQ_MEM(used, fresh, fresh->size_bytes);
	free(fresh);
	free(used);
}

/* --- Slots --- */

TEST_C(block, slots_are_given_out_in_order_and_the_last_one_freed_first)
{
	const struct sv3_txn txn = { .kind = SV3_TXN_ACCESS };
	struct sv3_smmu *smmu = make(0);
	struct sv3_need need;
	uint32_t slot = 9;

	for (uint32_t i = 0; i < SLOTS; i++) {
		ASSERT_OK(sv3_smmu_begin(smmu, &txn, &slot));
		EXPECT_EQ_U64(slot, i);
		sv3_smmu_step(smmu, slot, NULL, &need); /* SMMUEN = 0: it bypasses */
	}
	EXPECT_EQ_INT(sv3_smmu_begin(smmu, &txn, &slot), -SV3_ERR_BUSY);
	sv3_smmu_finish(smmu, 2);
	sv3_smmu_finish(smmu, 0);
	ASSERT_OK(sv3_smmu_begin(smmu, &txn, &slot));
	EXPECT_EQ_U64(slot, 0);
	ASSERT_OK(sv3_smmu_begin(smmu, &txn, &slot));
	EXPECT_EQ_U64(slot, 2);
	free(smmu);
}

/* [IHI0070 13.7.1, 3.9.1.3] */
TEST_C(block, attributes_that_come_with_a_pasid_are_nothing_without_it)
{
	struct sv3_txn txn = { .kind = SV3_TXN_ATS_REQUEST,
			       .privileged = true,
			       .instruction = true,
			       .substream_id = 5 };
	struct sv3_smmu *smmu = make(0);
	const struct sv3_txn *taken = &sv3__slot(smmu, 0)->txn;

	sv3__slot_begin(smmu, sv3__slot(smmu, 0), &txn);
	EXPECT_FALSE(taken->privileged || taken->instruction);
	txn.substream_valid = true;
	sv3__slot_begin(smmu, sv3__slot(smmu, 0), &txn);
	EXPECT_TRUE(taken->privileged && taken->instruction && taken->substream_valid);
	txn.kind = SV3_TXN_ATS_TRANSLATED;
	sv3__slot_begin(smmu, sv3__slot(smmu, 0), &txn);
	EXPECT_FALSE(taken->privileged || taken->instruction || taken->substream_valid);
	txn.kind = SV3_TXN_ACCESS;
	sv3__slot_begin(smmu, sv3__slot(smmu, 0), &txn);
	EXPECT_TRUE(taken->privileged && taken->instruction && taken->substream_valid);
	free(smmu);
}

/* --- Hash --- */

/* Of the bytes [at, at + size) of the block: whether a change of each (@counts), or of none, is
 * another state. */
static void expect_bytes_count(struct sv3_smmu *smmu, const void *at, size_t size, bool counts)
{
	uint8_t *bytes = (uint8_t *)(uintptr_t)at;
	uint64_t before = sv3_smmu_hash(smmu);

	for (size_t i = 0; i < size; i++) {
		bytes[i] ^= 0x80;
		if ((sv3_smmu_hash(smmu) != before) != counts)
			FAIL_C("byte %zu of %zu %s", i, size, counts ? "is not seen" : "is seen");
		bytes[i] ^= 0x80;
	}
}

static struct sv3_smmu *with_a_transaction(void)
{
	const struct sv3_txn txn = { .iova = 0x1000 };
	struct sv3_smmu *smmu = make(0);
	uint32_t slot;

	if (sv3_smmu_begin(smmu, &txn, &slot) != 0)
		abort();
	return smmu;
}

TEST_C(block, hash_sees_registers_caches_jobs)
{
	struct sv3_smmu *smmu = make(0);

	expect_bytes_count(smmu, smmu->regs, sizeof(smmu->regs), true);
	expect_bytes_count(smmu, &smmu->cmdq, sizeof(smmu->cmdq), true);
	expect_bytes_count(smmu, smmu, 8, true);
	expect_bytes_count(smmu, sv3__cache_keys(smmu, &smmu->tlb), 4 * 16, true);
	expect_bytes_count(smmu, sv3__stats(smmu), sizeof(struct sv3_smmu_stats), false);
	free(smmu);
}

TEST_C(block, hash_sees_a_transaction_and_nothing_that_its_slot_held_before)
{
	struct sv3_smmu *smmu = with_a_transaction();
	struct sv3__slot *slot = sv3__slot(smmu, 0);

	expect_bytes_count(smmu, &slot->txn, sizeof(slot->txn), true);
	expect_bytes_count(smmu, &slot->result, sizeof(slot->result), true);
	expect_bytes_count(smmu, &slot->fetch_done_bytes, sizeof(slot->fetch_done_bytes), false);
	expect_bytes_count(smmu, &slot->fetch_pa, sizeof(slot->fetch_pa), false);
	expect_bytes_count(smmu, slot->fetched, sizeof(slot->fetched), false);
	expect_bytes_count(smmu, slot->ste, sizeof(slot->ste), false);
	expect_bytes_count(smmu, &slot->context, sizeof(slot->context), false);
	expect_bytes_count(smmu, &slot->s1, sizeof(*slot) - offsetof(struct sv3__slot, s1), false);
	slot->has_fetched = true;
	expect_bytes_count(smmu, &slot->fetch_done_bytes, sizeof(slot->fetch_done_bytes), true);
	expect_bytes_count(smmu, &slot->fetch_pa, sizeof(slot->fetch_pa), true);
	expect_bytes_count(smmu, slot->fetched, sizeof(slot->fetched), true);
	expect_bytes_count(smmu, slot->ste, sizeof(slot->ste), true);
	expect_bytes_count(smmu, &slot->context, sizeof(slot->context), false);
	slot->has_context = true;
	expect_bytes_count(smmu, &slot->context, sizeof(slot->context), true);
	slot->rests_on_tables = true;
	expect_bytes_count(smmu, &slot->s1, sizeof(slot->s1), true);
	expect_bytes_count(smmu, &slot->s2, sizeof(*slot) - offsetof(struct sv3__slot, s2), false);
	slot->context.stage2 = true;
	expect_bytes_count(smmu, &slot->s2, sizeof(*slot) - offsetof(struct sv3__slot, s2), true);
	free(smmu);
}

TEST_C(block, hash_sees_of_a_free_slot_its_place_in_the_list)
{
	struct sv3_smmu *smmu = with_a_transaction();
	struct sv3__slot *slot = sv3__slot(smmu, 0);

	/* All that can be looked at of the transaction before it. */
	slot->has_context = slot->rests_on_tables = slot->has_fetched = true;
	slot->context.stage2 = true;
	slot++;
	expect_bytes_count(smmu, &slot->txn, sizeof(slot->txn), false);
	expect_bytes_count(smmu, &slot->next_free, sizeof(slot->next_free), true);
	slot = sv3__slot(smmu, SLOTS); /* that of prefetches */
	slot->phase = SV3__PHASE_STE;
	expect_bytes_count(smmu, &slot->txn, sizeof(slot->txn), true);
	free(smmu);
}

TEST_C(block, hash_sees_records_that_wait_and_no_others)
{
	struct sv3_smmu *smmu = make(0);
	struct sv3__record *records = sv3__at(smmu, smmu->evtq.records_offset);

	smmu->evtq.head = 2;
	smmu->evtq.count = 2;
	expect_bytes_count(smmu, &records[2], sizeof(records[2]), true);
	expect_bytes_count(smmu, &records[0], sizeof(records[0]), true);
	expect_bytes_count(smmu, &records[1], sizeof(records[1]), false);
	free(smmu);
}

/* --- What ends with an enable --- */

TEST_C(block, command_that_waits_leaves_nothing_when_its_queue_is_disabled)
{
	struct sv3_smmu *smmu = make(0);

	memset(smmu->cmdq.command, 0xff, sizeof(smmu->cmdq.command));
	smmu->cmdq.phase = SV3__CMDQ_SYNC_WAIT;
	smmu->evtq.ahead = 1;
	smmu->evtq.stall_write_ahead = true;
	sv3__cmdq_disabled(smmu);
	EXPECT_TRUE(is_zero(&smmu->cmdq, sizeof(smmu->cmdq)));
	EXPECT_EQ_U64(smmu->evtq.ahead, 0);
	EXPECT_FALSE(smmu->evtq.stall_write_ahead);
	free(smmu);
}

/* [IHI0070 3.18.1] An interrupt that is due is forgotten with its enable. */
TEST_C(block, interrupts_due_are_dropped_with_their_enable)
{
	struct sv3_smmu *smmu = make(0);
	struct sv3_need need = { .kind = SV3_NEED_IRQ };

	sv3_smmu_reg_write(smmu, SV3_REG_IRQ_CTRL, 4, 7);
	smmu->evtq.interrupt_due = smmu->gerror.interrupt_due = true;
	sv3_smmu_reg_write(smmu, SV3_REG_IRQ_CTRL, 4, 1); /* GERROR stays */
	EXPECT_FALSE(smmu->evtq.interrupt_due);
	EXPECT_TRUE(smmu->gerror.interrupt_due);
	sv3_smmu_reg_write(smmu, SV3_REG_IRQ_CTRL, 4, 0);
	EXPECT_FALSE(smmu->gerror.interrupt_due);
	/* A job that was ready for it has nothing to do. */
	sv3_smmu_step(smmu, SLOTS + SV3__JOB_GERROR, NULL, &need);
	EXPECT_EQ_INT(need.kind, SV3_NEED_DONE);
	free(smmu);
}

/* [IHI0070 6.3.170] Each field of IIDR in its place: PIDR0 to 4. */
TEST_C(block, identification_has_every_bit_of_iidr)
{
	const uint32_t iidr = 0xabcdff7f;

	EXPECT_EQ_U64(sv3__id_register(iidr, 0xfd0, 0), 0xf);
	EXPECT_EQ_U64(sv3__id_register(iidr, 0xfe0, 0), 0xbc);
	EXPECT_EQ_U64(sv3__id_register(iidr, 0xfe4, 0), 0xfa);
	EXPECT_EQ_U64(sv3__id_register(iidr, 0xfe8, 0), 0xdf);
	EXPECT_EQ_U64(sv3__id_register(iidr, 0xfec, 0), 0xf0);
}
