/* SPDX-License-Identifier: MIT */
/*
 * commands.c - the command queue: commands are read where CMDQ_PROD publishes them, and are
 * complete when a CMD_SYNC behind them is consumed. [IHI0070 4.7.3, 3.21.2]
 *
 * Commands have numbers that never wrap; PROD and CONS are their lowest bits. A command that stops
 * the queue is never passed by CONS, so nothing behind it completes.
 */
#include "monitor_priv.h"

static unsigned int log2size(const struct sv3_monitor *m)
{
	return (unsigned int)SV3_GET(SV3_QUEUE_BASE_LOG2SIZE, m->cmdq_base);
}

static uint64_t wrap_mask(const struct sv3_monitor *m)
{
	return (UINT64_C(2) << log2size(m)) - 1;
}

/* --- TLBI --- */

/* [IHI0070 4.4.1.1] */
static void set_range(struct sv3__inval *inval, uint64_t dw0, uint64_t dw1)
{
	const unsigned int tg = (unsigned int)SV3_GET(SV3_CMD1_TLBI_TG, dw1);
	const uint64_t units = SV3_GET(SV3_CMD0_TLBI_NUM, dw0) + 1;
	const uint64_t scale = SV3_GET(SV3_CMD0_TLBI_SCALE, dw0);

	inval->leaf = dw1 & SV3_CMD1_TLBI_LEAF;
	inval->first = inval->last = dw1 & SV3_CMD1_TLBI_ADDR;
	if (!tg)
		return;
	inval->granule_lg2 = (uint8_t)(10 + 2 * tg);
	inval->level = (uint8_t)SV3_GET(SV3_CMD1_TLBI_TTL, dw1);
	if (inval->granule_lg2 == 14 && inval->level == 1)
		inval->level = 0;
	inval->last += (units << scale << inval->granule_lg2) - 1;
}

static void invalidate(struct sv3_monitor *m, uint64_t dw0, uint64_t dw1)
{
	const uint64_t op = SV3_GET(SV3_CMD0_OPCODE, dw0);
	struct sv3__inval inval = {
		.number = m->submitted,
		.tick = m->tick,
		.regime = op == SV3_CMD_TLBI_S2_IPA                                  ? SV3__STAGE2
			  : op >= SV3_CMD_TLBI_EL2_ALL && op <= SV3_CMD_TLBI_EL2_VAA ? SV3__EL2
										     : SV3__EL1,
		.any_vmid = !m->has_vmids || op == SV3_CMD_TLBI_NSNH_ALL,
		.any_asid = op != SV3_CMD_TLBI_NH_ASID && op != SV3_CMD_TLBI_NH_VA &&
			    op != SV3_CMD_TLBI_EL2_ASID && op != SV3_CMD_TLBI_EL2_VA,
		.any_address = op != SV3_CMD_TLBI_NH_VA && op != SV3_CMD_TLBI_NH_VAA &&
			       op != SV3_CMD_TLBI_EL2_VA && op != SV3_CMD_TLBI_EL2_VAA &&
			       op != SV3_CMD_TLBI_S2_IPA,
		.all_stages = op == SV3_CMD_TLBI_S12_VMALL || op == SV3_CMD_TLBI_NSNH_ALL,
		.vmid = (uint32_t)SV3_GET(SV3_CMD0_TLBI_VMID, dw0),
		.asid = (uint32_t)SV3_GET(SV3_CMD0_TLBI_ASID, dw0),
	};

	/* Without E2H there are no ASIDs. [IHI0070 4.4.3] */
	if (inval.regime == SV3__EL2 && !(m->cr2 & SV3_CR2_E2H))
		inval.any_asid = true;
	if (!inval.any_address)
		set_range(&inval, dw0, dw1);
	sv3__owed_invalidate(m, &inval);
}

static void invalidate_atc(struct sv3_monitor *m, uint64_t dw0, uint64_t dw1)
{
	const unsigned int size = (unsigned int)SV3_GET(SV3_CMD1_ATC_SIZE, dw1);
	struct sv3__inval inval = { .number = m->submitted, .any_address = size >= 52 };

	if (!inval.any_address) {
		const uint64_t mask = sv3__span_mask(SV3_PAGE_LG2 + size);

		inval.first = dw1 & SV3_CMD1_ATC_ADDR & ~mask;
		inval.last = inval.first | mask;
	}
	sv3__owed_atc_inv(m, (uint32_t)SV3_GET(SV3_CMD0_SID, dw0), &inval);
}

