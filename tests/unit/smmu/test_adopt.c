/* SPDX-License-Identifier: MIT */
/*
 * test_adopt.c - is a block refused that later code could not bear, and one in the middle of work
 * taken up?
 *
 * The block under test has everything in flight at once: transactions that read an STE, a CD and a
 * table, three stalls, one that was told to go on, one that is done, a prefetch, a record and a
 * page request being written.
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "smmu/xlat_priv.h"

#define STRTAB   0x1000u
#define CD       0x2000u
#define TTB0     0x4000u /* and a table of each further level behind it */
#define CMDQ     0x8000u
#define EVENTQ   0x9000u
#define PRIQ     0xa000u
#define RAM_SIZE 0x10000u

#define MAPPED   0x1000u
#define UNMAPPED 0x2000u /* and what follows */

struct world {
	uint8_t ram[RAM_SIZE];
	void *memory;
	struct sv3_smmu *smmu;
	size_t size;
	uint32_t commands;
	struct sv3_need needs[24]; /* of each slot and job, the last */
	bool is_watched;           /* after every step the block must be sound */
};

static void poke(struct world *w, uint32_t at, uint64_t value)
{
	sv3_put_le64(w->ram + at, value);
}

static void answer(struct world *w, const struct sv3_need *need, struct sv3_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	if (need->kind == SV3_NEED_READ && need->pa + need->size <= RAM_SIZE)
		memcpy(reply->data, w->ram + need->pa, need->size);
}

static void step(struct world *w, uint32_t index, const struct sv3_reply *reply)
{
	struct sv3_smmu *smmu = NULL;

	sv3_smmu_step(w->smmu, index, reply, &w->needs[index]);
	if (w->is_watched && sv3_smmu_adopt(w->memory, w->size, &smmu) != 0)
		ctest_fail(__FILE__, __LINE__, "%u made a block that is refused", index);
}

/* Answer the need of slot or job @index and those that follow, until it is done, waits, or needs
 * @unit; then it is left so. */
static void answer_until(struct world *w, uint32_t index, enum sv3_unit unit)
{
	const struct sv3_need *need = &w->needs[index];
	struct sv3_reply reply;

	while (need->kind != SV3_NEED_DONE && need->kind != SV3_NEED_WAIT && need->unit != unit) {
		answer(w, need, &reply);
		memset(&w->needs[index], 0, sizeof(*need));
		step(w, index, &reply);
	}
}

static void run_until(struct world *w, uint32_t index, enum sv3_unit unit)
{
	memset(&w->needs[index], 0, sizeof(w->needs[index]));
	step(w, index, NULL);
	answer_until(w, index, unit);
}

static uint32_t begin(struct world *w, uint32_t stream_id, sv3_iova iova, enum sv3_unit unit)
{
	struct sv3_txn txn = { .stream_id = stream_id, .iova = iova };
	uint32_t slot = SV3__NONE;

	if (sv3_smmu_begin(w->smmu, &txn, &slot) != 0)
		abort();
	run_until(w, slot, unit);
	return slot;
}

static void run_jobs_until(struct world *w, enum sv3_unit unit)
{
	uint32_t job;

	while (sv3_smmu_next_ready(w->smmu, &job))
		run_until(w, job, unit);
}

static void command(struct world *w, uint64_t word0, uint64_t word1)
{
	poke(w, CMDQ + 16 * w->commands, word0);
	poke(w, CMDQ + 16 * w->commands + 8, word1);
	sv3_smmu_reg_write(w->smmu, SV3_REG_CMDQ_PROD, 4, ++w->commands);
}

static void fill_memory(struct world *w)
{
	for (uint32_t sid = 0; sid < 4; sid++)
		poke(w, STRTAB + 64 * sid, 1 | 5u << 1 | (CD + 64 * sid));
	for (uint32_t sid = 0; sid < 4; sid++) {
		/* T0SZ 16, EPD1, V, 48 bits, AA64, S, R, A, ASID = 1 + sid */
		poke(w, CD + 64 * sid,
		     16 | 1u << 30 | 1u << 31 | UINT64_C(5) << 32 | UINT64_C(1) << 41 |
			     UINT64_C(7) << 44 | (uint64_t)(1 + sid) << 48);
		poke(w, CD + 64 * sid + 8, TTB0);
	}
	for (uint32_t level = 0; level < 3; level++)
		poke(w, TTB0 + 0x1000 * level, (TTB0 + 0x1000 * (level + 1)) | 3);
	poke(w, TTB0 + 0x3000 + MAPPED / 0x1000 * 8, 0x20000 | 1u << 11 | 1u << 10 | 1u << 6 | 3);
}

