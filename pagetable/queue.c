/* SPDX-License-Identifier: MIT */
/*
 * queue.c - the producer side of the command queue.
 *
 * PROD and CONS count modulo twice the queue's size: the bit above the index is the wrap bit.
 * [IHI0070 3.5.1] So PROD - CONS, taken modulo that, is the number of commands not consumed yet, 0
 * to the size.
 */
#include "pagetable_priv.h"

static uint64_t opcode_bits(uint32_t opcode)
{
	return SV3_PUT(SV3_CMD0_OPCODE, opcode);
}

static uint64_t reg_read(const struct sv3_cmdq *cmdq, uint32_t offset, uint32_t size)
{
	return cmdq->regs.ops->read(cmdq->regs.context, offset, size);
}

static void reg_write(const struct sv3_cmdq *cmdq, uint32_t offset, uint32_t size, uint64_t value)
{
	cmdq->regs.ops->write(cmdq->regs.context, offset, size, value);
}

static uint32_t queue_size(const struct sv3_cmdq *cmdq)
{
	return UINT32_C(1) << cmdq->log2size;
}

/* @ahead - @behind: both are PROD or CONS values. */
static uint32_t queue_distance(const struct sv3_cmdq *cmdq, uint32_t ahead, uint32_t behind)
{
	return (ahead - behind) & (2 * queue_size(cmdq) - 1);
}

/* --- Set-up --- */

static bool cmdqen_is(const struct sv3_cmdq *cmdq, bool enabled)
{
	return ((reg_read(cmdq, SV3_REG_CR0ACK, 4) & SV3_CR0_CMDQEN) != 0) == enabled;
}

/* [IHI0070 6.3.9] The change is complete when CR0ACK shows it. */
static int cmdqen_set(const struct sv3_cmdq *cmdq, bool enabled)
{
	const uint64_t others = reg_read(cmdq, SV3_REG_CR0, 4) & ~SV3_CR0_CMDQEN;

	reg_write(cmdq, SV3_REG_CR0, 4, others | (enabled ? SV3_CR0_CMDQEN : 0));
	while (!cmdqen_is(cmdq, enabled))
		if (!cmdq->regs.ops->poll(cmdq->regs.context))
			return cmdqen_is(cmdq, enabled) ? 0 : -SV3_ERR_TIMEOUT;
	return 0;
}

int sv3_cmdq_init(struct sv3_cmdq *cmdq, const struct sv3_bus *bus, const struct sv3_regport *regs,
		  sv3_pa base, uint32_t log2size)
{
	const uint64_t size_bytes = (uint64_t)SV3_CMD_SIZE_BYTES << (log2size & 31);
	const uint64_t align = size_bytes > 32 ? size_bytes : 32;
	int rc;

	*cmdq = (struct sv3_cmdq){ .bus = *bus, .regs = *regs, .base = base, .log2size = log2size };
	if (log2size > SV3_GET(SV3_IDR1_CMDQS, reg_read(cmdq, SV3_REG_IDR1, 4)) || log2size > 19 ||
	    (base & (align - 1)) != 0 || (base & ~SV3_QUEUE_BASE_ADDR) != 0)
		return -SV3_ERR_INVAL;
	cmdq->has_ranges = (reg_read(cmdq, SV3_REG_IDR3, 4) & SV3_IDR3_RIL) != 0;
	/* [IHI0070 6.3.26] BASE and CONS can be written only while the queue is off. */
	rc = cmdqen_set(cmdq, false);
	if (rc < 0)
		return rc;
	reg_write(cmdq, SV3_REG_CMDQ_BASE, 8, base | SV3_PUT(SV3_QUEUE_BASE_LOG2SIZE, log2size));
	reg_write(cmdq, SV3_REG_CMDQ_PROD, 4, 0);
	reg_write(cmdq, SV3_REG_CMDQ_CONS, 4, 0);
	return cmdqen_set(cmdq, true);
}

/* --- Push --- */

