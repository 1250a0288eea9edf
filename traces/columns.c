/* SPDX-License-Identifier: MIT */
/*
 * columns.c - the columns of one block of the binary form, before compression (docs/TRACES.md).
 *
 * Concepts:
 *   shape       what many records share: StreamID, op, aux, which columns there are. One byte each.
 *   prediction  what is written is the difference to a guess. The next address of a shape lies
 *               behind the last one; the page under an IOVA is the one last seen there.
 * Both ways keep the same state in the same order, so the guesses agree. A block starts afresh.
 */
#include <stdlib.h>
#include <string.h>

#include "traces_priv.h"

enum {
	SHAPE_MAX = 256,
	SHAPE_BYTES = 7,
	SHAPE_SLOTS_LG2 = 10, /* of the hash table; four times the shapes there can be */
	PAGE_SLOTS_LG2 = 14,
	VARINT_MAX = 10,
	HEAD_BYTES = 2 + 4 + 4 * 4, /* shape count, time unit, sizes of the four number columns */
};

/** What a shape shares, and the guesses for its next record. */
struct shape {
	uint32_t sid;
	uint8_t op, aux, has;
	uint8_t scale_lg2; /* addresses and lengths of mappings are whole pages */
	uint64_t next_iova, last_len, next_pa;
};

/** The page last seen under an IOVA page of a stream; a collision only costs a worse guess. */
struct page_guess {
	uint64_t key; /* never 0 */
	uint64_t pa_page;
};

struct sv3__trace_codec {
	struct shape shapes[SHAPE_MAX];
	uint32_t shape_count;
	uint16_t shape_slots[1 << SHAPE_SLOTS_LG2]; /* index + 1, when writing */
	struct page_guess pages[1 << PAGE_SLOTS_LG2];
	uint8_t columns[4][SV3__TRACE_BLOCK_RECORDS * VARINT_MAX]; /* when writing */
};

enum { COLUMN_TIME, COLUMN_IOVA, COLUMN_LEN, COLUMN_PA };

size_t sv3__trace_columns_bound(uint32_t count)
{
	return HEAD_BYTES + SHAPE_MAX * SHAPE_BYTES + (size_t)count * (1 + 4 * VARINT_MAX);
}

struct sv3__trace_codec *sv3__trace_codec_create(void)
{
	return malloc(sizeof(struct sv3__trace_codec));
}

void sv3__trace_codec_destroy(struct sv3__trace_codec *codec)
{
	free(codec);
}

static void codec_reset(struct sv3__trace_codec *codec)
{
	codec->shape_count = 0;
	memset(codec->shape_slots, 0, sizeof(codec->shape_slots));
	memset(codec->pages, 0, sizeof(codec->pages));
}

static void put_le(uint8_t *at, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get_le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static inline uint8_t *varint_put(uint8_t *at, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*at++ = (uint8_t)(value | 0x80);
	*at++ = (uint8_t)value;
	return at;
}

/** False at the end of the column, or when the number has more than 64 bits. */
static inline bool varint_get(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
	const uint8_t *p = *at;
	uint64_t sum = 0;

	for (unsigned int shift = 0; shift < 70 && p < end; shift += 7) {
		uint8_t byte = *p++;

		if (shift == 63 && byte > 1)
			return false;
		sum |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*at = p;
			*value = sum;
			return true;
		}
	}
	return false;
}

/** A difference as a number that is small when the difference is, whatever its sign. */
static inline uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ (0 - (difference >> 63));
}

static inline uint64_t unzigzag(uint64_t value)
{
	return value >> 1 ^ (0 - (value & 1));
}

/** Divides a difference of whole pages, which may be negative, without signed shifts. */
static inline uint64_t scale_down(uint64_t difference, unsigned int lg2)
{
	if (lg2 == 0)
		return difference;
	return difference >> lg2 | (0 - (difference >> 63)) << (64 - lg2);
}

static inline struct page_guess *page_slot(struct sv3__trace_codec *codec, uint32_t sid,
					   sv3_iova iova, uint64_t *key)
{
	uint64_t mixed =
		((iova >> SV3_PAGE_LG2) + 1 + ((uint64_t)sid << 52)) * UINT64_C(0x9e3779b97f4a7c15);

	*key = mixed | 1;
	return &codec->pages[mixed >> (64 - PAGE_SLOTS_LG2)];
}

/** The guess of @rec's pa: the page seen under its iova, or behind the shape's last pa. */
static inline sv3_pa pa_guess(struct sv3__trace_codec *codec, const struct shape *shape,
			      sv3_iova iova)
{
	uint64_t key;
	const struct page_guess *slot = page_slot(codec, shape->sid, iova, &key);

	/* A new mapping is there because the old one under this iova is gone. */
	if (shape->op == SV3_TRACE_MAP || slot->key != key)
		return shape->next_pa;
	return slot->pa_page << SV3_PAGE_LG2 | (iova & (SV3_PAGE_SIZE - 1));
}

