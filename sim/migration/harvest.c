/* SPDX-License-Identifier: MIT */
/*
 * harvest.c - the steps that policies are made of: scan, clear, invalidate, sync; their cost.
 *
 * Every descriptor is read, and every leaf cleared, at its own time: the device goes on between two
 * of them. That stays cheap because nothing can happen between two events of the world: as many
 * descriptors as are read before the next event are read in one call, and the clock follows.
 */
#include "migration_priv.h"

/* Software gives up on a CMD_SYNC after this long, as drivers do. */
#define SYNC_PATIENCE SV3_PS_PER_S

/* Live mappings of one page that one clear looks at. What lies beyond stays dirty and is reported
 * again. */
#define ALIASES_MAX 64u

/* A table of the host, reached through another bus than the host's own. */
static struct sv3_pt table_of(const struct sv3_domain *domain, const struct sv3_bus *bus)
{
	struct sv3_pt pt = domain->pt;

	pt.bus = *bus;
	return pt;
}

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

/* --- scan --- */

/* Descriptors that are read before anything else happens in the world; at least one. */
static uint64_t quiet_descriptors(struct sv3__migration *m)
{
	sv3_ps now, next;

	/* With a price on bus accesses time passes inside the call: one descriptor at a time. */
	if (m->costs.access)
		return 1;
	/* What software just caused and is due at once; a row of the driver may take longer. */
	sv3_world_run_until(m->world, sv3_world_now(m->world));
	now = sv3_world_now(m->world);
	next = sv3_world_next_event(m->world);
	if (next <= now)
		return 1;
	if (!m->costs.scan || next == SV3_PS_NEVER)
		return UINT64_MAX;
	return (next - now - 1) / m->costs.scan + 1;
}

struct span {
	sv3_pa pa;
	uint64_t len;
};

/* The leaf that maps @iova was cleared @at: which is it, and tell who wants to know. */
static struct span note_cleared(struct sv3__migration *m, const struct sv3_domain *domain,
				sv3_iova iova, sv3_ps at)
{
	const struct sv3_pt pt = table_of(domain, &m->free_bus);
	struct sv3_pt_leaf leaf;
	struct span span;

	/* No time has passed since the clear, so it is still mapped, and looking costs nothing. */
	if (sv3_pt_lookup(&pt, iova, &leaf))
		return (struct span){ 0, 0 };
	span = (struct span){ leaf.pa, UINT64_C(1) << leaf.span_lg2 };
	if (m->observer->leaf_cleared)
		m->observer->leaf_cleared(m->observer->context, span.pa, span.len, at);
	return span;
}

/* Reads descriptors until the next event or, clearing, the first dirty leaf. As
 * sv3_dirty_scan_run(). */
static int scan_piece(struct sv3__migration *m, const struct sv3_domain *domain,
		      struct sv3_dirty_scan *scan, struct sv3_pt_gather *gather)
{
	const bool clears = (scan->flags & SV3_DIRTY_CLEAR) != 0;
	const uint64_t visited_before = scan->leaves_visited;
	struct sv3_pt_gather piece;
	uint64_t visited;
	sv3_ps spent;
	int rc;

	sv3_pt_gather_init(&piece);
	rc = sv3_dirty_scan_run(scan, quiet_descriptors(m), clears ? 1 : UINT64_MAX, &m->reported,
				&piece);
	if (rc < 0)
		return rc;
	visited = scan->leaves_visited - visited_before;
	m->result->scan_descriptors += visited;
	spent = visited * m->costs.scan;
	if (piece.leaf_count) {
		/* It was the last one read; the clock is moved below, for all that were. */
		note_cleared(m, domain, piece.first,
			     sv3_world_now(m->world) + (visited - 1) * m->costs.scan);
		gather_merge(gather, &piece);
		m->result->leaves_cleared++;
		spent += m->costs.clear;
	}
	sv3_world_advance(m->world, spent);
	return rc;
}

