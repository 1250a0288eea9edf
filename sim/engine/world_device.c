/* SPDX-License-Identifier: MIT */
/*
 * world_device.c - the way of one device access: translated, maybe in flight for a while, landed.
 *
 * A write is posted: the device hears that it was accepted when it was translated, and its bytes
 * land costs.post_delay later. Until then its slot is held, which is what CMD_SYNC waits for.
 * [IHI0070 3.21.1] An access that stalls stays in its slot and the device goes on; it hears of the
 * end, and a write lands, after CMD_RESUME.
 */
#include "engine_priv.h"

/* An access of a device is the work of a world: its path is one function, whoever else uses it. */
#define HOT  static inline __attribute__((always_inline))
#define RARE __attribute__((cold))

/* --- contents --- */

static uint64_t contents_word(uint64_t serial, uint64_t word_index)
{
	/* Two rounds of a 64-bit mix, so that neighbours in either argument share nothing. */
	uint64_t z = serial * UINT64_C(0x9e3779b97f4a7c15) + word_index;

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void sv3__contents_fill(uint64_t serial, sv3_pa pa, uint8_t *bytes, uint32_t len)
{
	uint8_t word[8];

	for (uint32_t i = 0; i < len; i++) {
		const sv3_pa at = pa + i;

		if (i == 0 || at % 8 == 0)
			sv3_put_le64(word, contents_word(serial, at / 8));
		bytes[i] = word[at % 8];
	}
}

/* --- landing --- */

HOT void bytes_land(struct sv3_world *world, const struct sv3_write *write)
{
	if (!write->by_cpu)
		sv3__world_tell_landed(world, write);
	if (world->config.contents) {
		uint8_t bytes[SV3_PAGE_SIZE];

		sv3__contents_fill(write->serial, write->pa, bytes, write->len);
		/* Inside RAM and inside one page, as RAM is: this cannot abort. */
		(void)sv3_bus_write(&world->bus, write->pa, bytes, write->len);
	}
	sv3__tell(&world->landed, write);
}

void sv3__world_bytes_land(struct sv3_world *world, const struct sv3_write *write)
{
	bytes_land(world, write);
}

/* Interrupts and other addresses outside RAM have no bytes. */
void sv3__world_write_lands(struct sv3_world *world, const struct sv3_write *write)
{
	if (!sv3__world_is_guest_ram(world, write->pa))
		return;
	world->stats.writes_landed++;
	bytes_land(world, write);
}

void sv3__world_land(struct sv3_world *world)
{
	const struct sv3__landing landing = world->landings[world->landing_head];

	world->landing_head++;
	if (world->landing_head == world->landing_capacity)
		world->landing_head = 0;
	world->landing_count--;
	/* Memory first: finish may let a CMD_SYNC complete, which says that the write is
	 * visible. */
	sv3__world_write_lands(world, &landing.write);
	sv3_smmu_finish(world->smmu, landing.slot);
	if (world->device.ops->landed)
		world->device.ops->landed(world->device.context,
					  world->slot_events[landing.slot].serial);
	sv3__world_run_jobs(world);
}

static void landing_add(struct sv3_world *world, const struct sv3_write *write, uint32_t slot)
{
	uint32_t at = world->landing_head + world->landing_count;

	SV3_ASSERT(world->landing_count < world->landing_capacity);
	if (at >= world->landing_capacity)
		at -= world->landing_capacity;
	world->landings[at] = (struct sv3__landing){ .write = *write, .slot = slot };
	world->landing_count++;
}

/* --- access --- */

/*
 * Translate the access of an event. @held: its slot is to be finished, now or when the write lands.
 * Reads, and writes that land at once, take the TLB-hit path, which has no slot.
 */
static int translate(struct sv3_world *world, const struct sv3_txn *txn, uint32_t *slot, bool *held,
		     struct sv3_result *result)
{
	int rc;

	*held = false;
	if (!(txn->write && world->config.costs.post_delay) &&
	    !sv3_smmu_try(world->smmu, txn, result))
		return 0;
	rc = sv3_translate_hold(&world->fast, txn, slot, result);
	*held = rc == 0;
	return rc;
}

/* No slot: the device tries again when the next write lands, the first thing that can free one. */
static void put_off(struct sv3_world *world)
{
	world->stats.retries++;
	if (world->landing_count) {
		world->device_due = world->landings[world->landing_head].write.landed;
	} else {
		world->device_starved = true;
		world->device_due = SV3_PS_NEVER;
	}
}

RARE static void count_fault(struct sv3_world *world, const struct sv3_device_event *event,
			     uint8_t event_number)
{
	if (!world->stats.faults++) {
		world->stats.first_fault = *event;
		world->stats.first_fault_event = event_number;
	}
	/* In its own time. */
	if (world->timed.runner)
		return;
	/* The event record is a job of the hardware, and the queue wants to be read by someone. */
	sv3__world_run_jobs(world);
	if (world->host)
		sv3__host_drain_events(world->host);
}

void sv3__world_check_output(struct sv3_world *world, const struct sv3_device_event *event,
			     sv3_pa pa)
{
	if (!event->pa_known || pa == event->pa_expected)
		return;
	if (!world->stats.pa_mismatches++) {
		world->stats.first_mismatch = *event;
		world->stats.first_mismatch_pa = pa;
	}
}

/* A write that was translated: returns whether it is in flight, and with it its slot. */
HOT bool write_is_posted(struct sv3_world *world, const struct sv3_device_event *event,
			 const struct sv3_result *result, bool by_grant, bool held, uint32_t slot)
{
	const struct sv3_write write = {
		.serial = ++world->write_count,
		.translated = world->now,
		.landed = world->now + world->config.costs.post_delay,
		.iova = event->iova,
		.pa = result->pa,
		.len = event->len,
		.stream_id = event->stream_id,
		.flags = result->flags,
		.by_grant = by_grant,
	};

	sv3__tell(&world->translated, &write);
	if (world->config.costs.post_delay && held) {
		landing_add(world, &write, slot);
		if (world->device.ops->landed)
			world->slot_events[slot] = *event;
		return true;
	}
	sv3__world_write_lands(world, &write);
	return false;
}

/*
 * One transaction for the device's event. What stalls stays in its slot, with the event behind it.
 * Returns: 0, SV3_PORT_POSTED: a write is in flight, or -SV3_ERR_BUSY: no slot.
 */
HOT int transact(struct sv3_world *world, const struct sv3_txn *txn, struct sv3_result *result)
{
	uint32_t slot = 0;
	bool held;

	if (translate(world, txn, &slot, &held, result))
		return -SV3_ERR_BUSY;
	sv3__world_tell_translated(world, txn, result);
	if (result->outcome == SV3_OUTCOME_STALLED) {
		world->stats.stalls++;
		world->stalled++;
		world->slot_events[slot] = world->event;
		return 0;
	}
	if (result->outcome == SV3_OUTCOME_OK && txn->kind != SV3_TXN_ATS_REQUEST) {
		sv3__world_check_output(world, &world->event, result->pa);
		if (txn->write && write_is_posted(world, &world->event, result,
						  txn->kind == SV3_TXN_ATS_TRANSLATED, held, slot))
			return SV3_PORT_POSTED;
	}
	if (held) {
		sv3_smmu_finish(world->smmu, slot);
		sv3__world_run_jobs(world);
	}
	return 0;
}

/* The link is full: the device goes on when it hears of room. */
static void wait_for_link(struct sv3_world *world)
{
	world->stats.retries++;
	world->device_starved = true;
	world->device_due = SV3_PS_NEVER;
}

/* Devices of a bundle are spread over the TBUs. APPROX(T-058) */
static uint8_t tbu_of(const struct sv3_world *world)
{
	if (world->event.source <= 1)
		return 0;
	return (uint8_t)((world->event.source - 1u) % world->config.smmu.tbu_count);
}

/* The transaction of the device's event. */
#define TXN_OF_EVENT(world)                                                              \
	{                                                                                \
		.iova = (world)->event.iova, .stream_id = (world)->event.stream_id,      \
		.substream_id = (world)->event.substream_id, .tbu_index = tbu_of(world), \
		.substream_valid = (world)->event.substream_valid,                       \
		.write = (world)->event.kind == SV3_DEVICE_WRITE,                        \
		.privileged = (world)->event.privileged,                                 \
		.instruction = (world)->event.instruction,                               \
	}

/* The current event's access left the device. */
static void count_issue(struct sv3_world *world)
{
	world->stats.records++;
	if (world->now - world->event_due > world->stats.lag_max)
		world->stats.lag_max = world->now - world->event_due;
}

void sv3__world_access_ends(struct sv3_world *world, const struct sv3_device_event *event, bool ok,
			    uint8_t event_number)
{
	if (!ok)
		count_fault(world, event, event_number);
	if (world->device.ops->completed)
		world->device.ops->completed(world->device.context, event, ok, world->now);
}

RARE bool sv3__world_resumed(void *context, uint32_t slot, const struct sv3_result *result)
{
	struct sv3_world *world = (struct sv3_world *)context;
	const struct sv3_device_event event = world->slot_events[slot];
	const bool ok = result->outcome == SV3_OUTCOME_OK;
	bool kept = false;

	world->stalled--;

	if (ok) {
		const struct sv3_txn txn = { .iova = event.iova,
					     .stream_id = event.stream_id,
					     .substream_id = event.substream_id,
					     .substream_valid = event.substream_valid,
					     .write = event.kind == SV3_DEVICE_WRITE };

		sv3__world_tell_translated(world, &txn, result);
		sv3__world_check_output(world, &event, result->pa);
		kept = event.kind == SV3_DEVICE_WRITE &&
		       write_is_posted(world, &event, result, false, true, slot);
	}
	sv3__world_access_ends(world, &event, ok, result->event);
	sv3__world_refresh(world);
	return kept;
}

/* On hardware that takes time: it begins, and the device goes on. */
static void device_issues(struct sv3_world *world)
{
	const struct sv3_timed_access access = { .txn = TXN_OF_EVENT(world),
						 .len = world->event.len };

	if (sv3__world_timed_issue(world, &access) < 0) {
		wait_for_link(world);
		return;
	}
	count_issue(world);
	sv3__world_fetch_event(world);
}

static void device_accesses(struct sv3_world *world)
{
	const struct sv3_txn txn = TXN_OF_EVENT(world);
	struct sv3_result result;

	if (transact(world, &txn, &result) < 0) {
		put_off(world);
		return;
	}
	count_issue(world);
	if (result.outcome != SV3_OUTCOME_STALLED)
		sv3__world_access_ends(world, &world->event, result.outcome == SV3_OUTCOME_OK,
				       result.event);
	sv3__world_fetch_event(world);
}

/* --- a device that makes its accesses itself --- */

struct door {
	struct sv3_world *world;
	uint8_t event; /* number of the last fault, 0: none */
};

/* A device may write to a leaf without asking again: what made the leaf dirty was this. */
RARE static void tell_granted(struct sv3_world *world, const struct sv3_txn *txn,
			      const struct sv3_result *result)
{
	const uint64_t mask =
		result->span_lg2 >= 64 ? UINT64_MAX : (UINT64_C(1) << result->span_lg2) - 1;
	const struct sv3_grant grant = {
		.at = world->now,
		.iova = txn->iova & ~mask,
		.pa = result->pa & ~mask,
		.last = result->pa | mask,
		.stream_id = txn->stream_id,
		.flags = result->flags,
	};

	for (uint32_t i = 0; i < world->granted_count; i++)
		world->granted[i].write_granted(world->granted[i].context, &grant);
}

RARE static int door_transact(void *context, const struct sv3_txn *txn, struct sv3_result *result)
{
	struct door *door = (struct door *)context;
	const int rc = transact(door->world, txn, result);

	if (rc < 0)
		return rc;
	door->event = result->event;
	if (txn->kind == SV3_TXN_ATS_REQUEST && result->outcome == SV3_OUTCOME_OK &&
	    (result->ats & SV3_ATS_WRITE))
		tell_granted(door->world, txn, result);
	return rc;
}

static int door_page_request(void *context, const struct sv3_page_request *request)
{
	const struct door *door = (const struct door *)context;
	const struct sv3_device_port port = sv3_fast_device_port(&door->world->fast);

	return port.ops->page_request(port.context, request);
}

/* What a bundle does next: of a source that was stopped, or is busy, it is not what it was. */
RARE static void ask_again(struct sv3_world *world, bool changed)
{
	world->has_event = world->device.ops->again(world->device.context, changed, &world->event);
	sv3__world_time_event(world);
}

/* Anything may help. Meanwhile the other sources of a bundle go on. */
static void pass_by(struct sv3_world *world)
{
	world->device_starved = true;
	world->device_due = SV3_PS_NEVER;
	if (world->device.ops->again)
		ask_again(world, false);
}

static void wait_for_room(struct sv3_world *world)
{
	if (!world->device.ops->again) {
		put_off(world);
		return;
	}
	world->stats.retries++;
	pass_by(world);
}

/* The request itself is a job, and may be answered at once; else anything may bring the answer. */
static void wait_for_answer(struct sv3_world *world)
{
	pass_by(world);
	if (sv3_fast_drain(&world->fast))
		sv3__world_run_jobs(world);
}

RARE static void device_accesses_itself(struct sv3_world *world)
{
	static const struct sv3_device_port_ops ops = { door_transact, door_page_request };
	struct door door = { .world = world };
	const struct sv3_device_port port = { &ops, &door };
	const enum sv3_access_end end =
		world->device.ops->access(world->device.context, &world->event, &port);

	switch (end) {
	case SV3_ACCESS_ENGINE:
		if (world->timed.runner)
			device_issues(world);
		else
			device_accesses(world);
		return;
	case SV3_ACCESS_BUSY:
		wait_for_room(world);
		return;
	case SV3_ACCESS_WAITS:
		wait_for_answer(world);
		return;
	default:
		break;
	}
	count_issue(world);
	if (end != SV3_ACCESS_STALLED)
		sv3__world_access_ends(world, &world->event, end == SV3_ACCESS_OK, door.event);
	sv3__world_fetch_event(world);
}

/* --- events --- */

/* A driver takes a buffer back when the device is done with it: not while an access stalls, or is
 * on its way, that the trace knows as done. APPROX(T-038) */
static bool is_too_early(const struct sv3_world *world, const struct sv3_device_event *event)
{
	const bool takes_back = event->kind == SV3_DEVICE_REWIND ||
				(event->record && event->record->op == SV3_TRACE_UNMAP);

	if (sv3_world_stalled(world))
		return true;
	return takes_back && world->timed.runner && sv3_timed_moving(world->timed.runner);
}

/* The device waits while the host works, also when that takes time: a full queue is waited for. */
static void driver_acts(struct sv3_world *world)
{
	const struct sv3_device_event event = world->event;

	if (is_too_early(world, &event)) {
		world->device_starved = true;
		world->device_due = SV3_PS_NEVER;
		return;
	}
	world->device_at_work = true;
	sv3__world_schedule_device(world);
	sv3__world_refresh(world);
	if (world->host && event.kind == SV3_DEVICE_DRIVER)
		sv3__host_run_row(world->host, &event);
	else if (world->host)
		sv3__host_rewind(world->host, &event);
	world->device_at_work = false;
	sv3__world_schedule_device(world);
	sv3__world_fetch_event(world);
}

/* Of a bundle: is it still something that is due now? */
RARE static bool still_acts(struct sv3_world *world)
{
	const bool changed = world->device_woken;

	world->device_woken = false;
	sv3__world_schedule_device(world);
	ask_again(world, changed);
	return world->device_due <= world->now;
}

void sv3__world_device_acts(struct sv3_world *world)
{
	if (world->device.ops->again && !still_acts(world))
		return;
	if (world->event.kind > SV3_DEVICE_WRITE)
		driver_acts(world);
	else if (world->device.ops->access)
		device_accesses_itself(world);
	else if (world->timed.runner)
		device_issues(world);
	else
		device_accesses(world);
}