static void power_on(struct world *w)
{
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	config.slot_count = 12;
	config.idr0 &= ~(3u << 24);
	config.idr0 |= 1u << 10 | 1u << 16; /* ATS, PRI */
	config.idr1 |= 4u << 11;
	config.idr5 |= 3u << 16; /* STALL_MAX */
	config.tlb_entries = config.walk_cache_entries = config.config_cache_entries = 8;
	config.pmcg_counters = 2;
	config.tbu_count = 2;
	w->size = sv3_smmu_size(&config);
	w->memory = aligned_alloc(64, w->size);
	if (!w->memory || sv3_smmu_init(w->memory, w->size, &config, &w->smmu) != 0)
		abort();
	sv3_smmu_reg_write(w->smmu, SV3_REG_CR2, 4, 2); /* RECINVSID */
	sv3_smmu_reg_write(w->smmu, SV3_REG_STRTAB_BASE, 8, STRTAB);
	sv3_smmu_reg_write(w->smmu, SV3_REG_STRTAB_BASE_CFG, 4, 2);
	sv3_smmu_reg_write(w->smmu, SV3_REG_CMDQ_BASE, 8, CMDQ | 4);
	sv3_smmu_reg_write(w->smmu, SV3_REG_EVENTQ_BASE, 8, EVENTQ | 4);
	sv3_smmu_reg_write(w->smmu, SV3_REG_PRIQ_BASE, 8, PRIQ | 4);
	sv3_smmu_reg_write(w->smmu, SV3_REG_CR0, 4, 0xf);
}

enum slot_of {
	DONE,
	RESUMED,
	RECORD_DUE,
	RECORD_DUE_TOO,
	NO_STAG,
	WALKS,
	READS_CD,
	READS_STE,
	ALL
};

static void make_busy(struct world *w)
{
	struct sv3_page_request request = { .iova = 0x5000, .read = true, .last = true };

	memset(w, 0, sizeof(*w));
	fill_memory(w);
	power_on(w);
	begin(w, 0, MAPPED, SV3_UNIT_NONE);
	begin(w, 0, UNMAPPED, SV3_UNIT_NONE);
	run_jobs_until(w, SV3_UNIT_NONE); /* its record is written */
	begin(w, 0, UNMAPPED + 0x1000, SV3_UNIT_NONE);
	begin(w, 0, UNMAPPED + 0x2000, SV3_UNIT_NONE);
	begin(w, 0, UNMAPPED + 0x3000, SV3_UNIT_NONE);
	begin(w, 1, MAPPED, SV3_UNIT_S1_L3);
	begin(w, 2, MAPPED, SV3_UNIT_CD);
	begin(w, 3, MAPPED, SV3_UNIT_STE);
	begin(w, 9, MAPPED, SV3_UNIT_NONE); /* C_BAD_STREAMID, a record */
	run_until(w, w->smmu->config.slot_count + SV3__JOB_EVTQ, SV3_UNIT_EVTQ);
	if (sv3_smmu_page_request(w->smmu, &request) != 0)
		abort();
	run_until(w, w->smmu->config.slot_count + SV3__JOB_PRIQ, SV3_UNIT_PRIQ);
	/* RESUME of the first stall, then a prefetch of a stream that is not cached. */
	command(w, 0x44 | UINT64_C(1) << 12, RESUMED);
	run_until(w, w->smmu->config.slot_count + SV3__JOB_CMDQ, SV3_UNIT_NONE);
	command(w, 0x2 | UINT64_C(3) << 32, MAPPED);
	run_until(w, w->smmu->config.slot_count + SV3__JOB_CMDQ, SV3_UNIT_STE);
}

static int adopt(void *memory, size_t size)
{
	struct sv3_smmu *smmu = NULL;

	return sv3_smmu_adopt(memory, size, &smmu);
}

/* A world in the middle of work, and a copy of its block to spoil; gone when the scope ends. */
struct spoiled {
	struct world world;
	void *memory;
	struct sv3_smmu *smmu;
	struct sv3__slot *slots;
};

static void renew(struct spoiled *s)
{
	memcpy(s->memory, s->world.memory, s->world.size);
}

static void spoiled_init(struct spoiled *s)
{
	make_busy(&s->world);
	s->memory = aligned_alloc(64, s->world.size);
	if (!s->memory)
		abort();
	renew(s);
	s->smmu = s->memory;
	s->slots = sv3__slot(s->smmu, 0);
}

static void spoiled_fini(struct spoiled *s)
{
	free(s->world.memory);
	free(s->memory);
}

#define SPOILED(name)                                               \
	__attribute__((cleanup(spoiled_fini))) struct spoiled name; \
	spoiled_init(&name)

