/* SPDX-License-Identifier: MIT */
/*
 * test_entries.c - what changed descriptors owe: each rule is broken once by hand, and kept once in
 * the same run.
 */
#include "monitor_fx.h"

/* --- clean, TLBI, SYNC, copy --- */

TEST_C(monitor_entries, cleaning_in_order_is_silent)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_clean(fx, 0);
	mon_tlbi(fx, 0);
	mon_sync_wait(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->changes, 1);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->owed, 0);
	mon_close(fx);
}

TEST_C(monitor_entries, a_copy_without_tlbi_is_named_with_its_places)
{
	struct mon *fx = mon_open(&mon_plain);
	const struct sv3_monitor_finding *finding;
	uint64_t changed;

	mon_map(fx, 3);
	changed = fx->steps + 1;
	mon_clean(fx, 2);
	mon_sync_wait(fx);
	mon_copy(fx, 2);
	EXPECT_EQ_U64(mon_findings(fx), 0); /* a later copy may make it good */
	sv3_monitor_finish(fx->monitor);
	finding = sv3_monitor_finding(fx->monitor, 0);
	ASSERT_TRUE(finding != NULL);
	EXPECT_EQ_INT(finding->rule, SV3_MONITOR_MISSING_TLBI);
	EXPECT_EQ_INT(finding->change, SV3_CHANGE_CLEANED);
	EXPECT_EQ_U64(finding->stream_id, FX_SID);
	EXPECT_EQ_U64(finding->asid, FX_ASID);
	EXPECT_EQ_U64(finding->level, 3);
	EXPECT_EQ_U64(finding->input, 0x2000);
	EXPECT_EQ_U64(finding->pa, FX_L3 + 16);
	EXPECT_EQ_U64(finding->changed, changed);
	EXPECT_EQ_U64(finding->found, fx->steps);
	EXPECT_EQ_U64(finding->before, FX_DIRTY(FX_DATA + 0x2000));
	EXPECT_EQ_U64(finding->now, FX_CLEAN(FX_DATA + 0x2000));
	EXPECT_EQ_U64(mon_findings(fx), 1);
	mon_close(fx);
}

TEST_C(monitor_entries, nothing_is_found_twice)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_clean(fx, 0);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 1);
	mon_close(fx);
}

TEST_C(monitor_entries, a_later_copy_makes_an_early_one_good)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_clean(fx, 0);
	mon_tlbi(fx, 0);
	mon_sync(fx);
	mon_ring(fx);
	mon_copy(fx, 0);
	mon_consume(fx);
	mon_look(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

TEST_C(monitor_entries, a_copy_before_the_sync_is_named)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_clean(fx, 0);
	mon_tlbi(fx, 0);
	mon_sync(fx);
	mon_ring(fx);
	mon_copy(fx, 0);
	mon_consume(fx);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_COPY_BEFORE_SYNC), 1);
	EXPECT_EQ_U64(mon_findings(fx), 1);
	mon_close(fx);
}

TEST_C(monitor_entries, a_tlbi_is_complete_only_with_a_sync_behind_it)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_clean(fx, 0);
	mon_sync(fx);
	mon_tlbi(fx, 0);
	mon_ring(fx);
	mon_consume(fx);
	mon_look(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_COPY_BEFORE_SYNC), 1);
	mon_close(fx);
}

TEST_C(monitor_entries, a_sync_may_have_to_be_read_as_consumed)
{
	const struct mon_config config = { .sync_is_read = true };
	struct mon *fx = mon_open(&config);

	mon_clean(fx, 0);
	mon_tlbi(fx, 0);
	mon_sync(fx);
	mon_ring(fx);
	mon_consume(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_COPY_BEFORE_SYNC), 1);
	mon_close(fx);
}

