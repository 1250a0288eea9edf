/* SPDX-License-Identifier: MIT */
/*
 * hardware.c - devices and the queues of SMMUs as actors. A step is the answer to what the hardware
 * asked for last, up to what it asks for next; so between any two of its accesses others may come.
 *
 * A device has one access in flight. Its data lands in a step of its own: until then a CMD_SYNC
 * that concerns it is not consumed. [IHI0070 3.21.1]
 */
#include <sv3/arch.h>

#include "explore_priv.h"

void sv3__smmu_touch(struct sv3_explore *x, uint32_t smmu)
{
	x->touched[smmu] = true;
}

/* --- needs --- */

static void tell_need(struct sv3_explore *x, const struct sv3_need *need, bool is_swapped)
{
	static const char *const levels[] = {
		[SV3_UNIT_STE] = "STE",       [SV3_UNIT_CD] = "CD",
		[SV3_UNIT_S1_L0] = "level 0", [SV3_UNIT_S1_L1] = "level 1",
		[SV3_UNIT_S1_L2] = "level 2", [SV3_UNIT_S1_L3] = "level 3",
		[SV3_UNIT_CMDQ] = "command",  [SV3_UNIT_EVTQ] = "event",
		[SV3_UNIT_COUNT] = NULL,
	};
	const char *unit = levels[need->unit] ? levels[need->unit] : "hardware";
	char place[48], was[64], other[64];

	if (!x->telling)
		return;
	sv3__name_place(x, need->pa, place);
	sv3__name_word(x, need->pa,
		       need->kind == SV3_NEED_READ ? sv3__memory_word(x, need->pa) : need->expect,
		       was);
	sv3__name_word(x, need->pa, need->desired, other);
	if (need->kind == SV3_NEED_READ)
		sv3__say(x, "%s: reads %s: %s", unit, place, was);
	else if (need->kind == SV3_NEED_WRITE)
		sv3__say(x, "%s: writes %s", unit, place);
	else if (need->kind == SV3_NEED_CAS64)
		sv3__say(x, "update: %s %s: %s becomes %s", is_swapped ? "swaps" : "fails to swap",
			 place, was, other);
	else
		sv3__say(x, "%s", need->kind == SV3_NEED_IRQ ? "interrupts" : "goes on");
}

static enum sv3_bus_status swap(struct sv3_explore *x, const struct sv3_need *need,
				struct sv3_reply *reply)
{
	uint8_t bytes[8];

	if (sv3__memory_read(x->memory, need->pa, bytes, 8) != SV3_BUS_OK)
		return SV3_BUS_ABORT;
	reply->old = sv3_le64(bytes);
	if (reply->old != need->expect)
		return SV3_BUS_OK;
	sv3_put_le64(bytes, need->desired);
	return sv3__memory_write(x, x->memory, need->pa, bytes, 8);
}

/* Where a device sees a page. */
static sv3_iova iova_of(const struct sv3_explore *x, uint32_t device, uint32_t page)
{
	const sv3_iova first = x->scenario->devices[device].iova;

	return (first ? first : SV3_EXPLORE_IOVA) + 4096 * (uint64_t)page;
}

/* The endpoint gives up what it was granted: [IHI0070 4.5.1]. */
static void give_up(struct sv3_explore *x, const struct sv3_ats_message *ats)
{
	for (uint32_t i = 0; i < x->scenario->device_count; i++) {
		struct sv3__xdevice *device = &x->moving.devices[i];

		if (x->scenario->devices[i].stream_id != ats->stream_id)
			continue;
		for (uint32_t page = 0; page < SV3_EXPLORE_PAGES_MAX; page++) {
			const sv3_iova iova = iova_of(x, i, page);

			if (ats->size_lg2 < 64 && (iova ^ ats->iova) >> ats->size_lg2)
				continue;
			device->granted_read &= ~(UINT64_C(1) << page);
			device->granted_write &= ~(UINT64_C(1) << page);
		}
	}
}

static void answer(struct sv3_explore *x, const struct sv3_need *need, struct sv3_reply *reply)
{
	reply->status = SV3_BUS_OK;
	switch (need->kind) {
	case SV3_NEED_READ:
		reply->status = sv3__memory_read(x->memory, need->pa, reply->data, need->size);
		break;
	case SV3_NEED_WRITE:
		reply->status = sv3__memory_write(x, x->memory, need->pa, need->data, need->size);
		sv3__watch_written(x, need->pa);
		break;
	case SV3_NEED_CAS64:
		reply->status = swap(x, need, reply);
		tell_need(x, need, reply->old == need->expect);
		return;
	case SV3_NEED_ATC_INV:
		give_up(x, &need->ats);
		break;
	default:
		break;
	}
	tell_need(x, need, false);
}

