/* SPDX-License-Identifier: MIT */
/*
 * invalidate.c - what clears owe: TLBI by the configured scope, CMD_SYNC, and waiting for it; then
 * the same for devices behind an ATC: CMD_ATC_INV, CMD_SYNC.
 *
 * A clear tells what it owes (sv3__owe). Scopes that join what was cleared keep one gather a domain
 * until sv3__invalidate(); those that do not push each piece as soon as the next one begins. TLBIs
 * only ever follow their clears.
 */
#include "migration_priv.h"

/* Software gives up on a CMD_SYNC after this long, as drivers do. */
#define SYNC_PATIENCE SV3_PS_PER_S

/* Hears of a CMD_SYNC: sv3_migration_observer.invalidated and .atc_invalidated. */
typedef void (*listener)(void *context, sv3_ps pushed, sv3_ps consumed);

/* --- sync --- */

/* Who polls sees it at the next look. */
static sv3_ps next_look(const struct sv3__migration *m, sv3_ps began)
{
	const sv3_ps now = sv3_world_now(m->world), poll = m->costs.poll;

	return poll ? began + (now - began + poll - 1) / poll * poll : now;
}

/* Software sees it done after its own latency at the earliest; the hardware may take longer. */
static int wait_for_sync(struct sv3__migration *m, const struct sv3_cmdq_ticket *ticket,
			 sv3_ps pushed)
{
	const sv3_ps patience =
		SYNC_PATIENCE + m->costs.inv_latency + m->costs.cmdq_delay + m->costs.post_delay;
	const sv3_ps began = sv3_world_now(m->world);
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
	sv3_world_run_until(m->world, next_look(m, began));
	m->result->sync_time += sv3_world_now(m->world) - pushed;
	m->result->cpu_time += sv3_world_now(m->world) - pushed;
	return 0;
}

/* A CMD_SYNC behind commands of which the first was pushed @pushed. @tell: may be NULL. */
static int sync_since(struct sv3__migration *m, sv3_ps pushed, bool waits, listener tell)
{
	const sv3_ps began = sv3_world_now(m->world);
	sv3_ps consumed = SV3_PS_NEVER;
	struct sv3_cmdq_ticket ticket;
	int rc = sv3_cmdq_sync_begin(sv3_host_cmdq(m->host), &ticket);

	if (rc)
		return rc;
	m->result->sync++;
	if (waits) {
		sv3_world_phase(m->world, "wait for SYNC", true);
		rc = wait_for_sync(m, &ticket, pushed);
		sv3_world_phase(m->world, "wait for SYNC", false);
		consumed = sv3_world_now(m->world);
	}
	if (!rc && tell)
		tell(m->observer->context, began, consumed);
	return rc;
}

/* APPROX(T-008): alone it takes as long as a TLBI and SYNC pair. */
int sv3__sync(struct sv3__migration *m)
{
	return sync_since(m, sv3_world_now(m->world), true, NULL);
}

/* --- devices behind an ATC --- */

/* A TLBI over part of a domain was pushed. */
static int owe_atc(struct sv3__migration *m, const struct sv3__atc_range *range)
{
	struct sv3__atc_owed *owed = &m->atc_owed;
	struct sv3__atc_range *each;

	if (!sv3_host_has_ats(m->host))
		return 0;
	each = (struct sv3__atc_range *)sv3__grown(owed->each, owed->count + 1, &owed->capacity,
						   sizeof(*each));
	if (!each)
		return -SV3_ERR_NOMEM;
	owed->each = each;
	owed->each[owed->count++] = *range;
	return 0;
}

/* A TLBI of a domain's ASID was pushed. */
static void owe_atc_all(struct sv3__migration *m, uint32_t domain_index)
{
	if (sv3_host_has_ats(m->host))
		m->atc_owed.all |= UINT64_C(1) << domain_index;
}

static int push_atc_inv(struct sv3__migration *m, const struct sv3__atc_range *range)
{
	const int rc = sv3_host_atc_inv(m->host, range->domain_index, range->iova, range->len);

	m->result->atc_inv += rc > 0 ? (uint64_t)rc : 0;
	return rc;
}

static int push_owed(struct sv3__migration *m)
{
	struct sv3__atc_owed *owed = &m->atc_owed;
	int rc = 0;

	for (uint32_t i = 0; i < SV3_HOST_DOMAINS_MAX && rc >= 0; i++)
		if (owed->all >> i & 1)
			rc = push_atc_inv(m, &(struct sv3__atc_range){ .domain_index = i });
	for (uint64_t i = 0; i < owed->count && rc >= 0; i++)
		if (!(owed->all >> owed->each[i].domain_index & 1))
			rc = push_atc_inv(m, &owed->each[i]);
	owed->all = owed->count = 0;
	return rc < 0 ? rc : 0;
}

