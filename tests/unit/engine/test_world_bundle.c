/* SPDX-License-Identifier: MIT */
/*
 * test_world_bundle.c - several devices in one world: does each act at its time whatever keeps
 * another, and are the rows of two traces kept apart, also when both begin anew?
 */
#include "sim/engine/engine_priv.h"
#include "world_fixture.h"

#define OTHER     16u        /* the stream of the second source; the first has SID */
#define START     (100 * US) /* set-up of ATS takes time */
#define DELAY     1000
#define MISSING   FX_PAGE(3)
#define PRIQ_LG2  2u
#define PRIQ_BASE (SV3_WORLD_HOST_BASE + sv3__world_host_size(GUEST_SIZE) - 0x1000)

struct bundle_fx {
	struct fx fx;
	struct fx parts[2]; /* script and log of each source; they have no world */
	struct sv3_device sources[2];
	struct sv3_device bundle;
	struct sv3_trace traces[2];
};

static void part_completed(void *context, const struct sv3_device_event *event, bool ok, sv3_ps at)
{
	struct fx *part = (struct fx *)context;
	const uint64_t i = part->completed_count++ % FX_LOG_MAX;

	part->completed[i].event = *event;
	part->completed[i].ok = ok;
	part->completed[i].at = at;
}

static void b_init(struct bundle_fx *b)
{
	static const uint32_t streams[] = { SID, OTHER };
	static const struct sv3_device_ops ops = {
		.next = fx_next,
		.completed = part_completed,
		.destroy = fx_device_destroy,
	};

	memset(b, 0, sizeof(*b));
	fx_init(&b->fx);
	b->fx.config.costs.post_delay = DELAY;
	b->fx.host_config.stream_ids = streams;
	b->fx.host_config.stream_count = 2;
	for (int i = 0; i < 2; i++)
		b->sources[i] = (struct sv3_device){ &ops, &b->parts[i] };
}

static void b_fini(struct bundle_fx *b)
{
	sv3_device_destroy(&b->bundle);
	fx_fini(&b->fx);
}

#define BUNDLE_FX(name)                                         \
	__attribute__((cleanup(b_fini))) struct bundle_fx name; \
	b_init(&name)

static bool b_boot(struct bundle_fx *b)
{
	if (!fx_boot(&b->fx) || sv3_bundle_create(b->sources, 2, &b->bundle)) {
		ctest_fail(__FILE__, __LINE__, "the bundle did not come up");
		return false;
	}
	return true;
}

static void b_attach(struct bundle_fx *b)
{
	sv3_world_attach_device(b->fx.world, &b->bundle);
}

static const struct sv3_world_stats *stats(const struct bundle_fx *b)
{
	return sv3_world_stats(b->fx.world);
}

static uint64_t events_of(const struct bundle_fx *b, uint32_t index)
{
	struct sv3_bundle_stats of = { 0 };

	EXPECT_TRUE(sv3_bundle_stats(&b->bundle, index, &of));
	return of.events;
}

#define BY_OTHER(access_kind, at, address)                                                  \
	{                                                                                   \
		.kind = SV3_DEVICE_##access_kind, .due = (at), .iova = (address), .len = 8, \
		.stream_id = OTHER                                                          \
	}

/* --- plain sources --- */

TEST_C(world_bundle, plain_sources_act_at_their_times_and_hear_of_it)
{
	static const struct sv3_device_event first[] = { FX_ACCESS(WRITE, 20, FX_PAGE(1)),
							 FX_ACCESS(READ, 30, FX_PAGE(1)) };
	static const struct sv3_device_event second[] = { BY_OTHER(READ, 10, FX_PAGE(2)),
							  BY_OTHER(WRITE, 30, FX_PAGE(2)) };
	BUNDLE_FX(b);

	FX_SCRIPT(&b.parts[0], first);
	FX_SCRIPT(&b.parts[1], second);
	ASSERT_TRUE(b_boot(&b));
	b_attach(&b);
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(b.parts[0].completed_count, 2);
	ASSERT_EQ_U64(b.parts[1].completed_count, 2);
	EXPECT_EQ_U64(b.parts[0].completed[0].at, 20);
	EXPECT_EQ_U64(b.parts[0].completed[1].at, 30);
	EXPECT_EQ_U64(b.parts[1].completed[0].at, 10);
	EXPECT_EQ_U64(b.parts[1].completed[1].event.serial, 1);
	ASSERT_EQ_U64(b.fx.landed_count, 2);
	EXPECT_EQ_U64(b.fx.landed[0].stream_id, SID);
	EXPECT_EQ_U64(b.fx.landed[1].stream_id, OTHER);
	EXPECT_EQ_U64(stats(&b)->records, 4);
	EXPECT_EQ_U64(events_of(&b, 0), 2);
}

