/* SPDX-License-Identifier: MIT */
/*
 * test_spec.c - conformance tests 45 (its bitmap part) and 54 to 58 of the specification digest:
 * hardware, tables and driver steps together, one small world each.
 */
#include <stdlib.h>

#include "ctest.h"
#include "fixture.h"

#define MIB (UINT64_C(1) << 20)

/* --- a bench: a booted world whose device writes when it is told to --- */

struct bench {
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_dirty_log log;
	sv3_iova iova; /* of the next write */
	bool has_write;
	uint64_t guest_size;
};

static bool bench_next(void *context, struct sv3_device_event *event)
{
	struct bench *bench = (struct bench *)context;

	if (!bench->has_write)
		return false;
	bench->has_write = false;
	*event = (struct sv3_device_event){
		.due = sv3_world_now(bench->world),
		.iova = bench->iova,
		.len = 64,
		.kind = SV3_DEVICE_WRITE,
	};
	return true;
}

static const struct sv3_device_ops bench_ops = { .next = bench_next };

static int bench_init(struct bench *bench, uint64_t guest_size, uint32_t granule_lg2,
		      uint32_t leaf_max_lg2)
{
	static const uint32_t stream_id;
	struct sv3_world_config world = { .guest_base = FX_BASE, .guest_size = guest_size };
	const struct sv3_host_config host = {
		.view = SV3_VIEW_GUEST,
		.granule_lg2 = granule_lg2,
		.leaf_max_lg2 = leaf_max_lg2,
		.stream_ids = &stream_id,
		.stream_count = 1,
		.hd = true,
	};
	int rc;

	*bench = (struct bench){ .guest_size = guest_size };
	bench->log.base = FX_BASE;
	bench->log.page_count = guest_size / SV3_PAGE_SIZE;
	bench->log.words = (uint64_t *)calloc((size_t)sv3_dirty_log_words(bench->log.page_count),
					      sizeof(uint64_t));
	sv3_smmu_config_default(&world.smmu);
	sv3_costs_default(&world.costs);
	rc = sv3_world_create(&world, &bench->world);
	if (!rc)
		rc = sv3_host_create(bench->world, &host, &bench->host);
	if (!rc)
		sv3_world_attach_host(bench->world, bench->host);
	return rc;
}

static void bench_fini(struct bench *bench)
{
	if (bench->host)
		sv3_host_destroy(bench->host);
	sv3_world_destroy(bench->world);
	free(bench->log.words);
}

/* One DMA write, landed. */
static void bench_write(struct bench *bench, sv3_iova iova)
{
	const struct sv3_device device = { &bench_ops, bench };

	bench->iova = iova;
	bench->has_write = true;
	sv3_world_attach_device(bench->world, &device);
	sv3_world_advance(bench->world, 10 * SV3_PS_PER_US);
	EXPECT_EQ_U64(sv3_world_stats(bench->world)->faults, 0);
}

static struct sv3_pt *bench_pt(struct bench *bench)
{
	return &sv3_host_domain(bench->host, 0)->pt;
}

/* TLBI over what was gathered, and SYNC. */
static void bench_invalidate(struct bench *bench, const struct sv3_pt_gather *gather)
{
	const struct sv3_domain *domain = sv3_host_domain(bench->host, 0);
	struct sv3_cmdq *cmdq = sv3_host_cmdq(bench->host);

	EXPECT_OK(sv3_cmdq_flush_gather(cmdq, domain->asid, domain->pt.config.granule_lg2, gather,
					SV3_FLUSH_RANGE));
	EXPECT_OK(sv3_cmdq_sync(cmdq));
}

/* A scan of all guest RAM into an empty log, invalidated if it cleared. Returns: pages reported. */
static uint64_t bench_scan(struct bench *bench, uint32_t flags)
{
	struct sv3_pt_gather gather;
	int64_t pages;

	sv3_pt_gather_init(&gather);
	sv3_dirty_log_clear_all(&bench->log);
	pages = sv3_dirty_scan_all(bench_pt(bench), FX_BASE, bench->guest_size, flags, &bench->log,
				   &gather);
	EXPECT_OK(pages);
	if (flags & SV3_DIRTY_CLEAR)
		bench_invalidate(bench, &gather);
	return (uint64_t)pages;
}

