/* SPDX-License-Identifier: MIT */
/*
 * flight.c - an access outside the TCU: link, root complex, TBU, and its data.
 *
 *	ARRIVES -> (ENTERS) -> LOOKS_UP -> RETURNS -> (ORDERED) -> LEAVES -> MOVES -> (BACK)
 *	                       LOOKS_UP -> (MERGED) -> MISSED -> the TCU -> RETURNS
 *
 * Whatever an access needs at the TBU it takes when it arrives, and keeps until it is in memory:
 * buffers of the root complex, a slot, room for its data. Those behind it wait.
 */
#include <string.h>

#include "timed_priv.h"

static struct sv3__flight *flight_at(struct sv3_timed *timed, uint32_t index)
{
	return &timed->flights[index];
}

static uint32_t index_of(const struct sv3_timed *timed, const struct sv3__flight *flight)
{
	return (uint32_t)(flight - timed->flights);
}

static void add_event(struct sv3_timed *timed, struct sv3__flight *flight, enum sv3__phase phase,
		      sv3_cycle at)
{
	flight->phase = (uint8_t)phase;
	sv3__wheel_add(&timed->wheel, index_of(timed, flight), at);
}

static sv3_cycle now_of(const struct sv3_timed *timed)
{
	return timed->wheel.now;
}

static uint64_t whole(uint64_t cycles)
{
	return cycles << SV3__FRACTION_LG2;
}

/* --- the link --- */

/* Bytes on the link for @len bytes of data, each packet with @framing. */
static uint64_t framed_bytes(const struct sv3_timed *timed, uint32_t len, uint32_t framing)
{
	const uint32_t mps = timed->timing.pcie_mps_bytes;

	return len + (uint64_t)framing * ((len + mps - 1) / mps);
}

static uint64_t request_work(const struct sv3_timed *timed, const struct sv3_timed_access *access)
{
	const uint32_t framing = timed->timing.pcie_request_bytes;
	const uint64_t bytes =
		access->txn.write ? framed_bytes(timed, access->len, framing) : framing;
	const uint64_t work = bytes * timed->byte_work;

	return access->txn.write && work < timed->write_work ? timed->write_work : work;
}

/* What a device waits for before it can make an access; UNIT_COUNT: nothing. */
static enum sv3_timed_unit full_unit(const struct sv3_timed *timed,
				     const struct sv3_timed_access *access)
{
	if (timed->free_flight == SV3__NO_NODE || !sv3__pool_has(&timed->link, 1))
		return SV3_TIMED_LINK;
	if (!access->txn.write && !sv3__pool_has(&timed->tags, 1))
		return SV3_TIMED_TAGS;
	return SV3_TIMED_UNIT_COUNT;
}

/* However often it tries again, that is one wait. */
static void refuse(struct sv3_timed *timed, enum sv3_timed_unit full)
{
	timed->needs_room = true;
	if (timed->has_waited)
		return;
	timed->has_waited = true;
	timed->full = full;
	timed->full_since = now_of(timed);
	timed->stats.units[full].waited++;
}

static void count_issue(struct sv3_timed *timed)
{
	const sv3_cycle now = now_of(timed);

	if (timed->has_waited)
		timed->stats.units[timed->full].wait_cycles += now - timed->full_since;
	timed->has_waited = false;
	if (!timed->in_flight)
		timed->busy_since = now;
	timed->in_flight++;
	timed->moving++;
	timed->stats.issued++;
}

