/* SPDX-License-Identifier: MIT */
/*
 * test_run_fast_needs.c - does the untimed runner answer every kind of need, and do stalled
 * transactions and invalidations of ATCs come to their end?
 *
 * The runner's source stands here once more, compiled against a script in place of the hardware: it
 * asks what the test says, and writes down every step, reply and finish.
 */
#define sv3_smmu_config       script_config
#define sv3_smmu_try          script_try
#define sv3_smmu_begin        script_begin
#define sv3_smmu_step         script_step
#define sv3_smmu_result       script_result
#define sv3_smmu_finish       script_finish
#define sv3_smmu_next_ready   script_next_ready
#define sv3_smmu_reg_read     script_reg_read
#define sv3_smmu_reg_write    script_reg_write
#define sv3_smmu_page_request script_page_request

#define sv3_translate          scripted_translate
#define sv3_translate_hold     scripted_translate_hold
#define sv3_fast_drain         scripted_fast_drain
#define sv3_fast_set_resumed   scripted_fast_set_resumed
#define sv3_fast_set_interrupt scripted_fast_set_interrupt
#define sv3_fast_regport       scripted_fast_regport
#define sv3_fast_device_port   scripted_fast_device_port
#define sv3_sim_poll           scripted_sim_poll
#include "sim/engine/run_fast.c"

#include "ctest.h"

#include <string.h>

#define JOB      4u /* the first job: there are four slots */
#define STEP_MAX 16u

struct sv3_smmu {
	struct sv3_smmu_config config;
	struct sv3_need needs[STEP_MAX]; /* handed out in order, whoever is stepped; then DONE */
	uint32_t need_count, need_at;
	uint32_t ready[STEP_MAX]; /* named in order */
	uint32_t ready_count, ready_at;
	bool unstable; /* a compare-and-swap is asked again until it is aborted */
	int begin_error;
	int requests_refused; /* page requests that find no room */
	struct sv3_result result;
	/* the log */
	struct {
		uint32_t slot;
		bool has_reply;
		enum sv3_bus_status status;
	} steps[STEP_MAX];
	uint32_t step_count;
	uint32_t finished[STEP_MAX];
	uint32_t finished_count;
	uint32_t swap_count;
	struct sv3_page_request request;
};

const struct sv3_smmu_config *script_config(const struct sv3_smmu *smmu)
{
	return &smmu->config;
}

int script_try(struct sv3_smmu *smmu, const struct sv3_txn *txn, struct sv3_result *result)
{
	(void)smmu;
	(void)txn;
	(void)result;
	return -SV3_ERR_MISS;
}

int script_begin(struct sv3_smmu *smmu, const struct sv3_txn *txn, uint32_t *slot)
{
	(void)txn;
	*slot = 2;
	return smmu->begin_error;
}

void script_step(struct sv3_smmu *smmu, uint32_t slot, const struct sv3_reply *reply,
		 struct sv3_need *need)
{
	if (smmu->step_count < STEP_MAX) {
		smmu->steps[smmu->step_count].slot = slot;
		smmu->steps[smmu->step_count].has_reply = reply != NULL;
		smmu->steps[smmu->step_count].status = reply ? reply->status : SV3_BUS_OK;
	}
	smmu->step_count++;
	if (smmu->unstable && !(reply && reply->status == SV3_BUS_ABORT)) {
		smmu->swap_count++;
		*need = (struct sv3_need){ .kind = SV3_NEED_CAS64, .expect = 1 };
		return;
	}
	*need = smmu->need_at < smmu->need_count ? smmu->needs[smmu->need_at++]
						 : (struct sv3_need){ .kind = SV3_NEED_DONE };
}

void script_result(const struct sv3_smmu *smmu, uint32_t slot, struct sv3_result *result)
{
	(void)slot;
	*result = smmu->result;
}

void script_finish(struct sv3_smmu *smmu, uint32_t slot)
{
	smmu->finished[smmu->finished_count++ % STEP_MAX] = slot;
}

