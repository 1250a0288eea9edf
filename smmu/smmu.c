/* SPDX-License-Identifier: MIT */
/*
 * smmu.c - the block: its layout and reset; slots; which job is ready.
 *
 * Knows where everything stands in the block, and nothing of what it means.
 */
#include "xlat_priv.h"

/* Layout: the struct, then arrays, each aligned to a cache line; last what is counted, so that
 * the hash ends before it. */
static uint32_t reserve(uint32_t *end, uint32_t bytes)
{
	uint32_t offset = (*end + 63) & ~63u;

	*end = offset + bytes;
	return offset;
}

/* @entries, @ways: of each partition. */
static void layout_cache(struct sv3__cache *cache, uint32_t partitions, uint32_t entries,
			 uint32_t ways, uint32_t payload_size, uint32_t *end)
{
	cache->entries = partitions * entries;
	cache->ways = entries ? ways : 1;
	cache->ways_lg2 = (uint32_t)__builtin_ctz(cache->ways);
	cache->set_mask = entries ? entries / ways - 1 : 0;
	cache->payload_size = payload_size;
	cache->keys_offset = reserve(end, cache->entries * (uint32_t)sizeof(struct sv3__key));
	cache->orders_offset =
		reserve(end, (cache->entries >> cache->ways_lg2) * (uint32_t)sizeof(uint64_t));
	cache->payload_offset = reserve(end, cache->entries * payload_size);
}

void sv3__layout(struct sv3_smmu *smmu, const struct sv3_smmu_config *config)
{
	uint32_t end = (uint32_t)sizeof(*smmu);

	layout_cache(&smmu->tlb, config->tbu_count, config->tlb_entries, config->tlb_ways,
		     (uint32_t)sizeof(struct sv3__tlb_entry), &end);
	layout_cache(&smmu->walk_cache, SV3__WALK_PARTITIONS, config->walk_cache_entries,
		     config->walk_cache_ways, (uint32_t)sizeof(struct sv3__walk_entry), &end);
	layout_cache(&smmu->config_cache, 1, config->config_cache_entries,
		     config->config_cache_ways, (uint32_t)sizeof(struct sv3__context), &end);
	/* Each transaction begun can raise one record: begin refuses when there is no room for
	 * it. */
	smmu->evtq.capacity = config->slot_count;
	smmu->evtq.records_offset =
		reserve(&end, config->slot_count * (uint32_t)sizeof(struct sv3__record));
	/* One slot more: that of prefetches. */
	smmu->slots_offset =
		reserve(&end, (config->slot_count + 1) * (uint32_t)sizeof(struct sv3__slot));
	smmu->stats_offset = reserve(&end, (uint32_t)sizeof(struct sv3_smmu_stats));
	(void)reserve(&end, (uint32_t)(sizeof(struct sv3__removed) +
				       smmu->tlb.entries * sizeof(struct sv3__key)));
	smmu->size_bytes = (end + 63) & ~63u;
	smmu->oas_lg2 = sv3_vmsa_output_size_lg2((uint32_t)SV3_GET(SV3_IDR5_OAS, config->idr5));
}

size_t sv3_smmu_size(const struct sv3_smmu_config *config)
{
	struct sv3_smmu scratch;

	sv3__layout(&scratch, config);
	return scratch.size_bytes;
}

int sv3_smmu_init(void *memory, size_t size, const struct sv3_smmu_config *config,
		  struct sv3_smmu **smmu)
{
	struct sv3_smmu *made = memory;

	if (sv3_smmu_config_check(config, NULL) != 0)
		return -SV3_ERR_INVAL;
	if (size < sv3_smmu_size(config) || ((uintptr_t)memory & 63) != 0)
		return -SV3_ERR_RANGE;
	memset(memory, 0, sv3_smmu_size(config));
	made->magic = SV3__BLOCK_MAGIC;
	made->version = SV3__BLOCK_VERSION;
	made->config = *config;
	sv3__layout(made, config);
	sv3_smmu_reset(made);
	*smmu = made;
	return 0;
}

static void reset_slots(struct sv3_smmu *smmu)
{
	uint32_t count = smmu->config.slot_count;

	memset(sv3__slot(smmu, 0), 0, (count + 1) * sizeof(struct sv3__slot));
	for (uint32_t i = 0; i < count; i++)
		sv3__slot(smmu, i)->next_free = i + 1 < count ? i + 1 : SV3__NONE;
	smmu->free_slot = 0;
	smmu->active_count = 0;
	smmu->marked_count = 0;
}

