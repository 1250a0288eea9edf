/* SPDX-License-Identifier: MIT */
/*
 * witness.c - a count beside the oracle: pages written after their last copy, and by whom.
 *
 * It hears landings and copies in the order in which they happen, and knows from the rows alone
 * where a policy does not look. A write of a CPU is always tracked.
 */
#include "world.h"

#include <stdlib.h>

enum witness_page {
	PAGE_COPIED,  /* nobody wrote since its copy */
	PAGE_WATCHED, /* the last to write was one whom the policy watches */
	PAGE_BLIND,
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

static void write_landed(void *context, const struct sv3_write *write)
{
	struct witness *witness = (struct witness *)context;

	witness->pages[page_of(witness, write->pa)] =
		is_blind(witness, write) ? PAGE_BLIND : PAGE_WATCHED;
	witness->writes += witness->began;
}

static void page_copied(void *context, uint64_t page_index, sv3_ps at, bool bulk,
			const struct sv3_wire *wire)
{
	struct witness *witness = (struct witness *)context;

	(void)at, (void)bulk, (void)wire;
	witness->pages[page_index] = PAGE_COPIED;
	witness->began = true;
}

int witness_init(struct witness *witness, const struct world *world)
{
	*witness = (struct witness){
		.world = world,
		.page_count = world->compare.guest_size / SV3_PAGE_SIZE,
		.world_observer = { .write_landed = write_landed, .context = witness },
		.copy_observer = { .page_copied = page_copied, .context = witness },
	};
	witness->pages = (uint8_t *)calloc((size_t)witness->page_count, 1);
	return witness->pages ? 0 : -SV3_ERR_NOMEM;
}

void witness_fini(struct witness *witness)
{
	free(witness->pages);
	witness->pages = NULL;
}

bool witness_predicts(const struct witness *witness, uint64_t page_index)
{
	return witness->pages[page_index] == PAGE_BLIND;
}

uint64_t witness_predicted(const struct witness *witness)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < witness->page_count; i++)
		count += witness_predicts(witness, i);
	return count;
}
