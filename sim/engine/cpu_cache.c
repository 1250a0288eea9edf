/* SPDX-License-Identifier: MIT */
/*
 * cpu_cache.c - a write-back cache between software and memory, for systems in which the hardware
 * does not snoop it (IDR0.COHACC = 0).
 *
 * Software reads what was loaded once, however memory changed since; what it writes stays here
 * until the line is cleaned or evicted, and then the whole line goes out, over what others wrote
 * into it meanwhile. Maintenance makes both ends meet. [IHI0070 3.15]
 *
 * A hash table with chains finds a line; lines are never freed one by one: an invalidated one is
 * reused. Everything is a function of the accesses: there is no randomness.
 */
#include <stdlib.h>
#include <string.h>

#include <sv3/sim.h>

#define LINE_LG2    6u
#define LINE_BYTES  64u
#define LINES_FIRST 256u /* of a cache without a bound; doubled when all are in use */
#define NONE        UINT32_MAX

struct line {
	sv3_pa pa; /* aligned to the line */
	uint8_t bytes[LINE_BYTES];
	uint8_t loaded[LINE_BYTES]; /* as memory had it when the line was last like memory */
	uint32_t next;              /* in the chain of its bucket, or of free lines */
	bool dirty;
};

struct sv3_cpu_cache {
	struct sv3_bus memory;
	struct sv3_cpu_cache_config config;
	struct sv3_cpu_cache_stats stats;
	struct line *lines;
	uint32_t *buckets; /* index of the first line, or NONE; shape [bucket_count] */
	uint32_t line_count, bucket_count;
	uint32_t free_head;
	uint32_t hand; /* the next line to be evicted */
};

/* --- the table --- */

static uint32_t *bucket_of(const struct sv3_cpu_cache *cache, sv3_pa pa)
{
	const uint64_t hash = (pa >> LINE_LG2) * UINT64_C(0x9e3779b97f4a7c15);

	return &cache->buckets[(hash >> 32) & (cache->bucket_count - 1)];
}

static struct line *line_find(const struct sv3_cpu_cache *cache, sv3_pa pa)
{
	for (uint32_t i = *bucket_of(cache, pa); i != NONE; i = cache->lines[i].next)
		if (cache->lines[i].pa == pa)
			return &cache->lines[i];
	return NULL;
}

static void line_link(struct sv3_cpu_cache *cache, uint32_t index)
{
	uint32_t *bucket = bucket_of(cache, cache->lines[index].pa);

	cache->lines[index].next = *bucket;
	*bucket = index;
}

/* Out of its chain and onto the free list. */
static void line_drop(struct sv3_cpu_cache *cache, struct line *line)
{
	const uint32_t index = (uint32_t)(line - cache->lines);
	uint32_t *link = bucket_of(cache, line->pa);

	while (*link != index)
		link = &cache->lines[*link].next;
	*link = line->next;
	line->dirty = false;
	line->next = cache->free_head;
	cache->free_head = index;
}

static void lines_free_from(struct sv3_cpu_cache *cache, uint32_t first)
{
	for (uint32_t i = cache->line_count; i > first; i--) {
		cache->lines[i - 1].next = cache->free_head;
		cache->free_head = i - 1;
	}
}

/* Twice as many lines, in twice as many chains. Returns: false: no memory. */
static bool grow(struct sv3_cpu_cache *cache)
{
	const uint32_t count = cache->line_count ? 2 * cache->line_count : LINES_FIRST;
	struct line *lines = (struct line *)calloc(count, sizeof(*lines));
	uint32_t *buckets = (uint32_t *)malloc(count * sizeof(*buckets));
	const uint32_t old_count = cache->line_count;

	if (!lines || !buckets) {
		free(lines);
		free(buckets);
		return false;
	}
	if (old_count)
		memcpy(lines, cache->lines, old_count * sizeof(*lines));
	memset(buckets, 0xff, count * sizeof(*buckets));
	free(cache->lines);
	free(cache->buckets);
	cache->lines = lines;
	cache->buckets = buckets;
	cache->line_count = cache->bucket_count = count;
	for (uint32_t i = 0; i < old_count; i++)
		line_link(cache, i);
	lines_free_from(cache, old_count);
	return true;
}

/* --- lines and memory --- */

