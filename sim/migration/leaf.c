/* SPDX-License-Identifier: MIT */
/*
 * leaf.c - what a migration does about leaves larger than a page: keep, split, merge. [policies 7
 * P18]
 *
 * Concepts:
 *   block   a leaf larger than a page. It has one dirty state, so a write to any of its pages
 *           reports all of them [policies 10.3].
 *   resize  one block becomes a table of pages, or a table the block it was, in the steps of
 *           [IHI0070 3.21.1]; each is a swap, TLBI and CMD_SYNC, and DMA goes on between them.
 *   broken  below BBML 1 the block is invalid between two steps: DMA to it faults. What stalls is
 *           kept until the block is whole; what is terminated is lost to the device, no page is.
 *
 * At first dirt, the block is split when it is cleaned, not when it is seen dirty: its parts are
 * born with its dirty state, and those of a dirty block would all be dirty [policies 8 B35]. For
 * the same reason dirt from before tracking splits nothing: on a guest that has run for long it is
 * everywhere.
 *
 * Merging comes behind the last page. Before the last collection it would bring back the blocks'
 * amplification when every page counts, and before the last copy its invalidations would stand in
 * the downtime. What a page is still dirty of, the block is: sv3_pt_merge_begin().
 */
#include <stdlib.h>

#include <sv3/arch.h>
#include <sv3/vmsa.h>

#include "migration_priv.h"

/* --- steps --- */

/* APPROX(T-039): a swap takes as long as a clear; to fill a table, or to read one twice as a merge
 * does, as long as to scan it so often. Behind the step: DMA comes between steps. */
static void spend(struct sv3__migration *m, const struct sv3_pt_resize *resize, uint64_t before)
{
	const uint64_t tables = (resize->changed - before) * (resize->merges ? 2 : 1);
	const uint64_t descriptors = tables << sv3_vmsa_level_bits(resize->pt->config.granule_lg2);

	sv3__spend(m, m->costs.clear + descriptors * m->costs.scan);
}

/* Accesses that met a broken block are translated anew. */
static int let_go(struct sv3__migration *m)
{
	struct sv3__waiters *kept = &m->leaf.kept;
	int rc = 0;

	for (uint64_t i = 0; i < kept->count && rc >= 0; i++)
		rc = sv3_host_resume(m->host, kept->each[i].stream_id, kept->each[i].stag, true);
	kept->count = 0;
	return rc < 0 ? rc : 0;
}

/* A step, and what it owes. Returns: 1; 0: the end; or an error. */
static int step(struct sv3__migration *m, const struct sv3__block *block,
		struct sv3_pt_resize *resize)
{
	const uint64_t before = resize->changed;
	int rc = sv3_pt_resize_step(resize);

	if (rc <= 0)
		return rc;
	spend(m, resize, before);
	rc = resize->owed.len ? sv3__invalidate_range(m, block->domain_index, &resize->owed) : 0;
	/* Not before all of it: of a table of broken blocks one is whole at a time. */
	if (!rc && resize->changed > before)
		rc = let_go(m);
	return rc ? rc : 1;
}

static int run(struct sv3__migration *m, const struct sv3__block *block,
	       struct sv3_pt_resize *resize)
{
	int rc;

	m->leaf.in_hand = block;
	do {
		rc = step(m, block, resize);
	} while (rc > 0);
	m->leaf.in_hand = NULL;
	return rc;
}

/* Returns: 1; 0: there is no memory for tables: it stays a block, and is tracked as one. */
static int split(struct sv3__migration *m, const struct sv3__block *block)
{
	struct sv3_pt pt = sv3__table(m, block->domain_index);
	const uint32_t granule_lg2 = pt.config.granule_lg2;
	struct sv3_pt_resize resize;
	int rc = sv3_pt_split_begin(&resize, &pt, block->iova, UINT64_C(1) << block->span_lg2,
				    granule_lg2, m->leaf.bbml);

	if (!rc)
		rc = run(m, block, &resize);
	m->result->leaves_split += resize.changed;
	m->result->table_bytes += resize.changed << granule_lg2;
	if (rc < 0 && rc != -SV3_ERR_NOMEM)
		return rc;
	m->result->table_memory_short |= rc < 0;
	return resize.changed > 0;
}

/* All that is under it was one block: so it is again. */
static int merge(struct sv3__migration *m, const struct sv3__block *block)
{
	struct sv3_pt pt = sv3__table(m, block->domain_index);
	struct sv3_pt_resize resize;
	int rc = sv3_pt_merge_begin(&resize, &pt, block->iova, UINT64_C(1) << block->span_lg2,
				    block->span_lg2, m->leaf.bbml);

	if (!rc)
		rc = run(m, block, &resize);
	m->result->leaves_merged += resize.changed;
	return rc;
}

/* --- all blocks of the host --- */

struct search {
	struct sv3__leaf_state *leaf;
	uint32_t domain_index, granule_lg2;
	uint64_t visited;
	int error;
};

