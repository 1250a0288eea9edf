/* SPDX-License-Identifier: MIT */
/*
 * test_migration_e2e.c - a migration by hand, on the bare model: rounds of read, clear, TLBI, SYNC
 * and copy under a device that writes; is the destination the same in the end?
 *
 * The log is that of stage 1, or of stage 2 under a nested stream whose guest has no part in it.
 * Without the TLBI, or with a copy that does not wait for the SYNC, pages have to be missed: the
 * test would not see them otherwise.
 */
#include "tests/model/fx.h"

#define PAGES     48u
#define ROUNDS    6u
#define PAGE_LG2  12u
#define DEST      (FX_DATA + UINT64_C(0x1000000))
#define NONE      UINT32_MAX
#define ALL_WRITE 300u /* writes in a round */

enum flush { FLUSH_SYNC, FLUSH_NO_TLBI, FLUSH_NO_SYNC };

struct guest {
	struct fx f;
	bool nested;
	struct sv3_prng prng;
	uint64_t value; /* of the next write */
	/* A write that is translated and has not landed; NONE: none. */
	uint32_t held_slot;
	sv3_pa held_pa;
};

static sv3_pa page_pa(unsigned int page)
{
	return FX_DATA + ((uint64_t)page << PAGE_LG2);
}

static sv3_iova page_iova(unsigned int page)
{
	return FX_IOVA + ((uint64_t)page << PAGE_LG2);
}

/* The descriptor whose dirty state is the log. */
static sv3_pa log_pte(struct guest *g, unsigned int page)
{
	return g->nested ? fx_guest_pte(&g->f, page_pa(page)) : fx_pte(&g->f, page_iova(page), 3);
}

static bool is_dirty(struct guest *g, unsigned int page)
{
	return !!(fx_peek(&g->f, log_pte(g, page)) & FX_AP2) == g->nested;
}

/* Atomic, and of one bit. */
static void clean(struct guest *g, unsigned int page)
{
	sv3_pa pte = log_pte(g, page);
	uint64_t leaf = fx_peek(&g->f, pte);

	fx_poke(&g->f, pte, g->nested ? leaf & ~FX_S2_WRITE : leaf | FX_AP2);
}

static void start(struct guest *g, bool nested, uint64_t seed)
{
	unsigned int flags = nested ? FX_NESTED | FX_S2HTTU : FX_HTTU;
	struct sv3_smmu_config config;

	fx_config(&config, flags);
	config.tlb_entries = 16; /* some entries are replaced, others get old */
	config.tlb_ways = 4;
	fx_power_on(&g->f, &config);
	fx_boot(&g->f, flags);
	g->nested = nested;
	g->held_slot = NONE;
	sv3_prng_seed(&g->prng, seed);
	for (unsigned int page = 0; page < PAGES; page++) {
		uint64_t offset = page_pa(page) - FX_DATA;

		if (nested)
			fx_s2_map(&g->f, FX_IPA(page_pa(page)), 3, FX_S2_CLEAN + offset);
		fx_map(&g->f, page_iova(page), 3,
		       (nested ? FX_LEAF + FX_GUEST : FX_CLEAN) + offset);
	}
}

static void land(struct guest *g)
{
	if (g->held_slot == NONE)
		return;
	fx_poke(&g->f, g->held_pa, ++g->value);
	sv3_smmu_finish(g->f.smmu, g->held_slot);
	sv3_fast_drain(&g->f.fast);
	g->held_slot = NONE;
}

/* One write of 8 bytes: it lands at once, or stays in flight until the next one. */
static void device_writes(struct guest *g)
{
	sv3_iova iova = page_iova((unsigned int)sv3_prng_below(&g->prng, PAGES)) +
			8 * sv3_prng_below(&g->prng, 512);
	struct sv3_txn txn = fx_txn(iova, true);
	struct sv3_result result;

	land(g);
	if (sv3_translate_hold(&g->f.fast, &txn, &g->held_slot, &result) ||
	    result.outcome != SV3_OUTCOME_OK) {
		ctest_fail(__FILE__, __LINE__, "a write of the device is refused");
		g->held_slot = NONE;
		return;
	}
	g->held_pa = result.pa;
	if (sv3_prng_below(&g->prng, 4) != 0)
		land(g);
}

