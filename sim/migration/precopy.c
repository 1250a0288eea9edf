/* SPDX-License-Identifier: MIT */
/*
 * precopy.c - the loop: track, bulk, rounds, stop, final round. The same for every policy.
 *
 * Time is kept in picoseconds and passes only through the world's clock. docs/MIGRATION.md has the
 * loop in words.
 */
#include <stdlib.h>
#include <string.h>

#include "migration_priv.h"

/* --- rows of the result --- */

static int rows_make(struct sv3__migration *m)
{
	/* Bulk, the rounds of the running guest, and the one after the stop. */
	m->row_capacity = m->config->max_rounds < 64 ? m->config->max_rounds + 2 : 64;
	m->result->rows = (struct sv3_round *)calloc(m->row_capacity, sizeof(*m->result->rows));
	return m->result->rows ? 0 : -SV3_ERR_NOMEM;
}

static int row_begin(struct sv3__migration *m)
{
	struct sv3_migration_result *result = m->result;

	if (result->row_count == m->row_capacity) {
		struct sv3_round *rows = (struct sv3_round *)realloc(
			result->rows, 2 * (size_t)m->row_capacity * sizeof(*rows));

		if (!rows)
			return -SV3_ERR_NOMEM;
		result->rows = rows;
		m->row_capacity *= 2;
	}
	m->at_row = *result;
	m->row = &result->rows[result->row_count++];
	*m->row = (struct sv3_round){
		.began = sv3_world_now(m->world),
		.is_final = m->stopped,
	};
	return 0;
}

/* The round is over: what was counted since it began. */
static void row_end(struct sv3__migration *m)
{
	const struct sv3_migration_result *now = m->result, *then = &m->at_row;
	struct sv3_round *row = m->row;

	row->ended = sv3_world_now(m->world);
	row->pages_sent = now->pages_sent - then->pages_sent;
	row->bytes_sent = now->bytes_sent - then->bytes_sent;
	row->scan_descriptors = now->scan_descriptors - then->scan_descriptors;
	row->leaves_cleared = now->leaves_cleared - then->leaves_cleared;
	row->tlbi = now->tlbi - then->tlbi;
	row->sync = now->sync - then->sync;
	row->atc_inv = now->atc_inv - then->atc_inv;
	row->sync_time = now->sync_time - then->sync_time;
	row->bitmap_bytes = now->bitmap_bytes - then->bitmap_bytes;
	row->write_faults = now->write_faults - then->write_faults;
	if (m->observer->round_ended)
		m->observer->round_ended(m->observer->context, row);
}

/* --- the loop --- */

static void at_place(struct sv3__migration *m, enum sv3_place place, uint32_t round)
{
	if (m->config->at_place)
		m->config->at_place(m->config->at_place_context, place, round);
}

static uint64_t threshold_pages(const struct sv3__migration *m)
{
	return sv3__threshold_pages(m->config->measure_bandwidth ? m->bandwidth
								 : m->config->link_bits_per_s,
				    m->config->downtime);
}

/* One collection. It adds to what is reported: after the stop this is the union. */
static int collect(struct sv3__migration *m)
{
	int rc;

	sv3_world_phase(m->world, "collect", true);
	rc = m->policy->collect(m);
	sv3_world_phase(m->world, "collect", false);
	if (rc)
		return rc;
	if (m->policy->tracks)
		sv3_host_collect_unmapped(m->host, &m->reported, !m->stopped);
	sv3__cpu_log_get(m);
	/* The log goes from the kernel to the VMM. */
	sv3__bitmap_goes(m, m->reported.page_count);
	m->collected = sv3_world_now(m->world);
	m->result->rounds++;
	m->row->collected = m->collected;
	m->row->pages_reported = sv3_dirty_log_count(&m->reported);
	m->row->threshold_pages = threshold_pages(m);
	if (m->observer->collected)
		m->observer->collected(m->observer->context, &m->reported, m->row);
	at_place(m, SV3_PLACE_AFTER_COLLECT, m->result->rounds);
	return 0;
}

/* Every page once, whatever was written; what is written from now on is for the rounds. */
static int run_bulk(struct sv3__migration *m)
{
	int rc = row_begin(m);

	if (!rc)
		rc = sv3__leaf_start(m);
	if (!rc && m->policy->start)
		rc = m->policy->start(m);
	if (rc)
		return rc;
	m->tracking = true;
	m->row->collected = sv3_world_now(m->world);
	m->row->pages_reported = m->reported.page_count;
	sv3__bandwidth_begin(m);
	rc = sv3__send_bulk(m);
	if (rc)
		return rc;
	row_end(m);
	at_place(m, SV3_PLACE_AFTER_COPY, 0);
	return 0;
}

