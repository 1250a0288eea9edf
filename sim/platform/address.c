/* SPDX-License-Identifier: MIT */
/*
 * address.c - reg of a node as the CPUs see it: cells by its bus, and the ranges of every bus
 * above.
 */
#include "platform_priv.h"

/* What the specification of device trees has where a bus says nothing. */
#define ADDRESS_CELLS_DEFAULT 2u
#define SIZE_CELLS_DEFAULT    1u

int sv3__bus_cells(const struct sv3__loader *loader, uint32_t bus, uint32_t *address_cells,
		   uint32_t *size_cells)
{
	int rc;

	*address_cells = ADDRESS_CELLS_DEFAULT;
	*size_cells = SIZE_CELLS_DEFAULT;
	rc = sv3__read_u32(loader, bus, "#address-cells", SV3__CELLS_MAX, address_cells);
	return rc < 0 ? rc : sv3__read_u32(loader, bus, "#size-cells", SV3__CELLS_MAX, size_cells);
}

/** @count cells from @first on, 1 or 2 of them. */
static uint64_t number_at(const struct sv3__cells *cells, uint32_t first, uint32_t count)
{
	uint64_t value = sv3__cell(cells, first);

	return count == 2 ? value << 32 | sv3__cell(cells, first + 1) : value;
}

/** The shape of a bus's addresses, which must be numbers of 64 bits at most. */
static int plain_cells(const struct sv3__loader *loader, uint32_t bus, uint32_t *address_cells,
		       uint32_t *size_cells)
{
	const int rc = sv3__bus_cells(loader, bus, address_cells, size_cells);

	if (rc < 0)
		return rc;
	if (*address_cells < 1 || *address_cells > 2)
		return sv3__fail(loader, bus, "#address-cells",
				 "%u: what is below it has no address of memory; give 1 or 2",
				 *address_cells);
	if (*size_cells < 1 || *size_cells > 2)
		return sv3__fail(loader, bus, "#size-cells", "%u: give 1 or 2", *size_cells);
	return 0;
}

/** From the addresses below @bus to those above it. */
static int translate(const struct sv3__loader *loader, uint32_t bus, struct sv3__range *range)
{
	const uint32_t above = loader->tree.nodes[bus].parent;
	uint32_t low, high, size, ignored, entry;
	struct sv3__cells cells;
	int rc = sv3__read_cells(loader, bus, "ranges", &cells);

	if (rc == 0)
		rc = plain_cells(loader, bus, &low, &size);
	if (rc == 0)
		rc = plain_cells(loader, above, &high, &ignored);
	if (rc < 0)
		return rc;
	if (!cells.is_there)
		return sv3__fail(loader, bus, "ranges",
				 "absent: what is below it has no address of memory; give "
				 "\"ranges;\" if they are the same");
	entry = low + high + size;
	if (cells.count % entry != 0)
		return sv3__fail(loader, bus, "ranges", "%u cells are no whole entries of %u",
				 cells.count, entry);
	for (uint32_t i = 0; i < cells.count; i += entry) {
		const uint64_t base = number_at(&cells, i, low);
		const uint64_t length = number_at(&cells, i + low + high, size);

		if (range->base >= base && range->base - base < length &&
		    range->size <= length - (range->base - base)) {
			range->base += number_at(&cells, i + low, high) - base;
			return 0;
		}
	}
	if (cells.count == 0)
		return 0;
	return sv3__fail(loader, bus, "ranges",
			 "0x%llx of %llu bytes, which is below it, is in none",
			 (unsigned long long)range->base, (unsigned long long)range->size);
}

int sv3__read_reg(const struct sv3__loader *loader, uint32_t node, uint32_t index,
		  struct sv3__range *range)
{
	const struct sv3__node *nodes = loader->tree.nodes;
	uint32_t address_cells, size_cells, entry;
	struct sv3__cells cells;
	int rc = plain_cells(loader, nodes[node].parent, &address_cells, &size_cells);

	if (rc == 0)
		rc = sv3__read_cells(loader, node, "reg", &cells);
	if (rc < 0)
		return rc;
	entry = address_cells + size_cells;
	if (cells.count % entry != 0)
		return sv3__fail(loader, node, "reg",
				 "%u cells are no whole entries of %u (#address-cells %u, "
				 "#size-cells %u)",
				 cells.count, entry, address_cells, size_cells);
	if (index >= cells.count / entry)
		return -SV3_ERR_NOENT;
	range->base = number_at(&cells, index * entry, address_cells);
	range->size = number_at(&cells, index * entry + address_cells, size_cells);
	for (uint32_t bus = nodes[node].parent; bus != SV3__ROOT && rc == 0;
	     bus = nodes[bus].parent)
		rc = translate(loader, bus, range);
	if (rc == 0 && range->size > 0 && range->base > UINT64_MAX - (range->size - 1))
		return sv3__fail(loader, node, "reg", "entry %u ends beyond 64 bits", index);
	return rc;
}
