/* SPDX-License-Identifier: MIT */
/*
 * test_host_atc.c - a host whose streams may use ATS: what stands in the command queue behind a
 * TLBI, does the device wait for it, and when is dirty state of an unmapped page settled?
 */
#include "replay_fixture.h"
#include "sim/engine/engine_priv.h"

#define POST_DELAY (500 * NS)
#define BOOT       4u /* commands of the boot: CFGI_ALL, SYNC, TLBI, SYNC */

/* [IHI0070 4.1.1] */
enum { TLBI_ASID = 0x11, TLBI_VA = 0x12, TLBI_NSNH = 0x30, ATC_INV = 0x40, SYNC = 0x46 };

struct atc_fx {
	struct replay_fx r;
	struct sv3_device endpoint;
};

static void atc_fini(struct atc_fx *a)
{
	fx_fini(&a->r.fx);
	sv3_device_destroy(&a->endpoint);
}

static void atc_init(struct atc_fx *a)
{
	memset(a, 0, sizeof(*a));
	fx_init(&a->r.fx);
	a->r.fx.config.smmu.idr0 |= (uint32_t)SV3_IDR0_ATS;
	a->r.fx.config.costs.post_delay = POST_DELAY;
	a->r.fx.host_config.ats = true;
}

#define ATC_FX(name)                                           \
	__attribute__((cleanup(atc_fini))) struct atc_fx name; \
	atc_init(&name)

/* The trace's device, behind an ATC. */
static bool atc_boot(struct atc_fx *a, const struct sv3_trace_rec *records, uint64_t count)
{
	struct sv3_ats_endpoint_config config = { .atc_entries = 8, .writes_max = 16 };
	struct replay_fx *r = &a->r;
	const struct sv3_replay_config replay = { .trace = &r->trace,
						  .view = SV3_VIEW_IOVA,
						  .time_scale_ppm = 1000000 };

	/* The reader of a trace never writes to it, but a trace owns what it reads. */
	r->trace.records = (struct sv3_trace_rec *)(uintptr_t)records;
	r->trace.count = count;
	r->fx.host_config.view = SV3_VIEW_IOVA;
	if (!fx_boot(&r->fx) || sv3_replay_create(&replay, &config.source) ||
	    sv3_ats_endpoint_create(&config, &a->endpoint))
		return false;
	sv3_world_attach_device(a->r.fx.world, &a->endpoint);
	return true;
}

#define ATC_BOOT(a, rows) ASSERT_TRUE(atc_boot(a, rows, sizeof(rows) / sizeof((rows)[0])))

static uint64_t word(struct atc_fx *a, uint32_t command, uint32_t index)
{
	const struct sv3_bus bus = sv3_world_bus(a->r.fx.world);
	uint8_t bytes[8] = { 0 };

	EXPECT_EQ_INT(
		sv3_bus_read(&bus, a->r.fx.host->cmdq_base + 16 * command + 8 * index, bytes, 8),
		SV3_BUS_OK);
	return sv3_le64(bytes);
}

static void expect_opcodes(struct atc_fx *a, const uint8_t *opcodes, uint32_t count)
{
	EXPECT_EQ_U64(a->r.fx.host->cmdq.prod, BOOT + count);
	for (uint32_t i = 0; i < count; i++)
		EXPECT_EQ_U64(word(a, BOOT + i, 0) & 0xff, opcodes[i]);
}

