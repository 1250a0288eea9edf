/* SPDX-License-Identifier: MIT */
/*
 * test_unmap_modes.c - what an unmap loses, mode by mode, against sets kept outside; and when it is
 * invalidated where the rows of the trace do not say so.
 */
#include "replay_fixture.h"
#include "sim/engine/engine_priv.h"

#include <sv3/host.h>
#include <sv3/prng.h>

#define FIRST_PAGE 10u /* guest page behind VA(0) */
#define PAGES      32u
#define GAP        (5 * US)
#define US_NS      1000u

static bool pages_has(uint32_t set, uint32_t page)
{
	return set >> page & 1;
}

/* --- what is lost --- */

/* Writes of a run by phase, as sets of pages. */
struct phases {
	uint32_t before, unsynced, gap;
};

struct run {
	struct replay_fx *r;
	uint64_t words[FX_WORDS];
	uint64_t collected; /* by the sync in the middle */
};

/* A sync in the middle: what is dirty is reported and cleaned, TLBI + SYNC. */
static void sync_in_the_middle(void *context)
{
	struct run *run = (struct run *)context;
	struct sv3_host *host = run->r->fx.host;
	const struct sv3_domain *domain = sv3_host_domain(host, 0);
	struct sv3_dirty_log log = { run->words, GUEST_SIZE / SV3_PAGE_SIZE, GUEST_BASE };
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	run->collected = (uint64_t)sv3_dirty_scan_all(
		&domain->pt, domain->scan_base, domain->scan_size, SV3_DIRTY_CLEAR, &log, &gather);
	EXPECT_OK(sv3_cmdq_tlbi_all(sv3_host_cmdq(host)));
	EXPECT_OK(sv3_cmdq_sync(sv3_host_cmdq(host)));
}

static uint64_t add_writes(struct sv3_trace_rec *rows, uint64_t at, uint32_t set, uint64_t ns)
{
	for (uint32_t page = 0; page < PAGES; page++)
		if (pages_has(set, page))
			rows[at++] = (struct sv3_trace_rec)T_DMA(W, ns + 10 * page, VA(page),
								 FX_PAGE(FIRST_PAGE + page));
	return at;
}

static uint64_t make_rows(struct sv3_trace_rec *rows, const struct phases *phases)
{
	uint64_t at = 0;

	rows[at++] = (struct sv3_trace_rec)T_MAP(0, VA(0), FX_PAGE(FIRST_PAGE), PAGES * 4096, RW);
	at = add_writes(rows, at, phases->before, 1 * US_NS);
	at = add_writes(rows, at, phases->unsynced, 20 * US_NS);
	rows[at++] = (struct sv3_trace_rec)T_UNMAP(40 * US_NS, VA(0), PAGES * 4096);
	at = add_writes(rows, at, phases->gap, 41 * US_NS);
	rows[at++] = (struct sv3_trace_rec)T_TLBI(50 * US_NS, VA(0), PAGES * 4096);
	rows[at++] = (struct sv3_trace_rec)T_SYNC(51 * US_NS);
	return at;
}

/* Pages written after the sync that nobody reports in the end. */
static uint32_t lost_pages(struct replay_fx *r, uint32_t *landed_late)
{
	uint64_t words[FX_WORDS];
	uint32_t lost = 0;

	*landed_late = 0;
	EXPECT_LT_U64(r->fx.landed_count, FX_LOG_MAX + 1);
	collect(&r->fx, words, false);
	for (uint64_t i = 0; i < r->fx.landed_count && i < FX_LOG_MAX; i++) {
		const struct sv3_write *write = &r->fx.landed[i];
		const uint64_t page = (write->pa - GUEST_BASE) / SV3_PAGE_SIZE;

		if (write->translated < 20 * US)
			continue;
		if (!has_page(words, page))
			lost |= 1u << (page - FIRST_PAGE);
		if (write->translated > 40 * US)
			*landed_late |= 1u << (page - FIRST_PAGE);
	}
	return lost;
}