/* --- devices --- */

static const struct sv3_explore_access *access_of(const struct sv3_explore *x, uint32_t device)
{
	return &x->scenario->devices[device].accesses[x->moving.devices[device].next];
}

static bool is_granted(const struct sv3__xdevice *device, const struct sv3_explore_access *access)
{
	return (access->write ? device->granted_write : device->granted_read) >> access->page & 1;
}

bool sv3__device_is_over(const struct sv3_explore *x, uint32_t device)
{
	const struct sv3__xdevice *d = &x->moving.devices[device];

	return d->flight == SV3__XIDLE &&
	       (d->is_stopped || d->next == x->scenario->devices[device].access_count);
}

bool sv3__device_is_ready(const struct sv3_explore *x, uint32_t device)
{
	return !sv3__device_is_over(x, device) && x->moving.devices[device].flight != SV3__XSTALLED;
}

static void follow(struct sv3_explore *x, uint32_t device)
{
	struct sv3__xdevice *d = &x->moving.devices[device];
	const uint32_t smmu = x->scenario->devices[device].smmu;

	if (d->need.kind == SV3_NEED_WAIT) {
		d->flight = SV3__XSTALLED;
	} else if (d->need.kind != SV3_NEED_DONE) {
		d->flight = SV3__XASKS;
	} else {
		d->flight = SV3__XDONE;
		sv3_smmu_result(x->smmus[smmu], d->slot, &d->result);
		sv3__watch_translated(x, smmu, &d->txn, &d->result);
	}
}

static struct sv3_txn txn_of(const struct sv3_explore *x, uint32_t device, uint32_t page,
			     bool write)
{
	return (struct sv3_txn){
		.iova = iova_of(x, device, page),
		.stream_id = x->scenario->devices[device].stream_id,
		.write = write,
	};
}

static void begin(struct sv3_explore *x, uint32_t device)
{
	const struct sv3_explore_device *about = &x->scenario->devices[device];
	struct sv3__xdevice *d = &x->moving.devices[device];
	const struct sv3_explore_access *access = access_of(x, device);
	struct sv3_smmu *smmu = x->smmus[about->smmu];
	struct sv3_txn *txn = &d->txn;

	*txn = txn_of(x, device, access->page, access->write);
	if (x->scenario->ats) {
		d->has_asked = !is_granted(d, access);
		/* B63: it asks for more than it will use. */
		txn->write |= d->has_asked && sv3__mistaken(x, B63);
		txn->kind = d->has_asked ? SV3_TXN_ATS_REQUEST : SV3_TXN_ATS_TRANSLATED;
		if (!d->has_asked)
			txn->iova = SV3_EXPLORE_DATA + 4096 * (uint64_t)access->page;
	}
	if (sv3_smmu_begin(smmu, txn, &d->slot) < 0)
		SV3_ASSERT(false && "there is a slot for each device");
	sv3_smmu_step(smmu, d->slot, NULL, &d->need);
	follow(x, device);
	sv3__say(x, "%s page %u%s", access->write ? "writes" : "reads", access->page,
		 txn->kind == SV3_TXN_ATS_REQUEST      ? ": asks for its translation"
		 : txn->kind == SV3_TXN_ATS_TRANSLATED ? ", translated before"
		 : d->flight == SV3__XDONE             ? ": TLB hit"
						       : "");
}

static void refused(struct sv3_explore *x, uint32_t device)
{
	const struct sv3_explore_access *access = access_of(x, device);
	const struct sv3_result *result = &x->moving.devices[device].result;
	const char *event = sv3_event_name(result->event);

	x->moving.refused[device]++;
	sv3__say(x, "page %u is refused: %s", access->page, event ? event : "an abort");
	if (result->event == SV3_EVENT_C_BAD_STE || result->event == SV3_EVENT_C_BAD_CD)
		sv3__breaks(x, SV3_EXPLORE_STRUCTURE, access->page, "%s met %s",
			    x->scenario->devices[device].name, event);
	else if (!x->scenario->may_fault)
		sv3__breaks(x, SV3_EXPLORE_FAULT, access->page, "%s was refused page %u: %s",
			    x->scenario->devices[device].name, access->page,
			    event ? event : "an abort");
}

/* While the SMMU is off a device sees the pages where it looks for them. */
static uint64_t landing_page(const struct sv3_result *result)
{
	const bool is_off = result->flags & SV3_RESULT_BYPASS && result->pa < SV3_EXPLORE_DATA;

	return (result->pa - (is_off ? SV3_EXPLORE_IOVA : SV3_EXPLORE_DATA)) / 4096;
}

