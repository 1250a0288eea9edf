/* SPDX-License-Identifier: MIT */
/*
 * pt.c - building translation tables: init, fini, map.
 *
 * Map looks at everything first and changes nothing unless all of it can be done. New tables are
 * filled by plain writes while no walk can reach them, then linked by compare-and-swap, as are
 * leaves in live tables. The hardware never touches an invalid descriptor, so that swap can fail
 * only against other software.
 */
#include "pagetable_priv.h"

static uint64_t table_size(const struct sv3_pt *pt)
{
	return UINT64_C(1) << pt->config.granule_lg2;
}

static bool config_is_valid(const struct sv3_pt_config *config)
{
	return (config->granule_lg2 == 12 || config->granule_lg2 == 14 ||
		config->granule_lg2 == 16) &&
	       config->input_size_lg2 >= 25 && config->input_size_lg2 <= 48;
}

int sv3_pt_init(struct sv3_pt *pt, const struct sv3_bus *bus, struct sv3_pt_pages *pages,
		const struct sv3_pt_config *config)
{
	int rc;

	if (!config_is_valid(config))
		return -SV3_ERR_INVAL;
	*pt = (struct sv3_pt){ .bus = *bus, .pages = pages, .config = *config };
	if (pages->free_head != 0 && pages->free_size_bytes != table_size(pt))
		return -SV3_ERR_INVAL;
	pages->free_size_bytes = table_size(pt);
	rc = sv3__pages_take(pages, bus, table_size(pt), &pt->root);
	if (rc < 0)
		return rc;
	/* The first table may need less than a granule; it gets one, which is aligned for any
	 * size. */
	return sv3__memory_zero(bus, pt->root, table_size(pt));
}

/* Gives back a table and all below it; @entries as the level has. Recursion ends at the last
 * level. */
static int tables_give(struct sv3_pt *pt, sv3_pa table_pa, unsigned int level, uint32_t entries)
{
	const struct sv3__table table = sv3__table_open(&pt->bus, table_pa, 8 * (uint64_t)entries);
	const uint32_t child_entries = UINT32_C(1) << sv3_vmsa_level_bits(pt->config.granule_lg2);

	for (uint32_t i = 0; level < SV3_LEVEL_LAST && i < entries; i++) {
		uint64_t pte;
		int rc = sv3__table_read(&table, i, &pte);

		if (rc == 0 && sv3__pte_kind(pt, level, pte) == SV3__PTE_TABLE)
			rc = tables_give(pt, pte & sv3_vmsa_output_mask(pt->config.granule_lg2),
					 level + 1, child_entries);
		if (rc < 0)
			return rc;
	}
	return sv3__pages_give(pt->pages, &pt->bus, table_pa);
}

int sv3_pt_fini(struct sv3_pt *pt)
{
	const unsigned int level = sv3__pt_start_level(pt);
	const unsigned int span_lg2 = sv3_vmsa_span_lg2(pt->config.granule_lg2, level);
	const int rc = tables_give(pt, pt->root, level,
				   UINT32_C(1) << (pt->config.input_size_lg2 - span_lg2));

	pt->root = 0;
	return rc;
}

uint64_t sv3__leaf_attributes(const struct sv3_pt_config *config, uint32_t flags)
{
	/* AttrIndx 0 is Write-Back in the MAIR that sv3_cd_make() writes; SH 3 is Inner
	 * Shareable. */
	uint64_t attributes = SV3_PUT(SV3_PTE_SH, 3);

	if (!(flags & SV3_PT_NO_AF))
		attributes |= SV3_PTE_AF;
	if (!(flags & SV3_PT_GLOBAL))
		attributes |= SV3_PTE_NG;
	if (flags & SV3_PT_UNPRIV)
		attributes |= SV3_PTE_AP1_UNPRIV;
	if (flags & SV3_PT_NO_EXEC)
		attributes |= SV3_PTE_PXN | SV3_PTE_UXN;
	if (!(flags & SV3_PT_WRITE))
		return attributes | SV3_PTE_AP2_RDONLY;
	if (!config->dbm)
		return attributes;
	/* [DDI0487 D8.5.3] Writable-clean is DBM with AP[2] set, -dirty DBM with AP[2] clear. */
	attributes |= SV3_PTE_DBM;
	return flags & SV3_PT_BORN_DIRTY ? attributes : attributes | SV3_PTE_AP2_RDONLY;
}

/* --- Map --- */

/* What all leaves of one call have in common. */
struct mapping {
	struct sv3_pt *pt;
	unsigned int leaf_max_lg2;
	uint64_t attributes;
	uint64_t tables_needed; /* found by map_check() */
};

struct piece {
	uint64_t offset;
	sv3_pa pa;
	uint64_t len;
};

