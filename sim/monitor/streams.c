/* SPDX-License-Identifier: MIT */
/*
 * streams.c - from a StreamID to what translates it: Stream table, STE, CD, contexts.
 *
 * Structures are read as memory has them when a stream is first met, and again after one of them
 * was changed. Where memory says nothing sound there is no context, and nothing is checked.
 */
#include "monitor_priv.h"

#define ENTRIES_SCANNED 65536u /* descriptors of a two-level Stream table that are looked at */
#define CD_BYTES_MAX    (UINT64_C(64) << 20)

bool sv3__read_words(const struct sv3_monitor *m, sv3_pa pa, uint64_t *words, uint32_t count)
{
	uint8_t bytes[64];

	if (sv3_bus_read(&m->config.memory, pa, bytes, 8 * count) != SV3_BUS_OK)
		return false;
	for (uint32_t i = 0; i < count; i++)
		words[i] = sv3_le64(bytes + 8 * (size_t)i);
	return true;
}

bool sv3__read_word(const struct sv3_monitor *m, sv3_pa pa, uint64_t *word)
{
	return sv3__read_words(m, pa, word, 1);
}

/* --- the Stream table --- */

static bool has_two_levels(const struct sv3_monitor *m)
{
	return SV3_GET(SV3_STRTAB_CFG_FMT, m->strtab_cfg) == SV3_STRTAB_FMT_2LEVEL;
}

static unsigned int split_of(const struct sv3_monitor *m)
{
	return (unsigned int)SV3_GET(SV3_STRTAB_CFG_SPLIT, m->strtab_cfg);
}

/* [IHI0070 5.1] The array behind a level-1 descriptor; false: none. */
static bool array_of(const struct sv3_monitor *m, uint64_t descriptor, sv3_pa *base,
		     uint64_t *count)
{
	const uint64_t span = SV3_GET(SV3_L1STD_SPAN, descriptor);

	if (!span || span > split_of(m) + 1)
		return false;
	*count = UINT64_C(1) << (span - 1);
	*base = descriptor & SV3_L1STD_L2PTR & ~(*count * SV3_STE_SIZE_BYTES - 1);
	return true;
}

static bool ste_pa(const struct sv3_monitor *m, uint32_t stream_id, sv3_pa *pa)
{
	const sv3_pa base = m->strtab_base & SV3_STRTAB_BASE_ADDR;
	const uint64_t index = stream_id & ((UINT64_C(1) << split_of(m)) - 1);
	uint64_t descriptor, count;

	if ((uint64_t)stream_id >> SV3_GET(SV3_STRTAB_CFG_LOG2SIZE, m->strtab_cfg))
		return false;
	*pa = base + (uint64_t)stream_id * SV3_STE_SIZE_BYTES;
	if (!has_two_levels(m))
		return true;
	if (!sv3__read_word(m, base + 8 * (uint64_t)(stream_id >> split_of(m)), &descriptor) ||
	    !array_of(m, descriptor, pa, &count) || index >= count)
		return false;
	*pa += index * SV3_STE_SIZE_BYTES;
	return true;
}

static void learn_array(struct sv3_monitor *m, uint64_t descriptor, uint32_t first_stream)
{
	struct sv3__area area = { .kind = SV3__AREA_STE, .stream_id = first_stream };
	uint64_t count;

	if (!array_of(m, descriptor, &area.base, &count))
		return;
	area.end = area.base + count * SV3_STE_SIZE_BYTES;
	(void)sv3__area_add(m, &area);
}

void sv3__strtab_learn(struct sv3_monitor *m)
{
	const unsigned int log2size = (unsigned int)SV3_GET(SV3_STRTAB_CFG_LOG2SIZE, m->strtab_cfg);
	struct sv3__area area = { .kind = SV3__AREA_STE,
				  .base = m->strtab_base & SV3_STRTAB_BASE_ADDR };
	uint64_t count = UINT64_C(1) << log2size, descriptor;

	sv3__stream_forget(m, UINT32_MAX);
	if (!has_two_levels(m)) {
		area.end = area.base + count * SV3_STE_SIZE_BYTES;
		(void)sv3__area_add(m, &area);
		return;
	}
	count = log2size > split_of(m) ? UINT64_C(1) << (log2size - split_of(m)) : 1;
	area.kind = SV3__AREA_L1STD;
	area.end = area.base + 8 * count;
	(void)sv3__area_add(m, &area);
	for (uint64_t i = 0; i < count && i < ENTRIES_SCANNED; i++)
		if (sv3__read_word(m, area.base + 8 * i, &descriptor))
			learn_array(m, descriptor, (uint32_t)(i << split_of(m)));
}

/* --- contexts --- */

static bool is_same(const struct sv3__context *a, const struct sv3__context *b)
{
	return a->regime == b->regime && a->vmid == b->vmid && a->asid == b->asid &&
	       a->root == b->root && a->granule_lg2 == b->granule_lg2 &&
	       a->input_lg2 == b->input_lg2 && a->first_level == b->first_level &&
	       a->upper == b->upper;
}

