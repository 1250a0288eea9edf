/* SPDX-License-Identifier: MIT */
/*
 * test_world_ats.c - a device with an ATC in a world: is its dirty state in the tables before its
 * writes land, does CMD_ATC_INV bring it back to ask, and do page requests find their answers?
 */
#include "sim/engine/engine_priv.h"
#include "world_fixture.h"

#include <sv3/snapshot.h>

#define START     (100 * US) /* device events are due from here on: set-up takes time */
#define DELAY     1000
#define MISSING   FX_PAGE(3)
#define PRIQ_LG2  2u
#define PRIQ_BASE (SV3_WORLD_HOST_BASE + sv3__world_host_size(GUEST_SIZE) - 0x1000)

struct ats_fx {
	struct fx fx;
	struct sv3_device device;
	struct sv3_ats_endpoint_config config;
	bool without_atc; /* the source stands alone */
};

static void ats_fini(struct ats_fx *a)
{
	sv3_device_destroy(&a->device);
	fx_fini(&a->fx);
}

static void set_reg(struct fx *fx, uint32_t offset, uint32_t size, uint64_t value)
{
	const struct sv3_regport port = sv3_world_regport(fx->world);

	port.ops->write(port.context, offset, size, value);
}

static int sync_all(struct fx *fx)
{
	EXPECT_OK(sv3_cmdq_tlbi_all(&fx->host->cmdq));
	return sv3_cmdq_sync(&fx->host->cmdq);
}

/* The stream may use ATS, translated accesses are checked, and there is a PRI queue. */
static void enable_ats(struct fx *fx)
{
	uint64_t ste[8];

	sv3_ste_make_s1(ste, fx->host->cd_base, 0);
	ste[1] |= SV3_PUT(SV3_STE1_EATS, SV3_STE_EATS_FULL);
	EXPECT_OK(sv3_strtab_write(&fx->host->strtab, SID, ste));
	set_reg(fx, SV3_REG_PRIQ_BASE, 8, PRIQ_BASE | PRIQ_LG2);
	set_reg(fx, SV3_REG_CR0, 4, fx_reg(fx, SV3_REG_CR0) | SV3_CR0_ATSCHK | SV3_CR0_PRIQEN);
	EXPECT_EQ_INT(sv3_pt_unmap(&fx->host->domains[0].pt, MISSING, 4096, NULL, NULL), 4096);
	EXPECT_OK(sv3_cmdq_cfgi_all(&fx->host->cmdq));
	EXPECT_OK(sync_all(fx));
	EXPECT_LT_U64(sv3_world_now(fx->world), START);
}

static void ats_init(struct ats_fx *a)
{
	static const struct sv3_device_ops source_ops = {
		.next = fx_next,
		.completed = fx_completed,
		.destroy = fx_device_destroy,
	};

	memset(a, 0, sizeof(*a));
	fx_init(&a->fx);
	a->fx.config.smmu.idr0 |= (uint32_t)(SV3_IDR0_ATS | SV3_IDR0_PRI);
	a->fx.config.smmu.idr1 |= (uint32_t)SV3_PUT(SV3_IDR1_PRIQS, 10);
	a->fx.config.costs.post_delay = DELAY;
	a->config = (struct sv3_ats_endpoint_config){
		.source = { &source_ops, &a->fx },
		.atc_entries = 8,
		.writes_max = 16,
		.pri = true,
		.group_pages = 1,
		.page_tries_max = 4,
	};
}

static bool ats_boot(struct ats_fx *a)
{
	const struct sv3_world_observer observer = { .write_translated = fx_write_translated,
						     .write_landed = fx_write_landed,
						     .context = &a->fx };

	if (sv3_world_create(&a->fx.config, &a->fx.world) ||
	    sv3_host_create(a->fx.world, &a->fx.host_config, &a->fx.host) ||
	    sv3_world_observe(a->fx.world, &observer) ||
	    sv3_ats_endpoint_create(&a->config, &a->device)) {
		ctest_fail(__FILE__, __LINE__, "the world did not come up");
		return false;
	}
	sv3_world_attach_host(a->fx.world, a->fx.host);
	enable_ats(&a->fx);
	sv3_world_attach_device(a->fx.world, a->without_atc ? &a->config.source : &a->device);
	return true;
}