TEST_C(world_bundle, one_slot_serves_all_sources_in_turn)
{
	static const struct sv3_device_event first[] = { FX_ACCESS(WRITE, 0, FX_PAGE(1)),
							 FX_ACCESS(WRITE, 20, FX_PAGE(1)) };
	static const struct sv3_device_event second[] = { BY_OTHER(WRITE, 10, FX_PAGE(2)),
							  BY_OTHER(WRITE, 30, FX_PAGE(2)) };
	static const uint32_t streams[] = { SID, OTHER, SID, OTHER };
	BUNDLE_FX(b);

	b.fx.config.smmu.slot_count = 1;
	FX_SCRIPT(&b.parts[0], first);
	FX_SCRIPT(&b.parts[1], second);
	ASSERT_TRUE(b_boot(&b));
	b_attach(&b);
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(b.fx.landed_count, 4);
	for (uint64_t i = 0; i < 4; i++) {
		EXPECT_EQ_U64(b.fx.landed[i].translated, i * DELAY);
		EXPECT_EQ_U64(b.fx.landed[i].stream_id, streams[i]);
	}
}

TEST_C(world_bundle, a_stopped_source_acts_no_more_and_the_other_goes_on)
{
	static const struct sv3_device_event first[] = { FX_ACCESS(WRITE, 10, FX_PAGE(1)),
							 FX_ACCESS(WRITE, 20, FX_PAGE(1)) };
	static const struct sv3_device_event second[] = { BY_OTHER(READ, 15, FX_PAGE(2)),
							  BY_OTHER(READ, 30, FX_PAGE(2)) };
	BUNDLE_FX(b);

	FX_SCRIPT(&b.parts[0], first);
	FX_SCRIPT(&b.parts[1], second);
	ASSERT_TRUE(b_boot(&b));
	b_attach(&b);
	sv3_world_run_until(b.fx.world, 16);
	EXPECT_EQ_U64(sv3_world_next_event(b.fx.world), 20);
	sv3_bundle_stop(&b.bundle, 0);
	sv3_world_run_until(b.fx.world, 29);
	EXPECT_EQ_U64(b.parts[0].completed_count, 1);
	EXPECT_EQ_U64(b.parts[1].completed_count, 1);
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(b.parts[1].completed_count, 2);
	EXPECT_EQ_U64(b.parts[1].completed[1].at, 30);
	EXPECT_EQ_U64(b.fx.landed_count, 1);
}

TEST_C(world_bundle, a_bundle_is_held_and_slowed_down_as_one)
{
	static const struct sv3_device_event first[] = { FX_ACCESS(READ, 100, FX_PAGE(1)) };
	static const struct sv3_device_event second[] = { BY_OTHER(READ, 110, FX_PAGE(2)),
							  BY_OTHER(READ, 300, FX_PAGE(2)) };
	BUNDLE_FX(b);

	FX_SCRIPT(&b.parts[0], first);
	FX_SCRIPT(&b.parts[1], second);
	ASSERT_TRUE(b_boot(&b));
	b_attach(&b);
	sv3_world_throttle_device(b.fx.world, 500000);
	sv3_world_hold_device(b.fx.world, true);
	sv3_world_run_until(b.fx.world, 230);
	sv3_world_hold_device(b.fx.world, false);
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(b.parts[0].completed[0].at, 230);
	EXPECT_EQ_U64(b.parts[1].completed[0].at, 230);
	EXPECT_EQ_U64(b.parts[1].completed[1].at, 600);
	EXPECT_EQ_U64(stats(&b)->lag_max, 30);
}