#define EXPECT_REFUSED(s, spoil)                                                \
	do {                                                                    \
		renew(&(s));                                                    \
		spoil;                                                          \
		if (adopt((s).memory, (s).world.size) != -SV3_ERR_FORMAT)       \
			ctest_fail(__FILE__, __LINE__, "taken up: %s", #spoil); \
	} while (0)

/* What is no truth value. */
#define NOT_A_BOOL(member) memset(&(member), 2, 1)

TEST_C(adopt, block_in_the_middle_of_work_is_taken_up)
{
	SPOILED(s);

	EXPECT_EQ_INT(s.slots[DONE].phase, SV3__PHASE_DONE);
	EXPECT_TRUE(s.slots[RESUMED].woken);
	EXPECT_TRUE(s.slots[RECORD_DUE].record_due && s.slots[RECORD_DUE_TOO].record_due);
	EXPECT_TRUE(s.slots[NO_STAG].phase == SV3__PHASE_STALLED && !s.slots[NO_STAG].has_stag);
	EXPECT_EQ_INT(s.slots[WALKS].phase, SV3__PHASE_S1_READ);
	EXPECT_EQ_INT(s.slots[READS_CD].phase, SV3__PHASE_CD);
	EXPECT_EQ_INT(s.slots[READS_STE].phase, SV3__PHASE_STE);
	EXPECT_EQ_INT((int)s.smmu->cmdq.phase, SV3__CMDQ_PREFETCH);
	EXPECT_TRUE(s.smmu->evtq.busy && s.smmu->priq.busy);
	EXPECT_OK(adopt(s.memory, s.world.size));
}

TEST_C(adopt, memory_too_small_or_not_aligned_is_out_of_range)
{
	SPOILED(s);

	EXPECT_EQ_INT(adopt(s.memory, sizeof(struct sv3_smmu) - 1), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(adopt(s.memory, sizeof(struct sv3_smmu)), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(adopt(s.memory, s.world.size - 1), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(adopt((uint8_t *)s.memory + 32, s.world.size), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(adopt((uint8_t *)s.memory + 1, s.world.size), -SV3_ERR_RANGE);
}

TEST_C(adopt, another_layout_is_refused)
{
	SPOILED(s);

	EXPECT_REFUSED(s, s.smmu->magic++);
	EXPECT_REFUSED(s, s.smmu->version++);
	EXPECT_REFUSED(s, s.smmu->config.slot_count = 0);
	EXPECT_REFUSED(s, s.smmu->config.tbu_count = 0);
	EXPECT_REFUSED(s, s.smmu->config.tbu_count = 1); /* of 2 */
	EXPECT_REFUSED(s, s.smmu->config.tbu_count = 17);
	EXPECT_REFUSED(s, s.smmu->size_bytes += 64);
	EXPECT_REFUSED(s, s.smmu->oas_lg2--);
	EXPECT_REFUSED(s, s.smmu->slots_offset += 64);
	EXPECT_REFUSED(s, s.smmu->stats_offset += 64);
	EXPECT_REFUSED(s, s.smmu->evtq.capacity--);
	EXPECT_REFUSED(s, s.smmu->evtq.records_offset += 64);
	EXPECT_REFUSED(s, s.smmu->tlb.entries--);
	EXPECT_REFUSED(s, s.smmu->tlb.ways--);
	EXPECT_REFUSED(s, s.smmu->tlb.ways_lg2--);
	EXPECT_REFUSED(s, s.smmu->tlb.set_mask++);
	EXPECT_REFUSED(s, s.smmu->tlb.set_mask = 2 * s.smmu->tlb.set_mask + 1); /* of both TBUs */
	EXPECT_REFUSED(s, s.smmu->walk_cache.entries /= 2);
	EXPECT_REFUSED(s, s.smmu->walk_cache.set_mask = 0);
	EXPECT_REFUSED(s, s.smmu->walk_cache.keys_offset += 64);
	EXPECT_REFUSED(s, s.smmu->walk_cache.orders_offset += 64);
	EXPECT_REFUSED(s, s.smmu->config_cache.payload_offset += 64);
	EXPECT_REFUSED(s, s.smmu->config_cache.payload_size += 8);
}

TEST_C(adopt, byte_that_is_no_truth_value_is_refused)
{
	SPOILED(s);
	struct sv3__context *cached =
		sv3__cache_payload(s.smmu, &s.smmu->config_cache, s.smmu->config_cache.latest);

	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->fast_path));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->tlb.has_pieces));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->cmdq.busy));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->cmdq.sev_due));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->evtq.busy));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->evtq.stall_write));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->gerror.interrupt_due));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->priq.busy));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->priq.ring[0].last));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->priq.ring[SV3__PRI_RING - 1].substream_valid));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.smmu->pmcg.counting));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.slots[WALKS].asked));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.slots[WALKS].txn.substream_valid));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.slots[WALKS].output2.hit));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.slots[WALKS].context.aset));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.slots[WALKS].context.ttb[0].top_byte_ignored));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.slots[WALKS].context.ttb[1].disabled));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.slots[WALKS].context.s2.ttb.output_is_52));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.slots[NO_STAG].context.s2.record));
	EXPECT_REFUSED(s, NOT_A_BOOL(s.slots[ALL].marked)); /* free */
	EXPECT_REFUSED(s, NOT_A_BOOL(cached->stage1));
	EXPECT_REFUSED(s, NOT_A_BOOL(cached->ttb[1].no_hierarchy));
}

