/* SPDX-License-Identifier: MIT */
/*
 * guest.c - what traces say about their guest: streams, interrupt pages, size, pinned pages.
 *
 * Interrupts (class msi) are writes to a page that is not RAM. Its MAP row is theirs too.
 */
#include <stdlib.h>

#include "migration_priv.h"

#define GIB (UINT64_C(1) << 30)

static sv3_pa page_of(sv3_pa pa)
{
	return pa & ~(SV3_PAGE_SIZE - 1);
}

/* --- streams and interrupt pages --- */

/* Both lists are short: a few devices, a few doorbells. They are searched from their end.
 * @first_own: streams from here on are of the trace at hand; another's is refused. */
static int note_stream(struct sv3__guest_facts *facts, uint32_t first_own, uint32_t stream_id)
{
	uint32_t *grown;

	for (uint32_t i = facts->stream_count; i-- > 0;)
		if (facts->stream_ids[i] == stream_id)
			return i >= first_own ? 0 : -SV3_ERR_EXIST;
	grown = (uint32_t *)realloc(facts->stream_ids, (facts->stream_count + 1) * sizeof(*grown));
	if (!grown)
		return -SV3_ERR_NOMEM;
	facts->stream_ids = grown;
	facts->stream_ids[facts->stream_count++] = stream_id;
	return 0;
}

static bool is_msi_page(const struct sv3__guest_facts *facts, sv3_pa page)
{
	for (uint32_t i = facts->msi_page_count; i-- > 0;)
		if (facts->msi_pages[i] == page)
			return true;
	return false;
}

static int note_msi_page(struct sv3__guest_facts *facts, sv3_pa page)
{
	sv3_pa *grown;

	if (is_msi_page(facts, page))
		return 0;
	grown = (sv3_pa *)realloc(facts->msi_pages, (facts->msi_page_count + 1) * sizeof(*grown));
	if (!grown)
		return -SV3_ERR_NOMEM;
	facts->msi_pages = grown;
	facts->msi_pages[facts->msi_page_count++] = page;
	return 0;
}

static int add_trace(struct sv3__guest_facts *facts, const struct sv3_trace *trace)
{
	const uint32_t first_own = facts->stream_count;
	int rc = 0;

	for (uint64_t i = 0; i < trace->count && !rc; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];

		/* An access without a StreamID is made with 0. */
		if ((rec->has & SV3_TRACE_HAS_SID) || sv3_trace_is_access(rec))
			rc = note_stream(facts, first_own, rec->sid);
		if (!rc && sv3_trace_is_interrupt(rec) && (rec->has & SV3_TRACE_HAS_PA))
			rc = note_msi_page(facts, page_of(rec->pa));
	}
	return rc;
}

int sv3__guest_facts_init(struct sv3__guest_facts *facts, const struct sv3_trace *traces,
			  uint32_t trace_count)
{
	int rc = 0;

	*facts = (struct sv3__guest_facts){ 0 };
	for (uint32_t i = 0; i < trace_count && !rc; i++)
		rc = add_trace(facts, &traces[i]);
	if (rc)
		sv3__guest_facts_fini(facts);
	return rc;
}

void sv3__guest_facts_fini(struct sv3__guest_facts *facts)
{
	free(facts->stream_ids);
	free(facts->msi_pages);
	*facts = (struct sv3__guest_facts){ 0 };
}

/* --- RAM --- */

/* Whether a row speaks of guest RAM: accesses but for interrupts, and what is mapped for them. */
static bool names_ram(const struct sv3__guest_facts *facts, const struct sv3_trace_rec *rec)
{
	if (!(rec->has & SV3_TRACE_HAS_PA))
		return false;
	if (sv3_trace_is_access(rec))
		return rec->aux != SV3_TRACE_AUX_MSI;
	if (rec->op != SV3_TRACE_MAP || !rec->len)
		return false;
	for (sv3_pa pa = page_of(rec->pa); pa <= rec->pa + (rec->len - 1); pa += SV3_PAGE_SIZE)
		if (!is_msi_page(facts, pa))
			return true;
	return false;
}

uint64_t sv3_guest_size_default(const struct sv3_trace *trace, sv3_pa guest_base)
{
	struct sv3__guest_facts facts;
	uint64_t size = GIB;
	sv3_pa highest = 0;

	if (sv3__guest_facts_init(&facts, trace, 1))
		return size;
	for (uint64_t i = 0; i < trace->count; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];
		const sv3_pa last = rec->pa + (rec->len ? rec->len - 1 : 0);

		if (last > highest && names_ram(&facts, rec))
			highest = last;
	}
	sv3__guest_facts_fini(&facts);
	/* No address reaches 2^63 GiB: descriptors hold 48 bits, and readers check it. */
	while (highest >= guest_base && highest - guest_base >= size && size < UINT64_MAX / 4)
		size *= 2;
	return size;
}

int sv3_trace_check_guest(const struct sv3_trace *trace, sv3_pa guest_base, uint64_t guest_size,
			  uint64_t *record)
{
	struct sv3__guest_facts facts;
	int rc = sv3__guest_facts_init(&facts, trace, 1);

	for (uint64_t i = 0; !rc && i < trace->count; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];
		const uint64_t offset = rec->pa - guest_base; /* huge if below */

		const bool inside = offset < guest_size && rec->len <= guest_size - offset;

		if (names_ram(&facts, rec) ? inside
					   : !inside || !(rec->has & SV3_TRACE_HAS_PA) ||
						     !sv3_trace_is_interrupt(rec))
			continue;
		*record = i;
		rc = inside ? -SV3_ERR_EXIST : -SV3_ERR_RANGE;
	}
	sv3__guest_facts_fini(&facts);
	return rc;
}

static void pin_trace(const struct sv3_trace *trace, struct sv3_dirty_log *log)
{
	bool has_maps = false;

	for (uint64_t i = 0; i < trace->count; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];

		if (rec->op != SV3_TRACE_MAP)
			continue;
		has_maps = true;
		sv3_dirty_log_set(log, rec->pa, rec->len);
	}
	if (!has_maps)
		sv3_dirty_log_set_all(log);
}

void sv3__guest_pinned(const struct sv3_trace *traces, uint32_t trace_count,
		       struct sv3_dirty_log *log)
{
	sv3_dirty_log_clear_all(log);
	for (uint32_t i = 0; i < trace_count; i++)
		pin_trace(&traces[i], log);
	if (!trace_count)
		sv3_dirty_log_set_all(log);
}
