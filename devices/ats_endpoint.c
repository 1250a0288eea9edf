/* SPDX-License-Identifier: MIT */
/*
 * ats_endpoint.c - a device that caches translations: it asks for them (ATS), uses them without
 * asking again, gives them up when told to, and asks for pages that are not there (PRI).
 *
 * Concepts:
 *   source  another device, which says what is accessed and hears how it ended.
 *   group   page requests that software answers as one.
 * The ATC itself is in atc.c. The SMMU is known by the port alone. APPROX(T-021): a Translation
 * Request takes no time.
 */
#include <stdlib.h>

#include "devices_priv.h"

#define WRITES_MAX      4096u
#define GROUP_PAGES_MAX 32u
#define GROUP_MASK      0x1ffu /* a PRGIndex has 9 bits */

enum group_state { GROUP_NONE, GROUP_OPEN, GROUP_ANSWERED };

struct endpoint {
	struct sv3_ats_endpoint_config config;
	struct sv3_ats_endpoint_stats stats;
	struct sv3__atc atc;
	bool times_out;
	bool pri_failed;  /* a response said that there will be no pages, ever */
	bool asked;       /* the access at hand needed a Translation Request */
	bool invalidated; /* since the last Translation Request went out */
	/* the page request group of the access at hand */
	enum group_state group_state;
	uint8_t response; /* enum sv3_pri_response */
	uint16_t group;   /* PRGIndex */
	uint32_t group_stream_id;
	uint32_t pages_sent, groups_sent;
};

static struct sv3__who who_asks(const struct sv3_device_event *event)
{
	/* [IHI0070 3.9] Without a PASID there is no privilege, and nothing but data. */
	return (struct sv3__who){
		.stream_id = event->stream_id,
		.substream_id = event->substream_valid ? event->substream_id : 0,
		.substream_valid = event->substream_valid,
		.privileged = event->substream_valid && event->privileged,
	};
}

static uint8_t rights_needed(const struct sv3_device_event *event)
{
	if (event->kind == SV3_DEVICE_WRITE)
		return SV3_ATS_WRITE;
	return event->substream_valid && event->instruction ? SV3_ATS_READ | SV3_ATS_EXECUTE
							    : SV3_ATS_READ;
}

/* --- what the SMMU says --- */

static enum sv3_atc_answer atc_answer(struct endpoint *e)
{
	if (e->times_out) {
		e->stats.timeouts++;
		return SV3_ATC_TIMED_OUT;
	}
	return e->atc.awaited_count ? SV3_ATC_LATER : SV3_ATC_DONE;
}

static enum sv3_atc_answer endpoint_invalidate(void *context, const struct sv3_ats_message *message)
{
	struct endpoint *e = (struct endpoint *)context;

	if (e->times_out)
		return atc_answer(e);
	e->stats.invalidations++;
	e->invalidated = true;
	e->stats.entries_invalidated += sv3__atc_invalidate(&e->atc, message);
	return atc_answer(e);
}

static enum sv3_atc_answer endpoint_again(void *context)
{
	return atc_answer((struct endpoint *)context);
}

/* The response may come without the PASID of the request. [IHI0070 8.1] */
static void endpoint_response(void *context, const struct sv3_ats_message *message)
{
	struct endpoint *e = (struct endpoint *)context;

	if (e->group_state != GROUP_OPEN || message->group != e->group ||
	    message->stream_id != e->group_stream_id)
		return;
	e->group_state = GROUP_ANSWERED;
	e->response = message->response;
	e->stats.responses++;
}

/* --- pages that are not there --- */

/* IMPDEF(I-052): an endpoint asks for the missing page and those behind it, as one group. */
static bool group_begin(struct endpoint *e, uint32_t stream_id)
{
	if (!e->config.pri || e->pri_failed || e->groups_sent == e->config.page_tries_max)
		return false;
	e->group = (uint16_t)((e->group + 1) & GROUP_MASK);
	e->group_stream_id = stream_id;
	e->groups_sent++;
	e->pages_sent = 0;
	e->group_state = GROUP_OPEN;
	return true;
}

/* Returns: false: the port has no room for the rest. */
static bool group_send(struct endpoint *e, const struct sv3_device_event *event,
		       const struct sv3_device_port *port)
{
	const bool write = event->kind == SV3_DEVICE_WRITE;
	const struct sv3__who who = who_asks(event);

	while (e->pages_sent < e->config.group_pages) {
		const struct sv3_page_request request = {
			.iova = (event->iova & ~(SV3_PAGE_SIZE - 1)) +
				e->pages_sent * SV3_PAGE_SIZE,
			.stream_id = who.stream_id,
			.substream_id = who.substream_id,
			.group = e->group,
			.substream_valid = who.substream_valid,
			.read = !write,
			.write = write,
			.execute = (rights_needed(event) & SV3_ATS_EXECUTE) != 0,
			.privileged = who.privileged,
			.last = e->pages_sent + 1 == e->config.group_pages,
		};

		if (port->ops->page_request(port->context, &request) < 0)
			return false;
		e->pages_sent++;
		e->stats.page_requests++;
	}
	return true;
}