bool script_next_ready(struct sv3_smmu *smmu, uint32_t *slot)
{
	if (smmu->ready_at == smmu->ready_count)
		return false;
	*slot = smmu->ready[smmu->ready_at++];
	return true;
}

uint64_t script_reg_read(struct sv3_smmu *smmu, uint32_t offset, uint32_t size)
{
	(void)offset;
	(void)size;
	/* As with a delayed acknowledge: the access itself makes a job ready. */
	smmu->ready[smmu->ready_count++ % STEP_MAX] = JOB;
	return 0;
}

void script_reg_write(struct sv3_smmu *smmu, uint32_t offset, uint32_t size, uint64_t value)
{
	(void)value;
	(void)script_reg_read(smmu, offset, size);
}

int script_page_request(struct sv3_smmu *smmu, const struct sv3_page_request *request)
{
	if (smmu->requests_refused-- > 0)
		return -SV3_ERR_BUSY;
	smmu->request = *request;
	return 0;
}

/* --- memory that never holds still, an endpoint, a listener --- */

static enum sv3_bus_status other_value(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				       uint64_t *old)
{
	(void)context;
	(void)pa;
	(void)desired;
	*old = expect + 1;
	return SV3_BUS_OK;
}

struct listener {
	/* the endpoint */
	enum sv3_atc_answer answer;
	struct sv3_ats_message invalidated, responded;
	uint32_t invalidate_count, again_count, response_count;
	/* who hears of resumed transactions */
	bool keeps;
	struct sv3_fast *drains; /* ... and drains while it hears */
	uint32_t resumed_count, resumed_slot;
	struct sv3_result resumed;
};

static enum sv3_atc_answer invalidate(void *context, const struct sv3_ats_message *message)
{
	struct listener *l = (struct listener *)context;

	l->invalidate_count++;
	l->invalidated = *message;
	return l->answer;
}

static enum sv3_atc_answer again(void *context)
{
	struct listener *l = (struct listener *)context;

	l->again_count++;
	return l->answer;
}

static void respond(void *context, const struct sv3_ats_message *message)
{
	struct listener *l = (struct listener *)context;

	l->response_count++;
	l->responded = *message;
}

static bool hear(void *context, uint32_t slot, const struct sv3_result *result)
{
	struct listener *l = (struct listener *)context;

	l->resumed_count++;
	l->resumed_slot = slot;
	l->resumed = *result;
	if (l->drains)
		EXPECT_FALSE(sv3_fast_drain(l->drains));
	return l->keeps;
}

struct scene {
	struct sv3_smmu smmu;
	struct sv3_fast fast;
	struct listener listener;
	struct sv3_result result;
	struct sv3_txn txn;
};

static void scene_init(struct scene *s)
{
	static const struct sv3_bus_ops bus_ops = { .cas64 = other_value };
	static const struct sv3_endpoint_ops endpoint_ops = {
		.atc_invalidate = invalidate,
		.atc_again = again,
		.pri_response = respond,
	};

	memset(s, 0, sizeof(*s));
	s->smmu.config.slot_count = JOB;
	s->smmu.result.pa = 0x1234;
	s->fast.smmu = &s->smmu;
	s->fast.bus.ops = &bus_ops;
	s->fast.endpoint = (struct sv3_endpoint){ &endpoint_ops, &s->listener };
	sv3_fast_set_resumed(&s->fast, hear, &s->listener);
}

#define SCENE(name)        \
	struct scene name; \
	scene_init(&name)

static void asks(struct scene *s, enum sv3_need_kind kind)
{
	s->smmu.needs[s->smmu.need_count++].kind = kind;
}

static void names(struct scene *s, uint32_t slot)
{
	s->smmu.ready[s->smmu.ready_count++] = slot;
}

/* --- stalls --- */

TEST_C(run_fast_needs, a_stalled_transaction_keeps_its_slot)
{
	SCENE(s);

	asks(&s, SV3_NEED_WAIT);
	EXPECT_OK(sv3_translate(&s.fast, &s.txn, &s.result));
	EXPECT_EQ_INT(s.result.outcome, SV3_OUTCOME_STALLED);
	EXPECT_EQ_U64(s.smmu.step_count, 1);
	EXPECT_EQ_U64(s.smmu.finished_count, 0);
	EXPECT_EQ_U64(s.listener.resumed_count, 0);
}

