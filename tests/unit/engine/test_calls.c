/* SPDX-License-Identifier: MIT */
/*
 * test_calls.c - does software that asked to run at a time run then, in its place among what else
 * happens, and one at a time?
 */
#include "world_fixture.h"

#include <sv3/prng.h>

#define NOTES_MAX 4096u

/* What ran, and when. */
struct notes {
	struct fx *fx;
	uint64_t count;
	struct {
		uint64_t name;
		sv3_ps at;
	} note[NOTES_MAX];
};

struct note {
	struct notes *notes;
	uint64_t name;
};

static void note(struct notes *notes, uint64_t name)
{
	const uint64_t i = notes->count++;

	if (i >= NOTES_MAX)
		return;
	notes->note[i].name = name;
	notes->note[i].at = sv3_world_now(notes->fx->world);
}

static void call_note(void *context)
{
	const struct note *call = (const struct note *)context;

	note(call->notes, call->name);
}

TEST_C(calls, run_in_order_of_time_then_of_request)
{
	static struct note calls[1000];
	static struct notes notes;
	struct sv3_prng prng;
	sv3_ps at[1000];
	uint64_t due = 0;
	FX(fx);

	notes = (struct notes){ .fx = &fx };
	ASSERT_TRUE(fx_boot(&fx));
	sv3_prng_seed(&prng, 1);
	for (uint64_t i = 0; i < 1000; i++) {
		calls[i] = (struct note){ &notes, i };
		at[i] = 1000 + sv3_prng_below(&prng, 100);
		ASSERT_OK(sv3_world_call_at(fx.world, at[i], call_note, &calls[i]));
	}
	sv3_world_run_until(fx.world, 1049);
	for (uint64_t i = 0; i < 1000; i++)
		due += at[i] <= 1049;
	EXPECT_EQ_U64(notes.count, due);
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(notes.count, 1000);
	for (uint64_t i = 0; i < 1000; i++) {
		EXPECT_EQ_U64(notes.note[i].at, at[notes.note[i].name]);
		if (i > 0 && notes.note[i].at == notes.note[i - 1].at)
			EXPECT_GT_U64(notes.note[i].name, notes.note[i - 1].name);
		else if (i > 0)
			EXPECT_GT_U64(notes.note[i].at, notes.note[i - 1].at);
	}
}

TEST_C(calls, never_is_no_time_and_the_past_is_now)
{
	struct notes notes = { 0 };
	struct note call = { &notes, 7 };
	FX(fx);

	notes.fx = &fx;
	ASSERT_TRUE(fx_boot(&fx));
	EXPECT_EQ_INT(sv3_world_call_at(fx.world, SV3_PS_NEVER, call_note, &call), -SV3_ERR_INVAL);
	sv3_world_run_until(fx.world, 500);
	ASSERT_OK(sv3_world_call_at(fx.world, 100, call_note, &call));
	EXPECT_EQ_U64(sv3_world_next_event(fx.world), 100);
	sv3_world_run_until(fx.world, 500);
	ASSERT_EQ_U64(notes.count, 1);
	EXPECT_EQ_U64(notes.note[0].at, 500);
}

/* --- their place at one instant --- */

struct instant {
	struct fx *fx;
	uint64_t landed, completed;
	uint32_t cons;
};

static void call_look(void *context)
{
	struct instant *instant = (struct instant *)context;

	instant->landed = instant->fx->landed_count;
	instant->completed = instant->fx->completed_count;
	instant->cons = fx_reg(instant->fx, SV3_REG_CMDQ_CONS);
}

TEST_C(calls, come_behind_landings_and_doorbells_and_before_the_device)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 0, FX_PAGE(1)),
							  FX_ACCESS(WRITE, 5 * US, FX_PAGE(2)) };
	struct instant instant = { 0 };
	FX(fx);

	fx.config.costs.post_delay = 5 * US;
	fx.config.costs.cmdq_delay = 5 * US;
	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	instant.fx = &fx;
	ASSERT_OK(sv3_world_call_at(fx.world, 5 * US, call_look, &instant));
	instant.cons = fx_reg(&fx, SV3_REG_CMDQ_CONS);
	ASSERT_OK(sv3_cmdq_tlbi_all(sv3_host_cmdq(fx.host)));
	sv3_cmdq_ring(sv3_host_cmdq(fx.host));
	ASSERT_NE_U64(instant.cons, sv3_host_cmdq(fx.host)->prod);
	sv3_world_run_until(fx.world, 5 * US);
	EXPECT_EQ_U64(instant.landed, 1);
	EXPECT_EQ_U64(instant.completed, 1);
	EXPECT_EQ_U64(instant.cons, sv3_host_cmdq(fx.host)->prod);
	EXPECT_EQ_U64(fx.completed_count, 2);
}

