/* SPDX-License-Identifier: MIT */
/*
 * dirty.c - hardware dirty state: scan, read-and-clear, clear by bitmap; and set by software.
 *
 * A leaf is cleaned by compare-and-swap on the value it was judged by, not by an atomic or: between
 * read and write it may have become invalid, a table or a leaf of something else, and those must
 * not be touched. If it changed it is judged anew. What another unmaps meanwhile is the other's to
 * report: the exchange of sv3_pt_unmap() hands out its dirty state.
 */
#include "pagetable_priv.h"

void sv3_pt_gather_init(struct sv3_pt_gather *gather)
{
	*gather = (struct sv3_pt_gather){ .first = UINT64_MAX, .leaf_span_lg2 = 64 };
}

void sv3_pt_gather_add(struct sv3_pt_gather *gather, sv3_iova iova, uint32_t span_lg2)
{
	const sv3_iova last = iova + ((UINT64_C(1) << span_lg2) - 1);

	gather->first = iova < gather->first ? iova : gather->first;
	gather->last = last > gather->last ? last : gather->last;
	gather->leaf_count++;
	if (span_lg2 < gather->leaf_span_lg2)
		gather->leaf_span_lg2 = span_lg2;
	if (span_lg2 > gather->leaf_span_max_lg2)
		gather->leaf_span_max_lg2 = span_lg2;
}

/* --- Scan --- */

void sv3_dirty_scan_begin(struct sv3_dirty_scan *scan, const struct sv3_pt *pt, sv3_iova iova,
			  uint64_t len, uint32_t flags)
{
	const sv3_iova lowest = sv3__pt_iova(pt, 0);
	const sv3_iova highest = sv3__pt_iova(pt, sv3__pt_offset_mask(pt));
	const sv3_iova first = iova > lowest ? iova : lowest;
	sv3_iova last = len - 1 > UINT64_MAX - iova ? UINT64_MAX : iova + (len - 1);

	last = last < highest ? last : highest;
	*scan = (struct sv3_dirty_scan){ .pt = pt, .next = first, .end = first, .flags = flags };
	if (len > 0 && first <= last)
		scan->end = last + 1; /* 0 if the range ends with the address space */
}

/* One call of sv3_dirty_scan_run(). */
struct pass {
	struct sv3_dirty_scan *scan;
	uint64_t leaves_left, dirty_left; /* budgets */
	struct sv3_dirty_log *log;
	struct sv3_pt_gather *gather;
	struct sv3__walk walk;
};

static bool pass_has_budget(const struct pass *pass)
{
	return pass->leaves_left > 0 && pass->dirty_left > 0;
}

/* Sets the bits of a dirty leaf. Returns: bits newly set. */
static inline uint64_t report(struct sv3_dirty_log *log, sv3_pa pa, unsigned int span_lg2)
{
	const uint64_t page = (pa - log->base) >> SV3_PAGE_LG2;

	/* The usual case without a call. Below the log the difference wraps, to more than any
	 * log. */
	if (span_lg2 == SV3_PAGE_LG2 && page < log->page_count) {
		const uint64_t old = log->words[page / 64];

		log->words[page / 64] = old | UINT64_C(1) << (page % 64);
		return ~old >> (page % 64) & 1;
	}
	return sv3_dirty_log_set(log, pa, UINT64_C(1) << span_lg2);
}

/* The leaf under the walk. Returns: 1 done with it, 0 it changed meanwhile: read it again, or <
 * 0. */
static int scan_leaf(struct pass *pass)
{
	struct sv3__walk *walk = &pass->walk;
	const uint64_t span = UINT64_C(1) << walk->span_lg2;
	const bool dirty = sv3_pte_is_writable_dirty(walk->pte);

	if (dirty && (pass->scan->flags & SV3_DIRTY_CLEAR)) {
		uint64_t old;
		const int rc = sv3__table_cas(&walk->table, walk->index, walk->pte,
					      walk->pte | SV3_PTE_AP2_RDONLY, &old);

		if (rc <= 0)
			return rc;
		if (pass->gather)
			sv3_pt_gather_add(pass->gather,
					  sv3__pt_iova(walk->pt, walk->offset & ~(span - 1)),
					  walk->span_lg2);
	}
	if (dirty) {
		const sv3_pa pa = walk->pte & sv3_vmsa_output_mask(walk->span_lg2);

		/* One bit of the descriptor stands for all pages of the leaf. [IHI0070 3.13.3] */
		pass->scan->pages_reported += report(pass->log, pa, walk->span_lg2);
		pass->scan->leaves_dirty++;
		pass->dirty_left--;
	}
	pass->scan->leaves_visited++;
	pass->leaves_left--;
	sv3__walk_skip(walk);
	return 1;
}

