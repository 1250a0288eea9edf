/* SPDX-License-Identifier: MIT */
/*
 * epochs.c - see epochs.h.
 */
#include <stdlib.h>
#include <string.h>

#include "epochs.h"

int fx_epochs_init(struct fx_epochs *epochs, sv3_pa base, uint64_t page_count, uint64_t leaf_pages)
{
	*epochs = (struct fx_epochs){ .base = base, .leaf_pages = leaf_pages };
	epochs->page_count = page_count;
	epochs->since_collect = (uint8_t *)calloc((size_t)page_count, 1);
	epochs->since_clear = (uint8_t *)calloc((size_t)page_count, 1);
	return epochs->since_collect && epochs->since_clear ? 0 : -SV3_ERR_NOMEM;
}

void fx_epochs_fini(struct fx_epochs *epochs)
{
	free(epochs->since_collect);
	free(epochs->since_clear);
}

static void landed(void *context, const struct sv3_write *write)
{
	struct fx_epochs *epochs = (struct fx_epochs *)context;
	const uint64_t page = (write->pa - epochs->base) / SV3_PAGE_SIZE;
	uint8_t *leaf = &epochs->since_clear[page / epochs->leaf_pages];

	if (write->by_cpu)
		return;
	epochs->written += !epochs->since_collect[page];
	epochs->since_collect[page] = 1;
	epochs->first_writes += !*leaf;
	*leaf = 1;
}

struct sv3_world_observer fx_epochs_observer(struct fx_epochs *epochs)
{
	return (struct sv3_world_observer){ .write_landed = landed, .context = epochs };
}

void fx_epochs_cleared(struct fx_epochs *epochs, sv3_pa pa, uint64_t len)
{
	const uint64_t first = (pa - epochs->base) / SV3_PAGE_SIZE;

	for (uint64_t page = first; page < first + len / SV3_PAGE_SIZE && page < epochs->page_count;
	     page++)
		epochs->since_clear[page / epochs->leaf_pages] = 0;
}

struct fx_epochs_counts fx_epochs_collect(struct fx_epochs *epochs)
{
	const struct fx_epochs_counts counts = { epochs->written, epochs->first_writes };

	memset(epochs->since_collect, 0, (size_t)epochs->page_count);
	epochs->written = epochs->first_writes = 0;
	return counts;
}