TEST_C(run_fast_needs, jobs_run_before_a_transaction_counts_as_stalled)
{
	SCENE(s);

	asks(&s, SV3_NEED_WAIT);
	names(&s, JOB);
	EXPECT_OK(sv3_translate(&s.fast, &s.txn, &s.result));
	EXPECT_EQ_INT(s.result.outcome, SV3_OUTCOME_STALLED);
	ASSERT_EQ_U64(s.smmu.step_count, 2);
	EXPECT_EQ_U64(s.smmu.steps[1].slot, JOB);
}

/* It is the caller's to hear: not the listener's. */
TEST_C(run_fast_needs, a_transaction_that_ends_while_jobs_run_ends_as_any_other)
{
	SCENE(s);

	asks(&s, SV3_NEED_WAIT);
	names(&s, 2);
	EXPECT_OK(sv3_translate(&s.fast, &s.txn, &s.result));
	EXPECT_EQ_INT(s.result.outcome, SV3_OUTCOME_OK);
	EXPECT_EQ_U64(s.result.pa, 0x1234);
	EXPECT_EQ_U64(s.listener.resumed_count, 0);
	EXPECT_EQ_U64(s.smmu.finished_count, 1);
}

TEST_C(run_fast_needs, the_end_of_a_resumed_transaction_is_told_and_its_slot_finished)
{
	SCENE(s);

	names(&s, 3);
	EXPECT_TRUE(sv3_fast_drain(&s.fast));
	ASSERT_EQ_U64(s.listener.resumed_count, 1);
	EXPECT_EQ_U64(s.listener.resumed_slot, 3);
	EXPECT_EQ_U64(s.listener.resumed.pa, 0x1234);
	ASSERT_EQ_U64(s.smmu.finished_count, 1);
	EXPECT_EQ_U64(s.smmu.finished[0], 3);
	EXPECT_FALSE(s.smmu.steps[0].has_reply);
}

TEST_C(run_fast_needs, who_hears_of_it_may_keep_the_slot)
{
	SCENE(s);

	s.listener.keeps = true;
	names(&s, 3);
	sv3_fast_drain(&s.fast);
	EXPECT_EQ_U64(s.listener.resumed_count, 1);
	EXPECT_EQ_U64(s.smmu.finished_count, 0);
}

TEST_C(run_fast_needs, nobody_hears_of_it_and_it_is_finished)
{
	SCENE(s);

	sv3_fast_set_resumed(&s.fast, NULL, NULL);
	names(&s, 3);
	sv3_fast_drain(&s.fast);
	EXPECT_EQ_U64(s.smmu.finished_count, 1);
}

/* Who hears of one end drains: the transaction behind the caller must stay the caller's. */
TEST_C(run_fast_needs, drains_do_not_nest)
{
	SCENE(s);

	s.listener.drains = &s.fast;
	asks(&s, SV3_NEED_WAIT);
	names(&s, 3);
	names(&s, 2);
	EXPECT_OK(sv3_translate(&s.fast, &s.txn, &s.result));
	EXPECT_EQ_INT(s.result.outcome, SV3_OUTCOME_OK);
	EXPECT_EQ_U64(s.listener.resumed_count, 1);
	EXPECT_EQ_U64(s.listener.resumed_slot, 3);
	EXPECT_EQ_U64(s.smmu.finished_count, 2);
}

TEST_C(run_fast_needs, a_transaction_that_stalls_again_goes_on_waiting)
{
	SCENE(s);

	asks(&s, SV3_NEED_WAIT);
	names(&s, 3);
	EXPECT_TRUE(sv3_fast_drain(&s.fast));
	EXPECT_EQ_U64(s.listener.resumed_count, 0);
	EXPECT_EQ_U64(s.smmu.finished_count, 0);
}

