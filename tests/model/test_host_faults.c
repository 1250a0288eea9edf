/* SPDX-License-Identifier: MIT */
/*
 * test_host_faults.c - does host software read the event queue as a driver must, and does every
 * stalled access end as its handler said?
 */
#include "tests/model/host_world.h"

#define START (100 * US)
#define LATE  (1000 * US)

/* --- a handler that does what it is told --- */

struct handler {
	struct hw *w;
	enum sv3_fault_answer answer, answer2; /* of HW_SID and of HW_SID2 */
	bool no_tlbi;                          /* a mistake: nothing is invalidated */
	bool waits;                            /* each fault lets the invalidation complete */
	bool no_set;                           /* the leaf is left clean */
	struct sv3_pt_gather gather;
	struct sv3_fault_record records[HW_LOG_MAX];
	sv3_ps at[HW_LOG_MAX];
	uint64_t count, batches;
};

static enum sv3_fault_answer on_fault(void *context, const struct sv3_fault_record *record)
{
	struct handler *h = (struct handler *)context;
	const uint64_t i = h->count++;

	if (i < HW_LOG_MAX) {
		h->records[i] = *record;
		h->at[i] = sv3_world_now(h->w->world);
	}
	if (record->event == SV3_EVENT_F_PERMISSION && record->write && !h->no_set)
		EXPECT_TRUE(sv3_dirty_set(hw_pt(h->w), record->iova, &h->gather) >= 0);
	if (h->waits) {
		EXPECT_OK(sv3_cmdq_tlbi_all(sv3_host_cmdq(h->w->host)));
		EXPECT_OK(sv3_cmdq_sync(sv3_host_cmdq(h->w->host)));
	}
	return record->stream_id == HW_SID2 ? h->answer2 : h->answer;
}

static void on_batch(void *context)
{
	struct handler *h = (struct handler *)context;
	struct sv3_cmdq *cmdq = sv3_host_cmdq(h->w->host);

	h->batches++;
	if (!h->no_tlbi && h->gather.leaf_count) {
		EXPECT_EQ_INT(sv3_cmdq_flush_gather(cmdq, sv3_host_domain(h->w->host, 0)->asid, 12,
						    &h->gather, SV3_FLUSH_ALL),
			      1);
		EXPECT_OK(sv3_cmdq_push(cmdq, 0x46, 0)); /* CMD_SYNC, not rung */
	}
	sv3_pt_gather_init(&h->gather);
}

static bool boot(struct hw *w, struct handler *h)
{
	const struct sv3_fault_handler handler = { on_fault, on_batch, h };

	h->w = w;
	sv3_pt_gather_init(&h->gather);
	return hw_boot(w) && !sv3_host_handle_faults(w->host, &handler);
}

/* Command @index of the queue, from memory. */
static uint64_t command(struct hw *w, uint32_t index, uint32_t word)
{
	const struct sv3_bus bus = sv3_world_bus(w->world);
	uint8_t bytes[8] = { 0 };

	EXPECT_EQ_INT(sv3_bus_read(&bus,
				   sv3_host_cmdq(w->host)->base + 16 * (uint64_t)index + 8 * word,
				   bytes, 8),
		      SV3_BUS_OK);
	return sv3_le64(bytes);
}

static uint64_t ended_ok(const struct hw *w)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < w->ended_count && i < HW_LOG_MAX; i++)
		count += w->ended[i].ok;
	return count;
}

/* --- records --- */

