/* SPDX-License-Identifier: MIT */
/*
 * host_faults.c - the event queue as a driver reads it: interrupt, batch, answers, CMD_RESUME.
 *
 * The queue interrupts when it becomes non-empty [IHI0070 3.18.2], so whoever leaves records behind
 * has to come back by himself.
 */
#include <stdlib.h>

#include <sv3/arch.h>

#include "engine_priv.h"

#define ACK_READS_MAX 1000u

/* --- records --- */

/* [IHI0070 7.3] Which records tell of an access in the common places of doubleword 1. */
static bool tells_of_access(uint8_t event)
{
	switch (event) {
	case SV3_EVENT_F_UUT:
	case SV3_EVENT_F_TRANSL_FORBIDDEN:
	case SV3_EVENT_F_WALK_EABT:
	case SV3_EVENT_F_TRANSLATION:
	case SV3_EVENT_F_ADDR_SIZE:
	case SV3_EVENT_F_ACCESS:
	case SV3_EVENT_F_PERMISSION:
	case SV3_EVENT_F_TLB_CONFLICT:
		return true;
	default:
		return false;
	}
}

void sv3_fault_decode(const uint8_t bytes[SV3_EVENT_RECORD_BYTES], struct sv3_fault_record *record)
{
	uint64_t *words = record->words;

	*record = (struct sv3_fault_record){ 0 };
	for (uint32_t i = 0; i < 4; i++)
		words[i] = sv3_le64(bytes + 8 * i);
	record->event = (uint8_t)SV3_GET(SV3_EVT0_NUMBER, words[0]);
	record->stream_id = (uint32_t)SV3_GET(SV3_EVT0_SID, words[0]);
	/* [IHI0070 7.3.9] */
	record->substream_valid =
		(words[0] & SV3_EVT0_SSV) != 0 || record->event == SV3_EVENT_C_BAD_SUBSTREAMID;
	if (record->substream_valid)
		record->substream_id = (uint32_t)SV3_GET(SV3_EVT0_SSID, words[0]);
	record->is_access = tells_of_access(record->event);
	if (!record->is_access)
		return;
	record->event_class = (uint8_t)SV3_GET(SV3_EVT1_CLASS, words[1]);
	record->stalled = (words[1] & SV3_EVT1_STALL) != 0;
	if (record->stalled)
		record->stag = (uint32_t)SV3_GET(SV3_EVT1_STAG, words[1]);
	record->write = !(words[1] & SV3_EVT1_RNW);
	record->privileged = (words[1] & SV3_EVT1_PNU) != 0;
	record->instruction = (words[1] & SV3_EVT1_IND) != 0;
	record->stage2 = (words[1] & SV3_EVT1_S2) != 0;
	record->iova = words[2];
	if (record->stage2)
		record->ipa = words[3] & SV3_EVT3_IPA;
}

/* --- registers --- */

static uint32_t reg_read(const struct sv3_host *host, uint32_t offset)
{
	const struct sv3_regport regs = sv3_world_regport(host->world);

	return (uint32_t)regs.ops->read(regs.context, offset, 4);
}

static void reg_write(const struct sv3_host *host, uint32_t offset, uint64_t value)
{
	const struct sv3_regport regs = sv3_world_regport(host->world);

	regs.ops->write(regs.context, offset, 4, value);
}

/* [IHI0070 6.3.16, 6.3.17] */
static int interrupts_enable(const struct sv3_host *host, bool on)
{
	const uint32_t bits = on ? SV3_IRQ_CTRL_EVENTQ | SV3_IRQ_CTRL_GERROR : 0;

	reg_write(host, SV3_REG_IRQ_CTRL, bits);
	for (uint32_t i = 0; i < ACK_READS_MAX; i++)
		if (reg_read(host, SV3_REG_IRQ_CTRLACK) == bits)
			return 0;
	return -SV3_ERR_TIMEOUT;
}