/* --- Plain memory: many level-3 descriptors at a time --- */

#define LINE  8u  /* descriptors of a cache line of 64 bytes */
#define BLOCK 32u /* judged at once: enough to hide the cost of judging */

/* The compilers' vectors. Wider ones gain nothing once tables are larger than the caches. */
typedef uint64_t vector __attribute__((vector_size(16), aligned(8), may_alias));
#define LANES 2u

enum content { EMPTY, CLEAN, MIXED };

/* What @count descriptors are: all invalid, all leaves that are not dirty, or anything else. */
static inline enum content content_of(const sv3__le64 *pte, unsigned int count)
{
	enum { DBM_ABOVE_AP2 = 51 - 7 };
	const vector *v = (const vector *)pte;
	vector all = v[0], any = v[0], dirty = v[0] & ~(v[0] << DBM_ABOVE_AP2);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return MIXED;
#endif
	for (unsigned int i = 1; i < count / LANES; i++) {
		all &= v[i];
		any |= v[i];
		dirty |= v[i] & ~(v[i] << DBM_ABOVE_AP2); /* at the place of DBM */
	}
	if (((any[0] | any[1]) & SV3_PTE_VALID) == 0)
		return EMPTY;
	if ((~all[0] | ~all[1]) & (SV3_PTE_VALID | SV3_PTE_TABLE))
		return MIXED;
	return (dirty[0] | dirty[1]) & SV3_PTE_DBM ? MIXED : CLEAN;
}

/* Passes over as many whole groups as are empty or clean. */
static inline void scan_groups(struct pass *pass, uint32_t stop, unsigned int group)
{
	struct sv3__walk *walk = &pass->walk;
	const uint32_t first = walk->index;
	uint32_t index = first;
	uint64_t leaves = 0;

	while (stop - index >= group && pass->leaves_left - leaves >= group) {
		const enum content content = content_of(&walk->table.window[index], group);

		if (content == MIXED)
			break;
		index += group;
		leaves += content == CLEAN ? group : 0;
		if (leaves == pass->leaves_left)
			break;
	}
	walk->offset = ((walk->offset >> walk->span_lg2) + (index - first)) << walk->span_lg2;
	walk->index = index;
	pass->scan->leaves_visited += leaves;
	pass->leaves_left -= leaves;
}

/* What scan_each() has found; added up here because the log may alias everything in memory. */
struct tally {
	uint64_t leaves, dirty, newly_set;
	uint32_t first_dirty, last_dirty; /* indices */
};

static void tally_add(struct pass *pass, const struct tally *tally, uint32_t index)
{
	struct sv3__walk *walk = &pass->walk;
	const uint64_t table_offset = ((walk->offset >> walk->span_lg2) - walk->index)
				      << walk->span_lg2;

	pass->scan->leaves_visited += tally->leaves;
	pass->scan->leaves_dirty += tally->dirty;
	pass->scan->pages_reported += tally->newly_set;
	pass->leaves_left -= tally->leaves;
	pass->dirty_left -= tally->dirty;
	if (tally->dirty > 0 && (pass->scan->flags & SV3_DIRTY_CLEAR) && pass->gather) {
		const uint64_t first = (uint64_t)tally->first_dirty << walk->span_lg2;
		const uint64_t last = (uint64_t)tally->last_dirty << walk->span_lg2;

		sv3_pt_gather_add(pass->gather, sv3__pt_iova(walk->pt, table_offset + first),
				  walk->span_lg2);
		sv3_pt_gather_add(pass->gather, sv3__pt_iova(walk->pt, table_offset + last),
				  walk->span_lg2);
		pass->gather->leaf_count += tally->dirty - 2;
	}
	walk->offset = table_offset + ((uint64_t)index << walk->span_lg2);
	walk->index = index;
}