TEST_C(adopt, fast_path_that_registers_do_not_open_is_refused)
{
	SPOILED(s);

	EXPECT_REFUSED(s, s.smmu->fast_path = !s.smmu->fast_path);
}

TEST_C(adopt, slot_whose_phase_and_need_disagree_is_refused)
{
	SPOILED(s);

	EXPECT_REFUSED(s, s.slots[WALKS].asked = false);
	EXPECT_REFUSED(s, s.slots[READS_CD].asked = false);
	EXPECT_REFUSED(s, s.slots[DONE].asked = true);
	EXPECT_REFUSED(s, s.slots[NO_STAG].asked = true);
	EXPECT_REFUSED(s, s.slots[WALKS].phase = SV3__PHASE_CONFIG);
	/* Phases that no step ends in. */
	EXPECT_REFUSED(s, s.slots[DONE].phase = SV3__PHASE_TLB);
	EXPECT_REFUSED(s, s.slots[DONE].phase = SV3__PHASE_S1_LEAF);
	EXPECT_REFUSED(s, s.slots[DONE].phase = SV3__PHASE_S2_TLB);
	EXPECT_REFUSED(s, s.slots[DONE].phase = SV3__PHASE_OUTPUT);
	EXPECT_REFUSED(s, s.slots[DONE].phase = SV3__PHASE_DONE + 1);
}

TEST_C(adopt, slot_that_says_what_cannot_be_is_refused)
{
	SPOILED(s);

	EXPECT_REFUSED(s, s.slots[WALKS].purpose = SV3__FOR_OUTPUT + 1);
	EXPECT_REFUSED(s, s.slots[WALKS].access_kind = SV3__ACCESS_EXEC_PRIV + 1);
	EXPECT_REFUSED(s, s.slots[WALKS].txn.kind = SV3_TXN_KIND_COUNT);
	EXPECT_REFUSED(s, s.slots[WALKS].txn.tbu_index = 2);
	EXPECT_REFUSED(s, s.slots[DONE].resume = SV3__RESUME_RAZ_WI + 1);
	EXPECT_REFUSED(s, s.slots[DONE].result.outcome = SV3_OUTCOME_COUNT);
	EXPECT_REFUSED(s, s.slots[NO_STAG].fault.rule = SV3__RULE_COUNT);
	EXPECT_REFUSED(s, s.slots[WALKS].s1.level = SV3_LEVEL_LAST + 1);
	EXPECT_REFUSED(s, s.slots[WALKS].s2.span_lg2 = 64);
	EXPECT_REFUSED(s, s.slots[WALKS].output2.level = SV3_LEVEL_LAST + 1);
	EXPECT_REFUSED(s, s.slots[DONE].leaf_class = 0xff);
	EXPECT_REFUSED(s, s.slots[DONE].result.span_lg2 = 64);
	/* A piece of an STE beyond its end. */
	EXPECT_REFUSED(s, s.slots[READS_STE].fetch_done_bytes = 64);
	EXPECT_REFUSED(s, s.slots[READS_CD].fetch_done_bytes = 8);
	EXPECT_REFUSED(s, s.slots[READS_STE].phase = SV3__PHASE_L1STD;
		       s.slots[READS_STE].fetch_done_bytes = 8);
	EXPECT_REFUSED(s, s.slots[READS_CD].phase = SV3__PHASE_L1CD;
		       s.slots[READS_CD].fetch_done_bytes = 8);
}

