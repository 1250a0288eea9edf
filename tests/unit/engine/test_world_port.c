/* SPDX-License-Identifier: MIT */
/*
 * test_world_port.c - does a world give a device that makes its accesses itself a door that keeps
 * what the header promises: what is posted, when it lands, what "no room" and "waits" mean?
 *
 * The device is a script of the fixture's, with an access operation in front of it.
 */
#include "world_fixture.h"

struct port_fx {
	struct fx fx;
	struct sv3_device device;
	/* what access does with the event, and what it saw */
	enum sv3_access_end (*access)(struct port_fx *p, const struct sv3_device_event *event,
				      const struct sv3_device_port *port);
	struct sv3_result result;
	int rc;
	uint32_t asked_count; /* times access was called */
	bool answered;        /* what a waiting device waits for */
	uint64_t landed_serial[8];
	sv3_ps landed_at[8];
	uint32_t landed_count;
};

static bool p_next(void *context, struct sv3_device_event *event)
{
	return fx_next(&((struct port_fx *)context)->fx, event);
}

static void p_completed(void *context, const struct sv3_device_event *event, bool ok, sv3_ps at)
{
	fx_completed(&((struct port_fx *)context)->fx, event, ok, at);
}

static void p_destroy(void *context)
{
	(void)context;
}

static enum sv3_access_end p_access(void *context, const struct sv3_device_event *event,
				    const struct sv3_device_port *port)
{
	struct port_fx *p = (struct port_fx *)context;

	p->asked_count++;
	return p->access(p, event, port);
}

static void p_landed(void *context, uint64_t serial)
{
	struct port_fx *p = (struct port_fx *)context;

	p->landed_at[p->landed_count % 8] = sv3_world_now(p->fx.world);
	p->landed_serial[p->landed_count++ % 8] = serial;
}

static const struct sv3_device_ops p_ops = {
	.next = p_next,
	.completed = p_completed,
	.destroy = p_destroy,
	.access = p_access,
	.landed = p_landed,
};

/* The access as it stands in the event. */
static enum sv3_access_end plain(struct port_fx *p, const struct sv3_device_event *event,
				 const struct sv3_device_port *port)
{
	const struct sv3_txn txn = { .iova = event->iova,
				     .stream_id = event->stream_id,
				     .write = event->kind == SV3_DEVICE_WRITE };

	p->rc = port->ops->transact(port->context, &txn, &p->result);
	if (p->rc < 0)
		return SV3_ACCESS_BUSY;
	return p->result.outcome == SV3_OUTCOME_OK ? SV3_ACCESS_OK : SV3_ACCESS_REFUSED;
}

static enum sv3_access_end waits(struct port_fx *p, const struct sv3_device_event *event,
				 const struct sv3_device_port *port)
{
	return p->answered ? plain(p, event, port) : SV3_ACCESS_WAITS;
}

static enum sv3_access_end refuses(struct port_fx *p, const struct sv3_device_event *event,
				   const struct sv3_device_port *port)
{
	(void)p;
	(void)event;
	(void)port;
	return SV3_ACCESS_REFUSED;
}

static void p_fini(struct port_fx *p)
{
	fx_fini(&p->fx);
}

static bool p_boot(struct port_fx *p)
{
	const struct sv3_world_observer observer = { .write_translated = fx_write_translated,
						     .write_landed = fx_write_landed,
						     .context = &p->fx };

	if (sv3_world_create(&p->fx.config, &p->fx.world) ||
	    sv3_host_create(p->fx.world, &p->fx.host_config, &p->fx.host) ||
	    sv3_world_observe(p->fx.world, &observer)) {
		ctest_fail(__FILE__, __LINE__, "the world did not come up");
		return false;
	}
	p->device = (struct sv3_device){ &p_ops, p };
	sv3_world_attach_host(p->fx.world, p->fx.host);
	sv3_world_attach_device(p->fx.world, &p->device);
	return true;
}

#define PORT_FX(name, how)                                                          \
	__attribute__((cleanup(p_fini))) struct port_fx name = { .access = (how) }; \
	fx_init(&name.fx)

TEST_C(world_port, a_write_is_posted_and_its_landing_is_told)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 100, FX_PAGE(1)),
							  FX_ACCESS(READ, 200, FX_PAGE(2)),
							  FX_ACCESS(WRITE, 300, FX_PAGE(3)) };
	PORT_FX(p, plain);

	p.fx.config.costs.post_delay = 1000;
	FX_SCRIPT(&p.fx, script);
	ASSERT_TRUE(p_boot(&p));
	sv3_world_run_until(p.fx.world, 100);
	EXPECT_EQ_INT(p.rc, SV3_PORT_POSTED);
	sv3_world_run_until(p.fx.world, 200);
	EXPECT_EQ_INT(p.rc, 0);
	sv3_world_run_until(p.fx.world, 1099);
	EXPECT_EQ_U64(p.landed_count, 0);
	sv3_world_run_until(p.fx.world, 5000);
	ASSERT_EQ_U64(p.landed_count, 2);
	EXPECT_EQ_U64(p.landed_serial[0], 0);
	EXPECT_EQ_U64(p.landed_at[0], 1100);
	EXPECT_EQ_U64(p.landed_serial[1], 2);
	ASSERT_EQ_U64(p.fx.completed_count, 3);
	EXPECT_EQ_U64(p.fx.completed[0].at, 100);
	EXPECT_EQ_U64(p.fx.landed_count, 2);
	EXPECT_EQ_U64(sv3_world_stats(p.fx.world)->records, 3);
}