TEST_C(fault_decode, tells_what_stands_in_a_record)
{
	static const uint64_t words[4] = {
		0x13 | 1 << 11 | 0x54321 << 12 | UINT64_C(0x89abcdef) << 32,
		0x1234 | UINT64_C(1) << 31 | UINT64_C(1) << 33 | UINT64_C(1) << 34 |
			UINT64_C(1) << 35 | UINT64_C(1) << 39 | UINT64_C(1) << 40,
		UINT64_C(0xfedcba9876543210),
		UINT64_C(0x0000765432101000),
	};
	struct sv3_fault_record record;
	uint8_t bytes[32];

	for (int i = 0; i < 4; i++)
		sv3_put_le64(bytes + 8 * i, words[i]);
	sv3_fault_decode(bytes, &record);
	EXPECT_EQ_U64(record.event, SV3_EVENT_F_PERMISSION);
	EXPECT_TRUE(record.is_access && record.stalled && record.substream_valid);
	EXPECT_TRUE(record.privileged && record.instruction && record.stage2 && !record.write);
	EXPECT_EQ_U64(record.stream_id, 0x89abcdef);
	EXPECT_EQ_U64(record.substream_id, 0x54321);
	EXPECT_EQ_U64(record.stag, 0x1234);
	EXPECT_EQ_U64(record.event_class, 1);
	EXPECT_EQ_U64(record.iova, words[2]);
	EXPECT_EQ_U64(record.ipa, words[3]);
	EXPECT_EQ_MEM(record.words, words, sizeof(words));
	/* A write of stage 1 that was terminated: the rest of its words means nothing. */
	sv3_put_le64(bytes, 0x10 | UINT64_C(7) << 32);
	sv3_put_le64(bytes + 8, 0x1234 | UINT64_C(2) << 40);
	sv3_fault_decode(bytes, &record);
	EXPECT_TRUE(record.is_access && record.write && !record.stalled && !record.stage2);
	EXPECT_TRUE(!record.substream_valid && !record.privileged && !record.instruction);
	EXPECT_EQ_U64(record.stag | record.ipa | record.substream_id, 0);
	EXPECT_EQ_U64(record.event_class, 2);
}

TEST_C(fault_decode, tells_of_no_access_where_a_record_has_none)
{
	struct sv3_fault_record record;
	uint8_t bytes[32];

	memset(bytes, 0xff, sizeof(bytes));
	sv3_put_le64(bytes, 0x04 | UINT64_C(9) << 32); /* C_BAD_STE */
	sv3_fault_decode(bytes, &record);
	EXPECT_EQ_U64(record.event, SV3_EVENT_C_BAD_STE);
	EXPECT_EQ_U64(record.stream_id, 9);
	EXPECT_FALSE(record.is_access || record.stalled || record.write || record.substream_valid);
	EXPECT_EQ_U64(record.iova | record.stag | record.event_class, 0);
	/* [IHI0070 7.3.9] C_BAD_SUBSTREAMID has no SSV. */
	sv3_put_le64(bytes, 0x08 | 0x77 << 12 | UINT64_C(9) << 32);
	sv3_fault_decode(bytes, &record);
	EXPECT_TRUE(record.substream_valid);
	EXPECT_EQ_U64(record.substream_id, 0x77);
}

/* --- one fault --- */