/* A round of the running guest. Returns: 1 if it was the last: what it reported is not sent. */
static int run_round(struct sv3__migration *m, uint32_t round)
{
	const bool may_stop = !m->config->stop_rule_off;
	int rc = row_begin(m);

	if (!rc)
		rc = collect(m);
	if (rc)
		return rc;
	sv3__throttle_update(m, m->row[-1].pages_sent);
	if (may_stop && m->row->pages_reported <= m->row->threshold_pages)
		m->result->end = SV3_END_CONVERGED;
	else if (may_stop && round == m->config->max_rounds)
		m->result->end = SV3_END_MAX_ROUNDS;
	else
		rc = sv3__send_reported(m);
	if (rc)
		return rc;
	row_end(m);
	if (m->result->end)
		return 1;
	at_place(m, SV3_PLACE_AFTER_COPY, round);
	sv3__report_progress(m);
	return 0;
}

/* They end with what the last one reported not sent, or all sent. */
static int run_rounds(struct sv3__migration *m)
{
	int rc = 0;

	if (m->config->mode != SV3_MODE_PRECOPY || m->policy->stop_only) {
		m->result->end = SV3_END_NO_ROUNDS;
		return 0;
	}
	for (uint32_t round = 1; round <= m->config->max_rounds && !rc; round++)
		rc = run_round(m, round);
	return rc < 0 ? rc : 0;
}

/* Accesses that stall go on when software let them; a driver gives up on one that never does. What
 * was still on its way may stall, too. */
static int drain_device(struct sv3__migration *m)
{
	const sv3_ps patience = sv3_world_now(m->world) + SV3_PS_PER_S;

	sv3_world_drain(m->world);
	while (sv3_world_stalled(m->world)) {
		const sv3_ps next = sv3_world_next_event(m->world);

		if (next == SV3_PS_NEVER || next > patience)
			return -SV3_ERR_TIMEOUT;
		sv3_world_run_until(m->world, next);
		sv3_world_drain(m->world);
	}
	return 0;
}

/* The guest stops, and all its devices wrote has landed. */
static int stop_guest(struct sv3__migration *m)
{
	int rc;

	m->stopped_at = sv3_world_now(m->world);
	m->stopped = true;
	sv3_world_stop_device(m->world);
	sv3_world_stop_cpu(m->world);
	rc = drain_device(m);
	if (!rc)
		rc = sv3__sync(m);
	if (!rc && m->policy->quiesce && m->config->mode != SV3_MODE_STOP_COPY)
		rc = m->policy->quiesce(m);
	return rc;
}

static int run_final(struct sv3__migration *m)
{
	int rc = stop_guest(m);

	if (!rc)
		rc = row_begin(m);
	if (!rc)
		rc = collect(m);
	if (!rc)
		rc = sv3__send_reported(m);
	if (rc)
		return rc;
	sv3__send_device_state(m);
	row_end(m);
	return 0;
}

/* Stop, then send everything once: nothing to track. */
static int run_stop_copy(struct sv3__migration *m)
{
	int rc = stop_guest(m);

	if (!rc)
		rc = row_begin(m);
	if (rc)
		return rc;
	m->row->collected = sv3_world_now(m->world);
	m->row->pages_reported = m->reported.page_count;
	m->result->end = SV3_END_NO_ROUNDS;
	rc = sv3__send_bulk(m);
	if (rc)
		return rc;
	sv3__send_device_state(m);
	row_end(m);
	return 0;
}

/* The queue leaves out the commands of the driver: what it counted since @before is ours. */
static void take_scopes(struct sv3__migration *m, const struct sv3_cmdq *before)
{
	const struct sv3_cmdq *now = sv3_host_cmdq(m->host);

	m->result->tlbi_asid =
		now->tlbi_by_scope[SV3_TLBI_ASID] - before->tlbi_by_scope[SV3_TLBI_ASID];
	m->result->tlbi_range =
		now->tlbi_by_scope[SV3_TLBI_RANGE] - before->tlbi_by_scope[SV3_TLBI_RANGE];
	m->result->tlbi_va = now->tlbi_by_scope[SV3_TLBI_VA] - before->tlbi_by_scope[SV3_TLBI_VA];
	m->result->atc_inv_all = now->atc_inv_all_count - before->atc_inv_all_count;
	m->result->atc_over_pages = now->atc_over_pages - before->atc_over_pages;
}