/* Where it lands: another page may have the address by now. */
static void lands(struct sv3_explore *x, uint32_t device)
{
	const struct sv3_explore_access *access = access_of(x, device);
	const struct sv3__xdevice *d = &x->moving.devices[device];
	const uint64_t page = landing_page(&d->result);

	sv3__say(x, "%s of page %u lands%s", access->write ? "write" : "read", access->page,
		 d->result.flags & SV3_RESULT_DIRTY_SET ? ", which made it dirty" : "");
	if (page >= SV3_EXPLORE_PAGES_MAX) {
		sv3__breaks(x, SV3_EXPLORE_STALE, access->page, "%s reached 0x%llx",
			    x->scenario->devices[device].name, (unsigned long long)d->result.pa);
		return;
	}
	if (x->moving.reused >> page & 1)
		sv3__breaks(x, SV3_EXPLORE_STALE, (uint32_t)page,
			    "%s %s page %u, which belongs to others by now",
			    x->scenario->devices[device].name, access->write ? "wrote" : "read",
			    (unsigned int)page);
	if (access->write) {
		x->moving.written[page]++;
		sv3__watch_landed(x, x->scenario->devices[device].smmu,
				  x->scenario->devices[device].stream_id,
				  iova_of(x, device, access->page), d->result.pa);
	}
}

static void grant(struct sv3_explore *x, uint32_t device)
{
	struct sv3__xdevice *d = &x->moving.devices[device];
	const uint64_t bit = UINT64_C(1) << access_of(x, device)->page;

	sv3__say(x, "is granted page %u%s", access_of(x, device)->page,
		 d->result.ats & SV3_ATS_WRITE ? " to write" : "");
	if (d->result.ats & SV3_ATS_READ)
		d->granted_read |= bit;
	if (d->result.ats & SV3_ATS_WRITE)
		d->granted_write |= bit;
	/* Nothing that would do was granted: the device gives up. [IHI0070 3.9.1] */
	if (!is_granted(d, access_of(x, device))) {
		refused(x, device);
		d->next++;
	}
}

static void end(struct sv3_explore *x, uint32_t device)
{
	struct sv3__xdevice *d = &x->moving.devices[device];
	struct sv3_smmu *smmu = x->smmus[x->scenario->devices[device].smmu];

	d->flight = SV3__XIDLE;
	if (d->result.outcome == SV3_OUTCOME_OK && d->has_asked) {
		grant(x, device);
	} else {
		if (d->result.outcome == SV3_OUTCOME_OK)
			lands(x, device);
		else
			refused(x, device);
		d->next++;
	}
	d->has_asked = false;
	sv3_smmu_finish(smmu, d->slot);
}

void sv3__device_step(struct sv3_explore *x, uint32_t device)
{
	const uint32_t index = x->scenario->devices[device].smmu;
	struct sv3__xdevice *d = &x->moving.devices[device];
	struct sv3_reply reply;

	sv3__smmu_touch(x, index);
	if (d->flight == SV3__XIDLE) {
		begin(x, device);
	} else if (d->flight == SV3__XDONE) {
		end(x, device);
	} else {
		answer(x, &d->need, &reply);
		sv3_smmu_step(x->smmus[index], d->slot, &reply, &d->need);
		follow(x, device);
	}
	sv3__queues_pump(x);
}

static void reach_of_need(const struct sv3_need *need, struct sv3__xreach *reach)
{
	if (need->kind != SV3_NEED_READ && need->kind != SV3_NEED_WRITE &&
	    need->kind != SV3_NEED_CAS64)
		return;
	reach->pa = need->pa;
	reach->size = need->kind == SV3_NEED_CAS64 ? 8 : need->size;
	reach->writes = need->kind != SV3_NEED_READ;
}

void sv3__device_reach(const struct sv3_explore *x, uint32_t device, struct sv3__xreach *reach)
{
	const struct sv3__xdevice *d = &x->moving.devices[device];

	*reach = (struct sv3__xreach){
		.translation = (uint8_t)(1u << x->scenario->devices[device].smmu),
		.devices = (uint8_t)(1u << device),
	};
	if (d->flight == SV3__XASKS)
		reach_of_need(&d->need, reach);
	if (d->flight == SV3__XDONE) {
		reach->pa = SV3_EXPLORE_DATA + 4096 * landing_page(&d->result);
		reach->size = 4096;
		reach->writes = access_of(x, device)->write;
	}
}

