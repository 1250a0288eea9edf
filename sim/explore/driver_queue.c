/* SPDX-License-Identifier: MIT */
/*
 * driver_queue.c - commands and events: invalidation of what was changed, command errors, stalls.
 */
#include <sv3/host.h>

#include "driver.h"

static uint64_t read_reg(const struct sv3__driver *d, uint32_t smmu, uint32_t offset)
{
	const struct sv3_regport *regs = &d->setup.regs[smmu];

	return regs->ops->read(regs->context, offset, 4);
}

/* --- CMD_SYNC --- */

/* Until CONS has come as far as @cons, or is just that. */
static int wait_for(struct sv3__driver *d, uint32_t smmu, uint32_t cons, bool is_exact)
{
	const uint32_t size = 1u << d->setup.queue_lg2;

	for (;;) {
		const uint32_t here = (uint32_t)read_reg(d, smmu, SV3_REG_CMDQ_CONS);
		const uint32_t ahead = (here - cons) & (2 * size - 1);

		if (is_exact ? ahead == 0 : ahead < size)
			return 0;
		if (!d->setup.regs[smmu].ops->poll(d->setup.regs[smmu].context))
			return -SV3_ERR_TIMEOUT;
	}
}

int sv3__driver_sync(struct sv3__driver *d, uint32_t smmu)
{
	struct sv3_cmdq *cmdq = &d->cmdqs[smmu];
	struct sv3_cmdq_ticket ticket;

	if (sv3__has(d, B06)) {
		sv3_cmdq_ring(cmdq);
		return 0;
	}
	if (!sv3__has(d, B07) && !sv3__has(d, B66))
		return sv3_cmdq_sync(cmdq);
	SV3__TRY(sv3_cmdq_sync_begin(cmdq, &ticket));
	if (sv3__has(d, B07))
		return wait_for(d, smmu, ticket.cons - 1, false);
	/* B66: the wrap bit is taken for one that never changes. */
	return wait_for(d, smmu, ticket.cons & ((1u << d->setup.queue_lg2) - 1), true);
}

/* --- invalidation --- */

static int invalidate_atcs(struct sv3__driver *d, sv3_iova iova, uint64_t len)
{
	const struct sv3_explore_setup *setup = &d->setup;

	if (!setup->ats || sv3__has(d, B14))
		return 0;
	for (uint32_t i = 0; i < setup->device_count; i++)
		SV3__TRY(sv3_cmdq_atc_inv(&d->cmdqs[setup->stream_smmus[i]], setup->stream_ids[i],
					  iova, len));
	for (uint32_t i = 0; i < setup->smmu_count; i++)
		SV3__TRY(sv3__driver_sync(d, i));
	return 0;
}

static int push_tlbi(struct sv3__driver *d, uint32_t smmu, const struct sv3_pt_gather *gather)
{
	struct sv3_cmdq *cmdq = &d->cmdqs[smmu];
	struct sv3_pt_gather named = *gather;
	struct sv3_tlbi_range range = { .iova = gather->first,
					.len = gather->last - gather->first + 1,
					.asid = d->asid,
					.granule_lg2 = 12,
					.stride_lg2 = gather->leaf_span_lg2,
					.leaf = true };

	if (sv3__has(d, B02) || (sv3__has(d, B15) && smmu > 0))
		return 0;
	if (sv3__has(d, B09))
		return sv3_cmdq_tlbi_asid(cmdq, d->asid);
	if (sv3__has(d, B12)) {
		range.level_hint = 3;
		return sv3_cmdq_tlbi_range(cmdq, &range);
	}
	if (sv3__has(d, B10) && range.len > 4096)
		named.last -= 4096;
	if (sv3__has(d, B11) && range.len > 32 * UINT64_C(4096))
		named.last = named.first + 32 * UINT64_C(4096) - 1; /* the first command alone */
	return sv3_cmdq_flush_gather(cmdq, sv3__has(d, B08) ? d->asid + 2 : d->asid, 12, &named,
				     SV3_FLUSH_RANGE);
}

int sv3__driver_invalidate(struct sv3__driver *d, const struct sv3_pt_gather *gather)
{
	if (gather->first > gather->last)
		return 0;
	for (uint32_t i = 0; i < d->setup.smmu_count; i++) {
		SV3__TRY(push_tlbi(d, i, gather));
		SV3__TRY(sv3__driver_sync(d, i));
	}
	return invalidate_atcs(d, gather->first, gather->last - gather->first + 1);
}

