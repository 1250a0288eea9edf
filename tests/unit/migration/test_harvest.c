/* SPDX-License-Identifier: MIT */
/*
 * test_harvest.c - the steps by themselves: when a descriptor is read, what is cleared, what is
 * owed.
 */
#include <stdlib.h>

#include "ctest.h"
#include "sim/migration/migration_priv.h"

#define BASE UINT64_C(0x40000000)
#define US   SV3_PS_PER_US

/* A script of writes: page and time, in order of time. */
struct write_at {
	uint64_t page;
	sv3_ps at;
};

struct fx {
	struct sv3__migration m;
	struct sv3_migration_config config;
	struct sv3_migration_result result;
	struct sv3_migration_observer observer;
	struct write_at writes[4];
	unsigned int write_count, issued;
	uint64_t cleared_count;
};

static bool fx_next(void *context, struct sv3_device_event *event)
{
	struct fx *fx = (struct fx *)context;

	if (fx->issued == fx->write_count)
		return false;
	*event = (struct sv3_device_event){
		.due = fx->writes[fx->issued].at,
		.iova = BASE + fx->writes[fx->issued].page * SV3_PAGE_SIZE,
		.len = 8,
		.kind = SV3_DEVICE_WRITE,
	};
	fx->issued++;
	return true;
}

static void fx_cleared(void *context, sv3_pa pa, uint64_t len, sv3_ps at)
{
	(void)pa;
	(void)at;
	((struct fx *)context)->cleared_count += len / SV3_PAGE_SIZE;
}

static int fx_init(struct fx *fx, uint64_t pages, uint32_t leaf_max_lg2,
		   const struct sv3_costs *costs)
{
	static const struct sv3_device_ops ops = { .next = fx_next };
	static const uint32_t stream_id;
	const struct sv3_device device = { &ops, fx };
	struct sv3_world_config world = {
		.guest_base = BASE,
		.guest_size = pages * SV3_PAGE_SIZE,
		.costs = *costs,
	};
	const struct sv3_host_config host = {
		.view = SV3_VIEW_GUEST,
		.granule_lg2 = 12,
		.leaf_max_lg2 = leaf_max_lg2,
		.stream_ids = &stream_id,
		.stream_count = 1,
		.hd = true,
	};
	struct sv3__migration *m = &fx->m;
	int rc;

	sv3_smmu_config_default(&world.smmu);
	rc = sv3_world_create(&world, &m->world);
	if (!rc)
		rc = sv3_host_create(m->world, &host, &m->host);
	if (rc)
		return rc;
	sv3_world_attach_host(m->world, m->host);
	sv3_world_attach_device(m->world, &device);
	fx->observer = (struct sv3_migration_observer){ .leaf_cleared = fx_cleared, .context = fx };
	fx->config.flush = SV3_FLUSH_RANGE;
	m->config = &fx->config;
	m->result = &fx->result;
	m->observer = &fx->observer;
	m->costs = *costs;
	m->bus = m->free_bus = sv3_world_bus(m->world);
	m->reported = m->pending = (struct sv3_dirty_log){ .page_count = pages, .base = BASE };
	m->reported.words = (uint64_t *)calloc((size_t)sv3_dirty_log_words(pages), 8);
	m->pending.words = (uint64_t *)calloc((size_t)sv3_dirty_log_words(pages), 8);
	for (uint32_t i = 0; i < SV3_HOST_DOMAINS_MAX; i++)
		sv3_pt_gather_init(&m->gathers[i]);
	return m->reported.words && m->pending.words ? 0 : -SV3_ERR_NOMEM;
}

static void fx_fini(struct fx *fx)
{
	free(fx->m.reported.words);
	free(fx->m.pending.words);
	sv3_host_destroy(fx->m.host);
	sv3_world_destroy(fx->m.world);
}

TEST_C(harvest, each_descriptor_is_read_at_its_own_time)
{
	const struct sv3_costs costs = { .scan = US };
	struct fx fx = {
		/* Descriptor i is read at i us, after what happens then: page 3 comes too late. */
		.writes = { { 3, 5 * US }, { 5, 5 * US }, { 6, 6 * US }, { 10, 6 * US } },
		.write_count = 4,
	};

	ASSERT_OK(fx_init(&fx, 64, 12, &costs));
	ASSERT_OK(sv3__scan(&fx.m, 0));
	EXPECT_EQ_U64(fx.m.reported.words[0],
		      UINT64_C(1) << 5 | UINT64_C(1) << 6 | UINT64_C(1) << 10);
	EXPECT_EQ_U64(fx.result.scan_descriptors, 64);
	EXPECT_EQ_U64(sv3_world_now(fx.m.world), 64 * US);
	fx_fini(&fx);
}

TEST_C(harvest, each_clear_puts_off_the_reads_behind_it)
{
	const struct sv3_costs costs = { .scan = US, .clear = 10 * US };
	struct fx fx = {
		/* Page 0 is cleared at 0 us, so page 1 is read at 11 us, page 2 at 22 us, page 3
		   at 33. */
		.writes = { { 0, 0 }, { 1, 11 * US }, { 2, 23 * US }, { 3, 23 * US } },
		.write_count = 4,
	};

	ASSERT_OK(fx_init(&fx, 64, 12, &costs));
	ASSERT_OK(sv3__scan(&fx.m, SV3_DIRTY_CLEAR));
	EXPECT_EQ_U64(fx.m.reported.words[0], 0xb);
	EXPECT_EQ_U64(fx.cleared_count, 3);
	EXPECT_EQ_U64(fx.m.gathers[0].leaf_count, 3);
	EXPECT_EQ_U64(fx.m.gathers[0].first, BASE);
	EXPECT_EQ_U64(fx.m.gathers[0].last, BASE + 4 * SV3_PAGE_SIZE - 1);
	EXPECT_EQ_U64(sv3_world_now(fx.m.world), (64 + 30) * US);
	fx_fini(&fx);
}

