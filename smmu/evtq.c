/* SPDX-License-Identifier: MIT */
/*
 * evtq.c - event records: made when a transaction faults, written by a job of the hardware's own.
 *
 * Records of terminated transactions wait in a ring that has room for every transaction in flight,
 * so raising one never fails: begin refuses a transaction whose record would not fit. When the job
 * comes to one it is written or dropped. Records of stalls wait in the stalled slots until there is
 * room, and hold nothing else up. [IHI0070 7.2.1]
 */
#include "xlat_priv.h"

/* What stands in a record beyond number, StreamID and SubstreamID. */
enum fields {
	SV3__EVT_SID,          /* nothing */
	SV3__EVT_FETCH,        /* FetchAddr */
	SV3__EVT_INCOMING,     /* RnW, attributes as they came in, InputAddr */
	SV3__EVT_ACCESS,       /* RnW, attributes, stage, CLASS, InputAddr, IPA, Stall and STAG */
	SV3__EVT_ACCESS_FETCH, /* the same with FetchAddr instead of IPA, and no Stall */
	SV3__EVT_TREQ,         /* permissions asked for, InputAddr[63:12], Span */
	SV3__EVT_FORBIDDEN,    /* RnW, InputAddr */
	SV3__EVT_CONFLICT,     /* attributes, S2, InputAddr, IPA */
	SV3__EVT_HINT,         /* what is asked for, InputAddr and its span */
};

static enum fields fields_of(enum sv3_event event)
{
	switch (event) {
#define EVENT(name, number, fields, source) \
	case number:                        \
		return fields;
#include <sv3/events.def>
#undef EVENT
	default:
		return SV3__EVT_SID;
	}
}

/* --- What a record says. [IHI0070 7.3] --- */

/* [IHI0070 13.1.1] An atomic counts as a write, unless it is the right to read that it lacks. */
static bool is_read(const struct sv3__slot *slot, const struct sv3__fault *fault)
{
	return !slot->txn.write || (slot->txn.atomic && fault->read_refused);
}

/* Attributes are those after the overrides of the STE; InD is 0 for a write. */
static uint64_t access_word(const struct sv3__slot *slot, const struct sv3__fault *fault)
{
	uint32_t kind = sv3__access_kind(&slot->context, &slot->txn);
	bool privileged = kind & 1;
	bool instruction = kind == SV3__ACCESS_EXEC_PRIV || kind == SV3__ACCESS_EXEC_UNPRIV;
	bool table_read = fault->event == SV3_EVENT_F_PERMISSION && fault->table_read &&
			  fault->event_class == SV3_EVT_CLASS_TT;

	return SV3_PUT(SV3_EVT1_PNU, privileged) | SV3_PUT(SV3_EVT1_IND, instruction) |
	       SV3_PUT(SV3_EVT1_RNW, is_read(slot, fault)) | SV3_PUT(SV3_EVT1_S2, fault->stage2) |
	       SV3_PUT(SV3_EVT1_CLASS, fault->event_class) | SV3_PUT(SV3_EVT1_TTRNW, table_read);
}

/* [IHI0070 7.3.2] F_UUT comes before the STE: no overrides. */
static uint64_t incoming_word(const struct sv3_txn *txn)
{
	return SV3_PUT(SV3_EVT1_PNU, txn->privileged) |
	       SV3_PUT(SV3_EVT1_IND, txn->instruction && !txn->write) |
	       SV3_PUT(SV3_EVT1_RNW, !txn->write);
}

/* [IHI0070 7.3.6] What the request asked for, before the overrides; Read is always asked for.
 * DEVIATION(D-031): places are those of E_PAGE_REQUEST and of other addresses. */
static uint64_t treq_word(const struct sv3_txn *txn)
{
	return SV3_EVT1_TREQ_R | SV3_PUT(SV3_EVT1_TREQ_W, txn->write) |
	       SV3_PUT(SV3_EVT1_TREQ_X, txn->instruction) |
	       SV3_PUT(SV3_EVT1_TREQ_PRIV, txn->privileged);
}

