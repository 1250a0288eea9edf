/* SPDX-License-Identifier: MIT */
/*
 * test_ats_endpoint.c - does the endpoint ask for what it needs and no more, give up what it is
 * told to give up, and neither write nor wait where it must not?
 */
#include "ats_script.h"

/* --- asking and using --- */

TEST_C(ats_endpoint, the_first_access_asks_and_the_next_uses_what_it_got)
{
	FX_MADE(fx);

	grants(&fx, 0x5000, 0x80005000, 12, R);
	EXPECT_EQ_INT(reads(&fx, 0x5010), SV3_ACCESS_OK);
	ASSERT_EQ_U64(fx.txn_count, 2);
	EXPECT_EQ_INT(fx.txns[0].kind, SV3_TXN_ATS_REQUEST);
	EXPECT_EQ_U64(fx.txns[0].iova, 0x5000);
	EXPECT_EQ_U64(fx.txns[0].stream_id, SID);
	EXPECT_EQ_INT(fx.txns[1].kind, SV3_TXN_ATS_TRANSLATED);
	EXPECT_EQ_U64(fx.txns[1].iova, 0x80005010);
	EXPECT_EQ_U64(fx.txns[1].stream_id, SID);
	EXPECT_EQ_INT(reads(&fx, 0x5ff8), SV3_ACCESS_OK);
	ASSERT_EQ_U64(fx.txn_count, 3);
	EXPECT_EQ_INT(fx.txns[2].kind, SV3_TXN_ATS_TRANSLATED);
	EXPECT_EQ_U64(fx.txns[2].iova, 0x80005ff8);
	EXPECT_EQ_U64(sv3_ats_endpoint_stats(&fx.device)->hits, 1);
	EXPECT_EQ_U64(sv3_ats_endpoint_stats(&fx.device)->requests, 1);
}

TEST_C(ats_endpoint, a_grant_is_used_up_to_its_ends_and_no_farther)
{
	FX_MADE(fx);

	grants(&fx, 0x40200000, 0x80200000, 21, R);
	grants(&fx, 0x40000000, 0x90000000, 12, R);
	grants(&fx, 0x40400000, 0x90001000, 12, R);
	EXPECT_EQ_INT(reads(&fx, 0x40234560), SV3_ACCESS_OK);
	EXPECT_EQ_INT(reads(&fx, 0x40200000), SV3_ACCESS_OK);
	EXPECT_EQ_U64(last_txn(&fx)->iova, 0x80200000);
	EXPECT_EQ_INT(reads(&fx, 0x403fffff), SV3_ACCESS_OK);
	EXPECT_EQ_U64(last_txn(&fx)->iova, 0x803fffff);
	EXPECT_EQ_U64(requests(&fx), 1);
	reads(&fx, 0x401fffff);
	EXPECT_EQ_U64(requests(&fx), 2);
	reads(&fx, 0x40400000);
	EXPECT_EQ_U64(requests(&fx), 3);
}

TEST_C(ats_endpoint, what_is_not_translated_at_all_is_one_grant)
{
	FX_MADE(fx);

	fx.grants[fx.grant_count++] = (struct grant){ 0, 0, 63, R | W, 0, 0 };
	EXPECT_EQ_INT(reads(&fx, 0x1234), SV3_ACCESS_OK);
	EXPECT_EQ_INT(writes(&fx, 0x7fff00000000), SV3_ACCESS_OK);
	EXPECT_EQ_U64(last_txn(&fx)->iova, 0x7fff00000000);
	EXPECT_EQ_U64(requests(&fx), 1);
}

TEST_C(ats_endpoint, a_read_asks_for_no_write_and_a_write_asks_anew)
{
	FX_MADE(fx);

	grants(&fx, 0x5000, 0x80005000, 12, R);
	fx.grants[0].rights_to_write = W;
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_OK);
	EXPECT_FALSE(fx.txns[0].write);
	EXPECT_EQ_INT(writes(&fx, 0x5000), SV3_ACCESS_OK);
	ASSERT_EQ_U64(fx.txn_count, 4);
	EXPECT_EQ_INT(fx.txns[2].kind, SV3_TXN_ATS_REQUEST);
	EXPECT_TRUE(fx.txns[2].write);
	EXPECT_TRUE(fx.txns[3].write);
	EXPECT_EQ_INT(writes(&fx, 0x5000), SV3_ACCESS_OK);
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_OK);
	EXPECT_EQ_U64(requests(&fx), 2);
}

