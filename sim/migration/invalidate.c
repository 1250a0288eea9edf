/* SPDX-License-Identifier: MIT */
/*
 * invalidate.c - what clears owe: TLBI by the configured scope, CMD_SYNC, and waiting for it.
 *
 * A clear tells what it owes (sv3__owe). Scopes that join what was cleared keep one gather a domain
 * until sv3__invalidate(); those that do not push each piece as soon as the next one begins. TLBIs
 * only ever follow their clears.
 */
#include "migration_priv.h"

/* Software gives up on a CMD_SYNC after this long, as drivers do. */
#define SYNC_PATIENCE SV3_PS_PER_S

/* --- sync --- */

/* Software sees it done after its own latency at the earliest; the hardware may take longer. */
int sv3__wait_for_sync(struct sv3__migration *m, const struct sv3_cmdq_ticket *ticket,
		       sv3_ps pushed)
{
	const sv3_ps patience =
		SYNC_PATIENCE + m->costs.inv_latency + m->costs.cmdq_delay + m->costs.post_delay;
	struct sv3_cmdq *cmdq = sv3_host_cmdq(m->host);

	for (;;) {
		const int rc = sv3_cmdq_sync_done(cmdq, ticket);
		const sv3_ps next = sv3_world_next_event(m->world);

		if (rc < 0)
			return rc;
		if (rc)
			break;
		if (next == SV3_PS_NEVER || next > pushed + patience)
			return -SV3_ERR_TIMEOUT;
		sv3_world_run_until(m->world, next);
	}
	sv3_world_run_until(m->world, pushed + m->costs.inv_latency);
	m->result->sync_time += sv3_world_now(m->world) - pushed;
	return 0;
}

/* A CMD_SYNC behind commands pushed @pushed, waited for. */
static int sync_since(struct sv3__migration *m, sv3_ps pushed)
{
	struct sv3_cmdq_ticket ticket;
	int rc = sv3_cmdq_sync_begin(sv3_host_cmdq(m->host), &ticket);

	if (rc)
		return rc;
	m->result->sync++;
	return sv3__wait_for_sync(m, &ticket, pushed);
}

/* APPROX(T-008): alone it takes as long as a TLBI and SYNC pair. */
int sv3__sync(struct sv3__migration *m)
{
	return sync_since(m, sv3_world_now(m->world));
}

/* --- TLBI --- */

static void gather_merge(struct sv3_pt_gather *into, const struct sv3_pt_gather *from)
{
	if (!from->leaf_count)
		return;
	into->first = from->first < into->first ? from->first : into->first;
	into->last = from->last > into->last ? from->last : into->last;
	into->leaf_count += from->leaf_count;
	if (from->leaf_span_lg2 < into->leaf_span_lg2)
		into->leaf_span_lg2 = from->leaf_span_lg2;
	if (from->leaf_span_max_lg2 > into->leaf_span_max_lg2)
		into->leaf_span_max_lg2 = from->leaf_span_max_lg2;
}

int sv3__push_tlbi(struct sv3__migration *m, uint32_t domain_index,
		   const struct sv3_pt_gather *gather)
{
	const struct sv3_domain *domain = sv3_host_domain(m->host, domain_index);
	struct sv3_cmdq *cmdq = sv3_host_cmdq(m->host);
	const uint64_t before = cmdq->tlbi_count;
	int rc;

	if (!gather->leaf_count || m->config->bug == SV3_BUG_NO_TLBI)
		return 0;
	rc = sv3_cmdq_flush_gather(cmdq, domain->asid, domain->pt.config.granule_lg2, gather,
				   m->config->flush);
	m->result->tlbi += cmdq->tlbi_count - before;
	return rc < 0 ? rc : 0;
}