static uint32_t index_mask(const struct sv3_host *host)
{
	return (2u << host->eventq_log2size) - 1;
}

static bool queue_is_empty(const struct sv3_host *host)
{
	return !((reg_read(host, SV3_REG_EVENTQ_PROD) ^ host->event_cons) & index_mask(host));
}

/* --- a batch --- */

static void run_batch(void *context);

static void schedule(struct sv3_host *host, sv3_ps at)
{
	struct sv3__faults *faults = &host->faults;
	int rc;

	if (faults->is_due)
		return;
	rc = sv3_world_call_at(host->world, at, run_batch, host);
	faults->is_due = !rc;
	if (rc)
		sv3__host_fail(host, "handling of faults", rc);
}

static void interrupted(void *context, enum sv3_irq irq)
{
	struct sv3_host *host = (struct sv3_host *)context;

	if (irq == SV3_IRQ_EVENTQ || irq == SV3_IRQ_GERROR)
		schedule(host,
			 sv3_world_now(host->world) + host->world->config.costs.fault_latency);
}

/*
 * [IHI0070 7.5] Global errors are acknowledged by making GERRORN equal. A command error is left to
 * who waits for commands: acknowledged, the queue would begin with the same command again.
 */
static int acknowledge_errors(struct sv3_host *host)
{
	const uint64_t acked = reg_read(host, SV3_REG_GERRORN);
	const uint64_t active =
		(reg_read(host, SV3_REG_GERROR) ^ acked) & ~(uint64_t)SV3_GERROR_CMDQ_ERR;
	int rc = 0;

	if (!active)
		return 0;
	reg_write(host, SV3_REG_GERRORN, acked ^ active);
	if (!(active & SV3_GERROR_EVENTQ_ABT_ERR))
		return 0;
	/* [IHI0070 7.2.2] Nobody knows the STAG of a stall whose record is lost. */
	host->faults.stats.queue_aborts++;
	for (uint32_t i = 0; i < host->stream_count && rc >= 0; i++)
		rc = sv3_cmdq_stall_term(&host->cmdq, host->stream_ids[i]);
	return rc;
}

/* The record at @index, asked about. */
static int ask(struct sv3_host *host, const struct sv3_fault_handler *handler, uint32_t index,
	       struct sv3__answered *answered)
{
	const struct sv3_bus bus = sv3_world_software_bus(host->world);
	const uint32_t slot = index & (index_mask(host) >> 1);
	const sv3_pa pa = host->eventq_base + (uint64_t)slot * SV3_EVENT_SIZE_BYTES;
	struct sv3_fault_record record;
	uint8_t bytes[SV3_EVENT_RECORD_BYTES];

