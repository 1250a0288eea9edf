/* SPDX-License-Identifier: MIT */
/*
 * memory.c - RAM: the nodes of device_type "memory".
 */
#include "platform_priv.h"

#include <stdlib.h>
#include <string.h>

static bool is_memory(const struct sv3__loader *loader, uint32_t node)
{
	uint32_t size;
	const char *type = (const char *)sv3__property(&loader->tree, node, "device_type", &size);

	return type != NULL && size == sizeof("memory") && memcmp(type, "memory", size) == 0;
}

static int add_range(struct sv3__loader *loader, uint32_t node, const struct sv3__range *range)
{
	struct sv3_platform *platform = loader->platform;
	struct sv3_platform_memory *memory;

	/* Firmware fills it in at boot; a tree as it stands in a source tree has nothing there. */
	if (range->size == 0)
		return sv3__note(loader, node, "reg", "an entry of 0 bytes is no memory");
	if (range->base % SV3_PAGE_SIZE != 0 || range->size % SV3_PAGE_SIZE != 0)
		return sv3__fail(loader, node, "reg",
				 "0x%llx bytes at 0x%llx are no whole pages of 4096",
				 (unsigned long long)range->size, (unsigned long long)range->base);
	if (platform->memory_count == SV3_PLATFORM_MEMORY_MAX)
		return sv3__fail(loader, node, "reg", "more than %u pieces of memory",
				 SV3_PLATFORM_MEMORY_MAX);
	memory = (struct sv3_platform_memory *)sv3__room(loader, platform->memory,
							 platform->memory_count, sizeof(*memory));
	if (memory == NULL)
		return sv3__fail_memory(loader);
	platform->memory = memory;
	memory += platform->memory_count;
	*memory = (struct sv3_platform_memory){
		.node = sv3__keep_path(loader, node),
		.base = range->base,
		.size = range->size,
		.grows = sv3__has_property(&loader->tree, node, "sv3,grows"),
	};
	if (memory->node == NULL)
		return -SV3_ERR_FORMAT;
	platform->memory_count++;
	return 0;
}

static int read_node(struct sv3__loader *loader, uint32_t node)
{
	static const char *const known[] = { "sv3,grows", NULL };
	struct sv3__range range;
	int rc = sv3__check_names(loader, node, known);

	for (uint32_t i = 0; rc == 0; i++) {
		rc = sv3__read_reg(loader, node, i, &range);
		if (rc == -SV3_ERR_NOENT)
			return i > 0 ? 0
				     : sv3__fail(loader, node, "reg",
						 "absent or empty; give base and size");
		if (rc == 0)
			rc = add_range(loader, node, &range);
	}
	return rc;
}

static int compare_bases(const void *a, const void *b)
{
	const struct sv3_platform_memory *left = (const struct sv3_platform_memory *)a;
	const struct sv3_platform_memory *right = (const struct sv3_platform_memory *)b;

	return left->base < right->base ? -1 : left->base > right->base;
}

/** Sorted, without overlaps; what touches becomes one. */
static int join_ranges(struct sv3__loader *loader)
{
	struct sv3_platform *platform = loader->platform;
	struct sv3_platform_memory *memory =
		(struct sv3_platform_memory *)(uintptr_t)platform->memory;
	uint32_t joined = 0;

	if (platform->memory_count == 0)
		return 0;
	qsort(memory, platform->memory_count, sizeof(*memory), compare_bases);
	for (uint32_t i = 1; i < platform->memory_count; i++) {
		struct sv3_platform_memory *last = &memory[joined];
		const uint64_t distance = memory[i].base - last->base;

		if (distance < last->size)
			return sv3__fail(loader, sv3__node_at(&loader->tree, memory[i].node), "reg",
					 "memory from 0x%llx on overlaps that of %.100s; give each "
					 "byte once",
					 (unsigned long long)memory[i].base, last->node);
		if (distance == last->size && memory[i].grows == last->grows)
			last->size += memory[i].size;
		else
			memory[++joined] = memory[i];
	}
	platform->memory_count = joined + 1;
	return 0;
}

int sv3__read_memory(struct sv3__loader *loader)
{
	int rc = 0;

	for (uint32_t i = 0; i < loader->tree.node_count && rc == 0; i++) {
		if (!loader->tree.nodes[i].is_off && is_memory(loader, i))
			rc = read_node(loader, i);
	}
	return rc == 0 ? join_ranges(loader) : rc;
}
