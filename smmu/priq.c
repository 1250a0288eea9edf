/* SPDX-License-Identifier: MIT */
/*
 * priq.c - the PRI queue as a job: page requests of endpoints are written for software, or answered
 * by the hardware itself where they cannot be. [IHI0070 8]
 *
 * Requests that arrived wait in a ring of the block until the job comes to them: that is when they
 * count as received.
 */
#include "smmu_priv.h"

int sv3_smmu_page_request(struct sv3_smmu *smmu, const struct sv3_page_request *request)
{
	struct sv3__priq *priq = &smmu->priq;

	if (priq->count == SV3__PRI_RING)
		return -SV3_ERR_BUSY;
	priq->ring[(priq->head + priq->count) % SV3__PRI_RING] = *request;
	priq->count++;
	sv3__stats(smmu)->page_requests++;
	return 0;
}

/* The oldest request is written or discarded. An empty ring has one look, whatever went through
 * it. */
static void pop(struct sv3_smmu *smmu)
{
	struct sv3__priq *priq = &smmu->priq;

	memset(&priq->ring[priq->head], 0, sizeof(priq->ring[0]));
	priq->count--;
	priq->head = priq->count == 0 ? 0 : (priq->head + 1) % SV3__PRI_RING;
}

/* --- What a request says --- */

static bool has_substream(const struct sv3_smmu *smmu, const struct sv3_page_request *request)
{
	return request->substream_valid && SV3_GET(SV3_IDR1_SSIDSIZE, smmu->config.idr1) != 0;
}

/* [IHI0070 8] A Stop PASID marker asks for nothing and is never answered. */
static bool is_stop_marker(const struct sv3_smmu *smmu, const struct sv3_page_request *request)
{
	return has_substream(smmu, request) && request->last && !request->read && !request->write;
}

/* [IHI0070 8] Without SubstreamID execute and privileged are 0. */
static void encode(const struct sv3_smmu *smmu, const struct sv3_page_request *request,
		   uint8_t data[SV3_PRI_SIZE_BYTES])
{
	uint64_t word = SV3_PUT(SV3_PRI0_SID, request->stream_id) |
			SV3_PUT(SV3_PRI0_R, request->read) | SV3_PUT(SV3_PRI0_W, request->write) |
			SV3_PUT(SV3_PRI0_LAST, request->last);

	if (has_substream(smmu, request))
		word |= SV3_PRI0_SSV | SV3_PUT(SV3_PRI0_SSID, request->substream_id) |
			SV3_PUT(SV3_PRI0_X, request->execute) |
			SV3_PUT(SV3_PRI0_PRIV, request->privileged);
	sv3_put_le64(data, word);
	sv3_put_le64(data + 8,
		     SV3_PUT(SV3_PRI1_GROUP, request->group) | (request->iova & SV3_PRI1_ADDR));
}

/* --- The job --- */

/* [IHI0070 6.3.9.5] The effective value of PRIQEN is 0 while SMMUEN is. */
static bool is_enabled(const struct sv3_smmu *smmu)
{
	return sv3__enabled(smmu, SV3_CR0_PRIQEN) && sv3__enabled(smmu, SV3_CR0_SMMUEN);
}

bool sv3__priq_ready(const struct sv3_smmu *smmu)
{
	return !smmu->priq.busy && (smmu->priq.count > 0 || smmu->priq.interrupt_due);
}

static void finish(struct sv3_smmu *smmu, struct sv3_need *need)
{
	smmu->priq.phase = SV3__PRIQ_IDLE;
	smmu->priq.busy = false;
	need->kind = SV3_NEED_DONE;
	sv3__acknowledge(smmu);
}

static void signal_if_enabled(struct sv3_smmu *smmu)
{
	if (sv3__irq_enabled(smmu, SV3_IRQ_CTRL_PRIQ))
		smmu->priq.interrupt_due = true;
}

static bool signals_last_only(const struct sv3_smmu *smmu)
{
	return (smmu->regs[SV3__REG_PRIQ_IRQ_CFG2] & SV3_PRIQ_IRQ_CFG2_LO) != 0;
}

/* Discard the oldest request with an answer to its endpoint: same stream, same group. */
static void respond(struct sv3_smmu *smmu, enum sv3_pri_response response, bool with_substream,
		    struct sv3_need *need)
{
	const struct sv3_page_request *request = &smmu->priq.ring[smmu->priq.head];

	smmu->priq.phase = SV3__PRIQ_RESPOND;
	need->kind = SV3_NEED_PRI_RESP;
	need->unit = SV3_UNIT_ATS;
	need->ats = (struct sv3_ats_message){
		.stream_id = request->stream_id,
		.substream_id = with_substream ? request->substream_id : 0,
		.substream_valid = with_substream,
		.group = request->group,
		.response = (uint8_t)response,
	};
	pop(smmu);
}

/* [IHI0070 8.2] Not enabled, or an aborted write not acknowledged: whatever comes fails. */
static void refuse(struct sv3_smmu *smmu, struct sv3_need *need)
{
	if (!is_stop_marker(smmu, &smmu->priq.ring[smmu->priq.head])) {
		respond(smmu, SV3_PRI_FAILURE, false, need);
		return;
	}
	pop(smmu);
	finish(smmu, need);
}

/*
 * [IHI0070 8.1] Lost by overflow: the last request of a group is answered with success, so that the
 * endpoint tries again. DEVIATION(D-030): IDR3.PPS = 0 asks for STE.PPAR whether the answer carries
 * the PASID; no STE is read, it is taken as 0.
 */