/* Map [FX_BASE, + len) anew, the way Linux does: writable-dirty. */
static int bench_remap_born_dirty(struct bench *bench, uint64_t len)
{
	struct sv3_cmdq *cmdq = sv3_host_cmdq(bench->host);
	int rc = sv3_pt_unmap(bench_pt(bench), FX_BASE, len, NULL, NULL) < 0;

	if (!rc)
		rc = sv3_cmdq_tlbi_all(cmdq);
	if (!rc)
		rc = sv3_cmdq_sync(cmdq);
	if (rc)
		return rc;
	return sv3_pt_map(bench_pt(bench), FX_BASE, FX_BASE, len, 12,
			  SV3_PT_READ | SV3_PT_WRITE | SV3_PT_UNPRIV | SV3_PT_BORN_DIRTY);
}

/* --- the tests --- */

TEST_C(spec, block_dirty)
{
	static const struct {
		uint32_t granule_lg2, span_lg2;
	} blocks[] = { { 12, 21 }, { 12, 30 }, { 14, 25 }, { 16, 29 } };

	for (unsigned int i = 0; i < 4; i++) {
		const uint64_t span = UINT64_C(1) << blocks[i].span_lg2;
		const uint64_t pages = span / SV3_PAGE_SIZE;
		const sv3_iova second = FX_BASE + span;
		struct bench bench;
		struct sv3_pt_leaf leaf;

		ASSERT_OK(bench_init(&bench, 3 * span, blocks[i].granule_lg2, blocks[i].span_lg2));
		bench_write(&bench, second + span / 2 + 4096);
		ASSERT_OK(sv3_pt_lookup(bench_pt(&bench), second, &leaf));
		EXPECT_EQ_U64(leaf.span_lg2, blocks[i].span_lg2);
		EXPECT_EQ_U64(bench_scan(&bench, 0), pages);
		EXPECT_EQ_U64(sv3_dirty_log_next(&bench.log, 0), pages);
		EXPECT_TRUE(sv3_dirty_log_test(&bench.log, second + span - 1));
		EXPECT_FALSE(sv3_dirty_log_test(&bench.log, second + span));
		EXPECT_EQ_U64(sv3_smmu_stats(sv3_world_smmu(bench.world))->httu_dirty, 1);
		bench_fini(&bench);
	}
}

TEST_C(spec, peek_noclear)
{
	struct bench bench;
	uint64_t first;

	ASSERT_OK(bench_init(&bench, 64 * SV3_PAGE_SIZE, 12, 12));
	bench_write(&bench, FX_BASE + 3 * SV3_PAGE_SIZE);
	bench_write(&bench, FX_BASE + 40 * SV3_PAGE_SIZE);
	EXPECT_EQ_U64(bench_scan(&bench, 0), 2);
	first = bench.log.words[0];
	EXPECT_EQ_U64(bench_scan(&bench, 0), 2);
	EXPECT_EQ_U64(bench.log.words[0], first);
	EXPECT_EQ_U64(first, UINT64_C(1) << 3 | UINT64_C(1) << 40);
	EXPECT_EQ_U64(bench_scan(&bench, SV3_DIRTY_CLEAR), 2);
	EXPECT_EQ_U64(bench_scan(&bench, 0), 0);
	bench_write(&bench, FX_BASE + 3 * SV3_PAGE_SIZE);
	EXPECT_EQ_U64(bench_scan(&bench, 0), 1);
	bench_fini(&bench);
}