TEST_C(world_bundle, cpus_may_be_several_too_and_one_of_them_stop)
{
	static const struct sv3_device_event first[] = { FX_ACCESS(WRITE, 10, FX_PAGE(1)),
							 FX_ACCESS(WRITE, 20, FX_PAGE(1)) };
	static const struct sv3_device_event second[] = { BY_OTHER(WRITE, 15, FX_PAGE(2)),
							  BY_OTHER(WRITE, 30, FX_PAGE(2)) };
	BUNDLE_FX(b);

	FX_SCRIPT(&b.parts[0], first);
	FX_SCRIPT(&b.parts[1], second);
	ASSERT_TRUE(b_boot(&b));
	sv3_world_attach_cpu(b.fx.world, &b.bundle);
	sv3_world_run_until(b.fx.world, 16);
	sv3_bundle_stop(&b.bundle, 0);
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(b.fx.landed_count, 3);
	EXPECT_EQ_U64(b.fx.landed[2].landed, 30);
	EXPECT_EQ_U64(b.fx.landed[2].stream_id, OTHER);
	EXPECT_EQ_U64(b.parts[1].completed_count, 2);
}

/* --- an endpoint beside a plain device --- */

static void set_reg(struct fx *fx, uint32_t offset, uint32_t size, uint64_t value)
{
	const struct sv3_regport port = sv3_world_regport(fx->world);

	port.ops->write(port.context, offset, size, value);
}

/* Source 0 behind an ATC, with page requests; source 1 plain. */
static bool ats_boot(struct bundle_fx *b)
{
	const struct sv3_ats_endpoint_config config = { .source = b->sources[0],
							.atc_entries = 8,
							.writes_max = 4,
							.pri = true,
							.group_pages = 1,
							.page_tries_max = 4 };
	struct fx *fx = &b->fx;
	uint64_t ste[8];

	fx->config.smmu.idr0 |= (uint32_t)(SV3_IDR0_ATS | SV3_IDR0_PRI);
	fx->config.smmu.idr1 |= (uint32_t)SV3_PUT(SV3_IDR1_PRIQS, 10);
	if (sv3_ats_endpoint_create(&config, &b->sources[0]) || !b_boot(b))
		return false;
	sv3_ste_make_s1(ste, fx->host->cd_base, 0);
	ste[1] |= SV3_PUT(SV3_STE1_EATS, SV3_STE_EATS_FULL);
	EXPECT_OK(sv3_strtab_write(&fx->host->strtab, SID, ste));
	set_reg(fx, SV3_REG_PRIQ_BASE, 8, PRIQ_BASE | PRIQ_LG2);
	set_reg(fx, SV3_REG_CR0, 4, fx_reg(fx, SV3_REG_CR0) | SV3_CR0_ATSCHK | SV3_CR0_PRIQEN);
	EXPECT_EQ_INT(sv3_pt_unmap(&fx->host->domains[0].pt, MISSING, 4096, NULL, NULL), 4096);
	EXPECT_OK(sv3_cmdq_cfgi_all(&fx->host->cmdq));
	EXPECT_OK(sv3_cmdq_tlbi_all(&fx->host->cmdq));
	EXPECT_OK(sv3_cmdq_sync(&fx->host->cmdq));
	EXPECT_LT_U64(sv3_world_now(fx->world), START);
	b_attach(b);
	return true;
}

static void respond(struct bundle_fx *b, uint32_t record, uint64_t response)
{
	const struct sv3_bus bus = sv3_world_bus(b->fx.world);
	uint8_t bytes[8] = { 0 };

	EXPECT_EQ_INT(sv3_bus_read(&bus, PRIQ_BASE + record * 16 + 8, bytes, 8), SV3_BUS_OK);
	EXPECT_OK(sv3_cmdq_push(&b->fx.host->cmdq, 0x41 | (uint64_t)SID << 32,
				(sv3_le64(bytes) & 0x1ff) | response << 12));
	EXPECT_OK(sv3_cmdq_sync(&b->fx.host->cmdq));
}

