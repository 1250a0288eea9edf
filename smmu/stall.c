/* SPDX-License-Identifier: MIT */
/*
 * stall.c - transactions parked by a fault until software says how they go on. [IHI0070 3.12.2]
 *
 * The STAG of a stall is the number of its slot: unique as long as the transaction is there.
 * IDR5.STALL_MAX of them have one. IMPDEF(I-080): whoever faults when all are taken, or stalls for
 * the same reason as another (SV3_CHOICE_MERGE_STALLS), waits without record and is tried again
 * whenever a STAG becomes free.
 */
#include "xlat_priv.h"

static uint32_t index_of(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	return (uint32_t)(slot - sv3__slot(smmu, 0));
}

static bool is_stalled(const struct sv3__slot *slot)
{
	return slot->phase == SV3__PHASE_STALLED;
}

/* Slots from @from on that are stalled and have not been told to go on; NULL behind the last. */
static struct sv3__slot *next_parked(const struct sv3_smmu *smmu, uint32_t *from)
{
	while (*from < smmu->config.slot_count) {
		struct sv3__slot *slot = sv3__slot(smmu, (*from)++);

		if (is_stalled(slot) && slot->resume == SV3__RESUME_NOT_YET)
			return slot;
	}
	return NULL;
}

/* --- Records that are due --- */

static void record_append(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__stalls *stalls = &smmu->stalls;
	uint32_t index = index_of(smmu, slot);

	slot->record_due = true;
	slot->stall_next = SV3__NONE;
	if (stalls->record_head == SV3__NONE)
		stalls->record_head = index;
	else
		sv3__slot(smmu, stalls->record_tail)->stall_next = index;
	stalls->record_tail = index;
}

/* Take a record out of the list, wherever it stands. */
static void record_remove(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__stalls *stalls = &smmu->stalls;
	uint32_t index = index_of(smmu, slot), before = SV3__NONE;

	if (!slot->record_due)
		return;
	for (uint32_t i = stalls->record_head; i != index; i = sv3__slot(smmu, i)->stall_next)
		before = i;
	if (before == SV3__NONE)
		stalls->record_head = slot->stall_next;
	else
		sv3__slot(smmu, before)->stall_next = slot->stall_next;
	if (stalls->record_tail == index)
		stalls->record_tail = before;
	slot->record_due = false;
}

struct sv3__slot *sv3__stall_record_due(const struct sv3_smmu *smmu)
{
	uint32_t oldest = smmu->stalls.record_head;

	return oldest == SV3__NONE ? NULL : sv3__slot(smmu, oldest);
}

void sv3__stall_record_taken(struct sv3_smmu *smmu)
{
	record_remove(smmu, sv3__slot(smmu, smmu->stalls.record_head));
}

/* --- Parking --- */

/* [IHI0070 3.12.2.1] Same stream, page, privilege and kind of access, while the first is stalled.
 * The page is taken as 4 KiB. */
static bool is_duplicate(const struct sv3__slot *slot, const struct sv3__slot *other)
{
	const struct sv3_txn *a = &slot->txn, *b = &other->txn;

	return other->has_stag && a->stream_id == b->stream_id &&
	       a->substream_valid == b->substream_valid &&
	       (!a->substream_valid || a->substream_id == b->substream_id) &&
	       a->iova >> 12 == b->iova >> 12 && a->atomic == b->atomic &&
	       sv3__access_kind(&slot->context, a) == sv3__access_kind(&other->context, b);
}

static bool has_duplicate(const struct sv3_smmu *smmu, const struct sv3__slot *slot)
{
	const struct sv3__slot *other;
	uint32_t from = 0;

	while ((other = next_parked(smmu, &from)) != NULL)
		if (other != slot && is_duplicate(slot, other))
			return true;
	return false;
}