/* Returns: whether it is worth to try again. */
static bool group_succeeded(struct endpoint *e)
{
	e->group_state = GROUP_NONE;
	/* [IHI0070 4.5.2] A failure is permanent: the endpoint asks for no page any more. */
	if (e->response == SV3_PRI_FAILURE)
		e->pri_failed = true;
	return e->response == SV3_PRI_SUCCESS;
}

/* --- accesses --- */

enum attempt { ATTEMPT_ENDED, ATTEMPT_MISSES_PAGE };

static enum sv3_access_end end_of(const struct sv3_result *result)
{
	switch (result->outcome) {
	case SV3_OUTCOME_OK:
		return SV3_ACCESS_OK;
	case SV3_OUTCOME_STALLED:
		return SV3_ACCESS_STALLED;
	default:
		return SV3_ACCESS_REFUSED;
	}
}

/* [IHI0070 3.9.1.3] A Translated access carries no PASID; what it may do was checked before. */
static enum sv3_access_end access_translated(struct endpoint *e,
					     const struct sv3_device_event *event,
					     const struct sv3__granted *granted,
					     const struct sv3_device_port *port)
{
	const struct sv3_txn txn = {
		.iova = granted->pa + (event->iova - granted->first),
		.stream_id = event->stream_id,
		.kind = SV3_TXN_ATS_TRANSLATED,
		.write = event->kind == SV3_DEVICE_WRITE,
	};
	struct sv3_result result;
	int rc;

	/* In flight before it is sent: an invalidation may come while it is. */
	if (txn.write && !sv3__atc_flight_begin(&e->atc, granted, event->serial))
		return SV3_ACCESS_BUSY;
	rc = port->ops->transact(port->context, &txn, &result);
	if (txn.write && rc != SV3_PORT_POSTED)
		sv3__atc_flight_end(&e->atc, event->serial);
	return rc < 0 ? SV3_ACCESS_BUSY : end_of(&result);
}

static enum sv3_access_end access_untranslated(struct endpoint *e,
					       const struct sv3_device_event *event,
					       const struct sv3_device_port *port)
{
	const struct sv3__who who = who_asks(event);
	const struct sv3_txn txn = {
		.iova = event->iova,
		.stream_id = who.stream_id,
		.substream_id = who.substream_id,
		.kind = SV3_TXN_ACCESS,
		.substream_valid = who.substream_valid,
		.write = event->kind == SV3_DEVICE_WRITE,
		.privileged = who.privileged,
		.instruction = (rights_needed(event) & SV3_ATS_EXECUTE) != 0,
	};
	struct sv3_result result;

	if (port->ops->transact(port->context, &txn, &result) < 0)
		return SV3_ACCESS_BUSY;
	e->stats.untranslated++;
	return end_of(&result);
}

/* NW = 0 only where there is something to write: what is asked for gets dirty. [IHI0070 3.9.1] */
static int ask_translation(struct endpoint *e, const struct sv3_device_event *event,
			   const struct sv3_device_port *port, struct sv3_result *result)
{
	const struct sv3__who who = who_asks(event);
	const struct sv3_txn txn = {
		.iova = event->iova & ~(SV3_PAGE_SIZE - 1),
		.stream_id = who.stream_id,
		.substream_id = who.substream_id,
		.kind = SV3_TXN_ATS_REQUEST,
		.substream_valid = who.substream_valid,
		.write = event->kind == SV3_DEVICE_WRITE,
		.privileged = who.privileged,
		.instruction = (rights_needed(event) & SV3_ATS_EXECUTE) != 0,
	};
	/* A completion that an invalidation overtook must not be used: it is asked for anew. */
	do {
		e->invalidated = false;
		if (port->ops->transact(port->context, &txn, result) < 0)
			return -SV3_ERR_BUSY;
		e->asked = true;
		e->stats.requests++;
	} while (e->invalidated);
	return 0;
}

/* One attempt at the access of @event. @end: out, how it ended, if it did. */
static enum attempt attempt(struct endpoint *e, const struct sv3_device_event *event,
			    const struct sv3_device_port *port, enum sv3_access_end *end)
{
	const uint8_t needed = rights_needed(event);
	const struct sv3__who who = who_asks(event);
	const struct sv3__granted *granted = sv3__atc_lookup(&e->atc, &who, event->iova);
	struct sv3_result result;

	if (!granted || (granted->rights & needed) != needed) {
		*end = SV3_ACCESS_BUSY;
		if (ask_translation(e, event, port, &result) < 0)
			return ATTEMPT_ENDED;
		/* IMPDEF(I-053): UR and CA are errors of the device. [IHI0070 3.9.1.2] */
		*end = SV3_ACCESS_REFUSED;
		if (result.outcome != SV3_OUTCOME_OK)
			return ATTEMPT_ENDED;
		if (result.ats & SV3_ATS_UNTRANSLATED_ONLY) {
			*end = access_untranslated(e, event, port);
			return ATTEMPT_ENDED;
		}
		if ((result.ats & needed) != needed)
			return ATTEMPT_MISSES_PAGE;
		granted = sv3__atc_fill(&e->atc, &who, event->iova, &result);
	}
	*end = access_translated(e, event, granted, port);
	return ATTEMPT_ENDED;
}

