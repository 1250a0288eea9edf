/* SPDX-License-Identifier: MIT */
/*
 * rows.c - what a driver does: buffers are mapped, used, taken down, invalidated; IOVAs are reused.
 *
 * First all slots are filled and used. Then each turn replaces the buffer of one. Strict: TLBI and
 * SYNC follow each UNMAP, and a slot keeps its IOVA. Lazy: they come now and then for all, and only
 * then the IOVAs of what was taken down may be used again.
 */
#include "parts.h"
#include "world.h"

#include <stdlib.h>

#define IOVA_BASE   UINT64_C(0xf0000000)
#define UNITS_MAX   3u  /* of a buffer */
#define FLUSH_TURNS 16u /* lazy: from one flush to the next */
#define HAS_NO_PA   (SV3_TRACE_HAS_ALL & ~SV3_TRACE_HAS_PA)

struct buffer {
	sv3_iova iova;
	sv3_pa pa;
	uint64_t len; /* 0: there is none */
	uint32_t stream_id;
	bool read_only;
};

struct builder {
	const struct rows_config *config;
	struct sv3_prng *prng;
	struct rows *rows;
	struct buffer slots[ROWS_RANGES_MAX];
	uint32_t slot_count, stream_count;
	bool lazy;
	/* IOVAs, UNITS_MAX units apart: never used from @fresh on. Lazy: taken down but not yet
	 * invalidated, and free again. */
	uint64_t fresh;
	sv3_iova limbo[FLUSH_TURNS], free[FLUSH_TURNS];
	uint32_t limbo_count, free_count;
};

static void add(struct builder *b, enum sv3_trace_op op, enum sv3_trace_aux aux, unsigned int has,
		const struct buffer *where)
{
	struct sv3_trace *trace = &b->rows->trace;

	trace->records[trace->count] = (struct sv3_trace_rec){
		.time_ns = trace->count * ROWS_PERIOD_NS,
		.iova = has & SV3_TRACE_HAS_IOVA ? where->iova : 0,
		.pa = has & SV3_TRACE_HAS_PA ? where->pa : 0,
		.len = has & SV3_TRACE_HAS_LEN ? where->len : 0,
		.sid = has & SV3_TRACE_HAS_SID ? where->stream_id : 0,
		.op = (uint8_t)op,
		.aux = (uint8_t)aux,
		.has = (uint8_t)has,
	};
	trace->count++;
}

/* Guest memory below this is for buffers; what lies above is for strays. */
static uint64_t buffer_units(const struct builder *b)
{
	const uint64_t units = b->config->guest_size / b->config->unit;

	return b->config->stray ? units - units / 4 : units;
}

static sv3_iova choose_iova(struct builder *b, uint32_t slot)
{
	const uint64_t distance = UNITS_MAX * b->config->unit;

	if (!b->lazy)
		return IOVA_BASE + slot * distance;
	if (b->free_count && sv3_prng_below(b->prng, 2))
		return b->free[--b->free_count];
	return IOVA_BASE + b->fresh++ * distance;
}

static void map(struct builder *b, uint32_t slot)
{
	const uint64_t units = parts_draw(b->prng, 1, UNITS_MAX);
	struct buffer *buffer = &b->slots[slot];

	*buffer = (struct buffer){
		.iova = choose_iova(b, slot),
		.pa = b->config->guest_base +
		      sv3_prng_below(b->prng, buffer_units(b) - units + 1) * b->config->unit,
		.len = units * b->config->unit,
		.stream_id = b->config->stream_first + slot % b->stream_count,
		.read_only = !sv3_prng_below(b->prng, 10),
	};
	add(b, SV3_TRACE_MAP, buffer->read_only ? SV3_TRACE_AUX_PERM_R : SV3_TRACE_AUX_PERM_RW,
	    SV3_TRACE_HAS_ALL, buffer);
	sv3_dirty_log_set(&b->rows->pinned, buffer->pa, buffer->len);
}

static void flush(struct builder *b)
{
	for (uint32_t i = 0; i < b->stream_count; i++)
		add(b, SV3_TRACE_TLBI_ASID, SV3_TRACE_AUX_NONE, SV3_TRACE_HAS_SID,
		    &(struct buffer){ .stream_id = b->config->stream_first + i });
	add(b, SV3_TRACE_SYNC, SV3_TRACE_AUX_NONE, 0, NULL);
	while (b->limbo_count) {
		b->limbo_count--;
		if (b->free_count < FLUSH_TURNS)
			b->free[b->free_count++] = b->limbo[b->limbo_count];
	}
}