/* One look at CMDQ_CONS. Returns: 0, or -SV3_ERR_FORMAT: stopped on a command error. */
static int cons_refresh(struct sv3_cmdq *cmdq)
{
	const uint64_t cons = reg_read(cmdq, SV3_REG_CMDQ_CONS, 4);
	uint64_t active;

	cmdq->cons = (uint32_t)cons & (2 * queue_size(cmdq) - 1);
	if (SV3_GET(SV3_CMDQ_CONS_ERR, cons) == SV3_CERROR_NONE)
		return 0;
	/* [IHI0070 7.5] The reason code outlives the error; what is not acknowledged is active. */
	active = reg_read(cmdq, SV3_REG_GERROR, 4) ^ reg_read(cmdq, SV3_REG_GERRORN, 4);
	return active & SV3_GERROR_CMDQ_ERR ? -SV3_ERR_FORMAT : 0;
}

static bool queue_is_full(const struct sv3_cmdq *cmdq)
{
	return queue_distance(cmdq, cmdq->prod, cmdq->cons) == queue_size(cmdq);
}

/* Returns: 0, or -SV3_ERR_TIMEOUT if no command will ever be consumed. */
static int room_wait(struct sv3_cmdq *cmdq)
{
	bool going = true;

	if (!queue_is_full(cmdq))
		return 0;
	/* What was pushed but not rung could not be consumed, and we would wait for ever. */
	sv3_cmdq_ring(cmdq);
	for (;;) {
		if (cons_refresh(cmdq) < 0)
			return -SV3_ERR_TIMEOUT;
		if (!queue_is_full(cmdq))
			return 0;
		if (!going)
			return -SV3_ERR_TIMEOUT;
		going = cmdq->regs.ops->poll(cmdq->regs.context);
	}
}

