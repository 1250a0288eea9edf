/* SPDX-License-Identifier: MIT */
/*
 * test_snapshot_worlds.c - a machine that was saved at any moment and loaded again goes on as if
 * nothing had been; two machines in one process are strangers.
 *
 * A world is a function of its seed: a configuration, tables full of accidents, and a stream of
 * choices: software writes, rings, acknowledges and resumes, devices ask, the hardware's needs are
 * answered in any order. What it asks and what came out are kept as one number.
 */
#include "ctest.h"

#include <sv3/arch.h>
#include <sv3/prng.h>
#include <sv3/sim.h>
#include <sv3/snapshot.h>

#include <stdlib.h>
#include <string.h>

#define RAM_BASE   UINT64_C(0x40000000)
#define RAM_SIZE   UINT64_C(0x100000)
#define STRTAB     RAM_BASE
#define CDS        (RAM_BASE + 0x1000) /* 4 CDs a stream, 256 bytes */
#define CMDQ       (RAM_BASE + 0x4000)
#define EVENTQ     (RAM_BASE + 0x5000)
#define PRIQ       (RAM_BASE + 0x6000)
#define MSI        (RAM_BASE + 0x7000)
#define S2_TABLES  (RAM_BASE + 0x8000)  /* levels 1, 2, 3 */
#define S1_TABLES  (RAM_BASE + 0x10000) /* 8 tables each of levels 1, 2, 3 */
#define DATA       (RAM_BASE + 0x80000)
#define STREAMS    16u
#define CMDQ_LG2   4u
#define EVENTQ_LG2 2u
#define SLOTS_MAX  128u
#define STEPS      600u

enum slot_state { SLOT_FREE, SLOT_READY, SLOT_ASKED, SLOT_WAITS, SLOT_DONE };

struct machine {
	struct sv3_ram ram;
	struct sv3_bus bus;
	void *block;
	struct sv3_smmu *smmu;
	uint32_t slot_count; /* transactions; jobs behind them */
	struct sv3_prng prng;
	enum slot_state states[SLOTS_MAX];
	struct sv3_need needs[SLOTS_MAX]; /* of slots that have asked */
	bool writes[SLOTS_MAX];
	uint64_t digest;
	/* what happened, to know that something did */
	uint64_t translated, faulted, updates, records, stage2_reads, stalls;
};

static uint64_t below(struct machine *m, uint64_t limit)
{
	return sv3_prng_below(&m->prng, limit);
}

static bool one_in(struct machine *m, uint64_t limit)
{
	return below(m, limit) == 0;
}

static void note(struct machine *m, uint64_t value)
{
	m->digest = (m->digest ^ value) * UINT64_C(0x100000001b3);
	m->digest ^= m->digest >> 29;
}

static void poke(struct machine *m, sv3_pa pa, uint64_t value)
{
	(void)sv3_bus_write(&m->bus, pa, &value, 8);
}

static uint32_t reg(struct machine *m, uint32_t offset)
{
	const uint32_t value = (uint32_t)sv3_smmu_reg_read(m->smmu, offset, 4);

	note(m, value);
	return value;
}

static void set_reg(struct machine *m, uint32_t offset, uint64_t value)
{
	sv3_smmu_reg_write(m->smmu, offset, 4, value);
}

/* --- what software writes: encoded by hand --- */

static void write_ste(struct machine *m, uint32_t stream)
{
	static const uint8_t configs[] = { 0, 4, 5, 5, 5, 5, 6, 7, 7 };
	const sv3_pa ste = STRTAB + 64 * stream;
	const uint64_t config = configs[below(m, sizeof(configs))];
	const uint64_t cd_max = one_in(m, 4) ? 2 : 0;
	uint64_t s2 = below(m, 3) | UINT64_C(25) << 32 | UINT64_C(1) << 38 | UINT64_C(5) << 48 |
		      UINT64_C(1) << 51 | UINT64_C(1) << 58;

	s2 |= below(m, 4) << 55;             /* S2HD, S2HA */
	s2 |= (uint64_t)one_in(m, 16) << 57; /* S2S */
	poke(m, ste + 8,
	     UINT64_C(1) << 44 | (cd_max ? below(m, 3) : 0) |
		     (one_in(m, 4) ? UINT64_C(1) << 28 : 0));
	poke(m, ste + 16, s2);
	poke(m, ste + 24, S2_TABLES);
	poke(m, ste, (CDS + 256 * stream) | cd_max << 59 | config << 1 | !one_in(m, 20));
}