void sv3_smmu_reset(struct sv3_smmu *smmu)
{
	const struct sv3_smmu_config *config = &smmu->config;
	struct sv3_reg_info info;

	for (uint32_t reg = 0; sv3_reg_info(config, reg, &info); reg++)
		smmu->regs[reg] = info.reset;
	sv3__cache_reset(smmu, &smmu->tlb);
	sv3__cache_reset(smmu, &smmu->walk_cache);
	sv3__cache_reset(smmu, &smmu->config_cache);
	reset_slots(smmu);
	memset(&smmu->cmdq, 0, sizeof(smmu->cmdq));
	memset(&smmu->gerror, 0, sizeof(smmu->gerror));
	memset(&smmu->priq, 0, sizeof(smmu->priq));
	memset(&smmu->pmcg, 0, sizeof(smmu->pmcg));
	memset(&smmu->updates, 0, sizeof(smmu->updates));
	smmu->stalls = (struct sv3__stalls){ .record_head = SV3__NONE, .record_tail = SV3__NONE };
	smmu->evtq.head = smmu->evtq.count = smmu->evtq.ahead = 0;
	smmu->evtq.phase = SV3__EVTQ_IDLE;
	smmu->evtq.busy = smmu->evtq.interrupt_due = false;
	smmu->evtq.stall_write = smmu->evtq.stall_write_ahead = false;
	memset(sv3__stats(smmu), 0, sizeof(struct sv3_smmu_stats));
	sv3__refill_reset(smmu);
	sv3__fast_path_update(smmu);
}

void sv3__slot_begin(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3_txn *txn)
{
	slot->txn = *txn;
	memset(&slot->result, 0,
	       offsetof(struct sv3__slot, fetch_done_bytes) - offsetof(struct sv3__slot, result));
	slot->phase = SV3__PHASE_CONFIG;
	switch (txn->kind) {
	case SV3_TXN_ATS_REQUEST:
		/* [IHI0070 13.7.1] Without a PASID there is neither Priv nor Exe. */
		if (!txn->substream_valid)
			slot->txn.privileged = slot->txn.instruction = false;
		sv3__stats(smmu)->ats_requests++;
		sv3__pmcg_count(smmu, SV3__PMCG_ATS_REQUEST, txn->stream_id);
		break;
	case SV3_TXN_ATS_TRANSLATED:
		/* [IHI0070 3.9.1.3] Without IDR3.PASIDTT its PASID does not count. */
		slot->txn.substream_valid = false;
		slot->txn.privileged = slot->txn.instruction = false;
		sv3__stats(smmu)->ats_translated++;
		sv3__pmcg_count(smmu, SV3__PMCG_ATS_TRANSLATED, txn->stream_id);
		break;
	default:
		break;
	}
}

int sv3_smmu_begin(struct sv3_smmu *smmu, const struct sv3_txn *txn, uint32_t *slot_index)
{
	struct sv3__slot *slot;

	SV3_ASSERT(txn->tbu_index < smmu->config.tbu_count);
	if (smmu->free_slot == SV3__NONE ||
	    smmu->active_count + smmu->evtq.count >= smmu->evtq.capacity)
		return -SV3_ERR_BUSY;
	*slot_index = smmu->free_slot;
	slot = sv3__slot(smmu, smmu->free_slot);
	smmu->free_slot = slot->next_free;
	smmu->active_count++;

	sv3__slot_begin(smmu, slot, txn);
	/* IMPDEF(I-068): terminated transactions and those while SMMUEN = 0 count, too. */
	if (txn->kind != SV3_TXN_PROBE)
		sv3__pmcg_count(smmu, SV3__PMCG_TRANSACTION, txn->stream_id);
	sv3__stats(smmu)->transactions++;
	return 0;
}

void sv3_smmu_result(const struct sv3_smmu *smmu, uint32_t slot_index, struct sv3_result *result)
{
	const struct sv3__slot *slot = sv3__slot(smmu, slot_index);

	SV3_ASSERT(slot_index < smmu->config.slot_count);
	SV3_ASSERT(slot->phase == SV3__PHASE_DONE);
	*result = slot->result;
}

void sv3_smmu_finish(struct sv3_smmu *smmu, uint32_t slot_index)
{
	struct sv3__slot *slot = sv3__slot(smmu, slot_index);

	SV3_ASSERT(slot_index < smmu->config.slot_count);
	SV3_ASSERT(slot->phase == SV3__PHASE_DONE);
	sv3__unmark(smmu, slot);
	slot->phase = SV3__PHASE_FREE;
	slot->next_free = smmu->free_slot;
	smmu->free_slot = slot_index;
	smmu->active_count--;
}

bool sv3_smmu_next_ready(struct sv3_smmu *smmu, uint32_t *slot_index)
{
	uint32_t jobs = smmu->config.slot_count;

	uint32_t woken = sv3__stall_woken(smmu);

	/* Records before commands: a SYNC may be waiting for them. */
	if (woken != SV3__NONE)
		*slot_index = woken;
	else if (sv3__evtq_ready(smmu))
		*slot_index = jobs + SV3__JOB_EVTQ;
	else if (sv3__priq_ready(smmu))
		*slot_index = jobs + SV3__JOB_PRIQ;
	else if (sv3__cmdq_ready(smmu))
		*slot_index = jobs + SV3__JOB_CMDQ;
	else if (sv3__gerror_ready(smmu))
		*slot_index = jobs + SV3__JOB_GERROR;
	else if (sv3__pmcg_ready(smmu))
		*slot_index = jobs + SV3__JOB_PMCG;
	else
		return false;
	return true;
}