static void run_phases(enum sv3_unmap_mode mode, const struct phases *phases)
{
	struct sv3_trace_rec rows[3 * PAGES + 4];
	const uint64_t count = make_rows(rows, phases);
	REPLAY(r);
	struct run run = { .r = &r };
	uint32_t lost, late;

	r.fx.config.costs.unmap_gap = GAP;
	r.fx.config.costs.cmdq_delay = 0;
	r.fx.host_config.unmap_mode = mode;
	if (!replay_boot(&r, rows, count, false))
		return;
	EXPECT_OK(sv3_world_call_at(r.fx.world, 10 * US, sync_in_the_middle, &run));
	sv3_world_run_until(r.fx.world, SV3_PS_NEVER);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
	EXPECT_EQ_U64(run.collected, (uint64_t)__builtin_popcount(phases->before));
	lost = lost_pages(&r, &late);
	switch (mode) {
	case SV3_UNMAP_XCHG:
		EXPECT_EQ_U64(lost, 0);
		/* What the TLB held as dirty was still written. */
		EXPECT_EQ_U64(late, phases->gap & phases->unsynced);
		break;
	case SV3_UNMAP_GET_THEN_UNMAP:
		EXPECT_EQ_U64(lost, phases->gap & ~phases->unsynced);
		EXPECT_EQ_U64(late, phases->gap);
		EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
		break;
	case SV3_UNMAP_PLAIN:
		EXPECT_EQ_U64(lost, phases->unsynced);
		break;
	}
}

TEST_C(unmap_modes, lose_nothing_the_writes_of_the_gap_or_what_was_not_synced)
{
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 4);
	for (int i = 0; i < 100; i++) {
		/* At most 60 writes in all, for the log. */
		const struct phases phases = {
			.before = (uint32_t)sv3_prng_next(&prng) & 0x0fffff00,
			.unsynced = (uint32_t)(sv3_prng_next(&prng) & sv3_prng_next(&prng)),
			.gap = (uint32_t)(sv3_prng_next(&prng) & sv3_prng_next(&prng)),
		};

		run_phases(SV3_UNMAP_XCHG, &phases);
		run_phases(SV3_UNMAP_GET_THEN_UNMAP, &phases);
		run_phases(SV3_UNMAP_PLAIN, &phases);
	}
}

/* --- the gap --- */

TEST_C(unmap_modes, the_next_row_waits_for_the_end_of_the_gap)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(0), FX_PAGE(10), 4096, RW),
		T_UNMAP(1000, VA(0), 4096),
		T_DMA(R, 1500, VA(0), FX_PAGE(10)), /* still there */
		T_MAP(2000, VA(0), FX_PAGE(20), 4096, RW),
	};
	REPLAY(r);
	struct sv3_pt_leaf leaf;

	r.fx.config.costs.unmap_gap = GAP;
	r.fx.host_config.unmap_mode = SV3_UNMAP_GET_THEN_UNMAP;
	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, US + GAP - 1);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->records, 1);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
	EXPECT_GE_U64(sv3_world_now(r.fx.world), US + GAP - 1);
	sv3_world_run_until(r.fx.world, US + GAP);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
	ASSERT_OK(sv3_pt_lookup(&sv3_host_domain(r.fx.host, 0)->pt, VA(0), &leaf));
	EXPECT_EQ_U64(leaf.pa, FX_PAGE(20));
}

static void take_time(void *context)
{
	sv3_world_advance((struct sv3_world *)context, 100 * US);
}

/* Its end is a call of software, which waits while another runs: the next row does it. */
TEST_C(unmap_modes, a_gap_ends_also_while_other_software_runs)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(0), FX_PAGE(10), 4096, RW),
		T_DMA(W, 10, VA(0), FX_PAGE(10)),
		T_UNMAP(1000, VA(0), 4096),
		T_MAP(2000, VA(0), FX_PAGE(20), 4096, RW),
		T_UNMAP(50000, VA(0), 4096),
	};
	REPLAY(r);
	uint64_t words[FX_WORDS];
	struct sv3_pt_leaf leaf;

	r.fx.config.costs.unmap_gap = GAP;
	r.fx.host_config.unmap_mode = SV3_UNMAP_GET_THEN_UNMAP;
	REPLAY_BOOT(&r, rows, false);
	ASSERT_OK(sv3_world_call_at(r.fx.world, 500, take_time, r.fx.world));
	sv3_world_run_until(r.fx.world, 500);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
	ASSERT_OK(sv3_pt_lookup(&sv3_host_domain(r.fx.host, 0)->pt, VA(0), &leaf));
	EXPECT_EQ_U64(leaf.pa, FX_PAGE(20)); /* nobody was there to end the second gap */
	sv3_world_run_until(r.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_INT(sv3_pt_lookup(&sv3_host_domain(r.fx.host, 0)->pt, VA(0), &leaf),
		      -SV3_ERR_NOENT);
	EXPECT_EQ_U64(collect(&r.fx, words, false), 1);
	EXPECT_TRUE(has_page(words, 10));
}

