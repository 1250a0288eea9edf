/* SPDX-License-Identifier: MIT */
/*
 * test_bundle.c - several devices as one: do events come in order, does what comes back reach whom
 * it is for, and does a source that waits or was stopped keep nobody else?
 */
#include <string.h>

#include "ctest.h"
#include <sv3/device.h>
#include <sv3/prng.h>

#define SOURCES 4u
#define LOG_MAX 32u

/* A source that follows a script, and a log of what it hears. */
struct part {
	struct sv3_device_event script[LOG_MAX];
	uint32_t script_count, at;
	enum sv3_access_end end; /* how its accesses end, if it makes them itself */
	enum sv3_atc_answer answer;
	uint64_t heard[LOG_MAX]; /* serials of accesses, completions, landings */
	uint32_t heard_count;
	uint32_t invalidated, asked_again, responses, destroyed;
};

struct fx {
	struct part parts[SOURCES];
	struct sv3_device sources[SOURCES];
	struct sv3_device bundle;
};

static bool part_next(void *context, struct sv3_device_event *event)
{
	struct part *part = (struct part *)context;

	if (part->at == part->script_count)
		return false;
	*event = part->script[part->at];
	event->serial = part->at++;
	return true;
}

static void hear(struct part *part, uint64_t serial)
{
	part->heard[part->heard_count++ % LOG_MAX] = serial;
}

static void part_completed(void *context, const struct sv3_device_event *event, bool ok, sv3_ps at)
{
	EXPECT_TRUE(ok && at == 5);
	EXPECT_EQ_U64(event->source, 0);
	hear((struct part *)context, event->serial);
}

static enum sv3_access_end part_access(void *context, const struct sv3_device_event *event,
				       const struct sv3_device_port *port)
{
	struct part *part = (struct part *)context;

	EXPECT_TRUE(port != NULL);
	EXPECT_EQ_U64(event->source, 0);
	hear(part, event->serial);
	return part->end;
}

static void part_landed(void *context, uint64_t serial)
{
	hear((struct part *)context, serial);
}

static void part_destroy(void *context)
{
	((struct part *)context)->destroyed++;
}

static enum sv3_atc_answer part_invalidate(void *context, const struct sv3_ats_message *message)
{
	struct part *part = (struct part *)context;

	EXPECT_EQ_U64(message->iova, 0x7000);
	part->invalidated++;
	return part->answer;
}

static enum sv3_atc_answer part_again(void *context)
{
	struct part *part = (struct part *)context;

	part->asked_again++;
	return part->answer;
}

static void part_response(void *context, const struct sv3_ats_message *message)
{
	((struct part *)context)->responses += message->response == SV3_PRI_SUCCESS;
}

/* Sources 0 and 1 are plain, the others have an ATC. */
static void fx_init(struct fx *fx)
{
	static const struct sv3_endpoint_ops hook = { part_invalidate, part_again, part_response };
	static const struct sv3_device_ops plain = {
		.next = part_next,
		.completed = part_completed,
		.destroy = part_destroy,
		.landed = part_landed,
	};
	static const struct sv3_device_ops endpoint = {
		.next = part_next,
		.completed = part_completed,
		.destroy = part_destroy,
		.access = part_access,
		.landed = part_landed,
		.endpoint = &hook,
	};

	memset(fx, 0, sizeof(*fx));
	for (uint32_t i = 0; i < SOURCES; i++)
		fx->sources[i] = (struct sv3_device){ i < 2 ? &plain : &endpoint, &fx->parts[i] };
}

static void fx_fini(struct fx *fx)
{
	sv3_device_destroy(&fx->bundle);
}

#define FX(name)                                          \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	fx_init(&name)

static void script_add(struct fx *fx, uint32_t index, sv3_ps due, uint32_t stream_id)
{
	struct part *part = &fx->parts[index];

	part->script[part->script_count++] = (struct sv3_device_event){ .due = due,
									.stream_id = stream_id,
									.kind = SV3_DEVICE_WRITE };
}

static bool next(struct fx *fx, struct sv3_device_event *event)
{
	return fx->bundle.ops->next(fx->bundle.context, event);
}

static bool again(struct fx *fx, bool changed, struct sv3_device_event *event)
{
	return fx->bundle.ops->again(fx->bundle.context, changed, event);
}

static enum sv3_access_end make_access(struct fx *fx, const struct sv3_device_event *event)
{
	static const struct sv3_device_port port;