/** Pages of one mapping worth remembering: more would push out all others. */
enum { MAPPED_PAGES_MAX = 64 };

/** What both ways do after each record. */
static inline void codec_learn(struct sv3__trace_codec *codec, struct shape *shape,
			       const struct sv3_trace_rec *rec)
{
	uint64_t pages, key;

	shape->next_iova = rec->iova + rec->len;
	shape->last_len = rec->len;
	if (!(rec->has & SV3_TRACE_HAS_PA))
		return;
	shape->next_pa = rec->pa + rec->len;
	pages = rec->op == SV3_TRACE_MAP ? rec->len >> SV3_PAGE_LG2 : 1;
	if (pages > MAPPED_PAGES_MAX)
		pages = MAPPED_PAGES_MAX;
	for (uint64_t i = 0; i < pages; i++) {
		struct page_guess *slot =
			page_slot(codec, rec->sid, rec->iova + i * SV3_PAGE_SIZE, &key);

		slot->key = key;
		slot->pa_page = (rec->pa >> SV3_PAGE_LG2) + i;
	}
}

static void shape_init(struct shape *shape, uint32_t sid, uint8_t op, uint8_t aux, uint8_t has)
{
	memset(shape, 0, sizeof(*shape));
	shape->sid = sid;
	shape->op = op;
	shape->aux = aux;
	shape->has = has;
	if (op == SV3_TRACE_MAP || op == SV3_TRACE_UNMAP || op == SV3_TRACE_TLBI_VA)
		shape->scale_lg2 = SV3_PAGE_LG2;
}

/** Index of the record's shape, new if need be; -1 when the block has no room for another. */
static int shape_of(struct sv3__trace_codec *codec, const struct sv3_trace_rec *rec)
{
	uint64_t key = (uint64_t)rec->sid << 24 | (uint64_t)rec->op << 16 |
		       (uint64_t)rec->aux << 8 | rec->has;
	uint64_t slot = key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SHAPE_SLOTS_LG2);
	const struct shape *shape;

	for (; codec->shape_slots[slot] != 0; slot = (slot + 1) & ((1u << SHAPE_SLOTS_LG2) - 1)) {
		shape = &codec->shapes[codec->shape_slots[slot] - 1];
		if (shape->sid == rec->sid && shape->op == rec->op && shape->aux == rec->aux &&
		    shape->has == rec->has)
			return codec->shape_slots[slot] - 1;
	}
	if (codec->shape_count == SHAPE_MAX)
		return -1;
	shape_init(&codec->shapes[codec->shape_count], rec->sid, rec->op, rec->aux, rec->has);
	codec->shape_slots[slot] = (uint16_t)++codec->shape_count;
	return (int)codec->shape_count - 1;
}

/** The shape table and the sizes of the columns, with which the bytes begin. */
static uint8_t *head_put(const struct sv3__trace_codec *codec, uint8_t *at, uint32_t unit_ns,
			 uint8_t *const ends[4])
{
	put_le(at, codec->shape_count, 2);
	put_le(at + 2, unit_ns, 4);
	at += 6;
	for (unsigned int i = 0; i < 4; i++, at += 4)
		put_le(at, (uint64_t)(ends[i] - codec->columns[i]), 4);
	for (uint32_t i = 0; i < codec->shape_count; i++, at += SHAPE_BYTES) {
		put_le(at, codec->shapes[i].sid, 4);
		at[4] = codec->shapes[i].op;
		at[5] = codec->shapes[i].aux;
		at[6] = codec->shapes[i].has;
	}
	return at;
}

/** Clocks that tick in microseconds are common; their last three digits need not be kept. */
static uint32_t time_unit_ns(const struct sv3_trace_rec *recs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (recs[i].time_ns % 1000 != 0)
			return 1;
	}
	return 1000;
}

static void rec_encode(struct sv3__trace_codec *codec, struct shape *shape,
		       const struct sv3_trace_rec *rec, uint8_t *at[4])
{
	unsigned int scale = shape->scale_lg2;
	sv3_pa guess;

	if (rec->has & SV3_TRACE_HAS_IOVA)
		at[COLUMN_IOVA] = varint_put(
			at[COLUMN_IOVA], zigzag(scale_down(rec->iova - shape->next_iova, scale)));
	if (rec->has & SV3_TRACE_HAS_LEN)
		at[COLUMN_LEN] = varint_put(at[COLUMN_LEN],
					    zigzag(scale_down(rec->len - shape->last_len, scale)));
	if (rec->has & SV3_TRACE_HAS_PA) {
		guess = pa_guess(codec, shape, rec->iova);
		at[COLUMN_PA] =
			varint_put(at[COLUMN_PA], zigzag(scale_down(rec->pa - guess, scale)));
	}
	codec_learn(codec, shape, rec);
}