/* Foreign bytes that this write-back puts back to what they were when the line was loaded. */
static void count_overwritten(struct sv3_cpu_cache *cache, const struct line *line)
{
	uint8_t now[LINE_BYTES];
	bool any = false;

	if (sv3_bus_read(&cache->memory, line->pa, now, LINE_BYTES) != SV3_BUS_OK)
		return;
	for (uint32_t i = 0; i < LINE_BYTES; i++)
		any |= now[i] != line->loaded[i] && now[i] != line->bytes[i];
	if (any && !cache->stats.lines_overwritten++)
		cache->stats.first_overwritten = line->pa;
}

static void line_write_back(struct sv3_cpu_cache *cache, struct line *line)
{
	count_overwritten(cache, line);
	/* It was read from there, so it can be written. */
	(void)sv3_bus_write(&cache->memory, line->pa, line->bytes, LINE_BYTES);
	memcpy(line->loaded, line->bytes, LINE_BYTES);
	line->dirty = false;
	cache->stats.write_backs++;
}

/* A line to load into. The oldest goes when the cache is bounded, or the host has no memory. */
static struct line *line_take(struct sv3_cpu_cache *cache)
{
	struct line *line;

	if (cache->free_head == NONE && (cache->config.line_count || !grow(cache))) {
		line = &cache->lines[cache->hand];
		cache->hand = cache->hand + 1 == cache->line_count ? 0 : cache->hand + 1;
		if (line->dirty)
			line_write_back(cache, line);
		line_drop(cache, line);
		cache->stats.evictions++;
	}
	line = &cache->lines[cache->free_head];
	cache->free_head = line->next;
	return line;
}

/* The line of @pa, loaded if it is not here. NULL: memory aborts. */
static struct line *line_get(struct sv3_cpu_cache *cache, sv3_pa pa)
{
	const sv3_pa base = pa & ~(sv3_pa)(LINE_BYTES - 1);
	struct line *line = line_find(cache, base);
	uint8_t bytes[LINE_BYTES];

	if (line) {
		cache->stats.hits++;
		return line;
	}
	if (sv3_bus_read(&cache->memory, base, bytes, LINE_BYTES) != SV3_BUS_OK)
		return NULL;
	cache->stats.loads++;
	line = line_take(cache);
	line->pa = base;
	memcpy(line->bytes, bytes, LINE_BYTES);
	memcpy(line->loaded, bytes, LINE_BYTES);
	line_link(cache, (uint32_t)(line - cache->lines));
	return line;
}

/* --- the bus of software --- */

/* Bytes of [pa, pa + size) in the line that @pa is in. */
static uint32_t piece_of(sv3_pa pa, uint32_t size)
{
	const uint32_t room = LINE_BYTES - (uint32_t)(pa & (LINE_BYTES - 1));

	return size < room ? size : room;
}

static enum sv3_bus_status cache_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	struct sv3_cpu_cache *cache = (struct sv3_cpu_cache *)context;
	uint8_t *to = (uint8_t *)data;

	while (size) {
		const uint32_t piece = piece_of(pa, size);
		const struct line *line = line_get(cache, pa);

		if (!line)
			return SV3_BUS_ABORT;
		memcpy(to, line->bytes + (pa & (LINE_BYTES - 1)), piece);
		to += piece;
		pa += piece;
		size -= piece;
	}
	return SV3_BUS_OK;
}

static enum sv3_bus_status cache_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	struct sv3_cpu_cache *cache = (struct sv3_cpu_cache *)context;
	const uint8_t *from = (const uint8_t *)data;

	/* An access that would abort at its end changes nothing at its beginning. */
	if (!size || !line_get(cache, pa + size - 1))
		return SV3_BUS_ABORT;
	while (size) {
		const uint32_t piece = piece_of(pa, size);
		struct line *line = line_get(cache, pa);

		if (!line)
			return SV3_BUS_ABORT;
		memcpy(line->bytes + (pa & (LINE_BYTES - 1)), from, piece);
		line->dirty = true;
		from += piece;
		pa += piece;
		size -= piece;
	}
	return SV3_BUS_OK;
}

/* The CPU's atomics are atomic among CPUs: they happen in the line. */
static uint8_t *word_of(struct line *line, sv3_pa pa)
{
	return line->bytes + (pa & (LINE_BYTES - 1));
}