#define ATS_FX(name)                                           \
	__attribute__((cleanup(ats_fini))) struct ats_fx name; \
	ats_init(&name)

static const struct sv3_smmu_stats *smmu_stats(const struct ats_fx *a)
{
	return sv3_world_smmu_stats(a->fx.world);
}

/* Report dirty pages and clean them; the TLB forgets them. */
static void clean(struct ats_fx *a, uint64_t *words)
{
	const struct sv3_domain *domain = sv3_host_domain(a->fx.host, 0);
	struct sv3_dirty_log log = { words, GUEST_SIZE / SV3_PAGE_SIZE, GUEST_BASE };
	struct sv3_pt_gather gather;

	memset(words, 0, FX_WORDS * 8);
	sv3_pt_gather_init(&gather);
	EXPECT_LE_U64(0, sv3_dirty_scan_all(&domain->pt, domain->scan_base, domain->scan_size,
					    SV3_DIRTY_CLEAR, &log, &gather));
	EXPECT_OK(sync_all(&a->fx));
}

static void push_atc_inv(struct ats_fx *a, sv3_iova iova)
{
	EXPECT_OK(sv3_cmdq_push(&a->fx.host->cmdq, 0x40 | (uint64_t)SID << 32, iova));
}

/* --- translation and dirty state --- */

TEST_C(world_ats, a_page_is_dirty_in_memory_before_its_first_write_lands)
{
	static const struct sv3_device_event script[] = {
		FX_ACCESS(WRITE, START, FX_PAGE(1)), FX_ACCESS(WRITE, START + 10, FX_PAGE(1) + 64),
		FX_ACCESS(READ, START + 20, FX_PAGE(2))
	};
	uint64_t words[FX_WORDS];
	ATS_FX(a);

	FX_SCRIPT(&a.fx, script);
	ASSERT_TRUE(ats_boot(&a));
	sv3_world_run_until(a.fx.world, START + 20);
	EXPECT_EQ_U64(a.fx.completed_count, 3);
	EXPECT_EQ_U64(a.fx.landed_count, 0);
	EXPECT_EQ_INT(fx_dirty(&a.fx, words), 1);
	EXPECT_TRUE(has_page(words, 1));
	EXPECT_EQ_U64(smmu_stats(&a)->ats_requests, 2);
	EXPECT_EQ_U64(smmu_stats(&a)->ats_translated, 3);
	sv3_world_run_until(a.fx.world, START + 10 + DELAY);
	ASSERT_EQ_U64(a.fx.landed_count, 2);
	EXPECT_EQ_U64(a.fx.landed[1].pa, FX_PAGE(1) + 64);
	EXPECT_EQ_U64(a.fx.landed[1].iova, FX_PAGE(1) + 64);
	EXPECT_EQ_U64(sv3_world_stats(a.fx.world)->faults, 0);
}

/* Two writes of one page, cleaned in between; what does the next report say? */
static bool second_write_is_reported(bool invalidate_atc)
{
	static const struct sv3_device_event script[] = {
		FX_ACCESS(WRITE, START, FX_PAGE(1)), FX_ACCESS(WRITE, 10 * START, FX_PAGE(1))
	};
	uint64_t words[FX_WORDS];
	ATS_FX(a);

	FX_SCRIPT(&a.fx, script);
	if (!ats_boot(&a))
		return false;
	sv3_world_run_until(a.fx.world, 2 * START);
	clean(&a, words);
	EXPECT_TRUE(has_page(words, 1));
	if (invalidate_atc) {
		push_atc_inv(&a, FX_PAGE(1));
		EXPECT_OK(sv3_cmdq_sync(&a.fx.host->cmdq));
	}
	sv3_world_run_until(a.fx.world, 11 * START);
	EXPECT_EQ_U64(a.fx.landed_count, 2);
	fx_dirty(&a.fx, words);
	return has_page(words, 1);
}