static void unmap(struct builder *b, uint32_t slot)
{
	const struct buffer *buffer = &b->slots[slot];

	add(b, SV3_TRACE_UNMAP, SV3_TRACE_AUX_NONE, HAS_NO_PA, buffer);
	if (!b->lazy) {
		add(b, SV3_TRACE_TLBI_VA, SV3_TRACE_AUX_LEAF, HAS_NO_PA, buffer);
		add(b, SV3_TRACE_SYNC, SV3_TRACE_AUX_NONE, 0, NULL);
		return;
	}
	b->limbo[b->limbo_count++] = buffer->iova;
	if (b->limbo_count == FLUSH_TURNS)
		flush(b);
}

/* Within one page of memory, by a live buffer; or a stray, which no buffer covers. */
static void access(struct builder *b, uint32_t slots)
{
	const struct buffer *buffer = &b->slots[sv3_prng_below(b->prng, slots)];
	const uint64_t len = parts_draw(b->prng, 1, 64);
	const uint64_t offset = sv3_prng_below(b->prng, SV3_PAGE_SIZE - len + 1);
	const bool reads = buffer->read_only || !sv3_prng_below(b->prng, 6);
	uint64_t page = sv3_prng_below(b->prng, buffer->len / SV3_PAGE_SIZE) * SV3_PAGE_SIZE;
	struct buffer where = *buffer;

	if (b->config->stray && !sv3_prng_below(b->prng, 4)) {
		const uint64_t first = buffer_units(b) * b->config->unit;

		page = sv3_prng_below(b->prng, (b->config->guest_size - first) / SV3_PAGE_SIZE) *
		       SV3_PAGE_SIZE;
		where.pa = b->config->guest_base + first;
	}
	where.iova += page + offset;
	where.pa += page + offset;
	where.len = len;
	add(b, reads ? SV3_TRACE_R : SV3_TRACE_W, SV3_TRACE_AUX_DATA, SV3_TRACE_HAS_ALL, &where);
}

static void fill(struct builder *b)
{
	struct rows *rows = b->rows;

	for (uint32_t slot = 0; slot < b->slot_count; slot++) {
		map(b, slot);
		rows->ranges[rows->range_count++] =
			(struct rows_range){ b->slots[slot].stream_id, b->slots[slot].iova,
					     b->slots[slot].len };
	}
	for (uint32_t i = 0; i < 4 * b->slot_count; i++)
		access(b, b->slot_count);
	rows->fill_count = (uint32_t)rows->trace.count;
}

static void take_turns(struct builder *b)
{
	for (uint32_t turn = 0; turn < b->config->turns; turn++) {
		const uint32_t slot = (uint32_t)sv3_prng_below(b->prng, b->slot_count);

		unmap(b, slot);
		map(b, slot);
		for (uint32_t i = 0; i < b->config->writes; i++)
			access(b, b->slot_count);
	}
}

int rows_draw(struct sv3_prng *prng, const struct rows_config *config, struct rows *rows)
{
	/* A turn: UNMAP, MAP, TLBIs, SYNC, accesses. The fill: MAP and four accesses a slot. */
	const uint64_t most =
		config->turns * (config->writes + 4u + ROWS_STREAMS_MAX) + 5u * ROWS_RANGES_MAX;
	struct builder b = { .config = config, .prng = prng, .rows = rows };

	*rows = (struct rows){ .pinned = { .base = config->guest_base,
					   .page_count = config->guest_size / SV3_PAGE_SIZE } };
	b.slot_count = (uint32_t)parts_draw(prng, 2, ROWS_RANGES_MAX);
	b.stream_count = (uint32_t)parts_draw(prng, 1, ROWS_STREAMS_MAX);
	b.lazy = sv3_prng_below(prng, 2);
	rows->trace.records =
		(struct sv3_trace_rec *)calloc((size_t)most, sizeof(*rows->trace.records));
	rows->pinned.words = (uint64_t *)calloc(
		(size_t)sv3_dirty_log_words(rows->pinned.page_count), sizeof(uint64_t));
	if (!rows->trace.records || !rows->pinned.words) {
		rows_free(rows);
		return -SV3_ERR_NOMEM;
	}
	fill(&b);
	take_turns(&b);
	SV3_ASSERT(rows->trace.count <= most);
	return 0;
}

void rows_free(struct rows *rows)
{
	free(rows->trace.records);
	free(rows->pinned.words);
	*rows = (struct rows){ 0 };
}