int sv3_timed_issue(struct sv3_timed *timed, const struct sv3_timed_access *access)
{
	const sv3_cycle now = now_of(timed);
	const uint32_t index = timed->free_flight;
	const enum sv3_timed_unit full = full_unit(timed, access);
	struct sv3__flight *flight;

	SV3_ASSERT(access->txn.kind == SV3_TXN_ACCESS);
	SV3_ASSERT(access->len - 1 < SV3_PAGE_SIZE);
	if (full != SV3_TIMED_UNIT_COUNT) {
		refuse(timed, full);
		return -SV3_ERR_BUSY;
	}
	flight = flight_at(timed, index);
	timed->free_flight = flight->waits_next;
	count_issue(timed);
	flight->end = (struct sv3_timed_end){ .access = *access,
					      .number = index,
					      .issued = now,
					      .arrived = SV3_CYCLE_NEVER,
					      .translated = SV3_CYCLE_NEVER,
					      .performed = SV3_CYCLE_NEVER };
	/* But for the need, which is the block's to write. */
	memset(&flight->phase, 0,
	       offsetof(struct sv3__flight, need) - offsetof(struct sv3__flight, phase));
	flight->tbu = access->txn.tbu_index;
	flight->merged = (struct sv3__line){ SV3__NO_NODE, SV3__NO_NODE };
	SV3_ASSERT(flight->tbu < timed->tbu_count);
	sv3__begins(timed, SV3_TIMED_SPAN_ACCESS, flight);
	sv3__pool_take(&timed->link, 1, now);
	if (!access->txn.write)
		sv3__pool_take(&timed->tags, 1, now);
	sv3__pipe_pass(&timed->wire, now, request_work(timed, access));
	add_event(timed, flight, SV3__ARRIVES, sv3__pipe_end(&timed->wire) + timed->out);
	return (int)index;
}

static void tell_room(struct sv3_timed *timed)
{
	if (!timed->needs_room)
		return;
	timed->needs_room = false;
	if (timed->ops.room)
		timed->ops.room(timed->context);
}

/* --- into the TBU --- */

static uint64_t at_most(uint64_t wanted, const struct sv3__pool *pool)
{
	return wanted < pool->capacity ? wanted : pool->capacity;
}

/* What an access has too little of to enter; UNIT_COUNT: nothing. */
static enum sv3_timed_unit lacking_unit(const struct sv3_timed *timed, const struct sv3__tbu *tbu,
					const struct sv3__flight *flight)
{
	if (!sv3__pool_has(&timed->rc, flight->lines))
		return SV3_TIMED_RC;
	if (!sv3__pool_has(&tbu->slots, 1))
		return SV3_TIMED_TBU;
	if (!sv3__pool_has(&tbu->buffer, flight->beats))
		return SV3_TIMED_WRITE_BUFFER;
	return SV3_TIMED_UNIT_COUNT;
}

/* For what the first in line lacks. */
static void wait_to_enter(struct sv3_timed *timed, const struct sv3__tbu *tbu,
			  struct sv3__flight *flight)
{
	const enum sv3_timed_unit unit =
		lacking_unit(timed, tbu, flight_at(timed, tbu->enters.first));

	flight->has_waited = true;
	flight->waits_for = (uint8_t)unit;
	flight->waits_since = now_of(timed);
	timed->stats.units[unit].waited++;
}

static void join_order(struct sv3_timed *timed, struct sv3__tbu *tbu, struct sv3__flight *flight)
{
	const uint32_t index = index_of(timed, flight);

	flight->in_order = true;
	flight->order_next = SV3__NO_NODE;
	if (tbu->order_first == SV3__NO_NODE)
		tbu->order_first = index;
	else
		flight_at(timed, tbu->order_last)->order_next = index;
	tbu->order_last = index;
}

/* From wherever it stands in it. */
static void leave_order(struct sv3_timed *timed, struct sv3__tbu *tbu, uint32_t index)
{
	uint32_t before = SV3__NO_NODE, at = tbu->order_first;

	for (; at != index; at = flight_at(timed, at)->order_next)
		before = at;
	flight_at(timed, index)->in_order = false;
	if (before == SV3__NO_NODE)
		tbu->order_first = flight_at(timed, index)->order_next;
	else
		flight_at(timed, before)->order_next = flight_at(timed, index)->order_next;
	if (tbu->order_last == index)
		tbu->order_last = before;
}

