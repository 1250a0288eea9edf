/* SPDX-License-Identifier: MIT */
/*
 * copy.c - pages on the wire: the bulk copy and the pages of a round, and what the link achieves.
 *
 * A page is read at the moment its transfer starts. The copy phase keeps a clock of its own and
 * hands it to the world when something is due: between two events of the world pages cost nothing
 * but their count.
 */
#include "migration_priv.h"

#define PROGRESS_PAGES (UINT64_C(1) << 14)
/* What a VMM averages its bandwidth over. [policies 3] */
#define BANDWIDTH_WINDOW (100 * SV3_PS_PER_MS)

__extension__ typedef unsigned __int128 u128;

sv3_ps sv3__transfer_time(uint64_t bytes, uint64_t link_bits_per_s)
{
	return (sv3_ps)((u128)bytes * 8 * SV3_PS_PER_S / link_bits_per_s);
}

uint64_t sv3__threshold_pages(uint64_t link_bits_per_s, sv3_ps downtime)
{
	const u128 pages =
		(u128)link_bits_per_s * downtime / ((u128)8 * SV3_PAGE_SIZE * SV3_PS_PER_S);

	return pages > UINT64_MAX ? UINT64_MAX : (uint64_t)pages;
}

/* --- the clock --- */

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

void sv3__report_progress(struct sv3__migration *m)
{
	if (m->observer->progress)
		m->observer->progress(m->observer->context, m->result->pages_sent,
				      m->result->rounds, m->copy_clock);
}

/* --- bandwidth --- */

void sv3__bandwidth_begin(struct sv3__migration *m)
{
	m->bandwidth = m->config->link_bits_per_s;
	m->window_began = sv3_world_now(m->world);
	m->window_bytes = m->result->bytes_sent;
}

static void bandwidth_update(struct sv3__migration *m)
{
	const sv3_ps elapsed = m->copy_clock - m->window_began;
	const uint64_t bytes = m->result->bytes_sent - m->window_bytes;

	if (elapsed < BANDWIDTH_WINDOW)
		return;
	m->bandwidth = (uint64_t)((u128)bytes * 8 * SV3_PS_PER_S / elapsed);
	m->window_began = m->copy_clock;
	m->window_bytes = m->result->bytes_sent;
}

/* --- pages --- */

/* What is due by now happens before the next page is read. */
static void catch_up(struct sv3__migration *m)
{
	if (m->copy_clock >= m->quiet_until) {
		clock_leave(m);
		clock_enter(m);
	}
}

/* How many pages are read before the world or the bandwidth's window has its turn, or somebody
 * wants to see progress: at least one. */
static uint64_t pages_at_once(const struct sv3__migration *m)
{
	const uint64_t to_progress = PROGRESS_PAGES - m->result->pages_sent % PROGRESS_PAGES;
	const sv3_ps window_end = m->window_began + BANDWIDTH_WINDOW;
	const sv3_ps turn = window_end < m->quiet_until ? window_end : m->quiet_until;
	uint64_t count = 1;

	if (m->transfer.mode == SV3_TRANSFER_PLAIN && m->page_time && turn > m->copy_clock)
		count = (turn - m->copy_clock - 1) / m->page_time + 1;
	return count < to_progress ? count : to_progress;
}

static void tell_copied(const struct sv3__migration *m, const struct sv3_copy *copy)
{
	if (m->observer->pages_copied)
		m->observer->pages_copied(m->observer->context, copy);
}

/* What is left of a page when it is packed. */
static void send_packed(struct sv3__migration *m, struct sv3_copy *copy)
{
	struct sv3_wire wire;

	sv3__transfer_pack(&m->transfer, copy->first_page, copy->bulk, &wire);
	copy->step = sv3__transfer_time(wire.bytes, m->config->link_bits_per_s);
	copy->wire = &wire;
	tell_copied(m, copy);
	m->copy_clock += copy->step;
	m->result->bytes_sent += wire.bytes;
}

/* Pages [first, end), at most pages_at_once(), each read when the one before is on the wire. */
static void send_pages(struct sv3__migration *m, uint64_t first, uint64_t end, bool bulk)
{
	struct sv3_copy copy = {
		.first_page = first,
		.page_count = end - first,
		.at = m->copy_clock,
		.step = m->page_time,
		.bulk = bulk,
	};

	if (m->transfer.mode != SV3_TRANSFER_PLAIN) {
		send_packed(m, &copy);
	} else {
		/* A policy that reads early told of these pages when it read them. */
		if (bulk || !m->policy->reads_early)
			tell_copied(m, &copy);
		m->copy_clock += copy.page_count * m->page_time;
		m->result->bytes_sent += copy.page_count * SV3_PAGE_SIZE;
	}
	m->result->cpu_time += copy.page_count * m->costs.page_copy;
	bandwidth_update(m);
	m->result->pages_sent += copy.page_count;
	if (m->result->pages_sent % PROGRESS_PAGES == 0)
		sv3__report_progress(m);
}

/* --- chunks --- */

void sv3__bitmap_goes(struct sv3__migration *m, uint64_t page_count)
{
	const uint64_t bytes = (page_count + 7) / 8;

	m->result->bitmap_bytes += bytes;
	sv3__spend(m, m->costs.call + bytes * m->costs.bitmap_kib / 1024);
}