TEST_C(ats_endpoint, an_interrupt_is_left_to_the_engine)
{
	const struct sv3_device_event event = {
		.kind = SV3_DEVICE_WRITE, .iova = 0x1000, .stream_id = SID, .is_msi = true
	};
	FX_MADE(fx);

	grants(&fx, 0x1000, 0x81000, 12, R | W);
	EXPECT_EQ_INT(ask(&fx, &event), SV3_ACCESS_ENGINE);
	EXPECT_EQ_U64(fx.txn_count, 0);
}

TEST_C(ats_endpoint, a_right_to_write_that_a_read_was_given_is_used)
{
	FX_MADE(fx);

	grants(&fx, 0x5000, 0x80005000, 12, R | W);
	reads(&fx, 0x5000);
	EXPECT_EQ_INT(writes(&fx, 0x5000), SV3_ACCESS_OK);
	EXPECT_EQ_U64(requests(&fx), 1);
}

TEST_C(ats_endpoint, without_the_right_nothing_is_written)
{
	FX_MADE(fx);

	grants(&fx, 0x5000, 0x80005000, 12, R);
	EXPECT_EQ_INT(writes(&fx, 0x5000), SV3_ACCESS_REFUSED);
	EXPECT_EQ_U64(fx.txn_count, 1);
	EXPECT_EQ_U64(fx.page_count, 0);
	EXPECT_EQ_U64(sv3_ats_endpoint_stats(&fx.device)->refused, 1);
}

TEST_C(ats_endpoint, rights_belong_to_one_substream_and_one_privilege)
{
	FX_MADE(fx);

	grants(&fx, 0x5000, 0x80005000, 12, R);
	reads_as(&fx, 0x5000, 1, false);
	EXPECT_TRUE(fx.txns[0].substream_valid);
	EXPECT_EQ_U64(fx.txns[0].substream_id, 1);
	EXPECT_FALSE(fx.txns[1].substream_valid);
	reads_as(&fx, 0x5000, 2, false);
	EXPECT_EQ_U64(requests(&fx), 2);
	reads_as(&fx, 0x5000, 1, true);
	EXPECT_EQ_U64(requests(&fx), 3);
	EXPECT_TRUE(fx.txns[4].privileged);
	reads(&fx, 0x5000);
	EXPECT_EQ_U64(requests(&fx), 4);
	reads_as(&fx, 0x5000, 1, false);
	reads_as(&fx, 0x5000, 2, false);
	reads_as(&fx, 0x5000, 1, true);
	reads(&fx, 0x5000);
	EXPECT_EQ_U64(requests(&fx), 4);
}

TEST_C(ats_endpoint, a_global_grant_serves_all_substreams_but_not_accesses_without)
{
	FX_MADE(fx);

	grants(&fx, 0x5000, 0x80005000, 12, R | SV3_ATS_GLOBAL);
	reads_as(&fx, 0x5000, 1, false);
	reads_as(&fx, 0x5000, 2, false);
	EXPECT_EQ_U64(requests(&fx), 1);
	reads(&fx, 0x5000);
	EXPECT_EQ_U64(requests(&fx), 2);
}

TEST_C(ats_endpoint, without_a_substream_an_access_is_unprivileged_data)
{
	FX_MADE(fx);
	const struct sv3_device_event event = {
		.iova = 0x5000, .stream_id = SID, .privileged = true, .instruction = true
	};

	grants(&fx, 0x5000, 0x80005000, 12, R);
	EXPECT_EQ_INT(ask(&fx, &event), SV3_ACCESS_OK);
	EXPECT_FALSE(fx.txns[0].privileged);
	EXPECT_FALSE(fx.txns[0].instruction);
}

TEST_C(ats_endpoint, an_instruction_fetch_needs_the_right_to_execute)
{
	FX_MADE(fx);
	struct sv3_device_event event = {
		.iova = 0x5000, .stream_id = SID, .substream_valid = true, .instruction = true
	};

	grants(&fx, 0x5000, 0x80005000, 12, R);
	grants(&fx, 0x6000, 0x80006000, 12, R | X);
	reads_as(&fx, 0x5000, 0, false);
	EXPECT_EQ_INT(ask(&fx, &event), SV3_ACCESS_REFUSED);
	EXPECT_EQ_U64(requests(&fx), 2);
	EXPECT_TRUE(last_txn(&fx)->instruction);
	event.iova = 0x6000;
	EXPECT_EQ_INT(ask(&fx, &event), SV3_ACCESS_OK);
}