/* A request is one beat, data as many as the port is narrow. */
static uint64_t port_work(const struct sv3_timed *timed, const struct sv3_timed_access *access)
{
	const uint32_t width = timed->timing.tbu_port_bytes;

	return whole(access->txn.write ? (access->len + width - 1) / width : 1);
}

static void enter(struct sv3_timed *timed, struct sv3__tbu *tbu, struct sv3__flight *flight)
{
	const sv3_cycle now = now_of(timed);

	if (flight->has_waited)
		timed->stats.units[flight->waits_for].wait_cycles += now - flight->waits_since;
	flight->end.arrived = now;
	sv3__begins(timed, SV3_TIMED_SPAN_TRANSLATION, flight);
	sv3__pool_take(&timed->rc, flight->lines, now);
	sv3__pool_take(&tbu->slots, 1, now);
	if (flight->beats)
		sv3__pool_take(&tbu->buffer, flight->beats, now);
	sv3__pool_give(&timed->link, 1, flight->end.issued, now);
	if (flight->end.access.txn.write && timed->timing.pcie_ordered)
		join_order(timed, tbu, flight);
	sv3__pipe_pass(&tbu->port_in, now, port_work(timed, &flight->end.access));
	add_event(timed, flight, SV3__LOOKS_UP,
		  sv3__pipe_end(&tbu->port_in) + timed->timing.tbu_utlb_cycles);
}

/* In order of arrival; who has no room keeps all behind it. */
static void enter_all(struct sv3_timed *timed, struct sv3__tbu *tbu)
{
	bool entered = false;

	while (tbu->enters.first != SV3__NO_NODE) {
		struct sv3__flight *flight = flight_at(timed, tbu->enters.first);

		if (lacking_unit(timed, tbu, flight) != SV3_TIMED_UNIT_COUNT)
			break;
		(void)sv3__line_take(timed, &tbu->enters);
		enter(timed, tbu, flight);
		entered = true;
	}
	if (entered)
		tell_room(timed);
}

/* The root complex is one for all TBUs. */
static void enter_everywhere(struct sv3_timed *timed)
{
	for (uint32_t i = 0; i < timed->tbu_count; i++)
		enter_all(timed, &timed->tbus[i]);
}

static void arrive(struct sv3_timed *timed, struct sv3__flight *flight)
{
	struct sv3__tbu *tbu = &timed->tbus[flight->tbu];
	const uint32_t len = flight->end.access.len;
	const uint32_t width = timed->timing.tbu_port_bytes;

	/* What is larger than all there is takes all there is. */
	flight->lines = (uint32_t)at_most((len + 63) / 64, &timed->rc);
	flight->beats = 0;
	if (flight->end.access.txn.write)
		flight->beats = (uint32_t)at_most((len + width - 1) / width, &tbu->buffer);
	flight->phase = SV3__ENTERS;
	sv3__line_add(timed, &tbu->enters, index_of(timed, flight));
	enter_all(timed, tbu);
	if (flight->phase == SV3__ENTERS)
		wait_to_enter(timed, tbu, flight);
}

/* --- look-up --- */

/* One list a bucket of those whose misses others may wait for. */
static uint32_t *bucket_of(struct sv3_timed *timed, const struct sv3_txn *txn)
{
	const uint64_t key = (txn->iova >> SV3_PAGE_LG2) * UINT64_C(0x9e3779b97f4a7c15) +
			     txn->stream_id * UINT64_C(0xbf58476d1ce4e5b9) + txn->tbu_index;

	return &timed->leaders[key >> (64 - SV3__MERGE_LG2)];
}

static bool is_same_page(const struct sv3_txn *a, const struct sv3_txn *b)
{
	return a->iova >> SV3_PAGE_LG2 == b->iova >> SV3_PAGE_LG2 && a->stream_id == b->stream_id &&
	       a->tbu_index == b->tbu_index && a->substream_valid == b->substream_valid &&
	       a->substream_id == b->substream_id;
}