/* Takes from @rest what lies in the span of the descriptor it begins in. */
static struct piece piece_cut(struct piece *rest, unsigned int span_lg2)
{
	const uint64_t span = UINT64_C(1) << span_lg2;
	const uint64_t to_span_end = span - (rest->offset & (span - 1));
	struct piece part = *rest;

	part.len = rest->len < to_span_end ? rest->len : to_span_end;
	rest->offset += part.len;
	rest->pa += part.len;
	rest->len -= part.len;
	return part;
}

static uint32_t piece_index(const struct sv3_pt *pt, const struct piece *piece,
			    unsigned int span_lg2)
{
	const unsigned int level_bits = sv3_vmsa_level_bits(pt->config.granule_lg2);

	return (uint32_t)(piece->offset >> span_lg2) & ((UINT32_C(1) << level_bits) - 1);
}

/* How many leaves of @level the piece may begin with. */
static uint64_t leaf_run(const struct mapping *map, unsigned int level, const struct piece *piece)
{
	const unsigned int granule_lg2 = map->pt->config.granule_lg2;
	const unsigned int span_lg2 = sv3_vmsa_span_lg2(granule_lg2, level);
	const uint64_t span_mask = (UINT64_C(1) << span_lg2) - 1;

	if (level < SV3_LEVEL_LAST &&
	    (span_lg2 > map->leaf_max_lg2 || !sv3_vmsa_level_has_block(granule_lg2, level, false)))
		return 0;
	return (piece->offset | piece->pa) & span_mask ? 0 : piece->len >> span_lg2;
}

