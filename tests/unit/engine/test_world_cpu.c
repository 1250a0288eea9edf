/* SPDX-License-Identifier: MIT */
/*
 * test_world_cpu.c - the guest's CPUs as a second source: do their writes land at once and past the
 * SMMU, who is told, what does a tracker cost them, and who comes first at one instant?
 */
#include "world_fixture.h"

#define CPU_ID 0x77u /* no stream of the SMMU */

struct tracked {
	struct cpu_fx *fx;
	sv3_pa pa[FX_LOG_MAX];
	uint32_t len[FX_LOG_MAX];
	uint64_t landed_before[FX_LOG_MAX]; /* writes that had landed when it was asked */
	uint64_t count;
	sv3_ps delay;
	bool stops; /* the CPU, from within */
};

struct cpu_fx {
	struct fx fx;
	struct fx cpu; /* script and log of the second source; it has no world */
	struct tracked tracked;
};

static void cpu_init(struct cpu_fx *c)
{
	memset(c, 0, sizeof(*c));
	fx_init(&c->fx);
	c->tracked.fx = c;
}

static void cpu_fini(struct cpu_fx *c)
{
	fx_fini(&c->fx);
}

#define CPU_FX(name)                                           \
	__attribute__((cleanup(cpu_fini))) struct cpu_fx name; \
	cpu_init(&name)

static void cpu_completed(void *context, const struct sv3_device_event *event, bool ok, sv3_ps at)
{
	struct fx *cpu = (struct fx *)context;
	const uint64_t i = cpu->completed_count++;

	EXPECT_TRUE(ok);
	cpu->completed[i % FX_LOG_MAX].event = *event;
	cpu->completed[i % FX_LOG_MAX].at = at;
}

static sv3_ps tracked_write(void *context, sv3_pa pa, uint32_t len)
{
	struct tracked *tracked = (struct tracked *)context;
	const uint64_t i = tracked->count++ % FX_LOG_MAX;

	tracked->pa[i] = pa;
	tracked->len[i] = len;
	tracked->landed_before[i] = tracked->fx->fx.landed_count;
	if (tracked->stops)
		sv3_world_stop_cpu(tracked->fx->fx.world);
	return tracked->delay;
}

static bool cpu_boot(struct cpu_fx *c, bool with_tracker)
{
	static const struct sv3_device_ops ops = {
		.next = fx_next,
		.completed = cpu_completed,
		.destroy = fx_device_destroy,
	};
	const struct sv3_device cpu = { &ops, &c->cpu };
	const struct sv3_cpu_tracker tracker = { tracked_write, &c->tracked };

	if (!fx_boot(&c->fx))
		return false;
	sv3_world_set_cpu_tracker(c->fx.world, with_tracker ? &tracker : NULL);
	sv3_world_attach_cpu(c->fx.world, &cpu);
	return true;
}

#define CPU(access_kind, at, address)                                                       \
	{                                                                                   \
		.kind = SV3_DEVICE_##access_kind, .due = (at), .iova = (address), .len = 8, \
		.stream_id = CPU_ID                                                         \
	}

TEST_C(world_cpu, a_write_is_in_memory_at_once_and_knows_no_smmu)
{
	static const struct sv3_device_event script[] = { CPU(WRITE, 500, FX_PAGE(1) + 16),
							  CPU(READ, 600, FX_PAGE(2)) };
	uint64_t word = 0, words[FX_WORDS];
	struct sv3_bus bus;
	CPU_FX(c);

	c.fx.config.contents = true;
	FX_SCRIPT(&c.cpu, script);
	ASSERT_TRUE(cpu_boot(&c, false));
	bus = sv3_world_bus(c.fx.world);
	EXPECT_EQ_U64(sv3_world_next_event(c.fx.world), 500);
	sv3_world_run_until(c.fx.world, 499);
	EXPECT_EQ_U64(c.fx.landed_count, 0);
	sv3_world_run_until(c.fx.world, 500);
	ASSERT_EQ_U64(c.fx.landed_count, 1);
	EXPECT_EQ_U64(c.fx.translated_count, 0);
	EXPECT_TRUE(c.fx.landed[0].by_cpu);
	EXPECT_EQ_U64(c.fx.landed[0].pa, FX_PAGE(1) + 16);
	EXPECT_EQ_U64(c.fx.landed[0].landed, 500);
	EXPECT_EQ_U64(c.fx.landed[0].len, 8);
	EXPECT_EQ_U64(c.fx.landed[0].stream_id, CPU_ID);
	ASSERT_EQ_INT(sv3_bus_read(&bus, FX_PAGE(1) + 16, &word, 8), SV3_BUS_OK);
	EXPECT_NE_U64(word, 0);
	sv3_world_run_until(c.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(c.fx.landed_count, 1);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->cpu_writes, 1);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->cpu_reads, 1);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->records, 0);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->writes_landed, 0);
	EXPECT_EQ_U64(sv3_world_smmu_stats(c.fx.world)->tlb_misses, 0);
	EXPECT_EQ_INT(fx_dirty(&c.fx, words), 0);
}