static void write_cd(struct machine *m, uint32_t stream)
{
	const sv3_pa cd = CDS + 256 * stream + 64 * below(m, 4);
	uint64_t word0 =
		25 | UINT64_C(1) << 30 | UINT64_C(5) << 32 | UINT64_C(1) << 41 | UINT64_C(1) << 45;

	word0 |= (uint64_t)!one_in(m, 20) << 31;
	word0 |= (one_in(m, 2) ? 3 : below(m, 4)) << 42; /* HD, HA */
	word0 |= (uint64_t)one_in(m, 16) << 44;          /* S */
	word0 |= below(m, 2) << 46;                      /* A */
	word0 |= below(m, 3) << 48;                      /* ASID */
	poke(m, cd + 8, S1_TABLES + 0x1000 * below(m, 8));
	poke(m, cd + 24, UINT64_C(0x00ff44bb04));
	poke(m, cd, word0);
}

static void write_descriptor(struct machine *m, uint64_t level, uint64_t table, uint64_t index)
{
	const sv3_pa pa = S1_TABLES + 0x1000 * (8 * (level - 1) + table) + 8 * index;
	const uint64_t draw = below(m, 20);
	uint64_t leaf = below(m, 2) << 6 | below(m, 2) << 7 | below(m, 2) << 11 |
			below(m, 2) << 51 | below(m, 3) << 2;

	leaf |= (uint64_t)!one_in(m, 3) << 10; /* AF */
	if (draw == 0)
		poke(m, pa, 0);
	else if (draw == 1)
		poke(m, pa, sv3_prng_next(&m->prng));
	else if (level == 3)
		poke(m, pa, (DATA + 0x1000 * below(m, 64)) | leaf | 3);
	else if (draw == 2)
		poke(m, pa, RAM_BASE | leaf | 1);
	else
		poke(m, pa, (S1_TABLES + 0x1000 * (8 * level + below(m, 8))) | 3);
}

static void write_stage2(struct machine *m, uint64_t index)
{
	const uint64_t page = RAM_BASE + 0x1000 * index;
	uint64_t leaf = 15 << 2 | 3 << 8 | 3 | UINT64_C(1) << 6;

	leaf |= (uint64_t)!one_in(m, 4) << 7 | (uint64_t)!one_in(m, 4) << 10 | below(m, 2) << 51;
	poke(m, S2_TABLES + 0x2000 + 8 * index, one_in(m, 30) ? 0 : page | leaf);
}

static void write_all(struct machine *m)
{
	for (uint32_t stream = 0; stream < STREAMS; stream++) {
		write_ste(m, stream);
		for (int i = 0; i < 6; i++)
			write_cd(m, stream);
	}
	for (uint64_t level = 1; level <= 3; level++)
		for (uint64_t table = 0; table < 8; table++)
			for (uint64_t index = 0; index < 4; index++)
				write_descriptor(m, level, table, index);
	poke(m, S2_TABLES + 8, (S2_TABLES + 0x1000) | 3);
	poke(m, S2_TABLES + 0x1000, (S2_TABLES + 0x2000) | 3);
	for (uint64_t index = 0; index < 256; index++)
		write_stage2(m, index);
}

static void boot(struct machine *m)
{
	sv3_smmu_reg_write(m->smmu, SV3_REG_STRTAB_BASE, 8, STRTAB);
	set_reg(m, SV3_REG_STRTAB_BASE_CFG, 4);
	sv3_smmu_reg_write(m->smmu, SV3_REG_CMDQ_BASE, 8, CMDQ | CMDQ_LG2);
	sv3_smmu_reg_write(m->smmu, SV3_REG_EVENTQ_BASE, 8, EVENTQ | EVENTQ_LG2);
	sv3_smmu_reg_write(m->smmu, SV3_REG_PRIQ_BASE, 8, PRIQ | 2);
	if (one_in(m, 2))
		sv3_smmu_reg_write(m->smmu, SV3_REG_EVENTQ_IRQ_CFG0, 8, MSI);
	set_reg(m, SV3_REG_CR2, 2);
	set_reg(m, SV3_REG_IRQ_CTRL, 7);
	set_reg(m, SV3_REG_CR0, 0x1f);
}

/* --- making a machine --- */