int sv3_cmdq_push(struct sv3_cmdq *cmdq, uint64_t dw0, uint64_t dw1)
{
	uint8_t bytes[SV3_CMD_SIZE_BYTES];
	const int rc = room_wait(cmdq);
	sv3_pa pa;

	if (rc < 0)
		return rc;
	/* While room was waited for, another user of this producer may have pushed. */
	pa = cmdq->base + (uint64_t)(cmdq->prod & (queue_size(cmdq) - 1)) * SV3_CMD_SIZE_BYTES;
	sv3_put_le64(bytes, dw0);
	sv3_put_le64(bytes + 8, dw1);
	if (sv3_bus_write(&cmdq->bus, pa, bytes, sizeof bytes) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	sv3_bus_maintain(&cmdq->bus, pa, sizeof bytes, SV3_MAINTAIN_CLEAN);
	cmdq->prod = (cmdq->prod + 1) & (2 * queue_size(cmdq) - 1);
	return 0;
}

void sv3_cmdq_ring(struct sv3_cmdq *cmdq)
{
	reg_write(cmdq, SV3_REG_CMDQ_PROD, 4, cmdq->prod);
}

/* --- Configuration --- */

static int cfgi_push(struct sv3_cmdq *cmdq, uint64_t dw0, uint64_t dw1)
{
	const int rc = sv3_cmdq_push(cmdq, dw0, dw1);

	cmdq->cfgi_count += rc == 0;
	return rc;
}

int sv3_cmdq_cfgi_all(struct sv3_cmdq *cmdq)
{
	return cfgi_push(cmdq, opcode_bits(SV3_CMD_CFGI_STE_RANGE),
			 SV3_PUT(SV3_CMD1_CFGI_RANGE, 31));
}

int sv3_cmdq_cfgi_ste(struct sv3_cmdq *cmdq, uint32_t stream_id, bool leaf)
{
	return cfgi_push(cmdq, opcode_bits(SV3_CMD_CFGI_STE) | SV3_PUT(SV3_CMD0_SID, stream_id),
			 leaf ? SV3_CMD1_CFGI_LEAF : 0);
}

int sv3_cmdq_cfgi_cd(struct sv3_cmdq *cmdq, uint32_t stream_id, uint32_t substream_id, bool leaf)
{
	return cfgi_push(cmdq,
			 opcode_bits(SV3_CMD_CFGI_CD) | SV3_PUT(SV3_CMD0_SID, stream_id) |
				 SV3_PUT(SV3_CMD0_SSID, substream_id),
			 leaf ? SV3_CMD1_CFGI_LEAF : 0);
}

/* --- Stalls --- */

/* [IHI0070 4.7.1] Ac: try again; without it Ab: abort. */
int sv3_cmdq_resume(struct sv3_cmdq *cmdq, uint32_t stream_id, uint32_t stag, bool retry)
{
	return sv3_cmdq_push(cmdq,
			     opcode_bits(SV3_CMD_RESUME) | SV3_PUT(SV3_CMD0_SID, stream_id) |
				     (retry ? SV3_CMD0_RESUME_AC : SV3_CMD0_RESUME_AB),
			     SV3_PUT(SV3_CMD1_RESUME_STAG, stag));
}

int sv3_cmdq_stall_term(struct sv3_cmdq *cmdq, uint32_t stream_id)
{
	return sv3_cmdq_push(cmdq,
			     opcode_bits(SV3_CMD_STALL_TERM) | SV3_PUT(SV3_CMD0_SID, stream_id), 0);
}

/* --- Sync --- */

static int barrier_push(struct sv3_cmdq *cmdq, uint64_t dw0, uint64_t dw1)
{
	const int rc = sv3_cmdq_push(cmdq, opcode_bits(SV3_CMD_SYNC) | dw0, dw1);

	cmdq->sync_count += rc == 0;
	return rc;
}

int sv3_cmdq_barrier(struct sv3_cmdq *cmdq)
{
	return barrier_push(cmdq, SV3_PUT(SV3_CMD0_SYNC_CS, SV3_SYNC_CS_NONE), 0);
}

static int sync_push(struct sv3_cmdq *cmdq, struct sv3_cmdq_ticket *ticket, uint64_t dw0,
		     uint64_t dw1)
{
	const int rc = barrier_push(cmdq, dw0, dw1);

	if (rc < 0)
		return rc;
	ticket->cons = cmdq->prod;
	sv3_cmdq_ring(cmdq);
	return 0;
}

int sv3_cmdq_sync_begin(struct sv3_cmdq *cmdq, struct sv3_cmdq_ticket *ticket)
{
	return sync_push(cmdq, ticket, SV3_PUT(SV3_CMD0_SYNC_CS, SV3_SYNC_CS_NONE), 0);
}

int sv3_cmdq_sync_begin_msi(struct sv3_cmdq *cmdq, struct sv3_cmdq_ticket *ticket, sv3_pa msi_pa,
			    uint32_t msi_data)
{
	/* [IHI0070 4.7.3] Inner Shareable (MSH, bits 23:22), Write-Back (MSIAttr, 27:24). */
	const uint64_t attributes = SV3_PUT(SV3_BITS(23, 22), 3) | SV3_PUT(SV3_BITS(27, 24), 0xf);

	return sync_push(cmdq, ticket,
			 SV3_PUT(SV3_CMD0_SYNC_CS, SV3_SYNC_CS_IRQ) | attributes |
				 SV3_PUT(SV3_CMD0_SYNC_MSIDATA, msi_data),
			 msi_pa & SV3_CMD1_SYNC_MSIADDR);
}

int sv3_cmdq_sync_done(struct sv3_cmdq *cmdq, const struct sv3_cmdq_ticket *ticket)
{
	const int rc = cons_refresh(cmdq);

	/*
	 * Consumed, when no more commands are left than were pushed after it. Both numbers count
	 * back from PROD; what is left never exceeds the queue's size, so a SYNC that was not
	 * consumed is never taken for one that was, however often the queue has wrapped.
	 */
	if (queue_distance(cmdq, cmdq->prod, cmdq->cons) <=
	    queue_distance(cmdq, cmdq->prod, ticket->cons))
		return 1;
	return rc;
}

int sv3_cmdq_sync(struct sv3_cmdq *cmdq)
{
	struct sv3_cmdq_ticket ticket;
	bool going = true;
	int rc = sv3_cmdq_sync_begin(cmdq, &ticket);

	while (rc == 0) {
		rc = sv3_cmdq_sync_done(cmdq, &ticket);
		if (rc == 0 && !going)
			return -SV3_ERR_TIMEOUT;
		if (rc == 0)
			going = cmdq->regs.ops->poll(cmdq->regs.context);
	}
	return rc < 0 ? rc : 0;
}
