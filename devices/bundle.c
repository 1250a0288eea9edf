/* SPDX-License-Identifier: MIT */
/*
 * bundle.c - several devices as one: their events in order of time, what comes back to whom it is
 * for.
 *
 * Concepts:
 *   head     what a source does next; fetched when the event before it has happened.
 *   handed   the source whose head the engine has.
 *   waiting  a source whose access found no room or no page: passed by until something happens.
 * Serials need no table: the source's own times SV3_BUNDLE_SOURCES_MAX, plus its index.
 */
#include <stdlib.h>

#include <sv3/device.h>

#define NOBODY      UINT32_MAX
#define STREAMS_MAX 64u

struct source {
	struct sv3_device device;
	struct sv3_device_event head; /* as the source says it */
	struct sv3_bundle_stats stats;
	bool has_head;
	bool waits;
	/* Behind an ATC: which streams it has used; all, if they are too many to know. */
	bool any_stream;
	uint32_t stream_count;
	uint32_t stream_ids[STREAMS_MAX];
};

struct bundle {
	uint32_t count;
	uint32_t handed; /* index, or NOBODY */
	bool begun;
	bool timed_out;     /* a source will never complete the invalidation at hand */
	uint64_t completes; /* bit i: source i will complete it later */
	struct source sources[];
};

/* --- heads --- */

static bool uses_stream(const struct source *source, uint32_t stream_id)
{
	for (uint32_t i = 0; i < source->stream_count; i++) {
		if (source->stream_ids[i] == stream_id)
			return true;
	}
	return source->any_stream;
}

/* An ATC holds nothing of a stream before its first access, which comes after this. */
static void learn_stream(struct source *source)
{
	const uint32_t stream_id = source->head.stream_id;

	if (source->head.kind > SV3_DEVICE_WRITE || uses_stream(source, stream_id))
		return;
	if (source->stream_count == STREAMS_MAX)
		source->any_stream = true;
	else
		source->stream_ids[source->stream_count++] = stream_id;
}

static void fetch_head(struct source *source)
{
	const struct sv3_device *device = &source->device;

	source->has_head = device->ops->next(device->context, &source->head);
	if (source->has_head && device->ops->endpoint)
		learn_stream(source);
}

/* The earliest, at one time the lowest index. */
static uint32_t find_next(const struct bundle *bundle)
{
	uint32_t next = NOBODY;

	for (uint32_t i = 0; i < bundle->count; i++) {
		const struct source *source = &bundle->sources[i];

		if (!source->has_head || source->stats.stopped || source->waits)
			continue;
		if (next == NOBODY || source->head.due < bundle->sources[next].head.due)
			next = i;
	}
	return next;
}

static bool hand_out(struct bundle *bundle, struct sv3_device_event *event)
{
	const uint32_t next = find_next(bundle);

	bundle->handed = next;
	if (next == NOBODY)
		return false;
	*event = bundle->sources[next].head;
	event->serial = event->serial * SV3_BUNDLE_SOURCES_MAX + next;
	event->source = (uint8_t)(next + 1);
	return true;
}

/* Who asks for the next event has issued the one before. */
static bool bundle_next(void *context, struct sv3_device_event *event)
{
	struct bundle *bundle = (struct bundle *)context;

	for (uint32_t i = 0; !bundle->begun && i < bundle->count; i++)
		fetch_head(&bundle->sources[i]);
	bundle->begun = true;
	if (bundle->handed != NOBODY) {
		bundle->sources[bundle->handed].stats.events++;
		fetch_head(&bundle->sources[bundle->handed]);
	}
	return hand_out(bundle, event);
}

static bool bundle_again(void *context, bool changed, struct sv3_device_event *event)
{
	struct bundle *bundle = (struct bundle *)context;

	for (uint32_t i = 0; changed && i < bundle->count; i++)
		bundle->sources[i].waits = false;
	return hand_out(bundle, event);
}

/* --- what comes back --- */

/* An event as its source knows it. */
static struct sv3_device_event own_event(const struct sv3_device_event *event)
{
	struct sv3_device_event own = *event;

	own.serial = event->serial / SV3_BUNDLE_SOURCES_MAX;
	own.source = 0;
	return own;
}

static enum sv3_access_end bundle_access(void *context, const struct sv3_device_event *event,
					 const struct sv3_device_port *port)
{
	struct source *source = &((struct bundle *)context)->sources[event->source - 1];
	const struct sv3_device *device = &source->device;
	struct sv3_device_event own;
	enum sv3_access_end end;

	if (!device->ops->access)
		return SV3_ACCESS_ENGINE;
	own = own_event(event);
	end = device->ops->access(device->context, &own, port);
	source->waits = end == SV3_ACCESS_BUSY || end == SV3_ACCESS_WAITS;
	source->stats.waits += source->waits;
	return end;
}

static void bundle_completed(void *context, const struct sv3_device_event *event, bool ok,
			     sv3_ps at)
{
	const struct bundle *bundle = (const struct bundle *)context;
	const struct sv3_device *device = &bundle->sources[event->source - 1].device;
	const struct sv3_device_event own = own_event(event);

	if (device->ops->completed)
		device->ops->completed(device->context, &own, ok, at);
}