static struct sv3__flight *leader_of(struct sv3_timed *timed, const struct sv3_txn *txn)
{
	for (uint32_t i = *bucket_of(timed, txn); i != SV3__NO_NODE;
	     i = flight_at(timed, i)->merge_next)
		if (is_same_page(&flight_at(timed, i)->end.access.txn, txn))
			return flight_at(timed, i);
	return NULL;
}

static void lead(struct sv3_timed *timed, struct sv3__flight *flight)
{
	uint32_t *bucket = bucket_of(timed, &flight->end.access.txn);

	flight->leads = true;
	flight->merge_next = *bucket;
	*bucket = index_of(timed, flight);
}

/* Who waited looks up afresh: what the leader found may be gone, or not do. */
static void lead_no_more(struct sv3_timed *timed, struct sv3__flight *flight)
{
	uint32_t *link = bucket_of(timed, &flight->end.access.txn);
	uint32_t waiter;

	if (!flight->leads)
		return;
	flight->leads = false;
	while (*link != index_of(timed, flight))
		link = &flight_at(timed, *link)->merge_next;
	*link = flight->merge_next;
	while ((waiter = sv3__line_take(timed, &flight->merged)) != SV3__NO_NODE)
		add_event(timed, flight_at(timed, waiter), SV3__LOOKS_UP,
			  now_of(timed) + timed->timing.tbu_utlb_cycles);
}

/* An access that would miss, while another's miss of its page is out. [timing: hazard] */
static bool merges(struct sv3_timed *timed, struct sv3__flight *flight)
{
	const struct sv3_txn *txn = &flight->end.access.txn;
	struct sv3__flight *leader;
	struct sv3_tlb_info info;

	if (!timed->timing.tbu_merge)
		return false;
	leader = leader_of(timed, txn);
	if (!leader || (sv3_smmu_peek_tlb(timed->smmu, txn, &info) && info.allows))
		return false;
	timed->stats.merged++;
	flight->phase = SV3__MERGED;
	sv3__line_add(timed, &leader->merged, index_of(timed, flight));
	return true;
}

static void translated(struct sv3_timed *timed, struct sv3__flight *flight);

static void look_up(struct sv3_timed *timed, struct sv3__flight *flight)
{
	struct sv3__tbu *tbu = &timed->tbus[flight->tbu];
	const struct sv3_txn *txn = &flight->end.access.txn;
	const sv3_cycle now = now_of(timed);
	const sv3_cycle by_tlb = now + timed->timing.tbu_tlb_cycles;

	if (merges(timed, flight))
		return;
	if (sv3_smmu_begin(timed->smmu, txn, &flight->slot)) {
		flight->phase = SV3__STARVED;
		sv3__line_add(timed, &timed->starved, index_of(timed, flight));
		return;
	}
	flight->has_slot = true;
	timed->flight_of[flight->slot] = index_of(timed, flight);
	sv3_smmu_step(timed->smmu, flight->slot, NULL, &flight->need);
	if (flight->need.kind != SV3_NEED_DONE) {
		timed->stats.misses++;
		flight->found = SV3_TIMED_FOUND_MISS;
		lead(timed, flight);
		sv3__pipe_pass(&tbu->dti, by_tlb, whole(1));
		add_event(timed, flight, SV3__MISSED,
			  sv3__pipe_end(&tbu->dti) - 1 + timed->timing.dti_cycles);
		return;
	}
	sv3_smmu_result(timed->smmu, flight->slot, &flight->end.result);
	if (sv3__utlb_use(&tbu->utlb, sv3__utlb_key(txn, flight->end.result.span_lg2))) {
		timed->stats.utlb_hits++;
		flight->found = SV3_TIMED_FOUND_UTLB;
		translated(timed, flight);
	} else {
		timed->stats.tlb_hits++;
		flight->found = SV3_TIMED_FOUND_TLB;
		add_event(timed, flight, SV3__RETURNS, by_tlb);
	}
}

void sv3__flights_retry(struct sv3_timed *timed)
{
	uint32_t index;

	while ((index = sv3__line_take(timed, &timed->starved)) != SV3__NO_NODE) {
		struct sv3__flight *flight = flight_at(timed, index);

		look_up(timed, flight);
		if (flight->phase == SV3__STARVED)
			return;
	}
}

