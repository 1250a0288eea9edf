/* SPDX-License-Identifier: MIT */
/*
 * unmapped.c - dirty state that outlives its mapping.
 *
 * A leaf taken down dirty goes through three states: still reachable through the TLB (a leaf on the
 * list), invalidated (its TLBI was pushed), settled (a CMD_SYNC behind that was consumed, so nobody
 * can write through it any more): then its pages are bits of a log. [policies P21b]
 */
#include <stdlib.h>
#include <string.h>

#include "engine_priv.h"

#define LIST_FIRST 256u

int sv3__unmapped_init(struct sv3__unmapped *unmapped, sv3_pa base, uint64_t page_count)
{
	*unmapped = (struct sv3__unmapped){ 0 };
	unmapped->settled.base = base;
	unmapped->settled.page_count = page_count;
	unmapped->settled.words = (uint64_t *)calloc(sv3_dirty_log_words(page_count), 8);
	return unmapped->settled.words ? 0 : -SV3_ERR_NOMEM;
}

void sv3__unmapped_fini(struct sv3__unmapped *unmapped)
{
	free(unmapped->leaves);
	free(unmapped->settled.words);
	memset(unmapped, 0, sizeof(*unmapped));
}

int sv3__unmapped_add(struct sv3__unmapped *unmapped, const struct sv3__unmapped_leaf *leaf)
{
	if (unmapped->leaf_count == unmapped->leaf_capacity) {
		const uint64_t capacity =
			unmapped->leaf_capacity ? 2 * unmapped->leaf_capacity : LIST_FIRST;
		struct sv3__unmapped_leaf *leaves = (struct sv3__unmapped_leaf *)realloc(
			unmapped->leaves, capacity * sizeof(*leaves));

		if (!leaves)
			return -SV3_ERR_NOMEM;
		unmapped->leaves = leaves;
		unmapped->leaf_capacity = capacity;
	}
	unmapped->leaves[unmapped->leaf_count++] = *leaf;
	return 0;
}

/* Wholly inside: what is only partly invalidated can still be written through the rest. */
static bool leaf_is_covered(const struct sv3__unmapped_leaf *leaf, uint32_t domain_index,
			    sv3_iova iova, uint64_t len)
{
	const uint64_t span = UINT64_C(1) << leaf->span_lg2;

	if (domain_index == SV3__ALL_DOMAINS)
		return true;
	return leaf->domain_index == domain_index && leaf->iova >= iova &&
	       leaf->iova - iova < len && len - (leaf->iova - iova) >= span;
}

void sv3__unmapped_invalidate(struct sv3__unmapped *unmapped, uint32_t domain_index, sv3_iova iova,
			      uint64_t len)
{
	for (uint64_t i = 0; i < unmapped->leaf_count; i++) {
		struct sv3__unmapped_leaf *leaf = &unmapped->leaves[i];

		if (!leaf->invalidated && leaf_is_covered(leaf, domain_index, iova, len)) {
			leaf->invalidated = true;
			unmapped->invalidated_count++;
		}
	}
}

static uint64_t leaf_set(struct sv3_dirty_log *log, const struct sv3__unmapped_leaf *leaf)
{
	return sv3_dirty_log_set(log, leaf->pa, UINT64_C(1) << leaf->span_lg2);
}

void sv3__unmapped_settle(struct sv3__unmapped *unmapped)
{
	uint64_t kept = 0;

	if (!unmapped->invalidated_count)
		return;
	for (uint64_t i = 0; i < unmapped->leaf_count; i++) {
		const struct sv3__unmapped_leaf *leaf = &unmapped->leaves[i];

		if (leaf->invalidated)
			unmapped->settled_count += leaf_set(&unmapped->settled, leaf);
		else
			unmapped->leaves[kept++] = *leaf;
	}
	unmapped->leaf_count = kept;
	unmapped->invalidated_count = 0;
}

static uint64_t collect_settled(struct sv3__unmapped *unmapped, struct sv3_dirty_log *log)
{
	struct sv3_dirty_log *settled = &unmapped->settled;
	uint64_t newly = 0, page;

	if (!unmapped->settled_count)
		return 0;
	page = sv3_dirty_log_next(settled, 0);
	while (page < settled->page_count) {
		newly +=
			sv3_dirty_log_set(log, settled->base + page * SV3_PAGE_SIZE, SV3_PAGE_SIZE);
		page = sv3_dirty_log_next(settled, page + 1);
	}
	sv3_dirty_log_clear_all(settled);
	unmapped->settled_count = 0;
	return newly;
}

uint64_t sv3__unmapped_collect(struct sv3__unmapped *unmapped, struct sv3_dirty_log *log,
			       bool settled_only)
{
	uint64_t newly = collect_settled(unmapped, log);

	if (settled_only)
		return newly;
	for (uint64_t i = 0; i < unmapped->leaf_count; i++)
		newly += leaf_set(log, &unmapped->leaves[i]);
	unmapped->leaf_count = 0;
	unmapped->invalidated_count = 0;
	return newly;
}

void sv3__unmapped_forget(struct sv3__unmapped *unmapped, sv3_pa page)
{
	struct sv3_dirty_log *settled = &unmapped->settled;
	const uint64_t index = (page - settled->base) >> SV3_PAGE_LG2;

	if (!unmapped->settled_count || !sv3_dirty_log_test(settled, page))
		return;
	settled->words[index / 64] &= ~(UINT64_C(1) << (index % 64));
	unmapped->settled_count--;
}