/* Bits of an address in a record: what lies beyond the address size is 0. */
static uint64_t address_bits(const struct sv3_smmu *smmu, uint64_t field)
{
	return field & (SV3_BIT(smmu->oas_lg2) - 1);
}

static struct sv3__record encode(const struct sv3_smmu *smmu, const struct sv3__slot *slot,
				 const struct sv3__fault *fault)
{
	const struct sv3_txn *txn = &slot->txn;
	struct sv3__record record = { { 0 } };
	uint64_t *words = record.words;

	words[0] = SV3_PUT(SV3_EVT0_NUMBER, fault->event) | SV3_PUT(SV3_EVT0_SID, txn->stream_id);
	if (txn->substream_valid) {
		words[0] |= SV3_PUT(SV3_EVT0_SSID, txn->substream_id);
		/* [IHI0070 7.3.9] Here the SubstreamID is always valid and there is no SSV. */
		if (fault->event != SV3_EVENT_C_BAD_SUBSTREAMID)
			words[0] |= SV3_EVT0_SSV;
	}
	switch (fields_of(fault->event)) {
	case SV3__EVT_SID:
		break;
	case SV3__EVT_FETCH:
		words[3] = fault->fetch_pa & address_bits(smmu, SV3_EVT3_FETCH);
		break;
	case SV3__EVT_INCOMING:
		words[1] = incoming_word(txn);
		words[2] = txn->iova;
		break;
	case SV3__EVT_ACCESS:
		words[1] = access_word(slot, fault);
		if (fault->stall)
			words[1] |= SV3_EVT1_STALL |
				    SV3_PUT(SV3_EVT1_STAG, (uint64_t)(slot - sv3__slot(smmu, 0)));
		words[2] = txn->iova;
		if (fault->stage2)
			words[3] = fault->ipa & address_bits(smmu, SV3_EVT3_IPA);
		break;
	case SV3__EVT_ACCESS_FETCH:
		words[1] = access_word(slot, fault);
		words[2] = txn->iova;
		words[3] = fault->fetch_pa & address_bits(smmu, SV3_EVT3_FETCH);
		break;
	case SV3__EVT_TREQ:
		words[1] = treq_word(txn);
		words[2] = (txn->iova & SV3_EVT2_TREQ_ADDR) | SV3_PUT(SV3_EVT2_TREQ_SPAN, 1);
		break;
	case SV3__EVT_FORBIDDEN:
		words[1] = SV3_PUT(SV3_EVT1_RNW, !txn->write);
		words[2] = txn->iova;
		break;
	case SV3__EVT_CONFLICT:
		words[1] = access_word(slot, fault) & ~SV3_EVT1_CLASS;
		words[2] = txn->iova;
		if (fault->stage2)
			words[3] = fault->ipa & address_bits(smmu, SV3_EVT3_IPA);
		break;
	case SV3__EVT_HINT: /* of no transaction */
		break;
	}
	return record;
}

/* --- The ring --- */

static struct sv3__record *record_at(const struct sv3_smmu *smmu, uint32_t index)
{
	return (struct sv3__record *)sv3__at(smmu, smmu->evtq.records_offset) +
	       index % smmu->evtq.capacity;
}

/* [IHI0070 7.3.1] Records that may stand for each other: equal, but for the page offset where an
 * access is told of. */
static bool is_same(const struct sv3__record *a, const struct sv3__record *b, enum fields fields)
{
	uint64_t ignored = fields == SV3__EVT_ACCESS || fields == SV3__EVT_ACCESS_FETCH ||
					   fields == SV3__EVT_FORBIDDEN ||
					   fields == SV3__EVT_CONFLICT
				   ? 0xfff
				   : 0;

	return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
	       ((a->words[2] ^ b->words[2]) & ~ignored) == 0 && a->words[3] == b->words[3];
}

/* IMPDEF(I-023): with SV3_CHOICE_MERGE_EVENTS a record is merged into one that is still waiting to
 * be written. [IHI0070 7.3.1] Those made before an STE is known may always be. */