TEST_C(spec, clear_subblock)
{
	struct bench bench;
	struct sv3_pt_gather gather;

	ASSERT_OK(bench_init(&bench, 4 * MIB, 12, 21));
	bench_write(&bench, FX_BASE + 300 * SV3_PAGE_SIZE);
	/* Read-and-clear of pages 0 to 15: rounded to the block, all of it reported. */
	sv3_pt_gather_init(&gather);
	EXPECT_EQ_INT(sv3_dirty_scan_all(bench_pt(&bench), FX_BASE, 16 * SV3_PAGE_SIZE,
					 SV3_DIRTY_CLEAR, &bench.log, &gather),
		      512);
	EXPECT_TRUE(sv3_dirty_log_test(&bench.log, FX_BASE + 300 * SV3_PAGE_SIZE));
	bench_invalidate(&bench, &gather);
	/* Clear of pages 0 to 15 of a dirty block: the rest was not handed out, so nothing is
	 * cleared. */
	bench_write(&bench, FX_BASE + 300 * SV3_PAGE_SIZE);
	sv3_dirty_log_clear_all(&bench.log);
	sv3_dirty_log_set(&bench.log, FX_BASE, 16 * SV3_PAGE_SIZE);
	sv3_pt_gather_init(&gather);
	EXPECT_EQ_INT(sv3_dirty_clear(bench_pt(&bench), FX_BASE, &bench.log, &gather), 0);
	EXPECT_EQ_U64(gather.leaf_count, 0);
	EXPECT_EQ_U64(bench_scan(&bench, 0), 512);
	/* All of it was handed out now. */
	EXPECT_EQ_INT(sv3_dirty_clear(bench_pt(&bench), FX_BASE, &bench.log, &gather), 21);
	EXPECT_EQ_U64(bench_scan(&bench, 0), 0);
	bench_fini(&bench);
}

TEST_C(spec, enable_clears)
{
	struct bench bench;

	ASSERT_OK(bench_init(&bench, 64 * SV3_PAGE_SIZE, 12, 12));
	ASSERT_OK(bench_remap_born_dirty(&bench, 64 * SV3_PAGE_SIZE));
	EXPECT_EQ_U64(bench_scan(&bench, SV3_DIRTY_CLEAR), 64);
	EXPECT_EQ_U64(bench_scan(&bench, 0), 0);
	bench_write(&bench, FX_BASE + 7 * SV3_PAGE_SIZE);
	bench_write(&bench, FX_BASE + 63 * SV3_PAGE_SIZE);
	EXPECT_EQ_U64(bench_scan(&bench, SV3_DIRTY_CLEAR), 2);
	EXPECT_EQ_U64(bench.log.words[0], UINT64_C(1) << 7 | UINT64_C(1) << 63);
	bench_fini(&bench);
}

TEST_C(spec, map_during_track)
{
	struct bench bench;

	ASSERT_OK(bench_init(&bench, 64 * SV3_PAGE_SIZE, 12, 12));
	bench_scan(&bench, SV3_DIRTY_CLEAR);
	ASSERT_OK(bench_remap_born_dirty(&bench, 5 * SV3_PAGE_SIZE));
	EXPECT_EQ_U64(bench_scan(&bench, SV3_DIRTY_CLEAR), 5);
	EXPECT_EQ_U64(bench.log.words[0], 0x1f);
	EXPECT_EQ_U64(bench_scan(&bench, 0), 0);
	bench_write(&bench, FX_BASE + 4 * SV3_PAGE_SIZE);
	EXPECT_EQ_U64(bench_scan(&bench, 0), 1);
	bench_fini(&bench);
}

static uint64_t lost_pages(const char *policy, enum sv3_bug bug)
{
	const struct sv3_synthetic_config traffic = {
		.pattern = SV3_PATTERN_UNIFORM,
		.base = FX_BASE,
		.page_count = 128,
		.write_percent = 80,
		.len = 64,
		.period = SV3_PS_PER_US,
		.jitter = true,
		.seed = 7,
	};
	struct sv3_compare_config config;
	struct sv3_compare_result result;
	struct sv3_device device;
	uint64_t lost;

	sv3_compare_config_default(&config);
	EXPECT_OK(sv3_synthetic_create(&traffic, &device));
	config.device = &device;
	config.guest_size = MIB;
	config.contents = true;
	config.migration.stop_rule_off = true;
	config.migration.max_rounds = 8;
	config.migration.bug = bug;
	EXPECT_OK(sv3_compare_run(&config, policy, &result));
	EXPECT_EQ_U64(result.migration.rounds, 9);
	EXPECT_EQ_U64(result.pages_differing, result.pages_lost);
	lost = result.pages_lost;
	sv3_compare_result_free(&result);
	sv3_device_destroy(&device);
	return lost;
}

TEST_C(spec, migration_e2e)
{
	static const char *const policies[] = { "hw-auto", "hw-manual", "hw-manual-chunk",
						"hw-manual-page" };

	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_EQ_U64(lost_pages(policies[i], SV3_BUG_NONE), 0);
		EXPECT_GT_U64(lost_pages(policies[i], SV3_BUG_NO_TLBI), 0);
	}
}