/* --- CMD_CFGI --- */

static void invalidate_config(struct sv3_monitor *m, uint64_t dw0, uint64_t dw1)
{
	const uint64_t op = SV3_GET(SV3_CMD0_OPCODE, dw0);
	const uint32_t stream_id = (uint32_t)SV3_GET(SV3_CMD0_SID, dw0);
	const unsigned int range = (unsigned int)SV3_GET(SV3_CMD1_CFGI_RANGE, dw1);
	struct sv3__cfgi cfgi = {
		.number = m->submitted,
		.first = stream_id,
		.last = stream_id,
		.substream_id =
			op == SV3_CMD_CFGI_CD ? (uint32_t)SV3_GET(SV3_CMD0_SSID, dw0) : UINT32_MAX,
		.cds_only = op == SV3_CMD_CFGI_CD || op == SV3_CMD_CFGI_CD_ALL,
		.leaf = op != SV3_CMD_CFGI_STE_RANGE && (dw1 & SV3_CMD1_CFGI_LEAF),
	};

	if (op == SV3_CMD_CFGI_STE_RANGE) {
		const uint32_t mask = (uint32_t)sv3__span_mask(range + 1);

		cfgi.first = stream_id & ~mask;
		cfgi.last = stream_id | mask;
	}
	sv3__structure_invalidate(m, &cfgi);
}

/* --- submitted --- */

/* More of them than there is room for: the oldest are taken for complete with the next. */
static void note_sync(struct sv3_monitor *m)
{
	m->last_sync = m->submitted + 1;
	if (m->sync_count == SV3__SYNCS_MAX) {
		m->sync_head = (m->sync_head + 1) % SV3__SYNCS_MAX;
		m->sync_count--;
	}
	m->syncs[(m->sync_head + m->sync_count++) % SV3__SYNCS_MAX] = m->submitted + 1;
}

static void submit(struct sv3_monitor *m, uint64_t dw0, uint64_t dw1)
{
	m->tick++;
	m->stats.commands++;
	switch (SV3_GET(SV3_CMD0_OPCODE, dw0)) {
	case SV3_CMD_CFGI_STE:
	case SV3_CMD_CFGI_STE_RANGE:
	case SV3_CMD_CFGI_CD:
	case SV3_CMD_CFGI_CD_ALL:
		invalidate_config(m, dw0, dw1);
		break;
	case SV3_CMD_TLBI_NH_ALL:
	case SV3_CMD_TLBI_NH_ASID:
	case SV3_CMD_TLBI_NH_VA:
	case SV3_CMD_TLBI_NH_VAA:
	case SV3_CMD_TLBI_EL2_ALL:
	case SV3_CMD_TLBI_EL2_ASID:
	case SV3_CMD_TLBI_EL2_VA:
	case SV3_CMD_TLBI_EL2_VAA:
	case SV3_CMD_TLBI_S12_VMALL:
	case SV3_CMD_TLBI_S2_IPA:
	case SV3_CMD_TLBI_NSNH_ALL:
		invalidate(m, dw0, dw1);
		break;
	case SV3_CMD_ATC_INV:
		invalidate_atc(m, dw0, dw1);
		break;
	case SV3_CMD_SYNC:
		note_sync(m);
		break;
	default:
		break;
	}
	m->submitted++;
}

static sv3_pa place_of(const struct sv3_monitor *m, uint64_t number)
{
	return (m->cmdq_base & SV3_QUEUE_BASE_ADDR) +
	       (number & (wrap_mask(m) >> 1)) * SV3_CMD_SIZE_BYTES;
}

