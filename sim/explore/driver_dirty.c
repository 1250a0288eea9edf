/* SPDX-License-Identifier: MIT */
/*
 * driver_dirty.c - scan and clear, and how they are done wrongly.
 */
#include "driver.h"

static struct sv3_dirty_log log_of(uint64_t *words, sv3_iova iova, uint64_t len)
{
	return (struct sv3_dirty_log){ .words = words,
				       .page_count = len / 4096,
				       .base = SV3_EXPLORE_DATA + (iova - SV3_EXPLORE_IOVA) };
}

/* As the table is, but through a bus that forgets maintenance. */
static struct sv3_pt table_of(struct sv3__driver *d)
{
	struct sv3_pt pt = d->pt;

	if (sv3__has(d, B59))
		pt.bus.ops = &d->careless;
	return pt;
}

/* --- scans by hand --- */

static bool looks_dirty(const struct sv3__driver *d, uint64_t descriptor)
{
	/* B01: neither of both, in place of one and not the other. */
	if (sv3__has(d, B01))
		return (descriptor & (SV3_PTE_DBM | SV3_PTE_AP2_RDONLY)) == 0;
	return sv3_pte_is_writable_dirty(descriptor);
}

/* Page by page. */
static int scan_by_hand(struct sv3__driver *d, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	*dirty = 0;
	for (sv3_iova at = iova; at < iova + len;) {
		struct sv3_pt_leaf leaf;
		const int rc = sv3_pt_lookup(&d->pt, at, &leaf);

		if (rc == -SV3_ERR_NOENT && sv3__has(d, B04))
			return 0; /* what is behind a hole is as if clean */
		if (rc < 0 && rc != -SV3_ERR_NOENT)
			return rc;
		if (rc == 0 && looks_dirty(d, leaf.descriptor) && at >= SV3_EXPLORE_IOVA)
			*dirty |= UINT64_C(1) << ((at - SV3_EXPLORE_IOVA) / 4096 & 63);
		/* B03: from the middle of a block as far as a block is long. */
		at += rc == 0 && sv3__has(d, B03) ? UINT64_C(1) << leaf.span_lg2 : 4096;
	}
	return 0;
}

int sv3__driver_scan(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	uint64_t words[SV3__DRIVER_LOG_WORDS] = { 0 };
	struct sv3_dirty_log log = log_of(words, iova, len);
	const struct sv3_pt pt = table_of(d);

	if (sv3__has(d, B01) || sv3__has(d, B03) || sv3__has(d, B04))
		return scan_by_hand(d, iova, len, dirty);
	SV3__TRY(sv3_dirty_scan_all(&pt, iova, len, 0, &log, NULL));
	*dirty = words[0];
	return 0;
}

/* --- clears by hand --- */

/* Reads an entry, and writes it back later whatever happened meanwhile. */
static int clear_plainly(struct sv3__driver *d, sv3_iova iova, struct sv3_pt_gather *gather)
{
	struct sv3_pt_leaf leaf;
	uint8_t bytes[8];

	SV3__TRY(sv3_pt_lookup(&d->pt, iova, &leaf));
	sv3_put_le64(bytes, leaf.descriptor | SV3_PTE_AP2_RDONLY);
	if (sv3_bus_write(&d->setup.bus, leaf.descriptor_pa, bytes, 8) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	sv3_pt_gather_add(gather, leaf.iova, leaf.span_lg2);
	return 0;
}

static int drop_bits(struct sv3__driver *d, sv3_iova iova, uint64_t bits)
{
	struct sv3_pt_leaf leaf;
	uint64_t old;

	SV3__TRY(sv3_pt_lookup(&d->pt, iova, &leaf));
	if (sv3_bus_cas64(&d->setup.bus, leaf.descriptor_pa, leaf.descriptor,
			  leaf.descriptor & ~bits, &old) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	return 0;
}

static int clear_page(struct sv3__driver *d, const struct sv3_pt *pt, sv3_iova iova,
		      const struct sv3_dirty_log *reported, struct sv3_pt_gather *gather)
{
	const bool is_reported =
		sv3_dirty_log_test(reported, SV3_EXPLORE_DATA + (iova - SV3_EXPLORE_IOVA));

	if (sv3__has(d, B17))
		SV3__TRY(sv3_dirty_clear(pt, iova, NULL, gather));
	else if (sv3__has(d, B19) || (sv3__has(d, B20) && is_reported))
		SV3__TRY(clear_plainly(d, iova, gather));
	else if (is_reported)
		SV3__TRY(sv3_dirty_clear(pt, iova, reported, gather));
	if (sv3__has(d, B21) && is_reported)
		SV3__TRY(drop_bits(d, iova, SV3_PTE_DBM));
	if (sv3__has(d, B23) && is_reported)
		SV3__TRY(drop_bits(d, iova, SV3_PTE_AF));
	return 0;
}

int sv3__driver_clear(void *state, sv3_iova iova, uint64_t len, uint64_t dirty)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	uint64_t words[SV3__DRIVER_LOG_WORDS] = { dirty };
	const struct sv3_dirty_log reported = log_of(words, iova, len);
	const struct sv3_pt pt = table_of(d);
	struct sv3_pt_gather gather;

	if (sv3__has(d, B22))
		return 0;
	/* The pages of a block are reported together. */
	for (unsigned int i = 1; dirty == UINT64_MAX && i < SV3__DRIVER_LOG_WORDS; i++)
		words[i] = UINT64_MAX;
	if (sv3__has(d, B05))
		SV3__TRY(sv3__driver_invalidate_pages(d, iova, len));
	sv3_pt_gather_init(&gather);
	for (uint64_t page = 0; page < len / 4096 && page < 64; page++)
		SV3__TRY(clear_page(d, &pt, iova + 4096 * page, &reported, &gather));
	return sv3__has(d, B05) ? 0 : sv3__driver_invalidate(d, &gather);
}

int sv3__driver_collect(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	uint64_t words[SV3__DRIVER_LOG_WORDS] = { 0 };
	struct sv3_dirty_log log = log_of(words, iova, len);
	const struct sv3_pt pt = table_of(d);
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	SV3__TRY(sv3_dirty_scan_all(&pt, iova, len, SV3_DIRTY_CLEAR, &log, &gather));
	*dirty = words[0];
	/* B30: the first time, when tracking begins. */
	if (sv3__has(d, B30) && d->setup.starts_off) {
		d->setup.starts_off = false;
		return 0;
	}
	return sv3__driver_invalidate(d, &gather);
}