TEST_C(host_faults, a_write_goes_on_after_its_fault_was_handled)
{
	static const struct sv3_device_event script[] = { HW_ACCESS(WRITE, START, HW_SID,
								    HW_PAGE(3) + 0x128) };
	struct handler h = { .answer = SV3_FAULT_RETRY };
	HW(w);
	const sv3_ps handled = START + w.config.costs.fault_latency;
	const sv3_ps resumed = handled + w.config.costs.cmdq_delay;
	uint32_t at;

	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &h));
	at = sv3_host_cmdq(w.host)->prod;
	sv3_world_run_until(w.world, handled - 1);
	EXPECT_EQ_U64(h.count, 0);
	EXPECT_EQ_U64(hw_reg(&w, SV3_REG_EVENTQ_PROD), 1);
	sv3_world_run_until(w.world, handled);
	ASSERT_EQ_U64(h.count, 1);
	EXPECT_EQ_U64(h.at[0], handled);
	EXPECT_EQ_U64(h.records[0].event, SV3_EVENT_F_PERMISSION);
	EXPECT_EQ_U64(h.records[0].stream_id, HW_SID);
	EXPECT_EQ_U64(h.records[0].iova, HW_PAGE(3) + 0x128);
	EXPECT_TRUE(h.records[0].stalled && h.records[0].write && !h.records[0].stage2);
	EXPECT_EQ_U64(hw_reg(&w, SV3_REG_EVENTQ_CONS), 1);
	/* TLBI, SYNC, RESUME with Ac: in this order, and rung once. */
	ASSERT_EQ_U64(sv3_host_cmdq(w.host)->prod, at + 3);
	EXPECT_EQ_U64(command(&w, at, 0) & 0xff, 0x11);
	EXPECT_EQ_U64(command(&w, at + 1, 0) & 0xff, 0x46);
	EXPECT_EQ_U64(command(&w, at + 2, 0), 0x44 | 1 << 12 | (uint64_t)HW_SID << 32);
	EXPECT_EQ_U64(command(&w, at + 2, 1), h.records[0].stag);
	EXPECT_EQ_U64(hw_reg(&w, SV3_REG_CMDQ_PROD), at);
	sv3_world_run_until(w.world, resumed);
	EXPECT_EQ_U64(hw_reg(&w, SV3_REG_CMDQ_CONS), at + 3);
	ASSERT_EQ_U64(w.ended_count, 1);
	EXPECT_TRUE(w.ended[0].ok);
	EXPECT_EQ_U64(w.ended[0].at, resumed);
	sv3_world_run_until(w.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(w.landed_count, 1);
	EXPECT_EQ_U64(w.landed[0].landed, resumed + w.config.costs.post_delay);
	EXPECT_TRUE(hw_is_dirty(&w, HW_PAGE(3)));
	EXPECT_EQ_U64(sv3_world_smmu_stats(w.world)->httu_updates, 0);
	EXPECT_EQ_U64(h.count, 1);
}

/* What a read left in the TLB says read-only: a retry before the invalidation only faults again. */
TEST_C(host_faults, without_an_invalidation_a_cached_leaf_faults_again)
{
	static const struct sv3_device_event script[] = {
		HW_ACCESS(READ, START, HW_SID, HW_PAGE(3)),
		HW_ACCESS(WRITE, START + US, HW_SID, HW_PAGE(3))
	};

	for (int no_tlbi = 0; no_tlbi < 2; no_tlbi++) {
		struct handler h = { .answer = SV3_FAULT_RETRY, .no_tlbi = no_tlbi };
		HW(w);

		HW_SCRIPT(&w, script);
		ASSERT_TRUE(boot(&w, &h));
		sv3_world_run_until(w.world, LATE);
		EXPECT_EQ_U64(w.landed_count, !no_tlbi);
		EXPECT_TRUE(no_tlbi ? h.count > 10 : h.count == 1);
	}
}

TEST_C(host_faults, where_faults_are_terminated_the_write_is_aborted)
{
	static const struct sv3_device_event script[] = { HW_ACCESS(WRITE, START, HW_SID,
								    HW_PAGE(3)) };
	struct handler h = { .answer = SV3_FAULT_RETRY };
	HW(w);

	w.host_config.stall = false;
	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &h));
	sv3_world_run_until(w.world, LATE);
	ASSERT_EQ_U64(w.ended_count, 1);
	EXPECT_FALSE(w.ended[0].ok);
	EXPECT_EQ_U64(w.ended[0].at, START);
	EXPECT_EQ_U64(w.landed_count, 0);
	ASSERT_EQ_U64(h.count, 1);
	EXPECT_FALSE(h.records[0].stalled);
	EXPECT_EQ_U64(sv3_host_fault_stats(w.host)->retried, 0);
	EXPECT_EQ_U64(sv3_world_smmu_stats(w.world)->stalls, 0);
}

/* --- several --- */

