/* SPDX-License-Identifier: MIT */
/*
 * test_tbu.c - has each TBU a TLB of its own, in front of one configuration cache, one walk cache
 * and one set of commands? [IHI0070 3.21.1, 16.2]
 */
#include "tests/model/fx.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define S1_LEAF   (FX_LEAF + FX_GUEST)
#define TLBI_PAGE (FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1))
#define PAGES     9u

/* An SMMU with @tbu_count TBUs, each with a TLB of one set of @tlb_entries, and pages from FX_IOVA
 * on. */
static void make(struct fx *f, unsigned int flags, uint32_t tbu_count, uint32_t tlb_entries)
{
	struct sv3_smmu_config config;

	fx_config(&config, flags);
	config.tbu_count = tbu_count;
	config.tlb_entries = config.tlb_ways = tlb_entries;
	fx_power_on(f, &config);
	fx_boot(f, flags);
	for (unsigned int i = 0; i < PAGES; i++)
		fx_map(f, FX_IOVA + i * 0x1000, 3, FX_LEAF + i * 0x1000);
}

#define TBUS(name, flags, count, entries)                 \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	make(&name, flags, count, entries)

static struct sv3_txn txn_of(uint32_t tbu_index, sv3_iova iova)
{
	struct sv3_txn txn = fx_txn(iova, false);

	txn.tbu_index = (uint8_t)tbu_index;
	return txn;
}

/* Read by the runner. Returns whether the TLB answered. */
static bool hits(struct fx *f, uint32_t tbu_index, sv3_iova iova)
{
	struct sv3_txn txn = txn_of(tbu_index, iova);

	EXPECT_EQ_U64(fx_go(f, &txn), FX_DATA + (iova - FX_IOVA));
	return (f->result.flags & SV3_RESULT_TLB_HIT) != 0;
}

/* The same, always by a slot. */
static bool hits_by_slot(struct fx *f, uint32_t tbu_index, sv3_iova iova)
{
	struct sv3_txn txn = txn_of(tbu_index, iova);

	fx_begin(f, &txn);
	EXPECT_EQ_U64(fx_run(f), FX_DATA + (iova - FX_IOVA));
	fx_land(f);
	return (f->result.flags & SV3_RESULT_TLB_HIT) != 0;
}

static bool peeks(struct fx *f, uint32_t tbu_index, sv3_iova iova)
{
	struct sv3_txn txn = txn_of(tbu_index, iova);
	struct sv3_tlb_info info;

	return sv3_smmu_peek_tlb(f->smmu, &txn, &info);
}

static bool tries(struct fx *f, uint32_t tbu_index, sv3_iova iova)
{
	struct sv3_txn txn = txn_of(tbu_index, iova);

	return sv3_smmu_try(f->smmu, &txn, &f->result) == 0;
}

/* Whichever way a transaction takes. */
TEST_C(tbu, one_does_not_see_what_another_has_filled)
{
	TBUS(f, 0, 3, 8);

	EXPECT_FALSE(hits(&f, 1, FX_IOVA));
	EXPECT_FALSE(peeks(&f, 0, FX_IOVA) || peeks(&f, 2, FX_IOVA));
	EXPECT_FALSE(tries(&f, 0, FX_IOVA) || tries(&f, 2, FX_IOVA));
	EXPECT_TRUE(peeks(&f, 1, FX_IOVA) && tries(&f, 1, FX_IOVA));
	EXPECT_TRUE(hits_by_slot(&f, 1, FX_IOVA));
	EXPECT_FALSE(hits_by_slot(&f, 2, FX_IOVA));
	EXPECT_TRUE(hits(&f, 2, FX_IOVA) && !peeks(&f, 0, FX_IOVA));
}

/* The last of the largest number of them, too. */
TEST_C(tbu, there_may_be_sixteen)
{
	TBUS(f, 0, 16, 1);

	for (uint32_t tbu = 0; tbu < 16; tbu++)
		EXPECT_FALSE(hits(&f, tbu, FX_IOVA + (tbu & 7) * 0x1000));
	for (uint32_t tbu = 0; tbu < 16; tbu++)
		EXPECT_TRUE(hits(&f, tbu, FX_IOVA + (tbu & 7) * 0x1000));
}

/* What stands behind them is there once: the second to come reads one descriptor and no CD. */
TEST_C(tbu, all_share_walk_cache_and_configuration_cache)
{
	TBUS(f, 0, 2, 8);

	EXPECT_FALSE(hits(&f, 0, FX_IOVA));
	EXPECT_EQ_U64(f.result.walk_reads, 4);
	EXPECT_FALSE(hits(&f, 1, FX_IOVA));
	EXPECT_EQ_U64(f.result.walk_reads, 1);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->config_misses, 1);
}

TEST_C(tbu, one_invalidation_reaches_all)
{
	static const uint64_t commands[][2] = {
		{ TLBI_PAGE, FX_IOVA },
		{ TLBI_PAGE, FX_IOVA | 1 },
		{ FX_CMD_TLBI_NH_VAA, FX_IOVA },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(1), 0 },
		{ FX_CMD_TLBI_NH_ALL, 0 },
		{ FX_CMD_TLBI_NSNH_ALL, 0 },
		/* a range wider than a TLB has sets: TG 4K, NUM 7, SCALE 0 */
		{ TLBI_PAGE | UINT64_C(7) << 12, FX_IOVA | UINT64_C(1) << 10 },
	};

	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		TBUS(f, 0, 4, 8);

		for (uint32_t tbu = 0; tbu < 4; tbu++)
			hits(&f, tbu, FX_IOVA);
		fx_cmd(&f, commands[i][0], commands[i][1]);
		ASSERT_TRUE(fx_sync(&f));
		for (uint32_t tbu = 0; tbu < 4; tbu++)
			if (peeks(&f, tbu, FX_IOVA))
				FAIL_C("command %u left the entry of TBU %u", i, tbu);
	}
}

