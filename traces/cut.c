/* SPDX-License-Identifier: MIT */
/*
 * cut.c - a part of a trace that stands alone: the mappings live at the cut come first, as MAP
 * rows.
 *
 * Live mappings are kept in a hash table by stream and first IOVA while the records before the cut
 * go by. An UNMAP nearly always covers whole MAP rows, found by where they begin; one that does not
 * is answered by probing every place a mapping it meets may begin, or by looking at all of them.
 */
#include <stdlib.h>
#include <string.h>

#include "traces_priv.h"

/** A live mapping. A slot that was left (len 0, used) keeps the chain of probes whole. */
struct live_map {
	struct sv3_trace_rec rec;
	uint64_t order; /* index of its MAP row */
	bool used;
};

struct live_table {
	struct live_map *maps;
	uint64_t live_count, used_count; /* used: with those that were left */
	unsigned int slots_lg2;
	uint64_t longest_bytes; /* of all mappings that were ever live */
};

static uint64_t live_hash(const struct live_table *table, uint32_t sid, sv3_iova iova)
{
	uint64_t mixed =
		((iova >> SV3_PAGE_LG2) + ((uint64_t)sid << 52)) * UINT64_C(0x9e3779b97f4a7c15);

	return mixed >> (64 - table->slots_lg2);
}

/** The live mapping that begins at @iova, or NULL. */
static struct live_map *live_find(const struct live_table *table, uint32_t sid, sv3_iova iova)
{
	uint64_t mask = (UINT64_C(1) << table->slots_lg2) - 1, slot;

	if (table->maps == NULL)
		return NULL;
	for (slot = live_hash(table, sid, iova); table->maps[slot].used; slot = (slot + 1) & mask) {
		struct live_map *map = &table->maps[slot];

		if (map->rec.len != 0 && map->rec.iova == iova && map->rec.sid == sid)
			return map;
	}
	return NULL;
}

static void live_put(struct live_table *table, const struct sv3_trace_rec *rec, uint64_t order)
{
	uint64_t mask = (UINT64_C(1) << table->slots_lg2) - 1;
	uint64_t slot = live_hash(table, rec->sid, rec->iova);

	while (table->maps[slot].used)
		slot = (slot + 1) & mask;
	table->maps[slot] = (struct live_map){ *rec, order, true };
	table->live_count++;
	table->used_count++;
	if (rec->len > table->longest_bytes)
		table->longest_bytes = rec->len;
}

/** Makes room, and drops the slots that were left. */
static bool live_rehash(struct live_table *table)
{
	struct live_table fresh = { .longest_bytes = table->longest_bytes,
				    .slots_lg2 = table->maps == NULL ? 10 : table->slots_lg2 };

	if (table->maps != NULL && table->live_count >= (UINT64_C(1) << table->slots_lg2) / 4)
		fresh.slots_lg2++;
	fresh.maps = calloc((size_t)1 << fresh.slots_lg2, sizeof(*fresh.maps));
	if (fresh.maps == NULL)
		return false;
	for (uint64_t i = 0; table->maps != NULL && i < UINT64_C(1) << table->slots_lg2; i++) {
		if (table->maps[i].used && table->maps[i].rec.len != 0)
			live_put(&fresh, &table->maps[i].rec, table->maps[i].order);
	}
	free(table->maps);
	*table = fresh;
	return true;
}

static void live_leave(struct live_table *table, struct live_map *map)
{
	map->rec.len = 0;
	table->live_count--;
}

/** Of two MAP rows at the same place, with no UNMAP between them, the later one counts. */
static bool live_add(struct live_table *table, const struct sv3_trace_rec *rec, uint64_t order)
{
	struct live_map *same = live_find(table, rec->sid, rec->iova);

	if (same != NULL)
		live_leave(table, same);
	if ((table->maps == NULL || table->used_count >= (UINT64_C(1) << table->slots_lg2) / 2) &&
	    !live_rehash(table))
		return false;
	live_put(table, rec, order);
	return true;
}

/** What is left of @map without [first, last]: up to two pieces; returns how many. */
static unsigned int live_split(const struct sv3_trace_rec *map, sv3_iova first, sv3_iova last,
			       struct sv3_trace_rec pieces[2])
{
	sv3_iova map_last = map->iova + map->len - 1;
	unsigned int count = 0;

