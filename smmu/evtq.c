/* SPDX-License-Identifier: MIT */
/*
 * evtq.c - event records: made when a transaction faults, written by a job of the hardware's own.
 *
 * Records wait in a ring that has room for every transaction in flight, so raising one never fails;
 * begin refuses a transaction whose record would not fit. IMPDEF(I-023): records are never merged,
 * whatever STE.MEV says. [IHI0070 7.3.1]
 */
#include "smmu_priv.h"

enum fields {
	SV3__EVT_SID,          /* number, StreamID, SubstreamID */
	SV3__EVT_FETCH,        /* and FetchAddr */
	SV3__EVT_ACCESS,       /* and the access: attributes, CLASS, InputAddr */
	SV3__EVT_ACCESS_FETCH, /* and FetchAddr */
	SV3__EVT_TREQ,         /* F_BAD_ATS_TREQ: address, permissions asked for */
	SV3__EVT_FORBIDDEN,    /* F_TRANSL_FORBIDDEN: RnW, address */
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

static struct sv3__record *record_at(const struct sv3_smmu *smmu, uint32_t index)
{
	return (struct sv3__record *)sv3__at(smmu, smmu->evtq.records_offset) +
	       index % smmu->evtq.capacity;
}

/* [IHI0070 7.3] Attributes are those after the overrides of the STE; InD is 0 for a write. */
static uint64_t access_word(const struct sv3__slot *slot, uint32_t event_class)
{
	uint32_t kind = slot->access_kind;
	bool privileged = kind & 1;
	bool instruction = kind == SV3__ACCESS_EXEC_PRIV || kind == SV3__ACCESS_EXEC_UNPRIV;

	return SV3_PUT(SV3_EVT1_PNU, privileged) | SV3_PUT(SV3_EVT1_IND, instruction) |
	       SV3_PUT(SV3_EVT1_RNW, !slot->txn.write) | SV3_PUT(SV3_EVT1_CLASS, event_class);
}

void sv3__event_raise(struct sv3_smmu *smmu, const struct sv3__slot *slot,
		      const struct sv3__fault *fault)
{
	struct sv3__evtq *evtq = &smmu->evtq;
	struct sv3__record *record;
	enum fields fields = fields_of(fault->event);

	/* [IHI0070 7.2.1] While the queue is disabled, what would be recorded is lost. */
	if (!sv3__enabled(smmu, SV3_CR0_EVENTQEN)) {
		sv3__stats(smmu)->events_dropped++;
		return;
	}
	SV3_ASSERT(evtq->count < evtq->capacity);
	record = record_at(smmu, evtq->head + evtq->count);
	evtq->count++;
	evtq->raised++;
	memset(record, 0, sizeof(*record));
	record->words[0] =
		SV3_PUT(SV3_EVT0_NUMBER, fault->event) | SV3_PUT(SV3_EVT0_SID, slot->txn.stream_id);
	if (slot->txn.substream_valid) {
		record->words[0] |= SV3_PUT(SV3_EVT0_SSID, slot->txn.substream_id);
		/* [IHI0070 7.3.9] Here the SubstreamID is always valid and there is no SSV. */
		if (fault->event != SV3_EVENT_C_BAD_SUBSTREAMID)
			record->words[0] |= SV3_EVT0_SSV;
	}
	if (fields == SV3__EVT_ACCESS || fields == SV3__EVT_ACCESS_FETCH) {
		record->words[1] = access_word(slot, fault->event_class);
		if (fault->stage2) {
			record->words[1] |= SV3_EVT1_S2;
			record->words[3] |= fault->ipa & SV3_EVT3_IPA;
		}
		record->words[2] = slot->txn.iova;
	}
	if (fields == SV3__EVT_FETCH || fields == SV3__EVT_ACCESS_FETCH)
		record->words[3] = fault->fetch_pa & SV3_BITS(55, 3);
}

static bool is_writable(const struct sv3_smmu *smmu)
{
	return sv3__enabled(smmu, SV3_CR0_EVENTQEN) &&
	       !sv3__gerror_active(smmu, SV3_GERROR_EVENTQ_ABT_ERR);
}

bool sv3__evtq_ready(const struct sv3_smmu *smmu)
{
	return !smmu->evtq.busy && (smmu->evtq.count > 0 || smmu->evtq.interrupt_due);
}

/* The oldest record was written or given up. */
static void settle(struct sv3_smmu *smmu, bool written)
{
	struct sv3__evtq *evtq = &smmu->evtq;

	evtq->head = (evtq->head + 1) % evtq->capacity;
	evtq->count--;
	evtq->settled++;
	if (written)
		sv3__stats(smmu)->events_written++;
	else
		sv3__stats(smmu)->events_dropped++;
}

static void finish(struct sv3_smmu *smmu, struct sv3_need *need)
{
	smmu->evtq.phase = SV3__EVTQ_IDLE;
	smmu->evtq.busy = false;
	need->kind = SV3_NEED_DONE;
	sv3__acknowledge(smmu);
}

static void write_oldest(struct sv3_smmu *smmu, struct sv3_need *need)
{
	uint64_t prod = smmu->regs[SV3__REG_EVENTQ_PROD];
	uint64_t cons = smmu->regs[SV3__REG_EVENTQ_CONS];
	uint64_t wrap = sv3__queue_wrap(smmu, SV3__REG_EVENTQ_BASE);
	uint64_t used = (prod - cons) & (2 * wrap - 1);

	if (!is_writable(smmu)) {
		settle(smmu, false);
		finish(smmu, need);
		return;
	}
	if (used >= wrap) {
		/* [IHI0070 7.4] Full: the record is dropped, and OVFLG says so once until
		 * acknowledged. IMPDEF(I-011): inconsistent indexes are full. */
		if (((prod ^ cons) & SV3_EVENTQ_OVFLG) == 0)
			smmu->regs[SV3__REG_EVENTQ_PROD] ^= SV3_EVENTQ_OVFLG;
		settle(smmu, false);
		finish(smmu, need);
		return;
	}
	smmu->evtq.phase = SV3__EVTQ_WRITE;
	need->kind = SV3_NEED_WRITE;
	need->unit = SV3_UNIT_EVTQ;
	need->size = SV3_EVENT_SIZE_BYTES;
	need->pa = sv3__queue_entry_pa(smmu, SV3__REG_EVENTQ_BASE, prod & SV3_QUEUE_INDEX,
				       SV3_EVENT_SIZE_BYTES);
	for (uint32_t i = 0; i < 4; i++)
		sv3_put_le64(need->data + 8 * i, record_at(smmu, smmu->evtq.head)->words[i]);
}

/* The write was answered: PROD moves only now, so that the record is visible first. [IHI0070
 * 3.5.2] */
static void written(struct sv3_smmu *smmu, const struct sv3_reply *reply)
{
	uint64_t prod = smmu->regs[SV3__REG_EVENTQ_PROD];
	uint64_t wrap = sv3__queue_wrap(smmu, SV3__REG_EVENTQ_BASE);
	bool was_empty;

	/* [IHI0070 7.2.2] IMPDEF(I-024): an abort is synchronous; PROD stays, the record is
	 * lost. */
	if (reply->status != SV3_BUS_OK) {
		settle(smmu, false);
		sv3__gerror_raise(smmu, SV3_GERROR_EVENTQ_ABT_ERR);
		return;
	}
	was_empty = ((prod ^ smmu->regs[SV3__REG_EVENTQ_CONS]) & (2 * wrap - 1)) == 0;
	smmu->regs[SV3__REG_EVENTQ_PROD] =
		(prod & SV3_EVENTQ_OVFLG) | sv3__queue_next(prod & SV3_QUEUE_INDEX, wrap);
	settle(smmu, true);
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
	need->kind = SV3_NEED_NONE;
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

/* [IHI0070 6.3.9.4] EVENTQEN is acknowledged as 0: records not committed are discarded. */
void sv3__evtq_disabled(struct sv3_smmu *smmu)
{
	SV3_ASSERT(!sv3__evtq_is_writing(smmu));
	while (smmu->evtq.count > 0)
		settle(smmu, false);
}