void sv3_smmu_step(struct sv3_smmu *smmu, uint32_t slot_index, const struct sv3_reply *reply,
		   struct sv3_need *need)
{
	uint32_t jobs = smmu->config.slot_count;

	if (slot_index < jobs) {
		sv3__xlat_step(smmu, sv3__slot(smmu, slot_index), reply, need);
		return;
	}
	switch (slot_index - jobs) {
	case SV3__JOB_CMDQ:
		sv3__cmdq_step(smmu, reply, need);
		break;
	case SV3__JOB_EVTQ:
		sv3__evtq_step(smmu, reply, need);
		break;
	case SV3__JOB_GERROR:
		sv3__gerror_step(smmu, reply, need);
		break;
	case SV3__JOB_PRIQ:
		sv3__priq_step(smmu, reply, need);
		break;
	default:
		SV3_ASSERT(slot_index - jobs == SV3__JOB_PMCG);
		sv3__pmcg_step(smmu, reply, need);
	}
}

const struct sv3_smmu_stats *sv3_smmu_stats(const struct sv3_smmu *smmu)
{
	return sv3__stats(smmu);
}

static uint64_t hash_bytes(uint64_t hash, const void *memory, size_t size)
{
	const uint8_t *bytes = memory;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* A transaction without what its slot held before it: that is no state. */
static uint64_t hash_slot(uint64_t hash, const struct sv3__slot *slot)
{
	hash = hash_bytes(hash, slot, offsetof(struct sv3__slot, fetch_done_bytes));
	if (slot->has_fetched) {
		hash = hash_bytes(hash, &slot->fetch_done_bytes, sizeof(slot->fetch_done_bytes));
		hash = hash_bytes(hash, &slot->fetch_pa, sizeof(slot->fetch_pa));
		hash = hash_bytes(hash, slot->fetched, sizeof(slot->fetched));
		hash = hash_bytes(hash, slot->ste, sizeof(slot->ste));
	}
	if (slot->has_context)
		hash = hash_bytes(hash, &slot->context, sizeof(slot->context));
	if (slot->rests_on_tables)
		hash = hash_bytes(hash, &slot->s1, sizeof(slot->s1));
	if (slot->rests_on_tables && slot->context.stage2)
		hash = hash_bytes(hash, &slot->s2, sizeof(*slot) - offsetof(struct sv3__slot, s2));
	return hash;
}

/* What a free slot or a settled record held before is no state. */
uint64_t sv3_smmu_hash(const struct sv3_smmu *smmu)
{
	uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325), smmu, smmu->evtq.records_offset);
	const struct sv3__record *records = sv3__at(smmu, smmu->evtq.records_offset);

	for (uint32_t i = 0; i < smmu->evtq.count; i++)
		hash = hash_bytes(hash, &records[(smmu->evtq.head + i) % smmu->evtq.capacity],
				  sizeof(*records));
	for (uint32_t i = 0; i <= smmu->config.slot_count; i++) {
		const struct sv3__slot *slot = sv3__slot(smmu, i);

		if (slot->phase == SV3__PHASE_FREE)
			hash = hash_bytes(hash, &slot->next_free, sizeof(slot->next_free));
		else
			hash = hash_slot(hash, slot);
	}
	return hash;
}

const char *sv3_command_name(uint32_t opcode)
{
	switch (opcode) {
#define CMD(name, needs, fields0, fields1, handler, source) \
	case SV3_CMD_##name:                                \
		return #name;
#include "cmds.def"
#undef CMD
	default:
		return NULL;
	}
}

const char *sv3_event_name(unsigned int number)
{
	switch (number) {
#define EVENT(name, value, fields, source) \
	case value:                        \
		return #name;
#include <sv3/events.def>
#undef EVENT
	default:
		return NULL;
	}
}

bool sv3_rule_info(unsigned int rule, struct sv3_rule_info *info)
{
	switch (rule) {
#define RULE(name, event, source, what, remedy)                                                   \
	case SV3__RULE_##name:                                                                    \
		*info = (struct sv3_rule_info){ #name, source, what, remedy, SV3_EVENT_##event }; \
		return true;
#include "rules.def"
#undef RULE
	default:
		return false;
	}
}

enum sv3_event sv3__rule_event(enum sv3__rule rule)
{
	switch (rule) {
#define RULE(name, event, source, what, remedy) \
	case SV3__RULE_##name:                  \
		return SV3_EVENT_##event;
#include "rules.def"
#undef RULE
	default:
		return SV3_EVENT_NONE;
	}
}

const struct sv3_smmu_config *sv3_smmu_config(const struct sv3_smmu *smmu)
{
	return &smmu->config;
}