TEST_C(ats_endpoint, the_entry_used_longest_ago_goes_first)
{
	FX_MADE(fx);

	for (uint64_t page = 1; page <= 5; page++)
		grants(&fx, page << 12, 0x80000000 + (page << 12), 12, R);
	for (uint64_t page = 1; page <= 4; page++)
		reads(&fx, page << 12);
	reads(&fx, 0x1000);
	reads(&fx, 0x5000); /* takes the place of 0x2000 */
	EXPECT_EQ_U64(requests(&fx), 5);
	reads(&fx, 0x1000);
	reads(&fx, 0x3000);
	reads(&fx, 0x4000);
	EXPECT_EQ_U64(requests(&fx), 5);
	reads(&fx, 0x2000);
	EXPECT_EQ_U64(requests(&fx), 6);
}

/* --- completions that grant nothing --- */

TEST_C(ats_endpoint, an_error_of_the_request_ends_the_access)
{
	static const uint8_t errors[] = { SV3_OUTCOME_ATS_UR, SV3_OUTCOME_ATS_CA };

	for (int i = 0; i < 2; i++) {
		FX_MADE(fx);

		grants(&fx, 0x5000, 0x80005000, 12, R);
		fx.grants[0].outcome = errors[i];
		EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_REFUSED);
		EXPECT_EQ_U64(fx.txn_count, 1);
	}
}

TEST_C(ats_endpoint, what_may_only_be_accessed_untranslated_is)
{
	FX_MADE(fx);

	grants(&fx, 0x5000, 0, 12, R | SV3_ATS_UNTRANSLATED_ONLY);
	for (uint32_t i = 1; i <= 2; i++) {
		EXPECT_EQ_INT(reads_as(&fx, 0x5008, 7, true), SV3_ACCESS_OK);
		EXPECT_EQ_U64(fx.txn_count, 2 * i);
		EXPECT_EQ_INT(last_txn(&fx)->kind, SV3_TXN_ACCESS);
		EXPECT_EQ_U64(last_txn(&fx)->iova, 0x5008);
		EXPECT_EQ_U64(last_txn(&fx)->substream_id, 7);
		EXPECT_TRUE(last_txn(&fx)->privileged);
	}
	EXPECT_EQ_U64(sv3_ats_endpoint_stats(&fx.device)->untranslated, 2);
}

/* --- invalidation --- */

/* Each message, and whether the grant of 2 MiB at 0x40200000 to substream 3 outlives it. */
TEST_C(ats_endpoint, an_invalidation_removes_what_it_names_and_nothing_else)
{
	static const struct {
		struct sv3_ats_message message;
		bool outlives;
	} rows[] = {
#define MESSAGE(sid, ssv, ssid, all, address, lg2) \
	{ .stream_id = (sid),                      \
	  .substream_valid = (ssv),                \
	  .substream_id = (ssid),                  \
	  .global = (all),                         \
	  .iova = (address),                       \
	  .size_lg2 = (lg2) }
		{ MESSAGE(SID, true, 3, false, 0x40200000, 21), false },
		{ MESSAGE(SID, true, 3, false, 0x40200000, 12), false },
		{ MESSAGE(SID, true, 3, false, 0x403ff000, 12), false },
		{ MESSAGE(SID, true, 3, false, 0x40000000, 30), false },
		{ MESSAGE(SID, true, 3, false, 0, 64), false },
		{ MESSAGE(SID, true, 9, true, 0, 64), false },
		{ MESSAGE(SID, true, 3, false, 0x401ff000, 12), true },
		{ MESSAGE(SID, true, 3, false, 0x40400000, 12), true },
		{ MESSAGE(SID, true, 3, false, 0x40000000, 21), true },
		{ MESSAGE(SID, true, 9, false, 0, 64), true },
		{ MESSAGE(SID, false, 0, false, 0, 64), false },
		{ MESSAGE(SID, false, 3, true, 0, 64), false },
		{ MESSAGE(SID, false, 0, false, 0x40400000, 12), true },
		{ MESSAGE(SID + 1, true, 3, true, 0, 64), true },
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX_MADE(fx);

		grants(&fx, 0x40200000, 0x80200000, 21, R);
		reads_as(&fx, 0x40200000, 3, false);
		EXPECT_EQ_INT(invalidate(&fx, &rows[i].message), SV3_ATC_DONE);
		reads_as(&fx, 0x40200000, 3, false);
		if (requests(&fx) != (rows[i].outlives ? 1u : 2u))
			FAIL_C("row %u: %u requests", i, requests(&fx));
		EXPECT_EQ_U64(sv3_ats_endpoint_stats(&fx.device)->entries_invalidated,
			      !rows[i].outlives);
	}
}