TEST_C(world_ats, cleaning_without_invalidating_the_atc_loses_the_next_write)
{
	EXPECT_FALSE(second_write_is_reported(false));
	EXPECT_TRUE(second_write_is_reported(true));
}

/* --- invalidation --- */

TEST_C(world_ats, a_sync_behind_an_atc_invalidation_waits_for_translated_writes)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, FX_PAGE(1)) };
	struct sv3_cmdq_ticket ticket;
	ATS_FX(a);

	FX_SCRIPT(&a.fx, script);
	ASSERT_TRUE(ats_boot(&a));
	sv3_world_run_until(a.fx.world, START);
	push_atc_inv(&a, FX_PAGE(1));
	sv3_world_flush_doorbells(a.fx.world);
	ASSERT_OK(sv3_cmdq_sync_begin(&a.fx.host->cmdq, &ticket));
	sv3_world_run_until(a.fx.world, START + DELAY - 1);
	EXPECT_EQ_U64(a.fx.landed_count, 0);
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&a.fx.host->cmdq, &ticket), 0);
	sv3_world_run_until(a.fx.world, START + DELAY);
	EXPECT_EQ_U64(a.fx.landed_count, 1);
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&a.fx.host->cmdq, &ticket), 1);
}

/* The endpoint's half of it is not in a snapshot. */
TEST_C(world_ats, no_snapshot_while_an_atc_invalidation_is_not_completed)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, FX_PAGE(1)) };
	struct sv3_cmdq_ticket ticket;
	struct sv3_snapshot snapshot;
	ATS_FX(a);

	FX_SCRIPT(&a.fx, script);
	ASSERT_TRUE(ats_boot(&a));
	sv3_world_run_until(a.fx.world, START);
	push_atc_inv(&a, FX_PAGE(1));
	sv3_world_flush_doorbells(a.fx.world);
	ASSERT_OK(sv3_cmdq_sync_begin(&a.fx.host->cmdq, &ticket));
	EXPECT_EQ_INT(sv3_world_snapshot(a.fx.world, &snapshot), -SV3_ERR_UNSUP);
	EXPECT_TRUE(snapshot.block == NULL);
	sv3_world_run_until(a.fx.world, START + DELAY);
	EXPECT_OK(sv3_world_snapshot(a.fx.world, &snapshot));
	sv3_snapshot_fini(&snapshot);
}

TEST_C(world_ats, an_invalidation_of_another_page_waits_for_nothing)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, FX_PAGE(1)) };
	struct sv3_cmdq_ticket ticket;
	ATS_FX(a);

	FX_SCRIPT(&a.fx, script);
	ASSERT_TRUE(ats_boot(&a));
	sv3_world_run_until(a.fx.world, START);
	push_atc_inv(&a, FX_PAGE(2));
	sv3_world_flush_doorbells(a.fx.world);
	ASSERT_OK(sv3_cmdq_sync_begin(&a.fx.host->cmdq, &ticket));
	EXPECT_EQ_U64(a.fx.landed_count, 0);
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&a.fx.host->cmdq, &ticket), 1);
}

TEST_C(world_ats, an_invalidation_that_times_out_stops_the_queue_at_the_sync)
{
	ATS_FX(a);

	ASSERT_TRUE(ats_boot(&a));
	sv3_ats_endpoint_time_out(&a.device, true);
	push_atc_inv(&a, FX_PAGE(1));
	EXPECT_EQ_INT(sv3_cmdq_sync(&a.fx.host->cmdq), -SV3_ERR_FORMAT);
	EXPECT_EQ_U64(SV3_GET(SV3_CMDQ_CONS_ERR, fx_reg(&a.fx, SV3_REG_CMDQ_CONS)), 3);
}

/* --- page requests --- */