TEST_C(world_cpu, writes_of_both_sources_are_numbered_as_one)
{
	static const struct sv3_device_event dma[] = { FX_ACCESS(WRITE, 10, FX_PAGE(1)) };
	static const struct sv3_device_event cpu[] = { CPU(WRITE, 20, FX_PAGE(1)),
						       CPU(WRITE, 2 * US, FX_PAGE(1)) };
	CPU_FX(c);

	FX_SCRIPT(&c.fx, dma);
	FX_SCRIPT(&c.cpu, cpu);
	ASSERT_TRUE(cpu_boot(&c, false));
	sv3_world_run_until(c.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(c.fx.landed_count, 3);
	EXPECT_EQ_U64(c.fx.landed[0].serial, 2);
	EXPECT_EQ_U64(c.fx.landed[1].serial, 1);
	EXPECT_FALSE(c.fx.landed[1].by_cpu);
	EXPECT_EQ_U64(c.fx.landed[2].serial, 3);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->writes_landed, 1);
}

TEST_C(world_cpu, what_is_not_ram_has_no_bytes_and_no_tracker)
{
	static const struct sv3_device_event script[] = { CPU(WRITE, 5, MSI_PAGE) };
	CPU_FX(c);

	c.fx.config.contents = true;
	FX_SCRIPT(&c.cpu, script);
	ASSERT_TRUE(cpu_boot(&c, true));
	sv3_world_run_until(c.fx.world, 10);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->cpu_writes, 1);
	EXPECT_EQ_U64(c.cpu.completed_count, 1);
	EXPECT_EQ_U64(c.tracked.count, 0);
	EXPECT_EQ_U64(c.fx.landed_count, 0);
}

TEST_C(world_cpu, rows_for_a_driver_are_passed_over)
{
	static const struct sv3_device_event script[] = { CPU(DRIVER, 5, FX_PAGE(1)),
							  CPU(REWIND, 6, FX_PAGE(1)),
							  CPU(READ, 7, FX_PAGE(1)) };
	CPU_FX(c);

	FX_SCRIPT(&c.cpu, script);
	ASSERT_TRUE(cpu_boot(&c, true));
	sv3_world_run_until(c.fx.world, 10);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->cpu_writes, 0);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->cpu_reads, 1);
	EXPECT_TRUE(sv3_host_error(c.fx.host) == NULL);
}

/* --- the tracker --- */

TEST_C(world_cpu, a_tracker_is_asked_before_the_bytes_land)
{
	static const struct sv3_device_event script[] = { CPU(WRITE, 5, FX_PAGE(1) + 8),
							  CPU(READ, 6, FX_PAGE(2)),
							  CPU(WRITE, 7, FX_PAGE(3)) };
	CPU_FX(c);

	FX_SCRIPT(&c.cpu, script);
	ASSERT_TRUE(cpu_boot(&c, true));
	sv3_world_run_until(c.fx.world, 10);
	ASSERT_EQ_U64(c.tracked.count, 2);
	EXPECT_EQ_U64(c.tracked.pa[0], FX_PAGE(1) + 8);
	EXPECT_EQ_U64(c.tracked.len[0], 8);
	EXPECT_EQ_U64(c.tracked.landed_before[0], 0);
	EXPECT_EQ_U64(c.tracked.landed_before[1], 1);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->cpu_delay, 0);
}

TEST_C(world_cpu, a_fault_delays_all_that_follows_but_not_the_write_itself)
{
	static const struct sv3_device_event script[] = {
		CPU(WRITE, 100, FX_PAGE(1)), CPU(READ, 100, FX_PAGE(1)),
		CPU(READ, 150, FX_PAGE(1)),  CPU(WRITE, 400, FX_PAGE(1)),
		CPU(READ, 2000, FX_PAGE(1)),
	};
	static const struct sv3_device_event dma[] = { FX_ACCESS(READ, 160, FX_PAGE(1)) };
	static const sv3_ps at[] = { 100, 1100, 1150, 1400, 4000 };
	CPU_FX(c);

	c.tracked.delay = 1000;
	FX_SCRIPT(&c.fx, dma);
	FX_SCRIPT(&c.cpu, script);
	ASSERT_TRUE(cpu_boot(&c, true));
	sv3_world_run_until(c.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(c.cpu.completed_count, 5);
	for (int i = 0; i < 5; i++)
		EXPECT_EQ_U64(c.cpu.completed[i].at, at[i]);
	EXPECT_EQ_U64(c.fx.landed[0].landed, 100);
	EXPECT_EQ_U64(c.fx.landed[1].landed, 1400);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->cpu_delay, 2000);
	/* The device is not delayed. */
	EXPECT_EQ_U64(c.fx.completed[0].at, 160);
}