static int run(struct sv3__migration *m)
{
	const struct sv3_cmdq before = *sv3_host_cmdq(m->host);
	const sv3_ps started = sv3_world_now(m->world);
	int rc = rows_make(m);

	if (!rc && m->config->mode == SV3_MODE_STOP_COPY) {
		rc = run_stop_copy(m);
	} else if (!rc) {
		rc = run_bulk(m);
		if (!rc)
			rc = run_rounds(m);
		if (!rc)
			rc = run_final(m);
	}
	if (rc)
		return rc;
	m->result->converged = m->result->end == SV3_END_CONVERGED;
	m->result->downtime = sv3_world_now(m->world) - m->stopped_at;
	m->result->total = sv3_world_now(m->world) - started;
	sv3__report_progress(m);
	rc = sv3__leaf_end(m);
	take_scopes(m, &before);
	return rc;
}

/* --- setting up --- */

/* What a policy needs of the world: bytes to pack, and a log of its guest. */
static bool world_is_legal(const struct sv3_migration_config *config,
			   const struct sv3_world_config *world, const struct sv3__migration *m)
{
	const struct sv3_dirty_log *pinned = config->pinned;

	if (config->transfer && !world->contents)
		return false;
	if (sv3_host_has_ats(m->host) && sv3_policy_check_ats(&m->policy->info, NULL))
		return false;
	if (m->policy != &sv3__policy_pinned_scope)
		return true;
	return pinned && pinned->base == m->reported.base &&
	       pinned->page_count == m->reported.page_count;
}

static void set_parameters(struct sv3__migration *m, const struct sv3_migration_config *config)
{
	static const struct sv3_migration_observer nobody;

	m->observer = config->observer ? config->observer : &nobody;
	m->costs = sv3_world_config(m->world)->costs;
	m->bus = sv3_world_software_bus(m->world);
	m->free_bus = sv3_world_bus(m->world);
	m->page_time = sv3__transfer_time(SV3_PAGE_SIZE, config->link_bits_per_s);
	if (m->page_time < m->costs.page_copy)
		m->page_time = m->costs.page_copy;
	m->chunk_shift = m->policy->chunk_shift;
	if (m->chunk_shift == SV3__CHUNK_CONFIGURED)
		m->chunk_shift = config->chunk_shift;
	for (uint32_t i = 0; i < SV3_HOST_DOMAINS_MAX; i++)
		sv3_pt_gather_init(&m->gathers[i]);
}

int sv3_migrate(struct sv3_world *world, struct sv3_host *host,
		const struct sv3_migration_config *config, struct sv3_migration_result *result)
{
	const struct sv3_world_config *guest = sv3_world_config(world);
	struct sv3__migration m = {
		.world = world, .host = host, .config = config, .result = result
	};
	int rc = -SV3_ERR_NOMEM;

	memset(result, 0, sizeof(*result));
	m.policy = sv3__policy_find(config->policy);
	m.reported.base = m.pending.base = guest->guest_base;
	m.reported.page_count = m.pending.page_count = guest->guest_size / SV3_PAGE_SIZE;
	if (sv3_migration_config_check(config, NULL) || !world_is_legal(config, guest, &m))
		return -SV3_ERR_INVAL;
	set_parameters(&m, config);
	if (!sv3__log_make(&m, &m.reported) && !sv3__log_make(&m, &m.pending))
		rc = sv3__transfer_init(&m.transfer, config->transfer, config->cache_bytes,
					&m.free_bus, guest->guest_base, m.reported.page_count);
	if (!rc)
		rc = sv3__cpu_log_init(&m);
	if (!rc)
		rc = run(&m);
	sv3__cpu_log_fini(&m);
	if (m.policy->finish)
		m.policy->finish(&m);
	sv3__ignore_faults(&m);
	sv3__leaf_fini(&m);
	sv3__transfer_fini(&m.transfer);
	free(m.atc_owed.each);
	free(m.reported.words);
	free(m.pending.words);
	if (rc)
		sv3_migration_result_free(result);
	return rc;
}

enum sv3_divergence sv3_migration_divergence(const struct sv3_migration_result *result)
{
	const struct sv3_round *last, *sent;

	/* Bulk, rounds, and the final one behind them. */
	if (result->end != SV3_END_MAX_ROUNDS || result->row_count < 3)
		return SV3_DIVERGENCE_NONE;
	last = &result->rows[result->row_count - 2];
	sent = last - 1;
	if (2 * last->pages_false >= last->pages_reported)
		return SV3_DIVERGENCE_FALSE;
	/* Within a tenth: no round gets much shorter than the one before. */
	if (10 * sent->pages_dirtied >= 9 * sent->pages_sent)
		return SV3_DIVERGENCE_RATE;
	return SV3_DIVERGENCE_ROUND;
}

void sv3_migration_result_free(struct sv3_migration_result *result)
{
	free(result->rows);
	result->rows = NULL;
	result->row_count = 0;
}