static uint64_t pri_record(struct ats_fx *a, uint32_t index, uint32_t word)
{
	const struct sv3_bus bus = sv3_world_bus(a->fx.world);
	uint8_t bytes[8] = { 0 };

	EXPECT_EQ_INT(sv3_bus_read(&bus, PRIQ_BASE + index * 16 + word * 8, bytes, 8), SV3_BUS_OK);
	return sv3_le64(bytes);
}

static void respond(struct ats_fx *a, uint64_t group, uint64_t response)
{
	EXPECT_OK(sv3_cmdq_push(&a->fx.host->cmdq, 0x41 | (uint64_t)SID << 32,
				group | response << 12));
	EXPECT_OK(sv3_cmdq_sync(&a->fx.host->cmdq));
}

TEST_C(world_ats, a_missing_page_is_requested_and_the_device_goes_on_when_it_has_come)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, MISSING + 8),
							  FX_ACCESS(READ, START + 10, FX_PAGE(4)) };
	uint64_t words[FX_WORDS];
	ATS_FX(a);

	FX_SCRIPT(&a.fx, script);
	ASSERT_TRUE(ats_boot(&a));
	sv3_world_run_until(a.fx.world, 2 * START);
	EXPECT_EQ_U64(a.fx.completed_count, 0);
	ASSERT_EQ_U64(fx_reg(&a.fx, SV3_REG_PRIQ_PROD), 1);
	EXPECT_EQ_U64(pri_record(&a, 0, 0) & UINT32_MAX, SID);
	EXPECT_EQ_U64(pri_record(&a, 0, 0) >> 58, 0x18); /* Last and W alone */
	EXPECT_EQ_U64(pri_record(&a, 0, 1) & ~UINT64_C(0xfff), MISSING);
	ASSERT_OK(sv3_pt_map(&a.fx.host->domains[0].pt, MISSING, MISSING, 4096, 12,
			     sv3__host_map_flags(true)));
	respond(&a, pri_record(&a, 0, 1) & 0x1ff, SV3_PRI_SUCCESS);
	sv3_world_run_until(a.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(a.fx.completed_count, 2);
	EXPECT_TRUE(a.fx.completed[0].ok);
	EXPECT_EQ_U64(a.fx.completed[0].event.serial, 0);
	EXPECT_EQ_U64(a.fx.landed_count, 1);
	EXPECT_EQ_INT(fx_dirty(&a.fx, words), 1);
	EXPECT_TRUE(has_page(words, 3));
}

TEST_C(world_ats, a_page_that_is_denied_is_a_fault_of_the_device)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, MISSING) };
	ATS_FX(a);

	FX_SCRIPT(&a.fx, script);
	ASSERT_TRUE(ats_boot(&a));
	sv3_world_run_until(a.fx.world, 2 * START);
	respond(&a, pri_record(&a, 0, 1) & 0x1ff, SV3_PRI_INVALID);
	sv3_world_run_until(a.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(a.fx.completed_count, 1);
	EXPECT_FALSE(a.fx.completed[0].ok);
	EXPECT_EQ_U64(sv3_world_stats(a.fx.world)->faults, 1);
	EXPECT_EQ_U64(smmu_stats(&a)->events_written, 0);
}

/* [IHI0070 8.1] A full queue answers by itself, and the page never comes: the device gives up. */
TEST_C(world_ats, a_full_queue_hangs_nobody)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, MISSING) };
	ATS_FX(a);

	a.config.group_pages = 5; /* one more than the queue holds */
	FX_SCRIPT(&a.fx, script);
	ASSERT_TRUE(ats_boot(&a));
	sv3_world_run_until(a.fx.world, 2 * START);
	ASSERT_EQ_U64(a.fx.completed_count, 1);
	EXPECT_FALSE(a.fx.completed[0].ok);
	EXPECT_EQ_U64(sv3_ats_endpoint_stats(&a.device)->responses, 4);
}

/* --- other devices behind an ATC --- */