/* The TLBI for what a domain has gathered, which is then forgotten. */
static int push_gather(struct sv3__migration *m, uint32_t domain_index)
{
	const struct sv3_pt_gather gather = m->gathers[domain_index];

	sv3_pt_gather_init(&m->gathers[domain_index]);
	return sv3__push_tlbi(m, domain_index, &gather);
}

/* Whether a piece joins what was gathered before, by scope. */
static bool joins(enum sv3_flush_scope scope, const struct sv3_pt_gather *gather,
		  const struct sv3_pt_gather *piece)
{
	if (!gather->leaf_count || scope == SV3_FLUSH_ALL)
		return true;
	if (scope == SV3_FLUSH_PAGE)
		return false;
	return scope != SV3_FLUSH_RUNS || piece->first == gather->last + 1;
}

int sv3__owe(struct sv3__migration *m, uint32_t domain_index, const struct sv3_pt_gather *piece)
{
	struct sv3_pt_gather *gather = &m->gathers[domain_index];
	int rc = 0;

	if (!joins(m->config->flush, gather, piece))
		rc = push_gather(m, domain_index);
	gather_merge(gather, piece);
	m->owes_sync = true;
	return rc;
}

static int push_all_gathers(struct sv3__migration *m)
{
	const uint32_t count = sv3_host_domain_count(m->host);
	int rc = 0;

	for (uint32_t i = 0; i < count && !rc; i++)
		rc = push_gather(m, i);
	return rc;
}

int sv3__complete(struct sv3__migration *m, sv3_ps pushed)
{
	const bool tells = m->config->bug != SV3_BUG_NO_TLBI && m->observer->invalidated;
	sv3_ps consumed = SV3_PS_NEVER;
	struct sv3_cmdq_ticket ticket;
	int rc = sv3_cmdq_sync_begin(sv3_host_cmdq(m->host), &ticket);

	if (rc)
		return rc;
	m->result->sync++;
	if (m->config->bug != SV3_BUG_COPY_BEFORE_SYNC) {
		rc = sv3__wait_for_sync(m, &ticket, pushed);
		consumed = sv3_world_now(m->world);
	}
	if (!rc && tells)
		m->observer->invalidated(m->observer->context, pushed, consumed);
	return rc;
}

int sv3__invalidate(struct sv3__migration *m)
{
	const sv3_ps pushed = sv3_world_now(m->world);
	int rc = push_all_gathers(m);

	if (rc || !m->owes_sync)
		return rc;
	m->owes_sync = false;
	return sv3__complete(m, pushed);
}

int sv3__invalidate_range(struct sv3__migration *m, const struct sv3_tlbi_range *range)
{
	const sv3_ps pushed = sv3_world_now(m->world);
	struct sv3_cmdq *cmdq = sv3_host_cmdq(m->host);
	const uint64_t before = cmdq->tlbi_count;
	int rc = sv3_cmdq_tlbi_range(cmdq, range);

	m->result->tlbi += cmdq->tlbi_count - before;
	if (rc >= 0)
		rc = sync_since(m, pushed);
	/* Clears that wait for theirs must not be taken as invalidated by it. */
	if (!rc && !m->owes_sync && m->observer->invalidated)
		m->observer->invalidated(m->observer->context, pushed, sv3_world_now(m->world));
	return rc;
}

int sv3__flush_all(struct sv3__migration *m)
{
	const sv3_ps pushed = sv3_world_now(m->world);
	const uint32_t count = sv3_host_domain_count(m->host);
	struct sv3_cmdq *cmdq = sv3_host_cmdq(m->host);

	for (uint32_t i = 0; i < count; i++) {
		sv3_pt_gather_init(&m->gathers[i]);
		if (m->config->bug != SV3_BUG_NO_TLBI) {
			int rc = sv3_cmdq_tlbi_asid(cmdq, sv3_host_domain(m->host, i)->asid);

			if (rc < 0)
				return rc;
			m->result->tlbi++;
		}
	}
	m->owes_sync = false;
	return sv3__complete(m, pushed);
}
