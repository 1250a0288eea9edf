/* SPDX-License-Identifier: MIT */
/*
 * test_host_errors.c - what a host does when its event queue cannot be written or read, and when it
 * goes away with software still asked for.
 */
#include "sim/engine/engine_priv.h"
#include "world_fixture.h"

#define START (100 * US)

/* Memory whose event queue aborts while it is broken. */
struct broken {
	struct sv3_bus bus;
	sv3_pa base, end;
	bool writes_abort;
};

static bool is_queue(const struct broken *b, sv3_pa pa)
{
	return pa >= b->base && pa < b->end;
}

static enum sv3_bus_status broken_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	const struct broken *b = (const struct broken *)context;

	return sv3_bus_read(&b->bus, pa, data, size);
}

static enum sv3_bus_status broken_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	const struct broken *b = (const struct broken *)context;

	if (b->writes_abort && is_queue(b, pa))
		return SV3_BUS_ABORT;
	return sv3_bus_write(&b->bus, pa, data, size);
}

static enum sv3_bus_status broken_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
					uint64_t *old)
{
	const struct broken *b = (const struct broken *)context;

	return sv3_bus_cas64(&b->bus, pa, expect, desired, old);
}

static void break_queue(struct fx *fx, struct broken *b)
{
	static const struct sv3_bus_ops ops = { .read = broken_read,
						.write = broken_write,
						.cas64 = broken_cas64 };

	*b = (struct broken){ .bus = fx->world->fast.bus,
			      .base = fx->host->eventq_base,
			      .end = fx->host->eventq_base +
				     (UINT64_C(32) << fx->host->eventq_log2size),
			      .writes_abort = true };
	fx->world->fast.bus = (struct sv3_bus){ .ops = &ops, .context = b };
}

static enum sv3_fault_answer retry(void *context, const struct sv3_fault_record *record)
{
	const struct fx *fx = (const struct fx *)context;

	EXPECT_TRUE(sv3_dirty_set(&fx->host->domains[0].pt, record->iova, NULL) >= 0);
	return SV3_FAULT_RETRY;
}

static enum sv3_fault_answer keep(void *context, const struct sv3_fault_record *record)
{
	(void)context, (void)record;
	return SV3_FAULT_KEEP;
}

static bool boot(struct fx *fx,
		 enum sv3_fault_answer (*fault)(void *context, const struct sv3_fault_record *))
{
	const struct sv3_fault_handler handler = { fault, NULL, fx };

	fx->config.smmu.idr0 &= ~(uint32_t)SV3_IDR0_STALL_MODEL;
	fx->config.smmu.idr5 |= (uint32_t)SV3_PUT(SV3_IDR5_STALL_MAX, 4);
	fx->host_config.stall = fx->host_config.software_dirty = true;
	fx->host_config.hd = false;
	return fx_boot(fx) && !sv3_host_handle_faults(fx->host, &handler);
}

/* [IHI0070 7.2.2] The record is lost, with it the STAG: the stall is terminated by stream. Later
 * faults are recorded again. */
TEST_C(host_errors, a_stall_whose_record_is_lost_is_aborted)
{
	static const struct sv3_device_event script[] = {
		FX_ACCESS(WRITE, START, FX_PAGE(1)),
		FX_ACCESS(WRITE, START + 100 * US, FX_PAGE(2)),
	};
	struct broken broken;
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(boot(&fx, retry));
	break_queue(&fx, &broken);
	sv3_world_run_until(fx.world, START + 1);
	EXPECT_NE_U64(fx_reg(&fx, SV3_REG_GERROR) ^ fx_reg(&fx, SV3_REG_GERRORN), 0);
	broken.writes_abort = false;
	sv3_world_run_until(fx.world, START + 50 * US);
	EXPECT_EQ_U64(fx_reg(&fx, SV3_REG_GERROR), fx_reg(&fx, SV3_REG_GERRORN));
	EXPECT_EQ_U64(sv3_host_fault_stats(fx.host)->queue_aborts, 1);
	ASSERT_EQ_U64(fx.completed_count, 1);
	EXPECT_FALSE(fx.completed[0].ok);
	EXPECT_EQ_U64(fx.completed[0].at,
		      START + fx.config.costs.fault_latency + fx.config.costs.cmdq_delay);
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(fx.completed_count, 2);
	EXPECT_TRUE(fx.completed[1].ok);
	EXPECT_EQ_U64(sv3_host_fault_stats(fx.host)->queue_aborts, 1);
	EXPECT_TRUE(sv3_host_error(fx.host) == NULL);
}

TEST_C(host_errors, a_record_that_cannot_be_read_stops_the_device_and_is_told)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, FX_PAGE(1)) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(boot(&fx, retry));
	sv3_world_run_until(fx.world, START + 1);
	fx.host->eventq_base = 0; /* no memory there */
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	EXPECT_TRUE(fx.world->device_stopped);
	ASSERT_TRUE(sv3_host_error(fx.host) != NULL);
	EXPECT_TRUE(strstr(sv3_host_error(fx.host), "handling of faults") != NULL);
}

TEST_C(host_errors, a_host_that_goes_away_takes_its_software_along)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, START, FX_PAGE(1)),
							  FX_ACCESS(READ, START + US, FX_PAGE(2)) };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(boot(&fx, keep));
	sv3_world_run_until(fx.world, START);
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), START + US);
	sv3_host_destroy(fx.host);
	fx.host = NULL;
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(fx.completed_count, 1);
	EXPECT_EQ_U64(sv3_world_now(fx.world), START + US);
}