TEST_C(run_fast_needs, a_job_that_ends_is_nobodys_transaction)
{
	SCENE(s);

	names(&s, JOB);
	sv3_fast_drain(&s.fast);
	EXPECT_EQ_U64(s.listener.resumed_count, 0);
	EXPECT_EQ_U64(s.smmu.finished_count, 0);
}

TEST_C(run_fast_needs, without_a_slot_translate_says_so_and_the_access_is_no_success)
{
	SCENE(s);

	s.smmu.begin_error = -SV3_ERR_BUSY;
	EXPECT_EQ_INT(sv3_translate(&s.fast, &s.txn, &s.result), -SV3_ERR_BUSY);
	EXPECT_EQ_INT(s.result.outcome, SV3_OUTCOME_ABORT);
	EXPECT_EQ_U64(s.smmu.finished_count, 0);
}

/* --- memory that changes under every swap --- */

TEST_C(run_fast_needs, unstable_memory_is_aborted_after_the_stated_number_of_swaps)
{
	SCENE(s);

	s.smmu.unstable = true;
	EXPECT_OK(sv3_translate(&s.fast, &s.txn, &s.result));
	EXPECT_EQ_U64(s.smmu.swap_count, SV3_FAST_RETRIES_MAX + 1);
	EXPECT_EQ_U64(s.smmu.finished_count, 1);
}

/* --- events, interrupts --- */

TEST_C(run_fast_needs, events_and_interrupts_are_counted)
{
	SCENE(s);

	asks(&s, SV3_NEED_SEV);
	asks(&s, SV3_NEED_IRQ);
	s.smmu.needs[1].irq = SV3_IRQ_PRIQ;
	asks(&s, SV3_NEED_SEV);
	names(&s, JOB);
	sv3_fast_drain(&s.fast);
	EXPECT_EQ_U64(s.fast.sev_count, 2);
	EXPECT_EQ_U64(s.fast.irq_count[SV3_IRQ_PRIQ], 1);
	EXPECT_EQ_U64(s.smmu.step_count, 4);
}

/* --- endpoints --- */

static void asks_for_invalidation(struct scene *s)
{
	asks(s, SV3_NEED_ATC_INV);
	s->smmu.needs[0].ats.iova = 0x5000;
	names(s, JOB + 1);
}

TEST_C(run_fast_needs, an_invalidation_completes_as_the_endpoint_says)
{
	SCENE(s);

	asks_for_invalidation(&s);
	EXPECT_TRUE(sv3_fast_drain(&s.fast));
	EXPECT_EQ_U64(s.listener.invalidated.iova, 0x5000);
	ASSERT_EQ_U64(s.smmu.step_count, 2);
	EXPECT_EQ_INT(s.smmu.steps[1].status, SV3_BUS_OK);
}

TEST_C(run_fast_needs, an_invalidation_that_times_out_is_aborted)
{
	SCENE(s);

	s.listener.answer = SV3_ATC_TIMED_OUT;
	asks_for_invalidation(&s);
	sv3_fast_drain(&s.fast);
	ASSERT_EQ_U64(s.smmu.step_count, 2);
	EXPECT_EQ_INT(s.smmu.steps[1].status, SV3_BUS_ABORT);
}

TEST_C(run_fast_needs, an_invalidation_is_asked_about_until_the_endpoint_has_completed_it)
{
	SCENE(s);

	s.listener.answer = SV3_ATC_LATER;
	asks_for_invalidation(&s);
	EXPECT_TRUE(sv3_fast_drain(&s.fast));
	EXPECT_FALSE(sv3_fast_drain(&s.fast));
	EXPECT_EQ_U64(s.smmu.step_count, 1);
	s.listener.answer = SV3_ATC_DONE;
	EXPECT_TRUE(sv3_fast_drain(&s.fast));
	EXPECT_EQ_U64(s.listener.invalidate_count, 1);
	EXPECT_EQ_U64(s.listener.again_count, 2);
	ASSERT_EQ_U64(s.smmu.step_count, 2);
	EXPECT_EQ_U64(s.smmu.steps[1].slot, JOB + 1);
	EXPECT_TRUE(s.smmu.steps[1].has_reply);
	EXPECT_EQ_INT(s.smmu.steps[1].status, SV3_BUS_OK);
	EXPECT_FALSE(sv3_fast_drain(&s.fast));
	EXPECT_EQ_U64(s.listener.again_count, 2);
}

