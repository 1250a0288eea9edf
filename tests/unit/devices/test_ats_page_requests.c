/* SPDX-License-Identifier: MIT */
/*
 * test_ats_page_requests.c - does the endpoint ask for pages that are missing, in groups, and go on
 * as it is answered?
 */
#include "ats_script.h"

#define FX_PRI(name, pages)                \
	FX(name);                          \
	name.config.pri = true;            \
	name.config.group_pages = (pages); \
	ASSERT_OK(sv3_ats_endpoint_create(&name.config, &name.device))

TEST_C(ats_endpoint, a_missing_page_is_asked_for_and_used_when_it_has_come)
{
	FX_PRI(fx, 1);

	EXPECT_EQ_INT(writes(&fx, 0x5008), SV3_ACCESS_WAITS);
	ASSERT_EQ_U64(fx.page_count, 1);
	EXPECT_EQ_U64(fx.pages[0].iova, 0x5000);
	EXPECT_EQ_U64(fx.pages[0].stream_id, SID);
	EXPECT_TRUE(fx.pages[0].write);
	EXPECT_FALSE(fx.pages[0].read);
	EXPECT_TRUE(fx.pages[0].last);
	EXPECT_EQ_INT(writes(&fx, 0x5008), SV3_ACCESS_WAITS);
	EXPECT_EQ_U64(fx.page_count, 1);
	EXPECT_EQ_U64(requests(&fx), 1);
	grants(&fx, 0x5000, 0x80005000, 12, R | W);
	responds(&fx, fx.pages[0].group, SV3_PRI_SUCCESS);
	EXPECT_EQ_INT(writes(&fx, 0x5008), SV3_ACCESS_OK);
	EXPECT_EQ_U64(requests(&fx), 2);
	EXPECT_EQ_U64(fx.page_count, 1);
}

TEST_C(ats_endpoint, a_group_has_one_index_and_its_last_request_says_so)
{
	FX_PRI(fx, 3);

	EXPECT_EQ_INT(reads_as(&fx, 0x5000, 6, true), SV3_ACCESS_WAITS);
	ASSERT_EQ_U64(fx.page_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		EXPECT_EQ_U64(fx.pages[i].iova, 0x5000 + i * 0x1000);
		EXPECT_EQ_U64(fx.pages[i].group, fx.pages[0].group);
		EXPECT_EQ_INT(fx.pages[i].last, i == 2);
		EXPECT_TRUE(fx.pages[i].read);
		EXPECT_TRUE(fx.pages[i].substream_valid);
		EXPECT_EQ_U64(fx.pages[i].substream_id, 6);
		EXPECT_TRUE(fx.pages[i].privileged);
	}
}

TEST_C(ats_endpoint, the_rest_of_a_group_follows_when_there_is_room)
{
	FX_PRI(fx, 3);

	fx.pages_room = 1;
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_BUSY);
	EXPECT_EQ_U64(fx.page_count, 1);
	fx.pages_room = 5;
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_WAITS);
	ASSERT_EQ_U64(fx.page_count, 3);
	EXPECT_EQ_U64(fx.pages[1].iova, 0x6000);
	EXPECT_EQ_U64(fx.pages[2].group, fx.pages[0].group);
}

TEST_C(ats_endpoint, the_next_group_has_another_index)
{
	FX_PRI(fx, 1);

	reads(&fx, 0x5000);
	responds(&fx, fx.pages[0].group, SV3_PRI_SUCCESS);
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_WAITS);
	ASSERT_EQ_U64(fx.page_count, 2);
	EXPECT_NE_U64(fx.pages[1].group, fx.pages[0].group);
	/* The answer to the first, once more, is no answer to the second. */
	responds(&fx, fx.pages[0].group, SV3_PRI_INVALID);
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_WAITS);
}

TEST_C(ats_endpoint, an_answer_to_another_stream_is_not_ours)
{
	FX_PRI(fx, 1);
	struct sv3_ats_message message = { .stream_id = SID + 1, .response = SV3_PRI_INVALID };

	reads(&fx, 0x5000);
	message.group = fx.pages[0].group;
	hook(&fx)->pri_response(fx.device.context, &message);
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_WAITS);
}

TEST_C(ats_endpoint, an_invalid_request_is_given_up_and_the_next_access_asks_again)
{
	FX_PRI(fx, 1);

	reads(&fx, 0x5000);
	responds(&fx, fx.pages[0].group, SV3_PRI_INVALID);
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_REFUSED);
	EXPECT_EQ_INT(reads(&fx, 0x6000), SV3_ACCESS_WAITS);
	EXPECT_EQ_U64(fx.page_count, 2);
}

TEST_C(ats_endpoint, after_a_failure_no_page_is_asked_for_any_more)
{
	FX_PRI(fx, 1);

	reads(&fx, 0x5000);
	responds(&fx, fx.pages[0].group, SV3_PRI_FAILURE);
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_REFUSED);
	EXPECT_EQ_INT(reads(&fx, 0x6000), SV3_ACCESS_REFUSED);
	EXPECT_EQ_U64(fx.page_count, 1);
}

/* As the SMMU answers by itself when its queue is full. */
TEST_C(ats_endpoint, a_page_that_never_comes_is_given_up_after_so_many_tries)
{
	FX_PRI(fx, 1);

	fx.answers_at_once = true;
	fx.answer = SV3_PRI_SUCCESS;
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_REFUSED);
	EXPECT_EQ_U64(fx.page_count, 3);
	EXPECT_EQ_U64(requests(&fx), 4);
	/* The next access has its tries anew. */
	EXPECT_EQ_INT(reads(&fx, 0x5000), SV3_ACCESS_REFUSED);
	EXPECT_EQ_U64(fx.page_count, 6);
}