static void bundle_landed(void *context, uint64_t serial)
{
	const struct bundle *bundle = (const struct bundle *)context;
	const uint64_t index = serial % SV3_BUNDLE_SOURCES_MAX;
	const struct sv3_device *device = &bundle->sources[index].device;

	if (device->ops->landed)
		device->ops->landed(device->context, serial / SV3_BUNDLE_SOURCES_MAX);
}

/* --- what the SMMU says --- */

/* An ATC there that may hold something of the stream; NULL: none. */
static const struct sv3_endpoint_ops *listener(const struct source *source, uint32_t stream_id)
{
	return uses_stream(source, stream_id) ? source->device.ops->endpoint : NULL;
}

static void note_answer(struct bundle *bundle, uint32_t index, enum sv3_atc_answer answer)
{
	if (answer == SV3_ATC_LATER)
		bundle->completes |= UINT64_C(1) << index;
	else if (answer == SV3_ATC_TIMED_OUT)
		bundle->timed_out = true;
}

static enum sv3_atc_answer answer_of_all(const struct bundle *bundle)
{
	if (bundle->completes)
		return SV3_ATC_LATER;
	return bundle->timed_out ? SV3_ATC_TIMED_OUT : SV3_ATC_DONE;
}

/* IMPDEF(I-050): what nobody listens to completes. */
static enum sv3_atc_answer bundle_invalidate(void *context, const struct sv3_ats_message *message)
{
	struct bundle *bundle = (struct bundle *)context;

	bundle->completes = 0;
	bundle->timed_out = false;
	for (uint32_t i = 0; i < bundle->count; i++) {
		struct source *source = &bundle->sources[i];
		const struct sv3_endpoint_ops *ops = listener(source, message->stream_id);

		if (ops)
			note_answer(bundle, i,
				    ops->atc_invalidate(source->device.context, message));
	}
	return answer_of_all(bundle);
}

static enum sv3_atc_answer bundle_invalidate_again(void *context)
{
	struct bundle *bundle = (struct bundle *)context;
	const uint64_t asked = bundle->completes;

	bundle->completes = 0;
	for (uint32_t i = 0; i < bundle->count; i++) {
		const struct sv3_device *device = &bundle->sources[i].device;

		if (asked >> i & 1)
			note_answer(bundle, i, device->ops->endpoint->atc_again(device->context));
	}
	return answer_of_all(bundle);
}

static void bundle_response(void *context, const struct sv3_ats_message *message)
{
	struct bundle *bundle = (struct bundle *)context;

	for (uint32_t i = 0; i < bundle->count; i++) {
		struct source *source = &bundle->sources[i];
		const struct sv3_endpoint_ops *ops = listener(source, message->stream_id);

		if (ops)
			ops->pri_response(source->device.context, message);
	}
}

/* --- making --- */

static void bundle_destroy(void *context)
{
	struct bundle *bundle = (struct bundle *)context;

	for (uint32_t i = 0; i < bundle->count; i++)
		sv3_device_destroy(&bundle->sources[i].device);
	free(bundle);
}

static const struct sv3_endpoint_ops hook_ops = {
	.atc_invalidate = bundle_invalidate,
	.atc_again = bundle_invalidate_again,
	.pri_response = bundle_response,
};

static const struct sv3_device_ops bundle_ops = {
	.next = bundle_next,
	.again = bundle_again,
	.completed = bundle_completed,
	.destroy = bundle_destroy,
	.access = bundle_access,
	.landed = bundle_landed,
	.endpoint = &hook_ops,
};

int sv3_bundle_create(const struct sv3_device *sources, uint32_t count, struct sv3_device *bundle)
{
	struct bundle *made;

	*bundle = (struct sv3_device){ 0 };
	if (!count || count > SV3_BUNDLE_SOURCES_MAX)
		return -SV3_ERR_INVAL;
	/* Which of an event's two sources would it name? */
	for (uint32_t i = 0; i < count; i++) {
		if (!sources[i].ops || sources[i].ops == &bundle_ops)
			return -SV3_ERR_INVAL;
	}
	made = (struct bundle *)calloc(1, sizeof(*made) + count * sizeof(made->sources[0]));
	if (!made)
		return -SV3_ERR_NOMEM;
	made->count = count;
	made->handed = NOBODY;
	for (uint32_t i = 0; i < count; i++)
		made->sources[i].device = sources[i];
	*bundle = (struct sv3_device){ &bundle_ops, made };
	return 0;
}

int sv3_bundle_join(const struct sv3_device *sources, uint32_t count, struct sv3_device *device)
{
	if (count > 1)
		return sv3_bundle_create(sources, count, device);
	*device = count ? sources[0] : (struct sv3_device){ 0 };
	return 0;
}

void sv3_bundle_stop(const struct sv3_device *bundle, uint32_t index)
{
	struct bundle *made = (struct bundle *)bundle->context;

	SV3_ASSERT(bundle->ops == &bundle_ops);
	SV3_ASSERT(index < made->count);
	made->sources[index].stats.stopped = true;
}

bool sv3_bundle_stats(const struct sv3_device *bundle, uint32_t index,
		      struct sv3_bundle_stats *stats)
{
	const struct bundle *made = (const struct bundle *)bundle->context;

	if (bundle->ops != &bundle_ops || index >= made->count)
		return false;
	*stats = made->sources[index].stats;
	return true;
}