TEST_C(unmap_modes, a_rewind_ends_a_gap_and_takes_down_in_its_mode)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(0), FX_PAGE(10), 8192, RW),
		T_DMA(W, 10, VA(0), FX_PAGE(10)),
		T_DMA(W, 20, VA(1), FX_PAGE(11)),
		T_UNMAP(1000, VA(0), 4096),
	};

	for (int mode = 0; mode < 3; mode++) {
		REPLAY(r);
		uint64_t words[FX_WORDS];

		r.fx.config.costs.unmap_gap = GAP;
		r.fx.host_config.unmap_mode = (enum sv3_unmap_mode)mode;
		REPLAY_BOOT(&r, rows, true);
		sv3_world_run_until(r.fx.world, 100 * US);
		EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
		EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
		EXPECT_GT_U64(sv3_replay_rewinds(&r.device), 2);
		sv3_world_stop_device(r.fx.world);
		sv3_world_run_until(r.fx.world, SV3_PS_NEVER);
		EXPECT_EQ_U64(collect(&r.fx, words, true), mode == SV3_UNMAP_PLAIN ? 0 : 2);
	}
}

/* --- STRICT --- */

TEST_C(invalidation, strict_unmaps_are_invalidated_and_waited_for_one_by_one)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(0), FX_PAGE(10), 3 * 4096, RW),
		T_DMA(W, 10, VA(0), FX_PAGE(10)),
		T_DMA(W, 11, VA(1), FX_PAGE(11)),
		T_UNMAP(20, VA(0), 4096),
		T_DMA(R, 30, VA(2), FX_PAGE(12)), /* after the SYNC: writes in flight land first */
		T_DMA(W, 40, VA(0), FX_PAGE(10)), /* faults: nothing is in the TLB any more */
		T_TLBI(50, VA(1), 4096),          /* ignored, as is the SYNC */
		T_SYNC(60),
		T_UNMAP(70, VA(1), 4096),
	};
	REPLAY(r);
	const struct sv3_smmu_stats *stats;
	uint64_t words[FX_WORDS];
	uint64_t tlbi, sync;

	r.fx.host_config.invalidation = SV3_INVALIDATION_STRICT;
	REPLAY_BOOT(&r, rows, false);
	stats = sv3_world_smmu_stats(r.fx.world);
	tlbi = stats->tlbi;
	sync = stats->sync;
	sv3_world_run_until(r.fx.world, US);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->records, 2);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 0);
	sv3_world_run_until(r.fx.world, 1500 * NS);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->lag_max, 1010 * NS - 30 * NS);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 1);
	EXPECT_EQ_U64(stats->tlbi - tlbi, 2);
	EXPECT_EQ_U64(stats->sync - sync, 2);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 2);
	EXPECT_EQ_U64(sv3_host_cmdq(r.fx.host)->sync_count, 0);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
}

/* --- DEFERRED --- */

static const struct sv3_trace_rec lazy[] = {
	T_MAP(0, VA(0), FX_PAGE(10), 4 * 4096, RW),
	T_DMA(W, 10, VA(0), FX_PAGE(10)),
	T_DMA(W, 11, VA(1), FX_PAGE(11)),
	T_DMA(W, 12, VA(2), FX_PAGE(12)),
	T_UNMAP(5000, VA(0), 4096),
	T_UNMAP(6000, VA(1), 4096),
	T_TLBI(6100, VA(0), 4 * 4096), /* ignored */
	T_SYNC(6200),
	T_DMA(W, 7000, VA(0), FX_PAGE(10)), /* the TLB still knows it */
	T_UNMAP(100000, VA(2), 4096),
};