TEST_C(host_faults, one_batch_answers_all_records_there_are)
{
	static const struct sv3_device_event script[] = {
		HW_ACCESS(WRITE, START, HW_SID, HW_PAGE(1)),
		HW_ACCESS(WRITE, START + US, HW_SID, HW_PAGE(2)),
		HW_ACCESS(WRITE, START + 9 * US, HW_SID, HW_PAGE(3)),
		HW_ACCESS(WRITE, START + 11 * US, HW_SID, HW_PAGE(4)),
	};
	struct handler h = { .answer = SV3_FAULT_RETRY };
	HW(w);

	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &h));
	sv3_world_run_until(w.world, LATE);
	EXPECT_EQ_U64(sv3_host_fault_stats(w.host)->batches, 2);
	EXPECT_EQ_U64(h.batches, 2);
	ASSERT_EQ_U64(sv3_host_fault_stats(w.host)->records, 4);
	EXPECT_EQ_U64(sv3_host_fault_stats(w.host)->retried, 4);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ_U64(h.at[i], START + (i < 3 ? 10 : 21) * US);
	EXPECT_EQ_U64(ended_ok(&w), 4);
	EXPECT_EQ_U64(w.landed_count, 4);
}

TEST_C(host_faults, streams_are_answered_each_for_itself)
{
	static const struct sv3_device_event script[] = {
		HW_ACCESS(WRITE, START, HW_SID, HW_PAGE(1)),
		HW_ACCESS(WRITE, START + 1, HW_SID2, HW_PAGE(2)),
		HW_ACCESS(WRITE, START + 2, HW_SID, HW_PAGE(3)),
		HW_ACCESS(WRITE, START + 3, HW_SID2, HW_PAGE(3)),
	};
	struct handler h = { .answer = SV3_FAULT_RETRY, .answer2 = SV3_FAULT_ABORT };
	HW(w);

	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &h));
	sv3_world_run_until(w.world, LATE);
	ASSERT_EQ_U64(w.ended_count, 4);
	for (int i = 0; i < 4; i++)
		EXPECT_TRUE(w.ended[i].ok == (w.ended[i].event.stream_id == HW_SID));
	EXPECT_EQ_U64(w.landed_count, 2);
	EXPECT_EQ_U64(sv3_host_fault_stats(w.host)->retried, 2);
	EXPECT_EQ_U64(sv3_host_fault_stats(w.host)->aborted, 2);
	EXPECT_EQ_U64(sv3_world_stats(w.world)->faults, 2);
}

/* Software accesses take time: records come while others are read, and no interrupt tells of
 * them, because the queue never became empty. */
TEST_C(host_faults, records_that_come_during_a_batch_are_not_forgotten)
{
	static struct sv3_device_event script[100];
	struct handler h = { .answer = SV3_FAULT_RETRY };
	HW(w);

	for (uint32_t i = 0; i < 100; i++)
		script[i] = (struct sv3_device_event)HW_ACCESS(WRITE, START + i * US / 2, HW_SID,
							       HW_PAGE(i % HW_PAGES));
	w.config.costs.access = US;
	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &h));
	sv3_world_run_until(w.world, LATE);
	EXPECT_EQ_U64(ended_ok(&w), 100);
	EXPECT_EQ_U64(w.landed_count, 100);
	EXPECT_EQ_U64(hw_reg(&w, SV3_REG_EVENTQ_CONS), hw_reg(&w, SV3_REG_EVENTQ_PROD));
	EXPECT_EQ_U64(sv3_host_fault_stats(w.host)->retried, sv3_world_smmu_stats(w.world)->stalls);
}

TEST_C(host_faults, a_handler_may_wait_for_its_own_invalidation)
{
	static const struct sv3_device_event script[] = {
		HW_ACCESS(READ, START, HW_SID, HW_PAGE(1)),
		HW_ACCESS(WRITE, START + 1, HW_SID, HW_PAGE(1)),
		HW_ACCESS(WRITE, START + 2, HW_SID, HW_PAGE(2)),
		HW_ACCESS(WRITE, START + 11 * US, HW_SID, HW_PAGE(3)),
	};
	struct handler h = { .answer = SV3_FAULT_RETRY, .waits = true, .no_tlbi = true };
	HW(w);

	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &h));
	sv3_world_run_until(w.world, LATE);
	ASSERT_EQ_U64(h.count, 3);
	/* The third came while the first two were handled: at once behind them, with no wait. */
	EXPECT_EQ_U64(h.at[1], h.at[0] + w.config.costs.cmdq_delay);
	EXPECT_EQ_U64(h.at[2], h.at[1] + w.config.costs.cmdq_delay);
	EXPECT_EQ_U64(ended_ok(&w), 4);
	EXPECT_EQ_U64(w.landed_count, 3);
}

