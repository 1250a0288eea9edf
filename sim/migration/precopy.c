/* SPDX-License-Identifier: MIT */
/*
 * precopy.c - the loop: track, bulk, rounds, stop, final round. The same for every policy.
 *
 * A page is read at the moment its transfer starts. Time is kept in picoseconds and passes only
 * through the world's clock. docs/MIGRATION.md has the loop in words.
 */
#include <stdlib.h>
#include <string.h>

#include "migration_priv.h"

#define PROGRESS_PAGES (UINT64_C(1) << 14)

__extension__ typedef unsigned __int128 u128;

/* APPROX(T-012): payload only. */
sv3_ps sv3__transfer_time(uint64_t link_bits_per_s)
{
	return (sv3_ps)((u128)SV3_PAGE_SIZE * 8 * SV3_PS_PER_S / link_bits_per_s);
}

uint64_t sv3__threshold_pages(uint64_t link_bits_per_s, sv3_ps downtime)
{
	const u128 pages =
		(u128)link_bits_per_s * downtime / ((u128)8 * SV3_PAGE_SIZE * SV3_PS_PER_S);

	return pages > UINT64_MAX ? UINT64_MAX : (uint64_t)pages;
}

/* --- copy --- */

/* The world catches up with the copy phase; what was due until now happens. */
static void clock_leave(struct sv3__migration *m)
{
	sv3_world_run_until(m->world, m->copy_clock);
}

static void clock_enter(struct sv3__migration *m)
{
	m->copy_clock = sv3_world_now(m->world);
	m->quiet_until = sv3_world_next_event(m->world);
}

static void report_progress(struct sv3__migration *m)
{
	if (m->observer->progress)
		m->observer->progress(m->observer->context, m->result->pages_sent,
				      m->result->rounds, m->copy_clock);
}

/* One page is read now and is on the wire for a while. What is due by now happens before. */
static void send_page(struct sv3__migration *m, uint64_t page, bool bulk)
{
	if (m->copy_clock >= m->quiet_until) {
		clock_leave(m);
		clock_enter(m);
	}
	if (m->observer->page_copied)
		m->observer->page_copied(m->observer->context, page, m->copy_clock, bulk);
	m->copy_clock += m->transfer;
	if (++m->result->pages_sent % PROGRESS_PAGES == 0)
		report_progress(m);
}

static void send_all(struct sv3__migration *m)
{
	clock_enter(m);
	for (uint64_t page = 0; page < m->reported.page_count; page++)
		send_page(m, page, true);
	clock_leave(m);
}

/* The policy's step at the first page of a chunk. */
static int enter_chunk(struct sv3__migration *m, uint64_t chunk)
{
	const uint64_t first = chunk << m->chunk_shift;
	uint64_t end = (chunk + 1) << m->chunk_shift;
	int rc;

	if (end > m->reported.page_count)
		end = m->reported.page_count;
	clock_leave(m);
	rc = m->policy->before_chunk(m, first, end);
	clock_enter(m);
	return rc;
}

/* Send what is reported, ascending, and forget it. */
static int send_reported(struct sv3__migration *m)
{
	struct sv3_dirty_log *log = &m->reported;
	uint64_t entered = UINT64_MAX;

	sv3_dirty_log_clear_all(&m->pending);
	sv3__log_merge(&m->pending, log);
	clock_enter(m);
	for (uint64_t page = sv3_dirty_log_next(log, 0); page < log->page_count;
	     page = sv3_dirty_log_next(log, page + 1)) {
		if (m->policy->before_chunk && page >> m->chunk_shift != entered) {
			int rc;

			entered = page >> m->chunk_shift;
			rc = enter_chunk(m, entered);
			if (rc)
				return rc;
		}
		/* Once it is read, a clear of it would hide a write: it is pending no more. */
		sv3__log_drop(&m->pending, page, page + 1);
		send_page(m, page, false);
	}
	clock_leave(m);
	sv3_dirty_log_clear_all(log);
	return 0;
}

/* --- the loop --- */

static void at_place(struct sv3__migration *m, enum sv3_place place, uint32_t round)
{
	if (m->config->at_place)
		m->config->at_place(m->config->at_place_context, place, round);
}