TEST_C(invalidation, deferred_unmaps_are_flushed_together_after_the_delay)
{
	REPLAY(r);
	const sv3_ps due = 5 * US + 10 * SV3_PS_PER_MS;
	const struct sv3_smmu_stats *stats;
	uint64_t words[FX_WORDS];
	uint64_t tlbi, sync;

	r.fx.host_config.invalidation = SV3_INVALIDATION_DEFERRED;
	REPLAY_BOOT(&r, lazy, false);
	stats = sv3_world_smmu_stats(r.fx.world);
	tlbi = stats->tlbi;
	sync = stats->sync;
	sv3_world_run_until(r.fx.world, due + r.fx.config.costs.cmdq_delay - 1);
	EXPECT_EQ_U64(stats->tlbi - tlbi, 0);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
	EXPECT_EQ_U64(r.fx.landed_count, 4);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->lag_max, 0);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 0);
	sv3_world_run_until(r.fx.world, due + r.fx.config.costs.cmdq_delay);
	EXPECT_EQ_U64(stats->tlbi - tlbi, 1);
	EXPECT_EQ_U64(stats->sync - sync, 1);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 3);
	EXPECT_EQ_U64(sv3_host_cmdq(r.fx.host)->sync_count, 0);
	EXPECT_EQ_U64(sv3_host_cmdq(r.fx.host)->tlbi_count, 0);
	sv3_world_run_until(r.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(stats->sync - sync, 1);
}

TEST_C(invalidation, deferred_unmaps_are_flushed_at_once_when_there_are_enough)
{
	REPLAY(r);
	const struct sv3_smmu_stats *stats;
	uint64_t words[FX_WORDS];
	uint64_t sync;

	r.fx.host_config.invalidation = SV3_INVALIDATION_DEFERRED;
	r.fx.host_config.flush_unmaps = 2;
	r.fx.host_config.flush_delay = SV3_PS_PER_MS;
	r.fx.config.costs.cmdq_delay = US / 2;
	REPLAY_BOOT(&r, lazy, false);
	stats = sv3_world_smmu_stats(r.fx.world);
	sync = stats->sync;
	sv3_world_run_until(r.fx.world, 6 * US + US / 2 - 1);
	EXPECT_EQ_U64(stats->sync - sync, 0);
	sv3_world_run_until(r.fx.world, 6 * US + US / 2);
	EXPECT_EQ_U64(stats->sync - sync, 1);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 2);
	/* The write behind it faults; the third unmap starts the clock anew. */
	sv3_world_run_until(r.fx.world, 100 * US + SV3_PS_PER_MS);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 1);
	EXPECT_EQ_U64(stats->sync - sync, 1);
	sv3_world_run_until(r.fx.world, 100 * US + SV3_PS_PER_MS + US / 2);
	EXPECT_EQ_U64(stats->sync - sync, 2);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 1);
	EXPECT_EQ_U64(sv3_world_next_event(r.fx.world), SV3_PS_NEVER);
}

TEST_C(invalidation, an_iova_is_not_mapped_again_before_its_flush)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(0), FX_PAGE(10), 2 * 4096, RW),
		T_MAP(0, VA(4), FX_PAGE(14), 4096, RW),
		T_DMA(W, 10, VA(1), FX_PAGE(11)),
		T_DMA(W, 11, VA(4), FX_PAGE(14)),
		T_UNMAP(20, VA(0), 2 * 4096),
		T_UNMAP(25, VA(4), 4096),
		T_MAP(30, VA(2), FX_PAGE(20), 2 * 4096, RW), /* no part of it */
		T_MAP(40, VA(1), FX_PAGE(30), 4096, RW),
		T_DMA(W, 50, VA(1), FX_PAGE(30)),
	};
	REPLAY(r);
	uint64_t words[FX_WORDS];

	r.fx.host_config.invalidation = SV3_INVALIDATION_DEFERRED;
	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, US);
	sv3_world_run_until(r.fx.world, 2 * US);
	/* The SYNC waited for the writes in flight, and the row for it. */
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->lag_max, 1011 * NS - 50 * NS);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->pa_mismatches, 0);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 2);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
	EXPECT_EQ_U64(sv3_world_smmu_stats(r.fx.world)->sync, 2 + 1);
	/* Nothing is left to be flushed. */
	sv3_world_run_until(r.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(sv3_world_smmu_stats(r.fx.world)->sync, 2 + 1);
}