typedef int (*chunk_step)(struct sv3__migration *m, uint64_t chunk_first, uint64_t chunk_end);

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The policy's step at the first page of a chunk. @end: out: of the chunk. */
static int enter_chunk(struct sv3__migration *m, chunk_step step, uint64_t chunk, uint64_t *end)
{
	const uint64_t first = chunk << m->chunk_shift;
	int rc;

	*end = smaller((chunk + 1) << m->chunk_shift, m->reported.page_count);
	/* The bits of the chunk go back to the kernel. */
	clock_leave(m);
	sv3__bitmap_goes(m, *end - first);
	rc = step(m, first, *end);
	clock_enter(m);
	return rc;
}

static int send_bulk(struct sv3__migration *m)
{
	const chunk_step step = m->stopped ? NULL : m->policy->before_bulk_chunk;
	const uint64_t page_count = m->reported.page_count;
	uint64_t chunk_end = step ? 0 : page_count;

	if (step)
		sv3_dirty_log_set_all(&m->pending);
	clock_enter(m);
	for (uint64_t page = 0, end; page < page_count; page = end) {
		if (page == chunk_end) {
			int rc = enter_chunk(m, step, page >> m->chunk_shift, &chunk_end);

			if (rc)
				return rc;
		}
		if (step)
			sv3__log_drop(&m->pending, page, page + 1);
		catch_up(m);
		end = smaller(chunk_end, page + pages_at_once(m));
		if (step)
			sv3__log_drop(&m->pending, page + 1, end);
		send_pages(m, page, end, true);
	}
	clock_leave(m);
	return 0;
}

int sv3__send_bulk(struct sv3__migration *m)
{
	int rc;

	sv3_world_phase(m->world, "copy", true);
	rc = send_bulk(m);
	sv3_world_phase(m->world, "copy", false);
	return rc;
}

void sv3__page_read(struct sv3__migration *m, uint64_t page)
{
	tell_copied(m, &(const struct sv3_copy){ .first_page = page,
						 .page_count = 1,
						 .at = sv3_world_now(m->world) });
}

/* The log of CPU writes has chunks of its own. Returns: the end of the one that @page is in. */
static uint64_t enter_cpu_chunk(struct sv3__migration *m, uint64_t page)
{
	const uint32_t shift = m->config->chunk_shift;
	const uint64_t chunk = page >> shift;

	clock_leave(m);
	if (m->config->cpu_log == SV3_CPU_LOG_MANUAL)
		sv3__cpu_log_clear(m, chunk << shift, (chunk + 1) << shift);
	clock_enter(m);
	return smaller((chunk + 1) << shift, m->reported.page_count);
}

/* Once it is read, a clear of it would hide a write: it is pending no more. */
static void drop_pages(struct sv3__migration *m, uint64_t first, uint64_t end)
{
	sv3__log_drop(&m->pending, first, end);
	sv3__log_drop(&m->reported, first, end);
}

/* From the first reported page to the last, once. */
static int send_pass(struct sv3__migration *m)
{
	struct sv3_dirty_log *log = &m->reported;
	const chunk_step step = m->policy->before_chunk;
	uint64_t chunk_end = step ? 0 : log->page_count, cpu_chunk_end = 0;

	sv3_dirty_log_clear_all(&m->pending);
	sv3__log_merge(&m->pending, log);
	clock_enter(m);
	for (uint64_t page = sv3_dirty_log_next(log, 0), end; page < log->page_count;
	     page = sv3_dirty_log_next(log, end)) {
		if (page >= chunk_end) {
			const uint64_t chunk = page >> m->chunk_shift;
			int rc = enter_chunk(m, step, chunk, &chunk_end);

			if (rc)
				return rc;
			/* The step may have reported more, before this page, too. */
			page = sv3_dirty_log_next(log, chunk << m->chunk_shift);
		}
		if (page >= cpu_chunk_end)
			cpu_chunk_end = enter_cpu_chunk(m, page);
		drop_pages(m, page, page + 1);
		catch_up(m);
		end = smaller(smaller(chunk_end, cpu_chunk_end), page + pages_at_once(m));
		end = sv3__log_run_end(log, page + 1, end);
		drop_pages(m, page + 1, end);
		send_pages(m, page, end, false);
	}
	clock_leave(m);
	return 0;
}

int sv3__send_reported(struct sv3__migration *m)
{
	/* What a step reported in a part that was sent already waits for the next round; after the
	 * stop there is none. */
	do {
		int rc;

		sv3_world_phase(m->world, "copy", true);
		rc = send_pass(m);
		sv3_world_phase(m->world, "copy", false);
		if (rc)
			return rc;
	} while (m->stopped && sv3_dirty_log_next(&m->reported, 0) < m->reported.page_count);
	return 0;
}

void sv3__send_device_state(struct sv3__migration *m)
{
	const uint64_t bytes = m->config->device_state_bytes;

	m->result->bytes_sent += bytes;
	sv3_world_advance(m->world, sv3__transfer_time(bytes, m->config->link_bits_per_s));
}