/* --- kept --- */

TEST_C(host_faults, what_is_kept_stays_stalled_until_it_is_resumed)
{
	static const struct sv3_device_event script[] = {
		HW_ACCESS(WRITE, START, HW_SID, HW_PAGE(1)),
		HW_ACCESS(WRITE, START + 1, HW_SID2, HW_PAGE(2)),
		HW_ACCESS(READ, START + 200 * US, HW_SID, HW_PAGE(5)),
	};
	struct handler h = { .answer = SV3_FAULT_KEEP, .answer2 = SV3_FAULT_KEEP };
	HW(w);

	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &h));
	sv3_world_run_until(w.world, LATE);
	EXPECT_EQ_U64(w.ended_count, 1); /* the read */
	ASSERT_EQ_U64(h.count, 2);
	EXPECT_EQ_U64(sv3_host_fault_stats(w.host)->kept, 2);
	/* Not that stream's. */
	ASSERT_OK(sv3_host_resume(w.host, HW_SID2, h.records[0].stag, true));
	sv3_world_advance(w.world, 10 * US);
	EXPECT_EQ_U64(w.ended_count, 1);
	ASSERT_OK(sv3_host_resume(w.host, HW_SID, h.records[0].stag, true));
	ASSERT_OK(sv3_host_resume(w.host, HW_SID2, h.records[1].stag, false));
	sv3_world_advance(w.world, 10 * US);
	ASSERT_EQ_U64(w.ended_count, 3);
	EXPECT_TRUE(w.ended[1].ok && w.ended[1].event.stream_id == HW_SID);
	EXPECT_FALSE(w.ended[2].ok);
	ASSERT_EQ_U64(w.landed_count, 1);
	EXPECT_TRUE(w.landed[0].flags & SV3_RESULT_WAS_STALLED);
}

TEST_C(host_faults, a_stall_outlives_the_device_that_is_stopped)
{
	static const struct sv3_device_event script[] = {
		HW_ACCESS(WRITE, START, HW_SID, HW_PAGE(1)),
		HW_ACCESS(WRITE, START + 500 * US, HW_SID, HW_PAGE(2)),
	};
	struct handler h = { .answer = SV3_FAULT_KEEP };
	HW(w);

	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &h));
	sv3_world_run_until(w.world, START + 100 * US);
	sv3_world_stop_device(w.world);
	sv3_world_drain(w.world);
	EXPECT_EQ_U64(w.landed_count, 0);
	sv3_world_run_until(w.world, LATE);
	ASSERT_OK(sv3_host_resume(w.host, HW_SID, h.records[0].stag, true));
	sv3_world_run_until(w.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(w.landed_count, 1);
	EXPECT_EQ_U64(w.landed[0].pa, HW_PAGE(1));
	EXPECT_EQ_U64(w.ended_count, 1);
}

/* --- overflow --- */