static void copy(struct guest *g, unsigned int page)
{
	for (uint64_t offset = 0; offset < 0x1000; offset += 8)
		fx_poke(&g->f, DEST + (page_pa(page) - FX_DATA) + offset,
			fx_peek(&g->f, page_pa(page) + offset));
}

/* Read and clear; TLBI and SYNC; only then copy. The device writes in between. */
static void round_of(struct guest *g, enum flush flush, bool last)
{
	bool due[PAGES];

	for (unsigned int page = 0; page < PAGES; page++) {
		due[page] = is_dirty(g, page);
		if (due[page])
			clean(g, page);
		if (!last && sv3_prng_below(&g->prng, 4) == 0)
			device_writes(g);
	}
	if (flush != FLUSH_NO_TLBI)
		fx_cmd(&g->f, FX_CMD_TLBI_NSNH_ALL, 0);
	fx_cmd(&g->f, FX_CMD_SYNC, 0);
	/* The SYNC waits for what is in flight; who does not wait for the SYNC copies before it. */
	if (flush == FLUSH_SYNC)
		land(g);
	EXPECT_TRUE(flush != FLUSH_SYNC || fx_cmdq_empty(&g->f));
	for (unsigned int page = 0; page < PAGES; page++) {
		if (due[page])
			copy(g, page);
		if (!last && sv3_prng_below(&g->prng, 4) == 0)
			device_writes(g);
	}
}

/* Returns: how many pages differ in the end. */
static unsigned int migrate(bool nested, enum flush flush, uint64_t seed)
{
	struct guest g = { 0 };
	unsigned int missed = 0;

	start(&g, nested, seed);
	for (unsigned int page = 0; page < PAGES; page++)
		copy(&g, page); /* the first round sends all */
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < ALL_WRITE / ROUNDS; i++)
			device_writes(&g);
		round_of(&g, flush, false);
	}
	/* The device stops; what it began has to land, sooner or later than the last round. */
	if (flush != FLUSH_NO_SYNC)
		land(&g);
	round_of(&g, flush, true);
	land(&g);
	for (unsigned int page = 0; page < PAGES; page++)
		for (uint64_t offset = 0; offset < 0x1000; offset += 8)
			if (fx_peek(&g.f, page_pa(page) + offset) !=
			    fx_peek(&g.f, DEST + (page_pa(page) - FX_DATA) + offset)) {
				missed++;
				break;
			}
	fx_fini(&g.f);
	return missed;
}

TEST_C(e2e, migration_e2e)
{
	for (uint64_t seed = 0; seed < 8; seed++)
		EXPECT_EQ_INT(migrate(false, FLUSH_SYNC, seed), 0);
}

TEST_C(e2e, migration_e2e_by_stage_2)
{
	for (uint64_t seed = 0; seed < 8; seed++)
		EXPECT_EQ_INT(migrate(true, FLUSH_SYNC, seed), 0);
}

/* The mistakes are seen. */
TEST_C(e2e, migration_e2e_without_tlbi_misses_pages)
{
	unsigned int missed[2] = { 0 };

	for (uint64_t seed = 0; seed < 4; seed++) {
		missed[0] += migrate(false, FLUSH_NO_TLBI, seed);
		missed[1] += migrate(true, FLUSH_NO_TLBI, seed);
	}
	EXPECT_GE_U64(missed[0], 1);
	EXPECT_GE_U64(missed[1], 1);
}

TEST_C(e2e, migration_e2e_before_the_sync_misses_pages)
{
	unsigned int missed[2] = { 0 };

	for (uint64_t seed = 0; seed < 8; seed++) {
		missed[0] += migrate(false, FLUSH_NO_SYNC, seed);
		missed[1] += migrate(true, FLUSH_NO_SYNC, seed);
	}
	EXPECT_GE_U64(missed[0], 1);
	EXPECT_GE_U64(missed[1], 1);
}