/* --- software that lets time pass --- */

static void call_work(void *context)
{
	struct note *call = (struct note *)context;
	struct fx *fx = call->notes->fx;

	note(call->notes, call->name);
	sv3_world_advance(fx->world, 100);
	note(call->notes, call->name + 100);
}

TEST_C(calls, wait_while_another_runs_and_the_device_goes_on)
{
	static const struct sv3_device_event script[] = { FX_ACCESS(WRITE, 50, FX_PAGE(1)),
							  FX_ACCESS(WRITE, 150, FX_PAGE(2)) };
	struct notes notes = { 0 };
	struct note calls[] = { { &notes, 0 }, { &notes, 1 }, { &notes, 2 } };
	FX(fx);

	FX_SCRIPT(&fx, script);
	ASSERT_TRUE(fx_boot(&fx));
	notes.fx = &fx;
	ASSERT_OK(sv3_world_call_at(fx.world, 10, call_work, &calls[0]));
	ASSERT_OK(sv3_world_call_at(fx.world, 10, call_work, &calls[1]));
	ASSERT_OK(sv3_world_call_at(fx.world, 20, call_work, &calls[2]));
	sv3_world_run_until(fx.world, 1000);
	ASSERT_EQ_U64(notes.count, 6);
	for (uint64_t i = 0; i < 3; i++) {
		EXPECT_EQ_U64(notes.note[2 * i].name, i);
		EXPECT_EQ_U64(notes.note[2 * i].at, 10 + 100 * i);
		EXPECT_EQ_U64(notes.note[2 * i + 1].name, i + 100);
		EXPECT_EQ_U64(notes.note[2 * i + 1].at, 110 + 100 * i);
	}
	ASSERT_EQ_U64(fx.completed_count, 2);
	EXPECT_EQ_U64(fx.completed[0].at, 50);
	EXPECT_EQ_U64(fx.completed[1].at, 150);
	EXPECT_EQ_U64(sv3_world_now(fx.world), 1000);
}

static void call_again(void *context)
{
	struct note *call = (struct note *)context;

	call_note(context);
	if (call->notes->count < 3)
		EXPECT_OK(sv3_world_call_at(call->notes->fx->world,
					    sv3_world_now(call->notes->fx->world) + 7, call_again,
					    call));
}

TEST_C(calls, may_ask_for_more_and_interrupt_software_that_waits)
{
	struct notes notes = { 0 };
	struct note call = { &notes, 3 };
	FX(fx);

	ASSERT_TRUE(fx_boot(&fx));
	notes.fx = &fx;
	ASSERT_OK(sv3_world_call_at(fx.world, 10, call_again, &call));
	/* A SYNC is waited for: its doorbell is on its way until then. */
	ASSERT_OK(sv3_cmdq_sync(sv3_host_cmdq(fx.host)));
	EXPECT_EQ_U64(sv3_world_now(fx.world), fx.config.costs.cmdq_delay);
	ASSERT_EQ_U64(notes.count, 3);
	for (uint64_t i = 0; i < 3; i++)
		EXPECT_EQ_U64(notes.note[i].at, 10 + 7 * i);
}

TEST_C(calls, that_are_called_off_do_not_run)
{
	static struct note calls[64];
	static struct notes notes;
	FX(fx);

	notes = (struct notes){ .fx = &fx };
	ASSERT_TRUE(fx_boot(&fx));
	for (uint64_t i = 0; i < 64; i++) {
		calls[i] = (struct note){ &notes, i };
		ASSERT_OK(sv3_world_call_at(fx.world, 1000 - (i * 37) % 64, call_note, &calls[i]));
	}
	for (uint64_t i = 0; i < 64; i += 2)
		sv3_world_call_off(fx.world, call_note, &calls[i]);
	sv3_world_call_off(fx.world, call_work, &calls[1]);
	sv3_world_run_until(fx.world, SV3_PS_NEVER);
	ASSERT_EQ_U64(notes.count, 32);
	for (uint64_t i = 0; i < 32; i++) {
		EXPECT_EQ_U64(notes.note[i].name % 2, 1);
		EXPECT_EQ_U64(notes.note[i].at, 1000 - (notes.note[i].name * 37) % 64);
	}
}