void sv3__warm(struct sv3_explore *x, uint32_t device, uint32_t page, bool write)
{
	const struct sv3_explore_device *about = &x->scenario->devices[device];
	struct sv3_smmu *smmu = x->smmus[about->smmu];
	const struct sv3_txn txn = txn_of(x, device, page, write);
	struct sv3_result result;
	struct sv3_need need;
	struct sv3_reply reply;
	uint32_t slot;

	if (x->scenario->ats || sv3_smmu_begin(smmu, &txn, &slot) < 0)
		return;
	sv3_smmu_step(smmu, slot, NULL, &need);
	while (need.kind != SV3_NEED_DONE && need.kind != SV3_NEED_WAIT) {
		answer(x, &need, &reply);
		sv3_smmu_step(smmu, slot, &reply, &need);
	}
	sv3_smmu_result(smmu, slot, &result);
	sv3__watch_translated(x, about->smmu, &txn, &result);
	sv3_smmu_finish(smmu, slot);
	if (write)
		x->moving.written[landing_page(&result) % SV3_EXPLORE_PAGES_MAX]++;
}

/* --- queues --- */

/* A transaction that stalled goes on by itself; anything else is work of the queues. */
static bool is_resumed(struct sv3_explore *x, uint32_t smmu, uint32_t slot)
{
	if (slot >= SV3__XSLOTS)
		return false;
	for (uint32_t i = 0; i < x->scenario->device_count; i++) {
		struct sv3__xdevice *device = &x->moving.devices[i];

		if (x->scenario->devices[i].smmu != smmu || device->flight != SV3__XSTALLED ||
		    device->slot != slot)
			continue;
		sv3_smmu_step(x->smmus[smmu], slot, NULL, &device->need);
		follow(x, i);
	}
	return true;
}

static void pump(struct sv3_explore *x, uint32_t smmu)
{
	struct sv3__xqueue *queue = &x->moving.queues[smmu];
	uint32_t slot;

	while (!queue->has_job && sv3_smmu_next_ready(x->smmus[smmu], &slot)) {
		if (is_resumed(x, smmu, slot))
			continue;
		sv3_smmu_step(x->smmus[smmu], slot, NULL, &queue->need);
		queue->slot = slot;
		queue->has_job = queue->need.kind != SV3_NEED_DONE;
	}
}

void sv3__queues_pump(struct sv3_explore *x)
{
	for (uint32_t i = 0; i < x->scenario->smmu_count; i++)
		if (x->touched[i] || !x->keeps_undo)
			pump(x, i);
}

/* An endpoint completes an invalidation when nothing is in flight any more that it translated by
 * what it gives up. [IHI0070 3.9.1.5] */
bool sv3__queue_is_ready(const struct sv3_explore *x, uint32_t smmu)
{
	const struct sv3__xqueue *queue = &x->moving.queues[smmu];

	if (!queue->has_job || queue->need.kind != SV3_NEED_ATC_INV)
		return queue->has_job;
	for (uint32_t i = 0; i < x->scenario->device_count; i++) {
		const struct sv3__xdevice *device = &x->moving.devices[i];

		if (x->scenario->devices[i].stream_id == queue->need.ats.stream_id &&
		    device->flight != SV3__XIDLE && !device->has_asked)
			return false;
	}
	return true;
}

void sv3__queue_step(struct sv3_explore *x, uint32_t smmu)
{
	struct sv3__xqueue *queue = &x->moving.queues[smmu];
	struct sv3_reply reply;

	sv3__smmu_touch(x, smmu);
	answer(x, &queue->need, &reply);
	sv3_smmu_step(x->smmus[smmu], queue->slot, &reply, &queue->need);
	queue->has_job = queue->need.kind != SV3_NEED_DONE;
	pump(x, smmu);
}

bool sv3__queues_drain(struct sv3_explore *x)
{
	bool ran = false;

	sv3__queues_pump(x);
	for (uint32_t i = 0; i < x->scenario->smmu_count; i++) {
		while (sv3__queue_is_ready(x, i)) {
			sv3__queue_step(x, i);
			ran = true;
		}
	}
	return ran;
}

void sv3__queue_reach(const struct sv3_explore *x, uint32_t smmu, struct sv3__xreach *reach)
{
	*reach = (struct sv3__xreach){
		.translation = (uint8_t)(1u << smmu),
		.queue = (uint8_t)(1u << smmu),
		.devices = x->moving.queues[smmu].need.kind == SV3_NEED_ATC_INV ? UINT8_MAX : 0,
	};
	reach_of_need(&x->moving.queues[smmu].need, reach);
}
