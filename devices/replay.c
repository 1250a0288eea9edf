/* SPDX-License-Identifier: MIT */
/*
 * replay.c - a device that issues the records of a trace at their scaled times.
 *
 * Concepts:
 *   view  which of a record's two addresses is issued. In the IOVA view the driver's rows are
 *         handed out in their places among the accesses; in the GUEST view they are passed over.
 *   pass  one run through the trace. The next begins one mean record distance after the last
 *         record.
 */
#include <stdlib.h>

#include <sv3/device.h>

__extension__ typedef unsigned __int128 uint128;

struct replay {
	const struct sv3_trace_rec *records;
	uint64_t count, at; /* records, and the next of them */
	uint64_t first_ns;  /* time of the first record */
	uint64_t scale_ppm;
	sv3_ps base;        /* when the first record of this pass is due */
	sv3_ps pass_length; /* from the first record of a pass to the first of the next */
	uint64_t serial;
	uint64_t passes;  /* begun, by an event that may still wait for its time */
	uint64_t rewinds; /* of them, begun before the last event was asked for */
	enum sv3_trace_view view;
	bool repeat;
};

/* Trace time in picoseconds, rounded down; a product that has no room ends at "never". */
static sv3_ps scaled_ps(uint64_t time_ns, uint64_t scale_ppm)
{
	uint64_t product;
	uint128 wide;

	/* ns * 1000 * ppm / 1,000,000, and nearly always the product fits: one multiplication. */
	if (!__builtin_mul_overflow(time_ns, scale_ppm, &product))
		return product / 1000;
	wide = (uint128)time_ns * scale_ppm / 1000;
	return wide > SV3_PS_NEVER ? SV3_PS_NEVER : (sv3_ps)wide;
}

static sv3_ps due_of(const struct replay *replay, const struct sv3_trace_rec *rec)
{
	sv3_ps offset = scaled_ps(rec->time_ns - replay->first_ns, replay->scale_ppm);

	return offset > SV3_PS_NEVER - replay->base ? SV3_PS_NEVER : replay->base + offset;
}

static void fill_access(const struct replay *replay, const struct sv3_trace_rec *rec,
			struct sv3_device_event *event)
{
	event->kind = rec->op == SV3_TRACE_W ? SV3_DEVICE_WRITE : SV3_DEVICE_READ;
	event->iova = replay->view == SV3_VIEW_GUEST ? rec->pa : rec->iova;
	event->pa_expected = rec->pa;
	event->pa_known = (rec->has & SV3_TRACE_HAS_PA) != 0;
	event->is_msi = rec->aux == SV3_TRACE_AUX_MSI;
	event->len = (uint32_t)rec->len;
}

/* APPROX(T-010): a trace that is too short is told again. */
static void begin_pass(struct replay *replay)
{
	replay->at = 0;
	replay->passes++;
	replay->base = replay->pass_length > SV3_PS_NEVER - replay->base
			       ? SV3_PS_NEVER
			       : replay->base + replay->pass_length;
}

/* A row of the trace, with its place among the device's events. */
static void fill_row(struct replay *replay, const struct sv3_trace_rec *rec,
		     struct sv3_device_event *event)
{
	*event = (struct sv3_device_event){
		.due = due_of(replay, rec),
		.stream_id = rec->sid,
		.kind = SV3_DEVICE_DRIVER,
		.record = rec,
		.serial = replay->serial++,
	};
	if (sv3_trace_is_access(rec))
		fill_access(replay, rec, event);
}

static bool replay_next(void *context, struct sv3_device_event *event)
{
	struct replay *replay = (struct replay *)context;

	/* Who asks for the next event has issued the one before. */
	replay->rewinds = replay->passes;
	/* Ends: in the GUEST view create made sure that there is an access to be found. */
	for (;;) {
		const struct sv3_trace_rec *rec;

		if (replay->at == replay->count) {
			if (!replay->repeat)
				return false;
			begin_pass(replay);
			if (replay->view == SV3_VIEW_IOVA) {
				*event = (struct sv3_device_event){
					.due = replay->base,
					.kind = SV3_DEVICE_REWIND,
					.serial = replay->serial++,
				};
				return true;
			}
		}
		rec = &replay->records[replay->at++];
		if (replay->view == SV3_VIEW_IOVA || sv3_trace_is_access(rec)) {
			fill_row(replay, rec, event);
			return true;
		}
	}
}

static void replay_destroy(void *context)
{
	free(context);
}

static const struct sv3_device_ops replay_ops = {
	.next = replay_next,
	.destroy = replay_destroy,
};

/* Accesses of the trace, or -SV3_ERR_INVAL if one lacks the address that is to be issued. */
static int64_t count_accesses(const struct sv3_replay_config *config)
{
	const uint8_t needed =
		config->view == SV3_VIEW_GUEST ? SV3_TRACE_HAS_PA : SV3_TRACE_HAS_IOVA;
	int64_t count = 0;

	for (uint64_t i = 0; i < config->trace->count; i++) {
		const struct sv3_trace_rec *rec = &config->trace->records[i];

		if (!sv3_trace_is_access(rec))
			continue;
		if (!(rec->has & needed))
			return -SV3_ERR_INVAL;
		count++;
	}
	return count;
}

static sv3_ps mean_distance(const struct replay *replay, sv3_ps length)
{
	sv3_ps mean = replay->count > 1 ? length / (replay->count - 1) : 0;
	sv3_ps least = scaled_ps(1, replay->scale_ppm);

	/* Time must pass between two passes, or a trace at one instant would never let go of it. */
	if (least == 0)
		least = 1;
	return mean < least ? least : mean;
}

int sv3_replay_create(const struct sv3_replay_config *config, struct sv3_device *device)
{
	const struct sv3_trace *trace = config->trace;
	struct replay *replay;
	int64_t accesses;
	sv3_ps length;

	*device = (struct sv3_device){ 0 };
	if (!trace || !trace->count || !config->time_scale_ppm)
		return -SV3_ERR_INVAL;
	accesses = count_accesses(config);
	if (accesses < 0)
		return (int)accesses;
	replay = (struct replay *)calloc(1, sizeof(*replay));
	if (!replay)
		return -SV3_ERR_NOMEM;
	replay->records = trace->records;
	replay->count = trace->count;
	replay->first_ns = trace->records[0].time_ns;
	replay->scale_ppm = config->time_scale_ppm;
	replay->base = config->start;
	replay->view = config->view;
	/* Rows for the driver alone are nothing that the GUEST view could repeat. */
	replay->repeat = config->repeat && (accesses > 0 || config->view == SV3_VIEW_IOVA);
	if (!accesses && config->view == SV3_VIEW_GUEST)
		replay->at = replay->count;
	length = scaled_ps(trace->records[trace->count - 1].time_ns - replay->first_ns,
			   replay->scale_ppm);
	replay->pass_length = length + mean_distance(replay, length);
	device->ops = &replay_ops;
	device->context = replay;
	return 0;
}

uint64_t sv3_replay_rewinds(const struct sv3_device *device)
{
	return device->ops == &replay_ops ? ((const struct replay *)device->context)->rewinds : 0;
}