	return fx->bundle.ops->access(fx->bundle.context, event, &port);
}

static struct sv3_bundle_stats stats(const struct fx *fx, uint32_t index)
{
	struct sv3_bundle_stats of = { 0 };

	EXPECT_TRUE(sv3_bundle_stats(&fx->bundle, index, &of));
	return of;
}

/* --- order --- */

TEST_C(bundle, events_come_by_time_and_at_one_time_by_index)
{
	static const struct {
		sv3_ps due;
		uint8_t source;
	} expected[] = { { 5, 2 }, { 10, 1 }, { 10, 1 }, { 10, 2 }, { 20, 1 }, { 25, 2 } };
	struct sv3_device_event event;
	FX(fx);

	script_add(&fx, 0, 10, 8);
	script_add(&fx, 0, 10, 8);
	script_add(&fx, 0, 20, 8);
	script_add(&fx, 1, 5, 9);
	script_add(&fx, 1, 10, 9);
	script_add(&fx, 1, 25, 9);
	ASSERT_OK(sv3_bundle_create(fx.sources, 2, &fx.bundle));
	for (int i = 0; i < 6; i++) {
		ASSERT_TRUE(next(&fx, &event));
		EXPECT_EQ_U64(event.due, expected[i].due);
		EXPECT_EQ_U64(event.source, expected[i].source);
		EXPECT_EQ_U64(event.stream_id, 7u + expected[i].source);
	}
	EXPECT_FALSE(next(&fx, &event));
	EXPECT_FALSE(next(&fx, &event));
	EXPECT_EQ_U64(stats(&fx, 0).events, 3);
	EXPECT_EQ_U64(stats(&fx, 1).events, 3);
}

/* Sources that are asked too early would count what has not happened: sv3_replay_rewinds(). */
TEST_C(bundle, a_source_is_asked_for_its_next_event_when_the_one_before_has_happened)
{
	struct sv3_device_event event;
	FX(fx);

	for (sv3_ps due = 0; due < 40; due += 10) {
		script_add(&fx, 0, due, 8);
		script_add(&fx, 1, due + 5, 8);
	}
	ASSERT_OK(sv3_bundle_create(fx.sources, 2, &fx.bundle));
	EXPECT_EQ_U64(fx.parts[0].at, 0);
	ASSERT_TRUE(next(&fx, &event));
	EXPECT_EQ_U64(fx.parts[0].at, 1);
	EXPECT_EQ_U64(fx.parts[1].at, 1);
	ASSERT_TRUE(next(&fx, &event));
	EXPECT_EQ_U64(fx.parts[0].at, 2);
	EXPECT_EQ_U64(fx.parts[1].at, 1);
	EXPECT_EQ_U64(stats(&fx, 0).events, 1);
	EXPECT_EQ_U64(stats(&fx, 1).events, 0);
}

/* A merge written down once more: the smallest of all heads, looked for anew each time. */
TEST_C(bundle, sixty_four_sources_come_in_the_order_of_a_plain_sort)
{
	static struct part parts[64];
	static struct sv3_device sources[64];
	struct sv3_device_event event;
	uint64_t last_due = 0, last_source = 0, count = 0;
	struct sv3_prng prng;
	FX(fx);

	sv3_prng_seed(&prng, 3);
	memset(parts, 0, sizeof(parts));
	for (uint32_t i = 0; i < 64; i++) {
		sv3_ps due = 0;

		sources[i] = (struct sv3_device){ fx.sources[i % SOURCES].ops, &parts[i] };
		parts[i].script_count = LOG_MAX;
		for (uint32_t j = 0; j < LOG_MAX; j++) {
			due += sv3_prng_below(&prng, 30);
			parts[i].script[j].due = due;
		}
	}
	ASSERT_OK(sv3_bundle_create(sources, 64, &fx.bundle));
	while (next(&fx, &event)) {
		const struct part *part = &parts[event.source - 1];

		ASSERT_GE_U64(event.due, last_due);
		ASSERT_TRUE(event.due > last_due || event.source >= last_source);
		ASSERT_EQ_U64(event.due, part->script[event.serial / 64].due);
		ASSERT_EQ_U64(event.serial % 64, event.source - 1u);
		last_due = event.due;
		last_source = event.source;
		count++;
	}
	EXPECT_EQ_U64(count, 64u * LOG_MAX);
}

/* --- what comes back --- */

