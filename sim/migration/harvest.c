/* SPDX-License-Identifier: MIT */
/*
 * harvest.c - the steps that policies are made of: scan and clear, and what they cost.
 *
 * Every descriptor is read, and every leaf cleared, at its own time: the device goes on between two
 * of them. That stays cheap because nothing can happen between two events of the world: as many
 * descriptors as are read before the next event are read in one call, and the clock follows.
 */
#include <stdlib.h>

#include "migration_priv.h"

/* Live mappings of one page that one clear looks at. What lies beyond stays dirty and is reported
 * again. */
#define ALIASES_MAX 64u

struct sv3_pt sv3__table(const struct sv3__migration *m, uint32_t domain_index)
{
	struct sv3_pt pt = sv3_host_domain(m->host, domain_index)->pt;

	pt.bus = m->bus;
	return pt;
}

void sv3__spend(struct sv3__migration *m, sv3_ps duration)
{
	m->result->cpu_time += duration;
	sv3_world_advance(m->world, duration);
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
static struct span note_cleared(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova,
				sv3_ps at)
{
	struct sv3_pt pt = sv3__table(m, domain_index);
	struct sv3_pt_leaf leaf;
	struct span span;

	pt.bus = m->free_bus;
	/* No time has passed since the clear, so it is still mapped, and looking costs nothing. */
	if (sv3_pt_lookup(&pt, iova, &leaf))
		return (struct span){ 0, 0 };
	span = (struct span){ leaf.pa, UINT64_C(1) << leaf.span_lg2 };
	if (m->observer->leaf_cleared)
		m->observer->leaf_cleared(m->observer->context, span.pa, span.len, at);
	return span;
}

static int scan_into(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova, uint64_t len,
		     uint32_t flags, struct sv3_dirty_log *log);

/*
 * @piece, one leaf, was just cleaned; all its pages are in @log, and none was read since. If it is
 * split now, a write before that was dirt of the block and is dirt of all its pages: they are
 * cleaned once more, or they would all be reported again, and those who note writes would never
 * hear of the others.
 * Returns: 1: it was split, and all that was pushed before is complete; 0: not, or an error.
 */
static int split_cleaned(struct sv3__migration *m, uint32_t domain_index,
			 const struct sv3_pt_gather *piece, struct sv3_dirty_log *log)
{
	int rc = sv3__leaf_cleaned(m, domain_index, piece);

	if (rc <= 0)
		return rc;
	rc = scan_into(m, domain_index, piece->first, piece->last - piece->first + 1,
		       SV3_DIRTY_CLEAR, log);
	return rc < 0 ? rc : 1;
}

/* Reads descriptors until the next event or, clearing, the first dirty leaf. As
 * sv3_dirty_scan_run(). */
static int scan_piece(struct sv3__migration *m, uint32_t domain_index, struct sv3_dirty_scan *scan,
		      struct sv3_dirty_log *log)
{
	const bool clears = (scan->flags & SV3_DIRTY_CLEAR) != 0;
	const uint64_t visited_before = scan->leaves_visited;
	struct sv3_pt_gather piece;
	uint64_t visited;
	sv3_ps spent;
	int rc;

	sv3_pt_gather_init(&piece);
	rc = sv3_dirty_scan_run(scan, quiet_descriptors(m), clears ? 1 : UINT64_MAX, log, &piece);
	if (rc < 0)
		return rc;
	visited = scan->leaves_visited - visited_before;
	m->result->scan_descriptors += visited;
	spent = visited * m->costs.scan;
	if (piece.leaf_count) {
		const int owed = sv3__owe(m, domain_index, &piece);

		if (owed)
			return owed;
		/* It was the last one read; the clock is moved below, for all that were. */
		note_cleared(m, domain_index, piece.first,
			     sv3_world_now(m->world) + (visited - 1) * m->costs.scan);
		m->result->leaves_cleared++;
		spent += m->costs.clear;
	}
	sv3__spend(m, spent);
	if (piece.leaf_count) {
		const int split = split_cleaned(m, domain_index, &piece, log);

		if (split < 0)
			return split;
	}
	return rc;
}

static int scan_into(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova, uint64_t len,
		     uint32_t flags, struct sv3_dirty_log *log)
{
	const struct sv3_pt pt = sv3__table(m, domain_index);
	struct sv3_dirty_scan scan;
	int rc = 0;

	sv3_dirty_scan_begin(&scan, &pt, iova, len, flags);
	while (!rc)
		rc = scan_piece(m, domain_index, &scan, log);
	return rc < 0 ? rc : 0;
}

int sv3__scan_range(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova, uint64_t len,
		    uint32_t flags)
{
	return scan_into(m, domain_index, iova, len, flags, &m->reported);
}

int sv3__scan(struct sv3__migration *m, uint32_t flags)
{
	const uint32_t count = sv3_host_domain_count(m->host);

	for (uint32_t i = 0; i < count; i++) {
		const struct sv3_domain *domain = sv3_host_domain(m->host, i);
		int rc;

		if (!domain->scan_size)
			continue;
		rc = sv3__scan_range(m, i, domain->scan_base, domain->scan_size, flags);
		if (rc)
			return rc;
	}
	return 0;
}

/* The mappings of one page, wherever they are. */
static int scan_page(struct sv3__migration *m, sv3_pa page, uint32_t flags)
{
	struct sv3_host_alias aliases[ALIASES_MAX];
	uint32_t count = sv3_host_aliases(m->host, page, aliases, ALIASES_MAX);
	int rc = 0;

	count = count < ALIASES_MAX ? count : ALIASES_MAX;
	for (uint32_t i = 0; i < count && !rc; i++)
		rc = sv3__scan_range(m, aliases[i].domain_index, aliases[i].iova, SV3_PAGE_SIZE,
				     flags);
	return rc;
}

int sv3__scan_chunk(struct sv3__migration *m, uint64_t first, uint64_t end, uint32_t flags)
{
	const sv3_pa base = m->reported.base;
	int rc = 0;

	/* Where guest addresses are IOVAs, a chunk is one piece of the table. */
	if (sv3_host_is_identity(m->host))
		return sv3__scan_range(m, 0, base + first * SV3_PAGE_SIZE,
				       (end - first) * SV3_PAGE_SIZE, flags);
	for (uint64_t page = first; page < end && !rc; page++)
		rc = scan_page(m, base + page * SV3_PAGE_SIZE, flags);
	return rc;
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

/* The leaf of one mapping. Returns: 1 with what was cleared in @span, 0: nothing, or an error. */
static int clear_leaf(struct sv3__migration *m, const struct sv3_host_alias *alias,
		      struct span *span)
{
	const struct sv3_pt pt = sv3__table(m, alias->domain_index);
	struct sv3_pt_gather piece;
	int rc;

	sv3_pt_gather_init(&piece);
	rc = sv3_dirty_clear(&pt, alias->iova, &m->pending, &piece);
	if (rc <= 0)
		return rc;
	rc = sv3__owe(m, alias->domain_index, &piece);
	if (rc)
		return rc;
	m->result->leaves_cleared++;
	*span = note_cleared(m, alias->domain_index, alias->iova, sv3_world_now(m->world));
	sv3__spend(m, m->costs.clear);
	/* Its pages stay pending until all mappings are done: what is cleaned is still to be sent.
	 */
	rc = split_cleaned(m, alias->domain_index, &piece, &m->pending);
	return rc < 0 ? rc : 1;
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
	/* A second clear before the next report would hide a write. */
	for (uint32_t i = 0; i < cleared_count; i++)
		sv3_dirty_log_clear(&m->pending, cleared[i].pa, cleared[i].len);
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

int sv3__clear_reported(struct sv3__migration *m)
{
	sv3_dirty_log_clear_all(&m->pending);
	sv3__log_merge(&m->pending, &m->reported);
	return sv3__clear_pending(m, 0, m->pending.page_count);
}

/* --- leaves that somebody noted --- */

/* Returns: 1: @gather was cleaned and its TLBI pushed, 0: nothing to clean, or an error. */
static int drain_leaf(struct sv3__migration *m, const struct sv3__leaf *noted,
		      struct sv3_dirty_log *log, struct sv3_pt_gather *gather)
{
	const struct sv3_pt pt = sv3__table(m, noted->domain_index);
	struct sv3_pt_leaf leaf;
	struct span cleared;
	int rc = sv3_pt_lookup(&pt, noted->iova, &leaf);

	if (rc)
		return rc == -SV3_ERR_NOENT ? 0 : rc;
	sv3_dirty_log_set(log, leaf.pa, UINT64_C(1) << leaf.span_lg2);
	sv3_pt_gather_init(gather);
	rc = sv3_dirty_clear(&pt, noted->iova, NULL, gather);
	if (rc <= 0)
		return rc;
	cleared = note_cleared(m, noted->domain_index, noted->iova, sv3_world_now(m->world));
	/* Since it was looked up it may have been mapped anew, and written: what is clean now is
	 * reported now. */
	sv3_dirty_log_set(log, cleared.pa, cleared.len);
	m->result->leaves_cleared++;
	sv3__spend(m, m->costs.clear);
	rc = sv3__push_tlbi(m, noted->domain_index, gather);
	return rc ? rc : 1;
}

int sv3__drain_leaves(struct sv3__migration *m, const struct sv3__leaf *leaves, uint64_t count,
		      struct sv3_dirty_log *log)
{
	sv3_ps pushed = sv3_world_now(m->world);
	bool owes_sync = false;

	for (uint64_t i = 0; i < count; i++) {
		struct sv3_pt_gather gather;
		int rc = drain_leaf(m, &leaves[i], log, &gather);

		owes_sync |= rc > 0;
		if (rc > 0)
			rc = split_cleaned(m, leaves[i].domain_index, &gather, log);
		if (rc > 0) {
			rc = sv3__invalidate(m);
			pushed = sv3_world_now(m->world);
			owes_sync = false;
		}
		if (rc < 0)
			return rc;
	}
	return owes_sync ? sv3__complete(m, pushed) : 0;
}