static void draw_cache(struct machine *m, uint32_t *entries, uint32_t *ways)
{
	*ways = 1u << below(m, 3);
	*entries = one_in(m, 4) ? 0 : *ways << below(m, 4);
}

/* Any profile there is, small, with whatever choices its check accepts. */
static void draw_config(struct machine *m, struct sv3_smmu_config *config)
{
	struct sv3_smmu_config tried;
	unsigned int profile_count = 0;
	const char *about;

	while (sv3_smmu_profile_name(profile_count, &about))
		profile_count++;
	EXPECT_OK(sv3_smmu_profile(
		sv3_smmu_profile_name((unsigned int)below(m, profile_count), &about), config));
	config->slot_count = 2 + (uint32_t)below(m, 6);
	if (SV3_GET(SV3_IDR5_STALL_MAX, config->idr5) >= config->slot_count)
		config->idr5 = (uint32_t)((config->idr5 & ~SV3_IDR5_STALL_MAX) |
					  SV3_PUT(SV3_IDR5_STALL_MAX, config->slot_count - 1));
	draw_cache(m, &config->tlb_entries, &config->tlb_ways);
	draw_cache(m, &config->walk_cache_entries, &config->walk_cache_ways);
	draw_cache(m, &config->config_cache_entries, &config->config_cache_ways);
	config->config_fetch_bytes = one_in(m, 2) ? 8 : 64;
	config->pmcg_counters = 0;
	config->tbu_count = 1 + (uint32_t)below(m, 3);
	tried = *config;
	tried.choices = (uint32_t)sv3_prng_next(&m->prng) & SV3_CHOICE_ALL;
	tried.ack_delay = (uint32_t)below(m, 4);
	tried.pmcg_counters = (uint32_t)below(m, 5);
	if (!sv3_smmu_config_check(&tried, NULL))
		*config = tried;
}

static bool machine_init(struct machine *m, uint64_t seed)
{
	static const struct sv3_ram_region region = { RAM_BASE, RAM_SIZE };
	struct sv3_smmu_config config;

	memset(m, 0, sizeof(*m));
	sv3_prng_seed(&m->prng, seed);
	draw_config(m, &config);
	m->slot_count = config.slot_count;
	m->block = aligned_alloc(64, sv3_smmu_size(&config));
	if (sv3_smmu_init(m->block, sv3_smmu_size(&config), &config, &m->smmu) ||
	    sv3_ram_init(&m->ram, &region, 1))
		return false;
	m->bus = sv3_ram_bus(&m->ram);
	write_all(m);
	boot(m);
	return true;
}

static void machine_fini(struct machine *m)
{
	sv3_ram_fini(&m->ram);
	free(m->block);
}

/* --- the hardware goes on --- */

static void note_need(struct machine *m, uint32_t slot, const struct sv3_need *need)
{
	note(m, slot);
	note(m, (uint64_t)need->kind << 16 | (uint64_t)need->unit << 8 | (uint64_t)need->irq);
	note(m, need->pa ^ (uint64_t)need->size << 56);
	note(m, need->expect);
	note(m, need->desired);
	for (uint32_t i = 0; need->kind == SV3_NEED_WRITE && i < need->size; i++)
		note(m, need->data[i]);
	note(m, need->ats.iova ^ need->ats.stream_id ^ (uint64_t)need->ats.group << 32);
}

static void note_result(struct machine *m, const struct sv3_result *result)
{
	note(m, result->pa);
	note(m, (uint64_t)result->outcome << 32 | (uint64_t)result->event << 16 | result->flags);
	note(m, (uint64_t)result->walk_reads << 16 | result->rule);
	note(m, (uint64_t)result->walk_restarts << 16 | result->memory);
	if (result->outcome == SV3_OUTCOME_OK)
		m->translated++;
	else
		m->faulted++;
}

static void access_lands(struct machine *m, uint32_t slot, const struct sv3_result *result)
{
	if (m->writes[slot] && result->outcome == SV3_OUTCOME_OK && result->pa >= DATA)
		poke(m, result->pa & ~UINT64_C(7), m->digest);
}