/* A flush waits long for a write in flight; meanwhile rows unmap and map over what it flushes. */
TEST_C(invalidation, rows_go_on_while_a_flush_waits)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(0), FX_PAGE(10), 4 * 4096, RW),
		T_DMA(W, 10, VA(0), FX_PAGE(10)),
		T_DMA(W, 990, VA(1), FX_PAGE(11)),
		T_DMA(W, 991, VA(2), FX_PAGE(12)),
		T_UNMAP(1000, VA(0), 4096), /* first: due at 1,100 */
		T_UNMAP(1200, VA(1), 4096), /* for the next flush */
		T_MAP(1300, VA(1), FX_PAGE(31), 4096, RW),
		T_DMA(W, 1400, VA(1), FX_PAGE(31)),
		T_UNMAP(8000, VA(2), 4096),
	};
	REPLAY(r);
	uint64_t words[FX_WORDS];

	r.fx.host_config.invalidation = SV3_INVALIDATION_DEFERRED;
	r.fx.host_config.flush_delay = 100 * NS;
	r.fx.config.costs.post_delay = 5 * US;
	REPLAY_BOOT(&r, rows, false);
	sv3_world_run_until(r.fx.world, 7 * US);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->pa_mismatches, 0);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 2);
	EXPECT_TRUE(has_page(words, 10) && has_page(words, 11));
	sv3_world_run_until(r.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(collect(&r.fx, words, true), 1);
	EXPECT_TRUE(has_page(words, 12));
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
}

struct settled {
	struct replay_fx *r;
	uint64_t words[FX_WORDS], count;
};

static void look_at_settled(void *context)
{
	struct settled *settled = (struct settled *)context;

	settled->count = collect(&settled->r->fx, settled->words, true);
}

/* The flush's SYNC is consumed while the row's waits for a write: what rests on the second is not
 * settled by the first. */
TEST_C(invalidation, an_unmap_is_settled_by_no_earlier_sync)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(0), FX_PAGE(10), 2 * 4096, RW),
		T_DMA(W, 10, VA(0), FX_PAGE(10)),   /* lands at 5,010 */
		T_UNMAP(1000, VA(0), 4096),         /* flushed at 1,100 */
		T_DMA(W, 2000, VA(1), FX_PAGE(11)), /* lands at 7,000 */
		T_UNMAP(2200, VA(1), 4096),
		T_MAP(2300, VA(1), FX_PAGE(31), 4096, RW),
	};
	REPLAY(r);
	struct settled settled = { .r = &r };
	uint64_t words[FX_WORDS];

	r.fx.host_config.invalidation = SV3_INVALIDATION_DEFERRED;
	r.fx.host_config.flush_delay = 100 * NS;
	r.fx.config.costs.post_delay = 5 * US;
	r.fx.config.costs.cmdq_delay = 0;
	REPLAY_BOOT(&r, rows, false);
	ASSERT_OK(sv3_world_call_at(r.fx.world, 6 * US, look_at_settled, &settled));
	sv3_world_run_until(r.fx.world, SV3_PS_NEVER);
	EXPECT_FALSE(has_page(settled.words, 11));
	EXPECT_EQ_U64(settled.count + collect(&r.fx, words, true), 2);
	EXPECT_TRUE(has_page(words, 11));
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
}

TEST_C(invalidation, a_rewind_leaves_nothing_to_be_flushed)
{
	for (int mode = 0; mode < 3; mode++) {
		REPLAY(r);

		r.fx.host_config.unmap_mode = (enum sv3_unmap_mode)mode;
		r.fx.host_config.invalidation = SV3_INVALIDATION_DEFERRED;
		REPLAY_BOOT(&r, lazy, true);
		sv3_world_run_until(r.fx.world, 30 * SV3_PS_PER_MS);
		EXPECT_GT_U64(sv3_replay_rewinds(&r.device), 100);
		EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
		EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->faults, 0);
		EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->pa_mismatches, 0);
	}
}

/* --- software without rows, and who hears of mappings --- */

#define HEARD_MAX 16u

struct heard {
	struct sv3_host *host;
	uint32_t count;
	struct {
		bool mapped, is_there, write;
		uint32_t domain_index;
		sv3_iova iova;
		sv3_pa pa;
		uint64_t len;
	} what[HEARD_MAX];
};

static void hear(struct heard *heard, bool mapped, uint32_t domain_index, sv3_iova iova, sv3_pa pa,
		 uint64_t len, bool write)
{
	struct sv3_pt_leaf leaf;
	const uint32_t i = heard->count++;

	if (i >= HEARD_MAX)
		return;
	heard->what[i].mapped = mapped;
	heard->what[i].is_there =
		!sv3_pt_lookup(&sv3_host_domain(heard->host, domain_index)->pt, iova, &leaf);
	heard->what[i].domain_index = domain_index;
	heard->what[i].iova = iova;
	heard->what[i].pa = pa;
	heard->what[i].len = len;
	heard->what[i].write = write;
}