	if (map->iova < first) {
		pieces[count] = *map;
		pieces[count++].len = first - map->iova;
	}
	if (map_last > last) {
		pieces[count] = *map;
		pieces[count].iova = last + 1;
		pieces[count].pa = map->pa + (last + 1 - map->iova);
		pieces[count++].len = map_last - last;
	}
	return count;
}

/** Takes [first, last] out of ; what is left of it is put back as new mappings. */
static bool live_clip(struct live_table *table, struct live_map *map, sv3_iova first, sv3_iova last)
{
	struct sv3_trace_rec pieces[2];
	unsigned int piece_count = live_split(&map->rec, first, last, pieces);
	uint64_t order = map->order;

	live_leave(table, map);
	for (unsigned int i = 0; i < piece_count; i++) {
		if (!live_add(table, &pieces[i], order))
			return false;
	}
	return true;
}

static bool live_meets(const struct live_map *map, uint32_t sid, sv3_iova first, sv3_iova last)
{
	return map->used && map->rec.len != 0 && map->rec.sid == sid && map->rec.iova <= last &&
	       map->rec.iova + (map->rec.len - 1) >= first;
}

/** Looks at every live mapping. */
static bool live_remove_scan(struct live_table *table, uint32_t sid, sv3_iova first, sv3_iova last)
{
	bool again = true;

	while (again) {
		again = false;
		for (uint64_t i = 0; i < UINT64_C(1) << table->slots_lg2 && !again; i++) {
			if (!live_meets(&table->maps[i], sid, first, last))
				continue;
			if (!live_clip(table, &table->maps[i], first, last))
				return false;
			again = true; /* what was put back may have moved all slots */
		}
	}
	return true;
}

/** Looks at every page where a mapping that meets the range may begin. */
static bool live_remove_probe(struct live_table *table, uint32_t sid, sv3_iova first, sv3_iova last)
{
	sv3_iova start = first < table->longest_bytes ? 0 : first - table->longest_bytes;

	for (uint64_t left = (last - start) / SV3_PAGE_SIZE + 1; left > 0; left--) {
		struct live_map *map = live_find(table, sid, start);

		if (map != NULL && live_meets(map, sid, first, last) &&
		    !live_clip(table, map, first, last))
			return false;
		start += SV3_PAGE_SIZE;
	}
	return true;
}

static bool live_remove_any(struct live_table *table, uint32_t sid, sv3_iova first, sv3_iova last)
{
	uint64_t probes = (last - first) / SV3_PAGE_SIZE + table->longest_bytes / SV3_PAGE_SIZE;

	if (table->live_count == 0)
		return true;
	if (probes < UINT64_C(1) << table->slots_lg2)
		return live_remove_probe(table, sid, first, last);
	return live_remove_scan(table, sid, first, last);
}

static bool live_remove(struct live_table *table, const struct sv3_trace_rec *unmap)
{
	sv3_iova first = unmap->iova, last = unmap->iova + unmap->len - 1;
	struct live_map *map;
	uint64_t map_len;

	/* The common case: the range is that of one or more whole MAP rows. */
	while ((map = live_find(table, unmap->sid, first)) != NULL &&
	       map->rec.len - 1 <= last - first) {
		map_len = map->rec.len;
		live_leave(table, map);
		if (map_len - 1 == last - first)
			return true;
		first += map_len;
	}
	return live_remove_any(table, unmap->sid, first, last);
}

static bool live_collect(struct live_table *table, const struct sv3_trace *trace, uint64_t end)
{
	for (uint64_t i = 0; i < end; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];

		if (rec->op == SV3_TRACE_MAP && !live_add(table, rec, i))
			return false;
		if (rec->op == SV3_TRACE_UNMAP && table->live_count != 0 &&
		    !live_remove(table, rec))
			return false;
	}
	return true;
}

static int live_compare(const void *left, const void *right)
{
	const struct live_map *a = left, *b = right;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return a->rec.iova < b->rec.iova ? -1 : a->rec.iova > b->rec.iova;
}