static void answer(struct machine *m, const struct sv3_need *need, struct sv3_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	switch (need->kind) {
	case SV3_NEED_READ:
		reply->status = sv3_bus_read(&m->bus, need->pa, reply->data, need->size);
		break;
	case SV3_NEED_WRITE:
		m->records += need->unit == SV3_UNIT_EVTQ;
		reply->status = sv3_bus_write(&m->bus, need->pa, need->data, need->size);
		break;
	case SV3_NEED_CAS64:
		m->updates++;
		reply->status =
			sv3_bus_cas64(&m->bus, need->pa, need->expect, need->desired, &reply->old);
		break;
	case SV3_NEED_ATC_INV:
		reply->status = one_in(m, 4) ? SV3_BUS_ABORT : SV3_BUS_OK;
		break;
	default:
		break;
	}
}

static void step(struct machine *m, uint32_t slot)
{
	const bool has_asked = m->states[slot] == SLOT_ASKED;
	struct sv3_reply reply;
	struct sv3_result result;
	struct sv3_need *need = &m->needs[slot];

	if (has_asked)
		answer(m, need, &reply);
	memset(need, 0, sizeof(*need));
	sv3_smmu_step(m->smmu, slot, has_asked ? &reply : NULL, need);
	note_need(m, slot, need);
	m->states[slot] = need->kind == SV3_NEED_WAIT   ? SLOT_WAITS
			  : need->kind != SV3_NEED_DONE ? SLOT_ASKED
			  : slot < m->slot_count        ? SLOT_DONE
							: SLOT_FREE;
	m->stage2_reads += need->unit >= SV3_UNIT_S2_L0 && need->unit <= SV3_UNIT_S2_L3;
	m->stalls += need->kind == SV3_NEED_WAIT;
	if (m->states[slot] == SLOT_DONE) {
		sv3_smmu_result(m->smmu, slot, &result);
		note_result(m, &result);
		access_lands(m, slot, &result);
	}
}

/* A slot in one of two states, any of them; false: there is none. */
static bool pick(struct machine *m, enum slot_state a, enum slot_state b, uint32_t *slot)
{
	const uint32_t first = (uint32_t)below(m, SLOTS_MAX);

	for (uint32_t i = 0; i < SLOTS_MAX; i++) {
		*slot = (first + i) % SLOTS_MAX;
		if (m->states[*slot] == a || m->states[*slot] == b)
			return true;
	}
	return false;
}

static struct sv3_txn draw_txn(struct machine *m)
{
	struct sv3_txn txn = {
		.iova = below(m, 4) << 30 | below(m, 4) << 21 | below(m, 4) << 12 |
			below(m, 512) << 3,
		.stream_id = (uint32_t)below(m, STREAMS + 1),
		.write = one_in(m, 2),
		.privileged = one_in(m, 2),
		.substream_valid = one_in(m, 6),
	};

	if (txn.substream_valid)
		txn.substream_id = (uint32_t)below(m, 5);
	txn.instruction = !txn.write && one_in(m, 8);
	txn.speculative = one_in(m, 16);
	if (one_in(m, 10))
		txn.kind = (uint8_t)below(m, SV3_TXN_KIND_COUNT);
	txn.tbu_index = (uint8_t)below(m, sv3_smmu_config(m->smmu)->tbu_count);
	if (one_in(m, 20))
		txn.iova = sv3_prng_next(&m->prng);
	else if (one_in(m, 4))
		txn.iova |= RAM_BASE; /* an IPA that stage 2 alone knows */
	return txn;
}

static void device_asks(struct machine *m)
{
	const struct sv3_txn txn = draw_txn(m);
	struct sv3_result result = { 0 };
	uint32_t slot;

	if (one_in(m, 2) && !sv3_smmu_try(m->smmu, &txn, &result)) {
		note_result(m, &result);
		return;
	}
	if (sv3_smmu_begin(m->smmu, &txn, &slot))
		return;
	m->states[slot] = SLOT_READY;
	m->writes[slot] = txn.write && txn.kind == SV3_TXN_ACCESS;
}

static void device_requests(struct machine *m)
{
	const struct sv3_page_request request = {
		.iova = below(m, 16) << 12,
		.stream_id = (uint32_t)below(m, STREAMS),
		.group = (uint16_t)below(m, 8),
		.read = true,
		.last = one_in(m, 2),
	};
	struct sv3_smmu_config config = *sv3_smmu_config(m->smmu);

	if (config.idr0 & SV3_IDR0_PRI)
		note(m, (uint64_t)sv3_smmu_page_request(m->smmu, &request));
}

/* --- software goes on --- */