static uint32_t context_add(struct sv3_monitor *m, const struct sv3__context *context, bool ats)
{
	struct sv3__context *found;
	uint32_t i = 0;

	while (i < m->context_count && !is_same(&m->contexts[i], context))
		i++;
	if (i == SV3__CONTEXTS_MAX) {
		m->stats.areas_lost++;
		return SV3__NONE;
	}
	found = &m->contexts[i];
	if (i == m->context_count) {
		*found = *context;
		m->context_count++;
	}
	for (uint32_t s = 0; ats && s < found->atc_count; s++)
		if (found->atc_streams[s] == context->stream)
			ats = false;
	if (ats && found->atc_count < SV3__ATC_MAX)
		found->atc_streams[found->atc_count++] = context->stream;
	return i;
}

/* The walk's shape is sound. */
static bool is_sound(const struct sv3__context *context)
{
	const unsigned int granule = context->granule_lg2;

	return granule && context->input_lg2 > granule && context->input_lg2 <= 52 &&
	       context->first_level <= SV3_LEVEL_LAST &&
	       context->input_lg2 > sv3_vmsa_span_lg2(granule, context->first_level);
}

static const uint8_t granules[4] = { 12, 16, 14, 0 };       /* TG0, S2TG */
static const uint8_t upper_granules[4] = { 0, 14, 12, 16 }; /* TG1 */

static uint32_t stage1_context(struct sv3_monitor *m, const uint64_t ste[8], const uint64_t cd[8],
			       uint32_t stream_id, bool upper)
{
	const bool el2 = SV3_GET(SV3_STE1_STRW, ste[1]) == SV3_STE_STRW_EL2;
	struct sv3__context context = {
		.regime = el2 ? SV3__EL2 : SV3__EL1,
		.vmid = m->has_vmids && !el2 ? (uint32_t)SV3_GET(SV3_STE2_S2VMID, ste[2]) : 0,
		.asid = (uint32_t)SV3_GET(SV3_CD0_ASID, cd[0]),
		.stream = stream_id,
		.upper = upper,
	};

	if (cd[0] & (upper ? SV3_CD0_EPD1 : SV3_CD0_EPD0))
		return SV3__NONE;
	if (upper) {
		context.granule_lg2 = upper_granules[SV3_GET(SV3_CD0_TG1, cd[0])];
		context.input_lg2 = (uint8_t)(64 - SV3_GET(SV3_CD0_T1SZ, cd[0]));
		context.root = cd[2] & SV3_CD2_TTB1;
	} else {
		context.granule_lg2 = granules[SV3_GET(SV3_CD0_TG0, cd[0])];
		context.input_lg2 = (uint8_t)(64 - SV3_GET(SV3_CD0_T0SZ, cd[0]));
		context.root = cd[1] & SV3_CD1_TTB0;
	}
	if (context.granule_lg2)
		context.first_level =
			(uint8_t)sv3_vmsa_start_level(context.granule_lg2, context.input_lg2);
	if (!is_sound(&context))
		return SV3__NONE;
	return context_add(m, &context, SV3_GET(SV3_STE1_EATS, ste[1]) != SV3_STE_EATS_OFF);
}

/* [IHI0070 5.2] S2SL0 counts up from the lowest level. */
static uint32_t stage2_context(struct sv3_monitor *m, const uint64_t ste[8], uint32_t stream_id)
{
	struct sv3__context context = {
		.regime = SV3__STAGE2,
		.vmid = (uint32_t)SV3_GET(SV3_STE2_S2VMID, ste[2]),
		.stream = stream_id,
		.granule_lg2 = granules[SV3_GET(SV3_STE2_S2TG, ste[2])],
		.input_lg2 = (uint8_t)(64 - SV3_GET(SV3_STE2_S2T0SZ, ste[2])),
		.root = ste[3] & SV3_STE3_S2TTB,
	};
	const unsigned int up = (unsigned int)SV3_GET(SV3_STE2_S2SL0, ste[2]);
	const unsigned int lowest = context.granule_lg2 == 12 ? 2 : 3;

	context.first_level = (uint8_t)(up == 3 ? 3 : lowest - up);
	if (!is_sound(&context))
		return SV3__NONE;
	return context_add(m, &context, SV3_GET(SV3_STE1_EATS, ste[1]) != SV3_STE_EATS_OFF);
}

/* --- streams --- */

/* A CD table of two levels: 2^ level-1 descriptors. */
static void learn_level1(struct sv3_monitor *m, const struct sv3__area *table,
			 unsigned int log2count)
{
	struct sv3__area area = *table;

	area.kind = SV3__AREA_L1CD;
	area.end = area.base + (UINT64_C(8) << log2count);
	(void)sv3__area_add(m, &area);
}