static bool is_merged(const struct sv3_smmu *smmu, const struct sv3__slot *slot,
		      const struct sv3__record *record, enum sv3_event event)
{
	const struct sv3__evtq *evtq = &smmu->evtq;
	bool is_free = event == SV3_EVENT_F_UUT || event == SV3_EVENT_C_BAD_STREAMID ||
		       event == SV3_EVENT_F_STE_FETCH || event == SV3_EVENT_C_BAD_STE;
	bool is_writing = evtq->phase == SV3__EVTQ_WRITE && !evtq->stall_write;

	if (!sv3__chooses(smmu, SV3_CHOICE_MERGE_EVENTS) ||
	    !(is_free || (slot->has_context && slot->context.mev)))
		return false;
	for (uint32_t i = is_writing; i < evtq->count; i++)
		if (is_same(record, record_at(smmu, evtq->head + i), fields_of(event)))
			return true;
	return false;
}

static void append(struct sv3_smmu *smmu, const struct sv3__record *record)
{
	struct sv3__evtq *evtq = &smmu->evtq;

	SV3_ASSERT(evtq->count < evtq->capacity);
	*record_at(smmu, evtq->head + evtq->count) = *record;
	evtq->count++;
}

int sv3_smmu_page_hint(struct sv3_smmu *smmu, const struct sv3_page_hint *hint)
{
	struct sv3__record record = { { 0 } };

	if (hint->span_pages == 0)
		return -SV3_ERR_RANGE;
	if (smmu->active_count + smmu->evtq.count >= smmu->evtq.capacity)
		return -SV3_ERR_BUSY;
	if (!sv3__enabled(smmu, SV3_CR0_EVENTQEN)) {
		sv3__stats(smmu)->events_dropped++;
		return 0;
	}
	/* IMPDEF(I-088): no STE is asked whether the stream is there. [IHI0070 7.3.19] */
	record.words[0] = SV3_PUT(SV3_EVT0_NUMBER, SV3_EVENT_E_PAGE_REQUEST) |
			  SV3_PUT(SV3_EVT0_SID, hint->stream_id);
	if (hint->substream_valid)
		record.words[0] |= SV3_EVT0_SSV | SV3_PUT(SV3_EVT0_SSID, hint->substream_id);
	record.words[1] = SV3_PUT(SV3_EVT1_HINT_PR, hint->privileged_read) |
			  SV3_PUT(SV3_EVT1_HINT_PW, hint->privileged_write) |
			  SV3_PUT(SV3_EVT1_HINT_PX, hint->privileged_execute) |
			  SV3_PUT(SV3_EVT1_HINT_UR, hint->unprivileged_read) |
			  SV3_PUT(SV3_EVT1_HINT_UW, hint->unprivileged_write) |
			  SV3_PUT(SV3_EVT1_HINT_UX, hint->unprivileged_execute) |
			  SV3_PUT(SV3_EVT1_HINT_SPAN, hint->span_pages);
	record.words[2] = hint->iova & SV3_EVT2_HINT_ADDR;
	append(smmu, &record);
	return 0;
}

void sv3__event_raise(struct sv3_smmu *smmu, const struct sv3__slot *slot,
		      const struct sv3__fault *fault)
{
	struct sv3__record record;

	/* [IHI0070 7.2.1] While the queue is disabled, what would be recorded is lost. */
	if (!sv3__enabled(smmu, SV3_CR0_EVENTQEN)) {
		sv3__stats(smmu)->events_dropped++;
		return;
	}
	record = encode(smmu, slot, fault);
	if (!is_merged(smmu, slot, &record, fault->event))
		append(smmu, &record);
}

/* The oldest record of the ring was written or given up. */
static void settle(struct sv3_smmu *smmu)
{
	struct sv3__evtq *evtq = &smmu->evtq;

	evtq->count--;
	/* An empty ring has one look, whatever went through it. */
	evtq->head = evtq->count == 0 ? 0 : (evtq->head + 1) % evtq->capacity;
	if (evtq->ahead > 0)
		evtq->ahead--;
}