TEST_C(harvest, a_block_is_cleared_only_if_all_of_it_is_pending)
{
	const struct sv3_costs costs = { .clear = 7 * US };
	struct fx fx = { .writes = { { 40, 0 } }, .write_count = 1 };
	const uint64_t block = 512;

	ASSERT_OK(fx_init(&fx, 2 * block, 21, &costs));
	sv3_world_run_until(fx.m.world, US);
	sv3_dirty_log_set(&fx.m.pending, BASE, (block - 1) * SV3_PAGE_SIZE);
	ASSERT_OK(sv3__clear_pending(&fx.m, 0, 2 * block));
	EXPECT_EQ_U64(fx.cleared_count, 0);
	EXPECT_EQ_U64(sv3_dirty_log_count(&fx.m.pending), block - 1);
	/* A chunk of one page, and the block goes with it. */
	sv3_dirty_log_set(&fx.m.pending, BASE, (block + 3) * SV3_PAGE_SIZE);
	ASSERT_OK(sv3__clear_pending(&fx.m, 40, 41));
	EXPECT_EQ_U64(fx.cleared_count, block);
	EXPECT_EQ_U64(fx.m.gathers[0].leaf_count, 1);
	EXPECT_EQ_U64(sv3_dirty_log_count(&fx.m.pending), 3);
	EXPECT_EQ_U64(sv3_dirty_log_next(&fx.m.pending, 0), block);
	EXPECT_EQ_U64(sv3_world_now(fx.m.world), 8 * US);
	fx_fini(&fx);
}

TEST_C(harvest, software_waits_for_its_own_latency_or_the_hardware_whichever_is_later)
{
	static const struct {
		sv3_ps cmdq_delay, inv_latency, expected;
	} cases[] = { { 2 * US, 10 * US, 10 * US }, { 12 * US, 10 * US, 12 * US }, { 0, 0, 0 } };

	for (unsigned int i = 0; i < 3; i++) {
		const struct sv3_costs costs = {
			.cmdq_delay = cases[i].cmdq_delay,
			.inv_latency = cases[i].inv_latency,
		};
		struct fx fx = { .write_count = 0 };

		ASSERT_OK(fx_init(&fx, 64, 12, &costs));
		ASSERT_OK(sv3__sync(&fx.m));
		EXPECT_EQ_U64(sv3_world_now(fx.m.world), cases[i].expected);
		EXPECT_EQ_U64(fx.result.sync, 1);
		/* Nothing gathered: nothing is sent and no time passes. */
		ASSERT_OK(sv3__invalidate(&fx.m));
		EXPECT_EQ_U64(fx.result.tlbi + fx.result.sync, 1);
		EXPECT_EQ_U64(sv3_world_now(fx.m.world), cases[i].expected);
		fx_fini(&fx);
	}
}

/* --- a driver between two accesses of software --- */

#define NOTED_IOVA (BASE + 3 * SV3_PAGE_SIZE)
#define NEW_PA     (BASE + 9 * SV3_PAGE_SIZE)

struct racing_bus {
	struct sv3_bus bus;
	struct sv3_pt *table;
	bool raced;
};

static enum sv3_bus_status racing_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	return sv3_bus_read(&((struct racing_bus *)context)->bus, pa, data, size);
}

static enum sv3_bus_status racing_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	return sv3_bus_write(&((struct racing_bus *)context)->bus, pa, data, size);
}

/* The leaf that is about to be cleaned is taken down, and another page mapped there and written. */
static enum sv3_bus_status racing_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
					uint64_t *old)
{
	struct racing_bus *racing = (struct racing_bus *)context;

	if (!racing->raced) {
		racing->raced = true;
		EXPECT_TRUE(sv3_pt_unmap(racing->table, NOTED_IOVA, SV3_PAGE_SIZE, NULL, NULL) > 0);
		EXPECT_OK(sv3_pt_map(racing->table, NOTED_IOVA, NEW_PA, SV3_PAGE_SIZE, 12,
				     SV3_PT_READ | SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
	}
	return sv3_bus_cas64(&racing->bus, pa, expect, desired, old);
}

/* What is clean behind a drain must be in its report: nobody else would find it. */
TEST_C(harvest, a_drain_reports_what_it_cleaned_even_if_that_was_mapped_meanwhile)
{
	static const struct sv3_bus_ops ops = { .read = racing_read,
						.write = racing_write,
						.cas64 = racing_cas64 };
	const struct sv3_costs costs = { 0 };
	const struct sv3__leaf noted = { .domain_index = 0, .iova = NOTED_IOVA };
	struct fx fx = { .write_count = 0 };
	struct racing_bus racing = { .raced = false };
	struct sv3_pt table;

	ASSERT_OK(fx_init(&fx, 64, 12, &costs));
	table = sv3_host_domain(fx.m.host, 0)->pt;
	ASSERT_TRUE(sv3_dirty_set(&table, NOTED_IOVA, NULL) > 0);
	racing.bus = fx.m.bus;
	racing.table = &table;
	fx.m.bus = (struct sv3_bus){ &ops, &racing };
	ASSERT_OK(sv3__drain_leaves(&fx.m, &noted, 1, &fx.m.reported));
	EXPECT_TRUE(racing.raced);
	EXPECT_EQ_U64(fx.cleared_count, 1);
	EXPECT_TRUE(sv3_dirty_log_test(&fx.m.reported, NEW_PA));
	fx_fini(&fx);
}