/* The access is over, unless it is to be asked for again. */
static enum sv3_access_end over(struct endpoint *e, enum sv3_access_end end)
{
	if (end == SV3_ACCESS_BUSY)
		return end;
	e->stats.refused += end == SV3_ACCESS_REFUSED;
	e->stats.hits += !e->asked;
	e->asked = false;
	e->groups_sent = 0;
	return end;
}

static enum sv3_access_end endpoint_access(void *context, const struct sv3_device_event *event,
					   const struct sv3_device_port *port)
{
	struct endpoint *e = (struct endpoint *)context;
	enum sv3_access_end end;

	/* IMPDEF(I-054): an interrupt goes out untranslated, past the ATC. */
	if (event->is_msi)
		return SV3_ACCESS_ENGINE;
	/* Goes round only when a group was answered while it was sent: page_tries_max times at
	 * most. */
	for (;;) {
		if (e->group_state == GROUP_NONE) {
			if (attempt(e, event, port, &end) == ATTEMPT_ENDED)
				return over(e, end);
			if (!group_begin(e, event->stream_id))
				return over(e, SV3_ACCESS_REFUSED);
		}
		if (!group_send(e, event, port))
			return SV3_ACCESS_BUSY;
		if (e->group_state == GROUP_OPEN)
			return SV3_ACCESS_WAITS;
		if (!group_succeeded(e))
			return over(e, SV3_ACCESS_REFUSED);
	}
}

/* --- the source --- */

static bool endpoint_next(void *context, struct sv3_device_event *event)
{
	const struct sv3_device *source = &((struct endpoint *)context)->config.source;

	return source->ops->next(source->context, event);
}

static void endpoint_completed(void *context, const struct sv3_device_event *event, bool ok,
			       sv3_ps at)
{
	const struct sv3_device *source = &((struct endpoint *)context)->config.source;

	if (source->ops->completed)
		source->ops->completed(source->context, event, ok, at);
}

static void endpoint_landed(void *context, uint64_t serial)
{
	struct endpoint *e = (struct endpoint *)context;
	const struct sv3_device *source = &e->config.source;

	/* Untranslated writes land too: the SMMU looks after them. */
	sv3__atc_flight_end(&e->atc, serial);
	if (source->ops->landed)
		source->ops->landed(source->context, serial);
}

static void endpoint_destroy(void *context)
{
	struct endpoint *e = (struct endpoint *)context;

	sv3_device_destroy(&e->config.source);
	sv3__atc_fini(&e->atc);
	free(e);
}

/* --- making --- */

static const struct sv3_endpoint_ops hook_ops = {
	.atc_invalidate = endpoint_invalidate,
	.atc_again = endpoint_again,
	.pri_response = endpoint_response,
};

static const struct sv3_device_ops endpoint_ops = {
	.next = endpoint_next,
	.completed = endpoint_completed,
	.destroy = endpoint_destroy,
	.access = endpoint_access,
	.landed = endpoint_landed,
	.endpoint = &hook_ops,
};

static bool config_is_legal(const struct sv3_ats_endpoint_config *config)
{
	/* Who makes its accesses itself would not make them through this one. */
	if (!config->source.ops || config->source.ops->access)
		return false;
	if (!config->atc_entries || config->atc_entries > SV3_ATC_ENTRIES_MAX)
		return false;
	if (!config->writes_max || config->writes_max > WRITES_MAX)
		return false;
	return !config->pri || (config->group_pages && config->group_pages <= GROUP_PAGES_MAX &&
				config->page_tries_max);
}

int sv3_ats_endpoint_create(const struct sv3_ats_endpoint_config *config, struct sv3_device *device)
{
	struct endpoint *e;

	*device = (struct sv3_device){ 0 };
	if (!config_is_legal(config))
		return -SV3_ERR_INVAL;
	e = (struct endpoint *)calloc(1, sizeof(*e));
	if (!e)
		return -SV3_ERR_NOMEM;
	if (sv3__atc_init(&e->atc, config->atc_entries, config->writes_max)) {
		free(e);
		return -SV3_ERR_NOMEM;
	}
	e->config = *config;
	*device = (struct sv3_device){ &endpoint_ops, e };
	return 0;
}

struct sv3_endpoint sv3_ats_endpoint_hook(const struct sv3_device *device)
{
	return (struct sv3_endpoint){ device->ops->endpoint, device->context };
}

void sv3_ats_endpoint_time_out(const struct sv3_device *device, bool on)
{
	((struct endpoint *)device->context)->times_out = on;
}

const struct sv3_ats_endpoint_stats *sv3_ats_endpoint_stats(const struct sv3_device *device)
{
	return &((const struct endpoint *)device->context)->stats;
}
