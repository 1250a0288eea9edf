/* SPDX-License-Identifier: MIT */
/*
 * generate.c - registers and the stream table; later changes of descriptors; accesses.
 */
#include "gen_priv.h"

#include <string.h>

uint64_t setup_below(struct setup *setup, uint64_t limit)
{
	return sv3_prng_next(&setup->prng) % limit;
}

bool setup_chance(struct setup *setup, unsigned int percent)
{
	return sv3_prng_next(&setup->prng) % 100 < percent;
}

/* --- the stream table --- */

static uint64_t draw_l1std(struct setup *setup, unsigned int split, unsigned int limit)
{
	unsigned int span =
		setup_chance(setup, 96) ? split + 1 : (unsigned int)setup_below(setup, 32);

	if (setup_chance(setup, 1))
		limit = 56;
	return gen_place(setup, span && span < 12 ? span + 5 : 6, limit) | span;
}

static void draw_stream_table(struct setup *setup)
{
	struct oracle_machine *m = &setup->machine;
	unsigned int sid_size = setup->config.idr1 & 63;
	unsigned int size = gen_smaller((unsigned int)setup_below(setup, 18), sid_size);
	unsigned int split_field = (unsigned int)gen_one_of(setup, 6 + 2 * setup_below(setup, 3),
							    setup_below(setup, 32), 90);
	unsigned int split = split_field == 8 || split_field == 10 ? split_field : 6;
	bool two_level = (setup->config.idr0 >> 27 & 3) && setup_chance(setup, 60);
	unsigned int base_lg2 = two_level ? (size > split + 3 ? size - split + 3 : 6) : size + 6;

	m->strtab_base = gen_place(setup, base_lg2, setup_chance(setup, 1) ? 56 : setup->oas_lg2);
	m->strtab_base_cfg = size | split_field << 6 | (uint32_t)two_level << 16;
	if (!two_level && setup_chance(setup, 10))
		m->strtab_base_cfg |= 2u << 16;
	for (unsigned int i = 0; i < SETUP_STREAMS; i++) {
		struct gen_stream *stream = &setup->streams[i];
		uint64_t sid = setup_below(setup, UINT64_C(1) << size);
		uint64_t slot = m->strtab_base + (sid >> split) * 8, l1std;

		stream->stream_id = (uint32_t)sid;
		stream->pa = m->strtab_base + sid * 64;
		if (!two_level)
			continue;
		l1std = arena_peek(setup->arena, slot);
		if (!l1std) {
			l1std = draw_l1std(setup, split, setup->oas_lg2);
			arena_poke(setup->arena, slot, l1std);
		}
		stream->pa = (l1std & gen_mask(56) & ~gen_mask(6)) + (sid & gen_mask(split)) * 64;
	}
}

/* Something that aborts when it is read, or when it is written. */
static void draw_broken_page(struct setup *setup)
{
	const struct gen_stream *stream = &setup->streams[setup_below(setup, SETUP_STREAMS)];

	if (setup->slot_count && setup_chance(setup, 6))
		arena_break(setup->arena, setup->slots[setup_below(setup, setup->slot_count)].pa,
			    setup_chance(setup, 60));
	if (setup_chance(setup, 1))
		arena_break(setup->arena, stream->pa, false);
	if (stream->contexts[0].exists && setup_chance(setup, 2))
		arena_break(setup->arena, stream->contexts[0].pa, false);
	if (setup_chance(setup, 1))
		arena_break(setup->arena, setup->machine.strtab_base, false);
}

void setup_draw(struct setup *setup, struct arena *arena, uint64_t seed, bool tlb)
{
	static const unsigned int sizes[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };
	struct oracle_machine *m = &setup->machine;

	memset(setup, 0, sizeof(*setup));
	sv3_prng_seed(&setup->prng, seed);
	setup->arena = arena;
	setup->tlb = tlb;
	gen_ids(setup);
	setup->oas_lg2 = sizes[setup->config.idr5 & 7];
	arena_empty(arena, setup->oas_lg2);
	m->idr0 = setup->config.idr0;
	m->idr1 = setup->config.idr1;
	m->idr3 = setup->config.idr3;
	m->idr5 = setup->config.idr5;
	m->aidr = setup->config.aidr;
	m->choices = setup->config.choices;
	m->cr0 = !setup_chance(setup, 2);
	m->cr2 = (uint32_t)setup_below(setup, 4);
	m->gbpa = (uint32_t)gen_random(setup) & 0xf331fu;
	if (setup_chance(setup, 20))
		m->gbpa |= 1u << 20;
	draw_stream_table(setup);
	for (unsigned int i = 0; i < SETUP_STREAMS; i++)
		gen_stream(setup, &setup->streams[i], i);
	draw_broken_page(setup);
}

/* --- later --- */

uint64_t setup_read_slot(struct setup *setup, const struct gen_slot *slot)
{
	uint64_t value = arena_peek(setup->arena, slot->pa);

	return slot->table->big_endian ? __builtin_bswap64(value) : value;
}