/* [IHI0070 5.2, 5.3] Where the CD of a SubstreamID stands; false: nowhere. */
static bool cd_pa(struct sv3_monitor *m, const uint64_t ste[8], const struct sv3__stream *stream,
		  sv3_pa *pa)
{
	const unsigned int log2count = (unsigned int)SV3_GET(SV3_STE0_S1CDMAX, ste[0]);
	const uint64_t format = SV3_GET(SV3_STE0_S1FMT, ste[0]);
	const sv3_pa base = ste[0] & SV3_STE0_S1CONTEXTPTR;
	const uint32_t index = stream->substream_valid ? stream->substream_id : 0;
	const unsigned int split = format == SV3_STE_S1FMT_4K ? 6 : 10;
	struct sv3__area area = { .kind = SV3__AREA_CD,
				  .base = base,
				  .stream_id = stream->stream_id };
	uint64_t descriptor;

	if (index >> log2count || log2count > 20)
		return false;
	if (log2count && !stream->substream_valid &&
	    SV3_GET(SV3_STE1_S1DSS, ste[1]) != SV3_STE_S1DSS_SSID0)
		return false;
	area.end = base + ((uint64_t)SV3_CD_SIZE_BYTES << log2count);
	*pa = base + (uint64_t)index * SV3_CD_SIZE_BYTES;
	if (log2count && format != SV3_STE_S1FMT_LINEAR) {
		learn_level1(m, &area, log2count > split ? log2count - split : 0);
		if (!sv3__read_word(m, base + 8 * (uint64_t)(index >> split), &descriptor) ||
		    !(descriptor & SV3_L1CD_V))
			return false;
		area.base = descriptor & SV3_L1CD_L2PTR;
		area.end = area.base + ((uint64_t)SV3_CD_SIZE_BYTES << split);
		*pa = area.base + (index & ((1u << split) - 1)) * (uint64_t)SV3_CD_SIZE_BYTES;
	}
	(void)sv3__area_add(m, &area);
	return area.end - area.base <= CD_BYTES_MAX;
}

static void learn_stage1(struct sv3_monitor *m, struct sv3__stream *stream, const uint64_t ste[8])
{
	uint64_t cd[8];
	sv3_pa pa;

	if (!cd_pa(m, ste, stream, &pa) || !sv3__read_words(m, pa, cd, 8) || !(cd[0] & SV3_CD0_V))
		return;
	stream->lower = stage1_context(m, ste, cd, stream->stream_id, false);
	stream->upper = stage1_context(m, ste, cd, stream->stream_id, true);
}

static void learn(struct sv3_monitor *m, struct sv3__stream *stream)
{
	uint64_t ste[8];
	sv3_pa pa;

	stream->known = true;
	stream->lower = stream->upper = SV3__NONE;
	if (!ste_pa(m, stream->stream_id, &pa) || !sv3__read_words(m, pa, ste, 8) ||
	    !(ste[0] & SV3_STE0_V))
		return;
	switch (SV3_GET(SV3_STE0_CONFIG, ste[0])) {
	case SV3_STE_CONFIG_S1:
		learn_stage1(m, stream, ste);
		return;
	case SV3_STE_CONFIG_S2:
		stream->lower = stage2_context(m, ste, stream->stream_id);
		return;
	case SV3_STE_CONFIG_NESTED:
		m->stats.nested_streams++;
		return;
	default:
		return;
	}
}

static bool is_of(const struct sv3__stream *stream, const struct sv3_txn *txn)
{
	return stream->stream_id == txn->stream_id &&
	       stream->substream_valid == txn->substream_valid &&
	       (!txn->substream_valid || stream->substream_id == txn->substream_id);
}

/* Read if it is not known; NULL: there is no room. */
static const struct sv3__stream *stream_of(struct sv3_monitor *m, const struct sv3_txn *txn)
{
	uint32_t *head = &m->stream_heads[sv3__hash(txn->stream_id) % SV3__STREAMS_MAX];
	uint32_t at = *head;

	while (at != SV3__NONE && !is_of(&m->streams[at], txn))
		at = m->streams[at].next;
	if (at == SV3__NONE) {
		if (m->stream_count == SV3__STREAMS_MAX) {
			m->stats.areas_lost++;
			return NULL;
		}
		at = m->stream_count++;
		m->streams[at] = (struct sv3__stream){ .stream_id = txn->stream_id,
						       .substream_id = txn->substream_id,
						       .substream_valid = txn->substream_valid,
						       .next = *head };
		*head = at;
	}
	if (!m->streams[at].known)
		learn(m, &m->streams[at]);
	return &m->streams[at];
}

void sv3__stream_forget(struct sv3_monitor *m, uint32_t stream_id)
{
	for (uint32_t i = 0; i < m->stream_count; i++)
		if (stream_id == UINT32_MAX || m->streams[i].stream_id == stream_id)
			m->streams[i].known = false;
}

uint32_t sv3__context_of(struct sv3_monitor *m, const struct sv3_txn *txn)
{
	const struct sv3__stream *stream = stream_of(m, txn);

	if (!stream)
		return SV3__NONE;
	return stream->upper != SV3__NONE && (txn->iova >> 55 & 1) ? stream->upper : stream->lower;
}
