/* SPDX-License-Identifier: MIT */
/*
 * ats_script.h - an endpoint whose port is a script: it grants by a small table, writes down every
 * transaction and page request, and can do things in between, as another master would.
 */
#ifndef SV3_TESTS_ATS_SCRIPT_H
#define SV3_TESTS_ATS_SCRIPT_H

#include <string.h>

#include "ctest.h"
#include <sv3/device.h>

#define SID     0x42u
#define LOG_MAX 64u
#define R       SV3_ATS_READ
#define W       SV3_ATS_WRITE
#define X       SV3_ATS_EXECUTE

/* What the port grants at [first, first + 2^span_lg2). */
struct grant {
	sv3_iova first;
	sv3_pa pa;
	uint8_t span_lg2, rights;
	uint8_t rights_to_write; /* more, when asked with NW = 0 */
	uint8_t outcome;
};

struct fx {
	struct sv3_device device;
	struct sv3_ats_endpoint_config config;
	struct sv3_device_port port;
	uint64_t serial;
	/* the port */
	struct grant grants[8];
	uint32_t grant_count;
	uint32_t busy_count; /* transactions that find no room */
	bool posts;          /* writes are on their way when transact returns */
	struct sv3_txn txns[LOG_MAX];
	uint32_t txn_count;
	struct sv3_page_request pages[LOG_MAX];
	uint32_t page_count, pages_room;
	/* what happens during a call: an invalidation in transact, a response in page_request */
	const struct sv3_ats_message *overtakes;
	enum sv3_atc_answer overtaken;
	bool answers_at_once;
	uint8_t answer;
	/* the source */
	uint32_t source_completed, source_landed, source_destroyed;
};

static inline const struct sv3_endpoint_ops *hook(const struct fx *fx)
{
	return sv3_ats_endpoint_hook(&fx->device).ops;
}

static inline int script_transact(void *context, const struct sv3_txn *txn,
				  struct sv3_result *result)
{
	struct fx *fx = (struct fx *)context;
	const struct sv3_ats_message *overtakes = fx->overtakes;

	if (fx->busy_count) {
		fx->busy_count--;
		return -SV3_ERR_BUSY;
	}
	fx->txns[fx->txn_count++ % LOG_MAX] = *txn;
	if (overtakes) {
		fx->overtakes = NULL;
		fx->overtaken = hook(fx)->atc_invalidate(fx->device.context, overtakes);
	}
	*result = (struct sv3_result){ .pa = txn->iova };
	if (txn->kind != SV3_TXN_ATS_REQUEST)
		return txn->write && fx->posts ? SV3_PORT_POSTED : 0;
	for (uint32_t i = 0; i < fx->grant_count; i++) {
		const struct grant *grant = &fx->grants[i];

		if (txn->iova >> grant->span_lg2 != grant->first >> grant->span_lg2)
			continue;
		result->outcome = grant->outcome;
		result->pa = grant->pa + (txn->iova - grant->first);
		result->span_lg2 = grant->span_lg2;
		result->ats = grant->rights | (txn->write ? grant->rights_to_write : 0);
		return 0;
	}
	result->span_lg2 = SV3_PAGE_LG2;
	return 0;
}

static inline int script_page_request(void *context, const struct sv3_page_request *request)
{
	struct fx *fx = (struct fx *)context;
	const struct sv3_ats_message message = { .stream_id = request->stream_id,
						 .group = request->group,
						 .response = fx->answer };

	if (!fx->pages_room)
		return -SV3_ERR_BUSY;
	fx->pages_room--;
	fx->pages[fx->page_count++ % LOG_MAX] = *request;
	if (fx->answers_at_once && request->last)
		hook(fx)->pri_response(fx->device.context, &message);
	return 0;
}

static inline bool source_next(void *context, struct sv3_device_event *event)
{
	(void)context;
	*event = (struct sv3_device_event){ .due = 77, .iova = 0x123, .kind = SV3_DEVICE_WRITE };
	return true;
}

static inline void source_completed(void *context, const struct sv3_device_event *event, bool ok,
				    sv3_ps at)
{
	struct fx *fx = (struct fx *)context;

	if (event->serial == 9 && ok && at == 5)
		fx->source_completed++;
}