TEST_C(adopt, context_of_a_walk_must_have_a_legal_geometry)
{
	SPOILED(s);
	struct sv3__context *walks = &s.slots[WALKS].context;

	EXPECT_REFUSED(s, walks->kind = SV3__STREAM_TRANSLATE + 1);
	EXPECT_REFUSED(s, walks->regime = SV3__REGIME_STAGE2 + 1);
	EXPECT_REFUSED(s, walks->ttb[0].granule_lg2 = 13);
	EXPECT_REFUSED(s, walks->ttb[0].start_level = SV3_LEVEL_LAST + 1);
	EXPECT_REFUSED(s, walks->ttb[0].input_size_lg2 = 39); /* no bit for the first level */
	EXPECT_REFUSED(s, walks->ttb[0].input_size_lg2 = 53);
	EXPECT_REFUSED(s, walks->ttb[1].disabled = false);
	EXPECT_REFUSED(s, walks->output_size_lg2 = 53);
	EXPECT_REFUSED(s, walks->stage2 = true);
	EXPECT_REFUSED(s, s.slots[DONE].context.regime = SV3__REGIME_STAGE2 + 1);
	EXPECT_REFUSED(s, s.slots[READS_CD].context.stage2 = true);
	/* A walk of stage 2 for a CD has somewhere to come back to. */
	EXPECT_REFUSED(s, s.slots[READS_CD].phase = SV3__PHASE_S2_READ);
	EXPECT_REFUSED(s, s.slots[WALKS].purpose = SV3__FOR_OUTPUT;
		       s.slots[WALKS].phase = SV3__PHASE_S2_READ);
}

static void map_stage2(struct sv3__context *context)
{
	context->stage2 = true;
	context->s2.output_size_lg2 = 48;
	context->s2.ttb =
		(struct sv3__ttb){ .granule_lg2 = 12, .input_size_lg2 = 40, .start_level = 1 };
}

TEST_C(adopt, walk_of_stage_2_must_have_a_legal_geometry)
{
	SPOILED(s);
	struct sv3__slot *reads_cd = &s.slots[READS_CD], *walks = &s.slots[WALKS];

	reads_cd->phase = SV3__PHASE_S2_READ;
	reads_cd->phase_after_cd = SV3__PHASE_L1CD;
	map_stage2(&reads_cd->context);
	walks->phase = SV3__PHASE_S2_UPDATE;
	walks->purpose = SV3__FOR_TABLE_WRITE;
	map_stage2(&walks->context);
	memcpy(s.world.memory, s.memory, s.world.size);
	EXPECT_OK(adopt(s.memory, s.world.size));
	EXPECT_REFUSED(s, reads_cd->phase_after_cd = SV3__PHASE_STE);
	EXPECT_REFUSED(s, reads_cd->context.s2.ttb.granule_lg2 = 0);
	EXPECT_REFUSED(s, reads_cd->context.s2.output_size_lg2 = 53);
	EXPECT_REFUSED(s, reads_cd->context.stage2 = false);
	EXPECT_REFUSED(s, walks->context.s2.ttb.start_level = 4);
	EXPECT_REFUSED(s, walks->context.stage2 = false);
	EXPECT_REFUSED(s, walks->context.ttb[0].granule_lg2 = 0);
}

TEST_C(adopt, geometry_at_its_limits_is_taken_up)
{
	static const struct {
		uint8_t granule_lg2, input_size_lg2, start_level;
	} rows[] = {
		{ 12, 40, 0 }, { 14, 26, 3 }, { 14, 48, 0 }, { 16, 52, 1 }, { 16, 17, 3 },
	};
	SPOILED(s);
	struct sv3__context *walks = &s.slots[WALKS].context;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		renew(&s);
		s.slots[WALKS].access_kind = SV3__ACCESS_EXEC_PRIV;
		s.slots[WALKS].purpose = SV3__FOR_OUTPUT;
		walks->ttb[0].granule_lg2 = rows[i].granule_lg2;
		walks->ttb[0].input_size_lg2 = rows[i].input_size_lg2;
		walks->ttb[0].start_level = rows[i].start_level;
		walks->output_size_lg2 = 52;
		if (adopt(s.memory, s.world.size) != 0)
			FAIL_C("row %zu is refused", i);
	}
}

TEST_C(adopt, numbers_at_their_limits_are_taken_up)
{
	SPOILED(s);
	struct sv3__context *walks = &s.slots[WALKS].context;
	struct sv3__slot *done = &s.slots[DONE];

	map_stage2(walks);
	walks->regime = SV3__REGIME_STAGE2;
	walks->s2.output_size_lg2 = 52;
	s.slots[WALKS].s1.span_lg2 = 63;
	done->translated = true;
	done->leaf_class = 12 << 2;
	done->result.span_lg2 = 63;
	s.slots[RESUMED].resume = SV3__RESUME_RAZ_WI;
	s.smmu->cmdq.prefetch_left = SV3__PREFETCH_MAX;
	s.smmu->priq.count = SV3__PRI_RING;
	/* Room for a record of each that has not ended; two have. */
	s.smmu->evtq.count = s.smmu->evtq.capacity - (s.smmu->active_count - 2);
	EXPECT_OK(adopt(s.memory, s.world.size));
	s.smmu->evtq.count++;
	EXPECT_EQ_INT(adopt(s.memory, s.world.size), -SV3_ERR_FORMAT);
}