TEST_C(bundle, a_source_hears_of_its_own_events_as_it_made_them)
{
	struct sv3_device_event events[4];
	FX(fx);

	for (sv3_ps due = 0; due < 2; due++) {
		script_add(&fx, 0, due, 8);
		script_add(&fx, 1, due, 8);
	}
	ASSERT_OK(sv3_bundle_create(fx.sources, 2, &fx.bundle));
	for (int i = 0; i < 4; i++)
		ASSERT_TRUE(next(&fx, &events[i]));
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < i; j++)
			EXPECT_NE_U64(events[i].serial, events[j].serial);
	fx.bundle.ops->completed(fx.bundle.context, &events[3], true, 5);
	fx.bundle.ops->landed(fx.bundle.context, events[1].serial);
	fx.bundle.ops->landed(fx.bundle.context, events[2].serial);
	ASSERT_EQ_U64(fx.parts[0].heard_count, 1);
	EXPECT_EQ_U64(fx.parts[0].heard[0], 1);
	ASSERT_EQ_U64(fx.parts[1].heard_count, 2);
	EXPECT_EQ_U64(fx.parts[1].heard[0], 1);
	EXPECT_EQ_U64(fx.parts[1].heard[1], 0);
}

TEST_C(bundle, who_makes_no_accesses_leaves_them_to_the_engine)
{
	struct sv3_device_event event;
	FX(fx);

	script_add(&fx, 0, 1, 8);
	script_add(&fx, 2, 2, 10);
	fx.parts[2].end = SV3_ACCESS_REFUSED;
	ASSERT_OK(sv3_bundle_create(fx.sources, 3, &fx.bundle));
	ASSERT_TRUE(next(&fx, &event));
	EXPECT_EQ_INT(make_access(&fx, &event), SV3_ACCESS_ENGINE);
	ASSERT_TRUE(next(&fx, &event));
	EXPECT_EQ_INT(make_access(&fx, &event), SV3_ACCESS_REFUSED);
	ASSERT_EQ_U64(fx.parts[2].heard_count, 1);
	EXPECT_EQ_U64(fx.parts[2].heard[0], 0);
}

/* --- waiting, stopping --- */

TEST_C(bundle, who_waits_is_passed_by_and_asked_again_in_its_place_when_something_happened)
{
	struct sv3_device_event event;
	FX(fx);

	script_add(&fx, 2, 10, 10);
	script_add(&fx, 3, 10, 11);
	script_add(&fx, 0, 12, 8);
	script_add(&fx, 0, 13, 8);
	fx.parts[2].end = SV3_ACCESS_WAITS;
	fx.parts[3].end = SV3_ACCESS_BUSY;
	ASSERT_OK(sv3_bundle_create(fx.sources, 4, &fx.bundle));
	ASSERT_TRUE(next(&fx, &event));
	EXPECT_EQ_U64(event.source, 3);
	EXPECT_EQ_INT(make_access(&fx, &event), SV3_ACCESS_WAITS);
	ASSERT_TRUE(again(&fx, false, &event));
	EXPECT_EQ_U64(event.source, 4);
	EXPECT_EQ_INT(make_access(&fx, &event), SV3_ACCESS_BUSY);
	ASSERT_TRUE(again(&fx, false, &event));
	EXPECT_EQ_U64(event.due, 12);
	/* It happens: those that wait still do. */
	ASSERT_TRUE(next(&fx, &event));
	EXPECT_EQ_U64(event.due, 13);
	ASSERT_TRUE(again(&fx, true, &event));
	EXPECT_EQ_U64(event.source, 3);
	EXPECT_EQ_U64(event.due, 10);
	fx.parts[2].end = SV3_ACCESS_OK;
	EXPECT_EQ_INT(make_access(&fx, &event), SV3_ACCESS_OK);
	ASSERT_TRUE(next(&fx, &event));
	EXPECT_EQ_U64(event.source, 4);
	EXPECT_EQ_INT(make_access(&fx, &event), SV3_ACCESS_BUSY);
	ASSERT_TRUE(again(&fx, false, &event));
	EXPECT_EQ_U64(event.due, 13);
	/* Nothing is left but who waits. */
	EXPECT_FALSE(next(&fx, &event));
	EXPECT_FALSE(again(&fx, false, &event));
	ASSERT_TRUE(again(&fx, true, &event));
	EXPECT_EQ_U64(event.source, 4);
	EXPECT_EQ_U64(stats(&fx, 2).waits, 1);
	EXPECT_EQ_U64(stats(&fx, 3).waits, 2);
	EXPECT_EQ_U64(stats(&fx, 3).events, 0);
	EXPECT_EQ_U64(stats(&fx, 0).events, 2);
}