TEST_C(ats_endpoint, a_global_grant_goes_with_all_substreams_only)
{
	FX_MADE(fx);
	struct sv3_ats_message message = {
		.stream_id = SID, .substream_valid = true, .substream_id = 1, .size_lg2 = 64
	};

	grants(&fx, 0x5000, 0x80005000, 12, R | SV3_ATS_GLOBAL);
	reads_as(&fx, 0x5000, 1, false);
	invalidate(&fx, &message);
	reads_as(&fx, 0x5000, 1, false);
	EXPECT_EQ_U64(requests(&fx), 1);
	message.global = true;
	invalidate(&fx, &message);
	reads_as(&fx, 0x5000, 1, false);
	EXPECT_EQ_U64(requests(&fx), 2);
}

TEST_C(ats_endpoint, an_invalidation_waits_for_the_writes_it_concerns_and_no_others)
{
	FX_MADE(fx);

	fx.posts = true;
	grants(&fx, 0x5000, 0x80005000, 12, R | W);
	grants(&fx, 0x6000, 0x80006000, 12, R | W);
	writes(&fx, 0x5000); /* serial 0 */
	writes(&fx, 0x6000); /* serial 1 */
	reads(&fx, 0x5000);  /* serial 2: over */
	EXPECT_EQ_INT(invalidate_page(&fx, 0x5000), SV3_ATC_LATER);
	EXPECT_EQ_INT(asked_again(&fx), SV3_ATC_LATER);
	lands(&fx, 1);
	EXPECT_EQ_INT(asked_again(&fx), SV3_ATC_LATER);
	lands(&fx, 0);
	EXPECT_EQ_INT(asked_again(&fx), SV3_ATC_DONE);
}

TEST_C(ats_endpoint, an_invalidation_does_not_wait_for_writes_that_came_after_it)
{
	FX_MADE(fx);

	fx.posts = true;
	grants(&fx, 0x5000, 0x80005000, 12, R | W);
	writes(&fx, 0x5000);
	EXPECT_EQ_INT(invalidate_page(&fx, 0x5000), SV3_ATC_LATER);
	writes(&fx, 0x5000);
	EXPECT_EQ_U64(requests(&fx), 2);
	lands(&fx, 0);
	EXPECT_EQ_INT(asked_again(&fx), SV3_ATC_DONE);
}

TEST_C(ats_endpoint, a_write_whose_entry_was_replaced_is_waited_for_all_the_same)
{
	FX(fx);

	fx.config.atc_entries = 1;
	ASSERT_OK(sv3_ats_endpoint_create(&fx.config, &fx.device));
	fx.posts = true;
	grants(&fx, 0x5000, 0x80005000, 12, R | W);
	grants(&fx, 0x6000, 0x80006000, 12, R | W);
	writes(&fx, 0x5000);
	reads(&fx, 0x6000);
	EXPECT_EQ_INT(invalidate_page(&fx, 0x5000), SV3_ATC_LATER);
}

TEST_C(ats_endpoint, an_invalidation_while_a_write_is_sent_waits_for_it)
{
	static const struct sv3_ats_message page = { .stream_id = SID,
						     .iova = 0x5000,
						     .size_lg2 = 12 };
	FX_MADE(fx);

	fx.posts = true;
	grants(&fx, 0x5000, 0x80005000, 12, R | W);
	reads(&fx, 0x5000);
	fx.overtakes = &page;
	EXPECT_EQ_INT(writes(&fx, 0x5000), SV3_ACCESS_OK);
	EXPECT_EQ_INT(fx.overtaken, SV3_ATC_LATER);
	lands(&fx, 1);
	EXPECT_EQ_INT(asked_again(&fx), SV3_ATC_DONE);
}

TEST_C(ats_endpoint, a_write_that_was_over_at_once_is_waited_for_by_nobody)
{
	FX_MADE(fx);

	grants(&fx, 0x5000, 0x80005000, 12, R | W);
	writes(&fx, 0x5000);
	EXPECT_EQ_INT(invalidate_page(&fx, 0x5000), SV3_ATC_DONE);
}

TEST_C(ats_endpoint, a_completion_that_an_invalidation_overtook_is_not_used)
{
	static const struct sv3_ats_message page = { .stream_id = SID,
						     .iova = 0x5000,
						     .size_lg2 = 12 };
	FX_MADE(fx);

	grants(&fx, 0x5000, 0x80005000, 12, R);
	fx.overtakes = &page;
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_OK);
	ASSERT_EQ_U64(fx.txn_count, 3);
	EXPECT_EQ_U64(requests(&fx), 2);
	EXPECT_EQ_INT(fx.txns[2].kind, SV3_TXN_ATS_TRANSLATED);
}

