/* SPDX-License-Identifier: MIT */
/*
 * memory.c - memory for structures: zeroing, the order of an STE or CD write, and the pool of
 * tables.
 *
 * The pool is a bump region and a list of returned tables, threaded through their first doubleword.
 * No table ever stands at physical address 0: it means "none" in the list.
 */
#include "pagetable_priv.h"

#include <string.h>

int sv3__memory_zero(const struct sv3_bus *bus, sv3_pa pa, uint64_t len)
{
	static const uint8_t zeroes[512];
	const sv3_pa first = pa;
	const uint64_t size = len;

	while (len > 0) {
		const uint64_t to_page_end = SV3_PAGE_SIZE - (pa & (SV3_PAGE_SIZE - 1));
		uint64_t part = len < to_page_end ? len : to_page_end;
		void *window = sv3_bus_window(bus, pa, part);

		if (window) {
			memset(window, 0, (size_t)part);
		} else {
			part = part < sizeof zeroes ? part : sizeof zeroes;
			if (sv3_bus_write(bus, pa, zeroes, (uint32_t)part) != SV3_BUS_OK)
				return -SV3_ERR_BUS;
		}
		pa += part;
		len -= part;
	}
	sv3_bus_maintain(bus, first, size, SV3_MAINTAIN_CLEAN);
	return 0;
}

int sv3__word_write(const struct sv3_bus *bus, sv3_pa pa, uint64_t word)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, word);
	if (sv3_bus_write(bus, pa, bytes, sizeof bytes) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	sv3_bus_maintain(bus, pa, sizeof bytes, SV3_MAINTAIN_CLEAN);
	return 0;
}

int sv3__structure_write(const struct sv3_bus *bus, sv3_pa pa, const uint64_t words[8])
{
	/* [IHI0070 3.21.3] The hardware may read an entry at any time: V comes last. */
	for (unsigned int i = 1; i <= 8; i++) {
		const int rc = sv3__word_write(bus, pa + 8 * (i % 8), words[i % 8]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* First place in the bump region where a table may stand. */
static sv3_pa bump_next(const struct sv3_pt_pages *pages, uint64_t size)
{
	return pages->next == 0 ? size : (pages->next + size - 1) & ~(size - 1);
}

static bool bump_has(const struct sv3_pt_pages *pages, uint64_t size)
{
	const sv3_pa next = bump_next(pages, size);

	return next < pages->end && pages->end - next >= size;
}

int sv3__pages_take(struct sv3_pt_pages *pages, const struct sv3_bus *bus, uint64_t size,
		    sv3_pa *table)
{
	uint8_t bytes[8];

	if (pages->free_head != 0) {
		if (sv3_bus_read(bus, pages->free_head, bytes, 8) != SV3_BUS_OK)
			return -SV3_ERR_BUS;
		*table = pages->free_head;
		pages->free_head = sv3_le64(bytes);
		return 0;
	}
	if (!bump_has(pages, size))
		return -SV3_ERR_NOMEM;
	*table = bump_next(pages, size);
	pages->next = *table + size;
	return 0;
}

int sv3__pages_give(struct sv3_pt_pages *pages, const struct sv3_bus *bus, sv3_pa table)
{
	const int rc = sv3__word_write(bus, table, pages->free_head);

	if (rc == 0)
		pages->free_head = table;
	return rc;
}

int sv3__pages_suffice(const struct sv3_pt_pages *pages, const struct sv3_bus *bus, uint64_t size,
		       uint64_t count)
{
	const uint64_t fresh =
		bump_has(pages, size) ? (pages->end - bump_next(pages, size)) / size : 0;

	/* The list is followed only when the region alone is too small. */
	for (sv3_pa table = pages->free_head; count > fresh; count--) {
		uint8_t bytes[8];

		if (table == 0)
			return 0;
		if (sv3_bus_read(bus, table, bytes, 8) != SV3_BUS_OK)
			return -SV3_ERR_BUS;
		table = sv3_le64(bytes);
	}
	return 1;
}