#define EXPECT_OPCODES(a, ...)                              \
	expect_opcodes(a, (const uint8_t[]){ __VA_ARGS__ }, \
		       sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* [IHI0070 3.9.1, 4.5.1] */
TEST_C(host_atc, between_tlbi_and_atc_invalidation_there_is_a_sync)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_DMA(W, 10, VA(1), FX_PAGE(10)),
		T_UNMAP(2000, VA(1), 4096),
		T_TLBI(2100, VA(1), 4096),
		T_SYNC(2200),
	};
	const struct sv3_ats_endpoint_stats *stats;
	ATC_FX(a);

	ATC_BOOT(&a, rows);
	sv3_world_run_until(a.r.fx.world, SV3_PS_NEVER);
	EXPECT_TRUE(sv3_host_error(a.r.fx.host) == NULL);
	EXPECT_OPCODES(&a, TLBI_VA, SYNC, ATC_INV, SYNC);
	EXPECT_EQ_U64(word(&a, BOOT + 2, 0), ATC_INV | (uint64_t)SID << 32);
	EXPECT_EQ_U64(word(&a, BOOT + 2, 1), VA(1));
	stats = sv3_ats_endpoint_stats(&a.endpoint);
	EXPECT_EQ_U64(stats->entries_invalidated, 1);
	EXPECT_EQ_U64(stats->invalidations, 1);
	/* The driver's own are not counted. */
	EXPECT_EQ_U64(sv3_host_cmdq(a.r.fx.host)->atc_inv_count, 0);
}

TEST_C(host_atc, the_asid_and_everything_invalidate_all_that_was_granted)
{
	struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_ASID(2000),
		T_TLBI(2050, VA(1), 4096), /* in that already */
		T_SYNC(2100),
		T_SYNC(2200),
		T_ASID(2300),
		T_SYNC(2400),
	};
	ATC_FX(a);

	rows[5].op = SV3_TRACE_TLBI_ALL;
	rows[5].has = 0;
	ATC_BOOT(&a, rows);
	sv3_world_run_until(a.r.fx.world, SV3_PS_NEVER);
	EXPECT_TRUE(sv3_host_error(a.r.fx.host) == NULL);
	EXPECT_OPCODES(&a, TLBI_ASID, TLBI_VA, SYNC, ATC_INV, SYNC, SYNC, TLBI_NSNH, SYNC, ATC_INV,
		       SYNC);
	EXPECT_EQ_U64(word(&a, BOOT + 3, 1), 52);
	EXPECT_EQ_U64(word(&a, BOOT + 8, 1), 52);
}

TEST_C(host_atc, each_stream_of_a_domain_gets_its_own)
{
	static const uint32_t streams[] = { SID, 16, 24 };
	ATC_FX(a);

	a.r.fx.host_config.stream_ids = streams;
	a.r.fx.host_config.stream_count = 3;
	ASSERT_TRUE(fx_boot(&a.r.fx));
	EXPECT_EQ_INT(sv3_host_atc_inv(a.r.fx.host, 0, FX_PAGE(5), 2 * SV3_PAGE_SIZE), 3);
	EXPECT_OPCODES(&a, ATC_INV, ATC_INV, ATC_INV);
	for (uint32_t i = 0; i < 3; i++) {
		EXPECT_EQ_U64(word(&a, BOOT + i, 0) >> 32, streams[i]);
		EXPECT_EQ_U64(word(&a, BOOT + i, 1), FX_PAGE(4) | 2);
	}
	EXPECT_EQ_U64(sv3_host_cmdq(a.r.fx.host)->atc_over_pages, 3 * 2);
}

TEST_C(host_atc, a_stream_of_another_domain_gets_none)
{
	static const uint32_t streams[] = { SID, 16 };
	ATC_FX(a);

	a.r.fx.host_config.view = SV3_VIEW_IOVA;
	a.r.fx.host_config.stream_ids = streams;
	a.r.fx.host_config.stream_count = 2;
	ASSERT_TRUE(fx_boot(&a.r.fx));
	EXPECT_EQ_INT(sv3_host_atc_inv(a.r.fx.host, 1, 0, 0), 1);
	EXPECT_EQ_U64(word(&a, BOOT, 0) >> 32, 16);
	EXPECT_EQ_U64(word(&a, BOOT, 1), 52);
}