TEST_C(ats_endpoint, told_to_time_out_it_answers_nothing_and_keeps_what_it_has)
{
	FX_MADE(fx);

	grants(&fx, 0x5000, 0x80005000, 12, R);
	reads(&fx, 0x5000);
	sv3_ats_endpoint_time_out(&fx.device, true);
	EXPECT_EQ_INT(invalidate_page(&fx, 0x5000), SV3_ATC_TIMED_OUT);
	reads(&fx, 0x5000);
	EXPECT_EQ_U64(requests(&fx), 1);
	EXPECT_EQ_U64(sv3_ats_endpoint_stats(&fx.device)->timeouts, 1);
	sv3_ats_endpoint_time_out(&fx.device, false);
	EXPECT_EQ_INT(invalidate_page(&fx, 0x5000), SV3_ATC_DONE);
	reads(&fx, 0x5000);
	EXPECT_EQ_U64(requests(&fx), 2);
}

/* --- no room --- */

TEST_C(ats_endpoint, without_room_nothing_is_lost_and_nothing_done_twice)
{
	FX_MADE(fx);
	const struct sv3_device_event event = { .kind = SV3_DEVICE_WRITE,
						.iova = 0x5000,
						.stream_id = SID };

	grants(&fx, 0x5000, 0x80005000, 12, R | W);
	fx.busy_count = 1;
	EXPECT_EQ_INT(ask(&fx, &event), SV3_ACCESS_BUSY);
	EXPECT_EQ_U64(fx.txn_count, 0);
	EXPECT_EQ_INT(ask(&fx, &event), SV3_ACCESS_OK);
	EXPECT_EQ_U64(requests(&fx), 1);
	/* A write that found no room is not in flight. */
	fx.busy_count = 1;
	EXPECT_EQ_INT(ask(&fx, &event), SV3_ACCESS_BUSY);
	EXPECT_EQ_INT(invalidate_page(&fx, 0x5000), SV3_ATC_DONE);
}

TEST_C(ats_endpoint, no_more_writes_are_in_flight_than_there_may_be)
{
	FX_MADE(fx);

	fx.posts = true;
	grants(&fx, 0x5000, 0x80005000, 12, R | W);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ_INT(writes(&fx, 0x5000), SV3_ACCESS_OK);
	EXPECT_EQ_INT(writes(&fx, 0x5000), SV3_ACCESS_BUSY);
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_OK);
	lands(&fx, 1);
	EXPECT_EQ_INT(writes(&fx, 0x5000), SV3_ACCESS_OK);
}

/* --- the source --- */

TEST_C(ats_endpoint, the_source_says_what_is_accessed_and_hears_of_it)
{
	FX_MADE(fx);
	const struct sv3_device_event ended = { .serial = 9 };
	struct sv3_device_event event;

	ASSERT_TRUE(fx.device.ops->next(fx.device.context, &event));
	EXPECT_EQ_U64(event.due, 77);
	EXPECT_EQ_U64(event.iova, 0x123);
	fx.device.ops->completed(fx.device.context, &ended, true, 5);
	EXPECT_EQ_U64(fx.source_completed, 1);
	fx.device.ops->landed(fx.device.context, 9);
	EXPECT_EQ_U64(fx.source_landed, 1);
	sv3_device_destroy(&fx.device);
	EXPECT_EQ_U64(fx.source_destroyed, 1);
}

TEST_C(ats_endpoint, impossible_endpoints_are_refused)
{
	FX(fx);
	struct sv3_ats_endpoint_config bad[7];
	struct sv3_device other;

	ASSERT_OK(sv3_ats_endpoint_create(&fx.config, &fx.device));
	for (int i = 0; i < 7; i++)
		bad[i] = fx.config;
	bad[0].source = (struct sv3_device){ 0 };
	bad[1].source = fx.device; /* an endpoint behind an endpoint */
	bad[2].atc_entries = 0;
	bad[3].writes_max = 4097;
	bad[4].pri = true;
	bad[4].group_pages = 33;
	bad[5].pri = true;
	bad[5].page_tries_max = 0;
	bad[6].atc_entries = 4097;
	for (int i = 0; i < 7; i++)
		EXPECT_EQ_INT(sv3_ats_endpoint_create(&bad[i], &other), -SV3_ERR_INVAL);
}