uint32_t sv3__trace_columns_encode(struct sv3__trace_codec *codec, const struct sv3_trace_rec *recs,
				   uint32_t count, uint8_t *bytes, size_t *size)
{
	uint8_t *at[4], shape_column[SV3__TRACE_BLOCK_RECORDS];
	uint32_t unit_ns = time_unit_ns(recs, count), done;
	uint64_t previous_ns = 0;
	uint8_t *out;
	int shape;

	codec_reset(codec);
	for (unsigned int i = 0; i < 4; i++)
		at[i] = codec->columns[i];
	for (done = 0; done < count; done++) {
		shape = shape_of(codec, &recs[done]);
		if (shape < 0)
			break;
		shape_column[done] = (uint8_t)shape;
		at[COLUMN_TIME] =
			varint_put(at[COLUMN_TIME], (recs[done].time_ns - previous_ns) / unit_ns);
		previous_ns = recs[done].time_ns;
		rec_encode(codec, &codec->shapes[shape], &recs[done], at);
	}
	out = head_put(codec, bytes, unit_ns, at);
	memcpy(out, shape_column, done);
	out += done;
	for (unsigned int i = 0; i < 4; i++) {
		memcpy(out, codec->columns[i], (size_t)(at[i] - codec->columns[i]));
		out += at[i] - codec->columns[i];
	}
	*size = (size_t)(out - bytes);
	return done;
}

/** Where the columns lie when reading. */
struct layout {
	const uint8_t *shape_column;
	const uint8_t *at[4], *end[4];
	uint32_t unit_ns;
};

static bool head_get(struct sv3__trace_codec *codec, const uint8_t *bytes, size_t size,
		     uint32_t count, struct layout *layout)
{
	const uint8_t *at = bytes, *end = bytes + size;
	uint32_t column_size[4];

	if (size < HEAD_BYTES)
		return false;
	codec->shape_count = at[0] | (uint32_t)at[1] << 8;
	layout->unit_ns = get_le32(at + 2);
	for (unsigned int i = 0; i < 4; i++)
		column_size[i] = get_le32(at + 6 + 4 * i);
	at += HEAD_BYTES;
	if (codec->shape_count == 0 || codec->shape_count > SHAPE_MAX ||
	    (layout->unit_ns != 1 && layout->unit_ns != 1000) ||
	    (size_t)(end - at) < codec->shape_count * SHAPE_BYTES + (size_t)count)
		return false;
	for (uint32_t i = 0; i < codec->shape_count; i++, at += SHAPE_BYTES)
		shape_init(&codec->shapes[i], get_le32(at), at[4], at[5], at[6]);
	layout->shape_column = at;
	at += count;
	for (unsigned int i = 0; i < 4; i++) {
		if ((size_t)(end - at) < column_size[i])
			return false;
		layout->at[i] = at;
		at += column_size[i];
		layout->end[i] = at;
	}
	return at == end;
}

static inline bool rec_decode(struct sv3__trace_codec *codec, struct shape *shape,
			      struct layout *layout, struct sv3_trace_rec *rec)
{
	unsigned int scale = shape->scale_lg2;
	uint64_t value;

	rec->sid = shape->sid;
	rec->op = shape->op;
	rec->aux = shape->aux;
	rec->has = shape->has;
	rec->reserved = 0;
	rec->iova = rec->len = rec->pa = 0;
	if (rec->has & SV3_TRACE_HAS_IOVA) {
		if (!varint_get(&layout->at[COLUMN_IOVA], layout->end[COLUMN_IOVA], &value))
			return false;
		rec->iova = shape->next_iova + (unzigzag(value) << scale);
	}
	if (rec->has & SV3_TRACE_HAS_LEN) {
		if (!varint_get(&layout->at[COLUMN_LEN], layout->end[COLUMN_LEN], &value))
			return false;
		rec->len = shape->last_len + (unzigzag(value) << scale);
	}
	if (rec->has & SV3_TRACE_HAS_PA) {
		if (!varint_get(&layout->at[COLUMN_PA], layout->end[COLUMN_PA], &value))
			return false;
		rec->pa = pa_guess(codec, shape, rec->iova) + (unzigzag(value) << scale);
	}
	codec_learn(codec, shape, rec);
	return true;
}

bool sv3__trace_columns_decode(struct sv3__trace_codec *codec, const uint8_t *bytes, size_t size,
			       struct sv3_trace_rec *recs, uint32_t count)
{
	struct layout layout;
	uint64_t time_ns = 0, delta;

	codec_reset(codec);
	if (!head_get(codec, bytes, size, count, &layout))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (layout.shape_column[i] >= codec->shape_count ||
		    !varint_get(&layout.at[COLUMN_TIME], layout.end[COLUMN_TIME], &delta) ||
		    delta > SV3__TRACE_TIME_MAX_NS)
			return false;
		time_ns += delta * layout.unit_ns;
		if (time_ns > SV3__TRACE_TIME_MAX_NS)
			return false;
		recs[i].time_ns = time_ns;
		if (!rec_decode(codec, &codec->shapes[layout.shape_column[i]], &layout, &recs[i]))
			return false;
	}
	for (unsigned int i = 0; i < 4; i++) {
		if (layout.at[i] != layout.end[i])
			return false;
	}
	return true;
}