static void hear_mapped(void *context, uint32_t domain_index, sv3_iova iova, sv3_pa pa,
			uint64_t len, bool write)
{
	hear((struct heard *)context, true, domain_index, iova, pa, len, write);
}

static void hear_unmapping(void *context, uint32_t domain_index, sv3_iova iova, uint64_t len)
{
	hear((struct heard *)context, false, domain_index, iova, 0, len, false);
}

TEST_C(host_hooks, hear_after_a_map_and_before_an_unmap_in_every_mode)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(0), FX_PAGE(10), 2 * 4096, RW),
		T_MAP(10, VA(4), FX_PAGE(14), 4096, R),
		T_UNMAP(20, VA(0), 4096),
	};

	for (int mode = 0; mode < 3; mode++) {
		struct heard heard = { .count = 0 };
		const struct sv3_host_hooks hooks = { hear_mapped, hear_unmapping, &heard };
		REPLAY(r);

		r.fx.host_config.unmap_mode = (enum sv3_unmap_mode)mode;
		REPLAY_BOOT(&r, rows, true);
		heard.host = r.fx.host;
		ASSERT_OK(sv3_host_add_hooks(r.fx.host, &hooks));
		sv3_world_run_until(r.fx.world, 20 * NS);
		ASSERT_EQ_U64(heard.count, 3);
		for (uint32_t i = 0; i < 3; i++) {
			EXPECT_TRUE(heard.what[i].mapped == (i < 2));
			EXPECT_TRUE(heard.what[i].is_there);
			EXPECT_EQ_U64(heard.what[i].domain_index, 0);
			EXPECT_EQ_U64(heard.what[i].iova, rows[i].iova);
			EXPECT_EQ_U64(heard.what[i].len, rows[i].len);
			EXPECT_EQ_U64(heard.what[i].pa, rows[i].pa);
			EXPECT_TRUE(heard.what[i].write == (i == 0));
		}
		/* The rewind takes down all there is. */
		sv3_world_run_until(r.fx.world, 5 * US);
		EXPECT_GT_U64(heard.count, 3);
		EXPECT_FALSE(heard.what[3].mapped);
		EXPECT_EQ_U64(heard.what[3].iova, VA(0));
		EXPECT_EQ_U64(heard.what[3].len, 5 * 4096);
	}
}

static void hear_and_wait(void *context, uint32_t domain_index, sv3_iova iova, uint64_t len)
{
	struct heard *heard = (struct heard *)context;

	hear_unmapping(context, domain_index, iova, len);
	sv3_world_advance(heard->host->world, 5 * US);
}

/* The SYNC of the unmap before is consumed meanwhile, which lets the device go on: not before the
 * row is done. */