TEST_C(monitor_entries, a_tlbi_of_another_address_asid_or_level_does_not_pay)
{
	const uint64_t commands[][2] = {
		{ 0x12 | FX_ASID << 48, 0x1000 | 1 },
		{ 0x12 | (FX_ASID + 1) << 48, 1 },
		{ 0x11 | (FX_ASID + 1) << 48, 0 },
		/* a range with a hint of level 2, and one of another granule */
		{ 0x12 | 31u << 12 | FX_ASID << 48, 1u << 10 | 2u << 8 | 1 },
		{ 0x12 | 31u << 12 | FX_ASID << 48, 3u << 10 | 1 },
		{ 0x20, 0 },
		{ 0x03, 0 },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct mon *fx = mon_open(&mon_plain);

		mon_clean(fx, 0);
		mon_push(fx, commands[i][0], commands[i][1]);
		mon_sync_wait(fx);
		mon_copy(fx, 0);
		sv3_monitor_finish(fx->monitor);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_TLBI), 1);
		mon_close(fx);
	}
}

TEST_C(monitor_entries, any_tlbi_that_names_it_pays)
{
	const uint64_t commands[][2] = {
		{ 0x12 | FX_ASID << 48, 0 },
		{ 0x12 | FX_ASID << 48, 1 },
		{ 0x13, 1 },
		{ 0x11 | FX_ASID << 48, 0 },
		{ 0x10, 0 },
		{ 0x30, 0 },
		{ 0x28, 0 },
		{ 0x12 | 1u << 12 | FX_ASID << 48, 1u << 10 | 1 },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct mon *fx = mon_open(&mon_plain);

		mon_clean(fx, 0);
		mon_push(fx, commands[i][0], commands[i][1]);
		mon_sync_wait(fx);
		mon_copy(fx, 0);
		sv3_monitor_finish(fx->monitor);
		EXPECT_EQ_U64(mon_findings(fx), 0);
		mon_close(fx);
	}
}

TEST_C(monitor_entries, the_range_of_many_is_paid_by_one_command_and_by_each)
{
	for (int by_range = 0; by_range < 2; by_range++) {
		struct mon *fx = mon_open(&mon_plain);

		mon_map(fx, 4);
		for (uint64_t page = 0; page < 4; page++)
			mon_clean(fx, page);
		if (by_range)
			mon_tlbi_range(fx, 0, 4);
		for (uint64_t page = 0; !by_range && page < 4; page++)
			mon_tlbi(fx, page << 12);
		mon_sync_wait(fx);
		sv3_monitor_copied(fx->monitor, FX_DATA, 4 * 4096);
		sv3_monitor_finish(fx->monitor);
		EXPECT_EQ_U64(mon_findings(fx), 0);
		mon_close(fx);
	}
}

TEST_C(monitor_entries, neighbours_are_one_finding)
{
	struct mon *fx = mon_open(&mon_plain);
	const struct sv3_monitor_finding *finding;

	mon_map(fx, 4);
	for (uint64_t page = 0; page < 4; page++)
		mon_clean(fx, page);
	sv3_monitor_copied(fx->monitor, FX_DATA, 4 * 4096);
	sv3_monitor_finish(fx->monitor);
	finding = sv3_monitor_finding(fx->monitor, 0);
	ASSERT_TRUE(finding != NULL);
	EXPECT_EQ_U64(finding->count, 4);
	EXPECT_EQ_U64(finding->first, 0);
	EXPECT_EQ_U64(finding->last, 0x3fff);
	EXPECT_TRUE(sv3_monitor_finding(fx->monitor, 1) == NULL);
	mon_close(fx);
}