static void push_command(struct machine *m)
{
	static const uint8_t opcodes[] = { 0x03, 0x04, 0x05, 0x06, 0x10, 0x11, 0x12, 0x13,
					   0x20, 0x28, 0x2a, 0x30, 0x40, 0x41, 0x44, 0x45,
					   0x46, 0x46, 0x46, 0x01, 0x02, 0x7f };
	const uint32_t wrap = 1u << CMDQ_LG2;
	const uint32_t prod = reg(m, SV3_REG_CMDQ_PROD), cons = reg(m, SV3_REG_CMDQ_CONS);
	const uint64_t opcode = opcodes[below(m, sizeof(opcodes) - !one_in(m, 8))];
	uint64_t word0 = opcode | below(m, STREAMS) << 32, word1 = below(m, 16) << 12;

	if (((prod ^ cons) & (2 * wrap - 1)) == wrap)
		return;
	if (opcode == 0x11 || opcode == 0x12)
		word0 = opcode | below(m, 3) << 48 | below(m, 3) << 32;
	if (opcode == 0x12)
		word1 = below(m, 4) << 30 | below(m, 4) << 21 | below(m, 4) << 12;
	if (opcode == 0x44) {
		word0 |= below(m, 4) << 12;
		word1 = below(m, 8);
	}
	if (opcode == 0x46)
		word0 = opcode | below(m, 3) << 12;
	poke(m, CMDQ + 16 * (prod & (wrap - 1)), word0);
	poke(m, CMDQ + 16 * (prod & (wrap - 1)) + 8, opcode == 0x46 ? 0 : word1);
	set_reg(m, SV3_REG_CMDQ_PROD, (prod + 1) & (2 * wrap - 1));
}

static void software_rewrites(struct machine *m)
{
	switch (below(m, 8)) {
	case 0:
		write_ste(m, (uint32_t)below(m, STREAMS));
		break;
	case 1:
		write_cd(m, (uint32_t)below(m, STREAMS));
		break;
	case 2:
		write_stage2(m, below(m, 256));
		break;
	default:
		write_descriptor(m, 1 + below(m, 3), below(m, 8), below(m, 4));
	}
}

static void software_looks(struct machine *m)
{
	switch (below(m, 8)) {
	case 0:
		set_reg(m, SV3_REG_GERRORN, reg(m, SV3_REG_GERROR));
		break;
	case 1:
		set_reg(m, SV3_REG_CR0, one_in(m, 8) ? 0x1f ^ 1u << below(m, 5) : 0x1f);
		break;
	case 2:
		set_reg(m, SV3_REG_PRIQ_CONS, reg(m, SV3_REG_PRIQ_PROD));
		break;
	case 3: {
		const uint32_t cons = reg(m, SV3_REG_CMDQ_CONS);

		/* An illegal command is made a legal one. */
		if (reg(m, SV3_REG_GERROR) & 1)
			poke(m, CMDQ + 16 * (cons & ((1u << CMDQ_LG2) - 1)), 0x46);
		break;
	}
	case 4:
		(void)reg(m, 4 * (uint32_t)below(m, 0x40));
		break;
	default:
		set_reg(m, SV3_REG_EVENTQ_CONS, reg(m, SV3_REG_EVENTQ_PROD));
	}
}

static void act(struct machine *m)
{
	const uint64_t draw = below(m, 100);
	uint32_t slot;

	if (draw < 15) {
		device_asks(m);
	} else if (draw < 60) {
		if (pick(m, SLOT_READY, SLOT_ASKED, &slot))
			step(m, slot);
	} else if (draw < 70) {
		if (pick(m, SLOT_DONE, SLOT_DONE, &slot)) {
			sv3_smmu_finish(m->smmu, slot);
			m->states[slot] = SLOT_FREE;
		}
	} else if (draw < 84) {
		if (sv3_smmu_next_ready(m->smmu, &slot) && m->states[slot] != SLOT_ASKED)
			step(m, slot);
	} else if (draw < 90) {
		push_command(m);
	} else if (draw < 94) {
		software_rewrites(m);
	} else if (draw < 99) {
		software_looks(m);
	} else {
		device_requests(m);
	}
}

/* --- saved and loaded --- */