TEST_C(adopt, structure_that_has_come_in_part_is_taken_up)
{
	SPOILED(s);

	s.smmu->config.config_fetch_bytes = 8;
	s.slots[READS_CD].fetch_done_bytes = 56;
	s.slots[READS_STE].phase = SV3__PHASE_L1STD;
	EXPECT_OK(adopt(s.memory, s.world.size));
	s.slots[READS_STE].fetch_done_bytes = 8;
	EXPECT_EQ_INT(adopt(s.memory, s.world.size), -SV3_ERR_FORMAT);
	s.slots[READS_STE].phase = SV3__PHASE_STE;
	EXPECT_OK(adopt(s.memory, s.world.size));
	s.slots[READS_CD].fetch_done_bytes = 64;
	EXPECT_EQ_INT(adopt(s.memory, s.world.size), -SV3_ERR_FORMAT);
}

TEST_C(adopt, lists_and_counts_of_slots_must_be_right)
{
	SPOILED(s);
	uint32_t free_slot = s.smmu->free_slot;

	EXPECT_REFUSED(s, s.smmu->free_slot = SV3__NONE);
	EXPECT_REFUSED(s, s.smmu->free_slot = s.smmu->config.slot_count);
	EXPECT_REFUSED(s, s.smmu->free_slot = WALKS);
	EXPECT_REFUSED(s, s.slots[free_slot].next_free = free_slot);
	EXPECT_REFUSED(s, s.smmu->active_count++);
	EXPECT_REFUSED(s, s.smmu->marked_count++);
	EXPECT_REFUSED(s, s.slots[DONE].marked = true);
	EXPECT_REFUSED(s, s.slots[s.smmu->config.slot_count].marked = true;
		       s.smmu->marked_count++); /* nothing marks a prefetch */
	/* No room for the records of those that may still fault. */
	EXPECT_REFUSED(s, s.smmu->evtq.count = 6);
}

TEST_C(adopt, stalls_must_be_what_their_list_says)
{
	SPOILED(s);

	EXPECT_REFUSED(s, s.smmu->stalls.count++);
	EXPECT_REFUSED(s, s.smmu->stalls.woken_count++);
	EXPECT_REFUSED(s, s.smmu->stalls.record_head = SV3__NONE;
		       s.smmu->stalls.record_tail = SV3__NONE);
	EXPECT_REFUSED(s, s.smmu->stalls.record_head = s.smmu->config.slot_count);
	EXPECT_REFUSED(s, s.smmu->stalls.record_head = NO_STAG);
	EXPECT_REFUSED(s, s.smmu->stalls.record_tail = RECORD_DUE);
	EXPECT_REFUSED(s, s.slots[RECORD_DUE_TOO].stall_next = RECORD_DUE);
	EXPECT_REFUSED(s, s.slots[RECORD_DUE].record_due = false);
	EXPECT_REFUSED(s, s.slots[RECORD_DUE].stall_next = SV3__NONE;
		       s.smmu->stalls.record_tail = RECORD_DUE);
	EXPECT_REFUSED(s, s.slots[RESUMED].resume = SV3__RESUME_NOT_YET);
	EXPECT_REFUSED(s, s.slots[RESUMED].woken = false; s.smmu->stalls.woken_count--);
	EXPECT_REFUSED(s, s.slots[NO_STAG].resume = SV3__RESUME_RETRY);
	EXPECT_REFUSED(s, s.slots[WALKS].woken = true; s.smmu->stalls.woken_count++);
	EXPECT_REFUSED(s, s.slots[WALKS].has_stag = true; s.smmu->stalls.count++);
	EXPECT_REFUSED(s, s.slots[WALKS].record_due = true);
	EXPECT_REFUSED(s, s.slots[RECORD_DUE].has_stag = false; s.smmu->stalls.count--);
	EXPECT_REFUSED(s, s.slots[RECORD_DUE].resume = SV3__RESUME_RETRY;
		       s.slots[RECORD_DUE].woken = true; s.smmu->stalls.woken_count++);
}