TEST_C(host_atc, without_ats_nothing_is_pushed)
{
	ATC_FX(a);

	a.r.fx.host_config.ats = false;
	ASSERT_TRUE(fx_boot(&a.r.fx));
	EXPECT_FALSE(sv3_host_has_ats(a.r.fx.host));
	EXPECT_EQ_INT(sv3_host_atc_inv(a.r.fx.host, 0, FX_PAGE(5), 4096), 0);
	EXPECT_EQ_U64(a.r.fx.host->cmdq.prod, BOOT);
	EXPECT_EQ_U64(fx_reg(&a.r.fx, SV3_REG_CR0) & SV3_CR0_ATSCHK, 0);
}

TEST_C(host_atc, an_smmu_without_ats_is_refused)
{
	ATC_FX(a);

	a.r.fx.config.smmu.idr0 &= ~(uint32_t)SV3_IDR0_ATS;
	ASSERT_OK(sv3_world_create(&a.r.fx.config, &a.r.fx.world));
	EXPECT_EQ_INT(sv3_host_create(a.r.fx.world, &a.r.fx.host_config, &a.r.fx.host),
		      -SV3_ERR_INVAL);
}

/* --- waiting --- */

/* The write was granted before the unmap and lands after it: only then is the SYNC consumed, the
 * device goes on, and what was unmapped dirty is settled. */
TEST_C(host_atc, a_sync_row_waits_for_writes_made_by_a_grant)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_DMA(W, 1000, VA(1), FX_PAGE(10)),
		T_UNMAP(1001, VA(1), 4096),
		T_TLBI(1002, VA(1), 4096),
		T_SYNC(1003),
		T_MAP(1004, VA(2), FX_PAGE(11), 4096, RW),
		T_DMA(R, 1005, VA(2), FX_PAGE(11)),
	};
	const sv3_ps landing = 1000 * NS + POST_DELAY;
	uint64_t words[FX_WORDS];
	ATC_FX(a);

	ATC_BOOT(&a, rows);
	sv3_world_run_until(a.r.fx.world, landing - 1);
	EXPECT_EQ_U64(a.r.fx.landed_count, 0);
	EXPECT_EQ_U64(sv3_world_stats(a.r.fx.world)->records, 1);
	EXPECT_EQ_U64(collect(&a.r.fx, words, true), 0);
	sv3_world_run_until(a.r.fx.world, landing);
	EXPECT_EQ_U64(a.r.fx.landed_count, 1);
	EXPECT_EQ_U64(sv3_world_stats(a.r.fx.world)->records, 2);
	EXPECT_EQ_U64(collect(&a.r.fx, words, true), 1);
	EXPECT_TRUE(has_page(words, 10));
}

TEST_C(host_atc, a_grant_taken_back_is_not_used_again)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_DMA(W, 10, VA(1), FX_PAGE(10)),
		T_UNMAP(2000, VA(1), 4096),
		T_TLBI(2001, VA(1), 4096),
		T_SYNC(2002),
		T_MAP(2003, VA(1), FX_PAGE(11), 4096, RW),
		T_DMA(W, 2004, VA(1), FX_PAGE(11)),
	};
	ATC_FX(a);

	ATC_BOOT(&a, rows);
	sv3_world_run_until(a.r.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(a.r.fx.landed_count, 2);
	EXPECT_EQ_U64(a.r.fx.landed[1].pa, FX_PAGE(11));
	EXPECT_EQ_U64(sv3_world_stats(a.r.fx.world)->pa_mismatches, 0);
}

TEST_C(host_atc, unmaps_that_are_strict_or_put_off_take_grants_back_as_well)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_DMA(W, 10, VA(1), FX_PAGE(10)),
		T_UNMAP(2000, VA(1), 4096),
	};
	static const enum sv3_invalidation ways[] = { SV3_INVALIDATION_STRICT,
						      SV3_INVALIDATION_DEFERRED };
	static const uint8_t tlbi[] = { TLBI_VA, TLBI_ASID };

	for (unsigned int i = 0; i < 2; i++) {
		uint64_t words[FX_WORDS];
		ATC_FX(a);

		a.r.fx.host_config.invalidation = ways[i];
		ATC_BOOT(&a, rows);
		sv3_world_run_until(a.r.fx.world, SV3_PS_NEVER);
		EXPECT_OPCODES(&a, tlbi[i], SYNC, ATC_INV, SYNC);
		EXPECT_EQ_U64(sv3_ats_endpoint_stats(&a.endpoint)->entries_invalidated, 1);
		EXPECT_EQ_U64(collect(&a.r.fx, words, true), 1);
	}
}