int sv3__driver_invalidate_pages(struct sv3__driver *d, sv3_iova iova, uint64_t len)
{
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	for (uint64_t at = 0; at < len; at += 4096)
		sv3_pt_gather_add(&gather, iova + at, 12);
	return sv3__driver_invalidate(d, &gather);
}

int sv3__driver_invalidate_all(struct sv3__driver *d)
{
	for (uint32_t i = 0; i < d->setup.smmu_count; i++) {
		SV3__TRY(sv3_cmdq_cfgi_all(&d->cmdqs[i]));
		SV3__TRY(sv3_cmdq_tlbi_all(&d->cmdqs[i]));
		SV3__TRY(sv3_cmdq_sync(&d->cmdqs[i]));
	}
	return 0;
}

/* --- command errors --- */

/* The queue stands at the command in error: it becomes a CMD_SYNC, and the error is acknowledged,
 * upon which the queue goes on. [IHI0070 7.5] */
static int repair(struct sv3__driver *d, uint32_t smmu)
{
	struct sv3_cmdq *cmdq = &d->cmdqs[smmu];
	const uint64_t index =
		read_reg(d, smmu, SV3_REG_CMDQ_CONS) & ((1u << d->setup.queue_lg2) - 1);
	uint8_t command[16] = { SV3_CMD_SYNC };

	if (sv3_bus_write(&cmdq->bus, cmdq->base + 16 * index, command, 16) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	sv3_bus_maintain(&cmdq->bus, cmdq->base + 16 * index, 16, SV3_MAINTAIN_CLEAN);
	if (!sv3__has(d, B67))
		sv3__driver_write_reg(d, smmu, SV3_REG_GERRORN, 4,
				      read_reg(d, smmu, SV3_REG_GERROR));
	return 0;
}

int sv3__driver_illegal(void *state)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	struct sv3_cmdq *cmdq = &d->cmdqs[0];
	struct sv3_cmdq_ticket ticket;

	SV3__TRY(sv3_cmdq_push(cmdq, 0xff, 0));
	SV3__TRY(sv3_cmdq_tlbi_asid(cmdq, d->asid));
	SV3__TRY(sv3_cmdq_sync_begin(cmdq, &ticket));
	/* It is sure to come. */
	while (((read_reg(d, 0, SV3_REG_GERROR) ^ read_reg(d, 0, SV3_REG_GERRORN)) &
		SV3_GERROR_CMDQ_ERR) == 0)
		if (!d->setup.regs[0].ops->poll(d->setup.regs[0].context))
			return -SV3_ERR_TIMEOUT;
	SV3__TRY(repair(d, 0));
	return wait_for(d, 0, ticket.cons, false);
}

/* --- events --- */

/* A write that stalled is let go on once its page is there. */
static int serve(struct sv3__driver *d, uint32_t smmu, const struct sv3_fault_record *record)
{
	const sv3_iova page = record->iova & ~UINT64_C(4095);

	if (!record->stalled)
		return 0;
	SV3__TRY(sv3__driver_map(d, page, SV3_EXPLORE_DATA + (page - SV3_EXPLORE_IOVA), 4096, 12));
	SV3__TRY(sv3_cmdq_resume(&d->cmdqs[smmu], record->stream_id, record->stag, true));
	return sv3__driver_sync(d, smmu);
}

int sv3__driver_event(void *state, uint32_t smmu)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	const uint32_t mask = (2u << SV3__DRIVER_EVENTQ_LG2) - 1;
	const uint32_t prod = (uint32_t)read_reg(d, smmu, SV3_REG_EVENTQ_PROD) & mask;
	const uint32_t cons = (uint32_t)read_reg(d, smmu, SV3_REG_EVENTQ_CONS) & mask;
	struct sv3_fault_record record;
	uint8_t bytes[32];

	if (prod == cons)
		return 0;
	if (sv3_bus_read(&d->setup.bus, d->setup.eventqs[smmu] + 32 * (cons & (mask >> 1)), bytes,
			 sizeof(bytes)) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	sv3_fault_decode(bytes, &record);
	sv3__driver_write_reg(d, smmu, SV3_REG_EVENTQ_CONS, 4, (cons + 1) & mask);
	SV3__TRY(serve(d, smmu, &record));
	return 1;
}