	sv3_bus_maintain(&bus, pa, sizeof bytes, SV3_MAINTAIN_INVALIDATE);
	if (sv3_bus_read(&bus, pa, bytes, sizeof bytes) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	sv3_fault_decode(bytes, &record);
	host->faults.stats.records++;
	answered->stream_id = record.stream_id;
	answered->stag = record.stag;
	answered->answer = handler->fault(handler->context, &record);
	if (!record.stalled)
		answered->answer = SV3_FAULT_KEEP; /* there is nothing to be resumed */
	else if (answered->answer == SV3_FAULT_KEEP)
		host->faults.stats.kept++;
	return 0;
}

/* [IHI0070 7.4] OVACKFLG follows OVFLG: new overflows can be told from the old one. */
static void consume(struct sv3_host *host, uint32_t index)
{
	const uint32_t prod = reg_read(host, SV3_REG_EVENTQ_PROD);

	if ((prod ^ host->event_cons) & SV3_EVENTQ_OVFLG)
		host->faults.stats.overflows++;
	host->event_cons = index | (prod & (uint32_t)SV3_EVENTQ_OVFLG);
	reg_write(host, SV3_REG_EVENTQ_CONS, host->event_cons);
}

static int push_resumes(struct sv3_host *host, uint32_t count)
{
	struct sv3__faults *faults = &host->faults;
	int rc = 0;

	for (uint32_t i = 0; i < count && rc >= 0; i++) {
		const struct sv3__answered *answered = &faults->answered[i];
		const bool retry = answered->answer == SV3_FAULT_RETRY;

		if (answered->answer == SV3_FAULT_KEEP)
			continue;
		rc = sv3_cmdq_resume(&host->cmdq, answered->stream_id, answered->stag, retry);
		faults->stats.retried += retry;
		faults->stats.aborted += !retry;
	}
	return rc;
}

/* What was in the queue when it began: records that come meanwhile are for the next batch. */
static int batch(struct sv3_host *host)
{
	/* Handlers may change while one is asked. */
	const struct sv3_fault_handler handler = host->faults.handler;
	uint32_t index = host->event_cons & index_mask(host);
	uint32_t count = 0, end;
	int rc = acknowledge_errors(host);

	end = reg_read(host, SV3_REG_EVENTQ_PROD) & index_mask(host);
	if (rc < 0 || index == end)
		return rc;
	host->faults.stats.batches++;
	for (; index != end && rc >= 0; index = (index + 1) & index_mask(host))
		rc = ask(host, &handler, index, &host->faults.answered[count++]);
	if (rc < 0)
		return rc;
	if (handler.batch)
		handler.batch(handler.context);
	consume(host, end);
	return push_resumes(host, count);
}

static void run_batch(void *context)
{
	struct sv3_host *host = (struct sv3_host *)context;
	const uint32_t prod = host->cmdq.prod;
	int rc;

	host->faults.is_due = false;
	rc = batch(host);
	if (host->cmdq.prod != prod)
		sv3_cmdq_ring(&host->cmdq);
	if (rc < 0)
		sv3__host_fail(host, "handling of faults", rc);
	/* Without an interrupt: the queue did not become empty. */
	else if (host->faults.handler.fault && !queue_is_empty(host))
		schedule(host, sv3_world_now(host->world));
}

/* --- on and off --- */

static void off(struct sv3_host *host)
{
	if (!host->faults.handler.fault)
		return;
	sv3_world_call_off(host->world, run_batch, host);
	sv3_fast_set_interrupt(&host->world->fast, NULL, NULL);
	host->faults.handler = (struct sv3_fault_handler){ 0 };
	host->faults.is_due = false;
}

void sv3__host_faults_fini(struct sv3_host *host)
{
	off(host);
	free(host->faults.answered);
}

int sv3_host_handle_faults(struct sv3_host *host, const struct sv3_fault_handler *handler)
{
	struct sv3__faults *faults = &host->faults;
	const size_t records = (size_t)1 << host->eventq_log2size;
	int rc;

	if (!handler) {
		off(host);
		return interrupts_enable(host, false);
	}
	if (!faults->answered)
		faults->answered =
			(struct sv3__answered *)calloc(records, sizeof(*faults->answered));
	if (!faults->answered)
		return -SV3_ERR_NOMEM;
	faults->handler = *handler;
	sv3_fast_set_interrupt(&host->world->fast, interrupted, host);
	rc = interrupts_enable(host, true);
	if (rc < 0)
		return rc;
	if (!queue_is_empty(host))
		schedule(host,
			 sv3_world_now(host->world) + host->world->config.costs.fault_latency);
	return 0;
}

const struct sv3_fault_stats *sv3_host_fault_stats(const struct sv3_host *host)
{
	return &host->faults.stats;
}

int sv3_host_resume(struct sv3_host *host, uint32_t stream_id, uint32_t stag, bool retry)
{
	const int rc = sv3_cmdq_resume(&host->cmdq, stream_id, stag, retry);

	if (rc < 0)
		return rc;
	sv3_cmdq_ring(&host->cmdq);
	return 0;
}