TEST_C(host_atc, other_software_that_unmaps_takes_grants_back)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_DMA(W, 10, VA(1), FX_PAGE(10)),
	};
	uint64_t words[FX_WORDS];
	ATC_FX(a);

	ATC_BOOT(&a, rows);
	sv3_world_run_until(a.r.fx.world, US);
	ASSERT_OK(sv3_host_unmap(a.r.fx.host, 0, VA(1), 4096));
	EXPECT_OPCODES(&a, TLBI_VA, SYNC, ATC_INV, SYNC);
	EXPECT_EQ_U64(sv3_ats_endpoint_stats(&a.endpoint)->entries_invalidated, 1);
	EXPECT_EQ_U64(collect(&a.r.fx, words, true), 1);
	EXPECT_EQ_U64(sv3_host_cmdq(a.r.fx.host)->atc_inv_count, 1);
}

/* [IHI0070 4.7.3] */
TEST_C(host_atc, a_device_that_never_answers_is_an_error_of_its_row)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 4096, RW),
		T_UNMAP(2000, VA(1), 4096),
		T_TLBI(2100, VA(1), 4096),
		T_SYNC(2200),
	};
	ATC_FX(a);

	ATC_BOOT(&a, rows);
	sv3_ats_endpoint_time_out(&a.endpoint, true);
	sv3_world_run_until(a.r.fx.world, SV3_PS_NEVER);
	EXPECT_TRUE(sv3_host_error(a.r.fx.host) != NULL);
}

/* --- what observers hear --- */

struct heard {
	struct sv3_grant grants[4];
	uint32_t count;
};

static void hear(void *context, const struct sv3_grant *grant)
{
	struct heard *heard = (struct heard *)context;

	heard->grants[heard->count++ % 4] = *grant;
}

TEST_C(host_atc, observers_hear_of_write_grants_and_which_writes_were_made_by_one)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(1), FX_PAGE(10), 8192, RW),
		T_DMA(R, 10, VA(2) + 8, FX_PAGE(11) + 8),
		T_DMA(W, 20, VA(2) + 8, FX_PAGE(11) + 8),
		T_DMA(W, 30, VA(2) + 16, FX_PAGE(11) + 16),
	};
	struct heard heard = { .count = 0 };
	const struct sv3_world_observer observer = { .write_granted = hear, .context = &heard };
	ATC_FX(a);

	ATC_BOOT(&a, rows);
	ASSERT_OK(sv3_world_observe(a.r.fx.world, &observer));
	sv3_world_run_until(a.r.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(heard.count, 1); /* the read was granted no write, the second write had it */
	EXPECT_EQ_U64(heard.grants[0].at, 20 * NS);
	EXPECT_EQ_U64(heard.grants[0].iova, VA(2));
	EXPECT_EQ_U64(heard.grants[0].pa, FX_PAGE(11));
	EXPECT_EQ_U64(heard.grants[0].last, FX_PAGE(11) + 4095);
	EXPECT_EQ_U64(heard.grants[0].stream_id, SID);
	EXPECT_TRUE(heard.grants[0].flags & SV3_RESULT_DIRTY_SET);
	ASSERT_EQ_U64(a.r.fx.landed_count, 2);
	EXPECT_TRUE(a.r.fx.landed[0].by_grant);
	EXPECT_TRUE(a.r.fx.landed[1].by_grant);
	sv3_world_unobserve(a.r.fx.world, &observer);
	EXPECT_EQ_U64(a.r.fx.world->granted_count, 0);
}