/* One collection. It adds to what is reported: after the stop this is the union. */
static int collect(struct sv3__migration *m, bool final)
{
	int rc = m->policy->collect(m);

	if (rc)
		return rc;
	if (m->policy->tracks)
		sv3_host_collect_unmapped(m->host, &m->reported, !final);
	m->collected = sv3_world_now(m->world);
	m->result->rounds++;
	at_place(m, SV3_PLACE_AFTER_COLLECT, m->result->rounds);
	return 0;
}

/* All dirty state so far is forgotten: bulk sends every page anyway. */
static int start_tracking(struct sv3__migration *m)
{
	int rc;

	if (!m->policy->tracks)
		return 0;
	rc = sv3__scan(m, SV3_DIRTY_CLEAR);
	if (!rc)
		rc = sv3__invalidate(m);
	/* Those not settled may still be written: they are kept for the first round. */
	sv3_host_collect_unmapped(m->host, &m->reported, true);
	sv3_dirty_log_clear_all(&m->reported);
	return rc;
}

/* The rounds of a running guest. They end with what the last one reported not sent, or all sent. */
static int run_rounds(struct sv3__migration *m)
{
	const bool may_stop = !m->config->stop_rule_off;

	for (uint32_t round = 1; round <= m->config->max_rounds; round++) {
		int rc = collect(m, false);

		if (rc)
			return rc;
		if (may_stop && sv3_dirty_log_count(&m->reported) <= m->threshold_pages) {
			m->result->converged = true;
			return 0;
		}
		if (may_stop && round == m->config->max_rounds)
			return 0;
		rc = send_reported(m);
		if (rc)
			return rc;
		at_place(m, SV3_PLACE_AFTER_COPY, round);
		report_progress(m);
	}
	return 0;
}

static int run_final(struct sv3__migration *m)
{
	const sv3_ps stopped = sv3_world_now(m->world);
	int rc;

	sv3_world_stop_device(m->world);
	sv3_world_drain(m->world);
	rc = sv3__sync(m);
	if (!rc)
		rc = collect(m, true);
	if (!rc)
		rc = send_reported(m);
	if (rc)
		return rc;
	m->result->downtime = sv3_world_now(m->world) - stopped;
	return 0;
}

static int run(struct sv3__migration *m)
{
	const sv3_ps started = sv3_world_now(m->world);
	int rc = start_tracking(m);

	if (rc)
		return rc;
	send_all(m);
	at_place(m, SV3_PLACE_AFTER_COPY, 0);
	rc = run_rounds(m);
	if (!rc)
		rc = run_final(m);
	if (rc)
		return rc;
	m->result->total = sv3_world_now(m->world) - started;
	report_progress(m);
	return 0;
}

/* --- setting up --- */

static bool config_is_legal(const struct sv3_migration_config *config,
			    const struct sv3__policy *policy, const struct sv3_dirty_log *guest)
{
	if (!policy || !config->link_bits_per_s || !config->max_rounds)
		return false;
	if (config->chunk_shift > 40)
		return false;
	if (config->flush != SV3_FLUSH_RANGE && config->flush != SV3_FLUSH_ALL)
		return false;
	if (policy != &sv3__policy_pinned_scope)
		return true;
	return config->pinned && config->pinned->base == guest->base &&
	       config->pinned->page_count == guest->page_count;
}

static int make_log(struct sv3_dirty_log *log)
{
	log->words = (uint64_t *)calloc((size_t)sv3_dirty_log_words(log->page_count),
					sizeof(*log->words));
	return log->words ? 0 : -SV3_ERR_NOMEM;
}

static void set_parameters(struct sv3__migration *m, const struct sv3_migration_config *config)
{
	static const struct sv3_migration_observer nobody;

	m->observer = config->observer ? config->observer : &nobody;
	m->costs = sv3_world_config(m->world)->costs;
	m->bus = sv3_world_software_bus(m->world);
	m->free_bus = sv3_world_bus(m->world);
	m->transfer = sv3__transfer_time(config->link_bits_per_s);
	m->threshold_pages = sv3__threshold_pages(config->link_bits_per_s, config->downtime);
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
	if (!config_is_legal(config, m.policy, &m.reported))
		return -SV3_ERR_INVAL;
	set_parameters(&m, config);
	if (!make_log(&m.reported) && !make_log(&m.pending))
		rc = run(&m);
	free(m.reported.words);
	free(m.pending.words);
	return rc;
}