/* --- the end --- */

static void leave_tbu(struct sv3_timed *timed, struct sv3__flight *flight)
{
	struct sv3__tbu *tbu = &timed->tbus[flight->tbu];
	const sv3_cycle now = now_of(timed), since = flight->end.arrived;

	sv3__pool_give(&timed->rc, flight->lines, since, now);
	sv3__pool_give(&tbu->slots, 1, since, now);
	if (flight->beats)
		sv3__pool_give(&tbu->buffer, flight->beats, since, now);
}

/* The device knows. */
static void end(struct sv3_timed *timed, struct sv3__flight *flight)
{
	const sv3_cycle now = now_of(timed);
	const bool write = flight->end.access.txn.write;
	const sv3_cycle issued = flight->end.issued;

	sv3_histogram_add(write ? &timed->stats.write : &timed->stats.read, now - issued);
	if (!write)
		sv3__pool_give(&timed->tags, 1, issued, now);
	sv3__ends(timed, SV3_TIMED_SPAN_ACCESS, flight);
	timed->in_flight--;
	if (!timed->in_flight)
		timed->stats.busy_cycles += now - timed->busy_since;
	if (timed->ops.ended)
		timed->ops.ended(timed->context, &flight->end);
	flight->phase = SV3__FREE;
	flight->waits_next = timed->free_flight;
	timed->free_flight = index_of(timed, flight);
	tell_room(timed);
}

/* On its way to the device: data, or that there is none. */
static void go_back(struct sv3_timed *timed, struct sv3__flight *flight, uint32_t len)
{
	const struct sv3_timing *timing = &timed->timing;
	const uint64_t bytes =
		len ? framed_bytes(timed, len, timing->pcie_reply_bytes) : timing->pcie_reply_bytes;

	sv3__pipe_pass(&timed->wire_back, now_of(timed), bytes * timed->byte_work);
	add_event(timed, flight, SV3__BACK, sv3__pipe_end(&timed->wire_back) + timed->back);
}

/* Nothing of it is left in the hardware. */
static void leave(struct sv3_timed *timed, struct sv3__flight *flight, uint32_t len)
{
	sv3_smmu_finish(timed->smmu, flight->slot);
	flight->has_slot = false;
	leave_tbu(timed, flight);
	timed->moving--;
	if (flight->end.access.txn.write)
		end(timed, flight);
	else
		go_back(timed, flight, len);
	enter_everywhere(timed);
	sv3_timed_kick(timed);
}

static void perform(struct sv3_timed *timed, struct sv3__flight *flight)
{
	const struct sv3_timed_access *access = &flight->end.access;

	flight->end.performed = now_of(timed);
	sv3__ends(timed, SV3_TIMED_SPAN_DATA, flight);
	timed->stats.done++;
	if (access->txn.write)
		timed->stats.bytes_written += access->len;
	else
		timed->stats.bytes_read += access->len;
	/* Memory first: finish may let a CMD_SYNC complete, which says that it is visible. */
	if (timed->ops.performed)
		timed->ops.performed(timed->context, &flight->end);
	leave(timed, flight, access->len);
}

/* Data, or the request for it, leaves the TBU, and is in memory's hands @after now. */
static void enter_memory(struct sv3_timed *timed, struct sv3__flight *flight, sv3_cycle after)
{
	const struct sv3_timed_access *access = &flight->end.access;

	add_event(timed, flight, SV3__MOVES,
		  after + sv3__memory_data(timed, access->len, access->txn.write));
}

static void move_data(struct sv3_timed *timed, struct sv3__flight *flight)
{
	struct sv3__tbu *tbu = &timed->tbus[flight->tbu];
	const sv3_cycle now = now_of(timed);
	sv3_cycle out;

	sv3__begins(timed, SV3_TIMED_SPAN_DATA, flight);
	sv3__pipe_pass(&tbu->port_out, now, port_work(timed, &flight->end.access));
	out = sv3__pipe_end(&tbu->port_out);
	/* A cycle is not worth an event; behind others, memory would be kept for it meanwhile. */
	if (out == now + 1)
		enter_memory(timed, flight, 1);
	else
		add_event(timed, flight, SV3__LEAVES, out);
}