TEST_C(bundle, a_stopped_source_does_not_even_do_what_it_was_about_to)
{
	struct sv3_device_event event;
	FX(fx);

	script_add(&fx, 0, 10, 8);
	script_add(&fx, 1, 20, 9);
	ASSERT_OK(sv3_bundle_create(fx.sources, 2, &fx.bundle));
	ASSERT_TRUE(next(&fx, &event));
	EXPECT_EQ_U64(event.source, 1);
	sv3_bundle_stop(&fx.bundle, 0);
	ASSERT_TRUE(again(&fx, false, &event));
	EXPECT_EQ_U64(event.source, 2);
	EXPECT_TRUE(stats(&fx, 0).stopped);
	EXPECT_FALSE(stats(&fx, 1).stopped);
	EXPECT_FALSE(next(&fx, &event));
	EXPECT_FALSE(again(&fx, true, &event));
	EXPECT_EQ_U64(stats(&fx, 0).events, 0);
	EXPECT_EQ_U64(stats(&fx, 1).events, 1);
}

/* --- endpoints --- */

static enum sv3_atc_answer invalidate(struct fx *fx, uint32_t stream_id)
{
	const struct sv3_ats_message message = { .stream_id = stream_id, .iova = 0x7000 };

	return fx->bundle.ops->endpoint->atc_invalidate(fx->bundle.context, &message);
}

static enum sv3_atc_answer invalidate_again(struct fx *fx)
{
	return fx->bundle.ops->endpoint->atc_again(fx->bundle.context);
}

/* Source 0 and 3 use stream 8, source 2 streams 10 and 11. */
static bool endpoints_begin(struct fx *fx)
{
	struct sv3_device_event event;

	script_add(fx, 0, 1, 8);
	script_add(fx, 3, 1, 8);
	script_add(fx, 2, 1, 10);
	script_add(fx, 2, 2, 11);
	if (sv3_bundle_create(fx->sources, 4, &fx->bundle))
		return false;
	while (next(fx, &event))
		;
	return true;
}

TEST_C(bundle, what_the_smmu_says_goes_to_who_has_used_the_stream)
{
	const struct sv3_ats_message response = { .stream_id = 11, .response = SV3_PRI_SUCCESS };
	FX(fx);

	ASSERT_TRUE(endpoints_begin(&fx));
	EXPECT_EQ_INT(invalidate(&fx, 8), SV3_ATC_DONE);
	EXPECT_EQ_U64(fx.parts[3].invalidated, 1);
	EXPECT_EQ_U64(fx.parts[2].invalidated, 0);
	EXPECT_EQ_INT(invalidate(&fx, 10), SV3_ATC_DONE);
	EXPECT_EQ_U64(fx.parts[2].invalidated, 1);
	fx.bundle.ops->endpoint->pri_response(fx.bundle.context, &response);
	EXPECT_EQ_U64(fx.parts[2].responses, 1);
	EXPECT_EQ_U64(fx.parts[3].responses, 0);
	/* A stream that nobody has used, even where a source would never answer. */
	fx.parts[2].answer = fx.parts[3].answer = SV3_ATC_TIMED_OUT;
	EXPECT_EQ_INT(invalidate(&fx, 12), SV3_ATC_DONE);
}

TEST_C(bundle, a_stopped_source_still_gives_up_what_it_is_told_to)
{
	FX(fx);

	ASSERT_TRUE(endpoints_begin(&fx));
	sv3_bundle_stop(&fx.bundle, 3);
	EXPECT_EQ_INT(invalidate(&fx, 8), SV3_ATC_DONE);
	EXPECT_EQ_U64(fx.parts[3].invalidated, 1);
}