TEST_C(world_bundle, an_endpoint_and_a_plain_device_each_go_their_way_to_memory)
{
	static const struct sv3_device_event first[] = {
		FX_ACCESS(WRITE, START, FX_PAGE(1)), FX_ACCESS(WRITE, START + 10, FX_PAGE(1) + 64)
	};
	static const struct sv3_device_event second[] = { BY_OTHER(WRITE, START, FX_PAGE(2)),
							  BY_OTHER(READ, START + 5, FX_PAGE(1)) };
	uint64_t words[FX_WORDS];
	BUNDLE_FX(b);

	FX_SCRIPT(&b.parts[0], first);
	FX_SCRIPT(&b.parts[1], second);
	ASSERT_TRUE(ats_boot(&b));
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(b.parts[0].completed_count, 2);
	EXPECT_EQ_U64(b.parts[1].completed_count, 2);
	EXPECT_EQ_U64(b.fx.landed_count, 3);
	EXPECT_EQ_U64(sv3_world_smmu_stats(b.fx.world)->ats_requests, 1);
	EXPECT_EQ_U64(sv3_world_smmu_stats(b.fx.world)->ats_translated, 2);
	EXPECT_EQ_U64(stats(&b)->faults, 0);
	EXPECT_EQ_INT(fx_dirty(&b.fx, words), 2);
	EXPECT_TRUE(has_page(words, 1) && has_page(words, 2));
}

TEST_C(world_bundle, who_waits_for_a_page_keeps_nobody_and_goes_on_when_it_has_come)
{
	static const struct sv3_device_event first[] = { FX_ACCESS(WRITE, START, MISSING),
							 FX_ACCESS(READ, START + 10, FX_PAGE(1)) };
	static const struct sv3_device_event second[] = { BY_OTHER(WRITE, START + 5, FX_PAGE(2)),
							  BY_OTHER(READ, START + 3000, FX_PAGE(4)),
							  BY_OTHER(READ, 9 * START, FX_PAGE(4)) };
	sv3_ps answered;
	BUNDLE_FX(b);

	FX_SCRIPT(&b.parts[0], first);
	FX_SCRIPT(&b.parts[1], second);
	ASSERT_TRUE(ats_boot(&b));
	sv3_world_run_until(b.fx.world, 2 * START);
	EXPECT_EQ_U64(b.parts[0].completed_count, 0);
	ASSERT_EQ_U64(b.parts[1].completed_count, 2);
	EXPECT_EQ_U64(b.parts[1].completed[0].at, START + 5);
	EXPECT_EQ_U64(b.parts[1].completed[1].at, START + 3000);
	EXPECT_EQ_U64(fx_reg(&b.fx, SV3_REG_PRIQ_PROD), 1);
	ASSERT_OK(sv3_pt_map(&b.fx.host->domains[0].pt, MISSING, MISSING, 4096, 12,
			     sv3__host_map_flags(true)));
	answered = sv3_world_now(b.fx.world) + b.fx.config.costs.cmdq_delay;
	respond(&b, 0, SV3_PRI_SUCCESS);
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(b.parts[0].completed_count, 2);
	EXPECT_TRUE(b.parts[0].completed[0].ok);
	/* At the response, not only when the other source has something to do. */
	EXPECT_EQ_U64(b.parts[0].completed[0].at, answered);
	EXPECT_EQ_U64(b.parts[0].completed[1].at, answered);
	EXPECT_EQ_U64(b.parts[1].completed[2].at, 9 * START);
	EXPECT_EQ_U64(stats(&b)->records, 5);
	EXPECT_EQ_U64(b.fx.landed_count, 2);
}

TEST_C(world_bundle, a_page_that_never_comes_hangs_nobody)
{
	static const struct sv3_device_event first[] = { FX_ACCESS(WRITE, START, MISSING) };
	static const struct sv3_device_event second[] = { BY_OTHER(WRITE, START + 5, FX_PAGE(2)),
							  BY_OTHER(WRITE, START + 9, FX_PAGE(2)) };
	BUNDLE_FX(b);

	FX_SCRIPT(&b.parts[0], first);
	FX_SCRIPT(&b.parts[1], second);
	ASSERT_TRUE(ats_boot(&b));
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(b.parts[0].completed_count, 0);
	EXPECT_EQ_U64(b.fx.landed_count, 2);
	EXPECT_EQ_U64(sv3_world_now(b.fx.world), START + 9 + DELAY);
	/* Stopped while it waits, it is over with it. */
	sv3_bundle_stop(&b.bundle, 0);
	respond(&b, 0, SV3_PRI_INVALID);
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(b.parts[0].completed_count, 0);
	EXPECT_EQ_U64(stats(&b)->records, 2);
}