static void lose(struct sv3_smmu *smmu, struct sv3_need *need)
{
	const struct sv3_page_request *request = &smmu->priq.ring[smmu->priq.head];

	if (request->last && signals_last_only(smmu))
		signal_if_enabled(smmu);
	if (request->last && !is_stop_marker(smmu, request)) {
		respond(smmu, SV3_PRI_SUCCESS,
			has_substream(smmu, request) && (smmu->config.idr3 & SV3_IDR3_PPS), need);
		return;
	}
	pop(smmu);
	finish(smmu, need);
}

static void ask_write(struct sv3_smmu *smmu, struct sv3_need *need)
{
	smmu->priq.phase = SV3__PRIQ_WRITE;
	need->kind = SV3_NEED_WRITE;
	need->unit = SV3_UNIT_PRIQ;
	need->size = SV3_PRI_SIZE_BYTES;
	need->pa = sv3__queue_entry_pa(smmu, SV3__REG_PRIQ_BASE,
				       smmu->regs[SV3__REG_PRIQ_PROD] & SV3_QUEUE_INDEX,
				       SV3_PRI_SIZE_BYTES);
	encode(smmu, &smmu->priq.ring[smmu->priq.head], need->data);
}

/* The oldest request is received. */
static void receive(struct sv3_smmu *smmu, struct sv3_need *need)
{
	uint64_t prod = smmu->regs[SV3__REG_PRIQ_PROD];
	uint64_t cons = smmu->regs[SV3__REG_PRIQ_CONS];
	uint64_t wrap = sv3__queue_wrap(smmu, SV3__REG_PRIQ_BASE);
	bool overflowed = ((prod ^ cons) & SV3_PRIQ_OVFLG) != 0;

	if (!is_enabled(smmu) || sv3__gerror_active(smmu, SV3_GERROR_PRIQ_ABT_ERR)) {
		refuse(smmu, need);
		return;
	}
	/* [IHI0070 8.1] Unlike the event queue, nothing more is written until software has
	 * acknowledged the overflow. IMPDEF(I-011): inconsistent indexes are full. */
	if (!overflowed && ((prod - cons) & (2 * wrap - 1)) >= wrap) {
		smmu->regs[SV3__REG_PRIQ_PROD] ^= SV3_PRIQ_OVFLG;
		overflowed = true;
	}
	if (overflowed)
		lose(smmu, need);
	else
		ask_write(smmu, need);
}

/* The write was answered: PROD moves only now, so that the entry is visible first. IMPDEF(I-087):
 * an abort is synchronous, and the request fails. [IHI0070 3.5.2, 8.2] */
static void written(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need)
{
	uint64_t prod = smmu->regs[SV3__REG_PRIQ_PROD];
	uint64_t wrap = sv3__queue_wrap(smmu, SV3__REG_PRIQ_BASE);
	bool was_empty = ((prod ^ smmu->regs[SV3__REG_PRIQ_CONS]) & (2 * wrap - 1)) == 0;

	if (reply->status != SV3_BUS_OK) {
		sv3__gerror_raise(smmu, SV3_GERROR_PRIQ_ABT_ERR);
		refuse(smmu, need);
		return;
	}
	smmu->regs[SV3__REG_PRIQ_PROD] =
		(prod & SV3_PRIQ_OVFLG) | sv3__queue_next(prod & SV3_QUEUE_INDEX, wrap);
	/* [IHI0070 6.3.36 LO] As the queue becomes non-empty, or for each Last. */
	if (signals_last_only(smmu) ? smmu->priq.ring[smmu->priq.head].last : was_empty)
		signal_if_enabled(smmu);
	pop(smmu);
	finish(smmu, need);
}

static void signal(struct sv3_smmu *smmu, struct sv3_need *need)
{
	smmu->priq.interrupt_due = false;
	smmu->priq.phase = SV3__PRIQ_SIGNAL;
	sv3__interrupt_ask(smmu, SV3_IRQ_PRIQ, smmu->regs[SV3__REG_PRIQ_IRQ_CFG0],
			   (uint32_t)smmu->regs[SV3__REG_PRIQ_IRQ_CFG1], need);
}

void sv3__priq_step(struct sv3_smmu *smmu, const struct sv3_reply *reply, struct sv3_need *need)
{
	enum sv3__priq_phase phase = (enum sv3__priq_phase)smmu->priq.phase;

	smmu->priq.busy = true;
	SV3_ASSERT((reply == NULL) == (phase == SV3__PRIQ_IDLE));
	switch (phase) {
	case SV3__PRIQ_IDLE:
		if (smmu->priq.interrupt_due)
			signal(smmu, need);
		else if (smmu->priq.count > 0)
			receive(smmu, need);
		else
			finish(smmu, need); /* what made it ready was taken back meanwhile */
		break;
	case SV3__PRIQ_WRITE:
		written(smmu, reply, need);
		break;
	case SV3__PRIQ_SIGNAL:
		if (reply->status != SV3_BUS_OK)
			sv3__gerror_raise(smmu, SV3_GERROR_MSI_PRIQ_ABT_ERR);
		finish(smmu, need);
		break;
	case SV3__PRIQ_RESPOND:
		finish(smmu, need);
		break;
	}
}

bool sv3__priq_is_writing(const struct sv3_smmu *smmu)
{
	return smmu->priq.busy && smmu->priq.phase == SV3__PRIQ_WRITE;
}

bool sv3__priq_is_signalling(const struct sv3_smmu *smmu)
{
	return smmu->priq.busy && smmu->priq.phase == SV3__PRIQ_SIGNAL;
}