TEST_C(world_cpu, delays_are_the_worlds_time_also_for_a_slow_cpu)
{
	static const struct sv3_device_event script[] = { CPU(WRITE, 100, FX_PAGE(1)),
							  CPU(READ, 110, FX_PAGE(1)),
							  CPU(READ, 130, FX_PAGE(1)) };
	CPU_FX(c);

	c.tracked.delay = 70;
	FX_SCRIPT(&c.cpu, script);
	ASSERT_TRUE(cpu_boot(&c, true));
	sv3_world_throttle_cpu(c.fx.world, 500000);
	sv3_world_run_until(c.fx.world, 201);
	ASSERT_EQ_U64(c.cpu.completed_count, 1);
	EXPECT_EQ_U64(c.cpu.completed[0].at, 200);
	sv3_world_throttle_cpu(c.fx.world, 250000);
	EXPECT_EQ_U64(sv3_world_next_event(c.fx.world), 200 + 70 + 40);
	sv3_world_run_until(c.fx.world, 310);
	sv3_world_throttle_cpu(c.fx.world, 1000000);
	sv3_world_run_until(c.fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(c.cpu.completed_count, 3);
	EXPECT_EQ_U64(c.cpu.completed[1].at, 310);
	EXPECT_EQ_U64(c.cpu.completed[2].at, 330);
}

/* --- stopping, order --- */

TEST_C(world_cpu, a_stopped_cpu_does_nothing_more_and_the_device_goes_on)
{
	static const struct sv3_device_event script[] = { CPU(READ, 5, FX_PAGE(1)),
							  CPU(READ, 50, FX_PAGE(2)) };
	static const struct sv3_device_event dma[] = { FX_ACCESS(READ, 60, FX_PAGE(1)) };
	CPU_FX(c);

	FX_SCRIPT(&c.fx, dma);
	FX_SCRIPT(&c.cpu, script);
	ASSERT_TRUE(cpu_boot(&c, false));
	sv3_world_run_until(c.fx.world, 10);
	sv3_world_stop_cpu(c.fx.world);
	sv3_world_throttle_cpu(c.fx.world, 999999);
	EXPECT_EQ_U64(sv3_world_next_event(c.fx.world), 60);
	sv3_world_run_until(c.fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(sv3_world_stats(c.fx.world)->cpu_reads, 1);
	EXPECT_EQ_U64(c.fx.completed_count, 1);
}

TEST_C(world_cpu, a_tracker_may_stop_the_cpu_at_the_write_it_is_asked_about)
{
	static const struct sv3_device_event script[] = { CPU(WRITE, 5, FX_PAGE(1)),
							  CPU(WRITE, 5, FX_PAGE(2)) };
	CPU_FX(c);

	c.tracked.stops = true;
	FX_SCRIPT(&c.cpu, script);
	ASSERT_TRUE(cpu_boot(&c, true));
	sv3_world_run_until(c.fx.world, 10);
	EXPECT_EQ_U64(c.fx.landed_count, 1);
	EXPECT_EQ_U64(c.tracked.count, 1);
}

/* What has happened by the time of each event that is told at 1 us. */
struct order {
	struct cpu_fx *fx;
	char text[8];
	uint32_t count;
	bool sync_told;
};

static void order_note(struct order *order, char what)
{
	/* The doorbell's work shows in what is told next. */
	if (!order->sync_told && sv3_world_smmu_stats(order->fx->fx.world)->sync > 2) {
		order->sync_told = true;
		order->text[order->count++] = 'b';
	}
	order->text[order->count++] = what;
}

static void order_landed(void *context, const struct sv3_write *write)
{
	order_note((struct order *)context, write->by_cpu ? 'c' : 'l');
}

static void order_translated(void *context, const struct sv3_write *write)
{
	if (write->translated)
		order_note((struct order *)context, 'd');
}

TEST_C(world_cpu, at_one_instant_landings_doorbells_cpu_device)
{
	static const struct sv3_device_event dma[] = { FX_ACCESS(WRITE, 0, FX_PAGE(1)),
						       FX_ACCESS(WRITE, US, FX_PAGE(2)) };
	static const struct sv3_device_event cpu[] = { CPU(WRITE, US, FX_PAGE(3)) };
	CPU_FX(c);
	struct order order = { .fx = &c };
	const struct sv3_world_observer observer = { .write_translated = order_translated,
						     .write_landed = order_landed,
						     .context = &order };

	c.fx.config.costs.cmdq_delay = US;
	FX_SCRIPT(&c.fx, dma);
	FX_SCRIPT(&c.cpu, cpu);
	ASSERT_TRUE(cpu_boot(&c, false));
	ASSERT_OK(sv3_world_observe(c.fx.world, &observer));
	(void)fx_ring_tlbi_and_sync(&c.fx);
	sv3_world_run_until(c.fx.world, US);
	EXPECT_EQ_STR(order.text, "lbcd");
}