TEST_C(world_port, a_write_that_lands_at_once_is_over_and_not_told)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 100, FX_PAGE(1)) };
	PORT_FX(p, plain);

	p.fx.config.costs.post_delay = 0;
	FX_SCRIPT(&p.fx, script);
	ASSERT_TRUE(p_boot(&p));
	sv3_world_run_until(p.fx.world, 100);
	EXPECT_EQ_INT(p.rc, 0);
	EXPECT_EQ_U64(p.landed_count, 0);
	EXPECT_EQ_U64(p.fx.landed_count, 1);
}

TEST_C(world_port, without_a_slot_the_device_is_asked_again_when_a_write_has_landed)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 0, FX_PAGE(0)),
							  FX_ACCESS(WRITE, 10, FX_PAGE(1)) };
	PORT_FX(p, plain);

	p.fx.config.costs.post_delay = 1000;
	p.fx.config.smmu.slot_count = 1;
	FX_SCRIPT(&p.fx, script);
	ASSERT_TRUE(p_boot(&p));
	sv3_world_run_until(p.fx.world, 5000);
	ASSERT_EQ_U64(p.fx.completed_count, 2);
	EXPECT_EQ_U64(p.fx.completed[1].at, 1000);
	EXPECT_EQ_U64(p.asked_count, 3);
	EXPECT_EQ_U64(sv3_world_stats(p.fx.world)->retries, 1);
}

TEST_C(world_port, a_fault_is_counted_with_its_event)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 10, 0x1000) };
	PORT_FX(p, plain);

	FX_SCRIPT(&p.fx, script);
	ASSERT_TRUE(p_boot(&p));
	sv3_world_run_until(p.fx.world, 10);
	EXPECT_EQ_U64(sv3_world_stats(p.fx.world)->faults, 1);
	EXPECT_EQ_U64(sv3_world_stats(p.fx.world)->first_fault_event, SV3_EVENT_F_TRANSLATION);
	ASSERT_EQ_U64(p.fx.completed_count, 1);
	EXPECT_FALSE(p.fx.completed[0].ok);
	EXPECT_EQ_U64(sv3_smmu_stats(sv3_world_smmu(p.fx.world))->events_written, 1);
}

TEST_C(world_port, what_the_device_gives_up_is_a_fault_without_an_event)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 10, FX_PAGE(0)),
							  FX_ACCESS(READ, 20, FX_PAGE(0)) };
	PORT_FX(p, refuses);

	FX_SCRIPT(&p.fx, script);
	ASSERT_TRUE(p_boot(&p));
	sv3_world_run_until(p.fx.world, 50);
	EXPECT_EQ_U64(sv3_world_stats(p.fx.world)->faults, 2);
	EXPECT_EQ_U64(sv3_world_stats(p.fx.world)->first_fault_event, 0);
}

/* Nothing happens: nothing is asked. A command of software is something. */
TEST_C(world_port, a_device_that_waits_is_asked_again_when_something_happened)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(READ, 10, FX_PAGE(0)),
							  FX_ACCESS(READ, 20, FX_PAGE(1)) };
	PORT_FX(p, waits);

	FX_SCRIPT(&p.fx, script);
	ASSERT_TRUE(p_boot(&p));
	sv3_world_run_until(p.fx.world, US);
	EXPECT_EQ_U64(p.asked_count, 1);
	EXPECT_EQ_U64(sv3_world_next_event(p.fx.world), SV3_PS_NEVER);
	(void)fx_ring_tlbi_and_sync(&p.fx);
	sv3_world_run_until(p.fx.world, 10 * US);
	EXPECT_EQ_U64(p.asked_count, 2);
	EXPECT_EQ_U64(p.fx.completed_count, 0);
	p.answered = true;
	(void)fx_ring_tlbi_and_sync(&p.fx);
	sv3_world_run_until(p.fx.world, 20 * US);
	ASSERT_EQ_U64(p.fx.completed_count, 2);
	EXPECT_EQ_U64(p.fx.completed[0].at, 12 * US);
	EXPECT_EQ_U64(sv3_world_stats(p.fx.world)->retries, 0);
}