static void go_on(struct sv3_timed *timed, struct sv3__flight *flight)
{
	if (flight->end.result.outcome == SV3_OUTCOME_OK) {
		move_data(timed, flight);
		return;
	}
	timed->stats.faulted++;
	leave(timed, flight, 0);
}

/* Writes of one port go on in the order in which they arrived, as posted writes of PCIe do. */
static void go_on_in_order(struct sv3_timed *timed, struct sv3__tbu *tbu)
{
	while (tbu->order_first != SV3__NO_NODE) {
		struct sv3__flight *flight = flight_at(timed, tbu->order_first);

		if (!flight->is_ready)
			return;
		tbu->order_first = flight->order_next;
		flight->in_order = false;
		go_on(timed, flight);
	}
}

/* A driver may wait for writes behind a stalled one before it lets that go on: they pass it.
 * APPROX(T-057): that is why a device that stalls must not be one that orders its writes.
 * [IHI0070 3.12.2] */
void sv3__flight_stalls(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__flight *flight = flight_at(timed, index);

	timed->stats.stalled++;
	timed->stalled++;
	timed->moving--;
	flight->phase = SV3__STALLED;
	lead_no_more(timed, flight);
	if (!flight->in_order)
		return;
	leave_order(timed, &timed->tbus[flight->tbu], index);
	go_on_in_order(timed, &timed->tbus[flight->tbu]);
}

static void translated(struct sv3_timed *timed, struct sv3__flight *flight)
{
	struct sv3__tbu *tbu = &timed->tbus[flight->tbu];

	flight->end.translated = now_of(timed);
	sv3__ends(timed, SV3_TIMED_SPAN_TRANSLATION, flight);
	sv3_histogram_add(&timed->stats.translation, flight->end.translated - flight->end.arrived);
	if (flight->leads)
		(void)sv3__utlb_use(&tbu->utlb, sv3__utlb_key(&flight->end.access.txn,
							      flight->end.result.span_lg2));
	lead_no_more(timed, flight);
	if (timed->ops.translated)
		timed->ops.translated(timed->context, &flight->end);
	if (!flight->in_order) {
		go_on(timed, flight);
		return;
	}
	flight->is_ready = true;
	flight->phase = SV3__ORDERED;
	go_on_in_order(timed, tbu);
}

void sv3__flight_resumes(struct sv3_timed *timed, uint32_t slot)
{
	const uint32_t index = timed->flight_of[slot];
	struct sv3__flight *flight = flight_at(timed, index);

	sv3_smmu_step(timed->smmu, slot, NULL, &flight->need);
	/* The block knew of a fault when the access was in the TBU: it may be on its way still. */
	if (flight->phase != SV3__STALLED)
		return;
	timed->stalled--;
	timed->moving++;
	sv3__tcu_enter(timed, index);
}

void sv3__flight_event(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__flight *flight = flight_at(timed, index);

	switch ((enum sv3__phase)flight->phase) {
	case SV3__ARRIVES:
		arrive(timed, flight);
		return;
	case SV3__LOOKS_UP:
		look_up(timed, flight);
		return;
	case SV3__MISSED:
		sv3__tcu_enter(timed, index);
		return;
	case SV3__CONFIGURES:
	case SV3__ASKED:
		sv3__tcu_event(timed, index);
		return;
	case SV3__RETURNS:
		translated(timed, flight);
		return;
	case SV3__LEAVES:
		enter_memory(timed, flight, 0);
		return;
	case SV3__MOVES:
		perform(timed, flight);
		return;
	default:
		SV3_ASSERT(flight->phase == SV3__BACK);
		end(timed, flight);
	}
}