static enum sv3_bus_status cache_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				       uint64_t *old)
{
	struct line *line = pa & 7 ? NULL : line_get((struct sv3_cpu_cache *)context, pa);

	if (!line)
		return SV3_BUS_ABORT;
	*old = sv3_le64(word_of(line, pa));
	if (*old == expect) {
		sv3_put_le64(word_of(line, pa), desired);
		line->dirty = true;
	}
	return SV3_BUS_OK;
}

static enum sv3_bus_status cache_fetch_or64(void *context, sv3_pa pa, uint64_t bits, uint64_t *old)
{
	struct line *line = pa & 7 ? NULL : line_get((struct sv3_cpu_cache *)context, pa);

	if (!line)
		return SV3_BUS_ABORT;
	*old = sv3_le64(word_of(line, pa));
	sv3_put_le64(word_of(line, pa), *old | bits);
	line->dirty = true;
	return SV3_BUS_OK;
}

static void maintain_line(struct sv3_cpu_cache *cache, struct line *line, enum sv3_maintenance what)
{
	if ((what & SV3_MAINTAIN_CLEAN) && line->dirty && !cache->config.ignore_clean)
		line_write_back(cache, line);
	if ((what & SV3_MAINTAIN_INVALIDATE) && !cache->config.ignore_invalidate)
		line_drop(cache, line);
}

static void cache_maintain(void *context, sv3_pa pa, uint64_t len, enum sv3_maintenance what)
{
	struct sv3_cpu_cache *cache = (struct sv3_cpu_cache *)context;
	const sv3_pa first = pa & ~(sv3_pa)(LINE_BYTES - 1);

	for (uint64_t offset = 0; len && offset < pa - first + len; offset += LINE_BYTES) {
		struct line *line = line_find(cache, first + offset);

		if (line)
			maintain_line(cache, line, what);
	}
}

struct sv3_bus sv3_cpu_cache_bus(struct sv3_cpu_cache *cache)
{
	/* No window: a pointer would go past the cache. */
	static const struct sv3_bus_ops ops = {
		.read = cache_read,
		.write = cache_write,
		.cas64 = cache_cas64,
		.fetch_or64 = cache_fetch_or64,
		.maintain = cache_maintain,
	};

	return (struct sv3_bus){ .ops = &ops, .context = cache };
}

/* --- making and looking --- */

/* All lines of a bounded cache; chains as many as the next power of two. */
static bool make_bounded(struct sv3_cpu_cache *cache, uint32_t line_count)
{
	cache->bucket_count = 1;
	while (cache->bucket_count < line_count)
		cache->bucket_count *= 2;
	cache->lines = (struct line *)calloc(line_count, sizeof(*cache->lines));
	cache->buckets = (uint32_t *)malloc(cache->bucket_count * sizeof(*cache->buckets));
	if (!cache->lines || !cache->buckets)
		return false;
	memset(cache->buckets, 0xff, cache->bucket_count * sizeof(*cache->buckets));
	cache->line_count = line_count;
	lines_free_from(cache, 0);
	return true;
}

int sv3_cpu_cache_create(const struct sv3_bus *memory, const struct sv3_cpu_cache_config *config,
			 struct sv3_cpu_cache **out)
{
	struct sv3_cpu_cache *cache;

	*out = NULL;
	if (config->line_count > SV3_CPU_CACHE_LINES_MAX)
		return -SV3_ERR_INVAL;
	cache = (struct sv3_cpu_cache *)calloc(1, sizeof(*cache));
	if (!cache)
		return -SV3_ERR_NOMEM;
	cache->memory = *memory;
	cache->config = *config;
	cache->free_head = NONE;
	if (!(config->line_count ? make_bounded(cache, config->line_count) : grow(cache))) {
		sv3_cpu_cache_destroy(cache);
		return -SV3_ERR_NOMEM;
	}
	*out = cache;
	return 0;
}

void sv3_cpu_cache_destroy(struct sv3_cpu_cache *cache)
{
	if (!cache)
		return;
	free(cache->lines);
	free(cache->buckets);
	free(cache);
}

const struct sv3_cpu_cache_stats *sv3_cpu_cache_stats(const struct sv3_cpu_cache *cache)
{
	return &cache->stats;
}
