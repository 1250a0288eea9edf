/* SPDX-License-Identifier: MIT */
/*
 * test_break.c - break-before-make, changes of size, and devices behind an ATC.
 */
#include "monitor_fx.h"

/* --- break before make --- */

TEST_C(monitor_break, another_output_at_once_is_named)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_store(fx, FX_L3, FX_DIRTY(FX_DATA + 0x5000));
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_BBM), 1);
	EXPECT_EQ_U64(mon_findings(fx), 1);
	mon_close(fx);
}

TEST_C(monitor_break, other_attributes_at_once_are_named)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_store(fx, FX_L3, FX_DIRTY(FX_DATA) | 1u << 2); /* AttrIndx */
	mon_push(fx, 0x30, 0);
	mon_sync_wait(fx);
	mon_store(fx, FX_L3, (FX_DIRTY(FX_DATA) | 1u << 2) & ~(UINT64_C(1) << 11)); /* nG */
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_BBM), 2);
	mon_close(fx);
}

TEST_C(monitor_break, break_invalidate_make_is_silent_and_without_the_middle_named)
{
	for (int invalidates = 0; invalidates < 2; invalidates++) {
		struct mon *fx = mon_open(&mon_plain);

		mon_store(fx, FX_L3, 0);
		if (invalidates) {
			mon_tlbi(fx, 0);
			mon_sync_wait(fx);
		}
		mon_store(fx, FX_L3, FX_DIRTY(FX_DATA + 0x5000));
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_BBM), invalidates ? 0 : 1);
		mon_dma(fx, 0, FX_DATA, true);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_DMA_STALE), invalidates ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_break, the_same_mapping_made_again_needs_no_break)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_store(fx, FX_L3, 0);
	mon_store(fx, FX_L3, FX_DIRTY(FX_DATA));
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

/* A block of level 2 at 0x200000, used by the device. */
static void map_block(struct mon *fx)
{
	mon_store(fx, FX_L2 + 8, FX_BLOCK(UINT64_C(0xa00000)));
	mon_dma(fx, 0x200000, 0xa00000, false);
}

TEST_C(monitor_break, a_split_at_once_is_right_at_level_2_of_support_only)
{
	for (unsigned int bbml = 0; bbml < 3; bbml++) {
		const struct mon_config config = { .bbml = bbml };
		struct mon *fx = mon_open(&config);

		map_block(fx);
		mon_store(fx, FX_L2 + 8, FX_TABLE(UINT64_C(0x24000)));
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_BBM), bbml == 2 ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_break, a_split_by_nt_waits_for_its_tlbi)
{
	const struct mon_config config = { .bbml = 1 };

	for (int waits = 0; waits < 2; waits++) {
		struct mon *fx = mon_open(&config);

		map_block(fx);
		mon_store(fx, FX_L2 + 8, FX_BLOCK(UINT64_C(0xa00000)) | FX_NT);
		if (waits) {
			mon_tlbi(fx, 0x200000);
			mon_sync_wait(fx);
		}
		mon_store(fx, FX_L2 + 8, FX_TABLE(UINT64_C(0x24000)));
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_BBM), waits ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_break, a_table_taken_out_owes_all_of_its_span_and_not_leaf_only)
{
	struct {
		uint64_t pages;
		unsigned int scale;
		bool leaf, pays;
	} const rows[] = { { 32, 4, false, true },
			   { 32, 4, true, false },
			   { 16, 4, false, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mon *fx = mon_open(&mon_plain);

		mon_store(fx, FX_L2, 0);
		mon_push(fx, 0x12 | (rows[i].pages - 1) << 12 | rows[i].scale << 20 | FX_ASID << 48,
			 1u << 10 | rows[i].leaf);
		mon_sync_wait(fx);
		sv3_monitor_finish(fx->monitor);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_TLBI), rows[i].pays ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_break, a_merge_at_level_1_of_support_has_nt)
{
	const struct mon_config config = { .bbml = 1 };

	for (int nt = 0; nt < 2; nt++) {
		struct mon *fx = mon_open(&config);

		mon_store(fx, FX_L2, FX_BLOCK(FX_DATA) | (nt ? FX_NT : 0));
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_BBM), nt ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_break, a_table_that_was_replaced_is_memory)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_store(fx, FX_L2, FX_TABLE(UINT64_C(0x24000)));
	mon_push(fx, 0x30, 0);
	mon_sync_wait(fx);
	mon_store(fx, FX_L3, 0x1234);
	mon_store(fx, FX_L3, FX_DIRTY(FX_DATA + 0x5000));
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->changes, 1);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

/* --- devices behind an ATC --- */

static const struct mon_config with_ats = { .ats = true };

TEST_C(monitor_break, tlbi_sync_atc_inv_sync_is_silent)
{
	struct mon *fx = mon_open(&with_ats);

	mon_clean(fx, 0);
	mon_tlbi(fx, 0);
	mon_sync(fx);
	mon_atc_inv(fx, FX_SID, 0);
	mon_sync_wait(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

TEST_C(monitor_break, an_atc_that_is_left_out_is_named)
{
	struct mon *fx = mon_open(&with_ats);

	mon_clean(fx, 0);
	mon_tlbi(fx, 0);
	mon_sync_wait(fx);
	mon_atc_inv(fx, FX_SID + 1, 0);
	mon_atc_inv(fx, FX_SID, 0x1000);
	mon_sync_wait(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_ATC_INV), 1);
	EXPECT_EQ_U64(mon_findings(fx), 1);
	mon_close(fx);
}

TEST_C(monitor_break, an_atc_that_is_invalidated_before_the_tlb_is_named)
{
	struct mon *fx = mon_open(&with_ats);

	mon_clean(fx, 0);
	mon_tlbi(fx, 0);
	mon_atc_inv(fx, FX_SID, 0);
	mon_sync_wait(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_ATC_INV_EARLY), 1);
	EXPECT_EQ_U64(mon_findings(fx), 1);
	mon_close(fx);
}

TEST_C(monitor_break, a_copy_before_the_sync_of_atc_inv_is_named)
{
	struct mon *fx = mon_open(&with_ats);

	mon_clean(fx, 0);
	mon_tlbi(fx, 0);
	mon_sync_wait(fx);
	mon_atc_inv(fx, FX_SID, 0);
	mon_ring(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_COPY_BEFORE_SYNC), 1);
	mon_close(fx);
}
