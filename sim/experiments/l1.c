/* SPDX-License-Identifier: MIT */
/*
 * l1.c - a first-level data cache as marking sees it: sets, ways, least recently used goes first,
 * and one of two simple prefetchers. It is indexed and tagged by the same address, and begins
 * empty; other work of the CPU is not in it.
 */
#include <string.h>

#include "experiments_priv.h"

void sv3__l1_reset(struct sv3__l1 *l1, const struct sv3__l1_config *config)
{
	const uint32_t line_count = config->size_bytes / config->line_bytes;

	SV3_ASSERT(line_count <= SV3__L1_LINES_MAX);
	SV3_ASSERT(config->ways <= line_count);
	l1->config = *config;
	l1->set_count = line_count / config->ways;
	l1->loads = l1->evictions = 0;
	memset(l1->lines, 0, line_count * sizeof(*l1->lines));
}

static uint64_t *set_of(struct sv3__l1 *l1, uint64_t line)
{
	return &l1->lines[(line % l1->set_count) * l1->config.ways];
}

/* Make a line the newest of its set. Returns: whether it was there. */
static bool bring(struct sv3__l1 *l1, uint64_t line)
{
	uint64_t *set = set_of(l1, line);
	uint32_t way = 0;
	bool hit;

	while (way < l1->config.ways - 1 && set[way] != line + 1)
		way++;
	hit = set[way] == line + 1;
	if (!hit) {
		l1->loads++;
		l1->evictions += set[way] != 0;
	}
	memmove(set + 1, set, way * sizeof(*set));
	set[0] = line + 1;
	return hit;
}

void sv3__l1_touch(struct sv3__l1 *l1, uint64_t address)
{
	const uint64_t lines_per_page = SV3_PAGE_SIZE / l1->config.line_bytes;
	const uint64_t line = address / l1->config.line_bytes;

	if (bring(l1, line))
		return;
	if (l1->config.prefetch == SV3__PREFETCH_NEXT && (line + 1) % lines_per_page)
		bring(l1, line + 1);
	if (l1->config.prefetch == SV3__PREFETCH_ADJACENT)
		bring(l1, line ^ 1);
}

bool sv3__l1_holds(const struct sv3__l1 *l1, uint64_t address)
{
	const uint64_t line = address / l1->config.line_bytes;
	const uint64_t *set = &l1->lines[(line % l1->set_count) * l1->config.ways];

	for (uint32_t way = 0; way < l1->config.ways; way++)
		if (set[way] == line + 1)
			return true;
	return false;
}