/* Room for four translated writes; the fifth waits for a landing, the other source does not. */
TEST_C(world_bundle, who_is_busy_keeps_nobody)
{
	static const struct sv3_device_event first[] = {
		FX_ACCESS(WRITE, START, FX_PAGE(1)),     FX_ACCESS(WRITE, START + 1, FX_PAGE(1)),
		FX_ACCESS(WRITE, START + 2, FX_PAGE(1)), FX_ACCESS(WRITE, START + 3, FX_PAGE(1)),
		FX_ACCESS(WRITE, START + 4, FX_PAGE(1)), FX_ACCESS(WRITE, START + 5, FX_PAGE(1)),
	};
	static const struct sv3_device_event second[] = { BY_OTHER(READ, START + 7, FX_PAGE(2)) };
	BUNDLE_FX(b);

	FX_SCRIPT(&b.parts[0], first);
	FX_SCRIPT(&b.parts[1], second);
	ASSERT_TRUE(ats_boot(&b));
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(b.parts[0].completed_count, 6);
	EXPECT_EQ_U64(b.parts[0].completed[3].at, START + 3);
	EXPECT_EQ_U64(b.parts[0].completed[4].at, START + DELAY);
	EXPECT_EQ_U64(b.parts[0].completed[5].at, START + 1 + DELAY);
	EXPECT_EQ_U64(b.parts[1].completed[0].at, START + 7);
	EXPECT_EQ_U64(b.fx.landed_count, 6);
	EXPECT_EQ_U64(stats(&b)->lag_max, DELAY - 4);
}

/* Is a CMD_SYNC behind an invalidation of the ATC of @stream_id consumed while writes are on their
 * way? */
static bool sync_passes(uint32_t stream_id)
{
	static const struct sv3_device_event first[] = { FX_ACCESS(WRITE, START, FX_PAGE(1)) };
	static const struct sv3_device_event second[] = { BY_OTHER(WRITE, START, FX_PAGE(1)) };
	struct sv3_cmdq_ticket ticket;
	bool passes;
	BUNDLE_FX(b);

	FX_SCRIPT(&b.parts[0], first);
	FX_SCRIPT(&b.parts[1], second);
	if (!ats_boot(&b))
		return false;
	sv3_world_run_until(b.fx.world, START);
	EXPECT_OK(sv3_cmdq_push(&b.fx.host->cmdq, 0x40 | (uint64_t)stream_id << 32, FX_PAGE(1)));
	sv3_world_flush_doorbells(b.fx.world);
	EXPECT_OK(sv3_cmdq_sync_begin(&b.fx.host->cmdq, &ticket));
	passes = sv3_cmdq_sync_done(&b.fx.host->cmdq, &ticket) == 1;
	sv3_world_run_until(b.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&b.fx.host->cmdq, &ticket), 1);
	return passes;
}

TEST_C(world_bundle, an_invalidation_waits_for_writes_of_the_endpoint_it_is_for)
{
	EXPECT_FALSE(sync_passes(SID));
	EXPECT_TRUE(sync_passes(OTHER));
}

/* --- two traces with rows for a driver --- */

#define ROW(row_op, ns, row_sid, va, to, bytes, row_aux)                                   \
	{                                                                                  \
		.time_ns = (ns), .sid = (row_sid), .op = SV3_TRACE_##row_op, .iova = (va), \
		.pa = (to), .len = (bytes), .aux = SV3_TRACE_AUX_##row_aux,                \
		.has = SV3_TRACE_HAS_ALL                                                   \
	}
#define BARE(row_op, ns)                                  \
	{                                                 \
		.time_ns = (ns), .op = SV3_TRACE_##row_op \
	}
#define VA(n) (UINT64_C(0xffff0000) + (n)*SV3_PAGE_SIZE)