/* Is the piece free of leaves, and how many tables does it need? @table_pa 0: there is none yet. */
static int map_check(struct mapping *map, sv3_pa table_pa, unsigned int level, struct piece rest)
{
	const struct sv3_pt *pt = map->pt;
	const unsigned int span_lg2 = sv3_vmsa_span_lg2(pt->config.granule_lg2, level);
	struct sv3__table table;

	if (table_pa != 0)
		table = sv3__table_open(&pt->bus, table_pa, table_size(pt));
	else if (leaf_run(map, level, &rest) << span_lg2 == rest.len)
		return 0;
	while (rest.len > 0) {
		const struct piece part = piece_cut(&rest, span_lg2);
		uint64_t pte = 0;
		sv3_pa child = 0;
		int rc = 0;

		if (table_pa != 0)
			rc = sv3__table_read(&table, piece_index(pt, &part, span_lg2), &pte);
		if (rc < 0)
			return rc;
		switch (sv3__pte_kind(pt, level, pte)) {
		case SV3__PTE_LEAF:
			return -SV3_ERR_EXIST;
		case SV3__PTE_TABLE:
			child = pte & sv3_vmsa_output_mask(pt->config.granule_lg2);
			break;
		case SV3__PTE_INVALID:
			if (leaf_run(map, level, &part) == 1)
				continue;
			map->tables_needed++;
			break;
		}
		rc = map_check(map, child, level + 1, part);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int sv3__table_fill(const struct sv3__table *table, uint32_t index, uint64_t count, uint64_t pte,
		    uint64_t step)
{
	uint8_t bytes[64 * 8];

	if (table->window) {
		for (uint64_t i = 0; i < count; i++) {
			table->window[index + i] = sv3__le64_swap(pte + i * step);
			sv3_bus_wrote(table->bus, table->pa + 8 * (index + i), 0, pte + i * step);
		}
		return 0;
	}
	while (count > 0) {
		const uint32_t part = count < 64 ? (uint32_t)count : 64;
		const sv3_pa pa = table->pa + 8 * (uint64_t)index;

		for (uint32_t i = 0; i < part; i++)
			sv3_put_le64(bytes + 8 * i, pte + i * step);
		if (sv3_bus_write(table->bus, pa, bytes, 8 * part) != SV3_BUS_OK)
			return -SV3_ERR_BUS;
		sv3_bus_maintain(table->bus, pa, 8 * part, SV3_MAINTAIN_CLEAN);
		pte += part * step;
		index += part;
		count -= part;
	}
	return 0;
}

/* Puts a descriptor where an invalid one stands, in a table that walks may be reading. */
static int table_install(const struct sv3_pt *pt, const struct sv3__table *table,
			 unsigned int level, uint32_t index, uint64_t pte)
{
	uint64_t expect = 0;

	for (;;) {
		uint64_t old;
		const int rc = sv3__table_cas(table, index, expect, pte, &old);

		if (rc != 0)
			return rc < 0 ? rc : 0;
		if (sv3__pte_kind(pt, level, old) != SV3__PTE_INVALID)
			return -SV3_ERR_EXIST;
		expect = old; /* invalid, but not zero: only bit 0 has a meaning there */
	}
}

/* Puts the piece into a table, which walks can reach if it is @live. */
static int map_build(struct mapping *map, sv3_pa table_pa, unsigned int level, bool live,
		     struct piece rest);

/* A new table with the piece in it; *pte is the descriptor that will link it. */
static int map_new_table(struct mapping *map, unsigned int level, const struct piece *piece,
			 uint64_t *pte)
{
	struct sv3_pt *pt = map->pt;
	const unsigned int span_lg2 = sv3_vmsa_span_lg2(pt->config.granule_lg2, level);
	sv3_pa table_pa;
	int rc = sv3__pages_take(pt->pages, &pt->bus, table_size(pt), &table_pa);

	/* A piece that fills the whole table leaves nothing to be zeroed. */
	if (rc == 0 && piece->len >> (span_lg2 + sv3_vmsa_level_bits(pt->config.granule_lg2)) == 0)
		rc = sv3__memory_zero(&pt->bus, table_pa, table_size(pt));
	if (rc == 0)
		rc = map_build(map, table_pa, level, false, *piece);
	*pte = table_pa | SV3_PTE_VALID | SV3_PTE_TABLE;
	return rc;
}

/* The leaf, or else the table, for one descriptor's span. */
static int map_descriptor(struct mapping *map, unsigned int level, const struct piece *part,
			  uint64_t *pte)
{
	if (leaf_run(map, level, part) == 0)
		return map_new_table(map, level + 1, part, pte);
	*pte = part->pa | map->attributes | SV3_PTE_VALID |
	       (level == SV3_LEVEL_LAST ? SV3_PTE_TABLE : 0);
	return 0;
}

static int map_build_live(struct mapping *map, const struct sv3__table *table, unsigned int level,
			  const struct piece *part, uint32_t index)
{
	struct sv3_pt *pt = map->pt;
	uint64_t pte = 0;
	int rc = 0;

	if (level < SV3_LEVEL_LAST)
		rc = sv3__table_read(table, index, &pte);
	if (rc == 0 && sv3__pte_kind(pt, level, pte) == SV3__PTE_TABLE)
		return map_build(map, pte & sv3_vmsa_output_mask(pt->config.granule_lg2), level + 1,
				 true, *part);
	if (rc == 0)
		rc = map_descriptor(map, level, part, &pte);
	return rc < 0 ? rc : table_install(pt, table, level, index, pte);
}

static int map_build(struct mapping *map, sv3_pa table_pa, unsigned int level, bool live,
		     struct piece rest)
{
	const struct sv3_pt *pt = map->pt;
	const unsigned int span_lg2 = sv3_vmsa_span_lg2(pt->config.granule_lg2, level);
	const struct sv3__table table = sv3__table_open(&pt->bus, table_pa, table_size(pt));

	while (rest.len > 0) {
		const uint64_t run = live ? 0 : leaf_run(map, level, &rest);
		struct piece part = rest;
		const uint32_t index = piece_index(pt, &part, span_lg2);
		uint64_t pte;
		int rc;

		if (run > 0) {
			rest.offset += run << span_lg2;
			rest.pa += run << span_lg2;
			rest.len -= run << span_lg2;
		} else {
			part = piece_cut(&rest, span_lg2);
		}
		if (live) {
			rc = map_build_live(map, &table, level, &part, index);
		} else {
			rc = map_descriptor(map, level, &part, &pte);
			if (rc == 0)
				rc = sv3__table_fill(&table, index, run > 0 ? run : 1, pte,
						     UINT64_C(1) << span_lg2);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

int sv3_pt_map(struct sv3_pt *pt, sv3_iova iova, sv3_pa pa, uint64_t len, unsigned int leaf_max_lg2,
	       uint32_t flags)
{
	const unsigned int level = sv3__pt_start_level(pt);
	struct mapping map = { pt, leaf_max_lg2, sv3__leaf_attributes(&pt->config, flags), 0 };
	struct piece piece = { 0, pa, len };
	int rc;

	if (len == 0 || ((iova | pa | len) & (table_size(pt) - 1)) != 0 ||
	    !sv3__pt_offset(pt, iova, len, &piece.offset))
		return -SV3_ERR_RANGE;
	if (pa > SV3_BITS(47, 0) || len - 1 > SV3_BITS(47, 0) - pa)
		return -SV3_ERR_RANGE;
	rc = map_check(&map, pt->root, level, piece);
	if (rc == 0)
		rc = sv3__pages_suffice(pt->pages, &pt->bus, table_size(pt), map.tables_needed);
	if (rc <= 0)
		return rc < 0 ? rc : -SV3_ERR_NOMEM;
	return map_build(&map, pt->root, level, true, piece);
}