TEST_C(bundle, an_invalidation_is_complete_when_all_who_share_the_stream_have_completed_it)
{
	FX(fx);

	script_add(&fx, 2, 3, 8);
	ASSERT_TRUE(endpoints_begin(&fx));
	fx.parts[2].answer = SV3_ATC_LATER;
	EXPECT_EQ_INT(invalidate(&fx, 8), SV3_ATC_LATER);
	EXPECT_EQ_INT(invalidate_again(&fx), SV3_ATC_LATER);
	EXPECT_EQ_U64(fx.parts[2].asked_again, 1);
	EXPECT_EQ_U64(fx.parts[3].asked_again, 0);
	fx.parts[2].answer = SV3_ATC_DONE;
	EXPECT_EQ_INT(invalidate_again(&fx), SV3_ATC_DONE);
	fx.parts[2].answer = SV3_ATC_LATER;
	fx.parts[3].answer = SV3_ATC_TIMED_OUT;
	EXPECT_EQ_INT(invalidate(&fx, 8), SV3_ATC_LATER);
	fx.parts[2].answer = SV3_ATC_DONE;
	EXPECT_EQ_INT(invalidate_again(&fx), SV3_ATC_TIMED_OUT);
	fx.parts[3].answer = SV3_ATC_DONE;
	EXPECT_EQ_INT(invalidate(&fx, 8), SV3_ATC_DONE);
}

TEST_C(bundle, who_uses_more_streams_than_are_remembered_hears_everything)
{
	struct sv3_device_event event;
	FX(fx);

	ASSERT_OK(sv3_bundle_create(fx.sources, 4, &fx.bundle));
	for (uint32_t stream = 0; stream < 64; stream++) {
		fx.parts[2].script[0].stream_id = stream;
		fx.parts[2].script_count = 1;
		fx.parts[2].at = 0;
		ASSERT_TRUE(next(&fx, &event));
	}
	(void)invalidate(&fx, 999);
	EXPECT_EQ_U64(fx.parts[2].invalidated, 0);
	fx.parts[2].script[0].stream_id = 64;
	fx.parts[2].at = 0;
	ASSERT_TRUE(next(&fx, &event));
	(void)invalidate(&fx, 999);
	EXPECT_EQ_U64(fx.parts[2].invalidated, 1);
	EXPECT_EQ_U64(fx.parts[3].invalidated, 0);
}

/* --- making --- */

TEST_C(bundle, what_cannot_be_bundled_is_refused_and_stays_the_callers)
{
	struct sv3_device nested, many[SV3_BUNDLE_SOURCES_MAX + 1] = { { 0 } };
	struct sv3_bundle_stats unused;
	FX(fx);

	EXPECT_EQ_INT(sv3_bundle_create(fx.sources, 0, &fx.bundle), -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_bundle_create(many, 1, &fx.bundle), -SV3_ERR_INVAL);
	for (uint32_t i = 0; i <= SV3_BUNDLE_SOURCES_MAX; i++)
		many[i] = fx.sources[0];
	EXPECT_EQ_INT(sv3_bundle_create(many, SV3_BUNDLE_SOURCES_MAX + 1, &fx.bundle),
		      -SV3_ERR_INVAL);
	ASSERT_OK(sv3_bundle_create(fx.sources, 2, &fx.bundle));
	EXPECT_EQ_INT(sv3_bundle_create(&fx.bundle, 1, &nested), -SV3_ERR_INVAL);
	EXPECT_TRUE(nested.ops == NULL);
	EXPECT_EQ_U64(fx.parts[0].destroyed, 0);
	EXPECT_FALSE(sv3_bundle_stats(&fx.bundle, 2, &unused));
	EXPECT_FALSE(sv3_bundle_stats(&fx.sources[0], 0, &unused));
	sv3_device_destroy(&fx.bundle);
	EXPECT_EQ_U64(fx.parts[0].destroyed, 1);
	EXPECT_EQ_U64(fx.parts[1].destroyed, 1);
	EXPECT_EQ_U64(fx.parts[2].destroyed, 0);
}

TEST_C(bundle, one_source_joined_is_itself_and_none_are_nothing)
{
	struct sv3_bundle_stats stats;
	FX(fx);

	ASSERT_OK(sv3_bundle_join(fx.sources, 1, &fx.bundle));
	EXPECT_TRUE(fx.bundle.ops == fx.sources[0].ops);
	EXPECT_TRUE(fx.bundle.context == fx.sources[0].context);
	ASSERT_OK(sv3_bundle_join(fx.sources, 0, &fx.bundle));
	EXPECT_TRUE(fx.bundle.ops == NULL);
	ASSERT_OK(sv3_bundle_join(fx.sources, 2, &fx.bundle));
	EXPECT_TRUE(sv3_bundle_stats(&fx.bundle, 1, &stats));
	sv3_device_destroy(&fx.bundle);
}