TEST_C(monitor_entries, the_first_time_is_told_whatever_the_order)
{
	struct mon *fx = mon_open(&mon_plain);
	const struct sv3_monitor_finding *finding;
	uint64_t first;

	mon_map(fx, 3);
	mon_clean(fx, 1);
	mon_clean(fx, 2);
	mon_copy(fx, 1);
	first = fx->steps;
	mon_copy(fx, 2);
	mon_dma(fx, 0x1010, FX_DATA + 0x1010, true);
	sv3_monitor_finish(fx->monitor);
	finding = sv3_monitor_finding(fx->monitor, 0);
	ASSERT_TRUE(finding != NULL);
	EXPECT_EQ_U64(finding->found, first);
	EXPECT_EQ_U64(finding->input, 0x1000);
	EXPECT_EQ_U64(finding->count, 2);
	finding = sv3_monitor_finding(fx->monitor, 1);
	ASSERT_TRUE(finding != NULL);
	EXPECT_EQ_INT(finding->rule, SV3_MONITOR_DMA_STALE);
	EXPECT_EQ_U64(finding->found, fx->steps);
	mon_close(fx);
}

TEST_C(monitor_entries, of_what_is_found_at_once_the_first_change_is_told)
{
	struct mon *fx = mon_open(&mon_plain);
	const struct sv3_monitor_finding *finding;
	uint64_t first;

	mon_map(fx, 3);
	mon_clean(fx, 1);
	first = fx->steps;
	mon_clean(fx, 2);
	mon_clean(fx, 0);
	sv3_monitor_copied(fx->monitor, FX_DATA, 3 * 4096);
	sv3_monitor_finish(fx->monitor);
	finding = sv3_monitor_finding(fx->monitor, 0);
	ASSERT_TRUE(finding != NULL);
	EXPECT_EQ_U64(finding->count, 3);
	EXPECT_EQ_U64(finding->changed, first);
	EXPECT_EQ_U64(finding->input, 0x1000);
	mon_close(fx);
}

TEST_C(monitor_entries, a_tlbi_before_the_change_is_told_from_none)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_tlbi(fx, 0);
	mon_ring(fx);
	mon_clean(fx, 0);
	mon_sync_wait(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_TLBI_BEFORE), 1);
	EXPECT_EQ_U64(mon_findings(fx), 1);
	mon_close(fx);
}

TEST_C(monitor_entries, a_tlbi_that_is_not_rung_before_the_change_counts)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_tlbi(fx, 0);
	mon_clean(fx, 0);
	mon_sync_wait(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

/* --- what owes nothing --- */

TEST_C(monitor_entries, what_allows_more_owes_nothing)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_clean(fx, 0);
	mon_tlbi(fx, 0);
	mon_sync_wait(fx);
	mon_store(fx, FX_L3, FX_DIRTY(FX_DATA));              /* dirtied by software */
	mon_store(fx, FX_L3 + 8, FX_DIRTY(FX_DATA + 0x1000)); /* a new one */
	mon_store(fx, 0x2f000, FX_DIRTY(FX_DATA));            /* no table */
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->changes, 1);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

TEST_C(monitor_entries, a_table_that_nothing_leads_to_is_memory)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_store(fx, FX_L2, 0);
	mon_push(fx, 0x30, 0);
	mon_sync_wait(fx);
	mon_store(fx, FX_L3, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->changes, 1);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

TEST_C(monitor_entries, what_was_restricted_and_never_invalidated_is_named_at_the_end)
{
	struct mon *fx = mon_open(&mon_plain);

	/* read-only: DBM = 0, AP[2] = 1 */
	mon_store(fx, FX_L3, FX_CLEAN(FX_DATA) & ~(UINT64_C(1) << 51));
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_TLBI), 1);
	mon_close(fx);
}

/* --- DMA --- */

TEST_C(monitor_entries, a_write_behind_an_early_copy_is_named)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_clean(fx, 0);
	mon_copy(fx, 0);
	mon_dma(fx, 0x10, FX_DATA + 0x10, true);
	mon_dma(fx, 0x20, FX_DATA + 0x20, true);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_TLBI), 1);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_DMA_STALE), 1);
	mon_close(fx);
}