static void drop(struct sv3_smmu *smmu)
{
	sv3__stats(smmu)->events_dropped++;
	settle(smmu);
}

/* --- The job --- */

static bool is_writable(const struct sv3_smmu *smmu)
{
	return sv3__enabled(smmu, SV3_CR0_EVENTQEN) &&
	       !sv3__gerror_active(smmu, SV3_GERROR_EVENTQ_ABT_ERR);
}

/* IMPDEF(I-011): inconsistent indexes are full. [IHI0070 3.5.1] */
static bool is_full(const struct sv3_smmu *smmu)
{
	uint64_t wrap = sv3__queue_wrap(smmu, SV3__REG_EVENTQ_BASE);
	uint64_t used = (smmu->regs[SV3__REG_EVENTQ_PROD] - smmu->regs[SV3__REG_EVENTQ_CONS]) &
			(2 * wrap - 1);

	return used >= wrap;
}

static bool can_write_stall(const struct sv3_smmu *smmu)
{
	return sv3__stall_record_due(smmu) != NULL && is_writable(smmu) && !is_full(smmu);
}

bool sv3__evtq_ready(const struct sv3_smmu *smmu)
{
	return !smmu->evtq.busy &&
	       (smmu->evtq.count > 0 || smmu->evtq.interrupt_due || can_write_stall(smmu));
}

static void finish(struct sv3_smmu *smmu, struct sv3_need *need)
{
	smmu->evtq.phase = SV3__EVTQ_IDLE;
	smmu->evtq.busy = smmu->evtq.stall_write = smmu->evtq.stall_write_ahead = false;
	need->kind = SV3_NEED_DONE;
	sv3__acknowledge(smmu);
}

static void ask_write(struct sv3_smmu *smmu, const struct sv3__record *record,
		      struct sv3_need *need)
{
	uint64_t prod = smmu->regs[SV3__REG_EVENTQ_PROD];

	smmu->evtq.phase = SV3__EVTQ_WRITE;
	need->kind = SV3_NEED_WRITE;
	need->unit = SV3_UNIT_EVTQ;
	need->size = SV3_EVENT_SIZE_BYTES;
	need->pa = sv3__queue_entry_pa(smmu, SV3__REG_EVENTQ_BASE, prod & SV3_QUEUE_INDEX,
				       SV3_EVENT_SIZE_BYTES);
	for (uint32_t i = 0; i < 4; i++)
		sv3_put_le64(need->data + 8 * i, record->words[i]);
}

static void write_oldest(struct sv3_smmu *smmu, struct sv3_need *need)
{
	uint64_t flags = smmu->regs[SV3__REG_EVENTQ_PROD] ^ smmu->regs[SV3__REG_EVENTQ_CONS];

	if (is_writable(smmu) && !is_full(smmu)) {
		ask_write(smmu, record_at(smmu, smmu->evtq.head), need);
		return;
	}
	/* [IHI0070 7.4] Full: the record is dropped, and OVFLG says so once until acknowledged. */
	if (is_writable(smmu) && (flags & SV3_EVENTQ_OVFLG) == 0)
		smmu->regs[SV3__REG_EVENTQ_PROD] ^= SV3_EVENTQ_OVFLG;
	drop(smmu);
	finish(smmu, need);
}

/* From here on the record is committed: what becomes of the stall does not take it back. */
static void write_stall(struct sv3_smmu *smmu, struct sv3_need *need)
{
	const struct sv3__slot *slot = sv3__stall_record_due(smmu);
	struct sv3__record record = encode(smmu, slot, &slot->fault);

	sv3__stall_record_taken(smmu);
	smmu->evtq.stall_write = true;
	ask_write(smmu, &record, need);
}

/* The write was answered: PROD moves only now, so that the record is visible first. [IHI0070
 * 3.5.2] */