static bool trace_boot(struct bundle_fx *b, const struct sv3_trace_rec *const *rows,
		       const uint64_t *counts, bool repeat)
{
	b->fx.host_config.view = SV3_VIEW_IOVA;
	for (int i = 0; i < 2; i++) {
		const struct sv3_replay_config config = { .trace = &b->traces[i],
							  .view = SV3_VIEW_IOVA,
							  .time_scale_ppm = 1000000,
							  .repeat = repeat };

		/* The reader of a trace never writes to it, but a trace owns what it reads. */
		b->traces[i].records = (struct sv3_trace_rec *)(uintptr_t)rows[i];
		b->traces[i].count = counts[i];
		if (sv3_replay_create(&config, &b->sources[i]))
			return false;
	}
	if (!b_boot(b))
		return false;
	b_attach(b);
	return true;
}

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define TRACE_BOOT(b, first, second, repeat)                                         \
	do {                                                                         \
		const struct sv3_trace_rec *const rows_of[] = { (first), (second) }; \
		const uint64_t counts_of[] = { COUNT(first), COUNT(second) };        \
		ASSERT_TRUE(trace_boot((b), rows_of, counts_of, (repeat)));          \
	} while (0)

static bool is_mapped(const struct bundle_fx *b, uint64_t page)
{
	struct sv3_host_alias alias;

	return sv3_host_aliases(b->fx.host, FX_PAGE(page), &alias, 1) == 1;
}

static uint64_t collect(struct bundle_fx *b, uint64_t *words, bool settled_only)
{
	struct sv3_dirty_log log = { words, GUEST_SIZE / SV3_PAGE_SIZE, GUEST_BASE };

	memset(words, 0, FX_WORDS * 8);
	return sv3_host_collect_unmapped(b->fx.host, &log, settled_only);
}

TEST_C(world_bundle, a_rewind_takes_down_the_mappings_of_its_own_source_alone)
{
	/* 2 us a pass, and 20 us. */
	static const struct sv3_trace_rec first[] = {
		ROW(MAP, 0, SID, VA(1), FX_PAGE(10), 4096, PERM_RW),
		ROW(W, 100, SID, VA(1), FX_PAGE(10), 8, DATA),
		ROW(R, 1333, SID, VA(1), FX_PAGE(10), 8, DATA),
	};
	static const struct sv3_trace_rec second[] = {
		ROW(MAP, 0, OTHER, VA(1), FX_PAGE(20), 4096, PERM_RW),
		ROW(W, 5, OTHER, VA(1), FX_PAGE(20), 8, DATA),
		ROW(W, 15000, OTHER, VA(1), FX_PAGE(20), 8, DATA),
	};
	uint64_t words[FX_WORDS];
	BUNDLE_FX(b);

	TRACE_BOOT(&b, first, second, true);
	sv3_world_run_until(b.fx.world, 3 * US);
	EXPECT_EQ_U64(sv3_replay_rewinds(&b.sources[0]), 1);
	EXPECT_EQ_U64(sv3_replay_rewinds(&b.sources[1]), 0);
	EXPECT_EQ_U64(collect(&b, words, true), 1);
	EXPECT_TRUE(has_page(words, 10));
	EXPECT_TRUE(is_mapped(&b, 20));
	/* The other's translation stays in the TLB, too: its next write needs no walk. */
	sv3_world_run_until(b.fx.world, 15 * US + 1);
	EXPECT_TRUE(b.fx.translated[b.fx.translated_count - 1].stream_id == OTHER);
	EXPECT_TRUE(b.fx.translated[b.fx.translated_count - 1].flags & SV3_RESULT_TLB_HIT);
	sv3_world_run_until(b.fx.world, 1000 * US);
	EXPECT_TRUE(sv3_host_error(b.fx.host) == NULL);
	EXPECT_EQ_U64(stats(&b)->faults, 0);
	EXPECT_EQ_U64(stats(&b)->pa_mismatches, 0);
	EXPECT_GT_U64(sv3_replay_rewinds(&b.sources[0]), 300);
	EXPECT_EQ_U64(sv3_replay_rewinds(&b.sources[1]), 44);
	EXPECT_EQ_U64(collect(&b, words, true), 2);
	EXPECT_TRUE(has_page(words, 20));
}

