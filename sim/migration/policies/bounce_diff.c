/* SPDX-License-Identifier: MIT */
/*
 * bounce_diff.c - P14: no tracking at all: a collection copies what devices may have written into
 * a buffer of its own and sends what differs from last time. [policies 1, thread 004; 7]
 *
 * Exact to the byte, at the price of everything mapped, not of what was written. The buffer is what
 * is sent, so a page is read when it is compared; a write behind that differs next time.
 */
#include <string.h>

#include "../migration_priv.h"

/* m->state: the buffer, lazily backed; shape [page_count * 4096]. */
static uint64_t bounce_bytes(const struct sv3__migration *m)
{
	return m->reported.page_count * SV3_PAGE_SIZE;
}

/* Returns: whether the page differed from its copy, which is made anew. */
static bool bounce_page(struct sv3__migration *m, uint64_t page)
{
	uint8_t *copy = (uint8_t *)m->state + page * SV3_PAGE_SIZE;
	uint8_t buffer[SV3_PAGE_SIZE];
	const sv3_pa pa = m->reported.base + page * SV3_PAGE_SIZE;
	const void *now = sv3_bus_window(&m->free_bus, pa, SV3_PAGE_SIZE);

	if (!now) {
		/* Guest RAM does not abort. */
		(void)sv3_bus_read(&m->free_bus, pa, buffer, (uint32_t)SV3_PAGE_SIZE);
		now = buffer;
	}
	if (!memcmp(copy, now, SV3_PAGE_SIZE))
		return false;
	memcpy(copy, now, SV3_PAGE_SIZE);
	return true;
}

static int start(struct sv3__migration *m)
{
	m->state = sv3_zeroed_create(bounce_bytes(m));
	return m->state ? 0 : -SV3_ERR_NOMEM;
}

/* Bulk sends the page and remembers it, at one instant. */
static int before_bulk_page(struct sv3__migration *m, uint64_t page, uint64_t end)
{
	(void)end;
	bounce_page(m, page);
	return 0;
}

static int collect(struct sv3__migration *m)
{
	for (uint64_t page = 0; page < m->reported.page_count; page++) {
		sv3__spend(m, m->config->diff_time);
		if (!bounce_page(m, page))
			continue;
		sv3_dirty_log_set(&m->reported, m->reported.base + page * SV3_PAGE_SIZE,
				  SV3_PAGE_SIZE);
		sv3__page_read(m, page);
	}
	m->result->bytes_compared += bounce_bytes(m);
	return 0;
}

static void finish(struct sv3__migration *m)
{
	sv3_zeroed_destroy(m->state, bounce_bytes(m));
}

const struct sv3__policy sv3__policy_bounce_diff = {
	.info = {
		.name = "bounce-diff",
		.id = "P14",
		.steps = "copy and compare all; C(differing)",
		.description = "no tracking: memory is compared with a copy of what was sent",
		.claims_lossless = true,
		.needs = SV3_NEEDS_CONTENTS,
	},
	.chunk_shift = 0,
	.reads_early = true,
	.start = start,
	.before_bulk_chunk = before_bulk_page,
	.collect = collect,
	.finish = finish,
};
