/* SPDX-License-Identifier: MIT */
/*
 * witness.c - a count beside the oracle: pages written after their last copy, and by whom.
 *
 * It hears landings and copies in the order in which they happen, and knows from the rows alone
 * where a policy does not look. A write of a CPU is always tracked.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum witness_page {
	PAGE_COPIED,  /* nobody wrote since its copy */
	PAGE_WATCHED, /* the last to write was one whom the policy watches */
	PAGE_BY_CPU,  /* always watched, whatever devices have mapped */
	PAGE_BLIND,
	PAGE_UNMAPPED, /* as watched, but what was said of it may be forgotten */
};

static uint64_t page_of(const struct witness *witness, sv3_pa pa)
{
	return (pa - witness->world->compare.guest_base) / SV3_PAGE_SIZE;
}

static bool is_pinned(const struct witness *witness, uint64_t page)
{
	const struct sv3_dirty_log *pinned = &witness->world->drivers[0].pinned;

	return pinned->words[page / 64] >> (page % 64) & 1;
}

/* A range was told to the device by pages of its own size. */
static bool was_mapped_early(const struct witness *witness, const struct sv3_write *write)
{
	const struct rows *rows = &witness->world->drivers[0];
	const uint64_t mask =
		(UINT64_C(1) << witness->world->compare.migration.device_page_lg2) - 1;

	for (uint32_t i = 0; i < rows->range_count; i++) {
		const struct rows_range *range = &rows->ranges[i];
		const sv3_iova first = range->iova & ~mask;
		const sv3_iova end = (range->iova + range->len + mask) & ~mask;

		if (range->stream_id == write->stream_id && write->iova - first < end - first)
			return true;
	}
	return false;
}

static bool is_blind(const struct witness *witness, const struct sv3_write *write)
{
	if (write->by_cpu)
		return false;
	switch (witness->world->blind) {
	case WORLD_BLIND_UNPINNED:
		return !is_pinned(witness, page_of(witness, write->pa));
	case WORLD_BLIND_LATE:
		return !was_mapped_early(witness, write);
	default:
		return false;
	}
}

static void write_translated(void *context, const struct sv3_write *write)
{
	((struct witness *)context)->last_serial = write->serial;
}

static void write_landed(void *context, const struct sv3_write *write)
{
	struct witness *witness = (struct witness *)context;
	const uint64_t page = page_of(witness, write->pa);

	if (is_blind(witness, write))
		witness->pages[page] = PAGE_BLIND;
	else if (write->by_cpu)
		witness->pages[page] = PAGE_BY_CPU;
	else if (write->serial <= witness->unmapped[page])
		witness->pages[page] = PAGE_UNMAPPED;
	else
		witness->pages[page] = PAGE_WATCHED;
	witness->writes += witness->began;
}

static void pages_copied(void *context, const struct sv3_copy *copy)
{
	struct witness *witness = (struct witness *)context;

	memset(witness->pages + copy->first_page, PAGE_COPIED, (size_t)copy->page_count);
	witness->began = true;
}

/* --- drivers that forget --- */

static void mapped(void *context, uint32_t domain_index, sv3_iova iova, sv3_pa pa, uint64_t len,
		   bool write)
{
	struct witness *witness = (struct witness *)context;

	(void)write;
	SV3_ASSERT(witness->mapping_count < WITNESS_MAPPINGS_MAX);
	witness->mappings[witness->mapping_count++] =
		(struct witness_mapping){ domain_index, iova, pa, len };
}

static void forget(struct witness *witness, const struct witness_mapping *mapping)
{
	const uint64_t first = page_of(witness, mapping->pa);

	for (uint64_t page = first; page < first + mapping->len / SV3_PAGE_SIZE; page++) {
		witness->unmapped[page] = witness->last_serial;
		if (witness->pages[page] == PAGE_WATCHED)
			witness->pages[page] = PAGE_UNMAPPED;
	}
}

static void unmapping(void *context, uint32_t domain_index, sv3_iova iova, uint64_t len)
{
	struct witness *witness = (struct witness *)context;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < witness->mapping_count; i++) {
		const struct witness_mapping mapping = witness->mappings[i];

		if (mapping.domain_index != domain_index || mapping.iova - iova >= len)
			witness->mappings[kept++] = mapping;
		else if (witness->world->compare.unmap_mode == SV3_UNMAP_PLAIN)
			forget(witness, &mapping);
	}
	witness->mapping_count = kept;
}

/* --- all --- */

int witness_init(struct witness *witness, const struct world *world)
{
	*witness = (struct witness){
		.world = world,
		.page_count = world->compare.guest_size / SV3_PAGE_SIZE,
		.world_observer = { .write_translated = write_translated,
				    .write_landed = write_landed,
				    .context = witness },
		.copy_observer = { .pages_copied = pages_copied, .context = witness },
		.hooks = { .mapped = mapped, .unmapping = unmapping, .context = witness },
	};
	witness->pages = (uint8_t *)calloc((size_t)witness->page_count, 1);
	witness->unmapped =
		(uint64_t *)calloc((size_t)witness->page_count, sizeof(*witness->unmapped));
	return witness->pages && witness->unmapped ? 0 : -SV3_ERR_NOMEM;
}

void witness_fini(struct witness *witness)
{
	free(witness->pages);
	free(witness->unmapped);
	witness->pages = NULL;
	witness->unmapped = NULL;
}

bool witness_predicts(const struct witness *witness, uint64_t page_index)
{
	return witness->pages[page_index] == PAGE_BLIND;
}

bool witness_excuses(const struct witness *witness, uint64_t page_index)
{
	return witness->pages[page_index] == PAGE_UNMAPPED;
}

uint64_t witness_predicted(const struct witness *witness)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < witness->page_count; i++)
		count += witness_predicts(witness, i);
	return count;
}