/* An address that is not named stays in all of them, though it is in the same set. */
TEST_C(tbu, invalidation_takes_no_more_from_one_than_from_another)
{
	TBUS(f, 0, 2, 8);

	for (uint32_t tbu = 0; tbu < 2; tbu++)
		for (uint32_t page = 0; page < 2; page++)
			hits(&f, tbu, FX_IOVA + page * 0x1000);
	fx_cmd(&f, TLBI_PAGE, FX_IOVA);
	ASSERT_TRUE(fx_sync(&f));
	for (uint32_t tbu = 0; tbu < 2; tbu++)
		EXPECT_TRUE(!peeks(&f, tbu, FX_IOVA) && peeks(&f, tbu, FX_IOVA + 0x1000));
}

TEST_C(tbu, one_that_replaces_disturbs_no_other)
{
	TBUS(f, 0, 2, 2);

	hits(&f, 0, FX_IOVA);
	hits(&f, 0, FX_IOVA + 0x1000);
	for (uint32_t page = 0; page < PAGES; page++)
		EXPECT_FALSE(hits(&f, 1, FX_IOVA + page * 0x1000));
	/* nor does it make anything young or old there: page 0 goes next */
	EXPECT_FALSE(hits(&f, 0, FX_IOVA + 0x2000));
	EXPECT_TRUE(!peeks(&f, 0, FX_IOVA) && peeks(&f, 0, FX_IOVA + 0x1000));
	EXPECT_TRUE(peeks(&f, 1, FX_IOVA + 0x7000) && peeks(&f, 1, FX_IOVA + 0x8000));
}

/* Each TBU counts as refills what was taken from its own TLB. */
TEST_C(tbu, refills_are_known_for_each)
{
	TBUS(f, 0, 3, 8);

	hits(&f, 0, FX_IOVA);
	hits(&f, 1, FX_IOVA);
	fx_cmd(&f, TLBI_PAGE, FX_IOVA);
	ASSERT_TRUE(fx_sync(&f));
	hits(&f, 2, FX_IOVA); /* never had it */
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlb_refills, 0);
	hits(&f, 1, FX_IOVA);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlb_refills, 1);
	hits(&f, 0, FX_IOVA);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlb_refills, 2);
}

/* What stage 2 alone translated is with the TBU that asked for it: the second to come finds no
 * leaf of stage 2, and the next table from the walk cache. */
TEST_C(tbu, entries_of_stage_2_alone_are_its_own)
{
	struct sv3_smmu_config config;
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_txn txn = txn_of(0, FX_IOVA);

	fx_config(&config, FX_NESTED);
	config.tbu_count = 2;
	fx_power_on(&f, &config);
	fx_boot(&f, FX_NESTED);
	fx_map(&f, FX_IOVA, 3, S1_LEAF);
	fx_map(&f, FX_IOVA + 0x1000, 3, S1_LEAF + 0x1000);
	fx_guest(&f, FX_DATA, 0x2000);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	/* the stage-1 table is in its TLB; one leaf of each stage */
	txn.iova += 0x1000;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA + 0x1000);
	EXPECT_EQ_U64(f.result.walk_reads, 2);
	/* one leaf of stage 2 for the table more */
	txn.tbu_index = 1;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA + 0x1000);
	EXPECT_EQ_U64(f.result.walk_reads, 3);
}

/* IMPDEF(I-107) A command names no TBU. */
TEST_C(tbu, prefetch_fills_the_first)
{
	TBUS(f, 0, 2, 8);

	fx_cmd(&f, UINT64_C(0x02) | FX_CMD_SID(FX_SID), FX_IOVA);
	ASSERT_TRUE(fx_sync(&f));
	EXPECT_TRUE(peeks(&f, 0, FX_IOVA) && !peeks(&f, 1, FX_IOVA));
	EXPECT_FALSE(hits(&f, 1, FX_IOVA));
	EXPECT_EQ_U64(f.result.walk_reads, 1);
}

/* The embedder's mistake; what only tries has no answer. */
TEST_C(tbu, one_that_does_not_exist_is_asserted)
{
	TBUS(whole, 0, 2, 8);

	hits(&whole, 0, FX_IOVA);
	EXPECT_FALSE(tries(&whole, 2, FX_IOVA) || tries(&whole, 255, FX_IOVA));
	for (unsigned int way = 0; way < 2; way++) {
		pid_t child = fork();
		int status = 0;

		if (child == 0) {
			TBUS(f, 0, 2, 8);

			close(STDERR_FILENO);
			if (way == 0)
				hits_by_slot(&f, 2, FX_IOVA);
			else
				peeks(&f, 2, FX_IOVA);
			_exit(0);
		}
		ASSERT_EQ_INT(waitpid(child, &status, 0), child);
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}