TEST_C(run_fast_needs, an_invalidation_may_time_out_later_too)
{
	SCENE(s);

	s.listener.answer = SV3_ATC_LATER;
	asks_for_invalidation(&s);
	sv3_fast_drain(&s.fast);
	s.listener.answer = SV3_ATC_TIMED_OUT;
	EXPECT_TRUE(sv3_fast_drain(&s.fast));
	ASSERT_EQ_U64(s.smmu.step_count, 2);
	EXPECT_EQ_INT(s.smmu.steps[1].status, SV3_BUS_ABORT);
}

TEST_C(run_fast_needs, without_an_endpoint_an_invalidation_completes)
{
	SCENE(s);

	s.fast.endpoint.ops = NULL;
	asks_for_invalidation(&s);
	sv3_fast_drain(&s.fast);
	ASSERT_EQ_U64(s.smmu.step_count, 2);
	EXPECT_EQ_INT(s.smmu.steps[1].status, SV3_BUS_OK);
}

TEST_C(run_fast_needs, a_page_response_reaches_the_endpoint)
{
	SCENE(s);

	asks(&s, SV3_NEED_PRI_RESP);
	s.smmu.needs[0].ats.group = 77;
	names(&s, JOB);
	sv3_fast_drain(&s.fast);
	EXPECT_EQ_U64(s.listener.response_count, 1);
	EXPECT_EQ_U64(s.listener.responded.group, 77);
	EXPECT_EQ_U64(s.smmu.step_count, 2);
}

/* --- doors --- */

TEST_C(run_fast_needs, the_register_port_drains_after_reads_and_writes)
{
	SCENE(s);
	const struct sv3_regport port = sv3_fast_regport(&s.fast);

	port.ops->read(port.context, 0, 4);
	EXPECT_EQ_U64(s.smmu.step_count, 1);
	port.ops->write(port.context, 0, 4, 0);
	EXPECT_EQ_U64(s.smmu.step_count, 2);
}

TEST_C(run_fast_needs, poll_says_whether_anything_ran)
{
	SCENE(s);
	const struct sv3_regport port = sv3_fast_regport(&s.fast);

	names(&s, JOB);
	EXPECT_TRUE(sv3_sim_poll(&port));
	EXPECT_FALSE(sv3_sim_poll(&port));
}

TEST_C(run_fast_needs, a_devices_transaction_is_over_when_it_was_translated)
{
	SCENE(s);
	const struct sv3_device_port port = sv3_fast_device_port(&s.fast);

	EXPECT_EQ_INT(port.ops->transact(port.context, &s.txn, &s.result), 0);
	EXPECT_EQ_U64(s.result.pa, 0x1234);
	EXPECT_EQ_U64(s.smmu.finished_count, 1);
	s.smmu.begin_error = -SV3_ERR_BUSY;
	EXPECT_EQ_INT(port.ops->transact(port.context, &s.txn, &s.result), -SV3_ERR_BUSY);
}

TEST_C(run_fast_needs, a_page_request_waits_for_jobs_to_make_room)
{
	SCENE(s);
	const struct sv3_device_port port = sv3_fast_device_port(&s.fast);
	const struct sv3_page_request request = { .iova = 0x9000, .group = 5 };

	names(&s, JOB);
	s.smmu.requests_refused = 1;
	EXPECT_OK(port.ops->page_request(port.context, &request));
	EXPECT_EQ_U64(s.smmu.request.iova, 0x9000);
	s.smmu.requests_refused = 1;
	EXPECT_EQ_INT(port.ops->page_request(port.context, &request), -SV3_ERR_BUSY);
}