TEST_C(adopt, job_that_is_busy_with_nothing_is_refused)
{
	SPOILED(s);
	struct sv3__slot *prefetch = &s.slots[s.smmu->config.slot_count];

	EXPECT_REFUSED(s, s.smmu->cmdq.busy = false);
	EXPECT_REFUSED(s, s.smmu->cmdq.phase = SV3__CMDQ_SYNC_WAIT);
	EXPECT_REFUSED(s, s.smmu->cmdq.phase = SV3__CMDQ_FETCH); /* and a prefetch is under way */
	EXPECT_REFUSED(s, s.smmu->cmdq.phase = SV3__CMDQ_SEV + 1);
	EXPECT_REFUSED(s, s.smmu->cmdq.prefetch_left = 0);
	EXPECT_REFUSED(s, s.smmu->cmdq.prefetch_left = 257);
	EXPECT_REFUSED(s, prefetch->phase = SV3__PHASE_FREE; prefetch->asked = false);
	EXPECT_REFUSED(s, prefetch->prefetch = false);
	EXPECT_REFUSED(s, prefetch->txn.kind = SV3_TXN_KIND_COUNT);
	EXPECT_REFUSED(s, prefetch->txn.tbu_index = 2);
	EXPECT_REFUSED(s, s.smmu->evtq.busy = false);
	EXPECT_REFUSED(s, s.smmu->evtq.phase = SV3__EVTQ_IDLE);
	EXPECT_REFUSED(s, s.smmu->evtq.phase = SV3__EVTQ_SIGNAL + 1);
	EXPECT_REFUSED(s, s.smmu->evtq.count = 0);
	EXPECT_REFUSED(s, s.smmu->evtq.ahead = 2);
	EXPECT_REFUSED(s, s.smmu->evtq.head = s.smmu->evtq.capacity);
	EXPECT_REFUSED(s, s.smmu->evtq.count = UINT32_MAX);
	EXPECT_REFUSED(s, s.smmu->evtq.stall_write_ahead = true);
	EXPECT_REFUSED(s, s.smmu->evtq.phase = SV3__EVTQ_SIGNAL; s.smmu->evtq.stall_write = true);
	EXPECT_REFUSED(s, s.smmu->priq.busy = false);
	EXPECT_REFUSED(s, s.smmu->priq.phase = SV3__PRIQ_IDLE);
	EXPECT_REFUSED(s, s.smmu->priq.phase = SV3__PRIQ_SIGNAL + 1);
	EXPECT_REFUSED(s, s.smmu->priq.count = 0);
	EXPECT_REFUSED(s, s.smmu->priq.count = SV3__PRI_RING + 1);
	EXPECT_REFUSED(s, s.smmu->priq.head = SV3__PRI_RING);
}

TEST_C(adopt, caches_must_agree_with_their_keys)
{
	SPOILED(s);
	struct sv3__cache *tlb = &s.smmu->tlb;
	uint32_t latest = tlb->latest;
	struct sv3__tlb_entry *leaf = sv3__cache_payload(s.smmu, tlb, latest);
	struct sv3__context *cached =
		sv3__cache_payload(s.smmu, &s.smmu->config_cache, s.smmu->config_cache.latest);

	EXPECT_REFUSED(s, tlb->live_spans = 0);
	EXPECT_REFUSED(s, tlb->span_count[12]++);
	EXPECT_REFUSED(s, tlb->latest = tlb->entries);
	EXPECT_REFUSED(s, sv3__cache_keys(s.smmu, tlb)[latest].tag = 0);
	EXPECT_REFUSED(s, leaf->span_lg2++);
	EXPECT_REFUSED(s, leaf->leaf_class = 13 << 2 | 3);
	EXPECT_REFUSED(s, s.smmu->walk_cache.live_spans ^= 2);
	EXPECT_REFUSED(s, s.smmu->config_cache.latest = 8);
	EXPECT_REFUSED(s, cached->kind = SV3__STREAM_TRANSLATE + 1);
	EXPECT_REFUSED(s, cached->ttb[0].granule_lg2 = 15);
}

static void run_jobs(struct world *w)
{
	uint32_t index;

	while (sv3_smmu_next_ready(w->smmu, &index))
		run_until(w, index, SV3_UNIT_COUNT);
}