int sv3__scan(struct sv3__migration *m, uint32_t flags)
{
	const uint32_t count = sv3_host_domain_count(m->host);

	for (uint32_t i = 0; i < count; i++) {
		const struct sv3_domain *domain = sv3_host_domain(m->host, i);
		const struct sv3_pt pt = table_of(domain, &m->bus);
		struct sv3_dirty_scan scan;
		int rc = 0;

		if (!domain->scan_size)
			continue;
		sv3_dirty_scan_begin(&scan, &pt, domain->scan_base, domain->scan_size, flags);
		while (!rc)
			rc = scan_piece(m, domain, &scan, &m->gathers[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int sv3__start_clean(struct sv3__migration *m)
{
	int rc = sv3__scan(m, SV3_DIRTY_CLEAR);

	if (!rc)
		rc = sv3__invalidate(m);
	/* Those not settled may still be written: they are kept for the first round. */
	sv3_host_collect_unmapped(m->host, &m->reported, true);
	sv3_dirty_log_clear_all(&m->reported);
	return rc;
}

/* --- clear what was reported --- */

void sv3__log_drop(struct sv3_dirty_log *log, uint64_t first, uint64_t end)
{
	end = end < log->page_count ? end : log->page_count;
	while (first < end) {
		const uint64_t shift = first % 64;
		const uint64_t count = end - first < 64 - shift ? end - first : 64 - shift;

		log->words[first / 64] &= ~((UINT64_MAX >> (64 - count)) << shift);
		first += count;
	}
}

void sv3__log_merge(struct sv3_dirty_log *log, const struct sv3_dirty_log *other)
{
	const uint64_t words = sv3_dirty_log_words(log->page_count);

	for (uint64_t i = 0; i < words; i++)
		log->words[i] |= other->words[i];
}

/* The pages of [pa, pa + len) were cleared: a second clear before the next report would hide a
 * write. */
static void drop_pages(struct sv3_dirty_log *log, sv3_pa pa, uint64_t len)
{
	const uint64_t behind = pa + len;
	const uint64_t first = pa > log->base ? (pa - log->base) >> SV3_PAGE_LG2 : 0;

	if (behind > log->base)
		sv3__log_drop(log, first, (behind - log->base) >> SV3_PAGE_LG2);
}

/* The leaf of one mapping. Returns: 1 with what was cleared in @span, 0: nothing, or an error. */
static int clear_leaf(struct sv3__migration *m, const struct sv3_host_alias *alias,
		      struct span *span)
{
	const struct sv3_domain *domain = sv3_host_domain(m->host, alias->domain_index);
	const struct sv3_pt pt = table_of(domain, &m->bus);
	const int span_lg2 =
		sv3_dirty_clear(&pt, alias->iova, &m->pending, &m->gathers[alias->domain_index]);

	if (span_lg2 <= 0)
		return span_lg2;
	m->result->leaves_cleared++;
	*span = note_cleared(m, domain, alias->iova, sv3_world_now(m->world));
	sv3_world_advance(m->world, m->costs.clear);
	return 1;
}

/*
 * Every live mapping of a page. The pages of all leaves stay pending until the last of them is
 * done: the page may be mapped twice, and a mapping left dirty would only report it again.
 */
static int clear_page(struct sv3__migration *m, uint64_t page)
{
	struct sv3_host_alias aliases[ALIASES_MAX];
	struct span cleared[ALIASES_MAX];
	uint32_t cleared_count = 0;
	uint32_t count = sv3_host_aliases(m->host, m->pending.base + page * SV3_PAGE_SIZE, aliases,
					  ALIASES_MAX);

	count = count < ALIASES_MAX ? count : ALIASES_MAX;
	for (uint32_t i = 0; i < count; i++) {
		int rc = clear_leaf(m, &aliases[i], &cleared[cleared_count]);

		if (rc < 0)
			return rc;
		cleared_count += (uint32_t)rc;
	}
	sv3_host_forget_unmapped(m->host, m->pending.base + page * SV3_PAGE_SIZE);
	for (uint32_t i = 0; i < cleared_count; i++)
		drop_pages(&m->pending, cleared[i].pa, cleared[i].len);
	return 0;
}

int sv3__clear_pending(struct sv3__migration *m, uint64_t first, uint64_t end)
{
	uint64_t page = sv3_dirty_log_next(&m->pending, first);

	while (page < end) {
		int rc = clear_page(m, page);

		if (rc)
			return rc;
		page = sv3_dirty_log_next(&m->pending, page + 1);
	}
	return 0;
}

/* --- invalidate, sync --- */

/* Software sees it done after its own latency at the earliest; the hardware may take longer. */
static int wait_for_sync(struct sv3__migration *m, const struct sv3_cmdq_ticket *ticket,
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

/* APPROX(T-008): alone it takes as long as a TLBI and SYNC pair. */
int sv3__sync(struct sv3__migration *m)
{
	const sv3_ps pushed = sv3_world_now(m->world);
	struct sv3_cmdq_ticket ticket;
	int rc = sv3_cmdq_sync_begin(sv3_host_cmdq(m->host), &ticket);

	if (rc)
		return rc;
	m->result->sync++;
	return wait_for_sync(m, &ticket, pushed);
}

/* The TLBIs that the gathers owe, one domain after the other. */
static int push_tlbis(struct sv3__migration *m)
{
	struct sv3_cmdq *cmdq = sv3_host_cmdq(m->host);
	const uint32_t count = sv3_host_domain_count(m->host);

	for (uint32_t i = 0; i < count; i++) {
		const struct sv3_domain *domain = sv3_host_domain(m->host, i);
		const uint64_t before = cmdq->tlbi_count;
		int rc;

		if (!m->gathers[i].leaf_count)
			continue;
		rc = sv3_cmdq_flush_gather(cmdq, domain->asid, domain->pt.config.granule_lg2,
					   &m->gathers[i], m->config->flush);
		if (rc < 0)
			return rc;
		m->result->tlbi += cmdq->tlbi_count - before;
	}
	return 0;
}

/* Forgets what was gathered. Returns: whether there was anything. */
static bool gathers_reset(struct sv3__migration *m)
{
	const uint32_t count = sv3_host_domain_count(m->host);
	bool any = false;

	for (uint32_t i = 0; i < count; i++) {
		any |= m->gathers[i].leaf_count != 0;
		sv3_pt_gather_init(&m->gathers[i]);
	}
	return any;
}

static void note_invalidated(struct sv3__migration *m, sv3_ps pushed, sv3_ps consumed)
{
	if (m->config->bug != SV3_BUG_NO_TLBI && m->observer->invalidated)
		m->observer->invalidated(m->observer->context, pushed, consumed);
}

int sv3__invalidate(struct sv3__migration *m)
{
	const sv3_ps pushed = sv3_world_now(m->world);
	struct sv3_cmdq_ticket ticket;
	int rc = 0;

	if (m->config->bug != SV3_BUG_NO_TLBI)
		rc = push_tlbis(m);
	if (rc || !gathers_reset(m))
		return rc;
	rc = sv3_cmdq_sync_begin(sv3_host_cmdq(m->host), &ticket);
	if (rc)
		return rc;
	m->result->sync++;
	if (m->config->bug == SV3_BUG_COPY_BEFORE_SYNC) {
		note_invalidated(m, pushed, SV3_PS_NEVER);
		return 0;
	}
	rc = wait_for_sync(m, &ticket, pushed);
	if (!rc)
		note_invalidated(m, pushed, sv3_world_now(m->world));
	return rc;
}