static inline void source_landed(void *context, uint64_t serial)
{
	((struct fx *)context)->source_landed += serial == 9;
}

static inline void source_destroy(void *context)
{
	((struct fx *)context)->source_destroyed++;
}

static const struct sv3_device_ops source_ops = {
	.next = source_next,
	.completed = source_completed,
	.destroy = source_destroy,
	.landed = source_landed,
};

static inline void fx_init(struct fx *fx)
{
	static const struct sv3_device_port_ops port_ops = { script_transact, script_page_request };

	memset(fx, 0, sizeof(*fx));
	fx->port = (struct sv3_device_port){ &port_ops, fx };
	fx->pages_room = LOG_MAX;
	fx->config = (struct sv3_ats_endpoint_config){
		.source = { &source_ops, fx },
		.atc_entries = 4,
		.writes_max = 3,
		.group_pages = 1,
		.page_tries_max = 3,
	};
}

static inline void fx_fini(struct fx *fx)
{
	sv3_device_destroy(&fx->device);
}

#define FX(name)                                          \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	fx_init(&name)
#define FX_MADE(name) \
	FX(name);     \
	ASSERT_OK(sv3_ats_endpoint_create(&name.config, &name.device))

static inline void grants(struct fx *fx, sv3_iova first, sv3_pa pa, uint8_t span_lg2,
			  uint8_t rights)
{
	fx->grants[fx->grant_count++] =
		(struct grant){ .first = first, .pa = pa, .span_lg2 = span_lg2, .rights = rights };
}

static inline enum sv3_access_end ask(struct fx *fx, const struct sv3_device_event *event)
{
	return fx->device.ops->access(fx->device.context, event, &fx->port);
}

static inline enum sv3_access_end reads(struct fx *fx, sv3_iova iova)
{
	const struct sv3_device_event event = {
		.kind = SV3_DEVICE_READ, .iova = iova, .stream_id = SID, .serial = fx->serial++
	};

	return ask(fx, &event);
}

static inline enum sv3_access_end writes(struct fx *fx, sv3_iova iova)
{
	const struct sv3_device_event event = {
		.kind = SV3_DEVICE_WRITE, .iova = iova, .stream_id = SID, .serial = fx->serial++
	};

	return ask(fx, &event);
}

static inline enum sv3_access_end reads_as(struct fx *fx, sv3_iova iova, uint32_t substream_id,
					   bool privileged)
{
	const struct sv3_device_event event = {
		.kind = SV3_DEVICE_READ,
		.iova = iova,
		.stream_id = SID,
		.substream_id = substream_id,
		.substream_valid = true,
		.privileged = privileged,
		.serial = fx->serial++,
	};

	return ask(fx, &event);
}

static inline uint32_t requests(const struct fx *fx)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < fx->txn_count; i++)
		count += fx->txns[i].kind == SV3_TXN_ATS_REQUEST;
	return count;
}

static inline const struct sv3_txn *last_txn(const struct fx *fx)
{
	return &fx->txns[fx->txn_count - 1];
}

static inline enum sv3_atc_answer invalidate(struct fx *fx, const struct sv3_ats_message *message)
{
	return hook(fx)->atc_invalidate(fx->device.context, message);
}

static inline enum sv3_atc_answer invalidate_page(struct fx *fx, sv3_iova iova)
{
	const struct sv3_ats_message message = { .stream_id = SID, .iova = iova, .size_lg2 = 12 };

	return invalidate(fx, &message);
}

static inline enum sv3_atc_answer asked_again(struct fx *fx)
{
	return hook(fx)->atc_again(fx->device.context);
}

static inline void lands(struct fx *fx, uint64_t serial)
{
	fx->device.ops->landed(fx->device.context, serial);
}

static inline void responds(struct fx *fx, uint16_t group, enum sv3_pri_response response)
{
	const struct sv3_ats_message message = { .stream_id = SID,
						 .group = group,
						 .response = (uint8_t)response };

	hook(fx)->pri_response(fx->device.context, &message);
}

#endif