/* @copy is what @m was, by way of the bytes of a file. Choices and who is where come along. */
static bool save_and_load(struct machine *m, struct machine *copy)
{
	struct sv3_snapshot taken, read;
	uint8_t *bytes;
	size_t size;

	if (sv3_snapshot_take(&taken, m->smmu, &m->ram, 0))
		return false;
	for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
		if (m->states[slot] == SLOT_ASKED &&
		    sv3_snapshot_add_need(&taken, slot, &m->needs[slot]))
			return false;
	}
	if (sv3_snapshot_encode(&taken, &bytes, &size) ||
	    sv3_snapshot_decode(bytes, size, "world", &read, NULL))
		return false;
	*copy = *m;
	memset(copy->needs, 0, sizeof(copy->needs));
	for (uint32_t i = 0; i < read.need_count; i++)
		copy->needs[read.needs[i].slot] = read.needs[i].need;
	copy->block = aligned_alloc(64, read.block_size);
	if (sv3_snapshot_restore(&read, copy->block, read.block_size, &copy->smmu, &copy->ram))
		return false;
	copy->bus = sv3_ram_bus(&copy->ram);
	sv3_snapshot_fini(&taken);
	sv3_snapshot_fini(&read);
	free(bytes);
	return true;
}

static bool are_equal(const struct machine *a, const struct machine *b)
{
	return a->digest == b->digest && sv3_smmu_hash(a->smmu) == sv3_smmu_hash(b->smmu) &&
	       memcmp(a->ram.host[0], b->ram.host[0], RAM_SIZE) == 0 &&
	       memcmp(sv3_smmu_stats(a->smmu), sv3_smmu_stats(b->smmu),
		      sizeof(struct sv3_smmu_stats)) == 0;
}

TEST_C(snapshot_worlds, snapshot_continues)
{
	uint64_t translated = 0, faulted = 0, updates = 0, records = 0, asked = 0;
	uint64_t stage2_reads = 0, stalls = 0;

	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct machine m, copy;
		uint64_t saved_at;

		ASSERT_TRUE(machine_init(&m, seed));
		saved_at = below(&m, STEPS);
		for (uint64_t i = 0; i < saved_at; i++)
			act(&m);
		if (!save_and_load(&m, &copy))
			FAIL_C("seed %llu: not loaded", (unsigned long long)seed);
		for (uint32_t slot = 0; slot < SLOTS_MAX; slot++)
			asked += m.states[slot] == SLOT_ASKED;
		for (uint64_t i = saved_at; i < STEPS; i++)
			act(&m);
		for (uint64_t i = saved_at; i < STEPS; i++)
			act(&copy);
		if (!are_equal(&m, &copy))
			FAIL_C("seed %llu, saved after %llu choices: the copy went another way",
			       (unsigned long long)seed, (unsigned long long)saved_at);
		translated += m.translated;
		faulted += m.faulted;
		updates += m.updates;
		records += m.records;
		stage2_reads += m.stage2_reads;
		stalls += m.stalls;
		machine_fini(&m);
		machine_fini(&copy);
	}
	EXPECT_GT_U64(asked, 500);
	EXPECT_GT_U64(translated, 1000);
	EXPECT_GT_U64(faulted, 1000);
	EXPECT_GT_U64(updates, 200);
	EXPECT_GT_U64(records, 500);
	EXPECT_GT_U64(stage2_reads, 1000);
	EXPECT_GT_U64(stalls, 50);
}

TEST_C(snapshot_worlds, two_instances_share_nothing)
{
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct machine alone[2], together[2];
		struct sv3_prng turns;
		uint32_t done[2] = { 0, 0 };

		for (uint32_t i = 0; i < 2; i++) {
			ASSERT_TRUE(machine_init(&alone[i], 5000 + 2 * seed + i));
			ASSERT_TRUE(machine_init(&together[i], 5000 + 2 * seed + i));
			for (uint32_t n = 0; n < STEPS; n++)
				act(&alone[i]);
		}
		sv3_prng_seed(&turns, seed);
		while (done[0] < STEPS || done[1] < STEPS) {
			const uint32_t turn = sv3_prng_below(&turns, 2) != 0;

			if (done[turn] < STEPS) {
				act(&together[turn]);
				done[turn]++;
			}
		}
		for (uint32_t i = 0; i < 2; i++) {
			if (!are_equal(&alone[i], &together[i]))
				FAIL_C("seed %llu: machine %u went another way beside another",
				       (unsigned long long)seed, i);
			machine_fini(&alone[i]);
			machine_fini(&together[i]);
		}
	}
}