static void written(struct sv3_smmu *smmu, const struct sv3_reply *reply)
{
	uint64_t prod = smmu->regs[SV3__REG_EVENTQ_PROD];
	uint64_t wrap = sv3__queue_wrap(smmu, SV3__REG_EVENTQ_BASE);
	bool was_empty;

	if (!smmu->evtq.stall_write)
		settle(smmu);
	/* [IHI0070 7.2.2] IMPDEF(I-024): an abort is synchronous; PROD stays, the record is lost,
	 * that of a stall too: software has to terminate what is stalled. */
	if (reply->status != SV3_BUS_OK) {
		sv3__stats(smmu)->events_dropped++;
		sv3__gerror_raise(smmu, SV3_GERROR_EVENTQ_ABT_ERR);
		return;
	}
	was_empty = ((prod ^ smmu->regs[SV3__REG_EVENTQ_CONS]) & (2 * wrap - 1)) == 0;
	smmu->regs[SV3__REG_EVENTQ_PROD] =
		(prod & SV3_EVENTQ_OVFLG) | sv3__queue_next(prod & SV3_QUEUE_INDEX, wrap);
	sv3__stats(smmu)->events_written++;
	/* [IHI0070 3.18.2] one interrupt as the queue becomes non-empty */
	if (was_empty && sv3__irq_enabled(smmu, SV3_IRQ_CTRL_EVENTQ))
		smmu->evtq.interrupt_due = true;
}

static void signal(struct sv3_smmu *smmu, struct sv3_need *need)
{
	smmu->evtq.interrupt_due = false;
	smmu->evtq.phase = SV3__EVTQ_SIGNAL;
	sv3__interrupt_ask(smmu, SV3_IRQ_EVENTQ, smmu->regs[SV3__REG_EVENTQ_IRQ_CFG0],
			   (uint32_t)smmu->regs[SV3__REG_EVENTQ_IRQ_CFG1], need);
}

void sv3__evtq_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need)
{
	smmu->evtq.busy = true;
	if (smmu->evtq.phase == SV3__EVTQ_WRITE) {
		SV3_ASSERT(reply != NULL);
		written(smmu, reply);
		finish(smmu, need);
	} else if (smmu->evtq.phase == SV3__EVTQ_SIGNAL) {
		SV3_ASSERT(reply != NULL);
		if (reply->status != SV3_BUS_OK)
			sv3__gerror_raise(smmu, SV3_GERROR_MSI_EVENTQ_ABT_ERR);
		finish(smmu, need);
	} else if (smmu->evtq.interrupt_due) {
		signal(smmu, need);
	} else if (smmu->evtq.count > 0) {
		write_oldest(smmu, need);
	} else if (can_write_stall(smmu)) {
		write_stall(smmu, need);
	} else {
		finish(smmu, need); /* what made it ready was taken back meanwhile */
	}
}

bool sv3__evtq_is_writing(const struct sv3_smmu *smmu)
{
	return smmu->evtq.busy && smmu->evtq.phase == SV3__EVTQ_WRITE;
}

bool sv3__evtq_is_signalling(const struct sv3_smmu *smmu)
{
	return smmu->evtq.busy && smmu->evtq.phase == SV3__EVTQ_SIGNAL;
}

/* [IHI0070 6.3.9.4] EVENTQEN is acknowledged as 0: records of terminated transactions that are not
 * committed are discarded. Those of stalls wait on. */
void sv3__evtq_disabled(struct sv3_smmu *smmu)
{
	SV3_ASSERT(!sv3__evtq_is_writing(smmu));
	while (smmu->evtq.count > 0)
		drop(smmu);
}

void sv3__evtq_sync_begin(struct sv3_smmu *smmu)
{
	smmu->evtq.ahead = smmu->evtq.count;
	smmu->evtq.stall_write_ahead = smmu->evtq.stall_write;
}

bool sv3__evtq_sync_is_complete(const struct sv3_smmu *smmu)
{
	return smmu->evtq.ahead == 0 && !smmu->evtq.stall_write_ahead;
}