/* Four records: three stalls and a flood of faults that are terminated, between them. */
TEST_C(host_faults, an_overflow_is_acknowledged_and_loses_no_stall)
{
	static struct sv3_device_event script[40];
	struct handler h = { .answer = SV3_FAULT_RETRY };
	HW(w);
	uint64_t terminated = 0;

	for (uint32_t i = 0; i < 40; i++)
		script[i] = (struct sv3_device_event)HW_ACCESS(WRITE, START + i + i / 20 * 100 * US,
							       i % 5 == 4 ? HW_SID : 9, HW_PAGE(i));
	w.config.smmu.idr1 = (w.config.smmu.idr1 & ~(uint32_t)SV3_IDR1_EVENTQS) |
			     (uint32_t)SV3_PUT(SV3_IDR1_EVENTQS, 2);
	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &h));
	sv3_world_run_until(w.world, START + 20);
	EXPECT_NE_U64(hw_reg(&w, SV3_REG_EVENTQ_PROD) & UINT64_C(0x80000000), 0);
	EXPECT_EQ_U64(hw_reg(&w, SV3_REG_EVENTQ_CONS) & UINT64_C(0x80000000), 0);
	sv3_world_run_until(w.world, LATE);
	/* Two waves: OVFLG toggled twice, and each was acknowledged. */
	EXPECT_EQ_U64(sv3_host_fault_stats(w.host)->overflows, 2);
	EXPECT_EQ_U64(hw_reg(&w, SV3_REG_EVENTQ_CONS), hw_reg(&w, SV3_REG_EVENTQ_PROD));
	EXPECT_GT_U64(sv3_world_smmu_stats(w.world)->events_dropped, 0);
	EXPECT_EQ_U64(sv3_host_fault_stats(w.host)->retried, 8);
	EXPECT_EQ_U64(ended_ok(&w), 8);
	EXPECT_EQ_U64(w.landed_count, 8);
	for (uint64_t i = 0; i < h.count; i++)
		terminated += h.records[i].event == SV3_EVENT_C_BAD_STE;
	EXPECT_EQ_U64(terminated + sv3_world_smmu_stats(w.world)->events_dropped, 32);
}

/* --- on and off --- */

TEST_C(host_faults, a_handler_that_comes_late_finds_what_is_there)
{
	static const struct sv3_device_event script[] = {
		HW_ACCESS(WRITE, START, HW_SID, HW_PAGE(1)),
		HW_ACCESS(WRITE, START + 300 * US, HW_SID, HW_PAGE(2)),
	};
	struct handler h = { .answer = SV3_FAULT_RETRY };
	const struct sv3_fault_handler handler = { on_fault, on_batch, &h };
	HW(w);

	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &h));
	ASSERT_OK(sv3_host_handle_faults(w.host, NULL));
	sv3_world_run_until(w.world, START + 100 * US);
	EXPECT_EQ_U64(h.count, 0);
	ASSERT_OK(sv3_host_handle_faults(w.host, &handler));
	sv3_world_run_until(w.world, START + 200 * US);
	ASSERT_EQ_U64(h.count, 1);
	EXPECT_EQ_U64(h.at[0], START + 100 * US + w.config.costs.fault_latency);
	/* Gone again between interrupt and batch. */
	sv3_world_run_until(w.world, START + 301 * US);
	ASSERT_OK(sv3_host_handle_faults(w.host, NULL));
	sv3_world_run_until(w.world, LATE);
	EXPECT_EQ_U64(h.count, 1);
	EXPECT_EQ_U64(w.landed_count, 1);
}

TEST_C(host_faults, a_host_stalls_only_where_its_smmu_can)
{
	static const struct {
		uint32_t model;
		bool stall, hd, software_dirty;
		int expected;
	} rows[] = {
		{ 0, true, true, false, 0 },
		{ 0, false, true, false, 0 },
		{ 0, false, true, true, -SV3_ERR_INVAL },
		{ 1, false, true, false, 0 },
		{ 1, true, true, false, -SV3_ERR_INVAL },
		{ 2, true, false, true, 0 },
		{ 2, false, false, true, -SV3_ERR_INVAL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		HW(w);

		w.config.smmu.idr0 |= (uint32_t)SV3_PUT(SV3_IDR0_STALL_MODEL, rows[i].model);
		if (rows[i].model == 1)
			w.config.smmu.idr5 &= ~(uint32_t)SV3_IDR5_STALL_MAX;
		w.host_config.stall = rows[i].stall;
		w.host_config.hd = rows[i].hd;
		w.host_config.software_dirty = rows[i].software_dirty;
		ASSERT_OK(sv3_world_create(&w.config, &w.world));
		EXPECT_EQ_INT(sv3_host_create(w.world, &w.host_config, &w.host), rows[i].expected);
	}
}