/*
 * Behind the CMD_SYNC of the TLBIs, with a CMD_SYNC of its own: a device that gave up a grant
 * before the TLB has forgotten it could be given the same again. [IHI0070 3.9.1] APPROX(T-043): it
 * takes as long as a TLBI and SYNC pair.
 */
static int pay_atc(struct sv3__migration *m, bool waits, listener tell)
{
	const sv3_ps pushed = sv3_world_now(m->world);
	int rc;

	if (!m->atc_owed.count && !m->atc_owed.all)
		return 0;
	rc = push_owed(m);
	return rc ? rc : sync_since(m, pushed, waits, tell);
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
	const struct sv3__atc_range range = { domain_index, gather->first,
					      gather->last - gather->first + 1 };
	int rc;

	if (!gather->leaf_count || m->config->bug == SV3_BUG_NO_TLBI)
		return 0;
	rc = sv3_cmdq_flush_gather(cmdq, domain->asid, domain->pt.config.granule_lg2, gather,
				   m->config->flush);
	m->result->tlbi += cmdq->tlbi_count - before;
	if (rc < 0 || m->config->bug == SV3_BUG_NO_ATC_INV)
		return rc < 0 ? rc : 0;
	if (m->config->flush != SV3_FLUSH_ALL)
		return owe_atc(m, &range);
	owe_atc_all(m, domain_index);
	return 0;
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

/* Who hears of what clears owe. Under a bug that leaves it out nobody does: what else is
 * invalidated must not be taken for it. */
static listener tlb_listener(const struct sv3__migration *m)
{
	return m->config->bug == SV3_BUG_NO_TLBI ? NULL : m->observer->invalidated;
}

static listener atc_listener(const struct sv3__migration *m)
{
	const enum sv3_bug bug = m->config->bug;

	return bug == SV3_BUG_NO_TLBI || bug == SV3_BUG_NO_ATC_INV ? NULL
								   : m->observer->atc_invalidated;
}

int sv3__complete(struct sv3__migration *m, sv3_ps pushed)
{
	const bool waits = m->config->bug != SV3_BUG_COPY_BEFORE_SYNC;
	int rc = sync_since(m, pushed, waits, tlb_listener(m));

	return rc ? rc : pay_atc(m, waits, atc_listener(m));
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

int sv3__invalidate_range(struct sv3__migration *m, uint32_t domain_index,
			  const struct sv3_tlbi_range *range)
{
	const sv3_ps pushed = sv3_world_now(m->world);
	/* Clears that wait for theirs must not be taken as invalidated by it. */
	const bool tells = !m->owes_sync;
	struct sv3_cmdq *cmdq = sv3_host_cmdq(m->host);
	const uint64_t before = cmdq->tlbi_count;
	struct sv3_tlbi_range tlbi = *range;
	int rc;

	tlbi.asid = sv3_host_domain(m->host, domain_index)->asid;
	rc = sv3_cmdq_tlbi_range(cmdq, &tlbi);
	m->result->tlbi += cmdq->tlbi_count - before;
	if (rc >= 0)
		rc = owe_atc(m, &(struct sv3__atc_range){ domain_index, range->iova, range->len });
	if (rc >= 0)
		rc = sync_since(m, pushed, true, tells ? tlb_listener(m) : NULL);
	return rc < 0 ? rc : pay_atc(m, true, tells ? atc_listener(m) : NULL);
}

int sv3__flush_all(struct sv3__migration *m)
{
	const sv3_ps pushed = sv3_world_now(m->world);
	const uint32_t count = sv3_host_domain_count(m->host);
	struct sv3_cmdq *cmdq = sv3_host_cmdq(m->host);

	for (uint32_t i = 0; i < count; i++) {
		int rc;

		sv3_pt_gather_init(&m->gathers[i]);
		if (m->config->bug == SV3_BUG_NO_TLBI)
			continue;
		rc = sv3_cmdq_tlbi_asid(cmdq, sv3_host_domain(m->host, i)->asid);
		if (rc < 0)
			return rc;
		m->result->tlbi++;
		if (m->config->bug != SV3_BUG_NO_ATC_INV)
			owe_atc_all(m, i);
	}
	m->owes_sync = false;
	return sv3__complete(m, pushed);
}