TEST_C(world_bundle, an_invalidation_of_everything_is_one_of_all_that_is_the_sources)
{
	static const struct sv3_trace_rec first[] = {
		ROW(MAP, 0, SID, VA(1), FX_PAGE(10), 4096, PERM_RW),
		ROW(W, 1, SID, VA(1), FX_PAGE(10), 8, DATA),
		ROW(UNMAP, 3000, SID, VA(1), 0, 4096, DATA),
		BARE(TLBI_ALL, 4000),
		BARE(SYNC, 4000),
	};
	static const struct sv3_trace_rec second[] = {
		ROW(MAP, 0, OTHER, VA(1), FX_PAGE(20), 4096, PERM_RW),
		ROW(W, 1, OTHER, VA(1), FX_PAGE(20), 8, DATA),
		ROW(UNMAP, 3000, OTHER, VA(1), 0, 4096, DATA),
		BARE(TLBI_ASID, 6000),
		BARE(SYNC, 7000),
	};
	uint64_t words[FX_WORDS];
	BUNDLE_FX(b);

	TRACE_BOOT(&b, first, second, false);
	sv3_world_run_until(b.fx.world, 5 * US);
	EXPECT_EQ_U64(collect(&b, words, true), 1);
	EXPECT_TRUE(has_page(words, 10));
	sv3_world_run_until(b.fx.world, 6999 * NS);
	EXPECT_EQ_U64(collect(&b, words, true), 0);
	sv3_world_run_until(b.fx.world, 7000 * NS);
	EXPECT_EQ_U64(collect(&b, words, true), 1);
	EXPECT_TRUE(has_page(words, 20));
	EXPECT_TRUE(sv3_host_error(b.fx.host) == NULL);
}

TEST_C(world_bundle, a_row_that_names_the_stream_of_another_source_is_an_error)
{
	static const struct sv3_trace_rec first[] = {
		ROW(MAP, 0, SID, VA(1), FX_PAGE(10), 4096, PERM_RW),
	};
	static const struct sv3_trace_rec second[] = {
		ROW(MAP, 0, OTHER, VA(1), FX_PAGE(20), 4096, PERM_RW),
		ROW(UNMAP, 5, SID, VA(1), 0, 4096, DATA),
	};
	const char *error;
	BUNDLE_FX(b);

	TRACE_BOOT(&b, first, second, false);
	sv3_world_run_until(b.fx.world, US);
	error = sv3_host_error(b.fx.host);
	ASSERT_TRUE(error != NULL);
	EXPECT_TRUE(strstr(error, "event 1 of source 1 at 5 ns: UNMAP of stream 0x8") != NULL);
	EXPECT_TRUE(is_mapped(&b, 10));
}

/* Rows, accesses, writes in flight and SYNC waits of two traces that begin anew at different times:
 * is anything wrong that alone is right? */
TEST_C(world_bundle, two_traces_with_unmaps_repeat_side_by_side)
{
	static const struct sv3_trace_rec first[] = {
		ROW(MAP, 0, SID, VA(1), FX_PAGE(10), 4096, PERM_RW),
		ROW(W, 100, SID, VA(1), FX_PAGE(10), 8, DATA),
		ROW(UNMAP, 110, SID, VA(1), 0, 4096, DATA),
		BARE(TLBI_ALL, 120),
		BARE(SYNC, 130),
		ROW(MAP, 140, SID, VA(1), FX_PAGE(11), 4096, PERM_RW),
		ROW(W, 150, SID, VA(1), FX_PAGE(11), 8, DATA),
		ROW(R, 900, SID, VA(1), FX_PAGE(11), 8, DATA),
	};
	static const struct sv3_trace_rec second[] = {
		ROW(MAP, 0, OTHER, VA(1), FX_PAGE(20), 4096, PERM_RW),
		ROW(W, 130, OTHER, VA(1), FX_PAGE(20), 8, DATA),
		ROW(MAP, 135, OTHER, VA(2), FX_PAGE(21), 4096, PERM_RW),
		ROW(W, 140, OTHER, VA(2), FX_PAGE(21), 8, DATA),
		ROW(W, 1700, OTHER, VA(1), FX_PAGE(20), 8, DATA),
	};
	BUNDLE_FX(b);

	TRACE_BOOT(&b, first, second, true);
	sv3_world_run_until(b.fx.world, 500 * US);
	EXPECT_TRUE(sv3_host_error(b.fx.host) == NULL);
	EXPECT_EQ_U64(stats(&b)->faults, 0);
	EXPECT_EQ_U64(stats(&b)->pa_mismatches, 0);
	EXPECT_GT_U64(sv3_replay_rewinds(&b.sources[0]), 200);
	EXPECT_GT_U64(sv3_replay_rewinds(&b.sources[1]), 200);
}