void sv3__stall_begin(struct sv3_smmu *smmu, struct sv3__slot *slot, const struct sv3__fault *fault)
{
	uint32_t stall_max = (uint32_t)SV3_GET(SV3_IDR5_STALL_MAX, smmu->config.idr5);

	slot->fault = *fault;
	slot->fault.stall = true;
	slot->phase = SV3__PHASE_STALLED;
	slot->resume = SV3__RESUME_NOT_YET;
	slot->result.flags |= SV3_RESULT_WAS_STALLED;
	slot->has_stag =
		smmu->stalls.count < stall_max &&
		!(sv3__chooses(smmu, SV3_CHOICE_MERGE_STALLS) && has_duplicate(smmu, slot));
	if (!slot->has_stag)
		return;
	smmu->stalls.count++;
	sv3__stats(smmu)->stalls++;
	record_append(smmu, slot);
}

/* --- Going on --- */

static void wake(struct sv3_smmu *smmu, struct sv3__slot *slot, enum sv3__resume how)
{
	record_remove(smmu, slot);
	if (!slot->woken)
		smmu->stalls.woken_count++;
	slot->woken = true;
	slot->resume = (uint8_t)how;
}

void sv3__stall_resume(struct sv3_smmu *smmu, uint32_t stream_id, uint32_t stag,
		       enum sv3__resume how)
{
	struct sv3__slot *slot;

	if (stag >= smmu->config.slot_count)
		return;
	slot = sv3__slot(smmu, stag);
	/* [IHI0070 4.7.1] The STAG alone is not trusted: it must be of that stream. IMPDEF(I-081):
	 * no effect either before its record is written, and the first command decides. */
	if (!is_stalled(slot) || !slot->has_stag || slot->txn.stream_id != stream_id ||
	    slot->record_due || slot->resume != SV3__RESUME_NOT_YET)
		return;
	wake(smmu, slot, how);
}

/* Abort what is stalled, also what is to be tried again but was not yet: a record that is due is
 * discarded. [IHI0070 3.12.2.2, 4.7.2] */
static void abort_if(struct sv3_smmu *smmu, bool any_stream, uint32_t stream_id)
{
	for (uint32_t i = 0; i < smmu->config.slot_count; i++) {
		struct sv3__slot *slot = sv3__slot(smmu, i);

		if (is_stalled(slot) && (any_stream || slot->txn.stream_id == stream_id) &&
		    slot->resume <= SV3__RESUME_RETRY)
			wake(smmu, slot, SV3__RESUME_ABORT);
	}
}

void sv3__stall_terminate(struct sv3_smmu *smmu, uint32_t stream_id)
{
	abort_if(smmu, false, stream_id);
}

/* [IHI0070 6.3.9.6] No stall outlives SMMUEN = 0; its record, if it is not written yet, never will
 * be. */
void sv3__stall_abort_all(struct sv3_smmu *smmu)
{
	abort_if(smmu, true, 0);
}

/*
 * [IHI0070 4.7.3] After a SYNC no record may tell of configuration or translations that were
 * invalidated before it: a stall whose record is not written is tried again, and succeeds or faults
 * for a reason of now. IMPDEF(I-082): every one of them, at once, be the queue writable or not.
 * [IHI0070 7.2.1]
 */
void sv3__stall_sync(struct sv3_smmu *smmu)
{
	struct sv3__slot *slot;

	while ((slot = sv3__stall_record_due(smmu)) != NULL)
		wake(smmu, slot, SV3__RESUME_RETRY);
}

void sv3__stall_end(struct sv3_smmu *smmu, struct sv3__slot *slot)
{
	struct sv3__slot *waiting;
	uint32_t from = 0;

	SV3_ASSERT(slot->woken);
	slot->woken = false;
	smmu->stalls.woken_count--;
	if (!slot->has_stag)
		return;
	slot->has_stag = false;
	smmu->stalls.count--;
	while ((waiting = next_parked(smmu, &from)) != NULL)
		if (!waiting->has_stag)
			wake(smmu, waiting, SV3__RESUME_RETRY);
}

uint32_t sv3__stall_woken(const struct sv3_smmu *smmu)
{
	if (smmu->stalls.woken_count == 0)
		return SV3__NONE;
	for (uint32_t i = 0; i < smmu->config.slot_count; i++)
		if (sv3__slot(smmu, i)->woken)
			return i;
	return SV3__NONE;
}