TEST_C(monitor_entries, a_write_that_makes_memory_dirty_again_is_not_through_a_stale_entry)
{
	for (int walks = 0; walks < 2; walks++) {
		struct mon *fx = mon_open(&mon_plain);
		uint8_t dirty[8];

		mon_clean(fx, 0);
		mon_copy(fx, 0);
		sv3_put_le64(dirty, FX_DIRTY(FX_DATA));
		if (walks) /* hardware's update, past the door of software */
			EXPECT_EQ_INT(sv3_bus_write(&fx->bus_door.bus, FX_L3, dirty, 8),
				      SV3_BUS_OK);
		mon_dma(fx, 0x10, FX_DATA + 0x10, !walks);
		sv3_monitor_finish(fx->monitor);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_TLBI), 1);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_DMA_STALE), walks ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_entries, writes_between_clean_and_copy_are_as_they_should_be)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_clean(fx, 0);
	mon_dma(fx, 0x10, FX_DATA + 0x10, true);
	mon_tlbi(fx, 0);
	mon_sync_wait(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

TEST_C(monitor_entries, access_to_what_its_owner_unmapped_is_named)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_store(fx, FX_L3, 0);
	mon_dma(fx, 0x10, FX_DATA + 0x10, true);
	EXPECT_EQ_U64(mon_findings(fx), 0); /* software may only break it for a moment */
	sv3_monitor_unmapped(fx->monitor, FX_SID, 0, 4096);
	mon_dma(fx, 0x10, FX_DATA + 0x10, true);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_USE_AFTER_UNMAP), 1);
	EXPECT_EQ_U64(mon_findings(fx), 1);
	mon_close(fx);
}

TEST_C(monitor_entries, memory_given_away_too_early_is_named)
{
	for (int late = 0; late < 2; late++) {
		struct mon *fx = mon_open(&mon_plain);

		mon_store(fx, FX_L3, 0);
		if (late) {
			mon_tlbi(fx, 0);
			mon_sync_wait(fx);
		}
		sv3_monitor_freed(fx->monitor, FX_DATA, 4096);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_FREED_EARLY), late ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_entries, a_table_given_away_too_early_is_named)
{
	for (int late = 0; late < 2; late++) {
		struct mon *fx = mon_open(&mon_plain);

		mon_store(fx, FX_L2, 0);
		if (late) {
			mon_push(fx, 0x11 | FX_ASID << 48, 0);
			mon_sync_wait(fx);
		}
		sv3_monitor_freed(fx->monitor, FX_L3, 4096);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_FREED_EARLY), late ? 0 : 1);
		EXPECT_EQ_U64(mon_findings(fx), late ? 0 : 1);
		mon_close(fx);
	}
}

/* Whole tables go without a store, behind a TLBI of their ASID. */
TEST_C(monitor_entries, memory_of_tables_that_was_given_away_is_memory)
{
	struct mon *fx = mon_open(&mon_plain);

	sv3_monitor_freed(fx->monitor, FX_L3, 4096);
	mon_store(fx, FX_L3, 0x1234567);
	mon_store(fx, FX_L3, FX_DIRTY(FX_DATA + 0x7000));
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->changes, 0);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

TEST_C(monitor_entries, a_table_that_is_walked_again_is_one_again)
{
	struct mon *fx = mon_open(&mon_plain);

	sv3_monitor_freed(fx->monitor, FX_L3, 4096);
	mon_map(fx, 1);
	mon_clean(fx, 0);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->changes, 1);
	mon_close(fx);
}

TEST_C(monitor_entries, a_tlbi_before_a_recorded_unmap_is_forgiven_once)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_tlbi(fx, 0);
	mon_sync_wait(fx);
	mon_store(fx, FX_L3, 0);
	sv3_monitor_forgive(fx->monitor, FX_SID, 0, 4096);
	mon_store(fx, FX_L3, FX_DIRTY(FX_DATA + 0x5000));
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_store(fx, FX_L3, 0);
	sv3_monitor_forgive(fx->monitor, FX_SID, 0, 4096);
	mon_store(fx, FX_L3, FX_DIRTY(FX_DATA));
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_BBM), 1);
	mon_close(fx);
}