void sv3__commands_submit(struct sv3_monitor *m, uint32_t prod)
{
	const uint64_t size = UINT64_C(1) << log2size(m);
	const uint64_t count = (prod - m->submitted) & wrap_mask(m);
	uint64_t words[2];

	if (!(m->cr0 & SV3_CR0_CMDQEN)) {
		/* What stands before PROD is no command; numbers go on. */
		m->submitted = (m->submitted | wrap_mask(m)) + 1 + (prod & wrap_mask(m));
		m->consumed = m->submitted;
		m->sync_count = 0;
		return;
	}
	sv3__catch_up(m);
	if (m->submitted + count - m->consumed > size)
		sv3__find(m, &(const struct sv3_monitor_finding){ .rule = SV3_MONITOR_CMDQ_INDEX,
								  .stream_id = UINT32_MAX,
								  .first = SV3_REG_CMDQ_PROD,
								  .last = SV3_REG_CMDQ_PROD,
								  .input = SV3_REG_CMDQ_PROD,
								  .changed = sv3__position(m),
								  .found = sv3__position(m),
								  .before = m->submitted &
									    wrap_mask(m),
								  .now = prod });
	sv3__audit(m);
	for (uint64_t i = 0; i < count && i < size; i++) {
		if (!sv3__read_words(m, place_of(m, m->submitted), words, 2))
			words[0] = words[1] = 0;
		submit(m, words[0], words[1]);
	}
}

/* --- consumed --- */

/* Returns: false: it is older than what was known. */
static bool consume(struct sv3_monitor *m, uint32_t cons)
{
	const uint64_t left = (m->submitted - cons) & wrap_mask(m);

	if (left > m->submitted - m->consumed)
		return false;
	m->consumed = m->submitted - left;
	return true;
}

void sv3__commands_seen(struct sv3_monitor *m, uint32_t cons)
{
	if (!consume(m, cons))
		return;
	if (!m->sync_count || m->syncs[m->sync_head] > m->consumed)
		return;
	while (m->sync_count && m->syncs[m->sync_head] <= m->consumed) {
		m->synced = m->syncs[m->sync_head];
		m->sync_head = (m->sync_head + 1) % SV3__SYNCS_MAX;
		m->sync_count--;
	}
	sv3__owed_complete(m, m->synced);
	sv3__structure_complete(m, m->synced);
}

void sv3__catch_up(struct sv3_monitor *m)
{
	uint32_t cons;

	if (!m->config.peek || (m->submitted == m->consumed && !m->sync_count))
		return;
	cons = (uint32_t)m->config.peek(m->config.context, SV3_REG_CMDQ_CONS, 4);
	if (m->config.sync_is_read)
		(void)consume(m, cons);
	else
		sv3__commands_seen(m, cons);
}

/* --- stores into the queue --- */

/* The command in error is software's to replace before it acknowledges the error. [IHI0070 7.1]
 * Where registers cannot be looked at it may be one. */
static bool may_be_in_error(const struct sv3_monitor *m)
{
	uint64_t active;

	if (!m->config.peek)
		return true;
	active = m->config.peek(m->config.context, SV3_REG_GERROR, 4) ^
		 m->config.peek(m->config.context, SV3_REG_GERRORN, 4);
	return active & SV3_GERROR_CMDQ_ERR;
}

void sv3__commands_store(struct sv3_monitor *m, sv3_pa pa, uint64_t before, uint64_t now)
{
	const uint64_t offset = pa - (m->cmdq_base & SV3_QUEUE_BASE_ADDR);
	const uint64_t size = UINT64_C(1) << log2size(m);
	uint64_t ahead;

	if (!(m->cr0 & SV3_CR0_CMDQEN) || offset >= size * SV3_CMD_SIZE_BYTES ||
	    m->submitted == m->consumed)
		return;
	sv3__catch_up(m);
	ahead = (offset / SV3_CMD_SIZE_BYTES - m->consumed) & (size - 1);
	if (ahead >= m->submitted - m->consumed || (ahead == 0 && may_be_in_error(m)))
		return;
	sv3__find(m, &(const struct sv3_monitor_finding){ .rule = SV3_MONITOR_CMDQ_OVERWRITE,
							  .stream_id = UINT32_MAX,
							  .first = pa,
							  .last = pa + 7,
							  .input = pa,
							  .changed = sv3__position(m),
							  .found = sv3__position(m),
							  .pa = pa,
							  .before = before,
							  .now = now });
}