/* Whatever a transaction or job does, what it leaves is sound; in the end nothing is left. */
TEST_C(adopt, block_is_sound_after_every_step_until_all_work_is_done)
{
	SPOILED(s);
	struct world *w = &s.world;
	uint32_t jobs = w->smmu->config.slot_count;

	w->is_watched = true;
	for (uint32_t i = 0; i < jobs; i++)
		if (sv3__slot(w->smmu, i)->asked)
			answer_until(w, i, SV3_UNIT_COUNT);
	answer_until(w, jobs + SV3__JOB_CMDQ, SV3_UNIT_COUNT);
	answer_until(w, jobs + SV3__JOB_EVTQ, SV3_UNIT_COUNT);
	answer_until(w, jobs + SV3__JOB_PRIQ, SV3_UNIT_COUNT);
	run_jobs(w);
	/* TLBI, SYNC, STALL_TERM, and the end of translation. */
	command(w, 0x30, 0);
	command(w, 0x46, 0);
	run_jobs(w);
	for (uint32_t i = 0; i < jobs; i++)
		if (sv3__slot(w->smmu, i)->phase == SV3__PHASE_DONE)
			sv3_smmu_finish(w->smmu, i);
	run_jobs(w);
	EXPECT_EQ_U64(sv3_smmu_reg_read(w->smmu, SV3_REG_CMDQ_CONS, 4), w->commands);
	command(w, 0x45, 0);
	run_jobs(w);
	sv3_smmu_reg_write(w->smmu, SV3_REG_CR0, 4, 0);
	run_jobs(w);
	for (uint32_t i = 0; i < jobs; i++)
		if (sv3__slot(w->smmu, i)->phase == SV3__PHASE_DONE)
			sv3_smmu_finish(w->smmu, i);
	EXPECT_EQ_U64(w->smmu->active_count, 0);
	EXPECT_EQ_U64(w->smmu->marked_count, 0);
	EXPECT_EQ_U64(w->smmu->stalls.count, 0);
	EXPECT_EQ_U64(w->smmu->stalls.woken_count, 0);
	EXPECT_EQ_U64(w->smmu->stalls.record_head, SV3__NONE);
	EXPECT_OK(adopt(w->memory, w->size));
}

/* --- Anything else may stand in a block --- */

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

/* One slot or job to its end, as far as that is near; what comes back from memory is anything. */
static void drive(struct sv3_smmu *smmu, uint32_t index, bool asked, uint64_t *random)
{
	struct sv3_need need = { 0 };

	for (uint32_t i = 0; i < 40; i++) {
		struct sv3_reply reply = { .status = SV3_BUS_OK };

		for (uint32_t n = 0; n < 8; n++)
			sv3_put_le64(reply.data + 8 * n,
				     next_random(random) << 33 | next_random(random) << 2 | 3);
		if (next_random(random) % 8 == 0)
			reply.status = SV3_BUS_ABORT;
		sv3_smmu_step(smmu, index, asked || i > 0 ? &reply : NULL, &need);
		if (need.kind == SV3_NEED_DONE || need.kind == SV3_NEED_WAIT)
			return;
	}
}

static void drive_all(struct sv3_smmu *smmu, uint64_t *random)
{
	static const struct sv3_txn txn = { .iova = MAPPED, .write = true };
	struct sv3_result result;
	uint32_t jobs = smmu->config.slot_count, index;

	(void)sv3_smmu_hash(smmu);
	(void)sv3_smmu_try(smmu, &txn, &result);
	for (uint32_t i = 0; i < jobs; i++)
		if (sv3__slot(smmu, i)->asked)
			drive(smmu, i, true, random);
	if (smmu->cmdq.busy)
		drive(smmu, jobs + SV3__JOB_CMDQ, true, random);
	if (smmu->evtq.busy)
		drive(smmu, jobs + SV3__JOB_EVTQ, true, random);
	if (smmu->priq.busy)
		drive(smmu, jobs + SV3__JOB_PRIQ, true, random);
	if (sv3_smmu_begin(smmu, &txn, &index) == 0)
		drive(smmu, index, false, random);
	for (uint32_t n = 0; n < 20 && sv3_smmu_next_ready(smmu, &index); n++)
		drive(smmu, index, false, random);
	for (uint32_t i = 0; i < jobs; i++)
		if (sv3__slot(smmu, i)->phase == SV3__PHASE_DONE)
			sv3_smmu_finish(smmu, i);
	sv3_smmu_reg_write(smmu, SV3_REG_CR0, 4, 0);
	for (uint32_t n = 0; n < 20 && sv3_smmu_next_ready(smmu, &index); n++)
		drive(smmu, index, false, random);
}

TEST_C(adopt, spoiled_block_is_refused_or_survives_being_used)
{
	SPOILED(s);
	const size_t slots = s.smmu->slots_offset, end = s.smmu->stats_offset;
	uint8_t *bytes = s.memory;
	uint64_t random = 1;
	uint32_t taken = 0, refused = 0;

	for (uint32_t i = 0; i < 4000; i++) {
		size_t from = next_random(&random) % 3 ? slots : 0;
		size_t at = from + next_random(&random) % (end - from);

		renew(&s);
		bytes[at] ^= (uint8_t)(1 + next_random(&random) % 255);
		if (adopt(s.memory, s.world.size) != 0) {
			refused++;
			continue;
		}
		taken++;
		drive_all(s.smmu, &random);
	}
	EXPECT_TRUE(taken > 100 && refused > 100);
}