/* A synthetic device: which pages are dirty at the end, with an ATC in front of it or without? */
static void synthetic_run(bool with_atc, uint64_t *words)
{
	const struct sv3_synthetic_config synthetic = {
		.pattern = SV3_PATTERN_ZIPF,
		.base = FX_PAGE(16),
		.page_count = 512,
		.stream_id = SID,
		.write_percent = 30,
		.len = 64,
		.start = START,
		.period = 200,
		.zipf_exponent = 0.8,
		.limit = 5000,
		.seed = 5,
	};
	ATS_FX(a);

	ASSERT_OK(sv3_synthetic_create(&synthetic, &a.config.source));
	a.without_atc = !with_atc;
	ASSERT_TRUE(ats_boot(&a));
	sv3_world_run_until(a.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(sv3_world_stats(a.fx.world)->records, 5000);
	EXPECT_EQ_U64(sv3_world_stats(a.fx.world)->faults, 0);
	EXPECT_EQ_U64(smmu_stats(&a)->ats_translated, with_atc ? 5000 : 0);
	EXPECT_GT_U64(fx_dirty(&a.fx, words), 100);
}

TEST_C(world_ats, behind_an_atc_a_device_dirties_the_same_pages)
{
	uint64_t with[FX_WORDS], without[FX_WORDS];

	synthetic_run(true, with);
	synthetic_run(false, without);
	EXPECT_EQ_MEM(with, without, sizeof(with));
}

/* --- tracking with ATS --- */

struct landed_pages {
	bool page[GUEST_SIZE / SV3_PAGE_SIZE];
};

static void note_landed(void *context, const struct sv3_write *write)
{
	((struct landed_pages *)context)->page[(write->pa - GUEST_BASE) / SV3_PAGE_SIZE] = true;
}

/* Rounds of scan, clear, invalidate under a busy device. Returns: pages that a write reached after
 * the last round's SYNC and that the next scan does not report. */
static uint64_t lost_pages(bool invalidate_atc)
{
	static struct landed_pages landed;
	const struct sv3_synthetic_config synthetic = {
		.pattern = SV3_PATTERN_ZIPF,
		.base = FX_PAGE(16),
		.page_count = 64,
		.stream_id = SID,
		.write_percent = 60,
		.len = 64,
		.start = START,
		.period = 300 * NS,
		.jitter = true,
		.zipf_exponent = 0.7,
		.seed = 11,
	};
	const struct sv3_world_observer observer = { .write_landed = note_landed,
						     .context = &landed };
	uint64_t words[FX_WORDS], lost = 0;
	ATS_FX(a);

	a.fx.config.costs.post_delay = 2 * US;
	a.config.atc_entries = 64;
	memset(&landed, 0, sizeof(landed));
	EXPECT_OK(sv3_synthetic_create(&synthetic, &a.config.source));
	if (!ats_boot(&a))
		return 0;
	EXPECT_OK(sv3_world_observe(a.fx.world, &observer));
	for (uint32_t round = 0; round < 60; round++) {
		sv3_world_advance(a.fx.world, 20 * US);
		fx_dirty(&a.fx, words);
		for (uint64_t page = 0; page < GUEST_SIZE / SV3_PAGE_SIZE; page++)
			lost += landed.page[page] && !has_page(words, page);
		clean(&a, words);
		if (invalidate_atc) {
			EXPECT_OK(sv3_cmdq_push(&a.fx.host->cmdq, 0x40 | (uint64_t)SID << 32, 52));
			EXPECT_OK(sv3_cmdq_sync(&a.fx.host->cmdq));
		}
		memset(&landed, 0, sizeof(landed));
	}
	EXPECT_EQ_U64(sv3_world_stats(a.fx.world)->faults, 0);
	EXPECT_GT_U64(sv3_ats_endpoint_stats(&a.device)->hits, 500);
	return lost;
}

TEST_C(world_ats, no_write_is_lost_when_the_atc_is_invalidated_behind_the_tlb)
{
	EXPECT_EQ_U64(lost_pages(true), 0);
	EXPECT_GT_U64(lost_pages(false), 0);
}