/** The live mappings to the front of the table, in the order of their MAP rows. */
static void live_sort(struct live_table *table)
{
	uint64_t count = 0;

	for (uint64_t i = 0; table->live_count != 0 && i < UINT64_C(1) << table->slots_lg2; i++) {
		if (table->maps[i].used && table->maps[i].rec.len != 0)
			table->maps[count++] = table->maps[i];
	}
	if (count != 0)
		qsort(table->maps, (size_t)count, sizeof(*table->maps), live_compare);
}

/* --- interrupts --- */

/* Devices have an interrupt page or two each; of more than this the rest keeps its mapping. */
#define INTERRUPT_PAGES_MAX 64u

/** The interrupt pages of @trace, as UNMAP rows, shape [INTERRUPT_PAGES_MAX]. Returns: how many. */
static unsigned int interrupt_pages(const struct sv3_trace_rec *records, uint64_t count,
				    struct sv3_trace_rec *pages)
{
	unsigned int page_count = 0;

	for (uint64_t i = 0; i < count && page_count < INTERRUPT_PAGES_MAX; i++) {
		const sv3_iova page = records[i].iova & ~(SV3_PAGE_SIZE - 1);
		unsigned int known = 0;

		if (!sv3_trace_is_interrupt(&records[i]))
			continue;
		while (known < page_count &&
		       (pages[known].sid != records[i].sid || pages[known].iova != page))
			known++;
		if (known == page_count)
			pages[page_count++] = (struct sv3_trace_rec){ .op = SV3_TRACE_UNMAP,
								      .sid = records[i].sid,
								      .iova = page,
								      .len = SV3_PAGE_SIZE };
	}
	return page_count;
}

/**
 * Only an access of class msi tells an interrupt page from RAM: the mapping of one that the part
 * never uses would look like a mapping outside RAM, and is left out.
 */
static bool live_remove_idle_interrupts(struct live_table *table, const struct sv3_trace *trace,
					uint64_t first, uint64_t count)
{
	struct sv3_trace_rec all[INTERRUPT_PAGES_MAX], used[INTERRUPT_PAGES_MAX];
	unsigned int all_count = interrupt_pages(trace->records, trace->count, all);
	unsigned int used_count = interrupt_pages(trace->records + first, count, used);

	for (unsigned int i = 0; i < all_count && table->live_count != 0; i++) {
		unsigned int found = 0;

		while (found < used_count &&
		       (used[found].sid != all[i].sid || used[found].iova != all[i].iova))
			found++;
		if (found == used_count && !live_remove(table, &all[i]))
			return false;
	}
	return true;
}

uint64_t sv3_trace_find_time(const struct sv3_trace *trace, uint64_t time_ns)
{
	uint64_t low = 0, high = trace->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (trace->records[middle].time_ns >= time_ns)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void part_fill(const struct live_table *table, const struct sv3_trace *trace, uint64_t first,
		      uint64_t count, struct sv3_trace *part)
{
	uint64_t start_ns = trace->records[first].time_ns;
	struct sv3_trace_rec *rec = part->records;

	for (uint64_t i = 0; i < table->live_count; i++) {
		*rec = table->maps[i].rec;
		rec++->time_ns = 0;
	}
	for (uint64_t i = 0; i < count; i++) {
		*rec = trace->records[first + i];
		rec++->time_ns -= start_ns;
	}
	part->count = table->live_count + count;
	part->format = trace->format;
	part->direction_is_bound = trace->direction_is_bound;
}

int sv3_trace_cut(const struct sv3_trace *trace, uint64_t first, uint64_t count,
		  struct sv3_trace *part)
{
	struct live_table table = { .maps = NULL };
	int status = -SV3_ERR_NOMEM;

	memset(part, 0, sizeof(*part));
	if (first >= trace->count || count == 0)
		return -SV3_ERR_RANGE;
	if (count > trace->count - first)
		count = trace->count - first;
	if (live_collect(&table, trace, first) &&
	    live_remove_idle_interrupts(&table, trace, first, count)) {
		live_sort(&table);
		status = sv3__trace_reserve(part, table.live_count + count);
	}
	if (status == 0)
		part_fill(&table, trace, first, count, part);
	free(table.maps);
	return status;
}