/* --- stores that are not seen --- */

TEST_C(monitor_entries, hidden_stores_are_found_by_comparing)
{
	const struct mon_config config = { .hidden = true };

	for (int invalidates = 0; invalidates < 2; invalidates++) {
		struct mon *fx = mon_open(&config);

		mon_clean(fx, 0);
		if (invalidates)
			mon_tlbi(fx, 0);
		mon_sync_wait(fx);
		mon_copy(fx, 0);
		sv3_monitor_finish(fx->monitor);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_TLBI), invalidates ? 0 : 1);
		EXPECT_EQ_U64(mon_findings(fx), invalidates ? 0 : 1);
		mon_close(fx);
	}
}

/* --- copies of the monitor --- */

/* What was learned, owed and found goes back with it. */
TEST_C(monitor_entries, a_monitor_goes_back_to_what_it_was)
{
	struct mon *fx = mon_open(&mon_plain), *saved = mon_open(&mon_plain);

	mon_clean(fx, 0);
	ASSERT_OK(sv3_monitor_copy(saved->monitor, fx->monitor));
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 1);
	ASSERT_OK(sv3_monitor_copy(fx->monitor, saved->monitor));
	EXPECT_EQ_U64(mon_findings(fx), 0);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->owed, 1);
	fx->prod = 0;
	mon_tlbi(fx, 0);
	mon_sync_wait(fx);
	mon_copy(fx, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(saved);
	mon_close(fx);
}

TEST_C(monitor_entries, a_copy_needs_the_same_sizes)
{
	const struct mon_config small = { .owed_count = 64 };
	struct mon *fx = mon_open(&mon_plain), *other = mon_open(&small);

	EXPECT_EQ_INT(sv3_monitor_copy(other->monitor, fx->monitor), -SV3_ERR_INVAL);
	mon_close(other);
	mon_close(fx);
}

/* --- limits --- */

TEST_C(monitor_entries, what_does_not_fit_is_counted_and_not_found)
{
	const struct mon_config config = { .owed_count = 2 };
	struct mon *fx = mon_open(&config);

	mon_map(fx, 4);
	for (uint64_t page = 0; page < 4; page++)
		mon_clean(fx, page);
	sv3_monitor_copied(fx->monitor, FX_DATA, 4 * 4096);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_TLBI), 2);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->changes_lost, 2);
	mon_close(fx);
}

TEST_C(monitor_entries, findings_beyond_their_number_are_counted)
{
	const struct mon_config config = { .finding_count = 1 };
	struct mon *fx = mon_open(&config);

	mon_store(fx, FX_L3, FX_DIRTY(FX_DATA + 0x5000));
	mon_write_reg(fx, 0x80, 8, 0x40000);
	EXPECT_TRUE(sv3_monitor_finding(fx->monitor, 1) == NULL);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->findings_lost, 1);
	mon_close(fx);
}

/* --- for who compares --- */

TEST_C(monitor_entries, areas_are_named_as_they_are_met)
{
	struct mon *fx = mon_open(&mon_plain);
	const sv3_pa expected[] = { FX_STRTAB, FX_CDS + 64 * FX_SID, FX_L0, FX_L1, FX_L2, FX_L3 };
	uint64_t len;
	sv3_pa pa;

	for (uint32_t i = 0; i < 6; i++) {
		ASSERT_TRUE(sv3_monitor_area(fx->monitor, i, &pa, &len));
		EXPECT_EQ_U64(pa, expected[i]);
		EXPECT_EQ_U64(len, i == 0 ? 1024 : i == 1 ? 64 : 4096);
	}
	EXPECT_TRUE(!sv3_monitor_area(fx->monitor, 6, &pa, &len));
	mon_close(fx);
}