TEST_C(host_hooks, may_let_time_pass_and_the_row_happens_once)
{
	static const struct sv3_trace_rec rows[] = {
		T_MAP(0, VA(0), FX_PAGE(10), 2 * 4096, RW),
		T_DMA(W, 10, VA(0), FX_PAGE(10)),
		T_UNMAP(5100, VA(0), 4096),
		T_DMA(W, 5150, VA(1), FX_PAGE(11)),
		T_UNMAP(5200, VA(1), 4096),
	};
	struct heard heard = { .count = 0 };
	const struct sv3_host_hooks hooks = { NULL, hear_and_wait, &heard };
	REPLAY(r);

	r.fx.host_config.unmap_mode = SV3_UNMAP_GET_THEN_UNMAP;
	r.fx.host_config.invalidation = SV3_INVALIDATION_STRICT;
	r.fx.config.costs.post_delay = 12 * US;
	REPLAY_BOOT(&r, rows, false);
	heard.host = r.fx.host;
	ASSERT_OK(sv3_host_add_hooks(r.fx.host, &hooks));
	sv3_world_run_until(r.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(heard.count, 2);
	EXPECT_EQ_U64(sv3_world_stats(r.fx.world)->records, 2);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
}

TEST_C(host_hooks, are_four_at_most)
{
	const struct sv3_host_hooks none = { NULL, NULL, NULL };
	static const struct sv3_trace_rec rows[] = { T_MAP(0, VA(0), FX_PAGE(10), 4096, RW),
						     T_UNMAP(20, VA(0), 4096) };
	REPLAY(r);

	REPLAY_BOOT(&r, rows, false);
	for (int i = 0; i < 4; i++)
		EXPECT_OK(sv3_host_add_hooks(r.fx.host, &none));
	EXPECT_EQ_INT(sv3_host_add_hooks(r.fx.host, &none), -SV3_ERR_FULL);
	sv3_world_run_until(r.fx.world, US);
	EXPECT_TRUE(sv3_host_error(r.fx.host) == NULL);
}

TEST_C(host_mappings, of_other_software_are_synced_when_unmap_returns)
{
	static const struct sv3_device_event script[] = {
		FX_ACCESS(WRITE, 10 * NS, VA(1)),
		FX_ACCESS(WRITE, 20 * NS, VA(2)), /* read-only */
		FX_ACCESS(WRITE, 100 * US, VA(1)),
	};

	for (int invalidation = 0; invalidation < 2; invalidation++) {
		FX(fx);
		uint64_t words[FX_WORDS];
		struct sv3_dirty_log log = { words, GUEST_SIZE / SV3_PAGE_SIZE, GUEST_BASE };
		struct sv3_host_alias alias;

		memset(words, 0, sizeof(words));
		fx.host_config.view = SV3_VIEW_IOVA;
		fx.host_config.invalidation = (enum sv3_invalidation)invalidation;
		FX_SCRIPT(&fx, script);
		ASSERT_TRUE(fx_boot(&fx));
		ASSERT_OK(sv3_host_map(fx.host, 0, VA(1), FX_PAGE(7), 4096, true));
		ASSERT_OK(sv3_host_map(fx.host, 0, VA(2), FX_PAGE(8), 4096, false));
		EXPECT_EQ_INT(sv3_host_map(fx.host, 0, VA(2), FX_PAGE(9), 4096, true),
			      -SV3_ERR_EXIST);
		EXPECT_EQ_INT(sv3_host_map(fx.host, 1, VA(3), FX_PAGE(9), 4096, true),
			      -SV3_ERR_INVAL);
		EXPECT_EQ_INT(sv3_host_unmap(fx.host, 1, VA(3), 4096), -SV3_ERR_INVAL);
		EXPECT_EQ_U64(sv3_host_aliases(fx.host, FX_PAGE(7), &alias, 1), 1);
		EXPECT_EQ_U64(alias.iova, VA(1));
		sv3_world_run_until(fx.world, 30 * NS);
		EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 1);
		ASSERT_OK(sv3_host_unmap(fx.host, 0, VA(1), 2 * 4096));
		/* The write in flight has landed: the SYNC waited for it. */
		EXPECT_EQ_U64(fx.landed_count, 1);
		EXPECT_EQ_U64(sv3_host_collect_unmapped(fx.host, &log, true), 1);
		EXPECT_TRUE(has_page(words, 7));
		EXPECT_EQ_U64(sv3_host_aliases(fx.host, FX_PAGE(7), &alias, 1), 0);
		sv3_world_run_until(fx.world, SV3_PS_NEVER);
		EXPECT_EQ_U64(sv3_world_stats(fx.world)->faults, 2);
	}
}

TEST_C(host_mappings, of_other_software_have_the_gap_too_and_none_in_the_guest_view)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 2 * US, VA(1)) };
	FX(fx);
	FX(guest);
	uint64_t words[FX_WORDS];
	struct sv3_dirty_log log = { words, GUEST_SIZE / SV3_PAGE_SIZE, GUEST_BASE };

	fx.host_config.view = SV3_VIEW_IOVA;
	fx.host_config.unmap_mode = SV3_UNMAP_GET_THEN_UNMAP;
	fx.config.costs.unmap_gap = GAP;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	ASSERT_OK(sv3_host_map(fx.host, 0, VA(1), FX_PAGE(7), 4096, true));
	ASSERT_OK(sv3_host_unmap(fx.host, 0, VA(1), 4096));
	EXPECT_EQ_U64(sv3_world_now(fx.world), GAP + fx.config.costs.cmdq_delay);
	EXPECT_EQ_U64(fx.landed_count, 1);
	EXPECT_EQ_U64(sv3_host_collect_unmapped(fx.host, &log, false), 0); /* lost */
	ASSERT_TRUE(fx_boot(&guest));
	EXPECT_EQ_INT(sv3_host_map(guest.host, 0, VA(1), FX_PAGE(7), 4096, true), -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_host_unmap(guest.host, 0, FX_PAGE(1), 4096), -SV3_ERR_INVAL);
}
