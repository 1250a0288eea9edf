/* SPDX-License-Identifier: MIT */
/*
 * aliases.c - the reverse map: which live mappings lead to a page of guest RAM.
 *
 * A page has a chain of nodes from one pool. Chains are short: a page is mapped once or twice at a
 * time, rarely more. Pages and nodes are numbered from 1 in links, so that zeroed memory is empty.
 */
#include <stdlib.h>
#include <string.h>

#include "engine_priv.h"

#define POOL_FIRST 1024u

int sv3__aliases_init(struct sv3__aliases *aliases, uint64_t page_count)
{
	*aliases = (struct sv3__aliases){ .page_count = page_count };
	/* Large and zeroed: the system backs what is touched. */
	aliases->heads = (uint32_t *)calloc(page_count, sizeof(*aliases->heads));
	return aliases->heads ? 0 : -SV3_ERR_NOMEM;
}

void sv3__aliases_fini(struct sv3__aliases *aliases)
{
	free(aliases->heads);
	free(aliases->nodes);
	memset(aliases, 0, sizeof(*aliases));
}

static int pool_grow(struct sv3__aliases *aliases)
{
	const uint32_t capacity = aliases->capacity ? 2 * aliases->capacity : POOL_FIRST;
	struct sv3__alias_node *nodes;

	if (capacity <= aliases->capacity)
		return -SV3_ERR_NOMEM;
	nodes = (struct sv3__alias_node *)realloc(aliases->nodes, capacity * sizeof(*nodes));
	if (!nodes)
		return -SV3_ERR_NOMEM;
	aliases->nodes = nodes;
	aliases->capacity = capacity;
	return 0;
}

/* Index + 1 of a node to use, 0 if there is no memory. */
static uint32_t node_take(struct sv3__aliases *aliases)
{
	const uint32_t link = aliases->free_head;

	if (link) {
		aliases->free_head = aliases->nodes[link - 1].next;
		return link;
	}
	if (aliases->used == aliases->capacity && pool_grow(aliases))
		return 0;
	return ++aliases->used;
}

int sv3__aliases_add(struct sv3__aliases *aliases, uint64_t page, uint32_t domain_index,
		     sv3_iova iova)
{
	const uint32_t link = node_take(aliases);

	if (!link)
		return -SV3_ERR_NOMEM;
	aliases->nodes[link - 1] = (struct sv3__alias_node){
		.iova = iova,
		.domain_index = domain_index,
		.next = aliases->heads[page],
	};
	aliases->heads[page] = link;
	return 0;
}

void sv3__aliases_remove(struct sv3__aliases *aliases, uint64_t page, uint32_t domain_index,
			 sv3_iova iova)
{
	uint32_t *link = &aliases->heads[page];

	while (*link) {
		struct sv3__alias_node *node = &aliases->nodes[*link - 1];

		if (node->iova == iova && node->domain_index == domain_index) {
			const uint32_t freed = *link;

			*link = node->next;
			node->next = aliases->free_head;
			aliases->free_head = freed;
			return;
		}
		link = &node->next;
	}
}

uint32_t sv3__aliases_list(const struct sv3__aliases *aliases, uint64_t page,
			   struct sv3_host_alias *list, uint32_t max)
{
	uint32_t count = 0;

	for (uint32_t link = aliases->heads[page]; link; link = aliases->nodes[link - 1].next) {
		const struct sv3__alias_node *node = &aliases->nodes[link - 1];

		if (count < max)
			list[count] = (struct sv3_host_alias){ node->domain_index, node->iova };
		count++;
	}
	return count;
}