static void visit(void *context, const struct sv3_pt_leaf *found)
{
	struct search *search = (struct search *)context;
	struct sv3__leaf_state *leaf = search->leaf;
	struct sv3__block *blocks;

	search->visited++;
	if (found->span_lg2 == search->granule_lg2 || search->error)
		return;
	blocks = (struct sv3__block *)sv3__grown(leaf->blocks, leaf->block_count + 1,
						 &leaf->block_capacity, sizeof(*blocks));
	if (!blocks) {
		search->error = -SV3_ERR_NOMEM;
		return;
	}
	leaf->blocks = blocks;
	leaf->blocks[leaf->block_count++] = (struct sv3__block){
		.domain_index = search->domain_index,
		.iova = found->iova,
		.span_lg2 = found->span_lg2,
	};
}

/* It takes as long as a scan of all leaves. */
static int find_blocks(struct sv3__migration *m)
{
	for (uint32_t i = 0; i < sv3_host_domain_count(m->host); i++) {
		const struct sv3_domain *domain = sv3_host_domain(m->host, i);
		struct search search = {
			.leaf = &m->leaf,
			.domain_index = i,
			.granule_lg2 = domain->pt.config.granule_lg2,
		};
		int rc = 0;

		if (domain->scan_size)
			rc = sv3_pt_visit(&domain->pt, domain->scan_base, domain->scan_size, visit,
					  &search);
		if (rc < 0 || search.error)
			return rc < 0 ? rc : search.error;
		sv3__spend(m, search.visited * m->costs.scan);
	}
	return 0;
}

int sv3__leaf_start(struct sv3__migration *m)
{
	const struct sv3_regport regs = sv3_world_regport(m->world);
	struct sv3__leaf_state *leaf = &m->leaf;
	int rc = 0;

	if (m->config->leaf == SV3_LEAF_KEEP)
		return 0;
	leaf->bbml =
		(uint32_t)SV3_GET(SV3_IDR3_BBML, regs.ops->read(regs.context, SV3_REG_IDR3, 4));
	/* A policy that lives on faults listens to them by itself, if only from its start on. */
	if (!leaf->bbml && !(m->policy->info.needs & SV3_NEEDS_STALL))
		rc = sv3__watch_faults(m, NULL);
	if (rc || m->config->leaf == SV3_LEAF_SPLIT_DIRTY)
		return rc;
	rc = find_blocks(m);
	for (uint64_t i = 0; i < leaf->block_count && !m->result->table_memory_short && rc >= 0;
	     i++)
		rc = split(m, &leaf->blocks[i]);
	return rc < 0 ? rc : 0;
}

int sv3__leaf_end(struct sv3__migration *m)
{
	const sv3_ps began = sv3_world_now(m->world);
	int rc = 0;

	if (m->config->leaf != SV3_LEAF_MERGE_STOP)
		return 0;
	for (uint64_t i = 0; i < m->leaf.block_count && !rc; i++)
		rc = merge(m, &m->leaf.blocks[i]);
	m->result->merge_time = sv3_world_now(m->world) - began;
	return rc;
}

void sv3__leaf_fini(struct sv3__migration *m)
{
	free(m->leaf.blocks);
	free(m->leaf.kept.each);
}

/* --- at first dirt --- */

int sv3__leaf_cleaned(struct sv3__migration *m, uint32_t domain_index,
		      const struct sv3_pt_gather *piece)
{
	const struct sv3_pt_config *config = &sv3_host_domain(m->host, domain_index)->pt.config;
	const struct sv3__block block = { domain_index, piece->leaf_span_lg2, piece->first };

	if (m->config->leaf != SV3_LEAF_SPLIT_DIRTY || block.span_lg2 == config->granule_lg2)
		return 0;
	/* After the stop nobody writes any more, and one resize comes after the other. A handler of
	 * faults has writes waiting. */
	if (!m->tracking || m->stopped || m->in_handler || m->leaf.in_hand ||
	    m->result->table_memory_short)
		return 0;
	return split(m, &block);
}

/* --- accesses that meet a broken block --- */

static bool is_broken(const struct sv3__migration *m, uint32_t domain_index, sv3_iova iova)
{
	const struct sv3__block *block = m->leaf.in_hand;

	return block && block->domain_index == domain_index &&
	       (iova - block->iova) >> block->span_lg2 == 0;
}

bool sv3__leaf_answers(struct sv3__migration *m, uint32_t domain_index,
		       const struct sv3_fault_record *record, enum sv3_fault_answer *answer)
{
	const struct sv3_pt pt = sv3__table(m, domain_index);
	struct sv3_pt_leaf leaf;

	if (m->config->leaf == SV3_LEAF_KEEP || m->leaf.bbml || !record->stalled)
		return false;
	if (sv3_pt_lookup(&pt, record->iova, &leaf)) {
		if (!is_broken(m, domain_index, record->iova))
			return false;
		*answer = sv3__keep_waiting(&m->leaf.kept, domain_index, record);
		return true;
	}
	/* Whole again before anybody looked; any other fault is the policy's to answer. */
	*answer = SV3_FAULT_RETRY;
	return record->event == SV3_EVENT_F_TRANSLATION;
}