/* Descriptors one by one, up to index @stop. */
static void scan_each(struct pass *pass, uint32_t stop)
{
	const struct sv3__walk *walk = &pass->walk;
	sv3__le64 *const window = walk->table.window;
	const unsigned int span_lg2 = walk->span_lg2;
	const uint64_t output_mask = sv3_vmsa_output_mask(span_lg2);
	const bool clear = (pass->scan->flags & SV3_DIRTY_CLEAR) != 0;
	struct sv3_dirty_log *const log = pass->log;
	struct tally tally = { 0 };
	uint32_t index = walk->index;

	while (index < stop && tally.leaves < pass->leaves_left && tally.dirty < pass->dirty_left) {
		uint64_t raw = __atomic_load_n(&window[index], __ATOMIC_ACQUIRE);
		const uint64_t pte = sv3__le64_swap(raw);

		if ((~pte & (SV3_PTE_VALID | SV3_PTE_TABLE)) != 0) { /* no page */
			index++;
			continue;
		}
		if (sv3_pte_is_writable_dirty(pte)) {
			if (clear &&
			    !__atomic_compare_exchange_n(&window[index], &raw,
							 sv3__le64_swap(pte | SV3_PTE_AP2_RDONLY),
							 false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
				continue; /* changed meanwhile: judge it anew */
			if (clear)
				sv3_bus_wrote(walk->table.bus, walk->table.pa + 8 * (uint64_t)index,
					      pte, pte | SV3_PTE_AP2_RDONLY);
			tally.newly_set += report(log, pte & output_mask, span_lg2);
			if (tally.dirty++ == 0)
				tally.first_dirty = index;
			tally.last_dirty = index;
		}
		tally.leaves++;
		index++;
	}
	tally_add(pass, &tally, index);
}

static uint32_t group_end(uint32_t index, uint32_t group, uint32_t stop)
{
	const uint32_t end = (index | (group - 1)) + 1;

	return end < stop ? end : stop;
}

/* The rest of a level-3 table that lies in a window. Nothing else runs until this returns. */
static void scan_window(struct pass *pass)
{
	struct sv3__walk *walk = &pass->walk;
	const uint64_t leaves_left =
		((walk->end - 1) >> walk->span_lg2) - (walk->offset >> walk->span_lg2) + 1;
	const uint32_t entries_left = walk->entries - walk->index;
	const uint32_t stop =
		walk->index + (leaves_left < entries_left ? (uint32_t)leaves_left : entries_left);

	while (walk->index < stop && pass_has_budget(pass)) {
		if (walk->index % BLOCK == 0)
			scan_groups(pass, stop, BLOCK);
		scan_groups(pass, group_end(walk->index, BLOCK, stop), LINE);
		scan_each(pass, group_end(walk->index, LINE, stop));
	}
}

int sv3_dirty_scan_run(struct sv3_dirty_scan *scan, uint64_t leaf_budget, uint64_t dirty_budget,
		       struct sv3_dirty_log *log, struct sv3_pt_gather *gather)
{
	const uint64_t offset = scan->next & sv3__pt_offset_mask(scan->pt);
	const uint64_t end = offset + (scan->end - scan->next);
	struct pass pass = { .scan = scan,
			     .leaves_left = leaf_budget,
			     .dirty_left = dirty_budget,
			     .log = log,
			     .gather = gather };
	struct sv3__walk *walk = &pass.walk;
	int rc = 0;

	sv3__walk_begin(walk, scan->pt, offset, end);
	walk->by_window = true;
	while (rc >= 0 && pass_has_budget(&pass)) {
		rc = sv3__walk_next(walk);
		if (rc <= 0)
			break;
		if (walk->level == SV3_LEVEL_LAST && walk->table.window)
			scan_window(&pass);
		else
			rc = scan_leaf(&pass);
	}
	/* The end lies inside a leaf if the range was widened; it may be 2^64, which is 0. */
	scan->next += (walk->offset < end ? walk->offset : end) - offset;
	if (rc < 0)
		return rc;
	return scan->next == scan->end;
}

int64_t sv3_dirty_scan_all(const struct sv3_pt *pt, sv3_iova iova, uint64_t len, uint32_t flags,
			   struct sv3_dirty_log *log, struct sv3_pt_gather *gather)
{
	struct sv3_dirty_scan scan;
	int rc;

	sv3_dirty_scan_begin(&scan, pt, iova, len, flags);
	rc = sv3_dirty_scan_run(&scan, UINT64_MAX, UINT64_MAX, log, gather);
	return rc < 0 ? rc : (int64_t)scan.pages_reported;
}

/* --- One leaf --- */

/* Puts @desired in place of the leaf under the walk. Returns: 1, 0: it changed meanwhile, or < 0.
 */
static int swap_leaf(const struct sv3__walk *walk, uint64_t desired, struct sv3_pt_gather *gather)
{
	uint64_t old;
	const int rc = sv3__table_cas(&walk->table, walk->index, walk->pte, desired, &old);

	if (rc > 0 && gather)
		sv3_pt_gather_add(gather, sv3__walk_leaf(walk).iova, walk->span_lg2);
	return rc;
}

int sv3_dirty_clear(const struct sv3_pt *pt, sv3_iova iova, const struct sv3_dirty_log *reported,
		    struct sv3_pt_gather *gather)
{
	struct sv3__walk walk;
	uint64_t offset;
	int rc;

	if (!sv3__pt_offset(pt, iova, 1, &offset))
		return 0;
	sv3__walk_begin(&walk, pt, offset, offset + 1);
	while ((rc = sv3__walk_next(&walk)) > 0) {
		const sv3_pa pa = sv3__walk_leaf(&walk).pa;

		if (!sv3_pte_is_writable_dirty(walk.pte))
			return 0;
		if (reported && !sv3__dirty_log_has_all(reported, pa, UINT64_C(1) << walk.span_lg2))
			return 0;
		rc = swap_leaf(&walk, walk.pte | SV3_PTE_AP2_RDONLY, gather);
		if (rc != 0)
			return rc < 0 ? rc : (int)walk.span_lg2;
	}
	return rc;
}

int sv3_dirty_set(const struct sv3_pt *pt, sv3_iova iova, struct sv3_pt_gather *gather)
{
	struct sv3__walk walk;
	uint64_t offset;
	int rc;

	if (!sv3__pt_offset(pt, iova, 1, &offset))
		return -SV3_ERR_NOENT;
	sv3__walk_begin(&walk, pt, offset, offset + 1);
	while ((rc = sv3__walk_next(&walk)) > 0) {
		if (sv3_pte_is_writable_dirty(walk.pte))
			return 0;
		if (!sv3_pte_is_writable_clean(walk.pte))
			return -SV3_ERR_NOENT;
		/* Another may clean or unmap it in between: then it is judged anew. */
		rc = swap_leaf(&walk, walk.pte & ~SV3_PTE_AP2_RDONLY, gather);
		if (rc != 0)
			return rc < 0 ? rc : (int)walk.span_lg2;
	}
	return rc < 0 ? rc : -SV3_ERR_NOENT;
}

/* --- Leaf by leaf --- */

int sv3_dirty_visit(const struct sv3_pt *pt, sv3_iova iova, uint64_t len, sv3_dirty_judge judge,
		    void *context, struct sv3_pt_gather *gather)
{
	struct sv3_dirty_scan scan;
	struct sv3__walk walk;
	uint64_t offset;
	int rc;

	sv3_dirty_scan_begin(&scan, pt, iova, len, 0);
	offset = scan.next & sv3__pt_offset_mask(pt);
	sv3__walk_begin(&walk, pt, offset, offset + (scan.end - scan.next));
	while ((rc = sv3__walk_next(&walk)) > 0) {
		const struct sv3_pt_leaf leaf = sv3__walk_leaf(&walk);

		if (judge(context, &leaf) && sv3_pte_is_writable_dirty(walk.pte)) {
			rc = swap_leaf(&walk, walk.pte | SV3_PTE_AP2_RDONLY, gather);
			if (rc < 0)
				return rc;
			if (rc == 0)
				continue; /* the descriptor changed: look at it again */
		}
		sv3__walk_skip(&walk);
	}
	return rc;
}
