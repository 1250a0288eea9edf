/* SPDX-License-Identifier: MIT */
/*
 * test_nested_stall.c - stalls of two stages: the stage that finds the fault decides by CD.S or
 * STE.S2S, the record says which it was, and a retry looks everything up anew.
 * [IHI0070 3.12.2, 5.5]
 */
#include "tests/model/jobs.h"
#include "tests/model/nested.h"

#define RETRY (UINT64_C(1) << 12) /* Ac of CMD_RESUME */

static void boot(struct fx *f, bool s, bool s2s)
{
	struct sv3_smmu_config config;

	fx_config(&config, FX_NESTED);
	fx_power_on(f, &config);
	fx_boot(f, FX_NESTED | FX_HTTU | FX_S2HTTU);
	fx_cd(f, FX_CD, fx_cd0(12, 16, FX_HTTU) | (s ? FX_CD_S : 0), FX_IPA(f->ttb0), 0);
	fx_ste_stage2(f, FX_SID, fx_ste2(12, 25, 1, FX_S2HTTU) | (s2s ? FX_STE_S2S : 0),
		      f->s2.table);
	fx_guest(f, FX_DATA, 0x1000);
	fx_map(f, FX_IOVA, 3, S1_LEAF);
}

/* What is taken away, and which stage finds that out. */
static const struct {
	unsigned int event_class;
	bool of_stage2;
} places[] = { { 0, true }, { 1, true }, { 2, true }, { 2, false } };

static sv3_pa place_of(struct fx *f, unsigned int i)
{
	return i == 0   ? fx_guest_pte(f, FX_CD)
	       : i == 1 ? fx_guest_pte(f, fx_pte(f, FX_IOVA, 3))
	       : i == 2 ? fx_guest_pte(f, FX_DATA)
			: fx_pte(f, FX_IOVA, 3);
}

/* CD, table, output, and the stage-1 leaf x {S, S2S}: stalled or aborted; repaired and retried it
 * goes through. */
TEST_C(nested_stall, ars_matrix)
{
	for (unsigned int n = 0; n < 16; n++) {
		unsigned int i = n / 4;
		bool s = n & 1, s2s = n & 2, stalls = places[i].of_stage2 ? s2s : s;
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct jobs j = { .f = &f };
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		uint64_t descriptor;
		uint32_t slot;

		boot(&f, s, s2s);
		descriptor = fx_peek(&f, place_of(&f, i));
		fx_poke(&f, place_of(&f, i), 0);
		slot = jobs_begin(&j, &txn);
		jobs_run(&j);
		ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
		EXPECT_EQ_U64(f.event[1] >> 31 & 1, stalls);
		EXPECT_EQ_U64(f.event[1] >> 39 & 1, places[i].of_stage2);
		EXPECT_EQ_U64(f.event[1] >> 40 & 3, places[i].event_class);
		EXPECT_EQ_U64(jobs_code(&j, slot),
			      stalls ? JOBS_STALLED : FX_FAULT(FX_F_TRANSLATION));
		if (stalls) {
			fx_poke(&f, place_of(&f, i), descriptor);
			jobs_cmd(&j, 0x44 | RETRY | FX_CMD_SID(FX_SID), f.event[1] & 0xffff);
			EXPECT_EQ_U64(jobs_code(&j, slot), FX_DATA);
		}
		jobs_land(&j, slot);
		EXPECT_EQ_INT(fx_event(&f), 0);
	}
}

/* What was updated before the stall stays, and a retry updates the rest, once. */
TEST_C(nested_stall, updates_over_a_retry)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct jobs j = { .f = &f };
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	sv3_pa leaf, output;
	uint32_t slot;

	boot(&f, false, true);
	leaf = fx_map(&f, FX_IOVA, 3, (FX_CLEAN + FX_GUEST) & ~FX_AF);
	output = fx_guest_pte(&f, FX_DATA);
	fx_poke(&f, output, 0);
	slot = jobs_begin(&j, &txn);
	jobs_run(&j);
	EXPECT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
	EXPECT_EQ_U64(fx_peek(&f, leaf), FX_CLEAN + FX_GUEST);
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	fx_poke(&f, output, FX_S2_CLEAN);
	jobs_cmd(&j, 0x44 | RETRY | FX_CMD_SID(FX_SID), f.event[1] & 0xffff);
	EXPECT_EQ_U64(jobs_code(&j, slot), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, leaf), FX_DIRTY + FX_GUEST);
	EXPECT_EQ_U64(fx_peek(&f, output), FX_S2_DIRTY);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_dirty, 2);
	jobs_land(&j, slot);
}

/* A SYNC does not wait for what is stalled: nothing of it rests on the tables. [IHI0070 4.7.3] */
TEST_C(nested_stall, sync_passes_it)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct jobs j = { .f = &f };
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	uint32_t slot;

	boot(&f, false, true);
	fx_poke(&f, fx_guest_pte(&f, FX_DATA), 0);
	slot = jobs_begin(&j, &txn);
	jobs_cmd(&j, FX_CMD_TLBI_NSNH_ALL, 0);
	jobs_cmd(&j, FX_CMD_SYNC, 0);
	EXPECT_TRUE(fx_cmdq_empty(&f));
	EXPECT_EQ_U64(jobs_code(&j, slot), JOBS_STALLED);
}

/* An external abort does not stall, of neither stage. [IHI0070 7.3.12] */
TEST_C(nested_stall, walk_eabt_does_not_stall)
{
	for (unsigned int stage2 = 0; stage2 < 2; stage2++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct jobs j = { .f = &f };
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		uint32_t slot;

		boot(&f, true, true);
		if (stage2)
			fx_s2_map(&f, FX_IPA(FX_DATA), 2, FX_NOWHERE | FX_TABLE);
		else
			fx_poke(&f, fx_guest_pte(&f, fx_pte(&f, FX_IOVA, 3)),
				FX_NOWHERE | FX_S2_RW);
		slot = jobs_begin(&j, &txn);
		EXPECT_EQ_U64(jobs_code(&j, slot), FX_FAULT(FX_F_WALK_EABT));
		jobs_land(&j, slot);
	}
}