void setup_write_slot(struct setup *setup, const struct gen_slot *slot, uint64_t value)
{
	arena_poke(setup->arena, slot->pa,
		   slot->table->big_endian ? __builtin_bswap64(value) : value);
}

static uint64_t mutate_leaf(struct setup *setup, const struct gen_slot *slot, uint64_t value)
{
	bool stage2 = slot->table->stage2;

	switch (setup_below(setup, 8)) {
	case 0: /* accessed long ago */
	case 1:
		return value & ~(UINT64_C(1) << 10);
	case 2: /* clean, and writable */
	case 3:
		value |= UINT64_C(1) << 51;
		return stage2 ? value & ~UINT64_C(0x80) : value | 0x80;
	case 4: /* clean and not accessed */
		value = (value | UINT64_C(1) << 51) & ~(UINT64_C(1) << 10);
		return stage2 ? value & ~UINT64_C(0x80) : value | 0x80;
	case 5: /* other permissions, other attributes */
		return value ^ (gen_random(setup) & UINT64_C(0x00680000000003dc));
	case 6: /* accessed */
		return value | UINT64_C(1) << 10;
	default: /* elsewhere */
		return value ^ (UINT64_C(1) << slot->low);
	}
}

const struct gen_slot *setup_mutate(struct setup *setup)
{
	const struct gen_slot *slot;
	uint64_t value;

	if (!setup->slot_count)
		return NULL;
	slot = &setup->slots[setup_below(setup, setup->slot_count)];
	value = setup_read_slot(setup, slot);
	if (!(value & 1) || setup_chance(setup, 10))
		value ^= 1;
	else if (slot->level == 3 || !(value & 2))
		value = mutate_leaf(setup, slot, value);
	if (!setup->tlb && setup_chance(setup, 3))
		value ^= UINT64_C(1) << setup_below(setup, 64);
	setup_write_slot(setup, slot, gen_defined(setup, slot->table, value));
	return slot;
}

static uint64_t near(struct setup *setup, const uint64_t *addresses, uint32_t count)
{
	uint64_t address;

	if (!count || setup_chance(setup, 3))
		return gen_random(setup) & gen_mask(20 + (unsigned int)setup_below(setup, 45));
	/* With caches the same few again and again. */
	if (setup->tlb && count > 3 && setup_chance(setup, 75))
		count = 3;
	address = addresses[setup_below(setup, count)] ^ (gen_random(setup) & 0xfff);
	if (setup_chance(setup, 6))
		address ^= UINT64_C(1) << setup_below(setup, 56);
	if (setup_chance(setup, 4))
		address ^= gen_random(setup) & UINT64_C(0xff00000000000000);
	return address;
}

static uint8_t draw_memory(struct setup *setup)
{
	unsigned int inner;

	if (setup_chance(setup, 60))
		return 0;
	inner = (unsigned int)setup_below(setup, 7);
	if (inner >= SV3_MEMORY_DEVICE_GRE)
		return SV3_MEMORY(inner, inner);
	return SV3_MEMORY(setup_below(setup, 3), inner);
}

void setup_access(struct setup *setup, struct sv3_txn *txn)
{
	const struct gen_stream *stream = &setup->streams[setup_below(setup, SETUP_STREAMS)];
	const struct gen_context *context = &stream->contexts[0];

	*txn = (struct sv3_txn){ .stream_id = stream->stream_id, .kind = SV3_TXN_ACCESS };
	if (stream->s1cdmax && stream->contexts[1].exists && setup_chance(setup, 60))
		context = &stream->contexts[1];
	txn->substream_valid = false;
	if (stream->s1cdmax) /* CD 0 may be kept for traffic without SubstreamID */
		txn->substream_valid = stream->s1dss != 2 || context->substream_id != 0;
	if (setup_chance(setup, 5))
		txn->substream_valid ^= true;
	txn->substream_id = context->substream_id;
	if (setup_chance(setup, 5))
		txn->substream_id = (uint32_t)setup_below(setup, 1u << setup_below(setup, 21));
	if (setup_chance(setup, 3))
		txn->stream_id = (uint32_t)gen_random(setup) >> setup_below(setup, 32);
	if (context->address_count && !setup_chance(setup, 5))
		txn->iova = near(setup, context->addresses, context->address_count);
	else
		txn->iova = near(setup, stream->addresses, stream->address_count);
	txn->write = setup_chance(setup, 45);
	txn->privileged = setup_chance(setup, 50);
	txn->instruction = setup_chance(setup, 15);
	txn->speculative = setup_chance(setup, 6);
	txn->atomic = txn->write && setup_chance(setup, 20);
	txn->memory = draw_memory(setup);
	if (setup->config.tbu_count > 1)
		txn->tbu_index = (uint8_t)setup_below(setup, setup->config.tbu_count);
	if (setup_chance(setup, 8))
		txn->kind = SV3_TXN_PROBE;
}
